//! Resolves what follows an alarm: the pipeline's response and that of people.

use super::alarm::Alarm;
use super::change::distribution;
use super::defect::alarm_indices;
use super::fleet::{ratio, timezone};
use super::procedure::ms;
use super::strategy::Draft;
use crate::diagnostic::Diagnostic;
use crate::plan::{OnAlarm, Operators, Remedy, Response};
use crate::random::Distribution;
use crate::scenario::problems::Problems;
use crate::scenario::reader::Field;
use crate::scenario::rules;
use crate::scenario::spec::{OperatorsSpec, ResponseSpec};
use crate::scenario::value::NonNegative;

const IMMEDIATE: Distribution = Distribution::Fixed { ms: 0 };

/// The pipeline's response.
pub(super) fn response(field: &Field<ResponseSpec>, alarms: &[Alarm], problems: &mut Problems) -> Response {
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
pub(super) fn check(draft: &Draft, problems: &mut Problems) {
    let Some(on_alarm) = draft.spec.response.value().and_then(|response| response.on_alarm.get()) else {
        return;
    };
    let waits = matches!(on_alarm.value, OnAlarm::Halt | OnAlarm::Page);
    if waits && draft.spec.operators.is_absent() {
        let message = format!("strategy `{}` waits for operators, but has none", draft.plan.name);
        let diagnostic = Diagnostic::new(&rules::NOBODY_COMES, message).at(on_alarm.span, "");
        problems.report(diagnostic.help("add `operators = { engage = \"10m\", diagnose = \"20m\" }`"));
    }
}
