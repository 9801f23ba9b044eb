//! The rows of `trials.csv` on their way to the disk, while a study runs: one nameless file a strategy, put together
//! when the study is over. Knows nothing of what is in a row.

use super::error::CliError;
use super::targets::Targets;
use crate::plan::Plan;
use crate::report::csv;
use std::fs::File;
use std::io::{self, BufReader, Seek, Write};

/// Bytes that are read at once.
const BUFFER: usize = 1 << 18;

/// Rows by strategy, for one of several targets.
#[derive(Debug)]
pub struct RowWriter {
    target: usize,
    files: Vec<File>,
}

impl RowWriter {
    /// Nothing yet, beside the target of this number.
    ///
    /// # Errors
    /// When the files cannot be made.
    pub fn open(plan: &Plan, targets: &Targets, target: usize) -> Result<Self, CliError> {
        let files = plan.strategies.iter().map(|_| targets.scratch(target)).collect::<Result<_, _>>()?;
        Ok(Self { target, files })
    }

    /// Takes the next rows of a strategy.
    ///
    /// # Errors
    /// When the disk does not.
    pub fn take(&mut self, strategy: usize, rows: &[u8]) -> io::Result<()> {
        self.files[strategy].write_all(rows)
    }

    /// Writes the target, of so many trials of each strategy.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(mut self, plan: &Plan, trials: u64, targets: &mut Targets) -> Result<(), CliError> {
        for file in &mut self.files {
            file.rewind().map_err(|error| targets.scratch_error(self.target, &error))?;
        }
        // A strategy's rows leave the disk as soon as they have been copied.
        let rows = self.files.into_iter().map(|file| BufReader::with_capacity(BUFFER, file));
        targets.fill(self.target, |file| csv::write_trials(plan, trials, rows, file))
    }
}
