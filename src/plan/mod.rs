//! The resolved plan: validated, immutable, indices instead of names, integer milliseconds.
//!
//! Built only by [`crate::scenario`]; read by everything after it. It must not parse, print or
//! simulate. Instants are milliseconds since the rollout's start; `*_ms` fields are durations.

pub mod alarm;
pub mod change;
pub mod defect;
pub mod diff;
pub mod digest;
pub mod fleet;
pub mod pipeline;
pub mod response;
pub mod restrict;
pub mod share;
pub mod strata;
pub mod strategy;
pub mod study;
pub mod timeline;

pub use alarm::{
    Alarm, CanaryRule, Comparison, EvaluationClock, Judge, Missing, RateRule, Scope, Signal, Watch,
};
pub use change::Change;
pub use defect::{
    Condition, Cure, Defect, DefectClock, Hurts, Relapse, Repair, RollbackEffect, Symptom, Trigger, Within,
};
pub use fleet::{Arrivals, Background, Episodes, Fleet, Region, Zone};
pub use pipeline::Pipeline;
pub use response::{OnAlarm, Operators, Remedy, Response};
pub use restrict::{Restriction, RestrictionError, Trials};
pub use share::{HostShare, Ratio};
pub use strata::{Estimator, Strata};
pub use strategy::{Bypass, OneBox, Procedure, Rollback, RollbackScope, RollbackTarget, Strategy, Wave};
pub use study::{Expectation, Guard, Level, Precision, Study, Threshold, Tolerance};

/// Milliseconds in one hour; traffic is constant within an hour of the day.
pub const HOUR_MS: u64 = 3_600_000;

/// Everything one study needs, checked and cross-referenced.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Plan {
    /// The scenario's name: the file stem unless the file says otherwise.
    pub name: String,
    /// One sentence for reports; may be empty.
    pub description: String,
    /// Regions, zones, hosts and their traffic.
    pub fleet: Fleet,
    /// How often a change is bad, and how.
    pub change: Change,
    /// Every alarm of the scenario; strategies refer to them by index.
    pub alarms: Vec<Alarm>,
    /// Strategies to compare, in report order.
    pub strategies: Vec<Strategy>,
    /// Trials, seed, baseline, thresholds, expectations.
    pub study: Study,
    /// One pipeline over weeks, if the scenario has one. Left out of the fingerprint of a plan without.
    /// The fingerprint knows it by its first name.
    #[serde(rename = "horizon", skip_serializing_if = "Option::is_none")]
    pub pipeline: Option<Pipeline>,
}

impl Plan {
    /// Every strategy that something is rolled out by: those that are compared, and those of a pipeline's components.
    pub fn strategies_in_use(&self) -> impl Iterator<Item = &Strategy> {
        let components = self.pipeline.iter().flat_map(|pipeline| &pipeline.components);
        self.strategies.iter().chain(components.filter_map(|component| component.strategy.as_ref()))
    }
}
