//! A study: every strategy on the same seeds, in parallel. The only module that names rayon.

pub mod notable;
pub mod summary;
pub mod threshold;

pub use summary::{Summary, summarise};

use crate::engine::trace::Silent;
use crate::engine::{Engine, Model};
use crate::outcome::Outcome;
use crate::plan::Plan;
use rayon::prelude::*;
use std::sync::atomic::{AtomicBool, Ordering};

/// Trials that one task simulates in sequence; part of no result.
const CHUNK_TRIALS: u64 = 256;

/// The outcomes of a study: `outcomes[strategy][trial]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcomes {
    /// One row per strategy in plan order, one outcome per trial in trial order.
    pub by_strategy: Vec<Vec<Outcome>>,
}

/// Simulates `plan.study.trials` rollouts of every strategy. `done` is told how many rollouts were
/// finished since it was last told; setting `cancel` makes the study return none.
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
                if cancel.load(Ordering::Relaxed) {
                    return Vec::new();
                }
                let last = (first + CHUNK_TRIALS).min(plan.study.trials);
                let outcomes = (first..last).map(|trial| engine.run(strategy, trial, &mut Silent)).collect();
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
