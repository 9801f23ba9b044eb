//! A scenario as text: TOML, a table a block.

use std::fmt::Write;
use toml::{Table, Value};

/// The scenario's text.
pub fn write(scenario: &Table) -> String {
    let mut text = String::new();
    // A bare key belongs to the table above it, so those of the top level come first.
    for (key, value) in scenario {
        if !is_block(value) {
            let _ = writeln!(text, "{key} = {}", inline(value));
        }
    }
    for (key, value) in scenario {
        match value {
            Value::Table(table) => block(&mut text, &format!("[{key}]"), table),
            Value::Array(tables) if is_block(value) => {
                for table in tables.iter().filter_map(Value::as_table) {
                    block(&mut text, &format!("[[{key}]]"), table);
                }
            }
            _ => {}
        }
    }
    text
}

fn is_block(value: &Value) -> bool {
    match value {
        Value::Table(_) => true,
        Value::Array(values) => !values.is_empty() && values.iter().all(Value::is_table),
        _ => false,
    }
}

fn block(text: &mut String, head: &str, table: &Table) {
    let _ = writeln!(text, "{head}");
    for (key, value) in table {
        let _ = writeln!(text, "{key} = {}", inline(value));
    }
}

/// A key, in quotes where it is a path.
fn name(key: &str) -> String {
    if key.contains('.') { format!("{key:?}") } else { key.to_owned() }
}

fn inline(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{text:?}"),
        Value::Array(values) => format!("[{}]", values.iter().map(inline).collect::<Vec<_>>().join(", ")),
        Value::Table(table) => {
            let entries = table.iter().map(|(key, value)| format!("{} = {}", name(key), inline(value)));
            format!("{{ {} }}", entries.collect::<Vec<_>>().join(", "))
        }
        Value::Float(number) => format!("{number:?}"),
        Value::Integer(number) => number.to_string(),
        Value::Boolean(answer) => answer.to_string(),
        Value::Datetime(_) => unreachable!("the language has no dates of its own"),
    }
}
