//! How shares become whole hosts where the scenario says so, lists of batches, and clusters that fail.

use super::{HOUR, MINUTE, one, outcomes, plan};
use crate::support;
use wavetank::outcome::{Ending, Notice};
use wavetank::plan::timeline::timetable;

#[test]
fn batches_follow_a_list_of_which_the_last_repeats() {
    // 1, 2 of 25, then 13 and what is left: four batches of a minute with three pauses between them.
    let listed = plan("batches-by-list", &[]);
    let outcome = one(&listed, 0);
    assert_eq!((outcome.to_100_ms, outcome.bake_ms), (Some(19 * MINUTE), Some(15 * MINUTE)));
    assert_eq!(timetable(&listed, 0).end_ms(), 19 * MINUTE);
    let (_, records) = wavetank::rollout::replay(&listed, 0, 0);
    let done = records.iter().filter_map(|record| match record.event {
        wavetank::rollout::RolloutEvent::BatchDone { hosts_done, .. } => Some(hosts_done),
        _ => None,
    });
    assert_eq!(done.collect::<Vec<_>>(), [1, 3, 16, 25]);
    // One that is cut down, and one that ends with the zone.
    let capped = plan("batches-by-list", &[("batch-bake = \"5m\"", "max-unavailable = 10")]);
    assert_eq!(one(&capped, 0).to_100_ms, Some(5 * MINUTE), "1, 2, 10, 10, 2");
    let short = plan("batches-by-list", &[("\"50% up\"", "\"100%\", 3")]);
    assert_eq!(one(&short, 0).to_100_ms, Some(13 * MINUTE), "1, 2, 22");
}

#[test]
fn a_list_is_its_waves_and_one_size_is_no_list() {
    let random = ("deploy-time = \"1m\"", "deploy-time = { exponential = { mean = \"1m\" } }");
    let of = |batch: &str| {
        let edit = ("batch = [1, \"10%\", \"50% up\"]", batch);
        outcomes(&plan("batches-by-list", &[random, edit]), 0, 100)
    };
    assert!(of("batch = [5]") == of("batch = 5") && of("batch = [5, 5, 5]") == of("batch = 5"));
    assert!(of("batch = [1, 5]") != of("batch = 5"));
    let waves = "wave = [{ regions = \"all\" }]";
    let steps = "[[strategy.wave]]\nregions = \"all\"\nsteps = [{ hosts = 1, bake = \"5m\" }, { hosts = 3, bake = \"5m\" }, { hosts = 16, bake = \"5m\" }, {}]";
    let by_steps = plan(
        "batches-by-list",
        &[random, ("batch = [1, \"10%\", \"50% up\"]\nbatch-bake = \"5m\"", ""), (waves, steps)],
    );
    let by_list = of("batch = [1, \"10%\", \"50% up\"]");
    for (step, list) in outcomes(&by_steps, 0, 100).iter().zip(&by_list) {
        assert_eq!(
            (step.to_100_ms, step.to_50_ms, step.bake_ms),
            (list.to_100_ms, list.to_50_ms, list.bake_ms)
        );
    }
}

#[test]
fn shares_round_as_they_are_told() {
    let of = |hosts: u32, keys: &str, wave: &str| {
        support::plan_of(&format!(
            "[study]\ntrials = 2\n[[fleet.region]]\nname = \"a\"\nhosts-per-zone = {hosts}\n[change]\ndeploy-time = \"1m\"\n[[strategy]]\n\
             name = \"s\"\n{keys}\nwave = [{{ regions = \"all\"{wave} }}]\n"
        ))
    };
    let minutes = |hosts, keys: &str| one(&of(hosts, keys, ""), 0).to_100_ms.unwrap() / MINUTE;
    assert_eq!(
        ["30%", "30% down", "30% up", "30% nearest"].map(|batch| minutes(7, &format!("batch = \"{batch}\""))),
        [4, 4, 3, 4]
    );
    assert_eq!(minutes(10, "max-unavailable = \"all but 8\""), 5);
    assert_eq!(minutes(10, "max-surge = \"25% down\"\nmax-unavailable = 0"), 5);
    let reach = |share: &str| {
        let plan = of(10, "", &format!(", hosts = \"{share}\" }}, {{ regions = \"all\""));
        plan.strategies[0].waves[0].hosts.reach_of(10)
    };
    assert_eq!(["14%", "14% up", "14% nearest", "14% down", "99% nearest"].map(reach), [2, 2, 1, 1, 9]);
}

#[test]
fn a_rollout_that_nobody_may_leave_for_is_refused() {
    for (keys, place) in [
        ("max-unavailable = \"5% down\"", "max-unavailable"),
        ("max-unavailable = \"all but 10\"", "max-unavailable"),
        ("max-surge = \"5% down\"\nmax-unavailable = 0", "max-unavailable"),
    ] {
        let text = format!(
            "[[fleet.region]]\nname = \"a\"\nhosts-per-zone = 10\n[[strategy]]\nname = \"s\"\n{keys}\nwave = [{{ regions = \"all\" }}]\n"
        );
        let loaded = wavetank::scenario::load_str("test.toml", &text);
        let said = loaded.problems.render(false);
        assert!(loaded.plan.is_none() && said.contains("of the 10 hosts of a/a none may leave"), "{said}");
        assert!(said.contains(place));
    }
    for text in ["\"all but 0\"", "\"all but\"", "\"5%up\"", "\"5% sideways\"", "\"0% up\""] {
        let text = format!(
            "[[fleet.region]]\nname = \"a\"\nhosts-per-zone = 10\n[[strategy]]\nname = \"s\"\nbatch = {text}\nwave = [{{ regions = \"all\" }}]\n"
        );
        assert!(wavetank::scenario::load_str("test.toml", &text).plan.is_none(), "{text}");
    }
}

#[test]
fn a_cluster_that_fails_holds_its_place_until_it_is_given_up() {
    // Two of three at once: the one that fails until an hour is over, the others for ten minutes each.
    let outcome = one(&plan("clusters-that-fail", &[]), 0);
    assert_eq!((outcome.completed_ms, outcome.left_behind_hosts), (Some(HOUR + 10 * MINUTE), 1));
    let quick = plan("clusters-that-fail", &[("failing-time = \"1h\"\n", "")]);
    assert_eq!(one(&quick, 0).completed_ms, Some(30 * MINUTE), "as long as any other");
    let slow = plan("clusters-that-fail", &[("\"1h\"", "{ exponential = { mean = \"1h\" } }")]);
    let times: Vec<f64> =
        outcomes(&slow, 0, 4_000).iter().map(|o| o.completed_ms.unwrap() as f64 / MINUTE as f64).collect();
    // The slower of ten minutes, in which the change is tried, and an exponential hour; or of twenty, which the others take.
    let mean = times.iter().sum::<f64>() / times.len() as f64;
    let right = 20.0 + 60.0 * libm::exp(-20.0 / 60.0) + 10.0;
    assert!((mean / right - 1.0).abs() < 0.05, "{mean} for {right}");
}

#[test]
fn failures_of_a_wave_are_those_of_its_regions() {
    let more = (
        "labels = [\"first\"]\n[[fleet.region]]\nname = \"four\"\nhosts-per-zone = 1",
        "labels = [\"first\"]\nfailing-hosts = 1\n[[fleet.region]]\nname = \"four\"\nhosts-per-zone = 1",
    );
    let stopped = one(&plan("clusters-that-fail", &[more]), 0);
    assert_eq!((stopped.ending, stopped.notice), (Ending::FalseRollback, Some(Notice::FailedHosts)));
    // One in each of two waves is one in each.
    let later =
        ("name = \"four\"\nhosts-per-zone = 1", "name = \"four\"\nhosts-per-zone = 1\nfailing-hosts = 1");
    assert!(one(&plan("clusters-that-fail", &[later]), 0).is_complete());
    let in_all = ("per = \"wave\"", "per = \"rollout\"");
    assert!(!one(&plan("clusters-that-fail", &[later, in_all]), 0).is_complete());
    // A third of three, to the last one, is as many; a third of one is less.
    let third = ("allowed = 1", "allowed = \"34%\"");
    assert!(one(&plan("clusters-that-fail", &[third]), 0).is_complete());
    assert!(!one(&plan("clusters-that-fail", &[third, later]), 0).is_complete());
    let up = ("allowed = 1", "allowed = \"34% up\"");
    assert!(one(&plan("clusters-that-fail", &[up, later]), 0).is_complete(), "one of one, rounded up");
}

#[test]
fn a_region_has_failing_hosts_of_its_own() {
    let all = ("[change]\n", "[change]\nfailing-hosts = 1\n");
    let spared =
        ("name = \"one\"\nhosts-per-zone = 1", "name = \"one\"\nhosts-per-zone = 1\nfailing-hosts = 0");
    let any = ("failures = { allowed = 1, per = \"wave\" }\n", "");
    let left = |edits: &[(&str, &str)]| one(&plan("clusters-that-fail", edits), 0).left_behind_hosts;
    assert_eq!((left(&[any]), left(&[any, all]), left(&[any, all, spared])), (1, 4, 3));
}
