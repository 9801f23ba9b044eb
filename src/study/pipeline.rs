//! Trials that are horizons of a pipeline: every strategy as production of the same pipeline, in parallel. Trial t has the
//! same merges, reviews and stages' luck for every strategy, and so have the other pipelines on the fleet. Nothing is
//! estimated here.

use super::progress::{Progress, Stopped};
use super::workers::{Simulator, Workers};
use crate::outcome::pipeline::PipelineOutcome;
use crate::pipeline::trace::{Observer, Record, Recorder};
use crate::pipeline::{self, Combined, Member, Rollouts, Sharing};
use crate::plan::{Horizon, Pipeline, Plan};
use crate::random::mix;
use crate::rollout::Model;
use std::collections::BTreeMap;

/// First part of the seeds of other pipelines, so that no two share their luck.
const OTHER: u64 = u64::from_le_bytes(*b"pipeline");

/// The horizons of a study.
#[derive(Debug, Clone, PartialEq)]
pub struct Horizons {
    /// One row per strategy in plan order, one outcome per trial in trial order.
    pub by_strategy: Vec<Vec<PipelineOutcome>>,
    /// What became of each other pipeline meanwhile: `others[pipeline][strategy][trial]`.
    pub others: Vec<Vec<Vec<PipelineOutcome>>>,
}

impl Horizons {
    /// The trial of a strategy (an index) that tells most: the first with a rollback, or the first one.
    #[must_use]
    pub fn telling_trial(&self, strategy: usize) -> u64 {
        let is_telling =
            |horizon: &PipelineOutcome| horizon.needed_rollbacks + horizon.needless_rollbacks > 0;
        self.by_strategy[strategy].iter().position(is_telling).unwrap_or(0) as u64
    }
}

/// Simulates `trials` horizons of every strategy.
///
/// # Errors
/// When `progress` cancels it, after the horizon that each worker is in.
pub fn run(
    plan: &Plan,
    horizon: &Horizon,
    trials: u64,
    progress: &dyn Progress,
) -> Result<Horizons, Stopped> {
    progress.planned(trials * plan.strategies.len() as u64);
    simulate(plan, horizon, trials, progress)
}

/// As [`run`], for whoever has said what is planned.
pub(super) fn simulate(
    plan: &Plan,
    horizon: &Horizon,
    trials: u64,
    progress: &dyn Progress,
) -> Result<Horizons, Stopped> {
    let others = reseeded(horizon, plan.study.seed);
    let fleet = SharedFleet::new(plan, horizon, &others);
    let strategies = plan.strategies.len();
    let wanted: Vec<_> = (0..strategies).map(|strategy| (strategy, 0..trials)).collect();
    let done = Workers::new(PipelineSimulator { fleet: &fleet }, progress).simulate(&wanted, |chunk| chunk);
    Stopped::check(progress)?;
    let mut horizons = Horizons {
        by_strategy: vec![Vec::new(); strategies],
        others: vec![vec![Vec::new(); strategies]; others.len()],
    };
    for (strategy, chunk) in done {
        for outcomes in chunk {
            let mut outcomes = outcomes.into_iter();
            horizons.by_strategy[strategy].extend(outcomes.next());
            outcomes.zip(&mut horizons.others).for_each(|(outcome, other)| other[strategy].push(outcome));
        }
    }
    Ok(horizons)
}

/// Simulates horizons of every pipeline on a fleet.
struct PipelineSimulator<'f> {
    fleet: &'f SharedFleet<'f>,
}

impl<'f> Simulator for PipelineSimulator<'f> {
    type Outcome = Vec<PipelineOutcome>;
    type Worker = Worker<'f>;
    const CHUNK: u64 = 1;

    fn worker(&self) -> Worker<'f> {
        Worker::new()
    }

    fn simulate(&self, worker: &mut Worker<'f>, strategy: usize, trial: u64) -> Vec<PipelineOutcome> {
        self.fleet.run(worker, strategy, trial, None)
    }
}

/// The other pipelines, with luck of their own.
fn reseeded(horizon: &Horizon, seed: u64) -> Vec<Plan> {
    let mut others = horizon.others.clone();
    for (number, other) in others.iter_mut().enumerate() {
        other.study.seed = mix(&[OTHER, seed, number as u64]);
    }
    others
}

/// Every pipeline on the fleet, ready to run.
struct SharedFleet<'p> {
    sharing: Sharing,
    own: Tenant<'p>,
    others: Vec<Tenant<'p>>,
}

/// What a worker has made so far, by pipeline and strategy: engines remember what they have looked up.
type Worker<'p> = BTreeMap<(usize, usize), Combined<Rollouts<'p>>>;

/// One pipeline with the tables of its production.
struct Tenant<'p> {
    model: Model<'p>,
    horizon: &'p Horizon,
    /// With the waves of each strategy.
    pipelines: Vec<Pipeline>,
}

impl<'p> Tenant<'p> {
    fn new(plan: &'p Plan, horizon: &'p Horizon) -> Self {
        let pipelines = plan.strategies.iter().map(|strategy| horizon.with_waves(plan, strategy)).collect();
        Self { model: Model::new(plan), horizon, pipelines }
    }
}

impl<'p> SharedFleet<'p> {
    fn new(plan: &'p Plan, horizon: &'p Horizon, others: &'p [Plan]) -> Self {
        let others = others.iter().filter_map(|other| Some(Tenant::new(other, other.horizon.as_ref()?)));
        Self {
            sharing: Sharing {
                regions: plan.fleet.regions.len(),
                exclusive: horizon.exclusive_regions,
                alarms: horizon.shared_alarms,
            },
            own: Tenant::new(plan, horizon),
            others: others.collect(),
        }
    }

    /// One horizon of every pipeline; that of the study, by strategy `strategy`, comes first and is observed.
    fn run<'w>(
        &'p self,
        worker: &'w mut Worker<'p>,
        strategy: usize,
        trial: u64,
        observer: Option<&mut dyn Observer>,
    ) -> Vec<PipelineOutcome> {
        let own = [(&self.own, strategy)].into_iter();
        let lines: Vec<(&Tenant, usize)> = own.chain(self.others.iter().map(|line| (line, 0))).collect();
        for (index, (line, strategy)) in lines.iter().enumerate() {
            let made = || Combined::of(&line.model, line.horizon, *strategy, trial, 0);
            worker.entry((index, *strategy)).or_insert_with(made).turn_to(trial);
        }
        let wanted =
            |(index, by): &(usize, usize)| lines.get(*index).is_some_and(|(_, strategy)| strategy == by);
        let productions = worker.iter_mut().filter(|(key, _)| wanted(key)).map(|(_, production)| production);
        let members = lines.iter().zip(productions).map(|((line, strategy), production)| Member {
            pipeline: &line.pipelines[*strategy],
            production,
            seed: line.model.plan.study.seed,
        });
        let observer = observer.map(|observer| observer as &mut dyn Observer);
        pipeline::run_together_observed(members.collect(), self.sharing, trial, observer)
    }
}

/// Simulates one horizon of one strategy (an index) again, as in the study, and keeps what happens in its pipeline.
///
/// # Panics
///
/// If there is no such strategy.
#[must_use]
pub fn replay(plan: &Plan, horizon: &Horizon, strategy: usize, trial: u64) -> (PipelineOutcome, Vec<Record>) {
    let others = reseeded(horizon, plan.study.seed);
    let mut recorder = Recorder::default();
    let fleet = SharedFleet::new(plan, horizon, &others);
    let outcomes = fleet.run(&mut Worker::new(), strategy, trial, Some(&mut recorder));
    let own = outcomes.into_iter().next().expect("the pipeline of the study comes first");
    (own, recorder.into_records())
}
