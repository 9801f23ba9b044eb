//! Alarms that count what a defect left behind: a whole period counts, not its end.

use super::{HOUR, MINUTE, outcomes, plan};
use crate::support::{accept, plan_of};
use wavetank::outcome::{Ending, Outcome};
use wavetank::plan::Plan;
use wavetank::rollout::{RolloutEvent, RolloutRecord, replay};
use wavetank::scenario::load_str;

/// Probability that a Poisson variable is at least `count`, term by term.
fn poisson_at_least(mean: f64, count: u32) -> f64 {
    let (mut term, mut below) = (libm::exp(-mean), 0.0);
    for value in 0..count {
        below += term;
        term *= mean / f64::from(value + 1);
    }
    1.0 - below
}

/// How far so many hits are from what was expected of each trial.
fn z(hits: impl Iterator<Item = bool>, expected: &[f64]) -> f64 {
    let hits = hits.filter(|hit| *hit).count() as f64;
    let variance: f64 = expected.iter().map(|p| p * (1.0 - p)).sum();
    (hits - expected.iter().sum::<f64>()) / variance.sqrt()
}

fn caught(outcomes: &[Outcome], by_ms: u64) -> impl Iterator<Item = bool> {
    outcomes.iter().map(move |o| o.alarm_ms == Some(by_ms))
}

#[test]
fn a_daily_job_sees_what_hosts_left_that_are_well_again() {
    let plan = plan("damage-found-overnight", &[]);
    let found = outcomes(&plan, 0, 6_000);
    // 10 hosts for two hours, 2.5 an hour; one of ten is noticed.
    let night = poisson_at_least(0.1 * 10.0 * 2.0 * 2.5, 5);
    accept("overnight", z(caught(&found, 26 * HOUR), &vec![night; 6_000]));
    assert!(
        found.iter().all(|o| matches!(o.alarm_ms, None | Some(93_600_000))),
        "one night, two hours later"
    );
    assert!(outcomes(&plan, 1, 50).iter().all(|o| o.ending == Ending::Escaped), "all are well at midnight");
}

#[test]
fn what_is_left_is_counted_in_the_day_in_which_it_was_left() {
    // Hosts are impaired from 23:00 to 1:00: five noticed of each night, half of them before midnight.
    let hours = ("09:00-11:00", "23:00-01:00");
    let plan = plan("damage-found-overnight", &[hours, ("bake = \"30h\"", "bake = \"60h\"")]);
    let outcomes = outcomes(&plan, 0, 6_000);
    // The first day has the hour from midnight to 1:00 too.
    let (first, second) = (poisson_at_least(5.0, 5), poisson_at_least(5.0, 5));
    accept("the first night", z(caught(&outcomes, 26 * HOUR), &vec![first; 6_000]));
    let second = (1.0 - first) * second;
    accept("the second", z(caught(&outcomes, 50 * HOUR), &vec![second; 6_000]));
}

/// Two zones of four hosts that fall ill one by one, and in spells; `alarm` is about the alarm.
fn in_spells(alarm: &str) -> Plan {
    plan_of(&format!(
        "[study]\ntrials = 10\nstart = \"02:00\"\n[fleet]\ndiurnal = {{ peak-hour = 9, trough = \"10%\" }}\n\
         [[fleet.region]]\nname = \"r\"\nzones = 2\nhosts-per-zone = 4\nrequests-per-second = 0.01\n\
         [[defect]]\nname = \"d\"\nonset = {{ exponential = {{ mean = \"90m\" }} }}\ndrop-ratio = \"20%\"\n\
         damage-per-request = \"5%\"\ndamage-per-host-hour = 0.05\n\
         while = {{ on-for = {{ exponential = {{ mean = \"50m\" }} }}, off-for = {{ exponential = {{ mean = \"40m\" }} }} }}\n\
         [[alarm]]\nname = \"a\"\n{alarm}\n\
         [[strategy]]\nname = \"watched\"\nalarms = [\"a\"]\nwave = [{{ regions = \"all\", bake = \"9h\" }}]\n\
         [[strategy]]\nname = \"silent\"\nalarms = []\nwave = [{{ regions = \"all\", bake = \"9h\" }}]"
    ))
}

/// Bad items that the hosts of each zone left until `end_ms`, from what a replay tells.
fn walk(plan: &Plan, records: &[RolloutRecord], end_ms: u64) -> [f64; 2] {
    let region = plan.fleet.regions.iter().next().unwrap();
    let (mut items, mut ill, mut now_ms) = ([0.0; 2], [0_u32; 2], 0);
    let mut advance = |ill: &[u32; 2], to_ms: u64| {
        while now_ms < to_ms {
            // It starts at 2:00.
            let hour = now_ms / HOUR;
            let until_ms = to_ms.min((hour + 1) * HOUR);
            let rate = region.requests_per_second * region.hourly_factor[(hour as usize + 2) % 24];
            let seconds = (until_ms - now_ms) as f64 / 1_000.0;
            let of_a_host = seconds * rate / 8.0 * 0.8 * 0.05 + seconds / 3_600.0 * 0.05;
            for zone in 0..2 {
                items[zone] += f64::from(ill[zone]) * of_a_host;
            }
            now_ms = until_ms;
        }
    };
    for record in records {
        advance(&ill, record.at_ms.min(end_ms));
        match record.event {
            RolloutEvent::HostImpaired { zone, .. } => ill[zone as usize] += 1,
            RolloutEvent::HostHealed { zone, .. } => ill[zone as usize] -= 1,
            RolloutEvent::ZoneImpaired { zone, hosts } => ill[zone as usize] = hosts,
            _ => {}
        }
    }
    advance(&ill, end_ms);
    items
}

#[test]
fn what_is_counted_is_what_a_walk_over_the_rollout_counts() {
    const TRIALS: u64 = 1_500;
    let service =
        in_spells("scope = \"service\"\nperiod = \"6h\"\ndamage-count = { at-least = 1, seen = \"80%\" }");
    let zone =
        in_spells("scope = \"zone\"\nperiod = \"6h\"\ndamage-count = { at-least = 1, seen = \"80%\" }");
    let walks: Vec<[f64; 2]> = (0..TRIALS)
        .map(|trial| {
            let (outcome, records) = replay(&service, 1, trial);
            let whole: f64 = walk(&service, &records, 9 * HOUR).iter().sum();
            assert!((whole - outcome.damaged_items).abs() < 1e-9 * whole.max(1.0), "{whole} {outcome:?}");
            walk(&service, &records, 4 * HOUR)
        })
        .collect();
    // The only evaluation is at 6:00, after four hours.
    let all: Vec<f64> = walks.iter().map(|[a, b]| poisson_at_least(0.8 * (a + b), 1)).collect();
    accept("the service", z(caught(&outcomes(&service, 0, TRIALS), 4 * HOUR), &all));
    // One of two instances, each with what its zone left: together as likely, as none is none in either.
    accept("zones", z(caught(&outcomes(&zone, 0, TRIALS), 4 * HOUR), &all));
}

#[test]
fn every_datapoint_decides_by_itself_what_the_search_does() {
    let windows = ["datapoints = \"1 of 1\"", "datapoints = \"2 of 4\""];
    let more = [
        "clock = \"deployment\"",
        "lost = \"20%\"\ngrace = \"20m\"",
        "lost-with-service = \"60%\"",
        "watch = \"rollout\"",
    ];
    let mut fired = 0;
    for scope in ["zone", "region", "service"] {
        for window in windows {
            for more in more {
                let plan = in_spells(&format!(
                    "scope = \"{scope}\"\nperiod = \"10m\"\n{window}\n{more}\ndamage-count = {{ at-least = 1 }}"
                ));
                // Lazy and exhaustive are compared.
                fired += outcomes(&plan, 0, 60).iter().filter(|o| o.alarm_ms.is_some()).count();
            }
        }
    }
    assert!((200..1_400).contains(&fired), "{fired} of 1,440");
}

#[test]
fn a_one_box_is_asked_for_its_own() {
    // Each host leaves six an hour; the one-box is one host of ten, for half an hour.
    let boxed = plan_of(
        "[study]\ntrials = 10\n[[fleet.region]]\nname = \"r\"\nhosts-per-zone = 10\n\
         [[defect]]\nname = \"d\"\ndamage-per-host-hour = 6\n\
         [[alarm]]\nname = \"a\"\nscope = \"one-box\"\nclock = \"deployment\"\nperiod = \"10m\"\n\
         damage-count = { at-least = 3 }\n[[strategy]]\nname = \"s\"\none-box = { hosts = 1, bake = \"10m\" }\n\
         wave = [{ regions = \"all\", bake = \"1h\" }]",
    );
    let expected = vec![poisson_at_least(1.0, 3); 6_000];
    accept("one box", z(caught(&outcomes(&boxed, 0, 6_000), 10 * MINUTE), &expected));
}

#[test]
fn who_leaves_nothing_is_not_found() {
    let text = |defect: &str, alarm: &str| {
        format!(
            "[study]\ntrials = 10\n[[fleet.region]]\nname = \"r\"\nhosts-per-zone = 10\nrequests-per-second = 100\n\
             [[defect]]\nname = \"d\"\n{defect}\n[[alarm]]\nname = \"a\"\nscope = \"zone\"\n{alarm}\n\
             damage-count = {{ at-least = 1 }}\n[[strategy]]\nname = \"s\"\nwave = [{{ regions = \"all\", bake = \"1h\" }}]"
        )
    };
    let endings = |defect: &str| outcomes(&plan_of(&text(defect, "")), 0, 20);
    assert!(endings("error-ratio = \"100%\"").iter().all(|o| o.ending == Ending::Escaped));
    assert!(
        endings("damage-per-request = \"10%\"\nseen-by = []").iter().all(|o| o.ending == Ending::Escaped)
    );
    assert!(endings("damage-per-request = \"10%\"").iter().all(|o| o.ending == Ending::Caught));
    for key in ["internal = true", "version = \"new\""] {
        let loaded = load_str("s.toml", &text("damage-per-request = \"10%\"", key));
        let said = loaded.problems.to_string();
        assert!(loaded.plan.is_none() && said.contains("does not go with `damage-count`"), "{said}");
    }
}
