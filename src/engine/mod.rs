//! One rollout of one strategy: clock, queue, state machines, random streams.

pub mod trace;

use crate::outcome::Outcome;
use crate::plan::Plan;
use trace::Observer;

/// Simulates rollouts of one plan. Holds buffers that are reused from trial to trial.
pub struct Engine<'p> {
    plan: &'p Plan,
}

impl<'p> Engine<'p> {
    /// Prepares an engine for `plan`.
    #[must_use]
    pub fn new(plan: &'p Plan) -> Self {
        Self { plan }
    }

    /// Simulates trial `trial` of strategy `strategy` and reports events to `observer`.
    pub fn run(&mut self, strategy: usize, trial: u64, observer: &mut impl Observer) -> Outcome {
        let _ = (self.plan, strategy, trial, observer);
        todo!("the engine lands next")
    }
}
