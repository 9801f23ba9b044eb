//! Rules about what was published: WT090 to WT099.

use super::rules;

rules! {
    /// Rules about expectations.
    EXPECT:
    WHOSE_EXPECTATION = "WT090" "whose-expectation" Error {
        summary: "an expectation does not say which of several strategies it is about",
        why: "What was published was measured on one way of deploying. Held against the others it would call every \
              improvement a miss.",
        bad: r#"
[[strategy]]
name = "as-deployed"
wave = [{ regions = "all" }]

[[strategy]]
name = "slower"
zone-bake = "1h"
wave = [{ regions = "all" }]

[[expect]]
metric = "detection_delay_ms"
value = "3m"
"#,
        good: r#"
[[strategy]]
name = "as-deployed"
wave = [{ regions = "all" }]

[[strategy]]
name = "slower"
zone-bake = "1h"
wave = [{ regions = "all" }]

[[expect]]
metric = "detection_delay_ms"
strategy = "as-deployed"
value = "3m"
"#,
    }
    SHARE_HAS_A_MEAN = "WT091" "share-has-a-mean" Error {
        summary: "an expectation asks for a percentile of a yes or a no",
        why: "Each trial says 0 or 1, so every percentile is 0 or 1 too. What is published of such a thing is how often \
              it happened, which is its mean.",
        bad: r#"
[[expect]]
metric = "escaped"
statistic = "p50"
value = "5%"
"#,
        good: r#"
[[expect]]
metric = "escaped"
value = "5%"
"#,
    }
    NO_ROOM_AROUND_ZERO = "WT092" "no-room-around-zero" Error {
        summary: "an expectation of 0 has a tolerance in percent",
        why: "A share of 0 is 0: only a simulated value of exactly 0 would agree. Near 0 say how far off is near enough.",
        bad: r#"
[[expect]]
metric = "alarm_lead_ms"
value = "0s"
tolerance = "15%"
"#,
        good: r#"
[[expect]]
metric = "alarm_lead_ms"
value = "0s"
within = "2m"
"#,
    }
}
