//! Where the time of one revision and of one change goes. Decides nothing, and knows no other revision.
//!
//! A change's account is, at any instant, what it had when a revision took it up plus what that revision spent since;
//! so the parts add up to the lead time whatever revisions were given up on the way.

use crate::ids::{ChangeId, RevisionId};
use crate::outcome::pipeline::{Part, Parts};
use crate::pipeline::priority::Priority;

/// A revision begins to spend its time on something else. Made by whoever moves it, eaten by the ledger.
#[derive(Debug)]
#[must_use = "the ledger books where time goes"]
pub(in crate::pipeline) struct Moved {
    pub(super) revision: RevisionId,
    pub(super) part: Part,
    /// The part of what follows that is work, where the rest is waiting for people's hours.
    pub(super) work_ms: Option<u64>,
}

impl Moved {
    /// `revision` spends its time on `part` from now on.
    pub(in crate::pipeline) fn to(revision: RevisionId, part: Part) -> Self {
        Self { revision, part, work_ms: None }
    }

    /// It does so for so long, if that is given, and waits for a window else.
    pub(in crate::pipeline) fn with_work(self, work_ms: Option<u64>) -> Self {
        Self { work_ms, ..self }
    }
}

/// A revision on its way, and the changes that it carries.
#[derive(Debug)]
pub(super) struct Carrier {
    pub(super) priority: Priority,
    /// The error budget does not hold it: a fix, an emergency, or what took the place of one.
    pub(super) exempt: bool,
    /// Undelivered changes of the source that it carries.
    pub(super) changes: Vec<ChangeId>,
    doing: Part,
    work_ms: Option<u64>,
    since_ms: u64,
    spent: Parts,
}

impl Carrier {
    pub(super) fn new(priority: Priority, exempt: bool, now_ms: u64) -> Self {
        let spent = Parts::default();
        Self {
            priority,
            exempt,
            changes: Vec::new(),
            doing: Part::Queue,
            work_ms: None,
            since_ms: now_ms,
            spent,
        }
    }

    /// It carries an emergency from now on.
    pub(super) fn hurry(&mut self) {
        self.exempt = true;
        if self.priority == Priority::Ordinary {
            self.priority = Priority::Emergency;
        }
    }

    /// Begins to spend its time on something else.
    pub(super) fn turn_to(&mut self, moved: &Moved, now_ms: u64) {
        self.spent = self.spent_by(now_ms);
        (self.doing, self.work_ms, self.since_ms) = (moved.part, moved.work_ms, now_ms);
    }

    /// Books the time until now as the parts of `spent`, whose total it must be.
    pub(super) fn book(&mut self, spent: &Parts, now_ms: u64) {
        assert_eq!(spent.total(), now_ms - self.since_ms, "a rollout accounts for all of its time");
        self.spent.add_since(spent, &Parts::default());
        self.since_ms = now_ms;
    }

    /// What it has spent by now.
    pub(super) fn spent_by(&self, now_ms: u64) -> Parts {
        let mut parts = self.spent;
        let passed = now_ms - self.since_ms;
        let work = self.work_ms.map_or(passed, |work| work.min(passed));
        parts.add(self.doing, work);
        parts.add(Part::Window, passed - work);
        parts
    }
}

/// Where the time of one change goes.
#[derive(Debug)]
pub(super) struct LeadTime {
    /// The revision that carries it, and what that had spent when it took it up.
    carried: Option<(RevisionId, Parts)>,
    /// When it was left without a carrier.
    stranded_ms: u64,
    pub(super) parts: Parts,
    pub(super) entered_ms: Option<u64>,
    pub(super) delivered_ms: Option<u64>,
}

impl LeadTime {
    pub(super) fn new(review_ms: u64, merged_ms: u64) -> Self {
        let mut parts = Parts::default();
        parts.add(Part::Review, review_ms);
        Self { carried: None, stranded_ms: merged_ms, parts, entered_ms: None, delivered_ms: None }
    }

    /// The revision that carries it.
    pub(super) fn carrier(&self) -> Option<RevisionId> {
        self.carried.map(|(revision, _)| revision)
    }

    /// A revision takes it up that has spent so much by now.
    pub(super) fn taken_up(&mut self, revision: RevisionId, spent: Parts, now_ms: u64) {
        self.parts.add(Part::Blocked, now_ms - self.stranded_ms);
        self.carried = Some((revision, spent));
    }

    /// It leaves its carrier, if it has one, that has spent so much by now.
    pub(super) fn left(&mut self, spent: Option<Parts>, now_ms: u64) {
        match self.carried.take().zip(spent) {
            Some(((_, before), after)) => self.parts.add_since(&after, &before),
            None => self.parts.add(Part::Blocked, now_ms - self.stranded_ms),
        }
        self.stranded_ms = now_ms;
    }
}
