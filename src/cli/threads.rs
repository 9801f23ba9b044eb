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
        pool(threads).map(Self)
    }

    /// Does `work` in them.
    pub fn run<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        match &self.0 {
            None => work(),
            Some(pool) => pool.install(work),
        }
    }
}

/// A pool of so many threads; none where nothing is said.
///
/// # Errors
/// When they cannot be started.
pub fn pool(threads: Option<usize>) -> Result<Option<ThreadPool>, CliError> {
    let Some(threads) = threads else { return Ok(None) };
    ThreadPoolBuilder::new().num_threads(threads).build().map(Some).map_err(|error| {
        CliError::invalid(format!("cannot start {threads} threads: {error}"))
            .hint("choose fewer with --threads")
    })
}
