//! Scenarios that once went wrong.

use crate::support;
use wavetank::rollout::{Engine, Model};
use wavetank::sim::Silent;

fn run_some(text: &str) -> Vec<wavetank::outcome::Outcome> {
    let loaded = wavetank::scenario::load_str("regression", text);
    let plan = loaded.plan.unwrap_or_else(|| panic!("{}", loaded.problems));
    let model = Model::new(&plan);
    let mut engine = Engine::new(&model);
    (0..20).map(|trial| engine.run(0, trial, &mut Silent)).collect()
}

#[test]
fn a_one_box_larger_than_the_wave_is_cut_to_it() {
    let outcomes = run_some(
        r#"
        [[fleet.region]]
        name = "r"
        hosts-per-zone = 100
        requests-per-second = 1000
        [[defect]]
        name = "d"
        [[alarm]]
        name = "box"
        scope = "one-box"
        error-ratio = { above = "1%" }
        [[strategy]]
        name = "s"
        one-box = { hosts = 5, bake = "10m" }
        wave = [{ regions = "all", hosts = "2%", bake = "30m" }, { regions = "all" }]
        "#,
    );
    assert!(outcomes.iter().all(|outcome| outcome.peak_exposed_hosts == 2), "caught in a one-box of 2");
}

#[test]
fn large_fixed_traffic_is_no_more_work_than_small() {
    // A sum over all counts of 3.6e9 requests would take minutes; the test would not end.
    let outcomes = run_some(
        r#"
        [fleet]
        arrivals = "fixed"
        background-error-ratio = "0.5%"
        [[fleet.region]]
        name = "r"
        hosts-per-zone = 10
        requests-per-second = 1000000
        [[defect]]
        name = "d"
        error-ratio = "3%"
        [[alarm]]
        name = "service"
        scope = "service"
        error-ratio = { above = "1%" }
        period = "1h"
        [[strategy]]
        name = "s"
        batch = 1
        zone-bake = "5h"
        wave = [{ regions = "all" }]
        "#,
    );
    assert!(outcomes.iter().all(|outcome| outcome.rollback_ms.is_some()));
}

#[test]
fn bakes_that_never_happened_do_not_count() {
    let plan = support::plan("scenarios/small.toml", &[]);
    let model = Model::new(&plan);
    let mut engine = Engine::new(&model);
    for trial in 0..200 {
        let outcome = engine.run(0, trial, &mut Silent);
        assert_eq!(outcome.bake_ms.is_some(), outcome.is_complete());
        assert!(outcome.bake_ms.is_none_or(|bake_ms| bake_ms < outcome.end_ms));
    }
}

#[test]
fn an_alarm_just_before_the_end_does_not_prolong_what_is_observed() {
    let outcomes = run_some(
        r#"
        [study]
        observe-after = "0s"
        [[fleet.region]]
        name = "r"
        hosts-per-zone = 10
        [[defect]]
        name = "d"
        clock = "host"
        onset = { uniform = { to = "65m" } }
        [[alarm]]
        name = "a"
        scope = "zone"
        watch = "deployment"
        impaired-hosts = { at-least = "90%" }
        [[strategy]]
        name = "s"
        zone-bake = "1h"
        rollback = { scope = "everything", batch = "100%", reaction-delay = "10m" }
        wave = [{ regions = "all" }]
        "#,
    );
    let too_late: Vec<_> =
        outcomes.iter().filter(|o| o.alarm_ms.is_some() && o.rollback_ms.is_none()).collect();
    assert!(!too_late.is_empty(), "some alarm fires in the last ten minutes");
    assert!(too_late.iter().all(|outcome| outcome.completed_ms == Some(outcome.end_ms)));
}
