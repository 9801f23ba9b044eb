//! The resolved plan: validated, immutable, indices instead of names, integer milliseconds.
//!
//! Built only by [`crate::scenario`]; read by everything after it. It must not parse, print or
//! simulate. Instants are milliseconds since the rollout's start; `*_ms` fields are durations.

pub mod alarm;
pub mod change;
pub mod claim;
pub mod customers;
pub mod defect;
pub mod diff;
pub mod digest;
pub mod failures;
pub mod fleet;
pub mod gate;
mod pace;
pub mod pipeline;
pub mod reach;
pub mod response;
pub mod restrict;
pub mod risk;
pub mod share;
pub mod signal;
pub mod strata;
pub mod strategy;
pub mod study;
pub mod timeline;
mod unsaid;
mod whole;

pub use alarm::{Alarm, EvaluationClock, Missing, Scope, Version, Watch};
pub use change::Change;
pub use claim::{Claim, Claims};
pub use customers::{Customers, ShardPlace};
pub use defect::{
    Condition, Cure, Defect, DefectClock, FaultyVersion, HostRepair, Hurts, Relapse, RollbackEffect, Symptom,
    Trigger, Within,
};
pub use failures::{FailureBudget, FailuresPer};
pub use fleet::{Arrivals, Background, Episodes, Fleet, HOUR_MS, Region, Zone};
pub use gate::{
    CheckScore, CheckVerdict, CheckedOver, Enough, Gate, GateChecks, GateKind, GateOpening, GateWork,
    WeekHours,
};
pub use pipeline::Pipeline;
pub use response::{Attempt, FiringAtStart, OnAlarm, Operators, Remedy, Response};
pub use restrict::{Restriction, RestrictionError, Trials};
pub use risk::{GateRisk, SeenSoFar};
pub use share::{HostShare, Ratio, Rounding};
pub use signal::{CanaryRule, Comparison, Decides, Judge, Quorum, RateRule, Reads, Sign, Signal, SignalKind};
pub use strata::Strata;
pub use strategy::{
    Batching, Bypass, Concurrency, OneBox, Procedure, Rollback, RollbackScope, RollbackTarget, Strategy, Wave,
};
pub use study::{Bound, Estimator, Expectation, Guard, Level, Precision, StudyPlan, Threshold, Tolerance};
pub use whole::Plan;
