//! What to simulate, what to promise and what was published: trials, seed, baseline, thresholds, expectations.

use crate::outcome::measures::Measure;
use serde::{Deserialize, Serialize};

/// More trials than this for one strategy fit in no ordinary memory, and no estimate needs them.
pub const MAX_TRIALS: u64 = 10_000_000;
/// More simulated pipelines than this for one strategy take days, and no estimate needs them.
pub const MAX_PIPELINE_TRIALS: u64 = 100_000;

/// The study's parameters.
#[derive(Debug, Clone, Serialize)]
pub struct StudyPlan {
    /// Rollouts simulated for each strategy; the first of several rounds if a precision is asked for.
    pub trials: u64,
    /// How they are drawn.
    pub estimator: Estimator,
    /// Estimates that must be precise before the study ends; none: after `trials`.
    pub precision: Vec<Precision>,
    /// Most rollouts of each strategy that precision may take, or a gate.
    pub max_trials: u64,
    /// Root of every random stream.
    pub seed: u64,
    /// Index of the strategy that others are compared with.
    pub baseline: usize,
    /// Start of the rollout, milliseconds after midnight UTC of its day.
    pub start_utc_ms: u64,
    /// The start moves forward by a uniform draw from `[0, start_spread_ms)`, the same for every strategy.
    pub start_spread_ms: u64,
    /// How long an escaped defect goes on doing damage after the rollout is complete.
    pub observe_after_ms: u64,
    /// Limits to hold.
    pub thresholds: Vec<Threshold>,
    /// What must not get worse from one version of the plan to the next.
    pub guards: Vec<Guard>,
    /// What was published, to be shown beside what is simulated. Left out of the plan's fingerprint where there
    /// is nothing, so that a plan without keeps the one it always had.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub expectations: Vec<Expectation>,
}

/// How trials are drawn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Estimator {
    /// Every trial from all possible changes: plain Monte Carlo.
    Plain,
    /// One stratum for good changes and one for each defect.
    #[default]
    ByDefect,
    /// As above, and every defect on the change clock split by how long it takes to show.
    ByDefectAndLatency,
}

impl Estimator {
    /// The name in scenario files and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::ByDefect => "by-defect",
            Self::ByDefectAndLatency => "by-defect-and-latency",
        }
    }
}

/// How precise an estimate must be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Precision {
    /// What is measured.
    pub metric: &'static Measure,
    /// Statistic of the metric.
    pub statistic: Statistic,
    /// Strategy whose estimate it is; all when absent.
    pub strategy: Option<usize>,
    /// Largest half-width of the interval, as a share of the estimate.
    pub relative: f64,
}

/// A statistic that must not grow by more than a tolerance between two versions of a plan.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Guard {
    /// What is measured.
    pub metric: &'static Measure,
    /// Statistic of the metric.
    pub statistic: Statistic,
    /// Strategy it applies to; all that both versions have when absent.
    pub strategy: Option<usize>,
    /// Accepted increase as a share of the old value.
    pub tolerance: f64,
}

/// A limit on a statistic of a metric.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Threshold {
    /// What is measured.
    pub metric: &'static Measure,
    /// Statistic of the metric.
    pub statistic: Statistic,
    /// Strategy it applies to; all when absent.
    pub strategy: Option<usize>,
    /// What is allowed.
    #[serde(flatten)]
    pub bound: Bound,
    /// What breaking it means.
    pub level: Level,
}

impl Threshold {
    /// Whether it is about this strategy.
    #[must_use]
    pub fn is_about(&self, strategy: usize) -> bool {
        self.strategy.is_none_or(|only| only == strategy)
    }
}

/// Where what is allowed of a statistic ends, in the metric's unit. The end itself is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bound {
    /// At most so much.
    Max(f64),
    /// At least so much: for metrics of which more is better.
    Min(f64),
}

impl Bound {
    /// The end itself.
    #[must_use]
    pub fn value(self) -> f64 {
        match self {
            Self::Max(value) | Self::Min(value) => value,
        }
    }

    /// The least and the largest value that are allowed, as far as there are such.
    #[must_use]
    pub fn ends(self) -> (Option<f64>, Option<f64>) {
        match self {
            Self::Max(max) => (None, Some(max)),
            Self::Min(min) => (Some(min), None),
        }
    }

    /// The key in scenario files.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Max(_) => "max",
            Self::Min(_) => "min",
        }
    }
}

/// A number that was published or promised about one strategy.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Expectation {
    /// What is measured.
    pub metric: &'static Measure,
    /// Statistic of the metric; the mean for a yes/no metric, whose percentiles say nothing.
    pub statistic: Statistic,
    /// Strategy it is about.
    pub strategy: usize,
    /// The number in the metric's unit; below 0 only where the metric can be.
    pub value: f64,
    /// How far off the simulation may be.
    pub tolerance: Tolerance,
    /// Where the number comes from; may be empty.
    pub source: String,
    /// What missing it means.
    pub level: Level,
}

impl Expectation {
    /// The least and the largest statistic that agree with what was published, in the metric's unit.
    #[must_use]
    pub fn band(&self) -> (f64, f64) {
        let room = match self.tolerance {
            Tolerance::Relative(share) => self.value.abs() * share,
            Tolerance::Within(room) => room,
        };
        (self.value - room, self.value + room)
    }
}

/// How far from a published number the simulated one may be, on either side.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tolerance {
    /// This share of the published number.
    Relative(f64),
    /// This much in the metric's unit.
    Within(f64),
}

/// A statistic of a metric over trials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Statistic {
    /// Mean (the share of trials, for a yes/no metric).
    Mean,
    /// Median.
    P50,
    /// 90th percentile.
    P90,
    /// 95th percentile.
    P95,
    /// 99th percentile.
    P99,
    /// Mean of the worst hundredth, also called conditional value at risk or expected shortfall.
    Cvar99,
    /// Largest value seen.
    Max,
}

impl Statistic {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Mean, Self::P50, Self::P90, Self::P95, Self::P99, Self::Cvar99, Self::Max];

    /// The name in scenario files and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::P50 => "p50",
            Self::P90 => "p90",
            Self::P95 => "p95",
            Self::P99 => "p99",
            Self::Cvar99 => "cvar99",
            Self::Max => "max",
        }
    }

    /// The share of values below a percentile; none for other statistics.
    #[must_use]
    pub fn percentile(self) -> Option<f64> {
        match self {
            Self::P50 => Some(0.5),
            Self::P90 => Some(0.9),
            Self::P95 => Some(0.95),
            Self::P99 => Some(0.99),
            Self::Mean | Self::Cvar99 | Self::Max => None,
        }
    }
}

/// Severity of a broken threshold or a missed expectation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Fails the run.
    Error,
    /// Is reported only.
    Warn,
}
