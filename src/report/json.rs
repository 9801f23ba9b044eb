//! The summary as JSON: the machine-readable result.

use crate::study::Summary;

/// Pretty-printed JSON of the summary, fields in declaration order, with a newline at the end.
#[must_use]
pub fn summary(summary: &Summary) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(summary)
        .expect("invariant: a summary holds only string keys and finite numbers");
    bytes.push(b'\n');
    bytes
}
