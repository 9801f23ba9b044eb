//! Customers: on all hosts of a region, on cells, on shards of hosts or cells, held against explicit customers.

use super::{MINUTE, one, outcomes, plan, support};
use std::collections::BTreeSet;
use wavetank::outcome::{CustomerHarm, Ending, Outcome};
use wavetank::plan::{Plan, ShardPlace};
use wavetank::report::command::GivenScenario;
use wavetank::report::document::Terminal;
use wavetank::report::{csv, json, plan_view, terminal};
use wavetank::rollout::{Engine, Model, RolloutEvent, RolloutRecord};
use wavetank::scenario;
use wavetank::sim::Recorder;
use wavetank::study::{Nobody, run, summarise};

fn close(found: f64, right: f64) {
    assert!((found - right).abs() <= right.abs() * 1e-12 + 1e-9, "{found} for {right}");
}

fn customers(outcome: &Outcome) -> CustomerHarm {
    outcome.customers.expect("a fleet with customers")
}

#[test]
fn two_cells_of_eight_are_one_shard_of_28() {
    // Cells fall ill at 0 and after ten minutes; after fifteen both are well again.
    let outcome = one(&plan("cells", &[]), 0);
    assert_eq!((outcome.ending, outcome.peak_impaired_zones), (Ending::Caught, 2));
    let all_of_it = customers(&outcome);
    close(all_of_it.peak_impaired, 1.0);
    close(all_of_it.impaired_ms, (5 * MINUTE) as f64);
    close(all_of_it.ever_impaired, 1.0);
    close(all_of_it.ever_exposed, 13.0);
    // Without retries any cell is enough: 7 of 28 shards have the first, 13 one of both.
    let any = customers(&one(&plan("cells", &[(", from = \"100%\"", "")]), 0));
    close(any.peak_impaired, 13.0);
    close(any.impaired_ms, (10 * 7 + 5 * 13) as f64 * MINUTE as f64);
    close(any.ever_impaired, 13.0);
    // A customer in one cell: two of eight.
    let cell = customers(&one(&plan("cells", &[("shard = 2, from = \"100%\"", "shard = 1")]), 0));
    close(cell.peak_impaired, 7.0);
    close(cell.ever_exposed, 7.0);
    // On all of them: everybody from the first on.
    let spread = customers(&one(
        &plan("cells", &[("{ count = 28, of = \"zones\", shard = 2, from = \"100%\" }", "28")]),
        0,
    ));
    close(spread.peak_impaired, 28.0);
    close(spread.impaired_ms, (28 * 15 * MINUTE) as f64);
    // And each able to do with the others: nobody.
    let retried = customers(&one(&plan("cells", &[("shard = 2, ", "")]), 0));
    assert_eq!((retried.peak_impaired, retried.impaired_ms, retried.ever_impaired), (0.0, 0.0, 0.0));
    close(retried.ever_exposed, 28.0);
}

/// One region of hosts that fall ill one by one, each at most once.
fn region_of(of: &str, shard: u32, from: u32) -> Plan {
    support::plan_of(&format!(
        "[[fleet.region]]\nname = \"r\"\nzones = 2\nhosts-per-zone = [4, 6]\n\
         customers = {{ count = 1000, of = \"{of}\", shard = {shard}, from = {from} }}\n\
         [change]\ndeploy-time = \"5m\"\nrollback-time = {{ exponential = {{ mean = \"20m\" }} }}\n\
         [[defect]]\nname = \"d\"\nonset = {{ exponential = {{ mean = \"40m\" }} }}\nreach = 3\n\
         [[alarm]]\nname = \"a\"\nscope = \"service\"\nwatch = \"rollout\"\n\
         detection-delay = {{ uniform = {{ from = \"0s\", to = \"2h\" }} }}\n\
         [[strategy]]\nname = \"s\"\nbatch = 1\nrollback = {{ batch = 1 }}\n\
         [[strategy.wave]]\nregions = \"all\"\nbake = \"3h\"\n"
    ))
}

/// Every shard there is, as a set of places.
fn shards(places: u32, shard: u32) -> Vec<u32> {
    (0_u32..1 << places).filter(|set| set.count_ones() == shard).collect()
}

/// What explicit customers, one on each shard, see of the events of a rollout: expected numbers of one customer.
fn walk(plan: &Plan, (of, shard, from): (ShardPlace, u32, u32), records: &[RolloutRecord]) -> CustomerHarm {
    let firsts = [0, plan.fleet.zones.iter().next().unwrap().hosts];
    let places = match of {
        ShardPlace::Hosts => plan.fleet.hosts() as u32,
        ShardPlace::Zones => 2,
    };
    let all = shards(places, shard);
    let (mut ill, mut ever, mut now) = (BTreeSet::new(), BTreeSet::new(), 0_usize);
    let mut harm = CustomerHarm::default();
    let mut since_ms = 0;
    for record in records {
        harm.impaired_ms += now as f64 * (record.at_ms - since_ms) as f64;
        since_ms = record.at_ms;
        let host = |zone: u32, host: u32| (zone, firsts[zone as usize] + host);
        match record.event {
            RolloutEvent::HostImpaired { zone, host: id } => assert!(ill.insert(host(zone, id))),
            RolloutEvent::HostHealed { zone, host: id } => assert!(ill.remove(&host(zone, id))),
            _ => continue,
        }
        let bit = |(zone, host): &(u32, u32)| match of {
            ShardPlace::Hosts => 1_u32 << host,
            ShardPlace::Zones => 1 << zone,
        };
        let marked = ill.iter().map(bit).fold(0, |set, bit| set | bit);
        let hurt: Vec<u32> = all.iter().copied().filter(|set| (set & marked).count_ones() >= from).collect();
        now = hurt.len();
        harm.peak_impaired = harm.peak_impaired.max(now as f64);
        ever.extend(hurt);
    }
    let count = all.len() as f64;
    CustomerHarm {
        peak_impaired: harm.peak_impaired / count,
        impaired_ms: harm.impaired_ms / count,
        ever_impaired: ever.len() as f64 / count,
        ever_exposed: 0.0,
    }
}

#[test]
fn explicit_customers_see_the_same() {
    let (mut overlapping, mut exact, mut above) = (0, 0, 0);
    for (of, shard, from) in [
        (ShardPlace::Hosts, 1, 1),
        (ShardPlace::Hosts, 3, 1),
        (ShardPlace::Hosts, 2, 2),
        (ShardPlace::Hosts, 3, 3),
        (ShardPlace::Hosts, 4, 2),
        (ShardPlace::Hosts, 10, 5),
        (ShardPlace::Zones, 1, 1),
        (ShardPlace::Zones, 2, 2),
    ] {
        let word = if of == ShardPlace::Hosts { "hosts" } else { "zones" };
        let plan = region_of(word, shard, from);
        let model = Model::new(&plan);
        let mut engine = Engine::new(&model);
        for trial in 0..60 {
            let mut recorder = Recorder::default();
            let outcome = engine.run(0, trial, &mut recorder);
            let (found, right) =
                (customers(&outcome), walk(&plan, (of, shard, from), &recorder.into_records()));
            close(found.peak_impaired, 1000.0 * right.peak_impaired);
            close(found.impaired_ms, 1000.0 * right.impaired_ms);
            overlapping += u32::from(right.ever_impaired > right.peak_impaired);
            // Exact where any place, or all of the shard, must be ill, as no host falls ill twice; else the most it can be.
            if of == ShardPlace::Hosts && from == 2 && shard == 4 {
                assert!(found.ever_impaired >= 1000.0 * right.ever_impaired - 1e-9);
                exact += u32::from((found.ever_impaired - 1000.0 * right.ever_impaired).abs() < 1e-9);
                above += 1;
            } else if of == ShardPlace::Hosts || from == 1 {
                close(found.ever_impaired, 1000.0 * right.ever_impaired);
            }
        }
        let same = outcomes(&plan, 0, 60);
        assert!(same.iter().any(|outcome| outcome.impaired_host_ms > 0));
    }
    assert!(overlapping > 40, "{overlapping} trials in which others fell ill after some had healed");
    assert!(exact > 30, "{exact} of {above}");
}

#[test]
fn all_hosts_of_a_shard_as_written_out_give_the_same() {
    let with = |written: &str| {
        let all = "{ count = 28, of = \"zones\", shard = 2, from = \"100%\" }";
        outcomes(&plan("cells", &[(all, written)]), 0, 5)
    };
    let plain = with("1000");
    for written in [
        "{ count = 1000 }",
        "{ count = 1000, of = \"hosts\", shard = \"100%\", from = 1 }",
        "{ count = 1000, shard = 8 }",
        "{ count = 1000, of = \"zones\" }",
    ] {
        assert_eq!(with(written), plain, "{written}");
    }
    // Who counts customers sees the same rollout.
    let without: Vec<Outcome> = outcomes(&plan("cells", &[("customers =", "# customers =")]), 0, 5);
    let uncounted = plain.into_iter().map(|outcome| Outcome { customers: None, ..outcome });
    assert_eq!(uncounted.collect::<Vec<_>>(), without);
}

#[test]
fn a_good_change_is_met_and_hurts_nobody() {
    let outcome = one(&plan("cells", &[("[[defect]]\nname = \"all\"\n", "")]), 0);
    let met = customers(&outcome);
    assert_eq!((met.peak_impaired, met.impaired_ms, met.ever_impaired), (0.0, 0.0, 0.0));
    close(met.ever_exposed, 28.0);
}

#[test]
fn nobody_meets_a_preview() {
    let edits = [("hosts-per-zone = ", "customers = 900\nhosts-per-zone = ")];
    let preview = customers(&one(&plan("blue-green", &edits), 0));
    close(preview.ever_exposed, 900.0);
    let stopped = [
        edits[0],
        (
            "scope = \"service\"\ndetection-delay = \"5m\"\n",
            "scope = \"zone\"\nimpaired-hosts = { above = \"50%\" }\nperiod = \"1m\"\ninternal = true\n",
        ),
    ];
    let outcome = one(&plan("blue-green", &stopped), 0);
    assert_eq!((outcome.ending, customers(&outcome)), (Ending::Caught, CustomerHarm::default()));
}

#[test]
fn a_host_that_falls_ill_again_counts_its_customers_once() {
    // By turns the fault is there for five minutes and away for five: the same hosts, all of them at once.
    let turns = "[[defect]]\nname = \"all\"\nwhile = { on-for = \"5m\", off-for = \"5m\" }\n";
    let edits = [("[[defect]]\nname = \"all\"\n", turns), ("15m", "38m"), ("from = \"100%\"", "from = 1")];
    let outcome = one(&plan("cells", &edits), 0);
    assert!(outcome.peak_impaired_zones >= 3, "{}", outcome.peak_impaired_zones);
    let found = customers(&outcome);
    let zones = outcome.peak_impaired_zones;
    close(found.ever_impaired, 28.0 - f64::from((8 - zones) * (7 - zones)) / 2.0);
}

#[test]
fn what_shards_cannot_be_is_refused() {
    let refused = |edits: support::Edits, words: &str| {
        let mut text = std::fs::read_to_string(support::project("tests/plans/language/cells.toml")).unwrap();
        for (from, to) in edits {
            text = text.replace(from, to);
        }
        let loaded = scenario::load_str("refused.toml", &text);
        assert!(loaded.plan.is_none(), "{text}");
        assert!(loaded.problems.to_string().contains(words), "{}", loaded.problems);
    };
    refused(&[("shard = 2", "shard = 9")], "cannot be on 9 of 8 zones");
    refused(&[("\"100%\"", "3")], "never has 3 that are impaired");
    refused(
        &[("hosts-per-zone = 1", "hosts-per-zone = 500"), ("of = \"zones\", shard = 2", "shard = 101")],
        "too large",
    );
    refused(&[("customers = {", "customers = \"many\" # {")], "a number of customers or a table");
    let threshold =
        "[[threshold]]\nmetric = \"peak_impaired_customers\"\nstatistic = \"mean\"\nmax = 5\n[[strategy]]";
    refused(&[("customers =", "# customers ="), ("[[strategy]]", threshold)], "no region says how many");
}

#[test]
fn waves_over_cells_are_waves_over_regions_of_one_cell() {
    // The same fleet with a region for each cell.
    let regions: String = ('a'..='j')
        .map(|cell| {
            format!(
                "[[fleet.region]]\nname = \"{cell}\"\nhosts-per-zone = 4\nrequests-per-second = 10\ncustomers = 100\n"
            )
        })
        .collect();
    let text =
        std::fs::read_to_string(support::project("tests/plans/language/waves-over-cells.toml")).unwrap();
    let (from, to) = (text.find("[[fleet.region]]").unwrap(), text.find("[change]").unwrap());
    let text = format!("{}{regions}{}", &text[..from], &text[to..]);
    let to = text.find("zones-at-once").unwrap();
    let waves = "regions-at-once = 3\nbatch = 2\nzone-bake = \"10m\"\n\
        wave = [\n\
        { regions = [\"a\"], bake = \"1h\" },\n\
        { regions = [\"b\", \"c\", \"d\"], bake = \"30m\" },\n\
        { regions = \"rest\", bake = \"1h\" }]\n";
    let by_region = support::plan_of(&format!("{}{waves}", &text[..to]));
    let by_cell = plan("waves-over-cells", &[]);
    let times = |plan: &Plan| {
        let waves = wavetank::plan::timeline::timetable(plan, 0).waves;
        let said = |wave: &wavetank::plan::timeline::WaveSchedule| {
            (
                wave.start_ms,
                wave.deployed_ms,
                wave.end_ms,
                wave.zones,
                wave.hosts_after,
                wave.customers_share_after,
            )
        };
        waves.iter().map(said).collect::<Vec<_>>()
    };
    assert_eq!(times(&by_cell), times(&by_region));
    assert_eq!(times(&by_cell)[1].5, Some(0.4));
    let said = |plan: &Plan| {
        let outcome = one(plan, 0);
        let times =
            (outcome.onset_ms, outcome.alarm_ms, outcome.rollback_ms, outcome.end_ms, outcome.to_25_ms);
        let harm = (outcome.impaired_host_ms, outcome.peak_impaired_hosts, outcome.exposed_host_ms);
        let met = customers(&outcome);
        let met = [met.peak_impaired, met.impaired_ms, met.ever_impaired, met.ever_exposed];
        (outcome.ending, times, harm, met.map(|number| (number * 1e6).round()))
    };
    assert_eq!(said(&by_cell), said(&by_region));
    // Four cells of ten have it when it shows, and nobody else ever; the alarm takes 15 minutes and the way back 5.
    assert_eq!(said(&by_cell).3, [400.0, 400.0 * (20 * MINUTE) as f64, 400.0, 400.0].map(|n| n * 1e6));
}

#[test]
fn steps_a_ramp_and_waves_over_cells_are_the_same_waves() {
    let steps = "steps = [\n  { zones = 1, bake = \"1h\" },\n  { zones = \"33%\", bake = \"30m\" },\n  { zones = \"100%\", bake = \"1h\" },\n]";
    let of = |ladder: &str| {
        outcomes(&plan("waves-over-cells", &[(steps, ladder), ("onset = \"95m\"", "onset = \"3h\"")]), 0, 3)
    };
    let ramp = of("ramp = { of = \"zones\", add = \"40%\", every = \"30m\" }\nbake = \"1h\"");
    let stepped =
        of("steps = [{ zones = 4, bake = \"30m\" }, { zones = \"80%\", bake = \"30m\" }, { bake = \"1h\" }]");
    assert_eq!(ramp, stepped);
    let waves =
        of("zones = 4\nbake = \"30m\"\n[[strategy.wave]]\nregions = \"all\"\nzones = 8\nbake = \"30m\"\n\
                    [[strategy.wave]]\nregions = \"all\"\nbake = \"1h\"");
    assert_eq!(waves, stepped);
    assert!(waves.iter().all(|outcome| outcome.ending == Ending::Caught || outcome.to_100_ms.is_some()));
}

#[test]
fn a_wave_over_no_more_cells_is_refused() {
    let refused = |to: &str, words: &str| {
        let text =
            std::fs::read_to_string(support::project("tests/plans/language/waves-over-cells.toml")).unwrap();
        let loaded =
            scenario::load_str("refused.toml", &text.replace("{ zones = \"100%\", bake = \"1h\" }", to));
        assert!(loaded.plan.is_none() && loaded.problems.to_string().contains(words), "{}", loaded.problems);
    };
    refused("{ zones = 4, bake = \"1h\" }", "no more hosts");
    refused("{ zones = 2, bake = \"1h\" }", "no more hosts");
    refused("{ zones = 9, bake = \"1h\" }", "does not reach all hosts");
}

/// What ten explicit users of each shard of cells see, of whom the first ones go to the new version with each share.
fn walk_users(shard: u32, records: &[RolloutRecord]) -> CustomerHarm {
    const ZONES: usize = 3;
    let users: Vec<(u32, u32)> = shards(ZONES as u32, shard)
        .into_iter()
        .flat_map(|set| (0..10).map(move |user| (set, user)))
        .collect();
    let (mut share_ppm, mut ill) = ([0_u32; ZONES], [false; ZONES]);
    let (mut hurt, mut exposed) = (BTreeSet::new(), BTreeSet::new());
    let (mut harm, mut now, mut since_ms) = (CustomerHarm::default(), 0.0, 0);
    for record in records {
        harm.impaired_ms += now * (record.at_ms - since_ms) as f64;
        since_ms = record.at_ms;
        match record.event {
            RolloutEvent::TrafficSwitched { zone, share_ppm: share } => share_ppm[zone as usize] = share,
            RolloutEvent::ZoneImpaired { zone, hosts } => ill[zone as usize] = hosts > 0,
            RolloutEvent::HostImpaired { zone, .. } => ill[zone as usize] = true,
            _ => continue,
        }
        let goes =
            |set: u32, user: u32, zone: usize| set & (1 << zone) != 0 && user * 100_000 < share_ppm[zone];
        let meets = |of: &dyn Fn(usize) -> bool| {
            let meets =
                |(set, user): &&(u32, u32)| (0..ZONES).any(|zone| of(zone) && goes(*set, *user, zone));
            users.iter().filter(meets).copied().collect::<Vec<_>>()
        };
        let hurt_now = meets(&|zone| ill[zone]);
        now = hurt_now.len() as f64;
        harm.peak_impaired = harm.peak_impaired.max(now);
        hurt.extend(hurt_now);
        exposed.extend(meets(&|_| true));
    }
    let one = 1000.0 / users.len() as f64;
    CustomerHarm {
        peak_impaired: harm.peak_impaired * one,
        impaired_ms: harm.impaired_ms * one,
        ever_impaired: hurt.len() as f64 * one,
        ever_exposed: exposed.len() as f64 * one,
    }
}

#[test]
fn explicit_users_stay_with_the_version_that_they_met() {
    for (shard, delay) in [(1, "1h"), (2, "1h"), (2, "20m"), (3, "45m"), (1, "38m")] {
        let shards = format!("shard = {shard}");
        let delay = format!("detection-delay = \"{delay}\"");
        let plan = plan("users", &[("shard = 2", &shards), ("detection-delay = \"1h\"", &delay)]);
        let model = Model::new(&plan);
        let mut recorder = Recorder::default();
        let outcome = Engine::new(&model).run(0, 0, &mut recorder);
        let (found, right) = (customers(&outcome), walk_users(shard, &recorder.into_records()));
        assert!(right.ever_impaired > 0.0 && right.ever_impaired <= 300.0, "{right:?}");
        close(found.peak_impaired, right.peak_impaired);
        close(found.impaired_ms, right.impaired_ms);
        close(found.ever_impaired, right.ever_impaired);
        close(found.ever_exposed, right.ever_exposed);
    }
}

#[test]
fn requests_go_where_they_may_and_hosts_bear_the_same() {
    let by_users = outcomes(&plan("users", &[]), 0, 3);
    let by_requests = outcomes(&plan("users", &[("users = ", "traffic = ")]), 0, 3);
    for (users, requests) in by_users.iter().zip(&by_requests) {
        let uncounted = |outcome: &Outcome| Outcome { customers: None, ..outcome.clone() };
        assert_eq!(uncounted(users), uncounted(requests));
        // By request everybody who is on a cell meets the new version there at once.
        close(customers(requests).ever_exposed, 1000.0);
        close(customers(users).ever_exposed, 300.0);
    }
    // All users, and all requests: nobody is left out.
    let all = |word: &str| {
        let edits = [
            ("traffic = \"0%\"", "traffic = \"0%\""),
            ("traffic = \"100%\"", word),
            ("hosts-per-zone", "customers = 70\nhosts-per-zone"),
        ];
        outcomes(&plan("blue-green", &edits), 0, 3)
    };
    assert_eq!(all("users = \"100%\""), all("traffic = \"100%\""));
}

#[test]
fn users_by_steps_a_ramp_or_waves_are_the_same() {
    let waves = "  { name = \"tenth\", regions = \"all\", hosts = 2, users = \"10%\", bake = \"30m\" },\n  \
                 { name = \"more\", regions = \"all\", hosts = 2, users = \"30%\", bake = \"1h\" },\n  \
                 { name = \"all\", regions = \"all\" },\n";
    let of = |ladder: &str| outcomes(&plan("users", &[(waves, ladder)]), 0, 3);
    let steps = of(
        "{ regions = \"all\", max-surge = \"100%\", steps = [{ users = \"40%\", bake = \"20m\" }, { users = \"80%\", bake = \"20m\" }, { users = \"100%\", bake = \"1h\" }] }",
    );
    let ramp = of(
        "{ regions = \"all\", max-surge = \"100%\", ramp = { of = \"users\", add = \"40%\", every = \"20m\" }, bake = \"1h\" }",
    );
    assert_eq!(steps, ramp);
    assert!(steps.iter().any(|outcome| customers(outcome).ever_exposed > 399.0));
}

#[test]
fn users_of_a_shard_of_hosts_are_refused() {
    let refused = |from: &str, to: &str, words: &str| {
        let text = std::fs::read_to_string(support::project("tests/plans/language/users.toml")).unwrap();
        let loaded = scenario::load_str("refused.toml", &text.replace(from, to));
        assert!(loaded.plan.is_none() && loaded.problems.to_string().contains(words), "{}", loaded.problems);
    };
    refused("of = \"zones\"", "of = \"hosts\"", "users are sent to a version");
    refused("users = \"30%\"", "users = \"30%\", traffic = \"30%\"", "exclude each other");
}

#[test]
fn plans_and_reports_say_how_many_customers() {
    let threshold = "[[threshold]]\nmetric = \"peak_impaired_customers\"\nstatistic = \"p99\"\nmax = 0.5\n\
                     [[threshold]]\nmetric = \"impaired_customer_ms\"\nstatistic = \"mean\"\nmax = \"1 customer-hours\"\n[study]\ntrials = 8\n[[strategy]]";
    let plan = plan("cells", &[("[[strategy]]\nname", &format!("{threshold}\nname"))]);
    let text = Terminal::plain(120).render(&plan_view::document(&plan));
    for said in [
        "only: 28 customers, each on 2 of 8 zones at random; 3.6 % impaired with 2 impaired zones, 10.7 % with 3",
        "customers",
    ] {
        assert!(text.contains(said), "{said}\n{text}");
    }
    assert_eq!(plan_view::json(&plan)["strategies"][0]["waves"][0]["customers_share_after"], 1.0);
    let outcomes = run(&plan, &Nobody).unwrap();
    let summary = summarise(&plan, &outcomes);
    let file = GivenScenario { file: "cells.toml", estimator: None, allow_outside: false };
    let style = terminal::Style { color: false, width: 140, details: true, file };
    let text = terminal::run_report(&plan, &summary, &style);
    for said in ["Customers of bad changes", "1 customer at once", "peak customers"] {
        assert!(text.contains(said), "{said}\n{text}");
    }
    assert_eq!(summary.thresholds.len(), 2);
    let summary = String::from_utf8(json::pretty(&summary)).unwrap();
    assert!(summary.contains("\"ever_exposed_customers\""));
    let rows = String::from_utf8(csv::trials(&plan, &outcomes)).unwrap();
    let header = rows.lines().next().unwrap();
    assert!(
        header.ends_with("impaired_customer_ms,ever_impaired_customers,ever_exposed_customers"),
        "{header}"
    );
}

#[test]
fn who_relapses_after_going_back_hurts_all_users() {
    let text = "[[defect]]\nname = \"d\"\ncure = { relapse = { lasts = \"10m\", probability = \"50%\" } }\n[fleet]\n\
                region = [{ customers = 20000, hosts-per-zone = 10, name = \"r\", requests-per-second = 10 }]\n[change]\n\
                bad-probability = \"100%\"\n[[strategy]]\nname = \"s\"\nwave = [{ gates = [{ requests = 300000, within = \"6h\" }], \
                hosts = \"33%\", regions = \"all\", users = \"0%\" }, { regions = \"all\" }]\n";
    let harm =
        outcomes(&crate::support::plan_of(text), 0, 20).into_iter().filter_map(|outcome| outcome.customers);
    let harm: Vec<_> = harm.collect();
    assert!(harm.iter().any(|met| met.peak_impaired > 0.0), "nobody relapsed");
    assert!(harm.iter().all(|met| met.ever_impaired >= met.peak_impaired && met.ever_exposed == 0.0));
}
