//! Combined pipelines: components deploy in order, go back in reverse, and carry only their own defects.

use crate::pipeline::{any_pipeline, delivered, every, invariants, repair, timed_wave, wave};
use crate::pipeline_oracles::{MINUTE, fixed, line, stages};
use crate::pipeline_study::measured;
use crate::support;
use proptest::prelude::*;
use wavetank::ids::{CalendarId, RegionId};
use wavetank::outcome::pipeline::{Incident, Part, PipelineOutcome};
use wavetank::pipeline::{
    self, Combined, PipelineEvent, Production, RolloutRequest, Schedule, StopReason, Timed, TimedWave,
};
use wavetank::plan::pipeline::Line;
use wavetank::plan::pipeline::{AfterRejection, Calendar, DefectClass, Merges};
use wavetank::report::Story;
use wavetank::report::document::Terminal;
use wavetank::report::trains::journey::Journey;
use wavetank::rollout::launch::OutsideStop;

/// Classes of defect: the table's, and the service's.
const TABLE: usize = 0;
const SERVICE: usize = 1;

/// A stage of a minute, then two waves; no more than one class of defect, which every change has.
fn pipeline(merges: Merges, defect: Option<usize>) -> Line {
    let mut pipeline = line(merges, stages([fixed(1)]), 0, 3000 * MINUTE);
    pipeline.source.defects = [TABLE, SERVICE]
        .map(|class| DefectClass {
            name: format!("class {class}"),
            probability: f64::from(u8::from(defect == Some(class))),
            review_catches: 0.0,
        })
        .to_vec()
        .into();
    pipeline.stages[0].catches = vec![0.0; 2].into();
    pipeline.wave_windows = vec![None; 2];
    pipeline.after_rejection = AfterRejection::Revert(repair());
    pipeline
}

/// Deploys for ten minutes and bakes for `bake`; sees everything that it carries after ten minutes in the waves of
/// `sees`.
fn component(bake: u64, sees: [bool; 2], rollback: u64) -> Timed {
    let waves = sees.map(|sees| TimedWave {
        deploy: fixed(10),
        bake: fixed(bake),
        catches: vec![f64::from(u8::from(sees)); 2].into(),
        detection: fixed(10),
        false_alarm: 0.0,
        regions: Vec::new(),
    });
    Timed::new(4, 0, waves.to_vec(), fixed(rollback))
}

/// A table that bakes for 20 minutes and goes back in 25, a service that bakes for 50 and goes back in 15.
fn run(pipeline: &Line, table_sees: [bool; 2], service_sees: [bool; 2]) -> PipelineOutcome {
    let components = vec![component(20, table_sees, 25), component(50, service_sees, 15)];
    pipeline::run(pipeline, &mut Combined::new(components, vec![0, 1].into()), 4, 0)
}

#[test]
fn a_wave_is_over_when_the_last_component_has_baked() {
    let outcome = run(&pipeline(every(0, 2), None), [true; 2], [true; 2]);
    // Table 1 to 31, service 31 to 91; wave 2 from 91 to 181; the second change follows a wave behind.
    assert_eq!(delivered(&outcome), [181, 271].map(Some));
    let first = &outcome.changes[0].parts;
    assert_eq!(first.of(Part::Deploy), 40 * MINUTE);
    assert_eq!(first.of(Part::Bake), 140 * MINUTE);
    let held: Vec<u64> = outcome.waves.iter().map(|wave| wave.stays_ms / MINUTE).collect();
    assert_eq!(held, [180, 180]);
}

fn incident(outcome: &PipelineOutcome) -> [u64; 3] {
    let Incident { began_ms, detected_ms, restored_ms } = outcome.incidents[0];
    [began_ms, detected_ms, restored_ms].map(|ms| ms / MINUTE)
}

#[test]
fn a_stop_in_the_second_component_takes_it_back_before_the_first() {
    let outcome = run(&pipeline(every(0, 1), Some(SERVICE)), [false; 2], [false, true]);
    // The service's second wave begins at 121 and is seen at 131: back at 146, and the table 25 later.
    assert_eq!(incident(&outcome), [31, 131, 131 + 15 + 25], "it began with the service");
    assert_eq!((outcome.needed_rollbacks, outcome.needless_rollbacks), (1, 0));
}

#[test]
fn an_alarm_of_the_first_component_waits_for_the_second_to_be_back() {
    let outcome = run(&pipeline(every(0, 1), Some(TABLE)), [false, true], [false; 2]);
    // The table's second wave begins at 91; the service is in its first wave by then.
    assert_eq!(incident(&outcome), [1, 101, 101 + 15 + 25]);
    let outcome = run(&pipeline(every(0, 1), Some(TABLE)), [true, false], [false; 2]);
    assert_eq!(incident(&outcome), [1, 11, 11 + 25], "a service that has not begun has nothing to take back");
}

#[test]
fn the_next_revision_waits_for_the_whole_way_back() {
    let mut pipeline = pipeline(Merges::Recorded(vec![0, 20 * MINUTE]), Some(TABLE));
    pipeline.after_rejection = AfterRejection::Leave;
    let outcome = run(&pipeline, [false, true], [false; 2]);
    // The second revision has the defect as well: it waits for wave 1 until 91, and is stopped with the first.
    assert_eq!((outcome.deployments, outcome.needed_rollbacks), (2, 2));
    // It has begun wave 1 of the table only, so that it is back earlier: at 101 + 25.
    assert_eq!(incident(&outcome), [1, 101, 141]);
}

#[test]
fn a_component_shows_only_its_own_defects() {
    // The service would see anything; the defect is in the table, which sees nothing.
    let outcome = run(&pipeline(every(0, 1), Some(TABLE)), [false; 2], [true; 2]);
    assert_eq!(delivered(&outcome), [Some(181)]);
    let outcome = run(&pipeline(every(0, 1), Some(SERVICE)), [true; 2], [false; 2]);
    assert_eq!(delivered(&outcome), [Some(181)]);
}

#[test]
fn each_component_needs_its_window() {
    let mut pipeline = pipeline(every(0, 1), None);
    pipeline.calendars = vec![Calendar::new(vec![(0, 20 * MINUTE), (100 * MINUTE, 1000 * MINUTE)])].into();
    pipeline.wave_windows = vec![Some(CalendarId::new(0)); 2];
    let outcome = run(&pipeline, [false; 2], [false; 2]);
    // The table is done at 31, the service waits until 100.
    assert_eq!(delivered(&outcome), [Some(160 + 90)]);
    assert_eq!(outcome.changes[0].parts.of(Part::Window), 69 * MINUTE);
    pipeline.calendars = vec![Calendar::new(vec![(0, 20 * MINUTE)])].into();
    let outcome = run(&pipeline, [false; 2], [false; 2]);
    assert_eq!(delivered(&outcome), [None]);
    assert_eq!(outcome.changes[0].parts.of(Part::Window), (3000 - 31) * MINUTE);
}

#[test]
fn an_alarm_outlives_the_turn_of_its_component() {
    // The table's turn is 1 to 31; its alarm sees the defect at 46, while the service deploys.
    let slow = |at: Option<u64>| {
        let (table, service) = (component(20, [false; 2], 25), component(50, [false; 2], 15));
        let components = vec![Late { timed: table, at }, Late { timed: service, at: None }];
        pipeline::run(
            &pipeline(every(0, 1), Some(TABLE)),
            &mut Combined::new(components, vec![0, 1].into()),
            4,
            0,
        )
    };
    // The service goes back until 61, and then the table.
    assert_eq!(incident(&slow(Some(46 * MINUTE))), [1, 46, 46 + 15 + 25]);
    let undisturbed = slow(None);
    assert_eq!(delivered(&undisturbed), [Some(181)], "watching costs no time");
    assert_eq!(undisturbed.changes[0].parts.of(Part::Bake), 140 * MINUTE);
}

/// Production whose alarm sees what it carries at one instant, if it still watches its first wave then.
struct Late {
    timed: Timed,
    at: Option<u64>,
}

impl Production for Late {
    fn waves(&self) -> usize {
        self.timed.waves()
    }

    fn regions(&self, wave: usize) -> &[RegionId] {
        self.timed.regions(wave)
    }

    fn roll_out(&mut self, request: &RolloutRequest) -> Schedule {
        let schedule = self.timed.roll_out(request);
        let watches = |at: &u64| schedule.waves[0].end_ms >= Some(*at);
        let (Some(at_ms), Some(defect)) = (self.at.filter(watches), request.defects.first()) else {
            return schedule;
        };
        let stop = Some(OutsideStop { at_ms, roll_back: true });
        let mut stopped = self.timed.roll_out(&RolloutRequest { stop, ..request.clone() });
        stopped.stopped.as_mut().expect("it is stopped").why = StopReason::Defect(defect.change);
        stopped
    }
}

#[test]
fn order_costs_deployments_and_buys_half_of_the_failures() {
    let of = |name: &str, measure| measured(&format!("scenarios/pipelines/combined/{name}.toml"), 8, measure);
    let (ordered, at_once) = (of("in-order", "deployments_per_day"), of("at-once", "deployments_per_day"));
    assert!(ordered.interval.high < at_once.interval.low, "{ordered:?} {at_once:?}");
    let (ordered, at_once) = (of("in-order", "change_fail_rate"), of("at-once", "change_fail_rate"));
    assert!(ordered.interval.high < at_once.interval.low, "{ordered:?} {at_once:?}");
    assert!(ordered.value < 0.75 * at_once.value, "{ordered:?} {at_once:?}");
    let harm = |name: &str| of(name, "impaired_host_ms_per_quarter").value;
    assert!(harm("in-order") < harm("at-once"), "{} {}", harm("in-order"), harm("at-once"));
}

/// A component that takes no time and sees nothing.
fn nothing(waves: usize) -> Vec<TimedWave> {
    let none = TimedWave { deploy: fixed(0), bake: fixed(0), detection: fixed(0), ..wave(0.0) };
    vec![none; waves]
}

proptest! {
    #![proptest_config(crate::support::cases(100))]

    #[test]
    fn one_component_is_plain_production_whatever_follows_it_in_no_time(
        (mut pipeline, waves) in any_pipeline(),
        seed in 0u64..1000,
    ) {
        pipeline.wave_windows.fill(None);
        let timed = |waves: &[TimedWave], rollback| Timed::new(seed, 0, waves.to_vec(), fixed(rollback));
        let plain = pipeline::run(&pipeline, &mut timed(&waves, 15), seed, 0);
        let mut alone = Combined::new(vec![timed(&waves, 15)], vec![0].into());
        prop_assert_eq!(&plain, &pipeline::run(&pipeline, &mut alone, seed, 0));
        let followed = vec![timed(&waves, 15), timed(&nothing(waves.len()), 0)];
        let mut followed = Combined::new(followed, vec![0].into());
        prop_assert_eq!(&plain, &pipeline::run(&pipeline, &mut followed, seed, 0));
    }

    #[test]
    fn the_invariants_of_pipelines_hold_of_combined_ones(
        (pipeline, waves) in any_pipeline(),
        other in timed_wave(),
        owner in 0usize..3,
        seed in 0u64..1000,
    ) {
        let run = || {
            let timed = |waves: Vec<TimedWave>| Timed::new(seed, 0, waves, fixed(15));
            let first = timed(waves.clone());
            let components = vec![first.clone(), timed(vec![other.clone(); waves.len()]), first];
            pipeline::run(&pipeline, &mut Combined::new(components, vec![owner].into()), seed, 0)
        };
        let outcome = run();
        invariants(&outcome)?;
        prop_assert_eq!(outcome, run());
    }
}

#[test]
fn a_replay_says_whose_alarm_it_was() {
    let plan = support::plan("scenarios/pipelines/combined/in-order.toml", &[]);
    let pipeline = plan.pipeline.as_ref().unwrap();
    let (_, records) = wavetank::study::pipeline::replay(&plan, pipeline, 0, 0).unwrap();
    let stops: Vec<Option<usize>> = records
        .iter()
        .filter_map(|record| match record.event {
            PipelineEvent::Stopped {
                why: StopReason::Defect(_) | StopReason::FalseAlarm, component, ..
            } => Some(component),
            _ => None,
        })
        .collect();
    assert!(!stops.is_empty());
    let names: Vec<&str> = pipeline.components.iter().map(|component| component.name.as_str()).collect();
    assert!(stops.iter().all(|component| component.is_some_and(|index| index < names.len())), "{stops:?}");
    let story = Journey::new(&plan, pipeline, 0, 0, records);
    let told = Terminal::plain(100).render(&story.document(100));
    assert!(names.iter().any(|name| told.contains(&format!("an alarm of {name} stops"))), "{told}");
    let lines = String::from_utf8(story.json_lines()).unwrap();
    assert!(names.iter().any(|name| lines.contains(&format!("\"component\":\"{name}\""))), "{lines}");
}
