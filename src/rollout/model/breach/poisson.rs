//! Breach probability when requests are Poisson.
//!
//! Thinning makes errors X ~ Poisson(m p) and successes Y ~ Poisson(m (1-p)) independent, so
//! `P(breach) = sum_x P(X = x) P(least(x) <= Y <= most(x))`, a single sum over exact terms.

use super::rule::RatioRule;

/// Half-width of the summed range in standard deviations; what lies outside is below 1e-20.
const WIDTH: f64 = 10.0;

/// The pmf of a Poisson variable over the range where it is not negligible.
#[derive(Debug)]
pub(super) struct PoissonTable {
    /// First value of the range.
    pub(super) first: u64,
    /// `cdf[i] = P(first <= V <= first + i)`.
    cdf: Vec<f64>,
}

impl PoissonTable {
    pub(super) fn new(mean: f64) -> Self {
        let spread = WIDTH * mean.sqrt();
        let first = libm::floor((mean - spread - 20.0).max(0.0)) as u64;
        let last = libm::ceil(mean + spread + 40.0) as u64;
        let mut pmf = if mean > 0.0 {
            libm::exp(first as f64 * libm::log(mean) - mean - libm::lgamma(first as f64 + 1.0))
        } else {
            1.0
        };
        // Counted as a float, which is exact that far: a conversion a value would cost more than the term itself.
        let (mut sum, mut next) = (0.0, first as f64 + 1.0);
        let cdf = (first..=last)
            .map(|_| {
                sum += pmf;
                pmf *= mean / next;
                next += 1.0;
                sum
            })
            .collect();
        Self { first, cdf }
    }

    /// `P(V <= value)`.
    pub(super) fn cdf(&self, value: u64) -> f64 {
        match value.checked_sub(self.first) {
            None => 0.0,
            Some(offset) => {
                usize::try_from(offset).ok().and_then(|i| self.cdf.get(i)).copied().unwrap_or(1.0)
            }
        }
    }

    /// `P(V = value)` for the values of the range, in order.
    pub(super) fn pmf(&self) -> impl Iterator<Item = (u64, f64)> + '_ {
        self.cdf.iter().enumerate().map(|(i, cdf)| {
            let below = if i == 0 { 0.0 } else { self.cdf[i - 1] };
            (self.first + i as u64, cdf - below)
        })
    }

    /// Smallest value with `P(V <= value) >= p`.
    pub(super) fn quantile(&self, p: f64) -> u64 {
        let index = self.cdf.partition_point(|cdf| *cdf < p).min(self.cdf.len() - 1);
        self.first + index as u64
    }
}

/// The successes that make `errors` breach: an inclusive range, none if there are no such.
pub(super) fn breaching_successes(rule: &RatioRule, errors: u64) -> Option<(u64, u64)> {
    let most = rule.most_successes(errors)?;
    let least = rule.min_requests.max(1).saturating_sub(errors);
    (least <= most).then_some((least, most))
}

/// `P(least <= V <= most)`.
pub(super) fn between(table: &PoissonTable, (least, most): (u64, u64)) -> f64 {
    table.cdf(most) - if least == 0 { 0.0 } else { table.cdf(least - 1) }
}

/// `P(V >= count)`, from the smaller of the two tails.
pub(super) fn at_least(mean: f64, count: u64) -> f64 {
    if (count as f64) <= mean {
        return 1.0 - PoissonTable::new(mean).cdf(count - 1);
    }
    let mut pmf = libm::exp(count as f64 * libm::log(mean) - mean - libm::lgamma(count as f64 + 1.0));
    let (mut value, mut sum) = (count, 0.0);
    while pmf > sum * 1e-17 {
        sum += pmf;
        value += 1;
        pmf *= mean / value as f64;
    }
    sum
}

/// `P(V < count)`, from the terms themselves: it may be tiny.
pub(super) fn below(mean: f64, count: u64) -> f64 {
    if mean <= 0.0 || count == 0 {
        return f64::from(u8::from(count > 0));
    }
    if count as f64 > mean {
        return 1.0 - at_least(mean, count);
    }
    let mut value = count - 1;
    let mut pmf = libm::exp(value as f64 * libm::log(mean) - mean - libm::lgamma(value as f64 + 1.0));
    let mut sum = 0.0;
    while pmf > sum * 1e-17 {
        sum += pmf;
        pmf *= value as f64 / mean;
        match value.checked_sub(1) {
            Some(before) => value = before,
            None => break,
        }
    }
    sum
}

pub(super) fn breach_probability(rule: &RatioRule, requests_mean: f64, p: f64) -> f64 {
    let successes = PoissonTable::new(requests_mean * (1.0 - p));
    // The running pmf, not differences of the cdf: far-tail terms must keep their relative precision.
    let mean = requests_mean * p;
    let errors = PoissonTable::new(mean);
    let mut sum = 0.0;
    let mut pmf = errors.cdf[0];
    for offset in 0..errors.cdf.len() as u64 {
        let count = errors.first + offset;
        if let Some(range) = breaching_successes(rule, count) {
            sum += pmf * between(&successes, range);
        }
        pmf *= mean / (count + 1) as f64;
    }
    sum
}
