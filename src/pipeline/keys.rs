//! How the keys and indices of random streams are laid out, so that no two draws share one. Draws nothing.

use crate::ids::StageId;

/// First number of waves in keys: stages count from 0, waves down from 255.
const LAST_WAVE: u64 = 255;

/// Index of draws about defects, in streams whose low indices belong to revisions.
pub(super) const DEFECT_INDEX: u64 = 1 << 40;
/// Index of the draw how long a rollback takes, in streams whose lower indices belong to waves.
pub(super) const ROLLBACK_INDEX: u64 = 1 << 41;
/// Keys of activations: beside those of their prepares, above any number of changes.
pub(super) const ACTIVATION: u64 = 1 << 39;
/// Keys of merges that are not the source's own lie far above any number of changes: one such step for each revert.
pub(super) const REVERT: u64 = 1 << 40;
/// Reverts that have nobody to blame.
pub(super) const NOBODY: u64 = 1 << 53;
/// A reverted change that is merged again.
pub(super) const AGAIN: u64 = 1 << 54;
/// Tells the keys of components behind the first from those of revisions.
pub(super) const COMPONENT: u64 = u64::from_le_bytes(*b"componen");
/// Bits of a key that tell attempts of one revision apart.
pub(super) const ATTEMPT_BITS: u32 = 8;

/// Key of what happens to an identity in a stage.
pub(super) fn of_stage(key: u64, stage: StageId) -> u64 {
    key << 8 | stage.index() as u64
}

/// Key of what happens to an identity in a wave.
pub(super) fn of_wave(key: u64, wave: usize) -> u64 {
    key << 8 | (LAST_WAVE - wave as u64)
}
