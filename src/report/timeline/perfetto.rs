//! A rollout as a trace that Perfetto opens: the rollout and each region are processes, zones and alarms lanes in them.
//!
//! Regions that the rollout never reached are left out. Harm is told by the film, deployments by the records.

use super::events::start_utc_ms;
use super::kinds::place_and_kind;
use super::names::{PlanNames, outcome as outcome_words};
use super::traced::{self, STORY, Traced, rollback_flows};
use crate::ids::RegionId;
use crate::plan::Plan;
use crate::report::fleet_film::{FilmState, FleetFilm};
use crate::report::perfetto::{PerfettoTrace, RankedName, TraceSlice, TrackUuid};
use crate::report::text;
use crate::rollout::RolloutEvent;
use std::mem::take;

/// Counters have at most so many changes.
const MOST_CHANGES: usize = 50_000;
const HOSTS: &str = "hosts";
const UPDATED: &str = "hosts on the new version";
const IMPAIRED: &str = "impaired hosts";

/// The trace, as the bytes of a file.
pub(super) fn bytes(traced: Traced) -> Vec<u8> {
    let plan = traced.names.plan;
    let film = FleetFilm::new(plan, traced.names.strategy, traced.outcome, traced.records);
    let mut places = traced::slices(&traced, &film);
    let mut trace = PerfettoTrace::new(start_utc_ms(traced.records));
    let rollout = trace.process("rollout");
    let mut process = |place: &(RegionId, _)| trace.process(&plan.fleet.regions[place.0].name);
    let regions: Vec<TrackUuid> = places.regions.iter().map(&mut process).collect();
    // Harm comes before alarms, alarms before what is done about them, also within an instant: flows are in that order.
    for (process, (_, slices)) in regions.iter().zip(&mut places.regions) {
        trace.lanes(*process, (2, "impaired"), take(&mut slices.impaired));
        trace.lanes(*process, (3, "alarms"), take(&mut slices.alarms));
    }
    trace.lanes(rollout, (1, "rollout"), vec![whole(&traced)]);
    trace.lanes(rollout, (2, "waves"), waves(&traced));
    trace.lanes(rollout, (4, "alarms of the service"), places.service_alarms);
    trace.lanes(rollout, (3, "response"), response(&traced, film.end_ms));
    trace.lanes(rollout, (5, "people"), people(&traced));
    instants(&mut trace, rollout, (6, "moments"), &moments(&traced));
    for (process, (_, slices)) in regions.iter().zip(&mut places.regions) {
        trace.lanes(*process, (1, "zones"), take(&mut slices.zones));
        instants(&mut trace, *process, (4, "events"), &slices.events);
    }
    let film = film.thinned(MOST_CHANGES);
    counters(&mut trace, rollout, plan, &film);
    for (process, (region, _)) in regions.iter().zip(&places.regions) {
        hosts_of_region(&mut trace, *process, plan, &film, *region);
    }
    trace.into_bytes()
}

fn instants(trace: &mut PerfettoTrace, process: TrackUuid, ranked: RankedName, all: &[(u64, String)]) {
    if all.is_empty() {
        return;
    }
    let track = trace.track(process, ranked);
    all.iter().for_each(|(at_ms, words)| trace.instant(track, *at_ms, words));
}

/// The rollout from its start to its end, with what makes it again.
fn whole(traced: &Traced) -> TraceSlice {
    let PlanNames { plan, strategy } = traced.names;
    let name = &plan.strategies[strategy].name;
    let slice = TraceSlice::new(0, traced.outcome.end_ms, format!("trial {} of {name}", traced.trial));
    let started = traced.records.first().map_or(String::new(), |record| traced.names.event(&record.event));
    slice
        .fact("scenario", plan.name.as_str())
        .fact("strategy", name.as_str())
        .fact("trial", traced.trial)
        .fact("seed", plan.study.seed.to_string())
        .fact("model", u64::from(crate::MODEL_VERSION))
        .fact("plan", plan.digest().to_string())
        .fact("start", started)
        .fact("outcome", outcome_words(traced.outcome))
        .fact("hosts", plan.fleet.hosts())
        .fact("zones", plan.fleet.zones.len() as u64)
        .fact("regions", plan.fleet.regions.len() as u64)
}

/// Waves, each with its deployments and its bake.
fn waves(traced: &Traced) -> Vec<TraceSlice> {
    let wave = |wave: &super::history::WaveHistory| {
        let mut slice = TraceSlice::new(wave.from_ms, wave.to_ms, traced.names.wave(wave.wave));
        slice = slice.fact("zones", wave.visits.len() as u64);
        for (from_ms, to_ms, name) in
            [(wave.from_ms, wave.bake_ms, "deploys"), (wave.bake_ms, wave.to_ms, "bakes")]
        {
            if to_ms > from_ms {
                // Both lie within the wave, one after the other.
                let _fits = slice.take(TraceSlice::new(from_ms, to_ms, name));
            }
        }
        slice
    };
    traced.history.waves.iter().map(wave).collect()
}

/// Harm that nobody has noticed (until `end_ms` if it is never noticed), the reaction to what was noticed, and the rollback.
fn response(traced: &Traced, end_ms: u64) -> Vec<TraceSlice> {
    let Traced { names, outcome, history, .. } = traced;
    let mut slices = Vec::new();
    if let Some(onset_ms) = outcome.onset_ms {
        let noticed = outcome.alarm_ms.filter(|at| *at >= onset_ms).or(history.remedy.map(|(at, _)| at));
        let until_ms = noticed.or(outcome.mitigated_ms).unwrap_or(end_ms);
        if until_ms > onset_ms {
            slices.push(TraceSlice::new(onset_ms, until_ms, "harm that nobody has noticed"));
        }
    }
    let stopped_ms = history.decided_ms.or(history.halted_ms);
    if let (Some(alarm_ms), Some(notice)) = (outcome.alarm_ms, outcome.notice) {
        let until_ms = stopped_ms.or(history.remedy.map(|(at, _)| at)).unwrap_or(alarm_ms);
        let name = format!("reaction to {}", names.plan.name_of(notice));
        let mut slice = TraceSlice::new(alarm_ms, until_ms, name);
        if notice.alarm().is_none() {
            slice.flows.push(STORY);
        }
        slices.push(slice);
    }
    if let Some(halted_ms) = history.halted_ms {
        slices.push(TraceSlice::new(halted_ms, halted_ms, "stop: all stays as it is"));
    }
    if let Some(decided_ms) = history.decided_ms {
        let back_ms = history.rolled_back.last().map_or(decided_ms, |(record, _)| record.at_ms);
        let hosts = text::counted(history.rollback_hosts, "host");
        let mut slice = TraceSlice::new(decided_ms, back_ms, format!("rollback of {hosts}"));
        slice = slice.fact("hosts", history.rollback_hosts).fact("zones", history.rollbacks.len() as u64);
        slice.flows = rollback_flows(history);
        slices.push(slice);
    }
    slices
}

/// What people do, until everything is as before.
fn people(traced: &Traced) -> Vec<TraceSlice> {
    let Some((from_ms, remedy)) = traced.history.remedy else { return Vec::new() };
    let until_ms = traced.outcome.restored_ms.or(traced.outcome.mitigated_ms).unwrap_or(from_ms);
    let words = traced.names.event(&RolloutEvent::RemedyStarted { remedy });
    vec![TraceSlice::new(from_ms, until_ms, words)]
}

/// What concerns the whole rollout and is no wave: alarms, decisions, gates, triggers.
fn moments(traced: &Traced) -> Vec<(u64, String)> {
    let is_one = |event: &RolloutEvent| {
        let is_wave = matches!(
            event,
            RolloutEvent::WaveStarted { .. }
                | RolloutEvent::WaveBakeStarted { .. }
                | RolloutEvent::WaveDone { .. }
        );
        place_and_kind(event).0 <= 1 && !is_wave
    };
    let told = traced.records.iter().filter(|record| is_one(&record.event));
    told.map(|record| (record.at_ms, traced.names.event(&record.event))).collect()
}

/// Hosts on the new version, impaired hosts and the share of traffic of the whole fleet.
fn counters(trace: &mut PerfettoTrace, rollout: TrackUuid, plan: &Plan, film: &FleetFilm) {
    let updated = trace.counter(rollout, (7, UPDATED), HOSTS);
    let impaired = trace.counter(rollout, (8, IMPAIRED), HOSTS);
    let traffic = trace.counter(rollout, (9, "share of traffic on the new version"), "%");
    let weights = traffic_weights(plan);
    let mut share = 0.0;
    let mut now = vec![FilmState::default(); film.zones.len()];
    let mut all = (0, 0);
    trace.count(updated, 0, 0);
    trace.count(impaired, 0, 0);
    trace.measure(traffic, 0, 0.0);
    for together in film.changes.chunk_by(|a, b| a.at_ms == b.at_ms) {
        let before = (all, share);
        for change in together {
            let old = std::mem::replace(&mut now[change.zone], change.now);
            all.0 = all.0 + u64::from(change.now.updated) - u64::from(old.updated);
            all.1 = all.1 + u64::from(change.now.impaired) - u64::from(old.impaired);
            let ppm = f64::from(change.now.traffic_ppm) - f64::from(old.traffic_ppm);
            share += ppm * weights[change.zone];
        }
        let at_ms = together[0].at_ms;
        if all.0 != before.0.0 {
            trace.count(updated, at_ms, all.0);
        }
        if all.1 != before.0.1 {
            trace.count(impaired, at_ms, all.1);
        }
        if share != before.1 {
            // Sums of shares come to whole numbers only almost.
            trace.measure(traffic, at_ms, libm::round(share / 10.0) / 1_000.0);
        }
    }
}

/// The part of the fleet's traffic that each zone serves; of hosts where there is no traffic.
fn traffic_weights(plan: &Plan) -> Vec<f64> {
    let fleet = &plan.fleet;
    let all = fleet.requests_per_second();
    let weight = |zone: &crate::plan::Zone| {
        if all > 0.0 {
            let region = &fleet.regions[zone.region];
            let of_region = f64::from(zone.hosts) / fleet.region_hosts(zone.region) as f64;
            region.requests_per_second / all * of_region
        } else {
            f64::from(zone.hosts) / fleet.hosts() as f64
        }
    };
    fleet.zones.iter().map(weight).collect()
}

/// Reads a number of hosts of a zone.
type HostsOf = fn(FilmState) -> u32;

/// Hosts on the new version and impaired hosts of one region.
fn hosts_of_region(
    trace: &mut PerfettoTrace,
    process: TrackUuid,
    plan: &Plan,
    film: &FleetFilm,
    region: RegionId,
) {
    let zones = &plan.fleet.regions[region].zones;
    let (Some(first), count) = (zones.at(0), zones.len()) else { return };
    let within = |zone: usize| (first.index()..first.index() + count).contains(&zone);
    let values: [(RankedName, HostsOf); 2] =
        [((5, UPDATED), |zone| zone.updated), ((6, IMPAIRED), |zone| zone.impaired)];
    for (ranked, of) in values {
        let changes = film.changes.iter().filter(|change| within(change.zone));
        let mut now = vec![0; count];
        let mut points: Vec<(u64, u64)> = vec![(0, 0)];
        for change in changes {
            now[change.zone - first.index()] = u64::from(of(change.now));
            let sum: u64 = now.iter().sum();
            match points.last_mut() {
                Some(last) if last.0 == change.at_ms => last.1 = sum,
                Some(last) if last.1 == sum => {}
                _ => points.push((change.at_ms, sum)),
            }
        }
        if points.iter().any(|(_, hosts)| *hosts > 0) {
            let counter = trace.counter(process, ranked, HOSTS);
            points.iter().for_each(|(at_ms, hosts)| trace.count(counter, *at_ms, *hosts));
        }
    }
}
