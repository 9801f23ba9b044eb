//! Prometheus itself judges our alerting rules: exported trials must pass `promtool test rules`, and must fail it when
//! an assertion is moved by one evaluation.
//!
//! Where there is no `promtool` on the PATH only the form of the files is tested; with `WAVETANK_PROMTOOL=required`, as
//! in CI, its absence is a failure.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// What a rule can look like, and what it can meet.
const CASES: &[(&str, &str, &str)] = &[
    ("plain", "period = \"30s\"\nrate-ratio = { above = \"5%\", windows = [\"5m\"] }", ""),
    (
        "waits",
        "period = \"1m\"\nrate-ratio = { at-least = \"5%\", windows = [\"5m\"], scrape = \"15s\", for = \"3m\" }",
        "",
    ),
    (
        "lingers",
        "period = \"1m\"\nrate-ratio = { above = \"10%\", windows = [\"4m\", \"2m\"], scrape = \"30s\", keep-firing-for = \"7m\" }",
        "while = { on-for = \"6m\", off-for = { exponential = { mean = \"8m\" } } }",
    ),
    (
        "burns",
        "period = \"30s\"\nburn-rate = { objective = \"99.9%\", factor = 14.4, windows = [\"1h\", \"5m\"], for = \"1m\", keep-firing-for = \"2m\" }",
        "while = { on-for = { exponential = { mean = \"9m\" } }, off-for = { exponential = { mean = \"20m\" } } }",
    ),
    // Scrapes fail while half of the zone is ill: gaps in the series, and rates over what is left of them.
    (
        "gaps",
        "period = \"30s\"\nlost-with-service = \"50%\"\nrate-ratio = { above = \"5%\", windows = [\"5m\"], for = \"1m\", keep-firing-for = \"1m\" }",
        "onset = { exponential = { mean = \"20m\" } }\nwhile = { on-for = { exponential = { mean = \"4m\" } }, off-for = \"3m\" }",
    ),
];

fn scenario(alarm: &str, defect: &str, background: &str, requests: f64) -> String {
    format!(
        "[study]\ntrials = 40\nseed = 3\nstart = \"10:00\"\nstart-spread = \"1h\"\n[change]\nbad-probability = \"100%\"\n\
         deploy-time = {{ lognormal = {{ median = \"3m\", sigma = 0.3 }} }}\n\
         [fleet]\nbackground-error-ratio = \"{background}\"\n[[fleet.region]]\nname = \"r\"\nzones = 2\n\
         hosts-per-zone = 10\nrequests-per-second = {requests}\n\
         [[alarm]]\nname = \"rule\"\nscope = \"zone\"\n{alarm}\n[[defect]]\nname = \"d\"\nerror-ratio = \"60%\"\n{defect}\n\
         [[strategy]]\nname = \"s\"\nbatch = \"20%\"\nzone-bake = \"2h\"\nwave = [{{ regions = \"all\" }}]\n"
    )
}

/// Exports some trials of every case; says where to.
fn export(dir: &Path) -> Vec<PathBuf> {
    let mut tests = Vec::new();
    for (name, alarm, defect) in CASES {
        // Error counters that began at 0, and others; few requests, so that healthy scopes breach too, and many.
        for (kind, background, requests) in [("busy", "0%", 200.0), ("noisy", "3%", 1.0)] {
            let file = dir.join(format!("{name}-{kind}.toml"));
            fs::write(&file, scenario(alarm, defect, background, requests)).unwrap();
            for trial in 0..8 {
                let to = dir.join(format!("{name}-{kind}-{trial}"));
                let output = assert_cmd::cargo::cargo_bin_cmd!("wavetank")
                    .args([
                        "replay",
                        "--strategy",
                        "s",
                        "--trial",
                        &trial.to_string(),
                        "--export",
                        "promtool",
                    ])
                    .arg(&to)
                    .arg(&file)
                    .output()
                    .unwrap();
                let talk = String::from_utf8_lossy(&output.stderr).into_owned();
                assert!(output.status.success(), "{name} {kind} {trial}: {talk}");
                tests.push(to.join("rule.test.yml"));
            }
        }
    }
    tests
}

/// Whether promtool agrees with a test file; none without promtool.
fn promtool(tests: &[PathBuf]) -> Option<(bool, String)> {
    match Command::new("promtool").args(["test", "rules"]).args(tests).output() {
        Ok(output) => {
            let said = [output.stdout, output.stderr].concat();
            Some((output.status.success(), String::from_utf8_lossy(&said).into_owned()))
        }
        Err(error) => {
            let required = std::env::var("WAVETANK_PROMTOOL").is_ok_and(|value| value == "required");
            assert!(!required, "promtool is required here: {error}");
            println!(
                "no promtool on the PATH ({error}): the form of the files was tested, not what they say"
            );
            None
        }
    }
}

/// The assertions of a test file: the line of the evaluation time, the time, and whether the alert fires.
fn assertions(text: &str) -> Vec<(usize, u64, bool)> {
    let lines: Vec<&str> = text.lines().collect();
    let time = |line: &str| line.trim().strip_prefix("- eval_time: ")?.strip_suffix("ms")?.parse().ok();
    (0..lines.len()).filter_map(|i| Some((i, time(lines[i])?, !lines[i + 2].contains("[]")))).collect()
}

#[test]
fn prometheus_fires_and_resolves_when_we_do() {
    let dir = TempDir::new().unwrap();
    let tests = export(dir.path());
    let texts: Vec<String> = tests.iter().map(|test| fs::read_to_string(test).unwrap()).collect();
    let all: Vec<_> = texts.iter().map(|text| assertions(text)).collect();
    let changes = |from: bool| {
        all.iter()
            .flat_map(|list| list.windows(2))
            .filter(|pair| pair[0].2 == from && pair[1].2 != from)
            .count()
    };
    println!("{} files, {} firings, {} resolutions", tests.len(), changes(false), changes(true));
    assert!(changes(false) > 60 && changes(true) > 60, "there is something to agree on");
    let has_gap =
        |text: &String| text.as_bytes().windows(4).any(|w| w[0].is_ascii_digit() && &w[1..] == b" _ ");
    assert!(texts.iter().any(has_gap), "and gaps in some series");
    if let Some((agrees, said)) = promtool(&tests) {
        assert!(agrees, "{said}");
    }
}

#[test]
fn an_assertion_moved_by_one_evaluation_is_refused() {
    let dir = TempDir::new().unwrap();
    let tests = export(dir.path());
    let mut moved = [0, 0];
    for test in &tests {
        let text = fs::read_to_string(test).unwrap();
        let list = assertions(&text);
        let Some(pair) = list.windows(2).find(|pair| pair[0].2 != pair[1].2) else { continue };
        let ((_, before_ms, _), (line, at_ms, fires)) = (pair[0], pair[1]);
        // The change is said to have come one evaluation sooner than it did.
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines[line] = lines[line].replace(&at_ms.to_string(), &before_ms.to_string());
        fs::write(test, lines.join("\n")).unwrap();
        moved[usize::from(fires)] += 1;
        let Some((agrees, said)) = promtool(std::slice::from_ref(test)) else { return };
        assert!(!agrees, "{} {said}", test.display());
    }
    assert!(moved[1] > 10, "{moved:?}");
}

#[test]
fn exports_that_cannot_be_are_refused() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("s.toml");
    let run = |alarm: &str, format: &str| {
        fs::write(&file, scenario(alarm, "", "0%", 100.0)).unwrap();
        let output = assert_cmd::cargo::cargo_bin_cmd!("wavetank")
            .args(["replay", "--strategy", "s", "--trial", "0", "--export", format])
            .arg(dir.path().join("out"))
            .arg(&file)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(!dir.path().join("out").exists(), "nothing half-written");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let ratio = "error-ratio = { above = \"1%\" }";
    assert!(run(ratio, "promtool").contains("listens to no alerting rule"));
    assert!(run(CASES[0].1, "prometheus").contains("no format to export to"));
    let blind = format!("{}\nbroken = \"100%\"", CASES[0].1);
    assert!(run(&blind, "promtool").contains("no rule had anything to see"));
}
