//! Flagger's canaries.

use super::{lost, moving_in, of_files, plan_of, plan_of_text, scenario_of};
use crate::language::published::{MINUTE, number, numbers, rows, told, weights};
use serde_json::Value;
use wavetank::import::Fate;
use wavetank::rollout::RolloutRecord;

/// A canary that says `analysis`, an inline mapping, and nothing that its steps would check.
fn canary(analysis: &str) -> String {
    format!(
        "apiVersion: flagger.app/v1beta1\nkind: Canary\nmetadata: {{name: web, namespace: prod}}\nspec:\n  \
         provider: istio\n  targetRef: {{apiVersion: apps/v1, kind: Deployment, name: web}}\n  analysis: {{{analysis}}}\n"
    )
}

/// When which share of requests goes to the new version, where pods are ready at once.
fn switched(analysis: &str) -> Vec<(u64, f64)> {
    let text = moving_in(&scenario_of(&[("canary.yaml", &canary(analysis))]), "\"0s\"");
    weights(&told(&plan_of_text(&text)))
}

/// The weight of the new version at each tick of a minute.
fn at_ticks(switched: &[(u64, f64)], ticks: usize) -> Vec<f64> {
    let at = |tick: usize| {
        let before = switched.iter().rev().find(|(at_ms, _)| *at_ms <= tick as u64 * MINUTE);
        before.map_or(0.0, |(_, weight)| *weight)
    };
    (0..ticks).map(at).collect()
}

fn steps(row: &Value) -> String {
    match row.get("stepWeights") {
        Some(listed) => format!("stepWeights: {listed}"),
        None => format!("stepWeight: {}, maxWeight: {}", number(row, "stepWeight"), number(row, "maxWeight")),
    }
}

#[test]
fn weights_are_the_published_ones_tick_by_tick() {
    let stepping = rows("flagger", "stepping");
    assert_eq!(stepping.len(), 2);
    for row in stepping {
        let switched = switched(&steps(&row));
        let primary = numbers(&row["primary"]);
        let expected: Vec<f64> = primary.iter().map(|weight| f64::from(100 - weight)).collect();
        assert_eq!(at_ticks(&switched, primary.len()), expected, "{row}");
        assert_eq!(at_ticks(&switched, primary.len() + 1).last(), Some(&100.0), "promoted a tick later");
    }
    let documented = rows("flagger", "documented");
    assert_eq!(documented.len(), 1);
    for row in documented {
        let found = at_ticks(&switched(&format!("stepWeights: {row}")), numbers(&row).len() + 1);
        let expected: Vec<f64> = numbers(&row).into_iter().map(f64::from).collect();
        assert_eq!(found[1..], expected);
    }
}

#[test]
fn phases_are_the_published_ones() {
    let mut said = 0;
    for row in rows("flagger", "phases") {
        if let Some(expected) = row.get("canary").filter(|weights| weights.is_array()) {
            // From the promotion on the primary has the new version as well, whatever goes to which.
            let (expected, promotes_at) = (numbers(expected), number(&row, "promotes_at") as usize);
            let new: Vec<f64> = (0..expected.len())
                .map(|tick| f64::from(if tick < promotes_at { expected[tick] } else { 100 }))
                .collect();
            let analysis = format!("stepWeight: {}, stepWeightPromotion: 50", number(&row, "step_weight"));
            assert_eq!(at_ticks(&switched(&analysis), expected.len()), new, "{row}");
            said += 1;
        } else if let Some(primary) = row.get("primary") {
            // The first step mirrors, and no customer meets the new version.
            let found = at_ticks(&switched("stepWeight: 10, mirror: true"), 3);
            assert_eq!(found, [100.0 - primary.as_f64().unwrap(), 0.0, 10.0], "{row}");
            said += 1;
        }
    }
    assert_eq!(said, 2, "the others are of what happens in mid-rollout");
}

#[test]
fn an_analysis_takes_as_long_as_the_manual_says() {
    let durations = rows("flagger", "durations");
    assert_eq!(durations.len(), 2);
    for row in durations {
        let interval = number(&row, "interval_s");
        let (switched, from_ms) = match row.get("iterations") {
            Some(iterations) => (switched(&format!("interval: {interval}s, iterations: {iterations}")), 0),
            None => {
                let (step, most) = (number(&row, "step_weight"), number(&row, "max_weight"));
                let switched =
                    switched(&format!("interval: {interval}s, stepWeight: {step}, maxWeight: {most}"));
                let first_ms = switched.iter().find(|(_, weight)| *weight > 0.0).unwrap().0;
                (switched, first_ms)
            }
        };
        let minutes = u64::from(number(&row, "minutes"));
        assert_eq!(switched.last().unwrap(), &(from_ms + minutes * MINUTE, 100.0), "{row}");
    }
}

const CHECKED: &str = "\
apiVersion: flagger.app/v1beta1
kind: Canary
metadata: {name: web, namespace: prod}
spec:
  targetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  analysis:
    interval: 30s
    threshold: 5
    maxWeight: 50
    stepWeight: 25
    metrics:
      - name: request-success-rate
        thresholdRange: {min: 99.5}
        interval: 1m
      - name: request-duration
        thresholdRange: {max: 400}
        interval: 30s
    webhooks:
      - {name: load, type: rollout, url: \"http://tester/\", metadata: {cmd: hey}}
      - {name: smoke, type: pre-rollout, url: \"http://tester/\", metadata: {type: bash, cmd: curl}}
      - {name: sign-off, type: confirm-promotion, url: \"http://gate/\"}
";

#[test]
fn metrics_are_checked_at_each_tick() {
    let text = scenario_of(&[("canary.yaml", CHECKED)]);
    for line in [
        "error-ratio = { above = \"0.5%\" } # canary.yaml:13 thresholdRange: {min: 99.5}",
        "slow-ratio = { above = \"1%\" } # canary.yaml:16 thresholdRange: {max: 400}",
        "missing-data = \"breaching\" # a check without values has failed",
        "period = \"30s\" # a check at each tick",
        "version = \"new\" # it asks for the canary alone",
        "progress-deadline = \"10m\" # Flagger's default",
        "rollback = { reaction-delay = \"30s\" } # it goes back at the tick after the last check that may fail",
        "    { traffic = \"0%\", bake = \"30s\", gates = [{ test = { catches = \"0%\" } }] }, # <-- what the test finds",
        "    { traffic = \"25%\", bake = \"30s\", gates = [{ checks = { points = { request-success-rate = 1, \
         request-duration = 1 }, passes = 1, failures = 5, over = \"rollout\" } }] }, # canary.yaml:10 stepWeight: 25, :9 maxWeight: 50",
        "steps = [ # canary.yaml:8 threshold: 5",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    let imported = of_files(&[("canary.yaml", CHECKED)]);
    let approximated = lost(&imported, Fate::Approximated);
    assert!(approximated.iter().any(|loss| loss.contains("every 30s for the 1m before")), "{approximated:?}");
    assert!(approximated.iter().any(|loss| loss.contains("above 400 ms")), "{approximated:?}");
    let dropped = lost(&imported, Fate::Dropped);
    assert_eq!(dropped.len(), 1, "{dropped:?}");
    assert!(dropped[0].contains("fails never"), "{dropped:?}");
}

#[test]
fn a_bad_canary_goes_back_and_a_good_one_is_promoted() {
    let plan = plan_of(&[("canary.yaml", &CHECKED.replace("catches", "x"))]);
    let shares =
        |records: &[RolloutRecord]| weights(records).into_iter().map(|(_, share)| share).collect::<Vec<_>>();
    let ends: Vec<f64> = (0..40)
        .map(|trial| {
            let (records, _) = crate::language::published::trial(&plan, trial);
            shares(&records).last().copied().unwrap_or(0.0)
        })
        .collect();
    assert!(ends.contains(&100.0), "{ends:?}");
    assert!(ends.contains(&0.0), "{ends:?}");
}

#[test]
fn blue_green_looks_at_requests_of_load_tests_before_customers_come() {
    let text = CHECKED
        .replace("    maxWeight: 50\n    stepWeight: 25\n", "    iterations: 10\n")
        .replace("interval: 30s\n    threshold", "interval: 1m\n    threshold");
    let text = scenario_of(&[("canary.yaml", &text)]);
    for line in [
        "name = \"request-success-rate-before-customers\"",
        "synthetic = { probes = 100, above = \"0.5%\" } # <-- requests of load tests, or mirrored, in each interval",
        "internal = true",
        "passes = 10, failures = 5, over = \"rollout\" } }] }, # <-- how long people take to approve",
        "    { traffic = \"100%\", bake = \"1m\", gates = [{ checks = { points = { request-success-rate = 1",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
}

#[test]
fn without_a_mesh_it_switches_once() {
    let text = canary("maxWeight: 50, stepWeight: 5").replace("istio", "kubernetes");
    let dropped = lost(&of_files(&[("canary.yaml", &text)]), Fate::Dropped);
    assert_eq!(dropped.len(), 2, "{dropped:?}");
    let switched = weights(&told(&plan_of_text(&moving_in(&scenario_of(&[("c.yaml", &text)]), "\"0s\""))));
    assert_eq!(switched.last(), Some(&(10 * MINUTE, 100.0)));
}

#[test]
fn an_ab_test_is_for_users_who_match() {
    let text = canary("iterations: 5, match: [{headers: {cookie: {exact: beta}}}]");
    let scenario = scenario_of(&[("canary.yaml", &text)]);
    assert!(
        scenario.contains("{ users = \"10%\", bake = \"5m\" }, # <-- which share of users matches"),
        "{scenario}"
    );
    let sticky = scenario_of(&[("canary.yaml", &canary("stepWeight: 50, sessionAffinity: {cookieName: a}"))]);
    assert!(sticky.contains("{ users = \"50%\""), "{sticky}");
}

#[test]
fn skipped_analyses_promote_unchecked() {
    let text = canary("stepWeight: 5").replace("  analysis", "  skipAnalysis: true\n  analysis");
    let scenario = scenario_of(&[("canary.yaml", &text)]);
    assert!(scenario.contains("steps = [ # canary.yaml:7 skipAnalysis: true"), "{scenario}");
    let dropped = lost(&of_files(&[("canary.yaml", &text)]), Fate::Dropped);
    assert!(dropped[0].starts_with("spec.analysis: `skipAnalysis`"), "{dropped:?}");
}

#[test]
fn the_target_is_no_strategy_and_its_autoscaler_has_the_pods() {
    let list = format!(
        "apiVersion: v1\nkind: List\nitems:\n- {}\n- apiVersion: apps/v1\n  kind: Deployment\n  metadata: {{name: web}}\n  \
         spec: {{replicas: 3, template: {{}}}}\n- apiVersion: autoscaling/v2\n  kind: HorizontalPodAutoscaler\n  \
         metadata: {{name: web}}\n  spec: {{minReplicas: 6, scaleTargetRef: {{kind: Deployment, name: web}}}}\n",
        canary("stepWeight: 50").trim_end().replace('\n', "\n  ")
    );
    let imported = of_files(&[("list.yaml", &list)]);
    assert!(imported.is_sound(), "{}", imported.render(false));
    assert_eq!(imported.strategies().collect::<Vec<_>>(), ["web"]);
    let text = imported.scenario("wavetank import");
    assert!(text.contains("hosts-per-zone = 6 # list.yaml:18 minReplicas: 6"), "{text}");
    assert!(lost(&imported, Fate::Dropped).is_empty());
}

#[test]
fn templates_are_filled_in_from_the_canary() {
    let metric = "metrics: [{name: errors, templateRef: {name: errors}, thresholdRange: {max: 1}, interval: 1m, \
                  templateVariables: {code: \"5..\"}}], stepWeight: 50";
    let template = |query: &str| {
        format!(
            "apiVersion: flagger.app/v1beta1\nkind: MetricTemplate\nmetadata: {{name: errors}}\nspec:\n  provider: {{type: \
             prometheus}}\n  query: '{query}'\n"
        )
    };
    let known = template(
        "100 * sum(rate(http_requests_total{app=\"{{ target }}\",ns=\"{{ namespace }}\",code=~\"{{ variables.code }}\"}[{{ interval }}])) \
         / sum(rate(http_requests_total{app=\"{{ target }}\"}[{{ interval }}]))",
    );
    let given = of_files(&[("canary.yaml", &canary(metric)), ("template.yaml", &known)]);
    assert!(given.is_sound(), "{}", given.render(false));
    assert_eq!(given.alarms().collect::<Vec<_>>(), ["errors"]);
    let unknown = of_files(&[
        ("canary.yaml", &canary(metric)),
        ("t.yaml", &template("rate(a{b=\"{{ secret }}\"}[1m])")),
    ]);
    let approximated = lost(&unknown, Fate::Approximated);
    assert!(approximated[0].contains("`{{ secret }}` of its template"), "{approximated:?}");
    let missing = lost(&of_files(&[("canary.yaml", &canary(metric))]), Fate::Approximated);
    assert!(missing[0].contains("its template `errors` is in none of the files"), "{missing:?}");
    let alone = of_files(&[("canary.yaml", &canary("stepWeight: 50")), ("template.yaml", &known)]);
    assert!(lost(&alone, Fate::Dropped)[0].contains("no Canary of these files asks for it"));
}

#[test]
fn what_flagger_would_not_get_through_is_refused_all_at_once() {
    let refused = |analysis: &str| of_files(&[("canary.yaml", &canary(analysis))]).render(false);
    assert!(refused("stepWeights: [10, 10, 20]").contains("no further than 10 % here"));
    assert!(refused("interval: 1m").contains("never goes on"));
    assert!(refused("stepWeight: 50, maxWeight: 150").contains("never promotes"));
    let several = refused("stepWeight: many, threshold: -3, interval: soon");
    for found in ["`many` is not a whole number", "`-3` is not a whole number", "`soon` is not a duration"] {
        assert!(several.contains(found), "{found}\n{several}");
    }
    assert!(refused("stepWeight: 50, threshold: 99999999999").contains("no analysis counts to more"));
    assert!(refused("stepWeight: \"{{ .Values.step }}\"").contains("--set Values.step=VALUE"));
}
