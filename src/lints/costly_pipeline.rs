//! What a study of a pipeline costs before it is run: merges and runs of stages in closed form, events of its rollouts from
//! the beginning of a trial. It says what makes for the work; it judges no result.

use super::costly::STUDY_EVENTS;
use crate::diagnostic::Diagnostic;
use crate::pipeline::{Combined, PipelineEvent, run_observed};
use crate::plan::pipeline::{Flaky, Line, OnFlaky};
use crate::plan::{Pipeline, Plan};
use crate::rollout::Model;
use crate::scenario::{Places, rules};
use crate::sim::Observer;
use crate::sim::budget::{self, attempt, in_thousands, interrupt, unless_interrupted};

/// Runs of stages, in all trials, from which on a pipeline is worth a warning: each is far more work than an event of a
/// rollout.
const STUDY_RUNS: f64 = 10_000_000.0;

/// Events in rollouts of a rehearsed trial: `check` answers at once, whatever the plan.
const EVENT_LIMIT: u64 = 100_000;

/// Events of its pipeline.
const MOST_TOLD: u64 = 200_000;

/// Warns of a pipeline with so many merges that its trials take long, or end early.
pub(super) fn costly_pipeline(plan: &Plan, places: &Places, model: Option<&Model>) -> Option<Diagnostic> {
    let (pipeline, place) = (plan.pipeline.as_ref()?, places.pipeline?);
    let others = pipeline.others.iter().filter_map(|other| other.pipeline.as_ref());
    let lines: Vec<&Line> = others.map(|other| &other.line).chain([&pipeline.line]).collect();
    let help = "merge less often in `source`, or simulate fewer weeks or trials; a trial of too much work is given up";
    if let Some(line) = lines.iter().find(|line| line.merges() > budget::MERGES as f64) {
        let message = format!(
            "a trial of the pipeline has about {} merges, and none may have more than {}: no trial will begin",
            in_thousands(line.merges() as u64),
            in_thousands(budget::MERGES),
        );
        return Some(rules::COSTLY.at(place, message).help(help));
    }
    let trials = pipeline.trials * plan.strategies.len() as u64;
    let is_much =
        |events: u64| events > budget::EVENTS_IN_PIPELINE || events.saturating_mul(trials) > STUDY_EVENTS;
    let most = model.and_then(|model| events_of_a_trial(model, pipeline));
    if let Some((strategy, events)) = most.filter(|(_, events)| is_much(*events)) {
        let message = format!(
            "a trial of the pipeline with strategy `{}` has about {} events in its rollouts, and is given up beyond {}",
            plan.strategies[strategy].name,
            in_thousands(events),
            in_thousands(budget::EVENTS_IN_PIPELINE),
        );
        return Some(rules::COSTLY.at(place, message).help(help));
    }
    let runs: f64 = lines.iter().map(|line| runs_of_stages(line)).sum();
    let work: f64 = lines.iter().map(|line| runs_of_stages(line) * work_of_a_run(line)).sum();
    if work * (trials as f64) < STUDY_RUNS {
        return None;
    }
    let message = format!(
        "a trial of the pipeline has about {} runs of stages, and there are {} trials",
        in_thousands(runs as u64),
        in_thousands(trials),
    );
    Some(rules::COSTLY.at(place, message).help(help))
}

/// Runs of stages if every change went through all of them, production included, as often as they are flaky.
fn runs_of_stages(line: &Line) -> f64 {
    let runs: f64 = line.stages.iter().map(|stage| runs_of_a_visit(&stage.flaky)).sum();
    line.merges() * (runs + 1.0)
}

/// Mean runs until one is not flaky, or until the stage gives up.
fn runs_of_a_visit(flaky: &Flaky) -> f64 {
    let again = flaky.probability.min(0.999_999);
    let ever = match flaky.then {
        OnFlaky::Retry { times } => 1.0 - libm::pow(again, f64::from(times) + 1.0),
        OnFlaky::Block { .. } => 1.0,
    };
    ever / (1.0 - again)
}

/// The work of a run in terms of one where no change is bad: it passes over the defects that were merged before it.
fn work_of_a_run(line: &Line) -> f64 {
    /// Passed over in the time of a run that has none.
    const DEFECTS: f64 = 4_000.0;
    let harmful: f64 = line.source.defects.iter().map(|class| class.probability).sum();
    1.0 + line.merges() * harmful / DEFECTS
}

/// The strategy whose trials have most events in their rollouts, and about how many; none if all have few. A trial is
/// rehearsed until it has had so many, and they are taken to grow with its time as they have so far: by a power of it.
fn events_of_a_trial(model: &Model, pipeline: &Pipeline) -> Option<(usize, u64)> {
    let plan = model.plan;
    let events = |strategy: usize| {
        let line = pipeline.with_waves(plan, &plan.strategies[strategy]);
        let until = |limit: u64| {
            let mut production = Combined::of(model, pipeline, strategy, 0, 0).with_event_limit(limit);
            let mut clock = Clock::default();
            let rehearse =
                || attempt(|| run_observed(&line, &mut production, plan.study.seed, 0, &mut clock));
            let is_whole = unless_interrupted(rehearse).is_some_and(|trial| trial.is_ok());
            let so_far = (production.events().max(1) as f64, clock.now_ms.max(1) as f64);
            (!is_whole).then_some(so_far)
        };
        let (events, at_ms) = until(EVENT_LIMIT)?;
        let (before, before_ms) = until(events as u64 / 4)?;
        let power = libm::log(events / before) / libm::log(at_ms / before_ms).max(f64::MIN_POSITIVE);
        let growth = libm::pow(line.length_ms as f64 / at_ms, power.clamp(1.0, 3.0));
        Some((strategy, (events * growth) as u64))
    };
    (0..plan.strategies.len()).filter_map(events).max_by_key(|(_, events)| *events)
}

/// How far a trial has come: the latest merge. One of which the pipeline alone is so much work is left.
#[derive(Default)]
struct Clock {
    now_ms: u64,
    told: u64,
}

impl Observer<PipelineEvent> for Clock {
    fn observe(&mut self, at_ms: u64, event: PipelineEvent) {
        self.told += 1;
        if self.told > MOST_TOLD {
            interrupt();
        }
        if let PipelineEvent::Merged { .. } = event {
            self.now_ms = at_ms;
        }
    }

    fn retract_after(&mut self, _at_ms: u64) {}
}
