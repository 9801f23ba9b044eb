//! Rules about what a plan will do, computed before anything is simulated: WT060 to WT067. The lints that break
//! them are in the module `lints`; here is only what they say.

use super::rules;

rules! {
    /// Rules about what a plan will do.
    FORESIGHT:
    BLIND_FIRST_WAVE = "WT060" "blind-first-wave" Warning {
        summary: "a defect that shows at once passes the first wave unseen more likely than not",
        why: "The first wave is there to be hurt instead of the rest. Where it has few requests, one failed request in a \
              hundred is seldom seen in a bake: 100 requests contain a failure of 1 in 100 with probability 63 %, and \
              it takes 299 of them for 95 %. An alarm also asks for several datapoints and for a minimum of requests. \
              The probability is computed from the traffic at the end of the first wave, as the engine would draw it, \
              for every alarm that the strategy listens to.",
        bad: r#"
[[fleet.region]]
name = "quiet"
zones = 3
hosts-per-zone = 20
requests-per-second = 60
[[fleet.region]]
name = "busy"
zones = 3
hosts-per-zone = 200
requests-per-second = 20000

[[defect]]
name = "rare-path"
error-ratio = "1%"

[[alarm]]
name = "one-box-errors"
scope = "one-box"
error-ratio = { above = "5%", min-requests = 50 }
period = "1m"
datapoints = "3 of 3"

[[strategy]]
name = "careful"
one-box = { hosts = 1, bake = "1h" }
zone-bake = "30m"
wave = [{ regions = ["quiet"], bake = "12h" }, { regions = "rest", bake = "12h" }]
"#,
        good: r#"
[[fleet.region]]
name = "quiet"
zones = 3
hosts-per-zone = 20
requests-per-second = 4200
[[fleet.region]]
name = "busy"
zones = 3
hosts-per-zone = 200
requests-per-second = 20000

[[defect]]
name = "rare-path"
error-ratio = "5%"

[[alarm]]
name = "one-box-errors"
scope = "one-box"
error-ratio = { above = "2%", min-requests = 200 }
period = "1m"
datapoints = "3 of 3"

[[strategy]]
name = "careful"
one-box = { hosts = 1, bake = "1h" }
zone-bake = "30m"
wave = [{ regions = ["quiet"], bake = "12h" }, { regions = "rest", bake = "12h" }]
"#,
    }
    LATE_REACTION = "WT061" "late-reaction" Warning {
        summary: "the pipeline reacts to an alarm of a bake only when the next wave has begun",
        why: "While the reaction is awaited the rollout goes on. Bake for as long as the quickest alarm takes and the \
              reaction together; then a defect that shows at the end of the deployment does not meet another wave.",
        bad: r#"
[[fleet.region]]
name = "us-east-1"
hosts-per-zone = 40
[[fleet.region]]
name = "us-west-1"
hosts-per-zone = 40

[[alarm]]
name = "unhealthy"
scope = "zone"
impaired-hosts = { above = "0%" }
period = "1m"
datapoints = "3 of 3"

[[strategy]]
name = "careful"
regions-at-once = 1
rollback = { reaction-delay = "10m" }
wave = [
  { regions = { count = 1 }, bake = "5m" },
  { regions = "rest", bake = "5m" },
]
"#,
        good: r#"
[[fleet.region]]
name = "us-east-1"
hosts-per-zone = 40
[[fleet.region]]
name = "us-west-1"
hosts-per-zone = 40

[[alarm]]
name = "unhealthy"
scope = "zone"
impaired-hosts = { above = "0%" }
period = "1m"
datapoints = "3 of 3"

[[strategy]]
name = "careful"
regions-at-once = 1
rollback = { reaction-delay = "10m" }
wave = [
  { regions = { count = 1 }, bake = "15m" },
  { regions = "rest", bake = "15m" },
]
"#,
    }
    DILUTED = "WT062" "diluted" Warning {
        summary: "a zone that fails every request stays under the limits of all alarms",
        why: "An alarm over a region or the service divides the failures of a zone by the requests of all. If even a zone \
              that fails everything stays under the limit, no bake is long enough. Alarms of a one-box do not count here: \
              they look away once its bake is over. A zone's share of the traffic is what a service alarm sees of it.",
        bad: r#"
[[fleet.region]]
name = "us-east-1"
zones = 3
hosts-per-zone = 40
requests-per-second = 3000
[[fleet.region]]
name = "us-west-1"
zones = 3
hosts-per-zone = 40
requests-per-second = 3000

[[alarm]]
name = "service-errors"
scope = "service"
error-ratio = { above = "20%" }
period = "1m"

[[strategy]]
name = "careful"
wave = [{ regions = { count = 1 }, bake = "1h" }, { regions = "rest", bake = "1h" }]
"#,
        good: r#"
[[fleet.region]]
name = "us-east-1"
zones = 3
hosts-per-zone = 40
requests-per-second = 3000
[[fleet.region]]
name = "us-west-1"
zones = 3
hosts-per-zone = 40
requests-per-second = 3000

[[alarm]]
name = "zone-errors"
scope = "zone"
error-ratio = { above = "20%" }
period = "1m"
watch = "wave"

[[strategy]]
name = "careful"
wave = [{ regions = { count = 1 }, bake = "1h" }, { regions = "rest", bake = "1h" }]
"#,
    }
    FALSE_ALARMS = "WT063" "false-alarms" Warning {
        summary: "false alarms stop more than 1 % of the good rollouts",
        why: "Every zone of every wave is looked at by several alarms for hours, so a small chance adds up: at 0.5 % a \
              stage, 14 % of rollouts over 30 stages are rolled back for nothing, at 2 % it is 45 %. People then \
              learn to override the alarm. The number is evaluations times the rate of false alarms, over all watches \
              of the undisturbed timetable; few requests are worst, because one failure is then a large ratio.",
        bad: r#"
[[fleet.region]]
name = "us-east-1"
zones = 3
hosts-per-zone = 40
requests-per-second = 6

[fleet]
background-error-ratio = "0.1%"

[[alarm]]
name = "zone-errors"
scope = "zone"
error-ratio = { above = "1%" }
period = "1m"
watch = "wave"

[[strategy]]
name = "careful"
zone-bake = "1h"
wave = [{ regions = "all", bake = "3h" }]
"#,
        good: r#"
[[fleet.region]]
name = "us-east-1"
zones = 3
hosts-per-zone = 40
requests-per-second = 6

[fleet]
background-error-ratio = "0.1%"

[[alarm]]
name = "zone-errors"
scope = "zone"
error-ratio = { above = "1%", min-requests = 100 }
period = "1m"
datapoints = "3 of 3"
watch = "wave"

[[strategy]]
name = "careful"
zone-bake = "1h"
wave = [{ regions = "all", bake = "3h" }]
"#,
    }
    TOGETHER = "WT064" "together" Warning {
        summary: "a wave puts several regions or zones with much of the traffic at risk together before anything has baked",
        why: "Regions, and the zones of a region, are there to fail alone. A defect that shows in several of them at once \
              takes away what customers would switch to. Published practice lets waves grow: one region, another, a few, \
              then many. A wave is reported that deploys at once to 10 % of the traffic or more, and to more than ten \
              times of what has baked before it. A strategy of a single wave is left alone: it does not pretend to be staged.",
        bad: r#"
[[fleet.region]]
name = "us-east-1"
hosts-per-zone = 40
[[fleet.region]]
name = "us-west-1"
hosts-per-zone = 40
[[fleet.region]]
name = "eu-west-1"
hosts-per-zone = 40

[[strategy]]
name = "hasty"
regions-at-once = "all"
wave = [{ regions = { count = 2 }, bake = "1h" }, { regions = "rest", bake = "1h" }]
"#,
        good: r#"
[[fleet.region]]
name = "us-east-1"
hosts-per-zone = 40
[[fleet.region]]
name = "us-west-1"
hosts-per-zone = 40
[[fleet.region]]
name = "eu-west-1"
hosts-per-zone = 40

[[strategy]]
name = "careful"
wave = [{ regions = { count = 1 }, bake = "1h" }, { regions = "rest", bake = "1h" }]
"#,
    }
    SHORT_LAST_BAKE = "WT065" "short-last-bake" Warning {
        summary: "the last waves carry most of the traffic and bake far shorter than the waves before",
        why: "What only shows under full load, in a busy region or after hours shows in the last waves. When their bake is \
              over nobody listens any more. Reported are last waves with 60 % of the traffic or more and less than a \
              quarter of the longest bake before them; 12 hours first and 3 hours later, as published, is not.",
        bad: r#"
[[fleet.region]]
name = "us-east-1"
hosts-per-zone = 10
[[fleet.region]]
name = "us-west-1"
hosts-per-zone = 40

[[strategy]]
name = "careful"
wave = [{ regions = { count = 1 }, bake = "12h" }, { regions = "rest", bake = "10m" }]
"#,
        good: r#"
[[fleet.region]]
name = "us-east-1"
hosts-per-zone = 10
[[fleet.region]]
name = "us-west-1"
hosts-per-zone = 40

[[strategy]]
name = "careful"
wave = [{ regions = { count = 1 }, bake = "12h" }, { regions = "rest", bake = "3h" }]
"#,
    }
    LATE_CLASS = "WT066" "late-class" Warning {
        summary: "the hosts that a defect can wake on are first reached in the last wave",
        why: "Early waves only find what can happen there. If all regions with a kind of host, or with whatever else a \
              defect needs, come last, the defect meets all of them at once and nothing is left to learn.",
        bad: r#"
[[fleet.region]]
name = "us-east-1"
hosts-per-zone = 40
[[fleet.region]]
name = "eu-west-1"
hosts-per-zone = 40
cohorts = { arm = "25%" }
[[fleet.region]]
name = "eu-north-1"
hosts-per-zone = 40
cohorts = { arm = "25%" }

[[defect]]
name = "alignment-fault"
cohort = "arm"

[[strategy]]
name = "careful"
wave = [{ regions = ["us-east-1"], bake = "1h" }, { regions = "rest", bake = "1h" }]
"#,
        good: r#"
[[fleet.region]]
name = "us-east-1"
hosts-per-zone = 40
[[fleet.region]]
name = "eu-west-1"
hosts-per-zone = 40
cohorts = { arm = "25%" }
[[fleet.region]]
name = "eu-north-1"
hosts-per-zone = 40
cohorts = { arm = "25%" }

[[defect]]
name = "alignment-fault"
cohort = "arm"

[[strategy]]
name = "careful"
wave = [{ regions = ["eu-west-1"], bake = "1h" }, { regions = "rest", bake = "1h" }]
"#,
    }
    LEFT_BEHIND = "WT067" "left-behind" Warning {
        summary: "a rollback leaves hosts of earlier waves on the new version",
        why: "With a scope other than \"everything\" the rest of the fleet keeps a version that is known to be bad, until \
              somebody else takes it back. The number is for an alarm late in the last wave.",
        bad: r#"
[[fleet.region]]
name = "us-east-1"
hosts-per-zone = 40
[[fleet.region]]
name = "us-west-1"
hosts-per-zone = 40

[[alarm]]
name = "unhealthy"
scope = "zone"
impaired-hosts = { above = "0%" }
period = "1m"
watch = "wave"

[[strategy]]
name = "careful"
rollback = { scope = "region" }
wave = [{ regions = { count = 1 }, bake = "1h" }, { regions = "rest", bake = "1h" }]
"#,
        good: r#"
[[fleet.region]]
name = "us-east-1"
hosts-per-zone = 40
[[fleet.region]]
name = "us-west-1"
hosts-per-zone = 40

[[alarm]]
name = "unhealthy"
scope = "zone"
impaired-hosts = { above = "0%" }
period = "1m"
watch = "wave"

[[strategy]]
name = "careful"
rollback = { scope = "everything" }
wave = [{ regions = { count = 1 }, bake = "1h" }, { regions = "rest", bake = "1h" }]
"#,
    }
    UNSTABLE_PIPELINE = "WT068" "unstable-pipeline" Warning {
        summary: "changes arrive faster than the pipeline passes them, or a wave fits no window",
        why: "A queue in front of a stage or of production grows without end if more revisions arrive a day than are served \
              a day. Then lead time depends on how long one looks, and no measure of the horizon means anything. \
              Superseding passes on the newest revision only, so its queue never grows; changes batch up instead.",
        bad: r#"
[[fleet.region]]
name = "us-east-1"
hosts-per-zone = 40

[[strategy]]
name = "careful"
zone-bake = "1h"
wave = [{ regions = "all" }]

[pipeline]
source = { every = "30m" }

[[pipeline.stage]]
name = "integration tests"
phase = "test"
mode = "queued"
duration = "45m"
"#,
        good: r#"
[[fleet.region]]
name = "us-east-1"
hosts-per-zone = 40

[[strategy]]
name = "careful"
zone-bake = "1h"
wave = [{ regions = "all" }]

[pipeline]
source = { every = "30m" }

[[pipeline.stage]]
name = "integration tests"
phase = "test"
mode = "superseded"
duration = "45m"
"#,
    }
}
