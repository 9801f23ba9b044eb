//! Turns a written scenario into a plan: defaults, names to indices, and every check that needs more
//! than one value. It always builds a whole plan; where a value was reported, a placeholder stands in,
//! and the caller drops the plan if there was any error.

mod alarm;
mod alert;
mod allow;
mod bound;
mod calendar;
mod change;
mod checks;
mod component;
mod composite;
mod customers;
mod defect;
mod evidence;
mod expect;
mod failures;
mod fleet;
mod gate;
mod ladder;
pub(super) mod limit;
pub(super) mod names;
mod pipeline;
mod policy;
mod procedure;
mod recorded;
mod rehearsal;
mod response;
mod run;
mod scene;
mod select;
mod sense;
mod signal;
mod strategy;
mod study;
mod traffic;
mod two_phase;

use super::allow::Allow;
use super::extend;
use super::places::Places;
use super::problems::Problems;
use super::spec::ScenarioSpec;
use crate::plan::Plan;
use scene::Scene;

/// Resolves the scenario; `stem` is its name unless it gives one. The places are those of the plan's parts.
pub(super) fn resolve(
    spec: &ScenarioSpec,
    stem: &str,
    problems: &mut Problems,
) -> (Plan, Places, Vec<Allow>) {
    let mut fleet = fleet::resolve(&spec.fleet, problems);
    let written_change = spec.change.value().cloned().unwrap_or_default();
    let mut alarms = alarm::resolve(&spec.alarm, problems);
    composite::resolve_all(spec.alarm.list(), &mut alarms, problems);
    fleet.plan.background.ambient_alarm = alarm::ambient(&spec.fleet, &alarms, problems);
    let change_has_rollback_time = !written_change.rollback_time.is_absent();
    let scene =
        Scene { fleet, alarms, change_has_rollback_time, first_day: calendar::first_day(spec).weekday() };
    let defects = defect::resolve(&spec.defect, &scene, problems);
    let change = change::resolve(&written_change, &scene.fleet.plan, defects.into(), &spec.defect, problems);
    let written = spec.strategy.list();
    names::check_unique("strategy", written.iter().map(|strategy| &strategy.value.name), problems);
    let extended = extend::extend_all(written, problems);
    let mut calendars = calendar::resolve(spec.pipeline.value(), &scene.fleet.plan, problems);
    let drafts = strategy::resolve(extended, &scene, &mut calendars, problems);
    for draft in drafts.iter().filter(|draft| !draft.template) {
        failures::check(&draft.spec, &draft.plan.deploy_time(&change), &written_change, problems);
    }
    let known = strategy::Names { drafts: &drafts, complete: !spec.strategy.is_broken() };
    let (study, run) = study::resolve(spec, &known, scene.first_day, problems);
    let waves = drafts.iter().flat_map(|draft| &draft.procedures);
    traffic::check_clocks(&spec.defect, waves, problems);
    sense::check(&scene, &drafts, problems);
    let allows = allow::resolve(spec, &known, &scene.alarms, problems);
    let Scene { fleet, alarms, .. } = scene;
    let places = Places {
        pipeline: spec.pipeline.span(),
        alarms: alarms.iter().map(|alarm| alarm.span).collect(),
        defects: defect::places(&spec.defect),
        strategies: run.order.iter().map(|&index| drafts[index].span).collect(),
    };
    let mut plan = Plan {
        name: spec.name.given().unwrap_or_else(|| stem.to_owned()),
        description: spec.description.or_default(),
        fleet: fleet.plan,
        change,
        alarms: alarms.into_iter().map(|alarm| alarm.plan).collect(),
        strategies: run.order.iter().map(|&index| drafts[index].plan.clone()).collect(),
        study,
        pipeline: None,
    };
    plan.pipeline = pipeline::resolve(spec, &plan, &run, &mut calendars, problems);
    study::check_trials(&plan, spec, problems);
    (plan, places, allows)
}
