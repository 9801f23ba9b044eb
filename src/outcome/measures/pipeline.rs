//! Every measure of a pipeline in one trial, and of its lanes. A new one is one entry here.
//!
//! Lead time is from merge to the end of the last wave. What is still under way when the trial ends counts with the
//! time that it has waited: leaving it out would flatter a pipeline that is stuck.

use super::measure::Population::PipelineTrials;
use super::measure::Unit::{Count, DurationMs, HostMs, PersonMs, Share};
use super::measure::{Measure, ReadFrom, Unit, Urgency};
use crate::outcome::pipeline::{ChangeOutcome, Emergencies, Part, PipelineOutcome};
use crate::stats::sum;

const DAY_MS: f64 = 86_400_000.0;
/// Days of the quarter that rare events are counted by.
const QUARTER_DAYS: f64 = 91.0;

const fn of(
    name: &'static str,
    title: &'static str,
    unit: Unit,
    value: fn(&PipelineOutcome) -> Option<f64>,
    help: &'static str,
) -> Measure {
    Measure::new([name, title, help], unit, PipelineTrials, ReadFrom::Pipeline(value))
}

const fn of_lane(
    name: &'static str,
    title: &'static str,
    unit: Unit,
    value: fn(&PipelineOutcome, Urgency) -> Option<f64>,
    help: &'static str,
) -> Measure {
    Measure::new([name, title, help], unit, PipelineTrials, ReadFrom::Lane(value))
}

measures! {
    /// Every measure of a pipeline, in report order. The first four are DORA's.
    PIPELINE;
    DEPLOYMENTS_PER_DAY = of("deployments_per_day", "deployments a day", Count,
        |h| Some(h.deployments as f64 / days(h)),
        "rollouts begun, by day").more_is_better();
    LEAD_TIME_P50_MS = of("lead_time_p50_ms", "lead time p50", DurationMs,
        |h| lead_time(h, 0.5, |_| true),
        "time that half of all changes take at most, from merge to the end of the last wave");
    CHANGE_FAIL_RATE = of("change_fail_rate", "change fail rate", Share,
        PipelineOutcome::change_fail_rate,
        "share of rollouts that were taken back");
    TIME_TO_RESTORE_MS = of("time_to_restore_ms", "time to restore", DurationMs,
        |h| average(h.incidents.iter().map(|incident| (incident.restored_ms - incident.began_ms) as f64)),
        "from the first host with a defect to the end of the last rollback, on average over incidents");
    LEAD_TIME_P90_MS = of("lead_time_p90_ms", "lead time p90", DurationMs,
        |h| lead_time(h, 0.9, |_| true),
        "time that nine of ten changes take at most, from merge to the end of the last wave");
    TIME_TO_PRODUCTION_P50_MS = of("time_to_production_p50_ms", "time to production p50", DurationMs,
        time_to_production,
        "time that half of all changes take at most, from merge to the start of the first rollout that has them");
    CHANGES_PER_DEPLOYMENT = of("changes_per_deployment", "changes a deployment", Count,
        PipelineOutcome::changes_per_deployment,
        "changes that a rollout carries on average");
    CHANGES_IN_FLIGHT = of("changes_in_flight", "changes in flight", Count,
        |h| Some(h.line_area_ms as f64 / h.counted_ms() as f64),
        "changes merged and not delivered, on average over time");
    ROLLBACKS_PER_QUARTER = of("rollbacks_per_quarter", "rollbacks a quarter", Count,
        |h| per_quarter(h, (h.needed_rollbacks + h.needless_rollbacks) as f64),
        "rollouts taken back, by quarter").by_quarter();
    NEEDLESS_ROLLBACKS_PER_QUARTER = of("needless_rollbacks_per_quarter", "needless rollbacks a quarter", Count,
        |h| per_quarter(h, h.needless_rollbacks as f64),
        "rollouts taken back that carried no defect, by quarter").by_quarter();
    COLLATERAL_ROLLBACKS_PER_QUARTER = of("collateral_rollbacks_per_quarter", "collateral rollbacks a quarter", Count,
        |h| per_quarter(h, h.collateral_rollbacks as f64),
        "rollouts taken back because of another pipeline's defect, by quarter; 0 where a pipeline has the fleet for itself").by_quarter();
    INCIDENTS_PER_QUARTER = of("incidents_per_quarter", "incidents a quarter", Count,
        |h| per_quarter(h, h.incidents.len() as f64),
        "defects that production saw, by quarter").by_quarter();
    ISOLATION_VIOLATIONS_PER_QUARTER = of("isolation_violations_per_quarter", "isolation violations a quarter", Count,
        |h| per_quarter(h, h.harm.isolation_violations as f64),
        "rollouts in which two regions, or two zones of one region, were impaired at once, by quarter").by_quarter();
    IMPAIRED_HOST_MS_PER_QUARTER = of("impaired_host_ms_per_quarter", "impaired host-minutes a quarter", HostMs,
        |h| per_quarter(h, h.harm.impaired_host_ms as f64),
        "impaired hosts integrated over time, by quarter");
    OLDEST_VERSION_AGE_MS = of("oldest_version_age_ms", "age of the oldest version", DurationMs,
        // The area is in milliseconds times hours.
        |h| Some(h.age_area / (h.counted_ms() as f64 / 3_600_000.0)),
        "age of the oldest version that hosts may have, on average over time");
    OLDEST_VERSION_WORST_MS = of("oldest_version_worst_ms", "oldest version, at worst", DurationMs,
        |h| Some(h.oldest_age_ms as f64),
        "the highest age of the oldest version that hosts may have");
}

measures! {
    /// Measures of changes in two halves, where a pipeline has them.
    TWO_PHASE;
    TWO_PHASE_LEAD_TIME_P50_MS = of("two_phase_lead_time_p50_ms", "two-phase lead time p50", DurationMs,
        |h| least_that_reaches(h.two_phase.iter().map(|change| change.lead_ms).collect(), 0.5),
        "time that half of all changes in two halves take at most, from the first half's review to the second's delivery");
    UNPREPARED_ACTIVATIONS_PER_QUARTER = of("unprepared_activations_per_quarter", "unprepared activations a quarter", Count,
        |h| per_quarter(h, h.two_phase.iter().filter(|change| change.unprepared).count() as f64),
        "second halves that went to production while the first one was not everywhere, by quarter").by_quarter();
}

measures! {
    /// Measures of people's time, where a pipeline says whom it keeps busy.
    PEOPLE;
    PERSON_MS_PER_QUARTER = of("person_ms_per_quarter", "person-hours a quarter", PersonMs,
        |h| per_quarter(h, h.person_ms()),
        "people's time in stages, beside rollouts and for what was rejected, by quarter");
    PERSON_MS_PER_CHANGE = of("person_ms_per_change", "person-hours a change", PersonMs,
        |h| (h.delivered_changes > 0).then(|| h.person_ms() / h.delivered_changes as f64),
        "people's time in stages, beside rollouts and for what was rejected, by delivered change");
}

measures! {
    /// Every measure of a lane, in report order: what it buys, then what it costs.
    LANE;
    LANE_LEAD_TIME_P50_MS = of_lane("lead_time_p50_ms", "lead time p50", DurationMs,
        |h, lane| lead_time(h, 0.5, |change| is_in(lane, change)),
        "time that half of the lane's changes take at most, from merge to the end of the last wave");
    LANE_LEAD_TIME_P90_MS = of_lane("lead_time_p90_ms", "lead time p90", DurationMs,
        |h, lane| lead_time(h, 0.9, |change| is_in(lane, change)),
        "time that nine of ten of the lane's changes take at most, from merge to the end of the last wave");
    LANE_DEPLOYMENTS_PER_QUARTER = of_lane("deployments_per_quarter", "deployments a quarter", Count,
        |h, lane| per_quarter(h, rollouts(h, lane).deployments as f64),
        "rollouts begun in the lane, by quarter").by_quarter().more_is_better();
    LANE_CHANGE_FAIL_RATE = of_lane("change_fail_rate", "change fail rate", Share,
        |h, lane| per_deployment(rollouts(h, lane).rollbacks, rollouts(h, lane)),
        "share of the lane's rollouts that were taken back");
    LANE_IMPAIRED_HOST_MS_PER_DEPLOYMENT = of_lane("impaired_host_ms_per_deployment", "impaired host-minutes a deployment", HostMs,
        |h, lane| per_deployment(rollouts(h, lane).impaired_host_ms, rollouts(h, lane)),
        "impaired hosts integrated over time, by rollout of the lane");
}

/// Days that were counted.
#[must_use]
pub fn days(outcome: &PipelineOutcome) -> f64 {
    outcome.counted_ms() as f64 / DAY_MS
}

/// Quarters of a year in so long.
#[must_use]
pub fn quarters(counted_ms: u64) -> f64 {
    counted_ms as f64 / DAY_MS / QUARTER_DAYS
}

fn per_quarter(outcome: &PipelineOutcome, events: f64) -> Option<f64> {
    Some(events / days(outcome) * QUARTER_DAYS)
}

/// The quantile `q` of the lead times of the changes that `chosen` chooses.
fn lead_time(outcome: &PipelineOutcome, q: f64, chosen: impl Fn(&ChangeOutcome) -> bool) -> Option<f64> {
    let waited = |change: &ChangeOutcome| change.delivered_ms.unwrap_or(outcome.to_ms) - change.merged_ms;
    least_that_reaches(outcome.changes.iter().filter(|change| chosen(change)).map(waited).collect(), q)
}

/// The median of the time until changes enter production. Without waves that is their delivery.
fn time_to_production(outcome: &PipelineOutcome) -> Option<f64> {
    let entered = |change: &ChangeOutcome| change.entered_ms.or(change.delivered_ms).unwrap_or(outcome.to_ms);
    least_that_reaches(outcome.changes.iter().map(|change| entered(change) - change.merged_ms).collect(), 0.5)
}

/// The least of some times that a share `q` of them does not exceed.
fn least_that_reaches(mut times_ms: Vec<u64>, q: f64) -> Option<f64> {
    times_ms.sort_unstable();
    let index = (libm::ceil(q * times_ms.len() as f64) as usize).saturating_sub(1);
    times_ms.get(index).map(|ms| *ms as f64)
}

/// The mean of what there is; none of nothing.
pub fn average(values: impl Iterator<Item = f64>) -> Option<f64> {
    let values: Vec<f64> = values.collect();
    (!values.is_empty()).then(|| sum(values.iter().copied()) / values.len() as f64)
}

/// Mean time of a trial's delivered changes in one part, milliseconds; none without deliveries.
#[must_use]
pub fn mean_part(outcome: &PipelineOutcome, part: Part) -> Option<f64> {
    mean_delivered(outcome, |change| change.parts.of(part))
}

/// Mean of a time over a trial's delivered changes, milliseconds; none without deliveries.
pub fn mean_delivered(outcome: &PipelineOutcome, of: impl Fn(&ChangeOutcome) -> u64) -> Option<f64> {
    let delivered = outcome.changes.iter().filter(|change| change.delivered_ms.is_some());
    average(delivered.map(|change| of(change) as f64))
}

fn is_in(lane: Urgency, change: &ChangeOutcome) -> bool {
    match lane {
        Urgency::Emergencies => change.urgent,
        Urgency::Others => !change.urgent,
    }
}

/// The rollouts that an emergency rode with, or all others.
fn rollouts(outcome: &PipelineOutcome, lane: Urgency) -> Emergencies {
    let own = outcome.emergencies;
    match lane {
        Urgency::Emergencies => own,
        Urgency::Others => Emergencies {
            deployments: outcome.deployments - own.deployments,
            rollbacks: outcome.needed_rollbacks + outcome.needless_rollbacks - own.rollbacks,
            impaired_host_ms: outcome.harm.impaired_host_ms - own.impaired_host_ms,
        },
    }
}

/// A count by rollout; none without rollouts.
fn per_deployment(count: u64, lane: Emergencies) -> Option<f64> {
    (lane.deployments > 0).then(|| count as f64 / lane.deployments as f64)
}
