//! The plan's fingerprint, printed in every artefact: equal digests mean equal studies.

use super::Plan;
use crate::random::stable_hash;

impl Plan {
    /// FNV-1a 64 of the resolved plan's JSON, as 16 hex digits. It covers everything that decides a
    /// result (fleet, change, alarms, strategies, trials, seed) and nothing of how the file was
    /// written. It finds mix-ups; it does not resist forgery.
    #[must_use]
    pub fn digest(&self) -> String {
        let json =
            serde_json::to_vec(self).expect("invariant: a plan holds only string keys and finite numbers");
        format!("{:016x}", stable_hash(&json))
    }
}
