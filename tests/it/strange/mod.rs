//! Strange but valid scenarios: every key of the language, at ordinary values and at its bounds, in combinations that
//! no author thought of; and what must hold of each of them.
//!
//! [`generator`] writes them, [`laws`] says what must hold, [`minimise`] makes a failing one small. The same seed gives
//! the same scenario on every machine.

mod bounds;
mod generator;
mod keys;
mod laws;
mod minimise;
mod pipelines;
mod silence;
mod text;
mod texts;

use crate::support;
use std::collections::BTreeMap;
use std::fmt::Write;
use wavetank::Plan;
use wavetank::scenario::load_str;

/// Scenarios that one run of the test looks at; the nightly run looks at more, of another seed.
const SCENARIOS: u32 = 1_500;

/// The plan of a scenario, if it is valid.
fn plan_of(scenario: &toml::Table) -> Option<Plan> {
    Plan::parse("strange", &text::write(scenario)).ok()
}

/// What is wrong with a scenario; none if it is invalid or all laws hold.
fn fault_in(scenario: &toml::Table) -> Option<String> {
    laws::broken(&plan_of(scenario)?)
}

/// What kind of fault it is: the law, without where it was broken.
fn kind(fault: &str) -> &str {
    let end =
        if fault.starts_with("panic") { fault.len() } else { fault.find(['(', ':']).unwrap_or(fault.len()) };
    &fault[..end]
}

/// Why scenarios are refused, for whoever works on the generator.
#[test]
#[ignore = "prints a list and judges nothing"]
fn what_is_wrong_with_invalid_scenarios() {
    let mut reasons = BTreeMap::<String, u32>::new();
    for scenario in (0..300).flat_map(|seed| [generator::scenario(seed), generator::with_pipeline(seed)]) {
        for problem in load_str("strange", &text::write(&scenario)).problems.list() {
            if problem.severity == wavetank::diagnostic::Severity::Error {
                *reasons.entry(problem.message.clone()).or_default() += 1;
            }
        }
    }
    println!("{reasons:#?}");
}

#[test]
fn no_strange_scenario_breaks_a_law() {
    let quiet = laws::quiet_panics();
    let (first_seed, count) = support::seeds(SCENARIOS);
    let (mut valid, mut faults) = (0_u32, BTreeMap::<String, (u64, u32)>::new());
    for seed in first_seed..first_seed + u64::from(count) {
        let Some(plan) = plan_of(&generator::scenario(seed)) else { continue };
        valid += 1;
        if let Some(fault) = laws::broken(&plan) {
            faults.entry(kind(&fault).to_owned()).or_insert((seed, 0)).1 += 1;
        }
    }
    let mut report = String::new();
    for (kind, (seed, times)) in &faults {
        let is_same = |fault: &str| self::kind(fault) == kind;
        let fails = |candidate: &toml::Table| fault_in(candidate).is_some_and(|fault| is_same(&fault));
        let small = minimise::minimise(&generator::scenario(*seed), fails);
        let _ = writeln!(
            report,
            "# {times} scenarios, first seed {seed}: {}",
            fault_in(&small).unwrap_or_default()
        );
        let _ = writeln!(report, "{}", text::write(&small));
    }
    drop(quiet);
    println!("{valid} of {count} scenarios were valid");
    assert!(faults.is_empty(), "{valid} of {count} scenarios were valid\n{report}");
    assert!(f64::from(valid) > 0.6 * f64::from(count), "only {valid} of {count} scenarios were valid");
}
