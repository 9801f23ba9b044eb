//! The rule that makes a ratio datapoint breach, decided in integers. Knows no probability.

use crate::plan::{Comparison, Ratio};

/// The rule that makes a ratio datapoint breach.
#[derive(Debug, Clone, Copy)]
pub struct RatioRule {
    /// Limit on errors over requests.
    pub threshold: Ratio,
    /// Whether the limit itself breaches.
    pub comparison: Comparison,
    /// Fewer requests make the datapoint missing. An empty datapoint is always missing.
    pub min_requests: u64,
}

impl RatioRule {
    /// Whether `errors` of `requests` breach. Integers only: `errors * den` against `num * requests`.
    #[must_use]
    pub fn breaches(&self, errors: u64, requests: u64) -> bool {
        if requests < self.min_requests.max(1) {
            return false;
        }
        let left = u128::from(errors) * u128::from(self.threshold.den);
        let right = u128::from(requests) * u128::from(self.threshold.num);
        match self.comparison {
            Comparison::Above => left > right,
            Comparison::AtLeast => left >= right,
        }
    }

    /// Most successes beside `errors` that still breach by the ratio, or the largest number there is where more would too;
    /// none if even 0 do not.
    pub(super) fn most_successes(&self, errors: u64) -> Option<u64> {
        let (num, den) = (u128::from(self.threshold.num), u128::from(self.threshold.den));
        if num == 0 {
            let breaches = errors > 0 || self.comparison == Comparison::AtLeast;
            return breaches.then_some(u64::MAX);
        }
        // errors * den (>|>=) num * (errors + successes)
        let surplus = (u128::from(errors) * den).checked_sub(num * u128::from(errors))?;
        match self.comparison {
            Comparison::AtLeast => Some(u64::try_from(surplus / num).unwrap_or(u64::MAX)),
            Comparison::Above => Some(u64::try_from(surplus.checked_sub(1)? / num).unwrap_or(u64::MAX)),
        }
    }
}
