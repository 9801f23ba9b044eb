//! How rollouts unfold: a fixed number of trials of every strategy, replayed. Curves of exposure and harm over time, the
//! risk of each place, and how far a bad change had come when it was caught are made of them, weighed as estimates are.
//!
//! Outcomes do not say these things, and keeping what does of every trial would cost more than it says. It draws nothing.

mod funnel;
mod trial;

pub use funnel::CatchRow;
pub use trial::{CaughtAt, first_waves};

use super::progress::{Nobody, Progress, Stopped};
use super::rollouts::{Evaluations, RolloutSimulator};
use super::sampling::Sampling;
use super::workers::{Simulator, Workers};
use crate::ids::{DefectId, ZoneId};
use crate::outcome::Outcome;
use crate::outcome::measures::Population;
use crate::plan::{Plan, Strata};
use crate::rollout::{Engine, Model, TooCostly};
use crate::sim::Recorder;
use crate::stats::{self, Bin, Interval, Mean, Proportion, Sample, Sorted};
use funnel::Catch;
use trial::{UnfoldedTrial, unfold};

/// Trials of each strategy that are replayed unless another number is asked for.
pub const REPLAYED: u64 = 400;
/// Percentiles of the curves over time.
pub const PERCENTS: [f64; 5] = [5.0, 25.0, 50.0, 75.0, 95.0];
/// Instants at which curves are looked at.
const INSTANTS: usize = 160;
/// Trials by which the length of the axis is chosen.
const PREVIEWED: u64 = 64;
/// A span of strategies wider than this factor gets instants in equal ratios.
const WIDE: f64 = 20.0;
/// With instants in equal ratios the first one is such a part of the shortest strategy.
const FIRST_PART: f64 = 50.0;

/// All strategies of a plan, unfolded.
#[derive(Debug)]
pub struct Unfolding {
    /// Trials of each strategy.
    pub trials: u64,
    /// The instants of the curves, in milliseconds since a rollout's start, ascending.
    pub instants_ms: Vec<u64>,
    /// Whether instants follow each other in equal ratios, for a logarithmic axis, rather than in equal steps.
    pub is_log: bool,
    /// In plan order.
    pub strategies: Vec<UnfoldedStrategy>,
}

/// How the rollouts of one strategy unfold.
#[derive(Debug)]
pub struct UnfoldedStrategy {
    /// Share of the fleet's hosts on the new version, over all changes.
    pub exposure: Fan,
    /// Share of the fleet's hosts that are impaired, over bad changes; empty where there are none.
    pub impairment: Fan,
    /// One entry a zone, in the order of the fleet.
    pub zones: Vec<ZoneRisk>,
    /// Number and time to 100 %, milliseconds, of the trials that reached every host.
    completed: Vec<(u64, u64)>,
    catches: Vec<Catch>,
}

/// Percentiles of a share of hosts, 0 to 1, over time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fan {
    /// One row for each of [`PERCENTS`], with an entry an instant; all empty if no trial counts.
    pub rows: [Vec<f64>; PERCENTS.len()],
}

/// What bad changes do to one zone.
#[derive(Debug, Clone, PartialEq)]
pub struct ZoneRisk {
    /// Share of bad changes that impair a host of it; none if no change is bad.
    pub impaired: Option<Proportion>,
    /// Impaired host-time there for each bad change, milliseconds.
    pub host_ms: Option<Mean>,
}

impl UnfoldedStrategy {
    /// The trial that reached every host and whose time to 100 % is nearest to `time_ms`, and that time; ties go to the
    /// first. None if no trial reached every host.
    #[must_use]
    pub fn nearest(&self, time_ms: f64) -> Option<(u64, u64)> {
        let away = |(_, to_100_ms): &&(u64, u64)| (*to_100_ms as f64 - time_ms).abs();
        self.completed.iter().min_by(|a, b| away(a).total_cmp(&away(b))).copied()
    }

    /// How far bad changes had come when they were caught, by waves, with each class of defect counted so many times as
    /// often as the plan says: 1 for a study of rollouts, for a pipeline the share that comes to production.
    #[must_use]
    pub fn funnel(&self, plan: &Plan, times: &dyn Fn(DefectId) -> f64) -> Vec<CatchRow> {
        funnel::rows(plan, &self.catches, times)
    }
}

/// Replays the first `trials` trials of every strategy.
///
/// # Errors
/// When `progress` cancels it, or a trial goes beyond its budget.
pub fn unfolded(plan: &Plan, trials: u64, progress: &dyn Progress) -> Result<Unfolding, Stopped> {
    let model = Model::new(plan);
    let trials = trials.max(Strata::of(plan).fewest_trials());
    progress.planned(trials * plan.strategies.len() as u64);
    let (instants_ms, is_log) = instants(plan, &model, trials)?;
    let sampling = Sampling::new(plan, trials);
    let mut strategies = Vec::new();
    for strategy in 0..plan.strategies.len() {
        let simulator = UnfoldingSimulator { model: &model, instants_ms: &instants_ms };
        let workers = Workers::new(simulator, progress);
        let done = workers.complete(&[strategy], |_| 0, trials)?;
        let all: Vec<UnfoldedTrial> = done.into_iter().flat_map(|(_, chunk)| chunk).collect();
        strategies.push(summed_up(plan, &sampling, instants_ms.len(), all));
    }
    Ok(Unfolding { trials, instants_ms, is_log, strategies })
}

/// Replays trials and looks at them.
#[derive(Clone, Copy)]
struct UnfoldingSimulator<'m> {
    model: &'m Model<'m>,
    instants_ms: &'m [u64],
}

impl<'m> Simulator for UnfoldingSimulator<'m> {
    type Outcome = UnfoldedTrial;
    type Worker = Engine<'m>;
    const CHUNK: u64 = 32;

    fn worker(&self) -> Engine<'m> {
        Engine::new(self.model)
    }

    fn simulate(
        &self,
        engine: &mut Engine<'m>,
        strategy: usize,
        trial: u64,
    ) -> Result<UnfoldedTrial, TooCostly> {
        let mut recorder = Recorder::default();
        let outcome = engine.try_run(strategy, trial, &mut recorder)?;
        Ok(unfold(self.model.plan, outcome, &recorder.into_records(), self.instants_ms))
    }
}

/// The instants of the curves, until nearly all rollouts of the slowest strategy are everywhere or their harm is over.
fn instants(plan: &Plan, model: &Model<'_>, trials: u64) -> Result<(Vec<u64>, bool), Stopped> {
    let simulator = RolloutSimulator { model, evaluations: Evaluations::Promising };
    let every: Vec<usize> = (0..plan.strategies.len()).collect();
    let mut ends: Vec<Vec<u64>> = vec![Vec::new(); every.len()];
    let previewed = Workers::new(simulator, &Nobody).complete(&every, |_| 0, trials.min(PREVIEWED))?;
    for (strategy, outcomes) in previewed {
        ends[strategy].extend(outcomes.iter().map(over_ms));
    }
    let nearly_all = |ends: &mut Vec<u64>| {
        ends.sort_unstable();
        ends[ends.len() * 19 / 20].max(1) as f64
    };
    let spans: Vec<f64> = ends.iter_mut().map(nearly_all).collect();
    let longest = spans.iter().copied().fold(1.0, f64::max) * 1.05;
    let shortest = spans.iter().copied().fold(longest, f64::min);
    let is_log = longest > WIDE * shortest;
    let part = |index: usize| index as f64 / (INSTANTS - 1) as f64;
    let at = |index: usize| match is_log {
        true => {
            let first = (shortest / FIRST_PART).max(1.0);
            first * libm::exp(libm::log(longest / first) * part(index))
        }
        false => longest * part(index),
    };
    let mut instants: Vec<u64> = (0..INSTANTS).map(|index| libm::round(at(index)) as u64).collect();
    instants.dedup();
    Ok((instants, is_log))
}

/// When nothing more is to be seen in a curve of a trial.
fn over_ms(outcome: &Outcome) -> u64 {
    let everywhere_ms = outcome.to_100_ms.filter(|_| outcome.is_complete()).unwrap_or(outcome.end_ms);
    everywhere_ms.max(outcome.mitigated_ms.unwrap_or(0))
}

fn summed_up(
    plan: &Plan,
    sampling: &Sampling,
    instants: usize,
    trials: Vec<UnfoldedTrial>,
) -> UnfoldedStrategy {
    let hosts = plan.fleet.hosts() as f64;
    let fan = |population, of: &(dyn Fn(&UnfoldedTrial, usize) -> f64 + Sync)| {
        let mut fan = Fan::default();
        for instant in 0..instants {
            let share = |trial: &UnfoldedTrial| of(trial, instant) / hosts;
            let sample = weighed(sampling, &trials, population, Interval::new(0.0, 1.0), share);
            let sorted = Sorted::new(&sample);
            for (row, percent) in fan.rows.iter_mut().zip(PERCENTS) {
                row.extend(sorted.value(percent / 100.0));
            }
        }
        fan
    };
    let zone = |zone: ZoneId| {
        let of_bad = |possible, of: &dyn Fn(u64) -> f64| {
            weighed(sampling, &trials, Population::Bad, possible, |trial| of(trial.harm[zone.index()]))
        };
        let share = of_bad(Interval::new(0.0, 1.0), &|harm| f64::from(u8::from(harm > 0)));
        let harm = of_bad(Interval::UNBOUNDED.at_least(0.0), &|harm| harm as f64);
        ZoneRisk { impaired: stats::proportion(&share), host_ms: stats::mean(&harm) }
    };
    let completed = |(trial, unfolded): (u64, &UnfoldedTrial)| {
        let outcome = &unfolded.outcome;
        Some((trial, outcome.to_100_ms.filter(|_| outcome.is_complete())?))
    };
    UnfoldedStrategy {
        exposure: fan(Population::All, &|trial, instant| trial.exposed[instant]),
        impairment: fan(Population::Bad, &|trial, instant| trial.impaired[instant]),
        zones: plan.fleet.zones.ids().map(zone).collect(),
        completed: (0..).zip(&trials).filter_map(completed).collect(),
        catches: (0..)
            .zip(&trials)
            .filter_map(|(number, trial)| Catch::of(sampling, number, trial))
            .collect(),
    }
}

/// A value of every trial that belongs to a population, each stratum weighed by its probability.
fn weighed(
    sampling: &Sampling,
    trials: &[UnfoldedTrial],
    population: Population,
    possible: Interval,
    of: impl Fn(&UnfoldedTrial) -> f64,
) -> Sample {
    let mut by_stratum = vec![Vec::new(); sampling.len()];
    for (number, trial) in (0..).zip(trials) {
        if population != Population::Bad || trial.outcome.has_defect() {
            by_stratum[sampling.stratum(number)].push(Bin::one(of(trial)));
        }
    }
    sampling.sample_of(population, by_stratum, possible)
}

#[cfg(test)]
mod tests {
    // The unfolding of a small plan, held against outcomes and against plain counting.

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
                assert_eq!(
                    median >= 1.0,
                    there > 30,
                    "strategy {strategy} at {at_ms}: {there} of 60, {median}"
                );
            }
            assert!(
                unfolded.impairment.rows.iter().all(|row| row.is_empty() || row.iter().all(|x| *x == 0.0))
            );
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
}
