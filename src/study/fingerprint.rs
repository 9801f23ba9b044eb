//! A fingerprint of outcomes, to tell whether a program still gives the numbers that it gave.

use crate::random::{mix, stable_hash};
use serde::Serialize;

/// A fingerprint of outcomes: FNV-1a 64, as 16 hex digits. It finds differences; it does not resist forgery.
#[must_use]
pub fn fingerprint(outcomes: &[impl Serialize]) -> String {
    let hashes: Vec<u64> = outcomes
        .iter()
        .map(|outcome| {
            stable_hash(&serde_json::to_vec(outcome).expect("invariant: an outcome has only finite numbers"))
        })
        .collect();
    format!("{:016x}", mix(&hashes))
}
