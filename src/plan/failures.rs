//! How many hosts may fail to take a change before the rollout reacts.

use super::share::HostShare;
use serde::Serialize;

/// What a strategy does about hosts whose deployment fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct FailureBudget {
    /// Most of them; none: any number, and the rollout goes on without them.
    pub allowed: Option<HostShare>,
    /// Among which hosts they are counted.
    pub per: FailuresPer,
    /// How often they are tried again, each time together as soon as their batch is done.
    pub retries: u32,
}

/// Among which hosts failed ones are counted, all of them from the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailuresPer {
    /// Those of one batch.
    Batch,
    /// Those of a zone.
    Zone,
    /// Those of a region.
    Region,
    /// Those of the regions of a wave, in that wave.
    Wave,
    /// Those of the fleet.
    Rollout,
}
