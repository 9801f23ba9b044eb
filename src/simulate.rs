//! One trial alone: the shortest way from a plan to an outcome. Many trials of a plan are a study's business, which keeps
//! the tables that are made here for each.

use crate::outcome::Outcome;
use crate::plan::Plan;
use crate::rollout::trace::{Observer, Record, Recorder};
use crate::rollout::{Engine, Model};

/// Simulates one trial of a strategy (an index of [`Plan::strategies`]) and tells `observer` what happens in it. The same
/// plan, strategy and trial give the same outcome, in a study of any size too, and whoever observes.
///
/// # Panics
/// If there is no such strategy.
pub fn simulate<O: Observer>(plan: &Plan, strategy: usize, trial: u64, observer: &mut O) -> Outcome {
    Engine::new(&Model::new(plan)).run(strategy, trial, observer)
}

/// As [`simulate`], with everything that happened, in order of time.
///
/// # Panics
/// If there is no such strategy.
#[must_use]
pub fn replay(plan: &Plan, strategy: usize, trial: u64) -> (Outcome, Vec<Record>) {
    let mut recorder = Recorder::default();
    let outcome = simulate(plan, strategy, trial, &mut recorder);
    (outcome, recorder.into_records())
}
