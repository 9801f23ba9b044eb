//! Diagnostics as JSON for `check --format json` and editors. The keys are a stable interface.

use super::problem::{Diagnostic, sorted};
use super::source::Sources;
use serde_json::{Value, json};

/// An array with one object a problem: `rule`, `name`, `severity`, `message`, `file`, `line`, `column`
/// and `help`; the last four are null where there is nothing to say. What the
/// scenario accepts has its `reason` besides. Lines and columns count from 1.
#[must_use]
pub fn to_json(diagnostics: &[Diagnostic], sources: &Sources) -> Value {
    sorted(diagnostics).into_iter().map(|diagnostic| object(diagnostic, sources)).collect()
}

fn object(diagnostic: &Diagnostic, sources: &Sources) -> Value {
    let label = diagnostic.primary();
    let position = label.map(|label| sources.position(label.file, label.range.start));
    let mut object = json!({
        "rule": diagnostic.rule.id,
        "name": diagnostic.rule.name,
        "severity": diagnostic.severity.name(),
        "message": diagnostic.message,
        "file": label.map(|label| sources.name(label.file)),
        "line": position.map(|position| position.line),
        "column": position.map(|position| position.column),
        "help": diagnostic.help,
    });
    if let Some(reason) = &diagnostic.allowed {
        object["reason"] = json!(reason);
    }
    object
}
