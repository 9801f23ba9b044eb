//! A rollout told event by event; runs of routine events become one line with counts.

use super::history::{EventRun, RolloutHistory, Routine};
use super::kinds::place_and_kind;
use super::names::PlanNames;
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
            _ => lines.extend(run.iter().map(|record| line(names, record))),
        }
    }
    lines
}

/// A run of routine events in one line: how many, where, until when.
fn summary(names: &PlanNames, kind: Routine, run: &[RolloutRecord]) -> String {
    let mut places = BTreeSet::new();
    let (mut started, mut done) = (0, 0);
    for record in run {
        match record.event {
            RolloutEvent::BatchStarted { zone, .. } | RolloutEvent::ZoneRollbackStarted { zone, .. } => {
                started += 1;
                places.insert(names.zone(zone));
            }
            RolloutEvent::BatchDone { zone, .. } | RolloutEvent::ZoneRollbackDone { zone } => {
                done += 1;
                places.insert(names.zone(zone));
            }
            RolloutEvent::HostImpaired { zone, .. } | RolloutEvent::HostHealed { zone, .. } => {
                places.insert(names.zone(zone));
            }
            RolloutEvent::Breach { alarm, entity, .. } => {
                places.insert(names.instance(alarm, entity));
            }
            _ => {}
        }
    }
    let places: Vec<String> = places.into_iter().collect();
    let (places, until) = (text::list(&places, 3), text::clock_ms(run[run.len() - 1].at_ms));
    let hosts = text::counted(run.len() as u64, "host");
    let what = match kind {
        Routine::Batch => format!("batches of {places}: {started} started, {done} done"),
        Routine::Impaired => format!("IMPAIRED: {hosts} of {places}"),
        Routine::Healed => format!("healed: {hosts} of {places}"),
        Routine::Breach => format!("{} breaches of {places}", text::count(run.len() as u64)),
        Routine::ZoneRollback => format!("zones going back: {started} started, {done} done, {places}"),
    };
    format!("{what}, until {until}")
}
