//! What the estimators ask of the trials of a study, whether outcomes were kept or only what is needed of
//! them. Must not know how trials were simulated.

use super::notable::Candidate;
use super::outcomes::Outcomes;
use super::sampling::Sampling;
use super::summary::Endings;
use crate::outcome::measures::Measure;
use crate::stats::sample::Valued;
use crate::stats::{Mean, Paired, Ratio, Sample, mean_at, ratio_of_means};

/// The trials of every strategy.
pub trait Evidence: Sync {
    /// A value of a metric, or several that are counted together.
    type Value: Valued;

    /// Number of strategies.
    fn strategies(&self) -> usize;

    /// Trials of a strategy; 0 without strategies.
    fn trials(&self, strategy: usize) -> u64;

    /// The values of a metric under a strategy.
    fn values(&self, sampling: &Sampling, metric: &'static Measure, strategy: usize) -> Sample<Self::Value>;

    /// The values of a metric under two strategies, in the trials in which both have one.
    fn pairs(&self, sampling: &Sampling, metric: &'static Measure, a: usize, b: usize) -> Pairing;

    /// How the rollouts of a strategy ended.
    fn endings(&self, strategy: usize) -> Endings;

    /// Trials of a strategy among which the notable ones are, in order.
    fn shortlist(&self, strategy: usize) -> Vec<Candidate<'_>>;
}

/// Pairs of values, one by one or summed up.
#[derive(Debug)]
pub enum Pairing {
    /// Every pair.
    Listed(Sample<(f64, f64)>),
    /// What a difference needs of them.
    Summed(Paired),
}

impl Pairing {
    /// Number of pairs.
    pub(super) fn len(&self) -> u64 {
        match self {
            Self::Listed(pairs) => pairs.len(),
            Self::Summed(pairs) => pairs.len(),
        }
    }

    /// The mean of `a - b`, with an interval that leaves `tail` out on each side.
    pub(super) fn mean_difference(&self, tail: f64) -> Option<Mean> {
        match self {
            Self::Listed(pairs) => mean_at(&pairs.map(|(a, b)| a - b), tail),
            Self::Summed(pairs) => pairs.mean_difference(tail),
        }
    }

    /// The mean of `a` over that of `b`.
    pub(super) fn ratio(&self) -> Option<Ratio> {
        match self {
            Self::Listed(pairs) => ratio_of_means(pairs),
            Self::Summed(pairs) => pairs.ratio(),
        }
    }
}

impl Evidence for Outcomes {
    type Value = f64;

    fn strategies(&self) -> usize {
        self.by_strategy.len()
    }

    fn trials(&self, strategy: usize) -> u64 {
        self.by_strategy.get(strategy).map_or(0, |row| row.len() as u64)
    }

    fn values(&self, sampling: &Sampling, metric: &'static Measure, strategy: usize) -> Sample {
        sampling.values(metric, &self.by_strategy[strategy])
    }

    fn pairs(&self, sampling: &Sampling, metric: &'static Measure, a: usize, b: usize) -> Pairing {
        Pairing::Listed(sampling.pairs(metric, &self.by_strategy[a], &self.by_strategy[b]))
    }

    fn endings(&self, strategy: usize) -> Endings {
        let mut endings = Endings::default();
        self.by_strategy[strategy].iter().for_each(|outcome| endings.count(outcome.ending));
        endings
    }

    fn shortlist(&self, strategy: usize) -> Vec<Candidate<'_>> {
        (0..).zip(&self.by_strategy[strategy]).collect()
    }
}
