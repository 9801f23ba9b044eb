//! Real outages as scenarios: what was published comes out of the simulation, and staging does what it would have.

use std::collections::BTreeMap;
use wavetank::outcome::Outcome;
use wavetank::study::origin::Origin;
use wavetank::study::verdict::Verdict;

use crate::support;

/// The strategy that meets the incident with an alarm that nobody shaped after it.
const STANDARD: &str = "standard-alarm";

/// Outcomes by strategy name, after holding the scenario to everything that it says was published.
fn reproduced(id: &str, expectations: usize) -> BTreeMap<String, Vec<Outcome>> {
    let plan = support::plan(&format!("scenarios/incidents/{id}.toml"), &[]);
    let outcomes = wavetank::study::run(&plan, &wavetank::study::Nobody).unwrap();
    let summary = wavetank::study::summarise(&plan, &outcomes);
    let published = summary.expectations.iter().filter(|held| held.strategy != STANDARD);
    assert_eq!(published.count(), expectations, "{id}");
    for held in summary.expectations.iter().filter(|held| held.strategy != STANDARD) {
        println!(
            "{id} {} {}: published {}, simulated {:?} {:?}",
            held.strategy, held.metric, held.published, held.simulated, held.verdict
        );
        assert_eq!(held.verdict, Verdict::Pass, "{id}: {held:#?}");
        assert!(held.n > 0, "{id}: {held:#?}");
    }
    plan.strategies.iter().map(|strategy| strategy.name.clone()).zip(outcomes.by_strategy).collect()
}

#[test]
fn the_standard_alarm_finds_out_at_another_time_than_was_published() {
    let standard = support::plan("scenarios/hands-off.toml", &[]);
    let shape = |alarm: &wavetank::plan::Alarm| {
        (
            alarm.signal.clone(),
            alarm.period_ms,
            alarm.datapoints_to_alarm,
            alarm.window,
            alarm.publish_delay_ms,
        )
    };
    let named = |plan: &wavetank::plan::Plan, name: &str| {
        plan.alarms.iter().find(|alarm| alarm.name == name).map(shape).unwrap()
    };
    // docs/validation.md has these numbers.
    for (id, off) in [
        ("cloudflare-2019-07-02", 17.0),
        ("cloudflare-2022-06-21", -30.0),
        ("gcp-service-control-2025-06-12", 78.0),
    ] {
        let mut plan = support::plan(&format!("scenarios/incidents/{id}.toml"), &[]);
        assert_eq!(named(&plan, "standard-region-errors"), named(&standard, "region-errors"), "{id}");
        plan.strategies.retain(|strategy| strategy.name == STANDARD);
        plan.study.baseline = 0;
        let expectation = plan.study.expectations.pop().unwrap();
        plan.study.expectations = vec![wavetank::plan::Expectation { strategy: 0, ..expectation }];
        let outcomes = wavetank::study::run(&plan, &wavetank::study::Nobody).unwrap();
        let held = wavetank::study::expectation::judge(&plan, &outcomes).remove(0);
        let share = 100.0 * held.relative_deviation.unwrap();
        assert_eq!(share.round(), off, "{id}: {held:#?}");
        assert_ne!(held.verdict, Verdict::Pass);
    }
}

#[test]
fn what_validates_the_model_is_counted() {
    let docs = std::fs::read_to_string(support::project("docs/validation.md")).unwrap();
    // The other two take a minute each.
    for id in
        ["cloudflare-2019-07-02", "cloudflare-2022-06-21", "gce-2016-04-11", "gcp-service-control-2025-06-12"]
    {
        let mut plan = support::plan(&format!("scenarios/incidents/{id}.toml"), &[]);
        plan.study.trials = 60;
        let outcomes = wavetank::study::run(&plan, &wavetank::study::Nobody).unwrap();
        let results = wavetank::study::expectation::judge_with_origins(&plan, &outcomes);
        let count = |origin| results.iter().filter(|result| result.origin == Some(origin)).count();
        let [emergent, sums, given] = [Origin::Emergent, Origin::SumOfInputs, Origin::Given].map(count);
        let row = format!("| {id} | {emergent} | {sums} | {given} |");
        assert!(docs.contains(&row), "docs/validation.md has no `{row}`");
    }
}

fn worst(outcomes: &[Outcome], of: impl Fn(&Outcome) -> u64) -> u64 {
    outcomes.iter().map(of).max().unwrap()
}

fn median(outcomes: &[Outcome], of: impl Fn(&Outcome) -> u64) -> u64 {
    let mut values: Vec<u64> = outcomes.iter().map(of).collect();
    values.sort_unstable();
    values[(values.len() - 1) / 2]
}

#[test]
fn a_rule_that_eats_all_cpu_stops_at_the_first_stage() {
    let by = reproduced("cloudflare-2019-07-02", 5);
    assert_eq!(worst(&by["stages-of-software"], |o| o.peak_impaired_hosts), 20, "the dogfood stage");
    assert_eq!(worst(&by["stages-of-software"], |o| u64::from(o.peak_impaired_regions)), 1);
    let harm = |name: &str| median(&by[name], |o| o.impaired_host_ms);
    assert!(harm("automatic-rollback-only") * 5 < harm("as-deployed"), "people took 22 of 27 minutes");
}

#[test]
fn a_class_of_sites_in_the_last_stage_needs_one_of_its_own_in_the_first() {
    let by = reproduced("cloudflare-2022-06-21", 6);
    assert_eq!(worst(&by["one-site-of-each-class-first"], |o| u64::from(o.peak_impaired_zones)), 1);
    assert_eq!(median(&by["commit-confirm"], |o| u64::from(o.peak_impaired_zones)), 19, "order, not speed");
}

#[test]
fn updates_past_the_pipeline_stop_at_nothing() {
    let by = reproduced("datadog-2023-03-08", 5);
    assert_eq!(worst(&by["through-the-pipeline"], |o| u64::from(o.peak_impaired_regions)), 1);
    assert_eq!(median(&by["one-forgotten-channel"], |o| u64::from(o.peak_impaired_regions)), 5);
}

#[test]
fn a_lost_verdict_and_redundancy_hide_a_push_to_its_end() {
    let by = reproduced("gce-2016-04-11", 5);
    assert!(
        by["verdict-heard"].iter().all(|o| o.failed_requests == 0.0),
        "nobody outside would have noticed"
    );
    assert_eq!(worst(&by["verdict-heard"], |o| u64::from(o.peak_impaired_zones)), 1);
    let failed = |name: &str| by[name].iter().map(|o| o.failed_requests).sum::<f64>();
    assert!(failed("stop-at-first-symptom") * 5.0 < failed("as-deployed"));
}

#[test]
fn waves_of_code_do_not_help_where_data_wakes_the_fault() {
    let by = reproduced("gcp-service-control-2025-06-12", 5);
    let harm = |name: &str| median(&by[name], |o| o.impaired_host_ms);
    assert_eq!(harm("code-in-more-waves"), harm("as-deployed"), "to the millisecond: no wave uses the path");
    assert_eq!(worst(&by["data-in-waves"], |o| u64::from(o.peak_impaired_regions)), 1);
    assert!(harm("data-in-waves") * 100 < harm("as-deployed"));
}

#[test]
fn a_cache_hides_a_fault_from_a_bake_shorter_than_it_lives() {
    let by = reproduced("openai-2024-12-11", 5);
    assert!(
        by["one-large-cluster-first"].iter().all(|o| o.onset_ms.is_none()),
        "the control plane tells in time"
    );
    assert!(by["short-bake-and-customers-errors"].iter().all(|o| o.onset_ms.is_some()));
    let exposed = |name: &str| median(&by[name], |o| o.peak_exposed_hosts);
    assert!(exposed("short-bake-and-customers-errors") > 10 * exposed("one-large-cluster-first"));
}
