//! One difference, and the values of a plan with their units. Formatting them for people is up to reports.

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
