//! Resolves `[[pipeline.component]]`: what deploys each component, and which defects are its own.

use super::names::{self, check_unique, find};
use super::run::StrategiesRun;
use crate::diagnostic::{Diagnostic, Span};
use crate::ids::DefectId;
use crate::plan::Change;
use crate::plan::pipeline::Component;
use crate::scenario::problems::Problems;
use crate::scenario::reader::{Field, Written};
use crate::scenario::rules;
use crate::scenario::spec::{ComponentSpec, PipelineSpec};
use crate::scenario::value::Name;

/// The components, in order; empty if the pipeline has none.
pub(super) fn resolve(
    pipeline: &PipelineSpec,
    change: &Change,
    run: &StrategiesRun<'_>,
    problems: &mut Problems,
) -> Vec<Component> {
    let listed = pipeline.component.list();
    check_unique("component", listed.iter().map(|component| &component.value.name), problems);
    check_under_study(listed, problems);
    let mut claimed: Vec<(DefectId, Span)> = Vec::new();
    let one = |Written { value: spec, .. }: &Written<ComponentSpec>| Component {
        name: spec.name.or_default(),
        strategy: deployed_by(spec, run, problems),
        defects: own_defects(&spec.defects, change, &mut claimed, problems),
    };
    listed.iter().map(one).collect()
}

/// The classes of defect that no change has here: what a component would show on old hosts of one that is deployed before
/// it.
pub(super) fn prepared(pipeline: &PipelineSpec, change: &Change, problems: &mut Problems) -> Vec<DefectId> {
    let behind_the_first = pipeline.component.list().iter().skip(1);
    let unprepared = behind_the_first.filter_map(|component| component.value.unprepared.get());
    let find = |written| {
        let known = change.defects.iter().map(|defect| defect.name.as_str());
        find(written, &names::DEFECT, known, true, problems).map(DefectId::new)
    };
    unprepared.filter_map(find).collect()
}

/// Exactly one component is deployed by the strategy under study.
fn check_under_study(listed: &[Written<ComponentSpec>], problems: &mut Problems) {
    let all_read = listed.iter().all(|component| !component.value.strategy.is_broken());
    let mut without = listed.iter().filter(|component| component.value.strategy.get().is_none());
    let (first, second) = (without.next(), without.next());
    let place = |component: &Written<ComponentSpec>| component.value.name.span().unwrap_or(component.span);
    let rule = &rules::COMPONENT_UNDER_STUDY;
    let problem = match (listed.last(), first, second) {
        (Some(last), None, _) => {
            let help = "leave `strategy` out of the component whose strategies are compared";
            rule.at(place(last), "no component is deployed by the strategy under study").help(help)
        }
        (_, Some(first), Some(second)) => {
            Diagnostic::new(rule, "two components are deployed by the strategy under study")
                .at(place(second), "the second one")
                .and(place(first), "the first one")
                .help("give one of them a `strategy`")
        }
        _ => return,
    };
    if all_read {
        problems.report(problem);
    }
}

/// The strategy of a component, which takes its waves together with those that are compared.
fn deployed_by(
    spec: &ComponentSpec,
    run: &StrategiesRun<'_>,
    problems: &mut Problems,
) -> Option<crate::plan::Strategy> {
    let written = spec.strategy.get()?;
    let drafts = run.names.drafts;
    let draft = &drafts[run.names.find_runnable(written, problems)?];
    if draft.template {
        return None;
    }
    let own = draft.plan.waves.len();
    let differs = |index: &&usize| {
        let other = &drafts[**index];
        !draft.broken && !other.broken && other.plan.waves.len() != own
    };
    if let Some(&other) = run.order.iter().find(differs) {
        let (other, waves) = (&drafts[other], drafts[other].plan.waves.len());
        let counted = |count: usize| if count == 1 { "1 wave".to_owned() } else { format!("{count} waves") };
        let message = format!(
            "`{}` has {}, and `{}`, which is compared, has {waves}",
            draft.plan.name,
            counted(own),
            other.plan.name
        );
        let help = "a wave is over when every component has it: give them as many waves";
        problems.report(rules::COMPONENT_WAVES.at(written.span, message).and(other.span, "").help(help));
    }
    Some(draft.plan.clone())
}

fn own_defects(
    field: &Field<Vec<Written<Name>>>,
    change: &Change,
    claimed: &mut Vec<(DefectId, Span)>,
    problems: &mut Problems,
) -> Vec<DefectId> {
    let mut own = Vec::new();
    let known = change.defects.iter().map(|defect| defect.name.as_str());
    for written in field.list() {
        let Some(class) = find(written, &names::DEFECT, known.clone(), true, problems) else { continue };
        let class = DefectId::new(class);
        let Written { value: Name(wanted), span } = written;
        match claimed.iter().find(|(other, _)| *other == class) {
            Some((_, first)) => {
                let message = format!("the defect `{wanted}` is claimed twice");
                let help = "a defect belongs to one component: remove it from the other";
                problems.report(rules::DUPLICATE_NAME.at(*span, message).and(*first, "").help(help));
            }
            None => {
                claimed.push((class, *span));
                own.push(class);
            }
        }
    }
    own
}
