//! A measure of one's own over the rows of a study: the share of bad changes that reached more than one region.
//!
//! Rows are handed on in order while the study runs, so the number of trials costs no memory.

use std::error::Error;
use wavetank::study::gather::Rows;
use wavetank::study::{Nobody, Study, Weights};
use wavetank::{Outcome, Plan};

pub fn main() -> Result<(), Box<dyn Error>> {
    let trials = 1000;
    let plan = Plan::load("scenarios/small.toml")?;

    // Made of outcomes on every thread, taken in the order of trials on one.
    let mut spread: Vec<Vec<bool>> = vec![Vec::new(); plan.strategies.len()];
    let rows = Rows {
        make: |outcomes: &[Outcome]| outcomes.iter().map(is_spread).collect::<Vec<bool>>(),
        take: |strategy: usize, values: Vec<bool>| {
            spread[strategy].extend(values);
            Ok(())
        },
    };
    let summary = Study::new(&plan).trials(trials).run_with_rows(rows, &Nobody)?;

    // Bad changes may be drawn more often than they happen: a trial counts as much as its weight.
    let weights = Weights::new(&plan, summary.trials);
    for (strategy, values) in plan.strategies.iter().zip(&spread) {
        let spread = (0..).zip(values).filter(|(_, value)| **value);
        let share: f64 = spread.map(|(trial, _)| weights.of(trial)).sum();
        println!("{:<20} {:.2} % of changes are bad in two regions", strategy.name, 100.0 * share);
    }
    Ok(())
}

/// Whether a change was bad, and hosts of several regions had it.
fn is_spread(outcome: &Outcome) -> bool {
    outcome.defect.is_some() && outcome.regions_touched > 1
}
