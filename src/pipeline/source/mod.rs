//! Where changes come from: it owns when the next one is merged and how far two-phase changes are, and alone writes the
//! history of merges.
//!
//! Merges of the source, reverts, activations and second merges all happen here. It knows nothing of where revisions
//! are, nor of what changes wait for.

pub(super) mod change;
mod instants;
mod two_phase;

pub(super) use two_phase::TwoPhaseChange;

use super::context::{PipelineContext, Upcoming};
use super::event::{MergeKind, PipelineEvent};
use super::keys;
use super::production::Carried;
use crate::ids::{ChangeId, RevisionId};
use change::{Merged, MergedChange, revision_of};
use instants::Instants;
use two_phase::{Due, TwoPhaseChanges};

/// The source of one pipeline, at work.
pub(super) struct SourceState<'a> {
    instants: Instants<'a>,
    /// The source's own changes so far: the next one's key.
    own: u64,
    two_phase: TwoPhaseChanges,
}

impl<'a> SourceState<'a> {
    /// The source of a pipeline; its first merge is scheduled.
    pub(super) fn new(c: &mut PipelineContext<'a>) -> Self {
        let instants = Instants::new(&c.plan.source, &c.streams);
        let mut source = Self { instants, own: 0, two_phase: TwoPhaseChanges::default() };
        source.schedule_merge(c);
        source
    }

    /// The two-phase changes so far.
    pub(super) fn two_phase(&self) -> &[TwoPhaseChange] {
        self.two_phase.all()
    }

    /// Schedules the source's next merge.
    pub(super) fn schedule_merge(&mut self, c: &mut PipelineContext) {
        c.schedule(self.instants.next_before(c.plan.length_ms), Upcoming::Merge);
    }

    /// The source's next change is merged.
    pub(super) fn merge_next(&mut self, c: &mut PipelineContext) -> Merged {
        let key = self.own;
        self.own += 1;
        let merged = self.merge_own(c, MergeKind::Own, key);
        self.two_phase.perhaps_prepares(c, merged.change, key);
        merged
    }

    /// A change in its own right is merged.
    fn merge_own(&mut self, c: &mut PipelineContext, kind: MergeKind, key: u64) -> Merged {
        let drawn = instants::draw(c.plan, &c.streams, key);
        let mut change = MergedChange::new(kind, key, c.now());
        (change.defect, change.urgent) = (drawn.defect, drawn.urgent);
        let defect = drawn.defect;
        c.tell(PipelineEvent::Merged { change: c.history.next(), kind: MergeKind::Own, defect });
        Merged { change: c.history.push(change), review_ms: drawn.review_ms }
    }

    /// Something else is merged, which nobody reviews and which has no defect.
    fn merge_other(&mut self, c: &mut PipelineContext, kind: MergeKind, key: u64) -> Merged {
        c.tell(PipelineEvent::Merged { change: c.history.next(), kind, defect: None });
        let change = MergedChange::new(kind, key, c.now());
        Merged { change: c.history.push(change), review_ms: 0 }
    }

    /// A revert is merged that blames a change, or nobody; says what it has taken out.
    pub(super) fn merge_revert(
        &mut self,
        c: &mut PipelineContext,
        key: u64,
        blamed: Option<ChangeId>,
    ) -> (Merged, Vec<ChangeId>) {
        let merged = self.merge_other(c, MergeKind::Revert, key);
        let revert = revision_of(merged.change);
        let mut out: Vec<ChangeId> =
            blamed.into_iter().filter(|change| c.history.has(revert, *change)).collect();
        if let Some(blamed) = out.first().copied() {
            c.history.take_out(blamed, revert);
            let activation = self.two_phase.goes_with(c, blamed, revert);
            activation.iter().for_each(|activation| c.history.take_out(*activation, revert));
            out.extend(activation);
        }
        (merged, out)
    }

    /// A reverted change is merged again, without its defect if it had one; unless it is there, or must wait.
    pub(super) fn merge_again(&mut self, c: &mut PipelineContext, change: ChangeId) -> Option<Merged> {
        let revision = revision_of(c.history.next());
        if c.history.has(revision, change) || self.two_phase.must_wait(c, change) {
            return None;
        }
        let reverted = c.history.of(change);
        let key = keys::of_again(reverted.key, reverted.reverts());
        c.history.put_back(change, revision);
        Some(self.merge_other(c, MergeKind::Again, key))
    }

    /// The time has come to merge the activation of a two-phase change, if it still makes sense.
    pub(super) fn activate(&mut self, c: &mut PipelineContext, pair: u32) -> Option<(MergeKind, Merged)> {
        match self.two_phase.due(c, pair)? {
            Due::Again(activation) => Some((MergeKind::Again, self.merge_again(c, activation)?)),
            Due::Activation { prepare } => {
                let key = c.history.of(prepare).key | keys::ACTIVATION;
                let merged = self.merge_own(c, MergeKind::Activation, key);
                self.two_phase.activated(prepare, merged.change);
                Some((MergeKind::Activation, merged))
            }
        }
    }

    /// Every host has `revision`.
    pub(super) fn reach_everywhere(&mut self, c: &mut PipelineContext, revision: RevisionId) {
        self.two_phase.reach_everywhere(c, revision);
    }

    /// What a revision brings to production that is no good.
    pub(super) fn brings(&mut self, c: &PipelineContext, revision: RevisionId) -> Vec<Carried> {
        c.passes_over(c.history.harmful().len());
        let mut brings: Vec<Carried> = c.history.defects(revision).collect();
        brings.append(&mut self.two_phase.unprepared(c, revision));
        brings
    }
}
