//! What to ask of a finished study: does it break a limit, does it leave one open, which trial tells most. The answers
//! are in its summary; nothing is estimated here.

use super::expectation::ExpectationResult;
use super::notable::{Notable, NotableKind};
use super::pipeline_summary::PipelineSummary;
use super::summary::Summary;
use super::threshold::ThresholdResult;
use super::verdict::Verdict;
use crate::outcome::Ending;
use crate::plan::Level;
use std::cmp::Reverse;

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

/// Why a trial is worth a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TellingReason {
    /// The baseline catches a bad change, after the most harm of those that are notable.
    Caught,
    /// The baseline does the most harm.
    Worst,
    /// The change that is the baseline's worst, under a strategy that is shown to do less harm.
    Safer,
    /// The same under another strategy, of which that is not shown.
    Candidate,
    /// No change did harm: the first trial.
    First,
}

/// A trial worth a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TellingTrial {
    /// Index of its strategy.
    pub strategy: usize,
    /// Its number.
    pub trial: u64,
    /// Why.
    pub reason: TellingReason,
}

impl Summary {
    /// The strategy that the baseline is best compared with: the one that is shown to be safest, else the one with the least
    /// mean harm of the others. None where there is no other.
    #[must_use]
    pub fn candidate(&self) -> Option<usize> {
        let harm = |index: &usize| {
            let mean = self.strategies[*index].metric(self.harm).mean;
            mean.map_or(f64::INFINITY, |mean| mean.value)
        };
        let others = (0..self.strategies.len()).filter(|index| !self.strategies[*index].is_baseline);
        self.contest().safest().or_else(|| others.min_by(|a, b| harm(a).total_cmp(&harm(b))))
    }

    /// Up to three trials that show together what the study is about: a bad change that the baseline catches, its worst one,
    /// and that same change under the strategy it is best compared with.
    #[must_use]
    pub fn telling_trials(&self) -> Vec<TellingTrial> {
        let (strategy, trial) = self.telling_trial();
        let telling = |reason, strategy, trial| TellingTrial { strategy, trial, reason };
        let notable = &self.strategies[strategy].notable;
        if notable.iter().all(|notable| notable.kind != NotableKind::WorstBlastRadius) {
            return vec![telling(TellingReason::First, strategy, trial)];
        }
        let is_caught = |notable: &&Notable| {
            notable.ending == Ending::Caught && notable.impaired_host_ms > 0 && notable.trial != trial
        };
        let caught = notable.iter().filter(is_caught);
        let caught = caught.max_by_key(|notable| (notable.impaired_host_ms, Reverse(notable.trial)));
        let caught = caught.map(|caught| telling(TellingReason::Caught, strategy, caught.trial));
        let candidate = self.candidate().filter(|candidate| *candidate != strategy);
        let safest = self.contest().safest();
        let reason =
            |other| if safest == Some(other) { TellingReason::Safer } else { TellingReason::Candidate };
        let candidate = candidate.map(|candidate| telling(reason(candidate), candidate, trial));
        caught.into_iter().chain([telling(TellingReason::Worst, strategy, trial)]).chain(candidate).collect()
    }

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;
    use crate::study::summarise;

    #[test]
    fn the_candidate_meets_the_change_that_is_the_baselines_worst() {
        let (plan, outcomes) = sample::study(400);
        let summary = summarise(&plan, &outcomes);
        let telling = summary.telling_trials();
        let reasons: Vec<TellingReason> = telling.iter().map(|telling| telling.reason).collect();
        let is_shown = summary.contest().safest().is_some();
        let other = if is_shown { TellingReason::Safer } else { TellingReason::Candidate };
        assert_eq!(reasons[reasons.len() - 2..], [TellingReason::Worst, other]);
        let [.., worst, candidate] = telling.as_slice() else { panic!("two trials") };
        assert_eq!((worst.trial, worst.strategy), (candidate.trial, plan.study.baseline));
        assert_eq!(Some(candidate.strategy), summary.candidate());
        for caught in telling.iter().filter(|telling| telling.reason == TellingReason::Caught) {
            let outcome = &outcomes.by_strategy[caught.strategy][caught.trial as usize];
            assert!(outcome.ending == Ending::Caught && outcome.impaired_host_ms > 0);
        }
    }

    #[test]
    fn without_harm_there_is_the_first_trial() {
        let (plan, mut outcomes) = sample::study(30);
        for outcome in outcomes.by_strategy.iter_mut().flatten() {
            (outcome.impaired_host_ms, outcome.failed_requests) = (0, 0.0);
        }
        let telling = summarise(&plan, &outcomes).telling_trials();
        let first = TellingTrial { strategy: plan.study.baseline, trial: 0, reason: TellingReason::First };
        assert_eq!(telling, [first]);
    }
}
