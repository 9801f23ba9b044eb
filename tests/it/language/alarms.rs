//! Alarms: composites, the new version alone, waves with alarms of their own, alarms that fire at the start, gaps.

use crate::support::{self, accept};
use wavetank::outcome::{Ending, Outcome};
use wavetank::plan::Plan;
use wavetank::rollout::{Engine, Model};
use wavetank::sim::Silent;

const MINUTE: u64 = 60_000;

fn plan(name: &str) -> Plan {
    support::plan(&format!("tests/plans/language/{name}.toml"), &[])
}

/// Outcomes of a strategy; the exhaustive engine must agree on the first of them.
fn outcomes(plan: &Plan, strategy: &str, trials: u64) -> Vec<Outcome> {
    let index = plan.strategies.iter().position(|known| known.name == strategy);
    let index = index.unwrap_or_else(|| panic!("no strategy {strategy}"));
    let model = Model::new(plan);
    let (mut engine, mut exhaustive) = (Engine::new(&model), Engine::exhaustive(&model));
    let outcomes: Vec<Outcome> = (0..trials).map(|trial| engine.run(index, trial, &mut Silent)).collect();
    for (trial, outcome) in outcomes.iter().enumerate().take(50) {
        assert_eq!(*outcome, exhaustive.run(index, trial as u64, &mut Silent), "{strategy}, trial {trial}");
    }
    outcomes
}

/// By how many standard errors a share of outcomes is off.
fn z(outcomes: &[Outcome], expected: f64, hit: impl Fn(&Outcome) -> bool) -> f64 {
    let n = outcomes.len() as f64;
    let share = outcomes.iter().filter(|outcome| hit(outcome)).count() as f64 / n;
    (share - expected) / (expected * (1.0 - expected) / n).sqrt()
}

fn stopped(outcome: &Outcome) -> bool {
    matches!(outcome.ending, Ending::FalseRollback | Ending::Caught)
}

// --- Composites -----------------------------------------------------------------------------------------

#[test]
fn both_in_the_same_minute_are_rarer_than_either() {
    let plan = plan("both-alarms-together");
    let never = |one_minute: f64| 1.0 - libm::pow(1.0 - one_minute, 20.0);
    for (strategy, minute) in [("either", 0.19), ("both", 0.01), ("two-of-them", 0.01), ("scored", 0.1)] {
        let outcomes = outcomes(&plan, strategy, 3_000);
        accept(strategy, z(&outcomes, never(minute), stopped));
    }
    let ends = |strategy| outcomes(&plan, strategy, 300).iter().map(|o| o.end_ms).collect::<Vec<u64>>();
    assert_eq!(ends("both"), ends("two-of-them"), "two of two are both");
}

/// A service of one zone that bakes for ten minutes; `a` and `b` breach by chance.
fn two_alarms(a: &str, b: &str, composite: &str) -> Plan {
    support::plan_of(&format!(
        "[study]\ntrials = 100\nstart-spread = \"1h\"\n[[fleet.region]]\nname = \"r\"\nzones = 2\nhosts-per-zone = 4\n\
         [[alarm]]\nname = \"a\"\nclock = \"deployment\"\n{a}\n[[alarm]]\nname = \"b\"\nclock = \"deployment\"\n{b}\n\
         [[alarm]]\nname = \"c\"\n{composite}\n\
         [[strategy]]\nname = \"s\"\nalarms = [\"c\"]\nzone-bake = \"10m\"\nzones-at-once = \"all\"\n\
         wave = [{{ regions = \"all\" }}]"
    ))
}

const NOISE: &str = "breach-probability = { healthy = \"20%\" }";

#[test]
fn a_part_is_in_alarm_as_long_as_its_datapoints_say() {
    // `a` needs 1 of 3: it is in alarm in the minute of a breach and in the two after it. `b` breaches in its minute
    // only. Markov chain over the age of the latest breach of `a`: 0 (this minute), 1, 2, or older.
    let a = format!("scope = \"service\"\ndatapoints = \"1 of 3\"\n{NOISE}");
    let plan = two_alarms(&a, &format!("scope = \"service\"\n{NOISE}"), "all-of = [\"a\", \"b\"]");
    let (p, mut ages) = (0.2, [0.0, 0.0, 0.0, 1.0]);
    for _ in 1..=10 {
        let alive: f64 = ages.iter().sum();
        let next = [alive * p, ages[0] * (1.0 - p), ages[1] * (1.0 - p), (ages[2] + ages[3]) * (1.0 - p)];
        ages = [next[0] * (1.0 - p), next[1] * (1.0 - p), next[2] * (1.0 - p), next[3]];
    }
    let fired = 1.0 - ages.iter().sum::<f64>();
    accept("1 of 3 with 1 of 1", z(&outcomes(&plan, "s", 5_000), fired, stopped));
}

#[test]
fn parts_meet_in_one_place_only() {
    // Zones are places of their own: only an alarm of one zone and the other one of the same zone are together. A part over
    // the service is over every zone.
    let zone = format!("scope = \"zone\"\n{NOISE}");
    let service = format!("scope = \"service\"\n{NOISE}");
    let by_zone = two_alarms(&zone, &zone, "all-of = [\"a\", \"b\"]");
    let minutes = |quiet: f64| 1.0 - libm::pow(quiet, 10.0);
    // In a minute: no zone of two has both.
    accept("zone and zone", z(&outcomes(&by_zone, "s", 5_000), minutes(0.96 * 0.96), stopped));
    // In a minute: not the service, or neither zone.
    let with_service = two_alarms(&zone, &service, "all-of = [\"a\", \"b\"]");
    let quiet = 0.8 + 0.2 * 0.8 * 0.8;
    accept("zone and service", z(&outcomes(&with_service, "s", 5_000), minutes(quiet), stopped));
}

#[test]
fn results_that_come_late_are_compared_when_they_come() {
    // `b` is known two minutes later than `a`, which by then is in alarm by a datapoint of its own or not: ten minutes of bake
    // leave eight pairs, each of datapoints two minutes apart.
    let a = format!("scope = \"service\"\n{NOISE}");
    let b = format!("scope = \"service\"\npublish-delay = \"2m\"\n{NOISE}");
    let plan = two_alarms(&a, &b, "all-of = [\"a\", \"b\"]");
    let outcomes = outcomes(&plan, "s", 5_000);
    accept("two minutes late", z(&outcomes, 1.0 - libm::pow(0.96, 8.0), stopped));
    assert!(outcomes.iter().filter_map(|outcome| outcome.alarm_ms).all(|ms| ms >= 3 * MINUTE));
}

#[test]
fn a_composite_is_reported_as_itself_and_leaves_its_parts_to_fire_alone_where_they_are_listed() {
    let zone = format!("scope = \"zone\"\n{NOISE}");
    let mut plan = two_alarms(&zone, &zone, "score = { points = { a = 2, b = 1 }, at-least = 3 }");
    let alarm = |outcome: &Outcome| outcome.notice.map(|notice| plan.name_of(notice));
    let names: Vec<_> = outcomes(&plan, "s", 300).iter().filter_map(alarm).collect();
    assert!(!names.is_empty() && names.iter().all(|name| name == "c"), "{names:?}");
    let listed = plan.strategies[0].alarms.clone();
    let a = plan.alarms.find_id(|alarm| alarm.name == "a").unwrap();
    plan.strategies[0].alarms = [listed, vec![a]].concat();
    let outcomes = outcomes(&plan, "s", 3_000);
    // Any minute in which one of two zones breaches `a` stops it.
    accept("part alone", z(&outcomes, 1.0 - libm::pow(0.64, 10.0), stopped));
}

// --- The new version alone ------------------------------------------------------------------------------

/// One zone of 100 hosts with 1,000 requests a second; `alarm` is over the service, `wave` are the waves.
fn canary_of_one(alarm: &str, defect: &str, waves: &str) -> Plan {
    support::plan_of(&format!(
        "[study]\ntrials = 100\n[[fleet.region]]\nname = \"r\"\nhosts-per-zone = 100\nrequests-per-second = 1000\n\
         [[defect]]\nname = \"d\"\n{defect}\n[[alarm]]\nname = \"a\"\n{alarm}\n\
         [[strategy]]\nname = \"s\"\nwave = [{waves}]"
    ))
}

const LADDER: &str =
    "{ regions = \"all\", hosts = 1, bake = \"10m\" }, { regions = \"all\", bake = \"10m\" }";

#[test]
fn what_drowns_in_the_service_is_half_of_what_the_new_version_serves() {
    // One host of a hundred fails half of its requests: 0.5 % of the service, 50 % of the new version.
    let defect = "error-ratio = \"50%\"\nslow-ratio = \"50%\"";
    let signals = [
        "error-ratio = { above = \"10%\" }",
        "slow-ratio = { above = \"10%\" }",
        "error-count = { at-least = 1000000, seen = \"100%\" }",
        "impaired-hosts = { above = \"50%\" }",
        "rate-ratio = { above = \"10%\", windows = [\"2m\"], scrape = \"30s\" }",
    ];
    for signal in signals {
        for scope in ["zone", "region", "service"] {
            let alarms = |version: &str| -> Vec<Option<u64>> {
                let alarm = format!("{signal}\nscope = \"{scope}\"\nversion = \"{version}\"");
                let plan = canary_of_one(&alarm, defect, LADDER);
                outcomes(&plan, "s", 20).iter().map(|outcome| outcome.alarm_ms).collect()
            };
            let early = |ms: &Option<u64>| ms.is_some_and(|ms| ms <= 3 * MINUTE);
            assert!(!alarms("any").iter().any(early), "{signal}, {scope}");
            let counts = signal.starts_with("error-count");
            assert_eq!(
                alarms("new").iter().all(early),
                !counts,
                "{signal}, {scope}: a count has no denominator"
            );
        }
    }
}

#[test]
fn all_of_the_new_version_is_impaired_and_loses_its_monitoring() {
    let keys = "scope = \"service\"\nversion = \"new\"\nlost-with-service = \"100%\"";
    let of = |signal: &str| {
        let plan = canary_of_one(&format!("{keys}\n{signal}"), "", LADDER);
        outcomes(&plan, "s", 5).iter().filter_map(|outcome| outcome.alarm_ms).min()
    };
    assert_eq!(of("error-ratio = { above = \"1%\" }"), None);
    assert!(of("absent = {}").is_some_and(|ms| ms <= MINUTE));
}

#[test]
fn denominators_follow_the_hosts_as_they_come() {
    // Four hosts, one a minute. 6,000 requests a minute, of which 1 in 10,000 fails whatever runs: 0.6 a minute in all, and
    // as much of that as there are hosts on the new version at the end of the minute.
    let plan = support::plan_of(
        "[study]\ntrials = 100\n[fleet]\nbackground-error-ratio = \"0.01%\"\n[[fleet.region]]\nname = \"r\"\n\
         hosts-per-zone = 4\nrequests-per-second = 100\n[change]\ndeploy-time = \"1m\"\n\
         [[alarm]]\nname = \"a\"\nscope = \"zone\"\nclock = \"deployment\"\nversion = \"new\"\n\
         error-count = { at-least = 1 }\n[[strategy]]\nname = \"s\"\nbatch = 1\nwave = [{ regions = \"all\" }]",
    );
    let outcomes = outcomes(&plan, "s", 10_000);
    for minute in 1..=4_u32 {
        let quiet: f64 = (1..=minute).map(|hosts| 0.6 * f64::from(hosts) / 4.0).sum();
        let fired = 1.0 - libm::exp(-quiet);
        let by = |o: &Outcome| o.alarm_ms.is_some_and(|ms| ms <= u64::from(minute) * MINUTE);
        accept(&format!("by minute {minute}"), z(&outcomes, fired, by));
    }
}

#[test]
fn regions_count_by_the_requests_that_their_new_hosts_serve() {
    // Both regions have one new host of ten; the quiet one serves 1 % of the requests and has the defect. Of the new
    // version's requests 1 % fail, which is no more than the limit; of its hosts half are impaired.
    let plan = |signal: &str| {
        support::plan_of(&format!(
            "[study]\ntrials = 100\n[fleet]\narrivals = \"fixed\"\n[[fleet.region]]\nname = \"busy\"\nhosts-per-zone = 10\n\
             requests-per-second = 990\n[[fleet.region]]\nname = \"quiet\"\nhosts-per-zone = 10\nrequests-per-second = 10\nlabels = [\"ill\"]\n\
             [[defect]]\nname = \"d\"\nregion-label = \"ill\"\n[[alarm]]\nname = \"a\"\nscope = \"service\"\n\
             clock = \"deployment\"\nversion = \"new\"\n{signal}\n[[strategy]]\nname = \"s\"\nregions-at-once = \"all\"\n\
             wave = [{{ regions = \"all\", hosts = 1, bake = \"30m\" }}, {{ regions = \"all\" }}]"
        ))
    };
    let first = |signal: &str| outcomes(&plan(signal), "s", 30).iter().filter_map(|o| o.alarm_ms).min();
    assert_eq!(first("impaired-hosts = { at-least = \"50%\" }"), Some(MINUTE));
    assert_eq!(first("error-ratio = { above = \"5%\" }"), None);
    assert_eq!(first("error-ratio = { above = \"0.1%\" }"), Some(MINUTE));
}

#[test]
fn there_is_nothing_to_look_at_before_the_first_host() {
    // No traffic: data are missing as soon as there is a host whose data they would be, ten minutes in.
    let plan = support::plan_of(
        "[study]\ntrials = 10\n[[fleet.region]]\nname = \"r\"\nhosts-per-zone = 4\n[change]\ndeploy-time = \"10m\"\n\
         [[alarm]]\nname = \"a\"\nscope = \"zone\"\nclock = \"deployment\"\nversion = \"new\"\n\
         error-ratio = { above = \"1%\" }\ndatapoints = 3\nmissing-data = \"breaching\"\n\
         [[strategy]]\nname = \"s\"\nzone-bake = \"1h\"\nwave = [{ regions = \"all\" }]",
    );
    assert!(outcomes(&plan, "s", 5).iter().all(|outcome| outcome.alarm_ms == Some(12 * MINUTE)));
}

// --- Waves with alarms of their own ---------------------------------------------------------------------

#[test]
fn a_wave_listens_to_its_own_alarms() {
    let plan = |first: &str, second: &str, watch: &str| {
        support::plan_of(&format!(
            "[study]\ntrials = 10\n[[fleet.region]]\nname = \"r\"\nzones = 2\nhosts-per-zone = 4\n\
             [[defect]]\nname = \"d\"\nonset = \"15m\"\n\
             [[alarm]]\nname = \"seen\"\nscope = \"service\"\nclock = \"deployment\"\nwatch = \"{watch}\"\n\
             breach-probability = {{ impaired = \"100%\" }}\n\
             [[alarm]]\nname = \"blind\"\nscope = \"zone\"\nbreach-probability = {{ impaired = \"0%\" }}\n\
             [[strategy]]\nname = \"s\"\nwave = [\n\
             {{ regions = \"all\", hosts = 1, bake = \"10m\", alarms = [{first}] }},\n\
             {{ regions = \"all\", bake = \"30m\", alarms = [{second}] }},\n]"
        ))
    };
    let ending = |first, second, watch| outcomes(&plan(first, second, watch), "s", 5)[0].ending;
    let (seen, blind) = ("\"seen\"", "\"blind\"");
    for watch in ["wave", "rollout"] {
        assert_eq!(ending(blind, seen, watch), Ending::Caught, "{watch}");
        assert_eq!(
            ending(seen, blind, watch),
            Ending::Escaped,
            "the fault shows in the second wave: {watch}"
        );
        assert_eq!(ending(seen, seen, watch), Ending::Caught, "{watch}");
        assert_eq!(ending("", seen, watch), Ending::Caught, "{watch}");
    }
    let plan = plan(blind, seen, "wave");
    assert_eq!(plan.strategies[0].alarms.len(), 2, "the strategy listens to both in some wave");
}

#[test]
fn thresholds_change_as_more_takes_the_change() {
    // A wave without a list of its own listens to the strategy's; a patch replaces the list of one wave.
    let plan = support::plan_of(
        "[study]\ntrials = 10\n[[fleet.region]]\nname = \"r\"\nhosts-per-zone = 10\n[[defect]]\nname = \"d\"\n\
         [[alarm]]\nname = \"a-tenth\"\nscope = \"zone\"\nclock = \"deployment\"\nimpaired-hosts = { at-least = \"10%\" }\n\
         [[alarm]]\nname = \"half\"\nscope = \"zone\"\nclock = \"deployment\"\nimpaired-hosts = { at-least = \"50%\" }\n\
         [[strategy]]\nname = \"loose\"\nalarms = [\"half\"]\nwave = [\n\
         { name = \"one\", regions = \"all\", hosts = 1, bake = \"10m\" },\n\
         { name = \"rest\", regions = \"all\", bake = \"10m\" },\n]\n\
         [[strategy]]\nname = \"strict\"\nextends = \"loose\"\npatch = [{ wave = \"one\", alarms = [\"a-tenth\"] }]",
    );
    assert_eq!(outcomes(&plan, "loose", 1)[0].alarm_ms, Some(11 * MINUTE));
    assert_eq!(outcomes(&plan, "strict", 1)[0].alarm_ms, Some(MINUTE));
}

// --- Alarms that fire at the start ----------------------------------------------------------------------

#[test]
fn an_alarm_that_fires_already_blinds_stops_or_holds_up() {
    let plan = plan("already-firing");
    let ignored = outcomes(&plan, "ignored", 100);
    assert!(ignored.iter().any(|outcome| outcome.ending == Ending::Escaped));
    assert!(
        ignored.iter().all(|o| matches!(o.ending, Ending::Escaped | Ending::Completed)),
        "nobody listens"
    );
    let at_once = |o: &Outcome| stopped(o) && o.end_ms <= 1 && o.peak_exposed_hosts == 0;
    assert!(outcomes(&plan, "stopped", 100).iter().all(at_once), "good or bad");
    let held_up = outcomes(&plan, "held-up", 100);
    assert!(held_up.iter().all(|outcome| outcome.blocked_ms >= 2 * 60 * MINUTE));
    assert!(held_up.iter().all(|o| o.defect.is_none() || o.ending == Ending::Caught), "and listens then");
}

/// An alarm named `other` fires from 20 minutes on, for an hour; waves start at 0 and after half an hour.
fn ambient(response: &str, alarms: &str) -> Plan {
    support::plan_of(&format!(
        "[study]\ntrials = 10\n[fleet.background]\nambient-alarms = {{ every = \"20m\", lasts = \"1h\", alarm = \"other\" }}\n\
         [[fleet.region]]\nname = \"r\"\nhosts-per-zone = 10\n[[defect]]\nname = \"d\"\nonset = \"40m\"\n\
         [[alarm]]\nname = \"other\"\nscope = \"service\"\nclock = \"deployment\"\nbreach-probability = {{ impaired = \"100%\" }}\n\
         [[alarm]]\nname = \"own\"\nscope = \"zone\"\nclock = \"deployment\"\nbreach-probability = {{ impaired = \"100%\" }}\n\
         [[alarm]]\nname = \"both\"\nall-of = [\"other\", \"own\"]\n\
         [[strategy]]\nname = \"s\"\nalarms = [{alarms}]\nresponse = {{ firing-at-start = \"{response}\" }}\n\
         wave = [{{ regions = \"all\", hosts = 1, bake = \"30m\" }}, {{ regions = \"all\", bake = \"2h\" }}]"
    ))
}

#[test]
fn it_is_asked_at_the_start_of_every_wave_of_whoever_listens_to_it() {
    let run = |response: &str, alarms: &str| outcomes(&ambient(response, alarms), "s", 3).remove(0);
    let stopped = run("rollback", "\"other\"");
    assert_eq!((stopped.ending, stopped.rollback_ms), (Ending::Caught, Some(30 * MINUTE)));
    assert_eq!(run("wait", "\"other\"").blocked_ms, 50 * MINUTE);
    assert_eq!(run("ignore", "\"other\"").ending, Ending::Escaped, "not listened to from the second wave on");
    assert_eq!(run("ignore", "\"both\"").ending, Ending::Escaped, "nor as a part of another");
    let own = run("ignore", "\"own\", \"other\"");
    assert_eq!((own.ending, own.alarm_ms.is_some()), (Ending::Caught, true), "others are listened to");
    for response in ["wait", "rollback", "ignore"] {
        let unheard = run(response, "\"own\"");
        assert_eq!((unheard.blocked_ms, unheard.ending), (0, Ending::Caught), "{response}: not its alarm");
    }
}

// --- Gaps, warm-up, absence -----------------------------------------------------------------------------

#[test]
fn ten_of_ten_missing_take_ten_minutes() {
    let plan = plan("no-traffic-no-values");
    let strict = outcomes(&plan, "strict", 200);
    assert!(strict.iter().all(|o| o.ending == Ending::FalseRollback && o.alarm_ms == Some(10 * MINUTE)));
    assert!(outcomes(&plan, "lenient", 200).iter().all(Outcome::is_complete));
}

/// A zone of four hosts, impaired at once; ten minutes of bake.
fn impaired_zone(alarm: &str) -> Plan {
    support::plan_of(&format!(
        "[study]\ntrials = 100\n[[fleet.region]]\nname = \"r\"\nhosts-per-zone = 4\nrequests-per-second = 100\n\
         [[defect]]\nname = \"d\"\n[[alarm]]\nname = \"a\"\nscope = \"zone\"\n{alarm}\n\
         [[strategy]]\nname = \"s\"\nzone-bake = \"10m\"\nwave = [{{ regions = \"all\" }}]"
    ))
}

const CERTAIN: &str = "clock = \"deployment\"\nbreach-probability = { impaired = \"100%\" }";

#[test]
fn lost_datapoints_delay_an_alarm() {
    let of = |alarm: &str| outcomes(&impaired_zone(&format!("{CERTAIN}\n{alarm}")), "s", 10_000);
    let by = |minutes: u64| move |o: &Outcome| o.alarm_ms.is_some_and(|ms| ms <= minutes * MINUTE);
    let one = of("lost = \"40%\"");
    for minutes in [1, 2, 3] {
        let expected = 1.0 - libm::pow(0.4, minutes as f64);
        accept(&format!("1 of 1 by {minutes}m"), z(&one, expected, by(minutes)));
    }
    // Two of two look at four periods: the latest two with data decide, of which those before the watch are good.
    let two = of("datapoints = 2\nlost = \"40%\"");
    for minutes in 1..=6_u64 {
        let fired: f64 = (0..1_u32 << minutes)
            .filter(|there| (1..=minutes).any(|k| two_of_two(*there, k)))
            .map(|there| {
                let kept = there.count_ones();
                libm::pow(0.6, f64::from(kept)) * libm::pow(0.4, (minutes as u32 - kept).into())
            })
            .sum();
        if fired == 0.0 {
            assert!(!two.iter().any(by(minutes)), "no alarm by {minutes}m");
        } else {
            accept(&format!("2 of 2 by {minutes}m"), z(&two, fired, by(minutes)));
        }
    }
}

/// Whether two of two alarm at period `k`, of which those of the set bits have a datapoint, which breaches.
fn two_of_two(there: u32, k: u64) -> bool {
    let latest =
        (0..4).map(|age| k as i64 - age).filter(|period| *period < 1 || there >> (period - 1) & 1 == 1);
    let latest: Vec<i64> = latest.take(2).collect();
    latest.len() == 2 && latest.iter().all(|period| *period >= 1)
}

#[test]
fn a_rule_over_rates_loses_scrapes() {
    // Scraped and evaluated every minute over two: without two scrapes in a window there is no rate.
    let rule = "rate-ratio = { above = \"10%\", windows = [\"2m1s\"] }";
    let never = outcomes(&impaired_zone(&format!("{rule}\nlost = \"100%\"")), "s", 50);
    assert!(never.iter().all(|outcome| outcome.alarm_ms.is_none()));
    let early = |lost: &str| {
        let plan = impaired_zone(&format!("{rule}\nlost = \"{lost}\""));
        outcomes(&plan, "s", 2_000).iter().filter(|o| o.alarm_ms.is_some_and(|ms| ms <= 2 * MINUTE)).count()
    };
    assert_eq!(early("0%"), 2_000);
    let half = early("50%");
    assert!((400..1_600).contains(&half), "{half}");
}

#[test]
fn a_warm_up_comes_first() {
    let alarm_ms = |alarm: &str| {
        let outcomes = outcomes(&impaired_zone(alarm), "s", 20);
        assert!(outcomes.iter().all(|outcome| outcome.alarm_ms == outcomes[0].alarm_ms));
        outcomes[0].alarm_ms.map(|ms| ms / MINUTE)
    };
    assert_eq!(alarm_ms(&format!("{CERTAIN}\ngrace = \"5m\"")), Some(5));
    assert_eq!(alarm_ms(&format!("{CERTAIN}\ngrace = \"4m30s\"\ndatapoints = 3")), Some(7));
    assert_eq!(alarm_ms(&format!("{CERTAIN}\ngrace = \"11m\"")), None);
    // A rule has scraped meanwhile, and knows at once.
    let rule = "rate-ratio = { above = \"10%\", windows = [\"3m\"] }";
    assert_eq!(alarm_ms(&format!("{rule}\ngrace = \"6m\"")), Some(6));
}

#[test]
fn absence_is_a_signal() {
    let absent = |requests: f64, alarm: &str| {
        let plan = impaired_zone(&format!("clock = \"deployment\"\n{alarm}"));
        let mut plan = plan;
        plan.change.bad_probability = 0.0;
        plan.fleet.regions.iter_mut().for_each(|region| region.requests_per_second = requests / 60.0);
        plan
    };
    // Two requests a minute: none in a minute with probability exp(-2).
    let outcomes_of = |plan: &Plan| outcomes(plan, "s", 5_000);
    let none = 1.0 - libm::pow(1.0 - libm::exp(-2.0), 10.0);
    accept("no request", z(&outcomes_of(&absent(2.0, "absent = {}")), none, stopped));
    let few = libm::exp(-2.0) * 3.0;
    let fewer = 1.0 - libm::pow(1.0 - few, 10.0);
    accept("fewer than two", z(&outcomes_of(&absent(2.0, "absent = { min-requests = 2 }")), fewer, stopped));
    // Plenty of requests: only what is lost is missing.
    let lost = 1.0 - libm::pow(0.99, 10.0);
    accept("lost", z(&outcomes_of(&absent(6_000.0, "absent = {}\nlost = \"1%\"")), lost, stopped));
    assert!(outcomes_of(&absent(6_000.0, "absent = {}")).iter().all(Outcome::is_complete));
    let broken = outcomes_of(&absent(6_000.0, "absent = {}\nbroken = \"100%\""));
    assert!(broken.iter().all(|outcome| outcome.alarm_ms == Some(MINUTE)));
    // Monitoring that goes down with what it monitors.
    let down = impaired_zone("clock = \"deployment\"\nabsent = {}\nlost-with-service = \"50%\"");
    assert_eq!(outcomes(&down, "s", 10)[0].alarm_ms, Some(MINUTE));
}

// --- A canary judged on latency -------------------------------------------------------------------------

#[test]
fn a_canary_on_latency_sees_of_slow_requests_what_one_on_errors_sees_of_failed_ones() {
    let plan = |signal: &str, background: &str, symptom: &str, judge: &str| {
        support::plan_of(&format!(
            "[study]\ntrials = 100\n[fleet]\n{background} = \"1%\"\n[[fleet.region]]\nname = \"r\"\nhosts-per-zone = 10\n\
             requests-per-second = 100\n[change]\nbad-probability = \"50%\"\n[[defect]]\nname = \"d\"\n{symptom}\n\
             [[alarm]]\nname = \"a\"\nscope = \"one-box\"\ncanary = {{ judge = \"{judge}\", signal = \"{signal}\" }}\n\
             [[strategy]]\nname = \"s\"\none-box = {{ hosts = 1, bake = \"20m\" }}\nwave = [{{ regions = \"all\" }}]"
        ))
    };
    let (failing, slow) = ("error-ratio = \"2%\"", "error-ratio = \"0%\"\nslow-ratio = \"2%\"");
    for judge in ["sequential", "z-score", "mann-whitney"] {
        let ends = |plan: &Plan| -> Vec<_> {
            let outcomes = outcomes(plan, "s", 400);
            outcomes.iter().map(|outcome| (outcome.ending, outcome.alarm_ms)).collect()
        };
        let by_errors = ends(&plan("errors", "background-error-ratio", failing, judge));
        assert_eq!(by_errors, ends(&plan("slow", "background-slow-ratio", slow, judge)), "{judge}");
        let caught = by_errors.iter().filter(|(ending, _)| *ending == Ending::Caught).count();
        assert!(caught > 100, "{judge}: {caught}");
        let blind = ends(&plan("errors", "background-slow-ratio", slow, judge));
        assert!(blind.iter().all(|(ending, _)| *ending != Ending::Caught), "slow is no error: {judge}");
    }
}

#[test]
fn the_score_of_a_canary_over_several_metrics_is_one_of_its_alarms() {
    // Kayenta's score is the weight of the metrics that pass: of errors 60 and latency 40, latency alone leaves 60. With a pass
    // mark of 75 that fails, which is 26 points or more of those that fail; with one of 55 it passes.
    let plan = |pass_mark: u64| {
        support::plan_of(&format!(
            "[study]\ntrials = 100\n[fleet]\nbackground-slow-ratio = \"1%\"\n[[fleet.region]]\nname = \"r\"\n\
             hosts-per-zone = 10\nrequests-per-second = 1000\n[[defect]]\nname = \"d\"\nerror-ratio = \"0%\"\n\
             slow-ratio = \"20%\"\n\
             [[alarm]]\nname = \"errors\"\nscope = \"one-box\"\ncanary = {{ judge = \"z-score\" }}\n\
             [[alarm]]\nname = \"latency\"\nscope = \"one-box\"\ncanary = {{ judge = \"z-score\", signal = \"slow\" }}\n\
             [[alarm]]\nname = \"kayenta\"\nscore = {{ points = {{ errors = 60, latency = 40 }}, at-least = {} }}\n\
             [[strategy]]\nname = \"s\"\nalarms = [\"kayenta\"]\none-box = {{ hosts = 1, bake = \"20m\" }}\n\
             wave = [{{ regions = \"all\" }}]",
            100 - pass_mark + 1
        ))
    };
    assert!(outcomes(&plan(75), "s", 50).iter().all(|outcome| outcome.ending == Ending::Caught));
    assert!(outcomes(&plan(55), "s", 50).iter().all(|outcome| outcome.ending == Ending::Escaped));
}

#[test]
fn probes_may_be_rarer_than_the_period() {
    // Every five minutes one probe, which a bad zone fails: at 5 and 10 minutes. Two of two look at four periods, and
    // never see two probes; two of six do.
    let probes = |keys: &str| {
        let alarm = format!(
            "clock = \"deployment\"\nsynthetic = {{ probes = 1, every = \"5m\", above = \"0%\" }}\n{keys}"
        );
        outcomes(&impaired_zone(&alarm), "s", 5)[0].alarm_ms.map(|ms| ms / MINUTE)
    };
    assert_eq!(probes(""), Some(5));
    assert_eq!(probes("datapoints = 2"), None);
    assert_eq!(probes("datapoints = \"2 of 6\""), Some(10));
    assert_eq!(probes("missing-data = \"ignore\""), Some(5));
}
