//! Comma-separated values of a pipeline study: one row per strategy and trial.

use super::csv::{finish, write};
use crate::outcome::measures::mean_part;
use crate::outcome::pipeline::PARTS;
use crate::outlet::csv_cell;
use crate::plan::Plan;
use crate::study::pipeline::PipelineTrials;

/// One row per strategy and trial, in that order: the key, changes merged and delivered, every measure, and the mean
/// time of a delivered change in each part of its lead time. A trial that has nothing to say leaves the cell empty.
#[must_use]
pub fn trials(plan: &Plan, trials: &PipelineTrials) -> Vec<u8> {
    let all = plan.pipeline.iter().flat_map(|pipeline| pipeline.line.measures());
    let mut writer = csv::Writer::from_writer(Vec::new());
    let key = ["strategy", "trial", "seed", "changes_merged", "changes_delivered"].map(str::to_owned);
    let measures = all.clone().map(|measure| measure.name.to_owned());
    let parts = PARTS.iter().map(|part| format!("{}_ms", part.name()));
    write(&mut writer, key.into_iter().chain(measures).chain(parts));
    let cell = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
    for (strategy, row) in plan.strategies.iter().zip(&trials.by_strategy) {
        for (trial, outcome) in row.iter().enumerate() {
            let delivered = outcome.changes.iter().filter(|change| change.delivered_ms.is_some()).count();
            let counts = [trial as u64, plan.study.seed, outcome.changes.len() as u64, delivered as u64];
            let key = [csv_cell(&strategy.name).into_owned()]
                .into_iter()
                .chain(counts.map(|count| count.to_string()));
            let measures = all.clone().map(|measure| cell(measure.of(outcome)));
            let parts = PARTS.iter().map(|part| cell(mean_part(outcome, *part)));
            write(&mut writer, key.chain(measures).chain(parts));
        }
    }
    finish(writer)
}
