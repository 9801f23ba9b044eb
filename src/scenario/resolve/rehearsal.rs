//! Resolves a stage that is a fleet of its own: a scenario beside this one, and one of its strategies.

use super::names::{self, find};
use crate::diagnostic::Span;
use crate::ids::{DefectId, IdVec};
use crate::plan::Change;
use crate::plan::pipeline::Rehearsal;
use crate::scenario::problems::Problems;
use crate::scenario::reader::Written;
use crate::scenario::rules;
use crate::scenario::spec::{ScenarioSpec, StageSpec};
use crate::scenario::table::Keys;
use crate::scenario::value::Attached;
use std::path::Path;

/// The fleet of a stage, written at `place`; none if it has none, or if that was reported.
pub(super) fn resolve(
    spec: &StageSpec,
    place: Span,
    change: &Change,
    problems: &mut Problems,
) -> Option<Rehearsal> {
    let Some(Written { value: scenario, span }) = spec.scenario.get() else {
        if spec.duration.is_absent() && spec.scenario.is_absent() && spec.until.is_absent() {
            let message = "`pipeline.stage` has no `duration`";
            problems.missing_key(place, message, "add `duration = \"10m\"`, or a `scenario` to roll out");
        }
        if let Some(strategy) = spec.strategy.span() {
            let message = "`strategy` says nothing without `scenario`";
            problems.missing_key(strategy, message, "add `scenario`, or remove `strategy`");
        }
        return None;
    };
    for (key, other) in spec.written(&["duration", "catches", "sees", "false-alarm", "holds"]) {
        let message = format!("`{key}` does not go with `scenario`, whose rollout decides that");
        problems.conflict((other, *span), message, "keep one of them");
    }
    rehearsal(spec, scenario, *span, change, problems)
}

fn rehearsal(
    spec: &StageSpec,
    scenario: &Attached<Box<ScenarioSpec>>,
    span: Span,
    change: &Change,
    problems: &mut Problems,
) -> Option<Rehearsal> {
    let stem = Path::new(&scenario.path).file_stem().unwrap_or_default().to_string_lossy();
    let (plan, ..) = super::resolve(scenario.content.as_ref()?, &stem, problems);
    let listed = |name: &str| plan.change.defects.find_id(|defect| defect.name == name);
    let classes: IdVec<DefectId, Option<DefectId>> =
        change.defects.iter().map(|defect| listed(&defect.name)).collect();
    if !classes.is_empty() && classes.iter().all(Option::is_none) {
        let message =
            format!("{} has none of the defects of this scenario: it would see nothing", scenario.path);
        let help = "include the same catalogue of defects there";
        problems.report(rules::UNKNOWN_DEFECT.at(span, message).help(help));
    }
    let strategy = match spec.strategy.get() {
        None => 0,
        Some(written) => {
            let known = plan.strategies.iter().map(|strategy| strategy.name.as_str());
            find(written, &names::STRATEGY, known, true, problems)?
        }
    };
    (strategy < plan.strategies.len()).then(|| Rehearsal { plan: Box::new(plan), strategy, classes })
}
