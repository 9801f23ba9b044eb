//! Two shares compared by the z-score of their difference, and how many trials that takes.
//!
//! The score is the one of the pooled share, which is the square root of Pearson's chi-square without correction.
//! It is normal in the limit: with fewer than about five expected events on a side it promises too much, which is
//! what [`ProportionsRule::least_events`] is for. It looks once; asked again and again it finds something in the end.

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
pub struct ProportionsRule {
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

impl Default for ProportionsRule {
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

impl ProportionsRule {
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
mod tests {
    // Tests of the comparison of shares: values by hand, sample sizes in use, and every possible pair of counts.

    use super::*;
    use Classification::{High, Low, NoData, Pass};

    fn counts(events: u64, trials: u64) -> Counts {
        Counts { events, trials }
    }

    #[test]
    fn the_score_is_the_root_of_chi_square() {
        // Pooled share 2.25 %: 0.015 / 0.006632… = 2.26166.
        let z = z_score(counts(30, 1000), counts(15, 1000)).unwrap();
        assert!((z - 2.261_66).abs() < 1e-5, "{z}");
        for (a, n, b, m) in [(30, 1000, 15, 1000), (3, 50, 9, 70), (0, 40, 6, 400)] {
            let [a, n, b, m] = [a, n, b, m].map(f64::from);
            let (all, total) = (a + b, n + m);
            let cell = |seen: f64, expected: f64| (seen - expected) * (seen - expected) / expected;
            let chi_square = cell(a, n * all / total)
                + cell(b, m * all / total)
                + cell(n - a, n * (total - all) / total)
                + cell(m - b, m * (total - all) / total);
            let z = z_score(counts(a as u64, n as u64), counts(b as u64, m as u64)).unwrap();
            assert!((z * z - chi_square).abs() < 1e-9 && (z > 0.0) == (a / n > b / m), "{z} {chi_square}");
        }
    }

    #[test]
    fn sides_that_cannot_differ_have_no_score() {
        for (canary, baseline) in [
            (counts(0, 0), counts(1, 2)),
            (counts(1, 2), counts(0, 0)),
            (counts(0, 9), counts(0, 3)),
            (counts(9, 9), counts(3, 3)),
        ] {
            assert_eq!(z_score(canary, baseline), None);
        }
    }

    #[test]
    fn published_sample_sizes() {
        // 5 % two-sided, power 80 %, for each side.
        for (baseline, canary, trials) in
            [(0.001, 0.01, 1059), (0.01, 0.02, 2319), (0.001, 0.002, 23_511), (0.01, 0.05, 285)]
        {
            assert_eq!(sample_size(baseline, canary, 0.95, 0.8), Some(trials));
            assert_eq!(sample_size(canary, baseline, 0.95, 0.8), Some(trials));
            // The formula turned round: one trial fewer is not enough.
            assert!(power(baseline, canary, 0.95, trials) >= 0.8);
            assert!(power(baseline, canary, 0.95, trials - 1) < 0.8);
        }
        assert_eq!(sample_size(0.01, 0.01, 0.95, 0.8), None);
    }

    /// Probabilities of 0, 1, 2, … events, until nothing is left to speak of.
    fn binomial(trials: u64, share: f64) -> Vec<f64> {
        let mut p = libm::exp(trials as f64 * libm::log1p(-share));
        let mut law = vec![p];
        for k in 1..=trials {
            p *= (trials - k + 1) as f64 / k as f64 * share / (1.0 - share);
            law.push(p);
            if p < 1e-15 && k as f64 > trials as f64 * share {
                break;
            }
        }
        law
    }

    /// Probability that a rule says high, and that it says low, over all pairs of counts.
    fn exactly(rule: &ProportionsRule, trials: u64, canary: f64, baseline: f64) -> (f64, f64) {
        let (own, other) = (binomial(trials, canary), binomial(trials, baseline));
        let mut found = (0.0, 0.0);
        for (a, p) in own.iter().enumerate() {
            for (b, q) in other.iter().enumerate() {
                match rule.classify(counts(a as u64, trials), counts(b as u64, trials)) {
                    High => found.0 += p * q,
                    Low => found.1 += p * q,
                    Pass | NoData => {}
                }
            }
        }
        found
    }

    #[test]
    fn the_sample_sizes_have_the_power_that_they_promise() {
        let rule = ProportionsRule { least_events: 0, ..ProportionsRule::default() };
        // With one to three expected events on the baseline's side the formula asks for too many.
        for (baseline, canary, exact) in [(0.001, 0.01, 0.86), (0.01, 0.02, 0.80), (0.01, 0.05, 0.85)] {
            let trials = sample_size(baseline, canary, 0.95, 0.8).unwrap();
            let (high, low) = exactly(&rule, trials, canary, baseline);
            println!("{baseline} -> {canary}: exact power {high:.4} at {trials} trials");
            assert!((high - exact).abs() < 0.01 && low < 1e-4, "{high} {low}");
        }
    }

    #[test]
    fn equal_shares_are_told_apart_as_rarely_as_promised() {
        // Exact, over all pairs: the normal law holds from five expected events a side on.
        let rule = ProportionsRule::default();
        for (share, trials) in [(0.01, 500), (0.01, 1059), (0.02, 2319), (0.5, 40)] {
            let (high, low) = exactly(&rule, trials, share, share);
            println!("{share}, {trials} trials: high {high:.4}, low {low:.4}");
            assert!((high - low).abs() < 1e-12, "both sides are alike");
            assert!(high + low < 0.06 && high + low > 0.02, "{share} {trials}: {}", high + low);
        }
        // One event against none is no news, and would be with a rule that takes any count.
        assert_eq!(rule.classify(counts(5, 20), counts(0, 20)), Pass);
        assert_eq!(ProportionsRule { least_events: 0, ..rule }.classify(counts(5, 20), counts(0, 20)), High);
    }

    #[test]
    fn a_rule_asks_for_direction_size_and_data() {
        let rule = ProportionsRule::default();
        let (more, less) = (counts(60, 1000), counts(20, 1000));
        assert_eq!((rule.classify(more, less), rule.classify(less, more)), (High, Low));
        let increase = ProportionsRule { direction: Direction::Increase, ..rule };
        assert_eq!((increase.classify(more, less), increase.classify(less, more)), (High, Pass));
        let decrease = ProportionsRule { direction: Direction::Decrease, ..rule };
        assert_eq!((decrease.classify(more, less), decrease.classify(less, more)), (Pass, Low));
        for (least_ratio, up, down) in [(3.0, High, Low), (3.1, Pass, Pass)] {
            let rule = ProportionsRule { least_ratio, ..rule };
            assert_eq!((rule.classify(more, less), rule.classify(less, more)), (up, down), "{least_ratio}");
        }
        // 60 and 33 of 1,000 are 2.85 errors apart.
        for (confidence, verdict) in [(0.99, High), (0.999, Pass)] {
            assert_eq!(ProportionsRule { confidence, ..rule }.classify(more, counts(33, 1000)), verdict);
        }
        let few = ProportionsRule { least_trials: 1001, ..rule };
        assert_eq!((few.classify(more, less), rule.classify(counts(0, 0), less)), (NoData, NoData));
        assert_eq!(ProportionsRule { least_trials: 0, ..rule }.classify(counts(0, 0), less), NoData);
        assert_eq!(rule.classify(counts(0, 1000), counts(0, 1000)), Pass);
        assert_eq!(rule.classify(counts(50, 50), counts(50, 50)), Pass);
    }
}
