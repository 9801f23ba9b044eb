//! One name or several: "office", ["week", "friday"].

use super::{Name, schema};
use crate::scenario::reader::{Node, Read, Reader, Written};
use crate::scenario::rules;
use schemars::json_schema;
use toml::de::DeValue;

/// Names of things that count together; at least one.
#[derive(Debug, Clone)]
pub struct Names(pub Vec<Written<Name>>);

impl Read for Names {
    fn read(node: Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        match node.value {
            DeValue::String(_) => {
                let span = node.span;
                Name::read(node, reader).map(|value| Self(vec![Written { value, span }]))
            }
            DeValue::Array(names) if names.is_empty() => {
                reader.refuse(node, &rules::OUT_OF_RANGE, "names nothing", "write one name at least")
            }
            DeValue::Array(_) => Vec::read(node, reader).map(Self),
            _ => reader.wrong_type(node, "a name or names", "write \"office\" or [\"week\", \"friday\"]"),
        }
    }
}

schema! {
    Names, "Names", by name: |generator| {
        let name = generator.subschema_for::<Name>();
        json_schema!({ "anyOf": [name.clone(), { "type": "array", "items": name, "minItems": 1 }] })
    }
}
