//! One trial of a pipeline, told: its events folded into a diagram, shown as text, lines or a chart. Simulates nothing.

use super::json;
use super::stations::Stations;
use super::text::{self, Told};
use super::{DAY_MS, Diagram, TimeSpan};
use crate::pipeline::PipelineEvent;
use crate::plan::{Pipeline, Plan};
use crate::report::dates::Dates;
use crate::sim::Record;

/// The events of one trial of one strategy, and what they make.
#[derive(Debug)]
pub struct Journey<'p> {
    plan: &'p Plan,
    stations: Stations<'p>,
    trial: u64,
    dates: Dates,
    records: Vec<Record<PipelineEvent>>,
    diagram: Diagram,
}

/// The civil calendar of a pipeline.
///
/// # Panics
/// If its first day is no date, which the scenario's reader has excluded.
#[must_use]
pub fn dates(pipeline: &Pipeline) -> Dates {
    Dates::new(&pipeline.start).expect("invariant: the scenario's reader has checked the date")
}

impl<'p> Journey<'p> {
    /// What the records of a trial of a strategy (an index) tell.
    ///
    /// # Panics
    /// If there is no such strategy.
    #[must_use]
    pub fn new(
        plan: &'p Plan,
        pipeline: &'p Pipeline,
        strategy: usize,
        trial: u64,
        records: Vec<Record<PipelineEvent>>,
    ) -> Self {
        let line = &pipeline.line;
        let diagram = Diagram::new(&records, line.stages.len(), line.length_ms);
        let stations = Stations { pipeline, strategy: &plan.strategies[strategy] };
        Self { plan, stations, trial, dates: dates(pipeline), records, diagram }
    }

    /// The part to show: `days` from the `day`-th on, and what tells most where one of them is not given.
    #[must_use]
    pub fn span(&self, day: Option<u64>, days: Option<u64>) -> TimeSpan {
        let line = &self.stations.pipeline.line;
        let end = line.length_ms;
        let telling = self.diagram.telling(line.warm_up_ms, end, days);
        let from_ms = day.map_or(telling.from_ms, |day| day * DAY_MS);
        let length = telling.to_ms - telling.from_ms;
        let length = if day.is_some() { length.max(DAY_MS) } else { length };
        TimeSpan { from_ms, to_ms: (from_ms + length).min(end) }
    }

    /// All of it.
    #[must_use]
    pub fn whole(&self) -> TimeSpan {
        TimeSpan { from_ms: 0, to_ms: self.stations.pipeline.line.length_ms }
    }

    fn told(&self, span: TimeSpan) -> Told<'_> {
        Told { plan: self.plan, stations: self.stations, trial: self.trial, dates: self.dates, span }
    }

    /// The train diagram for people, in at most `width` columns.
    #[must_use]
    pub fn text(&self, span: TimeSpan, width: usize) -> String {
        text::text(&self.told(span), &self.diagram, &self.records, width)
    }

    /// The events in that time, one JSON object a line.
    #[must_use]
    pub fn json_lines(&self, span: TimeSpan) -> Vec<u8> {
        json::lines(self.stations, self.records.iter().filter(|record| span.has(record.at_ms)))
    }

    /// The train diagram as SVG.
    #[cfg(feature = "charts")]
    #[must_use]
    pub fn chart(&self, span: TimeSpan) -> String {
        crate::report::chart::trains::svg(&self.told(span), &self.diagram)
    }
}
