//! Instructions that the engine takes, counted by callgrind: the same on every run, so that a regression of a few
//! percent shows without timing noise. Reads no clock and measures no time; that is what `r1` is for.
//!
//! `cargo bench --bench instructions` counts every case and compares it with `results/bench/instructions.json`; it
//! fails if one is off by more than 3 %, in either direction: a gain is accepted like a loss, so that the figures stay
//! true. `-- --accept` writes new figures. `-- --extra-work PERCENT` does so much more than it says, as a negative
//! control. `-- --case NAME` takes one case only. `-- --run NAME UNITS` is what is counted.
//!
//! What a unit of work costs is the difference between a process that does 2 N of them and one that does N, divided
//! by N: reading the scenario, making the model and warming its tables cancel. Needs valgrind, and the compiler that
//! the figures were made with: another one moves them all.

use std::collections::BTreeMap;
use std::process::{Command, ExitCode};
use wavetank::plan::{Plan, Signal};
use wavetank::random::Distribution;
use wavetank::rollout::{Engine, Model};
use wavetank::sim::Silent;
use wavetank::{lints, scenario};

const FIGURES: &str = "results/bench/instructions.json";

/// Largest relative difference from the accepted figure.
const TOLERANCE: f64 = 0.03;

/// A piece of work that is counted.
struct Case {
    name: &'static str,
    /// N: units in the shorter run.
    units: u64,
    /// Does so many units in this process.
    run: fn(u64),
}

const CASES: [Case; 8] = [
    Case { name: "r1", units: 300, run: |trials| rollouts(&plan("r1"), trials) },
    Case { name: "r1-slow", units: 300, run: |trials| rollouts(&plan("r1-slow"), trials) },
    Case { name: "r1-600-hosts-a-zone", units: 100, run: |trials| rollouts(&with_hosts(600), trials) },
    Case { name: "hands-off", units: 5, run: |trials| rollouts(&plan("hands-off"), trials) },
    Case { name: "hands-off-fixed-delays", units: 5, run: |trials| rollouts(&with_fixed_delays(), trials) },
    Case { name: "small", units: 200, run: |trials| rollouts(&plan("small"), trials) },
    Case { name: "model-of-hands-off", units: 10, run: models },
    Case { name: "check-of-hands-off", units: 2, run: checks },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let after = |name: &str, offset: usize| {
        arguments.iter().position(|a| a == name).and_then(|at| arguments.get(at + offset))
    };
    if let (Some(name), Some(units)) = (after("--run", 1), after("--run", 2)) {
        (case(name).run)(units.parse().expect("a number of units"));
        return ExitCode::SUCCESS;
    }
    let only = after("--case", 1).map(|name| case(name).name);
    let extra = after("--extra-work", 1).map_or(0, |percent| percent.parse().expect("a percentage"));
    let counted: BTreeMap<String, u64> = CASES
        .iter()
        .filter(|case| only.is_none_or(|only| only == case.name))
        .map(|case| (case.name.to_owned(), instructions_per_unit(case, extra)))
        .collect();
    if arguments.iter().any(|argument| argument == "--accept") {
        let json = serde_json::to_string_pretty(&counted).expect("numbers are JSON");
        std::fs::write(FIGURES, json + "\n").expect("the figures can be written");
        counted.iter().for_each(|(name, count)| println!("{name:<24} {count:>14} accepted"));
        return ExitCode::SUCCESS;
    }
    let accepted = std::fs::read_to_string(FIGURES).expect("the accepted figures can be read");
    report(&counted, &serde_json::from_str(&accepted).expect("numbers by name"))
}

fn case(name: &str) -> &'static Case {
    CASES.iter().find(|case| case.name == name).unwrap_or_else(|| panic!("there is no case {name}"))
}

/// Says how each count compares, and fails if one is off.
fn report(counted: &BTreeMap<String, u64>, accepted: &BTreeMap<String, u64>) -> ExitCode {
    println!("{:<24} {:>14} {:>14}", "instructions a unit", "accepted", "now");
    let mut code = ExitCode::SUCCESS;
    for (name, &now) in counted {
        let Some(&before) = accepted.get(name) else {
            println!("{name:<24} {:>14} {now:>14} new: accept it", "none");
            code = ExitCode::FAILURE;
            continue;
        };
        let change = now as f64 / before as f64 - 1.0;
        let verdict = if change.abs() <= TOLERANCE { "" } else { " CHANGED" };
        if !verdict.is_empty() {
            code = ExitCode::FAILURE;
        }
        println!("{name:<24} {before:>14} {now:>14} {:>+6.1} %{verdict}", change * 100.0);
    }
    if code == ExitCode::FAILURE {
        println!("If this is meant, accept it with: bash .ci/instructions --accept");
    }
    code
}

/// What one unit costs: start-up is in both runs and cancels.
fn instructions_per_unit(case: &Case, extra_percent: u64) -> u64 {
    let longer = 2 * case.units + (case.units * extra_percent).div_ceil(100);
    (count(case.name, longer) - count(case.name, case.units)) / case.units
}

/// Instructions of a process that does so many units.
fn count(name: &str, units: u64) -> u64 {
    let me = std::env::current_exe().expect("a benchmark knows where it is");
    let done = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(me)
        .args(["--run", name, &units.to_string()])
        .output()
        .expect("valgrind is installed (Debian: apt-get install valgrind)");
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{name} failed under valgrind: {said}");
    let total = said.lines().find_map(|line| line.split_once("Collected :"));
    total.and_then(|(_, count)| count.trim().parse().ok()).expect("callgrind says what it collected")
}

fn plan(name: &str) -> Plan {
    let loaded = scenario::load(format!("scenarios/{name}.toml").as_ref());
    loaded.plan.unwrap_or_else(|| panic!("{name} is a valid scenario"))
}

/// R1 with as many hosts in every zone.
fn with_hosts(hosts: u32) -> Plan {
    let mut plan = plan("r1");
    plan.fleet.zones.iter_mut().for_each(|zone| zone.hosts = hosts);
    plan
}

/// The flagship without sampled traffic: each alarm fires four minutes after the first impaired host of its scope.
fn with_fixed_delays() -> Plan {
    let mut plan = plan("hands-off");
    for alarm in &mut plan.alarms {
        alarm.signal = Signal::DetectionDelay(Distribution::Fixed { ms: 240_000 });
    }
    plan
}

/// So many trials of every strategy, on one thread.
fn rollouts(plan: &Plan, trials: u64) {
    let model = Model::new(plan);
    let mut engine = Engine::new(&model);
    for strategy in 0..plan.strategies.len() {
        for trial in 0..trials {
            std::hint::black_box(engine.run(strategy, trial, &mut Silent));
        }
    }
}

fn models(times: u64) {
    let plan = plan("hands-off");
    for _ in 0..times {
        std::hint::black_box(Model::new(&plan));
    }
}

/// What `wavetank check` does, but for printing.
fn checks(times: u64) {
    for _ in 0..times {
        let loaded = scenario::load("scenarios/hands-off.toml".as_ref());
        std::hint::black_box(lints::look_ahead(loaded));
    }
}
