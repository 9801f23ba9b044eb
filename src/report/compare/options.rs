//! What a comparison's reports have to be told beside the comparison.

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
