//! Files that nobody would write: those of `tests/data/import` and of all tools below, with mutations, and with keys of other
//! tools among theirs. Each is refused with reasons, or becomes a scenario that is accepted and runs; none panics.

use super::{foreign, of_files};
use crate::support::{self, project};
use crate::targets;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Files that one run of a test tries.
const FILES: u32 = 1_500;

/// A small file of each tool, so that every importer is tried whether or not there are files of its own.
const SMALL: [(&str, &str); 22] = [
    (
        "a.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: 4\n  strategy:\n    rollingUpdate:\n      maxSurge: 25%\n      maxUnavailable: 1\n",
    ),
    (
        "a.yaml",
        "apiVersion: apps/v1\nkind: StatefulSet\nmetadata:\n  name: db\nspec:\n  replicas: 5\n  minReadySeconds: 10\n  updateStrategy:\n    rollingUpdate:\n      partition: 2\n      maxUnavailable: 1\n",
    ),
    (
        "a.yaml",
        "apiVersion: apps/v1\nkind: DaemonSet\nmetadata:\n  name: agent\nspec:\n  updateStrategy:\n    type: RollingUpdate\n    rollingUpdate:\n      maxUnavailable: 10%\n      maxSurge: 0\n",
    ),
    (
        "a.yaml",
        "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata:\n  name: web\nspec:\n  replicas: 5\n  strategy:\n    canary:\n      maxSurge: 1\n      maxUnavailable: 0\n      steps:\n      - setWeight: 20\n      - pause: {}\n      - setWeight: 40\n      - pause: {duration: 10m}\n      - analysis:\n          templates:\n          - templateName: errors\n---\napiVersion: argoproj.io/v1alpha1\nkind: AnalysisTemplate\nmetadata:\n  name: errors\nspec:\n  metrics:\n  - name: errors\n    interval: 1m\n    count: 5\n    failureLimit: 1\n    successCondition: result[0] < 0.05\n    provider:\n      prometheus:\n        address: http://p\n        query: sum(rate(http_requests_total{status=~\"5..\"}[1m])) / sum(rate(http_requests_total[1m]))\n",
    ),
    (
        "a.yaml",
        "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata:\n  name: web\nspec:\n  replicas: 3\n  strategy:\n    blueGreen:\n      activeService: a\n      previewService: b\n      autoPromotionEnabled: false\n      autoPromotionSeconds: 30\n      previewReplicaCount: 1\n      scaleDownDelaySeconds: 60\n",
    ),
    (
        "a.yaml",
        "apiVersion: flagger.app/v1beta1\nkind: Canary\nmetadata:\n  name: web\nspec:\n  provider: istio\n  targetRef:\n    kind: Deployment\n    name: web\n  analysis:\n    interval: 1m\n    threshold: 5\n    maxWeight: 50\n    stepWeight: 10\n    iterations: 0\n    metrics:\n    - name: request-success-rate\n      interval: 1m\n      thresholdRange:\n        min: 99\n    webhooks:\n    - name: gate\n      type: confirm-rollout\n      url: http://x\n",
    ),
    (
        "a.yaml",
        "Resources:\n  Config:\n    Type: AWS::CodeDeploy::DeploymentConfig\n    Properties:\n      ComputePlatform: Server\n      MinimumHealthyHosts:\n        Type: FLEET_PERCENT\n        Value: 85\n  Group:\n    Type: AWS::CodeDeploy::DeploymentGroup\n    Properties:\n      DeploymentConfigName: !Ref Config\n      AutoRollbackConfiguration:\n        Enabled: true\n        Events: [DEPLOYMENT_FAILURE]\n  Alarm:\n    Type: AWS::CloudWatch::Alarm\n    Properties:\n      MetricName: HTTPCode_Target_5XX_Count\n      Namespace: AWS/ApplicationELB\n      Statistic: Sum\n      Period: 60\n      EvaluationPeriods: 5\n      DatapointsToAlarm: 3\n      Threshold: 10\n      ComparisonOperator: GreaterThanThreshold\n",
    ),
    (
        "a.yaml",
        "Resources:\n  Fleet:\n    Type: AWS::AutoScaling::AutoScalingGroup\n    Properties:\n      MinSize: 2\n      MaxSize: 8\n      DesiredCapacity: 4\n    UpdatePolicy:\n      AutoScalingRollingUpdate:\n        MaxBatchSize: 2\n        MinInstancesInService: 2\n        PauseTime: PT5M\n        WaitOnResourceSignals: true\n",
    ),
    (
        "a.yaml",
        "Transform: AWS::Serverless-2016-10-31\nResources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties:\n      AutoPublishAlias: live\n      DeploymentPreference:\n        Type: Canary10Percent5Minutes\n",
    ),
    (
        "a.yaml",
        "Resources:\n  Slow:\n    Type: AWS::AppConfig::DeploymentStrategy\n    Properties:\n      DeploymentDurationInMinutes: 20\n      GrowthFactor: 10\n      GrowthType: EXPONENTIAL\n      FinalBakeTimeInMinutes: 10\n      Name: slow\n      ReplicateTo: NONE\n",
    ),
    (
        "a.yaml",
        "apiVersion: placement.kubernetes-fleet.io/v1beta1\nkind: ClusterStagedUpdateStrategy\nmetadata:\n  name: s\nspec:\n  stages:\n  - name: canary\n    labelSelector:\n      matchLabels:\n        env: canary\n    maxConcurrency: 25%\n    afterStageTasks:\n    - type: TimedWait\n      waitTime: 1h\n  - name: prod\n    labelSelector: {}\n",
    ),
    (
        "a.yaml",
        "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata:\n  name: s\nspec:\n  generators:\n  - list:\n      elements:\n      - cluster: a\n        env: dev\n  strategy:\n    type: RollingSync\n    rollingSync:\n      steps:\n      - matchExpressions:\n        - key: env\n          operator: In\n          values: [dev]\n        maxUpdate: 10%\n",
    ),
    (
        "a.yaml",
        "kind: GitRepo\napiVersion: fleet.cattle.io/v1alpha1\nmetadata:\n  name: r\nspec:\n  rolloutStrategy:\n    maxUnavailable: 15%\n    maxUnavailablePartitions: 1\n    autoPartitionSize: 25%\n    partitions:\n    - name: canary\n      maxUnavailable: 10%\n      clusterGroup: canary\n",
    ),
    (
        "a.yaml",
        "apiVersion: cluster.open-cluster-management.io/v1beta1\nkind: ManifestWorkReplicaSet\nmetadata:\n  name: w\nspec:\n  placementRefs:\n  - name: p\n    rolloutStrategy:\n      type: Progressive\n      progressive:\n        maxConcurrency: 30%\n        minSuccessTime: 5m\n        progressDeadline: 10m\n        maxFailures: 10%\n",
    ),
    (
        "a.yaml",
        "apiVersion: rollouts.kruise.io/v1beta1\nkind: Rollout\nmetadata:\n  name: r\nspec:\n  workloadRef:\n    kind: Deployment\n    name: web\n  strategy:\n    canary:\n      steps:\n      - replicas: 20%\n        traffic: 5%\n        pause:\n          duration: 60\n      - replicas: 100%\n",
    ),
    (
        "a.yaml",
        "groups:\n- name: web\n  interval: 30s\n  rules:\n  - alert: Errors\n    expr: sum(rate(http_requests_total{code=~\"5..\"}[5m])) / sum(rate(http_requests_total[5m])) > 0.01\n    for: 5m\n    keep_firing_for: 10m\n    labels:\n      severity: page\n  - alert: Down\n    expr: up == 0\n    for: 1m\n",
    ),
    (
        "a.hcl",
        "job \"web\" {\n  update {\n    max_parallel = 2\n    canary = 1\n    auto_revert = true\n    min_healthy_time = \"30s\"\n  }\n  group \"g\" {\n    count = 6\n  }\n}\n",
    ),
    (
        "a.yaml",
        "apiVersion: deploy.cloud.google.com/v1\nkind: DeliveryPipeline\nmetadata:\n  name: p\nserialPipeline:\n  stages:\n  - targetId: staging\n  - targetId: prod\n    strategy:\n      canary:\n        canaryDeployment:\n          percentages: [10, 50]\n          verify: true\n",
    ),
    (
        "a.json",
        "{\n\"name\": \"errors\",\n\"metrics\": [\n{\"name\": \"e\",\n\"groups\": [\"g\"],\n\"analysisConfigurations\": {\"canary\": {\"direction\": \"increase\",\n\"critical\": true}}}\n],\n\"classifier\": {\"groupWeights\": {\"g\": 100}},\n\"judge\": {\"name\": \"NetflixACAJudge-v1.0\"}\n}\n",
    ),
    (
        "a.yaml",
        "properties:\n  strategy:\n    stages:\n    - name: one\n      groups:\n      - name: a\n      afterStageWaitInSeconds: 3600\n",
    ),
    (
        "a.yaml",
        "- name: Web\n  hosts: web\n  serial: [1, 20%]\n  max_fail_percentage: 30\n  tasks:\n  - pause:\n      minutes: 5\n",
    ),
    (
        "a.toml",
        "[[waves]]\nstart_after = '1 hour'\nfleet_percentage = 10\n[[waves]]\nstart_after = '1 day'\nfleet_percentage = 100\n",
    ),
];

/// Every file to begin with, by a name that says its language.
fn corpus() -> Vec<(String, String)> {
    let mut files: Vec<_> = ["tests/data/import", "scenarios/import"]
        .iter()
        .filter_map(|folder| std::fs::read_dir(project(folder)).ok())
        .flatten()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    let own = SMALL.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    let read = |path: &std::path::PathBuf| {
        let ending =
            path.extension().map_or_else(String::new, |ending| ending.to_string_lossy().into_owned());
        (format!("a.{ending}"), std::fs::read_to_string(path).unwrap())
    };
    own.chain(files.iter().map(read)).collect()
}

/// What is wrong with a file; none if it is refused with reasons, or runs.
fn fault(name: &str, text: &str) -> Result<bool, String> {
    catch_unwind(AssertUnwindSafe(|| targets::imported(&[(name, text)]))).map_err(|payload| {
        let said = payload.downcast_ref::<String>().cloned();
        said.or_else(|| payload.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
    })
}

/// The file without the lines that its fault does not need.
fn smaller(name: &str, text: &str) -> String {
    let kind = |text: &str| fault(name, text).err().map(|fault| fault.lines().take(2).collect::<String>());
    let wanted = kind(text);
    let mut lines: Vec<&str> = text.lines().collect();
    let mut at = 0;
    while at < lines.len() {
        let mut fewer = lines.clone();
        fewer.remove(at);
        if kind(&fewer.join("\n")) == wanted { lines = fewer } else { at += 1 }
    }
    lines.join("\n")
}

/// Whether an importer made a scenario of it that nobody accepts, which was then said: that should be rare.
fn is_misfit(name: &str, text: &str) -> bool {
    of_files(&[(name, text)]).problems.iter().any(|problem| problem.rule.id == "WT114")
}

/// Holds that no file of `make` has a fault, and that few are misfits; returns how many became scenarios.
fn hold(make: impl Fn(&mut ChaCha8Rng) -> (String, String)) -> (u32, u32) {
    let (first, count) = support::seeds(FILES);
    let (mut sound, mut misfits, mut faults) = (0, 0, Vec::new());
    for seed in first..first + u64::from(count) {
        let (name, text) = make(&mut ChaCha8Rng::seed_from_u64(seed));
        match fault(&name, &text) {
            Ok(true) => sound += 1,
            Ok(false) => misfits += u32::from(is_misfit(&name, &text)),
            Err(fault) => faults.push((seed, name, text, fault)),
        }
    }
    let shown: Vec<String> = faults
        .iter()
        .take(3)
        .map(|(seed, name, text, fault)| format!("seed {seed}: {fault:.600}\n{}", smaller(name, text)))
        .collect();
    assert!(faults.is_empty(), "{} of {count}:\n{}", faults.len(), shown.join("\n\n"));
    println!("{sound} of {count} became scenarios, {misfits} were misfits");
    assert!(misfits * 50 <= count, "{misfits} misfits of {count}: an importer makes what nobody accepts");
    (sound, count)
}

fn script(rng: &mut ChaCha8Rng, steps: usize) -> Vec<u8> {
    (0..steps).map(|_| rng.random_range(0..=255_u8)).collect()
}

#[test]
fn files_as_they_are_become_scenarios_or_say_why_not() {
    for (name, text) in corpus() {
        if let Err(fault) = fault(&name, &text) {
            panic!("{fault}\n{text}");
        }
    }
}

#[test]
fn no_mutated_file_becomes_what_does_not_run() {
    let corpus = corpus();
    let (sound, count) = hold(|rng| {
        let (first, other) =
            (&corpus[rng.random_range(0..corpus.len())], &corpus[rng.random_range(0..corpus.len())]);
        let steps = 4 * rng.random_range(1..5);
        (first.0.clone(), foreign::mutate(&first.1, &other.1, &script(rng, steps)))
    });
    assert!(sound * 20 > count, "{sound} of {count}: nothing is tried that runs");
}

#[test]
fn no_file_with_keys_of_others_becomes_what_does_not_run() {
    let corpus = corpus();
    let texts: Vec<String> = corpus.iter().map(|(_, text)| text.clone()).collect();
    let words = foreign::words(&texts);
    let (sound, count) = hold(|rng| {
        let (name, text) = &corpus[rng.random_range(0..corpus.len())];
        let steps = 5 * rng.random_range(1..8);
        (name.clone(), foreign::grown(text, &words, &script(rng, steps)))
    });
    assert!(sound * 20 > count, "{sound} of {count}: nothing is tried that runs");
}
