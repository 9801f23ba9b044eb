//! The shift between two samples as R's `wilcox.test` finds it (`exact = FALSE, correct = TRUE, conf.int = TRUE`), and
//! Kayenta after it: where the standardised rank sum, which is a step function, passes a normal quantile, by Brent's method.
//!
//! The tolerance of that search is absolute, 10^-4 of the values' unit, and the answer is whatever side of a step it ends
//! on. Where most differences are 0 the estimate is therefore not 0 but up to 10^-4 away, and so are the ends: that decides
//! verdicts on sparse data, so it is kept, step by step. [`super::rank::shift`] is the same without a search.

use super::rank::{Shift, standardised};
use crate::stats::Interval;
use crate::stats::special::normal_quantile;

/// Absolute tolerance of a root.
const TOLERANCE: f64 = 1e-4;
/// Steps after which the search ends where it is.
const MOST_STEPS: usize = 1001;

/// The shift of the canary and an interval that leaves `tail` out on each side; none if a sample is empty. Where there are
/// too few values for an end the most extreme difference takes its place.
#[must_use]
pub fn shift(canary: &[f64], baseline: &[f64], tail: f64) -> Option<Shift> {
    let least_of = |values: &[f64]| values.iter().copied().min_by(f64::total_cmp);
    let largest_of = |values: &[f64]| values.iter().copied().max_by(f64::total_cmp);
    let least = least_of(canary)? - largest_of(baseline)?;
    let largest = largest_of(canary)? - least_of(baseline)?;
    if least == largest {
        // One value on each side. Kayenta adds noise of 10^-5 of the values, which changes no verdict.
        return Some(Shift { estimate: least, interval: Interval::new(least, least), least, largest });
    }
    let at = |shift: f64, quantile: f64| {
        let shifted: Vec<f64> = canary.iter().map(|x| x - shift).collect();
        standardised(&shifted, baseline) - quantile
    };
    let end = |quantile: f64| {
        let (first, last) = (at(least, quantile), at(largest, quantile));
        if first <= 0.0 {
            least
        } else if last >= 0.0 {
            largest
        } else {
            root(|x| at(x, quantile), (least, first), (largest, last))
        }
    };
    let quantile = normal_quantile(tail);
    let interval = Interval::new(end(-quantile), end(quantile));
    let estimate = root(|x| at(x, 0.0), (least, at(least, 0.0)), (largest, at(largest, 0.0)));
    Some(Shift { estimate, interval, least, largest })
}

/// Where `f` passes 0 between two points, by Brent's method (Brent 1973, Algorithms for Minimization without Derivatives,
/// chapter 4): inverse quadratic or linear interpolation where that promises enough, else a bisection.
fn root(f: impl Fn(f64) -> f64, from: (f64, f64), to: (f64, f64)) -> f64 {
    let (mut before, mut best, mut other) = (from, to, from);
    for end in [from, to] {
        if end.1 == 0.0 {
            return end.0;
        }
    }
    for _ in 0..MOST_STEPS {
        let last_step = best.0 - before.0;
        if other.1.abs() < best.1.abs() {
            (before, best, other) = (best, other, best);
        }
        let near = 2.0 * f64::EPSILON * best.0.abs() + TOLERANCE / 2.0;
        let half = (other.0 - best.0) / 2.0;
        if half.abs() <= near || best.1 == 0.0 {
            return best.0;
        }
        let interpolated = (last_step.abs() >= near && before.1.abs() > best.1.abs())
            .then(|| interpolate(before, best, other, (last_step, near)))
            .flatten();
        let step = interpolated.unwrap_or(half);
        let step = if step.abs() >= near { step } else { near.copysign(step) };
        before = best;
        best.0 += step;
        best.1 = f(best.0);
        if best.1 > 0.0 && other.1 > 0.0 || best.1 < 0.0 && other.1 < 0.0 {
            other = before;
        }
    }
    best.0
}

/// The step from the best point that interpolation proposes; none if it leaves the bracket or is no faster than halving.
fn interpolate(
    before: (f64, f64),
    best: (f64, f64),
    other: (f64, f64),
    (last_step, near): (f64, f64),
) -> Option<f64> {
    let width = other.0 - best.0;
    let ratio = best.1 / before.1;
    let (p, q) = if before.0 == other.0 {
        (width * ratio, 1.0 - ratio)
    } else {
        let (q, r) = (before.1 / other.1, best.1 / other.1);
        let p = ratio * (width * q * (q - r) - (best.0 - before.0) * (r - 1.0));
        (p, (q - 1.0) * (r - 1.0) * (ratio - 1.0))
    };
    let (p, q) = if p > 0.0 { (p, -q) } else { (-p, q) };
    let is_inside = p < 0.75 * width * q - (near * q).abs() / 2.0;
    (is_inside && p < (last_step * q / 2.0).abs()).then(|| p / q)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::judge::rank::{self, Law};
    use crate::stats::test_uniforms::Uniforms;

    /// The shift of a canary of `of` values, `failing` of them `excess` and the rest 0, beside as many zeros.
    fn sparse(failing: usize, of: usize, excess: f64) -> Shift {
        let canary: Vec<f64> = (0..of).map(|i| if i < failing { excess } else { 0.0 }).collect();
        shift(&canary, &vec![0.0; of], 0.01).unwrap()
    }

    #[test]
    fn the_example_of_kayenta_s_own_tests_comes_out() {
        let found = shift(&[10.0, 20.0, 30.0, 40.0], &[1.0, 2.0, 3.0, 4.0], 0.025).unwrap();
        assert_eq!((found.interval, found.estimate), (Interval::new(6.0, 39.0), 22.5));
    }

    #[test]
    fn every_step_of_the_search_is_kayenta_s() {
        // Ends and estimate by a transcription of Kayenta's procedure into another language.
        for (failing, of, excess, low, high, estimate) in [
            (94, 200, 0.02, 8.491_473_498_759_202e-5, 0.019_941_722_502_810_955, 6.805_381_654_134_143e-5),
            (128, 200, 0.02, 0.019_942_539_469_952_142, 0.02, 0.019_919_014_695_829_962),
            (20, 60, 0.02, 0.0, 7.420_204_522_185_971e-5, 7.090_339_696_269_9e-5),
            (7, 10, 0.99, 8.736_029_429_169_648e-5, 0.99, 0.989_909_173_378_475_3),
            (8, 10, 100.0, 99.999_930_957_193_56, 100.0, 100.0),
        ] {
            let Shift { estimate: found, interval, .. } = sparse(failing, of, excess);
            let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "{failing} of {of}: {a} is not {b}");
            near(interval.low.unwrap(), low);
            near(interval.high.unwrap(), high);
            near(found, estimate);
        }
    }

    #[test]
    fn roots_are_steps_of_the_statistic_to_the_tolerance() {
        let mut uniforms = Uniforms(21);
        for (n, m) in [(12, 10), (30, 25), (50, 60)] {
            let canary: Vec<f64> = (0..n).map(|_| 3.0 * uniforms.next() + 0.5).collect();
            let baseline: Vec<f64> = (0..m).map(|_| 3.0 * uniforms.next()).collect();
            let (found, exact) = (
                shift(&canary, &baseline, 0.01).unwrap(),
                rank::shift(&canary, &baseline, 0.01, Law::Normal).unwrap(),
            );
            let near = |a: Option<f64>, b: Option<f64>| (a.unwrap() - b.unwrap()).abs() <= 2.0 * TOLERANCE;
            assert!(near(found.interval.low, exact.interval.low), "{found:?} {exact:?}");
            assert!(near(found.interval.high, exact.interval.high), "{found:?} {exact:?}");
        }
    }

    #[test]
    fn where_most_differences_are_zero_the_shift_is_not_quite_zero() {
        let found = sparse(94, 200, 0.01);
        assert!(found.estimate > 0.0 && found.estimate <= TOLERANCE, "{found:?}");
        assert!(found.interval.low.unwrap() > 0.25 * found.estimate, "{found:?}");
        // The median of all differences and the lower end of its interval are 0.
        let canary: Vec<f64> = (0..200).map(|i| if i < 94 { 0.01 } else { 0.0 }).collect();
        let exact = rank::shift(&canary, &[0.0; 200], 0.01, Law::Normal).unwrap();
        assert_eq!((exact.estimate, exact.interval.low), (0.0, Some(0.0)));
    }

    #[test]
    fn a_root_is_found_as_brent_finds_it() {
        // x^3 - 2x - 5 on [2, 3], Wallis's example: 2.0945514815.
        let found = root(|x| x * x * x - 2.0 * x - 5.0, (2.0, -1.0), (3.0, 16.0));
        assert!((found - 2.094_551_481_5).abs() < TOLERANCE, "{found}");
        assert_eq!(root(|x| x, (0.0, 0.0), (1.0, 1.0)), 0.0);
        assert_eq!(root(|x| x - 1.0, (0.0, -1.0), (1.0, 0.0)), 1.0);
    }
}
