//! What a trial may cost: what `check` says before, how a trial that goes beyond its budget ends, and what was quadratic.

use crate::support::{plan, plan_of, project};
use assert_cmd::Command;
use std::fmt::Write;
use wavetank::lints::look_ahead;
use wavetank::rollout::{Engine, Model};
use wavetank::scenario::load_str;
use wavetank::sim::Silent;
use wavetank::study::{Nobody, PipelineStudy, Stopped};

const STRATEGY: &str = "[[strategy]]\nname = \"s\"\nwave = [{ regions = \"all\", bake = \"1h\" }]\n";

/// What `check` says of the cost of a scenario.
fn said(text: &str) -> String {
    let loaded = look_ahead(load_str("costly.toml", text));
    let costly = loaded.problems.list().iter().filter(|problem| problem.rule.id == "WT078");
    costly.map(|problem| problem.message.clone()).collect::<Vec<_>>().join("\n")
}

/// Ends with exit code 2 and this reason.
#[track_caller]
fn ends(args: &[&str], input: &str, reason: &str) {
    let mut command = Command::cargo_bin("wavetank").unwrap();
    let output = command.args(args).write_stdin(input).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains(reason), "{told}");
}

fn fleet(zones: u64, hosts: u64) -> String {
    format!("[[fleet.region]]\nname = \"r\"\nzones = {zones}\nhosts-per-zone = {hosts}\n")
}

fn pipeline(per_day: &str) -> String {
    format!(
        "{}{STRATEGY}[pipeline]\nsource = {{ per-day = {per_day} }}\n[[pipeline.stage]]\nname = \"build\"\nphase = \"build\"\n\
         duration = \"1h\"\n",
        fleet(1, 10)
    )
}

#[test]
fn a_fault_that_turns_every_millisecond_is_foreseen_and_named() {
    let text = std::fs::read_to_string(project("tests/plans/answers/hang-onoff.toml")).unwrap();
    let told = said(&text);
    assert!(told.contains("turns of a fault that comes and goes"), "{told}");
    let loaded = load_str("hang-onoff.toml", &text).plan.unwrap();
    let model = Model::new(&loaded);
    let mut engine = Engine::new(&model).with_event_limit(10_000);
    let costly = engine.try_run(0, 1, &mut Silent).unwrap_err();
    assert_eq!(
        costly.to_string(),
        "trial 1 of strategy `s` has more than 10,000 events, most of them turns of a fault that comes and goes: see \
         `while.on-for` of its defect"
    );
    // The engine goes on with the next trial, as if nothing had been.
    assert_eq!(
        engine.try_run(0, 0, &mut Silent),
        Engine::new(&model).with_event_limit(10_000).try_run(0, 0, &mut Silent)
    );
}

#[test]
fn fleets_and_batches_beyond_the_budget_are_foreseen_and_end_with_a_reason() {
    let batches = format!("{}{}", fleet(10, 100_000_000), STRATEGY.replace("wave", "batch = 1\nwave"));
    assert!(said(&batches).contains("1,000,000,000 batches"), "{}", said(&batches));
    ends(&["run", "-", "--trials", "2"], &batches, "see `batch` of the strategy");
    let hosts = format!(
        "{}{STRATEGY}[change]\nbad-probability = \"100%\"\n[[defect]]\nname = \"d\"\n",
        fleet(10, 100_000_000)
    );
    assert!(said(&hosts).contains("all 1,000,000,000 hosts"), "{}", said(&hosts));
    ends(&["run", "-", "--trials", "2"], &hosts, "see `onset` of its defect");
    ends(&["replay", "-", "--strategy", "s", "--trial", "0"], &hosts, "see `onset` of its defect");
    // A thousand million hosts whose change is good cost nothing.
    assert_eq!(said(&format!("{}{STRATEGY}", fleet(10, 100_000_000))), "");
}

#[test]
fn a_pipeline_of_too_many_merges_is_foreseen_and_ends_with_a_reason() {
    let text = pipeline("99999999999");
    assert!(said(&text).contains("no trial will begin"), "{}", said(&text));
    let plan = plan_of(&text);
    let stopped = PipelineStudy::new(&plan).unwrap().trials(2).run(&Nobody).unwrap_err();
    let Stopped::TooCostly(costly) = stopped else { panic!("{stopped}") };
    assert!(costly.to_string().ends_with("most of them merges: see `source` of the pipeline"), "{costly}");
    assert_eq!(said(&pipeline("30")), "");
}

#[test]
fn a_pipeline_of_too_many_rollouts_is_foreseen() {
    // Revisions carry ever more defects, so that the work grows with the square of the time.
    let text = |per_day: &str| {
        format!(
            "{}requests-per-second = 100\n{STRATEGY}[change]\nbad-probability = \"1%\"\ndeploy-time = \"30s\"\n\
             [[defect]]\nname = \"d\"\n[[alarm]]\nname = \"a\"\nscope = \"zone\"\nerror-ratio = {{ above = \"5%\" }}\n[pipeline]\nlength = \"30d\"\nwarm-up = \"2d\"\ntrials = 2\nsource = {{ per-day = {per_day} }}\n\
             after-rejection = {{ revert = \"30m\" }}\n[[pipeline.stage]]\nname = \"build\"\nphase = \"build\"\n\
             duration = \"5m\"\nmode = \"parallel\"\n",
            fleet(3, 20)
        )
    };
    assert!(said(&text("10000")).contains("events in its rollouts, and is given up beyond 15,000,000"));
    assert_eq!(said(&text("10")), "");
}

#[test]
fn onsets_behind_a_one_box_take_events_by_the_host_and_no_more() {
    let plan = plan("tests/plans/answers/quadratic-zone.toml", &[]);
    let model = Model::new(&plan);
    let mut engine = Engine::new(&model);
    let outcomes: Vec<u64> =
        (0..10).map(|trial| engine.run(0, trial, &mut Silent).peak_impaired_hosts).collect();
    assert!(outcomes.iter().all(|hosts| *hosts <= 1), "the one-box is all: {outcomes:?}");
    assert!(engine.events() < 10 * 4 * 100_000, "{} events", engine.events());
}

#[test]
fn hosts_on_which_a_fault_is_masked_are_looked_at_once() {
    // Quadratic in them, it would take hours.
    let text = format!(
        "{}{STRATEGY}[change]\nbad-probability = \"100%\"\n[[defect]]\nname = \"d\"\nmasked-for = \"1h\"\n\
         onset = {{ uniform = {{ to = \"1h\" }} }}\n",
        fleet(1, 400_000)
    );
    let plan = plan_of(&text);
    let outcome = Engine::new(&Model::new(&plan)).run(0, 0, &mut Silent);
    assert!(outcome.peak_impaired_hosts <= 400_000);
}

#[test]
fn shipped_scenarios_are_not_costly() {
    for file in ["hands-off", "r1", "small", "rare", "r1-slow", "amazon-pipeline"] {
        let loaded = look_ahead(wavetank::scenario::load(&project(&format!("scenarios/{file}.toml"))));
        let costly = loaded.problems.list().iter().find(|problem| problem.rule.id == "WT078");
        assert!(costly.is_none(), "{file}: {costly:?}");
    }
}

#[test]
fn thousands_of_problems_are_found_at_once_and_the_first_hundred_are_shown() {
    let mut text = fleet(1, 1);
    for index in 0..20_000 {
        let _ = writeln!(text, "kex{index} = {index}");
    }
    text.push_str(STRATEGY);
    let problems = load_str("many.toml", &text).problems;
    assert_eq!(problems.errors(), 20_000);
    let shown = problems.to_string();
    assert_eq!(shown.matches("error[").count(), 100);
    assert!(
        shown.contains("and 19900 more: a format for programs lists them all"),
        "{}",
        &shown[shown.len() - 200..]
    );
    assert_eq!(problems.to_json().as_array().map(Vec::len), Some(20_000));
}
