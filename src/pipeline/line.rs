//! The stages before production: who waits, who runs, who is held up, and what a run sees.
//!
//! A stage that is not parallel holds one revision; one that is done stays inside until the next stage
//! takes it (blocking after service). Freed places are filled from the end of the line backwards. What
//! follows a rejection is in `repair`.

use super::World;
use super::agenda::Event;
use super::gauge::{Span, Stays};
use super::revision::Place;
use super::trace;
use crate::outcome::pipeline::Part;
use crate::plan::pipeline::{Holds, Mode, OnFlaky, Phase, Stage};
use crate::random::Purpose;
use std::collections::VecDeque;

/// Who is in a stage.
#[derive(Debug)]
pub(super) struct StageState {
    /// Outside, in order.
    queue: VecDeque<usize>,
    /// Running or held up.
    inside: Vec<usize>,
    /// The newest that ever came: an older one has nothing to add.
    newest: Option<usize>,
    /// When it looks next whether it may begin.
    wake: Option<u64>,
    pub(super) stays: Stays,
}

impl StageState {
    pub(super) fn new(span: Span) -> Self {
        Self { queue: VecDeque::new(), inside: Vec::new(), newest: None, wake: None, stays: Stays::new(span) }
    }
}

/// As what a stage's work counts.
fn part(phase: Phase) -> Part {
    match phase {
        Phase::Build => Part::Build,
        Phase::Test => Part::Test,
        Phase::Approval => Part::Approval,
        Phase::Deploy => Part::Deploy,
        Phase::Bake => Part::Bake,
    }
}

impl World<'_> {
    /// The first stage from `stage` on that the revision does not pass by; `stages.len()` is production.
    fn target(&self, number: usize, stage: usize) -> usize {
        let lane = self.revisions[&number].lane;
        let rest = &self.plan.stages[stage..];
        let stops_at = |stage: &Stage| !(stage.passed_by || lane.passes_by(stage));
        rest.iter().position(stops_at).map_or(self.stages.len(), |skip| stage + skip)
    }

    /// Whether a stage takes one more, waiting or inside.
    fn accepts(&self, stage: usize) -> bool {
        let (Some(plan), Some(state)) = (self.plan.stages.get(stage), self.stages.get(stage)) else {
            return true;
        };
        let Some(room) = plan.room else { return true };
        stage == 0 || plan.mode != Mode::Queued || state.queue.len() + state.inside.len() < 1 + room
    }

    /// A revision comes to a stage, or to whatever it does not pass by.
    pub(super) fn arrive(&mut self, number: usize, stage: usize, at: u64) {
        let stage = self.target(number, stage);
        if stage == self.stages.len() {
            return self.arrive_at_production(number, at);
        }
        if self.stages[stage].newest.is_some_and(|newest| newest > number) {
            return self.give_up(number, at);
        }
        let revision = self.revision(number);
        revision.place = Place::Waiting(stage);
        revision.came_ms = at;
        revision.run = 0;
        revision.turn_to(Part::Queue, at);
        self.note(at, trace::Event::Waits { revision: number, stage });
        if self.plan.stages[stage].mode == Mode::Superseded
            && let Some(waiting) = self.stages[stage].queue.pop_front()
        {
            let came = self.revisions[&waiting].came_ms;
            self.stages[stage].stays.leave(came, at);
            self.give_up(waiting, at);
        }
        let state = &mut self.stages[stage];
        state.newest = Some(number);
        state.stays.come(at);
        state.queue.push_back(number);
        self.begin_runs(stage, at);
    }

    /// A planned look at a stage.
    pub(super) fn wake(&mut self, stage: usize, at: u64) {
        self.stages[stage].wake = None;
        self.begin_runs(stage, at);
    }

    /// Lets in whoever may go in now.
    fn begin_runs(&mut self, stage: usize, at: u64) {
        let parallel = self.plan.stages[stage].mode == Mode::Parallel;
        while parallel || self.stages[stage].inside.is_empty() {
            let Some(number) = self.stages[stage].queue.front().copied() else { return };
            let open = self.opening(number, stage, at);
            if open == Some(at) {
                self.stages[stage].queue.pop_front();
                self.begin_run(number, stage, at);
                continue;
            }
            let together = if parallel { usize::MAX } else { 1 };
            for waiting in 0..self.stages[stage].queue.len().min(together) {
                self.wait_for_window(self.stages[stage].queue[waiting], stage, at);
            }
            if let Some(open) = open
                && self.stages[stage].wake.is_none_or(|wake| wake > open)
            {
                self.stages[stage].wake = Some(open);
                self.agenda.plan(open, Event::Wake { stage });
            }
            return;
        }
    }

    /// A revision has its turn, and its stage is closed.
    pub(super) fn wait_for_window(&mut self, number: usize, stage: usize, at: u64) {
        self.revision(number).turn_to(Part::Window, at);
        self.note(at, trace::Event::WaitsForWindow { revision: number, stage });
    }

    /// When a run may begin, at `at` or later.
    fn opening(&self, number: usize, stage: usize, at: u64) -> Option<u64> {
        let Some(window) = self.plan.stages[stage].window else { return Some(at) };
        let calendar = &self.plan.calendars[window.calendar];
        match window.holds {
            Holds::Start => calendar.next_open(at),
            Holds::WholeRun => calendar.next_fit(at, self.run_ms(number, stage)),
            Holds::Work => Some(at),
        }
    }

    fn begin_run(&mut self, number: usize, stage: usize, at: u64) {
        let state = &mut self.stages[stage];
        state.inside.push(number);
        state.stays.inside.up(at);
        self.revision(number).place = Place::Running(stage);
        self.run_now(number, stage, at);
    }

    fn run_now(&mut self, number: usize, stage: usize, at: u64) {
        let run = self.rehearse(number, stage, at).unwrap_or_else(|| self.run_ms(number, stage));
        let plan = &self.plan.stages[stage];
        let rests = plan.window.filter(|window| window.holds == Holds::Work);
        let end = match rests {
            Some(window) => self.plan.calendars[window.calendar].after_work(at, run),
            None => Some(at + run),
        };
        let phase = part(plan.phase);
        let revision = self.revision(number);
        revision.turn_to(phase, at);
        revision.work_ms = rests.map(|_| run);
        self.note(at, trace::Event::Runs { revision: number, stage });
        self.plan_for(number, end.unwrap_or(u64::MAX), |revision, generation| Event::End {
            revision,
            generation,
        });
    }

    /// Runs the stage that the revision is in once more, if it may begin now; else when it may.
    pub(super) fn run_again(&mut self, number: usize, at: u64) {
        let Place::Running(stage) = self.revisions[&number].place else { return };
        match self.opening(number, stage, at) {
            Some(open) if open == at => self.run_now(number, stage, at),
            open => {
                self.wait_for_window(number, stage, at);
                self.plan_for(number, open.unwrap_or(u64::MAX), |revision, generation| Event::Rerun {
                    revision,
                    generation,
                });
            }
        }
    }

    /// One uniform of a revision in a stage; `offset` tells draws of one run apart.
    fn uniform(&self, purpose: Purpose, number: usize, stage: usize, offset: u64) -> f64 {
        let revision = &self.revisions[&number];
        let index = u64::from(revision.attempt) << 20 | u64::from(revision.run);
        self.streams.stream(purpose, revision.key << 8 | stage as u64).uniform_at(index * 2 + offset)
    }

    fn run_ms(&self, number: usize, stage: usize) -> u64 {
        self.plan.stages[stage].duration.by_cdf(self.uniform(Purpose::StageTime, number, stage, 0))
    }

    /// The defects of a revision, by number of the change.
    pub(super) fn defects(&self, number: usize) -> impl Iterator<Item = usize> {
        self.harmful.iter().copied().filter(move |change| self.changes[*change].harms(*change, number))
    }

    /// The first defect of a revision that a stage sees.
    fn seen(&self, number: usize, stage: usize) -> Option<usize> {
        self.defects(number).find(|defect| {
            let change = &self.changes[*defect];
            let catches = change.defect.map_or(0.0, |class| self.plan.stages[stage].catches[class]);
            let stream = &mut self.streams.stream(Purpose::StageLuck, change.key << 8 | stage as u64);
            stream.uniform_at(super::DEFECT_INDEX) < catches
        })
    }

    pub(super) fn end_of_run(&mut self, number: usize, at: u64) {
        let Place::Running(stage) = self.revisions[&number].place else { return };
        let plan = &self.plan.stages[stage];
        let flaky = plan.flaky.probability > 0.0
            && self.uniform(Purpose::StageLuck, number, stage, 0) < plan.flaky.probability;
        if flaky {
            return self.flaky(number, stage, at);
        }
        if let Some(culprit) = self.rehearsed(number) {
            return self.reject_in_stage(number, stage, culprit, at);
        }
        if let Some(culprit) = self.seen(number, stage) {
            return self.reject_in_stage(number, stage, Some(culprit), at);
        }
        if plan.false_alarm > 0.0 && self.uniform(Purpose::StageLuck, number, stage, 1) < plan.false_alarm {
            return self.reject_in_stage(number, stage, None, at);
        }
        let next = self.target(number, stage + 1);
        if self.accepts(next) {
            self.leave(number, stage, at);
            self.arrive(number, stage + 1, at);
            self.fill(stage, at);
        } else {
            let revision = self.revision(number);
            revision.place = Place::Held(stage);
            revision.held_for = next;
            revision.turn_to(Part::Blocked, at);
            self.note(at, trace::Event::Held { revision: number, stage });
        }
    }

    /// A run failed for no reason.
    fn flaky(&mut self, number: usize, stage: usize, at: u64) {
        self.note(at, trace::Event::Flaked { revision: number, stage });
        match self.plan.stages[stage].flaky.then {
            OnFlaky::Retry { times } if self.revisions[&number].run >= times => {
                self.reject_in_stage(number, stage, None, at);
            }
            OnFlaky::Retry { .. } => {
                self.revision(number).run += 1;
                self.run_again(number, at);
            }
            OnFlaky::Block { wait } => {
                let wait = wait.by_cdf(self.uniform(Purpose::StageTime, number, stage, 1));
                let revision = self.revision(number);
                revision.run += 1;
                revision.turn_to(Part::Blocked, at);
                self.plan_for(number, at + wait, |revision, generation| Event::Rerun {
                    revision,
                    generation,
                });
            }
        }
    }

    fn reject_in_stage(&mut self, number: usize, stage: usize, culprit: Option<usize>, at: u64) {
        let changes = self.revisions[&number].riders.len();
        self.note(at, trace::Event::Rejected { revision: number, stage, culprit, changes });
        self.stages[stage].stays.reject(at);
        self.leave(number, stage, at);
        self.revision(number).place = Place::Away;
        self.revision(number).turn_to(Part::Blocked, at);
        self.reject(number, culprit, at, at);
        self.fill(stage, at);
    }

    /// A revision goes out of a stage.
    fn leave(&mut self, number: usize, stage: usize, at: u64) {
        let came = self.revisions[&number].came_ms;
        let state = &mut self.stages[stage];
        state.inside.retain(|inside| *inside != number);
        state.stays.inside.down(at);
        state.stays.leave(came, at);
    }

    /// A place in a stage came free: its own queue first, then whoever is held up before it.
    fn fill(&mut self, stage: usize, at: u64) {
        self.begin_runs(stage, at);
        for before in (0..stage).rev() {
            let held = self.stages[before].inside.iter().copied().find(|number| {
                let revision = &self.revisions[number];
                revision.place == Place::Held(before) && revision.held_for == stage
            });
            let Some(number) = held else { continue };
            // An emergency that got on meanwhile may pass by the place that it waited for.
            let next = self.target(number, before + 1);
            if !self.accepts(next) {
                self.revision(number).held_for = next;
                continue;
            }
            self.leave(number, before, at);
            self.arrive(number, next, at);
            return self.fill(before, at);
        }
    }

    /// Takes a revision out of the line, wherever it is before production, and gives it up.
    pub(super) fn withdraw(&mut self, number: usize, at: u64) {
        let revision = &self.revisions[&number];
        let (place, came) = (revision.place, revision.came_ms);
        let freed = match place {
            Place::Waiting(stage) => {
                self.stages[stage].queue.retain(|waiting| *waiting != number);
                self.stages[stage].stays.leave(came, at);
                Some(stage)
            }
            Place::Running(stage) | Place::Held(stage) => {
                self.leave(number, stage, at);
                Some(stage)
            }
            Place::Entry => {
                self.entry.retain(|waiting| *waiting != number);
                self.entry_stays.leave(came, at);
                None
            }
            Place::Production => return,
            Place::Away => None,
        };
        self.note(at, trace::Event::Withdrawn { revision: number });
        self.give_up(number, at);
        if let Some(stage) = freed {
            self.fill(stage, at);
        }
    }
}
