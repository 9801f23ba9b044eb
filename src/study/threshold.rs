//! Judges the limits of a study: pass, fail, or not enough trials to say.

use super::estimate::{Estimate, Values};
use super::evidence::Evidence;
use super::sampling::Sampling;
use crate::outcome::measures::{Measure, Unit};
use crate::plan::study::Statistic;
use crate::plan::{Level, Plan, Threshold};
use crate::stats::special::normal_quantile;
use crate::stats::{CONFIDENCE, Interval};
use serde::Serialize;

/// Beyond this many trials the advice to run more is not given.
const MOST_TRIALS: f64 = 1e9;

/// A limit and whether one strategy holds it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ThresholdResult {
    /// Measure name.
    pub metric: &'static Measure,
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
    /// Confidence of the interval: with several limits each has a stricter one, so that all verdicts
    /// together hold with 95 %.
    pub confidence: f64,
    /// The judgement.
    pub verdict: Verdict,
    /// Trials that would probably decide an inconclusive one; absent if decided, or if no
    /// reasonable number would do (the limit is too close to the value).
    pub trials_needed: Option<u64>,
}

/// A three-valued judgement of a limit; of what was published see [`super::expectation`].
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

/// Judges every threshold for every strategy it applies to, in that order. All verdicts together are wrong
/// with at most 5 %, by Bonferroni's inequality: each interval is that much wider.
///
/// # Panics
/// If a threshold names an unknown metric, which a resolved plan does not.
#[must_use]
pub fn judge(plan: &Plan, evidence: &impl Evidence) -> Vec<ThresholdResult> {
    judge_in_looks(plan, evidence, 1)
}

/// As [`judge`], at one of several `looks`, which share the doubt too.
pub(super) fn judge_in_looks(plan: &Plan, evidence: &impl Evidence, looks: u32) -> Vec<ThresholdResult> {
    let judged: Vec<(&Threshold, usize)> = plan
        .study
        .thresholds
        .iter()
        .flat_map(|threshold| (0..plan.strategies.len()).map(move |strategy| (threshold, strategy)))
        .filter(|(threshold, strategy)| threshold.strategy.is_none_or(|only| only == *strategy))
        .collect();
    let uncertain = judged.iter().filter(|(threshold, _)| threshold.statistic != Statistic::Max).count();
    let doubt = (1.0 - CONFIDENCE) / (uncertain.max(1) as f64 * f64::from(looks));
    judged
        .iter()
        .map(|(threshold, strategy)| judge_one(threshold, plan, evidence, *strategy, doubt))
        .collect()
}

fn judge_one(
    threshold: &Threshold,
    plan: &Plan,
    evidence: &impl Evidence,
    strategy: usize,
    doubt: f64,
) -> ThresholdResult {
    let trials = evidence.trials(strategy);
    let metric = threshold.metric;
    let values = Values::new(metric, evidence.values(&Sampling::new(plan, trials), metric, strategy));
    let tail = doubt / 2.0;
    let estimate = values.estimate(threshold.statistic, tail);
    let interval = estimate.map_or(Interval::UNBOUNDED, |estimate| estimate.interval);
    let verdict = if interval.is_above(threshold.max) {
        Verdict::Fail
    } else if interval.is_at_most(threshold.max) {
        Verdict::Pass
    } else {
        Verdict::Inconclusive
    };
    let trials_needed = match (verdict, estimate) {
        (Verdict::Inconclusive, Some(estimate)) => {
            let growth = growth_needed(threshold.statistic, threshold.max, &values, estimate, tail);
            trials_needed(trials as f64, growth)
        }
        _ => None,
    };
    ThresholdResult {
        metric,
        statistic: threshold.statistic,
        strategy: plan.strategies[strategy].name.clone(),
        max: threshold.max,
        level: threshold.level,
        n: values.sample.len(),
        measured: estimate.map(|estimate| estimate.value),
        interval,
        confidence: 1.0 - doubt,
        verdict,
        trials_needed,
    }
}

/// How many times as many values would probably decide, from the fact that widths shrink with the
/// square root of the number of values.
pub(super) fn growth_needed<V>(
    statistic: Statistic,
    limit: f64,
    values: &Values<V>,
    estimate: Estimate,
    tail: f64,
) -> f64 {
    let Estimate { value, interval } = estimate;
    if values.metric.unit == Unit::YesNo {
        return growth_of_share(value, interval, limit, tail);
    }
    match statistic.percentile() {
        // A percentile is below the limit if the share of values up to the limit reaches it.
        Some(q) => {
            let (share, interval) = values.sorted.share_up_to(limit, tail);
            growth_of_share(share, interval, q, tail)
        }
        None => growth_of_mean(value, interval, limit),
    }
}

/// Growth until the interval of a mean leaves out `limit`.
pub(super) fn growth_of_mean(value: f64, interval: Interval, limit: f64) -> f64 {
    let end = if value <= limit { interval.high } else { interval.low };
    end.map_or(f64::INFINITY, |end| ((end - value) / (limit - value)) * ((end - value) / (limit - value)))
}

/// Growth until the interval of a share leaves out `limit`. The width of the interval says how many plain
/// trials it is worth; near 0 and 1 it shrinks with their number, not with its root.
fn growth_of_share(share: f64, interval: Interval, limit: f64, tail: f64) -> f64 {
    let (Some(low), Some(high)) = (interval.low, interval.high) else { return f64::INFINITY };
    let z = normal_quantile(1.0 - tail);
    let width = high - low;
    let worth = if share > 0.0 && share < 1.0 {
        4.0 * z * z * share * (1.0 - share) / (width * width)
    } else {
        -libm::log(tail) / width
    };
    z * z * limit * (1.0 - limit) / ((share - limit) * (share - limit)) / worth
}

/// Trials from growth: a quarter more than now at least, two significant digits, rounded up.
pub(super) fn trials_needed(trials: f64, growth: f64) -> Option<u64> {
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
    use crate::outcome::measures;
    use crate::report::sample;

    fn verdict(trials: u64, metric: &'static Measure, statistic: Statistic, max: f64) -> ThresholdResult {
        let (mut plan, outcomes) = sample::study(trials);
        let level = Level::Error;
        plan.study.thresholds = vec![Threshold { metric, statistic, strategy: Some(4), max, level }];
        let mut results = judge(&plan, &outcomes);
        assert_eq!(results.len(), 1);
        results.remove(0)
    }

    #[test]
    fn limits_outside_the_interval_are_decided() {
        let metric = &measures::DURATION_MS;
        let day = 86_400_000.0;
        for statistic in [Statistic::Mean, Statistic::P50, Statistic::P90, Statistic::P99, Statistic::Max] {
            assert_eq!(verdict(1000, metric, statistic, 7.0 * day).verdict, Verdict::Pass);
            let failed = verdict(1000, metric, statistic, 2.0 * day);
            assert_eq!((failed.verdict, failed.trials_needed), (Verdict::Fail, None));
        }
    }

    #[test]
    fn a_limit_equal_to_the_upper_end_passes() {
        let high = verdict(1000, &measures::DURATION_MS, Statistic::P90, 0.0).interval.high.unwrap();
        assert_eq!(verdict(1000, &measures::DURATION_MS, Statistic::P90, high).verdict, Verdict::Pass);
        assert_eq!(
            verdict(1000, &measures::DURATION_MS, Statistic::P90, high - 1.0).verdict,
            Verdict::Inconclusive
        );
    }

    #[test]
    fn the_advised_number_of_trials_decides() {
        // 40 trials have too few bad changes for a bound on their 99th percentile.
        let open = verdict(40, &measures::IMPAIRED_HOST_MS, Statistic::P99, 5_000.0 * 60_000.0);
        assert_eq!(open.verdict, Verdict::Inconclusive);
        assert_eq!(open.interval.high, None);
        let needed = open.trials_needed.unwrap();
        assert!((1000..10_000).contains(&needed), "{needed}");
        assert_eq!(
            verdict(needed, &measures::IMPAIRED_HOST_MS, Statistic::P99, 5_000.0 * 60_000.0).verdict,
            Verdict::Pass
        );
    }

    #[test]
    fn rare_events_need_trials_in_proportion() {
        let open = verdict(200, &measures::ISOLATION_VIOLATED, Statistic::Mean, 0.001);
        assert_eq!((open.measured, open.verdict), (Some(0.0), Verdict::Inconclusive));
        let needed = open.trials_needed.unwrap();
        assert_eq!(
            verdict(needed, &measures::ISOLATION_VIOLATED, Statistic::Mean, 0.001).verdict,
            Verdict::Pass,
            "{needed}"
        );
    }

    #[test]
    fn many_limits_share_the_doubt() {
        let (mut plan, outcomes) = sample::study(1000);
        let limit = |statistic| Threshold {
            metric: &measures::DURATION_MS,
            statistic,
            strategy: Some(4),
            max: 1.0,
            level: Level::Error,
        };
        plan.study.thresholds = vec![limit(Statistic::Mean)];
        let alone = judge(&plan, &outcomes).remove(0);
        // A fact needs no share of the doubt.
        plan.study.thresholds =
            vec![limit(Statistic::Mean), limit(Statistic::P90), limit(Statistic::Max), limit(Statistic::P50)];
        let together = judge(&plan, &outcomes).remove(0);
        assert_eq!(alone.confidence, 0.95);
        assert!((together.confidence - (1.0 - 0.05 / 3.0)).abs() < 1e-12);
        assert!(together.interval.high > alone.interval.high && together.interval.low < alone.interval.low);
    }

    #[test]
    fn no_value_is_inconclusive() {
        let open = verdict(0, &measures::DURATION_MS, Statistic::Mean, 1.0);
        assert_eq!((open.verdict, open.measured, open.trials_needed), (Verdict::Inconclusive, None, None));
    }
}
