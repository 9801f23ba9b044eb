//! What stages buy and cost: the same trials with them and without, under the same draws.
//!
//! Trial t has the same merges, reviews, and runs of the other stages on both sides, so what they have in common cancels
//! from the differences. It simulates nothing and knows no words of reports.

use super::estimate::Estimate;
use super::pipeline::PipelineTrials;
use super::row::{StrategyTrials, difference_of_means};
use crate::outcome::measures::Measure;
use crate::plan::Plan;
use serde::{Deserialize, Serialize};

/// The comparison of a pipeline with itself without some of its stages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Without {
    /// The stages that every revision passes by.
    pub stages: Vec<String>,
    /// In plan order.
    pub strategies: Vec<StrategyWithout>,
}

/// The comparison for one strategy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StrategyWithout {
    /// Its name.
    pub name: String,
    /// One a measure, in the order of the summary.
    pub measures: Vec<MeasureWithout>,
}

/// One measure with the stages and without.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MeasureWithout {
    /// What is measured.
    pub measure: &'static Measure,
    /// Mean over the trials without the stages that have something to say; none if none has.
    pub without: Option<f64>,
    /// The mean without the stages minus that with them; none if a side has nothing to say.
    pub difference: Option<Estimate>,
}

/// Compares trials with the stages called `stages` to those without them, strategy by strategy.
#[must_use]
pub fn compare(plan: &Plan, stages: Vec<String>, with: &PipelineTrials, without: &PipelineTrials) -> Without {
    let rows = with.by_strategy.iter().zip(&without.by_strategy);
    let strategies = plan.strategies.iter().zip(rows).enumerate();
    let compared = strategies.map(|(index, (strategy, (with, without)))| {
        let [with, without] =
            [with, without].map(|trials| StrategyTrials { plan, strategy: index, trials: &trials[..] });
        let of_measure = |measure: &'static Measure| {
            let (mean, difference) = difference_of_means(measure, &with, &without);
            MeasureWithout { measure, without: mean, difference }
        };
        StrategyWithout {
            name: strategy.name.clone(),
            measures: plan.pipeline.iter().flat_map(|it| it.line.measures()).map(of_measure).collect(),
        }
    });
    Without { stages, strategies: compared.collect() }
}
