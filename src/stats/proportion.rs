//! Shares of trials with exact intervals.

use super::special::incomplete_beta_inverse;
use super::{Interval, TAIL};
use serde::Serialize;

/// A share of trials.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Proportion {
    /// Trials in which it happened.
    pub count: u64,
    /// Trials looked at.
    pub n: u64,
    /// `count / n`.
    pub value: f64,
    /// Clopper-Pearson interval: never covers less than promised, and its upper end at 0 of n is
    /// the honest answer to "how rare can it still be" (about `3.7 / n`).
    #[serde(flatten)]
    pub interval: Interval,
}

/// `count` of `n`; none if `n` is 0.
#[must_use]
pub fn proportion(count: u64, n: u64) -> Option<Proportion> {
    if n == 0 {
        return None;
    }
    let (k, all) = (count as f64, n as f64);
    let low = if count == 0 { 0.0 } else { incomplete_beta_inverse(k, all - k + 1.0, TAIL) };
    let high = if count >= n { 1.0 } else { incomplete_beta_inverse(k + 1.0, all - k, 1.0 - TAIL) };
    Some(Proportion { count, n, value: k / all, interval: Interval::new(low, high) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_match_the_definition() {
        // Roots of the binomial tail at 0.025, found with mpmath 1.3.0.
        for (count, n, low, high) in [
            (0, 10, 0.0, 0.308_497_107_818_760_8),
            (10, 10, 0.691_502_892_181_239_2, 1.0),
            (0, 1000, 0.0, 0.003_682_083_896_865_67),
            (1, 1000, 0.000_025_317_487_491_294, 0.005_558_924_279_826_7),
            (5, 20, 0.086_571_469_101_461_3, 0.491_045_871_707_957_5),
        ] {
            let got = proportion(count, n).unwrap().interval;
            assert!((got.low.unwrap() - low).abs() < 1e-9, "{count} of {n}: {got:?}");
            assert!((got.high.unwrap() - high).abs() < 1e-9, "{count} of {n}: {got:?}");
        }
        assert_eq!(proportion(0, 0), None);
    }
}
