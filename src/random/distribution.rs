//! Duration distributions, sampled by inverse CDF from one uniform.

use serde::Serialize;

/// A distribution of durations. Parameters are positive and finite; checked when the plan is resolved.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
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
}

impl Distribution {
    /// The median, in milliseconds.
    #[must_use]
    pub fn median_ms(&self) -> f64 {
        match *self {
            Self::Fixed { ms } => ms as f64,
            Self::Exponential { mean_ms } => mean_ms * std::f64::consts::LN_2,
            Self::Lognormal { median_ms, .. } => median_ms,
            Self::Weibull { scale_ms, shape } => scale_ms * libm::pow(std::f64::consts::LN_2, 1.0 / shape),
        }
    }
}
