//! Collects differences, and says values in the language's terms.

use super::{PlanChange, PlanValue};
use crate::plan::HostShare;
use crate::random::Distribution;
use serde::Serialize;
use serde_json::Value;

/// The differences found so far.
#[derive(Default)]
pub(super) struct Changes(Vec<PlanChange>);

impl Changes {
    /// Collects for one place.
    pub fn at(&mut self, place: impl Into<String>) -> At<'_> {
        At { changes: self, place: place.into() }
    }

    /// A place that came (`before` is absent) or went.
    pub fn whole(&mut self, place: impl Into<String>, before: Option<PlanValue>, after: Option<PlanValue>) {
        self.push(PlanChange { place: place.into(), key: String::new(), before, after });
    }

    /// Adds one.
    pub fn push(&mut self, change: PlanChange) {
        self.0.push(change);
    }

    /// Everything in the order in which it was found.
    pub fn into_list(self) -> Vec<PlanChange> {
        self.0
    }
}

/// A place whose keys are being compared.
pub(super) struct At<'c> {
    changes: &'c mut Changes,
    place: String,
}

impl At<'_> {
    /// Notes `key` if its values differ; `say` gives them their unit.
    pub fn key<T: PartialEq + ?Sized>(
        &mut self,
        key: &str,
        before: &T,
        after: &T,
        say: impl Fn(&T) -> PlanValue,
    ) -> &mut Self {
        if before != after {
            self.differs(key, Some(say(before)), Some(say(after)));
        }
        self
    }

    /// Notes `key` with these values.
    pub fn differs(&mut self, key: &str, before: Option<PlanValue>, after: Option<PlanValue>) {
        self.changes.push(PlanChange { place: self.place.clone(), key: key.to_owned(), before, after });
    }
}

/// A duration.
pub(super) fn duration(ms: &u64) -> PlanValue {
    PlanValue::DurationMs(*ms)
}

/// A share of a whole.
pub(super) fn share(share: &f64) -> PlanValue {
    PlanValue::Share(*share)
}

/// A number.
pub(super) fn number(number: &f64) -> PlanValue {
    PlanValue::Number(*number)
}

/// A count of things.
pub(super) fn count(count: usize) -> PlanValue {
    PlanValue::Number(count as f64)
}

/// A count or a share of a zone's hosts.
pub(super) fn hosts(hosts: &HostShare) -> PlanValue {
    match hosts {
        HostShare::Count(count) => PlanValue::Number(f64::from(*count)),
        HostShare::Share(ratio) => PlanValue::Share(ratio.as_f64()),
    }
}

/// A limit on how many things go at once.
pub(super) fn at_once(limit: &u32) -> PlanValue {
    if *limit == u32::MAX { text("all") } else { PlanValue::Number(f64::from(*limit)) }
}

/// A distribution.
pub(super) fn distribution(distribution: &Distribution) -> PlanValue {
    PlanValue::Distribution(*distribution)
}

/// Words.
pub(super) fn text(text: &str) -> PlanValue {
    PlanValue::Text(text.to_owned())
}

/// Names in their order.
pub(super) fn names<S: AsRef<str>>(names: &[S]) -> PlanValue {
    PlanValue::Names(names.iter().map(|name| name.as_ref().to_owned()).collect())
}

/// A keyword: enums of the plan serialise as the language writes them.
pub(super) fn word<T: Serialize>(keyword: &T) -> PlanValue {
    match serde_json::to_value(keyword) {
        Ok(serde_json::Value::String(word)) => PlanValue::Text(word),
        other => unreachable!("invariant: a keyword serialises as a string, not as {other:?}"),
    }
}

/// Notes every leaf in which two parts of a plan differ, under its path of keys: for tables that matter too
/// rarely to have words of their own.
pub(super) fn tables<T: Serialize>(at: &mut At<'_>, path: &str, before: &T, after: &T) {
    let value = |side: &T| serde_json::to_value(side).expect("invariant: a plan holds finite numbers");
    leaves(at, path, &value(before), &value(after));
}

fn leaves(at: &mut At<'_>, path: &str, before: &Value, after: &Value) {
    if before == after {
        return;
    }
    match (before, after) {
        (Value::Object(old), Value::Object(new)) if !is_distribution(old) && old.keys().eq(new.keys()) => {
            for (key, value) in old {
                leaves(at, format!("{path} {key}").trim(), value, &new[key]);
            }
        }
        _ => {
            let key = path.replace("_ms", "").replace('_', "-");
            let is_time = path.ends_with("_ms");
            let say = |value: &Value| if value.is_null() { None } else { Some(leaf(value, is_time)) };
            at.differs(&key, say(before), say(after));
        }
    }
}

fn is_distribution(table: &serde_json::Map<String, Value>) -> bool {
    let families = ["fixed", "exponential", "lognormal", "weibull", "uniform"];
    table.len() == 1 && table.keys().all(|key| families.contains(&key.as_str()))
}

fn leaf(value: &Value, is_time: bool) -> PlanValue {
    match value {
        Value::Object(table) if is_distribution(table) => known_distribution(value)
            .map_or_else(|| PlanValue::Text(value.to_string()), PlanValue::Distribution),
        Value::Number(number) if is_time => PlanValue::DurationMs(number.as_u64().unwrap_or(0)),
        Value::Number(number) => PlanValue::Number(number.as_f64().unwrap_or(0.0)),
        Value::String(word) => PlanValue::Text(word.clone()),
        other => PlanValue::Text(other.to_string()),
    }
}

fn known_distribution(value: &Value) -> Option<Distribution> {
    let number = |family: &str, key: &str| value[family][key].as_f64();
    if let Some(ms) = value["fixed"]["ms"].as_u64() {
        return Some(Distribution::Fixed { ms });
    }
    if let Some(mean_ms) = number("exponential", "mean_ms") {
        return Some(Distribution::Exponential { mean_ms });
    }
    if let (Some(median_ms), Some(sigma)) = (number("lognormal", "median_ms"), number("lognormal", "sigma")) {
        return Some(Distribution::Lognormal { median_ms, sigma });
    }
    if let (Some(scale_ms), Some(shape)) = (number("weibull", "scale_ms"), number("weibull", "shape")) {
        return Some(Distribution::Weibull { scale_ms, shape });
    }
    let (from_ms, to_ms) = (number("uniform", "from_ms")?, number("uniform", "to_ms")?);
    Some(Distribution::Uniform { from_ms, to_ms })
}

/// Values under their keys.
pub(super) fn parts<const N: usize>(parts: [(&str, PlanValue); N]) -> PlanValue {
    PlanValue::Parts(parts.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}
