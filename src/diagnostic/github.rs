//! Annotations of GitHub's workflow log: how one is written, and how many survive.
//!
//! Of each level the runner shows ten a step and drops the rest without a word, so the rest is counted
//! in the tenth.

use super::path::portable;
use super::problem::{Diagnostic, sorted};
use super::rule::Severity;
use super::source::Sources;
use crate::outlet::{workflow_data, workflow_property};
use std::collections::BTreeSet;

/// Annotations of one level that a step may have.
const MOST: usize = 10;

/// How bad an annotation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AnnotationLevel {
    /// Red.
    Error,
    /// Yellow.
    Warning,
    /// Neither.
    Notice,
}

impl AnnotationLevel {
    fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Notice => "notice",
        }
    }
}

/// One annotation, in plain text: escaping happens when it is printed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Annotation {
    /// How bad it is.
    pub level: AnnotationLevel,
    /// `file`, `line`, `title` and so on, in the order to print them.
    pub properties: Vec<(&'static str, String)>,
    /// What it says; lines are kept.
    pub message: String,
}

/// The annotations as lines of a log, the worst level first and otherwise in the given order. Where a
/// level has more than ten, the last one counts the others and tells, in the words of `rest`, where
/// they are.
#[must_use]
pub fn log(annotations: &[Annotation], rest: &str) -> String {
    let mut out = String::new();
    for level in [AnnotationLevel::Error, AnnotationLevel::Warning, AnnotationLevel::Notice] {
        let all: Vec<&Annotation> = annotations.iter().filter(|one| one.level == level).collect();
        let shown = if all.len() > MOST { MOST - 1 } else { all.len() };
        all[..shown].iter().for_each(|annotation| out.push_str(&line(annotation)));
        if shown < all.len() {
            let message = format!("and {} more: {rest}", all.len() - shown);
            out.push_str(&line(&Annotation { level, properties: Vec::new(), message }));
        }
    }
    out
}

fn line(annotation: &Annotation) -> String {
    let properties: Vec<String> = annotation
        .properties
        .iter()
        .map(|(key, value)| format!("{key}={}", workflow_property(value)))
        .collect();
    let blank = if properties.is_empty() { "" } else { " " };
    format!(
        "::{}{blank}{}::{}\n",
        annotation.level.name(),
        properties.join(","),
        workflow_data(annotation.message.as_str())
    )
}

/// The problems of all files as annotations, each problem once even if several files include its place.
#[must_use]
pub fn annotations(files: &[(&str, &[Diagnostic], &Sources)]) -> Vec<Annotation> {
    let mut seen = BTreeSet::new();
    let mut all = Vec::new();
    for (file, diagnostics, sources) in files {
        for diagnostic in sorted(diagnostics) {
            let annotation = annotation(file, diagnostic, sources);
            if seen.insert(annotation.clone()) {
                all.push(annotation);
            }
        }
    }
    all
}

fn annotation(file: &str, diagnostic: &Diagnostic, sources: &Sources) -> Annotation {
    let level = match diagnostic.severity {
        Severity::Error => AnnotationLevel::Error,
        Severity::Warning => AnnotationLevel::Warning,
    };
    let mut properties = Vec::new();
    match diagnostic.primary() {
        Some(label) => {
            let start = sources.position(label.file, label.range.start);
            let end = sources.position(label.file, label.range.end.max(label.range.start));
            properties.push(("file", portable(sources.name(label.file))));
            properties.push(("line", start.line.to_string()));
            properties.push(("col", start.column.to_string()));
            properties.push(("endLine", end.line.to_string()));
        }
        None => properties.push(("file", portable(file))),
    }
    properties.push(("title", diagnostic.rule.id.to_owned()));
    Annotation { level, properties, message: diagnostic.message_and_help() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(count: usize) -> Vec<Annotation> {
        (0..count)
            .map(|n| Annotation {
                level: AnnotationLevel::Error,
                properties: Vec::new(),
                message: n.to_string(),
            })
            .collect()
    }

    #[test]
    fn what_the_runner_would_read_as_syntax_is_escaped() {
        let annotation = Annotation {
            level: AnnotationLevel::Warning,
            properties: vec![("file", "a:b,c%.toml".into()), ("title", "x\r\ny\u{1b}".into())],
            message: "5 %, a: b\n::error::no".into(),
        };
        assert_eq!(
            log(&[annotation], ""),
            "::warning file=a%3Ab%2Cc%25.toml,title=x%0Ay\\u001B::5 %25, a: b%0A::error::no\n"
        );
    }

    #[test]
    fn ten_are_shown_and_of_eleven_the_last_two_are_counted() {
        assert_eq!(log(&errors(10), "look").lines().last(), Some("::error::9"));
        let capped = log(&errors(11), "look");
        assert_eq!(capped.lines().count(), 10);
        assert_eq!(capped.lines().last(), Some("::error::and 2 more: look"));
    }

    #[test]
    fn levels_are_counted_apart_and_the_worst_is_first() {
        let mut mixed = errors(12);
        mixed.insert(
            0,
            Annotation { level: AnnotationLevel::Notice, properties: Vec::new(), message: "n".into() },
        );
        let capped = log(&mixed, "look");
        assert_eq!(capped.lines().count(), 11);
        assert_eq!(capped.lines().last(), Some("::notice::n"));
    }
}
