//! Results read back: the same page, or a refusal that says what differs and what to do.

use crate::cli::Bench;
use std::fs;

/// A bench with results of its scenario in `out`.
fn with_results(options: &[&str]) -> Bench {
    let bench = Bench::new();
    let ran =
        bench.wavetank(&[&["run", "s.toml", "--trials", "200", "--output", "out"][..], options].concat());
    assert_eq!(ran.code, 0, "{}", ran.talk);
    bench
}

#[test]
fn a_folder_gives_the_page_that_its_run_gave() {
    for options in [
        &[][..],
        &["--seed", "0x2a", "--strategy", "all-at-once", "--strategy", "one-box-first"],
        &["--estimator", "plain", "--baseline", "one-box-first"],
        &["--precision", "p50 time_to_100_ms 5%", "--max-trials", "300"],
    ] {
        let bench = with_results(&[options, &["--report", "html=r.html"]].concat());
        // The scenario itself may be gone.
        fs::remove_file(bench.path("s.toml")).unwrap();
        let read = bench.wavetank(&["report", "out"]);
        assert_eq!((read.code, read.talk.as_str()), (0, "wrote out/report.html\n"), "{options:?}");
        let [run, read] = ["r.html", "out/report.html"].map(|file| fs::read(bench.path(file)).unwrap());
        assert!(run == read, "{options:?}: the pages differ");
    }
}

#[test]
fn the_page_goes_where_it_is_asked_to_go() {
    let bench = with_results(&[]);
    let read = bench.wavetank(&["report", "out", "-o", "there/review.html"]);
    assert_eq!((read.code, read.output.as_str()), (0, ""), "{}", read.talk);
    assert!(bench.path("there/review.html").exists() && !bench.path("out/report.html").exists());
}

#[test]
fn what_does_not_fit_is_refused_with_what_to_do() {
    let bench = with_results(&[]);
    let refused = |what: &str, file: &str, edit: &dyn Fn(String) -> String, said: &[&str]| {
        let path = bench.path("out").join(file);
        let before = fs::read_to_string(&path).unwrap();
        let after = edit(before.clone());
        assert_ne!(before, after, "{what}: the edit must change something");
        fs::write(&path, after).unwrap();
        let ran = bench.wavetank(&["report", "out"]);
        fs::write(&path, before).unwrap();
        assert_eq!(ran.code, 2, "{what}: {}", ran.talk);
        assert!(!bench.path("out/report.html").exists());
        for words in said.iter().chain(&["run"]) {
            assert!(ran.talk.contains(words), "{what}: no `{words}` in {}", ran.talk);
        }
    };
    let model = format!("\"model_version\": {}", wavetank::MODEL_VERSION);
    refused(
        "another model",
        "scenario.json",
        &|text| text.replace(&model, "\"model_version\": 1"),
        &["model 1", "simulate anew: wavetank run s.toml --trials 200 --output out"],
    );
    refused(
        "another plan",
        "scenario.json",
        &|text| text.replacen("hosts-per-zone", "zones = 3\\nhosts-per-zone", 1),
        &["does not lead to the plan", "it was edited"],
    );
    refused(
        "another layout",
        "summary.json",
        &|text| text.replacen("\"schema_version\": ", "\"schema_version\": 9", 1),
        &["has layout 9", "reads layout"],
    );
    refused(
        "an unknown measure",
        "summary.json",
        &|text| text.replacen("\"metric\": \"escaped\"", "\"metric\": \"escapade\"", 1),
        &["there is no measure `escapade`", "layout"],
    );
    refused(
        "another run's numbers",
        "summary.json",
        &|text| text.replacen("\"seed\": ", "\"seed\": 1", 1),
        &["is not of the scenario beside it"],
    );
    refused("half a file", "summary.json", &|text| text[..text.len() / 2].to_owned(), &["cannot be read"]);
}

#[test]
fn other_folders_are_told_apart_from_results() {
    let bench = with_results(&[]);
    fs::remove_file(bench.path("out/scenario.json")).unwrap();
    for (folder, file) in [("out", "out/scenario.json"), ("nothing", "nothing/scenario.json")] {
        let ran = bench.wavetank(&["report", folder]);
        assert_eq!(ran.code, 2, "{}", ran.talk);
        assert!(ran.talk.contains(file) && ran.talk.contains("`wavetank run`"), "{}", ran.talk);
    }
}
