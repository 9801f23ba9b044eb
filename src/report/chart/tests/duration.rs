//! Tests of durations: strips with numbers, also of what never varies and of what never ends.

use crate::report::chart::checks::{marks, sound, text as said};
use crate::report::chart::duration::*;
use crate::report::chart::pen::Item;
use crate::report::sample;
use crate::study::summarise;

fn sampled() -> Summary {
    let (plan, outcomes) = sample::study(200);
    summarise(&plan, &outcomes)
}

#[test]
fn every_strategy_has_its_percentiles_as_numbers() {
    let summary = sampled();
    let chart = picture(&summary);
    sound(&chart);
    for (index, strategy) in summary.strategies.iter().enumerate() {
        assert_eq!(marks(&chart, index), 1);
        for percent in [1.0, 10.0, 50.0, 90.0, 99.0] {
            let words = text::duration(percentile(strategy, percent).unwrap());
            assert!(said(&chart).lines().any(|line| line == words), "{words}");
        }
        assert!(chart.description().contains(&words(strategy)));
    }
    assert!(chart.title().starts_with("The median rollout takes "), "{}", chart.title());
}

#[test]
fn what_never_varies_is_a_solid_tick_with_its_number() {
    let mut summary = sampled();
    for strategy in &mut summary.strategies {
        strategy.duration_percentiles.iter_mut().for_each(|p| p.duration_ms = 7_200_000.0);
    }
    let chart = picture(&summary);
    sound(&chart);
    assert!(!said(&chart).contains("middle half"), "there is none");
    let is_tick = |item: &&Item| matches!(item, Item::Rect { ink: Ink::Text, corners, .. } if corners.2 - corners.0 >= 5);
    assert_eq!(chart.items.iter().filter(is_tick).count(), 7 + 1, "seven rows and a sign");
    assert!(said(&chart).matches("2h").count() >= 35);
}

#[test]
fn strategies_that_never_complete_are_said() {
    let mut summary = sampled();
    summary.strategies[1].duration_percentiles.clear();
    let chart = picture(&summary);
    sound(&chart);
    assert_eq!(said(&chart).matches("no rollout reached every host").count(), 1);
    summary.strategies.iter_mut().for_each(|strategy| strategy.duration_percentiles.clear());
    let none = picture(&summary);
    sound(&none);
    assert_eq!(none.title(), "No rollout reached every host");
}

#[test]
fn strips_are_sorted_and_those_without_go_last() {
    let mut summary = sampled();
    summary.strategies[2].duration_percentiles.clear();
    let lines = said(&picture(&summary));
    let at = |name: &str| lines.find(&format!("\n{name}")).unwrap_or_else(|| panic!("{name} is missing"));
    assert!(at("all-at-once") < at("doubling-waves") && at("doubling-waves") < at("nine-day-ring"));
    assert!(at("nine-day-ring") < at("region-by-region"), "strategies without a value go last");
}
