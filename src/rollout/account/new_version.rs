//! What the new version has served so far, on average: requests, and how many of them met the fault. Kept only for rollouts
//! whose gates weigh it; what these make of it is not known here.

use crate::ids::{IdVec, ZoneId};
use crate::plan::Defect;
use crate::rollout::context::Context;
use crate::rollout::deployment::Deployments;
use crate::rollout::fault::Fault;
use crate::rollout::served::Served;

/// The running account of what the new version serves.
#[derive(Debug, Default)]
pub struct NewVersion {
    zones: IdVec<ZoneId, ZoneShare>,
    /// Up to each zone's own last change.
    served: Served,
    touched: bool,
}

/// What the new version serves in one zone since the last change there, as shares of the zone's requests.
#[derive(Debug, Clone, Copy, Default)]
struct ZoneShare {
    since_ms: u64,
    requests: f64,
    met_fault: f64,
}

impl NewVersion {
    /// It served nothing; keeps the memory.
    pub fn reset(&mut self, zones: usize) {
        if self.touched || self.zones.len() != zones {
            self.zones.reset(zones, ZoneShare::default());
            self.served = Served::default();
            self.touched = false;
        }
    }

    /// A zone has other hosts on the new version, they are sent another share of its requests, or others of them are impaired.
    pub fn changed(&mut self, ctx: &Context, deployments: &Deployments, fault: &Fault, zone: ZoneId) {
        self.touched = true;
        self.served = self.served.and(self.since(ctx, zone));
        let (requests, hosts) = (deployments.traffic_share(ctx, zone), deployments.new_hosts(zone));
        let hurt = if is_seen(ctx) { fault.impaired_in_zone(zone).min(hosts) } else { 0 };
        let met = if hurt > 0 { f64::from(hurt) / f64::from(hosts) * fault.strength(ctx, zone) } else { 0.0 };
        self.zones[zone] = ZoneShare { since_ms: ctx.now_ms(), requests, met_fault: requests * met };
    }

    /// All until now.
    pub fn so_far(&self, ctx: &Context) -> Served {
        ctx.zones().fold(self.served, |sum, zone| sum.and(self.since(ctx, zone)))
    }

    /// What was served in a zone since its last change.
    fn since(&self, ctx: &Context, zone: ZoneId) -> Served {
        let ZoneShare { since_ms, requests, met_fault } = self.zones[zone];
        if requests == 0.0 || since_ms == ctx.now_ms() {
            return Served::default();
        }
        let region = ctx.region_of(zone);
        let part = f64::from(ctx.zone(zone).hosts) / ctx.model.region_hosts[region] as f64;
        let all = part * ctx.model.requests_between(region, ctx.start_utc_ms + since_ms, ctx.utc_ms());
        Served { requests: all * requests, met_fault: all * met_fault }
    }
}

/// Whether requests to the new version show that it is faulty: not where the fault is the old version's, where the load of
/// crashed hosts moves, or where no alarm can see it.
fn is_seen(ctx: &Context) -> bool {
    let is_blind = |defect: &Defect| defect.seen_by.as_ref().is_some_and(Vec::is_empty);
    ctx.is_bad() && !ctx.defect.is_some_and(is_blind) && !ctx.crashes()
}
