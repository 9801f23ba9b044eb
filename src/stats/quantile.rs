//! Quantiles by inverted CDF and their order-statistic intervals.
//!
//! The quantile is the smallest value whose empirical distribution function reaches `q`. It is
//! never interpolated: rollout measures have atoms (0 impaired hosts, a whole zone), and a number
//! between two atoms is one that no rollout can show.
//!
//! From one stratum the interval is made of two order statistics, by exact binomial ranks. From several
//! the interval of the distribution function is inverted (Woodruff 1952): the same thing, as both rest on
//! the interval of a share. Every stratum is suspected of values on the other side, however far the slice of a latency is
//! from where they were seen.

use super::interval::{Interval, TAIL};
use super::proportion::{Cell, Share};
use super::sample::{Sample, StratumValues};
use super::special::binomial_cdf;
use serde::{Deserialize, Serialize};

/// A quantile and its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Quantile {
    /// A value of the sample.
    pub value: f64,
    /// Distribution-free interval between two values of the sample; an end is missing where the sample
    /// is too small for any value in it to be a bound.
    #[serde(flatten)]
    pub interval: Interval,
}

/// A sample sorted for quantiles.
#[derive(Debug, Clone)]
pub struct Sorted {
    strata: Vec<SortedStratum>,
    /// All distinct values, sorted.
    merged: Vec<f64>,
}

/// The values of a stratum, sorted and counted.
#[derive(Debug, Clone)]
struct SortedStratum {
    /// All of it but the values and their number.
    cell: Cell,
    /// Distinct values, sorted; of several that were counted together the largest.
    values: Vec<f64>,
    /// The least of those that were counted together with each.
    least: Vec<f64>,
    /// Trials up to each of them.
    up_to: Vec<u64>,
}

impl SortedStratum {
    fn of(stratum: &StratumValues) -> Self {
        let bins = stratum.values.iter().map(|x| (x.largest(), x.least(), x.times()));
        let mut sorted: Vec<(f64, f64, u64)> = bins.collect();
        sorted.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let (mut values, mut least, mut up_to, mut seen) = (Vec::new(), Vec::new(), Vec::new(), 0);
        for (value, from, times) in sorted {
            seen += times;
            if values.last() == Some(&value) {
                up_to.pop();
            } else {
                values.push(value);
                least.push(from);
            }
            up_to.push(seen);
        }
        let cell = Cell {
            unit: stratum.unit(),
            trials: stratum.trials as f64,
            values: seen as f64,
            events: 0.0,
            settled: stratum.settled,
            group: stratum.group,
        };
        Self { cell, values, least, up_to }
    }

    fn len(&self) -> u64 {
        self.up_to.last().copied().unwrap_or(0)
    }

    /// The value of a rank of `1..=len`.
    fn at(&self, rank: u64) -> Option<f64> {
        let index = self.up_to.partition_point(|&up_to| up_to < rank);
        if rank == 0 { None } else { self.values.get(index).copied() }
    }

    /// The least that a value could be which was counted as `x`.
    fn least_of(&self, x: f64) -> f64 {
        let index = self.values.partition_point(|value| *value < x);
        self.least.get(index).map_or(x, |least| least.min(x))
    }
}

impl Sorted {
    /// Sorts a sample.
    #[must_use]
    pub fn new(sample: &Sample) -> Self {
        let strata: Vec<SortedStratum> =
            sample.strata().iter().chain(sample.silent()).map(SortedStratum::of).collect();
        let mut merged: Vec<f64> = strata.iter().flat_map(|counts| &counts.values).copied().collect();
        merged.sort_unstable_by(f64::total_cmp);
        merged.dedup();
        Self { strata, merged }
    }

    /// The largest value.
    #[must_use]
    pub fn max(&self) -> Option<f64> {
        self.merged.last().copied()
    }

    /// Distinct values in order.
    pub(super) fn merged(&self) -> &[f64] {
        &self.merged
    }

    /// Number of trials with a value.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.strata.iter().map(SortedStratum::len).sum()
    }

    /// Whether there are no values.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.merged.is_empty()
    }

    /// The `q` quantile (`0 < q < 1`) at the usual confidence; none if there are no values.
    #[must_use]
    pub fn quantile(&self, q: f64) -> Option<Quantile> {
        self.quantile_at(q, TAIL)
    }

    /// As [`Sorted::quantile`], leaving `tail` out on each side of the interval.
    #[must_use]
    pub fn quantile_at(&self, q: f64, tail: f64) -> Option<Quantile> {
        if let [only] = self.strata.as_slice() {
            return order_statistics(only, q, tail);
        }
        let value = self.value(q)?;
        // Below the smallest value nothing has been counted; if even that may reach q, there is no bound.
        let open_below = self.below(self.merged[0]).high_reaches(q - ROUNDING, tail);
        let may_reach = |x: f64| self.up_to(x).high_reaches(q - ROUNDING, tail);
        let low = if open_below { None } else { self.first(may_reach) };
        let high = self.after_last_not(|x| self.up_to(x).low_reaches(q - ROUNDING, tail));
        // The effective number of trials is a guess: no end lies on the wrong side of the value.
        let low =
            low.map(|end| self.strata.iter().fold(end.min(value), |least, s| least.min(s.least_of(end))));
        let interval = Interval { low, high: high.map(|end| end.max(value)) };
        Some(Quantile { value, interval })
    }

    /// The `q` quantile (`0 < q < 1`) without its interval, which takes longer: for curves of many of them.
    #[must_use]
    pub fn value(&self, q: f64) -> Option<f64> {
        let index = self.merged.partition_point(|x| self.up_to(*x).value() < q - ROUNDING);
        self.merged.get(index).or(self.merged.last()).copied()
    }

    /// The first value at which a condition holds that holds on to the end of a stretch in which no stratum is used up: one
    /// that is can have no more events, and then another is suspected of the next.
    fn first(&self, holds: impl Fn(f64) -> bool) -> Option<f64> {
        let ends = self.edges(|stratum| stratum.values.last());
        let mut from = 0;
        for end in ends.into_iter().chain([self.merged.len()]) {
            if end > from && holds(self.merged[end - 1]) {
                return Some(self.merged[from + self.merged[from..end].partition_point(|x| !holds(*x))]);
            }
            from = end;
        }
        None
    }

    /// The first value from which on a condition holds to the last value; it holds on to the end of a stretch in which no
    /// stratum begins.
    fn after_last_not(&self, holds: impl Fn(f64) -> bool) -> Option<f64> {
        let mut end = self.merged.len();
        for from in self.edges(|stratum| stratum.values.first()).into_iter().rev().chain([0]) {
            if from < end && !holds(self.merged[from]) {
                let not_yet = self.merged[from..end].partition_point(|x| !holds(*x));
                return self.merged.get(from + not_yet).copied();
            }
            end = from;
        }
        self.merged.first().copied()
    }

    /// Where in the merged values a value of each stratum is, in order.
    fn edges<'s>(&'s self, of: impl Fn(&'s SortedStratum) -> Option<&'s f64>) -> Vec<usize> {
        let at = |x: &f64| self.merged.partition_point(|value| value < x);
        let mut edges: Vec<usize> = self.strata.iter().filter_map(of).map(at).collect();
        edges.sort_unstable();
        edges.dedup();
        edges
    }

    /// The share of values up to `x`.
    pub(super) fn up_to(&self, x: f64) -> Share {
        self.count(|values| values.partition_point(|value| *value <= x))
    }

    /// The share of values below `x`.
    pub(super) fn below(&self, x: f64) -> Share {
        self.count(|values| values.partition_point(|value| *value < x))
    }

    /// The interval of the share of values up to `x`.
    #[must_use]
    pub fn share_up_to(&self, x: f64, tail: f64) -> (f64, Interval) {
        let share = self.up_to(x);
        (share.value(), Interval::new(share.low(tail), share.high(tail)))
    }

    /// The interval of the share of values of at least `x`, leaving `tail` out on each side.
    #[must_use]
    pub fn share_from(&self, x: f64, tail: f64) -> Interval {
        let share = self.below(x).complement();
        Interval::new(share.low(tail), share.high(tail))
    }

    fn count(&self, events: impl Fn(&[f64]) -> usize) -> Share {
        let cells = self.strata.iter().map(|counts| {
            let before = events(&counts.values).checked_sub(1);
            Cell { events: before.map_or(0, |index| counts.up_to[index]) as f64, ..counts.cell }
        });
        Share { cells: cells.collect(), confined: false }
    }
}

/// Weighted shares that differ by less are equal but for rounding.
const ROUNDING: f64 = 1e-12;

/// What values of which some lie at or below a limit say of the `q` quantile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Against {
    /// It is at most the limit.
    AtMost,
    /// It is above the limit.
    Above,
    /// It may be either.
    Open,
}

/// Holds the `q` quantile against a limit, leaving `tail` out on each side. `at_most` has a 1 for every value at or below
/// the limit and a 0 for every other one: exact, whatever else is known of the values.
#[must_use]
pub fn against(at_most: &Sample, q: f64, tail: f64) -> Against {
    let share = Share::of(at_most);
    if share.cells.is_empty() {
        Against::Open
    } else if share.low_reaches(q - ROUNDING, tail) {
        Against::AtMost
    } else if share.high_reaches(q - ROUNDING, tail) {
        Against::Open
    } else {
        Against::Above
    }
}

/// The quantile of values from one stratum.
///
/// The interval holds the order statistics of ranks `l` and `u` such that a binomial count falls
/// below `l`, or at or above `u`, with at most `tail` each; atoms only make it wider than needed.
fn order_statistics(sorted: &SortedStratum, q: f64, tail: f64) -> Option<Quantile> {
    let n = sorted.len();
    let value = sorted.at(rank(n, q))?;
    let (low, high) = interval_ranks(n, q, tail);
    let low = sorted.at(low).map(|end| sorted.least_of(end));
    Some(Quantile { value, interval: Interval { low, high: sorted.at(high) } })
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
fn interval_ranks(n: u64, q: f64, tail: f64) -> (u64, u64) {
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
    (first(&|cdf| cdf > tail), first(&|cdf| cdf >= 1.0 - tail) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{Bin, StratumValues};

    fn one_to(n: u64) -> Vec<f64> {
        (1..=n).map(|v| v as f64).collect()
    }

    fn quantile(values: &[f64], q: f64) -> Option<Quantile> {
        Sorted::new(&Sample::plain(values.to_vec())).quantile(q)
    }

    #[test]
    fn quantile_is_the_smallest_value_that_reaches_q() {
        let four = [3.0, 1.0, 2.0, 4.0];
        assert_eq!(quantile(&four, 0.5).unwrap().value, 2.0);
        assert_eq!(quantile(&four, 0.51).unwrap().value, 3.0);
        assert_eq!(quantile(&[7.0], 0.99).unwrap().value, 7.0);
        assert_eq!(quantile(&[], 0.5), None);
        // 0.07 * 100 is 7.000000000000001 in floats.
        assert_eq!(quantile(&one_to(100), 0.07).unwrap().value, 7.0);
        assert_eq!(quantile(&one_to(1000), 0.99).unwrap().value, 990.0);
        assert!(!Sorted::new(&Sample::plain(one_to(3))).is_empty());
        assert!(Sorted::new(&Sample::plain(Vec::new())).is_empty());
    }

    #[test]
    fn a_rank_is_the_smallest_that_reaches_q_to_the_last_digit() {
        for n in 1..300_u64 {
            for k in 1..n {
                let q = k as f64 / n as f64;
                assert_eq!((rank(n, q), rank(n, q.next_up())), (k, k + 1), "{k} of {n}");
            }
        }
    }

    #[test]
    fn a_weighted_quantile_is_the_value_at_which_the_share_is_reached() {
        let part = |weight, values: Vec<f64>| StratumValues {
            weight,
            trials: values.len() as u64,
            values: Bin::each(values),
            settled: false,
            group: 0,
        };
        let sorted =
            Sorted::new(&Sample::new(vec![part(0.75, vec![1.0, 2.0, 3.0]), part(0.25, vec![2.0, 9.0])]));
        let at = |q| sorted.quantile_at(q, TAIL).unwrap().value;
        // A quarter of the weight each at 1 and 3, three eighths at 2, an eighth at 9.
        assert_eq!([0.25, 0.26, 0.625, 0.63, 0.875, 0.88].map(at), [1.0, 2.0, 2.0, 3.0, 3.0, 9.0]);
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
        let p90 = quantile(&values, 0.9).unwrap();
        assert_eq!((p90.value, p90.interval), (0.0, Interval::new(0.0, 0.0)));
    }

    #[test]
    fn two_equal_strata_are_nearly_one() {
        let split = |odd: u64| {
            let values: Vec<f64> = one_to(2000).into_iter().filter(|v| *v as u64 % 2 == odd).collect();
            StratumValues { weight: 0.5, trials: 1000, values: Bin::each(values), settled: false, group: 0 }
        };
        let sorted = Sorted::new(&Sample::new(vec![split(0), split(1)]));
        for q in [0.1, 0.5, 0.9, 0.99] {
            let (got, want) = (sorted.quantile(q).unwrap(), quantile(&one_to(2000), q).unwrap());
            assert_eq!(got.value, want.value);
            let near = |a: Option<f64>, b: Option<f64>| (a.unwrap() - b.unwrap()).abs() <= 3.0;
            assert!(near(got.interval.low, want.interval.low), "{q}: {got:?} {want:?}");
            assert!(near(got.interval.high, want.interval.high), "{q}: {got:?} {want:?}");
        }
    }

    #[test]
    fn weights_move_quantiles_and_small_strata_leave_them_open() {
        let low = StratumValues {
            weight: 0.98,
            trials: 500,
            values: Bin::each(one_to(500)),
            settled: false,
            group: 0,
        };
        let high = StratumValues {
            weight: 0.02,
            trials: 500,
            values: Bin::each(one_to(500).iter().map(|v| v + 1e6).collect()),
            settled: false,
            group: 0,
        };
        let sorted = Sorted::new(&Sample::new(vec![low.clone(), high]));
        assert_eq!(sorted.quantile(0.5).unwrap().value, 256.0, "0.98 * 256 / 500 is the first over one half");
        let p99 = sorted.quantile(0.99).unwrap();
        assert_eq!(p99.value, 1_000_250.0, "half of the rare stratum lies above");
        assert!(p99.interval.low.unwrap() > 1_000_000.0 && p99.interval.high.unwrap() < 1_000_500.0);
        let few = StratumValues {
            weight: 0.02,
            trials: 5,
            values: Bin::each(vec![1e6; 5]),
            settled: false,
            group: 0,
        };
        let sorted = Sorted::new(&Sample::new(vec![low, few]));
        assert_eq!(sorted.quantile(0.999).unwrap().interval.high, None);
    }
}
