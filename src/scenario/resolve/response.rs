//! Resolves what follows an alarm: the pipeline's response and that of people.

use super::alarm::{ResolvedAlarm, alarm_indices};
use super::fleet::timezone;
use super::read::{IMMEDIATE, distribution, ms, name, ratio};
use crate::plan::{OnAlarm, Operators, Remedy, Response};
use crate::scenario::problems::Problems;
use crate::scenario::reader::Field;
use crate::scenario::rules;
use crate::scenario::spec::{OperatorsSpec, ResponseSpec, StrategySpec};
use crate::scenario::value::NonNegative;

/// The pipeline's response.
pub(super) fn response(
    field: &Field<ResponseSpec>,
    alarms: &[ResolvedAlarm],
    problems: &mut Problems,
) -> Response {
    let Some(spec) = field.value() else { return Response::default() };
    Response {
        on_alarm: spec.on_alarm.or(OnAlarm::Rollback),
        suspect_for_ms: ms(&spec.suspect_for),
        lost_verdicts: ratio(&spec.lost_verdicts, 0.0),
        losing: spec.losing.value().map(|listed| alarm_indices(listed, alarms, problems)),
        overrides: ratio(&spec.overrides, 0.0),
        firing_alarm_blocks: spec.firing_alarm_blocks.or(true),
        other_deployments: spec.other_deployments.value().map_or(0.0, |NonNegative(mean)| *mean),
    }
}

/// People.
pub(super) fn operators(field: &Field<OperatorsSpec>, problems: &mut Problems) -> Option<Operators> {
    let spec = field.value()?;
    let (_, offset) = timezone(&spec.timezone, problems);
    let engage = distribution(&spec.engage, IMMEDIATE);
    Some(Operators {
        engage,
        engage_off_hours: distribution(&spec.engage_off_hours, engage),
        hours: spec.hours.value().map_or([true; 24], |hours| hours.utc(offset)),
        diagnose: distribution(&spec.diagnose, IMMEDIATE),
        prepare: distribution(&spec.prepare, IMMEDIATE),
        remedy: spec.remedy.or(Remedy::Rollback),
        spread: distribution(&spec.spread, IMMEDIATE),
        restore: distribution(&spec.restore, IMMEDIATE),
        wrong_change: ratio(&spec.wrong_change, 0.0),
        wrong_change_costs: distribution(&spec.wrong_change_costs, IMMEDIATE),
    })
}

/// Reports pipelines that wait for people who never come.
pub(super) fn check(spec: &StrategySpec, problems: &mut Problems) {
    let Some(on_alarm) = spec.response.value().and_then(|response| response.on_alarm.get()) else {
        return;
    };
    let waits = matches!(on_alarm.value, OnAlarm::Halt | OnAlarm::Page);
    if waits && spec.operators.is_absent() {
        let message = format!("strategy `{}` waits for operators, but has none", name(&spec.name));
        let help = "add `operators = { engage = \"10m\", diagnose = \"20m\" }`";
        problems.report(rules::NOBODY_COMES.at(on_alarm.span, message).help(help));
    }
}
