//! What an alarm over the new version alone sees: the hosts that have it now, the requests that these serve, and who of them
//! is impaired. How likely a datapoint breaches by that is not known here.

use super::sight::Sight;
use super::watch::WatchState;
use crate::ids::{IdRange, ZoneId};
use crate::plan::Defect;
use crate::rollout::context::Context;
use crate::rollout::fault::Fault;

/// The new version in the scope of one watch.
#[derive(Clone, Copy)]
pub struct Newcomers<'r, 'c> {
    ctx: &'r Context<'c>,
    sight: Sight<'r>,
    watch: &'r WatchState,
}

impl<'r, 'c> Newcomers<'r, 'c> {
    /// Those that a watch looks at.
    pub fn of(ctx: &'r Context<'c>, sight: Sight<'r>, watch: &'r WatchState) -> Self {
        Self { ctx, sight, watch }
    }

    fn zones(self) -> impl Iterator<Item = ZoneId> {
        self.watch.scope.zones(&self.ctx.plan.fleet)
    }

    /// Hosts on the new version now.
    pub fn hosts(self) -> u64 {
        self.zones().map(|zone| u64::from(self.hosts_in(zone))).sum()
    }

    fn hosts_in(self, zone: ZoneId) -> u32 {
        self.sight.deployments.new_hosts(zone)
    }

    /// Those of them that are impaired, or on which a look inside finds the fault.
    pub fn impaired(self, internal: bool) -> u64 {
        self.zones().map(|zone| u64::from(self.impaired_in(zone, internal))).sum()
    }

    fn impaired_in(self, zone: ZoneId, internal: bool) -> u32 {
        // What the change cures hurts none that has it.
        if self.ctx.defect.is_some_and(Defect::is_cured_by_the_change) {
            return 0;
        }
        let Sight { fault, .. } = self.sight;
        let hurt = if internal { active_in(fault, zone) } else { fault.impaired_in_zone(zone) };
        // What hurts everybody around hurts the old version as well.
        hurt.min(self.hosts_in(zone))
    }

    /// Those of them that are dark for another reason.
    pub fn dark(self) -> u64 {
        let is_dark = |zone: &ZoneId| self.sight.capacity.is_dark(*zone);
        self.zones().filter(is_dark).map(|zone| u64::from(self.hosts_in(zone))).sum()
    }

    /// Mean requests to them in a period that ends in an hour of the UTC day.
    pub fn requests(self, hour: usize) -> f64 {
        self.zones().map(|zone| self.requests_in(zone, hour)).sum()
    }

    fn requests_in(self, zone: ZoneId, hour: usize) -> f64 {
        let share = self.sight.deployments.traffic_share(self.ctx, zone);
        share * self.ctx.model.zone_requests(self.watch.alarm, zone, hour)
    }

    /// Share of these requests that the fault makes fail at its full strength; of the hosts where there are none, as probes
    /// come then too.
    pub fn impaired_share(self, internal: bool, hour: usize) -> f64 {
        let impaired = |zone| {
            let strength = self.sight.fault.strength(self.ctx, zone);
            f64::from(self.impaired_in(zone, internal)) / f64::from(self.hosts_in(zone)) * strength
        };
        let mean = |weight: &dyn Fn(ZoneId) -> f64| {
            let (mut total, mut sum) = (0.0, 0.0);
            for zone in self.zones().filter(|zone| self.hosts_in(*zone) > 0) {
                total += weight(zone);
                sum += weight(zone) * impaired(zone);
            }
            (total > 0.0).then(|| sum / total)
        };
        let by_hosts = || mean(&|zone| f64::from(self.hosts_in(zone)));
        mean(&|zone| self.requests_in(zone, hour)).or_else(by_hosts).unwrap_or(0.0)
    }
}

fn active_in(fault: &Fault, zone: ZoneId) -> u32 {
    fault.active_in(IdRange::one(zone)) as u32
}
