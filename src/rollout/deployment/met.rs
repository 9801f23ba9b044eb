//! Which hosts were ever on the new version while requests went to them, and to whom: what customers can have met of it.
//!
//! Asked once a rollout is over, and only where customers are counted.

use super::Deployments;
use super::completion::{completion_ms, host_draws};
use crate::ids::{IdVec, ZoneId};
use crate::rollout::context::Context;

impl Deployments {
    /// Hosts by zone that had the new version at some time until `end_ms` and were sent requests, and the largest share of the
    /// zone's users who were sent there.
    pub fn met(&self, ctx: &Context, end_ms: u64) -> IdVec<ZoneId, (u32, f64)> {
        if ctx.routed {
            return ctx.zones().map(|zone| self.routing.met(zone)).collect();
        }
        // Hosts of a short batch that were done when a stop interrupted it; its others are counted with their batch.
        let mut met: IdVec<ZoneId, (u32, f64)> =
            ctx.zones().map(|zone| (self.way_back.interrupted_in(zone), 1.0)).collect();
        for batch in self.layout.batches() {
            met[batch.zone].0 += if batch.is_drawn_out() {
                let mut draws = host_draws(ctx, batch.zone);
                let times = batch.all_hosts().map(|host| completion_ms(ctx, batch, host, &mut draws));
                let done = |at_ms: &u64| *at_ms <= end_ms && !self.is_cut(batch.past_waves, *at_ms);
                times.filter(done).count() as u32
            } else if self.is_cut(false, batch.end_ms) {
                0
            } else {
                batch.hosts
            };
        }
        met
    }
}
