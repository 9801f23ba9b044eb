//! The queue in front of the first wave. It knows who waits there and since when, not what they wait for.

use crate::ids::RevisionId;
use crate::outcome::pipeline::StageOutcome;
use crate::pipeline::context::{PipelineContext, Upcoming};
use crate::pipeline::gauge::Stays;
use std::collections::VecDeque;

/// Who waits for the first wave.
pub(super) struct Entrance {
    /// With the instants at which they came.
    queue: VecDeque<(RevisionId, u64)>,
    stays: Stays,
    /// When production looks next whether somebody may begin.
    wake_ms: Option<u64>,
    /// Newest revision that ever came: an older one has nothing to add.
    newest: Option<RevisionId>,
}

impl Entrance {
    pub(super) fn new(c: &PipelineContext) -> Self {
        Self { queue: VecDeque::new(), stays: Stays::new(c.counted), wake_ms: None, newest: None }
    }

    /// Whether a revision is the newest that ever came. It is from now on, if it is.
    pub(super) fn is_newest(&mut self, revision: RevisionId) -> bool {
        let is_newest = self.newest.is_none_or(|newest| newest <= revision);
        self.newest = self.newest.max(Some(revision));
        is_newest
    }

    /// Those who wait, in order.
    pub(super) fn waiting(&self) -> impl Iterator<Item = RevisionId> {
        self.queue.iter().map(|(revision, _)| *revision)
    }

    /// A revision comes, and waits behind the others.
    pub(super) fn come(&mut self, now_ms: u64, revision: RevisionId) {
        self.queue.push_back((revision, now_ms));
        self.stays.come(now_ms);
    }

    /// The first in the queue leaves.
    pub(super) fn leave(&mut self, now_ms: u64) -> Option<RevisionId> {
        let (revision, came_ms) = self.queue.pop_front()?;
        self.stays.leave(came_ms, now_ms);
        Some(revision)
    }

    /// A revision leaves, and all that wait before it; says who these are.
    pub(super) fn leave_with(&mut self, now_ms: u64, revision: RevisionId) -> Vec<RevisionId> {
        std::iter::from_fn(|| self.leave(now_ms)).take_while(|first| *first != revision).collect()
    }

    /// A revision leaves, if it waits here.
    pub(super) fn withdraw(&mut self, now_ms: u64, revision: RevisionId) {
        let place = self.queue.iter().position(|(waiting, _)| *waiting == revision);
        if let Some((_, came_ms)) = place.and_then(|place| self.queue.remove(place)) {
            self.stays.leave(came_ms, now_ms);
        }
    }

    /// Production looks again at `open_ms`, unless it does before.
    pub(super) fn wake_at(&mut self, c: &mut PipelineContext, open_ms: u64) {
        if self.wake_ms.is_none_or(|wake_ms| wake_ms > open_ms) {
            self.wake_ms = Some(open_ms);
            c.schedule(open_ms, Upcoming::WakeEntry);
        }
    }

    /// The time of a look has come.
    pub(super) fn wakes(&mut self) {
        self.wake_ms = None;
    }

    /// What happened here.
    pub(super) fn close(mut self) -> StageOutcome {
        self.queue.iter().for_each(|(_, came_ms)| self.stays.remains(*came_ms));
        self.stays.outcome()
    }
}
