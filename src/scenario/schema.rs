//! The JSON Schema (draft 7) of scenario files, for editors. Generated from the same definitions that
//! read the files; it checks shapes, not names or sense.

use super::spec::ScenarioSpec;
use schemars::generate::SchemaSettings;

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
