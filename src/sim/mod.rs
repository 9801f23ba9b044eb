//! Plumbing that both simulators use, `rollout` and `pipeline`: a queue with a total order, and what is told to observers.
//!
//! Knows no domain: what happens, and what follows, is the simulators' business.

mod queue;
mod record;

pub use queue::{Queue, Ranked};
pub use record::{Observer, Record, Recorder, Silent};
