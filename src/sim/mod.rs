//! Plumbing that both simulators use, `rollout` and `pipeline`: a queue with a total order, what is told to
//! observers, and how much work a trial may be.
//!
//! Knows no domain: what happens, and what follows, is the simulators' business.

pub mod budget;
mod queue;
mod record;

pub use queue::{Queue, Ranked};
pub use record::{Observer, Record, Recorder, Silent};
