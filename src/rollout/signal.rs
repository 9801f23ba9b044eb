//! How likely a datapoint breaches in the present state of its scope, and what a replay shows of it.

use super::breach::Counts;
use super::model::{Series, hosts_breach, rule_of};
use super::trace::{Event, Observer};
use super::trial::Trial;
use super::watch::Watch;
use crate::plan::{Arrivals, Hurts, Scope, Signal};
use crate::random::{Purpose, mix};
use std::collections::BTreeMap;

/// Breach probabilities of impaired scopes, by series, hour and the bits of a request's probability to
/// fail. They are pure functions of their key: what is remembered changes no result.
pub(super) type BreachMemo = BTreeMap<(u32, u8, u64), f64>;

/// Entries after which the memo starts afresh.
const MEMO_ENTRIES: usize = 1 << 16;

impl<O: Observer> Trial<'_, O> {
    /// Impaired hosts in the watch's scope, as far as its alarm can see them: an alarm that looks inside also
    /// counts hosts whose fault is still hidden from customers.
    pub(super) fn impaired_in(&self, watch: u32) -> u64 {
        let Watch { alarm, entity, .. } = self.buffers.watches[watch as usize];
        let entity = entity as usize;
        if !self.sees(alarm as usize) {
            return 0;
        }
        if self.plan.alarms[alarm as usize].internal {
            return self.active_in_scope(watch, entity);
        }
        match self.definition(watch).scope {
            Scope::OneBox if self.defect.is_none() => 0,
            Scope::OneBox => u64::from(self.buffers.defective.wards[entity].one_box_impaired),
            Scope::Zone => u64::from(self.buffers.tally.in_zone(entity)),
            Scope::Region => u64::from(self.buffers.tally.in_region(entity)),
            Scope::Service => self.buffers.tally.in_fleet(),
        }
    }

    fn crashes(&self) -> bool {
        self.defect().is_some_and(|defect| defect.symptom.crash)
    }

    /// Whether the alarm can see what the defect does.
    fn sees(&self, alarm: usize) -> bool {
        let seen_by = self.defect().and_then(|defect| defect.seen_by.as_ref());
        seen_by.is_none_or(|alarms| alarms.contains(&alarm))
    }

    fn active_in_scope(&self, watch: u32, entity: usize) -> u64 {
        let fleet = &self.plan.fleet;
        match self.definition(watch).scope {
            Scope::OneBox => self.active_in(entity..entity + 1, true),
            Scope::Zone => self.active_in(entity..entity + 1, false),
            Scope::Region => self.active_in(fleet.regions[entity].zones.clone(), false),
            Scope::Service => self.active_in(0..fleet.zones.len(), false),
        }
    }

    /// Probability that the datapoint ending at `at_ms` breaches in the scope's present state.
    pub(super) fn breach_probability(&mut self, watch: u32, at_ms: u64) -> f64 {
        let model = self.model;
        let hour = self.hour_at(at_ms);
        let Watch { series, alarm, .. } = self.buffers.watches[watch as usize];
        let alarm = &self.plan.alarms[alarm as usize];
        let numbers = model.series(series);
        match &alarm.signal {
            _ if self.is_calm(watch) => numbers.healthy[hour],
            _ if self.is_lost(watch) => 0.0,
            Signal::BreachProbability { .. } if self.impaired_in(watch) == 0 => numbers.healthy[hour],
            Signal::BreachProbability { impaired, .. } => *impaired,
            Signal::ImpairedHosts { .. } => {
                f64::from(u8::from(hosts_breach(&alarm.signal, self.unwell_in(watch), numbers.hosts)))
            }
            Signal::ErrorRatio { .. }
            | Signal::SlowRatio { .. }
            | Signal::ErrorCount { .. }
            | Signal::Synthetic { .. } => {
                let p = self.sign_probability(watch, hour);
                let key = (series, hour as u8, p.to_bits());
                if let Some(known) = self.buffers.memo.get(&key) {
                    return *known;
                }
                let probability = model.ratio_probability(alarm, numbers.requests[hour], p);
                if self.buffers.memo.len() >= MEMO_ENTRIES {
                    self.buffers.memo.clear();
                }
                self.buffers.memo.insert(key, probability);
                probability
            }
            // They are not searched: every datapoint is drawn.
            Signal::RateRatio(_) | Signal::Canary(_) => 0.0,
            Signal::DetectionDelay(_) | Signal::AnyOf(_) => 0.0,
        }
    }

    /// Whether the scope is as it always is: nobody impaired, nobody down.
    pub(super) fn is_calm(&self, watch: u32) -> bool {
        self.impaired_in(watch) == 0
            && (!self.minds_load() || self.scope_regions(watch).all(|r| self.down_in_region(r) == 0))
    }

    /// Regions that the watch's scope has a part in.
    fn scope_regions(&self, watch: u32) -> std::ops::Range<usize> {
        let entity = self.buffers.watches[watch as usize].entity as usize;
        match self.definition(watch).scope {
            Scope::OneBox | Scope::Zone => {
                let region = self.plan.fleet.zones[entity].region;
                region..region + 1
            }
            Scope::Region => entity..entity + 1,
            Scope::Service => 0..self.plan.fleet.regions.len(),
        }
    }

    /// Probability that a request, or a probe, to the watch's scope shows what its alarm looks for.
    pub(super) fn sign_probability(&self, watch: u32, hour: usize) -> f64 {
        let fleet = &self.plan.fleet;
        match self.definition(watch).signal {
            Signal::SlowRatio { .. } => {
                let extra = self.defect().map_or(0.0, |defect| defect.symptom.slow_ratio);
                let background = fleet.background_slow_ratio;
                background + self.impaired_share(watch, hour) * ((background + extra).min(1.0) - background)
            }
            Signal::Synthetic { covers, .. } => {
                let background = fleet.background_error_ratio;
                background + covers * (self.request_failure(watch, hour) - background)
            }
            _ => self.request_failure(watch, hour),
        }
    }

    /// Probability that a request to fresh hosts on the old version beside the one-box fails: they suffer only from
    /// what hurts everyone around.
    pub(super) fn baseline_failure(&self, watch: u32, hour: usize) -> f64 {
        let fleet = &self.plan.fleet;
        let zone = self.buffers.watches[watch as usize].entity as usize;
        let hurts_all = self.defect().is_some_and(|defect| matches!(defect.hurts, Hurts::Everyone(..)));
        let ill = if hurts_all { self.buffers.tally.in_zone(zone) } else { 0 };
        let share = f64::from(ill) / f64::from(fleet.zones[zone].hosts);
        self.with_load(watch, hour, fleet.background_error_ratio + share * self.excess_failure())
    }

    /// Probability that a request to the watch's scope fails.
    fn request_failure(&self, watch: u32, hour: usize) -> f64 {
        self.with_load(watch, hour, self.own_failure(watch, hour))
    }

    /// Probability that a request fails that would with probability `own` if there were capacity for it.
    fn with_load(&self, watch: u32, hour: usize, own: f64) -> f64 {
        if !self.minds_load() {
            return own;
        }
        let away = self.turned_away_in(watch, hour);
        own + (1.0 - own) * away
    }

    /// Probability that a request to the scope finds no host to serve it.
    fn turned_away_in(&self, watch: u32, hour: usize) -> f64 {
        let fleet = &self.plan.fleet;
        let (mut total, mut away) = (0.0, 0.0);
        for region in self.scope_regions(watch) {
            let rate = fleet.regions[region].rate_in(hour);
            total += rate;
            away += rate
                * if fleet.peak_utilisation.is_some() {
                    self.turned_away(region, hour)
                } else {
                    self.dark_share(watch, region)
                };
        }
        if total > 0.0 { away / total } else { 0.0 }
    }

    /// Share of the scope's hosts in the region that are dark.
    fn dark_share(&self, watch: u32, region: usize) -> f64 {
        let entity = self.buffers.watches[watch as usize].entity as usize;
        let zones = match self.definition(watch).scope {
            Scope::OneBox | Scope::Zone => entity..entity + 1,
            Scope::Region | Scope::Service => self.plan.fleet.regions[region].zones.clone(),
        };
        let dark: u32 = zones.clone().map(|zone| self.dark_hosts(zone)).sum();
        let hosts: u32 = zones.map(|zone| self.plan.fleet.zones[zone].hosts).sum();
        f64::from(dark) / f64::from(hosts)
    }

    /// Hosts of the scope that a health check finds ill: impaired, or dark for another reason.
    fn unwell_in(&self, watch: u32) -> u64 {
        let impaired = self.impaired_in(watch);
        if !self.minds_load() {
            return impaired;
        }
        let Watch { entity, series, .. } = self.buffers.watches[watch as usize];
        let zones = match self.definition(watch).scope {
            Scope::OneBox | Scope::Zone => entity as usize..entity as usize + 1,
            Scope::Region => self.plan.fleet.regions[entity as usize].zones.clone(),
            Scope::Service => 0..self.plan.fleet.zones.len(),
        };
        let dark: u64 = zones.map(|zone| u64::from(self.dark_hosts(zone))).sum();
        (impaired + dark).min(self.model.series(series).hosts)
    }

    /// Probability that a request that finds a host fails there.
    fn own_failure(&self, watch: u32, hour: usize) -> f64 {
        let share = self.impaired_share(watch, hour);
        self.plan.fleet.background_error_ratio + share * self.excess_failure()
    }

    /// Share of the scope's requests that impaired hosts serve.
    fn impaired_share(&self, watch: u32, hour: usize) -> f64 {
        match self.definition(watch).scope {
            _ if self.impaired_in(watch) == 0 => 0.0,
            // The load of crashed hosts moves; only the one-box is asked for its own answers.
            Scope::Zone | Scope::Region | Scope::Service if self.crashes() => 0.0,
            Scope::Service => self.service_share(hour),
            _ => {
                let hosts = self.model.series(self.buffers.watches[watch as usize].series).hosts;
                self.impaired_in(watch) as f64 / hosts as f64
            }
        }
    }

    /// How much more likely a request fails on an impaired host than on a healthy one.
    pub(super) fn excess_failure(&self) -> f64 {
        let background = self.plan.fleet.background_error_ratio;
        let extra = self.defect().map_or(0.0, |defect| defect.symptom.error_ratio);
        (background + extra).min(1.0) - background
    }

    /// Share of the fleet's requests that impaired hosts serve: regions differ in traffic per host.
    fn service_share(&self, hour: usize) -> f64 {
        let (mut total, mut impaired) = (0.0, 0.0);
        for (index, region) in self.plan.fleet.regions.iter().enumerate() {
            let rate = region.requests_per_second * region.hourly_factor[hour];
            let share =
                f64::from(self.buffers.tally.in_region(index)) / self.model.region_hosts[index] as f64;
            total += rate;
            impaired += rate * share;
        }
        if total > 0.0 { impaired / total } else { 0.0 }
    }

    pub(super) fn observe_breach(&mut self, watch: u32) {
        if !O::ENABLED {
            return;
        }
        let now_ms = self.now_ms;
        let Watch { alarm, entity, series, stream_entity, last_k, .. } = self.buffers.watches[watch as usize];
        let definition = &self.plan.alarms[alarm as usize];
        let hour = self.hour_at(now_ms);
        let Series { requests, .. } = self.model.series(series);
        let p = self.sign_probability(watch, hour);
        let mut stream = self.streams.stream(Purpose::ReplayCounts, mix(&[stream_entity, last_k]));
        // Counts that an alarm was decided by are not drawn a second time.
        let counts = rule_of(&definition.signal).filter(|_| !definition.minds_gaps()).and_then(|rule| {
            let (arrivals, mean) = match definition.signal {
                Signal::Synthetic { probes, .. } => (Arrivals::Fixed, probes as f64),
                _ => (self.plan.fleet.arrivals, requests[hour]),
            };
            Counts::given_breach(&rule, arrivals, mean, p, &mut stream)
        });
        self.observe(now_ms, || Event::Breach {
            alarm,
            entity,
            requests: counts.map(|counts| counts.requests),
            errors: counts.map(|counts| counts.errors),
        });
    }
}
