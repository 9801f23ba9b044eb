//! What every component of a pipeline is given: the plan, the streams, the clock, the queue and the observer's ear.
//!
//! It moves the clock and keeps the order of events. It must not know what events do.

use super::event::PipelineEvent;
use super::gauge::CountedTime;
use super::source::change::MergedChanges;
use crate::ids::{ChangeId, RevisionId, StageId};
use crate::plan::pipeline::Line;
use crate::random::Streams;
use crate::sim::budget::{self, Cause, OverBudget, Owner};
use crate::sim::{Queue, Ranked};
use std::cell::Cell;

/// Events of one instant. Only a plan whose revisions go round in no time at all has more.
const MOST_AT_ONCE: u32 = 1 << 20;

/// Events of a trial: some ten times those of the largest line that is known, each of them more work than one of a rollout.
const MOST_EVENTS: u64 = 5_000_000;

/// Changes that are passed over in the time that it takes to handle one.
const PASSED_OVER: usize = 8;

/// What is going to happen. `generation` is that of the revision when it was scheduled: an event of an older
/// generation is void. So is one of a timetable that another one has replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Upcoming {
    /// A rollout stops. First, so that an alarm at the end of the last bake still counts.
    Stop { timetable: u32 },
    /// A rollout has passed its last wave.
    Done { timetable: u32 },
    /// A stopped rollout is back.
    Settled { timetable: u32 },
    /// The next wave of a rollout begins. After all that could still take its place away.
    Wave { timetable: u32 },
    /// A run of a stage ends.
    End { revision: RevisionId, generation: u32 },
    /// A stage runs again after a flaky run.
    Rerun { revision: RevisionId, generation: u32 },
    /// A rejected revision begins again.
    Rejoin { revision: RevisionId, generation: u32 },
    /// The revert that follows a rejection is merged.
    Repair { rejection: u32 },
    /// A reverted change is merged again.
    Again { change: ChangeId },
    /// The time has come to merge the activation of a two-phase change.
    Activate { pair: u32 },
    /// The source's next change is merged.
    Merge,
    /// A stage looks whether it may begin.
    Wake { stage: StageId },
    /// Production looks whether it may begin.
    WakeEntry,
}

impl Ranked for Upcoming {
    fn cause(&self) -> Cause {
        let (what, key) = match self {
            Self::Merge | Self::Activate { .. } => ("merges", "source"),
            Self::Repair { .. } | Self::Again { .. } | Self::Rejoin { .. } => {
                ("rejected revisions that begin again", "after-rejection")
            }
            Self::End { .. } | Self::Rerun { .. } | Self::Wake { .. } => ("runs of stages", "stage"),
            Self::Stop { .. }
            | Self::Done { .. }
            | Self::Settled { .. }
            | Self::Wave { .. }
            | Self::WakeEntry => ("steps of rollouts", "entry"),
        };
        Cause { owner: Owner::Pipeline, what, key }
    }

    /// What frees places, then what asks for them.
    fn class(&self) -> u8 {
        match self {
            Self::Stop { .. } => 0,
            Self::Done { .. } | Self::Settled { .. } => 1,
            Self::End { .. } | Self::Rerun { .. } => 2,
            Self::Rejoin { .. } => 3,
            Self::Repair { .. } | Self::Again { .. } | Self::Activate { .. } => 4,
            Self::Merge => 5,
            Self::Wake { .. } | Self::WakeEntry => 6,
            Self::Wave { .. } => 7,
        }
    }
}

/// Who hears what happens.
pub(super) type Ear<'a> = &'a mut dyn FnMut(u64, PipelineEvent);

/// The surroundings of the components of one pipeline in one trial.
pub(super) struct PipelineContext<'a> {
    pub(super) plan: &'a Line,
    pub(super) streams: Streams,
    /// The part of the time that counts.
    pub(super) counted: CountedTime,
    /// What was merged so far: everybody may ask, only the source may write.
    pub(super) history: MergedChanges,
    now_ms: u64,
    queue: Queue<Upcoming>,
    events: u64,
    at_once: u32,
    /// Changes that were handled one by one.
    handled: Cell<u64>,
    ear: Option<Ear<'a>>,
}

impl<'a> PipelineContext<'a> {
    pub(super) fn new(plan: &'a Line, streams: Streams, ear: Option<Ear<'a>>) -> Self {
        if plan.merges() > budget::MERGES as f64 {
            let cause = Upcoming::Merge.cause();
            budget::give_up(OverBudget { limit: budget::MERGES, of: "changes", cause });
        }
        let counted = CountedTime { from: plan.warm_up_ms, to: plan.length_ms };
        let (history, queue) = (MergedChanges::default(), Queue::with_limit(MOST_EVENTS));
        let handled = Cell::new(0);
        Self { plan, streams, counted, history, now_ms: 0, queue, events: 0, at_once: 0, handled, ear }
    }

    /// The present instant, milliseconds since the pipeline's start.
    pub(super) fn now(&self) -> u64 {
        self.now_ms
    }

    /// 1 if the present instant counts, 0 if not.
    pub(super) fn counts(&self) -> u64 {
        u64::from(self.counted.has(self.now_ms))
    }

    /// Events that have happened.
    pub(super) fn events(&self) -> u64 {
        self.events
    }

    /// Schedules what is going to happen at an instant, or never.
    pub(super) fn schedule(&mut self, at: impl Into<Option<u64>>, event: Upcoming) {
        if let Some(at_ms) = at.into() {
            self.queue.push(at_ms, event);
        }
    }

    /// Time and class of what happens next, before the end.
    pub(super) fn next(&self) -> Option<(u64, u8)> {
        self.queue.look().filter(|(at_ms, _)| *at_ms < self.plan.length_ms)
    }

    /// Moves the clock to what happens next; none at the end. Gives the trial up if an instant has so many events that it
    /// will never pass.
    pub(super) fn advance(&mut self) -> Option<Upcoming> {
        self.next()?;
        let (at_ms, event) = self.queue.pop()?;
        self.events += 1;
        self.at_once = if at_ms == self.now_ms { self.at_once + 1 } else { 0 };
        if self.at_once == MOST_AT_ONCE {
            let (limit, cause) = (u64::from(MOST_AT_ONCE), event.cause());
            budget::give_up(OverBudget { limit, of: "events of its pipeline at one instant", cause });
        }
        self.now_ms = at_ms;
        Some(event)
    }

    /// Counts changes, or revisions, that an event handles one by one: events alone do not say how much work a trial is.
    /// Gives the trial up beyond what it may have.
    #[inline]
    pub(super) fn handles(&self, changes: usize) {
        let handled = self.handled.get() + changes as u64;
        self.handled.set(handled);
        if handled > budget::CHANGES_ONE_BY_ONE {
            let what = "of revisions that carry many";
            let cause = Cause { owner: Owner::Pipeline, what, key: "source" };
            let (limit, of) = (budget::CHANGES_ONE_BY_ONE, "changes to handle one by one");
            budget::give_up(OverBudget { limit, of, cause });
        }
    }

    /// Counts those that an event only passes over.
    #[inline]
    pub(super) fn passes_over(&self, changes: usize) {
        self.handles(changes / PASSED_OVER);
    }

    /// Moves the clock to the end, or to what another pipeline on the same fleet does.
    pub(super) fn turn_to(&mut self, at_ms: u64) {
        debug_assert!(at_ms >= self.now_ms, "clocks go forward");
        self.now_ms = at_ms;
    }

    /// Tells what happens now.
    #[inline]
    pub(super) fn tell(&mut self, event: PipelineEvent) {
        self.tell_of(self.now_ms, event);
    }

    /// Tells what happened before.
    #[inline]
    pub(super) fn tell_of(&mut self, at_ms: u64, event: PipelineEvent) {
        if let Some(ear) = &mut self.ear {
            ear(at_ms, event);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_freed_before_anybody_asks_for_them() {
        let mut queue = Queue::default();
        let (first, second) = (StageId::new(1), StageId::new(0));
        queue.push(5, Upcoming::Wake { stage: first });
        queue.push(5, Upcoming::Wake { stage: second });
        queue.push(5, Upcoming::Merge);
        queue.push(5, Upcoming::Done { timetable: 1 });
        queue.push(5, Upcoming::Stop { timetable: 9 });
        let order: Vec<Upcoming> = std::iter::from_fn(|| queue.pop()).map(|(_, event)| event).collect();
        let expected = [
            Upcoming::Stop { timetable: 9 },
            Upcoming::Done { timetable: 1 },
            Upcoming::Merge,
            Upcoming::Wake { stage: first },
            Upcoming::Wake { stage: second },
        ];
        assert_eq!(order, expected);
    }
}
