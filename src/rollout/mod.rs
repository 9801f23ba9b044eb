//! One rollout of one strategy: a clock and five components.
//!
//! A component owns its state and offers verbs; none reads another's. A context (plan, model, streams, clock, queue,
//! observer) is handed to every verb. Which event goes to which component, and who is told what follows, is in
//! `event_loop`; the outcome is composed once, in `compose`. Files use each other only downwards in this order:
//! `event`, `context`, `deployment` (who has the new version, when), `fault` (who is impaired, and why), `account`
//! (what it cost), `alarms` (who notices), `response` (what is done about it), `compose`, `event_loop`. What no trial
//! can exceed is worked out apart from all of them, in `bounds`.
//!
//! Does no IO, reads no wall clock, spawns no thread, and never looks at a strategy's name. The same
//! (plan, strategy, trial) gives the same outcome wherever and whenever it runs.

mod account;
mod alarms;
mod bounds;
mod budget;
mod compose;
mod context;
mod deployment;
mod event;
mod event_loop;
mod fault;
pub mod launch;
mod model;
mod place;
mod response;
mod served;
pub mod trace;
mod zone_streams;

pub use bounds::bounds;
pub use budget::TooCostly;
pub use model::Model;
pub use place::DarkPlace;
pub use trace::{RolloutEvent, RolloutObserver, RolloutRecord};

use crate::ids::AlarmId;
use crate::outcome::Outcome;
use crate::outcome::bounds::OutcomeBounds;
use crate::plan::{Alarm, Arrivals, Fleet, Plan, Strategy, Wave};
use crate::sim::budget::attempt;
use crate::sim::{Queue, Recorder, Silent};
use context::Context;
use event::Event;
use event_loop::{Components, EventLoop};
use launch::{Launch, Launched};
use trace::{Scraped, ShownDatapoint};

/// Simulates trial `trial` of strategy `strategy` (an index of the plan's list) and tells `observer` what happens.
///
/// Who simulates many trials of one plan keeps a [`Model`] and an [`Engine`]: this makes both for a single one.
///
/// # Panics
///
/// If the plan has no such strategy, or the trial is [`TooCostly`].
pub fn simulate(plan: &Plan, strategy: usize, trial: u64, observer: &mut impl RolloutObserver) -> Outcome {
    Engine::new(&Model::new(plan)).run(strategy, trial, observer)
}

/// As [`simulate`], with everything that happened, in order of time.
///
/// # Panics
///
/// If the plan has no such strategy, or the trial is [`TooCostly`].
#[must_use]
pub fn replay(plan: &Plan, strategy: usize, trial: u64) -> (Outcome, Vec<RolloutRecord>) {
    try_replay(plan, strategy, trial).unwrap_or_else(|costly| panic!("{costly}"))
}

/// As [`replay`].
///
/// # Errors
///
/// If the trial goes beyond its budget.
///
/// # Panics
///
/// If the plan has no such strategy.
pub fn try_replay(
    plan: &Plan,
    strategy: usize,
    trial: u64,
) -> Result<(Outcome, Vec<RolloutRecord>), TooCostly> {
    let mut recorder = Recorder::default();
    let outcome = Engine::new(&Model::new(plan)).try_run(strategy, trial, &mut recorder)?;
    Ok((outcome, recorder.into_records()))
}

/// Simulates rollouts of one plan. Holds memory that is reused from trial to trial.
#[derive(Debug)]
pub struct Engine<'m> {
    model: &'m Model<'m>,
    queue: Queue<Event>,
    components: Components,
    /// By strategy, once it has been asked for: what no trial of it may exceed.
    bounds: Vec<Option<OutcomeBounds>>,
}

impl<'m> Engine<'m> {
    /// An engine that skips the evaluations that cannot breach.
    #[must_use]
    pub fn new(model: &'m Model<'m>) -> Self {
        let bounds = vec![None; model.plan.strategies.len()];
        Self { model, queue: Queue::default(), components: Components::default(), bounds }
    }

    /// An engine that visits every evaluation of every watched alarm. Slower, and equal to the byte:
    /// it exists to check [`Engine::new`].
    #[must_use]
    pub fn exhaustive(model: &'m Model<'m>) -> Self {
        Self { components: Components::exhaustive(), ..Self::new(model) }
    }

    /// The same, with at most so many events a trial.
    #[must_use]
    pub fn with_event_limit(self, limit: u64) -> Self {
        Self { queue: Queue::with_limit(limit), ..self }
    }

    /// Simulates trial `trial` of strategy `strategy` (an index) and tells `observer` what happens.
    ///
    /// # Panics
    ///
    /// If the outcome exceeds its bounds, and if the trial goes beyond its budget: see [`Engine::try_run`].
    pub fn run(&mut self, strategy: usize, trial: u64, observer: &mut impl RolloutObserver) -> Outcome {
        self.try_run(strategy, trial, observer).unwrap_or_else(|costly| panic!("{costly}"))
    }

    /// As [`Engine::run`].
    ///
    /// # Errors
    ///
    /// If the trial goes beyond its budget of events, of batches or of hosts that are looked at one by one. The engine
    /// may be used again.
    pub fn try_run(
        &mut self,
        strategy: usize,
        trial: u64,
        observer: &mut impl RolloutObserver,
    ) -> Result<Outcome, TooCostly> {
        let (model, queue, components) = (self.model, &mut self.queue, &mut self.components);
        let studied = &model.plan.strategies[strategy];
        let simulated = attempt(|| {
            let context = Context::of_trial(model, studied, trial, queue, observer);
            EventLoop::new(context, components).run()
        });
        let outcome = simulated.map_err(|over| TooCostly::new(model.plan, strategy, trial, over))?;
        let bounds = self.bounds[strategy].get_or_insert_with(|| bounds::bounds(model.plan, studied));
        bounds::assert_within(bounds, &outcome);
        Ok(outcome)
    }

    /// Every scrape of the rules over rates in trial `trial` of strategy `strategy` (an index), until each alert is
    /// resolved, whether or not the rollout still listens: scopes in the order in which they were scraped, those of one
    /// scope in order of time.
    pub fn scrapes(&mut self, strategy: usize, trial: u64) -> Vec<Scraped> {
        let (mut scrapes, mut silent) = (Vec::new(), Silent);
        let strategy = &self.model.plan.strategies[strategy];
        let mut context = Context::of_trial(self.model, strategy, trial, &mut self.queue, &mut silent);
        context.follow_alerts(&mut scrapes);
        EventLoop::new(context, &mut self.components).run();
        scrapes
    }

    /// Every datapoint that one instance of an alarm has in a trial, in order of time, while the rollout listens to it: of
    /// the place with that index, 0 for the service. Alarms that have no datapoints of their own, or decide by history, have
    /// none here. Complete only from an [`Engine::exhaustive`].
    ///
    /// # Errors
    ///
    /// If the trial goes beyond its budget.
    pub fn datapoints(
        &mut self,
        strategy: usize,
        trial: u64,
        (alarm, entity): (AlarmId, u32),
    ) -> Result<Vec<ShownDatapoint>, TooCostly> {
        let mut shown = Vec::new();
        let (model, queue, components) = (self.model, &mut self.queue, &mut self.components);
        let studied = &model.plan.strategies[strategy];
        attempt(|| {
            let mut silent = Silent;
            let mut context = Context::of_trial(model, studied, trial, queue, &mut silent);
            context.show_datapoints(alarm, entity, &mut shown);
            EventLoop::new(context, components).run()
        })
        .map_err(|over| TooCostly::new(model.plan, strategy, trial, over))?;
        Ok(shown)
    }

    /// Simulates a rollout among others of a pipeline, by a strategy of the model's plan. Beyond its budget the trial of the
    /// pipeline is given up: see [`crate::sim::budget`].
    pub fn launch(&mut self, strategy: &Strategy, launch: &Launch<'_>) -> Launched {
        let mut silent = Silent;
        let context = Context::of_launch(self.model, strategy, launch, &mut self.queue, &mut silent);
        let outcome = EventLoop::new(context, &mut self.components).run();
        let waves = self.components.wave_times(outcome.rollback_ms.unwrap_or(outcome.end_ms));
        Launched { outcome, waves, stopped_outside: self.components.stopped_outside() }
    }

    /// Events taken from the queue in all trials so far: how much work there was, the same on any machine.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.queue.popped()
    }
}

/// Probability that a datapoint of an alarm over requests breaches, with `requests_mean` requests in its period of
/// which each shows what it looks for with probability `p`; 0 for other alarms. For what is computed of a plan
/// without a rollout.
pub(crate) fn request_breach(alarm: &Alarm, arrivals: Arrivals, requests_mean: f64, p: f64) -> f64 {
    model::breach_of(alarm, arrivals, requests_mean, p)
}

/// Probability that a datapoint of an alarm breaches over a healthy scope that gets `requests` in its period.
pub(crate) fn healthy_breach(alarm: &Alarm, fleet: &Fleet, requests: f64) -> f64 {
    model::healthy_breach(alarm, fleet, requests)
}

/// Whether `impaired` of `hosts` breach a health-check alarm.
pub(crate) fn health_breach(alarm: &Alarm, impaired: u64, hosts: u64) -> bool {
    model::hosts_breach(&alarm.signal, impaired, hosts)
}

/// Hosts of the one-box that `wave` puts into a zone of `hosts`; none without one.
pub(crate) fn one_box_hosts(strategy: &Strategy, wave: &Wave, hosts: u32) -> Option<u32> {
    model::one_box_hosts(strategy, wave, hosts)
}
