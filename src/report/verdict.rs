//! The comparison in sentences: fastest and safest against the baseline, and the Pareto front.
//!
//! Says "cannot be told apart" where the paired interval does not separate two strategies.

use super::text;
use crate::plan::Plan;
use crate::stats::Ratio;
use crate::study::Summary;
use crate::study::summary::{BLAST_METRIC, Comparison, SPEED_METRIC, StrategySummary};

/// One sentence for each thing worth knowing, most important first.
#[must_use]
pub fn sentences(plan: &Plan, summary: &Summary) -> Vec<String> {
    let mut out = Vec::new();
    let fastest = least(summary, |s| s.metric(SPEED_METRIC).p50.map(|q| q.value));
    let safest = least(summary, |s| s.metric(BLAST_METRIC).mean.map(|m| m.value));
    match (fastest, safest) {
        (Some(fastest), Some(safest)) if fastest.name == safest.name && summary.strategies.len() > 1 => {
            out.push(format!("{} is both the fastest and the safest.", fastest.name));
            out.extend(against_baseline(summary, fastest));
        }
        _ => {
            for (strategy, what) in [(fastest, "fastest"), (safest, "safest")] {
                let Some(strategy) = strategy else { continue };
                let role = if strategy.is_baseline { ", the baseline," } else { "" };
                out.push(format!("{}{role} is the {what}: {}.", strategy.name, levels(strategy)));
                out.extend(against_baseline(summary, strategy));
            }
        }
    }
    if fastest.is_none() {
        out.push("No rollout reached every host, so speed cannot be compared.".to_owned());
    }
    if safest.is_none() {
        out.push(nothing_bad(plan));
    }
    out.extend(front(summary));
    out
}

fn nothing_bad(plan: &Plan) -> String {
    if plan.change.defects.is_empty() || plan.change.bad_probability == 0.0 {
        "No change is ever bad in this scenario, so blast radius cannot be compared: add a [[defect]]."
            .to_owned()
    } else {
        "No trial drew a bad change, so blast radius cannot be compared: run more trials.".to_owned()
    }
}

fn least(summary: &Summary, key: impl Fn(&StrategySummary) -> Option<f64>) -> Option<&StrategySummary> {
    let keyed = summary.strategies.iter().filter_map(|s| Some((s, key(s)?)));
    keyed.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(strategy, _)| strategy)
}

/// "a median of 18m to 100 % and a mean of 24 impaired host-minutes per bad change".
fn levels(strategy: &StrategySummary) -> String {
    let speed = strategy
        .metric(SPEED_METRIC)
        .p50
        .map(|q| format!("a median of {} to 100 %", text::duration(q.value)));
    let blast = strategy
        .metric(BLAST_METRIC)
        .mean
        .map(|m| format!("a mean of {} impaired host-minutes per bad change", text::host_minutes(m.value)));
    speed.into_iter().chain(blast).collect::<Vec<_>>().join(" and ")
}

/// "Against B, it reaches 100 % sooner, by a factor of 5 (95 % interval 4.8 to 5.2), and ..."
fn against_baseline(summary: &Summary, strategy: &StrategySummary) -> Option<String> {
    let other = &summary.baseline;
    let phrase = |metric: &str, less: &str, more: &str, same: &str| {
        let difference = strategy.metric(metric).against_baseline.as_ref()?;
        let ratio = difference.ratio?;
        Some(match difference.verdict {
            Comparison::NoClearDifference => {
                format!("{same} cannot be told apart at {}", text::counted(summary.trials, "trial"))
            }
            Comparison::Better => format!("{less}, by a factor of {}", factor(inverse(ratio))),
            Comparison::Worse => format!("{more}, by a factor of {}", factor(ratio)),
        })
    };
    let speed = phrase(SPEED_METRIC, "it reaches 100 % sooner", "it takes longer to reach 100 %", "speeds");
    let blast =
        phrase(BLAST_METRIC, "its blast radius is smaller", "its blast radius is larger", "blast radii");
    let parts: Vec<String> = speed.into_iter().chain(blast).collect();
    (!parts.is_empty()).then(|| format!("Against {other}, {}.", parts.join(", and ")))
}

/// "5.2 (95 % interval 4.8 to 5.6)".
fn factor(ratio: Ratio) -> String {
    let interval = match (ratio.interval.low, ratio.interval.high) {
        (Some(low), Some(high)) if text::number(low) == text::number(high) => String::new(),
        (Some(low), Some(high)) => {
            format!(" (95 % interval {} to {})", text::number(low), text::number(high))
        }
        (Some(low), None) => format!(" (95 % interval from {})", text::number(low)),
        _ => " (interval unknown)".to_owned(),
    };
    format!("{}{interval}", text::number(ratio.value))
}

/// The ratio the other way round. A lower end of 0 has no finite inverse.
fn inverse(ratio: Ratio) -> Ratio {
    let flip = |end: Option<f64>| end.filter(|v| *v > 0.0).map(|v| 1.0 / v);
    let low = match ratio.interval.high {
        Some(_) => flip(ratio.interval.high),
        None => Some(0.0),
    };
    Ratio {
        value: 1.0 / ratio.value,
        interval: crate::stats::Interval { low, high: flip(ratio.interval.low) },
    }
}

fn front(summary: &Summary) -> Option<String> {
    let members: Vec<&str> =
        summary.strategies.iter().filter(|s| s.on_front).map(|s| s.name.as_str()).collect();
    (summary.strategies.len() > 1 && !members.is_empty()).then(|| {
        format!("On the Pareto front (no other strategy is both faster and safer): {}.", members.join(", "))
    })
}
