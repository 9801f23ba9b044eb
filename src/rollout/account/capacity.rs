//! Capacity: hosts out of service, the load of those that remain, and what they cannot serve.
//!
//! A host is down while it is being replaced, after a crash, or when its zone goes dark. Where the fleet has
//! a capacity its load goes to the other hosts of its region; over capacity they turn requests away. Without
//! a capacity nothing moves: whoever reaches a dark zone fails, and replacing hosts costs nothing.
//! What is out of service for the defect's sake is asked of the fault, never kept.

use crate::ids::{BatchId, HostId, IdRange, IdVec, RegionId, ZoneId};
use crate::plan::{Episodes, Plan};
use crate::random::{Distribution, Purpose, Stream};
use crate::rollout::context::Context;
use crate::rollout::deployment::{Deployments, NewBatches, completion_ms, host_draws, return_draws};
use crate::rollout::event::CapacityEvent;
use crate::rollout::fault::Fault;
use crate::rollout::model::{Pools, Serving};
use crate::rollout::place::{DarkPlace, FleetHost};
use crate::rollout::trace::RolloutEvent;
use crate::sim::budget::Owner;

/// Hosts that are down for other reasons than the defect.
#[derive(Debug, Default)]
pub struct Capacity {
    /// Hosts on their way, by zone.
    moving: IdVec<ZoneId, Moving>,
    /// Failures under way of each zone or its region.
    dark: IdVec<ZoneId, u8>,
    /// Failures so far of each zone.
    zone_failures: IdVec<ZoneId, u32>,
    /// Failures so far of each region.
    region_failures: IdVec<RegionId, u32>,
}

/// Hosts of a zone that are on their way.
#[derive(Debug, Clone, Copy, Default)]
struct Moving {
    /// Out of service, on their way to the new version.
    leaving: u32,
    /// On their way there beside others.
    beside: u32,
    /// Out of service, on their way back.
    returning: u32,
}

/// Whether hosts that are down matter in this plan.
#[inline]
pub fn down_hosts_matter(plan: &Plan) -> bool {
    replacement_matters(plan) || has_background_failures(plan)
}

/// Whether hosts that are being replaced matter.
#[inline]
pub fn replacement_matters(plan: &Plan) -> bool {
    plan.fleet.peak_utilisation.is_some()
}

fn has_background_failures(plan: &Plan) -> bool {
    let background = &plan.fleet.background;
    background.zone_failures.is_some() || background.region_failures.is_some()
}

impl Capacity {
    /// Everything is in service; keeps the memory.
    pub fn reset(&mut self, zones: usize, regions: usize) {
        self.moving.reset(zones, Moving::default());
        self.dark.reset(zones, 0);
        self.zone_failures.reset(zones, 0);
        self.region_failures.reset(regions, 0);
    }

    /// More or fewer hosts of the zone are out of service on their way to the new version, and beside others.
    pub fn replace(&mut self, zone: ZoneId, hosts: i32, beside: i32) {
        let moving = &mut self.moving[zone];
        moving.leaving = moving.leaving.saturating_add_signed(hosts);
        moving.beside = moving.beside.saturating_add_signed(beside);
    }

    /// More or fewer hosts of the zone are out of service on their way back.
    pub fn take_back(&mut self, zone: ZoneId, hosts: i32) {
        let returning = &mut self.moving[zone].returning;
        *returning = returning.saturating_add_signed(hosts);
    }

    /// Schedules the first failure of every zone and region.
    pub fn schedule_background(&self, ctx: &mut Context) {
        if !has_background_failures(ctx.plan) {
            return;
        }
        for zone in ctx.zones() {
            self.schedule_failure(ctx, DarkPlace::Zone(zone));
        }
        for region in (0..ctx.plan.fleet.regions.len()).map(RegionId::new) {
            self.schedule_failure(ctx, DarkPlace::Region(region));
        }
    }

    /// How often a place goes dark, and the draws that say when its next failure comes and how long it lasts.
    fn failure(&self, ctx: &Context, place: DarkPlace) -> Option<(Episodes, Stream)> {
        let background = &ctx.plan.fleet.background;
        let (episodes, entity, so_far) = match place {
            DarkPlace::Zone(zone) => {
                (background.zone_failures?, ctx.zone(zone).entity, self.zone_failures[zone])
            }
            DarkPlace::Region(region) => {
                (background.region_failures?, ctx.region(region).entity, self.region_failures[region])
            }
        };
        let mut draws = ctx.streams.stream(Purpose::Background, entity);
        draws.seek(2 * u64::from(so_far));
        Some((episodes, draws))
    }

    fn schedule_failure(&self, ctx: &mut Context, place: DarkPlace) {
        if let Some((episodes, mut draws)) = self.failure(ctx, place) {
            let at_ms = ctx.now_ms() + episodes.every.by_cdf(draws.uniform()).max(1);
            ctx.schedule(at_ms, CapacityEvent::GoesDark { place });
        }
    }

    /// A zone or a region is dark from now on, and for how long is settled.
    pub fn tell_dark(&self, ctx: &mut Context, place: DarkPlace) {
        ctx.tell(ctx.now_ms(), || RolloutEvent::WentDark { place });
    }

    /// Schedules when a place that is dark now will be back.
    pub fn schedule_back(&self, ctx: &mut Context, place: DarkPlace) {
        if let Some((episodes, mut draws)) = self.failure(ctx, place) {
            draws.uniform();
            let end_ms = ctx.now_ms() + episodes.lasts.by_cdf(draws.uniform()).max(1);
            ctx.schedule(end_ms, CapacityEvent::IsBack { place });
        }
    }

    /// A place is back, and the next failure will come.
    pub fn schedule_next_failure(&mut self, ctx: &mut Context, place: DarkPlace) {
        match place {
            DarkPlace::Zone(zone) => self.zone_failures[zone] += 1,
            DarkPlace::Region(region) => self.region_failures[region] += 1,
        }
        self.schedule_failure(ctx, place);
    }

    /// A failure that covers the zone begins, or ends.
    pub fn set_dark(&mut self, zone: ZoneId, dark: bool) {
        let count = &mut self.dark[zone];
        *count = if dark { *count + 1 } else { *count - 1 };
    }

    /// Hosts of these zones that are dark.
    pub fn dark_in(&self, ctx: &Context, zones: IdRange<ZoneId>) -> u64 {
        zones.map(|zone| u64::from(self.dark_hosts(ctx, zone))).sum()
    }

    /// Whether the zone is dark.
    pub fn is_dark(&self, zone: ZoneId) -> bool {
        self.dark[zone] > 0
    }

    fn dark_hosts(&self, ctx: &Context, zone: ZoneId) -> u32 {
        if self.dark[zone] > 0 { ctx.zone(zone).hosts } else { 0 }
    }

    /// Hosts of the zone that serve nothing.
    fn down_hosts(&self, ctx: &Context, fault: &Fault, zone: ZoneId) -> u32 {
        let hosts = ctx.zone(zone).hosts;
        let crashed = if ctx.crashes() { fault.impaired_in_zone(zone) } else { 0 };
        let out = self.moving[zone].leaving + self.moving[zone].returning + crashed;
        if self.dark_hosts(ctx, zone) > 0 { hosts } else { out.min(hosts) }
    }

    /// How the region's hosts serve.
    pub fn serving_in(
        &self,
        ctx: &Context,
        deployments: &Deployments,
        fault: &Fault,
        region: RegionId,
    ) -> Serving {
        if !down_hosts_matter(ctx.plan) {
            return Serving::default();
        }
        let zones = || ctx.zones_of(region);
        let down = zones().map(|zone| u64::from(self.down_hosts(ctx, fault, zone))).sum();
        let is_routed =
            ctx.routed && replacement_matters(ctx.plan) && zones().any(|zone| deployments.is_routed(zone));
        Serving { down, pools: is_routed.then(|| self.pools_in(ctx, deployments, fault, region)) }
    }

    /// The hosts of a region that requests are routed to: in a zone in which none are, all share them.
    fn pools_in(&self, ctx: &Context, deployments: &Deployments, fault: &Fault, region: RegionId) -> Pools {
        let mut pools = Pools::default();
        for zone in ctx.zones_of(region) {
            let [new_up, old_up] = self.up_in(ctx, deployments, fault, zone);
            let share = match new_up + old_up {
                up if up > 0 && !deployments.is_routed(zone) => f64::from(new_up) / f64::from(up),
                _ => deployments.traffic_share(ctx, zone),
            };
            pools.new_share += share * f64::from(ctx.zone(zone).hosts);
            pools.new_up += u64::from(new_up);
            pools.old_up += u64::from(old_up);
        }
        pools.new_share /= ctx.model.region_hosts[region] as f64;
        pools
    }

    /// Hosts of the zone that serve, on the new version and on the old one. A surge keeps old ones beside the new.
    fn up_in(&self, ctx: &Context, deployments: &Deployments, fault: &Fault, zone: ZoneId) -> [u32; 2] {
        if self.dark_hosts(ctx, zone) > 0 {
            return [0; 2];
        }
        let Moving { leaving, beside, returning } = self.moving[zone];
        let new = deployments.new_hosts(zone);
        let old = match deployments.is_routed(zone) {
            true => deployments.old_hosts_beside(ctx, zone, beside),
            // Where requests follow the hosts, as many go as come.
            false => ctx.zone(zone).hosts.saturating_sub(new),
        };
        let old = old.saturating_sub(leaving);
        let crashed = if ctx.crashes() { fault.impaired_in_zone(zone) } else { 0 };
        [new.saturating_sub(returning + crashed), old]
    }

    /// Share of the region's requests that its hosts turn away for want of capacity in this hour.
    pub fn turned_away(
        &self,
        ctx: &Context,
        deployments: &Deployments,
        fault: &Fault,
        region: RegionId,
        hour: usize,
    ) -> f64 {
        ctx.model.turned_away(region, hour, self.serving_in(ctx, deployments, fault, region))
    }
}

/// The zones of a place.
pub fn zones_of_place(ctx: &Context, place: DarkPlace) -> IdRange<ZoneId> {
    match place {
        DarkPlace::Zone(zone) => IdRange::one(zone),
        DarkPlace::Region(region) => ctx.zones_of(region),
    }
}

/// When a host leaves service whose move begins at `start_ms` and is over at `end_ms`: at its beginning, unless the change
/// takes less of it.
pub fn leaves_ms(ctx: &Context, start_ms: u64, end_ms: u64) -> u64 {
    let downtime_ms = ctx.strategy.downtime_ms(&ctx.plan.change);
    downtime_ms.map_or(start_ms, |downtime_ms| end_ms.saturating_sub(downtime_ms).max(start_ms))
}

/// Whether hosts leave service one by one, each for the last part of its own move.
fn leaves_by_itself(ctx: &Context, time: Distribution) -> bool {
    ctx.strategy.downtime_ms(&ctx.plan.change).is_some() && !matches!(time, Distribution::Fixed { .. })
}

/// Schedules that the hosts of new batches are out of service while each lasts, or as long as the change takes them out.
#[inline]
pub fn announce_replacement(ctx: &mut Context, deployments: &Deployments, new: &NewBatches) {
    if replacement_matters(ctx.plan) {
        new.ids().for_each(|batch| announce_batch(ctx, deployments, batch));
    }
}

fn announce_batch(ctx: &mut Context, deployments: &Deployments, batch: BatchId) {
    let placed = *deployments.batch(batch);
    let announce = |ctx: &mut Context, hosts, end_ms| {
        let start_ms = leaves_ms(ctx, placed.start_ms, end_ms);
        let is_missed = hosts > 0 || (ctx.routed && placed.surge > 0);
        if is_missed && end_ms > start_ms {
            ctx.schedule(start_ms, CapacityEvent::BatchBegins { batch, hosts });
            ctx.schedule(end_ms, CapacityEvent::BatchEnds { batch, hosts });
        }
    };
    let time =
        ctx.strategy.bypass.filter(|_| placed.past_waves).map_or(ctx.deploy.host, |bypass| bypass.time);
    if !leaves_by_itself(ctx, time) {
        return announce(ctx, placed.hosts - placed.surge, placed.end_ms);
    }
    if ctx.strategy.downtime_ms(&ctx.plan.change) == Some(0) {
        return;
    }
    ctx.looks_at_hosts(placed.hosts, Owner::Strategy, "downtime");
    let mut draws = host_draws(ctx, placed.zone);
    for host in placed.all_hosts().skip(placed.surge as usize) {
        let end_ms = completion_ms(ctx, &placed, host, &mut draws);
        announce(ctx, 1, end_ms);
    }
}

/// Schedules the same of hosts that go back, which nothing interrupts.
pub fn announce_rollback(ctx: &mut Context, deployments: &Deployments, zone: ZoneId) {
    if !replacement_matters(ctx.plan) {
        return;
    }
    let surge = deployments.surge(ctx, zone);
    let announce = |ctx: &mut Context, hosts, start_ms, end_ms| {
        let start_ms = leaves_ms(ctx, start_ms, end_ms);
        if hosts > 0 && end_ms > start_ms {
            ctx.schedule(start_ms, CapacityEvent::RollbackBegins { zone, hosts });
            ctx.schedule(end_ms, CapacityEvent::RollbackEnds { zone, hosts });
        }
    };
    if !leaves_by_itself(ctx, ctx.strategy.rollback_time(&ctx.plan.change)) {
        for batch in deployments.batches_back(zone) {
            announce(ctx, batch.hosts.saturating_sub(surge), batch.start_ms, batch.end_ms);
        }
        return;
    }
    let hosts = ctx.zone(zone).hosts;
    ctx.looks_at_hosts(hosts, Owner::Strategy, "downtime");
    let mut draws = return_draws(ctx, zone);
    for id in (0..hosts as usize).map(HostId::new) {
        let back = deployments.host_back(ctx, FleetHost { zone, id }, &mut draws);
        if let Some(back) = back.filter(|back| back.rank >= surge) {
            announce(ctx, 1, back.start_ms, back.end_ms);
        }
    }
}
