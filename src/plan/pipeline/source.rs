//! Where changes come from: when they are merged, how long review took, and what they carry.
//!
//! No draws happen here and no calendar is read: rates are steps of the pipeline's own time axis.

use crate::ids::{DefectId, IdVec};
use crate::random::Distribution;
use serde::Serialize;

/// Merges, review and defects.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChangeSource {
    /// When changes are merged.
    pub merges: Merges,
    /// From the moment a change is ready for review until it is merged; lies before the merge.
    pub review: Distribution,
    /// What changes may carry. The probabilities add up to at most 1; the rest are good.
    pub defects: IdVec<DefectId, DefectClass>,
}

/// When changes are merged, in milliseconds since the pipeline's start.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Merges {
    /// A Poisson process with a rate in steps: by hour of the week, holidays at 0.
    Poisson(Vec<RateStep>),
    /// Recorded instants, ascending.
    Recorded(Vec<u64>),
    /// `count` merges, `gap_ms` apart (0 is together), from `first_ms`.
    Every { first_ms: u64, gap_ms: u64, count: u64 },
}

/// A rate that holds from an instant until the next step.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RateStep {
    /// First instant; ascending over the steps, the first one is 0.
    pub from_ms: u64,
    /// Merges per hour, at least 0 and finite.
    pub per_hour: f64,
}

/// A class of defect, before any test.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DefectClass {
    /// What it is called.
    pub name: String,
    /// Probability that a change carries one of this class when it is put up for review; 0 to 1.
    pub probability: f64,
    /// Probability that review sees it; its author then puts the change right, which takes another
    /// round of review. 0 to 1.
    pub review_catches: f64,
}
