//! The report of a study for a terminal: verdict, tables, thresholds, trials worth a replay.
//!
//! Tables fit any terminal from 60 columns on and never cut a name; words carry the meaning and colour only repeats it.

use super::paint::Paint;
use super::table::Table;
use super::terminal_tables::{
    blast_table, comparison_table, delay_table, overview_table, peak_table, response_table, speed_table,
};
use super::text::wrap;
use super::{expectations, limits, text, verdict};
use crate::outcome::measures;
use crate::plan::{DefectClock, Estimator, Plan};
use crate::study::Summary;
use crate::study::notable::{Notable, NotableKind};
use crate::study::precision::PrecisionResult;
use crate::study::summary::BLAST_METRIC;

/// Blanks before every line of a section.
pub(super) const INDENT: usize = 2;
/// Narrower terminals get lines of this width.
pub(super) const LEAST_WIDTH: usize = 60;
/// Wider terminals too: long lines do not read.
pub(super) const MOST_WIDTH: usize = 120;

/// How to print, and what the commands in the report call the scenario.
#[derive(Debug, Clone, Copy)]
pub struct Style<'a> {
    /// Whether to use ANSI colours.
    pub color: bool,
    /// Columns of the terminal.
    pub width: usize,
    /// Whether to print every table, or the comparison only.
    pub details: bool,
    /// The scenario file as the user wrote it, for replay commands.
    pub file: &'a str,
}

/// The report of a study.
#[must_use]
pub fn run_report(plan: &Plan, summary: &Summary, style: &Style) -> String {
    let width = style.width.clamp(LEAST_WIDTH, MOST_WIDTH);
    let paint = Paint { color: style.color };
    let mut out = header(plan, summary, width);
    let mut section = |title: &str, body: String| {
        if !body.is_empty() {
            out.push_str(&format!("\n{}\n{body}", paint.bold(title)));
        }
    };
    let wide = |table: Table| table.fit(width, INDENT);
    section("Verdict", wrap(&verdict::headline(plan, summary), width, "  ", "  "));
    section("Comparison, with 95 % intervals", wide(overview_table(summary)));
    if style.details {
        section("Speed of rollouts that reached every host", wide(speed_table(summary)));
        if summary.safest.is_some() {
            let title = "Blast radius of bad changes, in impaired host-minutes";
            section(title, wide(blast_table(summary)));
            section("Peak of bad changes: most impaired at once", wide(peak_table(summary)));
        }
        section("Response, in % of changes", wide(response_table(summary)));
        if summary.strategies.iter().any(|s| s.metric(&measures::DETECTION_DELAY_MS).n > 0) {
            section("From the first impaired host to the alarm", wide(delay_table(summary)));
        }
        if summary.strategies.len() > 1 {
            let title = format!("Means against {}, over the same trials", summary.baseline);
            section(&title, wide(comparison_table(summary)));
        }
    }
    section("How to read this", notes(summary, style.details, width));
    section("Precision", precision(summary, width));
    section(
        "Published vs simulated",
        expectations::section(&summary.expectations, summary.trials, width, &paint),
    );
    section("Thresholds", limits::lines(&summary.thresholds, summary.trials, width, &paint));
    section("Trials worth a replay", notable(summary, style, width));
    out
}

fn header(plan: &Plan, summary: &Summary, width: usize) -> String {
    let what = format!(
        "{}: {} x {}, {}, seed {}, model {}, plan {}",
        summary.scenario,
        text::strategies(summary.strategies.len()),
        text::counted(summary.trials, "trial"),
        drawn(summary),
        summary.seed,
        summary.model_version,
        summary.plan_digest
    );
    let defects: Vec<String> = plan
        .change
        .defects
        .iter()
        .map(|defect| {
            let clock = match defect.clock {
                DefectClock::Host => "host clock",
                DefectClock::Change => "change clock",
                DefectClock::Requests => "requests clock",
            };
            format!("{} ({clock})", defect.name)
        })
        .collect();
    let defects: Vec<&str> = defects.iter().map(String::as_str).collect();
    let bad = if defects.is_empty() {
        "no change is bad".to_owned()
    } else {
        format!(
            "{} of changes are bad: {}",
            text::percent(plan.change.bad_probability),
            text::list(&defects, 4)
        )
    };
    let fleet = format!(
        "{} in {}; {bad}",
        text::counted(summary.fleet_hosts, "host"),
        text::counted(summary.fleet_regions, "region"),
    );
    wrap(&what, width, "", "  ") + &wrap(&fleet, width, "", "  ")
}

/// How trials were drawn: `by-defect (9 strata)`.
fn drawn(summary: &Summary) -> String {
    match summary.strata {
        0 | 1 => summary.estimator.to_owned(),
        strata => format!("{} ({strata} strata)", summary.estimator),
    }
}

/// What backs the verdict up, and what the marks of the tables mean.
fn notes(summary: &Summary, details: bool, width: usize) -> String {
    let mut notes = verdict::details(summary);
    notes.push(
        "[ ]: 95 % interval, left out where it rounds to the estimate; ?: too few values for a bound. Worst is the largest value seen, not an estimate."
            .to_owned(),
    );
    if summary.thresholds.iter().any(|threshold| threshold.confidence > summary.confidence + 1e-9) {
        notes.push(
            "Limits are judged together: each has a wider interval, so that all their verdicts hold with 95 %."
                .to_owned(),
        );
    }
    if summary.expectations.iter().any(|expected| expected.confidence > summary.confidence + 1e-9) {
        notes.push(
            "Expectations are judged together, apart from limits: each has a wider interval, so that all their verdicts hold with 95 %."
                .to_owned(),
        );
    }
    if details && summary.strategies.len() > 1 {
        notes.push(
            "x and ÷: the mean as a multiple or fraction of the baseline's; times are of changes that reached every host under both."
                .to_owned(),
        );
    }
    if summary.strata > 1 {
        notes.push(
            "Good changes and each defect got trials of their own; every number weighs them by how likely they are."
                .to_owned(),
        );
    }
    if summary.strategies.iter().any(|s| s.metric(BLAST_METRIC).mean.is_some_and(|m| m.rough)) {
        notes.push(
            "~: few or heavy-tailed values; a rare large one may be missing, so the true mean may be outside its interval. More trials would tell."
                .to_owned(),
        );
    }
    if !details {
        notes.push("More tables: --details. Every number with its interval: summary.json.".to_owned());
    }
    notes.iter().map(|note| wrap(note, width, "  ", "    ")).collect()
}

/// What precision was asked for and what was reached.
fn precision(summary: &Summary, width: usize) -> String {
    let line = |result: &PrecisionResult| {
        let reached =
            result.reached.map_or("no bound".to_owned(), |half| format!("±{}", text::percent(half)));
        let wanted = text::percent(result.wanted);
        let (sign, rest) = if result.met {
            ("✓", format!("±{wanted} wanted"))
        } else {
            let trials = text::counted(summary.trials, "trial");
            ("?", format!("±{wanted} wanted and not reached at {trials}: raise --max-trials"))
        };
        let PrecisionResult { strategy, metric, statistic, .. } = result;
        let line = format!("{strategy}: {metric} {} is known to {reached}, {rest}", statistic.name());
        wrap(&line, width, &format!("  {sign} "), "    ")
    };
    summary.precision.iter().map(line).collect()
}

/// The notable trials of the baseline and, with details, the worst one of every other strategy; the rest
/// is in the JSON.
fn notable(summary: &Summary, style: &Style, width: usize) -> String {
    let mut out = String::new();
    for strategy in &summary.strategies {
        let shown = strategy
            .notable
            .iter()
            .filter(|n| strategy.is_baseline || style.details && n.kind == NotableKind::WorstBlastRadius);
        for notable in shown {
            let line = format!("{}, {}: {}", strategy.name, kind_name(notable.kind), story(notable));
            out.push_str(&wrap(&line, width, "  ", "    "));
            out.push_str(&format!(
                "    {}\n",
                replay_command(style.file, &strategy.name, summary.seed, notable.trial, summary.estimator)
            ));
        }
    }
    out
}

/// The command that replays one trial. It names the estimator unless it is the usual one, because what a
/// trial is depends on it and the scenario may not say so.
#[must_use]
pub fn replay_command(file: &str, strategy: &str, seed: u64, trial: u64, estimator: &str) -> String {
    let (file, strategy) = (quote(file), quote(strategy));
    let command = format!("wavetank replay {file} --strategy {strategy} --seed {seed} --trial {trial}");
    if estimator == Estimator::default().name() {
        command
    } else {
        format!("{command} --estimator {estimator}")
    }
}

/// Single-quotes a shell word that needs it.
#[must_use]
pub fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=+:,@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

fn kind_name(kind: NotableKind) -> &'static str {
    match kind {
        NotableKind::WorstBlastRadius => "worst blast radius",
        NotableKind::MedianBad => "median bad change",
        NotableKind::FirstIsolationViolation => "first isolation violation",
        NotableKind::FirstEscape => "first escape",
        NotableKind::FirstFalseRollback => "first false rollback",
        NotableKind::SlowestCompleted => "slowest completed",
    }
}

/// What happened, in a clause: `memory-leak caught by zone-errors, 1,900 host-minutes, ...`.
fn story(notable: &Notable) -> String {
    let what = match (&notable.defect, &notable.alarm) {
        (Some(defect), Some(alarm)) => format!("{defect} caught by {alarm}"),
        (Some(defect), None) => format!("{defect} escaped"),
        (None, Some(alarm)) => format!("good change rolled back by {alarm}"),
        (None, None) => "good change completed".to_owned(),
    };
    let hurt = if notable.impaired_host_ms == 0 {
        String::new()
    } else {
        format!(
            ", {} impaired host-minutes, {} in {} at peak",
            text::host_minutes(notable.impaired_host_ms as f64),
            text::counted(notable.peak_impaired_hosts, "host"),
            text::counted(u64::from(notable.peak_impaired_regions), "region"),
        )
    };
    format!("{what}{hurt}, over after {}", text::duration(notable.end_ms as f64))
}

#[cfg(test)]
#[path = "terminal_tests.rs"]
mod tests;
