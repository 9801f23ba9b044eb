//! What horizons say of a pipeline: the DORA measures, where lead time goes, how busy stages are, and whether it was in
//! a steady state. Every number is the mean over horizons of what one horizon says, with an interval from these
//! independent replications.

use super::pipeline::Horizons;
use super::pipeline_without::Without;
use super::policy_summary::{Policies, policies};
use crate::outcome::pipeline::{ChangeOutcome, PARTS, Part, PipelineOutcome, StageOutcome};
use crate::plan::{Pipeline, Plan};
use crate::stats::mean::{Mean, mean};
use crate::stats::{Interval, Sample, sum};
use serde::Serialize;

const DAY_MS: f64 = 86_400_000.0;
/// Days of the quarter that rare events are counted by.
const QUARTER_DAYS: f64 = 91.0;
/// Lead times of the second third of a horizon that are this share above (or below) those of the first are a drift.
const DRIFT: f64 = 0.2;

/// In what a measure is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measured {
    /// Milliseconds.
    Time,
    /// Events.
    Count,
    /// A share of 1.
    Share,
    /// Host-milliseconds.
    HostTime,
}

/// A measure of a horizon.
pub struct Measure {
    /// Name for programs.
    pub name: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// Its unit.
    pub unit: Measured,
    /// What one horizon says; none where it has nothing to say.
    of: fn(&PipelineOutcome) -> Option<f64>,
}

impl Measure {
    /// What one horizon says; none where it has nothing to say.
    #[must_use]
    pub fn value(&self, horizon: &PipelineOutcome) -> Option<f64> {
        (self.of)(horizon)
    }
}

/// The measure that is 0 where a pipeline has the fleet for itself.
pub const COLLATERAL: &str = "collateral_rollbacks_per_quarter";

/// Every measure, in report order. The first four are DORA's; lead time is from merge to the end of the last wave.
pub const MEASURES: [Measure; 15] = [
    Measure { name: "deployments_per_day", title: "deployments a day", unit: Measured::Count, of: per_day },
    Measure { name: "lead_time_p50_ms", title: "lead time p50", unit: Measured::Time, of: |h| lead(h, 0.5) },
    Measure {
        name: "change_fail_rate",
        title: "change fail rate",
        unit: Measured::Share,
        of: PipelineOutcome::change_fail_rate,
    },
    Measure { name: "time_to_restore_ms", title: "time to restore", unit: Measured::Time, of: restore },
    Measure { name: "lead_time_p90_ms", title: "lead time p90", unit: Measured::Time, of: |h| lead(h, 0.9) },
    Measure {
        name: "changes_per_deployment",
        title: "changes a deployment",
        unit: Measured::Count,
        of: PipelineOutcome::changes_per_deployment,
    },
    Measure { name: "changes_in_flight", title: "changes in flight", unit: Measured::Count, of: in_flight },
    Measure {
        name: "rollbacks_per_quarter",
        title: "rollbacks a quarter",
        unit: Measured::Count,
        of: rollbacks,
    },
    Measure {
        name: "needless_rollbacks_per_quarter",
        title: "needless rollbacks a quarter",
        unit: Measured::Count,
        of: needless,
    },
    Measure {
        name: COLLATERAL,
        title: "collateral rollbacks a quarter",
        unit: Measured::Count,
        of: collateral,
    },
    Measure {
        name: "incidents_per_quarter",
        title: "incidents a quarter",
        unit: Measured::Count,
        of: incidents,
    },
    Measure {
        name: "isolation_violations_per_quarter",
        title: "isolation violations a quarter",
        unit: Measured::Count,
        of: violations,
    },
    Measure {
        name: "impaired_host_ms_per_quarter",
        title: "impaired host-minutes a quarter",
        unit: Measured::HostTime,
        of: impaired,
    },
    Measure {
        name: "oldest_version_age_ms",
        title: "age of the oldest version",
        unit: Measured::Time,
        of: age,
    },
    Measure {
        name: "oldest_version_worst_ms",
        title: "oldest version, at worst",
        unit: Measured::Time,
        of: |h| Some(h.oldest_age_ms as f64),
    },
];

/// Measures of changes in two halves, where a pipeline has them.
pub const OF_TWO_PHASES: [Measure; 2] = [
    Measure {
        name: "two_phase_lead_time_p50_ms",
        title: "two-phase lead time p50",
        unit: Measured::Time,
        of: two_phase_lead,
    },
    Measure {
        name: "unprepared_activations_per_quarter",
        title: "unprepared activations a quarter",
        unit: Measured::Count,
        of: |h| per_quarter(h, h.two_phase.iter().filter(|change| change.unprepared).count() as f64),
    },
];

/// The measure of that name.
#[must_use]
pub fn measure(name: &str) -> Option<&'static Measure> {
    static ALL: [&[Measure]; 2] = [&MEASURES, &OF_TWO_PHASES];
    ALL.into_iter().flatten().find(|measure| measure.name == name)
}

/// From the first half's being ready for review until the second one was delivered. As with [`lead`], what is still
/// under way counts with the time that it has waited.
fn two_phase_lead(horizon: &PipelineOutcome) -> Option<f64> {
    quantile(horizon.two_phase.iter().map(|change| change.lead_ms).collect(), 0.5)
}

fn days(horizon: &PipelineOutcome) -> f64 {
    horizon.counted_ms() as f64 / DAY_MS
}

pub(super) fn per_quarter(horizon: &PipelineOutcome, events: f64) -> Option<f64> {
    Some(events / days(horizon) * QUARTER_DAYS)
}

fn per_day(horizon: &PipelineOutcome) -> Option<f64> {
    Some(horizon.deployments as f64 / days(horizon))
}

fn rollbacks(horizon: &PipelineOutcome) -> Option<f64> {
    per_quarter(horizon, (horizon.needed_rollbacks + horizon.needless_rollbacks) as f64)
}

fn needless(horizon: &PipelineOutcome) -> Option<f64> {
    per_quarter(horizon, horizon.needless_rollbacks as f64)
}

fn collateral(horizon: &PipelineOutcome) -> Option<f64> {
    per_quarter(horizon, horizon.collateral_rollbacks as f64)
}

fn incidents(horizon: &PipelineOutcome) -> Option<f64> {
    per_quarter(horizon, horizon.incidents.len() as f64)
}

fn violations(horizon: &PipelineOutcome) -> Option<f64> {
    per_quarter(horizon, horizon.harm.isolation_violations as f64)
}

fn impaired(horizon: &PipelineOutcome) -> Option<f64> {
    per_quarter(horizon, horizon.harm.impaired_host_ms as f64)
}

fn in_flight(horizon: &PipelineOutcome) -> Option<f64> {
    Some(horizon.line_area_ms as f64 / horizon.counted_ms() as f64)
}

/// Mean age over time: `age_area` is in milliseconds times hours.
fn age(horizon: &PipelineOutcome) -> Option<f64> {
    Some(horizon.age_area / (horizon.counted_ms() as f64 / 3_600_000.0))
}

/// From the first host with the defect until the last rollback ended.
fn restore(horizon: &PipelineOutcome) -> Option<f64> {
    average(horizon.incidents.iter().map(|incident| (incident.restored_ms - incident.began_ms) as f64))
}

/// A quantile of lead times, the least value that so many reach. Changes that were not delivered by the horizon's end
/// count with the time they have waited: leaving them out would flatter a pipeline that is stuck.
fn lead(horizon: &PipelineOutcome, q: f64) -> Option<f64> {
    lead_of(horizon, q, |_| true)
}

/// As [`lead`], of the changes that `chosen` chooses.
pub(super) fn lead_of(
    horizon: &PipelineOutcome,
    q: f64,
    chosen: impl Fn(&ChangeOutcome) -> bool,
) -> Option<f64> {
    let waited = |change: &ChangeOutcome| change.delivered_ms.unwrap_or(horizon.to_ms) - change.merged_ms;
    quantile(horizon.changes.iter().filter(|change| chosen(change)).map(waited).collect(), q)
}

/// The least value that so many reach.
fn quantile(mut times_ms: Vec<u64>, q: f64) -> Option<f64> {
    times_ms.sort_unstable();
    let index = (libm::ceil(q * times_ms.len() as f64) as usize).saturating_sub(1);
    times_ms.get(index).map(|ms| *ms as f64)
}

fn average(values: impl Iterator<Item = f64>) -> Option<f64> {
    let values: Vec<f64> = values.collect();
    (!values.is_empty()).then(|| sum(values.iter().copied()) / values.len() as f64)
}

/// The summary of a pipeline study.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PipelineSummary {
    /// Name of the scenario.
    pub scenario: String,
    /// Version of the model.
    pub model_version: u32,
    /// Fingerprint of the plan.
    pub plan: String,
    /// Root of every random stream.
    pub seed: u64,
    /// First day of the horizon.
    pub start: String,
    /// Its length, warm-up included.
    pub length_ms: u64,
    /// The part that is not counted.
    pub warm_up_ms: u64,
    /// Horizons of each strategy.
    pub trials: u64,
    /// What each wave deploys, in order; empty where it is only what the strategy deploys.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<ComponentName>,
    /// In plan order.
    pub strategies: Vec<StrategyPipelines>,
    /// The other pipelines on the fleet, in plan order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<OtherPipeline>,
    /// The same without some stages, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub without: Option<Without>,
}

/// Another pipeline on the fleet.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OtherPipeline {
    /// Its name.
    pub name: String,
    /// Its measures while each strategy in plan order is production of the pipeline that is studied.
    pub beside: Vec<Vec<Estimated>>,
}

/// A component of a combined pipeline.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ComponentName {
    /// Its name.
    pub name: String,
    /// What deploys it; none: each strategy of the summary.
    pub strategy: Option<String>,
}

/// One strategy as production of the pipeline.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StrategyPipelines {
    /// Its name.
    pub name: String,
    /// One estimate a measure, in the order of [`MEASURES`], then [`OF_TWO_PHASES`] if the pipeline has any; none where no horizon has anything to say.
    pub measures: Vec<Estimated>,
    /// Mean time from ready for review until delivered: the sum of `parts`.
    pub review_to_delivery: Option<Mean>,
    /// Mean time of a delivered change in each part.
    pub parts: Vec<PartMean>,
    /// The stages, the wait for production, and the waves.
    pub stages: Vec<StageMeans>,
    /// What its policies did.
    #[serde(skip_serializing_if = "Policies::is_empty")]
    pub policies: Policies,
    /// Whether lead times drifted from the first third of the horizons to the second: then there is no steady state, and
    /// every number depends on the horizon's length.
    pub drifts: bool,
}

/// An estimate and what it is of.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Estimated {
    /// Name of the measure.
    pub measure: &'static str,
    /// Mean over horizons.
    pub mean: Option<Mean>,
}

/// A part of the lead time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PartMean {
    /// The part.
    pub part: Part,
    /// Mean over delivered changes, milliseconds; none if no horizon delivered any.
    pub mean: Option<Mean>,
}

/// A stage, or a wave.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StageMeans {
    /// Its name.
    pub name: String,
    /// Share of the time in which somebody was inside; none without horizons.
    pub utilisation: Option<Mean>,
    /// Revisions that waited, on average over time.
    pub waiting: Option<Mean>,
    /// Revisions that came in a day.
    pub per_day: Option<Mean>,
}

/// Summarises horizons.
#[must_use]
pub fn summarise(plan: &Plan, horizon: &Pipeline, horizons: &Horizons) -> PipelineSummary {
    let strategies = plan.strategies.iter().zip(&horizons.by_strategy);
    let components = horizon.components.iter().map(|component| ComponentName {
        name: component.name.clone(),
        strategy: component.strategy.as_ref().map(|strategy| strategy.name.clone()),
    });
    PipelineSummary {
        scenario: plan.name.clone(),
        model_version: crate::MODEL_VERSION,
        plan: plan.digest(),
        seed: plan.study.seed,
        start: horizon.start.clone(),
        length_ms: horizon.line.length_ms,
        warm_up_ms: horizon.line.warm_up_ms,
        trials: horizons.by_strategy.first().map_or(0, |row| row.len() as u64),
        components: components.collect(),
        strategies: strategies
            .map(|(strategy, row)| StrategyPipelines {
                name: strategy.name.clone(),
                measures: estimates(horizon, row),
                review_to_delivery: over(row, |h| mean_delivered(h, |change| change.parts.total())),
                parts: PARTS.map(|part| PartMean { part, mean: over(row, |h| mean_part(h, part)) }).to_vec(),
                stages: stages(horizon, strategy, row),
                policies: policies(&horizon.line, row),
                drifts: drifts(row),
            })
            .collect(),
        others: horizon.others.iter().zip(&horizons.others).filter_map(other).collect(),
        without: None,
    }
}

fn other((plan, rows): (&Plan, &Vec<Vec<PipelineOutcome>>)) -> Option<OtherPipeline> {
    let horizon = plan.pipeline.as_ref()?;
    Some(OtherPipeline {
        name: plan.name.clone(),
        beside: rows.iter().map(|row| estimates(horizon, row)).collect(),
    })
}

/// What there is to say of a pipeline.
fn estimates(horizon: &Pipeline, row: &[PipelineOutcome]) -> Vec<Estimated> {
    let of_two_phases = OF_TWO_PHASES.iter().filter(|_| horizon.line.two_phase.is_some());
    MEASURES.iter().chain(of_two_phases).map(|measure| estimate(measure, row)).collect()
}

/// The mean over the horizons that have something to say.
fn over(row: &[PipelineOutcome], of: impl Fn(&PipelineOutcome) -> Option<f64>) -> Option<Mean> {
    mean(&Sample::plain(row.iter().filter_map(of).collect())).map(|mean| within(mean, f64::INFINITY))
}

/// Nothing that is measured is below 0, and shares end at `most`.
fn within(mean: Mean, most: f64) -> Mean {
    let interval = mean.interval.at_least(0.0);
    Mean { interval: Interval { high: interval.high.map(|high| high.min(most)), ..interval }, ..mean }
}

fn estimate(measure: &Measure, row: &[PipelineOutcome]) -> Estimated {
    let most = if measure.unit == Measured::Share { 1.0 } else { f64::INFINITY };
    Estimated { measure: measure.name, mean: over(row, measure.of).map(|mean| within(mean, most)) }
}

/// Mean time of a horizon's delivered changes in one part, milliseconds; none without deliveries.
#[must_use]
pub fn mean_part(horizon: &PipelineOutcome, part: Part) -> Option<f64> {
    mean_delivered(horizon, |change| change.parts.of(part))
}

fn mean_delivered(horizon: &PipelineOutcome, of: impl Fn(&ChangeOutcome) -> u64) -> Option<f64> {
    let delivered = horizon.changes.iter().filter(|change| change.delivered_ms.is_some());
    average(delivered.map(|change| of(change) as f64))
}

fn stages(horizon: &Pipeline, strategy: &crate::plan::Strategy, row: &[PipelineOutcome]) -> Vec<StageMeans> {
    let means = |name: &str, of: &dyn Fn(&PipelineOutcome) -> Option<StageOutcome>| {
        let mean = |value: fn(&PipelineOutcome, &StageOutcome) -> f64| over(row, |h| Some(value(h, &of(h)?)));
        StageMeans {
            name: name.to_owned(),
            utilisation: mean(|h, stage| stage.occupied_ms as f64 / h.counted_ms() as f64)
                .map(|mean| within(mean, 1.0)),
            waiting: mean(|h, stage| stage.waiting_area_ms as f64 / h.counted_ms() as f64),
            per_day: mean(|h, stage| stage.entered as f64 / days(h)),
        }
    };
    let before = horizon.line.stages.iter().enumerate();
    let mut all: Vec<StageMeans> =
        before.map(|(i, stage)| means(&stage.name, &|h| h.stages.get(i).cloned())).collect();
    all.push(means("before production", &|h| Some(h.entry.clone())));
    let waves = strategy.waves.iter().enumerate();
    all.extend(waves.map(|(i, wave)| means(&wave.name, &|h| h.waves.get(i).cloned())));
    all
}

/// Whether changes merged in the second third of a horizon wait clearly longer, or shorter, than those of the first.
/// Those of the last third are left out: many of them are still on their way at the end, which hides how long they take.
fn drifts(row: &[PipelineOutcome]) -> bool {
    let third = |horizon: &PipelineOutcome, number: u64| {
        let third_ms = horizon.counted_ms() / 3;
        let from_ms = horizon.from_ms + number * third_ms;
        let within = from_ms..from_ms + third_ms;
        let chosen = horizon.changes.iter().filter(|change| within.contains(&change.merged_ms));
        average(chosen.map(|c| (c.delivered_ms.unwrap_or(horizon.to_ms) - c.merged_ms) as f64))
    };
    let pairs: Vec<(f64, f64)> = row.iter().filter_map(|h| Some((third(h, 0)?, third(h, 1)?))).collect();
    let level = average(pairs.iter().map(|(first, second)| (first + second) / 2.0)).unwrap_or(0.0);
    let change = mean(&Sample::plain(pairs.iter().map(|(first, second)| second - first).collect()));
    change.is_some_and(|change| {
        let room = DRIFT * level;
        change.interval.low.is_some_and(|low| low > room)
            || change.interval.high.is_some_and(|high| high < -room)
    })
}
