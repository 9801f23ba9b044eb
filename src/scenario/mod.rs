//! The scenario language: from the text a user wrote to a [`Plan`].
//!
//! Text -> document tree with spans -> `*Spec` (as written, no defaults) -> resolve (the only step that
//! judges) -> [`Plan`]. Every phase goes on after a problem, so that one run reports all of them; a value
//! that was reported is marked as broken, so that nothing is reported twice. It must not simulate.

mod extend;
mod include;
mod places;
mod problems;
mod reader;
mod resolve;
pub mod rules;
mod schema;
mod spec;
mod suggest;
mod table;
mod timezone;
mod value;
mod words;

pub use places::Places;
pub use problems::Problems;
pub use schema::schema;
pub use spec::MAX_TRIALS;
pub use suggest::closest;
pub use value::{Duration, PrecisionText, Seed};

use crate::plan::Plan;
use include::{Disk, Files, Loader, Reading, Texts};
use std::io;
use std::path::{Path, PathBuf};

/// A scenario that was read.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The plan; none if there is an error among the diagnostics.
    pub plan: Option<Plan>,
    /// Every problem that was found, warnings too, with the texts of the scenario and its includes.
    pub problems: Problems,
    /// Where the parts of the plan were written, for problems that are found later.
    pub places: Places,
}

impl Loaded {
    /// The plan alone.
    ///
    /// # Errors
    /// Everything that was found, if there is an error among it.
    pub fn into_plan(self) -> Result<Plan, Problems> {
        self.plan.ok_or(self.problems)
    }
}

impl Plan {
    /// Reads the scenario file at `path` and the files it includes. Warnings are dropped: [`load`] gives them too, and
    /// [`crate::lints::look_ahead`] those about a plan that is valid and will surprise its author.
    ///
    /// # Errors
    /// Every problem of the scenario at once, if one of them is an error. A file that cannot be read is a problem, too.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, Problems> {
        load(path.as_ref()).into_plan()
    }

    /// Reads a scenario from `text`; `name` stands for its file in messages, and for its name if it has none. It cannot
    /// include files: [`load_with`] reads those from wherever they are.
    ///
    /// # Errors
    /// As [`Plan::load`].
    pub fn parse(name: &str, text: &str) -> Result<Self, Problems> {
        load_str(name, text).into_plan()
    }
}

/// Reads a scenario file and the files it includes. A file that cannot be read is a diagnostic, too.
#[must_use]
pub fn load(path: &Path) -> Loaded {
    load_from(path, &Disk)
}

/// Reads a scenario from text; `name` stands for its file. It cannot include files.
#[must_use]
pub fn load_str(name: &str, text: &str) -> Loaded {
    let texts = [(PathBuf::from(name), text.to_owned())];
    load_from(Path::new(name), &Texts { texts: &texts, complete: false })
}

/// Reads the scenario `root` and its includes from `texts`, which stand for the files of these paths.
/// What [`crate::diagnostic::Sources::texts`] gives leads to the same plan as the files did.
#[must_use]
pub fn load_texts(root: &Path, texts: &[(PathBuf, String)]) -> Loaded {
    load_from(root, &Texts { texts, complete: true })
}

/// Reads a scenario and its includes through `read`, from wherever it gets them. It is asked for the
/// path as given, and for includes relative to it, without `a/..`. The text of its errors is shown
/// unless their kind says it all.
#[must_use]
pub fn load_with(path: &Path, read: &dyn Fn(&Path) -> io::Result<Vec<u8>>) -> Loaded {
    load_from(path, &Reading(read))
}

fn load_from(path: &Path, files: &dyn Files) -> Loaded {
    let mut loader = Loader::new(files);
    let spec = loader.load_root(path);
    let Loader { mut problems, sources, sound, .. } = loader;
    let stem = path.file_stem().map_or_else(|| "scenario".into(), |stem| stem.to_string_lossy());
    let (plan, places) = match spec {
        // A tree that was repaired after a syntax error would only cause follow-up problems.
        Some(spec) if sound => {
            let (plan, places) = resolve::resolve(&spec, &stem, &mut problems);
            (Some(plan), places)
        }
        _ => (None, Places::default()),
    };
    let plan = plan.filter(|_| !problems.has_errors());
    Loaded { plan, problems: problems.of(sources), places }
}

/// The share that a percentage such as `5%` stands for; none if the text is none.
#[must_use]
pub fn percentage(text: &str) -> Option<f64> {
    value::Percent::parse(text).map(crate::plan::Ratio::as_f64)
}

#[cfg(test)]
mod tests;
