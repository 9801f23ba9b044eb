//! Turns a written scenario into a plan: defaults, names to indices, and every check that needs more
//! than one value. It always builds a whole plan; where a value was reported, a placeholder stands in,
//! and the caller drops the plan if there was any error.

mod alarm;
mod alert;
mod calendar;
mod change;
mod component;
mod defect;
mod expect;
mod fleet;
mod limit;
mod pipeline;
mod policy;
mod procedure;
mod recorded;
mod rehearsal;
mod response;
mod select;
mod sense;
mod strategy;
mod study;
mod two_phase;

use super::extend;
use super::places::Places;
use super::problems::Problems;
use super::reader::{Field, Written};
use super::rules;
use super::spec::ScenarioSpec;
use super::suggest;
use super::value::{Name, Text};
use crate::diagnostic::{Diagnostic, Span};
use crate::plan::Plan;

/// Resolves the scenario; `stem` is its name unless it gives one. The places are those of the plan's parts.
pub(super) fn resolve(spec: &ScenarioSpec, stem: &str, problems: &mut Problems) -> (Plan, Places) {
    let fleet = fleet::resolve(&spec.fleet, problems);
    let alarms = alarm::resolve(&spec.alarm, problems);
    let defects = defect::resolve(&spec.defect, &fleet, &alarms, problems);
    let written = spec.change.value().cloned().unwrap_or_default();
    let change = change::resolve(&written, defects, &spec.defect, problems);
    let written = spec.strategy.value().map_or(&[][..], Vec::as_slice);
    check_unique("strategy", written.iter().map(|strategy| &strategy.value.name), problems);
    let extended = extend::extend_all(written, problems);
    let drafts = strategy::resolve(extended, &Parts { fleet: &fleet, alarms: &alarms }, problems);
    let names = strategy::Names { drafts: &drafts, complete: !spec.strategy.is_broken() };
    let (study, order) = study::resolve(spec, &names, problems);
    sense::check(&fleet, &alarms, &drafts, problems);
    let places = Places {
        pipeline: spec.pipeline.span(),
        alarms: alarms.iter().map(|alarm| alarm.span).collect(),
        strategies: order.iter().map(|&index| drafts[index].span).collect(),
    };
    let mut plan = Plan {
        name: spec.name.value().map_or_else(|| stem.to_owned(), |Name(name)| name.clone()),
        description: text(&spec.description),
        fleet: fleet.plan,
        change,
        alarms: alarms.into_iter().map(|alarm| alarm.plan).collect(),
        strategies: order.iter().map(|&index| drafts[index].plan.clone()).collect(),
        study,
        pipeline: None,
    };
    let strategies = component::Strategies { names: &names, compared: &order };
    plan.pipeline = pipeline::resolve(spec, &plan, &strategies, problems);
    study::check_trials(&plan, spec, problems);
    (plan, places)
}

/// What strategies are resolved against.
struct Parts<'a> {
    fleet: &'a fleet::Fleet,
    alarms: &'a [alarm::Alarm],
}

/// Free text, empty where it was left out.
fn text(field: &Field<Text>) -> String {
    field.value().map_or_else(String::new, |Text(text)| text.clone())
}

/// A name, empty where it was reported.
fn name(field: &Field<Name>) -> String {
    field.value().map_or_else(String::new, |Name(name)| name.clone())
}

/// Reports names that are given twice, showing both places.
fn check_unique<'a>(kind: &str, names: impl Iterator<Item = &'a Field<Name>>, problems: &mut Problems) {
    let mut seen: Vec<&Written<Name>> = Vec::new();
    for name in names.filter_map(Field::get) {
        match seen.iter().find(|other| other.value == name.value) {
            None => seen.push(name),
            Some(first) => {
                let message = format!("there are two {kind} entries named `{}`", name.value.0);
                let diagnostic =
                    Diagnostic::new(&rules::DUPLICATE_NAME, message).at(name.span, "the second one");
                problems.report_once(diagnostic.and(first.span, "the first one").help("rename one of them"));
            }
        }
    }
}

/// Reports a key that says nothing without another one.
fn missing(key: &str, other: &str, span: Span, problems: &mut Problems) {
    let message = format!("`{key}` says nothing without `{other}`");
    let diagnostic = Diagnostic::new(&rules::MISSING_KEY, message).at(span, "");
    problems.report(diagnostic.help(format!("add `{other}`, or remove `{key}`")));
}

/// Reports names that a list refers to twice.
fn check_listed_once(names: &[Written<Name>], problems: &mut Problems) {
    for (index, name) in names.iter().enumerate() {
        if let Some(first) = names[..index].iter().find(|other| other.value == name.value) {
            let message = format!("`{}` is listed twice", name.value.0);
            let diagnostic = Diagnostic::new(&rules::DUPLICATE_NAME, message).at(name.span, "");
            problems.report_once(diagnostic.and(first.span, "").help("remove one"));
        }
    }
}

/// Reports a name that refers to nothing; `what` is for example `alarm`.
fn unknown<'a>(
    rule: &'static crate::diagnostic::Rule,
    what: &str,
    name: &str,
    span: Span,
    known: impl Iterator<Item = &'a str> + Clone,
    problems: &mut Problems,
) {
    let message = format!("there is no {what} `{name}`");
    let help = suggest::help(name, known, &plural(what));
    problems.report_once(Diagnostic::new(rule, message).at(span, "").help(help));
}

fn plural(noun: &str) -> String {
    noun.strip_suffix('y').map_or_else(|| format!("{noun}s"), |stem| format!("{stem}ies"))
}
