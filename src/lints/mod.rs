//! What a plan will do that its author may not expect, in numbers and before anything is simulated.
//!
//! Each lint reads a resolved plan, computes closed forms and returns warnings at the places that the scenario
//! language remembers. A lint never simulates, never fails and never changes the plan; docs/statistics.md has its
//! formulas. All numbers are of the undisturbed timetable, with median deploy times.

mod falsely;
mod flow;
mod power;
mod risk;
mod window;
mod words;

use crate::diagnostic::{Diagnostic, Rule};
use crate::plan::timeline::{Timetable, timetable};
use crate::plan::{Plan, Signal};
use crate::rollout::request_breach;
use crate::scenario::{Loaded, Places};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// One strategy, as the lints look at it.
struct View<'p> {
    plan: &'p Plan,
    /// Index of the strategy.
    strategy: usize,
    /// Its undisturbed timetable.
    times: Timetable,
    places: &'p Places,
    known: &'p Known,
}

/// What was computed for one strategy and holds for others too: the same zones have the same traffic. All of it are pure
/// functions of their keys.
#[derive(Default)]
struct Known {
    /// Probability that a datapoint breaches, by alarm and the bits of the requests in it and of the probability that
    /// one of them shows what the alarm looks for.
    breaches: RefCell<BTreeMap<(usize, u64, u64), f64>>,
    /// Rate of false alarms an evaluation, by alarm and the bits of the requests in a datapoint.
    rates: RefCell<BTreeMap<(usize, u64), f64>>,
}

/// Adds the warnings of every lint to a scenario that has a plan, and brings all problems into reading order.
#[must_use]
pub fn look_ahead(mut loaded: Loaded) -> Loaded {
    if let Some(plan) = &loaded.plan {
        loaded.problems.extend(warnings(plan, &loaded.places));
    }
    loaded
}

/// The warnings of every lint about every strategy.
#[must_use]
pub fn warnings(plan: &Plan, places: &Places) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let known = Known::default();
    for strategy in 0..plan.strategies.len() {
        let view = View { plan, strategy, times: timetable(plan, strategy), places, known: &known };
        found.extend(power::blind_first_wave(&view));
        found.extend(power::late_reaction(&view));
        found.extend(power::diluted(&view));
        found.extend(falsely::false_alarms(&view));
        found.extend(risk::together(&view));
        found.extend(risk::short_last_bake(&view));
        found.extend(risk::late_class(&view));
        found.extend(risk::left_behind(&view));
    }
    found.extend(flow::unstable(plan, places));
    found
}

impl View<'_> {
    fn strategy(&self) -> &crate::plan::Strategy {
        &self.plan.strategies[self.strategy]
    }

    /// Probability that a datapoint of an alarm over requests breaches; see [`request_breach`].
    fn breach(&self, alarm: usize, requests: f64, p: f64) -> f64 {
        let compute = || request_breach(&self.plan.alarms[alarm], self.plan.fleet.arrivals, requests, p);
        let key = (alarm, requests.to_bits(), p.to_bits());
        *self.known.breaches.borrow_mut().entry(key).or_insert_with(compute)
    }

    /// Indices of the alarms that the strategy listens to, with those that a composite stands for in its place.
    fn heard(&self) -> Vec<usize> {
        let mut heard = Vec::new();
        let mut open: Vec<usize> = self.strategy().alarms.iter().rev().copied().collect();
        while let Some(alarm) = open.pop() {
            if heard.contains(&alarm) {
                continue;
            }
            match &self.plan.alarms[alarm].signal {
                Signal::AnyOf(parts) => open.extend(parts.iter().rev()),
                _ => heard.push(alarm),
            }
        }
        heard
    }

    /// A warning at the strategy's name.
    fn warning(&self, rule: &'static Rule, message: String) -> Diagnostic {
        Diagnostic::new(rule, message).at(self.places.strategies[self.strategy], "")
    }
}

#[cfg(test)]
mod tests;
