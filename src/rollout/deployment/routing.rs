//! Where requests go: how many hosts of each zone have the new version now, and which share of the zone's requests they
//! are sent. When that changes, and what follows from it, is not known here.

use crate::ids::{IdVec, ZoneId};

/// The routes of one rollout. Kept only for strategies that route traffic, and for who counts hosts.
#[derive(Debug, Default)]
pub struct Routing {
    zones: IdVec<ZoneId, Route>,
    touched: bool,
}

/// How requests to one zone are split.
#[derive(Debug, Clone, Copy, Default)]
struct Route {
    /// Hosts on the new version.
    new_hosts: u32,
    /// Share of the requests that they are sent; none: as many as they are of all hosts.
    weight: Option<f64>,
    /// Hosts on the old version that are kept beside as many new ones.
    room: u32,
}

impl Routing {
    /// Nobody has the new version; keeps the memory.
    pub fn reset(&mut self, zones: usize) {
        if self.touched || self.zones.len() != zones {
            self.zones.reset(zones, Route::default());
            self.touched = false;
        }
    }

    /// Hosts of the zone get (or leave, if negative) the new version.
    pub fn count(&mut self, zone: ZoneId, hosts: i32) {
        self.touched = true;
        let new_hosts = &mut self.zones[zone].new_hosts;
        *new_hosts = new_hosts.saturating_add_signed(hosts);
    }

    /// From now on the zone's hosts on the new version are sent this share of its requests; none: their own.
    pub fn switch(&mut self, zone: ZoneId, weight: Option<f64>) {
        self.touched = true;
        self.zones[zone].weight = weight;
    }

    /// So many hosts on the old version are kept beside as many new ones.
    pub fn keep(&mut self, zone: ZoneId, room: u32) {
        self.touched = true;
        self.zones[zone].room = room;
    }

    /// Hosts of the zone's `hosts` on the old version, with those that are kept beside new ones.
    pub fn old_hosts(&self, zone: ZoneId, hosts: u32, coming: u32) -> u32 {
        let Route { new_hosts, room, .. } = self.zones[zone];
        (hosts + room).saturating_sub(new_hosts + coming).min(hosts)
    }

    /// Hosts of the zone on the new version.
    #[inline]
    pub fn new_hosts(&self, zone: ZoneId) -> u32 {
        self.zones[zone].new_hosts
    }

    /// The share of its requests that the zone's hosts on the new version are sent; none: as many as they are of all hosts.
    #[inline]
    pub fn weight(&self, zone: ZoneId) -> Option<f64> {
        self.zones[zone].weight
    }
}
