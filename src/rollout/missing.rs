//! Alarm states where datapoints can be missing: CloudWatch's evaluation, to the letter of its published tables.
//!
//! An alarm of M of N looks at more than N periods, in case some have no data. If N of them have, the most recent N
//! decide. Otherwise the gap is filled by the alarm's treatment of missing data, and breaches that are too young to
//! tell do not raise an alarm prematurely. Source: Amazon CloudWatch User Guide, "Configuring how alarms treat
//! missing data", which gives an evaluation range of 5 periods for N = 3; for other N the range is not published and N + 2
//! is assumed.

use super::model::rule_of;
use super::trace::Observer;
use super::trial::Trial;
use super::watch::Watch;
use crate::plan::{Missing, Signal};
use crate::random::{Purpose, mix};

/// Periods beyond N that an evaluation looks at.
const SPARE_PERIODS: u32 = 2;

/// What an evaluation says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Ok,
    Alarm,
    InsufficientData,
    /// As before.
    Retained,
}

/// The most recent datapoints of an alarm, bit 0 the latest.
#[derive(Debug, Clone, Copy)]
pub(super) struct History {
    /// Periods with data.
    present: u128,
    /// Periods that breached.
    breached: u128,
}

impl History {
    /// Data without breaches, as long as anybody looks back.
    pub(super) const HEALTHY: Self = Self { present: u128::MAX, breached: 0 };

    /// Adds the datapoint of the latest period; none if it is missing.
    pub(super) fn push(&mut self, breach: Option<bool>) {
        self.present = self.present << 1 | u128::from(breach.is_some());
        self.breached = self.breached << 1 | u128::from(breach == Some(true));
    }

    /// The state of an alarm that needs `m` of `n` datapoints.
    pub(super) fn state(&self, m: u32, n: u32, missing: Missing) -> State {
        let range = (n + SPARE_PERIODS).min(127);
        let window = (1_u128 << range) - 1;
        let (mut real, mut breaches, mut oldest_breach) = (0, 0, None);
        for age in 0..range {
            if real == n {
                break;
            }
            if self.present >> age & 1 == 1 {
                real += 1;
                if self.breached >> age & 1 == 1 {
                    breaches += 1;
                    oldest_breach = Some(age + 1);
                }
            }
        }
        let fill = n - real;
        let alarm_if = |alarm: bool| if alarm { State::Alarm } else { State::Ok };
        if breaches >= m || fill == 0 {
            return alarm_if(breaches >= m);
        }
        let any_good = (self.present & !self.breached & window) != 0;
        match missing {
            Missing::Breaching => alarm_if(breaches + fill >= m),
            Missing::NotBreaching => State::Ok,
            Missing::Ignore | Missing::Missing if any_good => State::Ok,
            Missing::Ignore => State::Retained,
            Missing::Missing if real == 0 => State::InsufficientData,
            // Only breaches: once the oldest is as old as M, no younger datapoint is waited for.
            Missing::Missing => match oldest_breach {
                Some(age) if age >= m => State::Alarm,
                _ => State::Retained,
            },
        }
    }
}

impl<O: Observer> Trial<'_, O> {
    /// Takes datapoint `k` of an alarm for which missing data matters.
    pub(super) fn evaluate_with_gaps(&mut self, watch: u32, k: u64) {
        let point = self.datapoint(watch, k);
        let state = &mut self.buffers.watches[watch as usize];
        state.last_k = k;
        state.history.push(point);
        let history = state.history;
        if point == Some(true) {
            self.observe_breach(watch);
        }
        let alarm = self.definition(watch);
        if history.state(alarm.datapoints_to_alarm, alarm.window, alarm.missing) == State::Alarm {
            self.publish(watch);
        }
    }

    /// Whether the datapoint breaches; none if it is missing.
    fn datapoint(&mut self, watch: u32, k: u64) -> Option<bool> {
        let now_ms = self.now_ms;
        if self.is_lost(watch) {
            return None;
        }
        let Watch { stream_entity, alarm, series, .. } = self.buffers.watches[watch as usize];
        let mut luck = self.streams.stream(Purpose::Sampled, mix(&[stream_entity, k]));
        let signal = &self.plan.alarms[alarm as usize].signal;
        let Some(rule) = rule_of(signal).filter(|_| !matches!(signal, Signal::Synthetic { .. })) else {
            return Some(luck.uniform() < self.breach_probability(watch, now_ms));
        };
        let hour = self.hour_at(now_ms);
        let p = self.sign_probability(watch, hour);
        let mean = self.model.series(series).requests[hour];
        let arrivals = self.plan.fleet.arrivals;
        let (errors, requests) = self.buffers.sampler.draw(arrivals, mean, p, &mut luck);
        (requests >= rule.min_requests.max(1)).then(|| rule.breaches(errors, requests))
    }

    /// Whether the monitoring went down with what it monitors.
    pub(super) fn is_lost(&self, watch: u32) -> bool {
        let Some(limit) = self.definition(watch).lost_with_service else { return false };
        let hosts = self.model.series(self.buffers.watches[watch as usize].series).hosts;
        let impaired = self.impaired_in(watch);
        impaired > 0
            && u128::from(impaired) * u128::from(limit.den) >= u128::from(limit.num) * u128::from(hosts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OK: State = State::Ok;
    const ALARM: State = State::Alarm;
    const UNKNOWN: State = State::InsufficientData;
    const RETAINED: State = State::Retained;

    /// Datapoints, oldest first: 0 does not breach, X does, - is missing.
    fn states(points: &str, m: u32) -> [State; 4] {
        let mut history = History { present: 0, breached: 0 };
        for point in points.split(' ') {
            history.push(match point {
                "0" => Some(false),
                "X" => Some(true),
                _ => None,
            });
        }
        [Missing::Missing, Missing::Ignore, Missing::Breaching, Missing::NotBreaching]
            .map(|missing| history.state(m, 3, missing))
    }

    #[test]
    fn three_of_three_is_as_published() {
        assert_eq!(states("0 - X - X", 3), [OK; 4]);
        assert_eq!(states("0 - - - -", 3), [OK; 4]);
        assert_eq!(states("- - - - -", 3), [UNKNOWN, RETAINED, ALARM, OK]);
        assert_eq!(states("0 X X - X", 3), [ALARM; 4]);
        assert_eq!(states("- - X - -", 3), [ALARM, RETAINED, ALARM, OK]);
    }

    #[test]
    fn two_of_three_is_as_published() {
        assert_eq!(states("0 - X - X", 2), [ALARM; 4]);
        assert_eq!(states("0 0 X 0 X", 2), [ALARM; 4]);
        assert_eq!(states("0 - X - -", 2), [OK, OK, ALARM, OK]);
        assert_eq!(states("- - - - 0", 2), [OK, OK, ALARM, OK]);
        assert_eq!(states("- - - X -", 2), [ALARM, RETAINED, ALARM, OK]);
    }

    #[test]
    fn young_breaches_raise_no_premature_alarm() {
        // The examples in words: neither of these goes into alarm at once for three of three, the third does.
        assert_eq!(states("- - - - X", 3)[0], RETAINED);
        assert_eq!(states("- - - X -", 3)[0], RETAINED);
        assert_eq!(states("- - X - -", 3)[0], ALARM);
        // And once the next datapoint is good, nothing happens.
        assert_eq!(states("- - - X 0", 3)[0], OK);
        assert_eq!(states("- - X - 0", 3)[0], OK);
    }

    #[test]
    fn without_gaps_all_treatments_agree_with_counting() {
        for bits in 0_u32..32 {
            let points: Vec<&str> =
                (0..5).map(|i| if bits >> (4 - i) & 1 == 1 { "X" } else { "0" }).collect();
            let breaches = (bits & 0b111).count_ones();
            for m in 1..=3 {
                let expected = if breaches >= m { ALARM } else { OK };
                assert_eq!(states(&points.join(" "), m), [expected; 4]);
            }
        }
    }
}
