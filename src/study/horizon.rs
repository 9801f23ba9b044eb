//! A study of pipelines: every strategy as production of the same pipeline, over several horizons, in parallel. Trial t has
//! the same merges, reviews and stages' luck for every strategy.

use super::Watcher;
use crate::engine::Model;
use crate::horizon::{self, Rollouts};
use crate::outcome::horizon::HorizonOutcome;
use crate::plan::{Horizon, Pipeline, Plan};
use rayon::prelude::*;
use std::sync::atomic::{AtomicBool, Ordering};

/// The horizons of a study: `by_strategy[strategy][trial]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Horizons {
    /// One row per strategy in plan order, one outcome per trial in trial order.
    pub by_strategy: Vec<Vec<HorizonOutcome>>,
}

/// Simulates `trials` horizons of every strategy. Setting `cancel` makes it return none, after the horizon that each
/// worker is in.
pub fn run(
    plan: &Plan,
    horizon: &Horizon,
    trials: u64,
    cancel: &AtomicBool,
    watcher: &dyn Watcher,
) -> Option<Horizons> {
    let model = Model::new(plan);
    let pipelines: Vec<Pipeline> =
        plan.strategies.iter().map(|strategy| horizon.with_waves(&strategy.waves)).collect();
    let strategies = plan.strategies.len();
    watcher.planned(trials * strategies as u64);
    let jobs: Vec<(usize, u64)> =
        (0..strategies).flat_map(|strategy| (0..trials).map(move |trial| (strategy, trial))).collect();
    let done: Vec<Option<HorizonOutcome>> = jobs
        .par_iter()
        .map(|&(strategy, trial)| {
            if cancel.load(Ordering::Relaxed) {
                return None;
            }
            let mut production = Rollouts::new(&model, strategy, trial, 0);
            let outcome = horizon::run(&pipelines[strategy], &mut production, plan.study.seed, trial);
            watcher.done(1);
            Some(outcome)
        })
        .collect();
    let mut done = done.into_iter();
    let mut row = || (0..trials).map(|_| done.next().flatten()).collect::<Option<Vec<_>>>();
    let by_strategy = (0..strategies).map(|_| row()).collect::<Option<Vec<_>>>()?;
    Some(Horizons { by_strategy })
}
