//! Gates: what must hold, beside the bake, before what follows a wave begins. All gates of a wave open together, when its
//! last deployment is done, and all must hold.

use super::alarm::Alarm;
use super::fleet::HOUR_MS;
use crate::ids::AlarmId;
use crate::random::Distribution;
use serde::{Serialize, Serializer};

/// Hours of a week.
const WEEK: usize = 168;

/// One of the things that must hold.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Gate {
    /// What must hold.
    pub kind: GateKind,
    /// A gate that does not hold by then, in milliseconds after it opened, has failed; none: it may take any time.
    pub within_ms: Option<u64>,
}

/// What must hold.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum GateKind {
    /// Somebody approves.
    Approval(GateWork),
    /// A test passes.
    Test(GateWork),
    /// Checks pass.
    Checks(GateChecks),
    /// Hosts on the new version in the wave's regions have served so many requests, on average.
    Requests(u64),
}

/// Work that ends with a verdict.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GateWork {
    /// Time at work until the verdict.
    pub takes: Distribution,
    /// When somebody is at work, who rests meanwhile; none: around the clock.
    pub hours: Option<WeekHours>,
    /// Probability that a bad change is found out.
    pub catches: f64,
    /// Probability that a good one is rejected.
    pub false_alarm: f64,
}

/// An alarm's datapoints, taken as checks from the gate's opening on: one each period of the alarm.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GateChecks {
    /// The alarm; a datapoint that breaches is a failed check.
    pub alarm: AlarmId,
    /// What is enough of them.
    pub passes: Enough,
    /// The gate fails unless that is so after so many checks; none: it may take more. Those without data do not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// So many failed ones, at least 1, and the gate has failed.
    pub failures: u32,
    /// So many without data in a row, at least 1, and it has failed, too; none: any number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<u32>,
    /// Where failed ones are counted.
    pub over: CheckedOver,
    /// Nothing is checked in the first so many milliseconds.
    pub after_ms: u64,
}

/// How many checks are enough, each number at least 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enough {
    /// So many passed.
    Passed(u32),
    /// So many passed one after the other.
    InARow(u32),
    /// So many were made, whatever they said.
    Made(u32),
}

impl Enough {
    /// The fewest checks of which it can be said.
    #[must_use]
    pub fn fewest(self) -> u32 {
        match self {
            Self::Passed(number) | Self::InARow(number) | Self::Made(number) => number,
        }
    }
}

/// The usual kind as its number, as fingerprints of plans have always known it.
impl Serialize for Enough {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            Self::Passed(number) => serializer.serialize_u32(number),
            Self::InARow(number) => serializer.collect_str(&format_args!("{number} in a row")),
            Self::Made(number) => serializer.collect_str(&format_args!("{number} made")),
        }
    }
}

impl GateChecks {
    /// How long so many of them take after the gate opened, warm-up and all.
    #[must_use]
    pub fn of_ms(&self, checks: u64, alarm: &Alarm) -> u64 {
        checks.saturating_mul(alarm.period_ms).saturating_add(self.after_ms)
    }

    /// The most checks with data before they are enough, or the gate fails.
    #[must_use]
    pub fn most(&self) -> u64 {
        let (fewest, failures) = (u64::from(self.passes.fewest()), u64::from(self.failures));
        let most = match self.passes {
            Enough::Passed(_) => fewest + failures,
            Enough::InARow(_) => fewest.saturating_mul(failures),
            Enough::Made(_) => fewest,
        };
        self.count.map_or(most, |count| most.min(u64::from(count)))
    }
}

/// Where failed checks are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckedOver {
    /// In each gate anew.
    Gate,
    /// In all gates of the rollout that check the same alarm.
    Rollout,
}

/// Hours of the week, of UTC, counted from the midnight that a plan's instants count from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WeekHours([bool; WEEK]);

impl Serialize for WeekHours {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0)
    }
}

impl WeekHours {
    /// Those that are open.
    #[must_use]
    pub fn new(is_open: impl Fn(usize) -> bool) -> Self {
        Self(std::array::from_fn(is_open))
    }

    /// Open hours of a week.
    #[must_use]
    pub fn in_a_week(&self) -> u64 {
        self.0.iter().filter(|open| **open).count() as u64
    }

    /// When work of `work_ms` is done that begins at `from_ms` and rests outside of these hours; none if no hour is open.
    /// Both are instants since that midnight. Work that needs no time waits for an open hour all the same.
    #[must_use]
    pub fn done_ms(&self, from_ms: u64, work_ms: u64) -> Option<u64> {
        let week_ms = WEEK as u64 * HOUR_MS;
        let open_ms = self.in_a_week() * HOUR_MS;
        if open_ms == 0 {
            return None;
        }
        // Whole weeks first; the last hour of a whole number of them is found below.
        let weeks = work_ms.saturating_sub(1) / open_ms;
        let mut left_ms = work_ms - weeks * open_ms;
        let mut at_ms = from_ms.saturating_add(weeks.saturating_mul(week_ms));
        loop {
            let end_ms = (at_ms / HOUR_MS + 1) * HOUR_MS;
            if self.0[(at_ms / HOUR_MS) as usize % WEEK] {
                if left_ms <= end_ms - at_ms {
                    return Some(at_ms + left_ms);
                }
                left_ms -= end_ms - at_ms;
            }
            at_ms = end_ms;
        }
    }
}

impl GateWork {
    /// When work of `work_ms` is done that begins at an instant of UTC.
    #[must_use]
    pub fn done_ms(&self, from_utc_ms: u64, work_ms: u64) -> u64 {
        let rests = self.hours.as_ref().and_then(|hours| hours.done_ms(from_utc_ms, work_ms));
        rests.unwrap_or(from_utc_ms.saturating_add(work_ms))
    }

    /// The longest that it can last, whenever it begins.
    #[must_use]
    pub fn longest_ms(&self) -> u64 {
        let work_ms = self.takes.longest_ms(1);
        let Some(hours) = &self.hours else { return work_ms };
        let weeks = work_ms / (hours.in_a_week().max(1) * HOUR_MS) + 2;
        weeks.saturating_mul(WEEK as u64 * HOUR_MS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: u64 = 60_000;

    /// Nine to five from Monday to Friday.
    fn office() -> WeekHours {
        WeekHours::new(|hour| hour / 24 < 5 && (9..17).contains(&(hour % 24)))
    }

    fn at(day: u64, hour: u64, minute: u64) -> u64 {
        (day * 24 + hour) * HOUR_MS + minute * MINUTE
    }

    #[test]
    fn work_rests_at_night_and_over_the_weekend() {
        // Twenty minutes from Friday 16:50: ten on Friday, ten on Monday morning.
        assert_eq!(office().done_ms(at(4, 16, 50), 20 * MINUTE), Some(at(7, 9, 10)));
        assert_eq!(office().done_ms(at(0, 10, 0), 20 * MINUTE), Some(at(0, 10, 20)));
        assert_eq!(office().done_ms(at(0, 16, 40), 20 * MINUTE), Some(at(0, 17, 0)), "at the very end");
        assert_eq!(office().done_ms(at(5, 3, 0), 0), Some(at(7, 9, 0)), "somebody has to be there");
        assert_eq!(WeekHours::new(|_| false).done_ms(0, 1), None);
    }

    #[test]
    fn whole_weeks_are_skipped_and_not_lost() {
        // Forty hours are one week of work, from any hour of it.
        assert_eq!(office().done_ms(at(0, 9, 0), 40 * HOUR_MS), Some(at(4, 17, 0)));
        assert_eq!(office().done_ms(at(0, 9, 0), 40 * HOUR_MS + 1), Some(at(7, 9, 0) + 1));
        assert_eq!(office().done_ms(at(2, 12, 0), 400 * HOUR_MS), Some(at(72, 12, 0)));
        let always = WeekHours::new(|_| true);
        for work in [0, 1, 168 * HOUR_MS, 999 * HOUR_MS + 7] {
            assert_eq!(always.done_ms(at(3, 5, 9), work), Some(at(3, 5, 9) + work));
        }
    }
}
