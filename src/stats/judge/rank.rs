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

/// The statistic in standard deviations from its mean if both sides are alike, with corrections for ties and for
/// continuity; not a number where all values are the same.
pub(super) fn standardised(canary: &[f64], baseline: &[f64]) -> f64 {
    let ranks = Ranks::of(canary, baseline);
    let (n, m) = (canary.len() as f64, baseline.len() as f64);
    let distance = ranks.twice_u() as f64 / 2.0 - n * m / 2.0;
    let continuity = if distance == 0.0 { 0.0 } else { 0.5_f64.copysign(distance) };
    let variance = n * m / 12.0 * (n + m + 1.0 - ranks.ties() / ((n + m) * (n + m - 1.0)));
    (distance - continuity) / libm::sqrt(variance)
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

/// The same by the normal law with both corrections: what [`super::wilcoxon`] searches for, without its tolerance.
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
mod tests {
    // Tests of the rank test: published tables, all permutations, and the interval as the test turned round.

    use super::*;
    use crate::stats::test_uniforms::Uniforms;

    fn close(got: f64, want: f64) {
        assert!((got - want).abs() <= 1e-12, "{got} is not {want}");
    }

    /// Permeability of human placenta at term and in the third month (Hollander and Wolfe 1973, table 4.1).
    const TERM: [f64; 10] = [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46];
    const MONTHS: [f64; 5] = [1.15, 0.88, 0.90, 0.74, 1.21];

    #[test]
    fn a_published_example_comes_out_as_published() {
        let found = test(&TERM, &MONTHS, Law::Exact).unwrap();
        assert_eq!(found.u, 35.0);
        close(found.greater, 382.0 / 3003.0); // 0.1272
        let shift = shift(&TERM, &MONTHS, 0.025, Law::Exact).unwrap();
        close(shift.estimate, 0.305);
        close(shift.interval.low.unwrap(), -0.15);
        close(shift.interval.high.unwrap(), 0.76);
    }

    #[test]
    fn published_critical_values_are_the_last_that_are_significant() {
        // Two-sided 5 % and 2 %, from the usual tables.
        for (n, m, at_5, at_2) in
            [(5, 5, 2, 1), (8, 8, 13, 9), (10, 10, 23, 19), (20, 20, 127, 114), (6, 9, 10, 7), (3, 20, 8, 5)]
        {
            let ranks: Vec<usize> = (1..=n + m).map(|rank| 2 * rank).collect();
            let law = distribution(&ranks, n);
            let two_sided = |u: usize| 2.0 * law[..=n * (n + 1) + 2 * u].iter().sum::<f64>();
            for (last, level) in [(at_5, 0.05), (at_2, 0.02)] {
                assert!(two_sided(last) <= level && two_sided(last + 1) > level, "{n} {m} {level}");
            }
        }
    }

    /// Pairs that the first `n` of some values win, and the share of all ways to choose `n` that win as few or as many.
    fn enumerated(values: &[f64], n: usize) -> (f64, f64, f64) {
        let wins = |chosen: u32| {
            let side = |own: bool| (0..values.len()).filter(move |i| (chosen >> i & 1 == 1) == own);
            let pair = |x: f64, y: f64| if x > y { 1.0 } else { 0.5 * f64::from(u8::from(x == y)) };
            side(true).map(|i| side(false).map(|j| pair(values[i], values[j])).sum::<f64>()).sum::<f64>()
        };
        let own = wins((1 << n) - 1);
        let ways: Vec<f64> =
            (0_u32..1 << values.len()).filter(|chosen| chosen.count_ones() as usize == n).map(wins).collect();
        let share = |count: usize| count as f64 / ways.len() as f64;
        let less = ways.iter().filter(|u| **u <= own).count();
        let greater = ways.iter().filter(|u| **u >= own).count();
        (own, share(less), share(greater))
    }

    #[test]
    fn the_exact_law_counts_every_way_to_deal_the_values() {
        let mut uniforms = Uniforms(1);
        for (n, m) in [(1, 1), (1, 6), (3, 3), (5, 4), (2, 7), (6, 6)] {
            for kinds in [2.0, 4.0, 1e9] {
                let values: Vec<f64> = (0..n + m).map(|_| (uniforms.next() * kinds).floor()).collect();
                let (u, less, greater) = enumerated(&values, n);
                let found = test(&values[..n], &values[n..], Law::Exact).unwrap();
                assert_eq!(found.u, u);
                close(found.less, less);
                close(found.greater, greater);
                close(found.two_sided, (2.0 * less.min(greater)).min(1.0));
            }
        }
    }

    #[test]
    fn the_normal_law_corrects_for_ties_and_for_continuity() {
        // z = −1.759186…, by mpmath.
        let tied = test(&[1.0, 2.0, 2.0, 3.0], &[2.0, 3.0, 4.0, 4.0, 5.0], Law::Normal).unwrap();
        assert_eq!(tied.u, 2.5);
        close(tied.two_sided, 0.078_545_850_951_190_67);
        let plain = [7.1, 8.4, 6.9, 9.9, 8.8];
        let plain = test(&plain, &[5.0, 6.1, 7.0, 4.2, 6.6, 5.9], Law::Normal).unwrap();
        close(plain.two_sided, 0.013_710_830_078_133_235);
        let same = test(&[2.0; 3], &[2.0; 4], Law::Normal).unwrap();
        assert_eq!((same.less, same.greater, same.two_sided), (1.0, 1.0, 1.0));
        // In the middle the correction may not turn the sides round.
        assert_eq!(test(&[1.0, 4.0], &[2.0, 3.0], Law::Normal).unwrap().two_sided, 1.0);
    }

    #[test]
    fn with_many_values_the_two_laws_agree() {
        let mut uniforms = Uniforms(2);
        for shift in [0.0, 0.1, 0.3] {
            let canary: Vec<f64> = (0..45).map(|_| uniforms.next() + shift).collect();
            let baseline: Vec<f64> = (0..40).map(|_| uniforms.next()).collect();
            let exact = test(&canary, &baseline, Law::Exact).unwrap();
            let normal = test(&canary, &baseline, Law::Normal).unwrap();
            assert!((exact.two_sided - normal.two_sided).abs() < 0.003, "{exact:?} {normal:?}");
            assert_ne!(exact, normal);
        }
    }

    #[test]
    fn the_exact_interval_covers_as_often_as_its_ranks_say() {
        // Every way to deal nine values to sides of four and five, none shifted: what covers 0 is counted.
        for (tail, outside) in [(0.01, 1), (0.025, 2), (0.05, 4), (0.1, 12)] {
            let values: Vec<f64> = (0..9).map(|i| f64::from(i * i) + 0.1).collect();
            let deals: Vec<u32> = (0_u32..1 << 9).filter(|chosen| chosen.count_ones() == 4).collect();
            let mut missed = (0, 0);
            for chosen in &deals {
                let side =
                    |own| (0..9).filter(|i| (chosen >> i & 1 == 1) == own).map(|i| values[i]).collect();
                let (canary, baseline): (Vec<f64>, Vec<f64>) = (side(true), side(false));
                let found = shift(&canary, &baseline, tail, Law::Exact).unwrap().interval;
                missed.0 += usize::from(found.low.unwrap() > 0.0);
                missed.1 += usize::from(found.high.unwrap() < 0.0);
            }
            assert_eq!(missed, (outside, outside), "of {}: {tail}", deals.len());
            assert!(outside as f64 <= tail * deals.len() as f64);
        }
    }

    #[test]
    fn an_interval_holds_the_shifts_that_the_test_does_not_reject() {
        let mut uniforms = Uniforms(3);
        // The last one stands or falls with the correction for the ties that a side has within itself.
        for (n, m, kinds, others, tail) in [
            (12, 10, 20.0, 20.0, 0.01),
            (30, 25, 9.0, 9.0, 0.025),
            (50, 50, 1e6, 1e6, 0.01),
            (8, 40, 5.0, 5.0, 0.1),
            (60, 5, 1.0, 1e6, 0.1),
        ] {
            let canary: Vec<f64> = (0..n).map(|_| (uniforms.next() * kinds).floor() + 1.0).collect();
            let baseline: Vec<f64> = (0..m).map(|_| (uniforms.next() * others).floor()).collect();
            let found = shift(&canary, &baseline, tail, Law::Normal).unwrap();
            let (low, high) = (found.interval.low.unwrap(), found.interval.high.unwrap());
            assert!(low <= found.estimate && found.estimate <= high);
            // Off the lattice of differences, where shifted samples have no ties with each other.
            for step in -60..=60 {
                let by = found.estimate + (f64::from(step) + 0.37) * (high - low) / 50.0 + 1e-7;
                let shifted: Vec<f64> = canary.iter().map(|x| x - by).collect();
                let tested = test(&shifted, &baseline, Law::Normal).unwrap();
                assert_eq!(by < low, tested.greater < tail, "{by} {found:?} {tested:?}");
                assert_eq!(by > high, tested.less < tail, "{by} {found:?} {tested:?}");
            }
        }
    }

    #[test]
    fn the_ends_are_those_of_a_root_finder() {
        // Bisection of the standardised statistic, written separately, gives these to 10 digits.
        let canary = [5.1, 6.3, 4.8, 7.7, 5.1, 6.9, 8.2, 5.6, 6.3, 7.1, 9.4, 5.9];
        let baseline = [4.2, 5.3, 3.9, 4.8, 5.0, 4.4, 6.1, 4.2, 5.7, 3.6];
        for (tail, low, high) in [(0.01, 0.6, 3.2), (0.025, 0.7, 2.9)] {
            let found = shift(&canary, &baseline, tail, Law::Normal).unwrap();
            close(found.interval.low.unwrap(), low);
            close(found.interval.high.unwrap(), high);
            close(found.estimate, 1.65);
            let other = shift(&baseline, &canary, tail, Law::Normal).unwrap();
            close(other.interval.low.unwrap(), -high);
            close(other.interval.high.unwrap(), -low);
        }
    }

    #[test]
    fn too_few_values_have_no_interval() {
        let (canary, baseline) = ([5.0, 6.0, 7.0], [1.0, 2.0, 3.5]);
        for law in [Law::Exact, Law::Normal] {
            let found = shift(&canary, &baseline, 0.01, law).unwrap();
            assert_eq!((found.interval, found.least, found.largest), (Interval::UNBOUNDED, 1.5, 6.0));
            assert_eq!(found.estimate, 4.0);
            assert_eq!(shift(&[], &baseline, 0.01, law), None);
            assert_eq!(test(&canary, &[], law), None);
        }
        // One way in 20 has the canary above everywhere.
        assert_eq!(shift(&canary, &baseline, 0.05, Law::Exact).unwrap().interval, Interval::new(1.5, 6.0));
        assert_eq!(shift(&canary, &baseline, 0.049, Law::Exact).unwrap().interval, Interval::UNBOUNDED);
    }

    #[test]
    fn the_law_that_fits_is_exact_for_few_values() {
        assert_eq!(Law::fitting(25, 25), Law::Exact);
        assert_eq!(Law::fitting(26, 25), Law::Normal);
        // Beyond its limit the exact one is the normal one.
        let many: Vec<f64> = (0..60).map(f64::from).collect();
        let found = [Law::Exact, Law::Normal].map(|law| test(&many, &many, law).unwrap());
        assert_eq!(found[0], found[1]);
    }
}
