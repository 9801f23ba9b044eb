//! Alarm instances while the pipeline listens to them: when they open and close, what a breach adds
//! up to, and when they fire. M of N is a bit mask over the lattice, shifted by the gap between
//! breaches. Which datapoints breach is found in `search`, how likely they do in `signal`.

use super::deploy::NONE;
use super::missing::History;
use super::queue::{Class, Happening};
use super::trace::Observer;
use super::trial::Trial;
use crate::plan::{Alarm, Scope, Signal, Watch as WatchUntil};
use crate::random::{Purpose, mix};

/// One alarm instance.
#[derive(Debug, Clone)]
pub(super) struct Watch {
    pub(super) alarm: u32,
    /// Zone, region, or 0 for the service.
    pub(super) entity: u32,
    /// Key of its random streams.
    pub(super) stream_entity: u64,
    pub(super) series: u32,
    pub(super) opened_ms: u64,
    /// Last instant whose evaluation counts.
    pub(super) closes_ms: u64,
    /// Scheduled evaluations of older generations are void.
    pub(super) generation: u32,
    /// Evaluation scheduled next.
    pub(super) next_k: u64,
    /// Last evaluation recorded in `bits`.
    pub(super) last_k: u64,
    /// Breaches of the last 64 evaluations up to `last_k`; bit 0 is `last_k`.
    pub(super) bits: u64,
    /// The search for the next breach is scheduled for this instant; searches due at others are void.
    pub(super) resample_ms: Option<u64>,
    /// A fixed-delay alarm has started its delay.
    pub(super) delaying: bool,
    /// Datapoints so far, if missing ones matter.
    pub(super) history: History,
    /// Where its memory is among those of its kind, or [`NONE`] before it has any.
    pub(super) memory: u32,
    /// The alarm that it is reported as: its own, or one that it is part of.
    pub(super) reported: u32,
    /// It fired and nobody acted on it: it is not heard again.
    pub(super) muted: bool,
}

impl<O: Observer> Trial<'_, O> {
    /// Opens the alarms that a zone's deployment brings into scope.
    pub(super) fn open_zone_watches(&mut self, zone: usize, opens_ms: u64, one_box_ends_ms: u64) {
        let plan = self.plan;
        for &heard in &self.strategy.alarms {
            let parts = match &plan.alarms[heard].signal {
                Signal::AnyOf(parts) => parts.as_slice(),
                _ => std::slice::from_ref(&heard),
            };
            for &alarm in parts {
                let region = plan.fleet.zones[zone].region;
                match plan.alarms[alarm].scope {
                    Scope::OneBox if one_box_ends_ms > opens_ms => {
                        self.open(alarm, heard, zone, one_box_ends_ms);
                    }
                    Scope::OneBox => {}
                    Scope::Zone => self.open(alarm, heard, zone, u64::MAX),
                    Scope::Region => self.open(alarm, heard, region, u64::MAX),
                    Scope::Service => self.open(alarm, heard, 0, u64::MAX),
                }
            }
        }
    }

    /// Whether the monitor is broken in this trial.
    fn is_broken(&self, alarm: usize) -> bool {
        let Alarm { broken, entity, .. } = self.plan.alarms[alarm];
        broken > 0.0 && self.streams.stream(Purpose::Broken, entity).uniform() < broken
    }

    /// Opens an instance of `alarm`, reported as `reported`.
    fn open(&mut self, alarm: usize, reported: usize, entity: usize, closes_ms: u64) {
        if self.is_broken(alarm) {
            return;
        }
        let definition = &self.plan.alarms[alarm];
        let one_box = if definition.scope == Scope::OneBox { self.buffers.zones[entity].one_box } else { 0 };
        let series = self.model.series_index(alarm, entity, one_box);
        // A healthy scope that cannot breach needs no watch while the change is good.
        let thinks_ahead = definition.is_memoryless() || definition.rate_rule().is_some();
        let calm_for_good = self.defect.is_none() && !self.minds_load() && thinks_ahead;
        if calm_for_good && self.model.series(series).healthy_envelope == 0.0 {
            return;
        }
        if let Some(watch) = self.find_watch(alarm, entity) {
            let known = &mut self.buffers.watches[watch as usize];
            // A watch with an end searched only up to it.
            let had_end = std::mem::replace(&mut known.closes_ms, closes_ms) < u64::MAX;
            if had_end {
                self.reschedule(watch);
            }
            return;
        }
        let fleet = &self.plan.fleet;
        let scope_entity = match definition.scope {
            Scope::OneBox | Scope::Zone => fleet.zones[entity].entity,
            Scope::Region => fleet.regions[entity].entity,
            Scope::Service => 0,
        };
        let watch = self.buffers.watches.len() as u32;
        self.buffers.watches.push(Watch {
            alarm: alarm as u32,
            entity: entity as u32,
            stream_entity: mix(&[definition.entity, scope_entity]),
            series,
            opened_ms: self.now_ms,
            closes_ms,
            generation: 0,
            next_k: 0,
            last_k: 0,
            bits: 0,
            resample_ms: None,
            delaying: false,
            history: History::HEALTHY,
            memory: NONE,
            reported: reported as u32,
            muted: false,
        });
        match definition.scope {
            Scope::OneBox | Scope::Zone => self.buffers.zone_watches[entity].push(watch),
            Scope::Region => self.buffers.region_watches[entity].push(watch),
            Scope::Service => self.buffers.service_watches.push(watch),
        }
        self.reschedule(watch);
    }

    fn find_watch(&self, alarm: usize, entity: usize) -> Option<u32> {
        let candidates = match self.plan.alarms[alarm].scope {
            Scope::OneBox | Scope::Zone => &self.buffers.zone_watches[entity],
            Scope::Region => &self.buffers.region_watches[entity],
            Scope::Service => &self.buffers.service_watches,
        };
        candidates.iter().copied().find(|watch| self.buffers.watches[*watch as usize].alarm == alarm as u32)
    }

    pub(super) fn definition(&self, watch: u32) -> &'_ Alarm {
        &self.plan.alarms[self.buffers.watches[watch as usize].alarm as usize]
    }

    /// The zone's bake ends at `done_ms`: alarms that watch only the deployment end with it.
    pub(super) fn close_zone_watches(&mut self, zone: usize, done_ms: u64) {
        for index in 0..self.buffers.zone_watches[zone].len() {
            let watch = self.buffers.zone_watches[zone][index];
            let alarm = self.definition(watch);
            if alarm.scope == Scope::Zone && alarm.watch == WatchUntil::Deployment {
                self.buffers.watches[watch as usize].closes_ms = done_ms;
            }
        }
    }

    /// The region's last zone is done.
    pub(super) fn close_region_watches(&mut self, region: usize, now_ms: u64) {
        for index in 0..self.buffers.region_watches[region].len() {
            let watch = self.buffers.region_watches[region][index];
            if self.definition(watch).watch == WatchUntil::Deployment {
                self.buffers.watches[watch as usize].closes_ms = now_ms;
            }
        }
    }

    /// The wave's last region is done.
    pub(super) fn close_service_watches(&mut self, now_ms: u64) {
        for index in 0..self.buffers.service_watches.len() {
            let watch = self.buffers.service_watches[index];
            if self.definition(watch).watch == WatchUntil::Deployment {
                self.buffers.watches[watch as usize].closes_ms = now_ms;
            }
        }
    }

    /// The wave's bake is over.
    pub(super) fn close_wave_watches(&mut self, now_ms: u64) {
        for watch in 0..self.buffers.watches.len() as u32 {
            let closes = match self.definition(watch).watch {
                WatchUntil::Rollout | WatchUntil::Deployment => false,
                WatchUntil::Wave => true,
            };
            let closes_ms = &mut self.buffers.watches[watch as usize].closes_ms;
            if closes && *closes_ms > now_ms {
                *closes_ms = now_ms;
            }
        }
    }

    /// A host of the zone became impaired: every alarm over it looks again.
    pub(super) fn scope_changed(&mut self, zone: usize) {
        if !self.listening() {
            return;
        }
        let region = self.plan.fleet.zones[zone].region;
        for index in 0..self.buffers.zone_watches[zone].len() {
            self.mark_changed(self.buffers.zone_watches[zone][index]);
        }
        for index in 0..self.buffers.region_watches[region].len() {
            self.mark_changed(self.buffers.region_watches[region][index]);
        }
        for index in 0..self.buffers.service_watches.len() {
            self.mark_changed(self.buffers.service_watches[index]);
        }
    }

    fn mark_changed(&mut self, watch: u32) {
        let now_ms = self.now_ms;
        let plan = self.plan;
        let state = &mut self.buffers.watches[watch as usize];
        let (alarm, memory) = (&plan.alarms[state.alarm as usize], state.memory);
        if let Signal::DetectionDelay(delay) = &alarm.signal {
            if !state.delaying && self.impaired_in(watch) > 0 {
                let state = &mut self.buffers.watches[watch as usize];
                state.delaying = true;
                let u = self.streams.stream(Purpose::DetectionDelay, state.stream_entity).uniform();
                let at_ms = now_ms + delay.by_cdf(u);
                self.buffers.queue.push(at_ms, Class::Evaluate, Happening::DelayOver { watch });
            }
        } else if !self.exhaustive && (alarm.is_memoryless() || alarm.rate_rule().is_some() && memory == NONE)
        {
            // A rule that has begun to scrape goes on by itself.
            self.search_at_next_evaluation(watch);
        }
    }

    pub(super) fn record_breach(&mut self, watch: u32, k: u64) {
        let state = &mut self.buffers.watches[watch as usize];
        let gap = k - state.last_k;
        state.bits = if gap < 64 { state.bits << gap } else { 0 } | 1;
        state.last_k = k;
        let bits = state.bits;
        self.observe_breach(watch);
        let alarm = self.definition(watch);
        let window = if alarm.window >= 64 { u64::MAX } else { (1 << alarm.window) - 1 };
        if (bits & window).count_ones() >= alarm.datapoints_to_alarm {
            self.publish(watch);
        }
    }

    /// The alarm fires as soon as its datapoint is published.
    pub(super) fn publish(&mut self, watch: u32) {
        let at_ms = self.now_ms + self.definition(watch).publish_delay_ms;
        self.buffers.queue.push(at_ms, Class::Act, Happening::Fire { watch });
    }

    /// Index of the watch's alarm and its scope entity.
    pub(super) fn watch_scope(&self, watch: u32) -> (u32, u32) {
        let watch = &self.buffers.watches[watch as usize];
        (watch.alarm, watch.entity)
    }
}
