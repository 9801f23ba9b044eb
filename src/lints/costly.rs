//! What a study costs before it is run: batches, hosts and merges in closed form, events from a few rehearsed trials
//! that may have few of them. It says what makes for the work; it judges no result.

use super::rehearsal::{EVENT_LIMIT, Rehearsal};
use super::view::View;
use crate::diagnostic::Diagnostic;
use crate::plan::pipeline::{Flaky, Line, OnFlaky};
use crate::plan::{Batching, Plan, Wave};
use crate::scenario::{Places, rules};
use crate::sim::budget::{self, Owner, in_thousands};

/// Events of all trials of a strategy from which on a study is worth a warning: some minutes on one core.
const STUDY_EVENTS: u64 = 200_000_000;

/// Runs of stages, in all trials, from which on a pipeline is: each is far more work than an event of a rollout.
const STUDY_RUNS: f64 = 10_000_000.0;

/// Warns of a strategy whose trials are so large that a study takes long, or ends early.
pub(super) fn costly_trials(view: &View<'_>, rehearsal: Option<&Rehearsal<'_>>) -> Option<Diagnostic> {
    too_many_batches(view).or_else(|| match rehearsal {
        Some(rehearsal) => too_many_events(view, rehearsal),
        None => too_many_hosts(view),
    })
}

/// Batches that a rollout of the strategy lays out, one-boxes aside.
fn batches(view: &View<'_>) -> u64 {
    let of_wave = |wave: &Wave| -> u64 {
        let zones = wave.regions.iter().flat_map(|region| view.plan.fleet.regions[*region].zones.clone());
        let in_zone = |hosts: u32| {
            let together = match wave.procedure.batching {
                Batching::Barrier => wave.procedure.batch_of(hosts),
                Batching::Sliding => 1,
            };
            u64::from(wave.hosts.of(hosts).div_ceil(together))
        };
        zones.map(|zone| in_zone(view.plan.fleet.zones[zone].hosts)).sum()
    };
    // Waves of a ladder lay out what is new in them, so the largest of them is near enough.
    view.strategy().waves.iter().map(of_wave).max().unwrap_or(0)
}

fn too_many_batches(view: &View<'_>) -> Option<Diagnostic> {
    let batches = batches(view);
    if batches <= budget::BATCHES {
        return None;
    }
    let message = format!(
        "a rollout of strategy `{}` has {} batches, and none may have more than {}: no trial will end",
        view.strategy().name,
        in_thousands(batches),
        in_thousands(budget::BATCHES),
    );
    let help = "make `batch` larger, a percentage for example";
    Some(view.warning(&rules::COSTLY, message).help(help))
}

/// A fleet that is too large to be rehearsed.
fn too_many_hosts(view: &View<'_>) -> Option<Diagnostic> {
    let change = &view.plan.change;
    let hosts = view.plan.fleet.hosts();
    if change.bad_probability <= 0.0 || change.defects.is_empty() {
        return None;
    }
    // An onset, a deployment and a way back each, at least.
    let message = format!(
        "a bad change that reaches all {} hosts has about {} events, host by host; a trial is given up beyond {}",
        in_thousands(hosts),
        in_thousands(3 * hosts),
        in_thousands(budget::EVENTS),
    );
    let help = "simulate one service, or a fleet of fewer and larger hosts";
    Some(view.warning(&rules::COSTLY, message).help(help))
}

fn too_many_events(view: &View<'_>, rehearsal: &Rehearsal<'_>) -> Option<Diagnostic> {
    let (name, trials) = (&view.strategy().name, view.plan.study.trials);
    let cost = rehearsal.cost(view.strategy);
    let events = cost.events.saturating_mul(trials) / cost.trials.max(1);
    if events < STUDY_EVENTS {
        return None;
    }
    let all = in_thousands(trials);
    let Some((trial, over)) = cost.over else {
        let message = format!(
            "{all} trials of strategy `{name}` have about {} events: minutes of work",
            in_thousands(events)
        );
        let help = "fewer trials, larger batches or a shorter `observe-after` are less";
        return Some(view.warning(&rules::COSTLY, message).help(help));
    };
    let message = format!(
        "trial {trial} of strategy `{name}` alone has more than {} events, most of them {}, and there are {all} trials",
        in_thousands(EVENT_LIMIT),
        over.cause.what,
    );
    let help = format!(
        "`{}` makes for the work; beyond {} events a trial is given up",
        over.cause.key,
        in_thousands(budget::EVENTS)
    );
    let problem = view.warning(&rules::COSTLY, message).help(help);
    let defect = rehearsal.defect(trial).filter(|_| over.cause.owner == Owner::Defect);
    Some(match defect {
        Some(defect) => problem.and(view.places.defects[defect], "this defect"),
        None => problem,
    })
}

/// Warns of a pipeline with so many merges that its trials take long, or end early.
pub(super) fn costly_pipeline(plan: &Plan, places: &Places) -> Option<Diagnostic> {
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
    let runs: f64 = lines.iter().map(|line| runs_of_stages(line)).sum();
    let work: f64 = lines.iter().map(|line| runs_of_stages(line) * work_of_a_run(line)).sum();
    let trials = pipeline.trials * plan.strategies.len() as u64;
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
