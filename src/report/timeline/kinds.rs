//! Where each event belongs: how deep in the rollout, and with which others it is told together.

use super::history::Routine;
use crate::rollout::trace::Event;

/// How deep an event lies (0: the rollout and what stops it; then waves, zones, batches and hosts), and its kind, if
/// there are many like it.
pub(super) fn place_and_kind(event: &Event) -> (usize, Option<Routine>) {
    match event {
        Event::RolloutStarted { .. }
        | Event::RolloutEnded { .. }
        | Event::AlarmFired { .. }
        | Event::AlarmIgnored { .. }
        | Event::Halted { .. }
        | Event::RemedyStarted { .. }
        | Event::RollbackDecided { .. } => (0, None),
        Event::WaveStarted { .. }
        | Event::WaveBlocked { .. }
        | Event::Triggered { .. }
        | Event::WaveBakeStarted { .. }
        | Event::WaveDone { .. } => (1, None),
        Event::ZoneStarted { .. }
        | Event::ZoneDone { .. }
        | Event::ZoneSuffers { .. }
        | Event::PastWaves { .. }
        | Event::WentDark { .. } => (2, None),
        Event::Breach { .. } => (2, Some(Routine::Breach)),
        Event::ZoneRollbackStarted { .. } | Event::ZoneRollbackDone { .. } => {
            (2, Some(Routine::ZoneRollback))
        }
        Event::BatchStarted { one_box: true, .. }
        | Event::BatchDone { one_box: true, .. }
        | Event::ZoneBakeStarted { .. } => (3, None),
        Event::BatchStarted { one_box: false, .. } | Event::BatchDone { one_box: false, .. } => {
            (3, Some(Routine::Batch))
        }
        Event::HostImpaired { .. } => (3, Some(Routine::Impaired)),
        Event::HostHealed { .. } => (3, Some(Routine::Healed)),
    }
}
