//! The summary of a study: every metric of every strategy with its uncertainty, differences from the
//! baseline on the same trials, the Pareto front, thresholds and notable trials.
//!
//! This is the machine-readable result, and all that reports and charts read. It must not format
//! anything and holds no wall-clock time: equal studies give equal summaries.

pub use super::difference::Leader;
use super::difference::{Difference, Standing, difference, leader};
use super::estimate::{CVAR_LEVEL, Estimate, Values};
use super::expectation::{self, ExpectationResult};
use super::notable::{Notable, notable};
use super::precision::{self, PrecisionResult};
use super::sampling::Sampling;
use super::threshold::{ThresholdResult, judge};
pub use super::trials::Endings;
use super::trials::RolloutTrials;
use super::verdict::MeasureChange;
use crate::outcome::measures::{self, Measure, Unit};
use crate::plan::{Estimator, Plan};
use crate::stats::{self, Interval, Mean, Proportion, Quantile, Sorted, TAIL};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Version of the summary's layout; any field that is renamed, removed or redefined bumps it.
pub const SCHEMA_VERSION: u32 = 4;

/// Measure on the speed axis of the Pareto front (its median).
pub const SPEED_METRIC: &Measure = &measures::TIME_TO_100_MS;
/// Measure on the blast-radius axis of the Pareto front (its mean).
pub const BLAST_METRIC: &Measure = &measures::IMPAIRED_HOST_MS;
/// What harm may be compared by, what customers feel first: requests that failed or were refused, damaged items, hosts.
pub const HARMS: [&Measure; 3] = [&measures::FAILED_REQUESTS, &measures::DAMAGED_ITEMS, BLAST_METRIC];
/// Measure whose percentiles the duration chart draws.
const DURATION_METRIC: &Measure = &measures::DURATION_MS;
/// Metrics of which more than the statistics below is drawn.
const DRAWN: [&Measure; 2] = [DURATION_METRIC, BLAST_METRIC];
/// Most points of an exceedance curve, about.
const CURVE_POINTS: usize = 120;
/// Most points of it whose interval is known, about.
const CURVE_INTERVALS: usize = 20;
/// Percentiles of the duration chart.
const DURATION_PERCENTS: [f64; 7] = [1.0, 10.0, 25.0, 50.0, 75.0, 90.0, 99.0];

/// The result of a study.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Layout of this document.
    pub schema_version: u32,
    /// Program that wrote it.
    pub tool: Cow<'static, str>,
    /// Version of the program.
    pub tool_version: Cow<'static, str>,
    /// Version of the simulated model: numbers compare only within one version.
    pub model_version: u32,
    /// The scenario's name.
    pub scenario: String,
    /// Fingerprint of the resolved plan, see [`Plan::digest`].
    pub plan_digest: String,
    /// Root of every random stream.
    pub seed: u64,
    /// RolloutTrials simulated for each strategy, the same ones for all.
    pub trials: u64,
    /// How trials were drawn and weighed: see [`crate::plan::Estimator`].
    pub estimator: Estimator,
    /// Parts of all possible changes that trials were drawn from, each weighed by its probability.
    pub strata: u64,
    /// Precisions asked for and whether they were reached.
    pub precision: Vec<PrecisionResult>,
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
    /// What harm is compared by: what customers feel where there is traffic, then damage to data, then hosts.
    pub harm: &'static Measure,
    /// The strategy with the least mean harm; absent if no change was bad.
    pub safest: Option<Leader>,
    /// Strategies in plan order.
    pub strategies: Vec<StrategySummary>,
    /// Limits and whether they hold.
    pub thresholds: Vec<ThresholdResult>,
    /// What was published and whether the simulation agrees; left out if nothing is expected.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expectations: Vec<ExpectationResult>,
}

/// What the study says about one strategy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StrategySummary {
    /// The strategy's name.
    pub name: String,
    /// Whether the others are compared with it.
    pub is_baseline: bool,
    /// How its rollouts ended.
    pub endings: Endings,
    /// No other strategy has both a smaller or equal median time to 100 % and a smaller or equal mean
    /// harm per bad change. Decided on the estimates, without their intervals.
    pub on_front: bool,
    /// A strategy on the front that is at least as good on both; absent on the front.
    pub dominated_by: Option<String>,
    /// A strategy on the front that is shown to be at least as good on both and better on one, by paired differences; absent
    /// where the trials do not show any.
    pub beaten_by: Option<String>,
    /// One entry per measure of a rollout, in the order of [`measures::of_rollouts`].
    pub metrics: Vec<MetricSummary>,
    /// Trials worth a replay.
    pub notable: Vec<Notable>,
    /// Exceedance curve of impaired host-time: `(host-ms, share of bad changes with at least as much)`.
    pub impaired_host_ms_exceedance: Vec<(f64, f64)>,
    /// Intervals of the share at some points of that curve, the last one among them.
    pub impaired_host_ms_exceedance_intervals: Vec<ExceedanceInterval>,
    /// Percentiles of the duration of rollouts that reached every host.
    pub duration_percentiles: Vec<DurationPercentile>,
}

/// How well a point of an exceedance curve is known.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ExceedanceInterval {
    /// Impaired host-time of the point, host-milliseconds.
    pub host_ms: f64,
    /// Interval of the share of bad changes with at least as much.
    #[serde(flatten)]
    pub interval: Interval,
}

/// One percentile of the duration.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MetricSummary {
    /// What is measured; its name ends in its unit.
    pub metric: &'static Measure,
    /// The unit spelled out.
    pub unit: Cow<'static, str>,
    /// The trials it is about.
    pub population: Cow<'static, str>,
    /// Trials with a value.
    pub n: u64,
    /// Mean over those trials; for a yes/no metric see `share`.
    pub mean: Option<Mean>,
    /// Median.
    pub p50: Option<Quantile>,
    /// 90th percentile.
    pub p90: Option<Quantile>,
    /// 95th percentile.
    pub p95: Option<Quantile>,
    /// 99th percentile.
    pub p99: Option<Quantile>,
    /// Mean of the worst hundredth: conditional value at risk.
    pub cvar99: Option<Mean>,
    /// Largest value seen: a fact of these trials, not an estimate, so it has no interval.
    pub max: Option<f64>,
    /// Share of trials, for a yes/no metric.
    pub share: Option<Proportion>,
    /// Difference from the baseline; absent for the baseline itself.
    pub against_baseline: Option<Difference>,
}

impl StrategySummary {
    /// The summary of a metric of rollouts.
    ///
    /// # Panics
    /// If the measure is not one of a rollout.
    #[must_use]
    pub fn metric(&self, measure: &Measure) -> &MetricSummary {
        self.find(measure).expect("invariant: every measure of a rollout is there")
    }

    /// The summary of a measure, if the plan has something to say of it.
    #[must_use]
    pub fn find(&self, measure: &Measure) -> Option<&MetricSummary> {
        self.metrics.iter().find(|m| m.metric == measure)
    }
}

impl MetricSummary {
    /// The median itself.
    pub(super) fn median(&self) -> Option<Estimate> {
        self.p50.map(|Quantile { value, interval }| Estimate { value, interval })
    }

    /// The mean itself.
    pub(super) fn mean(&self) -> Option<Estimate> {
        self.mean.map(|Mean { value, interval }| Estimate { value, interval })
    }

    /// Where the strategy stands by one of these.
    pub(super) fn standing(&self, estimate: fn(&Self) -> Option<Estimate>) -> Standing {
        let estimate = estimate(self);
        Standing {
            estimate: estimate.map(|estimate| estimate.value),
            interval: estimate.map_or(Interval::UNBOUNDED, |estimate| estimate.interval),
            n: self.n,
            against_baseline: self.against_baseline.as_ref().map(|against| (against.n, against.verdict)),
            ratio: self.against_baseline.as_ref().and_then(|against| against.ratio),
        }
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

/// Summarises a study of `plan`, from its outcomes or from what was kept of them.
///
/// # Panics
/// If there is not one row of outcomes for each strategy of the plan.
#[must_use]
pub fn summarise(plan: &Plan, study: &dyn RolloutTrials) -> Summary {
    let count = plan.strategies.len();
    assert_eq!(study.strategies(), count, "outcomes and plan differ in strategies");
    let trials = study.trials(0);
    let sampling = Sampling::new(plan, trials);
    let mut strategies: Vec<StrategySummary> =
        (0..count).into_par_iter().map(|index| strategy_summary(plan, &sampling, study, index)).collect();
    let harm = harm_measure(&strategies);
    mark_front(&mut strategies, harm);
    mark_beaten(&mut strategies, harm, |metric, own, other| {
        difference(metric, &sampling, study, own, other).verdict
    });
    let standings = |metric: &Measure, estimate: fn(&MetricSummary) -> Option<Estimate>| {
        let standing = |strategy: &StrategySummary| strategy.metric(metric).standing(estimate);
        strategies.iter().map(standing).collect::<Vec<_>>()
    };
    let speeds = standings(SPEED_METRIC, MetricSummary::median);
    let harms = standings(harm, MetricSummary::mean);
    let lead = |metric, both| leader(&sampling, study, metric, plan, both);
    Summary {
        schema_version: SCHEMA_VERSION,
        tool: env!("CARGO_PKG_NAME").into(),
        tool_version: env!("CARGO_PKG_VERSION").into(),
        model_version: crate::MODEL_VERSION,
        scenario: plan.name.clone(),
        plan_digest: plan.digest(),
        seed: plan.study.seed,
        trials,
        estimator: plan.study.estimator,
        strata: sampling.len() as u64,
        precision: precision::results(plan, study),
        baseline: plan.strategies[plan.study.baseline].name.clone(),
        confidence: stats::CONFIDENCE,
        fleet_hosts: plan.fleet.hosts(),
        fleet_regions: plan.fleet.regions.len() as u64,
        fastest: lead(SPEED_METRIC, (&speeds, &harms)),
        harm,
        safest: lead(harm, (&harms, &speeds)),
        strategies,
        thresholds: judge(plan, study),
        expectations: expectation::judge_with_origins(plan, study),
    }
}

fn strategy_summary(
    plan: &Plan,
    sampling: &Sampling,
    study: &dyn RolloutTrials,
    index: usize,
) -> StrategySummary {
    let baseline = (index != plan.study.baseline).then_some(plan.study.baseline);
    let (metrics, sorted): (Vec<MetricSummary>, Vec<Option<Sorted>>) =
        measures::of_rollouts(plan.fleet.has_customers())
            .collect::<Vec<_>>()
            .into_par_iter()
            .map(|metric| metric_summary(metric, sampling, study, index, baseline))
            .unzip();
    let sorted_of = |measure: &Measure| {
        let index = measures::ROLLOUT.iter().position(|metric| *metric == measure);
        let index = index.expect("invariant: it is a measure of a rollout");
        sorted[index].as_ref().expect("invariant: it is one of DRAWN")
    };
    let (durations, harm) = (sorted_of(DURATION_METRIC), sorted_of(BLAST_METRIC));
    let median_harm = harm.quantile(0.5).map(|median| median.value);
    let curve = stats::exceedance(harm, CURVE_POINTS);
    StrategySummary {
        name: plan.strategies[index].name.clone(),
        is_baseline: baseline.is_none(),
        endings: study.endings(index),
        on_front: false,
        dominated_by: None,
        beaten_by: None,
        metrics,
        notable: notable(plan, &study.shortlist(index), median_harm),
        impaired_host_ms_exceedance_intervals: curve_intervals(harm, &curve),
        impaired_host_ms_exceedance: curve,
        duration_percentiles: DURATION_PERCENTS
            .iter()
            .filter_map(|&percent| {
                let quantile = durations.quantile(percent / 100.0)?;
                Some(DurationPercentile { percent, duration_ms: quantile.value, interval: quantile.interval })
            })
            .collect(),
    }
}

/// Intervals at about [`CURVE_INTERVALS`] points of a curve that did some harm, from the last one backwards.
fn curve_intervals(harm: &Sorted, curve: &[(f64, f64)]) -> Vec<ExceedanceInterval> {
    let harmful: Vec<f64> = curve.iter().map(|point| point.0).filter(|host_ms| *host_ms > 0.0).collect();
    let step = harmful.len().div_ceil(CURVE_INTERVALS).max(1);
    let at = |host_ms: f64| ExceedanceInterval { host_ms, interval: harm.share_from(host_ms, TAIL) };
    let mut intervals: Vec<ExceedanceInterval> = harmful.into_iter().rev().step_by(step).map(at).collect();
    intervals.reverse();
    intervals
}

/// The summary of one metric, and its sorted values if they are drawn.
fn metric_summary(
    metric: &'static Measure,
    sampling: &Sampling,
    study: &dyn RolloutTrials,
    index: usize,
    baseline: Option<usize>,
) -> (MetricSummary, Option<Sorted>) {
    let values = Values::new(metric, study.values(sampling, metric, index));
    let share = values.share();
    let is_share = metric.unit == Unit::YesNo;
    let quantile = |q| if is_share { None } else { values.sorted.quantile(q) };
    let tail_mean = || stats::tail_mean(&values.sample, &values.sorted, CVAR_LEVEL);
    let summary = MetricSummary {
        metric,
        unit: metric.unit.name().into(),
        population: metric.population.words().into(),
        n: values.sample.len(),
        mean: if is_share { None } else { stats::mean_at(&values.sample, TAIL).or(values.never()) },
        p50: quantile(0.5),
        p90: quantile(0.9),
        p95: quantile(0.95),
        p99: quantile(0.99),
        cvar99: if is_share { None } else { tail_mean() },
        max: values.sorted.max().filter(|_| !is_share),
        share,
        against_baseline: baseline.map(|baseline| difference(metric, sampling, study, index, baseline)),
    };
    (summary, DRAWN.contains(&metric).then_some(values.sorted))
}

/// The first of [`HARMS`] of which any strategy did some; the last if none did.
fn harm_measure(strategies: &[StrategySummary]) -> &'static Measure {
    let is_done = |measure: &&'static Measure| {
        strategies.iter().any(|strategy| strategy.metric(measure).max.is_some_and(|most| most > 0.0))
    };
    HARMS.into_iter().find(is_done).unwrap_or(BLAST_METRIC)
}

fn mark_front(strategies: &mut [StrategySummary], harm: &Measure) {
    let nobody_was_hurt = strategies.iter().all(|s| s.metric(harm).n == 0);
    let points: Vec<Option<(f64, f64)>> = strategies
        .iter()
        .map(|s| {
            let speed = s.metric(SPEED_METRIC).p50?.value;
            let blast = s.metric(harm).mean.map(|mean| mean.value);
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

/// Marks those of which `change`, what the paired difference of a strategy from another one says of a measure, shows that a
/// member of the front is better.
fn mark_beaten(
    strategies: &mut [StrategySummary],
    harm: &'static Measure,
    change: impl Fn(&'static Measure, usize, usize) -> MeasureChange,
) {
    let nobody_was_hurt = strategies.iter().all(|s| s.metric(harm).n == 0);
    let measures = if nobody_was_hurt { vec![SPEED_METRIC] } else { vec![SPEED_METRIC, harm] };
    let estimates = |strategy: &StrategySummary| {
        let harm = strategy.metric(harm).mean.map_or(0.0, |mean| mean.value);
        Some((strategy.metric(SPEED_METRIC).p50?.value, harm))
    };
    let shown = |own: usize, other: usize| {
        let changes: Vec<MeasureChange> =
            measures.iter().map(|measure| change(measure, own, other)).collect();
        let is_worse = |change: &MeasureChange| match change {
            MeasureChange::Regressed => true,
            MeasureChange::NoChange
            | MeasureChange::Improved
            | MeasureChange::WithinTolerance
            | MeasureChange::Inconclusive => false,
        };
        let is_no_better = |change: &MeasureChange| is_worse(change) || *change == MeasureChange::NoChange;
        changes.iter().all(is_no_better) && changes.iter().any(is_worse)
    };
    let found = |own: usize| {
        let dominator = strategies[own].dominated_by.as_ref()?;
        let (speed, harm) = estimates(&strategies[own])?;
        let may_beat = |other: &&StrategySummary| {
            let ahead = |(other_speed, other_harm)| other_speed <= speed && other_harm <= harm;
            other.on_front && estimates(other).is_some_and(ahead)
        };
        let mut others: Vec<_> = strategies.iter().enumerate().filter(|(_, other)| may_beat(other)).collect();
        // The one that is named beside it already, if that is shown.
        others.sort_by_key(|(_, other)| other.name != *dominator);
        others.into_iter().find(|(other, _)| shown(own, *other)).map(|(_, other)| other.name.clone())
    };
    let beaten: Vec<Option<String>> = (0..strategies.len()).map(found).collect();
    strategies.iter_mut().zip(beaten).for_each(|(strategy, by)| strategy.beaten_by = by);
}

#[cfg(test)]
mod tests {
    // Tests of the summary: populations, pairs, leaders, the front.

    use super::*;
    use crate::outcome::Outcome;
    use crate::report::sample;
    use crate::study::Outcomes;

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
            let Endings { completed, escaped, caught, recalled, false_rollback, grounded } = strategy.endings;
            assert_eq!(completed + escaped + caught + recalled + false_rollback, 500);
            assert_eq!(grounded, 0, "nothing in a study closes for ever");
            assert_eq!(strategy.metric(&measures::TIME_TO_100_MS).n, completed + escaped + recalled);
            assert_eq!(strategy.metric(&measures::ESCAPED).share.unwrap().count, escaped);
        }
    }

    #[test]
    fn differences_are_paired_and_signed() {
        let (plan, outcomes) = sample::study(500);
        let summary = summarise(&plan, &outcomes);
        let against =
            |index: usize, metric| summary.strategies[index].metric(metric).against_baseline.clone();
        assert_eq!(against(4, &measures::IMPAIRED_HOST_MS), None);
        assert_eq!(against(0, &measures::IMPAIRED_HOST_MS).unwrap().verdict, MeasureChange::Regressed);
        assert_eq!(against(6, &measures::IMPAIRED_HOST_MS).unwrap().verdict, MeasureChange::Improved);
        assert_eq!(against(0, &measures::DURATION_MS).unwrap().verdict, MeasureChange::Improved);
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
            summary.strategies[0].metric(&measures::TIME_TO_100_MS).against_baseline.as_ref().unwrap().verdict
        };
        assert_eq!(verdict(&completed[..5]), MeasureChange::Inconclusive);
        assert_eq!(verdict(&completed), MeasureChange::Improved);
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
        assert!(
            summary.strategies[2].on_front && summary.strategies[4].on_front,
            "equal points share the front"
        );
    }

    #[test]
    fn points_of_the_curve_lie_in_their_intervals_and_the_tail_is_known_least() {
        let (plan, outcomes) = sample::study(400);
        for strategy in &summarise(&plan, &outcomes).strategies {
            let curve = &strategy.impaired_host_ms_exceedance;
            let intervals = &strategy.impaired_host_ms_exceedance_intervals;
            assert_eq!(intervals.last().map(|i| i.host_ms), curve.last().map(|p| p.0));
            assert!(intervals.len() <= CURVE_INTERVALS + 1);
            for ExceedanceInterval { host_ms, interval } in intervals {
                let share = curve.iter().find(|p| p.0 == *host_ms).unwrap().1;
                let (low, high) = (interval.low.unwrap(), interval.high.unwrap());
                assert!(low <= share && share <= high && high <= 1.0, "{low} {share} {high}");
            }
            let width = |i: &ExceedanceInterval| i.interval.high.unwrap() / i.interval.low.unwrap();
            assert!(width(intervals.last().unwrap()) > width(&intervals[0]));
        }
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
        assert_eq!(off[0].beaten_by.as_deref(), Some("amazon-five-waves"));
        let few =
            Outcomes { by_strategy: outcomes.by_strategy.iter().map(|row| row[..5].to_vec()).collect() };
        let few = summarise(&plan, &few);
        assert!(few.strategies.iter().all(|s| s.beaten_by.is_none()), "five trials show nobody beaten");
    }
}
