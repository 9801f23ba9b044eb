//! The mean of the worst trials: conditional value at risk, also called expected shortfall.
//!
//! A percentile says where the tail begins and nothing of what is in it: two plans with one p99 can
//! differ a hundredfold in what the worst hundredth costs.
//!
//! Few trials carry it, so its interval begins where that of the percentile does, and reckons with one more event in the
//! tail. From too few values that is all that can be said: how far the quantity can go, or nothing.

use super::interval::{Interval, TAIL, sum};
use super::mean::{Mean, moments};
use super::next_value::{Steps, with_one_more};
use super::quantile::Sorted;
use super::sample::{NextValue, Sample};

/// With fewer values in the tail nothing is said of how far it goes, where no bound is known.
const FEWEST: f64 = 10.0;
/// With fewer values in the tail all of them may miss what is possible.
const FEWEST_OF_HARM: f64 = 20.0;
/// An upper end this near to what is possible says nothing.
const NEARLY: f64 = 0.9;

/// The mean of the worst share `1 - q` of a sample at the usual confidence; none if it is empty.
#[must_use]
pub fn tail_mean(sample: &Sample, sorted: &Sorted, q: f64) -> Option<Mean> {
    tail_mean_at(sample, sorted, q, TAIL)
}

/// As [`tail_mean`], leaving `tail` out on each side of the interval.
///
/// Rockafellar and Uryasev (2002, Journal of Banking and Finance 26): with the quantile `t`, the tail mean
/// is the mean of `t + max(0, x - t) / (1 - q)`. It is least at the true quantile, so that the error of
/// the estimated one does not matter to first order.
#[must_use]
pub fn tail_mean_at(sample: &Sample, sorted: &Sorted, q: f64, tail: f64) -> Option<Mean> {
    let start = sorted.quantile_at(q, tail)?;
    let of = |x| above(x, start.value, q);
    let moments = moments(&sample.map(of))?;
    let reckoning = |next| with_one_more(&moments, Steps::by(sample, next, of), tail);
    let seen = reckoning(NextValue::AsSeen);
    // It is never less than the percentile: where that has no bound, nor has this.
    let begins = start.interval.low.or(sample.possible().low);
    let from_both = start.interval.low.zip(seen.low).map(|(begins, seen)| begins.max(seen)).or(begins);
    let beyond =
        |interval: Interval| start.interval.high.zip(interval.high).map(|(start, high)| high.max(start));
    let carried_by = values_in_tail(sample, start.value, q);
    let interval = match sample.next() {
        NextValue::AsSeen | NextValue::Event(_) | NextValue::SeenIfAny if carried_by < FEWEST => {
            Interval { low: begins, high: None }
        }
        NextValue::AsSeen | NextValue::Event(_) | NextValue::SeenIfAny => {
            Interval { low: from_both, high: beyond(seen) }
        }
        NextValue::Harm | NextValue::Possible if carried_by < FEWEST_OF_HARM => {
            Interval { low: begins, high: reckoning(NextValue::Possible).high }
        }
        NextValue::Harm | NextValue::Possible => Interval {
            low: from_both,
            high: beyond(reckoning(NextValue::Harm)).or(reckoning(NextValue::Possible).high),
        },
    };
    Some(Mean { value: moments.value, interval: as_far_as_possible(interval, sample) })
}

/// The part of the interval that is possible. Harm that may be nearly as much as is possible at all has no upper end.
fn as_far_as_possible(interval: Interval, sample: &Sample) -> Interval {
    let possible = sample.possible();
    let within = interval.within(possible);
    let says_nothing = |high: &f64| possible.high.is_some_and(|most| *high > NEARLY * most && most > 0.0);
    match sample.next() {
        NextValue::Harm => Interval { high: interval.high.filter(|high| !says_nothing(high)), ..within },
        NextValue::Possible => within,
        NextValue::AsSeen | NextValue::Event(_) | NextValue::SeenIfAny => {
            Interval { high: within.high.filter(|_| interval.high.is_some()), ..within }
        }
    }
}

/// How many values of one weight the values from `start` on are worth (Kish 1965), of which those in the tail are a part
/// where `start` is an atom.
fn values_in_tail(sample: &Sample, start: f64, q: f64) -> f64 {
    let strata = || sample.strata().iter();
    let beyond = |power: fn(f64) -> f64| {
        sum(strata().flat_map(|stratum| {
            let far = stratum.values.iter().filter(|x| x.largest() >= start);
            far.map(move |x| x.times() as f64 * power(stratum.unit()))
        }))
    };
    let (weights, squares) = (beyond(|unit| unit), beyond(|unit| unit * unit));
    let share = weights / sum(strata().map(|stratum| stratum.unit() * stratum.len() as f64));
    ((1.0 - q) / share).min(1.0) * weights * weights / squares
}

/// The value whose mean is the tail mean.
pub(super) fn above(x: f64, start: f64, q: f64) -> f64 {
    start + (x - start).max(0.0) / (1.0 - q)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{Bin, StratumValues};

    #[test]
    fn the_tail_mean_is_the_mean_of_the_tail() {
        let sample = Sample::plain((1..=1000).map(f64::from).collect());
        let got = tail_mean(&sample, &Sorted::new(&sample), 0.99).unwrap();
        assert!((got.value - 995.5).abs() < 1e-9, "991 to 1000: {got:?}");
        assert!(got.interval.low.unwrap() < 995.5 && got.interval.high.unwrap() > 995.5);
    }

    #[test]
    fn from_few_values_only_the_beginning_of_the_tail_is_known() {
        // Golden values: mpmath, by code that shares nothing with this.
        let run = |from: u64| Bin::each((from..from + 20).map(|x| x as f64).collect());
        let stratum = |weight, from, group| StratumValues {
            weight,
            trials: 20,
            values: run(from),
            settled: false,
            group,
        };
        let strata = vec![stratum(0.8, 1, 0), stratum(0.15, 101, 1), stratum(0.05, 1001, 1)];
        let harm =
            Sample::of_slices(strata).within(Interval::new(0.0, 5000.0)).reckoning_with(NextValue::Harm);
        let sorted = Sorted::new(&harm);
        let quantile = |q| sorted.quantile(q).map(|q| (q.value, q.interval.low, q.interval.high)).unwrap();
        assert_eq!(quantile(0.5), (13.0, Some(8.0), Some(17.0)));
        assert_eq!(quantile(0.9), (114.0, Some(19.0), None));
        assert_eq!(quantile(0.99), (1016.0, Some(1012.0), None));
        let got = tail_mean(&harm, &sorted, 0.99).unwrap();
        assert!((got.value - 1018.5).abs() < 1e-9, "{got:?}");
        assert_eq!(got.interval, Interval { low: Some(1012.0), high: None });
        let hall = moments(&harm.map(|x| above(x, 1016.0, 0.99))).unwrap().interval(TAIL);
        assert!((hall.low.unwrap() - 1_016.473_740_21).abs() < 1e-6, "{hall:?}");
        assert!((hall.high.unwrap() - 1_029.324_710_76).abs() < 1e-6, "{hall:?}");
    }

    #[test]
    fn the_largest_of_less_than_a_hundred_values_is_no_bound() {
        let sample = Sample::plain((1..=40).map(f64::from).collect());
        let open = tail_mean(&sample, &Sorted::new(&sample), 0.99).unwrap();
        assert_eq!((open.value, open.interval.high), (40.0, None));
        let counts = sample.within(Interval::new(0.0, 60.0)).reckoning_with(NextValue::Possible);
        let most = tail_mean(&counts, &Sorted::new(&counts), 0.99).unwrap();
        assert_eq!(most.interval.high, Some(60.0), "a count of which so many are possible");
    }

    #[test]
    fn an_atom_at_the_quantile_fills_up_the_tail() {
        // 995 zeros, five hundreds: the worst ten are five zeros and five hundreds.
        let mut values = vec![0.0; 995];
        values.extend([100.0; 5]);
        let sample = Sample::plain(values);
        assert!((tail_mean(&sample, &Sorted::new(&sample), 0.99).unwrap().value - 50.0).abs() < 1e-9);
    }

    #[test]
    fn strata_are_weighed() {
        // The heavy stratum is 2 % of all: the worst hundredth is its upper half, 51 to 100.
        let light = StratumValues {
            weight: 0.98,
            trials: 100,
            values: Bin::each(vec![0.0; 100]),
            settled: false,
            group: 0,
        };
        let heavy = StratumValues {
            weight: 0.02,
            trials: 100,
            values: Bin::each((1..=100).map(f64::from).collect()),
            settled: false,
            group: 0,
        };
        let sample = Sample::new(vec![light, heavy]);
        let got = tail_mean(&sample, &Sorted::new(&sample), 0.99).unwrap();
        assert!((got.value - 75.5).abs() < 1e-9, "{got:?}");
    }

    #[test]
    fn a_tail_of_many_values_is_not_held_to_the_worst_that_is_possible() {
        let sample = Sample::plain((1..=100_000).map(f64::from).collect());
        let harm = sample.within(Interval::new(0.0, 200_000.0)).reckoning_with(NextValue::Harm);
        let got = tail_mean(&harm, &Sorted::new(&harm), 0.99).unwrap();
        // The error is 18; one more trial at what is possible, in the place of one of the thousand, would move the mean by 100.
        assert!((got.value - 99_500.5).abs() < 1e-6);
        assert!(got.interval.high.unwrap() - got.value < 60.0, "{got:?}");
    }

    #[test]
    fn what_a_tail_is_worth_does_not_depend_on_the_unit_of_weights() {
        let worth = |unit: f64| {
            let stratum = |weight: f64, from: u64| StratumValues {
                weight: unit * weight,
                trials: 30,
                values: Bin::each((from..from + 20).map(|x| x as f64).collect()),
                settled: false,
                group: 0,
            };
            values_in_tail(&Sample::new(vec![stratum(0.8, 1), stratum(0.2, 15)]), 18.0, 0.9)
        };
        assert!((worth(1.0) / worth(64.0) - 1.0).abs() < 1e-12, "{} {}", worth(1.0), worth(64.0));
    }
}
