//! What deployments tell the other components, and what those may not forget: only [`Laid::split`] takes a layout
//! apart, and nobody but the deployment component makes any of these.

use crate::ids::{BatchId, RegionId, WaveId, ZoneId};
use crate::outcome::Notice;
use crate::rollout::place::WatchedScope;

/// Hosts of a zone were laid out: alarms open and hosts are exposed.
#[must_use]
#[derive(Debug)]
pub struct Laid {
    pub(super) new: NewBatches,
    pub(super) span: WatchSpan,
}

impl Laid {
    /// What the alarms take, and what the fault takes.
    #[inline]
    pub fn split(self) -> (NewBatches, WatchSpan) {
        (self.new, self.span)
    }
}

/// New batches of one zone.
#[must_use]
#[derive(Debug)]
pub struct NewBatches {
    /// Their zone.
    pub zone: ZoneId,
    /// The first of them; all later ones of the zone are new as well.
    pub first: BatchId,
    pub(super) end: usize,
}

impl NewBatches {
    /// Whether there is none: a wave may only switch requests.
    pub fn is_empty(&self) -> bool {
        self.first.index() == self.end
    }

    /// All of them, in order.
    pub fn ids(&self) -> impl Iterator<Item = BatchId> + use<> {
        (self.first.index()..self.end).map(BatchId::new)
    }
}

/// A zone has more or fewer hosts on the new version, or they are sent another share of its requests.
#[must_use]
#[derive(Debug)]
pub struct RouteChange {
    pub(super) zone: ZoneId,
}

impl RouteChange {
    /// The zone.
    pub fn zone(&self) -> ZoneId {
        self.zone
    }
}

/// How long alarms watch a zone's deployment.
#[must_use]
#[derive(Debug)]
pub struct WatchSpan {
    /// The zone.
    pub zone: ZoneId,
    /// When alarms over the zone open, and when those over its one-box end; none if they are open already, or if nothing
    /// is watched.
    pub opens: Option<Opening>,
    /// When the zone's bake will be over; none if that is not known yet.
    pub done_ms: Option<u64>,
}

/// The beginning of a zone's deployment.
#[derive(Debug, Clone, Copy)]
pub struct Opening {
    /// When the one-box stage is over; none without one.
    pub one_box_until_ms: Option<u64>,
    /// The wave that it is part of.
    pub wave: WaveId,
}

/// A part of the rollout that ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RolloutPart {
    /// The deployment to a region, with its last zone's bake.
    Region(RegionId),
    /// The wave's last deployment.
    Service,
    /// The wave, with its bake; then comes the next, if there is one.
    Wave {
        /// The next wave.
        next: Option<WaveId>,
    },
}

/// A zone goes back.
#[must_use]
#[derive(Debug)]
pub struct GoingBack {
    /// The zone.
    pub zone: ZoneId,
    /// The version that its hosts go back to has the same defect.
    pub to_bad_version: bool,
}

/// All zones in scope go back.
#[must_use]
#[derive(Debug)]
pub struct RolledBack {
    /// When the last of them is done; 0 if none has to.
    pub until_ms: u64,
    /// Some host on the new version is out of scope: how many are left in the end is counted with the course.
    pub leaves_hosts: bool,
}

/// The rollout is complete.
#[must_use]
#[derive(Debug)]
pub struct Completed(pub(super) ());

/// The notice that a rollback answers.
#[derive(Debug, Clone, Copy)]
pub struct RollbackCause {
    /// What it is.
    pub notice: Notice,
    /// What it is about.
    pub scope: WatchedScope,
}
