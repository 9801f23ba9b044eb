//! Finding things by the name the user typed, with "did you mean" for the rest.

use super::error::CliError;

/// Position of `given` in `names`.
///
/// # Errors
/// Names the nearest one, and lists them all, when there is none.
pub fn find(kind: &str, given: &str, names: &[&str]) -> Result<usize, CliError> {
    if let Some(index) = names.iter().position(|name| *name == given) {
        return Ok(index);
    }
    let mut error = CliError::invalid(format!("unknown {kind} `{given}`"));
    if let Some(near) = nearest(given, names) {
        error = error.hint(format!("did you mean `{near}`?"));
    }
    Err(error.hint(format!("choose from: {}", names.join(", "))))
}

/// The name most like `given`, if one is so near that a typing mistake explains it.
#[must_use]
pub fn nearest<'n>(given: &str, names: &[&'n str]) -> Option<&'n str> {
    let given = given.to_lowercase();
    names
        .iter()
        .map(|name| (strsim::damerau_levenshtein(&given, &name.to_lowercase()), *name))
        .filter(|(distance, name)| {
            *distance <= (name.chars().count() / 3).max(2).min(name.len().saturating_sub(1))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
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
