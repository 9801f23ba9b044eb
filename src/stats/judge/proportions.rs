//! Two shares compared by the z-score of their difference, and how many trials that takes.
//!
//! The score is the one of the pooled share, which is the square root of Pearson's chi-square without correction.
//! It is normal in the limit: with fewer than about five expected events on a side it promises too much, which is
//! what [`Rule::least_events`] is for. It looks once; asked again and again it finds something in the end.

use super::{Classification, Counts, Direction};
use crate::stats::special::{normal_cdf, normal_quantile};

/// The difference of two shares in standard errors, positive if the canary's is larger. None if a side has no
/// trials, or if no trial or every one had the event: then there is nothing to tell the sides apart by.
#[must_use]
pub fn z_score(canary: Counts, baseline: Counts) -> Option<f64> {
    let (p, q) = (canary.share()?, baseline.share()?);
    let trials = canary.trials as f64 + baseline.trials as f64;
    let pooled = (canary.events as f64 + baseline.events as f64) / trials;
    let variance = pooled * (1.0 - pooled) * (1.0 / canary.trials as f64 + 1.0 / baseline.trials as f64);
    (variance > 0.0).then(|| (p - q) / libm::sqrt(variance))
}

/// When a difference counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule {
    /// Confidence between 0 and 1, two-sided whatever the direction: 0.95 asks for 1.96 standard errors.
    pub confidence: f64,
    /// What is bad.
    pub direction: Direction,
    /// The ratio of shares must be at least this, or at most its inverse, to count: 1 for anything.
    pub least_ratio: f64,
    /// Fewer trials than this on a side are no data.
    pub least_trials: u64,
    /// Fewer events than this on both sides together decide nothing.
    pub least_events: u64,
}

impl Default for Rule {
    /// 95 %, either direction, any ratio, one trial, ten events: five a side.
    fn default() -> Self {
        Self {
            confidence: 0.95,
            direction: Direction::Either,
            least_ratio: 1.0,
            least_trials: 1,
            least_events: 10,
        }
    }
}

impl Rule {
    /// Classifies the canary's share of events.
    #[must_use]
    pub fn classify(&self, canary: Counts, baseline: Counts) -> Classification {
        if canary.trials.min(baseline.trials) < self.least_trials.max(1) {
            return Classification::NoData;
        }
        if canary.events + baseline.events < self.least_events {
            return Classification::Pass;
        }
        let Some(z) = z_score(canary, baseline) else { return Classification::Pass };
        let enough = critical(self.confidence);
        // Cross-multiplied: neither share needs to be above 0.
        let (own, other) = (share(canary), share(baseline));
        if self.direction.minds_more() && z >= enough && own >= self.least_ratio * other {
            Classification::High
        } else if self.direction.minds_less() && z <= -enough && other >= self.least_ratio * own {
            Classification::Low
        } else {
            Classification::Pass
        }
    }
}

fn share(counts: Counts) -> f64 {
    counts.share().unwrap_or(0.0)
}

fn critical(confidence: f64) -> f64 {
    normal_quantile(0.5 + 0.5 * confidence)
}

/// Trials on each side that find `canary` against `baseline` with probability `power`, rounded up; none if the two
/// are equal. Shares are between 0 and 1, and so are confidence and power.
///
/// It rests on the normal law: where it expects one event of the smaller share, the power is 86 % and not 80 %.
///
/// n = (z_a √(2 p (1 − p)) + z_b √(p₁ (1 − p₁) + p₂ (1 − p₂)))² / (p₁ − p₂)², with p the mean of p₁ and p₂ (Fleiss,
/// Levin and Paik 2003, Statistical Methods for Rates and Proportions, section 4.2, without their correction).
#[must_use]
pub fn sample_size(baseline: f64, canary: f64, confidence: f64, power: f64) -> Option<u64> {
    let SharesApart { alike, different, apart } = SharesApart::of(baseline, canary);
    let root = (critical(confidence) * alike + normal_quantile(power) * different) / apart;
    (apart > 0.0).then(|| libm::ceil(root * root) as u64)
}

/// Probability that `trials` on each side find `canary` against `baseline`, on its own side.
#[must_use]
pub fn power(baseline: f64, canary: f64, confidence: f64, trials: u64) -> f64 {
    let SharesApart { alike, different, apart } = SharesApart::of(baseline, canary);
    normal_cdf((libm::sqrt(trials as f64) * apart - critical(confidence) * alike) / different)
}

/// Of the difference of two shares from one trial a side.
struct SharesApart {
    /// Its deviation if both were the mean of the two.
    alike: f64,
    /// Its deviation as they are.
    different: f64,
    /// Its size.
    apart: f64,
}

impl SharesApart {
    fn of(p: f64, q: f64) -> Self {
        let mean = 0.5 * (p + q);
        Self {
            alike: libm::sqrt(2.0 * mean * (1.0 - mean)),
            different: libm::sqrt(p * (1.0 - p) + q * (1.0 - q)),
            apart: (p - q).abs(),
        }
    }
}

#[cfg(test)]
#[path = "proportions_tests.rs"]
mod tests;
