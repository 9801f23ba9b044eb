//! What pages need beside a summary, and simulate for it.

use super::error::CliError;
use super::progress::Bar;
use crate::plan::Plan;
use crate::study::Stopped;
use crate::study::unfolding::{REPLAYED, Unfolding, unfolded};

/// How the rollouts of a plan unfold; none where a trial would cost too much, and the page goes without. Always of as many
/// trials, so that equal results give equal pages.
///
/// # Errors
/// When the user interrupts.
pub fn unfolding(plan: &Plan, progress: &Bar) -> Result<Option<Unfolding>, CliError> {
    match unfolded(plan, REPLAYED, progress) {
        Ok(unfolding) => Ok(Some(unfolding)),
        Err(Stopped::TooCostly(_)) => Ok(None),
        Err(stopped) => Err(stopped.into()),
    }
}
