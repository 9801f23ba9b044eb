//! Diagnostics as SARIF 2.1.0, the format that code scanning services read.
//!
//! Only what those services use is written. Nothing depends on the day or the machine: equal files give
//! equal bytes.

use super::path::uri;
use super::problem::{Diagnostic, Label, sorted};
use super::rule::Rule;
use super::source::Sources;
use crate::outlet;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// The problems of all files as one SARIF log, pretty-printed with a newline at the end. A file is its
/// name as the user wrote it, its problems, and the texts they point into. Each problem is reported
/// once, even if several files include its place.
#[must_use]
pub fn to_sarif(files: &[(&str, &[Diagnostic], &Sources)]) -> Vec<u8> {
    let rules = occurring_rules(files);
    let mut results = Vec::new();
    let mut seen = BTreeSet::new();
    for (file, diagnostics, sources) in files {
        for diagnostic in sorted(diagnostics) {
            let result = result(file, diagnostic, sources, &rules);
            if seen.insert(pretty(&result)) {
                results.push(result);
            }
        }
    }
    let driver = Driver {
        name: "wavetank",
        version: env!("CARGO_PKG_VERSION"),
        semantic_version: env!("CARGO_PKG_VERSION"),
        rules: rules.into_iter().map(descriptor).collect(),
    };
    let run = Run { tool: Tool { driver }, column_kind: "unicodeCodePoints", results };
    let text = pretty(&Log { schema: SCHEMA, version: "2.1.0", runs: [run] });
    outlet::json(text + "\n").into_bytes()
}

fn pretty<T: Serialize>(value: &T) -> String {
    serde_json::to_string_pretty(value).expect("invariant: only string keys")
}

/// The rules that are broken somewhere, by identifier.
fn occurring_rules(files: &[(&str, &[Diagnostic], &Sources)]) -> Vec<&'static Rule> {
    let mut rules: Vec<&'static Rule> =
        files.iter().flat_map(|(_, diagnostics, _)| diagnostics.iter().map(|found| found.rule)).collect();
    rules.sort_by_key(|rule| rule.id);
    rules.dedup_by_key(|rule| rule.id);
    rules
}

fn descriptor(rule: &'static Rule) -> Descriptor {
    let why = rule.why();
    let help = format!(
        "{why}\n\nNot so:\n\n{}\n\nbut so:\n\n{}",
        rule.bad_example().trim_end(),
        rule.good_example().trim_end()
    );
    Descriptor {
        id: rule.id,
        name: rule.name,
        short_description: message(rule.summary()),
        full_description: message(why),
        help: message(help),
        default_configuration: json!({ "level": rule.severity.name() }),
    }
}

fn result(file: &str, diagnostic: &Diagnostic, sources: &Sources, rules: &[&'static Rule]) -> SarifResult {
    let primary = diagnostic.primary();
    // A file that could not be read has no text to point into, but services refuse what has no place.
    let place = primary.map_or_else(
        || Physical { artifact_location: json!({ "uri": uri(file) }), region: SarifRegion::START },
        |label| physical(label, sources),
    );
    let others =
        diagnostic.labels.iter().filter(|label| primary.is_none_or(|first| !std::ptr::eq(*label, first)));
    let related = others.enumerate().map(|(id, label)| Location {
        id: Some(id),
        physical_location: physical(label, sources),
        message: Some(message(if label.text.is_empty() { "see also" } else { label.text.as_str() })),
    });
    SarifResult {
        rule_id: diagnostic.rule.id,
        rule_index: rules
            .iter()
            .position(|rule| rule.id == diagnostic.rule.id)
            .expect("invariant: every rule that occurs is listed"),
        level: diagnostic.severity.name(),
        message: message(diagnostic.message_and_help()),
        locations: [Location { id: None, physical_location: place, message: None }],
        related_locations: related.collect(),
        suppressions: diagnostic.allowed.iter().map(suppression).collect(),
    }
}

/// That the file itself accepts the problem, and why.
fn suppression(reason: &String) -> Value {
    json!({ "kind": "inSource", "justification": reason })
}

fn physical(label: &Label, sources: &Sources) -> Physical {
    let start = sources.position(label.file, label.range.start);
    let end = sources.position(label.file, label.range.end.max(label.range.start));
    let region = SarifRegion {
        start_line: start.line,
        start_column: start.column,
        end_line: end.line,
        end_column: end.column,
    };
    Physical { artifact_location: json!({ "uri": uri(sources.name(label.file)) }), region }
}

#[derive(Serialize)]
struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Tool,
    column_kind: &'static str,
    results: Vec<SarifResult>,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    version: &'static str,
    semantic_version: &'static str,
    rules: Vec<Descriptor>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    id: &'static str,
    name: &'static str,
    short_description: Value,
    full_description: Value,
    help: Value,
    default_configuration: Value,
}

/// A `result` of SARIF.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifResult {
    rule_id: &'static str,
    rule_index: usize,
    level: &'static str,
    message: Value,
    locations: [Location; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suppressions: Vec<Value>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    physical_location: Physical,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Value>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Value,
    region: SarifRegion,
}

/// Lines and columns from 1; the end is the column after the last character.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifRegion {
    start_line: usize,
    start_column: usize,
    end_line: usize,
    end_column: usize,
}

impl SarifRegion {
    /// The first character of a file.
    const START: Self = Self { start_line: 1, start_column: 1, end_line: 1, end_column: 1 };
}

/// A `message` of SARIF.
fn message(text: impl Into<String>) -> Value {
    json!({ "text": text.into() })
}
