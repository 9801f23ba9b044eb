//! Capacity: hosts out of service, the load of those that remain, and what they cannot serve.
//!
//! A host is down while it is being replaced, after a crash, or when its zone goes dark. Where the fleet has
//! a capacity its load goes to the other hosts of its region; over capacity they turn requests away. Without
//! a capacity nothing moves: whoever reaches a dark zone fails, and replacing hosts costs nothing.
//! What is out of service for the defect's sake is asked of the fault, never kept.

use crate::ids::{IdRange, IdVec, RegionId, ZoneId};
use crate::plan::{Episodes, Plan};
use crate::random::{Purpose, Stream};
use crate::rollout::context::Context;
use crate::rollout::deployment::{Deployments, NewBatches};
use crate::rollout::event::CapacityEvent;
use crate::rollout::fault::Fault;
use crate::rollout::place::DarkPlace;
use crate::rollout::trace::RolloutEvent;

/// Hosts that are down for other reasons than the defect.
#[derive(Debug, Default)]
pub struct Capacity {
    /// Hosts being replaced, by zone.
    replaced: IdVec<ZoneId, u32>,
    /// Failures under way of each zone or its region.
    dark: IdVec<ZoneId, u8>,
    /// Failures so far of each zone.
    zone_failures: IdVec<ZoneId, u32>,
    /// Failures so far of each region.
    region_failures: IdVec<RegionId, u32>,
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
        self.replaced.reset(zones, 0);
        self.dark.reset(zones, 0);
        self.zone_failures.reset(zones, 0);
        self.region_failures.reset(regions, 0);
    }

    /// More or fewer hosts of the zone are out of service.
    pub fn replace(&mut self, zone: ZoneId, hosts: i32) {
        let replaced = &mut self.replaced[zone];
        *replaced = replaced.saturating_add_signed(hosts);
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
        let out = self.replaced[zone] + crashed;
        if self.dark_hosts(ctx, zone) > 0 { hosts } else { out.min(hosts) }
    }

    /// Hosts of the region that serve nothing.
    pub fn down_in(&self, ctx: &Context, fault: &Fault, region: RegionId) -> u64 {
        if !down_hosts_matter(ctx.plan) {
            return 0;
        }
        ctx.zones_of(region).map(|zone| u64::from(self.down_hosts(ctx, fault, zone))).sum()
    }

    /// Share of the region's requests that its hosts turn away for want of capacity in this hour.
    pub fn turned_away(&self, ctx: &Context, fault: &Fault, region: RegionId, hour: usize) -> f64 {
        ctx.model.turned_away(region, hour, self.down_in(ctx, fault, region))
    }
}

/// The zones of a place.
pub fn zones_of_place(ctx: &Context, place: DarkPlace) -> IdRange<ZoneId> {
    match place {
        DarkPlace::Zone(zone) => IdRange::one(zone),
        DarkPlace::Region(region) => ctx.zones_of(region),
    }
}

/// Schedules that the hosts of new batches are out of service while each lasts.
#[inline]
pub fn announce_replacement(ctx: &mut Context, deployments: &Deployments, new: &NewBatches) {
    if !replacement_matters(ctx.plan) {
        return;
    }
    for batch in new.ids() {
        let placed = deployments.batch(batch);
        if placed.end_ms > placed.start_ms {
            ctx.schedule(placed.start_ms, CapacityEvent::BatchBegins { batch });
            ctx.schedule(placed.end_ms, CapacityEvent::BatchEnds { batch });
        }
    }
}

/// Schedules the same of hosts that go back, which nothing interrupts.
pub fn announce_rollback(ctx: &mut Context, deployments: &Deployments, zone: ZoneId) {
    if !replacement_matters(ctx.plan) {
        return;
    }
    for batch in deployments.batches_back(zone).iter().filter(|batch| batch.end_ms > batch.start_ms) {
        let hosts = batch.hosts;
        ctx.schedule(batch.start_ms, CapacityEvent::RollbackBegins { zone, hosts });
        ctx.schedule(batch.end_ms, CapacityEvent::RollbackEnds { zone, hosts });
    }
}
