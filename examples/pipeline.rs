//! A pipeline over weeks: many changes in flight, and what a stage buys and costs.

use std::error::Error;
use wavetank::Plan;
use wavetank::study::{Nobody, PipelineStudy};

pub fn main() -> Result<(), Box<dyn Error>> {
    let plan = Plan::load("scenarios/pipelines/start-small/3-one-box-and-bakes.toml")?;
    let study = PipelineStudy::new(&plan).ok_or("the scenario has no [pipeline]")?;
    let result = study.trials(4).run(&Nobody)?;

    for (strategy, trials) in plan.strategies.iter().zip(&result.trials.by_strategy) {
        let rollbacks: u64 = trials.iter().map(|outcome| outcome.needed_rollbacks).sum();
        println!("{}: {} trials, {rollbacks} rollbacks that were needed", strategy.name, trials.len());
    }
    for strategy in &result.summary.strategies {
        for measure in &strategy.measures {
            println!("{:<34} {:?}", measure.measure, measure.mean);
        }
    }
    Ok(())
}
