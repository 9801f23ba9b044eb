//! One pipeline over weeks: where changes come from, the stages they pass, and what follows a rejection.
//!
//! Everything is resolved: calendars are intervals in milliseconds since the pipeline's start, rates are
//! steps on that axis. Nothing here may draw, simulate or know a time zone. Invariants are those that
//! [`Line::faults`] lists; the simulator relies on them.

pub mod calendar;
pub mod component;
mod line;
pub mod policy;
pub mod repair;
pub mod source;
pub mod stage;
pub mod two_phase;
mod windows;

pub use super::whole::{Line, Pipeline, Rehearsal, Stage};
pub use calendar::{Calendar, Holds, WaveCalendar, WaveHolds, WaveStarts, Window};
pub use component::Component;
pub use line::MOST_STAGES;
pub use policy::{Emergency, EntryPolicy, ErrorBudget, RolloutsAtOnce};
pub use repair::{AfterRejection, RepairPolicy};
pub use source::{ChangeSource, DefectClass, Merges, RateStep};
pub use stage::{Flaky, Mode, OnFlaky, StagePhase};
pub use two_phase::{BakesFrom, TwoPhase};
