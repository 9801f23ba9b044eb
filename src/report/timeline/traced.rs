//! What a trace shows of regions: deployments to zones with their batches and bakes, rollbacks, harm, what alarms saw.
//!
//! Makes slices of records; where they stand is `perfetto`'s.

use super::history::RolloutHistory;
use super::kinds::place_and_kind;
use super::names::PlanNames;
use crate::ids::{AlarmId, RegionId, ZoneId};
use crate::outcome::{Notice, Outcome};
use crate::plan::{Plan, Scope};
use crate::report::fleet_film::FleetFilm;
use crate::report::perfetto::{FlowId, TraceSlice};
use crate::report::text;
use crate::rollout::{DarkPlace, RolloutEvent, RolloutRecord};
use std::collections::BTreeMap;

/// From the first impaired host to the alarm, to the rollback, to the zone that is back last.
pub(super) const STORY: FlowId = FlowId(1);
/// Of each zone that goes back, from the decision: this one and those after it.
const ZONES_BACK: u64 = 2;

/// One trial, to be made a trace of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Traced<'r> {
    pub names: PlanNames<'r>,
    pub trial: u64,
    pub outcome: &'r Outcome,
    pub records: &'r [RolloutRecord],
    pub history: &'r RolloutHistory<'r>,
}

/// What there is to show of one region.
#[derive(Debug, Default)]
pub(super) struct PlaceSlices {
    /// Deployments to zones and their rollbacks.
    pub zones: Vec<TraceSlice>,
    /// When hosts of a zone were impaired.
    pub impaired: Vec<TraceSlice>,
    /// When alarms over it, or over its zones, saw something.
    pub alarms: Vec<TraceSlice>,
    /// What else happened at its zones.
    pub events: Vec<(u64, String)>,
}

/// What there is to show of all regions.
#[derive(Debug, Default)]
pub(super) struct AllSlices {
    /// Regions of which there is something, in the order in which it came.
    pub regions: Vec<(RegionId, PlaceSlices)>,
    index: BTreeMap<RegionId, usize>,
    /// When alarms over all of it saw something.
    pub service_alarms: Vec<TraceSlice>,
}

impl AllSlices {
    fn of(&mut self, region: RegionId) -> &mut PlaceSlices {
        let index = *self.index.entry(region).or_insert_with(|| {
            self.regions.push((region, PlaceSlices::default()));
            self.regions.len() - 1
        });
        &mut self.regions[index].1
    }
}

/// The flows from the decision to the zones that go back: the story to the last of them, others to the others.
pub(super) fn rollback_flows(history: &RolloutHistory) -> Vec<FlowId> {
    let last = history.rolled_back.last().map(|(_, zone)| *zone);
    let others = history.rollbacks.iter().filter_map(|record| match record.event {
        RolloutEvent::ZoneRollbackStarted { zone, .. } if Some(zone) != last => Some(zone),
        _ => None,
    });
    std::iter::once(STORY).chain(others.map(|zone| FlowId(ZONES_BACK + u64::from(zone)))).collect()
}

/// The slices of all regions.
pub(super) fn slices(traced: &Traced, film: &FleetFilm) -> AllSlices {
    let plan = traced.names.plan;
    let history = traced.history;
    let stopped_ms = history.decided_ms.or(history.halted_ms).or(history.remedy.map(|(at, _)| at));
    let mut fold = PlaceFold {
        traced,
        stopped_ms: stopped_ms.unwrap_or(history.end_ms),
        last_back: history.rolled_back.last().map(|(_, zone)| *zone),
        all: AllSlices::default(),
        visits: BTreeMap::new(),
        backs: BTreeMap::new(),
        watches: BTreeMap::new(),
    };
    traced.records.iter().for_each(|record| fold.take(record));
    let mut all = fold.finish();
    for (zone, slice) in impaired(traced, film) {
        all.of(region_of(plan, zone)).impaired.push(slice);
    }
    all
}

fn region_of(plan: &Plan, zone: usize) -> RegionId {
    plan.fleet.zones[ZoneId::new(zone)].region
}

/// When hosts of each zone are impaired, and how many at most.
fn impaired(traced: &Traced, film: &FleetFilm) -> Vec<(usize, TraceSlice)> {
    let mut open: BTreeMap<usize, (u64, u32)> = BTreeMap::new();
    let mut slices = Vec::new();
    let mut is_first = true;
    let mut close = |zone: usize, (from_ms, most): (u64, u32), to_ms: u64| {
        let (name, hosts) = (traced.names.zone(zone as u32), text::counted(u64::from(most), "host"));
        let mut slice = TraceSlice::new(from_ms, to_ms, format!("{hosts} of {name} impaired"));
        slice = slice.fact("zone", name).fact("hosts at most", u64::from(most));
        if traced.outcome.onset_ms == Some(from_ms) && std::mem::take(&mut is_first) {
            slice.flows.push(STORY);
        }
        slices.push((zone, slice));
    };
    for change in &film.changes {
        let hosts = change.now.impaired;
        if hosts > 0 {
            let since = open.entry(change.zone).or_insert((change.at_ms, hosts));
            since.1 = since.1.max(hosts);
        } else if let Some(since) = open.remove(&change.zone) {
            close(change.zone, since, change.at_ms);
        }
    }
    open.into_iter().for_each(|(zone, since)| close(zone, since, film.end_ms));
    slices
}

/// A deployment to a zone that goes on.
#[derive(Debug)]
struct OpenVisit {
    wave: u32,
    from_ms: u64,
    /// The last that was told of it.
    last_ms: u64,
    /// Batches that began: when, what they are, whether they are the one-box.
    batches: Vec<(u64, String, bool)>,
    bake: Option<(u64, bool)>,
    parts: Vec<TraceSlice>,
}

/// What one instance of an alarm sees.
#[derive(Debug, Clone, Copy)]
struct OpenWatch {
    from_ms: u64,
    last_ms: u64,
    breaches: u64,
}

struct PlaceFold<'t, 'r> {
    traced: &'t Traced<'r>,
    /// When the rollout stopped, or ended.
    stopped_ms: u64,
    /// The zone that is back last.
    last_back: Option<u32>,
    all: AllSlices,
    visits: BTreeMap<u32, OpenVisit>,
    /// Zones that go back: since when, and how many hosts.
    backs: BTreeMap<u32, (u64, u32)>,
    watches: BTreeMap<(u32, u32), OpenWatch>,
}

impl PlaceFold<'_, '_> {
    fn take(&mut self, record: &RolloutRecord) {
        let at = record.at_ms;
        match record.event {
            RolloutEvent::ZoneStarted { wave, zone } => {
                self.leave(zone);
                let visit = OpenVisit {
                    wave,
                    from_ms: at,
                    last_ms: at,
                    batches: Vec::new(),
                    bake: None,
                    parts: Vec::new(),
                };
                self.visits.insert(zone, visit);
            }
            RolloutEvent::BatchStarted { zone, hosts, one_box } => self.visit(zone, at, |visit| {
                visit.bakes_until(at);
                let what = if one_box { "one-box" } else { "batch" };
                let name = format!("{what} of {}", text::counted(u64::from(hosts), "host"));
                visit.batches.push((at, name, one_box));
            }),
            RolloutEvent::BatchDone { zone, one_box, .. } => self.visit(zone, at, |visit| {
                if let Some(index) = visit.batches.iter().position(|(_, _, is)| *is == one_box) {
                    let (from_ms, name, _) = visit.batches.remove(index);
                    visit.parts.push(TraceSlice::new(from_ms, at, name));
                }
            }),
            RolloutEvent::ZoneBakeStarted { zone, one_box } => {
                self.visit(zone, at, |visit| visit.bake = Some((at, one_box)));
            }
            RolloutEvent::ZoneDone { zone } => {
                self.visit(zone, at, |visit| visit.bakes_until(at));
                self.close(zone, at);
            }
            RolloutEvent::ZoneRollbackStarted { zone, hosts } => {
                self.leave(zone);
                self.backs.insert(zone, (at, hosts));
            }
            RolloutEvent::ZoneRollbackDone { zone } => self.is_back(zone, at),
            RolloutEvent::Breach { alarm, entity, .. } => self.breach(at, (alarm, entity)),
            RolloutEvent::AlarmFired { alarm, entity } => self.fires(at, (alarm, entity)),
            RolloutEvent::HostsFailed { zone, .. }
            | RolloutEvent::PastWaves { zone, .. }
            | RolloutEvent::HostsStay { zone, .. }
            | RolloutEvent::TrafficSwitched { zone, .. } => self.event(record, zone),
            RolloutEvent::WentDark { place } => match place {
                DarkPlace::Zone(zone) => self.event(record, zone.number()),
                DarkPlace::Region(region) => self.event_of(record, region),
            },
            RolloutEvent::Triggered { region } | RolloutEvent::Withdrawn { region } => {
                self.event_of(record, RegionId::new(region as usize));
            }
            // What is left is told of the whole rollout, or by the film.
            _ => debug_assert!(is_told_elsewhere(&record.event), "{record:?}"),
        }
    }

    fn visit(&mut self, zone: u32, at_ms: u64, change: impl FnOnce(&mut OpenVisit)) {
        if let Some(visit) = self.visits.get_mut(&zone) {
            visit.last_ms = at_ms;
            change(visit);
        }
    }

    /// A visit that was not finished ends with the rollout's stop.
    fn leave(&mut self, zone: u32) {
        let Some(visit) = self.visits.get_mut(&zone) else { return };
        let to_ms = visit.last_ms.max(self.stopped_ms.min(self.traced.history.end_ms));
        visit.bakes_until(to_ms);
        for (from_ms, name, _) in std::mem::take(&mut visit.batches) {
            visit.parts.push(TraceSlice::new(from_ms, to_ms, format!("{name}, stopped")));
        }
        self.close(zone, to_ms);
    }

    fn close(&mut self, zone: u32, to_ms: u64) {
        let Some(visit) = self.visits.remove(&zone) else { return };
        let names = &self.traced.names;
        let name = names.zone(zone);
        let mut slice = TraceSlice::new(visit.from_ms, to_ms, name.as_str());
        slice = slice.fact("wave", names.wave(visit.wave)).fact("zone", name.as_str());
        slice = slice.fact("hosts", u64::from(names.plan.fleet.zones[ZoneId::new(zone as usize)].hosts));
        let mut parts = visit.parts;
        parts.sort_by_key(|part| (part.from_ms, part.to_ms));
        let zones = &mut self.all.of(region_of(names.plan, zone as usize)).zones;
        for part in parts {
            // Batches that run beside each other stand beside the zone.
            if let Err(mut beside) = slice.take(part) {
                beside.name = format!("{name}: {}", beside.name);
                zones.push(*beside);
            }
        }
        zones.push(slice);
    }

    fn is_back(&mut self, zone: u32, at: u64) {
        let Some((from_ms, hosts)) = self.backs.remove(&zone) else { return };
        let name = self.traced.names.zone(zone);
        let hosts_words = text::counted(u64::from(hosts), "host");
        let mut slice = TraceSlice::new(from_ms, at, format!("{name} goes back: {hosts_words}"));
        slice = slice.fact("zone", name).fact("hosts", u64::from(hosts));
        let is_last = self.last_back == Some(zone);
        slice.ends.push(if is_last { STORY } else { FlowId(ZONES_BACK + u64::from(zone)) });
        self.all.of(region_of(self.traced.names.plan, zone as usize)).zones.push(slice);
    }

    /// Datapoints that breach so close to each other that the alarm looks at both are of one stretch.
    fn breach(&mut self, at_ms: u64, watch: (u32, u32)) {
        let alarm = &self.traced.names.plan.alarms[AlarmId::new(watch.0 as usize)];
        let together_ms = u64::from(alarm.window.max(2)) * alarm.period_ms;
        if self.watches.get(&watch).is_some_and(|open| at_ms > open.last_ms + together_ms) {
            self.quiet(watch);
        }
        let from_ms = at_ms.saturating_sub(alarm.period_ms);
        let open = self.watches.entry(watch).or_insert(OpenWatch { from_ms, last_ms: at_ms, breaches: 0 });
        open.last_ms = at_ms;
        open.breaches += 1;
    }

    fn quiet(&mut self, watch: (u32, u32)) {
        let Some(open) = self.watches.remove(&watch) else { return };
        let name = format!("{} breaches", self.traced.names.instance(watch));
        let slice = TraceSlice::new(open.from_ms, open.last_ms, name).fact("datapoints", open.breaches);
        self.alarms_of(watch).push(slice);
    }

    /// An alarm that the rollout reacts to fires until it does.
    fn fires(&mut self, at_ms: u64, watch: (u32, u32)) {
        self.quiet(watch);
        let outcome = self.traced.outcome;
        let acted_on = outcome.notice == Some(Notice::Alarm(AlarmId::new(watch.0 as usize)))
            && outcome.alarm_ms == Some(at_ms);
        let to_ms = if acted_on { self.stopped_ms } else { at_ms };
        let name = format!("{} fires", self.traced.names.instance(watch));
        let mut slice = TraceSlice::new(at_ms, to_ms, name);
        slice = slice.fact("alarm", self.traced.names.alarm(watch.0));
        if acted_on {
            slice.flows.push(STORY);
        }
        self.alarms_of(watch).push(slice);
    }

    fn alarms_of(&mut self, (alarm, entity): (u32, u32)) -> &mut Vec<TraceSlice> {
        let plan = self.traced.names.plan;
        match plan.alarms[AlarmId::new(alarm as usize)].scope {
            Scope::OneBox | Scope::Zone => &mut self.all.of(region_of(plan, entity as usize)).alarms,
            Scope::Region => &mut self.all.of(RegionId::new(entity as usize)).alarms,
            Scope::Service => &mut self.all.service_alarms,
        }
    }

    fn event(&mut self, record: &RolloutRecord, zone: u32) {
        self.event_of(record, region_of(self.traced.names.plan, zone as usize));
    }

    fn event_of(&mut self, record: &RolloutRecord, region: RegionId) {
        let words = self.traced.names.event(&record.event);
        self.all.of(region).events.push((record.at_ms, words));
    }

    fn finish(mut self) -> AllSlices {
        let open: Vec<u32> = self.visits.keys().copied().collect();
        open.into_iter().for_each(|zone| self.leave(zone));
        let back: Vec<u32> = self.backs.keys().copied().collect();
        back.into_iter().for_each(|zone| self.is_back(zone, self.traced.history.end_ms));
        let watches: Vec<(u32, u32)> = self.watches.keys().copied().collect();
        watches.into_iter().for_each(|watch| self.quiet(watch));
        self.all
    }
}

impl OpenVisit {
    /// A bake that goes on ends.
    fn bakes_until(&mut self, at_ms: u64) {
        if let Some((from_ms, one_box)) = self.bake.take() {
            let name = if one_box { "one-box bakes" } else { "bakes" };
            self.parts.push(TraceSlice::new(from_ms, at_ms, name));
        }
    }
}

/// Whether an event is a moment of the whole rollout, or harm.
fn is_told_elsewhere(event: &RolloutEvent) -> bool {
    let is_harm = matches!(
        event,
        RolloutEvent::HostImpaired { .. }
            | RolloutEvent::HostHealed { .. }
            | RolloutEvent::ZoneImpaired { .. }
    );
    is_harm || place_and_kind(event).0 <= 1
}
