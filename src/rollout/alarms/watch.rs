//! One instance of an alarm while the rollout listens to it: what it watches, until when, and at which instants.
//!
//! It knows its own lattice of evaluations. What a datapoint says, and which of them breaches next, is found elsewhere.

use super::datapoints::{AlarmState, RecentDatapoints};
use super::quorum::AlarmSpans;
use crate::ids::{AlarmId, GateId};
use crate::plan::{Alarm, Decides, EvaluationClock, Plan};
use crate::random::mix;
use crate::rollout::place::WatchedScope;

/// One instance of an alarm.
#[derive(Debug, Clone)]
pub struct WatchState {
    /// Its definition.
    pub alarm: AlarmId,
    /// The alarm that it is reported as: its own, or one that it is part of; none if it fires only with others.
    pub reported: Option<AlarmId>,
    /// When it is in alarm, if it counts together with others.
    pub in_alarm: Option<AlarmSpans>,
    /// What it watches.
    pub scope: WatchedScope,
    /// Key of its random streams.
    pub stream_entity: u64,
    /// Number of its series in the model.
    pub series: u32,
    opened_ms: u64,
    /// Whose whole periods its evaluations come at.
    clock: EvaluationClock,
    /// The gate that it checks for, if it does: then it fires nothing.
    pub for_gate: Option<GateId>,
    /// It is not evaluated before.
    quiet_until_ms: u64,
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
        (alarm, reported): (AlarmId, Option<AlarmId>),
        scope: WatchedScope,
        series: u32,
        (opened_ms, closes_ms): (u64, Option<u64>),
    ) -> Self {
        Self {
            alarm,
            reported,
            in_alarm: None,
            scope,
            stream_entity: mix(&[plan.alarms[alarm].entity, scope.entity(&plan.fleet)]),
            series,
            opened_ms,
            clock: plan.alarms[alarm].clock,
            for_gate: None,
            quiet_until_ms: opened_ms + plan.alarms[alarm].grace_ms,
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

    /// The same over something that had no datapoint before.
    pub fn without_past(self) -> Self {
        Self { datapoints: RecentDatapoints::NEWBORN, ..self }
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

    /// The same as checks of a gate, with draws of their own by `place`: they begin when the instance opens, and fire nothing.
    pub fn for_gate(self, gate: GateId, place: u64) -> Self {
        Self {
            for_gate: Some(gate),
            clock: EvaluationClock::Deployment,
            quiet_until_ms: self.opened_ms,
            stream_entity: mix(&[self.stream_entity, place]),
            ..self
        }
    }

    /// It opens again, until `closes_ms`; says whether it was closed, or was about to be.
    pub fn opens_again(&mut self, alarm: &Alarm, now_ms: u64, closes_ms: Option<u64>) -> bool {
        let had_end = std::mem::replace(&mut self.closes_ms, closes_ms).is_some();
        if had_end {
            self.quiet_until_ms = now_ms + alarm.grace_ms;
        }
        had_end
    }

    /// Whether it has just opened, and is not evaluated yet.
    pub fn is_warming_up(&self, now_ms: u64) -> bool {
        now_ms < self.quiet_until_ms
    }

    /// It is listened to for itself, reported as that; or, if that is none, together with others.
    pub fn counts_for(&mut self, reported: Option<AlarmId>) {
        match reported {
            Some(_) => self.reported = self.reported.or(reported),
            None => {
                self.in_alarm.get_or_insert_default();
            }
        }
    }

    /// Keeps what its state is by datapoint `k`, if it counts together with others.
    pub fn notes(&mut self, alarm: &Alarm, k: u64, state: AlarmState) {
        let Some(spans) = &mut self.in_alarm else { return };
        let looks_at_each = self.has_gaps || alarm.signal.kind().decides == Decides::ByHistory;
        let clears_at = self.datapoints.clears_at(alarm).filter(|_| !looks_at_each);
        match state {
            AlarmState::Alarm => spans.add(k, Some(clears_at.unwrap_or(k + 1))),
            AlarmState::Retained if k > 0 && spans.contains(k - 1) => spans.add(k, Some(k + 1)),
            AlarmState::Retained | AlarmState::Ok | AlarmState::InsufficientData => {}
        }
    }

    /// It is in alarm from now on, and nothing says when that would be over.
    pub fn fires_for_good(&mut self) {
        if let Some(spans) = &mut self.in_alarm {
            spans.add(0, None);
        }
    }

    /// Whether it is in alarm at `at_ms`, by the latest datapoint whose result is known, while it is listened to.
    pub fn is_in_alarm(&self, alarm: &Alarm, start_utc_ms: u64, at_ms: u64) -> bool {
        let Some(spans) = &self.in_alarm else { return false };
        if alarm.signal.kind().decides == Decides::ByEvent {
            return self.is_open_at(at_ms) && spans.contains(0);
        }
        self.published(alarm, start_utc_ms, at_ms).is_some_and(|k| {
            let is_open = self.evaluation_ms(alarm, start_utc_ms, k).is_none_or(|ms| self.is_open_at(ms));
            is_open && spans.contains(k)
        })
    }

    /// Whether an evaluation at that instant counts.
    #[inline]
    pub fn is_open_at(&self, at_ms: u64) -> bool {
        self.closes_ms.is_none_or(|closes_ms| at_ms <= closes_ms)
    }

    /// Index of the first evaluation at or after `at_ms`.
    #[inline]
    pub fn first_evaluation(&self, alarm: &Alarm, start_utc_ms: u64, at_ms: u64) -> u64 {
        // What a rule scrapes while it warms up counts later.
        let at_ms = if alarm.rate_rule().is_some() { at_ms } else { at_ms.max(self.quiet_until_ms) };
        let k = match self.clock {
            EvaluationClock::Wall => (start_utc_ms + at_ms).div_ceil(alarm.period_ms),
            EvaluationClock::Deployment => {
                at_ms.saturating_sub(self.opened_ms).div_ceil(alarm.period_ms).max(1)
            }
        };
        // After an evaluation has been recorded, its index is taken.
        self.datapoints.last_k().map_or(k, |last_k| k.max(last_k + 1))
    }

    /// The latest datapoint whose result is known at `at_ms`; none before the first.
    pub fn published(&self, alarm: &Alarm, start_utc_ms: u64, at_ms: u64) -> Option<u64> {
        let seen_ms = at_ms.checked_sub(alarm.publish_delay_ms)?;
        let elapsed_ms = match alarm.clock {
            EvaluationClock::Wall => start_utc_ms + seen_ms,
            EvaluationClock::Deployment => seen_ms.checked_sub(self.opened_ms)?,
        };
        Some(elapsed_ms / alarm.period_ms)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::RegionId;

    #[test]
    fn no_evaluation_is_looked_at_twice() {
        let plan = Plan::load("scenarios/small.toml").expect("a valid scenario");
        for id in plan.alarms.ids() {
            let alarm = &plan.alarms[id];
            let scope = WatchedScope::Region(RegionId::new(0));
            let mut watch = WatchState::new(&plan, (id, Some(id)), scope, 0, (0, None));
            let at_ms =
                |watch: &WatchState, k| watch.evaluation_ms(alarm, 0, k).expect("not past the end of time");
            let first = watch.first_evaluation(alarm, 0, 10 * alarm.period_ms);
            assert_eq!(at_ms(&watch, first), 10 * alarm.period_ms);
            watch.datapoints.record(alarm, first, Some(true));
            for asked_ms in [0, at_ms(&watch, first), at_ms(&watch, first) + 1] {
                assert_eq!(watch.first_evaluation(alarm, 0, asked_ms), first + 1, "{}", alarm.name);
            }
        }
    }
}
