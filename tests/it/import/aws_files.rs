//! AWS: what templates, answers of the API and alarms say, and what is told of the rest.

use super::{file, lost, of_files, of_files_given, scenario_of};
use wavetank::import::Fate;

fn has(text: &str, lines: &[&str]) {
    for line in lines {
        assert!(text.contains(line), "{line}\n{text}");
    }
}

fn is_told(told: &[String], parts: &[&str]) {
    for part in parts {
        assert!(told.iter().any(|loss| loss.contains(part)), "{part}: {told:#?}");
    }
}

#[test]
fn functions_have_their_own_and_the_general_preference() {
    let template = file("aws-sam.yaml");
    let imported = of_files(&[("sam.yaml", &template)]);
    let text = scenario_of(&[("sam.yaml", &template)]);
    has(
        &text,
        &[
            "alarms = [\"StackName-orders-errors\", \"OrdersLatency\", \"shared-alarm\", \"QueueAge\"]",
            "{ traffic = \"10%\", bake = \"10m\" }",
            "traffic = \"0%\" # nobody is sent there yet",
            "ramp = { of = \"traffic\", add = \"10%\", every = \"1m\" } # sam.yaml:39 Type: Linear10PercentEvery1Minute",
            "error-count = { at-least = 1 }",
            "slow-ratio = { above = \"1%\" }",
            "error-ratio = { above = \"1%\" }",
            "datapoints = \"2 of 3\"",
            "missing-data = \"not-breaching\"",
            "missing-data = \"missing\" # CloudWatch's default",
        ],
    );
    let approximated = lost(&imported, Fate::Approximated);
    is_told(
        &approximated,
        &[
            "the default of the parameter `CanaryType`",
            "as the condition `IsProd` holds",
            "the alarm is in none of the files",
            "slow is what takes longer than 3000",
        ],
    );
    assert!(lost(&imported, Fate::Dropped).iter().any(|loss| loss.contains("not enabled")));
    assert!(
        !lost(&imported, Fate::Dropped).iter().any(|loss| loss.contains("not understood")),
        "{:#?}",
        lost(&imported, Fate::Dropped)
    );
    let given = of_files_given(&[("sam.yaml", &template)], &[("IsProd", "false")]);
    let text = given.scenario("");
    // Nothing stops the function then, so its alarms call people as any other.
    assert!(!text.contains("bake = \"10m\"") && !text.contains("shared-alarm"), "{text}");
}

#[test]
fn services_groups_and_their_alarms_are_told_apart() {
    let template = file("aws-ecs.yaml");
    let imported = of_files(&[("ecs.yaml", &template)]);
    let text = scenario_of(&[("ecs.yaml", &template)]);
    has(
        &text,
        &[
            "hosts-per-zone = 6",
            "max-surge = \"100% down\" # ecs.yaml:17 MaximumPercent: !FindInMap [Sizes, prod, Max], :6 Max: 200",
            "max-unavailable = \"50% down\"",
            "failures = { allowed = 2, per = \"rollout\" }",
            "impaired-hosts = { at-least = \"50%\" }",
            "all-of = [\"web-slow\", \"web-errors\"]",
            "alarms = [\"web-down\", \"web-any\", \"external-alarm\"]",
            "{ traffic = \"5.5%\", bake = \"10m\" }",
            "batch = 2 # ecs.yaml:78 MaxBatchSize: 2",
            "max-unavailable = \"all but 4\"",
            "failures = { allowed = \"20% down\", per = \"rollout\" }",
            "max-unavailable = \"all but 4\"",
        ],
    );
    is_told(
        &lost(&imported, Fate::Approximated),
        &["the fleet of Fleet", "the default of the parameter `Desired`"],
    );
    is_told(&lost(&imported, Fate::Dropped), &["it changes the size of the fleet"]);
    assert!(!text.contains("name = \"CPU\""));
}

#[test]
fn a_group_that_does_not_go_back_waits_for_people() {
    let group = |rollback: &str| {
        format!(
            "Resources:\n  Group:\n    Type: AWS::CodeDeploy::DeploymentGroup\n    Properties:\n      DeploymentConfigName: \
             CodeDeployDefault.HalfAtATime\n      AlarmConfiguration: {{Alarms: [{{Name: errors}}]}}\n{rollback}"
        )
    };
    let rollback =
        |events: &str| format!("      AutoRollbackConfiguration: {{Enabled: true, Events: [{events}]}}\n");
    for (rollback, halts) in [
        (String::new(), true),
        (rollback("DEPLOYMENT_FAILURE"), true),
        (rollback("DEPLOYMENT_STOP_ON_ALARM"), false),
        (rollback("DEPLOYMENT_FAILURE, DEPLOYMENT_STOP_ON_ALARM"), false),
        ("      AutoRollbackConfiguration: {Enabled: false}\n".to_owned(), true),
    ] {
        let text = scenario_of(&[("group.yaml", &group(&rollback))]);
        assert_eq!(text.contains("response = { on-alarm = \"halt\" }"), halts, "{text}");
        assert!(text.contains("max-unavailable = \"50% down\""));
    }
    let off = group("").replace("Alarms: [", "Enabled: false, Alarms: [");
    let imported = of_files(&[("group.yaml", &off)]);
    is_told(&lost(&imported, Fate::Dropped), &["does not look at these alarms"]);
    assert!(imported.scenario("").contains("alarms = []"));
}

#[test]
fn answers_of_the_api_say_the_same() {
    let group = r#"{"deploymentGroupInfo": {"applicationName": "app", "deploymentGroupName": "prod",
        "deploymentConfigName": "ThreeQuarters", "computePlatform": "Server",
        "alarmConfiguration": {"enabled": true, "alarms": [{"name": "both"}, {"name": "charges"}]},
        "autoRollbackConfiguration": {"enabled": true, "events": ["DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_FAILURE"]}}}"#;
    let config = r#"{"deploymentConfigInfo": {"deploymentConfigName": "ThreeQuarters", "computePlatform": "Server",
        "minimumHealthyHosts": {"type": "FLEET_PERCENT", "value": 75}}}"#;
    let alarm = |name: &str, rest: &str| {
        format!(
            "{{\"AlarmName\": \"{name}\", {rest}, \"Period\": 60, \"EvaluationPeriods\": 1, \"ComparisonOperator\": \
             \"GreaterThanThreshold\"}}"
        )
    };
    let cpu = alarm(
        "cpu",
        r#""Namespace": "AWS/EC2", "MetricName": "CPUUtilization", "Statistic": "Average", "Threshold": 90"#,
    );
    let ratio = alarm(
        "5xx",
        r#""Namespace": "AWS/ApiGateway", "MetricName": "5XXError", "Statistic": "Average", "Threshold": 0.02"#,
    );
    let charges = alarm(
        "charges",
        r#""Namespace": "AWS/Billing", "MetricName": "EstimatedCharges", "Statistic": "Maximum", "Threshold": 5"#,
    );
    let alarms = format!(
        "{{\"MetricAlarms\": [{cpu}, {ratio}, {charges}], \"CompositeAlarms\": [{{\"AlarmName\": \"both\", \"AlarmRule\": \
         \"ALARM(cpu) AND ALARM(\\\"5xx\\\")\"}}]}}"
    );
    let files = [("group.json", group), ("config.json", config), ("alarms.json", alarms.as_str())];
    let text = scenario_of(&files);
    has(
        &text,
        &[
            "max-unavailable = \"25% down\"",
            "alarms = [\"both\"]",
            "all-of = [\"cpu\", \"5xx\"]",
            "error-ratio = { above = \"2%\" }",
        ],
    );
    let imported = of_files(&files);
    is_told(&lost(&imported, Fate::Refused), &["what something costs"]);
    is_told(&lost(&imported, Fate::Dropped), &["this alarm is not in the scenario"]);
    assert_eq!(imported.strategies().collect::<Vec<_>>(), ["prod"]);
}

#[test]
fn what_only_the_stack_knows_is_an_error_with_its_place() {
    let template = "Parameters:\n  Size: {Type: Number}\n  Kind: {Type: String}\nResources:\n  S:\n    Type: AWS::ECS::Service\n    \
                    Properties:\n      DesiredCount: !Ref Size\n      DeploymentConfiguration:\n        MinimumHealthyPercent: !If [Big, \
                    50, 100]\n        MaximumPercent: {\"Fn::ImportValue\": Most}\n  F:\n    Type: AWS::Serverless::Function\n    \
                    Properties: {DeploymentPreference: {Type: !Ref Kind}}\n";
    let refused = of_files(&[("t.yaml", template)]);
    let shown = refused.render(false);
    assert!(!refused.is_sound());
    has(
        &shown,
        &["WT112", "--set Size=VALUE", "--set Kind=VALUE", "--set Big=VALUE", "--set Most=VALUE", "t.yaml:8"],
    );
    let given = [("Size", "8"), ("Kind", "AllAtOnce"), ("Big", "true"), ("Most", "150")];
    let text = of_files_given(&[("t.yaml", template)], &given).scenario("");
    has(&text, &["hosts-per-zone = 8", "max-surge = \"50% down\"", "max-unavailable = \"50% down\""]);
}

#[test]
fn strange_numbers_are_refused_where_they_stand() {
    for (properties, said) in [
        (
            "CodeDeploy::DeploymentConfig|MinimumHealthyHosts: {Type: FLEET_PERCENT, Value: 100}",
            "fails at once",
        ),
        (
            "CodeDeploy::DeploymentConfig|MinimumHealthyHosts: {Type: HOST_COUNT, Value: 99999999999}",
            "at most",
        ),
        ("CodeDeploy::DeploymentConfig|MinimumHealthyHosts: {Type: MANY, Value: 1}", "neither"),
        ("CodeDeploy::DeploymentConfig|MinimumHealthyHosts: [1, 2]", "`Type` is wanted"),
        (
            "CodeDeploy::DeploymentConfig|TrafficRoutingConfig: {Type: TimeBasedCanary, TimeBasedCanary: {CanaryPercentage: 0, CanaryInterval: 5}}",
            "percentage",
        ),
        (
            "CodeDeploy::DeploymentConfig|TrafficRoutingConfig: {Type: TimeBasedCanary}",
            "`TimeBasedCanary` is wanted",
        ),
        (
            "AppConfig::DeploymentStrategy|{DeploymentDurationInMinutes: 99999999999, GrowthFactor: 1}",
            "duration",
        ),
        ("AppConfig::DeploymentStrategy|{DeploymentDurationInMinutes: 10, GrowthFactor: 0.001}", "1 to 100"),
        ("ECS::Service|{DesiredCount: 99999999999}", "at most"),
        ("ECS::Service|{DesiredCount: -1}", "whole number"),
        ("ECS::Service|{DesiredCount: 2, DeploymentConfiguration: {Strategy: ODD}}", "ROLLING"),
        (
            "CodeDeploy::DeploymentGroup|{DeploymentConfigName: CodeDeployDefault.ThirdAtATime}",
            "no predefined",
        ),
    ] {
        let (kind, properties) = properties.split_once('|').unwrap();
        let template =
            format!("Resources:\n  R:\n    Type: AWS::{kind}\n    Properties:\n      {properties}\n");
        let refused = of_files(&[("t.yaml", &template)]);
        assert!(!refused.is_sound(), "{template}\n{}", refused.scenario(""));
        assert!(refused.render(false).contains(said), "{said}\n{}", refused.render(false));
    }
}

#[test]
fn terraform_says_the_same() {
    let text = "resource \"aws_codedeploy_deployment_config\" \"c\" {\n  compute_platform = \"Lambda\"\n  traffic_routing_config {\n    \
                type = \"TimeBasedLinear\"\n    time_based_linear {\n      interval = 10\n      percentage = 25\n    }\n  }\n}\n\
                resource \"aws_codedeploy_deployment_group\" \"g\" {\n  deployment_group_name = \"g\"\n  deployment_config_name = \
                aws_codedeploy_deployment_config.c.deployment_config_name\n  auto_rollback_configuration {\n    enabled = true\n    \
                events = [\"DEPLOYMENT_STOP_ON_ALARM\"]\n  }\n  alarm_configuration {\n    alarms = \
                [aws_cloudwatch_metric_alarm.e.alarm_name]\n    enabled = true\n  }\n}\nresource \"aws_cloudwatch_metric_alarm\" \"e\" \
                {\n  alarm_name = \"errors\"\n  comparison_operator = \"GreaterThanThreshold\"\n  evaluation_periods = 2\n  metric_name = \
                \"Errors\"\n  namespace = \"AWS/Lambda\"\n  period = 60\n  statistic = \"Sum\"\n  threshold = 5\n}\nvariable \"x\" {}\n";
    let text = scenario_of(&[("main.tf", text)]);
    has(
        &text,
        &[
            "ramp = { of = \"traffic\", add = \"25%\", every = \"10m\" }",
            "alarms = [\"errors\"]",
            "error-count = { at-least = 6 }",
            "datapoints = \"2 of 2\"",
        ],
    );
}

#[test]
fn a_template_without_a_policy_is_none() {
    let template = "Resources:\n  Topic: {Type: AWS::SNS::Topic}\n";
    assert!(!of_files(&[("t.yaml", template)]).is_sound());
}
