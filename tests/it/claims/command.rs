//! `wavetank claim` from outside: exit codes, streams, forms.

use super::{GROUND, shows};
use crate::cli::{Bench, Ran};
use serde_json::Value;
use std::fs;

/// A bench with a claim in `c.toml` that says so much of the two strategies.
fn bench(is: &str) -> Bench {
    let bench = Bench::new();
    let claim = shows(
        "One-boxes spare hosts: {x.of} rather than {x.than}",
        &format!("metric = \"peak_impaired_hosts\"\nof = \"with\"\nis = \"{is}\"\nthan = \"without\""),
    );
    let carried = "carried-by = [\"alarm.late.detection-delay\", \"study.trials\"]\n[[claim.shows]]";
    let claim = claim.replace("[[claim.shows]]", carried);
    fs::write(bench.path("c.toml"), format!("{GROUND}{claim}")).expect("written");
    bench
}

fn claim(bench: &Bench, args: &[&str]) -> Ran {
    bench.wavetank(&[&["claim"], args].concat())
}

#[test]
fn one_sentence_on_standard_output_and_the_verdict_in_the_exit_code() {
    let shown = claim(&bench("less"), &["c.toml"]);
    assert_eq!(shown.code, 0, "{}", shown.talk);
    assert_eq!(shown.output, "Shown: One-boxes spare hosts: 1 [0.963, 1.33] rather than 10 [9.63, 10].\n");
    let refuted = claim(&bench("more"), &["c.toml"]);
    assert_eq!((refuted.code, &refuted.output[..9]), (1, "Refuted: "));
    let bench = bench("less");
    let same =
        fs::read_to_string(bench.path("c.toml")).unwrap().replace("than = \"without\"", "than = \"with\"");
    fs::write(bench.path("same.toml"), same).expect("written");
    let open = claim(&bench, &["same.toml"]);
    assert_eq!((open.code, &open.output[..13]), (4, "Not decided: "));
    // Too few trials to tell, and how many would.
    let few = claim(&bench, &["c.toml", "--trials", "4"]);
    let words = few.output.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(few.code, 4);
    assert!(
        words.starts_with("Not decided: ") && words.ends_with("About 6 trials would tell: --trials 6."),
        "{words}"
    );
    // Of several the worst decides; each has its sentence.
    let both = claim(&bench, &["c.toml", "same.toml"]);
    assert_eq!(both.code, 4);
    assert!(both.output.contains("Shown: ") && both.output.contains("Not decided: "), "{}", both.output);
}

#[test]
fn what_claims_nothing_is_refused_with_a_way_out() {
    let bench = Bench::new();
    let refused = claim(&bench, &["s.toml"]);
    assert_eq!((refused.code, refused.output.as_str()), (2, ""));
    assert!(
        refused.talk.contains("s.toml claims nothing") && refused.talk.contains("[[claim]]"),
        "{}",
        refused.talk
    );
    assert_eq!(claim(&bench, &["none.toml"]).code, 2);
    assert_eq!(claim(&bench, &[]).code, 2);
}

#[test]
fn forms_agree_and_threads_change_nothing() {
    let bench = bench("less");
    let json = claim(&bench, &["c.toml", "--format", "json", "--threads", "1"]);
    assert_eq!(json.output, claim(&bench, &["c.toml", "--format", "json", "--threads", "2"]).output);
    let value: Value = serde_json::from_str(&json.output).expect("JSON");
    let one = &value[0]["claims"][0];
    assert_eq!(one["sentence"], "One-boxes spare hosts: 1 [0.963, 1.33] rather than 10 [9.63, 10]");
    assert_eq!((&one["verdict"], &one["shows"][0]["of"]["strategy"]), (&"pass".into(), &"with".into()));
    let page = claim(&bench, &["c.toml", "--format", "markdown"]);
    assert!(
        page.output.contains("wavetank claim c.toml")
            && page.output.contains("1 \\[0.963, 1.33\\] rather than"),
        "{}",
        page.output
    );
    let text = fs::read_to_string(bench.path("c.toml")).unwrap();
    let piped = Ran::of(bench.command().args(["claim", "-"]).write_stdin(text));
    assert_eq!(piped.output, claim(&bench, &["c.toml"]).output);
}

#[test]
fn varying_goes_on_until_the_claim_stops_or_the_value_cannot_go_on() {
    let bench = bench("less");
    let varied = claim(&bench, &["c.toml", "--vary", "--format", "json"]);
    let value: Value = serde_json::from_str(&varied.output).expect("JSON");
    let varied = &value[0]["claims"][0]["varied"];
    assert_eq!(
        (&varied[0]["path"], &varied[0]["written"]),
        (&"alarm.late.detection-delay".into(), &"20m".into())
    );
    let tried = |side: &str| -> Vec<(String, String)> {
        let steps = varied[0][side].as_array().expect("a list");
        let text = |value: &Value| value.as_str().unwrap_or("none").to_owned();
        steps.iter().map(|step| (text(&step["value"]), text(&step["verdict"]))).collect()
    };
    let pass = |value: &str| (value.to_owned(), "pass".to_owned());
    assert_eq!(tried("less"), ["10m", "5m", "2m30s"].map(pass));
    // After an hour and twenty minutes the alarm comes when the one-box is over and all hosts are exposed.
    let more = tried("more");
    assert_eq!(more[0], pass("40m"));
    assert_ne!(more.last().expect("tried").1, "pass", "{more:?}");
    let table = claim(&bench, &["c.toml", "--vary"]).output;
    assert!(
        table.contains("holds to 2m30s, the last tried") && table.contains("holds to 40m; at 1h20m"),
        "{table}"
    );
}
