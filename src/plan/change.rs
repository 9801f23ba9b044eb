//! The change under test: how often it is bad, and how long hosts take to move.

use super::defect::Defect;
use super::fleet::HOUR_MS;
use crate::ids::{DefectId, IdVec};
use crate::random::Distribution;
use serde::Serialize;

/// The change that every trial rolls out.
#[derive(Debug, Clone, Serialize)]
pub struct Change {
    /// Probability that the change carries a defect.
    pub bad_probability: f64,
    /// Time one host takes to move to the new version.
    pub deploy_time: Distribution,
    /// Time one host takes to move back.
    pub rollback_time: Distribution,
    /// How long of its move a host is out of service, at its end; none: as long as its batch moves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub downtime_ms: Option<u64>,
    /// Probability that a host does not take the change by itself and needs a hand.
    pub straggler_probability: f64,
    /// Time until such a host was helped.
    pub straggler_time: Distribution,
    /// What a bad change may carry; exactly one is drawn, by weight.
    pub defects: IdVec<DefectId, Defect>,
}

impl Default for Change {
    /// Always good, and every host takes it at once.
    fn default() -> Self {
        let immediate = Distribution::Fixed { ms: 0 };
        Self {
            bad_probability: 0.0,
            deploy_time: immediate,
            rollback_time: immediate,
            downtime_ms: None,
            straggler_probability: 0.0,
            straggler_time: Distribution::Fixed { ms: HOUR_MS },
            defects: IdVec::default(),
        }
    }
}
