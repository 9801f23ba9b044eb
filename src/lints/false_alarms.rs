//! How many good rollouts false alarms stop. It looks at healthy fleets only; what alarms see of a defect is in
//! `blind_first_wave.rs`.

use super::rehearsal::Rehearsal;
use super::view::View;
use super::window::FireRates;
use super::words::percent;
use crate::diagnostic::Diagnostic;
use crate::ids::{AlarmId, RegionId, ZoneId};
use crate::plan::fleet::hour_of_day;
use crate::plan::{FiringAtStart, HOUR_MS, Scope, Watch};
use crate::rollout::{healthy_breach, one_box_hosts};
use crate::scenario::rules;
use std::collections::{BTreeMap, BTreeSet};

/// More than this share of good rollouts stopped is worth a warning: what published practice calls noisy starts at
/// 0.5 % to 2 % a stage.
const TOO_MANY: f64 = 0.01;

/// More than this share of the rehearsed ones is worth it where no closed form says how many: far more than chance makes of
/// a few.
const MANY: f64 = 0.25;

/// Fewer good rollouts say nothing.
const LEAST: usize = 8;

/// Starts over which the hour of the day is averaged.
const STARTS: usize = 24;

const HOURS: usize = 24;

/// What one instance of an alarm looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Zone(ZoneId),
    Region(RegionId),
    Service,
}

/// Expected false alarms of one rollout by alarm, for each start.
type Expected = BTreeMap<AlarmId, [f64; STARTS]>;

/// An alarm that is listened to for a while.
struct Watched {
    alarm: AlarmId,
    /// Mean requests in a datapoint in each hour of the UTC day.
    requests: [f64; HOURS],
    start_ms: u64,
    end_ms: u64,
}

/// Warns of a strategy that stops more than [`TOO_MANY`] of the good rollouts, by what alarms see of a healthy fleet; and of one
/// that stops [`MANY`] of those that are rehearsed, whatever does.
pub(super) fn false_alarms(view: &View<'_>, rehearsal: Option<&Rehearsal<'_>>) -> Option<Diagnostic> {
    // Where no change is good, none is stopped in vain.
    if view.plan.change.bad_probability >= 1.0 {
        return None;
    }
    let by_alarm = expected(view);
    let stopped = stopped_share(by_alarm.values());
    if stopped <= TOO_MANY {
        return if is_all_that_stops(view) { None } else { stopped_when_rehearsed(view, rehearsal?) };
    }
    let alone = by_alarm.iter().map(|(&alarm, sums)| (alarm, stopped_share(std::iter::once(sums))));
    let (alarm, most) = alone.max_by(|a, b| a.1.total_cmp(&b.1))?;
    let message = format!(
        "false alarms stop {} of the good rollouts of strategy `{}`, most of them `{}`: {} by itself",
        percent(stopped),
        view.strategy().name,
        view.plan.alarms[alarm].name,
        percent(most),
    );
    let help = "ask for more datapoints, a higher limit, more `min-requests` or a longer period: few requests make \
                an error ratio jump";
    let noisy = view.places.alarms[alarm];
    Some(view.warning(&rules::FALSE_ALARMS, message).and(noisy, "this alarm").help(help))
}

/// Whether good rollouts are stopped by nothing but alarms of which the closed form knows all.
fn is_all_that_stops(view: &View<'_>) -> bool {
    let strategy = view.strategy();
    let notices = strategy.has_gates()
        || strategy.failures.is_some()
        || strategy.progress_deadline_ms.is_some()
        || strategy.response.firing_at_start == FiringAtStart::Rollback;
    let alarms = &view.plan.alarms;
    let is_known = |alarm: &AlarmId| {
        let mut parts = view.plan.parts_of(alarm).iter();
        alarms[*alarm].signal.quorum().is_none() && parts.all(|part| alarms[*part].is_memoryless())
    };
    !notices && view.listened_to().iter().all(is_known)
}

fn stopped_when_rehearsed(view: &View<'_>, rehearsal: &Rehearsal<'_>) -> Option<Diagnostic> {
    let (good, stopped) = rehearsal.good(view.strategy);
    if good < LEAST || stopped as f64 <= MANY * good as f64 {
        return None;
    }
    let message = format!(
        "good rollouts of strategy `{}` are stopped: {stopped} of the first {good} when rehearsed",
        view.strategy().name,
    );
    let help = "`wavetank replay` tells what stops them: an alarm, a gate, hosts that fail or a deadline";
    Some(view.warning(&rules::FALSE_ALARMS, message).help(help))
}

/// Share of good rollouts with at least one false alarm, given the expected number of each alarm: alarms of
/// disjoint scopes and periods are independent and rare, so their number is Poisson.
fn stopped_share<'a>(expected: impl Iterator<Item = &'a [f64; STARTS]> + Clone) -> f64 {
    let at = |i: usize| expected.clone().map(|sums| sums[i]).sum::<f64>();
    (0..STARTS).map(|i| -libm::expm1(-at(i))).sum::<f64>() / STARTS as f64
}

/// Expected false alarms of one rollout, by alarm: over all watches, the first evaluations, and then the rate in their hours.
fn expected(view: &View<'_>) -> Expected {
    let plan = view.plan;
    let mut by_alarm = Expected::new();
    let heeded = 1.0 - view.strategy().response.overrides;
    let lost = |alarm: AlarmId| {
        let response = &view.strategy().response;
        let may_be = response.losing.as_ref().is_none_or(|losing| losing.contains(&alarm));
        if may_be { response.lost_verdicts } else { 0.0 }
    };
    for watched in watches(view) {
        let alarm = &plan.alarms[watched.alarm];
        let rates = watched.requests.map(|requests| {
            let healthy = || healthy_breach(alarm, &plan.fleet, requests);
            let compute = || FireRates::new(healthy(), alarm.datapoints_to_alarm, alarm.window);
            view.false_alarm_rates(watched.alarm, requests, compute)
        });
        if rates.iter().all(|rates| rates.later <= 0.0) {
            continue;
        }
        let day = Day::new(std::array::from_fn(|hour| rates[hour].later));
        let works = (1.0 - alarm.broken) * (1.0 - lost(watched.alarm));
        let period_ms = alarm.period_ms as f64;
        let sums = by_alarm.entry(watched.alarm).or_insert([0.0; STARTS]);
        for (i, sum) in sums.iter_mut().enumerate() {
            let spread = plan.study.start_spread_ms * (2 * i as u64 + 1) / (2 * STARTS as u64);
            let start = plan.study.start_utc_ms + spread;
            // The last datapoints are not known in time.
            let from_ms = start + watched.start_ms;
            let to_ms = from_ms.max((start + watched.end_ms).saturating_sub(alarm.publish_delay_ms));
            let at_first = &rates[hour_of_day(from_ms)];
            let full_ms = to_ms.min(from_ms + (at_first.memory() * period_ms) as u64);
            let first = at_first.in_first((full_ms - from_ms) as f64 / period_ms);
            let later = (day.until(to_ms) - day.until(full_ms)) / period_ms;
            *sum += heeded * works * (first + later);
        }
    }
    by_alarm
}

/// The integral of a rate that is constant within the hours of a day.
struct Day {
    rates: [f64; HOURS],
    /// Integral up to the beginning of each hour, and over the day.
    before: [f64; HOURS + 1],
}

impl Day {
    fn new(rates: [f64; HOURS]) -> Self {
        let mut before = [0.0; HOURS + 1];
        for hour in 0..HOURS {
            before[hour + 1] = before[hour] + rates[hour] * HOUR_MS as f64;
        }
        Self { rates, before }
    }

    /// From a midnight to `utc_ms`, in units of the rate times milliseconds.
    fn until(&self, utc_ms: u64) -> f64 {
        let days = utc_ms / (HOURS as u64 * HOUR_MS);
        let hour = hour_of_day(utc_ms);
        days as f64 * self.before[HOURS] + self.before[hour] + self.rates[hour] * (utc_ms % HOUR_MS) as f64
    }
}

/// Everything that the strategy listens to, one entry for each watch of each instance.
fn watches(view: &View<'_>) -> Vec<Watched> {
    let mut list = Vec::new();
    // What gaps in the data do to an alarm that minds them depends on when they come, and what windows and judges
    // remember is no chain of independent datapoints: those are left out, and what fires only with others.
    for alarm in view.firing_alone().into_iter().filter(|&alarm| view.plan.alarms[alarm].is_memoryless()) {
        match view.plan.alarms[alarm].scope {
            Scope::OneBox => one_boxes(view, alarm, &mut list),
            Scope::Zone | Scope::Region | Scope::Service => scopes(view, alarm, &mut list),
        }
    }
    list
}

fn one_boxes(view: &View<'_>, alarm: AlarmId, list: &mut Vec<Watched>) {
    for (wave, times) in view.strategy().waves.iter().zip(&view.times.waves) {
        for deployment in &times.deployments {
            let hosts = view.plan.fleet.zones[deployment.zone].hosts;
            if let (Some(end_ms), Some(boxed)) =
                (deployment.one_box_end_ms, one_box_hosts(view.strategy(), wave, hosts))
            {
                let share = view.share_of_region(deployment.zone, boxed);
                let requests = requests(view, alarm, view.region_of(deployment.zone), share);
                list.push(Watched { alarm, requests, start_ms: deployment.start_ms, end_ms });
            }
        }
    }
}

fn scopes(view: &View<'_>, alarm: AlarmId, list: &mut Vec<Watched>) {
    let definition = &view.plan.alarms[alarm];
    let fleet = &view.plan.fleet;
    let mut open: BTreeSet<Place> = BTreeSet::new();
    for times in &view.times.waves {
        let mut spans: BTreeMap<Place, (u64, u64)> = BTreeMap::new();
        for deployment in &times.deployments {
            let place = match definition.scope {
                Scope::OneBox | Scope::Zone => Place::Zone(deployment.zone),
                Scope::Region => Place::Region(view.region_of(deployment.zone)),
                Scope::Service => Place::Service,
            };
            let end_ms = match definition.watch {
                Watch::Deployment => deployment.end_ms,
                Watch::Wave => times.end_ms,
                Watch::Rollout => view.times.end_ms(),
            };
            let span = spans.entry(place).or_insert((deployment.start_ms, end_ms));
            *span = (span.0.min(deployment.start_ms), span.1.max(end_ms));
        }
        for (place, (start_ms, end_ms)) in spans {
            if definition.watch == Watch::Rollout && !open.insert(place) {
                continue;
            }
            let requests = match place {
                Place::Zone(zone) => {
                    let share = view.share_of_region(zone, fleet.zones[zone].hosts);
                    requests(view, alarm, view.region_of(zone), share)
                }
                Place::Region(region) => requests(view, alarm, region, 1.0),
                Place::Service => {
                    let mut sum = [0.0; HOURS];
                    for region in fleet.regions.ids() {
                        let part = requests(view, alarm, region, 1.0);
                        sum.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
                    }
                    sum
                }
            };
            list.push(Watched { alarm, requests, start_ms, end_ms });
        }
    }
}

/// Mean requests in a datapoint of `share` of a region.
fn requests(view: &View<'_>, alarm: AlarmId, region: RegionId, share: f64) -> [f64; HOURS] {
    let seconds = view.plan.alarms[alarm].period_ms as f64 / 1_000.0;
    let region = &view.plan.fleet.regions[region];
    region.hourly_factor.map(|factor| region.requests_per_second * factor * share * seconds)
}

/// What [`false_alarms`] compares with its limit, for tests against the simulation.
#[cfg(test)]
pub(super) fn share_of(view: &View<'_>) -> f64 {
    stopped_share(expected(view).values())
}
