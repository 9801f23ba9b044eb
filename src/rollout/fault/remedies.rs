//! What takes the fault away from hosts: going back, work on them, a version without it, a switch; and what brings it back.
//!
//! When the rollout or people do any of it is decided elsewhere.

use super::conditions::ZoneRemedy;
use super::cure::{self, Promise, Relapsing};
use super::hosts::HostFault;
use super::{AroundFault, Fault};
use crate::ids::{HostId, RegionId, ZoneId};
use crate::plan::{Defect, RollbackEffect};
use crate::random::{Distribution, Purpose};
use crate::rollout::context::Context;
use crate::rollout::deployment::{Deployments, GoingBack, return_draws};
use crate::rollout::event::FaultEvent;
use crate::rollout::place::FleetHost;
use crate::rollout::trace::RolloutEvent;

impl Fault {
    /// Hosts with the fault go back like the others; those on which it wakes later do so when it wakes. The old version
    /// may wake it on hosts that were well.
    pub fn send_back(&mut self, ctx: &mut Context, deployments: &Deployments, going: GoingBack) {
        let GoingBack { zone, to_bad_version } = going;
        self.back_to_bad_version = to_bad_version;
        let Some(defect) = ctx.defect else { return };
        if defect.is_cured_by_the_change() {
            return self.will_fall_sick_again(ctx, deployments, zone);
        }
        let mut draws = return_draws(ctx, zone);
        let mut index = 0;
        while let Some(host) = self.hosts.ever(zone, index) {
            index += 1;
            if let Some(back_ms) = deployments.back_ms(ctx, host, &mut draws) {
                ctx.schedule(back_ms, FaultEvent::GoneBack { host });
            }
        }
        if defect.cure.rollback == RollbackEffect::Worsens {
            for id in (0..ctx.zone(zone).hosts as usize).map(HostId::new) {
                let host = FleetHost { zone, id };
                if let Some(back_ms) = deployments.back_ms(ctx, host, &mut draws) {
                    ctx.schedule(back_ms, FaultEvent::Worsens { host });
                }
            }
        }
    }

    /// Everything stays as it is: hosts with the fault keep it.
    pub fn left_alone(&mut self, ctx: &Context) {
        self.unhealed = ctx.defect.is_some();
    }

    /// A remedy begins that may heal what none healed before.
    pub fn remedy_begins(&mut self) {
        self.unhealed = false;
    }

    /// The host is back on the old version.
    pub fn gone_back(
        &mut self,
        ctx: &mut Context,
        host: FleetHost,
        around: &mut impl AroundFault,
    ) -> Promise {
        let is_left = self.hosts.is_faulty(host) && !self.is_seen_to(host.zone);
        let Some(defect) = ctx.defect.filter(|_| is_left) else { return Promise::NOTHING };
        let heals = defect.cure.rollback == RollbackEffect::Heals && !self.back_to_bad_version;
        if heals && cure::is_in_share(ctx, host, defect.cure.share) {
            self.cause_removed(ctx, host, around)
        } else {
            self.unhealed = true;
            Promise::NOTHING
        }
    }

    /// Whether another remedy has taken the cause away in the zone meanwhile: what its hosts need is under way.
    fn is_seen_to(&self, zone: ZoneId) -> bool {
        self.conditions.remedy(zone) != ZoneRemedy::None
    }

    /// The host has a version without the fault.
    pub fn treated(&mut self, ctx: &mut Context, host: FleetHost, around: &mut impl AroundFault) -> Promise {
        if self.is_seen_to(host.zone) { Promise::NOTHING } else { self.cause_removed(ctx, host, around) }
    }

    /// The fault wakes on a host that went back.
    pub fn worsens(&mut self, ctx: &mut Context, host: FleetHost, around: &mut impl AroundFault) {
        let Some(defect) = ctx.defect else { return };
        if !self.is_seen_to(host.zone) && cure::is_in_share(ctx, host, defect.cure.share) {
            self.unhealed = true;
            self.wakes_on(ctx, host, around);
        }
    }

    /// The fault wakes again on a host that was healed, and goes again, if it can.
    pub fn relapses(&mut self, ctx: &mut Context, host: FleetHost, around: &mut impl AroundFault) {
        if let Some(heals_ms) = self.repairs.relapse_ends_ms(ctx, host)
            && self.wakes_on(ctx, host, around)
        {
            ctx.schedule(heals_ms, FaultEvent::Repaired { host });
        }
    }

    /// Nothing keeps the fault awake on the host any more; it is well at once, or after work on it.
    fn cause_removed(
        &mut self,
        ctx: &mut Context,
        host: FleetHost,
        around: &mut impl AroundFault,
    ) -> Promise {
        // A fault that sleeps, or whose conditions do not hold, has left no work behind.
        let is_work_left = |defect: &&Defect| {
            let state = self.hosts.state(host);
            !defect.cure.repair.is_empty()
                && matches!(state, HostFault::Hidden | HostFault::Awake)
                && self.conditions.hold(ctx, around.deployments(), host.zone, defect)
        };
        let defect = ctx.defect.filter(is_work_left);
        match defect.and_then(|defect| self.repairs.begin(ctx, host, &defect.cure)) {
            None => {
                self.healed(ctx, host, around);
                Promise::NOTHING
            }
            Some(done_ms) => {
                ctx.schedule(done_ms, FaultEvent::Repaired { host });
                Promise::until(done_ms)
            }
        }
    }

    /// The host is well, perhaps for a while. Nothing changes if it was.
    pub fn healed(&mut self, ctx: &mut Context, host: FleetHost, around: &mut impl AroundFault) {
        let Some(defect) = ctx.defect else { return };
        let in_one_box = around.deployments().is_in_one_box(host);
        match self.hosts.sleeps(ctx, host, in_one_box) {
            HostFault::Awake => self.awake_changed(ctx, defect, host, around),
            HostFault::Latent | HostFault::Hidden => self.refresh(ctx, defect, host.zone, None, around),
            HostFault::Asleep => return,
        }
        if self.conditions.remedy(host.zone) == ZoneRemedy::SwitchedOff {
            return;
        }
        if let Some(relapse) = &defect.cure.relapse
            && self.repairs.healed(ctx, host, relapse) == Relapsing::ForEver
        {
            self.unhealed = true;
        }
    }

    /// Hosts with the fault get another version, zone by zone in parallel and batch after batch: an older one
    /// (`back`), which helps only where going back heals, or one without the fault.
    pub fn treat_in_batches(&mut self, ctx: &mut Context, time: &Distribution, back: bool) -> Promise {
        let heals = ctx.defect.is_some_and(|defect| defect.cure.rollback == RollbackEffect::Heals);
        if back && !heals {
            self.unhealed = true;
            return Promise::NOTHING;
        }
        self.back_to_bad_version = false;
        let mut promise = Promise::NOTHING;
        for region in (0..ctx.plan.fleet.regions.len()).map(RegionId::new) {
            let mut end_ms = ctx.now_ms();
            for zone in ctx.zones_of(region) {
                let hosts = self.hosts.faulty(zone);
                let done_ms = cure::treat_in_batches(ctx, zone, &hosts, time, |ctx, host, at_ms| {
                    ctx.schedule(at_ms, FaultEvent::Treated { host });
                });
                end_ms = end_ms.max(done_ms);
            }
            promise = promise.and(Promise::until(end_ms));
            for zone in ctx.zones_of(region) {
                ctx.schedule(end_ms, FaultEvent::SwitchedOff { zone });
            }
        }
        promise
    }

    /// A switch is turned that takes a while, drawn from `spread`, to reach each zone.
    pub fn switch_spreads(&mut self, ctx: &mut Context, spread: &Distribution) -> Promise {
        let mut promise = Promise::NOTHING;
        for zone in ctx.zones() {
            let u = ctx.streams.stream(Purpose::Spread, ctx.zone(zone).entity).uniform();
            let at_ms = ctx.now_ms() + spread.by_cdf(u);
            ctx.schedule(at_ms, FaultEvent::SwitchedOff { zone });
            promise = promise.and(Promise::until(at_ms));
        }
        promise
    }

    /// What triggers the fault is withdrawn: no other region gets it, and where it is it goes, which takes each region a time.
    /// The fault is dormant there again. One that nothing triggers is left as it is.
    pub fn withdraw(&mut self, ctx: &mut Context) -> Promise {
        let Some(trigger) = ctx.defect.and_then(|defect| defect.trigger) else {
            self.left_alone(ctx);
            return Promise::NOTHING;
        };
        self.withdrawn = true;
        let mut promise = Promise::NOTHING;
        for region in ctx.plan.fleet.regions.ids().filter(|region| self.conditions.is_triggered(*region)) {
            let mut draws = ctx.streams.stream(Purpose::Withdrawal, ctx.region(region).entity);
            let takes_ms = trigger.withdrawal.map_or(0, |time| time.by_cdf(draws.uniform()));
            let at_ms = ctx.now_ms() + takes_ms;
            ctx.tell(at_ms, || RolloutEvent::Withdrawn { region: region.number() });
            promise = promise.and(Promise::until(at_ms));
            for zone in ctx.zones_of(region) {
                ctx.schedule(at_ms, FaultEvent::SwitchedOff { zone });
            }
        }
        promise
    }

    /// The fault is switched off in the zone for good.
    pub fn switched_off(
        &mut self,
        ctx: &mut Context,
        zone: ZoneId,
        around: &mut impl AroundFault,
    ) -> Promise {
        self.repairs.no_more_relapses(zone);
        self.remove_causes(ctx, zone, ZoneRemedy::SwitchedOff, around)
    }

    /// The hosts of the zone are looked after where they are.
    pub fn mended(&mut self, ctx: &mut Context, zone: ZoneId, around: &mut impl AroundFault) -> Promise {
        self.remove_causes(ctx, zone, ZoneRemedy::Mended, around)
    }

    /// The cause goes from every host of the zone on which the fault is awake.
    fn remove_causes(
        &mut self,
        ctx: &mut Context,
        zone: ZoneId,
        remedy: ZoneRemedy,
        around: &mut impl AroundFault,
    ) -> Promise {
        let mut promise = Promise::NOTHING;
        let Some(defect) = ctx.defect else { return promise };
        let is_seen_to = self.is_seen_to(zone);
        self.conditions.set_remedy(zone, remedy);
        // Only a host that fell ill again has anything left to ask for.
        if is_seen_to && defect.cure.relapse.is_none() {
            return promise;
        }
        let mut index = 0;
        while let Some(host) = self.hosts.ever(zone, index) {
            index += 1;
            if self.hosts.is_faulty(host) {
                promise = promise.and(self.cause_removed(ctx, host, around));
            }
        }
        promise
    }
}
