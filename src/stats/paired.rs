//! Two values of the same trials: the difference and the ratio of their means.
//!
//! This is about two strategies of one plan over the trials in which both have a value, so that a strategy that only
//! completes what is easy is not called fast, and of trials that are too many to keep. [`super::contrast`] compares whole
//! populations, by any statistic, and needs every trial; it says when the two agree.
//!
//! Pairs are kept one by one while they are few. Of many, ten numbers a stratum are enough, since the mean of `a - b`,
//! its variance and its skewness are moments. They are those of `a - b` and of `b`, not of `a` and `b`: where two
//! strategies did the same, the difference is 0 and its variance too, to the last digit. One pass after Welford, to the
//! third order (Pébay 2008, Sandia SAND2008-6212). The estimators see both in one way, as a list of numbers.

use super::interval::{TAIL, settled, sum};
use super::mean::Mean;
use super::mean::{Numbers, Weighed, moments_of, share};
use super::moments::Moments;
use super::ratio::{MeanRatio, RatioMoments};
use super::special::student_quantile;

/// The pairs `(a, b)` of one stratum.
#[derive(Debug, Clone, PartialEq)]
pub enum Pairs {
    /// One by one, in trial order.
    Listed(Vec<(f64, f64)>),
    /// What a difference and a ratio need of them.
    Summed(PairSums),
}

/// Sums over the pairs `(a, b)` of one stratum, in terms of `u = a - b` and `v = b`, about their means.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct PairSums {
    count: u64,
    /// Means of `u` and `v`.
    means: [f64; 2],
    /// Of `uu`, `uv`, `vv`.
    squares: [f64; 3],
    /// Of `uuu`, `uuv`, `uvv`, `vvv`.
    cubes: [f64; 4],
}

/// The pairs of one stratum with what is known of it: see [`super::StratumValues`].
#[derive(Debug, Clone)]
pub struct PairedStratum {
    /// Probability of the stratum, or anything in proportion to it.
    pub weight: f64,
    /// Trials drawn from it, with a pair or without.
    pub trials: u64,
    /// The pairs.
    pub pairs: Pairs,
}

impl PairSums {
    /// Adds a pair. Values that differ by rounding are equal.
    pub fn push(&mut self, a: f64, b: f64) {
        let a = settled(a, b);
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

    /// Mean of `p a + q b`, and sums of the squares and cubes of its distance from that.
    fn along(&self, [p, q]: [f64; 2]) -> (f64, f64, f64) {
        // With u and v in the place of a and b.
        let q = p + q;
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

impl Pairs {
    fn len(&self) -> u64 {
        match self {
            Self::Listed(pairs) => pairs.len() as u64,
            Self::Summed(sums) => sums.count,
        }
    }

    /// The numbers `p a + q b`.
    fn along(&self, direction: [f64; 2]) -> Along<'_> {
        Along { pairs: self, direction }
    }

    /// Adds the products of the distances of `a` and `b` from `means` and then `centres`: squares times `two`, cubes
    /// times `three`.
    fn products(&self, means: [f64; 2], centres: [f64; 2], [two, three]: [f64; 2], total: &mut RatioMoments) {
        match self {
            Self::Listed(pairs) => {
                for (a, b) in pairs {
                    total.add((a - means[0] - centres[0], b - means[1] - centres[1]), two, three);
                }
            }
            Self::Summed(sums) => {
                let [u, v] = sums.means;
                let (squares, cubes) = sums.about(u + v - means[0] - centres[0], v - means[1] - centres[1]);
                total.add_sums(squares, cubes, two, three);
            }
        }
    }
}

/// The numbers `p a + q b` of some pairs.
struct Along<'p> {
    pairs: &'p Pairs,
    direction: [f64; 2],
}

impl Along<'_> {
    fn of(&self, (a, b): (f64, f64)) -> f64 {
        let [p, q] = self.direction;
        p * a + q * b
    }
}

impl Numbers for Along<'_> {
    fn len(&self) -> u64 {
        self.pairs.len()
    }

    fn total(&self) -> f64 {
        match self.pairs {
            Pairs::Listed(pairs) => sum(pairs.iter().map(|pair| self.of(*pair))),
            Pairs::Summed(sums) => sums.count as f64 * sums.along(self.direction).0,
        }
    }

    fn apart(&self, value: f64) -> f64 {
        match self.pairs {
            Pairs::Listed(pairs) => sum(pairs.iter().map(|pair| self.of(*pair) - value)),
            Pairs::Summed(sums) => sums.count as f64 * (sums.along(self.direction).0 - value),
        }
    }

    fn powers(&self, value: f64, centre: f64) -> (f64, f64) {
        match self.pairs {
            Pairs::Listed(pairs) => {
                let residuals = pairs.iter().map(|pair| self.of(*pair) - value - centre);
                residuals.fold((0.0, 0.0), |(squares, cubes), x| (squares + x * x, cubes + x * x * x))
            }
            Pairs::Summed(sums) => {
                let (mean, squares, cubes) = sums.along(self.direction);
                let (count, off) = (sums.count as f64, mean - value - centre);
                (squares + count * off * off, cubes + 3.0 * off * squares + count * off * off * off)
            }
        }
    }
}

/// Pairs by stratum. Strata without one are left out, as in a [`super::Sample`].
#[derive(Debug, Clone)]
pub struct Paired(Vec<PairedStratum>);

impl Paired {
    /// The pairs of these strata.
    #[must_use]
    pub fn new(strata: Vec<PairedStratum>) -> Self {
        let mut strata: Vec<PairedStratum> = strata.into_iter().filter(|s| s.pairs.len() > 0).collect();
        if let [only] = strata.as_mut_slice() {
            (only.weight, only.trials) = (1.0, only.pairs.len());
        }
        Self(strata)
    }

    /// Number of pairs.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.0.iter().map(|stratum| stratum.pairs.len()).sum()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The mean of `a - b`, with an interval that leaves `tail` out on each side; none without pairs.
    #[must_use]
    pub fn mean_difference(&self, tail: f64) -> Option<Mean> {
        let moments = self.moments([1.0, -1.0])?;
        Some(Mean { value: moments.value, interval: moments.interval(tail) })
    }

    /// The mean of `a` over that of `b`; none under two pairs in a stratum or if the mean of `b` is not positive or
    /// that of `a` is negative.
    #[must_use]
    pub fn ratio(&self) -> Option<MeanRatio> {
        let (a, b) = (self.moments([1.0, 0.0])?, self.moments([0.0, 1.0])?);
        let freedom = a.freedom.min(b.freedom);
        if freedom <= 0.0 {
            return None;
        }
        let student = student_quantile(1.0 - TAIL, freedom);
        let mut pair = RatioMoments { a: a.value, b: b.value, student, squares: [0.0; 3], cubes: [0.0; 4] };
        let share = share(&self.along([1.0, 0.0]));
        for stratum in &self.0 {
            let trials = stratum.trials as f64;
            let unit = stratum.unit() / share;
            let centre = |direction, mean| stratum.pairs.along(direction).apart(mean) / trials;
            let centres = [centre([1.0, 0.0], pair.a), centre([0.0, 1.0], pair.b)];
            let bessel = libm::sqrt(trials / (trials - 1.0));
            let (two, three) = (unit * unit * bessel * bessel, unit * unit * unit * bessel * bessel * bessel);
            let means = [pair.a, pair.b];
            stratum.pairs.products(means, centres, [two, three], &mut pair);
            let without = (stratum.trials - stratum.pairs.len()) as f64;
            pair.add((-centres[0], -centres[1]), without * two, without * three);
        }
        pair.ratio()
    }

    fn along(&self, direction: [f64; 2]) -> Vec<Weighed<Along<'_>>> {
        self.0
            .iter()
            .map(|stratum| (stratum.unit(), stratum.trials, stratum.pairs.along(direction)))
            .collect()
    }

    /// The mean of `p a + q b` and the moments of its error.
    fn moments(&self, direction: [f64; 2]) -> Option<Moments> {
        moments_of(&self.along(direction))
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

    /// Skewed, correlated pairs of two strata, some trials without one; both ways of keeping them.
    fn both() -> (Paired, Paired) {
        let mut uniforms = Uniforms(11);
        let (mut listed, mut summed) = (Vec::new(), Vec::new());
        for (weight, trials, scale) in [(0.9, 500, 1e6), (0.1, 300, 4e9)] {
            let mut pairs = PairSums::default();
            let mut values = Vec::new();
            for _ in 0..trials {
                let common = -libm::log(uniforms.next());
                let pair = (scale * (common + 0.3 * uniforms.next()), scale * (common + uniforms.next()));
                if uniforms.next() < 0.8 {
                    values.push(pair);
                    pairs.push(pair.0, pair.1);
                }
            }
            listed.push(PairedStratum { weight, trials, pairs: Pairs::Listed(values) });
            summed.push(PairedStratum { weight, trials, pairs: Pairs::Summed(pairs) });
        }
        (Paired::new(listed), Paired::new(summed))
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
            let want = listed.mean_difference(tail).unwrap();
            let got = summed.mean_difference(tail).unwrap();
            near(Some(got.value), Some(want.value));
            near(got.interval.low, want.interval.low);
            near(got.interval.high, want.interval.high);
        }
        let (want, got) = (listed.ratio().unwrap(), summed.ratio().unwrap());
        near(Some(got.value), Some(want.value));
        near(got.interval.low, want.interval.low);
        near(got.interval.high, want.interval.high);
    }

    #[test]
    fn turned_around_the_difference_changes_its_sign() {
        let (_, summed) = both();
        let reversed = |pairs: &Pairs| match pairs {
            Pairs::Listed(pairs) => Pairs::Listed(pairs.iter().map(|(a, b)| (*b, *a)).collect()),
            Pairs::Summed(sums) => Pairs::Summed(sums.reversed()),
        };
        let turned = summed.0.iter().map(|s| PairedStratum { pairs: reversed(&s.pairs), ..*s }).collect();
        let (one, other) = (
            summed.mean_difference(0.025).unwrap().interval,
            Paired::new(turned).mean_difference(0.025).unwrap().interval,
        );
        near(one.low, other.high.map(|end| -end));
        near(one.high, other.low.map(|end| -end));
    }

    #[test]
    fn equal_strategies_differ_by_nothing_at_all() {
        let mut pairs = PairSums::default();
        let mut uniforms = Uniforms(5);
        for _ in 0..1000 {
            let value = 1e12 * uniforms.next();
            pairs.push(value, value);
        }
        let paired =
            Paired::new(vec![PairedStratum { weight: 0.4, trials: 1000, pairs: Pairs::Summed(pairs) }]);
        let mean = paired.mean_difference(0.025).unwrap();
        assert_eq!((mean.value, mean.interval), (0.0, crate::stats::Interval::new(0.0, 0.0)));
        assert!((paired.ratio().unwrap().value - 1.0).abs() < 1e-15);
        assert_eq!(Paired::new(Vec::new()).mean_difference(0.025), None);
    }

    #[test]
    fn sums_turned_around_are_the_sums_of_turned_pairs() {
        let (mut straight, mut turned) = (PairSums::default(), PairSums::default());
        for (a, b) in [(1.0, 2.5), (4.0, 3.0), (9.0, 0.5), (2.0, 7.0)] {
            straight.push(a, b);
            turned.push(b, a);
        }
        let numbers = |sums: PairSums| [&sums.means[..], &sums.squares[..], &sums.cubes[..]].concat();
        for (got, want) in numbers(straight.reversed()).into_iter().zip(numbers(turned)) {
            assert!((got - want).abs() < 1e-9, "{got} {want}");
        }
    }

    #[test]
    fn sums_are_those_of_the_pairs_in_every_direction() {
        let (listed, summed) = both();
        for direction in [[1.0, 0.0], [0.5, -2.0], [-3.0, 0.25]] {
            for (listed, summed) in listed.0.iter().zip(&summed.0) {
                let of = |pairs: &Pairs| {
                    let along = pairs.along(direction);
                    (along.total(), along.powers(1e6, 2e6))
                };
                let ((total, (squares, cubes)), got) = (of(&listed.pairs), of(&summed.pairs));
                near(Some(got.0), Some(total));
                near(Some(got.1.0), Some(squares));
                near(Some(got.1.1), Some(cubes));
            }
        }
    }

    #[test]
    fn over_what_is_always_one_the_ratio_is_the_mean() {
        let mut uniforms = Uniforms(7);
        let mut part = |weight, trials: u64, scale: f64, missing: u64| PairedStratum {
            weight,
            trials: trials + missing,
            pairs: Pairs::Listed(
                (0..trials).map(|_| (scale - libm::log(uniforms.next()) * scale, 1.0)).collect(),
            ),
        };
        let paired = Paired::new(vec![part(0.7, 40, 1.0, 0), part(0.3, 25, 9.0, 5)]);
        let (ratio, mean) = (paired.ratio().unwrap(), paired.moments([1.0, 0.0]).unwrap());
        near(Some(ratio.value), Some(mean.value));
        near(ratio.interval.low, mean.interval(TAIL).low);
        near(ratio.interval.high, mean.interval(TAIL).high);
        assert!(!paired.is_empty() && Paired::new(Vec::new()).is_empty());
    }
}
