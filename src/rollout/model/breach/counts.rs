//! The counts behind a breach, drawn for replays.
//!
//! The engine decides whether a datapoint breaches from its probability alone. A replay shows the
//! request and error counts too, so they are drawn afterwards from their law given the breach.

use super::rule::RatioRule;
use super::{fixed, poisson};
use crate::plan::Arrivals;
use crate::random::Stream;

/// Requests and errors of one datapoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreachCounts {
    /// Requests in the period.
    pub requests: u64,
    /// Requests that failed.
    pub errors: u64,
}

impl BreachCounts {
    /// Draws the counts of a breaching datapoint; none if a breach is impossible.
    #[must_use]
    pub fn given_breach(
        rule: &RatioRule,
        arrivals: Arrivals,
        requests_mean: f64,
        p: f64,
        stream: &mut Stream,
    ) -> Option<Self> {
        match arrivals {
            Arrivals::Fixed => fixed_counts(rule, requests_mean, p, stream),
            Arrivals::Poisson => poisson_counts(rule, requests_mean, p, stream),
        }
    }
}

fn fixed_counts(rule: &RatioRule, requests_mean: f64, p: f64, stream: &mut Stream) -> Option<BreachCounts> {
    let requests = libm::round(requests_mean) as u64;
    let least = fixed::least_breaching_errors(rule, requests)?;
    // Where nearly every count breaches, start where the counts are.
    let mean = requests as f64 * p;
    let first = least.max(libm::floor((mean - 10.0 * mean.sqrt() - 20.0).max(0.0)) as u64);
    let weights = fixed::upwards(requests, p, first);
    let errors = pick(weights.collect(), stream.uniform())?;
    Some(BreachCounts { requests, errors })
}

fn poisson_counts(rule: &RatioRule, requests_mean: f64, p: f64, stream: &mut Stream) -> Option<BreachCounts> {
    let successes = poisson::PoissonTable::new(requests_mean * (1.0 - p));
    let errors = poisson::PoissonTable::new(requests_mean * p);
    let weights = errors
        .pmf()
        .filter_map(|(count, pmf)| {
            let range = poisson::breaching_successes(rule, count)?;
            Some((count, pmf * poisson::between(&successes, range)))
        })
        .collect();
    let errors = pick(weights, stream.uniform())?;
    let (least, most) = poisson::breaching_successes(rule, errors)?;
    let below = if least == 0 { 0.0 } else { successes.cdf(least - 1) };
    let target = below + stream.uniform() * poisson::between(&successes, (least, most));
    let succeeded = successes.quantile(target).clamp(least, most);
    Some(BreachCounts { requests: errors + succeeded, errors })
}

/// Draws a value with probability proportional to its weight.
fn pick(weights: Vec<(u64, f64)>, u: f64) -> Option<u64> {
    let total: f64 = weights.iter().map(|(_, weight)| weight).sum();
    let mut left = u * total;
    for (value, weight) in &weights {
        left -= weight;
        if left <= 0.0 {
            return Some(*value);
        }
    }
    weights.last().map(|(value, _)| *value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Comparison, Ratio};
    use crate::random::{Purpose, Streams};

    #[test]
    fn drawn_counts_breach_and_have_the_conditional_mean() {
        let rule = RatioRule {
            threshold: Ratio { num: 1, den: 100 },
            comparison: Comparison::Above,
            min_requests: 1,
        };
        let mut sum = 0.0;
        for trial in 0..20_000 {
            let mut stream = Streams::new(3, trial).stream(Purpose::ReplayCounts, 1);
            let counts =
                BreachCounts::given_breach(&rule, Arrivals::Poisson, 100.0, 0.02, &mut stream).unwrap();
            assert!(rule.breaches(counts.errors, counts.requests));
            sum += counts.errors as f64;
        }
        // E[X | breach] = 2.5413 by summing the joint pmf in arbitrary precision; sd 1.2, so the
        // standard error is 0.008 and 0.04 is five of them.
        assert!((sum / 20_000.0 - 2.5413).abs() < 0.04, "{}", sum / 20_000.0);
    }

    /// Four requests a period on average, half of which fail; one failure and three requests are enough.
    #[test]
    fn a_breach_may_have_just_enough_requests() {
        let rule =
            RatioRule { threshold: Ratio { num: 0, den: 1 }, comparison: Comparison::Above, min_requests: 3 };
        let draws = 20_000;
        let least = (0..draws).filter(|trial| {
            let mut stream = Streams::new(4, *trial).stream(Purpose::ReplayCounts, 1);
            let counts = BreachCounts::given_breach(&rule, Arrivals::Poisson, 4.0, 0.5, &mut stream).unwrap();
            assert!(rule.breaches(counts.errors, counts.requests));
            counts.requests == 3
        });
        // P(N = 3) * 7/8 over P(N >= 3) less P(no error, three successes or more): 0.170946 / 0.718140. The standard
        // error is 0.003.
        let share = least.count() as f64 / draws as f64;
        assert!((share - 0.238_04).abs() < 0.0135, "{share}");
    }
}
