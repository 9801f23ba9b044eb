//! What a rollout tells an observer. Every timeline, JSON line and chart of one trial is a fold
//! over these events; the rollout never formats them.

use super::place::DarkPlace;
use crate::ids::AlarmId;
use crate::outcome::Notice;
use crate::sim::{Observer, Record};
use serde::Serialize;

/// One thing that happened. Hosts are counts or indices within their zone; zones, regions, waves
/// and alarms are indices of the plan's lists.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum RolloutEvent {
    /// The trial began; says what the change carries, and when that is, in milliseconds since the midnight UTC of a first day.
    RolloutStarted { defect: Option<u32>, start_utc_ms: u64 },
    /// A wave began.
    WaveStarted { wave: u32 },
    /// Deployment to a zone began.
    ZoneStarted { wave: u32, zone: u32 },
    /// A batch began; `one_box` marks the one-box stage.
    BatchStarted { zone: u32, hosts: u32, one_box: bool },
    /// A batch ended; `hosts_done` of the zone now run the new version.
    BatchDone { zone: u32, hosts_done: u32, one_box: bool },
    /// Hosts of a batch that ended did not take the change.
    HostsFailed { zone: u32, hosts: u32 },
    /// Hosts that take the change by themselves all had it.
    PastWaves { zone: u32, hosts: u32 },
    /// Requests to a zone were switched: the new version is sent so many millionths of them now.
    TrafficSwitched { zone: u32, share_ppm: u32 },
    /// A one-box or zone bake began.
    ZoneBakeStarted { zone: u32, one_box: bool },
    /// Deployment to a zone ended with its bake.
    ZoneDone { zone: u32 },
    /// A wave's bake began.
    WaveBakeStarted { wave: u32 },
    /// A gate behind a wave holds.
    GateHolds { wave: u32, gate: u32 },
    /// A check of a gate failed: so many have now.
    CheckFailed { wave: u32, gate: u32, failures: u32 },
    /// A check of a gate was inconclusive: so many have been now.
    CheckInconclusive { wave: u32, gate: u32, inconclusive: u32 },
    /// A gate weighed what was seen of the new version, in all so far: that wave may come next; none: none may yet.
    RiskWeighed { wave: u32, gate: u32, requests: u64, failures: u64, next: Option<u32> },
    /// A wave's bake ended.
    WaveDone { wave: u32 },
    /// A host became impaired.
    HostImpaired { zone: u32, host: u32 },
    /// A host was healed by its rollback.
    HostHealed { zone: u32, host: u32 },
    /// This many hosts of the zone are impaired now.
    ZoneImpaired { zone: u32, hosts: u32 },
    /// A zone, or a whole region, went dark for a reason of its own.
    WentDark {
        #[serde(flatten)]
        place: DarkPlace,
    },
    /// What wakes a dormant fault reached a region.
    Triggered { region: u32 },
    /// What wakes it was withdrawn from a region.
    Withdrawn { region: u32 },
    /// A datapoint breached. `entity` is the zone, the region, or 0 for the service. Counts are
    /// given where the alarm reads sampled traffic.
    Breach { alarm: u32, entity: u32, requests: Option<u64>, errors: Option<u64> },
    /// An alarm fired.
    AlarmFired { alarm: u32, entity: u32 },
    /// The rollout itself found something wrong, in a zone if it has a place.
    Noticed {
        #[serde(flatten)]
        notice: Notice,
        zone: Option<u32>,
    },
    /// The verdict of an alarm that fired was lost or overridden.
    AlarmIgnored { alarm: u32, entity: u32 },
    /// A wave waits for an alarm that fires for another reason.
    WaveBlocked { wave: u32 },
    /// An alarm fires already, for another reason, when a wave is to start: the rollout goes on without it, or stops.
    FiresAlready { wave: u32, stops: bool },
    /// People began to act.
    RemedyStarted { remedy: crate::plan::Remedy },
    /// Somebody is still ill after that, and people try something else.
    RemedyFailed { remedy: crate::plan::Remedy },
    /// People had stopped the rollout before its own reaction to the alarm was due.
    ReactionPreempted {
        #[serde(flatten)]
        notice: Notice,
    },
    /// The pipeline stopped and left everything as it was.
    Halted {
        #[serde(flatten)]
        notice: Notice,
    },
    /// The pipeline stopped and chose what to roll back.
    RollbackDecided {
        #[serde(flatten)]
        notice: Notice,
        hosts: u64,
    },
    /// The rollout's own way back is broken: it stopped, and no host goes back.
    RollbackBroken,
    /// Hosts that were to go back with their zone did not.
    HostsStay { zone: u32, hosts: u32 },
    /// Rollback of a zone began.
    ZoneRollbackStarted { zone: u32, hosts: u32 },
    /// Rollback of a zone ended.
    ZoneRollbackDone { zone: u32 },
    /// The rollout ended: every host has the new version, or the rollback is done.
    RolloutEnded { ending: crate::outcome::Ending },
}

/// What a scrape found, and what the rule over it made of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scraped {
    /// The alarm.
    pub alarm: AlarmId,
    /// The zone, the region, or 0 for the service.
    pub entity: u32,
    /// When, in milliseconds of the wall clock since the midnight (UTC) before the rollout; below 0 before it.
    pub utc_ms: i64,
    /// Failed requests and all requests so far; none if the scrape failed.
    pub counters: Option<(u64, u64)>,
    /// Whether the alert fires now; none if the rule is not evaluated at this scrape.
    pub firing: Option<bool>,
}

/// A datapoint of one instance of an alarm, as people would see it on a graph.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ShownDatapoint {
    /// When it is evaluated, milliseconds since the rollout's start.
    pub at_ms: u64,
    /// Whether it breaches; none if it is missing.
    pub breach: Option<bool>,
    /// Requests, or probes, of its period and those that show what the alarm looks for, drawn from their law given whether it
    /// breaches; none where the alarm reads none.
    pub counts: Option<(u64, u64)>,
    /// The share that is compared with the limit; none where there is no such share.
    pub value: Option<f64>,
}

/// An event of a rollout and when it happened.
pub type RolloutRecord = Record<RolloutEvent>;

/// Whoever may be told of a rollout: every [`Observer`] of its events. Deployments are announced when they are laid out,
/// so calls are not in order of time.
pub trait RolloutObserver: Observer<RolloutEvent> {}

impl<T: Observer<RolloutEvent>> RolloutObserver for T {}
