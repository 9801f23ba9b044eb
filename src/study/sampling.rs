//! From outcomes to samples: the values of a measure, by stratum.

use super::possible::Possible;
use crate::outcome::measures::{Measure, Measured, Population, Subject};
use crate::plan::strata::{self, ChangeKind, TrialPlace};
use crate::plan::{Estimator, Plan, Strata};
use crate::stats::contrast::Draws;
use crate::stats::{self, Bin, Interval, Paired, PairedStratum, Pairs, Sample, StratumValues};

/// The strata of a study and how many trials each had.
#[derive(Debug)]
pub struct Sampling {
    strata: Strata,
    estimator: Estimator,
    counts: Vec<u64>,
    possible: Possible,
}

impl Sampling {
    /// The sampling of `trials` trials of `plan`.
    pub fn new(plan: &Plan, trials: u64) -> Self {
        let strata = Strata::of(plan);
        let possible = Possible::of(plan);
        Self { counts: strata.counts(trials), strata, estimator: plan.study.estimator, possible }
    }

    /// The sampling of `trials` trials of such a subject: changes of every kind come by chance to a pipeline.
    pub fn of(subject: Subject, plan: &Plan, trials: u64) -> Self {
        match subject {
            Subject::Rollout => Self::new(plan, trials),
            Subject::Pipeline | Subject::Lane => {
                let strata = Strata::single();
                let (estimator, possible) = (estimator(subject, plan), Possible::of(plan));
                Self { counts: strata.counts(trials), strata, estimator, possible }
            }
        }
    }

    /// What one trial of each stratum weighs, strata weighed by their probability; all trials make 1.
    pub fn weights(&self) -> Vec<f64> {
        self.strata.list().iter().zip(&self.counts).map(|(s, &trials)| s.weight / trials as f64).collect()
    }

    /// The stratum of a trial.
    pub fn stratum(&self, trial: u64) -> usize {
        let TrialPlace { stratum, .. } = self.strata.place(trial);
        stratum
    }

    /// Number of strata.
    pub fn len(&self) -> usize {
        self.strata.list().len()
    }

    /// The values of a measure under a strategy (an index).
    pub fn values<T: Measured>(&self, measure: &Measure, strategy: usize, trials: &[T]) -> Sample {
        let mut by_stratum = vec![Vec::new(); self.len()];
        for (trial, outcome) in (0..).zip(trials) {
            by_stratum[self.stratum(trial)].extend(measure.of(outcome).map(Bin::one));
        }
        self.sample(measure, strategy, by_stratum)
    }

    /// The values of a measure under two strategies, in the trials in which both have one.
    pub fn pairs<T: Measured>(&self, measure: &Measure, a: &[T], b: &[T]) -> Paired {
        let mut by_stratum = vec![Vec::new(); self.len()];
        for (trial, (a, b)) in (0..).zip(a.iter().zip(b)) {
            let pair = measure.of(a).zip(measure.of(b)).map(|(a, b)| (stats::settled(a, b), b));
            by_stratum[self.stratum(trial)].extend(pair);
        }
        self.paired(by_stratum.into_iter().map(Pairs::Listed))
    }

    /// The strata themselves.
    pub fn strata(&self) -> &Strata {
        &self.strata
    }

    /// Whether an event is taken to be confined to the slices that show it: see [`Sample::of_slices`].
    pub fn is_confined(&self) -> bool {
        self.estimator == Estimator::ByDefectAndLatency
    }

    /// Every trial's value of a measure, or none, by stratum and then in trial order.
    pub fn draws<T: Measured>(&self, measure: &Measure, trials: &[T]) -> Vec<Draws> {
        let none_yet = |stratum: &strata::Stratum| Draws {
            key: stratum.entity,
            weight: stratum.weight,
            values: Vec::new(),
            settled: self.is_settled(measure, stratum.kind),
            group: group(stratum.kind),
        };
        let mut all: Vec<Draws> = self.strata.list().iter().map(none_yet).collect();
        for (trial, outcome) in (0..).zip(trials) {
            all[self.stratum(trial)].values.push(measure.of(outcome));
        }
        all
    }

    /// The same sample, with what is known of values of the measure under a strategy (an index) that were not seen.
    pub fn with_bounds(&self, sample: Sample, measure: &Measure, strategy: usize) -> Sample {
        sample.within(self.possible.range(measure, strategy)).reckoning_with(self.possible.next(measure))
    }

    /// Whether the values of a stratum cannot be different from what they are, or cannot be at all.
    fn is_settled(&self, measure: &Measure, kind: ChangeKind) -> bool {
        measure.zero_if_good && kind == ChangeKind::Good || !may_count(measure.population, kind)
    }

    /// A sample of values under a strategy (an index) that are given by stratum.
    pub fn sample(&self, measure: &Measure, strategy: usize, by_stratum: Vec<Vec<Bin>>) -> Sample {
        let strata = self.strata.list().iter().zip(&self.counts).zip(by_stratum);
        let strata = strata.map(|((stratum, &trials), values)| StratumValues {
            weight: stratum.weight,
            trials,
            values,
            settled: self.is_settled(measure, stratum.kind),
            group: group(stratum.kind),
        });
        let strata = strata.collect();
        let sample = if self.is_confined() { Sample::of_slices(strata) } else { Sample::new(strata) };
        self.with_bounds(sample, measure, strategy)
    }

    /// A sample of something that is no measure, which all changes have or only those of a population; its values are given
    /// by stratum and lie where `possible` says.
    pub fn sample_of(&self, population: Population, by_stratum: Vec<Vec<Bin>>, possible: Interval) -> Sample {
        let strata = self.strata.list().iter().zip(&self.counts).zip(by_stratum);
        let strata = strata.map(|((stratum, &trials), values)| StratumValues {
            weight: stratum.weight,
            trials,
            values,
            settled: !may_count(population, stratum.kind),
            group: group(stratum.kind),
        });
        let strata = strata.collect();
        let sample = if self.is_confined() { Sample::of_slices(strata) } else { Sample::new(strata) };
        sample.within(possible)
    }

    /// Pairs that are given by stratum.
    pub fn paired(&self, by_stratum: impl Iterator<Item = Pairs>) -> Paired {
        let strata = self.strata.list().iter().zip(&self.counts).zip(by_stratum);
        let strata =
            strata.map(|((stratum, &trials), pairs)| PairedStratum { weight: stratum.weight, trials, pairs });
        Paired::new(strata.collect())
    }
}

/// Whether a change of such a kind may belong to the trials that a measure is about.
fn may_count(population: Population, kind: ChangeKind) -> bool {
    match population {
        Population::All | Population::Complete | Population::PipelineTrials => true,
        Population::Good => !matches!(kind, ChangeKind::Bad { .. }),
        Population::Bad | Population::Detected | Population::Impaired | Population::Mitigated => {
            kind != ChangeKind::Good
        }
    }
}

/// How trials of a subject are drawn: those of pipelines as chance has it, whatever the plan says of rollouts.
pub(super) fn estimator(subject: Subject, plan: &Plan) -> Estimator {
    match subject {
        Subject::Rollout => plan.study.estimator,
        Subject::Pipeline | Subject::Lane => Estimator::Plain,
    }
}

/// Slices of one defect belong together.
fn group(kind: ChangeKind) -> u32 {
    match kind {
        ChangeKind::Any | ChangeKind::Good => 0,
        ChangeKind::Bad { defect, .. } => defect.number() + 1,
    }
}
