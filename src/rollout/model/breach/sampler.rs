//! Counts of one period, drawn: for alarms whose datapoints are more than breaches.
//!
//! A table is a pure function of its mean: what is remembered changes no result.

use super::fixed;
use super::poisson::PoissonTable;
use crate::plan::Arrivals;
use crate::random::Stream;
use std::collections::BTreeMap;

/// Tables after which the memory starts afresh; a busy scope's table has some thousand entries.
const MOST_TABLES: usize = 256;

/// Draws counts, and remembers the tables behind them.
#[derive(Debug, Default)]
pub struct Sampler {
    tables: BTreeMap<u64, PoissonTable>,
}

impl Sampler {
    /// Errors and requests of a period with `mean` requests on average of which each fails with probability `p`:
    /// two uniforms, each through an inverse cdf, so that more failures never follow from a smaller `p`.
    pub fn draw(&mut self, arrivals: Arrivals, mean: f64, p: f64, draws: &mut Stream) -> (u64, u64) {
        let (first, second) = (draws.uniform(), draws.uniform());
        match arrivals {
            Arrivals::Poisson => {
                // Thinning: failures and successes are independent.
                let errors = self.poisson(mean * p, first);
                (errors, errors + self.poisson(mean * (1.0 - p), second))
            }
            Arrivals::Fixed => {
                let requests = libm::round(mean) as u64;
                (fixed::quantile(requests, p, first), requests)
            }
        }
    }

    fn poisson(&mut self, mean: f64, u: f64) -> u64 {
        if mean <= 0.0 {
            return 0;
        }
        if self.tables.len() >= MOST_TABLES && !self.tables.contains_key(&mean.to_bits()) {
            self.tables.clear();
        }
        self.tables.entry(mean.to_bits()).or_insert_with(|| PoissonTable::new(mean)).quantile(u)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, Streams};

    #[test]
    fn counts_have_their_means_and_never_fall_with_p() {
        for arrivals in [Arrivals::Poisson, Arrivals::Fixed] {
            let mut sampler = Sampler::default();
            let (mut errors, mut requests) = (0, 0);
            for trial in 0..20_000 {
                let stream = || Streams::new(5, trial).stream(Purpose::Scrape, 1);
                let (few, _) = sampler.draw(arrivals, 200.0, 0.02, &mut stream());
                let (more, all) = sampler.draw(arrivals, 200.0, 0.03, &mut stream());
                assert!(few <= more && more <= all);
                errors += more;
                requests += all;
            }
            // Means 6 and 200; standard errors at most 0.017 and 0.1: four and a half of them.
            assert!((errors as f64 / 20_000.0 - 6.0).abs() < 0.078, "{arrivals:?} {errors}");
            assert!((requests as f64 / 20_000.0 - 200.0).abs() < 0.45, "{arrivals:?} {requests}");
        }
    }
}
