//! The way back: which hosts have the new version at the stop, and when each of them is back on the old one.
//!
//! A rollback is a deployment of its own. Which zones go back is decided by [`super::Deployments`].

use super::batch::other_host_ms;
use super::completion::{completion_ms, host_draws};
use super::layout::Layout;
use crate::ids::{HostId, IdVec, ZoneId};
use crate::plan::{Plan, Strategy};
use crate::random::{Distribution, Purpose, Stream, mix, survival_of_largest};
use crate::rollout::context::Context;
use crate::rollout::place::FleetHost;
use crate::rollout::trace::RolloutEvent;
use crate::sim::budget::Owner;
use std::collections::BTreeMap;

/// Rollbacks of one rollout.
#[derive(Debug, Default)]
pub struct WayBack {
    zones: IdVec<ZoneId, ZoneWayBack>,
    touched: bool,
}

/// Rollback of one zone.
#[derive(Debug, Default)]
struct ZoneWayBack {
    /// Hosts per batch; 0 while the zone is not rolling back.
    batch: u32,
    /// Hosts `0 .. whole` completed with their batches before the stop.
    whole: u32,
    /// Other hosts that had completed, ascending: those of the interrupted batch, and all where some were
    /// left behind.
    partial: Vec<HostId>,
    /// Those of them in the interrupted batch.
    interrupted: u32,
    /// Hosts that take the change by themselves and do not go back.
    past_waves: u32,
    /// Rollback batches in order.
    batches: Vec<BatchBack>,
    /// Batch and rank of each host, where going back can fail; those that are not here stay.
    placed: Option<BTreeMap<HostId, (usize, u32)>>,
}

/// Hosts that go back together.
#[derive(Debug, Clone, Copy)]
pub struct BatchBack {
    /// When they begin.
    pub start_ms: u64,
    /// When the slowest of them is back.
    pub end_ms: u64,
    /// How many they are.
    pub hosts: u32,
    /// The slowest host's uniform.
    uniform: f64,
}

/// One host that goes back.
#[derive(Debug, Clone, Copy)]
pub struct HostBack {
    /// When its batch begins.
    pub start_ms: u64,
    /// When it is back on the old version.
    pub end_ms: u64,
    /// Which of its batch it is.
    pub rank: u32,
}

impl ZoneWayBack {
    fn clear(&mut self) {
        self.batch = 0;
        self.whole = 0;
        self.partial.clear();
        self.interrupted = 0;
        self.past_waves = 0;
        self.batches.clear();
        self.placed = None;
    }

    /// Hosts on the new version at the stop that can go back.
    fn hosts(&self) -> u32 {
        self.whole + self.partial.len() as u32
    }

    /// Position of a host in the order of going back: the order in which it came.
    fn position(&self, host: HostId) -> Option<u32> {
        if host.number() < self.whole {
            return Some(host.number());
        }
        self.partial.binary_search(&host).ok().map(|rank| self.whole + rank as u32)
    }
}

impl WayBack {
    /// Forgets everything, keeps the memory.
    pub fn reset(&mut self, zones: usize) {
        if self.touched || self.zones.len() != zones {
            self.zones.recycle(zones, ZoneWayBack::clear);
            self.touched = false;
        }
    }

    /// Settles which hosts have the new version now, at the stop.
    pub fn settle(&mut self, ctx: &Context, layout: &Layout) {
        self.touched = true;
        for zone in ctx.zones() {
            self.settle_zone(ctx, layout, zone);
        }
    }

    fn settle_zone(&mut self, ctx: &Context, layout: &Layout, zone: ZoneId) {
        let stop_ms = ctx.now_ms();
        let back = &mut self.zones[zone];
        // Where hosts were left behind or slide, those that are done are no prefix of the zone.
        let one_by_one = layout.zone(zone).left_behind > 0 || layout.zone(zone).slides;
        for (_, batch) in layout.latest_batches(zone) {
            if batch.end_ms <= stop_ms && !one_by_one {
                back.whole = batch.first + batch.hosts;
                break;
            }
            if batch.start_ms < stop_ms || batch.end_ms <= stop_ms {
                let mut draws = host_draws(ctx, zone);
                let before = back.partial.len();
                let hosts = batch.all_hosts();
                let done = hosts.filter(|host| completion_ms(ctx, batch, *host, &mut draws) <= stop_ms);
                back.partial.extend(done.map(|host| host.id));
                if batch.end_ms > stop_ms && !batch.is_drawn_out() {
                    back.interrupted += (back.partial.len() - before) as u32;
                }
            }
        }
        back.partial.sort_unstable();
        if let Some(beside) = layout.past_waves(zone) {
            back.past_waves = beside.hosts;
        }
    }

    /// Hosts that took the change by themselves by now go back with the others, and no more will take it.
    pub fn catch_past_waves(&mut self, ctx: &Context, layout: &Layout) {
        for zone in ctx.zones() {
            let Some(beside) = layout.past_waves(zone) else { continue };
            let back = &mut self.zones[zone];
            let mut draws = host_draws(ctx, zone);
            let hosts = beside.all_hosts();
            let done = hosts.filter(|host| completion_ms(ctx, beside, *host, &mut draws) <= ctx.now_ms());
            back.partial.extend(done.map(|host| host.id));
            back.past_waves = 0;
        }
    }

    /// The zone goes back, in batches of `batch` hosts.
    pub fn choose(&mut self, zone: ZoneId, batch: u32) {
        self.zones[zone].batch = batch;
    }

    /// Whether the zone goes back, with or without hosts.
    pub fn is_chosen(&self, zone: ZoneId) -> bool {
        self.zones[zone].batch > 0
    }

    /// Lays out the zone's rollback from `from_ms` on; says when it is done.
    pub fn lay_out(&mut self, ctx: &mut Context, zone: ZoneId, from_ms: u64) -> u64 {
        if ctx.plan.change.rollback_failure_probability == 0.0 {
            return self.lay_out_smoothly(ctx, zone, from_ms);
        }
        ctx.looks_at_hosts(self.hosts(zone), Owner::Change, "rollback-failure-probability");
        let until_ms = self.lay_out_tries(ctx, zone, from_ms);
        let hosts = self.stay(zone);
        if hosts > 0 {
            ctx.tell(until_ms, || RolloutEvent::HostsStay { zone: zone.number(), hosts });
        }
        until_ms
    }

    fn lay_out_smoothly(&mut self, ctx: &Context, zone: ZoneId, from_ms: u64) -> u64 {
        let time = ctx.strategy.rollback_time(&ctx.plan.change);
        let back = &mut self.zones[zone];
        let mut left = back.hosts();
        let mut draws = ctx.streams.stream(Purpose::RollbackBatch, ctx.zone(zone).entity);
        let mut at_ms = from_ms;
        while left > 0 {
            let hosts = back.batch.min(left);
            let uniform = draws.uniform();
            let end_ms = at_ms + time.by_survival(survival_of_largest(uniform, hosts));
            back.batches.push(BatchBack { start_ms: at_ms, end_ms, hosts, uniform });
            at_ms = end_ms;
            left -= hosts;
        }
        at_ms
    }

    /// The same where going back can fail: hosts on which it does are tried again when their batch is done, as a batch of their
    /// own, and stay at last. A batch lasts as long as its slowest host that goes back, or as one host if none does.
    fn lay_out_tries(&mut self, ctx: &Context, zone: ZoneId, from_ms: u64) -> u64 {
        let time = ctx.strategy.rollback_time(&ctx.plan.change);
        let probability = ctx.plan.change.rollback_failure_probability;
        let entity = ctx.zone(zone).entity;
        let of_try = |number| ctx.streams.stream(Purpose::WayBackFails, mix(&[entity, number]));
        let mut fails: Vec<Stream> =
            (0..u64::from(most_tries_back(ctx.strategy, ctx.plan))).map(of_try).collect();
        let mut draws = ctx.streams.stream(Purpose::RollbackBatch, entity);
        let back = &mut self.zones[zone];
        let hosts = (0..back.whole as usize).map(HostId::new).chain(back.partial.iter().copied());
        let hosts: Vec<FleetHost> = hosts.map(|id| FleetHost { zone, id }).collect();
        let mut placed = BTreeMap::new();
        let mut at_ms = from_ms;
        for together in hosts.chunks(back.batch as usize) {
            let mut trying = together.to_vec();
            for fails in &mut fails {
                if trying.is_empty() {
                    break;
                }
                let (failed, done): (Vec<FleetHost>, Vec<FleetHost>) =
                    trying.into_iter().partition(|host| fails.uniform_at(host.draw()) < probability);
                let (hosts, uniform) = (done.len() as u32, draws.uniform());
                let end_ms = at_ms + time.by_survival(survival_of_largest(uniform, hosts.max(1)));
                let batch = back.batches.len();
                placed.extend(done.iter().zip(0..).map(|(host, rank)| (host.id, (batch, rank))));
                back.batches.push(BatchBack { start_ms: at_ms, end_ms, hosts, uniform });
                at_ms = end_ms;
                trying = failed;
            }
        }
        back.placed = Some(placed);
        at_ms
    }

    /// Hosts of the zone that were to go back and stay.
    pub fn stay(&self, zone: ZoneId) -> u32 {
        let back = &self.zones[zone];
        back.placed.as_ref().map_or(0, |placed| back.hosts() - placed.len() as u32)
    }

    /// The zone's rollback batches in order; none if it does not go back.
    pub fn batches(&self, zone: ZoneId) -> &[BatchBack] {
        &self.zones[zone].batches
    }

    /// How the host goes back; none if it does not. Neighbours share a block of `draws`.
    pub fn host_back(&self, ctx: &Context, host: FleetHost, draws: &mut Stream) -> Option<HostBack> {
        let back = &self.zones[host.zone];
        if back.batch == 0 {
            return None;
        }
        let (batch, rank) = match &back.placed {
            Some(placed) => *placed.get(&host.id)?,
            None => {
                let position = back.position(host.id)?;
                ((position / back.batch) as usize, position % back.batch)
            }
        };
        let batch = back.batches.get(batch)?;
        let back = |end_ms| Some(HostBack { start_ms: batch.start_ms, end_ms, rank });
        let time = &ctx.strategy.rollback_time(&ctx.plan.change);
        if rank == 0 || matches!(time, Distribution::Fixed { .. }) {
            return back(batch.end_ms);
        }
        let uniform = draws.uniform_at(host.draw());
        let after_ms = other_host_ms(time, batch.uniform, batch.hosts, uniform);
        back((batch.start_ms + after_ms).min(batch.end_ms))
    }

    /// Hosts of the zone on the new version at the stop that can go back.
    pub fn hosts(&self, zone: ZoneId) -> u32 {
        self.zones[zone].hosts()
    }

    /// Hosts of the zone that take the change by themselves and do not go back.
    pub fn past_waves(&self, zone: ZoneId) -> u32 {
        self.zones[zone].past_waves
    }

    /// Hosts that go back.
    pub fn hosts_back(&self) -> u64 {
        let batches = self.zones.iter().flat_map(|zone| &zone.batches);
        batches.map(|batch| u64::from(batch.hosts)).sum()
    }

    /// Hosts that completed in a short batch which the stop interrupted.
    pub fn interrupted(&self) -> u64 {
        self.zones.iter().map(|zone| u64::from(zone.interrupted)).sum()
    }

    /// Those of them in a zone.
    pub fn interrupted_in(&self, zone: ZoneId) -> u32 {
        self.zones[zone].interrupted
    }

    /// Host-time that the rollback takes off exposure that would last until `end_ms`.
    pub fn saves_host_ms(&self, end_ms: u64) -> u64 {
        let batches = self.zones.iter().flat_map(|zone| &zone.batches);
        batches.map(|batch| u64::from(batch.hosts) * (end_ms - batch.end_ms)).sum()
    }
}

/// How often taking a host back is tried at most.
pub fn most_tries_back(strategy: &Strategy, plan: &Plan) -> u32 {
    if plan.change.rollback_failure_probability > 0.0 { 1 + strategy.retries() } else { 1 }
}

/// What the hosts of a zone draw their times from on the way back, host by host.
#[inline]
pub fn return_draws(ctx: &Context, zone: ZoneId) -> Stream {
    ctx.streams.stream(Purpose::RollbackHost, ctx.zone(zone).entity)
}
