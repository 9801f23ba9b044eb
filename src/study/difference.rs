//! One strategy against another over the same trials, and all against the best.

use super::estimate::Estimate;
use super::sampling::Sampling;
use super::trials::StudyTrials;
use super::verdict::MeasureChange;
use crate::outcome::measures::Measure;
use crate::plan::Plan;
use crate::stats::{Interval, Mean, MeanRatio, TAIL};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::cmp::Ordering;

/// Fewer pairs than this decide nothing: even if all have the same sign, chance alone gives that more
/// than one time in twenty (`2 / 2^n`), whatever a t interval says of two or three values.
pub const FEWEST_PAIRS: u64 = 6;

/// A strategy minus the baseline, over the trials in which both have a value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// StudyTrials in which both have a value.
    pub n: u64,
    /// Mean difference; negative means less than the baseline, which is better for every measure of a rollout.
    pub mean: Option<Mean>,
    /// The strategy's mean over the baseline's, on the same trials.
    pub ratio: Option<MeanRatio>,
    /// What the interval of the mean difference says.
    #[serde(serialize_with = "between_strategies", deserialize_with = "told_between_strategies")]
    pub verdict: MeasureChange,
}

fn between_strategies<S: Serializer>(verdict: &MeasureChange, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(verdict.between_strategies())
}

/// The words again as what they were said for. Three changes have the same words, and to whoever compares strategies they
/// are the same.
fn told_between_strategies<'de, D: Deserializer<'de>>(deserializer: D) -> Result<MeasureChange, D::Error> {
    use MeasureChange::{Improved, Inconclusive, Regressed};
    let words = String::deserialize(deserializer)?;
    let told = [Improved, Regressed, Inconclusive].into_iter().find(|one| one.between_strategies() == words);
    told.ok_or_else(|| Error::custom(format_args!("`{words}` says nothing of two strategies")))
}

/// The paired difference of the strategy `own` from `baseline`.
pub(super) fn difference(
    metric: &'static Measure,
    sampling: &Sampling,
    study: &dyn StudyTrials,
    own: usize,
    baseline: usize,
) -> Difference {
    let pairs = study.pairs(sampling, metric, own, baseline);
    let mean = pairs.mean_difference(TAIL);
    let believed = mean.filter(|_| pairs.len() >= FEWEST_PAIRS);
    let difference = believed.map(|Mean { value, interval, .. }| Estimate { value, interval });
    let verdict = MeasureChange::of(difference, difference, metric.better);
    let ratio = pairs.ratio().map(|ratio| MeanRatio { interval: ratio.interval.at_least(0.0), ..ratio });
    Difference { n: pairs.len(), mean, ratio, verdict }
}

/// The strategy with the least estimate of a metric, and those that may be as good.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Leader {
    /// Its name. Ties go to the one that is better by the other of speed and harm, then to the first in plan order: a
    /// leader is dominated by nobody.
    pub strategy: String,
    /// Strategies that are not clearly worse than any other one, in plan order, without this one. With the
    /// study's confidence the best one is this or among them: multiple comparisons with the best (Hsu), by
    /// paired differences.
    pub not_clearly_worse: Vec<String>,
}

/// Where a strategy stands among those of which the one with the least estimate leads.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// Its estimate; none without values.
    pub estimate: Option<f64>,
    /// The estimate's interval.
    pub interval: Interval,
    /// Trials with a value.
    pub n: u64,
    /// Trials in which it and the baseline have a value, and what their difference says; none for the baseline.
    pub against_baseline: Option<(u64, MeasureChange)>,
    /// Its mean over the baseline's, on the same trials.
    pub ratio: Option<MeanRatio>,
}

/// The order of two strategies by their estimates, and by those of the other measure where these are equal; what has no
/// estimate comes last.
pub(super) fn least_first(
    standings: &[Standing],
    by_the_other: &[Standing],
    (a, b): (usize, usize),
) -> Ordering {
    let of = |standings: &[Standing], index: usize| standings[index].estimate.unwrap_or(f64::INFINITY);
    let compared = |standings: &[Standing]| of(standings, a).total_cmp(&of(standings, b));
    compared(standings).then_with(|| compared(by_the_other))
}

/// The strategy with the least estimate, and those that may be as good.
///
/// Multiple comparisons with the best (Hsu 1984, Annals of Statistics 12), by one-sided intervals of paired
/// differences: a strategy is out only if it is worse than another one beyond a doubt of 5 % shared by all
/// its comparisons. The truly best one is then ruled out with at most 5 %, however many compete.
pub(super) fn leader(
    sampling: &Sampling,
    study: &dyn StudyTrials,
    metric: &Measure,
    plan: &Plan,
    (standings, by_the_other): (&[Standing], &[Standing]),
) -> Option<Leader> {
    let name = |index: usize| plan.strategies[index].name.clone();
    let with_values = (0..standings.len()).filter(|&index| standings[index].n > 0);
    let best = with_values.min_by(|&a, &b| least_first(standings, by_the_other, (a, b)))?;
    let rivals: Vec<usize> = (0..standings.len()).filter(|&index| standings[index].n > 0).collect();
    let tail = 2.0 * TAIL / (rivals.len() as f64 - 1.0).max(1.0);
    let is_worse = |index: usize, than: usize| {
        let pairs = study.pairs(sampling, metric, index, than);
        let mean = pairs.mean_difference(tail);
        pairs.len() >= FEWEST_PAIRS && mean.is_some_and(|mean| mean.interval.is_above(0.0))
    };
    let is_out = |index: usize| rivals.iter().any(|&than| than != index && is_worse(index, than));
    // The leader stays whatever the others say: it has the least estimate.
    let not_clearly_worse = rivals.iter().filter(|&&index| index != best && !is_out(index));
    Some(Leader {
        strategy: name(best),
        not_clearly_worse: not_clearly_worse.map(|&index| name(index)).collect(),
    })
}
