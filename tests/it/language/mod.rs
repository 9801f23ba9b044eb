//! What the language can say, a file a question that it answers; the scenarios are in `tests/plans/language`.

mod gates;
mod hosts;
mod places;
mod sick_fleet;

use crate::support;
use wavetank::outcome::Outcome;
use wavetank::plan::Plan;
use wavetank::rollout::{Engine, Model};
use wavetank::sim::Silent;

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;

fn plan(name: &str) -> Plan {
    support::plan(&format!("tests/plans/language/{name}.toml"), &[])
}

fn outcomes(plan: &Plan, strategy: usize, trials: u64) -> Vec<Outcome> {
    let model = Model::new(plan);
    let mut engine = Engine::new(&model);
    (0..trials).map(|trial| engine.run(strategy, trial, &mut Silent)).collect()
}

fn share(outcomes: &[Outcome], of: impl Fn(&Outcome) -> bool) -> f64 {
    outcomes.iter().filter(|outcome| of(outcome)).count() as f64 / outcomes.len() as f64
}
