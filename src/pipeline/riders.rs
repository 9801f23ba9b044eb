//! Which change rides with which revision, until it is delivered: the accounts of lead time, and the
//! age of what hosts run.
//!
//! A change's account is, at any instant, what it had when it got on plus what its revision spent since;
//! so the parts add up to the lead time whatever revisions were given up on the way. Nothing here
//! decides where a revision goes.

use super::World;
use super::gauge::Span;
use super::lane::Lane;
use super::trace;
use crate::outcome::pipeline::Part;

impl World<'_> {
    /// Everything stranded that `revision` has gets on.
    pub(super) fn board(&mut self, revision: usize, at: u64) {
        let stranded = std::mem::take(&mut self.stranded);
        for number in stranded {
            if self.changes[number].is_in(number, revision) {
                self.get_on(number, revision, at);
            } else {
                self.stranded.push(number);
            }
        }
    }

    fn get_on(&mut self, number: usize, revision: usize, at: u64) {
        let carrier = self.revisions.get_mut(&revision).expect("a revision on its way");
        carrier.riders.push(number);
        let account = carrier.account_at(at);
        let change = &mut self.changes[number];
        if change.urgent {
            carrier.hurry();
        }
        change.account.add(Part::Blocked, at - change.stranded_ms);
        change.carrier = Some((revision, account));
    }

    /// A change leaves its revision, if it has one; what it spent is booked.
    pub(super) fn alight(&mut self, number: usize, at: u64) {
        let change = &mut self.changes[number];
        match change.carrier.take() {
            Some((revision, before)) => {
                let after = self.revisions[&revision].account_at(at);
                change.account.add_since(&after, &before);
            }
            None => change.account.add(Part::Blocked, at - change.stranded_ms),
        }
        change.stranded_ms = at;
    }

    /// A revision is given up: its changes ride with the next newer one, or wait for one.
    pub(super) fn give_up(&mut self, revision: usize, at: u64) {
        self.note(at, trace::Event::GivenUp { revision });
        self.book_flights(at);
        let riders = std::mem::take(&mut self.revision(revision).riders);
        for number in riders {
            self.alight(number, at);
            let change = &self.changes[number];
            let newer = self.revisions.range(revision + 1..).map(|(newer, _)| *newer);
            match newer.into_iter().find(|newer| change.is_in(number, *newer)) {
                Some(newer) => self.get_on(number, newer, at),
                None => self.stranded.push(number),
            }
        }
        let lost = self.revisions.remove(&revision);
        if lost.is_some_and(|lost| lost.exempt)
            && let Some((_, heir)) = self.revisions.range_mut(revision + 1..).next()
        {
            heir.exempt = true;
        }
    }

    /// Changes that a revert took out of the revision they ride with get off.
    pub(super) fn strand(&mut self, number: usize, at: u64) {
        let Some((revision, _)) = self.changes[number].carrier else { return };
        self.book_flights(at);
        self.alight(number, at);
        self.revision(revision).riders.retain(|rider| *rider != number);
        self.stranded.push(number);
    }

    /// A revision has come to the end of the line: what it has is delivered.
    pub(super) fn deliver(&mut self, revision: usize, at: u64) {
        self.book_flights(at);
        let mut upto: Vec<usize> = self.open.range(..=revision).copied().collect();
        upto.retain(|number| self.changes[*number].is_in(*number, revision));
        self.note(at, trace::Event::Delivered { revision, changes: upto.len() });
        for number in upto {
            let carrier = self.changes[number].carrier.map(|(carrier, _)| carrier);
            self.alight(number, at);
            match carrier {
                Some(carrier) if carrier != revision => {
                    self.revision(carrier).riders.retain(|rider| *rider != number);
                }
                Some(_) => {}
                None => self.stranded.retain(|stranded| *stranded != number),
            }
            self.open.remove(&number);
            self.undelivered.down(at);
            let change = &mut self.changes[number];
            change.delivered_ms = Some(at);
            self.outcome.line_stays_ms += self.span.clip(change.merged_ms, at);
        }
        self.outcome.completed += u64::from(self.span.has(at));
        self.fleet.update(self.changes[revision].merged_ms, at);
        self.reach_everywhere(revision, at);
    }

    /// Notes that the rollout of what `revision` carries began.
    pub(super) fn enter_production(&mut self, revision: usize, at: u64) {
        let changes = self.revisions[&revision].riders.len();
        self.note(at, trace::Event::RolloutStarted { revision, changes });
        let riders = &self.revisions[&revision].riders;
        if self.span.has(at) {
            let emergency = self.revisions[&revision].lane == Lane::Emergency;
            self.outcome.emergencies.deployments += u64::from(emergency);
            self.outcome.deployments += 1;
            self.outcome.deployed_changes += riders.len() as u64;
        }
        for number in riders {
            let change = &mut self.changes[*number];
            debug_assert!(change.kind.is_own());
            change.entered_ms.get_or_insert(at);
        }
    }
}

/// The newest revision that every host has had, and its age over time.
#[derive(Debug)]
pub(super) struct Fleet {
    span: Span,
    merged: u64,
    since: u64,
    /// In milliseconds x hours.
    pub(super) area: f64,
    pub(super) oldest: u64,
}

impl Fleet {
    /// At the start, everything is as of the start.
    pub(super) fn new(span: Span) -> Self {
        Self { span, merged: 0, since: 0, area: 0.0, oldest: 0 }
    }

    /// Every host has what was merged at `merged`.
    fn update(&mut self, merged: u64, at: u64) {
        self.close(at);
        self.merged = self.merged.max(merged);
    }

    /// Brings the accounts up to `at`. The age grows evenly, so its integral is a trapezium.
    pub(super) fn close(&mut self, at: u64) {
        let from = self.since.max(self.span.from);
        self.since = at;
        if at <= from {
            return;
        }
        let (young, old) = (from - self.merged, at - self.merged);
        self.area += (young + old) as f64 / 2.0 * (at - from) as f64 / 3_600_000.0;
        self.oldest = self.oldest.max(old);
    }
}
