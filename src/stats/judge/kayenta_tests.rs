//! Tests of Kayenta's judge: what it calls what, how often it is wrong, and its score.

use super::*;
use crate::stats::special::normal_quantile;
use crate::stats::test_uniforms::Uniforms;
use Classification::{High, Low, NoData, Pass};

/// `count` normal values.
fn normal(uniforms: &mut Uniforms, count: usize, mean: f64, deviation: f64) -> Vec<f64> {
    (0..count).map(|_| mean + deviation * normal_quantile(uniforms.next())).collect()
}

fn judged(judge: Judge, canary: &[f64], baseline: &[f64]) -> Classification {
    judge.judge(canary, baseline).classification
}

#[test]
fn far_apart_is_high_or_low_where_that_is_minded() {
    let mut uniforms = Uniforms(10);
    let (more, less) = (normal(&mut uniforms, 30, 20.0, 2.0), normal(&mut uniforms, 30, 10.0, 2.0));
    let with = |direction| Judge { direction, ..Judge::default() };
    for (direction, up, down) in
        [(Direction::Either, High, Low), (Direction::Increase, High, Pass), (Direction::Decrease, Pass, Low)]
    {
        assert_eq!(judged(with(direction), &more, &less), up, "{direction:?}");
        assert_eq!(judged(with(direction), &less, &more), down, "{direction:?}");
    }
    let judgement = Judge::default().judge(&more, &less);
    assert!((judgement.ratio.unwrap() - 2.0).abs() < 0.1 && !judgement.critical);
}

#[test]
fn the_shift_must_clear_a_quarter_of_its_estimate() {
    // The estimate is 1.65, a quarter of it 0.4125; the interval begins at 0.6.
    let canary = [5.1, 6.3, 4.8, 7.7, 5.1, 6.9, 8.2, 5.6, 6.3, 7.1, 9.4, 5.9];
    let baseline = [4.2, 5.3, 3.9, 4.8, 5.0, 4.4, 6.1, 4.2, 5.7, 3.6];
    for (tolerance, verdict, mirrored) in
        [(0.0, High, Low), (0.25, High, Low), (0.36, High, Low), (0.37, Pass, Pass)]
    {
        let judge = Judge { tolerance, ..Judge::default() };
        assert_eq!(judged(judge, &canary, &baseline), verdict, "{tolerance}");
        assert_eq!(judged(judge, &baseline, &canary), mirrored, "{tolerance}");
    }
    // The confidence decides where the interval begins: 0.7 with 95 %.
    let judge = Judge { confidence: 0.95, tolerance: 0.4, ..Judge::default() };
    assert_eq!(judged(judge, &canary, &baseline), High);
}

#[test]
fn what_cannot_differ_passes_untested() {
    let judge = Judge::default();
    for (canary, baseline) in [
        (&[3.0, 1.0, 2.0][..], &[1.0, 2.0, 3.0][..]),
        (&[0.0, 0.0, 0.0], &[0.0, 0.0]),
        (&[7.0; 5], &[7.0; 9]),
        (&[0.0, -0.0], &[-0.0, -0.0]),
    ] {
        let judgement = judge.judge(canary, baseline);
        assert_eq!((judgement.classification, judgement.shift), (Pass, None), "{canary:?}");
    }
    // One value a side, and another on the other: no noise is needed to see it.
    assert_eq!(judged(judge, &[2.0; 5], &[1.0; 5]), High);
    assert_eq!(judged(judge, &[0.0; 5], &[1.0; 5]), Low);
}

#[test]
fn missing_data_are_left_out_or_zero() {
    let nan = f64::NAN;
    let judge = Judge::default();
    let values: Vec<f64> = (0..20).map(|i| 10.0 + f64::from(i % 7)).collect();
    let holes: Vec<f64> = values.iter().flat_map(|value| [*value, nan, nan, nan]).collect();
    assert_eq!(judged(judge, &holes, &values), Pass, "the same but for what is missing");
    let zero = Judge { missing: Missing::Zero, ..judge };
    assert_eq!(judged(zero, &holes, &values), Low, "three values in four are 0");
    for (canary, baseline) in [(&[][..], &values[..]), (&values, &[]), (&[nan, nan], &values)] {
        let judgement = judge.judge(canary, baseline);
        assert_eq!((judgement.classification, judgement.critical), (NoData, false));
        assert!(judgement.shift.is_none() && judgement.ratio.is_none());
        let critical = Judge { critical: Some(Effect::MeanRatio.anything()), ..judge };
        assert!(critical.judge(canary, baseline).critical, "nothing is known of a critical metric");
    }
    assert_eq!(judged(zero, &[], &values), Pass, "nobody reports what did not happen");
    assert_eq!(judged(zero, &[nan; 20], &values), Low, "zeros");
}

#[test]
fn an_effect_size_asks_how_much() {
    let mut uniforms = Uniforms(11);
    let baseline = normal(&mut uniforms, 60, 10.0, 1.0);
    let canary: Vec<f64> = normal(&mut uniforms, 60, 12.0, 1.0);
    let with = |effect: Effect, decrease, increase| Judge {
        effect,
        allowed: Bounds { decrease, increase },
        ..Judge::default()
    };
    for (judge, up, down) in [
        (with(Effect::MeanRatio, 0.9, 1.1), High, Low),
        (with(Effect::MeanRatio, 0.8, 1.3), Pass, Pass),
        (with(Effect::CommonLanguage, 0.5, 0.5), High, Low),
        (with(Effect::CommonLanguage, 0.3, 0.7), High, Low),
        (with(Effect::CommonLanguage, 0.01, 0.99), Pass, Pass),
    ] {
        assert_eq!(judged(judge, &canary, &baseline), up, "{judge:?}");
        assert_eq!(judged(judge, &baseline, &canary), down, "{judge:?}");
    }
    // A mean of 0 has no ratio, and then none is asked for.
    let strict = with(Effect::MeanRatio, 0.1, 100.0);
    assert_eq!(judged(strict, &baseline, &[0.0; 60]), High);
    assert_eq!(judged(strict, &[0.0; 60], &baseline), Low);
    assert_eq!(strict.judge(&baseline, &[0.0; 60]).ratio, None);
}

#[test]
fn a_critical_metric_fails_the_canary_from_its_own_size_on() {
    let mut uniforms = Uniforms(12);
    let baseline = normal(&mut uniforms, 60, 10.0, 1.0);
    let canary: Vec<f64> = normal(&mut uniforms, 60, 20.0, 1.0);
    let with =
        |decrease, increase| Judge { critical: Some(Bounds { decrease, increase }), ..Judge::default() };
    for (judge, up, down) in
        [(with(1.0, 1.0), true, true), (with(0.6, 1.8), true, true), (with(0.4, 2.5), false, false)]
    {
        let (more, less) = (judge.judge(&canary, &baseline), judge.judge(&baseline, &canary));
        assert_eq!((more.classification, more.critical), (High, up), "{judge:?}");
        assert_eq!((less.classification, less.critical), (Low, down), "{judge:?}");
    }
    assert!(!with(1.0, 1.0).judge(&baseline, &baseline).critical, "what passes is not critical");
}

#[test]
fn three_values_above_three_are_high_to_kayenta_and_nothing_to_the_exact_law() {
    let (canary, baseline) = ([5.0, 6.0, 7.0], [1.0, 2.0, 3.5]);
    assert_eq!(judged(Judge::default(), &canary, &baseline), High);
    assert_eq!(judged(Judge { law: Law::Exact, ..Judge::default() }, &canary, &baseline), Pass);
    // How often that happens by chance: 2 of the 20 ways to deal six values.
    let law = |law| {
        let values = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0];
        let deals = (0_u32..64).filter(|chosen| chosen.count_ones() == 3);
        let verdict = |chosen: u32| {
            let side = |own| (0..6).filter(|i| (chosen >> i & 1 == 1) == own).map(|i| values[i]).collect();
            let (canary, baseline): (Vec<f64>, Vec<f64>) = (side(true), side(false));
            judged(Judge { tolerance: 0.0, law, ..Judge::default() }, &canary, &baseline)
        };
        deals.filter(|chosen| verdict(*chosen) != Pass).count()
    };
    assert_eq!((law(Law::Normal), law(Law::Exact)), (2, 0));
}

#[test]
fn equal_sides_are_called_different_in_less_than_two_of_a_hundred() {
    // 98 % two-sided, as the documentation promises; fifty datapoints, as it advises. The tolerance takes a little.
    let judge = Judge::default();
    let mut uniforms = Uniforms(13);
    let runs = 4000;
    let mut wrong = (0, 0);
    for _ in 0..runs {
        let canary = normal(&mut uniforms, 50, 10.0, 3.0);
        let baseline = normal(&mut uniforms, 50, 10.0, 3.0);
        match judged(judge, &canary, &baseline) {
            High => wrong.0 += 1,
            Low => wrong.1 += 1,
            Pass | NoData => {}
        }
    }
    println!("high {} and low {} of {runs} equal pairs", wrong.0, wrong.1);
    let share = f64::from(wrong.0 + wrong.1) / f64::from(runs);
    let error = libm::sqrt(0.02 * 0.98 / f64::from(runs));
    assert!(share < 0.02 + 4.5 * error && share > 0.002, "{wrong:?}");
}

#[test]
fn power_grows_with_the_shift_and_with_the_datapoints() {
    let power = |count: usize, shift: f64, seed| {
        let mut uniforms = Uniforms(seed);
        let found = (0..1000).filter(|_| {
            let canary = normal(&mut uniforms, count, 10.0 + shift, 1.0);
            judged(Judge::default(), &canary, &normal(&mut uniforms, count, 10.0, 1.0)) == High
        });
        found.count()
    };
    let found = [(50, 0.25), (50, 0.5), (50, 1.0), (200, 0.5), (10, 1.0)]
        .map(|(count, shift)| power(count, shift, 14 + count as u64));
    println!("power of 1000: {found:?}");
    assert!(found[0] < found[1] && found[1] < found[2] && found[1] < found[3], "{found:?}");
    assert!(found[2] > 950 && found[3] > 950 && found[4] < 500, "{found:?}");
}

fn metric(classification: Classification) -> Judgement {
    Judgement { classification, critical: false, must_have_data: false, shift: None, ratio: None }
}

fn group(weight: Option<f64>, metrics: &[Classification]) -> Group {
    Group { weight, metrics: metrics.iter().map(|classification| metric(*classification)).collect() }
}

#[test]
fn the_score_is_the_share_that_passes_by_group_and_weight() {
    assert_eq!(score(&[group(None, &[Pass, Pass, High])]), 66.67);
    assert_eq!(score(&[group(Some(70.0), &[Pass, Low]), group(None, &[Pass])]), 65.0);
    assert_eq!(
        score(&[group(Some(40.0), &[High]), group(None, &[Pass]), group(None, &[Pass, Pass, Low, Pass])]),
        52.5
    );
    assert_eq!(score(&[group(None, &[Pass, Pass, NoData])]), 100.0, "left out");
    assert_eq!(score(&[group(Some(50.0), &[NoData]), group(Some(50.0), &[High, Pass, Pass])]), 83.33);
}

#[test]
fn critical_failures_and_too_little_data_score_nothing() {
    assert_eq!(score(&[group(None, &[Pass, NoData])]), 0.0, "half have no data");
    assert_eq!(score(&[group(None, &[Pass, Pass, NoData])]), 100.0);
    let mut groups = vec![group(None, &[Pass, Pass, Pass, Pass, High])];
    assert_eq!(score(&groups), 80.0);
    groups[0].metrics[4].critical = true;
    assert_eq!(score(&groups), 0.0);
    // What must have data fails without, and is not what is left out.
    let mut groups = vec![group(None, &[Pass, NoData])];
    groups[0].metrics[1].must_have_data = true;
    assert_eq!(score(&groups), 50.0);
    assert_eq!(
        [100.0, 95.0, 94.99, 75.0, 74.99].map(|score| outcome(score, PASS, MARGINAL)),
        [Outcome::Pass, Outcome::Pass, Outcome::Marginal, Outcome::Marginal, Outcome::Fail]
    );
}
