//! One long rollout told in lines that fit a few screens: a line per region or zone of a wave, and
//! every moment of the incident in order.
//!
//! Formats what the trace holds; the JSON lines of [`super::timeline`] keep every event.

use super::text;
use super::timeline::Teller;
use crate::outcome::Outcome;
use crate::rollout::{RolloutEvent as Event, RolloutRecord as Record};
use std::collections::{BTreeMap, BTreeSet};

/// Waves with at most this many zones are told zone by zone.
const MOST_ZONES: usize = 8;
/// At most this many breaches between two moments are told one by one.
const MOST_BREACHES: usize = 4;
/// More regions than this that start at one instant share a line.
const MOST_TOGETHER: usize = 4;
/// Names listed before the rest is counted.
const MOST_NAMES: usize = 3;
/// Changes of who suffers together that are told one by one.
const MOST_CHANGES: usize = 4;

/// A line: when, how deep, what.
pub(super) type Line = (u64, usize, String);

/// The rollout as lines in order of time.
pub(super) fn lines(teller: &Teller, outcome: &Outcome, records: &[Record]) -> Vec<Line> {
    let told = |wanted: fn(&Event) -> bool| {
        records.iter().filter(move |r| wanted(&r.event)).map(|r| (r.at_ms, 0, teller.tell(&r.event)))
    };
    let mut lines: Vec<Line> = told(|event| matches!(event, Event::RolloutStarted { .. })).collect();
    lines.extend(deployments(teller, records, outcome.rollback_ms));
    lines.extend(incident(teller, outcome, records));
    lines.extend(surroundings(teller, records));
    lines.extend(rollback(teller, records));
    lines.extend(all_healed(records));
    lines.extend(told(|event| matches!(event, Event::RolloutEnded { .. })));
    // Stable: lines of one instant keep the order above.
    lines.sort_by_key(|line| line.0);
    lines
}

/// What a wave did to one zone.
#[derive(Debug, Clone, Default)]
struct Visit {
    zone: u32,
    from_ms: u64,
    batches: u32,
    one_box: bool,
    hosts: u32,
    done_ms: Option<u64>,
}

/// Waves, their bakes and what they deployed to.
fn deployments(teller: &Teller, records: &[Record], stop_ms: Option<u64>) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut visits: Vec<Visit> = Vec::new();
    let mut started = None;
    let flush = |started: &mut Option<(u64, u32)>, visits: &mut Vec<Visit>, lines: &mut Vec<Line>| {
        if let Some((at, wave)) = started.take() {
            lines.push((at, 1, wave_words(teller, wave, visits)));
            lines.extend(places(teller, visits, stop_ms));
        }
        visits.clear();
    };
    for record in records {
        let at = record.at_ms;
        match record.event {
            Event::WaveStarted { wave } => {
                flush(&mut started, &mut visits, &mut lines);
                started = Some((at, wave));
            }
            Event::ZoneStarted { zone, .. } => visits.push(Visit { zone, from_ms: at, ..Visit::default() }),
            Event::BatchStarted { zone, one_box, .. } => update(&mut visits, zone, |visit| {
                visit.one_box |= one_box;
                visit.batches += u32::from(!one_box);
            }),
            Event::BatchDone { zone, hosts_done, .. } => {
                update(&mut visits, zone, |visit| visit.hosts = hosts_done);
            }
            Event::ZoneDone { zone } => update(&mut visits, zone, |visit| visit.done_ms = Some(at)),
            Event::WaveBakeStarted { .. } | Event::WaveDone { .. } => {
                lines.push((at, 1, teller.tell(&record.event)));
            }
            _ => {}
        }
    }
    flush(&mut started, &mut visits, &mut lines);
    lines
}

fn update(visits: &mut [Visit], zone: u32, change: impl FnOnce(&mut Visit)) {
    if let Some(visit) = visits.iter_mut().rev().find(|visit| visit.zone == zone) {
        change(visit);
    }
}

fn wave_words(teller: &Teller, wave: u32, visits: &[Visit]) -> String {
    let regions: BTreeSet<usize> = visits.iter().map(|visit| teller.region_of(visit.zone)).collect();
    format!(
        "wave {} starts: {} in {}",
        teller.wave(wave),
        text::counted(visits.len() as u64, "zone"),
        text::counted(regions.len() as u64, "region")
    )
}

/// One line per zone of a small wave; else one per region, or per instant that starts many regions.
fn places(teller: &Teller, visits: &[Visit], stop_ms: Option<u64>) -> Vec<Line> {
    if visits.len() <= MOST_ZONES {
        return visits.iter().map(|visit| (visit.from_ms, 2, zone_words(teller, visit, stop_ms))).collect();
    }
    let mut regions: Vec<(usize, Vec<&Visit>)> = Vec::new();
    for visit in visits {
        let region = teller.region_of(visit.zone);
        match regions.iter_mut().find(|(known, _)| *known == region) {
            Some((_, all)) => all.push(visit),
            None => regions.push((region, vec![visit])),
        }
    }
    let mut lines = Vec::new();
    for together in regions.chunk_by(|a, b| a.1[0].from_ms == b.1[0].from_ms) {
        let at = together[0].1[0].from_ms;
        let line = |names: &str, visits: &[&Visit]| (at, 2, region_words(names, visits, stop_ms));
        if together.len() > MOST_TOGETHER {
            let names: Vec<&str> = together.iter().map(|(region, _)| teller.region(*region)).collect();
            let all: Vec<&Visit> = together.iter().flat_map(|(_, visits)| visits.clone()).collect();
            lines.push(line(&text::list(&names, MOST_NAMES), &all));
        } else {
            lines.extend(together.iter().map(|(region, visits)| line(teller.region(*region), visits)));
        }
    }
    lines
}

fn zone_words(teller: &Teller, visit: &Visit, stop_ms: Option<u64>) -> String {
    let one_box = if visit.one_box { "one-box, then " } else { "" };
    let batches = match visit.batches {
        0 => "stopped before the first batch".to_owned(),
        1 => "1 batch".to_owned(),
        n => format!("{n} batches"),
    };
    format!("{}: {one_box}{batches}; {}", teller.zone(visit.zone), progress(&[visit], stop_ms))
}

fn region_words(names: &str, visits: &[&Visit], stop_ms: Option<u64>) -> String {
    let zones = text::counted(visits.len() as u64, "zone");
    format!("{names}: {zones}; {}", progress(visits, stop_ms))
}

/// "160 hosts, done at 0d 05:05:58", or how far it got.
fn progress(visits: &[&Visit], stop_ms: Option<u64>) -> String {
    let hosts = text::counted(visits.iter().map(|visit| u64::from(visit.hosts)).sum(), "host");
    let done = visits.iter().filter(|visit| visit.done_ms.is_some()).count();
    let last = visits.iter().filter_map(|visit| visit.done_ms).max();
    match (last, stop_ms) {
        (Some(last), _) if done == visits.len() => format!("{hosts}, done at {}", text::clock(last)),
        (_, Some(stop)) if visits.len() == 1 => {
            format!("{hosts} on the new version when stopped at {}", text::clock(stop))
        }
        (_, Some(stop)) => format!(
            "{hosts} on the new version and {done} of {} zones done when stopped at {}",
            visits.len(),
            text::clock(stop)
        ),
        _ => format!("{hosts} on the new version"),
    }
}

/// The moments at which the last impaired host was healed.
fn all_healed(records: &[Record]) -> Vec<Line> {
    let mut impaired = 0_u64;
    let mut lines = Vec::new();
    for record in records {
        match record.event {
            Event::HostImpaired { .. } => impaired += 1,
            Event::HostHealed { .. } => {
                impaired = impaired.saturating_sub(1);
                if impaired == 0 {
                    lines.push((record.at_ms, 1, "no host is impaired any more".to_owned()));
                }
            }
            _ => {}
        }
    }
    // A rollback may heal hosts faster than others fall ill: only the last time counts.
    lines.pop().into_iter().collect()
}

/// Harm, breaches, alarms, violations and the decision.
fn incident(teller: &Teller, outcome: &Outcome, records: &[Record]) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut hurt = Spread::default();
    let mut healed = Spread::default();
    let mut breaches: Vec<(u64, &Event)> = Vec::new();
    let mut any = false;
    for record in records {
        let (at, event) = (record.at_ms, &record.event);
        match event {
            Event::HostImpaired { zone, .. } => {
                if any {
                    hurt.add(teller, at, *zone);
                } else {
                    any = true;
                    tell_breaches(teller, &mut breaches, None, &mut lines);
                    lines.push((at, 1, teller.tell(event)));
                }
            }
            Event::HostHealed { zone, .. } => healed.add(teller, at, *zone),
            Event::Breach { .. } => breaches.push((at, event)),
            Event::WaveStarted { .. }
            | Event::WaveBakeStarted { .. }
            | Event::WaveDone { .. }
            | Event::RolloutEnded { .. } => {
                tell_breaches(teller, &mut breaches, None, &mut lines);
                hurt.flush(&mut lines, "IMPAIRED");
            }
            Event::AlarmFired { alarm, entity } => {
                hurt.flush(&mut lines, "IMPAIRED");
                tell_breaches(teller, &mut breaches, Some((*alarm, *entity)), &mut lines);
                lines.push((at, 0, teller.tell(event)));
            }
            Event::RollbackDecided { .. }
            | Event::Halted { .. }
            | Event::AlarmIgnored { .. }
            | Event::RemedyStarted { .. } => {
                hurt.flush(&mut lines, "IMPAIRED");
                tell_breaches(teller, &mut breaches, None, &mut lines);
                lines.push((at, 0, teller.tell(event)));
            }
            Event::WaveBlocked { .. } | Event::WentDark { .. } => lines.push((at, 1, teller.tell(event))),
            _ => {}
        }
    }
    hurt.flush(&mut lines, "IMPAIRED");
    healed.flush(&mut lines, "healed");
    tell_breaches(teller, &mut breaches, None, &mut lines);
    if let Some(at) = outcome.first_violation_ms {
        let what = match (outcome.two_regions_impaired, outcome.two_zones_impaired) {
            (true, true) => "two regions, and two zones of one region, suffer in this rollout",
            (true, false) => "two regions suffer at once",
            _ => "two zones of one region suffer at once",
        };
        lines.push((at, 1, format!("ISOLATION VIOLATED: {what}")));
    }
    lines
}

/// What woke a dormant fault, and how many hosts suffered together from one with conditions.
fn surroundings(teller: &Teller, records: &[Record]) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut suffering: BTreeMap<u32, u32> = BTreeMap::new();
    let mut changes: Vec<(u64, u64, usize)> = Vec::new();
    for together in records.chunk_by(|a, b| a.at_ms == b.at_ms) {
        let at = together[0].at_ms;
        let triggered: Vec<&Event> =
            together.iter().map(|r| &r.event).filter(|e| matches!(e, Event::Triggered { .. })).collect();
        match triggered.as_slice() {
            [] => {}
            [only] => lines.push((at, 1, teller.tell(only))),
            many => {
                lines.push((at, 1, format!("TRIGGER: what wakes the fault reaches {} regions", many.len())));
            }
        }
        let mut changed = false;
        for record in together {
            if let Event::ZoneSuffers { zone, hosts } = record.event {
                suffering.insert(zone, hosts);
                changed = true;
            }
        }
        if changed {
            let hosts = suffering.values().map(|&hosts| u64::from(hosts)).sum();
            changes.push((at, hosts, suffering.values().filter(|&&hosts| hosts > 0).count()));
        }
    }
    let told = changes.len().min(MOST_CHANGES);
    for &(at, hosts, zones) in &changes[..told] {
        let words = if hosts == 0 {
            "nobody suffers from it at the moment".to_owned()
        } else {
            let (hosts, zones) = (text::counted(hosts, "host"), text::counted(zones as u64, "zone"));
            format!("IMPAIRED: {hosts} in {zones} suffer together")
        };
        lines.push((at, 1, words));
    }
    if let Some(&(last, hosts, _)) = changes.last().filter(|_| changes.len() > told) {
        let more = changes.len() - told;
        let hosts = text::counted(hosts, "host");
        let first = changes[told].0;
        lines.push((
            first,
            1,
            format!("{more} more such changes until {}, then {hosts} suffer", text::clock(last)),
        ));
    }
    lines
}

/// Hosts that changed since the last moment told, and where.
#[derive(Debug, Default)]
struct Spread {
    hosts: u64,
    from_ms: u64,
    to_ms: u64,
    zones: BTreeSet<u32>,
    regions: BTreeMap<usize, String>,
}

impl Spread {
    fn add(&mut self, teller: &Teller, at: u64, zone: u32) {
        if self.hosts == 0 {
            self.from_ms = at;
        }
        self.hosts += 1;
        self.to_ms = at;
        self.zones.insert(zone);
        let region = teller.region_of(zone);
        self.regions.entry(region).or_insert_with(|| teller.region(region).to_owned());
    }

    fn flush(&mut self, lines: &mut Vec<Line>, what: &str) {
        if self.hosts == 0 {
            return;
        }
        let names: Vec<&str> = self.regions.values().map(String::as_str).collect();
        let more = if what == "IMPAIRED" { " more" } else { "" };
        let until = if self.to_ms > self.from_ms {
            format!(", until {}", text::clock(self.to_ms))
        } else {
            String::new()
        };
        let hosts = text::counted(self.hosts, "host").replacen(" host", &format!("{more} host"), 1);
        let zones = text::counted(self.zones.len() as u64, "zone");
        let line = format!("{what}: {hosts} in {zones} of {}{until}", text::list(&names, MOST_NAMES));
        lines.push((self.from_ms, 1, line));
        *self = Self::default();
    }
}

/// Breaches since the last moment: one by one if few or of the alarm instance that fires, else in one line.
fn tell_breaches(
    teller: &Teller,
    breaches: &mut Vec<(u64, &Event)>,
    fires: Option<(u32, u32)>,
    lines: &mut Vec<Line>,
) {
    let is_few = breaches.len() <= MOST_BREACHES;
    let mut rest: Vec<(u64, &Event)> = Vec::new();
    for (at, event) in breaches.drain(..) {
        let key = match event {
            Event::Breach { alarm, entity, .. } => Some((*alarm, *entity)),
            _ => None,
        };
        if is_few || (fires.is_some() && key == fires) {
            lines.push((at, 1, teller.tell(event)));
        } else {
            rest.push((at, event));
        }
    }
    let Some(&(first, _)) = rest.first() else { return };
    let mut places = BTreeSet::new();
    let mut worst: Option<(u64, u64)> = None;
    for (_, event) in &rest {
        let Event::Breach { alarm, entity, requests, errors } = event else { continue };
        places.insert(format!("{} at {}", teller.alarm(*alarm), teller.entity(*alarm, *entity)));
        if let (Some(requests), Some(errors)) = (requests, errors) {
            // Larger share of errors, compared without division.
            let is_worse = worst.is_none_or(|(r, e)| {
                u128::from(*errors) * u128::from(r) > u128::from(e) * u128::from(*requests)
            });
            if is_worse {
                worst = Some((*requests, *errors));
            }
        }
    }
    let names: Vec<&str> = places.iter().map(String::as_str).collect();
    let worst = worst.map_or(String::new(), |(requests, errors)| {
        format!("; at worst {} failed of {}", text::count(errors), text::counted(requests, "request"))
    });
    let other = if fires.is_some() { " other" } else { "" };
    let last = text::clock(rest[rest.len() - 1].0);
    let count = text::count(rest.len() as u64);
    let names = text::list(&names, MOST_NAMES);
    let noun = if rest.len() == 1 { "breach" } else { "breaches" };
    lines.push((first, 1, format!("{count}{other} {noun} of {names}, until {last}{worst}")));
}

/// Zones going back: one by one if few, else their number, the first and the last to be back.
fn rollback(teller: &Teller, records: &[Record]) -> Vec<Line> {
    let begun: Vec<&Record> =
        records.iter().filter(|r| matches!(r.event, Event::ZoneRollbackStarted { .. })).collect();
    let back: Vec<(u64, u32)> = records
        .iter()
        .filter_map(|r| match r.event {
            Event::ZoneRollbackDone { zone } => Some((r.at_ms, zone)),
            _ => None,
        })
        .collect();
    if begun.len() <= MOST_ZONES {
        let done = records.iter().filter(|r| matches!(r.event, Event::ZoneRollbackDone { .. }));
        return begun.into_iter().chain(done).map(|r| (r.at_ms, 1, teller.tell(&r.event))).collect();
    }
    let hosts: u64 = begun
        .iter()
        .map(|r| if let Event::ZoneRollbackStarted { hosts, .. } = r.event { u64::from(hosts) } else { 0 })
        .sum();
    let mut lines = vec![(
        begun[0].at_ms,
        1,
        format!(
            "{} with {} go back",
            text::counted(begun.len() as u64, "zone"),
            text::counted(hosts, "host")
        ),
    )];
    if let Some(&(at, zone)) = back.first() {
        lines.push((at, 1, format!("{} is the first zone back on the old version", teller.zone(zone))));
    }
    if let Some(&(at, zone)) = back.last() {
        let all =
            if back.len() == begun.len() { "the last".to_owned() } else { format!("number {}", back.len()) };
        lines.push((at, 1, format!("{} is {all} zone back on the old version", teller.zone(zone))));
    }
    lines
}
