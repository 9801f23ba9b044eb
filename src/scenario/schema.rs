//! The JSON Schema (draft 7) of scenario files, for editors. Generated from the same definitions that
//! read the files; it checks shapes, not names or sense.

use super::spec::ScenarioSpec;
use schemars::generate::SchemaSettings;
use schemars::{Schema, json_schema};
use serde_json::{Map, Value, json};

/// One key of a table.
pub(super) struct Key {
    /// As written in the file.
    pub name: String,
    /// Whether every such table needs it.
    pub required: bool,
    /// Lines of its doc comment.
    pub doc: &'static [&'static str],
    /// What it takes.
    pub schema: Schema,
}

/// The schema of a table with exactly these keys.
pub(super) fn table(doc: &[&str], keys: Vec<Key>) -> Schema {
    let required: Vec<&str> = keys.iter().filter(|key| key.required).map(|key| key.name.as_str()).collect();
    let mut schema = json_schema!({
        "type": "object",
        "description": sentence(doc),
        "additionalProperties": false,
    });
    if !required.is_empty() {
        schema.insert("required".to_owned(), json!(required));
    }
    let mut properties = Map::new();
    for mut key in keys {
        key.schema.insert("description".to_owned(), Value::String(sentence(key.doc)));
        properties.insert(key.name, key.schema.to_value());
    }
    schema.insert("properties".to_owned(), Value::Object(properties));
    schema
}

fn sentence(lines: &[&str]) -> String {
    let lines: Vec<&str> = lines.iter().map(|line| line.trim()).collect();
    lines.join(" ")
}

/// The schema as pretty JSON with a final newline.
///
/// # Panics
/// Never: a schema is plain JSON.
#[must_use]
pub fn schema() -> String {
    let schema = SchemaSettings::draft07().into_generator().into_root_schema_for::<ScenarioSpec>();
    let text = serde_json::to_string_pretty(&schema).expect("invariant: a schema is plain JSON");
    format!("{text}\n")
}
