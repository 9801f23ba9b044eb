//! What claims of a scenario stand on: the scenario as it was read.

use crate::plan::Plan;
use crate::scenario::files::Files;
use crate::scenario::setting::ValueSetting;
use crate::scenario::spec::ScenarioSpec;
use std::path::Path;

/// A scenario that was read from a path with these settings: its plan, as far as it has one.
pub(in crate::scenario) struct Ground<'g> {
    pub path: &'g Path,
    pub files: &'g Files<'g>,
    pub settings: &'g [ValueSetting],
    pub spec: &'g ScenarioSpec,
    pub plan: &'g Plan,
    /// Whether nothing was wrong so far: else the plan lacks what was, and no variant is read.
    pub sound: bool,
}
