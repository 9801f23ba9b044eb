//! The way back: the pipeline stops, and a rollback is a deployment of its own.

use super::deploy::{BatchDraws, NONE, other_host_ms};
use super::queue::{Class, Happening};
use super::trace::{Event, Observer};
use super::trial::Trial;
use crate::plan::{RollbackScope, Scope};
use crate::random::{Distribution, Purpose, survival_of_largest};

/// Rollbacks of one trial.
#[derive(Debug, Default)]
pub(super) struct Retreat {
    zones: Vec<ZoneRetreat>,
    dirty: bool,
}

/// Rollback of one zone.
#[derive(Debug, Default)]
struct ZoneRetreat {
    /// Hosts per batch; 0 while the zone is not rolling back.
    batch: u32,
    /// Hosts `0 .. whole` completed with their batches before the stop.
    whole: u32,
    /// Hosts of the interrupted batch that had completed, ascending.
    partial: Vec<u32>,
    /// Rollback batches in order.
    batches: Vec<RollbackBatch>,
}

/// Hosts that go back together.
#[derive(Debug, Clone, Copy)]
struct RollbackBatch {
    start_ms: u64,
    end_ms: u64,
    hosts: u32,
    /// The slowest host's uniform.
    uniform: f64,
}

impl Retreat {
    pub(super) fn reset(&mut self, zones: usize) {
        if self.dirty || self.zones.len() != zones {
            for zone in &mut self.zones {
                zone.batch = 0;
                zone.whole = 0;
                zone.partial.clear();
                zone.batches.clear();
            }
            self.zones.resize_with(zones, ZoneRetreat::default);
            self.dirty = false;
        }
    }
}

impl ZoneRetreat {
    /// Hosts on the new version at the stop.
    fn hosts(&self) -> u32 {
        self.whole + self.partial.len() as u32
    }

    /// Position of a host in the order of going back: the order in which it came.
    fn position(&self, host: u32) -> Option<u32> {
        if host < self.whole {
            return Some(host);
        }
        self.partial.binary_search(&host).ok().map(|rank| self.whole + rank as u32)
    }
}

impl<O: Observer> Trial<'_, O> {
    /// Stops the pipeline and starts the rollback, unless the rollout has completed meanwhile.
    pub(super) fn stop(&mut self) {
        let now_ms = self.now_ms;
        let Some((_, watch)) = self.response.alarm.filter(|_| self.response.completed_ms.is_none()) else {
            return;
        };
        self.response.stop_ms = Some(now_ms);
        self.response.retreated_ms = now_ms;
        self.observer.retract_after(now_ms);
        self.buffers.retreat.dirty = true;
        let (alarm, entity) = self.watch_scope(watch);
        let mut hosts = 0;
        for zone in 0..self.buffers.zones.len() {
            self.count_hosts(zone);
            let goes_back = self.goes_back(zone, alarm as usize, entity as usize);
            let retreat = &mut self.buffers.retreat.zones[zone];
            let affected = u64::from(retreat.hosts());
            if goes_back {
                retreat.batch = self.strategy.rollback.batch.of(self.plan.fleet.zones[zone].hosts);
                hosts += affected;
            } else {
                self.response.left_exposed += affected;
            }
        }
        self.observe(now_ms, || Event::RollbackDecided { alarm, hosts });
        for zone in 0..self.buffers.zones.len() {
            if self.buffers.retreat.zones[zone].batch > 0 {
                self.start_retreat(zone);
            }
        }
    }

    /// Settles which hosts of the zone have the new version at the stop.
    fn count_hosts(&mut self, zone: usize) {
        let stop_ms = self.now_ms;
        let mut index = self.buffers.zones[zone].last_batch;
        while index != NONE {
            let batch = self.buffers.batches[index as usize];
            index = batch.previous;
            let retreat = &mut self.buffers.retreat.zones[zone];
            if batch.end_ms <= stop_ms {
                retreat.whole = batch.first + batch.hosts;
                break;
            }
            if batch.start_ms < stop_ms {
                let hosts = batch.first..batch.first + batch.hosts;
                retreat.partial = hosts
                    .filter(|host| batch.completion_ms(self.plan, &self.streams, *host) <= stop_ms)
                    .collect();
            }
        }
    }

    /// Whether the zone is in the rollback's scope.
    fn goes_back(&self, zone: usize, alarm: usize, entity: usize) -> bool {
        let region = self.plan.fleet.zones[zone].region;
        let alarm_scope = self.plan.alarms[alarm].scope;
        match (self.strategy.rollback.scope, alarm_scope) {
            (RollbackScope::Everything, _) => true,
            (RollbackScope::Wave, _) => self.strategy.waves[self.wave.index].regions.contains(&region),
            (_, Scope::Service) => true,
            (_, Scope::Region) => region == entity,
            (RollbackScope::Deployment, Scope::OneBox | Scope::Zone) => zone == entity,
            (RollbackScope::Region, Scope::OneBox | Scope::Zone) => {
                region == self.plan.fleet.zones[entity].region
            }
        }
    }

    fn start_retreat(&mut self, zone: usize) {
        let now_ms = self.now_ms;
        let place = &self.plan.fleet.zones[zone];
        let time = &self.plan.change.rollback_time;
        let mut draws = BatchDraws::new(time, &self.streams, Purpose::RollbackBatch, place.entity, 0);
        let retreat = &mut self.buffers.retreat.zones[zone];
        let hosts = retreat.hosts();
        if hosts == 0 {
            return;
        }
        let mut at_ms = now_ms;
        let mut left = hosts;
        while left > 0 {
            let size = retreat.batch.min(left);
            let uniform = draws.next();
            let end_ms = at_ms + time.by_survival(survival_of_largest(uniform, size));
            retreat.batches.push(RollbackBatch { start_ms: at_ms, end_ms, hosts: size, uniform });
            at_ms = end_ms;
            left -= size;
        }
        self.response.retreated_ms = self.response.retreated_ms.max(at_ms);
        let zone_index = zone as u32;
        self.observe(now_ms, || Event::ZoneRollbackStarted { zone: zone_index, hosts });
        self.observe(at_ms, || Event::ZoneRollbackDone { zone: zone_index });
        self.heal_impaired(zone);
    }

    /// Hosts impaired already heal when they are back; later ones are scheduled as they fall ill.
    fn heal_impaired(&mut self, zone: usize) {
        if self.defect.is_none() {
            return;
        }
        for index in 0..self.buffers.defective.zone(zone).impaired.len() {
            let host = self.buffers.defective.zone(zone).impaired[index];
            if let Some(back_ms) = self.back_ms(zone, host) {
                self.buffers.queue.push(back_ms, Class::Heal, Happening::Heal { zone: zone as u32, host });
            }
        }
    }

    /// When the host is back on the old version; none if it does not go back.
    pub(super) fn back_ms(&self, zone: usize, host: u32) -> Option<u64> {
        let retreat = &self.buffers.retreat.zones[zone];
        if retreat.batch == 0 {
            return None;
        }
        let position = retreat.position(host)?;
        let batch = retreat.batches.get((position / retreat.batch) as usize)?;
        let time = &self.plan.change.rollback_time;
        if position % retreat.batch == 0 || matches!(time, Distribution::Fixed { .. }) {
            return Some(batch.end_ms);
        }
        let entity = self.plan.fleet.zones[zone].entity;
        let uniform = self.streams.stream(Purpose::RollbackHost, entity).uniform_at(u64::from(host));
        let after_ms = other_host_ms(time, batch.uniform, batch.hosts, uniform);
        Some((batch.start_ms + after_ms).min(batch.end_ms))
    }

    /// Hosts of the zone on the new version at the stop.
    pub(super) fn hosts_at_stop(&self, zone: usize) -> u32 {
        self.buffers.retreat.zones[zone].hosts()
    }

    /// Hosts of the zone that completed in a batch which the stop interrupted.
    pub(super) fn interrupted_hosts(&self, zone: usize) -> u64 {
        self.buffers.retreat.zones[zone].partial.len() as u64
    }

    /// Host-time that the zone's rollback takes off exposure that would last until `end_ms`.
    pub(super) fn retreat_saves_host_ms(&self, zone: usize, end_ms: u64) -> u64 {
        let batches = self.buffers.retreat.zones[zone].batches.iter();
        let saved = batches.map(|batch| u64::from(batch.hosts) * (end_ms - batch.end_ms));
        saved.sum()
    }
}
