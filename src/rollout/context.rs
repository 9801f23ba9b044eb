//! What every component of a rollout is handed: what is given, the clock, the queue and the observer.
//!
//! No component is in it, and it decides nothing. The clock is set by [`Context::next`] alone, and the queue and
//! the observer are reached by verbs only.

use super::event::Event;
use super::launch::{DrawSource, Launch};
use super::model::{BatchTime, Model};
use super::trace::{RolloutEvent, RolloutObserver, Scraped, ShownDatapoint};
use crate::ids::{AlarmId, DefectId, IdRange, RegionId, WaveId, ZoneId};
use crate::plan::strata::ChangeKind;
use crate::plan::{Alarm, Defect, Plan, Region, Sign, Strategy, Version, Wave, Within, Zone};
use crate::random::{Purpose, Streams, mix};
use crate::sim::budget::{self, Cause, OverBudget, Owner};
use crate::sim::{Observer, Queue};

/// Tells the streams of revisions from those of strata.
const REVISION: u64 = u64::from_le_bytes(*b"revision");

/// Position of the latent onset among the draws of [`Purpose::Change`]; before it come the start
/// instant, whether the change is bad, and which defect it carries.
pub const LATENT_ONSET_DRAW: u64 = 3;

/// An observer without its constant: so no component is compiled once for each kind of observer.
trait Listens {
    fn observe(&mut self, at_ms: u64, event: RolloutEvent);
    fn retract_after(&mut self, at_ms: u64);
}

impl<O: RolloutObserver> Listens for O {
    fn observe(&mut self, at_ms: u64, event: RolloutEvent) {
        Observer::observe(self, at_ms, event);
    }

    fn retract_after(&mut self, at_ms: u64) {
        Observer::retract_after(self, at_ms);
    }
}

/// One rollout's surroundings. Instants are milliseconds since its start unless they are called `utc`.
pub struct Context<'a> {
    /// The plan's tables.
    pub model: &'a Model<'a>,
    /// The plan.
    pub plan: &'a Plan,
    /// How the change is rolled out.
    pub strategy: &'a Strategy,
    /// How long the strategy's batches take.
    pub deploy: &'a BatchTime,
    /// Where all draws come from.
    pub streams: Streams,
    /// The rollout's start, in milliseconds after a UTC midnight.
    pub start_utc_ms: u64,
    /// The defect of the new version, or of the old one; none if neither has one.
    pub defect: Option<&'a Defect>,
    /// Its place in the plan's catalogue.
    pub defect_id: Option<DefectId>,
    /// The part of all possible changes that this one is drawn from.
    pub kind: ChangeKind,
    /// The strategy routes traffic apart from hosts.
    pub routed: bool,
    /// Some alarm looks at the hosts on the new version alone.
    pub newcomers: bool,
    /// Some gate weighs what was seen of the new version.
    pub weighs_risk: bool,
    /// What holds a rollout among others; none for a trial of a study.
    pub launch: Option<&'a Launch<'a>>,
    now_ms: u64,
    /// Hosts that were looked at one by one so far, each time they were.
    looked_at_hosts: u64,
    queue: &'a mut Queue<Event>,
    /// None if nobody listens.
    observer: Option<&'a mut dyn Listens>,
    follower: Option<&'a mut Vec<Scraped>>,
    /// An instance of an alarm whose datapoints are kept, by its alarm and what it looks at.
    shown: Option<(AlarmId, u32, &'a mut Vec<ShownDatapoint>)>,
}

impl<'a> Context<'a> {
    /// That of trial `trial` with a strategy that the plan uses. Every strategy meets the same change and the same draws.
    pub fn of_trial<O: RolloutObserver>(
        model: &'a Model<'a>,
        strategy: &'a Strategy,
        trial: u64,
        queue: &'a mut Queue<Event>,
        observer: &'a mut O,
    ) -> Self {
        let plan = model.plan;
        let place = model.strata.place(trial);
        let stratum = &model.strata.list()[place.stratum];
        let streams = match stratum.kind {
            ChangeKind::Any => Streams::new(plan.study.seed, trial),
            ChangeKind::Good | ChangeKind::Bad { .. } => {
                Streams::in_stratum(plan.study.seed, stratum.entity, place.index)
            }
        };
        let mut draws = streams.stream(Purpose::Change, 0);
        let spread = draws.uniform() * plan.study.start_spread_ms as f64;
        let (bad, which) = (draws.uniform(), draws.uniform());
        let defect = match stratum.kind {
            ChangeKind::Any => (bad < plan.change.bad_probability).then(|| pick_defect(plan, which)),
            ChangeKind::Good => None,
            ChangeKind::Bad { defect, .. } => Some(defect),
        };
        queue.clear();
        Self {
            model,
            plan,
            strategy,
            deploy: model.deploy_time(strategy),
            streams,
            start_utc_ms: plan.study.start_utc_ms + spread as u64,
            defect: defect.map(|defect| &plan.change.defects[defect]),
            defect_id: defect,
            kind: stratum.kind,
            routed: strategy.routes_traffic(),
            newcomers: model.watches_newcomers && looks_at_newcomers(plan, strategy),
            weighs_risk: strategy.weighs_risk(),
            launch: None,
            now_ms: 0,
            looked_at_hosts: 0,
            queue,
            observer: O::ENABLED.then_some(observer as &mut dyn Listens),
            follower: None,
            shown: None,
        }
    }

    /// That of a rollout among others.
    pub fn of_launch(
        model: &'a Model<'a>,
        strategy: &'a Strategy,
        launch: &'a Launch<'a>,
        queue: &'a mut Queue<Event>,
        observer: &'a mut impl RolloutObserver,
    ) -> Self {
        let (DrawSource::Trial(trial) | DrawSource::Revision { trial, .. }) = launch.draws;
        let mut context = Self::of_trial(model, strategy, trial, queue, observer);
        if let DrawSource::Revision { key, .. } = launch.draws {
            context.streams = Streams::in_stratum(model.plan.study.seed, mix(&[REVISION, key]), trial);
            context.kind = ChangeKind::Any;
        }
        context.defect = launch.defect.map(|defect| &model.plan.change.defects[defect]);
        context.defect_id = launch.defect;
        context.start_utc_ms = launch.start_utc_ms;
        context.launch = Some(launch);
        context
    }

    /// Has every scrape of a rule kept, until its alert is resolved, whether or not the rollout still listens. It changes
    /// nothing else.
    pub fn follow_alerts(&mut self, scrapes: &'a mut Vec<Scraped>) {
        self.follower = Some(scrapes);
    }

    /// Schedules an event; never before now.
    #[inline]
    pub fn schedule(&mut self, at_ms: u64, event: impl Into<Event>) {
        debug_assert!(at_ms >= self.now_ms, "no event lies in the past");
        self.queue.push(at_ms, event.into());
    }

    /// Something looks at so many hosts one by one, or remembers them: gives the rollout up beyond its budget, before the
    /// memory is taken.
    #[inline]
    pub fn looks_at_hosts(&mut self, hosts: u32, owner: Owner, key: &'static str) {
        self.looked_at_hosts += u64::from(hosts);
        if self.looked_at_hosts > budget::HOSTS_ONE_BY_ONE {
            let cause = Cause { owner, what: "in zones that are looked at host by host", key };
            budget::give_up(OverBudget { limit: budget::HOSTS_ONE_BY_ONE, of: "hosts", cause });
        }
    }

    /// Tells the observer, if it listens.
    #[inline]
    pub fn tell(&mut self, at_ms: u64, event: impl FnOnce() -> RolloutEvent) {
        if let Some(observer) = &mut self.observer {
            observer.observe(at_ms, event());
        }
    }

    /// Whether anybody listens to what is told.
    #[inline]
    pub fn is_told(&self) -> bool {
        self.observer.is_some()
    }

    /// Takes back what was told of later than now: the rollout stopped.
    pub fn retract(&mut self) {
        if let Some(observer) = &mut self.observer {
            observer.retract_after(self.now_ms);
        }
    }

    /// The next event, unless none is due by `until_ms`; sets the clock.
    #[inline]
    pub fn next(&mut self, until_ms: Option<u64>) -> Option<Event> {
        let next_ms = self.queue.next_at()?;
        if until_ms.is_some_and(|until_ms| next_ms > until_ms) {
            return None;
        }
        let (at_ms, event) = self.queue.pop()?;
        debug_assert!(at_ms >= self.now_ms, "no event lies in the past");
        self.now_ms = at_ms;
        Some(event)
    }
}

impl<'a> Context<'a> {
    /// The present instant.
    #[inline]
    pub fn now_ms(&self) -> u64 {
        self.now_ms
    }

    /// The present instant on the wall clock, in milliseconds after the UTC midnight before the rollout.
    #[inline]
    pub fn utc_ms(&self) -> u64 {
        self.start_utc_ms + self.now_ms
    }

    /// Whether somebody wants to see every scrape.
    #[inline]
    pub fn follows_alerts(&self) -> bool {
        self.follower.is_some()
    }

    /// Has every datapoint of an instance of an alarm kept that is visited. It changes nothing else.
    pub fn show_datapoints(&mut self, alarm: AlarmId, entity: u32, shown: &'a mut Vec<ShownDatapoint>) {
        self.shown = Some((alarm, entity, shown));
    }

    /// Whether the datapoints of that instance are kept.
    #[inline]
    pub fn shows(&self, alarm: AlarmId, entity: u32) -> bool {
        matches!(&self.shown, Some((shown, of, _)) if (*shown, *of) == (alarm, entity))
    }

    /// Keeps a datapoint of the instance that is shown.
    pub fn show(&mut self, datapoint: ShownDatapoint) {
        if let Some((_, _, shown)) = &mut self.shown {
            shown.push(datapoint);
        }
    }

    /// Keeps a scrape for whoever follows alerts.
    pub fn scraped(&mut self, scraped: impl FnOnce() -> Scraped) {
        if let Some(follower) = &mut self.follower {
            follower.push(scraped());
        }
    }

    /// Does something as if it were `at_ms`: only who follows alerts looks past the end of a rollout.
    pub fn as_if(&mut self, at_ms: u64, look: impl FnOnce(&mut Self)) {
        let now_ms = std::mem::replace(&mut self.now_ms, at_ms);
        look(self);
        self.now_ms = now_ms;
    }

    /// All zones of the fleet.
    pub fn zones(&self) -> IdRange<ZoneId> {
        self.plan.fleet.zones.ids()
    }

    /// The zones of a region.
    pub fn zones_of(&self, region: RegionId) -> IdRange<ZoneId> {
        self.region(region).zones.clone()
    }

    /// A zone as the plan has it.
    #[inline]
    pub fn zone(&self, zone: ZoneId) -> &'a Zone {
        &self.plan.fleet.zones[zone]
    }

    /// A region as the plan has it.
    #[inline]
    pub fn region(&self, region: RegionId) -> &'a Region {
        &self.plan.fleet.regions[region]
    }

    /// The region of a zone.
    #[inline]
    pub fn region_of(&self, zone: ZoneId) -> RegionId {
        self.zone(zone).region
    }

    /// A wave of the strategy.
    #[inline]
    pub fn wave(&self, wave: WaveId) -> &'a Wave {
        &self.strategy.waves[wave.index()]
    }

    /// The definition of an alarm.
    #[inline]
    pub fn alarm(&self, alarm: AlarmId) -> &'a Alarm {
        &self.plan.alarms[alarm]
    }

    /// The zones of the part of the fleet around a zone.
    #[inline]
    pub fn zones_around(&self, zone: ZoneId, within: Within) -> IdRange<ZoneId> {
        match within {
            Within::Zone => IdRange::one(zone),
            Within::Region => self.zones_of(self.region_of(zone)),
            Within::Service => self.zones(),
        }
    }

    /// Hosts of the part of the fleet around a zone.
    pub fn hosts_around(&self, zone: ZoneId, within: Within) -> u64 {
        match within {
            Within::Zone => u64::from(self.zone(zone).hosts),
            Within::Region => self.model.region_hosts[self.zone(zone).region],
            Within::Service => self.model.region_hosts.iter().sum(),
        }
    }

    /// How much more likely a request shows `sign` on an impaired host than on a healthy one.
    pub fn excess(&self, sign: Sign) -> f64 {
        self.defect.map_or(0.0, |defect| self.plan.fleet.excess(sign, &defect.symptom))
    }

    /// Share of the requests to an impaired host that get no good answer, on top of the background: they never arrive, or fail.
    pub fn harm(&self) -> f64 {
        self.defect.map_or(0.0, |defect| self.plan.fleet.harm(&defect.symptom))
    }

    /// Share of the requests to an impaired host that never arrive.
    #[inline]
    pub fn drop_ratio(&self) -> f64 {
        self.defect.map_or(0.0, |defect| defect.symptom.drop_ratio)
    }

    /// Whether the change brings a defect. One that the version before has makes no change bad.
    #[inline]
    pub fn is_bad(&self) -> bool {
        self.defect.is_some_and(|defect| !defect.is_cured_by_the_change())
    }

    /// Whether the fleet has a defect that the change takes away.
    #[inline]
    pub fn is_sick(&self) -> bool {
        self.defect.is_some_and(Defect::is_cured_by_the_change)
    }

    /// Whether somebody looks at how many hosts have the new version: the routes of requests, an alarm, a gate, or the defect.
    #[inline]
    pub fn counts_new_hosts(&self) -> bool {
        self.routed
            || self.newcomers
            || self.weighs_risk
            || self.defect.is_some_and(|defect| defect.condition.counts_hosts())
    }

    /// Whether impaired hosts serve nothing at all.
    #[inline]
    pub fn crashes(&self) -> bool {
        self.defect.is_some_and(|defect| defect.symptom.crash)
    }
}

/// The defect that a uniform draw stands for: by the probabilities of the catalogue.
fn pick_defect(plan: &Plan, u: f64) -> DefectId {
    let defects = &plan.change.defects;
    let mut sum = 0.0;
    let drawn = defects.find_id(|defect| {
        sum += defect.probability;
        u < sum
    });
    drawn.or_else(|| defects.ids().next_back()).expect("invariant: a change that may be bad has a catalogue")
}

/// Whether a strategy listens to an alarm, or a gate checks one, that looks at the hosts on the new version alone.
fn looks_at_newcomers(plan: &Plan, strategy: &Strategy) -> bool {
    let heard = strategy.alarms.iter().flat_map(|reported| plan.parts_of(reported)).copied();
    heard.chain(strategy.checked_alarms()).any(|alarm| plan.alarms[alarm].version == Version::New)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_stands_for_the_defect_in_whose_share_it_lies() {
        let mut plan = Plan::load("scenarios/small.toml").expect("a valid scenario");
        let count = plan.change.defects.len();
        assert!(count > 1, "there is something to choose from");
        for (id, share) in plan.change.defects.ids().zip((1..=count).map(|part| 1.0 / (1 << part) as f64)) {
            plan.change.defects[id].probability = share;
        }
        // Halves, quarters, eighths: the middle of each, and the very first and last.
        let mut from = 0.0;
        for (id, defect) in plan.change.defects.enumerate() {
            assert_eq!(pick_defect(&plan, from + defect.probability / 2.0), id);
            from += defect.probability;
        }
        assert_eq!(pick_defect(&plan, 0.0).index(), 0);
        assert_eq!(pick_defect(&plan, 1.0).index(), count - 1);
    }
}
