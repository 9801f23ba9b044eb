//! When an alarm breaches next: the search over its evaluation lattice.
//!
//! Between changes of its scope an alarm costs nothing: the next datapoint that could breach is drawn
//! (see `candidates`), thinned by its true probability, and scheduled. `Engine::exhaustive` decides
//! each datapoint by itself instead, and must agree.

use super::candidates;
use super::deploy::NONE;
use super::queue::{Class, Happening};
use super::trace::Observer;
use super::trial::Trial;
use super::watch::Watch;
use crate::plan::{EvaluationClock, HOUR_MS, Signal};

/// Hours searched in one go when an impaired scope's datapoints cannot breach.
const SEARCH_HOURS: usize = 48;

impl<O: Observer> Trial<'_, O> {
    /// Voids what was found and searches again when the next evaluation is due: only then does the
    /// state of the scope matter, however many hosts change before.
    pub(super) fn search_at_next_evaluation(&mut self, watch: u32) {
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
        if due && self.listening() {
            self.buffers.watches[watch as usize].resample_ms = None;
            self.reschedule(watch);
        }
    }

    /// Finds the watch's next breach from now on and schedules it.
    pub(super) fn reschedule(&mut self, watch: u32) {
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
    pub(super) fn evaluation_ms(&self, watch: u32, k: u64) -> Option<u64> {
        let elapsed_ms = k.checked_mul(self.definition(watch).period_ms)?;
        match self.definition(watch).clock {
            EvaluationClock::Wall => elapsed_ms.checked_sub(self.start_utc_ms),
            EvaluationClock::Deployment => {
                elapsed_ms.checked_add(self.buffers.watches[watch as usize].opened_ms)
            }
        }
    }

    /// Hour of the UTC day whose traffic the datapoint ending at `at_ms` saw.
    pub(super) fn hour_at(&self, at_ms: u64) -> usize {
        ((self.start_utc_ms + at_ms).saturating_sub(1) / HOUR_MS % 24) as usize
    }

    fn schedule_from(&mut self, watch: u32, from_k: u64) {
        let closes_ms = self.buffers.watches[watch as usize].closes_ms;
        if self.exhaustive || self.visits_each(watch) {
            self.schedule_evaluation(watch, from_k);
            return;
        }
        if self.definition(watch).rate_rule().is_some() {
            // It sleeps until its scope changes.
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

    /// Whether every evaluation of the watch is visited from now on: what came before decides with it. A rule over
    /// rates sleeps while its scope is as always, if it cannot breach then.
    pub(super) fn visits_each(&self, watch: u32) -> bool {
        let alarm = self.definition(watch);
        if alarm.rate_rule().is_none() {
            return !alarm.is_memoryless();
        }
        let Watch { memory, series, .. } = self.buffers.watches[watch as usize];
        memory != NONE || self.model.series(series).healthy_envelope > 0.0 || !self.is_calm(watch)
    }

    /// A bound on the breach probability from evaluation `from_k` on, and the last evaluation it
    /// holds for: a whole day's for a healthy scope, that of the hour for an impaired one.
    fn envelope(&mut self, watch: u32, from_k: u64, from_ms: u64) -> (f64, Option<u64>) {
        if self.is_calm(watch) {
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
        let signal = &self.definition(watch).signal;
        let (is_rule, is_canary) =
            (matches!(signal, Signal::RateRatio(_)), matches!(signal, Signal::Canary(_)));
        if void || !(self.listening() || O::FOLLOWS_ALERTS && is_rule) {
            return;
        }
        if is_rule {
            self.scrape(watch, k);
        } else if is_canary {
            self.compare_canary(watch, k);
        } else if self.definition(watch).minds_gaps() {
            self.evaluate_with_gaps(watch, k);
        } else if !self.exhaustive || self.breaches_now(watch, k) {
            self.record_breach(watch, k);
        }
        self.schedule_from(watch, k + 1);
    }

    /// Decides evaluation `k` by itself: what the search must agree with.
    fn breaches_now(&mut self, watch: u32, k: u64) -> bool {
        let (envelope, last_k) = self.envelope(watch, k, self.now_ms);
        self.search(watch, envelope, k, Some(last_k.map_or(k, |_| k))) == Some(k)
    }
}
