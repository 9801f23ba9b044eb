//! Parts of a fleet that something happens to: one host, what an instance of an alarm watches, what goes dark.

use crate::ids::{HostId, RegionId, ZoneId};
use crate::plan::Fleet;
use std::ops::Range;

/// One host of the fleet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct FleetHost {
    /// Its zone.
    pub zone: ZoneId,
    /// Which of the zone's hosts it is.
    pub id: HostId,
}

impl FleetHost {
    /// Its number in its zone, as a position among draws.
    #[inline]
    #[must_use]
    pub fn draw(self) -> u64 {
        u64::from(self.id.number())
    }
}

/// What one instance of an alarm looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WatchedScope {
    /// The one-box of a zone.
    OneBox(ZoneId),
    /// A zone.
    Zone(ZoneId),
    /// A region.
    Region(RegionId),
    /// The whole fleet.
    Service,
}

impl WatchedScope {
    /// The zone, the region, or 0 for the service: what observers are told.
    #[must_use]
    pub fn number(self) -> u32 {
        match self {
            Self::OneBox(zone) | Self::Zone(zone) => zone.number(),
            Self::Region(region) => region.number(),
            Self::Service => 0,
        }
    }

    /// Stable identity of the part of the fleet, for streams; 0 for the service.
    #[must_use]
    pub fn entity(self, fleet: &Fleet) -> u64 {
        match self {
            Self::OneBox(zone) | Self::Zone(zone) => fleet.zones[zone.index()].entity,
            Self::Region(region) => fleet.regions[region.index()].entity,
            Self::Service => 0,
        }
    }

    /// Indices of the zones that it has hosts of.
    #[inline]
    #[must_use]
    pub fn zones(self, fleet: &Fleet) -> Range<usize> {
        match self {
            Self::OneBox(zone) | Self::Zone(zone) => zone.index()..zone.index() + 1,
            Self::Region(region) => fleet.regions[region.index()].zones.clone(),
            Self::Service => 0..fleet.zones.len(),
        }
    }

    /// Indices of the regions that it has hosts of.
    #[inline]
    #[must_use]
    pub fn regions(self, fleet: &Fleet) -> Range<usize> {
        match self {
            Self::OneBox(zone) | Self::Zone(zone) => {
                let region = fleet.zones[zone.index()].region;
                region..region + 1
            }
            Self::Region(region) => region.index()..region.index() + 1,
            Self::Service => 0..fleet.regions.len(),
        }
    }
}

/// What goes dark for a reason of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DarkPlace {
    /// One zone.
    Zone(ZoneId),
    /// A whole region.
    Region(RegionId),
}
