//! What a reader sees at the end: what one would do next, and limits that do not hold.

use crate::cli::Bench;
use serde_json::Value;
use std::fs;

#[test]
fn every_command_ends_by_saying_what_one_would_do_next() {
    let bench = Bench::new();
    let next = |args: &[&str]| {
        // A baseline is accepted by people: not where a workflow runs.
        let done = bench.command().args(args).env_remove("CI").output().expect("wavetank runs");
        let talk = String::from_utf8(done.stderr).expect("UTF-8");
        talk.lines().last().map(str::to_owned).unwrap_or_default()
    };
    assert_eq!(next(&[]), "next: wavetank init");
    assert_eq!(next(&["init"]), "next: wavetank run wavetank.toml");
    assert_eq!(next(&["check", "s.toml"]), "next: wavetank plan s.toml");
    assert_eq!(next(&["plan", "s.toml"]), "next: wavetank run s.toml");
    assert!(next(&["run", "s.toml", "--no-output"]).starts_with("next: wavetank replay s.toml --strategy "));
    let replay = ["replay", "s.toml", "--strategy", "all-at-once", "--trial", "1"];
    assert_eq!(next(&replay), "next: change s.toml, then: wavetank run s.toml");
    assert!(next(&["compare", "s.toml"]).starts_with("next: wavetank "));
    assert_eq!(next(&["baseline", "accept", "s.toml"]), "next: wavetank gate s.toml");
    assert_eq!(next(&["gate", "s.toml"]), "next: nothing: this is the accepted study");
    assert_eq!(next(&["explain"]), "next: wavetank explain RULE");
}

#[test]
fn limits_that_do_not_hold_are_told_where_nobody_sees_the_report() {
    let bench = Bench::with_broken_threshold("error");
    let reports = ["--report", "junit=run.xml", "--report", "markdown=run.md", "--report", "github=run.log"];
    let ran = bench.wavetank(&[&["run", "s.toml", "--no-output"][..], &reports[..]].concat());
    assert_eq!(ran.code, 1);
    assert!(
        ran.talk.lines().any(|line| line.starts_with("error: ") && line.contains("above 0")),
        "{}",
        ran.talk
    );
    let read = |name: &str| fs::read_to_string(bench.path(name)).expect("written");
    assert!(read("run.xml").contains("<failure type=\"threshold\""), "{}", read("run.xml"));
    assert!(read("run.md").starts_with("### Rollout study of s: a limit is broken\n"), "{}", read("run.md"));
    assert!(
        read("run.log").starts_with("::error file=s.toml,title=Rollout study of s"),
        "{}",
        read("run.log")
    );
    let verdict = ran.output.rfind("\nVerdict\n").expect("a verdict");
    assert!(
        ran.output[verdict + 1..].lines().all(|line| !line.is_empty()),
        "the verdict is last: {}",
        ran.output
    );
}

/// What was said on the command line is said again: the trial is the row of the study that names it.
#[test]
fn the_replay_that_is_printed_is_the_row_of_the_study() {
    let bench = Bench::new();
    // The scenario draws otherwise by itself, and as few trials as that takes.
    let drawn = |estimator: &str| {
        let text = fs::read_to_string(bench.path("s.toml")).expect("a scenario");
        let at = text.find("[study]").expect("a study") + "[study]".len();
        let study = format!("{}\nestimator = \"{estimator}\"{}", &text[..at], &text[at..]);
        study.replace("trials = 60", "trials = 3")
    };
    fs::create_dir(bench.path("inside")).expect("a folder");
    fs::write(bench.path("shared.toml"), drawn("plain")).expect("written");
    fs::write(bench.path("inside/s.toml"), "include = [\"../shared.toml\"]\n").expect("written");
    let study = ["run", "inside/s.toml", "--allow-outside", "--trials", "200", "--seed", "5"];
    for options in [&["--estimator", "by-defect"][..], &["--estimator", "by-defect-and-latency"], &[]] {
        let args = [&study[..], options, &["--output", "results"]].concat();
        let done = bench.command().args(args).output().expect("wavetank runs");
        let talk = String::from_utf8(done.stderr).expect("UTF-8");
        let next =
            talk.lines().last().and_then(|line| line.strip_prefix("next: wavetank ")).expect("a command");
        let replay: Vec<&str> = next.split(' ').collect();
        let told = bench.wavetank(&[&replay[..], &["--format", "jsonl"]].concat());
        assert_eq!(told.code, 0, "{next}: {}", told.talk);
        let after = |option: &str| {
            replay.iter().position(|word| *word == option).map(|at| replay[at + 1]).expect("an option")
        };
        let rows = fs::read_to_string(bench.path("results/trials.csv")).expect("rows");
        let columns: Vec<&str> = rows.lines().next().unwrap_or_default().split(',').collect();
        let column = |name: &str| columns.iter().position(|column| *column == name).expect("a column");
        let row = rows.lines().map(|row| row.split(',').collect::<Vec<_>>()).find(|row| {
            row[column("strategy")] == after("--strategy") && row[column("trial")] == after("--trial")
        });
        let row = row.expect("the row of the trial");
        let outcome: Value =
            serde_json::from_str(told.output.lines().last().expect("an outcome")).expect("JSON");
        for fact in ["ending", "end_ms", "exposed_host_ms", "impaired_host_ms", "peak_impaired_hosts"] {
            assert_eq!(outcome[fact].to_string().trim_matches('"'), row[column(fact)], "{next}: {fact}");
        }
    }
}
