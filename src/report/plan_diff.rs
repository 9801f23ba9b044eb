//! What differs between two plans, one line a change.

use super::text;
use crate::plan::diff::{PlanChange, PlanValue};

/// The changes as lines: `strategy careful, wave 2 (medium): bake 2h -> 1h`.
#[must_use]
pub fn lines(changes: &[PlanChange]) -> Vec<String> {
    changes.iter().map(line).collect()
}

fn line(change: &PlanChange) -> String {
    let PlanChange { place, key, before, after } = change;
    match (before, after) {
        (None, None) => format!("{place}: {key} changed"),
        (None, Some(_)) if key.is_empty() => format!("{place}: added"),
        (Some(_), None) if key.is_empty() => format!("{place}: removed"),
        (before, after) => format!("{place}: {key} {} -> {}", value(before.as_ref()), value(after.as_ref())),
    }
}

fn value(value: Option<&PlanValue>) -> String {
    match value {
        None => "none".to_owned(),
        Some(PlanValue::DurationMs(ms)) => text::duration(*ms as f64),
        Some(PlanValue::Share(share)) => text::percent(*share),
        Some(PlanValue::Number(number)) => text::number(*number),
        Some(PlanValue::Text(words)) => words.clone(),
    }
}
