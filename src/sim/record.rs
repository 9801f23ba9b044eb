//! What a simulator tells whoever watches it. Every timeline, line of JSON and chart of one trial is a fold over these
//! records; the simulators never format them.

use serde::Serialize;

/// Receives what happened; times are milliseconds since the simulation's start.
pub trait Observer<E> {
    /// Whether records are wanted at all; when false, none is built.
    const ENABLED: bool = true;

    /// Takes one event. Some are announced before they happen, so calls are not in order of time.
    fn observe(&mut self, at_ms: u64, event: E);

    /// Takes back everything announced for later than `at_ms`: what was planned will not happen.
    fn retract_after(&mut self, at_ms: u64);
}

/// Ignores everything, at no cost.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl<E> Observer<E> for Silent {
    const ENABLED: bool = false;
    fn observe(&mut self, _at_ms: u64, _event: E) {}
    fn retract_after(&mut self, _at_ms: u64) {}
}

/// An event and when it happened.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Record<E> {
    /// Milliseconds since the simulation's start.
    pub at_ms: u64,
    /// What happened.
    #[serde(flatten)]
    pub event: E,
}

/// Keeps every event, for replays.
#[derive(Debug)]
pub struct Recorder<E> {
    records: Vec<Record<E>>,
}

impl<E> Default for Recorder<E> {
    fn default() -> Self {
        Self { records: Vec::new() }
    }
}

impl<E> Recorder<E> {
    /// The records in order of time; those of one instant keep the order of their causes.
    #[must_use]
    pub fn into_records(mut self) -> Vec<Record<E>> {
        self.records.sort_by_key(|record| record.at_ms);
        self.records
    }
}

impl<E> Observer<E> for Recorder<E> {
    fn observe(&mut self, at_ms: u64, event: E) {
        self.records.push(Record { at_ms, event });
    }

    fn retract_after(&mut self, at_ms: u64) {
        self.records.retain(|record| record.at_ms <= at_ms);
    }
}
