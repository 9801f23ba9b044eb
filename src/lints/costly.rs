//! What a study of rollouts costs before it is run: batches and hosts in closed form, events from a few rehearsed trials
//! that may have few of them. It says what makes for the work; it judges no result.

use super::rehearsal::{EVENT_LIMIT, Rehearsal};
use super::view::View;
use crate::diagnostic::Diagnostic;
use crate::plan::{Batching, Wave};
use crate::scenario::rules;
use crate::sim::budget::{self, Owner, in_thousands};

/// Events of all trials of a strategy from which on a study is worth a warning: some minutes on one core.
pub(super) const STUDY_EVENTS: u64 = 200_000_000;

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
        let zones = wave.regions.iter().flat_map(|region| wave.zones_of(&view.plan.fleet, *region));
        let in_zone = |hosts: u32| {
            let together = match wave.procedure.batching {
                Batching::Barrier => wave.procedure.batch_of(hosts),
                Batching::Sliding => 1,
            };
            wave.procedure.first_batches.len() as u64 + u64::from(wave.hosts.of(hosts).div_ceil(together))
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
