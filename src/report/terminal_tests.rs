//! Tests of the terminal report.

use super::*;
use crate::outcome::measures;
use crate::plan::study::Statistic;
use crate::plan::{Expectation, Level, Tolerance};
use crate::report::sample;
use crate::study::{Outcomes, summarise};

const STYLE: Style = Style { color: false, width: 100, details: true, file: "plans/hands off.toml" };

fn report(plan: &Plan, outcomes: &Outcomes, style: &Style) -> String {
    run_report(plan, &summarise(plan, outcomes), style)
}

#[test]
fn report_of_seven_strategies() {
    let (plan, outcomes) = sample::study(2000);
    insta::assert_snapshot!(report(&plan, &outcomes, &STYLE));
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
            assert!(is_command || is_word || line.chars().count() <= width.min(120), "{width}: {line}");
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
    assert!(text.contains("add a [[defect]]"), "{text}");
    let verdict = text.replace("\n  ", " ");
    assert!(verdict.contains("all-at-once is the fastest, reaching every host in 20m rather than"), "{text}");
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

#[test]
fn replay_commands_survive_a_shell() {
    assert_eq!(
        replay_command("it's.toml", "five waves", 7, 3, "by-defect"),
        r"wavetank replay 'it'\''s.toml' --strategy 'five waves' --seed 7 --trial 3"
    );
    assert_eq!(
        replay_command("a/b.toml", "x", 7, 3, "by-defect"),
        "wavetank replay a/b.toml --strategy x --seed 7 --trial 3"
    );
}
