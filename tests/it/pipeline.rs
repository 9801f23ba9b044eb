//! Trials of pipelines: small timetables worked out by hand, and Little's law on random pipelines.

use crate::pipeline_oracles::{HOUR, MINUTE, WEEK, exponential, fixed, line, poisson, stages, z_mean};
use crate::support::accept;
use proptest::prelude::*;
use std::collections::BTreeMap;
use wavetank::ids::{CalendarId, RegionId};
use wavetank::outcome::pipeline::{Harm, Incident, Part, PipelineOutcome, StageOutcome};
use wavetank::pipeline::{
    self, Production, RolloutRequest, Schedule, ScheduledStop, StopReason, Timed, TimedWave, WaveRun,
};
use wavetank::plan::Ratio;
use wavetank::plan::pipeline::{
    AfterRejection, Calendar, DefectClass, Emergency, EntryPolicy, ErrorBudget, Flaky, Holds, Line, Merges,
    Mode, OnFlaky, RepairPolicy, Stage, StagePhase, Window,
};
use wavetank::random::Distribution;

pub const ROLLBACK: u64 = 15;

pub(crate) fn every(gap: u64, count: u64) -> Merges {
    Merges::Every { first_ms: 0, gap_ms: gap * MINUTE, count }
}

/// A wave of 10 minutes of deployment and 50 of bake, whose alarm sees a defect after half an hour.
pub(crate) fn wave(catches: f64) -> TimedWave {
    TimedWave {
        deploy: fixed(10),
        bake: fixed(50),
        catches: vec![catches].into(),
        detection: fixed(30),
        false_alarm: 0.0,
        regions: Vec::new(),
    }
}

/// One stage of a minute, then waves that see a defect with these probabilities; half of all changes
/// are bad.
pub(crate) fn with_waves(merges: Merges, waves: usize) -> Line {
    let mut pipeline = line(merges, stages([fixed(1)]), 0, 3000 * MINUTE);
    pipeline.source.defects =
        vec![DefectClass { name: "any".to_owned(), probability: 0.5, review_catches: 0.0 }].into();
    pipeline.stages[0].catches = vec![0.0].into();
    pipeline.wave_windows = vec![None; waves];
    pipeline.after_rejection = AfterRejection::Revert(repair());
    pipeline
}

pub fn repair() -> RepairPolicy {
    RepairPolicy { latency: fixed(100), misattribution: 0.0, again: fixed(1000), fast_track: false }
}

/// The first trial whose changes are bad and good in this order.
pub(crate) fn trial(pipeline: &Line, waves: &[TimedWave], bad: &[bool]) -> PipelineOutcome {
    let run = |trial| {
        let mut production = Timed::new(4, trial, waves.to_vec(), fixed(ROLLBACK));
        pipeline::run(pipeline, &mut production, 4, trial)
    };
    let fits = |outcome: &PipelineOutcome| {
        outcome.changes.iter().map(|change| change.defect.is_some()).eq(bad.iter().copied())
    };
    (0..1000).map(run).find(fits).expect("one trial in a few has the wanted order")
}

/// When each change was delivered, in minutes.
pub(crate) fn delivered(outcome: &PipelineOutcome) -> Vec<Option<u64>> {
    outcome.changes.iter().map(|change| change.delivered_ms.map(|ms| ms / MINUTE)).collect()
}

pub(crate) fn part(outcome: &PipelineOutcome, change: usize, part: Part) -> u64 {
    outcome.changes[change].parts.of(part) / MINUTE
}

#[test]
fn superseding_batches_what_waits() {
    let mut pipeline = line(every(4, 6), stages([fixed(10)]), 0, HOUR);
    pipeline.stages[0].mode = Mode::Superseded;
    let outcome = pipeline::run(&pipeline, &mut Timed::none(), 1, 0);
    assert_eq!(delivered(&outcome), [10, 20, 20, 30, 30, 40].map(Some));
    assert_eq!((part(&outcome, 1, Part::Queue), part(&outcome, 1, Part::Test)), (6, 10));
    assert_eq!(outcome.completed, 4);
}

#[test]
fn waves_hold_one_revision_each() {
    let outcome = trial(&with_waves(every(0, 2), 2), &[wave(0.0), wave(0.0)], &[false, false]);
    assert_eq!(delivered(&outcome), [121, 181].map(Some));
    assert_eq!(part(&outcome, 1, Part::Queue), 1 + 59);
    assert_eq!((part(&outcome, 1, Part::Deploy), part(&outcome, 1, Part::Bake)), (20, 100));
    let held: Vec<u64> = outcome.waves.iter().map(|wave| wave.stays_ms / MINUTE).collect();
    assert_eq!(held, [120, 120]);
}

#[test]
fn a_wave_waits_for_its_window_and_so_does_what_comes_behind() {
    let mut pipeline = with_waves(every(0, 2), 2);
    pipeline.calendars =
        vec![Calendar::new(vec![(100 * MINUTE, 110 * MINUTE), (500 * MINUTE, 600 * MINUTE)])].into();
    pipeline.wave_windows[1] = Some(CalendarId::new(0));
    let outcome = trial(&pipeline, &[wave(0.0), wave(0.0)], &[false, false]);
    // The first change leaves wave 1 at 100 only; the second ends wave 1 at 160 and waits until 500.
    assert_eq!(delivered(&outcome), [160, 560].map(Some));
    assert_eq!((part(&outcome, 0, Part::Window), part(&outcome, 1, Part::Window)), (39, 340));
}

#[test]
fn a_defect_seen_in_wave_2_stops_the_next_revision_in_wave_1_as_well() {
    let outcome = trial(&with_waves(every(0, 2), 2), &[wave(0.0), wave(1.0)], &[true, false]);
    // Both stop at 91. The revert is merged at 191 and takes the second change along; the first is merged
    // again, put right, at 1191.
    assert_eq!(delivered(&outcome), [1312, 312].map(Some));
    assert_eq!((outcome.needed_rollbacks, outcome.needless_rollbacks), (2, 0));
    let incident =
        Incident { began_ms: MINUTE, detected_ms: 91 * MINUTE, restored_ms: (91 + ROLLBACK) * MINUTE };
    assert_eq!(outcome.incidents, [incident]);
    let second = &outcome.changes[1].parts;
    assert_eq!(second.total(), 312 * MINUTE);
    assert_eq!(second.of(Part::Blocked), 100 * MINUTE);
    assert_eq!(second.of(Part::Bake), (20 + 100) * MINUTE);
}

#[test]
fn a_defect_of_the_revision_behind_leaves_the_one_ahead_alone() {
    let outcome = trial(&with_waves(every(0, 2), 2), &[wave(1.0), wave(1.0)], &[false, true]);
    assert_eq!(delivered(&outcome), [Some(121), Some(1312)]);
    assert_eq!((outcome.needed_rollbacks, outcome.incidents.len()), (1, 1));
}

#[test]
fn a_fast_track_passes_by_stages_and_skips_bakes() {
    let mut pipeline = with_waves(every(0, 2), 2);
    pipeline.after_rejection = AfterRejection::Revert(RepairPolicy { fast_track: true, ..repair() });
    let waves = [wave(0.0), wave(1.0)];
    assert_eq!(delivered(&trial(&pipeline, &waves, &[true, false]))[1], Some(192 + 20));
    pipeline.stages[0].fixes_pass_by = true;
    assert_eq!(delivered(&trial(&pipeline, &waves, &[true, false]))[1], Some(191 + 20));
}

#[test]
fn blaming_the_wrong_change_costs_another_round() {
    let mut pipeline = with_waves(every(1, 3), 0);
    pipeline.stages = stages([fixed(5)]);
    pipeline.stages[0].mode = Mode::Superseded;
    pipeline.stages[0].catches = vec![1.0].into();
    pipeline.after_rejection = AfterRejection::Revert(RepairPolicy { misattribution: 1.0, ..repair() });
    let outcome = trial(&pipeline, &[], &[false, true, false]);
    // The second and the third run together until 10; the third is blamed and out at 110; the rest is
    // rejected at 115 and the second, alone now, is out at 215. Each comes again 1000 later.
    assert_eq!(delivered(&outcome), [5, 1220, 1115].map(Some));
    assert_eq!((outcome.reverts, outcome.vain_reverts, outcome.stages[0].rejections), (2, 1, 2));
}

#[test]
fn a_false_alarm_reverts_a_good_change() {
    let mut waves = [wave(0.0), wave(0.0)];
    waves[1].false_alarm = 1.0;
    let mut pipeline = with_waves(every(0, 2), 2);
    pipeline.length_ms = 200 * MINUTE;
    let outcome = trial(&pipeline, &waves, &[false, false]);
    assert_eq!(delivered(&outcome), [None, None]);
    // At 121 the first is blamed; the second carries it and stops too.
    assert_eq!((outcome.needed_rollbacks, outcome.needless_rollbacks), (0, 2));
    assert_eq!(outcome.change_fail_rate(), Some(1.0));
    assert!(outcome.incidents.is_empty());
}

#[test]
fn a_newer_revision_may_restart_production() {
    let mut pipeline = with_waves(every(0, 2), 2);
    pipeline.entry = EntryPolicy::Restart;
    let outcome = trial(&pipeline, &[wave(0.0), wave(0.0)], &[false, false]);
    assert_eq!(delivered(&outcome), [122, 122].map(Some));
    assert_eq!((outcome.deployments, outcome.overtaken, outcome.needless_rollbacks), (2, 1, 0));
}

#[test]
fn before_production_the_newest_may_take_the_place_of_what_waits() {
    let mut pipeline = with_waves(every(0, 3), 2);
    pipeline.entry = EntryPolicy::Superseded;
    let outcome = trial(&pipeline, &[wave(0.0), wave(0.0)], &[false; 3]);
    assert_eq!(delivered(&outcome), [121, 181, 181].map(Some));
    assert_eq!((outcome.deployments, outcome.changes_per_deployment()), (2, Some(1.5)));
}

#[test]
fn what_waits_for_the_window_of_the_first_wave_is_still_overtaken() {
    let mut pipeline = with_waves(every(0, 3), 2);
    pipeline.entry = EntryPolicy::Superseded;
    pipeline.calendars = vec![Calendar::new(vec![(500 * MINUTE, 600 * MINUTE)])].into();
    pipeline.wave_windows[0] = Some(CalendarId::new(0));
    let outcome = trial(&pipeline, &[wave(0.0), wave(0.0)], &[false; 3]);
    assert_eq!(delivered(&outcome), [Some(620); 3], "the newest has all of them when it opens");
    assert_eq!(outcome.deployments, 1);
}

#[test]
fn every_attempt_of_a_revision_has_its_own_luck() {
    let mut pipeline = with_waves(every(2000, 40), 1);
    pipeline.length_ms = 200_000 * MINUTE;
    pipeline.source.defects[wavetank::ids::DefectId::new(0)].probability = 0.0;
    pipeline.after_rejection = AfterRejection::Restart { after: fixed(10) };
    let fickle = TimedWave { false_alarm: 0.5, ..wave(0.0) };
    let outcome = pipeline::run(&pipeline, &mut Timed::new(4, 0, vec![fickle], fixed(ROLLBACK)), 4, 0);
    assert!(
        outcome.changes.iter().all(|change| change.delivered_ms.is_some()),
        "an alarm for nothing passes"
    );
    // One false alarm a change on average; the standard deviation of 40 is 9.
    assert!((10..90).contains(&outcome.needless_rollbacks), "{}", outcome.needless_rollbacks);
}

#[test]
fn flaky_runs_cost_their_repetition_and_the_wait_for_somebody() {
    let flaky = |then| {
        let mut pipeline = line(every(10_000, 20_000), stages([fixed(30)]), 0, 300_000_000 * MINUTE);
        pipeline.stages[0].flaky = Flaky { probability: 0.2, then };
        pipeline::run(&pipeline, &mut Timed::none(), 7, 0)
    };
    let blocks = flaky(OnFlaky::Block { wait: fixed(60) });
    let leads = |outcome: &PipelineOutcome| -> Vec<f64> {
        outcome.changes.iter().map(|change| change.parts.total() as f64 / MINUTE as f64).collect()
    };
    accept("flaky, block: (d + f w) / (1 - f)", z_mean(&leads(&blocks), (30.0 + 0.2 * 60.0) / 0.8));
    let retries = flaky(OnFlaky::Retry { times: 2 });
    let rejections = retries.stages[0].rejections as f64;
    let (n, p) = (20_000.0, 0.2 * 0.2 * 0.2);
    accept("flaky, retry: rejected f^3", (rejections - n * p) / (n * p * (1.0 - p)).sqrt());
}

#[test]
fn windows_hold_the_start_the_whole_run_or_the_work() {
    let done = |holds| {
        let mut stage = Stage::plain("approval", StagePhase::Approval, fixed(240));
        stage.window = Some(Window { calendar: CalendarId::new(0), holds });
        let merges = Merges::Recorded(vec![15 * HOUR]);
        let mut pipeline = line(merges, vec![stage], 0, WEEK);
        let days = (0..5).map(|day| (day * 24 * HOUR + 9 * HOUR, day * 24 * HOUR + 17 * HOUR));
        pipeline.calendars = vec![Calendar::new(days.collect())].into();
        let outcome = pipeline::run(&pipeline, &mut Timed::none(), 1, 0);
        let change = &outcome.changes[0];
        let parts = [Part::Approval, Part::Window].map(|part| change.parts.of(part) / HOUR);
        (change.delivered_ms.unwrap() / HOUR, parts)
    };
    assert_eq!(done(Holds::Start), (19, [4, 0]));
    assert_eq!(done(Holds::WholeRun), (24 + 13, [4, 18]));
    assert_eq!(done(Holds::Work), (24 + 11, [4, 16]));
}

#[test]
fn an_idle_year_is_free_and_review_counts() {
    let events = |length| {
        let mut pipeline = line(every(0, 1), stages([fixed(10); 3]), 0, length);
        pipeline.source.review = fixed(90);
        pipeline::run(&pipeline, &mut Timed::none(), 1, 0)
    };
    let (week, year) = (events(WEEK), events(52 * WEEK));
    assert_eq!((week.events, year.events), (4, 4));
    assert_eq!(week.changes[0].parts.total(), 120 * MINUTE);
    assert_eq!(week.changes[0].parts.of(Part::Review), 90 * MINUTE);
}

#[test]
fn the_oldest_version_ages_until_the_last_wave_has_the_next() {
    let outcome =
        pipeline::run(&line(every(100, 3), stages([fixed(50)]), 0, 300 * MINUTE), &mut Timed::none(), 1, 0);
    // Delivered at 50, 150 and 250, each merged 50 before; what runs at first was merged at 0.
    assert_eq!(outcome.oldest_age_ms, 150 * MINUTE);
    let mean = outcome.age_area * HOUR as f64 / outcome.counted_ms() as f64 / MINUTE as f64;
    // Ages 0 to 150 over 150 minutes, 50 to 150 over 100, 50 to 100 over 50.
    let expected = (75.0 * 150.0 + 100.0 * 100.0 + 75.0 * 50.0) / 300.0;
    assert!((mean - expected).abs() < 1e-9, "{mean} {expected}");
}

/// Production of one wave of 10 minutes, whose alarm comes half an hour after its end.
struct Late;

impl Production for Late {
    fn waves(&self) -> usize {
        1
    }

    fn regions(&self, _: usize) -> &[RegionId] {
        &[]
    }

    fn roll_out(&mut self, request: &RolloutRequest) -> Schedule {
        let mut end = request.start_ms + 10 * MINUTE;
        let seen =
            request.defects.first().map(|defect| (end + 30 * MINUTE, StopReason::Defect(defect.change)));
        let told = request.stop.map(|stop| (stop.at_ms, StopReason::Outside));
        let stopped = [seen, told].into_iter().flatten().min_by_key(|(at, _)| *at);
        end = stopped.map_or(end, |(at, _)| end.min(at));
        let start_ms = request.start_ms;
        let wave = WaveRun { start_ms, deployed_ms: end, baked_ms: end, approved_ms: end, end_ms: Some(end) };
        let stopped = stopped.map(|(at_ms, why)| ScheduledStop {
            at_ms,
            why,
            component: 0,
            settled_ms: at_ms + MINUTE,
        });
        Schedule {
            waves: vec![wave],
            stopped,
            brought_ms: vec![Some(start_ms); request.defects.len()],
            harm: Harm::default(),
        }
    }
}

#[test]
fn a_recall_takes_back_every_delivered_revision_with_the_defect_once() {
    let pipeline = with_waves(every(0, 2), 1);
    let outcome = (0..1000)
        .map(|trial| pipeline::run(&pipeline, &mut Late, 4, trial))
        .find(|outcome| outcome.changes[0].defect.is_some() && outcome.changes[1].defect.is_none());
    let outcome = outcome.expect("one trial in four");
    assert_eq!(delivered(&outcome), [11, 21].map(Some));
    let incident = Incident { began_ms: MINUTE, detected_ms: 41 * MINUTE, restored_ms: 42 * MINUTE };
    assert_eq!(outcome.incidents, [incident]);
    assert_eq!((outcome.needed_rollbacks, outcome.needless_rollbacks, outcome.reverts), (2, 0, 1));
}

/// Production that remembers the last timetable of every rollout, by start.
pub struct Remembered {
    pub timed: Timed,
    pub last: BTreeMap<(u64, u64), Schedule>,
}

impl Production for Remembered {
    fn waves(&self) -> usize {
        self.timed.waves()
    }

    fn regions(&self, wave: usize) -> &[RegionId] {
        self.timed.regions(wave)
    }

    fn roll_out(&mut self, request: &RolloutRequest) -> Schedule {
        let mut rollout = self.timed.roll_out(request);
        rollout.harm.impaired_host_ms = request.defects.len() as u64 * MINUTE;
        let asked_before = self.last.insert((request.start_ms, request.key), rollout.clone());
        // What a stop from outside cuts is the end, never the beginning.
        if let (Some(before), Some(stop)) = (asked_before, request.stop) {
            let begun = before.waves.iter().map(|wave| wave.start_ms).filter(|start| *start < stop.at_ms);
            assert!(begun.eq(rollout.waves.iter().map(|wave| wave.start_ms)), "{before:?} {rollout:?}");
        }
        rollout
    }
}

impl Remembered {
    /// Pairs of rollouts that were in one wave at once, or passed each other.
    fn collisions(&self) -> usize {
        let mut collisions = 0;
        for wave in 0..self.waves() {
            let mut free = 0;
            for rollout in self.last.values() {
                let Some(run) = rollout.waves.get(wave) else { continue };
                collisions += usize::from(run.start_ms < free);
                let next = rollout.waves.get(wave + 1).map(|next| next.start_ms);
                let end = run.end_ms.filter(|_| wave + 1 == self.waves());
                free = next.or(rollout.settled_ms()).or(end).unwrap_or(u64::MAX);
            }
        }
        collisions
    }
}

fn duration() -> impl Strategy<Value = Distribution> {
    prop_oneof![
        (0u64..90).prop_map(fixed),
        (1.0..90.0).prop_map(exponential),
        (1.0..60.0f64).prop_map(|m| Distribution::Lognormal { median_ms: m * 60_000.0, sigma: 0.8 }),
    ]
}

fn stage() -> impl Strategy<Value = Stage> {
    let mode = prop_oneof![Just(Mode::Queued), Just(Mode::Superseded), Just(Mode::Parallel)];
    let holds = prop_oneof![Just(Holds::Start), Just(Holds::WholeRun), Just(Holds::Work)];
    let window = prop::option::of(holds.prop_map(|holds| Window { calendar: CalendarId::new(0), holds }));
    let then = prop_oneof![
        duration().prop_map(|wait| OnFlaky::Block { wait }),
        (0u32..3).prop_map(|times| OnFlaky::Retry { times })
    ];
    let room = prop::option::of(0usize..3);
    (duration(), mode, room, window, then, 0.0..0.3, 0.0..1.0, 0.0..0.1, any::<bool>()).prop_map(
        |(duration, mode, room, window, then, probability, catches, false_alarm, fixes_pass_by)| Stage {
            mode,
            room,
            window,
            flaky: Flaky { probability, then },
            catches: vec![catches].into(),
            false_alarm,
            fixes_pass_by,
            emergencies_pass_by: !fixes_pass_by,
            ..Stage::plain("stage", StagePhase::Test, duration)
        },
    )
}

pub fn timed_wave() -> impl Strategy<Value = TimedWave> {
    (duration(), duration(), 0.0..1.0, duration(), 0.0..0.1).prop_map(
        |(deploy, bake, catches, detection, false_alarm)| TimedWave {
            deploy,
            bake,
            catches: vec![catches].into(),
            detection,
            false_alarm,
            regions: Vec::new(),
        },
    )
}

fn emergency() -> impl Strategy<Value = Emergency> {
    let entry =
        prop_oneof![Just(EntryPolicy::Queued), Just(EntryPolicy::Superseded), Just(EntryPolicy::Restart)];
    let review = prop::option::of(duration());
    (0.0..0.5, 0u64..4, review, any::<bool>(), entry).prop_map(
        |(share, quarters, review, ignores_windows, entry)| Emergency {
            share,
            bakes: Ratio { num: quarters, den: 4 },
            review,
            review_catches: None,
            ignores_windows,
            entry,
        },
    )
}

fn error_budget() -> impl Strategy<Value = ErrorBudget> {
    let minutes = |minutes: u64| minutes * MINUTE;
    ((0u64..5).prop_map(minutes), (60u64..10_000).prop_map(minutes))
        .prop_map(|(allowed_host_ms, window_ms)| ErrorBudget { allowed_host_ms, window_ms })
}

pub fn any_pipeline() -> impl Strategy<Value = (Line, Vec<TimedWave>)> {
    let repair = (duration(), 0.0..1.0, duration(), any::<bool>()).prop_map(
        |(latency, misattribution, again, fast_track)| {
            AfterRejection::Revert(RepairPolicy { latency, misattribution, again, fast_track })
        },
    );
    let after = prop_oneof![
        1 => Just(AfterRejection::Leave),
        1 => duration().prop_map(|after| AfterRejection::Restart { after }),
        3 => repair,
    ];
    let entry =
        prop_oneof![Just(EntryPolicy::Queued), Just(EntryPolicy::Superseded), Just(EntryPolicy::Restart)];
    let stages = prop::collection::vec(stage(), 1..5);
    let waves = prop::collection::vec((timed_wave(), any::<bool>()), 0..4);
    let policies = (prop::option::of(emergency()), prop::option::of(error_budget()));
    (stages, waves, entry, after, 0.001..0.05, 0.0..0.3, duration(), policies).prop_map(
        |(stages, waves, entry, after_rejection, rate, bad, review, (emergency, error_budget))| {
            let mut pipeline = line(poisson(rate), stages, WEEK / 2, 3 * WEEK);
            let days = (0..21).map(|day| (day * 24 * HOUR + 9 * HOUR, day * 24 * HOUR + 17 * HOUR));
            pipeline.calendars = vec![Calendar::new(days.collect())].into();
            pipeline.wave_windows =
                waves.iter().map(|(_, window)| window.then_some(CalendarId::new(0))).collect();
            pipeline.entry = entry;
            (pipeline.emergency, pipeline.error_budget) = (emergency, error_budget);
            pipeline.after_rejection = after_rejection;
            pipeline.source.review = review;
            pipeline.source.defects =
                vec![DefectClass { name: "any".to_owned(), probability: bad, review_catches: 0.2 }].into();
            (pipeline, waves.into_iter().map(|(wave, _)| wave).collect())
        },
    )
}

/// What holds of every trial: Little's law, accounts that add up, one revision a wave.
pub fn invariants(outcome: &PipelineOutcome) -> Result<(), TestCaseError> {
    let holds = |stage: &StageOutcome| stage.area_ms == stage.stays_ms;
    prop_assert!(outcome.stages.iter().all(holds), "{:#?}", outcome.stages);
    prop_assert!(holds(&outcome.entry), "{:#?}", outcome.entry);
    prop_assert_eq!(outcome.line_area_ms, outcome.line_stays_ms);
    for wave in &outcome.waves {
        prop_assert!(wave.stays_ms <= outcome.counted_ms(), "two revisions in one wave: {wave:?}");
    }
    for change in &outcome.changes {
        let until = change.delivered_ms.unwrap_or(outcome.to_ms);
        let review = change.parts.of(Part::Review);
        prop_assert_eq!(change.parts.total(), until - change.merged_ms + review, "{:?}", change);
        prop_assert!(change.entered_ms.is_none_or(|entered| entered >= change.merged_ms));
    }
    let failed = outcome.needed_rollbacks + outcome.needless_rollbacks + outcome.overtaken;
    prop_assert!(failed <= outcome.deployments, "{:?}", outcome.deployments);
    Ok(())
}

proptest! {
    #![proptest_config(crate::support::cases(200))]

    #[test]
    fn littles_law_holds_and_every_minute_has_a_part_and_no_wave_holds_two(
        (pipeline, waves) in any_pipeline(),
        seed in 0u64..1000,
    ) {
        let run = || {
            let timed = Timed::new(seed, 0, waves.clone(), fixed(ROLLBACK));
            let mut production = Remembered { timed, last: BTreeMap::new() };
            let outcome = pipeline::run(&pipeline, &mut production, seed, 0);
            (outcome, production.collisions())
        };
        let (outcome, collisions) = run();
        prop_assert_eq!(collisions, 0);
        prop_assert_eq!(&outcome, &run().0);
        invariants(&outcome)?;
        prop_assert!(outcome.emergencies.deployments <= outcome.deployments);
        prop_assert!(outcome.emergencies.rollbacks <= outcome.needed_rollbacks + outcome.needless_rollbacks);
        prop_assert!(outcome.budget_spent_ms <= outcome.counted_ms());
    }
}
