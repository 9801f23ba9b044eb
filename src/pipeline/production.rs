//! What a pipeline asks of production, and what it is told: when a revision's waves begin and end there.
//!
//! A rollout is a pure function of what it is asked under. The same revision may be asked for again under more
//! constraints; what lies before the first of these to matter comes out the same. Nothing here knows stages, queues or
//! repairs.

use super::event::StopReason;
use crate::ids::{ChangeId, DefectId, IdVec, RegionId};
use crate::outcome::pipeline::{Harm, Part, Parts};
use crate::plan::Ratio;
use crate::plan::pipeline::Calendar;
use crate::rollout::launch::OutsideStop;

/// A defect that a revision carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Carried {
    /// The change that brought it.
    pub change: ChangeId,
    /// Identity of that change in stream keys.
    pub key: u64,
    /// Class of defect.
    pub class: DefectId,
}

/// When waves may begin.
#[derive(Debug, Clone)]
pub struct WaveOpenings<'a> {
    /// When the revision ahead has left the wave's target; none if it never does.
    pub free_ms: Vec<Option<u64>>,
    /// The wave's window; a wave that has begun may finish after closing.
    pub windows: Vec<Option<&'a Calendar>>,
    /// The windows of single regions, by wave and region of the fleet; empty if they have none. What has begun may finish.
    pub regions: Vec<IdVec<RegionId, &'a Calendar>>,
    /// When bakes go on, which rest while it is closed; none if they never rest.
    pub bakes: Option<&'a Calendar>,
    /// Until when each wave goes on baking at least, as others are not done there yet; 0: nobody else is.
    pub bakes_until_ms: Vec<u64>,
}

impl WaveOpenings<'_> {
    /// Nothing holds up any of so many waves.
    #[must_use]
    pub fn open(waves: usize) -> Self {
        Self {
            free_ms: vec![Some(0); waves],
            windows: vec![None; waves],
            regions: Vec::new(),
            bakes: None,
            bakes_until_ms: vec![0; waves],
        }
    }

    /// When a wave begins whose revision is ready at `at`; none if never.
    #[must_use]
    pub fn opens(&self, wave: usize, at: u64) -> Option<u64> {
        let at = at.max(self.free_ms[wave]?);
        self.windows[wave].map_or(Some(at), |window| window.next_open(at))
    }

    /// How long a bake lasts that begins at `at` and takes `bake_ms` without a rest. Behind the last opening nothing rests.
    #[must_use]
    pub fn bake_ms(&self, at: u64, bake_ms: u64) -> u64 {
        let over = self.bakes.filter(|_| bake_ms > 0).and_then(|open| open.after_work(at, bake_ms));
        over.map_or(bake_ms, |over| over - at)
    }

    /// When a region begins whose wave has begun and has come to it at `at`; none if never.
    #[must_use]
    pub fn region_opens(&self, wave: usize, region: RegionId, at: u64) -> Option<u64> {
        self.regions
            .get(wave)
            .and_then(|regions| regions.get(region))
            .map_or(Some(at), |window| window.next_open(at))
    }
}

/// What is asked of production: the rollout of one revision. Instants are milliseconds of the pipeline.
#[derive(Debug, Clone)]
pub struct RolloutRequest<'a> {
    /// Identity of the revision in stream keys.
    pub key: u64,
    /// How often this revision has been rolled out before.
    pub attempt: u32,
    /// Share of each bake that is kept.
    pub bakes: Ratio,
    /// What it carries.
    pub defects: Vec<Carried>,
    /// The first wave begins.
    pub start_ms: u64,
    /// Limits on when waves begin.
    pub openings: WaveOpenings<'a>,
    /// A stop from outside.
    pub stop: Option<OutsideStop>,
    /// If it is stopped, nothing goes back before this instant; 0: at once.
    pub back_from_ms: u64,
}

impl RolloutRequest<'_> {
    /// Whether it carries the defect of `change`.
    #[must_use]
    pub fn carries(&self, change: ChangeId) -> bool {
        self.defects.iter().any(|defect| defect.change == change)
    }
}

/// One wave of a rollout; what a stop cuts off ends with the stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaveRun {
    /// It begins.
    pub start_ms: u64,
    /// Its last host has the revision.
    pub deployed_ms: u64,
    /// Its bakes are over.
    pub baked_ms: u64,
    /// Nothing holds it up as a whole; what is left of it, it waits for windows of its regions, or for a component. Such waits
    /// are counted last, whenever they were.
    pub approved_ms: u64,
    /// It is over; none if it waits for what never comes.
    pub end_ms: Option<u64>,
}

/// The end of a rollout before its time, or a recall after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScheduledStop {
    /// When.
    pub at_ms: u64,
    /// Why.
    pub why: StopReason,
    /// The component whose alarm it is, in their order; the first one where there is only one, or where nobody's alarm is it.
    pub component: usize,
    /// When its targets are free again: the rollback's end.
    pub settled_ms: u64,
}

/// When a revision is where in production.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    /// The waves that begin, in order. All of them unless it is stopped or a gate never opens.
    pub waves: Vec<WaveRun>,
    /// How it is stopped, if it is; may lie after the last wave (a recall).
    pub stopped: Option<ScheduledStop>,
    /// When the first host may have each of the defects that were asked for, in their order; none if none had it.
    pub brought_ms: Vec<Option<u64>>,
    /// What it does to customers.
    pub harm: Harm,
}

impl Schedule {
    /// That of what has not begun.
    pub const NOTHING: Self =
        Self { waves: Vec::new(), stopped: None, brought_ms: Vec::new(), harm: Harm::NONE };

    /// When its targets are free again, if it is stopped.
    #[must_use]
    pub fn settled_ms(&self) -> Option<u64> {
        self.stopped.map(|stop| stop.settled_ms)
    }

    /// Where its time goes from its start until `at`: at most the end of its waves, or its stop.
    #[must_use]
    pub fn parts(&self, request: &RolloutRequest, at: u64) -> Parts {
        let openings = &request.openings;
        let mut parts = Parts::default();
        let mut ready = request.start_ms.min(at);
        for (wave, free) in openings.free_ms.iter().enumerate() {
            let run = self.waves.get(wave);
            let start = run.map_or(at, |run| run.start_ms.min(at));
            let latest = start.max(ready);
            let free = free.map_or(latest, |free| free.clamp(ready, latest));
            let open = openings.opens(wave, ready).map_or(start, |open| open.min(start)).max(free);
            parts.add(Part::Queue, free - ready);
            parts.add(Part::Window, open - free);
            // It was free and open, and an alarm held it up that fired for another reason.
            parts.add(Part::Blocked, start.max(open) - open);
            let Some(run) = run.filter(|run| run.start_ms < at) else { break };
            let (deployed, end) = (run.deployed_ms.min(at), run.end_ms.map_or(at, |end| end.min(at)));
            let baked = run.baked_ms.min(at).max(deployed);
            parts.add(Part::Deploy, deployed - run.start_ms);
            parts.add(Part::Bake, baked - deployed);
            let approved = run.approved_ms.min(at).max(baked);
            parts.add(Part::Approval, approved - baked);
            parts.add(Part::Window, end.max(approved) - approved);
            ready = end;
        }
        parts
    }
}

/// Production: it rolls out one revision at a time into each wave.
pub trait Production {
    /// How many waves there are.
    fn waves(&self) -> usize;

    /// The regions that a wave deploys to, which other pipelines may want as well.
    fn regions(&self, wave: usize) -> &[RegionId];

    /// When a revision is where.
    fn roll_out(&mut self, request: &RolloutRequest) -> Schedule;
}

/// The last of some instants, or the start of time; none if one of them never comes.
pub(super) fn last_of(mut instants: impl Iterator<Item = Option<u64>>) -> Option<u64> {
    instants.try_fold(0, |last, at| Some(last.max(at?)))
}
