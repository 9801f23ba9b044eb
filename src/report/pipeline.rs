//! A pipeline study on a terminal: the measures by strategy, where lead time goes, and how busy everything is.

use super::paint::Paint;
use super::table::{Align, Table};
use super::{expectations, limits, pipeline_without, policies, text};
use crate::outcome::measures::{self, Unit};
use crate::stats::mean::Mean;
use crate::study::pipeline_summary::{ComponentName, Estimated, PipelineSummary, StrategyPipelines};
use std::fmt::Write as _;

/// Columns of the bar that shows where lead time goes.
const BAR: usize = 36;

/// The report in at most `width` columns.
#[must_use]
pub fn text(summary: &PipelineSummary, width: usize) -> String {
    let length = text::duration(summary.length_ms as f64);
    let warm_up = text::duration(summary.warm_up_ms as f64);
    let head = format!(
        "{}: {} x {} of {length} from {}, the first {warm_up} not counted, seed {}, model {}, plan {}",
        summary.scenario,
        text::strategies(summary.strategies.len()),
        text::counted(summary.trials, "horizon"),
        summary.start,
        summary.seed,
        summary.model_version,
        summary.plan,
    );
    let mut out = text::wrap(&head, width, "", "  ");
    if !summary.components.is_empty() {
        out.push_str(&text::wrap(&components(&summary.components), width, "", "  "));
    }
    for strategy in summary.strategies.iter().filter(|strategy| strategy.drifts) {
        let words = format!(
            "Not in a steady state: with {} lead times grow or fall from the first third of the horizon to the second, so \
             that every number depends on its length. Perhaps changes arrive faster than the slowest stage passes them.",
            strategy.name
        );
        out.push('\n');
        out.push_str(&text::wrap(&words, width, "", "  "));
    }
    out.push_str("\nMeasures: means over horizons, with 95 % intervals\n");
    let own: Vec<&[Estimated]> = summary.strategies.iter().map(|strategy| &strategy.measures[..]).collect();
    out.push_str(&measures(summary, &own).fit(width, 2));
    for other in &summary.others {
        let _ = writeln!(out, "\n{}, on the same fleet, beside each strategy", other.name);
        let beside: Vec<&[Estimated]> = other.beside.iter().map(Vec::as_slice).collect();
        out.push_str(&measures(summary, &beside).fit(width, 2));
    }
    out.push_str("\nWhere lead time goes: mean over delivered changes, from ready for review\n");
    for strategy in &summary.strategies {
        parts(&mut out, strategy);
    }
    out.push_str("\nHow busy: share of time occupied, revisions waiting, revisions a day\n");
    for strategy in &summary.strategies {
        let _ = writeln!(out, "  {}", strategy.name);
        out.push_str(&stages(strategy).fit(width, 4));
    }
    out.push_str(&policies::text(summary, width));
    let paint = Paint { color: false };
    for (title, body) in [
        (
            "Published vs simulated",
            expectations::section(&summary.expectations, summary.trials, width, &paint),
        ),
        ("Thresholds", limits::lines(&summary.thresholds, summary.trials, width, &paint)),
    ] {
        if !body.is_empty() {
            let _ = write!(out, "\n{title}\n{body}");
        }
    }
    if let Some(without) = &summary.without {
        out.push_str(&pipeline_without::text(summary, without, width));
    }
    out
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

/// One column a strategy; `columns` are what to show there, of one pipeline.
fn measures(summary: &PipelineSummary, columns: &[&[Estimated]]) -> Table {
    let mut table = Table::new("measure");
    for strategy in &summary.strategies {
        table = table.column(&strategy.name, Align::Right);
    }
    for (index, estimated) in columns.first().copied().unwrap_or_default().iter().enumerate() {
        let measure = estimated.measure;
        if *measure == measures::COLLATERAL_ROLLBACKS_PER_QUARTER && summary.others.is_empty() {
            continue;
        }
        let cells = columns.iter().map(|estimates| cell(measure.unit, estimates[index].mean.as_ref()));
        table.row([measure.title.to_owned()].into_iter().chain(cells).collect());
    }
    table
}

/// A mean with its interval under it, in its unit.
pub(super) fn cell(unit: Unit, mean: Option<&Mean>) -> String {
    mean.map_or("-".to_owned(), |mean| with_interval(mean, "\n", |x| text::value(unit, x)))
}

/// A mean and its interval after `gap`, unless there is no doubt about it.
fn with_interval(mean: &Mean, gap: &str, say: impl Fn(f64) -> String) -> String {
    let bound = |x: Option<f64>| x.map_or("?".to_owned(), &say);
    let (low, high) = (bound(mean.interval.low), bound(mean.interval.high));
    let value = say(mean.value);
    if low == value && high == value { value } else { format!("{value}{gap}[{low}, {high}]") }
}

/// One line a part that matters: its time with its interval, its share, a bar.
fn parts(out: &mut String, strategy: &StrategyPipelines) {
    let Some(total) = strategy.review_to_delivery else {
        let _ = writeln!(out, "  {}: nothing was delivered", strategy.name);
        return;
    };
    let _ = writeln!(out, "  {}: {} in all", strategy.name, with_interval(&total, " ", text::duration));
    for part in &strategy.parts {
        let Some(mean) = part.mean.filter(|mean| mean.value > 0.0) else { continue };
        let share = mean.value / total.value;
        let bar = "#".repeat(libm::round(share * BAR as f64) as usize);
        let interval = with_interval(&mean, "\n", text::duration);
        let (value, interval) = interval.split_once('\n').unwrap_or((&interval, ""));
        let name = part.part.name();
        let line = format!("    {name:<9} {value:>8} {interval:<18} {:>6}  {bar}", text::percent(share));
        let _ = writeln!(out, "{}", line.trim_end());
    }
}

fn stages(strategy: &StrategyPipelines) -> Table {
    let mut table = Table::new("stage");
    for title in ["occupied", "waiting", "a day"] {
        table = table.column(title, Align::Right);
    }
    for stage in &strategy.stages {
        let cell = |mean: Option<Mean>, say: fn(f64) -> String| {
            mean.map_or("-".to_owned(), |mean| with_interval(&mean, " ", say))
        };
        table.row(vec![
            stage.name.clone(),
            cell(stage.utilisation, text::percent),
            cell(stage.waiting, text::number),
            cell(stage.per_day, text::number),
        ]);
    }
    table
}
