//! A few rollouts with a bad change, for what no closed form says. They are trials of the study itself, so that what they
//! show is what a run shows; they judge nothing.

use crate::ids::DefectId;
use crate::outcome::Ending;
use crate::plan::Plan;
use crate::plan::strata::ChangeKind;
use crate::rollout::{Engine, Model, RolloutEvent};
use crate::sim::budget::OverBudget;
use crate::sim::{Recorder, Silent};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Bad changes that one look takes at most.
pub(super) const BAD_TRIALS: usize = 8;

/// Good changes that one look takes at most.
const GOOD_TRIALS: usize = 16;

/// Trials among which they are looked for: a study whose changes are hardly ever bad may not have so many.
const TRIALS: u64 = 256;

/// Hosts of the largest fleet that is rehearsed: `check` answers at once.
const LARGEST_FLEET: u64 = 1_000_000;

/// Trials of one defect, for a share of them.
const OF_A_DEFECT: u64 = 40;

/// Events of a rehearsed trial: `check` answers at once, whatever the plan.
pub(super) const EVENT_LIMIT: u64 = 250_000;

/// Trials that are rehearsed for what they cost.
const COST_TRIALS: u64 = 8;

/// Whether a plan is rehearsed: only then is it worth a model.
pub(super) fn is_rehearsed(plan: &Plan) -> bool {
    plan.fleet.hosts() <= LARGEST_FLEET
}

/// Rehearses rollouts of one plan.
pub(super) struct Rehearsal<'m> {
    model: &'m Model<'m>,
    engine: RefCell<Engine<'m>>,
    /// What was rehearsed, by strategy and trial: several lints ask for the same ones.
    seen: RefCell<BTreeMap<(usize, u64), Result<RehearsedTrial, OverBudget>>>,
}

/// One rehearsed rollout.
#[derive(Debug, Clone, Copy)]
struct RehearsedTrial {
    /// Its change was bad.
    is_bad: bool,
    ending: Ending,
    events: u64,
}

/// What the first trials under one strategy cost.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct RehearsedCost {
    /// How many trials they are.
    pub trials: u64,
    /// Events of all of them, at least.
    pub events: u64,
    /// The first that had more events than a rehearsal may, and why.
    pub over: Option<(u64, OverBudget)>,
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
        Self {
            model,
            engine: RefCell::new(Engine::new(model).with_event_limit(EVENT_LIMIT)),
            seen: RefCell::default(),
        }
    }

    /// The first bad changes under the strategy, until `enough`.
    pub fn fates(&self, strategy: usize, enough: impl Fn(Fates) -> bool) -> Fates {
        let mut fates = Fates::default();
        let mut firsts = self.firsts(strategy, Self::may_be_bad);
        while fates.bad < BAD_TRIALS && !enough(fates) {
            let Some(seen) = firsts.next() else { break };
            fates.bad += usize::from(seen.is_bad);
            fates.escaped += usize::from(seen.ending == Ending::Escaped);
        }
        fates
    }

    /// The first good changes under the strategy, and how many of them did not get through; none if trials are too large.
    pub fn good(&self, strategy: usize) -> (usize, usize) {
        let all = self.firsts(strategy, Self::may_be_good).filter(|seen| !seen.is_bad).take(GOOD_TRIALS);
        all.fold((0, 0), |(good, stopped), seen| {
            (good + 1, stopped + usize::from(seen.ending == Ending::FalseRollback))
        })
    }

    /// The first trials under the strategy whose changes may be of a kind. Where one is too large to be rehearsed others are
    /// too, and nothing is known of them.
    fn firsts(
        &self,
        strategy: usize,
        may_be: impl Fn(&Self, u64) -> bool,
    ) -> impl Iterator<Item = RehearsedTrial> {
        let trials = 0..TRIALS.min(self.model.plan.study.trials);
        let trials = trials.filter(move |&trial| may_be(self, trial));
        trials.map_while(move |trial| self.seen(strategy, trial).ok())
    }

    /// In how many trials with the defect, and of how many, the second wave began without an alarm before; with one wave
    /// the rollout was over. None if no stratum is the defect's alone, or trials are too large.
    pub fn past_first_wave(&self, strategy: usize, defect: DefectId) -> Option<(u64, u64)> {
        let trials = (0..).filter(|&trial| defect_of(self.kind(trial)) == Some(defect));
        let trials = trials.take(OF_A_DEFECT as usize);
        let is_drawn = self.model.strata.list().iter().any(|stratum| defect_of(stratum.kind) == Some(defect));
        if !is_drawn {
            return None;
        }
        let mut unseen = 0;
        for trial in trials {
            unseen += u64::from(self.passes(strategy, trial)?);
        }
        Some((unseen, OF_A_DEFECT))
    }

    /// What the first trials under the strategy cost, whether their changes are bad or not.
    pub fn cost(&self, strategy: usize) -> RehearsedCost {
        let mut cost = RehearsedCost::default();
        for trial in 0..COST_TRIALS.min(self.model.plan.study.trials) {
            cost.trials += 1;
            match self.seen(strategy, trial) {
                Ok(seen) => cost.events += seen.events,
                Err(over) => {
                    cost.events += EVENT_LIMIT;
                    cost.over = Some((trial, over));
                    break;
                }
            }
        }
        cost
    }

    /// The defect that a trial's change carries, where that is not left to chance.
    pub fn defect(&self, trial: u64) -> Option<DefectId> {
        defect_of(self.kind(trial))
    }

    fn passes(&self, strategy: usize, trial: u64) -> Option<bool> {
        let mut recorder = Recorder::default();
        let outcome = self.engine.borrow_mut().try_run(strategy, trial, &mut recorder).ok()?;
        let second = |event: &RolloutEvent| matches!(event, RolloutEvent::WaveStarted { wave: 1 });
        let records = recorder.into_records();
        let second_ms = records.iter().find(|record| second(&record.event)).map(|record| record.at_ms);
        let is_late = |alarm_ms| second_ms.is_some_and(|second_ms| alarm_ms >= second_ms);
        Some(outcome.alarm_ms.is_none_or(is_late))
    }

    fn seen(&self, strategy: usize, trial: u64) -> Result<RehearsedTrial, OverBudget> {
        *self.seen.borrow_mut().entry((strategy, trial)).or_insert_with(|| {
            let mut engine = self.engine.borrow_mut();
            let before = engine.events();
            let outcome = engine.try_run(strategy, trial, &mut Silent).map_err(|costly| costly.over)?;
            let events = engine.events() - before;
            Ok(RehearsedTrial { is_bad: outcome.is_bad(), ending: outcome.ending, events })
        })
    }

    fn kind(&self, trial: u64) -> ChangeKind {
        let strata = &self.model.strata;
        strata.list()[strata.place(trial).stratum].kind
    }

    fn may_be_good(&self, trial: u64) -> bool {
        match self.kind(trial) {
            ChangeKind::Good => true,
            ChangeKind::Any => self.model.plan.change.bad_probability < 1.0,
            ChangeKind::Bad { .. } => false,
        }
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
