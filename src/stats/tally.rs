//! Values counted in bounded memory, with as many digits of each as fit.
//!
//! A tally is exact while it has few distinct values. When they become too many, the last binary digit of
//! every value is ignored, then the one before it, and so on: values that look alike share a bin. So bins
//! are narrow near 0 and wide far from it, as in an HdrHistogram, but their relative width follows from the
//! values: a narrow distribution keeps nearly all digits, one over ten octaves about eleven. Bins of fewer
//! digits are unions of bins of more, so the digits that are left depend on the values and not on their
//! order.

/// Values that are put in order at once.
const FRESH: usize = 2048;

/// One value, or several that a tally cannot tell apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bin {
    count: u64,
    sum: f64,
    least: f64,
    largest: f64,
}

impl Bin {
    /// One value, exactly.
    #[must_use]
    pub fn one(value: f64) -> Self {
        Self { count: 1, sum: value, least: value, largest: value }
    }

    /// `count` trials of one value, at least one.
    #[must_use]
    pub fn many(value: f64, count: u64) -> Self {
        Self { count, sum: value * count as f64, least: value, largest: value }
    }

    /// Each of some values, exactly and in their order.
    #[must_use]
    pub fn each(values: Vec<f64>) -> Vec<Self> {
        values.into_iter().map(Self::one).collect()
    }

    /// How many trials it stands for.
    #[must_use]
    pub fn times(&self) -> u64 {
        self.count
    }

    /// All that it stands for, added up.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.sum
    }

    /// What each is on average.
    #[must_use]
    pub fn value(&self) -> f64 {
        self.sum / self.count as f64
    }

    /// The least.
    #[must_use]
    pub fn least(&self) -> f64 {
        self.least
    }

    /// The largest.
    #[must_use]
    pub fn largest(&self) -> f64 {
        self.largest
    }

    /// The same trials with another value, which grows with the one they have.
    #[must_use]
    pub(super) fn change(&self, change: impl Fn(f64) -> f64) -> Self {
        let sum = self.count as f64 * change(self.value());
        Self { count: self.count, sum, least: change(self.least), largest: change(self.largest) }
    }

    fn add(&mut self, other: Self) {
        self.count += other.count;
        self.sum += other.sum;
        self.least = self.least.min(other.least);
        self.largest = self.largest.max(other.largest);
    }
}

/// Counts values in at most a given number of bins.
#[derive(Debug, Clone)]
pub struct BinnedValues {
    most: usize,
    /// Binary digits that are ignored.
    ignored: u32,
    /// In ascending order.
    bins: Vec<Bin>,
    /// Values that are not in bins yet. They are put there after so many, not when somebody asks: then sums
    /// are rounded in one way.
    fresh: Vec<f64>,
}

impl BinnedValues {
    /// No values; `most` bins at most.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { most, ignored: 0, bins: Vec::new(), fresh: Vec::new() }
    }

    /// Counts a value.
    pub fn push(&mut self, value: f64) {
        self.fresh.push(value);
        if self.fresh.len() == FRESH {
            self.settle();
        }
    }

    /// What was counted, in ascending order. Values of a bin agree in sign, exponent and all digits but the
    /// last [`BinnedValues::ignored`].
    #[must_use]
    pub fn bins(&self) -> Vec<Bin> {
        let mut all = self.clone();
        all.settle();
        all.bins
    }

    /// Binary digits, of the 52 of a float, that are not looked at: a value is told from another one that
    /// is larger by 2^(ignored - 52) of itself.
    #[must_use]
    pub fn ignored(&self) -> u32 {
        self.ignored
    }

    /// Bytes held.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bins.capacity() * size_of::<Bin>() + self.fresh.capacity() * size_of::<f64>()
    }

    fn settle(&mut self) {
        self.fresh.sort_unstable_by(f64::total_cmp);
        let mut merged: Vec<Bin> = Vec::with_capacity(self.bins.len() + self.fresh.len());
        let mut old = self.bins.iter().copied().peekable();
        for value in self.fresh.drain(..) {
            while let Some(bin) = old.next_if(|bin| bin.largest.total_cmp(&value).is_le()) {
                put(&mut merged, bin, self.ignored);
            }
            put(&mut merged, Bin::one(value), self.ignored);
        }
        old.for_each(|bin| put(&mut merged, bin, self.ignored));
        while merged.len() > self.most {
            self.ignored += 1;
            let all = std::mem::take(&mut merged);
            all.into_iter().for_each(|bin| put(&mut merged, bin, self.ignored));
        }
        merged.shrink_to_fit();
        self.bins = merged;
    }
}

/// Adds a bin that is not below the others.
fn put(bins: &mut Vec<Bin>, bin: Bin, ignored: u32) {
    match bins.last_mut() {
        Some(last) if key(last.largest) >> ignored == key(bin.largest) >> ignored => last.add(bin),
        _ => bins.push(bin),
    }
}

/// The bits of a float as a number that is ordered as floats are.
fn key(value: f64) -> u64 {
    let bits = value.to_bits();
    if value.is_sign_negative() { !bits } else { bits | 1 << 63 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::test_uniforms::Uniforms;
    use crate::stats::{Sample, Sorted, StratumValues, mean, tail_mean};

    /// Values over ten octaves, some below 0.
    fn wild(n: usize) -> Vec<f64> {
        let mut uniforms = Uniforms(7);
        let signed = |u: f64| if u < 0.1 { -1.0 } else { 1.0 };
        (0..n)
            .map(|_| signed(uniforms.next()) * libm::floor(libm::exp(7.0 * uniforms.next()) * 100.0))
            .collect()
    }

    fn tally(values: &[f64], most: usize) -> BinnedValues {
        let mut tally = BinnedValues::new(most);
        values.iter().for_each(|value| tally.push(*value));
        tally
    }

    fn sample(bins: Vec<Bin>) -> Sample {
        let trials = bins.iter().map(Bin::times).sum();
        Sample::new(vec![StratumValues { weight: 1.0, trials, values: bins, settled: false, group: 0 }])
    }

    #[test]
    fn few_distinct_values_are_counted_exactly() {
        let values: Vec<f64> = (0..10_000).map(|i| f64::from(i * i % 997) - 3.0).collect();
        let tally = tally(&values, 1000);
        assert_eq!(tally.ignored(), 0);
        let (plain, counted) = (Sample::plain(values), sample(tally.bins()));
        let (exact, ours) = (Sorted::new(&plain), Sorted::new(&counted));
        for q in [0.001, 0.1, 0.5, 0.9, 0.99] {
            assert_eq!(exact.quantile(q), ours.quantile(q));
        }
        assert_eq!(mean(&plain).map(|m| m.value), mean(&counted).map(|m| m.value));
    }

    #[test]
    fn the_digits_that_are_left_do_not_depend_on_the_order() {
        let mut values = wild(30_000);
        let forward = tally(&values, 512);
        values.reverse();
        let backward = tally(&values, 512);
        let (a, b) = (forward.bins(), backward.bins());
        assert!(forward.ignored() > 30 && a.len() <= 512 && a.len() > 256);
        let told = |bins: &[Bin]| bins.iter().map(|bin| (bin.count, bin.largest)).collect::<Vec<_>>();
        assert_eq!(told(&a), told(&b));
    }

    #[test]
    fn quantiles_are_values_of_the_sample_at_most_a_bin_too_large() {
        let values = wild(50_000);
        let tally = tally(&values, 1024);
        let exact = Sorted::new(&Sample::plain(values.clone()));
        let ours = Sorted::new(&sample(tally.bins()));
        let width = libm::exp2(f64::from(tally.ignored()) - 52.0);
        // Ten octaves on both sides of 0 leave 51 bins an octave, so five binary digits.
        assert_eq!(width, 1.0 / 32.0);
        for q in [0.02, 0.1, 0.5, 0.9, 0.99, 0.999] {
            let (want, got) = (exact.quantile(q).unwrap().value, ours.quantile(q).unwrap().value);
            assert!(got >= want && got - want <= width * want.abs(), "{q}: {got} for {want}");
            assert!(values.contains(&got));
            // Counts up to the end of a bin are those of the sample.
            assert_eq!(exact.up_to(got).value(), ours.up_to(got).value());
        }
        assert_eq!(exact.max(), ours.max());
    }

    #[test]
    fn means_and_their_intervals_survive() {
        let values = wild(50_000);
        let tally = tally(&values, 1024);
        let (plain, counted) = (Sample::plain(values), sample(tally.bins()));
        let near = |a: f64, b: f64, by: f64| assert!((a / b - 1.0).abs() < by, "{a} {b}");
        let (want, got) = (mean(&plain).unwrap(), mean(&counted).unwrap());
        near(got.value, want.value, 1e-12);
        near(got.interval.low.unwrap(), want.interval.low.unwrap(), 1e-5);
        near(got.interval.high.unwrap(), want.interval.high.unwrap(), 1e-5);
        let tail_of = |sorted: &Sorted| sorted.quantile(0.99).unwrap().value;
        let want = tail_mean(&plain, &Sorted::new(&plain), 0.99).unwrap();
        let sorted = Sorted::new(&counted);
        assert!(tail_of(&sorted) > 0.0);
        near(tail_mean(&counted, &sorted, 0.99).unwrap().value, want.value, 1e-2);
    }

    #[test]
    fn a_narrow_distribution_keeps_its_spread() {
        // Three days and some seconds: bins of a fixed relative width would make one value of it.
        let mut uniforms = Uniforms(3);
        let values: Vec<f64> =
            (0..100_000).map(|_| 259_200_000.0 + libm::floor(uniforms.next() * 20_000.0)).collect();
        let bins = tally(&values, 1024).bins();
        assert!(bins.len() > 500, "{}", bins.len());
    }

    #[test]
    fn memory_is_bounded_whatever_comes() {
        let (few, many) = (tally(&wild(100_000), 512).bytes(), tally(&wild(400_000), 512).bytes());
        assert!(many <= 512 * size_of::<Bin>() + FRESH * size_of::<f64>(), "{many}");
        assert!(many <= few + few / 4, "{few} then {many}");
    }
}
