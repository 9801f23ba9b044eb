//! Strategies: ordered waves, the procedure inside a zone, and what a rollback does.

use super::change::Change;
use super::response::{Operators, Response};
use super::share::{HostShare, Ratio};
use crate::ids::{AlarmId, CohortId, RegionId};
use crate::random::Distribution;
use serde::{Serialize, Serializer};

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
    /// The alarms that this strategy's pipeline listens to, in some wave at least.
    pub alarms: Vec<AlarmId>,
    /// Share of a zone's hosts at which its deployment counts as done; stragglers beyond it are waited for.
    pub complete_at: Ratio,
    /// Time one host takes to move to the new version on this strategy's channel; none: as the change says.
    pub deploy_time: Option<Distribution>,
    /// Time one host takes to move back; none: as the change says.
    pub rollback_time: Option<Distribution>,
    /// Hosts that get the change past the waves.
    pub bypass: Option<Bypass>,
    /// Time from one region to the next, in the order of the waves, in which what triggers a dormant defect
    /// arrives; 0: everywhere at once.
    pub trigger_step_ms: u64,
    /// What the pipeline does when an alarm fires.
    pub response: Response,
    /// What people do; none: nobody comes.
    pub operators: Option<Operators>,
    /// How hosts go back.
    pub rollback: Rollback,
}

impl Default for Strategy {
    /// No wave, no alarm; a rollback takes everything back at once.
    fn default() -> Self {
        Self {
            name: String::new(),
            description: String::new(),
            source: String::new(),
            waves: Vec::new(),
            alarms: Vec::new(),
            complete_at: Ratio::ONE,
            deploy_time: None,
            rollback_time: None,
            bypass: None,
            trigger_step_ms: 0,
            response: Response::default(),
            operators: None,
            rollback: Rollback::default(),
        }
    }
}

impl Default for Rollback {
    /// Everything, at once, to the version before.
    fn default() -> Self {
        Self {
            scope: RollbackScope::Everything,
            batch: HostShare::ALL,
            reaction_delay_ms: 0,
            target: RollbackTarget::Previous,
        }
    }
}

impl Strategy {
    /// The alarms that are listened to in one of its waves.
    #[inline]
    #[must_use]
    pub fn alarms_in<'s>(&'s self, wave: &'s Wave) -> &'s [AlarmId] {
        wave.alarms.as_ref().unwrap_or(&self.alarms)
    }

    /// Time one host takes to move to the new version.
    #[must_use]
    pub fn deploy_time(&self, change: &Change) -> Distribution {
        self.deploy_time.unwrap_or(change.deploy_time)
    }

    /// Time one host takes to move back.
    #[must_use]
    pub fn rollback_time(&self, change: &Change) -> Distribution {
        self.rollback_time.unwrap_or(change.rollback_time)
    }
}

/// A channel beside the waves: some hosts of every zone take the change by themselves as soon as there is
/// one, and no pipeline stops them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Bypass {
    /// Hosts of each zone.
    pub hosts: HostShare,
    /// Time from the rollout's start until such a host has the new version.
    pub time: Distribution,
}

/// One wave.
#[derive(Debug, Clone, Serialize)]
pub struct Wave {
    /// Name for reports.
    pub name: String,
    /// Regions in start order.
    pub regions: Vec<RegionId>,
    /// Share of each zone's hosts on the new version when the wave is done; grows from wave to wave
    /// where a region appears in several.
    pub hosts: HostShare,
    /// Regions deployed to at once.
    pub regions_at_once: Concurrency,
    /// Wait after the wave's last region is done.
    pub bake_ms: u64,
    /// The alarms that are listened to in this wave; none: those of the strategy. If one wave has some, all have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alarms: Option<Vec<AlarmId>>,
    /// How each zone is deployed to.
    pub procedure: Procedure,
}

/// How many places are deployed to at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Concurrency {
    /// At most this many, at least 1.
    AtMost(u32),
    /// All that there are.
    All,
}

impl Concurrency {
    /// One after the other.
    pub const ONE: Self = Self::AtMost(1);

    /// How many of `places` go at once.
    #[must_use]
    pub fn of(self, places: usize) -> usize {
        match self {
            Self::AtMost(limit) => places.min(limit.max(1) as usize),
            Self::All => places,
        }
    }

    /// Whether one more may begin beside `running`.
    #[inline]
    #[must_use]
    pub fn has_room(self, running: u32) -> bool {
        match self {
            Self::AtMost(limit) => running < limit,
            Self::All => true,
        }
    }
}

/// As a number: fingerprints of plans and what is printed of them have always known "all" as the largest one.
impl Serialize for Concurrency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(match *self {
            Self::AtMost(limit) => limit,
            Self::All => u32::MAX,
        })
    }
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
    /// Zones of one region deployed to at once.
    pub zones_at_once: Concurrency,
}

impl Procedure {
    /// Hosts of a batch in a zone of so many hosts.
    #[inline]
    #[must_use]
    pub fn batch_of(&self, hosts: u32) -> u32 {
        self.batch.of(hosts).min(self.max_unavailable.of(hosts))
    }
}

/// The one-box stage.
#[derive(Debug, Clone, Serialize)]
pub struct OneBox {
    /// Hosts in the one-box, deployed together.
    pub hosts: HostShare,
    /// Wait after its last host.
    pub bake_ms: u64,
    /// Cohorts with at least one host in it if it is large enough.
    pub covers: Vec<CohortId>,
}

/// How hosts go back.
#[derive(Debug, Clone, Serialize)]
pub struct Rollback {
    /// Which hosts go back.
    pub scope: RollbackScope,
    /// Hosts per rollback batch in each zone; zones go back in parallel.
    pub batch: HostShare,
    /// Delay from the alarm to the pipeline's stop and the start of the rollback. Until then the
    /// rollout goes on.
    pub reaction_delay_ms: u64,
    /// Which version they go back to.
    pub target: RollbackTarget,
}

/// Which version a rollback brings back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RollbackTarget {
    /// The one before the change.
    Previous,
    /// The latest that passed a gate: after the first wave's bake that is the change itself.
    LastBlessed,
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
