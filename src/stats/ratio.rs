//! Ratio of two means over the same trials.

use super::special::student_quantile;
use super::{Interval, TAIL, sum};
use serde::Serialize;

/// How many times as large one mean is as another.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Ratio {
    /// Mean of the numerators over mean of the denominators.
    pub value: f64,
    /// Fieller's interval: every ratio `r >= 0` for which `a - r * b` averages to 0 within its t interval.
    /// Pairing shrinks it. No upper end if the denominator cannot be told from 0; a positive lower end
    /// even then if the numerator can.
    #[serde(flatten)]
    pub interval: Interval,
}

/// The ratio of the means of pairs `(a, b)`; none under two pairs or if the mean of `b` is not positive.
#[must_use]
pub fn ratio_of_means(pairs: &[(f64, f64)]) -> Option<Ratio> {
    let n = pairs.len() as f64;
    if pairs.len() < 2 {
        return None;
    }
    let a = sum(pairs.iter().map(|p| p.0)) / n;
    let b = sum(pairs.iter().map(|p| p.1)) / n;
    if b <= 0.0 {
        return None;
    }
    let moment = |f: &dyn Fn(&(f64, f64)) -> f64| sum(pairs.iter().map(f)) / (n - 1.0) / n;
    let t = student_quantile(1.0 - TAIL, n - 1.0);
    let aa = t * t * moment(&|p| (p.0 - a) * (p.0 - a));
    let bb = t * t * moment(&|p| (p.1 - b) * (p.1 - b));
    let ab = t * t * moment(&|p| (p.0 - a) * (p.1 - b));
    // (a - r b)^2 = t^2 var(a - r b) is a quadratic in r.
    let (square, half, constant) = (b * b - bb, a * b - ab, a * a - aa);
    let root = libm::sqrt((half * half - square * constant).max(0.0));
    let interval = if square > 0.0 {
        Interval::new((half - root) / square, (half + root) / square)
    } else if square < 0.0 && constant > 0.0 {
        // The denominator may be 0 and the numerator not. The roots have opposite signs, and what
        // solves the inequality lies outside of them: every ratio above the positive one.
        Interval { low: Some((half - root) / square), high: None }
    } else {
        Interval { low: Some(0.0), high: None }
    };
    Some(Ratio { value: a / b, interval })
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

    #[test]
    fn ends_solve_the_t_test() {
        let pairs = [(3.0, 1.0), (5.0, 2.0), (4.0, 2.0), (7.0, 2.5), (6.0, 3.5), (9.0, 3.0)];
        let got = ratio_of_means(&pairs).unwrap();
        for end in [got.interval.low.unwrap(), got.interval.high.unwrap()] {
            let d: Vec<f64> = pairs.iter().map(|p| p.0 - end * p.1).collect();
            let mean = d.iter().sum::<f64>() / 6.0;
            let var = d.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / 5.0 / 6.0;
            let t = mean.abs() / var.sqrt();
            assert!((t - student_quantile(0.975, 5.0)).abs() < 1e-9, "t = {t}");
        }
    }

    #[test]
    fn a_clear_numerator_over_an_unclear_denominator_has_a_lower_end() {
        // One denominator is huge: their mean cannot be told from 0, that of the numerators can.
        let pairs: Vec<(f64, f64)> =
            (0..40).map(|i| (1000.0 + f64::from(i % 7), if i == 11 { 90.0 } else { 0.1 })).collect();
        let got = ratio_of_means(&pairs).unwrap();
        assert_eq!(got.interval.high, None);
        let low = got.interval.low.unwrap();
        assert!(low > 100.0 && low < got.value, "{got:?}");
        let d: Vec<f64> = pairs.iter().map(|p| p.0 - low * p.1).collect();
        let mean = d.iter().sum::<f64>() / 40.0;
        let var = d.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / 39.0 / 40.0;
        assert!((mean / var.sqrt() - student_quantile(0.975, 39.0)).abs() < 1e-9);
    }

    #[test]
    fn a_denominator_near_zero_gives_no_upper_end() {
        let got = ratio_of_means(&[(1.0, 0.0), (2.0, 0.0), (3.0, 1.0)]).unwrap();
        assert_eq!(got.interval.high, None);
        assert_eq!(ratio_of_means(&[(1.0, 0.0), (2.0, 0.0)]), None);
        assert_eq!(ratio_of_means(&[(1.0, 1.0)]), None);
    }
}
