//! What names of metrics and values of labels say: what fails, what is well, what no rollout changes. It sees no structure.
//!
//! Names are conventions, and conventions are what alerts are written by. A word that is not known decides nothing.

use super::query::{LabelMatcher, PromSeries};

/// Beginnings of words for what fails.
const FAILING: [&str; 29] = [
    "err",
    "fail",
    "exception",
    "panic",
    "reject",
    "denied",
    "refus",
    "timeout",
    "timedout",
    "abort",
    "drop",
    "lost",
    "loss",
    "corrupt",
    "invalid",
    "discard",
    "unsuccess",
    "5xx",
    "4xx",
    "unhandled",
    "crash",
    "miss",
    "deadletter",
    "fatal",
    "dead",
    "retrans",
    "unavailable",
    "terminat",
    "rollback",
];

/// Beginnings of words for what is well.
const WELL: [&str; 8] = ["success", "succeed", "ok", "good", "2xx", "completed", "healthy", "progressing"];

/// Words for requests, by whatever name.
const REQUESTS: [&str; 20] = [
    "request",
    "requests",
    "http",
    "grpc",
    "rpc",
    "call",
    "calls",
    "query",
    "queries",
    "responses",
    "response",
    "handled",
    "rq",
    "messages",
    "commands",
    "operations",
    "transactions",
    "jobs",
    "events",
    "invocations",
];

/// Beginnings of metrics about machines, containers and processes, which are no requests.
const MACHINES: [&str; 14] = [
    "node_",
    "windows_",
    "container_",
    "kube_",
    "process_",
    "go_",
    "jvm_",
    "machine_",
    "namedprocess_",
    "cadvisor_",
    "kubelet_",
    "wmi_",
    "system_",
    "host_",
];

/// Words for what goes on inside, whose being slow is no slow request.
const INSIDE: [&str; 25] = [
    "fsync",
    "wal",
    "disk",
    "gc",
    "compact",
    "compaction",
    "flush",
    "snapshot",
    "reload",
    "evaluation",
    "scrape",
    "sync",
    "queue",
    "workqueue",
    "iteration",
    "commit",
    "checkpoint",
    "pleg",
    "relist",
    "backup",
    "replication",
    "election",
    "rule",
    "notifications",
    "peer",
];

/// Words for what is left of something.
const FREE: [&str; 9] =
    ["free", "avail", "available", "idle", "remaining", "left", "headroom", "unused", "memavailable"];

/// Words for time that something takes.
const TIME: [&str; 9] =
    ["latency", "duration", "rtt", "elapsed", "took", "delay", "ttfb", "responsetime", "durations"];

/// Beginnings of words for instances that are there or not.
const INSTANCES: [&str; 24] = [
    "ready",
    "health",
    "alive",
    "restart",
    "reachable",
    "leader",
    "replica",
    "member",
    "quorum",
    "running",
    "phase",
    "offline",
    "online",
    "connected",
    "active",
    "desired",
    "status",
    "state",
    "success",
    "cluster",
    "nodes",
    "pods",
    "target",
    "available",
];

/// Beginnings of words for instances that are not there.
const GONE: [&str; 23] = [
    "unready",
    "notready",
    "unhealthy",
    "unavailable",
    "unreachable",
    "disconnected",
    "missing",
    "lost",
    "dead",
    "down",
    "offline",
    "crash",
    "restart",
    "misscheduled",
    "phase",
    "stuck",
    "broken",
    "fail",
    "unknown",
    "stopped",
    "inactive",
    "degraded",
    "unschedulable",
];

/// Beginnings of words for things that go wrong one by one.
const ERRORS: [&str; 11] = [
    "err",
    "exception",
    "timeout",
    "reject",
    "drop",
    "denied",
    "refus",
    "discard",
    "invalid",
    "abort",
    "panic",
];

/// Words for machines' parts and the room that they stand in.
const HARDWARE: [&str; 25] = [
    "temperature",
    "hwmon",
    "raid",
    "md",
    "edac",
    "bonding",
    "smart",
    "smartmon",
    "smartctl",
    "fan",
    "ipmi",
    "battery",
    "ups",
    "psu",
    "thermal",
    "voltage",
    "watts",
    "celsius",
    "humidity",
    "ecc",
    "wear",
    "megaraid",
    "storcli",
    "chassis",
    "idrac",
];

/// Labels whose values are names that people gave, and say nothing.
const NAMES: [&str; 9] =
    ["job", "namespace", "service", "instance", "app", "cluster", "mountpoint", "device", "fstype"];

const CLOCKS: [&str; 5] = ["timex", "ntp", "clock", "chrony", "skew"];

const CERTIFICATES: [&str; 9] =
    ["cert", "certs", "certificate", "certificates", "x509", "ssl", "tls", "license", "licence"];

const EXPIRY: [&str; 8] =
    ["ttl", "expiry", "expiration", "expires", "expire", "after", "expiring", "expired"];

const DRIFT: [&str; 6] = ["drift", "outofsync", "synced", "sync_status", "mismatch", "unsynced"];

/// The words of a name, in small letters: of `HTTPRequests_total` they are `httprequests` and `total`.
pub(super) fn words(name: &str) -> Vec<String> {
    let parts = name.split(|c: char| !c.is_ascii_alphanumeric());
    parts.filter(|part| !part.is_empty()).map(str::to_ascii_lowercase).collect()
}

fn any_begins(words: &[String], beginnings: &[&str]) -> bool {
    words.iter().any(|word| beginnings.iter().any(|beginning| word.starts_with(beginning)))
}

fn any_is(words: &[String], known: &[&str]) -> bool {
    words.iter().any(|word| known.contains(&word.as_str()))
}

/// What a series counts, as far as its name and its labels say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kin {
    /// What fails.
    Bad,
    /// What does not.
    Good,
    /// Both, or who knows.
    Either,
}

/// What a series counts.
pub(super) fn kin(series: &PromSeries) -> Kin {
    let of_labels = series.matchers.iter().map(matcher_kin);
    let first = of_labels.into_iter().find(|kin| *kin != Kin::Either);
    let name = words(&series.metric);
    match first {
        Some(kin) => kin,
        None if any_begins(&name, &FAILING) && !name.iter().any(|word| word.starts_with("misc")) => Kin::Bad,
        None if any_begins(&name, &WELL) => Kin::Good,
        None => Kin::Either,
    }
}

fn matcher_kin(matcher: &LabelMatcher) -> Kin {
    let label = matcher.label.to_ascii_lowercase();
    let says = [
        "code", "status", "result", "outcome", "class", "error", "success", "response", "state", "type",
        "reason", "phase", "health",
    ];
    if !says.iter().any(|word| label.contains(word)) {
        return Kin::Either;
    }
    let value = matcher.value.to_ascii_lowercase();
    let is_code = ["code", "status", "class", "response"].iter().any(|word| label.contains(word));
    let digits = first_digits(&value).filter(|_| is_code).unwrap_or_default();
    let all = |known: &[char]| !digits.is_empty() && digits.iter().all(|digit| known.contains(digit));
    let parts = words(&value);
    let is_grpc = label.contains("grpc");
    let kin = if !digits.is_empty() && is_grpc {
        if all(&['0']) { Kin::Good } else { Kin::Bad }
    } else if all(&['4', '5']) {
        Kin::Bad
    } else if all(&['1', '2', '3']) || is_code && value == "0" {
        Kin::Good
    } else if any_begins(&parts, &FAILING)
        || label == "error" && value == "true"
        || label == "success" && value == "false"
    {
        Kin::Bad
    } else if any_begins(&parts, &WELL)
        || label == "success" && value == "true"
        || label == "error" && value.is_empty()
    {
        Kin::Good
    } else if is_grpc && !parts.is_empty() {
        // `grpc_code=~"Unknown|Internal|Unavailable"`: any of its codes but OK is an error.
        Kin::Bad
    } else {
        Kin::Either
    };
    match (kin, matcher.is_negated) {
        (Kin::Either, _) => Kin::Either,
        (Kin::Bad, false) | (Kin::Good, true) => Kin::Bad,
        (Kin::Good, false) | (Kin::Bad, true) => Kin::Good,
    }
}

/// The first digits that a pattern of codes lets through: of `^(5..|429)` 5 and 4, of `[2-3]..` 2 and 3.
fn first_digits(pattern: &str) -> Option<Vec<char>> {
    let mut all = Vec::new();
    for part in pattern.split('|') {
        let part = part.trim_start_matches(['^', '(']);
        let class = part.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(class, _)| class);
        let digits: Vec<char> = match class {
            None => part.chars().take(1).collect(),
            Some(class) => match class.split_once('-') {
                Some((from, to)) => {
                    let (from, to) = (from.chars().last()?, to.chars().next()?);
                    (from..=to).take(10).collect()
                }
                None => class.chars().collect(),
            },
        };
        if digits.is_empty() || !digits.iter().all(char::is_ascii_digit) {
            return None;
        }
        all.extend(digits);
    }
    Some(all)
}

/// Whether a metric is about machines, containers or processes, and not about requests.
pub(super) fn is_of_machines(metric: &str) -> bool {
    MACHINES.iter().any(|beginning| metric.starts_with(beginning))
}

/// Whether a metric counts requests.
pub(super) fn is_of_requests(metric: &str) -> bool {
    !is_of_machines(metric) && any_is(&words(metric), &REQUESTS)
}

/// Whether what a metric times or counts goes on inside, and is no customer's request.
pub(super) fn is_inside(metric: &str) -> bool {
    is_of_machines(metric) || any_is(&words(metric), &INSIDE)
}

/// Whether a metric is what is left of something.
pub(super) fn is_free(series: &PromSeries) -> bool {
    let idle =
        |matcher: &LabelMatcher| matcher.label == "mode" && matcher.value == "idle" && !matcher.is_negated;
    let words = words(&series.metric);
    let left =
        any_is(&words, &FREE) || words.iter().any(|word| word.contains("free") || word.contains("remaining"));
    series.matchers.iter().any(idle)
        || left && !any_begins(&words, &["replica", "pod", "nodes", "number", "member"])
}

/// Whether a metric is of how much there may be.
pub(super) fn is_capacity(metric: &str) -> bool {
    any_begins(&words(metric), &["capacity", "allocatable", "limit", "max", "quota", "size", "total"])
}

/// Whether a metric is how much of something is used.
pub(super) fn is_used(metric: &str) -> bool {
    any_begins(&words(metric), &["used", "usage", "util", "busy", "load", "cpu", "working"])
}

/// Whether a metric is a time that requests take.
pub(super) fn is_time(metric: &str) -> bool {
    let words = words(metric);
    any_is(&words, &TIME)
        || words.windows(2).any(|pair| pair == ["response", "time"] || pair == ["request", "time"])
}

/// The words of a series' name and of the values that select it.
fn all_words(series: &PromSeries) -> Vec<String> {
    let mut all = words(&series.metric);
    let selected = series
        .matchers
        .iter()
        .filter(|matcher| !matcher.is_negated && !NAMES.contains(&matcher.label.as_str()));
    all.extend(selected.flat_map(|matcher| words(&matcher.value)));
    all
}

fn is_strained(words: &[String]) -> bool {
    let strained = [
        "pressure",
        "full",
        "exhaust",
        "limit",
        "quota",
        "hpa",
        "autoscaler",
        "overcommit",
        "oom",
        "memory",
        "disk",
        "cpu",
        "queue",
        "lag",
        "size",
        "bytes",
        "cache",
        "hit",
    ];
    words.iter().any(|word| strained.iter().any(|known| word.contains(known)))
}

/// Whether the buckets of a metric are of times.
pub(super) fn is_timed(metric: &str) -> bool {
    is_time(metric) || any_begins(&words(metric), &["second", "millisecond", "microsecond", "time", "ms"])
}

/// Whether a series tells if instances are there.
pub(super) fn is_of_instances(series: &PromSeries) -> bool {
    let all = all_words(series);
    !is_strained(&all) && (any_begins(&all, &INSTANCES) || any_begins(&all, &GONE) || is_up(&series.metric))
}

/// Whether a series counts instances that are not there.
pub(super) fn is_gone(series: &PromSeries) -> bool {
    let all = all_words(series);
    let waits = series.metric.starts_with("kube_") && any_begins(&all, &["waiting", "pending"]);
    let bad = series.matchers.iter().any(|matcher| matcher_kin(matcher) == Kin::Bad);
    !is_strained(&all) && (any_begins(&all, &GONE) || waits || bad)
}

/// Whether a series counts things that went wrong.
pub(super) fn is_of_errors(series: &PromSeries) -> bool {
    any_begins(&all_words(series), &ERRORS)
}

/// Whether a condition of resources is one of too little: `condition="MemoryPressure"`.
pub(super) fn is_of_strain(series: &PromSeries) -> bool {
    is_strained(&all_words(series))
}

/// Whether a series is 1 for each target that answers.
pub(super) fn is_up(metric: &str) -> bool {
    metric == "up" || metric.ends_with("_up") || metric.ends_with(":up")
}

/// Whether a metric is 1 for each probe that found the service well.
pub(super) fn is_probe(metric: &str) -> bool {
    metric == "probe_success" || metric == "probe_http_status_code"
}

/// The quantile that a recorded one is, by its name: `99quantile`, `p95`.
pub(super) fn recorded_quantile(metric: &str) -> Option<f64> {
    let last = metric.rsplit([':', '_']).next()?;
    let digits = last.strip_suffix("quantile").or_else(|| last.strip_suffix("percentile"));
    let digits = digits.or_else(|| last.strip_prefix('p'))?;
    let number: f64 = digits.parse().ok()?;
    (digits.len() <= 3 && number >= 1.0)
        .then(|| if number >= 100.0 { number / 1000.0 } else { number / 100.0 })
}

/// The window in milliseconds of a recorded ratio of errors, by the names that SLO tools and mixins give: `burnrate5m`,
/// `ratio_rate1h`.
pub(super) fn recorded_window(metric: &str) -> Option<u64> {
    let last = metric.rsplit(':').next()?;
    let whole = metric.to_ascii_lowercase();
    let digits = last.rfind(|c: char| !c.is_ascii_digit() && !c.is_ascii_lowercase()).map_or(0, |at| at + 1);
    let word = last.get(digits..)?;
    let number = word.find(|c: char| c.is_ascii_digit())?;
    let says = ["burnrate", "burn_rate", "error", "ratio_rate", "slo", "failure"]
        .iter()
        .any(|known| whole.contains(known));
    let is_ratio =
        ["burnrate", "burn_rate", "ratio", "rate", "percent"].iter().any(|known| whole.contains(known));
    let ms = crate::import::time::read(word.get(number..)?, 0)?;
    (says && is_ratio && metric.contains(':') && ms > 0).then_some(ms)
}

/// Why no rollout brings what these series tell, where that is so.
pub(super) fn beyond_rollouts(series: &[&PromSeries]) -> Option<&'static str> {
    let of = |series: &&PromSeries| {
        let words = words(&series.metric);
        let of_labels = || series.matchers.iter().any(|matcher| words_of_drift(&matcher.label));
        if series.metric == "ALERTS" || series.metric == "ALERTS_FOR_STATE" {
            Some("it looks at other alerts, which are in the scenario themselves")
        } else if any_is(&words, &CERTIFICATES) && any_is(&words, &EXPIRY) {
            Some("certificates and licences run out on their day, whatever is rolled out")
        } else if any_is(&words, &CLOCKS) {
            Some("clocks of machines go wrong by themselves: no rollout sets them")
        } else if any_is(&words, &HARDWARE) {
            Some("it is about hardware, which no rollout changes")
        } else if any_begins(&words, &DRIFT) || any_is(&words, &["hash"]) || of_labels() {
            Some(
                "it tells that what runs is not what is configured, which is so while anything is rolled out",
            )
        } else {
            None
        }
    };
    series.iter().find_map(of)
}

/// Whether a series tells which version runs.
pub(super) fn is_version(series: &PromSeries) -> bool {
    ["build_info", "uname_info", "version"].iter().any(|end| series.metric.ends_with(end))
}

fn words_of_drift(label: &str) -> bool {
    DRIFT.contains(&label.to_ascii_lowercase().as_str())
}

/// Whether a label tells instances apart.
pub(super) fn is_instance_label(label: &str) -> bool {
    [
        "instance",
        "pod",
        "pod_name",
        "node",
        "host",
        "hostname",
        "container",
        "container_name",
        "device",
        "id",
        "name",
        "addr",
    ]
    .contains(&label)
        || label.contains("instance")
}

/// Whether a label tells zones apart.
pub(super) fn is_zone_label(label: &str) -> bool {
    ["zone", "az", "availability_zone"].contains(&label) || label.ends_with("_zone")
}

/// Whether a label tells regions apart.
pub(super) fn is_region_label(label: &str) -> bool {
    ["region", "datacenter", "dc", "cluster", "site", "cluster_name"].contains(&label)
        || label.ends_with("_region")
}

/// Whether a label names what the service is, so that there is one series of it.
pub(super) fn is_service_label(label: &str) -> bool {
    [
        "job",
        "service",
        "namespace",
        "app",
        "application",
        "deployment",
        "le",
        "env",
        "environment",
        "prometheus",
    ]
    .contains(&label)
        || label.starts_with("sloth_")
        || label == "slo"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::tools::prometheus::query::parse;

    fn of(text: &str) -> Kin {
        kin(parse(text).unwrap().series()[0])
    }

    #[test]
    fn labels_and_names_tell_what_fails() {
        for bad in [
            "x{code=~\"5..\"}",
            "x{code=~\"(5..|429)\"}",
            "x{status=~\"^4..\"}",
            "x{code!~\"2..|3..\"}",
            "x{grpc_code!=\"OK\"}",
            "x{grpc_code=~\"Unknown|Internal\"}",
            "x{result=\"error\"}",
            "x_errors_total",
            "x_failed_total",
            "x{code=~\"[45]..\"}",
            "x{response_code!~\"[23]..\"}",
            "x{success=\"false\"}",
            "http_5xx_total",
            "x{response_code=\"500\"}",
            "rx_errs_total",
        ] {
            assert_eq!(of(bad), Kin::Bad, "{bad}");
        }
        for good in [
            "x{code!~\"5..\"}",
            "x{code=~\"2..\"}",
            "x_success_total",
            "x{result=\"success\"}",
            "x{status!~\"5.*\"}",
        ] {
            assert_eq!(of(good), Kin::Good, "{good}");
        }
        for either in ["x_total", "x{job=\"failing\"}", "x{verb=\"GET\"}", "x{code=~\".*\"}"] {
            assert_eq!(of(either), Kin::Either, "{either}");
        }
    }

    #[test]
    fn windows_of_recorded_ratios_are_in_their_names() {
        for (name, minutes) in [
            ("slo:sli_error:ratio_rate5m", 5),
            ("http_requests:burnrate1h", 60),
            ("apiserver_request:burnrate3d", 4320),
            ("job:slo_errors_per_request:ratio_rate30m", 30),
        ] {
            assert_eq!(recorded_window(name), Some(minutes * 60_000), "{name}");
        }
        for other in ["instance:node_cpu:rate5m", "http_errors_total", "slo:objective:ratio", "errors_rate5m"]
        {
            assert_eq!(recorded_window(other), None, "{other}");
        }
    }
}
