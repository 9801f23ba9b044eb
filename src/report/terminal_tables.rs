//! The comparison tables of the terminal report: one row per strategy, units in the headers.

use crate::outcome::metric::Unit;
use crate::plan::study::Statistic;
use crate::report::table::{Align, Table};
use crate::report::text;
use crate::study::Summary;
use crate::study::summary::{BLAST_METRIC, Comparison, MetricSummary, SPEED_METRIC, StrategySummary};

/// Longest and shortest that a strategy's name is cut to in a table.
const NAME_WIDTHS: std::ops::RangeInclusive<usize> = 12..=32;
/// Blanks before every line of a section.
const INDENT: usize = 2;
/// Cell without a value.
const NOTHING: &str = "-";

/// The table with strategy names as long as `width` columns allow.
pub(super) fn fit(width: usize, table: impl Fn(usize) -> Table) -> String {
    let widest = NAME_WIDTHS.rev().find(|names| table(*names).width() + INDENT <= width);
    table(widest.unwrap_or(*NAME_WIDTHS.start())).render(INDENT)
}

/// How fast each strategy is.
pub(super) fn speed_table(summary: &Summary, names: usize) -> Table {
    let mut table = Table::new("strategy")
        .column("time to 100 %\np50", Align::Right)
        .column("\np90", Align::Right)
        .column("with bakes\np50", Align::Right)
        .column("against\nbaseline", Align::Right)
        .column("Pareto front", Align::Left);
    for strategy in &summary.strategies {
        let speed = strategy.metric(SPEED_METRIC);
        let front = match (&strategy.dominated_by, strategy.on_front) {
            (_, true) => "on it".to_owned(),
            (Some(by), false) => format!("beaten by {}", text::elide(by, names)),
            (None, false) => NOTHING.to_owned(),
        };
        table.row(vec![
            text::elide(&strategy.name, names),
            quantile(speed, Unit::DurationMs, Statistic::P50),
            quantile(speed, Unit::DurationMs, Statistic::P90),
            quantile(strategy.metric("duration_ms"), Unit::DurationMs, Statistic::P50),
            against_baseline(strategy, SPEED_METRIC),
            front,
        ]);
    }
    table
}

/// How much harm bad changes do, in impaired host-minutes.
pub(super) fn blast_table(summary: &Summary, names: usize) -> Table {
    let mut table = Table::new("strategy")
        .column("mean [95 % interval]", Align::Right)
        .column("p50", Align::Right)
        .column("p90", Align::Right)
        .column("p99", Align::Right)
        .column("worst", Align::Right)
        .column("against\nbaseline", Align::Right);
    for strategy in &summary.strategies {
        let blast = strategy.metric(BLAST_METRIC);
        table.row(vec![
            text::elide(&strategy.name, names),
            mean(blast, Unit::HostMs),
            quantile(blast, Unit::HostMs, Statistic::P50),
            quantile(blast, Unit::HostMs, Statistic::P90),
            quantile(blast, Unit::HostMs, Statistic::P99),
            maybe(blast.max.map(text::host_minutes)),
            against_baseline(strategy, BLAST_METRIC),
        ]);
    }
    table
}

/// How far bad changes reach at their worst moment.
pub(super) fn peak_table(summary: &Summary, names: usize) -> Table {
    let mut table = Table::new("strategy")
        .column("traffic\np50", Align::Right)
        .column("\np99", Align::Right)
        .column("hosts\np50", Align::Right)
        .column("\np99", Align::Right)
        .column("zones\np99", Align::Right)
        .column("\nworst", Align::Right)
        .column("regions\np99", Align::Right)
        .column("\nworst", Align::Right);
    for strategy in &summary.strategies {
        let of = |metric: &str, unit, statistic| quantile(strategy.metric(metric), unit, statistic);
        let worst = |metric: &str| maybe(strategy.metric(metric).max.map(text::number));
        table.row(vec![
            text::elide(&strategy.name, names),
            of("peak_impaired_traffic_ppm", Unit::Ppm, Statistic::P50),
            of("peak_impaired_traffic_ppm", Unit::Ppm, Statistic::P99),
            of("peak_impaired_hosts", Unit::Hosts, Statistic::P50),
            of("peak_impaired_hosts", Unit::Hosts, Statistic::P99),
            of("peak_impaired_zones", Unit::Zones, Statistic::P99),
            worst("peak_impaired_zones"),
            of("peak_impaired_regions", Unit::Regions, Statistic::P99),
            worst("peak_impaired_regions"),
        ]);
    }
    table
}

/// How often isolation breaks, defects escape and good changes are rolled back.
pub(super) fn response_table(summary: &Summary, names: usize) -> Table {
    let mut table = Table::new("strategy")
        .column("isolation violated\nof all", Align::Right)
        .column("escaped\nof bad ones", Align::Right)
        .column("false rollback\nof good ones", Align::Right)
        .column("onset to alarm\np50", Align::Right)
        .column("\np90", Align::Right);
    for strategy in &summary.strategies {
        let share = |metric| {
            maybe(strategy.metric(metric).share.map(|s| text::percent_interval(s.value, s.interval)))
        };
        let delay = strategy.metric("detection_delay_ms");
        table.row(vec![
            text::elide(&strategy.name, names),
            share("isolation_violated"),
            share("escaped"),
            share("false_rollback"),
            quantile(delay, Unit::DurationMs, Statistic::P50),
            quantile(delay, Unit::DurationMs, Statistic::P90),
        ]);
    }
    table
}

/// A quantile; `≥ x` where the trials are too few to bound it from above.
fn quantile(metric: &MetricSummary, unit: Unit, statistic: Statistic) -> String {
    let quantile = match statistic {
        Statistic::P50 => metric.p50,
        Statistic::P90 => metric.p90,
        _ => metric.p99,
    };
    maybe(quantile.map(|q| {
        let bound = if q.interval.high.is_none() { "≥ " } else { "" };
        format!("{bound}{}", text::value(unit, q.value))
    }))
}

/// A mean with its interval; `~` marks one that may well be off.
fn mean(metric: &MetricSummary, unit: Unit) -> String {
    maybe(metric.mean.map(|m| {
        let end = |end: Option<f64>| end.map_or("?".to_owned(), |v| text::value(unit, v));
        let rough = if m.rough { "~" } else { "" };
        let (low, high) = (end(m.interval.low), end(m.interval.high));
        format!("{rough}{} [{low}, {high}]", text::value(unit, m.value))
    }))
}

/// The strategy's mean as a multiple or a fraction of the baseline's, on the same trials.
fn against_baseline(strategy: &StrategySummary, metric: &str) -> String {
    if strategy.is_baseline {
        return "baseline".to_owned();
    }
    let Some(difference) = &strategy.metric(metric).against_baseline else { return NOTHING.to_owned() };
    match (difference.verdict, difference.ratio) {
        (Comparison::NoClearDifference, _) if difference.n > 0 => "no clear diff.".to_owned(),
        (Comparison::Better, Some(ratio)) if ratio.value > 0.0 => {
            format!("÷ {}", text::number(1.0 / ratio.value))
        }
        (_, Some(ratio)) => format!("x {}", text::number(ratio.value)),
        (verdict, None) if difference.n > 0 => verdict.words().to_owned(),
        _ => NOTHING.to_owned(),
    }
}

fn maybe(cell: Option<String>) -> String {
    cell.unwrap_or_else(|| NOTHING.to_owned())
}
