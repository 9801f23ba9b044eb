//! The part of a pipeline study that its policies fill: emergencies beside all else, and the error budget.

use super::pipeline::cell;
use super::table::{Align, Table};
use crate::outcome::measures::{self, Unit};
use crate::study::pipeline_summary::{Estimated, PipelineSummary, StrategyPipelines};
use crate::study::policy_summary::Lanes;

/// What policies did, by strategy, in at most `width` columns; empty without policies.
pub(super) fn text(summary: &PipelineSummary, width: usize) -> String {
    if summary.strategies.iter().all(|strategy| strategy.policies.is_empty()) {
        return String::new();
    }
    let mut table = Table::new("measure");
    for strategy in &summary.strategies {
        table = table.column(&strategy.name, Align::Right);
    }
    let of = |strategy: &'_ StrategyPipelines| strategy.policies.lanes.clone();
    let lanes: Vec<Lanes> = summary.strategies.iter().filter_map(of).collect();
    let rows = measures::LANE.iter().enumerate().filter(|_| !lanes.is_empty());
    for (index, measure) in rows {
        let row = |title: String, of: fn(&Lanes) -> &Vec<Estimated>| {
            let cells = lanes.iter().map(|lanes| cell(measure.unit, of(lanes)[index].mean.as_ref()));
            [title].into_iter().chain(cells).collect()
        };
        table.row(row(format!("emergencies: {}", measure.title), |lanes| &lanes.emergencies));
        table.row(row("  all else".to_owned(), |lanes| &lanes.others));
    }
    let spent = || summary.strategies.iter().map(|strategy| strategy.policies.budget_spent.as_ref());
    if spent().any(|mean| mean.is_some()) {
        let cells = spent().map(|mean| cell(Unit::Share, mean));
        table.row(["time with the error budget spent".to_owned()].into_iter().chain(cells).collect());
    }
    format!("\nWho may hurry and who must wait\n{}", table.fit(width, 2))
}
