//! Whether what triggers a dormant defect comes while somebody looks, and while the pipeline still acts. It compares times
//! alone.

use super::view::View;
use crate::diagnostic::Diagnostic;
use crate::ids::DefectId;
use crate::plan::{OnAlarm, Operators, Remedy, Scope, Watch};
use crate::scenario::{Duration, rules};

/// When the trigger of a defect comes, in half of all cases; none without one.
fn comes_ms(view: &View<'_>, defect: DefectId) -> Option<u64> {
    view.plan.change.defects[defect].trigger.as_ref().map(|trigger| trigger.at.median_ms())
}

/// Warns of a trigger that comes, more likely than not, when the trial is over.
pub(super) fn beyond_observation(view: &View<'_>) -> Option<Diagnostic> {
    let observe_ms = view.plan.study.observe_after_ms;
    let end_ms = view.times.end_ms() + observe_ms;
    let beyond = |defect: &DefectId| comes_ms(view, *defect).is_some_and(|at| at > end_ms);
    let defect = view.plan.change.defects.ids().find(beyond)?;
    let at_ms = comes_ms(view, defect)?;
    let message = format!(
        "the trigger of `{}` comes after {}, when nobody looks: a rollout of strategy `{}` is over after {}, and \
         `observe-after` is {}",
        view.plan.change.defects[defect].name,
        Duration { ms: at_ms },
        view.strategy().name,
        Duration { ms: view.times.end_ms() },
        Duration { ms: observe_ms },
    );
    let help = format!("write `observe-after = \"{}\"` or more in `[study]`", Duration { ms: at_ms });
    Some(rules::TRIGGER_UNSEEN.at(view.places.defects[defect], message).help(help))
}

/// Warns of a trigger that comes, more likely than not, when the pipeline does not suspect the rollout any more.
pub(super) fn beyond_suspicion(view: &View<'_>) -> Option<Diagnostic> {
    let strategy = view.strategy();
    let (end_ms, observe_ms) = (view.times.end_ms(), view.plan.study.observe_after_ms);
    let listens = view.listened_to().into_iter().any(|alarm| {
        let alarm = &view.plan.alarms[alarm];
        alarm.watch == Watch::Rollout && alarm.scope != Scope::OneBox
    });
    let suspect_ms = end_ms + if listens { strategy.response.suspect_for_ms } else { 0 };
    let seen_too_late = |defect: &DefectId| {
        comes_ms(view, *defect).is_some_and(|at| at > suspect_ms && at <= end_ms + observe_ms)
    };
    let defect = view.plan.change.defects.ids().find(seen_too_late)?;
    let at_ms = comes_ms(view, defect)?;
    let message = format!(
        "the trigger of `{}` comes after {}, when strategy `{}` does not act any more: it suspects the change for {}",
        view.plan.change.defects[defect].name,
        Duration { ms: at_ms },
        strategy.name,
        Duration { ms: suspect_ms },
    );
    let help = format!(
        "write `response = {{ suspect-for = \"{}\" }}`, and listen to an alarm with `watch = \"rollout\"`",
        Duration { ms: at_ms }
    );
    let problem = view.warning(&rules::TRIGGER_UNSUSPECTED, message);
    Some(problem.and(view.places.defects[defect], "this defect").help(help))
}

/// Warns of a pace of triggers where no defect has one.
pub(super) fn step_without_trigger(view: &View<'_>) -> Option<Diagnostic> {
    let step_ms = view.strategy().trigger_step_ms;
    let defects = &view.plan.change.defects;
    if step_ms == 0 || defects.iter().any(|defect| defect.trigger.is_some()) {
        return None;
    }
    let message = format!(
        "strategy `{}` has a `trigger-step` of {}, but no defect has a `trigger`",
        view.strategy().name,
        Duration { ms: step_ms },
    );
    let help = "add `trigger = { at = \"1h\" }` to the defect, or remove the step";
    Some(view.warning(&rules::STEP_WITHOUT_TRIGGER, message).help(help))
}

/// Warns of a strategy that withdraws what triggers a defect where nothing does.
pub(super) fn withdrawal_without_trigger(view: &View<'_>) -> Option<Diagnostic> {
    let strategy = view.strategy();
    let mut people = strategy.operators.iter().flat_map(Operators::attempts);
    let withdraws = strategy.response.on_alarm == OnAlarm::Withdraw
        || people.any(|attempt| attempt.remedy == Remedy::Withdraw);
    let defects = &view.plan.change.defects;
    if !withdraws || defects.iter().any(|defect| defect.trigger.is_some()) {
        return None;
    }
    let message = format!("strategy `{}` withdraws a trigger, but no defect has a `trigger`", strategy.name);
    let help = "add `trigger = { at = \"1h\" }` to the defect, or do something else";
    Some(view.warning(&rules::STEP_WITHOUT_TRIGGER, message).help(help))
}
