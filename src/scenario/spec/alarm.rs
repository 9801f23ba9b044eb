//! `[[alarm]]` as written.

use super::spec;
use crate::plan::{EvaluationClock, Missing, Scope, Watch};
use crate::scenario::reader::Written;
use crate::scenario::value::{Datapoints, DistributionText, Duration, Int, Name, Percent, keywords};

spec! {
    /// An alarm. It has exactly one signal: `error-ratio`, `slow-ratio`, `error-count`, `synthetic`,
    /// `impaired-hosts`, `breach-probability`, `detection-delay` or `any-of`.
    pub struct AlarmSpec {
        /// Unique name, for example "zone-errors".
        required name: Name,
        /// What one instance of the alarm looks at. Not with `any-of`, whose alarms have scopes of their own.
        optional scope: Scope,
        /// Signal: failed requests over requests in a period, sampled from the traffic.
        optional error_ratio: ErrorRatioSpec,
        /// Signal: slow requests over requests in a period: a percentile of latency against its limit.
        optional slow_ratio: ErrorRatioSpec,
        /// Signal: failed requests in a period that somebody notices: error logs, or customers who call.
        optional error_count: ErrorCountSpec,
        /// Signal: a canary's own requests, constant whatever customers do.
        optional synthetic: SyntheticSpec,
        /// Fires when one of these alarms does. Everything else is theirs.
        optional any_of: Vec<Written<Name>>,
        /// Signal: share of the scope's hosts that are impaired, as a health check sees them.
        optional impaired_hosts: ImpairedHostsSpec,
        /// Signal: the probability that a datapoint breaches, given directly.
        optional breach_probability: BreachSpec,
        /// Signal: fires this long after the scope's first impaired host. It has no datapoints, so
        /// `period`, `datapoints`, `publish-delay` and `clock` do not go with it.
        optional detection_delay: DistributionText,
        /// Time between evaluations, greater than 0. Default: "1m".
        optional period: Duration,
        /// Breaching datapoints needed, "3 of 5" or 3. Default: "1 of 1".
        optional datapoints: Datapoints,
        /// Delay from the end of a period until its result is known. Default: "0s".
        optional publish_delay: Duration,
        /// How long the pipeline listens: to the end of the last zone bake of the scope in the wave
        /// ("deployment"), of the wave's bake, or of the rollout. Not for one-box alarms, which
        /// watch their one-box stage. Default: "wave".
        optional watch: Watch,
        /// Whether evaluations happen at whole periods of the wall clock or of the deployment.
        /// Default: "wall".
        optional clock: EvaluationClock,
        /// What a missing datapoint counts as: "not-breaching", "breaching", "ignore" (no news) or "missing" (no
        /// data); the words are CloudWatch's. Default: "not-breaching".
        optional missing_data: Missing,
        /// Probability that this monitor is broken for a whole rollout. Default: "0%".
        optional broken: Percent,
        /// Share of the scope's hosts from which on, if they are impaired, its datapoints are missing.
        /// Default: never.
        optional lost_with_service: Percent,
        /// Looks inside: sees an awake fault that a cache still hides from customers. Not for `error-ratio`.
        /// Default: false.
        optional internal: bool,
    }
}

spec! {
    /// Breaches by the ratio of failed requests: `above` or `at-least`.
    pub struct ErrorRatioSpec {
        /// Breaches when the ratio is greater than this.
        optional above: Percent,
        /// Breaches when the ratio is this or greater.
        optional at_least: Percent,
        /// Periods with fewer requests do not breach; from 1. Default: 1.
        optional min_requests: Int<1, 1_000_000_000_000>,
    }
}

spec! {
    /// Breaches by the number of failed requests that somebody notices.
    pub struct ErrorCountSpec {
        /// So many breach; from 1.
        required at_least: Int<1, 1_000_000_000_000>,
        /// Probability that a failed request is noticed. Default: "100%".
        optional seen: Percent,
    }
}

spec! {
    /// Breaches by the share of failing probes: `above` or `at-least`.
    pub struct SyntheticSpec {
        /// Probes in a period; from 1.
        required probes: Int<1, 1_000_000>,
        /// Probability that a probe takes the path that the defect is on. Default: "100%".
        optional covers: Percent,
        /// Breaches when the share of failing probes is greater than this.
        optional above: Percent,
        /// Breaches when the share is this or greater.
        optional at_least: Percent,
    }
}

spec! {
    /// Breaches by the share of impaired hosts: `above` or `at-least`.
    pub struct ImpairedHostsSpec {
        /// Breaches when the share is greater than this.
        optional above: Percent,
        /// Breaches when the share is this or greater.
        optional at_least: Percent,
    }
}

spec! {
    /// Breaches with given probabilities.
    pub struct BreachSpec {
        /// Probability while no host of the scope is impaired. Default: "0%".
        optional healthy: Percent,
        /// Probability while at least one is. Default: "100%".
        optional impaired: Percent,
    }
}

keywords! {
    Scope {
        "one-box" => Scope::OneBox,
        "zone" => Scope::Zone,
        "region" => Scope::Region,
        "service" => Scope::Service,
    }
}

keywords! {
    Missing {
        "not-breaching" => Missing::NotBreaching,
        "breaching" => Missing::Breaching,
        "ignore" => Missing::Ignore,
        "missing" => Missing::Missing,
    }
}

keywords! {
    Watch {
        "deployment" => Watch::Deployment,
        "wave" => Watch::Wave,
        "rollout" => Watch::Rollout,
    }
}

keywords! {
    EvaluationClock {
        "wall" => EvaluationClock::Wall,
        "deployment" => EvaluationClock::Deployment,
    }
}
