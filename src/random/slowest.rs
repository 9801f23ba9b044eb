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
/// Bits of a float's mantissa that are the place in a cell.
const PLACE_BITS: u32 = 52 - CELLS.trailing_zeros();
/// Cell after the topmost one: that of an exact half, counted as the bits of floats count them.
const TOP: u64 = 1022 << (52 - PLACE_BITS);

/// A cubic in the place between two nodes, by ascending powers.
type Cubic = [f64; 4];

/// The slowest of `hosts` hosts, each with an independent time from `time`.
#[derive(Debug, Clone)]
pub struct SlowestOf {
    time: Distribution,
    hosts: u32,
    /// Cells from a half downwards, of the lower tail and of the upper one; NaN where a cubic is not accurate enough.
    tails: [Vec<Cubic>; 2],
}

impl SlowestOf {
    /// Tabulates the quantile function; a fixed time needs no table.
    #[must_use]
    pub fn new(time: Distribution, hosts: u32) -> Self {
        let mut slowest = Self { time, hosts, tails: [Vec::new(), Vec::new()] };
        if !matches!(time, Distribution::Fixed { .. }) {
            slowest.tails = [false, true]
                .map(|upper| (0..OCTAVES).flat_map(|octave| slowest.tabulate(octave, upper)).collect());
        }
        slowest
    }

    /// Time of the slowest host at the uniform `u`, in milliseconds.
    #[must_use]
    #[inline]
    pub fn at(&self, u: f64) -> u64 {
        let upper = u >= 0.5;
        let tail = if upper { 1.0 - u } else { u };
        // A float's exponent is its octave, its leading mantissa bits the cell, the rest the place in it: without the
        // rest, its bits count cells. An exact half is above the topmost and wraps out of the table.
        let bits = tail.to_bits();
        let cell = (TOP - 1).wrapping_sub(bits >> PLACE_BITS) as usize;
        let place = (bits & ((1 << PLACE_BITS) - 1)) as i64 as f64 * (1.0 / (1_u64 << PLACE_BITS) as f64);
        match self.tails[usize::from(upper)].get(cell) {
            Some(cubic) if !cubic[0].is_nan() => to_ms(value(cubic, place)),
            _ => self.computed(tail, upper),
        }
    }

    #[cold]
    fn computed(&self, tail: f64, upper: bool) -> u64 {
        to_ms(self.exact(tail, upper))
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

    /// Cells of an octave from its upper end downwards.
    fn tabulate(&self, octave: usize, upper: bool) -> impl Iterator<Item = Cubic> + use<> {
        let first = 1.0 / (4_u64 << octave) as f64;
        let width = first / CELLS as f64;
        let exact = |node: f64| self.exact(first + node * width, upper);
        // Beside the octave's own nodes, the neighbours that the outermost cubics reach for.
        let nodes: Vec<f64> = (0..CELLS + 3).map(|node| exact(node as f64 - 1.0)).collect();
        let mut cubics: Vec<Cubic> =
            nodes.windows(4).map(|four| through([four[0], four[1], four[2], four[3]])).collect();
        let accurate = cubics.iter().enumerate().all(|(cell, cubic)| {
            let (guess, truth) = (value(cubic, 0.5), exact(cell as f64 + 0.5));
            (guess - truth).abs() <= (TOLERANCE * truth).max(TOLERANCE_MS)
        });
        if !accurate {
            cubics.fill([f64::NAN; 4]);
        }
        cubics.into_iter().rev()
    }
}

/// The cubic through four nodes a step apart, from the second to the third.
fn through([a, b, c, d]: [f64; 4]) -> Cubic {
    let linear = c - b * 0.5 - a * (1.0 / 3.0) - d * (1.0 / 6.0);
    let square = (a + c) * 0.5 - b;
    let cube = (d - a) * (1.0 / 6.0) + (b - c) * 0.5;
    [b, linear, square, cube]
}

#[inline]
fn value([constant, linear, square, cube]: &Cubic, t: f64) -> f64 {
    constant + t * (linear + t * (square + t * cube))
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
        let accurate = slowest.tails.iter().flatten().filter(|cubic| !cubic[0].is_nan()).count();
        assert!(accurate >= 20 * CELLS, "{accurate} cells");
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
