//! The sequential probability ratio test (Wald 1945, Annals of Mathematical Statistics 16): evidence is added up
//! until it is enough for one of two hypotheses. It may look after every trial and keeps its promise.
//!
//! The hypotheses are *healthy* and *ill*, both of which the caller states. If the truth lies between them the walk
//! takes longest and may end either way; that is what the gap between them is for.

use super::Counts;

/// What the evidence says so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Healthy.
    Accept,
    /// Ill.
    Reject,
    /// Not enough to tell.
    Continue,
}

/// Where the walk ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Boundaries {
    /// Healthy at or below this log-likelihood ratio; below 0.
    pub accept: f64,
    /// Ill at or above this one; above 0.
    pub reject: f64,
}

impl Boundaries {
    /// Wald's, from the probability `alpha` of rejecting what is healthy and `beta` of accepting what is ill; none
    /// unless both are above 0 and their sum is below 1.
    ///
    /// ln(β / (1 − α)) and ln((1 − β) / α). The real errors are not exactly these, because the walk jumps over its
    /// ends: α' ≤ α / (1 − β), β' ≤ β / (1 − α), and α' + β' ≤ α + β. All three hold without truncation, however
    /// many trials are added at a time.
    #[must_use]
    pub fn new(alpha: f64, beta: f64) -> Option<Self> {
        let sound = alpha > 0.0 && beta > 0.0 && alpha + beta < 1.0;
        sound.then(|| Self {
            accept: libm::log(beta) - libm::log1p(-alpha),
            reject: libm::log1p(-beta) - libm::log(alpha),
        })
    }

    /// Information that the walk takes on average, in the unit in which `drift` is the mean evidence of one: trials,
    /// or expected events. `reject` is the probability that it ends there. Wald's approximation, which ignores the
    /// jump over the end and so is somewhat short.
    #[must_use]
    pub fn mean_length(&self, drift: f64, reject: f64) -> f64 {
        (reject * self.reject + (1.0 - reject) * self.accept) / drift
    }
}

/// What was seen: by how much it speaks for illness, and how much there was to see.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evidence {
    /// Log of the likelihood if ill over the likelihood if healthy.
    pub log_ratio: f64,
    /// Information in the unit of the truncation.
    pub seen: f64,
}

/// Events among trials, if their probability is `healthy` or else `ill`, both between 0 and 1. Sees trials.
#[must_use]
pub fn bernoulli(counts: Counts, healthy: f64, ill: f64) -> Evidence {
    let quiet = counts.trials.saturating_sub(counts.events) as f64;
    let log_ratio = counts.events as f64 * (libm::log(ill) - libm::log(healthy))
        + quiet * (libm::log1p(-ill) - libm::log1p(-healthy));
    Evidence { log_ratio, seen: counts.trials as f64 }
}

/// Mean evidence of one trial whose event has probability `truth`: the drift of [`bernoulli`].
#[must_use]
pub fn bernoulli_drift(truth: f64, healthy: f64, ill: f64) -> f64 {
    truth * (libm::log(ill) - libm::log(healthy))
        + (1.0 - truth) * (libm::log1p(-ill) - libm::log1p(-healthy))
}

/// Events where `expected` are expected of a healthy canary, and `ratio` times as many of an ill one. Sees expected
/// events.
#[must_use]
pub fn poisson(events: u64, expected: f64, ratio: f64) -> Evidence {
    Evidence { log_ratio: events as f64 * libm::log(ratio) - expected * (ratio - 1.0), seen: expected }
}

/// Mean evidence of one expected event if the truth is `truth` times the expectation: the drift of [`poisson`].
#[must_use]
pub fn poisson_drift(truth: f64, ratio: f64) -> f64 {
    truth * libm::log(ratio) - (ratio - 1.0)
}

/// Events of a canary beside those of a baseline, if they come as often on both sides or else `ratio` times as often
/// on the canary, however often that is. Sees trials of the canary.
///
/// Of the events of both sides together the canary's are binomial, with its part of the trials if healthy. That
/// holds for Poisson counts, and nearly for shares of a few percent. For larger shares what is healthy is rejected no
/// more often: drawing without replacement spreads less (Hoeffding 1963, Journal of the American Statistical
/// Association 58). Trials may change from look to look.
#[must_use]
pub fn versus(canary: Counts, baseline: Counts, ratio: f64) -> Evidence {
    let (own, other) = (canary.trials as f64, baseline.trials as f64);
    let seen = own;
    // One side without trials gives no evidence by itself; two have no part of anything.
    if own + other == 0.0 {
        return Evidence { log_ratio: 0.0, seen };
    }
    let all = canary.events as f64 + baseline.events as f64;
    let log_ratio =
        canary.events as f64 * libm::log(ratio) - all * libm::log1p((ratio - 1.0) * own / (own + other));
    Evidence { log_ratio, seen }
}

/// A test under way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Walk {
    boundaries: Boundaries,
    most: Option<f64>,
    log_ratio: f64,
    seen: f64,
    decision: Decision,
}

impl Walk {
    /// Nothing seen yet. With `most` the test ends when so much was seen, in the unit of its [`Evidence`]: then what
    /// the evidence speaks for is taken, and healthy if it speaks for neither. That costs some of the promised
    /// errors, less the more there is to see.
    #[must_use]
    pub fn new(boundaries: Boundaries, most: Option<f64>) -> Self {
        Self { boundaries, most, log_ratio: 0.0, seen: 0.0, decision: Decision::Continue }
    }

    /// Adds evidence and says what it amounts to. A decision stands: what comes after it changes nothing.
    pub fn add(&mut self, evidence: Evidence) -> Decision {
        if self.decision != Decision::Continue {
            return self.decision;
        }
        self.log_ratio += evidence.log_ratio;
        self.seen += evidence.seen;
        self.decision = if self.log_ratio >= self.boundaries.reject {
            Decision::Reject
        } else if self.log_ratio <= self.boundaries.accept {
            Decision::Accept
        } else if self.most.is_none_or(|most| self.seen < most) {
            Decision::Continue
        } else if self.log_ratio > 0.0 {
            Decision::Reject
        } else {
            Decision::Accept
        };
        self.decision
    }

    /// What was decided.
    #[must_use]
    pub fn decision(&self) -> Decision {
        self.decision
    }

    /// Evidence so far: the log of the likelihood if ill over the likelihood if healthy.
    #[must_use]
    pub fn log_ratio(&self) -> f64 {
        self.log_ratio
    }

    /// How much was seen until the decision.
    #[must_use]
    pub fn seen(&self) -> f64 {
        self.seen
    }
}

#[cfg(test)]
#[path = "sequential_tests.rs"]
mod tests;
