//! Estimators against known answers: do they hit, and do their intervals hold what they promise?
//!
//! Seeds are fixed, so a pass never flaps. Where a share of repeated studies is measured, the bounds are
//! those that the documentation promises.

use crate::support;
use wavetank::plan::{Estimator, Plan, Precision, Restriction, Trials};
use wavetank::stats::{Interval, Proportion};
use wavetank::study::compare::{Question, compare};
use wavetank::study::summary::{Summary, summarise};
use wavetank::study::verdict::MeasureChange;
use wavetank::study::{self, Nobody};

fn studied(plan: &Plan) -> Summary {
    summarise(plan, &study::run(plan, &Nobody).unwrap())
}

fn two_regions(plan: &Plan, strategy: usize) -> Proportion {
    studied(plan).strategies[strategy]
        .metric(&wavetank::outcome::measures::TWO_REGIONS_IMPAIRED)
        .share
        .unwrap()
}

fn holds(interval: Interval, truth: f64) -> bool {
    interval.low.is_some_and(|low| low <= truth) && interval.high.is_some_and(|high| truth <= high)
}

/// Half the width of an interval in standard errors of a normal estimate.
fn error(interval: Interval) -> f64 {
    (interval.high.unwrap() - interval.low.unwrap()) / (2.0 * 1.959_963_984_540_054)
}

fn with(plan: &Plan, estimator: Estimator, trials: u64, seed: u64) -> Plan {
    let mut plan = plan.clone();
    (plan.study.estimator, plan.study.trials, plan.study.seed) = (estimator, trials, seed);
    plan
}

/// O25: 0.03 * (0.7 e^(-2000/6) + 0.27 e^(-2000/45) + 0.03 e^(-2000/300)).
const O25: f64 = 1.145_370_421_205_827_3e-6;

#[test]
fn o25_is_met_by_slices_and_by_defects_alone() {
    let plan = support::plan("tests/oracles/multi-region.toml", &[]);
    let sliced = two_regions(&with(&plan, Estimator::ByDefectAndLatency, 40_000, 1), 0);
    let whole = two_regions(&with(&plan, Estimator::ByDefect, 400_000, 2), 0);
    for (name, got) in [("O25 by defect and latency", sliced), ("O25 by defect", whole)] {
        let z = (got.value - O25) / error(got.interval);
        println!("{name:<44} z = {z:+.2}, relative error {:.1} %", 100.0 * error(got.interval) / O25);
        assert!(z.abs() <= 4.5, "{name}: {got:?}");
    }
    let joint = libm::hypot(error(sliced.interval), error(whole.interval));
    assert!((sliced.value - whole.value).abs() <= 4.0 * joint);
}

#[test]
fn intervals_of_rare_events_hold_the_truth() {
    let plan = support::plan("tests/oracles/multi-region.toml", &[]);
    let held = (0..500)
        .filter(|&seed| {
            let plan = with(&plan, Estimator::ByDefectAndLatency, 2_000, seed);
            holds(two_regions(&plan, 0).interval, O25)
        })
        .count();
    println!("O25, 2,000 trials: 95 % intervals hold the truth in {held} of 500 studies");
    assert!((465..=495).contains(&held), "{held} of 500");
}

#[test]
fn a_rare_event_in_a_real_fleet_takes_a_thousandth_of_the_work() {
    let plan = support::plan("scenarios/rare.toml", &[]);
    let trials = 4_000;
    let sliced = two_regions(&with(&plan, Estimator::ByDefectAndLatency, trials, 3), 0);
    assert!((2e-6..5e-5).contains(&sliced.value), "about once in 100,000: {sliced:?}");
    // The variance of plain trials is known: p (1 - p) / n.
    let plain = sliced.value * (1.0 - sliced.value) / trials as f64;
    let gain = plain / (error(sliced.interval) * error(sliced.interval));
    println!("rare.toml: {:.2e}, {gain:.0} times less variance than plain trials", sliced.value);
    assert!(gain > 1_000.0, "{gain}");
}

#[test]
fn two_estimators_agree_on_a_rare_event() {
    let plan = support::plan("scenarios/rare.toml", &[]);
    let mut only = plan.clone();
    only.strategies.truncate(1);
    only.study.thresholds.clear();
    let sliced = two_regions(&with(&only, Estimator::ByDefectAndLatency, 4_000, 4), 0);
    let whole = two_regions(&with(&only, Estimator::ByDefect, 60_000, 5), 0);
    let joint = libm::hypot(error(sliced.interval), error(whole.interval));
    println!("rare.toml: {:.2e} by slices, {:.2e} by defects alone", sliced.value, whole.value);
    assert!((sliced.value - whole.value).abs() <= 4.0 * joint, "{sliced:?} {whole:?}");
}

#[test]
fn brute_force_agrees_where_it_can_see() {
    // Five hasty waves let two regions suffer once in a thousand changes.
    let plan = support::plan("scenarios/rare.toml", &[]);
    let mut hasty = plan.clone();
    hasty.strategies = vec![plan.strategies[2].clone()];
    hasty.study.thresholds.clear();
    hasty.study.baseline = 0;
    let plain = two_regions(&with(&hasty, Estimator::Plain, 60_000, 6), 0);
    for estimator in [Estimator::ByDefect, Estimator::ByDefectAndLatency] {
        let got = two_regions(&with(&hasty, estimator, 6_000, 7), 0);
        let joint = libm::hypot(error(plain.interval), error(got.interval));
        let z = (got.value - plain.value) / joint;
        println!("hasty: {:.3e} plain, {:.3e} {}, z = {z:+.2}", plain.value, got.value, estimator.name());
        assert!(plain.count > 20 && z.abs() <= 4.0, "{plain:?} {got:?}");
    }
}

/// O11: expected impaired host-minutes with one latent clock.
const O11: f64 = 878.237_446_780_548_1;

#[test]
fn stopping_when_precise_keeps_the_coverage() {
    let mut plan = support::plan("tests/oracles/latent-clock.toml", &[]);
    let (metric, statistic) =
        (&wavetank::outcome::measures::IMPAIRED_HOST_MS, wavetank::plan::study::Statistic::Mean);
    // Its bound is some hundred times its mean: 10 % would take a million trials.
    plan.study.precision = vec![Precision { metric, statistic, strategy: None, relative: 0.4 }];
    plan.study.thresholds.clear();
    (plan.study.trials, plan.study.max_trials) = (200, 100_000);
    let (mut held, mut trials) = (0, 0);
    for seed in 0..20 {
        plan.study.seed = seed;
        let summary = studied(&plan);
        assert!(summary.precision.iter().all(|result| result.met));
        let mean = summary.strategies[0].metric(&wavetank::outcome::measures::IMPAIRED_HOST_MS).mean.unwrap();
        held += usize::from(holds(mean.interval, O11 * 60_000.0));
        trials += summary.trials;
    }
    println!("O11 to 40 %: {held} of 20 intervals hold the truth, {} trials on average", trials / 20);
    assert!(held >= 18, "{held} of 20");
}

/// A fleet of three regions with two late defects, and waves whose first bake is `bake`.
fn policy(bake: &str, seed: u64) -> Plan {
    let text = format!(
        r#"
        [study]
        trials = 1000
        max-trials = 16000
        seed = {seed}
        [[fleet.region]]
        name = "small"
        hosts-per-zone = 4
        [[fleet.region]]
        name = "middle"
        hosts-per-zone = 20
        [[fleet.region]]
        name = "large"
        hosts-per-zone = 60
        [change]
        bad-probability = "3%"
        deploy-time = {{ lognormal = {{ median = "4m", sigma = 0.3 }} }}
        [[defect]]
        name = "late"
        weight = 9
        clock = "change"
        onset = {{ lognormal = {{ median = "45m", sigma = 1.2 }} }}
        [[defect]]
        name = "later"
        clock = "change"
        onset = {{ exponential = {{ mean = "5h" }} }}
        [[alarm]]
        name = "alarm"
        scope = "service"
        detection-delay = {{ lognormal = {{ median = "6m", sigma = 0.4 }} }}
        watch = "rollout"
        [[strategy]]
        name = "waves"
        [[strategy.wave]]
        regions = ["small"]
        bake = "{bake}"
        [[strategy.wave]]
        regions = ["middle"]
        bake = "6h"
        [[strategy.wave]]
        regions = ["large"]
        bake = "24h"
        [[guard]]
        metric = "impaired_host_ms"
        statistic = "mean"
        tolerance = "10%"
        "#
    );
    wavetank::scenario::load_str("policy.toml", &text).plan.expect("a valid scenario")
}

/// Verdicts on a changed bake over many seeds: regressed, inconclusive, and the trials each took.
fn verdicts(bake: &str, panels: u64) -> (u64, u64, u64) {
    let (mut regressed, mut open, mut trials) = (0, 0, 0);
    for seed in 0..panels {
        let (old, new) = (policy("4h", seed), policy(bake, seed));
        let question = Question::by_name(&old, &new, ["old".into(), "new".into()]);
        let compared = compare(&question, &Nobody).unwrap();
        regressed += u64::from(compared.rows[0].change == MeasureChange::Regressed);
        open += u64::from(compared.rows[0].change == MeasureChange::Inconclusive);
        trials += compared.rows[0].trials;
    }
    println!(
        "bake 4h -> {bake}: regressed in {regressed}, open in {open} of {panels} panels, {} trials on average",
        trials / panels
    );
    (regressed, open, trials / panels)
}

#[test]
fn the_gate_is_right_and_does_not_flap() {
    assert_eq!(verdicts("4h", 20), (0, 0, 1000), "nothing changed");
    let (regressed, open, _) = verdicts("3h50m", 100);
    assert!(regressed == 0 && open <= 20, "a change of a few percent, under the tolerance of 10 %");
    let (regressed, _, _) = verdicts("3h", 100);
    assert!(regressed >= 95, "a change far beyond it");
    let (regressed, open, _) = verdicts("6h", 100);
    assert_eq!((regressed, open), (0, 0), "an improvement");
}

/// The summary of a plan of `tests/plans/answers`.
fn answered(name: &str) -> Summary {
    studied(&support::plan(&format!("tests/plans/answers/{name}.toml"), &[]))
}

#[test]
fn what_every_bad_change_does_is_as_sure_as_the_trials_of_bad_ones() {
    let summary = answered("certain-event");
    let share = summary.strategies[0].metric(&wavetank::outcome::measures::ISOLATION_VIOLATED).share.unwrap();
    assert!((share.value - 0.1).abs() < 1e-12);
    let (low, high) = (share.interval.low.unwrap(), share.interval.high.unwrap());
    // 500 of 500 bad changes, on the scale of all.
    assert!(
        (low - 0.1 * libm::pow(0.025, 1.0 / 500.0)).abs() < 1e-9 && (high - 0.1).abs() < 1e-12,
        "{share:?}"
    );
    assert_eq!(summary.thresholds[0].verdict, wavetank::study::verdict::Verdict::Pass);
}

#[test]
fn without_a_bad_change_there_is_no_harm_and_no_doubt() {
    use wavetank::outcome::measures;
    for estimator in [Estimator::ByDefect, Estimator::ByDefectAndLatency, Estimator::Plain] {
        let plan = support::plan("tests/plans/answers/no-bad-change.toml", &[]);
        let summary = studied(&with(&plan, estimator, 200, 77));
        let strategy = &summary.strategies[0];
        let nothing = Interval::new(0.0, 0.0);
        let share = strategy.metric(&measures::TWO_REGIONS_IMPAIRED).share.unwrap();
        assert_eq!((share.value, share.interval), (0.0, nothing), "{estimator:?}");
        let harm = strategy.metric(&measures::IMPAIRED_HOST_MS).mean.unwrap();
        assert_eq!((harm.value, harm.interval), (0.0, nothing));
        assert_eq!(summary.thresholds[0].verdict, wavetank::study::verdict::Verdict::Pass);
        let said = wavetank::report::verdict::headline(&plan, &summary);
        assert!(said.contains("so the blast radius is 0"), "{said}");
    }
    let rare = answered("hardly-a-bad-change");
    assert_eq!(rare.thresholds[0].verdict, wavetank::study::verdict::Verdict::Pass);
}

#[test]
fn no_interval_leaves_what_is_possible_and_every_one_holds_its_value() {
    let small = support::plan("scenarios/small.toml", &[]);
    for (estimator, trials) in
        [(Estimator::ByDefect, 60), (Estimator::ByDefectAndLatency, 200), (Estimator::Plain, 80)]
    {
        let summary = studied(&with(&small, estimator, trials, 5));
        hold_their_values(&summary);
    }
}

fn hold_their_values(summary: &Summary) {
    for metric in summary.strategies.iter().flat_map(|strategy| &strategy.metrics) {
        let quantiles = [metric.p50, metric.p90, metric.p95, metric.p99];
        let quantiles = quantiles.into_iter().flatten().map(|q| (q.value, q.interval));
        let means = [metric.mean, metric.cvar99].into_iter().flatten().map(|m| (m.value, m.interval));
        let shares = metric.share.into_iter().map(|share| (share.value, share.interval));
        if let Some(share) = metric.share {
            let Interval { low, high } = share.interval;
            let holds =
                low.is_none_or(|low| low <= share.value) && high.is_none_or(|high| high >= share.value);
            assert!(holds, "{}: {share:?}", metric.metric.name);
        }
        for (value, Interval { low, high }) in quantiles.chain(means).chain(shares) {
            let (name, dust) = (metric.metric.name, 1e-9 * value.abs());
            assert!(low.is_none_or(|low| low <= value + dust), "{name}: {value} {low:?}");
            assert!(high.is_none_or(|high| high >= value - dust), "{name}: {value} {high:?}");
            let unit = metric.metric.unit;
            assert!(unit.is_signed() || low.is_none_or(|low| low >= 0.0), "{name}: {low:?}");
            assert!(unit.whole().is_none_or(|whole| high.is_none_or(|high| high <= whole)), "{name}");
        }
    }
}

/// Percentiles and shares of these lay outside of their intervals once, in small studies of strange scenarios.
#[test]
fn no_interval_of_a_strange_study_leaves_its_value_out() {
    for name in ["quantile-outside", "share-outside", "cvar99-zero-width"] {
        let plan = support::plan(&format!("tests/plans/answers/{name}.toml"), &[]);
        for seed in 0..8 {
            hold_their_values(&studied(&with(&plan, plan.study.estimator, 60, seed)));
        }
    }
}

/// The worst hundredth of fewer than a hundred values is one of them at most: nobody knows what the next one is.
#[test]
fn the_worst_hundredth_of_few_trials_is_no_point() {
    let plan = support::plan("tests/plans/answers/cvar99-zero-width.toml", &[]);
    for seed in 0..8 {
        let summary = studied(&with(&plan, Estimator::Plain, 60, seed));
        for strategy in &summary.strategies {
            let metric = strategy.metric(&wavetank::outcome::measures::IMPAIRED_HOST_MS);
            let Some(tail) = metric.cvar99 else { continue };
            let Interval { low, high } = tail.interval;
            assert!(
                low.is_none() || high.is_none() || low < high,
                "seed {seed}, {}: {tail:?}",
                strategy.name
            );
        }
    }
}

/// A limit near a percentile: more trials, also beyond those that are kept one by one, may decide it, and do not turn it.
#[test]
fn more_trials_do_not_turn_a_verdict() {
    use wavetank::study::verdict::Verdict;
    let plan = support::plan("tests/plans/answers/bin-verdict.toml", &[]);
    let verdicts = [30_000, 70_000].map(|trials| {
        let wanted = Restriction {
            strategies: vec!["t".to_owned()],
            trials: Some(Trials::Exactly(trials)),
            ..Restriction::default()
        };
        let summary = studied(&plan.restrict(&wanted).unwrap());
        summary.thresholds[0].verdict
    });
    let turned = [[Verdict::Pass, Verdict::Fail], [Verdict::Fail, Verdict::Pass]];
    assert!(!turned.contains(&verdicts), "{verdicts:?}");
}

#[test]
fn kayenta_passes_seven_periods_of_ten_and_fails_eight() {
    use wavetank::outcome::Ending;
    let caught = |judge: &str| {
        let edits = [("judge = \"mann-whitney\"", judge)];
        let plan = support::plan("tests/plans/answers/rank-judge-seven-of-ten.toml", &edits);
        let outcomes = study::run(&plan, &Nobody).unwrap().by_strategy.remove(0);
        ["seven", "eight"].map(|name| {
            let index = plan.change.defects.iter().position(|defect| defect.name == name).unwrap();
            let of =
                |o: &&wavetank::outcome::Outcome| o.defect.is_some_and(|id| id.number() as usize == index);
            let all: Vec<_> = outcomes.iter().filter(of).collect();
            assert!(!all.is_empty());
            let caught = all.iter().filter(|outcome| outcome.ending == Ending::Caught).count();
            (caught > 0, caught == all.len())
        })
    };
    assert_eq!(caught("judge = \"mann-whitney\""), [(false, false), (true, true)]);
    // Seven of ten beside none of ten is what chance does in 1 of 646 deals.
    assert_eq!(caught("judge = \"mann-whitney-exact\""), [(true, true), (true, true)]);
}
