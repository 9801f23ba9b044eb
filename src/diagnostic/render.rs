//! Diagnostics as text with source lines and carets. The only file that names annotate-snippets.

use super::problem::{Diagnostic, Label, sorted};
use super::rule::Severity;
use super::source::{FileId, Sources, char_boundary};
use crate::outlet;
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};
use std::ops::Range;

/// Problems that are shown at most.
const MOST_SHOWN: usize = 100;

/// Bytes of a text of which only the lines in question are given to the renderer.
const LARGE: usize = 64 << 10;

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
        .map(|diagnostic| {
            let seen = ShownProblem::of(diagnostic, sources);
            format!("{}\n\n", renderer.render(&[group(diagnostic, &seen, sources)]))
        })
        .collect();
    if more > 0 {
        text.push_str(&format!("and {more} more: a format for programs lists them all\n\n"));
    }
    outlet::terminal(&text, color)
}

/// What a problem says that is not its file's text, which the renderer shows as it is. It must not look like its colours.
struct ShownProblem {
    message: String,
    help: Option<String>,
    /// By label.
    labels: Vec<String>,
    /// By file, the one with the problem first.
    files: Vec<(FileId, String)>,
}

impl ShownProblem {
    fn of(diagnostic: &Diagnostic, sources: &Sources) -> Self {
        let seen = |text: &str| outlet::shown(text).into_owned();
        Self {
            message: outlet::line(&diagnostic.message),
            help: diagnostic.help.as_deref().map(seen),
            labels: diagnostic.labels.iter().map(|label| outlet::line(&label.text)).collect(),
            files: files(diagnostic)
                .into_iter()
                .map(|file| (file, outlet::line(sources.name(file))))
                .collect(),
        }
    }
}

fn group<'a>(diagnostic: &'a Diagnostic, seen: &'a ShownProblem, sources: &'a Sources) -> Group<'a> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(seen.message.as_str()).id(diagnostic.rule.id);
    let mut group = Group::with_title(title);
    for (file, name) in &seen.files {
        let labels = diagnostic.labels.iter().zip(&seen.labels).filter(|(label, _)| label.file == *file);
        let window = window(diagnostic, *file, sources);
        let snippet = Snippet::source(&sources.text(*file)[window.clone()])
            .line_start(sources.position(*file, window.start).line)
            .path(name.as_str())
            .annotations(labels.map(|(label, text)| annotation(label, text, &window, sources)));
        group = group.element(snippet);
    }
    if let Some(help) = &seen.help {
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

/// The lines of a file that a problem is about. The renderer takes a text apart from its first line on, for each problem
/// anew, which is too slow for a large one.
fn window(diagnostic: &Diagnostic, file: FileId, sources: &Sources) -> Range<usize> {
    let text = sources.text(file);
    let labels = || diagnostic.labels.iter().filter(|label| label.file == file);
    let (Some(first), Some(last)) =
        (labels().map(|label| label.range.start).min(), labels().map(|label| label.range.end).max())
    else {
        return 0..text.len();
    };
    if text.len() <= LARGE {
        return 0..text.len();
    }
    let (first, last) = (char_boundary(text, first), char_boundary(text, last.max(first)));
    let start = text[..first].rfind('\n').map_or(0, |at| at + 1);
    let end = text[last..].find('\n').map_or(text.len(), |at| last + at + 1);
    start..end
}

fn annotation<'a>(label: &Label, said: &'a str, window: &Range<usize>, sources: &Sources) -> Annotation<'a> {
    let text = sources.text(label.file);
    let start = char_boundary(text, label.range.start) - window.start;
    let end = char_boundary(text, label.range.end).saturating_sub(window.start).max(start);
    let kind = if label.primary { AnnotationKind::Primary } else { AnnotationKind::Context };
    let annotation = kind.span(start..end);
    if said.is_empty() { annotation } else { annotation.label(said) }
}
