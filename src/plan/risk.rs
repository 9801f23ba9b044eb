//! How far a rollout may go by what was seen of the new version so far: the rule of a gate that weighs risk. When it is asked,
//! and what was seen, is not known here.

use super::signal::Sign;
use crate::stats::special::binomial_cdf;
use serde::Serialize;

/// A gate that holds while what the next wave could do, by all that was seen so far, stays within a budget.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GateRisk {
    /// Share of all requests that may show the sign for the change's sake.
    pub budget: f64,
    /// How sure that must be.
    pub confidence: f64,
    /// What is counted.
    pub sign: Sign,
    /// Share of the fleet's requests that the new version is sent after each wave that may come next, in order: the next
    /// one, and those of the same ladder that it may climb to at once; none is below the one before.
    pub shares: Vec<f64>,
}

/// What was seen of the new version so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SeenSoFar {
    /// Requests that it served.
    pub requests: u64,
    /// Those of them that showed the sign.
    pub failures: u64,
}

impl GateRisk {
    /// Which of the waves that may come next is the furthest within the budget, where requests to a healthy host show the sign
    /// with probability `background`; none: none of them is.
    #[must_use]
    pub fn furthest(&self, background: f64, seen: SeenSoFar) -> Option<usize> {
        self.shares.partition_point(|share| self.allows(background, *share, seen)).checked_sub(1)
    }

    /// Whether the new version, with that share of all requests, keeps within the budget: one that just did not would hardly
    /// have shown so few failures. This is the exact one-sided binomial test.
    fn allows(&self, background: f64, share: f64, SeenSoFar { requests, failures }: SeenSoFar) -> bool {
        let too_many = background + self.budget / share;
        let hardly = || binomial_cdf(failures, requests, too_many) <= 1.0 - self.confidence;
        too_many >= 1.0 || (failures < requests && hardly())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(budget: f64, confidence: f64) -> GateRisk {
        let shares = (1..=100).map(|share| f64::from(share) / 100.0).collect();
        GateRisk { budget, confidence, sign: Sign::Failure, shares }
    }

    #[test]
    fn nothing_seen_lets_nothing_through_and_few_requests_without_failure_a_little() {
        let gate = gate(0.001, 0.95);
        let clean = |requests| gate.furthest(0.0, SeenSoFar { requests, failures: 0 }).map(|index| index + 1);
        assert_eq!(clean(0), None);
        // By hand: (1 - 0.1)^n <= 5 % from n = 29 on for 1 %, (1 - 0.05)^n from 59 on for 2 %.
        assert_eq!([clean(28), clean(29), clean(58), clean(59)], [None, Some(1), Some(1), Some(2)]);
        // The rule of three: all of the traffic from about 3,000 on.
        assert_eq!([clean(2_994), clean(2_995)], [Some(99), Some(100)]);
    }

    #[test]
    fn failures_hold_it_and_the_background_is_no_failure_of_the_change() {
        let gate = gate(0.001, 0.95);
        let far = |background, requests, failures| {
            gate.furthest(background, SeenSoFar { requests, failures }).map_or(0, |index| index + 1)
        };
        assert!(far(0.0, 3_000, 3) < far(0.0, 3_000, 1) && far(0.0, 3_000, 1) < 100);
        assert!(far(0.01, 100_000, 1_000) > far(0.0, 100_000, 1_000));
        assert_eq!(far(0.0, 10, 10), 0, "all failed");
    }
}
