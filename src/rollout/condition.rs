//! While what an awake fault hurts: the hour, traffic, exposure, mixed versions, coming and going, and
//! triggers from outside. Each changes at instants that are events of their own, and only defects that
//! look at them pay for them.

use super::deploy::Batch;
use super::queue::{Class, Happening};
use super::trace::{Event, Observer};
use super::trial::Trial;
use crate::plan::{Defect, HOUR_MS, Within};
use crate::random::Purpose;
use std::ops::Range;

/// What conditions look at.
#[derive(Debug, Default)]
pub(super) struct Surroundings {
    /// Hosts on the new version, by zone; counted only for defects that ask.
    aboard: Vec<u32>,
    /// Regions that the trigger has reached.
    triggered: Vec<bool>,
    /// Zones in which the fault is switched off.
    relieved: Vec<bool>,
    /// An intermittent fault pauses.
    pauses: bool,
    /// Turns of an intermittent fault so far.
    turns: u64,
    /// The events of the clock and of an intermittent fault are under way.
    started: bool,
}

impl Surroundings {
    pub(super) fn reset(&mut self, zones: usize, regions: usize) {
        self.aboard.clear();
        self.aboard.resize(zones, 0);
        self.triggered.clear();
        self.triggered.resize(regions, false);
        self.relieved.clear();
        self.relieved.resize(zones, false);
        self.pauses = false;
        self.turns = 0;
        self.started = false;
    }

    /// Whether the fault is switched off in the zone.
    pub(super) fn is_relieved(&self, zone: usize) -> bool {
        self.relieved[zone]
    }

    /// Switches the fault off in the zone.
    pub(super) fn relieve(&mut self, zone: usize) {
        self.relieved[zone] = true;
    }
}

impl<O: Observer> Trial<'_, O> {
    /// Whether an awake fault hurts in the zone now.
    pub(super) fn holds(&self, zone: usize, defect: &Defect) -> bool {
        let condition = &defect.condition;
        let region = self.plan.fleet.zones[zone].region;
        let surroundings = &self.buffers.defective.surroundings;
        if defect.trigger.is_some() && !surroundings.triggered[region] || surroundings.pauses {
            return false;
        }
        if condition.looks_at_the_clock() && !self.hour_holds(region, defect) {
            return false;
        }
        if let Some((share, within)) = condition.exposed_above {
            let limit = share.of(self.hosts_around(zone, within) as u32);
            if self.aboard_around(zone, within) <= u64::from(limit) {
                return false;
            }
        }
        condition.mixed.is_none_or(|within| {
            let aboard = self.aboard_around(zone, within);
            aboard > 0 && aboard < self.hosts_around(zone, within)
        })
    }

    /// Whether the conditions on the hour hold in the region now.
    fn hour_holds(&self, region: usize, defect: &Defect) -> bool {
        let place = &self.plan.fleet.regions[region];
        let utc_ms = self.start_utc_ms + self.now_ms;
        let rate = place.rate_at(utc_ms);
        let hour = crate::plan::fleet::hour_of_day(utc_ms);
        let condition = &defect.condition;
        let peak = place.requests_per_second * place.hourly_factor.iter().copied().fold(0.0, f64::max);
        condition.traffic_above.is_none_or(|limit| rate > limit)
            && condition.peak_share_above.is_none_or(|share| rate > share * peak)
            && condition.hours.as_ref().is_none_or(|hours| hours[region][hour])
    }

    fn aboard_around(&self, zone: usize, within: Within) -> u64 {
        let aboard = &self.buffers.defective.surroundings.aboard;
        self.zones_around(zone, within).map(|zone| u64::from(aboard[zone])).sum()
    }

    /// Schedules the trigger of a dormant fault: everywhere, or region by region as the strategy has it.
    pub(super) fn schedule_trigger(&mut self) {
        let Some(trigger) = self.defect().and_then(|defect| defect.trigger) else { return };
        self.buffers.defective.dirty = true;
        let mut order: Vec<usize> = Vec::new();
        let regions = self.strategy.waves.iter().flat_map(|wave| &wave.regions).copied();
        for region in regions {
            if !order.contains(&region) {
                order.push(region);
            }
        }
        for (position, region) in order.into_iter().enumerate() {
            let entity = match trigger.within {
                Within::Service => 0,
                Within::Region | Within::Zone => self.plan.fleet.regions[region].entity,
            };
            let at_ms = trigger.at.by_cdf(self.streams.stream(Purpose::Trigger, entity).uniform_at(0));
            let at_ms = at_ms + position as u64 * self.strategy.trigger_step_ms;
            let region = region as u32;
            self.buffers.queue.push(at_ms, Class::Impair, Happening::Trigger { region });
        }
    }

    /// The trigger reaches a region, unless it travels region by region and was stopped.
    pub(super) fn trigger(&mut self, region: usize) {
        let Some(trigger) = self.defect().and_then(|defect| defect.trigger) else { return };
        let now_ms = self.now_ms;
        if self.strategy.trigger_step_ms > 0 && self.response.stop_ms.is_some() {
            return;
        }
        let entity = match trigger.within {
            Within::Service => 0,
            Within::Region | Within::Zone => self.plan.fleet.regions[region].entity,
        };
        self.buffers.defective.surroundings.triggered[region] = true;
        self.observe(now_ms, || Event::Triggered { region: region as u32 });
        if let Some(lasts) = trigger.lasts {
            let u = self.streams.stream(Purpose::Trigger, entity).uniform_at(1);
            let at_ms = now_ms + lasts.by_cdf(u).max(1);
            self.buffers.queue.push(at_ms, Class::Heal, Happening::TriggerOver { region: region as u32 });
        }
        self.conditions_changed(self.plan.fleet.regions[region].zones.clone());
    }

    pub(super) fn trigger_over(&mut self, region: usize) {
        self.buffers.defective.surroundings.triggered[region] = false;
        self.conditions_changed(self.plan.fleet.regions[region].zones.clone());
    }

    /// The fault has woken somewhere: what comes and goes by itself begins.
    pub(super) fn start_conditions(&mut self, defect: &Defect) {
        if std::mem::replace(&mut self.buffers.defective.surroundings.started, true) {
            return;
        }
        if defect.condition.looks_at_the_clock() {
            self.schedule_hour();
        }
        if defect.condition.intermittent.is_some() {
            self.schedule_turn(defect);
        }
    }

    fn schedule_hour(&mut self) {
        let utc_ms = self.start_utc_ms + self.now_ms;
        let at_ms = (utc_ms / HOUR_MS + 1) * HOUR_MS - self.start_utc_ms;
        self.buffers.queue.push(at_ms, Class::Impair, Happening::Hour);
    }

    /// A new hour begins.
    pub(super) fn hour(&mut self) {
        self.conditions_changed(0..self.plan.fleet.zones.len());
        self.schedule_hour();
    }

    fn schedule_turn(&mut self, defect: &Defect) {
        let Some((on, off)) = defect.condition.intermittent else { return };
        let surroundings = &mut self.buffers.defective.surroundings;
        let u = self.streams.stream(Purpose::Intermittent, 0).uniform_at(surroundings.turns);
        let length_ms = if surroundings.pauses { off } else { on }.by_cdf(u).max(1);
        surroundings.turns += 1;
        self.buffers.queue.push(self.now_ms + length_ms, Class::Impair, Happening::Turn);
    }

    /// An intermittent fault pauses or comes back.
    pub(super) fn turn(&mut self) {
        let Some(defect) = self.defect() else { return };
        let surroundings = &mut self.buffers.defective.surroundings;
        surroundings.pauses = !surroundings.pauses;
        self.schedule_turn(defect);
        self.conditions_changed(0..self.plan.fleet.zones.len());
    }

    /// Whether the trial's defect looks at how many hosts have the new version.
    pub(super) fn counts_hosts(&self) -> bool {
        self.defect().is_some_and(|defect| defect.condition.counts_hosts())
    }

    /// Announces that hosts get (or leave, if negative) the new version at `at_ms`.
    pub(super) fn announce_aboard(&mut self, zone: usize, hosts: i32, at_ms: u64) {
        if hosts != 0 && self.counts_hosts() {
            let zone = zone as u32;
            self.buffers.queue.push(at_ms, Class::Impair, Happening::Aboard { zone, hosts });
        }
    }

    /// Announces when each host of a batch gets the new version.
    pub(super) fn announce_batch_aboard(&mut self, batch: &Batch) {
        if !self.counts_hosts() {
            return;
        }
        let mut draws = self.host_draws(batch.zone as usize);
        let last = batch.first + batch.hosts.max(1) - 1;
        if batch.hosts > 0 && self.batch_completion_ms(batch, last, &mut draws) == batch.end_ms {
            return self.announce_aboard(batch.zone as usize, batch.hosts as i32, batch.end_ms);
        }
        for host in batch.first..batch.first + batch.hosts {
            let at_ms = self.batch_completion_ms(batch, host, &mut draws);
            self.announce_aboard(batch.zone as usize, 1, at_ms);
        }
    }

    /// Hosts got or left the new version; those in batches that a stop interrupted did not.
    pub(super) fn aboard(&mut self, zone: usize, hosts: i32) {
        let cut = hosts > 0 && self.response.stop_ms.is_some_and(|stop_ms| self.now_ms > stop_ms);
        if !cut {
            self.count_aboard(zone, hosts);
        }
    }

    /// Counts hosts on the new version.
    pub(super) fn count_aboard(&mut self, zone: usize, hosts: i32) {
        let Some(defect) = self.defect().filter(|_| hosts != 0) else { return };
        let aboard = &mut self.buffers.defective.surroundings.aboard[zone];
        *aboard = aboard.saturating_add_signed(hosts);
        let condition = &defect.condition;
        let widest = condition.mixed.into_iter().chain(condition.exposed_above.map(|(_, within)| within));
        let widest = widest.max_by_key(|within| *within as u8).unwrap_or(Within::Zone);
        self.conditions_changed(self.zones_around(zone, widest));
    }

    fn conditions_changed(&mut self, zones: Range<usize>) {
        for zone in zones {
            if self.activated_ms.is_none() && self.active_in(zone..zone + 1, false) > 0 {
                self.activated_ms = Some(self.now_ms);
            }
            self.hide_latent(zone);
            self.refresh(zone, None);
        }
    }
}
