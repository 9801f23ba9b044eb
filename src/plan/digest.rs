//! The plan's fingerprint, printed in every artefact: equal digests mean equal studies.

use super::whole::Plan;
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

#[cfg(test)]
mod tests {
    use crate::report::sample;

    #[test]
    fn digest_moves_with_anything_that_decides_a_result() {
        let plan = sample::plan();
        assert_eq!(plan.digest(), sample::plan().digest());
        assert_eq!(plan.digest().len(), 16);
        let mut other = plan.clone();
        other.study.seed += 1;
        assert_ne!(plan.digest(), other.digest());
        let mut other = plan.clone();
        other.strategies[3].waves[1].bake_ms += 1;
        assert_ne!(plan.digest(), other.digest());
    }
}
