//! Intervals, their confidence, and sums that lose nothing: what every estimator needs.

use serde::{Deserialize, Serialize};

/// Confidence of every interval.
pub const CONFIDENCE: f64 = 0.95;

/// Probability left out on each side of an interval.
pub const TAIL: f64 = 0.025;

/// A two-sided interval at [`CONFIDENCE`]. A missing end means that the data give no finite bound
/// on that side: too few values, never "zero" or "equal to the estimate".
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Lower end.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
}

impl Interval {
    /// No bound on either side.
    pub const UNBOUNDED: Self = Self { low: None, high: None };

    /// The interval from `low` to `high`.
    #[must_use]
    pub fn new(low: f64, high: f64) -> Self {
        Self { low: Some(low), high: Some(high) }
    }

    /// The part of the interval at or above `floor`, for quantities known to be so.
    #[must_use]
    pub fn at_least(self, floor: f64) -> Self {
        Self {
            low: self.low.map(|low| low.max(floor)).or(Some(floor)),
            high: self.high.map(|high| high.max(floor)),
        }
    }

    /// The number of the interval that is nearest to `x`; a missing end bounds nothing.
    #[must_use]
    pub fn nearest(self, x: f64) -> f64 {
        let x = self.low.map_or(x, |low| x.max(low));
        self.high.map_or(x, |high| x.min(high))
    }

    /// The part of the interval that is `possible`, a missing end of which bounds nothing.
    #[must_use]
    pub fn within(self, possible: Self) -> Self {
        let into = |end: Option<f64>| end.map(|end| possible.nearest(end));
        Self { low: into(self.low).or(possible.low), high: into(self.high).or(possible.high) }
    }

    /// Whether the whole interval lies at or below `limit`.
    #[must_use]
    pub fn is_at_most(self, limit: f64) -> bool {
        self.high.is_some_and(|high| high <= limit)
    }

    /// Whether both ends are known.
    #[must_use]
    pub fn is_bounded(self) -> bool {
        self.low.is_some() && self.high.is_some()
    }

    /// Whether the whole interval lies below `limit`.
    #[must_use]
    pub fn is_below(self, limit: f64) -> bool {
        self.high.is_some_and(|high| high < limit)
    }

    /// The interval of the same quantity with the other sign.
    #[must_use]
    pub fn negated(self) -> Self {
        Self { low: self.high.map(|high| -high), high: self.low.map(|low| -low) }
    }

    /// Whether the whole interval lies above `limit`.
    #[must_use]
    pub fn is_above(self, limit: f64) -> bool {
        self.low.is_some_and(|low| low > limit)
    }
}

/// Numbers that differ by less than this share of themselves are equal but for rounding.
const ROUNDING: f64 = 1e-12;

/// `x`, or `like` where the two are equal but for rounding: what was added up in another order is no difference.
#[must_use]
pub fn settled(x: f64, like: f64) -> f64 {
    if (x - like).abs() <= ROUNDING * x.abs().max(like.abs()) { like } else { x }
}

/// Sum in slice order with Neumaier's compensation: the rounding error does not grow with the
/// length, so heavy-tailed values of 1 and 10^12 add up right.
#[must_use]
pub fn sum(values: impl IntoIterator<Item = f64>) -> f64 {
    let (mut total, mut lost) = (0.0_f64, 0.0_f64);
    for value in values {
        let next = total + value;
        lost += if total.abs() >= value.abs() { (total - next) + value } else { (value - next) + total };
        total = next;
    }
    total + lost
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sum_keeps_what_a_plain_sum_loses() {
        assert_eq!(sum([1.0, 1e16, 1.0, -1e16]), 2.0);
        assert_eq!(sum([]), 0.0);
    }

    #[test]
    fn rounding_is_no_difference_and_all_else_is() {
        assert_eq!(settled(0.1 + 0.2, 0.3), 0.3);
        assert_eq!(settled(1.0 + 1e-9, 1.0), 1.0 + 1e-9);
        assert_eq!((settled(1e-300, 0.0), settled(-5.0, 5.0)), (1e-300, -5.0));
    }

    #[test]
    fn no_end_leaves_what_is_possible() {
        let possible = Interval::new(0.0, 10.0);
        assert_eq!(Interval::new(-1.0, 12.0).within(possible), possible);
        assert_eq!(Interval::UNBOUNDED.within(possible), possible);
        assert_eq!(Interval::new(2.0, 3.0).within(possible), Interval::new(2.0, 3.0));
        let floor = Interval { low: Some(0.0), high: None };
        assert_eq!(Interval::new(-1.0, 12.0).within(floor), Interval::new(0.0, 12.0));
    }

    #[test]
    fn an_open_end_decides_nothing() {
        let open = Interval { low: Some(2.0), high: None };
        assert!(!open.is_at_most(1e300));
        assert!(open.is_above(1.9) && !open.is_above(2.0));
        assert!(Interval::new(1.0, 2.0).is_at_most(2.0));
        assert_eq!(Interval::UNBOUNDED.at_least(0.0), Interval { low: Some(0.0), high: None });
    }
}
