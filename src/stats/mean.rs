//! Means, with the interval of `moments`.

use super::interval::{Interval, TAIL, sum};
use super::moments::{Accumulator, Moments};
use super::sample::Sample;
use super::tally::Bin;
use serde::Serialize;

/// A mean and its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Mean {
    /// The mean, strata weighed by their probability.
    pub value: f64,
    /// Interval for the expectation; unbounded if a stratum has a single value.
    #[serde(flatten)]
    pub interval: Interval,
    /// The values are few (under 30) or so skewed (in one stratum: `n < 25 * skewness^2`) that the
    /// interval may well miss; a rare large value may not have shown yet.
    pub rough: bool,
}

/// The mean of a sample at the usual confidence; none if it is empty.
#[must_use]
pub fn mean(sample: &Sample) -> Option<Mean> {
    mean_at(sample, TAIL)
}

/// As [`mean`], leaving `tail` out on each side of the interval.
#[must_use]
pub fn mean_at(sample: &Sample, tail: f64) -> Option<Mean> {
    Some(Mean::of(moments(sample)?, tail))
}

impl Mean {
    pub(super) fn of(moments: Moments, tail: f64) -> Self {
        Self { value: moments.value, interval: moments.interval(tail), rough: moments.is_rough() }
    }
}

/// The numbers of one stratum as estimators of means see them, whichever way they are held.
pub(super) trait Numbers {
    /// How many there are.
    fn len(&self) -> u64;
    /// All of them, added up.
    fn total(&self) -> f64;
    /// Their distances from `value`, added up.
    fn apart(&self, value: f64) -> f64;
    /// Squares and cubes of their distances from `value` and then `centre`, added up.
    fn powers(&self, value: f64, centre: f64) -> (f64, f64);
}

/// A stratum: what a trial of it weighs, how many it had with a number or without, and the numbers.
pub(super) type Weighed<S> = (f64, u64, S);

/// The mean and the moments of its error; none if the sample is empty.
pub(super) fn moments(sample: &Sample) -> Option<Moments> {
    let strata = sample.strata().iter();
    let weighed = strata.map(|stratum| (stratum.unit(), stratum.trials, &stratum.values[..]));
    moments_of(&weighed.collect::<Vec<_>>())
}

/// Estimated weight of the trials that count.
pub(super) fn share<S: Numbers>(strata: &[Weighed<S>]) -> f64 {
    sum(strata.iter().map(|(unit, _, numbers)| unit * numbers.len() as f64))
}

/// As [`moments`], of numbers that are held in any way; none of no strata.
pub(super) fn moments_of<S: Numbers>(strata: &[Weighed<S>]) -> Option<Moments> {
    let share = share(strata);
    let value = match strata {
        [] => return None,
        [(_, trials, only)] => only.total() / *trials as f64,
        _ => sum(strata.iter().map(|(unit, _, numbers)| unit * numbers.total())) / share,
    };
    // A ratio of two weighted sums, linearised: a trial that counts contributes its distance from the
    // mean, any other one nothing. Where every trial counts this is the textbook's stratified mean.
    let mut total = Accumulator::default();
    for (unit, trials, numbers) in strata {
        let centre = numbers.apart(value) / *trials as f64;
        let (mut squares, mut cubes) = numbers.powers(value, centre);
        let without = (trials - numbers.len()) as f64;
        squares += without * centre * centre;
        cubes -= without * centre * centre * centre;
        total.add(unit / share, *trials as f64, squares, cubes);
    }
    Some(total.finish(value))
}

impl Numbers for &[Bin] {
    fn len(&self) -> u64 {
        self.iter().map(Bin::times).sum()
    }

    fn total(&self) -> f64 {
        sum(self.iter().map(Bin::total))
    }

    fn apart(&self, value: f64) -> f64 {
        sum(self.iter().map(|x| x.times() as f64 * (x.value() - value)))
    }

    fn powers(&self, value: f64, centre: f64) -> (f64, f64) {
        let (mut squares, mut cubes) = (0.0, 0.0);
        for x in *self {
            let (residual, times) = (x.value() - value - centre, x.times() as f64);
            squares += times * (residual * residual);
            cubes += times * (residual * residual * residual);
        }
        (squares, cubes)
    }
}

#[cfg(test)]
#[path = "mean_tests.rs"]
mod tests;
