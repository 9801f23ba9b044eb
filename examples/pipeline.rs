//! A pipeline over weeks: many changes in flight, and what a stage buys and costs.

use std::error::Error;
use wavetank::Plan;
use wavetank::study::{Nobody, PipelineStudy};

pub fn main() -> Result<(), Box<dyn Error>> {
    let plan = Plan::load("scenarios/pipelines/start-small/3-one-box-and-bakes.toml")?;
    let study = PipelineStudy::new(&plan).ok_or("the scenario has no [pipeline]")?;
    let result = study.trials(4).run(&Nobody)?;

    for (strategy, horizons) in plan.strategies.iter().zip(&result.horizons.by_strategy) {
        let rollbacks: u64 = horizons.iter().map(|horizon| horizon.needed_rollbacks).sum();
        println!("{}: {} horizons, {rollbacks} rollbacks that were needed", strategy.name, horizons.len());
    }
    for strategy in &result.summary.strategies {
        for measure in &strategy.measures {
            println!("{:<34} {:?}", measure.measure, measure.mean);
        }
    }
    Ok(())
}
