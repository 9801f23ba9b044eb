//! A textbook reference simulator: the obvious program for the benchmark model R1.
//!
//! One event per host, one per alarm evaluation, a `BinaryHeap`, one generator per rollout. It
//! shares no line with the engine, and serves as its oracle (tests) and its yardstick (benches).
//! Rules of R1: waves of regions in parallel, zones of a region in sequence (or some at once); per zone a one-box,
//! its bake, batches, a zone bake; a bad host manifests some time after its completion; a zone's alarm
//! evaluates every period from the zone's start while the zone is active, and fires at the M-th
//! consecutive evaluation that sees enough manifested hosts; after the reaction every completed
//! host goes back in parallel.

#![expect(clippy::disallowed_methods, reason = "a reference may use the platform's math library")]

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Time from a bad host's completion until it manifests, in minutes.
#[derive(Debug, Clone, Copy)]
pub enum Onset {
    /// With this mean.
    Exponential(f64),
    /// Median and sigma.
    Lognormal(f64, f64),
}

/// Parameters of R1 and its variants. Times in minutes.
#[derive(Debug, Clone)]
pub struct R1 {
    pub waves: Vec<usize>,
    pub zones_per_region: usize,
    pub zones_at_once: usize,
    pub hosts: usize,
    pub one_box: usize,
    pub batch: usize,
    pub one_box_bake: f64,
    pub zone_bake: f64,
    pub wave_bake: f64,
    pub deploy: (f64, f64),
    pub rollback: (f64, f64),
    pub p_bad: f64,
    pub onset: Onset,
    pub period: f64,
    pub datapoints: u32,
    /// Manifested hosts of a zone that make an evaluation breach.
    pub breach_hosts: usize,
    pub reaction: f64,
}

impl R1 {
    /// R1 itself.
    pub fn standard() -> Self {
        Self {
            waves: vec![1, 1, 3, 6, 13],
            zones_per_region: 3,
            zones_at_once: 1,
            hosts: 50,
            one_box: 1,
            batch: 10,
            one_box_bake: 60.0,
            zone_bake: 30.0,
            wave_bake: 240.0,
            deploy: (4.0, 0.3),
            rollback: (3.0, 0.3),
            p_bad: 0.2,
            onset: Onset::Exponential(45.0),
            period: 1.0,
            datapoints: 3,
            breach_hosts: 1,
            reaction: 2.0,
        }
    }

    /// R1-slow: a defect slow enough to separate plans.
    pub fn slow() -> Self {
        Self { onset: Onset::Exponential(20_000.0), p_bad: 0.9, ..Self::standard() }
    }
}

/// What one rollout did.
#[derive(Debug, Clone, PartialEq)]
pub struct Result {
    pub bad: bool,
    pub rolled_back: bool,
    pub duration_ms: u64,
    pub peak_impaired: u64,
    pub impaired_host_ms: u64,
    pub regions_touched: usize,
    pub events: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    HostBack(usize),
    HostDone(usize),
    Manifest(usize),
    Evaluate(usize),
    React,
    OneBoxBaked(usize),
    ZoneBaked(usize),
    WaveBaked,
}

#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Host {
    done_ms: Option<u64>,
    manifested_ms: Option<u64>,
    back: bool,
}

#[derive(Debug, Clone, Default)]
struct Zone {
    started: usize,
    in_batch: usize,
    active: bool,
    manifested: usize,
    run: u32,
}

#[derive(Debug, Clone, Default)]
struct Region {
    /// Zones started and zones under way.
    started: usize,
    active: usize,
}

struct Rollout<'a> {
    r1: &'a R1,
    rng: ChaCha8Rng,
    heap: BinaryHeap<Reverse<(u64, Event, u64)>>,
    sequence: u64,
    now: u64,
    bad: bool,
    hosts: Vec<Host>,
    zones: Vec<Zone>,
    regions: Vec<Region>,
    wave: usize,
    wave_first: usize,
    regions_left: usize,
    alarmed: bool,
    stopped: bool,
    returning: usize,
    end: Option<u64>,
    impaired: u64,
    peak: u64,
    impaired_ms: u64,
    events: u64,
}

/// Simulates one rollout.
pub fn simulate(r1: &R1, seed: u64) -> Result {
    let regions: usize = r1.waves.iter().sum();
    let zones = regions * r1.zones_per_region;
    let mut rollout = Rollout {
        r1,
        rng: ChaCha8Rng::seed_from_u64(seed),
        heap: BinaryHeap::new(),
        sequence: 0,
        now: 0,
        bad: false,
        hosts: vec![Host::default(); zones * r1.hosts],
        zones: vec![Zone::default(); zones],
        regions: vec![Region::default(); regions],
        wave: 0,
        wave_first: 0,
        regions_left: 0,
        alarmed: false,
        stopped: false,
        returning: 0,
        end: None,
        impaired: 0,
        peak: 0,
        impaired_ms: 0,
        events: 0,
    };
    rollout.bad = rollout.uniform() < r1.p_bad;
    rollout.start_wave();
    while rollout.end.is_none() {
        let Some(Reverse((at, event, _))) = rollout.heap.pop() else { break };
        rollout.now = at;
        rollout.events += 1;
        rollout.handle(event);
    }
    rollout.result()
}

impl Rollout<'_> {
    fn uniform(&mut self) -> f64 {
        ((self.rng.next_u64() >> 12) as f64 + 0.5) / (1u64 << 52) as f64
    }

    fn lognormal(&mut self, (median, sigma): (f64, f64)) -> u64 {
        let radius = (-2.0 * self.uniform().ln()).sqrt();
        let normal = radius * (std::f64::consts::TAU * self.uniform()).cos();
        ms(median * (sigma * normal).exp())
    }

    fn push(&mut self, at: u64, event: Event) {
        self.sequence += 1;
        self.heap.push(Reverse((at, event, self.sequence)));
    }

    fn start_wave(&mut self) {
        self.regions_left = self.r1.waves[self.wave];
        for region in self.wave_first..self.wave_first + self.regions_left {
            self.start_zones(region);
        }
    }

    fn start_zones(&mut self, region: usize) {
        let R1 { zones_per_region, zones_at_once, .. } = *self.r1;
        let Region { started, active } = self.regions[region];
        let more = (zones_at_once - active).min(zones_per_region - started);
        self.regions[region] = Region { started: started + more, active: active + more };
        for zone in started..started + more {
            self.start_zone(region * zones_per_region + zone);
        }
    }

    fn start_zone(&mut self, zone: usize) {
        self.zones[zone].active = true;
        self.push(self.now + ms(self.r1.period), Event::Evaluate(zone));
        self.start_batch(zone, self.r1.one_box);
    }

    fn start_batch(&mut self, zone: usize, size: usize) {
        let first = self.zones[zone].started;
        let size = size.min(self.r1.hosts - first);
        self.zones[zone].started += size;
        self.zones[zone].in_batch = size;
        for host in first..first + size {
            let host = zone * self.r1.hosts + host;
            let done = self.now + self.lognormal(self.r1.deploy);
            self.push(done, Event::HostDone(host));
            if self.bad {
                let delay = match self.r1.onset {
                    Onset::Exponential(mean) => ms(-mean * self.uniform().ln()),
                    Onset::Lognormal(median, sigma) => self.lognormal((median, sigma)),
                };
                self.push(done + delay, Event::Manifest(host));
            }
        }
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::HostDone(host) if !self.stopped => self.host_done(host),
            Event::Manifest(host) => self.manifest(host),
            Event::Evaluate(zone) if self.zones[zone].active && !self.stopped => self.evaluate(zone),
            Event::React if self.end.is_none() => self.react(),
            Event::HostBack(host) => self.host_back(host),
            Event::OneBoxBaked(zone) if !self.stopped => self.start_batch(zone, self.r1.batch),
            Event::ZoneBaked(zone) if !self.stopped => self.zone_baked(zone),
            Event::WaveBaked if !self.stopped => self.start_wave(),
            _ => {}
        }
    }

    fn host_done(&mut self, host: usize) {
        self.hosts[host].done_ms = Some(self.now);
        let zone = host / self.r1.hosts;
        self.zones[zone].in_batch -= 1;
        if self.zones[zone].in_batch > 0 {
            return;
        }
        let started = self.zones[zone].started;
        if started == self.r1.one_box {
            self.push(self.now + ms(self.r1.one_box_bake), Event::OneBoxBaked(zone));
        } else if started < self.r1.hosts {
            self.start_batch(zone, self.r1.batch);
        } else {
            self.push(self.now + ms(self.r1.zone_bake), Event::ZoneBaked(zone));
        }
    }

    fn manifest(&mut self, host: usize) {
        if self.hosts[host].done_ms.is_none() || self.hosts[host].back {
            return;
        }
        self.hosts[host].manifested_ms = Some(self.now);
        self.zones[host / self.r1.hosts].manifested += 1;
        self.impaired += 1;
        self.peak = self.peak.max(self.impaired);
    }

    fn evaluate(&mut self, zone: usize) {
        let state = &mut self.zones[zone];
        state.run = if state.manifested >= self.r1.breach_hosts { state.run + 1 } else { 0 };
        if state.run == self.r1.datapoints && !self.alarmed {
            self.alarmed = true;
            self.push(self.now + ms(self.r1.reaction), Event::React);
        }
        self.push(self.now + ms(self.r1.period), Event::Evaluate(zone));
    }

    fn react(&mut self) {
        self.stopped = true;
        for host in 0..self.hosts.len() {
            if self.hosts[host].done_ms.is_some() {
                self.returning += 1;
                let back = self.now + self.lognormal(self.r1.rollback);
                self.push(back, Event::HostBack(host));
            }
        }
    }

    fn host_back(&mut self, host: usize) {
        self.hosts[host].back = true;
        if let Some(since) = self.hosts[host].manifested_ms {
            self.impaired -= 1;
            self.impaired_ms += self.now - since;
        }
        self.returning -= 1;
        if self.returning == 0 {
            self.end = Some(self.now);
        }
    }

    fn zone_baked(&mut self, zone: usize) {
        self.zones[zone].active = false;
        let region = zone / self.r1.zones_per_region;
        self.regions[region].active -= 1;
        self.start_zones(region);
        if self.regions[region].active > 0 {
            return;
        }
        self.regions_left -= 1;
        if self.regions_left > 0 {
            return;
        }
        self.wave_first += self.r1.waves[self.wave];
        self.wave += 1;
        if self.wave == self.r1.waves.len() {
            self.end = Some(self.now);
        } else {
            self.push(self.now + ms(self.r1.wave_bake), Event::WaveBaked);
        }
    }

    fn result(self) -> Result {
        let end = self.end.unwrap_or(self.now);
        let still: u64 = self
            .hosts
            .iter()
            .filter(|host| !host.back)
            .filter_map(|h| h.manifested_ms)
            .map(|at| end - at)
            .sum();
        let per_region = self.r1.zones_per_region * self.r1.hosts;
        let touched =
            self.hosts.chunks(per_region).filter(|hosts| hosts.iter().any(|host| host.done_ms.is_some()));
        Result {
            bad: self.bad,
            rolled_back: self.stopped,
            duration_ms: end,
            peak_impaired: self.peak,
            impaired_host_ms: self.impaired_ms + still,
            regions_touched: touched.count(),
            events: self.events,
        }
    }
}

fn ms(minutes: f64) -> u64 {
    ((minutes * 60_000.0).round() as u64).max(1)
}
