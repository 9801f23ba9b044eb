//! Where, and at which hours: how many places at once, windows of waves.

use crate::support;
use wavetank::pipeline::{self, Rollouts};
use wavetank::plan::Plan;
use wavetank::plan::pipeline::Merges;
use wavetank::plan::timeline::timetable;
use wavetank::rollout::{Engine, Model};
use wavetank::sim::Silent;

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

fn plan(name: &str, edits: support::Edits) -> Plan {
    support::plan(&format!("tests/plans/language/{name}.toml"), edits)
}

/// How long an undisturbed rollout takes, in minutes; the timetable says the same.
fn minutes(plan: &Plan) -> u64 {
    let ended_ms = Engine::new(&Model::new(plan)).run(0, 0, &mut Silent).end_ms;
    assert_eq!(timetable(plan, 0).end_ms(), ended_ms);
    ended_ms / MINUTE
}

// --- How many at once -----------------------------------------------------------------------------------

#[test]
fn a_share_of_places_is_rounded_down_to_at_least_one() {
    // 25 % of 3 clusters is one at a time, three rounds; of 8 it is two, four rounds. Ten minutes each.
    assert_eq!(minutes(&plan("share-at-once", &[])), 30 + 40);
}

#[test]
fn rounds_follow_from_the_share_whatever_it_is() {
    for (percent, zones) in [(1_u64, 8_u64), (25, 7), (34, 8), (50, 5), (99, 8), (100, 8)] {
        let share = format!("zones-at-once = \"{percent}%\"");
        let fleet = format!("zones = {zones}");
        let edits = [("zones-at-once = \"25%\"", share.as_str()), ("zones = 8", fleet.as_str())];
        let at_once = (zones * percent / 100).max(1);
        assert_eq!(minutes(&plan("share-at-once", &edits)), 30 + 10 * zones.div_ceil(at_once), "{edits:?}");
    }
    let all = [("regions-at-once = \"25%\"", "regions-at-once = \"67%\"")];
    assert_eq!(minutes(&plan("share-at-once", &all)), 20 + 40, "two of three, then the third");
}

#[test]
fn no_place_at_a_time_is_an_error() {
    let text = std::fs::read_to_string(support::project("tests/plans/language/share-at-once.toml")).unwrap();
    let loaded = wavetank::scenario::load_str(
        "s.toml",
        &text.replace("regions-at-once = \"25%\"", "regions-at-once = \"0%\""),
    );
    assert!(loaded.plan.is_none() && loaded.problems.to_string().contains("nothing would ever begin"));
}

#[test]
fn the_first_zone_of_a_region_may_be_watched_longer() {
    // Eight zones of ten minutes, one after the other, with an hour after the first and a minute after the others.
    let watched = ("zones-at-once = \"25%\"", "zone-bake = \"1m\", first-zone-bake = \"1h\"");
    assert_eq!(minutes(&plan("share-at-once", &[watched])), 30 + 8 * 10 + 60 + 7);
    // Two at once: the second lane is through three zones when the first begins its second.
    let two = ("zones-at-once = \"25%\"", "zones-at-once = 2, first-zone-bake = \"35m\"");
    assert_eq!(minutes(&plan("share-at-once", &[two])), 30 + 60);
}

// --- Windows --------------------------------------------------------------------------------------------

/// Days after the first of a pipeline, a Monday.
const THURSDAY: u64 = 3 * DAY;
const FRIDAY: u64 = 4 * DAY;

/// Minutes from the merge of a change that is alone to its delivery.
fn waits(edits: support::Edits, merged_ms: u64) -> u64 {
    let plan = plan("windows-per-weekday", edits);
    let mut line = plan.pipeline.as_ref().unwrap().with_waves(&plan, &plan.strategies[0]);
    line.source.merges = Merges::Recorded(vec![merged_ms]);
    let model = Model::new(&plan);
    let outcome = pipeline::run(&line, &mut Rollouts::new(&model, 0, 0, 0), 5, 0);
    (outcome.changes[0].delivered_ms.expect("delivered") - merged_ms) / MINUTE
}

#[test]
fn several_calendars_are_open_where_one_is() {
    assert_eq!(waits(&[], FRIDAY + 15 * HOUR), 66 * 60, "Friday afternoon to Monday at nine");
    assert_eq!(waits(&[], FRIDAY + 13 * HOUR), 0);
    assert_eq!(waits(&[], THURSDAY + 16 * HOUR), 0);
    assert_eq!(waits(&[], THURSDAY + 18 * HOUR), 15 * 60, "to Friday at nine");
    assert_eq!(waits(&[("[\"week\", \"friday\"]", "\"week\"")], THURSDAY + 18 * HOUR), (6 + 3 * 24 + 9) * 60);
}

#[test]
fn a_wave_may_keep_hours_of_its_own() {
    let second = ("name = \"second\"", "name = \"second\"\ncalendar = \"friday\"");
    assert_eq!(
        waits(&[second], 10 * HOUR),
        (4 * 24 - 1) * 60,
        "the first at once, the second on Friday at nine"
    );
    let always = ("wave-calendar = [\"week\", \"friday\"]", "");
    assert_eq!(waits(&[second, always], FRIDAY + 15 * HOUR), (7 * 24 - 6) * 60);
    assert_eq!(waits(&[always], FRIDAY + 15 * HOUR), 0);
}

#[test]
fn local_hours_join_those_of_everybody() {
    // Friday is the same hours everywhere; the week keeps those of each region: nine in Tokyo is midnight UTC.
    let week = ("time-zone = \"Europe/London\"\ndays = [\"mon\"", "time-zone = \"local\"\ndays = [\"mon\"");
    let tokyo = ("name = \"only\"", "name = \"only\"\ntimezone = \"Asia/Tokyo\"");
    assert_eq!(waits(&[week, tokyo], FRIDAY + 15 * HOUR), 57 * 60);
    assert_eq!(waits(&[week, tokyo], FRIDAY + HOUR), 8 * 60);
    // Of one wave alone, beside another that keeps the same hours everywhere.
    let second = ("name = \"second\"", "name = \"second\"\ncalendar = \"week\"");
    let friday = ("wave-calendar = [\"week\", \"friday\"]", "wave-calendar = \"friday\"");
    assert_eq!(waits(&[week, tokyo, second, friday], FRIDAY + HOUR), (8 + 2 * 24 + 15) * 60);
}

#[test]
fn calendars_are_those_of_the_pipeline() {
    let text =
        std::fs::read_to_string(support::project("tests/plans/language/windows-per-weekday.toml")).unwrap();
    let problem = |from: &str, to: &str| {
        assert!(text.contains(from));
        let loaded = wavetank::scenario::load_str("w.toml", &text.replace(from, to));
        assert!(loaded.plan.is_none());
        loaded.problems.to_string()
    };
    assert!(problem("\"friday\"]", "\"fryday\"]").contains("there is no calendar `fryday`"));
    assert!(problem("\"friday\"]", "\"week\"]").contains("listed twice"));
    assert!(problem("[\"week\", \"friday\"]", "[]").contains("names nothing"));
    let without = &text[..text.find("[pipeline]").unwrap()];
    let wave = without.replace("name = \"second\"", "name = \"second\"\ncalendar = \"week\"");
    let loaded = wavetank::scenario::load_str("w.toml", &wave);
    assert!(loaded.problems.to_string().contains("there is no calendar `week`"));
}
