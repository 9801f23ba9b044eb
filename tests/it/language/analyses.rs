//! Analyses: several metrics in one check, marginal and pass limits, counts, and checks without data. What they say is held
//! against walks over everything that can happen.

use super::{HOUR, MINUTE, outcomes, plan, share};
use crate::support::{self, accept};
use wavetank::outcome::{Ending, Outcome};
use wavetank::plan::Plan;

fn z(outcomes: &[Outcome], expected: f64, hit: impl Fn(&Outcome) -> bool) -> f64 {
    let error = (expected * (1.0 - expected) / outcomes.len() as f64).sqrt();
    (share(outcomes, hit) - expected) / error
}

fn passed(outcome: &Outcome) -> bool {
    matches!(outcome.ending, Ending::Completed | Ending::Escaped)
}

/// Two alarms that breach by chance, and a wave with gates.
fn gated(alarms: [&str; 2], gates: &str) -> Plan {
    let [a, b] = alarms;
    support::plan_of(&format!(
        "[study]\ntrials = 10\n[[fleet.region]]\nname = \"r\"\nhosts-per-zone = 10\n[[alarm]]\nname = \"a\"\n\
         scope = \"service\"\n{a}\n[[alarm]]\nname = \"b\"\nscope = \"service\"\n{b}\n[[strategy]]\nname = \"s\"\n\
         [[strategy.wave]]\nregions = \"all\"\nhosts = 1\ngates = [{gates}]\n[[strategy.wave]]\nregions = \"all\"\n"
    ))
}

fn chance(share: &str) -> String {
    format!("breach-probability = {{ healthy = \"{share}\" }}")
}

/// What one check says.
#[derive(Clone, Copy, PartialEq)]
enum Check {
    Pass,
    Doubt,
    Fail,
    Gap,
}

/// The rules of an analysis: what its keys say, in plain numbers.
#[derive(Clone, Copy)]
struct Rules {
    passes: Option<u32>,
    count: Option<u32>,
    failures: u32,
    inconclusive: Option<u32>,
    gaps: Option<u32>,
}

/// Probability that an analysis passes, over all sequences of checks, each of which says so with these probabilities; and
/// the mean number of checks of those that pass. Sequences longer than 60 are left out.
fn walk(rules: Rules, chances: &[(Check, f64)]) -> (f64, f64) {
    // Passed, in doubt, failed, without data in a row, so far.
    let mut states = vec![([0_u32; 4], 1.0)];
    let (mut good, mut checks) = (0.0, 0.0);
    for step in 1..=60 {
        let mut next: Vec<([u32; 4], f64)> = Vec::new();
        for (state, reached) in &states {
            for (check, chance) in chances {
                let [mut pass, mut doubt, mut fail, mut gaps] = *state;
                gaps = if *check == Check::Gap { gaps + 1 } else { 0 };
                match check {
                    Check::Pass => pass += 1,
                    Check::Doubt => doubt += 1,
                    Check::Fail => fail += 1,
                    Check::Gap => {}
                }
                let made = pass + doubt + fail;
                let lost = fail >= rules.failures
                    || rules.inconclusive.is_some_and(|most| doubt >= most)
                    || rules.gaps.is_some_and(|most| gaps >= most);
                let at_end = rules.passes.is_some_and(|wanted| pass >= wanted)
                    || rules.count.is_some_and(|wanted| made >= wanted && *check != Check::Gap);
                let in_doubt =
                    rules.count.is_some() && rules.inconclusive.is_none() && *check == Check::Doubt;
                let probability = reached * chance;
                if lost || (at_end && in_doubt) {
                    continue;
                }
                if at_end {
                    good += probability;
                    checks += probability * f64::from(step);
                    continue;
                }
                let state = [pass, doubt, fail, gaps];
                match next.iter_mut().find(|(known, _)| *known == state) {
                    Some((_, sum)) => *sum += probability,
                    None => next.push((state, probability)),
                }
            }
        }
        states = next;
    }
    (good, checks / good)
}

const ONE_FAILS: Rules = Rules { passes: None, count: None, failures: 1, inconclusive: None, gaps: None };

#[track_caller]
fn holds(name: &str, plan: &Plan, rules: Rules, chances: &[(Check, f64)]) {
    let (good, checks) = walk(rules, chances);
    let outcomes = outcomes(plan, 0, 8_000);
    accept(name, z(&outcomes, good, passed));
    let minutes: Vec<f64> =
        outcomes.iter().filter_map(|o| o.completed_ms).map(|ms| ms as f64 / MINUTE as f64).collect();
    let mean = minutes.iter().sum::<f64>() / minutes.len() as f64;
    assert!((mean - checks).abs() < 0.05 * checks, "{name}: {mean} minutes, not {checks}");
}

// --- Scores ---------------------------------------------------------------------------------------------

#[test]
fn a_score_below_marginal_fails_at_once_and_the_last_must_pass() {
    let plan = plan("canary-score", &[]);
    let outcomes = outcomes(&plan, 0, 16_000);
    let (bad, good): (Vec<Outcome>, Vec<Outcome>) = outcomes.into_iter().partition(Outcome::is_bad);
    accept("good changes", z(&good, 0.98 * 0.98 * 0.98 * 0.9, passed));
    accept("bad ones", z(&bad, 0.6 * 0.6 * 0.6 * 0.7, passed));
    // Below marginal in the first hour, in the second, and below pass in the third.
    let at = |hour: u64| move |o: &Outcome| o.alarm_ms == Some(hour * HOUR);
    accept("first", z(&bad, 0.4, at(1)));
    accept("second", z(&bad, 0.6 * 0.4, at(2)));
    accept("third", z(&bad, 0.36 * (1.0 - 0.6 * 0.7), at(3)));
    assert!(good.iter().filter(|o| passed(o)).all(|o| o.completed_ms == Some(3 * HOUR)));
}

#[test]
fn a_single_alarm_with_points_is_the_alarm() {
    let with = |checks: &str| {
        gated(
            [&chance("10%"), &chance("10%")],
            &format!("{{ checks = {{ {checks}, passes = 9, failures = 3 }} }}"),
        )
    };
    let (alone, scored) = (with("alarm = \"a\""), with("points = { a = 70 }"));
    assert_eq!(alone.digest(), scored.digest());
    assert!(outcomes(&alone, 0, 300) == outcomes(&scored, 0, 300));
    // All of two are either of them: 1 - 0.9 x 0.9.
    let both = with("points = { a = 3, b = 1 }");
    let rules = Rules { passes: Some(9), failures: 3, ..ONE_FAILS };
    holds("either fails", &both, rules, &[(Check::Pass, 0.81), (Check::Fail, 0.19)]);
}

#[test]
fn metrics_with_limits_of_their_own_are_gates_beside_each_other() {
    // Argo's metrics: three measurements each, of which the first may fail once and the second never.
    let gates =
        "{ checks = { alarm = \"a\", count = 3, failures = 2 } }, { checks = { alarm = \"b\", count = 3 } }";
    let outcomes = outcomes(&gated([&chance("30%"), &chance("10%")], gates), 0, 8_000);
    let first = 0.7 * 0.7 * 0.7 + 3.0 * 0.3 * 0.7 * 0.7;
    accept("both", z(&outcomes, first * 0.9 * 0.9 * 0.9, passed));
    assert!(outcomes.iter().filter_map(|o| o.completed_ms).all(|ms| ms == 3 * MINUTE), "none holds longer");
}

#[test]
fn counts_and_limits_are_a_walk_over_everything_that_can_happen() {
    let score = "points = { a = 99, b = 1 }, marginal = \"50%\"";
    let alarms = [&*chance("20%"), &*chance("30%")];
    let chances = [(Check::Fail, 0.2), (Check::Doubt, 0.8 * 0.3), (Check::Pass, 0.8 * 0.7)];
    for (keys, rules) in [
        (
            "count = 5, failures = 3, inconclusive = 2",
            Rules { count: Some(5), failures: 3, inconclusive: Some(2), ..ONE_FAILS },
        ),
        ("count = 4, failures = 2", Rules { count: Some(4), failures: 2, ..ONE_FAILS }),
        (
            "passes = 4, failures = 3, inconclusive = 3",
            Rules { passes: Some(4), failures: 3, inconclusive: Some(3), ..ONE_FAILS },
        ),
    ] {
        holds(keys, &gated(alarms, &format!("{{ checks = {{ {score}, {keys} }} }}")), rules, &chances);
    }
}

#[test]
fn too_many_in_a_row_without_data_fail_and_fewer_hold() {
    let gaps = format!("{}\nmissing-data = \"ignore\"\nlost = \"30%\"", chance("10%"));
    let chances = [(Check::Gap, 0.3), (Check::Fail, 0.7 * 0.1), (Check::Pass, 0.7 * 0.9)];
    for (keys, rules) in [
        (
            "count = 5, failures = 2, missing = 2",
            Rules { count: Some(5), failures: 2, gaps: Some(2), ..ONE_FAILS },
        ),
        (
            "passes = 4, failures = 2, missing = 3",
            Rules { passes: Some(4), failures: 2, gaps: Some(3), ..ONE_FAILS },
        ),
    ] {
        let plan = gated([&gaps, &chance("0%")], &format!("{{ checks = {{ alarm = \"a\", {keys} }} }}"));
        holds(keys, &plan, rules, &chances);
    }
    // Of two alarms the one with data decides: it is left alone with 30 %.
    let plan = gated(
        [&gaps, &chance("20%")],
        "{ checks = { points = { a = 1, b = 1 }, marginal = \"50%\", count = 3, missing = 1 } }",
    );
    // Without the first the second alone: all or nothing. With both: none, one or both fail.
    let fail = 0.3 * 0.2 + 0.7 * 0.1 * 0.2;
    let pass = 0.3 * 0.8 + 0.7 * 0.9 * 0.8;
    let chances = [(Check::Fail, fail), (Check::Pass, pass), (Check::Doubt, 1.0 - fail - pass)];
    holds("one has data", &plan, Rules { count: Some(3), ..ONE_FAILS }, &chances);
}

#[test]
fn a_ladder_stops_at_the_third_check_that_any_metric_fails() {
    // Flagger: a step a minute, of ten; either metric fails a check, and the third failed one takes all back.
    let plan = support::plan_of(&format!(
        "[study]\ntrials = 10\n[[fleet.region]]\nname = \"r\"\nhosts-per-zone = 100\n[[alarm]]\nname = \"success\"\nscope = \"service\"\n{}\n\
         [[alarm]]\nname = \"duration\"\nscope = \"service\"\n{}\n[[strategy]]\nname = \"s\"\n[[strategy.wave]]\nregions = \"all\"\n\
         ramp = {{ add = \"10%\", every = \"0s\", gates = [{{ checks = {{ points = {{ success = 1, duration = 1 }}, failures = 3, over = \"rollout\" }} }}] }}",
        chance("5%"),
        chance("8%")
    ));
    let fails = 1.0 - 0.95 * 0.92;
    let rules = Rules { passes: Some(9), failures: 3, ..ONE_FAILS };
    holds("flagger", &plan, rules, &[(Check::Fail, fails), (Check::Pass, 1.0 - fails)]);
}

#[test]
fn plan_says_what_is_checked() {
    let plan = plan("canary-score", &[]);
    let told = wavetank::report::plan_view::document(&plan);
    let told = format!("{told:?}");
    let said = "3 checks of errors (60), latency (40), failed under 50 % of the points, good from 75 % on";
    assert!(told.contains(said), "{told}");
    assert!(told.contains("the gate fails with 1 failed check or an inconclusive last one"), "{told}");
}

#[test]
fn contradictions_are_refused() {
    let refused = |checks: &str| {
        let text = format!(
            "[[fleet.region]]\nname = \"r\"\nhosts-per-zone = 10\n[[alarm]]\nname = \"a\"\nscope = \"service\"\n{0}\n[[alarm]]\n\
             name = \"b\"\nscope = \"service\"\n{0}\n[[alarm]]\nname = \"slow\"\nscope = \"service\"\nperiod = \"5m\"\n{0}\n\
             [[strategy]]\nname = \"s\"\nwave = [{{ regions = \"all\", gates = [{{ checks = {{ {checks} }} }}] }}]",
            chance("1%")
        );
        let loaded = wavetank::scenario::load_str("test.toml", &text);
        assert!(loaded.plan.is_none(), "{checks} is accepted");
        loaded.problems.render(false)
    };
    for (checks, says) in [
        ("passes = 3", "name no alarm"),
        ("alarm = \"a\", points = { a = 1, b = 1 }", "exclude each other"),
        ("points = {}", "names no alarm"),
        ("points = { a = 1, c = 1 }", "no alarm `c`"),
        ("points = { a = 1, slow = 1 }", "a check is of one period"),
        ("points = { a = 1, b = 1 }, marginal = \"80%\", pass = \"50%\"", "above `pass`"),
        ("points = { a = 1, b = 1 }, pass = \"0%\"", "every check passes"),
        ("points = { a = 1, b = 1 }, marginal = \"50%\"", "may never end"),
        ("alarm = \"a\", marginal = \"50%\"", "a single alarm passes or fails"),
        ("alarm = \"a\", count = 3, passes = 4", "cannot pass where 3 are made"),
        ("alarm = \"a\", inconclusive = 2", "no check is inconclusive"),
        ("alarm = \"a\", missing = 2", "without data are"),
    ] {
        let said = refused(checks);
        assert!(said.contains(says), "{checks}: {said}");
    }
}
