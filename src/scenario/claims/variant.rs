//! Reads the variants of a scenario: the same files with other values, or another file.

use super::ground::Ground;
use crate::diagnostic::{Severity, Span};
use crate::outlet::line;
use crate::plan::Plan;
use crate::plan::claim::Variant;
use crate::scenario::files::beside;
use crate::scenario::include::Loader;
use crate::scenario::problems::Problems;
use crate::scenario::reader::Written;
use crate::scenario::resolve;
use crate::scenario::resolve::names::{self, STAGE};
use crate::scenario::rules;
use crate::scenario::setting::{NewValue, ValueSetting};
use crate::scenario::spec::VariantSpec;
use crate::scenario::value::{Name, Text};
use std::path::{Path, PathBuf};

/// What a path must be like.
pub(super) const PATH_HELP: &str = "write it out in the scenario, and name it as in `alarm.late.period`";

/// The variants, with those that cannot be used.
pub(super) struct Known {
    list: Vec<(Option<String>, Option<Plan>)>,
    /// Which of the settings of the scenario have found a place in one of them.
    set: Vec<Option<String>>,
}

impl Known {
    /// The variant of this name and its plan; none, reported, if there is none. A variant without a plan was reported.
    pub fn find(&self, name: &Written<Name>, problems: &mut Problems) -> Option<(usize, &Plan)> {
        let known = self.list.iter().map(|(name, _)| name.as_deref().unwrap_or_default());
        let complete = self.list.iter().all(|(name, _)| name.is_some());
        let found = names::find(name, &names::VARIANT, known, complete, problems)?;
        self.list[found].1.as_ref().map(|plan| (found, plan))
    }

    /// The plans, in order; all of them where nothing was reported. And which settings have found a place.
    pub fn into_plans(self) -> (Vec<Variant>, Vec<Option<String>>) {
        let named = |(name, plan): (Option<String>, Option<Plan>)| Some(Variant { name: name?, plan: plan? });
        (self.list.into_iter().filter_map(named).collect(), self.set)
    }
}

pub(super) fn read_all(ground: &Ground<'_>, problems: &mut Problems) -> Known {
    let mut known = Known { list: Vec::new(), set: vec![None; ground.settings.len()] };
    for variant in ground.spec.variant.list() {
        let plan = read(variant, ground, &mut known.set, problems);
        known.list.push((variant.value.name.given(), plan));
    }
    known
}

fn read(
    variant: &Written<VariantSpec>,
    ground: &Ground<'_>,
    set_before: &mut [Option<String>],
    problems: &mut Problems,
) -> Option<Plan> {
    let Written { value: spec, span } = variant;
    if spec.set.is_absent() && spec.scenario.is_absent() && spec.without.is_absent() {
        let message = "the variant is the scenario itself";
        let help = "say what differs: `set`, `scenario` or `without`";
        problems.report(rules::MISSING_KEY.at(*span, message).help(help));
        return None;
    }
    if !ground.sound {
        return None;
    }
    let absent = Vec::new();
    let new = spec.set.value().map_or(&absent, |values| &values.0);
    let set = new
        .iter()
        .map(|(path, toml)| ValueSetting { path: path.value.clone(), value: NewValue::Toml(toml.clone()) });
    // What the variant sets itself has the last word.
    let settings: Vec<ValueSetting> = ground.settings.iter().cloned().chain(set).collect();
    let read = of_file(&file_of(ground.path, spec), *span, ground, &settings);
    merge(set_before, &read.set);
    for ((path, _), found) in new.iter().zip(&read.set[ground.settings.len()..]) {
        if found.is_none() {
            let message = format!("`{}` leads to no value", path.value);
            problems.report(rules::NOTHING_AT_PATH.at(path.span, message).help(PATH_HELP));
        }
    }
    if let Some(error) = &read.error {
        let name = spec.name.given().unwrap_or_default();
        let message = format!("the variant `{}` cannot be used: {error}", line(&name));
        problems.report(rules::UNSOUND_VARIANT.at(*span, message));
    }
    let mut plan = read.plan?;
    let stages = stages(spec.without.list(), &plan, problems)?;
    plan.pipeline = plan.pipeline.map(|pipeline| pipeline.without(&stages));
    Some(plan)
}

/// Indices of stages that are passed by.
fn stages(names: &[Written<Name>], plan: &Plan, problems: &mut Problems) -> Option<Vec<usize>> {
    let all: Vec<&str> =
        plan.pipeline.iter().flat_map(|p| &p.line.stages).map(|stage| stage.name.as_str()).collect();
    let found = names.iter().map(|name| names::find(name, &STAGE, all.iter().copied(), true, problems));
    found.collect()
}

fn file_of(path: &Path, spec: &VariantSpec) -> PathBuf {
    spec.scenario.value().map_or_else(|| path.to_owned(), |Text(named)| beside(path, named))
}

/// A file as it was read.
struct ReadFile {
    plan: Option<Plan>,
    /// Why there is no plan.
    error: Option<String>,
    /// What stands at the place of each setting.
    set: Vec<Option<String>>,
}

fn of_file(path: &Path, named_at: Span, ground: &Ground<'_>, settings: &[ValueSetting]) -> ReadFile {
    let mut loader = Loader::new(ground.files, settings);
    let spec = if path == ground.path { loader.load_root(path) } else { loader.load_named(path, named_at) };
    let Loader { mut problems, sound, set, .. } = loader;
    let plan = spec.filter(|_| sound).map(|spec| resolve::resolve(&spec, &stem(path), &mut problems).0);
    let errors = problems.list().iter().filter(|problem| problem.severity == Severity::Error);
    let error = errors.map(|problem| problem.message.clone()).next();
    ReadFile { plan: plan.filter(|_| error.is_none()), error, set }
}

/// What a scenario in this file is called unless it says so.
pub(in crate::scenario) fn stem(path: &Path) -> String {
    path.file_stem().map_or_else(|| "scenario".to_owned(), |stem| line(&stem.to_string_lossy()))
}

/// Adds what stands at places that have not been found before.
fn merge(found: &mut [Option<String>], there: &[Option<String>]) {
    found.iter_mut().zip(there).for_each(|(found, there)| *found = found.take().or_else(|| there.clone()));
}

/// What stands at the place of each setting, in the scenario or in one of its variants.
pub(super) fn places(ground: &Ground<'_>, settings: &[ValueSetting]) -> Vec<Option<String>> {
    let own = of_file(ground.path, Span::default(), ground, settings).set;
    let variants = ground.spec.variant.list().iter().filter(|variant| !variant.value.scenario.is_absent());
    variants.fold(own, |found, variant| {
        let file = file_of(ground.path, &variant.value);
        let there = of_file(&file, variant.span, ground, settings).set;
        let mut found = found;
        merge(&mut found, &there);
        found
    })
}
