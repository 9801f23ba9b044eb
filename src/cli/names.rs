//! Finding things by the name the user typed, with "did you mean" for the rest.

use super::error::CliError;
use crate::scenario;

/// Position of `given` in `names`.
///
/// # Errors
/// Names the nearest one, and lists them all, when there is none.
pub fn find(kind: &str, given: &str, names: &[&str]) -> Result<usize, CliError> {
    let position = names.iter().position(|name| *name == given);
    position.ok_or_else(|| unknown(kind, given, names).hint(format!("choose from: {}", names.join(", "))))
}

/// Nothing of a kind is called `given`; names the nearest of those that are `known`.
#[must_use]
pub fn unknown(kind: &str, given: &str, known: &[&str]) -> CliError {
    let error = CliError::invalid(format!("unknown {kind} `{given}`"));
    match scenario::closest(given, known.iter().copied()) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_names_win() {
        assert_eq!(find("strategy", "b", &["a", "b"]), Ok(1));
    }

    #[test]
    fn typing_mistakes_are_explained_and_the_choice_is_listed() {
        let error = find("strategy", "Big-Bnag", &["one-by-one", "big-bang"]).expect_err("unknown");
        assert_eq!(error.message, "unknown strategy `Big-Bnag`");
        assert_eq!(error.hints, ["did you mean `big-bang`?", "choose from: one-by-one, big-bang"]);
        let error = find("strategy", "zzzz", &["one-by-one", "big-bang"]).expect_err("unknown");
        assert_eq!(error.hints, ["choose from: one-by-one, big-bang"]);
    }
}
