//! What was published beside what is simulated: a table, where the numbers come from, and what is off.

use super::paint::Paint;
use super::table::{Align, Table};
use super::text::{self, wrap};
use super::{limits, terminal};
use crate::outcome::measures::Unit;
use crate::plan::study::Statistic;
use crate::study::expectation::ExpectationResult;
use crate::study::verdict::Verdict;
use std::collections::BTreeMap;

/// The section's body; empty if nothing is expected.
pub(super) fn section(results: &[ExpectationResult], trials: u64, width: usize, paint: &Paint) -> String {
    if results.is_empty() {
        return String::new();
    }
    let mut out = table(results).fit(width, terminal::INDENT);
    out.push_str(&sources(results, width));
    for result in results.iter().filter(|result| result.verdict != Verdict::Pass) {
        let mark = limits::mark_of(result.verdict, result.level);
        out.push_str(&limits::marked(&sentence(result, trials), width, mark, paint));
    }
    out
}

fn table(results: &[ExpectationResult]) -> Table {
    let mut table = Table::new("expectation")
        .column("published,\nwhat agrees", Align::Right)
        .column("simulated,\ninterval", Align::Right)
        .column("deviation", Align::Right)
        .column("", Align::Left);
    for result in results {
        table.row(vec![
            name(result),
            format!("{}\n{}", text::value_with_unit(unit(result), result.published), room(result)),
            simulated(result),
            deviation(result),
            limits::mark_of(result.verdict, result.level).0.to_owned() + " " + word(result.verdict),
        ]);
    }
    table
}

/// What is expected: `as-deployed: detection_delay_ms p50`.
fn name(result: &ExpectationResult) -> String {
    format!("{}: {} {}", result.strategy, result.metric, result.statistic.name())
}

fn unit(result: &ExpectationResult) -> Unit {
    result.metric.unit
}

/// How far off is near enough: `2m 33s to 3m 27s`.
fn room(result: &ExpectationResult) -> String {
    let unit = unit(result);
    format!("{} to {}", text::value(unit, result.at_least), text::value(unit, result.at_most))
}

fn simulated(result: &ExpectationResult) -> String {
    let Some(value) = result.simulated else { return "no value".to_owned() };
    let unit = unit(result);
    let words = text::value_with_unit(unit, value);
    if result.statistic == Statistic::Max {
        return words;
    }
    let end = |end: Option<f64>| end.map_or("?".to_owned(), |x| text::value(unit, x));
    let (low, high) = (end(result.interval.low), end(result.interval.high));
    let same = text::value(unit, value);
    // Left out where it rounds to the estimate, as in every table.
    if low == same && high == same { words } else { format!("{words}\n[{low}, {high}]") }
}

/// `+1m\n+33.3 %`: the share only where there is something to take it of.
fn deviation(result: &ExpectationResult) -> String {
    let Some(deviation) = result.deviation else { return "-".to_owned() };
    let words = text::difference(unit(result), deviation);
    match result.relative_deviation {
        Some(share) if share != 0.0 => {
            let sign = if share < 0.0 { "-" } else { "+" };
            format!("{words}\n{sign}{}", text::percent(share.abs()))
        }
        _ => words,
    }
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "agrees",
        Verdict::Fail => "missed",
        Verdict::Inconclusive => "open",
    }
}

/// A line for each source, in the order in which they are named first.
fn sources(results: &[ExpectationResult], width: usize) -> String {
    let mut first: BTreeMap<&str, usize> = BTreeMap::new();
    let mut named: Vec<(&str, Vec<String>)> = Vec::new();
    for result in results.iter().filter(|result| !result.source.is_empty()) {
        let index = *first.entry(&result.source).or_insert_with(|| {
            named.push((&result.source, Vec::new()));
            named.len() - 1
        });
        let what = format!("{} {}", result.metric, result.statistic.name());
        if !named[index].1.contains(&what) {
            named[index].1.push(what);
        }
    }
    let line = |(source, what): &(&str, Vec<String>)| {
        wrap(&format!("{} from: {source}", what.join(", ")), width, "  ", "    ")
    };
    named.iter().map(line).collect()
}

/// What is off, and what to do about it.
fn sentence(result: &ExpectationResult, trials: u64) -> String {
    let unit = unit(result);
    let published = text::value_with_unit(unit, result.published);
    let name = name(result);
    let Some(value) = result.simulated else {
        let trials = text::counted(trials, "trial");
        return format!("{name} was published as {published} and has no value in any of {trials}");
    };
    let value = text::value_with_unit(unit, value);
    let interval = match result.statistic {
        Statistic::Max => String::new(),
        _ => format!(
            " ({} interval {})",
            text::percent(result.confidence),
            text::interval(unit, result.interval)
        ),
    };
    let rest = match (result.verdict, result.trials_needed) {
        (Verdict::Inconclusive, Some(needed)) => format!(
            "; inconclusive at {}: needs about {}, rerun with --trials {needed}",
            text::counted(trials, "trial"),
            text::count(needed)
        ),
        (Verdict::Inconclusive, None) => {
            "; inconclusive: too close to the edge for any reasonable number of trials".to_owned()
        }
        _ => String::new(),
    };
    format!("{name} is {value}{interval}, published as {published}, where {} agrees{rest}", room(result))
}
