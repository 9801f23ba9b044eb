//! Tables and cells that the parts of a pipeline study's report share.

use super::document::DataTable;
use super::text;
use crate::outcome::measures::Unit;
use crate::stats::mean::Mean;
use crate::study::pipeline_summary::PipelineSummary;

/// A table of measures with one column a strategy.
pub(super) fn beside(summary: &PipelineSummary) -> DataTable {
    DataTable::new("measure").numbers(summary.strategies.iter().map(|strategy| strategy.name.as_str()))
}

/// A mean with its interval under it, in its unit.
pub(super) fn cell(unit: Unit, mean: Option<&Mean>) -> String {
    mean.map_or("-".to_owned(), |mean| with_interval(mean, "\n", |x| text::value(unit, x)))
}

/// A mean and its interval after `gap`, unless there is no doubt about it.
pub(super) fn with_interval(mean: &Mean, gap: &str, say: impl Fn(f64) -> String) -> String {
    text::estimate(mean.value, gap, mean.interval, say)
}
