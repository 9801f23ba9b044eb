//! Hosts that do not keep up with their batch.
//!
//! A straggler needs a hand. The deployment waits for it, unless enough of the zone's hosts are done without
//! it: then it is left behind on the old version.

use crate::ids::ZoneId;
use crate::plan::{Change, Plan, Strategy};
use crate::random::{Purpose, Stream, Streams, binomial};

/// What stragglers do to a batch.
#[derive(Debug, Clone, Copy)]
pub struct Lag {
    /// Hosts that stay on the old version.
    pub behind: u32,
    /// The batch lasts at least this long.
    pub wait_ms: u64,
}

impl Lag {
    /// All hosts keep up.
    pub const NONE: Self = Self { behind: 0, wait_ms: 0 };

    /// The same of a batch that lasts so long for another reason, too.
    pub fn and_waits(self, wait_ms: u64) -> Self {
        Self { wait_ms: self.wait_ms.max(wait_ms), ..self }
    }
}

/// The stragglers of one zone.
pub struct Stragglers<'a> {
    change: &'a Change,
    /// Hosts of the zone that may be left behind.
    spare: u32,
    draws: Stream,
}

/// Draws of a batch.
const STRAGGLERS: u64 = 0;
const HELP: u64 = 1;

impl<'a> Stragglers<'a> {
    /// Those of `zone`; none where every host keeps up.
    pub fn of(plan: &'a Plan, strategy: &Strategy, streams: &Streams, zone: ZoneId) -> Option<Self> {
        if plan.change.straggler_probability == 0.0 {
            return None;
        }
        let place = &plan.fleet.zones[zone];
        let needed = strategy.complete_at.ceil_of(u64::from(place.hosts)) as u32;
        let draws = streams.stream(Purpose::Straggler, place.entity);
        Some(Self { change: &plan.change, spare: place.hosts - needed, draws })
    }

    /// What they do to the zone's next batch, of `hosts`, after so many `batches` that left so many `left_behind`.
    pub fn lag(&mut self, batches: u32, left_behind: u32, hosts: u32) -> Lag {
        let first_draw = 2 * u64::from(batches);
        let stragglers = binomial(
            hosts,
            self.change.straggler_probability,
            self.draws.uniform_at(first_draw + STRAGGLERS),
        );
        let behind = stragglers.min(self.spare.saturating_sub(left_behind));
        let waits = stragglers > behind;
        let help = self.draws.uniform_at(first_draw + HELP);
        let wait_ms = if waits { self.change.straggler_time.by_cdf(help) } else { 0 };
        Lag { behind, wait_ms }
    }
}
