//! The way back: the pipeline stops, and a rollback is a deployment of its own.

use super::deploy::{NONE, other_host_ms};
use super::queue::{Class, Happening};
use super::trace::{Event, Observer};
use super::trial::Trial;
use crate::plan::{OnAlarm, RollbackEffect, RollbackScope, RollbackTarget, Scope};
use crate::random::{Distribution, Purpose, Stream, survival_of_largest};

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
    /// Other hosts that had completed, ascending: those of the interrupted batch, and all where some were
    /// left behind.
    partial: Vec<u32>,
    /// Those of them in the interrupted batch.
    interrupted: u32,
    /// Hosts that take the change by themselves and do not go back.
    past_waves: u32,
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
                zone.interrupted = 0;
                zone.past_waves = 0;
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
    /// The pipeline reacts to an alarm, unless that is forgotten by now or people were faster.
    pub(super) fn stop(&mut self) {
        if !std::mem::take(&mut self.response.reacting) {
            return;
        }
        self.response.pending -= 1;
        let Some((_, watch)) = self.response.alarm.filter(|_| self.response.stop_ms.is_none()) else {
            return;
        };
        self.halt();
        if self.strategy.response.on_alarm == OnAlarm::Rollback {
            self.go_back(false);
        } else {
            let (now_ms, alarm) = (self.now_ms, self.watch_scope(watch).0);
            self.observe(now_ms, || Event::Halted { alarm });
            self.response.unhealed = self.defect.is_some();
        }
    }

    /// Takes the hosts in scope back, or all of them if no alarm says which; people (`by_hand`) also reach those that
    /// took the change by themselves.
    pub(super) fn roll_back(&mut self, by_hand: bool) {
        let now_ms = self.now_ms;
        let cause = self.response.alarm.map(|(_, watch)| self.watch_scope(watch));
        self.response.rolled_back = true;
        self.response.poisoned =
            self.strategy.rollback.target == RollbackTarget::LastBlessed && self.wave.index > 0;
        let mut hosts = 0;
        for zone in 0..self.buffers.zones.len() {
            if by_hand {
                self.catch_past_waves(zone);
            }
            let goes_back =
                cause.is_none_or(|(alarm, entity)| self.goes_back(zone, alarm as usize, entity as usize));
            let retreat = &mut self.buffers.retreat.zones[zone];
            let affected = u64::from(retreat.hosts());
            self.response.left_exposed += u64::from(retreat.past_waves);
            if goes_back {
                retreat.batch = self.strategy.rollback.batch.of(self.plan.fleet.zones[zone].hosts);
                hosts += affected;
            } else {
                self.response.left_exposed += affected;
            }
        }
        if let Some((alarm, _)) = cause {
            self.observe(now_ms, || Event::RollbackDecided { alarm, hosts });
        }
        for zone in 0..self.buffers.zones.len() {
            if self.buffers.retreat.zones[zone].batch > 0 {
                self.start_retreat(zone);
            }
        }
        self.roll_back_others();
    }

    /// Settles which hosts have the new version at the stop.
    pub(super) fn settle_hosts(&mut self) {
        self.buffers.retreat.dirty = true;
        for zone in 0..self.buffers.zones.len() {
            self.count_hosts(zone);
        }
    }

    /// Settles which hosts of the zone have the new version at the stop.
    fn count_hosts(&mut self, zone: usize) {
        let stop_ms = self.now_ms;
        let state = self.buffers.zones[zone];
        // Where hosts were left behind, those that were not are no prefix of the zone.
        let one_by_one = state.left_behind > 0;
        let mut index = state.last_batch;
        while index != NONE {
            let batch = self.buffers.batches[index as usize];
            index = batch.previous;
            if batch.end_ms <= stop_ms && !one_by_one {
                self.buffers.retreat.zones[zone].whole = batch.first + batch.hosts;
                break;
            }
            if batch.start_ms < stop_ms {
                let mut draws = self.host_draws(zone);
                let mut partial = std::mem::take(&mut self.buffers.retreat.zones[zone].partial);
                let before = partial.len();
                let hosts = batch.first..batch.first + batch.hosts;
                partial.extend(
                    hosts.filter(|host| self.batch_completion_ms(&batch, *host, &mut draws) <= stop_ms),
                );
                let retreat = &mut self.buffers.retreat.zones[zone];
                if batch.end_ms > stop_ms {
                    retreat.interrupted += (partial.len() - before) as u32;
                }
                retreat.partial = partial;
            }
        }
        self.buffers.retreat.zones[zone].partial.sort_unstable();
        if state.bypass != NONE {
            self.buffers.retreat.zones[zone].past_waves = self.buffers.batches[state.bypass as usize].hosts;
        }
    }

    /// Hosts that took the change by themselves go back with the others.
    fn catch_past_waves(&mut self, zone: usize) {
        let bypass = self.buffers.zones[zone].bypass;
        if bypass != NONE {
            let batch = self.buffers.batches[bypass as usize];
            let retreat = &mut self.buffers.retreat.zones[zone];
            retreat.partial.extend(batch.first..batch.first + batch.hosts);
            retreat.past_waves = 0;
        }
    }

    /// All deployments of the team that are in flight in a region that goes back go back as well.
    fn roll_back_others(&mut self) {
        let mean = self.strategy.response.other_deployments;
        if mean == 0.0 {
            return;
        }
        for region in &self.plan.fleet.regions {
            let retreats = &self.buffers.retreat.zones[region.zones.clone()];
            if retreats.iter().any(|retreat| !retreat.batches.is_empty()) {
                let u = self.streams.stream(Purpose::Collateral, region.entity).uniform();
                self.response.collateral += poisson(mean, u);
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
        let time = &self.strategy.rollback_time(&self.plan.change);
        let retreat = &mut self.buffers.retreat.zones[zone];
        let hosts = retreat.hosts();
        if hosts == 0 {
            return;
        }
        let mut draws = self.streams.stream(Purpose::RollbackBatch, place.entity);
        let mut at_ms = now_ms;
        let mut left = hosts;
        while left > 0 {
            let size = retreat.batch.min(left);
            let uniform = draws.uniform();
            let end_ms = at_ms + time.by_survival(survival_of_largest(uniform, size));
            retreat.batches.push(RollbackBatch { start_ms: at_ms, end_ms, hosts: size, uniform });
            at_ms = end_ms;
            left -= size;
        }
        self.response.settled_ms = self.response.settled_ms.max(at_ms);
        self.announce_retreat(zone);
        let zone_index = zone as u32;
        self.observe(now_ms, || Event::ZoneRollbackStarted { zone: zone_index, hosts });
        self.observe(at_ms, || Event::ZoneRollbackDone { zone: zone_index });
        self.heal_impaired(zone);
    }

    /// Hosts with the fault go back like the others; later ones are scheduled as they fall ill. The old
    /// version may make hosts ill that were not.
    fn heal_impaired(&mut self, zone: usize) {
        let Some(defect) = self.defect() else { return };
        let zone_index = zone as u32;
        let mut draws = self.return_draws(zone);
        for index in 0..self.buffers.defective.wards[zone].ever.len() {
            let host = self.buffers.defective.wards[zone].ever[index];
            if let Some(back_ms) = self.back_ms(zone, host, &mut draws) {
                let happening = Happening::GoneBack { zone: zone_index, host };
                self.buffers.queue.push(back_ms, Class::Heal, happening);
            }
        }
        if defect.cure.rollback == RollbackEffect::Worsens {
            for host in 0..self.plan.fleet.zones[zone].hosts {
                if let Some(back_ms) = self.back_ms(zone, host, &mut draws) {
                    let happening = Happening::Worsen { zone: zone_index, host };
                    self.buffers.queue.push(back_ms, Class::Impair, happening);
                }
            }
        }
    }

    fn announce_retreat(&mut self, zone: usize) {
        for index in 0..self.buffers.retreat.zones[zone].batches.len() {
            let batch = self.buffers.retreat.zones[zone].batches[index];
            self.announce_aboard(zone, -(batch.hosts as i32), batch.end_ms);
            self.announce_rollback(zone, batch.hosts, batch.start_ms, batch.end_ms);
        }
    }

    /// What the hosts of a zone draw their times from on the way back, host by host.
    pub(super) fn return_draws(&self, zone: usize) -> Stream {
        self.streams.stream(Purpose::RollbackHost, self.plan.fleet.zones[zone].entity)
    }

    /// When the host is back on the old version; none if it does not go back. Neighbours share a block of `draws`.
    pub(super) fn back_ms(&self, zone: usize, host: u32, draws: &mut Stream) -> Option<u64> {
        let retreat = &self.buffers.retreat.zones[zone];
        if retreat.batch == 0 {
            return None;
        }
        let position = retreat.position(host)?;
        let batch = retreat.batches.get((position / retreat.batch) as usize)?;
        let time = &self.strategy.rollback_time(&self.plan.change);
        if position % retreat.batch == 0 || matches!(time, Distribution::Fixed { .. }) {
            return Some(batch.end_ms);
        }
        let after_ms = other_host_ms(time, batch.uniform, batch.hosts, draws.uniform_at(u64::from(host)));
        Some((batch.start_ms + after_ms).min(batch.end_ms))
    }

    /// Hosts of the zone on the new version at the stop.
    pub(super) fn hosts_at_stop(&self, zone: usize) -> u32 {
        self.buffers.retreat.zones[zone].hosts() + self.buffers.retreat.zones[zone].past_waves
    }

    /// Hosts of the zone that completed in a batch which the stop interrupted.
    pub(super) fn interrupted_hosts(&self, zone: usize) -> u64 {
        u64::from(self.buffers.retreat.zones[zone].interrupted)
    }

    /// Host-time that the zone's rollback takes off exposure that would last until `end_ms`.
    pub(super) fn retreat_saves_host_ms(&self, zone: usize, end_ms: u64) -> u64 {
        let batches = self.buffers.retreat.zones[zone].batches.iter();
        let saved = batches.map(|batch| u64::from(batch.hosts) * (end_ms - batch.end_ms));
        saved.sum()
    }
}

/// A Poisson variate with mean `mean` by inverse distribution function.
fn poisson(mean: f64, u: f64) -> u32 {
    let mut pmf = libm::exp(-mean);
    let (mut count, mut sum) = (0, pmf);
    while sum < u && count < 100_000 {
        count += 1;
        pmf *= mean / f64::from(count);
        sum += pmf;
    }
    count
}
