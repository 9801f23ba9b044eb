//! `baseline accept`, `gate` and `compare` from outside, in scratch repositories: what passes, what fails,
//! what is refused, and that a gate leaves no trace.

use crate::git::isolate;
use crate::support::{project, talk};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// What is guarded in these tests.
const GUARDS: &str = r#"
[[guard]]
metric = "isolation_violated"
statistic = "mean"
[[guard]]
metric = "time_to_100_ms"
statistic = "p50"
tolerance = "10%"
"#;
/// Where `baseline accept` keeps what it accepts of `s.toml`.
const BASELINE: &str = "results/small/baseline.json";
/// An edit that does harm, and how it is said.
const HARM: (&str, &str) = ("hosts = 1, bake = \"30m\"", "hosts = 1, bake = \"5m\"");
const HARM_SAID: &str = "strategy careful: one-box bake 30m -> 5m";
/// An edit that leaves nothing to compare in a time that a test could wait.
const ENDLESS: (&str, &str) = ("trials = 200 ", "trials = 9_000_000 ");

/// A change of a baseline's JSON.
type Edit = fn(&mut Value);

/// A repository with `s.toml` in it.
struct Bench {
    dir: TempDir,
}

/// What a finished command left behind.
#[derive(Debug)]
struct Ran {
    code: Option<i32>,
    output: String,
    talk: String,
}

impl Bench {
    fn new() -> Self {
        Self::with(&format!("{}{GUARDS}", small()))
    }

    fn with(scenario: &str) -> Self {
        let bench = Self { dir: TempDir::new().expect("a temporary folder") };
        bench.git(&["init", "--quiet"]);
        bench.write("s.toml", scenario);
        bench
    }

    /// With an accepted and committed baseline.
    fn accepted() -> Self {
        let bench = Self::new();
        bench.accept();
        bench
    }

    fn accept(&self) {
        let ran = self.run(&["baseline", "accept", "s.toml"]);
        assert_eq!((ran.code, ran.output.as_str()), (Some(0), ""), "{}", ran.talk);
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", "accepted"]);
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("folder made");
        fs::write(path, text).expect("written");
    }

    fn edit(&self, (from, to): (&str, &str)) {
        let text = self.read("s.toml");
        assert!(text.contains(from), "{from}");
        self.write("s.toml", &text.replacen(from, to, 1));
    }

    fn edit_baseline(&self, edit: impl FnOnce(&mut Value)) {
        let mut value: Value = serde_json::from_str(&self.read(BASELINE)).expect("JSON");
        edit(&mut value);
        self.write(BASELINE, &value.to_string());
    }

    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        isolate(&mut command, self.dir.path());
        for variable in ["CI", "GITHUB_STEP_SUMMARY", "GITHUB_ACTIONS"] {
            command.env_remove(variable);
        }
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "A").env(format!("GIT_{who}_EMAIL"), "a@example.com");
        }
        command.current_dir(self.dir.path());
        command
    }

    fn git(&self, arguments: &[&str]) {
        let done = self.command("git").args(arguments).output().expect("git runs");
        assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    }

    fn wavetank(&self) -> Command {
        self.command(assert_cmd::cargo::cargo_bin!("wavetank"))
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.wavetank().args(arguments))
    }

    fn gate(&self, arguments: &[&str]) -> Ran {
        self.run(&[&["gate", "s.toml"], arguments].concat())
    }

    /// What a gate says that refuses to judge.
    fn refusal(&self, arguments: &[&str]) -> String {
        let ran = self.gate(arguments);
        assert_eq!((ran.code, ran.output.as_str()), (Some(2), ""), "{}", ran.talk);
        assert!(ran.talk.contains("hint: "), "{}", ran.talk);
        ran.talk
    }

    /// Every file but those of git, by path, with its bytes; folders without.
    fn files(&self) -> Vec<(PathBuf, Option<Vec<u8>>)> {
        let (mut found, mut folders) = (Vec::new(), vec![self.dir.path().to_owned()]);
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).expect("listed") {
                let path = entry.expect("entry").path();
                if path.is_dir() && !path.ends_with(".git") {
                    found.push((path.clone(), None));
                    folders.push(path);
                } else if path.is_file() {
                    found.push((path.clone(), Some(fs::read(&path).expect("read"))));
                }
            }
        }
        found.sort();
        found
    }
}

impl Ran {
    fn of(command: &mut Command) -> Self {
        let done = command.output().expect("it runs");
        Self {
            code: done.status.code(),
            output: String::from_utf8(done.stdout).expect("UTF-8"),
            talk: talk(done.stderr),
        }
    }

    /// The lines of a section of the report for people.
    fn section(&self, title: &str) -> Vec<&str> {
        let lines = self.output.lines().skip_while(|line| *line != title).skip(1);
        lines.take_while(|line| !line.is_empty()).map(str::trim).collect()
    }
}

/// The scenario of the project to learn on, with so few trials that it takes no time.
fn small() -> String {
    let text = fs::read_to_string(project("scenarios/small.toml")).expect("read");
    assert!(text.contains("trials = 2000 "));
    // A limit that so few trials decide.
    text.replace("trials = 2000 ", "trials = 200 ").replacen("max = \"1%\"", "max = \"20%\"", 1)
}

#[test]
fn what_was_accepted_passes_and_what_does_harm_fails_until_it_is_accepted() {
    let bench = Bench::accepted();
    let ran = bench.gate(&[]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.output, ran.talk);
    assert_eq!(ran.section("What changed"), ["nothing: both plans are the same study"]);
    assert_eq!(
        ran.section("Comparison"),
        ["no change in any trial: careful, no-bakes, all-at-once (6 comparisons)"]
    );
    assert!(!ran.talk.contains("hint: "), "{}", ran.talk);

    bench.edit(HARM);
    let before = bench.files();
    let ran = bench.gate(&[]);
    assert_eq!(ran.code, Some(1), "{}{}", ran.output, ran.talk);
    assert_eq!(ran.section("What changed"), [HARM_SAID]);
    assert!(ran.output.contains("1 of 6 comparisons regressed (careful: mean of isolation_violated)"));
    let rows = ran.section("Comparison, worst first");
    assert_eq!(rows.iter().filter(|row| row.ends_with("regressed")).count(), 1, "{rows:?}");
    assert_eq!(rows.iter().filter(|row| row.ends_with("improved")).count(), 1, "{rows:?}");
    assert_eq!(rows.last(), Some(&"no change in any trial: no-bakes, all-at-once (4 comparisons)"));
    assert!(ran.talk.ends_with("hint: to accept: wavetank baseline accept s.toml\n"), "{}", ran.talk);
    assert_eq!(bench.files(), before, "a gate writes nothing");

    let ran = bench.run(&["baseline", "accept", "s.toml"]);
    assert_eq!((ran.code, ran.output.as_str()), (Some(0), ""));
    let said = format!(
        "accepted instead of the old baseline:\n  {HARM_SAID}\nwrote {BASELINE}: commit it together with s.toml\n"
    );
    assert!(ran.talk.ends_with(&said), "{}", ran.talk);
    assert_eq!(bench.gate(&[]).code, Some(0));
    let again = bench.run(&["baseline", "accept", "s.toml"]);
    assert!(again.talk.contains("the inputs are those of the old baseline\n"), "{}", again.talk);
}

#[test]
fn what_is_only_said_or_only_moved_changes_nothing() {
    let bench = Bench::accepted();
    bench.edit(("Three regions, three strategies", "Another description"));
    bench.edit(("trials = 200 # rollouts", "trials = 200 # a comment"));
    let (batch, bake) = ("batch = \"34%\" # then a third of the zone at a time\n", "zone-bake = \"10m\" ");
    let text = bench.read("s.toml");
    assert!(text.contains(batch) && text.contains(bake));
    let text = text.replace(batch, "").replacen(bake, &format!("{batch}{bake}"), 1);
    // The alarms move to a file of their own.
    let first = text.find("[[alarm]]").expect("alarms");
    let rest = text.find("# --- How: strategies").expect("strategies");
    bench.write("parts/alarms.toml", &text[first..rest]);
    let (before, after) = (&text[..first], &text[rest..]);
    bench.write("s.toml", &format!("include = [\"parts/alarms.toml\"]\n{before}{after}"));
    let ran = bench.gate(&[]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.output, ran.talk);
    assert_eq!(ran.section("What changed"), ["nothing: both plans are the same study"]);
    assert!(ran.output.contains("(6 comparisons)") && !ran.output.contains("Regressed:"), "{}", ran.output);
    bench.accept();
    assert_eq!(bench.gate(&[]).code, Some(0), "a baseline holds what the scenario includes");
}

#[test]
fn baselines_are_accepted_by_people_and_in_no_scenario_file() {
    let bench = Bench::new();
    let before = bench.files();
    for value in ["true", "1"] {
        let ran = Ran::of(bench.wavetank().env("CI", value).args(["baseline", "accept", "s.toml"]));
        assert_eq!((ran.code, ran.output.as_str()), (Some(2), ""), "{}", ran.talk);
        assert!(ran.talk.contains("not in CI") && ran.talk.contains("hint: "), "{}", ran.talk);
    }
    let ran = bench.run(&["baseline", "accept", "s.toml", "--baseline", "./s.toml"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.talk.contains("error: ./s.toml is a file of the scenario itself\n"), "{}", ran.talk);
    assert_eq!(bench.files(), before);
    let ran = Ran::of(bench.wavetank().env("CI", "false").args(["baseline", "accept", "s.toml"]));
    assert_eq!(ran.code, Some(0), "{}", ran.talk);
}

#[test]
fn a_limit_that_does_not_hold_is_told_when_it_is_accepted() {
    let bench = Bench::new();
    bench.edit(("max = \"14h\"", "max = \"1h\""));
    let ran = bench.run(&["baseline", "accept", "s.toml"]);
    assert_eq!(ran.code, Some(0));
    assert!(ran.talk.contains("warning: a [[threshold]] does not hold"), "{}", ran.talk);
}

#[test]
fn a_limit_that_the_candidate_breaks_fails_the_gate() {
    let bench = Bench::accepted();
    bench.edit(("max = \"14h\"", "max = \"1h\""));
    let ran = bench.gate(&[]);
    assert_eq!(ran.code, Some(1), "{}", ran.output);
    assert_eq!(ran.section("What changed").len(), 1, "{}", ran.output);
    assert!(ran.output.contains("1 limit is broken (careful: time_to_100_ms p99)"), "{}", ran.output);
    assert!(ran.talk.contains("accepting lifts no [[threshold]]"), "{}", ran.talk);
    assert!(!ran.talk.contains("to accept:"), "{}", ran.talk);
}

#[test]
fn another_model_is_refused_unless_estimates_will_do() {
    let bench = Bench::accepted();
    bench.edit_baseline(|baseline| baseline["model_version"] = 1.into());
    let talk = bench.refusal(&[]);
    assert!(talk.contains("was accepted with model 1, and this is model"), "{talk}");
    assert!(talk.contains("hint: compare the estimates, with wider intervals: --across-models\n"), "{talk}");
    assert!(talk.contains("hint: accept anew: wavetank baseline accept s.toml\n"), "{talk}");
    let ran = bench.gate(&["--across-models", "--allow-inconclusive"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.output, ran.talk);
    assert!(ran.output.contains("another version of the model"), "{}", ran.output);
    assert!(!ran.output.contains("Both plans met the same trials"), "{}", ran.output);
    bench.edit((
        "bake = \"1h\"\n\n[[strategy.wave]]\nname = \"medium\"",
        "bake = \"24h\"\n\n[[strategy.wave]]\nname = \"medium\"",
    ));
    let ran = bench.gate(&["--across-models"]);
    assert_eq!(ran.code, Some(1), "a day more is beyond doubt: {}", ran.output);
    assert!(ran.output.contains("(careful: p50 of time_to_100_ms)"), "{}", ran.output);
    let accepted = bench.run(&["baseline", "accept", "s.toml"]);
    assert!(accepted.talk.contains("\n  model: version 1 -> "), "{}", accepted.talk);
}

#[test]
fn a_baseline_that_is_not_what_was_accepted_is_refused() {
    let bench = Bench::accepted();
    let good = bench.read(BASELINE);
    let edits: [(Edit, &str); 6] = [
        (|b| b["outcomes"][1]["digest"] = "0123456789abcdef".into(), "holds other numbers"),
        (|b| b["plan_digest"] = "0123456789abcdef".into(), "does not lead to the plan that was accepted"),
        (
            |b| {
                let text = b["files"][0]["text"].as_str().expect("text").replace(HARM.0, HARM.1);
                b["files"][0]["text"] = text.into();
            },
            "does not lead to the plan that was accepted",
        ),
        (|b| b["files"][0]["text"] = "x = 1\n".into(), "is no longer valid"),
        (|b| b["schema_version"] = 99.into(), "has layout 99, and this wavetank reads layout 1"),
        (|b| b["seed"] = "seven".into(), "is not a baseline: "),
    ];
    for (edit, message) in edits {
        bench.write(BASELINE, &good);
        bench.edit_baseline(edit);
        let talk = bench.refusal(&[]);
        assert!(talk.contains(message), "{message}: {talk}");
        assert!(talk.contains("wavetank baseline accept s.toml\n"), "{message}: {talk}");
    }
    bench.write(BASELINE, &good.replacen("  \"seed\"", "<<<<<<< HEAD\n  \"seed\"", 1));
    assert!(bench.refusal(&[]).contains("not meant to be edited or merged by hand"));
    bench.write(BASELINE, "[]");
    assert!(bench.refusal(&[]).contains("it has no schema_version"));
    let talk = bench.refusal(&["--baseline", "s.toml"]);
    assert!(talk.contains("s.toml is not a baseline") && !talk.contains("accept s.toml"), "{talk}");
    let talk = bench.refusal(&["--baseline", "my folder/b.json"]);
    assert!(talk.contains("cannot read baseline my folder/b.json: no such file"), "{talk}");
    assert!(talk.contains("wavetank baseline accept s.toml --baseline 'my folder/b.json'\n"), "{talk}");
    fs::remove_dir_all(bench.path("results")).expect("removed");
    assert!(bench.refusal(&[]).contains("check that git does not ignore it"));
}

#[test]
fn what_the_trials_do_not_decide_has_an_exit_code_of_its_own() {
    let guard = "\n[[guard]]\nmetric = \"impaired_host_ms\"\nstatistic = \"mean\"\nstrategy = \"careful\"\n";
    let text = small().replace("trials = 200 ", "max-trials = 60\ntrials = 60 ");
    let text = &text[..text.find("[[threshold]]").expect("thresholds")];
    let bench = Bench::with(&format!("{text}{guard}"));
    bench.accept();
    bench.edit(("hosts = 1, bake = \"30m\"", "hosts = 1, bake = \"20m\""));
    let ran = bench.gate(&[]);
    assert_eq!(ran.code, Some(4), "{}", ran.output);
    assert!(ran.section("Verdict")[0].starts_with("? open  "), "{}", ran.output);
    assert!(ran.talk.contains("hint: to decide it: more `trials` in [study]"), "{}", ran.talk);
    assert!(ran.talk.contains("hint: to accept: "), "{}", ran.talk);
    let ran = bench.gate(&["--allow-inconclusive"]);
    assert_eq!(ran.code, Some(0), "{}", ran.output);
    assert!(ran.output.contains("which is allowed"), "{}", ran.output);
    assert_eq!(bench.run(&["compare", "git:HEAD:s.toml", "s.toml", "--gate"]).code, Some(4));
    // What is said on the command line is no change of the scenario.
    let more = bench.gate(&["--max-trials", "240", "--format", "json"]);
    let more: Value = serde_json::from_str(&more.output).expect("JSON");
    assert_eq!((&more["trials"], &more["looks"]), (&240.into(), &2.into()));
    assert_eq!(more["inputs"].as_array().map(Vec::len), Some(1), "{more:#}");
}

#[test]
fn a_change_does_not_loosen_the_gate_that_judges_it() {
    let bench = Bench::accepted();
    bench.edit(HARM);
    bench.edit(("statistic = \"mean\"\n[[guard]]", "statistic = \"mean\"\ntolerance = \"90%\"\n[[guard]]"));
    bench.edit(("trials = 200 ", "max-trials = 20\ntrials = 20 "));
    let ran = bench.gate(&[]);
    assert_eq!(ran.code, Some(1), "{}", ran.output);
    assert!(ran.section("What changed").iter().any(|line| line.contains("5 % -> 90 %")), "{}", ran.output);
    assert!(ran.output.contains("(careful: mean of isolation_violated)"), "{}", ran.output);

    // Nor does the first guard of a scenario lift the usual ones.
    let bench = Bench::with(&small());
    bench.accept();
    bench.edit(HARM);
    let harmless = "\n[[guard]]\nmetric = \"bake_ms\"\nstatistic = \"mean\"\n";
    bench.write("s.toml", &format!("{}{harmless}", bench.read("s.toml")));
    let ran = bench.gate(&[]);
    assert_eq!(ran.code, Some(1), "{}", ran.output);
    assert!(ran.output.contains("careful: mean of isolation_violated"), "{}", ran.output);
}

#[test]
fn strategies_that_are_gone_are_told() {
    let bench = Bench::accepted();
    bench.edit(("name = \"all-at-once\"", "name = \"at-once\""));
    bench.edit(("strategy = \"all-at-once\"", "strategy = \"at-once\""));
    let ran = bench.gate(&[]);
    assert_eq!(ran.code, Some(0), "{}", ran.output);
    assert_eq!(ran.section("What changed"), ["strategy all-at-once is called at-once"]);
    for name in ["careful", "no-bakes"] {
        let text = bench.read("s.toml").replace(&format!("\"{name}\""), &format!("\"new-{name}\""));
        bench.write("s.toml", &text);
    }
    assert_eq!(bench.gate(&[]).code, Some(0), "other names are no other content");
    let ran = bench.run(&["compare", "git:HEAD:s.toml", "s.toml"]);
    assert!(ran.output.contains("(6 comparisons)"), "{}", ran.output);

    let text = bench.read("s.toml");
    let start = text.find("[[strategy]]\nname = \"at-once\"").expect("it is there");
    let end = text.find("# --- What must hold").expect("limits");
    let left = format!("{}{}", &text[..start], &text[end..]);
    bench.write("s.toml", &left.replace("strategy = \"at-once\"", "strategy = \"new-careful\""));
    let ran = bench.gate(&["--format", "github"]);
    assert_eq!(ran.code, Some(1), "{}{}", ran.output, ran.talk);
    assert!(ran.output.contains("a guarded strategy is gone (all-at-once)"), "{}", ran.output);
    assert!(ran.output.contains("::error file=s.toml,title=all-at-once is gone::"), "{}", ran.output);
}

#[test]
fn reports_are_the_same_on_any_thread_and_in_any_place() {
    let bench = Bench::accepted();
    bench.edit(HARM);
    let json = |threads| bench.gate(&["--format", "json", "--threads", threads]);
    let (one, two) = (json("1"), json("2"));
    assert_eq!((one.code, two.code), (Some(1), Some(1)));
    assert!(one.output == two.output, "threads change nothing");
    let value: Value = serde_json::from_str(&one.output).expect("JSON");
    assert_eq!((&value["verdict"], &value["paired"]), (&"fail".into(), &true.into()));
    let starts = [
        ("text", "What changed\n"),
        ("markdown", "<!-- wavetank:gate small -->\n### Rollout gate failed: small\n"),
        ("github", "::error file=s.toml,title=rollout gate failed::"),
        ("junit", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites "),
        ("json", "{\n  \"schema_version\": 1,"),
    ];
    let reports: Vec<String> = starts.iter().map(|(form, _)| format!("{form}=out/{form}")).collect();
    let options: Vec<&str> = reports.iter().flat_map(|report| ["--report", report]).collect();
    let ran = bench.gate(&options);
    assert_eq!(ran.code, Some(1));
    for (form, start) in starts {
        assert!(ran.talk.contains(&format!("wrote out/{form}\n")), "{}", ran.talk);
        let printed = bench.gate(&["--format", form]);
        assert_eq!(printed.code, Some(1), "{form}");
        assert!(printed.output.starts_with(start), "{form}: {}", printed.output);
        assert!(printed.output == bench.read(&format!("out/{form}")), "{form}: file and stream differ");
    }
}

#[test]
fn a_workflow_gets_annotations_and_a_summary_page() {
    let bench = Bench::accepted();
    bench.edit(HARM);
    bench.write("page", "from an earlier step\n");
    let mut command = bench.wavetank();
    command.args(["gate", "s.toml", "--format", "github"]).env("GITHUB_STEP_SUMMARY", bench.path("page"));
    let ran = Ran::of(&mut command);
    assert_eq!(ran.code, Some(1));
    assert!(ran.output.lines().all(|line| line.starts_with("::")), "{}", ran.output);
    assert!(ran.output.contains("::error file=s.toml,line=113,title=careful regressed::"), "{}", ran.output);
    let page = bench.read("page");
    assert!(page.starts_with("from an earlier step\n<!-- wavetank:gate small -->\n"), "{page}");
    assert!(page.contains(HARM_SAID), "{page}");
    assert_eq!(Ran::of(&mut command).code, Some(1));
    assert_eq!(bench.read("page").matches("<!-- wavetank:gate small -->").count(), 2, "appended");
    let plain = Ran::of(command.args(["--report", "markdown=m"]).arg("--format=text"));
    assert_eq!(plain.code, Some(2), "a format is said once");

    bench.edit(ENDLESS);
    let mut command = bench.wavetank();
    command.args(["gate", "s.toml", "--format", "github"]).env("GITHUB_STEP_SUMMARY", "s.toml/page");
    let ran = Ran::of(&mut command);
    assert_eq!((ran.code, ran.output.as_str()), (Some(2), ""), "before it simulates");
    assert!(ran.talk.contains("hint: GITHUB_STEP_SUMMARY names this file\n"), "{}", ran.talk);
}

#[test]
fn reports_that_cannot_be_written_fail_before_the_simulation() {
    let bench = Bench::accepted();
    bench.edit(ENDLESS);
    let before = bench.files();
    // A folder below a regular file cannot be created by anybody, not even by root.
    for place in ["s.toml/x.xml", "s.toml/deep/x.xml", "results"] {
        let talk =
            bench.refusal(&["--report", "json=new/deep/x.json", "--report", &format!("junit={place}")]);
        assert!(talk.contains("error: cannot "), "{place}: {talk}");
        assert_eq!(bench.files(), before, "{place}");
    }
    let ran = bench.gate(&["--report", "junit"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.talk.contains("write FORMAT=FILE, with one of text, markdown, github, junit, json"));
}

#[test]
fn revisions_and_strategies_compare_as_baselines_do() {
    let bench = Bench::accepted();
    bench.edit(HARM);
    let gate: Value = serde_json::from_str(&bench.gate(&["--format", "json"]).output).expect("JSON");
    let files = ["compare", "git:HEAD:s.toml", "s.toml"];
    let ran = bench.run(&[&files[..], &["--format", "json"]].concat());
    assert_eq!(ran.code, Some(0), "only --gate judges");
    let compared: Value = serde_json::from_str(&ran.output).expect("JSON");
    for part in ["inputs", "rows", "thresholds", "verdict", "trials", "looks"] {
        assert_eq!(gate[part], compared[part], "{part}");
    }
    assert_eq!(bench.run(&[&files[..], &["--gate"]].concat()).code, Some(1));

    // Guards of other strategies are left out with them.
    bench.edit(("[[guard]]", "[[guard]]\nstrategy = \"all-at-once\""));
    let ran = bench.run(&[&files[..], &["--strategy", "careful", "--gate"]].concat());
    assert_eq!(ran.code, Some(1), "{}{}", ran.output, ran.talk);
    assert!(!ran.output.contains("no-bakes:") && !ran.talk.contains("comparing with"), "{}", ran.talk);
    let ran = bench.run(&[&files[..], &["--strategy", "carefull"]].concat());
    assert_eq!((ran.code, ran.output.as_str()), (Some(2), ""));
    assert!(ran.talk.contains("did you mean `careful`?"), "{}", ran.talk);
}

#[test]
fn strategies_of_one_file_are_compared_with_its_baseline() {
    let bench = Bench::new();
    let ran = bench.run(&["compare", "s.toml"]);
    assert_eq!(ran.code, Some(0), "{}", ran.talk);
    assert_eq!(
        ran.section("What changed"),
        ["one plan: its strategies are compared with careful, its baseline"]
    );
    assert!(ran.output.contains("is a trade-off against careful: better in"), "{}", ran.output);
    assert!(!ran.output.contains("regressed"), "{}", ran.output);
    assert_eq!(bench.run(&["compare", "s.toml", "--gate"]).code, Some(1));
    let ran = bench.run(&["compare", "s.toml", "--strategy", "no-bakes"]);
    assert!(ran.output.contains("no-bakes is") && !ran.output.contains("all-at-once:"), "{}", ran.talk);
    let ran = bench.run(&["compare", "s.toml", "--baseline", "all-at-once", "--strategy", "careful"]);
    assert!(ran.output.contains("compared with all-at-once, its baseline"), "{}", ran.output);
    let ran = bench.run(&["compare", "s.toml", "--strategy", "careful"]);
    assert_eq!((ran.code, ran.output.as_str()), (Some(2), ""));
    assert!(ran.talk.contains("nothing to compare the strategy `careful` with"), "{}", ran.talk);
}

#[test]
fn a_reader_that_leaves_early_turns_no_verdict_around() {
    let bench = Bench::accepted();
    for code in [0, 1] {
        let (reader, writer) = std::io::pipe().expect("pipe");
        drop(reader);
        let done = bench.wavetank().args(["gate", "s.toml"]).stdout(writer).stderr(Stdio::null()).status();
        assert_eq!(done.expect("it runs").code(), Some(code));
        if code == 0 {
            bench.edit(HARM);
        }
    }
}

/// The commands of docs/ci.md, one after the other, each with the exit code that the page promises.
#[cfg(unix)]
#[test]
fn the_example_of_the_page_on_ci_works_as_printed() {
    let page = fs::read_to_string(project("docs/ci.md")).expect("the page");
    let block = |start: &str| {
        let (_, rest) = page.split_once(start).unwrap_or_else(|| panic!("{start:?} is on the page"));
        rest.split_once("```").expect("a closed block").0
    };
    let bench = Bench { dir: TempDir::new().expect("a temporary folder") };
    bench.write("guards.toml", block("```toml\n"));
    let program = Path::new(assert_cmd::cargo::cargo_bin!("wavetank"));
    let mut path = vec![program.parent().expect("a folder").to_owned()];
    path.extend(std::env::split_paths(&std::env::var_os("PATH").expect("a PATH")));
    let path = std::env::join_paths(path).expect("a PATH");
    let mut codes = Vec::new();
    for line in block("```sh\n").lines() {
        let (command, comment) = line.split_once(" # ").unwrap_or((line, ""));
        let code = comment.trim().strip_prefix("exits ").map_or(0, |code| code.parse().expect("a number"));
        let ran = Ran::of(bench.command("sh").args(["-c", command]).env("PATH", &path));
        assert_eq!(ran.code, Some(code), "{line}\n{}{}", ran.output, ran.talk);
        if command.trim().starts_with("wavetank gate") {
            codes.push(code);
        }
        // What the page shows of a report is what it says.
        if code == 1 {
            for shown in block("```text\n").lines() {
                assert!(ran.output.contains(shown), "{shown}\n{}", ran.output);
            }
        }
    }
    assert_eq!(codes, [0, 1, 0], "passes, fails, and passes when accepted");
}
