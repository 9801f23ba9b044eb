//! Two-phase changes: a change that prepares, and the one that activates later what it prepared.
//!
//! It says when an activation is merged, and which of them a rollout brings to hosts whose prepare is not
//! everywhere yet. Stages and waves know nothing of it: an activation is a change like any other.

use super::World;
use super::agenda::Event;
use super::lane::Lane;
use super::production::Carried;
use super::revision::Kind;
use crate::outcome::pipeline::{Part, TwoPhaseOutcome};
use crate::plan::pipeline::BakesFrom;
use crate::random::Purpose;

/// Keys of activations: beside those of their prepares, above any number of changes.
const ACTIVATION: u64 = 1 << 39;

/// How far a two-phase change is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Its activation waits until the prepare is everywhere.
    Preparing,
    /// Its activation is planned.
    Baking,
    /// Its activation was merged.
    Activated,
}

/// A two-phase change.
#[derive(Debug)]
pub(super) struct Pair {
    /// Number of the change that prepares.
    prepare: usize,
    /// From what the plan says until the activation is merged.
    bake_ms: u64,
    phase: Phase,
    /// Number of the change that activates, once it was merged.
    activation: Option<usize>,
    /// It went to production while its prepare was not everywhere.
    unprepared: bool,
}

impl World<'_> {
    /// One of the source's own changes was merged: perhaps it only prepares.
    pub(super) fn perhaps_prepare(&mut self, prepare: usize, at: u64) {
        let Some(plan) = &self.plan.two_phase else { return };
        let mut luck = self.streams.stream(Purpose::TwoPhase, self.changes[prepare].key);
        if luck.uniform() >= plan.share {
            return;
        }
        let bake_ms = plan.bake.by_cdf(luck.uniform());
        let pair = Pair { prepare, bake_ms, phase: Phase::Preparing, activation: None, unprepared: false };
        self.pairs.push(pair);
        if plan.from == BakesFrom::Merge {
            self.bake(self.pairs.len() - 1, at);
        }
    }

    fn bake(&mut self, pair: usize, at: u64) {
        let found = &mut self.pairs[pair];
        found.phase = Phase::Baking;
        self.agenda.plan(at + found.bake_ms, Event::Activate { pair });
    }

    /// Whether every host has a change.
    fn is_everywhere(&self, change: usize) -> bool {
        self.everywhere.is_some_and(|revision| self.changes[change].is_in(change, revision))
    }

    /// Every host has `revision`: what waited for that begins to bake.
    pub(super) fn reach_everywhere(&mut self, revision: usize, at: u64) {
        self.everywhere = self.everywhere.max(Some(revision));
        for pair in 0..self.pairs.len() {
            let Pair { prepare, phase, .. } = self.pairs[pair];
            if phase == Phase::Preparing && self.is_everywhere(prepare) {
                self.bake(pair, at);
            }
        }
    }

    /// The time has come to merge an activation. Nobody merges one whose prepare is out, nor, with patience, one
    /// whose prepare is not everywhere any more.
    pub(super) fn activate(&mut self, pair: usize, at: u64) {
        let Pair { prepare, activation, phase, .. } = self.pairs[pair];
        if phase != Phase::Baking {
            return;
        }
        let early = self.plan.two_phase.as_ref().is_some_and(|plan| plan.from == BakesFrom::Merge);
        let there = self.changes[prepare].is_in(prepare, self.changes.len());
        let hasty = early && activation.is_none();
        if !there || !(hasty || self.is_everywhere(prepare)) {
            self.pairs[pair].phase = Phase::Preparing;
            return;
        }
        self.pairs[pair].phase = Phase::Activated;
        match activation {
            Some(activation) => self.merge_again(activation, at),
            None => {
                self.pairs[pair].activation = Some(self.changes.len());
                self.merge_change(Kind::Activation, self.changes[prepare].key | ACTIVATION, at);
                self.make_revision(Lane::Ordinary, at);
            }
        }
    }

    /// Whether a change that was taken out is an activation whose prepare must be everywhere first.
    pub(super) fn must_wait(&mut self, change: usize) -> bool {
        let Some(pair) = self.pairs.iter().position(|pair| pair.activation == Some(change)) else {
            return false;
        };
        if self.pairs[pair].phase == Phase::Activated && !self.is_everywhere(self.pairs[pair].prepare) {
            self.pairs[pair].phase = Phase::Preparing;
        }
        self.pairs[pair].phase != Phase::Activated
    }

    /// What must go out together with `change` in the revert of that number: the activation of what it prepared.
    /// It comes back when its prepare is everywhere again.
    pub(super) fn goes_with(&mut self, change: usize, revert: usize) -> Option<usize> {
        let pair = self.pairs.iter_mut().find(|pair| pair.prepare == change)?;
        let activation = pair.activation?;
        pair.phase = Phase::Preparing;
        self.changes[activation].is_in(activation, revert).then_some(activation)
    }

    /// The activations of a revision that reach hosts before what they need is everywhere, as the defect that
    /// the plan makes of that.
    pub(super) fn unprepared(&mut self, revision: usize) -> Vec<Carried> {
        let Some(plan) = &self.plan.two_phase else { return Vec::new() };
        let mut found = Vec::new();
        for index in 0..self.pairs.len() {
            let Pair { prepare, activation: Some(change), .. } = self.pairs[index] else { continue };
            let comes = self.changes[change].is_in(change, revision) && !self.is_everywhere(change);
            if comes && !self.is_everywhere(prepare) {
                self.pairs[index].unprepared = true;
                found.push(Carried { change, key: self.changes[change].key, class: plan.unprepared });
            }
        }
        found
    }

    /// What became of those whose prepare was merged after the warm-up. Accounts are closed.
    pub(super) fn count_two_phase(&self) -> Vec<TwoPhaseOutcome> {
        let counted = self.pairs.iter().filter(|pair| self.span.has(self.changes[pair.prepare].merged_ms));
        let one = |pair: &Pair| {
            let prepare = &self.changes[pair.prepare];
            let activation = pair.activation.map(|number| &self.changes[number]);
            let delivered_ms = activation.and_then(|change| change.delivered_ms);
            let until_ms = delivered_ms.unwrap_or(self.span.to);
            TwoPhaseOutcome {
                key: prepare.key,
                activation_merged_ms: activation.map(|change| change.merged_ms),
                delivered_ms,
                lead_ms: until_ms - prepare.merged_ms + prepare.account.of(Part::Review),
                unprepared: pair.unprepared,
            }
        };
        counted.map(one).collect()
    }
}
