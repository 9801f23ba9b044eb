//! One value or several of its kind: { per-host = "1h" }, [{ … }, { … }].

use crate::scenario::reader::{Node, Read, Reader, Written};
use crate::scenario::rules;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use std::borrow::Cow;
use toml::de::DeValue;

/// Values that go together, in order; at least one. One alone is written without brackets or with them.
#[derive(Debug, Clone)]
pub struct Several<T>(pub Vec<Written<T>>);

impl<T: Read> Read for Several<T> {
    fn read(node: Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        match node.value {
            DeValue::Array(values) if values.is_empty() => reader.refuse(
                node,
                &rules::OUT_OF_RANGE,
                "has nothing in it",
                "write one at least, or leave it out",
            ),
            DeValue::Array(_) => Vec::read(node, reader).map(Self),
            _ => T::read(node, reader).map(|value| Self(vec![Written { value, span: node.span }])),
        }
    }
}

impl<T: JsonSchema> JsonSchema for Several<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Several{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [one.clone(), { "type": "array", "items": one, "minItems": 1 }] })
    }
}
