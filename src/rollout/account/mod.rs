//! What it cost: who was impaired for how long, how widely, and what was turned away for want of capacity.
//!
//! Every change of who is impaired or in service passes here, is booked, and only then reaches the alarms: [`Booked`] is
//! what they take, and nobody else makes one. Exposure is read off the deployments when the rollout is over.

mod capacity;
mod customers;
mod ledger;
mod new_version;

pub use capacity::{
    Capacity, announce_replacement, announce_rollback, down_hosts_matter, replacement_matters,
};
pub use ledger::BlastRadius;

use super::context::Context;
use super::deployment::{Deployments, RouteChange};
use super::fault::{Fault, FaultChange};
use super::place::DarkPlace;
use super::served::Served;
use super::trace::RolloutEvent;
use crate::ids::{BatchId, ZoneId};
use crate::outcome::CustomerHarm;
use customers::CustomerLedger;
use ledger::Ledger;
use new_version::NewVersion;

/// A change of a zone is in the account: now the alarms look.
#[must_use]
#[derive(Debug)]
pub struct Booked {
    zone: ZoneId,
}

impl Booked {
    /// The zone.
    #[inline]
    pub fn zone(&self) -> ZoneId {
        self.zone
    }
}

/// Who is told at once that hosts went out of service or came back.
pub trait CapacityListener {
    /// What only the last of those told can make.
    type Told;

    /// Hosts of a zone went out of service or came back.
    fn changed(&mut self, ctx: &mut Context, capacity: &Capacity, change: Booked) -> Self::Told;
}

/// Which way hosts move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// Out of service.
    Leaves,
    /// Back into it.
    Returns,
}

impl Service {
    fn signed(self, hosts: u32) -> i32 {
        match self {
            Self::Leaves => hosts as i32,
            Self::Returns => -(hosts as i32),
        }
    }
}

/// The account of one rollout.
#[derive(Debug, Default)]
pub struct Account {
    ledger: Ledger,
    capacity: Capacity,
    customers: CustomerLedger,
    new_version: NewVersion,
}

impl Account {
    /// Forgets everything, keeps the memory.
    pub fn reset(&mut self, zones: usize, regions: usize) {
        self.customers.reset();
        self.ledger.reset(regions);
        self.capacity.reset(zones, regions);
        self.new_version.reset(zones);
    }

    /// Hosts that are out of service for other reasons than the defect.
    #[inline]
    pub fn capacity(&self) -> &Capacity {
        &self.capacity
    }

    /// What the new version has served until now, on average; only where gates weigh it.
    pub fn served(&self, ctx: &Context) -> Served {
        self.new_version.so_far(ctx)
    }

    /// Something changed in a zone: the account has it from now on. `mitigating` while a remedy is under way.
    #[inline]
    pub fn book(
        &mut self,
        ctx: &mut Context,
        deployments: &Deployments,
        fault: &Fault,
        (change, mitigating): (FaultChange, bool),
    ) -> Booked {
        let zone = change.zone();
        if change.shows() {
            self.ledger.book(ctx, fault, &change, mitigating);
            if ctx.model.has_customers {
                self.customers.book(ctx, deployments, fault, zone);
            }
        }
        if ctx.weighs_risk {
            self.new_version.changed(ctx, deployments, fault, zone);
        }
        if change.moved() {
            tell(ctx, &change);
            if ctx.crashes() {
                self.book_serving(ctx, deployments, fault, zone);
            }
        }
        Booked { zone }
    }

    fn book_serving(&mut self, ctx: &Context, deployments: &Deployments, fault: &Fault, zone: ZoneId) {
        if ctx.plan.fleet.peak_utilisation.is_some() {
            let region = ctx.region_of(zone);
            let serving = self.capacity.serving_in(ctx, deployments, fault, region);
            self.ledger.set_serving(ctx, fault, region, serving);
        }
    }

    /// A zone has other hosts on the new version, or these are sent another share of its requests.
    pub fn routes_change(
        &mut self,
        ctx: &mut Context,
        deployments: &Deployments,
        fault: &Fault,
        change: RouteChange,
        listener: &mut impl CapacityListener,
    ) {
        if ctx.weighs_risk {
            self.new_version.changed(ctx, deployments, fault, change.zone());
        }
        if ctx.routed {
            if ctx.model.has_customers && ctx.defect.is_some() {
                self.customers.book(ctx, deployments, fault, change.zone());
            }
            self.serving_changed(ctx, deployments, fault, change.zone(), listener);
        }
    }

    /// Hosts of a batch go out of service or come back; those that a stop came before do neither.
    pub fn batch_moves(
        &mut self,
        ctx: &mut Context,
        deployments: &Deployments,
        fault: &Fault,
        (batch, hosts, service): (BatchId, u32, Service),
        listener: &mut impl CapacityListener,
    ) {
        let batch = deployments.batch(batch);
        let left_ms = match service {
            Service::Leaves => ctx.now_ms(),
            Service::Returns => capacity::leaves_ms(ctx, batch.start_ms, ctx.now_ms()),
        };
        if !deployments.is_cut(batch.past_waves, left_ms) {
            // Of a batch that moves as a whole the surge comes beside.
            let beside = if hosts == batch.hosts - batch.surge { batch.surge } else { 0 };
            self.capacity.replace(batch.zone, service.signed(hosts), service.signed(beside));
            self.serving_changed(ctx, deployments, fault, batch.zone, listener);
        }
    }

    /// Hosts of a zone that goes back go out of service or come back.
    pub fn hosts_return(
        &mut self,
        ctx: &mut Context,
        deployments: &Deployments,
        fault: &Fault,
        (zone, hosts, service): (ZoneId, u32, Service),
        listener: &mut impl CapacityListener,
    ) {
        self.capacity.take_back(zone, service.signed(hosts));
        self.serving_changed(ctx, deployments, fault, zone, listener);
    }

    fn serving_changed(
        &mut self,
        ctx: &mut Context,
        deployments: &Deployments,
        fault: &Fault,
        zone: ZoneId,
        listener: &mut impl CapacityListener,
    ) {
        self.book_serving(ctx, deployments, fault, zone);
        let _told = listener.changed(ctx, &self.capacity, Booked { zone });
    }

    /// A zone or a region goes dark for a reason of its own.
    pub fn goes_dark(
        &mut self,
        ctx: &mut Context,
        deployments: &Deployments,
        fault: &Fault,
        place: DarkPlace,
        listener: &mut impl CapacityListener,
    ) {
        self.capacity.tell_dark(ctx, place);
        self.set_dark(ctx, deployments, fault, (place, true), listener);
        self.capacity.schedule_back(ctx, place);
    }

    /// It is back; the next failure will come.
    pub fn is_back(
        &mut self,
        ctx: &mut Context,
        deployments: &Deployments,
        fault: &Fault,
        place: DarkPlace,
        listener: &mut impl CapacityListener,
    ) {
        self.set_dark(ctx, deployments, fault, (place, false), listener);
        self.capacity.schedule_next_failure(ctx, place);
    }

    fn set_dark(
        &mut self,
        ctx: &mut Context,
        deployments: &Deployments,
        fault: &Fault,
        (place, dark): (DarkPlace, bool),
        listener: &mut impl CapacityListener,
    ) {
        for zone in capacity::zones_of_place(ctx, place) {
            self.capacity.set_dark(zone, dark);
            self.serving_changed(ctx, deployments, fault, zone, listener);
        }
    }

    /// What the rollout cost, once its observation is over at `end_ms`.
    ///
    /// # Panics
    ///
    /// If something was booked later than that.
    pub fn close(&mut self, ctx: &Context, fault: &Fault, end_ms: u64) -> BlastRadius {
        self.ledger.close(ctx, fault, end_ms)
    }

    /// What customers met of a rollout that was over at `end_ms`, and observed until `observed_ms`; none where nothing is said of
    /// them.
    pub fn close_customers(
        &mut self,
        ctx: &Context,
        rollout: (&Deployments, &Fault),
        (end_ms, observed_ms): (u64, u64),
    ) -> Option<CustomerHarm> {
        self.customers.close(ctx, rollout, (end_ms, observed_ms))
    }
}

#[inline]
fn tell(ctx: &mut Context, change: &FaultChange) {
    let (before, hosts) = change.impaired();
    let zone = change.zone().number();
    ctx.tell(ctx.now_ms(), || match change.host().map(crate::ids::HostId::number) {
        Some(host) if hosts == before + 1 => RolloutEvent::HostImpaired { zone, host },
        Some(host) if hosts + 1 == before => RolloutEvent::HostHealed { zone, host },
        Some(_) | None => RolloutEvent::ZoneImpaired { zone, hosts },
    });
}
