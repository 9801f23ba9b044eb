//! A shipped scenario after mutations that the fuzzer writes: deeper than bytes get, because what is mutated is valid.
//! The input is the number of the scenario, that of another one to take lines from, and a script of `mutate`.

#![no_main]

#[path = "../mutate.rs"]
mod mutate;
#[path = "../targets.rs"]
#[allow(dead_code, reason = "each fuzzer has one target")]
mod targets;

use libfuzzer_sys::fuzz_target;

const SHIPPED: [&str; 6] = [
    include_str!("../../scenarios/hands-off.toml"),
    include_str!("../../scenarios/small.toml"),
    include_str!("../../scenarios/rare.toml"),
    include_str!("../../scenarios/amazon-pipeline.toml"),
    include_str!("../../tests/plans/answers/hang-onoff.toml"),
    include_str!("../../tests/plans/answers/quadratic-zone.toml"),
];

fuzz_target!(|input: &[u8]| {
    let [first, other, script @ ..] = input else { return };
    let text = |number: &u8| SHIPPED[usize::from(*number) % SHIPPED.len()];
    let mutated = mutate::apply(text(first), text(other), script);
    targets::check(&mutated);
    targets::study(&mutated);
});
