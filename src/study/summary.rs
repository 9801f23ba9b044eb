//! The summary of a study: every metric of every strategy with its uncertainty, differences from the
//! baseline on the same trials, the Pareto front, thresholds and notable trials.
//!
//! This is the machine-readable result, and all that reports and charts read. It must not format
//! anything and holds no wall-clock time: equal studies give equal summaries.

use super::Outcomes;
use super::notable::{Notable, notable};
use super::threshold::{ThresholdResult, judge};
use crate::outcome::metric::{METRICS, Metric, Population, Unit, find};
use crate::outcome::{Ending, Outcome};
use crate::plan::Plan;
use crate::stats::{self, Interval, Mean, Proportion, Quantile, Ratio};
use rayon::prelude::*;
use serde::Serialize;

/// Version of the summary's layout; any field that is renamed, removed or redefined bumps it.
pub const SCHEMA_VERSION: u32 = 1;

/// Metric on the speed axis of the Pareto front (its median).
pub const SPEED_METRIC: &str = "time_to_100_ms";
/// Metric on the blast-radius axis of the Pareto front (its mean).
pub const BLAST_METRIC: &str = "impaired_host_ms";
/// Metric whose percentiles the duration chart draws.
const DURATION_METRIC: &str = "duration_ms";
/// Most points of an exceedance curve, about.
const CURVE_POINTS: usize = 120;
/// Fewer pairs than this decide nothing: even if all have the same sign, chance alone gives that more
/// than one time in twenty (`2 / 2^n`), whatever a t interval says of two or three values.
pub const FEWEST_PAIRS: usize = 6;
/// Percentiles of the duration chart.
const DURATION_PERCENTS: [f64; 7] = [1.0, 10.0, 25.0, 50.0, 75.0, 90.0, 99.0];

/// The result of a study.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// Layout of this document.
    pub schema_version: u32,
    /// Program that wrote it.
    pub tool: &'static str,
    /// Version of the program.
    pub tool_version: &'static str,
    /// Version of the simulated model: numbers compare only within one version.
    pub model_version: u32,
    /// The scenario's name.
    pub scenario: String,
    /// Fingerprint of the resolved plan, see [`Plan::digest`].
    pub plan_digest: String,
    /// Root of every random stream.
    pub seed: u64,
    /// Rollouts simulated for each strategy, the same ones for all.
    pub trials: u64,
    /// Name of the strategy that the others are compared with.
    pub baseline: String,
    /// Confidence of every interval.
    pub confidence: f64,
    /// Hosts in the fleet.
    pub fleet_hosts: u64,
    /// Regions in the fleet.
    pub fleet_regions: u64,
    /// The strategy with the least median time to 100 %; absent if no rollout reached every host.
    pub fastest: Option<Leader>,
    /// The strategy with the least mean impaired host-time; absent if no change was bad.
    pub safest: Option<Leader>,
    /// Strategies in plan order.
    pub strategies: Vec<StrategySummary>,
    /// Limits and whether they hold.
    pub thresholds: Vec<ThresholdResult>,
}

/// The strategy with the least estimate of a metric, and those that may be as good.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Leader {
    /// Its name; ties go to the first in plan order.
    pub strategy: String,
    /// Strategies whose paired difference from it is not clearly above 0, in plan order.
    pub not_clearly_worse: Vec<String>,
}

/// What the study says about one strategy.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StrategySummary {
    /// The strategy's name.
    pub name: String,
    /// Whether the others are compared with it.
    pub is_baseline: bool,
    /// How its rollouts ended.
    pub endings: Endings,
    /// No other strategy has both a smaller or equal median time to 100 % and a smaller or equal mean
    /// impaired host-time per bad change. Decided on the estimates, without their intervals.
    pub on_front: bool,
    /// A strategy on the front that is at least as good on both; absent on the front.
    pub dominated_by: Option<String>,
    /// One entry per metric of [`METRICS`], in that order.
    pub metrics: Vec<MetricSummary>,
    /// Trials worth a replay.
    pub notable: Vec<Notable>,
    /// Exceedance curve of impaired host-time: `(host-ms, share of bad changes with at least as much)`.
    pub impaired_host_ms_exceedance: Vec<(f64, f64)>,
    /// Percentiles of the duration of rollouts that reached every host.
    pub duration_percentiles: Vec<DurationPercentile>,
}

/// How the rollouts of a strategy ended, in trials.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Endings {
    /// A good change reached every host.
    pub completed: u64,
    /// A bad change reached every host.
    pub escaped: u64,
    /// A bad change was rolled back.
    pub caught: u64,
    /// A good change was rolled back.
    pub false_rollback: u64,
}

/// One percentile of the duration.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct DurationPercentile {
    /// The percentile, 0 to 100.
    pub percent: f64,
    /// Its value.
    pub duration_ms: f64,
    /// Its interval.
    #[serde(flatten)]
    pub interval: Interval,
}

/// One metric of one strategy. All values are in the metric's unit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MetricSummary {
    /// The metric's name, which ends in its unit.
    pub metric: &'static str,
    /// The unit spelled out.
    pub unit: &'static str,
    /// The trials it is about.
    pub population: &'static str,
    /// Trials with a value.
    pub n: u64,
    /// Mean over those trials; for a yes/no metric see `share`.
    pub mean: Option<Mean>,
    /// Median.
    pub p50: Option<Quantile>,
    /// 90th percentile.
    pub p90: Option<Quantile>,
    /// 99th percentile.
    pub p99: Option<Quantile>,
    /// Largest value seen: a fact of these trials, not an estimate, so it has no interval.
    pub max: Option<f64>,
    /// Share of trials, for a yes/no metric.
    pub share: Option<Proportion>,
    /// Difference from the baseline; absent for the baseline itself.
    pub against_baseline: Option<Difference>,
}

/// A strategy minus the baseline, over the trials in which both have a value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// Trials in which both have a value.
    pub n: u64,
    /// Mean difference; negative means less than the baseline, which is better for every metric.
    pub mean: Option<Mean>,
    /// The strategy's mean over the baseline's, on the same trials.
    pub ratio: Option<Ratio>,
    /// What the interval of the mean difference says.
    pub verdict: Comparison,
}

/// What a paired difference says. Less is better for every metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Comparison {
    /// The whole interval is below 0.
    #[serde(rename = "better")]
    Better,
    /// The whole interval is above 0.
    #[serde(rename = "worse")]
    Worse,
    /// The interval contains 0, or there are under six pairs.
    #[serde(rename = "no clear difference")]
    NoClearDifference,
}

impl Comparison {
    /// The words, for reports.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Worse => "worse",
            Self::NoClearDifference => "no clear difference",
        }
    }
}

impl StrategySummary {
    /// The summary of the metric called `name`.
    ///
    /// # Panics
    /// If there is no such metric in [`METRICS`].
    #[must_use]
    pub fn metric(&self, name: &str) -> &MetricSummary {
        self.metrics.iter().find(|m| m.metric == name).expect("invariant: the name is one of METRICS")
    }
}

impl Summary {
    /// The strategy that others are compared with.
    ///
    /// # Panics
    /// If the summary was built by hand without one.
    #[must_use]
    pub fn baseline(&self) -> &StrategySummary {
        self.strategies.iter().find(|s| s.is_baseline).expect("invariant: one strategy is the baseline")
    }
}

/// Summarises the outcomes of a study of `plan`.
///
/// # Panics
/// If `outcomes` does not have one row per strategy of the plan.
#[must_use]
pub fn summarise(plan: &Plan, outcomes: &Outcomes) -> Summary {
    let rows = &outcomes.by_strategy;
    assert_eq!(rows.len(), plan.strategies.len(), "outcomes and plan differ in strategies");
    let mut strategies: Vec<StrategySummary> =
        (0..rows.len()).into_par_iter().map(|index| strategy_summary(plan, rows, index)).collect();
    mark_front(&mut strategies);
    Summary {
        schema_version: SCHEMA_VERSION,
        tool: env!("CARGO_PKG_NAME"),
        tool_version: env!("CARGO_PKG_VERSION"),
        model_version: crate::MODEL_VERSION,
        scenario: plan.name.clone(),
        plan_digest: plan.digest(),
        seed: plan.study.seed,
        trials: plan.study.trials,
        baseline: plan.strategies[plan.study.baseline].name.clone(),
        confidence: stats::CONFIDENCE,
        fleet_hosts: plan.fleet.hosts(),
        fleet_regions: plan.fleet.regions.len() as u64,
        fastest: leader(plan, rows, SPEED_METRIC, |s| s.p50.map(|q| q.value), &strategies),
        safest: leader(plan, rows, BLAST_METRIC, |s| s.mean.map(|m| m.value), &strategies),
        strategies,
        thresholds: judge(plan, outcomes),
    }
}

/// The values of `metric` over the trials of its population, sorted.
pub(super) fn sorted_values(metric: &Metric, outcomes: &[Outcome]) -> Vec<f64> {
    let mut values: Vec<f64> = outcomes.iter().filter_map(metric.value).collect();
    stats::sort(&mut values);
    values
}

fn strategy_summary(plan: &Plan, rows: &[Vec<Outcome>], index: usize) -> StrategySummary {
    let baseline = (index != plan.study.baseline).then(|| rows[plan.study.baseline].as_slice());
    let own = rows[index].as_slice();
    let (metrics, sorted): (Vec<MetricSummary>, Vec<Vec<f64>>) =
        METRICS.par_iter().map(|metric| metric_summary(metric, own, baseline)).unzip();
    let sorted_of = |name| {
        let index = METRICS.iter().position(|metric| metric.name == name);
        &sorted[index.expect("invariant: the name is one of METRICS")]
    };
    let durations = sorted_of(DURATION_METRIC);
    StrategySummary {
        name: plan.strategies[index].name.clone(),
        is_baseline: baseline.is_none(),
        endings: endings(own),
        on_front: false,
        dominated_by: None,
        metrics,
        notable: notable(plan, own),
        impaired_host_ms_exceedance: stats::exceedance(sorted_of(BLAST_METRIC), CURVE_POINTS),
        duration_percentiles: DURATION_PERCENTS
            .iter()
            .filter_map(|&percent| {
                let quantile = stats::quantile(durations, percent / 100.0)?;
                Some(DurationPercentile { percent, duration_ms: quantile.value, interval: quantile.interval })
            })
            .collect(),
    }
}

fn endings(outcomes: &[Outcome]) -> Endings {
    outcomes.iter().fold(Endings::default(), |mut counts, outcome| {
        match outcome.ending {
            Ending::Completed => counts.completed += 1,
            Ending::Escaped => counts.escaped += 1,
            Ending::Caught => counts.caught += 1,
            Ending::FalseRollback => counts.false_rollback += 1,
        }
        counts
    })
}

/// The summary of one metric, and its values sorted.
fn metric_summary(
    metric: &Metric,
    own: &[Outcome],
    baseline: Option<&[Outcome]>,
) -> (MetricSummary, Vec<f64>) {
    let in_order: Vec<f64> = own.iter().filter_map(metric.value).collect();
    let mut sorted = in_order.clone();
    stats::sort(&mut sorted);
    let is_share = metric.unit == Unit::YesNo;
    let quantile = |q| if is_share { None } else { stats::quantile(&sorted, q) };
    let summary = MetricSummary {
        metric: metric.name,
        unit: unit_name(metric.unit),
        population: population_name(metric.population),
        n: sorted.len() as u64,
        mean: if is_share { None } else { mean_of_sizes(&in_order) },
        p50: quantile(0.5),
        p90: quantile(0.9),
        p99: quantile(0.99),
        max: sorted.last().copied().filter(|_| !is_share),
        share: if is_share { share(&sorted) } else { None },
        against_baseline: baseline.map(|baseline| difference(metric, own, baseline)),
    };
    (summary, sorted)
}

/// The mean of values that cannot be negative, nor can their expectation.
pub(super) fn mean_of_sizes(values: &[f64]) -> Option<Mean> {
    stats::mean(values).map(|mean| Mean { interval: mean.interval.at_least(0.0), ..mean })
}

/// The share of ones among zeros and ones.
pub(super) fn share(values: &[f64]) -> Option<Proportion> {
    let count = values.iter().filter(|value| **value > 0.5).count();
    stats::proportion(count as u64, values.len() as u64)
}

fn difference(metric: &Metric, own: &[Outcome], baseline: &[Outcome]) -> Difference {
    let pairs: Vec<(f64, f64)> = own
        .iter()
        .zip(baseline)
        .filter_map(|(a, b)| Some(((metric.value)(a)?, (metric.value)(b)?)))
        .collect();
    let differences: Vec<f64> = pairs.iter().map(|(a, b)| a - b).collect();
    let mean = stats::mean(&differences);
    let verdict = match mean.map(|mean| mean.interval) {
        _ if pairs.len() < FEWEST_PAIRS => Comparison::NoClearDifference,
        Some(interval) if interval.high.is_some_and(|high| high < 0.0) => Comparison::Better,
        Some(interval) if interval.is_above(0.0) => Comparison::Worse,
        _ => Comparison::NoClearDifference,
    };
    let ratio = stats::ratio_of_means(&pairs);
    let ratio = ratio.map(|ratio| Ratio { interval: ratio.interval.at_least(0.0), ..ratio });
    Difference { n: pairs.len() as u64, mean, ratio, verdict }
}

/// The strategy with the least `estimate`, each of the others compared with it trial by trial.
fn leader(
    plan: &Plan,
    rows: &[Vec<Outcome>],
    name: &str,
    estimate: impl Fn(&MetricSummary) -> Option<f64>,
    strategies: &[StrategySummary],
) -> Option<Leader> {
    let metric = find(name).expect("invariant: the name is one of METRICS");
    let estimates = strategies.iter().enumerate().filter_map(|(i, s)| Some((i, estimate(s.metric(name))?)));
    let (best, _) = estimates.min_by(|a, b| a.1.total_cmp(&b.1))?;
    let may_be_as_good = |&index: &usize| {
        index != best
            && strategies[index].metric(name).n > 0
            && difference(metric, &rows[index], &rows[best]).verdict != Comparison::Worse
    };
    let name_of = |index: usize| plan.strategies[index].name.clone();
    let not_clearly_worse = (0..rows.len()).filter(may_be_as_good).map(name_of).collect();
    Some(Leader { strategy: name_of(best), not_clearly_worse })
}

fn mark_front(strategies: &mut [StrategySummary]) {
    let nobody_was_hurt = strategies.iter().all(|s| s.metric(BLAST_METRIC).n == 0);
    let points: Vec<Option<(f64, f64)>> = strategies
        .iter()
        .map(|s| {
            let speed = s.metric(SPEED_METRIC).p50?.value;
            let blast = s.metric(BLAST_METRIC).mean.map(|mean| mean.value);
            // Without a single bad change the front is about speed alone.
            Some((speed, if nobody_was_hurt { 0.0 } else { blast? }))
        })
        .collect();
    let names: Vec<String> = strategies.iter().map(|s| s.name.clone()).collect();
    let front = stats::front(&points);
    let dominators = stats::front::dominators(&points);
    for ((strategy, on_front), by) in strategies.iter_mut().zip(front).zip(dominators) {
        strategy.on_front = on_front;
        strategy.dominated_by = by.map(|index| names[index].clone());
    }
}

/// The unit of a metric's numbers, spelled out.
#[must_use]
pub fn unit_name(unit: Unit) -> &'static str {
    match unit {
        Unit::DurationMs => "ms",
        Unit::HostMs => "host-ms",
        Unit::Hosts => "hosts",
        Unit::Zones => "zones",
        Unit::Regions => "regions",
        Unit::Requests => "requests",
        Unit::Ppm => "ppm",
        Unit::YesNo => "share of trials",
    }
}

/// The trials a metric is about, in words.
#[must_use]
pub fn population_name(population: Population) -> &'static str {
    match population {
        Population::All => "all changes",
        Population::Complete => "rollouts that reached every host",
        Population::Bad => "bad changes",
        Population::Good => "good changes",
        Population::Detected => "detected bad changes",
        Population::Mitigated => "mitigated bad changes",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn every_metric_counts_its_population() {
        let (plan, outcomes) = sample::study(500);
        let summary = summarise(&plan, &outcomes);
        for (strategy, row) in summary.strategies.iter().zip(&outcomes.by_strategy) {
            assert_eq!(strategy.metrics.len(), METRICS.len());
            let bad = row.iter().filter(|o| o.is_bad()).count() as u64;
            assert_eq!(strategy.metric("impaired_host_ms").n, bad);
            assert_eq!(strategy.metric("false_rollback").n, 500 - bad);
            assert_eq!(strategy.metric("isolation_violated").n, 500);
            let Endings { completed, escaped, caught, false_rollback } = strategy.endings;
            assert_eq!(completed + escaped + caught + false_rollback, 500);
            assert_eq!(strategy.metric("time_to_100_ms").n, completed + escaped);
            assert_eq!(strategy.metric("escaped").share.unwrap().count, escaped);
        }
    }

    #[test]
    fn differences_are_paired_and_signed() {
        let (plan, outcomes) = sample::study(500);
        let summary = summarise(&plan, &outcomes);
        let against =
            |index: usize, metric| summary.strategies[index].metric(metric).against_baseline.clone();
        assert_eq!(against(4, "impaired_host_ms"), None);
        assert_eq!(against(0, "impaired_host_ms").unwrap().verdict, Comparison::Worse);
        assert_eq!(against(6, "impaired_host_ms").unwrap().verdict, Comparison::Better);
        assert_eq!(against(0, "duration_ms").unwrap().verdict, Comparison::Better);
        let both = outcomes.by_strategy[0].iter().zip(&outcomes.by_strategy[4]);
        let both = both.filter(|(a, b)| a.is_complete() && b.is_complete()).count() as u64;
        assert_eq!(against(0, "duration_ms").unwrap().n, both);
    }

    #[test]
    fn leaders_name_those_that_may_be_as_good() {
        let (plan, mut outcomes) = sample::study(500);
        outcomes.by_strategy[2] = outcomes.by_strategy[6].clone();
        let summary = summarise(&plan, &outcomes);
        let safest = summary.safest.unwrap();
        assert_eq!((safest.strategy.as_str(), safest.not_clearly_worse.len()), ("region-by-region", 1));
        assert_eq!(safest.not_clearly_worse[0], "nine-day-ring");
        assert_eq!(
            summary.fastest,
            Some(Leader { strategy: "all-at-once".into(), not_clearly_worse: vec![] })
        );
        let (plan, outcomes) = sample::study(0);
        assert_eq!(summarise(&plan, &outcomes).safest, None);
    }

    #[test]
    fn five_pairs_decide_nothing() {
        let (plan, outcomes) = sample::study(500);
        let completed: Vec<usize> = (0..500)
            .filter(|&t| outcomes.by_strategy.iter().all(|row| row[t].is_complete()))
            .take(6)
            .collect();
        let verdict = |trials: &[usize]| {
            let pick = |row: &Vec<Outcome>| trials.iter().map(|&t| row[t].clone()).collect();
            let few = Outcomes { by_strategy: outcomes.by_strategy.iter().map(pick).collect() };
            let summary = summarise(&plan, &few);
            summary.strategies[0].metric("time_to_100_ms").against_baseline.as_ref().unwrap().verdict
        };
        assert_eq!(verdict(&completed[..5]), Comparison::NoClearDifference);
        assert_eq!(verdict(&completed), Comparison::Better);
    }

    #[test]
    fn a_strategy_equal_to_the_baseline_shows_no_difference() {
        let (plan, mut outcomes) = sample::study(300);
        outcomes.by_strategy[2] = outcomes.by_strategy[4].clone();
        let summary = summarise(&plan, &outcomes);
        for metric in &summary.strategies[2].metrics {
            let difference = metric.against_baseline.as_ref().unwrap();
            assert_eq!(difference.verdict, Comparison::NoClearDifference, "{}", metric.metric);
            assert!(difference.mean.is_none_or(|mean| mean.value == 0.0));
        }
        assert!(
            summary.strategies[2].on_front && summary.strategies[4].on_front,
            "equal points share the front"
        );
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
}
