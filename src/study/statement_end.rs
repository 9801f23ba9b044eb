//! Percentiles against limits, by counting: the share of values at or below a limit says whether a percentile is, exactly
//! and however many trials there are. Must not know which limits there are.

use super::estimate::Estimate;
use super::verdict::Verdict;
use crate::stats::quantile::{Against, against};
use crate::stats::{Interval, Sample, settled};

/// An end of what is stated of a percentile; the end itself belongs to what is stated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum StatementEnd {
    /// It is at least so much.
    Low(f64),
    /// It is at most so much.
    High(f64),
}

impl StatementEnd {
    /// Whether a value counts: one that is below what is stated, or not above. Equal but for rounding is equal.
    #[must_use]
    pub fn counts(self, x: f64) -> bool {
        match self {
            Self::Low(limit) => settled(x, limit) < limit,
            Self::High(limit) => settled(x, limit) <= limit,
        }
    }

    /// What the statement is worth of the `q` quantile of values of which those that count are 1 and the others 0, and the
    /// interval of the quantile as far as that narrows it.
    pub(super) fn judge(
        self,
        counted: &Sample,
        q: f64,
        tail: f64,
        estimate: Estimate,
    ) -> (Verdict, Estimate) {
        let at_most = |limit: f64| Interval { low: None, high: Some(limit) };
        let at_least = |limit: f64| Interval { low: Some(limit), high: None };
        let (verdict, known) = match (self, against(counted, q, tail)) {
            (Self::High(limit), Against::AtMost) => (Verdict::Pass, at_most(limit)),
            (Self::High(limit), Against::Above) => (Verdict::Fail, at_least(limit)),
            (Self::Low(limit), Against::Above) => (Verdict::Pass, at_least(limit)),
            (Self::Low(limit), Against::AtMost) => (Verdict::Fail, at_most(limit)),
            (Self::Low(_) | Self::High(_), Against::Open) => (Verdict::Inconclusive, Interval::UNBOUNDED),
        };
        let Estimate { value, interval } = estimate;
        (verdict, Estimate { value: known.nearest(value), interval: interval.within(known) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_atom_at_the_limit_is_at_most_the_limit() {
        // 980 small ones and 20 at the limit: the p99 is the limit.
        let mut values: Vec<f64> = (0..980).map(f64::from).collect();
        values.extend([5000.0; 20]);
        let sample = Sample::plain(values);
        let open = Estimate { value: 5000.0, interval: Interval::UNBOUNDED };
        let judged = |end: StatementEnd, q| end.judge(&sample.count_those(|x| end.counts(x)), q, 0.025, open);
        assert_eq!(
            judged(StatementEnd::High(5000.0), 0.99),
            (Verdict::Pass, Estimate { value: 5000.0, interval: Interval { low: None, high: Some(5000.0) } })
        );
        assert_eq!(judged(StatementEnd::High(4999.0), 0.99).0, Verdict::Fail);
        assert_eq!(judged(StatementEnd::High(978.0), 0.98).0, Verdict::Inconclusive);
        assert_eq!(judged(StatementEnd::Low(5000.0), 0.99).0, Verdict::Pass);
        assert_eq!(judged(StatementEnd::Low(5000.1), 0.99).0, Verdict::Fail);
        assert_eq!(judged(StatementEnd::High(5000.0 - 1e-12), 0.99).0, Verdict::Pass, "but for rounding");
    }
}
