//! How fast a revision may go: as others, as an emergency, or as a revert on the fast track. It decides what is passed by,
//! shortened or overtaken; it moves nobody.

use crate::plan::Ratio;
use crate::plan::pipeline::{EntryPolicy, Line, Stage};

/// How fast a revision may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Priority {
    /// As all do.
    Ordinary,
    /// It carries an emergency.
    Emergency,
    /// It is a revert that passes by stages and skips bakes.
    FastTrack,
}

impl Priority {
    /// Whether it passes by a stage.
    pub(super) fn passes_by(self, stage: &Stage) -> bool {
        stage.passed_by
            || match self {
                Self::Ordinary => false,
                Self::Emergency => stage.emergencies_pass_by,
                Self::FastTrack => stage.fixes_pass_by,
            }
    }

    /// Share of production's bakes that it keeps.
    pub(super) fn bakes(self, plan: &Line) -> Ratio {
        match self {
            Self::Ordinary => Ratio::ONE,
            Self::Emergency => plan.emergency.as_ref().map_or(Ratio::ONE, |emergency| emergency.bakes),
            Self::FastTrack => Ratio { num: 0, den: 1 },
        }
    }

    /// Whether its waves begin outside windows.
    pub(super) fn ignores_windows(self, plan: &Line) -> bool {
        match self {
            Self::Ordinary | Self::FastTrack => false,
            Self::Emergency => plan.emergency.as_ref().is_some_and(|emergency| emergency.ignores_windows),
        }
    }

    /// What it does that reaches production while another revision is there.
    pub(super) fn entry(self, plan: &Line) -> EntryPolicy {
        match self {
            Self::Ordinary | Self::FastTrack => plan.entry,
            Self::Emergency => plan.emergency.as_ref().map_or(plan.entry, |emergency| emergency.entry),
        }
    }
}
