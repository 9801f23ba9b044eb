//! Rules about single values: WT001 to WT019.

use super::rules;

rules! {
    /// Rules about single values.
    SHAPE:
    SYNTAX = "WT001" "syntax" Error {
        summary: "the file is not valid TOML",
        why: "Nothing can be said about the rest of a file before its syntax is right. Names and sense are \
              checked once the syntax is.",
        bad: r#"
[study]
trials = 2_000_
"#,
        good: r#"
[study]
trials = 2_000
"#,
    }
    UNKNOWN_KEY = "WT002" "unknown-key" Error {
        summary: "a key does not exist",
        why: "A misspelt key that is silently ignored leaves its default in force, and the simulation then answers \
              another question. Keys are in kebab-case.",
        bad: r#"
[[strategy]]
name = "careful"
zone_bake = "30m"
wave = [{ regions = "all" }]
"#,
        good: r#"
[[strategy]]
name = "careful"
zone-bake = "30m"
wave = [{ regions = "all" }]
"#,
    }
    MISSING_KEY = "WT003" "missing-key" Error {
        summary: "a key that has no default is missing",
        why: "There is no value that would be right for most scenarios, so none is assumed.",
        bad: r#"
[[fleet.region]]
name = "us-east-1"
"#,
        good: r#"
[[fleet.region]]
name = "us-east-1"
hosts-per-zone = 50
"#,
    }
    WRONG_TYPE = "WT004" "wrong-type" Error {
        summary: "a value has the wrong type",
        why: "Durations and percentages are strings with a unit, because a bare 30 says neither minutes nor per cent.",
        bad: r#"
[[strategy]]
name = "careful"
zone-bake = 30
wave = [{ regions = "all" }]
"#,
        good: r#"
[[strategy]]
name = "careful"
zone-bake = "30m"
wave = [{ regions = "all" }]
"#,
    }
    BAD_DURATION = "WT005" "bad-duration" Error {
        summary: "a text is not a duration",
        why: "Durations are numbers with the units w, d, h, m, s and ms, the largest first: \"1h30m\". A single part \
              may have one decimal: \"1.5h\". They last at most ten years.",
        bad: r#"
[change]
deploy-time = "5 min"
"#,
        good: r#"
[change]
deploy-time = "5m"
"#,
    }
    BAD_PERCENTAGE = "WT006" "bad-percentage" Error {
        summary: "a text is not a percentage",
        why: "Percentages are strings of digits with a percent sign and up to 9 decimals. They are kept as exact \
              fractions, so that thresholds and host counts never depend on rounding.",
        bad: r#"
[fleet]
background-error-ratio = "0.0005"
"#,
        good: r#"
[fleet]
background-error-ratio = "0.05%"
"#,
    }
    OUT_OF_RANGE = "WT007" "out-of-range" Error {
        summary: "a number is outside its limits",
        why: "A count of 0, a percentage over 100 or a period of no length would make the simulation stop or mean \
              nothing.",
        bad: r#"
[study]
trials = 0
"#,
        good: r#"
[study]
trials = 1000
"#,
    }
    UNKNOWN_WORD = "WT008" "unknown-word" Error {
        summary: "a key takes one of a few words, and this is none of them",
        why: "The words are listed in the help of the message and in the schema.",
        bad: r#"
[[alarm]]
name = "errors"
scope = "az"
detection-delay = "5m"
"#,
        good: r#"
[[alarm]]
name = "errors"
scope = "zone"
detection-delay = "5m"
"#,
    }
    BAD_TIME = "WT009" "bad-time-of-day" Error {
        summary: "a text is not a time",
        why: "Times of day are \"HH:MM\" in UTC, with two digits each. Days are \"2026-03-02\", instants \
              2026-03-02T14:05:00Z or with another offset.",
        bad: r#"
[study]
start = "9:00"
"#,
        good: r#"
[study]
start = "09:00"
"#,
    }
    BAD_DATAPOINTS = "WT010" "bad-datapoints" Error {
        summary: "an alarm's datapoints are not M of N",
        why: "An alarm fires when at least M of the last N datapoints breach. M is at least 1 and at most N; N is at \
              most 64.",
        bad: r#"
[[alarm]]
name = "errors"
scope = "zone"
impaired-hosts = { at-least = "2%" }
datapoints = "5 of 3"
"#,
        good: r#"
[[alarm]]
name = "errors"
scope = "zone"
impaired-hosts = { at-least = "2%" }
datapoints = "3 of 5"
"#,
    }
    BAD_SEED = "WT011" "bad-seed" Error {
        summary: "a seed is neither a number nor a commit",
        why: "A seed is a whole number, a hexadecimal string with 0x, or a full git commit of 40 digits, of which the \
              first 16 count.",
        bad: r#"
[study]
seed = "tuesday"
"#,
        good: r#"
[study]
seed = "0x2a"
"#,
    }
    CONFLICTING_KEYS = "WT012" "conflicting-keys" Error {
        summary: "two keys exclude each other",
        why: "Both cannot hold, and none is preferred silently.",
        bad: r#"
[[alarm]]
name = "errors"
scope = "zone"
impaired-hosts = { at-least = "2%" }
detection-delay = "5m"
"#,
        good: r#"
[[alarm]]
name = "errors"
scope = "zone"
impaired-hosts = { at-least = "2%" }
"#,
    }
    BAD_CURVE = "WT013" "bad-curve" Error {
        summary: "a traffic curve does not have 24 usable hours",
        why: "A curve has one relative rate for each local hour of the day, and at least one of them is above 0.",
        bad: r#"
[fleet]
diurnal = { curve = [1, 2, 3] }
"#,
        good: r#"
[fleet]
diurnal = { curve = [1, 1, 1, 1, 1, 1, 2, 3, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 3, 2, 1, 1, 1, 1] }
"#,
    }
    BAD_NAME = "WT014" "bad-name" Error {
        summary: "a name or a text has characters that it cannot have",
        why: "Names are not empty, at most 100 characters long and without `/`, control characters or blanks at the \
              ends: reports write `region/zone`, and nothing may steer the terminal they are read on.",
        bad: r#"
[[fleet.region]]
name = "us/east"
hosts-per-zone = 50
"#,
        good: r#"
[[fleet.region]]
name = "us-east"
hosts-per-zone = 50
"#,
    }
    UNREADABLE_FILE = "WT015" "unreadable-file" Error {
        summary: "a file cannot be read",
        why: "Included files are looked for relative to the file that includes them. Files are UTF-8 text.",
        bad: r#"
include = ["no-such-file.toml"]
"#,
        good: r#"
include = []
"#,
    }
    INCLUDE_CYCLE = "WT016" "include-cycle" Error {
        summary: "a file includes itself, directly or through others",
        why: "A file is read once, before the file that includes it; in a cycle none could be first.",
        bad: r#"
include = ["example.toml"]
"#,
        good: r#"
include = []
"#,
    }
    BAD_PRECISION = "WT017" "bad-precision" Error {
        summary: "a text does not say how precise an estimate must be",
        why: "A precision is a statistic (`mean`, `p50`, `p90`, `p99` or `cvar99`; `mean` if there is none), a metric and \
              the largest half-width of its interval, as a percentage of the estimate. `max`, the largest value seen, is \
              no estimate and has no interval.",
        bad: r#"
[study]
precision = ["p99 impaired_host_ms"]
"#,
        good: r#"
[study]
precision = ["p99 impaired_host_ms 5%"]
"#,
    }
}
