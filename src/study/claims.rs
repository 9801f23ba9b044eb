//! Judges claims: simulates the plan and the variants that they hold it against, on the same trials, and says of each
//! comparison whether it holds. It finds no words.

use super::difference::FEWEST_PAIRS;
use super::estimate::{Estimate, Values};
use super::experiment::Experiment;
use super::judgement::{self, Statement};
use super::outcomes::Outcomes;
use super::pipeline::{PipelineExperiment, PipelineTrials};
use super::precision;
use super::progress::{Progress, Stopped};
use super::rollouts::RolloutExperiment;
use super::row::{self, StrategyTrials};
use super::sampling::Sampling;
use super::trials::Kept;
use super::verdict::Verdict;
use crate::outcome::measures::{Measure, Measured, Subject};
use crate::plan::claim::{Assertion, Claim, ClaimSide, Relation, Shows};
use crate::plan::study::Statistic;
use crate::plan::{Claims, Plan, Strata};
use crate::stats::contrast::{self, Draws};
use crate::stats::{self, CONFIDENCE, Interval};
use serde::Serialize;

/// What the trials say of a claim.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClaimResult {
    /// Pass: every comparison holds. Fail: the trials refute one. Inconclusive: they do not decide all. A claim without
    /// comparisons is not shown, and has none.
    pub verdict: Option<Verdict>,
    /// Probability that the comparisons hold together.
    pub confidence: f64,
    /// The comparisons, in the order of the claim.
    pub shows: Vec<ShownResult>,
}

/// What the trials say of a comparison.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ShownResult {
    /// Its name.
    pub name: String,
    /// The side that is spoken of.
    pub of: SideResult,
    /// The other side.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub than: Option<SideResult>,
    /// The first less the second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub difference: Option<Estimate>,
    /// How many times the side that is to be less the other one is; none where that is 0. Less than 1 says the contrary.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<Estimate>,
    /// The share of changes in which it is so, of those in which both sides have a value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share: Option<Estimate>,
    /// Trials of each side.
    pub trials: u64,
    /// Whether it holds.
    pub verdict: Verdict,
}

/// One side of a comparison.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SideResult {
    /// The strategy.
    pub strategy: String,
    /// The variant; none: the scenario as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// What is measured.
    pub metric: &'static Measure,
    /// Which statistic of it.
    pub statistic: Statistic,
    /// Its value.
    pub estimate: Option<Estimate>,
}

/// Simulates what the claims of `plan` are about, with as many trials as it says or so many, and judges each. The
/// comparisons of a claim are together wrong with at most 5 %.
///
/// # Errors
/// When `progress` cancels it.
pub fn judge(
    plan: &Plan,
    claims: &Claims,
    trials: Option<u64>,
    progress: &dyn Progress,
) -> Result<Vec<ClaimResult>, Stopped> {
    let mut worlds: Vec<SimulatedPlan> =
        [plan].into_iter().chain(claims.variants.iter().map(|v| &v.plan)).map(SimulatedPlan::new).collect();
    let needed = |subject: Subject| -> Vec<Vec<usize>> {
        let sides = claims.list.iter().flat_map(|claim| &claim.shows).flat_map(sides);
        let of_subject: Vec<&ClaimSide> = sides.filter(|side| side.metric.subject() == subject).collect();
        (0..worlds.len()).map(|world| strategies(&of_subject, world)).collect()
    };
    let (rollouts, pipelines) = (needed(Subject::Rollout), needed(Subject::Pipeline));
    let of = |subject: Subject, own: &Plan| {
        let first = |plan: &Plan| Some(precision::first_round(plan, subject)).filter(|trials| *trials > 0);
        trials.or_else(|| first(plan)).or_else(|| first(own)).unwrap_or(0)
    };
    let sets = worlds.len() as u64;
    for (world, needed) in worlds.iter_mut().zip(rollouts) {
        let until = of(Subject::Rollout, world.plan).max(Strata::of(world.plan).fewest_trials());
        progress.planned(sets * until * needed.len() as u64);
        world.simulate_rollouts(&needed, until, progress)?;
    }
    for (world, needed) in worlds.iter_mut().zip(pipelines) {
        let until = of(Subject::Pipeline, world.plan);
        progress.planned(sets * until * needed.len() as u64);
        world.simulate_pipelines(&needed, until, progress)?;
    }
    let names: Vec<Option<&str>> =
        [None].into_iter().chain(claims.variants.iter().map(|v| Some(v.name.as_str()))).collect();
    Ok(claims.list.iter().map(|claim| judge_claim(claim, &worlds, &names)).collect())
}

fn sides(shows: &Shows) -> impl Iterator<Item = &ClaimSide> {
    [&shows.of].into_iter().chain(shows.said.other())
}

/// The place of a side's plan: the scenario's own comes first.
fn place(side: &ClaimSide) -> usize {
    side.variant.map_or(0, |variant| variant + 1)
}

/// Strategies that are asked for in a world, each once.
fn strategies(sides: &[&ClaimSide], world: usize) -> Vec<usize> {
    let mut needed: Vec<usize> =
        sides.iter().filter(|side| place(side) == world).map(|side| side.strategy).collect();
    needed.sort_unstable();
    needed.dedup();
    needed
}

/// A plan with its trials.
struct SimulatedPlan<'p> {
    plan: &'p Plan,
    rollouts: Outcomes,
    pipelines: Option<PipelineTrials>,
}

impl<'p> SimulatedPlan<'p> {
    fn new(plan: &'p Plan) -> Self {
        Self { plan, rollouts: Outcomes::none(plan.strategies.len()), pipelines: None }
    }

    fn simulate_rollouts(
        &mut self,
        strategies: &[usize],
        until: u64,
        progress: &dyn Progress,
    ) -> Result<(), Stopped> {
        if strategies.is_empty() {
            return Ok(());
        }
        RolloutExperiment::new(self.plan).extend(&mut self.rollouts, strategies, until, progress)
    }

    fn simulate_pipelines(
        &mut self,
        strategies: &[usize],
        until: u64,
        progress: &dyn Progress,
    ) -> Result<(), Stopped> {
        let Some(pipeline) = self.plan.pipeline.as_ref().filter(|_| !strategies.is_empty()) else {
            return Ok(());
        };
        let experiment = PipelineExperiment::new(self.plan, pipeline);
        let mut trials = experiment.none();
        experiment.extend(&mut trials, strategies, until, progress)?;
        self.pipelines = Some(trials);
        Ok(())
    }
}

fn judge_claim(claim: &Claim, worlds: &[SimulatedPlan], variants: &[Option<&str>]) -> ClaimResult {
    let doubt = (1.0 - CONFIDENCE) / claim.shows.len().max(1) as f64;
    let judge = |shows: &Shows| {
        let mut result = match shows.of.metric.subject() {
            Subject::Rollout => {
                judge_shows(shows, &|world| (worlds[world].plan, &worlds[world].rollouts), doubt)
            }
            Subject::Pipeline | Subject::Lane => {
                let trials = |world: usize| {
                    let SimulatedPlan { plan, pipelines, .. } = &worlds[world];
                    (
                        *plan,
                        pipelines.as_ref().expect("invariant: every world that a side is in was simulated"),
                    )
                };
                judge_shows(shows, &trials, doubt)
            }
        };
        let named =
            |side: &mut SideResult, of: &ClaimSide| side.variant = variants[place(of)].map(str::to_owned);
        named(&mut result.of, &shows.of);
        result.than.iter_mut().zip(shows.said.other()).for_each(|(side, of)| named(side, of));
        result
    };
    let shows: Vec<ShownResult> = claim.shows.iter().map(judge).collect();
    let verdict = (!shows.is_empty()).then(|| Verdict::of_all(shows.iter().map(|shown| shown.verdict)));
    ClaimResult { verdict, confidence: CONFIDENCE, shows }
}

/// Judges one comparison; `world` has the plans and their trials.
fn judge_shows<'w, K: Kept + 'w>(
    shows: &Shows,
    world: &dyn Fn(usize) -> (&'w Plan, &'w K),
    doubt: f64,
) -> ShownResult {
    let tail = doubt / 2.0;
    let trials = |side: &ClaimSide| {
        let (plan, trials) = world(place(side));
        StrategyTrials { plan, strategy: side.strategy, trials: &trials.rows()[side.strategy] }
    };
    let told = |side: &ClaimSide, estimate: Option<Estimate>| SideResult {
        strategy: trials(side).plan.strategies[side.strategy].name.clone(),
        variant: None,
        metric: side.metric,
        statistic: side.statistic,
        estimate,
    };
    let of = &shows.of;
    let nothing = ShownResult {
        name: shows.name.clone(),
        of: told(of, None),
        than: None,
        difference: None,
        times: None,
        share: None,
        trials: trials(of).trials.len() as u64,
        verdict: Verdict::Inconclusive,
    };
    match &shows.said {
        Assertion::Between(low, high) => {
            let (plan, study) = world(place(of));
            let ClaimSide { metric: measure, statistic, strategy, .. } = *of;
            let statement = Statement { measure, statistic, strategy, low: *low, high: *high };
            let judged = judgement::judge(&statement, plan, study, doubt);
            ShownResult { of: told(of, judged.estimate), verdict: judged.verdict, ..nothing }
        }
        Assertion::Than(direction, than) => {
            let with = |side: &ClaimSide| (side.metric, side.statistic, trials(side));
            let apart = row::apart_by(&with(of), &with(than), tail);
            let believed = apart.difference.filter(|_| nothing.trials >= FEWEST_PAIRS);
            ShownResult {
                of: told(of, apart.of),
                than: Some(told(than, apart.than)),
                difference: apart.difference,
                times: match direction {
                    Relation::Less => apart.part,
                    Relation::More => apart.times,
                },
                verdict: believed.map_or(Verdict::Inconclusive, |apart| is_so(*direction, apart.interval)),
                ..nothing
            }
        }
        Assertion::InMost(direction, than, least) => {
            let share = share(*direction, (of, &trials(of)), (than, &trials(than)), tail);
            let interval = share.map_or(Interval::UNBOUNDED, |share| share.interval);
            ShownResult {
                of: told(of, estimate(of, &trials(of), tail)),
                than: Some(told(than, estimate(than, &trials(than), tail))),
                share,
                verdict: Verdict::between(interval, Some(*least), None),
                ..nothing
            }
        }
    }
}

/// What an interval of a difference says of its direction.
fn is_so(direction: Relation, difference: Interval) -> Verdict {
    let (less, more) = (difference.is_below(0.0), difference.is_above(0.0));
    match direction {
        Relation::Less if less => Verdict::Pass,
        Relation::More if more => Verdict::Pass,
        Relation::Less | Relation::More if less || more => Verdict::Fail,
        Relation::Less | Relation::More => Verdict::Inconclusive,
    }
}

fn sampling<T: Measured>(trials: &StrategyTrials<T>) -> Sampling {
    Sampling::of(T::SUBJECT, trials.plan, trials.trials.len() as u64)
}

fn estimate<T: Measured>(side: &ClaimSide, trials: &StrategyTrials<T>, tail: f64) -> Option<Estimate> {
    let sample = sampling(trials).values(side.metric, side.strategy, trials.trials);
    Values::new(side.metric, sample).estimate(side.statistic, tail)
}

/// The share of changes in which the one value is less, or more, than the other, of those in which both are there.
fn share<T: Measured>(
    direction: Relation,
    (of, of_trials): (&ClaimSide, &StrategyTrials<T>),
    (than, than_trials): (&ClaimSide, &StrategyTrials<T>),
    tail: f64,
) -> Option<Estimate> {
    let draws = sampling(of_trials).draws(of.metric, of_trials.trials);
    let others = sampling(than_trials).draws(than.metric, than_trials.trials);
    let both = |draws: Draws| {
        let other = others.iter().find(|other| other.key == draws.key)?;
        let is_so = |(a, b): (&Option<f64>, &Option<f64>)| {
            let (a, b) = ((*a)?, (*b)?);
            let so = match direction {
                Relation::Less => a < b,
                Relation::More => a > b,
            };
            Some(f64::from(u8::from(so)))
        };
        let values = draws.values.iter().zip(&other.values).map(is_so).collect();
        Some(Draws { values, ..draws })
    };
    let draws: Vec<Draws> = draws.into_iter().filter_map(both).collect();
    let sample = contrast::sample(&draws, false).within(Interval::new(0.0, 1.0));
    stats::proportion_at(&sample, tail).map(|share| Estimate { value: share.value, interval: share.interval })
}
