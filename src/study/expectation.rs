//! Holds what was published against what is simulated: agrees, misses, or not enough trials to say.
//!
//! An expectation is about the model, not about the plan: it says whether the simulation reproduces what was
//! measured, so it has two sides, and a plan that does better than was published misses it too.

use super::judgement::{self, Statement};
use super::origin::{self, Origin};
use super::trials::StudyTrials;
use super::verdict::Verdict;
use crate::outcome::measures::Measure;
use crate::plan::study::Statistic;
use crate::plan::{Expectation, Level, Plan};
use crate::stats::{Interval, settled};
use serde::{Deserialize, Serialize};

/// What was published, what is simulated, and whether they agree. All numbers are in the metric's unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExpectationResult {
    /// Measure name.
    pub metric: &'static Measure,
    /// Statistic of the metric.
    pub statistic: Statistic,
    /// Strategy it is about.
    pub strategy: String,
    /// Where the number comes from; may be empty.
    pub source: String,
    /// What was published.
    pub published: f64,
    /// The least simulated value that agrees.
    pub at_least: f64,
    /// The largest simulated value that agrees.
    pub at_most: f64,
    /// What missing it means.
    pub level: Level,
    /// What the simulated number is made of; left out where that was not tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// StudyTrials with a value.
    pub n: u64,
    /// The statistic's estimate; absent without values.
    pub simulated: Option<f64>,
    /// Its interval. The largest value seen is a fact of these trials and has no width.
    pub interval: Interval,
    /// Confidence of the interval: stricter with several expectations, so that all their verdicts together
    /// hold with 95 %.
    pub confidence: f64,
    /// Simulated less published; absent without values.
    pub deviation: Option<f64>,
    /// The deviation as a share of the size of what was published; absent if that is 0.
    pub relative_deviation: Option<f64>,
    /// Pass: the whole interval agrees. Fail: none of it does. Inconclusive: a part, or there is no interval.
    pub verdict: Verdict,
    /// StudyTrials that would probably decide an inconclusive one; absent if decided, or if no reasonable number
    /// would do.
    pub trials_needed: Option<u64>,
}

impl ExpectationResult {
    /// Whether somebody should look although nothing is shown to be wrong: what must agree may not, or what
    /// was published happened in no trial at all.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.verdict == Verdict::Inconclusive && (self.level == Level::Error || self.n == 0)
    }
}

/// Judges every expectation of a measure of these trials, in plan order. All verdicts together are wrong with at most
/// 5 %, by Bonferroni's inequality. Limits share a doubt of their own: asking what was published loosens no promise.
#[must_use]
pub fn judge(plan: &Plan, study: &dyn StudyTrials) -> Vec<ExpectationResult> {
    let all = plan.study.expectations.iter();
    let of_these: Vec<&Expectation> = all.filter(|one| one.metric.subject() == study.subject()).collect();
    let doubt = judgement::doubt(of_these.iter().map(|expected| expected.statistic), 1);
    of_these.into_iter().map(|expected| judge_one(expected, plan, study, doubt)).collect()
}

/// As [`judge`], and tries out what the numbers are made of, which takes simulations of its own.
#[must_use]
pub fn judge_with_origins(plan: &Plan, study: &dyn StudyTrials) -> Vec<ExpectationResult> {
    let mut results = judge(plan, study);
    let of_these = plan.study.expectations.iter().zip(origin::of_all(plan));
    let of_these = of_these.filter(|(one, _)| one.metric.subject() == study.subject());
    for (result, (_, origin)) in results.iter_mut().zip(of_these) {
        result.origin = origin.filter(|_| result.simulated.is_some());
    }
    results
}

fn judge_one(expected: &Expectation, plan: &Plan, study: &dyn StudyTrials, doubt: f64) -> ExpectationResult {
    let (low, high) = expected.band();
    // No room is lost: nothing is simulated below 0 but what has a sign.
    let low = if expected.metric.unit.is_signed() { low } else { low.max(0.0) };
    let Expectation { metric, statistic, strategy, value, level, .. } = *expected;
    let statement = Statement { measure: metric, statistic, strategy, low: Some(low), high: Some(high) };
    let judged = judgement::judge(&statement, plan, study, doubt);
    let deviation = judged.value().map(|simulated| settled(simulated, value) - value);
    ExpectationResult {
        metric,
        statistic,
        strategy: plan.strategies[strategy].name.clone(),
        source: expected.source.clone(),
        published: value,
        at_least: low,
        at_most: high,
        level,
        origin: None,
        n: judged.n,
        simulated: judged.value(),
        interval: judged.interval(),
        confidence: 1.0 - doubt,
        deviation,
        relative_deviation: deviation
            .map(|deviation| deviation / value.abs())
            .filter(|share| share.is_finite()),
        verdict: judged.verdict,
        trials_needed: judged.trials_needed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::measures;
    use crate::plan::Tolerance;
    use crate::report::sample;

    const MINUTE: f64 = 60_000.0;

    /// Strategy 4 of the sample: alarms five minutes after the onset in every trial that has one.
    fn expected(metric: &'static Measure, value: f64, tolerance: Tolerance) -> Expectation {
        Expectation {
            metric,
            statistic: Statistic::P50,
            strategy: 4,
            value,
            tolerance,
            source: "status page".into(),
            level: Level::Warn,
        }
    }

    fn judged(trials: u64, expectation: Expectation) -> ExpectationResult {
        let (mut plan, outcomes) = sample::study(trials);
        plan.study.expectations = vec![expectation];
        judge(&plan, &outcomes).remove(0)
    }

    #[test]
    fn both_sides_are_judged_and_the_edges_agree() {
        let delay =
            |value, tolerance| judged(1000, expected(&measures::DETECTION_DELAY_MS, value, tolerance));
        for (value, tolerance, verdict) in [
            (5.0, Tolerance::Relative(0.0), Verdict::Pass),
            (4.0, Tolerance::Relative(0.25), Verdict::Pass),
            (4.0, Tolerance::Relative(0.24), Verdict::Fail),
            (6.0, Tolerance::Within(1.0 * MINUTE), Verdict::Pass),
            (6.0, Tolerance::Within(0.99 * MINUTE), Verdict::Fail),
            (20.0, Tolerance::Relative(0.15), Verdict::Fail),
        ] {
            assert_eq!(delay(value * MINUTE, tolerance).verdict, verdict, "{value} {tolerance:?}");
        }
        let off = delay(4.0 * MINUTE, Tolerance::Relative(0.15));
        assert_eq!((off.simulated, off.deviation), (Some(5.0 * MINUTE), Some(MINUTE)));
        assert_eq!(off.relative_deviation, Some(0.25));
        assert_eq!(delay(MINUTE, Tolerance::Within(2.0 * MINUTE)).at_least, 0.0);
        assert!((off.at_least - 3.4 * MINUTE).abs() < 1e-6 && (off.at_most - 4.6 * MINUTE).abs() < 1e-6);
    }

    #[test]
    fn numbers_below_zero_have_their_band_the_right_way_round() {
        let (mut plan, mut outcomes) = sample::study(1000);
        // The alarm fires three minutes before the first host is impaired.
        for outcome in &mut outcomes.by_strategy[4] {
            outcome.alarm_ms = outcome.onset_ms.map(|onset| onset - 180_000);
        }
        let lead = |value, tolerance| expected(&measures::ALARM_LEAD_MS, value, tolerance);
        plan.study.expectations = vec![
            lead(-3.0 * MINUTE, Tolerance::Relative(0.15)),
            lead(-2.0 * MINUTE, Tolerance::Relative(0.4)),
            lead(0.0, Tolerance::Within(3.0 * MINUTE)),
            lead(3.0 * MINUTE, Tolerance::Relative(0.5)),
        ];
        plan.study
            .expectations
            .push(Expectation { statistic: Statistic::Mean, ..lead(-3.0 * MINUTE, Tolerance::Within(1.0)) });
        plan.study.expectations.push(Expectation {
            statistic: Statistic::Cvar99,
            ..lead(-3.0 * MINUTE, Tolerance::Within(1.0))
        });
        let results = judge(&plan, &outcomes);
        let verdicts: Vec<Verdict> = results.iter().map(|result| result.verdict).collect();
        use Verdict::{Fail, Inconclusive, Pass};
        // The worst hundredth of 200 values is two: how far it goes is not known, though all are alike.
        assert_eq!(verdicts, [Pass, Fail, Pass, Fail, Pass, Inconclusive]);
        assert_eq!((results[0].at_least, results[0].at_most), (-3.45 * MINUTE, -2.55 * MINUTE));
        // A minute earlier than published: below, as a share of the size of what was published.
        assert_eq!((results[1].deviation, results[1].relative_deviation), (Some(-MINUTE), Some(-0.5)));
        assert_eq!((results[2].deviation, results[2].relative_deviation), (Some(-3.0 * MINUTE), None));
    }

    #[test]
    fn what_no_trial_shows_is_open_and_deserves_a_look() {
        let mut nothing = expected(&measures::DETECTION_DELAY_MS, MINUTE, Tolerance::Relative(0.15));
        let (mut plan, mut outcomes) = sample::study(300);
        outcomes.by_strategy[4].iter_mut().for_each(|outcome| outcome.alarm_ms = None);
        plan.study.expectations = vec![nothing.clone()];
        let result = judge(&plan, &outcomes).remove(0);
        assert_eq!((result.n, result.simulated, result.deviation), (0, None, None));
        assert_eq!(
            (result.verdict, result.trials_needed, result.is_open()),
            (Verdict::Inconclusive, None, true)
        );
        // An open one that has values is of interest only if it must agree.
        nothing.metric = &measures::IMPAIRED_HOST_MS;
        nothing.value = judged(100, nothing.clone()).simulated.unwrap();
        let open = judged(100, Expectation { tolerance: Tolerance::Relative(0.01), ..nothing.clone() });
        assert_eq!((open.verdict, open.is_open()), (Verdict::Inconclusive, false));
        let error = Expectation { tolerance: Tolerance::Relative(0.01), level: Level::Error, ..nothing };
        assert!(judged(100, error).is_open());
    }

    #[test]
    fn following_the_advice_ends_with_the_right_verdict() {
        let p90 = |trials, value| {
            let expected = expected(&measures::IMPAIRED_HOST_MS, value, Tolerance::Relative(0.05));
            judged(trials, Expectation { statistic: Statistic::P90, ..expected })
        };
        let truth = p90(200_000, MINUTE).simulated.unwrap();
        for (value, verdict) in
            [(truth, Verdict::Pass), (truth * 0.9, Verdict::Fail), (truth * 1.11, Verdict::Fail)]
        {
            // Advice rests on the estimate at hand, so that it may take several rounds.
            let mut rounds = vec![2000];
            while let Some(needed) = p90(*rounds.last().unwrap(), value).trials_needed {
                rounds.push(needed);
            }
            assert!((2..6).contains(&rounds.len()) && rounds.is_sorted(), "{value}: {rounds:?}");
            assert_eq!(p90(*rounds.last().unwrap(), value).verdict, verdict, "{value}: {rounds:?}");
        }
    }

    #[test]
    fn several_expectations_share_the_doubt_and_facts_take_none() {
        let (mut plan, outcomes) = sample::study(1000);
        let one = expected(&measures::IMPAIRED_HOST_MS, MINUTE, Tolerance::Relative(0.15));
        plan.study.expectations = vec![one.clone()];
        let alone = judge(&plan, &outcomes).remove(0);
        let max = Expectation { statistic: Statistic::Max, ..one.clone() };
        plan.study.expectations = vec![one.clone(), max, one];
        let together = judge(&plan, &outcomes);
        assert_eq!((alone.confidence, together[0].confidence), (0.95, 0.975));
        assert!(together[0].interval.high > alone.interval.high);
        assert_eq!(together[1].interval.low, together[1].simulated);
    }
}
