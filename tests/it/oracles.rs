//! Closed forms: small scenarios with known answers, run by the real engine.
//!
//! Acceptance: |z| <= 4.5 at a fixed seed (a right engine fails a fresh seed with probability 7e-6 a
//! row), exact rows exactly. Every mutant below is an edit of the scenario that makes the engine
//! behave as a wrong engine would; the same row must then be rejected, which shows that the sample
//! size can tell.

use crate::support::{self, ACCEPT, Edits, accept, oracle, reject};
use std::collections::BTreeMap;
use wavetank::outcome::Outcome;

const MINUTE: f64 = 60_000.0;

fn run(file: &str, edits: Edits) -> Vec<Outcome> {
    let plan = support::plan(&format!("tests/oracles/{file}"), edits);
    let outcomes = wavetank::study::run(&plan, &wavetank::study::Nobody).unwrap();
    outcomes.by_strategy.into_iter().next().unwrap()
}

/// z of a share of trials against its probability.
fn z_share(outcomes: &[Outcome], p: f64, hit: impl Fn(&Outcome) -> bool) -> f64 {
    let n = outcomes.len() as f64;
    let share = outcomes.iter().filter(|outcome| hit(outcome)).count() as f64 / n;
    (share - p) / (p * (1.0 - p) / n).sqrt()
}

/// z of a mean against its value, in the sample's standard errors.
fn z_mean(values: &[f64], mean: f64) -> f64 {
    let n = values.len() as f64;
    let average = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - average) * (v - average)).sum::<f64>() / (n - 1.0);
    (average - mean) / (variance / n).sqrt()
}

/// z of a standard deviation: that of the mean squared distance from the true mean.
fn z_sd(values: &[f64], mean: f64, sd: f64) -> f64 {
    let squares: Vec<f64> = values.iter().map(|v| (v - mean) * (v - mean)).collect();
    z_mean(&squares, sd * sd)
}

fn minutes(outcomes: &[Outcome], value: impl Fn(&Outcome) -> u64) -> Vec<f64> {
    outcomes.iter().map(|outcome| value(outcome) as f64 / MINUTE).collect()
}

fn stopped(outcome: &Outcome) -> bool {
    outcome.rollback_ms.is_some()
}

fn alarm_ms(outcome: &Outcome) -> u64 {
    outcome.alarm_ms.expect("the bake is long enough for every alarm")
}

const ONE_BOX_3: (&str, &str) = ("hosts = 1, bake", "hosts = 3, bake");
const EXPONENTIAL_30: &str = "exponential = { mean = \"30m\" }";

#[test]
fn o1_continuous_detection_in_the_one_box_bake() {
    let file = "one-box-continuous.toml";
    accept("O1 P(caught), k = 1", z_share(&run(file, &[]), oracle("O1", "P_k1"), stopped));
    accept("O1 P(caught), k = 3", z_share(&run(file, &[ONE_BOX_3]), oracle("O1", "P_k3"), stopped));
    let lognormal =
        [(EXPONENTIAL_30, "lognormal = { median = \"45m\", sigma = 1.2 }"), ("seed = 1", "seed = 101")];
    accept("O1c lognormal onset", z_share(&run(file, &lognormal), oracle("O1c", "P_lognormal"), stopped));
    let weibull =
        [(EXPONENTIAL_30, "weibull = { scale = \"40m\", shape = 0.7 }"), ("seed = 1", "seed = 102")];
    accept("O1c Weibull onset", z_share(&run(file, &weibull), oracle("O1c", "P_weibull"), stopped));
    let forgotten = [("detection-delay = \"5m\"", "detection-delay = \"0s\"")];
    reject("forget the delay D", z_share(&run(file, &forgotten), oracle("O1", "P_k1"), stopped));
}

#[test]
fn o2_detection_on_an_evaluation_lattice() {
    let file = "one-box-lattice.toml";
    let p = oracle("O2", "P_detect_in_bake");
    accept("O2 P(caught)", z_share(&run(file, &[]), p, stopped));
    let endless = [("bake = \"60m\"", "bake = \"2d\""), ("seed = 2", "seed = 201")];
    let detected = minutes(&run(file, &endless), alarm_ms);
    let mean = oracle("O2", "E_detect_time");
    accept("O2 E[detect time]", z_mean(&detected, mean));
    accept("O2 sd[detect time]", z_sd(&detected, mean, oracle("O2", "sd_detect_time")));
    let p99 = oracle("O2", "p99_detect_time");
    // The quantile has an atom: P(t <= p99) >= 0.99 > P(t < p99), so bound it from both sides.
    let at_most = detected.iter().filter(|t| **t <= p99).count() as f64 / detected.len() as f64;
    let below = detected.iter().filter(|t| **t < p99).count() as f64 / detected.len() as f64;
    let slack = ACCEPT * (0.99 * 0.01 / detected.len() as f64).sqrt();
    assert!(at_most >= 0.99 - slack && below <= 0.99 + slack, "p99: {below} {at_most}");
    let slow = [
        ("period = \"1m\"", "period = \"5m\""),
        ("datapoints = 3", "datapoints = 2"),
        ("\"30s\"", "\"1m\""),
        ("seed = 2", "seed = 202"),
    ];
    accept("O2b P(caught)", z_share(&run(file, &slow), oracle("O2b", "P_detect_in_bake"), stopped));
    let slow_endless: Vec<_> =
        slow[..3].iter().copied().chain([endless[0], ("seed = 2", "seed = 203")]).collect();
    accept(
        "O2b E[detect time]",
        z_mean(&minutes(&run(file, &slow_endless), alarm_ms), oracle("O2b", "E_detect_time")),
    );
    reject(
        "act on the bake's end and after",
        z_share(&run(file, &[("bake = \"60m\"", "bake = \"61m\"")]), p, stopped),
    );
    reject("M - 1 datapoints", z_share(&run(file, &[("datapoints = 3", "datapoints = 2")]), p, stopped));
}

#[test]
fn o3_o4_o5_batches_end_with_their_slowest_host() {
    let file = "batch.toml";
    let o3 = minutes(&run(file, &[]), |o| o.end_ms);
    accept("O3 E[max of 20 exponentials]", z_mean(&o3, oracle("O3", "E")));
    accept("O3 sd", z_sd(&o3, oracle("O3", "E"), oracle("O3", "SD")));
    let lognormal = [
        ("exponential = { mean = \"4m\" }", "lognormal = { median = \"3m\", sigma = 0.5 }"),
        ("hosts-per-zone = 20", "hosts-per-zone = 10"),
        ("seed = 3", "seed = 301"),
    ];
    let outcomes = run(file, &lognormal);
    let o4 = minutes(&outcomes, |o| o.end_ms);
    accept("O4 E[max of 10 lognormals]", z_mean(&o4, oracle("O4", "E")));
    accept("O4 sd", z_sd(&o4, oracle("O4", "E"), oracle("O4", "SD")));
    for (name, p) in [("p50", 0.5), ("p99", 0.99)] {
        let limit = oracle("O4", name) * MINUTE;
        accept(&format!("O4 {name}"), z_share(&outcomes, p, |o| o.end_ms as f64 <= limit));
    }
    let rolling = [
        ("hosts-per-zone = 20", "hosts-per-zone = 50"),
        ("batch = \"100%\"", "batch = 8"),
        ("seed = 3", "seed = 302"),
    ];
    let o5 = minutes(&run(file, &rolling), |o| o.end_ms);
    accept("O5 E[rolling deployment]", z_mean(&o5, oracle("O5", "E")));
    accept("O5 sd", z_sd(&o5, oracle("O5", "E"), oracle("O5", "SD")));
    let constant: Vec<_> =
        rolling.iter().copied().chain([("{ exponential = { mean = \"4m\" } }", "\"4m\"")]).collect();
    let exact = run(file, &constant);
    assert!(exact.iter().all(|o| o.end_ms as f64 == oracle("O5", "deterministic(th=4)") * MINUTE));
    let one_less = [("hosts-per-zone = 20", "hosts-per-zone = 19")];
    reject(
        "a batch ends with its last host but one",
        z_mean(&minutes(&run(file, &one_less), |o| o.end_ms), oracle("O3", "E")),
    );
}

#[test]
fn o7_first_run_of_consecutive_breaches() {
    let file = "run-of-breaches.toml";
    let p12 = oracle("O7", "P(N<=12)");
    accept("O7 P(N <= 12)", z_share(&run(file, &[]), p12, stopped));
    let sixty = [("zone-bake = \"12m\"", "zone-bake = \"60m\""), ("seed = 4", "seed = 401")];
    accept("O7 P(N <= 60)", z_share(&run(file, &sixty), oracle("O7", "P(N<=60)"), stopped));
    let endless = [("zone-bake = \"12m\"", "zone-bake = \"5d\""), ("seed = 4", "seed = 402")];
    let outcomes = run(file, &endless);
    let runs = minutes(&outcomes, alarm_ms);
    accept("O7 E[N]", z_mean(&runs, oracle("O7", "E")));
    accept("O7 sd[N]", z_sd(&runs, oracle("O7", "E"), oracle("O7", "SD")));
    for (k, name) in [(3, "P(N=3)"), (7, "P(N=7)")] {
        accept(&format!("O7 {name}"), z_share(&outcomes, oracle("O7", name), |o| alarm_ms(o) == k * 60_000));
    }
    reject("M = 2 for 3", z_share(&run(file, &[("3 of 3", "2 of 2")]), p12, stopped));
    reject(
        "a good datapoint does not reset the run",
        z_share(&run(file, &[("3 of 3", "3 of 64")]), p12, stopped),
    );
}

#[test]
fn o8_m_of_n_datapoints() {
    let file = "run-of-breaches.toml";
    let m_of_n =
        [("healthy = \"30%\"", "healthy = \"10%\""), ("3 of 3", "3 of 5"), ("seed = 4", "seed = 403")];
    let with = |bake: (&'static str, &'static str)| m_of_n.iter().copied().chain([bake]).collect::<Vec<_>>();
    accept("O8 P(N <= 12)", z_share(&run(file, &m_of_n), oracle("O8", "P(N<=12)"), stopped));
    let p60 = oracle("O8", "P(N<=60)");
    let sixty = with(("zone-bake = \"12m\"", "zone-bake = \"60m\""));
    accept("O8 P(N <= 60)", z_share(&run(file, &sixty), p60, stopped));
    let endless = with(("zone-bake = \"12m\"", "zone-bake = \"10d\""));
    accept("O8 E[N]", z_mean(&minutes(&run(file, &endless), alarm_ms), oracle("O8", "E")));
    for wrong in ["3 of 4", "3 of 6"] {
        let mut edits = sixty.clone();
        edits[1] = ("3 of 3", wrong);
        reject(&format!("3 of 5 evaluated as {wrong}"), z_share(&run(file, &edits), p60, stopped));
    }
}

#[test]
fn o9_false_alarms_per_bake() {
    let file = "false-alarm.toml";
    let p1 = oracle("O9", "FA_M1");
    accept("O9 1 of 1", z_share(&run(file, &[]), p1, stopped));
    let pair = [("1 of 1", "2 of 2"), ("seed = 5", "seed = 501")];
    accept("O9 2 of 2", z_share(&run(file, &pair), oracle("O9", "FA_M2"), stopped));
    let two_of_three = [("1 of 1", "2 of 3"), ("seed = 5", "seed = 502")];
    accept("O9 2 of 3", z_share(&run(file, &two_of_three), oracle("O9", "FA_2of3"), stopped));
    // At least 6 errors of 500 instead of 5.
    reject(
        "threshold 6 for 5",
        z_share(&run(file, &[("at-least = \"1%\"", "at-least = \"1.2%\"")]), p1, stopped),
    );
}

#[test]
fn o10_error_ratio_on_poisson_traffic() {
    let file = "error-ratio.toml";
    let alpha = oracle("O10", "alpha_l100");
    accept("O10 false alarm, 100 requests", z_share(&run(file, &[]), alpha, stopped));
    for (requests, seed) in [("10", "61"), ("1000", "62"), ("10000", "63")] {
        let rate = format!("requests-per-second = {requests}");
        let seed = format!("seed = {seed}");
        let edits = [("requests-per-second = 100", rate.as_str()), ("seed = 6", seed.as_str())];
        let p = oracle("O10", &format!("alpha_l{requests}"));
        accept(&format!("O10 false alarm, {requests} requests"), z_share(&run(file, &edits), p, stopped));
    }
    for (requests, seed) in [("10", "64"), ("100", "65"), ("1000", "66")] {
        let rate = format!("requests-per-second = {requests}");
        let seed = format!("seed = {seed}");
        let edits = [
            ("\"0.1%\"", "\"2%\""),
            ("requests-per-second = 100", rate.as_str()),
            ("seed = 6", seed.as_str()),
        ];
        let p = oracle("O10", &format!("power_l{requests}"));
        accept(&format!("O10 power, {requests} requests"), z_share(&run(file, &edits), p, stopped));
    }
    let composite = [
        ("\"0.1%\"", "\"1.5%\""),
        ("1 of 1", "3 of 3"),
        ("zone-bake = \"1s\"", "zone-bake = \"12s\""),
        ("seed = 6", "seed = 67"),
    ];
    let p = oracle("O10b", "P_det_3of3_in_12_l100_p015");
    accept("O10b 3 of 3 within 12, 100 requests", z_share(&run(file, &composite), p, stopped));
    reject(">= for > in the ratio rule", z_share(&run(file, &[("above = ", "at-least = ")]), alpha, stopped));
}

#[test]
fn o11_latent_clock_through_five_waves() {
    let outcomes = run("latent-clock.toml", &[]);
    let impact = minutes(&outcomes, |o| o.impaired_host_ms);
    accept("O11 E[impaired host-minutes]", z_mean(&impact, oracle("O11", "E_host_minutes")));
    let reached = |regions: u32| move |o: &Outcome| o.regions_touched >= regions;
    accept("O11 P(wave 3 reached)", z_share(&outcomes, oracle("O11", "P_reach_wave3(90 hosts)"), reached(3)));
    accept("O11 P(wave 5 reached)", z_share(&outcomes, oracle("O11", "P_reach_wave5"), reached(5)));
    let exposed: Vec<f64> = outcomes.iter().map(|o| o.peak_exposed_hosts as f64).collect();
    accept("O11 E[hosts exposed]", z_mean(&exposed, oracle("O11", "E_hosts_exposed")));
    let early = run("latent-clock.toml", &[("detection-delay = \"7m\"", "detection-delay = \"0s\"")]);
    let wrong = z_share(&early, oracle("O11", "P_reach_wave3(90 hosts)"), reached(3));
    reject("waves stop at onset, not at detection", wrong);
}

#[test]
fn o20_a_cohort_drawn_without_replacement() {
    let file = "cohort.toml";
    for (k, name, seed) in [(15, "k15", 8), (3, "k3", 81), (1, "k1", 82)] {
        let hosts = format!("hosts = {k}, bake");
        let seed = format!("seed = {seed}");
        let outcomes = run(file, &[("hosts = 15, bake", hosts.as_str()), ("seed = 8", seed.as_str())]);
        accept(&format!("O20 one-box of {k}"), z_share(&outcomes, oracle("O20", name), stopped));
    }
    // With replacement P would be 0.536709: far enough away at this sample size.
    let p = oracle("O20", "k15");
    reject("the cohort drawn with replacement", (0.536_709 - p) / (p * (1.0 - p) / 200_000.0_f64).sqrt());
}

#[test]
fn o23_o26_exact_host_time() {
    for outcome in run("exposure.toml", &[]) {
        assert_eq!(outcome.exposed_host_ms as f64, oracle("O23", "host_min") * MINUTE);
    }
    for outcome in run("rollback.toml", &[]) {
        assert_eq!(outcome.impaired_host_ms as f64, oracle("O26", "host_min") * MINUTE);
        assert_eq!(
            (outcome.end_ms - outcome.rollback_ms.unwrap()) as f64,
            oracle("O26", "duration") * MINUTE
        );
    }
}

#[test]
fn o27_dilution() {
    let file = "dilution.toml";
    // Only the one-box stage counts: its single evaluation is one minute in.
    let first = |o: &Outcome| o.alarm_ms == Some(60_000);
    accept("O27 zone alarm at 0.2 %", z_share(&run(file, &[]), oracle("O27", "service_alarm_0.2pct"), first));
    let blind = run(file, &[("above = \"0.2%\"", "above = \"1%\"")]);
    assert_eq!(blind.iter().filter(|o| first(o)).count(), 0, "P is 1e-180");
    let own =
        run(file, &[("above = \"0.2%\"", "above = \"1%\""), ("scope = \"zone\"", "scope = \"one-box\"")]);
    assert!(own.iter().all(first), "P is 1 - 8e-15");
    reject(
        "no dilution: the zone sees the host's ratio",
        z_share(&own, oracle("O27", "service_alarm_0.2pct"), first),
    );
}

#[test]
fn every_copied_oracle_is_used() {
    let all: Vec<serde_json::Value> =
        serde_json::from_str(include_str!("../oracles/closed_form.json")).unwrap();
    let sources = [include_str!("oracles.rs"), include_str!("pipeline_oracles.rs")];
    let unused: BTreeMap<String, bool> = all
        .iter()
        .map(|oracle| oracle["id"].as_str().unwrap().to_owned())
        .map(|id| (id.clone(), sources.iter().any(|source| source.contains(&format!("oracle(\"{id}\"")))))
        .filter(|(_, used)| !used)
        .collect();
    assert!(unused.is_empty(), "{unused:?}");
}
