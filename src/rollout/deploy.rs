//! Deployment of hosts: batches as single draws, hosts inside a batch only when somebody asks.
//!
//! A batch ends with its slowest host, whose time is one order statistic. By exchangeability slot 0
//! of the batch is that host; every other slot is, given the slowest, independent and below it.

use super::trace::Observer;
use super::trial::Trial;
use crate::random::{Distribution, Purpose, Stream};

/// Marks "no batch".
pub(super) const NONE: u32 = u32::MAX;

/// Hosts deployed to together: the hosts `first .. first + hosts` of their zone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Batch {
    pub(super) zone: u32,
    pub(super) first: u32,
    pub(super) hosts: u32,
    /// Hosts beside them that were to be in it and stay behind.
    pub(super) behind: u32,
    pub(super) start_ms: u64,
    pub(super) end_ms: u64,
    /// The slowest host's uniform.
    pub(super) uniform: f64,
    /// The zone's batch before this one, or [`NONE`].
    pub(super) previous: u32,
    /// It takes the change by itself, and no pipeline stops it.
    pub(super) past_waves: bool,
}

/// Time of a host that is not the slowest of its batch of `hosts`: independent of the others below
/// the slowest, whose uniform is `slowest`.
pub(super) fn other_host_ms(time: &Distribution, slowest: f64, hosts: u32, uniform: f64) -> u64 {
    let share_below = libm::exp(libm::log(slowest) / f64::from(hosts));
    time.by_cdf(share_below * uniform)
}

impl Batch {
    /// Whether the batch holds host `host` of its zone.
    pub(super) fn holds(&self, host: u32) -> bool {
        (self.first..self.first + self.hosts).contains(&host)
    }
}

impl<O: Observer> Trial<'_, O> {
    /// What the hosts of a zone draw their times from on the way forward, host by host.
    pub(super) fn host_draws(&self, zone: usize) -> Stream {
        self.streams.stream(Purpose::DeployHost, self.plan.fleet.zones[zone].entity)
    }

    /// When host `host` of the batch has the new version. Who asks for many hosts of a zone passes the same `draws`,
    /// so that neighbours share a block.
    pub(super) fn batch_completion_ms(&self, batch: &Batch, host: u32, draws: &mut Stream) -> u64 {
        debug_assert!(batch.holds(host), "host {host} is in batch {batch:?}");
        let time = match self.strategy.bypass.filter(|_| batch.past_waves) {
            Some(bypass) => bypass.time,
            None => self.deploy.host,
        };
        if host == batch.first || matches!(time, Distribution::Fixed { .. }) {
            return batch.end_ms;
        }
        let after_ms = other_host_ms(&time, batch.uniform, batch.hosts, draws.uniform_at(u64::from(host)));
        batch.start_ms + after_ms.min(batch.end_ms - batch.start_ms)
    }
}
