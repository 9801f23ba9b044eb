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
    /// It is a share of users, always the same ones.
    sticky: bool,
    /// Most hosts on the new version while they were sent requests, and the largest share of users who were sent there.
    met: (u32, f64),
}

impl Route {
    /// Share of the zone's users who meet its hosts on the new version: all of them, soon, where each request goes where it
    /// may.
    fn users_share(&self) -> f64 {
        match self.weight {
            _ if self.new_hosts == 0 => 0.0,
            Some(0.0) => 0.0,
            Some(weight) if self.sticky => weight,
            Some(_) | None => 1.0,
        }
    }

    fn note_met(&mut self) {
        let share = self.users_share();
        if share > 0.0 {
            self.met = (self.met.0.max(self.new_hosts), self.met.1.max(share));
        }
    }
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
        let route = &mut self.zones[zone];
        route.new_hosts = route.new_hosts.saturating_add_signed(hosts);
        route.note_met();
    }

    /// From now on the zone's hosts on the new version are sent this share of its requests, or with `sticky` of its users; none:
    /// their own.
    pub fn switch(&mut self, zone: ZoneId, weight: Option<f64>, sticky: bool) {
        self.touched = true;
        let route = &mut self.zones[zone];
        (route.weight, route.sticky) = (weight, sticky);
        route.note_met();
    }

    /// The zone is back, and nobody is left to be sent anything.
    pub fn restore(&mut self, zone: ZoneId) {
        self.zones[zone].weight = None;
    }

    /// Whether the share is one of users.
    pub fn is_sticky(&self, zone: ZoneId) -> bool {
        self.zones[zone].sticky
    }

    /// Share of the zone's users who are sent to its hosts on the new version.
    pub fn users_share(&self, zone: ZoneId) -> f64 {
        self.zones[zone].users_share()
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

    /// Most hosts of the zone on the new version while they were sent requests, and the largest share of its users who were sent
    /// there.
    pub fn met(&self, zone: ZoneId) -> (u32, f64) {
        self.zones[zone].met
    }

    /// The share of its requests that the zone's hosts on the new version are sent; none: as many as they are of all hosts.
    #[inline]
    pub fn weight(&self, zone: ZoneId) -> Option<f64> {
        self.zones[zone].weight
    }
}
