//! Tests of the trade-off: points, names, proofs, and what is drawn where one of the two is missing.

use crate::outcome::Ending;
use crate::plan::{Bound, Level};
use crate::report::chart::checks::{marks, sound, text as said};
use crate::report::chart::pen::Item;
use crate::report::chart::trade_off::*;
use crate::report::sample;
use crate::study::summarise;
use crate::study::threshold::ThresholdResult;
use crate::study::verdict::{MeasureChange, Verdict};

fn sampled(trials: u64) -> Summary {
    let (plan, outcomes) = sample::study(trials);
    summarise(&plan, &outcomes)
}

#[test]
fn every_strategy_has_a_name_a_point_and_words() {
    let summary = sampled(300);
    let chart = picture(&summary);
    sound(&chart);
    for (index, strategy) in summary.strategies.iter().enumerate() {
        assert!(said(&chart).contains(&strategy.name), "{} is missing", strategy.name);
        assert_eq!(marks(&chart, index), 1);
        assert!(chart.description().contains(&format!("{}: every host in", strategy.name)));
    }
    assert!(said(&chart).contains("amazon-five-waves (baseline)"));
    assert!(said(&chart).contains("log scale"));
    assert_eq!(chart, picture(&summary));
}

#[test]
fn the_title_claims_what_is_proved() {
    let title = picture(&sampled(500)).title().to_owned();
    assert!(title.starts_with("nine-day-ring does the least harm, "), "{title}");
    assert!(title.ends_with("all-at-once is the fastest, at 18m"), "{title}");
    let mut summary = sampled(300);
    for strategy in &mut summary.strategies {
        strategy.beaten_by = None;
        let against = strategy.metrics.iter_mut().filter_map(|metric| metric.against_baseline.as_mut());
        against.for_each(|difference| difference.verdict = MeasureChange::Inconclusive);
    }
    for leader in [&mut summary.fastest, &mut summary.safest] {
        leader.as_mut().unwrap().not_clearly_worse.push("region-by-region".to_owned());
    }
    let few = picture(&summary);
    assert_eq!(few.title(), "Nothing here is proved faster or safer than amazon-five-waves");
    assert!(!said(&few).contains("another is proved"), "nobody is shown to be beaten");
    assert!(said(&picture(&sampled(500))).contains("another is proved at least as fast and as safe"));
}

#[test]
fn strategies_that_never_complete_stand_aside() {
    let (plan, mut outcomes) = sample::study(100);
    for outcome in &mut outcomes.by_strategy[2] {
        outcome.ending = Ending::FalseRollback;
    }
    let summary = summarise(&plan, &outcomes);
    let chart = picture(&summary);
    sound(&chart);
    if summary.strategies[2].metric(summary.harm).mean.is_some() {
        assert!(said(&chart).lines().any(|line| line == "never"));
    } else {
        assert!(said(&chart).contains("without bad changes: region-by-region."));
    }
}

/// As many strategies, copies of the first seven.
fn many(count: usize) -> Summary {
    let mut summary = sampled(50);
    let copy = |index: usize| {
        let mut strategy = summary.strategies[index % 7].clone();
        strategy.name = format!("strategy-{index}-of-many-with-a-name-that-is-far-too-long-{index}");
        strategy.is_baseline = index == 4;
        strategy
    };
    summary.strategies = (0..count).map(copy).collect();
    summary
}

#[test]
fn many_strategies_are_numbered_and_listed_and_equal_points_fan_out() {
    let summary = many(40);
    let chart = picture(&summary);
    sound(&chart);
    for index in 0..40 {
        assert!(said(&chart).lines().any(|line| line == (index + 1).to_string()), "no number {}", index + 1);
        assert!(said(&chart).contains(&format!("strategy-{index}-of")));
        assert_eq!(marks(&chart, index), 2, "a point and a line of the list");
    }
    assert!(said(&chart).contains("far-too-long-29"), "the end of a name tells it from its relatives");
    assert!(said(&chart).contains("set aside from its spot"));
    let dots = dots(&summary);
    let trade_off = TradeOff::new(&summary, &dots, &[]);
    for (index, (_, one)) in trade_off.spots.iter().enumerate() {
        let near =
            |(_, other): &&(Point, Point)| (one.0 - other.0).abs() < APART && (one.1 - other.1).abs() < APART;
        assert_eq!(trade_off.spots[..index].iter().find(near), None, "{one:?}");
    }
}

#[test]
fn without_harm_speed_is_drawn_alone_and_without_completions_harm() {
    let (plan, mut outcomes) = sample::study(60);
    let endings: Vec<Vec<Ending>> =
        outcomes.by_strategy.iter().map(|row| row.iter().map(|o| o.ending).collect()).collect();
    for outcome in outcomes.by_strategy.iter_mut().flatten() {
        outcome.ending = Ending::Caught;
    }
    let chart = picture(&summarise(&plan, &outcomes));
    sound(&chart);
    assert!(chart.title().starts_with("No rollout reached every host; "), "{}", chart.title());
    assert!(said(&chart).contains("harm is drawn alone") && !said(&chart).contains("median time"));
    for (row, endings) in outcomes.by_strategy.iter_mut().zip(endings) {
        for (outcome, ending) in row.iter_mut().zip(endings) {
            (outcome.ending, outcome.defect) = (ending, None);
            (outcome.impaired_host_ms, outcome.failed_requests) = (0, 0.0);
        }
    }
    let chart = picture(&summarise(&plan, &outcomes));
    sound(&chart);
    assert!(chart.title().starts_with("Nothing was harmed in these trials; "), "{}", chart.title());
    assert!(said(&chart).contains("speed is drawn alone") && (0..7).all(|index| marks(&chart, index) == 1));
}

#[test]
fn zero_blast_radius_is_drawn_on_the_floor() {
    let (plan, mut outcomes) = sample::study(100);
    for outcome in &mut outcomes.by_strategy[6] {
        (outcome.impaired_host_ms, outcome.failed_requests) = (0, 0.0);
    }
    let chart = picture(&summarise(&plan, &outcomes));
    sound(&chart);
    assert!(said(&chart).contains(", 0 requests"), "{}", said(&chart));
}

#[test]
fn unbounded_ends_have_arrows_and_limits_are_lines() {
    let mut summary = sampled(100);
    for metric in &mut summary.strategies[0].metrics {
        if let Some(mean) = &mut metric.mean {
            mean.interval.high = None;
        }
    }
    let limit = |metric, statistic, bound| ThresholdResult {
        metric,
        statistic,
        strategy: "region-by-region".to_owned(),
        bound: Bound::Max(bound),
        level: Level::Error,
        n: 100,
        measured: None,
        interval: Interval::UNBOUNDED,
        confidence: 0.95,
        verdict: Verdict::Inconclusive,
        trials_needed: None,
    };
    summary.thresholds =
        vec![limit(SPEED_METRIC, Statistic::P50, 3.6e6), limit(summary.harm, Statistic::Mean, 5e5)];
    let chart = picture(&summary);
    sound(&chart);
    for words in ["limit: at most 1h for region-by-region", "end that the trials do not bound", "limit"] {
        assert!(said(&chart).contains(words), "{words}");
    }
    let is_limit = |item: &&Item| matches!(item, Item::Line { ink: Ink::Harm, dash, points, .. } if *dash == LIMIT && points.len() == 2);
    assert_eq!(chart.items.iter().filter(is_limit).count(), 3, "two lines and their sign");
}

#[test]
fn one_strategy_is_a_trade_off_too() {
    let mut summary = sampled(100);
    summary.strategies.truncate(1);
    let chart = picture(&summary);
    sound(&chart);
    assert!(chart.title().starts_with("all-at-once reaches every host in 18m"), "{}", chart.title());
}
