//! Tools that go from cluster to cluster: KubeFleet, Azure Kubernetes Fleet, Open Cluster Management, Rancher Fleet, Argo CD.

use super::{lost, of_files, of_files_given, plan_of, scenario_of};
use wavetank::import::Fate;

/// Three stages of clusters that the file has, too.
const STAGES: &str = "\
apiVersion: placement.kubernetes-fleet.io/v1beta1
kind: ClusterStagedUpdateStrategy
metadata: {name: three-steps}
spec:
  stages:
    - name: canary
      labelSelector: {matchLabels: {env: canary}}
      afterStageTasks: [{type: TimedWait, waitTime: 1h30m}, {type: Approval}]
    - name: prod
      labelSelector: {matchExpressions: [{key: env, operator: In, values: [prod]}]}
      sortingLabelKey: order
      maxConcurrency: 50%
";

fn cluster(name: &str, labels: &str) -> String {
    format!(
        "---\napiVersion: cluster.kubernetes-fleet.io/v1\nkind: MemberCluster\nmetadata: {{name: {name}, labels: {{{labels}}}}}\n"
    )
}

fn has(text: &str, lines: &[&str]) {
    for line in lines {
        assert!(text.contains(line), "{line}\n{text}");
    }
}

#[test]
fn stages_are_waves_with_their_tasks_behind_them() {
    let members = [("b", "env: prod, order: \"10\""), ("a", "env: prod, order: \"9\""), ("c", "env: canary")];
    let members: String = members.iter().map(|(name, labels)| cluster(name, labels)).collect();
    let file = format!("{STAGES}{members}");
    let text = scenario_of(&[("stages.yaml", &file)]);
    has(
        &text,
        &[
            "regions = [\"c\"] # stages.yaml:7 labelSelector",
            "regions-at-once = 1 # KubeFleet's default",
            "bake = \"1h30m\" # stages.yaml:8 waitTime: 1h30m",
            "{ approval = { takes = \"1h\" } }, # <-- after canary",
            // By the number in their label, not by its letters.
            "regions = [\"a\", \"b\"] # stages.yaml:10",
            "regions-at-once = \"50%\" # stages.yaml:12 maxConcurrency: 50%",
            "failures = { allowed = 0, per = \"rollout\" }",
        ],
    );
    let plan = plan_of(&[("stages.yaml", &file)]);
    assert_eq!(plan.strategies[0].waves.len(), 2);
    assert_eq!(plan.strategies[0].waves[0].bake_ms, 90 * 60_000);
    let imported = of_files(&[("stages.yaml", &file)]);
    assert_eq!(lost(&imported, Fate::Dropped), Vec::<String>::new());
    assert_eq!(lost(&imported, Fate::Approximated), Vec::<String>::new());
}

#[test]
fn what_kubefleet_refuses_is_refused_all_at_once() {
    let members = [("a", "env: prod"), ("c", "env: canary"), ("d", "env: dev")];
    let members: String = members.iter().map(|(name, labels)| cluster(name, labels)).collect();
    let file = format!("{STAGES}{members}").replace("50%", "0");
    let said = of_files(&[("stages.yaml", &file)]).render(false);
    for problem in [
        "no stage selects the cluster `d`",
        "the cluster `a` has no whole number as label `order`",
        "with 0 nobody ever begins",
    ] {
        assert!(said.contains(problem), "{problem}\n{said}");
    }
    let twice = STAGES.replace("values: [prod]", "values: [prod, canary]")
        + &cluster("c", "env: canary, order: \"1\"");
    let said = of_files(&[("stages.yaml", &twice)]).render(false);
    assert!(said.contains("the cluster `c` is in an earlier stage, too"), "{said}");
    for wrong in ["101%", "\"50\"", "-1", "many"] {
        let said = of_files(&[("stages.yaml", &STAGES.replace("50%", wrong))]).render(false);
        assert!(said.contains("stages.yaml:12") && said.contains("maxConcurrency"), "{wrong}: {said}");
    }
}

#[test]
fn clusters_that_no_file_names_are_by_hand() {
    let imported = of_files(&[("stages.yaml", STAGES)]);
    let text = imported.scenario("wavetank import");
    has(&text, &["name = \"canary-1\"", "labels = [\"env=prod\"]", "regions = { label = \"env=prod\" }"]);
    let by_hand = lost(&imported, Fate::ByHand);
    assert!(by_hand.iter().any(|loss| loss.starts_with("who is in prod: ")), "{by_hand:?}");
    let dropped = lost(&imported, Fate::Dropped);
    assert_eq!(dropped.len(), 1, "{dropped:?}");
    assert!(dropped[0].starts_with("spec.stages[1].sortingLabelKey: order"), "{dropped:?}");
    let many = of_files_given(&[("stages.yaml", STAGES)], &[("prod", "7")]);
    assert!(many.is_sound() && many.scenario("x").contains("name = \"prod-7\""));
    let wrong = of_files_given(&[("stages.yaml", STAGES)], &[("prod", "9999999")]);
    assert!(wrong.render(false).contains("a number from 1 to 2000"), "{}", wrong.render(false));
}

#[test]
fn a_placement_rolls_from_cluster_to_cluster() {
    let file = "\
apiVersion: placement.kubernetes-fleet.io/v1
kind: ClusterResourcePlacement
metadata: {name: web}
spec:
  policy: {placementType: PickAll}
  strategy: {type: RollingUpdate, rollingUpdate: {maxUnavailable: 30%, maxSurge: 1}}
";
    let imported = of_files(&[("crp.yaml", file)]);
    has(&imported.scenario("x"), &["regions-at-once = \"30% up\" # crp.yaml:6 maxUnavailable: 30%"]);
    assert!(lost(&imported, Fate::Dropped)[0].starts_with("spec.strategy.rollingUpdate.maxSurge: 1"));
}

/// A template of Azure with members, and a strategy whose wait is a parameter.
const TEMPLATE: &str = r#"{
"parameters": {"wait": {"type": "int", "defaultValue": 3600}},
"resources": [
  {"type": "Microsoft.ContainerService/fleets/members", "name": "f/m1", "properties": {"group": "a"}},
  {"type": "Microsoft.ContainerService/fleets/members", "name": "f/m2", "properties": {"group": "a"}},
  {"type": "Microsoft.ContainerService/fleets/members", "name": "f/m3", "properties": {"group": "b"}},
  {"type": "Microsoft.ContainerService/fleets/updateStrategies", "name": "f/slow", "properties": {"strategy": {"stages": [
    {"name": "one", "groups": [{"name": "b"}], "afterStageWaitInSeconds": 3600},
    {"name": "two", "groups": [{"name": "a"}], "afterGates": [{"type": "Approval", "displayName": "ok"}]},
    {"name": "three", "groups": [{"name": "c"}], "maxConcurrency": "25%"}]}}}]}"#;

#[test]
fn groups_of_azures_fleets_are_waves() {
    let imported = of_files(&[("fleet.json", TEMPLATE)]);
    assert!(imported.is_sound(), "{}", imported.render(false));
    has(
        &imported.scenario("x"),
        &[
            "name = \"slow\"",
            "regions = [\"m3\"] # fleet.json:8 \"groups\"",
            "bake = \"1h\" # fleet.json:8",
            "regions = [\"m1\", \"m2\"]",
            "regions-at-once = 1",
            "{ approval = { takes = \"1h\" } }, # <-- after two",
            "regions = [\"c-1\"]",
        ],
    );
    assert_eq!(lost(&imported, Fate::Dropped), Vec::<String>::new());
    plan_of(&[("fleet.json", TEMPLATE)]);
    let stages = r#"{"stages": [{"name": "s", "groups": [{"name": "g"}, {"name": "h"}], "afterStageWaitInSeconds": 60}]}"#;
    has(
        &scenario_of(&[("stages.json", stages)]),
        &["regions = [\"g-1\", \"h-1\"]", "regions-at-once = 2", "bake = \"1m\""],
    );
}

const OCM: &str = "\
apiVersion: addon.open-cluster-management.io/v1alpha1
kind: ClusterManagementAddOn
metadata: {name: hello}
spec:
  installStrategy:
    type: Placements
    placements:
      - name: all
        namespace: default
        rolloutStrategy:
          type: ProgressivePerGroup
          progressivePerGroup: {maxFailures: 10%, minSuccessTime: 5m, progressDeadline: None}
---
apiVersion: cluster.open-cluster-management.io/v1beta1
kind: Placement
metadata: {name: all}
spec:
  decisionStrategy:
    groupStrategy:
      clustersPerDecisionGroup: 2
      decisionGroups: [{groupName: canary, groupClusterSelector: {labelSelector: {matchLabels: {tier: canary}}}}]
";

#[test]
fn groups_of_a_placement_are_made_as_the_tool_makes_them() {
    let clusters: String = [("c3", ""), ("c1", ""), ("c4", "tier: canary"), ("c2", "")]
        .iter()
        .map(|(name, labels)| {
            format!("---\napiVersion: cluster.open-cluster-management.io/v1\nkind: ManagedCluster\nmetadata: {{name: {name}, labels: {{{labels}}}}}\n")
        })
        .collect();
    let file = format!("{OCM}{clusters}");
    let imported = of_files(&[("addon.yaml", &file)]);
    assert!(imported.is_sound(), "{}", imported.render(false));
    let text = imported.scenario("x");
    has(
        &text,
        &[
            "failures = { allowed = \"10% up\", per = \"wave\" } # addon.yaml:12 maxFailures: 10%",
            "zone-bake = \"5m\" # addon.yaml:12",
            "name = \"canary\"\nregions = [\"c4\"]",
            "regions = [\"c1\", \"c2\"]",
            "regions = [\"c3\"]",
        ],
    );
    let approximated = lost(&imported, Fate::Approximated);
    assert_eq!(approximated.len(), 1, "{approximated:?}");
    assert!(approximated[0].contains("holds its place for ever"), "{approximated:?}");
    assert_eq!(lost(&imported, Fate::Dropped), Vec::<String>::new());
    let said =
        of_files(&[("addon.yaml", &OCM.replace("type: ProgressivePerGroup", "type: Slowly"))]).render(false);
    assert!(said.contains("`Slowly` is none of All, Progressive and ProgressivePerGroup"), "{said}");
}

#[test]
fn ranchers_partitions_by_hand_leave_out_who_is_in_none() {
    let file = "\
rolloutStrategy:
  maxUnavailable: 10%
  partitions:
    - {name: canary, maxUnavailable: 1, clusterSelector: {matchLabels: {env: canary}}}
    - {name: prod, clusterGroup: prod}
---
apiVersion: fleet.cattle.io/v1alpha1
kind: ClusterGroup
metadata: {name: prod}
spec: {selector: {matchLabels: {env: prod}}}
";
    let cluster = |name: &str, env: &str| {
        format!(
            "---\napiVersion: fleet.cattle.io/v1alpha1\nkind: Cluster\nmetadata: {{name: {name}, labels: {{env: {env}}}}}\n"
        )
    };
    let file = format!("{file}{}{}{}", cluster("p", "prod"), cluster("c", "canary"), cluster("d", "dev"));
    let imported = of_files(&[("fleet.yaml", &file)]);
    assert!(imported.is_sound(), "{}", imported.render(false));
    has(
        &imported.scenario("x"),
        &[
            "regions = [\"c\"]",
            "regions-at-once = 1 # fleet.yaml:4",
            "regions = [\"p\"]",
            "regions-at-once = \"10%\" # fleet.yaml:2",
        ],
    );
    assert!(
        lost(&imported, Fate::ByHand).iter().any(|loss| loss.contains("1 of the files are in no partition"))
    );
}

#[test]
fn few_of_ranchers_clusters_are_one_partition() {
    let file = "rolloutStrategy: {autoPartitionSize: 10%, maxUnavailablePartitions: 2}\n";
    let imported = of_files(&[("fleet.yaml", file)]);
    assert!(lost(&imported, Fate::Dropped)[0].contains("with 4 clusters, fewer than 200"));
    assert!(
        lost(&imported, Fate::Approximated)[0].starts_with("rolloutStrategy.maxUnavailablePartitions: 2")
    );
    let many = of_files_given(&[("fleet.yaml", file)], &[("clusters", "400")]);
    assert_eq!(many.scenario("x").matches("regions = { count = 40 }").count(), 9);
}

const APPLICATIONS: &str = "\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: shop}
spec:
  generators:
  - list:
      elements:
      - {cluster: dev, env: dev}
      - {cluster: a, env: prod}
      - {cluster: b, env: prod}
      - {cluster: lab, env: lab}
  strategy:
    type: RollingSync
    rollingSync:
      steps:
      - matchExpressions: [{key: env, operator: In, values: [dev]}]
      - matchExpressions: [{key: env, operator: NotIn, values: [dev, lab]}]
        maxUpdate: 0
      - matchExpressions: [{key: env, operator: In, values: [prod]}]
        maxUpdate: 10%
  template:
    metadata: {name: '{{.cluster}}-shop', labels: {env: '{{ .env }}'}}
";

#[test]
fn steps_of_applications_are_waves() {
    let imported = of_files(&[("set.yaml", APPLICATIONS)]);
    assert!(imported.is_sound(), "{}", imported.render(false));
    let text = imported.scenario("x");
    has(
        &text,
        &[
            "regions = [\"dev-shop\"] # set.yaml:16",
            "{ approval = { takes = \"1h\" } }, # <-- step 2 waits for somebody who syncs",
            "regions = [\"a-shop\", \"b-shop\"] # set.yaml:17",
        ],
    );
    let by_hand = lost(&imported, Fate::ByHand);
    assert!(by_hand.iter().any(|loss| loss.contains("no step matches lab-shop")), "{by_hand:?}");
    // The first of two steps has an application, so the third has none.
    assert!(lost(&imported, Fate::Dropped).iter().any(|loss| loss.contains("no application matches it")));
    plan_of(&[("set.yaml", APPLICATIONS)]);
}

#[test]
fn applications_that_a_generator_finds_are_by_hand() {
    let found = APPLICATIONS
        .replace("  - list:\n      elements:\n", "  - clusters: {}\n  - list:\n      elements:\n");
    let imported = of_files(&[("set.yaml", &found)]);
    let by_hand = lost(&imported, Fate::ByHand);
    assert!(
        by_hand.iter().any(|loss| loss.starts_with("applications of the generator `clusters`")),
        "{by_hand:?}"
    );
    let piped = APPLICATIONS.replace("'{{ .env }}'", "'{{ .env | upper }}'");
    let said = of_files(&[("set.yaml", &piped)]).render(false);
    assert!(said.contains("is known only when it is deployed") && said.contains("--set"), "{said}");
}

#[test]
fn strange_values_end_in_an_error_or_a_scenario() {
    let files = [
        STAGES,
        OCM,
        APPLICATIONS,
        TEMPLATE,
        "rolloutStrategy: {maxUnavailable: 10%, autoPartitionSize: 25%}\n",
    ];
    let numbers = ["50%", "10%", "25%", "3600", "1h30m", "5m", "2\n", "0\n"];
    let strange = ["99999999999999999999", "-1", "[]", "{}", "~", "1e99", "999999%", "${x}", "''", "true"];
    let mut kinds = [0, 0];
    for file in files {
        for number in numbers.iter().filter(|number| file.contains(**number)) {
            for value in strange {
                let end = if number.ends_with('\n') { "\n" } else { "" };
                let imported = of_files(&[("file.yaml", &file.replace(number, &format!("{value}{end}")))]);
                if imported.is_sound() {
                    super::plan_of_text(&imported.scenario("x"));
                }
                kinds[usize::from(imported.is_sound())] += 1;
            }
        }
    }
    assert!(kinds[0] > 40 && kinds[1] > 10, "{kinds:?}");
}
