//! Two plans compared, for every place where people review: terminal, pull request, CI log, test report.
//! JSON is [`super::json::pretty`].

pub mod github;
pub mod junit;
pub mod markdown;
pub mod text;
mod words;

#[cfg(test)]
mod sample;
#[cfg(test)]
#[path = "compare_tests.rs"]
mod tests;

/// What reports cannot know from the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options<'a> {
    /// The baseline's scenario file as the user wrote it, for replay commands; absent if there is none
    /// to replay from.
    pub baseline_file: Option<&'a str>,
    /// The candidate's scenario file as the user wrote it; absent if there is none to replay from.
    pub candidate_file: Option<&'a str>,
    /// Whether the gate lets through what the trials do not decide.
    pub allow_inconclusive: bool,
}
