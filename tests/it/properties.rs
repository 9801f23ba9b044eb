//! Relations that hold trial by trial, whatever the scenario: no oracle needed, all exact.

use crate::support;
use proptest::prelude::*;
use std::ffi::OsStr;
use std::fs;
use wavetank::ids::{AlarmId, DefectId};
use wavetank::outcome::{Ending, Outcome};
use wavetank::plan::{Estimator, Plan, RollbackScope};
use wavetank::random::Distribution;
use wavetank::rollout::{Engine, Model, RolloutEvent as Event, RolloutRecord};
use wavetank::sim::{Recorder, Silent};

fn outcomes(plan: &Plan, strategy: usize, trials: u64) -> Vec<Outcome> {
    let model = Model::new(plan);
    let mut engine = Engine::new(&model);
    (0..trials).map(|trial| engine.run(strategy, trial, &mut Silent)).collect()
}

/// Shipped scenarios with traffic, one without.
const SCENARIOS: [&str; 3] = ["scenarios/small.toml", "scenarios/hands-off.toml", "scenarios/r1-slow.toml"];

#[test]
fn skipping_evaluations_changes_nothing() {
    for file in SCENARIOS {
        let mut plan = support::plan(file, &[]);
        plan.change.bad_probability = 0.5;
        let model = Model::new(&plan);
        let (mut lazy, mut exhaustive) = (Engine::new(&model), Engine::exhaustive(&model));
        for strategy in 0..plan.strategies.len() {
            for trial in 0..12 {
                let expected = exhaustive.run(strategy, trial, &mut Silent);
                assert_eq!(lazy.run(strategy, trial, &mut Silent), expected, "{file} {strategy} {trial}");
            }
        }
    }
}

#[test]
fn skipping_evaluations_changes_no_byte_of_a_study() {
    // Limits so low that healthy hosts breach now and then: without doubt there would be nothing to search.
    let noisy = fs::read_to_string(support::project("scenarios/small.toml"))
        .unwrap()
        .replace("{ above = \"1.5%\"", "{ above = \"0.2%\"")
        .replace("{ above = \"1%\"", "{ above = \"0.13%\"");
    let dir = tempfile::TempDir::new().unwrap();
    fs::write(dir.path().join("noisy.toml"), noisy).unwrap();
    let run = |output: &str, options: &[&str]| {
        let mut command = assert_cmd::cargo::cargo_bin_cmd!("wavetank");
        command.current_dir(dir.path()).args(["run", "noisy.toml", "--trials", "40", "--output", output]);
        command.args(options).output().unwrap().stdout
    };
    assert_eq!(run("lazy", &[]), run("exhaustive", &["--exhaustive"]));
    let read = |output: &str, name: &OsStr| fs::read(dir.path().join(output).join(name)).unwrap();
    let names: Vec<_> =
        fs::read_dir(dir.path().join("lazy")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 7);
    for name in names {
        assert!(read("lazy", &name) == read("exhaustive", &name), "{name:?} differs");
    }
    let trials = String::from_utf8(read("lazy", "trials.csv".as_ref())).unwrap();
    for ending in ["completed", "caught", "false-rollback"] {
        assert!(trials.contains(ending), "no trial is {ending}");
    }
}

#[test]
fn skipping_evaluations_changes_nothing_under_noise() {
    // Alarms so noisy that candidates, thinning by hour and M of N all matter in every trial.
    let mut plan = support::plan("scenarios/small.toml", &[]);
    plan.fleet.background_error_ratio = 0.0095;
    let model = Model::new(&plan);
    let (mut lazy, mut exhaustive) = (Engine::new(&model), Engine::exhaustive(&model));
    let mut stopped = 0;
    for strategy in 0..plan.strategies.len() {
        for trial in 0..150 {
            let expected = exhaustive.run(strategy, trial, &mut Silent);
            assert_eq!(lazy.run(strategy, trial, &mut Silent), expected, "{strategy} {trial}");
            stopped += u32::from(expected.ending == Ending::FalseRollback);
        }
    }
    assert!(stopped > 20, "the noise must matter: {stopped} false rollbacks");
}

#[test]
fn a_trial_does_not_depend_on_the_trials_before_it() {
    for file in SCENARIOS {
        let plan = support::plan(file, &[]);
        let model = Model::new(&plan);
        let mut used = Engine::new(&model);
        for trial in (0..40).rev() {
            for strategy in 0..plan.strategies.len() {
                let fresh = Engine::new(&model).run(strategy, trial, &mut Silent);
                assert_eq!(used.run(strategy, trial, &mut Silent), fresh, "{file} {strategy} {trial}");
            }
        }
    }
}

#[test]
fn observing_a_trial_does_not_change_it() {
    let plan = support::plan("scenarios/small.toml", &[]);
    let model = Model::new(&plan);
    let mut engine = Engine::new(&model);
    for trial in 0..100 {
        let silent = engine.run(0, trial, &mut Silent);
        assert_eq!(engine.run(0, trial, &mut Recorder::default()), silent);
    }
}

#[test]
fn the_study_runs_the_same_trials_as_the_engine() {
    let mut plan = support::plan("scenarios/small.toml", &[]);
    plan.study.trials = 600;
    let study = wavetank::study::run(&plan, &wavetank::study::Nobody).unwrap();
    for (strategy, row) in study.by_strategy.iter().enumerate() {
        assert_eq!(*row, outcomes(&plan, strategy, 600));
    }
}

#[test]
fn an_unrelated_region_does_not_reshuffle_the_others() {
    // A region that joins in a last wave of its own changes nothing before that wave.
    let plan = support::plan("scenarios/r1.toml", &[]);
    let mut shorter = plan.clone();
    let last = shorter.strategies[0].waves[4].regions.pop().unwrap();
    assert_eq!(last.index(), 23);
    let (model, shorter_model) = (Model::new(&plan), Model::new(&shorter));
    for trial in 0..20 {
        let (mut all, mut fewer) = (Recorder::default(), Recorder::default());
        Engine::new(&model).run(0, trial, &mut all);
        Engine::new(&shorter_model).run(0, trial, &mut fewer);
        let of_region_0 = |recorder: Recorder<Event>| {
            let records = recorder.into_records();
            let kept =
                records.into_iter().filter(|r| matches!(r.event, Event::BatchDone { zone: 0..=65, .. }));
            kept.collect::<Vec<_>>()
        };
        assert_eq!(of_region_0(all), of_region_0(fewer));
    }
}

#[test]
fn time_scales() {
    // All times times 7: every instant times 7, with constant durations.
    let mut plan = support::plan("scenarios/r1.toml", &[]);
    plan.change.deploy_time = Distribution::Fixed { ms: 240_000 };
    plan.change.rollback_time = Distribution::Fixed { ms: 180_000 };
    plan.change.defects[DefectId::new(0)].onset = Distribution::Fixed { ms: 7_000_000 };
    plan.change.bad_probability = 0.5;
    let mut slow = plan.clone();
    slow.change.deploy_time = Distribution::Fixed { ms: 7 * 240_000 };
    slow.change.rollback_time = Distribution::Fixed { ms: 7 * 180_000 };
    slow.change.defects[DefectId::new(0)].onset = Distribution::Fixed { ms: 49_000_000 };
    slow.alarms[AlarmId::new(0)].period_ms *= 7;
    slow.strategies[0].rollback.reaction_delay_ms *= 7;
    for wave in &mut slow.strategies[0].waves {
        wave.bake_ms *= 7;
        wave.procedure.zone_bake_ms *= 7;
        wave.procedure.one_box.as_mut().unwrap().bake_ms *= 7;
    }
    for (fast, slow) in outcomes(&plan, 0, 40).iter().zip(outcomes(&slow, 0, 40)) {
        assert_eq!(slow.end_ms, 7 * fast.end_ms);
        assert_eq!(slow.impaired_host_ms, 7 * fast.impaired_host_ms);
        assert_eq!(slow.alarm_ms, fast.alarm_ms.map(|at_ms| 7 * at_ms));
    }
}

#[test]
fn a_longer_bake_never_misses_what_a_shorter_one_caught() {
    // Same draws, later promotion: whatever was caught is still caught, and by as many hosts or fewer.
    let plan = support::plan("scenarios/r1-slow.toml", &[]);
    let mut longer = plan.clone();
    for wave in &mut longer.strategies[0].waves {
        wave.procedure.zone_bake_ms *= 2;
    }
    let mut better = 0;
    for (short, long) in outcomes(&plan, 0, 300).iter().zip(outcomes(&longer, 0, 300)) {
        if short.ending == Ending::Caught {
            assert_eq!(long.ending, Ending::Caught);
            better += u32::from(long.peak_exposed_hosts < short.peak_exposed_hosts);
        }
    }
    assert!(better > 30, "longer bakes must pay: {better}");
}

#[test]
fn more_bad_luck_only_adds_bad_changes() {
    let mut plan = support::plan("scenarios/small.toml", &[]);
    plan.study.estimator = Estimator::Plain;
    let mut bad_before: Vec<bool> = vec![false; 400];
    for probability in [0.05, 0.2, 0.6, 1.0] {
        plan.change.bad_probability = probability;
        let bad: Vec<bool> = outcomes(&plan, 0, 400).iter().map(Outcome::is_bad).collect();
        assert!(bad_before.iter().zip(&bad).all(|(before, now)| !before || *now));
        bad_before = bad;
    }
    assert!(bad_before.iter().all(|bad| *bad));
}

#[test]
fn more_bad_luck_changes_weights_and_no_trial() {
    let mut plan = support::plan("scenarios/small.toml", &[]);
    let before = outcomes(&plan, 0, 400);
    let share = |plan: &Plan| {
        let mut plan = plan.clone();
        (plan.study.trials, plan.study.thresholds) = (400, Vec::new());
        let study = wavetank::study::run(&plan, &wavetank::study::Nobody).unwrap();
        let summary = wavetank::study::summarise(&plan, &study);
        summary.strategies[2].metric(&wavetank::outcome::measures::TWO_REGIONS_IMPAIRED).share.unwrap().value
    };
    let (once, bad) = (share(&plan), plan.change.bad_probability);
    plan.change.bad_probability = bad / 4.0;
    assert_eq!(outcomes(&plan, 0, 400), before);
    assert!((share(&plan) - once / 4.0).abs() < 1e-15, "harm per change is exactly in proportion");
}

#[test]
fn another_defect_leaves_the_trials_of_the_others_alone() {
    let plan = support::plan("scenarios/small.toml", &[]);
    let mut more = plan.clone();
    let mut another = plan.change.defects[DefectId::new(2)].clone();
    another.name = "another".into();
    more.change.defects = [another].into_iter().chain(more.change.defects.iter().cloned()).collect();
    let total = more.change.defects.len() as f64;
    more.change.defects.iter_mut().for_each(|defect| defect.probability = 1.0 / total);
    for (defect, _) in plan.change.defects.iter().enumerate() {
        let of = |plan: &Plan, defect: usize| {
            let all = outcomes(plan, 0, 600).into_iter();
            all.filter(|o| o.defect == Some(DefectId::new(defect)))
                .map(|o| Outcome { defect: None, ..o })
                .collect()
        };
        let (before, after): (Vec<Outcome>, Vec<Outcome>) = (of(&plan, defect), of(&more, defect + 1));
        let both = before.len().min(after.len());
        assert!(both > 20);
        assert_eq!(before[..both], after[..both]);
    }
}

#[test]
fn rounds_add_to_trials_and_change_none() {
    let mut plan = support::plan("scenarios/small.toml", &[]);
    let study = |plan: &Plan| wavetank::study::run(plan, &wavetank::study::Nobody).unwrap();
    plan.study.trials = 100;
    plan.study.max_trials = 500;
    plan.study.precision = vec![wavetank::plan::Precision {
        metric: &wavetank::outcome::measures::IMPAIRED_HOST_MS,
        statistic: wavetank::plan::study::Statistic::Mean,
        strategy: None,
        relative: 1e-6,
    }];
    let in_rounds = study(&plan);
    plan.study.precision.clear();
    plan.study.trials = 500;
    assert_eq!(in_rounds, study(&plan), "100, 150, 225, 338, 500 trials are 500 trials");
}

#[test]
fn every_strategy_faces_the_same_world() {
    let plan = support::plan("scenarios/hands-off.toml", &[]);
    let defects = |strategy| outcomes(&plan, strategy, 200).iter().map(|o| o.defect).collect::<Vec<_>>();
    let first = defects(0);
    assert!(first.iter().any(Option::is_some));
    for strategy in 1..plan.strategies.len() {
        assert_eq!(defects(strategy), first);
    }
}

#[test]
fn no_bad_change_means_no_blast_radius() {
    let mut plan = support::plan("scenarios/hands-off.toml", &[]);
    plan.change.bad_probability = 0.0;
    for strategy in 0..plan.strategies.len() {
        for outcome in outcomes(&plan, strategy, 30) {
            assert_eq!((outcome.impaired_host_ms, outcome.peak_impaired_hosts), (0, 0));
            assert!(
                outcome.onset_ms.is_none() && !outcome.two_regions_impaired && !outcome.two_zones_impaired
            );
        }
    }
}

#[test]
fn a_replay_tells_what_the_outcome_says() {
    let mut plan = support::plan("scenarios/small.toml", &[]);
    plan.change.bad_probability = 0.6;
    let model = Model::new(&plan);
    let mut engine = Engine::new(&model);
    for strategy in 0..plan.strategies.len() {
        for trial in 0..60 {
            let mut recorder = Recorder::default();
            let outcome = engine.run(strategy, trial, &mut recorder);
            retell(&outcome, &recorder.into_records());
        }
    }
}

/// Recomputes the blast radius from the events alone.
fn retell(outcome: &Outcome, records: &[RolloutRecord]) {
    let (mut impaired, mut peak, mut host_ms, mut since) = (0_u64, 0_u64, 0_u64, 0_u64);
    let mut alarm_ms = None;
    assert!(records.is_sorted_by_key(|record| record.at_ms));
    for record in records {
        host_ms += impaired * (record.at_ms - since);
        since = record.at_ms;
        match record.event {
            Event::HostImpaired { .. } => impaired += 1,
            Event::HostHealed { .. } => impaired -= 1,
            Event::AlarmFired { .. } => alarm_ms = Some(record.at_ms),
            _ => {}
        }
        peak = peak.max(impaired);
    }
    assert_eq!(peak, outcome.peak_impaired_hosts);
    assert_eq!(alarm_ms, outcome.alarm_ms);
    if impaired == 0 {
        assert_eq!(host_ms, outcome.impaired_host_ms);
    }
}

fn scopes() -> impl Strategy<Value = RollbackScope> {
    prop_oneof![
        Just(RollbackScope::Deployment),
        Just(RollbackScope::Region),
        Just(RollbackScope::Wave),
        Just(RollbackScope::Everything)
    ]
}

proptest! {
    #![proptest_config(crate::support::cases(60))]

    #[test]
    fn accounts_always_balance(seed: u64, bad in 0.0..1.0_f64, noise in 0.0..0.02_f64, scope in scopes(), onset_min in 0_u64..2_000, deploy_s in 0_u64..600) {
        let mut plan = support::plan("scenarios/small.toml", &[]);
        plan.study.seed = seed;
        plan.change.bad_probability = bad;
        plan.fleet.background_error_ratio = noise;
        plan.change.deploy_time = Distribution::Fixed { ms: deploy_s * 1000 };
        for defect in &mut plan.change.defects {
            defect.onset = Distribution::Weibull { scale_ms: (onset_min * 60_000 + 1) as f64, shape: 0.8 };
        }
        for strategy in &mut plan.strategies {
            strategy.rollback.scope = scope;
        }
        let hosts = plan.fleet.hosts();
        let model = Model::new(&plan);
        let (mut engine, mut exhaustive) = (Engine::new(&model), Engine::exhaustive(&model));
        for strategy in 0..plan.strategies.len() {
            for trial in 0..4 {
                let outcome = engine.run(strategy, trial, &mut Silent);
                check_balance(&outcome, hosts);
                prop_assert_eq!(&outcome, &exhaustive.run(strategy, trial, &mut Silent));
            }
        }
    }
}

fn check_balance(outcome: &Outcome, hosts: u64) {
    assert!(outcome.peak_impaired_hosts <= outcome.peak_exposed_hosts && outcome.peak_exposed_hosts <= hosts);
    assert!(outcome.exposed_at_alarm_hosts.is_none_or(|exposed| exposed <= hosts));
    assert!(outcome.left_exposed_hosts <= outcome.peak_exposed_hosts);
    assert!(outcome.peak_impaired_traffic_ppm <= 1_000_000);
    assert!(outcome.bake_ms.is_none_or(|bake_ms| bake_ms <= outcome.end_ms));
    assert_eq!(outcome.is_complete(), outcome.bake_ms.is_some());
    assert!(u128::from(outcome.exposed_host_ms) <= u128::from(hosts) * u128::from(outcome.end_ms));
    assert_eq!(outcome.is_complete(), outcome.rollback_ms.is_none());
    assert_eq!(outcome.is_complete(), outcome.to_100_ms.is_some());
    if let (Some(alarm_ms), Some(rollback_ms)) = (outcome.alarm_ms, outcome.rollback_ms) {
        assert!(alarm_ms <= rollback_ms && rollback_ms <= outcome.end_ms);
    }
    if !outcome.is_bad() {
        assert_eq!(outcome.impaired_host_ms, 0);
    }
    if outcome.two_regions_impaired {
        assert!(outcome.peak_impaired_regions >= 2);
    }
}
