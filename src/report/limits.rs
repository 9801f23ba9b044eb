//! How judged thresholds and precisions are said, the same in every report.

use super::document::{Block, Item, Tone, VerdictMark};
use super::text;
use crate::outcome::measures::Unit;
use crate::plan::study::Statistic;
use crate::plan::{Bound, Level};
use crate::stats::Interval;
use crate::study::precision::PrecisionResult;
use crate::study::threshold::ThresholdResult;
use crate::study::verdict::Verdict;

/// Every judged threshold with what to do about it; nothing if there is none. `trials` is how many there were.
pub(super) fn blocks(results: &[ThresholdResult], trials: u64) -> Vec<Block> {
    vec![Block::list(results.iter().map(|result| item(result, sentence_with_command(result, trials))))]
}

/// Limits that do not hold, as what to say of each: `error` or `warning`, and the sentence.
#[must_use]
pub fn broken(results: &[ThresholdResult], trials: u64) -> Vec<(&'static str, String)> {
    let label = |level: Level| match level {
        Level::Error => "error",
        Level::Warn => "warning",
    };
    let broken = results.iter().filter(|result| result.verdict == Verdict::Fail);
    broken.map(|result| (label(result.level), sentence(result, trials))).collect()
}

/// What precision was asked for and what was reached at `trials`; `cap` is what would have to be raised for more.
pub(super) fn precisions(results: &[PrecisionResult], trials: u64, cap: &str) -> Vec<Block> {
    let item = |result: &PrecisionResult| {
        let PrecisionResult { strategy, metric, statistic, .. } = result;
        let reached =
            result.reached.map_or("no bound".to_owned(), |half| format!("±{}", text::percent(half)));
        let wanted = text::percent(result.wanted);
        let (sign, rest) = if result.met {
            ("✓", format!("±{wanted} wanted"))
        } else {
            let trials = text::counted(trials, "trial");
            ("?", format!("±{wanted} wanted and not reached at {trials}: raise {cap}"))
        };
        let line = format!("{strategy}: {metric} {} is known to {reached}, {rest}", statistic.name());
        Item::marked(VerdictMark::sign(sign), line)
    };
    vec![Block::list(results.iter().map(item))]
}

/// The threshold as an item that says `sentence`.
pub(super) fn item(result: &ThresholdResult, sentence: String) -> Item {
    Item::marked(mark(result.verdict, result.level), sentence)
}

/// How a judgement looks at a glance.
pub(super) fn mark(verdict: Verdict, level: Level) -> VerdictMark {
    let (sign, word, tone) = match (verdict, level) {
        (Verdict::Pass, _) => ("✓", "pass", Tone::Good),
        (Verdict::Fail, Level::Error) => ("✗", "fail", Tone::Bad),
        (Verdict::Fail, Level::Warn) => ("✗", "warn", Tone::Doubtful),
        (Verdict::Inconclusive, _) => ("?", "open", Tone::Doubtful),
    };
    VerdictMark { sign, word, tone }
}

/// What is limited: `careful: impaired_host_ms p99`.
pub(super) fn name(result: &ThresholdResult) -> String {
    format!("{}: {} {}", result.strategy, result.metric, result.statistic.name())
}

/// What is allowed, in the unit people read: `at most 5m`.
pub(super) fn allowed(result: &ThresholdResult) -> String {
    let [holds, _] = relations(result.bound);
    format!("{holds} {}", limit(result))
}

/// How a value stands to a limit that it holds, and to one that it breaks.
fn relations(bound: Bound) -> [&'static str; 2] {
    match bound {
        Bound::Max(_) => ["at most", "above"],
        Bound::Min(_) => ["at least", "below"],
    }
}

fn limit(result: &ThresholdResult) -> String {
    text::value(result.metric.unit, result.bound.value())
}

/// The interval behind a measured value: ` (95 % interval 2 to 3)`. The largest value seen has none.
pub(super) fn interval(statistic: Statistic, confidence: f64, unit: Unit, interval: Interval) -> String {
    match statistic {
        Statistic::Max => String::new(),
        _ => format!(" ({} interval {})", text::percent(confidence), text::interval(unit, interval)),
    }
}

/// The threshold and its judgement in one sentence. `trials` is how many there were.
pub(super) fn sentence(result: &ThresholdResult, trials: u64) -> String {
    let unit = result.metric.unit;
    let measured = result.measured.map_or("no value".to_owned(), |v| text::value_with_unit(unit, v));
    let interval = interval(result.statistic, result.confidence, unit, result.interval);
    let limit = limit(result);
    let [holds, breaks] = relations(result.bound);
    let relation = match result.verdict {
        Verdict::Pass => format!("{holds} {limit}"),
        Verdict::Fail => format!("{breaks} {limit}"),
        Verdict::Inconclusive => format!("limit {limit}; {}", advice(result, trials)),
    };
    format!("{} is {measured}{interval}, {relation}", name(result))
}

/// As [`sentence`], for a command that takes a number of trials.
pub(super) fn sentence_with_command(result: &ThresholdResult, trials: u64) -> String {
    let command = result.trials_needed.map(|needed| format!(", rerun with --trials {needed}"));
    sentence(result, trials) + &command.unwrap_or_default()
}

fn advice(result: &ThresholdResult, trials: u64) -> String {
    match result.trials_needed {
        Some(needed) => {
            format!("inconclusive at {}: needs about {}", text::counted(trials, "trial"), text::count(needed))
        }
        None if result.n == 0 => "inconclusive: no trial has a value".to_owned(),
        None => "inconclusive: too close to the limit for any reasonable number of trials".to_owned(),
    }
}
