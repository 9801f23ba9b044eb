//! The command line from outside: exit codes, streams, files, signals. What reports say is tested
//! where they are made.

use crate::support::talk;
use assert_cmd::Command;
use serde_json::Value;
use std::fs;
use tempfile::TempDir;

/// A folder with a scenario of few trials in it.
pub(crate) struct Bench {
    dir: TempDir,
}

impl Bench {
    pub fn new() -> Self {
        Self::with(|template| template.replace("trials = 1000", "trials = 60"))
    }

    /// The scenario that `init` writes, edited.
    fn with(edit: impl FnOnce(String) -> String) -> Self {
        let bench = Self { dir: TempDir::new().expect("a temporary folder") };
        let template = bench.wavetank(&["init", "-"]).output;
        let scenario = edit(template.clone());
        assert_ne!(scenario, template, "the edit must change something");
        fs::write(bench.path("s.toml"), scenario).expect("scenario written");
        bench
    }

    /// A scenario with one more threshold, which cannot hold, of this level.
    pub fn with_broken_threshold(level: &str) -> Self {
        Self::with(|template| {
            let template = template.replace("trials = 1000", "trials = 200");
            let key = "metric = \"peak_impaired_hosts\"\nstatistic = \"mean\"\nmax = 0";
            format!("{template}\n[[threshold]]\n{key}\nlevel = \"{level}\"\n")
        })
    }

    pub fn path(&self, name: &str) -> std::path::PathBuf {
        self.dir.path().join(name)
    }

    pub fn command(&self) -> Command {
        let mut command = assert_cmd::cargo::cargo_bin_cmd!("wavetank");
        command.current_dir(self.dir.path()).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
        command
    }

    pub fn wavetank(&self, args: &[&str]) -> Ran {
        Ran::of(self.command().args(args))
    }

    /// Every file below `name`, by relative path.
    fn files(&self, name: &str) -> Vec<(String, Vec<u8>)> {
        let Ok(entries) = fs::read_dir(self.path(name)) else { return Vec::new() };
        let mut files: Vec<(String, Vec<u8>)> = entries
            .map(|entry| {
                let entry = entry.expect("entry");
                (entry.file_name().into_string().expect("UTF-8"), fs::read(entry.path()).expect("read"))
            })
            .collect();
        files.sort();
        files
    }
}

/// What a finished command left behind.
#[derive(Debug)]
pub(crate) struct Ran {
    pub code: i32,
    pub output: String,
    pub talk: String,
}

impl Ran {
    pub fn of(command: &mut Command) -> Self {
        let done = command.output().expect("wavetank runs");
        Self {
            code: done.status.code().expect("wavetank is not killed"),
            output: String::from_utf8(done.stdout).expect("UTF-8"),
            talk: talk(done.stderr),
        }
    }
}

const RESULTS: [&str; 7] = [
    "duration.svg",
    "exceedance.svg",
    "scenario.json",
    "speed-vs-blast-radius.svg",
    "summary.json",
    "timeline.svg",
    "trials.csv",
];

#[test]
fn the_template_is_valid_and_every_command_that_init_names_works() {
    let bench = Bench::new();
    let ran = bench.wavetank(&["init"]);
    assert_eq!((ran.code, ran.output.as_str()), (0, ""), "{}", ran.talk);
    assert_eq!(ran.talk, "wrote wavetank.toml: change the lines marked <-- to your fleet\n");
    for command in ["check wavetank.toml", "plan wavetank.toml", "run wavetank.toml"] {
        let args: Vec<&str> = command.split(' ').collect();
        let ran = bench.wavetank(&args);
        assert_eq!(ran.code, 0, "{command}: {}{}", ran.output, ran.talk);
        assert!(!ran.talk.contains("warning"), "{command}: {}", ran.talk);
        assert!(!ran.output.is_empty(), "{command}");
    }
    let checked = bench.wavetank(&["check", "wavetank.toml", "--fail-on", "warning"]);
    assert_eq!(checked.output, "checked 1 scenario: no problems\n");
}

#[test]
fn init_never_overwrites_unasked() {
    let bench = Bench::new();
    fs::write(bench.path("wavetank.toml"), "mine").expect("written");
    let ran = bench.wavetank(&["init"]);
    assert_eq!((ran.code, ran.output.as_str()), (2, ""));
    assert!(ran.talk.contains("--force"), "{}", ran.talk);
    assert_eq!(fs::read_to_string(bench.path("wavetank.toml")).expect("read"), "mine");
    assert_eq!(bench.wavetank(&["init", "--force"]).code, 0);
    let written = fs::read_to_string(bench.path("wavetank.toml")).expect("read");
    assert_eq!(written, bench.wavetank(&["init", "-"]).output);
}

#[test]
fn run_prints_data_on_stdout_talk_on_stderr_and_writes_seven_files() {
    let bench = Bench::new();
    let ran = bench.wavetank(&["run", "s.toml"]);
    assert_eq!(ran.code, 0, "{}", ran.talk);
    assert!(ran.output.contains("one-box-first"), "{}", ran.output);
    assert!(!ran.output.contains('\u{1b}'), "no colour in a pipe");
    assert_eq!(ran.talk, "wrote results/s (7 files)\n");
    let names: Vec<String> = bench.files("results/s").into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, RESULTS);
}

#[test]
fn run_as_json_prints_the_summary_it_writes() {
    let bench = Bench::new();
    let ran = bench.wavetank(&["run", "s.toml", "--format", "json", "--output", "out"]);
    assert_eq!(ran.output, fs::read_to_string(bench.path("out/summary.json")).expect("read"));
    serde_json::from_str::<Value>(&ran.output).expect("valid JSON");
}

#[test]
fn no_output_writes_nothing() {
    let bench = Bench::new();
    let ran = bench.wavetank(&["run", "s.toml", "--no-output"]);
    assert_eq!((ran.code, ran.talk.as_str()), (0, ""));
    assert!(!bench.path("results").exists());
    assert_eq!(bench.wavetank(&["run", "s.toml", "--no-output", "--output", "x"]).code, 2);
}

#[test]
fn threads_change_no_byte() {
    let bench = Bench::with(|template| template.replace("trials = 1000", "trials = 700"));
    let one = bench.wavetank(&["run", "s.toml", "--threads", "1", "--output", "one"]);
    let two = bench.wavetank(&["run", "s.toml", "--threads", "2", "--output", "two"]);
    assert_eq!(one.output, two.output);
    let (one, two) = (bench.files("one"), bench.files("two"));
    assert_eq!(one.len(), RESULTS.len());
    for ((name, left), (_, right)) in one.iter().zip(&two) {
        assert!(left == right, "{name} differs between thread counts");
    }
}

#[test]
fn seeds_have_three_notations_and_matter() {
    let bench = Bench::new();
    let json = |seed: &str| {
        let ran = bench.wavetank(&["run", "s.toml", "--no-output", "--format", "json", "--seed", seed]);
        assert_eq!(ran.code, 0, "{seed}: {}", ran.talk);
        ran.output
    };
    let seed_42 = json("42");
    assert_eq!(seed_42, json("0x2a"));
    assert_eq!(seed_42, json("000000000000002affffffffffffffffffffffff"));
    assert_ne!(seed_42, json("43"));
    assert_eq!(bench.wavetank(&["run", "s.toml", "--seed", "tuesday"]).code, 2);
}

#[test]
fn broken_thresholds_decide_the_exit_code() {
    let bench = Bench::with_broken_threshold("error");
    let ran = bench.wavetank(&["run", "s.toml"]);
    assert_eq!(ran.code, 1, "{}{}", ran.output, ran.talk);
    assert_eq!(bench.files("results/s").len(), RESULTS.len(), "results are written all the same");

    let bench = Bench::with_broken_threshold("warn");
    assert_eq!(bench.wavetank(&["run", "s.toml", "--no-output"]).code, 0);
    assert_eq!(bench.wavetank(&["run", "s.toml", "--no-output", "--fail-on", "warning"]).code, 3);
}

#[test]
fn warnings_fail_only_where_asked() {
    // Without its bake the only wave ends before the alarms can see anything.
    let bench = Bench::with(|template| template.replacen("bake = \"10m\"", "bake = \"0s\"", 1));
    let lenient = bench.wavetank(&["check", "s.toml"]);
    assert_eq!(lenient.code, 0);
    assert!(lenient.output.starts_with("warning[WT"), "{}", lenient.output);
    assert!(lenient.output.ends_with("checked 1 scenario: 1 warning\n"), "{}", lenient.output);
    assert_eq!(bench.wavetank(&["check", "s.toml", "--fail-on", "warning"]).code, 3);

    let strict = bench.wavetank(&["run", "s.toml", "--fail-on", "warning"]);
    assert_eq!((strict.code, strict.output.as_str()), (3, ""));
    assert!(strict.talk.contains("s.toml has 1 warning"), "{}", strict.talk);
    assert!(!bench.path("results").exists(), "nothing is simulated");
    let run = bench.wavetank(&["run", "s.toml", "--no-output"]);
    assert_eq!(run.code, 0);
    assert!(run.talk.starts_with("warning: 1 warning (WT"), "{}", run.talk);
    assert!(run.talk.contains("`wavetank check s.toml` tells more\n"), "{}", run.talk);
}

#[test]
fn invalid_scenarios_exit_2_and_say_where() {
    let bench = Bench::with(|template| template.replace("[study]", "[stduy]"));
    for command in ["run", "plan"] {
        let ran = bench.wavetank(&[command, "s.toml"]);
        assert_eq!((ran.code, ran.output.as_str()), (2, ""), "{command}");
        assert!(ran.talk.contains("stduy"), "{}", ran.talk);
        assert!(ran.talk.contains("s.toml cannot be used: 1 error"), "{}", ran.talk);
    }
    assert!(!bench.path("results").exists());
    let ran = bench.wavetank(&["check", "s.toml"]);
    assert_eq!((ran.code, ran.talk.as_str()), (2, ""), "problems are what check was asked for");
    assert!(ran.output.ends_with("checked 1 scenario: 1 error\n"), "{}", ran.output);
}

#[test]
fn check_reads_every_file_before_it_fails() {
    let bench = Bench::new();
    fs::write(bench.path("bad.toml"), "x = 1\ny = 2\n").expect("written");
    let ran = bench.wavetank(&["check", "bad.toml", "missing.toml", "s.toml", "--format", "json"]);
    assert_eq!((ran.code, ran.talk.as_str()), (2, ""));
    let report: Value = serde_json::from_str(&ran.output).expect("valid JSON");
    let files = report["files"].as_array().expect("files");
    let valid: Vec<bool> = files.iter().map(|file| file["valid"].as_bool().expect("valid")).collect();
    assert_eq!(valid, [false, false, true]);
    let problems = files.iter().flat_map(|file| file["problems"].as_array().expect("problems"));
    // The valid one may be worth a warning.
    let problems = problems.filter(|problem| problem["severity"] == "error").count();
    assert_eq!(report["errors"], problems);
    assert!(problems >= 3, "both unknown keys and the missing file: {report:#}");
}

#[test]
fn unknown_strategies_are_answered_with_a_guess_and_the_list() {
    let bench = Bench::new();
    for args in [
        &["run", "s.toml", "--strategy", "al-at-once"][..],
        &["run", "s.toml", "--baseline", "al-at-once"],
        &["plan", "s.toml", "--strategy", "al-at-once"],
        &["replay", "s.toml", "--strategy", "al-at-once", "--trial", "0"],
    ] {
        let ran = bench.wavetank(args);
        assert_eq!((ran.code, ran.output.as_str()), (2, ""), "{args:?}");
        assert!(ran.talk.contains("did you mean `all-at-once`?"), "{}", ran.talk);
        assert!(ran.talk.contains("all-at-once, region-by-region, one-box-first"), "{}", ran.talk);
    }
}

#[test]
fn a_chosen_strategy_has_the_numbers_it_has_in_company() {
    let bench = Bench::new();
    bench.wavetank(&["run", "s.toml", "--output", "all"]);
    let ran = bench.wavetank(&["run", "s.toml", "--output", "one", "--strategy", "one-box-first"]);
    assert_eq!(ran.code, 0, "{}", ran.talk);
    assert!(ran.talk.contains("comparing with `one-box-first`"), "{}", ran.talk);
    let all = fs::read_to_string(bench.path("all/trials.csv")).expect("read");
    let one = fs::read_to_string(bench.path("one/trials.csv")).expect("read");
    let own = |text: &str| -> Vec<String> {
        text.lines().filter(|line| line.contains("one-box-first")).map(str::to_owned).collect()
    };
    assert_eq!(own(&one).len(), 60);
    assert_eq!(own(&all), own(&one));
}

#[test]
fn stdin_is_a_file_called_dash() {
    let bench = Bench::new();
    let scenario = fs::read(bench.path("s.toml")).expect("read");
    for args in [&["check", "-"][..], &["plan", "-"], &["run", "-", "--no-output"]] {
        let ran = Ran::of(bench.command().args(args).write_stdin(scenario.clone()));
        assert_eq!(ran.code, 0, "{args:?}: {}{}", ran.output, ran.talk);
    }
    let ran = Ran::of(bench.command().args(["plan", "-"]).write_stdin([0xff, 0xfe]));
    assert_eq!(ran.code, 2, "{}", ran.output);
}

#[test]
fn replay_tells_one_trial_in_two_formats_and_a_chart() {
    let bench = Bench::new();
    let base = ["replay", "s.toml", "--strategy", "all-at-once", "--trial", "7"];
    let text = bench.wavetank(&base);
    assert_eq!((text.code, text.talk.as_str()), (0, ""));
    assert!(!text.output.is_empty());

    let lines = bench.wavetank(&[&base[..], &["--format", "jsonl", "--svg", "t/chart.svg"]].concat());
    assert_eq!((lines.code, lines.talk.as_str()), (0, "wrote t/chart.svg\n"));
    let lines: Vec<Value> =
        lines.output.lines().map(|line| serde_json::from_str(line).expect("every line is JSON")).collect();
    assert!(lines.iter().all(|line| line["event"].is_string() && line["at_ms"].is_u64()));
    let [.., ended, outcome] = &lines[..] else { panic!("{lines:?}") };
    assert_eq!((&ended["event"], &outcome["event"]), (&"rollout-ended".into(), &"outcome".into()));
    assert_eq!((&outcome["ending"], &outcome["end_ms"]), (&ended["ending"], &ended["at_ms"]));
    let chart = fs::read_to_string(bench.path("t/chart.svg")).expect("read");
    assert!(chart.contains("<svg"), "{chart}");

    let filed = bench.wavetank(&[&base[..], &["--output", "events.txt"]].concat());
    assert_eq!((filed.output.as_str(), filed.talk.as_str()), ("", "wrote events.txt\n"));
    assert_eq!(fs::read_to_string(bench.path("events.txt")).expect("read"), text.output);
    let twice = bench.wavetank(&[&base[..], &["--output", "x", "--svg", "./x"]].concat());
    assert_eq!(twice.code, 2);
    assert!(twice.talk.starts_with("error: two outputs would be written to ./x"), "{}", twice.talk);

    let beyond = bench.wavetank(&["replay", "s.toml", "--strategy", "all-at-once", "--trial", "60"]);
    assert_eq!(beyond.code, 0);
    assert!(beyond.talk.starts_with("note: the study has the trials 0 to 59"), "{}", beyond.talk);
}

#[test]
fn numbers_out_of_their_limits_say_what_to_write() {
    let bench = Bench::new();
    for (option, value, message) in [
        ("--trials", "0", "write a whole number from 1 to 10000000"),
        ("--trials", "-5", "write a whole number from 1 to 10000000"),
        ("--threads", "many", "write a whole number from 1 to 4096"),
        ("--seed", "-1", "write a number from 0 to 18446744073709551615, hex like 0x2a"),
    ] {
        let ran = bench.wavetank(&["run", "s.toml", "--no-output", option, value]);
        assert_eq!((ran.code, ran.output.as_str()), (2, ""), "{option} {value}");
        assert!(ran.talk.contains(message), "{}", ran.talk);
    }
    // What one study may have, the language and the option agree on.
    let bench = Bench::with(|template| template.replace("trials = 1000", "trials = 10_000_001"));
    assert!(bench.wavetank(&["check", "s.toml"]).output.contains("from 1 to 10000000"));
}

#[test]
fn seeds_in_quotes_are_what_they_are_as_options() {
    let seeds = ["7", "0x7", "0000000000000007000000000000000000000000"];
    for seed in seeds {
        let bench = Bench::with(|template| template.replace("seed = 42 ", &format!("seed = \"{seed}\" ")));
        let quoted = bench.wavetank(&["run", "s.toml", "--no-output", "--trials", "50"]);
        let option = bench.wavetank(&["run", "s.toml", "--no-output", "--trials", "50", "--seed", seed]);
        assert_eq!((quoted.code, quoted.output.as_str()), (0, option.output.as_str()), "{seed}");
        assert!(quoted.output.contains("seed 7,"), "{}", quoted.output);
    }
}

#[test]
fn outputs_that_cannot_be_written_fail_before_the_simulation() {
    // A folder below a regular file cannot be created by anybody, not even by root.
    let bench = Bench::with(|template| template.replace("trials = 1000", "trials = 9_000_000"));
    let ran = bench.wavetank(&["run", "s.toml", "--output", "s.toml/out"]);
    assert_eq!((ran.code, ran.output.as_str()), (2, ""));
    assert!(ran.talk.contains("error: cannot create folder s.toml/out"), "{}", ran.talk);
    assert!(ran.talk.contains("hint:"), "{}", ran.talk);
}

#[test]
fn colour_follows_the_flag_then_the_environment() {
    let bench = Bench::with(|template| template.replace("[study]", "[stduy]"));
    let colored = |args: &[&str], env: Option<&str>| {
        let mut command = bench.command();
        if let Some(variable) = env {
            command.env(variable, "1");
        }
        Ran::of(command.args(args)).output.contains('\u{1b}')
    };
    assert!(!colored(&["check", "s.toml"], None));
    assert!(colored(&["check", "s.toml", "--color", "always"], Some("NO_COLOR")));
    assert!(colored(&["check", "s.toml"], Some("CLICOLOR_FORCE")));
    assert!(!colored(&["check", "s.toml", "--color=never"], Some("CLICOLOR_FORCE")));
    assert!(colored(&["--color", "always", "--help"], None));
}

#[test]
fn help_is_data_and_mistakes_are_talk() {
    let bench = Bench::new();
    let help = bench.wavetank(&["--help"]);
    assert_eq!((help.code, help.talk.as_str()), (0, ""));
    for exit in wavetank::cli::Exit::ALL {
        assert!(help.output.contains(&format!("{:>3}  {}", exit.code(), exit.meaning())), "{}", help.output);
    }
    assert!(bench.wavetank(&["--version"]).output.contains("model"));
    for args in [&[][..], &["run"], &["run", "s.toml", "--trials", "0"], &["sail"]] {
        let ran = bench.wavetank(args);
        assert_eq!((ran.code, ran.output.as_str()), (2, ""), "{args:?}");
        assert!(!ran.talk.is_empty(), "{args:?}");
    }
}

#[test]
fn rules_are_listed_and_each_is_explained() {
    let bench = Bench::new();
    let list = bench.wavetank(&["explain"]);
    assert_eq!(list.code, 0);
    let ids: Vec<&str> = list.output.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(!ids.is_empty());
    for id in ids {
        let ran = bench.wavetank(&["explain", &id.to_lowercase()]);
        assert_eq!(ran.code, 0, "{id}");
        assert!(ran.output.contains(id), "{}", ran.output);
    }
    let ran = bench.wavetank(&["explain", "WT9999"]);
    assert_eq!((ran.code, ran.output.as_str()), (2, ""));
}

#[test]
fn shells_and_manuals_are_served() {
    let bench = Bench::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = bench.wavetank(&["completions", shell]);
        assert_eq!(ran.code, 0);
        assert!(ran.output.contains("replay"), "{shell}");
    }
    assert!(bench.wavetank(&["man"]).output.contains(".TH wavetank 1"));
    assert_eq!(bench.wavetank(&["man", "--output", "man"]).code, 0);
    let pages: Vec<String> = bench.files("man").into_iter().map(|(name, _)| name).collect();
    assert!(
        pages.contains(&"wavetank-run.1".to_owned()) && pages.contains(&"wavetank.1".to_owned()),
        "{pages:?}"
    );
}

#[test]
fn the_template_satisfies_the_schema() {
    let bench = Bench::new();
    let schema: Value =
        serde_json::from_str(&bench.wavetank(&["schema"]).output).expect("the schema is JSON");
    let template: Value =
        toml::from_str(&bench.wavetank(&["init", "-"]).output).expect("the template is TOML");
    let validator = jsonschema::validator_for(&schema).expect("the schema is one");
    let problems: Vec<String> = validator.iter_errors(&template).map(|error| error.to_string()).collect();
    assert_eq!(problems, Vec::<String>::new());
    assert!(!validator.is_valid(&serde_json::json!({ "stduy": {} })));
}

#[cfg(unix)]
#[allow(clippy::disallowed_types, reason = "waiting for another process takes a clock")]
mod unix {
    use super::*;
    use std::process::{Child, Stdio};
    use std::time::{Duration, Instant};

    impl Bench {
        fn plain(&self) -> std::process::Command {
            let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin!("wavetank"));
            command.current_dir(self.dir.path());
            command
        }
    }

    #[test]
    fn readers_that_leave_early_are_no_error() {
        let bench = Bench::new();
        for args in [
            &["schema"][..],
            &["--help"],
            &["man"],
            &["completions", "bash"],
            &["init", "-"],
            &["explain"],
            &["check", "s.toml"],
            &["plan", "s.toml"],
            &["run", "s.toml", "--no-output"],
            &["replay", "s.toml", "--strategy", "all-at-once", "--trial", "0"],
        ] {
            let (reader, writer) = std::io::pipe().expect("pipe");
            drop(reader);
            let done = bench.plain().args(args).stdout(writer).output().expect("wavetank runs");
            assert_eq!((done.status.code(), talk(done.stderr).as_str()), (Some(0), ""), "{args:?}");
        }
    }

    #[test]
    fn a_reader_that_leaves_early_turns_no_verdict_around() {
        let bench = Bench::with_broken_threshold("error");
        let (reader, writer) = std::io::pipe().expect("pipe");
        drop(reader);
        let done = bench.plain().args(["run", "s.toml", "--no-output"]).stdout(writer).status();
        assert_eq!(done.expect("wavetank runs").code(), Some(1));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_an_error() {
        let bench = Bench::new();
        let full = fs::File::options().write(true).open("/dev/full").expect("a full device");
        let done = bench.plain().arg("schema").stdout(full).output().expect("wavetank runs");
        assert_eq!(done.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&done.stderr).contains("cannot write standard output"));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn an_interrupt_or_termination_leaves_old_results_and_no_trace() {
        let bench = Bench::new();
        assert_eq!(bench.wavetank(&["run", "s.toml", "--output", "old"]).code, 0);
        let before = bench.files("old");
        for (dir, signal) in [("old", "-INT"), ("fresh/deep", "-TERM")] {
            let args = ["run", "s.toml", "--trials", "10000000", "--output", dir];
            let child = bench.plain().args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
            let mut child = child.expect("wavetank starts");
            let process = child.id();
            wait_until("its files are open", &mut child, || has_scratch(process));
            let signalled =
                std::process::Command::new("kill").args([signal, &child.id().to_string()]).status();
            assert!(signalled.expect("kill runs").success());
            let mut ended = None;
            let deadline = Instant::now() + Duration::from_secs(60);
            while ended.is_none() && Instant::now() < deadline {
                std::thread::sleep(Duration::from_millis(10));
                ended = child.try_wait().expect("waited");
            }
            if ended.is_none() {
                child.kill().expect("killed");
            }
            let done = child.wait_with_output().expect("output");
            assert_eq!(done.status.code(), Some(130), "{dir}");
            assert_eq!(String::from_utf8_lossy(&done.stderr), "error: interrupted: nothing was written\n");
            assert!(done.stdout.is_empty());
        }
        assert_eq!(bench.files("old"), before);
        assert!(!bench.path("fresh").exists(), "folders made for the results are removed again");
    }

    /// Whether a process has opened nameless files for all results.
    fn has_scratch(process: u32) -> bool {
        let open = fs::read_dir(format!("/proc/{process}/fd")).into_iter().flatten().flatten();
        let names = open.filter_map(|open| fs::read_link(open.path()).ok());
        names.filter(|name| name.to_string_lossy().ends_with("(deleted)")).count() >= 6
    }

    fn wait_until(what: &str, child: &mut Child, condition: impl Fn() -> bool) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while !condition() {
            let ended = child.try_wait().expect("waited");
            if ended.is_some() || Instant::now() > deadline {
                child.kill().expect("killed");
                panic!("wavetank ended ({ended:?}) or hung before {what}");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

mod in_process {
    use super::*;
    use std::cell::RefCell;
    use std::io::{self, Write};
    use std::rc::Rc;
    use wavetank::cli::{self, Exit, Io};

    #[derive(Clone, Default)]
    struct Shared(Rc<RefCell<Vec<u8>>>);

    impl Shared {
        fn text(&self) -> String {
            String::from_utf8(self.0.borrow().clone()).expect("UTF-8")
        }
    }

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn an_interrupt_before_the_end_writes_nothing() {
        let bench = Bench::new();
        let (output, talk) = (Shared::default(), Shared::default());
        let mut io = Io::new(Box::new(io::empty()), Box::new(output.clone()), Box::new(talk.clone()));
        io.interrupt.set();
        let (file, dir) = (bench.path("s.toml"), bench.path("out"));
        let args =
            ["wavetank".as_ref(), "run".as_ref(), file.as_os_str(), "--output".as_ref(), dir.as_os_str()];
        let exit = cli::run(args.map(ToOwned::to_owned), &mut io);
        assert_eq!(exit, Exit::Interrupted);
        assert_eq!(
            (output.text().as_str(), talk.text().as_str()),
            ("", "error: interrupted: nothing was written\n")
        );
        assert!(!dir.exists());
    }
}
