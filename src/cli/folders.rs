//! Where results are kept unless somebody says otherwise: a folder by the scenario's name.

use super::error::CliError;
use super::targets::real;
use crate::outcome::measures::Subject;
use crate::outlet::file_name;
use crate::plan::Plan;
use std::path::{Path, PathBuf};

/// The folder for the results of a plan.
#[must_use]
pub fn of_results(plan: &Plan) -> PathBuf {
    Path::new("results").join(file_name(&plan.name))
}

/// Where the baseline of a plan is kept: that of its rollouts, or that of its pipeline.
#[must_use]
pub fn of_baseline(plan: &Plan, subject: Subject) -> PathBuf {
    of_results(plan).join(match subject {
        Subject::Rollout => "baseline.json",
        Subject::Pipeline | Subject::Lane => "pipeline-baseline.json",
    })
}

/// The place for an output that nobody has named, if it is where it seems to be: a link in a repository of somebody else
/// could lead anywhere.
///
/// # Errors
/// When it is not below the working directory.
pub fn checked(path: PathBuf) -> Result<PathBuf, CliError> {
    let dir = path.parent().unwrap_or(&path);
    let is_inside = |path: &Path| real(path).starts_with(real(Path::new(".")));
    if is_inside(dir) && (!path.is_dir() || is_inside(&path)) {
        return Ok(path);
    }
    Err(CliError::invalid(format!("cannot write to {}: a link leads out of this folder", path.display()))
        .hint(format!("name where it leads, if that is meant: {}", real(&path).display())))
}
