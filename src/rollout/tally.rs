//! Blast radius: who is impaired now, at most, and for how long in sum.

use super::model::Model;
use crate::outcome::Outcome;
use crate::plan::fleet::hour_of_day;
use crate::plan::{HOUR_MS, Symptom};

/// Running account of impairment. All time integrals are exact integers.
#[derive(Debug, Default)]
pub(super) struct Tally {
    hosts: u64,
    zones: u32,
    regions: u32,
    traffic_e15: u64,
    zone_hosts: Vec<u32>,
    region_hosts: Vec<u32>,
    region_zones: Vec<u32>,
    /// Hosts are constant between two changes: the integral up to `changed_ms`.
    host_ms: u64,
    changed_ms: u64,
    /// Requests to impaired hosts, by region up to its own last change.
    region_changed_ms: Vec<u64>,
    requests_to_impaired: f64,
    /// Hosts that serve nothing, by region; counted only where the fleet has a capacity.
    region_down: Vec<u64>,
    requests_turned_away: f64,
    turned_away_ms: Option<u64>,
    peak_hosts: u64,
    peak_zones: u32,
    peak_regions: u32,
    peak_traffic_e15: u64,
    two_regions: bool,
    two_zones: bool,
    first_violation_ms: Option<u64>,
    onset_ms: Option<u64>,
    cleared_ms: Option<u64>,
    /// Impaired hosts have been at most half of their peak since then.
    halved_ms: Option<u64>,
    /// A remedy is under way: regions that are clear from now on have recovered.
    pub(super) mitigating: bool,
    /// The first region that recovered wholly.
    first_clear_ms: Option<u64>,
}

impl Tally {
    /// Forgets everything, keeps the memory.
    pub(super) fn reset(&mut self, zones: usize, regions: usize) {
        *self = Self {
            zone_hosts: recycled(&mut self.zone_hosts, zones),
            region_hosts: recycled(&mut self.region_hosts, regions),
            region_zones: recycled(&mut self.region_zones, regions),
            region_changed_ms: recycled(&mut self.region_changed_ms, regions),
            region_down: recycled(&mut self.region_down, regions),
            ..Self::default()
        };
    }

    /// Impaired hosts of a zone.
    pub(super) fn in_zone(&self, zone: usize) -> u32 {
        self.zone_hosts[zone]
    }

    /// Impaired hosts of a region.
    pub(super) fn in_region(&self, region: usize) -> u32 {
        self.region_hosts[region]
    }

    /// Impaired hosts of the fleet.
    pub(super) fn in_fleet(&self) -> u64 {
        self.hosts
    }

    /// From `at_ms` on `down` hosts of `region` serve nothing.
    pub(super) fn set_down(
        &mut self,
        model: &Model,
        start_utc_ms: u64,
        region: usize,
        down: u64,
        at_ms: u64,
    ) {
        self.advance(model, start_utc_ms, region, at_ms);
        self.region_down[region] = down;
        if model.turned_away(region, hour_of_day(start_utc_ms + at_ms), down) > 0.0 {
            self.turned_away_ms.get_or_insert(at_ms);
        }
    }

    /// From `at_ms` on `impaired` hosts of `zone` are impaired.
    pub(super) fn set(&mut self, model: &Model, start_utc_ms: u64, zone: usize, impaired: u32, at_ms: u64) {
        let region = model.plan.fleet.zones[zone].region;
        self.advance(model, start_utc_ms, region, at_ms);
        let before = std::mem::replace(&mut self.zone_hosts[zone], impaired);
        self.hosts = self.hosts + u64::from(impaired) - u64::from(before);
        self.region_hosts[region] = self.region_hosts[region] + impaired - before;
        let host_traffic = model.host_traffic_e15[region];
        self.traffic_e15 =
            self.traffic_e15 + host_traffic * u64::from(impaired) - host_traffic * u64::from(before);
        if before == 0 && impaired > 0 {
            self.zone_fell_ill(region);
        }
        if before > 0 && impaired == 0 {
            self.zone_recovered(region, at_ms);
        }
        if impaired > before {
            self.note_peaks(at_ms);
        }
        if self.hosts == 0 {
            self.cleared_ms = Some(at_ms);
        }
        if 2 * self.hosts > self.peak_hosts {
            self.halved_ms = None;
        } else {
            self.halved_ms.get_or_insert(at_ms);
        }
    }

    fn zone_fell_ill(&mut self, region: usize) {
        self.zones += 1;
        self.region_zones[region] += 1;
        self.two_zones |= self.region_zones[region] > 1;
        if self.region_zones[region] == 1 {
            self.regions += 1;
            self.two_regions |= self.regions > 1;
        }
    }

    fn zone_recovered(&mut self, region: usize, at_ms: u64) {
        self.zones -= 1;
        self.region_zones[region] -= 1;
        if self.region_zones[region] == 0 {
            self.regions -= 1;
            if self.mitigating {
                self.first_clear_ms.get_or_insert(at_ms);
            }
        }
    }

    fn note_peaks(&mut self, at_ms: u64) {
        if self.two_zones || self.two_regions {
            self.first_violation_ms.get_or_insert(at_ms);
        }
        self.peak_hosts = self.peak_hosts.max(self.hosts);
        self.peak_zones = self.peak_zones.max(self.zones);
        self.peak_regions = self.peak_regions.max(self.regions);
        self.peak_traffic_e15 = self.peak_traffic_e15.max(self.traffic_e15);
        self.onset_ms.get_or_insert(at_ms);
        self.cleared_ms = None;
    }

    /// Brings the integrals up to the end of the observation and writes the blast radius.
    pub(super) fn close(
        &mut self,
        model: &Model,
        start_utc_ms: u64,
        end_ms: u64,
        symptom: Symptom,
        outcome: &mut Outcome,
    ) {
        for region in 0..self.region_hosts.len() {
            self.advance(model, start_utc_ms, region, end_ms);
        }
        outcome.onset_ms = self.onset_ms;
        let failed_ms = self.onset_ms.filter(|_| symptom.error_ratio > 0.0 && !symptom.crash);
        outcome.first_failure_ms = failed_ms.into_iter().chain(self.turned_away_ms).min();
        outcome.mitigated_ms = self.cleared_ms;
        outcome.peak_impaired_hosts = self.peak_hosts;
        outcome.peak_impaired_zones = self.peak_zones;
        outcome.peak_impaired_regions = self.peak_regions;
        outcome.peak_impaired_traffic_ppm = (self.peak_traffic_e15 / 1_000_000_000).min(1_000_000) as u32;
        outcome.impaired_host_ms = self.host_ms;
        // The load of crashed hosts moves: who is turned away is counted where it moves to.
        let failing = if symptom.crash { 0.0 } else { symptom.error_ratio };
        outcome.turned_away_requests = self.requests_turned_away;
        outcome.failed_requests = self.requests_to_impaired * failing + self.requests_turned_away;
        let impaired_hours = self.host_ms as f64 / HOUR_MS as f64;
        outcome.damaged_items = self.requests_to_impaired * symptom.damage_per_request
            + impaired_hours * symptom.damage_per_host_hour;
        outcome.half_recovered_ms = self.halved_ms.filter(|_| self.onset_ms.is_some());
        outcome.first_recovery_ms = self.first_clear_ms;
        outcome.two_regions_impaired = self.two_regions;
        outcome.two_zones_impaired = self.two_zones;
        outcome.first_violation_ms = self.first_violation_ms;
    }

    fn advance(&mut self, model: &Model, start_utc_ms: u64, region: usize, at_ms: u64) {
        self.host_ms += self.hosts * (at_ms - self.changed_ms);
        self.changed_ms = at_ms;
        let since = std::mem::replace(&mut self.region_changed_ms[region], at_ms);
        let down = self.region_down[region];
        if down > 0 && since < at_ms {
            let (from_ms, to_ms) = (start_utc_ms + since, start_utc_ms + at_ms);
            self.requests_turned_away += model.turned_away_between(region, from_ms, to_ms, down);
        }
        let impaired = self.region_hosts[region];
        if impaired > 0 && since < at_ms {
            let requests = model.requests_between(region, start_utc_ms + since, start_utc_ms + at_ms);
            let hosts = model.region_hosts[region];
            self.requests_to_impaired += requests * f64::from(impaired) / hosts as f64;
        }
    }
}

/// A zeroed vector of `len` in the memory of `old`.
fn recycled<T: Default + Clone>(old: &mut Vec<T>, len: usize) -> Vec<T> {
    let mut vector = std::mem::take(old);
    vector.clear();
    vector.resize(len, T::default());
    vector
}
