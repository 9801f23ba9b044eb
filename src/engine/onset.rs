//! Bad changes: which host becomes impaired, and when.
//!
//! Host clock: the onset delays of a zone's susceptible hosts are drawn in ascending order (Rényi's
//! representation of exponential order statistics, pushed through the inverse hazard), each struck
//! host being a random one of those left. Only delays that come due are ever drawn.
//! Change clock: one delay for all, from the first exposure.

use super::deploy::NONE;
use super::queue::{Class, Happening};
use super::trace::{Event, Observer};
use super::trial::{LATENT_ONSET_DRAW, Trial};
use crate::plan::strata::Fate;
use crate::plan::{Defect, DefectClock};
use crate::random::{Purpose, Stream};

/// State that only a trial with a bad change needs.
#[derive(Debug, Default)]
pub(super) struct Defective {
    zones: Vec<SickZone>,
    /// The first host has the new version.
    exposed: bool,
    /// The latent clock ran out.
    latent: bool,
    dirty: bool,
}

/// One zone under a bad change.
#[derive(Debug, Default)]
pub(super) struct SickZone {
    /// Draws of the zone's onsets; absent before its first deployment.
    stream: Option<Stream>,
    started_ms: u64,
    /// Cumulative hazard of the latest onset.
    hazard: f64,
    /// Hosts that the defect can impair at all.
    susceptible: u32,
    /// The zone's hosts, shuffled as far as `struck`: those before it are struck.
    order: Vec<u32>,
    struck: usize,
    /// Struck hosts not yet deployed to, with their delay.
    pending: Vec<(u32, u64)>,
    /// Hosts impaired at some time.
    pub(super) impaired: Vec<u32>,
    /// Impaired hosts in the one-box.
    pub(super) one_box_impaired: u32,
}

impl Defective {
    pub(super) fn reset(&mut self, zones: usize) {
        if self.dirty || self.zones.len() != zones {
            for zone in &mut self.zones {
                zone.stream = None;
                zone.pending.clear();
                zone.impaired.clear();
                zone.one_box_impaired = 0;
            }
            self.zones.resize_with(zones, SickZone::default);
            self.exposed = false;
            self.latent = false;
            self.dirty = false;
        }
    }

    pub(super) fn zone(&self, zone: usize) -> &SickZone {
        &self.zones[zone]
    }
}

impl SickZone {
    /// Whether the change clock strikes the host; the struck hosts are in order then.
    fn is_susceptible(&self, host: u32) -> bool {
        self.order[..self.struck].binary_search(&host).is_ok()
    }

    /// Draws one of the hosts not struck yet: one step of a Fisher-Yates shuffle.
    fn strike(&mut self) -> u32 {
        let left = (self.order.len() - self.struck) as u64;
        if let Some(stream) = &mut self.stream {
            self.order.swap(self.struck, self.struck + stream.below(left) as usize);
        }
        self.struck += 1;
        self.order[self.struck - 1]
    }
}

impl<O: Observer> Trial<'_, O> {
    /// A zone got new batches, from `first_batch` on. Does nothing for a good change.
    pub(super) fn expose(&mut self, zone: usize, first_batch: usize) {
        let Some(defect) = self.defect else { return };
        let plan = self.plan;
        let defect = &plan.change.defects[defect];
        self.buffers.defective.dirty = true;
        if self.buffers.defective.zones[zone].stream.is_none() {
            self.infect(zone, defect);
        }
        match defect.clock {
            DefectClock::Host => self.impair_pending(zone),
            DefectClock::Change if self.buffers.defective.latent => {
                self.impair_susceptible(zone, first_batch)
            }
            DefectClock::Change if !self.buffers.defective.exposed => self.await_first_exposure(first_batch),
            DefectClock::Change => {}
        }
    }

    /// The zone meets the change for the first time.
    fn infect(&mut self, zone: usize, defect: &Defect) {
        let place = &self.plan.fleet.zones[zone];
        let sick = &mut self.buffers.defective.zones[zone];
        sick.stream = Some(self.streams.stream(Purpose::Onset, place.entity));
        sick.started_ms = self.now_ms;
        sick.hazard = 0.0;
        sick.susceptible = defect.reach.of(place.hosts);
        sick.order.clear();
        sick.order.extend(0..place.hosts);
        sick.struck = 0;
        match defect.clock {
            DefectClock::Host => self.schedule_onset(zone, defect),
            DefectClock::Change if sick.susceptible < place.hosts => {
                for _ in 0..sick.susceptible {
                    sick.strike();
                }
                sick.order[..sick.struck].sort_unstable();
            }
            DefectClock::Change => {}
        }
    }

    /// Draws the zone's next onset delay, if a susceptible host is left.
    fn schedule_onset(&mut self, zone: usize, defect: &Defect) {
        let sick = &mut self.buffers.defective.zones[zone];
        let left = sick.susceptible - sick.struck as u32;
        let Some(stream) = sick.stream.as_mut().filter(|_| left > 0) else { return };
        sick.hazard -= libm::log(stream.uniform()) / f64::from(left);
        let at_ms = sick.started_ms + defect.onset.by_hazard(sick.hazard);
        self.buffers.queue.push(at_ms, Class::Impair, Happening::NextOnset { zone: zone as u32 });
    }

    /// A delay of the zone has passed since its first deployment: no host can be struck earlier.
    pub(super) fn next_onset(&mut self, zone: usize) {
        let Some(defect) = self.defect else { return };
        let plan = self.plan;
        let defect = &plan.change.defects[defect];
        let sick = &mut self.buffers.defective.zones[zone];
        let delay_ms = self.now_ms - sick.started_ms;
        let host = sick.strike();
        sick.pending.push((host, delay_ms));
        self.impair_pending(zone);
        self.schedule_onset(zone, defect);
    }

    /// Schedules the impairment of struck hosts whose deployment is laid out by now.
    fn impair_pending(&mut self, zone: usize) {
        let done = self.buffers.zones[zone].done;
        let mut pending = std::mem::take(&mut self.buffers.defective.zones[zone].pending);
        pending.retain(|&(host, delay_ms)| {
            if host >= done {
                return true;
            }
            let at_ms = (self.completion_ms(zone, host) + delay_ms).max(self.now_ms);
            self.buffers.queue.push(at_ms, Class::Impair, Happening::Impair { zone: zone as u32, host });
            false
        });
        self.buffers.defective.zones[zone].pending = pending;
    }

    /// Any of the zone's first batch may be the first host on the new version.
    fn await_first_exposure(&mut self, first_batch: usize) {
        let Some(batch) = self.buffers.batches.get(first_batch).copied() else { return };
        let hosts = batch.first..batch.first + batch.hosts;
        let first = hosts.map(|host| batch.completion_ms(self.plan, &self.streams, host)).min();
        if let Some(at_ms) = first {
            self.buffers.queue.push(at_ms, Class::Impair, Happening::FirstExposure);
        }
    }

    pub(super) fn first_exposure(&mut self) {
        let Some(defect) = self.defect.filter(|_| !self.buffers.defective.exposed) else { return };
        self.buffers.defective.exposed = true;
        let u = self.streams.stream(Purpose::Change, 0).uniform_at(LATENT_ONSET_DRAW);
        let onset = self.plan.change.defects[defect].onset;
        let delay_ms = match self.fate {
            // Near 0 a survival probability still tells long latencies apart; near 1 a distribution
            // function no longer does.
            Fate::Bad { rarer, commoner, .. } => onset.by_survival(rarer + (commoner - rarer) * (1.0 - u)),
            Fate::Any | Fate::Good => onset.by_cdf(u),
        };
        self.buffers.queue.push(self.now_ms + delay_ms, Class::Impair, Happening::LatentOnset);
    }

    /// The latent clock ran out: every susceptible host is impaired, now or on completion.
    pub(super) fn latent_onset(&mut self) {
        self.buffers.defective.latent = true;
        for zone in 0..self.buffers.zones.len() {
            if self.buffers.zones[zone].batches > 0 {
                self.impair_susceptible(zone, 0);
            }
        }
    }

    /// Schedules the impairment of the zone's susceptible hosts in batches from `first_batch` on.
    fn impair_susceptible(&mut self, zone: usize, first_batch: usize) {
        let all = self.buffers.defective.zones[zone].susceptible == self.plan.fleet.zones[zone].hosts;
        let mut index = self.buffers.zones[zone].last_batch;
        while index != NONE && index as usize >= first_batch {
            let batch = self.buffers.batches[index as usize];
            for host in batch.first..batch.first + batch.hosts {
                if all || self.buffers.defective.zones[zone].is_susceptible(host) {
                    let at_ms = batch.completion_ms(self.plan, &self.streams, host).max(self.now_ms);
                    self.buffers.queue.push(
                        at_ms,
                        Class::Impair,
                        Happening::Impair { zone: zone as u32, host },
                    );
                }
            }
            index = batch.previous;
        }
    }

    /// The host becomes impaired, unless it never got the new version or has left it again.
    pub(super) fn impair(&mut self, zone: usize, host: u32) {
        let now_ms = self.now_ms;
        if self.response.stop_ms.is_some_and(|stop_ms| self.completion_ms(zone, host) > stop_ms) {
            return;
        }
        let back_ms = self.back_ms(zone, host);
        if back_ms.is_some_and(|back_ms| back_ms <= now_ms) {
            return;
        }
        self.buffers.tally.impair(self.model, self.start_utc_ms, zone, now_ms);
        let sick = &mut self.buffers.defective.zones[zone];
        sick.impaired.push(host);
        sick.one_box_impaired += u32::from(host < self.buffers.zones[zone].one_box);
        self.observe(now_ms, || Event::HostImpaired { zone: zone as u32, host });
        if let Some(back_ms) = back_ms {
            self.buffers.queue.push(back_ms, Class::Heal, Happening::Heal { zone: zone as u32, host });
        }
        self.scope_changed(zone);
    }

    pub(super) fn heal(&mut self, zone: usize, host: u32) {
        let now_ms = self.now_ms;
        self.buffers.tally.heal(self.model, self.start_utc_ms, zone, now_ms);
        let sick = &mut self.buffers.defective.zones[zone];
        sick.one_box_impaired -= u32::from(host < self.buffers.zones[zone].one_box);
        self.observe(now_ms, || Event::HostHealed { zone: zone as u32, host });
    }

    /// When the host got, or would have got, the new version.
    pub(super) fn completion_ms(&self, zone: usize, host: u32) -> u64 {
        let mut index = self.buffers.zones[zone].last_batch;
        while index != NONE {
            let batch = &self.buffers.batches[index as usize];
            if batch.holds(host) {
                return batch.completion_ms(self.plan, &self.streams, host);
            }
            index = batch.previous;
        }
        u64::MAX
    }
}
