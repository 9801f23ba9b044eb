//! Production as the simulator of rollouts has it: real waves, alarms, bakes and rollbacks of one strategy.
//!
//! A revision with several defects is rolled out once for each, under the same draws: the first alarm stops it, and the
//! others are asked again with that stop, so that harm counts until then. What a defect that got through does after
//! its rollout is up to the study's `observe-after`.

use super::event::StopReason;
use super::keys;
use super::production::{Carried, Production, RolloutRequest, Schedule, ScheduledStop, WaveRun};
use crate::ids::{RegionId, WaveId};
use crate::outcome::Ending;
use crate::outcome::pipeline::Harm;
use crate::plan::Strategy;
use crate::random::mix;
use crate::rollout::launch::{DrawSource, Launch, Launched, Openings, OutsideStop, WaveTimes};
use crate::rollout::{Engine, Model};
use crate::sim::budget::{self, Cause, OverBudget, Owner};

/// One strategy's production in one trial of a pipeline.
#[derive(Debug)]
pub struct Rollouts<'m> {
    engine: Engine<'m>,
    strategy: &'m Strategy,
    trial: u64,
    /// Events of the engine before the trial.
    events_before: u64,
    /// Most events of all rollouts in a trial.
    event_limit: u64,
    /// The pipeline's start in milliseconds since a UTC midnight.
    epoch_ms: u64,
    /// Tells the draws of a fleet that is not production from those of production.
    place: Option<u64>,
}

impl<'m> Rollouts<'m> {
    /// The production of `strategy` (an index) in trial `trial`. The pipeline starts `epoch_ms` after a UTC midnight.
    #[must_use]
    pub fn new(model: &'m Model<'m>, strategy: usize, trial: u64, epoch_ms: u64) -> Self {
        Self::by(model, &model.plan.strategies[strategy], trial, epoch_ms)
    }

    /// The production by a strategy that the model's plan uses.
    #[must_use]
    pub fn by(model: &'m Model<'m>, strategy: &'m Strategy, trial: u64, epoch_ms: u64) -> Self {
        let event_limit = budget::EVENTS_IN_PIPELINE;
        let engine = Engine::new(model).with_event_limit(event_limit);
        Self { engine, strategy, trial, events_before: 0, event_limit, epoch_ms, place: None }
    }

    /// The same, with at most so many events in all rollouts of a trial.
    pub(super) fn with_event_limit(self, limit: u64) -> Self {
        Self { engine: self.engine.with_event_limit(limit), event_limit: limit, ..self }
    }

    /// Rollouts on a fleet that is not production, called `place` in stream keys, in trial `trial`. The pipeline starts at
    /// midnight UTC.
    pub(super) fn elsewhere(model: &'m Model<'m>, strategy: usize, trial: u64, place: u64) -> Self {
        Self { place: Some(place), ..Self::new(model, strategy, trial, 0) }
    }

    /// The same production in another trial: what its engine has looked up stays.
    pub(super) fn turn_to(&mut self, trial: u64) {
        self.trial = trial;
        self.events_before = self.engine.events();
    }

    /// Events of all its rollouts in this trial.
    pub(super) fn events(&self) -> u64 {
        self.engine.events() - self.events_before
    }

    /// Gives the trial up if its rollouts together are more than one may be.
    fn can_go_on(&self) {
        let limit = self.event_limit;
        if self.events() > limit {
            let what = "of one rollout after the other";
            let cause = Cause { owner: Owner::Pipeline, what, key: "after-rejection" };
            budget::give_up(OverBudget { limit, of: "events in its rollouts", cause });
        }
    }

    /// Whose draws the rollout of what is asked has.
    fn draws(&self, request: &RolloutRequest) -> DrawSource {
        match self.place {
            // The source's first change has the draws of the study's trial: a pipeline of one change is that trial.
            None if request.key == 0 && request.attempt == 0 => DrawSource::Trial(self.trial),
            None => {
                let key = keys::of_attempt(request.key, request.attempt);
                DrawSource::Revision { trial: self.trial, key }
            }
            Some(place) => {
                let key = mix(&[place, request.key, u64::from(request.attempt)]);
                DrawSource::Revision { trial: self.trial, key }
            }
        }
    }

    /// The rollout of what is asked with one of its defects, or none, and perhaps another stop.
    fn launch(
        &mut self,
        request: &RolloutRequest,
        defect: Option<Carried>,
        stop: Option<OutsideStop>,
    ) -> Launched {
        let start_ms = request.start_ms;
        let launch = Launch {
            draws: self.draws(request),
            defect: defect.map(|carried| carried.class),
            start_utc_ms: self.epoch_ms + start_ms,
            bakes: request.bakes,
            openings: request,
            stop: stop.map(|stop| OutsideStop { at_ms: stop.at_ms.saturating_sub(start_ms), ..stop }),
            back_from_ms: request.back_from_ms.saturating_sub(start_ms),
        };
        let launched = self.engine.launch(self.strategy, &launch);
        self.can_go_on();
        launched
    }
}

/// Its openings in the time of the rollout.
impl Openings for RolloutRequest<'_> {
    fn wave(&self, wave: WaveId, at_ms: u64) -> Option<u64> {
        Some(self.openings.opens(wave.index(), self.start_ms + at_ms)? - self.start_ms)
    }

    fn region(&self, wave: WaveId, region: RegionId, at_ms: u64) -> Option<u64> {
        Some(self.openings.region_opens(wave.index(), region, self.start_ms + at_ms)? - self.start_ms)
    }

    fn bakes_until(&self, wave: WaveId) -> u64 {
        self.openings.bakes_until_ms[wave.index()].saturating_sub(self.start_ms)
    }

    fn bake(&self, at_ms: u64, bake_ms: u64) -> u64 {
        self.openings.bake_ms(self.start_ms + at_ms, bake_ms)
    }
}

impl Production for Rollouts<'_> {
    fn waves(&self) -> usize {
        self.strategy.waves.len()
    }

    fn regions(&self, wave: usize) -> &[RegionId] {
        &self.strategy.waves[wave].regions
    }

    fn roll_out(&mut self, request: &RolloutRequest) -> Schedule {
        let all: Vec<Option<Carried>> = match request.defects.as_slice() {
            [] => vec![None],
            defects => defects.iter().copied().map(Some).collect(),
        };
        let mut runs: Vec<(Option<Carried>, Launched)> =
            all.into_iter().map(|defect| (defect, self.launch(request, defect, request.stop))).collect();
        let stopped =
            runs.iter().enumerate().filter_map(|(run, (_, it))| Some((it.outcome.rollback_ms?, run)));
        let (first, stop_ms) = stopped.min().map_or((0, None), |(stop_ms, run)| (run, Some(stop_ms)));
        if let (true, Some(stop_ms)) = (runs.len() > 1, stop_ms) {
            let stop = OutsideStop { at_ms: request.start_ms + stop_ms, roll_back: true };
            for (index, run) in runs.iter_mut().enumerate() {
                if index != first && run.1.outcome.rollback_ms != Some(stop_ms) {
                    run.1 = self.launch(request, run.0, Some(stop));
                }
            }
        }
        let mut harm = Harm::NONE;
        runs.iter().for_each(|(_, launched)| harm.add(&launched.outcome));
        let (defect, launched) = &runs[first];
        schedule(request, *defect, launched, harm)
    }
}

/// A rollout as the pipeline sees it.
fn schedule(request: &RolloutRequest, defect: Option<Carried>, launched: &Launched, harm: Harm) -> Schedule {
    let outcome = &launched.outcome;
    let why = match (launched.stopped_outside, defect, outcome.ending) {
        (true, ..) => StopReason::Outside,
        (_, Some(carried), Ending::Caught | Ending::Recalled) => StopReason::Defect(carried.change),
        _ => StopReason::FalseAlarm,
    };
    let stopped = outcome.rollback_ms.map(|stop_ms| ScheduledStop {
        at_ms: request.start_ms + stop_ms,
        why,
        component: 0,
        settled_ms: request.start_ms + outcome.end_ms,
    });
    Schedule {
        waves: launched.waves.iter().map(|wave| wave_schedule(request.start_ms, wave)).collect(),
        stopped,
        brought_ms: vec![Some(request.start_ms); request.defects.len()],
        harm,
    }
}

/// A wave of a rollout that began at `start_ms`. Where deployments, bakes and waits alternate, they are counted in this
/// order.
fn wave_schedule(start_ms: u64, wave: &WaveTimes) -> WaveRun {
    let approved_ms = wave.end_ms - wave.closed_ms.min(wave.end_ms - wave.start_ms);
    let baked_ms = approved_ms - wave.gate_ms.min(approved_ms - wave.start_ms);
    let deployed_ms = baked_ms - wave.bake_ms.min(baked_ms - wave.start_ms);
    WaveRun {
        start_ms: start_ms + wave.start_ms,
        deployed_ms: start_ms + deployed_ms,
        baked_ms: start_ms + baked_ms,
        approved_ms: start_ms + approved_ms,
        end_ms: Some(start_ms + wave.end_ms),
    }
}
