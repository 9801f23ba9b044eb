//! Argo Rollouts: what it publishes of its arithmetic through the imported plan, what of a rollout becomes what, and what is
//! told of the rest.

use super::{lost, of_files, of_files_given, plan_of, scenario_of};
use crate::language::published::argo_analysis::hold_verdict;
use crate::language::published::argo_canary::{after_first_step, is_a_start};
use crate::language::published::{batches, done_at, number, numbers, rows, told, trial, weights};
use crate::support;
use serde_json::{Value, json};
use wavetank::import::Fate;
use wavetank::plan::Plan;
use wavetank::rollout::RolloutEvent;

const MINUTE: u64 = 60_000;
const HEAD: &str = "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: web}\nspec:\n";

/// A Rollout with this canary, written on one line.
fn canary(replicas: u32, canary: &str) -> String {
    format!("{HEAD}  replicas: {replicas}\n  strategy:\n    canary: {canary}\n")
}

/// A canary of one step that is watched for an hour.
fn one_step(replicas: u32, keys: &str, step: &str) -> String {
    canary(replicas, &format!("{{{keys}steps: [{step}, {{pause: {{duration: 1h}}}}]}}"))
}

/// The scenario of a file, begun at midnight, of good changes, every replica needed, each there within `deploy-time`.
fn needed(file: &str, deploy_time: &str) -> String {
    let text = scenario_of(&[("web.yaml", file)]);
    let edits = [
        ("start-spread = \"24h\"", "start-spread = \"0s\"".to_owned()),
        ("bad-probability = \"5%\"", "bad-probability = \"0%\"".to_owned()),
        ("deploy-time = \"1m\"", format!("deploy-time = \"{deploy_time}\"")),
        ("[fleet]\n", "[fleet]\npeak-utilisation = \"100%\"\n".to_owned()),
    ];
    edits.iter().fold(text, |text, (from, to)| {
        assert!(text.contains(from), "{from}\n{text}");
        text.replacen(from, to, 1)
    })
}

fn planned(file: &str) -> Plan {
    support::plan_of(&needed(file, "1m"))
}

/// Whether no request is turned away once replicas are there.
fn serves_all(file: &str) -> bool {
    trial(&support::plan_of(&needed(file, "0s")), 0).1.turned_away_requests == 0.0
}

#[test]
fn the_first_replicas_of_a_step_are_the_published_ones() {
    let mut said = 0;
    for row in rows("argo-canary", "counts") {
        let replicas = number(&row, "replicas");
        let [stable, new] = numbers(&row["expected"])[..] else { panic!("{row}") };
        let step = format!("{{setWeight: {}}}", row["weight"]);
        if is_a_start(&row) {
            said += 1;
            let keys =
                format!("maxSurge: {}, maxUnavailable: {}, ", row["max_surge"], row["max_unavailable"]);
            // Argo looks at a scale only beside a router.
            let scale =
                row.get("scale").map_or_else(String::new, |_| "{setCanaryScale: {replicas: 9}}, ".to_owned());
            let plan = planned(&one_step(replicas, &keys, &format!("{scale}{step}")));
            let first = batches(&told(&plan))[0];
            let beside = plan.strategies[0].waves[0].procedure.surge_of(replicas).min(first);
            assert_eq!((replicas - (first - beside), beside), (stable, new), "{row}");
        } else if row["canary"] == json!([replicas, replicas]) && row["weight"] == 100 {
            said += 1;
            let done = done_at(&told(&planned(&canary(replicas, "{steps: [{setWeight: 50}]}"))), u64::MAX);
            assert_eq!((replicas - done, done), (stable, new), "{row}");
        } else if let Some(least) = row["min_pods"].as_u64() {
            said += 1;
            let keys = format!("trafficRouting: {{nginx: {{}}}}, minPodsPerReplicaSet: {least}, ");
            let file = one_step(replicas, &keys, &step);
            assert_eq!((stable, after_first_step(&planned(&file))), (replicas, new), "{row}");
            assert!(serves_all(&file), "{row}");
        }
    }
    assert_eq!(said, 12);
}

#[test]
fn a_weight_becomes_the_published_replicas() {
    let mut said = 0;
    for row in rows("argo-canary", "weighted") {
        let [replicas, weight, surge, new, stable] =
            ["replicas", "weight", "max_surge", "canary", "stable"].map(|key| number(&row, key));
        if replicas == 0 || weight == 0 {
            // A cluster has replicas, and a step that gives none of them the new version is none.
            continue;
        }
        said += 1;
        let keys = format!("maxSurge: {surge}, maxUnavailable: 0, ");
        let file = one_step(replicas, &keys, &format!("{{setWeight: {weight}}}"));
        let plan = planned(&file);
        assert_eq!(after_first_step(&plan), new, "{row}");
        if new + stable > replicas {
            // The share of requests says how many stable replicas are beside them.
            let share = 100.0 * f64::from(new) / f64::from(new + stable);
            let sent: Vec<f64> = weights(&told(&plan)).into_iter().map(|(_, weight)| weight).collect();
            assert!(sent.iter().any(|sent| (sent - share).abs() < 0.01), "{row}: {sent:?}");
            assert!(serves_all(&file), "{row}");
        } else {
            assert_eq!(replicas - new, stable, "{row}");
        }
    }
    assert_eq!(said, 22);
}

#[test]
fn replicas_follow_routed_traffic_as_published() {
    let mut said = 0;
    for row in rows("argo-canary", "traffic_weight") {
        if row["weight"] != 0 {
            said += 1;
            let keys = format!("trafficRouting: {{maxWeight: {}}}, ", row["maxWeight"]);
            let file =
                one_step(number(&row, "replicas"), &keys, &format!("{{setWeight: {}}}", row["weight"]));
            assert_eq!(after_first_step(&planned(&file)), number(&row, "expected"), "{row}");
        }
    }
    for row in rows("argo-canary", "dynamic_stable") {
        if row["aborted"] == false {
            said += 1;
            let replicas = number(&row, "replicas");
            let keys = "trafficRouting: {nginx: {}}, dynamicStableScale: true, ";
            let file = one_step(replicas, keys, &format!("{{setWeight: {}}}", row["weight"]));
            let new = after_first_step(&planned(&file));
            assert_eq!((new, replicas - new), (number(&row, "canary"), number(&row, "stable")), "{row}");
            assert!(serves_all(&file), "as many as are left serve the rest");
        }
    }
    for row in rows("argo-canary", "replicas_or_weight") {
        said += 1;
        let step = match row["replicas"].as_u64() {
            Some(replicas) => format!("{{setCanaryScale: {{replicas: {replicas}}}}}"),
            None => format!("{{setWeight: {}}}", row["weight"]),
        };
        let told = told(&planned(&one_step(10, "trafficRouting: {nginx: {}}, ", &step)));
        let first = weights(&told).iter().rev().find(|(at_ms, _)| *at_ms < 60 * MINUTE).unwrap().1;
        assert_eq!(first, f64::from(number(&row, "weight")), "{row}");
        let new = done_at(&told, 60 * MINUTE - 1);
        assert_eq!(u64::from(new), row["replicas"].as_u64().unwrap_or(10), "{row}");
    }
    assert_eq!(said, 6);
}

#[test]
fn a_step_is_done_with_as_many_replicas_as_published() {
    for row in rows("argo-canary", "progress_threshold") {
        let desired = number(&row, "desired");
        if desired == 0 {
            // A cluster has replicas.
            continue;
        }
        let (kind, value) = match row["percent"].as_i64() {
            Some(percent) => ("Percentage", percent),
            None => ("Pods", row["pods"].as_i64().unwrap()),
        };
        let threshold = format!("replicaProgressThreshold: {{type: {kind}, value: {value}}}, ");
        let plan = planned(&one_step(desired, &threshold, "{setWeight: 50}"));
        let enough = plan.strategies[0].complete_at.ceil_of(u64::from(desired));
        assert_eq!(row["available"].as_u64().unwrap_or(0) >= enough, row["met"] == true, "{row}");
    }
}

/// A canary of one replica of two with an analysis of this metric.
fn analysed(metric: &Value, canary: &str) -> String {
    let mut metric = metric.clone();
    metric["name"] = json!("metric");
    metric["provider"] = json!({"web": {"url": "http://metric.example.com"}});
    format!(
        "{HEAD}  replicas: 2\n  strategy:\n    canary: {canary}\n---\napiVersion: argoproj.io/v1alpha1\n\
         kind: AnalysisTemplate\nmetadata: {{name: metrics}}\nspec: {{metrics: [{metric}]}}\n"
    )
}

const IN_A_STEP: &str =
    "{maxSurge: 0, steps: [{setWeight: 50}, {analysis: {templates: [{templateName: metrics}]}}]}";
const BESIDE: &str = "{maxSurge: 0, analysis: {templates: [{templateName: metrics}]}, steps: [{setWeight: 50}, {pause: {duration: 1h}}]}";

/// The plan of a file whose checks fail, or have no data, with these chances.
fn by_chance(file: &str, failing: u64, lost: u64) -> Plan {
    let text = needed(file, "0s");
    let chance = "breach-probability = { healthy = \"0%\", impaired = \"100%\" }";
    assert!(text.contains(chance), "{text}");
    let ours = format!(
        "lost = \"{lost}%\"\nbreach-probability = {{ healthy = \"{failing}%\", impaired = \"{failing}%\" }}"
    );
    support::plan_of(&text.replace(chance, &ours).replace("peak-utilisation = \"100%\"\n", ""))
}

#[test]
fn an_analysis_says_what_is_published() {
    let mut said = 0;
    for row in rows("argo-analysis", "status") {
        let (mut metric, result) = (row["metric"].clone(), &row["result"]);
        let ends = metric.get("count").or(metric.get("consecutiveSuccessLimit")).is_some();
        if result.get("inconclusive").is_some() || metric == json!({"failureLimit": 2, "interval": "60s"}) {
            // What is inconclusive needs two conditions, and what has no end is no step: see below.
            continue;
        }
        said += 1;
        if !ends && metric.get("interval").is_some() {
            // A step waits for the end of a metric.
            metric["count"] = json!(1000);
        }
        let failing = if result.get("failed").is_some() { 50 } else { 0 };
        let lost = if result.get("consecutiveError").is_some() { 100 } else { 0 };
        let plan = by_chance(&analysed(&metric, IN_A_STEP), failing, lost);
        hold_verdict(&row, &plan);
    }
    assert_eq!(said, 12);
}

#[test]
fn an_analysis_beside_the_steps_fails_with_one_failure_more_than_it_allows() {
    let metric = json!({"failureLimit": 2, "interval": "60s"});
    let plan = by_chance(&analysed(&metric, BESIDE), 100, 0);
    let records = told(&plan);
    let fired =
        records.iter().find(|record| matches!(record.event, RolloutEvent::AlarmFired { .. })).unwrap();
    assert_eq!(fired.at_ms, 3 * MINUTE, "the third measurement");
    let imported = of_files(&[("web.yaml", &analysed(&metric, BESIDE))]);
    assert!(lost(&imported, Fate::Approximated).iter().any(|loss| loss.contains("failureLimit: 2")));
}

const QUERIED: &str = "
---
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: errors}
spec:
  args: [{name: service}, {name: limit, value: \"0.95\"}]
  metrics:
  - name: success-rate
    interval: 1m
    initialDelay: 3m
    count: 5
    failureLimit: 1
    inconclusiveLimit: 2
    successCondition: result[0] >= {{args.limit}}
    failureCondition: result[0] < 0.9
    provider:
      prometheus:
        address: http://prometheus.example.com
        query: |
          sum(rate(http_requests_total{service=\"{{args.service}}\",code!~\"5..\"}[1m]))
            / sum(rate(http_requests_total{service=\"{{args.service}}\"}[1m]))
";

#[test]
fn a_query_becomes_an_alarm_and_its_limits_a_gate() {
    let analysis =
        "{analysis: {templates: [{templateName: errors}], args: [{name: service, value: web-canary}]}}";
    let file = canary(
        20,
        &format!(
            "{{canaryService: web-canary, trafficRouting: {{nginx: {{}}}}, steps: [{{setWeight: 20}}, {{pause: {{duration: 10m}}}}, {analysis}]}}"
        ),
    ) + QUERIED;
    let text = scenario_of(&[("web.yaml", &file)]);
    for line in [
        "error-ratio = { above = \"10%\" }",
        "error-ratio = { above = \"5%\" }",
        "version = \"new\"",
        "missing-data = \"ignore\"",
        "{ hosts = \"20%\", traffic = \"20%\", bake = \"10m\", gates = [{ checks = { points = { \"success-rate\" = 99, \
         \"success-rate-doubtful\" = 1 }, marginal = \"50%\", count = 5, failures = 2, inconclusive = 3, missing = 5, \
         after = \"12m\" } }] }",
        "{ hosts = \"100%\", traffic = \"100%\", bake = \"30s\" }",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    plan_of(&[("web.yaml", &file)]);
}

#[test]
fn what_only_the_cluster_knows_is_asked_for() {
    let file = canary(
        5,
        "{steps: [{setWeight: 20}, {pause: {duration: \"{{ .Values.wait }}\"}}, {setWeight: \"${W}\"}]}",
    );
    let problems = of_files(&[("web.yaml", &file)]).render(false);
    for words in ["--set Values.wait=VALUE", "--set W=VALUE", "web.yaml:7"] {
        assert!(problems.contains(words), "{words}\n{problems}");
    }
    let given = of_files_given(&[("web.yaml", &file)], &[("Values.wait", "5m"), ("W", "60")]);
    assert!(given.scenario("wavetank import").contains("{ hosts = \"60% nearest\" }"));
    // A label says whose numbers these are; a limit says which.
    let open = QUERIED.replace(", value: \"0.95\"", "").trim_start_matches("\n---\n").to_owned();
    let problems = of_files(&[("errors.yaml", &open)]).render(false);
    assert!(problems.contains("--set args.limit=VALUE") && !problems.contains("args.service"), "{problems}");
    assert!(of_files_given(&[("errors.yaml", &open)], &[("limit", "0.99")]).is_sound());
}

#[test]
fn values_that_are_none_are_all_told_with_their_places() {
    let file =
        canary(0, "{maxSurge: many, steps: [{setWeight: 101}, {pause: {duration: soon}}, {setWeight: [1]}]}");
    let problems = of_files(&[("web.yaml", &file)]).render(false);
    for words in
        ["`many` is not a count", "a weight is from 0 to 100", "`soon` is not a duration", "a list is not"]
    {
        assert!(problems.contains(words), "{words}\n{problems}");
    }
    for (file, words) in [
        (canary(4_000_000, "{steps: []}"), "at most 1000000 instances"),
        (format!("{HEAD}  replicas: 3\n"), "`canary` or `blueGreen`"),
        (canary(3, &format!("{{steps: [{}]}}", "{setWeight: 1}, ".repeat(1001))), "more than 1000 steps"),
        (analysed(&json!({"interval": "1m"}), IN_A_STEP), "give `count`"),
    ] {
        let problems = of_files(&[("web.yaml", &file)]).render(false);
        assert!(problems.contains(words), "{words}\n{problems}");
    }
}

#[test]
fn blue_green_is_a_preview_and_a_switch() {
    let file = format!(
        "{HEAD}  replicas: 6\n  strategy:\n    blueGreen: {{activeService: web, previewReplicaCount: 2, autoPromotionEnabled: false, \
         scaleDownDelaySeconds: 600, postPromotionAnalysis: {{templates: [{{templateName: nowhere}}]}}}}\n"
    );
    let text = scenario_of(&[("web.yaml", &file)]);
    for line in [
        "max-surge = \"100%\"",
        "{ hosts = 2, traffic = \"0%\", gates = [{ approval = { takes = \"1h\" } }] }, # <-- how long that takes: web.yaml:7",
        "{ hosts = \"100%\", traffic = \"100%\", bake = \"11m\", gates = [{ checks = { alarm = \"nowhere\", count = 1, failures = 1 } }] }",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    let imported = of_files(&[("web.yaml", &file)]);
    let by_hand = lost(&imported, Fate::ByHand);
    assert!(
        by_hand.iter().any(|loss| loss.starts_with("the file with AnalysisTemplate nowhere")),
        "{by_hand:?}"
    );
    plan_of(&[("web.yaml", &file)]);
    let promoted = file.replace("autoPromotionEnabled: false", "autoPromotionSeconds: 90");
    assert!(
        scenario_of(&[("web.yaml", &promoted)]).contains("{ hosts = 2, traffic = \"0%\", bake = \"1m30s\" }")
    );
}

#[test]
fn replicas_are_those_of_the_workload_or_the_autoscaler() {
    let rollout = format!(
        "{HEAD}  workloadRef: {{apiVersion: apps/v1, kind: Deployment, name: shop}}\n  strategy:\n    canary: {{steps: [{{setWeight: 20}}]}}\n"
    );
    let deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: shop}\nspec: {replicas: 8}\n";
    let scaler = "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\n\
                  spec: {scaleTargetRef: {kind: Rollout, name: web}, minReplicas: 12, maxReplicas: 40}\n";
    let hosts = |files: &[(&str, &str)]| {
        let text = scenario_of(files);
        assert!(!text.contains("name = \"shop\""), "the Deployment is no policy of its own: {text}");
        text.lines().find(|line| line.starts_with("hosts-per-zone")).unwrap().to_owned()
    };
    assert_eq!(
        hosts(&[("r.yaml", &rollout)]),
        "hosts-per-zone = 1 # <-- Argo's default, as no file says how many"
    );
    let both = [("r.yaml", rollout.as_str()), ("d.yaml", deployment)];
    assert_eq!(hosts(&both), "hosts-per-zone = 8 # d.yaml:4 replicas: 8");
    let all = [("r.yaml", rollout.as_str()), ("d.yaml", deployment), ("h.yaml", scaler)];
    assert_eq!(hosts(&all), "hosts-per-zone = 12 # h.yaml:4 minReplicas: 12");
    let approximated = lost(&of_files(&all), Fate::Approximated);
    assert!(approximated.iter().any(|loss| loss.contains("the least of them all day")), "{approximated:?}");
}

#[test]
fn nothing_of_a_canary_is_lost_without_a_word() {
    let file = canary(
        10,
        "{newKey: 1, abortScaleDownDelaySeconds: 5, maxSurge: 1, minPodsPerReplicaSet: 3, steps: [{pause: {}}, {setWeight: 40}, \
         {setHeaderRoute: {name: h}}, {setMirrorRoute: {name: m}}, {plugin: {name: p}}, {setWeight: 20}, {newStep: {}}, \
         {setCanaryScale: {replicas: 5}}]}",
    )
    .replace("  replicas", "  progressDeadlineSeconds: 60\n  rollbackWindow: {revisions: 3}\n  paused: true\n  replicas");
    let imported = of_files(&[("web.yaml", &file)]);
    let (dropped, approximated, refused) =
        (lost(&imported, Fate::Dropped), lost(&imported, Fate::Approximated), lost(&imported, Fate::Refused));
    let told =
        |losses: &[String], what: &str| losses.iter().any(|loss| loss.starts_with(&format!("spec.{what}")));
    for what in [
        "progressDeadlineSeconds: 60",
        "rollbackWindow",
        "paused: true",
        "strategy.canary.newKey",
        "strategy.canary.abortScaleDownDelaySeconds",
        "strategy.canary.minPodsPerReplicaSet",
        "strategy.canary.steps[0].pause",
        "strategy.canary.steps[2].setHeaderRoute",
        "strategy.canary.steps[3].setMirrorRoute",
        "strategy.canary.steps[7].setCanaryScale",
    ] {
        assert!(told(&dropped, what), "{what}: {dropped:?}");
    }
    assert!(told(&approximated, "strategy.canary.steps[4].plugin"), "{approximated:?}");
    assert!(told(&approximated, "strategy.canary.steps[5].setWeight: 20"), "{approximated:?}");
    assert!(refused.iter().any(|loss| loss.contains("no step of Argo Rollouts")), "{refused:?}");
    assert_eq!((dropped.len(), refused.len()), (10, 1), "{dropped:?}");
    plan_of(&[("web.yaml", &file)]);
}

#[test]
fn an_analysis_that_starts_later_does_not_watch_the_first_steps() {
    let beside = BESIDE.replace("]}, steps", "], startingStep: 2}, steps");
    let beside = beside.replace("1h}}]", "1h}}, {setWeight: 100}, {pause: {duration: 1h}}]");
    let file = analysed(&json!({"interval": "60s"}), &beside);
    let plan = plan_of(&[("web.yaml", &file)]);
    let listened = |wave: usize| plan.strategies[0].waves[wave].alarms.as_ref().map(Vec::len);
    assert_eq!((listened(0), listened(1)), (Some(0), Some(1)));
    assert_eq!(plan.strategies[0].alarms.len(), 1);
}

#[test]
fn a_rollout_of_another_tool_is_not_argos() {
    let kruise =
        canary(3, "{steps: [{weight: 20}]}").replace("argoproj.io/v1alpha1", "rollouts.kruise.io/v1beta1");
    let imported = of_files(&[("k.yaml", &kruise)]);
    assert!(imported.recognised.iter().all(|(_, tool)| *tool != "Argo Rollouts"));
}

#[test]
fn documents_beyond_number_and_templates_in_themselves_end_soon() {
    let template = |number: usize| {
        format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: AnalysisTemplate\nmetadata: {{name: t{number}}}\nspec: {{metrics: []}}\n---\n"
        )
    };
    let many: String = (0..3_000).map(template).collect();
    assert!(of_files(&[("t.yaml", &many)]).render(false).contains("more than 2000 documents"));
    let itself = analysed(&json!({"count": 1}), IN_A_STEP).replace(
        "spec: {metrics: [",
        "spec: {templates: [{templateName: metrics}, {templateName: metrics}], metrics: [",
    );
    assert!(scenario_of(&[("web.yaml", &itself)]).contains("alarm = \"metric\""));
}

#[test]
fn the_guide_shows_lines_that_are_written() {
    let read = |name: &str| std::fs::read_to_string(support::project(name)).unwrap();
    let (rollout, analysis) =
        (read("scenarios/import/web-rollout.yaml"), read("scenarios/import/web-analysis.yaml"));
    let text = scenario_of(&[("web-rollout.yaml", &rollout), ("web-analysis.yaml", &analysis)]);
    let guide = read("docs/coming-from/argo-rollouts.md");
    let block = guide.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    assert!(block.lines().count() >= 6);
    for line in block.lines() {
        assert!(text.lines().any(|written| written == line), "{line}\n{text}");
    }
}

#[test]
fn a_list_of_objects_is_its_items() {
    let indented = |text: &str| {
        let lines: Vec<String> = text.lines().map(|line| format!("  {line}\n")).collect();
        lines.concat().replacen("  ", "- ", 1)
    };
    let file = canary(5, "{steps: [{setWeight: 20}]}");
    let list = format!("apiVersion: v1\nkind: List\nitems:\n{}", indented(&file));
    assert!(scenario_of(&[("list.yaml", &list)]).contains("hosts-per-zone = 5 # list.yaml:8 replicas: 5"));
}
