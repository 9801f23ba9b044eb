//! The part of a pipeline study that its policies fill: emergencies beside all else, and the error budget.

use super::document::{Block, DataTable};
use super::pipeline_cells::{beside, cell};
use crate::outcome::measures::{self, Unit};
use crate::study::pipeline_summary::{Estimated, PipelineSummary};
use crate::study::policy_summary::Lanes;

/// What policies did, by strategy; nothing in it without policies.
pub(super) fn section(summary: &PipelineSummary) -> Block {
    Block::section("Who may hurry and who must wait", vec![Block::Table(table(summary))])
}

fn table(summary: &PipelineSummary) -> DataTable {
    let mut table = beside(summary);
    let lanes: Vec<&Lanes> = summary.strategies.iter().filter_map(|s| s.policies.lanes.as_ref()).collect();
    let rows = measures::LANE.iter().enumerate().filter(|_| !lanes.is_empty());
    for (index, measure) in rows {
        let mut row = |title: String, of: fn(&Lanes) -> &Vec<Estimated>| {
            let cells = lanes.iter().map(|lanes| cell(measure.unit, of(lanes)[index].mean.as_ref()));
            table.row([title].into_iter().chain(cells));
        };
        row(format!("emergencies: {}", measure.title), |lanes| &lanes.emergencies);
        row("  all else".to_owned(), |lanes| &lanes.others);
    }
    let spent = || summary.strategies.iter().map(|strategy| strategy.policies.budget_spent.as_ref());
    if spent().any(|mean| mean.is_some()) {
        let cells = spent().map(|mean| cell(Unit::Share, mean));
        table.row(["time with the error budget spent".to_owned()].into_iter().chain(cells));
    }
    table
}
