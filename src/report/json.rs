//! Results as JSON: the machine-readable form of everything that is reported.

use serde::Serialize;

/// Pretty-printed JSON, fields in declaration order, with a newline at the end.
#[must_use]
pub fn pretty<T: Serialize>(result: &T) -> Vec<u8> {
    let mut bytes =
        serde_json::to_vec_pretty(result).expect("invariant: a result holds only string keys and plain data");
    bytes.push(b'\n');
    bytes
}
