//! The running account of impairment: for how long in sum, at most how widely, and what it cost in requests.
//!
//! How many hosts are impaired now is not kept here: it is asked of the fault, and a change says what it was before.
//! All time integrals are exact integers, except that requests are weighed by the traffic of their hour.

use crate::ids::{IdVec, RegionId};
use crate::plan::fleet::hour_of_day;
use crate::plan::{Defect, HOUR_MS, Symptom};
use crate::rollout::context::Context;
use crate::rollout::fault::{Fault, FaultChange};
use crate::rollout::model::Serving;

/// Integrals and extremes up to now.
#[derive(Debug, Default)]
pub struct Ledger {
    /// Zones with an impaired host.
    zones: u32,
    /// Regions with one.
    regions: u32,
    traffic_e15: u64,
    /// Zones with an impaired host, by region.
    region_zones: IdVec<RegionId, u32>,
    /// Hosts are constant between two changes: the integral up to `changed_ms`.
    host_ms: u64,
    changed_ms: u64,
    /// Requests to impaired hosts, by region up to its own last change.
    region_changed_ms: IdVec<RegionId, u64>,
    requests_to_impaired: f64,
    /// The same, each weighed by how strong the fault is on its host; kept only for faults whose strength varies.
    requests_weighed: f64,
    /// Impaired hosts by region, weighed in the same way.
    region_weighed: IdVec<RegionId, f64>,
    /// Impaired hosts by region, each weighed by the requests that it is sent; kept only where traffic is routed.
    region_load: IdVec<RegionId, f64>,
    /// How hosts serve, by region; kept only where the fleet has a capacity.
    region_serving: IdVec<RegionId, Serving>,
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
    /// The first region that recovered wholly, once a remedy was under way.
    first_clear_ms: Option<u64>,
}

/// What a rollout cost. Instants are milliseconds since its start.
#[derive(Debug)]
pub struct BlastRadius {
    /// The first host was impaired.
    pub onset_ms: Option<u64>,
    /// The first request failed for the defect or for want of capacity.
    pub first_failure_ms: Option<u64>,
    /// The first region recovered wholly after a remedy began.
    pub first_recovery_ms: Option<u64>,
    /// Impaired hosts were at most half of their peak from here on.
    pub half_recovered_ms: Option<u64>,
    /// Nobody was impaired from here on.
    pub mitigated_ms: Option<u64>,
    /// Most hosts impaired at once.
    pub peak_hosts: u64,
    /// Most zones with an impaired host at once.
    pub peak_zones: u32,
    /// Most regions with one.
    pub peak_regions: u32,
    /// Largest share of traffic that impaired hosts served, in millionths.
    pub peak_traffic_ppm: u32,
    /// Host-milliseconds of impairment.
    pub impaired_host_ms: u64,
    /// Requests that failed.
    pub failed_requests: f64,
    /// Those of them that found no capacity.
    pub turned_away_requests: f64,
    /// Bad items that were made.
    pub damaged_items: f64,
    /// Two regions were impaired at once.
    pub two_regions: bool,
    /// Two zones of one region were.
    pub two_zones: bool,
    /// When either was first so.
    pub first_violation_ms: Option<u64>,
}

/// Whether the fault is stronger at some times than at others.
#[inline]
fn varies(ctx: &Context) -> bool {
    ctx.routed || ctx.defect.is_some_and(|defect| defect.condition.mixed.is_some())
}

/// The traffic of so many hosts that are sent `load` times as much as others, each with a share of `host_traffic`.
#[inline]
fn traffic_e15(host_traffic: u64, hosts: u32, load: f64) -> u64 {
    if load == 1.0 {
        host_traffic * u64::from(hosts)
    } else {
        (host_traffic as f64 * f64::from(hosts) * load) as u64
    }
}

impl Ledger {
    /// Forgets everything, keeps the memory.
    pub fn reset(&mut self, regions: usize) {
        let Self {
            mut region_zones,
            mut region_changed_ms,
            mut region_serving,
            mut region_weighed,
            mut region_load,
            ..
        } = std::mem::take(self);
        region_zones.reset(regions, 0);
        region_changed_ms.reset(regions, 0);
        region_serving.reset(regions, Serving::default());
        region_load.reset(regions, 0.0);
        region_weighed.reset(regions, 0.0);
        *self = Self {
            region_zones,
            region_changed_ms,
            region_serving,
            region_weighed,
            region_load,
            ..Self::default()
        };
    }

    /// From now on the hosts of `region` serve like that.
    pub fn set_serving(&mut self, ctx: &Context, fault: &Fault, region: RegionId, serving: Serving) {
        let (fleet, here) = (fault.impaired_in_fleet(), fault.impaired_in_region(region));
        self.advance(ctx, region, fleet, here, ctx.now_ms());
        self.region_serving[region] = serving;
        if ctx.model.turned_away(region, hour_of_day(ctx.utc_ms()), serving) > 0.0 {
            self.turned_away_ms.get_or_insert(ctx.now_ms());
        }
    }

    /// Other hosts are impaired from now on; `mitigating` while a remedy is under way.
    #[inline]
    pub fn book(&mut self, ctx: &Context, fault: &Fault, change: &FaultChange, mitigating: bool) {
        let now_ms = ctx.now_ms();
        let region = ctx.region_of(change.zone());
        self.advance(ctx, region, change.fleet_before(), change.region_before(), now_ms);
        let (before, after) = change.impaired();
        if varies(ctx) {
            let weighed =
                |zone| f64::from(fault.impaired_in_zone(zone)) * fault.strength(ctx, zone) * fault.load(zone);
            self.region_weighed[region] = ctx.zones_of(region).map(weighed).sum();
        }
        if ctx.routed {
            let loaded = |zone| f64::from(fault.impaired_in_zone(zone)) * fault.load(zone);
            self.region_load[region] = ctx.zones_of(region).map(loaded).sum();
        }
        let host_traffic = ctx.model.host_traffic_e15[region];
        let (load_before, load_after) = change.load();
        self.traffic_e15 = self.traffic_e15 + traffic_e15(host_traffic, after, load_after)
            - traffic_e15(host_traffic, before, load_before);
        if before == 0 && after > 0 {
            self.zone_impaired(region);
        }
        if before > 0 && after == 0 {
            self.zone_recovered(region, now_ms, mitigating);
        }
        let hosts = fault.impaired_in_fleet();
        if after > before || (after > 0 && load_after > load_before) {
            self.note_peaks(hosts, now_ms);
        }
        if hosts == 0 {
            self.cleared_ms = Some(now_ms);
        }
        if 2 * hosts > self.peak_hosts {
            self.halved_ms = None;
        } else {
            self.halved_ms.get_or_insert(now_ms);
        }
    }

    fn zone_impaired(&mut self, region: RegionId) {
        self.zones += 1;
        self.region_zones[region] += 1;
        self.two_zones |= self.region_zones[region] > 1;
        if self.region_zones[region] == 1 {
            self.regions += 1;
            self.two_regions |= self.regions > 1;
        }
    }

    fn zone_recovered(&mut self, region: RegionId, now_ms: u64, mitigating: bool) {
        self.zones -= 1;
        self.region_zones[region] -= 1;
        if self.region_zones[region] == 0 {
            self.regions -= 1;
            if mitigating {
                self.first_clear_ms.get_or_insert(now_ms);
            }
        }
    }

    fn note_peaks(&mut self, hosts: u64, now_ms: u64) {
        if self.two_zones || self.two_regions {
            self.first_violation_ms.get_or_insert(now_ms);
        }
        self.peak_hosts = self.peak_hosts.max(hosts);
        self.peak_zones = self.peak_zones.max(self.zones);
        self.peak_regions = self.peak_regions.max(self.regions);
        // The share of each host was rounded down: with one unit back for each, all of them are all of the traffic.
        self.peak_traffic_e15 = self.peak_traffic_e15.max(self.traffic_e15 + hosts);
        self.onset_ms.get_or_insert(now_ms);
        self.cleared_ms = None;
    }

    /// Brings the integrals of the fleet and of one region up to `at_ms`; until then `fleet` hosts and `here` hosts of
    /// the region were impaired.
    #[inline]
    fn advance(&mut self, ctx: &Context, region: RegionId, fleet: u64, here: u32, at_ms: u64) {
        self.host_ms += fleet * (at_ms - self.changed_ms);
        self.changed_ms = at_ms;
        let since = std::mem::replace(&mut self.region_changed_ms[region], at_ms);
        let serving = self.region_serving[region];
        let (from_ms, to_ms) = (ctx.start_utc_ms + since, ctx.start_utc_ms + at_ms);
        if !serving.is_whole() && since < at_ms {
            self.requests_turned_away += ctx.model.turned_away_between(region, from_ms, to_ms, serving);
        }
        if here > 0 && since < at_ms {
            let requests = ctx.model.requests_between(region, from_ms, to_ms);
            let hosts = ctx.model.region_hosts[region];
            let here = if ctx.routed { self.region_load[region] } else { f64::from(here) };
            self.requests_to_impaired += requests * here / hosts as f64;
            if varies(ctx) {
                self.requests_weighed += requests * self.region_weighed[region] / hosts as f64;
            }
        }
    }

    /// Brings the integrals up to the end of the observation and says what it all cost.
    pub fn close(&mut self, ctx: &Context, fault: &Fault, end_ms: u64) -> BlastRadius {
        for region in ctx.plan.fleet.regions.ids() {
            let (fleet, here) = (fault.impaired_in_fleet(), fault.impaired_in_region(region));
            self.advance(ctx, region, fleet, here, end_ms);
        }
        let symptom = ctx.defect.map_or(Defect::default().symptom, |defect| defect.symptom);
        let symptom = Symptom { error_ratio: ctx.harm(), ..symptom };
        let failed_ms = self.onset_ms.filter(|_| symptom.error_ratio > 0.0 && !symptom.crash);
        // The load of crashed hosts moves: who is turned away is counted where it moves to.
        let failing = if symptom.crash { 0.0 } else { symptom.error_ratio };
        let served = if varies(ctx) { self.requests_weighed } else { self.requests_to_impaired };
        let impaired_hours = self.host_ms as f64 / HOUR_MS as f64;
        BlastRadius {
            onset_ms: self.onset_ms,
            first_failure_ms: failed_ms.into_iter().chain(self.turned_away_ms).min(),
            first_recovery_ms: self.first_clear_ms,
            half_recovered_ms: self.halved_ms.filter(|_| self.onset_ms.is_some()),
            mitigated_ms: self.cleared_ms,
            peak_hosts: self.peak_hosts,
            peak_zones: self.peak_zones,
            peak_regions: self.peak_regions,
            peak_traffic_ppm: (self.peak_traffic_e15 / 1_000_000_000).min(1_000_000) as u32,
            impaired_host_ms: self.host_ms,
            failed_requests: served * failing + self.requests_turned_away,
            turned_away_requests: self.requests_turned_away,
            damaged_items: self.requests_to_impaired * symptom.arriving() * symptom.damage_per_request
                + impaired_hours * symptom.damage_per_host_hour,
            two_regions: self.two_regions,
            two_zones: self.two_zones,
            first_violation_ms: self.first_violation_ms,
        }
    }
}
