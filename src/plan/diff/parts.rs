//! The change with its defects, the alarms, and the study: what of them is said in words of their own.

use super::node::{KeyTree, compare};
use super::things::{Matched, Words, by_name, order, things};
use super::value::{PlanChange, PlanValue};
use crate::ids::AlarmId;
use crate::plan::{Alarm, Defect, Plan, Precision};

/// Compares the changes and their defects.
pub(super) fn change(changes: &mut Vec<PlanChange>, before: &Plan, after: &Plan) {
    let own = |plan: &Plan| KeyTree::of(plan, &plan.change).without(&["defects"]);
    compare(changes, "change", "", (&own(before), &own(after)));
    let pairs = by_name(&before.change.defects, &after.change.defects, |defect| &defect.name);
    let unsaid: &[&str] = if only_rescaled(&pairs) { &["probability"] } else { &[] };
    let words = Words {
        name: |defect: &Defect| &defect.name,
        place: &|_, defect| format!("defect {}", defect.name),
        order: Some(("defects", "order")),
        both: &|changes, place, (before, old), (after, new)| {
            let (old, new) = (defect(before, old).without(unsaid), defect(after, new).without(unsaid));
            compare(changes, place, "", (&old, &new));
        },
        short: &|plan, _, thing| defect(plan, thing).only(&["probability", "clock", "onset"]),
    };
    things(changes, &words, (before, after), &pairs);
}

fn defect(plan: &Plan, defect: &Defect) -> KeyTree {
    let regions = KeyTree::of_field(plan, "regions", &defect.regions);
    KeyTree::of(plan, defect).without(&["name", "regions"]).with("region-label", regions)
}

/// Whether defects came or went and the others kept their weights: then their probabilities differ
/// only because the sum of the weights does, which needs no words.
fn only_rescaled(pairs: &[Matched<'_, Defect>]) -> bool {
    let mut scales = pairs
        .iter()
        .filter_map(|pair| Some((pair.before?.1.probability, pair.after?.1.probability)))
        .map(|(before, after)| after / before);
    let Some(scale) = scales.next() else { return true };
    let resized = pairs.iter().any(|pair| pair.before.is_none() || pair.after.is_none());
    resized && scales.all(|other| (other / scale - 1.0).abs() < 1e-9)
}

/// Compares the alarms.
pub(super) fn alarms(changes: &mut Vec<PlanChange>, before: &Plan, after: &Plan) {
    let words = Words {
        name: |alarm: &Alarm| &alarm.name,
        place: &|_, alarm| format!("alarm {}", alarm.name),
        order: Some(("alarms", "order")),
        both: &|changes, place, (before, old), (after, new)| {
            compare(changes, place, "", (&alarm(before, old), &alarm(after, new)));
        },
        short: &|plan, _, thing| {
            let heard_by = KeyTree::said_as(heard_by(plan, thing));
            alarm(plan, thing).with("heard by", heard_by).only(&["scope", "signal", "heard by"])
        },
    };
    things(changes, &words, (before, after), &by_name(&before.alarms, &after.alarms, words.name));
}

fn alarm(plan: &Plan, alarm: &Alarm) -> KeyTree {
    let datapoints = PlanValue::Text(format!("{} of {}", alarm.datapoints_to_alarm, alarm.window));
    let node = KeyTree::of(plan, alarm).without(&["name", "datapoints-to-alarm", "window"]);
    node.with("datapoints", KeyTree::said_as(datapoints))
}

/// Who listens to an alarm that came or went: strategies that listen to every alarm do not mention it themselves.
fn heard_by(plan: &Plan, alarm: &Alarm) -> PlanValue {
    let hears = |id: &AlarmId| plan.alarms.get(*id).is_some_and(|heard| heard.name == alarm.name);
    let listeners = plan.strategies.iter().filter(|strategy| strategy.alarms.iter().any(hears));
    let names: Vec<String> = listeners.map(|strategy| strategy.name.clone()).collect();
    match names.len() {
        0 => PlanValue::Text("no strategy".to_owned()),
        all if all == plan.strategies.len() => PlanValue::Text("every strategy".to_owned()),
        _ => PlanValue::Names(names),
    }
}

/// Compares the studies, but for what judges their numbers.
pub(super) fn study(changes: &mut Vec<PlanChange>, before: &Plan, after: &Plan) {
    let pairs = by_name(&before.strategies, &after.strategies, |strategy| &strategy.name);
    let (mut old, mut new) = (study_of(before), study_of(after));
    if let Some(orders) = order(&pairs, |strategy| &strategy.name) {
        old = old.with("strategies", KeyTree::said_as(PlanValue::Names(orders.0)));
        new = new.with("strategies", KeyTree::said_as(PlanValue::Names(orders.1)));
    }
    compare(changes, "study", "", (&old, &new));
}

fn study_of(plan: &Plan) -> KeyTree {
    let said = |text: String| KeyTree::said_as(PlanValue::Text(text));
    let precision = plan.study.precision.iter().map(|precision| precise(plan, precision)).collect();
    KeyTree::of(plan, &plan.study)
        .without(&["thresholds", "guards", "expectations", "start-utc"])
        .with("precision", KeyTree::said_as(PlanValue::Names(precision)))
        // A seed is no quantity, and may be larger than a float can hold exactly.
        .with("seed", said(plan.study.seed.to_string()))
        .with("start", said(time_of_day(plan.study.start_utc_ms)))
}

/// A precision asked for, as the language writes it.
fn precise(plan: &Plan, precision: &Precision) -> String {
    let Precision { metric, statistic, strategy, relative } = precision;
    let of = strategy.map_or_else(String::new, |index| format!(" of {}", strategy_name(plan, index)));
    format!("{} {metric}{of} {}%", statistic.name(), relative * 100.0)
}

/// The name of a strategy; empty if the plan has none there.
pub(super) fn strategy_name(plan: &Plan, index: usize) -> &str {
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
