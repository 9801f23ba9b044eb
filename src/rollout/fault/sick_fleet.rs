//! A fleet that is sick before anything is rolled out: the version before has the fault, and each host that takes the change
//! is cured. A host that goes back falls sick again.
//!
//! Only says on which hosts the fault is awake when; who is impaired by that is worked out as for any other.

use super::{AroundFault, Fault};
use crate::ids::{HostId, ZoneId};
use crate::rollout::context::Context;
use crate::rollout::deployment::{Deployments, NewBatches, completion_ms, host_draws, return_draws};
use crate::rollout::event::FaultEvent;
use crate::rollout::place::FleetHost;
use crate::sim::budget::Owner;

impl Fault {
    /// The fault is awake on every host that it can impair.
    pub fn fall_sick(&mut self, ctx: &mut Context, around: &mut impl AroundFault) {
        let Some(defect) = ctx.defect else { return };
        self.touched = true;
        for zone in ctx.zones() {
            self.onsets.meet(ctx, around.deployments(), defect, zone);
            ctx.looks_at_hosts(ctx.zone(zone).hosts, Owner::Defect, "on");
            for host in self.susceptible(ctx, zone) {
                self.hosts.wakes(host, false);
                self.hosts.shows(ctx, host, false);
            }
        }
        self.conditions.start(ctx, &defect.condition);
        self.conditions_changed(ctx, ctx.zones(), around);
    }

    /// The hosts of a zone that a fault of the old version can impair.
    fn susceptible(&self, ctx: &Context, zone: ZoneId) -> Vec<FleetHost> {
        let hosts = (0..ctx.zone(zone).hosts as usize).map(|id| FleetHost { zone, id: HostId::new(id) });
        hosts.filter(|host| self.onsets.is_susceptible(*host)).collect()
    }

    /// Schedules when hosts of new batches take the change, and that some of them are the zone's one-box by then.
    pub(super) fn will_cure(&mut self, ctx: &mut Context, deployments: &Deployments, new: &NewBatches) {
        let zone = new.zone;
        let is_one_box = deployments.one_box(zone) > 0 && deployments.batch(new.first).first == 0;
        if is_one_box {
            ctx.schedule(ctx.now_ms(), FaultEvent::OneBoxBegins { zone });
        }
        let mut draws = host_draws(ctx, zone);
        for batch in new.ids().map(|batch| deployments.batch(batch)) {
            for host in batch.all_hosts().filter(|host| self.onsets.is_susceptible(*host)) {
                let at_ms = completion_ms(ctx, batch, host, &mut draws);
                ctx.schedule(at_ms, FaultEvent::TakesCure { host });
            }
        }
    }

    /// The first hosts of the zone are its one-box from now on.
    pub fn one_box_begins(&mut self, ctx: &mut Context, zone: ZoneId, around: &mut impl AroundFault) {
        let Some(defect) = ctx.defect else { return };
        for id in (0..around.deployments().one_box(zone) as usize).map(HostId::new) {
            self.hosts.joins_one_box(FleetHost { zone, id });
        }
        self.refresh(ctx, defect, zone, None, around);
    }

    /// The host takes the change and is well, unless a stop came before.
    pub fn takes_cure(&mut self, ctx: &mut Context, host: FleetHost, around: &mut impl AroundFault) {
        if around.deployments().gets(ctx, host) {
            self.healed(ctx, host, around);
        }
    }

    /// Schedules when the hosts of the zone that go back fall sick again.
    pub(super) fn will_fall_sick_again(
        &mut self,
        ctx: &mut Context,
        deployments: &Deployments,
        zone: ZoneId,
    ) {
        let mut draws = return_draws(ctx, zone);
        for host in self.susceptible(ctx, zone) {
            if let Some(back_ms) = deployments.back_ms(ctx, host, &mut draws) {
                ctx.schedule(back_ms, FaultEvent::Worsens { host });
            }
        }
    }
}
