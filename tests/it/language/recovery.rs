//! How a fleet gets well again: at two speeds, by one remedy after the other, by a rollback that does not work, without any
//! deployment.

use super::{HOUR, MINUTE, one, outcomes, plan};
use crate::support::accept;
use wavetank::outcome::Outcome;

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
    let rounds =
        |o: &Outcome| o.mitigated_ms.is_some_and(|at_ms| at_ms > HOUR && (at_ms - MINUTE) % (2 * HOUR) != 0);
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
