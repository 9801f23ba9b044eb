//! MeanRatio of two means over the same trials.

use super::interval::Interval;
use super::moments::Moments;
use serde::{Deserialize, Serialize};

/// Halvings of a bracket: enough to reach neighbouring floats.
const HALVINGS: usize = 80;
/// A ratio this many times the estimate is as good as unbounded.
pub(super) const UNBOUNDED: f64 = 1e9;

/// How many times as large one mean is as another.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MeanRatio {
    /// Mean of the numerators over mean of the denominators.
    pub value: f64,
    /// Fieller's interval with Hall's correction for skewness: every ratio `r >= 0` around the estimate
    /// for which the interval of the mean of `a - r * b` holds 0. So it holds 1 exactly if the interval
    /// of the mean difference holds 0. No upper end if the denominator cannot be told from 0; a positive
    /// lower end even then if the numerator can.
    #[serde(flatten)]
    pub interval: Interval,
}

/// Where `is_outside` begins between a point inside and one outside.
pub(super) fn edge(mut inside: f64, mut outside: f64, is_outside: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..HALVINGS {
        let middle = 0.5 * (inside + outside);
        if middle == inside || middle == outside {
            break;
        }
        if is_outside(middle) { outside = middle } else { inside = middle }
    }
    inside
}

/// All that the mean of `a - r * b` and its interval need, as polynomials in `r`.
pub(super) struct RatioMoments {
    /// Mean of `a`.
    pub a: f64,
    /// Mean of `b`.
    pub b: f64,
    /// Student quantile.
    pub student: f64,
    /// Variance of the mean of `a`, covariance, variance of the mean of `b`.
    pub squares: [f64; 3],
    /// Third central moments: `aaa`, `aab`, `abb`, `bbb`.
    pub cubes: [f64; 4],
}

impl RatioMoments {
    /// The ratio; none if the mean of `b` is not positive or that of `a` is negative.
    pub fn ratio(&self) -> Option<MeanRatio> {
        if self.b <= 0.0 || self.a < 0.0 {
            return None;
        }
        let value = self.a / self.b;
        let (sees_more, sees_less) =
            (|r: f64| self.remainder(r).is_above(0.0), |r: f64| self.remainder(r).is_at_most(0.0));
        let low = if sees_more(0.0) { edge(value, 0.0, sees_more) } else { 0.0 };
        let mut far = value.max(f64::MIN_POSITIVE);
        while !sees_less(far) && far < UNBOUNDED * value {
            far *= 2.0;
        }
        let high = sees_less(far).then(|| edge(value, far, sees_less));
        Some(MeanRatio { value, interval: Interval { low: Some(low), high } })
    }

    /// Adds the products of `x` and `y`, distances of one pair from the means: squares times `two`, cubes times `three`.
    pub fn add(&mut self, (x, y): (f64, f64), two: f64, three: f64) {
        let (xx, xy, yy) = (x * x, x * y, y * y);
        self.add_sums([xx, xy, yy], [xx * x, xx * y, x * yy, yy * y], two, three);
    }

    /// As [`RatioMoments::add`], of products that are summed up.
    pub fn add_sums(&mut self, squares: [f64; 3], cubes: [f64; 4], two: f64, three: f64) {
        self.squares.iter_mut().zip(squares).for_each(|(total, term)| *total += two * term);
        self.cubes.iter_mut().zip(cubes).for_each(|(total, term)| *total += three * term);
    }

    /// Interval of the mean of `a - r * b`.
    fn remainder(&self, r: f64) -> Interval {
        let [aa, ab, bb] = self.squares;
        let [aaa, aab, abb, bbb] = self.cubes;
        let moments = Moments {
            value: self.a - r * self.b,
            variance: aa - 2.0 * r * ab + r * r * bb,
            third: aaa - 3.0 * r * aab + 3.0 * r * r * abb - r * r * r * bbb,
            freedom: 1.0,
        };
        moments.interval_by(self.student)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{Paired, PairedStratum, Pairs};

    fn ratio(pairs: &[(f64, f64)]) -> Option<MeanRatio> {
        let trials = pairs.len() as u64;
        let pairs = Pairs::Listed(pairs.to_vec());
        Paired::new(vec![PairedStratum { weight: 1.0, trials, pairs }]).ratio()
    }

    #[test]
    fn proportional_pairs_have_a_sharp_ratio() {
        let pairs: Vec<(f64, f64)> = (1..=50).map(|i| (3.0 * f64::from(i), f64::from(i))).collect();
        let got = ratio(&pairs).unwrap();
        assert!((got.value - 3.0).abs() < 1e-12);
        assert!((got.interval.low.unwrap() - 3.0).abs() < 1e-6);
        assert!((got.interval.high.unwrap() - 3.0).abs() < 1e-6);
    }

    /// The interval of the mean of `a - r * b`.
    fn remainder(pairs: &[(f64, f64)], r: f64) -> Interval {
        let differences: Vec<f64> = pairs.iter().map(|p| p.0 - r * p.1).collect();
        let trials = differences.len() as u64;
        let pairs = Pairs::Listed(differences.into_iter().map(|difference| (difference, 0.0)).collect());
        let paired = Paired::new(vec![PairedStratum { weight: 1.0, trials, pairs }]);
        paired.mean_difference(crate::stats::TAIL).unwrap().interval
    }

    #[test]
    fn at_the_ends_the_remainder_just_holds_zero() {
        let pairs = [(3.0, 1.0), (5.0, 2.0), (4.0, 2.0), (7.0, 2.5), (6.0, 3.5), (9.0, 3.0)];
        let got = ratio(&pairs).unwrap().interval;
        assert!(remainder(&pairs, got.low.unwrap()).low.unwrap().abs() < 1e-9, "{got:?}");
        assert!(remainder(&pairs, got.high.unwrap()).high.unwrap().abs() < 1e-9, "{got:?}");
    }

    #[test]
    fn without_skewness_the_ends_are_fieller_s() {
        // Deviations are symmetric, so every remainder is. Roots of Fieller's quadratic by hand:
        // means 10 and 4, sums of squares 40 and 10, products 0, n = 5, t(4) = 2.7764451.
        let pairs =
            [(6.0, 4.0), (14.0, 4.0), (10.0, 4.0 - 5_f64.sqrt()), (10.0, 4.0 + 5_f64.sqrt()), (10.0, 4.0)];
        let t2: f64 = 2.776_445_105_197_793 * 2.776_445_105_197_793;
        let (aa, bb) = (t2 * 32.0 / 20.0, t2 * 10.0 / 20.0);
        let (square, half, constant) = (16.0 - bb, 40.0, 100.0 - aa);
        let root = (half * half - square * constant).sqrt();
        let got = ratio(&pairs).unwrap().interval;
        assert!((got.low.unwrap() - (half - root) / square).abs() < 1e-6, "{got:?}");
        assert!((got.high.unwrap() - (half + root) / square).abs() < 1e-6, "{got:?}");
    }

    #[test]
    fn a_clear_numerator_over_an_unclear_denominator_has_a_lower_end() {
        // Denominators that may as well average to 0 and numerators that do not.
        let pairs: Vec<(f64, f64)> =
            (0..40).map(|i| (1000.0 + f64::from(i % 7), if i % 2 == 0 { 90.0 } else { -89.0 })).collect();
        let got = ratio(&pairs).unwrap();
        assert_eq!(got.interval.high, None);
        let low = got.interval.low.unwrap();
        assert!(low > 10.0 && low < got.value, "{got:?}");
        assert!(remainder(&pairs, low).low.unwrap().abs() < 1e-6);
    }

    #[test]
    fn one_is_inside_exactly_if_the_difference_may_be_zero() {
        for large in [3.0, 30.0, 300.0, 3000.0] {
            let pairs: Vec<(f64, f64)> =
                (0..60).map(|i| (if i % 9 == 0 { large } else { 1.0 }, 1.0 + f64::from(i % 3))).collect();
            let ratio = ratio(&pairs).unwrap().interval;
            let difference = remainder(&pairs, 1.0);
            assert_eq!(ratio.is_above(1.0), difference.is_above(0.0), "{large}: {ratio:?} {difference:?}");
        }
    }

    #[test]
    fn a_denominator_near_zero_gives_no_upper_end() {
        let pairs = [(1.0, -8.0), (2.0, 0.0), (3.0, 9.0)];
        assert_eq!(ratio(&pairs).unwrap().interval.high, None);
        assert_eq!(ratio(&[(1.0, 0.0), (2.0, 0.0)]), None);
        assert_eq!(ratio(&[(1.0, 1.0)]), None);
    }

    #[test]
    fn in_other_units_a_ratio_is_the_same_ratio() {
        let in_units_of = |c: f64| {
            let (squares, cubes) = ([c * c, 0.2 * c, 0.5], [0.5 * c * c * c, 0.1 * c * c, 0.1 * c, 0.2]);
            RatioMoments { a: 3.0 * c, b: 2.0, student: 2.0, squares, cubes }.ratio().unwrap()
        };
        let (one, got) = (in_units_of(1.0), in_units_of(libm::exp2(80.0)));
        let back = |end: Option<f64>| end.unwrap() / libm::exp2(80.0);
        assert!((got.value / libm::exp2(80.0) - one.value).abs() < 1e-12);
        assert!((back(got.interval.low) - one.interval.low.unwrap()).abs() < 1e-6);
        assert!((back(got.interval.high) - one.interval.high.unwrap()).abs() < 1e-6);
    }

    #[test]
    fn a_mean_below_zero_has_no_ratio_and_one_of_zero_has() {
        let of = |a| {
            let (squares, cubes) = ([1.0, 0.2, 0.5], [0.5, 0.1, 0.1, 0.2]);
            RatioMoments { a, b: 2.0, student: 2.0, squares, cubes }.ratio()
        };
        assert_eq!(of(-1.0), None);
        assert_eq!(of(0.0).map(|ratio| ratio.value), Some(0.0));
    }
}
