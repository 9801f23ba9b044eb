//! How long a batch takes: the slowest of its hosts, by tables that all trials and threads share.

use crate::random::{Distribution, SlowestOf, survival_of_largest};
use std::sync::OnceLock;

/// Largest number of hosts with a table of its own: bounds the memory of absurdly large zones.
const LARGEST_TABLE: u32 = 1 << 14;

/// The time of the slowest of n hosts, for every n.
#[derive(Debug)]
pub struct BatchTime {
    /// That of one host.
    pub host: Distribution,
    /// By n, each tabulated when it is first asked for. The order in which threads ask leaves no trace: a table is a
    /// pure function of the plan.
    tables: Vec<OnceLock<SlowestOf>>,
}

impl BatchTime {
    /// Of hosts that take a time from `host`, with tables for up to `hosts` hosts.
    pub fn tabulated(host: Distribution, hosts: u32) -> Self {
        Self { host, tables: (0..=hosts.min(LARGEST_TABLE)).map(|_| OnceLock::new()).collect() }
    }

    /// The same without tables.
    pub fn computed(host: Distribution) -> Self {
        Self { host, tables: Vec::new() }
    }

    /// Whether every batch takes the same time, whatever is drawn.
    pub fn is_fixed(&self) -> bool {
        matches!(self.host, Distribution::Fixed { .. })
    }

    /// Time of the slowest of `hosts` hosts that begin together, at the uniform `u`.
    #[inline]
    pub fn slowest_ms(&self, hosts: u32, u: f64) -> u64 {
        match self.tables.get(hosts as usize) {
            _ if self.is_fixed() => self.host.by_cdf(u),
            Some(table) => table.get_or_init(|| SlowestOf::new(self.host, hosts)).at(u),
            None => self.host.by_survival(survival_of_largest(u, hosts)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_tell_the_time_that_is_computed() {
        let host = Distribution::Lognormal { median_ms: 240_000.0, sigma: 0.3 };
        let (tables, none) = (BatchTime::tabulated(host, 20), BatchTime::computed(host));
        for hosts in [1, 2, 20, 21] {
            for step in 1..200 {
                let u = f64::from(step) / 200.0;
                let (tabulated, computed) = (tables.slowest_ms(hosts, u), none.slowest_ms(hosts, u));
                assert!(tabulated.abs_diff(computed) <= 1, "{hosts} hosts at {u}: {tabulated}, {computed}");
            }
        }
        let fixed = BatchTime::tabulated(Distribution::Fixed { ms: 0 }, 20);
        assert_eq!((fixed.slowest_ms(7, 0.9), fixed.is_fixed()), (0, true));
    }
}
