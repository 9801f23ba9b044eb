//! Alarm instances while the pipeline listens to them.
//!
//! An instance looks for its next breaching datapoint only when its scope changes; between changes
//! it costs nothing. M of N is a bit mask over the lattice, shifted by the gap between breaches.

use super::candidates;
use super::model::{Series, hosts_breach};
use super::queue::{Class, Happening};
use super::trace::{Event, Observer};
use super::trial::Trial;
use crate::plan::{Alarm, EvaluationClock, HOUR_MS, Scope, Signal, Watch as WatchUntil};
use crate::random::{Purpose, mix};
use std::collections::BTreeMap;

/// One alarm instance.
#[derive(Debug, Clone)]
pub(super) struct Watch {
    alarm: u32,
    /// Zone, region, or 0 for the service.
    entity: u32,
    /// Key of its random streams.
    stream_entity: u64,
    series: u32,
    opened_ms: u64,
    /// Last instant whose evaluation counts.
    closes_ms: u64,
    /// Scheduled evaluations of older generations are void.
    generation: u32,
    /// Evaluation scheduled next.
    next_k: u64,
    /// Last evaluation recorded in `bits`.
    last_k: u64,
    /// Breaches of the last 64 evaluations up to `last_k`; bit 0 is `last_k`.
    bits: u64,
    /// The search for the next breach is scheduled for this instant; searches due at others are void.
    resample_ms: Option<u64>,
    /// A fixed-delay alarm has started its delay.
    delaying: bool,
}

/// Breach probabilities of impaired scopes: (series, defect, hour, impaired hosts).
pub(super) type BreachMemo = BTreeMap<(u32, u32, u8, u32), f64>;

/// Hours searched in one go when an impaired scope's datapoints cannot breach.
const SEARCH_HOURS: usize = 48;

impl<O: Observer> Trial<'_, O> {
    /// Opens the alarms that a zone's deployment brings into scope.
    pub(super) fn open_zone_watches(&mut self, zone: usize, opens_ms: u64, one_box_ends_ms: u64) {
        let plan = self.plan;
        for &alarm in &self.strategy.alarms {
            let region = plan.fleet.zones[zone].region;
            match plan.alarms[alarm].scope {
                Scope::OneBox if one_box_ends_ms > opens_ms => self.open(alarm, zone, one_box_ends_ms),
                Scope::OneBox => {}
                Scope::Zone => self.open(alarm, zone, u64::MAX),
                Scope::Region => self.open(alarm, region, u64::MAX),
                Scope::Service => self.open(alarm, 0, u64::MAX),
            }
        }
    }

    fn open(&mut self, alarm: usize, entity: usize, closes_ms: u64) {
        let definition = &self.plan.alarms[alarm];
        let one_box = if definition.scope == Scope::OneBox { self.buffers.zones[entity].one_box } else { 0 };
        let series = self.model.series_index(alarm, entity, one_box);
        // A healthy scope that cannot breach needs no watch while the change is good.
        if self.defect.is_none() && self.model.series(series).healthy_envelope == 0.0 {
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

    fn definition(&self, watch: u32) -> &'_ Alarm {
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
        if self.response.alarm.is_some() {
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
        let alarm = &plan.alarms[state.alarm as usize];
        if let Signal::DetectionDelay(delay) = &alarm.signal {
            if !state.delaying && self.impaired_in(watch) > 0 {
                let state = &mut self.buffers.watches[watch as usize];
                state.delaying = true;
                let u = self.streams.stream(Purpose::DetectionDelay, state.stream_entity).uniform();
                let at_ms = now_ms + delay.by_cdf(u);
                self.buffers.queue.push(at_ms, Class::Evaluate, Happening::DelayOver { watch });
            }
        } else if !self.exhaustive {
            self.search_at_next_evaluation(watch);
        }
    }

    /// Voids what was found and searches again when the next evaluation is due: only then does the
    /// state of the scope matter, however many hosts change before.
    fn search_at_next_evaluation(&mut self, watch: u32) {
        let k = self.first_evaluation(watch, self.next_open_ms());
        let state = &self.buffers.watches[watch as usize];
        let due_ms = self.evaluation_ms(watch, k).filter(|due_ms| *due_ms <= state.closes_ms);
        if due_ms.is_some() && state.resample_ms == due_ms {
            return;
        }
        let state = &mut self.buffers.watches[watch as usize];
        state.generation += 1;
        state.resample_ms = due_ms;
        if let Some(due_ms) = due_ms {
            self.buffers.queue.push(due_ms, Class::Resample, Happening::Resample { watch });
        }
    }

    /// First instant whose evaluations are still open: they are over once something was promoted.
    fn next_open_ms(&self) -> u64 {
        if self.promoted_ms == Some(self.now_ms) { self.now_ms + 1 } else { self.now_ms }
    }

    pub(super) fn delay_over(&mut self, watch: u32) {
        if self.now_ms <= self.buffers.watches[watch as usize].closes_ms {
            self.publish(watch);
        }
    }

    pub(super) fn resample(&mut self, watch: u32) {
        let due = self.buffers.watches[watch as usize].resample_ms == Some(self.now_ms);
        if due && self.response.alarm.is_none() {
            self.buffers.watches[watch as usize].resample_ms = None;
            self.reschedule(watch);
        }
    }

    /// Finds the watch's next breach from now on and schedules it.
    fn reschedule(&mut self, watch: u32) {
        self.buffers.watches[watch as usize].generation += 1;
        if matches!(self.definition(watch).signal, Signal::DetectionDelay(_)) {
            return;
        }
        let from_k = self.first_evaluation(watch, self.next_open_ms());
        self.schedule_from(watch, from_k);
    }

    /// Index of the first evaluation at or after `at_ms`.
    fn first_evaluation(&self, watch: u32, at_ms: u64) -> u64 {
        let state = &self.buffers.watches[watch as usize];
        let period_ms = self.definition(watch).period_ms;
        let k = match self.definition(watch).clock {
            EvaluationClock::Wall => (self.start_utc_ms + at_ms).div_ceil(period_ms),
            EvaluationClock::Deployment => at_ms.saturating_sub(state.opened_ms).div_ceil(period_ms).max(1),
        };
        // After an evaluation has been recorded, its index is taken.
        if state.last_k > 0 { k.max(state.last_k + 1) } else { k }
    }

    /// When evaluation `k` happens; none past the end of time.
    fn evaluation_ms(&self, watch: u32, k: u64) -> Option<u64> {
        let elapsed_ms = k.checked_mul(self.definition(watch).period_ms)?;
        match self.definition(watch).clock {
            EvaluationClock::Wall => elapsed_ms.checked_sub(self.start_utc_ms),
            EvaluationClock::Deployment => {
                elapsed_ms.checked_add(self.buffers.watches[watch as usize].opened_ms)
            }
        }
    }

    /// Hour of the UTC day whose traffic the datapoint ending at `at_ms` saw.
    fn hour_at(&self, at_ms: u64) -> usize {
        ((self.start_utc_ms + at_ms).saturating_sub(1) / HOUR_MS % 24) as usize
    }

    fn schedule_from(&mut self, watch: u32, from_k: u64) {
        let closes_ms = self.buffers.watches[watch as usize].closes_ms;
        if self.exhaustive {
            self.schedule_evaluation(watch, from_k);
            return;
        }
        let mut from_k = from_k;
        for _ in 0..SEARCH_HOURS {
            let Some(from_ms) = self.evaluation_ms(watch, from_k).filter(|at_ms| *at_ms <= closes_ms) else {
                return;
            };
            let (envelope, last_k) = self.envelope(watch, from_k, from_ms);
            if let Some(k) = self.search(watch, envelope, from_k, last_k) {
                self.schedule_evaluation(watch, k);
                return;
            }
            match last_k {
                Some(last_k) => from_k = last_k + 1,
                None => return,
            }
        }
        if let Some(at_ms) = self.evaluation_ms(watch, from_k) {
            self.buffers.watches[watch as usize].resample_ms = Some(at_ms);
            self.buffers.queue.push(at_ms, Class::Resample, Happening::Resample { watch });
        }
    }

    /// A bound on the breach probability from evaluation `from_k` on, and the last evaluation it
    /// holds for: a whole day's for a healthy scope, that of the hour for an impaired one.
    fn envelope(&mut self, watch: u32, from_k: u64, from_ms: u64) -> (f64, Option<u64>) {
        if self.impaired_in(watch) == 0 {
            let series = self.buffers.watches[watch as usize].series;
            return (self.model.series(series).healthy_envelope, None);
        }
        let absolute_ms = (self.start_utc_ms + from_ms).saturating_sub(1);
        let hour_end_ms = (absolute_ms / HOUR_MS + 1) * HOUR_MS - self.start_utc_ms;
        let last_k = self.first_evaluation(watch, hour_end_ms + 1) - 1;
        (self.breach_probability(watch, from_ms), Some(last_k.max(from_k)))
    }

    /// The first breach among evaluations `from_k ..= last_k`.
    fn search(&mut self, watch: u32, envelope: f64, from_k: u64, last_k: Option<u64>) -> Option<u64> {
        if envelope <= 0.0 {
            return None;
        }
        if envelope >= 1.0 && last_k.is_some() {
            return Some(from_k);
        }
        let level = candidates::level_of(envelope);
        let state = &self.buffers.watches[watch as usize];
        let (stream_entity, closes_ms) = (state.stream_entity, state.closes_ms);
        let mut k = from_k;
        loop {
            let candidate = candidates::next(&self.streams, stream_entity, level, k)?;
            let at_ms = self.evaluation_ms(watch, candidate.k).filter(|at_ms| *at_ms <= closes_ms)?;
            if last_k.is_some_and(|last_k| candidate.k > last_k) {
                return None;
            }
            if candidate.uniform < self.breach_probability(watch, at_ms) {
                return Some(candidate.k);
            }
            k = candidate.k + 1;
        }
    }

    fn schedule_evaluation(&mut self, watch: u32, k: u64) {
        let Some(at_ms) = self.evaluation_ms(watch, k) else { return };
        let state = &mut self.buffers.watches[watch as usize];
        if at_ms <= state.closes_ms {
            state.next_k = k;
            let generation = state.generation;
            self.buffers.queue.push(at_ms, Class::Evaluate, Happening::Evaluate { watch, generation });
        }
    }

    pub(super) fn evaluate(&mut self, watch: u32, generation: u32) {
        let state = &self.buffers.watches[watch as usize];
        let (k, void) = (state.next_k, state.generation != generation || self.now_ms > state.closes_ms);
        if void || self.response.alarm.is_some() {
            return;
        }
        if !self.exhaustive || self.breaches_now(watch, k) {
            self.record_breach(watch, k);
        }
        self.schedule_from(watch, k + 1);
    }

    /// Decides evaluation `k` by itself: what the search must agree with.
    fn breaches_now(&mut self, watch: u32, k: u64) -> bool {
        let (envelope, last_k) = self.envelope(watch, k, self.now_ms);
        self.search(watch, envelope, k, Some(last_k.map_or(k, |_| k))) == Some(k)
    }

    fn record_breach(&mut self, watch: u32, k: u64) {
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
    fn publish(&mut self, watch: u32) {
        let at_ms = self.now_ms + self.definition(watch).publish_delay_ms;
        self.buffers.queue.push(at_ms, Class::Act, Happening::Fire { watch });
    }

    pub(super) fn fire(&mut self, watch: u32) {
        if self.response.alarm.is_some() || self.response.completed_ms.is_some() {
            return;
        }
        let now_ms = self.now_ms;
        let Watch { alarm, entity, .. } = self.buffers.watches[watch as usize];
        self.response.alarm = Some((now_ms, watch));
        self.observe(now_ms, || Event::AlarmFired { alarm, entity });
        let at_ms = now_ms + self.strategy.rollback.reaction_delay_ms;
        self.buffers.queue.push(at_ms, Class::Act, Happening::Stop);
    }

    /// Index of the watch's alarm and its scope entity.
    pub(super) fn watch_scope(&self, watch: u32) -> (u32, u32) {
        let watch = &self.buffers.watches[watch as usize];
        (watch.alarm, watch.entity)
    }

    /// Impaired hosts in the watch's scope.
    fn impaired_in(&self, watch: u32) -> u64 {
        let entity = self.buffers.watches[watch as usize].entity as usize;
        match self.definition(watch).scope {
            Scope::OneBox if self.defect.is_none() => 0,
            Scope::OneBox => u64::from(self.buffers.defective.zone(entity).one_box_impaired),
            Scope::Zone => u64::from(self.buffers.tally.in_zone(entity)),
            Scope::Region => u64::from(self.buffers.tally.in_region(entity)),
            Scope::Service => self.buffers.tally.in_fleet(),
        }
    }

    /// Probability that the datapoint ending at `at_ms` breaches in the scope's present state.
    fn breach_probability(&mut self, watch: u32, at_ms: u64) -> f64 {
        let model = self.model;
        let hour = self.hour_at(at_ms);
        let Watch { series, alarm, .. } = self.buffers.watches[watch as usize];
        let alarm = &self.plan.alarms[alarm as usize];
        let impaired = self.impaired_in(watch);
        let numbers = model.series(series);
        match &alarm.signal {
            _ if impaired == 0 => numbers.healthy[hour],
            Signal::BreachProbability { impaired, .. } => *impaired,
            Signal::ImpairedHosts { .. } => {
                f64::from(u8::from(hosts_breach(&alarm.signal, impaired, numbers.hosts)))
            }
            Signal::ErrorRatio { .. } if alarm.scope == Scope::Service => {
                model.ratio_probability(alarm, numbers.requests[hour], self.service_failure(hour))
            }
            Signal::ErrorRatio { .. } => {
                let key = (series, self.defect.unwrap_or(0) as u32, hour as u8, impaired as u32);
                if let Some(known) = self.buffers.memo.get(&key) {
                    return *known;
                }
                let p = self.failure(impaired as f64 / numbers.hosts as f64);
                let probability = model.ratio_probability(alarm, numbers.requests[hour], p);
                self.buffers.memo.insert(key, probability);
                probability
            }
            Signal::DetectionDelay(_) => 0.0,
        }
    }

    /// Probability that a request fails when a share of them reaches impaired hosts.
    fn failure(&self, share: f64) -> f64 {
        let background = self.plan.fleet.background_error_ratio;
        let extra = self.defect.map_or(0.0, |defect| self.plan.change.defects[defect].error_ratio);
        background + share * ((background + extra).min(1.0) - background)
    }

    /// The same for the whole fleet, where regions differ in traffic per host.
    fn service_failure(&self, hour: usize) -> f64 {
        let (mut total, mut impaired) = (0.0, 0.0);
        for (index, region) in self.plan.fleet.regions.iter().enumerate() {
            let rate = region.requests_per_second * region.hourly_factor[hour];
            let share =
                f64::from(self.buffers.tally.in_region(index)) / self.model.region_hosts[index] as f64;
            total += rate;
            impaired += rate * share;
        }
        self.failure(if total > 0.0 { impaired / total } else { 0.0 })
    }

    fn observe_breach(&mut self, watch: u32) {
        if !O::ENABLED {
            return;
        }
        let now_ms = self.now_ms;
        let Watch { alarm, entity, series, stream_entity, last_k, .. } = self.buffers.watches[watch as usize];
        let definition = &self.plan.alarms[alarm as usize];
        let hour = self.hour_at(now_ms);
        let Series { hosts, requests, .. } = self.model.series(series);
        let p = match definition.scope {
            Scope::Service => self.service_failure(hour),
            _ => self.failure(self.impaired_in(watch) as f64 / *hosts as f64),
        };
        let mut stream = self.streams.stream(Purpose::ReplayCounts, mix(&[stream_entity, last_k]));
        let counts = super::model::rule_of(&definition.signal).and_then(|rule| {
            super::breach::Counts::given_breach(
                &rule,
                self.plan.fleet.arrivals,
                requests[hour],
                p,
                &mut stream,
            )
        });
        self.observe(now_ms, || Event::Breach {
            alarm,
            entity,
            requests: counts.map(|counts| counts.requests),
            errors: counts.map(|counts| counts.errors),
        });
    }
}
