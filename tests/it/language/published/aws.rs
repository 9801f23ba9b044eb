//! Worked examples of AWS manuals: instance refresh, CodeDeploy, StackSets, ECS and AppConfig.

use super::kubernetes::{beside_and_away, text as pods};
use super::{
    MINUTE, SECOND, batches, done_at, hosts_done, number, numbers, plan, refusal, region, rows, started,
    told, toml, trial, weights, zones_started,
};
use serde_json::Value;
use wavetank::rollout::{RolloutEvent, RolloutRecord};

/// A strategy over so many hosts that take a minute each.
fn one_zone(hosts: u32, change: &str, strategy: &str) -> String {
    format!(
        "{}[change]\ndeploy-time = \"1m\"\n{change}\n[[strategy]]\nname = \"s\"\n{strategy}\nwave = [{{ regions = \"all\" }}]\n",
        region(hosts)
    )
}

fn stops(records: &[RolloutRecord]) -> bool {
    records.iter().any(|record| matches!(record.event, RolloutEvent::Noticed { .. }))
}

#[test]
fn an_instance_refresh_keeps_its_checkpoints() {
    let text = format!(
        "{}[change]\ndeploy-time = \"10m\"\n[[strategy]]\nname = \"refresh\"\nmax-unavailable = \"20%\"\n[[strategy.wave]]\n\
         regions = \"all\"\nsteps = [{{ hosts = \"20%\", bake = \"15m\" }}, {{ hosts = \"50%\", bake = \"15m\" }}, {{}}]\n",
        region(10)
    );
    let told = told(&plan(&text));
    let timeline = rows("aws", "asg_timeline");
    let of = |column: usize| -> Vec<(u64, u32)> {
        let row = |row: &Value| (u64::from(numbers(row)[0]) * SECOND, numbers(row)[column]);
        timeline.iter().map(row).filter(|(_, hosts)| *hosts > 0).collect()
    };
    assert_eq!(started(&told)[..3], of(1));
    let warmed: Vec<(u64, u32)> = of(2);
    let mut so_far = 0;
    for (at_ms, hosts) in warmed {
        so_far += hosts;
        assert!(hosts_done(&told).contains(&(at_ms, so_far)));
    }
    for row in rows("aws", "asg_min_healthy") {
        let away = 100 - number(&row, "percent");
        let text = one_zone(100, "", &format!("max-unavailable = \"{away}%\""));
        assert_eq!(batches(&super::told(&plan(&text)))[0], number(&row, "at_once_percent"), "{row}");
    }
}

#[test]
fn as_many_hosts_stay_healthy_as_codedeploy_says() {
    for row in rows("aws", "codedeploy_min_healthy") {
        let hosts = row["instances"].as_u64().unwrap_or(9) as u32;
        // What may be away is the rest; a share of it is exactly that, also if it is nobody.
        let away = match &row["min_healthy"] {
            Value::String(share) => {
                format!("\"{}% down\"", 100 - share.trim_end_matches('%').parse::<u32>().unwrap())
            }
            Value::Number(least) if least.as_u64() == Some(0) => "\"100%\"".to_owned(),
            least => format!("\"all but {least}\""),
        };
        if row["fails_at_once"] == true {
            let text = one_zone(hosts, "", &format!("max-unavailable = {away}"));
            assert!(refusal(&text).contains("none may leave service"), "{row}");
            continue;
        }
        let plain = plan(&one_zone(hosts, "", &format!("max-unavailable = {away}")));
        let batch = batches(&told(&plain))[0];
        if let Some(expected) = row["batch"].as_u64() {
            assert_eq!(u64::from(batch), expected, "{row}");
        }
        if row["min_healthy"] == "50%" {
            assert!(2 * (hosts - batch) >= hosts && 2 * (hosts - batch - 1) < hosts, "{row}");
        }
        // It fails with as many hosts as may be away.
        let fails_after = row["fails_after"].as_u64().unwrap_or(u64::from(batch)) as u32;
        assert_eq!(fails_after, batch, "{row}");
        for (failing, fails) in [(fails_after - 1, false), (fails_after, true)] {
            let doomed = if failing > 0 { format!("failing-hosts = {failing}") } else { String::new() };
            let allowed = format!(
                "max-unavailable = {away}\nfailures = {{ allowed = {}, per = \"rollout\" }}",
                batch - 1
            );
            let (told, outcome) = trial(&plan(&one_zone(hosts, &doomed, &allowed)), 0);
            assert_eq!(stops(&told), fails, "{row} with {failing}");
            if let (Some(least), false) = (row["needs_successes"].as_u64(), fails) {
                assert_eq!(u64::from(hosts) - outcome.left_behind_hosts, least, "{row}");
            }
        }
    }
}

#[test]
fn traffic_shifts_as_the_predefined_configurations_say() {
    for row in rows("aws", "codedeploy_traffic") {
        let (percent, interval) = (number(&row, "percent"), number(&row, "interval_min"));
        let wave = match row["type"].as_str().unwrap() {
            "TimeBasedLinear" => format!(
                "{{ regions = \"all\", ramp = {{ of = \"traffic\", add = \"{percent}%\", every = \"{interval}m\" }} }}"
            ),
            "TimeBasedCanary" => format!(
                "{{ regions = \"all\", steps = [{{ traffic = \"{percent}%\", bake = \"{interval}m\" }}, {{ traffic = \"100%\" }}] }}"
            ),
            _ => format!("{{ regions = \"all\", traffic = \"{percent}%\" }}"),
        };
        let text =
            format!("{}[[strategy]]\nname = \"s\"\nmax-surge = \"100%\"\nwave = [{wave}]\n", region(1));
        let weights = weights(&told(&plan(&text)));
        let sent: Vec<(u64, f64)> = weights.into_iter().filter(|(_, weight)| *weight > 0.0).collect();
        let steps = match row["type"].as_str().unwrap() {
            "TimeBasedLinear" => 100 / percent,
            "TimeBasedCanary" => 2,
            _ => 1,
        };
        let expected = |step: u32| {
            let weight = if step + 1 == steps { 100 } else { percent * (step + 1) };
            (u64::from(step * interval) * MINUTE, f64::from(weight))
        };
        assert_eq!(sent, (0..steps).map(expected).collect::<Vec<_>>(), "{row}");
    }
    for row in rows("aws", "ecs_linear") {
        let (percent, bake) = (number(&row, "step_percent"), number(&row, "step_bake_min"));
        let text = format!(
            "{}[[strategy]]\nname = \"s\"\nmax-surge = \"100%\"\n\
             wave = [{{ regions = \"all\", ramp = {{ of = \"traffic\", add = \"{percent}%\", every = \"{bake}m\" }} }}]\n",
            region(1)
        );
        let (told, outcome) = trial(&plan(&text), 0);
        let all_ms = weights(&told).last().unwrap().0;
        assert_eq!(all_ms, u64::from(bake) * (100 / u64::from(percent) - 1) * MINUTE);
        assert_eq!(outcome.completed_ms.unwrap() > all_ms, row["bakes_after_100"] == true, "{row}");
    }
}

/// Holds that so many accounts are deployed to at once, or the batches in each region, as published; one region after the
/// other.
pub(crate) fn hold_accounts(row: &Value, told: &[RolloutRecord], regions: usize) {
    if row.get("at_once").is_some() {
        assert_eq!(batches(told)[0], number(row, "at_once"), "{row}");
        return;
    }
    let expected = numbers(&row["batches_per_region"]);
    assert_eq!(batches(told), expected.repeat(regions), "{row}");
    let begins: Vec<u64> = zones_started(told).iter().map(|(at_ms, _)| *at_ms).collect();
    assert_eq!(begins, [0, expected.len() as u64 * MINUTE], "{row}: one region after the other");
}

#[test]
fn stack_sets_go_region_by_region_and_stop_with_one() {
    let of_regions = |accounts: u32, failing: &[u32], rest: &str| -> String {
        let region = |(number, failing): (usize, &u32)| {
            format!(
                "[[fleet.region]]\nname = \"r{number}\"\nhosts-per-zone = {accounts}\nfailing-hosts = {failing}\n"
            )
        };
        let regions: String = failing.iter().enumerate().map(region).collect();
        format!(
            "{regions}[change]\ndeploy-time = \"1m\"\n[[strategy]]\nname = \"s\"\nresponse = {{ on-alarm = \"freeze\" }}\n{rest}\n\
             wave = [{{ regions = \"all\" }}]\n"
        )
    };
    for row in rows("aws", "stacksets") {
        let accounts = number(&row, "accounts");
        if row.get("tolerance").is_some() {
            let mut failing = numbers(&row["failures"]);
            failing.resize(number(&row, "regions") as usize, 0);
            // Strict concurrency begins with one more than is tolerated.
            let rest = format!(
                "batch = 3\nfailures = {{ allowed = {}, per = \"region\" }}",
                toml(&row["tolerance"])
            );
            let told = told(&plan(&of_regions(accounts, &failing, &rest)));
            assert!(stops(&told));
            assert_eq!(zones_started(&told).len() as u32, number(&row, "stops_in_region"), "{row}");
            continue;
        }
        let regions = row["regions"].as_u64().unwrap_or(1) as usize;
        let rest = format!("batch = {}", toml(&row["max_concurrent"]));
        let told = told(&plan(&of_regions(accounts, &vec![0; regions], &rest)));
        hold_accounts(&row, &told, regions);
    }
}

#[test]
fn services_keep_their_bounds_and_break_their_circuit() {
    for row in rows("aws", "ecs_bounds") {
        let desired = number(&row, "desired");
        if let Some(stop) = row["can_stop"].as_u64() {
            let away = format!("{}% down", 100 - number(&row, "min_healthy_percent"));
            let text = pods(desired, &Value::Null, &away.into());
            assert_eq!(u64::from(beside_and_away(&plan(&text), desired).1), stop, "{row}");
        } else {
            let beside = format!("{}% down", (number(&row, "max_percent") - 100).min(100));
            let text = pods(desired, &beside.into(), &0.into());
            assert_eq!(beside_and_away(&plan(&text), desired), (number(&row, "can_start"), 0), "{row}");
        }
    }
    // A quarter of three beside is none, rounded down: nothing would ever begin.
    let stuck = pods(3, &"25% down".into(), &0.into());
    assert!(refusal(&stuck).contains("none comes beside"));
    for row in rows("aws", "ecs_circuit_breaker") {
        let (desired, threshold) = (number(&row, "desired"), number(&row, "threshold"));
        // One task is tried again and again; of many others are started.
        let failures = if desired < threshold {
            format!("failures = {{ allowed = 0, per = \"rollout\", retries = {} }}", threshold - 1)
        } else {
            format!("batch = 50\nfailures = {{ allowed = {}, per = \"rollout\" }}", threshold - 1)
        };
        let failures = failures + "\nresponse = { on-alarm = \"freeze\" }";
        let told = told(&plan(&one_zone(desired, "failing-hosts = \"100%\"", &failures)));
        assert!(stops(&told), "{row}");
        assert_eq!(batches(&told).iter().sum::<u32>(), threshold, "{row}");
    }
}

#[test]
fn configuration_is_deployed_over_its_time() {
    for row in rows("aws", "appconfig_timeline") {
        let (factor, hours) = (number(&row, "factor"), number(&row, "hours"));
        let text = format!(
            "{}[change]\ndeploy-time = \"{}m\"\n[[strategy]]\nname = \"s\"\n\
             wave = [{{ regions = \"all\", ramp = {{ add = \"{factor}%\", every = \"0s\" }} }}]\n",
            region(100),
            hours * 60 * factor / 100
        );
        let told = told(&plan(&text));
        for point in row["hour_percent"].as_array().unwrap() {
            let [hour, percent] = numbers(point)[..] else { panic!("{row}") };
            assert_eq!(done_at(&told, u64::from(hour) * 60 * MINUTE), percent, "{row}");
        }
    }
    for row in rows("aws", "appconfig") {
        let (minutes, factor) = (number(&row, "deployment_min"), number(&row, "factor"));
        // 10, 20, 40, 80 and 100 % are five steps.
        let (steps, ramp) = match row["growth"].as_str().unwrap() {
            "EXPONENTIAL" => (5, format!("from = \"{factor}%\", times = 2")),
            _ => (1, format!("add = \"{factor}%\"")),
        };
        let text = format!(
            "{}[change]\ndeploy-time = \"{}s\"\n[[strategy]]\nname = \"s\"\n\
             wave = [{{ regions = \"all\", ramp = {{ {ramp}, every = \"0s\" }}, bake = \"{}m\" }}]\n",
            region(100),
            minutes * 60 / steps,
            number(&row, "bake_min")
        );
        let (told, outcome) = trial(&plan(&text), 0);
        assert_eq!(hosts_done(&told)[0].1, factor, "{row}");
        assert_eq!(outcome.to_100_ms, Some(u64::from(minutes) * MINUTE), "{row}");
        assert_eq!(outcome.completed_ms, Some(u64::from(minutes + number(&row, "bake_min")) * MINUTE));
    }
}

#[test]
fn the_first_zone_is_monitored_as_the_others_unless_said() {
    let text = "[[fleet.region]]\nname = \"r\"\nzones = 3\nhosts-per-zone = 2\n[[strategy]]\nname = \"s\"\nzone-bake = \"5m\"\n\
                wave = [{ regions = \"all\" }]\n";
    let begins: Vec<u64> =
        zones_started(&told(&plan(text))).iter().map(|(at_ms, _)| at_ms / MINUTE).collect();
    assert_eq!(begins, [0, 5, 10]);
}
