//! What the language can say, a file a question that it answers; the scenarios are in `tests/plans/language`.

mod adaptive;
mod alarms;
mod analyses;
mod analysis;
mod arrivals;
mod autoscaling;
mod customers;
mod damage;
mod gates;
mod hosts;
mod places;
pub mod published;
mod recovery;
mod shares;
mod sick_fleet;
mod surge;
mod traffic;

use crate::support;
use wavetank::outcome::Outcome;
use wavetank::plan::Plan;
use wavetank::rollout::{Engine, Model};
use wavetank::sim::Silent;

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;

/// The plan of a scenario of `tests/plans/language`, with edits of its text.
fn plan(name: &str, edits: support::Edits) -> Plan {
    support::plan(&format!("tests/plans/language/{name}.toml"), edits)
}

/// The outcomes of so many trials of a strategy. Whatever is simulated lazily is held against every evaluation.
fn outcomes(plan: &Plan, strategy: usize, trials: u64) -> Vec<Outcome> {
    let model = Model::new(plan);
    let (mut lazy, mut exhaustive) = (Engine::new(&model), Engine::exhaustive(&model));
    let both = |trial| {
        let outcome = lazy.run(strategy, trial, &mut Silent);
        assert_eq!(outcome, exhaustive.run(strategy, trial, &mut Silent), "trial {trial}");
        outcome
    };
    (0..trials).map(both).collect()
}

/// The outcome of the first trial of a strategy.
fn one(plan: &Plan, strategy: usize) -> Outcome {
    outcomes(plan, strategy, 1).remove(0)
}

fn share(outcomes: &[Outcome], of: impl Fn(&Outcome) -> bool) -> f64 {
    outcomes.iter().filter(|outcome| of(outcome)).count() as f64 / outcomes.len() as f64
}

#[test]
fn every_situation_can_be_said() {
    for file in std::fs::read_dir(support::project("tests/plans/language")).unwrap() {
        let path = file.unwrap().path();
        let loaded = wavetank::scenario::load(&path);
        assert_eq!(loaded.problems.errors(), 0, "{}: {}", path.display(), loaded.problems);
    }
}
