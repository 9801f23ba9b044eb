//! Any file of another tool: see `targets::imported`. The first byte says in which language it is.

#![no_main]

#[path = "../targets.rs"]
#[allow(dead_code, reason = "each fuzzer has one target")]
mod targets;

use libfuzzer_sys::fuzz_target;

/// Names by whose endings the language is told.
const NAMES: [&str; 4] = ["a.yaml", "a.json", "a.toml", "a.hcl"];

fuzz_target!(|input: &[u8]| {
    let [language, text @ ..] = input else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    targets::imported(&[(NAMES[usize::from(*language) % NAMES.len()], text)]);
});
