//! `wavetank import` from outside: streams, files, exit codes, and what is added to a scenario.

use crate::cli::Bench;
use crate::support::{expect, project};
use std::fs;
use std::path::PathBuf;

const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {replicas: 12}
";

fn bench() -> Bench {
    let bench = Bench::new();
    fs::write(bench.path("web.yaml"), DEPLOYMENT).unwrap();
    bench
}

#[test]
fn the_scenario_is_data_and_the_report_is_talk() {
    let bench = bench();
    let ran = bench.wavetank(&["import", "web.yaml"]);
    assert_eq!(ran.code, 0, "{}", ran.talk);
    assert!(ran.output.starts_with("# Made by `wavetank import web.yaml`"), "{}", ran.output);
    assert!(
        ran.talk.starts_with("imported web.yaml (Kubernetes): 1 strategy, 0 alarms; 1 setting kept"),
        "{}",
        ran.talk
    );
    assert!(ran.talk.contains("Give by hand"), "{}", ran.talk);
    let same = bench.command().args(["import", "-"]).write_stdin(DEPLOYMENT).output().unwrap();
    assert!(String::from_utf8(same.stdout).unwrap().contains("hosts-per-zone = 12 # stdin:4 replicas: 12"));
}

#[test]
fn what_is_written_runs() {
    let bench = bench();
    let ran = bench.wavetank(&["import", "web.yaml", "-o", "my.toml"]);
    assert_eq!((ran.code, ran.output.as_str()), (0, ""), "{}", ran.talk);
    let ran = bench.wavetank(&["run", "my.toml", "--trials", "60"]);
    assert_eq!(ran.code, 0, "{}", ran.talk);
    let again = bench.wavetank(&["import", "web.yaml", "-o", "my.toml"]);
    assert_eq!(again.code, 2);
    assert!(again.talk.contains("my.toml exists already"), "{}", again.talk);
    assert_eq!(bench.wavetank(&["import", "web.yaml", "-o", "my.toml", "--force"]).code, 0);
}

#[test]
fn a_scenario_is_added_to_and_stays_as_it_is() {
    let bench = bench();
    let before = fs::read_to_string(bench.path("s.toml")).unwrap();
    let ran = bench.wavetank(&["import", "web.yaml", "--into", "s.toml"]);
    assert_eq!(ran.code, 0, "{}", ran.talk);
    let after = fs::read_to_string(bench.path("s.toml")).unwrap();
    assert!(after.starts_with(&before) && after.contains("name = \"web\""), "{after}");
    // Once more: the name is taken.
    assert_eq!(bench.wavetank(&["import", "web.yaml", "--into", "s.toml"]).code, 0);
    let plan = bench.wavetank(&["plan", "s.toml", "--format", "json"]);
    assert!(plan.output.contains("\"web\"") && plan.output.contains("\"web-2\""), "{}", plan.output);
}

#[test]
fn strategies_that_are_listed_get_the_new_one() {
    let bench = bench();
    let text = fs::read_to_string(bench.path("s.toml")).unwrap();
    let listed =
        text.replace("[study]\n", "[study]\nstrategies = [\"all-at-once\", \"one-box-first\"] # two\n");
    fs::write(bench.path("s.toml"), listed).unwrap();
    assert_eq!(bench.wavetank(&["import", "web.yaml", "--into", "s.toml"]).code, 0);
    let after = fs::read_to_string(bench.path("s.toml")).unwrap();
    assert!(after.contains("strategies = [\"all-at-once\", \"one-box-first\", \"web\"] # two\n"), "{after}");
}

#[test]
fn programs_get_the_scenario_and_the_report_in_one_document() {
    let bench = bench();
    fs::write(bench.path("web.yaml"), DEPLOYMENT.replace("12", "12, newKey: 1")).unwrap();
    let ran = bench.wavetank(&["import", "web.yaml", "--format", "json"]);
    let document: serde_json::Value = serde_json::from_str(&ran.output).unwrap();
    assert_eq!(document["strategies"][0], "web");
    assert_eq!(document["losses"][0]["fate"], "dropped");
    assert_eq!(document["losses"][0]["line"], 4);
    assert!(document["scenario"].as_str().unwrap().contains("[[strategy]]"));
}

#[test]
fn mistakes_have_their_place_and_nothing_is_written() {
    let bench = bench();
    fs::write(bench.path("bad.yaml"), DEPLOYMENT.replace("12", "twelve")).unwrap();
    let ran = bench.wavetank(&["import", "bad.yaml", "-o", "my.toml"]);
    assert_eq!((ran.code, ran.output.as_str()), (2, ""));
    assert!(ran.talk.contains("error[WT111]: `twelve` is not a whole number"), "{}", ran.talk);
    assert!(ran.talk.contains("--> bad.yaml:4:18"), "{}", ran.talk);
    assert!(!bench.path("my.toml").exists());
    let ran = bench.wavetank(&["import", "web.yaml", "--set", "Replicas=3"]);
    assert!(ran.code == 0 && ran.talk.contains("warning: no file asks for `Replicas`"), "{}", ran.talk);
    for (args, words) in [
        (vec!["import", "none.yaml"], "cannot read none.yaml"),
        (vec!["import", "."], "name the files: ./*.yaml"),
        (vec!["import", "-", "-"], "only once"),
        (vec!["import", "web.yaml", "--set", "x"], "write NAME=VALUE"),
        (vec!["import", "s.toml"], "run it as it is: `wavetank run s.toml`"),
    ] {
        let ran = bench.wavetank(&args);
        assert_eq!(ran.code, 2, "{args:?}");
        assert!(ran.talk.contains(words), "{args:?}\n{}", ran.talk);
    }
}

#[test]
fn where_nothing_can_be_said_the_reasons_are() {
    let bench = bench();
    for (text, words) in [
        ("groups:\n- name: r\n  rules:\n  - record: a:b\n    expr: sum(rate(x[5m]))\n", "or who notices"),
        ("groups:\n- name: w\n  rules:\n  - alert: Watchdog\n    expr: vector(1)\n", "it always fires"),
        ("rule_files: [a.yml]\ntests: []\n", "or who notices"),
    ] {
        fs::write(bench.path("r.yaml"), text).unwrap();
        let ran = bench.wavetank(&["import", "r.yaml", "-o", "my.toml"]);
        assert!(ran.code == 2 && ran.talk.contains("error[WT113]"), "{}", ran.talk);
        assert!(ran.talk.contains(words) && !bench.path("my.toml").exists(), "{words}\n{}", ran.talk);
    }
}

#[test]
fn the_shipped_example_is_what_its_files_become() {
    let mut command = assert_cmd::cargo::cargo_bin_cmd!("wavetank");
    let files = ["rollout", "analysis", "alerts"].map(|name| format!("scenarios/import/web-{name}.yaml"));
    let ran = command.current_dir(project(".")).arg("import").args(files).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    expect(&PathBuf::from("scenarios/import/web.toml"), std::str::from_utf8(&ran.stdout).unwrap());
}
