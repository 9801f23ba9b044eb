//! One pipeline over weeks: changes merge, revisions pass stages and waves, rejections are repaired.
//!
//! `rollout` is one change; this is everything before and between rollouts, of one pipeline or of several that share a
//! fleet. It asks production through [`Production`] and never looks inside. Five components own the state of a trial:
//!
//! - `source`: what was merged, and which revision has it;
//! - `line`: the stages before production, and who is where on the way;
//! - `in_production`: the queue before the first wave, rollouts in flight, neighbours on the fleet, the error budget;
//! - `repair`: the rejections whose revert the line waits for;
//! - `ledger`: who carries what, where lead time goes, and the outcome.
//!
//! `trial` is the loop that takes events to them, with a `context` (plan, streams, clock, queue, observer) of their own.
//! Time is integer milliseconds, events have a total order, draws are keyed by change and stage: a trial is a function of
//! pipeline, seed and number. Cost is proportional to events; an idle weekend has none. It does no IO and estimates
//! nothing.

mod combined;
mod context;
mod event;
mod gauge;
mod ground;
mod in_production;
mod keys;
mod ledger;
mod line;
mod priority;
mod production;
mod repair;
mod rollouts;
mod source;
mod timed;
mod together;
mod trial;

pub use combined::Combined;
pub use event::{MergeKind, PipelineEvent, StopReason};
pub use production::{Carried, Production, RolloutRequest, Schedule, ScheduledStop, WaveOpenings, WaveRun};
pub use rollouts::Rollouts;
pub use timed::{Timed, TimedWave};
pub use together::{Member, Sharing, run, run_observed, run_together, run_together_observed};
