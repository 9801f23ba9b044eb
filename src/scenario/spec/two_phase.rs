//! `[pipeline.two-phase]` as written.

use crate::plan::pipeline::BakesFrom;
use crate::scenario::table::spec;
use crate::scenario::value::{DistributionText, Name, Percent};
use crate::scenario::words::words;

spec! {
    /// Changes in two halves: one that prepares, and later one that activates what it prepared.
    pub struct TwoPhaseSpec {
        /// Share of the source's changes that are the first half of such a change.
        required share: Percent,
        /// From what `from` says until the second half is merged.
        required bake: DistributionText,
        /// What the bake counts from: the "delivery" of the first half to every host, or its "merge", wherever it is
        /// by then. Default: "delivery".
        optional from: BakesFrom,
        /// Defect that a second half has while hosts lack the first one. No other change of the pipeline carries it.
        required unprepared: Name,
    }
}

words! {
    BakesFrom { Delivery, Merge }
}
