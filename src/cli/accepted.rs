//! The accepted study that a gate holds a scenario against, read from its file.

use super::error::CliError;
use crate::lints;
use crate::outcome::measures::Subject;
use crate::outlet::shell_word;
use crate::plan::Plan;
use crate::report::command::GivenScenario;
use crate::scenario::{self, Problems};
use crate::study::BaselineError;
use crate::study::baseline::{Baseline, SCHEMA_VERSION};
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

/// Bytes of the largest baseline: the texts of a scenario, and a line of numbers for each thing that is guarded.
const MAX_BYTES: u64 = 64 << 20;

/// A baseline, and the plan that its texts lead to; none if they are no longer valid.
pub struct Accepted {
    /// The numbers.
    pub baseline: Baseline,
    /// The plan.
    pub plan: Option<Plan>,
    /// What `check` says of it.
    pub problems: Problems,
}

/// What trials are of, where a flag says whether they are of the pipeline.
#[must_use]
pub fn subject(is_pipeline: bool) -> Subject {
    if is_pipeline { Subject::Pipeline } else { Subject::Rollout }
}

/// The command that accepts the scenario.
#[must_use]
pub fn command(file: GivenScenario, baseline: Option<&Path>, subject: Subject) -> String {
    let pipeline = if subject.is_rollout() { "" } else { " --pipeline" };
    let baseline = baseline.map(|path| format!(" --baseline {}", shell_word(&path.to_string_lossy())));
    format!("{}{pipeline}{}", file.command("baseline accept"), baseline.unwrap_or_default())
}

impl Accepted {
    /// Reads a baseline and resolves the scenario in it; `accept` is the command that writes one.
    ///
    /// # Errors
    /// When the file cannot be read or is no baseline of this layout.
    pub fn read(path: &Path, accept: &str) -> Result<Self, CliError> {
        let bytes = read(path).map_err(|error| unreadable(path, &error, accept))?;
        let baseline = Baseline::parse(&bytes).map_err(|error| match error {
            BaselineError::Malformed(reason) => malformed(path, &bytes, &reason, accept),
            BaselineError::OtherLayout(layout) => CliError::invalid(format!(
                "{} has layout {layout}, and this wavetank reads layout {SCHEMA_VERSION}",
                path.display()
            ))
            .hint(format!("accept anew with this version: {accept}")),
        })?;
        let texts = baseline.texts();
        let (plan, problems) = match texts.first() {
            Some((root, _)) => {
                let loaded = lints::look_ahead(scenario::load_texts(root, &texts));
                (loaded.plan, loaded.problems)
            }
            None => (None, Problems::default()),
        };
        Ok(Self { baseline, plan, problems })
    }
}

/// The bytes of an ordinary file of a size that a baseline may have.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let metadata = path.metadata()?;
    if !metadata.is_file() && !metadata.is_dir() {
        return Err(io::Error::other("it is no ordinary file"));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(io::Error::other(format!("it has more than {} MB", MAX_BYTES >> 20)));
    }
    Ok(bytes)
}

fn malformed(path: &Path, bytes: &[u8], reason: &str, accept: &str) -> CliError {
    let refusal = CliError::invalid(format!("{} is not a baseline: {reason}", path.display()));
    // Anything else than JSON is another file, and had better not be replaced.
    if bytes.trim_ascii_start().starts_with(b"{") {
        let refusal = refusal.hint("it is not meant to be edited or merged by hand");
        refusal.hint(format!("write it anew: {accept}"))
    } else {
        refusal.hint("name a file that `wavetank baseline accept` has written")
    }
}

fn unreadable(path: &Path, error: &io::Error, accept: &str) -> CliError {
    let mut refusal = CliError::at_path("read baseline", path, error);
    if error.kind() == io::ErrorKind::NotFound {
        refusal = refusal.hint("if your machine has it, commit it; check that git does not ignore it");
    }
    refusal.hint(format!("write one on your machine and commit it: {accept}"))
}
