//! Where each event belongs: how deep in the rollout, and with which others it is told together.

use super::history::Routine;
use crate::rollout::RolloutEvent;

/// An event of which there are many.
#[derive(Debug, Clone, Copy)]
pub(super) struct RoutineEvent {
    pub kind: Routine,
    pub place: RoutinePlace,
    /// Whether it begins what another one ends.
    pub begins: bool,
}

/// Where a routine event happens.
#[derive(Debug, Clone, Copy)]
pub(super) enum RoutinePlace {
    Zone(u32),
    /// The scope of an alarm, as indices of the alarm and of what it looks at.
    Watch(u32, u32),
}

/// How deep an event lies (0: the rollout and what stops it; then waves, zones, batches and hosts), and what it is among
/// its neighbours, if there are many like it.
pub(super) fn place_and_kind(event: &RolloutEvent) -> (usize, Option<RoutineEvent>) {
    let of = |kind, zone, begins| Some(RoutineEvent { kind, place: RoutinePlace::Zone(zone), begins });
    match *event {
        RolloutEvent::RolloutStarted { .. }
        | RolloutEvent::RolloutEnded { .. }
        | RolloutEvent::AlarmFired { .. }
        | RolloutEvent::AlarmIgnored { .. }
        | RolloutEvent::Noticed { .. }
        | RolloutEvent::ReactionPreempted { .. }
        | RolloutEvent::Halted { .. }
        | RolloutEvent::RemedyStarted { .. }
        | RolloutEvent::RemedyFailed { .. }
        | RolloutEvent::RollbackBroken
        | RolloutEvent::RollbackDecided { .. } => (0, None),
        RolloutEvent::WaveStarted { .. }
        | RolloutEvent::WaveBlocked { .. }
        | RolloutEvent::FiresAlready { .. }
        | RolloutEvent::Triggered { .. }
        | RolloutEvent::Withdrawn { .. }
        | RolloutEvent::WaveBakeStarted { .. }
        | RolloutEvent::GateHolds { .. }
        | RolloutEvent::CheckFailed { .. }
        | RolloutEvent::CheckInconclusive { .. }
        | RolloutEvent::RiskWeighed { .. }
        | RolloutEvent::WaveDone { .. } => (1, None),
        RolloutEvent::ZoneStarted { .. }
        | RolloutEvent::ZoneDone { .. }
        | RolloutEvent::ZoneImpaired { .. }
        | RolloutEvent::PastWaves { .. }
        | RolloutEvent::HostsStay { .. }
        | RolloutEvent::TrafficSwitched { .. }
        | RolloutEvent::WentDark { .. } => (2, None),
        RolloutEvent::Breach { alarm, entity, .. } => {
            let place = RoutinePlace::Watch(alarm, entity);
            (2, Some(RoutineEvent { kind: Routine::Breach, place, begins: false }))
        }
        RolloutEvent::ZoneRollbackStarted { zone, .. } => (2, of(Routine::ZoneRollback, zone, true)),
        RolloutEvent::ZoneRollbackDone { zone } => (2, of(Routine::ZoneRollback, zone, false)),
        RolloutEvent::BatchStarted { one_box: true, .. }
        | RolloutEvent::BatchDone { one_box: true, .. }
        | RolloutEvent::HostsFailed { .. }
        | RolloutEvent::ZoneBakeStarted { .. } => (3, None),
        RolloutEvent::BatchStarted { zone, one_box: false, .. } => (3, of(Routine::Batch, zone, true)),
        RolloutEvent::BatchDone { zone, one_box: false, .. } => (3, of(Routine::Batch, zone, false)),
        RolloutEvent::HostImpaired { zone, .. } => (3, of(Routine::Impaired, zone, false)),
        RolloutEvent::HostHealed { zone, .. } => (3, of(Routine::Healed, zone, false)),
    }
}
