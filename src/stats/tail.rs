//! The mean of the worst trials: conditional value at risk, also called expected shortfall.
//!
//! A percentile says where the tail begins and nothing of what is in it: two plans with one p99 can
//! differ a hundredfold in what the worst hundredth costs.

use super::interval::TAIL;
use super::mean::{Mean, moments};
use super::moments::Moments;
use super::quantile::Sorted;
use super::sample::Sample;

/// The mean of the worst share `1 - q` of a sample at the usual confidence; none if it is empty.
#[must_use]
pub fn tail_mean(sample: &Sample, sorted: &Sorted, q: f64) -> Option<Mean> {
    tail_mean_at(sample, sorted, q, TAIL)
}

/// As [`tail_mean`], leaving `tail` out on each side of the interval.
#[must_use]
pub fn tail_mean_at(sample: &Sample, sorted: &Sorted, q: f64, tail: f64) -> Option<Mean> {
    let mean = Mean::of(tail_moments(sample, sorted, q)?, tail);
    Some(Mean { interval: mean.interval.within(sample.possible()), ..mean })
}

/// Rockafellar and Uryasev (2002, Journal of Banking and Finance 26): with the quantile `t`, the tail mean
/// is the mean of `t + max(0, x - t) / (1 - q)`. It is least at the true quantile, so that the error of
/// the estimated one does not matter to first order.
fn tail_moments(sample: &Sample, sorted: &Sorted, q: f64) -> Option<Moments> {
    let start = sorted.quantile(q)?.value;
    moments(&sample.map(|value| above(value, start, q)))
}

/// The value whose mean is the tail mean.
pub(super) fn above(x: f64, start: f64, q: f64) -> f64 {
    start + (x - start).max(0.0) / (1.0 - q)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{Bin, StratumValues};

    #[test]
    fn the_tail_mean_is_the_mean_of_the_tail() {
        let sample = Sample::plain((1..=1000).map(f64::from).collect());
        let got = tail_mean(&sample, &Sorted::new(&sample), 0.99).unwrap();
        assert!((got.value - 995.5).abs() < 1e-9, "991 to 1000: {got:?}");
        assert!(got.interval.low.unwrap() < 995.5 && got.interval.high.unwrap() > 995.5);
    }

    #[test]
    fn an_atom_at_the_quantile_fills_up_the_tail() {
        // 995 zeros, five hundreds: the worst ten are five zeros and five hundreds.
        let mut values = vec![0.0; 995];
        values.extend([100.0; 5]);
        let sample = Sample::plain(values);
        assert!((tail_mean(&sample, &Sorted::new(&sample), 0.99).unwrap().value - 50.0).abs() < 1e-9);
    }

    #[test]
    fn strata_are_weighed() {
        // The heavy stratum is 2 % of all: the worst hundredth is its upper half, 51 to 100.
        let light = StratumValues {
            weight: 0.98,
            trials: 100,
            values: Bin::each(vec![0.0; 100]),
            settled: false,
            group: 0,
        };
        let heavy = StratumValues {
            weight: 0.02,
            trials: 100,
            values: Bin::each((1..=100).map(f64::from).collect()),
            settled: false,
            group: 0,
        };
        let sample = Sample::new(vec![light, heavy]);
        let got = tail_mean(&sample, &Sorted::new(&sample), 0.99).unwrap();
        assert!((got.value - 75.5).abs() < 1e-9, "{got:?}");
    }
}
