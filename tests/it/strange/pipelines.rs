//! Strange pipelines are held to the laws of pipelines, and every key of the language is written.

use super::laws::broken_by_pipeline as broken;
use super::{generator, keys, laws, plan_of, text};
use crate::support;
use std::collections::BTreeSet;
use wavetank::Plan;
use wavetank::report::claims::Judged;
use wavetank::scenario::load_str;
use wavetank::study::Nobody;
use wavetank::study::claims::judge;
use wavetank::study::compare::Estimate;
use wavetank::study::verdict::Verdict;

/// Scenarios that one run of a test looks at.
const SCENARIOS: u32 = 80;

/// As many, whose claims are judged.
const CLAIMS: u32 = 60;

/// Keys that the generator does not write, because they name other files.
const OF_OTHER_FILES: [(&str, &str); 5] = [
    ("Scenario", "include"),
    ("Source", "merges"),
    ("Stage", "scenario"),
    ("Stage", "strategy"),
    ("Variant", "scenario"),
];

#[test]
fn every_key_of_the_language_is_in_some_valid_scenario() {
    let schema = keys::schema();
    let mut missing = keys::all(&schema);
    missing.retain(|(part, key)| !OF_OTHER_FILES.contains(&(part.as_str(), key.as_str())));
    assert!(missing.len() > 200, "the schema has more keys than {missing:?}");
    for seed in 0..4_000 {
        let scenario = generator::with_pipeline(seed);
        if plan_of(&scenario).is_some() {
            let mut written = BTreeSet::new();
            keys::of(&schema, &scenario, &mut written);
            missing.retain(|key| !written.contains(key));
        }
        if missing.is_empty() {
            return;
        }
    }
    panic!("no valid scenario has {missing:?}");
}

/// Claims of strange scenarios are judged, one way or the other: a difference and its ratio say the same, an interval holds
/// what it is of, and whoever holds a scenario against itself finds no difference.
#[test]
fn no_strange_claim_contradicts_itself() {
    let (first, count) = support::seeds(CLAIMS);
    let mut judged = 0;
    for seed in first..first + u64::from(count) {
        let loaded = load_str("strange", &text::write(&generator::with_pipeline(seed)));
        let (Some(plan), Some(claims)) = (loaded.plan, loaded.claims) else { continue };
        let Ok(results) = judge(&plan, &claims, Some(24), &Nobody) else { continue };
        for (claim, result) in claims.list.iter().zip(results) {
            judged += 1;
            let shown = &result.shows[0];
            assert_eq!(result.verdict, Some(shown.verdict), "{seed}");
            let holds = |estimate: &Estimate| {
                let Estimate { value, interval } = *estimate;
                interval.low.is_none_or(|low| low <= value) && interval.high.is_none_or(|high| value <= high)
            };
            let all = [shown.of.estimate, shown.difference, shown.times, shown.share];
            assert!(all.iter().flatten().all(holds), "{seed}: {shown:?}");
            let told = Judged::new(claim, result.clone()).told();
            assert!(!told.contains('{') && told.ends_with('.'), "{seed}: {told}");
            let same = shown.than.as_ref().is_some_and(|than| *than == shown.of);
            if same && shown.share.is_none() {
                assert_eq!(shown.verdict, Verdict::Inconclusive, "{seed}: {shown:?}");
            }
        }
    }
    assert!(judged > count / 4, "only {judged} of {count} claims were judged");
}

/// Pipelines that broke a law once.
#[test]
fn what_was_found_stays_mended() {
    let folder = support::project("tests/plans/answers");
    let found = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    for path in
        found.filter(|path| path.file_name().is_some_and(|it| it.to_string_lossy().starts_with("pipeline-")))
    {
        let plan = Plan::load(&path).unwrap_or_else(|problems| panic!("{problems}"));
        assert_eq!(broken(&plan), None, "{}", path.display());
    }
}

#[test]
fn no_strange_pipeline_breaks_a_law() {
    let quiet = laws::quiet_panics();
    let (first, count) = support::seeds(SCENARIOS);
    let (mut valid, mut costly, mut faults) = (0_u32, 0_u32, Vec::new());
    for seed in first..first + u64::from(count) {
        let Some(plan) = plan_of(&generator::with_pipeline(seed)) else { continue };
        valid += 1;
        match broken(&plan) {
            // A trial that is given up says so, and why.
            Some(fault) if fault.contains(" has more than ") => costly += 1,
            Some(fault) => faults.push((seed, fault)),
            None => {}
        }
    }
    let small = faults.first().map(|(seed, fault)| {
        let fails = |candidate: &toml::Table| {
            plan_of(candidate)
                .and_then(|plan| broken(&plan))
                .is_some_and(|it| super::kind(&it) == super::kind(fault))
        };
        text::write(&super::minimise::minimise(&generator::with_pipeline(*seed), fails))
    });
    drop(quiet);
    println!("{valid} of {count} scenarios were valid, {costly} of them given up for their cost");
    assert!(costly <= valid / 20, "{costly} of {valid} scenarios were given up for their cost");
    assert!(faults.is_empty(), "{faults:#?}\n{}", small.unwrap_or_default());
    assert!(valid > count / 3, "only {valid} of {count} scenarios were valid");
}
