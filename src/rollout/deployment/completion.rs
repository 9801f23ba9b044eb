//! When each host of a batch has the new version: drawn only when somebody asks.

use super::batch::{Batch, other_host_ms};
use crate::ids::ZoneId;
use crate::random::{Distribution, Purpose, Stream};
use crate::rollout::context::Context;
use crate::rollout::place::FleetHost;

/// What the hosts of a zone draw their times from on the way forward, host by host.
#[inline]
pub fn host_draws(ctx: &Context, zone: ZoneId) -> Stream {
    ctx.streams.stream(Purpose::DeployHost, ctx.zone(zone).entity)
}

/// When the host of the batch has the new version. Who asks for many hosts of a zone passes the same `draws`,
/// so that neighbours share a block.
pub fn completion_ms(ctx: &Context, batch: &Batch, host: FleetHost, draws: &mut Stream) -> u64 {
    debug_assert!(batch.holds(host), "{host:?} is in {batch:?}");
    let time = match ctx.strategy.bypass.filter(|_| batch.past_waves) {
        Some(bypass) => bypass.time,
        None => ctx.deploy.host,
    };
    if batch.is_first(host) || matches!(time, Distribution::Fixed { .. }) {
        return batch.end_ms;
    }
    let after_ms = other_host_ms(&time, batch.uniform, batch.hosts, draws.uniform_at(host.draw()));
    batch.start_ms + after_ms.min(batch.end_ms - batch.start_ms)
}
