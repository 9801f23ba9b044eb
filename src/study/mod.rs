//! A study: every strategy on the same seeds, in parallel, and what its trials say together.
//!
//! [`Study`] is the way in for rollouts, [`PipelineStudy`] for pipelines; both run through the same workers and give the
//! same bytes in any thread pool. Nothing here formats anything or knows a file.

mod accepted;
mod aggregates;
pub mod baseline;
pub mod claims;
pub mod compare;
pub mod contest;
pub mod difference;
mod estimate;
pub mod expectation;
mod experiment;
mod fingerprint;
pub mod gate;
pub mod gather;
mod guard;
mod inputs;
mod judgement;
pub mod kept;
mod like;
mod looks;
pub mod notable;
pub mod origin;
mod outcomes;
mod pairing;
pub mod pipeline;
pub mod pipeline_funnel;
mod pipeline_runner;
pub mod pipeline_summary;
pub mod pipeline_without;
pub mod policy_summary;
mod possible;
pub mod precision;
mod progress;
mod question;
pub mod reading;
mod rollouts;
mod row;
mod runner;
mod sampling;
mod sides;
mod statement_end;
pub mod summary;
pub mod sweep;
pub mod threshold;
mod trials;
pub mod unfolding;
pub mod verdict;
mod workers;

pub use accepted::BaselineError;
pub use aggregates::Aggregates;
pub use looks::LookPace;
pub use outcomes::{Outcomes, Weights};
pub use pipeline_runner::{PipelineResult, PipelineStudy};
pub use progress::{Nobody, Progress, Stopped};
pub use rollouts::{Evaluations, run};
pub use runner::{Study, StudyError};
pub use summary::{Summary, summarise};
