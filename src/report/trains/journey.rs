//! One trial of a pipeline, told: its events folded into a diagram, shown as text, lines or a chart. Simulates nothing.

use super::perfetto;
use super::stations::Stations;
use super::text::{self, Told};
use super::{DAY_MS, Diagram, TimeSpan};
use crate::ids::DefectId;
use crate::pipeline::PipelineEvent;
use crate::plan::{Pipeline, Plan};
use crate::report::Story;
use crate::report::dates::Dates;
use crate::report::document::Document;
use crate::report::json::event_lines;
use crate::sim::Record;

/// The events of one trial of one strategy, what they make, and the part of it that is shown.
#[derive(Debug)]
pub struct Journey<'p> {
    told: Told<'p>,
    /// What programs get: all of it unless a part was asked for.
    lines: TimeSpan,
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
        let span = diagram.telling(line.warm_up_ms, line.length_ms, None);
        let told = Told { plan, stations, trial, dates: dates(pipeline), span };
        let lines = TimeSpan { from_ms: 0, to_ms: line.length_ms };
        Self { told, lines, records, diagram }
    }

    /// The same with another part to show: `days` from the `day`-th on, and what tells most where one of them is not
    /// given.
    #[must_use]
    pub fn part(mut self, day: Option<u64>, days: Option<u64>) -> Self {
        let line = &self.told.stations.pipeline.line;
        let telling = self.diagram.telling(line.warm_up_ms, line.length_ms, days);
        let from_ms = day.map_or(telling.from_ms, |day| day * DAY_MS);
        let length = telling.to_ms - telling.from_ms;
        let length = if day.is_some() { length.max(DAY_MS) } else { length };
        self.told.span = TimeSpan { from_ms, to_ms: (from_ms + length).min(line.length_ms) };
        if day.is_some() || days.is_some() {
            self.lines = self.told.span;
        }
        self
    }
}

impl Story for Journey<'_> {
    /// The train diagram and what happened.
    fn document(&self, width: usize) -> Document {
        text::document(&self.told, &self.diagram, &self.records, width)
    }

    fn json_lines(&self) -> Vec<u8> {
        let Stations { pipeline, strategy } = self.told.stations;
        let shown = self.records.iter().filter(|record| self.lines.has(record.at_ms));
        event_lines(shown, |_, key, index| {
            Some(match key {
                "stage" => self.told.stations.name(index).to_owned(),
                "wave" => strategy.waves[index].name.clone(),
                "component" => self.told.stations.component(index)?.to_owned(),
                "defect" => pipeline.line.source.defects[DefectId::new(index)].name.clone(),
                _ => return None,
            })
        })
    }

    fn perfetto(&self) -> Vec<u8> {
        perfetto::bytes(&self.told, &self.diagram, self.lines)
    }

    /// The train diagram.
    #[cfg(feature = "charts")]
    fn chart(&self) -> crate::report::chart::Picture {
        crate::report::chart::trains::picture(&self.told, &self.diagram)
    }
}
