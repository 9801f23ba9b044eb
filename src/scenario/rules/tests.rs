//! Tests that the table of rules is in order and that its examples do what they say.

use super::*;
use crate::scenario::{Loaded, load_str};

/// An example with the parts that every scenario needs and this one leaves out.
fn complete(example: &str) -> String {
    let mut text = example.to_owned();
    if !text.contains("[fleet.region]") && !text.contains("region = []") {
        text.push_str("\n[[fleet.region]]\nname = \"base\"\nzones = 2\nhosts-per-zone = 40\n");
    }
    if !text.contains("[[strategy]]") {
        text.push_str(
            "\n[[strategy]]\nname = \"base\"\nzone-bake = \"1h\"\nwave = [{ regions = \"all\" }]\n",
        );
    }
    text
}

fn breaks(loaded: &Loaded, rule: &Rule) -> bool {
    loaded.problems.list().iter().any(|diagnostic| diagnostic.rule == rule)
}

fn problems(loaded: &Loaded) -> String {
    loaded.problems.to_string()
}

#[test]
fn identifiers_ascend_and_names_are_unique() {
    let ids: Vec<&str> = all().map(|rule| rule.id).collect();
    assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
    assert!(ids.iter().all(|id| id.len() == 5 && id.starts_with("WT")), "{ids:?}");
    let mut names: Vec<&str> = all().map(|rule| rule.name).collect();
    names.sort_unstable();
    assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
}

#[test]
fn bad_examples_break_their_rule_and_no_other() {
    // What only the lints of a later layer find is tested there.
    for rule in all().filter(|rule| !FORESIGHT.contains(rule)) {
        let loaded = load_str("example.toml", &complete(rule.example_bad));
        assert!(breaks(&loaded, rule), "{} {}\n{}", rule.id, rule.name, problems(&loaded));
        assert_eq!(loaded.problems.list().len(), 1, "{} {}\n{}", rule.id, rule.name, problems(&loaded));
    }
}

#[test]
fn good_examples_have_no_problem() {
    for rule in all() {
        let loaded = load_str("example.toml", &complete(rule.example_good));
        assert!(loaded.problems.list().is_empty(), "{} {}\n{}", rule.id, rule.name, problems(&loaded));
        assert!(loaded.plan.is_some(), "{} {}", rule.id, rule.name);
    }
}

#[test]
fn rules_are_found_by_identifier_and_by_name() {
    assert_eq!(explain("wt002").map(|rule| rule.name), Some("unknown-key"));
    assert_eq!(explain("unknown-key").map(|rule| rule.id), Some("WT002"));
    assert_eq!(explain("WT999"), None);
}
