//! Differences between what two plans promise: thresholds, guards and expectations. Where a published number
//! comes from is said to people and decides nothing.

use super::node::{KeyTree, compare};
use super::parts::strategy_name;
use super::things::whole;
use super::value::{PlanChange, PlanValue};
use crate::plan::study::Statistic;
use crate::plan::{Expectation, Guard, Plan, Threshold, Tolerance};

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
        let limit = amount(threshold.metric.name, threshold.bound.value());
        PlanPromise {
            place: place(
                "threshold",
                threshold.statistic,
                threshold.metric.name,
                named(plan, threshold.strategy),
            ),
            kin: format!("{:?}", threshold.level),
            node: KeyTree::of(plan, threshold)
                .without(&["metric", "statistic", "strategy"])
                .with(threshold.bound.key(), KeyTree::said_as(limit.clone())),
            short: limit,
        }
    };
    plan.study.thresholds.iter().map(promise).collect()
}

fn guards(plan: &Plan) -> Vec<PlanPromise> {
    let promise = |guard: &Guard| PlanPromise {
        place: place("guard", guard.statistic, guard.metric.name, named(plan, guard.strategy)),
        kin: String::new(),
        node: KeyTree::of(plan, guard).without(&["metric", "statistic", "strategy"]),
        short: PlanValue::Share(guard.tolerance),
    };
    plan.study.guards.iter().map(promise).collect()
}

fn expectations(plan: &Plan) -> Vec<PlanPromise> {
    let promise = |expected: &Expectation| {
        let on = Some(strategy_name(plan, expected.strategy));
        let value = amount(expected.metric.name, expected.value);
        let tolerance = match expected.tolerance {
            Tolerance::Relative(share) => PlanValue::Share(share),
            Tolerance::Within(room) => amount(expected.metric.name, room),
        };
        PlanPromise {
            place: place("expectation", expected.statistic, expected.metric.name, on),
            kin: expected.source.clone(),
            node: KeyTree::of(plan, expected)
                .without(&["metric", "statistic", "strategy", "source"])
                .with("value", KeyTree::said_as(value.clone()))
                .with("tolerance", KeyTree::said_as(tolerance)),
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
