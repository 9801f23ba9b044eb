//! Checks that end with so many of them, that must follow each other, and that find nothing.

use super::{MINUTE, outcomes, plan, share};
use wavetank::outcome::{Ending, Outcome};
use wavetank::plan::timeline::timetable;

const TRIALS: u64 = 20_000;
const FAILS: f64 = 0.3;

/// How a walk over checks stands: passed in a row, failed, and made.
type Standing = (u32, u32, u32);

/// Probability that a walk ends well after each number of checks, and that it ends badly, the naive way: over every
/// standing that has a probability.
fn walk(verdict: impl Fn(Standing) -> Option<bool>) -> (Vec<f64>, f64) {
    let (mut good, mut bad) = (vec![0.0; 200], 0.0);
    let mut here = vec![((0, 0, 0), 1.0)];
    while !here.is_empty() {
        let mut next: Vec<(Standing, f64)> = Vec::new();
        for ((row, failed, made), probability) in here {
            let outcomes = [((row + 1, failed, made + 1), 1.0 - FAILS), ((0, failed + 1, made + 1), FAILS)];
            for (standing, share) in outcomes {
                match verdict(standing) {
                    Some(true) => good[standing.2 as usize] += probability * share,
                    Some(false) => bad += probability * share,
                    None => match next.iter_mut().find(|(known, _)| *known == standing) {
                        Some((_, sum)) => *sum += probability * share,
                        None => next.push((standing, probability * share)),
                    },
                }
            }
        }
        here = next;
    }
    (good, bad)
}

fn compare(strategy: usize, verdict: impl Fn(Standing) -> Option<bool>) {
    let (good, bad) = walk(verdict);
    let outcomes = outcomes(&plan("analysis", &[]), strategy, TRIALS);
    let near = |found: f64, right: f64, what: &str| {
        let error = 4.5 * (right * (1.0 - right) / TRIALS as f64).sqrt();
        assert!((found - right).abs() <= error, "{strategy}: {what}: {found} for {right}");
    };
    near(share(&outcomes, |o| o.ending == Ending::FalseRollback), bad, "fails");
    for (checks, probability) in good.into_iter().enumerate() {
        let found = |o: &Outcome| o.completed_ms == Some(checks as u64 * MINUTE);
        near(share(&outcomes, found), probability, &format!("holds after {checks}"));
    }
}

#[test]
fn a_count_of_checks_ends_the_gate_whatever_they_said() {
    compare(0, |(_, failed, made)| if failed >= 8 { Some(false) } else { (made == 20).then_some(true) });
    let plan = plan("analysis", &[]);
    assert_eq!([0, 1, 2].map(|strategy| timetable(&plan, strategy).end_ms() / MINUTE), [20, 4, 4]);
}

#[test]
fn a_failed_check_begins_the_row_anew() {
    compare(1, |(row, failed, _)| if failed >= 9 { Some(false) } else { (row == 4).then_some(true) });
}

#[test]
fn what_is_not_enough_by_the_last_check_is_a_failure() {
    compare(2, |(row, _, made)| if row == 4 { Some(true) } else { (made == 10).then_some(false) });
    // It fails with the tenth check, and not before, though it may be known earlier.
    let all = outcomes(&plan("analysis", &[]), 2, 500);
    let failed: Vec<&Outcome> = all.iter().filter(|o| o.ending == Ending::FalseRollback).collect();
    assert!(!failed.is_empty() && failed.iter().all(|o| o.alarm_ms == Some(10 * MINUTE)));
}

#[test]
fn checks_without_data_hold_the_gate_and_a_run_of_them_fails_it() {
    let lost = |share: &str| {
        let edit = format!("missing-data = \"ignore\"\nlost = \"{share}\"");
        plan("analysis", &[("healthy = \"30%\"", "healthy = \"0%\""), ("missing-data = \"ignore\"", &edit)])
    };
    let never = outcomes(&lost("100%"), 0, 10);
    assert!(never.iter().all(|o| o.alarm_ms == Some(5 * MINUTE)), "five in a row");
    // Half of all are lost: a run of five comes before twenty with data, or it does not; each lost one is a minute more.
    let plan = lost("50%");
    for strategy in [0, 1] {
        let needed = [20, 4][strategy];
        let runs: f64 = 1.0 - libm::pow(1.0 - libm::pow(0.5, 5.0), f64::from(needed));
        let all = outcomes(&plan, strategy, TRIALS);
        let failed = share(&all, |o| o.ending == Ending::FalseRollback);
        assert!(
            (failed - runs).abs() < 4.5 * (runs * (1.0 - runs) / TRIALS as f64).sqrt(),
            "{failed} for {runs}"
        );
        let least = needed as u64 * MINUTE;
        assert!(all.iter().filter_map(|o| o.completed_ms).all(|ms| ms >= least && ms % MINUTE == 0));
        // Without a run of five, what is lost before each of them is 0 to 4, by halves.
        let before: f64 =
            (0..5).map(|lost| f64::from(lost) * libm::pow(0.5, f64::from(lost + 1))).sum::<f64>()
                / (1.0 - libm::pow(0.5, 5.0));
        let done: Vec<f64> =
            all.iter().filter_map(|o| o.completed_ms).map(|ms| ms as f64 / MINUTE as f64).collect();
        let mean = done.iter().sum::<f64>() / done.len() as f64;
        let right = f64::from(needed) * (1.0 + before);
        assert!((mean / right - 1.0).abs() < 0.01, "{strategy}: {mean} for {right}");
    }
}

#[test]
fn two_spellings_of_a_check_are_one() {
    let whole = |edit: &str| {
        let gate = "count = 20, failures = 8, missing = 5";
        outcomes(&plan("analysis", &[(gate, edit)]), 0, 300)
    };
    assert!(
        whole("failures = 2, missing = 5") == whole("passes = 1, in-a-row = true, failures = 2, missing = 5")
    );
    assert!(whole("passes = 1, count = 2, failures = 2, missing = 5") == whole("failures = 2, missing = 5"));
}

#[test]
fn contradictions_of_checks_are_refused() {
    let text =
        std::fs::read_to_string(crate::support::project("tests/plans/language/analysis.toml")).unwrap();
    for (edit, missing, says) in [
        ("passes = 9, count = 8, failures = 3", "ignore", "9 checks cannot pass where 8 are made"),
        ("in-a-row = true, failures = 3", "ignore", "`in-a-row` is of `passes`"),
        ("passes = 3, in-a-row = true", "ignore", "the first failed check fails the gate"),
        ("missing = 3", "breaching", "without data are failed ones"),
        ("missing = 3", "not-breaching", "without data are passed ones"),
    ] {
        let text = text.replace("count = 20, failures = 8, missing = 5", edit);
        let text = text.replace("missing-data = \"ignore\"", &format!("missing-data = \"{missing}\""));
        let loaded = wavetank::scenario::load_str("test.toml", &text);
        let said = loaded.problems.render(false);
        assert!(loaded.plan.is_none() && said.contains(says), "{edit}: {said}");
    }
}
