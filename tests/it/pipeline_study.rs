//! Pipelines as scenarios say them: calendars, the Amazon pipeline, studies of trials, the command.

use super::pipeline_oracles::HOUR;
use super::support::{self, plan_of as plan};
use std::sync::atomic::{AtomicU64, Ordering};
use tempfile::TempDir;
use wavetank::ids::CalendarId;
use wavetank::outcome::measures;
use wavetank::pipeline::{self, PipelineEvent, Rollouts};
use wavetank::plan::pipeline::{AfterRejection, Line, Merges, WaveCalendar};
use wavetank::plan::study::Statistic;
use wavetank::plan::{Bound, Expectation, Level, Plan, Threshold, Tolerance};
use wavetank::rollout::Model;
use wavetank::scenario;
use wavetank::study::verdict::Verdict;
use wavetank::study::{Nobody, Progress, Stopped, pipeline as study};

const DAY: u64 = 24 * HOUR;

/// A pipeline of one stage with this calendar.
fn with_calendar(calendar: &str) -> Plan {
    plan(&format!(
        "[[fleet.region]]\nname = \"r\"\nhosts-per-zone = 4\n[[strategy]]\nname = \"s\"\nwave = [{{ regions = \"all\" }}]\n\
         [pipeline]\nlength = \"28d\"\nsource = {{ per-day = 9, calendar = \"c\" }}\n\
         [[pipeline.stage]]\nname = \"build\"\nphase = \"build\"\nduration = \"10m\"\n\
         [[pipeline.calendar]]\nname = \"c\"\n{calendar}\n"
    ))
}

fn openings(plan: &Plan) -> Vec<(f64, f64)> {
    let open = plan.pipeline.as_ref().unwrap().line.calendars[CalendarId::new(0)].intervals();
    open.iter().map(|(from, to)| (*from as f64 / HOUR as f64, *to as f64 / HOUR as f64)).collect()
}

#[test]
fn an_office_opens_at_nine_all_year() {
    let office = openings(&with_calendar("time-zone = \"America/New_York\"\nhours = \"09:00-17:00\""));
    // 2 March is a Monday at UTC-5; on Sunday the 8th New York goes to UTC-4.
    assert_eq!(office[..2], [(14.0, 22.0), (38.0, 46.0)]);
    assert_eq!(office[5], (7.0 * 24.0 + 13.0, 7.0 * 24.0 + 21.0), "Monday after");
}

#[test]
fn nights_holidays_and_freezes_are_closed() {
    let nights = "hours = \"22:00-06:00\"\ndays = [\"mon\", \"sun\"]\nholidays = [\"2026-03-09\"]\n\
                  freeze = [{ from = \"2026-03-15\", to = \"2026-03-16\" }]";
    let open = openings(&with_calendar(nights));
    // A night belongs to the day on which it begins. Before Monday the 2nd it was Sunday's.
    let night = |day: f64| (day * 24.0 + 22.0, day * 24.0 + 30.0);
    assert_eq!(open[..3], [(0.0, 6.0), night(0.0), night(6.0)]);
    assert_eq!(open[3], night(20.0), "the 9th is a holiday, and the 15th and 16th are frozen");
}

#[test]
fn the_night_of_a_saturday_begins_on_saturday() {
    let open = openings(&with_calendar("hours = \"22:00-02:00\"\ndays = [\"sat\"]"));
    assert_eq!(open[..2], [(5.0 * 24.0 + 22.0, 6.0 * 24.0 + 2.0), (12.0 * 24.0 + 22.0, 13.0 * 24.0 + 2.0)]);
}

#[test]
fn merges_come_in_office_hours_at_the_rate_of_a_day() {
    let plan = with_calendar("hours = \"09:00-18:00\"");
    let Merges::Poisson(steps) = &plan.pipeline.as_ref().unwrap().line.source.merges else { panic!() };
    assert_eq!((steps[0].from_ms, steps[0].per_hour), (0, 0.0));
    assert_eq!((steps[1].from_ms, steps[1].per_hour), (9 * HOUR, 1.0));
    assert_eq!((steps[2].from_ms, steps[2].per_hour), (18 * HOUR, 0.0));
    let pipeline = plan.pipeline.as_ref().unwrap();
    let done = study::run(&plan, pipeline, 40, &Nobody).unwrap();
    // Two weeks are counted: 90 merges on average, 40 times.
    let merges: usize = done.by_strategy[0].iter().map(|h| h.changes.len()).sum();
    let z = (merges as f64 - 3600.0) / 60.0;
    assert!(z.abs() < 4.5, "{merges}");
}

#[test]
fn merges_are_taken_from_a_file_and_kept_with_the_scenario() {
    let folder = TempDir::new().unwrap();
    let text = "include = [\"sub/part.toml\"]\n[[fleet.region]]\nname = \"r\"\nhosts-per-zone = 4\n[[strategy]]\n\
                name = \"s\"\nwave = [{ regions = \"all\" }]\n[pipeline]\nlength = \"20d\"\n[[pipeline.stage]]\n\
                name = \"build\"\nphase = \"build\"\nduration = \"10m\"\n";
    let merges = "sha,merged\r\na1,2026-03-02T09:15:00Z\r\nb2,2026-03-02T09:15:00.5-05:00\r\n";
    std::fs::create_dir(folder.path().join("sub")).unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("s.toml", text);
    write("sub/part.toml", "[pipeline]\nsource = { merges = \"merges.csv\" }\n");
    write("sub/merges.csv", merges);
    let root = folder.path().join("s.toml");
    let loaded = scenario::load(&root);
    let source = &loaded.plan.as_ref().unwrap().pipeline.as_ref().unwrap().line.source;
    let first = 9 * HOUR + HOUR / 4;
    assert_eq!(
        source.merges,
        Merges::Recorded(vec![first, first + 5 * HOUR + 500]),
        "beside the part that names it"
    );
    let texts: Vec<_> =
        loaded.problems.sources().texts().map(|(path, text)| (path.into(), text.to_owned())).collect();
    assert!(texts.iter().any(|(_, text)| text == merges));
    assert_eq!(scenario::load_texts(&root, &texts).plan.unwrap().digest(), loaded.plan.unwrap().digest());
}

/// The pipeline of one good change.
fn alone(plan: &Plan, strategy: usize, merged: u64) -> Line {
    let pipeline = plan.pipeline.as_ref().unwrap();
    let mut pipeline = pipeline.with_waves(plan, &plan.strategies[strategy]);
    pipeline.source.merges = Merges::Recorded(vec![merged]);
    pipeline.source.defects.iter_mut().for_each(|class| class.probability = 0.0);
    pipeline.after_rejection = AfterRejection::Leave;
    pipeline.warm_up_ms = 0;
    pipeline
}

/// When a good change that is alone in its pipeline is delivered, by trial; none where a false alarm took it out.
fn delivered(plan: &Plan, strategy: &str, merged: u64, trials: u64) -> Vec<Option<u64>> {
    let model = Model::new(plan);
    let strategy = plan.strategies.iter().position(|listed| listed.name == strategy).unwrap();
    let pipeline = alone(plan, strategy, merged);
    let one = |trial| {
        let mut production = Rollouts::new(&model, strategy, trial, 0);
        pipeline::run(&pipeline, &mut production, 5, trial).changes[0].delivered_ms
    };
    (0..trials).map(one).collect()
}

#[test]
fn a_change_takes_four_to_five_business_days_as_published() {
    let business_days = business_days(&support::plan("scenarios/amazon-pipeline.toml", &[]));
    let within = business_days.iter().filter(|days| (4.0..=5.0).contains(*days)).count();
    assert!(within as f64 > 0.95 * business_days.len() as f64, "{business_days:?}");
}

#[test]
fn local_hours_take_no_longer_than_those_of_one_office() {
    let local = |path: &std::path::Path| {
        let text = std::fs::read_to_string(support::project("scenarios").join(path))?;
        let (before, waves) = text.split_once("name = \"deployments\"").unwrap_or((&text, ""));
        let waves = waves.replacen("America/Los_Angeles", "local", 1);
        let name = if waves.is_empty() { "" } else { "name = \"deployments\"" };
        Ok(format!("{before}{name}{waves}").into_bytes())
    };
    let plan = scenario::load_with("amazon-pipeline.toml".as_ref(), &local).plan.expect("a valid scenario");
    assert!(matches!(plan.pipeline.as_ref().unwrap().wave_calendar, WaveCalendar::Local(_)));
    let business_days = business_days(&plan);
    let within = business_days.iter().filter(|days| (3.0..=5.0).contains(*days)).count();
    assert!(within as f64 > 0.95 * business_days.len() as f64, "{business_days:?}");
}

/// Business days that a change that is alone takes, merged on any working day of the second week.
fn business_days(plan: &Plan) -> Vec<f64> {
    let mut taken = Vec::new();
    for weekday in 0..5 {
        // Merged at ten in Seattle in the second week, on any working day.
        let merged = (7 + weekday) * DAY + 17 * HOUR;
        for delivered in delivered(plan, "amazon-five-waves", merged, 20).into_iter().flatten() {
            let weekends = (merged / DAY..delivered / DAY).filter(|day| day % 7 >= 5).count() as u64;
            taken.push((delivered - merged - weekends * DAY) as f64 / DAY as f64);
        }
    }
    assert!(taken.len() > 90, "{}", taken.len());
    taken
}

#[test]
fn azures_stages_are_done_on_day_eight_as_published() {
    let plan = support::plan("scenarios/pipelines/azure.toml", &[]);
    // Merged early on a Monday: the canary on that day, and everything on the Monday after.
    let published = [1, 2, 3, 4, 5, 8];
    let days = |trial| {
        let waves = wave_starts(&plan, 7 * DAY + 15 * HOUR, trial);
        waves.iter().map(|start_ms| start_ms / DAY - 7 + 1).collect::<Vec<u64>>()
    };
    let all: Vec<Vec<u64>> = (0..40).map(days).collect();
    // A false alarm ends some of them before.
    assert!(all.iter().all(|days| published.starts_with(days)), "{all:?}");
    assert!(all.iter().filter(|days| **days == published).count() > 30, "{all:?}");
    // On a Wednesday: the bake of Friday's stage ends on Friday night, and the next stage is on Monday.
    let wednesday = |trial| {
        let waves = wave_starts(&plan, 9 * DAY + 15 * HOUR, trial);
        waves.iter().map(|start_ms| start_ms / DAY - 7 + 1).collect::<Vec<u64>>()
    };
    assert!((0..20).all(|trial| [3, 4, 5, 8, 9, 10].starts_with(&wednesday(trial))));
}

/// When each wave of the only change begins, which is good.
fn wave_starts(plan: &Plan, merged: u64, trial: u64) -> Vec<u64> {
    let model = Model::new(plan);
    let mut line = alone(plan, 0, merged);
    line.length_ms = merged + 14 * DAY;
    let mut recorder = wavetank::sim::Recorder::default();
    pipeline::run_observed(&line, &mut Rollouts::new(&model, 0, trial, 0), 5, trial, &mut recorder);
    let mut starts: Vec<u64> = recorder
        .into_records()
        .into_iter()
        .filter(|record| matches!(record.event, PipelineEvent::Wave { .. }))
        .map(|record| record.at_ms)
        .collect();
    starts.sort_unstable();
    starts
}

/// A measure of a scenario's only strategy, over some trials.
pub fn measured(file: &str, trials: u64, measure: &str) -> wavetank::stats::mean::Mean {
    let plan = support::plan(file, &[]);
    let pipeline = plan.pipeline.as_ref().unwrap();
    let done = study::run(&plan, pipeline, trials, &Nobody).unwrap();
    let summary = wavetank::study::pipeline_summary::summarise(&plan, pipeline, &done);
    let found = summary.strategies[0].measures.iter().find(|estimated| estimated.measure.name == measure);
    found.unwrap().mean.unwrap_or_else(|| panic!("{file} says nothing of {measure}"))
}

#[test]
fn every_small_step_is_better_on_what_it_promises() {
    let step = |name: &str| format!("scenarios/pipelines/start-small/{name}.toml");
    let (hand, rollback) = (step("1-by-hand"), step("2-automatic-rollback"));
    let (bakes, hands_off) = (step("3-one-box-and-bakes"), step("4-hands-off"));
    for (before, after, measure) in [
        (&hand, &rollback, "time_to_restore_ms"),
        (&rollback, &bakes, "impaired_host_ms_per_quarter"),
        (&bakes, &hands_off, "lead_time_p50_ms"),
    ] {
        let (before, after) = (measured(before, 20, measure), measured(after, 20, measure));
        let (low, high) = (before.interval.low.unwrap(), after.interval.high.unwrap());
        assert!(high < low, "{measure}: {} and then {}", before.value, after.value);
    }
}

#[test]
fn continuous_delivery_makes_small_batches_and_a_week_large_ones() {
    let continuous = "scenarios/pipelines/continuous.toml";
    // Published: 30 to 40 deployments a working day for 150 to 190 changes, four to six in each.
    let a_day = measured(continuous, 4, "deployments_per_day").value * 7.0 / 5.0;
    assert!((30.0..40.0).contains(&a_day), "{a_day}");
    let each = measured(continuous, 4, "changes_per_deployment").value;
    assert!((4.0..6.0).contains(&each), "{each}");
    let weekly = "scenarios/pipelines/weekly.toml";
    let a_week = measured(weekly, 4, "deployments_per_day").value * 7.0;
    assert!((1.0..5.0).contains(&a_week), "what is taken back is tried again: {a_week}");
    assert!(measured(weekly, 4, "changes_per_deployment").value > 25.0);
    let failures = [weekly, continuous].map(|file| measured(file, 4, "change_fail_rate").value);
    assert!(failures[0] > 2.0 * failures[1], "large batches fail: {failures:?}");
}

#[test]
fn the_command_says_what_the_library_says() {
    let dir = TempDir::new().unwrap();
    let run = |args: &[&str]| {
        let mut command = assert_cmd::cargo::cargo_bin_cmd!("wavetank");
        command.current_dir(dir.path()).env_remove("CLICOLOR_FORCE").arg("pipeline").args(args);
        let output = command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let file = support::project("scenarios/amazon-pipeline.toml");
    let file = file.to_str().unwrap();
    let few = [file, "--trials", "3", "--strategy", "all-at-once", "--strategy", "hasty-five-waves"];
    let (code, text, _) = run(&few);
    assert_eq!(code, Some(0));
    for words in ["change fail rate", "Where lead time goes", "twelve regions", "2 strategies x 3 trials"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let json = [&few[..], &["--format", "json", "--output", "sub", "--threads", "1"]].concat();
    let (code, one, talk) = run(&json);
    assert_eq!((code, talk.contains("wrote sub (6 files)")), (Some(0), true), "{talk}");
    assert_eq!(one, std::fs::read_to_string(dir.path().join("sub/pipeline.json")).unwrap());
    let summary: serde_json::Value = serde_json::from_str(&one).unwrap();
    assert_eq!(summary["strategies"][0]["measures"][0]["measure"], "deployments_per_day");
    let two = [&few[..], &["--format", "json", "--threads", "2"]].concat();
    assert_eq!(run(&two).1, one, "threads change nothing");
    let small = support::project("scenarios/small.toml");
    let (code, out, talk) = run(&[small.to_str().unwrap()]);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(talk.contains("has no [pipeline]"), "{talk}");
}

#[test]
fn a_pipeline_that_is_too_slow_is_called_unsteady() {
    let text = |every: &str| {
        format!(
            "[[fleet.region]]\nname = \"r\"\nhosts-per-zone = 4\n[[strategy]]\nname = \"s\"\nwave = [{{ regions = \"all\" }}]\n\
             [pipeline]\nlength = \"42d\"\nentry = \"queued\"\nsource = {{ every = \"{every}\" }}\n\
             [[pipeline.stage]]\nname = \"build\"\nphase = \"build\"\nmode = \"queued\"\n\
             duration = {{ exponential = {{ mean = \"50m\" }} }}\n"
        )
    };
    let drifts = |every: &str| {
        let plan = plan(&text(every));
        let pipeline = plan.pipeline.as_ref().unwrap();
        let done = study::run(&plan, pipeline, 12, &Nobody).unwrap();
        wavetank::study::pipeline_summary::summarise(&plan, pipeline, &done).strategies[0].drifts
    };
    assert!(drifts("40m"), "a build takes 50 minutes");
    assert!(!drifts("2h"));
}

/// A scenario, and some trials of its pipeline.
fn studied(file: &str, trials: u64) -> (Plan, study::PipelineTrials) {
    let plan = support::plan(file, &[]);
    let pipeline = plan.pipeline.as_ref().expect("a pipeline");
    let done = study::run(&plan, pipeline, trials, &Nobody).expect("not cancelled");
    (plan, done)
}

#[test]
fn a_pipeline_is_held_to_limits_and_expectations_of_its_own_measures() {
    let (mut plan, done) = studied("scenarios/pipelines/start-small/3-one-box-and-bakes.toml", 6);
    let pipeline = plan.pipeline.clone().expect("a pipeline");
    let limit = |metric, bound| Threshold {
        metric,
        statistic: Statistic::Mean,
        strategy: Some(0),
        bound,
        level: Level::Error,
    };
    let day = 86_400_000.0;
    plan.study.thresholds = vec![
        limit(&measures::LEAD_TIME_P50_MS, Bound::Max(100.0 * day)),
        limit(&measures::DEPLOYMENTS_PER_DAY, Bound::Max(0.0)),
        limit(&measures::DEPLOYMENTS_PER_DAY, Bound::Min(0.01)),
        limit(&measures::DEPLOYMENTS_PER_DAY, Bound::Min(1000.0)),
        // Of rollouts: not for this study.
        limit(&measures::DURATION_MS, Bound::Max(0.0)),
    ];
    plan.study.expectations = vec![Expectation {
        metric: &measures::CHANGE_FAIL_RATE,
        statistic: Statistic::Mean,
        strategy: 0,
        value: 0.99,
        tolerance: Tolerance::Within(0.001),
        source: String::new(),
        level: Level::Warn,
    }];
    let summary = wavetank::study::pipeline_summary::summarise(&plan, &pipeline, &done);
    let verdicts: Vec<Verdict> = summary.thresholds.iter().map(|limit| limit.verdict).collect();
    assert_eq!(verdicts, [Verdict::Pass, Verdict::Fail, Verdict::Pass, Verdict::Fail]);
    assert_eq!(summary.expectations[0].verdict, Verdict::Fail);
    let estimated = &summary.strategies[0].measures[1];
    assert_eq!(summary.thresholds[0].measured, estimated.mean.map(|mean| mean.value));
}

/// Waits no longer once it was asked so often.
struct UntilAsked {
    times: u64,
    asked: AtomicU64,
}

impl Progress for UntilAsked {
    fn is_cancelled(&self) -> bool {
        self.asked.fetch_add(1, Ordering::Relaxed) >= self.times
    }
}

#[test]
fn a_trial_ends_in_its_midst_when_nobody_waits_for_it() {
    let plan = support::plan("scenarios/pipelines/weekly.toml", &[]);
    let pipeline = plan.pipeline.as_ref().unwrap();
    let progress = UntilAsked { times: 100, asked: AtomicU64::new(0) };
    let stopped = study::run(&plan, pipeline, 1, &progress).unwrap_err();
    assert!(matches!(stopped, Stopped::Cancelled), "{stopped}");
    let asked = progress.asked.load(Ordering::Relaxed);
    let at_most = 100 + 4 * plan.strategies.len() as u64;
    assert!((100..at_most).contains(&asked), "asked {asked} times: a whole trial has thousands of events");
}
