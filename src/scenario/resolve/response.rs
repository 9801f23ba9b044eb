//! Resolves what follows an alarm: the pipeline's response and that of people.

use super::alarm::{ResolvedAlarm, alarm_indices};
use super::fleet::timezone;
use crate::plan::{FiringAtStart, OnAlarm, Operators, Remedy, Response};
use crate::scenario::problems::Problems;
use crate::scenario::reader::Field;
use crate::scenario::rules;
use crate::scenario::spec::{OperatorsSpec, ResponseSpec, StrategySpec};
use crate::scenario::value::IMMEDIATE;

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
    Some(Operators {
        engage,
        engage_off_hours: spec.engage_off_hours.or(engage),
        hours: spec.hours.value().map_or([true; 24], |hours| hours.utc(offset)),
        wait_for_hours: spec.wait_for_hours.or_default(),
        diagnose: spec.diagnose.or(IMMEDIATE),
        prepare: spec.prepare.or(IMMEDIATE),
        remedy: spec.remedy.or(Remedy::Rollback),
        spread: spec.spread.or(IMMEDIATE),
        restore: spec.restore.or(IMMEDIATE),
        wrong_change: spec.wrong_change.or_default(),
        wrong_change_costs: spec.wrong_change_costs.or(IMMEDIATE),
    })
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
