//! Who carries what, until it is delivered: it owns revisions' and changes' accounts of time and everything that is
//! counted, and composes the outcome of a trial once, at its end.
//!
//! The other components tell it facts. It decides nothing: not where a revision goes, nor when.

mod account;
mod age;

pub(super) use account::Moved;

use super::context::PipelineContext;
use super::event::{MergeKind, PipelineEvent};
use super::gauge::Gauge;
use super::priority::Priority;
use super::source::TwoPhaseChange;
use super::source::change::{Merged, MergedChange, newest_of, revision_of};
use crate::ids::{ChangeId, IdVec, RevisionId};
use crate::outcome::pipeline::{
    ChangeOutcome, Harm, Incident, Part, Parts, PipelineOutcome, StageOutcome, TwoPhaseOutcome,
};
use account::{Carrier, LeadTime};
use age::VersionAge;
use std::collections::{BTreeMap, BTreeSet};

/// All time that rollouts have spent by an instant is booked: changes may be taken up and left. Only
/// [`Ledger::book`] makes it.
#[derive(Debug)]
pub(super) struct UpTo {
    at_ms: u64,
}

/// What is counted of a rollout.
#[derive(Debug, Clone, Copy)]
pub(super) struct RolloutKind {
    pub(super) start_ms: u64,
    /// It has a defect.
    pub(super) harmful: bool,
    /// It carried an emergency when it began.
    pub(super) emergency: bool,
}

/// What the other components know at the end.
pub(super) struct Closing {
    pub(super) stages: Vec<StageOutcome>,
    pub(super) entry: StageOutcome,
    pub(super) waves: Vec<StageOutcome>,
    pub(super) budget_spent_ms: u64,
}

/// The accounts of one pipeline in one trial.
pub(super) struct Ledger {
    /// Revisions on their way.
    revisions: BTreeMap<RevisionId, Carrier>,
    lead_times: IdVec<ChangeId, LeadTime>,
    /// Own changes that were not delivered.
    open: BTreeSet<ChangeId>,
    /// Those of them that no revision carries.
    stranded: Vec<ChangeId>,
    /// How many are not delivered, over time.
    undelivered: Gauge,
    age: VersionAge,
    /// What was counted so far.
    counts: PipelineOutcome,
}

impl Ledger {
    pub(super) fn new(c: &PipelineContext) -> Self {
        Self {
            revisions: BTreeMap::new(),
            lead_times: IdVec::default(),
            open: BTreeSet::new(),
            stranded: Vec::new(),
            undelivered: Gauge::new(c.counted),
            age: VersionAge::new(c.counted),
            counts: PipelineOutcome::default(),
        }
    }

    /// How fast a revision on its way may go.
    pub(super) fn priority(&self, revision: RevisionId) -> Priority {
        self.revisions[&revision].priority
    }

    /// Whether the error budget does not hold a revision on its way.
    pub(super) fn is_exempt(&self, revision: RevisionId) -> bool {
        self.revisions[&revision].exempt
    }

    /// How many undelivered changes a revision on its way carries.
    pub(super) fn carried(&self, revision: RevisionId) -> usize {
        self.revisions[&revision].changes.len()
    }

    /// Whether a revision is on its way.
    pub(super) fn is_on_its_way(&self, revision: RevisionId) -> bool {
        self.revisions.contains_key(&revision)
    }

    /// The revisions on their way that have a change, the oldest first.
    pub(super) fn with(&self, c: &PipelineContext, change: ChangeId) -> Vec<RevisionId> {
        c.passes_over(self.revisions.len());
        let all = self.revisions.range(revision_of(change)..).map(|(revision, _)| *revision);
        all.filter(|revision| c.history.has(*revision, change)).collect()
    }

    /// The undelivered changes that a revision has, the oldest first.
    pub(super) fn undelivered(
        &self,
        c: &PipelineContext,
        revision: RevisionId,
    ) -> impl Iterator<Item = ChangeId> {
        c.passes_over(self.open.len());
        let all = self.open.range(..=newest_of(revision)).copied();
        all.filter(move |change| c.history.has(revision, *change))
    }

    /// A change was merged.
    pub(super) fn merged(&mut self, c: &PipelineContext, kind: MergeKind, merged: &Merged) {
        let change = self.lead_times.push(LeadTime::new(merged.review_ms, c.now()));
        assert_eq!(change, merged.change, "every change is counted, in the order of merging");
        if kind.is_own() {
            self.open.insert(change);
            self.undelivered.up(c.now());
            self.stranded.push(change);
        }
    }

    /// A revision sets out with everything that it has and nobody carries.
    pub(super) fn sets_out(&mut self, c: &mut PipelineContext, revision: RevisionId, priority: Priority) {
        let is_fix = c.history.of(newest_of(revision)).kind == MergeKind::Revert;
        self.revisions.insert(revision, Carrier::new(priority, is_fix, c.now()));
        c.tell(PipelineEvent::SetOut { revision, urgent: priority == Priority::FastTrack });
        c.passes_over(self.stranded.len());
        for change in std::mem::take(&mut self.stranded) {
            if c.history.has(revision, change) {
                self.take_up(c, revision, change);
            } else {
                self.stranded.push(change);
            }
        }
    }

    fn take_up(&mut self, c: &PipelineContext, revision: RevisionId, change: ChangeId) {
        c.handles(1);
        let carrier = self.revisions.get_mut(&revision).expect("a revision on its way");
        carrier.changes.push(change);
        if c.history.of(change).urgent {
            carrier.hurry();
        }
        self.lead_times[change].taken_up(revision, carrier.spent_by(c.now()), c.now());
    }

    /// A change leaves the revision that carries it, if there is one; says which.
    fn leave(&mut self, now_ms: u64, change: ChangeId) -> Option<RevisionId> {
        let carrier = self.lead_times[change].carrier();
        let spent = carrier.map(|revision| self.revisions[&revision].spent_by(now_ms));
        self.lead_times[change].left(spent, now_ms);
        carrier
    }

    /// A revision begins to spend its time on something else.
    pub(super) fn moved(&mut self, c: &PipelineContext, moved: Moved) {
        let carrier = self.revisions.get_mut(&moved.revision).expect("only revisions on their way move");
        carrier.turn_to(&moved, c.now());
    }

    /// The rollout of a revision was stopped: whatever follows, it waits for that, if it was not delivered before.
    pub(super) fn blocks(&mut self, c: &PipelineContext, revision: RevisionId) {
        if self.is_on_its_way(revision) {
            self.moved(c, Moved::to(revision, Part::Blocked));
        }
    }

    /// Books what every rollout under way has spent since it was booked last.
    pub(super) fn book(
        &mut self,
        c: &PipelineContext,
        spent: impl Iterator<Item = (RevisionId, Parts)>,
    ) -> UpTo {
        for (revision, parts) in spent {
            let carrier = self.revisions.get_mut(&revision).expect("it is in production");
            carrier.book(&parts, c.now());
        }
        UpTo { at_ms: c.now() }
    }

    /// A revision is given up: the next newer one carries its changes, or they wait for one. Nothing, if it was
    /// delivered before.
    pub(super) fn give_up(&mut self, c: &PipelineContext, revision: RevisionId, up_to: &UpTo) {
        self.check(c, up_to);
        let Some(carrier) = self.revisions.get_mut(&revision) else { return };
        c.handles(carrier.changes.len());
        for change in std::mem::take(&mut carrier.changes) {
            self.leave(c.now(), change);
            let heir = self.newer_than(revision).find(|newer| c.history.has(*newer, change));
            match heir {
                Some(newer) => self.take_up(c, newer, change),
                None => self.stranded.push(change),
            }
        }
        let lost = self.revisions.remove(&revision);
        let heir = self.newer_than(revision).next();
        if let Some(heir) = heir.filter(|_| lost.is_some_and(|lost| lost.exempt)) {
            self.revisions.get_mut(&heir).expect("it is on its way").exempt = true;
        }
    }

    fn newer_than(&self, revision: RevisionId) -> impl Iterator<Item = RevisionId> {
        self.revisions.range(revision..).map(|(newer, _)| *newer).filter(move |newer| *newer != revision)
    }

    /// A revert took a change out of the revision that carries it.
    pub(super) fn taken_out(&mut self, c: &PipelineContext, change: ChangeId, up_to: &UpTo) {
        self.check(c, up_to);
        let Some(carrier) = self.lead_times[change].carrier() else { return };
        self.leave(c.now(), change);
        self.drop_from(c, carrier, change);
        self.stranded.push(change);
    }

    fn drop_from(&mut self, c: &PipelineContext, carrier: RevisionId, change: ChangeId) {
        let carrier = self.revisions.get_mut(&carrier).expect("it carries the change");
        c.passes_over(carrier.changes.len());
        carrier.changes.retain(|carried| *carried != change);
    }

    /// A revision has come to the end of the line: what it has is delivered, and it is on its way no more.
    pub(super) fn deliver(&mut self, c: &mut PipelineContext, revision: RevisionId, up_to: &UpTo) {
        self.check(c, up_to);
        let delivered: Vec<ChangeId> = self.undelivered(c, revision).collect();
        c.tell(PipelineEvent::Delivered { revision, changes: delivered.len() });
        for change in delivered {
            c.handles(1);
            match self.leave(c.now(), change) {
                Some(carrier) if carrier == revision => {}
                Some(carrier) => self.drop_from(c, carrier, change),
                None => {
                    c.passes_over(self.stranded.len());
                    self.stranded.retain(|stranded| *stranded != change);
                }
            }
            self.open.remove(&change);
            self.undelivered.down(c.now());
            self.lead_times[change].delivered_ms = Some(c.now());
            self.counts.delivered_changes += c.counts();
            self.counts.line_stays_ms += c.counted.clip(c.history.of(change).merged_ms, c.now());
        }
        self.counts.completed += c.counts();
        self.age.update(c.history.of(newest_of(revision)).merged_ms, c.now());
        self.revisions.remove(&revision);
    }

    fn check(&self, c: &PipelineContext, up_to: &UpTo) {
        assert_eq!(up_to.at_ms, c.now(), "rollouts are booked before changes are taken up or left");
    }

    /// The rollout of a revision begins.
    pub(super) fn rollout_begins(&mut self, c: &mut PipelineContext, revision: RevisionId) {
        c.tell(PipelineEvent::RolloutStarted { revision, changes: self.carried(revision) });
        let carrier = &self.revisions[&revision];
        self.counts.emergencies.deployments +=
            c.counts() * u64::from(carrier.priority == Priority::Emergency);
        self.counts.deployments += c.counts();
        self.counts.deployed_changes += c.counts() * carrier.changes.len() as u64;
        for change in &carrier.changes {
            self.lead_times[*change].entered_ms.get_or_insert(c.now());
        }
    }

    /// A newer revision takes the place of a rollout.
    pub(super) fn rollout_overtaken(&mut self, c: &PipelineContext, kind: RolloutKind) {
        self.counts.overtaken += u64::from(c.counted.has(kind.start_ms));
    }

    /// A rollout is taken back; for another pipeline's defect, if it is `collateral`.
    pub(super) fn rollout_taken_back(&mut self, c: &PipelineContext, kind: RolloutKind, collateral: bool) {
        if c.counted.has(kind.start_ms) {
            self.counts.needed_rollbacks += u64::from(kind.harmful);
            self.counts.needless_rollbacks += u64::from(!kind.harmful);
            self.counts.collateral_rollbacks += u64::from(collateral);
            self.counts.emergencies.rollbacks += u64::from(kind.emergency);
        }
    }

    /// A rollout is over, which did this to customers.
    pub(super) fn rollout_over(&mut self, c: &PipelineContext, kind: RolloutKind, harm: &Harm) {
        if c.counted.has(kind.start_ms) && c.now() < c.counted.to {
            self.counts.harm.add_all(harm);
            if kind.emergency {
                self.counts.emergencies.impaired_host_ms += harm.impaired_host_ms;
            }
        }
    }

    /// Production saw a defect now.
    pub(super) fn incident(&mut self, c: &PipelineContext, began_ms: u64, restored_ms: u64) {
        let incident = Incident { began_ms, detected_ms: c.now(), restored_ms };
        self.counts.incidents.extend(c.counted.has(c.now()).then_some(incident));
    }

    /// A stage or production found something: whatever follows, people have to look at it.
    pub(super) fn found(&mut self, c: &PipelineContext) {
        self.counts.rejections_person_ms += (c.counts() * c.plan.rejection_work_ms) as f64;
    }

    /// A revert was merged, of what had been at fault or in vain.
    pub(super) fn reverted(&mut self, c: &PipelineContext, rightly: bool) {
        self.counts.reverts += c.counts();
        self.counts.vain_reverts += c.counts() * u64::from(!rightly);
    }

    /// Closes all accounts at the end, and composes the outcome.
    pub(super) fn close(
        mut self,
        c: &PipelineContext,
        two_phase: &[TwoPhaseChange],
        up_to: &UpTo,
        closing: Closing,
    ) -> PipelineOutcome {
        self.check(c, up_to);
        for change in std::mem::take(&mut self.open) {
            self.leave(c.now(), change);
            let merged_ms = c.history.of(change).merged_ms;
            self.counts.line_stays_ms += c.counted.clip(merged_ms, c.now());
        }
        self.undelivered.advance(c.now());
        let (changes, two_phase) = (self.changes(c), self.two_phase(c, two_phase));
        let (age_area, oldest_age_ms) = self.age.close(c.now());
        PipelineOutcome {
            from_ms: c.counted.from,
            to_ms: c.counted.to,
            events: c.events(),
            changes,
            two_phase,
            stages: closing.stages,
            entry: closing.entry,
            waves: closing.waves,
            line_area_ms: self.undelivered.area(),
            budget_spent_ms: closing.budget_spent_ms,
            age_area,
            oldest_age_ms,
            ..self.counts
        }
    }

    /// What became of the own changes that were merged after the warm-up. Accounts are closed.
    fn changes(&self, c: &PipelineContext) -> Vec<ChangeOutcome> {
        let all = self.lead_times.enumerate().map(|(id, time)| (c.history.of(id), time));
        let counted = all.filter(|(change, _)| change.kind.is_own() && c.counted.has(change.merged_ms));
        let outcome = |(change, time): (&MergedChange, &LeadTime)| ChangeOutcome {
            key: change.key,
            merged_ms: change.merged_ms,
            entered_ms: time.entered_ms,
            delivered_ms: time.delivered_ms,
            defect: change.defect,
            reverts: change.reverts() as u32,
            urgent: change.urgent,
            parts: time.parts,
        };
        counted.map(outcome).collect()
    }

    /// What became of the two-phase changes whose prepare was merged after the warm-up. Accounts are closed.
    fn two_phase(&self, c: &PipelineContext, all: &[TwoPhaseChange]) -> Vec<TwoPhaseOutcome> {
        let of = |change| (c.history.of(change), &self.lead_times[change]);
        let counted = all.iter().filter(|pair| c.counted.has(of(pair.prepare).0.merged_ms));
        let outcome = |pair: &TwoPhaseChange| {
            let (prepare, time) = of(pair.prepare);
            let activation = pair.activation.map(of);
            let delivered_ms = activation.and_then(|(_, time)| time.delivered_ms);
            TwoPhaseOutcome {
                key: prepare.key,
                activation_merged_ms: activation.map(|(change, _)| change.merged_ms),
                delivered_ms,
                lead_ms: delivered_ms.unwrap_or(c.counted.to) - prepare.merged_ms
                    + time.parts.of(Part::Review),
                unprepared: pair.unprepared,
            }
        };
        counted.map(outcome).collect()
    }
}
