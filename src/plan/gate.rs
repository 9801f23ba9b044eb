//! Gates: what must hold, beside the bake, before what follows a wave begins. All gates of a wave open together, when its
//! last deployment is done, and all must hold.

use super::alarm::Alarm;
use super::fleet::HOUR_MS;
use super::risk::GateRisk;
use super::share::Ratio;
use super::unsaid::is_default;
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
    /// It is open at these hours, or opens.
    Opening(GateOpening),
    /// Hosts on the new version in the wave's regions have served so many requests, on average.
    Requests(u64),
    /// What the next wave could do stays within a budget.
    Risk(GateRisk),
}

/// Hours at which a gate holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GateOpening {
    /// When it is open: at some hour of the week, and where it is to open next not at all of them.
    pub hours: WeekHours,
    /// It holds only when they begin, and not in the middle of them.
    pub next: bool,
}

impl GateOpening {
    /// When it holds from an instant of UTC on.
    #[must_use]
    pub fn holds_ms(&self, from_utc_ms: u64) -> u64 {
        let at_ms =
            if self.next { self.hours.opens_ms(from_utc_ms) } else { self.hours.done_ms(from_utc_ms, 0) };
        at_ms.unwrap_or(from_utc_ms)
    }

    /// The longest that one waits for it.
    #[must_use]
    pub fn longest_ms() -> u64 {
        WEEK as u64 * HOUR_MS
    }
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

/// Datapoints of an alarm, or of several together, taken as checks from the gate's opening on: one each period.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GateChecks {
    /// The alarm, or the first of several; all have one period. A datapoint that breaches fails.
    pub alarm: AlarmId,
    /// What several count together; none: the alarm is the check.
    #[serde(skip_serializing_if = "is_default")]
    pub scored: Option<CheckScore>,
    /// What is enough of them.
    pub passes: Enough,
    /// The gate fails unless that is so after so many checks; none: it may take more. Those without data do not count.
    #[serde(skip_serializing_if = "is_default")]
    pub count: Option<u32>,
    /// So many failed ones, at least 1, and the gate has failed.
    pub failures: u32,
    /// So many inconclusive ones, at least 1, and the gate has failed; none: any number may be, but not the last of those
    /// that are made.
    #[serde(skip_serializing_if = "is_default")]
    pub inconclusive: Option<u32>,
    /// So many in a row without data, at least 1, and the gate has failed; none: any number may be.
    #[serde(skip_serializing_if = "is_default")]
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

/// What several alarms count in one check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckScore {
    /// Each alarm and its points, at least 1; at least two alarms.
    pub points: Vec<(AlarmId, u64)>,
    /// A check has failed in which those that passed have less than this share of the points of those with data.
    pub marginal: Ratio,
    /// It has passed from this share on, at least `marginal`; between the two it is inconclusive.
    pub pass: Ratio,
}

/// What a check says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckVerdict {
    /// It passes.
    Passed,
    /// Neither.
    Inconclusive,
    /// It fails.
    Failed,
    /// There was nothing to check.
    NoData,
}

impl CheckScore {
    /// What a check says in which some alarms failed and others had no data.
    fn verdict(&self, failed: impl Fn(AlarmId) -> bool, missing: impl Fn(AlarmId) -> bool) -> CheckVerdict {
        let points = |counts: &dyn Fn(AlarmId) -> bool| -> u128 {
            let counted = self.points.iter().filter(|(alarm, _)| counts(*alarm));
            counted.map(|(_, points)| u128::from(*points)).sum()
        };
        let lost = points(&failed);
        let all = points(&|alarm| failed(alarm) || !missing(alarm));
        let reaches = |limit: Ratio| (all - lost) * u128::from(limit.den) >= all * u128::from(limit.num);
        match all {
            0 => CheckVerdict::NoData,
            _ if reaches(self.pass) => CheckVerdict::Passed,
            _ if reaches(self.marginal) => CheckVerdict::Inconclusive,
            _ => CheckVerdict::Failed,
        }
    }
}

impl GateChecks {
    /// The alarms that it looks at.
    pub fn alarms(&self) -> impl Iterator<Item = AlarmId> {
        let others = self.scored.iter().flat_map(|scored| scored.points.iter().skip(1));
        std::iter::once(self.alarm).chain(others.map(|(alarm, _)| *alarm))
    }

    /// Whether a check is judged only when all is known of it.
    #[must_use]
    pub fn needs_all(&self) -> bool {
        self.scored.is_some() || self.missing.is_some()
    }

    /// What a check says in which some alarms failed and others had no data.
    #[must_use]
    pub fn verdict(
        &self,
        failed: impl Fn(AlarmId) -> bool,
        missing: impl Fn(AlarmId) -> bool,
    ) -> CheckVerdict {
        match &self.scored {
            Some(scored) => scored.verdict(failed, missing),
            None if failed(self.alarm) => CheckVerdict::Failed,
            None if missing(self.alarm) => CheckVerdict::NoData,
            None => CheckVerdict::Passed,
        }
    }

    /// Whether a check can be inconclusive.
    #[must_use]
    pub fn may_be_inconclusive(&self) -> bool {
        self.scored.as_ref().is_some_and(|scored| scored.marginal != scored.pass)
    }

    /// Whether an inconclusive last check fails it.
    #[must_use]
    pub fn ends_for_sure(&self) -> bool {
        matches!(self.passes, Enough::Made(_)) && self.inconclusive.is_none() && self.may_be_inconclusive()
    }

    /// Whether inconclusive checks may go on for ever.
    #[must_use]
    pub fn has_no_end(&self) -> bool {
        let is_counted = self.count.is_some() || matches!(self.passes, Enough::Made(_));
        !is_counted && self.inconclusive.is_none()
    }

    /// The most checks before they are enough, or the gate fails, where each kind of them has a limit.
    #[must_use]
    pub fn most(&self) -> u64 {
        let fewest = u64::from(self.passes.fewest());
        let bad = u64::from(self.failures) + u64::from(self.inconclusive.unwrap_or(0));
        let judged = match self.passes {
            Enough::Passed(_) => fewest + bad,
            Enough::InARow(_) => fewest.saturating_mul(bad),
            Enough::Made(_) => fewest,
        };
        let judged = self.count.map_or(judged, |count| judged.min(u64::from(count)));
        // Between two with data there are fewer without than fail the gate.
        self.missing.map_or(judged, |missing| (judged + 1).saturating_mul(u64::from(missing)))
    }

    /// How long so many of them take after the gate opened, warm-up and all.
    #[must_use]
    pub fn of_ms(&self, checks: u64, alarm: &Alarm) -> u64 {
        checks.saturating_mul(alarm.period_ms).saturating_add(self.after_ms)
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

    /// The first instant after `from_ms` at which they begin, since that midnight; none if they never do.
    #[must_use]
    pub fn opens_ms(&self, from_ms: u64) -> Option<u64> {
        let is_open = |hour: u64| self.0[hour as usize % WEEK];
        let week = WEEK as u64;
        let first = from_ms / HOUR_MS + 1;
        let begins = |hour: &u64| is_open(*hour) && !is_open(*hour + week - 1);
        (first..first + week).find(begins).map(|hour| hour * HOUR_MS)
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
    fn hours_open_when_they_begin_and_never_if_they_do_not() {
        assert_eq!(office().opens_ms(at(0, 9, 0)), Some(at(1, 9, 0)), "not the present opening");
        assert_eq!(office().opens_ms(at(0, 8, 59)), Some(at(0, 9, 0)));
        assert_eq!(office().opens_ms(at(4, 12, 0)), Some(at(7, 9, 0)));
        let once = WeekHours::new(|hour| hour == 0);
        assert_eq!(once.opens_ms(0), Some(at(7, 0, 0)), "a whole week");
        assert_eq!(WeekHours::new(|_| true).opens_ms(0), None);
        assert_eq!(WeekHours::new(|_| false).opens_ms(0), None);
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
