//! Duration distributions, sampled by inverse CDF from one uniform.
//!
//! Every sampler takes a probability and never a generator, so that a change of parameter moves
//! nothing but the sample itself. Nothing here may call the platform's math library.

use super::normal;
use serde::{Deserialize, Serialize};

/// Longest duration that a sample may have: 100 years. Keeps sums far from overflow.
pub const LONGEST_MS: u64 = 100 * 365 * 24 * 3_600_000;

/// A distribution of durations. Parameters are positive and finite; checked when the plan is resolved.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Distribution {
    /// Always `ms`; 0 means immediate.
    Fixed { ms: u64 },
    /// Exponential with the given mean.
    Exponential { mean_ms: f64 },
    /// Lognormal: `median * exp(sigma * Z)`.
    Lognormal { median_ms: f64, sigma: f64 },
    /// Weibull: `scale * E^(1/shape)` with E a unit exponential.
    Weibull { scale_ms: f64, shape: f64 },
    /// Even between two durations: a window.
    Uniform { from_ms: f64, to_ms: f64 },
}

impl Distribution {
    /// The duration that a share `p` of samples stays below, `0 < p < 1`. Accurate for small `p`.
    #[must_use]
    pub fn by_cdf(&self, p: f64) -> u64 {
        match *self {
            Self::Fixed { ms } => ms,
            _ => to_ms(self.cdf_ms(p)),
        }
    }

    /// The duration that a share `s` of samples exceeds, `0 < s < 1`. Accurate for small `s`.
    #[must_use]
    pub fn by_survival(&self, s: f64) -> u64 {
        match *self {
            Self::Fixed { ms } => ms,
            _ => to_ms(self.survival_ms(s)),
        }
    }

    /// As [`Distribution::by_cdf`], before rounding.
    pub(super) fn cdf_ms(&self, p: f64) -> f64 {
        match *self {
            Self::Fixed { ms } => ms as f64,
            Self::Exponential { mean_ms } => -mean_ms * libm::log1p(-p),
            Self::Lognormal { median_ms, sigma } => median_ms * libm::exp(sigma * normal::quantile(p)),
            Self::Weibull { scale_ms, shape } => scale_ms * libm::pow(-libm::log1p(-p), 1.0 / shape),
            Self::Uniform { from_ms, to_ms } => from_ms + (to_ms - from_ms) * p,
        }
    }

    /// As [`Distribution::by_survival`], before rounding.
    pub(super) fn survival_ms(&self, s: f64) -> f64 {
        match *self {
            Self::Fixed { ms } => ms as f64,
            Self::Exponential { mean_ms } => -mean_ms * libm::log(s),
            Self::Lognormal { median_ms, sigma } => median_ms * libm::exp(-sigma * normal::quantile(s)),
            Self::Weibull { scale_ms, shape } => scale_ms * libm::pow(-libm::log(s), 1.0 / shape),
            Self::Uniform { from_ms, to_ms } => to_ms - (to_ms - from_ms) * s,
        }
    }

    /// The duration at cumulative hazard `h > 0`, that is at survival `exp(-h)`. Accurate in both tails.
    #[must_use]
    pub fn by_hazard(&self, h: f64) -> u64 {
        match *self {
            Self::Fixed { ms } => ms,
            Self::Exponential { mean_ms } => to_ms(mean_ms * h),
            Self::Uniform { .. } => self.by_cdf(-libm::expm1(-h)),
            Self::Lognormal { .. } if h < std::f64::consts::LN_2 => self.by_cdf(-libm::expm1(-h)),
            Self::Lognormal { .. } => self.by_survival(libm::exp(-h)),
            Self::Weibull { scale_ms, shape } => to_ms(scale_ms * libm::pow(h, 1.0 / shape)),
        }
    }

    /// The longest that the slowest of `hosts` hosts can take, whatever is drawn: uniforms stay 2^-53 away from 1, and the
    /// bound is taken at half of that. One millisecond is for rounding.
    #[must_use]
    pub fn longest_ms(&self, hosts: u32) -> u64 {
        const FURTHEST: f64 = 1.0 / (1_u64 << 54) as f64;
        match *self {
            Self::Fixed { ms } => ms,
            _ => self.by_survival(FURTHEST / f64::from(hosts.max(1))) + 1,
        }
    }

    /// The median, in milliseconds.
    #[must_use]
    pub fn median_ms(&self) -> u64 {
        self.by_cdf(0.5)
    }
}

/// Rounds a sampled duration to whole milliseconds: at least 1, at most [`LONGEST_MS`].
#[inline]
pub(super) fn to_ms(ms: f64) -> u64 {
    // Half a millisecond up, then the cast truncates: exact for every duration in range. Signed casts are faster.
    ((ms + 0.5) as i64).clamp(1, LONGEST_MS as i64) as u64
}

/// Survival probability of the largest of `n` independent samples, from one uniform `u`:
/// `1 - u^(1/n)`. Feed it to [`Distribution::by_survival`]. Source: order statistics, any textbook.
#[must_use]
pub fn survival_of_largest(u: f64, n: u32) -> f64 {
    if n == 1 { 1.0 - u } else { -libm::expm1(libm::log(u) / f64::from(n)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: f64 = 60_000.0;

    /// Moves only with MODEL_VERSION.
    const GOLDEN: [&str; 4] =
        ["1ddff074cc27a445", "36e1d1f361ed0d80", "dd24ae662641aa28", "a1416c96dd585b61"];

    fn all() -> [Distribution; 4] {
        [
            Distribution::Fixed { ms: 240_000 },
            Distribution::Exponential { mean_ms: 45.0 * MINUTE },
            Distribution::Lognormal { median_ms: 4.0 * MINUTE, sigma: 0.3 },
            Distribution::Weibull { scale_ms: 40.0 * MINUTE, shape: 0.7 },
        ]
    }

    #[test]
    fn three_ways_to_name_a_quantile_agree() {
        for distribution in all() {
            for p in [1e-6, 0.01, 0.3, 0.5, 0.8, 0.999] {
                let direct = distribution.by_cdf(p);
                assert!(direct.abs_diff(distribution.by_survival(1.0 - p)) <= 1, "{distribution:?} {p}");
                assert!(
                    direct.abs_diff(distribution.by_hazard(-libm::log1p(-p))) <= 1,
                    "{distribution:?} {p}"
                );
            }
        }
    }

    #[test]
    fn quantiles_match_values_computed_elsewhere() {
        // Computed with 50-digit arithmetic: -45 ln 0.1, 4 exp(0.3 * 1.2815515655446004),
        // 40 (-ln 0.1)^(1/0.7), each in minutes at p = 0.9.
        let p90: Vec<u64> = all().iter().map(|d| d.by_cdf(0.9)).collect();
        assert_eq!(p90, [240_000, 6_216_980, 352_519, 7_900_639]);
    }

    #[test]
    fn samples_are_at_least_one_millisecond_and_bounded() {
        let tiny = Distribution::Exponential { mean_ms: 1.0 };
        assert_eq!(tiny.by_cdf(1e-12), 1);
        let huge = Distribution::Weibull { scale_ms: 1e12, shape: 0.01 };
        assert_eq!(huge.by_survival(1e-12), LONGEST_MS);
        assert_eq!(Distribution::Fixed { ms: 0 }.by_cdf(0.5), 0);
    }

    #[test]
    fn a_thousand_samples_of_each_have_a_golden_digest() {
        let digests = all().map(|distribution| {
            let mut stream = crate::random::Streams::new(1, 1).stream(crate::random::Purpose::Onset, 1);
            let samples: Vec<u64> = (0..1000).map(|_| distribution.by_cdf(stream.uniform())).collect();
            format!("{:016x}", crate::random::mix(&samples))
        });
        assert_eq!(digests, GOLDEN);
    }

    #[test]
    fn the_largest_of_n_has_the_right_median() {
        // P(max <= x) = F(x)^n: the median of the largest of 10 is at F = 0.5^(1/10).
        let expected = 1.0 - 0.933_032_991_536_807_4;
        assert!((survival_of_largest(0.5, 10) - expected).abs() < 1e-15);
        assert_eq!(survival_of_largest(0.25, 1), 0.75);
    }
}
