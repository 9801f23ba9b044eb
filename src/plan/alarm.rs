//! Alarms as mechanisms: what is measured, where, how often, and when it counts as firing.

use super::Ratio;
use crate::random::Distribution;
use serde::Serialize;

/// One alarm definition; it is instantiated for every entity of its scope under deployment.
#[derive(Debug, Clone, Serialize)]
pub struct Alarm {
    /// Unique name.
    pub name: String,
    /// Stable identity for random streams: a hash of the name.
    pub entity: u64,
    /// What one instance of the alarm looks at.
    pub scope: Scope,
    /// What makes a datapoint breach.
    pub signal: Signal,
    /// Time between evaluations; each evaluation reads the datapoint of the period it ends.
    pub period_ms: u64,
    /// Breaching datapoints needed (M).
    pub datapoints_to_alarm: u32,
    /// Most recent datapoints looked at (N, at most 64). History before the watch is not breaching.
    pub window: u32,
    /// Delay from the end of a period to the evaluation's result being known.
    pub publish_delay_ms: u64,
    /// How long the pipeline listens to the alarm.
    pub watch: Watch,
    /// What the evaluation lattice is aligned to.
    pub clock: EvaluationClock,
    /// What a missing datapoint counts as.
    pub missing: Missing,
    /// Probability that this monitor is broken, drawn once for every trial: then it never fires.
    pub broken: f64,
    /// Share of the scope's hosts from which on its datapoints are missing when they are impaired: monitoring
    /// that goes down with what it monitors.
    pub lost_with_service: Option<Ratio>,
    /// It looks inside, and sees an awake fault that a cache still hides from customers.
    pub internal: bool,
}

/// What one instance of an alarm looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// The one-box hosts of a zone, while its one-box stage lasts.
    OneBox,
    /// One zone.
    Zone,
    /// One region.
    Region,
    /// The whole fleet.
    Service,
}

/// What makes a datapoint breach.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Signal {
    /// Failed requests over requests in the period, sampled from the scope's traffic.
    ErrorRatio {
        /// Limit on the ratio.
        threshold: Ratio,
        /// Whether the limit itself breaches.
        comparison: Comparison,
        /// Fewer requests than this make the datapoint missing, which does not breach.
        min_requests: u64,
    },
    /// Share of the scope's hosts that are impaired at the evaluation: a health check.
    ImpairedHosts {
        /// Limit on the share.
        threshold: Ratio,
        /// Whether the limit itself breaches.
        comparison: Comparison,
    },
    /// Slow requests over requests in the period: a percentile of latency against its limit. That p99 is above
    /// a limit means that more than 1 % of requests are slower than it.
    SlowRatio {
        /// Limit on the ratio.
        threshold: Ratio,
        /// Whether the limit itself breaches.
        comparison: Comparison,
        /// Fewer requests than this make the datapoint missing.
        min_requests: u64,
    },
    /// Failed requests in the period, each of them noticed with a probability: error logs, or customers who
    /// call.
    ErrorCount {
        /// So many breach, at least 1.
        at_least: u64,
        /// Probability that a failed request is noticed.
        seen: f64,
    },
    /// Synthetic requests of a canary: constant traffic, whatever customers do.
    Synthetic {
        /// Probes in a period, at least 1.
        probes: u64,
        /// Probability that a probe takes the path that the defect is on.
        covers: f64,
        /// Limit on the share of probes that fail.
        threshold: Ratio,
        /// Whether the limit itself breaches.
        comparison: Comparison,
    },
    /// Fires when one of these alarms does, each with a scope of its own.
    AnyOf(Vec<usize>),
    /// The breach probability of each datapoint given directly: no traffic model.
    BreachProbability {
        /// While no host of the scope is impaired.
        healthy: f64,
        /// While at least one is.
        impaired: f64,
    },
    /// The simple form: fires once, this long after the scope's first impaired host.
    DetectionDelay(Distribution),
}

/// Strictness of a threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Comparison {
    /// Breaches when the value is greater than the limit.
    Above,
    /// Breaches when the value is greater than or equal to the limit.
    AtLeast,
}

/// What a missing datapoint counts as; the words and their meaning are those of Amazon CloudWatch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Missing {
    /// As one that does not breach.
    #[default]
    NotBreaching,
    /// As one that breaches.
    Breaching,
    /// As no news: the state stays as it is unless there is enough data.
    Ignore,
    /// As no data.
    Missing,
}

impl Alarm {
    /// Whether gaps in its data do more than not breach.
    #[must_use]
    pub fn minds_gaps(&self) -> bool {
        self.missing != Missing::NotBreaching
    }
}

/// How long the pipeline listens to an alarm instance, from the start of the first deployment in
/// its scope. A one-box alarm is always watched for its one-box stage only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Watch {
    /// To the end of the last zone bake of its scope in the wave.
    Deployment,
    /// To the end of the wave's bake.
    Wave,
    /// To the end of the rollout.
    Rollout,
}

/// What the evaluation lattice is aligned to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EvaluationClock {
    /// Evaluations at whole multiples of the period on the wall clock, as hosted monitoring does.
    Wall,
    /// Evaluation k at k periods after the watch began.
    Deployment,
}
