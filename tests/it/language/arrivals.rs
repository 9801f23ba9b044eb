//! Requests that fall away: what customers do who do not get there, and who notices.

use super::{HOUR, MINUTE, outcomes, plan, share};
use crate::support::{self, accept};
use wavetank::outcome::{Ending, Outcome};
use wavetank::plan::Plan;

/// Probability that a Poisson variable is below `count`, term by term.
fn poisson_below(mean: f64, count: u32) -> f64 {
    let (mut term, mut sum) = (libm::exp(-mean), 0.0);
    for value in 0..count {
        sum += term;
        term *= mean / f64::from(value + 1);
    }
    sum
}

fn z(outcomes: &[Outcome], expected: f64, hit: impl Fn(&Outcome) -> bool) -> f64 {
    let error = (expected * (1.0 - expected) / outcomes.len() as f64).sqrt();
    (share(outcomes, hit) - expected) / error
}

/// One zone of 10 hosts; `rest` says the rest.
fn one_zone(requests_per_second: f64, rest: &str) -> Plan {
    support::plan_of(&format!(
        "[study]\ntrials = 10\n{rest}\n[[fleet.region]]\nname = \"r\"\nhosts-per-zone = 10\n\
         requests-per-second = {requests_per_second}\n[[strategy]]\nname = \"s\"\nwave = [{{ regions = \"all\", bake = \"10m\" }}]"
    ))
}

fn watched(requests_per_second: f64, defect: &str, alarm: &str) -> Plan {
    one_zone(
        requests_per_second,
        &format!(
            "[[defect]]\nname = \"d\"\n{defect}\n[[alarm]]\nname = \"a\"\nscope = \"zone\"\nclock = \"deployment\"\n{alarm}"
        ),
    )
}

#[test]
fn fewer_than_half_of_the_usual_requests_are_a_poisson_tail() {
    let plan = plan("requests-fall-away", &[]);
    let outcomes = outcomes(&plan, 0, 12_000);
    let (good, bad): (Vec<Outcome>, Vec<Outcome>) = outcomes.into_iter().partition(|o| !o.is_bad());
    for (outcomes, mean, ending) in [(&good, 20.0, Ending::FalseRollback), (&bad, 8.0, Ending::Caught)] {
        let minute = poisson_below(mean, 10);
        let three = 1.0 - (1.0 - minute) * (1.0 - minute) * (1.0 - minute);
        accept(&format!("{mean} a minute"), z(outcomes, three, |o| o.ending == ending));
    }
}

#[test]
fn who_does_not_get_there_makes_no_error() {
    let plan = plan("requests-fall-away", &[]);
    let outcomes = outcomes(&plan, 1, 300);
    assert!(outcomes.iter().all(|o| matches!(o.ending, Ending::Completed | Ending::Escaped)));
    // Three minutes of 20 requests, of which six of ten are lost.
    let failed = |o: &Outcome| (o.failed_requests - 36.0).abs() < 1e-9;
    assert!(outcomes.iter().filter(|o| o.is_bad()).all(failed), "they count as failed");
}

#[test]
fn half_of_the_requests_that_come_are_as_a_zone_with_half_as_many() {
    // Trial by trial the same: nobody tells customers who do not get there from customers who are not there.
    for alarm in [
        "error-ratio = { above = \"10%\", min-requests = 4 }\ndatapoints = 2",
        "slow-ratio = { above = \"10%\" }",
        "error-count = { at-least = 3, seen = \"50%\" }",
        "error-ratio = { above = \"10%\", min-requests = 4 }\nmissing-data = \"ignore\"\ndatapoints = \"2 of 3\"",
    ] {
        let symptom = "error-ratio = \"10%\"\nslow-ratio = \"10%\"";
        let drops = watched(0.125, &format!("{symptom}\ndrop-ratio = \"50%\""), alarm);
        let fewer = watched(0.0625, symptom, alarm);
        let times =
            |plan: &Plan| -> Vec<Option<u64>> { outcomes(plan, 0, 500).iter().map(|o| o.alarm_ms).collect() };
        let (drops, fewer) = (times(&drops), times(&fewer));
        assert!(drops.iter().any(Option::is_some) && drops.iter().any(Option::is_none), "{alarm}");
        assert!(drops == fewer, "{alarm}");
    }
}

#[test]
fn of_those_that_come_fewer_meet_the_fault() {
    // Half of the hosts: of 60 requests 15 are lost, and 15 of the other 45 come to impaired hosts, of which a fifth fails.
    let defect = "reach = \"50%\"\ndrop-ratio = \"50%\"\nerror-ratio = \"20%\"";
    let plan = watched(1.0, defect, "error-count = { at-least = 7 }");
    let ten = 1.0 - libm::pow(poisson_below(3.0, 7), 10.0);
    accept("three a minute fail", z(&outcomes(&plan, 0, 5_000), ten, |o| o.ending == Ending::Caught));
    // As a ratio: of 45 failing with a fifteenth, naively, over all pairs of failures and others.
    let plan = watched(1.0, defect, "error-ratio = { above = \"15%\" }");
    let (failing, others) =
        (|x| poisson_below(3.0, x + 1) - poisson_below(3.0, x), |y| poisson_below(42.0, y));
    let minute: f64 =
        (1..40).map(|x| failing(x) * others((f64::from(x) * 0.85 / 0.15 - 1e-9).ceil() as u32)).sum();
    let ten = 1.0 - libm::pow(1.0 - minute, 10.0);
    accept("more than 15 % of them", z(&outcomes(&plan, 0, 5_000), ten, |o| o.ending == Ending::Caught));
}

#[test]
fn where_nobody_gets_there_data_are_missing_and_probes_fail() {
    let at = |alarm: &str| outcomes(&watched(100.0, "drop-ratio = \"100%\"", alarm), 0, 3)[0].alarm_ms;
    assert_eq!(at("error-ratio = { above = \"1%\" }"), None);
    assert_eq!(at("absent = {}"), Some(MINUTE));
    // Three of three look at five periods, of which the healthy ones before the first are the last to leave.
    assert_eq!(
        at("error-ratio = { above = \"1%\" }\nmissing-data = \"breaching\"\ndatapoints = 3"),
        Some(5 * MINUTE)
    );
    assert_eq!(at("synthetic = { probes = 2, above = \"50%\" }"), Some(MINUTE));
    assert_eq!(at("request-drop = { below = \"1%\" }"), Some(MINUTE));
    assert_eq!(at("request-drop = { below = \"1%\" }\nversion = \"new\"\n"), Some(MINUTE));
}

#[test]
fn a_canary_that_nobody_reaches_gives_no_evidence() {
    let ending = |drop: &str, hurts: &str, inconclusive: &str| {
        let plan = support::plan_of(&format!(
            "[study]\ntrials = 10\n[[fleet.region]]\nname = \"r\"\nhosts-per-zone = 10\nrequests-per-second = 100\n[[defect]]\n\
             name = \"d\"\ndrop-ratio = \"{drop}\"\nerror-ratio = \"50%\"\n{hurts}\n[[alarm]]\nname = \"a\"\nscope = \"one-box\"\n\
             canary = {{ judge = \"z-score\", inconclusive = \"{inconclusive}\" }}\n[[strategy]]\nname = \"s\"\n\
             one-box = {{ hosts = 1, bake = \"10m\" }}\nwave = [{{ regions = \"all\" }}]"
        ));
        outcomes(&plan, 0, 3)[0].ending
    };
    assert_eq!(ending("50%", "", "pass"), Ending::Caught, "half of them still come");
    assert_eq!(ending("100%", "", "pass"), Ending::Escaped);
    assert_eq!(ending("100%", "", "fail"), Ending::Caught);
    assert_eq!(
        ending("50%", "hurts = { everyone-in = \"zone\" }", "pass"),
        Ending::Escaped,
        "the baseline is as ill"
    );
}

#[test]
fn the_night_is_no_drop() {
    // Exactly as many as expected come at any hour of a steep day; one of a hundred fewer is seen.
    let run = |drop: &str| {
        let plan = one_zone(
            100.0,
            &format!(
                "start-spread = \"24h\"\n[fleet]\narrivals = \"fixed\"\ndiurnal = {{ peak-hour = 12, trough = \"1%\" }}\n\
                 [[defect]]\nname = \"d\"\n{drop}\n[[alarm]]\nname = \"a\"\nscope = \"service\"\nperiod = \"1h\"\nwatch = \"rollout\"\n\
                 request-drop = {{ below = \"99%\" }}"
            ),
        );
        outcomes(&plan, 0, 100)
    };
    assert!(run("error-ratio = \"100%\"").iter().all(|o| o.alarm_ms.is_none()));
    let seen = run("drop-ratio = \"2%\"");
    // Ten minutes of bake meet a whole hour in one of six trials.
    assert!(seen.iter().any(|o| o.alarm_ms.is_some_and(|ms| ms < HOUR)), "no whole hour in 100 trials");
}

#[test]
fn contradictions_are_refused() {
    let refused = |rest: &str| {
        let text = format!(
            "[fleet]\npeak-utilisation = \"60%\"\n[[fleet.region]]\nname = \"r\"\nhosts-per-zone = 10\nrequests-per-second = 1\n\
             [[strategy]]\nname = \"s\"\nwave = [{{ regions = \"all\" }}]\n{rest}"
        );
        let loaded = wavetank::scenario::load_str("test.toml", &text);
        assert!(loaded.plan.is_none(), "{rest} is accepted");
        loaded.problems.render(false)
    };
    let both = refused("[[defect]]\nname = \"d\"\ncrash = true\ndrop-ratio = \"10%\"");
    assert!(both.contains("none of it is lost"), "{both}");
    let never = refused("[[alarm]]\nname = \"a\"\nscope = \"zone\"\nrequest-drop = { below = \"0%\" }");
    assert!(never.contains("never fires"), "{never}");
    let inside = refused(
        "[[alarm]]\nname = \"a\"\nscope = \"zone\"\ninternal = true\nrequest-drop = { below = \"10%\" }",
    );
    assert!(inside.contains("internal"), "{inside}");
}
