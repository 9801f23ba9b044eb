//! What takes a fault away: going back to the old version, a switch, work on each host; and relapses.
//!
//! When the pipeline or people act is in `rollback` and `respond`; here is what that does to a host.

use super::queue::{Class, Happening};
use super::trace::Observer;
use super::trial::Trial;
use crate::plan::{HostRepair, RollbackEffect, Within};
use crate::random::{Distribution, Purpose, survival_of_largest};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Hosts being worked on: when each of the places at work is free again, by zone, region or for all.
#[derive(Debug, Default)]
pub(super) struct RepairShop {
    queues: Vec<BinaryHeap<Reverse<u64>>>,
    /// Jobs done on a host, so that each has a draw of its own.
    jobs: u64,
}

impl RepairShop {
    pub(super) fn reset(&mut self) {
        self.queues.iter_mut().for_each(BinaryHeap::clear);
        self.jobs = 0;
    }

    /// Begins a job of `work_ms` as soon as one of `at_once` places is free; says when it is done.
    fn enter(&mut self, queue: usize, at_once: Option<u32>, now_ms: u64, work_ms: u64) -> u64 {
        let Some(at_once) = at_once else { return now_ms + work_ms };
        if self.queues.len() <= queue {
            self.queues.resize_with(queue + 1, BinaryHeap::new);
        }
        let places = &mut self.queues[queue];
        let start_ms = if places.len() < at_once as usize {
            now_ms
        } else {
            places.pop().map_or(now_ms, |Reverse(free_ms)| free_ms.max(now_ms))
        };
        places.push(Reverse(start_ms + work_ms));
        start_ms + work_ms
    }
}

impl<O: Observer> Trial<'_, O> {
    /// The host is back on the old version.
    pub(super) fn gone_back(&mut self, zone: usize, host: u32) {
        let Some(defect) = self.defect().filter(|_| self.buffers.defective.wards[zone].is_ill(host)) else {
            return;
        };
        let heals = defect.cure.rollback == RollbackEffect::Heals && !self.response.poisoned;
        if heals && self.is_in_share(zone, host, defect.cure.share) {
            self.cause_removed(zone, host);
        } else {
            self.response.unhealed = true;
        }
    }

    /// The fault wakes on a host that went back.
    pub(super) fn worsen(&mut self, zone: usize, host: u32) {
        let Some(defect) = self.defect() else { return };
        if self.is_in_share(zone, host, defect.cure.share) {
            self.response.unhealed = true;
            self.fall_ill(zone, host);
        }
    }

    fn is_in_share(&self, zone: usize, host: u32, share: f64) -> bool {
        let entity = self.plan.fleet.zones[zone].entity;
        share >= 1.0 || self.streams.stream(Purpose::Cure, entity).uniform_at(u64::from(host)) < share
    }

    /// Nothing keeps the host ill any more; it is well at once, or after work on it.
    pub(super) fn cause_removed(&mut self, zone: usize, host: u32) {
        // A fault that sleeps, or whose conditions do not hold, has left no work behind.
        let active = self.is_active(zone, host);
        match self.defect().and_then(|defect| defect.cure.repair).filter(|_| active) {
            None => self.healed(zone, host),
            Some(repair) => self.start_repair(zone, host, repair),
        }
    }

    fn start_repair(&mut self, zone: usize, host: u32, repair: HostRepair) {
        let place = &self.plan.fleet.zones[zone];
        let queue = match repair.within {
            Within::Zone => zone,
            Within::Region => place.region,
            Within::Service => 0,
        };
        let u = self.streams.stream(Purpose::Repair, place.entity).uniform_at(u64::from(host));
        let work_ms = repair.per_host.by_cdf(u);
        let done_ms = self.buffers.repairs.enter(queue, repair.at_once, self.now_ms, work_ms);
        self.response.settled_ms = self.response.settled_ms.max(done_ms);
        self.buffers.queue.push(done_ms, Class::Heal, Happening::Repaired { zone: zone as u32, host });
    }

    /// The host is well, perhaps for a while.
    pub(super) fn healed(&mut self, zone: usize, host: u32) {
        let now_ms = self.now_ms;
        self.recover(zone, host);
        let Some(relapse) = self.defect().and_then(|defect| defect.cure.relapse) else { return };
        let entity = self.plan.fleet.zones[zone].entity;
        let turn = self.buffers.repairs.jobs;
        self.buffers.repairs.jobs += 1;
        let mut luck =
            self.streams.stream(Purpose::Relapse, crate::random::mix(&[entity, u64::from(host), turn]));
        if luck.uniform() < relapse.probability {
            let ill_ms = now_ms + relapse.after.by_cdf(luck.uniform());
            let well_ms = ill_ms + relapse.lasts.by_cdf(luck.uniform());
            let zone = zone as u32;
            self.buffers.queue.push(ill_ms, Class::Impair, Happening::Relapse { zone, host });
            self.buffers.queue.push(well_ms, Class::Heal, Happening::Repaired { zone, host });
            self.response.settled_ms = self.response.settled_ms.max(well_ms);
        }
    }

    /// Hosts with the fault get another version, zone by zone in parallel and batch after batch: an older one
    /// (`back`), which helps only where going back heals, or one without the fault.
    pub(super) fn treat_in_batches(&mut self, time: Distribution, back: bool) {
        let heals = self.defect().is_some_and(|defect| defect.cure.rollback == RollbackEffect::Heals);
        if back && !heals {
            self.response.unhealed = true;
            return;
        }
        self.response.poisoned = false;
        for region in 0..self.plan.fleet.regions.len() {
            let mut end_ms = self.now_ms;
            for zone in self.plan.fleet.regions[region].zones.clone() {
                end_ms = end_ms.max(self.treat_zone_in_batches(zone, time));
            }
            self.response.settled_ms = self.response.settled_ms.max(end_ms);
            for zone in self.plan.fleet.regions[region].zones.clone() {
                self.buffers.queue.push(end_ms, Class::Act, Happening::Relief { zone: zone as u32 });
            }
        }
    }

    /// Says when the zone's last batch is done.
    fn treat_zone_in_batches(&mut self, zone: usize, time: Distribution) -> u64 {
        let place = &self.plan.fleet.zones[zone];
        let batch = self.strategy.rollback.batch.of(place.hosts) as usize;
        let mut luck = self.streams.stream(Purpose::Fix, place.entity);
        let ward = &self.buffers.defective.wards[zone];
        let hosts: Vec<u32> = ward.ever.iter().copied().filter(|&host| ward.is_ill(host)).collect();
        let mut at_ms = self.now_ms;
        for together in hosts.chunks(batch) {
            at_ms += time.by_survival(survival_of_largest(luck.uniform(), together.len() as u32));
            for &host in together {
                let zone = zone as u32;
                self.buffers.queue.push(at_ms, Class::Heal, Happening::Treated { zone, host });
            }
        }
        at_ms
    }

    /// The fault is switched off in the zone.
    pub(super) fn relief(&mut self, zone: usize) {
        if self.defect.is_some() {
            self.buffers.defective.surroundings.relieve(zone);
            self.treat_zone(zone);
        }
    }

    /// Removes the cause on every host of the zone on which the fault is awake.
    pub(super) fn treat_zone(&mut self, zone: usize) {
        let mut index = 0;
        while let Some(&host) = self.buffers.defective.wards[zone].ever.get(index) {
            index += 1;
            if self.buffers.defective.wards[zone].is_ill(host) {
                self.cause_removed(zone, host);
            }
        }
    }
}
