//! One pipeline in one trial: the loop that takes what happens next to the component that it concerns, and carries what
//! that component tells to the others.
//!
//! Only the order of these steps is decided here. It has no state but the components, and reads none of theirs.

use super::context::{Ear, PipelineContext, Upcoming};
use super::event::{MergeKind, PipelineEvent};
use super::ground::Ground;
use super::in_production::{EntryArrival, ProductionState, RaisedAlarm, StoppedRollout, Suspicion};
use super::line::{Arrival, LineState, RunEnd, StageModels};
use super::priority::Priority;
use super::production::Production;
use super::repair::{Finding, Rejection, RepairState, schedule_again};
use super::source::SourceState;
use super::source::change::{Merged, revision_of};
use crate::ids::{IdVec, RegionId, RevisionId, StageId};
use crate::outcome::pipeline::PipelineOutcome;
use crate::plan::pipeline::{AfterRejection, Line, RepairPolicy};
use crate::random::Streams;

/// One pipeline in one trial.
pub(super) struct PipelineTrial<'a> {
    g: Ground<'a>,
    source: SourceState<'a>,
    line: LineState<'a>,
    production: ProductionState<'a>,
    repair: RepairState,
}

impl<'a> PipelineTrial<'a> {
    /// Trial `trial` of a pipeline under `seed`, before anything has happened. `models` are those of its stages.
    pub(super) fn new(
        plan: &'a Line,
        production: &'a mut dyn Production,
        models: &'a StageModels<'a>,
        (seed, trial): (u64, u64),
        ear: Option<Ear<'a>>,
    ) -> Self {
        let mut g = Ground::new(PipelineContext::new(plan, Streams::new(seed, trial), ear));
        Self {
            source: SourceState::new(&mut g.c),
            line: LineState::new(&g, models, trial),
            production: ProductionState::new(&g, production),
            repair: RepairState::default(),
            g,
        }
    }

    /// Time and class of what happens next; none at the end.
    pub(super) fn next(&self) -> Option<(u64, u8)> {
        self.g.c.next()
    }

    /// The next thing happens; returns when. None at the end.
    pub(super) fn step(&mut self) -> Option<u64> {
        let event = self.g.c.advance()?;
        self.handle(event);
        Some(self.g.now())
    }

    fn handle(&mut self, event: Upcoming) {
        let Self { g, source, line, production, .. } = self;
        match event {
            Upcoming::Merge => {
                let merged = source.merge_next(&mut g.c);
                self.merged(merged, MergeKind::Own, Priority::Ordinary);
                self.source.schedule_merge(&mut self.g.c);
            }
            Upcoming::Activate { pair } => {
                if let Some((kind, merged)) = source.activate(&mut g.c, pair) {
                    self.merged(merged, kind, Priority::Ordinary);
                }
            }
            Upcoming::Again { change } => {
                if let Some(merged) = source.merge_again(&mut g.c, change) {
                    self.merged(merged, MergeKind::Again, Priority::Ordinary);
                }
            }
            Upcoming::Repair { rejection } => self.repaired(rejection),
            Upcoming::Wake { stage } => line.wake(g, stage),
            Upcoming::WakeEntry => {
                production.wakes();
                self.launch();
            }
            Upcoming::End { revision, generation } if line.is_due(revision, generation) => {
                self.end_of_run(revision);
            }
            Upcoming::Rerun { revision, generation } if line.is_due(revision, generation) => {
                line.run_again(g, revision);
            }
            Upcoming::Rejoin { revision, generation } if line.is_due(revision, generation) => {
                self.begin(revision);
            }
            Upcoming::End { .. } | Upcoming::Rerun { .. } | Upcoming::Rejoin { .. } => {}
            Upcoming::Stop { timetable } => {
                if let Some(alarm) = production.alarm(g, timetable) {
                    self.alarm(alarm);
                }
            }
            Upcoming::Done { timetable } => self.landed(timetable),
            Upcoming::Settled { timetable } => {
                if production.settled(g, timetable) {
                    self.launch();
                }
            }
            Upcoming::Wave { timetable } => production.wave_begins(g, timetable),
        }
    }

    /// A change was merged: a revision of everything that is merged sets out, unless the line waits for a revert.
    fn merged(&mut self, merged: Merged, kind: MergeKind, priority: Priority) {
        self.g.ledger.merged(&self.g.c, kind, &merged);
        if self.repair.is_blocking() {
            return;
        }
        let revision = revision_of(merged.change);
        self.g.ledger.sets_out(&mut self.g.c, revision, priority);
        self.line.sets_out(&self.g, revision);
        self.begin(revision);
    }

    /// A revision comes to its first stage.
    fn begin(&mut self, revision: RevisionId) {
        let first = self.line.target(&self.g, revision, 0);
        self.arrive(revision, first);
    }

    /// A revision comes to a stage; none is production.
    fn arrive(&mut self, revision: RevisionId, stage: Option<StageId>) {
        let Some(stage) = stage else { return self.arrive_at_production(revision) };
        match self.line.arrive(&mut self.g, revision, stage) {
            Arrival::Overtaken => self.give_up(revision),
            Arrival::Waits { superseded } => {
                if let Some(superseded) = superseded {
                    self.give_up(superseded);
                }
                self.line.begin_runs(&mut self.g, stage);
            }
        }
    }

    fn end_of_run(&mut self, revision: RevisionId) {
        match self.line.end_of_run(&mut self.g, revision) {
            None => {}
            Some(RunEnd::Passed { stage, next }) => {
                self.arrive(revision, next);
                self.fill(stage);
            }
            Some(RunEnd::Rejected { stage, finding }) => {
                self.g.ledger.found(&self.g.c);
                self.reject(&finding, self.g.now());
                self.fill(stage);
            }
        }
    }

    /// A place in a stage came free: its own queue first, then whoever is held up before it.
    fn fill(&mut self, mut freed: StageId) {
        loop {
            self.line.begin_runs(&mut self.g, freed);
            let released = self.line.release(&self.g, freed);
            let Some((revision, before, next)) = released else { return };
            self.arrive(revision, next);
            freed = before;
        }
    }

    fn arrive_at_production(&mut self, revision: RevisionId) {
        self.g.moved(self.line.passes(revision));
        match self.production.arrive(&mut self.g, revision) {
            EntryArrival::Overtaken => self.give_up(revision),
            EntryArrival::Delivered => self.deliver(revision),
            EntryArrival::Waits { superseded, restart } => {
                superseded.into_iter().for_each(|waiting| self.give_up(waiting));
                let overtaken = restart.then(|| self.production.overtake(&mut self.g));
                if let Some(overtaken) = overtaken.flatten() {
                    self.give_up(overtaken);
                    self.production.follow(&mut self.g);
                }
                self.launch();
            }
        }
    }

    /// Begins every rollout that may; revisions that it passes are part of it.
    fn launch(&mut self) {
        while let Some((revision, passed)) = self.production.let_in(&mut self.g) {
            passed.into_iter().for_each(|passed| self.give_up(passed));
            let defects = self.source.brings(&self.g.c, revision);
            self.production.roll_out(&mut self.g, revision, self.line.attempt(revision), defects);
        }
    }

    /// A rollout has passed its last wave.
    fn landed(&mut self, timetable: u32) {
        let Some(revision) = self.production.landing(timetable) else { return };
        self.deliver(revision);
        self.production.landed(&mut self.g, timetable);
        self.launch();
    }

    /// A revision has come to the end of the line.
    fn deliver(&mut self, revision: RevisionId) {
        let up_to = self.production.book(&mut self.g);
        self.g.ledger.deliver(&mut self.g.c, revision, &up_to);
        self.source.reach_everywhere(&mut self.g.c, revision);
        self.line.forget(revision);
    }

    /// A revision is given up; a newer one carries what it had.
    fn give_up(&mut self, revision: RevisionId) {
        self.g.c.tell(PipelineEvent::GivenUp { revision });
        let up_to = self.production.book(&mut self.g);
        self.g.ledger.give_up(&self.g.c, revision, &up_to);
        self.line.forget(revision);
    }

    /// An alarm stopped a rollout: with a culprit, everything that brings the same defect goes back.
    fn alarm(&mut self, alarm: RaisedAlarm) {
        self.g.ledger.found(&self.g.c);
        let StoppedRollout { revision, ahead, completed, mut settled_ms } = alarm.stopped;
        if let Some(culprit) = alarm.culprit {
            settled_ms = settled_ms.max(self.stop_suspects(Suspicion::Seen(culprit)));
            self.g.ledger.incident(&self.g.c, alarm.began_ms, settled_ms);
        }
        // A recall of what was delivered leaves nothing to reject; the revert is asked for all the same.
        if completed && !matches!(self.g.c.plan.after_rejection, AfterRejection::Revert(_)) {
            return self.launch();
        }
        let finding = Finding { revision, culprit: alarm.culprit, passed: ahead, in_production: true };
        self.reject_rollout(&finding, settled_ms);
    }

    /// What follows for the line from a rollout that was stopped.
    fn reject_rollout(&mut self, finding: &Finding, settled_ms: u64) {
        self.g.ledger.blocks(&self.g.c, finding.revision);
        self.reject(finding, settled_ms);
        self.production.follow(&mut self.g);
        self.launch();
    }

    /// Stops the rollouts that are under suspicion. Returns when the last one is back.
    fn stop_suspects(&mut self, suspicion: Suspicion) -> u64 {
        let mut settled_ms = 0;
        while let Some(stopped) = self.production.stop_suspect(&mut self.g, suspicion) {
            settled_ms = settled_ms.max(stopped.settled_ms);
            if !stopped.completed {
                self.give_up(stopped.revision);
            }
        }
        self.production.follow(&mut self.g);
        settled_ms
    }

    /// A revision was rejected. It is out of its stage or its rollout is stopped; it can begin again from `settled_ms`
    /// on.
    fn reject(&mut self, finding: &Finding, settled_ms: u64) {
        let revision = finding.revision;
        let plan: &'a Line = self.g.c.plan;
        match &plan.after_rejection {
            AfterRejection::Leave => self.give_up(revision),
            AfterRejection::Restart { after } => {
                self.line.begin_again(&mut self.g, revision, settled_ms, after);
            }
            AfterRejection::Revert(repair) => self.revert(finding, repair),
        }
    }

    /// Blames a change, blocks the line and asks for the revert: everything before production that has the blamed change
    /// is known to be no good. Production goes back for what it saw itself, or for a defect that the change carries.
    fn revert(&mut self, finding: &Finding, repair: &RepairPolicy) {
        let blamed = self.repair.reject(&mut self.g, repair, finding);
        self.give_up(finding.revision);
        let Some(blamed) = blamed else { return };
        let suspicion = if finding.in_production { Suspicion::Blamed } else { Suspicion::Withdrawn };
        self.stop_suspects(suspicion(blamed));
        // From the newest on, so that what is given up is not handed to the next one to go.
        for revision in self.g.ledger.with(&self.g.c, blamed).into_iter().rev() {
            if self.g.ledger.is_on_its_way(revision) && !self.production.is_under_way(revision) {
                self.withdraw(revision);
            }
        }
    }

    /// Takes a revision out of the line, wherever it is before production, and gives it up.
    fn withdraw(&mut self, revision: RevisionId) {
        let freed = self.line.withdraw(&self.g, revision);
        self.production.withdraw(&self.g, revision);
        self.g.c.tell(PipelineEvent::Withdrawn { revision });
        self.give_up(revision);
        if let Some(stage) = freed {
            self.fill(stage);
        }
    }

    /// The revert of a rejection is merged.
    fn repaired(&mut self, rejection: u32) {
        let AfterRejection::Revert(repair) = &self.g.c.plan.after_rejection else { return };
        let Rejection { blamed, rightly, key } = self.repair.merge(&mut self.g.c, rejection);
        self.g.ledger.reverted(&self.g.c, rightly);
        let (merged, out) = self.source.merge_revert(&mut self.g.c, key, blamed);
        let up_to = self.production.book(&mut self.g);
        out.iter().for_each(|change| self.g.ledger.taken_out(&self.g.c, *change, &up_to));
        if let Some(blamed) = out.first() {
            schedule_again(&mut self.g.c, repair, *blamed, key);
        }
        let priority = if repair.fast_track { Priority::FastTrack } else { Priority::Ordinary };
        self.merged(merged, MergeKind::Revert, priority);
    }

    /// An alarm fired now in `regions` for the defect of another pipeline. Rollouts there are taken back, and their own
    /// changes are blamed.
    pub(super) fn hear_alarm(&mut self, regions: &[RegionId], now_ms: u64) {
        self.g.c.turn_to(now_ms);
        while let Some(stopped) = self.production.stop_collateral(&mut self.g, regions) {
            let StoppedRollout { revision, ahead, settled_ms, .. } = stopped;
            let finding = Finding { revision, culprit: None, passed: ahead, in_production: true };
            self.g.ledger.found(&self.g.c);
            self.reject_rollout(&finding, settled_ms);
        }
    }

    /// The regions in which an alarm saw a defect since this was asked last.
    pub(super) fn take_seen(&mut self) -> Vec<RegionId> {
        self.production.take_seen()
    }

    /// Until when this pipeline holds each region, none for ever, if that may have changed since this was asked last; 0
    /// if no longer than now.
    pub(super) fn holds(&mut self, regions: usize, now_ms: u64) -> Option<IdVec<RegionId, Option<u64>>> {
        self.g.c.turn_to(now_ms);
        self.production.has_moved().then(|| self.production.held(&self.g, regions))
    }

    /// Others hold regions until these instants, none for ever; says whether that is news.
    pub(super) fn hear_held(&mut self, free_ms: IdVec<RegionId, Option<u64>>) -> bool {
        let is_news = self.production.hears(free_ms);
        if is_news {
            self.production.follow(&mut self.g);
            self.launch();
        }
        is_news
    }

    /// Closes all accounts at the end.
    pub(super) fn finish(mut self) -> PipelineOutcome {
        self.g.c.turn_to(self.g.c.plan.length_ms);
        let up_to = self.production.book(&mut self.g);
        let stages = self.line.close(&self.g);
        let closing = self.production.close(&mut self.g, stages);
        self.g.ledger.close(&self.g.c, self.source.two_phase(), &up_to, closing)
    }
}
