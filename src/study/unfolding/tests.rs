//! The unfolding of a small plan, held against outcomes and against plain counting.

use super::*;
use crate::outcome::measures;
use crate::plan::Estimator;
use crate::rollout::simulate;
use crate::sim::Silent;
use crate::study::Weights;

fn small() -> Plan {
    Plan::load("scenarios/small.toml").expect("a valid scenario")
}

fn outcomes(plan: &Plan, strategy: usize, trials: u64) -> Vec<Outcome> {
    (0..trials).map(|trial| simulate(plan, strategy, trial, &mut Silent)).collect()
}

#[test]
fn zones_add_up_to_the_mean_harm_of_bad_changes() {
    let plan = small();
    let unfolding = unfolded(&plan, 120, &Nobody).unwrap();
    let weights = Weights::new(&plan, 120);
    for (strategy, unfolded) in unfolding.strategies.iter().enumerate() {
        let bad: Vec<(f64, f64)> = (0..)
            .zip(outcomes(&plan, strategy, 120))
            .filter(|(_, outcome)| outcome.has_defect())
            .map(|(trial, outcome)| (weights.of(trial), outcome.impaired_host_ms as f64))
            .collect();
        let all: f64 = bad.iter().map(|(weight, _)| weight).sum();
        let mean = bad.iter().map(|(weight, harm)| weight * harm).sum::<f64>() / all;
        let zones: f64 = unfolded.zones.iter().filter_map(|zone| Some(zone.host_ms?.value)).sum();
        assert!((zones / mean - 1.0).abs() < 1e-9, "{zones} and {mean}");
        assert!(unfolded.zones.iter().all(|zone| zone.impaired.is_some_and(|share| share.value <= 1.0)));
    }
}

#[test]
fn shares_of_a_funnel_make_a_whole_and_what_escapes_is_what_outcomes_say() {
    let mut plan = small();
    for estimator in [Estimator::ByDefect, Estimator::Plain] {
        plan.study.estimator = estimator;
        let unfolding = unfolded(&plan, 150, &Nobody).unwrap();
        for (strategy, unfolded) in unfolding.strategies.iter().enumerate() {
            let rows = unfolded.funnel(&plan, &|_| 1.0);
            let whole: f64 = rows.iter().map(|row| row.share.value).sum();
            assert!((whole - 1.0).abs() < 1e-9, "{rows:?}");
            for row in &rows {
                let by: f64 = row.by.iter().map(|(_, share)| share).sum();
                assert!(row.at == CaughtAt::Nowhere || (by - row.share.value).abs() < 1e-9, "{row:?}");
            }
            if estimator == Estimator::ByDefect {
                let (weights, mut of) = (Weights::new(&plan, 150), (0.0, 0.0));
                for (trial, outcome) in (0..).zip(outcomes(&plan, strategy, 150)) {
                    let weight = if outcome.has_defect() { weights.of(trial) } else { 0.0 };
                    of.1 += weight;
                    of.0 += if outcome.alarm_ms.is_none() { weight } else { 0.0 };
                }
                let never = rows.iter().find(|row| row.at == CaughtAt::Nowhere);
                let never = never.map_or(0.0, |row| row.share.value);
                assert!((never - of.0 / of.1).abs() < 1e-9, "{never} and {of:?}");
            }
        }
    }
}

#[test]
fn a_funnel_of_one_class_is_that_of_its_trials_alone() {
    let plan = small();
    let unfolding = unfolded(&plan, 150, &Nobody).unwrap();
    let crash = DefectId::new(0);
    let rows = unfolding.strategies[0].funnel(&plan, &|defect| f64::from(u8::from(defect == crash)));
    let own: Vec<Outcome> =
        outcomes(&plan, 0, 150).into_iter().filter(|outcome| outcome.defect == Some(crash)).collect();
    let one_box = own.iter().filter(|outcome| {
        outcome.notice.and_then(crate::outcome::Notice::alarm).is_some_and(|alarm| alarm.index() == 0)
    });
    let share = one_box.count() as f64 / own.len() as f64;
    let row = rows.iter().find(|row| row.at == CaughtAt::OneBox).unwrap();
    assert!((row.share.value - share).abs() < 1e-12, "{row:?} and {share}");
    assert_eq!(row.share.n, own.len() as u64);
}

#[test]
fn curves_rise_to_the_share_of_rollouts_that_complete() {
    let mut plan = small();
    plan.change.bad_probability = 0.0;
    let unfolding = unfolded(&plan, 60, &Nobody).unwrap();
    for (strategy, unfolded) in unfolding.strategies.iter().enumerate() {
        // Brute force: the median of good changes is where half of them are at that instant.
        let times: Vec<u64> = outcomes(&plan, strategy, 60).iter().filter_map(|o| o.to_100_ms).collect();
        for (index, at_ms) in unfolding.instants_ms.iter().enumerate() {
            let there = times.iter().filter(|time| *time <= at_ms).count();
            let median = unfolded.exposure.rows[2][index];
            assert_eq!(median >= 1.0, there > 30, "strategy {strategy} at {at_ms}: {there} of 60, {median}");
        }
        assert!(unfolded.impairment.rows.iter().all(|row| row.is_empty() || row.iter().all(|x| *x == 0.0)));
        assert!(unfolded.zones.iter().all(|zone| zone.impaired.is_none()));
        assert!(unfolded.funnel(&plan, &|_| 1.0).is_empty());
    }
}

#[test]
fn percentiles_do_not_cross_and_the_nearest_trial_is_one_that_completed() {
    let plan = small();
    let unfolding = unfolded(&plan, 100, &Nobody).unwrap();
    assert!(unfolding.instants_ms.is_sorted() && unfolding.instants_ms.len() > 100);
    for (strategy, unfolded) in unfolding.strategies.iter().enumerate() {
        for fan in [&unfolded.exposure, &unfolded.impairment] {
            for pair in fan.rows.windows(2) {
                assert!(pair[0].iter().zip(&pair[1]).all(|(low, high)| low <= high && *high <= 1.0));
            }
        }
        let (trial, time_ms) = unfolded.nearest(0.0).unwrap();
        let outcome = simulate(&plan, strategy, trial, &mut Silent);
        assert_eq!(measures::TIME_TO_100_MS.of(&outcome), Some(time_ms as f64));
    }
}
