//! The running account of customers: how many are impaired, for how long in sum, at most, and ever. Kept only where the fleet
//! says something of customers; nobody is drawn, all numbers are expected ones over the shards that customers may be on.
//!
//! Where waves send a share of users to the new version, users are told apart by level: those of a level are sent there, or not,
//! all together. Customers who were impaired at some time: while more and more places are impaired, they are those of the
//! largest set. After places have healed, others that fall ill hurt as many more as the share rises; who of these was hurt before
//! is not known where places fall ill again. Then the sum is the most that they can be, and so are the customers with enough
//! places that were ever impaired: the lesser of the two counts.

use crate::ids::{IdVec, RegionId, ZoneId};
use crate::outcome::CustomerHarm;
use crate::plan::customers::by_level;
use crate::plan::{Customers, Hurts, ShardPlace};
use crate::rollout::context::Context;
use crate::rollout::deployment::Deployments;
use crate::rollout::fault::Fault;

/// Customers of one rollout.
#[derive(Debug, Default)]
pub struct CustomerLedger {
    /// Shares of users up to which the same ones are sent to the new version, ascending.
    levels: Vec<f64>,
    /// By region and, within it, by level.
    shares: Vec<LevelShare>,
    /// The largest share of its users whom impaired hosts of a zone hurt at once.
    hurt: IdVec<ZoneId, f64>,
    peak: f64,
}

/// The customers of a region who are of one level, as shares of all who are.
#[derive(Debug, Clone, Copy, Default)]
struct LevelShare {
    /// Impaired now.
    now: f64,
    /// Since when.
    since_ms: u64,
    /// Integral up to then.
    share_ms: f64,
    /// What the share was when it began to rise.
    low: f64,
    /// By how much it rose before.
    risen: f64,
}

impl LevelShare {
    fn advance(&mut self, at_ms: u64) {
        self.share_ms += self.now * (at_ms - self.since_ms) as f64;
        self.since_ms = at_ms;
    }

    fn set(&mut self, share: f64) {
        if share < self.now {
            self.risen += self.now - self.low;
            self.low = share;
        }
        self.now = share;
    }

    fn risen(&self) -> f64 {
        self.risen + (self.now - self.low)
    }
}

impl CustomerLedger {
    /// Forgets everything, keeps the memory.
    pub fn reset(&mut self) {
        self.levels.clear();
        self.shares.clear();
    }

    /// Nobody is impaired yet.
    fn prepare(&mut self, ctx: &Context) {
        if self.levels.is_empty() {
            self.levels = ctx.strategy.user_levels();
            self.shares.resize(ctx.plan.fleet.regions.len() * self.levels.len(), LevelShare::default());
            self.hurt.reset(ctx.plan.fleet.zones.len(), 0.0);
            self.peak = 0.0;
        }
    }

    /// Other hosts of a zone are impaired than before, or other users are sent there.
    pub fn book(&mut self, ctx: &Context, deployments: &Deployments, fault: &Fault, zone: ZoneId) {
        self.prepare(ctx);
        let region = ctx.region_of(zone);
        let Some(customers) = ctx.region(region).customers else { return };
        let fleet = &ctx.plan.fleet;
        let everyone = ctx.defect.is_some_and(|defect| defect.hurts != Hurts::Host);
        // Hosts that went back may be impaired still, or for that: nobody is kept from those.
        let meets_all = |zone| everyone || ctx.routed && deployments.new_hosts(zone) == 0;
        let sent = |zone| if meets_all(zone) { 1.0 } else { deployments.users_share(ctx, zone) };
        // All impaired hosts of a region count then, whoever is sent there.
        let counts_all = self.levels.len() == 1 && customers.of == ShardPlace::Hosts;
        if fault.impaired_in_zone(zone) > 0 {
            let sent = if counts_all { 1.0 } else { sent(zone) };
            self.hurt[zone] = self.hurt[zone].max(sent);
        }
        let places = fleet.shard_places(region, customers.of);
        let mut rises = false;
        for (index, level) in self.levels.iter().enumerate() {
            let reached = |zone| if sent(zone) >= *level { fault.impaired_in_zone(zone) } else { 0 };
            let impaired = if counts_all {
                // As many as the fault has counted already.
                fault.impaired_in_region(region)
            } else {
                fleet.places_with(region, customers.of, reached)
            };
            let share = &mut self.shares[region.index() * self.levels.len() + index];
            share.advance(ctx.now_ms());
            let after = customers.impaired_share(impaired, places);
            rises |= after > share.now;
            share.set(after);
        }
        if rises {
            self.peak = self.peak.max(self.sum(ctx, |_, _, _, share| share.now));
        }
    }

    /// What customers met of a rollout that was over at `end_ms`, and observed until `observed_ms`; none where nothing is said of
    /// them.
    pub fn close(
        &mut self,
        ctx: &Context,
        (deployments, fault): (&Deployments, &Fault),
        (end_ms, observed_ms): (u64, u64),
    ) -> Option<CustomerHarm> {
        if !ctx.model.has_customers {
            return None;
        }
        self.prepare(ctx);
        self.shares.iter_mut().for_each(|share| share.advance(observed_ms));
        let met = deployments.met(ctx, end_ms);
        let fleet = &ctx.plan.fleet;
        Some(CustomerHarm {
            peak_impaired: self.peak,
            impaired_ms: self.sum(ctx, |_, _, _, share| share.share_ms),
            ever_impaired: self.sum(ctx, |region, customers, level, share| {
                let ever = |zone| if self.hurt[zone] >= level { fault.ever_impaired_in(zone) } else { 0 };
                let ever = fleet.places_with(region, customers.of, ever);
                let places = fleet.shard_places(region, customers.of);
                share.risen().min(customers.impaired_share(ever, places))
            }),
            ever_exposed: fleet.customers_met(&self.levels, |zone| met[zone]),
        })
    }

    /// So many customers of all regions, given what counts of each and of each level.
    fn sum(&self, ctx: &Context, of_each: impl Fn(RegionId, &Customers, f64, &LevelShare) -> f64) -> f64 {
        let of_region = |(id, customers): (RegionId, Customers)| {
            let shares = &self.shares[id.index() * self.levels.len()..];
            let mean = by_level(&self.levels, |level, index| of_each(id, &customers, level, &shares[index]));
            customers.count as f64 * mean
        };
        ctx.plan.fleet.with_customers().map(of_region).sum()
    }
}
