//! The scenario language from outside: files with expected diagnostics, the schema, the documentation
//! of the rules, and texts that nobody would write.
//!
//! `UPDATE_EXPECT=1 cargo test` rewrites the expected files instead of comparing them.

use crate::rule_pages::{complete, is_foreign};
use crate::support::expect;
use proptest::prelude::*;
use std::fs;
use std::path::{Path, PathBuf};
use wavetank::lints::look_ahead;
use wavetank::scenario::{Loaded, load, load_str, load_texts, load_with, rules, schema};

/// Rules that the schema can check as well, unless a file's first line says otherwise.
const IN_SCHEMA: [&str; 10] =
    ["WT002", "WT003", "WT004", "WT005", "WT006", "WT007", "WT008", "WT009", "WT010", "WT011"];

/// Rules whose page's bad example the schema refuses although it is not in the list, or accepts although it is: it knows
/// the names of metrics, what a name may be made of and how a precision is written, and not that five of three are too
/// many.
const UNUSUAL: [&str; 4] = ["WT010", "WT014", "WT017", "WT026"];

fn toml_files(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{folder}: {error}"));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    assert!(!files.is_empty(), "{folder} is empty");
    files
}

fn report(loaded: &Loaded) -> String {
    loaded.problems.to_string()
}

/// `WT002` of `tests/plans/err/WT002-unknown-key.toml`.
fn rule_of(path: &Path) -> &'static wavetank::diagnostic::Rule {
    let stem = path.file_stem().unwrap().to_str().unwrap();
    let rule = rules::find(&stem[..5]).unwrap_or_else(|| panic!("{stem} names no rule"));
    assert!(stem[6..].starts_with(rule.name), "{stem} should begin with {}-{}", rule.id, rule.name);
    rule
}

#[test]
fn files_with_problems_are_reported_as_expected() {
    for path in toml_files("tests/plans/err") {
        let loaded = look_ahead(load(&path));
        let rule = rule_of(&path);
        let found = loaded.problems.list().iter().any(|diagnostic| diagnostic.rule == rule);
        assert!(found, "{} should break {}:\n{}", path.display(), rule.id, report(&loaded));
        let errors = loaded.problems.list().iter().any(|diagnostic| diagnostic.severity.name() == "error");
        assert_eq!(loaded.plan.is_none(), errors, "{}", path.display());
        expect(&path.with_extension("stderr"), &report(&loaded));
    }
}

#[test]
fn good_files_have_a_plan_and_no_problem() {
    for path in toml_files("tests/plans/ok") {
        let loaded = load(&path);
        assert!(loaded.problems.list().is_empty(), "{}", report(&loaded));
        assert!(loaded.plan.is_some());
    }
}

#[test]
fn the_json_form_has_the_same_problems_with_their_places() {
    let loaded = load_str("example.toml", &complete(rules::UNKNOWN_KEY.bad_example()));
    let json = loaded.problems.to_json();
    assert_eq!(json.as_array().unwrap().len(), loaded.problems.list().len());
    assert_eq!(json[0]["rule"], "WT002");
    assert_eq!(json[0]["severity"], "error");
    assert_eq!(json[0]["file"], "example.toml");
    assert!(json[0]["line"].as_u64().unwrap() > 1);
    assert_eq!(json[0]["column"], 1);
}

#[test]
fn a_missing_scenario_is_a_diagnostic_without_a_place() {
    let loaded = load(Path::new("no/such/scenario.toml"));
    assert!(loaded.plan.is_none());
    let report = report(&loaded);
    assert!(report.starts_with("error[WT015]: cannot read no/such/scenario.toml: there is no such file\n"));
    assert!(report.contains("`wavetank init no/such/scenario.toml` writes one"), "{report}");
    assert!(loaded.problems.to_json()[0]["file"].is_null());
}

#[test]
fn the_committed_schema_is_current() {
    expect(Path::new("scenarios/wavetank.schema.json"), &schema());
}

/// Whether the schema accepts a TOML text; none if it is not TOML at all.
fn schema_accepts(validator: &jsonschema::Validator, text: &str) -> Option<Result<(), String>> {
    let value: toml::Value = toml::from_str(text).ok()?;
    let json = serde_json::to_value(value).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(&json).map(|error| format!("{}: {error}", error.instance_path)).collect();
    Some(if errors.is_empty() { Ok(()) } else { Err(errors.join("\n")) })
}

fn validator() -> jsonschema::Validator {
    let schema: serde_json::Value = serde_json::from_str(&schema()).unwrap();
    jsonschema::draft7::new(&schema).unwrap()
}

fn all_toml_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all_toml_below(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            found.push(path);
        }
    }
}

#[test]
fn the_schema_accepts_every_good_file() {
    let mut files = Vec::new();
    all_toml_below(Path::new("tests/plans/ok"), &mut files);
    all_toml_below(Path::new("scenarios"), &mut files);
    let validator = validator();
    for path in files {
        let result = schema_accepts(&validator, &fs::read_to_string(&path).unwrap());
        assert_eq!(result, Some(Ok(())), "{}", path.display());
    }
}

/// A file's first line may be `# schema: accepts` or `# schema: refuses` where it is not as usual for
/// its rule.
#[test]
fn the_schema_refuses_wrong_shapes_and_nothing_else() {
    let validator = validator();
    for path in toml_files("tests/plans/err") {
        let text = fs::read_to_string(&path).unwrap();
        let Some(result) = schema_accepts(&validator, &text) else {
            assert_eq!(rule_of(&path).id, "WT001", "{}", path.display());
            continue;
        };
        let refused = match text.lines().next() {
            Some("# schema: accepts") => false,
            Some("# schema: refuses") => true,
            _ => IN_SCHEMA.contains(&rule_of(&path).id),
        };
        assert_eq!(result.is_err(), refused, "{}: {result:?}", path.display());
    }
    let unusual: Vec<&str> = rules::all()
        .filter(|rule| !is_foreign(rule))
        .filter(|rule| {
            let result = schema_accepts(&validator, &complete(rule.bad_example()));
            result.map_or(rule.id != "WT001", |result| result.is_err() != IN_SCHEMA.contains(&rule.id))
        })
        .map(|rule| rule.id)
        .collect();
    assert_eq!(unusual, UNUSUAL);
}

fn texts() -> Vec<String> {
    let files = toml_files("tests/plans/ok").into_iter().chain(toml_files("tests/plans/err"));
    let own = rules::all().filter(|rule| !is_foreign(rule));
    let pages = own.map(|rule| complete(rule.bad_example()));
    files.map(|path| fs::read_to_string(path).unwrap()).chain(pages).collect()
}

proptest! {
    #![proptest_config(crate::support::cases(400))]

    #[test]
    fn shuffled_lines_never_panic(
        which in any::<prop::sample::Index>(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..4_u8), 1..8),
    ) {
        let texts = texts();
        let all: Vec<&str> = texts.iter().flat_map(|text| text.lines()).collect();
        let mut lines: Vec<String> = which.get(&texts).lines().map(str::to_owned).collect();
        for (at, other, kind) in edits {
            let at = at.index(lines.len());
            let other = other.get(&all);
            match (kind, lines[at].split_once(" = "), other.split_once(" = ")) {
                (0, _, _) => lines.insert(at, (*other).to_owned()),
                (1, _, _) if lines.len() > 1 => { lines.remove(at); }
                (2, _, _) => lines[at] = (*other).to_owned(),
                // The key of one line with the value of another.
                (_, Some((key, _)), Some((_, value))) => lines[at] = format!("{key} = {value}"),
                _ => {}
            }
        }
        let loaded = load_str("shuffled.toml", &lines.join("\n"));
        let errors = loaded.problems.list().iter().any(|diagnostic| diagnostic.severity.name() == "error");
        prop_assert_eq!(loaded.plan.is_none(), errors, "{}", report(&loaded));
        for diagnostic in loaded.problems.list() {
            prop_assert!(diagnostic.primary().is_some());
        }
    }

    #[test]
    fn mutated_files_never_panic(
        which in any::<prop::sample::Index>(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4_u8), 1..6),
    ) {
        let texts = texts();
        let mut bytes = which.get(&texts).clone().into_bytes();
        for (at, byte, kind) in edits {
            let at = at.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                2 if bytes.len() > 1 => { bytes.remove(at); }
                _ => bytes[at] ^= 1,
            }
        }
        let text = String::from_utf8_lossy(&bytes);
        let loaded = load_str("mutated.toml", &text);
        let rendered = loaded.problems.render(true);
        prop_assert_eq!(rendered.is_empty(), loaded.problems.list().is_empty());
        prop_assert!(loaded.plan.is_some() || !loaded.problems.list().is_empty());
    }
}

/// The texts a scenario was made of, as one would save them.
fn saved(loaded: &Loaded) -> Vec<(PathBuf, String)> {
    loaded.problems.sources().texts().map(|(path, text)| (PathBuf::from(path), text.to_owned())).collect()
}

#[test]
fn saved_texts_resolve_as_the_files_did() {
    // From another directory, the root path has a detour that its includes have not.
    let files = [
        "scenarios/hands-off.toml",
        "scenarios/small.toml",
        "tests/../scenarios/hands-off.toml",
        "scenarios/pipelines/gamma.toml",
    ];
    for file in files {
        let from_disk = load(Path::new(file));
        let texts = saved(&from_disk);
        let again = load_texts(Path::new(file), &texts);
        let digest = |loaded: &Loaded| loaded.plan.as_ref().expect("a valid scenario").digest();
        assert_eq!(digest(&from_disk), digest(&again), "{file}");
        assert_eq!(report(&from_disk), report(&again), "{file}");
        assert_eq!(saved(&again), texts, "{file}");
    }
}

#[test]
fn a_missing_text_is_a_missing_file() {
    let loaded = load(Path::new("scenarios/hands-off.toml"));
    let texts = saved(&loaded);
    let loaded = load_texts(Path::new("scenarios/hands-off.toml"), &texts[..texts.len() - 1]);
    assert!(loaded.plan.is_none());
    assert!(report(&loaded).contains("there is no such file"), "{}", report(&loaded));
}

#[test]
fn a_scenario_is_read_through_a_function() {
    let asked = std::cell::RefCell::new(Vec::new());
    let read = |path: &Path| {
        asked.borrow_mut().push(path.to_owned());
        fs::read(Path::new("scenarios").join(path))
    };
    let loaded = load_with(Path::new("hands-off.toml"), &read);
    assert!(loaded.plan.is_some(), "{}", report(&loaded));
    assert_eq!(asked.borrow()[..2], [PathBuf::from("hands-off.toml"), PathBuf::from("fleets/aws-like.toml")]);
    let loaded = load_with(Path::new("x.toml"), &|_| Err(std::io::Error::other("the shelf is empty")));
    assert!(report(&loaded).contains("cannot read x.toml: the shelf is empty"), "{}", report(&loaded));
}
