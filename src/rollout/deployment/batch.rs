//! Hosts deployed to together: a batch is a single draw, its hosts are drawn only when somebody asks.
//!
//! A batch ends with its slowest host, whose time is one order statistic. By exchangeability slot 0
//! of the batch is that host; every other slot is, given the slowest, independent and below it.

use crate::ids::{BatchId, HostId, ZoneId};
use crate::plan::HOUR_MS;
use crate::random::Distribution;
use crate::rollout::place::FleetHost;

/// A batch that takes longer is counted host by host. Shorter ones are counted when their last host is done, as a
/// deployment system reports them, which costs nothing.
const DRAWN_OUT_MS: u64 = HOUR_MS;

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
    /// Hosts beside them on which the deployment failed.
    pub fails: u32,
    /// How many of them come beside those that serve: no host leaves service for them.
    pub surge: u32,
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

    /// Whether the host is the first of the batch: the slowest one.
    pub fn is_first(&self, host: FleetHost) -> bool {
        host.id.number() == self.first
    }

    /// Its hosts.
    pub fn all_hosts(&self) -> impl Iterator<Item = FleetHost> + use<> {
        let zone = self.zone;
        (self.first..self.first + self.hosts)
            .map(move |host| FleetHost { zone, id: HostId::new(host as usize) })
    }

    /// Whether its hosts are counted one by one, each when it is done: those that move by themselves, and those of a
    /// batch that takes so long that its end says little of the others.
    #[inline]
    pub fn is_drawn_out(&self) -> bool {
        self.past_waves || self.end_ms - self.start_ms > DRAWN_OUT_MS
    }
}

/// Batches in the order in which they are done.
pub fn by_end(batches: &[Batch]) -> impl Iterator<Item = &Batch> {
    let mut in_order: Vec<&Batch> = batches.iter().collect();
    in_order.sort_by_key(|batch| batch.end_ms);
    in_order.into_iter()
}

/// When hosts stop taking the new version: those of waves, and those past them, are stopped by different hands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stops {
    /// The rollout stopped.
    pub waves_ms: Option<u64>,
    /// People stopped the hosts that take the change by themselves.
    pub past_waves_ms: Option<u64>,
}

impl Stops {
    /// Whether a stop came before what hosts of waves, or past them, would have done at `at_ms`. This is the one rule of
    /// what a stop cuts off.
    #[inline]
    pub fn cut(self, past_waves: bool, at_ms: u64) -> bool {
        let stop_ms = if past_waves { self.past_waves_ms } else { self.waves_ms };
        stop_ms.is_some_and(|stop_ms| at_ms > stop_ms)
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
            fails: 0,
            surge: 0,
            start_ms: 100,
            end_ms: 200,
            uniform: 0.5,
            previous: None,
            past_waves: false,
        };
        let stopped = |at_ms| Stops { waves_ms: Some(at_ms), past_waves_ms: None };
        assert!(!Stops::default().cut(false, 200));
        assert!(!stopped(200).cut(false, 200), "what is done at the very instant of the stop is done");
        assert!(stopped(199).cut(false, 200));
        assert!(!stopped(0).cut(true, 200));
        assert!(Stops { past_waves_ms: Some(199), ..stopped(0) }.cut(true, 200));
        let hosts: Vec<u32> = of_wave.all_hosts().map(|host| host.id.number()).collect();
        assert_eq!(hosts, [10, 11, 12, 13, 14]);
        assert!(of_wave.all_hosts().all(|host| of_wave.holds(host)));
    }
}
