//! Differences between pipelines.

use super::node::{KeyTree, compare};
use super::things::{Words, by_name, things, whole};
use super::value::{PlanChange, PlanValue};
use crate::plan::Plan;
use crate::plan::pipeline::{Merges, Pipeline, Stage};

/// What decides numbers in two plans.
type Simulated = fn(&Plan, &Plan) -> Vec<PlanChange>;

/// Compares the pipelines. Calendars are intervals by now: that they differ is all that can be said.
/// Plans beside this one are compared by `simulated`.
pub(super) fn diff(changes: &mut Vec<PlanChange>, before: &Plan, after: &Plan, simulated: Simulated) {
    let (Some(old), Some(new)) = (&before.pipeline, &after.pipeline) else {
        let stages =
            |plan: &Plan| Some(text(format!("{} stages", plan.pipeline.as_ref()?.line.stages.len())));
        if before.pipeline.is_some() || after.pipeline.is_some() {
            changes.push(whole("pipeline".to_owned(), stages(before), stages(after)));
        }
        return;
    };
    compare(changes, "pipeline", "", (&pipeline(before, old), &pipeline(after, new)));
    stages(changes, (before, after), (&old.line.stages, &new.line.stages));
    others(changes, (before, after), (&old.others, &new.others), simulated);
}

/// Everything but the stages and the other pipelines.
fn pipeline(plan: &Plan, settings: &Pipeline) -> KeyTree {
    let calendars = &settings.line.calendars;
    let openings: usize = calendars.iter().map(|calendar| calendar.intervals().len()).sum();
    let said = text(format!("{} with {openings} openings", calendars.len()));
    let merges = &settings.line.source.merges;
    let source = KeyTree::of(plan, &settings.line.source);
    KeyTree::of(plan, settings)
        .without(&["stages", "others"])
        .with("calendars", KeyTree::leaf(said, calendars))
        .with("components", KeyTree::said_as(PlanValue::Names(components(settings))))
        .with("source", source.with("merges", KeyTree::leaf(said_merges(merges), merges)))
}

/// The stages before production.
fn stages(changes: &mut Vec<PlanChange>, plans: (&Plan, &Plan), (before, after): (&[Stage], &[Stage])) {
    let node = |plan: &Plan, stage: &Stage| {
        let rehearsal = stage.rehearsal.as_ref();
        let rehearsal =
            rehearsal.map_or(KeyTree::Nothing, |rehearsal| KeyTree::of(&rehearsal.plan, rehearsal));
        KeyTree::of(plan, stage).without(&["name"]).with("rehearsal", rehearsal)
    };
    let words = Words {
        name: |stage: &Stage| &stage.name,
        place: &|_, stage| format!("stage {}", stage.name),
        order: Some(("pipeline", "order of stages")),
        both: &|changes, place, (before, old), (after, new)| {
            compare(changes, place, "", (&node(before, old), &node(after, new)));
        },
        short: &|_, index, _| text(format!("place {}", index + 1)),
    };
    things(changes, &words, plans, &by_name(before, after, words.name));
}

/// The other pipelines on the fleet. What they have in common with the plan is said there.
fn others(
    changes: &mut Vec<PlanChange>,
    plans: (&Plan, &Plan),
    (before, after): (&[Plan], &[Plan]),
    simulated: Simulated,
) {
    let words = Words {
        name: |plan: &Plan| &plan.name,
        place: &|_, plan| format!("pipeline {}", plan.name),
        order: Some(("pipeline", "order of other pipelines")),
        both: &|changes, place, (_, old), (_, new)| {
            let (fleet, alarms, study) = (new.fleet.clone(), new.alarms.clone(), new.study.clone());
            let old = Plan { fleet, alarms, study, ..old.clone() };
            let inside = simulated(&old, new).into_iter();
            changes.extend(
                inside.map(|change| PlanChange { place: format!("{place}: {}", change.place), ..change }),
            );
        },
        short: &|_, _, plan| text(format!("by {}", plan.strategies[0].name)),
    };
    things(changes, &words, plans, &by_name(before, after, words.name));
}

/// What each component is, in words. What differs within a strategy is said of the strategy.
fn components(pipeline: &Pipeline) -> Vec<String> {
    let classes = &pipeline.line.source.defects;
    let said = pipeline.components.iter().map(|component| {
        let by = component.strategy.as_ref().map_or("the strategy under study", |strategy| &strategy.name);
        let own: Vec<&str> = component.defects.iter().map(|&class| classes[class].name.as_str()).collect();
        let defects = if own.is_empty() { String::new() } else { format!(" with {}", own.join(" and ")) };
        format!("{} by {by}{defects}", component.name)
    });
    said.collect()
}

fn said_merges(merges: &Merges) -> PlanValue {
    text(match merges {
        Merges::Poisson(steps) => {
            let most = steps.iter().map(|step| step.per_hour).fold(0.0, f64::max);
            format!("{most:.4} an open hour, {} steps", steps.len())
        }
        Merges::Recorded(instants) => format!("{} recorded", instants.len()),
        Merges::Every { first_ms, gap_ms, count } => {
            format!("{count} from {first_ms} ms, {gap_ms} ms apart")
        }
    })
}

fn text(text: String) -> PlanValue {
    PlanValue::Text(text)
}
