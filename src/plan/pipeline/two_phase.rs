//! Two-phase changes: how many there are, and when their second half is merged.
//!
//! Plain data; what it means in time is in `pipeline::two_phase`.

use crate::ids::DefectId;
use crate::random::Distribution;
use serde::Serialize;

/// Changes that prepare first, and are activated by another change later.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TwoPhase {
    /// Probability that one of the source's changes is the first half of such a change; 0 to 1.
    pub share: f64,
    /// From what `from` says until the activation is merged.
    pub bake: Distribution,
    /// What the bake counts from.
    pub from: BakesFrom,
    /// Class of the defect that an activation has on hosts while its prepare is not everywhere.
    pub unprepared: DefectId,
}

/// What the bake of a prepare counts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum BakesFrom {
    /// The prepare was delivered: every host has it.
    Delivery,
    /// The prepare was merged, wherever it is by then.
    Merge,
}
