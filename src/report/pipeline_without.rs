//! What stages buy and cost, on a terminal: the clear differences in a sentence, all of them in a table.

use super::table::{Align, Table};
use super::text;
use crate::outcome::measures::{self, Unit};
use crate::stats::Interval;
use crate::study::pipeline_summary::{PipelineSummary, StrategyPipelines};
use crate::study::pipeline_without::{StrategyWithout, Without};

/// The comparison in at most `width` columns.
#[must_use]
pub fn text(summary: &PipelineSummary, without: &Without, width: usize) -> String {
    let stages = without.stages.join(" and ");
    let mut out = format!(
        "\nWithout {stages}: differences on the same luck, with 95 % intervals (one in twenty misses)\n"
    );
    for (with, without) in summary.strategies.iter().zip(&without.strategies) {
        out.push_str(&text::wrap(&verdict(&stages, without), width, "  ", "    "));
        let is_alone = summary.others.is_empty();
        out.push_str(&table(&stages, with, without, is_alone).fit(width, 4));
    }
    out
}

/// What is clear beyond chance.
fn verdict(stages: &str, strategy: &StrategyWithout) -> String {
    let clear = |rises: bool| {
        let measures = measures::PIPELINE.iter().zip(&strategy.measures);
        let chosen = measures.filter_map(|(measure, compared)| {
            let difference = compared.difference.filter(|difference| difference.is_clear())?;
            let amount = size(measure.unit, difference.value);
            ((difference.value > 0.0) == rises).then(|| format!("{} (by {amount})", measure.title))
        });
        chosen.collect::<Vec<String>>()
    };
    let say =
        |verb: &str, what: Vec<String>| (!what.is_empty()).then(|| format!("{verb} {}", what.join(", ")));
    let said: Vec<String> =
        [say("lowers", clear(false)), say("raises", clear(true))].into_iter().flatten().collect();
    let name = &strategy.name;
    if said.is_empty() {
        return format!("{name}: taking out {stages} changes nothing beyond chance; more --trials may tell");
    }
    format!("{name}: taking out {stages} {}", said.join("; it "))
}

fn table(stages: &str, with: &StrategyPipelines, without: &StrategyWithout, is_alone: bool) -> Table {
    let mut table = Table::new("measure")
        .column(&format!("with {stages}"), Align::Right)
        .column("without", Align::Right)
        .column("difference", Align::Right);
    for ((measure, with), without) in measures::PIPELINE.iter().zip(&with.measures).zip(&without.measures) {
        if **measure == measures::COLLATERAL_ROLLBACKS_PER_QUARTER && is_alone {
            continue;
        }
        let value = |x: Option<f64>| x.map_or("-".to_owned(), |x| text::value(measure.unit, x));
        let difference = without.difference.map_or("-".to_owned(), |difference| {
            let value = signed(measure.unit, difference.value);
            match ends(measure.unit, difference.interval) {
                same if same == format!("[{value}, {value}]") => value,
                ends => format!("{value} {ends}"),
            }
        });
        table.row(vec![
            measure.title.to_owned(),
            value(with.mean.map(|mean| mean.value)),
            value(without.without),
            difference,
        ]);
    }
    table
}

/// How large a difference is; shares differ by percentage points.
fn size(unit: Unit, x: f64) -> String {
    if unit.whole().is_some() {
        format!("{} pp", text::percent_number(x.abs()))
    } else {
        text::value(unit, x.abs())
    }
}

/// A difference with its sign.
fn signed(unit: Unit, x: f64) -> String {
    let sign = match x {
        _ if x > 0.0 => "+",
        _ if x < 0.0 => "-",
        _ => "",
    };
    format!("{sign}{}", size(unit, x))
}

fn ends(unit: Unit, interval: Interval) -> String {
    let end = |end: Option<f64>| end.map_or("?".to_owned(), |x| signed(unit, x));
    format!("[{}, {}]", end(interval.low), end(interval.high))
}
