//! Numbers among the arguments, with messages that say what to write.

use crate::plan::Trials;
use crate::scenario::{self, MAX_TRIALS, Seed};
use std::ops::RangeInclusive;

/// More threads than this is a typing mistake.
const MAX_THREADS: u64 = 4096;

/// Parses a seed: `42`, `0x2a`, or the commit that is being deployed.
///
/// # Errors
/// A sentence for clap, as from every function here.
pub fn seed(text: &str) -> Result<u64, String> {
    Seed::parse(text).map(|seed| seed.0).ok_or_else(|| {
        "write a number from 0 to 18446744073709551615, hex like 0x2a, or a full 40-digit git commit"
            .to_owned()
    })
}

/// Parses a number of trials.
pub fn trials(text: &str) -> Result<u64, String> {
    whole(text, 1..=MAX_TRIALS)
}

/// Parses a number of trials, or `auto`.
pub fn trials_or_auto(text: &str) -> Result<Trials, String> {
    if text == "auto" {
        return Ok(Trials::Auto);
    }
    trials(text).map(Trials::Exactly).map_err(|message| format!("{message}, or `auto`"))
}

/// Parses a percentage to a share.
pub fn percentage(text: &str) -> Result<f64, String> {
    scenario::percentage(text).ok_or_else(|| "write a percentage, as in 5% or 0.5%".to_owned())
}

/// Parses a number of threads.
pub fn threads(text: &str) -> Result<usize, String> {
    whole(text, 1..=MAX_THREADS).map(|threads| threads as usize)
}

/// Parses the number of a port; 0 is any that is free.
pub fn port(text: &str) -> Result<u16, String> {
    whole(text, 0..=u64::from(u16::MAX)).map(|port| port as u16)
}

/// Parses the number of one trial.
pub fn trial(text: &str) -> Result<u64, String> {
    whole(text, 0..=MAX_TRIALS - 1)
}

/// Parses how many times as fast something is played.
pub fn times(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|times: &f64| times.is_finite() && *times > 0.0);
    number.ok_or_else(|| "write a number above 0, as in 3600 for an hour a second".to_owned())
}

fn whole(text: &str, range: RangeInclusive<u64>) -> Result<u64, String> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse()
        .ok()
        .filter(|number| plain && range.contains(number))
        .ok_or_else(|| format!("write a whole number from {} to {}", range.start(), range.end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_to_their_limits() {
        assert_eq!((trials("1"), trials("10000000")), (Ok(1), Ok(MAX_TRIALS)));
        assert_eq!((trial("0"), threads("4096")), (Ok(0), Ok(4096)));
        for text in ["", "0", "-1", "+1", "1e3", "1_000", "10000001", "99999999999999999999"] {
            assert_eq!(trials(text), Err("write a whole number from 1 to 10000000".to_owned()), "{text}");
        }
        assert!(threads("4097").is_err() && trial("10000000").is_err());
    }

    #[test]
    fn speeds_are_above_zero() {
        assert_eq!((times("3600"), times("0.5")), (Ok(3600.0), Ok(0.5)));
        assert!(["0", "-1", "inf", "NaN", "fast", ""].iter().all(|text| times(text).is_err()));
    }

    #[test]
    fn seeds_are_those_of_the_language() {
        assert_eq!((seed("42"), seed("0x2a")), (Ok(42), Ok(42)));
        assert!(seed("tuesday").is_err_and(|message| message.starts_with("write a number")));
    }
}
