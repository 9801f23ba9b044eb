//! Loading the one scenario that a command works on: problems go to standard error, errors end the
//! command with the way out.

use super::args::FailOn;
use super::error::CliError;
use super::exit::Exit;
use super::io::Io;
use super::select::{self, Overrides};
use super::studies::{self, Loaded};
use crate::plan::Plan;

/// Loads `file`, tells its problems and applies `overrides`.
///
/// # Errors
/// When the scenario is invalid or has warnings under `--fail-on warning`, or an override does not fit.
pub fn plan(file: &str, overrides: &Overrides, fail_on: FailOn, io: &mut Io) -> Result<Plan, CliError> {
    loaded(file, overrides, fail_on, io).map(|(plan, _)| plan)
}

/// As [`plan`], with the texts it was made of.
///
/// # Errors
/// As [`plan`].
pub fn loaded(
    file: &str,
    overrides: &Overrides,
    fail_on: FailOn,
    io: &mut Io,
) -> Result<(Plan, Loaded), CliError> {
    let loaded = studies::load(file, io)?;
    let problems = loaded.problems.render(io.stderr_color());
    if !problems.is_empty() {
        io.talk(problems.trim_end());
    }
    if fail_on == FailOn::Warning && loaded.problems.errors() == 0 && loaded.problems.warnings() > 0 {
        let counts = counted(loaded.problems.warnings(), "warning");
        return Err(CliError { exit: Exit::Warnings, ..CliError::invalid(format!("{file} has {counts}")) }
            .hint("correct the scenario, or run without --fail-on warning"));
    }
    let errors = counted(loaded.problems.errors(), "error");
    let Some(mut plan) = loaded.plan.clone() else {
        return Err(CliError::invalid(format!("{file} cannot be used: {errors}"))
            .hint("correct what is said above; `wavetank explain RULE` tells more about a rule"));
    };
    for note in select::apply(&mut plan, overrides)? {
        io.say("note", note);
    }
    Ok((plan, loaded))
}

/// `1 error`, `2 errors`.
#[must_use]
pub fn counted(count: usize, thing: &str) -> String {
    if count == 1 { format!("1 {thing}") } else { format!("{count} {thing}s") }
}
