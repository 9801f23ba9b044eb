//! AWS: its published examples through the files that say them, and what becomes of what its files say besides.

use super::{of_files, scenario_of};
use crate::language::published::aws::hold_accounts;
use crate::language::published::{
    batches, done_at, hosts_done, number, numbers, rows, started, told, trial, weights, zones_started,
};
use serde_json::{Value, json};
use wavetank::lints;
use wavetank::plan::Plan;
use wavetank::rollout::{RolloutEvent, RolloutRecord};
use wavetank::scenario;

const MINUTE: u64 = 60_000;

/// The plan of a template with these resources in which every change is good and a host takes a minute.
fn plan(resources: &Value) -> Plan {
    plan_with(resources, |text| text)
}

/// The same with a text that was changed.
fn plan_with(resources: &Value, change: impl Fn(String) -> String) -> Plan {
    let template = json!({ "Resources": resources }).to_string();
    plan_of_text(&change(scenario_of(&[("template.json", &template)])))
}

fn plan_of_text(text: &str) -> Plan {
    let quiet = text.replace("bad-probability = \"5%\"", "bad-probability = \"0%\"");
    let loaded = lints::look_ahead(scenario::load_str("imported.toml", &quiet));
    loaded.plan.unwrap_or_else(|| panic!("{}\n{quiet}", loaded.problems))
}

/// So many hosts fail, of each zone.
fn failing(hosts: u32) -> impl Fn(String) -> String {
    move |text| text.replace("[change]\n", &format!("[change]\nfailing-hosts = {hosts}\n"))
}

fn stops(records: &[RolloutRecord]) -> bool {
    records.iter().any(|record| matches!(record.event, RolloutEvent::Noticed { .. }))
}

fn resource(kind: &str, properties: &Value) -> Value {
    json!({ "Type": format!("AWS::{kind}"), "Properties": properties })
}

/// A group on an Auto Scaling group of so many hosts, with this configuration.
fn group(hosts: u64, name: &Value, config: &Value) -> Value {
    json!({
        "Fleet": resource("AutoScaling::AutoScalingGroup", &json!({ "MinSize": hosts, "MaxSize": hosts })),
        "Config": resource("CodeDeploy::DeploymentConfig", config),
        "Group": resource("CodeDeploy::DeploymentGroup", &json!({
            "AutoScalingGroups": [{ "Ref": "Fleet" }], "DeploymentConfigName": name,
            "AutoRollbackConfiguration": { "Enabled": true, "Events": ["DEPLOYMENT_FAILURE"] },
        })),
    })
}

#[test]
fn an_instance_refresh_keeps_its_checkpoints() {
    let fleet = r#"{"AutoScalingGroups": [{"AutoScalingGroupName": "web", "MinSize": 10, "DesiredCapacity": 10, "MaxSize": 12}]}"#;
    let refresh = |percent: u32, rest: &str| {
        format!(
            "{{\"AutoScalingGroupName\": \"web\", \"Preferences\": {{\"MinHealthyPercentage\": {percent}{rest}}}}}"
        )
    };
    let checkpoints =
        ", \"InstanceWarmup\": 600, \"CheckpointPercentages\": [20, 50], \"CheckpointDelay\": 900";
    let text = scenario_of(&[("fleet.json", fleet), ("refresh.json", &refresh(80, checkpoints))]);
    let records = told(&plan_of_text(&text));
    let timeline = rows("aws", "asg_timeline");
    let of = |column: usize| -> Vec<(u64, u32)> {
        let row = |row: &Value| (u64::from(numbers(row)[0]) * 1_000, numbers(row)[column]);
        timeline.iter().map(row).filter(|(_, hosts)| *hosts > 0).collect()
    };
    assert_eq!(started(&records)[..3], of(1));
    let mut so_far = 0;
    for (at_ms, hosts) in of(2) {
        so_far += hosts;
        assert!(hosts_done(&records).contains(&(at_ms, so_far)));
    }
    let many = fleet.replace("10", "100");
    for row in rows("aws", "asg_min_healthy") {
        let text =
            scenario_of(&[("fleet.json", &many), ("refresh.json", &refresh(number(&row, "percent"), ""))]);
        assert_eq!(batches(&told(&plan_of_text(&text)))[0], number(&row, "at_once_percent"), "{row}");
    }
}

#[test]
fn as_many_hosts_stay_healthy_as_codedeploy_says() {
    for row in rows("aws", "codedeploy_min_healthy") {
        let hosts = row["instances"].as_u64().unwrap_or(9);
        let least = match &row["min_healthy"] {
            Value::String(share) => {
                json!({ "Type": "FLEET_PERCENT", "Value": share.trim_end_matches('%').parse::<u32>().unwrap() })
            }
            least => json!({ "Type": "HOST_COUNT", "Value": least }),
        };
        let name = match row["config"].as_str() {
            Some(predefined) => json!(format!("CodeDeployDefault.{predefined}")),
            None => json!({ "Ref": "Config" }),
        };
        let resources = group(hosts, &name, &json!({ "MinimumHealthyHosts": least }));
        if row["fails_at_once"] == true {
            let template = json!({ "Resources": resources }).to_string();
            let refused = of_files(&[("template.json", &template)]);
            assert!(!refused.is_sound());
            assert!(refused.render(false).contains("none may leave service"), "{}", refused.render(false));
            continue;
        }
        let batch = batches(&told(&plan(&resources)))[0];
        if let Some(expected) = row["batch"].as_u64() {
            assert_eq!(u64::from(batch), expected, "{row}");
        }
        if row["min_healthy"] == "50%" {
            assert_eq!((hosts, batch), (9, 4), "{row}");
        }
        let fails_after = row["fails_after"].as_u64().unwrap_or(u64::from(batch)) as u32;
        for (bad, fails) in [(fails_after - 1, false), (fails_after, true)] {
            let planned = if bad > 0 { plan_with(&resources, failing(bad)) } else { plan(&resources) };
            let (records, outcome) = trial(&planned, 0);
            assert_eq!(stops(&records), fails, "{row} with {bad}");
            if let (Some(least), false) = (row["needs_successes"].as_u64(), fails) {
                assert_eq!(hosts - outcome.left_behind_hosts, least, "{row}");
            }
        }
    }
}

/// When requests move, counted from the first of them, and to how many of 100.
fn shifts(resources: &Value) -> Vec<(u64, f64)> {
    let sent: Vec<(u64, f64)> =
        weights(&told(&plan(resources))).into_iter().filter(|(_, weight)| *weight > 0.0).collect();
    sent.iter().map(|(at_ms, weight)| (at_ms - sent[0].0, *weight)).collect()
}

#[test]
fn traffic_shifts_as_the_predefined_configurations_say() {
    for row in rows("aws", "codedeploy_traffic") {
        let (percent, interval) = (number(&row, "percent"), number(&row, "interval_min"));
        let steps = match row["type"].as_str().unwrap() {
            "TimeBasedLinear" => 100 / percent,
            "TimeBasedCanary" => 2,
            _ => 1,
        };
        let expected = |step: u32| {
            let weight = if step + 1 == steps { 100 } else { percent * (step + 1) };
            (u64::from(step * interval) * MINUTE, f64::from(weight))
        };
        let expected: Vec<(u64, f64)> = (0..steps).map(expected).collect();
        let group = resource("CodeDeploy::DeploymentGroup", &json!({ "DeploymentConfigName": row["name"] }));
        assert_eq!(shifts(&json!({ "Group": group })), expected, "{row}");
        // A function says the same without the prefix.
        let name = row["name"].as_str().unwrap();
        if let Some(short) = name.strip_prefix("CodeDeployDefault.Lambda") {
            let preference = json!({ "AutoPublishAlias": "live", "DeploymentPreference": { "Type": short } });
            let function = resource("Serverless::Function", &preference);
            assert_eq!(shifts(&json!({ "Function": function })), expected, "{row}");
        }
    }
    for row in rows("aws", "ecs_linear") {
        let (percent, bake) = (number(&row, "step_percent"), number(&row, "step_bake_min"));
        let configuration = json!({
            "Strategy": "LINEAR", "BakeTimeInMinutes": 0,
            "LinearConfiguration": { "StepPercent": percent, "StepBakeTimeInMinutes": bake },
        });
        let service =
            resource("ECS::Service", &json!({ "DesiredCount": 4, "DeploymentConfiguration": configuration }));
        let (records, outcome) = trial(&plan(&json!({ "Service": service })), 0);
        let (first, last) = (weights(&records)[0].0, weights(&records).last().unwrap().0);
        assert_eq!(last - first, u64::from(bake) * (100 / u64::from(percent) - 1) * MINUTE);
        assert_eq!(outcome.completed_ms.unwrap() > last, row["bakes_after_100"] == true, "{row}");
    }
}

#[test]
fn stack_sets_go_region_by_region_and_stop_with_one() {
    let set = |accounts: u32, regions: usize, preferences: &Value| -> Value {
        let accounts: Vec<String> = (0..accounts).map(|number| format!("{number:012}")).collect();
        let regions: Vec<String> = (0..regions).map(|number| format!("r{number}")).collect();
        json!({ "Set": resource("CloudFormation::StackSet", &json!({
            "OperationPreferences": preferences,
            "StackInstancesGroup": [{ "DeploymentTargets": { "Accounts": accounts }, "Regions": regions }],
        })) })
    };
    let percent = |share: &Value| share.as_str().unwrap().trim_end_matches('%').parse::<u32>().unwrap();
    for row in rows("aws", "stacksets") {
        let accounts = number(&row, "accounts");
        if row.get("tolerance").is_some() {
            let mut bad = numbers(&row["failures"]);
            bad.resize(number(&row, "regions") as usize, 0);
            let preferences =
                json!({ "FailureTolerancePercentage": percent(&row["tolerance"]), "MaxConcurrentCount": 10 });
            let with_failures = |text: String| {
                bad.iter().enumerate().fold(text, |text, (number, bad)| {
                    let name = format!("name = \"r{number}\"\n");
                    text.replace(&name, &format!("{name}failing-hosts = {bad}\n"))
                })
            };
            let records = told(&plan_with(&set(accounts, bad.len(), &preferences), with_failures));
            assert!(stops(&records));
            assert_eq!(zones_started(&records).len() as u32, number(&row, "stops_in_region"), "{row}");
            // Strict concurrency begins with one more than is tolerated.
            assert_eq!(batches(&records)[0], 3);
            continue;
        }
        let regions = row["regions"].as_u64().unwrap_or(1) as usize;
        let preferences = json!({
            "MaxConcurrentPercentage": percent(&row["max_concurrent"]), "ConcurrencyMode": "SOFT_FAILURE_TOLERANCE",
        });
        let records = told(&plan(&set(accounts, regions, &preferences)));
        hold_accounts(&row, &records, regions);
    }
}

#[test]
fn services_keep_their_bounds_and_break_their_circuit() {
    let service = |desired: u64, configuration: &Value| -> Value {
        let properties = json!({ "DesiredCount": desired, "DeploymentConfiguration": configuration });
        json!({ "Service": resource("ECS::Service", &properties) })
    };
    for row in rows("aws", "ecs_bounds") {
        let desired = number(&row, "desired");
        let healthy = row["min_healthy_percent"].as_u64().unwrap_or(100);
        let most = row["max_percent"].as_u64().unwrap_or(100);
        let bounds = json!({ "MinimumHealthyPercent": healthy, "MaximumPercent": most });
        let planned = plan(&service(desired.into(), &bounds));
        let procedure = &planned.strategies[0].waves[0].procedure;
        let (beside, away) = (procedure.surge_of(desired), procedure.unavailable_of(desired));
        assert_eq!(u64::from(away), row["can_stop"].as_u64().unwrap_or(0), "{row}");
        assert_eq!(u64::from(beside), row["can_start"].as_u64().unwrap_or(0), "{row}");
    }
    for row in rows("aws", "ecs_circuit_breaker") {
        let (desired, threshold) = (number(&row, "desired"), number(&row, "threshold"));
        // The published bounds are those of 2023: 10 at least.
        let share = json!({ "Type": "COUNT", "Value": threshold });
        let breaker = json!({ "Enable": true, "Rollback": false, "ThresholdConfiguration": share });
        let bounds =
            json!({ "MinimumHealthyPercent": 0, "MaximumPercent": 100, "DeploymentCircuitBreaker": breaker });
        let all_fail = |text: String| text.replace("[change]\n", "[change]\nfailing-hosts = \"100%\"\n");
        let records = told(&plan_with(&service(desired.into(), &bounds), all_fail));
        assert!(stops(&records), "{row}");
        let text =
            scenario_of(&[("t.json", &json!({ "Resources": service(desired.into(), &bounds) }).to_string())]);
        let failures = if desired < threshold {
            format!("allowed = 0, per = \"rollout\", retries = {}", threshold - 1)
        } else {
            format!("allowed = {}, per = \"rollout\"", threshold - 1)
        };
        assert!(text.contains(&failures), "{row}\n{text}");
    }
    let usual = json!({ "DeploymentCircuitBreaker": { "Enable": true, "Rollback": true } });
    for (desired, failures) in [(400, "allowed = 199"), (25, "allowed = 12"), (4, "allowed = 2")] {
        let text = scenario_of(&[("t.json", &json!({ "Resources": service(desired, &usual) }).to_string())]);
        assert!(text.contains(failures), "{text}");
    }
}

#[test]
fn configuration_is_deployed_over_its_time() {
    let strategy = |minutes: u32, growth: &str, factor: u32, bake: u32| -> Value {
        json!({ "Strategy": resource("AppConfig::DeploymentStrategy", &json!({
            "Name": "s", "DeploymentDurationInMinutes": minutes, "GrowthType": growth, "GrowthFactor": factor,
            "FinalBakeTimeInMinutes": bake, "ReplicateTo": "NONE",
        })) })
    };
    for row in rows("aws", "appconfig_timeline") {
        let resources = strategy(60 * number(&row, "hours"), "LINEAR", number(&row, "factor"), 0);
        let records = told(&plan(&resources));
        for point in row["hour_percent"].as_array().unwrap() {
            let [hour, percent] = numbers(point)[..] else { panic!("{row}") };
            assert_eq!(done_at(&records, u64::from(hour) * 60 * MINUTE), percent, "{row}");
        }
    }
    for row in rows("aws", "appconfig") {
        let (minutes, factor, bake) =
            (number(&row, "deployment_min"), number(&row, "factor"), number(&row, "bake_min"));
        let written = strategy(minutes, row["growth"].as_str().unwrap(), factor, bake);
        // A deployment names the predefined one.
        let deployment = resource("AppConfig::Deployment", &json!({ "DeploymentStrategyId": row["name"] }));
        for resources in [written, json!({ "Deployment": deployment })] {
            let (records, outcome) = trial(&plan(&resources), 0);
            assert_eq!(hosts_done(&records)[0].1, factor, "{row}");
            assert_eq!(outcome.to_100_ms, Some(u64::from(minutes) * MINUTE), "{row}");
            assert_eq!(outcome.completed_ms, Some(u64::from(minutes + bake) * MINUTE), "{row}");
        }
    }
}

#[test]
fn the_first_zone_is_monitored_as_the_others_unless_said() {
    let zonal = |zonal: &Value| {
        let config =
            json!({ "MinimumHealthyHosts": { "Type": "HOST_COUNT", "Value": 0 }, "ZonalConfig": zonal });
        let resources = json!({ "Config": resource("CodeDeploy::DeploymentConfig", &config) });
        let begins = zones_started(&told(&plan(&resources)));
        begins.iter().map(|(at_ms, _)| at_ms / MINUTE).collect::<Vec<u64>>()
    };
    assert_eq!(zonal(&json!({ "MonitorDurationInSeconds": 300 })), [0, 6, 12]);
    let first = json!({ "MonitorDurationInSeconds": 300, "FirstZoneMonitorDurationInSeconds": 600 });
    assert_eq!(zonal(&first), [0, 11, 17]);
}

#[test]
fn every_published_row_that_has_a_number_is_held() {
    let tables = [
        "asg_min_healthy",
        "codedeploy_min_healthy",
        "codedeploy_traffic",
        "stacksets",
        "ecs_bounds",
        "ecs_circuit_breaker",
        "appconfig",
        "appconfig_timeline",
        "ecs_linear",
    ];
    let rows: usize = tables.iter().map(|table| rows("aws", table).len()).sum();
    // The timeline is one, and so is the first zone's bake.
    assert_eq!(rows + 2, 27);
}
