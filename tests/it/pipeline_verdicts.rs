//! What pipelines share with rollouts: a gate on what was accepted, comparisons, a verdict, trials until results are
//! precise.

use super::support::plan_of;
use std::path::Path;
use tempfile::TempDir;
use wavetank::outcome::measures;
use wavetank::plan::study::Statistic;
use wavetank::plan::{Guard, Plan};
use wavetank::report;
use wavetank::study::compare::{Compared, Question, compare, compare_pipelines};
use wavetank::study::verdict::{MeasureChange, Verdict};
use wavetank::study::{Nobody, PipelineStudy};

/// Two strategies behind one build: one bakes for hours and the other hardly. Changes come `every` so often.
fn text(every: &str, study: &str) -> String {
    format!(
        r#"
name = "small"
[study]
trials = 20
{study}
[[fleet.region]]
name = "one"
hosts-per-zone = 4
[[fleet.region]]
name = "two"
hosts-per-zone = 4
[change]
bad-probability = "0%"
deploy-time = "5m"
[[defect]]
name = "crash"
onset = "30m"
[[alarm]]
name = "alarm"
scope = "service"
detection-delay = "10m"
[[strategy]]
name = "careful"
wave = [{{ regions = ["one"], bake = "6h" }}, {{ regions = ["two"] }}]
[[strategy]]
name = "hasty"
wave = [{{ regions = ["one"], bake = "1h" }}, {{ regions = ["two"] }}]
[pipeline]
length = "21d"
trials = 8
source = {{ every = "{every}" }}
[[pipeline.stage]]
name = "build"
phase = "build"
duration = {{ exponential = {{ mean = "10m" }} }}
"#
    )
}

fn pipelines(question: &Question) -> Compared {
    let of = |plan: &'_ Plan| plan.pipeline.clone().expect("a pipeline");
    let (old, new) = (of(question.baseline), of(question.candidate));
    compare_pipelines(question, [&old, &new], None, &Nobody).expect("not cancelled")
}

fn changes<'c>(compared: &'c Compared, strategy: &str) -> Vec<(&'c str, MeasureChange)> {
    let rows = compared.rows.iter().filter(|row| row.strategy == strategy);
    rows.map(|row| (row.metric.name, row.change)).collect()
}

#[test]
fn two_pipelines_are_compared_by_the_rows_that_rollouts_are() {
    let [often, seldom] = ["6h", "12h"].map(|every| plan_of(&text(every, "")));
    let sources = || ["old".into(), "new".into()];
    let same = pipelines(&Question::by_name(&often, &often.clone(), sources()));
    assert_eq!((same.verdict, same.trials, same.looks), (Verdict::Pass, 8, 1));
    assert!(same.rows.iter().all(|row| row.change == MeasureChange::NoChange), "{:?}", same.rows);
    let deployments = |compared: &Compared| {
        let row = compared.rows.iter().find(|row| *row.metric == measures::DEPLOYMENTS_PER_DAY);
        row.expect("guarded").change
    };
    let fewer = pipelines(&Question::by_name(&often, &seldom, sources()));
    assert_eq!(
        (deployments(&fewer), fewer.verdict),
        (MeasureChange::Regressed, Verdict::Fail),
        "more is better"
    );
    let more = pipelines(&Question::by_name(&seldom, &often, sources()));
    assert_eq!(deployments(&more), MeasureChange::Improved);
}

#[test]
fn strategies_of_one_pipeline_are_compared_with_its_baseline() {
    let plan = plan_of(&text("6h", ""));
    let within = pipelines(&Question::within(&plan, "s.toml".into()));
    assert_eq!(within.baseline_strategy.as_deref(), Some("careful"));
    let rows = changes(&within, "hasty");
    assert_eq!(rows.len(), within.rows.len(), "only the other strategy is judged");
    assert!(rows.contains(&("lead_time_p50_ms", MeasureChange::Improved)), "{rows:?}");
}

#[test]
fn a_guard_of_a_pipeline_holds_no_strategy_among_rollouts() {
    let mut old = plan_of(&text("6h", ""));
    let mut new = old.clone();
    new.strategies.truncate(1);
    let guard = |metric, strategy| Guard {
        metric,
        statistic: Statistic::Mean,
        strategy: Some(strategy),
        tolerance: 0.1,
    };
    let gone = |old: &Plan| {
        let question = Question::by_name(old, &new, ["old".into(), "new".into()]);
        let rollouts = compare(&question, &Nobody).expect("not cancelled");
        [rollouts, pipelines(&question)].map(|compared| compared.unguarded_strategies.len())
    };
    // Without guards of their own both would have the usual ones, which hold every strategy.
    old.study.guards = vec![guard(&measures::LEAD_TIME_P50_MS, 1), guard(&measures::ESCAPED, 0)];
    assert_eq!(gone(&old), [0, 1]);
    old.study.guards = vec![guard(&measures::ESCAPED, 1), guard(&measures::LEAD_TIME_P50_MS, 0)];
    assert_eq!(gone(&old), [1, 0]);
}

#[test]
fn trials_are_added_until_a_measure_of_the_pipeline_is_precise() {
    let wish = "precision = [\"mean lead_time_p50_ms 50%\"]\nmax-trials = 130";
    let plan = plan_of(&text("6h", wish));
    let study = PipelineStudy::new(&plan).expect("a pipeline");
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| study.run(&Nobody).expect("not cancelled"))
    };
    let done = run(1);
    // Fewer than 100 values are not believed, and each round is half as large again: 8, 12, 18, 27, 41, 62, 93, 130.
    assert_eq!(done.summary.trials, 130);
    assert!(done.summary.precision.iter().all(|result| result.met), "{:?}", done.summary.precision);
    assert_eq!(done, run(2), "threads change nothing");
    let exactly = study.clone().trials(9).run(&Nobody).expect("not cancelled");
    assert_eq!(exactly.trials.by_strategy[0], done.trials.by_strategy[0][..9], "the same trials, only fewer");
    assert!(
        report::pipeline::text(&done.summary, 100).contains("✓ careful: lead_time_p50_ms mean is known to")
    );
}

#[test]
fn the_report_ends_in_a_verdict_that_claims_what_is_proved() {
    let plan = plan_of(&text("6h", ""));
    let verdict = |trials: u64| {
        let study = PipelineStudy::new(&plan).expect("a pipeline").trials(trials);
        let text = report::pipeline::text(&study.run(&Nobody).expect("not cancelled").summary, 400);
        text.split_once("\nVerdict\n").expect("a verdict").1.trim().to_owned()
    };
    let few = verdict(3);
    assert!(few.starts_with("Compared with careful, the baseline, too few trials"), "{few}");
    let many = verdict(40);
    assert!(many.contains("hasty is the fastest, with a median lead time of "), "{many}");
    let alone = plan
        .restrict(&wavetank::plan::Restriction { strategies: vec!["hasty".into()], ..Default::default() });
    let alone = alone.expect("a part of it");
    let summary =
        PipelineStudy::new(&alone).expect("a pipeline").trials(3).run(&Nobody).expect("done").summary;
    assert!(!report::pipeline::text(&summary, 100).contains("Verdict"), "there is nothing to compare with");
}

/// Runs the command in `dir`: exit code, output, and what it says.
fn wavetank(dir: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = assert_cmd::cargo::cargo_bin_cmd!("wavetank");
    let done = command.current_dir(dir).env_remove("CI").args(arguments).output().expect("it runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (done.status.code(), text(done.stdout), text(done.stderr))
}

#[test]
fn a_pipeline_is_accepted_and_gated_as_rollouts_are() {
    let dir = TempDir::new().expect("a folder");
    let write = |every| std::fs::write(dir.path().join("s.toml"), text(every, "")).expect("written");
    let run = |arguments: &[&str]| wavetank(dir.path(), arguments);
    write("6h");
    let (code, _, talk) = run(&["baseline", "accept", "s.toml", "--pipeline"]);
    assert_eq!(code, Some(0), "{talk}");
    assert!(talk.contains("wrote results/small/pipeline-baseline.json"), "{talk}");
    let (code, output, talk) = run(&["gate", "s.toml", "--pipeline"]);
    assert_eq!(code, Some(0), "{output}{talk}");
    write("12h");
    let (code, output, talk) = run(&["gate", "s.toml", "--pipeline", "--format", "markdown"]);
    assert_eq!(code, Some(1), "{output}{talk}");
    assert!(output.contains("## Pipeline gate failed: small"), "{output}");
    assert!(output.contains("mean of deployments_per_day") && output.contains(" --pipeline\n"), "{output}");
    assert!(talk.contains("to accept: wavetank baseline accept s.toml --pipeline\n"), "{talk}");
    let path = "results/small/pipeline-baseline.json";
    let (code, _, talk) = run(&["gate", "s.toml", "--baseline", path]);
    assert_eq!(code, Some(2));
    assert!(talk.contains("is of a pipeline, and not of rollouts") && talk.contains("--pipeline"), "{talk}");
    // A number that was not simulated is found.
    let forged = std::fs::read_to_string(dir.path().join(path))
        .expect("read")
        .replace("\"digest\": \"", "\"digest\": \"0");
    std::fs::write(dir.path().join(path), forged).expect("written");
    let (code, _, talk) = run(&["gate", "s.toml", "--pipeline"]);
    assert_eq!(code, Some(2));
    assert!(talk.contains("holds other numbers than this program gives"), "{talk}");
}

#[test]
fn a_pipeline_of_another_model_is_compared_by_estimates() {
    let dir = TempDir::new().expect("a folder");
    std::fs::write(dir.path().join("s.toml"), text("6h", "")).expect("written");
    let run = |arguments: &[&str]| wavetank(dir.path(), arguments);
    assert_eq!(run(&["baseline", "accept", "s.toml", "--pipeline"]).0, Some(0));
    let path = dir.path().join("results/small/pipeline-baseline.json");
    let text = std::fs::read_to_string(&path).expect("read");
    let model = format!("\"model_version\": {}", wavetank::MODEL_VERSION);
    assert!(text.contains(&model));
    std::fs::write(&path, text.replace(&model, "\"model_version\": 0")).expect("written");
    assert_eq!(run(&["gate", "s.toml", "--pipeline"]).0, Some(2));
    let (code, output, talk) =
        run(&["gate", "s.toml", "--pipeline", "--across-models", "--allow-inconclusive"]);
    assert_eq!(code, Some(0), "{output}{talk}");
    assert!(output.contains("another version of the model"), "{output}");
}
