//! Loads a scenario and simulates one of its rollouts: what is shown first by `wavetank check`, then by `replay`.
//!
//! `cargo run --example load_and_simulate -- scenarios/small.toml`

use std::error::Error;
use wavetank::{Plan, lints, replay, scenario};

pub fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).filter(|path| path.ends_with(".toml"));
    let path = path.unwrap_or_else(|| "scenarios/small.toml".to_owned());

    // All problems come at once, with the lines they are in.
    let plan = match Plan::load(&path) {
        Ok(plan) => plan,
        Err(problems) => return Err(format!("{path} has {} errors\n{problems}", problems.errors()).into()),
    };

    // Warnings do not stand in the way of a plan: whoever wants them reads the scenario like this.
    let looked_at = lints::look_ahead(scenario::load(path.as_ref()));
    println!("{}: {} warnings", plan.name, looked_at.problems.warnings());

    // Trial 0 of the first strategy, with everything that happens in it. It is the same on every machine.
    let (outcome, records) = replay(&plan, 0, 0);
    println!("{}: {:?} after {} min", plan.strategies[0].name, outcome.ending, outcome.end_ms / 60_000);
    for record in records.iter().take(5) {
        println!("{:>8} ms  {:?}", record.at_ms, record.event);
    }
    Ok(())
}
