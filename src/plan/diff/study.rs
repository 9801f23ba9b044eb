//! Differences between studies: what is simulated, the thresholds and the guards.

use super::list::{Changes, duration, names, number, share, text, word};
use super::pairs::{by_name, order};
use super::{PlanChange, PlanValue, expectation};
use crate::plan::study::Statistic;
use crate::plan::{Guard, Plan, Precision, Threshold};

/// Compares the studies, but for their thresholds.
pub(super) fn diff(changes: &mut Changes, before: &Plan, after: &Plan) {
    let (old, new) = (&before.study, &after.study);
    let mut at = changes.at("study");
    at.key("trials", &old.trials, &new.trials, |trials| number(&(*trials as f64)));
    at.key("estimator", &old.estimator, &new.estimator, word);
    at.key("precision", &precisions(before), &precisions(after), |asked| names(asked));
    at.key("max-trials", &old.max_trials, &new.max_trials, |trials| number(&(*trials as f64)));
    // A seed is no quantity, and may be larger than a float can hold exactly.
    at.key("seed", &old.seed, &new.seed, |seed| text(&seed.to_string()));
    at.key("baseline", strategy(before, old.baseline), strategy(after, new.baseline), text);
    let strategies = by_name(&before.strategies, &after.strategies, |strategy| &strategy.name);
    if let Some((before, after)) = order(&strategies, |strategy| &strategy.name) {
        at.differs("strategies", Some(before), Some(after));
    }
    at.key("start", &old.start_utc_ms, &new.start_utc_ms, |ms| text(&time_of_day(*ms)));
    at.key("start-spread", &old.start_spread_ms, &new.start_spread_ms, duration);
    at.key("observe-after", &old.observe_after_ms, &new.observe_after_ms, duration);
}

/// Precisions asked for, as the language writes them.
fn precisions(plan: &Plan) -> Vec<String> {
    let said = |precision: &Precision| {
        let Precision { metric, statistic, strategy: index, relative } = precision;
        let of = index.map_or_else(String::new, |index| format!(" of {}", strategy(plan, index)));
        format!("{} {metric}{of} {}%", statistic.name(), relative * 100.0)
    };
    plan.study.precision.iter().map(said).collect()
}

pub(super) fn strategy(plan: &Plan, index: usize) -> &str {
    plan.strategies.get(index).map_or("", |strategy| &strategy.name)
}

/// `09:00`, as the language writes it; with milliseconds where there are some.
fn time_of_day(ms: u64) -> String {
    let minutes = format!("{:02}:{:02}", ms / 3_600_000, ms / 60_000 % 60);
    match ms % 60_000 {
        0 => minutes,
        rest => format!("{minutes}:{:02}.{:03}", rest / 1000, rest % 1000),
    }
}

/// A threshold with the name of its strategy.
#[derive(Clone, Copy)]
struct Named<'p> {
    threshold: &'p Threshold,
    strategy: Option<&'p str>,
}

/// Compares the thresholds, matched by metric, statistic and strategy. Where several have all of these
/// in common (a warning before the error), the same ones go together, then those of one level.
pub(super) fn thresholds(before: &Plan, after: &Plan) -> Vec<PlanChange> {
    let (mut old, mut new) = (all_named(before), all_named(after));
    let mut pairs: Vec<(Named<'_>, Named<'_>)> = Vec::new();
    let same_place = |a: &Named<'_>, b: &Named<'_>| place(a) == place(b);
    let same_level = |a: &Named<'_>, b: &Named<'_>| a.threshold.level == b.threshold.level;
    let equal = |a: &Named<'_>, b: &Named<'_>| {
        same_place(a, b) && same_level(a, b) && a.threshold.max == b.threshold.max
    };
    let mut take = |matches: &dyn Fn(&Named<'_>, &Named<'_>) -> bool| {
        old.retain(|a| match new.iter().position(|b| matches(a, b)) {
            Some(index) => {
                pairs.push((*a, new.remove(index)));
                false
            }
            None => true,
        });
    };
    take(&equal);
    take(&|a, b| same_place(a, b) && same_level(a, b));
    take(&same_place);
    let mut changes = Changes::default();
    for (a, b) in &pairs {
        let mut at = changes.at(place(a));
        at.key("max", &a.threshold.max, &b.threshold.max, |max| amount(a.threshold.metric.name, *max));
        at.key("level", &a.threshold.level, &b.threshold.level, word);
    }
    for gone in old {
        changes.whole(place(&gone), Some(amount(gone.threshold.metric.name, gone.threshold.max)), None);
    }
    for came in new {
        changes.whole(place(&came), None, Some(amount(came.threshold.metric.name, came.threshold.max)));
    }
    changes.into_list()
}

/// Compares the guards, matched by metric, statistic and strategy.
pub(super) fn guards(before: &Plan, after: &Plan) -> Vec<PlanChange> {
    let place_of = |plan: &Plan, guard: &Guard| {
        let on = guard.strategy.map(|index| strategy(plan, index));
        rule("guard", guard.statistic, guard.metric.name, on)
    };
    let listed = |plan: &Plan| -> Vec<(String, f64)> {
        plan.study.guards.iter().map(|guard| (place_of(plan, guard), guard.tolerance)).collect()
    };
    let (old, mut new) = (listed(before), listed(after));
    let mut changes = Changes::default();
    for (place, tolerance) in old {
        match new.iter().position(|(other, _)| *other == place) {
            Some(index) => {
                let (_, now) = new.remove(index);
                changes.at(place).key("tolerance", &tolerance, &now, share);
            }
            None => changes.whole(place, Some(share(&tolerance)), None),
        }
    }
    for (place, tolerance) in new {
        changes.whole(place, None, Some(share(&tolerance)));
    }
    changes.into_list()
}

fn all_named(plan: &Plan) -> Vec<Named<'_>> {
    let named = |threshold| Named { threshold, strategy: threshold_strategy(plan, threshold) };
    plan.study.thresholds.iter().map(named).collect()
}

fn threshold_strategy<'p>(plan: &'p Plan, threshold: &Threshold) -> Option<&'p str> {
    threshold.strategy.map(|index| strategy(plan, index))
}

/// What thresholds, guards and expectations promise, in no particular order, as JSON.
pub(super) fn promises(plan: &Plan) -> Vec<String> {
    let promise = |threshold: &Threshold| {
        let anywhere = Threshold { strategy: None, ..threshold.clone() };
        serde_json::json!([threshold_strategy(plan, threshold), anywhere]).to_string()
    };
    let guarded = |guard: &Guard| {
        let anywhere = Guard { strategy: None, ..guard.clone() };
        serde_json::json!([guard.strategy.map(|index| strategy(plan, index)), anywhere]).to_string()
    };
    let study = &plan.study;
    let mut promises: Vec<String> =
        study.thresholds.iter().map(promise).chain(study.guards.iter().map(guarded)).collect();
    promises.extend(expectation::promises(plan));
    promises.sort_unstable();
    promises
}

/// An amount of a metric.
pub(super) fn amount(metric: &str, max: f64) -> PlanValue {
    PlanValue::Limit { metric: metric.to_owned(), max }
}

fn place(named: &Named<'_>) -> String {
    let Threshold { metric, statistic, .. } = named.threshold;
    rule("threshold", *statistic, metric.name, named.strategy)
}

/// `threshold p99 of impaired_host_ms, strategy careful`.
pub(super) fn rule(kind: &str, statistic: Statistic, metric: &str, strategy: Option<&str>) -> String {
    let strategy = strategy.map_or_else(String::new, |name| format!(", strategy {name}"));
    format!("{kind} {} of {metric}{strategy}", statistic.name())
}
