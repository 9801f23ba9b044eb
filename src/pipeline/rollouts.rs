//! Production as the engine simulates it: real waves, alarms, bakes and rollbacks of one strategy.
//!
//! A revision with several defects is rolled out once for each, under the same luck: the first alarm stops it, and the
//! others are asked again with that stop, so that harm counts until then. What a defect that got through does after
//! its rollout is up to the study's `observe-after`.

use super::production::{Ask, Carried, Production, Rollout, Stop, WaveRun, Why};
use crate::outcome::Ending;
use crate::outcome::pipeline::Harm;
use crate::plan::Strategy;
use crate::random::mix;
use crate::rollout::launch::{DrawSource, Gate, Launch, Launched, OutsideStop};
use crate::rollout::{Engine, Model};

/// One strategy's production in one trial of a pipeline.
#[derive(Debug)]
pub struct Rollouts<'m> {
    engine: Engine<'m>,
    strategy: &'m Strategy,
    trial: u64,
    /// The horizon's start in milliseconds since a UTC midnight.
    epoch_ms: u64,
    /// Tells the luck of a fleet that is not production from that of production.
    place: Option<u64>,
}

/// Bits of a key that tell attempts of one revision apart.
const ATTEMPT_BITS: u32 = 8;

impl<'m> Rollouts<'m> {
    /// The production of `strategy` (an index) in trial `trial`. The horizon's first instant is `epoch_ms` after a UTC
    /// midnight.
    #[must_use]
    pub fn new(model: &'m Model<'m>, strategy: usize, trial: u64, epoch_ms: u64) -> Self {
        Self::by(model, &model.plan.strategies[strategy], trial, epoch_ms)
    }

    /// The production by a strategy that the model's plan uses.
    #[must_use]
    pub fn by(model: &'m Model<'m>, strategy: &'m Strategy, trial: u64, epoch_ms: u64) -> Self {
        Self { engine: Engine::new(model), strategy, trial, epoch_ms, place: None }
    }

    /// Rollouts on a fleet that is not production, called `place` in stream keys, in trial `trial`. The horizon begins at
    /// midnight UTC.
    pub(super) fn elsewhere(model: &'m Model<'m>, strategy: usize, trial: u64, place: u64) -> Self {
        Self { place: Some(place), ..Self::new(model, strategy, trial, 0) }
    }

    /// The same production in another trial: what its engine has looked up stays.
    pub(super) fn turn_to(&mut self, trial: u64) {
        self.trial = trial;
    }

    /// Which random draws the rollout of what is asked meets.
    fn draws(&self, ask: &Ask) -> DrawSource {
        match self.place {
            // The source's first change has the luck of the study's trial: a horizon of one change is that trial.
            None if ask.key == 0 && ask.attempt == 0 => DrawSource::Trial(self.trial),
            None => {
                let key = ask.key << ATTEMPT_BITS | u64::from(ask.attempt);
                DrawSource::Revision { trial: self.trial, key }
            }
            Some(place) => {
                let key = mix(&[place, ask.key, u64::from(ask.attempt)]);
                DrawSource::Revision { trial: self.trial, key }
            }
        }
    }

    /// The rollout of what is asked with one of its defects, or none, and perhaps another stop.
    fn launch(&mut self, ask: &Ask, defect: Option<Carried>, stop: Option<Stop>) -> Launched {
        let start_ms = ask.start_ms;
        let launch = Launch {
            draws: self.draws(ask),
            defect: defect.map(|carried| carried.class),
            start_utc_ms: self.epoch_ms + start_ms,
            bakes: ask.bakes,
            gate: ask,
            stop: stop.map(|stop| OutsideStop {
                at_ms: stop.at_ms.saturating_sub(start_ms),
                roll_back: stop.roll_back,
            }),
            back_from_ms: ask.back_from_ms.saturating_sub(start_ms),
        };
        self.engine.launch(self.strategy, &launch)
    }
}

/// Gates in the time of the rollout.
impl Gate for Ask<'_> {
    fn wave(&self, wave: usize, at_ms: u64) -> Option<u64> {
        Some(self.gates.opens(wave, self.start_ms + at_ms)? - self.start_ms)
    }

    fn region(&self, region: usize, at_ms: u64) -> Option<u64> {
        Some(self.gates.region_opens(region, self.start_ms + at_ms)? - self.start_ms)
    }
}

impl Production for Rollouts<'_> {
    fn waves(&self) -> usize {
        self.strategy.waves.len()
    }

    fn regions(&self, wave: usize) -> &[usize] {
        &self.strategy.waves[wave].regions
    }

    fn roll_out(&mut self, ask: &Ask) -> Rollout {
        let all: Vec<Option<Carried>> = match ask.defects.as_slice() {
            [] => vec![None],
            defects => defects.iter().copied().map(Some).collect(),
        };
        let mut runs: Vec<(Option<Carried>, Launched)> =
            all.into_iter().map(|defect| (defect, self.launch(ask, defect, ask.stop))).collect();
        let stop_of = |run: &(Option<Carried>, Launched)| run.1.outcome.rollback_ms.unwrap_or(u64::MAX);
        let first = (0..runs.len()).min_by_key(|&index| stop_of(&runs[index])).unwrap_or(0);
        if let (true, Some(stop_ms)) = (runs.len() > 1, runs[first].1.outcome.rollback_ms) {
            let stop = Stop { at_ms: ask.start_ms + stop_ms, roll_back: true };
            for (index, run) in runs.iter_mut().enumerate() {
                if index != first && run.1.outcome.rollback_ms != Some(stop_ms) {
                    run.1 = self.launch(ask, run.0, Some(stop));
                }
            }
        }
        let mut harm = Harm::default();
        runs.iter().for_each(|(_, launched)| harm.add(&launched.outcome));
        let (defect, launched) = &runs[first];
        timetable(ask, *defect, launched, harm)
    }
}

/// The line's view of a rollout.
fn timetable(ask: &Ask, defect: Option<Carried>, launched: &Launched, harm: Harm) -> Rollout {
    let at = |ms: u64| ask.start_ms + ms;
    let waves = launched.waves.iter().map(|wave| {
        // Where deployments, bakes and waits alternate, they are counted in this order.
        let closed_ms = wave.closed_ms.min(wave.end_ms - wave.start_ms);
        let worked_ms = wave.end_ms - closed_ms;
        WaveRun {
            start_ms: at(wave.start_ms),
            deployed_ms: at(worked_ms - wave.bake_ms.min(worked_ms - wave.start_ms)),
            closed_ms,
            end_ms: at(wave.end_ms),
        }
    });
    let outcome = &launched.outcome;
    let why = match (launched.stopped_outside, defect, outcome.ending) {
        (true, ..) => Why::Outside,
        (_, Some(carried), Ending::Caught | Ending::Recalled) => Why::Defect(carried.change),
        _ => Why::FalseAlarm,
    };
    let stopped = outcome.rollback_ms.map(|stop_ms| (at(stop_ms), why));
    Rollout {
        waves: waves.collect(),
        stopped,
        settled_ms: stopped.map_or(u64::MAX, |_| at(outcome.end_ms)),
        brought_ms: vec![ask.start_ms; ask.defects.len()],
        harm,
    }
}
