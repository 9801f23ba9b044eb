//! OpenKruise: its Rollout and its own workloads.

use super::{lost, of_files, plan_of, scenario_of};
use crate::language::published::{batches, told};
use wavetank::import::Fate;

const ROLLOUT: &str = "\
apiVersion: rollouts.kruise.io/v1beta1
kind: Rollout
metadata: {name: web}
spec:
  workloadRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  strategy:
    canary:
      enableExtraWorkloadForCanary: true
      steps:
        - {traffic: 5%, replicas: 1, pause: {}}
        - {traffic: 50%, replicas: 50%, pause: {duration: 60}}
      trafficRoutings: [{service: web, ingress: {name: web}}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {replicas: 8, strategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}, template: {}}
";

#[test]
fn a_canary_comes_beside_the_others_step_by_step() {
    let imported = of_files(&[("web.yaml", ROLLOUT)]);
    assert!(imported.is_sound(), "{}", imported.render(false));
    assert_eq!(imported.strategies().collect::<Vec<_>>(), ["web"], "the Deployment is led");
    assert!(lost(&imported, Fate::Dropped).is_empty());
    let text = imported.scenario("wavetank import");
    for line in [
        "hosts-per-zone = 8 # web.yaml:17 replicas: 8",
        "max-surge = \"100%\"",
        "    { hosts = 1, traffic = \"5%\", gates = [{ approval = { takes = \"1h\" } }] }, # <-- how long until somebody lets it go on",
        "    { hosts = \"50% up\", traffic = \"50%\", bake = \"1m\" }, # web.yaml:11",
        "    { hosts = \"100% up\", traffic = \"100%\" }, # after the last step all pods follow",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert_eq!(batches(&told(&plan_of(&[("web.yaml", ROLLOUT)]))), [1, 3, 4]);
}

#[test]
fn a_partition_moves_pods_as_their_deployment_does() {
    let text = ROLLOUT.replace("      enableExtraWorkloadForCanary: true\n", "");
    let scenario = scenario_of(&[("web.yaml", &text)]);
    assert!(scenario.contains("max-surge = 1 # web.yaml:16 maxSurge: 1"), "{scenario}");
    assert_eq!(batches(&told(&plan_of(&[("web.yaml", &text)]))), [1; 8]);
    let late = text.replace("traffic: 50%, replicas: 50%", "traffic: 50%, replicas: 100%");
    let refused = of_files(&[("web.yaml", &late)]).render(false);
    assert!(refused.contains("no pod of the old version is left"), "{refused}");
}

#[test]
fn the_older_form_says_weights() {
    let text = "apiVersion: rollouts.kruise.io/v1alpha1\nkind: Rollout\nmetadata: {name: web}\nspec:\n  objectRef: {workloadRef: \
                {apiVersion: apps/v1, kind: Deployment, name: web}}\n  strategy:\n    canary:\n      steps: [{weight: 20, pause: \
                {duration: 30}}, {weight: 60, replicas: 70%, pause: {duration: 30}}]\n      trafficRoutings: [{service: web}]\n";
    let scenario = scenario_of(&[("web.yaml", text)]);
    for step in [
        "{ hosts = \"20% up\", traffic = \"20%\", bake = \"30s\" }",
        "{ hosts = \"70% up\", traffic = \"60%\", bake = \"30s\" }",
    ] {
        assert!(scenario.contains(step), "{step}\n{scenario}");
    }
}

#[test]
fn blue_green_switches_in_steps() {
    let text = "apiVersion: rollouts.kruise.io/v1beta1\nkind: Rollout\nmetadata: {name: web}\nspec:\n  workloadRef: {apiVersion: \
                apps/v1, kind: Deployment, name: web}\n  strategy:\n    blueGreen:\n      steps:\n      - {replicas: 100%, \
                traffic: 0%, pause: {duration: 60}}\n      - {replicas: 100%, traffic: 0%, pause: {duration: 30}}\n      - {replicas: \
                100%, traffic: 100%, pause: {}}\n      trafficRoutings: [{service: web}]\n";
    let scenario = scenario_of(&[("web.yaml", text)]);
    assert!(scenario.contains("{ hosts = \"100% up\", traffic = \"0%\", bake = \"1m30s\" }"), "{scenario}");
    assert!(
        scenario.contains("{ hosts = \"100% up\", traffic = \"100%\" }"),
        "Kruise waits for nobody at the end\n{scenario}"
    );
}

#[test]
fn workloads_of_kruise_have_their_own_defaults() {
    let first = |version: &str, kind: &str, update: &str| {
        let text = format!(
            "apiVersion: apps.kruise.io/{version}\nkind: {kind}\nmetadata: {{name: web}}\nspec: {{replicas: 7, updateStrategy: {update}}}\n"
        );
        batches(&told(&plan_of(&[("web.yaml", &text)])))[0]
    };
    // A fifth of 7, rounded up; down where others come beside.
    assert_eq!(first("v1alpha1", "CloneSet", "{type: InPlaceIfPossible}"), 2);
    assert_eq!(first("v1alpha1", "CloneSet", "{maxSurge: 1}"), 2);
    assert_eq!(first("v1alpha1", "CloneSet", "{maxUnavailable: 50%}"), 4);
    assert_eq!(first("v1alpha1", "CloneSet", "{maxUnavailable: 7, partition: 25%}"), 5);
    assert_eq!(
        first("v1beta1", "StatefulSet", "{rollingUpdate: {maxUnavailable: 50%, podUpdatePolicy: ReCreate}}"),
        3
    );
}

#[test]
fn steps_that_cannot_be_are_refused() {
    let of = |steps: &str| {
        let text = format!(
            "apiVersion: rollouts.kruise.io/v1beta1\nkind: Rollout\nmetadata: {{name: web}}\nspec:\n  workloadRef: {{kind: Deployment, \
             name: web}}\n  strategy: {{canary: {{steps: {steps}}}}}\n"
        );
        of_files(&[("web.yaml", &text)]).render(false)
    };
    assert!(of("[{replicas: 0}]").contains("a step of no pods is none"));
    assert!(of("[{pause: {}}]").contains("a step needs `replicas` or a weight"));
    assert!(of("[{replicas: some}, {replicas: -2}]").contains("`-2` is not a count"));
}
