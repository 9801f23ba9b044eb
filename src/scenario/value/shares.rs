//! Named shares: { arm = "25%", gpu = "5%" }.

use super::{Percent, schema};
use crate::scenario::reader::{Node, Read, Reader, Written};
use schemars::json_schema;
use toml::de::DeValue;

/// Shares by name, in the order of their names.
#[derive(Debug, Clone, Default)]
pub struct Shares(pub Vec<(String, Written<Percent>)>);

impl Read for Shares {
    fn read(node: Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let DeValue::Table(table) = node.value else {
            return reader.wrong_type(node, "a table of shares", "write { arm = \"25%\" }");
        };
        let mut shares = Vec::new();
        let mut complete = true;
        for (key, value) in table {
            let span = reader.span(&value.span());
            match Percent::read(Node { value: value.get_ref(), span }, reader) {
                Some(value) => shares.push((key.get_ref().to_string(), Written { value, span })),
                None => complete = false,
            }
        }
        shares.sort_by(|a, b| a.0.cmp(&b.0));
        complete.then_some(Self(shares))
    }
}

schema! {
    Shares, "Shares", by name: |generator| {
        let share = generator.subschema_for::<Percent>();
        json_schema!({ "type": "object", "additionalProperties": share })
    }
}
