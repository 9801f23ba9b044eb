//! Who notices: instances of alarms while the rollout listens to them, when they breach, and when they fire.
//!
//! Alarms look at deployments, at the fault and at capacity through a [`Sight`], and change none of them. What follows
//! when one fires is decided elsewhere.

mod canary;
mod candidates;
mod checks;
mod datapoints;
mod newcomers;
mod opening;
mod promql;
mod quorum;
mod rules;
mod search;
mod sight;
mod signal;
mod telling;
mod watch;

pub use sight::Sight;

use super::account::{Booked, replacement_matters};
use super::context::Context;
use super::event::AlarmEvent;
use super::model::breach::Sampler;
use super::place::WatchedScope;
use crate::ids::{AlarmId, IdRange, IdVec, RegionId, WatchId, ZoneId};
use crate::plan::{Alarm, Decides, Signal, Version};
use crate::random::{Purpose, mix};
use canary::Canaries;
use datapoints::AlarmState;
use rules::Rules;
use search::{NextBreach, breaches_now, evaluation_ms, next_breach};
use signal::{BreachMemo, Look};
use telling::{show_datapoint, tell_breach};
use watch::WatchState;

/// The alarms over a change have looked: the end of what follows a change.
#[must_use]
#[derive(Debug)]
pub struct Seen(());

impl Seen {
    /// Nothing changed yet that an alarm could see: what goes back heals later, by events of its own.
    pub const NOTHING: Self = Self(());
}

/// An alarm fires.
#[must_use]
#[derive(Debug, Clone, Copy)]
pub struct Firing {
    /// The instance.
    pub watch: WatchId,
    /// Its alarm.
    pub alarm: AlarmId,
    /// The alarm that it is reported as.
    pub reported: AlarmId,
    /// What it watches.
    pub scope: WatchedScope,
    /// Key of its random streams.
    pub stream_entity: u64,
}

/// All instances of alarms in one rollout.
#[derive(Debug, Default)]
pub struct Alarms {
    watches: IdVec<WatchId, WatchState>,
    of_zones: IdVec<ZoneId, Vec<WatchId>>,
    of_regions: IdVec<RegionId, Vec<WatchId>>,
    of_service: Vec<WatchId>,
    /// Composites that need several alarms at once.
    of_quorums: Vec<WatchId>,
    memo: BreachMemo,
    sampler: Sampler,
    rules: Rules,
    canaries: Canaries,
    deaf: Deaf,
    /// Whether every evaluation is visited, for checking the lazy search.
    exhaustive: bool,
}

/// Alarms that are not listened to in this rollout, as they fired before it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Deaf {
    #[default]
    Nothing,
    One(AlarmId),
    All,
}

impl Deaf {
    fn is_to(self, alarm: AlarmId) -> bool {
        self == Self::All || self == Self::One(alarm)
    }
}

impl Alarms {
    /// Alarms that visit every evaluation instead of searching the next breach.
    pub fn exhaustive() -> Self {
        Self { exhaustive: true, ..Self::default() }
    }

    /// Forgets all instances, keeps the memory.
    pub fn reset(&mut self, zones: usize, regions: usize) {
        self.deaf = Deaf::Nothing;
        if !self.watches.is_empty() || self.of_zones.len() != zones {
            self.watches.clear();
            self.rules.clear();
            self.canaries.clear();
            self.of_zones.recycle(zones, Vec::clear);
            self.of_regions.recycle(regions, Vec::clear);
            self.of_service.clear();
            self.of_quorums.clear();
        }
    }

    // Looking.

    /// Something changed in a zone and is booked: every alarm over it looks again, while anybody listens.
    #[inline]
    pub fn look_again(&mut self, ctx: &mut Context, sight: Sight<'_>, change: Booked, listens: bool) -> Seen {
        if !listens {
            return Seen(());
        }
        let zone = change.zone();
        let region = ctx.region_of(zone);
        let Self { watches, of_zones, of_regions, of_service, exhaustive, .. } = self;
        // Load moves from hosts that are down to all others of their region: every zone there sees it.
        let zones = if replacement_matters(ctx.plan) { ctx.zones_of(region) } else { IdRange::one(zone) };
        let of_zones = zones.map(|zone| &of_zones[zone]);
        for list in of_zones.chain([&of_regions[region], &*of_service]) {
            for watch in list {
                mark_changed(ctx, sight, *watch, &mut watches[*watch], *exhaustive);
            }
        }
        Seen(())
    }

    /// Hosts of a zone got the new version, or left it: alarms over that alone look again, while anybody listens.
    pub fn hosts_moved(&mut self, ctx: &mut Context, sight: Sight<'_>, zone: ZoneId, listens: bool) {
        if !listens {
            return;
        }
        let Self { watches, of_zones, of_regions, of_service, exhaustive, .. } = self;
        for list in [&of_zones[zone], &of_regions[ctx.region_of(zone)], &*of_service] {
            for watch in list {
                let state = &mut watches[*watch];
                if ctx.alarm(state.alarm).version == Version::New {
                    mark_changed(ctx, sight, *watch, state, *exhaustive);
                }
            }
        }
    }

    /// The watch searches its next breach anew, if that is still due.
    pub fn resample(&mut self, ctx: &mut Context, sight: Sight<'_>, watch: WatchId, listens: bool) {
        let state = &mut self.watches[watch];
        if state.resample_ms == Some(ctx.now_ms()) && listens {
            state.resample_ms = None;
            self.search_from_now(ctx, sight, watch);
        }
    }

    /// Finds the watch's next breach from now on and schedules it.
    fn search_from_now(&mut self, ctx: &mut Context, sight: Sight<'_>, watch: WatchId) {
        let state = &mut self.watches[watch];
        state.generation += 1;
        if let Signal::DetectionDelay(_) = ctx.alarm(state.alarm).signal {
            return;
        }
        let from_k = Look::new(ctx, sight).first_open(state);
        self.search_from(ctx, sight, watch, from_k);
    }

    fn search_from(&mut self, ctx: &mut Context, sight: Sight<'_>, watch: WatchId, from_k: u64) {
        let state = &mut self.watches[watch];
        let alarm = ctx.alarm(state.alarm);
        let look = Look::new(ctx, sight);
        let next = if self.exhaustive || visits_each(look, state, alarm) {
            NextBreach::At(from_k)
        } else if alarm.rate_rule().is_some() {
            // It sleeps until its scope changes.
            NextBreach::Never
        } else {
            next_breach(look, &mut self.memo, state, from_k)
        };
        match next {
            NextBreach::At(k) => {
                let Some(at_ms) = evaluation_ms(look, state, k).filter(|at_ms| state.is_open_at(*at_ms))
                else {
                    return;
                };
                state.next_k = k;
                ctx.schedule(at_ms, AlarmEvent::Evaluates { watch, generation: state.generation });
            }
            NextBreach::SearchOn(at_ms) => {
                state.resample_ms = Some(at_ms);
                ctx.schedule(at_ms, AlarmEvent::LooksAgain { watch });
            }
            NextBreach::Never => {}
        }
    }

    /// The watch's scheduled evaluation, unless it is void by now; `listens` while anybody would act on it.
    pub fn evaluate(
        &mut self,
        ctx: &mut Context,
        sight: Sight<'_>,
        (watch, generation): (WatchId, u32),
        listens: bool,
    ) {
        let Self { watches, memo, sampler, rules, canaries, exhaustive, .. } = self;
        let state = &mut watches[watch];
        let alarm = ctx.alarm(state.alarm);
        let followed = ctx.follows_alerts() && alarm.rate_rule().is_some();
        if state.generation != generation || !state.is_open_at(ctx.now_ms()) || !(listens || followed) {
            return;
        }
        let k = state.next_k;
        let fires = match &alarm.signal {
            Signal::RateRatio(rule) => {
                let begins = rules.scrape(ctx, sight, sampler, (state, k), rule);
                state.notes(alarm, k, if rules.fires(state) { AlarmState::Alarm } else { AlarmState::Ok });
                begins && listens
            }
            Signal::Canary(rule) => {
                let fails = canaries.compare(ctx, sight, sampler, (state, k), rule);
                if fails {
                    tell_breach(ctx, sight, state, k);
                }
                state.notes(alarm, k, if fails { AlarmState::Alarm } else { AlarmState::Ok });
                fails
            }
            Signal::ErrorRatio { .. }
            | Signal::SlowRatio { .. }
            | Signal::ErrorCount { .. }
            | Signal::DamageCount { .. }
            | Signal::Synthetic { .. }
            | Signal::Absent { .. }
            | Signal::RequestDrop { .. }
            | Signal::ImpairedHosts { .. }
            | Signal::BreachProbability { .. }
            | Signal::DetectionDelay(_)
            | Signal::AnyOf(_)
            | Signal::Quorum(_) => alarms_by_datapoint(ctx, sight, memo, (watch, state, k), *exhaustive),
        };
        if fires {
            publish(ctx, watch, alarm);
        }
        self.search_from(ctx, sight, watch, k + 1);
    }

    /// A fixed-delay alarm has seen impairment for long enough.
    pub fn delay_over(&mut self, ctx: &mut Context, watch: WatchId) {
        let state = &mut self.watches[watch];
        if state.is_open_at(ctx.now_ms()) {
            state.fires_for_good();
            publish(ctx, watch, ctx.alarm(state.alarm));
        }
    }

    // Firing.

    /// What fires, unless nobody acted on it before, or it fires only with others: those that are enough now fire next.
    pub fn fires(&self, ctx: &mut Context, watch: WatchId) -> Option<Firing> {
        let WatchState { alarm, reported, scope, stream_entity, muted, ref in_alarm, .. } =
            self.watches[watch];
        if self.deaf.is_to(alarm) {
            return None;
        }
        if in_alarm.is_some() {
            for &composite in &self.of_quorums {
                if self.completes(ctx, watch, composite) {
                    ctx.schedule(ctx.now_ms(), AlarmEvent::Fires { watch: composite });
                }
            }
        }
        let reported = reported.filter(|reported| !muted && !self.deaf.is_to(*reported))?;
        Some(Firing { watch, alarm, reported, scope, stream_entity })
    }

    /// Whether the watch is part of a composite's instance that has enough alarms now.
    fn completes(&self, ctx: &Context, part: WatchId, composite: WatchId) -> bool {
        let WatchState { alarm, scope, .. } = self.watches[composite];
        let Some(quorum) = ctx.alarm(alarm).signal.quorum() else { return false };
        if !self.watches[composite].is_open_at(ctx.now_ms()) {
            return false;
        }
        let is_in_alarm = |part: AlarmId| {
            self.around(ctx, scope).any(|watch| {
                let watch = &self.watches[watch];
                watch.alarm == part
                    && !self.deaf.is_to(part)
                    && watch.is_in_alarm(ctx.alarm(part), ctx.start_utc_ms, ctx.now_ms())
            })
        };
        let is_part = quorum.parts.contains(&self.watches[part].alarm);
        is_part && self.around(ctx, scope).any(|watch| watch == part) && quorum.is_met(is_in_alarm)
    }

    /// Instances over a place, or over something that it is in.
    fn around(&self, ctx: &Context, place: WatchedScope) -> impl Iterator<Item = WatchId> {
        let (zone, region) = match place {
            WatchedScope::OneBox(zone) | WatchedScope::Zone(zone) => (Some(zone), Some(ctx.region_of(zone))),
            WatchedScope::Region(region) => (None, Some(region)),
            WatchedScope::Service => (None, None),
        };
        let of_zone = zone.into_iter().flat_map(|zone| &self.of_zones[zone]);
        let of_region = region.into_iter().flat_map(|region| &self.of_regions[region]);
        of_zone.chain(of_region).chain(&self.of_service).copied()
    }

    /// An alarm that fires already, for another reason, is not listened to any more; none: no alarm is.
    pub fn ignore(&mut self, firing: Option<AlarmId>) -> Seen {
        self.deaf = firing.map_or(Deaf::All, Deaf::One);
        Seen(())
    }

    /// Nobody acts on the watch: it is not asked again.
    pub fn mute(&mut self, watch: WatchId) {
        self.watches[watch].muted = true;
    }

    /// After the rollout, for whoever follows alerts: scrapes until each is resolved, or as long as a window lasts after
    /// it could have been.
    pub fn follow_to_the_end(&mut self, ctx: &mut Context, sight: Sight<'_>) {
        if !ctx.follows_alerts() {
            return;
        }
        let Self { watches, sampler, rules, .. } = self;
        for watch in watches.iter_mut() {
            let alarm = ctx.alarm(watch.alarm);
            let Some(rule) = alarm.rate_rule() else { continue };
            let Some(last_k) = rules.unresolved_until(watch, rule, alarm.period_ms) else { continue };
            let mut next_k = watch.datapoints.last_k().map_or(0, |k| k + 1);
            while next_k <= last_k && rules.unresolved_until(watch, rule, alarm.period_ms).is_some() {
                let at_ms = watch.evaluation_ms(alarm, ctx.start_utc_ms, next_k).unwrap_or(ctx.now_ms());
                ctx.as_if(at_ms, |ctx| {
                    rules.scrape(ctx, sight, sampler, (watch, next_k), rule);
                });
                next_k += 1;
            }
        }
    }
}

/// The watch's scope changed: it will look again when it matters.
fn mark_changed(
    ctx: &mut Context,
    sight: Sight<'_>,
    watch: WatchId,
    state: &mut WatchState,
    exhaustive: bool,
) {
    let alarm = ctx.alarm(state.alarm);
    if let Signal::DetectionDelay(delay) = &alarm.signal {
        if !state.delaying && Look::new(ctx, sight).impaired_in(state) > 0 {
            state.delaying = true;
            let u = ctx.streams.stream(Purpose::DetectionDelay, state.stream_entity).uniform();
            ctx.schedule(ctx.now_ms() + delay.by_cdf(u), AlarmEvent::DelayOver { watch });
        }
        return;
    }
    // A rule that has begun to scrape goes on by itself.
    let sleeps = match alarm.signal.kind().decides {
        Decides::ByHistory => alarm.rate_rule().is_some() && state.memory.is_none(),
        Decides::ByDatapoint | Decides::ByEvent => !state.has_gaps,
    };
    if !exhaustive && sleeps {
        search_at_next_evaluation(ctx, sight, watch, state, alarm);
    }
}

/// Voids what was found and searches again when the next evaluation is due: only then does the
/// state of the scope matter, however many hosts change before.
fn search_at_next_evaluation(
    ctx: &mut Context,
    sight: Sight<'_>,
    watch: WatchId,
    state: &mut WatchState,
    alarm: &Alarm,
) {
    let k = Look::new(ctx, sight).first_open(state);
    let due_ms = state.evaluation_ms(alarm, ctx.start_utc_ms, k).filter(|due_ms| state.is_open_at(*due_ms));
    if due_ms.is_some() && state.resample_ms == due_ms {
        return;
    }
    state.generation += 1;
    state.resample_ms = due_ms;
    if let Some(due_ms) = due_ms {
        ctx.schedule(due_ms, AlarmEvent::LooksAgain { watch });
    }
}

/// Whether every evaluation of the watch is visited from now on: what came before decides with it. A rule over
/// rates sleeps while its scope is as always, if it cannot breach then.
fn visits_each(look: Look, watch: &WatchState, alarm: &Alarm) -> bool {
    match alarm.signal.kind().decides {
        Decides::ByDatapoint if alarm.signal.counts_damage() => watch.has_gaps || !look.is_calm(watch),
        Decides::ByDatapoint | Decides::ByEvent => watch.has_gaps,
        Decides::ByHistory if alarm.rate_rule().is_none() => true,
        Decides::ByHistory => {
            watch.memory.is_some()
                || alarm.version == Version::New
                || look.ctx().model.series(watch.series).healthy_envelope > 0.0
                || !look.is_calm(watch)
        }
    }
}

/// Datapoint `k` of the watch, which breaches unless every one is visited: whether the alarm is in alarm by it.
fn alarms_by_datapoint(
    ctx: &mut Context,
    sight: Sight<'_>,
    memo: &mut BreachMemo,
    (id, watch, k): (WatchId, &mut WatchState, u64),
    exhaustive: bool,
) -> bool {
    let look = Look::new(ctx, sight);
    let breach = if watch.has_gaps {
        datapoint(look, memo, watch, k)
    } else {
        // What was found by a search breaches; of what is counted over a period every datapoint is visited.
        let found = !exhaustive && !look.alarm(watch).signal.counts_damage();
        Some(found || breaches_now(look, memo, watch, k))
    };
    show_datapoint(ctx, sight, watch, k, breach);
    if watch.for_gate.is_some() {
        if let Some(check) = checks::failed(breach, ctx.alarm(watch.alarm).missing) {
            checks::tell_gate(ctx, id, check);
        }
        watch.datapoints.pass(k);
        if breach == Some(true) {
            tell_breach(ctx, sight, watch, k);
        }
        return false;
    }
    // Without gaps only breaches are recorded: the others are not visited at all.
    let records = breach == Some(true) || watch.has_gaps && !Look::new(ctx, sight).is_blank(watch);
    records && {
        let alarm = ctx.alarm(watch.alarm);
        let after = watch.datapoints.record(alarm, k, breach);
        watch.notes(alarm, k, after);
        if breach == Some(true) {
            tell_breach(ctx, sight, watch, k);
        }
        after == AlarmState::Alarm
    }
}

/// Whether datapoint `k` breaches that may be missing; none if it is. It breaches by the same draw as if none ever were
/// missing, so that where none is, it makes no difference how an alarm would treat it.
fn datapoint(look: Look, memo: &mut BreachMemo, watch: &WatchState, k: u64) -> Option<bool> {
    let signal = &look.alarm(watch).signal;
    if !k.is_multiple_of(signal.periods_apart()) {
        return None;
    }
    if look.is_lost(watch) || look.is_scrape_lost(watch, k) {
        return signal.absent().map(|_| true);
    }
    if breaches_now(look, memo, watch, k) {
        return Some(true);
    }
    let ctx = look.ctx();
    let missing = look.missing(watch, look.hour_at(ctx.now_ms()));
    if missing == 0.0 {
        return Some(false);
    }
    // A datapoint that breaches is not missing: of those that do not, so many are.
    let others = 1.0 - look.breach_probability(memo, watch, ctx.now_ms());
    let uniform = ctx.streams.stream(Purpose::Sampled, mix(&[watch.stream_entity, k])).uniform();
    (uniform * others >= missing).then_some(false)
}

/// The alarm fires as soon as its datapoint is published.
fn publish(ctx: &mut Context, watch: WatchId, alarm: &Alarm) {
    ctx.schedule(ctx.now_ms() + alarm.publish_delay_ms, AlarmEvent::Fires { watch });
}
