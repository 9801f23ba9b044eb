//! Days of a horizon as dates of the civil calendar, and back. Time zones are not its business: days are those of UTC.

const DAY_MS: u64 = 86_400_000;
const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A day of the civil calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Civil {
    year: i64,
    /// 1 to 12.
    month: i64,
    /// 1 to 31.
    day: i64,
}

/// The calendar of a horizon.
#[derive(Debug, Clone, Copy)]
pub struct Dates {
    /// Days from 1970-01-01 to the horizon's first day.
    first: i64,
}

impl Dates {
    /// Of a horizon whose first day is `start`, written `2026-03-02`; none if that is no date.
    #[must_use]
    pub fn new(start: &str) -> Option<Self> {
        Some(Self { first: read(start)? })
    }

    /// The horizon's day, from 0, that `date` is; none if it is no date or lies before the horizon.
    #[must_use]
    pub fn day_of(&self, date: &str) -> Option<u64> {
        u64::try_from(read(date)? - self.first).ok()
    }

    /// Whether a day of the horizon is a Monday.
    #[must_use]
    pub fn is_monday(&self, day: u64) -> bool {
        self.weekday(day) == 0
    }

    fn weekday(&self, day: u64) -> usize {
        // 1970-01-01 was a Thursday.
        (self.first + day as i64 + 3).rem_euclid(7) as usize
    }

    /// `Mon 9 Mar`.
    #[must_use]
    pub fn day(&self, day: u64) -> String {
        let Civil { month, day: number, .. } = civil(self.first + day as i64);
        format!("{} {number} {}", WEEKDAYS[self.weekday(day)], MONTHS[month as usize - 1])
    }

    /// `Mon 9`.
    #[must_use]
    pub fn short_day(&self, day: u64) -> String {
        format!("{} {}", WEEKDAYS[self.weekday(day)], self.number(day))
    }

    /// `9`.
    #[must_use]
    pub fn number(&self, day: u64) -> String {
        civil(self.first + day as i64).day.to_string()
    }

    /// `2026-03-09`.
    #[must_use]
    pub fn date(&self, day: u64) -> String {
        let Civil { year, month, day } = civil(self.first + day as i64);
        format!("{year:04}-{month:02}-{day:02}")
    }

    /// `Mon 9 Mar 14:05`, an instant of the horizon.
    #[must_use]
    pub fn minute(&self, ms: u64) -> String {
        format!("{} {}", self.day(ms / DAY_MS), clock(ms))
    }
}

/// `14:05`, the time of the day of an instant of the horizon.
#[must_use]
pub fn clock(ms: u64) -> String {
    let minutes = ms % DAY_MS / 60_000;
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// Days since 1970-01-01 of `YYYY-MM-DD`.
fn read(text: &str) -> Option<i64> {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return None };
    if (year.len(), month.len(), day.len()) != (4, 2, 2) {
        return None;
    }
    let wanted = Civil { year: year.parse().ok()?, month: month.parse().ok()?, day: day.parse().ok()? };
    if !(1..=12).contains(&wanted.month) {
        return None;
    }
    let days = number(wanted);
    // The 30th of February is another day.
    (civil(days) == wanted).then_some(days)
}

/// Days since 1970-01-01: Howard Hinnant, chrono-compatible low-level date algorithms, `days_from_civil`.
fn number(Civil { year, month, day }: Civil) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The inverse, `civil_from_days`.
fn civil(days: i64) -> Civil {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = (shifted + 2) % 12 + 1;
    let year = year + era * 400 + i64::from(month <= 2);
    Civil { year, month, day: of_year - (153 * shifted + 2) / 5 + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_two_centuries_follows_the_one_before() {
        let mut expected = Civil { year: 1970, month: 1, day: 1 };
        for days in 0..84_000 {
            assert_eq!((civil(days), number(expected)), (expected, days));
            let Civil { year, month, day } = expected;
            let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let last = [31, if is_leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
            expected = match (month, day) {
                (12, 31) => Civil { year: year + 1, month: 1, day: 1 },
                (_, day) if day == last[month as usize - 1] => Civil { year, month: month + 1, day: 1 },
                _ => Civil { year, month, day: day + 1 },
            };
        }
    }

    #[test]
    fn days_have_names_and_dates_are_found() {
        let dates = Dates::new("2026-03-02").unwrap();
        assert_eq!((dates.day(0), dates.day(30)), ("Mon 2 Mar".to_owned(), "Wed 1 Apr".to_owned()));
        assert_eq!(dates.minute(8 * DAY_MS + 50_700_000), "Tue 10 Mar 14:05");
        assert_eq!((dates.day_of("2026-03-09"), dates.date(7)), (Some(7), "2026-03-09".to_owned()));
        assert!(dates.is_monday(7) && !dates.is_monday(8));
        for bad in ["2026-03-01", "2026-02-30", "2026-13-01", "2026-3-9", "9 March", ""] {
            assert_eq!(dates.day_of(bad), None, "{bad}");
        }
    }
}
