//! Means, with the interval of `moments`.

use super::moments::{Accumulator, Moments};
use super::{Interval, Sample, TAIL, sum};
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
    let moments = moments(sample)?;
    Some(Mean { value: moments.value, interval: moments.interval(tail), rough: moments.is_rough() })
}

/// The mean and the moments of its error; none if the sample is empty.
pub(super) fn moments(sample: &Sample) -> Option<Moments> {
    if sample.is_empty() {
        return None;
    }
    let share = sample.share();
    let weighted = |stratum: &super::Stratum| stratum.unit() * sum(stratum.values.iter().copied());
    let value = match sample.only() {
        Some(only) => sum(only.values.iter().copied()) / only.trials as f64,
        None => sum(sample.strata().iter().map(weighted)) / share,
    };
    // A ratio of two weighted sums, linearised: a trial that counts contributes its distance from the
    // mean, any other one nothing. Where every trial counts this is the textbook's stratified mean.
    let mut total = Accumulator::default();
    for stratum in sample.strata() {
        let trials = stratum.trials as f64;
        let centre = sum(stratum.values.iter().map(|x| x - value)) / trials;
        let (mut squares, mut cubes) = (0.0, 0.0);
        for x in &stratum.values {
            let residual = x - value - centre;
            squares += residual * residual;
            cubes += residual * residual * residual;
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
