//! Integers within bounds and real numbers, which TOML may write as either type.

use super::schema;
use crate::scenario::reader::{Node, Read, Reader};
use crate::scenario::rules;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use std::borrow::Cow;
use std::ops::RangeInclusive;
use toml::de::DeValue;

/// The largest number that a key takes; far above any rate or weight, far below overflow.
const MAX_NUMBER: f64 = 1e12;

/// An integer from `MIN` to `MAX`.
#[derive(Debug, Clone, Copy)]
pub struct Int<const MIN: u64, const MAX: u64>(pub u64);

/// A finite number greater than 0.
#[derive(Debug, Clone, Copy)]
pub struct Positive(pub f64);

/// A finite number, 0 or greater.
#[derive(Debug, Clone, Copy)]
pub struct NonNegative(pub f64);

/// A finite number of either sign.
#[derive(Debug, Clone, Copy)]
pub struct Real(pub f64);

/// Reads an integer within `range`; `wanted` has its article.
pub(super) fn read_integer(
    node: Node<'_>,
    range: RangeInclusive<u64>,
    wanted: &str,
    reader: &mut Reader<'_>,
) -> Option<u64> {
    let DeValue::Integer(number) = node.value else {
        let help = format!("write a whole number, as in {}", range.start().max(&1));
        return reader.wrong_type(node, wanted, help);
    };
    let value =
        u64::from_str_radix(number.as_str(), number.radix()).ok().filter(|value| range.contains(value));
    if value.is_none() {
        let limits = match (*range.start(), *range.end()) {
            (low, u64::MAX) => format!("at least {low}"),
            (low, high) => format!("from {low} to {high}"),
        };
        out_of_range(node, &limits, reader);
    }
    value
}

/// Reads a real number written as an integer or a decimal.
fn read_real(node: Node<'_>, reader: &mut Reader<'_>) -> Option<f64> {
    let value = match node.value {
        DeValue::Integer(number) if number.radix() == 10 => number.as_str().parse().ok(),
        DeValue::Integer(number) => {
            u64::from_str_radix(number.as_str(), number.radix()).ok().map(|n| n as f64)
        }
        DeValue::Float(number) => number.as_str().parse().ok(),
        _ => return reader.wrong_type(node, "a number", "write a plain number, as in 1.5"),
    };
    let value = value.filter(|value: &f64| value.is_finite() && value.abs() <= MAX_NUMBER);
    if value.is_none() {
        out_of_range(node, "a finite number up to 10^12", reader);
    }
    value
}

/// Reports a number outside its limits.
fn out_of_range(node: Node<'_>, limits: &str, reader: &mut Reader<'_>) {
    let message = format!("`{}` must be {limits}", reader.key());
    reader.report(rules::OUT_OF_RANGE.at(node.span, message));
}

impl<const MIN: u64, const MAX: u64> Read for Int<MIN, MAX> {
    fn read(node: Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        read_integer(node, MIN..=MAX, "a whole number", reader).map(Self)
    }
}

impl Read for Positive {
    fn read(node: Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        real_where(node, |value| value > 0.0, "greater than 0", reader).map(Self)
    }
}

impl Read for Real {
    fn read(node: Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        read_real(node, reader).map(Self)
    }
}

impl Read for NonNegative {
    fn read(node: Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        real_where(node, |value| value >= 0.0, "0 or greater", reader).map(Self)
    }
}

/// Reads a real number that must be `limits`, which `is_within` checks.
fn real_where(
    node: Node<'_>,
    is_within: fn(f64) -> bool,
    limits: &str,
    reader: &mut Reader<'_>,
) -> Option<f64> {
    let value = read_real(node, reader)?;
    if !is_within(value) {
        out_of_range(node, limits, reader);
        return None;
    }
    Some(value)
}

impl<const MIN: u64, const MAX: u64> JsonSchema for Int<MIN, MAX> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Int{MIN}To{MAX}").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        if MAX == u64::MAX {
            json_schema!({ "type": "integer", "minimum": MIN })
        } else {
            json_schema!({ "type": "integer", "minimum": MIN, "maximum": MAX })
        }
    }
}

schema! {
    Positive, "Positive", in place:
    json_schema!({ "type": "number", "exclusiveMinimum": 0, "maximum": MAX_NUMBER })
}

schema! {
    NonNegative, "NonNegative", in place:
    json_schema!({ "type": "number", "minimum": 0, "maximum": MAX_NUMBER })
}
