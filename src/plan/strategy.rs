//! Strategies: ordered waves, the procedure inside a zone, and what a rollback does.

use super::HostShare;
use serde::Serialize;

/// The production part of a pipeline.
#[derive(Debug, Clone, Serialize)]
pub struct Strategy {
    /// Unique name.
    pub name: String,
    /// One sentence for reports; may be empty.
    pub description: String,
    /// Where the numbers come from; may be empty.
    pub source: String,
    /// Waves in order; each begins when the bake of the one before it ends.
    pub waves: Vec<Wave>,
    /// Indices of the alarms that this strategy's pipeline listens to.
    pub alarms: Vec<usize>,
    /// What happens when one of them fires.
    pub rollback: Rollback,
}

/// One wave.
#[derive(Debug, Clone, Serialize)]
pub struct Wave {
    /// Name for reports.
    pub name: String,
    /// Regions in start order, as indices of the fleet's list.
    pub regions: Vec<usize>,
    /// Share of each zone's hosts on the new version when the wave is done; grows from wave to wave
    /// where a region appears in several.
    pub hosts: HostShare,
    /// Regions deployed to at once, at least 1.
    pub regions_at_once: u32,
    /// Wait after the wave's last region is done.
    pub bake_ms: u64,
    /// How each zone is deployed to.
    pub procedure: Procedure,
}

/// How one zone is deployed to.
#[derive(Debug, Clone, Serialize)]
pub struct Procedure {
    /// The one-box stage; none in a zone that already runs the new version on some hosts.
    pub one_box: Option<OneBox>,
    /// Hosts per batch; a batch ends with its last host. Never more than `max_unavailable`.
    pub batch: HostShare,
    /// Hosts that may be out of service at once; caps batches and the one-box.
    pub max_unavailable: HostShare,
    /// Wait after the zone's last batch.
    pub zone_bake_ms: u64,
    /// Zones of one region deployed to at once, at least 1.
    pub zones_at_once: u32,
}

/// The one-box stage.
#[derive(Debug, Clone, Serialize)]
pub struct OneBox {
    /// Hosts in the one-box, deployed together.
    pub hosts: HostShare,
    /// Wait after its last host.
    pub bake_ms: u64,
}

/// What the pipeline does when an alarm fires.
#[derive(Debug, Clone, Serialize)]
pub struct Rollback {
    /// Which hosts go back.
    pub scope: RollbackScope,
    /// Hosts per rollback batch in each zone; zones go back in parallel.
    pub batch: HostShare,
    /// Delay from the alarm to the pipeline's stop and the start of the rollback. Until then the
    /// rollout goes on.
    pub reaction_delay_ms: u64,
}

/// Which hosts go back. Whatever the scope, nothing new starts anywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RollbackScope {
    /// Every host under the alarm's own scope: its zone, its region, or all for a service alarm.
    Deployment,
    /// Every host of the alarm's region (all for a service alarm).
    Region,
    /// Every host of the regions of the wave in progress.
    Wave,
    /// Every host on the new version.
    Everything,
}
