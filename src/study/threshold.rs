//! Judges the limits of a study: pass, fail, or not enough trials to say.

use super::Outcomes;
use super::summary::{mean_of_sizes, share, sorted_values};
use crate::outcome::Outcome;
use crate::outcome::metric::{Metric, Unit, find};
use crate::plan::study::Statistic;
use crate::plan::{Level, Plan, Threshold};
use crate::stats::special::normal_quantile;
use crate::stats::{self, Interval, TAIL};
use serde::Serialize;

/// Beyond this many trials the advice to run more is not given.
const MOST_TRIALS: f64 = 1e9;

/// A limit and whether one strategy holds it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ThresholdResult {
    /// Metric name.
    pub metric: String,
    /// Statistic of the metric.
    pub statistic: Statistic,
    /// Strategy judged.
    pub strategy: String,
    /// Upper limit in the metric's unit.
    pub max: f64,
    /// What breaking it means.
    pub level: Level,
    /// Trials with a value.
    pub n: u64,
    /// The statistic's estimate; absent without values.
    pub measured: Option<f64>,
    /// Its interval. The largest value seen is a fact of these trials and has no width.
    pub interval: Interval,
    /// The judgement.
    pub verdict: Verdict,
    /// Trials that would probably decide an inconclusive one; absent if decided, or if no
    /// reasonable number would do (the limit is too close to the value).
    pub trials_needed: Option<u64>,
}

/// A three-valued judgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The whole interval is at or below the limit.
    Pass,
    /// The whole interval is above the limit.
    Fail,
    /// The interval straddles the limit, or has no end on the side that matters.
    Inconclusive,
}

/// Judges every threshold for every strategy it applies to, in that order.
///
/// # Panics
/// If a threshold names an unknown metric, which a resolved plan does not.
#[must_use]
pub fn judge(plan: &Plan, outcomes: &Outcomes) -> Vec<ThresholdResult> {
    let mut results = Vec::new();
    for threshold in &plan.study.thresholds {
        let metric = find(&threshold.metric).expect("invariant: a resolved threshold names a known metric");
        for (index, strategy) in plan.strategies.iter().enumerate() {
            if threshold.strategy.is_none_or(|only| only == index) {
                results.push(judge_one(threshold, metric, &strategy.name, &outcomes.by_strategy[index]));
            }
        }
    }
    results
}

fn judge_one(
    threshold: &Threshold,
    metric: &Metric,
    strategy: &str,
    outcomes: &[Outcome],
) -> ThresholdResult {
    let sorted = sorted_values(metric, outcomes);
    let estimate = estimate(threshold.statistic, metric, outcomes, &sorted);
    let interval = estimate.map_or(Interval::UNBOUNDED, |(_, interval)| interval);
    let verdict = if interval.is_above(threshold.max) {
        Verdict::Fail
    } else if interval.is_at_most(threshold.max) {
        Verdict::Pass
    } else {
        Verdict::Inconclusive
    };
    let trials_needed = match (verdict, estimate) {
        (Verdict::Inconclusive, Some((value, interval))) => {
            let growth = growth_needed(threshold, metric, value, interval, &sorted);
            trials_needed(outcomes.len() as f64, growth)
        }
        _ => None,
    };
    ThresholdResult {
        metric: threshold.metric.clone(),
        statistic: threshold.statistic,
        strategy: strategy.to_owned(),
        max: threshold.max,
        level: threshold.level,
        n: sorted.len() as u64,
        measured: estimate.map(|(value, _)| value),
        interval,
        verdict,
        trials_needed,
    }
}

/// The statistic and its interval; none without values.
fn estimate(
    statistic: Statistic,
    metric: &Metric,
    outcomes: &[Outcome],
    sorted: &[f64],
) -> Option<(f64, Interval)> {
    match statistic {
        Statistic::Mean if metric.unit == Unit::YesNo => share(sorted).map(|s| (s.value, s.interval)),
        Statistic::Mean => {
            let in_order: Vec<f64> = outcomes.iter().filter_map(metric.value).collect();
            mean_of_sizes(&in_order).map(|m| (m.value, m.interval))
        }
        Statistic::Max => sorted.last().map(|&max| (max, Interval::new(max, max))),
        quantile => {
            let q = stats::quantile(sorted, level(quantile))?;
            Some((q.value, q.interval))
        }
    }
}

fn level(statistic: Statistic) -> f64 {
    match statistic {
        Statistic::P50 => 0.5,
        Statistic::P90 => 0.9,
        Statistic::P99 => 0.99,
        Statistic::Mean | Statistic::Max => 1.0,
    }
}

/// How many times as many values would probably decide, from the fact that widths shrink with the
/// square root of the number of values.
fn growth_needed(
    threshold: &Threshold,
    metric: &Metric,
    value: f64,
    interval: Interval,
    sorted: &[f64],
) -> f64 {
    let (max, n) = (threshold.max, sorted.len() as f64);
    let z = normal_quantile(1.0 - TAIL);
    let for_share =
        |seen: f64, limit: f64| z * z * limit * (1.0 - limit) / ((seen - limit) * (seen - limit)) / n;
    match threshold.statistic {
        Statistic::Mean if metric.unit == Unit::YesNo => for_share(value, max),
        Statistic::Mean | Statistic::Max => {
            let end = if value <= max { interval.high } else { interval.low };
            end.map_or(f64::INFINITY, |end| ((end - value) / (max - value)) * ((end - value) / (max - value)))
        }
        // A quantile is below the limit if the share of values up to the limit reaches q.
        quantile => {
            let up_to_limit = sorted.partition_point(|x| *x <= max) as f64 / n;
            for_share(up_to_limit, level(quantile))
        }
    }
}

/// Trials from growth: a quarter more than now at least, two significant digits, rounded up.
fn trials_needed(trials: f64, growth: f64) -> Option<u64> {
    let wanted = trials * growth.max(1.25);
    if !wanted.is_finite() || wanted > MOST_TRIALS {
        return None;
    }
    let mut unit = 1.0;
    while wanted / unit >= 100.0 {
        unit *= 10.0;
    }
    Some((libm::ceil(wanted / unit) * unit) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn verdict(trials: u64, metric: &str, statistic: Statistic, max: f64) -> ThresholdResult {
        let (mut plan, outcomes) = sample::study(trials);
        let level = Level::Error;
        plan.study.thresholds =
            vec![Threshold { metric: metric.into(), statistic, strategy: Some(4), max, level }];
        let mut results = judge(&plan, &outcomes);
        assert_eq!(results.len(), 1);
        results.remove(0)
    }

    #[test]
    fn limits_outside_the_interval_are_decided() {
        let metric = "duration_ms";
        let day = 86_400_000.0;
        for statistic in [Statistic::Mean, Statistic::P50, Statistic::P90, Statistic::P99, Statistic::Max] {
            assert_eq!(verdict(1000, metric, statistic, 7.0 * day).verdict, Verdict::Pass);
            let failed = verdict(1000, metric, statistic, 2.0 * day);
            assert_eq!((failed.verdict, failed.trials_needed), (Verdict::Fail, None));
        }
    }

    #[test]
    fn a_limit_equal_to_the_upper_end_passes() {
        let high = verdict(1000, "duration_ms", Statistic::P90, 0.0).interval.high.unwrap();
        assert_eq!(verdict(1000, "duration_ms", Statistic::P90, high).verdict, Verdict::Pass);
        assert_eq!(verdict(1000, "duration_ms", Statistic::P90, high - 1.0).verdict, Verdict::Inconclusive);
    }

    #[test]
    fn the_advised_number_of_trials_decides() {
        // 40 trials have too few bad changes for a bound on their 99th percentile.
        let open = verdict(40, "impaired_host_ms", Statistic::P99, 5_000.0 * 60_000.0);
        assert_eq!(open.verdict, Verdict::Inconclusive);
        assert_eq!(open.interval.high, None);
        let needed = open.trials_needed.unwrap();
        assert!((1000..10_000).contains(&needed), "{needed}");
        assert_eq!(
            verdict(needed, "impaired_host_ms", Statistic::P99, 5_000.0 * 60_000.0).verdict,
            Verdict::Pass
        );
    }

    #[test]
    fn rare_events_need_trials_in_proportion() {
        let open = verdict(200, "isolation_violated", Statistic::Mean, 0.001);
        assert_eq!((open.measured, open.verdict), (Some(0.0), Verdict::Inconclusive));
        let needed = open.trials_needed.unwrap();
        assert_eq!(
            verdict(needed, "isolation_violated", Statistic::Mean, 0.001).verdict,
            Verdict::Pass,
            "{needed}"
        );
    }

    #[test]
    fn no_value_is_inconclusive() {
        let open = verdict(0, "duration_ms", Statistic::Mean, 1.0);
        assert_eq!((open.verdict, open.measured, open.trials_needed), (Verdict::Inconclusive, None, None));
    }
}
