//! Means, with the interval of `moments`.

use super::moments::{Accumulator, Moments};
use super::sample::Valued;
use super::{Interval, Sample, Stratum, TAIL, sum};
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
pub fn mean<V: Valued>(sample: &Sample<V>) -> Option<Mean> {
    mean_at(sample, TAIL)
}

/// As [`mean`], leaving `tail` out on each side of the interval.
#[must_use]
pub fn mean_at<V: Valued>(sample: &Sample<V>, tail: f64) -> Option<Mean> {
    Some(Mean::of(moments(sample)?, tail))
}

impl Mean {
    pub(super) fn of(moments: Moments, tail: f64) -> Self {
        Self { value: moments.value, interval: moments.interval(tail), rough: moments.is_rough() }
    }
}

/// The mean and the moments of its error; none if the sample is empty.
pub(super) fn moments<V: Valued>(sample: &Sample<V>) -> Option<Moments> {
    if sample.is_empty() {
        return None;
    }
    let share = sample.share();
    let total_of = |stratum: &Stratum<V>| sum(stratum.values.iter().map(V::total));
    let weighted = |stratum: &Stratum<V>| stratum.unit() * total_of(stratum);
    let value = match sample.only() {
        Some(only) => total_of(only) / only.trials as f64,
        None => sum(sample.strata().iter().map(weighted)) / share,
    };
    // A ratio of two weighted sums, linearised: a trial that counts contributes its distance from the
    // mean, any other one nothing. Where every trial counts this is the textbook's stratified mean.
    let mut total = Accumulator::default();
    for stratum in sample.strata() {
        let trials = stratum.trials as f64;
        let apart = |x: &V| x.times() as f64 * (x.value() - value);
        let centre = sum(stratum.values.iter().map(apart)) / trials;
        let (mut squares, mut cubes) = (0.0, 0.0);
        for x in &stratum.values {
            let (residual, times) = (x.value() - value - centre, x.times() as f64);
            squares += times * (residual * residual);
            cubes += times * (residual * residual * residual);
        }
        let without = stratum.without();
        squares += without * centre * centre;
        cubes -= without * centre * centre * centre;
        total.add(stratum.unit() / share, trials, squares, cubes);
    }
    Some(total.finish(value))
}

#[cfg(test)]
#[path = "mean_tests.rs"]
mod tests;
