//! Small rollouts that leave nothing, or next to nothing, to chance: what they tell and what they cost, worked out by hand.
//!
//! Each answer here is one that a small mistake in the code changes and that no other test asks for.

use crate::mechanisms::{PEOPLE, TWO_REGIONS, alarmed, defect, once, run, share_within};
use crate::support::plan_of;
use wavetank::outcome::{Ending, Outcome};
use wavetank::rollout::{Engine, Model, RolloutEvent, RolloutRecord, bounds, replay};

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;

/// [`TWO_REGIONS`] with these keys of its strategy, and more.
fn two_regions(keys_of_strategy: &str, more: &str) -> String {
    let strategy = format!("name = \"s\"\n{keys_of_strategy}");
    format!("{}{more}", TWO_REGIONS.replace("name = \"s\"", &strategy))
}

/// An alarm of the service that fires a minute after the first impaired host.
const ALARM: &str =
    "[[alarm]]\nname = \"a\"\nscope = \"service\"\ndetection-delay = \"1m\"\nwatch = \"rollout\"\n";

/// What a trial tells.
fn told(text: &str, trial: u64) -> (Outcome, Vec<RolloutRecord>) {
    let text = format!("[study]\ntrials = 1\nobserve-after = \"4h\"\n{text}");
    replay(&plan_of(&text), 0, trial)
}

// --- What is told ---------------------------------------------------------------------------------------

#[test]
fn batches_and_bakes_are_told_as_they_are() {
    let hosts_done = |zone: u32, records: &[RolloutRecord]| -> Vec<u32> {
        let done = |record: &RolloutRecord| match record.event {
            RolloutEvent::BatchDone { zone: of, hosts_done, .. } if of == zone => Some(hosts_done),
            _ => None,
        };
        records.iter().filter_map(done).collect()
    };
    let bakes = |records: &[RolloutRecord]| -> Vec<(u64, u32)> {
        let began = |record: &RolloutRecord| match record.event {
            RolloutEvent::ZoneBakeStarted { zone, .. } => Some((record.at_ms / MINUTE, zone)),
            _ => None,
        };
        records.iter().filter_map(began).collect()
    };
    let (_, slow) = told(&two_regions("batch = 4\ndeploy-time = \"10m\"", ""), 0);
    for zone in 0..2 {
        assert_eq!(hosts_done(zone, &slow), [4, 8, 10], "zone {zone}");
    }
    assert_eq!(bakes(&slow), [(30, 0), (120, 1)]);
    let (_, hasty) = told(&two_regions("", "").replace("zone-bake = \"1h\"\n", ""), 0);
    assert_eq!(bakes(&hasty), [], "without a bake none begins");
}

#[test]
fn an_alarm_is_told_with_the_place_it_watches() {
    let alarm = |scope: &str| ALARM.replace("service", scope);
    for (scope, entity) in [("zone", 1), ("region", 1), ("service", 0)] {
        let fault = "[[defect]]\nname = \"d\"\nwhile = { traffic-above = 500 }";
        let (_, records) = told(&two_regions("", &format!("{}{fault}", alarm(scope))), 0);
        let fired = |record: &RolloutRecord| match record.event {
            RolloutEvent::AlarmFired { entity, .. } => Some((record.at_ms, entity)),
            _ => None,
        };
        let fired: Vec<_> = records.iter().filter_map(fired).collect();
        assert_eq!(fired, [(HOUR + MINUTE, entity)], "{scope}: only `large` has it");
    }
}

// --- Who has the change, and when -----------------------------------------------------------------------

#[test]
fn quarters_of_the_fleet_are_reached_with_their_batches() {
    let outcome = once(&two_regions("batch = 5\ndeploy-time = \"10m\"", ""));
    // Two batches of `small`, an hour of bake, two of `large`.
    let reached = [outcome.to_25_ms, outcome.to_50_ms, outcome.to_100_ms];
    assert_eq!(reached, [10, 20, 100].map(|minutes| Some(minutes * MINUTE)));
}

#[test]
fn hosts_that_need_no_time_wait_for_what_the_end_of_their_one_box_decides() {
    let alarm = ALARM.replace("1m", "30m");
    let fault = "[[defect]]\nname = \"d\"";
    let stopped = once(&two_regions("one-box = { bake = \"30m\" }", &format!("{alarm}{fault}")));
    assert_eq!((stopped.ending, stopped.alarm_ms), (Ending::Caught, Some(30 * MINUTE)));
    assert_eq!((stopped.peak_exposed_hosts, stopped.peak_impaired_hosts), (1, 1), "the one-box alone");
}

/// Strategies whose rollouts are stopped in the middle, in every way in which hosts can be under way then.
const UNDER_WAY: [&str; 7] = [
    "",
    "batch = 3",
    "batch = 3\nbatches = \"sliding\"",
    "batch = 3\ncomplete-at = \"70%\"",
    "batch = 4\nbatches = \"sliding\"\ncomplete-at = \"70%\"",
    "batch = 3\nbypass = { hosts = \"10%\", time = \"300h\" }",
    "batch = 3\nbatches = \"sliding\"\nbypass = { hosts = \"10%\", time = \"300h\" }",
];

#[test]
fn all_that_had_the_change_at_the_stop_goes_back() {
    let mut stopped = 0;
    for keys in UNDER_WAY {
        let keys = format!("deploy-time = {{ uniform = {{ from = \"10m\", to = \"40m\" }} }}\n{keys}");
        let fault = "[[defect]]\nname = \"d\"\nonset = { exponential = { mean = \"30m\" } }";
        let text = two_regions(&keys, &format!("{ALARM}[change]\nstragglers = \"10%\"\n{fault}"));
        let people = format!("response = {{ on-alarm = \"rollback\" }}\n{PEOPLE}");
        let text = text.replace("name = \"s\"", &format!("name = \"s\"\n{people}"));
        for trial in 0..40 {
            let (outcome, records) = told(&text, trial);
            let back = |record: &RolloutRecord| match record.event {
                RolloutEvent::RollbackDecided { hosts, .. } => Some(hosts),
                _ => None,
            };
            let Some(hosts) = records.iter().find_map(back) else { continue };
            stopped += 1;
            assert_eq!(outcome.peak_exposed_hosts, hosts, "{keys}, trial {trial}: nobody else had it");
            assert!(outcome.mitigated_ms.is_some(), "{keys}, trial {trial}: nobody is left with the fault");
        }
    }
    assert!(stopped > 100, "{stopped}");
}

#[test]
fn a_batch_is_back_with_its_slowest_host() {
    for batch in [1, 3, 10] {
        let keys = format!(
            "rollback-time = {{ uniform = {{ from = \"1m\", to = \"9m\" }} }}\nrollback = {{ batch = {batch} }}"
        );
        let text = two_regions(&keys, &format!("{ALARM}[[defect]]\nname = \"d\""));
        for outcome in run(&format!("[study]\ntrials = 50\n{text}")) {
            // All ten have the fault: the last of them is healed when the rollback is over.
            assert_eq!((outcome.peak_impaired_hosts, outcome.mitigated_ms), (10, Some(outcome.end_ms)));
        }
    }
}

#[test]
fn a_region_with_an_impaired_host_was_touched() {
    let keys = "deploy-time = { uniform = { from = \"50m\", to = \"70m\" } }";
    let text =
        two_regions(keys, &format!("{ALARM}[[defect]]\nname = \"d\"\nwhile = {{ traffic-above = 500 }}"));
    // All of `small` at once take more than an hour, the two of `large` often less.
    let text = text.replacen("hosts-per-zone = 10", "hosts-per-zone = 40", 1);
    let text = text.replacen("hosts-per-zone = 10", "hosts-per-zone = 2", 1);
    let outcomes = run(&format!("[study]\ntrials = 60\n{text}"));
    assert!(
        outcomes.iter().all(|outcome| (outcome.onset_ms.is_some(), outcome.regions_touched) == (true, 2))
    );
    assert!(outcomes.iter().any(|outcome| outcome.peak_exposed_hosts == 41), "stopped between the two");
}

#[test]
fn a_straggler_waits_for_help_that_knows_nothing_of_how_many_there_are() {
    let text =
        two_regions("", "[change]\nstragglers = \"5%\"\nstraggler-time = { uniform = { to = \"2h\" } }");
    let text = text.replacen("hosts-per-zone = 10", "hosts-per-zone = 1", 1);
    // A batch of ten has a straggler in two of five trials: then it waits an hour or more in every other one.
    let waits = |outcome: &Outcome| outcome.completed_ms.unwrap() - 2 * HOUR;
    let outcomes = run(&format!("[study]\ntrials = 6000\n{text}"));
    let waited: Vec<Outcome> = outcomes.into_iter().filter(|outcome| waits(outcome) > 0).collect();
    // One host waits in one trial of twenty, ten of them in 0.40126; a wait is shorter than an hour in half of them.
    let (one, ten) = (0.05, 0.401_263);
    let any = 1.0 - (1.0 - one) * (1.0 - ten);
    let short = (1.0 - one) * ten / 2.0 + one * (1.0 - ten) / 2.0 + one * ten / 8.0;
    share_within(&waited, short / any, |outcome| waits(outcome) <= HOUR);
}

// --- The fault ------------------------------------------------------------------------------------------

#[test]
fn the_turns_of_an_intermittent_fault_differ() {
    let on_for =
        "while = { on-for = { uniform = { to = \"10m\" } }, off-for = { uniform = { to = \"10m\" } } }";
    let text = two_regions("", &format!("[[defect]]\nname = \"d\"\nregion-label = \"old\"\n{on_for}"));
    let (_, records) = told(&text, 0);
    let at = |record: &RolloutRecord| match record.event {
        RolloutEvent::ZoneImpaired { hosts: 0 | 10, .. } => Some(record.at_ms),
        _ => None,
    };
    let turns: Vec<u64> = records.iter().filter_map(at).collect();
    let mut lengths: Vec<u64> = turns.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let all = lengths.len();
    lengths.sort_unstable();
    lengths.dedup();
    assert!(all > 20 && lengths.len() > all - 3, "{all} turns, {} lengths", lengths.len());
}

#[test]
fn a_fault_of_many_exposed_hosts_ends_when_they_are_back() {
    let keeps = "cure = { rollback = \"keeps\" }";
    let exposed = alarmed("", &format!("while = {{ exposed-above = 9 }}\n{keeps}"));
    assert_eq!((exposed.onset_ms, exposed.mitigated_ms), (Some(0), Some(MINUTE)));
    assert_eq!(alarmed("", keeps).mitigated_ms, None, "what needs nobody else stays");
}

#[test]
fn a_trigger_travels_no_further_once_the_rollout_is_stopped() {
    let halted = |keys: &str, trigger: &str| {
        alarmed(&format!("{keys}response = {{ on-alarm = \"freeze\", suspect-for = \"9h\" }}\n"), trigger)
    };
    let dormant = "trigger = { at = \"3h\" }";
    assert_eq!(halted("trigger-step = \"1h\"\n", dormant).peak_impaired_regions, 1);
    assert_eq!(halted("", dormant).peak_impaired_regions, 2, "it comes everywhere at once");
    // By itself it comes to each region at a time of its own, whatever the rollout does.
    let by_region = "trigger = { at = { uniform = { from = \"3h\", to = \"5h\" } }, in = \"region\" }";
    assert_eq!(halted("", by_region).peak_impaired_regions, 2);
}

#[test]
fn a_latent_fault_reaches_as_many_hosts_as_it_says() {
    let outcome = defect("clock = \"change\"\nonset = \"30m\"\nreach = \"30%\"");
    assert_eq!(
        (outcome.onset_ms, outcome.peak_impaired_hosts),
        (Some(30 * MINUTE), 6),
        "three of ten, twice"
    );
}

#[test]
fn a_violation_needs_two_zones_of_one_region_or_two_regions() {
    assert_eq!(defect("").first_violation_ms, Some(HOUR), "when `large` has it too");
    assert_eq!(defect("region-label = \"old\"").first_violation_ms, None);
}

// --- What is done about it ------------------------------------------------------------------------------

#[test]
fn people_fix_forward_batch_after_batch() {
    let people = PEOPLE.replace("engage =", "remedy = \"fix-forward\", engage =");
    let keys = format!("deploy-time = \"10m\"\nrollback-time = \"0s\"\nrollback = {{ batch = 2 }}\n{people}");
    let outcome = alarmed(&keys, "cure = { rollback = \"keeps\" }");
    // Deployed at 10, seen at 11, acted on at 46; ten hosts in five batches of ten minutes.
    assert_eq!((outcome.alarm_ms, outcome.half_recovered_ms), (Some(11 * MINUTE), Some(76 * MINUTE)));
    assert_eq!((outcome.mitigated_ms, outcome.end_ms), (Some(96 * MINUTE), 96 * MINUTE));
}

#[test]
fn a_region_recovers_once_somebody_does_something() {
    let keys = format!("response = {{ on-alarm = \"halt\" }}\n{PEOPLE}");
    let outcome = alarmed(&keys, "while = { on-for = \"20m\", off-for = \"10m\" }");
    // It pauses at 20, and is gone at 36 because people went back.
    assert_eq!((outcome.first_recovery_ms, outcome.mitigated_ms), (Some(36 * MINUTE), Some(36 * MINUTE)));
}

// --- Hosts that are down for other reasons --------------------------------------------------------------

/// A good change in two regions that are alike; `small` gets it at once and bakes for an hour.
fn background(failures: &str, alarm: &str) -> Outcome {
    once(&two_regions("", &format!("[fleet.background]\n{failures}\n{alarm}")))
}

#[test]
fn requests_to_dark_hosts_fail_in_proportion() {
    let alarm = |above: &str| {
        format!("[[alarm]]\nname = \"a\"\nscope = \"service\"\nerror-ratio = {{ above = \"{above}\" }}\n")
    };
    let dark = "zone-failures = { every = \"30m\", lasts = \"10m\" }";
    let seen = background(dark, &alarm("90%"));
    assert_eq!(seen.ending, Ending::FalseRollback);
    let at = seen.alarm_ms.unwrap();
    assert!((30 * MINUTE..=31 * MINUTE).contains(&at), "all requests fail from minute 30 on: {at}");
    assert_eq!(background("", &alarm("90%")).ending, Ending::Completed);
}

#[test]
fn hosts_that_are_down_do_not_show_the_fault() {
    let alarm = "[[alarm]]\nname = \"a\"\nscope = \"zone\"\n\
                 breach-probability = { healthy = \"0%\", impaired = \"100%\" }\n";
    let dark = "zone-failures = { every = \"30m\", lasts = \"10m\" }";
    assert_eq!(background(dark, alarm).ending, Ending::Completed, "no host is impaired");
}

#[test]
fn without_a_capacity_replacing_hosts_costs_nothing() {
    let keys = "deploy-time = \"10m\"";
    let alarm = "[[alarm]]\nname = \"a\"\nscope = \"region\"\nerror-ratio = { above = \"1%\" }\n";
    let outcome = once(&two_regions(keys, alarm));
    assert_eq!((outcome.ending, outcome.turned_away_requests), (Ending::Completed, 0.0));
    assert_eq!(outcome.first_failure_ms, None);
}

// --- What no trial exceeds ------------------------------------------------------------------------------

#[test]
fn bounds_add_up_regions_waves_and_remedies() {
    let most = |text: &str| {
        let plan = plan_of(&format!("[study]\ntrials = 1\nobserve-after = \"4h\"\n{text}"));
        bounds(&plan, &plan.strategies[0])
    };
    let fault = "[[defect]]\nname = \"d\"\ncure = { rollback = \"keeps\" }";
    // Other deployments of each region, none of which knows of the others.
    let others = "response = { other-deployments = 2 }";
    let two = most(&two_regions(others, "")).collateral_rollbacks;
    let third = "[[fleet.region]]\nname = \"third\"\nhosts-per-zone = 10\n";
    let three = most(&two_regions(others, third)).collateral_rollbacks;
    assert!(two > 2.0 * 10.0 && (3.0 * two - 2.0 * three).abs() < 1e-9, "{two} of two, {three} of three");
    // Each wave may wait once for an alarm with another cause.
    let ambient = "[fleet.background]\nambient-alarms = { every = \"5h\", lasts = \"45m\" }\n";
    let waves = two_regions("", ambient).replace(
        "wave = [{ regions = \"all\" }]",
        "wave = [{ regions = [\"small\"] }, { regions = \"rest\" }]",
    );
    assert!((most(&waves).blocked_ms - (2 * 45 * MINUTE) as f64).abs() < 1e-6);
    // Ten hours until a switch is everywhere are ten hours more for each of twenty hosts.
    let acting = |people: &str| {
        let people = PEOPLE.replace("engage =", &format!("{people}, engage ="));
        let keys = format!("response = {{ on-alarm = \"halt\" }}\n{people}");
        most(&two_regions(&keys, &format!("{ALARM}{fault}"))).impaired_host_ms.unwrap()
    };
    let host_hours = |later: f64, sooner: f64| (later - sooner) / HOUR as f64;
    let [slow, quick] =
        ["10h", "0s"].map(|time| acting(&format!("remedy = \"kill-switch\", spread = \"{time}\"")));
    assert!((host_hours(slow, quick) - 200.0).abs() < 1e-6, "{slow} {quick}");
    // The wrong change costs nothing where nobody takes it for the right one.
    let wrong = |probability: &str, costs: &str| {
        acting(&format!("wrong-change = \"{probability}\", wrong-change-costs = \"{costs}\""))
    };
    assert!(host_hours(wrong("0%", "5h"), wrong("0%", "1h")).abs() < 1e-9);
    assert!((host_hours(wrong("1%", "5h"), wrong("1%", "1h")) - 80.0).abs() < 1e-6);
}

// --- Alerting rules -------------------------------------------------------------------------------------

/// A bad change under a rule that is scraped far more often than it is evaluated.
const RULE: &str = "[study]\ntrials = 1\nstart = \"10:00\"\nstart-spread = \"1h\"\n[change]\nbad-probability = \"100%\"\n\
     deploy-time = { lognormal = { median = \"3m\", sigma = 0.3 } }\n[[fleet.region]]\nname = \"r\"\nzones = 2\n\
     hosts-per-zone = 10\nrequests-per-second = 200\n[[alarm]]\nname = \"rule\"\nscope = \"zone\"\nperiod = \"5m\"\n\
     rate-ratio = { above = \"5%\", windows = [\"5m\"], scrape = \"15s\", keep-firing-for = \"7m\" }\n\
     [[defect]]\nname = \"d\"\nerror-ratio = \"60%\"\n[[strategy]]\nname = \"s\"\nbatch = \"20%\"\nzone-bake = \"2h\"\n\
     wave = [{ regions = \"all\" }]\n";

#[test]
fn alerts_are_followed_scrape_by_scrape_until_they_are_resolved() {
    let plan = plan_of(RULE);
    let model = Model::new(&plan);
    for trial in 0..20 {
        let scrapes = Engine::new(&model).scrapes(0, trial);
        let mut fired = 0;
        for zone in 0..2 {
            let of_zone: Vec<_> = scrapes.iter().filter(|scraped| scraped.entity == zone).collect();
            let steps = of_zone.windows(2).map(|pair| pair[1].utc_ms - pair[0].utc_ms);
            assert!(
                steps.clone().all(|step| step == 15_000),
                "trial {trial}: {:?}",
                steps.collect::<Vec<_>>()
            );
            let evaluations: Vec<bool> = of_zone.iter().filter_map(|scraped| scraped.firing).collect();
            fired += usize::from(evaluations.contains(&true));
            assert_ne!(evaluations.last(), Some(&true), "trial {trial}: an alert never ends");
        }
        assert!(fired > 0, "trial {trial}: all requests to impaired hosts fail");
    }
}

#[test]
fn a_breach_of_a_rule_is_told_when_its_alert_begins() {
    let plan = plan_of(RULE);
    let model = Model::new(&plan);
    for trial in 0..20 {
        let mut evaluations: Vec<(u32, i64, bool)> = Vec::new();
        for scraped in Engine::new(&model).scrapes(0, trial) {
            evaluations.extend(scraped.firing.map(|firing| (scraped.entity, scraped.utc_ms, firing)));
        }
        let begins = |entity: u32, at_ms: i64| {
            let of_zone: Vec<_> = evaluations.iter().filter(|(zone, ..)| *zone == entity).collect();
            let now = of_zone.iter().position(|(_, utc_ms, firing)| (*utc_ms, *firing) == (at_ms, true));
            now.is_some_and(|now| now == 0 || !of_zone[now - 1].2)
        };
        let (_, records) = replay(&plan, 0, trial);
        let started = records.iter().find_map(|record| match record.event {
            RolloutEvent::RolloutStarted { start_utc_ms, .. } => Some(start_utc_ms),
            _ => None,
        });
        let mut told = 0;
        for record in &records {
            if let RolloutEvent::Breach { entity, .. } = record.event {
                told += 1;
                assert!(
                    begins(entity, (started.unwrap() + record.at_ms) as i64),
                    "trial {trial}: {record:?}"
                );
            }
        }
        assert!(told > 0, "trial {trial}");
    }
}
