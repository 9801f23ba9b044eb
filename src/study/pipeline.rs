//! Trials of a pipeline: every strategy as production of the same pipeline, in parallel. Trial t has the
//! same merges, reviews and stages' draws for every strategy, and so have the other pipelines on the fleet. Nothing is
//! estimated here.

use super::experiment::{Experiment, Rounds, simulate};
use super::progress::{Progress, Stopped};
use super::trials::Kept;
use super::workers::{Simulator, Workers};
use crate::outcome::pipeline::PipelineOutcome;
use crate::pipeline::{self, Combined, Member, PipelineEvent, Rollouts, Sharing};
use crate::plan::pipeline::Line;
use crate::plan::{Pipeline, Plan};
use crate::random::{mix, stable_hash};
use crate::rollout::{Model, TooCostly};
use crate::sim::budget::{attempt, interrupt};
use crate::sim::{Observer, Record, Recorder};
use std::collections::BTreeMap;

/// First part of the seeds of other pipelines, so that no two share their draws.
const OTHER: u64 = u64::from_le_bytes(*b"pipeline");

/// The trials of a study.
#[derive(Debug, Clone, PartialEq)]
pub struct PipelineTrials {
    /// One row per strategy in plan order, one outcome per trial in trial order.
    pub by_strategy: Vec<Vec<PipelineOutcome>>,
    /// What became of each other pipeline meanwhile: `others[pipeline][strategy][trial]`.
    pub others: Vec<Vec<Vec<PipelineOutcome>>>,
}

impl PipelineTrials {
    /// The trial of a strategy (an index) that tells most: the first with a rollback, or the first one.
    #[must_use]
    pub fn telling_trial(&self, strategy: usize) -> u64 {
        let is_telling =
            |outcome: &PipelineOutcome| outcome.needed_rollbacks + outcome.needless_rollbacks > 0;
        self.by_strategy[strategy].iter().position(is_telling).unwrap_or(0) as u64
    }
}

impl Kept for PipelineTrials {
    type Outcome = PipelineOutcome;

    fn rows(&self) -> &[Vec<PipelineOutcome>] {
        &self.by_strategy
    }
}

/// Simulates `trials` trials of every strategy.
///
/// # Errors
/// When `progress` cancels it.
pub fn run(
    plan: &Plan,
    pipeline: &Pipeline,
    trials: u64,
    progress: &dyn Progress,
) -> Result<PipelineTrials, Stopped> {
    simulate(&PipelineExperiment::new(plan, pipeline), trials, Rounds::One, 1, progress)
}

/// The pipeline of a plan with each strategy as its production, simulated as trials are asked for.
pub(super) struct PipelineExperiment<'p> {
    plan: &'p Plan,
    pipeline: &'p Pipeline,
    others: Vec<Plan>,
}

impl<'p> PipelineExperiment<'p> {
    /// Trials of `pipeline`, which is that of `plan` or what is left of it.
    pub fn new(plan: &'p Plan, pipeline: &'p Pipeline) -> Self {
        Self { plan, pipeline, others: reseeded(pipeline, plan.study.seed) }
    }
}

impl Experiment for PipelineExperiment<'_> {
    type Trials = PipelineTrials;

    fn plan(&self) -> &Plan {
        self.plan
    }

    fn none(&self) -> PipelineTrials {
        let rows = vec![Vec::new(); self.plan.strategies.len()];
        PipelineTrials { others: vec![rows.clone(); self.others.len()], by_strategy: rows }
    }

    fn extend(
        &self,
        trials: &mut PipelineTrials,
        strategies: &[usize],
        until: u64,
        progress: &dyn Progress,
    ) -> Result<(), Stopped> {
        let fleet = SharedFleet::new(self.plan, self.pipeline, &self.others);
        let rows = &mut trials.by_strategy;
        let workers = Workers::new(PipelineSimulator { fleet: &fleet, progress }, progress);
        let done = workers.complete(strategies, |row| rows[row].len(), until)?;
        let done = done.into_iter().flat_map(|(row, chunk)| chunk.into_iter().map(move |trial| (row, trial)));
        for (strategy, outcomes) in done {
            let mut outcomes = outcomes.into_iter();
            rows[strategy].extend(outcomes.next());
            outcomes.zip(&mut trials.others).for_each(|(outcome, other)| other[strategy].push(outcome));
        }
        Ok(())
    }
}

/// Simulates trials of every pipeline on a fleet.
struct PipelineSimulator<'f> {
    fleet: &'f SharedFleet<'f>,
    progress: &'f dyn Progress,
}

/// Interrupts a trial, which may be long, when nobody waits for it any more.
struct Impatient<'f>(&'f dyn Progress);

impl Observer<PipelineEvent> for Impatient<'_> {
    fn observe(&mut self, _at_ms: u64, _event: PipelineEvent) {
        if self.0.is_cancelled() {
            interrupt();
        }
    }

    fn retract_after(&mut self, _at_ms: u64) {}
}

impl<'f> Simulator for PipelineSimulator<'f> {
    type Outcome = Vec<PipelineOutcome>;
    type Worker = Worker<'f>;
    const CHUNK: u64 = 1;

    fn worker(&self) -> Worker<'f> {
        Worker::new()
    }

    fn simulate(
        &self,
        worker: &mut Worker<'f>,
        strategy: usize,
        trial: u64,
    ) -> Result<Vec<PipelineOutcome>, TooCostly> {
        self.fleet.run(worker, strategy, trial, &mut Impatient(self.progress))
    }
}

/// The other pipelines, with draws of their own: those of their names, whichever others there are.
fn reseeded(pipeline: &Pipeline, seed: u64) -> Vec<Plan> {
    let mut others = pipeline.others.clone();
    for other in &mut others {
        other.study.seed = mix(&[OTHER, seed, stable_hash(other.name.as_bytes())]);
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
    pipeline: &'p Pipeline,
    /// With the waves of each strategy.
    lines: Vec<Line>,
}

impl<'p> Tenant<'p> {
    fn new(plan: &'p Plan, pipeline: &'p Pipeline) -> Self {
        let lines = plan.strategies.iter().map(|strategy| pipeline.with_waves(plan, strategy)).collect();
        Self { model: Model::new(plan), pipeline, lines }
    }
}

impl<'p> SharedFleet<'p> {
    fn new(plan: &'p Plan, pipeline: &'p Pipeline, others: &'p [Plan]) -> Self {
        let others = others.iter().filter_map(|other| Some(Tenant::new(other, other.pipeline.as_ref()?)));
        Self {
            sharing: Sharing {
                regions: plan.fleet.regions.len(),
                exclusive: pipeline.exclusive_regions,
                alarms: pipeline.shared_alarms,
            },
            own: Tenant::new(plan, pipeline),
            others: others.collect(),
        }
    }

    /// One trial of every pipeline; that of the study, by strategy `strategy`, comes first and is observed.
    fn run<'w, O: Observer<PipelineEvent>>(
        &'p self,
        worker: &'w mut Worker<'p>,
        strategy: usize,
        trial: u64,
        observer: &mut O,
    ) -> Result<Vec<PipelineOutcome>, TooCostly> {
        let own = [(&self.own, strategy)].into_iter();
        let tenants: Vec<(&Tenant, usize)> =
            own.chain(self.others.iter().map(|tenant| (tenant, 0))).collect();
        for (index, (tenant, strategy)) in tenants.iter().enumerate() {
            let made = || Combined::of(&tenant.model, tenant.pipeline, *strategy, trial, 0);
            worker.entry((index, *strategy)).or_insert_with(made).turn_to(trial);
        }
        let wanted =
            |(index, by): &(usize, usize)| tenants.get(*index).is_some_and(|(_, strategy)| strategy == by);
        let productions = worker.iter_mut().filter(|(key, _)| wanted(key)).map(|(_, production)| production);
        let members = tenants.iter().zip(productions).map(|((tenant, strategy), production)| Member {
            line: &tenant.lines[*strategy],
            production,
            seed: tenant.model.plan.study.seed,
        });
        let members = members.collect();
        attempt(|| pipeline::run_together_observed(members, self.sharing, trial, observer))
            .map_err(|over| TooCostly::new(self.own.model.plan, strategy, trial, over))
    }
}

/// Simulates one trial of one strategy (an index) again, as in the study, and keeps what happens in its pipeline.
///
/// # Panics
///
/// If there is no such strategy.
///
/// # Errors
///
/// If the trial goes beyond its budget.
pub fn replay(
    plan: &Plan,
    pipeline: &Pipeline,
    strategy: usize,
    trial: u64,
) -> Result<(PipelineOutcome, Vec<Record<PipelineEvent>>), TooCostly> {
    let others = reseeded(pipeline, plan.study.seed);
    let mut recorder = Recorder::default();
    let fleet = SharedFleet::new(plan, pipeline, &others);
    let outcomes = fleet.run(&mut Worker::new(), strategy, trial, &mut recorder)?;
    let own = outcomes.into_iter().next().expect("the pipeline of the study comes first");
    Ok((own, recorder.into_records()))
}
