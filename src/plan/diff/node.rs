//! A part of a plan as a tree of keys and values in the words of the scenario language, and the one walk that
//! compares two of them.
//!
//! What a plan serialises as is what there is to compare, so no field can be forgotten. The tables below say
//! only what cannot be told from a field's name and the shape of its value: other words, the order in which
//! keys are reported, and which numbers are shares.

use super::value::{PlanChange, PlanValue};
use crate::ids::{AlarmId, CohortId, RegionId};
use crate::plan::{HostShare, Plan, Ratio};
use crate::random::Distribution;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};

/// Keys in the order in which they are reported; all others follow in the order of the alphabet.
const ORDER: &str = "alarms rollback complete-at \
    background-error-ratio background-slow-ratio arrivals peak-utilisation scales-down-to zones hosts-per-zone \
    requests-per-second cohorts background timezone diurnal labels \
    bad-probability deploy-time stragglers straggler-time failing-hosts failure-probability rollback-failure-probability rollback-time bypass trigger-step failures progress-deadline response operators \
    scope signal period datapoints publish-delay watch probability on clock missing-data broken lost-with-service \
    internal onset reach per-request cohort region-label while trigger masked-for hurts error-ratio slow-ratio \
    drop-ratio crash damage-per-request damage-per-host-hour seen-by locks-out cure \
    regions hosts bake regions-at-once one-box batch max-unavailable zone-bake first-zone-bake zones-at-once reaction-delay to \
    above at-least min-requests trials estimator precision max-trials seed baseline strategies start \
    start-spread observe-after max min value tolerance level";

/// Fields that the language calls otherwise.
const RENAMED: [(&str, &str); 9] = [
    ("firing_alarm_blocks", "firing-at-start"),
    ("sign", "signal"),
    ("straggler_probability", "stragglers"),
    ("masked", "masked-for"),
    ("condition", "while"),
    ("missing", "missing-data"),
    ("cohort_shares", "cohorts"),
    ("target", "to"),
    ("windows_ms", "window"),
];

/// Floating-point numbers that are shares of a whole.
const SHARES: &str = "bad_probability straggler_probability failure_probability rollback_failure_probability probability \
    background_error_ratio background_slow_ratio peak_utilisation scales_down_to per_request error_ratio slow_ratio drop_ratio damage_per_request \
    peak_share_above share broken lost healthy impaired seen covers threshold false_positive false_negative \
    confidence lost_verdicts overrides wrong_change tolerance catches review_catches false_alarm misattribution";

/// Tables of the plan that the language has no word for: their keys are those of the table they stand in.
const WITHOUT_WORDS: [&str; 3] = ["symptom", "procedure", "pipeline"];

/// A key that is said only where its whole value differs.
const SIGNAL: &str = "signal";

/// Longer lists are said by how many values they have.
const MOST_LISTED: usize = 8;

/// What stands under a key of a plan.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum KeyTree {
    /// The key is not there.
    Nothing,
    /// One value.
    Leaf {
        /// As it is reported.
        said: PlanValue,
        /// To the last digit: two values that are reported alike may differ.
        exact: Value,
    },
    /// Keys and what stands under them.
    Table(Vec<(String, KeyTree)>),
}

impl KeyTree {
    /// The tree of a part of `plan`, whose names stand where the part has indices.
    pub fn of(plan: &Plan, part: &impl Serialize) -> Self {
        Self::of_field(plan, "", part)
    }

    /// The tree of a field that is called `field`.
    pub fn of_field(plan: &Plan, field: &str, part: &impl Serialize) -> Self {
        build(plan, field, &json(part))
    }

    /// A value in the caller's words; `exact` decides whether it differs.
    pub fn leaf(said: PlanValue, exact: &impl Serialize) -> Self {
        Self::Leaf { said, exact: json(exact) }
    }

    /// A value that is equal if it is said alike.
    pub fn said_as(said: PlanValue) -> Self {
        Self::leaf(said.clone(), &said)
    }

    /// The table with another key in it.
    pub fn with(self, key: &str, node: Self) -> Self {
        let mut entries = self.without(&[key]).entries();
        entries.push((key.to_owned(), node));
        table(entries)
    }

    /// The table without some of its keys.
    pub fn without(self, keys: &[&str]) -> Self {
        let mut entries = self.entries();
        entries.retain(|(key, _)| !keys.contains(&key.as_str()));
        Self::Table(entries)
    }

    /// Some keys of the table, as one value.
    pub fn only(self, keys: &[&str]) -> PlanValue {
        let mut entries = self.entries();
        entries.retain(|(key, _)| keys.contains(&key.as_str()));
        PlanValue::Parts(Self::Table(entries).parts())
    }

    fn entries(self) -> Vec<(String, Self)> {
        match self {
            Self::Table(entries) => entries,
            Self::Nothing | Self::Leaf { .. } => Vec::new(),
        }
    }

    /// All of it as one value.
    pub fn said(&self) -> Option<PlanValue> {
        match self {
            Self::Nothing => None,
            Self::Leaf { said, .. } => Some(said.clone()),
            Self::Table(_) => Some(PlanValue::Parts(self.parts())),
        }
    }

    /// Every value under its keys; a key that holds several is said with the first of them.
    fn parts(&self) -> Vec<(String, PlanValue)> {
        match self {
            Self::Nothing => Vec::new(),
            Self::Leaf { said: PlanValue::Names(names), .. } if names.is_empty() => Vec::new(),
            Self::Leaf { said, .. } => vec![(String::new(), said.clone())],
            Self::Table(entries) => entries
                .iter()
                .flat_map(|(key, node)| {
                    let mut inner = node.parts();
                    if let Some((first, _)) = inner.first_mut() {
                        *first = join(key, first);
                    }
                    inner
                })
                .collect(),
        }
    }
}

/// Notes every key under which two trees differ: the innermost one, unless only one of them has it.
pub(super) fn compare(
    changes: &mut Vec<PlanChange>,
    place: &str,
    key: &str,
    (before, after): (&KeyTree, &KeyTree),
) {
    if before == after {
        return;
    }
    // A place may lack a key that is seldom written; further in, other keys are another kind of thing.
    if let (KeyTree::Table(old), KeyTree::Table(new)) = (before, after)
        && (key.is_empty() || old.iter().map(|(key, _)| key).eq(new.iter().map(|(key, _)| key)))
    {
        let came = new.iter().filter(|(key, _)| old.iter().all(|(other, _)| other != key));
        for (index, (inner, _)) in old.iter().chain(came).enumerate() {
            // By position first: a list has no keys.
            let find = |side: &[(String, KeyTree)]| match side.get(index).filter(|(key, _)| key == inner) {
                Some((_, node)) => node.clone(),
                None => {
                    side.iter().find(|(key, _)| key == inner).map_or(KeyTree::Nothing, |(_, n)| n.clone())
                }
            };
            compare(changes, place, &join(key, inner), (&find(old), &find(new)));
        }
        return;
    }
    let (before, after) = (before.said(), after.said());
    changes.push(PlanChange { place: place.to_owned(), key: key.to_owned(), before, after });
}

fn join(key: &str, inner: &str) -> String {
    match (key, inner) {
        (SIGNAL | "", inner) if !inner.is_empty() => inner.to_owned(),
        (key, "") => key.to_owned(),
        (key, inner) => format!("{key} {inner}"),
    }
}

fn json(part: &impl Serialize) -> Value {
    serde_json::to_value(part).expect("invariant: a plan holds only string keys and finite numbers")
}

fn build(plan: &Plan, field: &str, value: &Value) -> KeyTree {
    let said = match value {
        Value::Null => return KeyTree::Nothing,
        Value::Bool(true) if field == "firing_alarm_blocks" => PlanValue::Text("wait".to_owned()),
        Value::Bool(yes) => PlanValue::Text(yes.to_string()),
        Value::String(word) => PlanValue::Text(word.clone()),
        Value::Number(number) => match name(plan, field, number) {
            Some(name) => return KeyTree::said_as(PlanValue::Text(name)),
            None => amount(field, number),
        },
        Value::Array(list) => return array(plan, field, list),
        Value::Object(fields) => match quantity(value) {
            Some(quantity) => quantity,
            None => return object(plan, fields),
        },
    };
    KeyTree::leaf(said, value)
}

/// What is a table only to serde: a distribution, a count or share of hosts, a ratio.
fn quantity(value: &Value) -> Option<PlanValue> {
    if let Ok(distribution) = Distribution::deserialize(value) {
        return Some(PlanValue::Distribution(distribution));
    }
    match HostShare::deserialize(value) {
        Ok(HostShare::Count(count)) => return Some(PlanValue::Number(f64::from(count))),
        Ok(HostShare::Share(ratio)) => return Some(PlanValue::Share(ratio.as_f64())),
        Ok(rounded @ (HostShare::Rounded { .. } | HostShare::AllBut(_))) => {
            return Some(PlanValue::Text(rounded.to_string()));
        }
        Err(_) => {}
    }
    Ratio::deserialize(value).ok().map(|ratio| PlanValue::Share(ratio.as_f64()))
}

fn amount(field: &str, number: &Number) -> PlanValue {
    let float = number.as_f64().unwrap_or(0.0);
    match number.as_u64() {
        Some(ms) if field.ends_with("_ms") => PlanValue::DurationMs(ms),
        Some(limit) if field.ends_with("_at_once") && limit == u64::from(u32::MAX) => {
            PlanValue::Text("all".to_owned())
        }
        _ if SHARES.split_whitespace().any(|share| share == field) => PlanValue::Share(float),
        _ => PlanValue::Number(float),
    }
}

/// The name of what an index refers to.
fn name(plan: &Plan, field: &str, index: &Number) -> Option<String> {
    let index = usize::try_from(index.as_u64()?).ok()?;
    match field {
        "alarms" | "ambient_alarm" | "seen_by" | "losing" | "any-of" | "parts" => {
            Some(plan.alarms.get(AlarmId::new(index))?.name.clone())
        }
        "regions" => Some(plan.fleet.regions.get(RegionId::new(index))?.name.clone()),
        "cohort" | "covers" => plan.fleet.cohorts.get(CohortId::new(index)).cloned(),
        "baseline" => Some(plan.strategies.get(index)?.name.clone()),
        _ => None,
    }
}

/// Names; or a table by the names of its things; or a table without keys.
fn array(plan: &Plan, field: &str, list: &[Value]) -> KeyTree {
    let named = |value: &Value| match value {
        Value::Number(number) => name(plan, field, number),
        value => value.as_str().map(str::to_owned),
    };
    if let Some(names) = list.iter().map(named).collect::<Option<Vec<String>>>() {
        return KeyTree::said_as(PlanValue::Names(names));
    }
    let key = |value: &Value| value["name"].as_str().unwrap_or_default().to_owned();
    if list.len() > MOST_LISTED && list.iter().any(|value| key(value).is_empty()) {
        return KeyTree::leaf(PlanValue::Text(format!("{} values", list.len())), &list);
    }
    let entry = |value: &Value| {
        let node = build(plan, field, value);
        let is_thing = matches!(node, KeyTree::Table(_));
        (key(value), if is_thing { node.without(&["name"]) } else { node })
    };
    KeyTree::Table(list.iter().map(entry).collect())
}

fn object(plan: &Plan, fields: &Map<String, Value>) -> KeyTree {
    // `threshold` with a `comparison` beside it is one key: `above` or `at-least`.
    let comparison = fields.get("comparison").and_then(Value::as_str);
    let mut entries = Vec::with_capacity(fields.len());
    for (field, value) in fields {
        match (field.as_str(), comparison, build(plan, field, value)) {
            ("comparison", ..) => {}
            ("threshold", Some(comparison), limit) => entries.push((comparison.to_owned(), limit)),
            (field, _, KeyTree::Table(inner)) if WITHOUT_WORDS.contains(&field) => entries.extend(inner),
            (field, _, node) => entries.push((words(field), node)),
        }
    }
    table(entries)
}

fn words(field: &str) -> String {
    match RENAMED.iter().find(|(name, _)| *name == field) {
        Some((_, words)) => (*words).to_owned(),
        None => field.trim_end_matches("_ms").replace('_', "-"),
    }
}

/// A table with its keys in the order of the reports.
fn table(mut entries: Vec<(String, KeyTree)>) -> KeyTree {
    let rank = |key: &str| ORDER.split_whitespace().position(|word| word == key).unwrap_or(usize::MAX);
    entries.sort_by_key(|(key, _)| rank(key));
    KeyTree::Table(entries)
}
