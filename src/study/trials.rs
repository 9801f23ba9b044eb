//! What the estimators ask of the trials of a study, of rollouts or of pipelines, whether outcomes were kept or only
//! aggregates of them. Must not know how trials were simulated.

use super::Outcomes;
use super::notable::NumberedTrial;
use super::sampling::Sampling;
use super::statement_end::StatementEnd;
use crate::outcome::measures::{Measure, Measured, Subject};
use crate::outcome::{Ending, Outcome};
use crate::stats::{Paired, Sample};
use serde::{Deserialize, Serialize};

/// The trials of every strategy.
pub trait StudyTrials: Sync {
    /// What the trials are of: only measures of it may be asked for.
    fn subject(&self) -> Subject;

    /// Number of strategies.
    fn strategies(&self) -> usize;

    /// StudyTrials of a strategy; 0 without strategies.
    fn trials(&self, strategy: usize) -> u64;

    /// The values of a measure under a strategy.
    fn values(&self, sampling: &Sampling, measure: &Measure, strategy: usize) -> Sample;

    /// For every value of a measure under a strategy a 1 if it counts for a statement of the plan, else a 0; none where the
    /// values themselves say so.
    fn counted(
        &self,
        sampling: &Sampling,
        measure: &Measure,
        strategy: usize,
        end: StatementEnd,
    ) -> Option<Sample>;

    /// The values of a measure under two strategies, in the trials in which both have one.
    fn pairs(&self, sampling: &Sampling, measure: &Measure, a: usize, b: usize) -> Paired;
}

/// How the rollouts of a strategy ended, in trials as they were drawn: not shares of changes, unless the
/// estimator is `plain`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endings {
    /// A good change reached every host.
    pub completed: u64,
    /// A bad change reached every host.
    pub escaped: u64,
    /// A bad change was stopped before it reached every host.
    pub caught: u64,
    /// A bad change reached every host and was taken back or treated afterwards.
    pub recalled: u64,
    /// A good change was stopped.
    pub false_rollback: u64,
    /// A wave or a region could never start; only a pipeline has what may close for ever.
    pub grounded: u64,
}

impl Endings {
    /// Counts one more.
    pub fn count(&mut self, ending: Ending) {
        match ending {
            Ending::Completed => self.completed += 1,
            Ending::Escaped => self.escaped += 1,
            Ending::Caught => self.caught += 1,
            Ending::Recalled => self.recalled += 1,
            Ending::FalseRollback => self.false_rollback += 1,
            Ending::Grounded => self.grounded += 1,
        }
    }
}

/// The trials of rollouts.
pub trait RolloutTrials: StudyTrials {
    /// How the rollouts of a strategy ended.
    fn endings(&self, strategy: usize) -> Endings;

    /// StudyTrials of a strategy among which the notable ones are, in order.
    fn shortlist(&self, strategy: usize) -> Vec<NumberedTrial<'_>>;
}

/// Trials of which every outcome is kept, one row a strategy.
pub trait Kept: Sync {
    /// The outcome of one trial.
    type Outcome: Measured + Serialize;

    /// Outcomes by strategy and trial.
    fn rows(&self) -> &[Vec<Self::Outcome>];
}

impl Kept for Outcomes {
    type Outcome = Outcome;

    fn rows(&self) -> &[Vec<Outcome>] {
        &self.by_strategy
    }
}

impl<K: Kept> StudyTrials for K {
    fn subject(&self) -> Subject {
        K::Outcome::SUBJECT
    }

    fn strategies(&self) -> usize {
        self.rows().len()
    }

    fn trials(&self, strategy: usize) -> u64 {
        self.rows().get(strategy).map_or(0, |row| row.len() as u64)
    }

    fn values(&self, sampling: &Sampling, measure: &Measure, strategy: usize) -> Sample {
        sampling.values(measure, strategy, &self.rows()[strategy])
    }

    fn counted(&self, _: &Sampling, _: &Measure, _: usize, _: StatementEnd) -> Option<Sample> {
        None
    }

    fn pairs(&self, sampling: &Sampling, measure: &Measure, a: usize, b: usize) -> Paired {
        sampling.pairs(measure, &self.rows()[a], &self.rows()[b])
    }
}

impl RolloutTrials for Outcomes {
    fn endings(&self, strategy: usize) -> Endings {
        let mut endings = Endings::default();
        self.by_strategy[strategy].iter().for_each(|outcome| endings.count(outcome.ending));
        endings
    }

    fn shortlist(&self, strategy: usize) -> Vec<NumberedTrial<'_>> {
        (0..).zip(&self.by_strategy[strategy]).collect()
    }
}
