//! Stages that are fleets of their own: the engine rolls each revision out there, and its alarms are what the stage sees.
//!
//! The luck of a rehearsal is that of the revision, the attempt and the stage: the same before every strategy. It knows
//! rollouts and verdicts, and nothing of what follows from them.

use super::World;
use super::production::{Ask, Carried, Gates, Production, Why};
use super::rollouts::Rollouts;
use crate::plan::Ratio;
use crate::plan::pipeline::{Pipeline, Rehearsal};
use crate::random::stable_hash;
use crate::rollout::Model;

/// The fleet of a stage, in one trial.
#[derive(Debug)]
pub(super) struct Stand<'a> {
    plan: &'a Rehearsal,
    rollouts: Rollouts<'a>,
}

/// The tables of every stage that has a fleet.
pub(super) fn models(pipeline: &Pipeline) -> Vec<Option<Model<'_>>> {
    let plans = pipeline.stages.iter().map(|stage| stage.rehearsal.as_ref());
    plans.map(|rehearsal| rehearsal.map(|rehearsal| Model::new(&rehearsal.plan))).collect()
}

/// The fleets of stages in trial `trial`.
pub(super) fn stands<'a>(
    pipeline: &'a Pipeline,
    models: &'a [Option<Model<'a>>],
    trial: u64,
) -> Vec<Option<Stand<'a>>> {
    let stages = pipeline.stages.iter().zip(models);
    let stand = stages.map(|(stage, model)| {
        let (plan, model) = (stage.rehearsal.as_ref()?, model.as_ref()?);
        let place = stable_hash(stage.name.as_bytes());
        Some(Stand { plan, rollouts: Rollouts::elsewhere(model, plan.strategy, trial, place) })
    });
    stand.collect()
}

impl World<'_> {
    /// Rolls a revision out in a stage, if that is a fleet of its own: how long it takes there, rollback included. What
    /// was seen is kept for the end of the run.
    pub(super) fn rehearse(&mut self, number: usize, stage: usize, at: u64) -> Option<u64> {
        let classes = &self.stands[stage].as_ref()?.plan.classes;
        let shown = self.defects(number).filter_map(|change| {
            let brought = &self.changes[change];
            Some(Carried { change, key: brought.key, class: classes[brought.defect?]? })
        });
        let defects = shown.collect();
        let revision = &self.revisions[&number];
        let (key, attempt) = (revision.key, revision.attempt << 8 | revision.run);
        let stand = self.stands[stage].as_mut()?;
        let gates = Gates::open(stand.rollouts.waves());
        let ask = Ask {
            key,
            attempt,
            bakes: Ratio::ONE,
            defects,
            start_ms: at,
            gates,
            stop: None,
            back_from_ms: 0,
        };
        let rollout = stand.rollouts.roll_out(&ask);
        let done = rollout.waves.last().map_or(at, |wave| wave.end_ms);
        // An alarm after the last bake comes too late: the revision has gone on.
        let stopped = rollout.stopped.filter(|(stop, _)| *stop <= done);
        self.revision(number).seen = stopped.map(|(_, why)| why);
        Some(if stopped.is_some() { rollout.settled_ms } else { done } - at)
    }

    /// What the rehearsal of a revision has seen: the culprit, or none after a false alarm. None if it saw nothing.
    pub(super) fn rehearsed(&mut self, number: usize) -> Option<Option<usize>> {
        self.revision(number).seen.take().map(|why| match why {
            Why::Defect(change) => Some(change),
            Why::FalseAlarm | Why::Outside => None,
        })
    }
}
