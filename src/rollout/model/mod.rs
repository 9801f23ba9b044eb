//! What every trial of a plan shares: traffic integrals and the breach probabilities of healthy
//! scopes. Built once, read by all threads.

mod batch_time;
pub mod breach;
mod serving;

pub use batch_time::BatchTime;
pub use serving::{Pools, Serving};

use crate::ids::{AlarmId, IdVec, RegionId, ZoneId};
use crate::plan::fleet::hour_of_day;
use crate::plan::{
    Alarm, Arrivals, Comparison, Decides, Fleet, HOUR_MS, Plan, RateRule, Ratio, Reads, Scope, Signal,
    Strata, Strategy, Version, Wave,
};
use breach::{RatioRule, missing_probability, never_breaches, poisson_at_least, ratio_breach_probability};

/// A plan with its tables.
#[derive(Debug)]
pub struct Model<'p> {
    /// The plan itself.
    pub plan: &'p Plan,
    /// Which part of all possible changes each trial is drawn from.
    pub strata: Strata,
    /// Requests since midnight UTC at the start of each hour, by region; the last entry is the day's.
    requests_by_hour: IdVec<RegionId, [f64; 25]>,
    /// Share of the fleet's mean traffic that one host serves, times 1e15, by region.
    pub host_traffic_e15: IdVec<RegionId, u64>,
    /// Hosts by region.
    pub region_hosts: IdVec<RegionId, u64>,
    /// How long batches take on the way forward: as the change has it, then by strategies with times of their own.
    deploy_times: Vec<BatchTime>,
    /// Series of every alarm scope that a strategy can open.
    series: Vec<Series>,
    /// Index into `series` by alarm, then by scope entity.
    index: IdVec<AlarmId, ScopeIndex>,
    /// Whether the fleet says something of its customers.
    pub has_customers: bool,
    /// Some alarm counts bad items.
    pub counts_damage: bool,
    /// Whether there is an alarm over the new version.
    pub watches_newcomers: bool,
    /// By alarm, for those over the new version: the series of each zone as a whole.
    whole_zones: IdVec<AlarmId, Vec<u32>>,
    /// Alarms none of whose healthy scopes can breach, and whose breaches can be foreseen.
    calm: IdVec<AlarmId, bool>,
}

/// The traffic of one alarm scope and how likely its datapoints breach while it is healthy.
#[derive(Debug, Clone)]
pub struct Series {
    /// Hosts in the scope.
    pub hosts: u64,
    /// Mean requests in a period, by hour of the UTC day.
    pub requests: [f64; 24],
    /// Breach probability by hour of the UTC day.
    pub healthy: [f64; 24],
    /// Largest of them.
    pub healthy_envelope: f64,
    /// Probability that a datapoint is missing for want of requests, by hour of the UTC day.
    pub missing: [f64; 24],
    /// Whether one can be.
    pub may_miss: bool,
}

/// Limits are rounded down to so many parts where they bound a rule.
const BILLION: f64 = 1e9;

/// Where to find an alarm's series.
#[derive(Debug)]
enum ScopeIndex {
    /// By zone or region, or only entry 0 for the service.
    ByEntity(Vec<u32>),
    /// By zone and then by size of the one-box, which strategies choose.
    OneBox(Vec<Vec<(u32, u32)>>),
}

/// Whether it is known beforehand that an alarm does not fire for so long, from how likely the datapoints of a series
/// breach: each by itself, or by a rule that has a bound. Missing ones do not, unless they count as breaches.
pub fn thinks_ahead(alarm: &Alarm, series: &Series) -> bool {
    match alarm.signal.kind().decides {
        Decides::ByHistory => alarm.rate_rule().is_some(),
        Decides::ByDatapoint | Decides::ByEvent => {
            let has_gaps = series.may_miss || alarm.broken > 0.0 || alarm.has_gaps_anyway();
            !(alarm.breaches_by_gaps() && has_gaps)
        }
    }
}

impl<'p> Model<'p> {
    /// Computes the tables of `plan`.
    #[must_use]
    pub fn new(plan: &'p Plan) -> Self {
        let mut model = Self {
            plan,
            strata: Strata::of(plan),
            requests_by_hour: plan
                .fleet
                .regions
                .iter()
                .map(|region| {
                    let mut sums = [0.0; 25];
                    for hour in 0..24 {
                        let rate = region.requests_per_second * region.hourly_factor[hour];
                        sums[hour + 1] = sums[hour] + rate * (HOUR_MS / 1000) as f64;
                    }
                    sums
                })
                .collect(),
            host_traffic_e15: host_traffic(&plan.fleet),
            region_hosts: plan.fleet.regions.ids().map(|region| plan.fleet.region_hosts(region)).collect(),
            deploy_times: Vec::new(),
            series: Vec::new(),
            index: IdVec::default(),
            has_customers: plan.fleet.has_customers(),
            counts_damage: plan.alarms.iter().any(|alarm| alarm.signal.counts_damage()),
            watches_newcomers: plan.alarms.iter().any(|alarm| alarm.version == Version::New),
            whole_zones: IdVec::default(),
            calm: IdVec::default(),
        };
        let largest_zone = plan.fleet.zones.iter().map(|zone| zone.hosts).max().unwrap_or(0);
        model.deploy_times.push(BatchTime::tabulated(plan.change.deploy_time, largest_zone));
        for strategy in plan.strategies_in_use() {
            let time = strategy.deploy_time(&plan.change);
            if model.deploy_times.iter().all(|known| known.host != time) {
                model.deploy_times.push(BatchTime::computed(time));
            }
        }
        for alarm in plan.alarms.iter() {
            let first = model.series.len();
            let index = model.index_scopes(alarm);
            model.index.push(index);
            let whole_zones = model.index_whole_zones(alarm);
            model.whole_zones.push(whole_zones);
            let is_calm = |series: &Series| series.healthy_envelope == 0.0 && thinks_ahead(alarm, series);
            model.calm.push(model.series[first..].iter().all(is_calm));
        }
        model
    }

    fn index_scopes(&mut self, alarm: &Alarm) -> ScopeIndex {
        let fleet = &self.plan.fleet;
        match alarm.scope {
            Scope::OneBox => {
                ScopeIndex::OneBox(fleet.zones.ids().map(|zone| self.index_one_boxes(alarm, zone)).collect())
            }
            Scope::Zone => ScopeIndex::ByEntity(
                fleet
                    .zones
                    .ids()
                    .map(|zone| self.add_zone_part(alarm, zone, fleet.zones[zone].hosts))
                    .collect(),
            ),
            Scope::Region => ScopeIndex::ByEntity(
                fleet
                    .regions
                    .ids()
                    .map(|region| {
                        let rate = |hour| region_rate(fleet, region, hour);
                        self.add_series(alarm, fleet.region_hosts(region), rate)
                    })
                    .collect(),
            ),
            Scope::Service => {
                let rate = |hour| fleet.regions.ids().map(|region| region_rate(fleet, region, hour)).sum();
                ScopeIndex::ByEntity(vec![self.add_series(alarm, fleet.hosts(), rate)])
            }
        }
    }

    /// The series of every zone as a whole, for an alarm over the new version, whose requests are a share of it.
    fn index_whole_zones(&mut self, alarm: &Alarm) -> Vec<u32> {
        let fleet = &self.plan.fleet;
        let zones = fleet.zones.ids().filter(|_| alarm.version == Version::New);
        zones.map(|zone| self.add_zone_part(alarm, zone, fleet.zones[zone].hosts)).collect()
    }

    /// Mean requests to a zone in a period of an alarm over the new version that ends in an hour of the UTC day.
    pub fn zone_requests(&self, alarm: AlarmId, zone: ZoneId, hour: usize) -> f64 {
        self.series(self.whole_zones[alarm][zone.index()]).requests[hour]
    }

    /// One series for every one-box size that some strategy uses in the zone.
    fn index_one_boxes(&mut self, alarm: &Alarm, zone: ZoneId) -> Vec<(u32, u32)> {
        let plan = self.plan;
        let hosts = plan.fleet.zones[zone].hosts;
        let region = plan.fleet.zones[zone].region;
        let mut sizes: Vec<u32> = plan
            .strategies_in_use()
            .flat_map(|strategy| strategy.waves.iter().map(move |wave| (strategy, wave)))
            .filter(|(_, wave)| wave.regions.contains(&region))
            .filter_map(|(strategy, wave)| one_box_hosts(strategy, wave, hosts))
            .collect();
        sizes.sort_unstable();
        sizes.dedup();
        sizes.into_iter().map(|size| (size, self.add_zone_part(alarm, zone, size))).collect()
    }

    /// A series for `hosts` hosts of a zone; traffic is even over the hosts of the region.
    fn add_zone_part(&mut self, alarm: &Alarm, zone: ZoneId, hosts: u32) -> u32 {
        let fleet = &self.plan.fleet;
        let region = fleet.zones[zone].region;
        let share = f64::from(hosts) / fleet.region_hosts(region) as f64;
        self.add_series(alarm, u64::from(hosts), |hour| share * region_rate(fleet, region, hour))
    }

    fn add_series(&mut self, alarm: &Alarm, hosts: u64, rate: impl Fn(usize) -> f64) -> u32 {
        let requests: [f64; 24] =
            std::array::from_fn(|hour| requests_in_period(alarm.period_ms, hour, &rate));
        let mut healthy = [0.0; 24];
        for hour in 0..24 {
            // A flat curve repeats: look for the same rate before summing again.
            healthy[hour] = match (0..hour).find(|earlier| requests[*earlier] == requests[hour]) {
                Some(earlier) => healthy[earlier],
                None => healthy_breach(alarm, &self.plan.fleet, requests[hour]),
            };
        }
        let healthy_envelope = match alarm.rate_rule() {
            Some(rule) => self.rule_envelope(alarm, rule, &requests),
            None => healthy.iter().copied().fold(0.0, f64::max),
        };
        let missing_of = |requests: [f64; 24]| match alarm.signal.least_requests() {
            Some(least) => requests.map(|mean| missing_probability(least, self.plan.fleet.arrivals, mean)),
            None => [0.0; 24],
        };
        let missing = missing_of(requests);
        let healthy_envelope = match alarm.version {
            Version::Any => healthy_envelope,
            // Few hosts have few requests, of which any number may breach.
            Version::New => self.newcomers_envelope(alarm, healthy_envelope),
        };
        let may_miss = match alarm.version {
            Version::Any => missing.iter().any(|probability| *probability > 0.0),
            // A weight may send the new version next to nothing.
            Version::New if self.plan.strategies_in_use().any(Strategy::routes_traffic) => {
                alarm.signal.least_requests().is_some()
            }
            // A datapoint may be of a single host.
            Version::New => {
                let of_one: [f64; 24] = std::array::from_fn(|hour| match alarm.scope {
                    Scope::OneBox | Scope::Zone | Scope::Region => requests[hour] / hosts as f64,
                    Scope::Service => self.least_requests_of_a_host(alarm, hour),
                });
                missing_of(of_one).iter().any(|probability| *probability > 0.0)
            }
        };
        self.series.push(Series { hosts, requests, healthy, healthy_envelope, missing, may_miss });
        (self.series.len() - 1) as u32
    }

    /// Mean requests in a period of an alarm to a host of the region whose hosts have the fewest.
    fn least_requests_of_a_host(&self, alarm: &Alarm, hour: usize) -> f64 {
        let fleet = &self.plan.fleet;
        let of_a_host = |region: RegionId| {
            let requests = requests_in_period(alarm.period_ms, hour, |hour| region_rate(fleet, region, hour));
            requests / fleet.region_hosts(region) as f64
        };
        fleet.regions.ids().map(of_a_host).fold(f64::INFINITY, f64::min)
    }

    /// 0 if an alarm over the new version cannot breach however many healthy hosts have it, else 1; `all` bounds it where
    /// all have it.
    fn newcomers_envelope(&self, alarm: &Alarm, all: f64) -> f64 {
        let kind = alarm.signal.kind();
        let background = kind.sign.map_or(0.0, |sign| self.plan.fleet.background_of(sign));
        let by_few = kind.reads == Reads::Requests && (background > 0.0 || alarm.signal.counts_arrivals());
        if by_few { 1.0 } else { all }
    }

    /// 0 if the rule cannot breach while its scope is healthy, else 1. A ratio over a window is that of everything
    /// between its first scrape and its last; fewer requests deviate more, so the quietest hour bounds all.
    fn rule_envelope(&self, alarm: &Alarm, rule: &RateRule, requests: &[f64; 24]) -> f64 {
        let quietest = requests.iter().copied().fold(f64::INFINITY, f64::min);
        if quietest == 0.0 && requests.iter().any(|requests| *requests > 0.0) {
            // A window that begins or ends with the quiet may hold a single request.
            return f64::from(u8::from(self.plan.fleet.background_error_ratio > 0.0));
        }
        let background = self.plan.fleet.background_error_ratio;
        let never = |window_ms: u64| {
            // Where scrapes are lost, two of them may be all that there are.
            let gaps = (window_ms - 1) / alarm.period_ms;
            let gaps = if alarm.lost > 0.0 { gaps.min(1) } else { gaps };
            let limit = Ratio { num: libm::floor(rule.threshold * BILLION) as u64, den: BILLION as u64 };
            let ratio = RatioRule { threshold: limit, comparison: Comparison::AtLeast, min_requests: 1 };
            gaps == 0 || never_breaches(&ratio, quietest * gaps as f64, background)
        };
        f64::from(u8::from(!rule.windows_ms.iter().any(|window_ms| never(*window_ms))))
    }

    /// Index of the series of `alarm` at `entity`; `one_box` is the size of the zone's one-box.
    pub fn series_index(&self, alarm: AlarmId, entity: usize, one_box: u32) -> u32 {
        match &self.index[alarm] {
            ScopeIndex::ByEntity(by_entity) => by_entity[entity],
            ScopeIndex::OneBox(by_zone) => {
                let found = by_zone[entity].iter().find(|(size, _)| *size == one_box);
                found.expect("invariant: every one-box size of the plan has a series").1
            }
        }
    }

    /// Whether an alarm needs no watch while nobody is impaired and nothing is down: none of its scopes can breach.
    #[inline]
    pub fn is_calm(&self, alarm: AlarmId) -> bool {
        self.calm[alarm]
    }

    /// How long the batches of a strategy take, one that the plan uses.
    pub fn deploy_time(&self, strategy: &Strategy) -> &BatchTime {
        let time = strategy.deploy_time(&self.plan.change);
        let found = self.deploy_times.iter().find(|known| known.host == time);
        found.expect("invariant: every strategy in use has its time here")
    }

    pub fn series(&self, index: u32) -> &Series {
        &self.series[index as usize]
    }

    /// Requests to `region` between two instants, in milliseconds since a UTC midnight.
    pub fn requests_between(&self, region: RegionId, from_ms: u64, to_ms: u64) -> f64 {
        self.requests_until(region, to_ms) - self.requests_until(region, from_ms)
    }

    /// When `requests` more requests have come to `region` after `utc_ms`; none if there is no traffic.
    pub fn after_requests(&self, region: RegionId, utc_ms: u64, requests: f64) -> Option<u64> {
        let sums = &self.requests_by_hour[region];
        if sums[24] <= 0.0 {
            return None;
        }
        let wanted = self.requests_until(region, utc_ms) + requests;
        let days = libm::floor(wanted / sums[24]);
        let mut left = wanted - days * sums[24];
        let mut hour = 0;
        while hour < 23 && sums[hour + 1] <= left {
            hour += 1;
        }
        left -= sums[hour];
        let share = (left / (sums[hour + 1] - sums[hour])).clamp(0.0, 1.0);
        let at_ms = (days * 24.0 + hour as f64 + share) * HOUR_MS as f64;
        Some((libm::ceil(at_ms) as u64).max(utc_ms))
    }

    /// What one host of `region` can serve in an hour of the UTC day, in requests per second; infinite without a capacity.
    /// Where capacity follows the traffic, a host stands for its share of what runs in that hour.
    fn host_capacity(&self, region: RegionId, hour: usize) -> f64 {
        let Some(utilisation) = self.plan.fleet.peak_utilisation else { return f64::INFINITY };
        let place = &self.plan.fleet.regions[region];
        let peak = place.hourly_factor.iter().copied().fold(0.0, f64::max) * place.requests_per_second;
        let at_peak = peak / self.region_hosts[region] as f64 / utilisation;
        self.plan.fleet.scales_down_to.map_or(at_peak, |least| at_peak * place.load_in(hour).max(least))
    }

    /// Share of the requests to `region` in an hour of the UTC day that its hosts turn away while they serve like that.
    pub fn turned_away(&self, region: RegionId, hour: usize, serving: Serving) -> f64 {
        if serving.is_whole() {
            return 0.0;
        }
        let rate = region_rate(&self.plan.fleet, region, hour);
        serving.turned_away(rate, self.region_hosts[region], self.host_capacity(region, hour))
    }

    /// Requests that `region` turns away between two instants while its hosts serve like that.
    pub fn turned_away_between(&self, region: RegionId, from_ms: u64, to_ms: u64, serving: Serving) -> f64 {
        let mut sum = 0.0;
        let mut at_ms = from_ms;
        while at_ms < to_ms {
            let end_ms = ((at_ms / HOUR_MS + 1) * HOUR_MS).min(to_ms);
            let share = self.turned_away(region, hour_of_day(at_ms), serving);
            sum += share * self.requests_between(region, at_ms, end_ms);
            at_ms = end_ms;
        }
        sum
    }

    fn requests_until(&self, region: RegionId, utc_ms: u64) -> f64 {
        let sums = &self.requests_by_hour[region];
        let (days, of_day) = (utc_ms / (24 * HOUR_MS), utc_ms % (24 * HOUR_MS));
        let hour = (of_day / HOUR_MS) as usize;
        let into_hour = (of_day % HOUR_MS) as f64 / HOUR_MS as f64;
        days as f64 * sums[24] + sums[hour] + into_hour * (sums[hour + 1] - sums[hour])
    }
}

/// Mean requests in a period that ends in (or with) an hour of the day: those of all its hours if it is whole
/// hours long, else at the rate of that hour.
fn requests_in_period(period_ms: u64, last_hour: usize, rate: impl Fn(usize) -> f64) -> f64 {
    if !period_ms.is_multiple_of(HOUR_MS) {
        return rate(last_hour) * (period_ms as f64 / 1000.0);
    }
    let hours = (period_ms / HOUR_MS) as usize;
    let hour_s = (HOUR_MS / 1000) as f64;
    (0..hours).map(|back| rate((last_hour + 24 * hours - back) % 24) * hour_s).sum()
}

/// Hosts of a zone of `hosts` that have the new version by a strategy's waves when the wave is done: those that take it
/// past the waves are not among them.
pub fn wave_hosts(strategy: &Strategy, wave: &Wave, hosts: u32) -> u32 {
    let past_waves = strategy.bypass.map_or(0, |bypass| bypass.hosts.of(hosts));
    wave.hosts.reach_of(hosts).min(hosts - past_waves)
}

/// Size of the one-box stage of a strategy's wave in a zone of `hosts`, if it has one.
pub fn one_box_hosts(strategy: &Strategy, wave: &Wave, hosts: u32) -> Option<u32> {
    let one_box = wave.procedure.one_box.as_ref()?;
    let most = wave.procedure.together_of(hosts).min(wave_hosts(strategy, wave, hosts));
    Some(one_box.hosts.of(hosts).min(most)).filter(|size| *size > 0)
}

/// Breach probability of an alarm at `requests` per period that fail (or are slow) with probability `p`; 0 for alarms
/// that look at no requests.
pub fn breach_of(alarm: &Alarm, arrivals: Arrivals, requests: f64, p: f64) -> f64 {
    match alarm.signal {
        Signal::ErrorCount { at_least, seen } => poisson_at_least(requests * p * seen, at_least),
        Signal::ErrorRatio { .. } | Signal::SlowRatio { .. } | Signal::Synthetic { .. } => {
            let probes = alarm.signal.probes().map(|probes| (Arrivals::Fixed, probes as f64));
            let (arrivals, requests) = probes.unwrap_or((arrivals, requests));
            rule_of(&alarm.signal).map_or(0.0, |rule| ratio_breach_probability(&rule, arrivals, requests, p))
        }
        Signal::Absent { min_requests } => missing_probability(min_requests, arrivals, requests),
        Signal::RequestDrop { below } => drop_breach(below, arrivals, requests, requests),
        Signal::ImpairedHosts { .. } | Signal::BreachProbability { .. } => 0.0,
        Signal::DamageCount { .. } => 0.0,
        // A canary's verdict is no datapoint, and a rule is bounded for all hours at once.
        Signal::RateRatio(_) | Signal::Canary(_) => 0.0,
        Signal::DetectionDelay(_) | Signal::AnyOf(_) | Signal::Quorum(_) => 0.0,
    }
}

/// Probability that fewer requests come in a period than this share of those that are expected, where so many come on average.
pub fn drop_breach(below: Ratio, arrivals: Arrivals, expected: f64, requests: f64) -> f64 {
    let limit = libm::ceil(expected * below.num as f64 / below.den as f64);
    missing_probability(limit as u64, arrivals, requests)
}

/// Breach probability of an alarm over a healthy scope that gets `requests` per period.
pub fn healthy_breach(alarm: &Alarm, fleet: &Fleet, requests: f64) -> f64 {
    match alarm.signal {
        Signal::ImpairedHosts { .. } => f64::from(u8::from(hosts_breach(&alarm.signal, 0, 1))),
        Signal::BreachProbability { healthy, .. } => healthy,
        Signal::ErrorRatio { .. }
        | Signal::SlowRatio { .. }
        | Signal::ErrorCount { .. }
        | Signal::DamageCount { .. }
        | Signal::Synthetic { .. }
        | Signal::Absent { .. }
        | Signal::RequestDrop { .. }
        | Signal::RateRatio(_)
        | Signal::Canary(_)
        | Signal::DetectionDelay(_)
        | Signal::AnyOf(_)
        | Signal::Quorum(_) => {
            let background = alarm.signal.kind().sign.map_or(0.0, |sign| fleet.background_of(sign));
            breach_of(alarm, fleet.arrivals, requests, background)
        }
    }
}

/// Whether `impaired` of `hosts` breach a health-check alarm. Integers only.
pub fn hosts_breach(signal: &Signal, impaired: u64, hosts: u64) -> bool {
    let Signal::ImpairedHosts { threshold, comparison } = *signal else { return false };
    RatioRule { threshold, comparison, min_requests: 1 }.breaches(impaired, hosts)
}

/// The rule of an alarm with a limit on a ratio of requests or probes.
pub fn rule_of(signal: &Signal) -> Option<RatioRule> {
    let (threshold, comparison, min_requests) = signal.ratio_limit()?;
    Some(RatioRule { threshold, comparison, min_requests })
}

fn region_rate(fleet: &Fleet, region: RegionId, hour: usize) -> f64 {
    fleet.regions[region].requests_per_second * fleet.regions[region].hourly_factor[hour]
}

/// Integers, so that adding and removing hosts never leaves a remainder.
fn host_traffic(fleet: &Fleet) -> IdVec<RegionId, u64> {
    let total = fleet.requests_per_second();
    fleet
        .regions
        .ids()
        .map(|region| {
            let hosts = fleet.region_hosts(region) as f64;
            let share = if total > 0.0 {
                fleet.regions[region].requests_per_second / total / hosts
            } else {
                1.0 / fleet.hosts() as f64
            };
            libm::round(share * 1e15) as u64
        })
        .collect()
}
