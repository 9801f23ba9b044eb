//! The pages of the rules of `check`, docs/rules: their form, their examples, what `check` says of them, and the list of
//! them all.
//!
//! `UPDATE_EXPECT=1 cargo test` writes what `check` says into the pages, and the list.

use crate::support::expect;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use wavetank::diagnostic::Rule;
use wavetank::import::{ForeignFile, Imported, import};
use wavetank::lints::look_ahead;
use wavetank::scenario::{Loaded, load_str, rules};

const FOLDER: &str = "docs/rules";

fn stem(rule: &Rule) -> String {
    format!("{}-{}", rule.id, rule.name)
}

/// An example with the parts that every scenario needs and this one leaves out.
pub fn complete(example: &str) -> String {
    let mut text = example.to_owned();
    if !text.contains("[fleet.region]") && !text.contains("region = []") {
        text.push_str("\n[[fleet.region]]\nname = \"base\"\nzones = 2\nhosts-per-zone = 40\n");
    }
    if !text.contains("[[strategy]]") {
        text.push_str(
            "\n[[strategy]]\nname = \"base\"\nzone-bake = \"1h\"\nwave = [{ regions = \"all\" }]\n",
        );
    }
    if text.contains("[[defect]]") && !text.contains("[[alarm]]") && !text.contains("alarms = []") {
        text.push_str(
            "\n[[alarm]]\nname = \"base\"\nscope = \"zone\"\nimpaired-hosts = { at-least = \"1%\" }\n",
        );
    }
    if !text.contains("[study]") {
        text.push_str("\n[study]\nobserve-after = \"24h\"\n");
    }
    text
}

fn checked(example: &str) -> Loaded {
    look_ahead(load_str("example.toml", &complete(example)))
}

fn said(loaded: &Loaded) -> String {
    loaded.problems.to_string()
}

/// Whether the examples of a rule are files of another tool, which `import` reads.
pub fn is_foreign(rule: &Rule) -> bool {
    rule.page.contains("```yaml\n")
}

fn imported(example: &str) -> Imported {
    let file = ForeignFile { name: "example.yaml".to_owned(), bytes: example.into() };
    import(&[file], &BTreeMap::new(), Vec::new())
}

/// Identifiers of what is wrong with an example, and what is said of it.
fn judged(rule: &Rule, example: &str) -> (Vec<&'static str>, String) {
    if is_foreign(rule) {
        let imported = imported(example);
        return (imported.problems.iter().map(|problem| problem.rule.id).collect(), imported.render(false));
    }
    let loaded = checked(example);
    (loaded.problems.list().iter().map(|problem| problem.rule.id).collect(), said(&loaded))
}

#[test]
fn every_page_has_the_form_of_a_page_and_shows_what_check_says() {
    for rule in rules::all() {
        let mut severity = rule.severity.name().to_owned();
        severity[..1].make_ascii_uppercase();
        let begin = format!("# {} {}\n\n{severity}: {}\n\n", rule.id, rule.name, rule.summary());
        let why = rule.page.strip_prefix(&begin).and_then(|rest| rest.split_once("\n\nNot so:\n\n"));
        let (why, _) = why.unwrap_or_else(|| panic!("{} should begin:\n{begin}", stem(rule)));
        let (language, command) = if is_foreign(rule) { ("yaml", "import") } else { ("toml", "check") };
        let page = format!(
            "{begin}{why}\n\nNot so:\n\n```{language}\n{}```\n\n`wavetank {command}` then says:\n\n```text\n{}\n```\n\n\
             but so:\n\n```{language}\n{}```\n",
            rule.bad_example(),
            judged(rule, rule.bad_example()).1.trim_end(),
            rule.good_example(),
        );
        expect(&Path::new(FOLDER).join(stem(rule)).with_extension("md"), &page);
        assert!(!why.is_empty() && why.lines().all(|line| line.chars().count() <= 100), "{}", stem(rule));
    }
}

#[test]
fn bad_examples_break_their_rule_and_no_other() {
    for rule in rules::all() {
        let (broken, said) = judged(rule, rule.bad_example());
        assert_eq!(broken, [rule.id], "{}\n{said}", stem(rule));
    }
}

#[test]
fn good_examples_have_a_plan_and_no_problem() {
    for rule in rules::all() {
        let (broken, said) = judged(rule, rule.good_example());
        assert!(broken.is_empty(), "{}\n{said}", stem(rule));
        let is_usable = if is_foreign(rule) {
            imported(rule.good_example()).is_sound()
        } else {
            checked(rule.good_example()).plan.is_some()
        };
        assert!(is_usable, "{}", stem(rule));
    }
}

#[test]
fn every_page_is_a_rule_and_in_the_list() {
    let mut list = String::from(
        "# The rules of `check`\n\n\
         Every problem that `wavetank check` finds has the identifier of a rule. Errors make a scenario unusable;\n\
         warnings do not. Each rule has a page here, which `wavetank explain WT002` prints. The examples show only\n\
         the part of a scenario that matters.\n\n\
         | rule | name | severity | says |\n|---|---|---|---|\n",
    );
    let mut files = vec!["README.md".to_owned()];
    for rule in rules::all() {
        let (file, severity) = (stem(rule) + ".md", rule.severity.name());
        writeln!(list, "| [{}]({file}) | {} | {severity} | {} |", rule.id, rule.name, rule.summary())
            .unwrap();
        files.push(file);
    }
    expect(&Path::new(FOLDER).join("README.md"), &list);
    let mut found: Vec<String> = fs::read_dir(FOLDER)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    found.sort();
    assert_eq!(
        found, files,
        "identifiers ascend, and a page is no rule before src/scenario/rules.rs names it"
    );
}

#[test]
fn rules_are_found_by_identifier_and_by_name() {
    assert_eq!(rules::find("wt002").map(|rule| rule.name), Some("unknown-key"));
    assert_eq!(rules::find("Unknown-Key").map(|rule| rule.id), Some("WT002"));
    assert_eq!(rules::find("WT999"), None);
    let mut names: Vec<&str> = rules::all().map(|rule| rule.name).collect();
    names.sort_unstable();
    assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
}
