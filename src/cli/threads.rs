//! The threads that a command simulates in: as many as it was asked for, or one a core.

use super::error::CliError;
use rayon::{ThreadPool, ThreadPoolBuilder};

/// Threads of a command's own, or those that everybody shares.
#[derive(Debug)]
pub struct Threads(Option<ThreadPool>);

impl Threads {
    /// So many threads; changes how long a study takes and nothing else.
    ///
    /// # Errors
    /// When they cannot be started.
    pub fn start(threads: Option<usize>) -> Result<Self, CliError> {
        let Some(threads) = threads else { return Ok(Self(None)) };
        let pool = ThreadPoolBuilder::new().num_threads(threads).build().map_err(|error| {
            CliError::invalid(format!("cannot start {threads} threads: {error}"))
                .hint("choose fewer with --threads")
        })?;
        Ok(Self(Some(pool)))
    }

    /// Does `work` in them.
    pub fn run<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        match &self.0 {
            None => work(),
            Some(pool) => pool.install(work),
        }
    }
}
