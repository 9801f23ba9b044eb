//! What a page is served of.

use crate::scenario::Reach;
use rayon::ThreadPool;
use std::path::PathBuf;

/// What is served, and how.
#[derive(Debug)]
pub struct Setup {
    /// The scenario as the user named it.
    pub file: String,
    /// Where it is.
    pub path: PathBuf,
    /// Which files it may name.
    pub reach: Reach,
    /// Its text, as the page begins with it.
    pub text: String,
    /// Trials of each strategy; those of the scenario without them.
    pub trials: Option<u64>,
    /// The seed; that of the scenario without it.
    pub seed: Option<u64>,
    /// Where studies are simulated; where everybody else does without it.
    pub pool: Option<ThreadPool>,
}
