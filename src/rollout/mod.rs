//! One rollout of one strategy: clock, queue, state machines, random streams.
//!
//! Does no IO, reads no wall clock, spawns no thread, and never looks at a strategy's name. The same
//! (plan, strategy, trial) gives the same outcome wherever and whenever it runs.

mod alert;
mod background;
mod batch_time;
mod breach;
mod canary;
mod candidates;
mod condition;
mod cure;
mod deploy;
mod flow;
mod lag;
pub mod launch;
mod load;
mod missing;
mod model;
mod onset;
mod promql;
mod queue;
mod respond;
mod rollback;
mod search;
mod signal;
mod speed;
mod suffering;
mod tally;
pub mod trace;
mod trial;
mod watch;
mod zone_streams;

pub use model::Model;

use crate::outcome::Outcome;
use crate::plan::{Alarm, Arrivals, Strategy, Wave};
use launch::{Launch, Launched};
use trace::Observer;
use trial::{Buffers, Trial};

/// Simulates rollouts of one plan. Holds buffers that are reused from trial to trial.
#[derive(Debug)]
pub struct Engine<'m> {
    model: &'m Model<'m>,
    buffers: Buffers,
    exhaustive: bool,
}

impl<'m> Engine<'m> {
    /// An engine that skips the evaluations that cannot breach.
    #[must_use]
    pub fn new(model: &'m Model<'m>) -> Self {
        Self { model, buffers: Buffers::default(), exhaustive: false }
    }

    /// An engine that visits every evaluation of every watched alarm. Slower, and equal to the byte:
    /// it exists to check [`Engine::new`].
    #[must_use]
    pub fn exhaustive(model: &'m Model<'m>) -> Self {
        Self { exhaustive: true, ..Self::new(model) }
    }

    /// Simulates a rollout among others of a pipeline, by a strategy of the model's plan.
    pub fn launch(&mut self, strategy: &Strategy, launch: &Launch<'_>) -> Launched {
        let mut silent = trace::Silent;
        let mut trial = Trial::launched(self.model, strategy, launch, &mut self.buffers, &mut silent);
        let outcome = trial.run();
        let stopped_outside = trial.stopped_outside;
        let waves = launch::closed(&self.buffers.wave_times, &outcome);
        Launched { outcome, waves, stopped_outside }
    }

    /// Events taken from the queue in all trials so far: how much work there was, the same on any machine.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.buffers.queue.popped()
    }

    /// Simulates trial `trial` of strategy `strategy` (an index) and reports events to `observer`.
    pub fn run(&mut self, strategy: usize, trial: u64, observer: &mut impl Observer) -> Outcome {
        let strategy = &self.model.plan.strategies[strategy];
        Trial::new(self.model, strategy, trial, self.exhaustive, &mut self.buffers, observer).run()
    }
}

/// Probability that a datapoint of an alarm over requests breaches, with `requests_mean` requests in its period of
/// which each shows what it looks for with probability `p`; 0 for other alarms. For what is computed of a plan
/// without a rollout.
pub(crate) fn request_breach(alarm: &Alarm, arrivals: Arrivals, requests_mean: f64, p: f64) -> f64 {
    model::breach_of(alarm, arrivals, requests_mean, p)
}

/// Whether `impaired` of `hosts` breach a health-check alarm.
pub(crate) fn health_breach(alarm: &Alarm, impaired: u64, hosts: u64) -> bool {
    model::hosts_breach(&alarm.signal, impaired, hosts)
}

/// Hosts of the one-box that `wave` puts into a zone of `hosts`; none without one.
pub(crate) fn one_box_hosts(wave: &Wave, hosts: u32) -> Option<u32> {
    model::one_box_hosts(wave, hosts)
}
