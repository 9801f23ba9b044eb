//! People's time: in stages, beside waves and for what was found, by timetables worked out by hand; it decides nothing.

use crate::pipeline::{any_pipeline, every, trial, wave, with_waves};
use crate::pipeline_oracles::{MINUTE, fixed, line, stages};
use crate::support::plan_of;
use proptest::prelude::*;
use wavetank::ids::CalendarId;
use wavetank::outcome::measures::{PERSON_MS_PER_CHANGE, PERSON_MS_PER_QUARTER, TIME_TO_PRODUCTION_P50_MS};
use wavetank::outcome::pipeline::PipelineOutcome;
use wavetank::pipeline::{self, Timed};
use wavetank::plan::Ratio;
use wavetank::plan::pipeline::{Calendar, Emergency, EntryPolicy, Flaky, Holds, Line, OnFlaky, Window};
use wavetank::study::{Nobody, PipelineStudy};

/// One stage, which keeps one person busy for half an hour at a time that is open from 100 to 110 and from 500 to 600.
fn by_hand(holds: Holds, from: u64, to: u64) -> Line {
    let mut line = line(every(0, 1), stages([fixed(30)]), from * MINUTE, to * MINUTE);
    line.calendars =
        vec![Calendar::new(vec![(100 * MINUTE, 110 * MINUTE), (500 * MINUTE, 600 * MINUTE)])].into();
    line.stages[0].window = Some(Window { calendar: CalendarId::new(0), holds });
    line.stages[0].people = 1.0;
    line
}

/// Person-minutes of the only stage, without production.
fn minutes(line: &Line) -> f64 {
    pipeline::run(line, &mut Timed::none(), 1, 0).stages[0].person_ms / MINUTE as f64
}

fn of_waves(outcome: &PipelineOutcome) -> Vec<f64> {
    outcome.waves.iter().map(|wave| wave.person_ms / MINUTE as f64).collect()
}

#[test]
fn people_work_while_a_run_works_and_rest_with_it() {
    // From 100 to 110, and from 500 to 520.
    assert_eq!(minutes(&by_hand(Holds::Work, 0, 1000)), 30.0);
    assert_eq!(minutes(&by_hand(Holds::Work, 105, 1000)), 25.0, "the warm-up does not count");
    assert_eq!(minutes(&by_hand(Holds::Work, 0, 510)), 20.0, "nor does what comes after the end");
    // What only begins while it is open, at 100, keeps them after closing.
    assert_eq!(minutes(&by_hand(Holds::Start, 0, 1000)), 30.0);
    assert_eq!(minutes(&by_hand(Holds::Start, 0, 120)), 20.0);
    let mut until_morning = by_hand(Holds::Start, 0, 1000);
    until_morning.stages[0].until = Some(CalendarId::new(0));
    assert_eq!(minutes(&until_morning), 30.0, "what only goes on until something opens is no work");
    let half_a_team = Line { stages: stages([fixed(30)]), ..by_hand(Holds::Work, 0, 1000) };
    assert_eq!(minutes(&half_a_team), 0.0, "nobody unless it says so");
}

#[test]
fn runs_that_are_repeated_are_work_and_waiting_for_somebody_to_look_is_not() {
    let mut line = line(every(0, 1), stages([fixed(10)]), 0, 40 * MINUTE);
    line.stages[0].people = 1.0;
    line.rejection_work_ms = 60 * MINUTE;
    let always = 0.999_999_999;
    line.stages[0].flaky = Flaky { probability: always, then: OnFlaky::Retry { times: 2 } };
    let outcome = pipeline::run(&line, &mut Timed::none(), 1, 0);
    assert_eq!(outcome.person_ms(), ((3 * 10 + 60) * MINUTE) as f64, "three runs, then a rejection");
    line.stages[0].flaky = Flaky { probability: always, then: OnFlaky::Block { wait: fixed(7) } };
    // From 0 to 10, from 17 to 27, and from 34 to the end.
    assert_eq!(minutes(&line), (10 + 10 + 6) as f64);
}

#[test]
fn what_production_sees_takes_work_once_and_cuts_short_whoever_watches() {
    let mut line = with_waves(every(0, 2), 2);
    (line.watchers, line.stages[0].people, line.rejection_work_ms) = (2.0, 1.0, 300 * MINUTE);
    let outcome = trial(&line, &[wave(0.0), wave(1.0)], &[true, false]);
    // The first is in wave 1 from 1 to 61 and in wave 2 from then on; the second follows in wave 1. Both stop at 91. Then comes
    // the revert, and much later the first one again, both with an hour in either wave.
    assert_eq!(of_waves(&outcome), [2.0 * (60 + 30 + 60 + 60) as f64, 2.0 * (30 + 60 + 60) as f64]);
    assert_eq!(outcome.needed_rollbacks, 2, "and one finding");
    let all = 4.0 + of_waves(&outcome).iter().sum::<f64>() + 300.0;
    assert_eq!(outcome.person_ms(), all * MINUTE as f64, "four runs of a minute, the waves, one finding");
    let quarters = 3000.0 / (91.0 * 24.0 * 60.0);
    let measured = PERSON_MS_PER_QUARTER.of(&outcome).unwrap() * quarters;
    assert!((measured - outcome.person_ms()).abs() < 1.0);
    assert_eq!(PERSON_MS_PER_CHANGE.of(&outcome), Some(outcome.person_ms() / 2.0));
    // The first entered production at 1, and the second, which was stopped, at 61.
    assert_eq!(TIME_TO_PRODUCTION_P50_MS.of(&outcome), Some(MINUTE as f64));
}

#[test]
fn a_run_that_is_withdrawn_ends_the_work() {
    let mut line = with_waves(every(35, 2), 1);
    line.stages[0].duration = fixed(10);
    (line.watchers, line.stages[0].people) = (1.0, 1.0);
    let outcome = trial(&line, &[wave(1.0)], &[true, false]);
    // Seen at 40, when the second is in its run since 35. The revert runs at 140, the first one again at 1140.
    assert_eq!(outcome.stages[0].person_ms, ((10 + 5 + 10 + 10) * MINUTE) as f64);
    assert_eq!(of_waves(&outcome), [(30 + 60 + 60) as f64]);
}

#[test]
fn whoever_watches_keeps_the_hours_of_the_wave_but_for_an_emergency() {
    let mut line = with_waves(every(0, 1), 1);
    line.calendars = vec![Calendar::new(vec![(0, 20 * MINUTE), (50 * MINUTE, 1000 * MINUTE)])].into();
    (line.watchers, line.watch_hours) = (1.0, vec![Some(CalendarId::new(0))]);
    // In production from 1 to 61.
    assert_eq!(of_waves(&trial(&line, &[wave(0.0)], &[false])), [(19 + 11) as f64]);
    let mut hurried = line;
    hurried.emergency = Some(Emergency {
        share: 1.0,
        bakes: Ratio::ONE,
        review: None,
        review_catches: None,
        ignores_windows: true,
        entry: EntryPolicy::Queued,
    });
    assert_eq!(of_waves(&trial(&hurried, &[wave(0.0)], &[false])), [60.0]);
}

const SCENARIO: &str = r#"
fleet = { region = [{ name = "eu", zones = 1, hosts-per-zone = 3, requests-per-second = 100 }] }
change = { bad-probability = "0%", deploy-time = "5m", rollback-time = "2m" }
study = { trials = 10 }
[[strategy]]
name = "all"
batch = "100%"
wave = [{ name = "all", regions = "all", bake = "1h" }]
[pipeline]
length = "21d"
warm-up = "7d"
trials = 2
wave-calendar = "office"
wave-holds = "whole-run"
watchers = 1.5
source = { every = "1d" }
after-rejection = { revert = "2h", work = "3h" }
[[pipeline.calendar]]
name = "office"
hours = "09:00-17:00"
[[pipeline.stage]]
name = "by hand"
phase = "test"
duration = "2h"
people = 2
calendar = "office"
holds = "work"
"#;

#[test]
fn a_scenario_that_says_whom_it_keeps_busy_has_two_more_measures() {
    let plan = plan_of(SCENARIO);
    let line = &plan.pipeline.as_ref().unwrap().line;
    let said = (line.stages[0].people, line.watchers, line.rejection_work_ms);
    assert_eq!(said, (2.0, 1.5, 180 * MINUTE));
    let summary = PipelineStudy::new(&plan).unwrap().run(&Nobody).unwrap().summary;
    let measures = &summary.strategies[0].measures;
    let names: Vec<&str> = measures.iter().map(|it| it.measure.name).collect();
    assert!(names.ends_with(&["person_ms_per_quarter", "person_ms_per_change"]), "{names:?}");
    // Six deployments a week, as Sunday's change rides with Monday's: two people for two hours, then one and a half for five
    // minutes of deployment and an hour of bake.
    let of_a_change = measures.last().and_then(|it| it.mean.as_ref()).unwrap().value / MINUTE as f64;
    let expected = (2.0 * 120.0 + 1.5 * 65.0) * 6.0 / 7.0;
    assert!((of_a_change - expected).abs() < 0.01, "{of_a_change} instead of {expected}");
}

/// The same outcome with people's time left out.
fn without_people(mut outcome: PipelineOutcome) -> PipelineOutcome {
    outcome.stages.iter_mut().chain(&mut outcome.waves).for_each(|place| place.person_ms = 0.0);
    PipelineOutcome { rejections_person_ms: 0.0, ..outcome }
}

/// The pipeline with so many people in the first stage, beside waves, and minutes of work.
fn with_people(line: &Line, people: f64, watchers: f64, work: u64) -> Line {
    let mut line = Line { watchers, rejection_work_ms: work * MINUTE, ..line.clone() };
    line.stages.iter_mut().for_each(|stage| stage.people = people);
    line
}

proptest! {
    #![proptest_config(crate::support::cases(100))]

    #[test]
    fn people_decide_nothing_and_twice_as_many_take_twice_the_time(
        (line, waves) in any_pipeline(),
        (people, watchers, work) in (0.0..4.0f64, 0.0..4.0f64, 0u64..500),
        seed in 0u64..1000,
    ) {
        let run = |line: &Line| pipeline::run(line, &mut Timed::new(seed, 0, waves.clone(), fixed(15)), seed, 0);
        let (nobody, some) = (run(&line), run(&with_people(&line, people, watchers, work)));
        prop_assert_eq!(nobody.person_ms(), 0.0);
        let accepted = serde_json::to_string(&nobody).unwrap();
        prop_assert!(!accepted.contains("person"), "fingerprints of accepted outcomes stay");
        prop_assert_eq!(&without_people(some.clone()), &nobody);
        let twice = run(&with_people(&line, 2.0 * people, 2.0 * watchers, 2 * work));
        prop_assert_eq!(twice.person_ms(), 2.0 * some.person_ms());
        // Nobody works where no revision is.
        let one = run(&with_people(&line, 1.0, 1.0, 0));
        for place in one.stages.iter().chain(&one.waves) {
            prop_assert!(place.person_ms <= place.stays_ms as f64, "{:?}", place);
        }
    }
}
