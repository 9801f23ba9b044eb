//! Errors of the command line: what went wrong, what to do next, which exit code. Problems inside a
//! scenario are diagnostics, not errors of this kind.

use super::exit::Exit;
use crate::rollout::TooCostly;
use crate::study::{Stopped, StudyError};
use std::fmt;
use std::io;
use std::path::Path;

/// Ends a command early.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CliError {
    /// One lowercase line without a full stop; empty when everything has been said already.
    pub message: String,
    /// What to do next, one line each.
    pub hints: Vec<String>,
    /// Exit code.
    pub exit: Exit,
}

impl CliError {
    /// Wrong usage or input.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self { message: message.into(), hints: Vec::new(), exit: Exit::Invalid }
    }

    /// Ends the command with `exit` after the reason has been printed.
    #[must_use]
    pub fn silent(exit: Exit) -> Self {
        Self { message: String::new(), hints: Vec::new(), exit }
    }

    /// Ctrl-C before anything was written.
    #[must_use]
    pub fn interrupted() -> Self {
        Self {
            message: "interrupted: nothing was written".to_owned(),
            hints: Vec::new(),
            exit: Exit::Interrupted,
        }
    }

    /// `doing` the thing at `path` failed.
    #[must_use]
    pub fn at_path(doing: &str, path: &Path, error: &io::Error) -> Self {
        Self::invalid(format!("cannot {doing} {}: {}", path.display(), reason(error)))
    }

    /// Adds a line that says what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

/// The operating system's reason without its error number, in our lowercase.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    // tempfile appends the path that is already in the message.
    let text = text.split(" at path ").next().unwrap_or_default();
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for CliError {}

impl From<Stopped> for CliError {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Cancelled => Self::interrupted(),
            Stopped::TooCostly(costly) => costly.into(),
            Stopped::Rows(error) => Self::invalid(format!("cannot write rows: {}", reason(&error))),
        }
    }
}

impl From<StudyError> for CliError {
    fn from(error: StudyError) -> Self {
        match error {
            StudyError::Stopped(stopped) => stopped.into(),
            StudyError::Restriction(error) => Self::invalid(error.to_string()),
        }
    }
}

impl From<TooCostly> for CliError {
    fn from(costly: TooCostly) -> Self {
        Self::invalid(costly.to_string())
            .hint("`wavetank check` says what makes a trial large, before it is run")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_lose_error_numbers_and_repeated_paths() {
        let error = io::Error::from_raw_os_error(13);
        assert_eq!(reason(&error), "permission denied");
        let error = io::Error::other("Not a directory (os error 20) at path \"/x/.tmp1\"");
        assert_eq!(reason(&error), "not a directory");
    }
}
