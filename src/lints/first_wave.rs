//! How likely a bad change is to pass the first wave unseen, in closed form: what each alarm sees of it, and for how long.
//! It says nothing itself: [`super::blind_first_wave`] does.

use super::view::View;
use super::window::fires_within;
use crate::ids::{AlarmId, DefectId, RegionId, ZoneId};
use crate::plan::timeline::WaveSchedule;
use crate::plan::{Alarm, Condition, Defect, DefectClock, Hurts, Scope, Signal, Watch, Wave};
use crate::rollout::{health_breach, one_box_hosts};
use std::collections::BTreeMap;

/// Hours that stand for the day: every second one.
const HOURS: usize = 12;

/// Hours of the UTC day from one to the next.
const STEP: usize = 24 / HOURS;

/// One chance of an alarm to see a defect: an instance, and what its datapoints see for how long.
struct Chance {
    /// Mean requests in a datapoint in each of the hours.
    requests: [f64; HOURS],
    /// One after the other, as more hosts of the scope have the defect.
    stretches: Vec<LookSpan>,
}

/// A time in which as many hosts of a scope have the defect.
struct LookSpan {
    /// Probability of each share of the scope's requests that fails: more than one where chance decides whether the
    /// defect reaches the one-box.
    shares: Vec<(f64, [f64; HOURS])>,
    /// Impaired hosts and hosts of the scope, for health checks; in the order of `shares`.
    hosts: Vec<(u64, u64)>,
    /// Evaluations in time.
    evaluations: u64,
}

/// How likely a defect gets past the first wave, and who should have seen it.
pub(super) struct Escape {
    /// The defect.
    pub defect: DefectId,
    /// Probability that no alarm fires before the wave is over.
    pub unseen: f64,
    /// The alarm that sees most.
    pub best: Detector,
}

/// What the instances of one alarm see of a defect in the first wave.
pub(super) struct Detector {
    /// The alarm.
    pub alarm: AlarmId,
    /// Probability that one of its instances fires in time.
    pub power: f64,
    /// How many there are.
    pub instances: usize,
    /// Mean requests a second in the scope of the quietest of them.
    pub quietest: f64,
    /// Largest share of the scope's requests, or of its hosts, that the defect reaches in one of them.
    pub reached: f64,
}

/// Probabilities to fire in time, by the bits of the requests in a datapoint and of a request's probability to fail, and by
/// the evaluations.
type Fired = BTreeMap<(u64, u64, u64), f64>;

/// Whether every host that a defect reaches fails requests from the moment it is deployed to, whatever the hour:
/// only then does a closed form say what alarms see of it.
pub(super) fn shows_at_once(defect: &Defect) -> bool {
    defect.clock != DefectClock::Requests
        && defect.onset.by_survival(1e-9) == 0
        && defect.trigger.is_none()
        && defect.masked.by_survival(1e-9) == 0
        && defect.hurts == Hurts::Host
        && defect.condition == Condition::default()
        && defect.regions.is_none()
        && defect.cohort.is_none()
        && !defect.symptom.crash
        && defect.symptom.drop_ratio == 0.0
        && defect.symptom.error_ratio.max(defect.symptom.slow_ratio) > 0.0
}

/// Whether it can be said at all. What gaps in the data do to an alarm depends on when they come, and what windows and
/// judges remember is no chain of independent datapoints; a gate lasts as long as it lasts.
pub(super) fn has_closed_form(view: &View<'_>) -> bool {
    let is_simple = |alarm: &Alarm| alarm.is_memoryless() && alarm.lost_with_service.is_none();
    let waits = view.strategy().waves.first().is_some_and(|wave| !wave.gates.is_empty());
    // What alarms see of routed traffic depends on when it is switched.
    let routes = view.strategy().routes_traffic();
    // An alarm that needs others at the same time says nothing by itself.
    let alone = view.firing_alone();
    !waits
        && !routes
        && view
            .listened_to()
            .iter()
            .all(|&alarm| alone.contains(&alarm) && is_simple(&view.plan.alarms[alarm]))
}

/// None if the defect passes with at most `limit`, or if no alarm of the strategy has a chance at all in its first
/// wave: other rules say so.
pub(super) fn escape(view: &View<'_>, id: DefectId, limit: f64) -> Option<Escape> {
    let defect = &view.plan.change.defects[id];
    let mut unseen = [1.0; HOURS];
    let mut best: Option<Detector> = None;
    if !has_closed_form(view) {
        return None;
    }
    for alarm in view.listened_to() {
        if !defect.is_seen_by(alarm) {
            continue;
        }
        let chances = chances(view, defect, alarm);
        if chances.is_empty() {
            continue;
        }
        // A broken monitor is broken everywhere.
        let broken = view.plan.alarms[alarm].broken;
        let through = |missed: f64| broken + (1.0 - broken) * missed;
        let mut missed = [1.0; HOURS];
        let mut quietest = f64::INFINITY;
        let mut reached = 0.0_f64;
        let mut known = Fired::new();
        for chance in &chances {
            let fires = fires(view, defect, alarm, chance, &mut known);
            missed.iter_mut().zip(fires).for_each(|(missed, fires)| *missed *= 1.0 - fires);
            // More alarms only see more, and what is seen is no finding.
            let passing =
                unseen.iter().zip(missed).map(|(unseen, missed)| unseen * through(missed)).sum::<f64>();
            if passing <= limit * HOURS as f64 {
                return None;
            }
            let seconds = view.plan.alarms[alarm].period_ms as f64 / 1_000.0;
            let shares = chance.stretches.iter().flat_map(|stretch| &stretch.shares);
            let shares = shares.flat_map(|(_, share)| share.iter().copied());
            reached = shares.fold(reached, f64::max);
            quietest = quietest.min(chance.requests.iter().sum::<f64>() / HOURS as f64 / seconds);
        }
        let missed = missed.map(through);
        unseen.iter_mut().zip(missed).for_each(|(unseen, missed)| *unseen *= missed);
        let power = 1.0 - missed.iter().sum::<f64>() / HOURS as f64;
        if best.as_ref().is_none_or(|most| power > most.power) {
            best = Some(Detector { alarm, power, instances: chances.len(), quietest, reached });
        }
    }
    let unseen = unseen.iter().sum::<f64>() / HOURS as f64;
    best.map(|best| Escape { defect: id, unseen, best })
}

/// Probability that the instance fires in time, for a bake that falls into each of the hours.
fn fires(view: &View<'_>, defect: &Defect, id: AlarmId, chance: &Chance, known: &mut Fired) -> [f64; HOURS] {
    let alarm = &view.plan.alarms[id];
    let (background, excess) = sign(view, defect, alarm);
    let mut of_share = |hour: usize, evaluations: u64, share: f64, (impaired, hosts): (u64, u64)| {
        let window = |p| fires_within(p, evaluations, alarm.datapoints_to_alarm, alarm.window);
        match alarm.signal {
            Signal::ErrorRatio { .. }
            | Signal::SlowRatio { .. }
            | Signal::ErrorCount { .. }
            | Signal::RequestDrop { .. }
            | Signal::Synthetic { .. } => {
                let (requests, p) = (chance.requests[hour], background + share * excess);
                let compute = || window(view.breach(id, requests, p));
                *known.entry((requests.to_bits(), p.to_bits(), evaluations)).or_insert_with(compute)
            }
            Signal::ImpairedHosts { .. } => {
                window(f64::from(u8::from(health_breach(alarm, impaired, hosts))))
            }
            Signal::BreachProbability { healthy, .. } if impaired == 0 => window(healthy),
            Signal::BreachProbability { impaired, .. } => window(impaired),
            // An alarm that is given as a delay has no datapoints: `evaluations` leaves it time or none.
            Signal::DetectionDelay(_) => f64::from(u8::from(impaired > 0)),
            Signal::AnyOf(_) | Signal::Quorum(_) | Signal::RateRatio(_) => 0.0,
            Signal::Canary(_) | Signal::Absent { .. } | Signal::DamageCount { .. } => 0.0,
        }
    };
    std::array::from_fn(|hour| {
        let missed = chance.stretches.iter().map(|stretch| {
            let parts = stretch.shares.iter().zip(&stretch.hosts);
            let fires = parts.map(|((probability, share), &hosts)| {
                probability * of_share(hour, stretch.evaluations, share[hour], hosts)
            });
            1.0 - fires.sum::<f64>().min(1.0)
        });
        1.0 - missed.product::<f64>()
    })
}

/// Probability that a request, a probe or a host shows what the alarm looks for: a healthy one, and how much more one with
/// the defect.
pub(super) fn sign(view: &View<'_>, defect: &Defect, alarm: &Alarm) -> (f64, f64) {
    let Some(sign) = alarm.signal.kind().sign else { return (0.0, 1.0) };
    let fleet = &view.plan.fleet;
    (fleet.background_of(sign), alarm.signal.covers() * fleet.excess(sign, &defect.symptom))
}

/// The instances of an alarm in the first wave that have time to fire before the wave is over.
fn chances(view: &View<'_>, defect: &Defect, alarm: AlarmId) -> Vec<Chance> {
    let (Some(wave), Some(times)) = (view.strategy().waves.first(), view.times.waves.first()) else {
        return Vec::new();
    };
    let definition = &view.plan.alarms[alarm];
    let fleet = &view.plan.fleet;
    if definition.scope == Scope::OneBox {
        let bake_ms = wave.procedure.one_box.as_ref().map_or(0, |one_box| one_box.bake_ms);
        let evaluations = evaluations(definition, bake_ms);
        if evaluations < u64::from(definition.datapoints_to_alarm) {
            return Vec::new();
        }
        let zones = times.deployments.iter().map(|deployment| deployment.zone);
        return zones
            .filter_map(|zone| in_one_box(view, defect, wave, zone, definition, evaluations))
            .collect();
    }
    let scopes: Vec<Vec<ZoneId>> = match definition.scope {
        Scope::OneBox | Scope::Zone => {
            times.deployments.iter().map(|deployment| vec![deployment.zone]).collect()
        }
        Scope::Region => {
            let in_region = |region: &RegionId| fleet.regions[*region].zones.clone().collect();
            wave.regions.iter().map(in_region).collect()
        }
        Scope::Service => vec![fleet.zones.ids().collect()],
    };
    let seen = scopes.iter().map(|zones| wide(view, defect, (wave, times), zones, definition));
    let enough = |chance: &Chance| {
        let evaluations = chance.stretches.iter().map(|stretch| stretch.evaluations).sum::<u64>();
        evaluations >= u64::from(definition.datapoints_to_alarm)
    };
    seen.filter(enough).collect()
}

/// Whole periods in `time_ms` whose datapoint is published in time. An alarm that is given as a delay has one if its
/// median delay is over in time.
fn evaluations(alarm: &Alarm, time_ms: u64) -> u64 {
    match alarm.signal.detection_delay() {
        Some(delay) => u64::from(delay.median_ms() <= time_ms) * u64::from(alarm.window),
        None => time_ms.saturating_sub(alarm.publish_delay_ms) / alarm.period_ms,
    }
}

fn in_one_box(
    view: &View<'_>,
    defect: &Defect,
    wave: &Wave,
    zone: ZoneId,
    alarm: &Alarm,
    evaluations: u64,
) -> Option<Chance> {
    let fleet = &view.plan.fleet;
    let (hosts, region) = (fleet.zones[zone].hosts, fleet.zones[zone].region);
    let boxed = one_box_hosts(view.strategy(), wave, hosts)?;
    let reached = defect.reach.of(hosts);
    let mut shares = Vec::new();
    let mut counts = Vec::new();
    for impaired in 0..=boxed.min(reached) {
        let probability = hypergeometric(hosts, reached, boxed, impaired);
        if probability > 1e-12 {
            shares.push((probability, [f64::from(impaired) / f64::from(boxed); HOURS]));
            counts.push((u64::from(impaired), u64::from(boxed)));
        }
    }
    let share = f64::from(boxed) / fleet.region_hosts(region) as f64;
    let requests = requests(view, alarm, &[(region, share)]);
    Some(Chance { requests, stretches: vec![LookSpan { shares, hosts: counts, evaluations }] })
}

/// The chance of an alarm over whole zones while the wave deploys to them and bakes. The reached hosts among the deployed
/// ones are taken as their mean.
fn wide(
    view: &View<'_>,
    defect: &Defect,
    (wave, times): (&Wave, &WaveSchedule),
    zones: &[ZoneId],
    alarm: &Alarm,
) -> Chance {
    let fleet = &view.plan.fleet;
    let shares_of = |zone: ZoneId| {
        let region = fleet.zones[zone].region;
        (region, f64::from(fleet.zones[zone].hosts) / fleet.region_hosts(region) as f64)
    };
    let rate = |zone: ZoneId, hour: usize| {
        let (region, share) = shares_of(zone);
        let region = &fleet.regions[region];
        region.requests_per_second * region.hourly_factor[STEP * hour] * share
    };
    let total: [f64; HOURS] =
        std::array::from_fn(|hour| zones.iter().map(|&zone| rate(zone, hour)).sum::<f64>());
    let all: u64 = zones.iter().map(|&zone| u64::from(fleet.zones[zone].hosts)).sum();
    let (steps, until_ms) = steps(view, wave, times, zones, alarm);
    let begin_ms = steps.first().map_or(0, |(at_ms, ..)| *at_ms);
    let (mut impaired, mut hit) = (0.0, [0.0; HOURS]);
    let mut stretches = Vec::new();
    for (index, &(at_ms, zone, more)) in steps.iter().enumerate() {
        let hosts = f64::from(fleet.zones[zone].hosts);
        let part = more * f64::from(defect.reach.of(fleet.zones[zone].hosts)) / hosts;
        impaired += part;
        hit.iter_mut().enumerate().for_each(|(hour, hit)| *hit += rate(zone, hour) * part / hosts);
        let next_ms = steps.get(index + 1).map_or(until_ms, |(next_ms, ..)| *next_ms).min(until_ms);
        // An alarm that is given as a delay counts it once, from the first host on.
        let evaluations = match alarm.signal.detection_delay() {
            Some(_) if index > 0 => 0,
            Some(_) => evaluations(alarm, until_ms.saturating_sub(at_ms)),
            None => {
                let up_to = |end_ms: u64| end_ms.saturating_sub(begin_ms) / alarm.period_ms;
                up_to(next_ms).saturating_sub(up_to(at_ms))
            }
        };
        if evaluations == 0 {
            continue;
        }
        // Without traffic only probes and health checks see anything, and they go by hosts.
        let by_hosts = impaired / all as f64;
        let share =
            std::array::from_fn(|hour| if total[hour] > 0.0 { hit[hour] / total[hour] } else { by_hosts });
        let hosts = vec![(impaired.round() as u64, all)];
        stretches.push(LookSpan { shares: vec![(1.0, share)], hosts, evaluations });
    }
    // The last ones weigh most: all hosts have the defect, and the bakes are theirs.
    let early = stretches.len().saturating_sub(STRETCHES);
    stretches.drain(..early);
    let parts: Vec<(RegionId, f64)> = zones.iter().map(|&zone| shares_of(zone)).collect();
    Chance { requests: requests(view, alarm, &parts), stretches }
}

/// Stretches of an instance that are looked at.
const STRETCHES: usize = 12;

/// When how many more hosts of these zones, which ascend, have the new version in a wave, in order of time; and until when the alarm is in
/// time for the next wave.
fn steps(
    view: &View<'_>,
    wave: &Wave,
    times: &WaveSchedule,
    zones: &[ZoneId],
    alarm: &Alarm,
) -> (Vec<(u64, ZoneId, f64)>, u64) {
    let host_ms = view.strategy().deploy_time(&view.plan.change).median_ms();
    let mut steps = Vec::new();
    let mut baked_ms = 0;
    for deployment in
        times.deployments.iter().filter(|deployment| zones.binary_search(&deployment.zone).is_ok())
    {
        let hosts = view.plan.fleet.zones[deployment.zone].hosts;
        let boxed =
            one_box_hosts(view.strategy(), wave, hosts).filter(|_| deployment.one_box_end_ms.is_some());
        let boxed = boxed.unwrap_or(0);
        if boxed > 0 {
            steps.push((deployment.start_ms + host_ms, deployment.zone, f64::from(boxed)));
        }
        let bake_ms = wave.procedure.bake_of_zone_ms(view.plan.fleet.is_first_zone(deployment.zone));
        let deployed_ms = deployment.end_ms.saturating_sub(bake_ms);
        let rest = wave.hosts.reach_of(hosts).saturating_sub(boxed);
        steps.push((deployed_ms, deployment.zone, f64::from(rest)));
        baked_ms = baked_ms.max(deployment.end_ms);
    }
    steps.sort_by_key(|(at_ms, ..)| *at_ms);
    let until_ms = match alarm.watch {
        Watch::Deployment => baked_ms,
        Watch::Wave | Watch::Rollout => times.end_ms,
    };
    (steps, until_ms.saturating_sub(alarm.publish_delay_ms))
}

/// Mean requests in a datapoint of these shares of regions.
fn requests(view: &View<'_>, alarm: &Alarm, parts: &[(RegionId, f64)]) -> [f64; HOURS] {
    let seconds = alarm.period_ms as f64 / 1_000.0;
    let regions = &view.plan.fleet.regions;
    std::array::from_fn(|hour| {
        let rate = |&(region, share): &(RegionId, f64)| {
            regions[region].requests_per_second * regions[region].hourly_factor[STEP * hour] * share
        };
        parts.iter().map(rate).sum::<f64>() * seconds
    })
}

/// Probability of `drawn` marked hosts among `sample` of `hosts`, of which `marked` are: drawn without replacement.
fn hypergeometric(hosts: u32, marked: u32, sample: u32, drawn: u32) -> f64 {
    if drawn > marked || drawn > sample || sample - drawn > hosts - marked {
        return 0.0;
    }
    let choose = |n: u32, k: u32| {
        libm::lgamma(f64::from(n) + 1.0)
            - libm::lgamma(f64::from(k) + 1.0)
            - libm::lgamma(f64::from(n - k) + 1.0)
    };
    libm::exp(choose(marked, drawn) + choose(hosts - marked, sample - drawn) - choose(hosts, sample))
}

/// The probability of a defect whatever it is, for tests against the simulation.
#[cfg(test)]
pub(super) fn unseen(view: &View<'_>, defect: DefectId) -> Option<f64> {
    escape(view, defect, 0.0).map(|escape| escape.unseen)
}
