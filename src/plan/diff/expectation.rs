//! Differences between what two plans expect. Where a number comes from is said to people and decides nothing.

use super::list::{At, Changes, share, word};
use super::study::{amount, rule, strategy};
use super::{PlanChange, PlanValue};
use crate::plan::{Expectation, Plan, Tolerance};

/// An expectation under its place: `expectation p50 of duration_ms, strategy careful`.
struct Placed<'p> {
    place: String,
    expectation: &'p Expectation,
}

/// Compares the expectations, matched by metric, statistic and strategy. Where several have all of these in
/// common (two sources that disagree), the same ones go together, then those of one source.
pub(super) fn diff(before: &Plan, after: &Plan) -> Vec<PlanChange> {
    let (mut old, mut new) = (placed(before), placed(after));
    let mut pairs: Vec<(Placed<'_>, Placed<'_>)> = Vec::new();
    let equal = |a: &Placed<'_>, b: &Placed<'_>| promise(a) == promise(b);
    let same_source = |a: &Placed<'_>, b: &Placed<'_>| a.expectation.source == b.expectation.source;
    let mut take = |matches: &dyn Fn(&Placed<'_>, &Placed<'_>) -> bool| {
        for a in std::mem::take(&mut old) {
            match new.iter().position(|b| a.place == b.place && matches(&a, b)) {
                Some(index) => pairs.push((a, new.remove(index))),
                None => old.push(a),
            }
        }
    };
    take(&equal);
    take(&same_source);
    take(&|_, _| true);
    let mut changes = Changes::default();
    for (a, b) in pairs {
        let metric = a.expectation.metric.name;
        let (a, b, mut at) = (a.expectation, b.expectation, changes.at(a.place));
        at.key("value", &a.value, &b.value, |value| amount(metric, *value));
        room(&mut at, metric, a.tolerance, b.tolerance);
        at.key("level", &a.level, &b.level, word);
    }
    for gone in old {
        changes.whole(gone.place, Some(amount(gone.expectation.metric.name, gone.expectation.value)), None);
    }
    for came in new {
        changes.whole(came.place, None, Some(amount(came.expectation.metric.name, came.expectation.value)));
    }
    changes.into_list()
}

/// What is expected, in no particular order, as JSON.
pub(super) fn promises(plan: &Plan) -> Vec<String> {
    placed(plan).iter().map(promise).collect()
}

fn promise(placed: &Placed<'_>) -> String {
    let anywhere = Expectation { strategy: 0, source: String::new(), ..placed.expectation.clone() };
    serde_json::json!([placed.place, anywhere]).to_string()
}

fn placed(plan: &Plan) -> Vec<Placed<'_>> {
    let place = |expectation: &Expectation| {
        let on = strategy(plan, expectation.strategy);
        rule("expectation", expectation.statistic, expectation.metric.name, Some(on))
    };
    plan.study
        .expectations
        .iter()
        .map(|expectation| Placed { place: place(expectation), expectation })
        .collect()
}

/// Notes another tolerance under the key that it has now.
fn room(at: &mut At<'_>, metric: &str, before: Tolerance, after: Tolerance) {
    let say = |tolerance: &Tolerance| -> PlanValue {
        match tolerance {
            Tolerance::Relative(part) => share(part),
            Tolerance::Within(room) => amount(metric, *room),
        }
    };
    let key = match after {
        Tolerance::Relative(_) => "tolerance",
        Tolerance::Within(_) => "within",
    };
    at.key(key, &before, &after, say);
}
