//! Two plans on the same trials: what got better, what got worse, and what cannot be told.

pub use super::estimate::Estimate;
use super::threshold::ThresholdResult;
use crate::plan::diff::PlanChange;
use crate::plan::study::Statistic;
use serde::Serialize;

/// The result of comparing a candidate plan with a baseline plan.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Compared {
    /// Layout of this document.
    pub schema_version: u32,
    /// Program that wrote it.
    pub tool: &'static str,
    /// Version of the program.
    pub tool_version: &'static str,
    /// Version of the simulated model.
    pub model_version: u32,
    /// What the candidate is compared with.
    pub baseline: Side,
    /// The plan under judgement.
    pub candidate: Side,
    /// How trials were drawn and weighed.
    pub estimator: &'static str,
    /// Probability that every verdict on a difference holds, all rows and looks together.
    pub confidence: f64,
    /// Rollouts simulated for each strategy of each side.
    pub trials: u64,
    /// Looks at the data, each with four times the trials of the one before; the last is reported.
    pub looks: u32,
    /// Inputs that differ, in the order of the scenario language; none means the same study.
    pub inputs: Vec<PlanChange>,
    /// Strategies that only the baseline has.
    pub removed_strategies: Vec<String>,
    /// Strategies that only the candidate has.
    pub added_strategies: Vec<String>,
    /// One row per strategy and guarded statistic.
    pub rows: Vec<Row>,
    /// The candidate's own limits.
    pub thresholds: Vec<ThresholdResult>,
    /// The verdict on all rows and thresholds of level error.
    pub verdict: GateVerdict,
}

/// One of the two plans.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Side {
    /// The scenario's name.
    pub scenario: String,
    /// Where it came from, as the user wrote it: a path, `git:REV:PATH`, a baseline file.
    pub source: String,
    /// Fingerprint of the resolved plan.
    pub plan_digest: String,
    /// Root of every random stream.
    pub seed: u64,
}

/// One statistic of one strategy under both plans. Less is better for every metric.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// The strategy.
    pub strategy: String,
    /// The metric's name, one of [`crate::outcome::metric::METRICS`].
    pub metric: &'static str,
    /// The statistic.
    pub statistic: Statistic,
    /// Accepted increase as a share of the baseline's value: 0.05 for 5 %.
    pub tolerance: f64,
    /// The baseline's value; absent without trials that have one.
    pub baseline: Option<Estimate>,
    /// The candidate's value.
    pub candidate: Option<Estimate>,
    /// Candidate minus baseline, over the same trials.
    pub difference: Option<Estimate>,
    /// What the difference says.
    pub change: Change,
    /// Trials in which both have a value.
    pub pairs: u64,
    /// Of those, trials in which the two values differ.
    pub pairs_that_differ: u64,
    /// The trial in which the candidate is worse by most; absent if it is worse in none.
    pub most_worse_trial: Option<u64>,
    /// Trials that would probably decide; absent unless inconclusive, or if no reasonable number would.
    pub trials_needed: Option<u64>,
}

/// What a paired difference says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// Every trial has the same value under both plans.
    NoChange,
    /// Less than before, beyond doubt.
    Improved,
    /// Not more than the tolerance above the baseline, beyond doubt.
    WithinTolerance,
    /// More than the tolerance above the baseline, beyond doubt.
    Regressed,
    /// The trials do not decide.
    Inconclusive,
}

impl Change {
    /// The word, for reports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::NoChange => "no change",
            Self::Improved => "improved",
            Self::WithinTolerance => "within tolerance",
            Self::Regressed => "regressed",
            Self::Inconclusive => "inconclusive",
        }
    }
}

/// The verdict of a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum GateVerdict {
    /// Nothing regressed, no limit is broken, nothing is open.
    Pass,
    /// A row regressed or a limit of level error is broken.
    Fail,
    /// Neither is shown, and something is open.
    Inconclusive,
}
