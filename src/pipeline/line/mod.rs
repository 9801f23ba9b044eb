//! The stages before production: it owns where every revision is on the way there, what runs, and what a run sees.
//!
//! A stage that is not parallel holds one revision; one that is done stays inside until the next stage takes it
//! (blocking after service). It says who passes and who is rejected; what follows is not its business.

mod rehearsal;
mod stage;

pub(super) use rehearsal::{StageModels, models};

use super::context::Upcoming;
use super::event::{PipelineEvent, StopReason};
use super::ground::Ground;
use super::keys;
use super::ledger::Moved;
use super::repair::Finding;
use crate::ids::{ChangeId, IdVec, RevisionId, StageId};
use crate::outcome::pipeline::{Part, StageOutcome};
use crate::plan::pipeline::{Holds, OnFlaky};
use crate::random::{Distribution, Purpose};
use rehearsal::{Rehearsed, StageFleet};
use stage::StageState;
use std::collections::BTreeMap;

/// Where a revision is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LinePosition {
    /// Outside a stage.
    Waiting(StageId),
    /// In a stage's run.
    Running(StageId),
    /// In a stage that is done with it and cannot pass it on to another one.
    Held { stage: StageId, wants: StageId },
    /// Behind the last stage, or on its way back to the first.
    Away,
}

/// A revision on its way.
#[derive(Debug)]
struct Passage {
    position: LinePosition,
    /// When it came to the stage.
    came_ms: u64,
    /// Events scheduled under an older generation are void.
    generation: u32,
    /// Passes through the line before this one, and runs of the stage before this one.
    attempt: u32,
    run: u32,
    /// When the present run began to work, and when it is done if nothing ends it before.
    works: Option<(u64, u64)>,
    /// What the present run will have seen, where it is a rollout on a fleet of the stage.
    seen: Option<StopReason>,
}

/// What becomes of a revision that comes to a stage.
#[must_use]
pub(super) enum Arrival {
    /// It waits, and takes the place of another one that waited.
    Waits { superseded: Option<RevisionId> },
    /// A newer one was there before: it has nothing to add.
    Overtaken,
}

/// How a stage is done with a revision.
#[must_use]
pub(super) enum RunEnd {
    /// It leaves `stage` for the next one, or for production.
    Passed { stage: StageId, next: Option<StageId> },
    /// It leaves `stage`, which said no.
    Rejected { stage: StageId, finding: Finding },
}

/// The stages of one pipeline, at work.
pub(super) struct LineState<'a> {
    stages: IdVec<StageId, StageState<'a>>,
    passages: BTreeMap<RevisionId, Passage>,
}

impl<'a> LineState<'a> {
    /// The empty stages of a pipeline in trial `trial`; `models` are those of their fleets.
    pub(super) fn new(g: &Ground<'a>, models: &'a StageModels<'a>, trial: u64) -> Self {
        let stages = g.c.plan.stages.iter().zip(models);
        let stages = stages
            .map(|(plan, model)| StageState::new(&g.c, plan, StageFleet::new(plan, model.as_ref(), trial)));
        Self { stages: stages.collect::<Vec<_>>().into(), passages: BTreeMap::new() }
    }

    fn passage(&mut self, revision: RevisionId) -> &mut Passage {
        self.passages.get_mut(&revision).expect("only revisions on their way are moved")
    }

    /// Every move of a revision: whoever moves it tells the ledger what it spends its time on there.
    fn move_to(&mut self, revision: RevisionId, position: LinePosition, part: Part) -> Moved {
        self.passage(revision).position = position;
        Moved::to(revision, part)
    }

    /// How often a revision began again.
    pub(super) fn attempt(&self, revision: RevisionId) -> u32 {
        self.passages[&revision].attempt
    }

    /// Whether an event is about the present of a revision.
    pub(super) fn is_due(&self, revision: RevisionId, generation: u32) -> bool {
        self.passages.get(&revision).is_some_and(|passage| passage.generation == generation)
    }

    /// Schedules an event of a revision and makes its earlier ones void.
    fn schedule(
        &mut self,
        g: &mut Ground,
        revision: RevisionId,
        at: Option<u64>,
        event: fn(RevisionId, u32) -> Upcoming,
    ) {
        let passage = self.passage(revision);
        passage.generation += 1;
        g.c.schedule(at, event(revision, passage.generation));
    }

    /// A revision sets out.
    pub(super) fn sets_out(&mut self, g: &Ground, revision: RevisionId) {
        let (came_ms, position) = (g.now(), LinePosition::Away);
        let passage =
            Passage { position, came_ms, generation: 0, attempt: 0, run: 0, works: None, seen: None };
        self.passages.insert(revision, passage);
    }

    /// A revision is no more on its way.
    pub(super) fn forget(&mut self, revision: RevisionId) {
        self.passages.remove(&revision);
    }

    /// A revision leaves for production.
    pub(super) fn passes(&mut self, revision: RevisionId) -> Moved {
        self.move_to(revision, LinePosition::Away, Part::Queue)
    }

    /// The first stage from index `from` on that the revision does not pass by; none is production.
    pub(super) fn target(&self, g: &Ground, revision: RevisionId, from: usize) -> Option<StageId> {
        let priority = g.priority(revision);
        self.stages.ids().skip(from).find(|stage| !priority.passes_by(self.stages[*stage].plan))
    }

    /// Whether a stage takes one more; production does, and the first stage.
    fn accepts(&self, stage: Option<StageId>) -> bool {
        stage.is_none_or(|stage| stage.index() == 0 || self.stages[stage].accepts())
    }

    /// A revision comes to a stage.
    pub(super) fn arrive(&mut self, g: &mut Ground, revision: RevisionId, stage: StageId) -> Arrival {
        if self.stages[stage].newest.is_some_and(|newest| newest > revision) {
            return Arrival::Overtaken;
        }
        g.moved(self.move_to(revision, LinePosition::Waiting(stage), Part::Queue));
        let passage = self.passage(revision);
        (passage.came_ms, passage.run) = (g.now(), 0);
        g.c.tell(PipelineEvent::Waits { revision, stage });
        let state = &mut self.stages[stage];
        let superseded = state.supersede();
        if let Some(superseded) = superseded {
            state.stays.leave(self.passages[&superseded].came_ms, g.now());
        }
        state.come(revision, g.now());
        Arrival::Waits { superseded }
    }

    /// A scheduled look at a stage.
    pub(super) fn wake(&mut self, g: &mut Ground, stage: StageId) {
        self.stages[stage].wake_ms = None;
        self.begin_runs(g, stage);
    }

    /// Lets in whoever may go in now.
    pub(super) fn begin_runs(&mut self, g: &mut Ground, stage: StageId) {
        while self.stages[stage].places() > 0 {
            let Some(first) = self.stages[stage].queue.front().copied() else { return };
            let open = self.opening(g, first, stage);
            if open == Some(g.now()) {
                self.stages[stage].let_in(g.now());
                self.run(g, first, stage);
                continue;
            }
            let state = &mut self.stages[stage];
            g.c.handles(state.places());
            for waiting in state.queue.iter().take(state.places()) {
                wait_for_window(g, *waiting, stage);
            }
            if let Some(open) = open.filter(|open| state.wake_ms.is_none_or(|wake| wake > *open)) {
                state.wake_ms = Some(open);
                g.c.schedule(open, Upcoming::Wake { stage });
            }
            return;
        }
    }

    /// When a run may begin, now or later.
    fn opening(&self, g: &Ground, revision: RevisionId, stage: StageId) -> Option<u64> {
        let Some(window) = self.stages[stage].plan.window else { return Some(g.now()) };
        let calendar = &g.c.plan.calendars[window.calendar];
        match window.holds {
            Holds::Start => calendar.next_open(g.now()),
            Holds::WholeRun => calendar.next_fit(g.now(), self.run_ms(g, revision, stage)),
            Holds::Work => Some(g.now()),
        }
    }

    fn run(&mut self, g: &mut Ground, revision: RevisionId, stage: StageId) {
        let rehearsed = self.rehearse(g, revision, stage);
        let run_ms = match rehearsed {
            Some(rehearsed) => rehearsed.run_ms,
            None => self.run_ms(g, revision, stage),
        };
        let state = &self.stages[stage];
        let (part, window) = (state.part(), state.plan.window);
        let rests = window.filter(|window| window.holds == Holds::Work);
        let end = match rests {
            Some(window) => g.c.plan.calendars[window.calendar].after_work(g.now(), run_ms),
            None => Some(g.now() + run_ms),
        };
        let works = (g.now(), end.unwrap_or(u64::MAX));
        let until = state.plan.until.map(|calendar| &g.c.plan.calendars[calendar]);
        let end = end.and_then(|end| until.map_or(Some(end), |until| until.next_opening(end)));
        let moved = self.move_to(revision, LinePosition::Running(stage), part);
        g.moved(moved.with_work(rests.map(|_| run_ms)));
        let passage = self.passage(revision);
        (passage.works, passage.seen) = (Some(works), rehearsed.and_then(|rehearsed| rehearsed.seen));
        g.c.tell(PipelineEvent::Runs { revision, stage });
        self.schedule(g, revision, end, |revision, generation| Upcoming::End { revision, generation });
    }

    /// The present run of a revision works no more, if it did.
    fn rests(&mut self, g: &Ground, revision: RevisionId, stage: StageId) {
        if let Some((from_ms, done_ms)) = self.passage(revision).works.take() {
            self.stages[stage].has_worked(&g.c, (from_ms, done_ms.min(g.now())));
        }
    }

    /// Rolls a revision out in a stage, if that is a fleet of its own.
    fn rehearse(&mut self, g: &Ground, revision: RevisionId, stage: StageId) -> Option<Rehearsed> {
        let fleet = self.stages[stage].fleet.as_mut()?;
        let passage = &self.passages[&revision];
        let attempt = keys::of_run(passage.attempt, passage.run);
        g.c.passes_over(g.c.history.harmful().len());
        Some(fleet.rehearse(g.c.history.key(revision), attempt, g.c.history.defects(revision), g.now()))
    }

    /// Runs the stage once more that a revision is in, if it may begin now; else when it may.
    pub(super) fn run_again(&mut self, g: &mut Ground, revision: RevisionId) {
        let LinePosition::Running(stage) = self.passages[&revision].position else { return };
        match self.opening(g, revision, stage) {
            Some(open) if open == g.now() => self.run(g, revision, stage),
            open => {
                wait_for_window(g, revision, stage);
                self.schedule_rerun(g, revision, open);
            }
        }
    }

    fn schedule_rerun(&mut self, g: &mut Ground, revision: RevisionId, at: Option<u64>) {
        self.schedule(g, revision, at, |revision, generation| Upcoming::Rerun { revision, generation });
    }

    /// One uniform of a revision in a stage; `offset` tells draws of one run apart.
    fn uniform(
        &self,
        g: &Ground,
        purpose: Purpose,
        (revision, stage): (RevisionId, StageId),
        offset: u64,
    ) -> f64 {
        let passage = &self.passages[&revision];
        let index = u64::from(passage.attempt) << 20 | u64::from(passage.run);
        let key = keys::of_stage(g.c.history.key(revision), stage);
        g.c.streams.stream(purpose, key).uniform_at(index * 2 + offset)
    }

    fn run_ms(&self, g: &Ground, revision: RevisionId, stage: StageId) -> u64 {
        let uniform = self.uniform(g, Purpose::StageTime, (revision, stage), 0);
        self.stages[stage].plan.duration.by_cdf(uniform)
    }

    /// Whether something happens in a run that has this probability.
    fn happens(&self, g: &Ground, probability: f64, run: (RevisionId, StageId), offset: u64) -> bool {
        probability > 0.0 && self.uniform(g, Purpose::StageVerdict, run, offset) < probability
    }

    /// A run of a stage ends. None if the revision stays inside.
    pub(super) fn end_of_run(&mut self, g: &mut Ground, revision: RevisionId) -> Option<RunEnd> {
        let LinePosition::Running(stage) = self.passages[&revision].position else { return None };
        self.rests(g, revision, stage);
        let plan = self.stages[stage].plan;
        if self.happens(g, plan.flaky.probability, (revision, stage), 0) {
            return self.flake(g, revision, stage);
        }
        let rehearsed = self.passage(revision).seen.take().map(StopReason::culprit);
        let seen = rehearsed.or_else(|| self.stages[stage].first_seen(&g.c, revision, stage).map(Some));
        if let Some(culprit) = seen {
            return Some(self.reject(g, revision, stage, culprit));
        }
        if self.happens(g, plan.false_alarm, (revision, stage), 1) {
            return Some(self.reject(g, revision, stage, None));
        }
        let state = &mut self.stages[stage];
        state.passed = state.passed.max(Some(revision));
        let next = self.target(g, revision, stage.index() + 1);
        match next {
            Some(wants) if !self.accepts(next) => {
                g.moved(self.move_to(revision, LinePosition::Held { stage, wants }, Part::Blocked));
                g.c.tell(PipelineEvent::Held { revision, stage });
                None
            }
            Some(_) | None => {
                self.let_out(g, revision, stage);
                Some(RunEnd::Passed { stage, next })
            }
        }
    }

    /// A run failed for no reason.
    fn flake(&mut self, g: &mut Ground, revision: RevisionId, stage: StageId) -> Option<RunEnd> {
        g.c.tell(PipelineEvent::Flaked { revision, stage });
        match &self.stages[stage].plan.flaky.then {
            OnFlaky::Retry { times } if self.passages[&revision].run >= *times => {
                return Some(self.reject(g, revision, stage, None));
            }
            OnFlaky::Retry { .. } => {
                self.passage(revision).run += 1;
                self.run_again(g, revision);
            }
            OnFlaky::Block { wait } => {
                let uniform = self.uniform(g, Purpose::StageTime, (revision, stage), 1);
                let rerun_ms = g.now() + wait.by_cdf(uniform);
                self.passage(revision).run += 1;
                g.moved(self.move_to(revision, LinePosition::Running(stage), Part::Blocked));
                self.schedule_rerun(g, revision, Some(rerun_ms));
            }
        }
        None
    }

    fn reject(
        &mut self,
        g: &mut Ground,
        revision: RevisionId,
        stage: StageId,
        culprit: Option<ChangeId>,
    ) -> RunEnd {
        let changes = g.ledger.carried(revision);
        g.c.tell(PipelineEvent::Rejected { revision, stage, culprit, changes });
        self.stages[stage].stays.reject(g.now());
        self.let_out(g, revision, stage);
        g.moved(self.move_to(revision, LinePosition::Away, Part::Blocked));
        let passed = self.stages[stage].passed;
        RunEnd::Rejected { stage, finding: Finding { revision, culprit, passed, in_production: false } }
    }

    /// A revision goes out of a stage; whoever lets it out moves it.
    fn let_out(&mut self, g: &Ground, revision: RevisionId, stage: StageId) {
        g.c.passes_over(self.stages[stage].inside.len() / 4);
        self.stages[stage].let_out(revision, self.passages[&revision].came_ms, g.now());
    }

    /// A place in `freed` came free: whoever is held up and wants it, from the end of the line backwards, leaves its
    /// stage for the other one, or for production.
    pub(super) fn release(
        &mut self,
        g: &Ground,
        freed: StageId,
    ) -> Option<(RevisionId, StageId, Option<StageId>)> {
        for stage in self.stages.ids().take(freed.index()).rev() {
            let wanted = LinePosition::Held { stage, wants: freed };
            g.c.passes_over(self.stages[stage].inside.len());
            let mut inside = self.stages[stage].inside.iter().copied();
            let Some(held) = inside.find(|held| self.passages[held].position == wanted) else { continue };
            // With an emergency that it carries meanwhile it may pass by the place that it waited for.
            let next = self.target(g, held, stage.index() + 1);
            match next {
                Some(wants) if !self.accepts(next) => {
                    self.passage(held).position = LinePosition::Held { stage, wants };
                }
                Some(_) | None => {
                    self.let_out(g, held, stage);
                    return Some((held, stage, next));
                }
            }
        }
        None
    }

    /// Takes a revision out of the line, wherever it is; says where a place came free.
    pub(super) fn withdraw(&mut self, g: &Ground, revision: RevisionId) -> Option<StageId> {
        let Passage { position, came_ms, .. } = self.passages[&revision];
        match position {
            LinePosition::Waiting(stage) => {
                let state = &mut self.stages[stage];
                g.c.passes_over(state.queue.len());
                state.queue.retain(|waiting| *waiting != revision);
                state.stays.leave(came_ms, g.now());
                Some(stage)
            }
            LinePosition::Running(stage) | LinePosition::Held { stage, .. } => {
                self.rests(g, revision, stage);
                self.let_out(g, revision, stage);
                Some(stage)
            }
            LinePosition::Away => None,
        }
    }

    /// A rejected revision begins again some time after `from_ms`.
    pub(super) fn begin_again(
        &mut self,
        g: &mut Ground,
        revision: RevisionId,
        from_ms: u64,
        after: &Distribution,
    ) {
        let attempt = u64::from(self.passages[&revision].attempt);
        self.passage(revision).attempt += 1;
        let uniform = g.c.streams.stream(Purpose::Repaired, g.c.history.key(revision)).uniform_at(attempt);
        let at = Some(from_ms + after.by_cdf(uniform));
        self.schedule(g, revision, at, |revision, generation| Upcoming::Rejoin { revision, generation });
    }

    /// What happened in the stages, in their order.
    pub(super) fn close(mut self, g: &Ground) -> Vec<StageOutcome> {
        for passage in self.passages.values() {
            match passage.position {
                LinePosition::Waiting(stage)
                | LinePosition::Running(stage)
                | LinePosition::Held { stage, .. } => {
                    self.stages[stage].stays.remains(passage.came_ms);
                    if let Some(works) = passage.works {
                        self.stages[stage].has_worked(&g.c, works);
                    }
                }
                LinePosition::Away => {}
            }
        }
        self.stages.iter().map(StageState::outcome).collect()
    }
}

/// A revision has its turn, and its stage is closed.
fn wait_for_window(g: &mut Ground, revision: RevisionId, stage: StageId) {
    g.moved(Moved::to(revision, Part::Window));
    g.c.tell(PipelineEvent::WaitsForWindow { revision, stage });
}
