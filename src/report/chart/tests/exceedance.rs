//! Tests of the exceedance: all strategies are there, none is hidden, the tail's doubt and the limits are drawn.

use crate::plan::Level;
use crate::report::chart::checks::{marks, sound, text as said, words};
use crate::report::chart::exceedance::*;
use crate::report::chart::pen::Item;
use crate::report::sample;
use crate::stats::Interval;
use crate::study::summarise;
use crate::study::threshold::ThresholdResult;
use crate::study::verdict::Verdict;

fn sampled(trials: u64) -> Summary {
    let (plan, outcomes) = sample::study(trials);
    summarise(&plan, &outcomes)
}

#[test]
fn rare_shares_are_said_in_changes() {
    assert_eq!(
        [0.5, 1e-3, 1e-4, 1e-6, 1e-8].map(share),
        ["50 %", "0.1 %", "0.01 %", "0.0001 %", "1 in 100M"]
    );
}

#[test]
fn all_strategies_are_listed_even_harmless_ones() {
    let (plan, mut outcomes) = sample::study(300);
    outcomes.by_strategy[6].iter_mut().for_each(|outcome| outcome.impaired_host_ms = 0);
    let summary = summarise(&plan, &outcomes);
    let chart = picture(&summary);
    sound(&chart);
    for (index, strategy) in summary.strategies.iter().enumerate() {
        assert!(said(&chart).contains(&strategy.name), "{} is missing", strategy.name);
        assert_eq!(
            marks(&chart, index),
            if index == 6 { 1 } else { 2 },
            "its curve, and its line of the list"
        );
    }
    assert!(said(&chart).contains("no bad change did harm"));
    assert!(chart.title().starts_with("1 in 100 bad changes costs at least "), "{}", chart.title());
}

#[test]
fn the_list_is_in_the_order_that_it_says() {
    let summary = sampled(300);
    let listed: Vec<String> = words(&picture(&summary)).into_iter().map(|(words, _)| words).collect();
    let worst: Vec<f64> = listed
        .iter()
        .filter(|line| line.contains(", worst "))
        .map(|line| summary.strategies.iter().find(|s| amounts(s) == **line).unwrap())
        .map(|strategy| strategy.metric(BLAST_METRIC).max.unwrap())
        .collect();
    assert_eq!(worst.len(), 7);
    assert!(worst.is_sorted_by(|a, b| a >= b), "{worst:?}");
}

#[test]
fn the_tail_is_in_doubt_and_equal_curves_are_both_seen() {
    let mut summary = sampled(300);
    let is_band = |item: &&Item| matches!(item, Item::Area { opacity, .. } if *opacity == BAND);
    let bands = |picture: &Picture| picture.items.iter().filter(is_band).count();
    assert_eq!(bands(&picture(&summary)), 3, "baseline, least and most");
    summary.strategies[2] = crate::study::summary::StrategySummary {
        name: "twin".to_owned(),
        is_baseline: false,
        ..summary.strategies[4].clone()
    };
    let twins = picture(&summary);
    sound(&twins);
    assert!(said(&twins).contains("equal curves, side by side"));
    let path = |index: usize| {
        let ink = look(index).0;
        let is_curve = |item: &&Item| matches!(item, Item::Line { ink: found, points, .. } if *found == ink && points.len() > 6);
        twins.items.iter().find(is_curve).cloned()
    };
    let (Some(Item::Line { points: one, .. }), Some(Item::Line { points: other, .. })) = (path(2), path(4))
    else {
        panic!("two curves");
    };
    assert_ne!(one, other);
}

#[test]
fn limits_on_percentiles_are_corners() {
    let mut summary = sampled(200);
    summary.thresholds = vec![ThresholdResult {
        metric: BLAST_METRIC,
        statistic: Statistic::P99,
        strategy: "region-by-region".to_owned(),
        bound: Bound::Max(6e7),
        level: Level::Error,
        n: 100,
        measured: None,
        interval: Interval::UNBOUNDED,
        confidence: 0.95,
        verdict: Verdict::Inconclusive,
        trials_needed: None,
    }];
    let chart = picture(&summary);
    sound(&chart);
    assert!(said(&chart).contains("limit: p99 at most 1,000"), "{}", said(&chart));
}

#[test]
fn no_harm_is_said() {
    let (plan, mut outcomes) = sample::study(20);
    outcomes.by_strategy.iter_mut().flatten().for_each(|outcome| outcome.defect = None);
    let chart = picture(&summarise(&plan, &outcomes));
    sound(&chart);
    assert_eq!(chart.title(), "No bad change did harm in these trials");
}

#[test]
fn curves_differ_without_colour() {
    let looks: Vec<_> =
        (0..20).map(|index| (look(index).1, look(index).2.len(), look(index).2.first().copied())).collect();
    for (index, own) in looks.iter().enumerate() {
        assert!(!looks[..index].contains(own), "strategy {index} looks like an earlier one");
    }
}
