//! Where: how many places at once.

use crate::support;
use wavetank::plan::Plan;
use wavetank::plan::timeline::timetable;
use wavetank::rollout::{Engine, Model};
use wavetank::sim::Silent;

const MINUTE: u64 = 60_000;

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
