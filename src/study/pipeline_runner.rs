//! The way in to studies of pipelines: what to simulate, and then its summary. Decides nothing that a plan can say.

use super::pipeline::{PipelineTrials, simulate};
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
    without: Vec<usize>,
}

impl<'p> PipelineStudy<'p> {
    /// The study as the plan describes it; none if the plan has no pipeline.
    #[must_use]
    pub fn new(plan: &'p Plan) -> Option<Self> {
        let pipeline = plan.pipeline.as_ref()?;
        Some(Self { plan, pipeline, trials: pipeline.trials, without: Vec::new() })
    }

    /// So many trials of each strategy.
    #[must_use]
    pub fn trials(self, trials: u64) -> Self {
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
        let Self { plan, pipeline, trials, without } = self;
        let sides = if without.is_empty() { 1 } else { 2 };
        progress.planned(sides * trials * plan.strategies.len() as u64);
        let done = simulate(plan, pipeline, *trials, progress)?;
        let mut summary = summarise(plan, pipeline, &done);
        if !without.is_empty() {
            let other = simulate(plan, &pipeline.without(without), *trials, progress)?;
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
