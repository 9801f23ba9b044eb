//! Percentages, exact down to the last decimal, and the numbers that may be written as one.

use super::number::read_integer;
use super::{schema, string_pattern};
use crate::plan::{Concurrency, HostShare, Ratio, Rounding};
use crate::scenario::reader::{Node, Read, Reader};
use crate::scenario::rules;
use schemars::json_schema;
use toml::de::DeValue;

/// Decimals of a percentage; more would not fit the arithmetic on host counts.
const MAX_DECIMALS: usize = 9;

/// Hosts that a scenario can have, in total and in any count.
pub const MAX_HOSTS: u64 = 1_000_000_000;

const PATTERN: &str = r"^[0-9]{1,3}(\.[0-9]{1,9})?%$";
const ROUNDED: &str = r"^[0-9]{1,3}(\.[0-9]{1,9})?%( (down|up|nearest))?$";
const ALL_BUT: &str = r"^all but [0-9]{1,10}$";

/// A percentage from 0 to 100, as an exact reduced ratio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Percent(pub Ratio);

impl Percent {
    /// Nothing at all.
    pub fn is_zero(self) -> bool {
        self.0.num == 0
    }

    /// Reads the text form; none when it is not one. Values over 100 are read, not refused.
    pub fn parse(text: &str) -> Option<Ratio> {
        let digits = text.strip_suffix('%')?;
        let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
        let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let dangling = digits.contains('.') && decimals.is_empty();
        if whole.is_empty() || whole.len() > 6 || decimals.len() > MAX_DECIMALS || dangling {
            return None;
        }
        if !plain(whole) || !plain(decimals) {
            return None;
        }
        let num: u64 = format!("{whole}{decimals}").parse().ok()?;
        let den = 100 * 10_u64.pow(decimals.len() as u32);
        let divisor = gcd(num, den);
        Some(Ratio { num: num / divisor, den: den / divisor })
    }

    fn read_text(text: &str, node: Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let Some(ratio) = Self::parse(text) else {
            return reader.refuse(node, &rules::BAD_PERCENTAGE, "is not a percentage", percent_help(text));
        };
        if ratio.num > ratio.den {
            let help = "write a percentage from \"0%\" to \"100%\"";
            return reader.refuse(node, &rules::OUT_OF_RANGE, "is more than 100 %", help);
        }
        Some(Self(ratio))
    }
}

fn percent_help(text: &str) -> String {
    let digits = text.trim().trim_end_matches('%').trim();
    if Percent::parse(&format!("{digits}%")).is_none() {
        return "write digits and a percent sign, as in \"5%\" or \"0.05%\" (at most 9 decimals)".to_owned();
    }
    if text.contains('%') {
        return format!("write \"{digits}%\"");
    }
    match of_hundred(digits) {
        Some(share) => format!("write \"{share}%\": a share of {digits} is {share} in a hundred"),
        None => format!("write \"{digits}%\" for {digits} in a hundred"),
    }
}

/// A share below 1 as the number of a percentage: `0.03` is `3`. None for what is no such share.
fn of_hundred(share: &str) -> Option<String> {
    let decimals = share.strip_prefix("0.").filter(|decimals| decimals.bytes().any(|digit| digit != b'0'))?;
    let padded = format!("{decimals:0<2}");
    let (whole, rest) = padded.split_at(2);
    let (whole, rest) = (whole.trim_start_matches('0'), rest.trim_end_matches('0'));
    let whole = if whole.is_empty() { "0" } else { whole };
    Some(if rest.is_empty() { whole.to_owned() } else { format!("{whole}.{rest}") })
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

impl Read for Percent {
    fn read(node: Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        match node.value {
            DeValue::String(text) => Self::read_text(text, node, reader),
            DeValue::Integer(number) => {
                reader.wrong_type(node, "a percentage", percent_help(number.as_str()))
            }
            DeValue::Float(number) => reader.wrong_type(node, "a percentage", percent_help(number.as_str())),
            _ => reader.wrong_type(node, "a percentage", "write a string, as in \"5%\""),
        }
    }
}

schema! {
    Percent, "Percent", by name:
    string_pattern(PATTERN, "A percentage from 0 to 100: \"5%\", \"0.05%\", \"33.3%\".")
}

/// Hosts of a zone as a count or a share, never 0.
#[derive(Debug, Clone, Copy)]
pub struct HostCount(pub HostShare);

impl Read for HostCount {
    fn read(node: Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let HostLimit(hosts) = HostLimit::read(node, reader)?;
        let zero = match hosts {
            HostShare::Count(0) => "0",
            HostShare::Share(Ratio { num: 0, .. }) => "0 %",
            HostShare::Rounded { share: Ratio { num: 0, .. }, .. } => "0 %",
            HostShare::Count(_) | HostShare::Share(_) | HostShare::Rounded { .. } | HostShare::AllBut(_) => {
                return Some(Self(hosts));
            }
        };
        let why = format!("is {zero}, which no host is part of");
        reader.refuse(node, &rules::OUT_OF_RANGE, why, "write at least 1, or more than \"0%\"")
    }
}

/// At most so many hosts of a zone, as a count or a share; it may be 0.
#[derive(Debug, Clone, Copy)]
pub struct HostLimit(pub HostShare);

impl Read for HostLimit {
    fn read(node: Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        match node.value {
            DeValue::Integer(_) => {
                let hosts = read_integer(node, 0..=MAX_HOSTS, "a number of hosts", reader)?;
                Some(Self(HostShare::Count(u32::try_from(hosts).expect("invariant: at most 10^9"))))
            }
            DeValue::String(text) => match text.strip_prefix("all but ") {
                Some(number) => all_but(number, node, reader).map(Self),
                None => Some(Self(match rounded(text, node, reader)? {
                    (share, None) => HostShare::Share(share),
                    (share, Some(to)) => HostShare::Rounded { share, to },
                })),
            },
            _ => reader.wrong_type(node, "a number or a percentage of hosts", "write 5 or \"5%\""),
        }
    }
}

/// A percentage, and how it is rounded if that follows: "33% up".
fn rounded(text: &str, node: Node<'_>, reader: &mut Reader<'_>) -> Option<(Ratio, Option<Rounding>)> {
    let words = [(" down", Rounding::Down), (" up", Rounding::Up), (" nearest", Rounding::Nearest)];
    let found = words.into_iter().find_map(|(word, to)| Some((text.strip_suffix(word)?, to)));
    let (percentage, to) = found.map_or((text, None), |(percentage, to)| (percentage, Some(to)));
    Percent::read_text(percentage, node, reader).map(|share| (share.0, to))
}

/// All hosts but a number: "all but 8".
fn all_but(number: &str, node: Node<'_>, reader: &mut Reader<'_>) -> Option<HostShare> {
    let plain = number.bytes().all(|byte| byte.is_ascii_digit()) && number.len() <= 10;
    match number.parse::<u64>().ok().filter(|number| plain && (1..=MAX_HOSTS).contains(number)) {
        Some(number) => Some(HostShare::AllBut(u32::try_from(number).expect("invariant: at most 10^9"))),
        None => {
            let help = "write \"all but 8\", with a number of hosts from 1";
            reader.refuse(node, &rules::OUT_OF_RANGE, "says no number of hosts", help)
        }
    }
}

schema! {
    HostLimit, "HostLimit", by name:
    json_schema!({
        "description": "Hosts of a zone: a count (5), a share of the zone (\"33%\", \"33% up\") or all others (\"all but 8\"); it may be 0.",
        "anyOf": [
            { "type": "integer", "minimum": 0, "maximum": MAX_HOSTS },
            { "type": "string", "pattern": ROUNDED },
            { "type": "string", "pattern": ALL_BUT },
        ],
    })
}

schema! {
    HostCount, "HostCount", by name:
    json_schema!({
        "description": "Hosts of a zone: a count (5), a share of the zone (\"33%\", \"33% up\") or all others (\"all but 8\"); not 0.",
        "anyOf": [
            { "type": "integer", "minimum": 1, "maximum": MAX_HOSTS },
            { "type": "string", "pattern": ROUNDED },
            { "type": "string", "pattern": ALL_BUT },
        ],
    })
}

/// How many things are deployed to at once: a count, a share, or `"all"`.
#[derive(Debug, Clone, Copy)]
pub struct AtOnce(pub Concurrency);

impl Read for AtOnce {
    fn read(node: Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        match node.value {
            DeValue::Integer(_) => {
                let count = read_integer(node, 1..=MAX_HOSTS, "a count", reader)?;
                Some(Self(Concurrency::AtMost(u32::try_from(count).expect("invariant: at most 10^9"))))
            }
            DeValue::String(text) if text == "all" => Some(Self(Concurrency::All)),
            DeValue::String(text) if text.contains('%') => {
                let (share, to) = rounded(text, node, reader)?;
                if share.num > 0 {
                    return Some(Self(match to {
                        None => Concurrency::Share(share),
                        Some(to) => Concurrency::Rounded(share, to),
                    }));
                }
                let help = "write more than \"0%\": at least one goes at a time";
                reader.refuse(node, &rules::OUT_OF_RANGE, "is 0 %, and nothing would ever begin", help)
            }
            _ => {
                let help = "write 1, 2, …, \"25%\" or \"all\"";
                reader.wrong_type(node, "a count, a share or \"all\"", help)
            }
        }
    }
}

schema! {
    AtOnce, "AtOnce", by name:
    json_schema!({
        "description": "How many at once: a count from 1, a share (\"25%\", rounded down, \"25% up\"; at least 1), or \"all\".",
        "anyOf": [
            { "type": "integer", "minimum": 1, "maximum": MAX_HOSTS },
            { "type": "string", "pattern": ROUNDED },
            { "const": "all" },
        ],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ratio(text: &str) -> Option<(u64, u64)> {
        Percent::parse(text).map(|ratio| (ratio.num, ratio.den))
    }

    #[test]
    fn a_number_below_one_is_taken_for_a_share() {
        let help = |text| percent_help(text);
        for (share, percent) in [("0.03", "3"), ("0.5", "50"), ("0.005", "0.5"), ("0.125", "12.5")] {
            assert!(help(share).starts_with(&format!("write \"{percent}%\"")), "{share}: {}", help(share));
        }
        assert!(help("3").starts_with("write \"3%\""), "{}", help("3"));
        assert!(help("0.03 %").starts_with("write \"0.03%\""), "{}", help("0.03 %"));
    }

    #[test]
    fn percentages_are_exact_and_reduced() {
        assert_eq!(ratio("5%"), Some((1, 20)));
        assert_eq!(ratio("0.05%"), Some((1, 2_000)));
        assert_eq!(ratio("33.3%"), Some((333, 1_000)));
        assert_eq!(ratio("100%"), Some((1, 1)));
        assert_eq!(ratio("0%"), Some((0, 1)));
        assert_eq!(ratio("0.000000001%"), Some((1, 100_000_000_000)));
    }

    #[test]
    fn other_texts_are_not_percentages() {
        for text in ["5", "%", "5 %", ".5%", "5.%", "-1%", "1e2%", "0.0000000001%", "5%%", "٥%"] {
            assert_eq!(ratio(text), None, "{text}");
        }
    }

    #[test]
    fn help_shows_the_repaired_text_where_there_is_one() {
        assert_eq!(percent_help("5 %"), "write \"5%\"");
        assert_eq!(percent_help("0.1"), "write \"10%\": a share of 0.1 is 10 in a hundred");
        assert!(percent_help("five").starts_with("write digits"));
    }
}
