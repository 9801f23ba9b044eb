//! Kubernetes' own workloads.

use super::{lost, moving_in, of_files, plan_of, plan_of_text, scenario_of};
use crate::language::published::{MINUTE, SECOND, batches, done_at, number, rows, started, told, trial};
use serde_json::Value;
use wavetank::import::Fate;
use wavetank::plan::Plan;

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
        "progress-deadline = \"5m\" # web.yaml:7 progressDeadlineSeconds: 300",
        "response = { on-alarm = \"page\" } # Kubernetes only reports that it is late: nothing stops or goes back",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    let plan = plan_of(&[("web.yaml", DEPLOYMENT)]);
    assert_eq!(plan.strategies[0].name, "web");
}

#[test]
fn nothing_is_lost_without_a_word() {
    let text = format!("{DEPLOYMENT}  newKey: 3\n  paused: true\n");
    let dropped = lost(&of_files(&[("web.yaml", &text)]), Fate::Dropped);
    assert_eq!(dropped.len(), 2, "{dropped:?}");
    assert!(dropped.iter().any(|loss| loss.starts_with("spec.newKey")), "{dropped:?}");
    assert!(dropped.iter().any(|loss| loss.starts_with("spec.paused: true")), "{dropped:?}");
}

/// A deployment of so many pods; what is not said is none, as in the published tables.
fn deployment(pods: u32, surge: &Value, unavailable: &Value) -> String {
    let or_none = |value: &Value| if value.is_null() { "0".to_owned() } else { value.to_string() };
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n  replicas: {pods}\n  strategy: {{rollingUpdate: \
         {{maxSurge: {}, maxUnavailable: {}}}}}\n",
        or_none(surge),
        or_none(unavailable)
    )
}

/// Pods that come beside the others, and pods that are away, when a rollout begins.
fn beside_and_away(plan: &Plan, pods: u32) -> (u32, u32) {
    let first = batches(&told(plan))[0];
    let surge = plan.strategies[0].waves[0].procedure.surge_of(pods).min(first);
    (surge, first - surge)
}

fn plan(pods: u32, surge: &Value, unavailable: &Value) -> Plan {
    plan_of(&[("web.yaml", &deployment(pods, surge, unavailable))])
}

#[test]
fn fenceposts_are_the_published_ones() {
    let rows = rows("kubernetes", "resolve_fenceposts");
    assert_eq!(rows.len(), 4);
    for row in rows {
        let pods = number(&row, "desired");
        let text = deployment(pods, &row["maxSurge"], &row["maxUnavailable"]);
        if row["expectError"] == true {
            assert!(
                of_files(&[("web.yaml", &text)]).render(false).contains("is not a count or a share"),
                "{row}"
            );
        } else if pods > 0 {
            let expected = (number(&row, "expectSurge"), number(&row, "expectUnavailable"));
            assert_eq!(
                beside_and_away(&plan(pods, &row["maxSurge"], &row["maxUnavailable"]), pods),
                expected
            );
        } else {
            // A scenario has hosts: some are put in.
            assert_eq!(number(&row, "expectSurge"), 0);
            let away = format!("max-unavailable = {} # where both", number(&row, "expectUnavailable"));
            assert!(scenario_of(&[("web.yaml", &text)]).contains(&away), "{row}");
            assert!(
                lost(&of_files(&[("web.yaml", &text)]), Fate::Approximated)[0].contains("no pods"),
                "{row}"
            );
        }
    }
}

#[test]
fn limits_are_the_published_ones() {
    let mut said = 0;
    for (table, is_least) in [("max_unavailable", false), ("min_available", true)] {
        for row in rows("kubernetes", table) {
            let pods = number(&row, "replicas");
            let (_, away) = beside_and_away(&plan(pods, &Value::Null, &row["maxUnavailable"]), pods);
            assert_eq!(if is_least { pods - away } else { away }, number(&row, "expected"), "{row}");
            said += 1;
        }
    }
    assert_eq!(said, 6);
}

#[test]
fn the_first_pods_of_a_rollout_are_the_published_ones() {
    let mut said = 0;
    for row in rows("kubernetes", "new_rs_new_replicas").iter().filter(|row| row["strategy"] == "Recreate") {
        let pods = number(row, "deploymentReplicas");
        let text = format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec: {{replicas: {pods}, strategy: {{type: Recreate}}}}\n"
        );
        assert_eq!(batches(&told(&plan_of(&[("web.yaml", &text)]))), [number(row, "expected")], "{row}");
        said += 1;
    }
    for row in rows("kubernetes", "reconcile_new_rs") {
        let (pods, old) = (number(&row, "deploymentReplicas"), number(&row, "oldReplicas"));
        if number(&row, "newReplicas") > 0 {
            continue;
        }
        // Old pods that are gone at once are those that may be unavailable; new ones come in their place and beside.
        let (beside, away) = beside_and_away(&plan(pods, &row["maxSurge"], &(pods - old).into()), pods);
        let new = if row["scaleExpected"] == true { beside + away } else { beside };
        assert_eq!(new, row["expectedNewReplicas"].as_u64().unwrap_or(0) as u32, "{row}");
        said += 1;
    }
    for table in ["reconcile_old_rs", "scale_down_old_rs"] {
        for row in rows("kubernetes", table) {
            let (pods, old) = (number(&row, "deploymentReplicas"), number(&row, "oldReplicas"));
            let ready = row.get("readyOld").or(row.get("readyPods")).unwrap().as_u64().unwrap() as u32;
            if ready != old {
                // A fleet whose old pods are not ready already.
                continue;
            }
            let told = told(&plan(pods, &Value::Null, &row["maxUnavailable"]));
            let moved = started(&told)[0].1;
            match row["expectedOldReplicas"].as_u64() {
                Some(left) => assert_eq!(u64::from(old - moved), left, "{row}"),
                None => {
                    assert_eq!(old, pods - moved, "{row}");
                    assert_eq!(started(&told)[1].0, MINUTE, "{row}: nobody leaves before others are ready");
                }
            }
            said += 1;
        }
    }
    assert_eq!(said, 6);
}

#[test]
fn a_rollout_is_complete_with_its_last_pod() {
    let mut said = 0;
    for row in rows("kubernetes", "deployment_complete") {
        let (desired, available) = (number(&row, "desired"), number(&row, "available"));
        if number(&row, "current") > desired {
            // An old pod that outlives its successor.
            continue;
        }
        let (told, outcome) = trial(&plan(desired, &Value::Null, &1.into()), 0);
        let at_ms = u64::from(available) * MINUTE;
        assert_eq!(done_at(&told, at_ms), available);
        assert_eq!(outcome.completed_ms.unwrap() <= at_ms, row["expected"] == true, "{row}");
        said += 1;
    }
    assert_eq!(said, 2);
}

#[test]
fn a_rollout_that_gets_nowhere_is_late() {
    let rows = rows("kubernetes", "deployment_timed_out");
    assert_eq!(rows.len(), 2);
    for row in rows {
        let since = u64::from(number(&row, "seconds_since_last_update"));
        let deadline = match row["progressDeadlineSeconds"].as_u64() {
            Some(seconds) => format!("  progressDeadlineSeconds: {seconds}\n"),
            None => String::new(),
        };
        let text = deployment(1, &Value::Null, &1.into()) + &deadline;
        let never = moving_in(&scenario_of(&[("web.yaml", &text)]), "{ exponential = { mean = \"30d\" } }");
        let outcome = trial(&plan_of_text(&never), 0).1;
        let is_late = outcome.alarm_ms.is_some_and(|ms| ms < since * SECOND);
        assert_eq!(is_late, row["expected"] == true, "{row}");
    }
}

#[test]
fn shares_are_rounded_as_each_workload_does() {
    let limits = |kind: &str, update: &str| {
        let text = format!(
            "apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: web}}\nspec: {{replicas: 10, updateStrategy: {update}}}\n"
        );
        let text = if kind == "DaemonSet" { text.replace("replicas: 10, ", "") } else { text };
        beside_and_away(&plan_of(&[("web.yaml", &text)]), 10)
    };
    assert_eq!(limits("StatefulSet", "{type: RollingUpdate}"), (0, 1));
    assert_eq!(limits("StatefulSet", "{rollingUpdate: {maxUnavailable: 25%}}"), (0, 2));
    assert_eq!(limits("StatefulSet", "{rollingUpdate: {maxUnavailable: 1%}}"), (0, 1));
    assert_eq!(limits("DaemonSet", "{type: RollingUpdate}"), (0, 1));
    assert_eq!(limits("DaemonSet", "{rollingUpdate: {maxUnavailable: 25%}}"), (0, 3));
    assert_eq!(limits("DaemonSet", "{rollingUpdate: {maxSurge: 25%, maxUnavailable: 0}}"), (3, 0));
}

#[test]
fn what_a_partition_keeps_waits_for_somebody() {
    let text = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec:\n  replicas: 5\n  updateStrategy: \
                {rollingUpdate: {partition: 3}}\n";
    let scenario = scenario_of(&[("db.yaml", text)]);
    assert!(scenario.contains("hosts = 2 # db.yaml:6 partition: 3"), "{scenario}");
    assert!(
        scenario.contains("gates = [{ approval = { takes = \"1h\" } }] # <-- until somebody lowers"),
        "{scenario}"
    );
    let all = of_files(&[("db.yaml", &text.replace("partition: 3", "partition: 5"))]).render(false);
    assert!(all.contains("nobody takes the change") && all.contains("db.yaml:6"), "{all}");
    let by_hand = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec: {replicas: 5, updateStrategy: {type: OnDelete}}\n";
    let scenario = scenario_of(&[("db.yaml", by_hand)]);
    assert!(
        scenario.contains("batch-bake = \"10m\" # <-- from one pod that is deleted to the next"),
        "{scenario}"
    );
}

#[test]
fn values_that_no_cluster_has_are_refused_at_their_place() {
    let text = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 99999999999\n  strategy: \
                {rollingUpdate: {maxSurge: [1], maxUnavailable: -1}}\n  minReadySeconds: soon\n";
    let refused = of_files(&[("web.yaml", text)]).render(false);
    for found in [
        "at most 1000000 instances",
        "a list is not a text",
        "`-1` is not a count",
        "`soon` is not a duration",
    ] {
        assert!(refused.contains(found), "{found}\n{refused}");
    }
    let none = of_files(&[("web.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n")]);
    assert!(none.render(false).contains("it has no `spec`"), "{}", none.render(false));
}

#[test]
fn several_workloads_share_the_cluster_of_the_first() {
    let second = DEPLOYMENT.replace("name: web", "name: api").replace("replicas: 12", "replicas: 5");
    let both = format!("{DEPLOYMENT}---\n{second}");
    let approximated = lost(&of_files(&[("both.yaml", &both)]), Fate::Approximated);
    assert!(
        approximated[0].starts_with("spec.replicas: 5: the scenario has one cluster, of 12"),
        "{approximated:?}"
    );
}
