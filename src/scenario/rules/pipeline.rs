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
    COMPONENT_UNDER_STUDY = "WT105" "component-under-study" Error {
        summary: "not exactly one component is deployed by the strategy under study",
        why: "A combined pipeline deploys its components in order within each wave. The strategies that are compared take \
              turns at deploying one of them, the one that names no strategy; each other one has a strategy of its own.",
        bad: r#"
[[strategy]]
name = "slowly"
zone-bake = "4h"
wave = [{ regions = "all" }]

[[strategy]]
name = "by-zone"
zone-bake = "1h"
wave = [{ regions = "all" }]

[pipeline.source]
per-day = 8

[[pipeline.stage]]
name = "build"
phase = "build"
duration = "10m"

[[pipeline.component]]
name = "table"
strategy = "slowly"

[[pipeline.component]]
name = "service"
strategy = "slowly"
"#,
        good: r#"
[[strategy]]
name = "slowly"
zone-bake = "4h"
wave = [{ regions = "all" }]

[[strategy]]
name = "by-zone"
zone-bake = "1h"
wave = [{ regions = "all" }]

[pipeline.source]
per-day = 8

[[pipeline.stage]]
name = "build"
phase = "build"
duration = "10m"

[[pipeline.component]]
name = "table"
strategy = "slowly"

[[pipeline.component]]
name = "service"
"#,
    }
    COMPONENT_WAVES = "WT106" "component-waves" Error {
        summary: "a component has more or fewer waves than the strategy under study",
        why: "A wave of a combined pipeline is over when every component has deployed and baked in it, so all of them need as \
              many waves.",
        bad: r#"
[[strategy]]
name = "slowly"
zone-bake = "4h"
wave = [{ regions = "all" }]

[[strategy]]
name = "by-zone"
zone-bake = "1h"
wave = [{ regions = "all", hosts = "10%" }, { regions = "all" }]

[pipeline.source]
per-day = 8

[[pipeline.stage]]
name = "build"
phase = "build"
duration = "10m"

[[pipeline.component]]
name = "table"
strategy = "slowly"

[[pipeline.component]]
name = "service"
"#,
        good: r#"
[[strategy]]
name = "slowly"
zone-bake = "4h"
wave = [{ regions = "all", hosts = "10%" }, { regions = "all" }]

[[strategy]]
name = "by-zone"
zone-bake = "1h"
wave = [{ regions = "all", hosts = "10%" }, { regions = "all" }]

[pipeline.source]
per-day = 8

[[pipeline.stage]]
name = "build"
phase = "build"
duration = "10m"

[[pipeline.component]]
name = "table"
strategy = "slowly"

[[pipeline.component]]
name = "service"
"#,
    }
}
