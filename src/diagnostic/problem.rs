//! One problem: rule, place, reason, fix. It is stored here and written elsewhere.

use super::rule::{Rule, Severity};
use super::source::{FileId, Span};
use std::ops::Range;

/// A place in a file and what there is to say about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The file.
    pub file: FileId,
    /// Byte range within the file's text.
    pub range: Range<usize>,
    /// A few words next to the caret; may be empty.
    pub text: String,
    /// Whether this is where the problem is, rather than something it refers to.
    pub primary: bool,
}

/// One problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The kind of problem.
    pub rule: &'static Rule,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one lowercase sentence.
    pub message: String,
    /// Where; empty only for a file that could not be read at all.
    pub labels: Vec<Label>,
    /// What to do about it.
    pub help: Option<String>,
    /// Why the author accepts it, where the scenario says so.
    pub allowed: Option<String>,
}

impl Rule {
    /// A problem of this kind at `span`, if there is one, where the caret says enough.
    #[must_use]
    pub fn at(&'static self, span: impl Into<Option<Span>>, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(self, message).at(span, "")
    }
}

impl Diagnostic {
    /// A problem without a place yet.
    #[must_use]
    pub fn new(rule: &'static Rule, message: impl Into<String>) -> Self {
        Self {
            rule,
            severity: rule.severity,
            message: message.into(),
            labels: Vec::new(),
            help: None,
            allowed: None,
        }
    }

    /// Says where the problem is, if that is known.
    #[must_use]
    pub fn at(self, span: impl Into<Option<Span>>, text: impl Into<String>) -> Self {
        self.label(span.into(), text.into(), true)
    }

    /// Points at something the problem refers to, if it was written.
    #[must_use]
    pub fn and(self, span: impl Into<Option<Span>>, text: impl Into<String>) -> Self {
        self.label(span.into(), text.into(), false)
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// The label that says where the problem is.
    #[must_use]
    pub fn primary(&self) -> Option<&Label> {
        self.labels.iter().find(|label| label.primary)
    }

    /// Where the problem is.
    #[must_use]
    pub fn primary_place(&self) -> Option<Span> {
        self.primary().map(|label| Span { file: label.file, start: label.range.start, end: label.range.end })
    }

    /// Whether one of its labels is just this place.
    #[must_use]
    pub fn points_at(&self, span: Span) -> bool {
        self.labels.iter().any(|label| label.file == span.file && label.range == (span.start..span.end))
    }

    /// The message and, on a line of its own, the help: for formats with one text a problem.
    pub(super) fn message_and_help(&self) -> String {
        match &self.help {
            None => self.message.clone(),
            Some(help) => format!("{}\nhelp: {help}", self.message),
        }
    }

    fn label(mut self, span: Option<Span>, text: String, primary: bool) -> Self {
        let label = |span: Span| Label { file: span.file, range: span.start..span.end, text, primary };
        self.labels.extend(span.map(label));
        self
    }
}

/// Errors, then warnings, each in reading order: by file, then by position; those without a place come first.
#[must_use]
pub fn sorted(diagnostics: &[Diagnostic]) -> Vec<&Diagnostic> {
    let mut sorted: Vec<&Diagnostic> = diagnostics.iter().collect();
    sorted.sort_by_key(|diagnostic| {
        let place = diagnostic.primary().map(|label| (label.file, label.range.start, label.range.end));
        (diagnostic.severity, place, diagnostic.rule.id)
    });
    sorted
}
