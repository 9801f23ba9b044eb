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

use super::Plan;
use crate::random::Distribution;
use serde::Serialize;

/// One input that differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlanChange {
    /// Where, from the outside in: `strategy careful, wave 2 (medium)`.
    pub place: String,
    /// Which key, as the scenario language writes it: `bake`. Empty if the whole place came or went.
    pub key: String,
    /// The value before; absent if there was none.
    pub before: Option<PlanValue>,
    /// The value after; absent if there is none.
    pub after: Option<PlanValue>,
}

/// A value of a plan with its unit.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlanValue {
    /// A duration in milliseconds.
    DurationMs(u64),
    /// A share of a whole, 0 to 1.
    Share(f64),
    /// A plain number.
    Number(f64),
    /// Words: a name, a keyword, a number that nobody calculates with.
    Text(String),
    /// Names in their order.
    Names(Vec<String>),
    /// A distribution of durations.
    Distribution(Distribution),
    /// Traffic over the day.
    Day {
        /// Hour of the UTC day with the most traffic; absent where it differs from region to region.
        peak_utc_hour: Option<u8>,
        /// Traffic of the quietest hour relative to the busiest.
        trough: f64,
    },
    /// The limit of a threshold, or what was published.
    Limit {
        /// Metric name, which tells the unit.
        metric: String,
        /// The amount in that unit.
        max: f64,
    },
    /// Several values, each under its key.
    Parts(Vec<(String, PlanValue)>),
}

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
    pipeline::diff(&mut changes, before, after);
    changes
}
