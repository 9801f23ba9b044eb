//! What a horizon tells an observer: the facts that diagrams and stories of one pipeline are folds over.
//!
//! The line and production say each fact once, in a line of their own; nothing here decides anything, and a horizon
//! that nobody observes builds no event.

use super::World;
use super::production::{WaveRun, Why};
use super::revision::Kind;
use serde::Serialize;

/// One thing that happened. Changes and revisions are numbers in the order of merging, stages and waves indices;
/// the index after the last stage is the wait before the first wave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// A change was merged; says which class of defect it carries.
    Merged { change: usize, kind: Kind, defect: Option<usize> },
    /// A revision set out; one that is urgent is a revert on the fast track.
    SetOut { revision: usize, urgent: bool },
    /// A revision came to a stage and waits its turn, perhaps for no time at all.
    Waits { revision: usize, stage: usize },
    /// It would have its turn, and waits for a window.
    WaitsForWindow { revision: usize, stage: usize },
    /// A run of a stage began.
    Runs { revision: usize, stage: usize },
    /// A run failed for no reason.
    Flaked { revision: usize, stage: usize },
    /// A stage is done with it and cannot pass it on.
    Held { revision: usize, stage: usize },
    /// A stage said no, for the defect of this change or for nothing; `changes` rode with the revision.
    Rejected { revision: usize, stage: usize, culprit: Option<usize>, changes: usize },
    /// Its rollout began; `changes` were never delivered nor ride with a rollout ahead.
    RolloutStarted { revision: usize, changes: usize },
    /// A wave began, whose last host had it and whose bake was over at these instants, or was cut off then.
    /// Told when the rollout is over, so not in order of time.
    Wave { revision: usize, wave: usize, deployed_ms: u64, end_ms: u64 },
    /// Its rollout stopped, and is taken back or overtaken by a newer one.
    Stopped { revision: usize, why: Why, taken_back: bool },
    /// Every host that it had reached is back.
    TakenBack { revision: usize },
    /// It came to the end of the line and delivered so many changes.
    Delivered { revision: usize, changes: usize },
    /// It carries a change that was blamed and leaves the line before production.
    Withdrawn { revision: usize },
    /// It is no more; what it had rides with a newer one.
    GivenUp { revision: usize },
    /// The line is blocked until this change is taken out; none if there is none to blame.
    Blocked { revision: usize, blamed: Option<usize> },
    /// The last revert that the line waited for was merged.
    Unblocked,
}

/// An event and when it happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Record {
    /// Milliseconds since the horizon's start.
    pub at_ms: u64,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// Receives events.
pub trait Observer {
    /// Takes one event.
    fn observe(&mut self, at_ms: u64, event: Event);
}

/// Keeps every event.
#[derive(Debug, Default)]
pub struct Recorder {
    records: Vec<Record>,
}

impl Recorder {
    /// The events in order of time; events of one instant keep the order of their causes.
    #[must_use]
    pub fn into_records(mut self) -> Vec<Record> {
        self.records.sort_by_key(|record| record.at_ms);
        self.records
    }
}

impl Observer for Recorder {
    fn observe(&mut self, at_ms: u64, event: Event) {
        self.records.push(Record { at_ms, event });
    }
}

impl World<'_> {
    /// Tells the observer, if there is one.
    #[inline]
    pub(super) fn note(&mut self, at_ms: u64, event: Event) {
        if let Some(observer) = &mut self.observer {
            observer.observe(at_ms, event);
        }
    }

    /// Tells of a wave that had begun by `until`.
    pub(super) fn note_wave(&mut self, revision: usize, wave: usize, run: &WaveRun, until: u64) {
        if run.start_ms < until {
            let (deployed_ms, end_ms) = (run.deployed_ms, run.end_ms);
            self.note(run.start_ms, Event::Wave { revision, wave, deployed_ms, end_ms });
        }
    }
}
