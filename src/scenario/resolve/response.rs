//! Resolves what follows an alarm: the pipeline's response and that of people.

use super::alarm::{ResolvedAlarm, alarm_indices};
use super::fleet::timezone;
use crate::plan::{Attempt, FiringAtStart, OnAlarm, Operators, Remedy, Response};
use crate::scenario::problems::Problems;
use crate::scenario::reader::{Field, Written};
use crate::scenario::rules;
use crate::scenario::spec::{OperatorsSpec, RemedySpec, ResponseSpec, StrategySpec, WrittenRemedy};
use crate::scenario::value::{IMMEDIATE, Several};

/// The pipeline's response.
pub(super) fn response(
    field: &Field<ResponseSpec>,
    alarms: &[ResolvedAlarm],
    problems: &mut Problems,
) -> Response {
    let Some(spec) = field.value() else { return Response::default() };
    Response {
        on_alarm: spec.on_alarm.or(OnAlarm::Rollback),
        suspect_for_ms: spec.suspect_for.or_default(),
        lost_verdicts: spec.lost_verdicts.or_default(),
        losing: spec.losing.value().map(|listed| alarm_indices(listed, alarms, problems)),
        overrides: spec.overrides.or_default(),
        firing_at_start: spec.firing_at_start.or(FiringAtStart::Wait),
        other_deployments: spec.other_deployments.or_default(),
    }
}

/// People.
pub(super) fn operators(field: &Field<OperatorsSpec>, problems: &mut Problems) -> Option<Operators> {
    let spec = field.value()?;
    let (_, offset) = timezone(&spec.timezone, problems);
    if let (Some(wait), Some(off_hours)) =
        (spec.wait_for_hours.get().filter(|wait| wait.value), spec.engage_off_hours.get())
    {
        let message = "`wait-for-hours` and `engage-off-hours` exclude each other";
        let help = "keep one: people wait until their hours begin, or come outside of them";
        problems.report(rules::CONFLICTING_KEYS.at(wait.span, message).and(off_hours.span, "").help(help));
    }
    let engage = spec.engage.or(IMMEDIATE);
    let mut attempts = attempts(spec, problems).into_iter();
    let first = attempts.next()?;
    Some(Operators {
        engage,
        engage_off_hours: spec.engage_off_hours.or(engage),
        hours: spec.hours.value().map_or([true; 24], |hours| hours.utc(offset)),
        wait_for_hours: spec.wait_for_hours.or_default(),
        first,
        restore: spec.restore.or(IMMEDIATE),
        wrong_change: spec.wrong_change.or_default(),
        wrong_change_costs: spec.wrong_change_costs.or(IMMEDIATE),
        then: attempts.collect(),
    })
}

/// What people try, in order.
fn attempts(spec: &OperatorsSpec, problems: &mut Problems) -> Vec<Attempt> {
    let attempt = |own: &RemedySpec| Attempt {
        diagnose: own.diagnose.given().or(spec.diagnose.given()).unwrap_or(IMMEDIATE),
        prepare: own.prepare.given().or(spec.prepare.given()).unwrap_or(IMMEDIATE),
        remedy: own.action.or(Remedy::Rollback),
        spread: own.spread.given().or(spec.spread.given()).unwrap_or(IMMEDIATE),
        within_ms: own.within.given(),
    };
    let Some(Several(written)) = spec.remedy.value() else { return vec![attempt(&RemedySpec::default())] };
    for (number, Written { value: WrittenRemedy(own), span }) in written.iter().enumerate() {
        if let (Some(within), true) = (own.within.span(), number + 1 == written.len()) {
            let message = "`within` says when the next remedy is tried, and there is none after this one";
            problems.conflict((within, *span), message, "add another remedy, or remove `within`");
        }
        if let (Some(spread), Some(action)) = (own.spread.span(), own.action.get())
            && action.value != Remedy::KillSwitch
        {
            let message = "`spread` is how long a kill switch takes to reach a zone";
            problems.conflict((spread, action.span), message, "keep one of them");
        }
    }
    written.iter().map(|written| attempt(&written.value.0)).collect()
}

/// Reports pipelines that wait for people who never come.
pub(super) fn check(spec: &StrategySpec, problems: &mut Problems) {
    let Some(on_alarm) = spec.response.value().and_then(|response| response.on_alarm.get()) else {
        return;
    };
    let waits = matches!(on_alarm.value, OnAlarm::Halt | OnAlarm::Page);
    if waits && spec.operators.is_absent() {
        let message = format!("strategy `{}` waits for operators, but has none", spec.name.or_default());
        let help = "add `operators = { engage = \"10m\", diagnose = \"20m\" }`";
        problems.report(rules::NOBODY_COMES.at(on_alarm.span, message).help(help));
    }
}
