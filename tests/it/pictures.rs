//! Trials observed and drawn: what the observer hears agrees with the outcome, trains account for all of their time,
//! diagrams in text and as charts, and what a stage buys.

use super::pipeline_oracles::{HOUR, MINUTE, fixed, line, stages};
use super::support::{self, plan_of};
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use wavetank::ids::{ChangeId, DefectId, RevisionId, StageId};
use wavetank::outcome::measures;
use wavetank::outcome::pipeline::{Part, PipelineOutcome};
use wavetank::pipeline::{self, MergeKind, PipelineEvent, Timed};
use wavetank::plan::Plan;
use wavetank::plan::pipeline::{AfterRejection, DefectClass, Merges, RepairPolicy};
use wavetank::report::chart;
use wavetank::report::dates::Dates;
use wavetank::report::document::Terminal;
use wavetank::report::trains::stations::Stations;
use wavetank::report::trains::text::{Told, document};
use wavetank::report::trains::{Diagram, Doing, TimeSpan, TrainFate};
use wavetank::sim::{Record, Recorder};
use wavetank::study::pipeline as study;
use wavetank::study::pipeline_summary::summarise;
use wavetank::study::{Nobody, pipeline_without};

const DAY: u64 = 24 * HOUR;

#[test]
fn an_observer_hears_each_fact_once_and_in_order() {
    let mut pipeline = line(
        Merges::Every { first_ms: 0, gap_ms: 5 * MINUTE, count: 2 },
        stages([fixed(10)]),
        0,
        60 * MINUTE,
    );
    let class = |probability| DefectClass { name: "any".to_owned(), probability, review_catches: 0.0 };
    pipeline.source.defects = vec![class(1.0)].into();
    pipeline.stages[0].catches = vec![1.0].into();
    let repair =
        RepairPolicy { latency: fixed(20), misattribution: 0.0, again: fixed(600), fast_track: false };
    pipeline.after_rejection = AfterRejection::Revert(repair);
    let mut recorder = Recorder::default();
    let _ = pipeline::run_observed(&pipeline, &mut Timed::none(), 1, 0, &mut recorder);
    let heard: Vec<(u64, PipelineEvent)> =
        recorder.into_records().iter().map(|record| (record.at_ms / MINUTE, record.event)).collect();
    let merged = |change, kind, defect| {
        let change = ChangeId::new(change);
        PipelineEvent::Merged { change, kind, defect }
    };
    let (revision, stage) = (RevisionId::new(0), StageId::new(0));
    let (second, third) = (RevisionId::new(1), RevisionId::new(2));
    // The second change carries the first one's defect too: it is withdrawn, and waits for the revert.
    let expected = [
        (0, merged(0, MergeKind::Own, Some(DefectId::new(0)))),
        (0, PipelineEvent::SetOut { revision, urgent: false }),
        (0, PipelineEvent::Waits { revision, stage }),
        (0, PipelineEvent::Runs { revision, stage }),
        (5, merged(1, MergeKind::Own, Some(DefectId::new(0)))),
        (5, PipelineEvent::SetOut { revision: second, urgent: false }),
        (5, PipelineEvent::Waits { revision: second, stage }),
        (10, PipelineEvent::Rejected { revision, stage, culprit: Some(ChangeId::new(0)), changes: 1 }),
        (10, PipelineEvent::Blocked { revision, blamed: Some(ChangeId::new(0)) }),
        (10, PipelineEvent::GivenUp { revision }),
        (10, PipelineEvent::Withdrawn { revision: second }),
        (10, PipelineEvent::GivenUp { revision: second }),
        (30, PipelineEvent::Unblocked),
        (30, merged(2, MergeKind::Revert, None)),
        (30, PipelineEvent::SetOut { revision: third, urgent: false }),
        (30, PipelineEvent::Waits { revision: third, stage }),
        (30, PipelineEvent::Runs { revision: third, stage }),
        // It still has the second one's.
        (40, PipelineEvent::Rejected { revision: third, stage, culprit: Some(ChangeId::new(1)), changes: 1 }),
        (40, PipelineEvent::Blocked { revision: third, blamed: Some(ChangeId::new(1)) }),
        (40, PipelineEvent::GivenUp { revision: third }),
    ];
    assert_eq!(heard, expected);
}

/// The first trial of every strategy of a scenario, observed.
fn observed(file: &str) -> Vec<(Plan, usize, PipelineOutcome, Vec<Record<PipelineEvent>>)> {
    let plan = support::plan(file, &[]);
    let pipeline = plan.pipeline.clone().unwrap();
    let silent = study::run(&plan, &pipeline, 1, &Nobody).unwrap();
    let tell = |strategy: usize| {
        let (outcome, records) = study::replay(&plan, &pipeline, strategy, 0).unwrap();
        assert_eq!(outcome, silent.by_strategy[strategy][0], "{file}: observing changes nothing");
        (plan.clone(), strategy, outcome, records)
    };
    (0..plan.strategies.len()).map(tell).collect()
}

const SCENARIOS: [&str; 4] = [
    "scenarios/amazon-pipeline.toml",
    "scenarios/pipelines/azure.toml",
    "scenarios/pipelines/weekly.toml",
    "scenarios/pipelines/start-small/1-by-hand.toml",
];

#[test]
fn what_is_heard_adds_up_to_the_outcome() {
    for (plan, strategy, outcome, records) in SCENARIOS.into_iter().flat_map(observed) {
        let counted =
            |record: &&Record<PipelineEvent>| (outcome.from_ms..outcome.to_ms).contains(&record.at_ms);
        let count = |is: &dyn Fn(&PipelineEvent) -> bool| {
            records.iter().filter(counted).filter(|record| is(&record.event)).count() as u64
        };
        let name = &plan.strategies[strategy].name;
        let own = count(&|event| matches!(event, PipelineEvent::Merged { kind: MergeKind::Own, .. }));
        assert_eq!(own, outcome.changes.len() as u64, "{name}");
        let reverts = count(&|event| matches!(event, PipelineEvent::Merged { kind: MergeKind::Revert, .. }));
        assert_eq!(reverts, outcome.reverts, "{name}");
        assert_eq!(
            count(&|event| matches!(event, PipelineEvent::RolloutStarted { .. })),
            outcome.deployments
        );
        assert_eq!(count(&|event| matches!(event, PipelineEvent::Delivered { .. })), outcome.completed);
        for (index, stage) in outcome.stages.iter().enumerate() {
            let rejected =
                count(&|e| matches!(e, PipelineEvent::Rejected { stage, .. } if stage.index() == index));
            let came = count(&|e| matches!(e, PipelineEvent::Waits { stage, .. } if stage.index() == index));
            assert_eq!((rejected, came), (stage.rejections, stage.entered), "{name}, stage {index}");
        }
        for (index, wave) in outcome.waves.iter().enumerate() {
            let began = count(&|e| matches!(e, PipelineEvent::Wave { wave, .. } if wave.index() == index));
            assert_eq!(began, wave.entered, "{name}, wave {index}");
        }
        assert!(records.is_sorted_by_key(|record| record.at_ms));
    }
}

#[test]
fn trains_account_for_every_millisecond_until_their_fate() {
    for (plan, _, outcome, records) in SCENARIOS.into_iter().flat_map(observed) {
        let stages = plan.pipeline.as_ref().unwrap().line.stages.len();
        let diagram = Diagram::new(&records, stages, outcome.to_ms);
        let delivered: Vec<RevisionId> = records
            .iter()
            .filter_map(|record| match record.event {
                PipelineEvent::Delivered { revision, .. } => Some(revision),
                _ => None,
            })
            .collect();
        let mut seen = [0; 3];
        for train in &diagram.trains {
            let mut at = train.set_out_ms;
            for leg in &train.legs {
                // What was delivered may be taken back later.
                let recalled = leg.doing == Doing::Back && delivered.contains(&train.revision);
                assert!(leg.from_ms == at || recalled && leg.from_ms > at, "{train:?}");
                assert!(leg.to_ms > leg.from_ms, "{train:?}");
                at = leg.to_ms;
            }
            assert_eq!(at, train.end_ms, "{train:?}");
            match train.fate {
                TrainFate::Delivered => seen[0] += 1,
                TrainFate::TakenBack => seen[1] += 1,
                TrainFate::Rejected { .. } => seen[2] += 1,
                _ => {}
            }
        }
        assert!(seen.iter().all(|count| *count > 0), "{}: {seen:?}", plan.name);
        assert!(diagram.blocked.is_sorted_by_key(|span| span.from_ms) && !diagram.blocked.is_empty());
    }
}

/// A pipeline whose timetable is worked out by hand: a change at 6 and 18 o'clock, a stage of six hours, waves that
/// bake for six hours and twelve.
fn by_hand() -> Plan {
    plan_of(
        "name = \"by hand\"\n[change]\ndeploy-time = \"0s\"\nbad-probability = \"0%\"\n\
         [[fleet.region]]\nname = \"r\"\nzones = 1\nhosts-per-zone = 1\n[[fleet.region]]\nname = \"q\"\nzones = 1\n\
         hosts-per-zone = 1\n[[strategy]]\nname = \"two waves\"\n\
         wave = [{ name = \"first\", regions = [\"r\"], bake = \"6h\" }, { name = \"second\", regions = [\"q\"], bake = \"12h\" }]\n\
         [pipeline]\nlength = \"4d\"\nwarm-up = \"1d\"\nwave-calendar = \"days\"\nsource = { every = \"12h\" }\n\
         [[pipeline.calendar]]\nname = \"days\"\nhours = \"06:00-24:00\"\n\
         [[pipeline.stage]]\nname = \"test\"\nphase = \"test\"\nduration = \"6h\"\n",
    )
}

fn told<'p>(
    plan: &'p Plan,
    strategy: usize,
    span: TimeSpan,
) -> (Told<'p>, Diagram, Vec<Record<PipelineEvent>>) {
    let pipeline = plan.pipeline.as_ref().unwrap();
    let (outcome, records) = study::replay(plan, pipeline, strategy, 0).unwrap();
    let stations = Stations { pipeline, strategy: &plan.strategies[strategy] };
    let diagram = Diagram::new(&records, stations.stages(), outcome.to_ms);
    (Told { plan, stations, trial: 0, dates: Dates::new(&pipeline.start).unwrap(), span }, diagram, records)
}

#[test]
fn a_text_diagram_is_the_timetable_worked_out_by_hand() {
    let plan = by_hand();
    let (told, diagram, records) = told(&plan, 0, TimeSpan { from_ms: 0, to_ms: 2 * DAY });
    let text = Terminal::plain(100).render(&document(&told, &diagram, &records, 100));
    // Tested at 6, in the first wave until 12 and in the second until midnight; the next one is tested at 18,
    // in the first wave until midnight, and waits six hours for the morning; the third waits for that one.
    let rows = "
        merged     changes  |Mon 2 Mar              |Tue 3 Mar
no wave may begin          ......                  ......
     0  Mon 00:00  +1       tttttt111111222222222222*                         delivered
     1  Mon 12:00  +1                   tttttt111111......222222222222*       delivered
     2  Tue 00:00  +1                               tttttt111111------222222  under way
     3  Tue 12:00  +1                                           tttttt111111  under way
";
    for row in rows.lines().skip(1) {
        assert!(text.contains(row.trim_end()), "{row}\n{text}");
    }
    assert!(text.contains("t test, 1 first, 2 second") && text.contains("Nothing was rejected"), "{text}");
}

#[test]
fn text_diagrams_fit_their_width_and_tell_incidents() {
    let plan = support::plan(SCENARIOS[0], &[]);
    let pipeline = plan.pipeline.as_ref().unwrap();
    let (mut told, diagram, records) = told(&plan, 0, TimeSpan { from_ms: 0, to_ms: DAY });
    told.span = diagram.telling(pipeline.line.warm_up_ms, pipeline.line.length_ms, None);
    assert!(told.span.from_ms % DAY == 0 && told.span.to_ms - told.span.from_ms <= 9 * DAY);
    for width in [80, 100, 140] {
        let text = Terminal::plain(width).render(&document(&told, &diagram, &records, width));
        assert!(text.lines().all(|line| line.chars().count() <= width), "{text}");
        for words in ["the line is blocked", "delivered", "taken back", "an alarm stops", "is blamed"] {
            assert!(text.contains(words), "{words}\n{text}");
        }
    }
    let stopped = diagram.trains.iter().filter_map(|train| train.stopped_ms).any(|at| told.span.has(at));
    assert!(stopped, "the telling part has a rollback in it");
}

#[test]
fn charts_of_trains_and_of_lead_time_say_what_they_show() {
    let plan = support::plan(SCENARIOS[0], &[]);
    let pipeline = plan.pipeline.as_ref().unwrap();
    let (told, diagram, _) = told(&plan, 0, TimeSpan { from_ms: 21 * DAY, to_ms: 28 * DAY });
    let svg = chart::trains::picture(&told, &diagram).svg(chart::Theme::Auto);
    for words in ["amazon-five-waves, Mon 23 Mar to Sun 29 Mar: ", "gamma", "twelve regions", "blocked"] {
        assert!(svg.contains(words), "{words}");
    }
    assert_eq!(svg, chart::trains::picture(&told, &diagram).svg(chart::Theme::Auto));
    let done = study::run(&plan, pipeline, 2, &Nobody).unwrap();
    let summary = summarise(&plan, pipeline, &done);
    let svg = chart::lead_time::picture(&summary).svg(chart::Theme::Auto);
    for words in ["from review to delivery is waiting: ", "hasty-five-waves", "2 trials of 98d", "window"] {
        assert!(svg.contains(words), "{words}");
    }
    // The parts are the whole.
    for strategy in &summary.strategies {
        let parts: f64 = strategy.parts.iter().filter_map(|part| Some(part.mean?.value)).sum();
        assert!((parts - strategy.review_to_delivery.unwrap().value).abs() < 1.0, "{}", strategy.name);
    }
}

#[test]
fn a_stage_that_does_nothing_is_not_missed() {
    let idle =
        "[[pipeline.stage]]\nname = \"look\"\nphase = \"approval\"\nduration = \"0s\"\nmode = \"queued\"\n";
    let file = support::project("scenarios/pipelines/start-small/3-one-box-and-bakes.toml");
    let text = std::fs::read_to_string(file).unwrap();
    let folder = TempDir::new().unwrap();
    let copy = folder.path().join("s.toml");
    let includes = support::project("scenarios/pipelines/start-small/common.toml");
    let text = text.replace("common.toml", includes.to_str().unwrap());
    std::fs::write(&copy, text + idle).unwrap();
    let loaded = wavetank::scenario::load_reaching(&copy, wavetank::scenario::Reach::Anywhere);
    let plan = loaded.plan.expect("it is valid");
    let pipeline = plan.pipeline.as_ref().unwrap();
    let stage = pipeline.line.stages.iter().position(|stage| stage.name == "look").unwrap();
    let run = |pipeline: &_| study::run(&plan, pipeline, 3, &Nobody).unwrap();
    let (with, without) = (run(pipeline), run(&pipeline.without(&[stage])));
    let compared = pipeline_without::compare(&plan, vec!["look".to_owned()], &with, &without);
    for measure in &compared.strategies[0].measures {
        let difference = measure.difference.unwrap();
        assert_eq!((difference.value, difference.is_clear()), (0.0, false), "{}", measure.measure);
    }
    let entered = |done: &study::PipelineTrials| done.by_strategy[0][0].stages[stage].entered;
    assert!(entered(&with) > 0 && entered(&without) == 0);
}

#[test]
fn an_approval_costs_lead_time_and_the_price_is_paired() {
    let plan = support::plan("scenarios/pipelines/start-small/3-one-box-and-bakes.toml", &[]);
    let pipeline = plan.pipeline.as_ref().unwrap();
    let stage = pipeline.line.stages.iter().position(|stage| stage.name == "approval").unwrap();
    let run = |pipeline: &_| study::run(&plan, pipeline, 12, &Nobody).unwrap();
    let (with, without) = (run(pipeline), run(&pipeline.without(&[stage])));
    for (a, b) in with.by_strategy[0].iter().zip(&without.by_strategy[0]) {
        let luck = |outcome: &PipelineOutcome| -> Vec<(u64, Option<DefectId>, u64)> {
            let changes = outcome.changes.iter();
            changes.map(|c| (c.merged_ms, c.defect, c.parts.of(Part::Review))).collect()
        };
        assert_eq!(luck(a), luck(b), "the same changes arrive");
        assert!(b.changes.iter().all(|change| change.parts.of(Part::Approval) == 0));
    }
    let compared = pipeline_without::compare(&plan, vec!["approval".to_owned()], &with, &without);
    let of = |name: &str| {
        let index = measures::PIPELINE.iter().position(|measure| measure.name == name).unwrap();
        compared.strategies[0].measures[index].difference.unwrap()
    };
    let lead = of("lead_time_p50_ms");
    assert!(lead.is_clear() && lead.value < -(DAY as f64), "{lead:?}");
    assert!(of("deployments_per_day").is_clear() && of("deployments_per_day").value > 0.0);
    // Means of both sides differ by the difference, and pairing makes it surer than two separate intervals.
    let summary = summarise(&plan, pipeline, &with);
    let mean = summary.strategies[0].measures[1].mean.unwrap();
    let index =
        measures::PIPELINE.iter().position(|measure| **measure == measures::LEAD_TIME_P50_MS).unwrap();
    let other = compared.strategies[0].measures[index].without.unwrap();
    assert!((other - mean.value - lead.value).abs() < 1.0);
}

/// Runs the program in a folder: exit code, standard output, standard error.
fn wavetank(dir: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    let mut command = assert_cmd::cargo::cargo_bin_cmd!("wavetank");
    command.current_dir(dir).env_remove("CLICOLOR_FORCE").args(args);
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn files(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries.collect();
    files.sort();
    files.into_iter().map(|file| (file.file_name().unwrap().into(), std::fs::read(&file).unwrap())).collect()
}

#[test]
fn a_study_writes_its_folder_whole_and_with_any_number_of_threads() {
    let dir = TempDir::new().unwrap();
    let file = support::project(SCENARIOS[0]);
    let few = ["pipeline", file.to_str().unwrap(), "--trials", "2", "--strategy", "all-at-once"];
    let run = |threads: &str, folder: &str| {
        let more = ["--without", "gamma", "--without", "beta", "--threads", threads, "--output", folder];
        wavetank(dir.path(), &[&few[..], &more].concat())
    };
    let (code, one, talk) = run("1", "sub/one");
    assert_eq!((code, talk.contains("wrote sub/one (5 files)")), (Some(0), true), "{talk}");
    assert!(one.contains("Without gamma and beta"), "{one}");
    assert_eq!(run("2", "two").1, one);
    let written = files(&dir.path().join("sub/one"));
    assert_eq!(written, files(&dir.path().join("two")));
    let names: Vec<&str> = written.iter().map(|(name, _)| name.to_str().unwrap()).collect();
    assert_eq!(
        names,
        ["pipeline-scenario.json", "pipeline.csv", "pipeline.json", "pipeline.svg", "trains-all-at-once.svg"]
    );
    let table = String::from_utf8(written[1].1.clone()).unwrap();
    assert_eq!(table.lines().count(), 3);
    assert!(table.lines().all(|line| line.split(',').count() == 5 + measures::PIPELINE.len() + 9), "{table}");
    let summary: serde_json::Value = serde_json::from_slice(&written[2].1).unwrap();
    assert_eq!(summary["without"]["stages"], serde_json::json!(["gamma", "beta"]));
    std::fs::write(dir.path().join("taken"), "").unwrap();
    let (code, out, talk) = run("1", "taken/sub");
    assert_eq!((code, out.as_str()), (Some(2), ""), "it fails before anything is simulated");
    assert!(talk.contains("cannot create folder"), "{talk}");
    let typo = wavetank(dir.path(), &[&few[..], &["--without", "gama"]].concat());
    assert_eq!(typo.0, Some(2));
    assert!(typo.2.contains("did you mean `gamma`?") && typo.2.contains("build, alpha, beta"), "{}", typo.2);
}

#[test]
fn replay_tells_a_trial_as_trains() {
    let dir = TempDir::new().unwrap();
    let file = support::project(SCENARIOS[0]);
    let replay = |more: &[&str]| {
        let fixed = ["replay", file.to_str().unwrap(), "--strategy", "amazon-five-waves", "--trial", "0"];
        wavetank(dir.path(), &[&fixed[..], more].concat())
    };
    let (code, out, talk) =
        replay(&["--pipeline", "--from", "2026-03-23", "--days", "7", "--svg", "trains.svg"]);
    assert_eq!((code, talk.contains("wrote trains.svg")), (Some(0), true), "{talk}");
    assert!(out.contains("Mon 23 Mar to Sun 29 Mar") && out.lines().all(|line| line.chars().count() <= 100));
    let svg = std::fs::read_to_string(dir.path().join("trains.svg")).unwrap();
    assert!(svg.contains("Mon 23 Mar to Sun 29 Mar"));
    let lines = replay(&["--pipeline", "--format", "jsonl"]).1;
    let all: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let wave = all.iter().find(|event| event["event"] == "wave").unwrap();
    assert_eq!(wave["wave"], "quiet region");
    assert!(all.iter().any(|event| event["event"] == "rejected" && event["stage"] == "gamma"));
    for (args, words) in [
        (&["--pipeline", "--from", "2026-02-30"][..], "write one from 2026-03-02 to 2026-06-07"),
        (&["--pipeline", "--from", "2026-06-08"], "is not a day of the pipeline"),
        (&["--from", "2026-03-23"], "--pipeline"),
        (&["--pipeline", "--days", "0"], "0 is not in 1..=366"),
        (&["--pipeline", "--export", "promtool", "x"], "cannot be used with"),
    ] {
        let (code, out, talk) = replay(args);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{args:?}");
        assert!(talk.contains(words), "{args:?}: {talk}");
    }
}
