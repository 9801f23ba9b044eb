//! The way in to studies of pipelines: what to simulate, and then its summary. Decides nothing that a plan can say.

use super::experiment::{Rounds, simulate};
use super::pipeline::{PipelineExperiment, PipelineTrials};
use super::pipeline_summary::{PipelineSummary, summarise};
use super::pipeline_without;
use super::progress::{Progress, Stopped};
use crate::plan::{Pipeline, Plan};

/// A study of the pipeline of a plan, with every strategy as its production.
#[derive(Debug, Clone)]
pub struct PipelineStudy<'p> {
    plan: &'p Plan,
    pipeline: &'p Pipeline,
    trials: u64,
    rounds: Rounds,
    without: Vec<usize>,
}

impl<'p> PipelineStudy<'p> {
    /// The study as the plan describes it, in rounds if it asks for precision; none if the plan has no pipeline.
    #[must_use]
    pub fn new(plan: &'p Plan) -> Option<Self> {
        let pipeline = plan.pipeline.as_ref()?;
        let (trials, rounds) = (pipeline.trials, Rounds::UntilPrecise);
        Some(Self { plan, pipeline, trials, rounds, without: Vec::new() })
    }

    /// So many trials of each strategy, whatever precision the plan asks for.
    #[must_use]
    pub fn trials(self, trials: u64) -> Self {
        Self { trials, rounds: Rounds::One, ..self }
    }

    /// So many trials of each strategy in the first round.
    #[must_use]
    pub fn first_round(self, trials: u64) -> Self {
        Self { trials, ..self }
    }

    /// Also compares with the same pipeline without these stages (indices): what they buy and cost.
    #[must_use]
    pub fn without(self, stages: Vec<usize>) -> Self {
        Self { without: stages, ..self }
    }

    /// Simulates every trial, and again without the stages if some are to be left out.
    ///
    /// # Errors
    /// When `progress` cancels it.
    pub fn run(&self, progress: &dyn Progress) -> Result<PipelineResult, Stopped> {
        let Self { plan, pipeline, trials, rounds, without } = self;
        let sides = if without.is_empty() { 1 } else { 2 };
        let done = simulate(&PipelineExperiment::new(plan, pipeline), *trials, *rounds, sides, progress)?;
        let mut summary = summarise(plan, pipeline, &done);
        if !without.is_empty() {
            let rest = pipeline.without(without);
            let rest = PipelineExperiment::new(plan, &rest);
            let other = simulate(&rest, summary.trials, Rounds::One, sides, progress)?;
            let stages = without.iter().map(|stage| pipeline.line.stages[*stage].name.clone()).collect();
            summary.without = Some(pipeline_without::compare(plan, stages, &done, &other));
        }
        Ok(PipelineResult { trials: done, summary })
    }
}

/// A finished study of a pipeline.
#[derive(Debug, Clone, PartialEq)]
pub struct PipelineResult {
    /// What every trial gave.
    pub trials: PipelineTrials,
    /// What they say together.
    pub summary: PipelineSummary,
}
