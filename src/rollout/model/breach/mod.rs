//! The probability that one datapoint of an alarm breaches, in closed form.
//!
//! A datapoint's counts in disjoint periods are independent, so an alarm's behaviour is fully
//! described by this probability as a function of the hour and of how much of the scope is impaired.

mod counts;
mod fixed;
mod poisson;
mod rule;
mod sampler;

pub use counts::BreachCounts;
pub use rule::RatioRule;
pub use sampler::Sampler;

use crate::plan::{Arrivals, Comparison};

/// A probability of at most `exp` of minus this is below [`NEVER`].
const CERTAIN: f64 = 45.0;

/// Probabilities below this are taken as 0: 52-bit uniforms cannot resolve them.
pub const NEVER: f64 = 1.0 / (1u64 << 62) as f64;

/// Probability that a datapoint breaches when a period has `requests_mean` requests on average and
/// each fails with probability `p`. Exact to about 1e-10 relative; no normal approximation.
#[must_use]
pub fn ratio_breach_probability(rule: &RatioRule, arrivals: Arrivals, requests_mean: f64, p: f64) -> f64 {
    let probability = match arrivals {
        Arrivals::Fixed => fixed::breach_probability(rule, requests_mean, p),
        Arrivals::Poisson => match settled(rule, requests_mean, p) {
            Some(certain) => certain,
            None => poisson::breach_probability(rule, requests_mean, p),
        },
    };
    if probability < NEVER { 0.0 } else { probability.min(1.0) }
}

/// Probability that a Poisson variable with this mean is at least `count`.
#[must_use]
pub fn poisson_at_least(mean: f64, count: u64) -> f64 {
    let probability = match count {
        0 => 1.0,
        _ if mean <= 0.0 => 0.0,
        _ => poisson::at_least(mean, count),
    };
    if probability < NEVER { 0.0 } else { probability.min(1.0) }
}

/// The smallest value that a Poisson variable with this mean does not exceed with probability `p`.
#[must_use]
pub fn poisson_quantile(mean: f64, p: f64) -> u64 {
    if mean <= 0.0 { 0 } else { poisson::PoissonTable::new(mean).quantile(p) }
}

/// The smallest number of `n` requests, each of which counts with probability `p`, that is not exceeded with probability `u`.
#[must_use]
pub fn binomial_quantile(n: u64, p: f64, u: f64) -> u64 {
    fixed::quantile(n, p, u)
}

/// Probability that a period has fewer than `least` requests, of `requests_mean` on average: its datapoint is missing.
#[must_use]
pub fn missing_probability(least: u64, arrivals: Arrivals, requests_mean: f64) -> f64 {
    match arrivals {
        Arrivals::Fixed => f64::from(u8::from((libm::round(requests_mean) as u64) < least)),
        Arrivals::Poisson => {
            // Chernoff's bound spares the sum where traffic is plenty.
            let short = requests_mean - least as f64;
            if short > 0.0 && short * short > 2.0 * CERTAIN * requests_mean {
                return 0.0;
            }
            let probability = poisson::below(requests_mean, least);
            if probability < NEVER { 0.0 } else { probability.min(1.0) }
        }
    }
}

/// Whether a datapoint with these requests on average, each of which fails with probability `p`, breaches with a
/// probability below [`NEVER`] at Poisson arrivals. False if it takes a sum to know.
#[must_use]
pub fn never_breaches(rule: &RatioRule, requests_mean: f64, p: f64) -> bool {
    settled(rule, requests_mean, p) == Some(0.0)
}

/// The datapoint is a foregone conclusion: 0 or 1 to within `exp(-45) < 2^-62`. Chernoff's bound on
/// `(1-t) X - t Y` for Poisson errors X and successes Y and limit t; it spares the sum for the
/// healthy, busy scopes that make up most of a fleet.
fn settled(rule: &RatioRule, requests_mean: f64, p: f64) -> Option<f64> {
    if requests_mean <= 0.0 {
        return Some(0.0);
    }
    let limit = rule.threshold.as_f64();
    let enough = requests_mean - 10.0 * requests_mean.sqrt() - 20.0 > rule.min_requests.max(1) as f64;
    if limit <= 0.0 && enough {
        // Without a limit one error is enough, or none.
        let any_error = -libm::expm1(-requests_mean * p);
        return Some(if rule.comparison == Comparison::AtLeast { 1.0 } else { any_error });
    }
    if limit <= 0.0 || limit >= 1.0 {
        return None;
    }
    if p <= 0.0 {
        return Some(0.0);
    }
    if p >= 1.0 {
        return None;
    }
    let odds = limit * (1.0 - p) / (p * (1.0 - limit));
    let log_odds = libm::log(odds);
    let rate = 1.0 - p * libm::exp(log_odds * (1.0 - limit)) - (1.0 - p) * libm::exp(-log_odds * limit);
    if requests_mean * rate < CERTAIN {
        return None;
    }
    if p < limit {
        return Some(0.0);
    }
    // The ratio breaches for certain; the datapoint still needs its minimum of requests.
    enough.then_some(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Ratio;

    fn rule(num: u64, den: u64, comparison: Comparison, min_requests: u64) -> RatioRule {
        RatioRule { threshold: Ratio { num, den }, comparison, min_requests }
    }

    fn above(num: u64, den: u64) -> RatioRule {
        rule(num, den, Comparison::Above, 1)
    }

    fn assert_close(actual: f64, expected: f64) {
        assert!((actual - expected).abs() <= 1e-8 * expected, "{actual} instead of {expected}");
    }

    #[test]
    fn poisson_ratio_matches_the_published_sums() {
        // Oracle O10 and O10b: computed independently with exact sums.
        let one_percent = above(1, 100);
        for (mean, p, expected) in [
            (10.0, 0.001, 0.009_950_166_250_831_968),
            (100.0, 0.001, 0.045_468_035_796_197_244),
            (1000.0, 0.001, 4.916_564_123_992_600_6e-8),
            (10.0, 0.02, 0.181_269_246_922_018_62),
            (100.0, 0.02, 0.736_591_842_352_834_5),
            (1000.0, 0.02, 0.992_802_629_871_834_1),
            (100.0, 0.015, 0.611_767_089_843_499_4),
            (1000.0, 0.015, 0.908_709_595_028_639_1),
        ] {
            assert_close(ratio_breach_probability(&one_percent, Arrivals::Poisson, mean, p), expected);
        }
        let at_least_50 = rule(1, 100, Comparison::Above, 50);
        assert_close(
            ratio_breach_probability(&at_least_50, Arrivals::Poisson, 100.0, 0.001),
            0.045_468_035_242_475_4,
        );
    }

    #[test]
    fn dilution_matches_the_published_sums() {
        // Oracle O27: one host of 300 fails half of its requests.
        let mixed = 0.001 + (0.5 - 0.001) / 300.0;
        let service = ratio_breach_probability(&above(2, 1000), Arrivals::Poisson, 30_000.0, mixed);
        assert_close(service, 0.989_600_037_401_577_8);
        let noise = ratio_breach_probability(&above(2, 1000), Arrivals::Poisson, 30_000.0, 0.001);
        assert_close(noise, 6.538_853_497_625_332e-7);
        assert_eq!(ratio_breach_probability(&above(1, 100), Arrivals::Poisson, 30_000.0, mixed), 0.0);
        let host = ratio_breach_probability(&above(1, 100), Arrivals::Poisson, 100.0, 0.5);
        assert!(1.0 - host < 1e-13);
    }

    #[test]
    fn fixed_traffic_matches_the_binomial_tail() {
        // Oracle O9: at least 5 errors of exactly 500 requests at 0.2 %.
        let five_of_500 = rule(1, 100, Comparison::AtLeast, 1);
        assert_close(
            ratio_breach_probability(&five_of_500, Arrivals::Fixed, 500.0, 0.002),
            0.003_613_956_710_798_709,
        );
    }

    #[test]
    fn strictness_is_decided_in_integers() {
        assert!(!above(1, 100).breaches(1, 100));
        assert!(above(1, 100).breaches(2, 199));
        assert!(rule(1, 100, Comparison::AtLeast, 1).breaches(1, 100));
        assert!(!rule(1, 100, Comparison::AtLeast, 101).breaches(50, 100));
        assert!(!above(0, 1).breaches(0, 0));
        assert!(above(0, 1).breaches(1, 7));
    }

    #[test]
    fn the_successes_bound_is_the_rule_itself() {
        for (num, den) in [(1, 100), (3, 7), (1, 1), (0, 1), (99, 100)] {
            for comparison in [Comparison::Above, Comparison::AtLeast] {
                let rule = rule(num, den, comparison, 1);
                for errors in 0..40_u64 {
                    let most = rule.most_successes(errors);
                    for successes in 0..400_u64 {
                        let by_bound = errors + successes > 0 && most.is_some_and(|most| successes <= most);
                        assert_eq!(
                            rule.breaches(errors, errors + successes),
                            by_bound,
                            "{rule:?} {errors} {successes}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn poisson_tails_match_sums_by_hand() {
        let e = |exponent: f64| libm::exp(exponent);
        assert_close(poisson_at_least(5.0, 3), 1.0 - 18.5 * e(-5.0));
        assert_close(poisson_at_least(1.0, 3), 1.0 - 2.5 * e(-1.0));
        let missing = |least, mean| missing_probability(least, Arrivals::Poisson, mean);
        assert_close(missing(2, 5.0), 6.0 * e(-5.0));
        assert_close(missing(3, 1.0), 2.5 * e(-1.0));
        assert_eq!(missing(0, 10.0), 0.0, "nobody has fewer requests than none");
        // Terms summed as fractions: far out, where Chernoff's bound is not yet enough to say 0.
        assert_close(missing(30, 100.0), 5.893_259_698_661_472e-17);
    }

    #[test]
    fn what_is_certain_needs_its_requests() {
        // Nearly all of them fail, but one period in ten thousand has fewer than 150 requests: terms summed as fractions.
        let busy = rule(1, 100, Comparison::Above, 150);
        let enough = 1.0 - 0.000_096_786_219_949_335_77;
        assert_close(ratio_breach_probability(&busy, Arrivals::Poisson, 200.0, 0.5), enough);
        // At least nothing is always so, where there are requests.
        let always = rule(0, 1, Comparison::AtLeast, 1);
        assert_close(ratio_breach_probability(&always, Arrivals::Poisson, 5.0, 0.0), 1.0 - libm::exp(-5.0));
    }

    #[test]
    fn the_shortcut_agrees_with_the_sum_for_any_limit() {
        for percent in [1, 10, 50, 90, 97] {
            for p in [0.002, 0.03, 0.2, 0.45, 0.8, 0.95, 0.99] {
                for mean in [40.0, 150.0, 200.0, 700.0] {
                    let rule = above(percent, 100);
                    if let Some(certain) = settled(&rule, mean, p) {
                        let sum = poisson::breach_probability(&rule, mean, p);
                        assert!((sum - certain).abs() < 1e-9, "{percent} % {mean} {p}: {sum} {certain}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_shortcut_agrees_with_the_sum() {
        // Where the shortcut decides, the full sum must say the same to the resolution of a uniform.
        for mean in [500.0, 3_000.0, 40_000.0] {
            for p in [0.0005, 0.002, 0.02, 0.06, 0.3] {
                let rule = rule(1, 100, Comparison::Above, 20);
                if let Some(certain) = settled(&rule, mean, p) {
                    let sum = poisson::breach_probability(&rule, mean, p);
                    assert!((sum - certain).abs() < 1e-9, "{mean} {p}: {sum}");
                }
            }
        }
    }
}
