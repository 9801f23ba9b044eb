//! Exit codes: one table for the code, `--help` and the tests. Decides nothing.

use std::process::ExitCode;

/// How a command ended, as a script sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Everything asked for was done; warnings may have been printed.
    Ok = 0,
    /// A threshold of level `error` does not hold, an expectation of that level is missed, or a guarded
    /// statistic got worse, or a claim is refuted.
    Failed = 1,
    /// Wrong usage, an invalid scenario, a trial beyond its budget, or a file that cannot be read or written.
    Invalid = 2,
    /// Warnings under `--fail-on warning`.
    Warnings = 3,
    /// A gate or a claim could not be decided by the trials it may take.
    Inconclusive = 4,
    /// A bug in wavetank itself.
    Internal = 70,
    /// Ctrl-C, or a request to terminate: nothing was written.
    Interrupted = 130,
}

impl Exit {
    /// Every exit code, ascending.
    pub const ALL: [Self; 7] = [
        Self::Ok,
        Self::Failed,
        Self::Invalid,
        Self::Warnings,
        Self::Inconclusive,
        Self::Internal,
        Self::Interrupted,
    ];

    /// The number given to the operating system.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// What the code means, in one line of `--help`.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Ok => "done, possibly with warnings",
            Self::Failed => {
                "a claim, or a limit or expectation of level error, fails, or a guarded statistic got worse"
            }
            Self::Invalid => {
                "wrong usage, invalid or too costly scenario, or a file that cannot be read or written"
            }
            Self::Warnings => "warnings, under --fail-on warning",
            Self::Inconclusive => "the trials do not decide a gate or a claim",
            Self::Internal => "bug in wavetank: prints the command that reproduces it",
            Self::Interrupted => "interrupted: nothing was written",
        }
    }

    /// The table that `wavetank --help` ends with.
    #[must_use]
    pub fn table() -> String {
        let rows: Vec<String> =
            Self::ALL.iter().map(|exit| format!("  {:>3}  {}", exit.code(), exit.meaning())).collect();
        format!("Exit codes:\n{}", rows.join("\n"))
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
