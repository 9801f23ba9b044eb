//! A comparison for a terminal: what changed, every row, trials worth a replay, limits, the verdict.

use super::options::Options;
use super::words;
use crate::report::document::{
    Align, Block, DataTable, Document, Entries, Item, RichText, Terminal, Tone, VerdictMark,
};
use crate::report::{limits, text};
use crate::study::compare::{Compared, Row};
use crate::study::verdict::{MeasureChange, Verdict};

/// Changed inputs listed before the rest is counted.
const MOST_INPUTS: usize = 30;
/// Trials listed for a replay.
const MOST_REPLAYS: usize = 5;

/// The comparison on a terminal.
#[must_use]
pub fn report(compared: &Compared, options: &Options, terminal: &Terminal) -> String {
    terminal.readable().render(&document(compared, options))
}

/// The comparison, what is most important last.
pub(in crate::report) fn document(compared: &Compared, options: &Options) -> Document {
    let mut report = Document::default();
    report.section("What changed", inputs(compared, options));
    let changed = words::changed(compared);
    let title = if changed.is_empty() { "Comparison" } else { "Comparison, worst first" };
    report.section(title, rows(compared, &changed));
    let mut replays = Entries {
        rest: |rest| format!("and {rest} more: most_worse_trial in the JSON"),
        ..words::replays(compared, options).into_iter().collect()
    };
    replays.truncate(MOST_REPLAYS);
    report.section("Trials that got worse by most", vec![Block::Commands(replays)]);
    report.section("How to read this", vec![Block::list(notes(compared, &changed))]);
    // What a reader must not miss comes last: that is where a screen stays.
    let limits = compared.thresholds.iter();
    let limits = limits.map(|result| limits::item(result, limits::sentence(result, compared.trials)));
    report.section("Thresholds", vec![Block::list(limits)]);
    report.section("Verdict", vec![Block::list([verdict(compared, options)])]);
    report
}

/// The command that tells the trial which is worse by most; none if nothing got worse.
#[must_use]
pub fn first_replay(compared: &Compared, options: &Options) -> Option<String> {
    words::replays(compared, options).into_iter().next().and_then(|mut replay| replay.lines.pop())
}

fn verdict(compared: &Compared, options: &Options) -> Item {
    if compared.baseline_strategy.is_some() {
        return words::verdict(compared, options).into();
    }
    let (sign, word, tone) = match compared.verdict {
        Verdict::Pass => ("✓", "pass", Tone::Good),
        Verdict::Fail => ("✗", "fail", Tone::Bad),
        Verdict::Inconclusive => ("?", "open", Tone::Doubtful),
    };
    Item::marked(VerdictMark { sign, word, tone }, words::verdict(compared, options))
}

fn inputs(compared: &Compared, options: &Options) -> Vec<Block> {
    let mut items: Entries<Item> = words::inputs(compared).into_iter().map(Item::from).collect();
    // Eliding a single line would take as much room as the line.
    if items.shown.len() > MOST_INPUTS + 1 {
        items.truncate(MOST_INPUTS);
    }
    vec![
        Block::List(items),
        Block::list(words::held(compared)),
        Block::list(words::not_compared(compared)),
        Block::list(options.warnings.iter().map(|warning| format!("check warns now: {warning}"))),
    ]
}

/// The rows in which something changed as a table, the others in a line.
fn rows(compared: &Compared, changed: &[&Row]) -> Vec<Block> {
    let mut table = DataTable::new("strategy: statistic of metric, unit")
        .numbers(["baseline", "candidate", "difference\n[interval]"])
        .column("verdict", Align::Left);
    let is_within = compared.baseline_strategy.is_some();
    changed.iter().for_each(|row| table.row(cells(row, is_within)));
    let open = changed.iter().filter(|row| row.change == MeasureChange::Inconclusive);
    let open = open.map(|row| {
        Item::marked(VerdictMark::sign("?"), format!("{}: {}", words::name(row), words::advice(row)))
    });
    vec![Block::Table(table), Block::list(open), Block::list(words::unchanged(compared))]
}

fn cells(row: &Row, is_within: bool) -> [RichText; 5] {
    let unit = words::unit(row);
    let value = |x: Option<f64>| x.map_or("-".to_owned(), |x| text::value(unit, x));
    // The unit once, next to the metric, keeps the columns narrow.
    let name = match text::unit_name(unit) {
        "" => words::name(row),
        unit => format!("{}, {unit}", words::name(row)),
    };
    let verdict = if is_within { said_of_strategies(row.change) } else { said(row.change) };
    [
        name.into(),
        value(row.baseline.map(|estimate| estimate.value)).into(),
        value(row.candidate.map(|estimate| estimate.value)).into(),
        words::difference(row, "\n").into(),
        verdict,
    ]
}

/// What became of a number from one version to the next.
fn said(change: MeasureChange) -> RichText {
    let word = change.word();
    match change {
        MeasureChange::WithinTolerance => word.replacen(' ', "\n", 1).into(),
        MeasureChange::NoChange => word.into(),
        MeasureChange::Regressed => RichText::toned(Tone::Bad, word),
        MeasureChange::Inconclusive => RichText::toned(Tone::Doubtful, word),
        MeasureChange::Improved => RichText::toned(Tone::Good, word),
    }
}

/// How a strategy stands beside another, neither of which is older.
fn said_of_strategies(change: MeasureChange) -> RichText {
    let word = change.between_strategies();
    match change {
        MeasureChange::Improved => RichText::toned(Tone::Good, word),
        MeasureChange::Regressed => RichText::toned(Tone::Bad, word),
        MeasureChange::NoChange | MeasureChange::WithinTolerance | MeasureChange::Inconclusive => {
            RichText::toned(Tone::Plain, word)
        }
    }
}

fn notes(compared: &Compared, changed: &[&Row]) -> Vec<String> {
    let mut notes = Vec::new();
    if !changed.is_empty() || !compared.inputs.is_empty() {
        notes.push(format!("{} {}", words::direction(changed), words::pairing(compared)));
    }
    if let Some(row) = changed.first() {
        let [above, below] =
            if compared.subject.is_rollout() { ["above", "below"] } else { ["worse than", "better than"] };
        notes.push(format!(
            "Regressed: more than the tolerance ({}) {above} the baseline. Within tolerance: not more than that. Improved: {below} the baseline.",
            tolerances(changed)
        ));
        notes.push(format!(
            "[ ]: interval of the difference; intervals of differences have {} each, so that all verdicts together hold with {}. ?: too few values for a bound; pp: percentage points.",
            text::percent(row.confidence),
            text::percent(compared.confidence)
        ));
    }
    notes.extend(words::provenance(compared));
    notes
}

/// The tolerances in use, each once, ascending.
fn tolerances(rows: &[&Row]) -> String {
    let mut shares: Vec<f64> = rows.iter().map(|row| row.tolerance).collect();
    shares.sort_by(f64::total_cmp);
    shares.dedup();
    let shares: Vec<String> = shares.into_iter().map(text::percent).collect();
    text::list(&shares, 4)
}
