//! Breach probability when every period has exactly the same number of requests.

use super::rule::RatioRule;

/// Terms this much smaller than the largest one end a sum.
const NEGLIGIBLE: f64 = 1e-20;

pub(super) fn breach_probability(rule: &RatioRule, requests_mean: f64, p: f64) -> f64 {
    let requests = libm::round(requests_mean) as u64;
    let Some(least) = least_breaching_errors(rule, requests) else { return 0.0 };
    let mean = requests as f64 * p;
    if least as f64 > mean {
        return upwards(requests, p, least).map(|(_, pmf)| pmf).sum();
    }
    // The complement is the smaller sum; by symmetry it counts successes from the top.
    let successes = requests - least + 1;
    1.0 - if least == 0 { 0.0 } else { upwards(requests, 1.0 - p, successes).map(|(_, pmf)| pmf).sum() }
}

/// The smallest number of errors that breaches; more errors breach all the more.
pub(super) fn least_breaching_errors(rule: &RatioRule, requests: u64) -> Option<u64> {
    if !rule.breaches(requests, requests) {
        return None;
    }
    let (mut low, mut high) = (0, requests);
    while low < high {
        let middle = low + (high - low) / 2;
        if rule.breaches(middle, requests) { high = middle } else { low = middle + 1 }
    }
    Some(low)
}

/// `(k, P(X = k))` for X ~ Binomial(n, p) from `k = from` up, until terms no longer matter.
pub(super) fn upwards(n: u64, p: f64, from: u64) -> impl Iterator<Item = (u64, f64)> {
    let mode = n as f64 * p;
    let mut next = Some((from, pmf(n, p, from)));
    let mut largest = 0.0_f64;
    std::iter::from_fn(move || {
        let (k, term) = next.filter(|(k, _)| *k <= n)?;
        largest = largest.max(term);
        if k as f64 > mode && term <= NEGLIGIBLE * largest {
            return None;
        }
        let ratio = (n - k) as f64 / (k + 1) as f64 * (p / (1.0 - p));
        next = Some((k + 1, if p < 1.0 { term * ratio } else { pmf(n, p, k + 1) }));
        Some((k, term))
    })
}

/// Smallest `k` with `P(X <= k) >= u` for X ~ Binomial(n, p); what lies ten deviations below the mean is negligible.
pub(super) fn quantile(n: u64, p: f64, u: f64) -> u64 {
    let mean = n as f64 * p;
    let first = libm::floor((mean - 10.0 * mean.sqrt() - 20.0).max(0.0)) as u64;
    let mut sum = 0.0;
    let mut last = first;
    for (k, pmf) in upwards(n, p, first) {
        sum += pmf;
        last = k;
        if sum >= u {
            break;
        }
    }
    last
}

fn pmf(n: u64, p: f64, k: u64) -> f64 {
    if k > n {
        return 0.0;
    }
    if p <= 0.0 || p >= 1.0 {
        let certain = if p <= 0.0 { 0 } else { n };
        return f64::from(u8::from(k == certain));
    }
    let (n, k) = (n as f64, k as f64);
    let log_choose = libm::lgamma(n + 1.0) - libm::lgamma(k + 1.0) - libm::lgamma(n - k + 1.0);
    libm::exp(log_choose + k * libm::log(p) + (n - k) * libm::log1p(-p))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Comparison, Ratio};

    fn rule(num: u64, den: u64) -> RatioRule {
        RatioRule { threshold: Ratio { num, den }, comparison: Comparison::Above, min_requests: 1 }
    }

    #[test]
    fn both_tails_match_the_plain_sum() {
        for (num, p) in [(1, 0.02), (5, 0.02), (30, 0.25), (20, 0.25), (50, 0.999), (99, 0.0), (0, 1.0)] {
            let plain: f64 =
                (0..=400).filter(|k| rule(num, 100).breaches(*k, 400)).map(|k| pmf(400, p, k)).sum();
            let quick = breach_probability(&rule(num, 100), 400.0, p);
            assert!((quick - plain).abs() <= 1e-9 * plain.max(1e-12), "{num} {p}: {quick} {plain}");
        }
    }

    #[test]
    fn a_billion_requests_are_no_more_work_than_their_spread() {
        // P(X > 1 %) for n = 1e9 and p just below and above: the normal limit, 0.5 in the middle.
        assert!((breach_probability(&rule(1, 100), 1e9, 0.01) - 0.5).abs() < 1e-3);
        assert_eq!(breach_probability(&rule(1, 100), 1e9, 0.009), 0.0);
        assert!((breach_probability(&rule(1, 100), 1e9, 0.011) - 1.0).abs() < 1e-12);
    }
}
