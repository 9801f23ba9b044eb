//! The way forward: waves, regions of a wave, zones of a region, batches of a zone.
//!
//! A zone's deployment needs no event of its own between its start and its end: all its batches are
//! laid out when it starts, and a stop cuts the layout short.

use super::deploy::Batch;
use super::lag::{Lag, Stragglers};
use super::model::one_box_hosts;
use super::queue::{Class, Happening};
use super::trace::{Event, Observer};
use super::trial::{Buffers, RegionState, Trial};
use crate::plan::Procedure;
use crate::random::{Distribution, Purpose};

impl<'a, O: Observer> Trial<'a, O> {
    /// Starts a wave, or waits where an alarm already fires for another reason.
    pub(super) fn start_wave(&mut self, index: usize, path_bake_ms: u64) {
        let now_ms = self.now_ms;
        if self.response.stop_ms.is_some() {
            return;
        }
        let Some(opens_ms) = self.gate_opens(index) else { return };
        if opens_ms > now_ms {
            self.wave.path_bake_ms = path_bake_ms;
            let wave = index as u32;
            self.buffers.queue.push(opens_ms, Class::Promote, Happening::StartWave { wave });
            return;
        }
        if let Some(clear_ms) = self.ambient_alarm_until(now_ms) {
            let wave = index as u32;
            self.response.blocked_ms += clear_ms - now_ms;
            self.wave.path_bake_ms = path_bake_ms;
            self.observe(now_ms, || Event::WaveBlocked { wave });
            self.buffers.queue.push(clear_ms, Class::Promote, Happening::StartWave { wave });
            return;
        }
        self.observe(now_ms, || Event::WaveStarted { wave: index as u32 });
        let first_batch = self.buffers.batches.len();
        self.buffers.wave_batches.push(first_batch);
        self.wave.index = index;
        self.wave.next_region = 0;
        self.wave.active = 0;
        self.wave.path_bake_ms = path_bake_ms;
        self.promoted_ms = Some(now_ms);
        self.log_wave_start();
        self.fill_wave(path_bake_ms);
    }

    /// Starts regions while the wave has room, and bakes the wave when none is left.
    fn fill_wave(&mut self, path_bake_ms: u64) {
        let strategy = self.strategy;
        let wave = &strategy.waves[self.wave.index];
        while self.wave.active < wave.regions_at_once && self.wave.next_region < wave.regions.len() {
            let region = wave.regions[self.wave.next_region];
            self.wave.next_region += 1;
            self.buffers.regions[region] = RegionState::default();
            if self.has_work(region) {
                self.wave.active += 1;
                if !self.awaits_window(region, path_bake_ms) {
                    self.fill_region(region, path_bake_ms);
                }
            }
        }
        self.account_windows();
        if self.wave.active == 0 && self.wave.next_region == wave.regions.len() {
            self.bake_wave(path_bake_ms);
        }
    }

    /// Whether a zone of the region has hosts that the wave still moves.
    fn has_work(&self, region: usize) -> bool {
        let mut zones = self.plan.fleet.regions[region].zones.clone();
        zones.any(|zone| self.target(zone) > self.buffers.zones[zone].done)
    }

    /// Starts zones while the region has room; zones with nothing left to deploy are passed over.
    pub(super) fn fill_region(&mut self, region: usize, path_bake_ms: u64) {
        let strategy = self.strategy;
        let wave = &strategy.waves[self.wave.index];
        let zones = self.plan.fleet.regions[region].zones.clone();
        loop {
            let RegionState { next_zone, active } = self.buffers.regions[region];
            let zone = zones.start + next_zone as usize;
            if active >= wave.procedure.zones_at_once || zone >= zones.end {
                return;
            }
            self.buffers.regions[region].next_zone += 1;
            let target = self.target(zone);
            if target > self.buffers.zones[zone].done {
                self.buffers.regions[region].active += 1;
                self.start_zone(zone, target, path_bake_ms);
            }
        }
    }

    /// Hosts of the zone that have the new version when the wave is done; those past the waves are not
    /// among them.
    fn target(&self, zone: usize) -> u32 {
        let hosts = self.plan.fleet.zones[zone].hosts;
        let past_waves = self.strategy.bypass.map_or(0, |bypass| bypass.hosts.of(hosts));
        self.strategy.waves[self.wave.index].hosts.reach_of(hosts).min(hosts - past_waves)
    }

    fn start_zone(&mut self, zone: usize, target: u32, path_bake_ms: u64) {
        let now_ms = self.now_ms;
        let strategy = self.strategy;
        let wave = self.wave.index as u32;
        let plan = &strategy.waves[self.wave.index];
        self.observe(now_ms, || Event::ZoneStarted { wave, zone: zone as u32 });
        let hosts = self.plan.fleet.zones[zone].hosts;
        let state = &mut self.buffers.zones[zone];
        state.in_flight = true;
        state.path_bake_ms = path_bake_ms;
        let fresh = state.done == 0;
        let one_box = if fresh { one_box_hosts(plan, hosts) } else { None };
        if let Some(size) = one_box {
            self.buffers.zones[zone].one_box = size;
        }
        self.lay_out(zone, target, one_box, &plan.procedure);
    }

    /// Lays out the deployment: one-box and its bake, then the batches and theirs.
    fn lay_out(&mut self, zone: usize, target: u32, one_box: Option<u32>, procedure: &Procedure) {
        let first_batch = self.buffers.batches.len();
        let started_ms = self.now_ms;
        let mut at_ms = started_ms;
        if let (Some(size), Some(stage)) = (one_box, &procedure.one_box) {
            at_ms = self.add_batches(zone, size, size, at_ms, true);
            let bake_ms = self.bake(stage.bake_ms);
            self.observe_bake(zone, at_ms, bake_ms, true);
            at_ms += bake_ms;
            self.buffers.zones[zone].path_bake_ms += bake_ms;
        }
        self.open_zone_watches(zone, started_ms, at_ms);
        // Hosts that need no time would be on the new version at the very instant of the promotion;
        // they must come after what the instant itself decides, so the promotion is an event then.
        let instant = self.deploy.host == Distribution::Fixed { ms: 0 };
        if instant && at_ms > started_ms && self.buffers.zones[zone].done < target {
            self.buffers.queue.push(at_ms, Class::Promote, Happening::OneBoxBaked { zone: zone as u32 });
        } else {
            self.lay_out_batches(zone, target, at_ms, procedure);
        }
        self.expose(zone, first_batch);
    }

    /// The rest of a zone whose one-box bake ended just now.
    pub(super) fn one_box_baked(&mut self, zone: usize) {
        if self.response.stop_ms.is_some() {
            return;
        }
        self.promoted_ms = Some(self.now_ms);
        let strategy = self.strategy;
        let wave = &strategy.waves[self.wave.index];
        let target = self.target(zone);
        let first_batch = self.buffers.batches.len();
        self.lay_out_batches(zone, target, self.now_ms, &wave.procedure);
        self.expose(zone, first_batch);
    }

    fn lay_out_batches(&mut self, zone: usize, target: u32, from_ms: u64, procedure: &Procedure) {
        let hosts = self.plan.fleet.zones[zone].hosts;
        let batch = procedure.batch.of(hosts).min(procedure.max_unavailable.of(hosts));
        let at_ms = self.add_batches(zone, batch, target, from_ms, false);
        let bake_ms = self.bake(procedure.zone_bake_ms);
        self.observe_bake(zone, at_ms, bake_ms, false);
        let done_ms = at_ms + bake_ms;
        self.buffers.zones[zone].path_bake_ms += bake_ms;
        self.close_zone_watches(zone, done_ms);
        self.buffers.queue.push(done_ms, Class::Promote, Happening::ZoneDone { zone: zone as u32 });
    }

    /// Batches of `size` hosts, the last one perhaps smaller, one after the other until the zone has `target`; says
    /// when the last is done.
    fn add_batches(&mut self, zone: usize, size: u32, target: u32, start_ms: u64, one_box: bool) -> u64 {
        let Buffers { zones, batches, deploy_draws, .. } = &mut *self.buffers;
        // A fixed time needs no draw.
        let mut draws = (!self.deploy.is_fixed())
            .then(|| deploy_draws.of(&self.streams, Purpose::DeployBatch, &self.plan.fleet.zones, zone));
        let mut stragglers = Stragglers::of(self.plan, self.strategy, &self.streams, zone);
        let state = &mut zones[zone];
        let first = batches.len();
        let mut at_ms = start_ms;
        while state.done < target {
            let hosts = size.min(target - state.done);
            let lag = stragglers.as_mut().map_or(Lag::NONE, |stragglers| stragglers.lag(state, hosts));
            let uniform = draws.as_mut().map_or(0.5, |draws| draws.uniform());
            let slowest_ms = self.deploy.slowest_ms((hosts - lag.behind).max(1), uniform);
            let end_ms = at_ms + slowest_ms.max(lag.wait_ms);
            let batch = Batch {
                zone: zone as u32,
                first: state.done,
                hosts: hosts - lag.behind,
                behind: lag.behind,
                start_ms: at_ms,
                end_ms,
                uniform,
                previous: state.last_batch,
                past_waves: false,
            };
            state.done += hosts;
            state.left_behind += lag.behind;
            state.batches += 1;
            state.last_batch = batches.len() as u32;
            at_ms = end_ms;
            batches.push(batch);
        }
        self.announce_batches(first, one_box);
        at_ms
    }

    /// Tells whoever wants to know of the batches from number `first` on.
    fn announce_batches(&mut self, first: usize, one_box: bool) {
        if !(O::ENABLED || self.counts_hosts() || self.replacement_counts()) {
            return;
        }
        let made: u32 = self.buffers.batches[first..].iter().map(|batch| batch.hosts).sum();
        let Some(zone) = self.buffers.batches.get(first).map(|batch| batch.zone) else { return };
        let state = &self.buffers.zones[zone as usize];
        let mut hosts_done = state.done - state.left_behind - made;
        for number in first..self.buffers.batches.len() {
            let batch = self.buffers.batches[number];
            self.announce_batch_aboard(&batch);
            self.announce_replacement(&batch, number as u32);
            let hosts = batch.hosts + batch.behind;
            hosts_done += batch.hosts;
            self.observe(batch.start_ms, || Event::BatchStarted { zone, hosts, one_box });
            self.observe(batch.end_ms, || Event::BatchDone { zone, hosts_done, one_box });
        }
    }

    fn observe_bake(&mut self, zone: usize, at_ms: u64, bake_ms: u64, one_box: bool) {
        if bake_ms > 0 {
            self.observe(at_ms, || Event::ZoneBakeStarted { zone: zone as u32, one_box });
        }
    }

    pub(super) fn zone_done(&mut self, zone: usize) {
        if self.response.stop_ms.is_some() {
            return;
        }
        let now_ms = self.now_ms;
        self.promoted_ms = Some(now_ms);
        self.observe(now_ms, || Event::ZoneDone { zone: zone as u32 });
        let region = self.plan.fleet.zones[zone].region;
        let path_bake_ms = self.buffers.zones[zone].path_bake_ms;
        self.buffers.zones[zone].in_flight = false;
        self.buffers.regions[region].active -= 1;
        self.fill_region(region, path_bake_ms);
        if self.buffers.regions[region].active == 0 {
            self.close_region_watches(region, now_ms);
            self.wave.active -= 1;
            self.fill_wave(path_bake_ms);
        }
    }

    fn bake_wave(&mut self, path_bake_ms: u64) {
        let now_ms = self.now_ms;
        let bake_ms = self.bake(self.strategy.waves[self.wave.index].bake_ms);
        self.close_service_watches(now_ms);
        self.wave.path_bake_ms = path_bake_ms + bake_ms;
        if bake_ms > 0 {
            let wave = self.wave.index as u32;
            self.observe(now_ms, || Event::WaveBakeStarted { wave });
        }
        self.buffers.queue.push(now_ms + bake_ms, Class::Promote, Happening::WaveDone);
    }

    pub(super) fn wave_done(&mut self) {
        if self.response.stop_ms.is_some() {
            return;
        }
        let now_ms = self.now_ms;
        let index = self.wave.index;
        self.promoted_ms = Some(now_ms);
        self.observe(now_ms, || Event::WaveDone { wave: index as u32 });
        self.log_wave_end();
        self.close_wave_watches(now_ms);
        if index + 1 < self.strategy.waves.len() {
            self.start_wave(index + 1, self.wave.path_bake_ms);
        } else {
            self.response.completed_ms = Some(now_ms);
            self.response.settled_ms = now_ms;
            self.forget_alarm();
        }
    }
}
