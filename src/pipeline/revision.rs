//! Changes and revisions: what a revision carries, who rides with whom, and where their time goes.
//!
//! A revision is named by the number of its newest change and carries every change up to it that was
//! not taken out. Nothing here plans events or knows stages.

use super::lane::Lane;
use super::production::Why;
use crate::outcome::pipeline::{Part, Parts};
use serde::Serialize;

/// What a merge is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The source's own change.
    Own,
    /// The second half of a two-phase change.
    Activation,
    /// A revert, or a fix.
    Revert,
    /// The merge, once more, of a change that was reverted.
    Again,
}

impl Kind {
    /// Whether it is a change in its own right: neither a revert nor the same change once more.
    pub(super) fn is_own(self) -> bool {
        matches!(self, Self::Own | Self::Activation)
    }
}

/// A change that was merged. Its number is its place in the order of merging.
#[derive(Debug, Clone)]
pub(super) struct Change {
    pub(super) kind: Kind,
    /// Identity in stream keys.
    pub(super) key: u64,
    pub(super) merged_ms: u64,
    /// Class of its defect.
    pub(super) defect: Option<usize>,
    /// It cannot wait.
    pub(super) urgent: bool,
    /// It is not in revisions from the first number on, until before the second.
    pub(super) out: Vec<(usize, usize)>,
    /// The revision that it rides with, and that revision's account when it got on.
    pub(super) carrier: Option<(usize, Parts)>,
    /// When it was left without a carrier.
    pub(super) stranded_ms: u64,
    pub(super) account: Parts,
    pub(super) entered_ms: Option<u64>,
    pub(super) delivered_ms: Option<u64>,
}

impl Change {
    pub(super) fn new(kind: Kind, key: u64, at: u64) -> Self {
        Self {
            kind,
            key,
            merged_ms: at,
            defect: None,
            urgent: false,
            out: Vec::new(),
            carrier: None,
            stranded_ms: at,
            account: Parts::default(),
            entered_ms: None,
            delivered_ms: None,
        }
    }

    /// Whether `revision` has this change, number `own`.
    pub(super) fn is_in(&self, own: usize, revision: usize) -> bool {
        own <= revision && !self.out.iter().any(|(from, until)| (*from..*until).contains(&revision))
    }

    /// Whether `revision` has the defect of this change, number `own`: it is put right before the change
    /// is merged again.
    pub(super) fn harms(&self, own: usize, revision: usize) -> bool {
        self.defect.is_some() && own <= revision && self.out.first().is_none_or(|(from, _)| revision < *from)
    }
}

/// Where a revision is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Outside a stage.
    Waiting(usize),
    /// In a stage's run.
    Running(usize),
    /// In a stage that is done with it and cannot pass it on.
    Held(usize),
    /// Before the first wave.
    Entry,
    /// In production.
    Production,
    /// Nowhere: on its way back to the first stage.
    Away,
}

/// A revision on its way.
#[derive(Debug, Clone)]
pub(super) struct Revision {
    /// That of its newest change.
    pub(super) key: u64,
    pub(super) lane: Lane,
    /// The error budget does not hold it: a fix, an emergency, or what took the place of one.
    pub(super) exempt: bool,
    pub(super) place: Place,
    /// The stage whose place it waits for, where a stage that is done with it cannot pass it on.
    pub(super) held_for: usize,
    /// When it came to the stage.
    pub(super) came_ms: u64,
    /// Events planned under an older generation are void.
    pub(super) generation: u32,
    /// Passes through the line before this one, and runs of the stage before this one.
    pub(super) attempt: u32,
    pub(super) run: u32,
    /// The part of the present run that is work, where the rest is waiting for people's hours.
    pub(super) work_ms: Option<u64>,
    /// What the present run will have seen, where it is a rollout on a fleet of the stage.
    pub(super) seen: Option<Why>,
    doing: Part,
    since: u64,
    account: Parts,
    /// Undelivered changes of the source that ride with it.
    pub(super) riders: Vec<usize>,
}

impl Revision {
    pub(super) fn new(key: u64, lane: Lane, at: u64) -> Self {
        Self {
            key,
            lane,
            exempt: false,
            place: Place::Away,
            held_for: 0,
            came_ms: at,
            generation: 0,
            attempt: 0,
            run: 0,
            work_ms: None,
            seen: None,
            doing: Part::Queue,
            since: at,
            account: Parts::default(),
            riders: Vec::new(),
        }
    }

    /// An emergency rides with it from now on.
    pub(super) fn hurry(&mut self) {
        self.exempt = true;
        if self.lane == Lane::Ordinary {
            self.lane = Lane::Emergency;
        }
    }

    /// Begins to spend its time on something else.
    pub(super) fn turn_to(&mut self, part: Part, at: u64) {
        self.account = self.account_at(at);
        self.doing = part;
        self.since = at;
        self.work_ms = None;
    }

    /// Books the time until `at` as the parts of `spent`, whose total it must be.
    pub(super) fn book(&mut self, spent: &Parts, at: u64) {
        debug_assert_eq!(spent.total(), at - self.since);
        self.account.add_since(spent, &Parts::default());
        self.since = at;
    }

    /// Its account as of `at`.
    pub(super) fn account_at(&self, at: u64) -> Parts {
        let mut account = self.account;
        let spent = at - self.since;
        let work = self.work_ms.map_or(spent, |work| work.min(spent));
        account.add(self.doing, work);
        account.add(Part::Window, spent - work);
        account
    }
}
