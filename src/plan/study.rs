//! What to simulate and what to promise: trials, seed, baseline, thresholds.

use serde::Serialize;

/// The study's parameters.
#[derive(Debug, Clone, Serialize)]
pub struct Study {
    /// Rollouts simulated for each strategy.
    pub trials: u64,
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
}

/// A limit on a statistic of a metric.
#[derive(Debug, Clone, Serialize)]
pub struct Threshold {
    /// Metric name, one of [`crate::outcome::metric::METRICS`].
    pub metric: String,
    /// Statistic of the metric.
    pub statistic: Statistic,
    /// Strategy it applies to; all when absent.
    pub strategy: Option<usize>,
    /// Upper limit in the metric's unit.
    pub max: f64,
    /// What breaking it means.
    pub level: Level,
}

/// A statistic of a metric over trials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Statistic {
    /// Mean (the share of trials, for a yes/no metric).
    Mean,
    /// Median.
    P50,
    /// 90th percentile.
    P90,
    /// 99th percentile.
    P99,
    /// Largest value seen.
    Max,
}

/// Severity of a broken threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Fails the run.
    Error,
    /// Is reported only.
    Warn,
}
