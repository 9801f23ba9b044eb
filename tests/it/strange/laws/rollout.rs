//! What must hold of every rollout: it is the same again, lazily and exhaustively; what it says of itself adds up.

use super::must;
use wavetank::Plan;
use wavetank::outcome::{Ending, Outcome};
use wavetank::rollout::{Engine, Model, RolloutEvent, RolloutRecord};
use wavetank::sim::{Recorder, Silent};

/// Trials of each strategy.
const TRIALS: u64 = 5;

/// The law that rollouts of the plan break.
pub(super) fn check(plan: &Plan) -> Result<(), String> {
    let model = Model::new(plan);
    let (mut lazy, mut exhaustive) = (Engine::new(&model), Engine::exhaustive(&model));
    for (strategy, definition) in plan.strategies.iter().enumerate() {
        for trial in 0..TRIALS {
            let at = |what: &str| format!("{what} (strategy {}, trial {trial})", definition.name);
            let mut recorder = Recorder::default();
            let outcome = lazy.run(strategy, trial, &mut recorder);
            let records = recorder.into_records();
            outcome_is_sane(plan, &outcome).map_err(|fault| at(&fault))?;
            story_adds_up(plan, &outcome, &records).map_err(|fault| at(&fault))?;
            if lazy.run(strategy, trial, &mut Silent) != outcome {
                return Err(at("the trial is not the same again"));
            }
            let expected = exhaustive.run(strategy, trial, &mut Silent);
            if outcome != expected {
                return Err(at(&format!(
                    "lazy differs from exhaustive: {}",
                    difference(&outcome, &expected)
                )));
            }
        }
    }
    Ok(())
}

/// The fields in which two outcomes differ.
fn difference(one: &Outcome, other: &Outcome) -> String {
    let [one, other] = [one, other].map(|outcome| serde_json::to_value(outcome).unwrap());
    let fields = one.as_object().unwrap().iter().filter(|(key, value)| other[*key] != **value);
    fields.map(|(key, value)| format!("{key} {value} / {}", other[key])).collect::<Vec<_>>().join(", ")
}

/// Laws of what a rollout says of itself.
fn outcome_is_sane(plan: &Plan, o: &Outcome) -> Result<(), String> {
    let hosts = plan.fleet.hosts();
    must(o.peak_exposed_hosts <= hosts, "more hosts were exposed than there are")?;
    must(o.peak_impaired_hosts <= hosts, "more hosts were impaired than there are")?;
    must(
        o.exposed_at_alarm_hosts.is_none_or(|at| at <= o.peak_exposed_hosts),
        "exposed at the alarm above the peak",
    )?;
    must(o.left_exposed_hosts <= hosts, "more hosts were left exposed than there are")?;
    must(o.peak_impaired_traffic_ppm <= 1_000_000, "more traffic was impaired than there is")?;
    must(
        u128::from(o.exposed_host_ms) <= u128::from(hosts) * u128::from(o.end_ms),
        "more host-time was exposed than the rollout had",
    )?;
    must(o.completed_ms.is_none_or(|at| at <= o.end_ms), "completed after its end")?;
    must(o.bake_ms.is_none_or(|bake_ms| bake_ms <= o.end_ms), "baked longer than it lasted")?;
    must(
        o.completed_ms.is_some() == o.bake_ms.is_some(),
        "a bake without completion, or the other way round",
    )?;
    must(o.to_25_ms <= o.to_50_ms || o.to_50_ms.is_none(), "half of the hosts came before a quarter")?;
    must(o.to_50_ms <= o.to_100_ms || o.to_100_ms.is_none(), "all hosts came before half of them")?;
    let carried = o.defect.is_some_and(|id| !plan.change.defects[id].is_cured_by_the_change());
    must(o.has_defect() || o.impaired_host_ms == 0, "hosts were impaired without a defect")?;
    must(
        carried != matches!(o.ending, Ending::Completed | Ending::FalseRollback) && carried == o.is_bad(),
        "an ending of another change",
    )?;
    must(
        (o.peak_impaired_hosts > 0) == o.onset_ms.is_some(),
        "an onset without impairment, or the other way round",
    )?;
    must(o.impaired_host_ms == 0 || o.peak_impaired_hosts > 0, "harm without an impaired host")?;
    must(
        o.peak_impaired_hosts > 0 || !(o.two_regions_impaired || o.two_zones_impaired),
        "a violation by nobody",
    )?;
    must(
        !o.two_regions_impaired || o.peak_impaired_regions >= 2,
        "two regions impaired, and never two at once",
    )?;
    must(!o.two_zones_impaired || o.peak_impaired_zones >= 2, "two zones impaired, and never two at once")?;
    let sums = [o.failed_requests, o.turned_away_requests, o.damaged_items];
    must(sums.iter().all(|sum| sum.is_finite() && *sum >= 0.0), "a sum that is no number")?;
    must(o.failed_requests >= o.turned_away_requests * (1.0 - 1e-9), "turned away and not failed")?;
    customers_are_sane(plan, o)?;
    if let (Some(alarm_ms), Some(rollback_ms)) = (o.alarm_ms, o.rollback_ms) {
        must(alarm_ms <= rollback_ms, "stopped before the alarm")?;
    }
    Ok(())
}

/// Laws of what a rollout says of customers.
fn customers_are_sane(plan: &Plan, o: &Outcome) -> Result<(), String> {
    must(o.customers.is_some() == plan.fleet.has_customers(), "customers that the plan does not have")?;
    let Some(met) = o.customers else { return Ok(()) };
    let all = plan.fleet.customers() as f64 * (1.0 + 1e-9);
    let within = |number: f64| (0.0..=all).contains(&number);
    must(within(met.peak_impaired) && within(met.ever_exposed), "more customers than there are")?;
    must(within(met.ever_impaired), "more customers impaired than there are")?;
    must(
        met.ever_impaired >= met.peak_impaired * (1.0 - 1e-9),
        "fewer customers ever impaired than at once",
    )?;
    must(met.impaired_ms.is_finite() && met.impaired_ms >= 0.0, "a customer-time that is no number")?;
    must(met.peak_impaired == 0.0 || o.peak_impaired_hosts > 0, "customers impaired and no host")
}

/// The blast radius that the events tell is the one of the outcome.
fn story_adds_up(plan: &Plan, outcome: &Outcome, records: &[RolloutRecord]) -> Result<(), String> {
    must(records.is_sorted_by_key(|record| record.at_ms), "events are not in order of time")?;
    let mut zones = vec![0_u64; plan.fleet.zones.len()];
    let (mut peak, mut alarm_ms) = (0, None);
    let (mut host_ms, mut since_ms) = (0, 0);
    for (index, record) in records.iter().enumerate() {
        host_ms += zones.iter().sum::<u64>() * (record.at_ms - since_ms);
        since_ms = record.at_ms;
        match record.event {
            RolloutEvent::HostImpaired { zone, .. } => zones[zone as usize] += 1,
            RolloutEvent::HostHealed { zone, .. } => {
                let count = &mut zones[zone as usize];
                *count = count.checked_sub(1).ok_or("a host healed that was not impaired")?;
            }
            RolloutEvent::ZoneImpaired { zone, hosts } => zones[zone as usize] = u64::from(hosts),
            RolloutEvent::AlarmFired { .. } | RolloutEvent::Noticed { .. } if alarm_ms.is_none() => {
                alarm_ms = Some(record.at_ms);
            }
            _ => {}
        }
        for (zone, count) in plan.fleet.zones.iter().zip(&zones) {
            must(*count <= u64::from(zone.hosts), "more hosts of a zone impaired than it has")?;
        }
        // What happens at one instant is told one by one: only where the instant is over do the counts stand.
        if records.get(index + 1).is_none_or(|next| next.at_ms > record.at_ms) {
            peak = peak.max(zones.iter().sum::<u64>());
        }
    }
    if zones.iter().all(|count| *count == 0) {
        must(host_ms == outcome.impaired_host_ms, "another harm in the story than in the outcome")?;
    }
    must(peak <= outcome.peak_impaired_hosts, "more impaired hosts in the story than in the outcome")?;
    must(
        outcome.alarm_ms.is_none_or(|at| alarm_ms.is_some_and(|first| first <= at)),
        "an alarm nobody told of",
    )
}
