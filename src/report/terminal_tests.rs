//! Tests of the terminal report.

use super::*;
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

#[test]
fn no_line_is_wider_than_the_terminal() {
    let (mut plan, outcomes) = sample::study(500);
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
