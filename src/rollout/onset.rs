//! Bad changes: on which host the fault wakes, and when.
//!
//! Host clock: the onset delays of a zone's susceptible hosts are drawn in ascending order (Rényi's
//! representation of exponential order statistics, pushed through the inverse hazard), each struck
//! host being a random one of those left. Only delays that come due are ever drawn. With the requests
//! clock hazard grows with traffic instead of time.
//! Change clock: one delay for all, from the first exposure.
//! What an awake fault does to whom is in `suffering`.

use super::deploy::NONE;
use super::queue::{Class, Happening};
use super::trace::Observer;
use super::trial::{LATENT_ONSET_DRAW, Trial};
use crate::plan::strata::ChangeKind;
use crate::plan::{Defect, DefectClock, Plan};
use crate::random::{Purpose, Stream};

/// Where the fault of one zone may wake, and where it has.
#[derive(Debug, Default)]
pub(super) struct SickZone {
    /// Draws of the zone's onsets; absent before its first deployment.
    pub(super) stream: Option<Stream>,
    started_ms: u64,
    /// Cumulative hazard of the latest onset.
    hazard: f64,
    /// Hosts that the defect can impair at all.
    susceptible: u32,
    /// Hosts of the zone.
    hosts: u32,
    /// The zone's susceptible hosts as far as they are known, shuffled up to `struck`: those before it
    /// are struck. Empty, for all of them, before the first strike.
    order: Vec<u32>,
    struck: usize,
    /// Struck hosts not yet deployed to, with their hazard.
    pending: Vec<(u32, f64)>,
}

impl SickZone {
    pub(super) fn reset(&mut self) {
        self.stream = None;
        self.pending.clear();
    }

    /// Whether the change clock strikes the host; the struck hosts are in order then.
    fn is_susceptible(&self, host: u32) -> bool {
        self.order[..self.struck].binary_search(&host).is_ok()
    }

    /// Lists the zone's hosts, once.
    fn list(&mut self) {
        if self.order.is_empty() {
            self.order.extend(0..self.hosts);
        }
    }

    /// Draws one of the hosts not struck yet: one step of a Fisher-Yates shuffle.
    fn strike(&mut self) -> u32 {
        self.list();
        let left = (self.order.len() - self.struck) as u64;
        if let Some(stream) = &mut self.stream {
            self.order.swap(self.struck, self.struck + stream.below(left) as usize);
        }
        self.struck += 1;
        self.order[self.struck - 1]
    }

    /// Settles which hosts are susceptible: `first` if the one-box covers the cohort, then any.
    fn choose(&mut self, first: Option<u32>) {
        if let Some(host) = first.filter(|_| self.susceptible > 0) {
            self.list();
            self.order.swap(0, host as usize);
            self.struck = 1;
        }
        while self.struck < self.susceptible as usize {
            self.strike();
        }
    }
}

/// Hosts of the zone in which the defect can wake.
fn susceptible_hosts(plan: &Plan, defect: &Defect, zone: usize) -> u32 {
    let place = &plan.fleet.zones[zone];
    if defect.regions.as_ref().is_some_and(|regions| !regions.contains(&place.region)) {
        return 0;
    }
    match defect.cohort {
        Some(cohort) => {
            let share = plan.fleet.regions[place.region].cohort_shares[cohort];
            share.floor_of(u64::from(place.hosts)) as u32
        }
        None => defect.reach.of(place.hosts),
    }
}

impl<O: Observer> Trial<'_, O> {
    /// A zone got new batches, from `first_batch` on. Does nothing for a good change.
    pub(super) fn expose(&mut self, zone: usize, first_batch: usize) {
        let Some(defect) = self.defect() else { return };
        self.buffers.defective.dirty = true;
        if self.buffers.defective.onsets[zone].stream.is_none() {
            self.infect(zone, defect);
        }
        match defect.clock {
            DefectClock::Host | DefectClock::Requests => self.wake_pending(zone),
            DefectClock::Change if self.buffers.defective.latent => self.wake_susceptible(zone, first_batch),
            DefectClock::Change if !self.buffers.defective.exposed => self.await_first_exposure(first_batch),
            DefectClock::Change => {}
        }
    }

    /// The zone meets the change for the first time.
    fn infect(&mut self, zone: usize, defect: &Defect) {
        let place = &self.plan.fleet.zones[zone];
        let covered = defect.cohort.and_then(|cohort| self.covered_host(zone, cohort));
        let zones = &self.plan.fleet.zones;
        let draws = self.buffers.onset_draws.of(&self.streams, Purpose::Onset, zones, zone);
        let sick = &mut self.buffers.defective.onsets[zone];
        sick.stream = Some(draws.clone());
        sick.started_ms = self.now_ms;
        sick.hazard = 0.0;
        sick.susceptible = susceptible_hosts(self.plan, defect, zone);
        sick.hosts = place.hosts;
        sick.order.clear();
        sick.struck = 0;
        match defect.clock {
            DefectClock::Host | DefectClock::Requests => {
                if defect.cohort.is_some() {
                    sick.choose(covered);
                    sick.order.truncate(sick.struck);
                    sick.struck = 0;
                }
                self.schedule_onset(zone, defect);
            }
            DefectClock::Change if sick.susceptible < place.hosts => {
                sick.choose(covered);
                sick.order[..sick.struck].sort_unstable();
            }
            DefectClock::Change => {}
        }
    }

    /// The host of the cohort that the one-box has, if it makes a point of having one.
    fn covered_host(&self, zone: usize, cohort: usize) -> Option<u32> {
        let one_box = self.strategy.waves[self.wave.index].procedure.one_box.as_ref()?;
        let position = one_box.covers.iter().position(|&covered| covered == cohort)? as u32;
        Some(position).filter(|&position| position < self.buffers.zones[zone].one_box)
    }

    /// Draws the zone's next onset, if a susceptible host is left.
    fn schedule_onset(&mut self, zone: usize, defect: &Defect) {
        let sick = &mut self.buffers.defective.onsets[zone];
        let left = sick.susceptible - sick.struck as u32;
        let Some(stream) = sick.stream.as_mut().filter(|_| left > 0) else { return };
        sick.hazard -= libm::log(stream.uniform()) / f64::from(left);
        let (hazard, from_ms) = (sick.hazard, sick.started_ms);
        if let Some(at_ms) = self.after_hazard(zone, defect, from_ms, hazard) {
            self.buffers.queue.push(at_ms, Class::Impair, Happening::NextOnset { zone: zone as u32 });
        }
    }

    /// When a host that is exposed from `from_ms` on has run up this hazard; none: never.
    fn after_hazard(&self, zone: usize, defect: &Defect, from_ms: u64, hazard: f64) -> Option<u64> {
        if defect.clock != DefectClock::Requests {
            return Some(from_ms + defect.onset.by_hazard(hazard));
        }
        let region = self.plan.fleet.zones[zone].region;
        let requests = hazard / defect.per_request * self.model.region_hosts[region] as f64;
        let at_utc_ms = self.model.after_requests(region, self.start_utc_ms + from_ms, requests)?;
        Some((at_utc_ms - self.start_utc_ms).max(from_ms + 1))
    }

    /// The next hazard has come due for a host of the first deployment: no host can be struck earlier.
    pub(super) fn next_onset(&mut self, zone: usize) {
        let Some(defect) = self.defect() else { return };
        let sick = &mut self.buffers.defective.onsets[zone];
        let host = sick.strike();
        let hazard = sick.hazard;
        sick.pending.push((host, hazard));
        self.wake_pending(zone);
        self.schedule_onset(zone, defect);
    }

    /// Schedules the awakening of struck hosts whose deployment is laid out by now.
    fn wake_pending(&mut self, zone: usize) {
        let Some(defect) = self.defect() else { return };
        let mut pending = std::mem::take(&mut self.buffers.defective.onsets[zone].pending);
        pending.retain(|&(host, hazard)| {
            let Some(completion_ms) = self.laid_out_ms(zone, host) else { return true };
            if let Some(at_ms) = self.after_hazard(zone, defect, completion_ms, hazard) {
                let at_ms = at_ms.max(self.now_ms);
                self.buffers.queue.push(at_ms, Class::Impair, Happening::Wake { zone: zone as u32, host });
            }
            false
        });
        self.buffers.defective.onsets[zone].pending = pending;
    }

    /// Any of the zone's first batch may be the first host on the new version.
    fn await_first_exposure(&mut self, first_batch: usize) {
        let Some(batch) = self.buffers.batches.get(first_batch).copied() else { return };
        let hosts = batch.first..batch.first + batch.hosts;
        let mut draws = self.host_draws(batch.zone as usize);
        let first = hosts.map(|host| self.batch_completion_ms(&batch, host, &mut draws)).min();
        if let Some(at_ms) = first {
            self.buffers.queue.push(at_ms, Class::Impair, Happening::FirstExposure);
        }
    }

    pub(super) fn first_exposure(&mut self) {
        let Some(defect) = self.defect().filter(|_| !self.buffers.defective.exposed) else { return };
        self.buffers.defective.exposed = true;
        let u = self.streams.stream(Purpose::Change, 0).uniform_at(LATENT_ONSET_DRAW);
        let delay_ms = match self.fate {
            // Near 0 a survival probability still tells long latencies apart; near 1 a distribution
            // function no longer does.
            ChangeKind::Bad { rarer, commoner, .. } => {
                defect.onset.by_survival(rarer + (commoner - rarer) * (1.0 - u))
            }
            ChangeKind::Any | ChangeKind::Good => defect.onset.by_cdf(u),
        };
        self.buffers.queue.push(self.now_ms + delay_ms, Class::Impair, Happening::LatentOnset);
    }

    /// The latent clock ran out: the fault wakes on every susceptible host, now or on completion.
    pub(super) fn latent_onset(&mut self) {
        self.buffers.defective.latent = true;
        for zone in 0..self.buffers.zones.len() {
            if self.buffers.defective.onsets[zone].stream.is_some() {
                self.wake_susceptible(zone, 0);
            }
        }
    }

    /// Schedules the awakening of the zone's susceptible hosts in batches from `first_batch` on.
    fn wake_susceptible(&mut self, zone: usize, first_batch: usize) {
        let all = self.buffers.defective.onsets[zone].susceptible == self.plan.fleet.zones[zone].hosts;
        let past_waves = self.buffers.zones[zone].bypass;
        let mut index = self.buffers.zones[zone].last_batch;
        while index != NONE && index as usize >= first_batch {
            self.wake_batch(zone, index, all);
            index = self.buffers.batches[index as usize].previous;
        }
        if past_waves != NONE && past_waves as usize >= first_batch {
            self.wake_batch(zone, past_waves, all);
        }
    }

    fn wake_batch(&mut self, zone: usize, index: u32, all: bool) {
        let batch = self.buffers.batches[index as usize];
        let mut draws = self.host_draws(zone);
        for host in batch.first..batch.first + batch.hosts {
            if all || self.buffers.defective.onsets[zone].is_susceptible(host) {
                let at_ms = self.batch_completion_ms(&batch, host, &mut draws).max(self.now_ms);
                self.buffers.queue.push(at_ms, Class::Impair, Happening::Wake { zone: zone as u32, host });
            }
        }
    }

    /// When the host got, or would have got, the new version; none if it is not laid out.
    pub(super) fn laid_out_ms(&self, zone: usize, host: u32) -> Option<u64> {
        let state = &self.buffers.zones[zone];
        let mut draws = self.host_draws(zone);
        if state.bypass != NONE {
            let batch = &self.buffers.batches[state.bypass as usize];
            if batch.holds(host) {
                return Some(self.batch_completion_ms(batch, host, &mut draws));
            }
        }
        let mut index = state.last_batch;
        while index != NONE {
            let batch = &self.buffers.batches[index as usize];
            if batch.holds(host) {
                return Some(self.batch_completion_ms(batch, host, &mut draws));
            }
            index = batch.previous;
        }
        None
    }

    /// Whether the host gets the new version however the pipeline stops.
    pub(super) fn is_past_the_waves(&self, zone: usize, host: u32) -> bool {
        let bypass = self.buffers.zones[zone].bypass;
        bypass != NONE && self.buffers.batches[bypass as usize].holds(host)
    }
}
