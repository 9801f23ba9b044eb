//! Any text: see `targets::check`.

#![no_main]

#[path = "../targets.rs"]
#[allow(dead_code, reason = "each fuzzer has one target")]
mod targets;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = targets::check(text);
});
