//! One row of a comparison: a guarded statistic of one strategy under two plans.

use super::compare::{Change, Row};
use super::estimate::{CVAR_LEVEL, Estimate, Values};
use super::guard::Guarded;
use super::sampling::Sampling;
use super::threshold::{growth_of_mean, trials_needed};
use crate::outcome::Outcome;
use crate::plan::Plan;
use crate::plan::strata::Place;
use crate::plan::study::Statistic;
use crate::stats::contrast::{self, Draws};
use crate::stats::{Interval, TAIL};

/// A strategy's trials under one plan.
#[derive(Debug, Clone, Copy)]
pub(super) struct Side<'p> {
    pub plan: &'p Plan,
    pub outcomes: &'p [Outcome],
}

impl Side<'_> {
    fn sampling(&self) -> Sampling {
        Sampling::new(self.plan, self.outcomes.len() as u64)
    }

    fn draws(&self, guard: &Guarded) -> Vec<Draws> {
        self.sampling().draws(guard.metric, self.outcomes)
    }

    /// The statistic for people, with the usual confidence.
    fn estimate(&self, guard: &Guarded, draws: &[Draws]) -> Option<Estimate> {
        let sample = contrast::sample(draws, self.sampling().is_confined());
        Values::new(guard.metric, sample).estimate(guard.statistic, TAIL)
    }

    fn statistic(&self, guard: &Guarded, draws: &[Draws], tail: f64) -> Option<contrast::Statistic> {
        match guard.statistic {
            Statistic::P50 | Statistic::P90 | Statistic::P99 => {
                let q = guard.statistic.percentile()?;
                contrast::Statistic::quantile(draws, self.sampling().is_confined(), q, tail)
            }
            Statistic::Cvar99 => contrast::Statistic::tail_mean(draws, CVAR_LEVEL),
            Statistic::Mean | Statistic::Max => contrast::Statistic::mean(draws),
        }
    }
}

/// Compares one guarded statistic; verdicts leave `tail` out on each side.
pub(super) fn compare(guard: &Guarded, strategy: &str, baseline: Side, candidate: Side, tail: f64) -> Row {
    let (old, new) = (baseline.draws(guard), candidate.draws(guard));
    let pairs = Pairs::of(&old, &new);
    let statistics = (baseline.statistic(guard, &old, tail), candidate.statistic(guard, &new, tail));
    let contrast = |times: f64| match &statistics {
        (Some(old), Some(new)) => {
            let (value, interval) = contrast::difference(new, old, times, tail);
            Some(Estimate { value, interval })
        }
        _ => None,
    };
    let (mut difference, beyond) = (contrast(1.0), contrast(1.0 + guard.tolerance));
    // Every trial has the same value and weight on both sides.
    let change = if old == new { Change::NoChange } else { judge(difference, beyond) };
    if change == Change::NoChange {
        difference = difference.map(|_| Estimate { value: 0.0, interval: Interval::new(0.0, 0.0) });
    }
    let trials = candidate.outcomes.len() as u64;
    let needed = beyond
        .filter(|_| change == Change::Inconclusive)
        .and_then(|beyond| trials_needed(trials as f64, growth_of_mean(beyond.value, beyond.interval, 0.0)));
    let strata = candidate.sampling();
    Row {
        strategy: strategy.to_owned(),
        metric: guard.metric,
        statistic: guard.statistic,
        tolerance: guard.tolerance,
        baseline: baseline.estimate(guard, &old),
        candidate: candidate.estimate(guard, &new),
        difference,
        change,
        confidence: 1.0 - 2.0 * tail,
        trials,
        pairs: pairs.both,
        pairs_that_differ: pairs.differ,
        most_worse_trial: pairs.most_worse.map(|(_, place)| strata.strata().trial(place)),
        trials_needed: needed,
    }
}

/// What the difference says, and the difference from as much more as is accepted.
pub(super) fn judge(difference: Option<Estimate>, beyond: Option<Estimate>) -> Change {
    let (Some(difference), Some(beyond)) = (difference, beyond) else { return Change::Inconclusive };
    if beyond.interval.is_above(0.0) {
        Change::Regressed
    } else if difference.interval.high.is_some_and(|high| high < 0.0) {
        Change::Improved
    } else if beyond.interval.is_at_most(0.0) {
        Change::WithinTolerance
    } else {
        Change::Inconclusive
    }
}

/// Trials of both sides that met the same luck.
#[derive(Default)]
struct Pairs {
    /// Both have a value.
    both: u64,
    /// The values differ, or only one side has one.
    differ: u64,
    /// By how much the candidate is worse at most, and where.
    most_worse: Option<(f64, Place)>,
}

impl Pairs {
    fn of(old: &[Draws], new: &[Draws]) -> Self {
        let mut pairs = Self::default();
        for (stratum, ours) in new.iter().enumerate() {
            let Some(theirs) = old.iter().find(|theirs| theirs.key == ours.key) else { continue };
            for (index, (old, new)) in theirs.values.iter().zip(&ours.values).enumerate() {
                pairs.differ += u64::from(old != new);
                if let (Some(old), Some(new)) = (old, new) {
                    pairs.both += 1;
                    let worse = new - old;
                    if worse > pairs.most_worse.map_or(0.0, |(most, _)| most) {
                        pairs.most_worse = Some((worse, Place { stratum, index: index as u64 }));
                    }
                }
            }
        }
        pairs
    }
}
