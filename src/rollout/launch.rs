//! One rollout among many: when its waves may start, what stops it from outside, and its timetable.
//!
//! A pipeline over weeks launches rollouts; each is a pure function of its launch. Without constraints a launch of
//! a study's trial is that trial.

use crate::ids::{DefectId, RegionId, WaveId};
use crate::outcome::Outcome;
use crate::plan::Ratio;

/// When waves and regions may start that are ready at an instant of the rollout: then or later, or never. Asked at an
/// instant that it gave itself it must agree.
pub trait Openings {
    /// When wave `wave` may start.
    fn wave(&self, wave: WaveId, at_ms: u64) -> Option<u64>;

    /// When region `region` of the fleet may start in wave `wave`, which has started.
    fn region(&self, wave: WaveId, region: RegionId, at_ms: u64) -> Option<u64> {
        let _ = (wave, region);
        Some(at_ms)
    }

    /// How long a bake lasts that begins at `at_ms` and takes `bake_ms` where nothing holds it up.
    fn bake(&self, at_ms: u64, bake_ms: u64) -> u64 {
        let _ = at_ms;
        bake_ms
    }

    /// Until when wave `wave` goes on baking at least, as others are not done there yet; 0: nobody else is.
    fn bakes_until(&self, wave: WaveId) -> u64 {
        let _ = wave;
        0
    }
}

/// Openings of waves only.
impl<F: Fn(WaveId, u64) -> Option<u64>> Openings for F {
    fn wave(&self, wave: WaveId, at_ms: u64) -> Option<u64> {
        self(wave, at_ms)
    }
}

/// Which random draws a rollout meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DrawSource {
    /// Those of a trial of the study.
    Trial(u64),
    /// Those of another revision on its way in the same trial of a pipeline, by its key.
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
    /// Which random draws it meets.
    pub draws: DrawSource,
    /// Defect that the revision carries, of the plan's catalogue.
    pub defect: Option<DefectId>,
    /// Start in milliseconds since a UTC midnight.
    pub start_utc_ms: u64,
    /// Share of each bake that is kept: an urgent change waits less, or not at all.
    pub bakes: Ratio,
    /// When waves and regions may start.
    pub openings: &'a dyn Openings,
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
    /// Part of it behind its bake, in which it waited for its gates.
    pub gate_ms: u64,
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
