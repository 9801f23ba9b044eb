//! The trials of a study on their way: simulated in batches, handed on in trial order, kept whole while they
//! are few and aggregated when they are many. Must not know where rows of text go.

use super::aggregates::Aggregates;
use super::summary::{Summary, summarise};
use super::trials::StudyTrials as _;
use super::{Evaluations, Outcomes, Watcher, Work, precision};
use crate::outcome::Outcome;
use crate::plan::Plan;
use crate::rollout::Model;
use std::ops::{ControlFlow, Range};
use std::sync::atomic::AtomicBool;

/// Trials of which all outcomes are kept: up to here every digit of every estimate is that of the values.
/// Beyond, a study of any length needs the same memory: see [`Aggregates`].
pub const WHOLE_TRIALS: u64 = 1 << 16;

/// RolloutTrials of a batch, about; part of no result. While one is simulated the one before is handed on.
const BATCH_ROLLOUTS: u64 = 1 << 14;
/// Trials of a batch, at least.
const FEWEST_IN_BATCH: u64 = 1 << 9;

/// Makes text of outcomes.
pub type Format<'f> = dyn Fn(&[Outcome]) -> Vec<u8> + Sync + 'f;

/// Somebody who wants every outcome as text, by strategy and in trial order.
pub struct Rows<'r> {
    /// Makes text of outcomes; called on any thread.
    pub format: &'r Format<'r>,
    /// Takes the next text of a strategy, or breaks the study off.
    pub take: &'r mut (dyn FnMut(usize, &[u8]) -> ControlFlow<()> + Send),
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
        match self {
            Self::Whole(outcomes) => summarise(plan, outcomes),
            Self::Aggregated(aggregates) => summarise(plan, &**aggregates),
        }
    }

    /// Trials of each strategy.
    #[must_use]
    pub fn trials(&self) -> u64 {
        match self {
            Self::Whole(outcomes) => outcomes.trials(),
            Self::Aggregated(aggregates) => aggregates.trials(0),
        }
    }

    fn next_round(&self, plan: &Plan) -> Option<u64> {
        match self {
            Self::Whole(outcomes) => precision::next_round(plan, outcomes),
            Self::Aggregated(aggregates) => precision::next_round(plan, &**aggregates),
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

    fn add(&mut self, batch: &mut [Vec<Chunk>]) {
        match self {
            Self::Whole(outcomes) => {
                for (row, chunks) in outcomes.by_strategy.iter_mut().zip(batch) {
                    chunks.iter_mut().for_each(|chunk| row.append(&mut chunk.outcomes));
                }
            }
            Self::Aggregated(aggregates) => {
                aggregates.add(&batch.iter().map(|chunks| pieces(chunks)).collect::<Vec<_>>());
            }
        }
    }
}

fn pieces(chunks: &[Chunk]) -> Vec<&[Outcome]> {
    chunks.iter().map(|chunk| &chunk.outcomes[..]).collect()
}

/// Outcomes that were simulated together, and their text if somebody wants it.
struct Chunk {
    outcomes: Vec<Outcome>,
    text: Vec<u8>,
}

/// Simulates the study: `plan.study.trials` rollouts of every strategy, and more in rounds until the
/// precision that the plan asks for is reached. Returns none when `cancel` is set, after the trial that each
/// worker is in, and when `rows` breaks off.
pub fn gather(
    plan: &Plan,
    evaluations: Evaluations,
    mut rows: Option<Rows>,
    cancel: &AtomicBool,
    watcher: &dyn Watcher,
) -> Option<Gathered> {
    let model = Model::new(plan);
    let work = Work::new(&model, evaluations, cancel, watcher);
    let strategies = plan.strategies.len() as u64;
    let mut gathered = Gathered::Whole(Outcomes::none(plan.strategies.len()));
    let mut trials = plan.study.trials;
    loop {
        watcher.planned(trials * strategies);
        gathered = gathered.ready_for(plan, trials);
        let have = gathered.trials();
        stream(&work, have..trials, rows.as_mut(), &mut gathered)?;
        match gathered.next_round(plan) {
            Some(more) => trials = more,
            None => return Some(gathered),
        }
    }
}

/// Simulates `trials` of every strategy, batch by batch, and hands them on.
fn stream(
    work: &Work,
    trials: Range<u64>,
    mut rows: Option<&mut Rows>,
    gathered: &mut Gathered,
) -> Option<()> {
    let strategies = work.model.plan.strategies.len();
    let length = (BATCH_ROLLOUTS / strategies.max(1) as u64).max(FEWEST_IN_BATCH);
    let format = rows.as_ref().map(|rows| rows.format);
    let mut ready: Option<Vec<Vec<Chunk>>> = None;
    let mut next = trials.start;
    while next < trials.end || ready.is_some() {
        let last = (next + length).min(trials.end);
        let simulate = || simulate(work, next..last, format);
        let hand_on = || {
            ready
                .take()
                .map_or(ControlFlow::Continue(()), |batch| hand_on(batch, rows.as_deref_mut(), gathered))
        };
        let (batch, flow) = rayon::join(simulate, hand_on);
        if flow.is_break() || work.is_cancelled() {
            return None;
        }
        ready = (next < last).then_some(batch);
        next = last;
    }
    Some(())
}

/// A batch, by strategy.
fn simulate(work: &Work, trials: Range<u64>, format: Option<&Format<'_>>) -> Vec<Vec<Chunk>> {
    let strategies = work.model.plan.strategies.len();
    let every: Vec<(usize, Range<u64>)> =
        (0..strategies).map(|strategy| (strategy, trials.clone())).collect();
    let mut batch: Vec<Vec<Chunk>> = (0..strategies).map(|_| Vec::new()).collect();
    let chunks = work.simulate(&every, |outcomes| {
        let text = format.map_or_else(Vec::new, |format| format(&outcomes));
        Chunk { outcomes, text }
    });
    chunks.into_iter().for_each(|(strategy, chunk)| batch[strategy].push(chunk));
    batch
}

fn hand_on(mut batch: Vec<Vec<Chunk>>, rows: Option<&mut Rows>, gathered: &mut Gathered) -> ControlFlow<()> {
    if let Some(rows) = rows {
        for (strategy, chunks) in batch.iter().enumerate() {
            for chunk in chunks {
                (rows.take)(strategy, &chunk.text)?;
            }
        }
    }
    gathered.add(&mut batch);
    ControlFlow::Continue(())
}
