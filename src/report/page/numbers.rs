//! The table of strategies that the script sorts, and all other tables below it.

use super::data::{PageData, SaidValue, StrategyValues};
use crate::outcome::measures::{self, Measure};
use crate::plan::study::Statistic;
use crate::report::document::html;
use crate::report::html::{Element, Html, el, paragraph, scrolling};
use crate::report::terminal;
use crate::study::Summary;
use crate::study::summary::{BLAST_METRIC, SPEED_METRIC};

/// A column: what is compared, and its title.
struct NumberColumn {
    measure: &'static Measure,
    statistic: Statistic,
    title: String,
}

/// The table, what its marks mean, and the other tables.
pub(super) fn body(summary: &Summary, data: &PageData) -> Html {
    let columns = columns(summary, data);
    let caption = "Strategies by speed and harm, with 95 % intervals; harm is that of a bad change";
    let notes = terminal::notes(summary, true);
    let notes =
        el("details").with(el("summary").text("How to read the numbers")).with(super::parts::list(&notes));
    let others = terminal::table_sections(summary);
    let all = el("details").with(el("summary").text("All tables")).with(html::blocks(&others, 3, ""));
    scrolling(caption, table(&columns, data, caption))
        .then(paragraph(
            "Green is the best estimate of a column and red the worst, whatever their intervals.",
        ))
        .then(notes)
        .then(all)
}

fn columns(summary: &Summary, data: &PageData) -> Vec<NumberColumn> {
    let harm = summary.harm;
    let mut wanted = vec![(SPEED_METRIC, Statistic::P50), (SPEED_METRIC, Statistic::P90)];
    wanted.extend([Statistic::Mean, Statistic::P99, Statistic::Max].map(|statistic| (harm, statistic)));
    if harm != BLAST_METRIC {
        wanted.extend([(BLAST_METRIC, Statistic::Mean), (BLAST_METRIC, Statistic::P99)]);
    }
    let shares = [&measures::ISOLATION_VIOLATED, &measures::ESCAPED, &measures::FALSE_ROLLBACK];
    wanted.extend(shares.map(|measure| (measure, Statistic::Mean)));
    let column = |(measure, statistic): (&'static Measure, Statistic)| {
        let known = data.measures.iter().find(|known| known.name == measure.name)?;
        known.statistics.contains(&statistic).then(|| NumberColumn {
            measure,
            statistic,
            title: known.words.clone(),
        })
    };
    wanted.into_iter().filter_map(column).collect()
}

fn table(columns: &[NumberColumn], data: &PageData, caption: &str) -> Element {
    let first = el("th").attr("scope", "col").text("strategy");
    let titles = columns.iter().map(|column| {
        let words = match (column.statistic, column.measure.unit.whole()) {
            (Statistic::Mean, Some(_)) => column.title.clone(),
            (statistic, _) => format!("{}, {}", column.title, spelled(statistic)),
        };
        el("th")
            .attr("scope", "col")
            .class("number")
            .attr("data-measure", column.measure.name)
            .attr("data-statistic", column.statistic.name())
            .text(&words)
    });
    let head = el("thead").with(el("tr").with(first).all(titles));
    let rows = data.strategies.iter().enumerate().map(|(index, strategy)| {
        let mut name = strategy.name.clone();
        if strategy.baseline {
            name.push_str(" (baseline)");
        }
        let row = el("tr").attr("data-s", &index.to_string());
        row.with(el("th").attr("scope", "row").text(&name))
            .all(columns.iter().map(|column| cell(column, strategy, &data.strategies)))
    });
    let body = el("tbody").all(rows);
    el("table").id("strategies").with(el("caption").text(caption)).with(head).with(body)
}

/// How a statistic is said in a title.
fn spelled(statistic: Statistic) -> &'static str {
    match statistic {
        Statistic::Mean => "mean",
        Statistic::P50 => "p50",
        Statistic::P90 => "p90",
        Statistic::P95 => "p95",
        Statistic::P99 => "p99",
        Statistic::Cvar99 => "mean of the worst 1 %",
        Statistic::Max => "worst seen",
    }
}

fn value<'s>(column: &NumberColumn, strategy: &'s StrategyValues) -> Option<&'s SaidValue> {
    strategy.values.get(column.measure.name)?.get(column.statistic.name())
}

/// A cell, marked where it alone is the most, or the least.
fn cell(column: &NumberColumn, strategy: &StrategyValues, all: &[StrategyValues]) -> Element {
    let cell = el("td").class("number");
    let Some(SaidValue(own, _, _, words)) = value(column, strategy) else { return cell.text("-") };
    let values = || all.iter().filter_map(|one| value(column, one)).map(|said| said.0);
    let (least, most) = (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
    let mark = match *own {
        own if least < most && own == least => "best",
        own if least < most && own == most && values().filter(|other| *other == most).count() == 1 => "worst",
        _ => "",
    };
    let (value, interval) =
        words.split_once(" [").map_or((words.as_str(), None), |(value, rest)| (value, Some(rest)));
    // No line breaks within a value: `2d 9h`.
    let value = &*value.replace(' ', "\u{a0}");
    let value = if mark.is_empty() { Html::text(value) } else { el("span").class(mark).text(value).into() };
    let interval = interval.map(|rest| Html::from(el("span").class("interval").text(&format!(" [{rest}"))));
    cell.attr("data-value", &own.to_string()).with(value).with(interval.unwrap_or_default())
}
