//! Everything that was found wrong or doubtful, with the texts it points into. It knows what was said already, and says
//! nothing twice; it judges nothing.

use crate::diagnostic::{self, Diagnostic, Severity, Sources};
use std::fmt;

/// Errors and warnings about a scenario. Displayed, they are what `wavetank check` prints: source lines and carets.
#[derive(Debug, Clone, Default)]
pub struct Problems {
    found: Vec<Diagnostic>,
    sources: Sources,
}

impl Problems {
    /// The problems in reading order.
    #[must_use]
    pub fn list(&self) -> &[Diagnostic] {
        &self.found
    }

    /// The texts that they point into: the scenario and its includes, whether or not anything is wrong there.
    #[must_use]
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// Number of errors: with one or more there is no plan.
    #[must_use]
    pub fn errors(&self) -> usize {
        self.count(Severity::Error)
    }

    /// Number of warnings.
    #[must_use]
    pub fn warnings(&self) -> usize {
        self.count(Severity::Warning)
    }

    /// All problems with source lines and carets; empty without problems. `color` adds terminal escapes.
    #[must_use]
    pub fn render(&self, color: bool) -> String {
        diagnostic::render(&self.found, &self.sources, color)
    }

    /// All problems as an array for programs, one object a problem.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        diagnostic::to_json(&self.found, &self.sources)
    }

    /// Adds what was found later, and keeps reading order.
    pub fn extend(&mut self, found: impl IntoIterator<Item = Diagnostic>) {
        self.found.extend(found);
        self.sort();
    }

    /// The same problems of files whose names begin with `prefix`, such as the revision that they come from.
    #[must_use]
    pub fn with_prefix(self, prefix: &str) -> Self {
        Self { sources: self.sources.with_prefix(prefix), ..self }
    }

    fn count(&self, severity: Severity) -> usize {
        self.found.iter().filter(|diagnostic| diagnostic.severity == severity).count()
    }

    fn sort(&mut self) {
        self.found = diagnostic::sorted(&self.found).into_iter().cloned().collect();
    }

    /// The same problems in reading order, with the texts that they point into.
    pub(super) fn of(mut self, sources: Sources) -> Self {
        self.sort();
        Self { sources, ..self }
    }

    /// Adds a problem, unless exactly it was reported before.
    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        if !self.found.contains(&diagnostic) {
            self.found.push(diagnostic);
        }
    }

    /// Adds a problem, unless the same rule was reported at the same place before: for values that
    /// several strategies inherit.
    pub(super) fn report_once(&mut self, diagnostic: Diagnostic) {
        let same = |other: &Diagnostic| {
            other.rule == diagnostic.rule && other.primary_place() == diagnostic.primary_place()
        };
        if !self.found.iter().any(same) {
            self.found.push(diagnostic);
        }
    }

    /// Whether a problem makes the scenario unusable.
    pub(super) fn has_errors(&self) -> bool {
        self.found.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Keeps only the problems that `keep` accepts.
    pub(super) fn retain(&mut self, keep: impl FnMut(&Diagnostic) -> bool) {
        self.found.retain(keep);
    }

    /// Takes over the problems of another list.
    pub(super) fn append(&mut self, other: Self) {
        other.found.into_iter().for_each(|diagnostic| self.report(diagnostic));
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Problems {}
