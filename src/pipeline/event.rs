//! What a pipeline tells an observer: the facts that diagrams and stories of one trial are folds over.
//!
//! Each fact is told once, where it happens; nothing here decides anything, and a trial that nobody observes builds no
//! event.

use crate::ids::{ChangeId, DefectId, RevisionId, StageId, WaveId};
use serde::Serialize;

/// What a merge is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MergeKind {
    /// The source's own change.
    Own,
    /// The second half of a two-phase change.
    Activation,
    /// A revert, or a fix.
    Revert,
    /// The merge, once more, of a change that was reverted.
    Again,
}

impl MergeKind {
    /// Whether it is a change in its own right: neither a revert nor the same change once more.
    #[must_use]
    pub fn is_own(self) -> bool {
        match self {
            Self::Own | Self::Activation => true,
            Self::Revert | Self::Again => false,
        }
    }
}

/// Why a rollout stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StopReason {
    /// An alarm saw the defect of this change.
    Defect(ChangeId),
    /// An alarm saw something else.
    FalseAlarm,
    /// Production was asked to.
    Outside,
}

impl StopReason {
    /// The change whose defect was seen, if one was.
    #[must_use]
    pub fn culprit(self) -> Option<ChangeId> {
        match self {
            Self::Defect(change) => Some(change),
            Self::FalseAlarm | Self::Outside => None,
        }
    }
}

/// One thing that happened in a pipeline. The stage after the last one is the wait before the first wave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum PipelineEvent {
    /// A change was merged; says which class of defect it carries.
    Merged { change: ChangeId, kind: MergeKind, defect: Option<DefectId> },
    /// A revision set out; one that is urgent is a revert on the fast track.
    SetOut { revision: RevisionId, urgent: bool },
    /// A revision came to a stage and waits its turn, perhaps for no time at all.
    Waits { revision: RevisionId, stage: StageId },
    /// It would have its turn, and waits for a window.
    WaitsForWindow { revision: RevisionId, stage: StageId },
    /// A run of a stage began.
    Runs { revision: RevisionId, stage: StageId },
    /// A run failed for no reason.
    Flaked { revision: RevisionId, stage: StageId },
    /// A stage is done with it and cannot pass it on.
    Held { revision: RevisionId, stage: StageId },
    /// A stage said no, for the defect of this change or for nothing; the revision carried `changes`.
    Rejected { revision: RevisionId, stage: StageId, culprit: Option<ChangeId>, changes: usize },
    /// Its rollout began; `changes` were never delivered and no rollout ahead carries them.
    RolloutStarted { revision: RevisionId, changes: usize },
    /// A wave began, whose last host had it and whose bake was over at these instants, or was cut off then.
    /// Told when the rollout is over, so not in order of time.
    Wave { revision: RevisionId, wave: WaveId, deployed_ms: u64, end_ms: u64 },
    /// Its rollout stopped, by an alarm of this component or from outside, and is taken back or overtaken by a newer one.
    Stopped { revision: RevisionId, why: StopReason, component: Option<usize>, taken_back: bool },
    /// Every host that it had reached is back.
    TakenBack { revision: RevisionId },
    /// It came to the end of the line and delivered so many changes.
    Delivered { revision: RevisionId, changes: usize },
    /// It carries a change that was blamed and leaves the line before production.
    Withdrawn { revision: RevisionId },
    /// It is no more; a newer one carries what it had.
    GivenUp { revision: RevisionId },
    /// The line is blocked until this change is taken out; none if there is none to blame.
    Blocked { revision: RevisionId, blamed: Option<ChangeId> },
    /// The last revert that the line waited for was merged.
    Unblocked,
}
