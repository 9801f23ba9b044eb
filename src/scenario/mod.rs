//! The scenario language: from the text a user wrote to a [`Plan`].
//!
//! Text -> document tree with spans -> `*Spec` (as written, no defaults) -> resolve (the only step that
//! judges) -> [`Plan`]. Every phase goes on after a problem, so that one run reports all of them; a value
//! that was reported is marked as broken, so that nothing is reported twice. It must not simulate.

mod extend;
mod include;
mod problems;
mod reader;
mod resolve;
pub mod rules;
mod schema;
mod spec;
mod suggest;
mod timezone;
mod value;

pub use crate::diagnostic::Sources;
pub use schema::schema;
pub use spec::MAX_TRIALS;
pub use suggest::closest;
pub use value::{Duration, PrecisionText, Seed};

use crate::diagnostic::Diagnostic;
use crate::plan::Plan;
use include::{Disk, Files, Loader};
use std::io;
use std::path::{Path, PathBuf};

/// A scenario that was read.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The plan; none if there is an error among the diagnostics.
    pub plan: Option<Plan>,
    /// Every problem that was found, in reading order.
    pub diagnostics: Vec<Diagnostic>,
    /// The texts that the diagnostics point into: the scenario and its includes.
    pub sources: Sources,
}

/// Reads a scenario file and the files it includes. A file that cannot be read is a diagnostic, too.
#[must_use]
pub fn load(path: &Path) -> Loaded {
    load_from(path, &Disk)
}

/// Reads a scenario from text; `name` stands for its file. It cannot include files.
#[must_use]
pub fn load_str(name: &str, text: &str) -> Loaded {
    load_from(Path::new(name), &Memory { name, text })
}

fn load_from(path: &Path, files: &dyn Files) -> Loaded {
    let mut loader = Loader::new(files);
    let spec = loader.load_root(path);
    let Loader { mut problems, sources, sound, .. } = loader;
    let stem = path.file_stem().map_or_else(|| "scenario".into(), |stem| stem.to_string_lossy());
    let plan = match spec {
        // A tree that was repaired after a syntax error would only cause follow-up problems.
        Some(spec) if sound => Some(resolve::resolve(&spec, &stem, &mut problems)),
        _ => None,
    };
    let plan = plan.filter(|_| !problems.has_errors());
    Loaded { plan, diagnostics: problems.into_sorted(), sources }
}

/// A single text in place of a disk.
struct Memory<'a> {
    name: &'a str,
    text: &'a str,
}

impl Files for Memory<'_> {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        if path == Path::new(self.name) {
            return Ok(self.text.as_bytes().to_vec());
        }
        Err(io::Error::new(io::ErrorKind::Unsupported, "text that is not in a file cannot include files"))
    }

    fn identity(&self, path: &Path) -> PathBuf {
        path.to_owned()
    }
}

#[cfg(test)]
mod tests;
