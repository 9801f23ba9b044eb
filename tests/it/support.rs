//! Shared by the integration tests: loading scenarios, with edits.

use std::path::{Path, PathBuf};
use wavetank::plan::Plan;
use wavetank::scenario;

/// Edits of a scenario's text: what to find and what to put there.
pub type Edits<'a> = &'a [(&'a str, &'a str)];

/// A path inside the project.
pub fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The plan of a scenario file of the project. Files with includes take no edits.
pub fn plan(file: &str, edits: Edits) -> Plan {
    let loaded = if edits.is_empty() {
        scenario::load(&project(file))
    } else {
        let mut text = std::fs::read_to_string(project(file)).unwrap();
        for (from, to) in edits {
            assert!(text.contains(from), "{file} has no `{from}` to edit");
            text = text.replace(from, to);
        }
        scenario::load_str(file, &text)
    };
    loaded.plan.unwrap_or_else(|| panic!("{file} {edits:?}: {:#?}", loaded.diagnostics))
}
