//! What was merged, and which revision has it: a revision is named by its newest change and has every change up to it
//! that was not taken out. Draws nothing, schedules nothing.

use crate::ids::{ChangeId, DefectId, IdVec, RevisionId};
use crate::pipeline::event::MergeKind;
use crate::pipeline::production::Carried;

/// A change that was merged. Its id is its place in the order of merging.
#[derive(Debug, Clone)]
pub(in crate::pipeline) struct MergedChange {
    pub(in crate::pipeline) kind: MergeKind,
    /// Identity in stream keys.
    pub(in crate::pipeline) key: u64,
    pub(in crate::pipeline) merged_ms: u64,
    /// Class of its defect.
    pub(in crate::pipeline) defect: Option<DefectId>,
    /// It cannot wait.
    pub(in crate::pipeline) urgent: bool,
    /// Revisions that it was taken out of.
    gaps: Vec<Gap>,
}

/// A change is not in revisions from one on, until before another; for good so far, if there is none.
#[derive(Debug, Clone, Copy)]
struct Gap {
    from: RevisionId,
    until: Option<RevisionId>,
}

impl MergedChange {
    pub(super) fn new(kind: MergeKind, key: u64, merged_ms: u64) -> Self {
        Self { kind, key, merged_ms, defect: None, urgent: false, gaps: Vec::new() }
    }

    /// How often it was taken out.
    pub(in crate::pipeline) fn reverts(&self) -> u64 {
        self.gaps.len() as u64
    }
}

/// A change was merged. Made by the source, eaten by the ledger.
#[derive(Debug)]
#[must_use = "the ledger counts every change"]
pub(in crate::pipeline) struct Merged {
    /// The change.
    pub(in crate::pipeline) change: ChangeId,
    /// Time it spent in review before.
    pub(in crate::pipeline) review_ms: u64,
}

/// The revision whose newest change is `change`.
pub(in crate::pipeline) fn revision_of(change: ChangeId) -> RevisionId {
    RevisionId::new(change.index())
}

/// The newest change of `revision`.
pub(in crate::pipeline) fn newest_of(revision: RevisionId) -> ChangeId {
    ChangeId::new(revision.index())
}

/// Every change that was merged so far.
#[derive(Debug, Default)]
pub(in crate::pipeline) struct MergedChanges {
    all: IdVec<ChangeId, MergedChange>,
    /// Those with a defect.
    harmful: Vec<ChangeId>,
}

impl MergedChanges {
    /// One more.
    pub(super) fn push(&mut self, change: MergedChange) -> ChangeId {
        let is_harmful = change.defect.is_some();
        let id = self.all.push(change);
        self.harmful.extend(is_harmful.then_some(id));
        id
    }

    /// The change that is merged next.
    pub(super) fn next(&self) -> ChangeId {
        ChangeId::new(self.all.len())
    }

    /// What a change is.
    pub(in crate::pipeline) fn of(&self, change: ChangeId) -> &MergedChange {
        &self.all[change]
    }

    /// Identity of a revision in stream keys: that of its newest change.
    pub(in crate::pipeline) fn key(&self, revision: RevisionId) -> u64 {
        self.all[newest_of(revision)].key
    }

    /// Whether `revision` has `change`.
    pub(in crate::pipeline) fn has(&self, revision: RevisionId, change: ChangeId) -> bool {
        let lies_in = |gap: &Gap| gap.from <= revision && gap.until.is_none_or(|until| revision < until);
        change <= newest_of(revision) && !self.all[change].gaps.iter().any(lies_in)
    }

    /// The defects of a revision. A defect is put right before its change is merged again.
    pub(in crate::pipeline) fn defects(&self, revision: RevisionId) -> impl Iterator<Item = Carried> {
        let harmful = self.harmful.iter().copied().take_while(move |id| *id <= newest_of(revision));
        harmful.filter_map(move |id| self.brought(revision, id))
    }

    /// The defect that a harmful change, not newer than the revision, brings into it.
    pub(in crate::pipeline) fn brought(&self, revision: RevisionId, id: ChangeId) -> Option<Carried> {
        let change = &self.all[id];
        let is_in = change.gaps.first().is_none_or(|gap| revision < gap.from);
        Some(Carried { change: id, key: change.key, class: change.defect.filter(|_| is_in)? })
    }

    /// Every change that was merged with a defect, in order.
    pub(in crate::pipeline) fn harmful(&self) -> &[ChangeId] {
        &self.harmful
    }

    /// A change is in no revision from `from` on.
    pub(super) fn take_out(&mut self, change: ChangeId, from: RevisionId) {
        self.all[change].gaps.push(Gap { from, until: None });
    }

    /// A change that was taken out is in revisions again from `from` on.
    pub(super) fn put_back(&mut self, change: ChangeId, from: RevisionId) {
        if let Some(gap) = self.all[change].gaps.last_mut() {
            gap.until = Some(from);
        }
    }
}
