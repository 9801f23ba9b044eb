//! What follows a rejection, and how a team takes out what broke the pipeline. Plain data.

use crate::random::Distribution;
use serde::Serialize;

/// What follows when a stage or production rejects a revision.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AfterRejection {
    /// The revision leaves the line; the next one carries what it had, the defect as well.
    Leave,
    /// The same revision begins again at the first stage.
    Restart {
        /// From the rejection (in production: from the end of the rollback) until then.
        after: Distribution,
    },
    /// The line is blocked until the change that was blamed is taken out.
    Revert(RepairPolicy),
}

/// How a team takes out what broke the pipeline.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RepairPolicy {
    /// From a rejection until a revert or fix is merged.
    pub latency: Distribution,
    /// Probability that another change of the revision is blamed first; 0 to 1.
    pub misattribution: f64,
    /// From the merge of a revert that hit an innocent change until that change is merged again.
    pub again: Distribution,
    /// Whether a revision made by a revert passes by the stages that let fixes pass, and skips bakes.
    pub fast_track: bool,
}
