//! The comparison tables of the terminal report: one row per strategy, units in the headers, and under
//! every estimate its interval.

use super::verdict;
use crate::outcome::measures::{self, Measure, Unit};
use crate::plan::study::Statistic;
use crate::report::table::{Align, Table};
use crate::report::text;
use crate::stats::Interval;
use crate::study::Summary;
use crate::study::summary::{BLAST_METRIC, MetricSummary, SPEED_METRIC, StrategySummary};

/// Cell without a value.
const NOTHING: &str = "-";

/// The comparison on one page: speed, harm and isolation.
pub(super) fn overview_table(summary: &Summary) -> Table {
    let mut table = Table::new("strategy")
        .column("to 100 %\np50", Align::Right)
        .column("impaired host-\nminutes: mean", Align::Right)
        .column("per bad change\np50", Align::Right)
        .column("\np90", Align::Right)
        .column("\np99", Align::Right)
        .column("\nworst", Align::Right)
        .column("isolation\nviolated", Align::Right);
    for strategy in &summary.strategies {
        let blast = strategy.metric(BLAST_METRIC);
        let speed = strategy.metric(SPEED_METRIC).p50;
        let mut row = vec![label(strategy), maybe(speed.map(|q| value(Unit::DurationMs, q.value)))];
        row.push(mean(blast, Unit::HostMs));
        row.extend(quantiles(blast, Unit::HostMs, &[Statistic::P50, Statistic::P90, Statistic::P99]));
        row.push(maybe(blast.max.map(|v| value(Unit::HostMs, v))));
        row.push(share(strategy, &measures::ISOLATION_VIOLATED, " %"));
        table.row(row);
    }
    table
}

/// The strategy's name, and whether the others are compared with it.
fn label(strategy: &StrategySummary) -> String {
    if strategy.is_baseline { format!("{} (baseline)", strategy.name) } else { strategy.name.clone() }
}

/// A share of trials in percent with its interval underneath.
fn share(strategy: &StrategySummary, metric: &Measure, unit: &str) -> String {
    maybe(strategy.metric(metric).share.map(|s| {
        // A bound on a share never rounds to the share unless it is it.
        let value = format!("{}{unit}", text::percent_number(s.value));
        estimate(&value, s.interval, text::percent_number)
    }))
}

/// How fast each strategy is.
pub(super) fn speed_table(summary: &Summary) -> Table {
    let mut table = Table::new("strategy")
        .column("time to 100 %\np50", Align::Right)
        .column("\np90", Align::Right)
        .column("\np99", Align::Right)
        .column("\nworst", Align::Right)
        .column("with bakes\np50", Align::Right)
        .column("trials\nof them", Align::Right);
    for strategy in &summary.strategies {
        let speed = strategy.metric(SPEED_METRIC);
        let mut row = vec![strategy.name.clone()];
        row.extend(quantiles(speed, Unit::DurationMs, &[Statistic::P50, Statistic::P90, Statistic::P99]));
        row.push(maybe(speed.max.map(text::duration)));
        row.extend(quantiles(strategy.metric(&measures::DURATION_MS), Unit::DurationMs, &[Statistic::P50]));
        row.push(text::count(speed.n));
        table.row(row);
    }
    table
}

/// How much harm bad changes do, in impaired host-minutes.
pub(super) fn blast_table(summary: &Summary) -> Table {
    let mut table = Table::new("strategy")
        .column("mean", Align::Right)
        .column("p50", Align::Right)
        .column("p90", Align::Right)
        .column("p99", Align::Right)
        .column("mean of\nworst 1 %", Align::Right)
        .column("\nworst", Align::Right)
        .column("trials", Align::Right);
    for strategy in &summary.strategies {
        let blast = strategy.metric(BLAST_METRIC);
        let mut row = vec![strategy.name.clone(), mean(blast, Unit::HostMs)];
        row.extend(quantiles(blast, Unit::HostMs, &[Statistic::P50, Statistic::P90, Statistic::P99]));
        row.push(tail_mean(blast, Unit::HostMs));
        row.push(maybe(blast.max.map(|v| value(Unit::HostMs, v))));
        row.push(text::count(blast.n));
        table.row(row);
    }
    table
}

/// Every strategy against the baseline, by the means over the trials that both have a value for.
pub(super) fn comparison_table(summary: &Summary) -> Table {
    let mut table = Table::new("strategy")
        .column("time to 100 %\nfactor", Align::Right)
        .column("\ndifference", Align::Right)
        .column("impaired host-minutes\nfactor", Align::Right)
        .column("\ndifference", Align::Right)
        .column("Pareto front\nby estimates", Align::Left);
    for strategy in &summary.strategies {
        let mut row = vec![strategy.name.clone()];
        for (metric, unit) in [(SPEED_METRIC, Unit::DurationMs), (BLAST_METRIC, Unit::HostMs)] {
            row.push(factor(strategy, metric));
            row.push(difference(strategy, metric, unit));
        }
        row.push(match (&strategy.dominated_by, strategy.on_front) {
            (_, true) => "on it".to_owned(),
            (Some(by), false) => format!("beaten by\n{by}"),
            (None, false) => NOTHING.to_owned(),
        });
        table.row(row);
    }
    table
}

/// How far bad changes reach at their worst moment.
pub(super) fn peak_table(summary: &Summary) -> Table {
    let mut table = Table::new("strategy")
        .column("% of traffic\np50", Align::Right)
        .column("\np99", Align::Right)
        .column("hosts\np50", Align::Right)
        .column("\np99", Align::Right)
        .column("zones\np99", Align::Right)
        .column("\nworst", Align::Right)
        .column("regions\np99", Align::Right)
        .column("\nworst", Align::Right);
    for strategy in &summary.strategies {
        let worst = |metric: &Measure| maybe(strategy.metric(metric).max.map(text::compact));
        let both = [Statistic::P50, Statistic::P99];
        let mut row = vec![strategy.name.clone()];
        row.extend(quantiles(strategy.metric(&measures::PEAK_IMPAIRED_TRAFFIC_PPM), Unit::Ppm, &both));
        row.extend(quantiles(strategy.metric(&measures::PEAK_IMPAIRED_HOSTS), Unit::Hosts, &both));
        for metric in [&measures::PEAK_IMPAIRED_ZONES, &measures::PEAK_IMPAIRED_REGIONS] {
            row.extend(quantiles(strategy.metric(metric), Unit::Zones, &both[1..]));
            row.push(worst(metric));
        }
        table.row(row);
    }
    table
}

/// How often isolation breaks, defects escape and good changes are rolled back.
pub(super) fn response_table(summary: &Summary) -> Table {
    let mut table = Table::new("strategy")
        .column("isolation violated\nof all", Align::Right)
        .column("escaped\nof bad ones", Align::Right)
        .column("false rollback\nof good ones", Align::Right);
    for strategy in &summary.strategies {
        let mut row = vec![strategy.name.clone()];
        for metric in [&measures::ISOLATION_VIOLATED, &measures::ESCAPED, &measures::FALSE_ROLLBACK] {
            row.push(share(strategy, metric, ""));
        }
        table.row(row);
    }
    table
}

/// How long alarms take from the first impaired host.
pub(super) fn delay_table(summary: &Summary) -> Table {
    let mut table = Table::new("strategy")
        .column("p50", Align::Right)
        .column("p90", Align::Right)
        .column("p99", Align::Right)
        .column("worst", Align::Right)
        .column("trials", Align::Right);
    for strategy in &summary.strategies {
        let delay = strategy.metric(&measures::DETECTION_DELAY_MS);
        let mut row = vec![strategy.name.clone()];
        row.extend(quantiles(delay, Unit::DurationMs, &[Statistic::P50, Statistic::P90, Statistic::P99]));
        row.push(maybe(delay.max.map(text::duration)));
        row.push(text::count(delay.n));
        table.row(row);
    }
    table
}

/// Quantiles with their intervals underneath.
fn quantiles(metric: &MetricSummary, unit: Unit, statistics: &[Statistic]) -> Vec<String> {
    let cell = |statistic: &Statistic| {
        let quantile = match statistic {
            Statistic::P50 => metric.p50,
            Statistic::P90 => metric.p90,
            _ => metric.p99,
        };
        maybe(quantile.map(|q| estimate(&value(unit, q.value), q.interval, |v| value(unit, v))))
    };
    statistics.iter().map(cell).collect()
}

/// A mean with its interval underneath; `~` marks one that may well be off.
fn mean(metric: &MetricSummary, unit: Unit) -> String {
    maybe(metric.mean.map(|m| {
        let rough = if m.rough { "~" } else { "" };
        format!("{rough}{}", estimate(&value(unit, m.value), m.interval, |v| value(unit, v)))
    }))
}

/// The mean of the worst hundredth, as [`mean`].
fn tail_mean(metric: &MetricSummary, unit: Unit) -> String {
    maybe(metric.cvar99.map(|m| {
        let rough = if m.rough { "~" } else { "" };
        format!("{rough}{}", estimate(&value(unit, m.value), m.interval.at_least(0.0), |v| value(unit, v)))
    }))
}

/// An estimate and, underneath, its interval unless it says the same.
fn estimate(words: &str, interval: Interval, say: impl Fn(f64) -> String) -> String {
    let end = |end: Option<f64>| end.map_or("?".to_owned(), &say);
    let (low, high) = (end(interval.low), end(interval.high));
    if low == words && high == words { words.to_owned() } else { format!("{words}\n[{low}, {high}]") }
}

/// A value as tables print it: no unit that the header says, and short.
fn value(unit: Unit, x: f64) -> String {
    match unit {
        Unit::HostMs => text::compact(x / 60_000.0),
        Unit::Ppm => text::percent_number(x / 1e6),
        Unit::DurationMs | Unit::LeadMs | Unit::Share | Unit::YesNo => text::value(unit, x),
        Unit::Hosts | Unit::Zones | Unit::Regions | Unit::Requests | Unit::Items => text::compact(x),
        Unit::Deployments | Unit::Alarms | Unit::Count => text::compact(x),
    }
}

/// The strategy's mean as a multiple or a fraction of the baseline's.
fn factor(strategy: &StrategySummary, metric: &Measure) -> String {
    if strategy.is_baseline {
        return "baseline".to_owned();
    }
    maybe(verdict::factor(strategy, metric).map(|words| words.replacen(" [", "\n[", 1)))
}

/// The mean difference from the baseline, with its sign.
fn difference(strategy: &StrategySummary, metric: &Measure, unit: Unit) -> String {
    let mean = strategy.metric(metric).against_baseline.as_ref().and_then(|d| d.mean);
    let signed = |v: f64| match value(unit, v.abs()) {
        zero if zero == "0" || zero == "0s" => zero,
        size if v < 0.0 => format!("-{size}"),
        size => format!("+{size}"),
    };
    maybe(mean.map(|m| {
        let rough = if m.rough { "~" } else { "" };
        format!("{rough}{}", estimate(&signed(m.value), m.interval, signed))
    }))
}

fn maybe(cell: Option<String>) -> String {
    cell.unwrap_or_else(|| NOTHING.to_owned())
}
