//! One statistic of one measure over several versions of a plan, on the same trials: a grid of settings, or what each of a
//! list of settings changes. It sets no value and reads no scenario: versions are given as plans.

use super::estimate::Estimate;
use super::experiment::Experiment;
use super::pipeline::PipelineExperiment;
use super::precision;
use super::progress::{Progress, Stopped};
use super::rollouts::RolloutExperiment;
use super::row::{StatisticOf, StrategyTrials, apart_by};
use super::trials::Kept;
use crate::outcome::measures::{Measure, Measured, Subject};
use crate::plan::study::Statistic;
use crate::plan::{Plan, Strata};
use crate::stats::TAIL;

/// A version of a plan, and one of its strategies.
#[derive(Debug, Clone, Copy)]
pub struct SweptPlan<'p> {
    /// The plan.
    pub plan: &'p Plan,
    /// Index of the strategy there.
    pub strategy: usize,
}

/// What one version says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SweptValue {
    /// The statistic with its interval, in the measure's unit; none where no trial has a value.
    pub estimate: Option<Estimate>,
    /// How much more it is than that of the first version, on the same trials.
    pub difference: Option<Estimate>,
    /// Trials that it rests on.
    pub trials: u64,
}

/// The statistic of each version, and how far it is from the first one: with as many trials as each plan says, or so many.
/// What only one class of change meets is the same luck in all.
///
/// # Errors
/// When `progress` cancels it, or a trial goes beyond its budget.
pub fn swept(
    versions: &[SweptPlan<'_>],
    measure: &'static Measure,
    statistic: Statistic,
    trials: Option<u64>,
    progress: &dyn Progress,
) -> Result<Vec<SweptValue>, Stopped> {
    let subject = measure.subject();
    let of = |plan: &Plan| trials.unwrap_or_else(|| precision::first_round(plan, subject));
    progress.planned(versions.iter().map(|version| of(version.plan)).sum());
    let asked = (measure, statistic);
    match subject {
        Subject::Rollout => {
            let count = |plan: &Plan| of(plan).max(Strata::of(plan).fewest_trials());
            compared(versions, asked, count, progress, |version| Some(RolloutExperiment::new(version.plan)))
        }
        Subject::Pipeline | Subject::Lane => compared(versions, asked, of, progress, |version| {
            Some(PipelineExperiment::new(version.plan, version.plan.pipeline.as_ref()?))
        }),
    }
}

fn compared<'p, E: Experiment>(
    versions: &[SweptPlan<'p>],
    (measure, statistic): (&'static Measure, Statistic),
    trials: impl Fn(&Plan) -> u64,
    progress: &dyn Progress,
    experiment: impl Fn(&SweptPlan<'p>) -> Option<E>,
) -> Result<Vec<SweptValue>, Stopped>
where
    <E::Trials as Kept>::Outcome: Measured + Clone,
{
    let mut first: Option<StatisticOf<<E::Trials as Kept>::Outcome>> = None;
    let mut rows: Vec<Vec<<E::Trials as Kept>::Outcome>> = Vec::new();
    for version in versions {
        let Some(experiment) = experiment(version) else {
            rows.push(Vec::new());
            continue;
        };
        let mut kept = experiment.none();
        experiment.extend(&mut kept, &[version.strategy], trials(version.plan), progress)?;
        rows.push(kept.rows()[version.strategy].clone());
    }
    let mut values = Vec::new();
    for (version, row) in versions.iter().zip(&rows) {
        let side = |trials| StrategyTrials { plan: version.plan, strategy: version.strategy, trials };
        let of = (measure, statistic, side(row.as_slice()));
        let base = first.get_or_insert((measure, statistic, side(row.as_slice())));
        let apart = apart_by(&of, base, TAIL);
        values.push(SweptValue {
            estimate: apart.of,
            difference: apart.difference,
            trials: row.len() as u64,
        });
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::measures;
    use crate::random::Distribution;
    use crate::study::{Nobody, Study};

    fn small() -> Plan {
        Plan::load("scenarios/small.toml").expect("a valid scenario")
    }

    #[test]
    fn every_cell_is_what_a_study_of_that_version_says() {
        let plans: Vec<Plan> = [0, 30, 90]
            .into_iter()
            .map(|minutes| {
                let mut plan = small();
                for wave in &mut plan.strategies[0].waves {
                    wave.bake_ms = minutes * 60_000;
                }
                plan
            })
            .collect();
        let versions: Vec<SweptPlan> = plans.iter().map(|plan| SweptPlan { plan, strategy: 0 }).collect();
        let measure = &measures::IMPAIRED_HOST_MS;
        let values = swept(&versions, measure, Statistic::Mean, Some(120), &Nobody).unwrap();
        for (plan, value) in plans.iter().zip(&values) {
            let summary = Study::new(plan).trials(120).run(&Nobody).unwrap();
            let mean = summary.strategies[0].metric(measure).mean.unwrap();
            let estimate = value.estimate.unwrap();
            assert_eq!((estimate.value, estimate.interval), (mean.value, mean.interval));
        }
        let none = values[0].difference.unwrap();
        assert_eq!((none.value, none.interval.low, none.interval.high), (0.0, Some(0.0), Some(0.0)));
        let less = values[2].difference.unwrap();
        assert!(
            (less.value - (values[2].estimate.unwrap().value - values[0].estimate.unwrap().value)).abs()
                < 1.0
        );
    }

    #[test]
    fn a_setting_that_adds_a_fixed_time_adds_just_that() {
        // Every host takes a fixed time: no draw is left in the way forward of a good change.
        let with_bake = |minutes: u64| {
            let mut plan = small();
            plan.change.bad_probability = 0.0;
            plan.change.deploy_time = Distribution::Fixed { ms: 60_000 };
            plan.fleet.background_error_ratio = 0.0;
            plan.strategies[0].waves[0].bake_ms = minutes * 60_000;
            plan
        };
        let (base, longer) = (with_bake(60), with_bake(75));
        let versions = [&base, &longer].map(|plan| SweptPlan { plan, strategy: 0 });
        let values = swept(&versions, &measures::TIME_TO_100_MS, Statistic::P50, Some(20), &Nobody).unwrap();
        assert_eq!(values[1].difference.unwrap().value, 15.0 * 60_000.0);
    }

    #[test]
    fn a_plan_without_a_pipeline_says_nothing_of_one() {
        let plan = small();
        let versions = [SweptPlan { plan: &plan, strategy: 0 }];
        let values = swept(&versions, &measures::LEAD_TIME_P50_MS, Statistic::Mean, Some(3), &Nobody);
        assert_eq!(values.unwrap()[0].estimate, None);
    }
}
