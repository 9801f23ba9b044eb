//! How fast a revision may go: as others, as an emergency, or as a revert on the fast track. It decides what is passed by,
//! shortened or overtaken; it moves nobody.

use super::World;
use crate::plan::Ratio;
use crate::plan::pipeline::{Entry, Stage};

/// How fast a revision may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lane {
    /// As all do.
    Ordinary,
    /// An emergency rides with it.
    Emergency,
    /// It is a revert that passes by stages and skips bakes.
    FastTrack,
}

impl Lane {
    /// Whether it passes by a stage.
    pub(super) fn passes_by(self, stage: &Stage) -> bool {
        match self {
            Self::Ordinary => false,
            Self::Emergency => stage.emergencies_pass_by,
            Self::FastTrack => stage.fixes_pass_by,
        }
    }
}

impl World<'_> {
    /// Share of production's bakes that a revision keeps.
    pub(super) fn bakes(&self, lane: Lane) -> Ratio {
        match (lane, &self.plan.emergency) {
            (Lane::FastTrack, _) => Ratio { num: 0, den: 1 },
            (Lane::Emergency, Some(emergency)) => emergency.bakes,
            _ => Ratio::ONE,
        }
    }

    /// Whether a revision's waves begin outside windows.
    pub(super) fn ignores_windows(&self, lane: Lane) -> bool {
        lane == Lane::Emergency && self.plan.emergency.as_ref().is_some_and(|lane| lane.ignores_windows)
    }

    /// What a revision does that reaches production while another one is there.
    pub(super) fn entry_of(&self, number: usize) -> Entry {
        match (self.revisions[&number].lane, &self.plan.emergency) {
            (Lane::Emergency, Some(emergency)) => emergency.entry,
            _ => self.plan.entry,
        }
    }
}
