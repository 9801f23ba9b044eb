//! An observer of one's own: told by the simulator what happens in a rollout, it counts what it is interested in.

use std::error::Error;
use wavetank::rollout::RolloutEvent;
use wavetank::sim::Observer;
use wavetank::{Plan, simulate};

/// Counts the hosts that got the new version, and notes when each wave began.
#[derive(Debug, Default)]
struct Waves {
    /// Hosts by batch, with the time at which the batch is done.
    batches: Vec<(u64, u32)>,
    /// When waves began, in milliseconds since the rollout's start.
    begun_ms: Vec<u64>,
}

impl Observer<RolloutEvent> for Waves {
    fn observe(&mut self, at_ms: u64, event: RolloutEvent) {
        match event {
            RolloutEvent::WaveStarted { .. } => self.begun_ms.push(at_ms),
            RolloutEvent::BatchStarted { hosts, .. } => self.batches.push((at_ms, hosts)),
            _ => {}
        }
    }

    /// Batches are announced when they are laid out. A rollout that stops takes back those that never begin.
    fn retract_after(&mut self, at_ms: u64) {
        self.batches.retain(|(start_ms, _)| *start_ms <= at_ms);
        self.begun_ms.retain(|start_ms| *start_ms <= at_ms);
    }
}

pub fn main() -> Result<(), Box<dyn Error>> {
    let plan = Plan::load("scenarios/small.toml")?;
    for trial in 0..3 {
        let mut waves = Waves::default();
        let outcome = simulate(&plan, 0, trial, &mut waves);
        let hosts: u32 = waves.batches.iter().map(|(_, hosts)| hosts).sum();
        let minutes: Vec<u64> = waves.begun_ms.iter().map(|ms| ms / 60_000).collect();
        println!("trial {trial}: {:?}, {hosts} hosts, waves after {minutes:?} min", outcome.ending);
    }
    Ok(())
}
