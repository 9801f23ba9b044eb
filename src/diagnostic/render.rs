//! Diagnostics as text with source lines and carets. The only file that names annotate-snippets.

use super::problem::{Diagnostic, Label, sorted};
use super::rule::Severity;
use super::source::{FileId, Sources, char_boundary};
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};

/// Problems that are shown at most.
const MOST_SHOWN: usize = 100;

/// The problems in reading order, a blank line after each, and how many more than a hundred there are; empty without
/// problems.
///
/// `color` adds terminal escapes; the text is otherwise the same.
#[must_use]
pub fn render(diagnostics: &[Diagnostic], sources: &Sources, color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let sorted = sorted(diagnostics);
    // Each shows lines of its file, and nobody reads hundreds of them.
    let more = sorted.len().saturating_sub(MOST_SHOWN);
    let mut text: String = sorted
        .into_iter()
        .take(MOST_SHOWN)
        .map(|diagnostic| format!("{}\n\n", renderer.render(&[group(diagnostic, sources)])))
        .collect();
    if more > 0 {
        text.push_str(&format!("and {more} more: a format for programs lists them all\n\n"));
    }
    text
}

fn group<'a>(diagnostic: &'a Diagnostic, sources: &'a Sources) -> Group<'a> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(diagnostic.message.as_str()).id(diagnostic.rule.id);
    let mut group = Group::with_title(title);
    for file in files(diagnostic) {
        let labels = diagnostic.labels.iter().filter(|label| label.file == file);
        let snippet = Snippet::source(sources.text(file))
            .path(sources.name(file))
            .annotations(labels.map(|label| annotation(label, sources)));
        group = group.element(snippet);
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    group
}

/// Files of a problem, the one with the problem first.
fn files(diagnostic: &Diagnostic) -> Vec<FileId> {
    let mut files: Vec<FileId> = diagnostic.primary().iter().map(|label| label.file).collect();
    for label in &diagnostic.labels {
        if !files.contains(&label.file) {
            files.push(label.file);
        }
    }
    files
}

fn annotation<'a>(label: &'a Label, sources: &Sources) -> Annotation<'a> {
    let text = sources.text(label.file);
    let start = char_boundary(text, label.range.start);
    let end = char_boundary(text, label.range.end).max(start);
    let kind = if label.primary { AnnotationKind::Primary } else { AnnotationKind::Context };
    let annotation = kind.span(start..end);
    if label.text.is_empty() { annotation } else { annotation.label(label.text.as_str()) }
}
