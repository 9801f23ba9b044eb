//! Capacity that follows the traffic: what a rollout costs at each hour of the day, in closed form.

use super::{MINUTE, one, outcomes, plan};
use crate::support;
use wavetank::outcome::Ending;
use wavetank::plan::Plan;
use wavetank::report::document::Terminal;
use wavetank::report::plan_view;
use wavetank::scenario;

const SCALED: &str = "scales-down-to = \"10%\"\n";
/// Requests of the busiest hour: 1,000 a second.
const BUSIEST: f64 = 3_600_000.0;

/// Traffic of an hour relative to noon: a cosine down to a fifth.
fn load(hour: u32) -> f64 {
    let angle = std::f64::consts::TAU * (f64::from(hour) - 12.0) / 24.0;
    0.2 + 0.4 * (1.0 + libm::cos(angle))
}

/// What a rollout that begins then turns away, and nobody reacts to.
fn turned_away(scaled: &str, start: &str, edits: support::Edits) -> f64 {
    let start = format!("start = \"{start}\"");
    let all = [&[(SCALED, scaled), ("start = \"00:00\"", start.as_str())], edits].concat();
    one(&plan("autoscaled", &all), 0).turned_away_requests
}

#[track_caller]
fn close(found: f64, right: f64) {
    assert!((found - right).abs() <= 1e-6 * BUSIEST, "{found} for {right}");
}

#[test]
fn half_of_the_hosts_are_missed_at_night_as_at_noon() {
    // Two halves, half an hour each, of ten hosts at 80 %: five can serve 62.5 % of what runs.
    for hour in 0..24 {
        let start = format!("{hour:02}:00");
        for (scaled, least) in [
            ("", 1.0),
            ("scales-down-to = \"40%\"\n", 0.4),
            (SCALED, 0.1),
            ("scales-down-to = \"0%\"\n", 0.0),
        ] {
            let right = BUSIEST * (load(hour) - 0.625 * load(hour).max(least)).max(0.0);
            close(turned_away(scaled, &start, &[]), right);
        }
    }
    // Midnight has a fifth of the traffic: nothing is missed of a fleet that is as large as at noon.
    close(turned_away("", "00:00", &[]), 0.0);
    close(turned_away(SCALED, "00:00", &[]), 0.375 * 0.2 * BUSIEST);
    close(turned_away("", "12:00", &[]), turned_away(SCALED, "12:00", &[]));
}

#[test]
fn capacity_changes_with_the_hour_under_a_batch() {
    // From half past five to seven, in two batches.
    let right = 0.375 * BUSIEST * (load(5) / 2.0 + load(6));
    close(turned_away(SCALED, "05:30", &[("\"30m\"", "\"45m\"")]), right);
}

#[test]
fn either_version_has_its_share_of_what_runs() {
    // A preview of three hosts that are sent nothing: seven hosts serve 7/8 of all, for half an hour.
    let of = |scaled: &str| {
        let preview = "wave = [{ regions = \"all\", hosts = 3, traffic = \"0%\", bake = \"30m\" }, { regions = \"all\" }]\n[[strategy]]";
        let edits = [
            ("batch = \"50%\"\nwave = [{ regions = \"all\" }]\n[[strategy]]", preview),
            ("\"30m\"\n[[alarm]]", "\"0s\"\n[[alarm]]"),
        ];
        turned_away(scaled, "00:00", &edits)
    };
    close(of(SCALED), 0.125 * 0.2 * BUSIEST / 2.0);
    close(of(""), 0.0);
}

#[test]
fn alarms_see_it_at_night_too() {
    let at = |scaled: &str, start: &str| {
        let start = format!("start = \"{start}\"");
        let plan = plan("autoscaled", &[(SCALED, scaled), ("start = \"00:00\"", &start)]);
        let outcome = one(&plan, 1);
        (outcome.ending, outcome.alarm_ms.map(|at_ms| at_ms.div_ceil(MINUTE)))
    };
    let noon = at("", "12:00");
    assert_eq!(noon.0, Ending::FalseRollback);
    assert!(noon.1.is_some_and(|minute| minute <= 2), "{noon:?}");
    assert_eq!(at(SCALED, "12:00"), noon);
    assert_eq!(at(SCALED, "00:00"), noon);
    assert_eq!(at("", "00:00"), (Ending::Completed, None));
}

#[test]
fn crashed_hosts_are_missed_as_much() {
    // Half of the hosts crash as they get the change, at once, and are looked at for an hour.
    let edits = [
        ("deploy-time = \"30m\"", "deploy-time = \"0s\"\nbad-probability = \"100%\""),
        ("[[alarm]]", "[[defect]]\nname = \"d\"\ncrash = true\nreach = \"50%\"\n[[alarm]]"),
        ("[study]\n", "[study]\nobserve-after = \"1h\"\n"),
    ];
    close(turned_away(SCALED, "00:00", &edits), 0.375 * 0.2 * BUSIEST);
    close(turned_away("", "00:00", &edits), 0.0);
}

#[test]
fn down_to_all_of_it_is_the_fixed_fleet() {
    let all = plan("autoscaled", &[("\"10%\"", "\"100%\"")]);
    assert_eq!(all.digest(), plan("autoscaled", &[(SCALED, "")]).digest());
    // The formula itself, where the language has left the key out.
    let same = |plan: &Plan, trials| {
        let scaled = |least| Plan {
            fleet: wavetank::plan::Fleet { scales_down_to: least, ..plan.fleet.clone() },
            ..plan.clone()
        };
        for strategy in 0..plan.strategies.len() {
            assert_eq!(
                outcomes(&scaled(Some(1.0)), strategy, trials),
                outcomes(&scaled(None), strategy, trials)
            );
        }
    };
    for file in ["surge-three-replicas", "blue-green", "pull-without-downtime"] {
        same(&plan(file, &[]), 20);
    }
    same(&plan("autoscaled", &[("arrivals = \"fixed\"\n", ""), ("00:00", "07:20")]), 20);
}

#[test]
fn traffic_without_a_curve_has_nothing_to_follow() {
    let flat = ("diurnal = { peak-hour = 12, trough = \"20%\" }\n", "");
    assert_eq!(turned_away(SCALED, "03:00", &[flat]), turned_away("", "03:00", &[flat]));
    assert!(turned_away("", "03:00", &[flat]) > 0.0);
}

#[test]
fn what_runs_needs_a_load_to_run_at() {
    let text = std::fs::read_to_string(support::project("tests/plans/language/autoscaled.toml")).unwrap();
    let loaded = scenario::load_str("none.toml", &text.replace("peak-utilisation = \"80%\"\n", ""));
    assert!(loaded.plan.is_none());
    assert!(loaded.problems.to_string().contains("add `peak-utilisation = "), "{}", loaded.problems);
}

#[test]
fn the_plan_says_that_capacity_follows_the_traffic() {
    let told = |edits| Terminal::plain(200).render(&plan_view::document(&plan("autoscaled", edits)));
    let scaled = told(&[]);
    assert!(scaled.contains("hosts are 80 % busy in their region's busiest hour"), "{scaled}");
    assert!(scaled.contains("down to 10 % of what it is then"), "{scaled}");
    assert!(!told(&[(SCALED, "")]).contains("Capacity"));
}
