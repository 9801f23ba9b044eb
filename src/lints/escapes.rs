//! Whether anything stops a bad change, and whether the harm of one that nothing stops is counted. It looks at who could
//! see a defect, and at a few rehearsed rollouts.

use super::rehearsal::{Fates, Rehearsal};
use super::view::View;
use super::words::counted;
use crate::diagnostic::Diagnostic;
use crate::ids::DefectId;
use crate::scenario::rules;

/// Warns of a strategy under which every bad change escapes, or one with a certain defect. Rehearsals are left out where
/// what they show `is_explained` already.
pub(super) fn nothing_stops_it(
    view: &View<'_>,
    rehearsal: Option<&Rehearsal<'_>>,
    is_explained: bool,
) -> Option<Diagnostic> {
    let strategy = view.strategy();
    let change = &view.plan.change;
    if change.bad_probability <= 0.0 || change.defects.is_empty() {
        return None;
    }
    let listened_to = view.listened_to();
    let may_refuse = strategy.may_refuse();
    if listened_to.is_empty() && !may_refuse {
        let message = format!("nothing stops a bad change: strategy `{}` listens to no alarm", strategy.name);
        let help = "add an `[[alarm]]`, or list one in the strategy's `alarms`";
        return Some(view.warning(&rules::NOTHING_STOPS_IT, message).help(help));
    }
    let unseen = |defect: &DefectId| {
        let seen_by = change.defects[*defect].seen_by.as_ref();
        seen_by.is_some_and(|alarms| !listened_to.iter().any(|alarm| alarms.contains(alarm)))
    };
    if let Some(defect) = change.defects.ids().find(unseen).filter(|_| !may_refuse) {
        let message = format!(
            "nothing stops `{}`: strategy `{}` listens to no alarm that can see it",
            change.defects[defect].name, strategy.name
        );
        let problem = view.warning(&rules::NOTHING_STOPS_IT, message);
        let help = "let the strategy listen to an alarm of its `seen-by`";
        return Some(problem.and(view.places.defects[defect], "this defect").help(help));
    }
    if is_explained {
        return None;
    }
    let fates = rehearsal?.fates(view.strategy, |fates| fates.escaped < fates.bad);
    if fates.bad == 0 || fates.escaped < fates.bad {
        return None;
    }
    let message = format!(
        "nothing stops a bad change: strategy `{}` lets {} escape when rehearsed",
        strategy.name,
        of_all(fates)
    );
    let help = "`wavetank replay` tells what the alarms saw, and when";
    Some(view.warning(&rules::NOTHING_STOPS_IT, message).help(help))
}

fn of_all(fates: Fates) -> String {
    match fates.bad {
        1 => "the only one".to_owned(),
        all => format!("all of the first {all}"),
    }
}

/// Warns once where defects can escape, or come back for certain, and nobody looks any more once the rollout is over.
pub(super) fn uncounted_harm(view: &View<'_>, rehearsal: Option<&Rehearsal<'_>>) -> Option<Diagnostic> {
    let change = &view.plan.change;
    if view.plan.study.observe_after_ms > 0 || change.bad_probability <= 0.0 {
        return None;
    }
    let help = "write `observe-after = \"24h\"` in `[study]`";
    let returns = |defect: &DefectId| {
        let relapse = change.defects[*defect].cure.relapse.as_ref();
        relapse.is_some_and(|relapse| relapse.probability >= 1.0)
    };
    if let Some(defect) = change.defects.ids().find(returns) {
        let message = format!(
            "`{}` comes back each time, but `observe-after` is 0: what it does after the rollout is not counted",
            change.defects[defect].name
        );
        return Some(rules::UNCOUNTED_HARM.at(view.places.defects[defect], message).help(help));
    }
    let fates = rehearsal?.fates(view.strategy, |_| false);
    if fates.escaped == 0 {
        return None;
    }
    let message = format!(
        "bad changes escape strategy `{}` ({} of {} rehearsed), but `observe-after` is 0: their harm stops counting when the \
         rollout ends",
        view.strategy().name,
        fates.escaped,
        counted(fates.bad as u64, "rollout"),
    );
    Some(view.warning(&rules::UNCOUNTED_HARM, message).help(help))
}
