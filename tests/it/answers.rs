//! Answers that were wrong once, and the right ones: a small scenario each, in `tests/plans/answers`, and how its value
//! comes about. Laws behind them are in `strange` and `laws`.

use crate::support;
use wavetank::ids::AlarmId;
use wavetank::outcome::{Ending, Outcome};
use wavetank::plan::{Missing, Plan, Watch};
use wavetank::report::document::Terminal;
use wavetank::report::timeline::RolloutStory;
use wavetank::report::{Story, plan_view};
use wavetank::rollout::RolloutEvent;
use wavetank::rollout::{Engine, Model};
use wavetank::sim::{Recorder, Silent};

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;

fn plan(name: &str) -> Plan {
    support::plan(&format!("tests/plans/answers/{name}.toml"), &[])
}

fn outcomes(plan: &Plan, strategy: usize, trials: u64) -> Vec<Outcome> {
    let model = Model::new(plan);
    let mut engine = Engine::new(&model);
    (0..trials).map(|trial| engine.run(strategy, trial, &mut Silent)).collect()
}

fn one(name: &str) -> Outcome {
    outcomes(&plan(name), 0, 1).remove(0)
}

fn share(outcomes: &[Outcome], of: impl Fn(&Outcome) -> bool) -> f64 {
    outcomes.iter().filter(|outcome| of(outcome)).count() as f64 / outcomes.len() as f64
}

fn mean(outcomes: &[Outcome], value: impl Fn(&Outcome) -> f64) -> f64 {
    outcomes.iter().map(value).sum::<f64>() / outcomes.len() as f64
}

// --- Missing data ---------------------------------------------------------------------------------------

#[test]
fn what_is_not_missing_is_treated_alike() {
    let mut plan = plan("reopened-watch");
    for watch in [Watch::Deployment, Watch::Wave, Watch::Rollout] {
        plan.alarms[AlarmId::new(0)].watch = watch;
        let of = |missing: Missing| {
            let mut plan = plan.clone();
            plan.alarms[AlarmId::new(0)].missing = missing;
            outcomes(&plan, 0, 4_000)
        };
        let as_default = of(Missing::NotBreaching);
        for missing in [Missing::Breaching, Missing::Ignore, Missing::Missing] {
            assert!(of(missing) == as_default, "{missing:?} {watch:?}");
        }
    }
}

#[test]
fn datapoints_hours_apart_are_no_neighbours() {
    // Each of the two regions is watched for one evaluation or two; only two of three that follow each other fire.
    // Starts at midnight and 1m30s a region: the evaluations of 1m and of 2m in the first wave's region are one watched
    // (1m) and one not, those of the second are 24h02m and 24h03m: 0.2 squared.
    let false_rollbacks =
        share(&outcomes(&plan("reopened-watch"), 0, 20_000), |o| o.ending == Ending::FalseRollback);
    assert!((false_rollbacks - 0.04).abs() < 0.006, "{false_rollbacks}");
}

#[test]
fn a_gap_is_filled_as_published() {
    // `0 X X - X`, 3 of 3: the published table says that it alarms, whatever missing data count as.
    assert_eq!(one("sparse-data").ending, Ending::Caught);
}

#[test]
fn a_monitor_that_was_never_there_breaches_where_missing_data_do() {
    let plan = plan("broken-monitor-breaching");
    assert!(outcomes(&plan, 0, 100).iter().all(Outcome::is_complete), "with `missing` it says nothing");
    let breaching = outcomes(&plan, 1, 100);
    assert!(breaching.iter().all(|o| matches!(o.ending, Ending::Caught | Ending::FalseRollback)));
}

// --- What alarms see ------------------------------------------------------------------------------------

#[test]
fn a_look_inside_sees_as_much_from_every_scope() {
    for scope in ["zone", "region", "service"] {
        let plan = plan(&format!("internal-scope-{scope}"));
        assert_eq!(share(&outcomes(&plan, 0, 20), |o| o.ending == Ending::Caught), 1.0, "{scope}");
    }
}

// --- Relapses -------------------------------------------------------------------------------------------

#[test]
fn what_is_switched_off_does_not_come_back() {
    let ends = ["kill-switch-without-relapse", "kill-switch-with-relapse"].map(|name| one(name).end_ms);
    assert_eq!(ends[0], ends[1]);
    assert!(ends[0] < 15 * MINUTE, "{} min", ends[0] / MINUTE);
}

#[test]
fn a_repaired_host_relapses_and_counts() {
    // Ill from 0m, alarm 1m, people 2m, repaired 4m; then each host relapses once on average, for half an hour.
    let outcomes = outcomes(&plan("relapse-after-repair"), 0, 400);
    let host_minutes = mean(&outcomes, |o| o.impaired_host_ms as f64 / MINUTE as f64);
    // Relapses are geometric with variance 2: for the mean of 400 times 10 hosts 30 sqrt(2 * 10 / 400).
    assert!((host_minutes - (40.0 + 300.0)).abs() < 4.5 * 30.0 * (20.0_f64 / 400.0).sqrt(), "{host_minutes}");
}

#[test]
fn certain_relapses_go_on_as_long_as_anybody_looks() {
    // Ill 0m to 2m, then for half an hour from an hour after each healing: 16 times in the day that is observed.
    for outcome in outcomes(&plan("relapse-for-ever"), 0, 5) {
        assert_eq!(outcome.impaired_host_ms, 10 * (2 + 16 * 30) * MINUTE);
        assert_eq!(outcome.end_ms, 2 * MINUTE);
    }
}

// --- Hosts one by one -----------------------------------------------------------------------------------

#[test]
fn hosts_that_update_themselves_count_one_by_one() {
    // 1,000 uniform times in 48 h: order statistics; the sd at half is 0.76 h.
    let outcomes = outcomes(&plan("self-update-window-speed"), 0, 100);
    for (at, expected_h) in [
        (mean(&outcomes, |o| o.to_25_ms.unwrap() as f64), 12.0),
        (mean(&outcomes, |o| o.to_50_ms.unwrap() as f64), 24.0),
        (mean(&outcomes, |o| o.to_100_ms.unwrap() as f64), 48.0),
    ] {
        assert!((at / HOUR as f64 - expected_h).abs() < 0.35, "{} instead of {expected_h}", at / HOUR as f64);
    }
    let exposed_h = mean(&outcomes, |o| o.exposed_host_ms as f64) / HOUR as f64;
    assert!((exposed_h / 24_000.0 - 1.0).abs() < 0.02, "{exposed_h}");
}

#[test]
fn hosts_past_the_plan_belong_to_the_rollout() {
    // 10 hosts at once, 990 evenly over 48 h: half of the fleet after 490/990 of it.
    let outcomes = outcomes(&plan("hosts-that-skip-the-plan"), 0, 100);
    let half = mean(&outcomes, |o| o.to_50_ms.unwrap() as f64) / HOUR as f64;
    assert!((half - 23.76).abs() < 0.35, "{half}");
    let exposed_h = mean(&outcomes, |o| o.exposed_host_ms as f64) / HOUR as f64;
    assert!((exposed_h / 24_000.0 - 1.0).abs() < 0.03, "{exposed_h}");
    assert!(outcomes.iter().all(|o| o.end_ms == o.to_100_ms.unwrap() && o.end_ms > 47 * HOUR));
}

#[test]
fn every_host_impaired_is_all_of_the_traffic() {
    assert_eq!(one("every-host-impaired").peak_impaired_traffic_ppm, 1_000_000);
}

// --- How much it hurts ----------------------------------------------------------------------------------

#[test]
fn two_versions_disagree_most_midway() {
    // 20 hosts in 10 batches of 2, 5 minutes each, 100 requests/s: with n new ones, n/20 of the requests go to them, and
    // (20 - n)/20 of what those ask for goes to old ones, of which 5 % fail.
    let outcome = one("mixed-versions");
    let expected: f64 = (1..10).map(|step| f64::from(2 * step)).map(|n| n / 20.0 * (20.0 - n) / 20.0).sum();
    let expected = expected * 100.0 * 300.0 * 0.05;
    assert!(
        (outcome.failed_requests / expected - 1.0).abs() < 1e-9,
        "{} {expected}",
        outcome.failed_requests
    );
}

#[test]
fn many_other_deployments_are_many() {
    let outcomes = outcomes(&plan("many-other-deployments"), 0, 200);
    let collateral = mean(&outcomes, |o| o.collateral_rollbacks as f64);
    assert!((collateral - 800.0).abs() < 4.5 * (800.0_f64 / 200.0).sqrt(), "{collateral}");
}

#[test]
fn a_rollback_of_everything_at_once_is_an_outage() {
    let plan = plan("rollback-all-at-once-outage");
    let refused = |strategy| outcomes(&plan, strategy, 1)[0].turned_away_requests;
    assert!((refused(0) - 96_000.0).abs() < 100.0 && refused(1) < 1.0, "{} {}", refused(0), refused(1));
}

// --- What follows an alarm ------------------------------------------------------------------------------

#[test]
fn the_way_back_takes_what_the_change_says() {
    let plan = plan("rollback-time-default");
    assert_eq!(outcomes(&plan, 0, 50), outcomes(&plan, 1, 50), "written and left to `[change]`");
}

#[test]
fn people_who_are_faster_void_the_rollback_and_the_story_says_so() {
    let plan = plan("operators-before-reaction");
    let model = Model::new(&plan);
    let mut recorder = Recorder::default();
    Engine::new(&model).run(0, 0, &mut recorder);
    let told = recorder.into_records();
    let is_void = |event: &RolloutEvent| matches!(event, RolloutEvent::ReactionPreempted { .. });
    assert_eq!(told.iter().filter(|record| is_void(&record.event)).count(), 1);
    let text = Terminal::plain(200).render(&plan_view::document(&plan));
    let warned = "typically before the rollout's own reaction, which is void then";
    assert_eq!(text.matches(warned).count(), 1, "{text}");
}

#[test]
fn a_plan_says_what_an_alarm_does() {
    let text = Terminal::plain(200).render(&plan_view::document(&plan("responses")));
    for said in [
        "on an alarm (x): goes on until people act",
        "on an alarm (x): after 0s stops; everything stays as it is until people act",
        "on an alarm (x): after 0s stops for good; nothing goes back",
        "people after diagnose 3h: switch the faulty part off",
        "every host takes 5m",
    ] {
        assert!(text.contains(said), "{said}\n{text}");
    }
    assert!(!text.contains("25m") && !text.contains("rolls back"), "{text}");
}

/// One zone of ten hosts that all fail at once; an alarm after a minute; people who do something.
fn with_people(start: &str, operators: &str) -> Outcome {
    let plan = support::plan_of(&format!(
        "[study]\nstart = \"{start}\"\nobserve-after = \"2d\"\n[[fleet.region]]\nname = \"r\"\nhosts-per-zone = 10\n\
         [[defect]]\nname = \"d\"\n[[alarm]]\nname = \"a\"\nscope = \"zone\"\ndetection-delay = \"1m\"\n[[strategy]]\n\
         name = \"s\"\nzone-bake = \"1d\"\nresponse = {{ on-alarm = \"page\" }}\noperators = {{ {operators} }}\n\
         wave = [{{ regions = \"all\" }}]"
    ));
    outcomes(&plan, 0, 1).remove(0)
}

#[test]
fn people_may_wait_until_their_hours_begin() {
    let keys = "hours = \"08:00-18:00\", wait-for-hours = true, engage = \"10m\"";
    assert_eq!(with_people("05:00", keys).mitigation_ms, Some(3 * HOUR + 10 * MINUTE));
    assert_eq!(with_people("12:00", keys).mitigation_ms, Some(11 * MINUTE));
    assert_eq!(with_people("20:30", keys).mitigation_ms, Some(11 * HOUR + 40 * MINUTE));
}

#[test]
fn people_may_stop_and_leave_everything_as_it_is() {
    let outcome = with_people("00:00", "engage = \"9m\", remedy = \"halt\"");
    assert_eq!((outcome.rollback_ms, outcome.left_exposed_hosts), (Some(10 * MINUTE), 10));
    assert_eq!((outcome.mitigated_ms, outcome.ending), (None, Ending::Caught));
}

#[test]
fn a_story_counts_who_is_impaired() {
    // Twelve zones of four go back; then the fault goes off and on on the other twelve.
    let plan = plan("story-counts");
    let (outcome, records) = wavetank::replay(&plan, 0, 0);
    let story =
        Terminal::plain(200).render(&RolloutStory::new(&plan, 0, 0, &outcome, &records).document(200));
    let told: Vec<&str> =
        story.lines().filter(|line| line.contains("0d 01:31") || line.contains("0d 02:01")).collect();
    assert!(told[0].contains("impairs no host at the moment"), "{told:?}");
    assert!(told[1].contains("48 hosts in 12 zones"), "{told:?}");
}
