//! The most recent datapoints of an alarm, and what they say: M of N, and CloudWatch's evaluation where some can be
//! missing, to the letter of its published tables. Where a datapoint comes from is not known here.
//!
//! Where none can be missing, breaches within N periods are counted, with a gap for every period that was not recorded.
//! Otherwise an alarm of M of N looks at more than N periods, in case some have no data. If N of them have, the most recent N
//! decide. Otherwise the gap is filled by the alarm's treatment of missing data, and breaches that are too young to
//! tell do not raise an alarm prematurely. Source: Amazon CloudWatch User Guide, "Configuring how alarms treat
//! missing data", which gives an evaluation range of 5 periods for N = 3; for other N the range is not published and N + 2
//! is assumed.

use crate::plan::{Alarm, Missing};

/// Periods beyond N that an evaluation looks at.
const SPARE_PERIODS: u32 = 2;

/// What an evaluation says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlarmState {
    /// It does not fire.
    Ok,
    /// It fires.
    Alarm,
    /// There is nothing to go by.
    InsufficientData,
    /// As before.
    Retained,
}

/// The most recent datapoints of one instance of an alarm, bit 0 the latest.
#[derive(Debug, Clone, Copy)]
pub struct RecentDatapoints {
    /// Index of the latest; none before the first.
    last_k: Option<u64>,
    /// Periods with data.
    present: u128,
    /// Periods that breached.
    breached: u128,
    /// How far back there are periods at all.
    past: Past,
}

/// How far back there are periods with or without data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Past {
    /// As far as anybody looks.
    Endless,
    /// The first datapoint that is looked at will be the first of all.
    Unborn,
    /// This was the first.
    Since(u64),
}

impl RecentDatapoints {
    /// Data without breaches, as long as anybody looks back.
    pub const HEALTHY: Self = Self { last_k: None, present: u128::MAX, breached: 0, past: Past::Endless };

    /// No data at all: a monitor that is broken and always was.
    pub const NOTHING: Self = Self { last_k: None, present: 0, breached: 0, past: Past::Endless };

    /// Nothing yet, neither data nor gaps: hosts that are new, or a scope that never has data.
    pub const NEWBORN: Self = Self { past: Past::Unborn, ..Self::HEALTHY };

    /// Index of the latest; none before the first.
    #[inline]
    pub fn last_k(&self) -> Option<u64> {
        self.last_k
    }

    /// Datapoint `k` was looked at by somebody who keeps more of it than whether it breached.
    pub fn pass(&mut self, k: u64) {
        self.last_k = Some(k);
    }

    /// Takes datapoint `k` of an alarm, none if it is missing, and says what the alarm's state is then. Periods since the
    /// latest one at which nobody looked have data that did not breach: either that was known before, or nobody
    /// listened.
    pub fn record(&mut self, alarm: &Alarm, k: u64, breach: Option<bool>) -> AlarmState {
        self.shift(k - self.last_k.unwrap_or(0));
        self.set(k, breach);
        if self.past == Past::Unborn {
            self.past = Past::Since(k);
        }
        let n = alarm.window;
        let window = (1_u128 << n) - 1;
        if self.present & window == window {
            let breaches = (self.breached & window).count_ones();
            return if breaches >= alarm.datapoints_to_alarm { AlarmState::Alarm } else { AlarmState::Ok };
        }
        self.state(alarm.datapoints_to_alarm, n, alarm.missing)
    }

    /// The first datapoint at which the alarm is in alarm no more that is in alarm at the latest one, if all between them
    /// are there and none of them breaches.
    pub fn clears_at(&self, alarm: &Alarm) -> Option<u64> {
        let needed = alarm.datapoints_to_alarm;
        let counted = |age: &u32| (self.breached & ((1_u128 << (age + 1)) - 1)).count_ones() >= needed;
        let age = (0..alarm.window).find(counted)?;
        Some(self.last_k? + u64::from(alarm.window - age))
    }

    /// What datapoint `k` is, which the latest shift has made room for.
    fn set(&mut self, k: u64, breach: Option<bool>) {
        self.last_k = Some(k);
        self.present = self.present & !1 | u128::from(breach.is_some());
        self.breached = self.breached & !1 | u128::from(breach == Some(true));
    }

    /// So many periods go by, with data that does not breach.
    fn shift(&mut self, periods: u64) {
        let shifted =
            |bits: u128| u32::try_from(periods).ok().and_then(|by| bits.checked_shl(by)).unwrap_or(0);
        self.present = !shifted(!self.present);
        self.breached = shifted(self.breached);
    }

    /// The state of an alarm that needs `m` of `n` datapoints.
    fn state(&self, m: u32, n: u32, missing: Missing) -> AlarmState {
        let range = (n + SPARE_PERIODS).min(127);
        // What was before the first period is neither data nor a gap, and breaches nothing.
        let range = match (self.past, self.last_k) {
            (Past::Since(first), Some(last)) => u64::from(range).min(last - first + 1) as u32,
            (Past::Endless | Past::Unborn, _) | (Past::Since(_), None) => range,
        };
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
        let fill = (n - real).min(range - real);
        let alarm_if = |alarm: bool| if alarm { AlarmState::Alarm } else { AlarmState::Ok };
        if breaches >= m || fill == 0 {
            return alarm_if(breaches >= m);
        }
        let any_good = (self.present & !self.breached & window) != 0;
        match missing {
            Missing::Breaching => alarm_if(breaches + fill >= m),
            Missing::NotBreaching => AlarmState::Ok,
            Missing::Ignore | Missing::Missing if any_good => AlarmState::Ok,
            Missing::Ignore => AlarmState::Retained,
            Missing::Missing if real == 0 => AlarmState::InsufficientData,
            // Only breaches: once the oldest is as old as M, no younger datapoint is waited for.
            Missing::Missing => match oldest_breach {
                Some(age) if age >= m => AlarmState::Alarm,
                Some(_) | None => AlarmState::Retained,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OK: AlarmState = AlarmState::Ok;
    const ALARM: AlarmState = AlarmState::Alarm;
    const UNKNOWN: AlarmState = AlarmState::InsufficientData;
    const RETAINED: AlarmState = AlarmState::Retained;

    /// RecentDatapoints, oldest first: 0 does not breach, X does, - is missing.
    fn states(points: &str, m: u32) -> [AlarmState; 4] {
        let mut history = RecentDatapoints::NOTHING;
        for (k, point) in points.split(' ').enumerate() {
            history.shift(1);
            history.set(
                k as u64,
                match point {
                    "0" => Some(false),
                    "X" => Some(true),
                    _ => None,
                },
            );
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

    #[test]
    fn periods_that_nobody_looked_at_leave_a_gap() {
        let mut bits = RecentDatapoints::HEALTHY;
        bits.set(5, Some(true));
        bits.shift(2);
        bits.set(7, Some(true));
        assert_eq!((bits.breached, bits.last_k()), (0b101, Some(7)));
        bits.shift(200);
        assert_eq!((bits.breached, bits.present), (0, u128::MAX), "long ago is forgotten");
    }
}
