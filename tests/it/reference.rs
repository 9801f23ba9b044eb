//! The engine against the textbook reference: the same distribution, on R1, R1-slow and variants.
//!
//! Each comparison of a mean accepts |z| <= 4.5 (false alarm 7e-6); each Kolmogorov-Smirnov test has
//! level 1e-4, which ties only make smaller. Seeds are fixed, so a pass never flaps.

#[path = "../../benches/textbook/mod.rs"]
mod textbook;
#[path = "../../benches/variants/mod.rs"]
mod variants;

use crate::support;
use textbook::{Onset, R1};
use wavetank::plan::Plan;
use wavetank::rollout::{Engine, Model};
use wavetank::sim::Silent;

const ROLLOUTS: u64 = 6_000;

/// A sample of one measure from both programs.
struct Pair {
    name: &'static str,
    engine: Vec<f64>,
    reference: Vec<f64>,
}

fn sample(plan: &Plan, r1: &R1, rollouts: u64) -> Vec<Pair> {
    let model = Model::new(plan);
    let mut engine = Engine::new(&model);
    let ours: Vec<_> = (0..rollouts).map(|trial| engine.run(0, trial, &mut Silent)).collect();
    let theirs: Vec<_> = (0..rollouts).map(|seed| textbook::simulate(r1, seed)).collect();
    let yes = |value: bool| f64::from(u8::from(value));
    vec![
        Pair {
            name: "share rolled back",
            engine: ours.iter().map(|o| yes(o.rollback_ms.is_some())).collect(),
            reference: theirs.iter().map(|r| yes(r.rolled_back)).collect(),
        },
        Pair {
            name: "duration",
            engine: ours.iter().map(|o| o.end_ms as f64).collect(),
            reference: theirs.iter().map(|r| r.duration_ms as f64).collect(),
        },
        Pair {
            name: "peak impaired hosts",
            engine: ours.iter().map(|o| o.peak_impaired_hosts as f64).collect(),
            reference: theirs.iter().map(|r| r.peak_impaired as f64).collect(),
        },
        Pair {
            name: "impaired host-time",
            engine: ours.iter().map(|o| o.impaired_host_ms as f64).collect(),
            reference: theirs.iter().map(|r| r.impaired_host_ms as f64).collect(),
        },
        Pair {
            name: "regions touched by bad changes",
            engine: ours.iter().filter(|o| o.is_bad()).map(|o| f64::from(o.regions_touched)).collect(),
            reference: theirs.iter().filter(|r| r.bad).map(|r| r.regions_touched as f64).collect(),
        },
    ]
}

fn mean_and_error(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (n - 1.0);
    (mean, variance / n)
}

/// Largest distance between two empirical distributions.
fn kolmogorov_smirnov(a: &[f64], b: &[f64]) -> f64 {
    let sorted = |values: &[f64]| {
        let mut values = values.to_vec();
        values.sort_by(f64::total_cmp);
        values
    };
    let (a, b) = (sorted(a), sorted(b));
    let share = |values: &[f64], x: f64| values.partition_point(|v| *v <= x) as f64 / values.len() as f64;
    a.iter().chain(&b).map(|x| (share(&a, *x) - share(&b, *x)).abs()).fold(0.0, f64::max)
}

fn distances(pair: &Pair) -> (f64, f64, f64) {
    let ((mean_a, square_a), (mean_b, square_b)) =
        (mean_and_error(&pair.engine), mean_and_error(&pair.reference));
    let error = (square_a + square_b).sqrt();
    let z = if error > 0.0 { (mean_a - mean_b) / error } else { mean_a - mean_b };
    let (n, m) = (pair.engine.len() as f64, pair.reference.len() as f64);
    // sqrt(-ln(1e-4 / 2) / 2) = 2.2253
    let limit = 2.2253 * ((n + m) / (n * m)).sqrt();
    (z, kolmogorov_smirnov(&pair.engine, &pair.reference), limit)
}

fn agree(what: &str, plan: &Plan, r1: &R1) {
    agree_in(what, plan, r1, ROLLOUTS);
}

fn agree_in(what: &str, plan: &Plan, r1: &R1, rollouts: u64) {
    for pair in sample(plan, r1, rollouts) {
        let (z, distance, limit) = distances(&pair);
        println!("{what:<18} {:<32} z = {z:+.2}, KS = {distance:.4} (limit {limit:.4})", pair.name);
        assert!(z.abs() <= 4.5, "{what}, {}: z = {z:+.2}", pair.name);
        assert!(distance <= limit, "{what}, {}: KS = {distance:.4} over {limit:.4}", pair.name);
    }
}

#[test]
fn r1_agrees() {
    agree("R1", &support::plan("scenarios/r1.toml", &[]), &R1::standard());
}

#[test]
fn r1_slow_agrees() {
    agree("R1-slow", &support::plan("scenarios/r1-slow.toml", &[]), &R1::slow());
}

#[test]
fn a_variant_of_every_parameter_agrees() {
    let variant = R1 {
        hosts: 60,
        one_box: 3,
        batch: 25,
        one_box_bake: 20.0,
        zone_bake: 45.0,
        wave_bake: 120.0,
        deploy: (2.0, 0.6),
        rollback: (5.0, 0.2),
        p_bad: 0.7,
        onset: Onset::Exponential(3_000.0),
        period: 10.0 / 60.0,
        datapoints: 5,
        breach_hosts: 2,
        reaction: 7.0,
        ..R1::standard()
    };
    let mut plan = support::plan("tests/plans/r1-variant.toml", &[]);
    plan.fleet.zones.iter_mut().for_each(|zone| zone.hosts = 60);
    agree("variant", &plan, &variant);
}

#[test]
fn the_variants_of_the_bench_agree() {
    for (name, r1) in variants::all() {
        let plan = variants::fitted(support::plan("scenarios/r1.toml", &[]), &r1);
        // Hosts are what the reference pays for.
        let rollouts = if r1.hosts > 100 { ROLLOUTS / 12 } else { ROLLOUTS / 3 };
        agree_in(name, &plan, &r1, rollouts);
    }
}

#[test]
fn the_comparison_can_tell() {
    // A reference that reacts 3 min later, or whose batches are half as large, must be rejected.
    let late = R1 { reaction: 5.0, ..R1::slow() };
    let small = R1 { batch: 5, ..R1::standard() };
    for (what, file, wrong) in
        [("late", "scenarios/r1-slow.toml", late), ("small", "scenarios/r1.toml", small)]
    {
        let rejected = sample(&support::plan(file, &[]), &wrong, ROLLOUTS).iter().any(|pair| {
            let (z, distance, limit) = distances(pair);
            z.abs() > 4.5 || distance > limit
        });
        assert!(rejected, "the {what} reference passes for R1");
    }
}
