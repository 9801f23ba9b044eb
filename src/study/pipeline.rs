//! A study of pipelines: every strategy as production of the same pipeline, over several trials, in parallel. Trial t has
//! the same merges, reviews and draws of stages for every strategy, and so have the other pipelines on the fleet.

use super::Watcher;
use crate::outcome::pipeline::PipelineOutcome;
use crate::pipeline::{self, Combined, Member, PipelineEvent, Rollouts, Sharing};
use crate::plan::pipeline::Line;
use crate::plan::{Pipeline, Plan};
use crate::random::mix;
use crate::rollout::Model;
use crate::sim::{Observer, Record, Recorder, Silent};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

/// First part of the seeds of other pipelines, so that no two share their draws.
const OTHER: u64 = u64::from_le_bytes(*b"pipeline");

/// The trials of a study of pipelines.
#[derive(Debug, Clone, PartialEq)]
pub struct Horizons {
    /// One row per strategy in plan order, one outcome per trial in trial order.
    pub by_strategy: Vec<Vec<PipelineOutcome>>,
    /// What became of each other pipeline meanwhile: `others[pipeline][strategy][trial]`.
    pub others: Vec<Vec<Vec<PipelineOutcome>>>,
}

/// Simulates `trials` trials of every strategy. Setting `cancel` makes it return none, after the trial that each
/// worker is in.
pub fn run(
    plan: &Plan,
    pipeline: &Pipeline,
    trials: u64,
    cancel: &AtomicBool,
    watcher: &dyn Watcher,
) -> Option<Horizons> {
    let others = reseeded(pipeline, plan.study.seed);
    let fleet = SharedFleet::new(plan, pipeline, &others);
    let strategies = plan.strategies.len();
    watcher.planned(trials * strategies as u64);
    let jobs: Vec<(usize, u64)> =
        (0..strategies).flat_map(|strategy| (0..trials).map(move |trial| (strategy, trial))).collect();
    let done: Vec<Option<Vec<PipelineOutcome>>> = jobs
        .par_iter()
        .map_init(Worker::new, |worker, &(strategy, trial)| {
            if cancel.load(Ordering::Relaxed) {
                return None;
            }
            let outcomes = fleet.run(worker, strategy, trial, &mut Silent);
            watcher.done(1);
            Some(outcomes)
        })
        .collect();
    let mut horizons = Horizons {
        by_strategy: vec![Vec::new(); strategies],
        others: vec![vec![Vec::new(); strategies]; others.len()],
    };
    for ((strategy, _), outcomes) in jobs.into_iter().zip(done) {
        let mut outcomes = outcomes?.into_iter();
        horizons.by_strategy[strategy].extend(outcomes.next());
        outcomes.zip(&mut horizons.others).for_each(|(outcome, other)| other[strategy].push(outcome));
    }
    Some(horizons)
}

/// The other pipelines, with draws of their own.
fn reseeded(pipeline: &Pipeline, seed: u64) -> Vec<Plan> {
    let mut others = pipeline.others.clone();
    for (number, other) in others.iter_mut().enumerate() {
        other.study.seed = mix(&[OTHER, seed, number as u64]);
    }
    others
}

/// Every pipeline on the fleet, ready to run.
struct SharedFleet<'p> {
    sharing: Sharing,
    own: Tables<'p>,
    others: Vec<Tables<'p>>,
}

/// What a thread has made so far, by pipeline and strategy: engines remember what they have looked up.
type Worker<'p> = BTreeMap<(usize, usize), Combined<Rollouts<'p>>>;

/// One pipeline with the tables of its production.
struct Tables<'p> {
    model: Model<'p>,
    pipeline: &'p Pipeline,
    /// With the waves of each strategy.
    lines: Vec<Line>,
}

impl<'p> Tables<'p> {
    fn new(plan: &'p Plan, pipeline: &'p Pipeline) -> Self {
        let lines = plan.strategies.iter().map(|strategy| pipeline.with_waves(plan, strategy)).collect();
        Self { model: Model::new(plan), pipeline, lines }
    }
}

impl<'p> SharedFleet<'p> {
    fn new(plan: &'p Plan, pipeline: &'p Pipeline, others: &'p [Plan]) -> Self {
        let others = others.iter().filter_map(|other| Some(Tables::new(other, other.pipeline.as_ref()?)));
        Self {
            sharing: Sharing {
                regions: plan.fleet.regions.len(),
                exclusive: pipeline.exclusive_regions,
                alarms: pipeline.shared_alarms,
            },
            own: Tables::new(plan, pipeline),
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
    ) -> Vec<PipelineOutcome> {
        let own = [(&self.own, strategy)].into_iter();
        let all: Vec<(&Tables, usize)> = own.chain(self.others.iter().map(|tables| (tables, 0))).collect();
        for (index, (tables, strategy)) in all.iter().enumerate() {
            let made = || Combined::of(&tables.model, tables.pipeline, *strategy, trial, 0);
            worker.entry((index, *strategy)).or_insert_with(made).turn_to(trial);
        }
        let wanted =
            |(index, by): &(usize, usize)| all.get(*index).is_some_and(|(_, strategy)| strategy == by);
        let productions = worker.iter_mut().filter(|(key, _)| wanted(key)).map(|(_, production)| production);
        let members = all.iter().zip(productions).map(|((tables, strategy), production)| Member {
            line: &tables.lines[*strategy],
            production,
            seed: tables.model.plan.study.seed,
        });
        pipeline::run_together_observed(members.collect(), self.sharing, trial, observer)
    }
}

/// Simulates one trial of one strategy (an index) again, as in the study, and keeps what happens in its pipeline.
///
/// # Panics
///
/// If there is no such strategy.
#[must_use]
pub fn replay(
    plan: &Plan,
    pipeline: &Pipeline,
    strategy: usize,
    trial: u64,
) -> (PipelineOutcome, Vec<Record<PipelineEvent>>) {
    let others = reseeded(pipeline, plan.study.seed);
    let mut recorder = Recorder::default();
    let fleet = SharedFleet::new(plan, pipeline, &others);
    let outcomes = fleet.run(&mut Worker::new(), strategy, trial, &mut recorder);
    let own = outcomes.into_iter().next().expect("the pipeline of the study comes first");
    (own, recorder.into_records())
}
