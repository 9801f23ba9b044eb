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
use serde::Serialize;

/// What a number is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
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
const TRIALS: u64 = 16;
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
        let tries = Tries::of(&alone(plan, strategy), about.iter().map(|&index| &expectations[index]));
        for (place, index) in about.into_iter().enumerate() {
            origins[index] = tries.origin(place);
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

/// Numbers as they are, and with every input smaller and larger.
struct Tries {
    base: Numbers,
    /// With more of all times together: what is made of times alone moves in proportion, however its parts are aligned.
    longer: Numbers,
    /// By input: its value if it is a time, and the numbers with more of it and, of what is no time, with less.
    moved: Vec<(Option<f64>, [Numbers; 2])>,
}

impl Tries {
    fn of<'e>(plan: &Plan, expected: impl Iterator<Item = &'e Expectation>) -> Self {
        let asked: Vec<(&'static Measure, Statistic)> = expected.map(|e| (e.metric, e.statistic)).collect();
        let base = numbers(plan, &asked);
        let tried = |input: &PlanInput| {
            let numbers = |factor| numbers(&input.scaled(plan, factor), &asked);
            // A time that is part of a sum is part of it both ways.
            match input.ms {
                Some(ms) => (Some(ms), [base.clone(), numbers(1.0 + STEP)]),
                None => (None, [numbers(1.0 - SHARE_STEP), numbers(1.0 + SHARE_STEP)]),
            }
        };
        let inputs = inputs::of(plan);
        let times = inputs.iter().filter(|input| input.ms.is_some());
        let longer = times.fold(plan.clone(), |plan, time| time.scaled(&plan, 1.0 + STEP));
        Self { longer: numbers(&longer, &asked), moved: inputs.iter().map(tried).collect(), base }
    }

    fn origin(&self, place: usize) -> Option<Origin> {
        let value = self.base[place]?;
        let scale = if value == 0.0 { 1.0 } else { value.abs() };
        let mut times = Vec::new();
        for (ms, [less, more]) in &self.moved {
            // A number that is gone with a little more or less of an input hangs on a mechanism.
            let (Some(less), Some(more)) = (less[place], more[place]) else { return Some(Origin::Emergent) };
            let step = if ms.is_some() { STEP } else { SHARE_STEP };
            let (down, up) = ((value - less) / (scale * step), (more - value) / (scale * step));
            match ms {
                Some(ms) => times.push((*ms, up)),
                None if !(is_plain(down) && is_plain(up)) => return Some(Origin::Emergent),
                None => {}
            }
        }
        times.retain(|(_, part)| part.abs() > NONE);
        let whole = self.longer[place].map(|longer| (longer - value) / (scale * STEP));
        Some(match times.as_slice() {
            [] if self.moved.iter().all(|(_, [less, more])| less[place] == more[place]) => Origin::Given,
            [] => Origin::SumOfInputs,
            _ if !whole.is_some_and(is_plain) => Origin::Emergent,
            [(ms, _)] if (ms - value).abs() <= ABOUT * scale => Origin::Given,
            _ => Origin::SumOfInputs,
        })
    }
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
