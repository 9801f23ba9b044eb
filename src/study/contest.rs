//! Strategies beside each other by the two things that everybody asks of them, how fast and at what harm: what a verdict
//! in one sentence is made of, for rollouts and for pipelines. It finds no words.

pub use super::difference::Standing;
use super::difference::{Leader, difference, leader};
use super::estimate::mean;
use super::sampling::Sampling;
use super::summary::{BLAST_METRIC, MetricSummary, SPEED_METRIC, StrategySummary, Summary};
use super::trials::StudyTrials;
use super::verdict::MeasureChange;
use crate::outcome::measures::{self, Measure};
use crate::plan::Plan;
use crate::stats::{Mean, TAIL};

/// All strategies of a study, by speed and by harm.
#[derive(Debug, Clone, PartialEq)]
pub struct Contest {
    /// Their names, in plan order.
    pub names: Vec<String>,
    /// Index of the one that the others are compared with.
    pub baseline: usize,
    /// Trials of each strategy.
    pub trials: u64,
    /// How long it takes, milliseconds.
    pub speed: Race,
    /// Impaired hosts integrated over time, milliseconds.
    pub harm: Race,
}

/// One of the two things: less of it is better.
#[derive(Debug, Clone, PartialEq)]
pub struct Race {
    /// The strategy with the least estimate; none if no strategy has one.
    pub leader: Option<Leader>,
    /// One a strategy, in plan order.
    pub standings: Vec<Standing>,
}

impl Race {
    /// What the difference of a strategy from the baseline says; none for the baseline and without trials in common.
    #[must_use]
    pub fn change(&self, strategy: usize) -> Option<MeasureChange> {
        self.standings[strategy].against_baseline.filter(|(n, _)| *n > 0).map(|(_, change)| change)
    }

    /// The strategy with the least estimate among those clearly better than the baseline.
    #[must_use]
    pub fn best(&self) -> Option<usize> {
        let better = (0..self.standings.len()).filter(|i| self.change(*i) == Some(MeasureChange::Improved));
        let keyed = better.filter_map(|index| Some((index, self.standings[index].estimate?)));
        keyed.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(index, _)| index)
    }

    /// From the trials themselves, by means.
    fn of_means(measure: &'static Measure, plan: &Plan, study: &dyn StudyTrials) -> Self {
        let sampling = Sampling::of(study.subject(), plan, study.trials(0));
        let standing = |index: usize| {
            let sample = study.values(&sampling, measure, index);
            let mean: Option<Mean> = mean(measure.unit, &sample, TAIL);
            let against = (index != plan.study.baseline)
                .then(|| difference(measure, &sampling, study, index, plan.study.baseline));
            Standing {
                estimate: mean.map(|mean| mean.value),
                rough: mean.is_some_and(|mean| mean.rough),
                n: sample.len(),
                against_baseline: against.map(|difference| (difference.n, difference.verdict)),
            }
        };
        let standings: Vec<Standing> = (0..plan.strategies.len()).map(standing).collect();
        Self { leader: leader(&sampling, study, measure, plan, &standings), standings }
    }
}

impl Contest {
    /// The strategies as production of a pipeline, by median lead time and by harm a quarter: means over trials. None of
    /// a single strategy.
    pub(super) fn of_pipeline(plan: &Plan, study: &dyn StudyTrials) -> Option<Self> {
        let names: Vec<String> = plan.strategies.iter().map(|strategy| strategy.name.clone()).collect();
        (names.len() > 1).then(|| Self {
            names,
            baseline: plan.study.baseline,
            trials: study.trials(0),
            speed: Race::of_means(&measures::LEAD_TIME_P50_MS, plan, study),
            harm: Race::of_means(&measures::IMPAIRED_HOST_MS_PER_QUARTER, plan, study),
        })
    }
}

impl Summary {
    /// The strategies by their median time to 100 % and their mean harm per bad change.
    #[must_use]
    pub fn contest(&self) -> Contest {
        let axis =
            |measure: &Measure, leader: &Option<Leader>, estimate: fn(&MetricSummary) -> Option<f64>| {
                let standing = |strategy: &StrategySummary| strategy.metric(measure).standing(estimate);
                Race { leader: leader.clone(), standings: self.strategies.iter().map(standing).collect() }
            };
        Contest {
            names: self.strategies.iter().map(|strategy| strategy.name.clone()).collect(),
            baseline: self.strategies.iter().position(|strategy| strategy.is_baseline).unwrap_or(0),
            trials: self.trials,
            speed: axis(SPEED_METRIC, &self.fastest, MetricSummary::median),
            harm: axis(BLAST_METRIC, &self.safest, MetricSummary::mean),
        }
    }
}
