//! The list that every phase reports to. It knows what was said already, and says nothing twice.

use crate::diagnostic::{Diagnostic, Severity};

/// Problems found so far.
#[derive(Debug, Default)]
pub struct Problems {
    found: Vec<Diagnostic>,
}

impl Problems {
    /// Adds a problem, unless exactly it was reported before.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        if !self.found.contains(&diagnostic) {
            self.found.push(diagnostic);
        }
    }

    /// Adds a problem, unless the same rule was reported at the same place before: for values that
    /// several strategies inherit.
    pub fn report_once(&mut self, diagnostic: Diagnostic) {
        let same = |other: &Diagnostic| {
            other.rule == diagnostic.rule && other.primary_place() == diagnostic.primary_place()
        };
        if !self.found.iter().any(same) {
            self.found.push(diagnostic);
        }
    }

    /// Whether a problem makes the scenario unusable.
    pub fn has_errors(&self) -> bool {
        self.found.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Keeps only the problems that `keep` accepts.
    pub fn retain(&mut self, keep: impl FnMut(&Diagnostic) -> bool) {
        self.found.retain(keep);
    }

    /// Takes over the problems of another list.
    pub fn append(&mut self, other: Self) {
        other.found.into_iter().for_each(|diagnostic| self.report(diagnostic));
    }

    /// The problems in reading order.
    pub fn into_sorted(self) -> Vec<Diagnostic> {
        crate::diagnostic::sorted(&self.found).into_iter().cloned().collect()
    }
}
