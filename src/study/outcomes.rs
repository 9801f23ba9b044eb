//! The outcomes of a study, kept whole, and what each counts. Nothing is estimated here.

use super::sampling::Sampling;
use crate::outcome::Outcome;
use crate::plan::Plan;

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
    sampling: Sampling,
    by_stratum: Vec<f64>,
}

impl Weights {
    /// The weights of a study of `plan` with so many trials.
    #[must_use]
    pub fn new(plan: &Plan, trials: u64) -> Self {
        let sampling = Sampling::new(plan, trials);
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

    /// What a trial counts.
    #[must_use]
    pub fn of(&self, trial: u64) -> f64 {
        self.by_stratum[self.stratum(trial)]
    }
}
