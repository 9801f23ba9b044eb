//! Whether what the files say together is a scenario that is accepted. Where it is not, that is said at their own places.

use super::Imported;
use crate::diagnostic::{Diagnostic, Severity};
use crate::scenario::{load_str, rules};

/// What makes the scenario of `imported` one that nobody accepts.
pub(super) fn misfits(imported: &Imported) -> Vec<Diagnostic> {
    let script = imported.script("");
    let loaded = load_str("imported.toml", script.text());
    let errors = loaded.problems.list().iter().filter(|problem| problem.severity == Severity::Error);
    errors
        .map(|problem| {
            let place = problem.primary_place().and_then(|span| script.place_of(span.start));
            let message = format!("this makes no scenario: {}", problem.message);
            let help =
                "policies over different fleets are imported one by one; otherwise correct what is said";
            rules::FOREIGN_MISFIT.at(place, message).help(help)
        })
        .collect()
}
