//! The comparison tables of a study's report: one row per strategy, units in the headers, and under every estimate
//! its interval.

use super::document::{Align, DataTable, RichText, Tone};
use super::{text, verdict};
use crate::outcome::measures::{self, Measure, Unit};
use crate::stats::quantile::Quantile;
use crate::study::Summary;
use crate::study::summary::{BLAST_METRIC, MetricSummary, SPEED_METRIC, StrategySummary};

/// Cell without a value.
const NOTHING: &str = "-";

/// One row per strategy under `titles`: its name and what `cells` finds.
fn by_strategy<'t>(
    summary: &Summary,
    titles: impl IntoIterator<Item = &'t str>,
    name: impl Fn(&StrategySummary) -> String,
    cells: impl Fn(&StrategySummary) -> Vec<String>,
) -> DataTable {
    let mut table = DataTable::new("strategy").numbers(titles);
    summary.strategies.iter().for_each(|strategy| {
        table.row([name(strategy)].into_iter().chain(cells(strategy)));
    });
    table
}

fn name(strategy: &StrategySummary) -> String {
    strategy.name.clone()
}

/// What there is to say of a strategy, if anything.
type OfStrategy<'m, T> = Box<dyn Fn(&StrategySummary) -> Option<T> + 'm>;

/// A column of the comparison: its title, when it gives way to others, and its cells.
struct ComparedColumn<'m> {
    title: String,
    rank: usize,
    /// What is compared; less is better.
    value: OfStrategy<'m, f64>,
    said: OfStrategy<'m, String>,
}

impl<'m> ComparedColumn<'m> {
    fn new(
        title: impl Into<String>,
        rank: usize,
        unit: Unit,
        value: impl Fn(&StrategySummary) -> Option<f64> + Copy + 'm,
    ) -> Self {
        let sign = if unit.whole().is_some() { " %" } else { "" };
        let said = move |strategy: &StrategySummary| {
            value(strategy).map(|x| format!("{}{sign}", self::value(unit, x)))
        };
        Self { title: title.into(), rank, value: Box::new(value), said: Box::new(said) }
    }

    /// A mean and its interval in a column of its own, as the first of a group.
    fn mean(group: &str, rank: usize, measure: &'m Measure) -> [Self; 2] {
        let mean = move |strategy: &StrategySummary| strategy.metric(measure).mean;
        let value =
            Self::new(format!("{group}\nmean"), rank, measure.unit, move |s| mean(s).map(|m| m.value));
        let said = move |strategy: &StrategySummary| {
            let mean = mean(strategy)?;
            Some(text::interval_of(mean.value, mean.interval, said(measure.unit)).unwrap_or_default())
        };
        let rank = rank + 1;
        let interval = Self {
            title: "\n95 % interval".to_owned(),
            rank,
            value: Box::new(|_| None),
            said: Box::new(said),
        };
        [value, interval]
    }
}

/// The comparison on one page: speed, harm and isolation, a line each strategy. The best of each column is marked, and the
/// worst; columns that say least give way first on a narrow terminal.
pub(super) fn overview(summary: &Summary) -> DataTable {
    let harm = summary.harm;
    let p99 = |strategy: &StrategySummary, measure: &Measure| strategy.metric(measure).p99.map(|q| q.value);
    let mut columns = vec![ComparedColumn::new("to 100 %\np50", 0, Unit::DurationMs, |s| {
        s.metric(SPEED_METRIC).p50.map(|q| q.value)
    })];
    columns.extend(ComparedColumn::mean(harm_title(harm), 0, harm));
    columns.push(ComparedColumn::new("\np50", 7, harm.unit, move |s| s.metric(harm).p50.map(|q| q.value)));
    columns.push(ComparedColumn::new("\np90", 8, harm.unit, move |s| s.metric(harm).p90.map(|q| q.value)));
    columns.push(ComparedColumn::new("\np99", 2, harm.unit, move |s| p99(s, harm)));
    columns.push(ComparedColumn::new("\nworst", 6, harm.unit, move |s| s.metric(harm).max));
    if harm != BLAST_METRIC {
        columns.extend(ComparedColumn::mean(harm_title(BLAST_METRIC), 4, BLAST_METRIC));
        columns.push(ComparedColumn::new("\np99", 9, Unit::HostMs, move |s| p99(s, BLAST_METRIC)));
    }
    let damages = |s: &StrategySummary| s.metric(&measures::DAMAGED_ITEMS).mean.map(|m| m.value);
    if harm != &measures::DAMAGED_ITEMS && summary.strategies.iter().any(|s| damages(s) > Some(0.0)) {
        columns.push(ComparedColumn::new("damaged items\nmean", 0, Unit::Items, damages));
    }
    // Where capacity is short it is harm of good changes too, and no impaired host shows it.
    let refused = |s: &StrategySummary| s.metric(&measures::TURNED_AWAY_REQUESTS).mean.map(|m| m.value);
    if summary.strategies.iter().any(|s| refused(s) > Some(0.0)) {
        columns.push(ComparedColumn::new("refused\nper change", 0, Unit::Requests, refused));
    }
    let customers = |s: &StrategySummary| s.find(&measures::PEAK_IMPAIRED_CUSTOMERS)?.mean.map(|m| m.value);
    if summary.strategies.iter().any(|s| customers(s).is_some()) {
        columns.push(ComparedColumn::new("peak customers\nmean", 1, Unit::Customers, customers));
    }
    columns.push(ComparedColumn::new("isolation\nviolated", 3, Unit::YesNo, |s| {
        s.metric(&measures::ISOLATION_VIOLATED).share.map(|share| share.value)
    }));
    let mut table = DataTable::new("strategy");
    for column in &columns {
        table = table.ranked(&column.title, column.rank);
    }
    for strategy in &summary.strategies {
        let cells = columns.iter().map(|column| marked(column, strategy, &summary.strategies));
        table.row([RichText::from(label(strategy))].into_iter().chain(cells));
    }
    table
}

/// What a measure of harm counts, as the title of its columns.
fn harm_title(measure: &Measure) -> &'static str {
    if *measure == measures::FAILED_REQUESTS {
        "failed requests"
    } else if *measure == measures::DAMAGED_ITEMS {
        "damaged items"
    } else {
        "impaired host-minutes"
    }
}

/// A cell with `*` where it is the least of all strategies and `!` where it alone is the most.
fn marked(column: &ComparedColumn, strategy: &StrategySummary, all: &[StrategySummary]) -> RichText {
    let Some(words) = (column.said)(strategy) else { return NOTHING.into() };
    let values = || all.iter().filter_map(|one| (column.value)(one));
    let (least, most) = (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
    match (column.value)(strategy) {
        Some(value) if least < most && value == least => RichText::toned(Tone::Good, format!("{words} *")),
        Some(value)
            if least < most && value == most && values().filter(|other| *other == most).count() == 1 =>
        {
            RichText::toned(Tone::Bad, format!("{words} !"))
        }
        Some(_) if least < most => RichText::from(format!("{words}  ")),
        Some(_) | None => words.into(),
    }
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
        text::with_interval(value, "\n", s.interval, text::percent_number)
    }))
}

/// How fast each strategy is.
pub(super) fn speed(summary: &Summary) -> DataTable {
    let titles = ["time to 100 %\np50", "\np90", "\np99", "\nworst", "with bakes\np50", "trials\nof them"];
    by_strategy(summary, titles, name, |strategy| {
        let speed = strategy.metric(SPEED_METRIC);
        let mut row = quantiles(Unit::DurationMs, &[speed.p50, speed.p90, speed.p99]);
        row.push(worst(speed, Unit::DurationMs));
        row.extend(quantiles(Unit::DurationMs, &[strategy.metric(&measures::DURATION_MS).p50]));
        row.push(text::count(speed.n));
        row
    })
}

/// How much harm bad changes do, in impaired host-minutes.
pub(super) fn blast(summary: &Summary) -> DataTable {
    let titles = ["mean", "p50", "p90", "p99", "mean of\nworst 1 %", "worst", "trials"];
    by_strategy(summary, titles, name, |strategy| {
        let blast = strategy.metric(BLAST_METRIC);
        let tail = blast.cvar99.map(|t| text::estimate(t.value, "\n", t.interval, said(Unit::HostMs)));
        let mut row = vec![mean(blast)];
        row.extend(quantiles(Unit::HostMs, &[blast.p50, blast.p90, blast.p99]));
        row.extend([maybe(tail), worst(blast, Unit::HostMs), text::count(blast.n)]);
        row
    })
}

/// Every strategy against the baseline, by the means over the trials that both have a value for.
pub(super) fn comparison(summary: &Summary) -> DataTable {
    let mut table = DataTable::new("strategy")
        .numbers(["time to 100 %\nfactor", "\ndifference", "impaired host-minutes\nfactor", "\ndifference"])
        .column("Pareto front\nby estimates", Align::Left);
    for strategy in &summary.strategies {
        let mut row = vec![name(strategy)];
        for (metric, unit) in [(SPEED_METRIC, Unit::DurationMs), (BLAST_METRIC, Unit::HostMs)] {
            row.extend([factor(strategy, metric), difference(strategy, metric, unit)]);
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
pub(super) fn peak(summary: &Summary) -> DataTable {
    let titles = [
        "% of traffic\np50",
        "\np99",
        "hosts\np50",
        "\np99",
        "zones\np99",
        "\nworst",
        "regions\np99",
        "\nworst",
    ];
    by_strategy(summary, titles, name, |strategy| {
        let (traffic, hosts) = (
            strategy.metric(&measures::PEAK_IMPAIRED_TRAFFIC_PPM),
            strategy.metric(&measures::PEAK_IMPAIRED_HOSTS),
        );
        let mut row = quantiles(Unit::Ppm, &[traffic.p50, traffic.p99]);
        row.extend(quantiles(Unit::Hosts, &[hosts.p50, hosts.p99]));
        for metric in [&measures::PEAK_IMPAIRED_ZONES, &measures::PEAK_IMPAIRED_REGIONS]
            .map(|name| strategy.metric(name))
        {
            row.extend(quantiles(Unit::Zones, &[metric.p99]));
            row.push(worst(metric, Unit::Zones));
        }
        row
    })
}

/// How many customers bad changes reach; none where nothing is said of customers.
pub(super) fn customers(summary: &Summary) -> Option<DataTable> {
    let all = [
        &measures::PEAK_IMPAIRED_CUSTOMERS,
        &measures::IMPAIRED_CUSTOMER_MS,
        &measures::EVER_IMPAIRED_CUSTOMERS,
        &measures::EVER_EXPOSED_CUSTOMERS,
    ];
    summary.strategies.iter().find(|strategy| all.iter().any(|m| strategy.find(m).is_some()))?;
    let titles = [
        "peak impaired\nmean",
        "\np99",
        "customer-minutes\nmean",
        "\np99",
        "ever impaired\nmean",
        "\np99",
        "ever exposed\nmean",
        "\np99",
    ];
    Some(by_strategy(summary, titles, name, |strategy| {
        let cells = |measure: &&Measure| {
            let metric = strategy.metric(measure);
            [mean_in(measure.unit, metric)]
                .into_iter()
                .chain(quantiles(measure.unit, &[metric.p99]))
                .collect()
        };
        all.iter().flat_map::<Vec<String>, _>(cells).collect()
    }))
}

/// How often isolation breaks, defects escape and good changes are rolled back.
pub(super) fn response(summary: &Summary) -> DataTable {
    let titles = ["isolation violated\nof all", "escaped\nof bad ones", "false rollback\nof good ones"];
    by_strategy(summary, titles, name, |strategy| {
        let metrics = [&measures::ISOLATION_VIOLATED, &measures::ESCAPED, &measures::FALSE_ROLLBACK];
        metrics.map(|metric| share(strategy, metric, "")).to_vec()
    })
}

/// How long alarms take from the first impaired host.
pub(super) fn delay(summary: &Summary) -> DataTable {
    by_strategy(summary, ["p50", "p90", "p99", "worst", "trials"], name, |strategy| {
        let delay = strategy.metric(&measures::DETECTION_DELAY_MS);
        let mut row = quantiles(Unit::DurationMs, &[delay.p50, delay.p90, delay.p99]);
        row.extend([worst(delay, Unit::DurationMs), text::count(delay.n)]);
        row
    })
}

/// Quantiles with their intervals underneath.
fn quantiles(unit: Unit, quantiles: &[Option<Quantile>]) -> Vec<String> {
    let cell = |quantile: &Option<Quantile>| {
        maybe(quantile.map(|q| text::with_interval(said(unit)(q.value), "\n", q.interval, said(unit))))
    };
    quantiles.iter().map(cell).collect()
}

/// The largest value seen.
fn worst(metric: &MetricSummary, unit: Unit) -> String {
    maybe(metric.max.map(said(unit)))
}

/// A mean of host-minutes with its interval underneath.
fn mean(metric: &MetricSummary) -> String {
    mean_in(Unit::HostMs, metric)
}

fn mean_in(unit: Unit, metric: &MetricSummary) -> String {
    maybe(metric.mean.map(|m| text::estimate(m.value, "\n", m.interval, said(unit))))
}

fn said(unit: Unit) -> impl Fn(f64) -> String {
    move |x| value(unit, x)
}

/// A value as tables print it: no unit that the header says, and short.
fn value(unit: Unit, x: f64) -> String {
    text::bare(unit, x)
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
    maybe(mean.map(|m| text::with_interval(signed(m.value), "\n", m.interval, signed)))
}

fn maybe(cell: Option<String>) -> String {
    cell.unwrap_or_else(|| NOTHING.to_owned())
}
