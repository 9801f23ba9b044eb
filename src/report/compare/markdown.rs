//! A comparison as a comment on a pull request: the verdict first, at most ten rows, the rest folded away.
//!
//! Services refuse comments beyond 65,536 characters, so every part has a budget and counts what does not fit.

use super::options::Options;
use super::words;
use crate::outcome::measures::Subject;
use crate::report::document::{
    self, Align, Block, DataTable, Document, Entries, Item, RichText, ShellCommand, Tone, elide,
};
use crate::report::{limits, text};
use crate::study::compare::{Compared, Row};
use crate::study::verdict::{MeasureChange, Verdict};

/// Changed inputs listed before the rest is counted.
const MOST_INPUTS: usize = 10;
/// Rows outside of the details.
const MOST_ROWS: usize = 10;
/// Characters of a sentence that lists names.
const LINE: usize = 300;
/// Characters of the scenario's name.
const NAME: usize = 100;

/// Bytes of each part. Together with the fixed texts they stay under 60,000.
const INPUT_BYTES: usize = 8_000;
const WARNING_BYTES: usize = 4_000;
const ROW_BYTES: usize = 10_000;
const MORE_ROW_BYTES: usize = 9_000;
const THRESHOLD_BYTES: usize = 7_000;
const REPLAY_BYTES: usize = 5_000;
const PROVENANCE_BYTES: usize = 6_000;

/// What the first line of a comment says, by which a script finds the comment to replace: `wavetank:gate NAME`.
pub(super) fn marker(subject: Subject, scenario: &str) -> String {
    let mut name =
        String::from(if subject.is_rollout() { "wavetank:gate " } else { "wavetank:pipeline-gate " });
    for letter in elide(scenario, NAME).chars() {
        // Two hyphens would end the HTML comment.
        if letter.is_alphanumeric() || "._/ ".contains(letter) || letter == '-' && !name.ends_with('-') {
            name.push(letter);
        } else {
            name.push_str(&format!("%{:X}", u32::from(letter)));
        }
    }
    name
}

/// The comparison as a comment of less than 60,000 bytes, whatever is in it.
#[must_use]
pub fn comment(compared: &Compared, options: &Options) -> String {
    document::markdown(&document(compared, options))
}

fn document(compared: &Compared, options: &Options) -> Document {
    let scenario = &compared.candidate.scenario;
    let title = format!("{}: {}", words::gate(compared, "Rollout", "Pipeline"), elide(scenario, NAME));
    let rows = words::changed(compared);
    let (shown, more) = rows.split_at(rows.len().min(MOST_ROWS));
    let mut report = Document::default();
    report.push(Block::Hidden(marker(compared.subject, scenario)));
    report.push(Block::Title(title.into()));
    report.push(Block::Paragraph(words::verdict(compared, options).into()));
    report.section("What changed", vec![Block::List(inputs(compared))]);
    for held in words::held(compared) {
        report.push(sentence(Some(held.to_owned())));
    }
    report.push(sentence(words::not_compared(compared)));
    report.section("Warnings of `wavetank check` that are new", vec![Block::List(warnings(options))]);
    report.push(Block::Table(table(shown, ROW_BYTES)));
    let unchanged = words::unchanged(compared).map(|line| line.replacen("no change", "No change", 1));
    report.push(sentence(unchanged.map(|line| format!("{}.", elide(&line, LINE)))));
    report.push(Block::List(broken(compared)));
    if let Some(accept) = options.accept.filter(|_| compared.verdict != Verdict::Pass) {
        let title = "If this is meant, run on your machine and commit the baseline with the change:";
        let lines = vec![accept.to_owned()];
        report.push(Block::Commands([ShellCommand { title: title.to_owned(), lines }].into_iter().collect()));
    }
    report.push(details(compared, options, more));
    report
}

/// A sentence of its own, if there is one.
fn sentence(words: Option<String>) -> Block {
    Block::Paragraph(elide(&words.unwrap_or_default(), LINE + 1).into())
}

fn inputs(compared: &Compared) -> Entries<Item> {
    let lines = words::inputs(compared).into_iter().map(Item::from).collect();
    let mut items = Entries::within(lines, INPUT_BYTES);
    items.truncate(MOST_INPUTS);
    items
}

/// What `check` says of the candidate and did not say before.
fn warnings(options: &Options) -> Entries<Item> {
    let lines = options.warnings.iter().map(|line| Item::from(elide(line, LINE))).collect();
    let mut items = Entries::within(lines, WARNING_BYTES);
    items.truncate(MOST_INPUTS);
    items
}

/// Limits of level error that do not hold: what fails a gate is never folded away.
fn broken(compared: &Compared) -> Entries<Item> {
    let limits = compared.thresholds.iter();
    let broken = limits.filter(|limit| limit.at_the_gate() == Verdict::Fail);
    let item = |result| limits::item(result, limits::sentence(result, compared.trials));
    let mut items = Entries::within(broken.map(item).collect(), WARNING_BYTES);
    items.truncate(MOST_ROWS);
    items
}

/// Rows as a table.
fn table(rows: &[&Row], most_bytes: usize) -> DataTable {
    let confidence = rows.first().map_or(0.0, |row| row.confidence);
    let difference = format!("difference, {} interval", text::percent(confidence));
    let mut table = DataTable::new("comparison")
        .numbers(["baseline", "candidate", difference.as_str()])
        .column("verdict", Align::Left)
        .within(most_bytes, |rest| format!("and {rest} more, in the JSON"));
    rows.iter().for_each(|row| table.row(cells(row)));
    table
}

fn cells(row: &Row) -> [RichText; 5] {
    let unit = words::unit(row);
    let value = |x: Option<f64>| x.map_or("-".to_owned(), |x| text::value_with_unit(unit, x));
    let verdict = match row.change {
        MeasureChange::NoChange => words::no_change(row).into(),
        MeasureChange::Inconclusive => format!("inconclusive: {}", words::advice(row)).into(),
        MeasureChange::Regressed => RichText::toned(Tone::Bad, row.change.word())
            .then(Tone::Plain, format!(", tolerance {}", text::percent(row.tolerance))),
        MeasureChange::WithinTolerance => {
            format!("within tolerance of {}", text::percent(row.tolerance)).into()
        }
        MeasureChange::Improved => row.change.word().into(),
    };
    [
        words::name(row).into(),
        value(row.baseline.map(|estimate| estimate.value)).into(),
        value(row.candidate.map(|estimate| estimate.value)).into(),
        words::difference(row, " ").into(),
        verdict,
    ]
}

/// Everything that only some readers want.
fn details(compared: &Compared, options: &Options, rows: &[&Row]) -> Block {
    let replays = Entries {
        rest: |rest| format!("and {rest} more, in the JSON"),
        ..Entries::within(words::replays(compared, options), REPLAY_BYTES)
    };
    let facts = words::provenance(compared).into_iter().map(Item::from).collect();
    let facts = Entries { rest: |_| String::new(), ..Entries::within(facts, PROVENANCE_BYTES) };
    let thresholds = text::counted(compared.thresholds.len() as u64, "threshold");
    Block::Details(vec![
        Block::section(
            text::counted(rows.len() as u64, "more comparison"),
            vec![Block::Table(table(rows, MORE_ROW_BYTES))],
        ),
        Block::section(thresholds, vec![Block::List(self::thresholds(compared))]),
        Block::section("replay commands", vec![Block::Commands(replays)]),
        Block::section("provenance", vec![Block::List(facts)]),
    ])
}

/// Those that do not hold first: the others are less news.
fn thresholds(compared: &Compared) -> Entries<Item> {
    let (held, news): (Vec<_>, Vec<_>) =
        compared.thresholds.iter().partition(|result| result.verdict == Verdict::Pass);
    let item = |result| limits::item(result, limits::sentence(result, compared.trials));
    Entries::within(news.into_iter().chain(held).map(item).collect(), THRESHOLD_BYTES)
}
