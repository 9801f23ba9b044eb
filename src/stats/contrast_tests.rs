//! Tests of contrasts: known values, pairing, coverage.

use super::*;
use crate::stats::test_uniforms::Uniforms;

fn draws(key: u64, weight: f64, values: Vec<f64>) -> Draws {
    Draws { key, weight, values: values.into_iter().map(Some).collect(), settled: false, group: 0 }
}

fn exponentials(uniforms: &mut Uniforms, n: usize) -> Vec<f64> {
    (0..n).map(|_| -libm::log(uniforms.next())).collect()
}

#[test]
fn one_stratum_of_pairs_is_the_paired_mean() {
    let a = vec![1.0, 4.0, 2.0, 8.0, 5.0, 7.0];
    let b = vec![1.5, 4.5, 3.0, 8.0, 6.0, 9.0];
    let differences: Vec<f64> = b.iter().zip(&a).map(|(b, a)| b - a).collect();
    let expected = crate::stats::mean(&Sample::plain(differences)).unwrap();
    let side = |values| Linearised::mean(&[draws(1, 1.0, values)]).unwrap();
    let (value, interval) = difference(&side(b), &side(a), 1.0, crate::stats::TAIL);
    assert!((value - expected.value).abs() < 1e-12);
    assert!((interval.low.unwrap() - expected.interval.low.unwrap()).abs() < 1e-9);
    assert!((interval.high.unwrap() - expected.interval.high.unwrap()).abs() < 1e-9);
}

#[test]
fn what_both_have_in_common_cancels() {
    let mut uniforms = Uniforms(1);
    let a = exponentials(&mut uniforms, 400);
    let b: Vec<f64> = a.iter().map(|x| x * 1.1).collect();
    let width = |b: &Linearised, a: &Linearised, times| {
        let (_, interval) = difference(b, a, times, 0.025);
        interval.high.unwrap() - interval.low.unwrap()
    };
    let mean = |key, values: &[f64]| Linearised::mean(&[draws(key, 1.0, values.to_vec())]).unwrap();
    let (paired, apart) = (width(&mean(1, &b), &mean(1, &a), 1.0), width(&mean(2, &b), &mean(1, &a), 1.0));
    assert!(paired < apart / 10.0, "{paired} {apart}");
    assert!(width(&mean(1, &b), &mean(1, &a), 1.1) < 1e-9, "in proportion there is no doubt at all");
    let p90 =
        |key, values: &[f64]| Linearised::quantile(&[draws(key, 1.0, values.to_vec())], false, 0.9, 0.025);
    let (paired, apart) = (
        width(&p90(1, &b).unwrap(), &p90(1, &a).unwrap(), 1.0),
        width(&p90(2, &b).unwrap(), &p90(1, &a).unwrap(), 1.0),
    );
    assert!(paired < apart / 5.0, "{paired} {apart}");
}

#[test]
fn weights_may_differ_between_the_sides() {
    // The same values, but the second stratum has become twice as likely: the mean moves by 0.1 * 50.
    let values = |key: u64, level: f64| (0..50).map(|i| level + f64::from(i % 3) + key as f64).collect();
    let side = |rare: f64| {
        let parts = [draws(0, 1.0 - rare, values(0, 0.0)), draws(1, rare, values(1, 49.0))];
        Linearised::mean(&parts).unwrap()
    };
    let (value, interval) = difference(&side(0.2), &side(0.1), 1.0, 0.025);
    assert!((value - 5.0).abs() < 1e-9, "{value}");
    assert!(interval.low.unwrap() > 4.9 && interval.high.unwrap() < 5.1, "{interval:?}");
}

/// Shares of 2000 comparisons whose interval lies below, and above, the true difference.
fn misses(truth: f64, mut compare: impl FnMut(&mut Uniforms) -> (f64, Interval)) -> (f64, f64) {
    let mut uniforms = Uniforms(11);
    let (mut below, mut above) = (0.0, 0.0);
    for _ in 0..2000 {
        let (_, interval) = compare(&mut uniforms);
        below += f64::from(u8::from(interval.is_at_most(truth)));
        above += f64::from(u8::from(interval.is_above(truth)));
    }
    (below / 2000.0, above / 2000.0)
}

/// Two sides that share half of their luck: exponentials with means 1 and 1.2 in a common stratum, and 10
/// and 11 in a rare one, of which a fifth does not count on the first side.
fn two_sides(uniforms: &mut Uniforms) -> (Vec<Draws>, Vec<Draws>) {
    let mut sides = (Vec::new(), Vec::new());
    for (key, weight, of_a, of_b) in [(1, 0.9, 1.0, 1.2), (2, 0.1, 10.0, 11.0)] {
        let (mut a, mut b) = (Vec::new(), Vec::new());
        for _ in 0..150 {
            let (shared, own, counts) = (uniforms.next(), uniforms.next(), uniforms.next());
            let e = -libm::log(shared);
            let other = if own < 0.5 { e } else { -libm::log(2.0 * own - 1.0) };
            a.push((key == 1 || counts > 0.2).then_some(e * of_a));
            b.push(Some(other * of_b));
        }
        sides.0.push(Draws { key, weight, values: a, settled: false, group: 0 });
        sides.1.push(Draws { key, weight, values: b, settled: false, group: 0 });
    }
    sides
}

#[test]
fn differences_of_means_are_covered() {
    let mean_a = (0.9 + 0.08 * 10.0) / 0.98;
    let (below, above) = misses(0.9 * 1.2 + 1.1 - mean_a, |uniforms| {
        let (a, b) = two_sides(uniforms);
        difference(&Linearised::mean(&b).unwrap(), &Linearised::mean(&a).unwrap(), 1.0, 0.025)
    });
    // 2.5 % on a side is 4 % in 2000 draws with probability 1e-5.
    assert!(below < 0.045 && above < 0.04, "misses {below} below, {above} above");
    assert!(below + above > 0.02, "{below} + {above}: too wide");
}

#[test]
fn differences_of_percentiles_are_covered() {
    // The 90th percentiles of the two mixtures, by bisection of their survival functions.
    let root = |survival: &dyn Fn(f64) -> f64| {
        let (mut low, mut high) = (0.0, 100.0);
        for _ in 0..80 {
            let middle = 0.5 * (low + high);
            if survival(middle) > 0.1 { low = middle } else { high = middle }
        }
        low
    };
    let of_a = root(&|x| (0.9 * libm::exp(-x) + 0.08 * libm::exp(-x / 10.0)) / 0.98);
    let of_b = root(&|x| 0.9 * libm::exp(-x / 1.2) + 0.1 * libm::exp(-x / 11.0));
    let (below, above) = misses(of_b - of_a, |uniforms| {
        let (a, b) = two_sides(uniforms);
        let p90 = |draws: &[Draws]| Linearised::quantile(draws, false, 0.9, 0.025).unwrap();
        difference(&p90(&b), &p90(&a), 1.0, 0.025)
    });
    assert!(below < 0.045 && above < 0.045, "misses {below} below, {above} above");
}

#[test]
fn no_trial_that_counts_is_no_statistic() {
    let empty = [Draws { key: 1, weight: 1.0, values: vec![None; 5], settled: false, group: 0 }];
    assert_eq!(Linearised::mean(&empty), None);
    assert_eq!(Linearised::quantile(&empty, false, 0.5, 0.025), None);
    assert_eq!(Linearised::tail_mean(&empty, 0.99), None);
}
