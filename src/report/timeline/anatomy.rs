//! One alarm in one trial, taken apart: its datapoints, when enough of them breached, when that was known, and what followed.

use crate::ids::AlarmId;
use crate::plan::{Plan, Signal};
use crate::rollout::trace::{Scraped, ShownDatapoint};
use crate::rollout::{Engine, Model, RolloutEvent, RolloutRecord, TooCostly, try_replay};

/// What became of the alarm that a rollout acted on.
#[derive(Debug, Clone, PartialEq)]
pub struct AlarmAnatomy {
    /// The alarm.
    pub alarm: AlarmId,
    /// What the instance looks at: an index of its kind, 0 for the service.
    pub entity: u32,
    /// Its datapoints until it fired, in order of time; those of a rule over rates are its evaluations.
    pub datapoints: Vec<ShownDatapoint>,
    /// What a datapoint is compared with, a share; none where there is no such limit.
    pub limit: Option<f64>,
    /// The first impaired host, milliseconds since the rollout's start; none if the alarm came without one.
    pub onset_ms: Option<u64>,
    /// Enough datapoints had breached: the one that made it fire was evaluated. None without datapoints.
    pub enough_ms: Option<u64>,
    /// The alarm fired: that was known.
    pub fired_ms: u64,
    /// The rollout stopped and decided what to do.
    pub decided_ms: Option<u64>,
    /// The first host went back, or people began to act.
    pub begins_ms: Option<u64>,
    /// The last zone was back, or the last impaired host was well.
    pub ends_ms: Option<u64>,
}

impl AlarmAnatomy {
    /// That of the alarm which a trial of a strategy (an index) acted on; none if it acted on no alarm. The trial is replayed
    /// for that, every evaluation visited.
    ///
    /// # Errors
    /// If the trial goes beyond its budget.
    pub fn of_trial(plan: &Plan, strategy: usize, trial: u64) -> Result<Option<Self>, TooCostly> {
        let (outcome, records) = try_replay(plan, strategy, trial)?;
        let Some(fired_ms) = outcome.alarm_ms.filter(|_| outcome.notice.is_some_and(|n| n.alarm().is_some()))
        else {
            return Ok(None);
        };
        let Some((alarm, entity)) = fired(plan, &records, fired_ms) else { return Ok(None) };
        let model = Model::new(plan);
        let mut engine = Engine::exhaustive(&model);
        let datapoints = match plan.alarms[alarm].rate_rule() {
            Some(_) => {
                let scrapes = engine.scrapes(strategy, trial);
                evaluations(plan, start_utc_ms(&records), &scrapes, (alarm, entity))
            }
            None => engine.datapoints(strategy, trial, (alarm, entity))?,
        };
        let datapoints: Vec<ShownDatapoint> =
            datapoints.into_iter().filter(|datapoint| datapoint.at_ms <= fired_ms).collect();
        let first = |is: &dyn Fn(&RolloutEvent) -> bool| {
            records
                .iter()
                .find(|record| record.at_ms >= fired_ms && is(&record.event))
                .map(|record| record.at_ms)
        };
        let last = |is: &dyn Fn(&RolloutEvent) -> bool| {
            records.iter().rev().find(|record| is(&record.event)).map(|record| record.at_ms)
        };
        let back = last(&|event| matches!(event, RolloutEvent::ZoneRollbackDone { .. }));
        Ok(Some(Self {
            alarm,
            entity,
            limit: limit(&plan.alarms[alarm].signal),
            onset_ms: outcome.onset_ms,
            enough_ms: enough_ms(&datapoints, fired_ms, plan.alarms[alarm].publish_delay_ms),
            datapoints,
            fired_ms,
            decided_ms: first(&|event| {
                matches!(event, RolloutEvent::RollbackDecided { .. } | RolloutEvent::Halted { .. })
            }),
            begins_ms: outcome.mitigation_ms,
            ends_ms: back.max(outcome.mitigated_ms),
        }))
    }
}

/// The instance that fired then, or the part of it whose datapoint breached last.
fn fired(plan: &Plan, records: &[RolloutRecord], fired_ms: u64) -> Option<(AlarmId, u32)> {
    let at = records.iter().rev().find_map(|record| match record.event {
        RolloutEvent::AlarmFired { alarm, entity } if record.at_ms == fired_ms => {
            Some((AlarmId::new(alarm as usize), entity))
        }
        _ => None,
    })?;
    let Some(parts) = plan.alarms[at.0].signal.parts() else { return Some(at) };
    records.iter().rev().find_map(|record| match record.event {
        RolloutEvent::Breach { alarm, entity, .. } if record.at_ms <= fired_ms => {
            let alarm = AlarmId::new(alarm as usize);
            parts.contains(&alarm).then_some((alarm, entity))
        }
        _ => None,
    })
}

/// The limit on a share that datapoints are compared with.
fn limit(signal: &Signal) -> Option<f64> {
    match signal {
        Signal::ImpairedHosts { threshold, .. } => Some(threshold.as_f64()),
        Signal::RateRatio(rule) => Some(rule.threshold),
        _ => signal.ratio_limit().map(|(threshold, ..)| threshold.as_f64()),
    }
}

/// The latest breach whose result was known when the alarm fired.
fn enough_ms(datapoints: &[ShownDatapoint], fired_ms: u64, publish_delay_ms: u64) -> Option<u64> {
    let known = datapoints.iter().rev().filter(|datapoint| datapoint.at_ms + publish_delay_ms <= fired_ms);
    known.filter(|datapoint| datapoint.breach == Some(true)).map(|datapoint| datapoint.at_ms).next()
}

/// The rollout's start on the clock of scrapes.
fn start_utc_ms(records: &[RolloutRecord]) -> i64 {
    let start = records.iter().find_map(|record| match record.event {
        RolloutEvent::RolloutStarted { start_utc_ms, .. } => Some(start_utc_ms as i64),
        _ => None,
    });
    start.unwrap_or(0)
}

/// The evaluations of a rule over rates as datapoints: the ratio over its longest window.
fn evaluations(
    plan: &Plan,
    start_utc_ms: i64,
    scrapes: &[Scraped],
    (alarm, entity): (AlarmId, u32),
) -> Vec<ShownDatapoint> {
    let Some(rule) = plan.alarms[alarm].rate_rule() else { return Vec::new() };
    let own: Vec<_> = scrapes.iter().filter(|one| (one.alarm, one.entity) == (alarm, entity)).collect();
    let mut shown = Vec::new();
    for (index, scrape) in own.iter().enumerate() {
        let at_ms = scrape.utc_ms - start_utc_ms;
        if scrape.firing.is_none() || at_ms < 0 {
            continue;
        }
        let from = scrape.utc_ms - rule.longest_ms() as i64;
        let oldest = own[..index].iter().find(|one| one.utc_ms > from && one.counters.is_some());
        let counts = scrape.counters.zip(oldest.and_then(|oldest| oldest.counters));
        let counts = counts.map(|((errors, requests), (errors_then, requests_then))| {
            (requests - requests_then, errors - errors_then)
        });
        let value = counts.map(|(requests, errors)| errors as f64 / requests.max(1) as f64);
        let breach = value.map(|value| value > rule.threshold);
        shown.push(ShownDatapoint { at_ms: at_ms as u64, breach, counts, value });
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The latest trials of a strategy that an alarm with M of N datapoints stopped.
    fn anatomies(plan: &Plan, trials: u64) -> Vec<AlarmAnatomy> {
        let all = (0..plan.strategies.len()).flat_map(|s| (0..trials).map(move |trial| (s, trial)));
        all.filter_map(|(s, trial)| AlarmAnatomy::of_trial(plan, s, trial).unwrap()).collect()
    }

    #[test]
    fn m_of_n_of_the_datapoints_fires_when_the_simulation_says() {
        let plan = Plan::load("scenarios/small.toml").expect("a valid scenario");
        let all = anatomies(&plan, 16);
        assert!(all.len() > 10, "{}", all.len());
        for anatomy in &all {
            let alarm = &plan.alarms[anatomy.alarm];
            let (m, n) = (alarm.datapoints_to_alarm as usize, alarm.window as usize);
            // Brute force over what people see: the first datapoint by which M of the last N breach.
            let breaches: Vec<bool> =
                anatomy.datapoints.iter().map(|datapoint| datapoint.breach == Some(true)).collect();
            let fires =
                |k: &usize| breaches[k.saturating_sub(n - 1)..=*k].iter().filter(|b| **b).count() >= m;
            let first = (0..breaches.len()).find(fires).expect("it fired");
            let at_ms = anatomy.datapoints[first].at_ms;
            assert_eq!(at_ms + alarm.publish_delay_ms, anatomy.fired_ms);
            assert_eq!(anatomy.enough_ms, Some(at_ms));
        }
    }

    #[test]
    fn values_are_on_the_side_of_the_limit_that_their_datapoint_says() {
        let plan = Plan::load("scenarios/small.toml").expect("a valid scenario");
        let mut seen = [0, 0];
        for anatomy in anatomies(&plan, 8) {
            let limit = anatomy.limit.expect("it is a ratio");
            for datapoint in &anatomy.datapoints {
                let (Some(value), Some((requests, _)), Some(breach)) =
                    (datapoint.value, datapoint.counts, datapoint.breach)
                else {
                    continue;
                };
                assert_eq!(value > limit && requests >= 100, breach, "{datapoint:?}");
                seen[usize::from(breach)] += 1;
            }
            assert!(anatomy.onset_ms.is_none_or(|onset_ms| onset_ms <= anatomy.fired_ms));
            assert!(anatomy.decided_ms.is_some_and(|decided_ms| decided_ms >= anatomy.fired_ms));
        }
        assert!(seen[0] > 20 && seen[1] > 20, "{seen:?}");
    }

    #[test]
    fn a_good_change_that_nothing_stops_has_none() {
        let mut plan = Plan::load("scenarios/small.toml").expect("a valid scenario");
        plan.change.bad_probability = 0.0;
        plan.fleet.background_error_ratio = 0.0;
        assert_eq!(AlarmAnatomy::of_trial(&plan, 0, 0).unwrap(), None);
    }
}
