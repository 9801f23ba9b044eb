//! Differences between alarms.

use super::PlanValue;
use super::list::{At, Changes, distribution, duration, names, number, share, tables, text, word};
use super::pairs::{by_name, order};
use crate::plan::{Alarm, CanaryRule, Comparison, Judge, Plan, RateRule, Ratio, Signal};

/// Compares the alarms.
pub(super) fn diff(changes: &mut Changes, before: &Plan, after: &Plan) {
    let pairs = by_name(&before.alarms, &after.alarms, |alarm| &alarm.name);
    if let Some((before, after)) = order(&pairs, |alarm| &alarm.name) {
        changes.at("alarms").differs("order", Some(before), Some(after));
    }
    for pair in &pairs {
        match (pair.before, pair.after) {
            (Some((_, before)), Some((_, after))) => alarm(changes, before, after),
            (old, new) => {
                let name = old.or(new).map_or("", |(_, alarm)| &alarm.name);
                let old = old.map(|(index, _)| described(before, index));
                let new = new.map(|(index, _)| described(after, index));
                changes.whole(format!("alarm {name}"), old, new);
            }
        }
    }
}

fn alarm(changes: &mut Changes, before: &Alarm, after: &Alarm) {
    let mut at = changes.at(format!("alarm {}", before.name));
    at.key("scope", &before.scope, &after.scope, word);
    signal(&mut at, &before.signal, &after.signal);
    at.key("period", &before.period_ms, &after.period_ms, duration);
    let datapoints = |alarm: &Alarm| (alarm.datapoints_to_alarm, alarm.window);
    at.key("datapoints", &datapoints(before), &datapoints(after), |(needed, window)| {
        text(&format!("{needed} of {window}"))
    });
    at.key("publish-delay", &before.publish_delay_ms, &after.publish_delay_ms, duration);
    at.key("watch", &before.watch, &after.watch, word);
    at.key("clock", &before.clock, &after.clock, word);
    at.key("missing-data", &before.missing, &after.missing, word);
    at.key("broken", &before.broken, &after.broken, share);
    tables(&mut at, "lost-with-service", &before.lost_with_service, &after.lost_with_service);
    tables(&mut at, "internal", &before.internal, &after.internal);
}

/// Key by key where both are signals of one kind, else as a whole.
fn signal(at: &mut At<'_>, before: &Signal, after: &Signal) {
    if before == after {
        return;
    }
    match (before, after) {
        (
            Signal::ErrorRatio { threshold: a, comparison: by, min_requests: least },
            Signal::ErrorRatio { threshold: b, comparison, min_requests },
        ) if by == comparison => {
            at.key(&format!("error-ratio {}", said(*by)), a, b, ratio);
            at.key("error-ratio min-requests", least, min_requests, |count| number(&(*count as f64)));
        }
        (
            Signal::ImpairedHosts { threshold: a, comparison: by },
            Signal::ImpairedHosts { threshold: b, comparison },
        ) if by == comparison => {
            at.key(&format!("impaired-hosts {}", said(*by)), a, b, ratio);
        }
        (
            Signal::BreachProbability { healthy: a, impaired: c },
            Signal::BreachProbability { healthy: b, impaired: d },
        ) => {
            at.key("breach-probability healthy", a, b, share);
            at.key("breach-probability impaired", c, d, share);
        }
        (Signal::AnyOf(a), Signal::AnyOf(b)) if a == b => {}
        (Signal::DetectionDelay(a), Signal::DetectionDelay(b)) => {
            at.key("detection-delay", a, b, distribution);
        }
        _ => at.differs(
            "signal",
            Some(PlanValue::Parts(signal_parts(before))),
            Some(PlanValue::Parts(signal_parts(after))),
        ),
    }
}

fn signal_parts(signal: &Signal) -> Vec<(String, PlanValue)> {
    match signal {
        Signal::ErrorRatio { threshold, comparison, min_requests } => vec![
            (format!("error-ratio {}", said(*comparison)), ratio(threshold)),
            ("min-requests".to_owned(), PlanValue::Number(*min_requests as f64)),
        ],
        Signal::SlowRatio { threshold, comparison, min_requests } => vec![
            (format!("slow-ratio {}", said(*comparison)), ratio(threshold)),
            ("min-requests".to_owned(), PlanValue::Number(*min_requests as f64)),
        ],
        Signal::ErrorCount { at_least, seen } => vec![
            ("error-count at-least".to_owned(), PlanValue::Number(*at_least as f64)),
            ("seen".to_owned(), PlanValue::Share(*seen)),
        ],
        Signal::Synthetic { probes, covers, threshold, comparison } => vec![
            (format!("synthetic {}", said(*comparison)), ratio(threshold)),
            ("probes".to_owned(), PlanValue::Number(*probes as f64)),
            ("covers".to_owned(), PlanValue::Share(*covers)),
        ],
        Signal::RateRatio(rule) => rate_parts(rule),
        Signal::Canary(rule) => canary_parts(rule),
        Signal::AnyOf(parts) => vec![("any-of".to_owned(), PlanValue::Number(parts.len() as f64))],
        Signal::ImpairedHosts { threshold, comparison } => {
            vec![(format!("impaired-hosts {}", said(*comparison)), ratio(threshold))]
        }
        Signal::BreachProbability { healthy, impaired } => vec![
            ("breach-probability healthy".to_owned(), PlanValue::Share(*healthy)),
            ("impaired".to_owned(), PlanValue::Share(*impaired)),
        ],
        Signal::DetectionDelay(delay) => {
            vec![("detection-delay".to_owned(), PlanValue::Distribution(*delay))]
        }
    }
}

fn rate_parts(rule: &RateRule) -> Vec<(String, PlanValue)> {
    let mut parts = vec![(format!("rate-ratio {}", said(rule.comparison)), PlanValue::Share(rule.threshold))];
    parts.extend(rule.windows_ms.iter().map(|ms| ("window".to_owned(), duration(ms))));
    let every = rule.scrapes_per_evaluation as f64;
    parts.push(("scrapes per evaluation".to_owned(), PlanValue::Number(every)));
    parts.push(("for".to_owned(), duration(&rule.for_ms)));
    parts.push(("keep-firing-for".to_owned(), duration(&rule.keep_firing_for_ms)));
    parts
}

fn canary_parts(rule: &CanaryRule) -> Vec<(String, PlanValue)> {
    let share = |key: &str, value: f64| (key.to_owned(), PlanValue::Share(value));
    let count = |key: &str, value: f64| (key.to_owned(), PlanValue::Number(value));
    let mut parts = match rule.judge {
        Judge::Sequential { ratio, false_positive, false_negative } => vec![
            ("canary".to_owned(), text("sequential")),
            count("ratio", ratio),
            share("false-positive", false_positive),
            share("false-negative", false_negative),
        ],
        Judge::ZScore { confidence, least_ratio } => vec![
            ("canary".to_owned(), text("z-score")),
            share("confidence", confidence),
            count("least-ratio", least_ratio),
        ],
        Judge::MannWhitney { least_ratio } => {
            vec![("canary".to_owned(), text("mann-whitney")), count("least-ratio", least_ratio)]
        }
    };
    let inconclusive = if rule.fail_inconclusive { "fail" } else { "pass" };
    parts.push(("inconclusive".to_owned(), text(inconclusive)));
    parts
}

/// The key of a comparison, as the language writes it.
fn said(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Above => "above",
        Comparison::AtLeast => "at-least",
    }
}

fn ratio(ratio: &Ratio) -> PlanValue {
    PlanValue::Share(ratio.as_f64())
}

/// An alarm that came or went: what it watches, and who listens. Strategies that listen to every alarm
/// do not mention it themselves.
fn described(plan: &Plan, alarm: usize) -> PlanValue {
    let listeners: Vec<&str> = plan
        .strategies
        .iter()
        .filter(|strategy| strategy.alarms.contains(&alarm))
        .map(|strategy| strategy.name.as_str())
        .collect();
    let listeners = match listeners.len() {
        0 => text("no strategy"),
        all if all == plan.strategies.len() => text("every strategy"),
        _ => names(&listeners),
    };
    let mut parts = vec![("scope".to_owned(), word(&plan.alarms[alarm].scope))];
    parts.extend(signal_parts(&plan.alarms[alarm].signal));
    parts.push(("heard by".to_owned(), listeners));
    PlanValue::Parts(parts)
}
