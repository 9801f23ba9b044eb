//! What must hold of any text: it is refused with reasons, or it is a plan that can be looked at and simulated. Shared by
//! the fuzzers of this folder and by tests on stable Rust. Panics are finds; nothing here runs for long, whatever the
//! text says.

use std::collections::BTreeMap;
use wavetank::import::{ForeignFile, import};
use wavetank::lints::look_ahead;
use wavetank::plan::Plan;
use wavetank::report::imported as report;
use wavetank::report::plan_view;
use wavetank::rollout::{Engine, Model};
use wavetank::scenario::{Loaded, load_str};
use wavetank::sim::Silent;

/// Events of a simulated trial.
const EVENTS: u64 = 20_000;

/// Changes that a pipeline may have that is simulated.
const CHANGES: f64 = 500.0;

/// The text is read, and its problems are shown.
pub fn read(text: &str) -> Loaded {
    let loaded = load_str("fuzzed.toml", text);
    let shown = loaded.problems.to_string();
    assert_eq!(
        loaded.plan.is_none(),
        loaded.problems.errors() > 0,
        "no plan if and only if an error:\n{shown}"
    );
    loaded
}

/// What `check` says of it.
pub fn check(text: &str) -> Loaded {
    let loaded = look_ahead(read(text));
    let places = loaded.problems.to_json();
    assert_eq!(places.as_array().map_or(0, Vec::len), loaded.problems.list().len());
    loaded
}

/// What `plan` shows of it.
pub fn plan(text: &str) -> Option<Plan> {
    let plan = read(text).plan?;
    let _ = plan_view::document(&plan);
    let _ = plan_view::json(&plan);
    Some(plan)
}

/// A few trials of each strategy, in which what the lazy search finds is what there is, and a short pipeline.
pub fn study(text: &str) {
    let Some(plan) = read(text).plan else { return };
    let model = Model::new(&plan);
    let mut lazy = Engine::new(&model).with_event_limit(EVENTS);
    let mut exhaustive = Engine::exhaustive(&model).with_event_limit(EVENTS);
    for strategy in 0..plan.strategies.len().min(3) {
        for trial in 0..2 {
            let Ok(outcome) = lazy.try_run(strategy, trial, &mut Silent) else { continue };
            assert_eq!(lazy.try_run(strategy, trial, &mut Silent).as_ref(), Ok(&outcome), "the same again");
            if let Ok(expected) = exhaustive.try_run(strategy, trial, &mut Silent) {
                assert_eq!(outcome, expected, "lazy equals exhaustive");
            }
        }
    }
    let Some(pipeline) = &plan.pipeline else { return };
    let is_short = pipeline.line.merges() < CHANGES && pipeline.others.iter().all(is_short);
    if is_short && plan.fleet.hosts() < 1_000 {
        let _ = wavetank::study::pipeline::replay(&plan, pipeline, 0, 0);
    }
}

/// Files of other tools are refused with reasons, or become a scenario that is accepted and whose strategies run. Returns
/// whether they do.
pub fn imported(files: &[(&str, &str)]) -> bool {
    let file = |(name, text): &(&str, &str)| ForeignFile {
        name: (*name).to_owned(),
        bytes: text.as_bytes().to_vec(),
    };
    let files: Vec<ForeignFile> = files.iter().map(file).collect();
    let imported = import(&files, &BTreeMap::new(), Vec::new());
    let shown = imported.render(false);
    if !imported.is_sound() {
        assert!(!shown.is_empty(), "refused without a reason");
        return false;
    }
    let text = imported.scenario("wavetank import");
    let _ = (report::document(&imported), report::json(&imported, Some(&text)));
    let loaded = load_str("imported.toml", &text);
    let Some(plan) = loaded.plan else { panic!("no scenario: {}\n{text}", loaded.problems) };
    let model = Model::new(&plan);
    let mut engine = Engine::new(&model).with_event_limit(EVENTS);
    for strategy in 0..plan.strategies.len().min(3) {
        let _ = engine.try_run(strategy, 0, &mut Silent);
    }
    true
}

fn is_short(other: &Plan) -> bool {
    other.pipeline.as_ref().is_none_or(|pipeline| pipeline.line.merges() < CHANGES)
}
