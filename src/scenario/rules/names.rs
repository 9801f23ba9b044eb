//! Rules about names and what they refer to: WT020 to WT029.

use super::rules;

rules! {
    /// Rules about names.
    NAMES:
    DUPLICATE_NAME = "WT020" "duplicate-name" Error {
        summary: "two things of a kind have the same name",
        why: "Names are how strategies, thresholds, guards and reports refer to things, and how random streams are told \
              apart.",
        bad: r#"
[[defect]]
name = "leak"

[[defect]]
name = "leak"
"#,
        good: r#"
[[defect]]
name = "slow-leak"

[[defect]]
name = "fast-leak"
"#,
    }
    UNKNOWN_REGION = "WT021" "unknown-region" Error {
        summary: "a wave names a region that the fleet does not have",
        why: "A wave that silently skips a region leaves hosts on the old version.",
        bad: r#"
[[fleet.region]]
name = "us-east-1"
hosts-per-zone = 50

[[strategy]]
name = "careful"
wave = [{ regions = ["us-esat-1"] }, { regions = "all" }]
"#,
        good: r#"
[[fleet.region]]
name = "us-east-1"
hosts-per-zone = 50

[[strategy]]
name = "careful"
wave = [{ regions = ["us-east-1"] }]
"#,
    }
    UNKNOWN_LABEL = "WT022" "unknown-label" Error {
        summary: "a wave selects by a label that no region has",
        why: "Labels are given to regions in the fleet.",
        bad: r#"
[[strategy]]
name = "careful"
wave = [{ regions = { label = "canary" } }, { regions = "rest" }]
"#,
        good: r#"
[[fleet.region]]
name = "sa-east-1"
hosts-per-zone = 5
labels = ["canary"]

[[fleet.region]]
name = "us-east-1"
hosts-per-zone = 50

[[strategy]]
name = "careful"
wave = [{ regions = { label = "canary" } }, { regions = "rest" }]
"#,
    }
    UNKNOWN_ALARM = "WT023" "unknown-alarm" Error {
        summary: "a strategy listens to an alarm that does not exist",
        why: "A strategy listens to all alarms of the scenario unless it lists some by name.",
        bad: r#"
[[strategy]]
name = "careful"
alarms = ["zone-error"]
wave = [{ regions = "all" }]
"#,
        good: r#"
[[alarm]]
name = "zone-errors"
scope = "zone"
detection-delay = "5m"

[[strategy]]
name = "careful"
alarms = ["zone-errors"]
zone-bake = "1h"
wave = [{ regions = "all" }]
"#,
    }
    UNKNOWN_STRATEGY = "WT024" "unknown-strategy" Error {
        summary: "a strategy that something refers to does not exist",
        why: "`extends`, `baseline`, `strategies`, thresholds and guards refer to strategies by name.",
        bad: r#"
[study]
baseline = "fast"

[[strategy]]
name = "careful"
wave = [{ regions = "all" }]
"#,
        good: r#"
[study]
baseline = "careful"

[[strategy]]
name = "careful"
wave = [{ regions = "all" }]
"#,
    }
    UNKNOWN_WAVE = "WT025" "unknown-wave" Error {
        summary: "a patch names a wave that the strategy does not have",
        why: "A patch changes a wave that was inherited, by its name; waves without one are called `wave 1`, `wave 2` \
              and so on.",
        bad: r#"
[[strategy]]
name = "careful"
wave = [{ name = "only", regions = "all" }]

[[strategy]]
name = "patient"
extends = "careful"
patch = [{ wave = "one", bake = "1d" }]
"#,
        good: r#"
[[strategy]]
name = "careful"
wave = [{ name = "only", regions = "all" }]

[[strategy]]
name = "patient"
extends = "careful"
patch = [{ wave = "only", bake = "1d" }]
"#,
    }
    UNKNOWN_METRIC = "WT026" "unknown-metric" Error {
        summary: "a threshold, a guard, an expectation or a precision is about a metric that does not exist",
        why: "Metrics are the measures that reports and CSV columns show.",
        bad: r#"
[[threshold]]
metric = "impaired_host_minutes"
statistic = "p99"
max = 5000
"#,
        good: r#"
[[threshold]]
metric = "impaired_host_ms"
statistic = "p99"
max = "5000 host-minutes"
"#,
    }
    UNKNOWN_TIMEZONE = "WT027" "unknown-timezone" Error {
        summary: "a time zone is not in the IANA database",
        why: "Zones are written as in \"Europe/London\"; the database comes with the program, not from the machine.",
        bad: r#"
[[fleet.region]]
name = "eu-west-2"
hosts-per-zone = 50
timezone = "London"
"#,
        good: r#"
[[fleet.region]]
name = "eu-west-2"
hosts-per-zone = 50
timezone = "Europe/London"
"#,
    }
    EXTENDS_CYCLE = "WT028" "extends-cycle" Error {
        summary: "a strategy extends itself, directly or through others",
        why: "A strategy starts from what it extends; in a cycle none could be first.",
        bad: r#"
[[strategy]]
name = "a"
extends = "b"

[[strategy]]
name = "b"
extends = "a"
"#,
        good: r#"
[[strategy]]
name = "a"
wave = [{ regions = "all" }]

[[strategy]]
name = "b"
extends = "a"
"#,
    }
    NOT_COMPARED = "WT029" "strategy-not-compared" Error {
        summary: "the study refers to a strategy that it does not run",
        why: "A template is never run, and a baseline, a threshold or a guard can only be about a strategy that is.",
        bad: r#"
[study]
strategies = ["careful"]
baseline = "fast"

[[strategy]]
name = "fast"
wave = [{ regions = "all" }]

[[strategy]]
name = "careful"
wave = [{ regions = "all", bake = "1d" }]
"#,
        good: r#"
[study]
strategies = ["fast", "careful"]
baseline = "fast"

[[strategy]]
name = "fast"
wave = [{ regions = "all" }]

[[strategy]]
name = "careful"
wave = [{ regions = "all", bake = "1d" }]
"#,
    }
}
