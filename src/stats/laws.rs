//! Laws that every interval of every estimator keeps, tried on random samples: strata heavy and light, with many trials or
//! few, settled, silent or sliced, of values that are mostly alike, rarely large, or anything.

use super::test_uniforms::Uniforms;
use super::{Bin, Interval, NextValue, Sample, Sorted, StratumValues, mean, proportion, tail_mean};

/// The largest value that random samples may have.
const MOST: f64 = 1000.0;

fn value(uniforms: &mut Uniforms, shape: u64) -> f64 {
    let u = uniforms.next();
    match shape {
        0 => 0.0,
        1 => f64::from(u8::from(u < 0.05)) * MOST * uniforms.next(),
        2 => libm::floor(4.0 * u),
        3 => MOST * u,
        _ => 7.0,
    }
}

fn strata(uniforms: &mut Uniforms) -> Vec<StratumValues> {
    let count = 1 + (uniforms.next() * 4.0) as u32;
    let stratum = |group: u32, uniforms: &mut Uniforms| {
        let trials = 1 + libm::floor(libm::pow(300.0, uniforms.next())) as u64;
        let (shape, counts) = ((uniforms.next() * 5.0) as u64, uniforms.next() * 1.6 - 0.2);
        let values = (0..trials).filter(|_| uniforms.next() < counts).count();
        let values = (0..values).map(|_| value(uniforms, shape)).collect();
        let weight = libm::pow(1e-4, uniforms.next());
        StratumValues { weight, trials, values: Bin::each(values), settled: false, group: group / 2 }
    };
    (0..count).map(|group| stratum(group, uniforms)).collect()
}

fn with_rule(strata: Vec<StratumValues>, rule: u64) -> Sample {
    let sample = if rule.is_multiple_of(2) { Sample::new(strata) } else { Sample::of_slices(strata) };
    let (floor, range) = (Interval { low: Some(0.0), high: None }, Interval::new(0.0, MOST));
    match rule / 2 {
        0 => sample.within(floor),
        1 => sample.within(range).reckoning_with(NextValue::Possible),
        2 => sample.within(range).reckoning_with(NextValue::Harm),
        3 => sample.within(floor).reckoning_with(NextValue::Harm),
        4 => sample.within(floor).reckoning_with(NextValue::Event(2.0)),
        _ => sample.within(floor).reckoning_with(NextValue::SeenIfAny),
    }
}

/// Every estimate of a sample with its name, its value and its interval.
fn estimates(sample: &Sample) -> Vec<(&'static str, f64, Interval)> {
    let sorted = Sorted::new(sample);
    let mut all = Vec::new();
    all.extend(mean(sample).map(|mean| ("mean", mean.value, mean.interval)));
    for (name, q) in [("p50", 0.5), ("p90", 0.9), ("p99", 0.99)] {
        all.extend(sorted.quantile(q).map(|quantile| (name, quantile.value, quantile.interval)));
    }
    all.extend(tail_mean(sample, &sorted, 0.99).map(|tail| ("cvar99", tail.value, tail.interval)));
    let ones = sample.count_those(|x| x > 3.0).within(Interval::new(0.0, 1.0));
    all.extend(proportion(&ones).map(|share| ("share", share.value, share.interval)));
    all
}

fn random_samples() -> impl Iterator<Item = (Vec<StratumValues>, u64)> {
    let mut uniforms = Uniforms(99);
    (0..1500).map(move |case| (strata(&mut uniforms), case % 12))
}

#[test]
fn every_value_lies_in_its_interval_and_no_end_below_zero() {
    for (strata, rule) in random_samples() {
        for (name, value, interval) in estimates(&with_rule(strata.clone(), rule)) {
            let slack = 1e-9 * value.abs().max(1e-9);
            assert!(
                interval.low.is_none_or(|low| (0.0..=value + slack).contains(&low)),
                "{name} {value} {interval:?} {strata:?} {rule}"
            );
            assert!(
                interval.high.is_none_or(|high| value <= high + slack),
                "{name} {value} {interval:?} {strata:?} {rule}"
            );
        }
    }
}

#[test]
fn an_interval_of_harm_has_a_width_unless_nothing_can_be_otherwise() {
    for (strata, rule) in random_samples() {
        let sample = with_rule(strata.clone(), rule);
        let is_harm = matches!(sample.next(), NextValue::Harm | NextValue::Possible);
        for (name, value, interval) in
            estimates(&sample).into_iter().filter(|(name, ..)| is_harm && ["mean", "cvar99"].contains(name))
        {
            let at_the_bound = value >= MOST || sample.possible().high == Some(0.0);
            assert!(
                at_the_bound || interval.high.is_none_or(|high| high > value),
                "{name} {value} {interval:?} {strata:?}"
            );
        }
    }
}

#[test]
fn what_is_settled_needs_no_width() {
    let never =
        StratumValues { weight: 1.0, trials: 40, values: Bin::each(vec![0.0; 40]), settled: true, group: 0 };
    let sample =
        Sample::new(vec![never]).within(Interval::new(0.0, MOST)).reckoning_with(NextValue::Possible);
    assert_eq!(mean(&sample).unwrap().interval, Interval::new(0.0, 0.0));
}

#[test]
fn more_trials_like_these_need_no_more_question_marks() {
    let open = |interval: Interval| u8::from(interval.low.is_none()) + u8::from(interval.high.is_none());
    // A heavy stratum that has shown no value is worth one more of its trials: three times as many say something else.
    for (strata, rule) in random_samples().filter(|(strata, _)| strata.iter().all(|s| !s.values.is_empty())) {
        let more = strata.iter().map(|stratum| {
            let values = stratum.values.iter().flat_map(|x| [*x; 3]).collect();
            StratumValues { trials: 3 * stratum.trials, values, ..*stratum }
        });
        let (few, more) =
            (estimates(&with_rule(strata.clone(), rule)), estimates(&with_rule(more.collect(), rule)));
        for ((name, _, few), (_, _, more)) in few.into_iter().zip(more) {
            assert!(open(more) <= open(few), "{name}: {few:?}, then {more:?} of {strata:?} {rule}");
        }
    }
}
