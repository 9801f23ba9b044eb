//! The comparison in one sentence that can be quoted, and what backs it up.
//!
//! A strategy is called faster or safer than the baseline only if the interval of the paired
//! difference says so; where it does not, the sentence says that the two cannot be told apart.

use super::text;
use crate::outcome::measures::{self, Measure};
use crate::plan::Plan;
use crate::stats::{Interval, MeanRatio};
use crate::study::Summary;
use crate::study::difference::FEWEST_PAIRS;
use crate::study::summary::{BLAST_METRIC, Leader, SPEED_METRIC, StrategySummary};
use crate::study::verdict::MeasureChange;

/// Names listed before the rest is counted.
const MOST_NAMES: usize = 3;

/// The verdict: one plain sentence.
#[must_use]
pub fn headline(plan: &Plan, summary: &Summary) -> String {
    let Some(baseline) = summary.strategies.iter().find(|s| s.is_baseline) else {
        return "There is no strategy to judge.".to_owned();
    };
    if summary.strategies.len() == 1 {
        return alone(plan, summary, baseline);
    }
    let fastest = best(summary, SPEED_METRIC, |s| s.metric(SPEED_METRIC).p50.map(|q| q.value));
    let safest = best(summary, BLAST_METRIC, |s| s.metric(BLAST_METRIC).mean.map(|m| m.value));
    let name = &baseline.name;
    let rest = match (fastest, safest) {
        (Some(both), Some(other)) if both.name == other.name => format!(
            "{} is both the fastest, reaching every host in {}, and the safest, at {}",
            both.name,
            times(both, baseline),
            harm(both, baseline)
        ),
        (None, None) => format!("{}, and {}", no_faster(summary, name), no_safer(plan, summary, name)),
        (Some(fast), None) => {
            format!("{}, and {}", fast_phrase(summary, fast, baseline), no_safer(plan, summary, name))
        }
        (None, Some(safe)) => {
            format!("{}, and {}", safe_phrase(summary, safe, baseline), no_faster(summary, name))
        }
        (Some(fast), Some(safe)) => {
            let (fast_words, known) = (fast_phrase(summary, fast, baseline), compared(fast, BLAST_METRIC));
            // What the baseline does need not be said twice.
            let safe_words = match known {
                Some(MeasureChange::Improved | MeasureChange::Regressed) => safe_briefly(summary, safe),
                _ => safe_phrase(summary, safe, baseline),
            };
            format!("{fast_words}; {safe_words}")
        }
    };
    let named: Vec<&StrategySummary> = [Some(baseline), fastest, safest].into_iter().flatten().collect();
    format!("Compared with {name}, the baseline, {rest}{}.", caution(&named, baseline))
}

/// What the means of the sentence cannot know, if they are rough.
fn caution(named: &[&StrategySummary], baseline: &StrategySummary) -> String {
    let is_rough = |s: &&StrategySummary| s.metric(BLAST_METRIC).mean.is_some_and(|m| m.rough);
    if !named.iter().any(is_rough) {
        return String::new();
    }
    let bad = text::counted(baseline.metric(BLAST_METRIC).n, "bad change");
    format!(" (mean harm is rough: {bad} may not show the rarest disasters)")
}

/// The strategy with the least `estimate` among those clearly better than the baseline.
fn best<'s>(
    summary: &'s Summary,
    metric: &Measure,
    estimate: impl Fn(&StrategySummary) -> Option<f64>,
) -> Option<&'s StrategySummary> {
    let better = summary.strategies.iter().filter(|s| compared(s, metric) == Some(MeasureChange::Improved));
    let keyed = better.filter_map(|s| Some((s, estimate(s)?)));
    keyed.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(strategy, _)| strategy)
}

/// What the paired difference says; none for the baseline and without trials in common.
fn compared(strategy: &StrategySummary, metric: &Measure) -> Option<MeasureChange> {
    let difference = strategy.metric(metric).against_baseline.as_ref()?;
    (difference.n > 0).then_some(difference.verdict)
}

fn fast_phrase(summary: &Summary, fast: &StrategySummary, baseline: &StrategySummary) -> String {
    let role = role(summary.fastest.as_ref(), fast, "fastest");
    let gain = format!("{} is {role}, reaching every host in {}", fast.name, times(fast, baseline));
    match compared(fast, BLAST_METRIC) {
        None => gain,
        Some(MeasureChange::Regressed) => format!("{gain}, but costs {}", harm(fast, baseline)),
        Some(MeasureChange::Improved) => format!("{gain}, and does less harm, {}", harm(fast, baseline)),
        Some(MeasureChange::NoChange | MeasureChange::WithinTolerance | MeasureChange::Inconclusive) => {
            format!("{gain}, with a blast radius that cannot be told apart")
        }
    }
}

/// As [`safe_phrase`], where the baseline's speed and harm have been said.
fn safe_briefly(summary: &Summary, safe: &StrategySummary) -> String {
    let role = role(summary.safest.as_ref(), safe, "safest");
    let blast = safe.metric(BLAST_METRIC).mean.map_or("?".to_owned(), |m| text::host_minutes(m.value));
    let time = safe.metric(SPEED_METRIC).p50.map(|q| text::duration(q.value));
    let gain = format!("{} is {role}, at {blast}", safe.name);
    match (compared(safe, SPEED_METRIC), time) {
        (Some(MeasureChange::Regressed), Some(time)) => format!("{gain}, but takes {time}"),
        (Some(MeasureChange::Improved), Some(time)) => format!("{gain}, and takes only {time}"),
        (
            Some(MeasureChange::NoChange | MeasureChange::WithinTolerance | MeasureChange::Inconclusive),
            Some(_),
        ) => {
            format!("{gain}, and not clearly slower or faster than the baseline")
        }
        _ => gain,
    }
}

fn safe_phrase(summary: &Summary, safe: &StrategySummary, baseline: &StrategySummary) -> String {
    let role = role(summary.safest.as_ref(), safe, "safest");
    let gain = format!("{} is {role}, at {}", safe.name, harm(safe, baseline));
    match compared(safe, SPEED_METRIC) {
        None => gain,
        Some(MeasureChange::Regressed) => {
            format!("{gain}, but takes {} to reach every host", times(safe, baseline))
        }
        Some(MeasureChange::Improved) => format!("{gain}, and takes only {}", times(safe, baseline)),
        Some(MeasureChange::NoChange | MeasureChange::WithinTolerance | MeasureChange::Inconclusive) => {
            format!("{gain}, and not clearly slower or faster")
        }
    }
}

/// "the fastest" if `strategy` leads and no other may be as good, else "among the fastest".
fn role(leader: Option<&Leader>, strategy: &StrategySummary, what: &str) -> String {
    let leads = leader.is_some_and(|l| l.strategy == strategy.name && l.not_clearly_worse.is_empty());
    if leads { format!("the {what}") } else { format!("among the {what}") }
}

/// "none is faster", or who may be.
fn no_faster(summary: &Summary, baseline: &str) -> String {
    let Some(leader) = &summary.fastest else {
        return "no rollout reached every host, so speed cannot be compared".to_owned();
    };
    lead(summary, leader, baseline, "faster", "the shortest median")
}

fn no_safer(plan: &Plan, summary: &Summary, baseline: &str) -> String {
    match &summary.safest {
        None => nothing_bad(plan).to_owned(),
        Some(leader) => lead(summary, leader, baseline, "safer", "the least mean harm"),
    }
}

/// No strategy is clearly better than the baseline: says whether it leads, or who does without proof.
fn lead(summary: &Summary, leader: &Leader, baseline: &str, better: &str, what: &str) -> String {
    if leader.strategy == baseline {
        return match leader.not_clearly_worse.as_slice() {
            [] => format!("none is {better}"),
            others => format!(
                "none is shown to be {better}, though {} cannot be told apart from it",
                text::list(others, MOST_NAMES)
            ),
        };
    }
    let metric = if better == "faster" { SPEED_METRIC } else { BLAST_METRIC };
    let in_common = summary
        .strategies
        .iter()
        .find(|s| s.name == leader.strategy)
        .and_then(|s| s.metric(metric).against_baseline.as_ref())
        .map_or(0, |difference| difference.n);
    if in_common < FEWEST_PAIRS {
        let said = if better == "faster" { "reached every host" } else { "were bad" };
        return format!("too few changes {said} under both to tell whether any strategy is {better}");
    }
    format!(
        "none is shown to be {better}: {} has {what} but cannot be told apart from it at {}",
        leader.strategy,
        text::counted(summary.trials, "trial")
    )
}

fn nothing_bad(plan: &Plan) -> &'static str {
    if plan.change.defects.is_empty() || plan.change.bad_probability == 0.0 {
        "no change is ever bad in this scenario, so blast radius cannot be compared: add a [[defect]]"
    } else {
        "no trial drew a bad change, so blast radius cannot be compared: run more trials"
    }
}

/// "12m (median) rather than 2d 9h".
fn times(strategy: &StrategySummary, baseline: &StrategySummary) -> String {
    let median =
        |s: &StrategySummary| s.metric(SPEED_METRIC).p50.map_or("?".to_owned(), |q| text::duration(q.value));
    format!("{} rather than {}", median(strategy), median(baseline))
}

/// "4,610 rather than 15.5 impaired host-minutes per bad change".
fn harm(strategy: &StrategySummary, baseline: &StrategySummary) -> String {
    let mean = |s: &StrategySummary| {
        s.metric(BLAST_METRIC).mean.map_or("?".to_owned(), |m| text::host_minutes(m.value))
    };
    format!("{} rather than {} impaired host-minutes per bad change", mean(strategy), mean(baseline))
}

/// The sentence for a study of one strategy.
fn alone(plan: &Plan, summary: &Summary, strategy: &StrategySummary) -> String {
    let speed = strategy.metric(SPEED_METRIC).p50.map_or_else(
        || format!("{} never reached every host", strategy.name),
        |q| format!("{} reaches every host in {} (median)", strategy.name, text::duration(q.value)),
    );
    let Some(mean) = strategy.metric(BLAST_METRIC).mean else {
        let reason = nothing_bad(plan).replace("be compared", "be told");
        return format!("{speed}; {reason}.");
    };
    let violated = strategy.metric(&measures::ISOLATION_VIOLATED).share.map_or(String::new(), |share| {
        format!(" and {} of all changes violate isolation", text::percent(share.value))
    });
    let few =
        if summary.strategies[0].metric(BLAST_METRIC).n < 2 { ", from one bad change only" } else { "" };
    format!(
        "{speed}, and a bad change costs {} impaired host-minutes on average{few}{violated}.",
        text::host_minutes(mean.value)
    )
}

/// What backs the headline up, one sentence each: factors with intervals, and who cannot be told apart.
#[must_use]
pub fn details(summary: &Summary) -> Vec<String> {
    if summary.strategies.len() == 1 {
        return Vec::new();
    }
    let mut out = Vec::new();
    let leaders =
        [(&summary.fastest, "the shortest median to 100 %"), (&summary.safest, "the least mean harm")];
    for (leader, what) in leaders {
        let Some(leader) = leader else { continue };
        let rest = match leader.not_clearly_worse.as_slice() {
            [] => "clearly less than every other strategy".to_owned(),
            others => format!(
                "but {} cannot be told apart from it at {}",
                text::list(others, MOST_NAMES),
                text::counted(summary.trials, "trial")
            ),
        };
        out.push(format!("{} has {what}, {rest}.", leader.strategy));
    }
    let on_front = summary.strategies.iter().filter(|s| s.on_front).count();
    if on_front > 1 {
        out.push(format!(
            "{on_front} of {} strategies are on the Pareto front of these two point estimates, whatever their intervals.",
            summary.strategies.len()
        ));
    }
    out
}

/// "x 5.2 [4.8, 5.6]", "÷ 3 [2.9, 3.1]", "x 2,030 [120, ?]", "no clear diff.".
#[must_use]
pub fn factor(strategy: &StrategySummary, metric: &Measure) -> Option<String> {
    let difference = strategy.metric(metric).against_baseline.as_ref()?;
    if difference.n == 0 {
        return None;
    }
    Some(match (difference.verdict, difference.ratio) {
        (MeasureChange::NoChange | MeasureChange::WithinTolerance | MeasureChange::Inconclusive, _) => {
            "no clear diff.".to_owned()
        }
        (verdict, None) => verdict.between_strategies().to_owned(),
        (MeasureChange::Improved, Some(ratio)) if ratio.value > 0.0 => format!("÷ {}", ends(inverse(ratio))),
        (_, Some(ratio)) => format!("x {}", ends(ratio)),
    })
}

/// "5.2 [4.8, 5.6]". An end that the data do not bound is a question mark.
fn ends(ratio: MeanRatio) -> String {
    let known = |end: Option<f64>| end.filter(|v| *v > 0.0);
    let interval = Interval { low: known(ratio.interval.low), high: known(ratio.interval.high) };
    text::with_interval(text::compact(ratio.value), " ", interval, text::compact)
}

/// The ratio the other way round. A lower end of 0 has no finite inverse.
fn inverse(ratio: MeanRatio) -> MeanRatio {
    let flip = |end: Option<f64>| end.filter(|v| *v > 0.0).map(|v| 1.0 / v);
    MeanRatio {
        value: 1.0 / ratio.value,
        interval: Interval { low: flip(ratio.interval.high), high: flip(ratio.interval.low) },
    }
}
