//! The rank test of Mann and Whitney (1947, Annals of Mathematical Statistics 18), also called Wilcoxon's, and
//! the shift between two samples that goes with it (Hodges and Lehmann 1963, Annals of Mathematical Statistics 34).
//!
//! The first sample is the canary, the second the baseline; a positive shift means that the canary is above.
//! Values must not be NaN. There is no assumption on their distribution, but that a difference between the two
//! sides is a shift.

use crate::stats::Interval;
use crate::stats::special::{normal_cdf, normal_quantile};

/// Most values of both samples for which the exact distribution is computed: a tenth of a second at most.
pub const MOST_EXACT: usize = 100;

/// Most values of both samples for which [`Law::fitting`] chooses the exact distribution: two milliseconds.
const MOST_EXACT_UNASKED: usize = 50;

/// Which distribution of the statistic to use if both sides are alike.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Law {
    /// Over all ways to deal the values to the two sides, ties included. With more than [`MOST_EXACT`] values
    /// the normal one takes its place.
    Exact,
    /// Normal, with corrections for ties and for continuity.
    #[default]
    Normal,
}

impl Law {
    /// Exact where that is cheap.
    #[must_use]
    pub fn fitting(canary: usize, baseline: usize) -> Self {
        if canary + baseline <= MOST_EXACT_UNASKED { Self::Exact } else { Self::Normal }
    }
}

/// The statistic and how likely one as extreme is if both sides are alike.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RankTest {
    /// Pairs in which the canary is above, ties counting one half.
    pub u: f64,
    /// Probability of `u` or less.
    pub less: f64,
    /// Probability of `u` or more.
    pub greater: f64,
    /// Twice the smaller of the two, at most 1.
    pub two_sided: f64,
}

impl RankTest {
    fn new(u: f64, less: f64, greater: f64) -> Self {
        Self { u, less, greater, two_sided: (2.0 * less.min(greater)).min(1.0) }
    }
}

/// Tests whether both samples are alike; none if one is empty.
#[must_use]
pub fn test(canary: &[f64], baseline: &[f64], law: Law) -> Option<RankTest> {
    if canary.is_empty() || baseline.is_empty() {
        return None;
    }
    let ranks = Ranks::of(canary, baseline);
    let u = ranks.twice_u() as f64 / 2.0;
    if law == Law::Exact && ranks.all.len() <= MOST_EXACT {
        let law = distribution(&ranks.all, canary.len());
        let sum: usize = ranks.canary.iter().sum();
        let less: f64 = law[..=sum].iter().sum();
        let greater: f64 = law[sum..].iter().sum();
        return Some(RankTest::new(u, less.min(1.0), greater.min(1.0)));
    }
    let (n, m) = (canary.len() as f64, baseline.len() as f64);
    let deviation = (n * m / 12.0 * (n + m + 1.0 - ranks.ties() / ((n + m) * (n + m - 1.0)))).max(0.0);
    let deviation = libm::sqrt(deviation);
    let distance = u - n * m / 2.0;
    // Where every value is the same, every way to deal them is as extreme.
    let at = |distance: f64| if deviation > 0.0 { normal_cdf(distance / deviation) } else { 1.0 };
    Some(RankTest::new(u, at(distance + 0.5), at(0.5 - distance)))
}

/// How far the canary is above the baseline.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shift {
    /// The median of all differences between a value of the canary and one of the baseline.
    pub estimate: f64,
    /// Its interval; an end is missing where the samples are too small for one.
    pub interval: Interval,
    /// The least of the differences.
    pub least: f64,
    /// The largest of the differences.
    pub largest: f64,
}

/// The shift and an interval that leaves `tail` out on each side; none if a sample is empty.
///
/// The ends are the shifts at which the test would just not reject, so they are differences of the samples. Ties
/// between the samples make the interval cover more than promised. Takes memory for all differences.
#[must_use]
pub fn shift(canary: &[f64], baseline: &[f64], tail: f64, law: Law) -> Option<Shift> {
    let mut differences: Vec<f64> = canary.iter().flat_map(|x| baseline.iter().map(move |y| x - y)).collect();
    differences.sort_unstable_by(f64::total_cmp);
    let (least, largest) = (*differences.first()?, *differences.last()?);
    let count = differences.len();
    let middle = 0.5 * (differences[(count - 1) / 2] + differences[count / 2]);
    let outside = if law == Law::Exact && canary.len() + baseline.len() <= MOST_EXACT {
        exactly_outside(canary.len(), baseline.len(), tail)
    } else {
        normally_outside(canary, baseline, tail)
    };
    let interval = match outside {
        Some(k) if k <= count => Interval::new(differences[k - 1], differences[count - k]),
        _ => Interval::UNBOUNDED,
    };
    Some(Shift { estimate: middle, interval, least, largest })
}

/// The largest `k` for which the true shift is below the k-th smallest difference with at most `tail`; none if
/// that is more likely even for the smallest.
fn exactly_outside(canary: usize, baseline: usize, tail: f64) -> Option<usize> {
    let ranks: Vec<usize> = (1..=canary + baseline).map(|rank| 2 * rank).collect();
    let law = distribution(&ranks, canary);
    let least = canary * (canary + 1);
    // Without ties every second place of the doubled sums is empty.
    let below = law[least..].iter().step_by(2).scan(0.0, |sum, p| {
        *sum += p;
        Some(*sum)
    });
    Some(below.take_while(|sum| *sum <= tail).count()).filter(|k| *k > 0)
}

/// The same by the normal law with both corrections: as R's `wilcox.test` and Kayenta find it with a root finder,
/// whose steps end at a difference of the samples.
fn normally_outside(canary: &[f64], baseline: &[f64], tail: f64) -> Option<usize> {
    let (n, m) = (canary.len() as f64, baseline.len() as f64);
    // Shifted samples have the ties that each has within itself.
    let ties = Ranks::of(canary, &[]).ties() + Ranks::of(baseline, &[]).ties();
    let variance = n * m / 12.0 * (n + m + 1.0 - ties / ((n + m) * (n + m - 1.0)));
    let above = n * m / 2.0 + 0.5 + normal_quantile(1.0 - tail) * libm::sqrt(variance.max(0.0));
    // A shift is rejected as too low if so many differences at least are above it. The lowest that is not is the
    // one of that rank from above.
    let needed = libm::floor(above) + 1.0;
    let k = n * m + 1.0 - needed;
    (k >= 1.0).then_some(k as usize)
}

/// Doubled ranks, so that the mean rank of tied values is whole.
struct Ranks {
    /// Of all values, ascending.
    all: Vec<usize>,
    /// Of the canary's.
    canary: Vec<usize>,
}

impl Ranks {
    fn of(canary: &[f64], baseline: &[f64]) -> Self {
        let own = canary.iter().map(|x| (*x, true));
        let mut values: Vec<(f64, bool)> = own.chain(baseline.iter().map(|y| (*y, false))).collect();
        values.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let mut ranks = Self { all: Vec::with_capacity(values.len()), canary: Vec::new() };
        for tied in values.chunk_by(|a, b| a.0 == b.0) {
            let first = ranks.all.len() + 1;
            let doubled = 2 * first + tied.len() - 1;
            for (_, is_canary) in tied {
                ranks.all.push(doubled);
                if *is_canary {
                    ranks.canary.push(doubled);
                }
            }
        }
        ranks
    }

    fn twice_u(&self) -> usize {
        let n = self.canary.len();
        self.canary.iter().sum::<usize>() - n * (n + 1)
    }

    /// Sum of t³ − t over groups of t tied values.
    fn ties(&self) -> f64 {
        let cubes = self.all.chunk_by(|a, b| a == b).map(|tied| tied.len() as f64);
        cubes.map(|t| t * t * t - t).sum()
    }
}

/// Probability of each sum of `chosen` of the doubled ranks, all choices alike.
fn distribution(ranks: &[usize], chosen: usize) -> Vec<f64> {
    let most: usize = ranks.iter().rev().take(chosen).sum();
    // ways[k][s]: choices of k of the ranks so far with the sum s. Counts, rounded from 2^53 on: they only add, so
    // the relative error stays near that of a float.
    let mut ways = vec![vec![0.0_f64; most + 1]; chosen + 1];
    ways[0][0] = 1.0;
    for (seen, &rank) in ranks.iter().enumerate() {
        for k in (1..=chosen.min(seen + 1)).rev() {
            let (fewer, same) = ways.split_at_mut(k);
            let from = &fewer[k - 1];
            for (sum, way) in same[0].iter_mut().enumerate().skip(rank) {
                *way += from[sum - rank];
            }
        }
    }
    let mut law = ways.swap_remove(chosen);
    let all: f64 = law.iter().sum();
    law.iter_mut().for_each(|way| *way /= all);
    law
}

#[cfg(test)]
#[path = "rank_tests.rs"]
mod tests;
