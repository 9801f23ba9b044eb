//! Ratio of two means over the same trials.

use super::mean::hall;
use super::special::student_quantile;
use super::{Interval, TAIL, sum};
use serde::Serialize;

/// Halvings of a bracket: enough to reach neighbouring floats.
const HALVINGS: usize = 80;
/// A ratio this many times the estimate is as good as unbounded.
const UNBOUNDED: f64 = 1e9;

/// How many times as large one mean is as another.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Ratio {
    /// Mean of the numerators over mean of the denominators.
    pub value: f64,
    /// Fieller's interval with Hall's correction for skewness: every ratio `r >= 0` around the estimate
    /// for which the interval of the mean of `a - r * b` holds 0. So it holds 1 exactly if the interval
    /// of the mean difference holds 0. No upper end if the denominator cannot be told from 0; a positive
    /// lower end even then if the numerator can.
    #[serde(flatten)]
    pub interval: Interval,
}

/// The ratio of the means of pairs `(a, b)`; none under two pairs or if the mean of `b` is not positive
/// or that of `a` is negative.
#[must_use]
pub fn ratio_of_means(pairs: &[(f64, f64)]) -> Option<Ratio> {
    let moments = Moments::of(pairs)?;
    if moments.b <= 0.0 || moments.a < 0.0 {
        return None;
    }
    let value = moments.a / moments.b;
    let (sees_more, sees_less) =
        (|r: f64| moments.remainder(r).is_above(0.0), |r: f64| moments.remainder(r).is_at_most(0.0));
    let low = if sees_more(0.0) { edge(value, 0.0, sees_more) } else { 0.0 };
    let mut far = value.max(f64::MIN_POSITIVE);
    while !sees_less(far) && far < UNBOUNDED * value {
        far *= 2.0;
    }
    let high = sees_less(far).then(|| edge(value, far, sees_less));
    Some(Ratio { value, interval: Interval { low: Some(low), high } })
}

/// Where `is_outside` begins between a point inside and one outside.
fn edge(mut inside: f64, mut outside: f64, is_outside: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..HALVINGS {
        let middle = 0.5 * (inside + outside);
        if middle == inside || middle == outside {
            break;
        }
        if is_outside(middle) { outside = middle } else { inside = middle }
    }
    inside
}

/// Means and sums of products of deviations: all that the mean of `a - r * b` and its interval need.
struct Moments {
    n: f64,
    student: f64,
    a: f64,
    b: f64,
    /// Sums of `da^2`, `da db`, `db^2`.
    squares: [f64; 3],
    /// Sums of `da^3`, `da^2 db`, `da db^2`, `db^3`.
    cubes: [f64; 4],
}

impl Moments {
    fn of(pairs: &[(f64, f64)]) -> Option<Self> {
        let n = pairs.len() as f64;
        if pairs.len() < 2 {
            return None;
        }
        let a = sum(pairs.iter().map(|p| p.0)) / n;
        let b = sum(pairs.iter().map(|p| p.1)) / n;
        let (mut squares, mut cubes) = ([0.0; 3], [0.0; 4]);
        // Deviations cancel little, so plain sums do, and one pass.
        for &(x, y) in pairs {
            let (x, y) = (x - a, y - b);
            let (xx, xy, yy) = (x * x, x * y, y * y);
            for (total, term) in squares.iter_mut().zip([xx, xy, yy]) {
                *total += term;
            }
            for (total, term) in cubes.iter_mut().zip([xx * x, xx * y, x * yy, yy * y]) {
                *total += term;
            }
        }
        Some(Self { n, student: student_quantile(1.0 - TAIL, n - 1.0), a, b, squares, cubes })
    }

    /// Interval of the mean of `a - r * b`.
    fn remainder(&self, r: f64) -> Interval {
        let mean = self.a - r * self.b;
        let [aa, ab, bb] = self.squares;
        let [aaa, aab, abb, bbb] = self.cubes;
        // Rounding may leave a little less than nothing.
        let squares = (aa - 2.0 * r * ab + r * r * bb).max(0.0);
        let cubes = aaa - 3.0 * r * aab + 3.0 * r * r * abb - r * r * r * bbb;
        hall(mean, squares, cubes, self.n, self.student)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proportional_pairs_have_a_sharp_ratio() {
        let pairs: Vec<(f64, f64)> = (1..=50).map(|i| (3.0 * f64::from(i), f64::from(i))).collect();
        let got = ratio_of_means(&pairs).unwrap();
        assert!((got.value - 3.0).abs() < 1e-12);
        assert!((got.interval.low.unwrap() - 3.0).abs() < 1e-6);
        assert!((got.interval.high.unwrap() - 3.0).abs() < 1e-6);
    }

    /// The interval of the mean of `a - r * b`.
    fn remainder(pairs: &[(f64, f64)], r: f64) -> Interval {
        let differences: Vec<f64> = pairs.iter().map(|p| p.0 - r * p.1).collect();
        crate::stats::mean(&differences).unwrap().interval
    }

    #[test]
    fn at_the_ends_the_remainder_just_holds_zero() {
        let pairs = [(3.0, 1.0), (5.0, 2.0), (4.0, 2.0), (7.0, 2.5), (6.0, 3.5), (9.0, 3.0)];
        let got = ratio_of_means(&pairs).unwrap().interval;
        assert!(remainder(&pairs, got.low.unwrap()).low.unwrap().abs() < 1e-9, "{got:?}");
        assert!(remainder(&pairs, got.high.unwrap()).high.unwrap().abs() < 1e-9, "{got:?}");
    }

    #[test]
    fn without_skewness_the_ends_are_fieller_s() {
        // Deviations are symmetric, so every remainder is. Roots of Fieller's quadratic by hand:
        // means 10 and 4, sums of squares 40 and 10, products 0, n = 5, t(4) = 2.7764451.
        let pairs =
            [(6.0, 4.0), (14.0, 4.0), (10.0, 4.0 - 5_f64.sqrt()), (10.0, 4.0 + 5_f64.sqrt()), (10.0, 4.0)];
        let t = 2.776_445_105_197_793_f64;
        let t2 = t * t;
        let (aa, bb) = (t2 * 32.0 / 20.0, t2 * 10.0 / 20.0);
        let (square, half, constant) = (16.0 - bb, 40.0, 100.0 - aa);
        let root = (half * half - square * constant).sqrt();
        let got = ratio_of_means(&pairs).unwrap().interval;
        assert!((got.low.unwrap() - (half - root) / square).abs() < 1e-6, "{got:?}");
        assert!((got.high.unwrap() - (half + root) / square).abs() < 1e-6, "{got:?}");
    }

    #[test]
    fn a_clear_numerator_over_an_unclear_denominator_has_a_lower_end() {
        // Denominators that may as well average to 0 and numerators that do not.
        let pairs: Vec<(f64, f64)> =
            (0..40).map(|i| (1000.0 + f64::from(i % 7), if i % 2 == 0 { 90.0 } else { -89.0 })).collect();
        let got = ratio_of_means(&pairs).unwrap();
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
            let ratio = ratio_of_means(&pairs).unwrap().interval;
            let difference = remainder(&pairs, 1.0);
            assert_eq!(ratio.is_above(1.0), difference.is_above(0.0), "{large}: {ratio:?} {difference:?}");
        }
    }

    #[test]
    fn a_denominator_near_zero_gives_no_upper_end() {
        let pairs = [(1.0, -8.0), (2.0, 0.0), (3.0, 9.0)];
        assert_eq!(ratio_of_means(&pairs).unwrap().interval.high, None);
        assert_eq!(ratio_of_means(&[(1.0, 0.0), (2.0, 0.0)]), None);
        assert_eq!(ratio_of_means(&[(1.0, 1.0)]), None);
    }
}
