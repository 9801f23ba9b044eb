//! What was published beside what is simulated: a table, where the numbers come from, and what is off.

use super::document::{Align, Block, DataTable, Item};
use super::{limits, text};
use crate::outcome::measures::Unit;
use crate::plan::study::Statistic;
use crate::study::expectation::ExpectationResult;
use crate::study::origin::Origin;
use crate::study::verdict::Verdict;

/// The section's body; nothing in it if nothing is expected.
pub(super) fn blocks(results: &[ExpectationResult], trials: u64) -> Vec<Block> {
    let off = results.iter().filter(|result| result.verdict != Verdict::Pass);
    let off =
        off.map(|result| Item::marked(limits::mark(result.verdict, result.level), sentence(result, trials)));
    let tally = tally(results).map(Item::from);
    vec![Block::Table(table(results)), Block::list(tally), Block::list(sources(results)), Block::list(off)]
}

/// What the numbers are, counted: only those that came out of mechanisms say anything for the model.
fn tally(results: &[ExpectationResult]) -> Option<String> {
    let tried: Vec<Origin> = results.iter().filter_map(|result| result.origin).collect();
    let of = |origin: Origin| tried.iter().filter(|one| **one == origin).count();
    let count = |origin: Origin| format!("{} {}", of(origin), origin.word());
    (!tried.is_empty()).then(|| {
        format!(
            "{}: {}, {}, {}; given: typed in, or nothing moves it; only what is emergent came out of mechanisms and \
             validates them",
            text::counted(tried.len() as u64, "number"),
            count(Origin::Emergent),
            count(Origin::SumOfInputs),
            count(Origin::Given)
        )
    })
}

fn table(results: &[ExpectationResult]) -> DataTable {
    let mut table = DataTable::new("expectation")
        .numbers(["published,\nwhat agrees", "simulated,\ninterval", "deviation"])
        .column("", Align::Left);
    for result in results {
        table.row([
            name(result),
            format!("{}\n{}", text::value_with_unit(unit(result), result.published), room(result)),
            simulated(result),
            deviation(result),
            format!(
                "{} {}{}",
                limits::mark(result.verdict, result.level).sign,
                word(result.verdict),
                origin(result)
            ),
        ]);
    }
    table
}

/// What the number is, on a line of its own.
fn origin(result: &ExpectationResult) -> String {
    result.origin.map_or(String::new(), |origin| format!("\n  {}", origin.word()))
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
    let same = text::value(unit, value);
    // Left out where it rounds to the estimate, as in every table.
    match text::bounds(result.interval, |x| text::value(unit, x)) {
        bounds if bounds == format!("[{same}, {same}]") => words,
        bounds => format!("{words}\n{bounds}"),
    }
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
fn sources(results: &[ExpectationResult]) -> Vec<String> {
    let mut named: Vec<(&str, Vec<String>)> = Vec::new();
    for result in results.iter().filter(|result| !result.source.is_empty()) {
        let what = format!("{} {}", result.metric, result.statistic.name());
        match named.iter_mut().find(|(source, _)| *source == result.source) {
            Some((_, known)) if known.contains(&what) => {}
            Some((_, known)) => known.push(what),
            None => named.push((&result.source, vec![what])),
        }
    }
    named.into_iter().map(|(source, what)| format!("{} from: {source}", what.join(", "))).collect()
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
    let interval = limits::interval(result.statistic, result.confidence, unit, result.interval);
    let rest = match (result.verdict, result.trials_needed) {
        (Verdict::Inconclusive, Some(needed)) => format!(
            "; inconclusive at {}: needs about {}, rerun with --trials {needed}",
            text::counted(trials, "trial"),
            text::count(needed)
        ),
        (Verdict::Inconclusive, None) => {
            "; inconclusive: too close to the edge for any reasonable number of trials".to_owned()
        }
        (Verdict::Pass | Verdict::Fail, _) => String::new(),
    };
    format!("{name} is {value}{interval}, published as {published}, where {} agrees{rest}", room(result))
}
