//! What a pipeline knows of the others on the fleet, and what it has to tell them.

use crate::ids::{IdVec, RegionId};
use crate::pipeline::production::last_of;

/// What a pipeline knows of the others, and what it has to tell them.
#[derive(Debug, Default)]
pub(super) struct Neighbours {
    /// Until when others hold each region, none for ever; empty if they do not matter.
    pub(super) free_ms: IdVec<RegionId, Option<u64>>,
    /// What it holds may have changed.
    pub(super) moved: bool,
    /// Regions with hosts that have a defect which an alarm saw just now.
    pub(super) seen: Vec<RegionId>,
}

impl Neighbours {
    /// When the last of `regions` is free of other pipelines; none is never.
    pub(super) fn leave(&self, regions: &[RegionId]) -> Option<u64> {
        last_of(regions.iter().filter_map(|region| self.free_ms.get(*region)).copied())
    }
}
