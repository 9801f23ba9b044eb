//! Studies of a whole pipeline, and single horizons told, in the words of commands.

use super::super::io::Io;
use crate::outcome::pipeline::PipelineOutcome;
use crate::pipeline::trace::Record;
use crate::plan::{Horizon, Level, Plan};
use crate::report;
pub use crate::report::dates::Dates;
pub use crate::report::trains::Span;
use crate::report::trains::stations::Stations;
use crate::report::trains::text::Told;
use crate::report::trains::{self, Diagram};
use crate::study::pipeline_summary::{PipelineSummary, summarise};
use crate::study::{self, Watcher, pipeline_without};

/// A finished study of a pipeline.
pub struct Horizons {
    horizons: study::pipeline::Horizons,
    summary: PipelineSummary,
}

/// Watches a study that is simulated twice.
pub(super) struct Twice<'w>(pub &'w dyn Watcher);

impl Watcher for Twice<'_> {
    fn planned(&self, horizons: u64) {
        self.0.planned(2 * horizons);
    }

    fn done(&self, horizons: u64) {
        self.0.done(horizons);
    }
}

/// Simulates horizons of every strategy, and again without the stages with these indices if there are any; none when
/// interrupted.
#[must_use]
pub fn simulate(
    plan: &Plan,
    horizon: &Horizon,
    trials: u64,
    without: &[usize],
    io: &Io,
    watcher: &dyn Watcher,
) -> Option<Horizons> {
    let run = |horizon: &Horizon, watcher: &dyn Watcher| {
        study::pipeline::run(plan, horizon, trials, io.interrupt.flag(), watcher)
    };
    if without.is_empty() {
        let horizons = run(horizon, watcher)?;
        return Some(Horizons { summary: summarise(plan, horizon, &horizons), horizons });
    }
    let watcher = Twice(watcher);
    let (horizons, other) = (run(horizon, &watcher)?, run(&horizon.without(without), &watcher)?);
    let mut summary = summarise(plan, horizon, &horizons);
    let stages = without.iter().map(|stage| horizon.pipeline.stages[*stage].name.clone()).collect();
    summary.without = Some(pipeline_without::compare(plan, stages, &horizons, &other));
    Some(Horizons { horizons, summary })
}

/// Names of the files of a study, in the order they appear in their folder; those of trains have the strategy's in
/// it. `pipeline.json` is last: once it is new, everything is.
#[must_use]
pub fn files(strategies: &[String]) -> Vec<String> {
    let trains = strategies.iter().map(|name| format!("trains-{name}.svg"));
    let first = ["pipeline.csv", "pipeline.svg"].map(str::to_owned);
    first.into_iter().chain(trains).chain(["pipeline.json".to_owned()]).collect()
}

impl Horizons {
    /// The report for people.
    #[must_use]
    pub fn text(&self, width: usize) -> String {
        report::pipeline::text(&self.summary, width)
    }

    /// Whether a limit or an expectation of level error is known not to hold.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        super::is_broken(&self.summary.thresholds, &self.summary.expectations, Level::Error)
    }

    /// The summary for programs.
    #[must_use]
    pub fn json(&self) -> Vec<u8> {
        report::json::pretty(&self.summary)
    }

    /// Contents of [`files`].
    #[must_use]
    pub fn contents(&self, plan: &Plan, horizon: &Horizon) -> Vec<Vec<u8>> {
        let trains = (0..plan.strategies.len()).map(|strategy| {
            let trial = self.telling_trial(strategy);
            let told = tell(plan, horizon, strategy, trial);
            told.chart(told.span(horizon, None, None)).into_bytes()
        });
        let table = report::pipeline_csv::trials(plan, &self.horizons);
        let chart = report::chart::pipeline::svg(&self.summary).into_bytes();
        [table, chart].into_iter().chain(trains).chain([self.json()]).collect()
    }

    /// The first horizon with a rollback, or the first one.
    fn telling_trial(&self, strategy: usize) -> u64 {
        let is_telling =
            |horizon: &PipelineOutcome| horizon.needed_rollbacks + horizon.needless_rollbacks > 0;
        self.horizons.by_strategy[strategy].iter().position(is_telling).unwrap_or(0) as u64
    }
}

/// One horizon of one strategy, told.
pub struct Journey<'p> {
    plan: &'p Plan,
    stations: Stations<'p>,
    trial: u64,
    dates: Dates,
    records: Vec<Record>,
    diagram: Diagram,
}

/// The civil calendar of a horizon.
#[must_use]
pub fn dates(horizon: &Horizon) -> Dates {
    Dates::new(&horizon.start).expect("invariant: the scenario's reader has checked the date")
}

/// Simulates one horizon and keeps its events.
#[must_use]
pub fn tell<'p>(plan: &'p Plan, horizon: &'p Horizon, strategy: usize, trial: u64) -> Journey<'p> {
    let (_, records) = study::pipeline::replay(plan, horizon, strategy, trial);
    let pipeline = &horizon.pipeline;
    let diagram = Diagram::new(&records, pipeline.stages.len(), pipeline.length_ms);
    let stations = Stations { horizon, strategy: &plan.strategies[strategy] };
    Journey { plan, stations, trial, dates: dates(horizon), records, diagram }
}

impl Journey<'_> {
    /// The part to show: `days` from the `day`-th on, and what tells most where one of them is not given.
    #[must_use]
    pub fn span(&self, horizon: &Horizon, day: Option<u64>, days: Option<u64>) -> Span {
        let (warm_up, end) = (horizon.pipeline.warm_up_ms, horizon.pipeline.length_ms);
        let telling = self.diagram.telling(warm_up, end, days);
        let from_ms = day.map_or(telling.from_ms, |day| day * trains::DAY_MS);
        let length = telling.to_ms - telling.from_ms;
        let length = if day.is_some() { length.max(trains::DAY_MS) } else { length };
        Span { from_ms, to_ms: (from_ms + length).min(end) }
    }

    fn told(&self, span: Span) -> Told<'_> {
        Told { plan: self.plan, stations: self.stations, trial: self.trial, dates: self.dates, span }
    }

    /// The train diagram for people.
    #[must_use]
    pub fn text(&self, span: Span, width: usize) -> String {
        trains::text::text(&self.told(span), &self.diagram, &self.records, width)
    }

    /// The events in that time, one JSON object a line.
    #[must_use]
    pub fn json_lines(&self, span: Span) -> Vec<u8> {
        trains::json::lines(self.stations, self.records.iter().filter(|record| span.has(record.at_ms)))
    }

    /// The train diagram as SVG.
    #[must_use]
    pub fn chart(&self, span: Span) -> String {
        report::chart::trains::svg(&self.told(span), &self.diagram)
    }
}
