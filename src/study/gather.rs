//! The trials of a study on their way: simulated in batches, handed on in trial order, kept whole while they
//! are few and aggregated when they are many. Must not know where rows of text go.

use super::aggregates::Aggregates;
use super::outcomes::Outcomes;
use super::precision;
use super::progress::{Progress, Stopped};
use super::rollouts::{Evaluations, RolloutSimulator};
use super::summary::{Summary, summarise};
use super::trials::RolloutTrials;
use super::workers::Workers;
use crate::outcome::Outcome;
use crate::plan::Plan;
use crate::rollout::{Engine, Model};
use std::io;
use std::ops::Range;

/// Trials of which all outcomes are kept: up to here every digit of every estimate is that of the values.
/// Beyond, a study of any length needs the same memory: see [`Aggregates`].
pub const WHOLE_TRIALS: u64 = 1 << 16;

/// RolloutTrials of a batch, about; part of no result. While one is simulated the one before is handed on.
const BATCH_ROLLOUTS: u64 = 1 << 14;
/// Trials of a batch, at least.
const FEWEST_IN_BATCH: u64 = 1 << 9;

/// Somebody who wants every outcome, by strategy and in trial order.
pub struct RowSink<M, T> {
    /// Makes what is wanted of outcomes that follow each other; called on any thread.
    pub make: M,
    /// Takes that of the next trials of a strategy (an index), in order and one at a time; an error ends the study.
    pub take: T,
}

/// Nobody wants them.
pub(super) type NoRows = RowSink<fn(&[Outcome]), fn(usize, ()) -> io::Result<()>>;

impl NoRows {
    /// Nobody.
    pub(super) fn none() -> Self {
        Self { make: |_| (), take: |_, ()| Ok(()) }
    }
}

/// The trials of a finished study.
#[derive(Debug)]
pub enum Gathered {
    /// All outcomes.
    Whole(Outcomes),
    /// What the estimators need.
    Aggregated(Box<Aggregates>),
}

impl Gathered {
    /// The summary of the study of `plan`.
    #[must_use]
    pub fn summarise(&self, plan: &Plan) -> Summary {
        summarise(plan, self.study())
    }

    /// Trials of each strategy.
    #[must_use]
    pub fn trials(&self) -> u64 {
        self.study().trials(0)
    }

    fn study(&self) -> &dyn RolloutTrials {
        match self {
            Self::Whole(outcomes) => outcomes,
            Self::Aggregated(aggregates) => &**aggregates,
        }
    }

    /// The same trials, aggregated if there are going to be many.
    fn ready_for(self, plan: &Plan, trials: u64) -> Self {
        match self {
            Self::Whole(outcomes) if trials > WHOLE_TRIALS => {
                let mut aggregates = Box::new(Aggregates::new(plan));
                aggregates.add(&outcomes.by_strategy.iter().map(|row| vec![&row[..]]).collect::<Vec<_>>());
                Self::Aggregated(aggregates)
            }
            as_it_is => as_it_is,
        }
    }

    fn add<R>(&mut self, batch: Vec<Vec<Chunk<R>>>) {
        match self {
            Self::Whole(outcomes) => {
                for (row, chunks) in outcomes.by_strategy.iter_mut().zip(batch) {
                    chunks.into_iter().for_each(|chunk| row.extend(chunk.outcomes));
                }
            }
            Self::Aggregated(aggregates) => {
                aggregates.add(&batch.iter().map(|chunks| pieces(chunks)).collect::<Vec<_>>());
            }
        }
    }
}

fn pieces<R>(chunks: &[Chunk<R>]) -> Vec<&[Outcome]> {
    chunks.iter().map(|chunk| &chunk.outcomes[..]).collect()
}

/// Outcomes that were simulated together, and what is wanted of them.
struct Chunk<R> {
    outcomes: Vec<Outcome>,
    made: Option<R>,
}

/// Simulates the study: `plan.study.trials` rollouts of every strategy, and more in rounds until the precision that the
/// plan asks for is reached.
///
/// # Errors
/// When `progress` cancels it, after the trial that each worker is in, when a trial goes beyond its budget, and when
/// `rows` cannot be taken.
pub fn gather<R: Send>(
    plan: &Plan,
    evaluations: Evaluations,
    rows: RowSink<impl Fn(&[Outcome]) -> R + Sync, impl FnMut(usize, R) -> io::Result<()> + Send>,
    progress: &dyn Progress,
) -> Result<Gathered, Stopped> {
    gather_watched(plan, evaluations, rows, progress, &mut Unwatched)
}

/// Who looks at the trials while a study goes on. It changes no trial, only after which of them there is a pause.
pub(super) trait Onlooker: Send {
    /// Looks at the trials so far, which took so many events in all; at none of them first. Says after how many trials of
    /// each strategy to look next: a number that is not above those that there are is taken as the end. `is_last` once no
    /// more will come.
    fn look(&mut self, gathered: &Gathered, events: u64, is_last: bool) -> u64;
}

/// Nobody looks before the end.
struct Unwatched;

impl Onlooker for Unwatched {
    fn look(&mut self, _gathered: &Gathered, _events: u64, _is_last: bool) -> u64 {
        u64::MAX
    }
}

/// As [`gather`], with somebody who looks at the trials after some of them. Every trial is simulated once.
///
/// # Errors
/// As [`gather`].
pub(super) fn gather_watched<R: Send>(
    plan: &Plan,
    evaluations: Evaluations,
    mut rows: RowSink<impl Fn(&[Outcome]) -> R + Sync, impl FnMut(usize, R) -> io::Result<()> + Send>,
    progress: &dyn Progress,
    onlooker: &mut impl Onlooker,
) -> Result<Gathered, Stopped> {
    let model = Model::new(plan);
    let workers = Workers::new(RolloutSimulator { model: &model, evaluations }, progress);
    let strategies = plan.strategies.len();
    let mut gathered = Gathered::Whole(Outcomes::none(strategies));
    let mut trials = plan.study.trials;
    let mut next = onlooker.look(&gathered, 0, false);
    loop {
        progress.planned(trials * strategies as u64);
        gathered = gathered.ready_for(plan, trials);
        let have = gathered.trials();
        let until = if next > have { next.min(trials) } else { trials };
        let simulate = |trials| {
            let batch = simulate(&workers, strategies, trials, &rows.make);
            workers.check().map(|()| batch)
        };
        let batches = batches(have..until, strategies);
        stream(batches, simulate, |batch| hand_on(batch, &mut rows.take, &mut gathered))?;
        let more = if until < trials { Some(trials) } else { precision::next_round(plan, gathered.study()) };
        next = onlooker.look(&gathered, workers.at_rest(Engine::events), more.is_none());
        match more {
            Some(more) => trials = more,
            None => return Ok(gathered),
        }
    }
}

/// Trials in batches of about [`BATCH_ROLLOUTS`].
fn batches(trials: Range<u64>, strategies: usize) -> impl Iterator<Item = Range<u64>> {
    let length = (BATCH_ROLLOUTS / strategies.max(1) as u64).max(FEWEST_IN_BATCH);
    trials.clone().step_by(length as usize).map(move |first| first..(first + length).min(trials.end))
}

/// Makes one batch after the other; while one is made, the one before is handed on.
fn stream<B: Send>(
    batches: impl Iterator<Item = Range<u64>>,
    make: impl Fn(Range<u64>) -> Result<B, Stopped> + Sync,
    mut hand_on: impl FnMut(B) -> Result<(), Stopped> + Send,
) -> Result<(), Stopped> {
    let mut ready = None;
    for trials in batches {
        let before: Option<B> = ready.take();
        let (made, handed) = rayon::join(|| make(trials), || before.map_or(Ok(()), &mut hand_on));
        handed?;
        ready = Some(made?);
    }
    ready.map_or(Ok(()), hand_on)
}

/// A batch, by strategy.
fn simulate<R: Send>(
    workers: &Workers<RolloutSimulator>,
    strategies: usize,
    trials: Range<u64>,
    make: &(impl Fn(&[Outcome]) -> R + Sync),
) -> Vec<Vec<Chunk<R>>> {
    let every: Vec<(usize, Range<u64>)> =
        (0..strategies).map(|strategy| (strategy, trials.clone())).collect();
    let mut batch: Vec<Vec<Chunk<R>>> = (0..strategies).map(|_| Vec::new()).collect();
    let chunks = workers.simulate(&every, |outcomes| {
        let made = Some(make(&outcomes));
        Chunk { outcomes, made }
    });
    chunks.into_iter().for_each(|(strategy, chunk)| batch[strategy].push(chunk));
    batch
}

fn hand_on<R>(
    mut batch: Vec<Vec<Chunk<R>>>,
    take: &mut impl FnMut(usize, R) -> io::Result<()>,
    gathered: &mut Gathered,
) -> Result<(), Stopped> {
    for (strategy, chunks) in batch.iter_mut().enumerate() {
        for made in chunks.iter_mut().filter_map(|chunk| chunk.made.take()) {
            take(strategy, made).map_err(Stopped::Rows)?;
        }
    }
    gathered.add(batch);
    Ok(())
}
