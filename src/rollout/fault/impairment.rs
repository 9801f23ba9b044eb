//! How many hosts are impaired now: the one place where that is kept, and the one door by which it changes.

use super::hosts::ZoneCount;
use crate::ids::{HostId, IdVec, RegionId, ZoneId};

/// Who is impaired in a zone, and on whom a look inside finds the fault.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ZoneImpairment {
    /// Impaired hosts: customers can see it.
    pub impaired: ZoneCount,
    /// Hosts on which the fault is awake where its conditions hold, hidden from customers or not.
    pub active: ZoneCount,
    /// Hosts around that are on another version than the impaired ones, for a fault between two versions; else 0.
    pub peers: u64,
    /// Requests that each of them is sent, relative to those of a host where all are sent as many; 1 where nobody is there.
    pub load: f64,
}

impl Default for ZoneImpairment {
    /// Nobody is.
    fn default() -> Self {
        Self { impaired: ZoneCount::default(), active: ZoneCount::default(), peers: 0, load: 1.0 }
    }
}

/// Impaired hosts by zone, by region and in all.
#[derive(Debug, Default)]
pub struct Impairment {
    zones: IdVec<ZoneId, ZoneImpairment>,
    regions: IdVec<RegionId, u32>,
    fleet: u64,
}

/// Something changed in a zone that the account and the alarms have to hear: it is booked, then the alarms look.
#[must_use]
#[derive(Debug)]
pub struct FaultChange {
    zone: ZoneId,
    /// The host whose state changed, if it was only that.
    host: Option<HostId>,
    before: ZoneImpairment,
    after: ZoneImpairment,
    region_before: u32,
    fleet_before: u64,
}

impl FaultChange {
    /// The zone.
    #[inline]
    pub fn zone(&self) -> ZoneId {
        self.zone
    }

    /// The host whose state changed, if it was only that.
    pub fn host(&self) -> Option<HostId> {
        self.host
    }

    /// Whether other hosts are impaired than before.
    #[inline]
    pub fn moved(&self) -> bool {
        self.before.impaired != self.after.impaired
    }

    /// Whether anything of it reaches customers; otherwise only a look inside finds a difference.
    #[inline]
    pub fn shows(&self) -> bool {
        let loaded = self.before.load != self.after.load && self.after.impaired.all > 0;
        self.moved() || self.before.peers != self.after.peers || loaded
    }

    /// Requests that each impaired host of the zone is sent, before and after: 1 for an even share.
    #[inline]
    pub fn load(&self) -> (f64, f64) {
        (self.before.load, self.after.load)
    }

    /// Impaired hosts of the zone, before and after.
    #[inline]
    pub fn impaired(&self) -> (u32, u32) {
        (self.before.impaired.all, self.after.impaired.all)
    }

    /// Impaired hosts of the zone's region before.
    #[inline]
    pub fn region_before(&self) -> u32 {
        self.region_before
    }

    /// Impaired hosts of the fleet before.
    #[inline]
    pub fn fleet_before(&self) -> u64 {
        self.fleet_before
    }
}

impl Impairment {
    /// Nobody is impaired; keeps the memory.
    pub fn reset(&mut self, zones: usize, regions: usize) {
        self.zones.reset(zones, ZoneImpairment::default());
        self.regions.reset(regions, 0);
        self.fleet = 0;
    }

    /// Impaired hosts of a zone, and those that a look inside finds.
    #[inline]
    pub fn in_zone(&self, zone: ZoneId) -> ZoneImpairment {
        self.zones[zone]
    }

    /// Impaired hosts of a region.
    #[inline]
    pub fn in_region(&self, region: RegionId) -> u32 {
        self.regions[region]
    }

    /// Impaired hosts of the fleet.
    #[inline]
    pub fn in_fleet(&self) -> u64 {
        self.fleet
    }

    /// From now on the zone is like `after`. None only if it was, in the one-box as well: whatever an alarm can see of the
    /// fault passes here, so that nothing of it changes unsaid.
    #[must_use = "account and alarms are to be told"]
    #[inline]
    pub fn set(
        &mut self,
        zone: ZoneId,
        region: RegionId,
        host: Option<HostId>,
        after: ZoneImpairment,
    ) -> Option<FaultChange> {
        let before = self.zones[zone];
        if before == after {
            return None;
        }
        let (region_before, fleet_before) = (self.regions[region], self.fleet);
        self.zones[zone] = after;
        self.regions[region] = region_before + after.impaired.all - before.impaired.all;
        self.fleet = fleet_before + u64::from(after.impaired.all) - u64::from(before.impaired.all);
        Some(FaultChange { zone, host, before, after, region_before, fleet_before })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_change_of_a_count_is_a_fact_and_nothing_else_is() {
        let (zone, region) = (ZoneId::new(1), RegionId::new(0));
        let mut impairment = Impairment::default();
        impairment.reset(2, 1);
        let impaired = |all, one_box| ZoneImpairment {
            impaired: ZoneCount { all, one_box },
            active: ZoneCount { all, one_box },
            ..ZoneImpairment::default()
        };
        let two = impaired(2, 0);
        let change = impairment.set(zone, region, None, two).unwrap();
        assert!(change.moved());
        assert_eq!((change.impaired(), change.region_before(), change.fleet_before()), ((0, 2), 0, 0));
        assert!(impairment.set(zone, region, None, two).is_none());
        // The same hosts, one of them now in the one-box: alarms over that have to hear.
        let one_box = impairment.set(zone, region, None, impaired(2, 1)).unwrap();
        assert!(one_box.moved());
        // Nobody else is impaired, and a look inside finds another host.
        let inside = ZoneImpairment { active: ZoneCount { all: 3, one_box: 1 }, ..impaired(2, 1) };
        assert!(!impairment.set(zone, region, None, inside).unwrap().moved());
        assert_eq!((impairment.in_region(region), impairment.in_fleet()), (2, 2));
    }
}
