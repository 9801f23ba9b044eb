//! Differences between pipelines.

use super::list::{Changes, names, tables, text};
use super::pairs::{by_name, order};
use super::{PlanChange, PlanValue};
use crate::plan::Plan;
use crate::plan::pipeline::{Merges, Pipeline, Stage, TwoPhase};

/// Compares the pipelines. Calendars are intervals by now: that they differ is all that can be said.
pub(super) fn diff(changes: &mut Changes, before: Option<&Pipeline>, after: Option<&Pipeline>) {
    let (Some(before), Some(after)) = (before, after) else {
        if before.is_some() || after.is_some() {
            let said = |side: Option<&Pipeline>| {
                side.map(|horizon| text(&format!("{} stages", horizon.line.stages.len())))
            };
            changes.whole("pipeline", said(before), said(after));
        }
        return;
    };
    rest(changes, before, after);
    stages(changes, &before.line.stages, &after.line.stages);
    let mut at = changes.at("pipeline");
    at.key("calendars", &before.line.calendars, &after.line.calendars, |list| {
        let intervals: usize = list.iter().map(|calendar| calendar.intervals().len()).sum();
        text(&format!("{} with {intervals} openings", list.len()))
    });
    at.key("components", &components(before), &components(after), |list| names(list));
    match (&before.line.two_phase, &after.line.two_phase) {
        (Some(old), Some(new)) => tables(&mut at, "two-phase", old, new),
        (None, None) => {}
        (old, new) => at.differs("two-phase", two_phase(old.as_ref()), two_phase(new.as_ref())),
    }
    let (old, new) = (&before.line.source.merges, &after.line.source.merges);
    if old != new {
        at.differs("source merges", Some(merges(old)), Some(merges(new)));
    }
    others(changes, &before.others, &after.others);
}

/// The other pipelines on the fleet. What they have in common with the plan is said there.
fn others(changes: &mut Changes, before: &[Plan], after: &[Plan]) {
    let pairs = by_name(before, after, |plan| &plan.name);
    if let Some((before, after)) = order(&pairs, |plan| &plan.name) {
        changes.at("pipeline").differs("order of other pipelines", Some(before), Some(after));
    }
    for pair in &pairs {
        match (pair.before, pair.after) {
            (Some((_, before)), Some((_, after))) => {
                let (fleet, alarms, study) = (&after.fleet, &after.alarms, &after.study);
                let (fleet, alarms, study) = (fleet.clone(), alarms.clone(), study.clone());
                let before = Plan { fleet, alarms, study, ..before.clone() };
                for change in super::simulated(&before, after) {
                    let place = format!("pipeline {}: {}", after.name, change.place);
                    changes.push(PlanChange { place, ..change });
                }
            }
            (old, new) => {
                let name = old.or(new).map_or("", |(_, plan)| plan.name.as_str());
                let said = |side: Option<(usize, &Plan)>| {
                    side.map(|(_, plan)| text(&format!("by {}", plan.strategies[0].name)))
                };
                changes.whole(format!("pipeline {name}"), said(old), said(new));
            }
        }
    }
}

/// Everything but stages, calendars and merges.
fn rest(changes: &mut Changes, before: &Pipeline, after: &Pipeline) {
    let stripped = |horizon: &Pipeline| {
        let mut horizon = horizon.clone();
        horizon.line.stages.clear();
        horizon.line.calendars.clear();
        horizon.others.clear();
        horizon.components.clear();
        horizon.line.two_phase = None;
        horizon.line.source.merges = Merges::Recorded(Vec::new());
        horizon
    };
    tables(&mut changes.at("pipeline"), "", &stripped(before), &stripped(after));
}

/// What each component is, in words. What differs within a strategy is said of the strategy.
fn components(horizon: &Pipeline) -> Vec<String> {
    let classes = &horizon.line.source.defects;
    let said = horizon.components.iter().map(|component| {
        let by = component.strategy.as_ref().map_or("the strategy under study", |strategy| &strategy.name);
        let own: Vec<&str> = component.defects.iter().map(|&class| classes[class].name.as_str()).collect();
        let defects = if own.is_empty() { String::new() } else { format!(" with {}", own.join(" and ")) };
        format!("{} by {by}{defects}", component.name)
    });
    said.collect()
}

fn two_phase(plan: Option<&TwoPhase>) -> Option<PlanValue> {
    plan.map(|plan| text(&format!("{:.1}% of changes", plan.share * 100.0)))
}

fn stages(changes: &mut Changes, before: &[Stage], after: &[Stage]) {
    let pairs = by_name(before, after, |stage| &stage.name);
    if let Some((before, after)) = order(&pairs, |stage| &stage.name) {
        changes.at("pipeline").differs("order of stages", Some(before), Some(after));
    }
    for pair in &pairs {
        match (pair.before, pair.after) {
            (Some((_, before)), Some((_, after))) => {
                tables(&mut changes.at(format!("stage {}", before.name)), "", before, after);
            }
            (old, new) => {
                let name = old.or(new).map_or("", |(_, stage)| stage.name.as_str());
                let said = |side: Option<(usize, &Stage)>| {
                    side.map(|(index, _)| text(&format!("place {}", index + 1)))
                };
                changes.whole(format!("stage {name}"), said(old), said(new));
            }
        }
    }
}

fn merges(merges: &Merges) -> PlanValue {
    match merges {
        Merges::Poisson(steps) => {
            let most = steps.iter().map(|step| step.per_hour).fold(0.0, f64::max);
            text(&format!("{most:.4} an open hour, {} steps", steps.len()))
        }
        Merges::Recorded(instants) => text(&format!("{} recorded", instants.len())),
        Merges::Every { first_ms, gap_ms, count } => {
            text(&format!("{count} from {first_ms} ms, {gap_ms} ms apart"))
        }
    }
}
