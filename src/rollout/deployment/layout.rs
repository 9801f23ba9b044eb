//! Which hosts get the new version and when, zone by zone and batch by batch, if nothing stops it.
//!
//! A zone's deployment needs no event of its own between its start and its end: all its batches are
//! laid out when it starts, and a stop cuts the layout short.

use super::batch::{Batch, by_end};
use super::failing::{FailedHosts, FailingHosts, Try, most_tries};
use super::holdups;
use super::lag::{Lag, Stragglers};
use super::progress::stalls_ms;
use super::slots::{OneSlot, SlotQueue, Slots};
use crate::ids::{BatchId, IdVec, WaveId, ZoneId};
use crate::plan::{Batching, Bypass, Procedure};
use crate::random::{Purpose, Stream, survival_of_largest};
use crate::rollout::context::Context;
use crate::rollout::event::DeploymentEvent;
use crate::rollout::model::BatchTime;
use crate::rollout::place::{FleetHost, WatchedScope};
use crate::rollout::trace::RolloutEvent;
use crate::rollout::zone_streams::ZoneStreams;
use crate::sim::budget::{self, Cause, OverBudget, Owner};

/// The layout of all zones.
#[derive(Debug, Default)]
pub struct Layout {
    zones: IdVec<ZoneId, ZoneState>,
    batches: IdVec<BatchId, Batch>,
    /// The uniforms of their slowest hosts.
    draws: ZoneStreams,
    /// Some batch is drawn out.
    drawn_out: bool,
    /// Hosts on which the deployment fails.
    failed: FailedHosts,
}

/// Deployment state of one zone.
#[derive(Debug, Clone, Copy, Default)]
pub struct ZoneState {
    /// Hosts on the new version once the batches made so far are done.
    pub done: u32,
    /// Latest batch made.
    pub last_batch: Option<BatchId>,
    /// Batches made so far.
    pub batches: u32,
    /// Hosts of the one-box stage; 0 without one.
    pub one_box: u32,
    /// Bake time on the path that led to the end of the zone's deployment.
    pub path_bake_ms: u64,
    /// Batch beside the waves.
    pub bypass: Option<BatchId>,
    /// Hosts that never take the change.
    pub left_behind: u32,
    /// Batches may be done before earlier ones.
    pub slides: bool,
    /// Bake time between the batches that led to the end of the latest stage.
    pub stage_bake_ms: u64,
}

/// Batches of a zone that follow each other.
#[derive(Debug, Clone, Copy)]
pub struct ZoneStage {
    /// Hosts per batch.
    pub size: u32,
    /// Hosts on the new version once the last batch is done.
    pub target: u32,
    /// Hosts of a batch for which none leaves service.
    pub surge: u32,
    /// When the next ones start.
    pub batching: Batching,
    /// Wait after each batch but the last.
    pub bake_ms: u64,
    /// It is the one-box stage.
    pub one_box: bool,
}

impl Layout {
    /// Forgets everything, keeps the memory.
    pub fn reset(&mut self, zones: usize) {
        self.zones.reset(zones, ZoneState::default());
        self.batches.clear();
        self.drawn_out = false;
        self.draws.reset(zones);
        self.failed.reset();
    }

    /// The state of a zone.
    #[inline]
    pub fn zone(&self, zone: ZoneId) -> &ZoneState {
        &self.zones[zone]
    }

    /// The same, to be changed.
    #[inline]
    pub fn zone_mut(&mut self, zone: ZoneId) -> &mut ZoneState {
        &mut self.zones[zone]
    }

    /// Hosts that never take the change.
    pub fn left_behind(&self) -> u64 {
        self.zones.iter().map(|zone| u64::from(zone.left_behind)).sum()
    }

    /// A batch.
    #[inline]
    pub fn batch(&self, batch: BatchId) -> &Batch {
        &self.batches[batch]
    }

    /// All batches, in the order in which they were laid out.
    pub fn batches(&self) -> &[Batch] {
        &self.batches
    }

    /// The zone's batches of waves with their ids, the latest first.
    pub fn latest_batches(&self, zone: ZoneId) -> impl Iterator<Item = (BatchId, &Batch)> {
        let batch = |id: BatchId| (id, &self.batches[id]);
        let last = self.zones[zone].last_batch.map(batch);
        std::iter::successors(last, move |(_, later)| later.previous.map(batch))
    }

    /// The batch of the zone's hosts that take the change by themselves.
    pub fn past_waves(&self, zone: ZoneId) -> Option<&Batch> {
        self.zones[zone].bypass.map(|batch| &self.batches[batch])
    }

    /// Lays out the hosts of a stage, batch after batch or host after host, until the zone has its target; says when the
    /// last is done.
    pub fn add_stage(&mut self, ctx: &mut Context, zone: ZoneId, stage: ZoneStage, start_ms: u64) -> u64 {
        let hosts = stage.target.saturating_sub(self.zones[zone].done);
        // Where all hosts take the same time both are the same, and batches are fewer.
        let alike = ctx.deploy.is_fixed() && ctx.plan.change.goes_smoothly();
        let slides = stage.batching == Batching::Sliding && !alike && stage.size < hosts;
        let size = if slides { 1 } else { stage.size };
        self.can_take(u64::from(hosts.div_ceil(size)) * u64::from(most_tries(ctx.strategy, ctx.plan)));
        self.zones[zone].slides |= slides;
        let first = self.batches.len();
        let batches = ZoneStage { size, ..stage };
        let end_ms = if slides {
            self.add_batches(ctx, zone, batches, (start_ms, SlotQueue::new(start_ms, stage.size)))
        } else {
            self.add_batches(ctx, zone, batches, (start_ms, OneSlot::new(start_ms)))
        };
        if ctx.is_told() {
            self.tell_batches(ctx, zone, first, stage.one_box);
        }
        if let Some(deadline_ms) = ctx.strategy.progress_deadline_ms
            && let Some(at_ms) = stalls_ms(ctx, &(*self.batches)[first..], start_ms, deadline_ms)
        {
            ctx.schedule(at_ms, DeploymentEvent::NoProgress { zone });
        }
        end_ms
    }

    /// Lays out the batches of a stage that have sizes of their own; says when what is left of it may begin, or when the
    /// last of them is done if nothing is.
    pub fn add_first_batches(
        &mut self,
        ctx: &mut Context,
        zone: ZoneId,
        stage: ZoneStage,
        from_ms: u64,
        procedure: &Procedure,
    ) -> u64 {
        let mut at_ms = from_ms;
        if procedure.first_batches.is_empty() {
            return at_ms;
        }
        let done = self.zones[zone].done;
        for (size, target) in procedure.first_batches_of(ctx.zone(zone).hosts, done, stage.target) {
            let batch = ZoneStage { size, target, batching: Batching::Barrier, ..stage };
            at_ms = self.add_stage(ctx, zone, batch, at_ms);
            if target < stage.target && stage.bake_ms > 0 {
                let bake_ms = holdups::bake_ms(ctx, at_ms, stage.bake_ms);
                self.zones[zone].path_bake_ms += bake_ms;
                at_ms += bake_ms;
            }
        }
        at_ms
    }

    /// Batches of the stage's size, the last one perhaps smaller, each as soon as a slot is free. Says when the last is done,
    /// `start_ms` if there is none.
    fn add_batches(
        &mut self,
        ctx: &mut Context,
        zone: ZoneId,
        stage: ZoneStage,
        (start_ms, mut slots): (u64, impl Slots),
    ) -> u64 {
        // A fixed time needs no draw.
        let draws = (!ctx.deploy.is_fixed())
            .then(|| self.draws.of(&ctx.streams, Purpose::DeployBatch, &ctx.plan.fleet.zones, zone));
        let mut mishaps = (!ctx.plan.change.goes_smoothly()).then(|| Mishaps::of(ctx, zone));
        let state = &mut self.zones[zone];
        let mut laying =
            Laying { zone, time: ctx.deploy, draws, batches: &mut self.batches, counted_hosts: 0 };
        let mut last_ms = start_ms;
        while state.done < stage.target {
            let hosts = stage.size.min(stage.target - state.done);
            let slot = slots.take();
            // The first hosts of all slots together are those beside the others.
            let surge = stage.surge.saturating_sub(slot.number * stage.size);
            let begins = Begins { at_ms: slot.free_ms, surge };
            let at_ms = match &mut mishaps {
                None => laying.lay(state, Try { hosts, fails: 0 }, begins, Lag::NONE),
                Some(mishaps) => {
                    let (at_ms, in_all) = laying.lay_amid(mishaps, state, hosts, begins);
                    self.failed.expect(ctx, zone, in_all, at_ms);
                    at_ms
                }
            };
            if at_ms >= last_ms {
                (last_ms, state.stage_bake_ms) = (at_ms, slot.baked_ms);
            }
            let bake_ms = if stage.bake_ms > 0 { holdups::bake_ms(ctx, at_ms, stage.bake_ms) } else { 0 };
            slots.give_back(slot.after(at_ms, bake_ms));
        }
        let counted_hosts = laying.counted_hosts;
        self.drawn_out |= counted_hosts > 0;
        ctx.looks_at_hosts(counted_hosts, Owner::Strategy, "batch");
        last_ms
    }

    /// Hosts of a batch failed now: where there are more of them than the strategy allows.
    pub fn count_failed(&mut self, ctx: &Context, wave: WaveId, batch: u32) -> Option<WatchedScope> {
        self.failed.count(ctx, wave, batch)
    }

    /// Gives the rollout up if it would have too many batches, before the memory for these is taken.
    fn can_take(&self, batches: u64) {
        if self.batches.len() as u64 + batches > budget::BATCHES {
            let cause = Cause { owner: Owner::Strategy, what: "of few hosts each", key: "batch" };
            budget::give_up(OverBudget { limit: budget::BATCHES, of: "batches", cause });
        }
    }

    /// Tells of the zone's batches from number `first` on.
    fn tell_batches(&self, ctx: &mut Context, zone: ZoneId, first: usize, one_box: bool) {
        let batches = &(*self.batches)[first..];
        let made: u32 = batches.iter().map(|batch| batch.hosts).sum();
        let state = &self.zones[zone];
        let mut hosts_done = state.done - state.left_behind - made;
        let zone = zone.number();
        for batch in by_end(batches) {
            let hosts = batch.hosts + batch.behind + batch.fails;
            hosts_done += batch.hosts;
            ctx.tell(batch.start_ms, || RolloutEvent::BatchStarted { zone, hosts, one_box });
            ctx.tell(batch.end_ms, || RolloutEvent::BatchDone { zone, hosts_done, one_box });
            if batch.fails > 0 {
                ctx.tell(batch.end_ms, || RolloutEvent::HostsFailed { zone, hosts: batch.fails });
            }
        }
    }

    /// Hosts of the zone begin to take the change by themselves.
    pub fn add_past_waves(&mut self, ctx: &mut Context, zone: ZoneId, bypass: Bypass) -> BatchId {
        let place = ctx.zone(zone);
        let hosts = bypass.hosts.of(place.hosts);
        let uniform = ctx.streams.stream(Purpose::Bypass, place.entity).uniform();
        let end_ms = bypass.time.by_survival(survival_of_largest(uniform, hosts));
        let batch = self.batches.push(Batch {
            zone,
            first: place.hosts - hosts,
            hosts,
            behind: 0,
            fails: 0,
            surge: 0,
            start_ms: 0,
            end_ms,
            uniform,
            previous: None,
            past_waves: true,
        });
        ctx.looks_at_hosts(hosts, Owner::Strategy, "bypass");
        self.zones[zone].bypass = Some(batch);
        self.drawn_out = true;
        ctx.tell(end_ms, || RolloutEvent::PastWaves { zone: zone.number(), hosts });
        batch
    }

    /// Whether the hosts of some batch are counted one by one.
    pub fn is_drawn_out(&self) -> bool {
        self.drawn_out
    }

    /// When the last host that takes the change by itself has it; 0 if there is none.
    pub fn past_waves_done_ms(&self) -> u64 {
        self.batches().iter().filter(|batch| batch.past_waves).map(|batch| batch.end_ms).max().unwrap_or(0)
    }

    /// The batch that holds the host; none if it is not laid out.
    pub fn batch_of(&self, host: FleetHost) -> Option<&Batch> {
        let beside = self.past_waves(host.zone).filter(|batch| batch.holds(host));
        beside.or_else(|| {
            self.latest_batches(host.zone).map(|(_, batch)| batch).find(|batch| batch.holds(host))
        })
    }
}

/// What may keep hosts of a zone from taking the change with their batch.
struct Mishaps<'a> {
    stragglers: Option<Stragglers<'a>>,
    failing: Option<FailingHosts>,
}

impl<'a> Mishaps<'a> {
    fn of(ctx: &mut Context<'a>, zone: ZoneId) -> Self {
        let stragglers = Stragglers::of(ctx.plan, ctx.strategy, &ctx.streams, zone);
        Self { stragglers, failing: FailingHosts::of(ctx, zone) }
    }
}

/// Lays out the batches of a zone's stage one by one.
struct Laying<'l> {
    zone: ZoneId,
    time: &'l BatchTime,
    /// The uniforms of their slowest hosts; none where each takes the same time.
    draws: Option<&'l mut Stream>,
    batches: &'l mut IdVec<BatchId, Batch>,
    /// Hosts of those so far that are counted one by one.
    counted_hosts: u32,
}

/// When hosts begin that are deployed to together, and for how many of them none leaves service.
#[derive(Debug, Clone, Copy)]
struct Begins {
    at_ms: u64,
    surge: u32,
}

impl Laying<'_> {
    /// The next batch; says when it is done.
    // Each call is in a loop of its own, and the plain one is most of the work of a rollout.
    #[inline(always)]
    fn lay(&mut self, state: &mut ZoneState, Try { hosts, fails }: Try, begins: Begins, lag: Lag) -> u64 {
        let uniform = self.draws.as_mut().map_or(0.5, |draws| draws.uniform());
        let hosts = hosts - fails;
        let end_ms = begins.at_ms + self.time.slowest_ms(hosts.max(1), uniform).max(lag.wait_ms);
        let batch = Batch {
            zone: self.zone,
            first: state.done,
            hosts,
            behind: lag.behind,
            fails,
            surge: begins.surge.min(hosts),
            start_ms: begins.at_ms,
            end_ms,
            uniform,
            previous: state.last_batch,
            past_waves: false,
        };
        self.counted_hosts += if batch.is_drawn_out() { hosts } else { 0 };
        state.done += hosts;
        state.batches += 1;
        state.last_batch = Some(self.batches.push(batch));
        end_ms
    }

    /// The same of hosts of which some stay behind, or fail and are tried again together. Says when the last try is done, and
    /// on how many of those that did not stay behind it failed for good.
    fn lay_amid(
        &mut self,
        mishaps: &mut Mishaps,
        state: &mut ZoneState,
        hosts: u32,
        begins: Begins,
    ) -> (u64, Try) {
        let first = state.done;
        let stragglers = mishaps.stragglers.as_mut();
        let lag = stragglers.map_or(Lag::NONE, |who| who.lag(state.batches, state.left_behind, hosts));
        let tried = hosts - lag.behind;
        let at_ms = match &mut mishaps.failing {
            None => self.lay(state, Try { hosts: tried, fails: 0 }, begins, lag),
            Some(failing) => {
                // Stragglers are those of the first try.
                let lags = std::iter::once(lag).chain(std::iter::repeat(Lag::NONE));
                let tries = failing.tries(state.batches, first, tried).into_iter().zip(lags);
                tries.fold(begins.at_ms, |at_ms, (one_try, lag)| {
                    let lag = lag.and_waits(failing.given_up_ms(state.batches, one_try.fails));
                    self.lay(state, one_try, Begins { at_ms, ..begins }, lag)
                })
            }
        };
        let fails = first + tried - state.done;
        state.left_behind += lag.behind + fails;
        state.done = first + hosts;
        (at_ms, Try { hosts: tried, fails })
    }
}
