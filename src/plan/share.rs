//! Exact shares: rationals instead of floats, so that thresholds and host counts never round twice.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A non-negative rational `num / den`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ratio {
    /// Numerator.
    pub num: u64,
    /// Denominator, never 0.
    pub den: u64,
}

impl Ratio {
    /// The whole.
    pub const ONE: Self = Self { num: 1, den: 1 };

    /// Whether it is less than another, exactly.
    #[must_use]
    pub fn is_below(self, other: Self) -> bool {
        u128::from(self.num) * u128::from(other.den) < u128::from(other.num) * u128::from(self.den)
    }

    /// The ratio as the nearest float.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        self.num as f64 / self.den as f64
    }

    /// `floor(whole * self)`.
    #[must_use]
    pub fn floor_of(self, whole: u64) -> u64 {
        match whole.checked_mul(self.num) {
            _ if self.num == self.den => whole,
            Some(parts) => parts / self.den,
            None => (u128::from(whole) * u128::from(self.num) / u128::from(self.den)) as u64,
        }
    }

    /// `ceil(whole * self)`.
    #[must_use]
    pub fn ceil_of(self, whole: u64) -> u64 {
        match whole.checked_mul(self.num) {
            _ if self.num == self.den => whole,
            Some(parts) => parts.div_ceil(self.den),
            None => (u128::from(whole) * u128::from(self.num)).div_ceil(u128::from(self.den)) as u64,
        }
    }
}

/// How a share of hosts becomes whole hosts, where a scenario says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rounding {
    /// The whole number below.
    Down,
    /// The whole number above.
    Up,
    /// The nearest one, halves up. Of two or more a share above 0 is at least one, and one below all leaves one.
    Nearest,
}

impl Rounding {
    /// So much of `whole`.
    #[must_use]
    pub fn of(self, share: Ratio, whole: u64) -> u64 {
        match self {
            Self::Down => share.floor_of(whole),
            Self::Up => share.ceil_of(whole),
            Self::Nearest => {
                let halves = u128::from(whole) * u128::from(share.num) * 2 + u128::from(share.den);
                let nearest = (halves / (2 * u128::from(share.den))) as u64;
                let some = share.num > 0 && whole > 1;
                let not_all = share.num < share.den && whole > 1;
                nearest.clamp(u64::from(some), whole - u64::from(not_all))
            }
        }
    }
}

/// A number of hosts, written as a count or as a share of a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HostShare {
    /// This many hosts, or the whole zone if it has fewer.
    Count(u32),
    /// This share of the zone's hosts, rounded as is usual where it stands.
    Share(Ratio),
    /// This share, rounded as it says.
    Rounded {
        /// The share.
        share: Ratio,
        /// How it is rounded.
        to: Rounding,
    },
    /// All hosts of the zone but this many.
    AllBut(u32),
}

impl HostShare {
    /// Every host of the zone.
    pub const ALL: Self = Self::Share(Ratio::ONE);

    /// Whether it is no host at all, whatever the zone.
    #[must_use]
    pub fn is_none(self) -> bool {
        match self {
            Self::Count(number) => number == 0,
            Self::Share(share) | Self::Rounded { share, .. } => share.num == 0,
            Self::AllBut(_) => false,
        }
    }

    /// Hosts meant of `hosts`, where a share is usually rounded like that; a count may be more.
    #[inline]
    fn whole(self, hosts: u64, usual: Rounding) -> u64 {
        match self {
            Self::Count(number) => u64::from(number),
            Self::Share(share) => usual.of(share, hosts),
            Self::Rounded { share, to } => to.of(share, hosts),
            Self::AllBut(number) => hosts.saturating_sub(u64::from(number)),
        }
    }

    /// Whether it is all of them, however many there are.
    #[must_use]
    pub fn is_whole(self) -> bool {
        matches!(self, Self::Share(Ratio { num, den }) if num == den)
    }

    /// Hosts meant in a zone of `hosts`: rounded down, but at least 1 and at most the zone.
    /// Rounding down keeps "at most 33 % unavailable" true.
    #[must_use]
    pub fn of(self, hosts: u32) -> u32 {
        self.at_most_of(hosts).max(1)
    }

    /// Whether `count` hosts of `whole` are more than this, to the last one.
    #[must_use]
    pub fn is_exceeded_by(self, count: u64, whole: u64) -> bool {
        match self {
            Self::Share(Ratio { num, den }) => {
                u128::from(count) * u128::from(den) > u128::from(whole) * u128::from(num)
            }
            Self::Count(_) | Self::Rounded { .. } | Self::AllBut(_) => {
                count > self.whole(whole, Rounding::Down)
            }
        }
    }

    /// Hosts meant where it may be none: rounded down, at most the zone.
    #[must_use]
    pub fn at_most_of(self, hosts: u32) -> u32 {
        self.whole(u64::from(hosts), Rounding::Down).min(u64::from(hosts)) as u32
    }

    /// Hosts meant when a wave must *reach* this share: rounded up, at most the zone.
    #[must_use]
    pub fn reach_of(self, hosts: u32) -> u32 {
        self.whole(u64::from(hosts), Rounding::Up).min(u64::from(hosts)) as u32
    }
}

/// As the language writes it.
impl fmt::Display for HostShare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = |ratio: Ratio| 100.0 * ratio.as_f64();
        match *self {
            Self::Count(number) => write!(f, "{number}"),
            Self::Share(share) => write!(f, "{}%", percent(share)),
            Self::Rounded { share, to } => {
                let to = match to {
                    Rounding::Down => "down",
                    Rounding::Up => "up",
                    Rounding::Nearest => "nearest",
                };
                write!(f, "{}% {to}", percent(share))
            }
            Self::AllBut(number) => write!(f, "all but {number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_is_neither_none_nor_all() {
        let percent = |num| Ratio { num, den: 100 };
        let nearest = |share, whole| Rounding::Nearest.of(percent(share), whole);
        assert_eq!([14, 15, 16, 1, 99, 0, 100].map(|share| nearest(share, 10)), [1, 2, 2, 1, 9, 0, 10]);
        assert_eq!([49, 50].map(|share| nearest(share, 1)), [0, 1], "one host has no other half");
        assert_eq!((nearest(50, 0), nearest(1, 2), nearest(99, 2)), (0, 1, 1));
        let rounded = |share, to| HostShare::Rounded { share: percent(share), to };
        assert_eq!((rounded(30, Rounding::Up).of(7), rounded(30, Rounding::Down).reach_of(7)), (3, 2));
        assert_eq!((HostShare::AllBut(8).at_most_of(10), HostShare::AllBut(8).at_most_of(8)), (2, 0));
        assert!(
            rounded(10, Rounding::Up).is_exceeded_by(2, 5) && !rounded(10, Rounding::Up).is_exceeded_by(1, 5)
        );
    }
}
