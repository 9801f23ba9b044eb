//! Alarms as mechanisms: what is measured, where, how often, and when it counts as firing.

use super::share::Ratio;
use super::signal::{Decides, RateRule, Signal};
use super::unsaid::is_default;
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
    /// Whose hosts of its scope it looks at.
    #[serde(skip_serializing_if = "is_default")]
    pub version: Version,
    /// Probability that a datapoint is lost, each by itself.
    #[serde(skip_serializing_if = "is_default")]
    pub lost: f64,
    /// It is not evaluated until so long after it opened: a warm-up.
    #[serde(skip_serializing_if = "is_default")]
    pub grace_ms: u64,
}

/// Which hosts of its scope an alarm looks at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Version {
    /// All of them.
    #[default]
    Any,
    /// Those that have the new version now, and the requests that these serve.
    New,
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
    /// Whether missing datapoints can make it fire by themselves.
    #[must_use]
    pub fn breaches_by_gaps(&self) -> bool {
        let minds_gaps = self.missing == Missing::Breaching || self.signal.absent().is_some();
        minds_gaps && self.signal.kind().decides == Decides::ByDatapoint
    }

    /// Whether datapoints of it are missing while all is well, whatever requests come.
    #[must_use]
    pub fn has_gaps_anyway(&self) -> bool {
        self.lost > 0.0 || self.signal.periods_apart() > 1
    }

    /// Whether it is M of N datapoints over whole scopes from the beginning on, that each breach by themselves and by the
    /// state of their scope, and a missing one is as one that does not: what a closed form knows.
    #[must_use]
    pub fn is_memoryless(&self) -> bool {
        let all_periods = self.grace_ms == 0 && !self.has_gaps_anyway();
        let all_of_them = all_periods && self.version == Version::Any;
        let by_history = self.signal.kind().decides == Decides::ByHistory || self.signal.counts_damage();
        let by_itself = !by_history && self.signal.absent().is_none();
        all_of_them && by_itself && self.missing == Missing::NotBreaching
    }

    /// The least time from an impaired host to the alarm, in milliseconds: what it does not look at in the beginning, M - 1
    /// whole periods between the first breach and the last, and the publish delay.
    #[must_use]
    pub fn least_ms(&self) -> u64 {
        let after_grace_ms = match self.signal {
            Signal::DetectionDelay(Distribution::Fixed { ms }) => ms,
            Signal::DetectionDelay(_) => 0,
            Signal::RateRatio(ref rule) => rule.for_ms + self.publish_delay_ms,
            // How long a canary must be seen is up to its judge.
            Signal::Canary(_) => self.publish_delay_ms,
            Signal::ErrorRatio { .. }
            | Signal::SlowRatio { .. }
            | Signal::ErrorCount { .. }
            | Signal::DamageCount { .. }
            | Signal::Synthetic { .. }
            | Signal::Absent { .. }
            | Signal::RequestDrop { .. }
            | Signal::ImpairedHosts { .. }
            | Signal::BreachProbability { .. }
            | Signal::AnyOf(_)
            | Signal::Quorum(_) => {
                u64::from(self.datapoints_to_alarm - 1) * self.between_ms() + self.publish_delay_ms
            }
        };
        self.grace_ms + after_grace_ms
    }

    /// The time after which a scope that fails every request has certainly been seen, in milliseconds, wherever the
    /// evaluations fall: one period more.
    #[must_use]
    pub fn enough_ms(&self) -> u64 {
        if self.signal.detection_delay().is_some() {
            return self.least_ms();
        }
        let by_rule = self.rate_rule().map_or(0, |rule| {
            let limit_ms = rule.time_to_limit_ms(1.0).unwrap_or(0.0) as u64;
            limit_ms + rule.scrapes_per_evaluation * self.period_ms
        });
        self.least_ms() + by_rule + self.between_ms()
    }

    /// From one datapoint to the next, in milliseconds.
    fn between_ms(&self) -> u64 {
        self.period_ms * self.signal.periods_apart()
    }

    /// The same of an ordinary rollout: [`Alarm::enough_ms`], or the median of a delay, in milliseconds.
    #[must_use]
    pub fn usual_ms(&self) -> u64 {
        self.signal.detection_delay().map_or_else(|| self.enough_ms(), Distribution::median_ms)
    }

    /// The rule over rates, if it is one.
    #[must_use]
    pub fn rate_rule(&self) -> Option<&RateRule> {
        self.signal.rate_rule()
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
