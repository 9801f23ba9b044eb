//! What stages buy and cost: the same trials with them and without, under the same draws.
//!
//! Trial t has the same merges, reviews, and runs of the other stages on both sides, so what they have in common cancels
//! from the differences. It simulates nothing and knows no words of reports.

use super::pipeline::PipelineTrials;
use crate::outcome::measures::{self, Measure};
use crate::outcome::pipeline::PipelineOutcome;
use crate::plan::Plan;
use crate::stats::contrast::{Draws, Statistic, difference};
use crate::stats::{Interval, TAIL};
use serde::Serialize;

/// The comparison of a pipeline with itself without some of its stages.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Without {
    /// The stages that every revision passes by.
    pub stages: Vec<String>,
    /// In plan order.
    pub strategies: Vec<StrategyWithout>,
}

/// The comparison for one strategy.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StrategyWithout {
    /// Its name.
    pub name: String,
    /// One a measure, in the order of [`measures::PIPELINE`].
    pub measures: Vec<MeasureWithout>,
}

/// One measure with the stages and without.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MeasureWithout {
    /// What is measured.
    pub measure: &'static Measure,
    /// Mean over the trials without the stages that have something to say; none if none has.
    pub without: Option<f64>,
    /// The mean without the stages minus that with them; none if a side has nothing to say.
    pub difference: Option<PairedDifference>,
}

/// A difference of two means over the same trials.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PairedDifference {
    /// The difference.
    pub value: f64,
    /// Its interval, from the differences of single trials.
    #[serde(flatten)]
    pub interval: Interval,
}

impl PairedDifference {
    /// Whether the interval leaves 0 out: chance alone does so one time in twenty.
    #[must_use]
    pub fn is_clear(&self) -> bool {
        self.interval.is_above(0.0) || self.interval.high.is_some_and(|high| high < 0.0)
    }
}

/// Compares trials with the stages called `stages` to those without them, strategy by strategy.
#[must_use]
pub fn compare(plan: &Plan, stages: Vec<String>, with: &PipelineTrials, without: &PipelineTrials) -> Without {
    let rows = with.by_strategy.iter().zip(&without.by_strategy);
    let strategies = plan.strategies.iter().zip(rows);
    let compared = strategies.map(|(strategy, (with, without))| StrategyWithout {
        name: strategy.name.clone(),
        measures: measures::PIPELINE.iter().map(|measure| of_measure(measure, with, without)).collect(),
    });
    Without { stages, strategies: compared.collect() }
}

fn of_measure(
    measure: &'static Measure,
    with: &[PipelineOutcome],
    without: &[PipelineOutcome],
) -> MeasureWithout {
    let side = |row: &[PipelineOutcome]| {
        let values = row.iter().map(|outcome| measure.of(outcome)).collect();
        Statistic::mean(&[Draws { key: 0, weight: 1.0, values, settled: false, group: 0 }])
    };
    let (with, without) = (side(with), side(without));
    let paired = with.as_ref().zip(without.as_ref()).map(|(with, without)| {
        let (value, interval) = difference(without, with, 1.0, TAIL);
        PairedDifference { value, interval }
    });
    MeasureWithout { measure, without: without.map(|statistic| statistic.value), difference: paired }
}
