//! Loading the scenarios that a command works on: problems go to standard error, errors end the command with the way
//! out.

use super::error::CliError;
use super::exit::Exit;
use super::git;
use super::io::{Io, STDIN};
use super::options::FailOn;
use super::select::{self, Role};
use crate::lints;
use crate::plan::{Pipeline, Plan, Restriction};
use crate::scenario::{self, Loaded, Problems};
use std::path::Path;

/// What problems call standard input.
pub const STDIN_NAME: &str = "stdin";

/// Reads and resolves the scenario `file`: `-` for standard input, `git:REV:PATH` for a file of a revision.
///
/// # Errors
/// When standard input or the file of the revision cannot be read. An unreadable file on the disk is a problem of the
/// scenario like any other.
pub fn load(file: &str, io: &mut Io) -> Result<Loaded, CliError> {
    let loaded = if file == STDIN {
        scenario::load_str(STDIN_NAME, &io.read_stdin()?)
    } else if let Some(address) = git::Address::parse(file)? {
        let revision = git::Commit::open(address)?;
        let loaded = scenario::load_with(revision.path(), &|path| revision.read(path));
        Loaded { problems: loaded.problems.with_prefix(&revision.prefix()), ..loaded }
    } else {
        scenario::load_reaching(Path::new(file), io.reach)
    };
    Ok(lints::look_ahead(loaded))
}

/// Loads `file`, tells its problems and restricts its plan.
///
/// # Errors
/// When the scenario is invalid or has warnings under `--fail-on warning`, or the restriction does not fit.
pub fn plan(file: &str, restriction: &Restriction, fail_on: FailOn, io: &mut Io) -> Result<Plan, CliError> {
    loaded(file, restriction, fail_on, io).map(|(plan, _)| plan)
}

/// As [`plan`], with the texts it was made of.
///
/// # Errors
/// As [`plan`].
pub fn loaded(
    file: &str,
    restriction: &Restriction,
    fail_on: FailOn,
    io: &mut Io,
) -> Result<(Plan, Problems), CliError> {
    let Loaded { plan, problems, .. } = load(file, io)?;
    // A mistake on the command line comes alone: what the scenario may surprise with is not what went wrong.
    let restricted = plan.map(|plan| select::restricted(&plan, restriction, Role::Alone, io)).transpose()?;
    let text = problems.render(io.stderr_color());
    if !text.is_empty() {
        io.talk(text.trim_end());
    }
    let (errors, warnings) = (problems.errors(), problems.warnings());
    if fail_on == FailOn::Warning && errors == 0 && warnings > 0 {
        let counts = counted(warnings, "warning");
        return Err(CliError { exit: Exit::Warnings, ..CliError::invalid(format!("{file} has {counts}")) }
            .hint("correct the scenario, or run without --fail-on warning"));
    }
    let Some(plan) = restricted else {
        let counts = counted(errors, "error");
        return Err(CliError::invalid(format!("{file} cannot be used: {counts}"))
            .hint("correct what is said above; `wavetank explain RULE` tells more about a rule"));
    };
    Ok((plan, problems))
}

/// The pipeline of the scenario in `file`.
///
/// # Errors
/// When it has none.
pub fn pipeline_of<'p>(plan: &'p Plan, file: &str) -> Result<&'p Pipeline, CliError> {
    plan.pipeline.as_ref().ok_or_else(|| {
        CliError::invalid(format!("{file} has no [pipeline]"))
            .hint("`wavetank run` simulates single rollouts; docs/pipeline.md says how to write a pipeline")
    })
}

/// `1 error`, `2 errors`.
#[must_use]
pub fn counted(count: usize, thing: &str) -> String {
    if count == 1 { format!("1 {thing}") } else { format!("{count} {thing}s") }
}
