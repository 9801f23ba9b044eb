//! How the values of keys are described in the JSON schema of scenario files.

use schemars::Schema;

/// The schema of a string that matches a regular expression.
pub(super) fn string_pattern(pattern: &str, description: &str) -> Schema {
    schemars::json_schema!({ "type": "string", "pattern": pattern, "description": description })
}

/// Describes a type without parameters: in place wherever it is used, or once by its name.
macro_rules! schema {
    ($type:ty, $name:literal, in place: $schema:expr) => {
        $crate::scenario::value::schema::schema! { $type, $name, true, $schema }
    };
    ($type:ty, $name:literal, by name: $schema:expr) => {
        $crate::scenario::value::schema::schema! { $type, $name, false, $schema }
    };
    ($type:ty, $name:literal, $inline:literal, $schema:expr) => {
        impl schemars::JsonSchema for $type {
            fn inline_schema() -> bool {
                $inline
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                $name.into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                $schema
            }
        }
    };
}
pub(super) use schema;
