//! One rollout among many: when its waves may start, what stops it from outside, and its timetable.
//!
//! A pipeline over weeks launches rollouts; each is a pure function of its launch. Without constraints a launch of
//! a study's trial is that trial.

use super::queue::{Class, Happening};
use super::trace::Observer;
use super::trial::Trial;
use crate::outcome::Outcome;
use crate::plan::Ratio;

/// When waves and regions may start that are ready at an instant of the rollout: then or later, or never. Asked at an
/// instant that it gave itself it must agree.
pub trait Gate {
    /// When wave `wave` may start.
    fn wave(&self, wave: usize, at_ms: u64) -> Option<u64>;

    /// When region `region` of the fleet may start in a wave that has started.
    fn region(&self, region: usize, at_ms: u64) -> Option<u64> {
        let _ = region;
        Some(at_ms)
    }
}

/// A gate for waves only.
impl<F: Fn(usize, u64) -> Option<u64>> Gate for F {
    fn wave(&self, wave: usize, at_ms: u64) -> Option<u64> {
        self(wave, at_ms)
    }
}

/// Whose luck a rollout has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum World {
    /// That of a trial of the study.
    Trial(u64),
    /// That of another revision on its way in the same trial of a pipeline, by its key.
    Revision {
        /// Trial of the pipeline.
        trial: u64,
        /// Stable identity of the revision.
        key: u64,
    },
}

/// A stop from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutsideStop {
    /// Instant of the rollout.
    pub at_ms: u64,
    /// Whether all hosts go back; otherwise they stay as they are, and another revision takes over.
    pub roll_back: bool,
}

/// A rollout to launch.
#[derive(Clone, Copy)]
pub struct Launch<'a> {
    /// Whose luck it has.
    pub world: World,
    /// Defect that the revision carries, an index of the plan's catalogue.
    pub defect: Option<usize>,
    /// Start in milliseconds since a UTC midnight.
    pub start_utc_ms: u64,
    /// Share of each bake that is kept: an urgent change waits less, or not at all.
    pub bakes: Ratio,
    /// When waves and regions may start.
    pub gate: &'a dyn Gate,
    /// A stop from outside, if one comes.
    pub stop: Option<OutsideStop>,
    /// No host goes back before this instant of the rollout: what came later goes back first. 0: at once.
    pub back_from_ms: u64,
}

/// When one wave was under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaveTimes {
    /// It started.
    pub start_ms: u64,
    /// Its bake was over, or the rollout stopped.
    pub end_ms: u64,
    /// Part of it that was baking, on the path that led to its end; of all its bakes if they were not cut short.
    pub bake_ms: u64,
    /// Part of it in which nothing went on because every region that was left waited for its window.
    pub closed_ms: u64,
}

/// A launched rollout, to its end.
#[derive(Debug, Clone, PartialEq)]
pub struct Launched {
    /// What happened.
    pub outcome: Outcome,
    /// The waves that started, in order.
    pub waves: Vec<WaveTimes>,
    /// It was stopped from outside before anything else did.
    pub stopped_outside: bool,
}

impl<O: Observer> Trial<'_, O> {
    /// Announces a stop from outside.
    pub(super) fn expect_outside_stop(&mut self) {
        if let Some(stop) = self.launch.and_then(|launch| launch.stop) {
            self.buffers.queue.push(stop.at_ms, Class::Act, Happening::OutsideStop);
        }
    }

    /// Somebody else stops the rollout. One that is complete can be taken back, but not be overtaken.
    pub(super) fn outside_stop(&mut self) {
        let Some(stop) = self.launch.and_then(|launch| launch.stop) else { return };
        let overtaken_late = self.response.completed_ms.is_some() && !stop.roll_back;
        if self.response.stop_ms.is_some() || overtaken_late {
            return;
        }
        self.stopped_outside = true;
        self.halt();
        if stop.roll_back {
            self.go_back(true);
        }
    }

    /// Whether somebody else will take the rollout back, complete or not.
    pub(super) fn will_be_taken_back(&self) -> bool {
        let stop = self.launch.and_then(|launch| launch.stop);
        self.response.stop_ms.is_none() && stop.is_some_and(|stop| stop.roll_back)
    }

    /// Hosts go back as soon as it is this rollout's turn.
    pub(super) fn go_back(&mut self, by_hand: bool) {
        let turn_ms = self.launch.map_or(0, |launch| launch.back_from_ms);
        if turn_ms > self.now_ms {
            self.response.pending += 1;
            self.response.settled_ms = self.response.settled_ms.max(turn_ms);
            self.buffers.queue.push(turn_ms, Class::Act, Happening::TurnToGoBack { by_hand });
        } else {
            self.begin_mitigation();
            self.roll_back(by_hand);
        }
    }

    /// It is this rollout's turn.
    pub(super) fn turn_to_go_back(&mut self, by_hand: bool) {
        self.response.pending -= 1;
        if !self.response.rolled_back {
            self.begin_mitigation();
            self.roll_back(by_hand);
        }
    }

    /// When the wave may start that is ready now; none if never, and then the rollout is over.
    pub(super) fn gate_opens(&mut self, wave: usize) -> Option<u64> {
        let Some(launch) = self.launch else { return Some(self.now_ms) };
        let opens_ms = launch.gate.wave(wave, self.now_ms);
        if opens_ms.is_none() {
            self.response.grounded_ms = Some(self.now_ms);
        }
        opens_ms
    }

    /// Whether a region has to wait for its window; it comes back when that opens.
    pub(super) fn awaits_window(&mut self, region: usize, path_bake_ms: u64) -> bool {
        let Some(launch) = self.launch else { return false };
        match launch.gate.region(region, self.now_ms) {
            Some(opens_ms) if opens_ms <= self.now_ms => return false,
            Some(opens_ms) => {
                let region = region as u32;
                let opening = Happening::RegionOpens { region, path_bake_ms };
                self.buffers.queue.push(opens_ms, Class::Promote, opening);
            }
            None => self.response.grounded_ms = Some(self.now_ms),
        }
        self.wave.waiting += 1;
        true
    }

    /// The window of a region opens that its wave waits for.
    pub(super) fn region_opens(&mut self, region: usize, path_bake_ms: u64) {
        if self.response.stop_ms.is_some() {
            return;
        }
        self.promoted_ms = Some(self.now_ms);
        self.wave.waiting -= 1;
        self.fill_region(region, path_bake_ms);
        self.account_windows();
    }

    /// Keeps how long a wave waits for nothing but windows; to be called when what it waits for has changed.
    pub(super) fn account_windows(&mut self) {
        let idle = self.wave.waiting > 0 && self.wave.waiting == self.wave.active;
        match self.wave.idle_since_ms {
            None if idle => self.wave.idle_since_ms = Some(self.now_ms),
            Some(since_ms) if !idle => {
                self.wave.idle_since_ms = None;
                if let Some(wave) = self.buffers.wave_times.last_mut() {
                    wave.closed_ms += self.now_ms - since_ms;
                }
            }
            _ => {}
        }
    }

    /// What is left of a bake of `bake_ms`.
    pub(super) fn bake(&self, bake_ms: u64) -> u64 {
        self.launch.map_or(bake_ms, |launch| launch.bakes.floor_of(bake_ms))
    }

    /// Keeps when a wave started.
    pub(super) fn log_wave_start(&mut self) {
        if self.launch.is_some() {
            let start_ms = self.now_ms;
            self.buffers.wave_times.push(WaveTimes { start_ms, end_ms: u64::MAX, bake_ms: 0, closed_ms: 0 });
            self.baked_before_ms = self.wave.path_bake_ms;
        }
    }

    /// Keeps when it was over.
    pub(super) fn log_wave_end(&mut self) {
        let bake_ms = self.wave.path_bake_ms - self.baked_before_ms;
        if let Some(wave) = self.buffers.wave_times.last_mut() {
            wave.end_ms = self.now_ms;
            wave.bake_ms = bake_ms;
        }
    }
}

/// The waves, with the one that was cut off ending at the end of the rollout.
pub(super) fn closed(waves: &[WaveTimes], outcome: &Outcome) -> Vec<WaveTimes> {
    let over_ms = outcome.rollback_ms.unwrap_or(outcome.end_ms);
    waves.iter().map(|wave| WaveTimes { end_ms: wave.end_ms.min(over_ms), ..*wave }).collect()
}
