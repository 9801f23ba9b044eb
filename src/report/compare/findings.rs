//! What a comparison found, one judgement after the other, as everything that counts judgements wants it: how it ended, in
//! words, and how to see it. It knows no format.

use super::options::Options;
use super::words;
use crate::plan::Level;
use crate::report::limits;
use crate::study::compare::{Compared, Row};
use crate::study::threshold::ThresholdResult;
use crate::study::verdict::{MeasureChange, Verdict};

/// How a judgement ended, for a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FindingEnding {
    /// Nothing is wrong.
    Passed,
    /// Something is, and it was only to be warned of.
    Warned,
    /// The trials do not decide, and that is let through or was only to be warned of.
    Doubtful,
    /// It fails the gate, for this reason.
    Failed(&'static str),
}

impl FindingEnding {
    /// The trials do not decide what must be decided, unless somebody lets that through.
    fn undecided(options: &Options) -> Self {
        if options.allow_inconclusive { Self::Doubtful } else { Self::Failed("inconclusive") }
    }
}

/// One judgement.
pub(super) struct Finding {
    pub strategy: String,
    /// What was judged of the strategy.
    pub name: String,
    /// How that ended: `careful regressed`.
    pub title: String,
    pub ending: FindingEnding,
    /// What was found, in one line.
    pub message: String,
    /// Commands that show it.
    pub commands: Vec<String>,
    /// Where the strategy is written, as properties of an annotation.
    pub place: Vec<(&'static str, String)>,
}

impl Finding {
    /// A statistic on both sides.
    pub fn of_row(row: &Row, compared: &Compared, options: &Options) -> Self {
        let ending = match row.change {
            MeasureChange::Regressed => FindingEnding::Failed("regressed"),
            MeasureChange::Inconclusive => FindingEnding::undecided(options),
            MeasureChange::NoChange | MeasureChange::Improved | MeasureChange::WithinTolerance => {
                FindingEnding::Passed
            }
        };
        let trial = row.most_worse_trial.filter(|_| row.world.is_own()).into_iter();
        let commands = trial.flat_map(|trial| words::commands(compared, options, &row.strategy, trial));
        Self {
            strategy: row.strategy.clone(),
            name: words::measure(row),
            title: format!("{} {}", row.strategy, row.change.word()),
            ending,
            message: words::sentence(row),
            commands: commands.collect(),
            place: options.place(&row.strategy),
        }
    }

    /// A limit. One of level warn fails nothing; its sentence says what is wrong.
    pub fn of_threshold(result: &ThresholdResult, trials: u64, options: &Options) -> Self {
        let (ending, word) = match (result.verdict, result.level) {
            (Verdict::Pass, _) => (FindingEnding::Passed, "held"),
            (Verdict::Fail, Level::Error) => (FindingEnding::Failed("threshold"), "broken"),
            (Verdict::Fail, Level::Warn) => (FindingEnding::Warned, "broken"),
            (Verdict::Inconclusive, Level::Error) => (FindingEnding::undecided(options), "inconclusive"),
            (Verdict::Inconclusive, Level::Warn) => (FindingEnding::Doubtful, "inconclusive"),
        };
        let (statistic, metric) = (result.statistic.name(), result.metric);
        Self {
            strategy: result.strategy.clone(),
            // The limit tells two thresholds on one statistic apart.
            name: format!("threshold: {statistic} of {metric} {}", limits::allowed(result)),
            title: format!("{} threshold {word}", result.strategy),
            ending,
            message: limits::sentence(result, trials),
            commands: Vec::new(),
            place: options.place(&result.strategy),
        }
    }

    /// A strategy that a guard names and the candidate lacks.
    pub fn of_gone(strategy: &str, options: &Options) -> Self {
        Self {
            strategy: strategy.to_owned(),
            name: "guarded strategy".to_owned(),
            title: format!("{strategy} is gone"),
            ending: FindingEnding::Failed("gone"),
            message: words::gone(&[strategy.to_owned()]),
            commands: Vec::new(),
            place: options.place(strategy),
        }
    }
}
