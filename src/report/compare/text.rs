//! A comparison for a terminal: the verdict, what changed, every row, limits, trials worth a replay.

use super::{Options, words};
use crate::report::limits;
use crate::report::paint::Paint;
use crate::report::plan_diff;
use crate::report::table::{Align, Table};
use crate::report::terminal::{INDENT, LEAST_WIDTH, MOST_WIDTH};
use crate::report::text::{self, wrap};
use crate::study::compare::{Compared, Row};
use crate::study::verdict::{Change, Verdict};

/// Changed inputs listed before the rest is counted.
const MOST_INPUTS: usize = 30;
/// Trials listed for a replay.
const MOST_REPLAYS: usize = 5;

/// How to print.
#[derive(Debug, Clone, Copy)]
pub struct Style<'a> {
    /// Whether to use ANSI colours.
    pub color: bool,
    /// Columns of the terminal.
    pub width: usize,
    /// What the numbers do not say.
    pub options: Options<'a>,
}

/// The comparison as text.
#[must_use]
pub fn report(compared: &Compared, style: &Style) -> String {
    let width = style.width.clamp(LEAST_WIDTH, MOST_WIDTH);
    let paint = Paint { color: style.color };
    let mut out = verdict(compared, style, width, &paint);
    let mut section = |title: &str, body: String| {
        if !body.is_empty() {
            out.push_str(&format!("\n{}\n{body}", paint.bold(title)));
        }
    };
    section("What changed", inputs(compared, width));
    let title = if is_unchanged(compared) { "Comparison" } else { "Comparison, worst first" };
    section(title, rows(compared, width, &paint));
    section("Thresholds", thresholds(compared, width, &paint));
    section("Trials that got worse by most", replays(compared, &style.options, width));
    section("How to read this", notes(compared, width));
    out
}

fn verdict(compared: &Compared, style: &Style, width: usize, paint: &Paint) -> String {
    let (mark, code) = match compared.verdict {
        Verdict::Pass => ("✓ pass", "32"),
        Verdict::Fail => ("✗ fail", "31"),
        Verdict::Inconclusive => ("? open", "33"),
    };
    let sentence = words::verdict(compared, &style.options);
    let plain = wrap(&sentence, width, &format!("{mark}  "), "        ");
    plain.replacen(mark, &paint.color(code, mark), 1)
}

fn inputs(compared: &Compared, width: usize) -> String {
    let mut lines = plan_diff::lines(&compared.inputs);
    if lines.is_empty() {
        lines.push(words::same_inputs(compared));
    }
    // Eliding a single line would take as much room as the line.
    if lines.len() > MOST_INPUTS + 1 {
        let rest = lines.split_off(MOST_INPUTS).len();
        lines.push(format!("and {rest} more"));
    }
    lines.extend(words::not_compared(compared));
    lines.iter().map(|line| wrap(line, width, "  ", "    ")).collect()
}

/// Whether there is no row that needs words of its own.
fn is_unchanged(compared: &Compared) -> bool {
    compared.rows.iter().all(|row| row.change == Change::NoChange)
}

fn thresholds(compared: &Compared, width: usize, paint: &Paint) -> String {
    let sentence = |result| limits::sentence(result, compared.trials);
    compared.thresholds.iter().map(|result| limits::line(result, &sentence(result), width, paint)).collect()
}

/// The rows in which something changed as a table, the others in a line.
fn rows(compared: &Compared, width: usize, paint: &Paint) -> String {
    let changed = words::changed(compared);
    let mut out = if changed.is_empty() { String::new() } else { table(&changed, width, paint) };
    if let Some(line) = words::unchanged(compared) {
        out.push_str(&wrap(&line, width, "  ", "    "));
    }
    out
}

fn table(rows: &[&Row], width: usize, paint: &Paint) -> String {
    let mut table = Table::new("strategy: statistic of metric, unit")
        .column("baseline", Align::Right)
        .column("candidate", Align::Right)
        .column("difference\n[interval]", Align::Right)
        .column("verdict", Align::Left);
    rows.iter().for_each(|row| table.row(cells(row)));
    let mut out = colored(&table.fit(width, INDENT), paint);
    for row in rows.iter().filter(|row| row.change == Change::Inconclusive) {
        let line = format!("{}: {}", words::name(row), words::advice(row));
        out.push_str(&wrap(&line, width, "  ? ", "    "));
    }
    out
}

fn cells(row: &Row) -> Vec<String> {
    let unit = words::unit(row);
    let value = |x: Option<f64>| x.map_or("-".to_owned(), |x| text::value(unit, x));
    // The unit once, next to the metric, keeps the columns narrow.
    let name = match text::unit_name(unit) {
        "" => words::name(row),
        unit => format!("{}, {unit}", words::name(row)),
    };
    let difference = row.difference.map_or("-".to_owned(), |difference| {
        format!(
            "{}\n{}",
            text::difference(unit, difference.value),
            text::difference_interval(unit, difference.interval)
        )
    });
    let word = match row.change {
        Change::WithinTolerance => row.change.word().replacen(' ', "\n", 1),
        change => change.word().to_owned(),
    };
    vec![
        name,
        value(row.baseline.map(|estimate| estimate.value)),
        value(row.candidate.map(|estimate| estimate.value)),
        difference,
        word,
    ]
}

/// The table with its verdicts, the last words of lines, in colour.
fn colored(table: &str, paint: &Paint) -> String {
    let marks = [(Change::Regressed, "31"), (Change::Inconclusive, "33"), (Change::Improved, "32")];
    let mut out = String::with_capacity(table.len());
    for line in table.lines() {
        let found = marks
            .iter()
            .find_map(|(change, code)| Some((line.strip_suffix(change.word())?, change.word(), code)));
        match found {
            Some((before, word, code)) => out.push_str(&format!("{before}{}\n", paint.color(code, word))),
            None => out.push_str(&format!("{line}\n")),
        }
    }
    out
}

fn replays(compared: &Compared, options: &Options, width: usize) -> String {
    let replays = words::replays(compared, options);
    let mut out = String::new();
    for replay in replays.iter().take(MOST_REPLAYS) {
        out.push_str(&wrap(&replay.title, width, "  ", "    "));
        for command in &replay.commands {
            out.push_str(&format!("    {command}\n"));
        }
    }
    if replays.len() > MOST_REPLAYS {
        out.push_str(&format!("  and {} more: most_worse_trial in the JSON\n", replays.len() - MOST_REPLAYS));
    }
    out
}

fn notes(compared: &Compared, width: usize) -> String {
    let mut notes = Vec::new();
    let changed = words::changed(compared);
    if !changed.is_empty() || !compared.inputs.is_empty() {
        notes.push(format!("Less is better for every metric. {}", words::pairing(compared)));
    }
    if let Some(row) = changed.first() {
        notes.push(format!(
            "Regressed: more than the tolerance ({}) above the baseline. Within tolerance: not more than that. Improved: below the baseline.",
            tolerances(&changed)
        ));
        notes.push(format!(
            "[ ]: interval of the difference; intervals of differences have {} each, so that all verdicts together hold with {}. ?: too few values for a bound; pp: percentage points.",
            text::percent(row.confidence),
            text::percent(compared.confidence)
        ));
    }
    notes.extend(words::provenance(compared));
    notes.iter().map(|note| wrap(note, width, "  ", "    ")).collect()
}

/// The tolerances in use, each once, ascending.
fn tolerances(rows: &[&Row]) -> String {
    let mut shares: Vec<f64> = rows.iter().map(|row| row.tolerance).collect();
    shares.sort_by(f64::total_cmp);
    shares.dedup();
    let shares: Vec<String> = shares.into_iter().map(text::percent).collect();
    let shares: Vec<&str> = shares.iter().map(String::as_str).collect();
    text::list(&shares, 4)
}
