//! Trials that are single rollouts, and studies that keep every outcome of them. Estimates are made elsewhere.

use super::experiment::{Experiment, Rounds, simulate};
use super::outcomes::Outcomes;
use super::progress::{Progress, Stopped};
use super::workers::{Simulator, Workers};
use crate::outcome::Outcome;
use crate::plan::Plan;
use crate::rollout::{Engine, Model, TooCostly};
use crate::sim::Silent;

/// Which evaluations of alarms a study visits: a matter of speed, never of results. That is why no plan says it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Evaluations {
    /// Those that could breach.
    #[default]
    Promising,
    /// All of them, as a check on the search for those that could breach.
    All,
}

/// Simulates rollouts of a plan's strategies.
#[derive(Debug, Clone, Copy)]
pub(super) struct RolloutSimulator<'m> {
    /// The plan with its tables.
    pub model: &'m Model<'m>,
    /// What an engine visits.
    pub evaluations: Evaluations,
}

impl<'m> Simulator for RolloutSimulator<'m> {
    type Outcome = Outcome;
    type Worker = Engine<'m>;
    const CHUNK: u64 = 64;

    fn worker(&self) -> Engine<'m> {
        match self.evaluations {
            Evaluations::Promising => Engine::new(self.model),
            Evaluations::All => Engine::exhaustive(self.model),
        }
    }

    fn simulate(&self, engine: &mut Engine<'m>, strategy: usize, trial: u64) -> Result<Outcome, TooCostly> {
        engine.try_run(strategy, trial, &mut Silent)
    }
}

/// Rollouts of a plan's strategies, simulated as they are asked for.
pub(super) struct RolloutExperiment<'p> {
    model: Model<'p>,
}

impl<'p> RolloutExperiment<'p> {
    /// The rollouts of `plan`.
    pub fn new(plan: &'p Plan) -> Self {
        Self { model: Model::new(plan) }
    }
}

impl Experiment for RolloutExperiment<'_> {
    type Trials = Outcomes;

    fn plan(&self) -> &Plan {
        self.model.plan
    }

    fn none(&self) -> Outcomes {
        Outcomes::none(self.model.plan.strategies.len())
    }

    fn extend(
        &self,
        trials: &mut Outcomes,
        strategies: &[usize],
        until: u64,
        progress: &dyn Progress,
    ) -> Result<(), Stopped> {
        let simulator = RolloutSimulator { model: &self.model, evaluations: Evaluations::Promising };
        let rows = &mut trials.by_strategy;
        let done = Workers::new(simulator, progress).complete(strategies, |row| rows[row].len(), until)?;
        done.into_iter().for_each(|(strategy, chunk)| rows[strategy].extend(chunk));
        Ok(())
    }
}

/// Simulates the study and keeps every outcome: `plan.study.trials` rollouts of every strategy, and more in rounds until
/// the precision that the plan asks for is reached. [`super::gather::gather`] needs less memory.
///
/// # Errors
/// When `progress` cancels it, after the trial that each worker is in.
pub fn run(plan: &Plan, progress: &dyn Progress) -> Result<Outcomes, Stopped> {
    simulate(&RolloutExperiment::new(plan), plan.study.trials, Rounds::UntilPrecise, 1, progress)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_evaluations_are_more_events_and_the_same_outcome() {
        let plan = Plan::load("scenarios/small.toml").expect("a valid scenario");
        let model = &Model::new(&plan);
        let [(few, lazy), (many, exhaustive)] =
            [Evaluations::Promising, Evaluations::All].map(|evaluations| {
                let rollouts = RolloutSimulator { model, evaluations };
                let mut engine = rollouts.worker();
                let outcomes: Vec<Outcome> =
                    (0..20).filter_map(|trial| rollouts.simulate(&mut engine, 0, trial).ok()).collect();
                (engine.events(), outcomes)
            });
        assert_eq!(lazy.len(), 20);
        assert_eq!(lazy, exhaustive);
        // Most of these changes are caught within the hour; where none is, the factor is in the dozens.
        assert!(many > 3 * few, "{many} events instead of {few}");
    }
}
