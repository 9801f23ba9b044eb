//! How long a batch takes that waits for its slowest host, typically: the median of the largest of n host times, and what
//! it takes on average where batches follow each other. No randomness and no simulation.

use crate::random::{Distribution, survival_of_largest};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// Slices of the integral of a quantile function.
const SLICES: u32 = 256;

/// Hosts of a window that are walked through.
const MOST_WALKED: u32 = 100_000;
/// The golden ratio, less 1.
const GOLDEN: f64 = 0.618_033_988_749_894_9;

/// Zones that do the same side by side, and batches that follow each other in one chain of them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chains {
    /// Zones that deploy at once; the wave waits for the slowest of them.
    pub(super) abreast: u32,
    /// Batches one after the other, from the beginning of the wave until its last zone is done.
    pub(super) batches: u32,
}

/// The pace of hosts that take a time from a distribution.
#[derive(Debug)]
pub(super) struct Pace {
    time: Distribution,
    /// By hosts: median and mean of the slowest of them, milliseconds.
    slowest: BTreeMap<u32, (f64, f64)>,
}

impl Pace {
    pub(super) fn new(time: Distribution) -> Self {
        Self { time, slowest: BTreeMap::new() }
    }

    /// Time of the slowest of `hosts` hosts at the uniform `u`, milliseconds.
    fn at(&self, u: f64, hosts: u32) -> f64 {
        self.time.by_survival(survival_of_largest(u, hosts)) as f64
    }

    /// Median and mean of the slowest of `hosts` hosts, milliseconds.
    fn slowest(&mut self, hosts: u32) -> (f64, f64) {
        if let Some(known) = self.slowest.get(&hosts) {
            return *known;
        }
        let slices = (0..SLICES).map(|slice| self.at((f64::from(slice) + 0.5) / f64::from(SLICES), hosts));
        let both = (self.at(0.5, hosts), slices.sum::<f64>() / f64::from(SLICES));
        self.slowest.insert(hosts, both);
        both
    }

    /// How long so many hosts take in batches of `batch`, milliseconds; the first of them may be the rollout's.
    pub(super) fn batches_ms(&mut self, hosts: u32, batch: u32, chains: Chains, is_first: bool) -> u64 {
        let (full, rest) = (hosts / batch, hosts % batch);
        let mut whole_ms = 0;
        for (count, hosts) in [(full, batch), (u32::from(rest > 0), rest)] {
            if count > 0 {
                whole_ms += self.batch_ms(hosts, chains, is_first && whole_ms == 0);
                whole_ms += u64::from(count - 1) * self.batch_ms(hosts, chains, false);
            }
        }
        whole_ms
    }

    /// How long so many hosts take of which `window` are on their way at any time, each with `bake_ms` of rest behind it, milliseconds:
    /// list scheduling of times spread evenly over their distribution (a golden-ratio sequence), not drawn.
    pub(super) fn window_ms(&self, hosts: u32, window: u32, bake_ms: u64) -> u64 {
        if let Distribution::Fixed { ms } = self.time {
            let rounds = u64::from(hosts.div_ceil(window));
            return rounds * ms + rounds.saturating_sub(1) * bake_ms;
        }
        let mut free: BinaryHeap<Reverse<u64>> = (0..window.min(hosts)).map(|_| Reverse(0)).collect();
        let mut end_ms = 0;
        // A million hosts are scaled up from a part of them.
        let walked = hosts.min(MOST_WALKED);
        for host in 0..walked {
            let Some(Reverse(start_ms)) = free.pop() else { break };
            let u = (f64::from(host) + 0.5) * GOLDEN;
            let done_ms = start_ms + self.time.by_cdf((u - libm::floor(u)).clamp(1e-9, 1.0 - 1e-9));
            end_ms = end_ms.max(done_ms);
            free.push(Reverse(done_ms + bake_ms));
        }
        libm::round(end_ms as f64 * f64::from(hosts) / f64::from(walked.max(1))) as u64
    }

    /// How long a batch of `hosts` hosts takes, milliseconds. The first of a rollout takes its median; each further one its
    /// mean, for the median of a sum lies below its mean by about as much as that of one term does. Where zones go side
    /// by side the slowest counts: its excess over the median is that of one batch, and grows with the root of how many
    /// follow each other. Exact for one batch: the median of the largest of all hosts.
    pub(super) fn batch_ms(&mut self, hosts: u32, chains: Chains, is_first: bool) -> u64 {
        if matches!(self.time, Distribution::Fixed { .. }) {
            return self.time.median_ms();
        }
        let (median, mean) = self.slowest(hosts);
        let (of_all, _) = self.slowest(hosts.saturating_mul(chains.abreast.max(1)));
        let excess = (of_all - median) / libm::sqrt(f64::from(chains.batches.max(1)));
        libm::round(if is_first { median } else { mean } + excess).max(1.0) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Chains = Chains { abreast: 1, batches: 1 };

    #[test]
    fn a_batch_takes_as_long_as_its_slowest_host() {
        let hour = 3_600_000;
        let mut even = Pace::new(Distribution::Uniform { from_ms: 0.0, to_ms: 48.0 * 3.6e6 });
        // The median of the largest of n uniforms is 2^(-1/n).
        assert_eq!(even.batch_ms(1, ONE, true) / hour, 24);
        let (thousand, exact) = (even.batch_ms(1000, ONE, true), 48.0 * 3.6e6 * libm::pow(0.5, 0.001));
        assert!((thousand as f64 - exact).abs() < 2.0, "{thousand} {exact}");
        let abreast = even.batch_ms(250, Chains { abreast: 4, batches: 1 }, true);
        assert!(abreast.abs_diff(thousand) <= 1, "four zones side by side are one of all their hosts");
        // The mean of the largest of n uniforms is n / (n + 1).
        let next = even.batch_ms(3, ONE, false);
        assert!(next.abs_diff(36 * hour) < hour / 100, "{next}");
    }
}
