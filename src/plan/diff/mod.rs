//! What differs between two plans, in the words of the scenario language.
//!
//! It must not format durations or shares for people: reports do that, so a value keeps its unit.
//! Indices never show: everything is matched and named by name.

#[cfg(test)]
mod edits_tests;
mod fleet;
mod node;
mod parts;
mod pipeline;
mod promise;
mod strategy;
#[cfg(test)]
mod tests;
mod things;
mod value;

pub use value::{PlanChange, PlanValue};

use super::whole::Plan;

/// What differs between `before` and `after`; empty if and only if both describe the same study with
/// the same thresholds, guards and expectations. What is only said to people is no difference: the names of the scenario, the
/// fleet and the waves, descriptions, sources.
#[must_use]
pub fn diff(before: &Plan, after: &Plan) -> Vec<PlanChange> {
    let mut changes = simulated(before, after);
    promise::diff(&mut changes, before, after);
    changes
}

/// Whether both plans lead to the same numbers: they differ in nothing but thresholds, guards and
/// expectations, which judge numbers and decide none, and in what is only said to people.
#[must_use]
pub fn same_study(before: &Plan, after: &Plan) -> bool {
    simulated(before, after).is_empty()
}

/// Differences in everything but thresholds, guards and expectations.
fn simulated(before: &Plan, after: &Plan) -> Vec<PlanChange> {
    let mut changes = Vec::new();
    fleet::diff(&mut changes, before, after);
    parts::change(&mut changes, before, after);
    parts::alarms(&mut changes, before, after);
    strategy::diff(&mut changes, before, after);
    parts::study(&mut changes, before, after);
    pipeline::diff(&mut changes, before, after, simulated);
    changes
}
