//! Which keys of the language a scenario has, by the definitions of the JSON Schema.

use serde_json::Value as Json;
use std::collections::BTreeSet;
use toml::Value;

/// A key of a definition: (`Stage`, `flaky`).
pub type Key = (String, String);

/// The language's schema.
pub fn schema() -> Json {
    serde_json::from_str(&wavetank::scenario::schema()).expect("the schema is JSON")
}

/// Parts of a schema that describe one value, each with the name of its definition: the node itself, what it refers to,
/// its alternatives, the entries of a list.
fn parts<'s>(root: &'s Json, node: &'s Json, name: &str, found: &mut Vec<(String, &'s Json)>) {
    found.push((name.to_owned(), node));
    if let Some(reference) = node["$ref"].as_str() {
        let definition = reference.rsplit('/').next().unwrap_or_default();
        parts(root, &root["definitions"][definition], definition, found);
    }
    for kind in ["allOf", "anyOf", "oneOf"] {
        for alternative in node[kind].as_array().into_iter().flatten() {
            parts(root, alternative, name, found);
        }
    }
    if node["items"].is_object() {
        parts(root, &node["items"], name, found);
    }
}

/// Every key of the language.
pub fn all(root: &Json) -> BTreeSet<Key> {
    let mut keys = BTreeSet::new();
    let mut open = vec![("Scenario".to_owned(), root)];
    let mut met = BTreeSet::new();
    while let Some((name, node)) = open.pop() {
        let mut found = Vec::new();
        parts(root, node, &name, &mut found);
        for (name, part) in found {
            for (key, inner) in part["properties"].as_object().into_iter().flatten() {
                keys.insert((name.clone(), key.clone()));
                if met.insert((name.clone(), key.clone())) {
                    open.push((name.clone(), inner));
                }
            }
        }
    }
    keys
}

/// Adds the keys that a scenario has.
pub fn of(root: &Json, scenario: &toml::Table, keys: &mut BTreeSet<Key>) {
    visit(root, &mut Value::Table(scenario.clone()), &mut |key, _, _| keys.extend([key.clone()]));
}

/// Who looks at a key: what it is, the parts of its schema, its value, which may be changed.
pub type Look<'l> = dyn FnMut(&Key, &[&Json], &mut Value) + 'l;

/// Shows every key of a scenario.
pub fn visit(root: &Json, scenario: &mut Value, look: &mut Look) {
    walk(root, scenario, (root, "Scenario"), look);
}

fn walk(root: &Json, value: &mut Value, (node, name): (&Json, &str), look: &mut Look) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(|value| walk(root, value, (node, name), look)),
        Value::Table(table) => {
            let mut found = Vec::new();
            parts(root, node, name, &mut found);
            for (name, part) in found {
                for (key, inner) in table.iter_mut() {
                    let Some(schema) = part["properties"].get(key) else { continue };
                    let mut kinds = Vec::new();
                    parts(root, schema, &name, &mut kinds);
                    let kinds: Vec<&Json> = kinds.into_iter().map(|(_, kind)| kind).collect();
                    look(&(name.clone(), key.clone()), &kinds, inner);
                    walk(root, inner, (schema, &name), look);
                }
            }
        }
        _ => {}
    }
}
