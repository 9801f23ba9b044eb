//! `[[expect]]` from outside: a scenario whose answers are known to the millisecond, and what was published of it.

use assert_cmd::Command;
use serde_json::Value;

/// Every host takes ten minutes, every alarm comes five minutes after the first impairment.
const SCENARIO: &str = r#"
[study]
trials = 64

[[fleet.region]]
name = "only"
hosts-per-zone = 10

[change]
bad-probability = "50%"
deploy-time = "10m"

[[defect]]
name = "immediate"

[[alarm]]
name = "late"
scope = "zone"
detection-delay = "5m"
watch = "rollout"

[[strategy]]
name = "as-deployed"
zone-bake = "1h"
wave = [{ regions = "all" }]

[[strategy]]
name = "halves"
batch = "50%"
zone-bake = "1h"
wave = [{ regions = "all" }]
"#;

/// Exit code, standard output and standard error.
fn run(expectation: &str, args: &[&str]) -> (i32, String, String) {
    let mut command: Command = assert_cmd::cargo::cargo_bin_cmd!("wavetank");
    let scenario = format!("{SCENARIO}\n[[expect]]\n{expectation}\n");
    let done = command.args(["run", "-", "--no-output"]).args(args).write_stdin(scenario).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (done.status.code().unwrap(), text(done.stdout), text(done.stderr))
}

fn json(expectation: &str) -> Value {
    let (code, output, talk) = run(expectation, &["--format", "json"]);
    assert_eq!(code, 0, "{talk}");
    serde_json::from_str::<Value>(&output).unwrap()["expectations"][0].clone()
}

const DETECTED: &str =
    "metric = \"detection_delay_ms\"\nstrategy = \"as-deployed\"\nsource = \"status page\"";

#[test]
fn what_agrees_is_shown_and_fails_nothing() {
    let expectation = format!("{DETECTED}\nvalue = \"5m30s\"\nlevel = \"error\"");
    let (code, report, _) = run(&expectation, &["--fail-on", "warning"]);
    assert_eq!(code, 0, "{report}");
    let section = &report[report.find("Published vs simulated").expect("the section")..];
    for part in ["5m 30s", "4m 41s to 6m 20s", "-9.1 %", "✓ agrees", "from: status page"] {
        assert!(section.contains(part), "{part}: {section}");
    }
    let found = json(&expectation);
    assert_eq!(found["verdict"], "pass");
    assert_eq!((&found["published"], &found["simulated"]), (&330_000.0.into(), &300_000.0.into()));
    assert_eq!((&found["at_least"], &found["deviation"]), (&280_500.0.into(), &(-30_000.0).into()));
}

#[test]
fn what_is_missed_fails_only_where_asked() {
    let missed = format!("{DETECTED}\nvalue = \"6m\"");
    let (code, report, _) = run(&missed, &[]);
    assert!(code == 0 && report.contains("✗ warn"), "{report}");
    assert_eq!(json(&missed)["verdict"], "fail");
    assert_eq!(run(&missed, &["--fail-on", "warning"]).0, 3);
    assert_eq!(run(&format!("{missed}\nlevel = \"error\""), &[]).0, 1);
    assert_eq!(run(&format!("{missed}\nwithin = \"1m\"\nlevel = \"error\""), &[]).0, 0);
}

#[test]
fn a_published_event_that_never_happens_is_a_warning() {
    let never = "metric = \"blocked_ms\"\nstrategy = \"halves\"\nstatistic = \"mean\"\nvalue = \"1h\"";
    assert_eq!(json(never)["verdict"], "fail", "a metric that is 0 has values");
    let nothing = DETECTED.replace("as-deployed", "halves") + "\nvalue = \"5m\"";
    let silent = |args: &[&str]| {
        let mut command: Command = assert_cmd::cargo::cargo_bin_cmd!("wavetank");
        let scenario = SCENARIO.replace("\"50%\"\ndeploy", "\"0%\"\ndeploy");
        assert_ne!(scenario, SCENARIO);
        let scenario = format!("{scenario}\n[[expect]]\n{nothing}\n");
        command.args(["run", "-", "--no-output"]).args(args).write_stdin(scenario).output().unwrap()
    };
    let lenient = silent(&[]);
    let report = String::from_utf8(lenient.stdout).unwrap();
    assert_eq!(lenient.status.code(), Some(0), "{report}");
    assert!(report.replace("\n          ", " ").contains("has no value in any of 64 trials"), "{report}");
    assert_eq!(silent(&["--fail-on", "warning"]).status.code(), Some(3));
}

#[test]
fn what_cannot_be_checked_is_said() {
    let (code, _, talk) = run(&format!("{DETECTED}\nvalue = \"6m\""), &["--strategy", "halves"]);
    assert!(code == 0 && talk.contains("1 expectation of strategies that were not chosen"), "{talk}");
}

#[test]
fn what_was_typed_in_is_told_from_what_came_out() {
    let origin = |metric: &str, value: &str| {
        let expectation = format!(
            "metric = \"{metric}\"\nstrategy = \"as-deployed\"\nvalue = {value}\nsource = \"status page\""
        );
        json(&expectation)["origin"].as_str().unwrap().to_owned()
    };
    assert_eq!(origin("detection_delay_ms", "\"5m\""), "given", "the alarm's own delay");
    assert_eq!(origin("alarm_ms", "\"15m\""), "sum-of-inputs", "a deployment and that delay");
    assert_eq!(origin("peak_impaired_hosts", "10"), "given", "the whole fleet");
    // The same alarm as a coin that is tossed every minute: how long that takes is no number of the scenario.
    let mut command: Command = assert_cmd::cargo::cargo_bin_cmd!("wavetank");
    let scenario = SCENARIO.replace(
        "detection-delay = \"5m\"",
        "breach-probability = { impaired = \"15%\" }\nperiod = \"1m\"\ndatapoints = \"1 of 1\"",
    );
    let scenario = format!("{scenario}\n[[expect]]\n{DETECTED}\nvalue = \"5m\"\n");
    let done = command.args(["run", "-", "--no-output"]).write_stdin(scenario).output().unwrap();
    let report = String::from_utf8(done.stdout).unwrap();
    assert!(report.contains("1 number: 1 emergent, 0 sum of inputs, 0 given"), "{report}");
}
