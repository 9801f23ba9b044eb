//! A study: every strategy on the same seeds, in parallel. The only module that names rayon.

pub mod compare;
pub mod notable;
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

/// The outcomes of a study: `outcomes[strategy][trial]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcomes {
    /// One row per strategy in plan order, one outcome per trial in trial order.
    pub by_strategy: Vec<Vec<Outcome>>,
}

/// Simulates `plan.study.trials` rollouts of every strategy. `done` is told how many rollouts were
/// finished since it was last told; setting `cancel` makes the study return none, after the trial that
/// each worker is in.
pub fn run(plan: &Plan, cancel: &AtomicBool, done: &(dyn Fn(u64) + Sync)) -> Option<Outcomes> {
    let model = Model::new(plan);
    let chunks: Vec<(usize, u64)> = (0..plan.strategies.len())
        .flat_map(|strategy| {
            (0..plan.study.trials).step_by(CHUNK_TRIALS as usize).map(move |first| (strategy, first))
        })
        .collect();
    let finished: Vec<Vec<Outcome>> = chunks
        .par_iter()
        .map_init(
            || Engine::new(&model),
            |engine, &(strategy, first)| {
                let last = (first + CHUNK_TRIALS).min(plan.study.trials);
                let outcomes = (first..last)
                    .take_while(|_| !cancel.load(Ordering::Relaxed))
                    .map(|trial| {
                        CURRENT.set(Some((strategy, trial)));
                        engine.run(strategy, trial, &mut Silent)
                    })
                    .collect();
                done(last - first);
                outcomes
            },
        )
        .collect();
    if cancel.load(Ordering::Relaxed) {
        return None;
    }
    let mut by_strategy = vec![Vec::with_capacity(plan.study.trials as usize); plan.strategies.len()];
    for ((strategy, _), outcomes) in chunks.into_iter().zip(finished) {
        by_strategy[strategy].extend(outcomes);
    }
    Some(Outcomes { by_strategy })
}
