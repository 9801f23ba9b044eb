//! The report of a pipeline study: the measures by strategy, where lead time goes, and how busy everything is.

use super::document::{Block, DataTable, Document, Item, Terminal};
use super::pipeline_cells::{beside, cell, with_interval};
use super::{expectations, limits, pipeline_without, policies, text, verdict};
use crate::outcome::measures;
use crate::outcome::pipeline::Part;
use crate::stats::mean::Mean;
use crate::study::pipeline_summary::{ComponentName, Estimated, PipelineSummary, StrategyPipelines};

/// Columns of the bar that shows where lead time goes.
const BAR: usize = 36;

/// Title of the measures. Days on which nobody merges or deploys count too.
const MEASURES: &str =
    "Measures: means over trials, with 95 % intervals; a day is a calendar day, weekends included";

/// The report on a terminal of `width` columns.
#[must_use]
pub fn text(summary: &PipelineSummary, width: usize) -> String {
    Terminal::plain(width).render(&document(summary))
}

/// The report of a pipeline study.
#[must_use]
pub fn document(summary: &PipelineSummary) -> Document {
    let mut report = Document::default();
    report.push(Block::list([head(summary)]));
    if !summary.components.is_empty() {
        report.push(Block::list([components(&summary.components)]));
    }
    for strategy in summary.strategies.iter().filter(|strategy| strategy.drifts) {
        let words = format!(
            "Not in a steady state: with {} lead times grow or fall from the first third of the pipeline to the second, so \
             that every number depends on its length. Perhaps changes arrive faster than the slowest stage passes them.",
            strategy.name
        );
        report.push(Block::Note(words.into()));
    }
    for strategy in &summary.strategies {
        let Some((first, last)) = strategy.growing_batches else { continue };
        let words = format!(
            "A spiral: with {} the changes that go out together grow from {} a rollout in the first third to {} in the last. \
             Larger batches fail more often and take longer, and so gather more; this pipeline cannot keep up with its changes.",
            strategy.name,
            text::number(first),
            text::number(last)
        );
        report.push(Block::Note(words.into()));
    }
    let own: Vec<&[Estimated]> = summary.strategies.iter().map(|strategy| &strategy.measures[..]).collect();
    report.section(MEASURES, vec![measures(summary, &own)]);
    for other in &summary.others {
        let shown: Vec<&[Estimated]> = other.beside.iter().map(Vec::as_slice).collect();
        let title = format!("{}, on the same fleet, beside each strategy", other.name);
        report.section(title, vec![measures(summary, &shown)]);
    }
    let parts = Block::list(summary.strategies.iter().map(parts));
    report.section("Where lead time goes: mean over delivered changes, from ready for review", vec![parts]);
    let stages = Block::list(summary.strategies.iter().map(stages));
    report.section("How busy: share of time occupied, revisions waiting, revisions a day", vec![stages]);
    report.push(policies::section(summary));
    if let Some(without) = &summary.without {
        report.push(pipeline_without::section(summary, without));
    }
    report.section("Precision", limits::precisions(&summary.precision, summary.trials, "`max-trials`"));
    report.section("Published vs simulated", expectations::blocks(&summary.expectations, summary.trials));
    report.section("Thresholds", limits::blocks(&summary.thresholds, summary.trials));
    let verdict = summary.contest.as_ref().map(verdict::of_pipeline);
    report.section("Verdict", verdict.map(|words| Block::Paragraph(words.into())).into_iter().collect());
    report
}

/// What was simulated, in a line.
pub(super) fn head(summary: &PipelineSummary) -> String {
    format!(
        "{}: {} x {} of {} from {}, the first {} not counted, seed {}, model {}, plan {}",
        summary.scenario,
        text::strategies(summary.strategies.len()),
        text::counted(summary.trials, "trial"),
        text::duration(summary.length_ms as f64),
        summary.start,
        text::duration(summary.warm_up_ms as f64),
        summary.seed,
        summary.model_version,
        summary.plan,
    )
}

/// What each wave deploys, in words.
fn components(components: &[ComponentName]) -> String {
    let by = |component: &ComponentName| match &component.strategy {
        Some(strategy) => format!("{} by {strategy}", component.name),
        None => format!("{} by the strategy under study", component.name),
    };
    let all: Vec<String> = components.iter().map(by).collect();
    format!("Each wave deploys in order, and goes back in reverse: {}", all.join(", then "))
}

/// The measures of one pipeline; `columns` are what to show beside each strategy.
fn measures(summary: &PipelineSummary, columns: &[&[Estimated]]) -> Block {
    let mut table = beside(summary);
    for (index, estimated) in columns.first().copied().unwrap_or_default().iter().enumerate() {
        let measure = estimated.measure;
        if *measure == measures::COLLATERAL_ROLLBACKS_PER_QUARTER && summary.others.is_empty() {
            continue;
        }
        let cells = columns.iter().map(|estimates| cell(measure.unit, estimates[index].mean.as_ref()));
        table.row([measure.title.to_owned()].into_iter().chain(cells));
    }
    Block::Table(table)
}

/// One line a part that matters: its time with its interval, its share, a bar.
fn parts(strategy: &StrategyPipelines) -> Item {
    let Some(total) = strategy.review_to_delivery else {
        return Item::from(format!("{}: nothing was delivered", strategy.name));
    };
    let line = |(part, mean): (Part, Mean)| {
        let share = mean.value / total.value;
        let bar = "#".repeat(libm::round(share * BAR as f64) as usize);
        let interval = with_interval(&mean, "\n", text::duration);
        let (value, interval) = interval.split_once('\n').unwrap_or((&interval, ""));
        let share = text::percent(share);
        format!("{:<9} {value:>8} {interval:<18} {share:>6}  {bar}", part.name()).trim_end().to_owned()
    };
    let known = strategy.parts.iter().filter_map(|listed| Some((listed.part, listed.mean?)));
    let lines = known.filter(|(_, mean)| mean.value > 0.0).map(line).collect();
    Item::from(format!("{}: {} in all", strategy.name, with_interval(&total, " ", text::duration)))
        .over(Block::Lines(lines))
}

fn stages(strategy: &StrategyPipelines) -> Item {
    let mut table = DataTable::new("stage").numbers(["occupied", "waiting", "a day"]);
    let cell = |mean: Option<Mean>, say: fn(f64) -> String| {
        mean.map_or("-".to_owned(), |mean| with_interval(&mean, " ", say))
    };
    for stage in &strategy.stages {
        table.row([
            stage.name.clone(),
            cell(stage.utilisation, text::percent),
            cell(stage.waiting, text::number),
            cell(stage.per_day, text::number),
        ]);
    }
    Item::from(strategy.name.as_str()).over(Block::Table(table))
}
