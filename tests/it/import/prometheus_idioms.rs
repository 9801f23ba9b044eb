//! Idioms of PromQL as alerts are written with them, each with what it becomes, or with why it is refused.

use super::{lost, of_files, plan_of, scenario_of};
use wavetank::import::Fate;

fn file(expr: &str) -> String {
    format!("groups:\n- name: g\n  rules:\n  - alert: A\n    for: 2m\n    expr: |\n      {expr}\n")
}

/// Conditions with a line of their alarm.
const IMPORTED: [(&str, &str); 46] = [
    // Failing requests among all.
    (
        "sum(rate(r_total{code=~\"5..\"}[5m])) / sum(rate(r_total[5m])) > 0.05",
        "rate-ratio = { above = \"5%\", windows = [\"5m\"]",
    ),
    (
        "100 * sum by (job) (rate(r_total{code!~\"2..|3..\"}[5m])) / sum by (job) (rate(r_total[5m])) >= 1",
        "rate-ratio = { at-least = \"1%\"",
    ),
    (
        "1 - sum(rate(r_total{code!~\"5..\"}[5m])) / sum(rate(r_total[5m])) > 0.02",
        "rate-ratio = { above = \"2%\"",
    ),
    ("sum(rate(r_success_total[5m])) / sum(rate(r_total[5m])) < 0.995", "rate-ratio = { above = \"0.5%\""),
    (
        "(sum(rate(r_total[5m])) - sum(rate(r_total{code=\"200\"}[5m]))) / sum(rate(r_total[5m])) > 0.1",
        "rate-ratio = { above = \"10%\"",
    ),
    ("sum(rate(r_failed_total[5m])) > 0.01 * sum(rate(r_total[5m]))", "rate-ratio = { above = \"1%\""),
    (
        "0.03 < sum(increase(r_errors_total[10m])) / sum(increase(r_total[10m]))",
        "rate-ratio = { above = \"3%\", windows = [\"10m\"]",
    ),
    (
        "sum(rate(r_total{grpc_code=~\"Internal|Unknown\"}[5m])) / sum(rate(r_total[5m])) > 0.05 and sum(rate(r_total[5m])) > 0",
        "rate-ratio = { above = \"5%\"",
    ),
    (
        "sum by (zone) (rate(r_errors_total[5m])) / sum by (zone) (rate(r_total[5m])) > 0.05",
        "scope = \"zone\"",
    ),
    (
        "sum by (region, job) (rate(r_errors_total[5m])) / sum by (region, job) (rate(r_total[5m])) > 0.05",
        "scope = \"region\"",
    ),
    ("rate(r_errors_total[5m]) / rate(r_total[5m]) > 0.05", "version = \"new\""),
    (
        "(s:burnrate1h > 0.144) and (s:burnrate5m > 0.144)",
        "windows = [\"1h\", \"5m\"], scrape = \"30s\", for = \"2m\"",
    ),
    // Slow requests.
    (
        "histogram_quantile(0.99, sum by (le) (rate(r_seconds_bucket[5m]))) > 3",
        "slow-ratio = { above = \"1%\" }",
    ),
    ("rate(r_seconds_sum[5m]) / rate(r_seconds_count[5m]) > 0.5", "slow-ratio = { above = \"50%\" }"),
    ("r_seconds{quantile=\"0.9\"} > 1", "slow-ratio = { above = \"10%\" }"),
    (
        "sum(rate(r_seconds_bucket{le=\"0.5\"}[5m])) / sum(rate(r_seconds_count[5m])) < 0.95",
        "slow-ratio = { above = \"5%\" }",
    ),
    ("avg_over_time(probe_duration_seconds[1m]) > 1", "slow-ratio"),
    // Counts of errors.
    ("increase(worker_errors_total[5m]) > 0", "impaired-hosts = { above = \"0%\" }"),
    ("sum(rate(http_requests_total{code=~\"5..\"}[1m])) > 10", "error-count = { at-least = 601 }"),
    ("sum(rate(http_requests_total{code=~\"5..\"}[1m])) >= 10", "error-count = { at-least = 600 }"),
    // Traffic.
    ("sum(rate(http_requests_total[10m])) == 0", "absent = { min-requests = 1 }"),
    ("sum(rate(http_requests_total[10m])) < 5", "absent = { min-requests = 3000 }"),
    ("absent(rate(http_requests_total[10m]))", "absent = { min-requests = 1 }"),
    (
        "sum(rate(http_requests_total[5m])) < 0.5 * sum(rate(http_requests_total[5m] offset 1d))",
        "request-drop = { below = \"50%\" }",
    ),
    // Instances.
    ("up{job=\"x\"} == 0", "impaired-hosts = { above = \"0%\" }"),
    ("count(up == 0) by (job) > 0", "impaired-hosts = { above = \"0%\" }"),
    ("100 * (count(up == 0) BY (job) / count(up) BY (job)) > 10", "impaired-hosts = { above = \"10%\" }"),
    ("count(up == 1) / count(up) < 0.8", "impaired-hosts = { above = \"20%\" }"),
    ("avg by (job) (up) <= 0.5", "impaired-hosts = { at-least = \"50%\" }"),
    ("sum(up) / count(up) < 0.75", "impaired-hosts = { above = \"25%\" }"),
    ("sum(up == bool 1) < (count(up) + 1) / 2", "impaired-hosts = { above = \"50%\" }"),
    (
        "(count(changes(process_start_time_seconds[10m]) > 4) / count(up)) >= 0.5",
        "impaired-hosts = { at-least = \"50%\" }",
    ),
    ("max by (job) (up) == 0", "impaired-hosts = { at-least = \"100%\" }"),
    ("absent(up{job=\"x\"} == 1)", "impaired-hosts = { at-least = \"100%\" }"),
    ("increase(kube_pod_container_status_restarts_total[1h]) > 3", "datapoints = \"3 of 3\""),
    ("kube_deployment_spec_replicas != kube_deployment_status_replicas_available", "datapoints = \"3 of 3\""),
    ("etcd_server_has_leader == 0", "impaired-hosts"),
    ("time() - job_last_success_timestamp_seconds > 3600", "period = \"1m\"\ndatapoints = \"63 of 63\""),
    // What is used up.
    ("node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes < .10", "impaired-hosts"),
    (
        "100 - (avg by (instance) (rate(node_cpu_seconds_total{mode=\"idle\"}[2m])) * 100) > 80",
        "impaired-hosts",
    ),
    ("sum(kafka_consumergroup_lag) by (consumergroup) > 50", "impaired-hosts"),
    (
        "disk_free_bytes / disk_size_bytes < 0.1 and predict_linear(disk_free_bytes[1h], 86400) < 0",
        "impaired-hosts",
    ),
    (
        "kube_horizontalpodautoscaler_status_current_replicas == kube_horizontalpodautoscaler_spec_max_replicas",
        "impaired-hosts",
    ),
    // Probes.
    ("probe_success == 0", "synthetic = { probes = 1, above = \"50%\" }"),
    ("avg_over_time(probe_success[5m]) < 0.8", "synthetic = { probes = 5, above = \"20%\" }"),
    ("probe_http_status_code <= 199 OR probe_http_status_code >= 400", "synthetic"),
];

/// Conditions with the beginning of why they are refused.
const REFUSED: [(&str, &str); 22] = [
    ("vector(1)", "it always fires"),
    ("2 > bool 1", "it compares numbers"),
    ("ALERTS{severity=\"info\"} == 1", "it looks at other alerts"),
    ("predict_linear(disk_free_bytes[1h], 86400) < 0 and disk_free_bytes > 0", "it predicts"),
    ("probe_ssl_earliest_cert_expiry - time() < 86400 * 14", "certificates"),
    ("node_timex_offset_seconds > 0.05", "clocks"),
    ("node_hwmon_temp_celsius > 80", "it is about hardware"),
    ("app_info{sync_status!=\"Synced\"} != 0", "it tells that what runs is not what is configured"),
    ("count(count by (version) (app_build_info)) > 1", "it looks at versions"),
    (
        "sum(rate(http_requests_total[5m])) > 2 * sum(rate(http_requests_total[5m] offset 1w))",
        "it compares with the past",
    ),
    ("x - x offset 1h > 5", "it compares with the past"),
    ("(x - avg_over_time(x[1w])) / stddev_over_time(x[1w]) > 3", "it compares with the past"),
    (
        "time() - backup_last_success_timestamp > 86400 * 3",
        "it tells what has not happened for more than a day",
    ),
    (
        "min_over_time(node_memory_MemFree_bytes[1w]) > node_memory_MemTotal_bytes * .8",
        "it fires while there is little to do",
    ),
    (
        "min by (instance) (rate(node_cpu_seconds_total{mode=\"idle\"}[1h])) > 0.8",
        "it fires while there is little to do",
    ),
    ("up == 1", "it fires while all is well"),
    ("sum(rate(r_errors_total[5m])) / sum(rate(r_total[5m])) < 0.01", "it fires while all is well"),
    ("sum(rate(r_errors_total[5m])) / sum(rate(r_total[5m])) >= 0", "it fires while all is well"),
    ("rate(x_total[5m])", "it has no limit"),
    ("hour() > 8", "it depends on the calendar"),
    ("x{a=~\"}", "it is not PromQL"),
    ("count_over_time({app=\"x\"} |= \"error\" [5m]) > 3", "it is not PromQL"),
];

#[test]
fn idioms_become_what_they_look_at() {
    for (expr, line) in IMPORTED {
        let text = file(expr);
        let imported = of_files(&[("rules.yml", &text)]);
        assert_eq!(lost(&imported, Fate::Refused), [] as [String; 0], "{expr}");
        let scenario = scenario_of(&[("rules.yml", &text)]);
        assert!(scenario.contains(line), "{expr}\n{line}\n{}", scenario.split("Who notices").last().unwrap());
        plan_of(&[("rules.yml", &text)]);
    }
}

#[test]
fn what_has_no_counterpart_is_refused_with_why() {
    for (expr, why) in REFUSED {
        let refused = lost(&of_files(&[("rules.yml", &file(expr))]), Fate::Refused);
        let first = refused.first().unwrap_or_else(|| panic!("imported: {expr}"));
        assert!(first.starts_with(&format!("alert A: {why}")), "{expr}: {first}");
    }
}
