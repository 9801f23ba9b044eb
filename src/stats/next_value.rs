//! One more event: what the interval of a mean reckons with beside what was seen.
//!
//! A rare disaster that no trial has shown leaves no trace in a variance. So an interval also has to hold if the next trial
//! of some stratum is as bad as it can be. How bad that is follows from the kind of quantity ([`NextValue`]) and from where
//! its values can be at all; this file knows no rollout. Settled strata take no part: they cannot be different.

use super::interval::{Interval, sum};
use super::moments::Moments;
use super::sample::{NextValue, Sample, StratumValues};
use super::tally::Bin;

/// So many values far out show that a stratum has a tail that is seen.
const SEEN: u64 = 3;
/// How far out, as a share of the way from the median to what is possible.
const FAR: f64 = 0.1;

/// By how much one more event would move a mean: none where nothing bounds it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Steps {
    /// Downwards, at least 0.
    pub down: Option<f64>,
    /// Upwards, at least 0.
    pub up: Option<f64>,
}

impl Steps {
    /// Those of the mean of `f` of the values; `f` grows with them. How far values can be is judged before `f`.
    pub fn of(sample: &Sample, f: impl Fn(f64) -> f64) -> Self {
        Self::by(sample, sample.next(), f)
    }

    /// Those of so many times as many values.
    pub fn of_more(self, times: f64) -> Self {
        Self { down: self.down.map(|step| step / times), up: self.up.map(|step| step / times) }
    }

    /// As [`Steps::of`], by another rule than the sample's own.
    pub fn by(sample: &Sample, next: NextValue, f: impl Fn(f64) -> f64) -> Self {
        let weight = sum(sample.strata().iter().map(|s| s.unit() * s.len() as f64));
        let total = sum(sample.strata().iter().map(|s| s.unit() * total_of(s, &f)));
        let seen = Extremes::of(sample);
        let mut steps = Self { down: Some(0.0), up: Some(0.0) };
        let all = sample.strata().iter().chain(sample.silent());
        for stratum in all.filter(|stratum| !stratum.settled) {
            // Where every trial counts, the next one takes the place of an average one of its stratum.
            let usual = match stratum.trials - stratum.len() {
                0 => total_of(stratum, &f) / stratum.len() as f64,
                _ => total / weight,
            };
            let (low, high) = match next {
                NextValue::Event(size) => (Some(usual - size), Some(usual + size)),
                _ => {
                    let (low, high) = reach(stratum, sample.possible(), next, &seen);
                    (low.map(&f), high.map(&f))
                }
            };
            let unit = stratum.unit() / weight;
            let wider = |step: Option<f64>, by: Option<f64>| Some(step?.max(unit * by?));
            steps.down = wider(steps.down, low.map(|low| usual - low));
            steps.up = wider(steps.up, high.map(|high| high - usual));
        }
        steps
    }
}

fn total_of(stratum: &StratumValues, f: &impl Fn(f64) -> f64) -> f64 {
    sum(stratum.values.iter().map(|x| x.times() as f64 * f(x.value())))
}

/// What a sample shows as a whole.
struct Extremes {
    least: f64,
    largest: f64,
}

impl Extremes {
    fn of(sample: &Sample) -> Self {
        let strata = sample.strata().iter().map(Self::of_stratum);
        let none = Self { least: f64::INFINITY, largest: f64::NEG_INFINITY };
        strata.fold(none, |a, b| Self { least: a.least.min(b.least), largest: a.largest.max(b.largest) })
    }

    fn of_stratum(stratum: &StratumValues) -> Self {
        let least = stratum.values.iter().map(Bin::least).fold(f64::INFINITY, f64::min);
        Self { least, largest: stratum.values.iter().map(Bin::largest).fold(f64::NEG_INFINITY, f64::max) }
    }

    fn ends(&self) -> (Option<f64>, Option<f64>) {
        (Some(self.least), Some(self.largest))
    }
}

/// The least and the largest that the next value of a stratum may be; `seen` in all of them.
fn reach(
    stratum: &StratumValues,
    possible: Interval,
    next: NextValue,
    seen: &Extremes,
) -> (Option<f64>, Option<f64>) {
    // A stratum that has shown none may have what others have.
    let own = || if stratum.values.is_empty() { seen.ends() } else { Extremes::of_stratum(stratum).ends() };
    match next {
        NextValue::AsSeen | NextValue::Event(_) => own(),
        NextValue::SeenIfAny if seen.least != 0.0 || seen.largest != 0.0 => own(),
        NextValue::SeenIfAny | NextValue::Possible => (possible.low, possible.high),
        NextValue::Harm => {
            let shows_its_tail = |most: &f64| {
                let median = median(stratum);
                let far = median + FAR * (most - median);
                let beyond = stratum.values.iter().filter(|x| x.value() >= far);
                beyond.map(Bin::times).sum::<u64>() >= SEEN
            };
            let high = possible
                .high
                .map(|most| if shows_its_tail(&most) { Extremes::of_stratum(stratum).largest } else { most });
            (possible.low, high)
        }
    }
}

/// The lower median of a stratum.
fn median(stratum: &StratumValues) -> f64 {
    let mut values: Vec<(f64, u64)> = stratum.values.iter().map(|x| (x.value(), x.times())).collect();
    values.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let half = stratum.len().div_ceil(2);
    let mut seen = 0;
    let found = values.iter().find(|(_, times)| {
        seen += times;
        seen >= half
    });
    found.map_or(0.0, |(value, _)| *value)
}

/// The interval that reckons with one more event on either side: the wider one of Hall's and of that.
pub(super) fn with_one_more(moments: &Moments, steps: Steps, tail: f64) -> Interval {
    let hall = moments.interval(tail);
    let upper = |moments: &Moments, step: f64| {
        if step > 0.0 { Some(moments.with_one_more(step, tail)) } else { None }
    };
    let wider = |hall: Option<f64>, step: Option<f64>, side: &Moments| {
        let hall = hall?;
        Some(upper(side, step?).map_or(hall, |end| end.max(hall)))
    };
    let low = wider(hall.low.map(|low| -low), steps.down, &moments.negated());
    Interval { low: low.map(|low| -low), high: wider(hall.high, steps.up, moments) }
}

#[cfg(test)]
mod tests {
    // Golden values were computed with mpmath by code that shares nothing with this.

    use super::*;
    use crate::stats::mean;

    fn stratum(weight: f64, values: Vec<f64>) -> StratumValues {
        StratumValues {
            weight,
            trials: values.len() as u64,
            values: Bin::each(values),
            settled: false,
            group: 0,
        }
    }

    fn near(got: Option<f64>, want: f64) {
        let got = got.unwrap();
        assert!((got - want).abs() <= 1e-8 * want.abs().max(1.0), "{got} is not {want}");
    }

    fn rare_harm() -> Sample {
        let rare = vec![0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 5.0, 10.0, 20.0, 40.0];
        Sample::new(vec![stratum(0.9, vec![0.0; 40]), stratum(0.1, rare)])
            .within(Interval::new(0.0, 1000.0))
            .reckoning_with(NextValue::Harm)
    }

    #[test]
    fn harm_that_one_stratum_never_showed_may_still_come() {
        let got = mean(&rare_harm()).unwrap();
        near(Some(got.value), 0.75);
        near(got.interval.low, 0.0);
        near(got.interval.high, 83.754_619_548_2);
        let steps = Steps::of(&rare_harm(), |x| x);
        near(steps.up, 22.5);
        near(steps.down, 0.075);
    }

    #[test]
    fn counts_that_are_nearly_always_equal_may_be_others() {
        let counts = |values: Vec<f64>| {
            let possible = Interval::new(0.0, 3.0);
            mean(&Sample::plain(values).within(possible).reckoning_with(NextValue::Possible))
                .unwrap()
                .interval
        };
        let mut one_more = vec![1.0; 49];
        one_more.push(2.0);
        let got = counts(one_more);
        near(got.low, 0.934_485_944_18);
        near(got.high, 1.174_155_239_25);
        let all = counts(vec![3.0; 50]);
        near(all.low, 2.778_667_232_75);
        near(all.high, 3.0);
    }

    #[test]
    fn what_was_never_seen_is_bounded_by_what_is_possible_and_open_without_a_bound() {
        let zeros = |possible, next| {
            mean(&Sample::plain(vec![0.0; 200]).within(possible).reckoning_with(next)).unwrap().interval
        };
        let floor = Interval { low: Some(0.0), high: None };
        assert_eq!(zeros(floor, NextValue::Harm), floor);
        assert_eq!(zeros(floor, NextValue::SeenIfAny), floor);
        let k = 100.0 / 200.0;
        near(zeros(Interval::new(0.0, 100.0), NextValue::Harm).high, 3.688_879_454_113_936 * k);
        assert_eq!(
            zeros(Interval::new(0.0, 0.0), NextValue::Harm),
            Interval::new(0.0, 0.0),
            "it cannot be otherwise"
        );
        near(zeros(floor, NextValue::Event(2.0)).high, 3.688_879_454_113_936 * 0.01);
    }

    #[test]
    fn settled_strata_take_no_part() {
        let mut good = stratum(0.9, vec![0.0; 40]);
        good.settled = true;
        let sample =
            |strata| Sample::new(strata).within(Interval::new(0.0, 50.0)).reckoning_with(NextValue::Possible);
        let with = Steps::of(&sample(vec![good, stratum(0.1, vec![1.0; 20])]), |x| x);
        near(with.up, 0.1 / 20.0 * 49.0);
    }

    #[test]
    fn a_heavy_stratum_that_has_shown_no_value_may_have_the_largest_one() {
        let sample = |heavy: StratumValues| Sample::new(vec![heavy, stratum(0.1, vec![10.0, 20.0, 30.0])]);
        let mut heavy = StratumValues { trials: 10, ..stratum(0.9, vec![]) };
        near(Steps::of(&sample(heavy.clone()), |x| x).up, 0.9 / 10.0 / 0.1 * 10.0);
        heavy.settled = true;
        near(Steps::of(&sample(heavy), |x| x).up, 10.0 / 3.0);
    }

    #[test]
    fn a_tail_that_was_seen_needs_no_bound() {
        let mut values = vec![0.0; 97];
        values.extend([200.0, 300.0, 400.0]);
        let harm = |most| {
            let sample = Sample::plain(values.clone()).within(Interval::new(0.0, most));
            Steps::of(&sample.reckoning_with(NextValue::Harm), |x| x).up.unwrap()
        };
        near(Some(harm(1000.0)), (400.0 - 9.0) / 100.0);
        near(Some(harm(1e6)), (1e6 - 9.0) / 100.0);
    }

    #[test]
    fn an_event_of_a_size_may_move_a_mean_either_way() {
        let steps = Steps::by(&Sample::plain(vec![1.0, 2.0, 3.0, 4.0]), NextValue::Event(8.0), |x| x);
        near(steps.up, 2.0);
        near(steps.down, 2.0);
    }

    #[test]
    fn a_tail_is_seen_from_a_tenth_of_the_way_between_the_median_and_the_worst() {
        let up = |far: f64| {
            let values = [vec![50.0; 7], vec![far; 3]].concat();
            let sample = Sample::plain(values).within(Interval::new(0.0, 100.0));
            let mean = 0.7 * 50.0 + 0.3 * far;
            Steps::by(&sample, NextValue::Harm, |x| x).up.map(|step| 10.0 * step + mean)
        };
        near(up(54.9), 100.0);
        near(up(55.1), 55.1);
    }
}
