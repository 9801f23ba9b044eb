//! A gate: a plan held against an accepted study. Says why the two cannot be compared, where they cannot; prints nothing.

use super::baseline::{Baseline, across_models};
use super::compare::{Compared, Held, Question, World, compare, compare_pipelines};
use super::like::LikeWithLike;
use super::pipeline::PipelineExperiment;
use super::progress::{Progress, Stopped};
use super::rollouts::RolloutExperiment;
use super::verdict::Verdict;
use crate::outcome::measures::Subject;
use crate::plan::{Pipeline, Plan, diff};

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

impl RegressionGate<'_> {
    /// Simulates what it takes and compares, like with like.
    ///
    /// # Errors
    /// When the two cannot be compared, or `progress` cancels it.
    pub fn judge(&self, progress: &dyn Progress) -> Result<Compared, Refusal> {
        let is_same_model = self.baseline.model_version == crate::MODEL_VERSION;
        if !is_same_model && !self.across_models {
            return Err(Refusal::OtherModel);
        }
        if is_same_model && self.accepted.digest() != self.baseline.plan_digest {
            return Err(Refusal::OtherPlan);
        }
        let LikeWithLike { plan, in_accepted_world, held } =
            LikeWithLike::new(self.accepted, self.candidate, self.baseline.subject);
        let shares = if in_accepted_world.is_some() { 2 } else { 1 };
        let mut compared = self.compare(&plan, shares, progress)?;
        if let Some(plan) = in_accepted_world {
            compared = compared.or_worse(self.compare(&plan, shares, progress)?, World::Accepted);
        }
        if held.contains(&Held::OtherWorld) {
            compared.verdict = Verdict::of_all([compared.verdict, Verdict::Inconclusive]);
        }
        compared.held = held;
        compared.candidate.plan_digest = self.candidate.digest();
        let question = Question::by_name(self.accepted, self.candidate, self.sources.clone());
        compared.inputs = diff::diff(&question.renamed_baseline(), self.candidate);
        if compared.drifted.is_empty() { Ok(compared) } else { Err(Refusal::Drifted(compared.drifted)) }
    }

    /// The accepted study and one form of the candidate.
    fn compare(&self, plan: &Plan, shares: u32, progress: &dyn Progress) -> Result<Compared, Refusal> {
        let question = Question::by_name(self.accepted, plan, self.sources.clone());
        if question.pairs.is_empty() {
            return Err(Refusal::NothingInCommon);
        }
        let question = Question { shares, ..question };
        let subject = self.baseline.subject;
        if self.baseline.model_version != crate::MODEL_VERSION {
            let compared = match subject {
                Subject::Rollout => {
                    across_models(self.baseline, &question, &RolloutExperiment::new(plan), progress)
                }
                Subject::Pipeline | Subject::Lane => {
                    let experiment = PipelineExperiment::new(plan, pipeline(plan, Refusal::NoPipeline)?);
                    across_models(self.baseline, &question, &experiment, progress)
                }
            };
            return compared.map_err(Refusal::Stopped);
        }
        let recorded = self.baseline.recorded();
        let question = Question { recorded, max_trials: self.max_trials, ..question };
        let compared = match subject {
            Subject::Rollout => compare(&question, progress),
            Subject::Pipeline | Subject::Lane => {
                let old = pipeline(self.accepted, Refusal::OtherPlan)?;
                let new = pipeline(plan, Refusal::NoPipeline)?;
                compare_pipelines(&question, [old, new], None, progress)
            }
        };
        compared.map_err(Refusal::Stopped)
    }
}

/// The pipeline of a plan, or why there must be one.
fn pipeline(plan: &Plan, or: Refusal) -> Result<&Pipeline, Refusal> {
    plan.pipeline.as_ref().ok_or(or)
}
