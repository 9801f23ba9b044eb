//! The claims in `scenarios/claims/`: each holds, beyond doubt, and docs/claims.md says what came out.

use crate::support::project;
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use wavetank::report::claims::Judged;
use wavetank::scenario;
use wavetank::study::Nobody;
use wavetank::study::claims::judge;
use wavetank::study::verdict::Verdict;

fn files() -> Vec<PathBuf> {
    let folder = fs::read_dir(project("scenarios/claims")).expect("a folder");
    let mut files: Vec<PathBuf> = folder.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    files
}

fn stem(file: &std::path::Path) -> &str {
    file.file_stem().and_then(|stem| stem.to_str()).expect("UTF-8")
}

/// The words of a text, however they are wrapped and quoted.
fn words(text: &str) -> String {
    let plain = text.replace('>', " ").replace(['\\', '*'], "");
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn each_holds_and_the_page_has_its_sentence() {
    let page = words(&fs::read_to_string(project("docs/claims.md")).expect("a page"));
    let mut wrong = Vec::new();
    for file in files() {
        let loaded = scenario::load(&file);
        let (Some(plan), Some(claims)) = (loaded.plan, loaded.claims) else { panic!("{}", loaded.problems) };
        assert_eq!(loaded.problems.list().len(), 0, "{}", loaded.problems);
        assert_eq!(claims.list.len(), 1, "{}: one file, one sentence", file.display());
        assert_eq!(plan.name, stem(&file), "the page is found by the file");
        assert!(!plan.description.is_empty(), "{}", file.display());
        let claim = &claims.list[0];
        assert!((2..=4).contains(&claim.carried_by.len()), "{}: what carries it?", file.display());
        assert!(!claim.source.is_empty(), "{}", file.display());
        let result = judge(&plan, &claims, None, &Nobody).expect("nobody cancels").remove(0);
        let verdict = result.verdict;
        let told = Judged::new(claim, result).told();
        if verdict != Some(Verdict::Pass) || !page.contains(&words(&told)) {
            wrong.push(format!("{}: {told}", file.display()));
        }
    }
    assert!(wrong.is_empty(), "not shown, or not what docs/claims.md says:\n{}", wrong.join("\n"));
}

#[test]
fn each_is_in_the_table_of_the_page_and_the_readme_counts_them() {
    let files = files();
    let page = fs::read_to_string(project("docs/claims.md")).expect("a page");
    let linked: BTreeSet<&str> =
        page.split("](#").skip(1).filter_map(|rest| rest.split_once(')').map(|(name, _)| name)).collect();
    let shipped: BTreeSet<&str> = files.iter().map(|file| stem(file)).collect();
    assert_eq!(linked, shipped);
    let readme = fs::read_to_string(project("README.md")).expect("a readme");
    assert_eq!(shipped.len(), 27);
    assert!(readme.contains("Twenty-seven sentences"));
}
