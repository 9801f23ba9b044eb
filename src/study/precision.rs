//! Precision instead of trial counts: how many trials are enough, decided by the trials themselves.
//!
//! StudyTrials come in rounds, each half as large again as all before it, until every interval asked for is
//! narrow enough or the cap is reached. The decision looks at whole rounds only, so it depends on the
//! scenario and the seed and on nothing else. Looking often and stopping at the first narrow interval would
//! prefer samples that happen to look narrow; few rounds and the guards below keep the coverage, which a
//! test measures.

use super::estimate::{Estimate, Values};
use super::sampling::Sampling;
use super::trials::StudyTrials;
use crate::outcome::measures::{Measure, Subject};
use crate::plan::study::Statistic;
use crate::plan::{Plan, Precision};
use crate::stats::{Bin, TAIL};
use serde::{Deserialize, Serialize};

/// Fewer values than this are not believed, however alike they are.
const FEWEST_VALUES: u64 = 100;
/// Fewer values other than 0 than this neither: none at all would be "0, exactly".
const FEWEST_EVENTS: u64 = 30;
/// Each round makes all trials so many times as many.
const GROWTH: f64 = 1.5;

/// A precision that was asked for, and what was reached.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PrecisionResult {
    /// The strategy.
    pub strategy: String,
    /// What is measured.
    pub metric: &'static Measure,
    /// Its statistic.
    pub statistic: Statistic,
    /// Largest half-width asked for, as a share of the estimate.
    pub wanted: f64,
    /// Half-width of the 95 % interval as a share of the estimate; absent without a bounded interval.
    pub reached: Option<f64>,
    /// Whether it was reached; if not, the cap on trials came first.
    pub met: bool,
}

/// What was asked for of measures of these trials and what was reached, by precision and then by strategy.
#[must_use]
pub fn results(plan: &Plan, study: &dyn StudyTrials) -> Vec<PrecisionResult> {
    let sampling = Sampling::of(study.subject(), plan, study.trials(0));
    let mut results = Vec::new();
    for wanted in plan.study.precision.iter().filter(|wanted| wanted.metric.subject() == study.subject()) {
        for (index, strategy) in plan.strategies.iter().enumerate() {
            if wanted.strategy.is_some_and(|only| only != index) {
                continue;
            }
            let metric = wanted.metric;
            let values = Values::new(metric, study.values(&sampling, metric, index));
            let estimate = values.estimate(wanted.statistic, TAIL);
            let reached = estimate.and_then(relative_half_width);
            results.push(PrecisionResult {
                strategy: strategy.name.clone(),
                metric,
                statistic: wanted.statistic,
                wanted: wanted.relative,
                reached,
                met: is_believable(&values, wanted) && reached.is_some_and(|half| half <= wanted.relative),
            });
        }
    }
    results
}

/// Trials of each strategy that a plan asks for at first.
pub(super) fn first_round(plan: &Plan, subject: Subject) -> u64 {
    match subject {
        Subject::Rollout => plan.study.trials,
        Subject::Pipeline | Subject::Lane => plan.pipeline.as_ref().map_or(0, |pipeline| pipeline.trials),
    }
}

/// Trials of the next round; none if the study is done.
pub(super) fn next_round(plan: &Plan, study: &dyn StudyTrials) -> Option<u64> {
    let trials = study.trials(0);
    if trials >= plan.study.max_trials || results(plan, study).iter().all(|result| result.met) {
        return None;
    }
    let more = libm::ceil(trials as f64 * GROWTH) as u64;
    Some(more.min(plan.study.max_trials))
}

/// Half the width of the interval over the estimate.
fn relative_half_width(estimate: Estimate) -> Option<f64> {
    let width = estimate.interval.high? - estimate.interval.low?;
    if width == 0.0 { Some(0.0) } else { Some(width / 2.0 / estimate.value).filter(|half| half.is_finite()) }
}

fn is_believable(values: &Values, wanted: &Precision) -> bool {
    let all = values.sample.strata().iter().flat_map(|stratum| &stratum.values);
    let events: u64 = all.filter(|x| x.value() != 0.0).map(Bin::times).sum();
    // A percentile may well be 0; its interval counts trials and needs no events.
    let enough = wanted.statistic.percentile().is_some() || events >= FEWEST_EVENTS;
    values.sample.len() >= FEWEST_VALUES && enough
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::measures;
    use crate::report::sample;

    fn asked(statistic: Statistic, metric: &'static Measure, relative: f64) -> Plan {
        let mut plan = sample::plan();
        plan.study.precision = vec![Precision { metric, statistic, strategy: Some(1), relative }];
        plan.study.max_trials = 100_000;
        plan
    }

    #[test]
    fn rounds_grow_by_half_until_narrow_or_capped() {
        let mut plan = asked(Statistic::Mean, &measures::IMPAIRED_HOST_MS, 0.1);
        let (mut trials, mut rounds) = (400, Vec::new());
        while let Some(more) = next_round(&plan, &sample::study(trials).1) {
            rounds.push(more);
            trials = more;
        }
        assert!(rounds.len() > 3, "{rounds:?}");
        assert!(rounds.windows(2).all(|pair| pair[1] == (pair[0] * 3).div_ceil(2)), "{rounds:?}");
        let done = results(&plan, &sample::study(trials).1).remove(0);
        assert!(done.met && done.reached.unwrap() <= 0.1);
        plan.study.max_trials = 1000;
        assert_eq!(next_round(&plan, &sample::study(900).1), Some(1000));
        assert_eq!(next_round(&plan, &sample::study(1000).1), None);
    }

    #[test]
    fn nothing_seen_is_not_precise() {
        // Strategy 6 never escapes: a share of 0 without a relative width.
        let mut plan = asked(Statistic::Mean, &measures::ESCAPED, 0.1);
        plan.study.precision[0].strategy = Some(6);
        let result = results(&plan, &sample::study(3000).1).remove(0);
        assert_eq!((result.reached, result.met), (None, false));
    }

    #[test]
    fn without_a_wish_one_round_is_enough() {
        assert_eq!(next_round(&sample::plan(), &sample::study(10).1), None);
    }
}
