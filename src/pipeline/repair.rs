//! What follows a rejection: the revision leaves, begins again, or the line stops until somebody has
//! taken out the change that is blamed - the right one or, with some probability, another first.
//!
//! It decides for the line before production and tells production which rollouts to stop.

use super::World;
use super::agenda::Event;
use super::lane::Lane;
use super::revision::{Change, Kind};
use super::trace;
use crate::plan::pipeline::{AfterRejection, Repair};
use crate::random::{Purpose, mix};

/// A rejection whose revert is on its way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rejection {
    /// The change that is blamed; none if the revision has nothing new to blame.
    blamed: Option<usize>,
    /// Whether that is the change with the defect that was seen.
    rightly: bool,
    /// Identity of the revert in stream keys.
    key: u64,
}

/// Keys of merges that are not the source's own: far above any number of changes.
const REVERT: u64 = 1 << 40;
const NOBODY: u64 = 1 << 53;
const AGAIN: u64 = 1 << 54;

impl World<'_> {
    /// A revision was rejected, for the defect of `culprit` or for nothing. It is out of its stage or
    /// its rollout is stopped; it can begin again from `settled` on.
    pub(super) fn reject(&mut self, number: usize, culprit: Option<usize>, at: u64, settled: u64) {
        let plan = self.plan;
        match &plan.after_rejection {
            AfterRejection::Leave => self.give_up(number, at),
            AfterRejection::Restart { after } => {
                let revision = &self.revisions[&number];
                let uniform = self
                    .streams
                    .stream(Purpose::Repaired, revision.key)
                    .uniform_at(u64::from(revision.attempt));
                self.revision(number).attempt += 1;
                self.plan_for(
                    number,
                    settled.saturating_add(after.by_cdf(uniform)),
                    |revision, generation| Event::Rejoin { revision, generation },
                );
            }
            AfterRejection::Revert(repair) => self.revert(number, culprit, repair, at),
        }
    }

    /// Blames a change, stops the line and asks for the revert.
    fn revert(&mut self, number: usize, culprit: Option<usize>, repair: &Repair, at: u64) {
        let blamed = self.blame(number, culprit, repair);
        let key = match blamed {
            Some(blamed) => {
                let change = &self.changes[blamed];
                change.key + REVERT * (1 + change.out.len() as u64)
            }
            None => (self.revisions[&number].key | NOBODY) + REVERT,
        };
        let rejection = self.rejections.len();
        self.rejections.push(Rejection { blamed, rightly: blamed.is_some() && blamed == culprit, key });
        self.pending += 1;
        self.note(at, trace::Event::Blocked { revision: number, blamed });
        let latency = repair.latency.by_cdf(self.streams.stream(Purpose::Repaired, key).uniform_at(0));
        self.agenda.plan(at + latency, Event::Repair { rejection });
        self.give_up(number, at);
        if let Some(blamed) = blamed {
            self.stop_all_with(blamed, at);
        }
    }

    /// Which change is blamed. The culprit, or one of the others that the revision would deliver.
    fn blame(&self, number: usize, culprit: Option<usize>, repair: &Repair) -> Option<usize> {
        let key = self.revisions[&number].key;
        let mut stream = self
            .streams
            .stream(Purpose::Attribution, mix(&[key, u64::from(self.revisions[&number].attempt)]));
        let (wrong, which) = (stream.uniform() < repair.misattribution, stream.uniform());
        if culprit.is_some() && !wrong {
            return culprit;
        }
        let others: Vec<usize> = self
            .open
            .range(..=number)
            .copied()
            .filter(|other| Some(*other) != culprit && self.changes[*other].is_in(*other, number))
            .collect();
        others.get((which * others.len() as f64) as usize).copied().or(culprit)
    }

    /// Everything on its way that has the blamed change is known to be no good.
    fn stop_all_with(&mut self, blamed: usize, at: u64) {
        self.stop_rollouts(|world, flight| world.changes[blamed].is_in(blamed, flight.number), None, at);
        let mut bad: Vec<usize> = self.revisions.range(blamed..).map(|(number, _)| *number).collect();
        bad.retain(|number| self.changes[blamed].is_in(blamed, *number));
        // From the newest on, so that what is given up is not handed to the next one to go.
        for number in bad.into_iter().rev() {
            if self.revisions.contains_key(&number) {
                self.withdraw(number, at);
            }
        }
    }

    /// The revert of a rejection is merged.
    pub(super) fn repair(&mut self, rejection: usize, at: u64) {
        let Rejection { blamed, rightly, key } = self.rejections[rejection];
        self.pending -= 1;
        if self.pending == 0 {
            self.note(at, trace::Event::Unblocked);
        }
        if self.span.has(at) {
            self.outcome.reverts += 1;
            self.outcome.vain_reverts += u64::from(!rightly);
        }
        let AfterRejection::Revert(repair) = &self.plan.after_rejection else { return };
        let number = self.changes.len();
        self.note(at, trace::Event::Merged { change: number, kind: Kind::Revert, defect: None });
        self.changes.push(Change::new(Kind::Revert, key, at));
        if let Some(blamed) = blamed
            && self.changes[blamed].is_in(blamed, number)
        {
            self.changes[blamed].out.push((number, usize::MAX));
            self.strand(blamed, at);
            if let Some(activation) = self.goes_with(blamed, number) {
                self.changes[activation].out.push((number, usize::MAX));
                self.strand(activation, at);
            }
            let again = repair.again.by_cdf(self.streams.stream(Purpose::Repaired, key).uniform_at(1));
            self.agenda.plan(at + again, Event::Again { change: blamed });
        }
        self.make_revision(if repair.fast_track { Lane::FastTrack } else { Lane::Ordinary }, at);
    }

    /// A reverted change is merged again, without its defect if it had one.
    pub(super) fn merge_again(&mut self, change: usize, at: u64) {
        let number = self.changes.len();
        if self.changes[change].is_in(change, number) || self.must_wait(change) {
            return;
        }
        let times = self.changes[change].out.len() as u64;
        let key = (self.changes[change].key + REVERT * times) | AGAIN;
        if let Some(last) = self.changes[change].out.last_mut() {
            last.1 = number;
        }
        self.note(at, trace::Event::Merged { change: number, kind: Kind::Again, defect: None });
        self.changes.push(Change::new(Kind::Again, key, at));
        self.make_revision(Lane::Ordinary, at);
    }
}
