//! Rules about defects, alarms and responses as mechanisms: WT080 to WT089.

use super::rules;

rules! {
    /// Rules about mechanisms.
    MECHANISM:
    UNKNOWN_COHORT = "WT080" "unknown-cohort" Error {
        summary: "there is no cohort of that name",
        why: "Cohorts are named by the regions of the fleet that have hosts of that kind.",
        bad: r#"
[[fleet.region]]
name = "us-east-1"
hosts-per-zone = 50
cohorts = { arm = "25%" }

[[defect]]
name = "alignment-fault"
cohort = "amr"
"#,
        good: r#"
[[fleet.region]]
name = "us-east-1"
hosts-per-zone = 50
cohorts = { arm = "25%" }

[[defect]]
name = "alignment-fault"
cohort = "arm"
"#,
    }
    NO_CAPACITY = "WT081" "no-capacity" Error {
        summary: "a defect crashes hosts of a fleet without a capacity",
        why: "The load of a crashed host goes to the others of its region. What that does to them depends on how much \
              load they can take, which `peak-utilisation` says.",
        bad: r#"
[[defect]]
name = "crash-loop"
crash = true
"#,
        good: r#"
[fleet]
peak-utilisation = "60%"

[[defect]]
name = "crash-loop"
crash = true
"#,
    }
    NOBODY_COMES = "WT082" "nobody-comes" Error {
        summary: "a strategy waits for operators, but has none",
        why: "With `on-alarm = \"halt\"` or \"page\" the pipeline leaves it to people to act. Without them nothing \
              ever happens, which is what \"freeze\" says.",
        bad: r#"
[[strategy]]
name = "ask-first"
response = { on-alarm = "halt" }
wave = [{ regions = "all" }]
"#,
        good: r#"
[[strategy]]
name = "ask-first"
response = { on-alarm = "halt" }
operators = { engage = "10m", diagnose = "20m" }
wave = [{ regions = "all" }]
"#,
    }
}
