//! One strategy as the lints look at it, and what several of them ask of it. It warns of nothing by itself.

use super::window::FireRates;
use crate::diagnostic::{Diagnostic, Rule};
use crate::ids::{AlarmId, RegionId, ZoneId};
use crate::plan::timeline::{Timetable, WaveSchedule, timetable};
use crate::plan::{Plan, Strategy};
use crate::rollout::request_breach;
use crate::scenario::Places;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// One strategy, as the lints look at it.
pub(super) struct View<'p> {
    /// The whole plan.
    pub plan: &'p Plan,
    /// Index of the strategy.
    pub strategy: usize,
    /// Its undisturbed timetable.
    pub times: Timetable,
    /// Where the parts of the plan were written.
    pub places: &'p Places,
    known: &'p Known,
}

/// What was computed for one strategy and holds for others too, because the same zones have the same traffic. Every
/// value is a pure function of its key.
#[derive(Default)]
pub(super) struct Known {
    /// Probability that a datapoint breaches, by alarm and the bits of the requests in it and of the probability that
    /// one of them shows what the alarm looks for.
    breaches: RefCell<BTreeMap<(AlarmId, u64, u64), f64>>,
    /// How often an alarm fires, by alarm and the bits of the requests in a datapoint.
    rates: RefCell<BTreeMap<(AlarmId, u64), Rc<FireRates>>>,
}

impl<'p> View<'p> {
    /// The strategy of this index, with its timetable.
    pub fn new(plan: &'p Plan, strategy: usize, places: &'p Places, known: &'p Known) -> Self {
        Self { plan, strategy, times: timetable(plan, strategy), places, known }
    }
}

impl View<'_> {
    /// The strategy itself.
    pub fn strategy(&self) -> &Strategy {
        &self.plan.strategies[self.strategy]
    }

    /// Probability that a datapoint of an alarm over requests breaches; see [`request_breach`].
    pub fn breach(&self, alarm: AlarmId, requests: f64, p: f64) -> f64 {
        let compute = || request_breach(&self.plan.alarms[alarm], self.plan.fleet.arrivals, requests, p);
        let key = (alarm, requests.to_bits(), p.to_bits());
        *self.known.breaches.borrow_mut().entry(key).or_insert_with(compute)
    }

    /// How often an alarm fires whose datapoints have so many requests, computed once.
    pub fn false_alarm_rates(
        &self,
        alarm: AlarmId,
        requests: f64,
        compute: impl FnOnce() -> FireRates,
    ) -> Rc<FireRates> {
        let key = (alarm, requests.to_bits());
        Rc::clone(self.known.rates.borrow_mut().entry(key).or_insert_with(|| Rc::new(compute())))
    }

    /// The alarms that the strategy listens to, with those that a composite is made of in its place.
    pub fn listened_to(&self) -> Vec<AlarmId> {
        self.parts(|_| true)
    }

    /// Those of them that stop the rollout by themselves: a part of a quorum does not.
    pub fn firing_alone(&self) -> Vec<AlarmId> {
        self.parts(|reported| self.plan.alarms[reported].signal.quorum().is_none())
    }

    fn parts(&self, counts: impl Fn(AlarmId) -> bool) -> Vec<AlarmId> {
        let mut found = Vec::new();
        let reported = self.strategy().alarms.iter().filter(|reported| counts(**reported));
        for &alarm in reported.flat_map(|reported| self.plan.parts_of(reported)) {
            if !found.contains(&alarm) {
                found.push(alarm);
            }
        }
        found
    }

    /// A warning at the strategy's name.
    pub fn warning(&self, rule: &'static Rule, message: String) -> Diagnostic {
        Diagnostic::new(rule, message).at(self.places.strategies[self.strategy], "")
    }

    /// Share of the fleet's traffic, or of its hosts where no traffic is given, that has the new version after each wave.
    pub fn share_after_waves(&self) -> Vec<f64> {
        let hosts = self.plan.fleet.hosts() as f64;
        let share = |times: &WaveSchedule| {
            if self.has_traffic() { times.traffic_share_after } else { times.hosts_after as f64 / hosts }
        };
        self.times.waves.iter().map(share).collect()
    }

    /// Share of the fleet's traffic, or of its hosts where no traffic is given, that some regions are.
    pub fn share_of_regions(&self, regions: &[RegionId]) -> f64 {
        let fleet = &self.plan.fleet;
        if self.has_traffic() {
            let traffic = regions.iter().map(|&region| fleet.regions[region].requests_per_second);
            traffic.sum::<f64>() / fleet.requests_per_second()
        } else {
            regions.iter().map(|&region| fleet.region_hosts(region)).sum::<u64>() as f64
                / fleet.hosts() as f64
        }
    }

    /// What the shares are of: `traffic` or `hosts`.
    pub fn share_of_what(&self) -> &'static str {
        if self.has_traffic() { "traffic" } else { "hosts" }
    }

    /// Region of a zone.
    pub fn region_of(&self, zone: ZoneId) -> RegionId {
        self.plan.fleet.zones[zone].region
    }

    /// Share of its region's hosts, and so of its traffic, that so many hosts of a zone are.
    pub fn share_of_region(&self, zone: ZoneId, hosts: u32) -> f64 {
        f64::from(hosts) / self.plan.fleet.region_hosts(self.region_of(zone)) as f64
    }

    fn has_traffic(&self) -> bool {
        self.plan.fleet.requests_per_second() > 0.0
    }
}
