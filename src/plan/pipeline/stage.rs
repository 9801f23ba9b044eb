//! What a stage before production is like: the part of the lead time it counts as, whom it lets in, how it flakes.
//!
//! Plain data; the stage itself is in `plan::whole`, and what the words mean in time is in `pipeline::line`.

use crate::random::Distribution;
use serde::Serialize;

/// Which part of the lead time a stage counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StagePhase {
    /// Compilation and unit tests.
    Build,
    /// Tests in any environment before production.
    Test,
    /// People who look before it goes on.
    Approval,
    /// Deployment to an environment before production.
    Deploy,
    /// Watching without doing anything.
    Bake,
}

/// Who is let into a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// One after the other, first come first served.
    Queued,
    /// One at a time; the newest takes the place of whatever waits, which batches changes.
    Superseded,
    /// All at once. A revision that an overtaking newer one has left behind is given up.
    Parallel,
}

/// Runs that fail for no reason.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Flaky {
    /// Probability that a run does; 0 to below 1.
    pub probability: f64,
    /// What follows.
    pub then: OnFlaky,
}

impl Flaky {
    /// Every run tells the truth.
    pub const NEVER: Self = Self { probability: 0.0, then: OnFlaky::Retry { times: 0 } };
}

/// What follows a flaky run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnFlaky {
    /// The stage waits until somebody has seen that it was nothing, then runs again.
    Block { wait: Distribution },
    /// It runs again at once, at most so many times; then the revision is rejected.
    Retry { times: u32 },
}
