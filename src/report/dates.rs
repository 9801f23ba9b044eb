//! Days of a pipeline as dates of the civil calendar, and back. Time zones are not its business: days are those of UTC.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

const DAY_MS: u64 = 86_400_000;

/// The calendar of a pipeline.
#[derive(Debug, Clone, Copy)]
pub struct Dates {
    /// The trial's first day.
    first: Date,
}

impl Dates {
    /// Of a pipeline whose first day is `start`, written `2026-03-02`; none if that is no date.
    #[must_use]
    pub fn new(start: &str) -> Option<Self> {
        Some(Self { first: read(start)? })
    }

    /// The pipeline's day, from 0, that `date` is; none if it is no date or lies before it.
    #[must_use]
    pub fn day_of(&self, date: &str) -> Option<u64> {
        u64::try_from((read(date)? - self.first).get_days()).ok()
    }

    /// Whether a day of the pipeline is a Monday.
    #[must_use]
    pub fn is_monday(&self, day: u64) -> bool {
        self.at(day).weekday() == Weekday::Monday
    }

    /// `Mon 9 Mar`.
    #[must_use]
    pub fn day(&self, day: u64) -> String {
        self.at(day).strftime("%a %-d %b").to_string()
    }

    /// `Mon 9`.
    #[must_use]
    pub fn short_day(&self, day: u64) -> String {
        self.at(day).strftime("%a %-d").to_string()
    }

    /// `9`.
    #[must_use]
    pub fn number(&self, day: u64) -> String {
        self.at(day).day().to_string()
    }

    /// `2026-03-09`.
    #[must_use]
    pub fn date(&self, day: u64) -> String {
        self.at(day).to_string()
    }

    /// Milliseconds from the beginning of 1970 to that of the first day; none for a day before.
    #[must_use]
    pub fn unix_ms(&self) -> Option<u64> {
        let days = u64::try_from((self.first - jiff::civil::date(1970, 1, 1)).get_days()).ok()?;
        Some(days * DAY_MS)
    }

    /// `Mon 9 Mar 14:05`, an instant of the pipeline.
    #[must_use]
    pub fn minute(&self, ms: u64) -> String {
        format!("{} {}", self.day(ms / DAY_MS), clock(ms))
    }

    /// A day of the trial; the last day there is for one beyond the calendar.
    fn at(&self, day: u64) -> Date {
        self.first.saturating_add(i64::try_from(day).unwrap_or(i64::MAX).min(MOST_DAYS).days())
    }
}

/// Ten thousand years: no trial is longer, and longer spans are no spans.
const MOST_DAYS: i64 = 3_652_425;

/// `14:05`, the time of the day of an instant of the pipeline.
#[must_use]
pub fn clock(ms: u64) -> String {
    let minutes = ms % DAY_MS / 60_000;
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// A day written `YYYY-MM-DD`, and in no other way.
fn read(text: &str) -> Option<Date> {
    text.parse().ok().filter(|date: &Date| date.to_string() == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_have_names_and_dates_are_found() {
        let dates = Dates::new("2026-03-02").unwrap();
        assert_eq!((dates.day(0), dates.day(30)), ("Mon 2 Mar".to_owned(), "Wed 1 Apr".to_owned()));
        assert_eq!(dates.minute(8 * DAY_MS + 50_700_000), "Tue 10 Mar 14:05");
        assert_eq!((dates.day_of("2026-03-09"), dates.date(7)), (Some(7), "2026-03-09".to_owned()));
        assert_eq!(dates.unix_ms(), Some(1_772_409_600_000), "as `date -u -d 2026-03-02 +%s` says");
        assert!(dates.is_monday(7) && !dates.is_monday(8));
        for bad in ["2026-03-01", "2026-02-30", "2026-13-01", "2026-3-9", "9 March", ""] {
            assert_eq!(dates.day_of(bad), None, "{bad}");
        }
    }
}
