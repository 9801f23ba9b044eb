//! Durations: `"90s"`, `"1h30m"`, `"1.5h"`, kept as whole milliseconds.

use super::{schema, string_pattern};
use crate::scenario::reader::{Node, Read, Reader};
use crate::scenario::rules;
use std::fmt;
use toml::de::DeValue;

/// Units from large to small, with their milliseconds.
const UNITS: [(&str, u64); 6] =
    [("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

const UNITS_ARE: &str = "the units are `w`, `d`, `h`, `m`, `s`, `ms`";

/// A duration in milliseconds, at most ten years.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Duration {
    /// Milliseconds.
    pub ms: u64,
}

/// Why a text is no duration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mistake {
    /// Nothing or only blanks.
    Empty,
    /// A number is missing where a part begins.
    NoNumber(String),
    /// A number without a unit.
    NoUnit(String),
    /// A unit that does not exist.
    UnknownUnit(String),
    /// A unit after a smaller or an equal one.
    Order,
    /// A decimal with more than one digit, or beside other parts.
    Decimal,
    /// Not a whole number of milliseconds.
    Fraction,
    /// More than ten years.
    TooLong,
}

impl Duration {
    /// No time at all.
    pub const ZERO: Self = Self { ms: 0 };

    /// The longest duration: ten years of 365 days. Sums of a few thousand of them still fit 64 bits.
    pub const MAX_MS: u64 = 3_650 * 86_400_000;

    /// Reads the text form.
    ///
    /// # Errors
    /// Says what is wrong with `text`.
    pub fn parse(text: &str) -> Result<Self, Mistake> {
        if text.trim().is_empty() {
            return Err(Mistake::Empty);
        }
        let mut rest = text;
        let mut total: u64 = 0;
        let mut next_unit = 0;
        while !rest.is_empty() {
            let (number, after) = split(rest, |c| c.is_ascii_digit() || c == '.');
            let (unit, after) = split(after, |c| !c.is_ascii_digit() && c != '.');
            if number.is_empty() {
                return Err(Mistake::NoNumber(rest.to_owned()));
            }
            if unit.is_empty() {
                return Err(Mistake::NoUnit(number.to_owned()));
            }
            let index = UNITS.iter().position(|(name, _)| *name == unit);
            let index = index.ok_or_else(|| Mistake::UnknownUnit(unit.to_owned()))?;
            if index < next_unit {
                return Err(Mistake::Order);
            }
            next_unit = index + 1;
            let whole_text = number.len() + unit.len() == text.len();
            let part = part_ms(number, UNITS[index].1, whole_text)?;
            total = total.checked_add(part).filter(|ms| *ms <= Duration::MAX_MS).ok_or(Mistake::TooLong)?;
            rest = after;
        }
        Ok(Self { ms: total })
    }
}

/// What was probably meant: blanks left out, and words and capitals turned into units.
fn repaired(text: &str) -> Option<String> {
    const WORDS: [(&str, &[&str]); 6] = [
        ("ms", &["msec", "msecs", "milliseconds"]),
        ("s", &["sec", "secs", "second", "seconds"]),
        ("m", &["min", "mins", "minute", "minutes"]),
        ("h", &["hr", "hrs", "hour", "hours"]),
        ("d", &["day", "days"]),
        ("w", &["week", "weeks"]),
    ];
    let compact: String = text.to_lowercase().split_whitespace().collect();
    let mut rest = compact.as_str();
    let mut result = String::new();
    let mut next = None;
    while !rest.is_empty() {
        let (number, after) = split(rest, |c| c.is_ascii_digit() || c == '.');
        let (word, after) = split(after, |c| c.is_alphabetic());
        if number.is_empty() && word.is_empty() {
            return None;
        }
        let unit = WORDS.iter().find(|(_, words)| words.contains(&word)).map_or(word, |(unit, _)| unit);
        // What follows hours without a unit are minutes.
        let position = UNITS.iter().position(|(name, _)| *name == unit);
        let unit = if unit.is_empty() { next? } else { unit };
        next = position.and_then(|index| UNITS.get(index + 1)).map(|(name, _)| *name);
        result.push_str(number);
        result.push_str(unit);
        rest = after;
    }
    Duration::parse(&result).is_ok().then_some(result)
}

/// Splits where `belongs` ends.
fn split(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !belongs(c)).unwrap_or(text.len()))
}

/// Milliseconds of `number` units of `unit_ms`; a decimal only where it is the only part.
fn part_ms(number: &str, unit_ms: u64, alone: bool) -> Result<u64, Mistake> {
    let (whole, tenths) = match number.split_once('.') {
        None => (number, 0),
        Some((whole, digit)) if alone && digit.len() == 1 && !whole.is_empty() => {
            (whole, digit.parse().map_err(|_| Mistake::Decimal)?)
        }
        Some(_) => return Err(Mistake::Decimal),
    };
    let whole: u64 = whole.parse().map_err(|_| Mistake::TooLong)?;
    let tenths =
        whole.checked_mul(10).and_then(|w| w.checked_add(tenths)).and_then(|t| t.checked_mul(unit_ms));
    let tenths = tenths.ok_or(Mistake::TooLong)?;
    if tenths % 10 == 0 { Ok(tenths / 10) } else { Err(Mistake::Fraction) }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "is empty"),
            Self::NoNumber(rest) => write!(f, "has no number before `{rest}`"),
            Self::NoUnit(number) => write!(f, "has no unit after `{number}`"),
            Self::UnknownUnit(unit) => write!(f, "has an unknown unit `{unit}`"),
            Self::Order => write!(f, "has its units out of order"),
            Self::Decimal => write!(f, "has a decimal that is not allowed"),
            Self::Fraction => write!(f, "is not a whole number of milliseconds"),
            Self::TooLong => write!(f, "is longer than ten years"),
        }
    }
}

impl Mistake {
    fn help(&self) -> String {
        if let Self::NoUnit(number) = self {
            return format!("write \"{number}m\" for minutes; {UNITS_ARE}");
        }
        let help = match self {
            Self::NoUnit(_) | Self::UnknownUnit(_) => UNITS_ARE,
            Self::Order => "write large units first and each once, as in \"1h30m\"",
            Self::Decimal => {
                "use one decimal in a single unit, as in \"1.5h\", or several units, as in \"1h30m\""
            }
            Self::TooLong => "write at most \"3650d\"",
            Self::Empty | Self::NoNumber(_) | Self::Fraction => {
                "write numbers with units, as in \"90s\", \"1h30m\" or \"2d\""
            }
        };
        help.to_owned()
    }
}

impl fmt::Display for Duration {
    /// The shortest text with whole numbers that reads back as the same duration.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ms == 0 {
            return write!(f, "0s");
        }
        let mut rest = self.ms;
        // Weeks are read but not written: nobody thinks of ten days as 1w3d.
        for (unit, unit_ms) in &UNITS[1..] {
            if rest >= *unit_ms {
                write!(f, "{}{unit}", rest / unit_ms)?;
                rest %= unit_ms;
            }
        }
        Ok(())
    }
}

impl Read for Duration {
    fn read(node: Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let help = match node.value {
            DeValue::Integer(number) => {
                let number = number.as_str();
                format!("write \"{number}m\" for minutes, \"{number}s\" for seconds")
            }
            _ => "write a string with units, as in \"30m\"".to_owned(),
        };
        let text = reader.text(node, "a duration", help)?;
        let report = |mistake: Mistake| {
            let message = format!("the duration of `{}` {mistake}", reader.key());
            let help = repaired(text).map_or_else(|| mistake.help(), |text| format!("write \"{text}\""));
            reader.report(rules::BAD_DURATION.at(node.span, message).help(help));
        };
        Self::parse(text).map_err(report).ok()
    }
}

schema! {
    Duration, "Duration", by name:
    string_pattern(
        r"^([0-9]+(w|d|h|m|s|ms))+$|^[0-9]+\.[0-9](w|d|h|m|s|ms)$",
        "A duration: \"90s\", \"30m\", \"1h30m\", \"1.5h\", \"2d\", \"1w\", \"500ms\", \"0s\".",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ms(text: &str) -> Result<u64, Mistake> {
        Duration::parse(text).map(|duration| duration.ms)
    }

    #[test]
    fn reads_every_documented_form() {
        assert_eq!(ms("90s"), Ok(90_000));
        assert_eq!(ms("1h30m"), Ok(5_400_000));
        assert_eq!(ms("1.5h"), Ok(5_400_000));
        assert_eq!(ms("2d"), Ok(172_800_000));
        assert_eq!(ms("1w"), Ok(604_800_000));
        assert_eq!(ms("500ms"), Ok(500));
        assert_eq!(ms("1s5ms"), Ok(1_005));
        assert_eq!(ms("0s"), Ok(0));
        assert_eq!(ms("3650d"), Ok(Duration::MAX_MS));
    }

    #[test]
    fn refuses_everything_else_with_the_reason() {
        assert_eq!(ms(""), Err(Mistake::Empty));
        assert_eq!(ms("30"), Err(Mistake::NoUnit("30".into())));
        assert_eq!(ms("m"), Err(Mistake::NoNumber("m".into())));
        assert_eq!(ms("-5m"), Err(Mistake::NoNumber("-5m".into())));
        assert_eq!(ms("5 min"), Err(Mistake::UnknownUnit(" min".into())));
        assert_eq!(ms("30m1h"), Err(Mistake::Order));
        assert_eq!(ms("1h1h"), Err(Mistake::Order));
        assert_eq!(ms("1.25h"), Err(Mistake::Decimal));
        assert_eq!(ms("1h1.5m"), Err(Mistake::Decimal));
        assert_eq!(ms("1.h"), Err(Mistake::Decimal));
        assert_eq!(ms("0.5ms"), Err(Mistake::Fraction));
        assert_eq!(ms("3651d"), Err(Mistake::TooLong));
        assert_eq!(ms("99999999999999999999s"), Err(Mistake::TooLong));
    }

    #[test]
    fn repairs_what_people_write_elsewhere() {
        assert_eq!(repaired("4 min"), Some("4m".into()));
        assert_eq!(repaired("1 hour 30 minutes"), Some("1h30m".into()));
        assert_eq!(repaired("2D"), Some("2d".into()));
        assert_eq!(repaired("1h30"), Some("1h30m".into()));
        assert_eq!(repaired("5m 30"), Some("5m30s".into()));
        assert_eq!(repaired("30"), None);
        assert_eq!(repaired("soon"), None);
        assert_eq!(repaired("-5m"), None);
    }

    proptest! {
        #![proptest_config(crate::properties::cases(256))]

        #[test]
        fn text_round_trips(ms in 0..=Duration::MAX_MS) {
            let duration = Duration { ms };
            prop_assert_eq!(Duration::parse(&duration.to_string()), Ok(duration));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC*") {
            let _ = Duration::parse(&text);
        }
    }
}
