//! What differs between two plans, in the words of the scenario language.
//!
//! It must not format durations or shares for people: reports do that, so a value keeps its unit.

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
    /// Words: a name, a list of names, a distribution.
    Text(String),
}
