//! Hosts on the new version as they come and go, for whoever counts them: when they are announced, what a stop cuts off, and what
//! they serve. Nobody pays for it who does not ask.

use super::{Deployments, NewBatches, presence};
use crate::ids::ZoneId;
use crate::rollout::context::Context;

impl Deployments {
    /// Schedules when the hosts of new batches have the new version, for whoever counts them.
    pub fn announce_arrivals(&self, ctx: &mut Context, new: &NewBatches) {
        new.ids().for_each(|batch| presence::announce_arrivals(ctx, self.layout.batch(batch)));
    }

    /// Schedules when the hosts of a zone that goes back leave it, for whoever counts them.
    pub fn announce_departures(&self, ctx: &mut Context, zone: ZoneId) {
        self.way_back.batches(zone).iter().for_each(|batch| presence::announce_departure(ctx, zone, *batch));
    }

    /// Hosts of the zone get the new version, in a wave or past the waves, or leave it if they are negative. Says whether
    /// they do: those that a stop came before do not.
    #[must_use = "who counts hosts is to be told"]
    pub fn hosts_move(&mut self, ctx: &Context, zone: ZoneId, (hosts, past_waves): (i32, bool)) -> bool {
        let is_cut = hosts > 0 && self.is_cut(past_waves, ctx.now_ms());
        if !is_cut {
            self.presence.count(zone, hosts);
        }
        !is_cut
    }

    /// Hosts of the zone on the new version now, where hosts are counted.
    #[inline]
    pub fn new_hosts(&self, zone: ZoneId) -> u32 {
        self.presence.hosts(zone)
    }

    /// Share of the zone's requests that its hosts on the new version serve now, where hosts are counted.
    pub fn traffic_share(&self, ctx: &Context, zone: ZoneId) -> f64 {
        f64::from(self.new_hosts(zone)) / f64::from(ctx.zone(zone).hosts)
    }
}
