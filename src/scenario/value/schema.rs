//! How the values of keys are described in the JSON schema of scenario files.

use schemars::Schema;

/// The schema of a string that matches a regular expression.
pub fn string_pattern(pattern: &str, description: &str) -> Schema {
    schemars::json_schema!({ "type": "string", "pattern": pattern, "description": description })
}

/// Describes a type: in place wherever it is used, or once by its name. A schema that is made of others has the generator
/// that knows them.
macro_rules! schema {
    ($type:ty, $name:literal, in place: $($schema:tt)+) => {
        $crate::scenario::value::schema! { @ $type, $name, true, $($schema)+ }
    };
    ($type:ty, $name:literal, by name: $($schema:tt)+) => {
        $crate::scenario::value::schema! { @ $type, $name, false, $($schema)+ }
    };
    (@ $type:ty, $name:literal, $inline:literal, |$generator:ident| $schema:expr) => {
        impl schemars::JsonSchema for $type {
            fn inline_schema() -> bool {
                $inline
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                $name.into()
            }

            fn json_schema($generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                $schema
            }
        }
    };
    (@ $type:ty, $name:literal, $inline:literal, $schema:expr) => {
        $crate::scenario::value::schema! { @ $type, $name, $inline, |_generator| $schema }
    };
}
pub(crate) use schema;
