//! Differences between pipelines.

use super::PlanChange;
use super::list::{Changes, tables, text};
use super::pairs::{by_name, order};
use crate::plan::Plan;
use crate::plan::pipeline::{Horizon, Merges, Stage};

/// Compares the pipelines. Calendars are intervals by now: that they differ is all that can be said.
pub(super) fn diff(changes: &mut Changes, before: Option<&Horizon>, after: Option<&Horizon>) {
    let (Some(before), Some(after)) = (before, after) else {
        if before.is_some() || after.is_some() {
            let said = |side: Option<&Horizon>| {
                side.map(|horizon| text(&format!("{} stages", horizon.pipeline.stages.len())))
            };
            changes.whole("pipeline", said(before), said(after));
        }
        return;
    };
    rest(changes, before, after);
    stages(changes, &before.pipeline.stages, &after.pipeline.stages);
    let mut at = changes.at("pipeline");
    at.key("calendars", &before.pipeline.calendars, &after.pipeline.calendars, |list| {
        let intervals: usize = list.iter().map(|calendar| calendar.intervals().len()).sum();
        text(&format!("{} with {intervals} openings", list.len()))
    });
    let (old, new) = (&before.pipeline.source.merges, &after.pipeline.source.merges);
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
fn rest(changes: &mut Changes, before: &Horizon, after: &Horizon) {
    let stripped = |horizon: &Horizon| {
        let mut horizon = horizon.clone();
        horizon.pipeline.stages.clear();
        horizon.pipeline.calendars.clear();
        horizon.others.clear();
        horizon.pipeline.source.merges = Merges::Recorded(Vec::new());
        horizon
    };
    tables(&mut changes.at("pipeline"), "", &stripped(before), &stripped(after));
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

fn merges(merges: &Merges) -> super::PlanValue {
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
