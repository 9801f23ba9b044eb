//! Breach probability when every period has exactly the same number of requests.

use super::RatioRule;

pub(super) fn breach_probability(rule: &RatioRule, requests_mean: f64, p: f64) -> f64 {
    let requests = libm::round(requests_mean) as u64;
    (0..=requests)
        .zip(binomial_pmf(requests, p))
        .filter(|(errors, _)| rule.breaches(*errors, requests))
        .map(|(_, pmf)| pmf)
        .sum()
}

/// `P(X = 0), P(X = 1), …` for X ~ Binomial(n, p).
pub(super) fn binomial_pmf(n: u64, p: f64) -> impl Iterator<Item = f64> {
    let log_choose =
        move |k: f64| libm::lgamma(n as f64 + 1.0) - libm::lgamma(k + 1.0) - libm::lgamma(n as f64 - k + 1.0);
    (0..=n).map(move |k| {
        if p <= 0.0 {
            return f64::from(u8::from(k == 0));
        }
        if p >= 1.0 {
            return f64::from(u8::from(k == n));
        }
        let k = k as f64;
        libm::exp(log_choose(k) + k * libm::log(p) + (n as f64 - k) * libm::log1p(-p))
    })
}
