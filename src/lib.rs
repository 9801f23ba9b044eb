//! `wavetank` tests a deployment plan before production does: it simulates staged rollouts, deterministically, and says
//! what a plan costs in time and what it risks in blast radius.
//!
//! # Concepts
//!
//! A **scenario** is text: a **fleet** of regions, zones and hosts, the **change** that is rolled out and the **defects**
//! it may carry, the **alarms** that may see them, and **strategies**: the waves, one-boxes, batches and bakes to compare.
//! Resolved it is a **plan**: valid, immutable, indices instead of names, integer milliseconds.
//! A **trial** is one simulated rollout by one strategy; its **events** go to an **observer**, what it cost is its
//! **outcome**. A **study** runs every strategy on the same trials and says what the outcomes say together, in
//! **measures** with intervals, and in differences between strategies. A **pipeline** is weeks of changes on their way
//! through stages to that production.
//!
//! # One trial
//!
//! [`Plan::load`] reads a file and [`Plan::parse`] a text. Either gives a plan or all [`scenario::Problems`] at once.
//! [`simulate`] runs one trial and tells an observer; [`replay`] keeps what it would be told.
//!
//! ```
//! use wavetank::{Plan, replay, sim::Silent, simulate};
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
//! let plan = Plan::parse("demo", scenario)?;
//! let outcome = simulate(&plan, 0, 0, &mut Silent);
//! assert_eq!(outcome.end_ms, 3 * 5 * 60_000);
//!
//! let (again, records) = replay(&plan, 0, 0);
//! assert_eq!(again, outcome);
//! assert!(records.iter().all(|record| record.at_ms <= outcome.end_ms));
//! # Ok::<(), wavetank::scenario::Problems>(())
//! ```
//!
//! # A study
//!
//! [`Study`] runs as many trials as the plan says, or as its precision takes, and sums them up. What it should do
//! differently from the plan is said to it, or to [`Plan::restrict`]. Outcomes can be taken on the way, in order
//! ([`Study::run_with_rows`]), for rows of a file or for a measure of one's own. [`PipelineStudy`] does the same for the
//! plan's pipeline.
//!
//! ```
//! use wavetank::{Plan, Study, outcome::measures, study::Nobody};
//!
//! let plan = Plan::load("scenarios/small.toml")?;
//! let summary = Study::new(&plan).trials(200).run(&Nobody)?;
//! for strategy in &summary.strategies {
//!     let harm = strategy.metric(&measures::IMPAIRED_HOST_MS);
//!     println!("{}: {:?}, against {}: {:?}", strategy.name, harm.mean, summary.baseline, harm.against_baseline);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is the caller's
//!
//! Threads: a study runs in the rayon pool that it is called in (`pool.install(|| study.run(&progress))`), or in rayon's
//! own. Waiting: [`study::Progress`] is told how far a study is and can cancel it, from a signal handler for example; the
//! library installs none. Files: nothing but the readers in [`scenario`] opens one; [`report`] makes bytes and writes
//! none.
//!
//! # Determinism
//!
//! The same scenario, seed and [`MODEL_VERSION`] give the same bytes on every machine and any number of threads. Every
//! trial has its own random streams, keyed by seed, trial and what they are for, never by strategy: all strategies meet
//! the same changes, defects and traffic, and any trial can be replayed alone.
//!
//! # Features
//!
//! - `cli` (default): the command line, with everything that only it needs. The binary requires it.
//! - `charts` (default): SVG charts in [`report`].
//! - `import` (default): scenarios from the files of other tools.
//! - `serve` (default): a scenario as a live page on this machine.
//!
//! Without default features the library needs no clock, no thread of its own and no file system, as on `wasm32`.
//!
//! # Where to look next
//!
//! Data flows one way, and so do the modules:
//!
//! ```text
//! scenario -> plan -> rollout -> outcome -> study -> report
//!                     pipeline
//! ```
//!
//! `examples/` has five programs of a page each: load and simulate, compare strategies, an observer of one's own, a
//! pipeline, a measure of one's own. `docs/model.md` says what is simulated, `docs/scenario.md` how it is written,
//! `docs/statistics.md` how it is estimated; ARCHITECTURE.md is the way through the house. [`lints`] warn of plans that
//! are valid and will surprise; [`random`], [`stats`], [`sim`], [`ids`], [`outlet`] and [`diagnostic`] are leaves that know
//! nothing of rollouts.

#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;
pub mod diagnostic;
pub mod ids;
#[cfg(feature = "import")]
pub mod import;
pub mod lints;
pub mod outcome;
pub mod outlet;
pub mod pipeline;
pub mod plan;
#[cfg(test)]
mod properties;
pub mod random;
pub mod report;
pub mod rollout;
pub mod scenario;
#[cfg(feature = "serve")]
pub mod serve;
pub mod sim;
pub mod stats;
pub mod study;
mod version;

pub use outcome::Outcome;
pub use plan::Plan;
pub use rollout::{replay, simulate};
pub use study::{PipelineStudy, Study};
pub use version::MODEL_VERSION;
