//! One rollout in flight: what was asked, what was answered, and how far it is. It knows no other one.

use crate::ids::RevisionId;
use crate::outcome::pipeline::Parts;
use crate::pipeline::event::StopReason;
use crate::pipeline::ledger::RolloutKind;
use crate::pipeline::production::{Production, RolloutRequest, Schedule};
use crate::rollout::launch::OutsideStop;

/// How far a rollout is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RolloutProgress {
    /// On its way through the waves.
    UnderWay,
    /// It went past its last wave; kept only while an alarm is still to come.
    Completed,
    /// It was stopped, and is being taken back, or has made way.
    Stopped,
}

/// A rollout in flight.
#[derive(Debug)]
pub(super) struct RolloutInFlight<'a> {
    pub(super) revision: RevisionId,
    pub(super) kind: RolloutKind,
    /// Number of the timetable that was announced last: events of earlier ones are void.
    pub(super) timetable: u32,
    pub(super) request: RolloutRequest<'a>,
    pub(super) schedule: Schedule,
    /// Waves that have begun: they keep their constraints, whatever comes.
    pub(super) begun: usize,
    pub(super) progress: RolloutProgress,
    /// Where its time went, as far as the ledger knows.
    booked: Parts,
}

impl<'a> RolloutInFlight<'a> {
    /// A rollout that begins now.
    pub(super) fn new(
        revision: RevisionId,
        kind: RolloutKind,
        request: RolloutRequest<'a>,
        schedule: Schedule,
    ) -> Self {
        let (begun, progress) = (1, RolloutProgress::UnderWay);
        Self { revision, kind, timetable: 0, request, schedule, begun, progress, booked: Parts::default() }
    }

    /// The end of the last wave, if it gets there.
    pub(super) fn landing_ms(&self) -> Option<u64> {
        let last_ms = self.schedule.waves.last()?.end_ms?;
        let complete = self.schedule.waves.len() == self.request.openings.free_ms.len();
        (complete && self.schedule.stopped.is_none_or(|stop| stop.at_ms > last_ms)).then_some(last_ms)
    }

    /// Until when a wave that has begun is no place for another pipeline: to the end of its bake, or until
    /// it is taken back. None is for ever.
    pub(super) fn holds_until(&self, wave: usize) -> Option<u64> {
        match self.progress {
            RolloutProgress::UnderWay => self.schedule.waves[wave].end_ms,
            RolloutProgress::Completed => Some(0),
            RolloutProgress::Stopped => self.schedule.settled_ms(),
        }
    }

    /// When a wave's target is free of it; none is never.
    pub(super) fn leaves(&self, wave: usize) -> Option<u64> {
        match self.progress {
            RolloutProgress::Stopped => self.schedule.settled_ms(),
            RolloutProgress::UnderWay | RolloutProgress::Completed => self.passes(wave),
        }
    }

    /// When it begins the wave behind `wave`, or is through, or back.
    pub(super) fn passes(&self, wave: usize) -> Option<u64> {
        let next_ms = self.schedule.waves.get(wave + 1).map(|next| next.start_ms);
        next_ms.or(self.landing_ms()).or(self.schedule.settled_ms())
    }

    /// Whether it can still be stopped before it is complete.
    pub(super) fn is_under_way(&self) -> bool {
        self.progress == RolloutProgress::UnderWay
    }

    /// Why it stops, or stopped.
    pub(super) fn why(&self) -> StopReason {
        self.schedule.stopped.map_or(StopReason::Outside, |stop| stop.why)
    }

    /// The component whose alarm stops it, or stopped it, if one does.
    pub(super) fn stopped_by(&self) -> Option<usize> {
        let alarm = self.schedule.stopped.filter(|stop| stop.why != StopReason::Outside);
        alarm.map(|stop| stop.component)
    }

    /// What it has spent until `now_ms` and nobody has booked; it is booked now.
    pub(super) fn unbooked(&mut self, now_ms: u64) -> Parts {
        let parts = self.schedule.parts(&self.request, now_ms);
        let mut spent = Parts::default();
        spent.add_since(&parts, &self.booked);
        self.booked = parts;
        spent
    }

    /// Asks production again under other limits. What it has waited for so far stays booked as it seemed then.
    pub(super) fn ask_again(
        &mut self,
        production: &mut dyn Production,
        free_ms: Vec<Option<u64>>,
        now_ms: u64,
    ) {
        self.request.openings.free_ms = free_ms;
        self.schedule = production.roll_out(&self.request);
        self.booked = self.schedule.parts(&self.request, now_ms);
    }

    /// It ends now: by its own alarm, or by a stop from outside.
    pub(super) fn stop(&mut self, production: &mut dyn Production, stop: Option<OutsideStop>) {
        if stop.is_some() {
            self.request.stop = stop;
            self.schedule = production.roll_out(&self.request);
        }
        self.progress = RolloutProgress::Stopped;
        // Of a wave that begins and is stopped at the same instant nobody was told.
        self.begun = self.schedule.waves.len();
    }
}
