//! What a simulated number is made of, decided by trying: every time of the plan is made a tenth longer, every share,
//! rate and threshold half as large and half as large again, on the same trials, and what the number does says whether it
//! was typed in or came out.
//!
//! A number that was typed in agrees with what was published because somebody read it there. Only one that mechanisms
//! made can be wrong, and so only that says anything for the model.

use super::estimate::Values;
use super::inputs::{self, PlanInput};
use super::progress::Nobody;
use super::rollouts;
use super::sampling::Sampling;
use super::trials::StudyTrials;
use crate::outcome::measures::{Measure, Subject};
use crate::plan::study::Statistic;
use crate::plan::{Expectation, Plan, Restriction};
use crate::stats::TAIL;
use serde::{Deserialize, Serialize};

/// What a number is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// One input, or one that no input moves, such as all zones of the fleet: it could not have come out otherwise.
    Given,
    /// Times that were typed in, one after the other, or a product of inputs.
    SumOfInputs,
    /// It came out of mechanisms: thresholds, traffic, capacity or chance had a part in it.
    Emergent,
}

impl Origin {
    /// The word, for reports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::SumOfInputs => "sum of inputs",
            Self::Emergent => "emergent",
        }
    }
}

/// Trials behind one try. They are the same ones for all, so that few are enough.
const TRIALS: u64 = 4;
/// By how much a time is made longer.
const STEP: f64 = 0.1;
/// By how much what is no time is made smaller and larger: far enough to pass a threshold.
const SHARE_STEP: f64 = 0.5;
/// Elasticities below this are none: what alarms and batches do with odd moments.
const NONE: f64 = 0.05;
/// How far from 1 an elasticity may be that is still in proportion, and a sum of shares that is still the whole.
const ABOUT: f64 = 0.1;

/// What the number of every expectation about rollouts is, in plan order; none where it has no value. Pipelines are not
/// tried: one trial of them is weeks long.
#[must_use]
pub(super) fn of_all(plan: &Plan) -> Vec<Option<Origin>> {
    let expectations = &plan.study.expectations;
    let mut origins = vec![None; expectations.len()];
    let rollouts = |expected: &Expectation| expected.metric.subject() == Subject::Rollout;
    for strategy in 0..plan.strategies.len() {
        let about = (0..expectations.len())
            .filter(|&index| rollouts(&expectations[index]) && expectations[index].strategy == strategy);
        let about: Vec<usize> = about.collect();
        if about.is_empty() {
            continue;
        }
        let alone = alone(plan, strategy);
        let tries = Tries::of(&alone, about.iter().map(|&index| &expectations[index]));
        for (index, origin) in about.into_iter().zip(tries.origins()) {
            origins[index] = origin;
        }
    }
    origins
}

/// The plan of one strategy, of few trials.
fn alone(plan: &Plan, strategy: usize) -> Plan {
    let only =
        Restriction { strategies: vec![plan.strategies[strategy].name.clone()], ..Restriction::default() };
    let mut plan =
        plan.restrict(&only).expect("invariant: the plan has the strategy, and as many trials as before");
    plan.study.trials = plan.study.trials.min(TRIALS);
    plan.study.precision.clear();
    (plan.study.thresholds, plan.study.expectations) = (Vec::new(), Vec::new());
    plan
}

/// One number an expectation.
type Numbers = Vec<Option<f64>>;

/// Numbers as they are, and what became of them so far.
struct Tries<'p> {
    plan: &'p Plan,
    asked: Vec<(&'static Measure, Statistic)>,
    base: Numbers,
    found: Vec<NumberMoves>,
}

/// How one number moves with the inputs.
#[derive(Default)]
struct NumberMoves {
    /// What is no time moves it, and not in proportion.
    by_mechanism: bool,
    /// What is no time moves it in proportion.
    by_shares: bool,
    /// The times that move it.
    times_ms: Vec<f64>,
}

impl<'p> Tries<'p> {
    fn of<'e>(plan: &'p Plan, expected: impl Iterator<Item = &'e Expectation>) -> Self {
        let asked: Vec<(&'static Measure, Statistic)> = expected.map(|e| (e.metric, e.statistic)).collect();
        let found = asked.iter().map(|_| NumberMoves::default()).collect();
        Self { plan, base: numbers(plan, &asked), asked, found }
    }

    /// What each number is; none for one that has no value.
    fn origins(mut self) -> Vec<Option<Origin>> {
        let (times, shares): (Vec<_>, Vec<_>) =
            inputs::of(self.plan).into_iter().partition(|input| input.ms.is_some());
        for share in &shares {
            self.try_share(share);
        }
        if self.found.iter().all(|moves| moves.by_mechanism) {
            return (0..self.base.len()).map(|place| self.base[place].map(|_| Origin::Emergent)).collect();
        }
        for time in &times {
            self.try_time(time);
        }
        let longer = numbers(&longer(self.plan, &times), &self.asked);
        (0..self.base.len()).map(|place| self.origin(place, longer[place])).collect()
    }

    /// How far numbers move with so many times as much of an input; none for those that are gone.
    fn elasticities(&self, input: &PlanInput, factor: f64) -> Numbers {
        let moved = numbers(&input.scaled(self.plan, factor), &self.asked);
        let elasticity = |(base, moved): (&Option<f64>, Option<f64>)| {
            let (base, moved) = (base.as_ref()?, moved?);
            Some((moved - base) / (scale_of(*base) * (factor - 1.0)))
        };
        self.base.iter().zip(moved).map(elasticity).collect()
    }

    /// A number that is gone with less or more of a share says nothing of how it is made while it is there.
    fn try_share(&mut self, input: &PlanInput) {
        for factor in [1.0 - SHARE_STEP, 1.0 + SHARE_STEP] {
            let moved = self.elasticities(input, factor);
            for (moves, elasticity) in self.found.iter_mut().zip(moved) {
                let Some(elasticity) = elasticity else { continue };
                moves.by_mechanism |= !is_plain(elasticity);
                moves.by_shares |= elasticity != 0.0;
            }
        }
    }

    /// A time that is part of a sum is part of it both ways.
    fn try_time(&mut self, input: &PlanInput) {
        let moved = self.elasticities(input, 1.0 + STEP);
        for (moves, elasticity) in self.found.iter_mut().zip(moved) {
            if elasticity.is_some_and(|part| part.abs() > NONE) {
                moves.times_ms.extend(input.ms);
            }
        }
    }

    fn origin(&self, place: usize, longer: Option<f64>) -> Option<Origin> {
        let value = self.base[place]?;
        let moves = &self.found[place];
        let whole = longer.map(|longer| (longer - value) / (scale_of(value) * STEP));
        Some(match moves.times_ms.as_slice() {
            _ if moves.by_mechanism => Origin::Emergent,
            [] if moves.by_shares => Origin::SumOfInputs,
            [] => Origin::Given,
            _ if !whole.is_some_and(is_plain) => Origin::Emergent,
            [ms] if (ms - value).abs() <= ABOUT * scale_of(value) => Origin::Given,
            _ => Origin::SumOfInputs,
        })
    }
}

/// The plan with more of all times together, the time of day of its start among them: datapoints fall as they did then,
/// so what is made of times alone moves in proportion, exactly.
fn longer(plan: &Plan, times: &[PlanInput]) -> Plan {
    let mut plan = times.iter().fold(plan.clone(), |plan, time| time.scaled(&plan, 1.0 + STEP));
    for ms in [&mut plan.study.start_utc_ms, &mut plan.study.start_spread_ms] {
        *ms = (*ms as f64 * (1.0 + STEP)).round() as u64;
    }
    plan
}

/// What a change of a number is relative to.
fn scale_of(value: f64) -> f64 {
    if value == 0.0 { 1.0 } else { value.abs() }
}

/// Whether a number stays as it is or moves in proportion.
fn is_plain(elasticity: f64) -> bool {
    elasticity.abs() <= NONE || (elasticity - 1.0).abs() <= ABOUT
}

/// The statistics that are asked for, of a plan of one strategy.
fn numbers(plan: &Plan, asked: &[(&'static Measure, Statistic)]) -> Vec<Option<f64>> {
    // Nobody cancels it.
    let Ok(outcomes) = rollouts::run(plan, &Nobody) else { return vec![None; asked.len()] };
    let sampling = Sampling::new(plan, plan.study.trials);
    let number = |&(measure, statistic): &(&'static Measure, Statistic)| {
        let values = Values::new(measure, outcomes.values(&sampling, measure, 0));
        values.estimate(statistic, TAIL).map(|estimate| estimate.value)
    };
    asked.iter().map(number).collect()
}
