//! Judges of a canary against a baseline: counts or values of two sides in, a verdict out.
//!
//! Pure functions of their arguments. They know no host, no alarm and no clock, draw nothing and remember
//! nothing, except [`sequential::Walk`], whose memory is the sum of what it was given. Whoever asks decides how
//! often to ask: only the sequential judge stays honest when it is asked again and again.

pub mod exact;
pub mod kayenta;
pub mod proportions;
pub mod rank;
pub mod sequential;
pub mod wilcoxon;

/// Which way a measure may move before somebody minds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Direction {
    /// Only more is bad: errors, latency.
    Increase,
    /// Only less is bad: successes, traffic.
    Decrease,
    /// Both are bad.
    #[default]
    Either,
}

impl Direction {
    /// Whether more is bad.
    #[must_use]
    pub fn minds_more(self) -> bool {
        self != Self::Decrease
    }

    /// Whether less is bad.
    #[must_use]
    pub fn minds_less(self) -> bool {
        self != Self::Increase
    }
}

/// Where the canary stands beside the baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Classification {
    /// Nothing that matters is shown.
    Pass,
    /// Above, beyond doubt and by enough.
    High,
    /// Below, beyond doubt and by enough.
    Low,
    /// There is too little to compare.
    NoData,
}

/// Events among trials: failures among requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// How often it happened, at most `trials`.
    pub events: u64,
    /// How often it could have.
    pub trials: u64,
}

impl Counts {
    /// The share of events; none without trials.
    #[must_use]
    pub fn share(self) -> Option<f64> {
        (self.trials > 0).then(|| self.events as f64 / self.trials as f64)
    }
}
