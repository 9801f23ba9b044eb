//! How many hosts of each zone have the new version now. Hosts are counted one by one as they come and go, and only where
//! somebody looks at how many they are; otherwise what was laid out says all.

use super::batch::Batch;
use super::layout::{completion_ms, host_draws};
use super::way_back::BatchBack;
use crate::ids::{IdVec, ZoneId};
use crate::rollout::context::Context;
use crate::rollout::event::DeploymentEvent;

/// The hosts on the new version.
#[derive(Debug, Default)]
pub struct Presence {
    zones: IdVec<ZoneId, u32>,
    counted: bool,
}

impl Presence {
    /// Nobody has it; keeps the memory.
    pub fn reset(&mut self, zones: usize) {
        if self.counted || self.zones.len() != zones {
            self.zones.reset(zones, 0);
            self.counted = false;
        }
    }

    /// Hosts of the zone that have it now.
    pub fn hosts(&self, zone: ZoneId) -> u32 {
        self.zones[zone]
    }

    /// Hosts of the zone get it, or leave it if they are negative.
    pub fn count(&mut self, zone: ZoneId, hosts: i32) {
        self.counted = true;
        let present = &mut self.zones[zone];
        *present = present.saturating_add_signed(hosts);
    }
}

/// Schedules when each host of a batch gets the new version.
pub fn announce_arrivals(ctx: &mut Context, batch: &Batch) {
    let (zone, past_waves) = (batch.zone, batch.past_waves);
    let mut draws = host_draws(ctx, zone);
    if let Some(last) = batch.all_hosts().last()
        && completion_ms(ctx, batch, last, &mut draws) == batch.end_ms
    {
        let hosts = batch.hosts as i32;
        ctx.schedule(batch.end_ms, DeploymentEvent::HostsMove { zone, hosts, past_waves });
        return;
    }
    for host in batch.all_hosts() {
        let at_ms = completion_ms(ctx, batch, host, &mut draws);
        ctx.schedule(at_ms, DeploymentEvent::HostsMove { zone, hosts: 1, past_waves });
    }
}

/// Schedules that the hosts of a batch leave the new version.
pub fn announce_departure(ctx: &mut Context, zone: ZoneId, batch: BatchBack) {
    let hosts = -(batch.hosts as i32);
    if hosts != 0 {
        ctx.schedule(batch.end_ms, DeploymentEvent::HostsMove { zone, hosts, past_waves: false });
    }
}
