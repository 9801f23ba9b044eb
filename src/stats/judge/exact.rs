//! The rank test asked plainly: is the canary above its baseline, or below, beyond a stated doubt? No interval, no tolerance
//! and no search stand between the test and the verdict. See [`super::kayenta`] for the judge that has all three.

use super::kayenta::ratio;
use super::rank::{self, Law};
use super::{Classification, Direction};

/// When a canary is called high or low.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ExactRule {
    /// Two-sided confidence, between 0 and 1.
    pub confidence: f64,
    /// What is bad.
    pub direction: Direction,
    /// The canary's mean must be at least this many times the baseline's to be high, or as many times less to be low;
    /// not asked for where either mean is 0.
    pub least_ratio: f64,
}

impl ExactRule {
    /// Classifies a canary by its datapoints beside those of the baseline. The law is that of all ways to deal the values
    /// to the two sides, ties included, up to [`rank::MOST_EXACT`] values of both, then the normal one.
    #[must_use]
    pub fn classify(&self, canary: &[f64], baseline: &[f64]) -> Classification {
        let Some(test) = rank::test(canary, baseline, Law::Exact) else { return Classification::NoData };
        let tail = (1.0 - self.confidence) / 2.0;
        let ratio = ratio(canary, baseline);
        let is_high = test.greater <= tail && ratio.is_none_or(|ratio| ratio >= self.least_ratio);
        let is_low = test.less <= tail && ratio.is_none_or(|ratio| ratio * self.least_ratio <= 1.0);
        match (is_high && self.direction.minds_more(), is_low && self.direction.minds_less()) {
            (true, _) => Classification::High,
            (false, true) => Classification::Low,
            (false, false) => Classification::Pass,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Classification::{High, Low, NoData, Pass};

    const RULE: ExactRule = ExactRule { confidence: 0.98, direction: Direction::Either, least_ratio: 1.0 };

    #[test]
    fn what_chance_does_more_often_is_no_verdict() {
        // Three above three: 1 of the 20 ways to deal them. Five above five: 1 of 252.
        assert_eq!(RULE.classify(&[5.0, 6.0, 7.0], &[1.0, 2.0, 3.5]), Pass);
        let (more, less) = ([6.0, 7.0, 8.0, 9.0, 10.0], [1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!((RULE.classify(&more, &less), RULE.classify(&less, &more)), (High, Low));
        assert_eq!(RULE.classify(&[], &less), NoData);
        assert_eq!(ExactRule { confidence: 0.995, ..RULE }.classify(&more, &less), Pass);
        let increase = ExactRule { direction: Direction::Increase, ..RULE };
        assert_eq!(increase.classify(&less, &more), Pass);
        assert_eq!(ExactRule { least_ratio: 3.0, ..RULE }.classify(&more, &less), Pass);
    }

    #[test]
    fn sparse_failures_are_seen() {
        // Half of the canary's periods have a failure, none of the baseline's.
        let canary: Vec<f64> = (0..40).map(|i| f64::from(i % 2) * 0.01).collect();
        assert_eq!(RULE.classify(&canary, &[0.0; 40]), High);
        assert_eq!(RULE.classify(&[0.0; 40], &[0.0; 40]), Pass);
    }
}
