//! "Did you mean": the nearest of the names that would have been right.

use strsim::{damerau_levenshtein, jaro_winkler};

/// Names listed in full when there is nothing close; more than these do not help anybody.
const LISTED: usize = 24;

/// The candidate that `word` most probably stands for, none when all are far off.
pub fn closest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let mut best: Option<(f64, &str)> = None;
    for candidate in candidates {
        let score = similarity(&word, &candidate.to_lowercase());
        if score >= 0.84 && best.is_none_or(|(highest, _)| score > highest) {
            best = Some((score, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// 1 for equal words; one slip of the fingers scores high even in short words.
fn similarity(word: &str, candidate: &str) -> f64 {
    let slips = damerau_levenshtein(word, candidate);
    let longest = word.chars().count().max(candidate.chars().count());
    if slips <= 1 && longest > 2 {
        return 1.0 - 0.01 * slips as f64;
    }
    // The last part of a path is what people remember: `London` for `Europe/London`.
    let tail = candidate.rsplit('/').next().unwrap_or(candidate);
    if tail.len() < candidate.len() && tail == word.rsplit('/').next().unwrap_or(word) {
        return 0.98;
    }
    jaro_winkler(word, candidate)
}

/// A help text: the closest candidate, else all of them, unless they are many. `what` they are is a
/// plural, for example `alarms`.
pub fn help<'a>(word: &str, candidates: impl Iterator<Item = &'a str> + Clone, what: &str) -> String {
    if let Some(candidate) = closest(word, candidates.clone()) {
        return format!("did you mean `{candidate}`?");
    }
    let names: Vec<&str> = candidates.collect();
    match names.len() {
        0 => format!("there are no {what}"),
        count if count > LISTED => {
            format!("the {what} are {}, and {} more", list(&names[..LISTED]), count - LISTED)
        }
        1 => format!("the only one is {}", list(&names)),
        _ => format!("the {what} are {}", list(&names)),
    }
}

/// `a`, `b`, `c` in backquotes.
pub fn list(names: &[impl AsRef<str>]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{}`", name.as_ref())).collect();
    quoted.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_slips_and_path_tails_and_refuses_nonsense() {
        let keys = ["zone-bake", "batch", "bake", "Europe/London"];
        assert_eq!(closest("zone_bake", keys.into_iter()), Some("zone-bake"));
        assert_eq!(closest("bacth", keys.into_iter()), Some("batch"));
        assert_eq!(closest("london", keys.into_iter()), Some("Europe/London"));
        assert_eq!(closest("retries", keys.into_iter()), None);
    }

    #[test]
    fn lists_the_names_when_none_is_close() {
        assert_eq!(help("xyz", ["aa", "bb"].into_iter(), "keys"), "the keys are `aa`, `bb`");
        assert_eq!(help("xyz", ["aa"].into_iter(), "keys"), "the only one is `aa`");
        assert_eq!(help("x", std::iter::empty(), "alarms"), "there are no alarms");
    }
}
