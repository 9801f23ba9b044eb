//! Stages that are fleets of their own: each revision is rolled out there, and its alarms are what the stage sees.
//!
//! The draws of a rehearsal are those of the revision, the attempt and the stage: the same before every strategy. It
//! knows rollouts and verdicts, and nothing of what follows from them.

use crate::pipeline::event::StopReason;
use crate::pipeline::production::{Carried, Production, RolloutRequest, WaveOpenings};
use crate::pipeline::rollouts::Rollouts;
use crate::plan::Ratio;
use crate::plan::pipeline::{Line, Rehearsal, Stage};
use crate::random::stable_hash;
use crate::rollout::Model;

/// What stages' fleets are simulated with, by stage; none for a stage without a fleet.
pub(in crate::pipeline) type StageModels<'a> = [Option<Model<'a>>];

/// The tables of every stage that has a fleet.
pub(in crate::pipeline) fn models(line: &Line) -> Vec<Option<Model<'_>>> {
    let plans = line.stages.iter().map(|stage| stage.rehearsal.as_ref());
    plans.map(|rehearsal| rehearsal.map(|rehearsal| Model::new(&rehearsal.plan))).collect()
}

/// The fleet of a stage, in one trial.
#[derive(Debug)]
pub(super) struct StageFleet<'a> {
    plan: &'a Rehearsal,
    rollouts: Rollouts<'a>,
}

/// What a rehearsal did.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rehearsed {
    /// How long it took, rollback included.
    pub(super) run_ms: u64,
    /// What was seen, if anything was.
    pub(super) seen: Option<StopReason>,
}

impl<'a> StageFleet<'a> {
    /// The fleet of a stage in trial `trial`, if it has one.
    pub(super) fn new(stage: &'a Stage, model: Option<&'a Model<'a>>, trial: u64) -> Option<Self> {
        let (plan, model) = (stage.rehearsal.as_ref()?, model?);
        let place = stable_hash(stage.name.as_bytes());
        Some(Self { plan, rollouts: Rollouts::elsewhere(model, plan.strategy, trial, place) })
    }

    /// Rolls out a revision of these draws' key with these defects, from `start_ms` on.
    pub(super) fn rehearse(
        &mut self,
        key: u64,
        attempt: u32,
        defects: impl Iterator<Item = Carried>,
        start_ms: u64,
    ) -> Rehearsed {
        let shown = |brought: Carried| Some(Carried { class: self.plan.classes[brought.class]?, ..brought });
        let request = RolloutRequest {
            key,
            attempt,
            bakes: Ratio::ONE,
            defects: defects.filter_map(shown).collect(),
            start_ms,
            openings: WaveOpenings::open(self.rollouts.waves()),
            stop: None,
            back_from_ms: 0,
        };
        let schedule = self.rollouts.roll_out(&request);
        let done_ms = schedule.waves.last().and_then(|wave| wave.end_ms).unwrap_or(start_ms);
        // An alarm after the last bake comes too late: the revision has gone on.
        let stopped = schedule.stopped.filter(|stop| stop.at_ms <= done_ms);
        let over_ms = stopped.map_or(done_ms, |stop| stop.settled_ms);
        Rehearsed { run_ms: over_ms - start_ms, seen: stopped.map(|stop| stop.why) }
    }
}
