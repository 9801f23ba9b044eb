//! `[[alarm]]` as written.

use crate::plan::{EvaluationClock, Missing, Scope, Version, Watch};
use crate::scenario::reader::Written;
use crate::scenario::table::spec;
use crate::scenario::value::{Datapoints, DistributionText, Duration, Int, Name, Percent, Points, Positive};
use crate::scenario::words::words;

spec! {
    /// An alarm. It has exactly one signal: `error-ratio`, `slow-ratio`, `error-count`, `damage-count`, `synthetic`,
    /// `rate-ratio`, `burn-rate`, `canary`, `absent`, `request-drop`, `impaired-hosts`, `breach-probability`, `detection-delay`, `any-of`, `all-of` or `score`.
    pub struct AlarmSpec {
        /// Unique name, for example "zone-errors".
        required name: Name,
        /// What one instance of the alarm looks at. Not with `any-of`, `all-of` and `score`, whose alarms have
        /// scopes of their own.
        optional scope: Scope,
        /// Signal: failed requests over requests in a period, sampled from the traffic.
        optional error_ratio: ErrorRatioSpec,
        /// Signal: slow requests over requests in a period: a percentile of latency against its limit.
        optional slow_ratio: ErrorRatioSpec,
        /// Signal: failed requests in a period that somebody notices: error logs, or customers who call.
        optional error_count: ErrorCountSpec,
        /// Signal: bad items left in a period that somebody notices: a reconciliation, a check of data quality.
        optional damage_count: DamageCountSpec,
        /// Signal: a canary's own requests, constant whatever customers do.
        optional synthetic: SyntheticSpec,
        /// Signal: failed requests a second over requests a second in one window or several, as a Prometheus
        /// alerting rule over `rate()`. `period` is its evaluation interval; `datapoints`, `clock` and
        /// `missing-data` do not go with it.
        optional rate_ratio: RateRatioSpec,
        /// Signal: the error budget is spent this many times too fast in every window: a burn-rate alert of the Site
        /// Reliability Workbook. As `rate-ratio` with a limit of factor x (100 % - objective).
        optional burn_rate: BurnRateSpec,
        /// Signal: there are no data: too few requests, or no monitoring (`lost`, `lost-with-service`, `broken`).
        optional absent: AbsentSpec,
        /// Signal: fewer requests in a period than usual at that time of day: customers do not get there.
        optional request_drop: RequestDropSpec,
        /// Signal: the one-box is worse than as many fresh hosts on the old version. With `scope = "one-box"` only;
        /// `datapoints` and `missing-data` do not go with it.
        optional canary: CanarySpec,
        /// Fires when one of these alarms does, or `at-least` so many of them are in alarm at the same time. Everything
        /// else is theirs.
        optional any_of: Vec<Written<Name>>,
        /// How many alarms of `any-of` must be in alarm at the same time, over the same place; from 1. Default: 1.
        optional at_least: Int<1, 1_000>,
        /// Fires when all of these alarms are in alarm at the same time, over the same place. Everything else is theirs.
        optional all_of: Vec<Written<Name>>,
        /// Fires when the alarms that are in alarm at the same time, over the same place, have enough points. Everything
        /// else is theirs.
        optional score: ScoreSpec,
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
        /// Probability that a datapoint, or a scrape of a rule over rates, is lost, each by itself. Default: "0%".
        optional lost: Percent,
        /// It is not evaluated until so long after it opened: a warm-up. Default: "0s".
        optional grace: Duration,
        /// Whose hosts of the scope it looks at: those that have the new version now, and the requests that these serve
        /// ("new"), or all ("any"). "new" not with the scope "one-box", which has no others. Default: "any".
        optional version: Version,
        /// Looks inside: sees an awake fault that a cache still hides from customers. Not for `error-ratio`.
        /// Default: false.
        optional internal: bool,
    }

    /// Breaches by the number of requests.
    pub struct AbsentSpec {
        /// Periods with fewer requests breach; from 1. Default: 1.
        optional min_requests: Int<1, 1_000_000_000_000>,
    }

    /// Breaches by how few requests come.
    pub struct RequestDropSpec {
        /// Fewer than this share of the requests that are expected by the curve of the day breach; above 0 %.
        required below: Percent,
    }

    /// Alarms that count together.
    pub struct ScoreSpec {
        /// What each alarm counts while it is in alarm, for example { errors = 60, latency = 40 }.
        required points: Points,
        /// So many points fire; from 1, at most all of them.
        required at_least: Int<1, 1_000_000_000>,
    }

    /// Breaches by the ratio of failed requests: `above` or `at-least`.
    pub struct ErrorRatioSpec {
        /// Breaches when the ratio is greater than this.
        optional above: Percent,
        /// Breaches when the ratio is this or greater.
        optional at_least: Percent,
        /// Periods with fewer requests do not breach; from 1. Default: 1.
        optional min_requests: Int<1, 1_000_000_000_000>,
    }

    /// A limit on a ratio of rates: `above` or `at-least`.
    pub struct RateRatioSpec {
        /// True when the ratio is greater than this.
        optional above: Percent,
        /// True when the ratio is this or greater.
        optional at_least: Percent,
        /// Windows of the rates, for example ["1h", "5m"]; the ratio must be over the limit in all of them.
        required windows: Vec<Written<Duration>>,
        /// Time between scrapes; `period` must be a multiple of it. Default: `period`.
        optional scrape: Duration,
        /// How long the ratio must be over the limit before the alert fires: Prometheus' `for`. Default: "0s".
        optional r#for: Duration,
        /// How long the alert goes on firing once it is not: Prometheus' `keep_firing_for`. Default: "0s".
        optional keep_firing_for: Duration,
    }

    /// A limit on how fast the error budget is spent.
    pub struct BurnRateSpec {
        /// Service level objective on requests, for example "99.9%"; below 100 %.
        required objective: Percent,
        /// How many times as fast as evenly over the budget's whole time: 14.4 spends 2 % of 30 days in an hour.
        required factor: Positive,
        /// Windows of the rates, for example ["1h", "5m"]; the budget must burn too fast in all of them.
        required windows: Vec<Written<Duration>>,
        /// Time between scrapes; `period` must be a multiple of it. Default: `period`.
        optional scrape: Duration,
        /// How long it must burn too fast before the alert fires: Prometheus' `for`. Default: "0s".
        optional r#for: Duration,
        /// How long the alert goes on firing once it does not: Prometheus' `keep_firing_for`. Default: "0s".
        optional keep_firing_for: Duration,
    }

    /// Who judges the one-box beside a baseline, and how strictly.
    pub struct CanarySpec {
        /// "sequential", asked every period; "z-score", "mann-whitney" (as Kayenta) or "mann-whitney-exact" (the test
        /// alone), asked once, at the end of the bake.
        required judge: JudgeName,
        /// What is compared: the share of requests that fail ("errors"), or that are slow ("slow"). Default: "errors".
        optional signal: CanarySignal,
        /// Sequential: so many times the baseline's failures are too many; above 1. Default: 2.
        optional ratio: Positive,
        /// Sequential: probability of stopping a canary like its baseline. Default: "1%".
        optional false_positive: Percent,
        /// Sequential: probability of passing one that fails `ratio` times as often, given time. Default: "5%".
        optional false_negative: Percent,
        /// Z-score and exact Mann-Whitney: two-sided confidence. Default: "99%", exact Mann-Whitney "98%".
        optional confidence: Percent,
        /// Z-score and Mann-Whitney: a difference counts only from so many times the baseline's failures on; from 1.
        /// Default: 1.
        optional least_ratio: Positive,
        /// What too little evidence at the end of the bake does: "pass" or "fail". Default: "pass".
        optional inconclusive: Inconclusive,
    }

    /// Breaches by the number of failed requests that somebody notices.
    pub struct ErrorCountSpec {
        /// So many breach; from 1.
        required at_least: Int<1, 1_000_000_000_000>,
        /// Probability that a failed request is noticed. Default: "100%".
        optional seen: Percent,
    }

    /// Breaches by the number of bad items that somebody notices.
    pub struct DamageCountSpec {
        /// So many breach; from 1.
        required at_least: Int<1, 1_000_000_000_000>,
        /// Probability that a bad item is noticed. Default: "100%".
        optional seen: Percent,
    }

    /// Breaches by the share of failing probes: `above` or `at-least`.
    pub struct SyntheticSpec {
        /// Probes in a period that has some; from 1.
        required probes: Int<1, 1_000_000>,
        /// Time from one period with probes to the next, a multiple of `period`; the others have no datapoint. Default: every
        /// period.
        optional every: Duration,
        /// Probability that a probe takes the path that the defect is on. Default: "100%".
        optional covers: Percent,
        /// Breaches when the share of failing probes is greater than this.
        optional above: Percent,
        /// Breaches when the share is this or greater.
        optional at_least: Percent,
    }

    /// Breaches by the share of impaired hosts: `above` or `at-least`.
    pub struct ImpairedHostsSpec {
        /// Breaches when the share is greater than this.
        optional above: Percent,
        /// Breaches when the share is this or greater.
        optional at_least: Percent,
    }

    /// Breaches with given probabilities.
    pub struct BreachSpec {
        /// Probability while no host of the scope is impaired. Default: "0%".
        optional healthy: Percent,
        /// Probability while at least one is. Default: "100%".
        optional impaired: Percent,
    }
}

/// The judges of a canary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JudgeName {
    /// Wald's sequential probability ratio test.
    Sequential,
    /// The z-score of two shares.
    ZScore,
    /// Mann and Whitney's test as Kayenta applies it.
    MannWhitney,
    /// Mann and Whitney's test alone, exact while there are few values.
    MannWhitneyExact,
}

/// What a canary and its baseline are compared by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CanarySignal {
    /// The share of requests that fail.
    Errors,
    /// The share of requests that are slow.
    Slow,
}

/// What too little evidence does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inconclusive {
    /// The canary passes.
    Pass,
    /// The canary fails.
    Fail,
}

words! {
    Scope { OneBox, Zone, Region, Service }
    CanarySignal { Errors, Slow }
    JudgeName { Sequential, ZScore, MannWhitney, MannWhitneyExact }
    Inconclusive { Pass, Fail }
    Missing { NotBreaching, Breaching, Ignore, Missing }
    Version { Any, New }
    Watch { Deployment, Wave, Rollout }
    EvaluationClock { Wall, Deployment }
}
