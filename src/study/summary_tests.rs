//! Tests of the summary: populations, pairs, leaders, the front.

use super::*;
use crate::outcome::Outcome;
use crate::report::sample;
use crate::study::Outcomes;
use crate::study::verdict::Change;

#[test]
fn every_metric_counts_its_population() {
    let (plan, outcomes) = sample::study(500);
    let summary = summarise(&plan, &outcomes);
    for (strategy, row) in summary.strategies.iter().zip(&outcomes.by_strategy) {
        assert_eq!(strategy.metrics.len(), measures::ROLLOUT.len());
        let bad = row.iter().filter(|o| o.is_bad()).count() as u64;
        assert_eq!(strategy.metric(&measures::IMPAIRED_HOST_MS).n, bad);
        assert_eq!(strategy.metric(&measures::FALSE_ROLLBACK).n, 500 - bad);
        assert_eq!(strategy.metric(&measures::ISOLATION_VIOLATED).n, 500);
        let Endings { completed, escaped, caught, recalled, false_rollback } = strategy.endings;
        assert_eq!(completed + escaped + caught + recalled + false_rollback, 500);
        assert_eq!(strategy.metric(&measures::TIME_TO_100_MS).n, completed + escaped + recalled);
        assert_eq!(strategy.metric(&measures::ESCAPED).share.unwrap().count, escaped);
    }
}

#[test]
fn differences_are_paired_and_signed() {
    let (plan, outcomes) = sample::study(500);
    let summary = summarise(&plan, &outcomes);
    let against = |index: usize, metric| summary.strategies[index].metric(metric).against_baseline.clone();
    assert_eq!(against(4, &measures::IMPAIRED_HOST_MS), None);
    assert_eq!(against(0, &measures::IMPAIRED_HOST_MS).unwrap().verdict, Change::Regressed);
    assert_eq!(against(6, &measures::IMPAIRED_HOST_MS).unwrap().verdict, Change::Improved);
    assert_eq!(against(0, &measures::DURATION_MS).unwrap().verdict, Change::Improved);
    let both = outcomes.by_strategy[0].iter().zip(&outcomes.by_strategy[4]);
    let both = both.filter(|(a, b)| a.is_complete() && b.is_complete()).count() as u64;
    assert_eq!(against(0, &measures::DURATION_MS).unwrap().n, both);
}

#[test]
fn leaders_name_those_that_may_be_as_good() {
    let (plan, mut outcomes) = sample::study(500);
    outcomes.by_strategy[2] = outcomes.by_strategy[6].clone();
    let summary = summarise(&plan, &outcomes);
    let safest = summary.safest.unwrap();
    assert_eq!((safest.strategy.as_str(), safest.not_clearly_worse.len()), ("region-by-region", 1));
    assert_eq!(safest.not_clearly_worse[0], "nine-day-ring");
    assert_eq!(summary.fastest, Some(Leader { strategy: "all-at-once".into(), not_clearly_worse: vec![] }));
    let (plan, outcomes) = sample::study(0);
    assert_eq!(summarise(&plan, &outcomes).safest, None);
}

#[test]
fn five_pairs_decide_nothing() {
    let (plan, outcomes) = sample::study(500);
    let completed: Vec<usize> =
        (0..500).filter(|&t| outcomes.by_strategy.iter().all(|row| row[t].is_complete())).take(6).collect();
    let verdict = |trials: &[usize]| {
        let pick = |row: &Vec<Outcome>| trials.iter().map(|&t| row[t].clone()).collect();
        let few = Outcomes { by_strategy: outcomes.by_strategy.iter().map(pick).collect() };
        let summary = summarise(&plan, &few);
        summary.strategies[0].metric(&measures::TIME_TO_100_MS).against_baseline.as_ref().unwrap().verdict
    };
    assert_eq!(verdict(&completed[..5]), Change::Inconclusive);
    assert_eq!(verdict(&completed), Change::Improved);
}

#[test]
fn a_strategy_equal_to_the_baseline_shows_no_difference() {
    let (plan, mut outcomes) = sample::study(300);
    outcomes.by_strategy[2] = outcomes.by_strategy[4].clone();
    let summary = summarise(&plan, &outcomes);
    for metric in &summary.strategies[2].metrics {
        let difference = metric.against_baseline.as_ref().unwrap();
        assert_eq!(difference.verdict.between_strategies(), "no clear difference", "{}", metric.metric);
        assert!(difference.mean.is_none_or(|mean| mean.value == 0.0));
    }
    assert!(summary.strategies[2].on_front && summary.strategies[4].on_front, "equal points share the front");
}

#[test]
fn the_front_knows_who_beats_whom() {
    let (plan, outcomes) = sample::study(500);
    let summary = summarise(&plan, &outcomes);
    let off: Vec<_> = summary.strategies.iter().filter(|s| !s.on_front).collect();
    assert_eq!(off.len(), 1);
    assert_eq!(
        (off[0].name.as_str(), off[0].dominated_by.as_deref()),
        ("slow-and-uneven", Some("amazon-five-waves"))
    );
}
