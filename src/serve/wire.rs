//! What is asked and answered, as JSON. The shapes are those that the page's script reads; they carry text of scenarios as
//! strings and nothing as markup.

use crate::diagnostic::{Diagnostic, Sources};
use crate::report::page::PageData;
use crate::scenario::knobs::Knob;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A scenario to study.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StudyAsked {
    /// The text that stands for the file.
    pub text: String,
    /// Paths and the TOML that is to be there.
    #[serde(default)]
    pub settings: Vec<(String, String)>,
    /// Trials of each strategy; as the scenario says without them.
    #[serde(default)]
    pub trials: Option<u64>,
}

/// What became of that.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct StudyAnswer {
    /// The number of the study that has begun; none where there are errors.
    pub study: Option<u64>,
    /// The text with what was set in it.
    pub text: String,
    /// What was set in files that the text includes, and so is not in it.
    pub elsewhere: Vec<(String, String)>,
    /// Errors and warnings, in reading order.
    pub problems: Vec<WrittenProblem>,
    /// What can be turned.
    pub knobs: Vec<Knob>,
    /// The command that compares the file with what was accepted.
    pub gate: String,
    /// The plan as a picture, before anything is simulated.
    pub gantt: Option<String>,
}

/// A problem with its place, as editors count: from 1, the end being the character after the last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct WrittenProblem {
    /// `error` or `warning`.
    pub severity: &'static str,
    /// The rule, as `WT002`; empty for what no rule is about.
    pub rule: &'static str,
    /// What is wrong.
    pub message: String,
    /// The file that it is in; none where it has no place.
    pub file: Option<String>,
    /// Whether that is the text itself, and no file that it includes.
    pub here: bool,
    /// First line.
    pub line: Option<usize>,
    /// First character.
    pub column: Option<usize>,
    /// Last line.
    pub end_line: Option<usize>,
    /// Character after the last.
    pub end_column: Option<usize>,
    /// What to do.
    pub help: Vec<String>,
}

impl WrittenProblem {
    /// A problem of a scenario.
    pub fn of(problem: &Diagnostic, sources: &Sources) -> Self {
        let place = problem.primary_place();
        let start = place.map(|span| sources.position(span.file, span.start));
        let end = place.map(|span| sources.position(span.file, span.end.max(span.start)));
        Self {
            severity: problem.severity.name(),
            rule: problem.rule.id,
            message: problem.message.clone(),
            file: place.map(|span| sources.name(span.file).to_owned()),
            here: place.is_some_and(|span| sources.names().next() == Some(sources.name(span.file))),
            line: start.map(|start| start.line),
            column: start.map(|start| start.column),
            end_line: end.map(|end| end.line),
            end_column: end.map(|end| end.column),
            help: problem.help.iter().cloned().collect(),
        }
    }

    /// An error of what was asked rather than of a text.
    pub fn beside(message: String, help: Option<&str>) -> Self {
        Self {
            severity: "error",
            rule: "",
            message,
            file: None,
            here: false,
            line: None,
            column: None,
            end_line: None,
            end_column: None,
            help: help.map(str::to_owned).into_iter().collect(),
        }
    }
}

/// A trial to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TrialAsked {
    /// The study that it is of.
    pub study: u64,
    /// Index of its strategy.
    pub strategy: usize,
    /// Its number.
    pub trial: u64,
}

/// A trial, told.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct TrialAnswer<F: Serialize> {
    /// Its timeline, as a picture for a page.
    pub figure: String,
    /// What happened on the fleet.
    pub fleet: F,
}

/// The numbers of a study so far.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct NumbersSoFar {
    /// The study.
    pub study: u64,
    /// Trials of each strategy by now.
    pub trials: u64,
    /// Trials that there will be, as far as is known.
    pub of: u64,
    /// Whether no more will come.
    #[serde(rename = "final")]
    pub is_final: bool,
    /// What they say.
    pub page: PageData,
    /// Pictures by name; only once no more will come.
    pub figures: BTreeMap<&'static str, String>,
}

/// A study that came to no end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct StudyFailed {
    /// The study.
    pub study: u64,
    /// Why.
    pub message: String,
}

/// A value as JSON.
pub(super) fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("invariant: what is answered has string keys and plain data")
}
