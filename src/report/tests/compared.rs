//! A made-up comparison for the tests of its reports: every kind of row, of unit and of threshold.

use crate::outcome::measures::{self, Measure, Subject};
use crate::plan::diff::{PlanChange, PlanValue};
use crate::plan::study::Statistic;
use crate::plan::{Bound, Level};
use crate::stats::Interval;
use crate::study::compare::{Compared, Estimate, Row, Side, World};
use crate::study::threshold::ThresholdResult;
use crate::study::verdict::{MeasureChange, Verdict};

const MINUTE: f64 = 60_000.0;
const HOUR: f64 = 60.0 * MINUTE;

/// A comparison that fails.
pub fn compared() -> Compared {
    Compared {
        schema_version: 1,
        tool: "wavetank",
        tool_version: "0.1.0",
        model_version: 1,
        baseline: side("git:main:plans/hands-off.toml", "5e0c"),
        candidate: side("plans/hands-off.toml", "a17f"),
        subject: Subject::Rollout,
        estimator: "by-defect",
        confidence: 0.95,
        paired: true,
        baseline_strategy: None,
        trials: 4000,
        looks: 2,
        inputs: inputs(),
        held: Vec::new(),
        renamed_strategies: Vec::new(),
        removed_strategies: vec!["yolo".into()],
        unguarded_strategies: Vec::new(),
        added_strategies: vec!["one-region-a-day".into(), "two-regions-a-day".into()],
        rows: rows(),
        thresholds: thresholds(),
        verdict: Verdict::Fail,
        drifted: Vec::new(),
    }
}

/// A comparison in which nothing is wrong.
pub fn passing() -> Compared {
    let mut compared = compared();
    compared.rows.retain(|row| !matches!(row.change, MeasureChange::Regressed | MeasureChange::Inconclusive));
    compared.thresholds.retain(|t| t.verdict == Verdict::Pass || t.level == Level::Warn);
    compared.verdict = Verdict::Pass;
    compared
}

/// Two versions of one plan in which nothing that matters differs.
pub fn unchanged() -> Compared {
    let mut compared = passing();
    compared.rows.retain(|row| row.change == MeasureChange::NoChange);
    compared.inputs.clear();
    compared.removed_strategies.clear();
    compared.added_strategies.clear();
    compared
}

/// A comparison that the trials do not decide.
pub fn undecided() -> Compared {
    let mut compared = compared();
    compared.rows.retain(|row| row.change != MeasureChange::Regressed && row.pairs > 0);
    compared.thresholds.retain(|t| t.verdict != Verdict::Fail);
    compared.verdict = Verdict::Inconclusive;
    compared
}

/// `count` regressed rows, changes and thresholds of strategies and scenarios called `name`.
pub fn called(name: &str, count: usize) -> Compared {
    let mut compared = compared();
    let numbered = |n: usize| format!("{name}{n}");
    for side in [&mut compared.baseline, &mut compared.candidate] {
        side.scenario = name.to_owned();
        side.source = name.to_owned();
        side.plan_digest = name.to_owned();
    }
    let regressed = compared.rows.remove(2);
    compared.rows = (0..count)
        .map(|n| Row { strategy: numbered(n), most_worse_trial: Some(n as u64), ..regressed.clone() })
        .collect();
    let broken = compared.thresholds.remove(1);
    compared.thresholds =
        (0..count).map(|n| ThresholdResult { strategy: numbered(n), ..broken.clone() }).collect();
    let text = || Some(PlanValue::Text(name.to_owned()));
    compared.inputs = (0..count)
        .map(|n| PlanChange { place: numbered(n), key: name.to_owned(), before: text(), after: text() })
        .collect();
    compared.removed_strategies = (0..count).map(numbered).collect();
    compared.added_strategies = (0..count).map(numbered).collect();
    compared
}

fn side(source: &str, digest: &str) -> Side {
    Side { scenario: "hands-off".into(), source: source.into(), plan_digest: digest.repeat(4), seed: 42 }
}

fn inputs() -> Vec<PlanChange> {
    let change = |place: &str, key: &str, before, after| PlanChange {
        place: place.into(),
        key: key.into(),
        before,
        after,
    };
    let hours = |hours: u64| Some(PlanValue::DurationMs(hours * 3_600_000));
    vec![
        change("strategy careful, wave 2 (medium)", "bake", hours(12), hours(1)),
        change(
            "strategy careful, alarms",
            "threshold",
            Some(PlanValue::Share(0.01)),
            Some(PlanValue::Share(0.05)),
        ),
        change(
            "strategy fast",
            "alarms",
            Some(PlanValue::Text("zone-errors".into())),
            Some(PlanValue::Text("zone-errors, region-errors".into())),
        ),
        change("strategy yolo", "", Some(PlanValue::Text("yolo".into())), None),
        change("study", "trials", Some(PlanValue::Number(1000.0)), Some(PlanValue::Number(4000.0))),
    ]
}

fn estimate(value: f64, low: f64, high: f64) -> Option<Estimate> {
    Some(Estimate { value, interval: Interval::new(low, high) })
}

/// A row; the estimates are (value, low, high) of baseline, candidate and difference.
fn row(
    of: (&str, &'static Measure, Statistic),
    change: MeasureChange,
    [before, after, difference]: [(f64, f64, f64); 3],
    most_worse_trial: Option<u64>,
) -> Row {
    let estimate = |(value, low, high)| estimate(value, low, high);
    Row {
        strategy: of.0.into(),
        metric: of.1,
        statistic: of.2,
        tolerance: 0.05,
        baseline: estimate(before),
        candidate: estimate(after),
        difference: estimate(difference),
        change,
        confidence: 0.998,
        trials: 4000,
        pairs: 800,
        pairs_that_differ: if change == MeasureChange::NoChange { 0 } else { 312 },
        most_worse_trial,
        trials_needed: None,
        world: World::Own,
    }
}

fn scaled(unit: f64, values: [[f64; 3]; 3]) -> [(f64, f64, f64); 3] {
    values.map(|[value, low, high]| (value * unit, low * unit, high * unit))
}

fn rows() -> Vec<Row> {
    use MeasureChange::{Improved, Inconclusive, NoChange, Regressed, WithinTolerance};
    let time = scaled(HOUR, [[101.0, 100.0, 102.0], [90.0, 89.0, 91.0], [-11.0, -11.5, -10.5]]);
    let same = scaled(1.0, [[3.0, 3.0, 3.0], [3.0, 3.0, 3.0], [0.0, 0.0, 0.0]]);
    let blast = scaled(MINUTE, [[3430.0, 3000.0, 4000.0], [12_900.0, 11e3, 14e3], [9470.0, 8100.0, 11e3]]);
    let open = scaled(MINUTE, [[24.0, 20.0, 29.0], [26.0, 21.0, 33.0], [2.0, -4.0, 9.0]]);
    let share = scaled(1.0, [[0.031, 0.025, 0.038], [0.05, 0.04, 0.06], [0.019, 0.011, 0.027]]);
    let traffic = scaled(1e4, [[2.0, 1.9, 2.1], [2.05, 1.9, 2.2], [0.05, 0.01, 0.09]]);
    let mut needs =
        row(("fast", &measures::IMPAIRED_HOST_MS, Statistic::Mean), Inconclusive, open, Some(211));
    needs.trials_needed = Some(40_000);
    let mut hopeless =
        row(("fast", &measures::IMPAIRED_HOST_MS, Statistic::P99), Inconclusive, open, Some(17));
    hopeless.difference = Some(Estimate { value: 2.0 * MINUTE, interval: Interval::UNBOUNDED });
    let mut empty = row(("fast", &measures::ESCAPED, Statistic::Mean), Inconclusive, open, None);
    (empty.baseline, empty.candidate, empty.difference, empty.pairs) = (None, None, None, 0);
    vec![
        row(("careful", &measures::TIME_TO_100_MS, Statistic::P50), Improved, time, None),
        row(("careful", &measures::REGIONS_TOUCHED, Statistic::Mean), NoChange, same, None),
        row(("at-once", &measures::REGIONS_TOUCHED, Statistic::Mean), NoChange, same, None),
        row(("at-once", &measures::PEAK_IMPAIRED_REGIONS, Statistic::P90), NoChange, same, None),
        row(("careful", &measures::IMPAIRED_HOST_MS, Statistic::P99), Regressed, blast, Some(17)),
        row(("careful", &measures::ISOLATION_VIOLATED, Statistic::Mean), Regressed, share, Some(17)),
        row(
            ("fast", &measures::PEAK_IMPAIRED_TRAFFIC_PPM, Statistic::P90),
            WithinTolerance,
            traffic,
            Some(9),
        ),
        needs,
        hopeless,
        empty,
    ]
}

fn thresholds() -> Vec<ThresholdResult> {
    let result = |strategy: &str, level, max: f64, verdict, trials_needed| ThresholdResult {
        metric: &measures::IMPAIRED_HOST_MS,
        statistic: Statistic::P99,
        strategy: strategy.into(),
        bound: Bound::Max(max * MINUTE),
        level,
        n: 800,
        measured: Some(12_900.0 * MINUTE),
        interval: Interval::new(11_000.0 * MINUTE, 14_000.0 * MINUTE),
        confidence: 0.95,
        verdict,
        trials_needed,
    };
    vec![
        result("careful", Level::Error, 20_000.0, Verdict::Pass, None),
        result("careful", Level::Error, 5_000.0, Verdict::Fail, None),
        result("fast", Level::Warn, 5_000.0, Verdict::Fail, None),
        result("fast", Level::Error, 13_000.0, Verdict::Inconclusive, Some(90_000)),
    ]
}
