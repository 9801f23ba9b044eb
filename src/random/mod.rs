//! Randomness: keyed streams and own samplers.
//!
//! Everything is a pure function of (seed, stratum, trial, purpose, entity, index). It must never read a
//! clock, the operating system's entropy or the platform's math library.

mod binomial;
mod chacha;
pub mod distribution;
pub mod normal;
pub mod slowest;
pub mod stream;

pub use binomial::binomial;
pub use chacha::LANES;
pub use distribution::{Distribution, survival_of_largest};
pub use slowest::SlowestOf;
pub use stream::{Purpose, Sequence, Stream, Streams};

/// A stable 64-bit hash (FNV-1a) for identities in stream keys; not for security.
#[must_use]
pub fn stable_hash(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Mixes identities into one, order-sensitive: FNV-1a over their bytes.
#[must_use]
pub fn mix(parts: &[u64]) -> u64 {
    let mut bytes = [0; 8];
    parts.iter().fold(0xcbf2_9ce4_8422_2325, |hash, part| {
        bytes.copy_from_slice(&part.to_le_bytes());
        bytes.iter().fold(hash, |h: u64, byte| (h ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
    })
}
