//! Everything that was found wrong or doubtful, with the texts it points into. It knows what was said already, and says
//! nothing twice; it judges nothing.

use super::rules;
use crate::diagnostic::{self, Diagnostic, FileId, Severity, Sources, Span};
use std::collections::BTreeSet;
use std::fmt;

/// Errors and warnings about a scenario. Displayed, they are what `wavetank check` prints: source lines and carets.
#[derive(Debug, Clone, Default)]
pub struct Problems {
    found: Vec<Diagnostic>,
    allowed: Vec<Diagnostic>,
    /// Rules and places of what was reported: only what shares both with another problem can be that problem.
    reported: BTreeSet<(&'static str, Option<(FileId, usize)>)>,
    sources: Sources,
}

impl Problems {
    /// The problems in reading order.
    #[must_use]
    pub fn list(&self) -> &[Diagnostic] {
        &self.found
    }

    /// The warnings that the scenario itself accepts, each with its reason; they are not in [`Problems::list`].
    #[must_use]
    pub fn allowed(&self) -> &[Diagnostic] {
        &self.allowed
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

    /// The warnings that the scenario accepts, as [`Problems::to_json`] has the others, each with its `reason`.
    #[must_use]
    pub fn allowed_to_json(&self) -> serde_json::Value {
        diagnostic::to_json(&self.allowed, &self.sources)
    }

    /// Sets aside the warnings for which `reason` has one.
    pub fn allow(&mut self, reason: impl Fn(&Diagnostic) -> Option<String>) {
        for mut diagnostic in std::mem::take(&mut self.found) {
            diagnostic.allowed = reason(&diagnostic).filter(|_| diagnostic.severity == Severity::Warning);
            let list = if diagnostic.allowed.is_some() { &mut self.allowed } else { &mut self.found };
            list.push(diagnostic);
        }
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
        let place = diagnostic.primary().map(|label| (label.file, label.range.start));
        let is_new = self.reported.insert((diagnostic.rule.id, place));
        if is_new || !self.found.contains(&diagnostic) {
            self.found.push(diagnostic);
        }
    }

    /// Reports a value at `span` that is of the right kind and cannot be used.
    pub(super) fn out_of_range(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.report(rules::OUT_OF_RANGE.at(span, message).help(help));
    }

    /// Reports a key that is needed at `span` and not there.
    pub(super) fn missing_key(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.report(rules::MISSING_KEY.at(span, message).help(help));
    }

    /// Reports a key that does not go with another one; the places are those of both.
    pub(super) fn conflict(
        &mut self,
        (key, other): (Span, Span),
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.report(rules::CONFLICTING_KEYS.at(key, message).and(other, "").help(help));
    }

    /// Reports two keys of which only one may be written; the later one is where the problem is.
    pub(super) fn exclude(&mut self, (first, there): (&str, Span), (second, here): (&str, Span)) {
        let message = format!("`{first}` and `{second}` exclude each other");
        let problem = rules::CONFLICTING_KEYS.at(here, message).and(there, "");
        self.report_once(problem.help("keep one of them"));
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
