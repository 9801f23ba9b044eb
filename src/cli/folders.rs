//! Where results are kept unless somebody says otherwise: a folder by the scenario's name.

use crate::outcome::measures::Subject;
use crate::plan::Plan;
use std::path::{Path, PathBuf};

/// The folder for the results of a plan.
#[must_use]
pub fn of_results(plan: &Plan) -> PathBuf {
    Path::new("results").join(harmless(&plan.name))
}

/// Where the baseline of a plan is kept: that of its rollouts, or that of its pipeline.
#[must_use]
pub fn of_baseline(plan: &Plan, subject: Subject) -> PathBuf {
    of_results(plan).join(match subject {
        Subject::Rollout => "baseline.json",
        Subject::Pipeline | Subject::Lane => "pipeline-baseline.json",
    })
}

/// A name as one harmless path component.
#[must_use]
pub fn harmless(name: &str) -> String {
    let safe = |c: char| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    let folder: String = name.chars().map(safe).collect();
    let folder = folder.trim_start_matches('.');
    if folder.is_empty() { "scenario".to_owned() } else { folder.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn scenario_names_stay_inside_the_results_folder() {
        for (name, folder) in [
            ("hands-off", "hands-off"),
            ("../../etc", "-..-etc"),
            ("..", "scenario"),
            ("a b/c", "a-b-c"),
            ("", "scenario"),
        ] {
            assert_eq!(harmless(name), folder);
        }
    }
}
