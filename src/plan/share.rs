//! Exact shares: rationals instead of floats, so that thresholds and host counts never round twice.

use serde::{Deserialize, Serialize};

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

/// A number of hosts, written as a count or as a share of a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HostShare {
    /// This many hosts, or the whole zone if it has fewer.
    Count(u32),
    /// This share of the zone's hosts.
    Share(Ratio),
}

impl HostShare {
    /// Every host of the zone.
    pub const ALL: Self = Self::Share(Ratio::ONE);

    /// Whether it is no host at all, whatever the zone.
    #[must_use]
    pub fn is_none(self) -> bool {
        matches!(self, Self::Count(0) | Self::Share(Ratio { num: 0, .. }))
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
            Self::Count(n) => count > u64::from(n),
            Self::Share(Ratio { num, den }) => {
                u128::from(count) * u128::from(den) > u128::from(whole) * u128::from(num)
            }
        }
    }

    /// Hosts meant where it may be none: rounded down, at most the zone.
    #[must_use]
    pub fn at_most_of(self, hosts: u32) -> u32 {
        let wanted = match self {
            Self::Count(n) => u64::from(n),
            Self::Share(ratio) => ratio.floor_of(u64::from(hosts)),
        };
        wanted.min(u64::from(hosts)) as u32
    }

    /// Hosts meant when a wave must *reach* this share: rounded up, at most the zone.
    #[must_use]
    pub fn reach_of(self, hosts: u32) -> u32 {
        let wanted = match self {
            Self::Count(n) => u64::from(n),
            Self::Share(ratio) => ratio.ceil_of(u64::from(hosts)),
        };
        wanted.min(u64::from(hosts)) as u32
    }
}
