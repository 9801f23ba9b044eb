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
    /// Failed requests a second over requests a second, from counters that are scraped, over several windows at
    /// once: a Prometheus alerting rule.
    RateRatio(RateRule),
    /// The one-box beside a baseline: as many hosts that were started afresh with the old version.
    Canary(CanaryRule),
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

/// An alerting rule over rates. Its counters are scraped once every period of the alarm.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RateRule {
    /// Windows of the rates, in milliseconds, at least one, each at least two scrapes. The ratio must be over the
    /// limit in all of them.
    pub windows_ms: Vec<u64>,
    /// Limit on the ratio; a floating-point number, as the rule compares it.
    pub threshold: f64,
    /// Whether the limit itself breaches.
    pub comparison: Comparison,
    /// Scrapes from one evaluation of the rule to the next, at least 1.
    pub scrapes_per_evaluation: u64,
    /// How long the ratio must be over the limit before the alert fires: `for`.
    pub for_ms: u64,
    /// How long the alert goes on firing once the ratio is not over the limit any more: `keep_firing_for`.
    pub keep_firing_for_ms: u64,
}

impl RateRule {
    /// The longest window, in milliseconds.
    #[must_use]
    pub fn longest_ms(&self) -> u64 {
        self.windows_ms.iter().copied().max().unwrap_or(0)
    }

    /// How long requests that fail with probability `failing` must come, at an even rate and after none failed,
    /// until the ratio is at the limit in every window, in milliseconds; none if it never is. Google, The Site
    /// Reliability Workbook, chapter 5: window times limit over error rate.
    #[must_use]
    pub fn time_to_limit_ms(&self, failing: f64) -> Option<f64> {
        (failing >= self.threshold && failing > 0.0)
            .then(|| self.longest_ms() as f64 * self.threshold / failing)
    }
}

/// How a canary is judged beside its baseline.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CanaryRule {
    /// Who judges.
    pub judge: Judge,
    /// Fewer requests than this on either side, in all that the judge looks at, are not enough to judge.
    /// Whether a bake that ends without a verdict stops the rollout: too few requests, or evidence for neither side.
    pub fail_inconclusive: bool,
}

/// A judge of a canary.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Judge {
    /// Wald's sequential probability ratio test, asked every period: healthy, or failing `ratio` times as often.
    Sequential {
        /// How many times as many failures as the baseline are too many; above 1.
        ratio: f64,
        /// Probability of stopping a canary like its baseline, over the whole bake.
        false_positive: f64,
        /// Probability of passing one that fails `ratio` times as often, if the bake is long enough.
        false_negative: f64,
    },
    /// The z-score of all requests, asked once, at the end of the one-box bake.
    ZScore {
        /// Two-sided confidence, between 0 and 1.
        confidence: f64,
        /// The canary's share of failures must be at least this many times the baseline's.
        least_ratio: f64,
    },
    /// The Mann-Whitney test as Kayenta's judge applies it, of the error ratios of all periods, asked once, at the
    /// end of the one-box bake.
    MannWhitney {
        /// The canary's mean must be at least this many times the baseline's.
        least_ratio: f64,
    },
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

    /// Whether it is M of N datapoints that each breach by themselves and by what their period saw. Others need
    /// every datapoint drawn.
    #[must_use]
    pub fn is_memoryless(&self) -> bool {
        !self.minds_gaps() && !matches!(self.signal, Signal::RateRatio(_) | Signal::Canary(_))
    }

    /// The rule over rates, if it is one.
    #[must_use]
    pub fn rate_rule(&self) -> Option<&RateRule> {
        match &self.signal {
            Signal::RateRatio(rule) => Some(rule),
            _ => None,
        }
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
