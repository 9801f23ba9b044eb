//! Alarms: composites, the new version alone, waves with alarms of their own, alarms that fire at the start, gaps.

use crate::support::{self, accept};
use wavetank::outcome::{Ending, Outcome};
use wavetank::plan::Plan;
use wavetank::rollout::{Engine, Model};
use wavetank::sim::Silent;

const MINUTE: u64 = 60_000;

fn plan(name: &str) -> Plan {
    support::plan(&format!("tests/plans/language/{name}.toml"), &[])
}

/// Outcomes of a strategy; the exhaustive engine must agree on the first of them.
fn outcomes(plan: &Plan, strategy: &str, trials: u64) -> Vec<Outcome> {
    let index = plan.strategies.iter().position(|known| known.name == strategy);
    let index = index.unwrap_or_else(|| panic!("no strategy {strategy}"));
    let model = Model::new(plan);
    let (mut engine, mut exhaustive) = (Engine::new(&model), Engine::exhaustive(&model));
    let outcomes: Vec<Outcome> = (0..trials).map(|trial| engine.run(index, trial, &mut Silent)).collect();
    for (trial, outcome) in outcomes.iter().enumerate().take(50) {
        assert_eq!(*outcome, exhaustive.run(index, trial as u64, &mut Silent), "{strategy}, trial {trial}");
    }
    outcomes
}

/// By how many standard errors a share of outcomes is off.
fn z(outcomes: &[Outcome], expected: f64, hit: impl Fn(&Outcome) -> bool) -> f64 {
    let n = outcomes.len() as f64;
    let share = outcomes.iter().filter(|outcome| hit(outcome)).count() as f64 / n;
    (share - expected) / (expected * (1.0 - expected) / n).sqrt()
}

fn stopped(outcome: &Outcome) -> bool {
    matches!(outcome.ending, Ending::FalseRollback | Ending::Caught)
}

// --- Composites -----------------------------------------------------------------------------------------

#[test]
fn both_in_the_same_minute_are_rarer_than_either() {
    let plan = plan("both-alarms-together");
    let never = |one_minute: f64| 1.0 - libm::pow(1.0 - one_minute, 20.0);
    for (strategy, minute) in [("either", 0.19), ("both", 0.01), ("two-of-them", 0.01), ("scored", 0.1)] {
        let outcomes = outcomes(&plan, strategy, 3_000);
        accept(strategy, z(&outcomes, never(minute), stopped));
    }
    let ends = |strategy| outcomes(&plan, strategy, 300).iter().map(|o| o.end_ms).collect::<Vec<u64>>();
    assert_eq!(ends("both"), ends("two-of-them"), "two of two are both");
}

/// A service of one zone that bakes for ten minutes; `a` and `b` breach by chance.
fn two_alarms(a: &str, b: &str, composite: &str) -> Plan {
    support::plan_of(&format!(
        "[study]\ntrials = 100\nstart-spread = \"1h\"\n[[fleet.region]]\nname = \"r\"\nzones = 2\nhosts-per-zone = 4\n\
         [[alarm]]\nname = \"a\"\nclock = \"deployment\"\n{a}\n[[alarm]]\nname = \"b\"\nclock = \"deployment\"\n{b}\n\
         [[alarm]]\nname = \"c\"\n{composite}\n\
         [[strategy]]\nname = \"s\"\nalarms = [\"c\"]\nzone-bake = \"10m\"\nzones-at-once = \"all\"\n\
         wave = [{{ regions = \"all\" }}]"
    ))
}

const NOISE: &str = "breach-probability = { healthy = \"20%\" }";

#[test]
fn a_part_is_in_alarm_as_long_as_its_datapoints_say() {
    // `a` needs 1 of 3: it is in alarm in the minute of a breach and in the two after it. `b` breaches in its minute
    // only. Markov chain over the age of the latest breach of `a`: 0 (this minute), 1, 2, or older.
    let a = format!("scope = \"service\"\ndatapoints = \"1 of 3\"\n{NOISE}");
    let plan = two_alarms(&a, &format!("scope = \"service\"\n{NOISE}"), "all-of = [\"a\", \"b\"]");
    let (p, mut ages) = (0.2, [0.0, 0.0, 0.0, 1.0]);
    for _ in 1..=10 {
        let alive: f64 = ages.iter().sum();
        let next = [alive * p, ages[0] * (1.0 - p), ages[1] * (1.0 - p), (ages[2] + ages[3]) * (1.0 - p)];
        ages = [next[0] * (1.0 - p), next[1] * (1.0 - p), next[2] * (1.0 - p), next[3]];
    }
    let fired = 1.0 - ages.iter().sum::<f64>();
    accept("1 of 3 with 1 of 1", z(&outcomes(&plan, "s", 5_000), fired, stopped));
}

#[test]
fn parts_meet_in_one_place_only() {
    // Zones are places of their own: only an alarm of one zone and the other one of the same zone are together. A part over
    // the service is over every zone.
    let zone = format!("scope = \"zone\"\n{NOISE}");
    let service = format!("scope = \"service\"\n{NOISE}");
    let by_zone = two_alarms(&zone, &zone, "all-of = [\"a\", \"b\"]");
    let minutes = |quiet: f64| 1.0 - libm::pow(quiet, 10.0);
    // In a minute: no zone of two has both.
    accept("zone and zone", z(&outcomes(&by_zone, "s", 5_000), minutes(0.96 * 0.96), stopped));
    // In a minute: not the service, or neither zone.
    let with_service = two_alarms(&zone, &service, "all-of = [\"a\", \"b\"]");
    let quiet = 0.8 + 0.2 * 0.8 * 0.8;
    accept("zone and service", z(&outcomes(&with_service, "s", 5_000), minutes(quiet), stopped));
}

#[test]
fn results_that_come_late_are_compared_when_they_come() {
    // `b` is known two minutes later than `a`, which by then is in alarm by a datapoint of its own or not: ten minutes of bake
    // leave eight pairs, each of datapoints two minutes apart.
    let a = format!("scope = \"service\"\n{NOISE}");
    let b = format!("scope = \"service\"\npublish-delay = \"2m\"\n{NOISE}");
    let plan = two_alarms(&a, &b, "all-of = [\"a\", \"b\"]");
    let outcomes = outcomes(&plan, "s", 5_000);
    accept("two minutes late", z(&outcomes, 1.0 - libm::pow(0.96, 8.0), stopped));
    assert!(outcomes.iter().filter_map(|outcome| outcome.alarm_ms).all(|ms| ms >= 3 * MINUTE));
}

#[test]
fn a_composite_is_reported_as_itself_and_leaves_its_parts_to_fire_alone_where_they_are_listed() {
    let zone = format!("scope = \"zone\"\n{NOISE}");
    let mut plan = two_alarms(&zone, &zone, "score = { points = { a = 2, b = 1 }, at-least = 3 }");
    let alarm = |outcome: &Outcome| outcome.alarm.map(|alarm| plan.alarms[alarm].name.clone());
    let names: Vec<_> = outcomes(&plan, "s", 300).iter().filter_map(alarm).collect();
    assert!(!names.is_empty() && names.iter().all(|name| name == "c"), "{names:?}");
    let listed = plan.strategies[0].alarms.clone();
    let a = plan.alarms.find_id(|alarm| alarm.name == "a").unwrap();
    plan.strategies[0].alarms = [listed, vec![a]].concat();
    let outcomes = outcomes(&plan, "s", 3_000);
    // Any minute in which one of two zones breaches `a` stops it.
    accept("part alone", z(&outcomes, 1.0 - libm::pow(0.64, 10.0), stopped));
}
