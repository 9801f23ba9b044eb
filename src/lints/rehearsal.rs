//! A few rollouts with a bad change, for what no closed form says. They are trials of the study itself, so that what they
//! show is what a run shows; they judge nothing.

use crate::ids::DefectId;
use crate::outcome::Ending;
use crate::plan::Plan;
use crate::plan::strata::ChangeKind;
use crate::rollout::{Engine, Model, RolloutEvent};
use crate::sim::{Recorder, Silent};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Bad changes that one look takes at most.
pub(super) const BAD_TRIALS: usize = 8;

/// Trials among which they are looked for: a study whose changes are hardly ever bad may not have so many.
const TRIALS: u64 = 256;

/// Hosts of the largest fleet that is rehearsed: `check` answers at once.
const LARGEST_FLEET: u64 = 1_000_000;

/// Trials of one defect, for a share of them.
const OF_A_DEFECT: u64 = 40;

/// Whether a plan is rehearsed: only then is it worth a model.
pub(super) fn is_rehearsed(plan: &Plan) -> bool {
    plan.fleet.hosts() <= LARGEST_FLEET
}

/// Rehearses rollouts of one plan.
pub(super) struct Rehearsal<'m> {
    model: &'m Model<'m>,
    engine: RefCell<Engine<'m>>,
    /// Whether a change was bad and how its rollout ended, by strategy and trial: several lints ask for the same ones.
    endings: RefCell<BTreeMap<(usize, u64), (bool, Ending)>>,
}

/// What became of the first bad changes of a study under one strategy.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Fates {
    /// How many there were.
    pub bad: usize,
    /// How many of them nobody stopped or took back.
    pub escaped: usize,
}

impl<'m> Rehearsal<'m> {
    /// Nothing rehearsed yet.
    pub fn new(model: &'m Model<'m>) -> Self {
        Self { model, engine: RefCell::new(Engine::new(model)), endings: RefCell::default() }
    }

    /// The first bad changes under the strategy, until `enough`.
    pub fn fates(&self, strategy: usize, enough: impl Fn(Fates) -> bool) -> Fates {
        let mut fates = Fates::default();
        for trial in (0..TRIALS.min(self.model.plan.study.trials)).filter(|&trial| self.may_be_bad(trial)) {
            if fates.bad == BAD_TRIALS || enough(fates) {
                break;
            }
            let (is_bad, ending) = self.ending(strategy, trial);
            fates.bad += usize::from(is_bad);
            fates.escaped += usize::from(ending == Ending::Escaped);
        }
        fates
    }

    /// In how many trials with the defect, and of how many, the second wave began without an alarm before; with one wave
    /// the rollout was over. None if no stratum is the defect's alone.
    pub fn past_first_wave(&self, strategy: usize, defect: DefectId) -> Option<(u64, u64)> {
        let trials = (0..).filter(|&trial| defect_of(self.kind(trial)) == Some(defect));
        let trials = trials.take(OF_A_DEFECT as usize);
        let is_drawn = self.model.strata.list().iter().any(|stratum| defect_of(stratum.kind) == Some(defect));
        let unseen = || trials.filter(|&trial| self.passes(strategy, trial)).count() as u64;
        is_drawn.then(|| (unseen(), OF_A_DEFECT))
    }

    fn passes(&self, strategy: usize, trial: u64) -> bool {
        let mut recorder = Recorder::default();
        let outcome = self.engine.borrow_mut().run(strategy, trial, &mut recorder);
        let second = |event: &RolloutEvent| matches!(event, RolloutEvent::WaveStarted { wave: 1 });
        let records = recorder.into_records();
        let second_ms = records.iter().find(|record| second(&record.event)).map(|record| record.at_ms);
        outcome.alarm_ms.is_none_or(|alarm_ms| second_ms.is_some_and(|second_ms| alarm_ms >= second_ms))
    }

    fn ending(&self, strategy: usize, trial: u64) -> (bool, Ending) {
        *self.endings.borrow_mut().entry((strategy, trial)).or_insert_with(|| {
            let outcome = self.engine.borrow_mut().run(strategy, trial, &mut Silent);
            (outcome.is_bad(), outcome.ending)
        })
    }

    fn kind(&self, trial: u64) -> ChangeKind {
        let strata = &self.model.strata;
        strata.list()[strata.place(trial).stratum].kind
    }

    fn may_be_bad(&self, trial: u64) -> bool {
        match self.kind(trial) {
            ChangeKind::Good => false,
            ChangeKind::Any => self.model.plan.change.bad_probability > 0.0,
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
