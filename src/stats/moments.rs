//! The one normal-theory interval behind means, differences, ratios and tail means, and the end of an interval that
//! reckons with one more event.
//!
//! Blast radii are heavy-tailed, and there the usual `estimate ± t * error` misses nearly always on the
//! dangerous side: its upper end is too low. So the interval is Hall's (1992, "On the removal of skewness
//! by transformation", J. R. Statist. Soc. B 54): the Student statistic is passed through a monotone cubic
//! that cancels its skewness, and the cubic is inverted in closed form. For symmetric data it is the t
//! interval. It was preferred to a bootstrap-t, which needs resampling noise and a thousand times the work
//! for about the same coverage.
//!
//! With strata the variance and the third moment of the estimate are sums over strata, and its degrees of
//! freedom are Satterthwaite's.

use super::interval::Interval;
use super::special::{gamma_quantile, normal_quantile, student_quantile};

/// An estimate whose error is a sum of many small independent ones.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Moments {
    /// The estimate.
    pub value: f64,
    /// Its variance.
    pub variance: f64,
    /// Third central moment of its error.
    pub third: f64,
    /// Degrees of freedom of the variance; 0 if a stratum has too few values for one.
    pub freedom: f64,
}

impl Moments {
    /// Two-sided interval that leaves `tail` out on each side.
    #[must_use]
    pub fn interval(&self, tail: f64) -> Interval {
        if self.freedom <= 0.0 {
            return Interval::UNBOUNDED;
        }
        self.interval_by(student_quantile(1.0 - tail, self.freedom))
    }

    /// As [`Moments::interval`], with the Student quantile at hand.
    pub fn interval_by(&self, student: f64) -> Interval {
        let error = self.error();
        if error == 0.0 {
            // A constant, such as a fixed bake: nothing varies, nothing to be unsure about.
            return Interval::new(self.value, self.value);
        }
        let skewness = self.skewness();
        // Beyond a skewness of three or so the cubic is far from what it stands for; no end passes the estimate.
        Interval::new(
            self.value - error * unskew(student, skewness).max(0.0),
            self.value - error * unskew(-student, skewness).min(0.0),
        )
    }

    /// Standard error. Rounding may leave a little less than no variance.
    pub fn error(&self) -> f64 {
        libm::sqrt(self.variance.max(0.0))
    }

    /// Upper end, with `tail` left out above it, if one more event may come that would move the estimate by `k >= 0`: the
    /// quantile of the gamma distribution with the mean, the variance and the skewness that the estimate has with it. That is
    /// Fay and Feuer's (1997) bound on a sum of weighted counts, for values: with nothing seen it is `-ln(tail) k`, the
    /// exact bound on a share times the event; with many events seen it is nearly Hall's.
    #[must_use]
    pub fn with_one_more(&self, k: f64, tail: f64) -> f64 {
        let variance = self.variance.max(0.0) + k * k;
        let sd = libm::sqrt(variance);
        if sd == 0.0 {
            return self.value;
        }
        let skewness = 2.0 * (self.third.max(0.0) + k * k * k) / (variance * sd);
        let z = normal_quantile(1.0 - tail);
        // With less skewness than this the quantile is that of its expansion.
        let away = if skewness < 1e-3 {
            z + skewness * (z * z - 1.0) / 6.0
        } else {
            let shape = 4.0 / (skewness * skewness);
            (gamma_quantile(shape, 1.0 - tail) - shape) / libm::sqrt(shape)
        };
        self.value + k + sd * away
    }

    /// The moments that so many times as many values like these would probably have.
    #[must_use]
    pub fn of_more(&self, times: f64) -> Self {
        Self {
            variance: self.variance / times,
            third: self.third / (times * times),
            freedom: self.freedom * times,
            ..*self
        }
    }

    /// The moments of the same estimate with the other sign.
    #[must_use]
    pub fn negated(&self) -> Self {
        Self { value: -self.value, third: -self.third, ..*self }
    }

    fn skewness(&self) -> f64 {
        let error = self.error();
        if error == 0.0 { 0.0 } else { self.third / (error * error * error) }
    }
}

/// Hall's inverse transformation: the value of `(estimate - truth) / error` whose unskewed form is `x`.
fn unskew(x: f64, skewness: f64) -> f64 {
    if skewness.abs() < 1e-9 {
        return x;
    }
    3.0 / skewness * (libm::cbrt(1.0 + skewness * (x - skewness / 6.0)) - 1.0)
}

/// Adds up the moments of `sum_s unit_s * (sum of residuals of stratum s)`.
#[derive(Debug, Default)]
pub(super) struct Accumulator {
    variance: f64,
    third: f64,
    /// Sum of `variance_s^2 / (n_s - 1)`.
    spread: f64,
    /// Degrees of freedom if nothing varies.
    values: f64,
    lonely: bool,
}

impl Accumulator {
    /// A stratum of `trials` trials whose residuals have the given sums of squared and cubed deviations
    /// from their mean; each counts `unit`.
    pub fn add(&mut self, unit: f64, trials: f64, squares: f64, cubes: f64) {
        if trials < 2.0 {
            self.lonely = true;
            return;
        }
        let variance = unit * unit * squares * trials / (trials - 1.0);
        self.variance += variance;
        // The third moment keeps the divisor of Hall's paper, n, beside a variance over n - 1.
        let scale = libm::sqrt(trials / (trials - 1.0));
        self.third += unit * unit * unit * cubes * scale * scale * scale;
        self.spread += variance * variance / (trials - 1.0);
        self.values += trials - 1.0;
    }

    /// The moments of an estimate of `value`.
    pub fn finish(self, value: f64) -> Moments {
        let freedom = if self.lonely {
            0.0
        } else if self.spread > 0.0 {
            self.variance * self.variance / self.spread
        } else {
            self.values
        };
        Moments { value, variance: self.variance, third: self.third, freedom }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skewness_zero_gives_student() {
        let moments = Moments { value: 5.0, variance: 4.0, third: 0.0, freedom: 9.0 };
        let interval = moments.interval(0.025);
        let half = 2.0 * 2.262_157_162_798_205_5;
        assert!((interval.low.unwrap() - (5.0 - half)).abs() < 1e-9);
        assert!((interval.high.unwrap() - (5.0 + half)).abs() < 1e-9);
    }

    #[test]
    fn no_end_passes_the_estimate() {
        for third in [-4e4, -80.0, 0.0, 80.0, 4e4] {
            let moments = Moments { value: 5.0, variance: 4.0, third, freedom: 9.0 };
            let Interval { low, high } = moments.interval(0.025);
            assert!(low.unwrap() <= 5.0 && high.unwrap() >= 5.0, "{third}: {low:?} {high:?}");
        }
    }

    #[test]
    fn satterthwaite_adds_up_equal_strata_and_follows_the_noisy_one() {
        let mut equal = Accumulator::default();
        equal.add(0.1, 10.0, 90.0, 0.0);
        equal.add(0.1, 10.0, 90.0, 0.0);
        assert!((equal.finish(0.0).freedom - 18.0).abs() < 1e-9);
        let mut noisy = Accumulator::default();
        noisy.add(0.1, 10.0, 90.0, 0.0);
        noisy.add(0.1, 1000.0, 0.001, 0.0);
        assert!((noisy.finish(0.0).freedom - 9.0).abs() < 0.01);
    }

    #[test]
    fn a_stratum_with_one_trial_leaves_the_estimate_unbounded() {
        let mut sum = Accumulator::default();
        sum.add(0.5, 100.0, 10.0, 0.0);
        sum.add(0.5, 1.0, 0.0, 0.0);
        assert_eq!(sum.finish(3.0).interval(0.025), Interval::UNBOUNDED);
    }

    #[test]
    fn without_another_event_and_without_skewness_the_end_is_the_normal_one() {
        let moments = Moments { value: 5.0, variance: 4.0, third: 0.0, freedom: 9.0 };
        assert!((moments.with_one_more(0.0, 0.025) - (5.0 + 2.0 * 1.959_963_984_540_054)).abs() < 1e-9);
    }

    #[test]
    fn the_gamma_quantile_and_its_expansion_meet() {
        let end = |skewness: f64| {
            // The gamma distribution has twice the skewness of the estimate.
            Moments { value: 0.0, variance: 1.0, third: skewness / 2.0, freedom: 9.0 }
                .with_one_more(0.0, 0.001)
        };
        let (below, above) = (end(0.999_9e-3), end(1.000_1e-3));
        assert!((below - above).abs() < 1e-6, "{below} {above}");
    }

    #[test]
    fn the_skewness_of_a_mean_falls_with_the_root_of_the_number_of_values() {
        let moments = Moments { value: 5.0, variance: 4.0, third: 12.0, freedom: 9.0 };
        let more = moments.of_more(4.0);
        assert!((more.error() - moments.error() / 2.0).abs() < 1e-12);
        assert!((more.skewness() - moments.skewness() / 2.0).abs() < 1e-12);
        assert!((more.freedom - 36.0).abs() < 1e-12);
    }

    #[test]
    fn strata_that_never_vary_add_up_their_degrees_of_freedom() {
        let mut sum = Accumulator::default();
        sum.add(0.5, 10.0, 0.0, 0.0);
        sum.add(0.5, 20.0, 0.0, 0.0);
        assert!((sum.finish(3.0).freedom - (9.0 + 19.0)).abs() < 1e-12);
    }
}
