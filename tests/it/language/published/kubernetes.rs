//! Kubernetes Deployments: what surge and unavailability round to, and when a rollout is complete or late.

use super::{
    MINUTE, SECOND, batches, done_at, number, plan, refusal, region, rows, started, told, toml, trial,
};
use serde_json::Value;
use wavetank::outcome::Ending;
use wavetank::plan::Plan;

/// A deployment of so many pods; what is not said is none.
pub(super) fn text(pods: u32, surge: &Value, unavailable: &Value) -> String {
    let or_none = |value: &Value| if value.is_null() { "0".to_owned() } else { toml(value) };
    format!(
        "[fleet]\npeak-utilisation = \"100%\"\n{}requests-per-second = 1000\n[change]\ndeploy-time = \"1m\"\n[[strategy]]\n\
         name = \"deployment\"\nmax-surge = {}\nmax-unavailable = {}\nwave = [{{ regions = \"all\" }}]\n",
        region(pods),
        or_none(surge),
        or_none(unavailable)
    )
}

/// Pods that come beside the others and pods that are away in the first batch of a rollout, told by its hosts and by what
/// the whole rollout turns away.
pub(super) fn beside_and_away(plan: &Plan, pods: u32) -> (u32, u32) {
    let procedure = &plan.strategies[0].waves[0].procedure;
    let (records, outcome) = trial(plan, 0);
    let hosts = batches(&records);
    let surge = procedure.surge_of(pods).min(hosts[0]);
    let away: u32 = hosts.iter().map(|hosts| hosts.saturating_sub(surge)).sum();
    let share = f64::from(away) / f64::from(pods);
    assert!((outcome.turned_away_requests - share * 60_000.0).abs() < 1e-3, "{outcome:?}");
    (surge, hosts[0] - surge)
}

#[test]
fn fenceposts_are_the_published_ones() {
    for row in rows("kubernetes", "resolve_fenceposts") {
        let pods = number(&row, "desired");
        let text = text(pods, &row["maxSurge"], &row["maxUnavailable"]);
        if row["expectError"] == true {
            assert!(refusal(&text).contains("percentage"), "{row}");
        } else if pods > 0 {
            let expected = (number(&row, "expectSurge"), number(&row, "expectUnavailable"));
            assert_eq!(beside_and_away(&plan(&text), pods), expected, "{row}");
        } else {
            assert!(refusal(&text).contains("hosts"), "{row}: a zone has hosts");
        }
    }
}

#[test]
fn unavailable_pods_are_at_most_all() {
    let none = Value::Null;
    for (table, is_least) in [("max_unavailable", false), ("min_available", true)] {
        for row in rows("kubernetes", table) {
            let pods = number(&row, "replicas");
            let (_, away) = beside_and_away(&plan(&text(pods, &none, &row["maxUnavailable"])), pods);
            assert_eq!(if is_least { pods - away } else { away }, number(&row, "expected"), "{row}");
        }
    }
}

#[test]
fn all_pods_at_once_is_recreate() {
    for row in rows("kubernetes", "new_rs_new_replicas") {
        if row["strategy"] == "Recreate" {
            let pods = number(&row, "deploymentReplicas");
            let text = text(pods, &Value::Null, &"100%".into());
            assert_eq!(batches(&told(&plan(&text))), [number(&row, "expected")], "{row}");
        }
    }
}

#[test]
fn the_first_pods_of_a_rollout_are_the_published_ones() {
    // Old pods that are gone at once are those that may be unavailable; new ones come in their place and beside.
    for row in rows("kubernetes", "reconcile_new_rs") {
        let (pods, old) = (number(&row, "deploymentReplicas"), number(&row, "oldReplicas"));
        if number(&row, "newReplicas") > 0 {
            continue;
        }
        let text = text(pods, &row["maxSurge"], &(pods - old).into());
        let scales = row["scaleExpected"] == true;
        let (beside, away) = beside_and_away(&plan(&text), pods);
        // With nothing beside and nobody away one pod is replaced where it is.
        let new = if scales { beside + away } else { beside };
        assert_eq!(new, row["expectedNewReplicas"].as_u64().unwrap_or(0) as u32, "{row}");
    }
    for table in ["reconcile_old_rs", "scale_down_old_rs"] {
        for row in rows("kubernetes", table) {
            let (pods, old) = (number(&row, "deploymentReplicas"), number(&row, "oldReplicas"));
            let ready = row.get("readyOld").or(row.get("readyPods")).unwrap().as_u64().unwrap() as u32;
            if ready != old {
                // A fleet whose old pods are not ready already.
                continue;
            }
            let plan = plan(&text(pods, &Value::Null, &row["maxUnavailable"]));
            let told = told(&plan);
            // Old pods that are left once so many new ones are under way.
            let moved = started(&told)[0].1;
            match row["expectedOldReplicas"].as_u64() {
                Some(left) => assert_eq!(u64::from(old - moved), left, "{row}"),
                None => {
                    assert_eq!(old, pods - moved, "{row}");
                    assert_eq!(
                        started(&told)[1].0,
                        MINUTE,
                        "{row}: nobody leaves before the others are ready"
                    );
                }
            }
        }
    }
}

#[test]
fn a_rollout_is_complete_with_its_last_pod() {
    for row in rows("kubernetes", "deployment_complete") {
        let (desired, available) = (number(&row, "desired"), number(&row, "available"));
        if number(&row, "current") > desired {
            // An old pod that outlives its successor.
            continue;
        }
        let (told, outcome) = trial(&plan(&text(desired, &Value::Null, &1.into())), 0);
        let at_ms = u64::from(available) * MINUTE;
        assert_eq!(done_at(&told, at_ms), available);
        assert_eq!(outcome.completed_ms.unwrap() <= at_ms, row["expected"] == true, "{row}");
    }
}

#[test]
fn a_rollout_that_gets_nowhere_is_late() {
    for row in rows("kubernetes", "deployment_timed_out") {
        let since = number(&row, "seconds_since_last_update");
        let deadline = match row["progressDeadlineSeconds"].as_u64() {
            Some(seconds) => format!("progress-deadline = \"{seconds}s\"\n"),
            None => String::new(),
        };
        let text = format!(
            "{}[[strategy]]\nname = \"deployment\"\n{deadline}wave = [{{ regions = \"all\" }}]\n[change]\n\
             deploy-time = {{ exponential = {{ mean = \"30d\" }} }}\n",
            region(1)
        );
        let outcome = trial(&plan(&text), 0).1;
        let late = outcome.ending == Ending::FalseRollback;
        assert_eq!(late, row["expected"] == true, "{row}");
        let is_seen = outcome.alarm_ms.is_some_and(|ms| ms < u64::from(since) * SECOND);
        assert_eq!(is_seen, late, "{row}");
    }
}
