//! Kubernetes' own workloads.

use super::{lost, of_files, plan_of, scenario_of};
use wavetank::import::Fate;

const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 12
  minReadySeconds: 10
  progressDeadlineSeconds: 300
  strategy:
    rollingUpdate: {maxSurge: 2, maxUnavailable: 10%}
";

#[test]
fn a_deployment_is_a_strategy_and_each_line_says_where_it_is_from() {
    let text = scenario_of(&[("web.yaml", DEPLOYMENT)]);
    for line in [
        "hosts-per-zone = 12 # web.yaml:5 replicas: 12",
        "batch-bake = \"10s\" # web.yaml:6 minReadySeconds: 10",
        "max-surge = 2 # web.yaml:9 maxSurge: 2",
        "max-unavailable = \"10% down\" # web.yaml:9 maxUnavailable: 10%",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    let plan = plan_of(&[("web.yaml", DEPLOYMENT)]);
    assert_eq!(plan.strategies[0].name, "web");
}

#[test]
fn nothing_is_lost_without_a_word() {
    let text = format!("{DEPLOYMENT}  newKey: 3\n");
    let dropped = lost(&of_files(&[("web.yaml", &text)]), Fate::Dropped);
    assert!(dropped.iter().any(|loss| loss.starts_with("spec.newKey")), "{dropped:?}");
    assert!(dropped.iter().any(|loss| loss.starts_with("spec.progressDeadlineSeconds: 300")), "{dropped:?}");
}
