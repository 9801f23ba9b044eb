//! Texts that nobody would write: shipped scenarios and strange ones, with mutations. Each is refused with reasons or is
//! simulated; none panics, and none takes long.

use super::{generator, laws, text};
use crate::mutate;
use crate::support::{self, project};
use crate::targets;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Texts that one run of the test tries.
const TEXTS: u32 = 1_500;

/// Texts to begin with: every file of the project that is a scenario by itself.
fn corpus() -> Vec<String> {
    let folders =
        ["scenarios", "scenarios/incidents", "scenarios/pipelines", "tests/plans/ok", "tests/plans/answers"];
    let mut files: Vec<_> = folders
        .iter()
        .flat_map(|folder| std::fs::read_dir(project(folder)).unwrap().map(|entry| entry.unwrap().path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .collect();
    files.sort();
    let texts = files.iter().map(|path| std::fs::read_to_string(path).unwrap());
    texts.filter(|text| !text.contains("include = ")).collect()
}

/// The text of a seed.
fn of_seed(corpus: &[String], seed: u64) -> String {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let strange = text::write(&generator::with_pipeline(seed));
    let any = |rng: &mut ChaCha8Rng| corpus[rng.random_range(0..corpus.len())].clone();
    let (first, other) = (any(&mut rng), any(&mut rng));
    let first = if rng.random_bool(0.5) { first } else { strange };
    let steps = rng.random_range(1..6);
    let script: Vec<u8> = (0..4 * steps).map(|_| rng.random_range(0..=255_u8)).collect();
    mutate::apply(&first, &other, &script)
}

/// What is wrong when the text is read, checked, shown and simulated for a while.
pub(super) fn fault(text: &str) -> Option<String> {
    laws::caught(|| {
        targets::check(text);
        targets::plan(text);
        targets::study(text);
        Ok(())
    })
}

#[test]
fn no_text_makes_it_panic() {
    let quiet = laws::quiet_panics();
    let corpus = corpus();
    let (first, count) = support::seeds(TEXTS);
    let faults: Vec<(u64, String)> = (first..first + u64::from(count))
        .filter_map(|seed| Some((seed, fault(&of_seed(&corpus, seed))?)))
        .collect();
    drop(quiet);
    let shown = faults.first().map(|(seed, _)| smaller(of_seed(&corpus, *seed)));
    assert!(faults.is_empty(), "{faults:#?}\n{}", shown.unwrap_or_default());
}

/// The text without the lines that its fault does not need.
pub(super) fn smaller(text: String) -> String {
    let quiet = laws::quiet_panics();
    let kind = fault(&text);
    let mut lines: Vec<&str> = text.lines().collect();
    let mut at = 0;
    while at < lines.len() {
        let mut fewer = lines.clone();
        fewer.remove(at);
        if fault(&fewer.join("\n")) == kind { lines = fewer } else { at += 1 }
    }
    drop(quiet);
    lines.join("\n")
}
