//! Pipelines over weeks: pipeline-days simulated per second on one core, and what an idle year costs. Nothing here gates by
//! time.
//!
//! Run with `cargo bench --bench trial`.

#![expect(clippy::disallowed_types, reason = "a benchmark reads the clock")]

use std::time::Instant;
use wavetank::pipeline::{self, Rollouts};
use wavetank::plan::Plan;
use wavetank::plan::pipeline::Line;
use wavetank::plan::pipeline::Merges;
use wavetank::rollout::Model;

const DAY_MS: u64 = 86_400_000;
const FILES: [&str; 3] = [
    "scenarios/amazon-pipeline.toml",
    "scenarios/pipelines/continuous.toml",
    "scenarios/pipelines/start-small/4-hands-off.toml",
];

fn main() {
    println!("one core; real rollouts in production");
    for file in FILES {
        let loaded = wavetank::scenario::load(file.as_ref());
        let plan = loaded.plan.unwrap_or_else(|| panic!("{file} is a valid scenario"));
        let settings = plan.pipeline.as_ref().unwrap_or_else(|| panic!("{file} has a pipeline"));
        let model = Model::new(&plan);
        for (index, strategy) in plan.strategies.iter().enumerate() {
            let pipeline = settings.with_waves(&plan, strategy);
            let mut idle = pipeline.clone();
            // One change in ten years.
            idle.length_ms = 3_650 * DAY_MS;
            idle.source.merges = Merges::Recorded(vec![8 * DAY_MS]);
            let (days, events) = rate(&plan, &model, index, &pipeline);
            let (idle_days, _) = rate(&plan, &model, index, &idle);
            println!(
                "{file} {:<22} {days:>9.0} days/s {events:>9.0} events/s; idle {idle_days:>12.0} days/s",
                strategy.name
            );
        }
    }
}

/// Pipeline-days and events a second, over as many trials as fit into a second.
fn rate(plan: &Plan, model: &Model<'_>, strategy: usize, pipeline: &Line) -> (f64, f64) {
    let started = Instant::now();
    let (mut trial, mut events) = (0, 0);
    while started.elapsed().as_secs_f64() < 1.0 {
        let mut production = Rollouts::new(model, strategy, trial, 0);
        events += pipeline::run(pipeline, &mut production, plan.study.seed, trial).events;
        trial += 1;
    }
    let seconds = started.elapsed().as_secs_f64();
    ((trial * pipeline.length_ms / DAY_MS) as f64 / seconds, events as f64 / seconds)
}
