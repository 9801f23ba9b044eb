//! Hosts that do not keep up with their batch.
//!
//! A straggler needs a hand. The deployment waits for it, unless enough of the zone's hosts are done without
//! it: then it is left behind on the old version.

use crate::ids::ZoneId;
use crate::plan::{Change, Plan, Strategy};
use crate::random::{Purpose, Stream, Streams};

/// What stragglers do to a batch.
pub struct Lag {
    /// Hosts that stay on the old version.
    pub behind: u32,
    /// The batch lasts at least this long.
    pub wait_ms: u64,
}

impl Lag {
    /// All hosts keep up.
    pub const NONE: Self = Self { behind: 0, wait_ms: 0 };
}

/// The stragglers of one zone.
pub struct Stragglers<'a> {
    change: &'a Change,
    /// Hosts of the zone that may be left behind.
    spare: u32,
    draws: Stream,
}

/// Draws of a batch.
const STRAGGLERS: u64 = 0;
const HELP: u64 = 1;

impl<'a> Stragglers<'a> {
    /// Those of `zone`; none where every host keeps up.
    pub fn of(plan: &'a Plan, strategy: &Strategy, streams: &Streams, zone: ZoneId) -> Option<Self> {
        if plan.change.straggler_probability == 0.0 {
            return None;
        }
        let place = &plan.fleet.zones[zone];
        let needed = strategy.complete_at.ceil_of(u64::from(place.hosts)) as u32;
        let draws = streams.stream(Purpose::Straggler, place.entity);
        Some(Self { change: &plan.change, spare: place.hosts - needed, draws })
    }

    /// What they do to the zone's next batch, of `hosts`, after so many `batches` that left so many `left_behind`.
    pub fn lag(&mut self, batches: u32, left_behind: u32, hosts: u32) -> Lag {
        let first_draw = 2 * u64::from(batches);
        let stragglers = binomial(
            hosts,
            self.change.straggler_probability,
            self.draws.uniform_at(first_draw + STRAGGLERS),
        );
        let behind = stragglers.min(self.spare.saturating_sub(left_behind));
        let waits = stragglers > behind;
        let help = self.draws.uniform_at(first_draw + HELP);
        let wait_ms = if waits { self.change.straggler_time.by_cdf(help) } else { 0 };
        Lag { behind, wait_ms }
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
