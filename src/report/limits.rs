//! How a judged threshold is said, the same in every report.

use super::paint::Paint;
use super::text::{self, wrap};
use crate::outcome::measures::Unit;
use crate::plan::Level;
use crate::plan::study::Statistic;
use crate::study::threshold::ThresholdResult;
use crate::study::verdict::Verdict;

/// The threshold on a line of its own, wrapped to `width`: sign, word and sentence, which is `sentence`.
pub(super) fn line(result: &ThresholdResult, sentence: &str, width: usize, paint: &Paint) -> String {
    marked(sentence, width, mark(result), paint)
}

/// Every threshold on a line of its own. `trials` is how many there were.
pub(super) fn lines(results: &[ThresholdResult], trials: u64, width: usize, paint: &Paint) -> String {
    results.iter().map(|result| line(result, &sentence_with_command(result, trials), width, paint)).collect()
}

/// A sentence after a mark, wrapped to `width`.
pub(super) fn marked(sentence: &str, width: usize, mark: Mark, paint: &Paint) -> String {
    let (sign, word, code) = mark;
    let plain = wrap(sentence, width, &format!("  {sign} {word}  "), "          ");
    plain.replacen(&format!("{sign} {word}"), &paint.color(code, &format!("{sign} {word}")), 1)
}

/// Sign, word of four letters, and ANSI colour.
pub(super) type Mark = (&'static str, &'static str, &'static str);

/// The mark of a judged threshold.
pub(super) fn mark(result: &ThresholdResult) -> Mark {
    mark_of(result.verdict, result.level)
}

/// The mark of a judgement.
pub(super) fn mark_of(verdict: Verdict, level: Level) -> Mark {
    match (verdict, level) {
        (Verdict::Pass, _) => ("✓", "pass", "32"),
        (Verdict::Fail, Level::Error) => ("✗", "fail", "31"),
        (Verdict::Fail, Level::Warn) => ("✗", "warn", "33"),
        (Verdict::Inconclusive, _) => ("?", "open", "33"),
    }
}

/// What is limited: `careful: impaired_host_ms p99`.
pub(super) fn name(result: &ThresholdResult) -> String {
    format!("{}: {} {}", result.strategy, result.metric, result.statistic.name())
}

/// The limit in the unit people read.
pub(super) fn limit(result: &ThresholdResult) -> String {
    text::value(unit(result), result.max)
}

fn unit(result: &ThresholdResult) -> Unit {
    result.metric.unit
}

/// The threshold and its judgement in one sentence. `trials` is how many there were.
pub(super) fn sentence(result: &ThresholdResult, trials: u64) -> String {
    let unit = unit(result);
    let measured = result.measured.map_or("no value".to_owned(), |v| text::value_with_unit(unit, v));
    let interval = match result.statistic {
        Statistic::Max => String::new(),
        _ => format!(
            " ({} interval {})",
            text::percent(result.confidence),
            text::interval(unit, result.interval)
        ),
    };
    let limit = limit(result);
    let relation = match result.verdict {
        Verdict::Pass => format!("at most {limit}"),
        Verdict::Fail => format!("above {limit}"),
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
