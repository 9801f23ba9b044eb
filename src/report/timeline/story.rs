//! One long rollout told in lines that fit a few screens: a line per region or zone of a wave, and every moment of the
//! incident in order. Formats what the history holds; the JSON lines keep every event.

use super::events::{EventLine, line as told};
use super::history::{Affected, BreachSeen, ImpairedTogether, Moment, RolloutHistory, Visit};
use super::names::PlanNames;
use crate::ids::RegionId;
use crate::outcome::Outcome;
use crate::report::text;
use crate::rollout::{RolloutEvent, RolloutRecord};
use std::collections::BTreeSet;

/// Waves with at most this many zones are told zone by zone.
const MOST_ZONES: usize = 8;
/// At most this many breaches between two moments are told one by one.
const MOST_BREACHES: usize = 4;
/// More regions than this that start at one instant share a line.
const MOST_TOGETHER: usize = 4;
/// Names listed before the rest is counted.
const MOST_NAMES: usize = 3;
/// Changes of who is impaired together that are told one by one.
const MOST_CHANGES: usize = 4;

/// The rollout as lines in order of time.
pub(super) fn lines(
    names: &PlanNames,
    outcome: &Outcome,
    records: &[RolloutRecord],
    history: &RolloutHistory,
) -> Vec<EventLine> {
    let ends = |wanted: fn(&RolloutEvent) -> bool| {
        records.iter().filter(move |record| wanted(&record.event)).map(|record| event(names, record))
    };
    let mut lines: Vec<EventLine> =
        ends(|event| matches!(event, RolloutEvent::RolloutStarted { .. })).collect();
    lines.extend(deployments(names, history, outcome.rollback_ms));
    // What causes something is told before it.
    lines.extend(triggers(names, history));
    lines.extend(incident(names, history));
    lines.extend(together(&history.together));
    lines.extend(violation(outcome));
    lines.extend(rollback(names, history));
    lines.extend(history.all_healed_ms.map(|at| line(at, 1, "no host is impaired any more".to_owned())));
    lines.extend(ends(|event| matches!(event, RolloutEvent::RolloutEnded { .. })));
    // Stable: lines of one instant keep the order above.
    lines.sort_by_key(|line| line.at_ms);
    lines
}

fn line(at_ms: u64, depth: usize, words: String) -> EventLine {
    EventLine { at_ms, depth, words }
}

/// One event, no deeper than a wave.
fn event(names: &PlanNames, record: &RolloutRecord) -> EventLine {
    let line = told(names, record);
    EventLine { depth: line.depth.min(1), ..line }
}

/// Waves, their bakes and what they deployed to.
fn deployments(names: &PlanNames, history: &RolloutHistory, stop_ms: Option<u64>) -> Vec<EventLine> {
    let mut lines = Vec::new();
    for wave in &history.waves {
        lines.extend(wave.bakes.iter().map(|record| event(names, record)));
        lines.push(line(wave.from_ms, 1, wave_words(names, wave.wave, &wave.visits)));
        lines.extend(places(names, &wave.visits, stop_ms));
    }
    lines
}

fn wave_words(names: &PlanNames, wave: u32, visits: &[Visit]) -> String {
    let regions: BTreeSet<RegionId> = visits.iter().map(|visit| names.region_of(visit.zone)).collect();
    format!(
        "wave {} starts: {} in {}",
        names.wave(wave),
        text::counted(visits.len() as u64, "zone"),
        text::counted(regions.len() as u64, "region")
    )
}

/// One line per zone of a small wave; else one per region, or per instant that starts many regions.
fn places(names: &PlanNames, visits: &[Visit], stop_ms: Option<u64>) -> Vec<EventLine> {
    if visits.len() <= MOST_ZONES {
        let line = |visit: &Visit| line(visit.from_ms, 2, zone_words(names, visit, stop_ms));
        return visits.iter().map(line).collect();
    }
    let mut regions: Vec<(RegionId, Vec<&Visit>)> = Vec::new();
    for visit in visits {
        let region = names.region_of(visit.zone);
        match regions.iter_mut().find(|(known, _)| *known == region) {
            Some((_, all)) => all.push(visit),
            None => regions.push((region, vec![visit])),
        }
    }
    let mut lines = Vec::new();
    for together in regions.chunk_by(|a, b| a.1[0].from_ms == b.1[0].from_ms) {
        let at = together[0].1[0].from_ms;
        let words = |names: &str, visits: &[&Visit]| line(at, 2, region_words(names, visits, stop_ms));
        if together.len() > MOST_TOGETHER {
            let regions: Vec<&str> = together.iter().map(|(region, _)| names.region(*region)).collect();
            let all: Vec<&Visit> = together.iter().flat_map(|(_, visits)| visits.clone()).collect();
            lines.push(words(&text::list(&regions, MOST_NAMES), &all));
        } else {
            lines.extend(together.iter().map(|(region, visits)| words(names.region(*region), visits)));
        }
    }
    lines
}

fn zone_words(names: &PlanNames, visit: &Visit, stop_ms: Option<u64>) -> String {
    let one_box = if visit.one_box { "one-box, then " } else { "" };
    let batches = match visit.batches {
        0 => "stopped before the first batch".to_owned(),
        1 => "1 batch".to_owned(),
        n => format!("{n} batches"),
    };
    format!("{}: {one_box}{batches}; {}", names.zone(visit.zone), progress(&[visit], stop_ms))
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

/// Harm, breaches, alarms and the decision.
fn incident(names: &PlanNames, history: &RolloutHistory) -> Vec<EventLine> {
    let mut lines = Vec::new();
    for moment in &history.incident {
        match moment {
            Moment::Single(record) => lines.push(event(names, record)),
            Moment::Impaired(hosts) => lines.push(affected(names, "IMPAIRED", " more", hosts)),
            Moment::Healed(hosts) => lines.push(affected(names, "healed", "", hosts)),
            Moment::Breaches { all, fired } => lines.extend(breaches(names, all, *fired)),
        }
    }
    lines
}

fn violation(outcome: &Outcome) -> Option<EventLine> {
    let what = match (outcome.two_regions_impaired, outcome.two_zones_impaired) {
        (true, true) => "two regions, and two zones of one region, are impaired in this rollout",
        (true, false) => "two regions are impaired at once",
        (false, _) => "two zones of one region are impaired at once",
    };
    outcome.first_violation_ms.map(|at| line(at, 1, format!("ISOLATION VIOLATED: {what}")))
}

/// What woke a dormant fault, a line an instant.
fn triggers(names: &PlanNames, history: &RolloutHistory) -> Vec<EventLine> {
    let told = |together: &Vec<&RolloutRecord>| match together.as_slice() {
        [only] => event(names, only),
        many => {
            let words = format!("TRIGGER: what wakes the fault reaches {} regions", many.len());
            line(many[0].at_ms, 1, words)
        }
    };
    history.triggers.iter().map(told).collect()
}

/// How many hosts a fault with conditions impairs together.
fn together(changes: &[ImpairedTogether]) -> Vec<EventLine> {
    let hosts = |change: &ImpairedTogether| text::counted(change.hosts, "host");
    let (told, more) = changes.split_at(changes.len().min(MOST_CHANGES));
    let change = |change: &ImpairedTogether| {
        let words = if change.hosts == 0 {
            "it impairs no host at the moment".to_owned()
        } else {
            let zones = text::counted(change.zones as u64, "zone");
            format!("IMPAIRED: {} in {zones} together", hosts(change))
        };
        line(change.at_ms, 1, words)
    };
    let mut lines: Vec<EventLine> = told.iter().map(change).collect();
    if let (Some(first), Some(last)) = (more.first(), more.last()) {
        let (count, until) = (more.len(), text::clock(last.at_ms));
        let words = format!("{count} more such changes until {until}, then {} impaired", hosts(last));
        lines.push(line(first.at_ms, 1, words));
    }
    lines
}

/// Hosts to which the same happened: how many, where, until when.
fn affected(
    names: &PlanNames,
    what: &str,
    more: &str,
    Affected { hosts, from_ms, to_ms, zones }: &Affected,
) -> EventLine {
    let regions: BTreeSet<RegionId> = zones.iter().map(|zone| names.region_of(*zone)).collect();
    let regions: Vec<&str> = regions.into_iter().map(|region| names.region(region)).collect();
    let regions = text::list(&regions, MOST_NAMES);
    let until = if to_ms > from_ms { format!(", until {}", text::clock(*to_ms)) } else { String::new() };
    let hosts = text::counted(*hosts, "host").replacen(" host", &format!("{more} host"), 1);
    let zones = text::counted(zones.len() as u64, "zone");
    line(*from_ms, 1, format!("{what}: {hosts} in {zones} of {regions}{until}"))
}

/// Breaches between two moments: one by one if few or of the alarm instance that fires, else in one line.
fn breaches(names: &PlanNames, all: &[BreachSeen], fired: Option<(u32, u32)>) -> Vec<EventLine> {
    let is_told = |seen: &&BreachSeen| all.len() <= MOST_BREACHES || fired == Some(seen.watch);
    let (told, rest): (Vec<&BreachSeen>, Vec<&BreachSeen>) = all.iter().partition(is_told);
    let one = |seen: &&BreachSeen| line(seen.at_ms, 1, names.breach(seen.watch, seen.counts));
    let mut lines: Vec<EventLine> = told.iter().map(one).collect();
    let (Some(first), Some(last)) = (rest.first(), rest.last()) else { return lines };
    let places: BTreeSet<String> = rest.iter().map(|seen| names.instance(seen.watch)).collect();
    let places = text::list(&places.into_iter().collect::<Vec<String>>(), MOST_NAMES);
    // Larger share of errors, compared without division.
    let share =
        |(_, errors): (u64, u64), (requests, _): (u64, u64)| u128::from(errors) * u128::from(requests);
    let counts = rest.iter().filter_map(|seen| seen.counts);
    let worst =
        counts.reduce(|worst, next| if share(next, worst) > share(worst, next) { next } else { worst });
    let worst = worst.map_or(String::new(), |(requests, errors)| {
        format!("; at worst {} failed of {}", text::count(errors), text::counted(requests, "request"))
    });
    let other = if fired.is_some() { " other" } else { "" };
    let count = text::count(rest.len() as u64);
    let noun = if rest.len() == 1 { "breach" } else { "breaches" };
    let until = text::clock(last.at_ms);
    lines.push(line(first.at_ms, 1, format!("{count}{other} {noun} of {places}, until {until}{worst}")));
    lines
}

/// Zones going back: one by one if few, else their number, the first and the last to be back.
fn rollback(names: &PlanNames, history: &RolloutHistory) -> Vec<EventLine> {
    let (begun, back) = (&history.rollbacks, &history.rolled_back);
    if begun.len() <= MOST_ZONES {
        let back = back.iter().map(|(record, _)| record);
        return begun.iter().chain(back).map(|record| event(names, record)).collect();
    }
    let (zones, hosts) = (begun.len() as u64, history.rollback_hosts);
    let words = format!("{} with {} go back", text::counted(zones, "zone"), text::counted(hosts, "host"));
    let mut lines = vec![line(begun[0].at_ms, 1, words)];
    let number =
        if back.len() == begun.len() { "the last".to_owned() } else { format!("number {}", back.len()) };
    for (ended, which) in [(back.first(), "the first"), (back.last(), number.as_str())] {
        lines.extend(ended.map(|(record, zone)| {
            let words = format!("{} is {which} zone back on the old version", names.zone(*zone));
            line(record.at_ms, 1, words)
        }));
    }
    lines
}
