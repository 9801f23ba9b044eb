//! From outcomes to samples: the values of a metric, by stratum.

use crate::outcome::Outcome;
use crate::outcome::measures::{Measure, Unit};
use crate::plan::strata::{Fate, Place};
use crate::plan::{Estimator, Plan, Strata};
use crate::stats::contrast::Draws;
use crate::stats::sample::{Counted, Valued};
use crate::stats::{self, Interval, Mean, Paired, PairedStratum, Pairs, Proportion, Sample, Stratum};

/// The strata of a study and how many trials each had.
#[derive(Debug)]
pub struct Sampling {
    strata: Strata,
    estimator: Estimator,
    counts: Vec<u64>,
}

impl Sampling {
    /// The sampling of `trials` trials of `plan`.
    pub fn new(plan: &Plan, trials: u64) -> Self {
        let strata = Strata::of(plan);
        Self { counts: strata.counts(trials), strata, estimator: plan.study.estimator }
    }

    /// What one trial of each stratum weighs, strata weighed by their probability; all trials make 1.
    pub fn weights(&self) -> Vec<f64> {
        self.strata.list().iter().zip(&self.counts).map(|(s, &trials)| s.weight / trials as f64).collect()
    }

    /// The stratum of a trial.
    pub fn stratum(&self, trial: u64) -> usize {
        let Place { stratum, .. } = self.strata.place(trial);
        stratum
    }

    /// Number of strata.
    pub fn len(&self) -> usize {
        self.strata.list().len()
    }

    /// The values of a metric.
    pub fn values(&self, metric: &Measure, outcomes: &[Outcome]) -> Sample {
        self.sample(metric.zero_if_good, outcomes.iter().map(|outcome| metric.of(outcome)))
    }

    /// The values of a metric under two strategies, in the trials in which both have one.
    pub fn pairs(&self, metric: &Measure, a: &[Outcome], b: &[Outcome]) -> Sample<(f64, f64)> {
        let both = a.iter().zip(b).map(|(a, b)| Some((metric.of(a)?, metric.of(b)?)));
        self.sample(metric.zero_if_good, both)
    }

    /// The strata themselves.
    pub fn strata(&self) -> &Strata {
        &self.strata
    }

    /// Whether an event is taken to be confined to the slices that show it: see [`Sample::of_slices`].
    pub fn is_confined(&self) -> bool {
        self.estimator == Estimator::ByDefectAndLatency
    }

    /// Every trial's value of a metric, or none, by stratum and then in trial order.
    pub fn draws(&self, metric: &Measure, outcomes: &[Outcome]) -> Vec<Draws> {
        let mut all: Vec<Draws> = self
            .strata
            .list()
            .iter()
            .map(|stratum| Draws {
                key: stratum.entity,
                weight: stratum.weight,
                values: Vec::new(),
                settled: self.is_settled(metric.zero_if_good, stratum.fate),
                group: group(stratum.fate),
            })
            .collect();
        for (trial, outcome) in outcomes.iter().enumerate() {
            all[self.strata.place(trial as u64).stratum].values.push(metric.of(outcome));
        }
        all
    }

    /// Whether the values of a stratum cannot be different from what they are.
    fn is_settled(&self, zero_if_good: bool, fate: Fate) -> bool {
        zero_if_good && !self.strata.is_single() && fate == Fate::Good
    }

    /// Values by stratum, from one entry per trial.
    fn sample<T: Counted>(&self, zero_if_good: bool, values: impl Iterator<Item = Option<T>>) -> Sample<T> {
        let mut by_stratum: Vec<Vec<T>> = (0..self.len()).map(|_| Vec::new()).collect();
        for (trial, value) in values.enumerate() {
            if let Some(value) = value {
                by_stratum[self.stratum(trial as u64)].push(value);
            }
        }
        self.sample_of(zero_if_good, by_stratum)
    }

    /// A sample of values that are given by stratum.
    pub fn sample_of<T: Counted>(&self, zero_if_good: bool, by_stratum: Vec<Vec<T>>) -> Sample<T> {
        let strata = self.strata.list().iter().zip(&self.counts).zip(by_stratum);
        let strata = strata.map(|((stratum, &trials), values)| Stratum {
            weight: stratum.weight,
            trials,
            values,
            settled: self.is_settled(zero_if_good, stratum.fate),
            group: group(stratum.fate),
        });
        if self.is_confined() { Sample::of_slices(strata.collect()) } else { Sample::new(strata.collect()) }
    }

    /// Pairs that are given by stratum.
    pub fn paired_of(&self, by_stratum: impl Iterator<Item = Pairs>) -> Paired {
        let strata = self.strata.list().iter().zip(&self.counts).zip(by_stratum);
        let strata =
            strata.map(|((stratum, &trials), pairs)| PairedStratum { weight: stratum.weight, trials, pairs });
        Paired::new(strata.collect())
    }
}

/// Slices of one defect belong together.
fn group(fate: Fate) -> u32 {
    match fate {
        Fate::Any | Fate::Good => 0,
        Fate::Bad { defect, .. } => defect as u32 + 1,
    }
}

/// The mean.
pub(super) fn mean_of<V: Valued>(unit: Unit, sample: &Sample<V>, tail: f64) -> Option<Mean> {
    let mean = stats::mean_at(sample, tail)?;
    Some(Mean { interval: sizes(unit, mean.interval), ..mean })
}

/// The interval of a mean of values in `unit`: where none can be negative, nor can their expectation.
pub(super) fn sizes(unit: Unit, interval: Interval) -> Interval {
    if unit == Unit::LeadMs { interval } else { interval.at_least(0.0) }
}

/// The share of ones, if the metric is a yes or a no.
pub(super) fn share<V: Valued>(metric: &Measure, sample: &Sample<V>) -> Option<Proportion> {
    if metric.unit == Unit::YesNo { stats::proportion(sample) } else { None }
}
