//! Judges claims: simulates the plan and the variants that they hold it against, on the same trials, and says of each
//! comparison whether it holds. It finds no words.

use super::difference::FEWEST_PAIRS;
use super::estimate::{Estimate, Values};
use super::experiment::Experiment;
use super::judgement::{self, Statement, growth_of_mean, trials_needed};
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
    /// Trials that would probably decide; none if decided, or if no reasonable number would.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trials_needed: Option<u64>,
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
    let rollouts: Vec<(Vec<usize>, u64)> = worlds
        .iter()
        .zip(rollouts)
        .map(|(world, needed)| {
            let fewest = Strata::of(world.plan).fewest_trials();
            (needed, of(Subject::Rollout, world.plan).max(fewest))
        })
        .collect();
    let pipelines: Vec<(Vec<usize>, u64)> = worlds
        .iter()
        .zip(pipelines)
        .map(|(world, needed)| (needed, of(Subject::Pipeline, world.plan)))
        .collect();
    let all = rollouts.iter().chain(&pipelines);
    progress.planned(all.map(|(needed, until)| needed.len() as u64 * until).sum());
    for (world, (needed, until)) in worlds.iter_mut().zip(rollouts) {
        world.simulate_rollouts(&needed, until, progress)?;
    }
    for (world, (needed, until)) in worlds.iter_mut().zip(pipelines) {
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
    let rollouts = |world: usize| (worlds[world].plan, &worlds[world].rollouts);
    let pipelines = |world: usize| {
        let SimulatedPlan { plan, pipelines, .. } = &worlds[world];
        (*plan, pipelines.as_ref().expect("invariant: every world that a side is in was simulated"))
    };
    let judge = |shows: &Shows| {
        let mut result = match shows.of.metric.subject() {
            Subject::Rollout => ClaimTrials { world: &rollouts, doubt }.judge(shows),
            Subject::Pipeline | Subject::Lane => ClaimTrials { world: &pipelines, doubt }.judge(shows),
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

/// What one comparison is judged by: the plans with their trials, and what it may be wrong with.
struct ClaimTrials<'w, K> {
    world: &'w dyn Fn(usize) -> (&'w Plan, &'w K),
    doubt: f64,
}

impl<'w, K: Kept> ClaimTrials<'w, K> {
    fn trials(&self, side: &ClaimSide) -> StrategyTrials<'w, K::Outcome> {
        let (plan, trials) = (self.world)(place(side));
        StrategyTrials { plan, strategy: side.strategy, trials: &trials.rows()[side.strategy] }
    }

    fn told(&self, side: &ClaimSide, estimate: Option<Estimate>) -> SideResult {
        let ClaimSide { metric, statistic, strategy, .. } = *side;
        let strategy = self.trials(side).plan.strategies[strategy].name.clone();
        SideResult { strategy, variant: None, metric, statistic, estimate }
    }

    fn judge(&self, shows: &Shows) -> ShownResult {
        let nothing = ShownResult {
            name: shows.name.clone(),
            of: self.told(&shows.of, None),
            than: None,
            difference: None,
            times: None,
            share: None,
            trials: self.trials(&shows.of).trials.len() as u64,
            verdict: Verdict::Inconclusive,
            trials_needed: None,
        };
        match &shows.said {
            Assertion::Between(low, high) => self.between(nothing, &shows.of, (*low, *high)),
            Assertion::Than(relation, than) => self.than(nothing, &shows.of, *relation, than),
            Assertion::InMost(relation, than, least) => {
                self.in_most(nothing, &shows.of, (*relation, *least), than)
            }
        }
    }

    fn between(
        &self,
        nothing: ShownResult,
        of: &ClaimSide,
        (low, high): (Option<f64>, Option<f64>),
    ) -> ShownResult {
        let (plan, study) = (self.world)(place(of));
        let ClaimSide { metric: measure, statistic, strategy, .. } = *of;
        let statement = Statement { measure, statistic, strategy, low, high };
        let judged = judgement::judge(&statement, plan, study, self.doubt);
        ShownResult {
            of: self.told(of, judged.estimate),
            verdict: judged.verdict,
            trials_needed: judged.trials_needed,
            ..nothing
        }
    }

    fn than(
        &self,
        nothing: ShownResult,
        of: &ClaimSide,
        relation: Relation,
        than: &ClaimSide,
    ) -> ShownResult {
        let with = |side: &ClaimSide| (side.metric, side.statistic, self.trials(side));
        let apart = row::apart_by(&with(of), &with(than), self.doubt / 2.0);
        let believed = apart.difference.filter(|_| nothing.trials >= FEWEST_PAIRS);
        let verdict = believed.map_or(Verdict::Inconclusive, |apart| is_so(relation, apart.interval));
        let open = apart.difference.filter(|_| verdict == Verdict::Inconclusive);
        let needed = open.and_then(|Estimate { value, interval }| {
            let growth = growth_of_mean(value, interval, 0.0);
            trials_needed(of.metric.subject(), nothing.trials as f64, growth)
        });
        ShownResult {
            of: self.told(of, apart.of),
            than: Some(self.told(than, apart.than)),
            difference: apart.difference,
            times: match relation {
                Relation::Less => apart.part,
                Relation::More => apart.times,
            },
            verdict,
            trials_needed: needed.map(|trials| trials.max(FEWEST_PAIRS)),
            ..nothing
        }
    }

    fn in_most(
        &self,
        nothing: ShownResult,
        of: &ClaimSide,
        (relation, least): (Relation, f64),
        than: &ClaimSide,
    ) -> ShownResult {
        let tail = self.doubt / 2.0;
        let share = share(relation, (of, &self.trials(of)), (than, &self.trials(than)), tail);
        let interval = share.map_or(Interval::UNBOUNDED, |share| share.interval);
        ShownResult {
            of: self.told(of, estimate(of, &self.trials(of), tail)),
            than: Some(self.told(than, estimate(than, &self.trials(than), tail))),
            share,
            verdict: Verdict::between(interval, Some(least), None),
            ..nothing
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
