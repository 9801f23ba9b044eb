//! A rollout told event by event; runs of routine events become one line with counts.

use super::history::{EventRun, RolloutHistory, Routine};
use super::kinds::{RoutineEvent, RoutinePlace, place_and_kind};
use super::names::{PlanNames, counts_words};
use crate::report::document::TimedLine;
use crate::report::text;
use crate::rollout::{RolloutEvent, RolloutRecord};
use std::collections::BTreeSet;

/// Shorter runs of routine events are told one by one.
const FOLD_FROM: usize = 4;

/// A line: when, how deep, what.
pub(super) struct EventLine {
    pub at_ms: u64,
    pub depth: usize,
    pub words: String,
}

impl EventLine {
    /// With the time since the rollout's start and the time of day, of a rollout that starts at `start_utc_ms`.
    pub fn timed(self, start_utc_ms: Option<u64>) -> TimedLine {
        let since = text::clock_ms(self.at_ms);
        let when = match start_utc_ms {
            Some(start) => format!("{since}  {}", text::time_of_day(start + self.at_ms)),
            None => since,
        };
        TimedLine { when, depth: self.depth, words: self.words }
    }
}

/// When the rollout starts, in milliseconds since a midnight UTC; none if its records do not say so.
pub(super) fn start_utc_ms(records: &[RolloutRecord]) -> Option<u64> {
    records.iter().find_map(|record| {
        let RolloutEvent::RolloutStarted { start_utc_ms, .. } = record.event else { return None };
        Some(start_utc_ms)
    })
}

/// One event as a line.
pub(super) fn line(names: &PlanNames, record: &RolloutRecord) -> EventLine {
    EventLine {
        at_ms: record.at_ms,
        depth: place_and_kind(&record.event).0,
        words: names.event(&record.event),
    }
}

/// Every event.
pub(super) fn lines(
    names: &PlanNames,
    records: &[RolloutRecord],
    history: &RolloutHistory,
) -> Vec<EventLine> {
    let mut lines = Vec::new();
    for EventRun { kind, records: run } in &history.runs {
        let first = run.start;
        let run = &records[run.clone()];
        match kind {
            Some(kind) if run.len() >= FOLD_FROM => {
                lines.push(EventLine { words: summary(names, *kind, run), ..line(names, &run[0]) });
            }
            Some(_) | None => {
                lines.extend(run.iter().map(|record| line(names, record)));
                // An alarm fires on what it saw last, which may have been folded away.
                if let [RolloutRecord { event: RolloutEvent::AlarmFired { alarm, entity }, .. }] = run {
                    let seen = last_seen(&records[..first], (*alarm, *entity));
                    let last = lines.last_mut().expect("invariant: the line of the alarm");
                    last.words.push_str(
                        &seen.map_or(String::new(), |seen| format!(", at last {}", counts_words(seen))),
                    );
                }
            }
        }
    }
    lines
}

/// Requests and failed ones of the last datapoint of an alarm instance that breached, where they are known.
fn last_seen(records: &[RolloutRecord], watch: (u32, u32)) -> Option<(u64, u64)> {
    let of_watch = |record: &RolloutRecord| {
        let RolloutEvent::Breach { alarm, entity, requests, errors } = record.event else { return None };
        ((alarm, entity) == watch).then_some(requests.zip(errors))
    };
    records.iter().rev().find_map(of_watch)?
}

/// A run of routine events in one line: how many, where, until when.
fn summary(names: &PlanNames, kind: Routine, run: &[RolloutRecord]) -> String {
    let events: Vec<RoutineEvent> = run.iter().filter_map(|record| place_and_kind(&record.event).1).collect();
    let place = |event: &RoutineEvent| match event.place {
        RoutinePlace::Zone(zone) => names.zone(zone),
        RoutinePlace::Watch(alarm, entity) => names.instance((alarm, entity)),
    };
    let places: BTreeSet<String> = events.iter().map(place).collect();
    let places = text::list(&places.into_iter().collect::<Vec<String>>(), 3);
    let started = events.iter().filter(|event| event.begins).count();
    let done = events.len() - started;
    let hosts = text::counted(run.len() as u64, "host");
    let what = match kind {
        Routine::Batch => format!("batches of {places}: {started} started, {done} done"),
        Routine::Impaired => format!("IMPAIRED: {hosts} of {places}"),
        Routine::Healed => format!("healed: {hosts} of {places}"),
        Routine::Breach => format!("{} breaches of {places}", text::count(run.len() as u64)),
        Routine::ZoneRollback => format!("zones going back: {started} started, {done} done, {places}"),
    };
    match run[run.len() - 1].at_ms {
        at if at == run[0].at_ms => what,
        last => format!("{what}, until {}", text::clock_ms(last)),
    }
}
