//! Quantiles by inverted CDF and their order-statistic intervals.
//!
//! The quantile is the smallest value whose empirical distribution function reaches `q`. It is
//! never interpolated: rollout measures have atoms (0 impaired hosts, a whole zone), and a number
//! between two atoms is one that no rollout can show.

use super::special::binomial_cdf;
use super::{Interval, TAIL};
use serde::Serialize;

/// A quantile and its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Quantile {
    /// The order statistic.
    pub value: f64,
    /// Distribution-free interval between two order statistics; an end is missing where the sample
    /// is too small for any value in it to be a bound.
    #[serde(flatten)]
    pub interval: Interval,
}

/// Sorts in the total order of floats.
pub fn sort(values: &mut [f64]) {
    values.sort_unstable_by(f64::total_cmp);
}

/// The `q` quantile (`0 < q < 1`) of values sorted by [`sort`]; none if there are none.
///
/// The interval holds the order statistics of ranks `l` and `u` such that a binomial count falls
/// below `l`, or at or above `u`, with at most 2.5 % each; atoms only make it wider than needed.
#[must_use]
pub fn quantile(sorted: &[f64], q: f64) -> Option<Quantile> {
    let n = sorted.len() as u64;
    let at = |rank: u64| rank.checked_sub(1).and_then(|index| sorted.get(index as usize)).copied();
    let value = at(rank(n, q))?;
    let (low, high) = interval_ranks(n, q);
    Some(Quantile { value, interval: Interval { low: at(low), high: at(high) } })
}

/// Smallest rank `k` of `1..=n` with `k / n >= q`.
fn rank(n: u64, q: f64) -> u64 {
    // The product may round to either side of a whole number; the definition decides.
    let mut k = (libm::ceil(n as f64 * q) as u64).clamp(1, n.max(1));
    while k > 1 && (k - 1) as f64 / n as f64 >= q {
        k -= 1;
    }
    while k < n && (k as f64 / n as f64) < q {
        k += 1;
    }
    k
}

/// Ranks of the interval's ends; 0 and `n + 1` stand for no bound.
fn interval_ranks(n: u64, q: f64) -> (u64, u64) {
    // P(count <= k) rises with k: find the first k in 0..=n that satisfies a condition.
    // Seven standard deviations around the mean hold it; if they did not, the search is over all.
    let (mean, reach) = (n as f64 * q, 7.0 * libm::sqrt(n as f64 * q * (1.0 - q)) + 7.0);
    let near = ((mean - reach).max(0.0) as u64, ((mean + reach) as u64).min(n));
    let first = |holds: &dyn Fn(f64) -> bool| {
        let at = |k: u64| holds(binomial_cdf(k, n, q));
        let is_inside = at(near.1) && (near.0 == 0 || !at(near.0 - 1));
        let (mut low, mut high) = if is_inside { near } else { (0, n) };
        while low < high {
            let middle = low + (high - low) / 2;
            if at(middle) { high = middle } else { low = middle + 1 }
        }
        low
    };
    (first(&|cdf| cdf > TAIL), first(&|cdf| cdf >= 1.0 - TAIL) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one_to(n: u64) -> Vec<f64> {
        (1..=n).map(|v| v as f64).collect()
    }

    #[test]
    fn quantile_is_the_smallest_value_that_reaches_q() {
        let four = [1.0, 2.0, 3.0, 4.0];
        assert_eq!(quantile(&four, 0.5).unwrap().value, 2.0);
        assert_eq!(quantile(&four, 0.51).unwrap().value, 3.0);
        assert_eq!(quantile(&[7.0], 0.99).unwrap().value, 7.0);
        assert_eq!(quantile(&[], 0.5), None);
        // 0.07 * 100 is 7.000000000000001 in floats.
        assert_eq!(quantile(&one_to(100), 0.07).unwrap().value, 7.0);
        assert_eq!(quantile(&one_to(1000), 0.99).unwrap().value, 990.0);
    }

    #[test]
    fn intervals_use_the_binomial_ranks() {
        // Ranks computed with exact binomial sums in mpmath 1.3.0.
        for (n, q, low, high) in [
            (1000, 0.99, Some(983.0), Some(997.0)),
            (10_000, 0.99, Some(9880.0), Some(9920.0)),
            (10_000, 0.999, Some(9983.0), Some(9997.0)),
            (1000, 0.999, Some(997.0), None),
            (300, 0.99, Some(293.0), None),
            (1000, 0.5, Some(469.0), Some(532.0)),
            (20, 0.5, Some(6.0), Some(15.0)),
            (100, 0.9, Some(84.0), Some(96.0)),
            (6, 0.5, Some(1.0), Some(6.0)),
            (5, 0.5, None, None),
        ] {
            let got = quantile(&one_to(n), q).unwrap().interval;
            assert_eq!((got.low, got.high), (low, high), "n = {n}, q = {q}");
        }
    }

    #[test]
    fn atoms_give_a_degenerate_interval_not_a_wrong_one() {
        let mut values = vec![0.0; 990];
        values.extend(one_to(10));
        sort(&mut values);
        let p90 = quantile(&values, 0.9).unwrap();
        assert_eq!((p90.value, p90.interval), (0.0, Interval::new(0.0, 0.0)));
    }
}
