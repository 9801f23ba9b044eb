//! A study: every strategy on the same seeds, in parallel. The only module that names rayon.

pub mod baseline;
pub mod compare;
pub mod difference;
mod estimate;
pub mod expectation;
mod guard;
pub mod horizon;
pub mod horizon_summary;
pub mod horizon_without;
pub mod notable;
pub mod policy_summary;
pub mod precision;
mod row;
mod sampling;
pub mod summary;
pub mod threshold;

pub use summary::{Summary, summarise};

use crate::engine::trace::Silent;
use crate::engine::{Engine, Model};
use crate::outcome::Outcome;
use crate::plan::Plan;
use rayon::prelude::*;
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};

/// Trials that one task simulates in sequence; part of no result.
const CHUNK_TRIALS: u64 = 256;

thread_local! {
    static CURRENT: Cell<Option<(usize, u64)>> = const { Cell::new(None) };
}

/// The (strategy, trial) that this thread simulates or simulated last: tells which one a panic is about.
#[must_use]
pub fn current_trial() -> Option<(usize, u64)> {
    CURRENT.get()
}

/// Sets the number of worker threads; it changes how long a study takes and nothing else. Call it once,
/// before the first study.
///
/// # Errors
/// When the workers exist already or cannot be started.
pub fn configure_threads(threads: usize) -> std::io::Result<()> {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global().map_err(std::io::Error::other)
}

/// Which evaluations of alarms a study visits: a matter of speed, never of results. That is why no plan says it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Evaluations {
    /// Those that could breach.
    #[default]
    Promising,
    /// All of them, as a check on the search for those that could breach.
    All,
}

impl Evaluations {
    fn engine<'m>(self, model: &'m Model<'m>) -> Engine<'m> {
        match self {
            Self::Promising => Engine::new(model),
            Self::All => Engine::exhaustive(model),
        }
    }
}

/// The outcomes of a study: `outcomes[strategy][trial]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcomes {
    /// One row per strategy in plan order, one outcome per trial in trial order. All rows are equally long.
    pub by_strategy: Vec<Vec<Outcome>>,
}

impl Outcomes {
    /// No outcomes yet, for `strategies` strategies.
    #[must_use]
    pub fn none(strategies: usize) -> Self {
        Self { by_strategy: vec![Vec::new(); strategies] }
    }

    /// Trials of each strategy.
    #[must_use]
    pub fn trials(&self) -> u64 {
        self.by_strategy.first().map_or(0, |row| row.len() as u64)
    }
}

/// What each trial counts in an average over all changes: the same for every strategy, 1 in all.
#[must_use]
pub fn weights(plan: &Plan, outcomes: &Outcomes) -> Vec<f64> {
    let sampling = sampling::Sampling::of(plan, outcomes);
    (0..outcomes.trials()).map(|trial| sampling.weight(trial)).collect()
}

/// Somebody who waits for a study.
pub trait Watcher: Sync {
    /// So many rollouts are planned by now, those that are done included.
    fn planned(&self, rollouts: u64);
    /// So many more are done.
    fn done(&self, rollouts: u64);
}

/// Nobody waits.
#[derive(Debug, Clone, Copy)]
pub struct Nobody;

impl Watcher for Nobody {
    fn planned(&self, _: u64) {}
    fn done(&self, _: u64) {}
}

/// Simulates the study: `plan.study.trials` rollouts of every strategy, and more in rounds until the
/// precision that the plan asks for is reached. Setting `cancel` makes the study return none, after the
/// trial that each worker is in.
pub fn run(plan: &Plan, cancel: &AtomicBool, watcher: &dyn Watcher) -> Option<Outcomes> {
    run_with(plan, Evaluations::Promising, cancel, watcher)
}

/// [`run`], with a word on the evaluations of alarms that are visited. It changes how long a study takes and
/// no result.
pub fn run_with(
    plan: &Plan,
    evaluations: Evaluations,
    cancel: &AtomicBool,
    watcher: &dyn Watcher,
) -> Option<Outcomes> {
    let model = Model::new(plan);
    let every: Vec<usize> = (0..plan.strategies.len()).collect();
    let mut outcomes = Outcomes::none(every.len());
    let mut trials = plan.study.trials;
    loop {
        watcher.planned(trials * every.len() as u64);
        extend(&model, evaluations, &mut outcomes, &every, trials, cancel, watcher)?;
        match precision::next_round(plan, &outcomes) {
            Some(more) => trials = more,
            None => return Some(outcomes),
        }
    }
}

/// Adds trials to the rows of some `strategies` until they have `trials`. What a trial is does not depend
/// on how many rounds it took to get there.
fn extend(
    model: &Model,
    evaluations: Evaluations,
    outcomes: &mut Outcomes,
    strategies: &[usize],
    trials: u64,
    cancel: &AtomicBool,
    watcher: &dyn Watcher,
) -> Option<()> {
    let chunks: Vec<(usize, u64)> = strategies
        .iter()
        .flat_map(|&strategy| {
            let have = outcomes.by_strategy[strategy].len() as u64;
            (have..trials).step_by(CHUNK_TRIALS as usize).map(move |first| (strategy, first))
        })
        .collect();
    let finished: Vec<Vec<Outcome>> = chunks
        .par_iter()
        .map_init(
            || evaluations.engine(model),
            |engine, &(strategy, first)| {
                let last = (first + CHUNK_TRIALS).min(trials);
                let outcomes = (first..last)
                    .take_while(|_| !cancel.load(Ordering::Relaxed))
                    .map(|trial| {
                        CURRENT.set(Some((strategy, trial)));
                        engine.run(strategy, trial, &mut Silent)
                    })
                    .collect();
                watcher.done(last - first);
                outcomes
            },
        )
        .collect();
    if cancel.load(Ordering::Relaxed) {
        return None;
    }
    for ((strategy, _), chunk) in chunks.into_iter().zip(finished) {
        outcomes.by_strategy[strategy].extend(chunk);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_evaluations_are_more_events_and_the_same_outcome() {
        let plan = crate::scenario::load("scenarios/small.toml".as_ref()).plan.expect("a valid scenario");
        let model = Model::new(&plan);
        let [(few, lazy), (many, exhaustive)] =
            [Evaluations::Promising, Evaluations::All].map(|evaluations| {
                let mut engine = evaluations.engine(&model);
                let outcomes: Vec<Outcome> = (0..20).map(|trial| engine.run(0, trial, &mut Silent)).collect();
                (engine.events(), outcomes)
            });
        assert_eq!(lazy, exhaustive);
        // Most of these changes are caught within the hour; where none is, the factor is in the dozens.
        assert!(many > 3 * few, "{many} events instead of {few}");
    }
}
