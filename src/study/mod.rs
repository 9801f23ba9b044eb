//! A study: every strategy on the same seeds, in parallel. The only module that names rayon.

mod aggregates;
pub mod baseline;
pub mod compare;
pub mod difference;
mod estimate;
pub mod expectation;
mod fingerprint;
pub mod gather;
mod guard;
mod judgement;
pub mod notable;
pub mod pipeline;
pub mod pipeline_summary;
pub mod pipeline_without;
pub mod policy_summary;
pub mod precision;
mod row;
mod sampling;
pub mod summary;
pub mod threshold;
mod trials;
pub mod verdict;

pub use aggregates::Aggregates;
pub use summary::{Summary, summarise};

use crate::outcome::Outcome;
use crate::plan::Plan;
use crate::rollout::trace::Silent;
use crate::rollout::{Engine, Model};
use rayon::prelude::*;
use std::cell::Cell;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// Trials that one task simulates in sequence; part of no result.
const CHUNK_TRIALS: u64 = 64;

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
#[derive(Debug)]
pub struct Weights {
    sampling: sampling::Sampling,
    by_stratum: Vec<f64>,
}

impl Weights {
    /// The weights of a study of `plan` with so many trials.
    #[must_use]
    pub fn new(plan: &Plan, trials: u64) -> Self {
        let sampling = sampling::Sampling::new(plan, trials);
        Self { by_stratum: sampling.weights(), sampling }
    }

    /// The weight of a trial of each stratum.
    #[must_use]
    pub fn by_stratum(&self) -> &[f64] {
        &self.by_stratum
    }

    /// The stratum of a trial.
    #[must_use]
    pub fn stratum(&self, trial: u64) -> usize {
        self.sampling.stratum(trial)
    }
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

/// Simulates the study and keeps every outcome: `plan.study.trials` rollouts of every strategy, and more in
/// rounds until the precision that the plan asks for is reached. Setting `cancel` makes the study return
/// none, after the trial that each worker is in. [`gather::gather`] needs less memory.
pub fn run(plan: &Plan, cancel: &AtomicBool, watcher: &dyn Watcher) -> Option<Outcomes> {
    let model = Model::new(plan);
    let every: Vec<usize> = (0..plan.strategies.len()).collect();
    let mut outcomes = Outcomes::none(every.len());
    let mut trials = plan.study.trials;
    loop {
        watcher.planned(trials * every.len() as u64);
        extend(&model, Evaluations::Promising, &mut outcomes, &every, trials, cancel, watcher)?;
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
    let work = Work::new(model, evaluations, cancel, watcher);
    let missing = |&strategy: &usize| (strategy, outcomes.by_strategy[strategy].len() as u64..trials);
    let wanted: Vec<_> = strategies.iter().map(missing).collect();
    let finished = work.simulate(&wanted, |outcomes| outcomes);
    if work.is_cancelled() {
        return None;
    }
    for (strategy, chunk) in finished {
        outcomes.by_strategy[strategy].extend(chunk);
    }
    Some(())
}

/// What simulates trials, and who may stop it.
struct Work<'w> {
    model: &'w Model<'w>,
    evaluations: Evaluations,
    cancel: &'w AtomicBool,
    watcher: &'w dyn Watcher,
    /// Engines that are not at work: their buffers are worth keeping.
    idle: Mutex<Vec<Engine<'w>>>,
}

impl<'w> Work<'w> {
    fn new(
        model: &'w Model<'w>,
        evaluations: Evaluations,
        cancel: &'w AtomicBool,
        watcher: &'w dyn Watcher,
    ) -> Self {
        Self { model, evaluations, cancel, watcher, idle: Mutex::default() }
    }

    fn is_cancelled(&self) -> bool {
        self.cancel.load(Ordering::Relaxed)
    }

    /// Simulates trials of strategies in chunks, in parallel. What `finish` makes of a chunk comes back with
    /// its strategy, in the order of `wanted` and then of trials. Once cancelled, chunks are cut short.
    fn simulate<T: Send>(
        &self,
        wanted: &[(usize, Range<u64>)],
        finish: impl Fn(Vec<Outcome>) -> T + Sync,
    ) -> Vec<(usize, T)> {
        let in_chunks = |(strategy, trials): &(usize, Range<u64>)| {
            let (strategy, end) = (*strategy, trials.end);
            let firsts = trials.clone().step_by(CHUNK_TRIALS as usize);
            firsts.map(move |first| (strategy, first..(first + CHUNK_TRIALS).min(end)))
        };
        let chunks: Vec<(usize, Range<u64>)> = wanted.iter().flat_map(in_chunks).collect();
        let simulated = chunks.into_par_iter().map(|(strategy, trials)| {
            let count = trials.end - trials.start;
            let finished = finish(self.chunk(strategy, trials));
            self.watcher.done(count);
            (strategy, finished)
        });
        simulated.collect()
    }

    fn chunk(&self, strategy: usize, trials: Range<u64>) -> Vec<Outcome> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let spare = idle().pop();
        let mut engine = spare.unwrap_or_else(|| self.evaluations.engine(self.model));
        let going = trials.take_while(|_| !self.is_cancelled());
        let outcomes = going
            .map(|trial| {
                CURRENT.set(Some((strategy, trial)));
                engine.run(strategy, trial, &mut Silent)
            })
            .collect();
        idle().push(engine);
        outcomes
    }
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
