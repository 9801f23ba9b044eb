//! Two-phase changes: a change that prepares, and the one that activates later what it prepared.
//!
//! It says when an activation may be merged, and which of them a rollout brings to hosts whose prepare is not
//! everywhere yet. Stages and waves know nothing of it: an activation is a change like any other.

use super::change::revision_of;
use crate::ids::{ChangeId, RevisionId};
use crate::pipeline::context::{PipelineContext, Upcoming};
use crate::pipeline::production::Carried;
use crate::plan::pipeline::BakesFrom;
use crate::random::Purpose;

/// How far a two-phase change is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TwoPhaseProgress {
    /// Its activation waits until the prepare is everywhere.
    Preparing,
    /// Its activation is scheduled.
    Baking,
    /// Its activation was merged.
    Activated,
}

/// A two-phase change.
#[derive(Debug)]
pub(in crate::pipeline) struct TwoPhaseChange {
    /// The change that prepares.
    pub(in crate::pipeline) prepare: ChangeId,
    /// From what the plan says until the activation is merged.
    bake_ms: u64,
    progress: TwoPhaseProgress,
    /// The change that activates, once it was merged.
    pub(in crate::pipeline) activation: Option<ChangeId>,
    /// It went to production while its prepare was not everywhere.
    pub(in crate::pipeline) unprepared: bool,
}

/// What the time has come for.
pub(super) enum Due {
    /// The first merge of the activation of this prepare.
    Activation { prepare: ChangeId },
    /// Another merge of an activation that was taken out.
    Again(ChangeId),
}

/// Every two-phase change, and what every host has.
#[derive(Debug, Default)]
pub(super) struct TwoPhaseChanges {
    all: Vec<TwoPhaseChange>,
    /// The newest revision that every host has.
    everywhere: Option<RevisionId>,
}

impl TwoPhaseChanges {
    pub(super) fn all(&self) -> &[TwoPhaseChange] {
        &self.all
    }

    /// One of the source's own changes was merged: perhaps it only prepares.
    pub(super) fn perhaps_prepares(&mut self, c: &mut PipelineContext, prepare: ChangeId, key: u64) {
        let Some(plan) = &c.plan.two_phase else { return };
        let mut draws = c.streams.stream(Purpose::TwoPhase, key);
        if draws.uniform() >= plan.share {
            return;
        }
        let bake_ms = plan.bake.by_cdf(draws.uniform());
        self.all.push(TwoPhaseChange {
            prepare,
            bake_ms,
            progress: TwoPhaseProgress::Preparing,
            activation: None,
            unprepared: false,
        });
        if plan.from == BakesFrom::Merge {
            self.bake(c, self.all.len() - 1);
        }
    }

    fn bake(&mut self, c: &mut PipelineContext, index: usize) {
        let pair = &mut self.all[index];
        pair.progress = TwoPhaseProgress::Baking;
        c.schedule(c.now() + pair.bake_ms, Upcoming::Activate { pair: index as u32 });
    }

    /// Whether every host has a change.
    fn is_everywhere(&self, c: &PipelineContext, change: ChangeId) -> bool {
        self.everywhere.is_some_and(|revision| c.history.has(revision, change))
    }

    /// Every host has `revision`: what waited for that begins to bake.
    pub(super) fn reach_everywhere(&mut self, c: &mut PipelineContext, revision: RevisionId) {
        self.everywhere = self.everywhere.max(Some(revision));
        for index in 0..self.all.len() {
            let TwoPhaseChange { prepare, progress, .. } = self.all[index];
            if progress == TwoPhaseProgress::Preparing && self.is_everywhere(c, prepare) {
                self.bake(c, index);
            }
        }
    }

    /// The time has come to merge an activation. Nobody merges one whose prepare is out of the revision
    /// that it would make, nor, with patience, one whose prepare is not everywhere any more.
    pub(super) fn due(&mut self, c: &PipelineContext, index: u32) -> Option<Due> {
        let TwoPhaseChange { prepare, activation, progress, .. } = self.all[index as usize];
        if progress != TwoPhaseProgress::Baking {
            return None;
        }
        let early = c.plan.two_phase.as_ref().is_some_and(|plan| plan.from == BakesFrom::Merge);
        let hasty = early && activation.is_none();
        if !c.history.has(revision_of(c.history.next()), prepare)
            || !(hasty || self.is_everywhere(c, prepare))
        {
            self.all[index as usize].progress = TwoPhaseProgress::Preparing;
            return None;
        }
        self.all[index as usize].progress = TwoPhaseProgress::Activated;
        Some(activation.map_or(Due::Activation { prepare }, Due::Again))
    }

    /// The activation of `prepare` was merged.
    pub(super) fn activated(&mut self, prepare: ChangeId, activation: ChangeId) {
        let pair = self.all.iter_mut().find(|pair| pair.prepare == prepare && pair.activation.is_none());
        pair.expect("it was due").activation = Some(activation);
    }

    /// Whether a change that was taken out is an activation whose prepare must be everywhere first.
    pub(super) fn must_wait(&mut self, c: &PipelineContext, change: ChangeId) -> bool {
        let Some(index) = self.all.iter().position(|pair| pair.activation == Some(change)) else {
            return false;
        };
        let is_ready = self.is_everywhere(c, self.all[index].prepare);
        let pair = &mut self.all[index];
        if pair.progress == TwoPhaseProgress::Activated && !is_ready {
            pair.progress = TwoPhaseProgress::Preparing;
        }
        pair.progress != TwoPhaseProgress::Activated
    }

    /// What must go out together with `change` in `revert`: the activation of what it prepared. It comes back when its
    /// prepare is everywhere again.
    pub(super) fn goes_with(
        &mut self,
        c: &PipelineContext,
        change: ChangeId,
        revert: RevisionId,
    ) -> Option<ChangeId> {
        let pair = self.all.iter_mut().find(|pair| pair.prepare == change)?;
        let activation = pair.activation?;
        pair.progress = TwoPhaseProgress::Preparing;
        c.history.has(revert, activation).then_some(activation)
    }

    /// The activations of a revision that reach hosts before what they need is everywhere, as the defect that
    /// the plan makes of that.
    pub(super) fn unprepared(&mut self, c: &PipelineContext, revision: RevisionId) -> Vec<Carried> {
        let Some(plan) = &c.plan.two_phase else { return Vec::new() };
        let mut found = Vec::new();
        c.handles(self.all.len());
        for index in 0..self.all.len() {
            let TwoPhaseChange { prepare, activation: Some(change), .. } = self.all[index] else { continue };
            let comes = c.history.has(revision, change) && !self.is_everywhere(c, change);
            if comes && !self.is_everywhere(c, prepare) {
                self.all[index].unprepared = true;
                found.push(Carried { change, key: c.history.of(change).key, class: plan.unprepared });
            }
        }
        found
    }
}
