//! A valid scenario that the fuzzer chooses key by key, held to all laws of rollouts and pipelines: where texts hardly
//! get. The first byte says whether it has a pipeline, the others are choices of the generator.

#![no_main]

#[path = "../../tests/it/strange/generator/mod.rs"]
#[allow(dead_code, reason = "tests draw from seeds")]
mod generator;
#[path = "../../tests/it/strange/laws/mod.rs"]
#[allow(dead_code, reason = "tests keep panics quiet")]
mod laws;
#[path = "../../tests/it/strange/text.rs"]
mod text;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let [kind, choices @ ..] = input else { return };
    let choices = generator::Choices::of_bytes(choices);
    let scenario = if kind % 4 == 0 {
        generator::with_pipeline_of(choices)
    } else {
        generator::scenario_of(choices)
    };
    let scenario = text::write(&scenario);
    let Ok(plan) = wavetank::Plan::parse("valid.toml", &scenario) else { return };
    let fault = laws::broken(&plan).or_else(|| laws::broken_by_pipeline(&plan));
    assert!(fault.is_none(), "{}\n{scenario}", fault.unwrap_or_default());
});
