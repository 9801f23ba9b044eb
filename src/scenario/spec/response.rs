//! What follows an alarm, as written: the pipeline's own response and that of people.

use crate::plan::{FiringAtStart, OnAlarm, Remedy};
use crate::scenario::reader::{Field, Node, Read, Reader, Written};
use crate::scenario::table::spec;
use crate::scenario::value::{
    DistributionText, Duration, HoursText, Name, NonNegative, Percent, Several, Text, schema,
};
use crate::scenario::words::words;
use schemars::json_schema;
use toml::de::DeValue;

spec! {
    /// What the pipeline does by itself.
    pub struct ResponseSpec {
        /// When an alarm fires: "rollback", "withdraw" (stop and take away what triggers a dormant defect), "halt" (stop
        /// and wait for the operators), "freeze" (stop and leave everything as it is) or "page" (go on until the operators act). Default: "rollback".
        optional on_alarm: OnAlarm,
        /// How long after its end a rollout remains suspect: an alarm that fires by then is acted on. Only
        /// alarms with `watch = "rollout"` are listened to then. Default: "0s".
        optional suspect_for: Duration,
        /// Probability that an alarm's verdict never reaches the pipeline. Default: "0%".
        optional lost_verdicts: Percent,
        /// Alarms whose verdicts can be lost. Default: all.
        optional losing: Vec<Written<Name>>,
        /// Probability that somebody overrides an alarm, true or false. Default: "0%".
        optional overrides: Percent,
        /// When an alarm fires already, for a reason of its own (`ambient-alarms`), as a wave is to start: "wait" until it
        /// is over, "ignore" it for the rest of the rollout, or "rollback" at once. Default: "wait".
        optional firing_at_start: FiringAtStart,
        /// Mean number of the team's other deployments in flight in each region that goes back; they go
        /// back as well. Default: 0.
        optional other_deployments: NonNegative,
    }

    /// People: how long they take, and what they do.
    pub struct OperatorsSpec {
        /// From the alarm to somebody at work. Default: "0s".
        optional engage: DistributionText,
        /// The same outside of `hours`. Default: as `engage`.
        optional engage_off_hours: DistributionText,
        /// Hours at which somebody is at work, "HH:MM-HH:MM" in `timezone`. Default: all.
        optional hours: HoursText,
        /// Whether an alarm outside of `hours` waits until the next of them begins; `engage` counts from then. In place of
        /// `engage-off-hours`. Default: false.
        optional wait_for_hours: bool,
        /// IANA time zone of `hours`. Default: "UTC".
        optional timezone: Text,
        /// From there to knowing what to do. Default: "0s".
        optional diagnose: DistributionText,
        /// From there to its being ready. Default: "0s".
        optional prepare: DistributionText,
        /// What they do: "rollback", "kill-switch", "fix-forward", "withdraw" (what triggers a
        /// dormant defect), "repair", or "halt" (stop the rollout and leave
        /// everything as it is); or several of them, each tried if somebody is still ill after the one before. Default:
        /// "rollback".
        optional remedy: Several<WrittenRemedy>,
        /// How long a kill switch takes to reach a zone. Default: "0s".
        optional spread: DistributionText,
        /// From nobody suffering to everything being as before. Default: "0s".
        optional restore: DistributionText,
        /// Probability that they first take back another change, in vain. Default: "0%".
        optional wrong_change: Percent,
        /// Time lost by that. Default: "0s".
        optional wrong_change_costs: DistributionText,
    }

    /// One remedy of several.
    pub struct RemedySpec {
        /// What they do.
        required action: Remedy,
        /// How long after its beginning they look whether somebody is still ill, and then try the next one. Default: when it
        /// is done.
        optional within: Duration,
        /// From somebody's being at work, or from there, to knowing what to do. Default: as for all.
        optional diagnose: DistributionText,
        /// From there to its being ready. Default: as for all.
        optional prepare: DistributionText,
        /// How long a kill switch takes to reach a zone. Default: as for all.
        optional spread: DistributionText,
    }
}

/// A remedy: its word alone, or a table with times of its own.
#[derive(Debug, Clone)]
pub struct WrittenRemedy(pub RemedySpec);

impl Read for WrittenRemedy {
    fn read(node: Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        match node.value {
            DeValue::Table(_) => RemedySpec::read(node, reader).map(Self),
            _ => Remedy::read(node, reader).map(|value| {
                let action = Field::Given(Written { value, span: node.span });
                Self(RemedySpec { action, ..RemedySpec::default() })
            }),
        }
    }
}

schema! {
    WrittenRemedy, "RemedyOrTable", in place: |generator| {
        let word = generator.subschema_for::<Remedy>();
        let table = generator.subschema_for::<RemedySpec>();
        json_schema!({ "anyOf": [word, table] })
    }
}

words! {
    FiringAtStart { Wait, Ignore, Rollback }
    OnAlarm { Rollback, Withdraw, Halt, Freeze, Page }
    Remedy { Rollback, KillSwitch, FixForward, Withdraw, Repair, Halt }
}
