//! What trials say of a pipeline: the DORA measures, where lead time goes, how busy stages are, and whether it was in
//! a steady state. Every number is the mean over trials of what one trial says, with an interval from these
//! independent replications.

use super::contest::Contest;
pub use super::estimate::Estimated;
use super::estimate::mean as mean_in;
use super::expectation::{self, ExpectationResult};
use super::pipeline::PipelineTrials;
use super::pipeline_without::Without;
use super::policy_summary::{Policies, policies};
use super::precision::{self, PrecisionResult};
use super::threshold::{self, ThresholdResult};
use crate::outcome::measures::{Measure, Unit, average, days, mean_delivered, mean_part};
use crate::outcome::pipeline::{PARTS, Part, PipelineOutcome, StageOutcome};
use crate::plan::{Pipeline, Plan};
use crate::stats::mean::{Mean, mean};
use crate::stats::{Sample, TAIL};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Version of the summary's layout; any field that is renamed, removed or redefined bumps it.
pub const SCHEMA_VERSION: u32 = 1;
/// Lead times of the second third of a trial that are this share above (or below) those of the first are a drift.
const DRIFT: f64 = 0.2;
/// Batches of the last third that are larger by this share than those of the first only grow.
const GROWTH: f64 = 0.5;

/// The summary of a pipeline study.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PipelineSummary {
    /// Layout of this document.
    pub schema_version: u32,
    /// Program that wrote it.
    pub tool: Cow<'static, str>,
    /// Version of the program.
    pub tool_version: Cow<'static, str>,
    /// Name of the scenario.
    pub scenario: String,
    /// Version of the model.
    pub model_version: u32,
    /// Fingerprint of the plan.
    pub plan: String,
    /// Root of every random stream.
    pub seed: u64,
    /// First day of the pipeline.
    pub start: String,
    /// Its length, warm-up included.
    pub length_ms: u64,
    /// The part that is not counted.
    pub warm_up_ms: u64,
    /// Trials of each strategy.
    pub trials: u64,
    /// What each wave deploys, in order; empty where it is only what the strategy deploys.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<ComponentName>,
    /// In plan order.
    pub strategies: Vec<StrategyPipelines>,
    /// The other pipelines on the fleet, in plan order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<OtherPipeline>,
    /// Precisions asked for and whether they were reached; left out if none is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub precision: Vec<PrecisionResult>,
    /// Limits and whether they hold; left out if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub thresholds: Vec<ThresholdResult>,
    /// What was published and whether the simulation agrees; left out if nothing is expected.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expectations: Vec<ExpectationResult>,
    /// The strategies by speed and harm, for the verdict; none of a single one. Every guarded measure has
    /// `wavetank compare FILE --pipeline`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contest: Option<Contest>,
    /// The same without some stages, if that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub without: Option<Without>,
}

/// Another pipeline on the fleet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OtherPipeline {
    /// Its name.
    pub name: String,
    /// Its measures while each strategy in plan order is production of the pipeline that is studied.
    pub beside: Vec<Vec<Estimated>>,
}

/// A component of a combined pipeline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ComponentName {
    /// Its name.
    pub name: String,
    /// What deploys it; none: each strategy of the summary.
    pub strategy: Option<String>,
}

/// One strategy as production of the pipeline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StrategyPipelines {
    /// Its name.
    pub name: String,
    /// One estimate a measure, in the order of [`Line::measures`](crate::plan::pipeline::Line::measures); none where no trial has anything to say.
    pub measures: Vec<Estimated>,
    /// Mean time from ready for review until delivered: the sum of `parts`.
    pub review_to_delivery: Option<Mean>,
    /// Mean time of a delivered change in each part.
    pub parts: Vec<PartMean>,
    /// The stages, the wait for production, and the waves.
    pub stages: Vec<StageMeans>,
    /// What its policies did.
    #[serde(default, skip_serializing_if = "Policies::is_empty")]
    pub policies: Policies,
    /// The trial that tells most: the first with a rollback, or the first one.
    pub telling_trial: u64,
    /// Whether lead times drifted from the first third of the trials to the second: then there is no steady state, and
    /// every number depends on the trial's length.
    pub drifts: bool,
    /// Changes a rollout carries in the first and in the last third of the trials, where that clearly grows: a spiral, in
    /// which larger batches take longer and so gather more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub growing_batches: Option<(f64, f64)>,
}

/// A part of the lead time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PartMean {
    /// The part.
    pub part: Part,
    /// Mean over delivered changes, milliseconds; none if no trial delivered any.
    pub mean: Option<Mean>,
}

/// A stage, or a wave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StageMeans {
    /// Its name.
    pub name: String,
    /// Share of the time in which somebody was inside; none without trials.
    pub utilisation: Option<Mean>,
    /// Revisions that waited, on average over time.
    pub waiting: Option<Mean>,
    /// Revisions that came in a day.
    pub per_day: Option<Mean>,
}

/// Summarises trials.
#[must_use]
pub fn summarise(plan: &Plan, pipeline: &Pipeline, trials: &PipelineTrials) -> PipelineSummary {
    let strategies = plan.strategies.iter().zip(&trials.by_strategy);
    let components = pipeline.components.iter().map(|component| ComponentName {
        name: component.name.clone(),
        strategy: component.strategy.as_ref().map(|strategy| strategy.name.clone()),
    });
    PipelineSummary {
        schema_version: SCHEMA_VERSION,
        tool: env!("CARGO_PKG_NAME").into(),
        tool_version: env!("CARGO_PKG_VERSION").into(),
        scenario: plan.name.clone(),
        model_version: crate::MODEL_VERSION,
        plan: plan.digest(),
        seed: plan.study.seed,
        start: pipeline.start.clone(),
        length_ms: pipeline.line.length_ms,
        warm_up_ms: pipeline.line.warm_up_ms,
        trials: trials.by_strategy.first().map_or(0, |row| row.len() as u64),
        components: components.collect(),
        strategies: strategies
            .enumerate()
            .map(|(index, (strategy, row))| StrategyPipelines {
                telling_trial: trials.telling_trial(index),
                name: strategy.name.clone(),
                measures: estimates(pipeline, row),
                review_to_delivery: over(Unit::DurationMs, row, |h| {
                    mean_delivered(h, |change| change.parts.total())
                }),
                parts: PARTS
                    .map(|part| PartMean { part, mean: over(Unit::DurationMs, row, |h| mean_part(h, part)) })
                    .to_vec(),
                stages: stages(pipeline, strategy, row),
                policies: policies(&pipeline.line, row),
                drifts: drifts(row),
                growing_batches: growing_batches(row),
            })
            .collect(),
        others: pipeline.others.iter().zip(&trials.others).filter_map(other).collect(),
        precision: precision::results(plan, trials),
        thresholds: threshold::judge(plan, trials),
        expectations: expectation::judge(plan, trials),
        contest: Contest::of_pipeline(plan, trials),
        without: None,
    }
}

fn other((plan, rows): (&Plan, &Vec<Vec<PipelineOutcome>>)) -> Option<OtherPipeline> {
    let pipeline = plan.pipeline.as_ref()?;
    Some(OtherPipeline {
        name: plan.name.clone(),
        beside: rows.iter().map(|row| estimates(pipeline, row)).collect(),
    })
}

/// What there is to say of a pipeline.
fn estimates(pipeline: &Pipeline, row: &[PipelineOutcome]) -> Vec<Estimated> {
    pipeline.line.measures().map(|measure| estimate(measure, row)).collect()
}

/// The mean over the trials that have something to say.
fn over(unit: Unit, row: &[PipelineOutcome], of: impl Fn(&PipelineOutcome) -> Option<f64>) -> Option<Mean> {
    mean_in(unit, &Sample::plain(row.iter().filter_map(of).collect()), TAIL)
}

fn estimate(measure: &'static Measure, row: &[PipelineOutcome]) -> Estimated {
    Estimated { measure, mean: over(measure.unit, row, |outcome| measure.of(outcome)) }
}

fn stages(pipeline: &Pipeline, strategy: &crate::plan::Strategy, row: &[PipelineOutcome]) -> Vec<StageMeans> {
    let means = |name: &str, of: &dyn Fn(&PipelineOutcome) -> Option<StageOutcome>| {
        let mean = |unit, value: fn(&PipelineOutcome, &StageOutcome) -> f64| {
            over(unit, row, |h| Some(value(h, &of(h)?)))
        };
        StageMeans {
            name: name.to_owned(),
            utilisation: mean(Unit::Share, |h, stage| stage.occupied_ms as f64 / h.counted_ms() as f64),
            waiting: mean(Unit::Count, |h, stage| stage.waiting_area_ms as f64 / h.counted_ms() as f64),
            per_day: mean(Unit::Count, |h, stage| stage.entered as f64 / days(h)),
        }
    };
    let before = pipeline.line.stages.iter().enumerate();
    let mut all: Vec<StageMeans> =
        before.map(|(i, stage)| means(&stage.name, &|h| h.stages.get(i).cloned())).collect();
    all.push(means("before production", &|h| Some(h.entry.clone())));
    let waves = strategy.waves.iter().enumerate();
    all.extend(waves.map(|(i, wave)| means(&wave.name, &|h| h.waves.get(i).cloned())));
    all
}

/// The mean number of changes that enter production together in the first and in the last third of the trials, if it grows
/// by more than [`GROWTH`] beyond doubt.
fn growing_batches(row: &[PipelineOutcome]) -> Option<(f64, f64)> {
    let third = |outcome: &PipelineOutcome, number: u64| {
        let third_ms = outcome.counted_ms() / 3;
        let from_ms = outcome.from_ms + number * third_ms;
        let entered = outcome.changes.iter().filter_map(|change| change.entered_ms);
        let mut entered: Vec<u64> = entered.filter(|at| (from_ms..from_ms + third_ms).contains(at)).collect();
        entered.sort_unstable();
        let changes = entered.len();
        entered.dedup();
        (changes > 0).then(|| changes as f64 / entered.len() as f64)
    };
    let pairs: Vec<(f64, f64)> = row.iter().filter_map(|h| Some((third(h, 0)?, third(h, 2)?))).collect();
    let first = average(pairs.iter().map(|(first, _)| *first))?;
    let last = average(pairs.iter().map(|(_, last)| *last))?;
    let change = mean(&Sample::plain(pairs.iter().map(|(first, last)| last - first).collect()))?;
    change.interval.is_above(GROWTH * first).then_some((first, last))
}

/// Whether changes merged in the second third of a trial wait clearly longer, or shorter, than those of the first.
/// Those of the last third are left out: many of them are still on their way at the end, which hides how long they take.
fn drifts(row: &[PipelineOutcome]) -> bool {
    let third = |outcome: &PipelineOutcome, number: u64| {
        let third_ms = outcome.counted_ms() / 3;
        let from_ms = outcome.from_ms + number * third_ms;
        let within = from_ms..from_ms + third_ms;
        let chosen = outcome.changes.iter().filter(|change| within.contains(&change.merged_ms));
        average(chosen.map(|c| (c.delivered_ms.unwrap_or(outcome.to_ms) - c.merged_ms) as f64))
    };
    let pairs: Vec<(f64, f64)> = row.iter().filter_map(|h| Some((third(h, 0)?, third(h, 1)?))).collect();
    let level = average(pairs.iter().map(|(first, second)| (first + second) / 2.0)).unwrap_or(0.0);
    let change = mean(&Sample::plain(pairs.iter().map(|(first, second)| second - first).collect()));
    change.is_some_and(|change| {
        let room = DRIFT * level;
        change.interval.is_above(room) || change.interval.is_below(-room)
    })
}
