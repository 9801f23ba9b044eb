//! What a difference and a ratio of two means need of pairs, in ten numbers a stratum.
//!
//! The mean of `a - b`, its variance and its skewness are moments, so no pair has to be kept. They are those
//! of `a - b` and of `b`, not of `a` and `b`: where two strategies did the same, the difference is 0 and its
//! variance too, to the last digit. One pass after Welford, to the third order (Pébay 2008, Sandia
//! SAND2008-6212).

use super::moments::{Accumulator, Moments};
use super::ratio::{Pair, Ratio};
use super::special::student_quantile;
use super::{Mean, TAIL, sum};

/// Sums over the pairs `(a, b)` of one stratum, in terms of `u = a - b` and `v = b`, about their means.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Pairs {
    count: u64,
    /// Means of `u` and `v`.
    means: [f64; 2],
    /// Of `uu`, `uv`, `vv`.
    squares: [f64; 3],
    /// Of `uuu`, `uuv`, `uvv`, `vvv`.
    cubes: [f64; 4],
}

/// The pairs of one stratum with what is known of it: see [`super::Stratum`].
#[derive(Debug, Clone, Copy)]
pub struct PairedStratum {
    /// Probability of the stratum, or anything in proportion to it.
    pub weight: f64,
    /// Trials drawn from it, with a pair or without.
    pub trials: u64,
    /// The pairs.
    pub pairs: Pairs,
}

impl Pairs {
    /// Adds a pair.
    pub fn push(&mut self, a: f64, b: f64) {
        let before = self.count as f64;
        self.count += 1;
        let part = 1.0 / self.count as f64;
        let (x, y) = (a - b - self.means[0], b - self.means[1]);
        let (dx, dy) = (x * part, y * part);
        let ([uu, uv, vv], [uuu, uuv, uvv, vvv]) = (self.squares, self.cubes);
        let third = before * (before - 1.0) * part * part;
        self.cubes = [
            uuu + x * x * x * third - 3.0 * dx * uu,
            uuv + x * x * y * third - 2.0 * dx * uv - dy * uu,
            uvv + x * y * y * third - 2.0 * dy * uv - dx * vv,
            vvv + y * y * y * third - 3.0 * dy * vv,
        ];
        let second = before * part;
        self.squares = [uu + x * x * second, uv + x * y * second, vv + y * y * second];
        self.means = [self.means[0] + dx, self.means[1] + dy];
    }

    /// The same of pairs the other way round, for their difference only.
    #[must_use]
    pub fn reversed(self) -> Self {
        let [u, v] = self.means;
        let [uu, uv, vv] = self.squares;
        let [uuu, uuv, uvv, vvv] = self.cubes;
        // With a and b swapped, u becomes -u and v becomes u + v.
        Self {
            count: self.count,
            means: [-u, u + v],
            squares: [uu, -uu - uv, uu + 2.0 * uv + vv],
            cubes: [-uuu, uuu + uuv, -uuu - 2.0 * uuv - uvv, uuu + 3.0 * uuv + 3.0 * uvv + vvv],
        }
    }

    /// Mean of `p u + q v`, and sums of its squares and cubes.
    fn along(&self, [p, q]: [f64; 2]) -> (f64, f64, f64) {
        let ([u, v], [uu, uv, vv]) = (self.means, self.squares);
        let [uuu, uuv, uvv, vvv] = self.cubes;
        let squares = p * p * uu + 2.0 * p * q * uv + q * q * vv;
        let cubes = p * p * p * uuu + 3.0 * p * p * q * uuv + 3.0 * p * q * q * uvv + q * q * q * vvv;
        (p * u + q * v, squares, cubes)
    }

    /// Sums of `aa`, `ab`, `bb` and of `aaa`, `aab`, `abb`, `bbb`, about `da` and `db` below the means.
    fn about(&self, da: f64, db: f64) -> ([f64; 3], [f64; 4]) {
        let (n, [uu, uv, vv], [uuu, uuv, uvv, vvv]) = (self.count as f64, self.squares, self.cubes);
        let (aa, ab, bb) = (uu + 2.0 * uv + vv, uv + vv, vv);
        let (aaa, aab, abb) = (uuu + 3.0 * uuv + 3.0 * uvv + vvv, uuv + 2.0 * uvv + vvv, uvv + vvv);
        let squares = [aa + n * da * da, ab + n * da * db, bb + n * db * db];
        let cubes = [
            aaa + 3.0 * da * aa + n * da * da * da,
            aab + 2.0 * da * ab + db * aa + n * da * da * db,
            abb + 2.0 * db * ab + da * bb + n * da * db * db,
            vvv + 3.0 * db * bb + n * db * db * db,
        ];
        (squares, cubes)
    }
}

/// Pairs by stratum. Strata without one are left out, as in a [`super::Sample`].
#[derive(Debug, Clone)]
pub struct Paired(Vec<PairedStratum>);

impl Paired {
    /// The pairs of these strata.
    #[must_use]
    pub fn new(strata: Vec<PairedStratum>) -> Self {
        let mut strata: Vec<PairedStratum> = strata.into_iter().filter(|s| s.pairs.count > 0).collect();
        if let [only] = strata.as_mut_slice() {
            (only.weight, only.trials) = (1.0, only.pairs.count);
        }
        Self(strata)
    }

    /// Number of pairs.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.0.iter().map(|stratum| stratum.pairs.count).sum()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The mean of `a - b`, with an interval that leaves `tail` out on each side; none without pairs.
    #[must_use]
    pub fn mean_difference(&self, tail: f64) -> Option<Mean> {
        Some(Mean::of(self.moments([1.0, 0.0])?, tail))
    }

    /// The mean of `a` over that of `b`: see [`super::ratio_of_means`].
    #[must_use]
    pub fn ratio(&self) -> Option<Ratio> {
        let (a, b) = (self.moments([1.0, 1.0])?, self.moments([0.0, 1.0])?);
        let freedom = a.freedom.min(b.freedom);
        if freedom <= 0.0 {
            return None;
        }
        let student = student_quantile(1.0 - TAIL, freedom);
        let mut pair = Pair { a: a.value, b: b.value, student, squares: [0.0; 3], cubes: [0.0; 4] };
        let share = self.share();
        for stratum in &self.0 {
            let (trials, count) = (stratum.trials as f64, stratum.pairs.count as f64);
            let [u, v] = stratum.pairs.means;
            let (from_a, from_b) = (u + v - pair.a, v - pair.b);
            let (centre_a, centre_b) = (count * from_a / trials, count * from_b / trials);
            let without = Pairs { count: stratum.trials - stratum.pairs.count, ..Pairs::default() };
            let bessel = libm::sqrt(trials / (trials - 1.0));
            let scale = stratum.unit() / share * bessel;
            for (squares, cubes) in [
                stratum.pairs.about(from_a - centre_a, from_b - centre_b),
                without.about(-centre_a, -centre_b),
            ] {
                pair.squares.iter_mut().zip(squares).for_each(|(sum, term)| *sum += scale * scale * term);
                pair.cubes.iter_mut().zip(cubes).for_each(|(sum, term)| *sum += scale * scale * scale * term);
            }
        }
        pair.ratio()
    }

    fn share(&self) -> f64 {
        sum(self.0.iter().map(|stratum| stratum.unit() * stratum.pairs.count as f64))
    }

    /// The mean of `p u + q v` and the moments of its error, as those of a sample of values.
    fn moments(&self, direction: [f64; 2]) -> Option<Moments> {
        let share = self.share();
        let weighted = |stratum: &PairedStratum| {
            stratum.unit() * stratum.pairs.count as f64 * stratum.pairs.along(direction).0
        };
        let value = match self.0.as_slice() {
            [] => return None,
            [only] => only.pairs.along(direction).0,
            strata => sum(strata.iter().map(weighted)) / share,
        };
        let mut total = Accumulator::default();
        for stratum in &self.0 {
            let (mean, squares, cubes) = stratum.pairs.along(direction);
            let (trials, count) = (stratum.trials as f64, stratum.pairs.count as f64);
            let centre = count * (mean - value) / trials;
            let (off, without) = (mean - value - centre, trials - count);
            total.add(
                stratum.unit() / share,
                trials,
                squares + count * off * off + without * centre * centre,
                cubes + 3.0 * off * squares + count * off * off * off - without * centre * centre * centre,
            );
        }
        Some(total.finish(value))
    }
}

impl PairedStratum {
    /// What one trial weighs.
    fn unit(&self) -> f64 {
        self.weight / self.trials as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::test_uniforms::Uniforms;
    use crate::stats::{Sample, Stratum, mean_at, ratio_of_means};

    /// Skewed, correlated pairs of two strata, some trials without one; both ways of keeping them.
    fn both() -> (Sample<(f64, f64)>, Paired) {
        let mut uniforms = Uniforms(11);
        let (mut listed, mut summed) = (Vec::new(), Vec::new());
        for (weight, trials, scale) in [(0.9, 500, 1e6), (0.1, 300, 4e9)] {
            let mut pairs = Pairs::default();
            let mut values = Vec::new();
            for _ in 0..trials {
                let common = -libm::log(uniforms.next());
                let pair = (scale * (common + 0.3 * uniforms.next()), scale * (common + uniforms.next()));
                if uniforms.next() < 0.8 {
                    values.push(pair);
                    pairs.push(pair.0, pair.1);
                }
            }
            listed.push(Stratum { weight, trials, values, settled: false, group: 0 });
            summed.push(PairedStratum { weight, trials, pairs });
        }
        (Sample::new(listed), Paired::new(summed))
    }

    fn near(a: Option<f64>, b: Option<f64>) {
        let (a, b) = (a.unwrap(), b.unwrap());
        assert!((a / b - 1.0).abs() < 1e-9, "{a} {b}");
    }

    #[test]
    fn sums_give_what_the_pairs_give() {
        let (listed, summed) = both();
        assert_eq!(listed.len(), summed.len());
        for tail in [0.025, 0.001] {
            let want = mean_at(&listed.map(|(a, b)| a - b), tail).unwrap();
            let got = summed.mean_difference(tail).unwrap();
            near(Some(got.value), Some(want.value));
            near(got.interval.low, want.interval.low);
            near(got.interval.high, want.interval.high);
            assert_eq!(got.rough, want.rough);
        }
        let (want, got) = (ratio_of_means(&listed).unwrap(), summed.ratio().unwrap());
        near(Some(got.value), Some(want.value));
        near(got.interval.low, want.interval.low);
        near(got.interval.high, want.interval.high);
    }

    #[test]
    fn turned_around_the_difference_changes_its_sign() {
        let (_, summed) = both();
        let turned = summed.0.iter().map(|s| PairedStratum { pairs: s.pairs.reversed(), ..*s }).collect();
        let (one, other) = (
            summed.mean_difference(0.025).unwrap().interval,
            Paired::new(turned).mean_difference(0.025).unwrap().interval,
        );
        near(one.low, other.high.map(|end| -end));
        near(one.high, other.low.map(|end| -end));
    }

    #[test]
    fn equal_strategies_differ_by_nothing_at_all() {
        let mut pairs = Pairs::default();
        let mut uniforms = Uniforms(5);
        for _ in 0..1000 {
            let value = 1e12 * uniforms.next();
            pairs.push(value, value);
        }
        let paired = Paired::new(vec![PairedStratum { weight: 0.4, trials: 1000, pairs }]);
        let mean = paired.mean_difference(0.025).unwrap();
        assert_eq!((mean.value, mean.interval), (0.0, crate::stats::Interval::new(0.0, 0.0)));
        assert!((paired.ratio().unwrap().value - 1.0).abs() < 1e-15);
        assert_eq!(Paired::new(Vec::new()).mean_difference(0.025), None);
    }
}
