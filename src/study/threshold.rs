//! Judges the limits of a study: pass, fail, or not enough trials to say.

use super::judgement::{self, Statement};
use super::trials::StudyTrials;
use super::verdict::Verdict;
use crate::outcome::measures::Measure;
use crate::plan::study::Statistic;
use crate::plan::{Bound, Level, Plan, Threshold};
use crate::stats::Interval;
use serde::{Deserialize, Serialize};

/// A limit and whether one strategy holds it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ThresholdResult {
    /// Measure name.
    pub metric: &'static Measure,
    /// Statistic of the metric.
    pub statistic: Statistic,
    /// Strategy judged.
    pub strategy: String,
    /// What is allowed.
    #[serde(flatten)]
    pub bound: Bound,
    /// What breaking it means.
    pub level: Level,
    /// StudyTrials with a value.
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
    /// StudyTrials that would probably decide an inconclusive one; absent if decided, or if no
    /// reasonable number would do (the limit is too close to the value).
    pub trials_needed: Option<u64>,
}

impl ThresholdResult {
    /// What it says of the gate: a warning fails nothing and leaves nothing open.
    #[must_use]
    pub fn at_the_gate(&self) -> Verdict {
        match self.level {
            Level::Error => self.verdict,
            Level::Warn => Verdict::Pass,
        }
    }
}

/// Judges every threshold on measures of these trials for every strategy it applies to, in that order. All verdicts
/// together are wrong with at most 5 %, by Bonferroni's inequality: each interval is that much wider.
#[must_use]
pub fn judge(plan: &Plan, study: &dyn StudyTrials) -> Vec<ThresholdResult> {
    judge_in_looks(plan, study, 1)
}

/// As [`judge`], at one of several `looks`, which share the doubt too.
pub(super) fn judge_in_looks(plan: &Plan, study: &dyn StudyTrials, looks: u32) -> Vec<ThresholdResult> {
    let of_these = plan.study.thresholds.iter().filter(|limit| limit.metric.subject() == study.subject());
    let judged: Vec<(&Threshold, usize)> = of_these
        .flat_map(|threshold| (0..plan.strategies.len()).map(move |strategy| (threshold, strategy)))
        .filter(|(threshold, strategy)| threshold.is_about(*strategy))
        .collect();
    let doubt = judgement::doubt(judged.iter().map(|(threshold, _)| threshold.statistic), looks);
    judged.iter().map(|(threshold, strategy)| judge_one(threshold, plan, study, *strategy, doubt)).collect()
}

fn judge_one(
    threshold: &Threshold,
    plan: &Plan,
    study: &dyn StudyTrials,
    strategy: usize,
    doubt: f64,
) -> ThresholdResult {
    let Threshold { metric, statistic, bound, level, .. } = *threshold;
    let (low, high) = bound.ends();
    let statement = Statement { measure: metric, statistic, strategy, low, high };
    let judged = judgement::judge(&statement, plan, study, doubt);
    ThresholdResult {
        metric,
        statistic,
        strategy: plan.strategies[strategy].name.clone(),
        bound,
        level,
        n: judged.n,
        measured: judged.value(),
        interval: judged.interval(),
        confidence: 1.0 - doubt,
        verdict: judged.verdict,
        trials_needed: judged.trials_needed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::measures;
    use crate::report::sample;

    fn verdict(trials: u64, metric: &'static Measure, statistic: Statistic, max: f64) -> ThresholdResult {
        let (mut plan, outcomes) = sample::study(trials);
        let (bound, level) = (Bound::Max(max), Level::Error);
        plan.study.thresholds = vec![Threshold { metric, statistic, strategy: Some(4), bound, level }];
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
            bound: Bound::Max(1.0),
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
