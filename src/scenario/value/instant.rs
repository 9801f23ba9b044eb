//! Small texts with a grammar of their own: times of day, `"3 of 5"` and seeds.

use super::number::read_integer;
use super::{schema, string_pattern};
use crate::plan::HOUR_MS;
use crate::scenario::reader::{Node, Read, Reader};
use crate::scenario::rules;
use jiff::civil::Weekday;
use schemars::json_schema;
use toml::de::DeValue;

/// Longest evaluation window of an alarm: its history is kept in one 64-bit word.
const MAX_WINDOW: u64 = 64;

/// When a rollout starts: a UTC time of day, perhaps of a day of the week.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StartText {
    /// The day; none: whichever comes first.
    day: Option<Weekday>,
    /// Milliseconds after its midnight.
    time_ms: u64,
}

/// Days of the week as they are written, from Monday on.
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

impl StartText {
    fn parse(text: &str) -> Option<Self> {
        let (day, time) = match text.split_once(' ') {
            None => (None, text),
            Some((day, time)) => {
                let place = DAYS.iter().position(|known| *known == day)?;
                (Some(Weekday::from_monday_zero_offset(place as i8).ok()?), time.trim_start())
            }
        };
        let (hours, minutes) = time.split_once(':')?;
        let number = |text: &str, limit: u64| {
            let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse::<u64>().ok().filter(|value| digits && *value < limit)
        };
        let (hours, minutes) = (number(hours, 24)?, number(minutes, 60)?);
        Some(Self { day, time_ms: (hours * 60 + minutes) * 60_000 })
    }

    /// Milliseconds after the midnight at which `first_day` begins.
    pub fn ms_after(self, first_day: Weekday) -> u64 {
        let days = self.day.map_or(0, |day| first_day.until(day).rem_euclid(7));
        days as u64 * 24 * HOUR_MS + self.time_ms
    }
}

impl Read for StartText {
    fn read(node: Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let unquoted = matches!(node.value, DeValue::Datetime(_));
        let help = if unquoted { "put it in quotes" } else { "write \"HH:MM\" in UTC" };
        let start = Self::parse(reader.text(node, "a time of day", format!("{help}, as in \"09:30\""))?);
        let help = "write \"HH:MM\" in UTC, from \"00:00\" to \"23:59\", or with a day, as in \"fri 16:50\"";
        start.or_else(|| reader.refuse(node, &rules::BAD_TIME, "is not a time of day", help))
    }
}

schema! {
    StartText, "Start", by name:
    string_pattern(
        "^((mon|tue|wed|thu|fri|sat|sun) )?([01][0-9]|2[0-3]):[0-5][0-9]$",
        "A UTC time of day, perhaps of a day of the week: \"09:30\", \"fri 16:50\"."
    )
}

/// M breaching datapoints of the last N.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Datapoints {
    /// Datapoints that must breach (M), at least 1.
    pub to_alarm: u32,
    /// Datapoints looked at (N), from M to 64.
    pub window: u32,
}

impl Datapoints {
    fn parse(text: &str) -> Option<(u64, u64)> {
        let (m, n) = text.split_once(" of ")?;
        Some((m.trim().parse().ok()?, n.trim().parse().ok()?))
    }
}

impl Read for Datapoints {
    fn read(node: Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let counts = match node.value {
            DeValue::Integer(_) => {
                let count = read_integer(node, 1..=MAX_WINDOW, "a count of datapoints", reader)?;
                Some((count, count))
            }
            DeValue::String(text) => Self::parse(text),
            _ => {
                let help = "write \"3 of 5\", or 3 for \"3 of 3\"";
                return reader.wrong_type(node, "\"M of N\" or a number", help);
            }
        };
        let problem = match counts {
            None => "is not of the form \"M of N\"",
            Some((0, _)) => "needs at least 1 breaching datapoint",
            Some((m, n)) if m > n => "needs more breaching datapoints than it looks at",
            Some((_, n)) if n > MAX_WINDOW => "looks at more than 64 datapoints",
            Some((m, n)) => return Some(Self { to_alarm: m as u32, window: n as u32 }),
        };
        let help = "write \"3 of 5\": 3 breaching of the last 5, at most 64";
        reader.refuse(node, &rules::BAD_DATAPOINTS, problem, help)
    }
}

schema! {
    Datapoints, "Datapoints", by name:
    json_schema!({
        "description": "Breaching datapoints needed among the last N: \"3 of 5\", or 3 for \"3 of 3\"; N is at most 64.",
        "anyOf": [
            { "type": "integer", "minimum": 1, "maximum": MAX_WINDOW },
            { "type": "string", "pattern": "^[1-9][0-9]? of [1-9][0-9]?$" },
        ],
    })
}

/// Hex digits of a git commit.
const COMMIT_DIGITS: usize = 40;
/// Hex digits of a commit that make the seed: 64 bits.
const SEED_DIGITS: usize = 16;

/// The root of all random streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seed(pub u64);

impl Seed {
    /// Reads `42`, `0x2a`, or a git commit of 40 hex digits, of which the first 16 are the seed. The
    /// command line reads its seeds with it, too.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        // The standard parsers also take a leading `+`.
        let hex = |digits: &str| {
            let plain = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
            u64::from_str_radix(digits, 16).ok().filter(|_| plain)
        };
        let seed = if let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
            hex(digits)
        } else if text.len() == COMMIT_DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            hex(&text[..SEED_DIGITS])
        } else {
            text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))
        };
        seed.map(Self)
    }
}

impl Read for Seed {
    fn read(node: Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let seed = match node.value {
            DeValue::Integer(_) => return read_integer(node, 0..=u64::MAX, "a seed", reader).map(Self),
            DeValue::String(text) => Self::parse(text),
            _ => return reader.wrong_type(node, "a seed", "write 42, \"0x2a\" or a full git commit"),
        };
        let help = "write 42, \"0x2a\" or the 40 hexadecimal digits of a commit";
        seed.or_else(|| reader.refuse(node, &rules::BAD_SEED, "is neither a number nor a git commit", help))
    }
}

schema! {
    Seed, "Seed", by name:
    json_schema!({
        "description": "A seed: 42, \"0x2a\", or a 40-digit git commit (its first 16 digits count).",
        "anyOf": [
            { "type": "integer", "minimum": 0 },
            { "type": "string", "pattern": "^([0-9]{1,20}|0[xX][0-9a-fA-F]+|[0-9a-fA-F]{40})$" },
        ],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_day_have_two_digits_each() {
        assert_eq!(StartText::parse("09:30").map(|start| start.time_ms), Some(34_200_000));
        assert_eq!(StartText::parse("23:59").map(|start| start.time_ms), Some(86_340_000));
        for text in ["24:00", "9:30", "09:60", "09:30:00", "+9:30", "Mon 09:00", ""] {
            assert!(StartText::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn seeds_are_numbers_or_commits() {
        for (text, seed) in [
            ("42", 42),
            ("0x2a", 42),
            ("0X2A", 42),
            ("18446744073709551615", u64::MAX),
            ("0xffffffffffffffff", u64::MAX),
            ("128f3c6000000001ffffffffffffffffffffffff", 0x128f_3c60_0000_0001),
            ("0000000000000042999999999999999999999999", 0x42),
        ] {
            assert_eq!(Seed::parse(text), Some(Seed(seed)), "{text}");
        }
        for text in ["", "0x", "0x+1", "+1", "-1", "1_000", "4 2", "1e3", "128f3c6", "18446744073709551616"] {
            assert_eq!(Seed::parse(text), None, "{text}");
        }
    }
}
