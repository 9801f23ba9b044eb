//! A few rollouts with a bad change, for what no closed form says. They are trials of the study itself, so that what they
//! show is what a run shows; they judge nothing.

use crate::ids::DefectId;
use crate::outcome::{Ending, Outcome};
use crate::plan::Plan;
use crate::plan::strata::{ChangeKind, Strata};
use crate::rollout::{Engine, Model, RolloutEvent};
use crate::sim::{Recorder, Silent};
use std::cell::RefCell;

/// Bad changes that one look takes at most.
pub(super) const BAD_TRIALS: usize = 8;

/// Trials among which they are looked for: a study whose changes are hardly ever bad may not have so many.
const TRIALS: u64 = 256;

/// Hosts of the largest fleet that is rehearsed: `check` answers at once.
const LARGEST_FLEET: u64 = 1_000_000;

/// Trials of one defect, for a share of them.
const OF_A_DEFECT: u64 = 40;

/// Rehearses rollouts of one plan.
pub(super) struct Rehearsal<'p> {
    plan: &'p Plan,
    engine: RefCell<Engine<'p>>,
    strata: Strata,
}

/// What became of the first bad changes of a study under one strategy.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Fates {
    /// How many there were.
    pub bad: usize,
    /// How many of them nobody stopped or took back.
    pub escaped: usize,
}

impl<'p> Rehearsal<'p> {
    /// Nothing rehearsed yet.
    pub fn new(model: &'p Model<'p>, plan: &'p Plan) -> Self {
        Self { plan, engine: RefCell::new(Engine::new(model)), strata: Strata::of(plan) }
    }

    /// The first bad changes under the strategy, until `enough`.
    pub fn fates(&self, strategy: usize, enough: impl Fn(Fates) -> bool) -> Fates {
        let mut fates = Fates::default();
        if self.plan.fleet.hosts() > LARGEST_FLEET {
            return fates;
        }
        for trial in (0..TRIALS.min(self.plan.study.trials)).filter(|&trial| self.may_be_bad(trial)) {
            if fates.bad == BAD_TRIALS || enough(fates) {
                break;
            }
            let outcome = self.run(strategy, trial);
            fates.bad += usize::from(outcome.is_bad());
            fates.escaped += usize::from(outcome.ending == Ending::Escaped);
        }
        fates
    }

    /// In how many trials with the defect, and of how many, the second wave began without an alarm before; with one wave
    /// the rollout was over. None if no stratum is the defect's alone.
    pub fn past_first_wave(&self, strategy: usize, defect: DefectId) -> Option<(u64, u64)> {
        let trials = (0..).filter(|&trial| self.kind(trial) == Some(defect)).take(OF_A_DEFECT as usize);
        let is_drawn = self.strata.list().iter().any(|stratum| defect_of(stratum.kind) == Some(defect));
        let unseen = || trials.filter(|&trial| self.passes(strategy, trial)).count() as u64;
        (is_drawn && self.plan.fleet.hosts() <= LARGEST_FLEET).then(|| (unseen(), OF_A_DEFECT))
    }

    fn passes(&self, strategy: usize, trial: u64) -> bool {
        let mut recorder = Recorder::default();
        let outcome = self.engine.borrow_mut().run(strategy, trial, &mut recorder);
        let second = |event: &RolloutEvent| matches!(event, RolloutEvent::WaveStarted { wave: 1 });
        let records = recorder.into_records();
        let second_ms = records.iter().find(|record| second(&record.event)).map(|record| record.at_ms);
        outcome.alarm_ms.is_none_or(|alarm_ms| second_ms.is_some_and(|second_ms| alarm_ms >= second_ms))
    }

    fn run(&self, strategy: usize, trial: u64) -> Outcome {
        self.engine.borrow_mut().run(strategy, trial, &mut Silent)
    }

    fn kind(&self, trial: u64) -> Option<DefectId> {
        defect_of(self.strata.list()[self.strata.place(trial).stratum].kind)
    }

    fn may_be_bad(&self, trial: u64) -> bool {
        match self.strata.list()[self.strata.place(trial).stratum].kind {
            ChangeKind::Good => false,
            ChangeKind::Any => self.plan.change.bad_probability > 0.0,
            ChangeKind::Bad { .. } => true,
        }
    }
}

fn defect_of(kind: ChangeKind) -> Option<DefectId> {
    match kind {
        ChangeKind::Bad { defect, .. } => Some(defect),
        ChangeKind::Any | ChangeKind::Good => None,
    }
}
