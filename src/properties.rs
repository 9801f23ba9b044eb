//! How many random cases a property test looks at, and which. Shared by unit tests and integration tests; nothing else.
//!
//! Every run looks at the same cases, so that a failure is one for everybody. The nightly run sets the seed and more
//! cases in the environment; a test that fails then says how to repeat it.

use proptest::test_runner::{Config, RngSeed};

/// A seed for all property tests, a number.
const SEED: &str = "WAVETANK_PROPERTY_SEED";

/// How many times as many cases each looks at, a number.
const CASES: &str = "WAVETANK_PROPERTY_CASES";

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.trim().parse().unwrap_or_else(|_| panic!("{variable} is a whole number, not `{text}`")))
}

/// So many random cases of a property.
pub fn cases(cases: u32) -> Config {
    let seed = number(SEED);
    if let Some(seed) = seed {
        let name = std::thread::current().name().unwrap_or_default().to_owned();
        let times = number(CASES).unwrap_or(1);
        // Shown only if the test fails.
        println!("to repeat: {SEED}={seed} {CASES}={times} cargo test {name}");
    }
    Config {
        cases: cases.saturating_mul(number(CASES).unwrap_or(1) as u32),
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(seed.unwrap_or(0x005e_a7e5)),
        ..Config::default()
    }
}

/// The first of so many seeds, for tests that draw their own cases.
#[allow(dead_code, reason = "unit tests have no use for it")]
pub fn seeds(count: u32) -> (u64, u32) {
    let first = number(SEED).map_or(0, |seed| seed << 20);
    (first, count.saturating_mul(number(CASES).unwrap_or(1) as u32))
}
