//! Who has the new version, and when: waves, regions of a wave, zones of a region, batches of a zone, and the way back.
//!
//! Knows no fault, no alarm and no account: what they have to hear is told to a [`DeploymentListener`] as a fact that
//! cannot be missed. Whether to stop, and what to take back, is decided elsewhere.

mod asked;
mod batch;
mod completion;
mod course;
mod drawn_out;
mod facts;
mod failing;
mod gates;
mod holdups;
mod lag;
mod layout;
mod met;
mod progress;
mod promotion;
mod routing;
mod slots;
mod start;
mod switching;
mod waves;
mod way_back;
mod weighing;

pub use batch::{Batch, Stops};
pub use completion::{completion_ms, host_draws};
pub use course::Course;
pub use facts::{
    Completed, GoingBack, Laid, NewBatches, Opening, RollbackCause, RolledBack, RolloutPart, RouteChange,
    WatchSpan,
};
pub use failing::most_tries;
pub use way_back::{most_tries_back, return_draws};

use super::context::Context;
use super::event::{DeploymentEvent, GoBackBy};
use super::launch::WaveTimes;
use super::model::{one_box_hosts, wave_hosts};
use super::place::{FleetHost, WatchedScope};
use super::trace::RolloutEvent;
use crate::ids::{AlarmId, BatchId, CohortId, HostId, RegionId, WaveId, ZoneId};
use crate::plan::{Batching, Procedure, RollbackScope, RollbackTarget};
use crate::random::Distribution;
use course::Span;
use layout::{Layout, ZoneStage};
use promotion::Promotion;
use routing::Routing;
use waves::Waves;
use way_back::WayBack;

/// Who is told at once, in the order in which things are laid out.
pub trait DeploymentListener {
    /// What only the last of those told can make.
    type Told;

    /// Hosts were laid out.
    fn laid(&mut self, ctx: &mut Context, deployments: &Deployments, laid: Laid) -> Self::Told;

    /// A zone goes back.
    fn goes_back(&mut self, ctx: &mut Context, deployments: &Deployments, going: GoingBack) -> Self::Told;

    /// The gates of a wave open now, and their checks begin.
    fn checks(&mut self, ctx: &mut Context, deployments: &Deployments, wave: WaveId) -> Self::Told;

    /// What the new version has served until now: a gate weighs it.
    fn served(&self, ctx: &Context) -> super::served::Served;

    /// An alarm fires already, for another reason, and the rollout goes on without it; none: without any.
    fn goes_on_without(&mut self, ctx: &mut Context, alarm: Option<AlarmId>) -> Self::Told;

    /// A part of the rollout ends now.
    fn ends(&mut self, ctx: &mut Context, part: RolloutPart) -> Self::Told;
}

/// The deployments of one rollout to all zones.
#[derive(Debug, Default)]
pub struct Deployments {
    layout: Layout,
    way_back: WayBack,
    waves: Waves,
    promotion: Promotion,
    routing: Routing,
    /// Time of the latest promotion: evaluations of that instant are over.
    promoted_ms: Option<u64>,
    /// When hosts stopped taking the new version.
    stops: Stops,
    /// When the last wave ended, and every host past the waves was done.
    completed_ms: Option<u64>,
    /// From when on nothing goes on, as a wave or a region may never start.
    grounded_ms: Option<u64>,
    /// Time that waves waited for an alarm with another cause.
    blocked_ms: u64,
    /// Since when one does.
    blocked_since_ms: Option<u64>,
    /// Memory for [`Deployments::course`].
    pairs: Vec<(u64, u32)>,
}

impl Deployments {
    /// Forgets everything, keeps the memory.
    pub fn reset(&mut self, zones: usize, regions: usize) {
        self.layout.reset(zones);
        self.way_back.reset(zones);
        self.waves.reset(regions);
        self.promotion.reset();
        self.routing.reset(zones);
        self.promoted_ms = None;
        self.stops = Stops::default();
        self.completed_ms = None;
        self.grounded_ms = None;
        self.blocked_ms = 0;
        self.blocked_since_ms = None;
    }

    /// Hosts past the waves begin to take the change by themselves, if the strategy has any.
    pub fn start_past_waves(&mut self, ctx: &mut Context, listener: &mut impl DeploymentListener) {
        let Some(bypass) = ctx.strategy.bypass else { return };
        for zone in ctx.zones() {
            let first = self.layout.add_past_waves(ctx, zone, bypass);
            let laid = self.laid(zone, first, WatchSpan { zone, opens: None, done_ms: None });
            let _told = listener.laid(ctx, self, laid);
        }
    }

    /// Starts a wave, or waits where its gate is closed or an alarm already fires for another reason.
    pub fn start_wave(&mut self, ctx: &mut Context, wave: WaveId, listener: &mut impl DeploymentListener) {
        let now_ms = ctx.now_ms();
        if self.stops.waves_ms.is_some() {
            return;
        }
        self.count_blocked(ctx);
        let Some(opens_ms) = holdups::wave_opens_ms(ctx, wave) else {
            self.ground(ctx);
            return;
        };
        if opens_ms > now_ms {
            ctx.schedule(opens_ms, DeploymentEvent::WaveStarts { wave });
            return;
        }
        if !self.starts_while_firing(ctx, wave, listener) {
            return;
        }
        ctx.tell(now_ms, || RolloutEvent::WaveStarted { wave: wave.number() });
        self.waves.start(wave, now_ms, self.layout.batches().len());
        self.promoted_ms = Some(now_ms);
        self.fill_wave(ctx, self.waves.path_bake_ms(), listener);
    }

    /// The waves are over as they are; hosts past them need no leave, and were laid out when the rollout began.
    fn ground(&mut self, ctx: &Context) {
        self.grounded_ms = Some(ctx.now_ms().max(self.layout.past_waves_done_ms()));
    }

    /// A wave waits no longer for an alarm with another cause, if one did.
    fn count_blocked(&mut self, ctx: &Context) {
        if let Some(since_ms) = self.blocked_since_ms.take() {
            self.blocked_ms += ctx.now_ms() - since_ms;
        }
    }

    /// Starts regions while the wave has room, and bakes the wave when none is left.
    fn fill_wave(&mut self, ctx: &mut Context, path_bake_ms: u64, listener: &mut impl DeploymentListener) {
        while let Some(region) = self.waves.next_region(ctx) {
            if ctx.zones_of(region).any(|zone| self.has_work(ctx, zone)) {
                self.waves.region_starts();
                if !self.awaits_window(ctx, region, path_bake_ms) {
                    self.fill_region(ctx, region, path_bake_ms, listener);
                }
            }
        }
        self.waves.account_windows(ctx.now_ms());
        if self.waves.is_grounded() {
            self.ground(ctx);
        }
        if self.waves.is_done(ctx) {
            self.bake_wave(ctx, path_bake_ms, listener);
        }
    }

    /// Whether a region has to wait for its window; it comes back when that opens.
    fn awaits_window(&mut self, ctx: &mut Context, region: RegionId, path_bake_ms: u64) -> bool {
        let now_ms = ctx.now_ms();
        match holdups::region_opens_ms(ctx, self.waves.id(), region) {
            Some(opens_ms) if opens_ms <= now_ms => return false,
            Some(opens_ms) => ctx.schedule(opens_ms, DeploymentEvent::RegionOpens { region }),
            None => {
                self.waves.region_waits_forever(region, path_bake_ms);
                return true;
            }
        }
        self.waves.region_waits(region, path_bake_ms);
        true
    }

    /// The window of a region opens that its wave waits for.
    pub fn region_opens(
        &mut self,
        ctx: &mut Context,
        region: RegionId,
        listener: &mut impl DeploymentListener,
    ) {
        if self.stops.waves_ms.is_some() {
            return;
        }
        self.promoted_ms = Some(ctx.now_ms());
        let path_bake_ms = self.waves.region_opens(region);
        self.fill_region(ctx, region, path_bake_ms, listener);
        self.waves.account_windows(ctx.now_ms());
    }

    /// Starts zones while the region has room; zones with nothing left to deploy are passed over.
    fn fill_region(
        &mut self,
        ctx: &mut Context,
        region: RegionId,
        path_bake_ms: u64,
        listener: &mut impl DeploymentListener,
    ) {
        while let Some(zone) = self.waves.next_zone(ctx, region) {
            if self.has_work(ctx, zone) {
                self.waves.zone_starts(region);
                self.start_zone(ctx, zone, self.target(ctx, zone), path_bake_ms, listener);
            }
        }
    }

    /// Whether the wave moves hosts of the zone, or requests to it.
    #[inline]
    fn has_work(&self, ctx: &Context, zone: ZoneId) -> bool {
        self.target(ctx, zone) > self.layout.zone(zone).done || self.switches(ctx, zone)
    }

    /// Hosts of the zone that have the new version when the wave is done; those past the waves are not
    /// among them.
    fn target(&self, ctx: &Context, zone: ZoneId) -> u32 {
        wave_hosts(ctx.strategy, ctx.wave(self.waves.id()), ctx.zone(zone).hosts)
    }

    /// Lays out a zone's deployment: one-box and its bake, then the batches and theirs.
    fn start_zone(
        &mut self,
        ctx: &mut Context,
        zone: ZoneId,
        target: u32,
        path_bake_ms: u64,
        listener: &mut impl DeploymentListener,
    ) {
        let started_ms = ctx.now_ms();
        let wave = ctx.wave(self.waves.id());
        let procedure = &wave.procedure;
        let number = self.waves.id().number();
        ctx.tell(started_ms, || RolloutEvent::ZoneStarted { wave: number, zone: zone.number() });
        let first = BatchId::new(self.layout.batches().len());
        self.withhold_requests(ctx, zone);
        let state = self.layout.zone_mut(zone);
        state.path_bake_ms = path_bake_ms;
        let one_box =
            if state.done == 0 { one_box_hosts(ctx.strategy, wave, ctx.zone(zone).hosts) } else { None };
        let mut at_ms = started_ms;
        if let (Some(size), Some(stage)) = (one_box, &procedure.one_box) {
            state.one_box = size;
            let surge = procedure.surge_of(ctx.zone(zone).hosts);
            let batching = Batching::Barrier;
            let batches = ZoneStage { size, target: size, surge, batching, bake_ms: 0, one_box: true };
            at_ms = self.layout.add_stage(ctx, zone, batches, at_ms);
            let bake_ms = holdups::bake_ms(ctx, at_ms, stage.bake_ms);
            self.layout.zone_mut(zone).path_bake_ms += bake_ms;
            tell_bake(ctx, zone, at_ms, bake_ms, true);
            at_ms += bake_ms;
        }
        let one_box_until_ms = (at_ms > started_ms).then_some(at_ms);
        let opens = Some(Opening { one_box_until_ms, wave: self.waves.id() });
        // Hosts that need no time would be on the new version at the very instant of the promotion;
        // they must come after what the instant itself decides, so the promotion is an event then.
        let instant = ctx.deploy.host == Distribution::Fixed { ms: 0 };
        let done_ms = if instant && at_ms > started_ms && self.layout.zone(zone).done < target {
            ctx.schedule(at_ms, DeploymentEvent::OneBoxBaked { zone });
            None
        } else {
            Some(self.lay_out_batches(ctx, zone, target, at_ms, procedure))
        };
        let laid = self.laid(zone, first, WatchSpan { zone, opens, done_ms });
        let _told = listener.laid(ctx, self, laid);
    }

    /// The rest of a zone whose one-box bake ended just now.
    pub fn one_box_baked(&mut self, ctx: &mut Context, zone: ZoneId, listener: &mut impl DeploymentListener) {
        if self.stops.waves_ms.is_some() {
            return;
        }
        self.promoted_ms = Some(ctx.now_ms());
        let procedure = &ctx.wave(self.waves.id()).procedure;
        let target = self.target(ctx, zone);
        let first = BatchId::new(self.layout.batches().len());
        let done_ms = Some(self.lay_out_batches(ctx, zone, target, ctx.now_ms(), procedure));
        let laid = self.laid(zone, first, WatchSpan { zone, opens: None, done_ms });
        let _told = listener.laid(ctx, self, laid);
    }

    /// Lays out the zone's batches from `from_ms` on; says when their bake is over.
    fn lay_out_batches(
        &mut self,
        ctx: &mut Context,
        zone: ZoneId,
        target: u32,
        from_ms: u64,
        procedure: &Procedure,
    ) -> u64 {
        let hosts = ctx.zone(zone).hosts;
        let (size, surge) = (procedure.batch_of(hosts), procedure.surge_of(hosts));
        let Procedure { batching, batch_bake_ms: bake_ms, .. } = *procedure;
        let stage = ZoneStage { size, target, surge, batching, bake_ms, one_box: false };
        let from_ms = self.layout.add_first_batches(ctx, zone, stage, from_ms, procedure);
        let at_ms = self.layout.add_stage(ctx, zone, stage, from_ms);
        self.schedule_switch(ctx, zone, at_ms);
        let bake_ms =
            holdups::bake_ms(ctx, at_ms, procedure.bake_of_zone_ms(ctx.plan.fleet.is_first_zone(zone)));
        tell_bake(ctx, zone, at_ms, bake_ms, false);
        let state = self.layout.zone_mut(zone);
        state.path_bake_ms += bake_ms + std::mem::take(&mut state.stage_bake_ms);
        ctx.schedule(at_ms + bake_ms, DeploymentEvent::ZoneDone { zone });
        at_ms + bake_ms
    }

    fn laid(&self, zone: ZoneId, first: BatchId, span: WatchSpan) -> Laid {
        Laid { new: NewBatches { zone, first, end: self.layout.batches().len() }, span }
    }

    /// The zone's bake is over.
    pub fn zone_done(&mut self, ctx: &mut Context, zone: ZoneId, listener: &mut impl DeploymentListener) {
        if self.stops.waves_ms.is_some() {
            return;
        }
        let now_ms = ctx.now_ms();
        self.promoted_ms = Some(now_ms);
        ctx.tell(now_ms, || RolloutEvent::ZoneDone { zone: zone.number() });
        let region = ctx.region_of(zone);
        let path_bake_ms = self.layout.zone(zone).path_bake_ms;
        self.waves.zone_ends(region);
        self.fill_region(ctx, region, path_bake_ms, listener);
        if self.waves.is_idle(region) {
            let _told = listener.ends(ctx, RolloutPart::Region(region));
            self.waves.region_ends();
            self.fill_wave(ctx, path_bake_ms, listener);
        }
    }

    fn bake_wave(&mut self, ctx: &mut Context, path_bake_ms: u64, listener: &mut impl DeploymentListener) {
        let (now_ms, wave) = (ctx.now_ms(), self.waves.id());
        let bake_ms = holdups::wave_bake_ms(ctx, wave, ctx.wave(wave).bake_ms);
        let _told = listener.ends(ctx, RolloutPart::Service);
        self.waves.bakes(path_bake_ms + bake_ms, now_ms + bake_ms);
        if bake_ms > 0 {
            ctx.tell(now_ms, || RolloutEvent::WaveBakeStarted { wave: wave.number() });
        }
        if !ctx.wave(wave).gates.is_empty() {
            self.promotion.open(ctx, (&self.layout, &self.routing), wave);
            let _told = listener.checks(ctx, self, wave);
        }
        ctx.schedule(now_ms + bake_ms, DeploymentEvent::WaveDone);
    }

    /// The wave's bake is over: the next one starts, or the rollout is complete.
    #[must_use = "the response forgets an alarm when the rollout is complete"]
    pub fn wave_done(
        &mut self,
        ctx: &mut Context,
        listener: &mut impl DeploymentListener,
    ) -> Option<Completed> {
        if self.stops.waves_ms.is_some() {
            return None;
        }
        let (now_ms, wave) = (ctx.now_ms(), self.waves.id());
        self.promotion.weigh(ctx, wave, |ctx| listener.served(ctx));
        // Else the wave waits for what follows a gate that failed.
        let holds_ms = self.promotion.holds_ms(now_ms)?;
        if holds_ms > now_ms {
            ctx.schedule(holds_ms, DeploymentEvent::WaveDone);
            return None;
        }
        self.promoted_ms = Some(now_ms);
        self.promotion.tell_checked(ctx, wave);
        ctx.tell(now_ms, || RolloutEvent::WaveDone { wave: wave.number() });
        let next = self.waves.end(ctx, self.promotion.take_passes_over(), self.layout.batches().len());
        let _told = listener.ends(ctx, RolloutPart::Wave { next });
        if let Some(next) = next {
            self.start_wave(ctx, next, listener);
            return None;
        }
        let past_waves_ms = self.layout.past_waves_done_ms();
        if past_waves_ms > now_ms {
            ctx.schedule(past_waves_ms, DeploymentEvent::PastWavesDone);
            return None;
        }
        Some(self.complete(ctx))
    }

    /// The hosts past the waves are done, and the last wave was before: the rollout is complete.
    #[must_use = "the response forgets an alarm when the rollout is complete"]
    pub fn past_waves_done(&mut self, ctx: &Context) -> Option<Completed> {
        self.stops.waves_ms.is_none().then(|| self.complete(ctx))
    }

    fn complete(&mut self, ctx: &Context) -> Completed {
        self.completed_ms = Some(ctx.now_ms());
        Completed(())
    }

    /// Hosts of a batch failed now: where there are more of them than the strategy allows.
    #[must_use = "the response is to hear of it"]
    pub fn hosts_failed(&mut self, ctx: &Context, batch: u32) -> Option<WatchedScope> {
        if self.is_cut(false, ctx.now_ms()) {
            return None;
        }
        self.layout.count_failed(ctx, self.waves.id(), batch)
    }

    /// Whether some host that was to take the change never does.
    pub fn leaves_behind(&self) -> bool {
        self.layout.left_behind() > 0
    }

    /// Nothing new starts from now on, and what was laid out for later does not happen.
    pub fn stop(&mut self, ctx: &mut Context) {
        if self.stops.waves_ms.is_none() {
            self.stops.waves_ms = Some(ctx.now_ms());
            self.count_blocked(ctx);
            ctx.retract();
            self.way_back.settle(ctx, &self.layout);
        }
    }

    /// Takes the hosts in scope back, or all of them if no alarm says which.
    pub fn roll_back(
        &mut self,
        ctx: &mut Context,
        cause: Option<RollbackCause>,
        by: GoBackBy,
        listener: &mut impl DeploymentListener,
    ) -> RolledBack {
        let now_ms = ctx.now_ms();
        let mut hosts = 0;
        let mut rolled_back = RolledBack { until_ms: 0, leaves_hosts: false };
        if by == GoBackBy::Hand {
            self.stops.past_waves_ms = Some(now_ms);
            self.way_back.catch_past_waves(ctx, &self.layout);
        }
        for zone in ctx.zones() {
            let affected = u64::from(self.way_back.hosts(zone));
            rolled_back.leaves_hosts |= self.way_back.past_waves(zone) > 0;
            if cause.is_none_or(|cause| self.is_in_scope(ctx, zone, cause.scope)) {
                self.way_back.choose(zone, ctx.strategy.rollback.batch.of(ctx.zone(zone).hosts));
                hosts += affected;
            } else {
                rolled_back.leaves_hosts |= affected > 0;
            }
        }
        if let Some(RollbackCause { notice, .. }) = cause {
            ctx.tell(now_ms, || RolloutEvent::RollbackDecided { notice, hosts });
        }
        for zone in ctx.zones() {
            if self.way_back.is_chosen(zone) && self.way_back.hosts(zone) > 0 {
                let from_ms = self.switch_back(ctx, zone);
                let until_ms = self.way_back.lay_out(ctx, zone, from_ms);
                rolled_back.leaves_hosts |= self.way_back.stay(zone) > 0;
                self.schedule_restored(ctx, zone, until_ms);
                rolled_back.until_ms = rolled_back.until_ms.max(until_ms);
                self.send_back(ctx, zone, until_ms, listener);
            }
        }
        rolled_back
    }

    /// Whether the zone is in the scope of a rollback after an alarm over `watched`.
    fn is_in_scope(&self, ctx: &Context, zone: ZoneId, watched: WatchedScope) -> bool {
        let region = ctx.region_of(zone);
        match (ctx.strategy.rollback.scope, watched) {
            (RollbackScope::Everything, _) => true,
            (RollbackScope::Wave, _) => ctx.wave(self.waves.id()).regions.contains(&region),
            (RollbackScope::Deployment | RollbackScope::Region, WatchedScope::Service) => true,
            (RollbackScope::Deployment | RollbackScope::Region, WatchedScope::Region(watched)) => {
                region == watched
            }
            (RollbackScope::Deployment, WatchedScope::OneBox(watched) | WatchedScope::Zone(watched)) => {
                zone == watched
            }
            (RollbackScope::Region, WatchedScope::OneBox(watched) | WatchedScope::Zone(watched)) => {
                region == ctx.region_of(watched)
            }
        }
    }

    /// Whether hosts that go back get the change again: the latest version that passed a gate is the change itself once the
    /// first wave has baked.
    fn goes_back_to_itself(&self, ctx: &Context) -> bool {
        match ctx.strategy.rollback.target {
            RollbackTarget::Previous => false,
            RollbackTarget::LastBlessed => self.waves.id() > WaveId::new(0),
        }
    }

    fn send_back(
        &mut self,
        ctx: &mut Context,
        zone: ZoneId,
        until_ms: u64,
        listener: &mut impl DeploymentListener,
    ) {
        let (now_ms, hosts) = (ctx.now_ms(), self.way_back.hosts(zone));
        ctx.tell(now_ms, || RolloutEvent::ZoneRollbackStarted { zone: zone.number(), hosts });
        ctx.tell(until_ms, || RolloutEvent::ZoneRollbackDone { zone: zone.number() });
        let to_bad_version = self.goes_back_to_itself(ctx);
        let _told = listener.goes_back(ctx, self, GoingBack { zone, to_bad_version });
    }

    /// When the rollout stopped.
    #[inline]
    pub fn stopped_ms(&self) -> Option<u64> {
        self.stops.waves_ms
    }

    /// When the last wave ended.
    #[inline]
    pub fn completed_ms(&self) -> Option<u64> {
        self.completed_ms
    }

    /// From when on nothing goes on, as a wave or a region may never start.
    #[inline]
    pub fn grounded_ms(&self) -> Option<u64> {
        self.grounded_ms
    }

    /// First instant whose evaluations are still open: they are over once something was promoted.
    #[inline]
    pub fn evaluations_open_from_ms(&self, now_ms: u64) -> u64 {
        if self.promoted_ms == Some(now_ms) { now_ms + 1 } else { now_ms }
    }

    /// Hosts of the zone's one-box; 0 before it has one.
    #[inline]
    pub fn one_box(&self, zone: ZoneId) -> u32 {
        self.layout.zone(zone).one_box
    }

    /// Whether the host is in its zone's one-box.
    #[inline]
    pub fn is_in_one_box(&self, host: FleetHost) -> bool {
        host.id.number() < self.one_box(host.zone)
    }

    /// The host of the cohort that the zone's one-box has, if it makes a point of having one.
    pub fn covered_host(&self, ctx: &Context, zone: ZoneId, cohort: CohortId) -> Option<HostId> {
        let one_box = ctx.wave(self.waves.id()).procedure.one_box.as_ref()?;
        let position = one_box.covers.iter().position(|&covered| covered == cohort)?;
        Some(HostId::new(position)).filter(|&id| self.is_in_one_box(FleetHost { zone, id }))
    }

    /// How fast and how far the rollout went, once it is over at `end_ms`; `alarm_ms` is when the alarm fired that was
    /// heard.
    pub fn course(&mut self, ctx: &Context, alarm_ms: Option<u64>, end_ms: u64) -> Course {
        let Self { layout, way_back, waves, pairs, stops, completed_ms, blocked_ms, .. } = self;
        let span = Span { stops: *stops, alarm_ms: alarm_ms.unwrap_or(0), end_ms };
        let exposure = if layout.is_drawn_out() {
            drawn_out::exposure(ctx, layout, way_back, span)
        } else {
            course::exposure(ctx, layout, way_back, &waves.first_batches(), span, pairs)
        };
        Course {
            to_25_ms: exposure.to_25_ms,
            to_50_ms: exposure.to_50_ms,
            to_100_ms: exposure.last_ms.filter(|_| completed_ms.is_some()),
            introduced_ms: exposure.first_ms,
            completed_ms: *completed_ms,
            bake_ms: completed_ms.map(|_| waves.path_bake_ms()),
            stopped_ms: stops.waves_ms,
            blocked_ms: *blocked_ms,
            left_behind_hosts: layout.left_behind(),
            peak_exposed_hosts: exposure.peak_hosts,
            exposed_at_alarm_hosts: alarm_ms.map(|_| exposure.at_alarm_hosts),
            exposed_host_ms: exposure.host_ms,
            regions_touched: exposure.regions,
            left_exposed_hosts: stops.waves_ms.map_or(0, |_| exposure.left_hosts),
        }
    }

    /// The waves that started, in order; one that was cut off ends at `over_ms`.
    pub fn wave_times(&self, over_ms: u64) -> Vec<WaveTimes> {
        self.waves.times(over_ms)
    }
}

fn tell_bake(ctx: &mut Context, zone: ZoneId, at_ms: u64, bake_ms: u64, one_box: bool) {
    if bake_ms > 0 {
        ctx.tell(at_ms, || RolloutEvent::ZoneBakeStarted { zone: zone.number(), one_box });
    }
}
