//! Who may hurry and who must wait in a pipeline: local hours, the emergency lane, the error budget, alarms that hold up a
//! start. Timetables worked out by hand.

use crate::pipeline::{delivered, every, part, trial, wave, with_waves};
use crate::pipeline_oracles::{HOUR, MINUTE, fixed};
use crate::support::{self, plan_of as plan};
use wavetank::ids::{CalendarId, RegionId};
use wavetank::outcome::pipeline::{Emergencies, Part, PipelineOutcome};
use wavetank::pipeline::{self, Production, RolloutRequest, Rollouts, Schedule, Timed, TimedWave};
use wavetank::plan::pipeline::Line;
use wavetank::plan::pipeline::{
    AfterRejection, Calendar, Emergency, EntryPolicy, ErrorBudget, Merges, Mode, RepairPolicy,
};
use wavetank::plan::{Pipeline, Ratio};
use wavetank::report;
use wavetank::rollout::Model;
use wavetank::study::pipeline_summary::{Estimated, summarise};
use wavetank::study::{self, Nobody};

const LANE: Emergency = Emergency {
    share: 1.0,
    bakes: Ratio { num: 1, den: 5 },
    review: None,
    review_catches: None,
    ignores_windows: false,
    entry: EntryPolicy::Queued,
};

/// A fleet in New York and Tokyo with a wave for both, and a build of ten minutes.
fn two_cities(wave: &str, more: &str) -> String {
    format!(
        "[[fleet.region]]\nname = \"new-york\"\nhosts-per-zone = 2\ntimezone = \"America/New_York\"\n\
         [[fleet.region]]\nname = \"tokyo\"\nhosts-per-zone = 2\ntimezone = \"Asia/Tokyo\"\n\
         [change]\ndeploy-time = \"10m\"\n\
         [[strategy]]\nname = \"s\"\nbatch = 2\nmax-unavailable = 2\nzone-bake = \"20m\"\nwave = [{{ regions = \"all\", {wave} }}]\n\
         [pipeline]\nlength = \"20d\"\nwarm-up = \"0s\"\nwave-calendar = \"hours\"\n{more}\n\
         [[pipeline.stage]]\nname = \"build\"\nphase = \"build\"\nduration = \"10m\"\n\
         [[pipeline.calendar]]\nname = \"hours\"\ntime-zone = \"local\"\nhours = \"09:00-17:00\"\n"
    )
}

/// The trial of the only strategy whose changes are merged at these instants.
fn simulate(text: &str, merges: Vec<u64>) -> PipelineOutcome {
    let plan = plan(text);
    let mut pipeline = plan.pipeline.as_ref().unwrap().with_waves(&plan, &plan.strategies[0]);
    pipeline.source.merges = Merges::Recorded(merges);
    let model = Model::new(&plan);
    pipeline::run(&pipeline, &mut Rollouts::new(&model, 0, 0, 0), 1, 0)
}

const SOURCE: &str = "source = { every = \"1h\" }";

#[test]
fn each_region_begins_at_its_own_hours() {
    // Midnight UTC is nine in Tokyo and seven in the evening in New York, which opens at 14:00.
    let text = two_cities("regions-at-once = \"all\"", SOURCE);
    let outcome = simulate(&text, vec![0]);
    assert_eq!(delivered(&outcome), [Some(14 * 60 + 30)]);
    let parts = [Part::Build, Part::Window, Part::Deploy, Part::Bake].map(|named| part(&outcome, 0, named));
    assert_eq!(
        parts,
        [10, 14 * 60 - 40, 30 + 10, 20],
        "tokyo is done at 00:40; its bake counts as deployment"
    );
    // On the Monday after, daylight saving has begun in New York.
    let week = 7 * 24 * HOUR;
    assert_eq!(delivered(&simulate(&text, vec![week])), [Some(7 * 24 * 60 + 13 * 60 + 30)]);
}

#[test]
fn a_window_may_hold_the_deployment_or_the_whole_wave() {
    // In Tokyo it closes at 8:00 UTC, and its zone takes half an hour with its bake.
    let held = two_cities("regions-at-once = \"all\"", &format!("{SOURCE}\nwave-holds = \"deployment\""));
    assert_eq!(delivered(&simulate(&held, vec![(7 * 60 + 20) * MINUTE])), [Some(14 * 60 + 30)]);
    assert_eq!(delivered(&simulate(&held, vec![(7 * 60 + 21) * MINUTE])), [Some(24 * 60 + 30)]);
    let free = two_cities("regions-at-once = \"all\"", SOURCE);
    assert_eq!(delivered(&simulate(&free, vec![(7 * 60 + 21) * MINUTE])), [Some(14 * 60 + 30)]);
    // One calendar until 17:00: ten minutes of deployment, or an hour and a half with all bakes.
    for (holds, last) in [("deployment", 16 * 60 + 50), ("whole-run", 15 * 60 + 30)] {
        let policy = format!("{SOURCE}\nwave-holds = \"{holds}\"");
        let text = two_cities("regions-at-once = \"all\", bake = \"1h\"", &policy);
        let text = text.replace("time-zone = \"local\"", "time-zone = \"UTC\"");
        assert_eq!(delivered(&simulate(&text, vec![(last - 10) * MINUTE])), [Some(last + 90)], "{holds}");
        let next_day = (24 + 9) * 60;
        assert_eq!(delivered(&simulate(&text, vec![(last - 9) * MINUTE])), [Some(next_day + 90)], "{holds}");
    }
}

#[test]
fn a_wave_that_fits_no_opening_is_found_before_anything_is_simulated() {
    let text = two_cities("regions-at-once = 1", &format!("{SOURCE}\nwave-holds = \"whole-run\""));
    let said = |text: &str| {
        let loaded = wavetank::lints::look_ahead(wavetank::scenario::load_str("window", text));
        loaded.problems.list().iter().any(|diagnostic| diagnostic.message.contains("never begins"))
    };
    assert!(!said(&text));
    assert!(said(&text.replace("zone-bake = \"20m\"", "zone-bake = \"8h\"")));
}

#[test]
fn regions_that_go_one_by_one_wait_for_their_turn_and_then_for_their_hours() {
    let text = two_cities("regions-at-once = 1", SOURCE);
    // New York comes first, at 14:00; Tokyo opens again at midnight. On Friday that is Monday, and Monday's midnight is Tokyo's.
    assert_eq!(delivered(&simulate(&text, vec![0])), [Some(24 * 60 + 30)]);
    let friday = 4 * 24 * HOUR;
    assert_eq!(delivered(&simulate(&text, vec![friday])), [Some(7 * 24 * 60 + 30)]);
}

#[test]
fn a_wave_that_nobody_holds_up_is_as_without_windows() {
    let text = two_cities("regions-at-once = \"all\"", SOURCE);
    let open = text.replace(
        "hours = \"09:00-17:00\"",
        "days = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\", \"sun\"]",
    );
    let without = open.replace("wave-calendar = \"hours\"\n", "");
    let merges: Vec<u64> = (0..40).map(|index| index * 7 * HOUR).collect();
    assert_eq!(simulate(&open, merges.clone()), simulate(&without, merges));
}

#[test]
fn emergencies_bake_less_and_pass_by_what_lets_them() {
    let waves = [wave(0.0), wave(0.0)];
    let mut pipeline = with_waves(every(0, 1), 2);
    let ordinary = trial(&pipeline, &waves, &[false]);
    assert_eq!(delivered(&ordinary), [Some(121)]);
    pipeline.emergency = Some(Emergency { share: 0.0, ..LANE });
    assert_eq!(trial(&pipeline, &waves, &[false]), ordinary, "a lane that nobody uses changes nothing");
    pipeline.emergency = Some(LANE);
    let urgent = trial(&pipeline, &waves, &[false]);
    assert_eq!(delivered(&urgent), [Some(1 + 2 * (10 + 10))]);
    assert!(urgent.changes[0].urgent);
    assert_eq!(urgent.emergencies, Emergencies { deployments: 1, rollbacks: 0, impaired_host_ms: 0 });
    pipeline.stages[0].emergencies_pass_by = true;
    assert_eq!(delivered(&trial(&pipeline, &waves, &[false])), [Some(40)]);
    pipeline.emergency = Some(Emergency { review: Some(fixed(7)), bakes: Ratio { num: 0, den: 1 }, ..LANE });
    let skipping = trial(&pipeline, &waves, &[false]);
    assert_eq!((delivered(&skipping), part(&skipping, 0, Part::Review)), (vec![Some(20)], 7));
}

#[test]
fn emergencies_may_ignore_windows_and_take_the_place_of_a_rollout() {
    let waves = [wave(0.0), wave(0.0)];
    let mut pipeline = with_waves(every(30, 2), 2);
    pipeline.calendars = vec![Calendar::new(vec![(0, 5 * MINUTE), (500 * MINUTE, 600 * MINUTE)])].into();
    pipeline.wave_windows = vec![Some(CalendarId::new(0)), Some(CalendarId::new(0))];
    pipeline.emergency = Some(Emergency { ignores_windows: true, ..LANE });
    // The second follows one wave behind.
    assert_eq!(delivered(&trial(&pipeline, &waves, &[false, false])), [41, 71].map(Some));
    pipeline.emergency = Some(Emergency { ignores_windows: true, entry: EntryPolicy::Restart, ..LANE });
    let restarted = trial(&pipeline, &waves, &[false, false]);
    assert_eq!((delivered(&restarted), restarted.overtaken), ([71, 71].map(Some).to_vec(), 1));
}

#[test]
fn whoever_takes_an_emergency_along_hurries() {
    let mut pipeline = with_waves(every(0, 3), 1);
    pipeline.stages[0].mode = Mode::Superseded;
    pipeline.emergency = Some(Emergency { share: 0.5, ..LANE });
    let run = |trial| {
        let mut production = Timed::new(4, trial, vec![wave(0.0)], fixed(15));
        pipeline::run(&pipeline, &mut production, 4, trial)
    };
    let urgent =
        |outcome: &PipelineOutcome| outcome.changes.iter().map(|change| change.urgent).collect::<Vec<_>>();
    let outcome = (0..1000).map(run).find(|outcome| urgent(outcome) == [false, true, false]);
    // The third takes the place of the second in the queue. It waits for the first, which goes the long way.
    let outcome = outcome.expect("one trial in eight");
    assert_eq!(delivered(&outcome), [61, 61 + 20, 61 + 20].map(Some));
    assert_eq!(outcome.emergencies.deployments, 1);
}

/// Production whose rollouts each impair a host for so many minutes.
struct Harmful(Timed, u64);

impl Production for Harmful {
    fn waves(&self) -> usize {
        self.0.waves()
    }

    fn regions(&self, _: usize) -> &[RegionId] {
        &[]
    }

    fn roll_out(&mut self, request: &RolloutRequest) -> Schedule {
        let mut rollout = self.0.roll_out(request);
        rollout.harm.impaired_host_ms = self.1 * MINUTE;
        rollout
    }
}

/// The first trial of harmful rollouts whose changes are bad and good in this order.
fn harmful(pipeline: &Line, bad: &[bool]) -> PipelineOutcome {
    let quick = TimedWave { bake: fixed(0), ..wave(1.0) };
    let run = |trial| {
        let timed = Timed::new(4, trial, vec![quick.clone()], fixed(15));
        pipeline::run(pipeline, &mut Harmful(timed, 10), 4, trial)
    };
    let fits = |outcome: &PipelineOutcome| {
        outcome.changes.iter().map(|change| change.defect.is_some()).eq(bad.iter().copied())
    };
    (0..1000).map(run).find(fits).expect("one trial in a few has the wanted order")
}

#[test]
fn a_budget_that_is_spent_holds_ordinary_changes_until_harm_is_old_enough() {
    let mut pipeline = with_waves(every(30, 3), 1);
    pipeline.error_budget = Some(ErrorBudget { allowed_host_ms: 15 * MINUTE, window_ms: 200 * MINUTE });
    // Two rollouts end at 11 and 41 and spend 20 of 15; what was spent at 11 is too old at 211.
    let held = harmful(&pipeline, &[false; 3]);
    assert_eq!(delivered(&held), [11, 41, 221].map(Some));
    assert_eq!((part(&held, 2, Part::Blocked), held.budget_spent_ms), (150, (211 - 41 + 241 - 221) * MINUTE));
    pipeline.emergency = Some(LANE);
    assert_eq!(delivered(&harmful(&pipeline, &[false; 3])), [11, 41, 71].map(Some), "emergencies pass");
}

#[test]
fn a_fix_passes_a_spent_budget_and_takes_along_what_waits() {
    let mut pipeline = with_waves(every(20, 2), 1);
    let repair =
        RepairPolicy { latency: fixed(100), misattribution: 0.0, again: fixed(1000), fast_track: false };
    pipeline.after_rejection = AfterRejection::Revert(repair);
    pipeline.error_budget = Some(ErrorBudget { allowed_host_ms: 5 * MINUTE, window_ms: 2000 * MINUTE });
    // The first is seen at the end of its wave, 11, and back at 26: the budget is spent until 2026. The second comes to
    // production at 21 with the same defect and is taken out of the line. The revert of 111 passes and delivers it.
    let outcome = harmful(&pipeline, &[true, false]);
    assert_eq!(delivered(&outcome)[1], Some(111 + 1 + 10));
    // It spent some more at 122. The first change is merged again at 1111, put right, and has to wait.
    assert_eq!(delivered(&outcome)[0], Some(2122 + 10));
}

#[test]
fn a_rollout_does_not_begin_while_an_earlier_one_is_taken_back() {
    let mut pipeline = with_waves(every(5, 2), 1);
    pipeline.after_rejection = AfterRejection::Leave;
    let outcome = trial(&pipeline, &[wave(1.0)], &[true, false]);
    // Seen at 31, back at 46; until then the second waits, and it has the defect as well: it is stopped half an hour later.
    assert_eq!(outcome.incidents.len(), 2);
    assert_eq!(outcome.incidents[1].began_ms, 46 * MINUTE);
    assert_eq!(outcome.changes[1].entered_ms, Some(46 * MINUTE));
}

#[test]
fn an_alarm_that_fires_for_another_reason_holds_up_a_rollout_in_a_pipeline() {
    let text = two_cities("regions-at-once = \"all\"", SOURCE).replace("wave-calendar = \"hours\"\n", "");
    let text = format!("{text}[fleet.background]\nambient-alarms = {{ every = \"5m\", lasts = \"45m\" }}\n");
    let waves = "wave = [{ regions = [\"new-york\"] }, { regions = [\"tokyo\"], ";
    let outcome = simulate(&text.replace("wave = [{ regions = \"all\", ", waves), vec![0]);
    // The first wave takes half an hour from 00:10; an alarm fires from 00:15 on, until 01:00.
    assert_eq!(delivered(&outcome), [Some(90)]);
    let parts = [Part::Blocked, Part::Window, Part::Deploy, Part::Bake].map(|named| part(&outcome, 0, named));
    assert_eq!(parts, [20, 0, 20, 40]);
    assert_eq!(outcome.changes[0].parts.total(), 90 * MINUTE);
}

#[test]
fn the_report_says_what_the_lane_buys_and_how_long_the_budget_was_spent() {
    let plan = support::plan("scenarios/pipelines/local-hours.toml", &[]);
    let settings = plan.pipeline.as_ref().unwrap();
    let done = study::pipeline::run(&plan, settings, 4, &Nobody).unwrap();
    let summary = summarise(&plan, settings, &done);
    let lead = |estimates: &[Estimated]| estimates[0].mean.unwrap().value;
    for strategy in &summary.strategies {
        let lanes = strategy.policies.lanes.as_ref().unwrap();
        assert!(lead(&lanes.emergencies) < 0.7 * lead(&lanes.others), "{}", strategy.name);
        assert!((0.0..=1.0).contains(&strategy.policies.budget_spent.unwrap().value));
    }
    let text = report::pipeline::text(&summary, 100);
    for words in ["emergencies: change fail rate", "all else", "time with the error budget spent"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let none = summarise(&plan, &Pipeline { line: without_policies(settings), ..settings.clone() }, &done);
    assert!(!report::pipeline::text(&none, 100).contains("Who may hurry"));
}

fn without_policies(pipeline: &Pipeline) -> Line {
    Line { emergency: None, error_budget: None, ..pipeline.line.clone() }
}
