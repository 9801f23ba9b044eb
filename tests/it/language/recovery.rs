//! How a fleet gets well again: at two speeds, by one remedy after the other, by a rollback that does not work, without any
//! deployment.

use super::{HOUR, MINUTE, one, outcomes, plan};
use crate::support::accept;
use wavetank::outcome::{Ending, Outcome};
use wavetank::plan::Plan;
use wavetank::report::document::Terminal;
use wavetank::report::timeline::RolloutStory;
use wavetank::report::{Story, plan_view};
use wavetank::rollout::replay;

const TRIALS: u64 = 4_000;

/// Holds how often something is so against its probability.
#[track_caller]
fn share(row: &str, outcomes: &[Outcome], of: impl Fn(&Outcome) -> bool, probability: f64) {
    let n = outcomes.len() as f64;
    let seen = super::share(outcomes, of);
    accept(row, (seen - probability) / (probability * (1.0 - probability) / n).sqrt());
}

/// Without the platform's mathematics.
fn power(x: f64, n: u32) -> f64 {
    (0..n).map(|_| x).product()
}

/// Probability that exactly `k` of `n` are so, each with probability `p`.
fn binomial(n: u32, k: u32, p: f64) -> f64 {
    let ways: f64 = (0..k).map(|i| f64::from(n - i) / f64::from(i + 1)).product();
    ways * power(p, k) * power(1.0 - p, n - k)
}

fn at_most(most: u32, n: u32, p: f64) -> f64 {
    (0..=most).map(|k| binomial(n, k, p)).sum()
}

/// What the problems of a scenario of the language say with an edit, which is no plan then.
fn refused(name: &str, (from, to): (&str, &str)) -> String {
    let path = crate::support::project(&format!("tests/plans/language/{name}.toml"));
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{name} has no `{from}`");
    let loaded = wavetank::scenario::load_str("r.toml", &text.replace(from, to));
    assert!(loaded.plan.is_none(), "{to} is accepted");
    loaded.problems.to_string()
}

/// The story of the first trial.
fn told(plan: &Plan) -> String {
    let (outcome, records) = replay(plan, 0, 0);
    flowing(&Terminal::plain(200).render(&RolloutStory::new(plan, 0, 0, &outcome, &records).document(200)))
}

/// A text without its line breaks.
fn flowing(text: &str) -> String {
    text.split_whitespace().collect::<Vec<&str>>().join(" ")
}

// --- Two speeds ------------------------------------------------------------------------------------------

const REPAIRS: &str = "repair = [
    { region-label = \"attended\", per-host = \"10m\" },
    { share = \"70%\", per-host = { exponential = { mean = \"10m\" } } },
    { per-host = \"2h\", at-once = 4 },
]";

/// The ten machines far away alone.
const FAR_AWAY: (&str, &str) =
    ("[[fleet.region]]\nname = \"with-hands\"\nhosts-per-zone = 10\nlabels = [\"attended\"]\n\n", "");

#[test]
fn a_region_has_its_own_way_to_heal() {
    let outcomes = outcomes(&plan("two-speed-recovery", &[]), 0, 200);
    // Ten machines at 11 minutes, whatever the others do; those go on in rounds of four visits.
    let early = |o: &Outcome| o.first_recovery_ms.is_some_and(|at_ms| at_ms <= 11 * MINUTE);
    assert!(outcomes.iter().all(early));
    let rounds = |o: &Outcome| {
        o.mitigated_ms.is_some_and(|at_ms| at_ms > 2 * HOUR && !(at_ms - MINUTE).is_multiple_of(2 * HOUR))
    };
    assert!(!outcomes.iter().any(rounds), "visits are rounds of two hours");
}

#[test]
fn a_share_heals_at_once_and_the_others_are_visited() {
    let visits = |keys: &str| {
        let one = format!("repair = {{ share = \"30%\", per-host = \"4h\"{keys} }}");
        outcomes(&plan("two-speed-recovery", &[FAR_AWAY, (REPAIRS, &one)]), 0, TRIALS)
    };
    let at = |rounds: u64| Some(MINUTE + rounds * 4 * HOUR);
    let all_at_once = visits("");
    share("nobody", &all_at_once, |o| o.mitigated_ms == at(0), power(0.7, 10));
    assert!(all_at_once.iter().all(|o| [at(0), at(1)].contains(&o.mitigated_ms)));
    // Half of them are well at once unless more than five need a visit.
    share("half", &all_at_once, |o| o.half_recovered_ms == at(0), at_most(5, 10, 0.3));
    // Two at a time: as many rounds as half of those who need a visit, rounded up.
    let two_at_once = visits(", at-once = 2");
    share("one round", &two_at_once, |o| o.mitigated_ms == at(1), at_most(2, 10, 0.3) - power(0.7, 10));
    share("two rounds", &two_at_once, |o| o.mitigated_ms == at(2), at_most(4, 10, 0.3) - at_most(2, 10, 0.3));
}

#[test]
fn two_speeds_are_a_mixture_of_two_times() {
    let repairs = "repair = [
        { share = \"70%\", per-host = { exponential = { mean = \"10m\" } } },
        { per-host = { exponential = { mean = \"100m\" } } },
    ]";
    let outcomes = outcomes(&plan("two-speed-recovery", &[FAR_AWAY, (REPAIRS, repairs)]), 0, TRIALS);
    // A host is well after t with probability p; all of ten then with p to the tenth, half of them with a binomial tail.
    for minutes in [15_u32, 60, 150] {
        let well = |mean: f64| 1.0 - libm::exp(-f64::from(minutes) / mean);
        let p = 0.7 * well(10.0) + 0.3 * well(100.0);
        let by = MINUTE * u64::from(minutes + 1);
        let full = |o: &Outcome| o.mitigated_ms.is_some_and(|at_ms| at_ms <= by);
        let half = |o: &Outcome| o.half_recovered_ms.is_some_and(|at_ms| at_ms <= by);
        share(&format!("all after {minutes}"), &outcomes, full, power(p, 10));
        share(&format!("half after {minutes}"), &outcomes, half, 1.0 - at_most(4, 10, p));
    }
}

#[test]
fn each_kind_of_work_has_its_own_workers() {
    // Of ten machines K are visited by one person, the others by another: as long as the longer of two queues.
    let repairs = "repair = [
        { share = \"50%\", per-host = \"1h\", at-once = 1 },
        { per-host = \"1h\", at-once = 1 },
    ]";
    let outcomes = outcomes(&plan("two-speed-recovery", &[FAR_AWAY, (REPAIRS, repairs)]), 0, TRIALS);
    for hours in 5..8_u32 {
        let both = binomial(10, hours, 0.5) + if hours == 5 { 0.0 } else { binomial(10, 10 - hours, 0.5) };
        let last = Some(MINUTE + u64::from(hours) * HOUR);
        share(&format!("{hours} h"), &outcomes, |o| o.mitigated_ms == last, both);
    }
}

#[test]
fn one_repair_is_one_in_any_spelling() {
    let spelled = |repair: &str| plan("two-speed-recovery", &[(REPAIRS, repair)]);
    let table = spelled("repair = { per-host = \"2h\", at-once = 4 }");
    for same in [
        "repair = [{ per-host = \"2h\", at-once = 4 }]",
        "repair = { share = \"100%\", per-host = \"2h\", at-once = 4 }",
    ] {
        let other = spelled(same);
        assert_eq!(table.digest(), other.digest(), "{same}");
        assert_eq!(one(&table, 0), one(&other, 0), "{same}");
    }
}

#[test]
fn repairs_that_contradict_each_other_are_errors_with_both_places() {
    for (from, to, problem) in [
        ("share = \"70%\", ", "", "no host needs this repair"),
        ("    { per-host = \"2h\"", "    { share = \"31%\", per-host = \"2h\"", "together more than 100 %"),
        ("share = \"70%\"", "share = \"0%\"", "no host"),
        ("region-label = \"attended\"", "region-label = \"nowhere\"", "nowhere"),
        (REPAIRS, "repair = []", "has nothing in it"),
    ] {
        let said = refused("two-speed-recovery", (from, to));
        assert!(said.contains(problem), "{problem}:\n{said}");
    }
}

// --- A second remedy -------------------------------------------------------------------------------------

/// Until hosts have the change, until the alarm, until people roll back.
const ACT: u64 = (3 + 1 + 5 + 10) * MINUTE;

#[test]
fn the_next_remedy_comes_when_the_one_before_is_done_and_somebody_is_ill() {
    let after = |edits: crate::support::Edits| {
        let outcome = one(&plan("second-remedy", edits), 0);
        (outcome.mitigation_ms, outcome.mitigated_ms.map(|at_ms| (at_ms - ACT) / MINUTE))
    };
    // Ten minutes back, an hour of work, three minutes forward.
    assert_eq!(after(&[]), (Some(ACT), Some(10 + 60 + 3)));
    // They give it four minutes, less than it takes, or half an hour, more than it takes.
    let within = |edit| after(&[("\"rollback\", diagnose", edit)]).1;
    assert_eq!(within("\"rollback\", within = \"4m\", diagnose"), Some(4 + 60 + 3));
    assert_eq!(within("\"rollback\", within = \"30m\", diagnose"), Some(30 + 60 + 3));
    // Where the first one helps there is no second.
    let helps = ("cure = { rollback = \"keeps\" }", "");
    assert_eq!(after(&[helps]).1, Some(10));
    // Own times come before those of all.
    let times = [("engage", "diagnose = \"1h\"\nprepare = \"1m\"\nengage"), (", diagnose = \"20m\"", "")];
    assert_eq!(after(&times).1, Some(1 + 10 + 60 + 40 + 3));
}

#[test]
fn a_third_remedy_follows_a_switch_that_leaves_work() {
    // The switch reaches the zone after five minutes, and five at a time are worked on for an hour. Half an hour after it was
    // turned people look after the hosts as well.
    let edits = [
        ("rollback = \"keeps\"", "rollback = \"keeps\", repair = { per-host = \"1h\", at-once = 5 }"),
        (
            "{ action = \"fix-forward\", diagnose = \"20m\", prepare = \"40m\" }",
            "{ action = \"kill-switch\", spread = \"5m\", within = \"30m\" }, \"repair\"",
        ),
    ];
    let outcome = one(&plan("second-remedy", &edits), 0);
    assert_eq!(outcome.half_recovered_ms, Some(ACT + (10 + 5 + 60) * MINUTE));
    // Work that is under way is not asked for again.
    assert_eq!(outcome.mitigated_ms, Some(ACT + (10 + 5 + 120) * MINUTE));
    assert_eq!(Some(outcome.end_ms), outcome.mitigated_ms);
}

#[test]
fn a_share_that_goes_back_in_vain_needs_the_second_remedy() {
    let outcomes =
        outcomes(&plan("second-remedy", &[("rollback = \"keeps\"", "share = \"90%\"")]), 0, TRIALS);
    let at = |minutes: u64| Some(ACT + minutes * MINUTE);
    share("the first is enough", &outcomes, |o| o.mitigated_ms == at(10), power(0.9, 10));
    assert!(outcomes.iter().all(|o| [at(10), at(73)].contains(&o.mitigated_ms)));
}

#[test]
fn every_remedy_has_draws_of_its_own() {
    let wait = "{ exponential = { mean = \"20m\" } }";
    let edits = [("\"10m\" },", &*format!("{wait} }},")), ("\"20m\", prepare = \"40m\"", wait)];
    let outcomes = outcomes(&plan("second-remedy", &edits), 0, TRIALS);
    // The sum of two independent exponential times.
    let waited = |o: &Outcome| o.mitigated_ms.map_or(0, |at_ms| at_ms - ACT + 10 * MINUTE - 13 * MINUTE);
    for means in [1.0_f64, 2.0, 4.0] {
        let by = |o: &Outcome| (waited(o) as f64) <= means * (20 * MINUTE) as f64;
        share(&format!("{means} means"), &outcomes, by, 1.0 - (1.0 + means) * libm::exp(-means));
    }
}

#[test]
fn one_remedy_is_one_in_any_spelling() {
    let list = "[\n    { action = \"rollback\", diagnose = \"10m\" },\n    { action = \"fix-forward\", diagnose = \"20m\", prepare = \"40m\" },\n]";
    let spelled =
        |remedy: &str| plan("second-remedy", &[(list, remedy), ("engage", "diagnose = \"7m\"\nengage")]);
    let word = spelled("\"fix-forward\"");
    for same in [
        "[\"fix-forward\"]",
        "{ action = \"fix-forward\" }",
        "[{ action = \"fix-forward\", diagnose = \"7m\" }]",
    ] {
        let other = spelled(same);
        assert_eq!(word.digest(), other.digest(), "{same}");
        assert_eq!(one(&word, 0), one(&other, 0), "{same}");
    }
}

#[test]
fn remedies_that_say_nothing_are_errors() {
    for (to, problem) in [
        ("prepare = \"40m\", within = \"1h\"", "there is none after this one"),
        ("prepare = \"40m\", spread = \"1h\"", "a kill switch takes to reach a zone"),
    ] {
        let said = refused("second-remedy", ("prepare = \"40m\"", to));
        assert!(said.contains(problem), "{problem}:\n{said}");
    }
}

#[test]
fn a_second_remedy_is_told() {
    let plan = plan("second-remedy", &[]);
    let view = flowing(&Terminal::plain(200).render(&plan_view::document(&plan)));
    let words =
        "if somebody is still ill when that is done, after diagnose 20m, prepare 40m: deploy a fixed version";
    assert!(view.contains(words), "{view}");
    let told = told(&plan);
    for words in
        ["somebody is still ill (back to the old version)", "operators act: forward to a fixed version"]
    {
        assert!(told.contains(words), "{told}");
    }
}

// --- A faulty rollback -----------------------------------------------------------------------------------

const WORKS: (&str, &str) = ("broken = \"20%\"", "broken = \"0%\"");
const NOBODY: (&str, &str) = ("operators = { engage = \"30m\" }\n", "");

/// Going back fails on a host once in ten times.
const FAILS: (&str, &str) =
    ("rollback-failure-probability = \"0%\"", "rollback-failure-probability = \"10%\"");

#[test]
fn a_way_back_that_is_broken_needs_people() {
    let outcomes = outcomes(&plan("faulty-rollback", &[]), 0, TRIALS);
    let at = |minutes: u64| Some(minutes * MINUTE);
    share("by itself", &outcomes, |o| o.mitigated_ms == at(2 + 10), 0.8);
    assert!(outcomes.iter().all(|o| [at(2 + 10), at(2 + 30 + 10)].contains(&o.mitigated_ms)));
    assert!(
        outcomes.iter().all(|o| o.rollback_ms == at(2) && o.left_exposed_hosts == 0),
        "it stops in any case"
    );
}

#[test]
fn nobody_goes_back_where_it_is_broken_and_nobody_comes() {
    let outcomes = outcomes(&plan("faulty-rollback", &[NOBODY]), 0, TRIALS);
    share("stuck", &outcomes, |o| (o.left_exposed_hosts, o.mitigated_ms) == (10, None), 0.2);
}

#[test]
fn hosts_that_fail_to_go_back_stay_until_people_see_to_them() {
    let stuck = outcomes(&plan("faulty-rollback", &[WORKS, NOBODY, FAILS]), 0, TRIALS);
    for hosts in 0..4 {
        let row = format!("{hosts} stay");
        share(&row, &stuck, |o| o.left_exposed_hosts == u64::from(hosts), binomial(10, hosts, 0.1));
    }
    for outcome in &stuck {
        let stay = outcome.left_exposed_hosts;
        assert_eq!(outcome.mitigated_ms.is_some(), stay == 0);
        // Ten hosts from the first minute on, those that stay to the end of the rollout at 12 minutes.
        assert_eq!(outcome.exposed_host_ms, 11 * 10 * MINUTE);
    }
    let helped = outcomes(&plan("faulty-rollback", &[WORKS, FAILS]), 0, TRIALS);
    share("alone", &helped, |o| o.mitigated_ms == Some(12 * MINUTE), power(0.9, 10));
    assert!(helped.iter().all(|o| o.mitigated_ms <= Some((2 + 30 + 10) * MINUTE)));
}

#[test]
fn hosts_that_fail_to_go_back_are_tried_again_together() {
    let retries = ("rollback = {", "failures = { retries = 1 }\nrollback = {");
    let at = |minutes: u64| Some(minutes * MINUTE);
    let together = outcomes(&plan("faulty-rollback", &[WORKS, NOBODY, FAILS, retries]), 0, TRIALS);
    let first = power(0.9, 10);
    share("at the first try", &together, |o| o.mitigated_ms == at(12), first);
    share("at the second", &together, |o| o.mitigated_ms == at(22), power(0.99, 10) - first);
    // One by one: each host that fails takes ten minutes more.
    let one_by_one = ("rollback = {", "failures = { retries = 1 }\nrollback = { batch = 1,");
    let one_by_one = outcomes(&plan("faulty-rollback", &[WORKS, NOBODY, FAILS, one_by_one]), 0, TRIALS);
    for twice in 0..3 {
        // A host goes back at the first try, or at the second.
        let all = binomial(10, twice, 0.1) * power(0.9, twice);
        let minutes = 2 + 10 * (10 + u64::from(twice));
        share(&format!("{twice} twice"), &one_by_one, |o| o.mitigated_ms == at(minutes), all);
    }
}

#[test]
fn batches_back_are_as_long_as_their_slowest_host_that_goes() {
    // Each of ten takes an exponential time: those that go back are all back by t with probability (q F + p)^n, and a batch
    // of none takes one time.
    let slow = ("rollback-time = \"10m\"", "rollback-time = { exponential = { mean = \"10m\" } }");
    let outcomes = outcomes(&plan("faulty-rollback", &[WORKS, NOBODY, FAILS, slow]), 0, TRIALS);
    for minutes in [10_u32, 20, 40] {
        let done = 1.0 - libm::exp(-f64::from(minutes) / 10.0);
        let by = u64::from(2 + minutes) * MINUTE;
        let none = power(0.1, 10);
        let ended = power(0.9 * done + 0.1, 10) - none * (1.0 - done);
        share(&format!("ended after {minutes}"), &outcomes, |o| o.end_ms <= by, ended);
    }
}

#[test]
fn what_never_fails_is_as_if_nothing_were_said() {
    let said = plan("faulty-rollback", &[WORKS]);
    let unsaid = plan(
        "faulty-rollback",
        &[("rollback = { broken = \"20%\" }\n", ""), ("rollback-failure-probability = \"0%\"\n", "")],
    );
    assert_eq!(said.digest(), unsaid.digest());
    assert_eq!(one(&said, 0), one(&unsaid, 0));
}

#[test]
fn a_faulty_rollback_is_told_and_warned_of() {
    let always = plan("faulty-rollback", &[("broken = \"20%\"", "broken = \"100%\""), FAILS]);
    let view = flowing(&Terminal::plain(200).render(&plan_view::document(&always)));
    let words = "10m a host, which fails on 10 % of them, unless its way back is broken (100 % of rollouts)";
    assert!(view.contains(words), "{view}");
    assert!(told(&always).contains("the way back is broken"), "{}", told(&always));
    let never = ("rollback-failure-probability = \"0%\"", "rollback-failure-probability = \"100%\"");
    let stuck = told(&plan("faulty-rollback", &[WORKS, never]));
    assert!(stuck.contains("10 hosts of only/a failed to go back"), "{stuck}");
    let path = crate::support::project("tests/plans/language/faulty-rollback.toml");
    let text = std::fs::read_to_string(path).unwrap().replace(NOBODY.0, NOBODY.1);
    let loaded = wavetank::lints::look_ahead(wavetank::scenario::load_str("f.toml", &text));
    assert!(loaded.problems.to_string().contains("may be broken, and nobody comes"), "{}", loaded.problems);
}

// --- Data that is withdrawn ------------------------------------------------------------------------------

/// When the data arrive in the first region, and five minutes later the alarm fires.
const ARRIVE: u64 = 2 * HOUR;

/// Minutes from the arrival until all are well, and host-minutes in which somebody was not.
fn suffered(outcome: &Outcome) -> (Option<u64>, u64) {
    let minutes = outcome.mitigated_ms.map(|at_ms| (at_ms - ARRIVE) / MINUTE);
    (minutes, outcome.impaired_host_ms / MINUTE)
}

#[test]
fn what_wakes_a_fault_is_withdrawn_and_the_code_stays() {
    let one = |edits: crate::support::Edits| one(&plan("withdrawn-data", edits), 0);
    // The second region would have the row after ten minutes; the first is rid of it after 5 + 2.
    let outcome = one(&[]);
    assert_eq!(suffered(&outcome), (Some(7), 10 * 7));
    assert_eq!((outcome.ending, outcome.left_exposed_hosts), (Ending::Recalled, 30));
    assert_eq!((outcome.peak_impaired_regions, outcome.mitigation_ms), (1, Some(ARRIVE + 5 * MINUTE)));
    // A row every two minutes has reached all three by the alarm.
    assert_eq!(suffered(&one(&[("\"10m\"", "\"2m\"")])), (Some(7), 10 * (7 + 5 + 3)));
    // Four minutes: the third region would get it after eight, when it is on its way out.
    assert_eq!(suffered(&one(&[("\"10m\"", "\"4m\"")])), (Some(7), 10 * (7 + 3)));
    // Going back moves code, and takes as long as that.
    assert_eq!(suffered(&one(&[("\"withdraw\"", "\"rollback\"")])), (Some(25), 10 * 25));
    // By hand.
    let people = ("engage = \"30m\", remedy = \"fix-forward\"", "engage = \"30m\", remedy = \"withdraw\"");
    let by_hand = one(&[people, ("on-alarm = \"withdraw\"", "on-alarm = \"halt\"")]);
    assert_eq!(suffered(&by_hand), (Some(37), 10 * 37));
    let later = one(&[people, ("on-alarm = \"withdraw\"", "on-alarm = \"page\"")]);
    assert_eq!(suffered(&later), (Some(37), 10 * (37 + 27 + 17)), "nobody stops the data before");
}

#[test]
fn the_last_region_is_rid_of_the_data_last() {
    let edits = [("trigger-step = \"10m\"\n", ""), ("\"2m\"", "{ uniform = { to = \"6m\" } }")];
    let outcomes = outcomes(&plan("withdrawn-data", &edits), 0, TRIALS);
    // The largest of three uniform times.
    for minutes in [2_u32, 4, 5] {
        let by = ARRIVE + (5 + u64::from(minutes)) * MINUTE;
        let row = format!("after {minutes}");
        share(&row, &outcomes, |o| o.mitigated_ms <= Some(by), power(f64::from(minutes) / 6.0, 3));
    }
}

#[test]
fn hosts_that_the_data_have_broken_need_their_repair() {
    let repaired = ("trigger = {", "cure = { repair = { per-host = \"1h\" } }\ntrigger = {");
    let outcome = one(&plan("withdrawn-data", &[repaired]), 0);
    assert_eq!(suffered(&outcome), (Some(7 + 60), 10 * 67));
}

#[test]
fn a_fault_that_nothing_triggers_is_not_withdrawn() {
    let untriggered = ("trigger = { at = \"2h\", withdrawal = \"2m\" }\n", "");
    let outcome = one(&plan("withdrawn-data", &[untriggered]), 0);
    // The alarm fires after five minutes; the withdrawal is in vain, and people fix it half an hour after the alarm.
    assert_eq!((outcome.rollback_ms, outcome.mitigated_ms), (Some(5 * MINUTE), Some(35 * MINUTE)));
    let path = crate::support::project("tests/plans/language/withdrawn-data.toml");
    let text = std::fs::read_to_string(path).unwrap().replace(untriggered.0, "");
    let loaded = wavetank::lints::look_ahead(wavetank::scenario::load_str("w.toml", &text));
    assert!(
        loaded.problems.to_string().contains("withdraws a trigger, but no defect has"),
        "{}",
        loaded.problems
    );
}

#[test]
fn a_withdrawal_is_one_remedy_of_several() {
    // In vain for a fault that nothing triggers; then they go back.
    let edits = [
        ("trigger = { at = \"2h\", withdrawal = \"2m\" }\n", ""),
        ("on-alarm = \"withdraw\"", "on-alarm = \"page\""),
        ("\"fix-forward\"", "[\"withdraw\", { action = \"rollback\", prepare = \"7m\" }]"),
    ];
    let outcome = one(&plan("withdrawn-data", &edits), 0);
    assert_eq!(outcome.mitigated_ms, Some((5 + 30 + 7 + 20) * MINUTE));
}

#[test]
fn a_withdrawal_is_told() {
    let plan = plan("withdrawn-data", &[]);
    let view = flowing(&Terminal::plain(200).render(&plan_view::document(&plan)));
    assert!(
        view.contains("stops and withdraws what wakes a dormant fault, 2m a region; the code stays"),
        "{view}"
    );
    let told = told(&plan);
    assert!(told.contains("what wakes the fault is withdrawn from a"), "{told}");
}
