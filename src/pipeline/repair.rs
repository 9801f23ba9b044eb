//! What follows a rejection where the line is blocked until somebody has taken out the change that is blamed: it owns the
//! rejections whose revert is not merged.
//!
//! Blame falls on the right change or, with some probability, on another first: one that is new where something was found.
//! It says whom it falls on and when the revert comes; who has to stop for that, and what the revert takes out, is not
//! its business.

use super::context::{PipelineContext, Upcoming};
use super::event::PipelineEvent;
use super::ground::Ground;
use super::keys;
use crate::ids::{ChangeId, RevisionId};
use crate::plan::pipeline::RepairPolicy;
use crate::random::{Purpose, mix};
use std::collections::BTreeMap;

/// What a stage or production found wrong with a revision.
#[derive(Debug, Clone, Copy)]
pub(super) struct Finding {
    pub(super) revision: RevisionId,
    /// The change whose defect was seen; none if it was nothing.
    pub(super) culprit: Option<ChangeId>,
    /// The newest revision that has passed there: what it has is above suspicion.
    pub(super) passed: Option<RevisionId>,
    /// Production found it, and not a stage before.
    pub(super) in_production: bool,
}

/// A rejection whose revert is on its way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rejection {
    /// The change that is blamed; none if the revision has nothing new to blame.
    pub(super) blamed: Option<ChangeId>,
    /// Whether that is the change with the defect that was seen.
    pub(super) rightly: bool,
    /// Identity of the revert in stream keys.
    pub(super) key: u64,
}

/// The reverts that the line waits for.
#[derive(Debug, Default)]
pub(super) struct RepairState {
    pending: BTreeMap<u32, Rejection>,
    /// Rejections so far: the next one's number.
    rejections: u32,
}

impl RepairState {
    /// Whether the line waits for a revert.
    pub(super) fn is_blocking(&self) -> bool {
        !self.pending.is_empty()
    }

    /// A revision was rejected: says which change is blamed, if one is.
    pub(super) fn reject(
        &mut self,
        g: &mut Ground,
        repair: &RepairPolicy,
        finding: &Finding,
    ) -> Option<ChangeId> {
        let Finding { revision, culprit, .. } = *finding;
        let blamed = blame(g, repair, finding);
        let key = match blamed.map(|blamed| g.c.history.of(blamed)) {
            Some(change) => keys::of_revert(change.key, change.reverts()),
            None => keys::of_revert(g.c.history.key(revision) | keys::NOBODY, 0),
        };
        let rejection = self.rejections;
        self.rejections += 1;
        self.pending
            .insert(rejection, Rejection { blamed, rightly: blamed.is_some() && blamed == culprit, key });
        g.c.tell(PipelineEvent::Blocked { revision, blamed });
        let latency = repair.latency.by_cdf(g.c.streams.stream(Purpose::Repaired, key).uniform_at(0));
        g.c.schedule(g.now() + latency, Upcoming::Repair { rejection });
        blamed
    }

    /// The revert of a rejection is merged now.
    pub(super) fn merge(&mut self, c: &mut PipelineContext, rejection: u32) -> Rejection {
        let merged = self.pending.remove(&rejection).expect("a revert is merged once");
        if self.pending.is_empty() {
            c.tell(PipelineEvent::Unblocked);
        }
        merged
    }
}

/// Which change is blamed. The culprit, or one of the others that the revision would deliver and that are new there:
/// whoever finds something that was not there the last time looks at what came since.
fn blame(g: &Ground, repair: &RepairPolicy, finding: &Finding) -> Option<ChangeId> {
    let Finding { revision, culprit, passed, .. } = *finding;
    // No revision begins again where changes are reverted, so this is always its first attempt.
    let key = mix(&[g.c.history.key(revision), 0]);
    let mut draws = g.c.streams.stream(Purpose::Attribution, key);
    let (wrong, which) = (draws.uniform() < repair.misattribution, draws.uniform());
    if culprit.is_some() && !wrong {
        return culprit;
    }
    let is_new = |change: &ChangeId| passed.is_none_or(|passed| !g.c.history.has(passed, *change));
    let suspects = g.ledger.undelivered(&g.c, revision).filter(is_new);
    let others: Vec<ChangeId> = suspects.filter(|other| Some(*other) != culprit).collect();
    others.get((which * others.len() as f64) as usize).copied().or(culprit)
}

/// Schedules when a reverted change is merged again; `key` is that of its revert.
pub(super) fn schedule_again(c: &mut PipelineContext, repair: &RepairPolicy, change: ChangeId, key: u64) {
    let again = repair.again.by_cdf(c.streams.stream(Purpose::Repaired, key).uniform_at(1));
    c.schedule(c.now() + again, Upcoming::Again { change });
}
