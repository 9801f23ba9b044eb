//! Which instances of alarms are open, over what, and until when: by the deployments that are under way and the alarms that the
//! wave listens to. When they look is not known here.

use super::sight::Sight;
use super::watch::WatchState;
use super::{Alarms, Seen};
use crate::ids::{AlarmId, WatchId, ZoneId};
use crate::plan::{Alarm, Plan, Scope, Version, Watch};
use crate::random::Purpose;
use crate::rollout::account::down_hosts_matter;
use crate::rollout::context::Context;
use crate::rollout::deployment::{Opening, RolloutPart, WatchSpan};
use crate::rollout::fault::Exposed;
use crate::rollout::model::{Series, thinks_ahead};
use crate::rollout::place::WatchedScope;

impl Alarms {
    /// Hosts of a zone were laid out and may be impaired from now on: alarms over them open.
    #[inline]
    pub fn watch(&mut self, ctx: &mut Context, sight: Sight<'_>, span: WatchSpan, _exposed: Exposed) -> Seen {
        let WatchSpan { zone, opens, done_ms } = span;
        if let Some(opening) = opens {
            self.open_over(ctx, sight, zone, opening);
        }
        if let Some(done_ms) = done_ms {
            self.close_zone(ctx, zone, done_ms);
        }
        Seen(())
    }

    /// Opens the alarms that a zone's deployment brings into scope.
    fn open_over(
        &mut self,
        ctx: &mut Context,
        sight: Sight<'_>,
        zone: ZoneId,
        Opening { one_box_until_ms, wave }: Opening,
    ) {
        let (plan, strategy) = (ctx.plan, ctx.strategy);
        let stays_healthy = everything_stays_healthy(ctx);
        for reported in strategy.alarms_in(ctx.wave(wave)) {
            let together = ctx.alarm(*reported).signal.quorum().is_some();
            // An alarm that cannot breach in any of its scopes need not look at each of them.
            for part in
                plan.parts_of(reported).iter().filter(|part| !(stays_healthy && ctx.model.is_calm(**part)))
            {
                let alarm = *part;
                let (scope, closes_ms) = match ctx.alarm(alarm).scope {
                    Scope::OneBox if one_box_until_ms.is_none() => continue,
                    Scope::OneBox => (WatchedScope::OneBox(zone), one_box_until_ms),
                    Scope::Zone | Scope::Region | Scope::Service => (scope_over(ctx, alarm, zone), None),
                };
                self.open(ctx, sight, (alarm, Some(*reported).filter(|_| !together)), scope, closes_ms);
            }
            if together {
                self.open_quorum(ctx, sight, *reported, zone);
            }
        }
    }

    /// Opens the instance of a composite over the place that a zone is in, unless it is open.
    fn open_quorum(&mut self, ctx: &Context, sight: Sight<'_>, composite: AlarmId, zone: ZoneId) {
        let scope = scope_over(ctx, composite, zone);
        let is_it = |watch: &WatchId| {
            let watch = &self.watches[*watch];
            watch.alarm == composite && watch.scope == scope
        };
        if let Some(&known) = self.of_quorums.iter().find(|watch| is_it(watch)) {
            self.watches[known].closes_ms = None;
        } else {
            let series = series_of(ctx, sight, composite, scope);
            let span = (ctx.now_ms(), None);
            let state = WatchState::new(ctx.plan, (composite, Some(composite)), scope, series, span);
            let watch = self.watches.push(state);
            self.of_quorums.push(watch);
        }
    }

    /// Opens an instance of an alarm, reported as another one or itself; as none if it fires only with others.
    fn open(
        &mut self,
        ctx: &mut Context,
        sight: Sight<'_>,
        (alarm, reported): (AlarmId, Option<AlarmId>),
        scope: WatchedScope,
        closes_ms: Option<u64>,
    ) {
        let definition = ctx.alarm(alarm);
        // A broken monitor has nothing but gaps: it says nothing, unless they count as breaches.
        if !definition.breaches_by_gaps() && is_broken(ctx, definition) {
            return;
        }
        let series = series_of(ctx, sight, alarm, scope);
        // A scope that cannot breach while it is healthy needs no watch if it stays so.
        let numbers = ctx.model.series(series);
        let calm_for_good = everything_stays_healthy(ctx) && thinks_ahead(definition, numbers);
        if calm_for_good && numbers.healthy_envelope == 0.0 {
            return;
        }
        let same_scope = self.over(scope);
        if let Some(known) = same_scope.iter().copied().find(|known| self.watches[*known].is_of(alarm)) {
            let state = &mut self.watches[known];
            state.counts_for(reported);
            // A watch with an end searched only up to it.
            if state.opens_again(definition, ctx.now_ms(), closes_ms) {
                self.search_from_now(ctx, sight, known);
            }
            return;
        }
        let span = (ctx.now_ms(), closes_ms);
        let mut state = instance(ctx, (alarm, reported), (scope, series), span);
        state.counts_for(reported);
        let watch = self.keep(state);
        self.search_from_now(ctx, sight, watch);
    }

    /// Keeps a new instance where changes of its scope find it.
    pub(super) fn keep(&mut self, state: WatchState) -> WatchId {
        let scope = state.scope;
        let watch = self.watches.push(state);
        match scope {
            WatchedScope::OneBox(zone) | WatchedScope::Zone(zone) => self.of_zones[zone].push(watch),
            WatchedScope::Region(region) => self.of_regions[region].push(watch),
            WatchedScope::Service => self.of_service.push(watch),
        }
        watch
    }

    /// Instances over the same zone, the same region or the service.
    fn over(&self, scope: WatchedScope) -> &[WatchId] {
        match scope {
            WatchedScope::OneBox(zone) | WatchedScope::Zone(zone) => &self.of_zones[zone],
            WatchedScope::Region(region) => &self.of_regions[region],
            WatchedScope::Service => &self.of_service,
        }
    }

    /// The zone's bake ends at `done_ms`: alarms that watch only the deployment end with it.
    fn close_zone(&mut self, ctx: &Context, zone: ZoneId, done_ms: u64) {
        for watch in &self.of_zones[zone] {
            let state = &mut self.watches[*watch];
            let alarm = ctx.alarm(state.alarm);
            if alarm.scope == Scope::Zone && alarm.watch == Watch::Deployment && state.for_gate.is_none() {
                state.closes_ms = Some(done_ms);
            }
        }
    }

    /// A part of the rollout ends now: alarms that watch only that end with it.
    pub fn part_ends(&mut self, ctx: &Context, part: RolloutPart) -> Seen {
        let now_ms = ctx.now_ms();
        let Self { watches, of_regions, of_service, .. } = self;
        let of_deployment = match part {
            RolloutPart::Region(region) => of_regions[region].as_slice(),
            RolloutPart::Service => of_service.as_slice(),
            RolloutPart::Wave { next } => {
                let heard = next.and_then(|next| ctx.wave(next).alarms.as_deref());
                for watch in watches.iter_mut() {
                    let ends = watch.for_gate.is_some()
                        || ctx.alarm(watch.alarm).watch == Watch::Wave
                        || heard.is_some_and(|heard| !goes_on_as(ctx.plan, heard, watch));
                    if ends && watch.is_open_at(now_ms + 1) {
                        watch.closes_ms = Some(now_ms);
                    }
                }
                return Seen(());
            }
        };
        for watch in of_deployment {
            let state = &mut watches[*watch];
            if ctx.alarm(state.alarm).watch == Watch::Deployment && state.for_gate.is_none() {
                state.closes_ms = Some(now_ms);
            }
        }
        Seen(())
    }
}

/// A watch goes on into a wave that listens to `heard`: for itself, or with others, as whose it is reported from then on. Says
/// whether it does.
fn goes_on_as(plan: &Plan, heard: &[AlarmId], watch: &mut WatchState) -> bool {
    let alarm = watch.alarm;
    if plan.alarms[alarm].signal.quorum().is_some() {
        return heard.contains(&alarm);
    }
    watch.reported = None;
    let mut stays = false;
    for reported in heard.iter().filter(|reported| plan.parts_of(reported).contains(&alarm)) {
        stays = true;
        watch.counts_for(Some(*reported).filter(|_| plan.alarms[*reported].signal.quorum().is_none()));
    }
    stays
}

/// A new instance of an alarm over a scope with the numbers of `series`, which opens and perhaps closes at `span`.
pub(super) fn instance(
    ctx: &Context,
    (alarm, reported): (AlarmId, Option<AlarmId>),
    (scope, series): (WatchedScope, u32),
    span: (u64, Option<u64>),
) -> WatchState {
    let (definition, numbers) = (ctx.alarm(alarm), ctx.model.series(series));
    let state = WatchState::new(ctx.plan, (alarm, reported), scope, series, span)
        .with_gaps(may_miss(ctx, definition, numbers));
    if is_broken(ctx, definition) {
        return state.broken();
    }
    // A box is as new as its hosts, and where nothing ever comes there was nothing before.
    let is_new = definition.scope == Scope::OneBox || definition.version == Version::New;
    let never_comes = || numbers.missing.iter().all(|missing| *missing >= 1.0);
    if is_new || never_comes() { state.without_past() } else { state }
}

/// Number of the series of an alarm over a scope.
pub(super) fn series_of(ctx: &Context, sight: Sight<'_>, alarm: AlarmId, scope: WatchedScope) -> u32 {
    let (entity, one_box) = match scope {
        WatchedScope::OneBox(zone) => (zone.index(), sight.deployments.one_box(zone)),
        WatchedScope::Zone(zone) => (zone.index(), 0),
        WatchedScope::Region(region) => (region.index(), 0),
        WatchedScope::Service => (0, 0),
    };
    ctx.model.series_index(alarm, entity, one_box)
}

/// Whether nobody can become impaired and nothing goes down in this rollout: the change is good, and no host that is out of
/// service is missed.
#[inline]
fn everything_stays_healthy(ctx: &Context) -> bool {
    ctx.defect.is_none() && !down_hosts_matter(ctx.plan)
}

/// The instance of an alarm over zones, regions or the service that a zone is in.
fn scope_over(ctx: &Context, alarm: AlarmId, zone: ZoneId) -> WatchedScope {
    match ctx.alarm(alarm).scope {
        Scope::OneBox => WatchedScope::OneBox(zone),
        Scope::Zone => WatchedScope::Zone(zone),
        Scope::Region => WatchedScope::Region(ctx.region_of(zone)),
        Scope::Service => WatchedScope::Service,
    }
}

/// Whether a datapoint of a series may be missing in this rollout.
fn may_miss(ctx: &Context, alarm: &Alarm, numbers: &Series) -> bool {
    // Where requests fall away there may be too few of them.
    let too_few = numbers.may_miss || ctx.drop_ratio() > 0.0 && alarm.signal.least_requests().is_some();
    too_few || alarm.lost_with_service.is_some() || alarm.has_gaps_anyway()
}

/// Whether the monitor is broken in this rollout.
fn is_broken(ctx: &Context, alarm: &Alarm) -> bool {
    let draws = || ctx.streams.stream(Purpose::Broken, alarm.entity);
    alarm.broken > 0.0 && draws().uniform() < alarm.broken
}
