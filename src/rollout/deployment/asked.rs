//! What others ask of hosts and their batches: when a host gets the new version, whether it really did, and when it is back.
//! Changes nothing.

use super::Deployments;
use super::batch::Batch;
use super::completion::{completion_ms, host_draws};
use super::way_back::{BatchBack, HostBack};
use crate::ids::{BatchId, ZoneId};
use crate::random::Stream;
use crate::rollout::context::Context;
use crate::rollout::place::FleetHost;

impl Deployments {
    /// A batch.
    #[inline]
    pub fn batch(&self, batch: BatchId) -> &Batch {
        self.layout.batch(batch)
    }

    /// The zone's batches from `first` on, the latest first, and then those that take the change by themselves.
    pub fn batches_since(&self, zone: ZoneId, first: BatchId) -> impl Iterator<Item = &Batch> {
        let of_waves = self.layout.latest_batches(zone).take_while(move |(id, _)| *id >= first);
        let beside = self.layout.zone(zone).bypass.filter(|id| *id >= first);
        of_waves.map(|(_, batch)| batch).chain(beside.map(|id| self.layout.batch(id)))
    }

    /// When the host gets, or would have got, the new version; none if it is not laid out.
    pub fn laid_out_ms(&self, ctx: &Context, host: FleetHost) -> Option<u64> {
        let batch = self.layout.batch_of(host)?;
        Some(completion_ms(ctx, batch, host, &mut host_draws(ctx, host.zone)))
    }

    /// Whether the host, whose time has come, really got the new version: a stop may have come before.
    #[inline]
    pub fn gets(&self, ctx: &Context, host: FleetHost) -> bool {
        if self.stops.waves_ms.is_none() {
            return true;
        }
        self.layout.batch_of(host).is_some_and(|batch| {
            let at_ms = completion_ms(ctx, batch, host, &mut host_draws(ctx, host.zone));
            !self.is_cut(batch.past_waves, at_ms)
        })
    }

    /// Whether a stop came before what hosts of waves, or past them, would have done at `at_ms`.
    #[inline]
    pub fn is_cut(&self, past_waves: bool, at_ms: u64) -> bool {
        self.stops.cut(past_waves, at_ms)
    }

    /// When the host is back on the old version; none if it does not go back. Neighbours share a block of `draws`.
    #[inline]
    pub fn back_ms(&self, ctx: &Context, host: FleetHost, draws: &mut Stream) -> Option<u64> {
        self.way_back.host_back(ctx, host, draws).map(|back| back.end_ms)
    }

    /// How the host goes back; none if it does not.
    pub fn host_back(&self, ctx: &Context, host: FleetHost, draws: &mut Stream) -> Option<HostBack> {
        self.way_back.host_back(ctx, host, draws)
    }

    /// Hosts that may come beside those of the zone in the present wave.
    pub fn surge(&self, ctx: &Context, zone: ZoneId) -> u32 {
        ctx.wave(self.waves.id()).procedure.surge_of(ctx.zone(zone).hosts)
    }

    /// The batches in which the zone goes back, in order; none if it does not.
    pub fn batches_back(&self, zone: ZoneId) -> &[BatchBack] {
        self.way_back.batches(zone)
    }
}
