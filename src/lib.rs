//! `wavetank` tests a deployment plan before production does.
//!
//! Data flows one way, and the modules below are listed in that order:
//!
//! ```text
//! scenario -> plan -> engine -> outcome -> study -> stats -> report
//! ```
//!
//! A [`plan::Plan`] is the validated, immutable form of a scenario file. [`engine::Engine`]
//! simulates one rollout of one strategy and returns an [`outcome::Outcome`]; [`study`] does so for
//! every strategy on the same seeds; [`stats`] turns slices of numbers into estimates; [`report`]
//! turns estimates into bytes.

#[doc(hidden)]
pub mod cli;
pub mod diagnostic;
pub mod engine;
pub mod outcome;
pub mod plan;
pub mod random;
pub mod report;
pub mod scenario;
pub mod stats;
pub mod study;

/// Version of the simulated model: two runs with the same scenario, seed and model version print
/// the same bytes. Any change that moves a number for an existing scenario and seed bumps it and is
/// written in CHANGELOG.md.
pub const MODEL_VERSION: u32 = 1;
