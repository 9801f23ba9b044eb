//! Ladders that go by what was seen of the new version: by the power of a test, and by a budget of risk.

use super::{MINUTE, outcomes, plan};
use crate::support;
use std::collections::BTreeMap;
use wavetank::outcome::{Ending, Outcome};
use wavetank::plan::timeline::timetable;
use wavetank::plan::{GateKind, Plan};
use wavetank::report::document::Terminal;
use wavetank::report::plan_view;
use wavetank::rollout::{Engine, Model, RolloutEvent};
use wavetank::sim::Recorder;

const FIXED: usize = 0;
const POWER: usize = 1;
const RISK: usize = 2;
const BY_TRAFFIC: usize = 3;

/// When the first rollout had which wave begin, in minutes and as numbers of waves from 1.
fn climb(plan: &Plan, strategy: usize, trial: u64) -> Vec<(u64, u32)> {
    let mut recorder = Recorder::default();
    Engine::new(&Model::new(plan)).run(strategy, trial, &mut recorder);
    let starts = recorder.into_records().into_iter().filter_map(|record| match record.event {
        RolloutEvent::WaveStarted { wave } => Some((record.at_ms / MINUTE, wave + 1)),
        _ => None,
    });
    starts.collect()
}

fn good(edits: support::Edits) -> Plan {
    let all: Vec<(&str, &str)> = [("\"50%\"", "\"0%\"")].into_iter().chain(edits.iter().copied()).collect();
    plan("adaptive-ramps", &all)
}

/// The closed form of a climb without a failure: after n clean requests a share of budget / (1 - 0.05^(1/n)) may come.
fn clean_climb(budget: f64, rate: f64) -> Vec<(u64, u32)> {
    let (mut minute, mut percent, mut served) = (0, 1, 0.0);
    let mut steps = vec![(0, 1)];
    while percent < 100 {
        minute += 10;
        served += f64::from(percent) / 100.0 * rate * 600.0;
        let upper = 1.0 - libm::exp(libm::log(0.05) / served);
        let next = libm::floor(100.0 * budget / upper).min(100.0) as u32;
        if next > percent {
            percent = next;
            steps.push((minute, percent));
        }
    }
    steps
}

#[test]
fn without_a_failure_each_step_is_as_the_rule_of_three_has_it() {
    let expected = clean_climb(0.001, 10.0);
    let by_hand = [(0, 1), (10, 2), (20, 6), (30, 18), (40, 54), (50, 100)];
    assert_eq!(expected, by_hand);
    for strategy in [RISK, BY_TRAFFIC] {
        assert_eq!(climb(&good(&[]), strategy, 0), expected);
    }
    let slow = good(&[("requests-per-second = 10\n", "requests-per-second = 3\n")]);
    let expected = clean_climb(0.001, 3.0);
    assert_eq!(climb(&slow, RISK, 0), expected);
    // It stays on its first step until so few requests have been seen.
    assert_eq!(expected[1], (40, 2));
}

#[test]
fn plan_says_the_ladder_that_a_good_change_climbs() {
    for (plan, strategies) in [(good(&[]), [FIXED, POWER, RISK, BY_TRAFFIC])] {
        for strategy in strategies {
            let outcome = outcomes(&plan, strategy, 1).remove(0);
            let times = timetable(&plan, strategy);
            assert_eq!(outcome.end_ms, times.end_ms(), "{strategy}");
            let climbed = times.waves.iter().zip(1..).filter(|(wave, _)| !wave.passed_over);
            let planned: Vec<(u64, u32)> =
                climbed.map(|(wave, number)| (wave.start_ms / MINUTE, number)).collect();
            assert_eq!(planned, climb(&plan, strategy, 0), "{strategy}");
        }
    }
    let told = Terminal::plain(200).render(&plan_view::document(&good(&[])));
    assert!(told.contains("1 %, 2 %, 6 %, 18 %, 54 %, 100 % of the traffic"), "{told}");
}

/// Probabilities of 0, 1, ... of `n` that count with probability `p` each, from one to the next.
fn chances(n: u64, p: f64) -> impl Iterator<Item = f64> {
    let none = libm::exp(n as f64 * libm::log1p(-p));
    (0..=n).scan(none, move |next, count| {
        let here = *next;
        *next *= (n - count) as f64 / (count + 1) as f64 * p / (1.0 - p);
        Some(here)
    })
}

/// The probability with which so few failures are just as unlikely as a test of 95 % accepts.
fn upper_bound(seen: u64, failed: u64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..50 {
        let middle = (low + high) / 2.0;
        let so_few: f64 = chances(seen, middle).take(failed as usize + 1).sum();
        if so_few <= 0.05 { high = middle } else { low = middle }
    }
    high
}

/// Where a rollout is that climbs by risk: percent, requests and failures seen, and how often it has been asked there.
type Place = (u32, u64, u64, u32);

/// Walks through all that can be seen, the naive way: the probability of being on the last step at each minute, and of having
/// failed, where each request to the new version fails with probability `p` and `background` of it is known.
fn naive_walk(p: f64, background: f64, (budget, asked_at_most): (f64, u32)) -> (BTreeMap<u64, f64>, f64) {
    let (mut done, mut lost) = (BTreeMap::new(), 0.0);
    let mut places: BTreeMap<Place, f64> = [((1, 0, 0, 0), 1.0)].into();
    let mut bounds: BTreeMap<(u64, u64), f64> = BTreeMap::new();
    let mut minute = 0;
    while !places.is_empty() {
        minute += 10;
        let mut after: BTreeMap<Place, f64> = BTreeMap::new();
        for ((percent, seen, failed, asked), share) in places {
            let new = u64::from(percent) * 6;
            for (count, chance) in (0..).zip(chances(new, p)) {
                let (seen, failed, weight) = (seen + new, failed + count, share * chance);
                if weight < 1e-9 {
                    continue;
                }
                let bound = *bounds.entry((seen, failed)).or_insert_with(|| upper_bound(seen, failed));
                let most = budget / (bound - background).max(1e-9) * 100.0;
                let next = Some(most.min(100.0) as u32).filter(|next| *next > percent);
                match next {
                    Some(100) => *done.entry(minute).or_insert(0.0) += weight,
                    Some(next) => *after.entry((next, seen, failed, 0)).or_insert(0.0) += weight,
                    None if asked + 1 == asked_at_most => lost += weight,
                    None => *after.entry((percent, seen, failed, asked + 1)).or_insert(0.0) += weight,
                }
            }
        }
        places = after;
    }
    (done, lost)
}

#[test]
fn what_is_seen_decides_as_in_a_walk_through_everything_that_can_be() {
    // A large budget and a single look at each step, so that few requests decide and the walk stays small.
    let slow = ("requests-per-second = 10\n", "requests-per-second = 1\n");
    let edits = [slow, ("budget = \"0.1%\"", "budget = \"2%\""), ("within = \"6h\"", "within = \"15m\"")];
    for (bad, error_ratio, background) in [("0%", "5%", "2%"), ("100%", "30%", "2%"), ("100%", "10%", "0%")] {
        let fleet = format!("[fleet]\nbackground-error-ratio = \"{background}\"");
        let change = format!("bad-probability = \"{bad}\"");
        let defect = format!("error-ratio = \"{error_ratio}\"");
        let mut all = vec![
            ("[fleet]", fleet.as_str()),
            ("bad-probability = \"50%\"", change.as_str()),
            ("error-ratio = \"5%\"", defect.as_str()),
        ];
        all.extend(edits);
        let plan = plan("adaptive-ramps", &all);
        let p0 = plan.fleet.background_error_ratio;
        let p = if bad == "0%" {
            p0
        } else {
            p0 + plan.change.defects.iter().next().unwrap().symptom.error_ratio
        };
        let (done, lost) = naive_walk(p, p0, (0.02, 1));
        let left_out = 1.0 - lost - done.values().sum::<f64>();
        assert!(left_out < 1e-3, "{left_out} of what can be is too unlikely one by one");
        let trials = 2_000;
        let simulated = outcomes(&plan, RISK, trials);
        let close = |what: &str, expected: f64, is: &dyn Fn(&Outcome) -> bool| {
            let found = simulated.iter().filter(|outcome| is(outcome)).count() as f64 / trials as f64;
            let error = (expected * (1.0 - expected) / trials as f64).sqrt().max(1e-4);
            assert!(
                (found - expected).abs() < 4.5 * error + left_out,
                "{bad} {what}: {found} for {expected}"
            );
        };
        close("not in time", lost, &|outcome| !matches!(outcome.ending, Ending::Completed | Ending::Escaped));
        for (minute, expected) in done {
            let at_ms = Some(minute * MINUTE);
            close(&format!("minute {minute}"), expected, &|outcome| outcome.to_100_ms == at_ms);
        }
    }
}

#[test]
fn a_change_within_the_budget_is_held_and_fails_in_the_end() {
    // 5 % of what it serves: the budget of 0.1 % of all requests is used up at 2 %.
    let bad = plan("adaptive-ramps", &[("\"50%\"", "\"100%\"")]);
    let held = outcomes(&bad, RISK, 200);
    assert!(held.iter().all(|outcome| outcome.ending == Ending::Caught));
    assert!(held.iter().all(|outcome| outcome.peak_exposed_hosts <= 10), "by chance a little more");
    assert!(outcomes(&bad, FIXED, 5).iter().all(|outcome| outcome.ending == Ending::Escaped));
    let defect = "error-ratio = \"5%\"";
    let blind =
        plan("adaptive-ramps", &[("\"50%\"", "\"100%\""), (defect, "error-ratio = \"5%\"\nseen-by = []")]);
    assert!(outcomes(&blind, RISK, 5).iter().all(|outcome| outcome.ending == Ending::Escaped));
}

#[test]
fn strategies_that_look_at_the_same_time_see_the_same() {
    let bolder = [(
        "confidence = \"95%\" }, within = \"6h\" },\n] }, bake = \"10m\" }]\n[[strategy]]\nname = \"risk-by",
        "confidence = \"80%\" }, within = \"6h\" },\n] }, bake = \"10m\" }]\n[[strategy]]\nname = \"risk-by",
    )];
    let plans = [plan("adaptive-ramps", &[("\"50%\"", "\"100%\"")]), {
        let mut edits = vec![("\"50%\"", "\"100%\"")];
        edits.extend(bolder);
        plan("adaptive-ramps", &edits)
    }];
    let first_look = |plan: &Plan, trial| {
        let mut recorder = Recorder::default();
        Engine::new(&Model::new(plan)).run(RISK, trial, &mut recorder);
        recorder.into_records().into_iter().find_map(|record| match record.event {
            RolloutEvent::RiskWeighed { requests, failures, .. } => Some((requests, failures)),
            _ => None,
        })
    };
    for trial in 0..20 {
        assert_eq!(first_look(&plans[0], trial), first_look(&plans[1], trial));
    }
}

#[test]
fn a_test_of_some_power_is_a_number_of_requests() {
    let digest = |edits: support::Edits| plan("adaptive-ramps", edits).digest();
    let requests = |edits: support::Edits| match plan("adaptive-ramps", edits).strategies[POWER].waves[0]
        .gates[0]
        .kind
    {
        GateKind::Requests(requests) => requests,
        _ => panic!("another gate"),
    };
    // One-sided 5 %, power 80 %, 0 against 5 %; computed apart, with 16 digits of the normal quantiles.
    assert_eq!(requests(&[]), 120);
    let two_sided = "power = { detects = \"10%\", false-positive = \"2.5%\" }";
    let half = [
        ("[fleet]", "[fleet]\nbackground-error-ratio = \"50%\""),
        ("power = { detects = \"5%\" }", two_sided),
    ];
    assert_eq!(requests(&half), 388, "50 % against 60 %, as tables have it");
    assert_eq!(digest(&[]), digest(&[("power = { detects = \"5%\" }", "requests = 120")]));
    // A step waits until it has seen them: 6 a minute at 1 %, 18 at 3 %.
    let starts: Vec<u64> = climb(&good(&[]), POWER, 0).into_iter().map(|(minute, _)| minute).collect();
    assert_eq!(starts[..3], [0, 20, 30], "120 of 6 a minute, then no longer than the bake");
}

#[test]
fn what_cannot_be_weighed_is_refused() {
    let refused = |from: &str, to: &str| {
        let text =
            std::fs::read_to_string(support::project("tests/plans/language/adaptive-ramps.toml")).unwrap();
        assert!(text.contains(from), "{from}");
        let loaded = wavetank::scenario::load_str("refused.toml", &text.replace(from, to));
        assert!(loaded.plan.is_none(), "{to} is accepted");
        loaded.problems.render(false)
    };
    for (from, to, says) in [
        (", within = \"6h\"", "", "may never go on"),
        ("within = \"6h\"", "within = \"10m\"", "never asked"),
        ("budget = \"0.1%\"", "budget = \"0%\"", "lets nothing through"),
        ("confidence = \"95%\"", "confidence = \"100%\"", "between 0 % and 100 %"),
        ("requests-per-second = 10\n", "", "the fleet has no traffic"),
        ("detects = \"5%\"", "detects = \"0%\"", "worse than the background by that"),
        ("detects = \"5%\"", "detects = \"0.0001%\", false-positive = \"0%\"", "no test has such errors"),
        ("detects = \"5%\"", "detects = \"0.0000000001%\"", "is not a percentage"),
        (
            "] }, bake = \"10m\" }]",
            "] }, bake = \"10m\", gates = [{ risk = { budget = \"1%\" }, within = \"1h\" }] }]",
            "no wave follows",
        ),
    ] {
        let said = refused(from, to);
        assert!(said.contains(says), "{to}: {said}");
    }
}
