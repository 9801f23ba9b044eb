//! Rules about what the parts of a scenario mean together: WT030 to WT059.

use super::rules;

rules! {
    /// Rules about sense.
    SENSE:
    NO_REGION = "WT030" "no-region" Error {
        summary: "the fleet has no region",
        why: "There is nothing to deploy to. Regions may come from an included file.",
        bad: r#"
[fleet]
name = "empty"
region = []
"#,
        good: r#"
[fleet]
name = "small"

[[fleet.region]]
name = "us-east-1"
hosts-per-zone = 50
"#,
    }
    NO_STRATEGY = "WT031" "no-strategy" Error {
        summary: "there is no strategy to run",
        why: "At least one strategy must not be a template and must be selected by the study.",
        bad: r#"
[[strategy]]
name = "base"
template = true
wave = [{ regions = "all" }]
"#,
        good: r#"
[[strategy]]
name = "base"
wave = [{ regions = "all" }]
"#,
    }
    NO_WAVE = "WT032" "no-wave" Error {
        summary: "a strategy has no wave",
        why: "A strategy deploys nothing without at least one wave, its own or inherited. For everything at once write \
              one wave with `regions = \"all\"`.",
        bad: r#"
[[strategy]]
name = "careful"
"#,
        good: r#"
[[strategy]]
name = "careful"

[[strategy.wave]]
regions = "all"
"#,
    }
    EMPTY_WAVE = "WT033" "empty-wave" Error {
        summary: "a wave selects no region",
        why: "An earlier wave took all that it could select, or its list is empty. Its bake would still cost time.",
        bad: r#"
[[strategy]]
name = "careful"
wave = [{ regions = "all" }, { regions = "rest" }]
"#,
        good: r#"
[[strategy]]
name = "careful"
wave = [{ regions = "all" }]
"#,
    }
    REGION_LEFT_OUT = "WT034" "region-left-out" Error {
        summary: "a strategy never deploys to some regions",
        why: "Two strategies can only be compared when both reach every host. End with a wave of `regions = \"rest\"`.",
        bad: r#"
[[fleet.region]]
name = "sa-east-1"
hosts-per-zone = 5

[[fleet.region]]
name = "us-east-1"
hosts-per-zone = 50

[[strategy]]
name = "careful"
wave = [{ regions = ["sa-east-1"] }]
"#,
        good: r#"
[[fleet.region]]
name = "sa-east-1"
hosts-per-zone = 5

[[fleet.region]]
name = "us-east-1"
hosts-per-zone = 50

[[strategy]]
name = "careful"
wave = [{ regions = ["sa-east-1"] }, { regions = "rest" }]
"#,
    }
    NO_GROWTH = "WT035" "share-does-not-grow" Error {
        summary: "a region is selected again without more hosts to deploy to",
        why: "`hosts` is counted from the first wave on: a region that appears in several waves needs a larger share \
              each time, and one that is done cannot appear again.",
        bad: r#"
[[strategy]]
name = "careful"
wave = [{ regions = "all", hosts = "50%" }, { regions = "all", hosts = "10%" }, { regions = "all" }]
"#,
        good: r#"
[[strategy]]
name = "careful"
wave = [{ regions = "all", hosts = "10%" }, { regions = "all", hosts = "50%" }, { regions = "all" }]
"#,
    }
    HOSTS_LEFT_OUT = "WT036" "hosts-left-out" Error {
        summary: "the last wave of a region does not reach all of its hosts",
        why: "Two strategies can only be compared when both reach every host. The last share is \"100%\", the default.",
        bad: r#"
[[strategy]]
name = "careful"
wave = [{ regions = "all", hosts = "10%" }]
"#,
        good: r#"
[[strategy]]
name = "careful"
wave = [{ regions = "all", hosts = "10%" }, { regions = "all" }]
"#,
    }
    ZONE_COUNT = "WT037" "zone-count" Error {
        summary: "the list of hosts does not have one number for each zone",
        why: "`hosts-per-zone` is one number for all zones or a list as long as `zones`.",
        bad: r#"
[[fleet.region]]
name = "us-east-1"
zones = 3
hosts-per-zone = [50, 40]
"#,
        good: r#"
[[fleet.region]]
name = "us-east-1"
zones = 3
hosts-per-zone = [50, 40, 60]
"#,
    }
    NO_DEFECT = "WT038" "no-defect" Error {
        summary: "changes can be bad, but no defect says how",
        why: "A bad change carries exactly one defect of the scenario.",
        bad: r#"
[change]
bad-probability = "5%"
"#,
        good: r#"
[change]
bad-probability = "5%"

[[defect]]
name = "crash"
"#,
    }
    THRESHOLD_UNIT = "WT039" "threshold-unit" Error {
        summary: "a limit or an expected value is not in the unit of its metric",
        why: "Times take durations, host-time \"5000 host-minutes\" or \"2 host-hours\", shares percentages, and counts \
              plain numbers. A plain number is always taken in the metric's raw unit.",
        bad: r#"
[[threshold]]
metric = "impaired_host_ms"
statistic = "p99"
max = "5%"
"#,
        good: r#"
[[threshold]]
metric = "impaired_host_ms"
statistic = "p99"
max = "5000 host-minutes"
"#,
    }
    TOO_LARGE = "WT040" "too-large" Error {
        summary: "the fleet has more than a thousand million hosts",
        why: "Host-time is counted in whole host-milliseconds; beyond this size it could overflow.",
        bad: r#"
[[fleet.region]]
name = "everything"
zones = 10
hosts-per-zone = 1000000000
"#,
        good: r#"
[[fleet.region]]
name = "everything"
zones = 10
hosts-per-zone = 1000000
"#,
    }
    NO_TRAFFIC = "WT041" "no-traffic" Error {
        summary: "an alarm measures errors where there are no requests",
        why: "`error-ratio` is sampled from the traffic of its scope. Without `requests-per-second` it would never have \
              a datapoint. Give the region traffic or use `impaired-hosts`.",
        bad: r#"
[[alarm]]
name = "errors"
scope = "zone"
error-ratio = { above = "1%" }

[[fleet.region]]
name = "us-east-1"
hosts-per-zone = 50
"#,
        good: r#"
[[alarm]]
name = "errors"
scope = "zone"
error-ratio = { above = "1%" }

[[fleet.region]]
name = "us-east-1"
hosts-per-zone = 50
requests-per-second = 1000
"#,
    }
    ONE_BOX_TOO_SHORT = "WT042" "one-box-too-short" Error {
        summary: "a one-box alarm can never fire within the one-box bake",
        why: "From the first impaired host, M breaching datapoints take at least M - 1 periods and the publish delay. A \
              shorter one-box bake costs time and catches nothing.",
        bad: r#"
[[alarm]]
name = "one-box"
scope = "one-box"
impaired-hosts = { above = "0%" }
datapoints = 5

[[strategy]]
name = "careful"
one-box = { bake = "2m" }
wave = [{ regions = "all" }]
"#,
        good: r#"
[[alarm]]
name = "one-box"
scope = "one-box"
impaired-hosts = { above = "0%" }
datapoints = 5

[[strategy]]
name = "careful"
one-box = { bake = "30m" }
wave = [{ regions = "all" }]
"#,
    }
    TOO_FEW_TRIALS = "WT043" "too-few-trials" Error {
        summary: "there are fewer trials than the estimator needs to weigh every kind of change",
        why: "Good changes and every defect get trials of their own; with `by-defect-and-latency`, so does every slice of \
              a late defect's latency. Two of each kind are the least from which anything can be said about how much \
              they vary. The message says how many trials are enough.",
        bad: r#"
[study]
trials = 2

[change]
bad-probability = "5%"

[[defect]]
name = "crash"
"#,
        good: r#"
[study]
trials = 2000

[change]
bad-probability = "5%"

[[defect]]
name = "crash"
"#,
    }
    GUARDED_MAXIMUM = "WT044" "guarded-maximum" Error {
        summary: "a guard is about the largest value seen",
        why: "The largest value seen is a fact about the trials that were drawn, and grows with their number. Nothing \
              follows from it about other trials, so it cannot be shown to have become better or worse. `cvar99`, the \
              mean of the worst hundredth, can.",
        bad: r#"
[[guard]]
metric = "impaired_host_ms"
statistic = "max"
"#,
        good: r#"
[[guard]]
metric = "impaired_host_ms"
statistic = "cvar99"
"#,
    }
    ONE_BOX_TIGHT = "WT050" "one-box-tight" Warning {
        summary: "a one-box alarm fires within the one-box bake only by luck",
        why: "M whole periods and the publish delay do not fit into the bake, so it depends on where the evaluations \
              fall, even for a defect that shows at once.",
        bad: r#"
[[alarm]]
name = "one-box"
scope = "one-box"
impaired-hosts = { above = "0%" }
period = "5m"

[[strategy]]
name = "careful"
one-box = { bake = "2m" }
wave = [{ regions = "all" }]
"#,
        good: r#"
[[alarm]]
name = "one-box"
scope = "one-box"
impaired-hosts = { above = "0%" }
period = "5m"

[[strategy]]
name = "careful"
one-box = { bake = "30m" }
wave = [{ regions = "all" }]
"#,
    }
    NO_ONE_BOX = "WT051" "no-one-box" Warning {
        summary: "a one-box alarm never sees a one-box that bakes",
        why: "The alarm watches the one-box stage only. Without a one-box or without its bake it has nothing to see.",
        bad: r#"
[[alarm]]
name = "one-box"
scope = "one-box"
impaired-hosts = { above = "0%" }

[[strategy]]
name = "careful"
wave = [{ regions = "all" }]
"#,
        good: r#"
[[alarm]]
name = "one-box"
scope = "one-box"
impaired-hosts = { above = "0%" }

[[strategy]]
name = "careful"
one-box = { bake = "30m" }
wave = [{ regions = "all" }]
"#,
    }
    SHORT_WATCH = "WT052" "short-watch" Warning {
        summary: "an alarm may not fire before the pipeline stops listening",
        why: "After the last zone of a wave, an alarm has the zone bake and (with `watch = \"wave\"`) the wave's bake to \
              see M datapoints and publish the result. Bake longer, or listen to the end of the rollout.",
        bad: r#"
[[alarm]]
name = "zone-health"
scope = "zone"
impaired-hosts = { at-least = "2%" }
period = "5m"
datapoints = 3

[[strategy]]
name = "hasty"
zone-bake = "10m"
wave = [{ regions = "all" }]
"#,
        good: r#"
[[alarm]]
name = "zone-health"
scope = "zone"
impaired-hosts = { at-least = "2%" }
period = "5m"
datapoints = 3

[[strategy]]
name = "careful"
zone-bake = "1h"
wave = [{ regions = "all" }]
"#,
    }
    FEW_REQUESTS = "WT053" "few-requests" Warning {
        summary: "a one-box alarm expects fewer requests than it needs, even at the peak",
        why: "Datapoints with fewer than `min-requests` requests do not breach. Give the one-box more hosts, lengthen \
              the period or lower `min-requests`.",
        bad: r#"
[[alarm]]
name = "one-box"
scope = "one-box"
error-ratio = { above = "1%", min-requests = 1000 }

[[fleet.region]]
name = "us-east-1"
hosts-per-zone = 50
requests-per-second = 100

[[strategy]]
name = "careful"
one-box = { hosts = 1, bake = "1h" }
wave = [{ regions = "all" }]
"#,
        good: r#"
[[alarm]]
name = "one-box"
scope = "one-box"
error-ratio = { above = "1%", min-requests = 20 }

[[fleet.region]]
name = "us-east-1"
hosts-per-zone = 50
requests-per-second = 100

[[strategy]]
name = "careful"
one-box = { hosts = 1, bake = "1h" }
wave = [{ regions = "all" }]
"#,
    }
    CAPPED = "WT054" "capped" Warning {
        summary: "a batch or one-box is larger than `max-unavailable` and is cut down to it",
        why: "The hosts of a batch are out of service together, so `max-unavailable` wins. Write the size that is meant.",
        bad: r#"
[[strategy]]
name = "careful"
batch = "50%"
max-unavailable = "10%"
wave = [{ regions = "all" }]
"#,
        good: r#"
[[strategy]]
name = "careful"
batch = "10%"
max-unavailable = "10%"
wave = [{ regions = "all" }]
"#,
    }
    UNUSED_ALARM = "WT055" "unused-alarm" Warning {
        summary: "no strategy listens to an alarm",
        why: "Every strategy lists its alarms, and none lists this one.",
        bad: r#"
[[alarm]]
name = "zone-errors"
scope = "zone"
detection-delay = "5m"

[[strategy]]
name = "careful"
alarms = []
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
    UNUSED_TEMPLATE = "WT056" "unused-template" Warning {
        summary: "no strategy extends a template",
        why: "A template is only there to be extended.",
        bad: r#"
[[strategy]]
name = "base"
template = true
wave = [{ regions = "all" }]

[[strategy]]
name = "careful"
wave = [{ regions = "all", bake = "1d" }]
"#,
        good: r#"
[[strategy]]
name = "base"
template = true
wave = [{ regions = "all" }]

[[strategy]]
name = "careful"
extends = "base"
"#,
    }
    FEWER_REGIONS = "WT057" "fewer-regions" Warning {
        summary: "a wave asks for more regions than it can select",
        why: "`count` is taken from the regions that no earlier wave selected and that have the label; here there are \
              fewer.",
        bad: r#"
[[strategy]]
name = "careful"
wave = [{ regions = { count = 5 } }]
"#,
        good: r#"
[[strategy]]
name = "careful"
wave = [{ regions = { count = 1 } }]
"#,
    }
    IDLE_WAVE = "WT058" "idle-wave" Warning {
        summary: "a wave deploys to no host, because its larger share rounds to the same hosts",
        why: "Shares are rounded up to whole hosts in each zone. In small zones two shares can mean the same hosts; the \
              wave then only costs its bake.",
        bad: r#"
[[fleet.region]]
name = "us-east-1"
hosts-per-zone = 10

[[strategy]]
name = "careful"
wave = [{ regions = "all", hosts = "1%" }, { regions = "all", hosts = "5%" }, { regions = "all" }]
"#,
        good: r#"
[[fleet.region]]
name = "us-east-1"
hosts-per-zone = 10

[[strategy]]
name = "careful"
wave = [{ regions = "all", hosts = "1%" }, { regions = "all", hosts = "50%" }, { regions = "all" }]
"#,
    }
}
