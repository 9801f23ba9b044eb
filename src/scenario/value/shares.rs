//! Named shares, { arm = "25%", gpu = "5%" }, and named points, { errors = 60, latency = 40 }.

use super::{Int, Name, Percent, schema};
use crate::scenario::reader::{Node, Read, Reader, Written};
use schemars::json_schema;
use toml::de::DeValue;

/// Shares by name, in the order of their names.
#[derive(Debug, Clone, Default)]
pub struct Shares(pub Vec<(String, Written<Percent>)>);

/// A number of points.
type PointsOfOne = Int<1, 1_000_000>;

/// Points by name, from 1, in the order of their names; the places are those of the names.
#[derive(Debug, Clone, Default)]
pub struct Points(pub Vec<(Written<Name>, u64)>);

/// Reads values by name, in the order of their names, each with its own place and that of its name.
fn by_name<T: Read>(
    node: Node<'_>,
    (what, help): (&str, &str),
    reader: &mut Reader<'_>,
) -> Option<Vec<(Written<String>, Written<T>)>> {
    let DeValue::Table(table) = node.value else { return reader.wrong_type(node, what, help) };
    let mut values = Vec::new();
    let mut complete = true;
    for (key, value) in table {
        let (name, span) = (reader.span(&key.span()), reader.span(&value.span()));
        match T::read(Node { value: value.get_ref(), span }, reader) {
            Some(value) => values
                .push((Written { value: key.get_ref().to_string(), span: name }, Written { value, span })),
            None => complete = false,
        }
    }
    values.sort_by(|a, b| a.0.value.cmp(&b.0.value));
    complete.then_some(values)
}

impl Read for Shares {
    fn read(node: Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let shares = by_name(node, ("a table of shares", "write { arm = \"25%\" }"), reader)?;
        Some(Self(shares.into_iter().map(|(name, share)| (name.value, share)).collect()))
    }
}

impl Read for Points {
    fn read(node: Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let what = ("a table of points", "write { errors = 60, latency = 40 }");
        let points = by_name::<PointsOfOne>(node, what, reader)?;
        let named = |(name, points): (Written<String>, Written<PointsOfOne>)| {
            (Written { value: Name(name.value), span: name.span }, points.value.0)
        };
        Some(Self(points.into_iter().map(named).collect()))
    }
}

schema! {
    Shares, "Shares", by name: |generator| {
        let share = generator.subschema_for::<Percent>();
        json_schema!({ "type": "object", "additionalProperties": share })
    }
}

schema! {
    Points, "Points", by name: |generator| {
        let points = generator.subschema_for::<PointsOfOne>();
        json_schema!({ "type": "object", "additionalProperties": points })
    }
}
