//! `[[variant]]` and `[[claim]]` as written: what a scenario is to show, and what it is held against.

use super::study::{Limit, MetricName};
use crate::plan::claim::Relation;
use crate::plan::study::Statistic;
use crate::scenario::reader::{Field, Node, Read, Reader, Written};
use crate::scenario::table::spec;
use crate::scenario::value::{Name, Percent, Text, schema};
use crate::scenario::words::words;
use schemars::json_schema;
use toml::de::DeValue;

spec! {
    /// The scenario with other values at some keys, or another scenario, or without stages of the pipeline.
    pub struct VariantSpec {
        /// Unique name, for example "one at a time".
        required name: Name,
        /// Values in place of those that are written: { "pipeline.rollouts" = "one-at-a-time" }. A path goes by keys, entries
        /// of lists by their names; through the `scenario` of a stage it leads into that one's files.
        optional set: NewValues,
        /// Another scenario file, relative to this file, in place of this one.
        optional scenario: Text,
        /// Stages of the pipeline that every revision passes by.
        optional without: Vec<Written<Name>>,
    }

    /// What the scenario is to show: `wavetank claim` simulates it, and prints the sentence with the numbers that came out.
    pub struct ClaimSpec {
        /// The claim in one sentence, without the full stop. `{harm.of}`, `{harm.than}`, `{harm.times}`, `{harm.difference}`
        /// and `{harm.share}` stand for numbers of the comparison named "harm", with their intervals.
        required sentence: Text,
        /// Whose claim it is.
        optional source: Text,
        /// What of the claim is not modelled, and what would have to be true.
        optional unsupported: Text,
        /// Paths of the values that it rests on: `wavetank claim --vary` halves and doubles each.
        optional carried_by: Vec<Written<Text>>,
        /// The comparisons that make it; all must hold.
        optional shows: Vec<Written<ShowsSpec>>,
    }

    /// One comparison: of two sides, or of one with what was said of it.
    pub struct ShowsSpec {
        /// Name for the sentence.
        required name: Name,
        /// Name of the metric.
        required metric: MetricName,
        /// Statistic over trials. Default: "mean".
        optional statistic: Statistic,
        /// Whose value: a strategy, or { strategy, variant, metric, statistic }. Default: the study's baseline.
        optional of: WrittenSide,
        /// "less" or "more" than the other side.
        optional is: Relation,
        /// The other side: a strategy, or a table as in `of`.
        optional than: WrittenSide,
        /// The least value that fits the claim, in the unit of a threshold's `max`; excludes `is` and `than`.
        optional at_least: Limit,
        /// The largest value that fits the claim; excludes `is` and `than`.
        optional at_most: Limit,
        /// In this share of changes at least it is so, change by change, instead of by the statistic.
        optional in_at_least: Percent,
    }

    /// One side of a comparison.
    pub struct SideSpec {
        /// Strategy. Default: the study's baseline.
        optional strategy: Name,
        /// Variant. Default: the scenario as it is.
        optional variant: Name,
        /// Another metric than that of the comparison, of the same unit.
        optional metric: MetricName,
        /// Another statistic than that of the comparison.
        optional statistic: Statistic,
    }
}

/// A side: its strategy alone, or a table.
#[derive(Debug, Clone)]
pub struct WrittenSide(pub SideSpec);

impl Read for WrittenSide {
    fn read(node: Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        match node.value {
            DeValue::Table(_) => SideSpec::read(node, reader).map(Self),
            _ => Name::read(node, reader).map(|value| {
                let strategy = Field::Given(Written { value, span: node.span });
                Self(SideSpec { strategy, ..SideSpec::default() })
            }),
        }
    }
}

schema! {
    WrittenSide, "SideOrStrategy", in place: |generator| {
        let name = generator.subschema_for::<Name>();
        let table = generator.subschema_for::<SideSpec>();
        json_schema!({ "anyOf": [name, table] })
    }
}

/// Values by path, each in TOML as it is to stand in the scenario.
#[derive(Debug, Clone, Default)]
pub struct NewValues(pub Vec<(Written<String>, String)>);

impl Read for NewValues {
    fn read(node: Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let DeValue::Table(table) = node.value else {
            let help = "write { \"change.bad-probability\" = \"5%\" }";
            return reader.wrong_type(node, "a table of values by path", help);
        };
        let mut values: Vec<(Written<String>, String)> = table
            .iter()
            .map(|(key, value)| {
                let path = Written { value: key.get_ref().to_string(), span: reader.span(&key.span()) };
                (path, toml_of(value.get_ref()))
            })
            .collect();
        values.sort_by(|a, b| a.0.value.cmp(&b.0.value));
        Some(Self(values))
    }
}

/// A value in one piece of TOML.
fn toml_of(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => quoted(text),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(yes) => yes.to_string(),
        DeValue::Datetime(date) => date.to_string(),
        DeValue::Array(entries) => {
            let entries: Vec<String> = entries.iter().map(|entry| toml_of(entry.get_ref())).collect();
            format!("[{}]", entries.join(", "))
        }
        DeValue::Table(table) => {
            let entry = |key: &str, value: &DeValue<'_>| format!("{} = {}", quoted(key), toml_of(value));
            let entries: Vec<String> =
                table.iter().map(|(key, value)| entry(key.get_ref(), value.get_ref())).collect();
            format!("{{ {} }}", entries.join(", "))
        }
    }
}

/// A text in double quotes: what JSON escapes TOML reads the same way.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

schema! {
    NewValues, "NewValues", by name:
    json_schema!({ "type": "object" })
}

words! {
    Relation { Less, More }
}
