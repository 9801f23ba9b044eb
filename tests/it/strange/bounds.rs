//! Every key at the least and the greatest value that the schema gives it, in scenarios that are strange already. The ends
//! are read from the schema, so that none is forgotten and none is of yesterday.

use super::keys::{self, Key};
use super::texts::{fault, smaller};
use super::{generator, laws, plan_of, text};
use crate::support;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use toml::Value;

/// Scenarios in which one key is tried at one end.
const TIMES: u32 = 2;

/// Scenarios that are looked through for keys, at most.
const SCENARIOS: u32 = 300;

/// A key, and how its end is written.
type End = (Key, String);

/// The ends of a value by a part of its schema.
fn ends(part: &Json) -> Vec<Value> {
    let number = |limit: &Json| match part["type"].as_str() {
        Some("integer") => limit.as_i64().map(Value::Integer),
        _ => limit.as_f64().map(Value::Float),
    };
    let texts: &[&str] = match part["pattern"].as_str().unwrap_or_default() {
        percent if percent.starts_with("^[0-9]{1,3}") => &["0%", "0.000000001%", "99.999999999%", "100%"],
        duration if duration.contains("|ms)") => &["0s", "1ms", "3650d"],
        _ => &[],
    };
    let texts = texts.iter().map(|text| Value::String((*text).to_owned()));
    let least = part.get("exclusiveMinimum").map(|_| Value::Float(f64::MIN_POSITIVE));
    let limits = ["minimum", "maximum"].iter().filter_map(|limit| number(&part[*limit]));
    limits.chain(least).chain(texts).collect()
}

/// The scenarios that this one becomes with one value at one of its ends, each with which that is.
fn at_their_ends(root: &Json, scenario: &Value) -> Vec<(End, Value)> {
    let mut found = Vec::new();
    let mut number = 0;
    keys::visit(root, &mut scenario.clone(), &mut |key, parts, _| {
        let all = parts.iter().flat_map(|part| ends(part));
        found.extend(all.map(|end| (number, (key.clone(), format!("{end:?}")), end)));
        number += 1;
    });
    let with = |(wanted, end, value): (usize, End, Value)| {
        let (mut changed, mut number) = (scenario.clone(), 0);
        keys::visit(root, &mut changed, &mut |_, _, there| {
            if number == wanted {
                *there = value.clone();
            }
            number += 1;
        });
        (end, changed)
    };
    found.into_iter().map(with).collect()
}

#[test]
#[ignore = "takes minutes: run it by name, with --ignored"]
fn no_key_at_its_end_breaks_a_law() {
    let quiet = laws::quiet_panics();
    let root = keys::schema();
    let (first, count) = support::seeds(SCENARIOS);
    // How often each was tried, and how often it was valid.
    let mut tried = BTreeMap::<End, (u32, u32)>::new();
    let mut found = None;
    for seed in first..first + u64::from(count) {
        let scenario = Value::Table(generator::with_pipeline(seed));
        for (end, changed) in at_their_ends(&root, &scenario) {
            let known = tried.entry(end.clone()).or_default();
            let Some(changed) = changed.as_table().filter(|_| known.1 < TIMES && known.0 < 4 * TIMES) else {
                continue;
            };
            known.0 += 1;
            known.1 += u32::from(plan_of(changed).is_some());
            let text = text::write(changed);
            found = found.or_else(|| Some((seed, end, fault(&text)?, text)));
        }
        if found.is_some() {
            break;
        }
    }
    drop(quiet);
    let never: Vec<&End> = tried.iter().filter(|(_, times)| times.1 == 0).map(|(end, _)| end).collect();
    println!("{} ends, of which {} never were valid: {never:?}", tried.len(), never.len());
    if let Some((seed, end, fault, text)) = found {
        panic!("seed {seed}, {end:?}: {fault}\n{}", smaller(text));
    }
    assert!(tried.len() > 200, "only {} ends were found", tried.len());
    assert!(never.len() * 3 < tried.len(), "most ends are refused: {never:?}");
}
