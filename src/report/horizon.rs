//! A pipeline study on a terminal: the measures by strategy, where lead time goes, and how busy everything is.

use super::table::{Align, Table};
use super::{policies, text};
use crate::stats::mean::Mean;
use crate::study::horizon_summary::{HorizonSummary, MEASURES, Measured, StrategyHorizons};
use std::fmt::Write as _;

/// Columns of the bar that shows where lead time goes.
const BAR: usize = 40;

/// The report in at most `width` columns.
#[must_use]
pub fn text(summary: &HorizonSummary, width: usize) -> String {
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
    out.push_str(&measures(summary).fit(width, 2));
    out.push_str("\nWhere lead time goes: mean over delivered changes, from ready for review\n");
    for strategy in &summary.strategies {
        parts(&mut out, strategy);
    }
    out.push_str("\nHow busy: share of time occupied, revisions waiting, revisions a day\n");
    out.push_str(&stages(summary).fit(width, 2));
    out.push_str(&policies::text(summary, width));
    out
}

fn measures(summary: &HorizonSummary) -> Table {
    let mut table = Table::new("measure");
    for strategy in &summary.strategies {
        table = table.column(&strategy.name, Align::Right);
    }
    for (index, measure) in MEASURES.iter().enumerate() {
        let cells = summary
            .strategies
            .iter()
            .map(|strategy| cell(measure.unit, strategy.measures[index].mean.as_ref()));
        table.row([measure.title.to_owned()].into_iter().chain(cells).collect());
    }
    table
}

/// A mean with its interval, in its unit.
pub(super) fn cell(unit: Measured, mean: Option<&Mean>) -> String {
    let Some(&Mean { value, interval, .. }) = mean else { return "-".to_owned() };
    let say = |x: f64| match unit {
        Measured::Time => text::duration(x),
        Measured::Count => text::number(x),
        Measured::Share => text::percent(x),
        Measured::HostTime => text::host_minutes(x),
    };
    let bound = |x: Option<f64>| x.map_or("?".to_owned(), |x| say(x.max(0.0)));
    let (low, high) = (bound(interval.low), bound(interval.high));
    let value = say(value);
    if low == value && high == value { value } else { format!("{value}\n[{low}, {high}]") }
}

/// One line a part that matters: its time, its share, a bar.
fn parts(out: &mut String, strategy: &StrategyHorizons) {
    let total: f64 = strategy.parts.iter().map(|part| part.mean_ms).sum();
    let _ = writeln!(out, "  {}: {} in all", strategy.name, text::duration(total));
    for part in strategy.parts.iter().filter(|part| part.mean_ms > 0.0) {
        let share = part.mean_ms / total;
        let name =
            serde_json::to_value(part.part).map_or(String::new(), |v| v.as_str().unwrap_or("").to_owned());
        let bar = "#".repeat(libm::round(share * BAR as f64) as usize);
        let line =
            format!("    {name:<9} {:>8}  {:>6}  {bar}", text::duration(part.mean_ms), text::percent(share));
        let _ = writeln!(out, "{}", line.trim_end());
    }
}

fn stages(summary: &HorizonSummary) -> Table {
    let mut table = Table::new("stage");
    for strategy in &summary.strategies {
        table = table.column(&strategy.name, Align::Right);
    }
    // Strategies have the stages in common, and waves of their own.
    let mut names: Vec<&str> = Vec::new();
    for stage in summary.strategies.iter().flat_map(|strategy| &strategy.stages) {
        if !names.contains(&stage.name.as_str()) {
            names.push(&stage.name);
        }
    }
    for name in names {
        let cells = summary.strategies.iter().map(|strategy| {
            let found = strategy.stages.iter().find(|stage| stage.name == name);
            found.map_or("-".to_owned(), |stage| {
                format!(
                    "{}, {}, {}",
                    text::percent(stage.utilisation),
                    text::number(stage.waiting),
                    text::number(stage.per_day)
                )
            })
        });
        table.row([name.to_owned()].into_iter().chain(cells).collect());
    }
    table
}
