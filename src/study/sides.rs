//! The trials of both sides of a comparison, as many of each strategy as it has needed so far.

use super::experiment::Experiment;
use super::fingerprint::fingerprint;
use super::precision;
use super::progress::{Progress, Stopped};
use super::question::Question;
use super::row::StrategyTrials;
use super::trials::Kept;
use crate::outcome::measures::Measured;

/// The outcome of one trial of an experiment.
type OutcomeOf<E> = <<E as Experiment>::Trials as Kept>::Outcome;

/// The trials of one plan, and what simulates more.
struct SideTrials<'e, E: Experiment> {
    experiment: &'e E,
    trials: E::Trials,
}

impl<'e, E: Experiment> SideTrials<'e, E> {
    fn new(experiment: &'e E) -> Self {
        Self { experiment, trials: experiment.none() }
    }

    fn extend(&mut self, rows: &[usize], until: u64, progress: &dyn Progress) -> Result<(), Stopped> {
        self.experiment.extend(&mut self.trials, rows, until, progress)
    }

    /// Trials of each strategy that the plan asks for at first.
    fn first_round(&self) -> u64 {
        precision::first_round(self.experiment.plan(), OutcomeOf::<E>::SUBJECT)
    }

    fn strategy(&self, index: usize) -> StrategyTrials<'_, OutcomeOf<E>> {
        StrategyTrials { plan: self.experiment.plan(), strategy: index, trials: &self.trials.rows()[index] }
    }
}

/// The trials of both plans.
pub(super) struct Sides<'e, E: Experiment> {
    candidate: SideTrials<'e, E>,
    /// None where both are one plan.
    baseline: Option<SideTrials<'e, E>>,
}

impl<'e, E: Experiment> Sides<'e, E> {
    /// No trials yet; without a baseline of its own the candidate is both.
    pub fn new(baseline: Option<&'e E>, candidate: &'e E) -> Self {
        Self { candidate: SideTrials::new(candidate), baseline: baseline.map(SideTrials::new) }
    }

    /// Adds trials to the strategies of `pairs`, and to `more` strategies of the candidate, until they have `until`.
    pub fn extend(
        &mut self,
        pairs: &[(usize, usize)],
        more: &[usize],
        until: u64,
        progress: &dyn Progress,
    ) -> Result<(), Stopped> {
        let distinct = |mut list: Vec<usize>| {
            list.sort_unstable();
            list.dedup();
            list
        };
        let old = distinct(pairs.iter().map(|pair| pair.0).collect());
        let mut new: Vec<usize> = pairs.iter().map(|pair| pair.1).chain(more.iter().copied()).collect();
        if self.baseline.is_none() {
            new.extend(&old);
        }
        let new = distinct(new);
        let simulated = self.baseline.as_ref().map_or(0, |_| old.len()) + new.len();
        progress.planned(simulated as u64 * until);
        self.candidate.extend(&new, until, progress)?;
        self.baseline.as_mut().map_or(Ok(()), |side| side.extend(&old, until, progress))
    }

    /// Adds what is missing of the baseline to be held against what was recorded of it: a candidate with
    /// fewer trials does not spare the check.
    pub fn complete(&mut self, question: &Question, progress: &dyn Progress) -> Result<(), Stopped> {
        let Some(side) = self.baseline.as_mut().filter(|_| !question.recorded.is_empty()) else {
            return Ok(());
        };
        let compared: Vec<usize> = question.pairs.iter().map(|pair| pair.0).collect();
        side.extend(&compared, side.first_round(), progress)
    }

    /// Strategies of the baseline whose first outcomes are not those that were recorded.
    pub fn drifted(&self, question: &Question) -> Vec<String> {
        let Some(side) = &self.baseline else { return Vec::new() };
        let first = side.first_round() as usize;
        let is_same = |name: &str, recorded: &str| {
            let row = side.experiment.plan().strategies.iter().position(|strategy| strategy.name == name);
            // Strategies that the candidate lacks were not simulated.
            let row = row.and_then(|index| side.trials.rows()[index].get(..first));
            row.is_none_or(|row| fingerprint(row) == recorded)
        };
        let drifted = question.recorded.iter().filter(|(name, recorded)| !is_same(name, recorded));
        drifted.map(|(name, _)| name.clone()).collect()
    }

    /// All trials of the candidate.
    pub fn candidates(&self) -> &E::Trials {
        &self.candidate.trials
    }

    /// The trials of a strategy (an index) of the candidate.
    pub fn candidate(&self, strategy: usize) -> StrategyTrials<'_, OutcomeOf<E>> {
        self.candidate.strategy(strategy)
    }

    /// The trials of a strategy (an index) of the baseline.
    pub fn baseline(&self, strategy: usize) -> StrategyTrials<'_, OutcomeOf<E>> {
        self.baseline.as_ref().unwrap_or(&self.candidate).strategy(strategy)
    }
}
