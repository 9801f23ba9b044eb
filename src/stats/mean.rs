//! Means, with the interval of `moments` and of one more event.

use super::interval::{Interval, TAIL, sum};
use super::moments::{Accumulator, Moments};
use super::next_value::{Steps, with_one_more};
use super::sample::Sample;
use super::tally::Bin;
use serde::{Deserialize, Serialize};

/// A mean and its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Mean {
    /// The mean, strata weighed by their probability.
    pub value: f64,
    /// Interval for the expectation, which reckons with one more value as large as [`super::NextValue`] says. An end is
    /// missing where nothing bounds that value, or if a stratum has a single one.
    #[serde(flatten)]
    pub interval: Interval,
}

/// The mean of a sample at the usual confidence; none if it is empty.
#[must_use]
pub fn mean(sample: &Sample) -> Option<Mean> {
    mean_at(sample, TAIL)
}

/// As [`mean`], leaving `tail` out on each side of the interval.
#[must_use]
pub fn mean_at(sample: &Sample, tail: f64) -> Option<Mean> {
    let moments = moments(sample)?;
    let interval = with_one_more(&moments, Steps::of(sample, |x| x), tail);
    Some(Mean { value: moments.value, interval: interval.within(sample.possible()) })
}

/// The interval that so many `times` as many trials like these would probably give.
#[must_use]
pub fn mean_interval_of_more(sample: &Sample, tail: f64, times: f64) -> Interval {
    let Some(moments) = moments(sample) else { return Interval::UNBOUNDED };
    let interval = with_one_more(&moments.of_more(times), Steps::of(sample, |x| x).of_more(times), tail);
    interval.within(sample.possible())
}

/// The numbers of one stratum as estimators of means see them, whichever way they are held.
pub(super) trait Numbers {
    /// How many there are.
    fn len(&self) -> u64;
    /// All of them, added up.
    fn total(&self) -> f64;
    /// Their distances from `value`, added up.
    fn apart(&self, value: f64) -> f64;
    /// Squares and cubes of their distances from `value` and then `centre`, added up.
    fn powers(&self, value: f64, centre: f64) -> (f64, f64);
}

/// A stratum: what a trial of it weighs, how many it had with a number or without, and the numbers.
pub(super) type Weighed<S> = (f64, u64, S);

/// The mean and the moments of its error; none if the sample is empty.
pub(super) fn moments(sample: &Sample) -> Option<Moments> {
    let strata = sample.strata().iter();
    let weighed = strata.map(|stratum| (stratum.unit(), stratum.trials, &stratum.values[..]));
    moments_of(&weighed.collect::<Vec<_>>())
}

/// Estimated weight of the trials that count.
pub(super) fn share<S: Numbers>(strata: &[Weighed<S>]) -> f64 {
    sum(strata.iter().map(|(unit, _, numbers)| unit * numbers.len() as f64))
}

/// As [`moments`], of numbers that are held in any way; none of no strata.
pub(super) fn moments_of<S: Numbers>(strata: &[Weighed<S>]) -> Option<Moments> {
    let share = share(strata);
    let value = match strata {
        [] => return None,
        [(_, _, only)] => only.total() / only.len() as f64,
        _ => sum(strata.iter().map(|(unit, _, numbers)| unit * numbers.total())) / share,
    };
    // A ratio of two weighted sums, linearised: a trial that counts contributes its distance from the
    // mean, any other one nothing. Where every trial counts this is the textbook's stratified mean.
    let mut total = Accumulator::default();
    for (unit, trials, numbers) in strata {
        let centre = numbers.apart(value) / *trials as f64;
        let (mut squares, mut cubes) = numbers.powers(value, centre);
        let without = (trials - numbers.len()) as f64;
        squares += without * centre * centre;
        cubes -= without * centre * centre * centre;
        total.add(unit / share, *trials as f64, squares, cubes);
    }
    Some(total.finish(value))
}

impl Numbers for &[Bin] {
    fn len(&self) -> u64 {
        self.iter().map(Bin::times).sum()
    }

    fn total(&self) -> f64 {
        sum(self.iter().map(Bin::total))
    }

    fn apart(&self, value: f64) -> f64 {
        sum(self.iter().map(|x| x.times() as f64 * (x.value() - value)))
    }

    fn powers(&self, value: f64, centre: f64) -> (f64, f64) {
        let (mut squares, mut cubes) = (0.0, 0.0);
        for x in *self {
            let (residual, times) = (x.value() - value - centre, x.times() as f64);
            squares += times * (residual * residual);
            cubes += times * (residual * residual * residual);
        }
        (squares, cubes)
    }
}

#[cfg(test)]
mod tests {
    // Tests of means: known values, coverage of skewed data, strata.

    use super::*;
    use crate::stats::StratumValues;
    use crate::stats::test_uniforms::Uniforms;

    /// Shares of 4000 samples whose interval lies wholly below, and wholly above, `truth`.
    fn misses(truth: f64, mut draw: impl FnMut(&mut Uniforms) -> Sample) -> (f64, f64) {
        let mut uniforms = Uniforms(7);
        let (mut below, mut above) = (0.0, 0.0);
        for _ in 0..4000 {
            let interval = mean(&draw(&mut uniforms)).unwrap().interval;
            below += f64::from(u8::from(interval.is_at_most(truth)));
            above += f64::from(u8::from(interval.is_above(truth)));
        }
        (below / 4000.0, above / 4000.0)
    }

    fn iid(n: usize, draw: impl Fn(f64) -> f64) -> impl FnMut(&mut Uniforms) -> Sample {
        move |uniforms| Sample::plain((0..n).map(|_| draw(uniforms.next())).collect())
    }

    #[test]
    fn symmetric_values_give_the_student_interval_before_one_more_is_reckoned_with() {
        // 1..=10: mean 5.5, s = 3.0276503540974917, t(0.975, 9) = 2.2621571627982055.
        let sample = Sample::plain((1..=10).map(f64::from).collect());
        let got = moments(&sample).unwrap();
        let interval = got.interval(TAIL);
        assert_eq!(got.value, 5.5);
        assert!((interval.low.unwrap() - 3.334_149_410_386_4).abs() < 1e-9);
        assert!((interval.high.unwrap() - 7.665_850_589_613_6).abs() < 1e-9);
        let wider = mean(&sample).unwrap().interval;
        assert!(wider.low < interval.low && wider.high > interval.high, "{wider:?}");
    }

    #[test]
    fn too_few_values_give_no_bound() {
        assert_eq!(mean(&Sample::plain(vec![])), None);
        assert_eq!(mean(&Sample::plain(vec![3.0])).unwrap().interval, Interval::UNBOUNDED);
        assert_eq!(mean(&Sample::plain(vec![3.0; 40])).unwrap().interval, Interval::new(3.0, 3.0));
    }

    #[test]
    fn one_large_value_is_flagged_and_opens_the_upper_side() {
        let mut values = vec![0.0; 999];
        values.push(1000.0);
        let got = mean(&Sample::plain(values)).unwrap();
        let (low, high) = (got.interval.low.unwrap(), got.interval.high.unwrap());
        assert!(high - 1.0 > 3.0 * (1.0 - low), "{low} {high} should lean upwards");
    }

    #[test]
    fn exponential_values_are_covered_on_both_sides() {
        // The plain t interval misses below 6.7 % of the time here.
        let (below, above) = misses(1.0, iid(30, |u| -libm::log(u)));
        assert!(below < 0.05 && above < 0.035, "misses {below} below, {above} above");
    }

    #[test]
    fn lognormal_values_are_covered_better_than_by_t() {
        // sigma = 1: skewness 6.2. The plain t interval at n = 100 misses below 7.7 % of the time.
        let draw = |u: f64| libm::exp(crate::stats::special::normal_quantile(u));
        let (below, above) = misses(libm::exp(0.5), iid(100, draw));
        assert!(below < 0.065 && above < 0.03, "misses {below} below, {above} above");
    }

    #[test]
    fn a_stratified_mean_is_the_textbook_s() {
        // Cochran, Sampling Techniques, section 5.4: mean sum W y, variance sum W^2 s^2 / n. By hand:
        // W = 0.75, 0.25; y = {1, 3} and {10, 20, 30}: 0.75 * 2 + 0.25 * 20 = 6.5;
        // 0.5625 * 2 / 2 + 0.0625 * 100 / 3 = 2.645833...
        let strata = vec![
            StratumValues {
                weight: 0.75,
                trials: 2,
                values: Bin::each(vec![1.0, 3.0]),
                settled: false,
                group: 0,
            },
            StratumValues {
                weight: 0.25,
                trials: 3,
                values: Bin::each(vec![10.0, 20.0, 30.0]),
                settled: false,
                group: 0,
            },
        ];
        let got = moments(&Sample::new(strata)).unwrap();
        assert!((got.value - 6.5).abs() < 1e-12);
        assert!((got.variance - (0.5625 + 0.0625 * 100.0 / 3.0)).abs() < 1e-12);
        // Satterthwaite: 2.6458^2 / (0.5625^2 / 1 + 2.0833^2 / 2).
        let noisy: f64 = 0.0625 * 100.0 / 3.0;
        let freedom = (0.5625 + noisy) * (0.5625 + noisy) / (0.5625 * 0.5625 + noisy * noisy / 2.0);
        assert!((got.freedom - freedom).abs() < 1e-9);
    }

    #[test]
    fn equal_weights_in_proportion_agree_with_no_strata_at_all() {
        let draw = |seed: u64| {
            let mut uniforms = Uniforms(seed);
            (0..500).map(|_| -libm::log(uniforms.next())).collect::<Vec<f64>>()
        };
        let (a, b) = (draw(1), draw(2));
        let plain = mean(&Sample::plain([a.clone(), b.clone()].concat())).unwrap();
        let split = |values| StratumValues {
            weight: 0.5,
            trials: 500,
            values: Bin::each(values),
            settled: false,
            group: 0,
        };
        let strata = mean(&Sample::new(vec![split(a), split(b)])).unwrap();
        assert!((plain.value - strata.value).abs() < 1e-12);
        let width = |mean: Mean| mean.interval.high.unwrap() - mean.interval.low.unwrap();
        assert!((width(plain) / width(strata) - 1.0).abs() < 0.02);
    }

    #[test]
    fn means_of_the_trials_that_count_are_covered() {
        // Two strata; trials count with probability 0.2 and 0.9, and then are exponential with mean 10 and 1.
        // Mean over those that count: (0.7 * 0.2 * 10 + 0.3 * 0.9 * 1) / (0.7 * 0.2 + 0.3 * 0.9).
        let truth = (0.7 * 0.2 * 10.0 + 0.3 * 0.9) / (0.7 * 0.2 + 0.3 * 0.9);
        let stratum = |uniforms: &mut Uniforms, weight, counts: f64, mean: f64| {
            let values = (0..150)
                .filter_map(|_| {
                    let (count, value) = (uniforms.next(), uniforms.next());
                    (count < counts).then(|| -mean * libm::log(value))
                })
                .collect();
            StratumValues { weight, trials: 150, values: Bin::each(values), settled: false, group: 0 }
        };
        let (below, above) =
            misses(truth, |u| Sample::new(vec![stratum(u, 0.7, 0.2, 10.0), stratum(u, 0.3, 0.9, 1.0)]));
        assert!(below < 0.05 && above < 0.035, "misses {below} below, {above} above");
        assert!(below + above > 0.01, "{below} + {above}: too wide");
    }
}
