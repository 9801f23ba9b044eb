//! Differences between what two plans promise: thresholds, guards and expectations. Where a published number
//! comes from is said to people and decides nothing.

use super::node::{Node, compare};
use super::parts::strategy_name;
use super::things::whole;
use super::{PlanChange, PlanValue};
use crate::plan::study::Statistic;
use crate::plan::{Expectation, Guard, Plan, Threshold, Tolerance};

/// Something promised about a statistic of a metric.
struct Promise {
    /// `threshold p99 of impaired_host_ms, strategy careful`.
    place: String,
    /// Whom to match it with among several of one place.
    kin: String,
    /// All of it.
    node: Node,
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
fn matched(changes: &mut Vec<PlanChange>, mut old: Vec<Promise>, mut new: Vec<Promise>) {
    let alike: [fn(&Promise, &Promise) -> bool; 3] =
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

fn thresholds(plan: &Plan) -> Vec<Promise> {
    let promise = |threshold: &Threshold| {
        let max = amount(threshold.metric.name, threshold.max);
        Promise {
            place: place(
                "threshold",
                threshold.statistic,
                threshold.metric.name,
                named(plan, threshold.strategy),
            ),
            kin: format!("{:?}", threshold.level),
            node: Node::of(plan, threshold)
                .without(&["metric", "statistic", "strategy"])
                .with("max", Node::said_as(max.clone())),
            short: max,
        }
    };
    plan.study.thresholds.iter().map(promise).collect()
}

fn guards(plan: &Plan) -> Vec<Promise> {
    let promise = |guard: &Guard| Promise {
        place: place("guard", guard.statistic, guard.metric.name, named(plan, guard.strategy)),
        kin: String::new(),
        node: Node::of(plan, guard).without(&["metric", "statistic", "strategy"]),
        short: PlanValue::Share(guard.tolerance),
    };
    plan.study.guards.iter().map(promise).collect()
}

fn expectations(plan: &Plan) -> Vec<Promise> {
    let promise = |expected: &Expectation| {
        let on = Some(strategy_name(plan, expected.strategy));
        let value = amount(expected.metric.name, expected.value);
        let tolerance = match expected.tolerance {
            Tolerance::Relative(share) => PlanValue::Share(share),
            Tolerance::Within(room) => amount(expected.metric.name, room),
        };
        Promise {
            place: place("expectation", expected.statistic, expected.metric.name, on),
            kin: expected.source.clone(),
            node: Node::of(plan, expected)
                .without(&["metric", "statistic", "strategy", "source"])
                .with("value", Node::said_as(value.clone()))
                .with("tolerance", Node::said_as(tolerance)),
            short: value,
        }
    };
    plan.study.expectations.iter().map(promise).collect()
}

/// An amount of a metric.
fn amount(metric: &str, max: f64) -> PlanValue {
    PlanValue::Limit { metric: metric.to_owned(), max }
}

fn named(plan: &Plan, strategy: Option<usize>) -> Option<&str> {
    strategy.map(|index| strategy_name(plan, index))
}

fn place(kind: &str, statistic: Statistic, metric: &str, strategy: Option<&str>) -> String {
    let strategy = strategy.map_or_else(String::new, |name| format!(", strategy {name}"));
    format!("{kind} {} of {metric}{strategy}", statistic.name())
}
