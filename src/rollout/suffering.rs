//! Who suffers from an awake fault: conditions, masks, shared dependencies.
//!
//! The state of every host is small: asleep, awake but latent or hidden, awake. How many hosts of a zone suffer
//! follows from that and from the conditions around it, by one function; every event changes some part
//! of the state and asks that function again. Nothing here decides when the fault wakes (`onset`), when a
//! condition changes (`condition`) or what heals (`cure`).

use super::onset::SickZone;
use super::queue::{Class, Happening};
use super::trace::{Event, Observer};
use super::trial::Trial;
use crate::plan::{Defect, Hurts, Within};
use crate::random::{Distribution, Purpose};
use std::ops::Range;

/// State that only a trial with a bad change needs.
#[derive(Debug, Default)]
pub(super) struct Defective {
    /// When the fault wakes in each zone.
    pub(super) onsets: Vec<SickZone>,
    /// Where it is awake.
    pub(super) wards: Vec<Ward>,
    /// Hosts by region on which it is awake and not hidden.
    region_awake: Vec<u32>,
    /// The same of the fleet.
    fleet_awake: u64,
    /// The first host has the new version.
    pub(super) exposed: bool,
    /// The latent clock ran out.
    pub(super) latent: bool,
    pub(super) surroundings: super::condition::Surroundings,
    pub(super) dirty: bool,
}

/// Hosts of one zone with an awake fault.
#[derive(Debug, Default)]
pub(super) struct Ward {
    /// State by host, as long as some host was ever awake.
    states: Vec<Health>,
    /// Hosts on which the fault ever woke, in that order.
    pub(super) ever: Vec<u32>,
    /// Hosts on which it is awake, hidden or not, and those in the one-box.
    woken: [u32; 2],
    /// Hosts on which it is awake and not hidden, and those in the one-box.
    awake: [u32; 2],
    /// Hosts on which it is latent.
    latent: u32,
    /// Hosts of the one-box that suffer.
    pub(super) one_box_impaired: u32,
}

/// State of one host.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Health {
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

impl Defective {
    pub(super) fn reset(&mut self, zones: usize, regions: usize) {
        if self.dirty || self.onsets.len() != zones {
            self.onsets.iter_mut().for_each(SickZone::reset);
            self.onsets.resize_with(zones, SickZone::default);
            self.wards.iter_mut().for_each(Ward::reset);
            self.wards.resize_with(zones, Ward::default);
            self.region_awake.clear();
            self.region_awake.resize(regions, 0);
            self.fleet_awake = 0;
            self.exposed = false;
            self.latent = false;
            self.surroundings.reset(zones, regions);
            self.dirty = false;
        }
    }
}

impl Ward {
    fn reset(&mut self) {
        self.states.clear();
        self.ever.clear();
        self.woken = [0; 2];
        self.awake = [0; 2];
        self.latent = 0;
        self.one_box_impaired = 0;
    }

    fn health(&self, host: u32) -> Health {
        self.states.get(host as usize).copied().unwrap_or_default()
    }

    fn set_health(&mut self, host: u32, hosts: u32, health: Health) {
        if self.states.is_empty() {
            self.states.resize(hosts as usize, Health::Asleep);
        }
        self.states[host as usize] = health;
    }

    /// Whether the fault is awake on the host, hidden or not.
    pub(super) fn is_ill(&self, host: u32) -> bool {
        self.health(host) != Health::Asleep
    }
}

/// Whether only the hosts on which the fault is awake suffer, whenever it is.
fn is_plain(defect: &Defect) -> bool {
    let condition = &defect.condition;
    defect.hurts == Hurts::Host
        && defect.trigger.is_none()
        && condition.intermittent.is_none()
        && !condition.counts_hosts()
        && !condition.looks_at_the_clock()
}

impl<O: Observer> Trial<'_, O> {
    /// The fault wakes on the host, unless it never got the new version, has left it again, or the fault
    /// is switched off there.
    pub(super) fn wake(&mut self, zone: usize, host: u32) {
        let now_ms = self.now_ms;
        if let Some(stop_ms) = self.response.stop_ms
            && !self.is_past_the_waves(zone, host)
            && self.laid_out_ms(zone, host).is_none_or(|completion_ms| completion_ms > stop_ms)
        {
            return;
        }
        let back_ms = self.back_ms(zone, host, &mut self.return_draws(zone));
        if back_ms.is_some_and(|back_ms| back_ms <= now_ms) {
            return;
        }
        if self.fall_ill(zone, host)
            && let Some(back_ms) = back_ms
        {
            self.buffers.queue.push(back_ms, Class::Heal, Happening::GoneBack { zone: zone as u32, host });
        }
    }

    /// The fault wakes on the host. False if it was awake already or is switched off.
    pub(super) fn fall_ill(&mut self, zone: usize, host: u32) -> bool {
        let Some(defect) = self.defect() else { return false };
        let place = &self.plan.fleet.zones[zone];
        let hosts = place.hosts;
        let in_one_box = host < self.buffers.zones[zone].one_box;
        let ward = &mut self.buffers.defective.wards[zone];
        if ward.is_ill(host) || self.buffers.defective.surroundings.is_relieved(zone) {
            return false;
        }
        ward.ever.push(host);
        ward.woken[0] += 1;
        ward.woken[1] += u32::from(in_one_box);
        self.start_conditions(defect);
        if defect.masked == (Distribution::Fixed { ms: 0 }) {
            self.show(zone, host, hosts);
        } else {
            let ward = &mut self.buffers.defective.wards[zone];
            ward.set_health(host, hosts, Health::Latent);
            ward.latent += 1;
            self.hide_latent(zone);
            self.note_activation(zone);
            self.scope_changed(zone);
        }
        true
    }

    /// Where conditions hold, the time of a cache begins for every host on which the fault is latent.
    pub(super) fn hide_latent(&mut self, zone: usize) {
        let Some(defect) = self.defect() else { return };
        if self.buffers.defective.wards[zone].latent == 0 || !self.holds(zone, defect) {
            return;
        }
        let place = &self.plan.fleet.zones[zone];
        let mut luck = self.streams.stream(Purpose::Mask, place.entity);
        let ward = &mut self.buffers.defective.wards[zone];
        ward.latent = 0;
        for index in 0..ward.ever.len() {
            let host = ward.ever[index];
            if ward.health(host) == Health::Latent {
                ward.set_health(host, place.hosts, Health::Hidden);
                let at_ms = self.now_ms + defect.masked.by_cdf(luck.uniform_at(u64::from(host)));
                let zone = zone as u32;
                self.buffers.queue.push(at_ms, Class::Impair, Happening::Unmask { zone, host });
            }
        }
    }

    /// The mask is over.
    pub(super) fn unmask(&mut self, zone: usize, host: u32) {
        if self.buffers.defective.wards[zone].health(host) == Health::Hidden {
            self.show(zone, host, self.plan.fleet.zones[zone].hosts);
        }
    }

    fn show(&mut self, zone: usize, host: u32, hosts: u32) {
        let in_one_box = host < self.buffers.zones[zone].one_box;
        let region = self.plan.fleet.zones[zone].region;
        let defective = &mut self.buffers.defective;
        let ward = &mut defective.wards[zone];
        ward.set_health(host, hosts, Health::Awake);
        ward.awake[0] += 1;
        ward.awake[1] += u32::from(in_one_box);
        defective.region_awake[region] += 1;
        defective.fleet_awake += 1;
        self.note_activation(zone);
        self.awake_changed(zone, host);
    }

    /// The fault goes from the host.
    pub(super) fn recover(&mut self, zone: usize, host: u32) {
        let in_one_box = u32::from(host < self.buffers.zones[zone].one_box);
        let place = &self.plan.fleet.zones[zone];
        let defective = &mut self.buffers.defective;
        let ward = &mut defective.wards[zone];
        let before = ward.health(host);
        if before == Health::Asleep {
            return;
        }
        ward.set_health(host, place.hosts, Health::Asleep);
        ward.woken[0] -= 1;
        ward.woken[1] -= in_one_box;
        ward.latent -= u32::from(before == Health::Latent);
        if before == Health::Awake {
            ward.awake[0] -= 1;
            ward.awake[1] -= in_one_box;
            defective.region_awake[place.region] -= 1;
            defective.fleet_awake -= 1;
            self.awake_changed(zone, host);
        }
    }

    fn awake_changed(&mut self, zone: usize, host: u32) {
        let around = match self.defect().map(|defect| defect.hurts) {
            Some(Hurts::Everyone(_, within)) => self.zones_around(zone, within),
            _ => zone..zone + 1,
        };
        for neighbour in around {
            self.refresh(neighbour, Some(host).filter(|_| neighbour == zone));
        }
    }

    /// Zones of the part of the fleet around a zone.
    pub(super) fn zones_around(&self, zone: usize, within: Within) -> Range<usize> {
        let fleet = &self.plan.fleet;
        match within {
            Within::Zone => zone..zone + 1,
            Within::Region => fleet.regions[fleet.zones[zone].region].zones.clone(),
            Within::Service => 0..fleet.zones.len(),
        }
    }

    /// Counts who suffers in the zone; `host` is the one whose state changed, if it was only that.
    pub(super) fn refresh(&mut self, zone: usize, host: Option<u32>) {
        let Some(defect) = self.defect() else { return };
        let [impaired, one_box] = self.suffering(zone, defect);
        let before = self.buffers.tally.in_zone(zone);
        let ward = &mut self.buffers.defective.wards[zone];
        let one_box_before = std::mem::replace(&mut ward.one_box_impaired, one_box);
        if impaired == before && one_box == one_box_before {
            return;
        }
        let now_ms = self.now_ms;
        self.buffers.tally.set(self.model, self.start_utc_ms, zone, impaired, now_ms);
        let zone_index = zone as u32;
        match host {
            Some(host) if impaired == before + 1 => {
                self.observe(now_ms, || Event::HostImpaired { zone: zone_index, host });
            }
            Some(host) if impaired + 1 == before => {
                self.observe(now_ms, || Event::HostHealed { zone: zone_index, host });
            }
            _ => self.observe(now_ms, || Event::ZoneSuffers { zone: zone_index, hosts: impaired }),
        }
        if defect.symptom.crash { self.down_changed(zone) } else { self.scope_changed(zone) }
    }

    /// Hosts that suffer in the zone, and those in its one-box.
    fn suffering(&self, zone: usize, defect: &Defect) -> [u32; 2] {
        let awake = self.buffers.defective.wards[zone].awake;
        if is_plain(defect) {
            return awake;
        }
        if !self.holds(zone, defect) {
            return [0; 2];
        }
        match defect.hurts {
            Hurts::Everyone(from, within)
                if self.awake_around(zone, within) >= self.limit(zone, from, within) =>
            {
                [self.plan.fleet.zones[zone].hosts, self.buffers.zones[zone].one_box]
            }
            Hurts::Everyone(..) => [0; 2],
            Hurts::Host => awake,
        }
    }

    /// Hosts of the watched scope on which the fault is awake where its conditions hold, hidden or not:
    /// what a look inside sees before customers do.
    pub(super) fn active_in(&self, zones: Range<usize>, one_box: bool) -> u64 {
        let Some(defect) = self.defect() else { return 0 };
        let active = |zone: usize| {
            let woken = self.buffers.defective.wards[zone].woken[usize::from(one_box)];
            if woken > 0 && self.holds(zone, defect) { u64::from(woken) } else { 0 }
        };
        zones.map(active).sum()
    }

    /// Whether the fault is active on the host: awake, and its conditions hold.
    pub(super) fn is_active(&self, zone: usize, host: u32) -> bool {
        let health = self.buffers.defective.wards[zone].health(host);
        !matches!(health, Health::Asleep | Health::Latent)
            && self.defect().is_some_and(|d| self.holds(zone, d))
    }

    fn awake_around(&self, zone: usize, within: Within) -> u64 {
        let defective = &self.buffers.defective;
        match within {
            Within::Zone => u64::from(defective.wards[zone].awake[0]),
            Within::Region => u64::from(defective.region_awake[self.plan.fleet.zones[zone].region]),
            Within::Service => defective.fleet_awake,
        }
    }

    fn limit(&self, zone: usize, share: crate::plan::HostShare, within: Within) -> u64 {
        u64::from(share.of(self.hosts_around(zone, within) as u32))
    }

    /// Hosts of the part of the fleet around a zone.
    pub(super) fn hosts_around(&self, zone: usize, within: Within) -> u64 {
        let fleet = &self.plan.fleet;
        match within {
            Within::Zone => u64::from(fleet.zones[zone].hosts),
            Within::Region => self.model.region_hosts[fleet.zones[zone].region],
            Within::Service => self.model.region_hosts.iter().sum(),
        }
    }

    fn note_activation(&mut self, zone: usize) {
        if self.activated_ms.is_none()
            && let Some(defect) = self.defect()
            && self.holds(zone, defect)
        {
            self.activated_ms = Some(self.now_ms);
        }
    }
}
