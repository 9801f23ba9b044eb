//! How numbers are said: durations, counts, shares and intervals, the same in every report.
//!
//! Three significant digits at most: more would promise a precision that no simulation has.

use crate::outcome::measures::{Measure, Unit};
use crate::stats::Interval;

const SECOND: f64 = 1_000.0;
const MINUTE: f64 = 60_000.0;
const HOUR: f64 = 3_600_000.0;
const DAY: f64 = 86_400_000.0;
const WEEK: f64 = 7.0 * DAY;

/// A duration in milliseconds as people say it: `4d 3h`, `1h 30m`, `35m`, `2.5s`, `40ms`, `0s`.
/// At most two units; rounded to the smaller one.
#[must_use]
pub fn duration(ms: f64) -> String {
    let ms = ms.max(0.0);
    let two = |large: f64, large_name: &str, small: f64, small_name: &str| {
        let smalls = (ms / small).round();
        let per = (large / small).round();
        let (whole, rest) = ((smalls / per).floor(), smalls % per);
        if rest == 0.0 {
            format!("{whole}{large_name}")
        } else {
            format!("{whole}{large_name} {rest}{small_name}")
        }
    };
    if ms == 0.0 {
        "0s".to_owned()
    } else if ms < SECOND {
        format!("{}ms", significant(ms))
    } else if ms < MINUTE - 50.0 {
        format!("{}s", trim_zeros(format!("{:.1}", ms / SECOND)))
    } else if ms < 10.0 * MINUTE {
        two(MINUTE, "m", SECOND, "s")
    } else if ms < HOUR - MINUTE / 2.0 {
        format!("{}m", (ms / MINUTE).round())
    } else if ms < DAY - MINUTE / 2.0 {
        two(HOUR, "h", MINUTE, "m")
    } else if ms < 100.0 * DAY {
        two(DAY, "d", HOUR, "h")
    } else {
        format!("{}d", grouped((ms / DAY).round()))
    }
}

/// A duration as an axis tick says it, exactly: `1m`, `6h`, `1d 6h`, `2w`, `-5m`.
#[must_use]
pub fn tick_duration(ms: f64) -> String {
    let size = ms.abs();
    if size == 0.0 {
        return "0".to_owned();
    }
    let sign = if ms < 0.0 { "-" } else { "" };
    if (size / WEEK).fract() == 0.0 {
        return format!("{sign}{}w", size / WEEK);
    }
    let units = [
        (DAY, "d", HOUR, "h"),
        (HOUR, "h", MINUTE, "m"),
        (MINUTE, "m", SECOND, "s"),
        (SECOND, "s", 1.0, "ms"),
    ];
    let Some((unit, name, smaller, smaller_name)) = units.into_iter().find(|(unit, ..)| size >= *unit) else {
        return format!("{sign}{}ms", significant(size));
    };
    let rest = ((size % unit) / smaller).round();
    let whole = (size / unit).floor();
    if rest == 0.0 {
        format!("{sign}{whole}{name}")
    } else {
        format!("{sign}{whole}{name} {rest}{smaller_name}")
    }
}

/// `2d 09:14:03` since the start, for moments within a sentence. Its blank is one at which no line breaks.
#[must_use]
pub fn clock(ms: u64) -> String {
    let seconds = ms / 1000;
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    format!("{days}d\u{a0}{:02}:{:02}:{:02}", rest / 3600, rest / 60 % 60, rest % 60)
}

/// `09:14`, the time of day in UTC.
#[must_use]
pub fn time_of_day(utc_ms: u64) -> String {
    let minutes = utc_ms / 60_000 % 1440;
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// `2d 09:14:03.250` since the start, as [`clock`].
#[must_use]
pub fn clock_ms(ms: u64) -> String {
    format!("{}.{:03}", clock(ms), ms % 1000)
}

/// A whole number with thousands separators.
#[must_use]
pub fn count(n: u64) -> String {
    grouped(n as f64)
}

/// `count` and a noun, plural where needed: `1 host`, `2 hosts`, `1,200 hosts`.
#[must_use]
pub fn counted(n: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(n), if n == 1 { "" } else { "s" })
}

/// So many strategies.
#[must_use]
pub fn strategies(n: usize) -> String {
    if n == 1 { "1 strategy".to_owned() } else { format!("{n} strategies") }
}

/// A number with three significant digits and thousands separators: `0.0123`, `4.5`, `1,230`.
#[must_use]
pub fn number(x: f64) -> String {
    if !x.is_finite() {
        return "unbounded".to_owned();
    }
    significant(x)
}

/// As [`number`], with `M` and `G` for millions and billions: what every value is said with, in sentences and tables alike.
#[must_use]
pub fn compact(x: f64) -> String {
    // Rounded first: 999,900 is 1M.
    let rounded: f64 = format!("{x:.2e}").parse().unwrap_or(x);
    if !x.is_finite() || rounded.abs() < 1e6 {
        return number(x);
    }
    let (unit, name) = if rounded.abs() < 1e9 { (1e6, "M") } else { (1e9, "G") };
    format!("{}{name}", significant(rounded / unit))
}

/// Host-minutes from host-milliseconds.
#[must_use]
pub fn host_minutes(host_ms: f64) -> String {
    compact(host_ms / MINUTE)
}

/// A share as a percentage: `3.1 %`, `0.037 %`, `0 %`, `100 %`.
#[must_use]
pub fn percent(share: f64) -> String {
    format!("{} %", percent_number(share))
}

/// The number of [`percent`]. Percentages never round to 0 or 100 unless they are.
#[must_use]
pub fn percent_number(share: f64) -> String {
    let percent = share * 100.0;
    if percent > 99.0 && percent < 100.0 {
        return trim_zeros(format!("{:.2}", (percent * 100.0).floor() / 100.0));
    }
    let digits = if percent >= 10.0 { 3 } else { 2 };
    with_digits(percent, digits)
}

/// A value of a metric in the unit people read: durations, host-minutes, percentages, counts.
#[must_use]
pub fn value(unit: Unit, x: f64) -> String {
    let sign = if unit.whole().is_some() { " %" } else { "" };
    format!("{}{sign}", bare(unit, x))
}

/// The number of [`value`] without a percent sign.
pub(super) fn bare(unit: Unit, x: f64) -> String {
    let say = compact;
    match unit {
        Unit::LeadMs if x < 0.0 => format!("-{}", duration(-x)),
        Unit::DurationMs | Unit::LeadMs => duration(x),
        Unit::HostMs | Unit::CustomerMs => say(x / MINUTE),
        Unit::PersonMs => say(x / HOUR),
        Unit::Ppm | Unit::Share | Unit::YesNo => percent_number(x / unit.whole().unwrap_or(1.0)),
        Unit::Hosts
        | Unit::Zones
        | Unit::Regions
        | Unit::Customers
        | Unit::Requests
        | Unit::Items
        | Unit::Deployments
        | Unit::Alarms
        | Unit::Count => say(x),
    }
}

/// As [`value`], followed by the name of the unit where the number alone does not say it.
#[must_use]
pub fn value_with_unit(unit: Unit, x: f64) -> String {
    match unit_name(unit) {
        "" => value(unit, x),
        name => match value(unit, x).as_str() {
            "1" => format!("1 {}", name.strip_suffix('s').unwrap_or(name)),
            said => format!("{said} {name}"),
        },
    }
}

/// The name of the unit in which [`value`] says a number; empty where the number has its unit with it.
#[must_use]
pub fn unit_name(unit: Unit) -> &'static str {
    match unit {
        Unit::HostMs => "host-minutes",
        Unit::CustomerMs => "customer-minutes",
        Unit::PersonMs => "person-hours",
        Unit::Customers => "customers",
        Unit::Hosts => "hosts",
        Unit::Zones => "zones",
        Unit::Regions => "regions",
        Unit::Requests => "requests",
        Unit::Items => "items",
        Unit::Deployments => "deployments",
        Unit::Alarms => "alarms",
        Unit::DurationMs | Unit::LeadMs | Unit::Count | Unit::Ppm | Unit::Share | Unit::YesNo => "",
    }
}

/// So many customers, in expectation: `1,250 customers`.
#[must_use]
pub fn customers(expected: f64) -> String {
    value_with_unit(Unit::Customers, expected)
}

/// What a measure of harm counts, as a sentence says it: `failed or refused requests per bad change`.
#[must_use]
pub fn harm(measure: &Measure) -> String {
    let counted = match measure.unit {
        Unit::Requests => "failed or refused requests",
        Unit::HostMs => "impaired host-minutes",
        Unit::DurationMs
        | Unit::LeadMs
        | Unit::Ppm
        | Unit::Share
        | Unit::YesNo
        | Unit::Hosts
        | Unit::Zones
        | Unit::Regions
        | Unit::Customers
        | Unit::CustomerMs
        | Unit::PersonMs
        | Unit::Items
        | Unit::Deployments
        | Unit::Alarms
        | Unit::Count => measure.title,
    };
    format!("{counted} per bad change")
}

/// An interval in a unit: `2d 1h to 2d 4h`, `at least 2d 1h`, `at most 35m`, `unknown`.
#[must_use]
pub fn interval(unit: Unit, interval: Interval) -> String {
    match (interval.low, interval.high) {
        (Some(low), Some(high)) => format!("{} to {}", value(unit, low), value(unit, high)),
        (Some(low), None) => format!("at least {}", value(unit, low)),
        (None, Some(high)) => format!("at most {}", value(unit, high)),
        (None, None) => "unknown".to_owned(),
    }
}

/// How large the difference between two values of a metric is, whichever way it goes: `9,470`, `1h 30m`, `1.9 pp`. Shares
/// differ by percentage points: a percentage would read as a share of the first value.
#[must_use]
pub fn size(unit: Unit, x: f64) -> String {
    let points = if unit.whole().is_some() { " pp" } else { "" };
    format!("{}{points}", bare(unit, x.abs()))
}

/// The difference between two values of a metric, with its sign: `+9,470`, `-1h 30m`, `+1.9 pp`, `0`.
#[must_use]
pub fn difference(unit: Unit, x: f64) -> String {
    format!("{}{}", sign(x), size(unit, x))
}

fn signed(unit: Unit, x: f64) -> String {
    format!("{}{}", sign(x), bare(unit, x.abs()))
}

fn sign(x: f64) -> &'static str {
    if x > 0.0 {
        "+"
    } else if x < 0.0 {
        "-"
    } else {
        ""
    }
}

/// The interval of a [`difference`], to stand next to it: `[+8,100, +11,000]`, `[-5m, ?]`.
#[must_use]
pub fn difference_interval(unit: Unit, interval: Interval) -> String {
    bounds(interval, |x| signed(unit, x))
}

/// An interval in brackets: `[4.8, 5.6]`. A question mark is an end that the data do not bound.
#[must_use]
pub fn bounds(interval: Interval, say: impl Fn(f64) -> String) -> String {
    let end = |end: Option<f64>| end.map_or("?".to_owned(), &say);
    format!("[{}, {}]", end(interval.low), end(interval.high))
}

/// An estimate, which `words` say, and after `gap` its interval, unless that says the same.
#[must_use]
pub fn with_interval(words: String, gap: &str, interval: Interval, say: impl Fn(f64) -> String) -> String {
    match unlike(&words, bounds(interval, say)) {
        None => words,
        Some(bounds) => format!("{words}{gap}{bounds}"),
    }
}

/// The bounds, unless both of them are what `words` say.
fn unlike(words: &str, bounds: String) -> Option<String> {
    (bounds != format!("[{words}, {words}]")).then_some(bounds)
}

/// An upper end so many times the estimate is what may be, and nothing that was seen.
const FAR: f64 = 10.0;

/// Whether the upper end of an interval says only what no trial rules out.
#[must_use]
pub fn is_far(value: f64, interval: Interval) -> bool {
    interval.high.is_some_and(|high| high > 0.0 && high >= FAR * value)
}

/// The interval of an estimate, none where it says the same as that: `[12, 84]`. An upper end that says only what no trial
/// rules out is marked: `[12, ≤84,000]`.
#[must_use]
pub fn interval_of(value: f64, interval: Interval, say: impl Fn(f64) -> String) -> Option<String> {
    if !is_far(value, interval) {
        return unlike(&say(value), bounds(interval, say));
    }
    let end = |end: Option<f64>| end.map_or("?".to_owned(), &say);
    Some(format!("[{}, ≤{}]", end(interval.low), end(interval.high)))
}

/// An estimate and after `gap` its interval, as [`interval_of`] says it: `35.9 [12, ≤84,000]`.
#[must_use]
pub fn estimate(value: f64, gap: &str, interval: Interval, say: impl Fn(f64) -> String) -> String {
    match interval_of(value, interval, &say) {
        None => say(value),
        Some(bounds) => format!("{}{gap}{bounds}", say(value)),
    }
}

/// Names in a row, at most `most` of them: `a, b, c and 4 more`.
#[must_use]
pub fn list<S: AsRef<str>>(names: &[S], most: usize) -> String {
    // Eliding a single name would take as much room as the name.
    let shown = if names.len() <= most + 1 { names.len() } else { most };
    let all = names[..shown].iter().map(AsRef::as_ref).collect::<Vec<&str>>().join(", ");
    if shown == names.len() { all } else { format!("{all} and {} more", names.len() - shown) }
}

fn significant(x: f64) -> String {
    with_digits(x, 3)
}

fn with_digits(x: f64, digits: i32) -> String {
    if x == 0.0 {
        return "0".to_owned();
    }
    // The exponent after rounding: 9.996 has three digits as 10.0.
    let scientific = format!("{:.*e}", (digits - 1) as usize, x);
    let exponent: i32 = scientific.split('e').nth(1).and_then(|e| e.parse().ok()).unwrap_or(0);
    let rounded: f64 = scientific.parse().unwrap_or(x);
    let decimals = (digits - 1 - exponent).max(0) as usize;
    if decimals == 0 { grouped(rounded) } else { trim_zeros(format!("{rounded:.decimals$}")) }
}

fn trim_zeros(text: String) -> String {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

fn grouped(x: f64) -> String {
    let plain = format!("{:.0}", x.abs());
    let mut out = String::new();
    for (index, digit) in plain.chars().enumerate() {
        if index > 0 && (plain.len() - index) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    if x < 0.0 && plain != "0" { format!("-{out}") } else { out }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_use_two_units_at_most() {
        let cases = [
            (0.0, "0s"),
            (40.0, "40ms"),
            (2_500.0, "2.5s"),
            (59_960.0, "1m"),
            (90_000.0, "1m 30s"),
            (35.0 * MINUTE, "35m"),
            (59.7 * MINUTE, "1h"),
            (90.0 * MINUTE, "1h 30m"),
            (23.0 * HOUR + 59.6 * MINUTE, "1d"),
            (4.0 * DAY + 3.2 * HOUR, "4d 3h"),
            (DAY, "1d"),
            (1234.0 * DAY, "1,234d"),
        ];
        for (ms, want) in cases {
            assert_eq!(duration(ms), want, "{ms} ms");
        }
    }

    #[test]
    fn ticks_are_spaced_and_signed() {
        assert_eq!(tick_duration(6.0 * HOUR), "6h");
        assert_eq!(tick_duration(DAY), "1d");
        assert_eq!(tick_duration(WEEK), "1w");
        assert_eq!(tick_duration(90.0 * MINUTE), "1h 30m");
        assert_eq!(tick_duration(-30.0 * HOUR), "-1d 6h");
        assert_eq!(tick_duration(0.0), "0");
    }

    #[test]
    fn numbers_have_three_digits_and_separators() {
        let cases = [
            (0.0, "0"),
            (0.01234, "0.0123"),
            (4.5, "4.5"),
            (9.996, "10"),
            (123.4, "123"),
            (1234.0, "1,230"),
            (1_234_567.0, "1,230,000"),
            (-1234.0, "-1,230"),
        ];
        for (x, want) in cases {
            assert_eq!(number(x), want, "{x}");
        }
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(counted(1, "host"), "1 host");
    }

    #[test]
    fn compact_numbers_change_units_after_rounding() {
        let cases = [
            (9.91, "9.91"),
            (3_410.0, "3,410"),
            (9_996.0, "10,000"),
            (51_234.0, "51,200"),
            (999_900.0, "1M"),
            (7_310_000.0, "7.31M"),
            (-12_345.0, "-12,300"),
            (2.5e9, "2.5G"),
        ];
        for (x, want) in cases {
            assert_eq!(compact(x), want, "{x}");
        }
    }

    #[test]
    fn percentages_never_round_to_certainty() {
        assert_eq!(percent(0.0), "0 %");
        assert_eq!(percent(1.0), "100 %");
        assert_eq!(percent(0.99999), "99.99 %");
        assert_eq!(percent(0.000368), "0.037 %");
        assert_eq!(percent(0.031), "3.1 %");
    }

    #[test]
    fn open_intervals_are_said_in_words() {
        let open = Interval { low: Some(HOUR), high: None };
        assert_eq!(interval(Unit::DurationMs, open), "at least 1h");
        assert_eq!(interval(Unit::HostMs, Interval::new(0.0, 90.0 * MINUTE)), "0 to 90");
        assert_eq!(interval(Unit::Hosts, Interval::UNBOUNDED), "unknown");
    }

    #[test]
    fn an_upper_end_that_nothing_rules_out_is_marked() {
        let said = |value, low, high| estimate(value, " ", Interval { low, high }, number);
        assert_eq!(said(35.9, Some(12.0), Some(84.0)), "35.9 [12, 84]");
        assert_eq!(said(35.9, Some(12.0), Some(84_000.0)), "35.9 [12, ≤84,000]");
        assert_eq!(said(0.0, Some(0.0), Some(3.0)), "0 [0, ≤3]");
        assert_eq!(said(0.0, Some(0.0), Some(0.0)), "0");
        assert_eq!(said(2.0, Some(1.0), None), "2 [1, ?]");
    }

    #[test]
    fn differences_have_signs_and_shares_differ_by_points() {
        assert_eq!(difference(Unit::DurationMs, -90.0 * MINUTE), "-1h 30m");
        assert_eq!(difference(Unit::HostMs, 90.0 * MINUTE), "+90");
        assert_eq!(difference(Unit::YesNo, 0.019), "+1.9 pp");
        assert_eq!(difference(Unit::Ppm, -19_000.0), "-1.9 pp");
        assert_eq!(size(Unit::Ppm, -19_000.0), "1.9 pp");
        assert_eq!(difference(Unit::DurationMs, -0.0), "0s");
        let open = Interval { low: Some(-5.0 * MINUTE), high: None };
        assert_eq!(difference_interval(Unit::DurationMs, open), "[-5m, ?]");
        assert_eq!(difference_interval(Unit::YesNo, Interval::new(-0.01, 0.027)), "[-1, +2.7]");
    }

    #[test]
    fn lists_are_elided_and_clocks_run() {
        assert_eq!(list(&["a", "b", "c", "d"], 3), "a, b, c, d");
        assert_eq!(list(&["a", "b", "c", "d", "e"], 3), "a, b, c and 2 more");
        assert_eq!(clock(90_061_000), "1d\u{a0}01:01:01");
        assert_eq!(clock_ms(250), "0d\u{a0}00:00:00.250");
    }
}
