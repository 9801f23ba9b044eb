//! Tests of comparisons, with the real engine on small plans.

use super::*;
use crate::outcome::measures::{self, Measure};
use crate::plan::{Guard, Level};
use crate::scenario;
use crate::study::Nobody;

/// Two regions, one late defect; the bake decides how much harm it does.
fn plan(bake: &str) -> Plan {
    let text = format!(
        r#"
        [study]
        trials = 600
        max-trials = 9600
        seed = 5
        [[fleet.region]]
        name = "one"
        hosts-per-zone = 10
        [[fleet.region]]
        name = "two"
        hosts-per-zone = 40
        [change]
        bad-probability = "10%"
        deploy-time = "2m"
        [[defect]]
        name = "late"
        clock = "change"
        onset = {{ exponential = {{ mean = "1h" }} }}
        [[alarm]]
        name = "alarm"
        scope = "service"
        detection-delay = "10m"
        watch = "rollout"
        [[strategy]]
        name = "waves"
        wave = [{{ regions = ["one"], bake = "{bake}" }}, {{ regions = ["two"], bake = "12h" }}]
        [[strategy]]
        name = "at-once"
        regions-at-once = "all"
        wave = [{{ regions = "all", bake = "12h" }}]
        "#
    );
    scenario::load_str("s.toml", &text).plan.expect("a valid scenario")
}

fn compared(baseline: &Plan, candidate: &Plan) -> Compared {
    let question = Question::by_name(baseline, candidate, ["old".into(), "new".into()]);
    compare(&question, &Nobody).expect("not cancelled")
}

fn row<'c>(compared: &'c Compared, strategy: &str, metric: &Measure) -> &'c Row {
    let wanted = |row: &&Row| row.strategy == strategy && row.metric == metric;
    compared.rows.iter().find(wanted).expect("the row")
}

#[test]
fn nothing_changed_is_exactly_nothing() {
    let result = compared(&plan("4h"), &plan("4h"));
    assert_eq!((result.verdict, result.looks), (Verdict::Pass, 1));
    assert!(result.rows.iter().all(|row| row.change == Change::NoChange && row.pairs_that_differ == 0));
    assert_eq!(result.rows.len(), 8, "four usual guards of two strategies");
    assert!(result.inputs.is_empty());
}

#[test]
fn a_shorter_bake_costs_harm_and_buys_speed() {
    let result = compared(&plan("4h"), &plan("1h"));
    assert_eq!(result.verdict, Verdict::Fail);
    let harm = row(&result, "waves", &measures::IMPAIRED_HOST_MS);
    assert_eq!(harm.change, Change::Regressed);
    assert!(harm.difference.unwrap().interval.is_above(0.0));
    assert!(harm.most_worse_trial.is_some());
    assert_eq!(row(&result, "waves", &measures::TIME_TO_100_MS).change, Change::Improved);
    assert_eq!(row(&result, "at-once", &measures::IMPAIRED_HOST_MS).change, Change::NoChange);
    assert_eq!(result.inputs.len(), 1);
    assert_eq!(result.inputs[0].place, "strategy waves, wave 1");
}

#[test]
fn the_trial_that_is_worse_by_most_is_the_one_named() {
    let (old, new) = (plan("4h"), plan("1h"));
    let result = compared(&old, &new);
    let trial = row(&result, "waves", &measures::IMPAIRED_HOST_MS).most_worse_trial.unwrap();
    let harm = |plan: &Plan, trial| {
        let model = Model::new(plan);
        let mut engine = crate::rollout::Engine::new(&model);
        engine.run(0, trial, &mut crate::sim::Silent).impaired_host_ms as i64
    };
    let worse = |trial| harm(&new, trial) - harm(&old, trial);
    assert!(worse(trial) > 0);
    assert!((0..600).all(|other| worse(other) <= worse(trial)));
}

#[test]
fn a_slightly_longer_bake_is_within_tolerance() {
    let result = compared(&plan("4h"), &plan("4h10m"));
    let speed = row(&result, "waves", &measures::TIME_TO_100_MS);
    assert_eq!((speed.change, result.verdict), (Change::WithinTolerance, Verdict::Pass), "{speed:?}");
}

#[test]
fn what_one_look_leaves_open_gets_another() {
    // Half an hour less of four: more harm, by about the tolerance.
    let (mut old, mut new) = (plan("4h"), plan("3h30m"));
    let guard = Guard {
        metric: &measures::IMPAIRED_HOST_MS,
        statistic: Statistic::Mean,
        strategy: Some(0),
        tolerance: 0.05,
    };
    old.study.guards = vec![guard];
    new.study.guards = old.study.guards.clone();
    let result = compared(&old, &new);
    assert!(result.looks > 1, "{:?}", result.rows);
    assert_eq!(result.rows[0].trials, 600 * 4_u64.pow(result.looks - 1));
    old.study.max_trials = 600;
    new.study.max_trials = 600;
    let capped = compared(&old, &new);
    assert_eq!((capped.looks, capped.verdict), (1, Verdict::Inconclusive));
    assert!(capped.rows[0].trials_needed.unwrap() > 600);
}

#[test]
fn seeing_no_difference_once_is_not_believed_where_inputs_differ() {
    // Five minutes of four hours: hardly a trial in 600 tells. The untouched strategy needs no second look.
    let result = compared(&plan("4h"), &plan("3h55m"));
    assert!(row(&result, "waves", &measures::IMPAIRED_HOST_MS).trials > 600);
    assert_eq!(row(&result, "at-once", &measures::IMPAIRED_HOST_MS).trials, 600);
}

#[test]
fn a_more_likely_defect_changes_weights_and_not_trials() {
    let old = plan("1h");
    let mut new = old.clone();
    new.change.bad_probability = 0.2;
    let result = compared(&old, &new);
    let isolation = row(&result, "waves", &measures::ISOLATION_VIOLATED);
    assert_eq!((isolation.change, isolation.pairs_that_differ), (Change::Regressed, 0));
    let [old, new] = [isolation.baseline.unwrap().value, isolation.candidate.unwrap().value];
    assert!((new - 2.0 * old).abs() < 1e-12, "exactly in proportion: {old} {new}");
    // Per bad change nothing is different, although the weight of bad changes is.
    assert_eq!(row(&result, "waves", &measures::IMPAIRED_HOST_MS).difference.unwrap().value, 0.0);
}

#[test]
fn strategies_of_one_plan_are_compared_with_its_baseline() {
    let plan = plan("4h");
    let question = Question::within(&plan, "s.toml".into());
    let result = compare(&question, &Nobody).unwrap();
    assert!(result.inputs.is_empty());
    assert_eq!(row(&result, "at-once", &measures::IMPAIRED_HOST_MS).change, Change::Regressed);
    assert_eq!(row(&result, "at-once", &measures::TIME_TO_100_MS).change, Change::Improved);
    assert!(result.rows.iter().all(|row| row.strategy == "at-once"));
}

#[test]
fn strategies_that_came_or_went_are_named() {
    let (old, mut new) = (plan("4h"), plan("4h"));
    new.strategies[1].name = "everything".into();
    let result = compared(&old, &new);
    assert_eq!(
        (result.removed_strategies, result.added_strategies),
        (vec!["at-once".into()], vec!["everything".into()])
    );
    assert!(result.rows.iter().all(|row| row.strategy == "waves"));
}

#[test]
fn leaving_is_no_way_out_of_a_guard() {
    let (mut old, mut new) = (plan("4h"), plan("4h"));
    new.strategies[1].name = "everything".into();
    old.study.guards = vec![Guard {
        metric: &measures::ESCAPED,
        statistic: Statistic::Mean,
        strategy: Some(1),
        tolerance: 0.05,
    }];
    let result = compared(&old, &new);
    assert_eq!((result.verdict, result.unguarded_strategies), (Verdict::Fail, vec!["at-once".into()]));
    old.study.guards[0].strategy = Some(0);
    assert_eq!(compared(&old, &new).verdict, Verdict::Pass);
}

#[test]
fn a_broken_limit_of_the_candidate_fails_too() {
    let (old, mut new) = (plan("4h"), plan("4h"));
    new.study.thresholds = vec![crate::plan::Threshold {
        metric: &measures::TIME_TO_100_MS,
        statistic: Statistic::P50,
        strategy: Some(0),
        max: 1000.0,
        level: Level::Error,
    }];
    assert_eq!(compared(&old, &new).verdict, Verdict::Fail);
    new.study.thresholds[0].level = Level::Warn;
    assert_eq!(compared(&old, &new).verdict, Verdict::Pass);
}

#[test]
fn a_candidate_does_not_choose_how_closely_it_is_looked_at() {
    let (old, mut new) = (plan("4h"), plan("1h"));
    (new.study.trials, new.study.max_trials) = (12, 12);
    let result = compared(&old, &new);
    assert_eq!(result.verdict, Verdict::Fail);
    assert!(result.rows.iter().all(|row| row.trials >= 600), "{:?}", result.rows);
}

#[test]
fn more_trials_alone_are_no_reason_for_another_look() {
    let (old, mut new) = (plan("4h"), plan("4h"));
    new.study.trials = 1200;
    let result = compared(&old, &new);
    assert_eq!((result.verdict, result.looks, result.trials), (Verdict::Pass, 1, 1200));
    assert_eq!(result.inputs.len(), 1, "{:?}", result.inputs);
}

#[test]
fn it_is_said_whether_both_sides_met_the_same_trials() {
    let (old, mut new) = (plan("4h"), plan("4h"));
    assert!(compared(&old, &new).paired);
    new.study.seed += 1;
    let result = compared(&old, &new);
    assert!(!result.paired && result.baseline_strategy.is_none());
    let within = Question::within(&old, "s.toml".into());
    let result = compare(&within, &Nobody).unwrap();
    assert_eq!((result.paired, result.baseline_strategy.as_deref()), (true, Some("waves")));
}
