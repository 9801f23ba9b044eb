//! Two plans compared, for every place where people review: terminal, pull request, CI log, test report.
//! JSON is [`super::json::pretty`].

pub mod github;
pub mod junit;
pub mod markdown;
mod options;
pub mod text;
mod words;

#[cfg(test)]
mod sample;
#[cfg(test)]
#[path = "compare_tests.rs"]
mod tests;

pub use options::Options;
