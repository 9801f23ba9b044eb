//! Simulates trials in parallel, in chunks, and hands them back in order: rollouts and pipelines alike. The only file
//! of the library that runs things at once, in the rayon pool that it is called in. Knows neither outcomes nor estimates.

use super::progress::{Progress, Stopped};
use rayon::prelude::*;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

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

    /// Simulates one trial of a strategy (an index).
    fn simulate(&self, worker: &mut Self::Worker, strategy: usize, trial: u64) -> Self::Outcome;
}

/// Outcomes that were simulated together, in the order of trials, each time with their strategy.
pub(super) type Chunks<T> = Vec<(usize, Vec<T>)>;

/// Workers for one kind of trial, and who waits for them.
pub(super) struct Workers<'w, S: Simulator> {
    simulator: S,
    progress: &'w dyn Progress,
    /// Those that are not at work.
    idle: Mutex<Vec<S::Worker>>,
}

impl<'w, S: Simulator> Workers<'w, S> {
    /// Workers that are made when they are needed.
    pub fn new(simulator: S, progress: &'w dyn Progress) -> Self {
        Self { simulator, progress, idle: Mutex::default() }
    }

    /// Simulates trials of strategies. What `finish` makes of a chunk comes back with its strategy, in the order of
    /// `wanted` and then of trials. Once cancelled, chunks are cut short: the caller has to ask.
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
    /// When `progress` cancels it: then rows would have gaps.
    pub fn complete(
        &self,
        strategies: &[usize],
        have: impl Fn(usize) -> usize,
        until: u64,
    ) -> Result<Chunks<S::Outcome>, Stopped> {
        let missing = |&strategy: &usize| (strategy, have(strategy) as u64..until);
        let done = self.simulate(&strategies.iter().map(missing).collect::<Vec<_>>(), |outcomes| outcomes);
        Stopped::check(self.progress).map(|()| done)
    }

    fn chunk(&self, strategy: usize, trials: Range<u64>) -> Vec<S::Outcome> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let spare = idle().pop();
        let mut worker = spare.unwrap_or_else(|| self.simulator.worker());
        let going = trials.take_while(|_| !self.progress.is_cancelled());
        let outcomes = going
            .map(|trial| {
                self.progress.begins(strategy, trial);
                self.simulator.simulate(&mut worker, strategy, trial)
            })
            .collect();
        idle().push(worker);
        outcomes
    }
}
