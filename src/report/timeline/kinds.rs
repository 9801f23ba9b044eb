//! Where each event belongs: how deep in the rollout, and with which others it is told together.

use super::history::Routine;
use crate::rollout::RolloutEvent;

/// How deep an event lies (0: the rollout and what stops it; then waves, zones, batches and hosts), and its kind, if
/// there are many like it.
pub(super) fn place_and_kind(event: &RolloutEvent) -> (usize, Option<Routine>) {
    match event {
        RolloutEvent::RolloutStarted { .. }
        | RolloutEvent::RolloutEnded { .. }
        | RolloutEvent::AlarmFired { .. }
        | RolloutEvent::AlarmIgnored { .. }
        | RolloutEvent::Halted { .. }
        | RolloutEvent::RemedyStarted { .. }
        | RolloutEvent::RollbackDecided { .. } => (0, None),
        RolloutEvent::WaveStarted { .. }
        | RolloutEvent::WaveBlocked { .. }
        | RolloutEvent::Triggered { .. }
        | RolloutEvent::WaveBakeStarted { .. }
        | RolloutEvent::WaveDone { .. } => (1, None),
        RolloutEvent::ZoneStarted { .. }
        | RolloutEvent::ZoneDone { .. }
        | RolloutEvent::ZoneImpaired { .. }
        | RolloutEvent::PastWaves { .. }
        | RolloutEvent::WentDark { .. } => (2, None),
        RolloutEvent::Breach { .. } => (2, Some(Routine::Breach)),
        RolloutEvent::ZoneRollbackStarted { .. } | RolloutEvent::ZoneRollbackDone { .. } => {
            (2, Some(Routine::ZoneRollback))
        }
        RolloutEvent::BatchStarted { one_box: true, .. }
        | RolloutEvent::BatchDone { one_box: true, .. }
        | RolloutEvent::ZoneBakeStarted { .. } => (3, None),
        RolloutEvent::BatchStarted { one_box: false, .. }
        | RolloutEvent::BatchDone { one_box: false, .. } => (3, Some(Routine::Batch)),
        RolloutEvent::HostImpaired { .. } => (3, Some(Routine::Impaired)),
        RolloutEvent::HostHealed { .. } => (3, Some(Routine::Healed)),
    }
}
