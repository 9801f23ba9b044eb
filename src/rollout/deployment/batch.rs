//! Hosts deployed to together: a batch is a single draw, its hosts are drawn only when somebody asks.
//!
//! A batch ends with its slowest host, whose time is one order statistic. By exchangeability slot 0
//! of the batch is that host; every other slot is, given the slowest, independent and below it.

use crate::ids::{BatchId, HostId, ZoneId};
use crate::random::Distribution;
use crate::rollout::place::FleetHost;

/// Hosts deployed to together: the hosts `first .. first + hosts` of their zone.
#[derive(Debug, Clone, Copy)]
pub struct Batch {
    /// Their zone.
    pub zone: ZoneId,
    /// Number of the first of them in the zone.
    pub first: u32,
    /// How many they are.
    pub hosts: u32,
    /// Hosts beside them that were to be in it and stay behind.
    pub behind: u32,
    /// When the batch begins.
    pub start_ms: u64,
    /// When its slowest host is done.
    pub end_ms: u64,
    /// The slowest host's uniform.
    pub uniform: f64,
    /// The zone's batch before this one.
    pub previous: Option<BatchId>,
    /// It takes the change by itself, and no pipeline stops it.
    pub past_waves: bool,
}

impl Batch {
    /// Whether the batch holds a host of its zone.
    #[inline]
    pub fn holds(&self, host: FleetHost) -> bool {
        (self.first..self.first + self.hosts).contains(&host.id.number())
    }

    /// Its hosts.
    pub fn all_hosts(&self) -> impl Iterator<Item = FleetHost> + use<> {
        let zone = self.zone;
        (self.first..self.first + self.hosts)
            .map(move |host| FleetHost { zone, id: HostId::new(host as usize) })
    }

    /// Whether a stop at `stop_ms` came before what the batch would have done at `at_ms`. This is the one rule of what
    /// a stop cuts off.
    #[inline]
    pub fn is_cut(&self, stop_ms: Option<u64>, at_ms: u64) -> bool {
        !self.past_waves && stop_ms.is_some_and(|stop_ms| at_ms > stop_ms)
    }
}

/// Time of a host that is not the slowest of its batch of `hosts`: independent of the others below
/// the slowest, whose uniform is `slowest`.
pub fn other_host_ms(time: &Distribution, slowest: f64, hosts: u32, uniform: f64) -> u64 {
    let share_below = libm::exp(libm::log(slowest) / f64::from(hosts));
    time.by_cdf(share_below * uniform)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_cuts_what_comes_after_it_and_nothing_past_the_waves() {
        let of_wave = Batch {
            zone: ZoneId::new(0),
            first: 10,
            hosts: 5,
            behind: 0,
            start_ms: 100,
            end_ms: 200,
            uniform: 0.5,
            previous: None,
            past_waves: false,
        };
        assert!(!of_wave.is_cut(None, 200));
        assert!(!of_wave.is_cut(Some(200), 200), "what is done at the very instant of the stop is done");
        assert!(of_wave.is_cut(Some(199), 200));
        assert!(!Batch { past_waves: true, ..of_wave }.is_cut(Some(0), 200));
        let hosts: Vec<u32> = of_wave.all_hosts().map(|host| host.id.number()).collect();
        assert_eq!(hosts, [10, 11, 12, 13, 14]);
        assert!(of_wave.all_hosts().all(|host| of_wave.holds(host)));
    }
}
