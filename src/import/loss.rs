//! What an import could not keep as it was, as data. It judges nothing.

use crate::diagnostic::Span;

/// What became of a part of a foreign file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// It is in the scenario as something that is close to it.
    Approximated,
    /// It is not in the scenario.
    Dropped,
    /// A whole alert or resource is not in the scenario, for want of anything like it in the model.
    Refused,
    /// No file says it, and the scenario has a guess that is marked.
    ByHand,
}

impl Fate {
    /// Every fate, in the order in which reports tell them.
    pub const ALL: [Self; 4] = [Self::Approximated, Self::Dropped, Self::Refused, Self::ByHand];

    /// Its name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Approximated => "approximated",
            Self::Dropped => "dropped",
            Self::Refused => "refused",
            Self::ByHand => "give by hand",
        }
    }

    /// Its name for programs.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Approximated => "approximated",
            Self::Dropped => "dropped",
            Self::Refused => "refused",
            Self::ByHand => "by_hand",
        }
    }
}

/// A part of a foreign file that the scenario does not have as it was.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Loss {
    /// What became of it.
    pub fate: Fate,
    /// Where it is written; none for what no file says.
    pub span: Option<Span>,
    /// What it is, in the words of the file: `spec.strategy.canary.maxSurge: 25%`.
    pub what: String,
    /// How it is approximated, or why it is dropped and what that does to the answer, or what to give.
    pub why: String,
}
