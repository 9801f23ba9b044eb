//! Traffic apart from hosts: weights, previews, the switch back, and what either version can serve.

use super::{one, outcomes, plan};
use crate::support;
use wavetank::outcome::{Ending, Outcome};
use wavetank::plan::timeline;
use wavetank::scenario;

const MINUTE: u64 = 60_000;

fn close(found: f64, right: f64) {
    assert!((found - right).abs() <= right.abs() * 1e-9 + 1e-9, "{found} for {right}");
}

#[test]
fn weights_and_not_hosts_say_what_fails() {
    let weighted = one(&plan("traffic-weight", &[]), 0);
    assert_eq!(weighted.ending, Ending::Caught);
    close(weighted.failed_requests, 3_000.0);
    assert_eq!(weighted.peak_impaired_traffic_ppm, 10_000);
    assert_eq!((weighted.peak_impaired_hosts, weighted.impaired_host_ms), (2, 10 * MINUTE));
    // By hosts, two of ten: twenty times as many.
    close(one(&plan("traffic-weight", &[("traffic = \"1%\"\n", "")]), 0).failed_requests, 60_000.0);
    // A third of the new hosts is faulty: a third of what they are sent.
    let edits =
        [("hosts = 2", "hosts = 3"), ("name = \"all\"\n[[alarm]]", "name = \"all\"\nreach = 1\n[[alarm]]")];
    let third = outcomes(&plan("traffic-weight", &edits), 0, 40);
    let struck = |outcome: &&Outcome| outcome.alarm_ms == Some(5 * MINUTE);
    assert!(third.iter().filter(struck).count() > 3);
    third.iter().filter(struck).for_each(|outcome| close(outcome.failed_requests, 1_000.0));
}

#[test]
fn traffic_as_that_of_the_hosts_makes_no_difference() {
    for deploy_time in ["0s", "3m"] {
        let own = format!("[change]\ndeploy-time = \"{deploy_time}\"\nrollback-time = \"0s\"\n[[defect]]");
        let of = |traffic| {
            one(&plan("traffic-weight", &[("traffic = \"1%\"\n", traffic), ("[[defect]]", &own)]), 0)
        };
        let (with, without) = (of("traffic = \"20%\"\n"), of(""));
        close(with.failed_requests, without.failed_requests);
        let Outcome { failed_requests, .. } = without;
        assert_eq!(Outcome { failed_requests, ..with }, without);
    }
}

#[test]
fn a_ladder_by_hosts_and_one_by_traffic_pair() {
    let plan = plan("traffic-ladder", &[]);
    let (hosts, traffic) = (outcomes(&plan, 0, 400), outcomes(&plan, 1, 400));
    let mut caught = 0;
    for (by_hosts, by_traffic) in hosts.iter().zip(&traffic) {
        assert_eq!(by_hosts.alarm_ms, by_traffic.alarm_ms);
        assert_eq!((by_hosts.ending, by_hosts.end_ms), (by_traffic.ending, by_traffic.end_ms));
        assert_eq!(by_hosts.peak_impaired_traffic_ppm, by_traffic.peak_impaired_traffic_ppm);
        close(by_traffic.failed_requests, by_hosts.failed_requests);
        caught += u32::from(by_hosts.ending == Ending::Caught);
    }
    assert!(caught > 100, "{caught}");
}

#[test]
fn a_second_fleet_is_a_switch_there_and_back() {
    let plan = plan("blue-green", &[]);
    let outcome = one(&plan, 0);
    // Nobody is hurt in the preview; then everybody, until the alarm and the switch back.
    assert_eq!(outcome.activated_ms, Some(4 * MINUTE));
    assert_eq!(outcome.onset_ms, Some(14 * MINUTE));
    assert_eq!(outcome.alarm_ms, Some(19 * MINUTE));
    assert_eq!(outcome.mitigated_ms, Some(19 * MINUTE + 30_000));
    close(outcome.failed_requests, 330.0 * 1_000.0);
    assert_eq!((outcome.peak_impaired_traffic_ppm, outcome.turned_away_requests), (1_000_000, 0.0));
    // The hosts need their time afterwards, and nobody misses them.
    assert_eq!(outcome.end_ms, 39 * MINUTE + 30_000);
    let times = timeline::timetable(&plan, 0);
    let after: Vec<f64> = times.waves.iter().map(|wave| wave.traffic_share_after).collect();
    assert_eq!((after, times.end_ms()), (vec![0.0, 1.0], 44 * MINUTE));
}

#[test]
fn without_a_preview_all_is_switched_when_the_last_host_is_done() {
    let switch = "  { name = \"preview\", regions = \"all\", traffic = \"0%\", bake = \"10m\" },\n";
    let outcome =
        one(&plan("blue-green", &[(switch, ""), ("switch-time = \"30s\"", "reaction-delay = \"1m\"")]), 0);
    assert_eq!((outcome.onset_ms, outcome.mitigated_ms), (Some(4 * MINUTE), Some(10 * MINUTE)));
    close(outcome.failed_requests, 360_000.0);
}

#[test]
fn a_preview_shows_to_who_looks_inside() {
    let inside = "scope = \"zone\"\nimpaired-hosts = { above = \"50%\" }\nperiod = \"1m\"\ninternal = true\n";
    let edits = [("scope = \"service\"\ndetection-delay = \"5m\"\n", inside)];
    let outcome = one(&plan("blue-green", &edits), 0);
    assert_eq!((outcome.ending, outcome.onset_ms, outcome.failed_requests), (Ending::Caught, None, 0.0));
    assert!(outcome.alarm_ms.is_some_and(|at_ms| (4 * MINUTE..=6 * MINUTE).contains(&at_ms)));
}

#[test]
fn alarms_see_the_traffic_and_not_the_hosts() {
    // 1 % of the requests fail in the canary, 20 % by hosts; the limit is 5 %.
    for scope in ["zone", "region", "service"] {
        let alarm = format!("scope = \"{scope}\"\nerror-ratio = {{ above = \"5%\" }}\nperiod = \"1m\"\n");
        let late = "scope = \"service\"\ndetection-delay = \"5m\"\n";
        let of =
            |traffic| one(&plan("traffic-weight", &[(late, &alarm), ("traffic = \"1%\"\n", traffic)]), 0);
        let alarm_ms = |outcome: Outcome| outcome.alarm_ms.map(|at_ms| at_ms / MINUTE);
        assert!(alarm_ms(of("")).is_some_and(|at| at <= 1), "{scope}");
        assert!(alarm_ms(of("traffic = \"1%\"\n")).is_none_or(|at| at >= 30), "{scope}");
        assert!(alarm_ms(of("traffic = \"6%\"\n")).is_some_and(|at| at <= 1), "{scope}");
    }
}

#[test]
fn each_version_serves_what_it_can() {
    // Ten hosts of which eight would do. A good change: what is turned away in half an hour of 1,000 a second.
    let of = |hosts: u32, traffic: &str, surge: &str| {
        let fleet = "arrivals = \"fixed\"\npeak-utilisation = \"80%\"";
        let (hosts, traffic) = (format!("hosts = {hosts}"), format!("traffic = \"{traffic}\"\n{surge}"));
        let edits = [
            ("arrivals = \"fixed\"", fleet),
            ("[[defect]]\nname = \"all\"\n", ""),
            ("hosts = 2", hosts.as_str()),
            ("traffic = \"1%\"\n", traffic.as_str()),
        ];
        one(&plan("traffic-weight", &edits), 0).turned_away_requests
    };
    let half_an_hour = 1_800.0 * 1_000.0;
    // Two hosts serve a quarter of all requests, and are sent a half.
    close(of(2, "50%", ""), half_an_hour * 0.25);
    close(of(2, "25%", ""), 0.0);
    // Seven hosts serve 7/8 of what they all are sent; those beside them are kept by a surge.
    close(of(3, "0%", ""), half_an_hour * 0.125);
    close(of(3, "0%", "max-surge = 3\n"), 0.0);
    close(of(3, "0%", "max-surge = 2\nmax-unavailable = 1\n"), 0.0);
}

#[test]
fn requests_that_nobody_can_serve_are_refused_by_name() {
    let refused = |edits: support::Edits, words: &str| {
        let mut text =
            std::fs::read_to_string(support::project("tests/plans/language/traffic-weight.toml")).unwrap();
        for (from, to) in edits {
            text = text.replace(from, to);
        }
        let loaded = scenario::load_str("refused.toml", &text);
        assert!(loaded.plan.is_none(), "{text}");
        assert!(loaded.problems.to_string().contains(words), "{}", loaded.problems);
    };
    refused(&[("hosts = 2", "hosts = \"100%\"")], "none of its hosts is left");
    refused(&[("hosts = 2", "hosts = 2\none-box = { bake = \"5m\" }")], "the one-box gets no requests");
    let by_requests = "name = \"all\"\nclock = \"requests\"\nper-request = \"0.1%\"\n[[alarm]]";
    refused(&[("name = \"all\"\n[[alarm]]", by_requests)], "`traffic` routes them");
    refused(
        &[("traffic = \"1%\"\n", ""), ("name = \"all\"\nregions", "name = \"all\"\nhosts = 2\nregions")],
        "no more hosts",
    );
}

#[test]
fn damage_follows_the_requests() {
    let damage = "name = \"all\"\ndamage-per-request = \"50%\"\n[[alarm]]";
    let outcome = one(&plan("traffic-weight", &[("name = \"all\"\n[[alarm]]", damage)]), 0);
    close(outcome.damaged_items, 1_500.0);
    assert_eq!(outcome.failed_requests, 0.0);
}

#[test]
fn hosts_past_the_waves_are_sent_as_little() {
    let bypass = "name = \"s\"\nbypass = { hosts = 1, time = \"0s\" }";
    let outcome = one(
        &plan("traffic-weight", &[("name = \"s\"", bypass), ("traffic = \"1%\"", "traffic = \"0%\"")]),
        0,
    );
    assert_eq!((outcome.activated_ms, outcome.onset_ms), (Some(0), Some(30 * MINUTE)));
}
