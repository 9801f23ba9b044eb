//! Rules about `[pipeline]`: WT100 to WT109.

use super::rules;

rules! {
    /// Rules about the pipeline.
    PIPELINE:
    UNKNOWN_CALENDAR = "WT100" "unknown-calendar" Error {
        summary: "there is no calendar of that name",
        why: "Stages, waves and the source name the calendars of their own pipeline.",
        bad: r#"
[[pipeline.calendar]]
name = "office"
time-zone = "Europe/Berlin"
hours = "09:00-17:00"

[[pipeline.stage]]
name = "build"
phase = "build"
duration = "10m"

[pipeline.source]
per-day = 8
calendar = "ofice"
"#,
        good: r#"
[[pipeline.calendar]]
name = "office"
time-zone = "Europe/Berlin"
hours = "09:00-17:00"

[[pipeline.stage]]
name = "build"
phase = "build"
duration = "10m"

[pipeline.source]
per-day = 8
calendar = "office"
"#,
    }
    UNKNOWN_DEFECT = "WT101" "unknown-defect" Error {
        summary: "there is no defect of that name",
        why: "A stage that sees some defects better than others names entries of the catalogue.",
        bad: r#"
[[defect]]
name = "memory-leak"

[pipeline.source]
per-day = 8

[[pipeline.stage]]
name = "load-test"
phase = "test"
duration = "2h"
sees = [{ defect = "memory-leek", probability = "60%" }]
"#,
        good: r#"
[[defect]]
name = "memory-leak"

[pipeline.source]
per-day = 8

[[pipeline.stage]]
name = "load-test"
phase = "test"
duration = "2h"
sees = [{ defect = "memory-leak", probability = "60%" }]
"#,
    }
    NO_LOCAL_HOURS = "WT102" "no-local-hours" Error {
        summary: "a calendar of local hours is used where there is no region",
        why: "A calendar with `time-zone = \"local\"` opens in each region at its own hours. Waves have regions; stages and the \
              source have none.",
        bad: r#"
[[pipeline.calendar]]
name = "office"
time-zone = "local"
hours = "09:00-17:00"

[pipeline.source]
per-day = 8
calendar = "office"

[[pipeline.stage]]
name = "build"
phase = "build"
duration = "10m"
"#,
        good: r#"
[pipeline]
wave-calendar = "office"

[[pipeline.calendar]]
name = "office"
time-zone = "local"
hours = "09:00-17:00"

[pipeline.source]
per-day = 8

[[pipeline.stage]]
name = "build"
phase = "build"
duration = "10m"
"#,
    }
}
