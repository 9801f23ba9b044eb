//! Cost follows what happens: events taken from the queue, counted, so that no clock decides. Times are measured in
//! `benches/`.

use std::fmt::Write;
use wavetank::plan::Plan;
use wavetank::rollout::{Engine, Model};
use wavetank::scenario;
use wavetank::sim::Silent;

/// Regions of ten zones of so many hosts, in two waves; a tenth of a zone at a time. One host that is impaired fires
/// the alarm.
fn fleet(regions: u32, hosts_per_zone: u32) -> Plan {
    let mut text = format!(
        r#"
name = "scaling"
[study]
trials = 1
estimator = "plain"
[change]
deploy-time = {{ lognormal = {{ median = "4m", sigma = 0.3 }} }}
rollback-time = {{ lognormal = {{ median = "3m", sigma = 0.3 }} }}
bad-probability = "0%"
[[defect]]
name = "slow"
clock = "host"
onset = {{ exponential = {{ mean = "{mean_minutes}m" }} }}
[[alarm]]
name = "health"
scope = "zone"
impaired-hosts = {{ at-least = "0.001%" }}
period = "1m"
datapoints = "3 of 3"
watch = "wave"
[[strategy]]
name = "staged"
one-box = {{ hosts = 1, bake = "60m" }}
batch = "10%"
zone-bake = "30m"
zones-at-once = 1
regions-at-once = "all"
[[strategy.wave]]
name = "first"
regions = {{ count = 1 }}
bake = "4h"
[[strategy.wave]]
name = "rest"
regions = "rest"
bake = "4h"
[fleet]
name = "scaling"
"#,
        // The more hosts, the slower each: a zone of any size shows its first at the same pace.
        mean_minutes = hosts_per_zone * 20,
    );
    for region in 0..regions {
        writeln!(
            text,
            "[[fleet.region]]\nname = \"r{region}\"\nzones = 10\nhosts-per-zone = {hosts_per_zone}"
        )
        .expect("text grows");
    }
    let loaded = scenario::load_str("scaling.toml", &text);
    loaded.plan.unwrap_or_else(|| panic!("{}", loaded.problems))
}

/// Events of one rollout on average.
fn events(plan: &Plan, rollouts: u64) -> f64 {
    let model = Model::new(plan);
    let mut engine = Engine::new(&model);
    for trial in 0..rollouts {
        std::hint::black_box(engine.run(0, trial, &mut Silent));
    }
    engine.events() as f64 / rollouts as f64
}

#[test]
fn a_good_change_costs_the_same_on_any_number_of_hosts() {
    let few = events(&fleet(2, 10), 3);
    for hosts in [100, 1_000, 10_000, 100_000] {
        assert_eq!(events(&fleet(2, hosts), 3), few, "{hosts} hosts a zone");
    }
}

#[test]
fn a_bad_change_costs_what_it_strikes_not_what_it_could() {
    let bad = |hosts: u32| {
        let mut plan = fleet(2, hosts);
        plan.change.bad_probability = 1.0;
        events(&plan, 200)
    };
    let few = bad(10);
    for hosts in [100, 1_000, 100_000] {
        let many = bad(hosts);
        assert!(many < 2.0 * few && few < 2.0 * many, "{hosts} hosts a zone: {many} events, with 10: {few}");
    }
}

#[test]
fn cost_is_linear_in_zones() {
    let per_zone = |regions: u32| events(&fleet(regions, 50), 2) / f64::from(regions * 10);
    let (few, many) = (per_zone(5), per_zone(80));
    assert!((many / few - 1.0).abs() < 0.1, "{few} events a zone in 50 zones, {many} in 800");
}

#[test]
fn a_thousand_zones_and_ten_million_hosts_run() {
    let plan = fleet(100, 10_000);
    let model = Model::new(&plan);
    let outcome = Engine::new(&model).run(0, 0, &mut Silent);
    assert_eq!(outcome.peak_exposed_hosts, 10_000_000);
    assert!(outcome.is_complete());
}
