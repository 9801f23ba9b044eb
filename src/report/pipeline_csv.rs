//! Comma-separated values of a pipeline study: one row per strategy and horizon.

use super::csv::{finish, write};
use crate::outcome::measures::{self, mean_part};
use crate::outcome::pipeline::PARTS;
use crate::plan::Plan;
use crate::study::pipeline::Horizons;

/// One row per strategy and horizon, in that order: the key, changes merged and delivered, every measure, and the mean
/// time of a delivered change in each part of its lead time. A horizon that has nothing to say leaves the cell empty.
#[must_use]
pub fn trials(plan: &Plan, horizons: &Horizons) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let key = ["strategy", "trial", "seed", "changes_merged", "changes_delivered"].map(str::to_owned);
    let measures = measures::PIPELINE.iter().map(|measure| measure.name.to_owned());
    let parts = PARTS.iter().map(|part| format!("{}_ms", part.name()));
    write(&mut writer, key.into_iter().chain(measures).chain(parts));
    let cell = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
    for (strategy, row) in plan.strategies.iter().zip(&horizons.by_strategy) {
        for (trial, horizon) in row.iter().enumerate() {
            let delivered = horizon.changes.iter().filter(|change| change.delivered_ms.is_some()).count();
            let counts = [trial as u64, plan.study.seed, horizon.changes.len() as u64, delivered as u64];
            let key = [strategy.name.clone()].into_iter().chain(counts.map(|count| count.to_string()));
            let measures = measures::PIPELINE.iter().map(|measure| cell(measure.of(horizon)));
            let parts = PARTS.iter().map(|part| cell(mean_part(horizon, *part)));
            write(&mut writer, key.chain(measures).chain(parts));
        }
    }
    finish(writer)
}
