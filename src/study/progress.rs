//! Who waits for a simulation: is told how far it is, and may end it. The library draws no bar, listens to no signal and
//! starts no thread pool of its own: all three are the caller's.

use crate::rollout::TooCostly;
use std::fmt;
use std::io;

/// Somebody who waits for a simulation. Called from every thread that simulates; every method has a default.
pub trait Progress: Sync {
    /// So many trials are planned by now, those that are done included.
    fn planned(&self, _trials: u64) {}

    /// This thread begins a trial of a strategy (an index): what it does until the next call is about it. Whoever
    /// reports a panic can say by this which trial to replay.
    fn begins(&self, _strategy: usize, _trial: u64) {}

    /// So many more trials are done.
    fn done(&self, _trials: u64) {}

    /// Whether to stop. Asked before every trial, and while a pipeline's goes on; once it is true it must stay true.
    fn is_cancelled(&self) -> bool {
        false
    }
}

/// Nobody waits.
#[derive(Debug, Clone, Copy)]
pub struct Nobody;

impl Progress for Nobody {}

/// Why a simulation ended without a result.
#[derive(Debug)]
pub enum Stopped {
    /// Whoever waits for it said so.
    Cancelled,
    /// A trial goes beyond its budget.
    TooCostly(TooCostly),
    /// Whoever takes its rows cannot go on.
    Rows(io::Error),
}

impl Stopped {
    /// An error if `progress` says to stop.
    pub(super) fn check(progress: &dyn Progress) -> Result<(), Self> {
        if progress.is_cancelled() { Err(Self::Cancelled) } else { Ok(()) }
    }
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooCostly(costly) => costly.fmt(f),
            Self::Cancelled => f.write_str("cancelled"),
            Self::Rows(error) => write!(f, "cannot write rows: {error}"),
        }
    }
}

impl std::error::Error for Stopped {}
