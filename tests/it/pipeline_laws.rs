//! Laws of pipelines: who may be blamed for what a stage finds, who may be where at once, and what no order may change.

use crate::pipeline::{ROLLBACK, any_pipeline, delivered, every, repair, trial, wave, with_waves};
use crate::pipeline_oracles::{MINUTE, fixed, stages};
use crate::support::{self, plan_of};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use wavetank::ids::{CalendarId, ChangeId, RegionId, RevisionId, StageId};
use wavetank::pipeline::{self, PipelineEvent, Timed, TimedWave};
use wavetank::plan::pipeline::{AfterRejection, Calendar, Line, Merges, RepairPolicy, RolloutsAtOnce};
use wavetank::plan::timeline::timetable;
use wavetank::rollout::{Engine, Model};
use wavetank::sim::{Record, Recorder, Silent};
use wavetank::study::{self, Nobody};

/// What happens in one trial.
fn events(line: &Line, waves: &[TimedWave], seed: u64) -> Vec<Record<PipelineEvent>> {
    let mut recorder = Recorder::default();
    let mut production = Timed::new(seed, 0, waves.to_vec(), fixed(ROLLBACK));
    pipeline::run_observed(line, &mut production, seed, 0, &mut recorder);
    recorder.into_records()
}

/// Waves that see nothing and are never wrong.
fn blind(waves: &[TimedWave]) -> Vec<TimedWave> {
    waves
        .iter()
        .map(|wave| TimedWave { catches: vec![0.0].into(), false_alarm: 0.0, ..wave.clone() })
        .collect()
}

// --- Blame ----------------------------------------------------------------------------------------------

#[test]
fn a_red_stage_leaves_production_alone() {
    // Each run of the second change is red for nothing; the first one passed before and is in wave 1 by then.
    let mut line = with_waves(every(10, 2), 2);
    line.stages = stages([fixed(1)]);
    line.stages[0].catches = vec![0.0].into();
    line.stages[0].false_alarm = 0.5;
    line.after_rejection = AfterRejection::Revert(RepairPolicy { again: fixed(5000), ..repair() });
    let passes_then_fails = |seed: &u64| {
        let mut production = Timed::new(*seed, 0, vec![wave(0.0); 2], fixed(ROLLBACK));
        let outcome = pipeline::run(&line, &mut production, *seed, 0);
        (outcome.changes[0].reverts, outcome.changes[1].reverts) == (0, 1)
    };
    let seeds: Vec<u64> = (0..40).filter(passes_then_fails).collect();
    assert!(!seeds.is_empty(), "one in four does so");
    for seed in seeds {
        let mut production = Timed::new(seed, 0, vec![wave(0.0); 2], fixed(ROLLBACK));
        let outcome = pipeline::run(&line, &mut production, seed, 0);
        assert_eq!((outcome.needless_rollbacks, delivered(&outcome)[0]), (0, Some(121)));
    }
}

#[test]
fn a_stage_that_finds_a_defect_takes_production_back_for_that_defect() {
    // The first change is bad and passes by the stage, as an emergency does; the second one shows it the defect.
    let mut line = with_waves(every(10, 2), 2);
    line.stages[0].catches = vec![1.0].into();
    line.stages[0].emergencies_pass_by = true;
    line.emergency = Some(wavetank::plan::pipeline::Emergency {
        share: 0.5,
        bakes: wavetank::plan::Ratio::ONE,
        review: None,
        review_catches: None,
        ignores_windows: false,
        entry: line.entry,
    });
    let wanted = |seed: &u64| {
        let mut production = Timed::new(*seed, 0, vec![wave(0.0); 2], fixed(ROLLBACK));
        let outcome = pipeline::run(&line, &mut production, *seed, 0);
        let of = |change: usize| (outcome.changes[change].urgent, outcome.changes[change].defect.is_some());
        (of(0), of(1)) == ((true, true), (false, false))
    };
    let seed = (0..100).find(wanted).expect("one in sixteen");
    let mut production = Timed::new(seed, 0, vec![wave(0.0); 2], fixed(ROLLBACK));
    let outcome = pipeline::run(&line, &mut production, seed, 0);
    assert_eq!((outcome.needed_rollbacks, outcome.needless_rollbacks), (1, 0));
}

/// Every change that a stage made somebody blame: the stage, whether that was the change whose defect it saw, and whether
/// the newest revision that had passed the stage by then had the change.
fn blamed_by_stages(records: &[Record<PipelineEvent>]) -> Vec<(StageId, bool, bool)> {
    let mut running: BTreeMap<RevisionId, StageId> = BTreeMap::new();
    let mut passed: BTreeMap<StageId, RevisionId> = BTreeMap::new();
    let mut reverted: BTreeSet<ChangeId> = BTreeSet::new();
    let mut rejected: Option<(RevisionId, StageId, Option<ChangeId>)> = None;
    let mut found = Vec::new();
    let pass = |passed: &mut BTreeMap<StageId, RevisionId>, stage, revision: RevisionId| {
        let newest = passed.entry(stage).or_insert(revision);
        *newest = revision.max(*newest);
    };
    for record in records {
        match record.event {
            PipelineEvent::Runs { revision, stage } => _ = running.insert(revision, stage),
            PipelineEvent::Held { revision, stage } => pass(&mut passed, stage, revision),
            PipelineEvent::Waits { revision, stage } => {
                if let Some(before) = running.remove(&revision).filter(|before| *before < stage) {
                    pass(&mut passed, before, revision);
                }
            }
            PipelineEvent::Rejected { revision, stage, culprit, .. } => {
                running.remove(&revision);
                rejected = Some((revision, stage, culprit));
            }
            PipelineEvent::Blocked { revision, blamed: Some(blamed) } => {
                if let Some((_, stage, culprit)) = rejected.take().filter(|(it, ..)| *it == revision) {
                    let had = |passed: &RevisionId| passed.index() >= blamed.index();
                    let had = passed.get(&stage).is_some_and(had) && !reverted.contains(&blamed);
                    found.push((stage, culprit == Some(blamed), had));
                }
                reverted.insert(blamed);
            }
            _ => {}
        }
    }
    found
}

proptest! {
    #![proptest_config(support::cases(100))]

    #[test]
    fn whoever_passed_a_stage_is_not_blamed_for_what_it_finds_later(
        (line, waves) in any_pipeline(),
        seed in 0u64..1000,
    ) {
        for (stage, rightly, had_passed) in blamed_by_stages(&events(&line, &waves, seed)) {
            prop_assert!(rightly || !had_passed, "{stage:?} blames what passed it");
        }
    }

    #[test]
    fn production_that_sees_nothing_goes_back_only_for_defects(
        (line, waves) in any_pipeline(),
        seed in 0u64..1000,
    ) {
        let mut production = Timed::new(seed, 0, blind(&waves), fixed(ROLLBACK));
        let outcome = pipeline::run(&line, &mut production, seed, 0);
        prop_assert_eq!(outcome.needless_rollbacks, 0);
    }

    #[test]
    fn a_pipeline_with_one_stage_fewer_never_blames_that_stage(
        (line, waves) in any_pipeline(),
        seed in 0u64..1000,
        which in 0usize..4,
    ) {
        let mut line = line;
        let gone = StageId::new(which % line.stages.len());
        line.stages[gone.index()].passed_by = true;
        let records = events(&line, &waves, seed);
        let is_there = |event: &PipelineEvent| match event {
            PipelineEvent::Runs { stage, .. }
            | PipelineEvent::Flaked { stage, .. }
            | PipelineEvent::Held { stage, .. }
            | PipelineEvent::Rejected { stage, .. } => *stage == gone,
            _ => false,
        };
        prop_assert!(!records.iter().any(|record| is_there(&record.event)));
        prop_assert!(blamed_by_stages(&records).iter().all(|(stage, ..)| *stage != gone));
        // What a stage finds that sees nothing is nothing: it is as if every revision passed it by in no time.
        let mut blind = line.clone();
        blind.stages[gone.index()] = wavetank::plan::pipeline::Stage {
            mode: wavetank::plan::pipeline::Mode::Parallel,
            catches: vec![0.0].into(),
            ..wavetank::plan::pipeline::Stage::plain("nothing", wavetank::plan::pipeline::StagePhase::Test, fixed(0))
        };
        prop_assert!(blamed_by_stages(&events(&blind, &waves, seed)).iter().all(|(stage, ..)| *stage != gone));
    }
}

// --- Rollouts at once -----------------------------------------------------------------------------------

/// Waves over these regions.
fn through(regions: &[&[usize]]) -> Vec<TimedWave> {
    let of = |regions: &&[usize]| TimedWave {
        regions: regions.iter().map(|region| RegionId::new(*region)).collect(),
        ..wave(0.0)
    };
    regions.iter().map(of).collect()
}

#[test]
fn the_next_revision_waits_for_the_hosts_of_the_one_ahead() {
    let of = |regions: &[&[usize]], rollouts| {
        let mut line = with_waves(every(0, 2), regions.len());
        line.rollouts = rollouts;
        delivered(&trial(&line, &through(regions), &[false, false]))
    };
    // Each wave takes an hour. Different regions: one wave behind. The same region: behind the last wave.
    assert_eq!(of(&[&[0], &[1], &[2]], RolloutsAtOnce::Overlapping), [181, 241].map(Some));
    assert_eq!(of(&[&[0], &[1], &[2]], RolloutsAtOnce::OneAtATime), [181, 361].map(Some));
    assert_eq!(of(&[&[0], &[0], &[0]], RolloutsAtOnce::Overlapping), [181, 361].map(Some));
    // A canary in region 0, and 0 again in the second wave: the third wave is free for the next one.
    assert_eq!(of(&[&[0], &[0, 1], &[2]], RolloutsAtOnce::Overlapping), [181, 301].map(Some));
}

#[test]
fn a_ladder_over_the_same_hosts_is_climbed_by_one_revision_at_a_time() {
    let plan = support::plan("tests/plans/answers/one-rollout-at-a-time.toml", &[]);
    let pipeline = plan.pipeline.as_ref().unwrap();
    let done = study::pipeline::run(&plan, pipeline, 2, &Nobody).unwrap();
    for outcome in &done.by_strategy[0] {
        // Seven steps of half an hour: delivered at 03:30, and the one that came at 02:00 at 07:00.
        assert_eq!(delivered(outcome).iter().map(|at| at.unwrap_or(0) / 10).collect::<Vec<_>>(), [21, 42]);
        let queue = outcome.changes[1].parts.of(wavetank::outcome::pipeline::Part::Queue);
        assert!(queue.abs_diff(90 * MINUTE) < MINUTE, "an hour and a half of queue: {queue}");
    }
}

proptest! {
    #![proptest_config(support::cases(100))]

    #[test]
    fn one_at_a_time_is_one_at_a_time((line, waves) in any_pipeline(), seed in 0u64..1000) {
        let line = Line { rollouts: RolloutsAtOnce::OneAtATime, ..line };
        let mut under_way: BTreeSet<RevisionId> = BTreeSet::new();
        for record in events(&line, &waves, seed) {
            match record.event {
                PipelineEvent::RolloutStarted { revision, .. } => {
                    prop_assert!(under_way.is_empty(), "{under_way:?} at {}", record.at_ms);
                    under_way.insert(revision);
                }
                PipelineEvent::Stopped { revision, taken_back: false, .. }
                | PipelineEvent::TakenBack { revision }
                | PipelineEvent::Delivered { revision, .. } => _ = under_way.remove(&revision),
                _ => {}
            }
        }
    }
}

// --- Other pipelines ------------------------------------------------------------------------------------

#[test]
fn the_order_of_other_pipelines_changes_nothing() {
    let other = |name: &str, rest: &str| {
        format!(
            "[[pipeline.other]]\nname = \"{name}\"\nstrategy = \"s\"\nsource = {{ {rest} }}\n\
             stage = [{{ name = \"build\", phase = \"build\", duration = {{ exponential = {{ mean = \"20m\" }} }} }}]\n"
        )
    };
    let (os, flags) = (other("os", "per-day = 2"), other("flags", "per-day = 5"));
    let of = |sharing: &str, others: &[&String]| {
        let others: String = others.iter().map(|other| other.as_str()).collect();
        let plan = plan_of(&format!(
            "[[fleet.region]]\nname = \"r\"\nhosts-per-zone = 4\n[[strategy]]\nname = \"own\"\n\
             wave = [{{ regions = \"all\", bake = \"1h\" }}]\n[[strategy]]\nname = \"s\"\nwave = [{{ regions = \"all\" }}]\n\
             [pipeline]\nlength = \"20d\"\nsource = {{ per-day = 3 }}\n{sharing}\n\
             [[pipeline.stage]]\nname = \"build\"\nphase = \"build\"\nduration = \"10m\"\n{others}"
        ));
        let done = study::pipeline::run(&plan, plan.pipeline.as_ref().unwrap(), 3, &Nobody).unwrap();
        (plan.digest(), done)
    };
    assert!(of("", &[&os, &flags]) == of("", &[&flags, &os]));
    // One that shares nothing with the others is to the byte what it is beside any of them.
    let apart = |others: &[&String]| of("exclusive-regions = false\nshared-alarms = false", others).1.others;
    assert!(apart(&[&os])[0] == apart(&[&os, &flags])[1], "flags come before os");
}

// --- Bakes and openings ---------------------------------------------------------------------------------

/// Days of 24 hours from the first one on, of which every seventh and the one before are closed.
fn working_days() -> Calendar {
    let weeks = (0..4).map(|week| (week * 7 * 24 * 60 * MINUTE, (week * 7 + 5) * 24 * 60 * MINUTE));
    Calendar::new(weeks.collect())
}

#[test]
fn a_bake_rests_over_the_weekend() {
    let day = 24 * 60;
    let of = |merged: u64, bake: bool| {
        let mut line = with_waves(Merges::Recorded(vec![merged * MINUTE]), 1);
        line.length_ms = 20 * day * MINUTE;
        line.calendars = vec![working_days()].into();
        line.bake_window = bake.then_some(CalendarId::new(0));
        delivered(&trial(&line, &[wave(0.0)], &[false]))[0].unwrap()
    };
    // A minute of build, ten of deployment, fifty of bake: the last half hour of Friday, and twenty minutes of Monday.
    let friday = 5 * day - 41;
    assert_eq!((of(friday, false), of(friday, true)), (5 * day + 20, 7 * day + 20));
    assert_eq!(of(60, true), 60 + 61, "in the week it is as ever");
}

#[test]
fn a_stage_may_last_until_the_next_morning() {
    let mut line = with_waves(every(0, 1), 0);
    line.calendars = vec![working_days()].into();
    line.stages[0].until = Some(CalendarId::new(0));
    line.length_ms = 20 * 24 * 60 * MINUTE;
    let outcome = trial(&line, &[], &[false]);
    assert_eq!(delivered(&outcome), [Some(7 * 24 * 60)], "it is open already: the next opening counts");
    assert_eq!(outcome.changes[0].parts.total(), outcome.changes[0].delivered_ms.unwrap());
}

#[test]
fn waves_that_begin_at_openings_are_a_day_apart() {
    let text = |starts: &str| {
        format!(
            "[change]\nbad-probability = \"0%\"\ndeploy-time = \"10m\"\n[[fleet.region]]\nname = \"a\"\nhosts-per-zone = 4\n\
             [[fleet.region]]\nname = \"b\"\nhosts-per-zone = 4\n[[strategy]]\nname = \"s\"\n\
             wave = [{{ regions = [\"a\"], bake = \"1h\" }}, {{ regions = [\"b\"] }}]\n\
             [pipeline]\nlength = \"20d\"\nwarm-up = \"0s\"\nwave-calendar = \"office\"\n{starts}\nsource = {{ every = \"30d\" }}\n\
             [[pipeline.calendar]]\nname = \"office\"\nhours = \"09:00-17:00\"\n\
             [[pipeline.stage]]\nname = \"build\"\nphase = \"build\"\nduration = \"10h\"\n"
        )
    };
    let of = |starts: &str| {
        let plan = plan_of(&text(starts));
        let done = study::pipeline::run(&plan, plan.pipeline.as_ref().unwrap(), 1, &Nobody).unwrap();
        delivered(&done.by_strategy[0][0])[0]
    };
    // Built at ten on Monday, the first wave is over at 11:10.
    assert_eq!(of(""), Some(11 * 60 + 20));
    assert_eq!(of("wave-starts = \"at-opening\""), Some((24 + 9) * 60 + 10));
}

// --- The timetable --------------------------------------------------------------------------------------

#[test]
fn the_timetable_is_the_median_of_what_is_simulated() {
    for (time, wave) in [
        ("{ uniform = { to = \"48h\" } }", ""),
        ("{ lognormal = { median = \"4m\", sigma = 0.8 } }", ", batch = \"10%\""),
        ("{ exponential = { mean = \"10m\" } }", ", batch = 1"),
        (
            "{ lognormal = { median = \"4m\", sigma = 0.5 } }",
            ", batch = \"25%\", zones-at-once = 1, regions-at-once = 2",
        ),
        (
            "{ exponential = { mean = \"10m\" } }",
            ", one-box = { hosts = 1, bake = \"5m\" }, batch = \"50%\", zones-at-once = 2",
        ),
    ] {
        let plan = plan_of(&format!(
            "[change]\nbad-probability = \"0%\"\ndeploy-time = {time}\n\
             [[fleet.region]]\nname = \"a\"\nzones = 4\nhosts-per-zone = 20\n\
             [[fleet.region]]\nname = \"b\"\nzones = 4\nhosts-per-zone = 20\n\
             [[strategy]]\nname = \"s\"\nwave = [{{ regions = [\"a\"]{wave} }}, {{ regions = \"rest\"{wave} }}]\n"
        ));
        let model = Model::new(&plan);
        let mut engine = Engine::new(&model);
        let mut ends: Vec<u64> = (0..2001).map(|trial| engine.run(0, trial, &mut Silent).end_ms).collect();
        ends.sort_unstable();
        let (simulated, planned) = (ends[1000] as f64, timetable(&plan, 0).end_ms() as f64);
        assert!((planned / simulated - 1.0).abs() < 0.05, "{time}{wave}: {planned} for {simulated}");
    }
}

#[test]
fn half_of_all_single_batches_take_longer_than_planned() {
    let plan = support::plan("tests/plans/answers/self-update-window-speed.toml", &[]);
    let model = Model::new(&plan);
    let mut engine = Engine::new(&model);
    let planned = timetable(&plan, 0).end_ms();
    let later = (0..2000).filter(|trial| engine.run(0, *trial, &mut Silent).end_ms > planned).count();
    assert!((1000.0 - later as f64).abs() < 4.5 * 22.4, "{later} of 2,000");
}

#[test]
fn a_window_that_the_slowest_host_does_not_fit_is_found_before_anything_is_simulated() {
    let path = support::project("tests/plans/answers/window-by-slowest-host.toml");
    let loaded = wavetank::lints::look_ahead(wavetank::scenario::load(&path));
    assert!(loaded.problems.list().iter().any(|diagnostic| diagnostic.message.contains("never begins")));
}
