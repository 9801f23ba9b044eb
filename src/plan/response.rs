//! What follows an alarm: what the pipeline does by itself, and what people do after it or instead.

use crate::ids::AlarmId;
use crate::random::Distribution;
use serde::{Serialize, Serializer};

/// What the pipeline does by itself.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Response {
    /// When an alarm fires.
    pub on_alarm: OnAlarm,
    /// How long after its end a rollout remains suspect: an alarm that fires by then is acted on.
    pub suspect_for_ms: u64,
    /// Probability that an alarm's verdict never reaches the pipeline, drawn for every alarm instance.
    pub lost_verdicts: f64,
    /// Alarms whose verdicts may be lost; none: all.
    pub losing: Option<Vec<AlarmId>>,
    /// Probability that somebody overrides an alarm, true or false, drawn for every alarm instance.
    pub overrides: f64,
    /// What follows where an alarm fires already, for another reason, when a wave is to start. Fingerprints of plans know
    /// it by its first name.
    #[serde(rename = "firing_alarm_blocks")]
    pub firing_at_start: FiringAtStart,
    /// Mean number of the team's other deployments in flight in each region that goes back; all of them
    /// go back as well.
    pub other_deployments: f64,
}

/// What follows where an alarm fires already when a wave is to start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FiringAtStart {
    /// The wave waits until it is over.
    Wait,
    /// The rollout goes on and does not listen to it any more.
    Ignore,
    /// The rollout stops and goes back at once.
    Rollback,
}

/// Waiting as "true": fingerprints of plans have always known it as that.
impl Serialize for FiringAtStart {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Wait => serializer.serialize_bool(true),
            Self::Ignore => serializer.serialize_str("ignore"),
            Self::Rollback => serializer.serialize_str("rollback"),
        }
    }
}

/// What the pipeline does by itself when an alarm fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnAlarm {
    /// Stops and rolls back.
    Rollback,
    /// Stops and withdraws what triggers a dormant fault; the code stays.
    Withdraw,
    /// Stops and asks: everything stays as it is until the operators act.
    Halt,
    /// Stops and leaves everything as it is, for good: where going back is worse.
    Freeze,
    /// Nothing: the rollout goes on until the operators act.
    Page,
}

/// People: how long they take, and what they do.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Operators {
    /// From the alarm to somebody at work.
    pub engage: Distribution,
    /// The same outside of `hours`.
    pub engage_off_hours: Distribution,
    /// Hours of the UTC day at which somebody is at work.
    pub hours: [bool; 24],
    /// Outside of these hours nobody is paged: they find the alarm when the next of them begins.
    pub wait_for_hours: bool,
    /// What they do.
    #[serde(flatten)]
    pub first: Attempt,
    /// From nobody impaired to everything being as before, for example a feature switched on again.
    pub restore: Distribution,
    /// Probability that they first suspect another change, and take that back in vain.
    pub wrong_change: f64,
    /// Time lost by that.
    pub wrong_change_costs: Distribution,
    /// What they try after that, one after the other, as long as somebody is ill.
    #[serde(rename = "remedies", skip_serializing_if = "Vec::is_empty")]
    pub then: Vec<Attempt>,
}

/// One remedy that people try.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Attempt {
    /// From somebody's being at work, or from the failure of the remedy before, to knowing what to do.
    pub diagnose: Distribution,
    /// From there to its being ready.
    pub prepare: Distribution,
    /// What they do.
    pub remedy: Remedy,
    /// How long a kill switch takes to reach a zone.
    pub spread: Distribution,
    /// How long after its beginning they look whether somebody is still ill; none: when it is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within_ms: Option<u64>,
}

/// What operators do about a bad change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Remedy {
    /// Take the hosts back to the old version.
    Rollback,
    /// Switch the faulty part off everywhere, without another deployment.
    KillSwitch,
    /// Deploy a version without the fault to the hosts that have it.
    FixForward,
    /// Withdraw what triggers a dormant fault; the code stays, and the fault is dormant again.
    Withdraw,
    /// Work on the impaired hosts.
    Repair,
    /// Stop the rollout and leave everything as it is.
    Halt,
}

impl OnAlarm {
    /// Whether the pipeline itself does something that may heal hosts: people wait until it is done, and act if it was in vain.
    #[must_use]
    pub fn is_a_remedy(self) -> bool {
        match self {
            Self::Rollback | Self::Withdraw => true,
            Self::Halt | Self::Freeze | Self::Page => false,
        }
    }
}

impl Operators {
    /// What they try, in order.
    pub fn attempts(&self) -> impl Iterator<Item = &Attempt> {
        std::iter::once(&self.first).chain(&self.then)
    }
}

impl Default for Response {
    /// Rolls back at the first alarm, and looks away once the rollout is over.
    fn default() -> Self {
        Self {
            on_alarm: OnAlarm::Rollback,
            suspect_for_ms: 0,
            lost_verdicts: 0.0,
            losing: None,
            overrides: 0.0,
            firing_at_start: FiringAtStart::Wait,
            other_deployments: 0.0,
        }
    }
}
