//! One stage before production: what it takes, whom it lets in, and what it sees.
//!
//! Plain data; what the words mean in time is in `pipeline::line`.

use super::{Rehearsal, Window};
use crate::random::Distribution;
use serde::Serialize;

/// A stage before production. It holds one revision at a time unless it is [`Mode::Parallel`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stage {
    /// What it is called.
    pub name: String,
    /// Which part of the lead time it counts as.
    pub phase: StagePhase,
    /// Time of one run; 0 with a rehearsal, which decides that.
    pub duration: Distribution,
    /// A fleet of its own that a revision is rolled out on.
    pub rehearsal: Option<Rehearsal>,
    /// Who is let in, and in which order.
    pub mode: Mode,
    /// Places to wait for it; none is any number. Without a place a revision stays in the stage
    /// before, and blocks it (blocking after service). The first stage has any number.
    pub room: Option<usize>,
    /// Runs that fail for no reason.
    pub flaky: Flaky,
    /// Probability that the stage sees a defect, by class; 0 to 1. One draw for a defect and a stage:
    /// a suite that missed it once misses it in every later revision too.
    pub catches: Vec<f64>,
    /// Probability that a run rejects a revision in which it saw no defect; 0 to 1.
    pub false_alarm: f64,
    /// When it may run; none is always.
    pub window: Option<Window>,
    /// A revision made by a fast-tracked revert passes it by.
    pub fixes_pass_by: bool,
    /// Every revision passes it by: what the pipeline would be without it. The draws of the others stay as they
    /// are. No scenario says so, and no digest counts it.
    #[serde(skip)]
    pub passed_by: bool,
    /// A revision with an emergency passes it by.
    pub emergencies_pass_by: bool,
}

impl Stage {
    /// A stage that takes `duration` and sees nothing: one revision at a time, any number wait.
    #[must_use]
    pub fn plain(name: &str, phase: StagePhase, duration: Distribution) -> Self {
        Self {
            name: name.to_owned(),
            phase,
            duration,
            rehearsal: None,
            mode: Mode::Queued,
            room: None,
            flaky: Flaky::NEVER,
            catches: Vec::new(),
            false_alarm: 0.0,
            window: None,
            fixes_pass_by: false,
            passed_by: false,
            emergencies_pass_by: false,
        }
    }
}

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
