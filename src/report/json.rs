//! Results as JSON: the machine-readable form of everything that is reported.

use crate::outlet;
use crate::sim::Record;
use serde::Serialize;
use serde_json::{Value, json};

/// Pretty-printed JSON, fields in declaration order, with a newline at the end.
#[must_use]
pub fn pretty<T: Serialize>(result: &T) -> Vec<u8> {
    let text = serde_json::to_string_pretty(result)
        .expect("invariant: a result holds only string keys and plain data");
    outlet::json(text + "\n").into_bytes()
}

/// One JSON object per event and line: `at_ms`, `event`, and names instead of indices. `name` is what the index in a
/// field of an event stands for; none for a number.
#[must_use]
pub fn event_lines<'r, E: Serialize + 'r>(
    records: impl IntoIterator<Item = &'r Record<E>>,
    name: impl Fn(&E, &str, usize) -> Option<String>,
) -> Vec<u8> {
    let mut out = Vec::new();
    for record in records {
        let mut line = json!(record);
        for (key, value) in line.as_object_mut().into_iter().flatten() {
            let index = value.as_u64().and_then(|index| usize::try_from(index).ok());
            if let Some(name) = index.and_then(|index| name(&record.event, key, index)) {
                *value = Value::from(name);
            }
        }
        out.extend_from_slice(outlet::json(format!("{line}\n")).as_bytes());
    }
    out
}
