//! What makes an alarm's datapoint breach, and everything that depends on which kind of signal that is.
//!
//! Whoever asks something about a kind asks a method here; [`Signal::kind`] is the table of the answers, with a row
//! for every kind and no wildcard, so that a new one cannot be forgotten.

use super::share::Ratio;
use super::unsaid::is_default;
use crate::ids::AlarmId;
use crate::random::Distribution;
use serde::Serialize;

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
    /// Bad items that the defect left in the period, each of them noticed with a probability: a reconciliation or a check
    /// of data quality.
    DamageCount {
        /// So many breach, at least 1.
        at_least: u64,
        /// Probability that a bad item is noticed.
        seen: f64,
    },
    /// Synthetic requests of a canary: constant traffic, whatever customers do.
    Synthetic {
        /// Probes in a period that has some, at least 1.
        probes: u64,
        /// Periods from one that has probes to the next, at least 1; the others have no datapoint.
        #[serde(skip_serializing_if = "is_one")]
        every: u64,
        /// Probability that a probe takes the path that the defect is on.
        covers: f64,
        /// Limit on the share of probes that fail.
        threshold: Ratio,
        /// Whether the limit itself breaches.
        comparison: Comparison,
    },
    /// No data: fewer requests than asked for, or no monitoring.
    Absent {
        /// Fewer requests of customers than this in a period are none, at least 1.
        min_requests: u64,
    },
    /// Fewer requests of customers in a period than usual at that time.
    RequestDrop {
        /// Share of the requests that the curve of the day promises, under which there are too few.
        below: Ratio,
    },
    /// Failed requests a second over requests a second, from counters that are scraped, over several windows at
    /// once: a Prometheus alerting rule.
    RateRatio(RateRule),
    /// The one-box beside a baseline: as many hosts that were started afresh with the old version.
    Canary(CanaryRule),
    /// Fires when one of these alarms does, each with a scope of its own.
    AnyOf(Vec<AlarmId>),
    /// Fires when enough of its alarms are in alarm at the same time, over the same place.
    Quorum(Quorum),
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

fn is_one(periods: &u64) -> bool {
    *periods == 1
}

/// What a signal reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reads {
    /// The requests that customers make to the scope.
    Requests,
    /// Requests of its own: the same number in every period.
    Probes,
    /// The state of the scope's hosts.
    Hosts,
    /// Other alarms.
    Alarms,
}

/// Which fault of a request a signal looks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sign {
    /// That it fails.
    #[default]
    Failure,
    /// That it is slow.
    Slowness,
}

/// How a signal comes to a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decides {
    /// By M of N datapoints, each by itself and by what its period saw.
    ByDatapoint,
    /// By what it remembers: every one of its datapoints matters.
    ByHistory,
    /// Without datapoints: after a time, or when others do.
    ByEvent,
}

/// What holds for every alarm with a signal of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignalKind {
    /// What it reads.
    pub reads: Reads,
    /// What it looks for in requests, customers' or its own; none if it reads none.
    pub sign: Option<Sign>,
    /// How it comes to a decision.
    pub decides: Decides,
    /// Whether it may look inside, past a cache that hides a fault from customers.
    pub may_be_internal: bool,
}

impl Signal {
    /// The answers for this kind of signal.
    #[must_use]
    pub fn kind(&self) -> SignalKind {
        use Decides::{ByDatapoint, ByEvent, ByHistory};
        let row =
            |reads, sign, decides, may_be_internal| SignalKind { reads, sign, decides, may_be_internal };
        let (failure, slowness) = (Some(Sign::Failure), Some(Sign::Slowness));
        match self {
            Self::ErrorRatio { .. } => row(Reads::Requests, failure, ByDatapoint, false),
            Self::SlowRatio { .. } => row(Reads::Requests, slowness, ByDatapoint, true),
            Self::ErrorCount { .. } => row(Reads::Requests, failure, ByDatapoint, true),
            Self::Synthetic { .. } => row(Reads::Probes, failure, ByDatapoint, true),
            Self::RateRatio(_) => row(Reads::Requests, failure, ByHistory, false),
            Self::Canary(rule) => row(Reads::Requests, Some(rule.sign), ByHistory, false),
            Self::Absent { .. } | Self::RequestDrop { .. } => row(Reads::Requests, None, ByDatapoint, false),
            Self::ImpairedHosts { .. } => row(Reads::Hosts, None, ByDatapoint, true),
            Self::BreachProbability { .. } => row(Reads::Hosts, None, ByDatapoint, true),
            Self::DamageCount { .. } => row(Reads::Hosts, None, ByDatapoint, false),
            Self::DetectionDelay(_) => row(Reads::Hosts, None, ByEvent, true),
            Self::AnyOf(_) | Self::Quorum(_) => row(Reads::Alarms, None, ByEvent, true),
        }
    }

    /// The limit on a ratio of requests or probes in one period, its strictness, and the fewest requests without which
    /// there is no datapoint; none for signals that have no such limit.
    #[must_use]
    pub fn ratio_limit(&self) -> Option<(Ratio, Comparison, u64)> {
        match *self {
            Self::ErrorRatio { threshold, comparison, min_requests }
            | Self::SlowRatio { threshold, comparison, min_requests } => {
                Some((threshold, comparison, min_requests))
            }
            Self::Synthetic { threshold, comparison, .. } => Some((threshold, comparison, 1)),
            Self::ErrorCount { .. }
            | Self::DamageCount { .. }
            | Self::Absent { .. }
            | Self::RequestDrop { .. }
            | Self::RateRatio(_)
            | Self::Canary(_)
            | Self::ImpairedHosts { .. }
            | Self::BreachProbability { .. }
            | Self::DetectionDelay(_)
            | Self::AnyOf(_)
            | Self::Quorum(_) => None,
        }
    }

    /// Fewer requests of customers than this in a period leave its datapoint missing; none if none ever is for want of
    /// requests.
    #[must_use]
    pub fn least_requests(&self) -> Option<u64> {
        let by_customers = self.ratio_limit().filter(|_| self.kind().reads == Reads::Requests);
        by_customers.map(|(_, _, min_requests)| min_requests.max(1))
    }

    /// Probability that what it reads takes the path that a defect is on: all of it does but for probes.
    #[must_use]
    pub fn covers(&self) -> f64 {
        if let Self::Synthetic { covers, .. } = self { *covers } else { 1.0 }
    }

    /// Periods from one in which it looks to the next: every one, but for probes that are rarer.
    #[must_use]
    pub fn periods_apart(&self) -> u64 {
        if let Self::Synthetic { every, .. } = self { *every } else { 1 }
    }

    /// Requests of its own in a period, if it makes any.
    #[must_use]
    pub fn probes(&self) -> Option<u64> {
        if let Self::Synthetic { probes, .. } = self { Some(*probes) } else { None }
    }

    /// Fewer requests than this breach, if it looks for data that are not there.
    #[must_use]
    pub fn absent(&self) -> Option<u64> {
        if let Self::Absent { min_requests } = self { Some(*min_requests) } else { None }
    }

    /// Whether it breaches by how few requests come, whatever becomes of them.
    #[must_use]
    pub fn counts_arrivals(&self) -> bool {
        matches!(self, Self::Absent { .. } | Self::RequestDrop { .. })
    }

    /// Whether it counts what was left in the whole of a period, be everyone well again by its end.
    #[inline]
    #[must_use]
    pub fn counts_damage(&self) -> bool {
        matches!(self, Self::DamageCount { .. })
    }

    /// The rule over rates, if it is one.
    #[must_use]
    pub fn rate_rule(&self) -> Option<&RateRule> {
        if let Self::RateRatio(rule) = self { Some(rule) } else { None }
    }

    /// How long after the first impaired host it fires, if it is given as that.
    #[must_use]
    pub fn detection_delay(&self) -> Option<&Distribution> {
        if let Self::DetectionDelay(delay) = self { Some(delay) } else { None }
    }

    /// The alarms that it is made of, if it is made of others.
    #[must_use]
    pub fn parts(&self) -> Option<&[AlarmId]> {
        match self {
            Self::AnyOf(parts) | Self::Quorum(Quorum { parts, .. }) => Some(parts),
            Self::ErrorRatio { .. }
            | Self::SlowRatio { .. }
            | Self::ErrorCount { .. }
            | Self::DamageCount { .. }
            | Self::Synthetic { .. }
            | Self::Absent { .. }
            | Self::RequestDrop { .. }
            | Self::RateRatio(_)
            | Self::Canary(_)
            | Self::ImpairedHosts { .. }
            | Self::BreachProbability { .. }
            | Self::DetectionDelay(_) => None,
        }
    }

    /// How many of its alarms it needs at once, if that is what it is made of.
    #[must_use]
    pub fn quorum(&self) -> Option<&Quorum> {
        if let Self::Quorum(quorum) = self { Some(quorum) } else { None }
    }
}

/// Alarms that count together: `all-of`, some of `any-of`, or a score.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Quorum {
    /// The alarms, each with a scope of its own.
    pub parts: Vec<AlarmId>,
    /// What each of them counts while it is in alarm, at least 1; as many as there are parts.
    pub points: Vec<u64>,
    /// So many points fire, at least 1 and at most all of them.
    pub at_least: u64,
}

impl Quorum {
    /// Whether the parts of which `in_alarm` holds are enough.
    pub fn is_met(&self, mut in_alarm: impl FnMut(AlarmId) -> bool) -> bool {
        let points = self.parts.iter().zip(&self.points).filter(|(part, _)| in_alarm(**part));
        points.map(|(_, points)| points).sum::<u64>() >= self.at_least
    }
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
    /// What is compared: the share of requests that fail, or that are slow.
    #[serde(skip_serializing_if = "is_default")]
    pub sign: Sign,
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
    /// The exact rank test of the error ratios of all periods, asked once, at the end of the one-box bake.
    MannWhitneyExact {
        /// Two-sided confidence, between 0 and 1.
        confidence: f64,
        /// The canary's mean must be at least this many times the baseline's.
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
