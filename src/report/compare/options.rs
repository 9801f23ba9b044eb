//! What a comparison's reports have to be told beside the comparison.

use crate::diagnostic::portable;
use crate::report::command::GivenScenario;

/// Where a strategy is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StrategyPlace {
    /// Its name.
    pub strategy: String,
    /// The file, as annotations name it.
    pub file: String,
    /// Line of its name, from 1.
    pub line: usize,
}

/// What reports cannot know from the numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options<'a> {
    /// The baseline's scenario as the user named it, for replay commands; absent if there is none
    /// to replay from.
    pub baseline_file: Option<GivenScenario<'a>>,
    /// The candidate's scenario as the user named it; absent if there is none to replay from.
    pub candidate_file: Option<GivenScenario<'a>>,
    /// The command that accepts the candidate; absent where nothing is accepted.
    pub accept: Option<&'a str>,
    /// Warnings that `check` gives of the candidate and did not give of the baseline.
    pub warnings: &'a [String],
    /// Where the candidate's strategies are written.
    pub places: &'a [StrategyPlace],
    /// Whether the gate lets through what the trials do not decide.
    pub allow_inconclusive: bool,
}

impl Options<'_> {
    /// Where a strategy of the candidate is written; the scenario file where that is not known.
    pub(super) fn place(&self, strategy: &str) -> Vec<(&'static str, String)> {
        match self.places.iter().find(|place| place.strategy == strategy) {
            Some(place) => vec![("file", place.file.clone()), ("line", place.line.to_string())],
            None => self.candidate_file.map(|file| ("file", portable(file.file))).into_iter().collect(),
        }
    }
}
