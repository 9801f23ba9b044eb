//! Hosts that do not keep up with their batch, and hosts that do not wait for one.
//!
//! A straggler needs a hand. The deployment waits for it, unless enough of the zone's hosts are done without
//! it: then it is left behind on the old version. Hosts past the waves take the change by themselves.

use super::deploy::Batch;
use super::trace::{Event, Observer};
use super::trial::{Trial, ZoneState};
use crate::plan::{Change, Plan, Strategy};
use crate::random::{Purpose, Stream, Streams, survival_of_largest};

/// What stragglers do to a batch.
pub(super) struct Lag {
    /// Hosts that stay on the old version.
    pub(super) behind: u32,
    /// The batch lasts at least this long.
    pub(super) wait_ms: u64,
}

impl Lag {
    /// All hosts keep up.
    pub(super) const NONE: Self = Self { behind: 0, wait_ms: 0 };
}

/// The stragglers of one zone.
pub(super) struct Stragglers<'a> {
    change: &'a Change,
    /// Hosts of the zone that may be left behind.
    spare: u32,
    luck: Stream,
}

/// Draws of a batch.
const STRAGGLERS: u64 = 0;
const HELP: u64 = 1;

impl<'a> Stragglers<'a> {
    /// Those of `zone`; none where every host keeps up.
    pub(super) fn of(plan: &'a Plan, strategy: &Strategy, streams: &Streams, zone: usize) -> Option<Self> {
        if plan.change.straggler_probability == 0.0 {
            return None;
        }
        let place = &plan.fleet.zones[zone];
        let needed = strategy.complete_at.ceil_of(u64::from(place.hosts)) as u32;
        let luck = streams.stream(Purpose::Straggler, place.entity);
        Some(Self { change: &plan.change, spare: place.hosts - needed, luck })
    }

    /// What they do to the zone's next batch, of `hosts`; `state` says what came before.
    pub(super) fn lag(&mut self, state: &ZoneState, hosts: u32) -> Lag {
        let first_draw = 2 * u64::from(state.batches);
        let stragglers =
            binomial(hosts, self.change.straggler_probability, self.luck.uniform_at(first_draw + STRAGGLERS));
        let behind = stragglers.min(self.spare.saturating_sub(state.left_behind));
        let waits = stragglers > behind;
        let help = self.luck.uniform_at(first_draw + HELP);
        let wait_ms = if waits { self.change.straggler_time.by_cdf(help) } else { 0 };
        Lag { behind, wait_ms }
    }
}

impl<O: Observer> Trial<'_, O> {
    /// Hosts past the waves start to take the change.
    pub(super) fn start_past_waves(&mut self) {
        let Some(bypass) = self.strategy.bypass else { return };
        for zone in 0..self.plan.fleet.zones.len() {
            let place = &self.plan.fleet.zones[zone];
            let hosts = bypass.hosts.of(place.hosts);
            let uniform = self.streams.stream(Purpose::Bypass, place.entity).uniform();
            let end_ms = bypass.time.by_survival(survival_of_largest(uniform, hosts));
            self.buffers.zones[zone].bypass = self.buffers.batches.len() as u32;
            let batch = Batch {
                zone: zone as u32,
                first: place.hosts - hosts,
                hosts,
                behind: 0,
                start_ms: 0,
                end_ms,
                uniform,
                previous: super::deploy::NONE,
                past_waves: true,
            };
            self.buffers.batches.push(batch);
            self.announce_replacement(&batch, self.buffers.zones[zone].bypass);
            self.announce_past_waves(zone, hosts, end_ms);
            self.expose(zone, self.buffers.zones[zone].bypass as usize);
        }
    }

    fn announce_past_waves(&mut self, zone: usize, hosts: u32, end_ms: u64) {
        self.announce_aboard(zone, hosts as i32, end_ms);
        self.observe(end_ms, || Event::PastWaves { zone: zone as u32, hosts });
    }
}

/// A binomial variate by inverse distribution function; beyond the reach of the sum its normal
/// approximation.
fn binomial(n: u32, p: f64, u: f64) -> u32 {
    let mean = f64::from(n) * p;
    if mean > 600.0 || p >= 1.0 {
        let sd = (mean * (1.0 - p)).max(0.0).sqrt();
        let value = mean + sd * crate::random::normal::quantile(u);
        return libm::round(value).clamp(0.0, f64::from(n)) as u32;
    }
    let mut pmf = libm::exp(f64::from(n) * libm::log1p(-p));
    let (mut count, mut sum) = (0, pmf);
    while sum < u && count < n {
        pmf *= f64::from(n - count) / f64::from(count + 1) * p / (1.0 - p);
        count += 1;
        sum += pmf;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::binomial;

    #[test]
    fn binomial_quantiles_are_those_of_the_distribution() {
        // By hand: (0.9^3, 3*0.1*0.81, ...) = 0.729, 0.972, 0.999, 1.
        for (u, count) in [(0.7, 0), (0.73, 1), (0.97, 1), (0.98, 2), (0.9995, 3)] {
            assert_eq!(binomial(3, 0.1, u), count, "{u}");
        }
        assert_eq!(binomial(50, 1.0, 0.5), 50);
        // Mean 1000, standard deviation 31.5: the median is the mean, the 97.5th percentile 1.96 above.
        assert_eq!(binomial(200_000, 0.005, 0.5), 1000);
        assert_eq!(binomial(200_000, 0.005, 0.975), 1062);
    }
}
