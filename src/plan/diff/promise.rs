//! Differences between what two plans promise: thresholds, guards and expectations. Where a published number
//! comes from is said to people and decides nothing.

use super::node::{KeyTree, compare};
use super::parts::strategy_name;
use super::things::whole;
use super::value::{PlanChange, PlanValue};
use crate::outcome::measures::Measure;
use crate::plan::study::Statistic;
use crate::plan::{Expectation, Guard, Plan, Threshold, Tolerance};
use serde::Serialize;

/// Something promised about a statistic of a metric.
struct PlanPromise {
    /// `threshold p99 of impaired_host_ms, strategy careful`.
    place: String,
    /// Whom to match it with among several of one place.
    kin: String,
    /// All of it.
    node: KeyTree,
    /// What is promised, for where it came or went.
    short: PlanValue,
}

/// Notes promises of every kind that differ.
pub(super) fn diff(changes: &mut Vec<PlanChange>, before: &Plan, after: &Plan) {
    for kind in [thresholds, guards, expectations] {
        matched(changes, kind(before), kind(after));
    }
}

/// Matches by metric, statistic and strategy. Where several have all of these in common (a warning before the
/// error, two sources that disagree), the same ones go together, then those of one kin.
fn matched(changes: &mut Vec<PlanChange>, mut old: Vec<PlanPromise>, mut new: Vec<PlanPromise>) {
    let alike: [fn(&PlanPromise, &PlanPromise) -> bool; 3] =
        [|a, b| a.node == b.node, |a, b| a.kin == b.kin, |_, _| true];
    for alike in alike {
        for promise in std::mem::take(&mut old) {
            match new.iter().position(|other| promise.place == other.place && alike(&promise, other)) {
                Some(index) => {
                    compare(changes, &promise.place, "", (&promise.node, &new.remove(index).node));
                }
                None => old.push(promise),
            }
        }
    }
    changes.extend(old.into_iter().map(|gone| whole(gone.place, Some(gone.short), None)));
    changes.extend(new.into_iter().map(|came| whole(came.place, None, Some(came.short))));
}

fn thresholds(plan: &Plan) -> Vec<PlanPromise> {
    let promise = |threshold: &Threshold| {
        let Threshold { metric, statistic, strategy, bound, level } = threshold;
        let of = Promised { kind: "threshold", statistic: *statistic, metric, strategy: *strategy };
        let kin = format!("{level:?}");
        promised(plan, threshold, &of, kin, vec![(bound.key(), amount(metric, bound.value()))])
    };
    plan.study.thresholds.iter().map(promise).collect()
}

fn guards(plan: &Plan) -> Vec<PlanPromise> {
    let promise = |guard: &Guard| {
        let Guard { metric, statistic, strategy, tolerance } = guard;
        let of = Promised { kind: "guard", statistic: *statistic, metric, strategy: *strategy };
        promised(plan, guard, &of, String::new(), vec![("tolerance", PlanValue::Share(*tolerance))])
    };
    plan.study.guards.iter().map(promise).collect()
}

fn expectations(plan: &Plan) -> Vec<PlanPromise> {
    let promise = |expected: &Expectation| {
        let Expectation { metric, statistic, strategy, value, tolerance, source, level: _ } = expected;
        let of = Promised { kind: "expectation", statistic: *statistic, metric, strategy: Some(*strategy) };
        let tolerance = match tolerance {
            Tolerance::Relative(share) => PlanValue::Share(*share),
            Tolerance::Within(room) => amount(metric, *room),
        };
        let amounts = vec![("value", amount(metric, *value)), ("tolerance", tolerance)];
        promised(plan, expected, &of, source.clone(), amounts)
    };
    plan.study.expectations.iter().map(promise).collect()
}

/// What is promised something.
struct Promised<'m> {
    kind: &'static str,
    statistic: Statistic,
    metric: &'m Measure,
    strategy: Option<usize>,
}

/// The promise `part` of `plan`: its `amounts` are said in the unit of the metric, and the first of them is what it is in
/// short.
fn promised(
    plan: &Plan,
    part: &impl Serialize,
    of: &Promised<'_>,
    kin: String,
    amounts: Vec<(&str, PlanValue)>,
) -> PlanPromise {
    let strategy = of.strategy.map(|index| format!(", strategy {}", strategy_name(plan, index)));
    let (statistic, metric) = (of.statistic.name(), of.metric.name);
    let node = KeyTree::of(plan, part).without(&["metric", "statistic", "strategy", "source"]);
    PlanPromise {
        place: format!("{} {statistic} of {metric}{}", of.kind, strategy.unwrap_or_default()),
        kin,
        short: amounts[0].1.clone(),
        node: amounts.into_iter().fold(node, |node, (key, said)| node.with(key, KeyTree::said_as(said))),
    }
}

/// An amount of a metric.
fn amount(metric: &Measure, max: f64) -> PlanValue {
    PlanValue::Limit { metric: metric.name.to_owned(), max }
}
