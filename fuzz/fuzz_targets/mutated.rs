//! A shipped scenario after mutations that the fuzzer writes: deeper than bytes get, because what is mutated is valid.
//! The input is the number of the scenario, that of another one to take lines from, and a script of `mutate`.

#![no_main]

#[path = "../mutate.rs"]
mod mutate;
#[path = "../targets.rs"]
#[allow(dead_code, reason = "each fuzzer has one target")]
mod targets;

use libfuzzer_sys::fuzz_target;

/// Scenarios that take a moment, not a second: a fuzzer tries many.
const SHIPPED: [&str; 6] = [
    include_str!("../../tests/plans/answers/responses.toml"),
    include_str!("../../scenarios/small.toml"),
    include_str!("../../scenarios/rare.toml"),
    include_str!("../../tests/plans/answers/internal-scope-zone.toml"),
    include_str!("../../tests/plans/answers/kill-switch-with-relapse.toml"),
    include_str!("../../tests/plans/answers/pipeline-overtaken-while-it-waits.toml"),
];

fuzz_target!(|input: &[u8]| {
    let [first, other, script @ ..] = input else { return };
    let text = |number: &u8| SHIPPED[usize::from(*number) % SHIPPED.len()];
    let mutated = mutate::apply(text(first), text(other), script);
    targets::check(&mutated);
    targets::study(&mutated);
});
