//! When hosts arrive, when they leave, and when requests are switched to them and away: the steps of a rollout that routes
//! traffic apart from hosts. Where requests go is kept in `routing`.

use super::Deployments;
use super::batch::Batch;
use super::completion::{completion_ms, host_draws};
use super::facts::{NewBatches, RouteChange};
use crate::ids::ZoneId;
use crate::plan::Ratio;
use crate::random::Purpose;
use crate::rollout::context::Context;
use crate::rollout::event::RoutingEvent;
use crate::rollout::trace::RolloutEvent;

impl Deployments {
    // What will happen.

    /// Schedules when the hosts of new batches arrive, for who counts them.
    #[inline]
    pub fn announce_arrivals(&self, ctx: &mut Context, new: &NewBatches) {
        if ctx.counts_new_hosts() {
            new.ids().for_each(|batch| announce_batch(ctx, self.batch(batch)));
        }
    }

    /// Schedules when the hosts of a zone that goes back leave the new version.
    pub fn announce_departures(&self, ctx: &mut Context, zone: ZoneId) {
        if !ctx.counts_new_hosts() {
            return;
        }
        for batch in self.batches_back(zone).iter().filter(|batch| batch.hosts > 0) {
            let hosts = -(batch.hosts as i32);
            ctx.schedule(batch.end_ms, RoutingEvent::HostsMove { zone, hosts, past_waves: false });
        }
    }

    /// A zone's deployment begins: until its wave switches requests, its first hosts get none.
    pub(super) fn withhold_requests(&mut self, ctx: &mut Context, zone: ZoneId) {
        if !ctx.routed {
            return;
        }
        self.routing.keep(zone, self.surge(ctx, zone));
        if self.layout.zone(zone).done == 0 && ctx.wave(self.waves.id()).routed_share().is_some() {
            ctx.schedule(ctx.now_ms(), RoutingEvent::Withholds { zone });
        }
    }

    /// The zone's hosts of this wave are done at `at_ms`: then requests are switched.
    pub(super) fn schedule_switch(&self, ctx: &mut Context, zone: ZoneId, at_ms: u64) {
        if self.switches(ctx, zone) {
            ctx.schedule(at_ms, RoutingEvent::Switches { zone, wave: self.waves.id() });
        }
    }

    /// Whether the present wave sends the zone's hosts another share of requests than they have.
    pub(super) fn switches(&self, ctx: &Context, zone: ZoneId) -> bool {
        let wave = ctx.wave(self.waves.id());
        ctx.routed
            && (self.routing.weight(zone) != wave.routed_share().map(Ratio::as_f64)
                || wave.routed_share().is_some() && self.routing.is_sticky(zone) != wave.users.is_some())
    }

    /// A zone goes back: requests first, if hosts on the old version are left for them. Says when its hosts follow.
    pub(super) fn switch_back(&self, ctx: &mut Context, zone: ZoneId) -> u64 {
        let now_ms = ctx.now_ms();
        let is_routed = ctx.routed && self.routing.weight(zone).is_some() && self.completed_ms.is_none();
        if !is_routed || self.goes_back_to_itself(ctx) || self.old_hosts(ctx, zone) == 0 {
            return now_ms;
        }
        let time_ms = ctx.strategy.rollback.switch_time.map_or(0, |time| {
            time.by_cdf(ctx.streams.stream(Purpose::Switch, ctx.zone(zone).entity).uniform())
        });
        ctx.schedule(now_ms + time_ms, RoutingEvent::SwitchesBack { zone });
        now_ms + time_ms
    }

    /// The zone is back at `until_ms`: nobody is left to route requests to.
    pub(super) fn schedule_restored(&self, ctx: &mut Context, zone: ZoneId, until_ms: u64) {
        if ctx.routed && self.routing.weight(zone).is_some() {
            ctx.schedule(until_ms, RoutingEvent::Restored { zone });
        }
    }

    // What happens.

    /// Hosts arrive or leave, or requests are switched; none if a stop came before.
    #[must_use = "fault and account have to hear"]
    pub fn route(&mut self, ctx: &mut Context, event: RoutingEvent) -> Option<RouteChange> {
        let stopped = self.stops.waves_ms.is_some();
        let zone = match event {
            RoutingEvent::HostsMove { zone, hosts, past_waves } => {
                if hosts > 0 && self.is_cut(past_waves, ctx.now_ms()) {
                    return None;
                }
                self.routing.count(zone, hosts);
                zone
            }
            RoutingEvent::Switches { .. } | RoutingEvent::Withholds { .. } if stopped => return None,
            RoutingEvent::Withholds { zone } => {
                self.routing.switch(zone, Some(0.0), false);
                zone
            }
            RoutingEvent::Switches { zone, wave } => {
                let wave = ctx.wave(wave);
                let sticky = wave.users.is_some();
                self.switch(ctx, zone, (wave.routed_share().map(Ratio::as_f64), sticky));
                zone
            }
            RoutingEvent::SwitchesBack { zone } => {
                self.switch(ctx, zone, (Some(0.0), false));
                zone
            }
            RoutingEvent::Restored { zone } => {
                self.routing.restore(zone);
                zone
            }
        };
        Some(RouteChange { zone })
    }

    fn switch(&mut self, ctx: &mut Context, zone: ZoneId, (weight, sticky): (Option<f64>, bool)) {
        self.routing.switch(zone, weight, sticky);
        // Hosts that arrive in this very instant are yet to be counted.
        let share = weight.unwrap_or_else(|| self.traffic_share(ctx, zone));
        let share_ppm = libm::round(share * 1e6) as u32;
        ctx.tell(ctx.now_ms(), || RolloutEvent::TrafficSwitched { zone: zone.number(), share_ppm });
    }

    // What others ask.

    /// Hosts of the zone on the new version now; only where they are counted.
    #[inline]
    pub fn new_hosts(&self, zone: ZoneId) -> u32 {
        self.routing.new_hosts(zone)
    }

    /// Hosts of the zone on the old version that are kept now, as far as a surge allows that; only where they are counted.
    pub fn old_hosts(&self, ctx: &Context, zone: ZoneId) -> u32 {
        self.old_hosts_beside(ctx, zone, 0)
    }

    /// The same while so many new ones are coming beside them.
    pub fn old_hosts_beside(&self, ctx: &Context, zone: ZoneId, coming: u32) -> u32 {
        self.routing.old_hosts(zone, ctx.zone(zone).hosts, coming)
    }

    /// Share of the zone's users who are sent to its hosts on the new version, with some of their requests or with all; only where
    /// requests are routed, else all of them.
    pub fn users_share(&self, ctx: &Context, zone: ZoneId) -> f64 {
        if ctx.routed { self.routing.users_share(zone) } else { 1.0 }
    }

    /// Whether the zone's requests are routed whatever hosts it has.
    #[inline]
    pub fn is_routed(&self, zone: ZoneId) -> bool {
        self.routing.weight(zone).is_some()
    }

    /// How much of the zone's requests its hosts on the new version are sent now, 0 to 1; only where these are counted.
    pub fn traffic_share(&self, ctx: &Context, zone: ZoneId) -> f64 {
        match self.routing.weight(zone) {
            None => f64::from(self.new_hosts(zone)) / f64::from(ctx.zone(zone).hosts),
            Some(_) if self.new_hosts(zone) == 0 => 0.0,
            Some(weight) => weight,
        }
    }

    /// Requests that each of the zone's hosts on the new version is sent, relative to those of a host where all are sent as
    /// many; only where they are counted.
    pub fn load(&self, ctx: &Context, zone: ZoneId) -> f64 {
        match self.routing.weight(zone) {
            None => 1.0,
            Some(_) if self.new_hosts(zone) == 0 => 0.0,
            Some(weight) => weight * f64::from(ctx.zone(zone).hosts) / f64::from(self.new_hosts(zone)),
        }
    }
}

/// Schedules when each host of a batch gets the new version.
fn announce_batch(ctx: &mut Context, batch: &Batch) {
    let (zone, past_waves) = (batch.zone, batch.past_waves);
    let mut draws = host_draws(ctx, zone);
    if let Some(last) = batch.all_hosts().last()
        && completion_ms(ctx, batch, last, &mut draws) == batch.end_ms
    {
        let hosts = batch.hosts as i32;
        ctx.schedule(batch.end_ms, RoutingEvent::HostsMove { zone, hosts, past_waves });
        return;
    }
    for host in batch.all_hosts() {
        let at_ms = completion_ms(ctx, batch, host, &mut draws);
        ctx.schedule(at_ms, RoutingEvent::HostsMove { zone, hosts: 1, past_waves });
    }
}
