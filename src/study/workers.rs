//! Simulates trials in parallel, in chunks, and hands them back in order: rollouts and pipelines alike. The only file
//! of the library that runs things at once, in the rayon pool that it is called in. Knows neither outcomes nor estimates.

use super::progress::{Progress, Stopped};
use crate::rollout::TooCostly;
use crate::sim::budget::unless_interrupted;
use rayon::prelude::*;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What simulates one kind of trial. What a trial is depends on its strategy and number alone, never on the worker that simulates it.
pub(super) trait Simulator: Sync {
    /// What one trial gives.
    type Outcome: Send;
    /// What simulates one trial after another: buffers and tables that are worth keeping.
    type Worker: Send;
    /// Trials that one task simulates in sequence; part of no result.
    const CHUNK: u64;

    /// A worker that has done nothing yet.
    fn worker(&self) -> Self::Worker;

    /// Simulates one trial of a strategy (an index), perhaps until it is interrupted.
    ///
    /// # Errors
    /// If the trial goes beyond its budget.
    fn simulate(
        &self,
        worker: &mut Self::Worker,
        strategy: usize,
        trial: u64,
    ) -> Result<Self::Outcome, TooCostly>;
}

/// Outcomes that were simulated together, in the order of trials, each time with their strategy.
pub(super) type Chunks<T> = Vec<(usize, Vec<T>)>;

/// Workers for one kind of trial, and who waits for them.
pub(super) struct Workers<'w, S: Simulator> {
    simulator: S,
    progress: &'w dyn Progress,
    /// Those that are not at work.
    idle: Mutex<Vec<S::Worker>>,
    /// The first trial, in order, of those that were given up.
    costly: Mutex<Option<(usize, TooCostly)>>,
}

impl<'w, S: Simulator> Workers<'w, S> {
    /// Workers that are made when they are needed.
    pub fn new(simulator: S, progress: &'w dyn Progress) -> Self {
        Self { simulator, progress, idle: Mutex::default(), costly: Mutex::default() }
    }

    /// Simulates trials of strategies. What `finish` makes of a chunk comes back with its strategy, in the order of
    /// `wanted` and then of trials. Once it is to stop, chunks are cut short: the caller has to [`Workers::check`].
    pub fn simulate<R: Send>(
        &self,
        wanted: &[(usize, Range<u64>)],
        finish: impl Fn(Vec<S::Outcome>) -> R + Sync,
    ) -> Vec<(usize, R)> {
        let in_chunks = |(strategy, trials): &(usize, Range<u64>)| {
            let (strategy, end) = (*strategy, trials.end);
            let firsts = trials.clone().step_by(S::CHUNK as usize);
            firsts.map(move |first| (strategy, first..(first + S::CHUNK).min(end)))
        };
        let chunks: Vec<(usize, Range<u64>)> = wanted.iter().flat_map(in_chunks).collect();
        let simulated = chunks.into_par_iter().map(|(strategy, trials)| {
            let count = trials.end - trials.start;
            let finished = finish(self.chunk(strategy, trials));
            self.progress.done(count);
            (strategy, finished)
        });
        simulated.collect()
    }

    /// Simulates what the rows of some `strategies` lack to have `until` trials; `have` says how many a row has.
    ///
    /// # Errors
    /// When `progress` cancels it or a trial goes beyond its budget: then rows would have gaps.
    pub fn complete(
        &self,
        strategies: &[usize],
        have: impl Fn(usize) -> usize,
        until: u64,
    ) -> Result<Chunks<S::Outcome>, Stopped> {
        let missing = |&strategy: &usize| (strategy, have(strategy) as u64..until);
        let done = self.simulate(&strategies.iter().map(missing).collect::<Vec<_>>(), |outcomes| outcomes);
        self.check().map(|()| done)
    }

    /// Whether everything was simulated that was asked for.
    ///
    /// # Errors
    /// When `progress` cancels it or a trial went beyond its budget.
    pub fn check(&self) -> Result<(), Stopped> {
        match &*self.costly() {
            Some((_, costly)) => Err(Stopped::TooCostly(costly.clone())),
            None => Stopped::check(self.progress),
        }
    }

    /// The sum of a number over all workers, none of which is at work.
    pub fn at_rest(&self, number: impl Fn(&S::Worker) -> u64) -> u64 {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.iter().map(number).sum()
    }

    fn costly(&self) -> MutexGuard<'_, Option<(usize, TooCostly)>> {
        self.costly.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers a trial that was given up.
    fn give_up(&self, strategy: usize, costly: TooCostly) {
        let mut first = self.costly();
        let is_first = |(other, it): &(usize, TooCostly)| (strategy, costly.trial) < (*other, it.trial);
        if first.as_ref().is_none_or(is_first) {
            *first = Some((strategy, costly));
        }
    }

    fn chunk(&self, strategy: usize, trials: Range<u64>) -> Vec<S::Outcome> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let spare = idle().pop();
        let mut worker = spare.unwrap_or_else(|| self.simulator.worker());
        let going = trials.take_while(|_| !self.progress.is_cancelled() && self.costly().is_none());
        let outcomes = going
            .map_while(|trial| {
                self.progress.begins(strategy, trial);
                let simulated = unless_interrupted(|| self.simulator.simulate(&mut worker, strategy, trial))?;
                simulated.map_err(|costly| self.give_up(strategy, costly)).ok()
            })
            .collect();
        idle().push(worker);
        outcomes
    }
}
