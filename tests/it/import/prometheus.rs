//! Prometheus: files of rules, Sloth's and Pyrra's objectives. When what is imported fires is held against the published
//! table of burn rates and against promtool's detection times.

use super::{lost, of_files, plan_of, scenario_of};
use crate::language::published::burn_rate::{Row, fires_at, hold, table};
use wavetank::import::Fate;

/// The keys of the alarm `name` of a scenario, its name included.
fn alarm(scenario: &str, name: &str) -> String {
    let of = |block: &&str| block.trim_start().starts_with(&format!("name = \"{name}\""));
    let blocks: Vec<&str> = scenario.split("[[alarm]]").skip(1).collect();
    let block = blocks.iter().copied().find(of).unwrap_or_else(|| panic!("no alarm {name}\n{scenario}"));
    block.split("\n\n").next().unwrap().trim().to_owned()
}

fn rules(body: &str) -> String {
    format!("groups:\n- name: g\n  rules:\n{body}")
}

/// A rule that looks at the burn of `row`.
fn rule(row: &Row, of_error: &str, of_all: &str) -> String {
    let window = |minutes: u64| {
        let ratio = format!("sum(rate({of_error}[{minutes}m])) / sum(rate({of_all}[{minutes}m]))");
        format!("{ratio} > ({:?} * 0.001)", row.burn())
    };
    let expr = format!("({}) and ({})", window(row.long), window(row.short));
    rules(&format!("  - alert: Burn\n    expr: {expr}\n    for: {}m\n", row.pending))
}

#[test]
fn rules_fire_when_the_published_part_of_the_budget_is_gone() {
    let rows = table();
    assert_eq!(rows.len(), 23);
    for row in rows {
        let file = rule(&row, "http_requests_total{code=~\"5..\"}", "http_requests_total");
        hold(&row, &alarm(&scenario_of(&[("rules.yml", &file)]), "Burn"));
    }
}

#[test]
fn windows_of_sloth_burn_as_published() {
    let mut held = 0;
    for row in table().iter().filter(|row| row.id.starts_with("sloth")) {
        let windows = format!(
            "apiVersion: sloth.slok.dev/v1\nkind: AlertWindows\nspec:\n  sloPeriod: {}m\n  page:\n    quick:\n      \
             errorBudgetPercent: {:?}\n      shortWindow: {}m\n      longWindow: {}m\n",
            row.period,
            row.budget_percent.unwrap(),
            row.short,
            row.long,
        );
        let spec = "version: prometheus/v1\nservice: web\nslos:\n- name: availability\n  objective: 99.9\n  sli:\n    events:\n      \
                    error_query: sum(rate(x{code=~\"5..\"}[{{.window}}]))\n      total_query: sum(rate(x[{{.window}}]))\n  \
                    alerting:\n    name: WebErrors\n    page_alert: {labels: {severity: page}}\n    ticket_alert: {disable: true}\n";
        let scenario = scenario_of(&[("windows.yaml", &windows), ("slo.yaml", spec)]);
        let alarm = alarm(&scenario, "WebErrors-page");
        if let Some(factor) = row.factor {
            assert!(alarm.contains(&format!("factor = {}", (factor * 1e9).round() / 1e9)), "{alarm}");
        }
        hold(row, &alarm);
        held += 1;
    }
    assert_eq!(held, 16);
}

#[test]
fn burns_of_pyrra_are_as_published() {
    let objective = "apiVersion: pyrra.dev/v1alpha1\nkind: ServiceLevelObjective\nmetadata: {name: web}\nspec:\n  target: '99.9'\n  \
                     window: 28d\n  indicator:\n    ratio:\n      errors: {metric: 'x{code=~\"5..\"}'}\n      total: {metric: x}\n";
    let scenario = scenario_of(&[("slo.yaml", objective)]);
    let names = ["web-critical-1h", "web-critical-6h", "web-warning-1d", "web-warning-4d"];
    let rows = table();
    let rows: Vec<&Row> = rows.iter().filter(|row| row.id.starts_with("pyrra")).collect();
    assert_eq!(rows.len(), names.len());
    for (row, name) in rows.into_iter().zip(names) {
        hold(row, &alarm(&scenario, name));
    }
    let losses = lost(&of_files(&[("slo.yaml", objective)]), Fate::Dropped);
    assert_eq!(losses, [] as [String; 0]);
}

#[test]
fn detection_takes_as_long_as_promtool_says() {
    // Objective 99.9 %: a tenth fails from 61 min on, of 14.4 over an hour; 2 % from 365 min on, of 6 over six hours.
    for (limit, long, short, interval, from, errors, fires) in
        [(14.4, "1h", "5m", "1m", 61, "10%", 70), (6.0, "6h", "30m", "5m", 365, "2%", 475)]
    {
        let window = |window: &str| {
            format!("sum(rate(x{{code=~\"5..\"}}[{window}])) / sum(rate(x[{window}])) > ({limit:?} * 0.001)")
        };
        let file = format!(
            "groups:\n- name: g\n  interval: {interval}\n  rules:\n  - alert: Burn\n    expr: {} and {}\n",
            window(long),
            window(short)
        );
        let alarm = alarm(&scenario_of(&[("rules.yml", &file)]), "Burn");
        assert_eq!(fires_at(&alarm, from, errors, 1_000), fires, "{alarm}");
    }
}

#[test]
fn a_time_is_as_many_evaluations_as_prometheus_needs() {
    let rule = |wait: &str| {
        let file = rules(&format!("  - {{alert: Down, expr: up == 0, for: {wait}}}\n"));
        alarm(&scenario_of(&[("rules.yml", &file)]), "Down")
    };
    assert!(rule("5m").contains("datapoints = \"6 of 6\""), "{}", rule("5m"));
    assert!(!rule("0m").contains("datapoints"), "{}", rule("0m"));
    let day = rule("1d");
    assert!(day.contains("period = \"24m\"") && day.contains("datapoints = \"61 of 61\""), "{day}");
}

#[test]
fn recordings_stand_for_what_they_record() {
    let file = rules(
        "  - record: job:errors:ratio\n    expr: sum(rate(x{code=~\"5..\"}[5m])) / sum(rate(x[5m]))\n  \
         - record: slo:sli_error:ratio_rate1h\n    expr: sum(rate(x{code=~\"5..\"}[1h])) / sum(rate(x[1h]))\n  \
         - {alert: Ratio, expr: 'job:errors:ratio > 0.02', for: 10m}\n  \
         - {alert: Burn, expr: 'max(slo:sli_error:ratio_rate1h > (14.4 * 0.001)) without (w)'}\n  \
         - {alert: Elsewhere, expr: 'http_requests:burnrate5m > (14 * (1-0.99))'}\n",
    );
    let scenario = scenario_of(&[("rules.yml", &file)]);
    for (name, key) in [
        ("Ratio", "rate-ratio = { above = \"2%\", windows = [\"5m\"], scrape = \"30s\", for = \"10m\" }"),
        ("Burn", "rate-ratio = { above = \"1.44%\", windows = [\"1h\"], scrape = \"30s\" }"),
        ("Elsewhere", "rate-ratio = { above = \"14%\", windows = [\"5m\"], scrape = \"30s\" }"),
    ] {
        assert!(alarm(&scenario, name).contains(key), "{}", alarm(&scenario, name));
    }
    let approximated = lost(&of_files(&[("rules.yml", &file)]), Fate::Approximated);
    assert_eq!(approximated.len(), 1, "{approximated:?}");
    assert!(approximated[0].starts_with("alert Elsewhere: `http_requests:burnrate5m` is recorded by a rule"));
    // One that records itself ends.
    let circle = rules("  - {record: 'a:b', expr: 'a:b + a:b'}\n  - {alert: Circle, expr: 'a:b > 1'}\n");
    plan_of(&[("rules.yml", &circle)]);
}

#[test]
fn alternatives_are_one_alarm_of_several() {
    let file = rules(
        "  - alert: Errors\n    labels: {severity: page}\n    expr: |\n      \
         (a:burnrate1h > 0.0144 and a:burnrate5m > 0.0144) or (a:burnrate6h > 0.006 and a:burnrate30m > 0.006)\n  \
         - alert: Errors\n    labels: {severity: ticket}\n    expr: a:burnrate3d > 0.001\n",
    );
    let scenario = scenario_of(&[("rules.yml", &file)]);
    assert!(alarm(&scenario, "Errors-page").contains("any-of = [\"Errors-page-1\", \"Errors-page-2\"]"));
    assert!(alarm(&scenario, "Errors-page-2").contains("windows = [\"6h\", \"30m\"]"));
    // A ticket calls nobody at once.
    assert!(scenario.contains("alarms = [\"Errors-page\"]"), "{scenario}");
    let told = lost(&of_files(&[("rules.yml", &file)]), Fate::Approximated);
    assert!(told.iter().any(|loss| loss.contains("its severity calls nobody at once")), "{told:?}");
    plan_of(&[("rules.yml", &file)]);
}

#[test]
fn lines_say_where_they_are_from() {
    let file =
        rules("  - alert: Ratio\n    expr: sum(rate(x_errors_total[5m])) / sum(rate(x_total[5m])) > 0.05\n");
    let text = scenario_of(&[("rules.yml", &file)]);
    assert!(text.contains("name = \"Ratio\" # rules.yml:4 alert: Ratio"), "{text}");
    assert!(text.contains("# rules.yml:5 expr: sum(rate("), "{text}");
}

#[test]
fn what_is_only_known_later_is_asked_for() {
    let file = rules("  - alert: Ratio\n    expr: x{{ .Values.filter }} > 5\n");
    let problems = of_files(&[("rules.yml", &file)]).render(false);
    assert!(problems.contains("WT112") || problems.contains("--set"), "{problems}");
    // `${1}` of `label_replace` is no variable.
    let file =
        rules("  - alert: Replaced\n    expr: label_replace(up, \"a\", \"${1}\", \"b\", \"(.*)\") == 0\n");
    plan_of(&[("rules.yml", &file)]);
}

#[test]
fn nothing_is_lost_without_a_word() {
    let file = rules(
        "  - {alert: Fine, expr: up == 0, newKey: 3}\n  - {alert: Watchdog, expr: vector(1)}\n  - {alert: Broken, expr: 'sum('}\n",
    );
    let imported = of_files(&[("rules.yml", &file)]);
    let dropped = lost(&imported, Fate::Dropped);
    assert!(dropped.len() == 1 && dropped[0].contains("newKey"), "{dropped:?}");
    let refused = lost(&imported, Fate::Refused);
    assert!(refused[0].starts_with("alert Watchdog: it always fires"), "{refused:?}");
    assert!(refused[1].starts_with("alert Broken: it is not PromQL"), "{refused:?}");
    let logs = "apiVersion: loki.grafana.com/v1\nkind: AlertingRule\nspec: {groups: []}\n";
    assert!(lost(&of_files(&[("logs.yaml", logs)]), Fate::Refused)[0].contains("LogQL"));
}

#[test]
fn values_made_to_hurt_are_refused_or_bounded() {
    for (wait, expr) in [
        ("99999d", "up == 0"),
        ("1m", "sum(rate(x_errors_total[5m])) / sum(rate(x_total[5m])) > 1e308"),
        ("1m", "rate(x_errors_total[5m]) > 1e300"),
        ("1m", "sum(rate(http_requests_total[5m])) < 1e300"),
        ("1m", "sum(rate(http_requests_total[1s])) / 0 > NaN"),
        ("1m", "time() - x > Inf"),
        ("1m", "sum(rate(x_errors_total[1ms])) / sum(rate(x_total[1ms])) > 0.1"),
        ("1m", "sum(rate(x_errors_total[9000d])) / sum(rate(x_total[9000d])) > 0.1"),
        ("1m", "probe_success < -1"),
    ] {
        let file = rules(&format!("  - {{alert: Hurt, expr: '{expr}', for: {wait}}}\n"));
        let imported = of_files(&[("rules.yml", &file)]);
        if imported.is_sound() {
            plan_of(&[("rules.yml", &file)]);
        } else {
            assert!(!imported.render(false).is_empty());
        }
    }
    for factor in ["'0'", "'100'", "'-5'", "abc", "'1e300'"] {
        let objective = format!(
            "apiVersion: pyrra.dev/v1alpha1\nkind: ServiceLevelObjective\nmetadata: {{name: web}}\nspec: {{target: {factor}, window: 28d}}\n"
        );
        let imported = of_files(&[("slo.yaml", &objective)]);
        assert!(!imported.is_sound() || !lost(&imported, Fate::Refused).is_empty(), "{factor}");
    }
}
