//! Where choices come from: a seed, or bytes that a fuzzer writes. Knows nothing of what is chosen.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Choices, one after the other.
pub enum Choices {
    /// As a seed has them: the same on every machine.
    Drawn(Box<ChaCha8Rng>),
    /// As bytes have them. Where there are no more, what is unlikely is left out and the first of a list is taken, so that
    /// fewer bytes are a smaller scenario.
    Written(std::vec::IntoIter<u8>),
}

impl Choices {
    /// Those of a seed.
    pub fn of_seed(seed: u64) -> Self {
        Self::Drawn(Box::new(ChaCha8Rng::seed_from_u64(seed)))
    }

    /// Those of bytes.
    #[allow(dead_code, reason = "only fuzzers write bytes")]
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self::Written(Vec::from(bytes).into_iter())
    }

    /// Yes, with this probability.
    pub fn chance(&mut self, probability: f64) -> bool {
        match self {
            Self::Drawn(rng) => rng.random_bool(probability),
            Self::Written(bytes) => f64::from(bytes.next().unwrap_or(0)) >= 256.0 * (1.0 - probability),
        }
    }

    /// A number from 0 that is below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        match self {
            Self::Drawn(rng) => rng.random_range(0..end),
            Self::Written(bytes) => {
                let mut next = || usize::from(bytes.next().unwrap_or(0));
                if end <= 256 { next() % end } else { (next() << 8 | next()) % end }
            }
        }
    }
}
