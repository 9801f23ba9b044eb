//! What must hold to go on: gates beside a bake, and ladders of steps between them.

use super::{HOUR, MINUTE, outcomes, plan, share};
use crate::support;
use wavetank::outcome::pipeline::{ChangeOutcome, Part};
use wavetank::outcome::{Ending, Outcome};
use wavetank::plan::timeline::timetable;
use wavetank::plan::{GateKind, Plan};
use wavetank::study::{Nobody, pipeline as study};

fn completed_ms(plan: &Plan) -> u64 {
    let outcome = outcomes(plan, 0, 1).remove(0);
    assert_eq!(timetable(plan, 0).end_ms(), outcome.end_ms, "what `plan` says");
    outcome.completed_ms.expect("the rollout completes")
}

/// Two regions, with whatever the test says of alarms and strategies.
fn small(rest: &str) -> Plan {
    support::plan_of(&format!(
        "[study]\ntrials = 10\n[[fleet.region]]\nname = \"a\"\nhosts-per-zone = 10\nrequests-per-second = 10\n\
         [[fleet.region]]\nname = \"b\"\nhosts-per-zone = 10\nrequests-per-second = 40\n{rest}"
    ))
}

// --- Approvals --------------------------------------------------------------------------------------------

#[test]
fn bake_and_approval_run_side_by_side() {
    assert_eq!(completed_ms(&plan("approval-beside-bake", &[])), HOUR);
    let slow = plan("approval-beside-bake", &[("\"30m\"", "\"90m\"")]);
    assert_eq!(completed_ms(&slow), 90 * MINUTE);
}

#[test]
fn an_approver_rests_outside_of_office_hours() {
    // The first wave is done on Friday at 16:50; twenty minutes of work end on Monday at 9:10.
    let office =
        "{ takes = \"20m\", hours = \"09:00-17:00\", days = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\"] }";
    let gate = format!("gates = [{{ approval = {office} }}]");
    let edits = [
        ("trials = 10", "trials = 10\nstart = \"fri 16:50\""),
        ("bake = \"1h\"\ngates = [{ approval = { takes = \"30m\" } }]", gate.as_str()),
    ];
    let weekend = plan("approval-beside-bake", &edits);
    assert_eq!(completed_ms(&weekend), 10 * MINUTE + 64 * HOUR + 10 * MINUTE);
    // In Tokyo it is nine hours later: the office there opens at midnight UTC.
    let tokyo = gate.replace("hours", "timezone = \"Asia/Tokyo\", hours");
    let tokyo = plan("approval-beside-bake", &[edits[0], (edits[1].0, tokyo.as_str())]);
    assert_eq!(completed_ms(&tokyo), 7 * HOUR + 10 * MINUTE + 48 * HOUR + 20 * MINUTE);
}

#[test]
fn who_approves_may_find_the_defect_or_refuse_a_good_change() {
    let refused = |gate: &str, bad: &str| {
        let plan = small(&format!(
            "[change]\nbad-probability = \"{bad}\"\n[[defect]]\nname = \"d\"\n[[strategy]]\nname = \"s\"\n\
             [[strategy.wave]]\nregions = [\"a\"]\ngates = [{gate}]\n[[strategy.wave]]\nregions = [\"b\"]\n"
        ));
        outcomes(&plan, 0, 10_000)
    };
    let caught = |outcomes: &[Outcome]| share(outcomes, |o| o.ending == Ending::Caught);
    let bad = refused("{ approval = { takes = \"1h\", catches = \"30%\", false-alarm = \"5%\" } }", "100%");
    assert!((caught(&bad) - 0.3).abs() < 0.02);
    assert!(bad.iter().filter(|o| o.ending == Ending::Caught).all(|o| o.alarm_ms == Some(HOUR)));
    let good = refused("{ test = { takes = \"1h\", catches = \"30%\", false-alarm = \"5%\" } }", "0%");
    assert!((share(&good, |o| o.ending == Ending::FalseRollback) - 0.05).abs() < 0.01);
    let two = "{ test = { catches = \"50%\" } }, { approval = { catches = \"50%\" } }";
    assert!((caught(&refused(two, "100%")) - 0.75).abs() < 0.02, "each looks for itself");
}

#[test]
fn a_gate_that_is_not_in_time_fails() {
    let late = plan("approval-beside-bake", &[("\"30m\" } }", "\"90m\" }, within = \"80m\" }")]);
    let outcome = outcomes(&late, 0, 1).remove(0);
    assert_eq!((outcome.ending, outcome.rollback_ms), (Ending::FalseRollback, Some(80 * MINUTE)));
    let in_time = plan("approval-beside-bake", &[("\"30m\" } }", "\"90m\" }, within = \"90m\" }")]);
    assert_eq!(completed_ms(&in_time), 90 * MINUTE);
}

#[test]
fn an_approval_in_a_pipeline_is_part_of_the_lead_time() {
    // Merged every five days from a Monday on; somebody approves on Mondays and Tuesdays.
    let plan = support::plan_of(
        "[[fleet.region]]\nname = \"r\"\nhosts-per-zone = 4\n[[strategy]]\nname = \"s\"\n[[strategy.wave]]\nregions = \"all\"\n\
         bake = \"2h\"\ngates = [{ approval = { takes = \"1h\", hours = \"09:00-17:00\", days = [\"mon\", \"tue\"] } }]\n\
         [pipeline]\nlength = \"15d\"\nwarm-up = \"0s\"\ntrials = 2\nsource = { every = \"5d\" }\n\
         [[pipeline.stage]]\nname = \"build\"\nphase = \"build\"\nduration = \"0s\"\n",
    );
    let done = study::run(&plan, plan.pipeline.as_ref().unwrap(), 2, &Nobody).unwrap();
    let parts =
        |change: &ChangeOutcome| [Part::Bake, Part::Approval].map(|part| change.parts.of(part) / HOUR);
    let changes = &done.by_strategy[0][0].changes;
    let found: Vec<[u64; 2]> = changes.iter().map(parts).collect();
    // From the end of the bake to ten on Monday of the first, the second and the third week.
    assert_eq!(found, [[2, 10 - 2], [2, 168 + 10 - 120 - 2], [2, 336 + 10 - 240 - 2]]);
}

// --- Openings -------------------------------------------------------------------------------------------

#[test]
fn a_step_waits_until_it_is_open() {
    // The first wave is done on Friday at 16:50.
    let ends = |opening: &str| {
        let gate = format!("gates = [{{ opening = {opening} }}]");
        let edits = [
            ("trials = 10", "trials = 10\nstart = \"fri 16:50\""),
            ("bake = \"1h\"\ngates = [{ approval = { takes = \"30m\" } }]", gate.as_str()),
        ];
        completed_ms(&plan("approval-beside-bake", &edits))
    };
    let week = "days = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\"]";
    let monday_at_nine = 10 * MINUTE + 64 * HOUR;
    assert_eq!(ends(&format!("{{ hours = \"09:00-17:00\", {week} }}")), 0, "it is open");
    assert_eq!(ends(&format!("{{ hours = \"09:00-17:00\", {week}, next = true }}")), monday_at_nine);
    assert_eq!(ends(&format!("{{ hours = \"09:00-16:00\", {week} }}")), monday_at_nine);
    assert_eq!(ends("{ hours = \"10:00-11:00\", next = true }"), 10 * MINUTE + 17 * HOUR);
    assert_eq!(ends("{ days = [\"sun\"] }"), 10 * MINUTE + 31 * HOUR, "the whole of it");
    // In Tokyo it is ten to two on Saturday: nine there comes 7 hours later, at midnight UTC.
    let tokyo = "{ hours = \"09:00-17:00\", timezone = \"Asia/Tokyo\" }";
    assert_eq!(ends(tokyo), 10 * MINUTE + 7 * HOUR);
}

#[test]
fn an_opening_in_time_holds_and_one_that_is_late_fails() {
    let run = |within: &str| {
        let plan = small(&format!(
            "[[strategy]]\nname = \"s\"\n[[strategy.wave]]\nregions = [\"a\"]\n\
             gates = [{{ opening = {{ hours = \"10:00-12:00\" }}, within = \"{within}\" }}]\n[[strategy.wave]]\nregions = [\"b\"]\n"
        ));
        outcomes(&plan, 0, 1).remove(0)
    };
    assert_eq!(run("10h").completed_ms, Some(10 * HOUR));
    let late = run("9h");
    assert_eq!((late.ending, late.alarm_ms), (Ending::FalseRollback, Some(9 * HOUR)));
}

#[test]
fn a_step_of_a_pipeline_waits_until_monday() {
    // Merged every five days from a Monday on: on Monday, Saturday and Thursday.
    let plan = support::plan_of(
        "[[fleet.region]]\nname = \"r\"\nhosts-per-zone = 4\n[[strategy]]\nname = \"s\"\n[[strategy.wave]]\nregions = \"all\"\n\
         bake = \"2h\"\ngates = [{ opening = { hours = \"09:00-17:00\", days = [\"mon\"], next = true } }]\n\
         [pipeline]\nlength = \"15d\"\nwarm-up = \"0s\"\ntrials = 2\nsource = { every = \"5d\" }\n\
         [[pipeline.stage]]\nname = \"build\"\nphase = \"build\"\nduration = \"0s\"\n",
    );
    let done = study::run(&plan, plan.pipeline.as_ref().unwrap(), 2, &Nobody).unwrap();
    let changes = &done.by_strategy[0][0].changes;
    let waits: Vec<u64> = changes.iter().map(|change| change.parts.of(Part::Approval) / HOUR).collect();
    assert_eq!(waits, [9 - 2, 168 + 9 - 120 - 2, 336 + 9 - 240 - 2]);
}

// --- Checks -----------------------------------------------------------------------------------------------

/// Probability of `failures` failed checks before `passes` passed ones, and the mean number of failed ones otherwise.
fn negative_binomial(passes: u32, failures: u32, p: f64) -> (f64, f64) {
    // Walks through the states (passed, failed), the naive way.
    let mut reach = vec![vec![0.0; failures as usize + 1]; passes as usize + 1];
    reach[0][0] = 1.0;
    for passed in 0..passes as usize {
        for failed in 0..failures as usize {
            let here = reach[passed][failed];
            reach[passed + 1][failed] += here * (1.0 - p);
            reach[passed][failed + 1] += here * p;
        }
    }
    let lost: f64 = reach.iter().map(|row| row[failures as usize]).sum();
    let done = &reach[passes as usize][..failures as usize];
    let mean =
        done.iter().enumerate().map(|(failed, share)| failed as f64 * share).sum::<f64>() / (1.0 - lost);
    (lost, mean)
}

#[test]
fn a_failed_check_holds_the_step_and_too_many_take_it_back() {
    let plan = plan("checks-hold-a-step", &[]);
    for (strategy, steps) in [(0, 10), (1, 10)] {
        let outcomes = outcomes(&plan, strategy, 20_000);
        let (lost, failed) = negative_binomial(steps, 3, 0.1);
        assert!((lost - 0.111).abs() < 0.0005, "the published 11.1 %: {lost}");
        let back = share(&outcomes, |o| o.ending == Ending::FalseRollback);
        assert!((back - lost).abs() < 4.5 * (lost * (1.0 - lost) / 20_000.0).sqrt(), "{strategy}: {back}");
        let promoted: Vec<f64> =
            outcomes.iter().filter_map(|o| o.completed_ms).map(|ms| ms as f64 / MINUTE as f64).collect();
        let mean = promoted.iter().sum::<f64>() / promoted.len() as f64;
        assert!((mean - (f64::from(steps) + failed)).abs() < 0.03, "{strategy}: {mean} minutes");
    }
}

#[test]
fn checks_begin_after_the_warm_up_and_see_the_defect() {
    let plan = small(
        "[[defect]]\nname = \"d\"\n[[alarm]]\nname = \"errors\"\nscope = \"region\"\nerror-ratio = { above = \"1%\" }\n\
         [[strategy]]\nname = \"s\"\n[[strategy.wave]]\nregions = [\"a\"]\n\
         gates = [{ checks = { alarm = \"errors\", passes = 5, failures = 2, after = \"10m\" } }]\n\
         [[strategy.wave]]\nregions = [\"b\"]\n",
    );
    let outcome = outcomes(&plan, 0, 1).remove(0);
    // Nothing listens to the alarm but the gate: checks of 11 and 12 minutes fail.
    assert_eq!((outcome.ending, outcome.alarm_ms), (Ending::Caught, Some(12 * MINUTE)));
}

#[test]
fn what_was_not_there_to_check_is_a_failed_check_a_passed_one_or_none() {
    let run = |missing: &str, within: &str| {
        let plan = support::plan_of(&format!(
            "[study]\ntrials = 2\n[[fleet.region]]\nname = \"a\"\nhosts-per-zone = 4\n[[alarm]]\nname = \"errors\"\n\
             scope = \"service\"\nerror-ratio = {{ above = \"1%\" }}\nmissing-data = \"{missing}\"\n[[strategy]]\n\
             name = \"s\"\n[[strategy.wave]]\nregions = \"all\"\nhosts = 1\n\
             gates = [{{ checks = {{ alarm = \"errors\", passes = 3, failures = 10 }}{within} }}]\n\
             [[strategy.wave]]\nregions = \"all\"\n"
        ));
        outcomes(&plan, 0, 1).remove(0)
    };
    // No traffic, no values: every interval counts as failed, and the tenth takes the change back.
    let strict = run("breaching", "");
    assert_eq!((strict.ending, strict.alarm_ms), (Ending::FalseRollback, Some(10 * MINUTE)));
    let lenient = run("not-breaching", "");
    assert_eq!((lenient.ending, lenient.completed_ms), (Ending::Completed, Some(3 * MINUTE)));
    let waits = run("missing", ", within = \"1h\"");
    assert_eq!((waits.ending, waits.alarm_ms), (Ending::FalseRollback, Some(HOUR)));
}

#[test]
fn a_check_that_fails_in_several_places_is_one_and_a_limit_holds_to_the_instant() {
    let run = |missing: &str, gate: &str| {
        let plan = support::plan_of(&format!(
            "[study]\ntrials = 2\n[[fleet.region]]\nname = \"a\"\nzones = 3\nhosts-per-zone = 4\n[[alarm]]\nname = \"errors\"\n\
             scope = \"zone\"\nerror-ratio = {{ above = \"1%\" }}\nmissing-data = \"{missing}\"\n[[strategy]]\n\
             name = \"s\"\nzones-at-once = \"all\"\n[[strategy.wave]]\nregions = \"all\"\ngates = [{gate}]\n"
        ));
        outcomes(&plan, 0, 1).remove(0)
    };
    // Three zones without data are one failed check a minute.
    let counted = run("breaching", "{ checks = { alarm = \"errors\", failures = 5 } }");
    assert_eq!((counted.ending, counted.alarm_ms), (Ending::FalseRollback, Some(5 * MINUTE)));
    // Checks that find nothing hold the gate from minute to minute, also at the instant of its limit.
    for within in ["6m", "6m30s"] {
        let held = run("ignore", &format!("{{ checks = {{ alarm = \"errors\" }}, within = \"{within}\" }}"));
        let limit_ms = if within == "6m" { 6 * MINUTE } else { 6 * MINUTE + MINUTE / 2 };
        assert_eq!((held.ending, held.alarm_ms), (Ending::FalseRollback, Some(limit_ms)), "{within}");
    }
}

// --- Requests ---------------------------------------------------------------------------------------------

#[test]
fn a_gate_waits_until_so_many_requests_were_served() {
    // A tenth of region a, 1 of its 10 requests a second, serves 600 of them in ten minutes.
    let plan = small(
        "[[strategy]]\nname = \"s\"\n[[strategy.wave]]\nregions = [\"a\"]\nhosts = \"10%\"\n\
         gates = [{ requests = 600 }]\n[[strategy.wave]]\nregions = \"all\"\n",
    );
    assert_eq!(completed_ms(&plan), 10 * MINUTE);
    let both = small(
        "[[strategy]]\nname = \"s\"\n[[strategy.wave]]\nregions = \"all\"\ngates = [{ requests = 3000 }]\n",
    );
    assert_eq!(completed_ms(&both), MINUTE, "50 a second");
}

#[test]
fn a_test_of_some_power_is_a_number_of_requests() {
    let with = |gate: &str, background: &str| {
        small(&format!(
            "[fleet]\nbackground-error-ratio = \"{background}\"\n[[strategy]]\nname = \"s\"\n[[strategy.wave]]\nregions = [\"a\"]\n\
             gates = [{{ {gate} }}]\n[[strategy.wave]]\nregions = [\"b\"]\n"
        ))
    };
    let requests =
        |gate: &str, background: &str| match with(gate, background).strategies[0].waves[0].gates[0].kind {
            GateKind::Requests(requests) => requests,
            _ => panic!("another gate"),
        };
    // One-sided 5 %, power 80 %, 0 against 5 %; computed apart, with 16 digits of the normal quantiles: 119.509.
    assert_eq!(requests("power = { detects = \"5%\" }", "0%"), 120);
    let two_sided = "power = { detects = \"10%\", false-positive = \"2.5%\" }";
    assert_eq!(requests(two_sided, "50%"), 388, "50 % against 60 %, as tables have it");
    let (power, number) = (with("power = { detects = \"5%\" }", "0%"), with("requests = 120", "0%"));
    assert_eq!(power.digest(), number.digest());
    // Ten a second in region a.
    assert_eq!(completed_ms(&power), 12_000);
}

// --- Ladders ----------------------------------------------------------------------------------------------

#[test]
fn a_ladder_is_its_waves() {
    let with = |waves: &str| {
        small(&format!(
            "[[defect]]\nname = \"d\"\nonset = {{ exponential = {{ mean = \"1h\" }} }}\n[[alarm]]\nname = \"errors\"\n\
             scope = \"service\"\nerror-ratio = {{ above = \"1%\" }}\n[[strategy]]\nname = \"s\"\n{waves}"
        ))
    };
    let waves = with(
        "wave = [{ regions = \"all\", hosts = \"20%\", bake = \"10m\" }, { regions = \"all\", hosts = \"60%\", \
         bake = \"10m\" }, { regions = \"all\", bake = \"1h\" }]\n",
    );
    let steps = with(
        "[[strategy.wave]]\nregions = \"all\"\nsteps = [{ hosts = \"20%\", bake = \"10m\" }, { hosts = \"60%\", \
         bake = \"10m\" }, { hosts = \"100%\", bake = \"1h\" }]\n",
    );
    let ramp = with(
        "wave = [{ regions = \"all\", ramp = { from = \"20%\", add = \"40%\", every = \"10m\" }, bake = \"1h\" }]\n",
    );
    let expected = outcomes(&waves, 0, 200);
    assert!(outcomes(&steps, 0, 200) == expected && outcomes(&ramp, 0, 200) == expected);
    assert_eq!(steps.strategies[0].waves[1].name, "wave 1, step 2");
}

#[test]
fn a_ramp_of_traffic_sends_more_to_hosts_that_are_there() {
    let plan = small(
        "[[strategy]]\nname = \"s\"\n[[strategy.wave]]\nregions = \"all\"\nmax-surge = \"100%\"\n\
         ramp = { of = \"traffic\", from = \"1%\", times = 10, every = \"10m\", gates = [{ requests = 600 }] }\n",
    );
    let waves = &plan.strategies[0].waves;
    let shares: Vec<Option<f64>> =
        waves.iter().map(|wave| wave.traffic.map(|share| share.as_f64())).collect();
    assert_eq!(shares, [Some(0.01), Some(0.1), Some(1.0)]);
    assert!(waves.iter().all(|wave| wave.hosts.reach_of(10) == 10));
    // One of a hundred of 50 a second takes 20 minutes for 600, one of ten no longer than its wait.
    assert_eq!(completed_ms(&plan), 30 * MINUTE);
}

#[test]
fn ramps_grow_by_their_rule() {
    let shares = |ramp: &str| -> Vec<u32> {
        let plan = support::plan_of(&format!(
            "[study]\ntrials = 2\n[[fleet.region]]\nname = \"a\"\nhosts-per-zone = 1000\n[[strategy]]\nname = \"s\"\n\
             wave = [{{ regions = \"all\", ramp = {{ {ramp}, every = \"10m\" }} }}]\n"
        ));
        plan.strategies[0].waves.iter().map(|wave| wave.hosts.reach_of(1000)).collect()
    };
    assert_eq!(shares("add = \"25%\""), [250, 500, 750, 1000]);
    assert_eq!(shares("from = \"1%\", add = \"40%\""), [10, 410, 810, 1000]);
    assert_eq!(shares("from = \"1%\", times = 3"), [10, 30, 90, 270, 810, 1000]);
    assert_eq!(shares("from = \"100%\", times = 2"), [1000]);
}

#[test]
fn contradictions_are_refused() {
    let refused = |waves: &str| {
        let text = format!(
            "[study]\ntrials = 2\n[[fleet.region]]\nname = \"a\"\nhosts-per-zone = 10\n[[alarm]]\nname = \"late\"\n\
             scope = \"service\"\ndetection-delay = \"1m\"\n[[alarm]]\nname = \"gaps\"\nscope = \"service\"\n\
             error-ratio = {{ above = \"1%\" }}\nmissing-data = \"ignore\"\n[[strategy]]\nname = \"s\"\nwave = [{{ regions = \"all\", {waves} }}]\n"
        );
        let loaded = wavetank::scenario::load_str("test.toml", &text);
        assert!(loaded.plan.is_none(), "{waves} is accepted");
        loaded.problems.render(false)
    };
    for (waves, says) in [
        ("gates = [{ requests = 10 }]", "the fleet has no traffic"),
        ("gates = [{ power = { detects = \"1%\" } }]", "the fleet has no traffic"),
        ("gates = [{ power = { detects = \"0%\" } }]", "worse than the background by that"),
        ("gates = [{ power = { detects = \"1%\", false-positive = \"0%\" } }]", "no test has such errors"),
        (
            "gates = [{ power = { detects = \"0.000000001%\", false-positive = \"0.000001%\" } }]",
            "more than 10^12 requests",
        ),
        ("gates = [{}]", "says nothing that must hold"),
        ("gates = [{ test = {}, approval = {} }]", "not both"),
        ("gates = [{ checks = { alarm = \"late\" } }]", "no datapoints"),
        ("gates = [{ checks = { alarm = \"lat\" } }]", "late"),
        ("gates = [{ checks = { alarm = \"gaps\" } }]", "may never end"),
        ("gates = [{ approval = { days = [] } }]", "never comes"),
        ("gates = [{ approval = { timezone = \"UTC\" } }]", "is of `hours`"),
        ("gates = [{ opening = {} }]", "says when it is open"),
        ("gates = [{ opening = { days = [] } }]", "open on no day"),
        ("gates = [{ opening = { hours = \"00:00-24:00\" } }]", "holds at once"),
        ("gates = [{ opening = { hours = \"00:00-24:00\", next = true } }]", "never holds"),
        ("gates = [{ opening = { timezone = \"UTC\" } }]", "is of `hours`"),
        ("ramp = { every = \"1m\" }", "needs `add` or `times`"),
        ("ramp = { times = 2, every = \"1m\" }", "needs `from`"),
        ("ramp = { from = \"1%\", times = 1, every = \"1m\" }", "above 1"),
        ("ramp = { add = \"0.01%\", every = \"1m\" }", "more than 1000 steps"),
        ("ramp = { add = \"10%\", every = \"1m\" }, hosts = \"50%\"", "exclude each other"),
        ("steps = [{ hosts = \"10%\" }, { hosts = \"100%\" }], bake = \"1h\"", "exclude each other"),
        ("steps = []", "without a step"),
        ("steps = [{ hosts = \"50%\" }, { hosts = \"20%\" }]", "no more hosts"),
    ] {
        let said = refused(waves);
        assert!(said.contains(says), "{waves}: {said}");
    }
}
