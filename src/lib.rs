//! `wavetank` tests a deployment plan before production does.
//!
//! Data flows one way:
//!
//! ```text
//! scenario -> plan -> rollout -> outcome -> study -> report
//! ```
//!
//! A [`plan::Plan`] is the validated, immutable form of a scenario file. [`rollout::Engine`]
//! simulates one rollout of one strategy and returns an [`outcome::Outcome`]; [`study`] does so for
//! every strategy on the same seeds and sums the outcomes up; [`report`] turns the sums into bytes.
//! [`pipeline`] is one pipeline over weeks, with many rollouts in flight.
//! [`random`], [`stats`] and [`diagnostic`] are leaves that know nothing of rollouts.
//!
//! ```
//! use wavetank::rollout::{Engine, Model};
//! use wavetank::sim::Silent;
//!
//! let scenario = r#"
//!     [[fleet.region]]
//!     name = "eu-west-1"
//!     hosts-per-zone = 30
//!     [change]
//!     deploy-time = "5m"
//!     [[strategy]]
//!     name = "rolling"
//!     batch = 10
//!     wave = [{ regions = "all" }]
//! "#;
//! let plan = wavetank::scenario::load_str("demo", scenario).plan.expect("a valid scenario");
//! let model = Model::new(&plan);
//! let outcome = Engine::new(&model).run(0, 0, &mut Silent);
//! assert_eq!(outcome.end_ms, 3 * 5 * 60_000);
//! ```

#[doc(hidden)]
pub mod cli;
pub mod diagnostic;
pub mod ids;
pub mod lints;
pub mod outcome;
pub mod pipeline;
pub mod plan;
pub mod random;
pub mod report;
pub mod rollout;
pub mod scenario;
pub mod sim;
pub mod stats;
pub mod study;

/// Version of the simulated model: two runs with the same scenario, seed and model version print
/// the same bytes. Any change that moves a number for an existing scenario and seed bumps it and is
/// written in CHANGELOG.md.
pub const MODEL_VERSION: u32 = 3;
