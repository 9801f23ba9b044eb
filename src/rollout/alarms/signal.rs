//! What an alarm sees: how likely its datapoint breaches in the present state of its scope.
//!
//! Everything here only looks: at deployments, at the fault and at capacity, by what they answer.

use super::newcomers::Newcomers;
use super::sight::Sight;
use super::watch::WatchState;
use crate::ids::{RegionId, ZoneId};
use crate::plan::HOUR_MS;
use crate::plan::{Alarm, Arrivals, CanaryRule, Defect, Hurts, Sign, Signal, Version};
use crate::random::{Purpose, mix};
use crate::rollout::account::down_hosts_matter;
use crate::rollout::context::Context;
use crate::rollout::model::breach::{missing_probability, poisson_at_least, poisson_quantile};
use crate::rollout::model::{breach_of, drop_breach, hosts_breach};
use crate::rollout::place::WatchedScope;
use std::collections::BTreeMap;

/// A look at what is in sight.
#[derive(Clone, Copy)]
pub struct Look<'r, 'c> {
    ctx: &'r Context<'c>,
    sight: Sight<'r>,
}

/// Breach probabilities of impaired scopes, by series and the bits of the mean requests and of a request's probability to
/// fail. They are pure functions of their key: what is remembered changes no result.
#[derive(Debug, Default)]
pub struct BreachMemo(BTreeMap<(u32, u64, u64), f64>);

/// Entries after which the memo starts afresh.
const MEMO_ENTRIES: usize = 1 << 16;

impl<'r, 'c> Look<'r, 'c> {
    /// A look at what is in sight now.
    #[inline]
    pub fn new(ctx: &'r Context<'c>, sight: Sight<'r>) -> Self {
        Self { ctx, sight }
    }

    /// What is given.
    #[inline]
    pub fn ctx(self) -> &'r Context<'c> {
        self.ctx
    }

    /// The definition of the watch's alarm.
    #[inline]
    pub fn alarm(self, watch: &WatchState) -> &'c Alarm {
        self.ctx.alarm(watch.alarm)
    }

    /// Hour of the UTC day whose traffic the datapoint ending at `at_ms` saw.
    #[inline]
    pub fn hour_at(self, at_ms: u64) -> usize {
        ((self.ctx.start_utc_ms + at_ms).saturating_sub(1) / HOUR_MS % 24) as usize
    }

    /// Index of the watch's first evaluation that is still open.
    #[inline]
    pub fn first_open(self, watch: &WatchState) -> u64 {
        let open_from_ms = self.sight.deployments.evaluations_open_from_ms(self.ctx.now_ms());
        watch.first_evaluation(self.alarm(watch), self.ctx.start_utc_ms, open_from_ms)
    }

    /// Impaired hosts in the watch's scope, as far as its alarm can see them: an alarm that looks inside also
    /// counts hosts whose fault is still hidden from customers.
    #[inline]
    pub fn impaired_in(self, watch: &WatchState) -> u64 {
        if self.ctx.defect.is_some_and(|defect| !defect.is_seen_by(watch.alarm)) {
            return 0;
        }
        match self.newcomers(watch) {
            Some(new) => new.impaired(self.alarm(watch).internal),
            None => self.seen_in(self.alarm(watch).internal, watch.scope),
        }
    }

    /// The new version in the watch's scope, if its alarm looks at nothing else.
    #[inline]
    fn newcomers<'w>(self, watch: &'w WatchState) -> Option<Newcomers<'w, 'c>>
    where
        'r: 'w,
    {
        (self.alarm(watch).version == Version::New).then(|| Newcomers::of(self.ctx, self.sight, watch))
    }

    /// Hosts that the watch looks at.
    #[inline]
    fn hosts(self, watch: &WatchState) -> u64 {
        let all = || self.ctx.model.series(watch.series).hosts;
        self.newcomers(watch).map_or_else(all, Newcomers::hosts)
    }

    /// Mean requests that come to them in a period that ends in an hour of the UTC day.
    #[inline]
    pub fn requests(self, watch: &WatchState, hour: usize) -> f64 {
        let expected = self.expected_requests(watch, hour);
        match self.ctx.drop_ratio() {
            0.0 => expected,
            drop_ratio => expected * (1.0 - drop_ratio * self.impaired_share(watch, hour)),
        }
    }

    /// The requests of a period in which too few came, by their law given that, at a uniform; none if the alarm looks for
    /// something else.
    pub fn requests_given_drop(self, watch: &WatchState, hour: usize, uniform: f64) -> Option<u64> {
        let Signal::RequestDrop { below } = self.alarm(watch).signal else { return None };
        let requests = self.requests(watch, hour);
        let (arrivals, expected) = (self.ctx.plan.fleet.arrivals, self.expected_requests(watch, hour));
        match arrivals {
            Arrivals::Fixed => Some(libm::round(requests) as u64),
            Arrivals::Poisson => {
                Some(poisson_quantile(requests, uniform * drop_breach(below, arrivals, expected, requests)))
            }
        }
    }

    /// Those that would come if every customer got there.
    fn expected_requests(self, watch: &WatchState, hour: usize) -> f64 {
        let all = || self.ctx.model.series(watch.series).requests[hour];
        self.newcomers(watch).map_or_else(all, |new| new.requests(hour))
    }

    /// Whether there is anything to look at: an alarm over the new version has no datapoint before a host has it.
    pub fn is_blank(self, watch: &WatchState) -> bool {
        self.newcomers(watch).is_some_and(|new| new.hosts() == 0)
    }

    /// Probability that the datapoint of an hour is missing for want of requests.
    pub fn missing(self, watch: &WatchState, hour: usize) -> f64 {
        let as_always = self.ctx.drop_ratio() == 0.0 && self.alarm(watch).version == Version::Any;
        match self.alarm(watch).signal.least_requests().filter(|_| !as_always) {
            Some(least) => {
                missing_probability(least, self.ctx.plan.fleet.arrivals, self.requests(watch, hour))
            }
            None => self.ctx.model.series(watch.series).missing[hour],
        }
    }

    /// Impaired hosts of a scope, as an alarm sees them that looks inside or does not.
    #[inline]
    fn seen_in(self, internal: bool, scope: WatchedScope) -> u64 {
        let fault = self.sight.fault;
        match (internal, scope) {
            (true, WatchedScope::OneBox(zone)) => fault.active_in_one_box(zone),
            (true, WatchedScope::Zone(_) | WatchedScope::Region(_) | WatchedScope::Service) => {
                fault.active_in(scope.zones(&self.ctx.plan.fleet))
            }
            (false, WatchedScope::OneBox(zone)) => u64::from(fault.impaired_in_one_box(zone)),
            (false, WatchedScope::Zone(zone)) => u64::from(fault.impaired_in_zone(zone)),
            (false, WatchedScope::Region(region)) => u64::from(fault.impaired_in_region(region)),
            (false, WatchedScope::Service) => fault.impaired_in_fleet(),
        }
    }

    /// Whether the scope is as it always is: nobody impaired, nobody down; to who counts damage, none left within a period
    /// either, and whoever is down leaves none. The new version has no always.
    #[inline]
    pub fn is_calm(self, watch: &WatchState) -> bool {
        let alarm = self.alarm(watch);
        if alarm.version == Version::New {
            return false;
        }
        if alarm.signal.counts_damage() {
            let now_ms = self.ctx.now_ms();
            let lately = (now_ms.saturating_sub(alarm.period_ms), now_ms);
            let nobody = || self.impaired_in(watch) == 0 && self.damage(watch, lately) == 0.0;
            return self.damaging(watch).is_none() || nobody();
        }
        let nobody_down = || {
            let mut regions = watch.scope.regions(&self.ctx.plan.fleet);
            let Sight { deployments, fault, capacity } = self.sight;
            regions.all(|region| capacity.serving_in(self.ctx, deployments, fault, region).is_whole())
        };
        self.impaired_in(watch) == 0 && (!down_hosts_matter(self.ctx.plan) || nobody_down())
    }

    /// Whether there is no monitoring: it is broken, or went down with what it monitors.
    pub fn is_lost(self, watch: &WatchState) -> bool {
        if watch.broken {
            return true;
        }
        let Some(limit) = self.alarm(watch).lost_with_service else { return false };
        let hosts = self.hosts(watch);
        let impaired = self.impaired_in(watch);
        impaired > 0
            && u128::from(impaired) * u128::from(limit.den) >= u128::from(limit.num) * u128::from(hosts)
    }

    /// Whether datapoint, or scrape, `k` of the watch is lost, by itself.
    #[inline]
    pub fn is_scrape_lost(self, watch: &WatchState, k: u64) -> bool {
        let lost = self.alarm(watch).lost;
        let draws = || self.ctx.streams.stream(Purpose::Lost, mix(&[watch.stream_entity, k]));
        lost > 0.0 && draws().uniform() < lost
    }

    /// Probability that the datapoint ending at `at_ms` breaches in the scope's present state.
    pub fn breach_probability(self, memo: &mut BreachMemo, watch: &WatchState, at_ms: u64) -> f64 {
        let hour = self.hour_at(at_ms);
        let alarm = self.alarm(watch);
        let numbers = self.ctx.model.series(watch.series);
        match &alarm.signal {
            Signal::Absent { .. } if self.is_lost(watch) => 1.0,
            _ if self.is_lost(watch) || self.is_blank(watch) => 0.0,
            _ if self.is_calm(watch) => numbers.healthy[hour],
            Signal::DamageCount { at_least, seen } => {
                let from_ms = at_ms.saturating_sub(alarm.period_ms);
                poisson_at_least(self.damage(watch, (from_ms, at_ms)) * seen, *at_least)
            }
            Signal::BreachProbability { .. } if self.impaired_in(watch) == 0 => numbers.healthy[hour],
            Signal::BreachProbability { impaired, .. } => *impaired,
            Signal::ImpairedHosts { .. } => {
                f64::from(u8::from(hosts_breach(&alarm.signal, self.unwell_in(watch), self.hosts(watch))))
            }
            Signal::ErrorRatio { .. }
            | Signal::SlowRatio { .. }
            | Signal::ErrorCount { .. }
            | Signal::Synthetic { .. }
            | Signal::Absent { .. } => {
                let p = self.sign_probability(watch, hour);
                let requests = self.requests(watch, hour);
                memo.of((watch.series, requests.to_bits(), p.to_bits()), || {
                    breach_of(alarm, self.ctx.plan.fleet.arrivals, requests, p)
                })
            }
            Signal::RequestDrop { below } => {
                let (expected, requests) = (self.expected_requests(watch, hour), self.requests(watch, hour));
                memo.of((watch.series, requests.to_bits(), expected.to_bits()), || {
                    drop_breach(*below, self.ctx.plan.fleet.arrivals, expected, requests)
                })
            }
            // They are not searched: every datapoint is drawn.
            Signal::RateRatio(_) | Signal::Canary(_) => 0.0,
            Signal::DetectionDelay(_) | Signal::AnyOf(_) | Signal::Quorum(_) => 0.0,
        }
    }

    /// The defect, if it leaves something that the alarm can see.
    fn damaging(self, watch: &WatchState) -> Option<&'c Defect> {
        self.ctx.defect.filter(|defect| defect.symptom.damages() && defect.is_seen_by(watch.alarm))
    }

    /// Bad items that are expected of the scope's hosts between two instants, as far as the alarm can see any: of those who
    /// were impaired then, for as long as they were.
    fn damage(self, watch: &WatchState, (from_ms, to_ms): (u64, u64)) -> f64 {
        let ctx = self.ctx;
        let Some(defect) = self.damaging(watch) else { return 0.0 };
        let per_request = defect.symptom.arriving() * defect.symptom.damage_per_request;
        let mut items = 0.0;
        for zone in watch.scope.zones(&ctx.plan.fleet) {
            let region = ctx.region_of(zone);
            self.sight.fault.spells(zone, (from_ms, to_ms), |spell| {
                let hosts = match watch.scope {
                    WatchedScope::OneBox(_) => spell.impaired.one_box,
                    WatchedScope::Zone(_) | WatchedScope::Region(_) | WatchedScope::Service => {
                        spell.impaired.all
                    }
                };
                let utc_ms = |at_ms| ctx.start_utc_ms + at_ms;
                let (from_ms, to_ms) = spell.span_ms;
                let requests = ctx.model.requests_between(region, utc_ms(from_ms), utc_ms(to_ms));
                let served = requests * spell.load / ctx.model.region_hosts[region] as f64;
                let hours = (to_ms - from_ms) as f64 / HOUR_MS as f64;
                let of_a_host = served * per_request + hours * defect.symptom.damage_per_host_hour;
                items += f64::from(hosts) * of_a_host;
            });
        }
        items
    }

    /// Probability that a request, or a probe, to the watch's scope shows what its alarm looks for.
    pub fn sign_probability(self, watch: &WatchState, hour: usize) -> f64 {
        match self.alarm(watch).signal {
            Signal::SlowRatio { .. } | Signal::Canary(CanaryRule { sign: Sign::Slowness, .. }) => {
                let background = self.ctx.plan.fleet.background_slow_ratio;
                background + self.arriving(self.impaired_share(watch, hour)) * self.ctx.excess(Sign::Slowness)
            }
            Signal::Synthetic { covers, .. } => {
                let background = self.ctx.plan.fleet.background_error_ratio;
                // A probe that does not get there has failed.
                let harmed = background + self.impaired_share(watch, hour) * self.ctx.harm();
                background + covers * (self.with_load(watch, hour, harmed) - background)
            }
            Signal::ErrorRatio { .. }
            | Signal::ErrorCount { .. }
            | Signal::DamageCount { .. }
            | Signal::ImpairedHosts { .. }
            | Signal::BreachProbability { .. }
            | Signal::Absent { .. }
            | Signal::RequestDrop { .. }
            | Signal::RateRatio(_)
            | Signal::Canary(CanaryRule { sign: Sign::Failure, .. })
            | Signal::DetectionDelay(_)
            | Signal::AnyOf(_)
            | Signal::Quorum(_) => self.request_failure(watch, hour),
        }
    }

    /// Of impaired hosts that are sent a share of all requests: the share that they are sent of those that arrive.
    fn arriving(self, share: f64) -> f64 {
        match self.ctx.drop_ratio() {
            0.0 => share,
            _ if share <= 0.0 => 0.0,
            drop_ratio if drop_ratio * share >= 1.0 => 0.0,
            drop_ratio => share * (1.0 - drop_ratio) / (1.0 - drop_ratio * share),
        }
    }

    /// Mean requests in a period to fresh hosts on the old version beside the one-box of `zone`, and the probability that one
    /// of them shows `sign`: only what hurts everyone around reaches them.
    pub fn baseline(self, watch: &WatchState, zone: ZoneId, hour: usize, sign: Sign) -> (f64, f64) {
        let hurts_all = self.ctx.defect.is_some_and(|defect| match defect.hurts {
            Hurts::Everyone(..) => true,
            Hurts::Host => false,
        });
        let impaired = if hurts_all { self.sight.fault.impaired_in_zone(zone) } else { 0 };
        let share = f64::from(impaired) / f64::from(self.ctx.zone(zone).hosts);
        let requests = self.expected_requests(watch, hour) * (1.0 - self.ctx.drop_ratio() * share);
        let shows = self.ctx.plan.fleet.background_of(sign) + self.arriving(share) * self.ctx.excess(sign);
        match sign {
            Sign::Failure => (requests, self.with_load(watch, hour, shows)),
            Sign::Slowness => (requests, shows),
        }
    }

    /// Probability that a request to the watch's scope fails.
    fn request_failure(self, watch: &WatchState, hour: usize) -> f64 {
        let background = self.ctx.plan.fleet.background_error_ratio;
        let share = self.arriving(self.impaired_share(watch, hour));
        self.with_load(watch, hour, background + share * self.ctx.excess(Sign::Failure))
    }

    /// Probability that a request fails that would with probability `own` if there were capacity for it.
    fn with_load(self, watch: &WatchState, hour: usize, own: f64) -> f64 {
        if !down_hosts_matter(self.ctx.plan) {
            return own;
        }
        own + (1.0 - own) * self.turned_away_in(watch, hour)
    }

    /// Probability that a request to the scope finds no host to serve it.
    fn turned_away_in(self, watch: &WatchState, hour: usize) -> f64 {
        let Sight { deployments, fault, capacity } = self.sight;
        let reckons_capacity = self.ctx.plan.fleet.peak_utilisation.is_some();
        self.by_traffic(watch.scope, hour, |region| match reckons_capacity {
            true => capacity.turned_away(self.ctx, deployments, fault, region, hour),
            false => self.dark_share(watch, region),
        })
    }

    /// Mean over the scope's regions, each weighed by its traffic; by its hosts where there is no traffic at all, as
    /// probes come then too.
    fn by_traffic(self, scope: WatchedScope, hour: usize, in_region: impl Fn(RegionId) -> f64) -> f64 {
        let mean = |weight: &dyn Fn(RegionId) -> f64| {
            let (mut total, mut sum) = (0.0, 0.0);
            for region in scope.regions(&self.ctx.plan.fleet) {
                total += weight(region);
                sum += weight(region) * in_region(region);
            }
            (total > 0.0).then(|| sum / total)
        };
        let by_hosts = || mean(&|region| self.ctx.model.region_hosts[region] as f64);
        mean(&|region| self.ctx.region(region).rate_in(hour)).or_else(by_hosts).unwrap_or(0.0)
    }

    /// Share of the scope's hosts in the region that are dark.
    fn dark_share(self, watch: &WatchState, region: RegionId) -> f64 {
        let zones = match watch.scope {
            WatchedScope::OneBox(_) | WatchedScope::Zone(_) => watch.scope.zones(&self.ctx.plan.fleet),
            WatchedScope::Region(_) | WatchedScope::Service => self.ctx.zones_of(region),
        };
        let dark = self.sight.capacity.dark_in(self.ctx, zones.clone());
        let hosts: u32 = self.ctx.plan.fleet.zones[zones].iter().map(|zone| zone.hosts).sum();
        dark as f64 / f64::from(hosts)
    }

    /// The share of the scope's hosts that a health check finds unwell; none for alarms that look at something else.
    pub fn share_unwell(self, watch: &WatchState) -> Option<f64> {
        let Signal::ImpairedHosts { .. } = self.alarm(watch).signal else { return None };
        Some(self.unwell_in(watch) as f64 / self.hosts(watch).max(1) as f64)
    }

    /// Hosts of the scope that a health check finds unwell: impaired, or dark for another reason.
    fn unwell_in(self, watch: &WatchState) -> u64 {
        let impaired = self.impaired_in(watch);
        if !down_hosts_matter(self.ctx.plan) {
            return impaired;
        }
        let all_dark = || self.sight.capacity.dark_in(self.ctx, watch.scope.zones(&self.ctx.plan.fleet));
        let dark = self.newcomers(watch).map_or_else(all_dark, Newcomers::dark);
        (impaired + dark).min(self.hosts(watch))
    }

    /// Share of the scope's requests that the fault makes fail at its full strength: that impaired hosts serve.
    fn impaired_share(self, watch: &WatchState, hour: usize) -> f64 {
        let share = || self.weighed_in(watch, watch.scope) / self.ctx.model.series(watch.series).hosts as f64;
        match watch.scope {
            _ if self.impaired_in(watch) == 0 => 0.0,
            // Only the one-box is asked for its own answers.
            WatchedScope::OneBox(_) => share(),
            // The load of crashed hosts moves.
            WatchedScope::Zone(_) | WatchedScope::Region(_) | WatchedScope::Service if self.ctx.crashes() => {
                0.0
            }
            WatchedScope::Zone(_) | WatchedScope::Region(_) | WatchedScope::Service
                if self.alarm(watch).version == Version::New =>
            {
                let new = Newcomers::of(self.ctx, self.sight, watch);
                new.impaired_share(self.alarm(watch).internal, hour)
            }
            WatchedScope::Zone(_) | WatchedScope::Region(_) => share(),
            // Regions differ in traffic per host.
            WatchedScope::Service => self.by_traffic(watch.scope, hour, |region| {
                let hosts = self.weighed_in(watch, WatchedScope::Region(region));
                hosts / self.ctx.model.region_hosts[region] as f64
            }),
        }
    }

    /// Impaired hosts of a scope as the watch's alarm sees them, each weighed by how strong the fault is on it and by how many
    /// requests it is sent.
    fn weighed_in(self, watch: &WatchState, scope: WatchedScope) -> f64 {
        let internal = self.alarm(watch).internal;
        if !self.ctx.routed && self.ctx.defect.is_none_or(|defect| defect.condition.mixed.is_none()) {
            return self.seen_in(internal, scope) as f64;
        }
        let strength = |zone| self.sight.fault.strength(self.ctx, zone);
        match scope {
            WatchedScope::OneBox(zone) => self.seen_in(internal, scope) as f64 * strength(zone),
            WatchedScope::Zone(_) | WatchedScope::Region(_) | WatchedScope::Service => {
                let zones = scope.zones(&self.ctx.plan.fleet);
                let seen = |zone| self.seen_in(internal, WatchedScope::Zone(zone)) as f64;
                zones.map(|zone| seen(zone) * strength(zone) * self.sight.fault.load(zone)).sum()
            }
        }
    }
}

impl BreachMemo {
    fn of(&mut self, key: (u32, u64, u64), compute: impl FnOnce() -> f64) -> f64 {
        if let Some(known) = self.0.get(&key) {
            return *known;
        }
        let probability = compute();
        if self.0.len() >= MEMO_ENTRIES {
            self.0.clear();
        }
        self.0.insert(key, probability);
        probability
    }
}
