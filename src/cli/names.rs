//! Finding things by the name the user typed, with "did you mean" for the rest.

use super::error::CliError;
use crate::scenario;

/// Position of `given` in `names`.
///
/// # Errors
/// Names the nearest one, and lists them all, when there is none.
pub fn find(kind: &str, given: &str, names: &[&str]) -> Result<usize, CliError> {
    if let Some(index) = names.iter().position(|name| *name == given) {
        return Ok(index);
    }
    let mut error = CliError::invalid(format!("unknown {kind} `{given}`"));
    if let Some(near) = scenario::closest(given, names.iter().copied()) {
        error = error.hint(format!("did you mean `{near}`?"));
    }
    Err(error.hint(format!("choose from: {}", names.join(", "))))
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
