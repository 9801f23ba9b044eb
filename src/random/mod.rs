//! Randomness: keyed streams and own samplers. The only module that names the rand crates.

pub mod distribution;

pub use distribution::Distribution;

/// A stable 64-bit hash (FNV-1a) for identities in stream keys; not for security.
#[must_use]
pub fn stable_hash(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
