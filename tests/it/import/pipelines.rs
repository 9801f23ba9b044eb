//! Pipelines and plans that go stage by stage: Google's, Azure's, Spinnaker with Kayenta.

use super::{lost, of_files, of_files_given, plan_of, scenario_of};
use wavetank::import::Fate;

fn has(text: &str, lines: &[&str]) {
    for line in lines {
        assert!(text.contains(line), "{line}\n{text}");
    }
}

const DELIVERY: &str = "\
apiVersion: deploy.cloud.google.com/v1
kind: DeliveryPipeline
metadata: {name: web}
serialPipeline:
  stages:
  - targetId: staging
    strategy: {standard: {verify: true}}
  - targetId: prod
    strategy:
      canary:
        runtimeConfig: {cloudRun: {automaticTrafficControl: true}}
        canaryDeployment: {percentages: [10, 50], verify: false}
---
apiVersion: deploy.cloud.google.com/v1
kind: Target
metadata: {name: prod}
requireApproval: true
multiTarget: {targetIds: [eu, us]}
";

const AUTOMATION: &str = "\
---
apiVersion: deploy.cloud.google.com/v1
kind: Automation
metadata: {name: web/on}
selector: {targets: [{id: prod}]}
rules:
- advanceRolloutRule: {id: a, sourcePhases: [canary-10], wait: 30m}
- repairRolloutRule: {id: r, repairPhases: [{rollback: {}}]}
";

#[test]
fn somebody_advances_each_phase_unless_an_automation_does() {
    let by_hand = scenario_of(&[("deploy.yaml", DELIVERY)]);
    has(
        &by_hand,
        &[
            "{ test = { takes = \"10m\", catches = \"50%\" } }, # <-- verification of staging",
            "# <-- the release is promoted from staging by hand",
            "# <-- the rollout to prod",
            "regions = [\"eu\", \"us\"] # deploy.yaml:8 targetId: prod",
            "traffic = \"10%\" # deploy.yaml:12 10",
            "# <-- prod-canary-10 is advanced by hand",
            "response = { on-alarm = \"halt\" }",
        ],
    );
    assert_eq!(by_hand.matches("# <-- verification").count(), 1, "{by_hand}");
    let automatic = scenario_of(&[("deploy.yaml", &format!("{DELIVERY}{AUTOMATION}"))]);
    has(
        &automatic,
        &["bake = \"30m\" # deploy.yaml:25 wait: 30m", "# <-- prod-canary-50 is advanced by hand"],
    );
    assert!(
        !automatic.contains("prod-canary-10 is advanced") && !automatic.contains("response"),
        "{automatic}"
    );
    // One wave of staging, and three of the others.
    assert_eq!(plan_of(&[("deploy.yaml", DELIVERY)]).strategies[0].waves.len(), 4);
}

#[test]
fn phases_of_ones_own_are_waves() {
    let custom = DELIVERY.replace(
        "canaryDeployment: {percentages: [10, 50], verify: false}",
        "customCanaryDeployment: {phaseConfigs: [{phaseId: few, percentage: 5}, {phaseId: stable, percentage: 100, verify: true}]}",
    );
    has(
        &scenario_of(&[("deploy.yaml", &custom)]),
        &["name = \"prod-few\"", "hosts = \"5%\"", "# <-- verification of prod-stable"],
    );
    let wrong =
        of_files(&[("deploy.yaml", &custom.replace("percentage: 5}", "percentage: 500}"))]).render(false);
    assert!(wrong.contains("a percentage is at most 100"), "{wrong}");
}

#[test]
fn waves_of_a_rollout_plan_are_waves() {
    let plan = r#"{"name": "p", "locationScope": "ZONAL", "waves": [
      {"displayName": "first", "selectors": [{"locationSelector": {"includedLocations": ["us-a"]}}], "validation": {"type": "manual"}},
      {"displayName": "rest", "selectors": [{"locationSelector": {"includedLocations": ["us-b", "eu-b"]}}],
       "validation": {"type": "time", "timeBasedValidationMetadata": {"waitDuration": "3600s"}},
       "orchestrationOptions": {"maxConcurrentLocations": "1", "maxConcurrentResourcesPerLocation": "5"}},
      {"displayName": "folders", "selectors": [{"resourceHierarchySelector": {"includedFolders": ["f"]}}], "validation": {"type": "manual"}}]}"#;
    let imported = of_files(&[("plan.json", plan)]);
    assert!(imported.is_sound(), "{}", imported.render(false));
    has(
        &imported.scenario("x"),
        &[
            "regions = [\"us-a\"] # plan.json:2",
            "# <-- validation of first",
            "regions-at-once = 1 # plan.json:5",
            "batch = 5 # plan.json:5",
            "bake = \"1h\" # plan.json:4",
            "regions = [\"folders-1\"]",
        ],
    );
    assert!(lost(&imported, Fate::Approximated)[0].contains("projects, folders and organisations"));
    plan_of(&[("plan.json", plan)]);
    let wrong = of_files(&[("plan.json", &plan.replace("\"waitDuration\": \"3600s\"", ""))]).render(false);
    assert!(wrong.contains("needs `timeBasedValidationMetadata.waitDuration`"), "{wrong}");
}

#[test]
fn other_plans_of_google_are_read() {
    let kind = "name: projects/p/locations/global/rolloutKinds/slow\nrolloutOrchestrationStrategy: Google.Cloud.Simple.OneLocationAtATime\nerrorBudget: {allowedCount: 2}\n";
    has(
        &scenario_of(&[("kind.yaml", kind)]),
        &["regions-at-once = 1 # kind.yaml:2", "allowed = 2, per = \"region\""],
    );
    let sequence = "name: s\nstages: [{fleetProjects: [projects/dev], soakDuration: 86400s}, {fleetProjects: [projects/prod]}]\n";
    has(
        &scenario_of(&[("sequence.yaml", sequence)]),
        &["bake = \"1d\" # sequence.yaml:2", "bake = \"7d\" # GKE's default"],
    );
    let service = "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: s}\nspec:\n  traffic: [{revisionName: a, percent: 90}, {latestRevision: true, percent: 10}]\n";
    let text = scenario_of(&[("service.yaml", service)]);
    has(&text, &["traffic = \"10%\" # service.yaml:5 percent: 10", "# <-- the rest of the requests"]);
}

#[test]
fn a_group_of_instances_has_googles_defaults() {
    let group = r#"{"name": "g", "targetSize": 20, "updatePolicy": {"type": "PROACTIVE", "maxSurge": {"percent": 10}, "minReadySec": 30}}"#;
    let text = scenario_of(&[("group.json", group)]);
    has(
        &text,
        &[
            "hosts-per-zone = 20 # group.json:1",
            "max-surge = \"10% up\"",
            "max-unavailable = 1 # Google's default",
            "batch-bake = \"30s\"",
        ],
    );
    plan_of(&[("group.json", group)]);
    let huge = of_files(&[("group.json", &group.replace("20,", "99999999999,"))]).render(false);
    assert!(huge.contains("a group has at most 1000000 instances here"), "{huge}");
}

/// A scale set whose size is a parameter.
const SCALE_SET: &str = r#"{"parameters": {"count": {"type": "int", "defaultValue": 12}}, "resources": [
{"type": "Microsoft.Compute/virtualMachineScaleSets", "name": "web", "zones": ["1", "2", "3"],
 "sku": {"name": "S", "capacity": "[parameters('count')]"},
 "properties": {"upgradePolicy": {"mode": "Rolling", "rollingUpgradePolicy":
  {"maxBatchInstancePercent": 20, "pauseTimeBetweenBatches": "PT2M"}}, "virtualMachineProfile": {}}}]}"#;

#[test]
fn batches_of_a_scale_set_are_of_all_its_instances() {
    let text = scenario_of(&[("set.json", SCALE_SET)]);
    has(
        &text,
        &[
            "hosts-per-zone = [4, 4, 4] # set.json:1 \"defaultValue\": 12",
            // A fifth of twelve, in one zone after the other.
            "batch = 2 # set.json:5",
            "batch-bake = \"2m\" # set.json:5",
            "failures = { allowed = \"20% down\", per = \"batch\" } # Azure's default",
            "impaired-hosts = { above = \"20%\" } # Azure's default",
            "response = { on-alarm = \"halt\" }",
        ],
    );
    let given = of_files_given(&[("set.json", SCALE_SET)], &[("count", "30")]);
    has(&given.scenario("x"), &["hosts-per-zone = [10, 10, 10]", "batch = 6"]);
    let open = SCALE_SET.replace(", \"defaultValue\": 12", "");
    let said = of_files(&[("set.json", &open)]).render(false);
    assert!(said.contains("--set count=VALUE"), "{said}");
    let wrong = of_files(&[("set.json", &SCALE_SET.replace(": 20,", ": 200,"))]).render(false);
    assert!(wrong.contains("a percentage from 5 to 100"), "{wrong}");
}

#[test]
fn a_slot_gets_more_and_more_requests() {
    let site = r#"{"type": "Microsoft.Web/sites", "name": "s", "properties": {"siteConfig": {"experiments": {"rampUpRules": [
      {"name": "staging", "reroutePercentage": 10, "changeStep": 25, "changeIntervalInMinutes": 15, "maxReroutePercentage": 50}]}}}}"#;
    let text = scenario_of(&[("site.json", site)]);
    has(
        &text,
        &[
            "traffic = \"10%\"",
            "traffic = \"35%\"",
            "traffic = \"50%\"",
            "bake = \"15m\"",
            "# <-- the swap of the slots",
        ],
    );
    plan_of(&[("site.json", site)]);
}

#[test]
fn deployment_jobs_of_azure_pipelines_are_waves() {
    let pipeline = "\
stages:
- stage: Build
  jobs: [{job: build, steps: [{script: make}]}]
- stage: Prod
  jobs:
  - deployment: web
    environment: prod.web
    strategy:
      canary:
        increments: [10, 20]
        deploy: {steps: []}
        on: {failure: {steps: [{script: undo}]}}
  - job: ask
    pool: server
    steps: [{task: ManualValidation@0}]
  - deployment: machines
    environment: {name: vms}
    strategy: {rolling: {maxParallel: 25%, deploy: {steps: []}}}
";
    let imported = of_files(&[("azure.yaml", pipeline)]);
    assert!(imported.is_sound(), "{}", imported.render(false));
    has(
        &imported.scenario("x"),
        &[
            "regions = [\"prod.web\"] # azure.yaml:7",
            "hosts = \"10%\" # azure.yaml:10 10",
            "hosts = \"20%\" # azure.yaml:10 20",
            "{ approval = { takes = \"1h\" } }, # <-- ask",
            "batch = \"25%\" # azure.yaml:18 maxParallel: 25%",
        ],
    );
    assert!(lost(&imported, Fate::Approximated)[0].contains("what the steps on failure do is not known"));
    assert_eq!(lost(&imported, Fate::Dropped), Vec::<String>::new());
    assert_eq!(plan_of(&[("azure.yaml", pipeline)]).strategies[0].waves.len(), 4);
}

/// A pipeline with a canary of its own, hours, a rolling red/black, a wait and a test.
const PIPELINE: &str = r#"{"name": "web", "stages": [
{"type": "deploy", "refId": "3", "requisiteStageRefIds": ["2"], "name": "us", "restrictExecutionDuringTimeWindow": true,
 "restrictedExecutionWindow": {"days": [2, 3], "whitelist": [{"startHour": 9, "startMin": 30, "endHour": 16, "endMin": 0}]},
 "clusters": [{"availabilityZones": {"us-east-1": ["a", "b"]}, "capacity": {"desired": 20}, "strategy": "rollingredblack",
  "targetPercentages": [25, 100], "delayBeforeDisableSec": "300", "rollback": {"onFailure": true}}]},
{"type": "bake", "refId": "1", "requisiteStageRefIds": []},
{"type": "kayentaCanary", "refId": "2", "requisiteStageRefIds": ["1"], "name": "canary", "analysisType": "realTimeAutomatic",
 "canaryConfig": {"canaryConfigId": "abc", "canaryAnalysisIntervalMins": "30", "lifetimeDuration": "PT2H",
  "beginCanaryAnalysisAfterMins": "5", "scoreThresholds": {"pass": "90", "marginal": "70"}},
 "deployments": {"clusters": [{"control": {}, "experiment": {"availabilityZones": {"us-east-1": ["a", "b"]}, "capacity": {"desired": 2}}}]}},
{"type": "wait", "refId": "4", "requisiteStageRefIds": ["3"], "waitTime": 3600},
{"type": "manualJudgment", "refId": "5", "requisiteStageRefIds": ["4"], "name": "go on"},
{"type": "deploy", "refId": "6", "requisiteStageRefIds": ["5"], "name": "eu",
 "clusters": [{"availabilityZones": {"eu-west-1": ["a"]}, "capacity": {"desired": 10}, "strategy": "redblack"}]},
{"type": "jenkins", "refId": "7", "requisiteStageRefIds": ["6"], "name": "smoke"}]}"#;

const CONFIG: &str = r#"{"name": "quality", "id": "abc", "judge": {"name": "NetflixACAJudge-v1.0"}, "metrics": [
{"name": "errors", "groups": ["e"], "query": {"metricName": "http_5xx"}, "analysisConfigurations": {"canary": {"direction": "increase", "critical": true}}},
{"name": "latency", "groups": ["l"], "query": {"metricName": "t"}, "analysisConfigurations": {"canary": {"effectSize": {"allowedIncrease": 1.2}}}},
{"name": "cpu", "groups": ["s"], "query": {"metricName": "cpu"}, "analysisConfigurations": {}},
{"name": "gc", "groups": [], "query": {"metricName": "gc"}}],
"classifier": {"groupWeights": {"e": 60, "l": 30}, "scoreThresholds": {"pass": 80, "marginal": 50}}}"#;

#[test]
fn stages_of_spinnaker_run_in_the_order_in_which_they_wait() {
    let imported = of_files(&[("pipeline.json", PIPELINE), ("config.json", CONFIG)]);
    assert!(imported.is_sound(), "{}", imported.render(false));
    let text = imported.scenario("x");
    has(
        &text,
        &[
            "hosts-per-zone = [10, 10] # pipeline.json:4 \"desired\": 20",
            "one-box = { hosts = 2, bake = \"2h5m\" }",
            // Whole hours, none outside.
            "opening = { hours = \"10:00-16:00\", days = [\"mon\", \"tue\"], timezone = \"America/Los_Angeles\" }",
            "hosts = \"25%\" # pipeline.json:5 25",
            "bake = \"5m\" # pipeline.json:5",
            "bake = \"1h\" # pipeline.json:11 \"waitTime\": 3600",
            "# <-- go on: how long until somebody says yes",
            "# <-- smoke: how long it takes",
            "alarms = [\"quality-score\"]",
        ],
    );
    let order: Vec<usize> = ["name = \"canary\"", "name = \"us-25%\"", "name = \"us-100%\"", "name = \"eu\""]
        .iter()
        .map(|name| text.find(name).unwrap_or_else(|| panic!("{name}\n{text}")))
        .collect();
    assert!(order.is_sorted(), "{order:?}");
    // What takes the canary back takes all back, so there is no response of its own.
    assert!(!text.contains("response ="), "{text}");
    plan_of(&[("pipeline.json", PIPELINE), ("config.json", CONFIG)]);
}

#[test]
fn weights_are_points_and_what_is_critical_fails_alone() {
    let text = scenario_of(&[("config.json", CONFIG)]);
    has(
        &text,
        &[
            "canary = { judge = \"mann-whitney\", signal = \"errors\" } # config.json:2",
            "canary = { judge = \"mann-whitney\", signal = \"slow\", least-ratio = 1.2 } # config.json:3",
            // The last group has what the others leave; above 20 of 100 the canary fails.
            "points = { \"errors\" = 10000, \"latency\" = 3000, \"cpu\" = 1000 }, at-least = 2001 }",
        ],
    );
    let losses = lost(&of_files(&[("config.json", CONFIG)]), Fate::Dropped);
    assert!(
        losses
            .iter()
            .any(|loss| loss.starts_with("metrics[3]") || loss.contains("in no group that has a weight")),
        "{losses:?}"
    );
    assert!(losses.iter().any(|loss| loss.contains("marginal: 50")), "{losses:?}");
    // The mark of a pipeline comes before that of the configuration.
    let both = scenario_of(&[("pipeline.json", PIPELINE), ("config.json", CONFIG)]);
    has(&both, &["at-least = 1001 }"]);
    let odd = of_files(&[("config.json", &CONFIG.replace("\"pass\": 80", "\"pass\": 800"))]).render(false);
    assert!(odd.contains("a score is from 0 to 100"), "{odd}");
}

#[test]
fn an_analysis_of_which_nothing_is_known_is_by_hand() {
    let imported = of_files(&[("pipeline.json", PIPELINE)]);
    assert!(imported.is_sound(), "{}", imported.render(false));
    assert!(lost(&imported, Fate::ByHand).iter().any(|loss| loss.starts_with("analysis canary: ")));
    has(&imported.scenario("x"), &["period = \"30m\"", "alarms = [\"canary\"]"]);
    let judged = r#"{"name": "j", "stages": [{"type": "atlasFetch", "refId": "1", "requisiteStageRefIds": []},
      {"type": "canaryJudge", "refId": "2", "requisiteStageRefIds": ["1"], "name": "judge", "canaryConfigId": "x"}]}"#;
    let imported = of_files(&[("judge.json", judged)]);
    assert!(imported.is_sound(), "{}", imported.render(false));
    assert!(lost(&imported, Fate::ByHand).iter().any(|loss| loss.contains("the pipeline only judges")));
    plan_of(&[("judge.json", judged)]);
}

#[test]
fn pipelines_that_cannot_be_are_refused() {
    let of = |from: &str, to: &str| of_files(&[("pipeline.json", &PIPELINE.replace(from, to))]).render(false);
    let circle = of(
        "\"refId\": \"1\", \"requisiteStageRefIds\": []",
        "\"refId\": \"1\", \"requisiteStageRefIds\": [\"7\"]",
    );
    assert!(circle.contains("stages wait for each other in a circle"), "{circle}");
    let open = of("\"desired\": 10}", "\"desired\": \"${parameters.size}\"}");
    assert!(open.contains("--set parameters.size=VALUE"), "{open}");
    let nothing = r#"{"stages": [{"type": "bake", "refId": "1", "requisiteStageRefIds": []}]}"#;
    let nothing = of_files(&[("pipeline.json", nothing)]).render(false);
    assert!(nothing.contains("no stage of it deploys anything"), "{nothing}");
    let stages: Vec<String> = (0..10_000)
        .map(|number| format!("{{\"type\": \"deploy\", \"refId\": \"{number}\", \"clusters\": [{{\"region\": \"r\", \"capacity\": {{\"desired\": 3}}}}]}}"))
        .collect();
    let many =
        of_files(&[("pipeline.json", &format!("{{\"stages\": [{}]}}", stages.join(",")))]).render(false);
    assert!(many.contains("a list of 10000 is longer than the 1000"), "{many}");
}
