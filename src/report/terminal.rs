//! The report of a study: verdict, tables, thresholds, trials worth a replay.
//!
//! Words carry the meaning; tables fit any terminal from 60 columns on and never cut a name.

use super::command::GivenScenario;
use super::document::{Block, DataTable, Document, Entries, RichText, ShellCommand, Terminal, Tone};
use super::trade_plot::{self, PlotLetters};
use super::{expectations, limits, tables, text, verdict};
use crate::outcome::measures;
use crate::plan::{DefectClock, Plan};
use crate::study::Summary;
use crate::study::notable::{Notable, NotableKind};
use crate::study::summary::StrategySummary;

/// How to print, and what the commands in the report call the scenario.
#[derive(Debug, Clone, Copy)]
pub struct Style<'a> {
    /// Whether to use ANSI colours.
    pub color: bool,
    /// Columns of the terminal.
    pub width: usize,
    /// Whether to print every table, or the comparison only.
    pub details: bool,
    /// The scenario as the user named it, for replay commands.
    pub file: GivenScenario<'a>,
}

/// The title of [`comparison`].
pub(super) const COMPARISON: &str = "Comparison: harm is that of a bad change";

/// All strategies side by side.
pub(super) fn comparison(summary: &Summary) -> DataTable {
    tables::overview(summary)
}

/// The report of a study on a terminal.
#[must_use]
pub fn run_report(plan: &Plan, summary: &Summary, style: &Style) -> String {
    let terminal = Terminal { width: style.width, color: style.color };
    terminal.readable().render(&document(plan, summary, style.details, style.file))
}

/// As [`run_report`], with speed against harm as a plot behind the comparison.
#[must_use]
pub fn plotted_report(plan: &Plan, summary: &Summary, style: &Style, letters: PlotLetters) -> String {
    let terminal = Terminal { width: style.width, color: style.color };
    let mut report = document(plan, summary, style.details, style.file);
    if let Some((lines, key)) = trade_plot::lines(summary, style.width.saturating_sub(2), letters) {
        let title = "Speed against harm: left is faster, down is less; a bar to the top has no known end";
        let section =
            Block::Section(RichText::toned(Tone::Strong, title), vec![Block::Lines(lines), Block::list(key)]);
        let is_table =
            |block: &Block| matches!(block, Block::Section(title, _) if title.plain() == COMPARISON);
        let at = report.blocks.iter().position(is_table).map_or(0, |at| at + 1);
        report.blocks.insert(at, section);
    }
    terminal.readable().render(&report)
}

/// The report of a study of the scenario in `file`; with `details`, all tables.
#[must_use]
pub fn document(plan: &Plan, summary: &Summary, details: bool, file: GivenScenario) -> Document {
    let mut report = Document::default();
    report.push(Block::list([head(summary), subject(plan, summary)]));
    report.section(COMPARISON, vec![Block::Table(comparison(summary))]);
    if details {
        report.blocks.extend(table_sections(summary));
    }
    report.section("How to read this", vec![Block::list(notes(summary, details))]);
    report.section("Precision", limits::precisions(&summary.precision, summary.trials, "--max-trials"));
    report.section("Published vs simulated", expectations::blocks(&summary.expectations, summary.trials));
    report.section("Trials worth a replay", vec![Block::Commands(notable(summary, details, file))]);
    // What a reader must not miss comes last: that is where a screen stays.
    report.section("Thresholds", limits::blocks(&summary.thresholds, summary.trials));
    report.section("Verdict", vec![Block::Paragraph(verdict::headline(plan, summary).into())]);
    report
}

/// All tables but the comparison, each in a section.
pub(super) fn table_sections(summary: &Summary) -> Vec<Block> {
    let mut sections = Vec::new();
    let mut table = |title: &str, table| sections.push(Block::section(title, vec![Block::Table(table)]));
    table("Speed of rollouts that reached every host", tables::speed(summary));
    if summary.safest.is_some() {
        table("Blast radius of bad changes, in impaired host-minutes", tables::blast(summary));
        table("Peak of bad changes: most impaired at once", tables::peak(summary));
        if let Some(customers) = tables::customers(summary) {
            table("Customers of bad changes", customers);
        }
    }
    table("Response, in % of changes", tables::response(summary));
    if summary.strategies.iter().any(|s| s.metric(&measures::DETECTION_DELAY_MS).n > 0) {
        table("From the first impaired host to the alarm", tables::delay(summary));
    }
    if summary.strategies.len() > 1 {
        let title = format!("Means against {}, over the same trials", summary.baseline);
        table(&title, tables::comparison(summary));
    }
    sections
}

fn head(summary: &Summary) -> String {
    format!(
        "{}: {} x {}, {}, seed {}, model {}, plan {}",
        summary.scenario,
        text::strategies(summary.strategies.len()),
        text::counted(summary.trials, "trial"),
        drawn(summary),
        summary.seed,
        summary.model_version,
        summary.plan_digest
    )
}

/// The fleet and what goes wrong in it.
fn subject(plan: &Plan, summary: &Summary) -> String {
    let defects = plan.change.defects.iter().map(|defect| {
        if defect.is_cured_by_the_change() {
            return format!("{} (of the old version, which the change cures)", defect.name);
        }
        let clock = match defect.clock {
            DefectClock::Host => "host clock",
            DefectClock::Change => "change clock",
            DefectClock::Requests => "requests clock",
        };
        format!("{} ({clock})", defect.name)
    });
    let defects: Vec<String> = defects.collect();
    let bad = if defects.is_empty() {
        "no change is bad".to_owned()
    } else {
        let share = text::percent(plan.change.bad_probability);
        let cured = plan.change.defects.iter().all(|defect| defect.is_cured_by_the_change());
        let are = if cured { "meet a sick fleet" } else { "are bad" };
        format!("{share} of changes {are}: {}", text::list(&defects, 4))
    };
    format!(
        "{} in {}; {bad}",
        text::counted(summary.fleet_hosts, "host"),
        text::counted(summary.fleet_regions, "region"),
    )
}

/// How trials were drawn: `by-defect (9 strata)`.
fn drawn(summary: &Summary) -> String {
    match summary.strata {
        0 | 1 => summary.estimator.name().to_owned(),
        strata => format!("{} ({strata} strata)", summary.estimator.name()),
    }
}

/// What backs the verdict up, and what the marks of the tables mean.
pub(super) fn notes(summary: &Summary, details: bool) -> Vec<String> {
    let several = summary.strategies.len() > 1;
    let wider = |confidence: f64| confidence > summary.confidence + 1e-9;
    let is_far = summary.strategies.iter().any(|s| {
        let harm = s.metric(summary.harm);
        harm.mean.into_iter().chain(harm.cvar99).any(|m| text::is_far(m.value, m.interval))
    });
    let notes = [
        (
            several,
            "*: least of its column, which is best; !: most. By the estimates, whatever their intervals.",
        ),
        (
            true,
            "[ ]: 95 % interval, left out where it rounds to the estimate; ?: too few values for a bound. Worst is the largest value seen, not an estimate.",
        ),
        (
            summary.thresholds.iter().any(|threshold| wider(threshold.confidence)),
            "Limits are judged together: each has a wider interval, so that all their verdicts hold with 95 %.",
        ),
        (
            summary.expectations.iter().any(|expected| wider(expected.confidence)),
            "Expectations are judged together, apart from limits: each has a wider interval, so that all their verdicts hold with 95 %.",
        ),
        (
            details && several,
            "x and ÷: the mean as a multiple or fraction of the baseline's; times are of changes that reached every host under both.",
        ),
        (
            summary.strata > 1,
            "Good changes and each defect got trials of their own; every number weighs them by how likely they are.",
        ),
        (
            is_far,
            "≤: ten times the estimate or more. Nothing in these trials rules it out: one bad change more, as bad as the plan allows, would count so much. More trials, or a plan with a smaller worst case, bring it down.",
        ),
        (
            !details,
            "More columns: a wider terminal. More tables: --details. Every number with its interval: summary.json.",
        ),
    ];
    let said = notes.into_iter().filter(|(applies, _)| *applies).map(|(_, note)| note.to_owned());
    verdict::details(summary).into_iter().chain(said).collect()
}

/// The worst trial of the baseline and of every strategy that the verdict names; with details, all notable trials of all.
/// The rest is in the JSON.
fn notable(summary: &Summary, details: bool, file: GivenScenario) -> Entries<ShellCommand> {
    let contest = summary.contest();
    let named = [Some(contest.baseline), contest.fastest(), contest.safest()];
    let alone = summary.strategies.len() == 1;
    let all = summary.strategies.iter().enumerate();
    let all = all.flat_map(|(index, strategy)| strategy.notable.iter().map(move |n| (index, strategy, n)));
    let is_shown = |index: usize, kind: NotableKind| {
        details || alone || named.contains(&Some(index)) && kind == NotableKind::WorstBlastRadius
    };
    let shown = all.filter(|(index, _, notable)| is_shown(*index, notable.kind));
    let command = |(_, strategy, notable): (usize, &StrategySummary, &Notable)| ShellCommand {
        title: format!("{}, {}: {}", strategy.name, kind_name(notable.kind), story(notable)),
        lines: vec![file.replay(&strategy.name, summary.seed, notable.trial, summary.estimator.name())],
    };
    shown.map(command).collect()
}

/// The command that tells what a study would have one look at first: the worst trial of the strategy that it calls safest,
/// or else of the baseline. None if no trial is worth a replay.
#[must_use]
pub fn next_replay(summary: &Summary, file: GivenScenario) -> Option<String> {
    let contest = summary.contest();
    let strategy = &summary.strategies[contest.safest().unwrap_or(contest.baseline)];
    let worst = strategy.notable.first()?;
    Some(file.replay(&strategy.name, summary.seed, worst.trial, summary.estimator.name()))
}

/// Why a trial is notable.
pub(super) fn kind_name(kind: NotableKind) -> &'static str {
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
pub(super) fn story(notable: &Notable) -> String {
    let what = match (&notable.defect, &notable.alarm) {
        (Some(defect), Some(alarm)) => format!("{defect} caught by {alarm}"),
        (Some(defect), None) => format!("{defect} escaped"),
        (None, Some(alarm)) => format!("good change rolled back by {alarm}"),
        (None, None) => "good change completed".to_owned(),
    };
    let failed = match notable.failed_requests {
        0.0 => String::new(),
        failed => format!(", {} failed or refused requests", text::compact(failed)),
    };
    let hurt = if notable.impaired_host_ms == 0 {
        failed
    } else {
        format!(
            "{failed}, {} impaired host-minutes, {} in {} at peak",
            text::host_minutes(notable.impaired_host_ms as f64),
            text::counted(notable.peak_impaired_hosts, "host"),
            text::counted(u64::from(notable.peak_impaired_regions), "region"),
        ) + &notable
            .peak_impaired_customers
            .map_or(String::new(), |customers| format!(", {} at once", text::customers(customers)))
    };
    format!("{what}{hurt}, over after {}", text::duration(notable.end_ms as f64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::study::Statistic;
    use crate::plan::{Expectation, Level, Tolerance};
    use crate::report::sample;
    use crate::study::{Outcomes, summarise};

    const FILE: GivenScenario =
        GivenScenario { file: "plans/hands off.toml", estimator: Some("by-defect"), allow_outside: false };
    const STYLE: Style = Style { color: false, width: 100, details: true, file: FILE };

    fn report(plan: &Plan, outcomes: &Outcomes, style: &Style) -> String {
        run_report(plan, &summarise(plan, outcomes), style)
    }

    #[test]
    fn report_of_seven_strategies() {
        let (plan, outcomes) = sample::study(2000);
        insta::assert_snapshot!(report(&plan, &outcomes, &STYLE));
    }

    #[test]
    fn the_report_fits_three_widths() {
        let (plan, outcomes) = sample::study(2000);
        let style = Style { details: false, ..STYLE };
        for width in [80, 100, 200] {
            let name = format!("report_{width}");
            insta::assert_snapshot!(name, report(&plan, &outcomes, &Style { width, ..style }));
        }
    }

    /// Expectations about strategies 0 and 4 of the sample that agree, miss, stay open and find nothing.
    fn expectations() -> Vec<Expectation> {
        let minutes = |minutes: f64| minutes * 60_000.0;
        let expected = |metric, strategy, value, tolerance, source: &str| Expectation {
            metric,
            statistic: Statistic::P50,
            strategy,
            value,
            tolerance,
            source: source.into(),
            level: Level::Warn,
        };
        let near = Tolerance::Relative(0.15);
        let mut escaped = expected(&measures::ESCAPED, 4, 0.0, Tolerance::Within(0.05), "");
        escaped.statistic = Statistic::Mean;
        let mut worst =
            expected(&measures::IMPAIRED_HOST_MS, 0, minutes(90_000.0), near, "postmortem of 12 March");
        (worst.statistic, worst.level) = (Statistic::P99, Level::Error);
        let share = expected(&measures::IMPAIRED_HOST_MS, 4, minutes(30.0), near, "status page");
        vec![
            expected(&measures::DETECTION_DELAY_MS, 4, minutes(5.5), near, "status page"),
            expected(&measures::ALARM_LEAD_MS, 4, minutes(-3.0), near, "status page"),
            worst,
            escaped,
            share,
            expected(&measures::HALF_RECOVERY_DELAY_MS, 4, minutes(10.0), near, ""),
        ]
    }

    #[test]
    fn what_was_published_stands_beside_what_is_simulated() {
        let (mut plan, outcomes) = sample::study(2000);
        plan.study.expectations = expectations();
        let text = report(&plan, &outcomes, &Style { details: false, ..STYLE });
        let section = &text[text.find("Published vs simulated").expect("the section")..];
        insta::assert_snapshot!(&section[..section.find("\nThresholds").expect("the next section")]);
        plan.study.expectations.clear();
        assert!(!report(&plan, &outcomes, &STYLE).contains("Published"));
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        let (mut plan, outcomes) = sample::study(500);
        plan.study.expectations = expectations();
        plan.strategies[1].name = "a-strategy-with-a-name-that-nobody-should-give-to-anything".into();
        for width in [60, 80, 100, 120, 400] {
            for line in report(&plan, &outcomes, &Style { width, ..STYLE }).lines() {
                let is_command = line.starts_with("    wavetank replay");
                let is_word = !line.trim().contains(' ');
                assert!(is_command || is_word || line.chars().count() <= width, "{width}: {line}");
            }
        }
    }

    #[test]
    fn color_only_adds_escapes() {
        let (plan, outcomes) = sample::study(300);
        let colored = report(&plan, &outcomes, &Style { color: true, ..STYLE });
        assert!(colored.contains("\u{1b}[31m✗ fail\u{1b}[0m"));
        let mut plain = colored;
        for code in ["0", "1", "31", "32", "33"] {
            plain = plain.replace(&format!("\u{1b}[{code}m"), "");
        }
        assert_eq!(plain, report(&plan, &outcomes, &STYLE));
    }

    #[test]
    fn studies_without_bad_changes_say_so() {
        let (mut plan, mut outcomes) = sample::study(50);
        plan.change.defects.clear();
        plan.study.thresholds.clear();
        for outcome in outcomes.by_strategy.iter_mut().flatten() {
            outcome.defect = None;
            outcome.ending = crate::outcome::Ending::Completed;
            outcome.to_100_ms = Some(outcome.end_ms);
        }
        let text = report(&plan, &outcomes, &STYLE);
        let verdict = text.replace("\n  ", " ");
        assert!(verdict.contains("so the blast radius is 0: add a [[defect]]"), "{text}");
        assert!(
            verdict.contains("all-at-once is the fastest, reaching every host in 20m [20m, 21m] rather than"),
            "{text}"
        );
        assert!(!text.contains("Blast radius of bad changes"));
        assert!(!text.contains("Thresholds"));
    }

    #[test]
    fn equal_strategies_cannot_be_told_apart() {
        let (plan, mut outcomes) = sample::study(400);
        let same = outcomes.by_strategy[4].clone();
        outcomes.by_strategy.iter_mut().for_each(|row| row.clone_from(&same));
        let text = report(&plan, &outcomes, &STYLE);
        let verdict = text.replace("\n  ", " ");
        assert!(verdict.contains("none is shown to be faster"), "{text}");
        assert!(verdict.contains("none is shown to be safer"), "{text}");
        assert!(text.contains("no clear diff."));
    }

    #[test]
    fn one_trial_is_enough_to_print() {
        let (plan, outcomes) = sample::study(1);
        let text = report(&plan, &outcomes, &STYLE);
        assert!(text.contains("[?, ?]") && !text.contains(" is the fastest"), "{text}");
    }
}
