//! What the components before and in production stand on: the context and the accounts.

use super::context::PipelineContext;
use super::ledger::{Ledger, Moved};
use super::priority::Priority;
use crate::ids::RevisionId;

/// What the components before and in production stand on.
pub(super) struct Ground<'a> {
    pub(super) c: PipelineContext<'a>,
    pub(super) ledger: Ledger,
}

impl<'a> Ground<'a> {
    /// That of a pipeline in which nothing has happened.
    pub(super) fn new(c: PipelineContext<'a>) -> Self {
        Self { ledger: Ledger::new(&c), c }
    }

    /// The present instant, milliseconds since the pipeline's start.
    pub(super) fn now(&self) -> u64 {
        self.c.now()
    }

    /// How fast a revision on its way may go.
    pub(super) fn priority(&self, revision: RevisionId) -> Priority {
        self.ledger.priority(revision)
    }

    /// A revision begins to spend its time on something else.
    pub(super) fn moved(&mut self, moved: Moved) {
        self.ledger.moved(&self.c, moved);
    }
}
