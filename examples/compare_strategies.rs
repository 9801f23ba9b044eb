//! Compares two strategies on the same trials: which is faster, which does less harm, and whether that is beyond doubt.

use std::error::Error;
use wavetank::Plan;
use wavetank::outcome::measures;
use wavetank::study::{Nobody, Study};

const SCENARIO: &str = r#"
    fleet.region = [
        { name = "eu-west-1", hosts-per-zone = 20 },
        { name = "us-east-1", hosts-per-zone = 30 },
    ]
    [change]
    bad-probability = "20%"
    deploy-time = { exponential = { mean = "4m" } }
    [[defect]]
    name = "leak"
    clock = "host"
    onset = { exponential = { mean = "20m" } }
    [[alarm]]
    name = "unhealthy"
    scope = "zone"
    impaired-hosts = { at-least = "20%" }
    [[strategy]]
    name = "at-once"
    wave = [{ regions = "all" }]
    [[strategy]]
    name = "in-waves"
    wave = [{ regions = ["eu-west-1"], bake = "1h" }, { regions = "rest" }]
"#;

pub fn main() -> Result<(), Box<dyn Error>> {
    let plan = Plan::parse("two-strategies", SCENARIO)?;
    let summary = Study::new(&plan).baseline("at-once").trials(2000).run(&Nobody)?;

    for strategy in &summary.strategies {
        for measure in [&measures::DURATION_MS, &measures::IMPAIRED_HOST_MS] {
            let metric = strategy.metric(measure);
            let mean = metric.mean.ok_or("no trial has a value")?;
            print!("{:<9} {:<17} mean {:>12.0} {}", strategy.name, measure.name, mean.value, metric.unit);
            // Every trial is the same change for both, so chance that they share is no part of the difference.
            match metric.against_baseline.as_ref().and_then(|difference| difference.mean) {
                Some(mean) => println!(", {:+.0} in {:?}", mean.value, mean.interval),
                None => println!(),
            }
        }
    }
    Ok(())
}
