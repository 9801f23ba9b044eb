//! What to ask of a finished study: does it break a limit, does it leave one open, which trial tells most. The answers
//! are in its summary; nothing is estimated here.

use super::expectation::ExpectationResult;
use super::notable::NotableKind;
use super::pipeline_summary::PipelineSummary;
use super::summary::Summary;
use super::threshold::ThresholdResult;
use super::verdict::Verdict;
use crate::plan::Level;

fn breaks(thresholds: &[ThresholdResult], expectations: &[ExpectationResult], level: Level) -> bool {
    thresholds.iter().any(|t| t.level == level && t.verdict == Verdict::Fail)
        || expectations.iter().any(|e| e.level == level && e.verdict == Verdict::Fail)
}

impl PipelineSummary {
    /// Whether a threshold of `level` is known not to hold, or an expectation of `level` to be missed.
    #[must_use]
    pub fn breaks(&self, level: Level) -> bool {
        breaks(&self.thresholds, &self.expectations, level)
    }
}

impl Summary {
    /// Whether a threshold of `level` is known not to hold, or an expectation of `level` to be missed.
    #[must_use]
    pub fn breaks(&self, level: Level) -> bool {
        breaks(&self.thresholds, &self.expectations, level)
    }

    /// Whether the trials leave a threshold of level error open, or an expectation that deserves a look.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.thresholds.iter().any(|t| t.level == Level::Error && t.verdict == Verdict::Inconclusive)
            || self.expectations.iter().any(|e| e.is_open())
    }

    /// The strategy (an index) and trial whose timeline tells most: the baseline's worst, or that of the first strategy
    /// that has one, or the baseline's first trial if no change did harm.
    #[must_use]
    pub fn telling_trial(&self) -> (usize, u64) {
        let worst = |strategy: usize| {
            let notable = &self.strategies[strategy].notable;
            let worst = notable.iter().find(|notable| notable.kind == NotableKind::WorstBlastRadius)?;
            Some((strategy, worst.trial))
        };
        let baseline = self.strategies.iter().position(|strategy| strategy.is_baseline).unwrap_or(0);
        worst(baseline).or_else(|| (0..self.strategies.len()).find_map(worst)).unwrap_or((baseline, 0))
    }
}
