//! The slowest of n hosts: one draw through a tabulated quantile function.
//!
//! The largest of n independent times has the quantile function g(u) = F^-1(u^(1/n)), which costs
//! three transcendental functions. A table of it per (distribution, n) costs a cubic. The cells
//! shrink towards both ends of (0, 1) by octaves, so that the relative width of a cell, and with it
//! the error, stays the same; the outermost tails are computed directly, and so is every octave in
//! which the table would be off by more than `TOLERANCE`.

use super::distribution::{Distribution, to_ms};
use super::survival_of_largest;

/// Largest accepted error: 1 part in 1e8, or a hundredth of the millisecond that times are rounded to.
const TOLERANCE: f64 = 1e-8;
const TOLERANCE_MS: f64 = 0.01;

/// Octaves of each tail that are tabulated: down to 2^-13.
const OCTAVES: usize = 12;
/// Cells of an octave.
const CELLS: usize = 64;
/// Nodes of an octave: its own and the neighbours that the cubic reaches for.
const NODES: usize = CELLS + 3;

/// The slowest of `hosts` hosts, each with an independent time from `time`.
#[derive(Debug, Clone)]
pub struct SlowestOf {
    time: Distribution,
    hosts: u32,
    /// Octave j of the lower tail, then of the upper one: values at the nodes; none where a cubic is not
    /// accurate enough.
    octaves: Vec<Option<[f64; NODES]>>,
}

impl SlowestOf {
    /// Tabulates the quantile function; a fixed time needs no table.
    #[must_use]
    pub fn new(time: Distribution, hosts: u32) -> Self {
        let mut slowest = Self { time, hosts, octaves: Vec::new() };
        if !matches!(time, Distribution::Fixed { .. }) {
            let octaves = 0..2 * OCTAVES;
            slowest.octaves = octaves.map(|index| slowest.tabulate(index)).collect();
        }
        slowest
    }

    /// Time of the slowest host at the uniform `u`, in milliseconds.
    #[must_use]
    pub fn at(&self, u: f64) -> u64 {
        let upper = u >= 0.5;
        let tail = if upper { 1.0 - u } else { u };
        // A float's exponent is its octave (0 for [1/4, 1/2)), its leading mantissa bits the cell, the
        // rest the place in it. An exact half has no octave and wraps out of the table.
        let bits = tail.to_bits();
        let octave = 1021_u64.wrapping_sub(bits >> 52) as usize;
        let first = if upper { OCTAVES } else { 0 };
        let table =
            if octave < OCTAVES { self.octaves.get(first + octave).and_then(Option::as_ref) } else { None };
        let Some(nodes) = table else { return to_ms(self.exact(tail, upper)) };
        const CELL_BITS: u32 = CELLS.trailing_zeros();
        let mantissa = bits & ((1 << 52) - 1);
        let cell = (mantissa >> (52 - CELL_BITS)) as usize;
        let rest = mantissa & ((1 << (52 - CELL_BITS)) - 1);
        // Small enough to be signed, which converts faster.
        let place = rest as i64 as f64 * (1.0 / (1_u64 << (52 - CELL_BITS)) as f64);
        to_ms(cubic(nodes, cell, place))
    }

    /// The quantile in milliseconds at `tail` from the lower or the upper end.
    fn exact(&self, tail: f64, upper: bool) -> f64 {
        // An exact half is the one argument that both tails share.
        let u = if upper { 1.0 - tail } else { tail };
        if self.hosts == 1 {
            return if upper { self.time.survival_ms(tail) } else { self.time.cdf_ms(tail) };
        }
        self.time.survival_ms(survival_of_largest(u, self.hosts))
    }

    fn tabulate(&self, index: usize) -> Option<[f64; NODES]> {
        let (upper, octave) = (index >= OCTAVES, index % OCTAVES);
        let first = 1.0 / (4_u64 << octave) as f64;
        let width = first / CELLS as f64;
        let place = |node: f64| first + (node - 1.0) * width;
        let mut nodes = [0.0; NODES];
        for (node, value) in nodes.iter_mut().enumerate() {
            *value = self.exact(place(node as f64), upper);
        }
        let accurate = (0..CELLS).all(|cell| {
            let (guess, truth) = (cubic(&nodes, cell, 0.5), self.exact(place(cell as f64 + 1.5), upper));
            (guess - truth).abs() <= (TOLERANCE * truth).max(TOLERANCE_MS)
        });
        accurate.then_some(nodes)
    }
}

/// The cubic through nodes `cell .. cell + 4`, at `t` of the way from the second to the third.
#[inline]
fn cubic(nodes: &[f64; NODES], cell: usize, t: f64) -> f64 {
    let [a, b, c, d] = *nodes[cell..].first_chunk().expect("invariant: a cell has four nodes");
    let linear = c - b * 0.5 - a * (1.0 / 3.0) - d * (1.0 / 6.0);
    let square = (a + c) * 0.5 - b;
    let cube = (d - a) * (1.0 / 6.0) + (b - c) * 0.5;
    b + t * (linear + t * (square + t * cube))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::distribution::LONGEST_MS;
    use crate::random::{Purpose, Streams};

    const MINUTE: f64 = 60_000.0;

    fn all() -> [Distribution; 5] {
        [
            Distribution::Fixed { ms: 240_000 },
            Distribution::Exponential { mean_ms: 45.0 * MINUTE },
            Distribution::Lognormal { median_ms: 4.0 * MINUTE, sigma: 0.3 },
            Distribution::Lognormal { median_ms: 4.0 * MINUTE, sigma: 3.0 },
            Distribution::Weibull { scale_ms: 40.0 * MINUTE, shape: 0.2 },
        ]
    }

    #[test]
    fn the_table_is_the_function() {
        let mut stream = Streams::new(1, 2).stream(Purpose::DeployBatch, 3);
        for time in all() {
            for hosts in [1, 2, 10, 1_000, 100_000] {
                let slowest = SlowestOf::new(time, hosts);
                for _ in 0..4_000 {
                    let u = stream.uniform();
                    let exact = time.survival_ms(survival_of_largest(u, hosts)).clamp(1.0, LONGEST_MS as f64);
                    let off = (slowest.at(u) as f64 - exact).abs();
                    assert!(
                        off <= 0.5 + 2.0 * (TOLERANCE * exact).max(TOLERANCE_MS),
                        "{time:?} {hosts} {u}: {off}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_thousand_samples_have_a_golden_digest() {
        let digests = all().map(|time| {
            let slowest = SlowestOf::new(time, 10);
            let mut stream = Streams::new(1, 1).stream(Purpose::DeployBatch, 1);
            let samples: Vec<u64> = (0..1000).map(|_| slowest.at(stream.uniform())).collect();
            format!("{:016x}", crate::random::mix(&samples))
        });
        // Moves only with MODEL_VERSION.
        assert_eq!(
            digests,
            [
                "1ddff074cc27a445",
                "c367825079aa0649",
                "9d3782d0bc40f2bd",
                "0803c29e68c49e0c",
                "a47fa9ab04ecfdd4"
            ]
        );
    }

    #[test]
    fn both_ends_and_every_octave_are_reached() {
        let time = Distribution::Lognormal { median_ms: 4.0 * MINUTE, sigma: 0.3 };
        let slowest = SlowestOf::new(time, 10);
        assert!(slowest.octaves.iter().filter(|octave| octave.is_some()).count() >= 20);
        let mut last = 0;
        for exponent in 1..52 {
            let u = 1.0 - 1.0 / (1_u64 << exponent) as f64;
            assert!(slowest.at(u) > last, "monotone at {u}");
            last = slowest.at(u);
        }
        for exponent in 1..52 {
            let u = 1.0 / (1_u64 << exponent) as f64;
            let exact = time.by_survival(survival_of_largest(u, 10));
            assert!(slowest.at(u).abs_diff(exact) <= 1, "{u}");
        }
    }
}
