//! The fault of a bad change: where it wakes, whom it hurts while its conditions hold, and what takes it away.
//!
//! The state of every host is small (see `hosts`). How many hosts of a zone are impaired follows from that and from the
//! conditions around it, by one function; every event changes some part of the state and asks that function again.
//! What follows from it is told [`AroundFault`]: the account and the alarms are not known here.

mod conditions;
mod cure;
mod history;
mod hosts;
mod impairment;
mod onset;
mod remedies;
mod sick_fleet;

pub use cure::Promise;
pub use history::Spell;
pub use impairment::FaultChange;
pub use onset::susceptible_hosts;

use super::context::Context;
use super::deployment::{Deployments, NewBatches, RouteChange, return_draws};
use super::event::FaultEvent;
use super::place::FleetHost;
use crate::ids::{HostId, IdRange, RegionId, ZoneId};
use crate::plan::{Defect, Hurts};
use crate::random::{Distribution, Purpose};
use conditions::{Conditions, ZoneRemedy};
use cure::Repairs;
use history::History;
use hosts::{FaultyHosts, HostFault, ZoneCount};
use impairment::{Impairment, ZoneImpairment};
use onset::Onsets;

/// The rollout around the fault: what it asks of it, and who is told at once that something changed.
pub trait AroundFault {
    /// What only the last of those told can make.
    type Told;

    /// Who has the new version.
    fn deployments(&self) -> &Deployments;

    /// Something changed in a zone.
    fn changed(&mut self, ctx: &mut Context, fault: &Fault, change: FaultChange) -> Self::Told;
}

/// Hosts that were laid out may become impaired.
#[must_use]
#[derive(Debug)]
pub struct Exposed(());

/// The fault of one rollout. Only a bad change touches it.
#[derive(Debug, Default)]
pub struct Fault {
    onsets: Onsets,
    hosts: FaultyHosts,
    impairment: Impairment,
    history: History,
    conditions: Conditions,
    repairs: Repairs,
    /// When it was first awake where its conditions held.
    activated_ms: Option<u64>,
    /// Some host is faulty that no remedy so far heals.
    unhealed: bool,
    /// What triggers it was withdrawn: it reaches no region any more.
    withdrawn: bool,
    /// The version that hosts go back to is the bad one.
    back_to_bad_version: bool,
    /// There is something to forget.
    touched: bool,
    /// Size of the fleet that it knows.
    zones: usize,
}

/// Whether only the hosts on which the fault is awake are impaired, whenever it is.
#[inline]
fn is_plain(defect: &Defect) -> bool {
    let condition = &defect.condition;
    defect.hurts == Hurts::Host
        && defect.trigger.is_none()
        && condition.intermittent.is_none()
        && !condition.counts_hosts()
        && !condition.looks_at_the_clock()
}

impl Fault {
    /// Forgets everything, keeps the memory.
    pub fn reset(&mut self, zones: usize, regions: usize) {
        if self.touched || self.zones != zones {
            self.onsets.reset(zones);
            self.hosts.reset(zones, regions);
            self.impairment.reset(zones, regions);
            self.history.reset(zones);
            self.conditions.reset(zones, regions);
            self.repairs.reset();
            self.touched = false;
            self.zones = zones;
        }
        self.activated_ms = None;
        self.unhealed = false;
        self.withdrawn = false;
        self.back_to_bad_version = false;
    }

    // How it begins.

    /// Schedules the trigger of a dormant fault.
    pub fn schedule_trigger(&mut self, ctx: &mut Context) {
        if let Some(trigger) = ctx.defect.and_then(|defect| defect.trigger) {
            self.touched = true;
            conditions::schedule_trigger(ctx, &trigger);
        }
    }

    /// A zone got new batches.
    #[inline]
    pub fn expose(&mut self, ctx: &mut Context, deployments: &Deployments, new: NewBatches) -> Exposed {
        // A wave may switch requests only.
        if let Some(defect) = ctx.defect.filter(|_| !new.is_empty()) {
            self.touched = true;
            if defect.is_cured_by_the_change() {
                self.will_cure(ctx, deployments, &new);
            } else {
                self.onsets.expose(ctx, deployments, defect, new.zone, new.first);
            }
        }
        Exposed(())
    }

    /// The first host has the new version.
    pub fn first_exposure(&mut self, ctx: &mut Context) {
        if let Some(defect) = ctx.defect {
            self.onsets.first_exposure(ctx, defect);
        }
    }

    /// The latent clock ran out.
    pub fn latent_onset(&mut self, ctx: &mut Context, deployments: &Deployments) {
        self.onsets.latent_onset(ctx, deployments);
    }

    /// The zone's next onset is due.
    pub fn next_onset(&mut self, ctx: &mut Context, deployments: &Deployments, zone: ZoneId) {
        if let Some(defect) = ctx.defect {
            self.onsets.strike_next(ctx, deployments, defect, zone);
        }
    }

    // What wakes it on a host.

    /// The fault wakes on the host, unless it never got the new version, has left it again, or the fault
    /// is switched off there.
    pub fn wakes(&mut self, ctx: &mut Context, host: FleetHost, around: &mut impl AroundFault) {
        if !around.deployments().gets(ctx, host) {
            return;
        }
        if self.conditions.remedy(host.zone) != ZoneRemedy::None {
            return;
        }
        let back_ms = around.deployments().back_ms(ctx, host, &mut return_draws(ctx, host.zone));
        if back_ms.is_some_and(|back_ms| back_ms <= ctx.now_ms()) {
            return;
        }
        if self.wakes_on(ctx, host, around)
            && let Some(back_ms) = back_ms
        {
            ctx.schedule(back_ms, FaultEvent::GoneBack { host });
        }
    }

    /// The fault wakes on the host. False if it was awake already or is switched off.
    fn wakes_on(&mut self, ctx: &mut Context, host: FleetHost, around: &mut impl AroundFault) -> bool {
        let Some(defect) = ctx.defect else { return false };
        let switched_off = self.conditions.remedy(host.zone) == ZoneRemedy::SwitchedOff;
        if self.hosts.is_faulty(host) || switched_off {
            return false;
        }
        self.hosts.wakes(host, around.deployments().is_in_one_box(host));
        self.conditions.start(ctx, &defect.condition);
        if defect.masked == (Distribution::Fixed { ms: 0 }) {
            self.shows(ctx, host, around);
        } else {
            self.hosts.turns_latent(ctx, host);
            self.hide_latent(ctx, around.deployments(), defect, host.zone);
            self.note_activation(ctx, around.deployments(), defect, host.zone);
            self.refresh(ctx, defect, host.zone, None, around);
        }
        true
    }

    /// Where conditions hold, the time of a cache begins for every host on which the fault is latent.
    fn hide_latent(&mut self, ctx: &mut Context, deployments: &Deployments, defect: &Defect, zone: ZoneId) {
        if !self.hosts.any_latent(zone) || !self.conditions.hold(ctx, deployments, zone, defect) {
            return;
        }
        let mut draws = ctx.streams.stream(Purpose::Mask, ctx.zone(zone).entity);
        for host in self.hosts.hide_latent(ctx, zone) {
            let at_ms = ctx.now_ms() + defect.masked.by_cdf(draws.uniform_at(host.draw()));
            ctx.schedule(at_ms, FaultEvent::Unmasks { host });
        }
    }

    /// The mask is over.
    pub fn unmasks(&mut self, ctx: &mut Context, host: FleetHost, around: &mut impl AroundFault) {
        if self.hosts.state(host) == HostFault::Hidden {
            self.shows(ctx, host, around);
        }
    }

    /// Nothing hides the fault on the host any more.
    #[inline]
    fn shows(&mut self, ctx: &mut Context, host: FleetHost, around: &mut impl AroundFault) {
        let Some(defect) = ctx.defect else { return };
        self.hosts.shows(ctx, host, around.deployments().is_in_one_box(host));
        self.note_activation(ctx, around.deployments(), defect, host.zone);
        self.awake_changed(ctx, defect, host, around);
    }

    #[inline]
    fn note_activation(&mut self, ctx: &Context, deployments: &Deployments, defect: &Defect, zone: ZoneId) {
        if self.activated_ms.is_none() && self.conditions.hold(ctx, deployments, zone, defect) {
            self.activated_ms = Some(ctx.now_ms());
        }
    }

    // Who is impaired by it.

    /// The fault is awake on another host, or on one less.
    #[inline]
    fn awake_changed(
        &mut self,
        ctx: &mut Context,
        defect: &Defect,
        host: FleetHost,
        around: &mut impl AroundFault,
    ) {
        let zones = match defect.hurts {
            Hurts::Everyone(_, within) => ctx.zones_around(host.zone, within),
            Hurts::Host => IdRange::one(host.zone),
        };
        for neighbour in zones {
            let host = Some(host.id).filter(|_| neighbour == host.zone);
            self.refresh(ctx, defect, neighbour, host, around);
        }
    }

    /// Counts who is impaired in the zone; `host` is the one whose state changed, if it was only that.
    #[inline]
    fn refresh(
        &mut self,
        ctx: &mut Context,
        defect: &Defect,
        zone: ZoneId,
        host: Option<HostId>,
        around: &mut impl AroundFault,
    ) {
        let after = if is_plain(defect) && !ctx.routed {
            let (impaired, active) = (self.hosts.awake(zone), self.hosts.woken(zone));
            ZoneImpairment { impaired, active, peers: 0, load: 1.0 }
        } else {
            self.impairment_now(ctx, around.deployments(), defect, zone)
        };
        if let Some(change) = self.impairment.set(zone, ctx.region_of(zone), host, after) {
            if ctx.model.has_customers && after.impaired.all > 0 {
                self.hosts.note_impaired(ctx, zone, defect.hurts);
            }
            if ctx.model.counts_damage && defect.symptom.damages() {
                self.history.note(zone, ctx.now_ms(), after);
            }
            let _told = around.changed(ctx, self, change);
        }
    }

    /// How the zone is as things stand.
    fn impairment_now(
        &self,
        ctx: &Context,
        deployments: &Deployments,
        defect: &Defect,
        zone: ZoneId,
    ) -> ZoneImpairment {
        let active = self.active_now(ctx, deployments, defect, zone);
        let load = match defect.hurts {
            Hurts::Host if ctx.routed && active.all > 0 => deployments.load(ctx, zone),
            Hurts::Host | Hurts::Everyone(..) => 1.0,
        };
        ZoneImpairment {
            impaired: self.impaired_now(ctx, deployments, defect, zone),
            active,
            peers: conditions::peers(ctx, deployments, zone, defect),
            load,
        }
    }

    /// Hosts of the zone that are impaired as things stand: none that no request is sent to.
    #[inline]
    fn impaired_now(
        &self,
        ctx: &Context,
        deployments: &Deployments,
        defect: &Defect,
        zone: ZoneId,
    ) -> ZoneCount {
        if !self.conditions.hold(ctx, deployments, zone, defect) {
            return ZoneCount::default();
        }
        let is_served = |zone: ZoneId| !deployments.is_routed(zone) || deployments.load(ctx, zone) > 0.0;
        match defect.hurts {
            Hurts::Host if ctx.routed && !is_served(zone) => ZoneCount::default(),
            Hurts::Host => self.hosts.awake(zone),
            Hurts::Everyone(from, within) => {
                let limit = u64::from(from.of(ctx.hosts_around(zone, within) as u32));
                let awake = if ctx.routed {
                    let served = ctx.zones_around(zone, within).filter(|zone| is_served(*zone));
                    served.map(|zone| u64::from(self.hosts.awake(zone).all)).sum()
                } else {
                    self.hosts.awake_around(ctx, zone, within)
                };
                if awake < limit {
                    return ZoneCount::default();
                }
                ZoneCount { all: ctx.zone(zone).hosts, one_box: deployments.one_box(zone) }
            }
        }
    }

    /// Hosts of the zone on which the fault is awake where its conditions hold, hidden or not, as things stand.
    #[inline]
    fn active_now(
        &self,
        ctx: &Context,
        deployments: &Deployments,
        defect: &Defect,
        zone: ZoneId,
    ) -> ZoneCount {
        let woken = self.hosts.woken(zone);
        let holds = || self.conditions.hold(ctx, deployments, zone, defect);
        if woken.all == 0 || holds() { woken } else { ZoneCount::default() }
    }

    /// Conditions may hold or no longer hold in these zones.
    fn conditions_changed(
        &mut self,
        ctx: &mut Context,
        zones: IdRange<ZoneId>,
        around: &mut impl AroundFault,
    ) {
        let Some(defect) = ctx.defect else { return };
        for zone in zones {
            if self.activated_ms.is_none() && self.active_now(ctx, around.deployments(), defect, zone).all > 0
            {
                self.activated_ms = Some(ctx.now_ms());
            }
            self.hide_latent(ctx, around.deployments(), defect, zone);
            self.refresh(ctx, defect, zone, None, around);
        }
    }

    /// The trigger reaches a region, unless it was withdrawn, or travels region by region and was stopped.
    pub fn trigger_reaches(&mut self, ctx: &mut Context, region: RegionId, around: &mut impl AroundFault) {
        let Some(trigger) = ctx.defect.and_then(|defect| defect.trigger) else { return };
        let is_stopped = ctx.strategy.trigger_step_ms > 0 && around.deployments().stopped_ms().is_some();
        if self.withdrawn || is_stopped {
            return;
        }
        self.conditions.trigger(ctx, &trigger, region);
        self.conditions_changed(ctx, ctx.zones_of(region), around);
    }

    /// The trigger is over in a region.
    pub fn trigger_ends(&mut self, ctx: &mut Context, region: RegionId, around: &mut impl AroundFault) {
        self.conditions.trigger_over(region);
        self.conditions_changed(ctx, ctx.zones_of(region), around);
    }

    /// A new hour begins.
    pub fn hour_begins(&mut self, ctx: &mut Context, around: &mut impl AroundFault) {
        self.conditions_changed(ctx, ctx.zones(), around);
        conditions::schedule_hour(ctx);
    }

    /// An intermittent fault pauses or comes back.
    pub fn turns(&mut self, ctx: &mut Context, around: &mut impl AroundFault) {
        let Some(defect) = ctx.defect else { return };
        self.conditions.turn(ctx, &defect.condition);
        self.conditions_changed(ctx, ctx.zones(), around);
    }

    /// A zone has other hosts on the new version, or these are sent another share of its requests: so conditions that count
    /// hosts may hold or not, and whoever is hurt there is hurt by more or fewer requests.
    pub fn routes_change(&mut self, ctx: &mut Context, change: &RouteChange, around: &mut impl AroundFault) {
        let minds = |defect: &&Defect| ctx.routed || defect.condition.counts_hosts();
        let Some(defect) = ctx.defect.filter(minds) else { return };
        let counted = conditions::widest_count(&defect.condition);
        let widest = match defect.hurts {
            Hurts::Everyone(_, within) if ctx.routed => counted.max(within),
            Hurts::Everyone(..) | Hurts::Host => counted,
        };
        self.conditions_changed(ctx, ctx.zones_around(change.zone(), widest), around);
    }

    // What others ask.

    /// Impaired hosts of a zone and of its one-box.
    #[inline]
    pub fn impaired_in_zone(&self, zone: ZoneId) -> u32 {
        self.impairment.in_zone(zone).impaired.all
    }

    /// Hosts of the zone that were impaired at some time; only where customers are counted.
    pub fn ever_impaired_in(&self, zone: ZoneId) -> u32 {
        self.hosts.ever_impaired(zone)
    }

    /// Impaired hosts of a zone's one-box.
    #[inline]
    pub fn impaired_in_one_box(&self, zone: ZoneId) -> u32 {
        self.impairment.in_zone(zone).impaired.one_box
    }

    /// Impaired hosts of a region.
    #[inline]
    pub fn impaired_in_region(&self, region: RegionId) -> u32 {
        self.impairment.in_region(region)
    }

    /// Impaired hosts of the fleet.
    #[inline]
    pub fn impaired_in_fleet(&self) -> u64 {
        self.impairment.in_fleet()
    }

    /// Tells for how long who was impaired in a zone between two instants, in order of time; only where an alarm counts damage.
    pub fn spells(&self, zone: ZoneId, between_ms: (u64, u64), told: impl FnMut(Spell)) {
        self.history.spells(zone, between_ms, told);
    }

    /// Requests that each impaired host of the zone is sent, relative to those of a host where all are sent as many.
    #[inline]
    pub fn load(&self, zone: ZoneId) -> f64 {
        self.impairment.in_zone(zone).load
    }

    /// How much of its full strength the fault has on an impaired host of the zone. One between two versions that do not
    /// understand each other makes as much of a host's work fail as goes to hosts on the other version.
    pub fn strength(&self, ctx: &Context, zone: ZoneId) -> f64 {
        match ctx.defect.and_then(|defect| defect.condition.mixed) {
            None => 1.0,
            Some(within) => {
                self.impairment.in_zone(zone).peers as f64 / ctx.hosts_around(zone, within) as f64
            }
        }
    }

    /// Hosts of these zones on which the fault is awake where its conditions hold, hidden or not: what a look inside sees
    /// before customers do.
    pub fn active_in(&self, zones: IdRange<ZoneId>) -> u64 {
        zones.map(|zone| u64::from(self.impairment.in_zone(zone).active.all)).sum()
    }

    /// The same of a zone's one-box.
    pub fn active_in_one_box(&self, zone: ZoneId) -> u64 {
        u64::from(self.impairment.in_zone(zone).active.one_box)
    }

    /// Whether some host is impaired, or would be if conditions held.
    pub fn anyone_impaired(&self, ctx: &Context) -> bool {
        ctx.defect.is_some() && (self.unhealed || self.impaired_in_fleet() > 0)
    }

    /// Whether some host is faulty that no remedy so far heals.
    #[inline]
    pub fn is_unhealed(&self) -> bool {
        self.unhealed
    }

    /// When the last relapse is over that can still come; 0 for none.
    #[inline]
    pub fn relapsing_until_ms(&self) -> u64 {
        self.repairs.relapsing_until_ms()
    }

    /// When it was first awake where its conditions held.
    pub fn activated_ms(&self) -> Option<u64> {
        self.activated_ms
    }
}
