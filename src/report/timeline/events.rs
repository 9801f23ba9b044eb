//! A rollout told event by event; runs of routine events become one line with counts.

use super::history::{EventRun, RolloutHistory, Routine};
use super::kinds::{RoutineEvent, RoutinePlace, place_and_kind};
use super::names::PlanNames;
use crate::report::document::TimedLine;
use crate::report::text;
use crate::rollout::RolloutRecord;
use std::collections::BTreeSet;

/// Shorter runs of routine events are told one by one.
const FOLD_FROM: usize = 4;

/// A line: when, how deep, what.
pub(super) struct EventLine {
    pub at_ms: u64,
    pub depth: usize,
    pub words: String,
}

impl From<EventLine> for TimedLine {
    fn from(line: EventLine) -> Self {
        Self { when: text::clock_ms(line.at_ms), depth: line.depth, words: line.words }
    }
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
        let run = &records[run.clone()];
        match kind {
            Some(kind) if run.len() >= FOLD_FROM => {
                lines.push(EventLine { words: summary(names, *kind, run), ..line(names, &run[0]) });
            }
            Some(_) | None => lines.extend(run.iter().map(|record| line(names, record))),
        }
    }
    lines
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
    format!("{what}, until {}", text::clock_ms(run[run.len() - 1].at_ms))
}
