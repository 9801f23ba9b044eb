//! The same statistic of two samples that share their random numbers: how much larger is one than the
//! other, and how sure is that?
//!
//! Each statistic is written as its value and what every trial contributes to its error (its influence
//! function). Trials with the same number in the same stratum met the same luck, so their contributions
//! are subtracted one by one and what the two samples have in common cancels. Strata of which the two
//! sides drew different numbers of trials are compared as independent ones, which only widens intervals.
//!
//! This is about two plans, each with trials that count on its own side: what a change does to the p99 is the p99 after
//! it less the one before, whichever rollouts reach every host on either side, and strata may weigh differently. The means
//! of [`super::paired`] are about the trials that count on both sides. Where every trial counts on both sides and weights are
//! the same the two agree, in the estimate and in its interval.

use super::interval::{Interval, sum};
use super::moments::{Accumulator, Moments};
use super::quantile::Sorted;
use super::ratio::{UNBOUNDED, edge};
use super::sample::{Sample, StratumValues};
use super::tail::above;
use super::tally::Bin;

/// All trials of one stratum, in order; those that do not count have no value.
#[derive(Debug, Clone, PartialEq)]
pub struct Draws {
    /// Which stratum: the same on both sides for the same part of all changes.
    pub key: u64,
    /// Its probability.
    pub weight: f64,
    /// The values.
    pub values: Vec<Option<f64>>,
    /// See [`StratumValues::settled`].
    pub settled: bool,
    /// See [`StratumValues::group`].
    pub group: u32,
}

/// A statistic of one side.
#[derive(Debug, Clone, PartialEq)]
pub struct Linearised {
    /// Its value.
    pub value: f64,
    parts: Vec<Contributions>,
    /// Ends of the interval of a percentile, which is not made of contributions.
    ends: Option<Interval>,
}

/// What the trials of a stratum contribute to the error.
#[derive(Debug, Clone, PartialEq)]
struct Contributions {
    key: u64,
    weight: f64,
    contributions: Vec<f64>,
}

/// The values that count, as a sample.
#[must_use]
pub fn sample(draws: &[Draws], confined: bool) -> Sample {
    let stratum = |draws: &Draws| StratumValues {
        weight: draws.weight,
        trials: draws.values.len() as u64,
        values: draws.values.iter().flatten().map(|x| Bin::one(*x)).collect(),
        settled: draws.settled,
        group: draws.group,
    };
    let strata = draws.iter().map(stratum).collect();
    if confined { Sample::of_slices(strata) } else { Sample::new(strata) }
}

impl Linearised {
    /// The mean of the trials that count; none if there are none.
    #[must_use]
    pub fn mean(draws: &[Draws]) -> Option<Self> {
        Self::mean_of(draws, |x| x)
    }

    /// The mean of the worst share `1 - q`.
    #[must_use]
    pub fn tail_mean(draws: &[Draws], q: f64) -> Option<Self> {
        let start = Sorted::new(&sample(draws, false)).quantile(q)?.value;
        Self::mean_of(draws, |x| above(x, start, q))
    }

    /// The quantile `q`, with an interval that leaves `tail` out on each side.
    #[must_use]
    pub fn quantile(draws: &[Draws], q: f64, tail: f64) -> Option<Self> {
        let quantile = Sorted::new(&sample(draws, false)).quantile_at(q, tail)?;
        let is_up_to = |x: f64| f64::from(u8::from(x <= quantile.value));
        let parts = Self::mean_of(draws, is_up_to)?.parts;
        Some(Self { value: quantile.value, parts, ends: Some(quantile.interval) })
    }

    fn mean_of(draws: &[Draws], of: impl Fn(f64) -> f64) -> Option<Self> {
        let unit = |draws: &Draws| draws.weight / draws.values.len() as f64;
        let weighted = |each: &dyn Fn(f64) -> f64| {
            let total = |draws: &Draws| unit(draws) * sum(draws.values.iter().flatten().map(|x| each(*x)));
            sum(draws.iter().filter(|draws| !draws.values.is_empty()).map(total))
        };
        let share = weighted(&|_| 1.0);
        if share == 0.0 {
            return None;
        }
        let value = weighted(&of) / share;
        let contribution = |x: &Option<f64>| x.map_or(0.0, |x| (of(x) - value) / share);
        let parts = draws
            .iter()
            .map(|draws| Contributions {
                key: draws.key,
                weight: draws.weight,
                contributions: draws.values.iter().map(contribution).collect(),
            })
            .collect();
        Some(Self { value, parts, ends: None })
    }
}

/// `b - times * a` with an interval that leaves `tail` out on each side.
#[must_use]
pub fn difference(b: &Linearised, a: &Linearised, times: f64, tail: f64) -> (f64, Interval) {
    let value = b.value - times * a.value;
    match (b.ends, a.ends) {
        (Some(of_b), Some(of_a)) => {
            (value, recovered((b.value, of_b), (a.value, of_a), times, correlation(b, a)))
        }
        _ => (value, moments(b, a, times).interval(tail)),
    }
}

/// How many times as large `b` is as `a`: every ratio for which [`difference`] cannot tell `b` from so many times `a`. So it
/// holds 1 exactly if the interval of their difference holds 0. None unless `a` is above 0 and `b` not below.
#[must_use]
pub fn ratio(b: &Linearised, a: &Linearised, tail: f64) -> Option<(f64, Interval)> {
    if a.value <= 0.0 || b.value < 0.0 {
        return None;
    }
    let value = b.value / a.value;
    let apart = |times: f64| difference(b, a, times, tail).1;
    let (is_more, is_less) = (|r: f64| apart(r).is_above(0.0), |r: f64| apart(r).is_below(0.0));
    let low = if is_more(0.0) { edge(value, 0.0, is_more) } else { 0.0 };
    let mut far = 2.0 * value.max(f64::MIN_POSITIVE);
    while !is_less(far) && far < UNBOUNDED * value {
        far *= 2.0;
    }
    let high = is_less(far).then(|| edge(value, far, is_less));
    Some((value, Interval { low: Some(low), high }))
}

/// The moments of the error of `b - times * a`.
fn moments(b: &Linearised, a: &Linearised, times: f64) -> Moments {
    let mut total = Accumulator::default();
    for (ours, theirs) in matched(b, a) {
        match (ours, theirs) {
            (Some(ours), Some(theirs)) => {
                let pairs = ours.contributions.iter().zip(&theirs.contributions);
                let both = pairs.map(|(x, y)| ours.weight * x - times * theirs.weight * y).collect();
                add(&mut total, both, true);
            }
            (Some(one), None) => add(&mut total, one.scaled(1.0), false),
            (None, Some(one)) => add(&mut total, one.scaled(-times), false),
            (None, None) => {}
        }
    }
    total.finish(b.value - times * a.value)
}

impl Contributions {
    fn scaled(&self, times: f64) -> Vec<f64> {
        self.contributions.iter().map(|x| times * self.weight * x).collect()
    }
}

/// Adds the mean of `values` to the estimate whose moments are summed. Strata that contribute nothing, as
/// good changes to harm, say nothing about its error; but where no pair at all is different from the others, as where
/// everything takes an hour longer, there is no error. Of trials that are not pairs that would be said of a rare event
/// that neither side has seen.
fn add(total: &mut Accumulator, values: Vec<f64>, are_pairs: bool) {
    let n = values.len() as f64;
    if values.iter().all(|x| *x == 0.0) && !(are_pairs && n > 1.0) {
        return;
    }
    let mean = sum(values.iter().copied()) / n;
    let squares = sum(values.iter().map(|x| (x - mean) * (x - mean)));
    let cubes = sum(values.iter().map(|x| (x - mean) * (x - mean) * (x - mean)));
    total.add(1.0 / n, n, squares, cubes);
}

/// Strata of both sides: together where trials can be paired, else one by one.
fn matched<'s>(
    b: &'s Linearised,
    a: &'s Linearised,
) -> Vec<(Option<&'s Contributions>, Option<&'s Contributions>)> {
    let partner = |of: &Contributions, among: &'s Linearised| {
        let same =
            |part: &&Contributions| part.key == of.key && part.contributions.len() == of.contributions.len();
        among.parts.iter().find(same)
    };
    let mut matched: Vec<_> = b.parts.iter().map(|part| (Some(part), partner(part, a))).collect();
    matched.extend(a.parts.iter().filter(|part| partner(part, b).is_none()).map(|part| (None, Some(part))));
    matched
}

/// Correlation of the errors of two statistics.
fn correlation(b: &Linearised, a: &Linearised) -> f64 {
    let (of_b, of_a) = (moments(b, a, 0.0).variance, moments(a, b, 0.0).variance);
    if of_b <= 0.0 || of_a <= 0.0 {
        return 0.0;
    }
    let of_difference = moments(b, a, 1.0).variance;
    ((of_b + of_a - of_difference) / 2.0 / libm::sqrt(of_b * of_a)).clamp(-1.0, 1.0)
}

/// The interval of `b - times * a` from the values and intervals of both and the correlation of their errors:
/// method of variance estimates recovery (Zou and Donner 2008, Statistics in Medicine 27). For percentiles
/// the correlation is that of how many values lie up to each (Bahadur: a percentile errs as that count does).
#[must_use]
pub fn recovered(b: (f64, Interval), a: (f64, Interval), times: f64, correlation: f64) -> Interval {
    let ((b, of_b), (a, of_a)) = (b, a);
    let value = b - times * a;
    let joint = |of_b: f64, of_a: f64| {
        let of_a = times * of_a;
        libm::sqrt((of_b * of_b + of_a * of_a - 2.0 * correlation * of_b * of_a).max(0.0))
    };
    Interval {
        low: of_b.low.zip(of_a.high).map(|(low, high)| value - joint(b - low, high - a)),
        high: of_b.high.zip(of_a.low).map(|(high, low)| value + joint(high - b, a - low)),
    }
}

#[cfg(test)]
mod tests {
    // Tests of contrasts: known values, pairing, coverage.

    use super::*;
    use crate::stats::test_uniforms::Uniforms;

    fn draws(key: u64, weight: f64, values: Vec<f64>) -> Draws {
        Draws { key, weight, values: values.into_iter().map(Some).collect(), settled: false, group: 0 }
    }

    fn exponentials(uniforms: &mut Uniforms, n: usize) -> Vec<f64> {
        (0..n).map(|_| -libm::log(uniforms.next())).collect()
    }

    #[test]
    fn one_stratum_of_pairs_is_the_paired_mean() {
        let a = vec![1.0, 4.0, 2.0, 8.0, 5.0, 7.0];
        let b = vec![1.5, 4.5, 3.0, 8.0, 6.0, 9.0];
        let pairs = crate::stats::Pairs::Listed(b.iter().copied().zip(a.iter().copied()).collect());
        let strata = vec![crate::stats::PairedStratum { weight: 1.0, trials: 6, pairs }];
        let expected = crate::stats::Paired::new(strata).mean_difference(crate::stats::TAIL).unwrap();
        let side = |values| Linearised::mean(&[draws(1, 1.0, values)]).unwrap();
        let (value, interval) = difference(&side(b), &side(a), 1.0, crate::stats::TAIL);
        assert!((value - expected.value).abs() < 1e-12);
        assert!((interval.low.unwrap() - expected.interval.low.unwrap()).abs() < 1e-9);
        assert!((interval.high.unwrap() - expected.interval.high.unwrap()).abs() < 1e-9);
    }

    #[test]
    fn where_every_trial_counts_on_both_sides_the_paired_mean_is_the_same() {
        let mut uniforms = Uniforms(3);
        let (mut sides, mut strata) = ((Vec::new(), Vec::new()), Vec::new());
        for (key, weight, scale) in [(1, 0.9, 1.0), (2, 0.1, 40.0)] {
            let a = exponentials(&mut uniforms, 50);
            let b: Vec<f64> = a.iter().map(|x| scale * (x + uniforms.next())).collect();
            let pairs = crate::stats::Pairs::Listed(b.iter().copied().zip(a.iter().copied()).collect());
            strata.push(crate::stats::PairedStratum { weight, trials: 50, pairs });
            sides.0.push(draws(key, weight, b));
            sides.1.push(draws(key, weight, a));
        }
        let expected = crate::stats::Paired::new(strata).mean_difference(0.025).unwrap();
        let [b, a] = [&sides.0, &sides.1].map(|side| Linearised::mean(side).unwrap());
        let (value, interval) = difference(&b, &a, 1.0, 0.025);
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "{a} {b}");
        near(value, expected.value);
        near(interval.low.unwrap(), expected.interval.low.unwrap());
        near(interval.high.unwrap(), expected.interval.high.unwrap());
    }

    #[test]
    fn a_ratio_is_that_of_pairs_and_holds_1_where_the_difference_holds_0() {
        let mut uniforms = Uniforms(5);
        let a = exponentials(&mut uniforms, 200);
        let b: Vec<f64> = a.iter().map(|x| 2.0 * x + uniforms.next()).collect();
        let pairs = crate::stats::Pairs::Listed(b.iter().copied().zip(a.iter().copied()).collect());
        let strata = vec![crate::stats::PairedStratum { weight: 1.0, trials: 200, pairs }];
        let expected = crate::stats::Paired::new(strata).ratio().unwrap();
        let side = |values: &[f64]| Linearised::mean(&[draws(1, 1.0, values.to_vec())]).unwrap();
        let (value, interval) = ratio(&side(&b), &side(&a), crate::stats::TAIL).unwrap();
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-6 * b, "{a} {b}");
        near(value, expected.value);
        near(interval.low.unwrap(), expected.interval.low.unwrap());
        near(interval.high.unwrap(), expected.interval.high.unwrap());
        // Means and medians: the ratio tells what the difference tells.
        for seed in 0..20 {
            let mut uniforms = Uniforms(seed);
            let (a, b) = (exponentials(&mut uniforms, 40), exponentials(&mut uniforms, 40));
            let median = |x: &[f64]| Linearised::quantile(&[draws(1, 1.0, x.to_vec())], 0.5, 0.025).unwrap();
            for (a, b) in [(side(&a), side(&b)), (median(&a), median(&b))] {
                let apart = difference(&b, &a, 1.0, 0.025).1;
                let (_, times) = ratio(&b, &a, 0.025).unwrap();
                assert_eq!(apart.is_above(0.0), times.is_above(1.0), "{seed} {apart:?} {times:?}");
                assert_eq!(apart.is_below(0.0), times.is_below(1.0), "{seed} {apart:?} {times:?}");
            }
        }
        let nothing = side(&[0.0, 0.0, 0.0]);
        assert!(ratio(&side(&b), &nothing, 0.025).is_none());
        assert_eq!(ratio(&nothing, &side(&a), 0.025).map(|(value, _)| value), Some(0.0));
    }

    #[test]
    fn what_both_have_in_common_cancels() {
        let mut uniforms = Uniforms(1);
        let a = exponentials(&mut uniforms, 400);
        let b: Vec<f64> = a.iter().map(|x| x * 1.1).collect();
        let width = |b: &Linearised, a: &Linearised, times| {
            let (_, interval) = difference(b, a, times, 0.025);
            interval.high.unwrap() - interval.low.unwrap()
        };
        let mean = |key, values: &[f64]| Linearised::mean(&[draws(key, 1.0, values.to_vec())]).unwrap();
        let (paired, apart) =
            (width(&mean(1, &b), &mean(1, &a), 1.0), width(&mean(2, &b), &mean(1, &a), 1.0));
        assert!(paired < apart / 10.0, "{paired} {apart}");
        assert!(width(&mean(1, &b), &mean(1, &a), 1.1) < 1e-9, "in proportion there is no doubt at all");
        let p90 = |key, values: &[f64]| Linearised::quantile(&[draws(key, 1.0, values.to_vec())], 0.9, 0.025);
        let (paired, apart) = (
            width(&p90(1, &b).unwrap(), &p90(1, &a).unwrap(), 1.0),
            width(&p90(2, &b).unwrap(), &p90(1, &a).unwrap(), 1.0),
        );
        assert!(paired < apart / 5.0, "{paired} {apart}");
    }

    #[test]
    fn what_differs_by_the_same_in_every_pair_differs_without_doubt() {
        let side = |key, value| Linearised::mean(&[draws(key, 1.0, vec![value; 9])]).unwrap();
        let apart = |key| difference(&side(key, 4.0), &side(1, 2.0), 1.0, 0.025).1;
        assert_eq!((apart(1), apart(2)), (Interval::new(2.0, 2.0), Interval::UNBOUNDED));
    }

    #[test]
    fn weights_may_differ_between_the_sides() {
        // The same values, but the second stratum has become twice as likely: the mean moves by 0.1 * 50.
        let values = |key: u64, level: f64| (0..50).map(|i| level + f64::from(i % 3) + key as f64).collect();
        let side = |rare: f64| {
            let parts = [draws(0, 1.0 - rare, values(0, 0.0)), draws(1, rare, values(1, 49.0))];
            Linearised::mean(&parts).unwrap()
        };
        let (value, interval) = difference(&side(0.2), &side(0.1), 1.0, 0.025);
        assert!((value - 5.0).abs() < 1e-9, "{value}");
        assert!(interval.low.unwrap() > 4.9 && interval.high.unwrap() < 5.1, "{interval:?}");
    }

    /// Shares of 2000 comparisons whose interval lies below, and above, the true difference.
    fn misses(truth: f64, mut compare: impl FnMut(&mut Uniforms) -> (f64, Interval)) -> (f64, f64) {
        let mut uniforms = Uniforms(11);
        let (mut below, mut above) = (0.0, 0.0);
        for _ in 0..2000 {
            let (_, interval) = compare(&mut uniforms);
            below += f64::from(u8::from(interval.is_at_most(truth)));
            above += f64::from(u8::from(interval.is_above(truth)));
        }
        (below / 2000.0, above / 2000.0)
    }

    /// Two sides that share half of their luck: exponentials with means 1 and 1.2 in a common stratum, and 10
    /// and 11 in a rare one, of which a fifth does not count on the first side.
    fn two_sides(uniforms: &mut Uniforms) -> (Vec<Draws>, Vec<Draws>) {
        let mut sides = (Vec::new(), Vec::new());
        for (key, weight, of_a, of_b) in [(1, 0.9, 1.0, 1.2), (2, 0.1, 10.0, 11.0)] {
            let (mut a, mut b) = (Vec::new(), Vec::new());
            for _ in 0..150 {
                let (shared, own, counts) = (uniforms.next(), uniforms.next(), uniforms.next());
                let e = -libm::log(shared);
                let other = if own < 0.5 { e } else { -libm::log(2.0 * own - 1.0) };
                a.push((key == 1 || counts > 0.2).then_some(e * of_a));
                b.push(Some(other * of_b));
            }
            sides.0.push(Draws { key, weight, values: a, settled: false, group: 0 });
            sides.1.push(Draws { key, weight, values: b, settled: false, group: 0 });
        }
        sides
    }

    #[test]
    fn differences_of_means_are_covered() {
        let mean_a = (0.9 + 0.08 * 10.0) / 0.98;
        let (below, above) = misses(0.9 * 1.2 + 1.1 - mean_a, |uniforms| {
            let (a, b) = two_sides(uniforms);
            difference(&Linearised::mean(&b).unwrap(), &Linearised::mean(&a).unwrap(), 1.0, 0.025)
        });
        // 2.5 % on a side is 4 % in 2000 draws with probability 1e-5.
        assert!(below < 0.045 && above < 0.04, "misses {below} below, {above} above");
        assert!(below + above > 0.02, "{below} + {above}: too wide");
    }

    #[test]
    fn differences_of_percentiles_are_covered() {
        // The 90th percentiles of the two mixtures, by bisection of their survival functions.
        let root = |survival: &dyn Fn(f64) -> f64| {
            let (mut low, mut high) = (0.0, 100.0);
            for _ in 0..80 {
                let middle = 0.5 * (low + high);
                if survival(middle) > 0.1 { low = middle } else { high = middle }
            }
            low
        };
        let of_a = root(&|x| (0.9 * libm::exp(-x) + 0.08 * libm::exp(-x / 10.0)) / 0.98);
        let of_b = root(&|x| 0.9 * libm::exp(-x / 1.2) + 0.1 * libm::exp(-x / 11.0));
        let (below, above) = misses(of_b - of_a, |uniforms| {
            let (a, b) = two_sides(uniforms);
            let p90 = |draws: &[Draws]| Linearised::quantile(draws, 0.9, 0.025).unwrap();
            difference(&p90(&b), &p90(&a), 1.0, 0.025)
        });
        assert!(below < 0.045 && above < 0.045, "misses {below} below, {above} above");
    }

    #[test]
    fn no_trial_that_counts_is_no_statistic() {
        let empty = [Draws { key: 1, weight: 1.0, values: vec![None; 5], settled: false, group: 0 }];
        assert_eq!(Linearised::mean(&empty), None);
        assert_eq!(Linearised::quantile(&empty, 0.5, 0.025), None);
        assert_eq!(Linearised::tail_mean(&empty, 0.99), None);
    }

    #[test]
    fn what_is_not_paired_adds_its_own_doubt() {
        let (b, a) = ([2.0, 3.0, 7.0, 4.0], [1.0, 4.0, 2.0, 8.0, 5.0, 7.0]);
        let side = |key, values: &[f64]| Linearised::mean(&[draws(key, 1.0, values.to_vec())]).unwrap();
        // The textbook's variance of a mean.
        let variance = |values: &[f64]| {
            let n = values.len() as f64;
            let mean = values.iter().sum::<f64>() / n;
            values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n * (n - 1.0))
        };
        let got = moments(&side(2, &b), &side(1, &a), 3.0);
        assert!((got.value - (4.0 - 3.0 * 4.5)).abs() < 1e-12);
        assert!((got.variance - (variance(&b) + 9.0 * variance(&a))).abs() < 1e-12, "{got:?}");
    }
}
