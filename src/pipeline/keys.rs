//! How the keys and indices of random streams are laid out, so that no two draws share one. Draws nothing.

use crate::ids::StageId;
use crate::random::mix;

/// First number of waves in keys: stages count from 0, waves down from 255.
const LAST_WAVE: u64 = 255;

/// Index of draws about defects, in streams whose low indices belong to revisions.
pub(super) const DEFECT_INDEX: u64 = 1 << 40;
/// Index of the draw how long a rollback takes, in streams whose lower indices belong to waves.
pub(super) const ROLLBACK_INDEX: u64 = 1 << 41;
/// Keys of activations: beside those of their prepares, above any number of changes.
pub(super) const ACTIVATION: u64 = 1 << 39;
/// Keys of merges that are not the source's own lie far above any number of changes: one such step for each revert.
const REVERT: u64 = 1 << 40;
/// Reverts that have nobody to blame.
pub(super) const NOBODY: u64 = 1 << 53;
/// A reverted change that is merged again.
const AGAIN: u64 = 1 << 54;
/// Tells the keys of components behind the first from those of revisions.
pub(super) const COMPONENT: u64 = u64::from_le_bytes(*b"componen");
/// Bits of a key that tell the first attempts of one revision apart.
const ATTEMPT_BITS: u32 = 8;
/// Tells the keys of later attempts from those of revisions.
const LATE_ATTEMPT: u64 = u64::from_le_bytes(*b"attempts");

/// Key of the next revert of a change that was taken out so often.
pub(super) fn of_revert(key: u64, reverts: u64) -> u64 {
    key + REVERT * (1 + reverts)
}

/// Key of a change that is merged again after it was taken out so often.
pub(super) fn of_again(key: u64, reverts: u64) -> u64 {
    (key + REVERT * reverts) | AGAIN
}

/// Key of an attempt to roll out an identity.
pub(super) fn of_attempt(key: u64, attempt: u32) -> u64 {
    let attempt = u64::from(attempt);
    if attempt >> ATTEMPT_BITS == 0 {
        key << ATTEMPT_BITS | attempt
    } else {
        mix(&[LATE_ATTEMPT, key, attempt])
    }
}

/// Number of a run of an attempt in a stage: a stage repeats fewer runs than this can count.
pub(super) fn of_run(attempt: u32, run: u32) -> u32 {
    attempt << ATTEMPT_BITS | run
}

/// Key of what happens to an identity in a stage.
pub(super) fn of_stage(key: u64, stage: StageId) -> u64 {
    key << 8 | stage.index() as u64
}

/// Key of what happens to an identity in a wave.
pub(super) fn of_wave(key: u64, wave: usize) -> u64 {
    key << 8 | (LAST_WAVE - wave as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wave_of_every_identity_has_a_key_of_its_own() {
        let waves = (0..40).flat_map(|key| (0..20).map(move |wave| of_wave(key, wave)));
        let stages = (0..40).flat_map(|key| (0..20).map(move |stage| of_stage(key, StageId::new(stage))));
        let mut all: Vec<u64> = waves.chain(stages).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 2 * 40 * 20, "waves count down from the last number, stages up");
    }

    #[test]
    fn every_attempt_has_a_key_of_its_own_however_often_a_revision_begins_again() {
        let mut all: Vec<u64> =
            (0..4).flat_map(|key| (0..1_000).map(move |attempt| of_attempt(key, attempt))).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 4_000);
    }

    /// Also where what was merged again is taken out and merged once more.
    #[test]
    fn what_is_merged_again_is_never_taken_for_a_revert() {
        let source = [0, 1, 2, ACTIVATION, 1 | ACTIVATION];
        let reverts: Vec<u64> =
            source.iter().flat_map(|key| (0..6).map(move |reverts| of_revert(*key, reverts))).collect();
        for (key, times) in source.iter().flat_map(|key| (1..4).map(move |times| (*key, times))) {
            let again = of_again(key, times);
            for merged in [again, of_again(again, 1), of_again(of_again(again, 1), 1)] {
                assert!(!reverts.contains(&merged) && !source.contains(&merged), "{key} {times}");
            }
        }
    }
}
