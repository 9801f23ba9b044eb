//! Strategies beside each other by the two things that everybody asks of them, how fast and at what harm: what a verdict
//! in one sentence is made of, for rollouts and for pipelines. It finds no words.

pub use super::difference::Standing;
use super::difference::{Leader, difference, leader, least_first};
use super::estimate::Estimate;
use super::sampling::Sampling;
use super::summary::{MetricSummary, SPEED_METRIC, StrategySummary, Summary};
use super::trials::StudyTrials;
use super::verdict::MeasureChange;
use crate::outcome::measures::{self, Measure};
use crate::plan::Plan;
use crate::stats::front::dominators;
use crate::stats::{Interval, Mean, TAIL, mean_at};
use serde::{Deserialize, Serialize};

/// All strategies of a study, by speed and by harm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contest {
    /// Their names, in plan order.
    pub names: Vec<String>,
    /// Index of the one that the others are compared with.
    pub baseline: usize,
    /// Trials of each strategy.
    pub trials: u64,
    /// How long it takes, milliseconds.
    pub speed: Race,
    /// What customers feel, or impaired hosts integrated over time, in the unit of its measure.
    pub harm: Race,
    /// Whether another strategy is at least as good by both estimates and better by one, in plan order.
    pub dominated: Vec<bool>,
}

/// One of the two things: less of it is better.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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

    /// Where the strategies stand by means over the trials themselves.
    fn by_means(
        measure: &'static Measure,
        sampling: &Sampling,
        plan: &Plan,
        study: &dyn StudyTrials,
    ) -> Vec<Standing> {
        let standing = |index: usize| {
            let sample = study.values(sampling, measure, index);
            let mean: Option<Mean> = mean_at(&sample, TAIL);
            let against = (index != plan.study.baseline)
                .then(|| difference(measure, sampling, study, index, plan.study.baseline));
            let ratio = against.as_ref().and_then(|difference| difference.ratio);
            Standing {
                estimate: mean.map(|mean| mean.value),
                interval: mean.map_or(Interval::UNBOUNDED, |mean| mean.interval),
                n: sample.len(),
                against_baseline: against.map(|difference| (difference.n, difference.verdict)),
                ratio,
            }
        };
        (0..plan.strategies.len()).map(standing).collect()
    }
}

impl Contest {
    fn new(names: Vec<String>, baseline: usize, trials: u64, speed: Race, harm: Race) -> Self {
        let points: Vec<Option<(f64, f64)>> = speed
            .standings
            .iter()
            .zip(&harm.standings)
            .map(|(speed, harm)| Some((speed.estimate?, harm.estimate?)))
            .collect();
        let dominated = dominators(&points).into_iter().map(|by| by.is_some()).collect();
        Self { names, baseline, trials, speed, harm, dominated }
    }

    /// The fastest of the strategies that are clearly faster than the baseline. One that another strategy dominates is not
    /// named, however clear that is.
    #[must_use]
    pub fn fastest(&self) -> Option<usize> {
        self.best(&self.speed, &self.harm)
    }

    /// The safest of those that are clearly safer than the baseline and that nobody dominates.
    #[must_use]
    pub fn safest(&self) -> Option<usize> {
        self.best(&self.harm, &self.speed)
    }

    fn best(&self, race: &Race, other: &Race) -> Option<usize> {
        let is_better =
            |&index: &usize| race.change(index) == Some(MeasureChange::Improved) && !self.dominated[index];
        (0..self.names.len())
            .filter(is_better)
            .min_by(|&a, &b| least_first(&race.standings, &other.standings, (a, b)))
    }

    /// The strategies as production of a pipeline, by median lead time and by harm a quarter: means over trials. None of
    /// a single strategy.
    pub(super) fn of_pipeline(plan: &Plan, study: &dyn StudyTrials) -> Option<Self> {
        let names: Vec<String> = plan.strategies.iter().map(|strategy| strategy.name.clone()).collect();
        if names.len() < 2 {
            return None;
        }
        let trials = study.trials(0);
        let sampling = Sampling::of(study.subject(), plan, trials);
        let (speed, harm) = (&measures::LEAD_TIME_P50_MS, &measures::IMPAIRED_HOST_MS_PER_QUARTER);
        let standings = |measure| Race::by_means(measure, &sampling, plan, study);
        let (speeds, harms) = (standings(speed), standings(harm));
        let lead = |measure, both| leader(&sampling, study, measure, plan, both);
        let fastest = lead(speed, (&speeds, &harms));
        let safest = lead(harm, (&harms, &speeds));
        let speed = Race { leader: fastest, standings: speeds };
        let harm = Race { leader: safest, standings: harms };
        Some(Self::new(names, plan.study.baseline, trials, speed, harm))
    }
}

impl Summary {
    /// The strategies by their median time to 100 % and their mean harm per bad change, see [`Summary::harm`].
    #[must_use]
    pub fn contest(&self) -> Contest {
        let axis =
            |measure: &Measure, leader: &Option<Leader>, estimate: fn(&MetricSummary) -> Option<Estimate>| {
                let standing = |strategy: &StrategySummary| strategy.metric(measure).standing(estimate);
                Race { leader: leader.clone(), standings: self.strategies.iter().map(standing).collect() }
            };
        let names = self.strategies.iter().map(|strategy| strategy.name.clone()).collect();
        let baseline = self.strategies.iter().position(|strategy| strategy.is_baseline).unwrap_or(0);
        let speed = axis(SPEED_METRIC, &self.fastest, MetricSummary::median);
        let harm = axis(self.harm, &self.safest, MetricSummary::mean);
        Contest::new(names, baseline, self.trials, speed, harm)
    }
}
