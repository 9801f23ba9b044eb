//! What the trials of a study say of a claim, and of a number that may have changed: every limit, expectation, row and
//! gate answers in these words. It knows intervals and no measures.

use super::estimate::Estimate;
use crate::outcome::measures::Better;
use crate::stats::{Interval, settled};
use serde::{Deserialize, Serialize};

/// What the trials say of a claim: a limit holds, what was published is simulated, nothing got worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It holds: the whole interval says so.
    Pass,
    /// It does not: none of the interval allows it.
    Fail,
    /// The interval allows both, or has no end on the side that matters.
    Inconclusive,
}

impl Verdict {
    /// Whether a number with this interval lies between `low` and `high`, as far as there are such ends, which belong to
    /// what is claimed.
    #[must_use]
    pub fn between(interval: Interval, low: Option<f64>, high: Option<f64>) -> Self {
        // An end that is a limit but for rounding is that limit.
        let at_limits = |end: f64| low.into_iter().chain(high).fold(end, settled);
        let interval = Interval { low: interval.low.map(at_limits), high: interval.high.map(at_limits) };
        let is_below = low.is_some_and(|low| interval.is_below(low));
        let is_above = high.is_some_and(|high| interval.is_above(high));
        let holds_low = low.is_none_or(|low| interval.low.is_some_and(|end| end >= low));
        if is_below || is_above {
            Self::Fail
        } else if holds_low && high.is_none_or(|high| interval.is_at_most(high)) {
            Self::Pass
        } else {
            Self::Inconclusive
        }
    }

    /// Of all claims together: it fails if one does, and passes if all do.
    #[must_use]
    pub fn of_all(verdicts: impl IntoIterator<Item = Self>) -> Self {
        verdicts.into_iter().fold(Self::Pass, |all, one| match (all, one) {
            (Self::Fail, _) | (_, Self::Fail) => Self::Fail,
            (Self::Inconclusive, _) | (_, Self::Inconclusive) => Self::Inconclusive,
            (Self::Pass, Self::Pass) => Self::Pass,
        })
    }
}

/// What happened to a number from one side of a comparison to the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MeasureChange {
    /// Every trial has the same value on both sides; where the inputs of the strategy differ, at the last look too.
    NoChange,
    /// Better than before, beyond doubt.
    Improved,
    /// Not worse than before by more than the tolerance, beyond doubt.
    WithinTolerance,
    /// Worse than before by more than the tolerance, beyond doubt.
    Regressed,
    /// The trials do not decide.
    Inconclusive,
}

impl MeasureChange {
    /// What a difference says, and the difference from as much worse as is accepted, of a measure of which `better` is
    /// better.
    #[must_use]
    pub fn of(difference: Option<Estimate>, beyond: Option<Estimate>, better: Better) -> Self {
        let (Some(difference), Some(beyond)) = (difference, beyond) else { return Self::Inconclusive };
        let worsening = |estimate: Estimate| match better {
            Better::Less => estimate.interval,
            Better::More => estimate.interval.negated(),
        };
        let (difference, beyond) = (worsening(difference), worsening(beyond));
        if beyond.is_above(0.0) {
            Self::Regressed
        } else if difference.is_below(0.0) {
            Self::Improved
        } else if beyond.is_at_most(0.0) {
            Self::WithinTolerance
        } else {
            Self::Inconclusive
        }
    }

    /// What it says of the claim that nothing got worse.
    #[must_use]
    pub fn verdict(self) -> Verdict {
        match self {
            Self::NoChange | Self::Improved | Self::WithinTolerance => Verdict::Pass,
            Self::Regressed => Verdict::Fail,
            Self::Inconclusive => Verdict::Inconclusive,
        }
    }

    /// The word, for reports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::NoChange => "no change",
            Self::Improved => "improved",
            Self::WithinTolerance => "within tolerance",
            Self::Regressed => "regressed",
            Self::Inconclusive => "inconclusive",
        }
    }

    /// The words where strategies of one study are compared, of which none is older than the other.
    #[must_use]
    pub fn between_strategies(self) -> &'static str {
        match self {
            Self::Improved => "better",
            Self::Regressed => "worse",
            Self::NoChange | Self::WithinTolerance | Self::Inconclusive => "no clear difference",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(low: f64, high: f64) -> Option<Estimate> {
        Some(Estimate { value: (low + high) / 2.0, interval: Interval::new(low, high) })
    }

    #[test]
    fn more_may_be_better() {
        for (low, high, less, more) in [
            (1.0, 2.0, MeasureChange::Regressed, MeasureChange::Improved),
            (-2.0, -1.0, MeasureChange::Improved, MeasureChange::Regressed),
            (-1.0, 0.0, MeasureChange::WithinTolerance, MeasureChange::Inconclusive),
            (-1.0, 1.0, MeasureChange::Inconclusive, MeasureChange::Inconclusive),
        ] {
            let both = (estimate(low, high), estimate(low, high));
            assert_eq!(MeasureChange::of(both.0, both.1, Better::Less), less, "{low} to {high}");
            assert_eq!(MeasureChange::of(both.0, both.1, Better::More), more, "{low} to {high}");
        }
        assert_eq!(MeasureChange::of(None, estimate(1.0, 2.0), Better::Less), MeasureChange::Inconclusive);
    }

    #[test]
    fn one_failure_fails_all_and_an_open_end_decides_nothing() {
        use Verdict::{Fail, Inconclusive, Pass};
        assert_eq!(Verdict::of_all([Pass, Inconclusive, Fail]), Fail);
        assert_eq!(Verdict::of_all([Pass, Inconclusive]), Inconclusive);
        assert_eq!(Verdict::of_all([]), Pass);
        let open = Interval { low: None, high: Some(1.0) };
        assert_eq!(Verdict::between(open, None, Some(1.0)), Pass);
        assert_eq!(Verdict::between(open, Some(0.0), Some(1.0)), Inconclusive);
        assert_eq!(Verdict::between(open, Some(0.0), None), Inconclusive);
        assert_eq!(Verdict::between(open, Some(2.0), None), Fail);
    }
}
