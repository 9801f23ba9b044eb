//! What must hold of every pipeline: it is the same on any number of threads and when it is replayed; incidents are in
//! order.

use super::must;
use wavetank::Plan;
use wavetank::outcome::pipeline::PipelineOutcome;
use wavetank::study::{Nobody, PipelineStudy, pipeline};

/// The law that the plan's pipeline breaks, if it has one.
pub(super) fn check(plan: &Plan) -> Result<(), String> {
    let (Some(study), Some(line)) = (PipelineStudy::new(plan), &plan.pipeline) else { return Ok(()) };
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| study.clone().trials(2).run(&Nobody)).map_err(|stopped| stopped.to_string())
    };
    let (one, two) = (on(1)?, on(2)?);
    if one != two {
        return Err("threads differ".to_owned());
    }
    for (strategy, row) in one.trials.by_strategy.iter().enumerate() {
        for (trial, outcome) in row.iter().enumerate() {
            let again = pipeline::replay(plan, line, strategy, trial as u64).map_err(|it| it.to_string())?;
            if again.0 != *outcome {
                return Err("a replay is not its row".to_owned());
            }
            is_sane(plan, outcome)?;
        }
    }
    Ok(())
}

fn is_sane(plan: &Plan, o: &PipelineOutcome) -> Result<(), String> {
    for change in &o.changes {
        must(change.entered_ms.is_none_or(|at| at >= change.merged_ms), "in production before its merge")?;
        must(change.delivered_ms.is_none_or(|at| at >= change.merged_ms), "delivered before its merge")?;
    }
    for incident in &o.incidents {
        let order = [incident.began_ms, incident.detected_ms, incident.restored_ms];
        must(order.is_sorted(), "an incident that ends before it begins")?;
    }
    must(o.from_ms <= o.to_ms, "counted until before it is counted")?;
    must(o.harm.failed_requests.is_finite(), "a sum that is no number")?;
    must(
        plan.change.bad_probability > 0.0
            || o.needed_rollbacks == 0
            || o.collateral_rollbacks > 0
            || plan.pipeline.as_ref().is_some_and(|it| !it.others.is_empty() || it.line.two_phase.is_some()),
        "a bad change that was none",
    )
}
