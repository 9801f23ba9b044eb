//! Gates of waves and steps as written, and the ladders that a wave climbs.

use super::alarm::CanarySignal;
use super::pipeline::Weekday;
use crate::plan::CheckedOver;
use crate::scenario::reader::Written;
use crate::scenario::table::spec;
use crate::scenario::value::{
    DistributionText, Duration, HostCount, HoursText, Int, Name, Percent, Points, Positive, Text,
};
use crate::scenario::words::words;

spec! {
    /// What must hold before what follows a wave begins, beside its bake: one of `approval`, `test`, `checks`,
    /// `opening`, `requests`, `power` and `risk`. It opens when the wave's last deployment is done.
    pub struct GateSpec {
        /// Somebody approves.
        optional approval: ApprovalSpec,
        /// A test passes, such as a hook runs it.
        optional test: TestSpec,
        /// Datapoints of an alarm pass as checks.
        optional checks: ChecksSpec,
        /// It is open at these hours, or opens.
        optional opening: OpeningSpec,
        /// Hosts on the new version in the wave's regions have served so many requests, on average.
        optional requests: Int<1, 1_000_000_000_000>,
        /// They have served as many as a test of some power needs.
        optional power: PowerSpec,
        /// What the next wave could do stays within a budget, by all that was seen of the new version so far. It is asked each time
        /// that the wave's bake has passed again. In a ladder the next step is the furthest that it lets through.
        optional risk: RiskSpec,
        /// A gate that does not hold by then, counted from its opening, has failed. Default: it may take any time.
        optional within: Duration,
    }

    /// Somebody who approves. A refusal is reacted to as an alarm is.
    pub struct ApprovalSpec {
        /// Time at work until the verdict. Default: "0s".
        optional takes: DistributionText,
        /// Hours at which somebody is at work, who rests at others, "HH:MM-HH:MM" in `timezone`. Default: all.
        optional hours: HoursText,
        /// Days of the week of these hours; those after midnight belong to the day on which they begin. A rollout outside of
        /// a pipeline begins on the day that `[study] start` names. Default: all.
        optional days: Vec<Written<Weekday>>,
        /// IANA time zone of `hours`, with its offset of January. Default: "UTC".
        optional timezone: Text,
        /// Probability that a bad change is refused. Default: "0%".
        optional catches: Percent,
        /// Probability that a good one is. Default: "0%".
        optional false_alarm: Percent,
    }

    /// Hours at which a gate holds, as those of an approval are written; `hours`, `days` or both.
    pub struct OpeningSpec {
        /// Hours at which it is open, "HH:MM-HH:MM" in `timezone`. Default: all.
        optional hours: HoursText,
        /// Days of the week of these hours; those after midnight belong to the day on which they begin. Default: all.
        optional days: Vec<Written<Weekday>>,
        /// IANA time zone of `hours`, with its offset of January. Default: "UTC".
        optional timezone: Text,
        /// It holds only when these hours begin, and not in the middle of them: the next morning. Default: false.
        optional next: bool,
    }

    /// A test. A failure is reacted to as an alarm is.
    pub struct TestSpec {
        /// Time that it takes. Default: "0s".
        optional takes: DistributionText,
        /// Probability that it fails for a bad change. Default: "0%".
        optional catches: Percent,
        /// Probability that it fails for a good one. Default: "0%".
        optional false_alarm: Percent,
    }

    /// Datapoints of an alarm, or of several with `points`, as checks: one each period from the gate's opening on. A check
    /// that does not pass holds the gate a period longer, unless there is a `count`; too many that fail, fail it, which is
    /// reacted to as an alarm is. A missing datapoint counts as the alarm's `missing-data` says: failed ("breaching"), passed
    /// ("not-breaching") or not at all; then it holds the gate a period longer.
    pub struct ChecksSpec {
        /// Alarm that decides by single datapoints. It does not stop the rollout by itself unless the strategy lists it.
        optional alarm: Name,
        /// In place of `alarm`, several of one period, and what each counts: { errors = 60, latency = 40 }. Those that pass
        /// have their points, of the points of those with data.
        optional points: Points,
        /// A check fails whose share of the points is below this. Default: as `pass`.
        optional marginal: Percent,
        /// A check passes from this share of the points on, and is inconclusive between `marginal` and this. Default: "100%".
        optional pass: Percent,
        /// Checks that must pass. Default: 1, beside `count` any number.
        optional passes: Int<1, 1_000_000>,
        /// Whether these must follow each other: one that does not pass begins the row anew. Default: false.
        optional in_a_row: bool,
        /// So many checks are made. Without `passes` the gate holds after the last of them, unless too many were bad; with
        /// it the gate fails where they were not enough. Default: as many as it takes.
        optional count: Int<1, 1_000_000>,
        /// So many inconclusive ones fail the gate. Default: any number may be, but not the last of a `count`
        /// without `passes`.
        optional inconclusive: Int<1, 1_000_000>,
        /// So many without data in a row fail the gate; only of alarms whose `missing-data` makes them neither passed nor
        /// failed. Default: any number may be.
        optional missing: Int<1, 1_000_000>,
        /// So many failed ones fail the gate. Default: 1.
        optional failures: Int<1, 1_000_000>,
        /// Where failed ones are counted: in this "gate", or in all of the "rollout" that check this alarm. Default: "gate".
        optional over: CheckedOver,
        /// Nothing is checked so long after the gate opens: a time to warm up. Default: "0s".
        optional after: Duration,
    }

    /// A one-sided z-test of two proportions, over as many requests of the old version beside those of the new one: so
    /// many of the new version's are waited for.
    pub struct PowerSpec {
        /// By so much more than the background the new version's requests fail, which the test is to detect.
        required detects: Percent,
        /// What is compared: the share of requests that fail ("errors"), or that are slow ("slow"). Default: "errors".
        optional signal: CanarySignal,
        /// Probability that the test finds something in a good change. Default: "5%".
        optional false_positive: Percent,
        /// Probability that it misses one that is as bad as that. Default: "20%".
        optional false_negative: Percent,
    }

    /// How much harm may be risked. The gate needs `within`.
    pub struct RiskSpec {
        /// Share of all requests of the service that may fail for the change's sake.
        required budget: Percent,
        /// How sure that must be, by an exact one-sided binomial test. Default: "95%".
        optional confidence: Percent,
        /// What is counted: requests that fail ("errors"), or that are slow ("slow"). Default: "errors".
        optional signal: CanarySignal,
    }

    /// One step of a wave's ladder: it begins when what the step before it waits for is over.
    pub struct StepSpec {
        /// Hosts of each zone on the new version when the step is done: a share or a count. Default: "100%".
        optional hosts: HostCount,
        /// Zones of each region that the step reaches, the first ones: a count or a share. Default: "100%".
        optional zones: HostCount,
        /// Share of each zone's requests that its hosts on the new version are sent from then on. Default: as many as they
        /// are of all hosts.
        optional traffic: Percent,
        /// The same as a share of users. Excludes `traffic`.
        optional users: Percent,
        /// Wait after the step's last region. Default: "0s".
        optional bake: Duration,
        /// What must hold before the next step begins. Default: nothing but the bake.
        optional gates: Vec<Written<GateSpec>>,
    }

    /// A ladder by a rule: so much more each time, or so many times as much, up to all hosts.
    pub struct RampSpec {
        /// Share of the first step. Default: as `add`.
        optional from: Percent,
        /// Each step has so much more than the one before. Not with `times`.
        optional add: Percent,
        /// Each step has so many times as much as the one before; above 1. Not with `add`.
        optional times: Positive,
        /// What grows: the "hosts"; the "zones"; or the "traffic" or the "users" of hosts that are all there from the first
        /// step on. Default: "hosts".
        optional of: RampOf,
        /// Wait after each step but the last, after which there is the wave's own bake.
        required every: Duration,
        /// What must hold beside that wait before the next step begins. Default: nothing.
        optional gates: Vec<Written<GateSpec>>,
    }
}

/// What a ramp lets grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RampOf {
    /// Hosts on the new version.
    Hosts,
    /// Zones of each region.
    Zones,
    /// Requests that hosts are sent.
    Traffic,
    /// Users who are sent there.
    Users,
}

words! {
    CheckedOver { Gate, Rollout }
    RampOf { Hosts, Zones, Traffic, Users }
}
