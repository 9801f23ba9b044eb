//! Resolves `[pipeline.emergency]` and `[pipeline.error-budget]`.

use crate::plan::pipeline::{Emergency, EntryPolicy, ErrorBudget, Stage};
use crate::plan::{Fleet, Ratio};
use crate::scenario::problems::Problems;
use crate::scenario::reader::{Field, Written};
use crate::scenario::spec::{EmergencySpec, ErrorBudgetSpec, PipelineSpec};
use crate::scenario::value::Percent;

const WINDOW_MS: u64 = 28 * 24 * crate::plan::HOUR_MS;

/// The emergency lane of a pipeline that others enter production as `entry`.
pub(super) fn emergency(field: &Field<EmergencySpec>, entry: EntryPolicy) -> Option<Emergency> {
    let spec = field.value()?;
    Some(Emergency {
        share: spec.share.or_default(),
        bakes: spec.bakes.value().map_or(Ratio::ONE, |Percent(share)| *share),
        review: spec.review.given(),
        review_catches: spec.review_catches.given(),
        ignores_windows: spec.ignores_windows.or_default(),
        entry: spec.entry.or(entry),
    })
}

/// The error budget of a pipeline on `fleet`: what the objective leaves of all its host-time in the window.
pub(super) fn error_budget(
    field: &Field<ErrorBudgetSpec>,
    fleet: &Fleet,
    problems: &mut Problems,
) -> Option<ErrorBudget> {
    let spec = field.value()?;
    let window_ms = spec.window.or(WINDOW_MS);
    if let Some(Written { span, .. }) = spec.window.get().filter(|_| window_ms == 0) {
        problems.out_of_range(*span, "a window of no length holds no harm", "write \"28d\", as is usual");
    }
    let objective = spec.objective.value().map_or(Ratio::ONE, |Percent(share)| *share);
    let left = Ratio { num: objective.den - objective.num.min(objective.den), den: objective.den };
    let allowed_host_ms = left.floor_of(fleet.hosts().saturating_mul(window_ms));
    Some(ErrorBudget { allowed_host_ms, window_ms: window_ms.max(1) })
}

/// Reports stages that let emergencies pass by where there are none.
pub(super) fn check_passing_by(spec: &PipelineSpec, stages: &[Stage], problems: &mut Problems) {
    if !spec.emergency.is_absent() {
        return;
    }
    let written = spec.stage.list();
    for (stage, written) in stages.iter().zip(written) {
        let Some(span) = written.value.emergencies_pass_by.span().filter(|_| stage.emergencies_pass_by)
        else {
            continue;
        };
        let message = format!("emergencies pass by `{}`, and the pipeline has no emergencies", stage.name);
        let help = "add `[pipeline.emergency]` with `share = \"2%\"`, or remove the key";
        problems.missing_key(span, message, help);
    }
}
