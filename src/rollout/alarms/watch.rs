//! One instance of an alarm while the rollout listens to it: what it watches, until when, and at which instants.
//!
//! It knows its own lattice of evaluations. What a datapoint says, and which of them breaches next, is found elsewhere.

use super::datapoints::RecentDatapoints;
use crate::ids::{AlarmId, GateId};
use crate::plan::{Alarm, EvaluationClock, Plan};
use crate::random::mix;
use crate::rollout::place::WatchedScope;

/// One instance of an alarm.
#[derive(Debug, Clone)]
pub struct WatchState {
    /// Its definition.
    pub alarm: AlarmId,
    /// The alarm that it is reported as: its own, or one that it is part of.
    pub reported: AlarmId,
    /// What it watches.
    pub scope: WatchedScope,
    /// Key of its random streams.
    pub stream_entity: u64,
    /// Number of its series in the model.
    pub series: u32,
    opened_ms: u64,
    /// Whose whole periods its evaluations come at.
    pub clock: EvaluationClock,
    /// The gate that it checks for, if it does: then it fires nothing.
    pub for_gate: Option<GateId>,
    /// Last instant whose evaluation counts; none: all do.
    pub closes_ms: Option<u64>,
    /// Scheduled evaluations of older generations are void.
    pub generation: u32,
    /// Evaluation scheduled next.
    pub next_k: u64,
    /// The search for the next breach is scheduled for this instant; searches due at others are void.
    pub resample_ms: Option<u64>,
    /// A fixed-delay alarm has started its delay.
    pub delaying: bool,
    /// Datapoints of it may be missing: each is looked at.
    pub has_gaps: bool,
    /// Its monitor is broken: all are missing.
    pub broken: bool,
    /// What it has seen.
    pub datapoints: RecentDatapoints,
    /// Where its memory is among those of its kind, once it has any.
    pub memory: Option<usize>,
    /// It fired and nobody acted on it: it is not asked again.
    pub muted: bool,
}

impl WatchState {
    /// An instance that opens now and watches `scope`.
    pub fn new(
        plan: &Plan,
        (alarm, reported): (AlarmId, AlarmId),
        scope: WatchedScope,
        series: u32,
        (opened_ms, closes_ms): (u64, Option<u64>),
    ) -> Self {
        Self {
            alarm,
            reported,
            scope,
            stream_entity: mix(&[plan.alarms[alarm].entity, scope.entity(&plan.fleet)]),
            series,
            opened_ms,
            clock: plan.alarms[alarm].clock,
            for_gate: None,
            closes_ms,
            generation: 0,
            next_k: 0,
            resample_ms: None,
            delaying: false,
            has_gaps: false,
            broken: false,
            datapoints: RecentDatapoints::HEALTHY,
            memory: None,
            muted: false,
        }
    }

    /// The same with datapoints that may be missing.
    pub fn with_gaps(self, has_gaps: bool) -> Self {
        Self { has_gaps, ..self }
    }

    /// The same with a monitor that is broken, and always was.
    pub fn broken(self) -> Self {
        Self { has_gaps: true, broken: true, datapoints: RecentDatapoints::NOTHING, ..self }
    }

    /// Whether it watches for an alarm, and not for a gate.
    #[inline]
    pub fn is_of(&self, alarm: AlarmId) -> bool {
        self.alarm == alarm && self.for_gate.is_none()
    }

    /// Whether an evaluation at that instant counts.
    #[inline]
    pub fn is_open_at(&self, at_ms: u64) -> bool {
        self.closes_ms.is_none_or(|closes_ms| at_ms <= closes_ms)
    }

    /// Index of the first evaluation at or after `at_ms`.
    #[inline]
    pub fn first_evaluation(&self, alarm: &Alarm, start_utc_ms: u64, at_ms: u64) -> u64 {
        let k = match self.clock {
            EvaluationClock::Wall => (start_utc_ms + at_ms).div_ceil(alarm.period_ms),
            EvaluationClock::Deployment => {
                at_ms.saturating_sub(self.opened_ms).div_ceil(alarm.period_ms).max(1)
            }
        };
        // After an evaluation has been recorded, its index is taken.
        self.datapoints.last_k().map_or(k, |last_k| k.max(last_k + 1))
    }

    /// When evaluation `k` happens; none past the end of time.
    #[inline]
    pub fn evaluation_ms(&self, alarm: &Alarm, start_utc_ms: u64, k: u64) -> Option<u64> {
        let elapsed_ms = k.checked_mul(alarm.period_ms)?;
        match self.clock {
            EvaluationClock::Wall => elapsed_ms.checked_sub(start_utc_ms),
            EvaluationClock::Deployment => elapsed_ms.checked_add(self.opened_ms),
        }
    }
}
