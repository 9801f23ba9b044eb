//! Capacity: hosts out of service, the load of those that remain, and what they cannot serve.
//!
//! A host is down while it is being replaced, after a crash, or when its zone goes dark. Where the fleet has
//! a capacity its load goes to the other hosts of its region; over capacity they turn requests away. Without
//! a capacity nothing moves: whoever reaches a dark zone fails, and replacing hosts costs nothing.

use super::deploy::Batch;
use super::queue::{Class, Happening};
use super::trace::{Event, Observer};
use super::trial::Trial;
use crate::plan::Episodes;
use crate::random::{Purpose, Stream};

/// Hosts that are down for other reasons than the defect.
#[derive(Debug, Default)]
pub(super) struct Load {
    /// Hosts being replaced, by zone.
    replaced: Vec<u32>,
    /// Failures under way of each zone or its region.
    dark: Vec<u8>,
}

impl Load {
    pub(super) fn reset(&mut self, zones: usize) {
        self.replaced.clear();
        self.replaced.resize(zones, 0);
        self.dark.clear();
        self.dark.resize(zones, 0);
    }
}

impl<O: Observer> Trial<'_, O> {
    /// Whether hosts that are down matter in this plan.
    pub(super) fn minds_load(&self) -> bool {
        self.plan.fleet.peak_utilisation.is_some() || self.has_background_failures()
    }

    fn has_background_failures(&self) -> bool {
        let background = &self.plan.fleet.background;
        background.zone_failures.is_some() || background.region_failures.is_some()
    }

    /// Whether hosts that are being replaced matter.
    pub(super) fn replacement_counts(&self) -> bool {
        self.plan.fleet.peak_utilisation.is_some()
    }

    /// Announces that the hosts of batch number `number` are out of service while it lasts.
    pub(super) fn announce_replacement(&mut self, batch: &Batch, number: u32) {
        if self.replacement_counts() && batch.end_ms > batch.start_ms {
            let begins = Happening::BatchBegins { batch: number };
            self.buffers.queue.push(batch.start_ms, Class::Impair, begins);
            self.buffers.queue.push(batch.end_ms, Class::Heal, Happening::BatchEnds { batch: number });
        }
    }

    /// Announces the same of hosts that go back, which nothing interrupts.
    pub(super) fn announce_rollback(&mut self, zone: usize, hosts: u32, start_ms: u64, end_ms: u64) {
        if self.replacement_counts() && end_ms > start_ms {
            let zone = zone as u32;
            let out = Happening::OutOfService { zone, hosts: hosts as i32 };
            self.buffers.queue.push(start_ms, Class::Impair, out);
            let back = Happening::OutOfService { zone, hosts: -(hosts as i32) };
            self.buffers.queue.push(end_ms, Class::Heal, back);
        }
    }

    /// A batch begins or ends; one that a stop came before does neither.
    pub(super) fn batch_service(&mut self, batch: u32, sign: i32) {
        let placed = self.buffers.batches[batch as usize];
        if placed.past_waves || self.response.stop_ms.is_none_or(|stop_ms| placed.start_ms <= stop_ms) {
            self.out_of_service(placed.zone as usize, sign * placed.hosts as i32);
        }
    }

    /// More or fewer hosts of the zone are out of service.
    pub(super) fn out_of_service(&mut self, zone: usize, hosts: i32) {
        let replaced = &mut self.buffers.load.replaced[zone];
        *replaced = replaced.saturating_add_signed(hosts);
        self.down_changed(zone);
    }

    /// Schedules the first failure of every zone and region.
    pub(super) fn schedule_background(&mut self) {
        if !self.has_background_failures() {
            return;
        }
        let fleet = &self.plan.fleet;
        for zone in 0..fleet.zones.len() {
            self.schedule_failure(zone as u32, false, 0);
        }
        for region in 0..fleet.regions.len() {
            self.schedule_failure(region as u32, true, 0);
        }
    }

    /// How often a place goes dark, and the draws that say when its failure number `number` comes and how
    /// long it lasts.
    fn failure(&self, place: u32, region: bool, number: u32) -> Option<(Episodes, Stream)> {
        let fleet = &self.plan.fleet;
        let (episodes, entity) = if region {
            (fleet.background.region_failures?, fleet.regions[place as usize].entity)
        } else {
            (fleet.background.zone_failures?, fleet.zones[place as usize].entity)
        };
        let mut luck = self.streams.stream(Purpose::Background, entity);
        luck.seek(2 * u64::from(number));
        Some((episodes, luck))
    }

    fn schedule_failure(&mut self, place: u32, region: bool, number: u32) {
        if let Some((episodes, mut luck)) = self.failure(place, region, number) {
            let at_ms = self.now_ms + episodes.every.by_cdf(luck.uniform()).max(1);
            self.buffers.queue.push(at_ms, Class::Impair, Happening::Dark { place, region, number });
        }
    }

    /// A zone or a region goes dark.
    pub(super) fn go_dark(&mut self, place: u32, region: bool, number: u32) {
        let Some((episodes, mut luck)) = self.failure(place, region, number) else { return };
        let now_ms = self.now_ms;
        self.observe(now_ms, || Event::WentDark { place, whole_region: region });
        self.change_dark(place, region, true);
        luck.uniform();
        let end_ms = now_ms + episodes.lasts.by_cdf(luck.uniform()).max(1);
        self.buffers.queue.push(end_ms, Class::Heal, Happening::Light { place, region, number });
    }

    /// It is back; the next failure will come.
    pub(super) fn back_to_light(&mut self, place: u32, region: bool, number: u32) {
        self.change_dark(place, region, false);
        self.schedule_failure(place, region, number + 1);
    }

    fn change_dark(&mut self, place: u32, region: bool, dark: bool) {
        let place = place as usize;
        let zones = if region { self.plan.fleet.regions[place].zones.clone() } else { place..place + 1 };
        for zone in zones {
            let count = &mut self.buffers.load.dark[zone];
            *count = if dark { *count + 1 } else { *count - 1 };
            self.down_changed(zone);
        }
    }

    /// Hosts of the zone that are dark.
    pub(super) fn dark_hosts(&self, zone: usize) -> u32 {
        if self.buffers.load.dark.get(zone).is_some_and(|&count| count > 0) {
            self.plan.fleet.zones[zone].hosts
        } else {
            0
        }
    }

    /// Hosts of the zone that serve nothing.
    fn down_hosts(&self, zone: usize) -> u32 {
        let hosts = self.plan.fleet.zones[zone].hosts;
        let crashes = self.defect().is_some_and(|defect| defect.symptom.crash);
        let crashed = if crashes { self.buffers.tally.in_zone(zone) } else { 0 };
        let out = self.buffers.load.replaced[zone] + crashed;
        if self.dark_hosts(zone) > 0 { hosts } else { out.min(hosts) }
    }

    /// Hosts of the region that serve nothing.
    pub(super) fn down_in_region(&self, region: usize) -> u64 {
        if !self.minds_load() {
            return 0;
        }
        self.plan.fleet.regions[region].zones.clone().map(|zone| u64::from(self.down_hosts(zone))).sum()
    }

    /// Tells the account and the alarms that hosts of the zone went down or came back.
    pub(super) fn down_changed(&mut self, zone: usize) {
        let region = self.plan.fleet.zones[zone].region;
        if self.plan.fleet.peak_utilisation.is_some() {
            let down = self.down_in_region(region);
            let now_ms = self.now_ms;
            self.buffers.tally.set_down(self.model, self.start_utc_ms, region, down, now_ms);
        }
        self.scope_changed(zone);
    }

    /// Share of the region's requests that its hosts turn away for want of capacity in this hour.
    pub(super) fn turned_away(&self, region: usize, hour: usize) -> f64 {
        self.model.turned_away(region, hour, self.down_in_region(region))
    }
}
