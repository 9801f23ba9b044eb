//! Who is in one stage, and the draws of its runs. It knows neither what comes before the stage nor what comes behind.

use super::rehearsal::StageFleet;
use crate::ids::{ChangeId, RevisionId, StageId};
use crate::outcome::pipeline::{Part, StageOutcome};
use crate::pipeline::context::PipelineContext;
use crate::pipeline::gauge::Stays;
use crate::pipeline::keys;
use crate::pipeline::source::change::newest_of;
use crate::plan::pipeline::{Holds, Mode, Stage, StagePhase};
use crate::random::Purpose;
use std::collections::VecDeque;

/// Who is in a stage.
#[derive(Debug)]
pub(super) struct StageState<'a> {
    pub(super) plan: &'a Stage,
    /// The fleet that the stage has of its own.
    pub(super) fleet: Option<StageFleet<'a>>,
    /// Outside, in order.
    pub(super) queue: VecDeque<RevisionId>,
    /// Running or held up.
    pub(super) inside: Vec<RevisionId>,
    /// The newest that ever came: an older one has nothing to add.
    pub(super) newest: Option<RevisionId>,
    /// The newest that ever passed: what it has was good enough here.
    pub(super) passed: Option<RevisionId>,
    /// When it looks next whether it may begin.
    pub(super) wake_ms: Option<u64>,
    pub(super) stays: Stays,
    /// Time in which runs worked, as far as it counts and somebody is busy with them.
    worked_ms: u64,
    /// Harmful changes that a run sees wherever they are, in the order of merging.
    sees: Vec<ChangeId>,
    /// So many harmful changes were looked at for that.
    looked_at: usize,
}

impl<'a> StageState<'a> {
    pub(super) fn new(c: &PipelineContext<'a>, plan: &'a Stage, fleet: Option<StageFleet<'a>>) -> Self {
        let (queue, inside, stays) = (VecDeque::new(), Vec::new(), Stays::new(c.counted));
        let (newest, passed, wake_ms) = (None, None, None);
        let (worked_ms, sees, looked_at) = (0, Vec::new(), 0);
        Self { plan, fleet, queue, inside, newest, passed, wake_ms, stays, worked_ms, sees, looked_at }
    }

    /// The first defect of a revision that a run of this stage, number `stage`, sees. Whether it sees one is the change's
    /// luck, the same in every revision, and is drawn once.
    pub(super) fn first_seen(
        &mut self,
        c: &PipelineContext,
        revision: RevisionId,
        stage: StageId,
    ) -> Option<ChangeId> {
        let new = &c.history.harmful()[self.looked_at..];
        c.handles(new.len());
        self.looked_at += new.len();
        let is_seen = |id: &ChangeId| {
            let change = c.history.of(*id);
            let mut draws = c.streams.stream(Purpose::StageVerdict, keys::of_stage(change.key, stage));
            let drawn = draws.uniform_at(keys::DEFECT_INDEX);
            change.defect.is_some_and(|class| drawn < self.plan.catches[class])
        };
        self.sees.extend(new.iter().copied().filter(is_seen));
        let known = self.sees.iter().take_while(|id| **id <= newest_of(revision));
        c.passes_over(self.sees.len());
        known.copied().find(|id| c.history.brought(revision, *id).is_some())
    }

    /// Whether it takes one more, waiting or inside.
    pub(super) fn accepts(&self) -> bool {
        match (self.plan.mode, self.plan.room) {
            (Mode::Queued, Some(room)) => self.queue.len() + self.inside.len() < 1 + room,
            (Mode::Queued, None) | (Mode::Superseded | Mode::Parallel, _) => true,
        }
    }

    /// How many of those who wait may go in, if the stage is open.
    pub(super) fn places(&self) -> usize {
        match self.plan.mode {
            Mode::Queued | Mode::Superseded => usize::from(self.inside.is_empty()),
            Mode::Parallel => self.queue.len(),
        }
    }

    /// Whoever makes way for the one that comes now.
    pub(super) fn supersede(&mut self) -> Option<RevisionId> {
        match self.plan.mode {
            Mode::Superseded => self.queue.pop_front(),
            Mode::Queued | Mode::Parallel => None,
        }
    }

    /// A revision comes, and waits outside.
    pub(super) fn come(&mut self, revision: RevisionId, now_ms: u64) {
        self.newest = Some(revision);
        self.stays.come(now_ms);
        self.queue.push_back(revision);
    }

    /// As what its work counts.
    pub(super) fn part(&self) -> Part {
        match self.plan.phase {
            StagePhase::Build => Part::Build,
            StagePhase::Test => Part::Test,
            StagePhase::Approval => Part::Approval,
            StagePhase::Deploy => Part::Deploy,
            StagePhase::Bake => Part::Bake,
        }
    }

    /// A run has worked from `from_ms` until `to_ms`; the work rests while the stage is closed, if that is what its window
    /// holds.
    pub(super) fn has_worked(&mut self, c: &PipelineContext, (from_ms, to_ms): (u64, u64)) {
        if self.plan.people > 0.0 {
            let hours = self.plan.window.filter(|window| window.holds == Holds::Work);
            let hours = hours.map(|window| &c.plan.calendars[window.calendar]);
            self.worked_ms += c.counted.clip_to(hours, from_ms, to_ms);
        }
    }

    /// What happened here.
    pub(super) fn outcome(&self) -> StageOutcome {
        StageOutcome { person_ms: self.plan.people * self.worked_ms as f64, ..self.stays.outcome() }
    }

    /// The first in the queue goes in.
    pub(super) fn let_in(&mut self, now_ms: u64) {
        self.inside.extend(self.queue.pop_front());
        self.stays.inside.up(now_ms);
    }

    /// Somebody goes out who came at `came_ms`.
    pub(super) fn let_out(&mut self, revision: RevisionId, came_ms: u64, now_ms: u64) {
        self.inside.retain(|inside| *inside != revision);
        self.stays.inside.down(now_ms);
        self.stays.leave(came_ms, now_ms);
    }
}
