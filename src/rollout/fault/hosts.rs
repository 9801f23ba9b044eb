//! On which hosts the fault is awake, and how far: asleep, latent, hidden, awake.
//!
//! Who is impaired by that follows from it and from the conditions around, and is not known here.

use crate::ids::{HostId, IdVec, RegionId, ZoneId};
use crate::plan::{Hurts, Within};
use crate::rollout::context::Context;
use crate::rollout::place::FleetHost;

/// State of the fault on one host.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum HostFault {
    /// The fault is not there, or sleeps.
    #[default]
    Asleep,
    /// It is awake, but its conditions have not held since.
    Latent,
    /// They have, and a cache hides it for a while.
    Hidden,
    /// Nothing hides it.
    Awake,
}

/// The state of all hosts, and how many are in which.
#[derive(Debug, Default)]
pub struct FaultyHosts {
    zones: IdVec<ZoneId, ZoneHosts>,
    /// Hosts by region on which it is awake and not hidden.
    region_awake: IdVec<RegionId, u32>,
    /// The same of the fleet.
    fleet_awake: u64,
}

/// Hosts of a zone and, among them, those in its one-box.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ZoneCount {
    /// All of them.
    pub all: u32,
    /// Those in the one-box.
    pub one_box: u32,
}

/// Hosts of one zone.
#[derive(Debug, Default)]
struct ZoneHosts {
    /// State by host, as long as the fault was ever awake on some host.
    states: Vec<HostFault>,
    /// Hosts on which the fault ever woke, in that order.
    ever: Vec<HostId>,
    /// Hosts on which it is awake, hidden or not.
    woken: ZoneCount,
    /// Hosts on which it is awake and not hidden.
    awake: ZoneCount,
    /// Hosts on which it is latent.
    latent: u32,
    /// Hosts on which it became latent since it was hidden last, in that order.
    turned_latent: Vec<HostId>,
    /// Hosts that were impaired at some time, and how many; kept only where customers are counted.
    impaired: Vec<bool>,
    ever_impaired: u32,
    /// Hosts on which it is awake since somebody looked who was impaired.
    turned_awake: Vec<HostId>,
}

impl ZoneCount {
    #[inline]
    fn add(&mut self, in_one_box: bool) {
        self.all += 1;
        self.one_box += u32::from(in_one_box);
    }

    fn remove(&mut self, in_one_box: bool) {
        self.all -= 1;
        self.one_box -= u32::from(in_one_box);
    }
}

impl ZoneHosts {
    fn clear(&mut self) {
        self.states.clear();
        self.ever.clear();
        self.woken = ZoneCount::default();
        self.awake = ZoneCount::default();
        self.latent = 0;
        self.turned_latent.clear();
        self.impaired.clear();
        self.ever_impaired = 0;
        self.turned_awake.clear();
    }
}

impl FaultyHosts {
    /// Forgets everything, keeps the memory.
    pub fn reset(&mut self, zones: usize, regions: usize) {
        self.zones.recycle(zones, ZoneHosts::clear);
        self.region_awake.reset(regions, 0);
        self.fleet_awake = 0;
    }

    /// The state of a host.
    #[inline]
    pub fn state(&self, host: FleetHost) -> HostFault {
        self.zones[host.zone].states.get(host.id.index()).copied().unwrap_or_default()
    }

    /// Whether the fault is awake on the host, hidden or not.
    #[inline]
    pub fn is_faulty(&self, host: FleetHost) -> bool {
        self.state(host) != HostFault::Asleep
    }

    /// Number `index` of the hosts of the zone on which the fault ever woke, in that order; a host may come again.
    #[inline]
    pub fn ever(&self, zone: ZoneId, index: usize) -> Option<FleetHost> {
        self.zones[zone].ever.get(index).map(|&id| FleetHost { zone, id })
    }

    /// The hosts of the zone on which the fault is awake now.
    pub fn faulty(&self, zone: ZoneId) -> Vec<FleetHost> {
        let ever = self.zones[zone].ever.iter().map(|&id| FleetHost { zone, id });
        ever.filter(|host| self.is_faulty(*host)).collect()
    }

    fn set(&mut self, ctx: &Context, host: FleetHost, state: HostFault) {
        let states = &mut self.zones[host.zone].states;
        if states.is_empty() {
            states.resize(ctx.zone(host.zone).hosts as usize, HostFault::Asleep);
        }
        states[host.id.index()] = state;
    }

    /// A host becomes one of its zone's one-box.
    pub fn joins_one_box(&mut self, host: FleetHost) {
        let state = self.state(host);
        let hosts = &mut self.zones[host.zone];
        hosts.woken.one_box += u32::from(state != HostFault::Asleep);
        hosts.awake.one_box += u32::from(state == HostFault::Awake);
    }

    /// The fault wakes on a host where it slept, as yet in no other state.
    #[inline]
    pub fn wakes(&mut self, host: FleetHost, in_one_box: bool) {
        let hosts = &mut self.zones[host.zone];
        hosts.ever.push(host.id);
        hosts.woken.add(in_one_box);
    }

    /// It is latent there from now on.
    pub fn turns_latent(&mut self, ctx: &Context, host: FleetHost) {
        self.set(ctx, host, HostFault::Latent);
        let hosts = &mut self.zones[host.zone];
        hosts.latent += 1;
        hosts.turned_latent.push(host.id);
    }

    /// Whether it is latent on any host of the zone.
    pub fn any_latent(&self, zone: ZoneId) -> bool {
        self.zones[zone].latent > 0
    }

    /// It is hidden from now on wherever it was latent in the zone; says where, in the order in which it became so. Each
    /// host is looked at once for each time the fault woke there, however often this is asked.
    pub fn hide_latent(&mut self, ctx: &Context, zone: ZoneId) -> Vec<FleetHost> {
        let mut hidden = Vec::new();
        for id in std::mem::take(&mut self.zones[zone].turned_latent) {
            let host = FleetHost { zone, id };
            // It may sleep again by now; where it woke more than once the host is there more than once.
            if self.state(host) == HostFault::Latent {
                self.set(ctx, host, HostFault::Hidden);
                hidden.push(host);
            }
        }
        self.zones[zone].latent = 0;
        hidden
    }

    /// Nothing hides it any more.
    #[inline]
    pub fn shows(&mut self, ctx: &Context, host: FleetHost, in_one_box: bool) {
        self.set(ctx, host, HostFault::Awake);
        if ctx.model.has_customers {
            self.zones[host.zone].turned_awake.push(host.id);
        }
        self.zones[host.zone].awake.add(in_one_box);
        self.region_awake[ctx.region_of(host.zone)] += 1;
        self.fleet_awake += 1;
    }

    /// It goes from the host; says in what state it was.
    pub fn sleeps(&mut self, ctx: &Context, host: FleetHost, in_one_box: bool) -> HostFault {
        let before = self.state(host);
        if before == HostFault::Asleep {
            return before;
        }
        self.set(ctx, host, HostFault::Asleep);
        let hosts = &mut self.zones[host.zone];
        hosts.woken.remove(in_one_box);
        match before {
            HostFault::Latent => hosts.latent -= 1,
            HostFault::Awake => {
                hosts.awake.remove(in_one_box);
                self.region_awake[ctx.region_of(host.zone)] -= 1;
                self.fleet_awake -= 1;
            }
            HostFault::Asleep | HostFault::Hidden => {}
        }
        before
    }

    /// Hosts of the zone are impaired: all of them, or those on which it is awake and not hidden. Each host is looked at once
    /// for each time that it woke.
    pub fn note_impaired(&mut self, ctx: &Context, zone: ZoneId, hurts: Hurts) {
        let all = ctx.zone(zone).hosts;
        let hosts = &mut self.zones[zone];
        match hurts {
            Hurts::Everyone(..) => hosts.ever_impaired = all,
            Hurts::Host => {
                hosts.impaired.resize(all as usize, false);
                for id in std::mem::take(&mut hosts.turned_awake) {
                    let is_awake = hosts.states.get(id.index()) == Some(&HostFault::Awake);
                    if is_awake && !std::mem::replace(&mut hosts.impaired[id.index()], true) {
                        hosts.ever_impaired += 1;
                    }
                }
            }
        }
    }

    /// Hosts of the zone that were impaired at some time; only where customers are counted.
    pub fn ever_impaired(&self, zone: ZoneId) -> u32 {
        self.zones[zone].ever_impaired
    }

    /// Hosts of the zone on which it is awake, hidden or not.
    #[inline]
    pub fn woken(&self, zone: ZoneId) -> ZoneCount {
        self.zones[zone].woken
    }

    /// Hosts of the zone on which it is awake and not hidden.
    #[inline]
    pub fn awake(&self, zone: ZoneId) -> ZoneCount {
        self.zones[zone].awake
    }

    /// The same of the part of the fleet around a zone.
    pub fn awake_around(&self, ctx: &Context, zone: ZoneId, within: Within) -> u64 {
        match within {
            Within::Zone => u64::from(self.zones[zone].awake.all),
            Within::Region => u64::from(self.region_awake[ctx.region_of(zone)]),
            Within::Service => self.fleet_awake,
        }
    }
}
