//! The formats of `check` for services that annotate code: SARIF, and a GitHub workflow's log.

use serde_json::Value;
use std::fs;
use tempfile::TempDir;

/// A problem after characters of two and four bytes, on line 3.
const MULTIBYTE: &str = "# größe\n\nstudy = { \"größe🚢\" = 1, trails = 5 }\n";

/// Exit code and standard output of `wavetank check` over files with these texts.
fn check(files: &[(&str, &str)], args: &[&str]) -> (i32, String) {
    let dir = TempDir::new().expect("a temporary folder");
    for (name, text) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("folder");
        fs::write(path, text).expect("written");
    }
    let mut command = assert_cmd::cargo::cargo_bin_cmd!("wavetank");
    let done = command.current_dir(dir.path()).arg("check").args(args).output().expect("wavetank runs");
    let talk = String::from_utf8_lossy(&done.stderr);
    assert!(talk.is_empty() || done.stdout.is_empty(), "{talk}");
    (done.status.code().expect("not killed"), String::from_utf8(done.stdout).expect("UTF-8"))
}

fn sarif(files: &[(&str, &str)], args: &[&str]) -> Value {
    let (code, output) = check(files, &[args, &["--format", "sarif"]].concat());
    assert_eq!(code, 0, "{output}");
    serde_json::from_str(&output).expect("valid JSON")
}

/// The template of `init`, which has no problems.
fn template() -> String {
    let mut command = assert_cmd::cargo::cargo_bin_cmd!("wavetank");
    String::from_utf8(command.args(["init", "-"]).output().expect("runs").stdout).expect("UTF-8")
}

/// Line and columns, from 1, of the characters `word` in `text`: start and end.
fn place(text: &str, word: &str) -> (u64, u64, u64) {
    let (index, line) =
        text.lines().enumerate().find(|(_, line)| line.contains(word)).expect("the word is there");
    let before = line[..line.find(word).expect("the word is there")].chars().count();
    let end = before + word.chars().count();
    (index as u64 + 1, before as u64 + 1, end as u64 + 1)
}

#[test]
fn sarif_has_everything_that_its_schema_requires() {
    let log = sarif(&[("s.toml", MULTIBYTE)], &["s.toml"]);
    assert_eq!(log["version"], "2.1.0");
    assert!(log["$schema"].as_str().is_some_and(|schema| schema.ends_with("sarif-2.1.0.json")));
    let run = &log["runs"][0];
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    let driver = &run["tool"]["driver"];
    assert_eq!(
        (&driver["name"], &driver["version"]),
        (&"wavetank".into(), &env!("CARGO_PKG_VERSION").into())
    );
    let rules = driver["rules"].as_array().expect("rules");
    let ids: Vec<&str> = rules.iter().map(|rule| rule["id"].as_str().expect("id")).collect();
    assert!(ids.is_sorted() && ids.iter().all(|id| id.starts_with("WT")), "{ids:?}");
    for rule in rules {
        for text in ["shortDescription", "fullDescription", "help"] {
            assert!(rule[text]["text"].as_str().is_some_and(|text| !text.is_empty()), "{rule:#}");
        }
        assert!(
            ["error", "warning"].contains(&rule["defaultConfiguration"]["level"].as_str().expect("level"))
        );
    }
    let results = run["results"].as_array().expect("results");
    assert!(!results.is_empty());
    for result in results {
        let index = result["ruleIndex"].as_u64().expect("ruleIndex") as usize;
        assert_eq!(result["ruleId"], ids[index], "{result:#}");
        assert!(result["message"]["text"].as_str().is_some_and(|text| !text.is_empty()));
        assert_eq!(result["locations"].as_array().map(Vec::len), Some(1));
    }
}

#[test]
fn sarif_counts_characters_and_not_bytes() {
    let log = sarif(&[("s.toml", MULTIBYTE)], &["s.toml"]);
    let results = log["runs"][0]["results"].as_array().expect("results");
    let found = results
        .iter()
        .find(|result| result["message"]["text"].as_str().is_some_and(|text| text.contains("`trails`")))
        .expect("the unknown key is found");
    assert!(found["message"]["text"].as_str().is_some_and(|text| text.contains("\nhelp: ")), "{found:#}");
    let place_of_key = place(MULTIBYTE, "trails");
    let region = &found["locations"][0]["physicalLocation"]["region"];
    let number = |key: &str| region[key].as_u64().expect(key);
    assert_eq!((number("startLine"), number("startColumn"), number("endColumn")), place_of_key);
    assert_eq!(number("endLine"), place_of_key.0);
}

#[test]
fn sarif_names_files_as_relative_uris_and_says_everything_once() {
    let bad = "x = 1\n[study]\n";
    let including = "include = [\"../hand s/bad%.toml\"]\n";
    let files = [
        (".wavetank-root", ""),
        ("hand s/bad%.toml", bad),
        ("plans/a.toml", including),
        ("plans/b.toml", including),
    ];
    let names = ["./plans/a.toml", "plans/b.toml", "missing.toml"];
    let log = sarif(&files, &names);
    let results = log["runs"][0]["results"].as_array().expect("results");
    let uris: Vec<&str> = results
        .iter()
        .map(|result| {
            result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().expect("uri")
        })
        .collect();
    assert!(uris.iter().all(|uri| !uri.contains([' ', '\\', ':']) && !uri.starts_with(['/'])), "{uris:?}");
    assert!(uris.iter().any(|uri| uri.ends_with("hand%20s/bad%25.toml")), "{uris:?}");
    assert!(uris.contains(&"missing.toml"), "{uris:?}");
    let mut once: Vec<String> = results.iter().map(ToString::to_string).collect();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), results.len());
}

#[test]
fn sarif_points_at_what_a_problem_refers_to() {
    let again = "[[strategy]]\nname = \"all-at-once\"\nwave = [{ regions = \"all\" }]\n";
    let twice = format!("{}\n{again}", template());
    let log = sarif(&[("s.toml", &twice)], &["s.toml"]);
    let results = log["runs"][0]["results"].as_array().expect("results");
    let related: Vec<&Value> =
        results.iter().filter_map(|result| result["relatedLocations"].as_array()).flatten().collect();
    assert!(!related.is_empty(), "{log:#}");
    for location in related {
        assert!(location["message"]["text"].as_str().is_some_and(|text| !text.is_empty()));
        assert!(location["physicalLocation"]["region"]["startLine"].is_u64());
    }
}

#[test]
fn sarif_without_problems_is_a_log_too_and_problems_never_fail_it() {
    let log = sarif(&[("s.toml", &template())], &["s.toml"]);
    assert_eq!(log["runs"][0]["results"], Value::Array(Vec::new()));
    let files = [("s.toml", "x = 1\n")];
    assert_eq!(check(&files, &["s.toml", "--format", "sarif", "--fail-on", "warning"]).0, 0);
    assert_eq!(check(&files, &["s.toml", "--format", "sarf"]).0, 2, "arguments still fail");
    assert_eq!(check(&files, &["-", "-", "--format", "sarif"]).0, 2, "arguments still fail");
    let twice = [0, 1].map(|_| check(&files, &["s.toml", "--format", "sarif"]).1);
    assert_eq!(twice[0], twice[1]);
}

#[test]
fn github_annotations_have_places() {
    let (code, output) = check(&[("s,1.toml", MULTIBYTE)], &["./s,1.toml", "--format", "github"]);
    assert_eq!(code, 2, "{output}");
    let (line, column, _) = place(MULTIBYTE, "trails");
    let start = format!("::error file=s%2C1.toml,line={line},col={column},endLine={line},title=WT");
    let found = output.lines().find(|line| line.contains("`trails`")).expect("the unknown key is found");
    assert!(found.starts_with(&start), "{found}");
    assert!(found.contains("%0Ahelp: "), "{found}");
    assert!(output.lines().last().is_some_and(|line| line.starts_with("checked 1 scenario: ")), "{output}");
}

#[test]
fn github_annotations_are_nine_and_a_count() {
    let many: String = (0..40).map(|n| format!("key{n} = 1\n")).collect();
    let (code, output) = check(&[("s.toml", &many)], &["s.toml", "--format", "github"]);
    assert_eq!(code, 2);
    let errors: Vec<&str> = output.lines().filter(|line| line.starts_with("::error")).collect();
    assert_eq!(errors.len(), 10, "{output}");
    assert!(errors[9].starts_with("::error::and ") && errors[9].contains(" more: "), "{}", errors[9]);
}
