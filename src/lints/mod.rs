//! What a plan will do that its author may not expect, in numbers and before anything is simulated.
//!
//! Each lint reads a resolved plan, computes closed forms and returns warnings at the places that the scenario
//! language remembers. A lint never simulates, never fails and never changes the plan; docs/statistics.md has its
//! formulas. All numbers are of the undisturbed timetable, with median deploy times.

mod blind_first_wave;
mod diluted;
mod false_alarms;
mod late_class;
mod late_reaction;
mod left_behind;
mod short_last_bake;
mod together;
mod unstable_pipeline;
mod view;
mod window;
mod words;

use crate::diagnostic::Diagnostic;
use crate::plan::Plan;
use crate::scenario::{Loaded, Places};
use view::{Known, View};

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
        let view = View::new(plan, strategy, places, &known);
        found.extend(blind_first_wave::blind_first_wave(&view));
        found.extend(late_reaction::late_reaction(&view));
        found.extend(diluted::diluted(&view));
        found.extend(false_alarms::false_alarms(&view));
        found.extend(together::together(&view));
        found.extend(short_last_bake::short_last_bake(&view));
        found.extend(late_class::late_class(&view));
        found.extend(left_behind::left_behind(&view));
    }
    found.extend(unstable_pipeline::unstable_pipeline(plan, places));
    found
}

#[cfg(test)]
mod tests;
