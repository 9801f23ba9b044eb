//! The house rules that a compiler does not check: who may use what, and how long things may get.

use crate::support::project;
use std::fs;
use std::path::{Path, PathBuf};

/// Modules in the order in which data flows; a module may use those before it and the leaves.
const FLOW: [&str; 11] = [
    "import", "scenario", "plan", "rollout", "pipeline", "lints", "outcome", "study", "report", "serve",
    "cli",
];
const LEAVES: [&str; 6] = ["ids", "sim", "random", "stats", "outlet", "diagnostic"];

/// What each module may use of the crate, beyond itself. `plan` is built by `scenario`, so `scenario`
/// knows it; `plan` names the measures that it promises something of; nothing else looks down the flow.
fn allowed(module: &str) -> Vec<&'static str> {
    match module {
        "ids" | "sim" | "random" | "outlet" => Vec::new(),
        "diagnostic" => vec!["outlet"],
        "stats" => vec!["random"],
        "plan" => vec!["ids", "random", "outcome", "stats"],
        "outcome" => vec!["ids", "stats"],
        "scenario" => vec!["ids", "sim", "plan", "outcome", "random", "outlet", "diagnostic"],
        "import" => vec!["scenario", "outlet", "diagnostic"],
        "rollout" => vec!["ids", "sim", "plan", "outcome", "random", "stats"],
        "pipeline" => vec!["ids", "sim", "rollout", "plan", "outcome", "random"],
        "lints" => {
            vec!["ids", "sim", "scenario", "plan", "rollout", "pipeline", "outcome", "random", "diagnostic"]
        }
        "study" => vec!["ids", "sim", "plan", "rollout", "pipeline", "outcome", "stats", "random"],
        "report" => vec![
            "ids",
            "sim",
            "plan",
            "rollout",
            "pipeline",
            "outcome",
            "study",
            "stats",
            "random",
            "import",
            "outlet",
            "diagnostic",
        ],
        // The live page is the library with a listener: it knows no terminal, no argument and no file to write.
        "serve" => vec![
            "ids",
            "sim",
            "scenario",
            "plan",
            "rollout",
            "outcome",
            "lints",
            "study",
            "report",
            "outlet",
            "diagnostic",
        ],
        _ => FLOW.into_iter().chain(LEAVES).collect(),
    }
}

/// Crates that only these modules may name. The calendar is read by `scenario` and told by `report`; what lies
/// between knows milliseconds. The command line and the live page run the library in a rayon pool of their own.
const OWNED: [(&str, &[&str]); 16] = [
    ("wide", &["random"]),
    ("rayon", &["study", "serve", "cli"]),
    ("annotate_snippets", &["diagnostic"]),
    ("toml", &["scenario", "import"]),
    ("saphyr_parser", &["import"]),
    ("hcl_edit", &["import"]),
    ("promql_parser", &["import"]),
    ("jiff", &["scenario", "report"]),
    ("plotters", &["report"]),
    ("sha2", &["report"]),
    ("base64", &["report"]),
    ("clap", &["cli"]),
    ("axum", &["serve"]),
    ("hyper", &["serve"]),
    ("tokio", &["serve"]),
    ("futures_util", &["serve"]),
];

/// What begins an escape of some medium: only `outlet` writes those.
const ESCAPES: [&str; 6] = ["&amp;", "&lt;", "&quot;", "%0A", "%0D", "&#8203;"];

#[test]
fn text_is_escaped_in_one_place() {
    for (path, text) in sources("src").iter().filter(|(path, _)| module_of(path) != "outlet") {
        let escapes = ESCAPES.iter().filter(|escape| code(text).contains(**escape));
        assert_eq!(escapes.count(), 0, "{}: ask `outlet`", path.display());
    }
}

pub fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    let mut folders = vec![project(folder)];
    while let Some(folder) = folders.pop() {
        let mut entries: Vec<PathBuf> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                files.push((path, text));
            }
        }
    }
    files
}

fn module_of(path: &Path) -> String {
    let inside = path.strip_prefix(project("src")).unwrap();
    inside.components().next().unwrap().as_os_str().to_string_lossy().trim_end_matches(".rs").to_owned()
}

/// The file without its `mod tests`.
pub fn code(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests").next().unwrap()
}

#[test]
fn data_flows_one_way() {
    let mut faults = Vec::new();
    for (path, text) in sources("src") {
        let module = module_of(&path);
        if module == "lib" || module == "main" || path.to_string_lossy().ends_with("_tests.rs") {
            continue;
        }
        for line in code(&text).lines().filter(|line| !line.trim_start().starts_with("//")) {
            for used in FLOW.iter().chain(&LEAVES) {
                let named =
                    line.contains(&format!("crate::{used}::")) || line.contains(&format!("crate::{used};"));
                if named && module != **used && !allowed(&module).contains(used) {
                    faults.push(format!("{}: {line}", path.display()));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn each_foreign_crate_has_one_home() {
    let mut faults = Vec::new();
    for (path, text) in sources("src") {
        let module = module_of(&path);
        for (name, homes) in OWNED {
            let named = code(&text).lines().any(|line| {
                let line = line.trim_start();
                !line.starts_with("//")
                    && (line.contains(&format!(" {name}::")) || line.starts_with(&format!("use {name}")))
            });
            if named && !homes.contains(&module.as_str()) {
                faults.push(format!("{} names {name}, which belongs to {homes:?}", path.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_file_says_its_purpose_and_stays_short() {
    for folder in ["src", "tests", "benches", "examples"] {
        for (path, text) in sources(folder) {
            assert!(text.starts_with("//!"), "{} does not open with its purpose", path.display());
            let lines = code(&text).lines().count();
            assert!(lines <= 600, "{} has {lines} lines", path.display());
        }
    }
}

#[test]
fn functions_stay_short() {
    let mut faults = Vec::new();
    for (path, text) in sources("src") {
        let mut open: Option<(usize, usize)> = None;
        for (number, line) in text.lines().enumerate() {
            let indent = line.len() - line.trim_start().len();
            let word = line
                .trim_start()
                .trim_start_matches("pub")
                .trim_start_matches("(super)")
                .trim_start_matches("(crate)");
            if open.is_none()
                && (word.starts_with(" fn ") || word.starts_with("fn ") || word.starts_with(" const fn "))
            {
                open = Some((number, indent));
            }
            if let Some((first, indent)) = open
                && line.starts_with(&format!("{}}}", " ".repeat(indent)))
            {
                if number - first + 1 > 70 {
                    faults.push(format!("{}:{} has {} lines", path.display(), first + 1, number - first + 1));
                }
                open = None;
            } else if line.ends_with(';') && open.is_some_and(|(first, _)| first == number) {
                open = None;
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_documents_name_what_exists() {
    for document in [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "docs/model.md",
        "docs/report.md",
        "docs/ci.md",
        "docs/scenario.md",
        "docs/coming-from.md",
        "docs/coming-from/postmortem.md",
        "docs/coming-from/prometheus-rules.md",
        "docs/coming-from/argo-rollouts.md",
        "docs/import.md",
        "docs/statistics.md",
        "docs/validation.md",
        "docs/performance.md",
        "docs/serve.md",
        "docs/perfetto.md",
    ] {
        let text = fs::read_to_string(project(document)).unwrap();
        let folder = project(document).parent().unwrap().to_path_buf();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = link.split('#').next().unwrap_or_default();
            if target.is_empty() || target.contains("://") {
                continue;
            }
            assert!(folder.join(target).exists(), "{document} links to {target}, which does not exist");
        }
    }
}
