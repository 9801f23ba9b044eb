//! Resolves recorded merges: a CSV file with one instant a row becomes milliseconds since the pipeline's start.
//!
//! It knows the file's text and its place among the sources, and nothing of pipelines. A file with a mistake often has it in
//! every row, so each kind of mistake is reported once, where it is first, with the number of rows that have it.

use crate::diagnostic::{Diagnostic, FileId, Rule, Span};
use crate::scenario::problems::Problems;
use crate::scenario::rules;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// The column that has the instants; all others are for people.
const COLUMN: &str = "merged";

/// A file of merges.
pub(super) struct MergesFile<'a> {
    /// Its name as written.
    pub path: &'a str,
    /// Where that is written.
    pub named_at: Span,
    /// The file.
    pub file: FileId,
    /// What is in it.
    pub text: &'a str,
}

/// The merges of a file, in milliseconds since midnight UTC of `start`; those that were reported are left out.
pub(super) fn merges(
    table: &MergesFile<'_>,
    start: Date,
    length_ms: u64,
    problems: &mut Problems,
) -> Vec<u64> {
    let MergesFile { path, named_at, file, text } = *table;
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    let column = rows.headers().ok().and_then(|head| head.iter().position(|name| name.trim() == COLUMN));
    let Some(column) = column else {
        // Without it this may be any file, and nothing of it is shown.
        let message = format!("no column of {path} is called `{COLUMN}`");
        let help = format!("name the column of instants `{COLUMN}` in its first line");
        problems.missing_key(named_at, message, help);
        return Vec::new();
    };
    let epoch_ms = start.to_zoned(TimeZone::UTC).map_or(0, |midnight| midnight.timestamp().as_millisecond());
    let [mut unreadable, mut outside, mut unsorted] =
        [FaultyRows::default(), FaultyRows::default(), FaultyRows::default()];
    let mut merges: Vec<u64> = Vec::new();
    for row in rows.records() {
        let at = row.as_ref().ok().and_then(csv::StringRecord::position).map_or(0, |at| at.byte() as usize);
        let line = text.get(at..).map_or("", |rest| rest.trim_start_matches(['\r', '\n']));
        let begin = text.len().min(at) + text.get(at..).map_or(0, |rest| rest.len() - line.len());
        let span = Span { file, start: begin, end: begin + line.lines().next().unwrap_or("").len() };
        let instant = row.ok().and_then(|row| row.get(column)?.trim().parse::<Timestamp>().ok());
        match instant.map(|instant| u64::try_from(instant.as_millisecond() - epoch_ms)) {
            None => unreadable.add(span),
            Some(Ok(ms)) if ms < length_ms => {
                if merges.last().is_some_and(|last| *last > ms) {
                    unsorted.add(span);
                } else {
                    merges.push(ms);
                }
            }
            Some(_) => outside.add(span),
        }
    }
    let days = "give the pipeline a `start` and a `length` that hold all of them, or leave these rows out";
    unreadable.report(
        &rules::BAD_TIME,
        "this is no instant",
        "write a date, a time and its offset, as in 2026-03-02T14:05:00Z or 2026-03-02T09:05-05:00",
        problems,
    );
    outside.report(&rules::OUT_OF_RANGE, "this lies outside the pipeline's time", days, problems);
    unsorted.report(
        &rules::OUT_OF_RANGE,
        "this is earlier than a merge before it",
        "sort the rows by time, the earliest first: `git log --reverse`",
        problems,
    );
    merges
}

/// FaultyRows with the same mistake.
#[derive(Default)]
struct FaultyRows {
    first: Option<Span>,
    more: usize,
}

impl FaultyRows {
    fn add(&mut self, span: Span) {
        match self.first {
            None => self.first = Some(span),
            Some(_) => self.more += 1,
        }
    }

    fn report(self, rule: &'static Rule, message: &str, help: &str, problems: &mut Problems) {
        let Some(first) = self.first else { return };
        let label = match self.more {
            0 => String::new(),
            1 => "and one more row".to_owned(),
            more => format!("and {more} more rows"),
        };
        problems.report(Diagnostic::new(rule, message).at(first, label).help(help));
    }
}
