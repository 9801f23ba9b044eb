//! Durations as tools write them, and as a scenario writes them. It knows no tool.

use crate::scenario::Duration;

/// Milliseconds of a second.
pub(super) const SECOND: u64 = 1_000;
/// Milliseconds of a minute.
pub(super) const MINUTE: u64 = 60 * SECOND;
/// Milliseconds of an hour.
pub(super) const HOUR: u64 = 60 * MINUTE;
/// Milliseconds of a day.
pub(super) const DAY: u64 = 24 * HOUR;

/// Units, the long ones first, with their milliseconds.
const UNITS: [(&str, u64); 22] = [
    ("milliseconds", 1),
    ("minutes", MINUTE),
    ("seconds", SECOND),
    ("minute", MINUTE),
    ("second", SECOND),
    ("hours", HOUR),
    ("weeks", 7 * DAY),
    ("hour", HOUR),
    ("week", 7 * DAY),
    ("days", DAY),
    ("mins", MINUTE),
    ("secs", SECOND),
    ("day", DAY),
    ("min", MINUTE),
    ("sec", SECOND),
    ("hrs", HOUR),
    ("ms", 1),
    ("w", 7 * DAY),
    ("d", DAY),
    ("h", HOUR),
    ("m", MINUTE),
    ("s", SECOND),
];

/// Milliseconds of a duration as Go, Prometheus and people write it; a bare number is in `bare_ms` each, ISO 8601 is
/// understood. None if it is none, or longer than a scenario may say.
pub(super) fn read(text: &str, bare_ms: u64) -> Option<u64> {
    let text = text.trim().to_ascii_lowercase();
    if let Ok(number) = text.parse::<u64>() {
        return number.checked_mul(bare_ms).filter(|ms| *ms <= Duration::MAX_MS);
    }
    if let Some(iso) = text.strip_prefix('p') {
        return iso8601(iso);
    }
    let (mut rest, mut total) = (text.as_str(), 0_u64);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at(digits);
        let after = after.trim_start();
        let (unit, ms) = UNITS.iter().find(|(unit, _)| {
            let behind = after.strip_prefix(unit);
            behind.is_some_and(|behind| !behind.starts_with(|c: char| c.is_ascii_alphabetic()))
        })?;
        total = total.checked_add(part_ms(number, *ms)?)?;
        rest = after[unit.len()..].trim_start();
    }
    (!text.is_empty()).then_some(total).filter(|ms| *ms <= Duration::MAX_MS)
}

/// What follows the `P` of ISO 8601: days, and hours, minutes and seconds behind a `T`.
fn iso8601(text: &str) -> Option<u64> {
    let (days, times) = text.split_once('t').unwrap_or((text, ""));
    let plain = |text: &str| text.chars().all(|c| c.is_ascii_digit() || "dhmsw.".contains(c));
    if days.is_empty() && times.is_empty() || !plain(days) || !plain(times) || days.contains(['h', 'm', 's'])
    {
        return None;
    }
    let part = |text: &str| if text.is_empty() { Some(0) } else { read(text, 0) };
    part(days)?.checked_add(part(times)?)
}

/// Milliseconds of a decimal number of units, rounded to the nearest.
fn part_ms(number: &str, unit_ms: u64) -> Option<u64> {
    if let Ok(whole) = number.parse::<u64>() {
        return whole.checked_mul(unit_ms);
    }
    let number: f64 = number.parse().ok()?;
    let ms = (number * unit_ms as f64).round();
    (ms >= 0.0 && ms <= Duration::MAX_MS as f64).then_some(ms as u64)
}

/// Milliseconds from 1970 to an instant of RFC 3339: `2019-10-06T15:00:00Z`. None if it is none.
pub(super) fn instant_ms(text: &str) -> Option<i64> {
    let text = text.trim();
    let (date, time) = text.split_once(['T', 't', ' '])?;
    let (time, offset) = match time.find(['Z', 'z', '+', '-']) {
        Some(at) if time[at..].eq_ignore_ascii_case("z") => (&time[..at], 0),
        Some(at) => {
            let (hours, minutes) = time[at + 1..].split_once(':')?;
            let minutes = 60 * two_digits(hours)? + two_digits(minutes)?;
            (&time[..at], if time[at..].starts_with('-') { -minutes } else { minutes })
        }
        None => return None,
    };
    let [year, month, day] = parts(date, '-')?;
    let (year, month, day) = (year.parse::<i64>().ok()?, two_digits(month)?, two_digits(day)?);
    let [hours, minutes, seconds] = parts(time, ':')?;
    let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
    let (hours, minutes, whole) = (two_digits(hours)?, two_digits(minutes)?, two_digits(whole)?);
    let digits = fraction.len() <= 9 && fraction.chars().all(|c| c.is_ascii_digit());
    let thousandth = format!("{fraction:0<3}").get(..3)?.parse::<i64>().ok().filter(|_| digits)?;
    let is_date = (1970..=9999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    let is_time = hours < 24 && minutes < 60 && whole <= 60;
    let minute = (days(year, month, day) * 24 + hours) * 60 + minutes - offset;
    (is_date && is_time).then_some((minute * 60 + whole) * 1_000 + thousandth)
}

fn parts(text: &str, between: char) -> Option<[&str; 3]> {
    text.split(between).collect::<Vec<_>>().try_into().ok()
}

fn two_digits(text: &str) -> Option<i64> {
    (text.len() == 2 && text.chars().all(|c| c.is_ascii_digit())).then(|| text.parse().ok())?
}

/// Days from 1970 to a date of the Gregorian calendar, whose years are counted from March on.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    365 * year + year / 4 - year / 100 + year / 400 + of_year - 719_468
}

/// A duration as a scenario writes it: `1h30m`.
pub(super) fn written(ms: u64) -> String {
    if ms == 0 {
        return "0s".to_owned();
    }
    let units = [("d", DAY), ("h", HOUR), ("m", MINUTE), ("s", SECOND), ("ms", 1)];
    let mut rest = ms;
    units.iter().fold(String::new(), |text, (unit, unit_ms)| {
        let whole = rest / unit_ms;
        rest %= unit_ms;
        if whole == 0 { text } else { format!("{text}{whole}{unit}") }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_of_all_tools_are_read() {
        let read = |text: &str| super::read(text, SECOND);
        assert_eq!(read("40s"), Some(40 * SECOND));
        assert_eq!(read("1h30m"), Some(90 * MINUTE));
        assert_eq!(read("1.5h"), Some(90 * MINUTE));
        assert_eq!(read("90"), Some(90 * SECOND));
        assert_eq!(read("4 days"), Some(4 * DAY));
        assert_eq!(read("1 hour 5 minutes"), Some(65 * MINUTE));
        assert_eq!(read("PT15M"), Some(15 * MINUTE));
        assert_eq!(read("P1DT2H"), Some(26 * HOUR));
        assert_eq!(read("500ms"), Some(500));
        for wrong in ["", "m", "5 parsecs", "1h-5m", "P", "99999999999d", "-5m", "PT5D5", "1e9h"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn instants_are_milliseconds_from_1970() {
        assert_eq!(instant_ms("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(instant_ms("2019-10-06T15:00:00Z"), Some(1_570_374_000_000));
        assert_eq!(instant_ms("2024-02-29T23:59:59.5+01:00"), Some(1_709_247_599_500));
        assert_eq!(instant_ms("2000-03-01T00:00:00-00:30"), Some(951_870_600_000));
        for wrong in
            ["", "2019-10-06", "2019-13-06T15:00:00Z", "T", "2019-10-06T15:00Z", "99999-01-01T00:00:00Z"]
        {
            assert_eq!(instant_ms(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_is_written_is_what_a_scenario_reads() {
        for ms in [0, 1, 999, SECOND, 90 * MINUTE, 26 * HOUR + 7, 400 * DAY] {
            assert_eq!(Duration::parse(&written(ms)).unwrap().ms, ms);
        }
    }
}
