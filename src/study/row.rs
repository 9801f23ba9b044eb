//! One row of a comparison: a guarded statistic of one strategy on two sides, of rollouts or of pipelines.
//!
//! Where the sides have trials in common these are compared pair by pair; where all that is left of one side are its
//! estimates, as independent ones. Either way the difference is judged by [`MeasureChange::of`].

use super::estimate::{CVAR_LEVEL, Estimate, Values};
use super::guard::Guarded;
use super::judgement::{growth_of_mean, trials_needed};
use super::like::World;
use super::sampling::Sampling;
use super::verdict::MeasureChange;
use crate::outcome::measures::{Better, Measure, Measured};
use crate::plan::Plan;
use crate::plan::strata::TrialPlace;
use crate::plan::study::Statistic;
use crate::stats::contrast::{self, Draws, Linearised};
use crate::stats::special::normal_quantile;
use crate::stats::{Interval, TAIL, settled};
use serde::Serialize;

/// One statistic of one strategy on both sides.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// The strategy.
    pub strategy: String,
    /// What is measured.
    pub metric: &'static Measure,
    /// The statistic.
    pub statistic: Statistic,
    /// By what share of the baseline's value it may get worse: 0.05 for 5 %.
    pub tolerance: f64,
    /// The baseline's value; absent without trials that have one.
    pub baseline: Option<Estimate>,
    /// The candidate's value.
    pub candidate: Option<Estimate>,
    /// Candidate minus baseline, over the same trials.
    pub difference: Option<Estimate>,
    /// What the difference says.
    pub change: MeasureChange,
    /// Confidence of the interval of the difference, which is what makes all verdicts hold together. The
    /// intervals of the two values have the usual one.
    pub confidence: f64,
    /// Trials of each side that it rests on.
    pub trials: u64,
    /// Trials in which both have a value.
    pub pairs: u64,
    /// Of those, trials in which the two values differ.
    pub pairs_that_differ: u64,
    /// The trial in which the candidate is worse by most; absent if it is worse in none.
    pub most_worse_trial: Option<u64>,
    /// Trials that would probably decide; absent unless inconclusive, or if no reasonable number would.
    pub trials_needed: Option<u64>,
    /// In which world the candidate was judged.
    #[serde(skip_serializing_if = "World::is_own")]
    pub world: World,
}

/// A strategy's trials on one side.
#[derive(Debug)]
pub(super) struct StrategyTrials<'p, T> {
    pub plan: &'p Plan,
    /// Its place in the plan.
    pub strategy: usize,
    pub trials: &'p [T],
}

impl<T: Measured> StrategyTrials<'_, T> {
    fn sampling(&self) -> Sampling {
        Sampling::of(T::SUBJECT, self.plan, self.trials.len() as u64)
    }
}

/// A statistic of a measure on one side, ready to be compared.
struct MeasuredSide {
    draws: Vec<Draws>,
    /// For people, with the usual confidence.
    estimate: Option<Estimate>,
    statistic: Option<Linearised>,
}

impl MeasuredSide {
    /// Percentiles leave `tail` out on each side. Values that are those of the same trials in `like` but for rounding are
    /// taken to be these.
    fn new<T: Measured>(
        measure: &'static Measure,
        statistic: Statistic,
        side: &StrategyTrials<T>,
        like: Option<&[Draws]>,
        tail: f64,
    ) -> Self {
        let sampling = side.sampling();
        let mut draws = sampling.draws(measure, side.trials);
        settle(&mut draws, like.unwrap_or_default());
        let sample = contrast::sample(&draws, sampling.is_confined());
        let sample = sampling.with_bounds(sample, measure, side.strategy);
        let values = Values::new(measure, sample);
        let compared = match statistic {
            Statistic::P50 | Statistic::P90 | Statistic::P95 | Statistic::P99 => {
                statistic.percentile().and_then(|q| Linearised::quantile(&draws, q, tail))
            }
            Statistic::Cvar99 => Linearised::tail_mean(&draws, CVAR_LEVEL),
            Statistic::Mean | Statistic::Max => Linearised::mean(&draws),
        };
        Self { estimate: values.estimate(statistic, TAIL), statistic: compared, draws }
    }

    /// This less `times` the other, by an interval that leaves `tail` out on each side.
    fn less(&self, other: &Self, times: f64, tail: f64) -> Option<Estimate> {
        let (value, interval) =
            contrast::difference(self.statistic.as_ref()?, other.statistic.as_ref()?, times, tail);
        Some(Estimate { value, interval })
    }
}

/// Gives values the digits of those of the same trials in `like`, where they differ by rounding.
fn settle(draws: &mut [Draws], like: &[Draws]) {
    for ours in draws {
        let Some(theirs) = like.iter().find(|theirs| theirs.key == ours.key) else { continue };
        for (x, like) in ours.values.iter_mut().zip(&theirs.values) {
            *x = x.map(|x| like.map_or(x, |like| settled(x, like)));
        }
    }
}

/// The mean of a measure on the second side, and by how much it is above that on the first one.
pub(super) fn difference_of_means<T: Measured>(
    measure: &'static Measure,
    first: &StrategyTrials<T>,
    second: &StrategyTrials<T>,
) -> (Option<f64>, Option<Estimate>) {
    let mean = |side, like| MeasuredSide::new(measure, Statistic::Mean, side, like, TAIL);
    let first = mean(first, None);
    let second = mean(second, Some(&first.draws));
    (second.statistic.as_ref().map(|statistic| statistic.value), second.less(&first, 1.0, TAIL))
}

/// Two statistics on the same trials, and how far they are apart.
pub(super) struct Apart {
    /// Of the first side, with the usual confidence.
    pub of: Option<Estimate>,
    /// Of the second one.
    pub than: Option<Estimate>,
    /// The first less the second.
    pub difference: Option<Estimate>,
    /// How many times the second one the first one is.
    pub times: Option<Estimate>,
    /// How many times the first one the second one is.
    pub part: Option<Estimate>,
}

/// One side of [`apart_by`].
pub(super) type StatisticOf<'t, T> = (&'static Measure, Statistic, StrategyTrials<'t, T>);

/// How far two statistics are apart, by intervals that leave `tail` out on each side.
pub(super) fn apart_by<T: Measured>(of: &StatisticOf<T>, than: &StatisticOf<T>, tail: f64) -> Apart {
    let than = MeasuredSide::new(than.0, than.1, &than.2, None, tail);
    let of = MeasuredSide::new(of.0, of.1, &of.2, Some(&than.draws), tail);
    let difference = of.less(&than, 1.0, tail);
    let ratio = |over: &MeasuredSide, under: &MeasuredSide| {
        let both = over.statistic.as_ref().zip(under.statistic.as_ref());
        let ratio = both.and_then(|(over, under)| contrast::ratio(over, under, tail));
        ratio.map(|(value, interval)| Estimate { value, interval })
    };
    let (times, part) = (ratio(&of, &than), ratio(&than, &of));
    Apart { of: of.estimate, than: than.estimate, difference, times, part }
}

/// Compares one guarded statistic; verdicts leave `tail` out on each side.
pub(super) fn compare<T: Measured>(
    guard: &Guarded,
    strategy: &str,
    baseline: &StrategyTrials<T>,
    candidate: &StrategyTrials<T>,
    tail: f64,
) -> Row {
    let measured = |side, like| MeasuredSide::new(guard.metric, guard.statistic, side, like, tail);
    let old = measured(baseline, None);
    let new = measured(candidate, Some(&old.draws));
    let pairs = CommonTrials::of(guard.metric.better, &old.draws, &new.draws);
    let (difference, beyond) = (new.less(&old, 1.0, tail), new.less(&old, guard.accepted(), tail));
    // Every trial has the same value and weight on both sides.
    let is_same = old.draws == new.draws;
    let change = if is_same {
        MeasureChange::NoChange
    } else {
        MeasureChange::of(difference, beyond, guard.metric.better)
    };
    let none = |_| Estimate { value: 0.0, interval: Interval::new(0.0, 0.0) };
    let difference = if is_same { difference.map(none) } else { difference };
    let trials = candidate.trials.len() as u64;
    let needed = beyond.filter(|_| change == MeasureChange::Inconclusive).and_then(|beyond| {
        trials_needed(T::SUBJECT, trials as f64, growth_of_mean(beyond.value, beyond.interval, 0.0))
    });
    Row {
        change,
        pairs: pairs.both,
        pairs_that_differ: pairs.differ,
        most_worse_trial: pairs.most_worse.map(|(_, place)| candidate.sampling().strata().trial(place)),
        trials_needed: needed,
        ..Row::judged(guard, strategy, [old.estimate, new.estimate], [difference, beyond], trials, tail)
    }
}

impl Row {
    /// The row of two values that have no trial in common, judged by their difference and by that from as much worse as is
    /// accepted.
    fn judged(
        guard: &Guarded,
        strategy: &str,
        [baseline, candidate]: [Option<Estimate>; 2],
        [difference, beyond]: [Option<Estimate>; 2],
        trials: u64,
        tail: f64,
    ) -> Self {
        Self {
            world: World::Own,
            strategy: strategy.to_owned(),
            metric: guard.metric,
            statistic: guard.statistic,
            tolerance: guard.tolerance,
            baseline,
            candidate,
            difference,
            change: MeasureChange::of(difference, beyond, guard.metric.better),
            confidence: 1.0 - 2.0 * tail,
            trials,
            pairs: 0,
            pairs_that_differ: 0,
            most_worse_trial: None,
            trials_needed: None,
        }
    }
}

/// Compares a guarded statistic with an estimate that was remembered: no trial is common to both.
pub(super) fn compare_remembered<T: Measured>(
    guard: &Guarded,
    strategy: &str,
    was: Option<Estimate>,
    candidate: &StrategyTrials<T>,
    tail: f64,
) -> Row {
    let now = MeasuredSide::new(guard.metric, guard.statistic, candidate, None, tail).estimate;
    // A remembered interval has the usual confidence; as wide as one of `tail` it is stretched in proportion
    // to the normal quantile.
    let stretch = normal_quantile(1.0 - tail) / normal_quantile(1.0 - TAIL);
    let contrast = |times: f64| Some(apart(was?, now?, times, stretch));
    let differences = [contrast(1.0), contrast(guard.accepted())];
    Row::judged(guard, strategy, [was, now], differences, candidate.trials.len() as u64, tail)
}

/// `now - times * was` from two independent intervals, each stretched about its value.
fn apart(was: Estimate, now: Estimate, times: f64, stretch: f64) -> Estimate {
    let wide = |Estimate { value, interval }: Estimate| {
        let away = |end: f64| value + stretch * (end - value);
        (value, Interval { low: interval.low.map(away), high: interval.high.map(away) })
    };
    let interval = contrast::recovered(wide(now), wide(was), times, 0.0);
    Estimate { value: now.value - times * was.value, interval }
}

/// Trials of both sides that met the same luck.
#[derive(Default)]
struct CommonTrials {
    /// Both have a value.
    both: u64,
    /// The values differ, or only one side has one.
    differ: u64,
    /// By how much the candidate is worse at most, and where.
    most_worse: Option<(f64, TrialPlace)>,
}

impl CommonTrials {
    fn of(better: Better, old: &[Draws], new: &[Draws]) -> Self {
        let mut pairs = Self::default();
        for (stratum, ours) in new.iter().enumerate() {
            let Some(theirs) = old.iter().find(|theirs| theirs.key == ours.key) else { continue };
            for (index, (old, new)) in theirs.values.iter().zip(&ours.values).enumerate() {
                pairs.differ += u64::from(old != new);
                if let (Some(old), Some(new)) = (old, new) {
                    pairs.both += 1;
                    let worse = match better {
                        Better::Less => new - old,
                        Better::More => old - new,
                    };
                    if worse > pairs.most_worse.map_or(0.0, |(most, _)| most) {
                        pairs.most_worse = Some((worse, TrialPlace { stratum, index: index as u64 }));
                    }
                }
            }
        }
        pairs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(value: f64, half: f64) -> Estimate {
        Estimate { value, interval: Interval::new(value - half, value + half) }
    }

    #[test]
    fn independent_intervals_add_like_errors() {
        let got = apart(estimate(10.0, 3.0), estimate(20.0, 4.0), 1.0, 1.0);
        assert_eq!((got.value, got.interval), (10.0, Interval::new(5.0, 15.0)));
        let open = Estimate { value: 1.0, interval: Interval { low: Some(0.5), high: None } };
        assert_eq!(apart(open, estimate(2.0, 1.0), 1.0, 1.0).interval.low, None);
    }
}
