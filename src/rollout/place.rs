//! Parts of a fleet that something happens to: one host, what an instance of an alarm watches, what goes dark.

use crate::ids::{HostId, IdRange, RegionId, ZoneId};
use crate::plan::Fleet;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

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

    /// The zone, if it is one or a part of one.
    #[must_use]
    pub fn zone(self) -> Option<ZoneId> {
        match self {
            Self::OneBox(zone) | Self::Zone(zone) => Some(zone),
            Self::Region(_) | Self::Service => None,
        }
    }

    /// Stable identity of the part of the fleet, for streams; 0 for the service.
    #[must_use]
    pub fn entity(self, fleet: &Fleet) -> u64 {
        match self {
            Self::OneBox(zone) | Self::Zone(zone) => fleet.zones[zone].entity,
            Self::Region(region) => fleet.regions[region].entity,
            Self::Service => 0,
        }
    }

    /// The zones that it has hosts of.
    #[inline]
    #[must_use]
    pub fn zones(self, fleet: &Fleet) -> IdRange<ZoneId> {
        match self {
            Self::OneBox(zone) | Self::Zone(zone) => IdRange::one(zone),
            Self::Region(region) => fleet.regions[region].zones.clone(),
            Self::Service => fleet.zones.ids(),
        }
    }

    /// The regions that it has hosts of.
    #[inline]
    #[must_use]
    pub fn regions(self, fleet: &Fleet) -> IdRange<RegionId> {
        match self {
            Self::OneBox(zone) | Self::Zone(zone) => IdRange::one(fleet.zones[zone].region),
            Self::Region(region) => IdRange::one(region),
            Self::Service => fleet.regions.ids(),
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

/// As a number and whether it is that of a region: so files have always had it.
impl Serialize for DarkPlace {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (number, whole_region) = match self {
            Self::Zone(zone) => (zone.number(), false),
            Self::Region(region) => (region.number(), true),
        };
        let mut fields = serializer.serialize_struct("DarkPlace", 2)?;
        fields.serialize_field("place", &number)?;
        fields.serialize_field("whole_region", &whole_region)?;
        fields.end()
    }
}
