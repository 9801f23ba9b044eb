//! The rows of `trials.csv` on their way to the disk, while a study runs: one nameless file a strategy, put
//! together when the study is over. Knows nothing of what is in a row.

use crate::cli::error::CliError;
use crate::cli::targets::Targets;
use crate::plan::Plan;
use crate::report;
use std::fs::File;
use std::io::{self, BufReader, Seek, Write};
use std::ops::ControlFlow;

/// Number of `trials.csv` among the result files.
const TARGET: usize = 0;
/// Bytes that are read at once.
const BUFFER: usize = 1 << 18;

/// Rows by strategy.
#[derive(Debug)]
pub struct Spool {
    files: Vec<File>,
    error: Option<io::Error>,
}

impl Spool {
    /// Nothing yet, beside the first of the result files.
    ///
    /// # Errors
    /// When the files cannot be made.
    pub fn open(plan: &Plan, targets: &Targets) -> Result<Self, CliError> {
        let files = plan.strategies.iter().map(|_| targets.scratch(TARGET)).collect::<Result<_, _>>()?;
        Ok(Self { files, error: None })
    }

    /// Takes the next rows of a strategy; breaks off when the disk does not.
    pub fn take(&mut self, strategy: usize, rows: &[u8]) -> ControlFlow<()> {
        match self.files[strategy].write_all(rows) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                self.error = Some(error);
                ControlFlow::Break(())
            }
        }
    }

    /// Why it broke off, if it did.
    #[must_use]
    pub fn failure(&self, targets: &Targets) -> Option<CliError> {
        self.error.as_ref().map(|error| targets.scratch_error(TARGET, error))
    }

    /// Writes `trials.csv`, of so many trials of each strategy.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(mut self, plan: &Plan, trials: u64, targets: &mut Targets) -> Result<(), CliError> {
        for file in &mut self.files {
            file.rewind().map_err(|error| targets.scratch_error(TARGET, &error))?;
        }
        // A strategy's rows leave the disk as soon as they have been copied.
        let rows = self.files.into_iter().map(|file| BufReader::with_capacity(BUFFER, file));
        targets.fill(TARGET, |file| report::csv::write_trials(plan, trials, rows, file))
    }
}
