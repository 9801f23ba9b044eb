//! A gate: a plan held against an accepted study. Says why the two cannot be compared, where they cannot; prints nothing.

use super::baseline::{Baseline, across_models};
use super::compare::{Compared, Question, compare, compare_pipelines};
use super::pipeline::PipelineExperiment;
use super::progress::{Progress, Stopped};
use super::rollouts::RolloutExperiment;
use crate::outcome::measures::Subject;
use crate::plan::{Pipeline, Plan};

/// What is held against what.
#[derive(Debug, Clone)]
pub struct RegressionGate<'a> {
    /// The accepted study.
    pub baseline: &'a Baseline,
    /// The plan that its texts lead to.
    pub accepted: &'a Plan,
    /// The plan under judgement.
    pub candidate: &'a Plan,
    /// Where the two came from, as the user wrote it.
    pub sources: [String; 2],
    /// Whether estimates are compared where the models differ.
    pub across_models: bool,
    /// Trials of the last look at most, instead of what the plans say.
    pub max_trials: Option<u64>,
}

/// Why a gate gives no verdict.
#[derive(Debug)]
pub enum Refusal {
    /// The plans have no strategy of the same name.
    NothingInCommon,
    /// What was accepted is of a pipeline, and the candidate has none.
    NoPipeline,
    /// The study was accepted with another version of the model, whose numbers are not comparable one by one.
    OtherModel,
    /// The texts no longer lead to the plan that was accepted.
    OtherPlan,
    /// These strategies give other numbers than were accepted, for the same plan and model: never a matter of chance.
    Drifted(Vec<String>),
    /// It was ended.
    Stopped(Stopped),
}

impl<'a> RegressionGate<'a> {
    /// Simulates what it takes and compares.
    ///
    /// # Errors
    /// When the two cannot be compared, or `progress` cancels it.
    pub fn judge(&self, progress: &dyn Progress) -> Result<Compared, Refusal> {
        let question = Question::by_name(self.accepted, self.candidate, self.sources.clone());
        if question.pairs.is_empty() {
            return Err(Refusal::NothingInCommon);
        }
        let pipeline = |plan: &'a Plan, or: Refusal| plan.pipeline.as_ref().ok_or(or);
        if self.baseline.model_version != crate::MODEL_VERSION {
            if !self.across_models {
                return Err(Refusal::OtherModel);
            }
            let (baseline, plan) = (self.baseline, self.candidate);
            let compared = match baseline.subject {
                Subject::Rollout => {
                    across_models(baseline, &question, &RolloutExperiment::new(plan), progress)
                }
                Subject::Pipeline | Subject::Lane => {
                    let pipeline: &Pipeline = pipeline(plan, Refusal::NoPipeline)?;
                    across_models(baseline, &question, &PipelineExperiment::new(plan, pipeline), progress)
                }
            };
            return compared.map_err(Refusal::Stopped);
        }
        if self.accepted.digest() != self.baseline.plan_digest {
            return Err(Refusal::OtherPlan);
        }
        let recorded = self.baseline.recorded();
        let question = Question { recorded, max_trials: self.max_trials, ..question };
        let compared = match self.baseline.subject {
            Subject::Rollout => compare(&question, progress),
            Subject::Pipeline | Subject::Lane => {
                let old = pipeline(self.accepted, Refusal::OtherPlan)?;
                let new = pipeline(self.candidate, Refusal::NoPipeline)?;
                compare_pipelines(&question, [old, new], None, progress)
            }
        };
        let compared = compared.map_err(Refusal::Stopped)?;
        if compared.drifted.is_empty() { Ok(compared) } else { Err(Refusal::Drifted(compared.drifted)) }
    }
}
