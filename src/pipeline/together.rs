//! Several pipelines on one fleet: who holds which region, and whose alarm stops whom.
//!
//! Each pipeline runs as it would alone. What it needs of the others is a list of instants, by region, before which it
//! may not begin there; what they need of it is which regions its waves hold and where an alarm saw a defect. At one
//! instant things happen by class and then by pipeline, in the order in which the pipelines are written. It knows no
//! stage, no revision and no repair.

use super::event::PipelineEvent;
use super::line::models;
use super::production::{Production, last_of};
use super::trial::PipelineTrial;
use crate::ids::{IdVec, RegionId};
use crate::outcome::pipeline::PipelineOutcome;
use crate::plan::pipeline::Line;
use crate::sim::{Observer, Silent};

/// Most rounds in which pipelines tell each other what they hold at one instant: each makes one more rollout begin or
/// wait, so there are far fewer.
const MOST_ROUNDS: u32 = 1 << 16;

/// A pipeline among those that share a fleet.
pub struct Member<'a> {
    /// The pipeline, with the waves of its production.
    pub line: &'a Line,
    /// Its production.
    pub production: &'a mut dyn Production,
    /// Root of its streams; another one for each.
    pub seed: u64,
}

/// What pipelines on one fleet share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sharing {
    /// Regions of the fleet.
    pub regions: usize,
    /// A wave begins only where no other pipeline deploys, bakes or is taken back.
    pub exclusive: bool,
    /// An alarm that sees a defect also stops the rollouts of other pipelines that are where the defect is.
    pub alarms: bool,
}

impl Sharing {
    /// Each pipeline has the fleet for itself.
    pub const NOTHING: Self = Self { regions: 0, exclusive: false, alarms: false };
}

/// Runs trial `trial` of a pipeline under `seed`. Beyond its budget the trial is given up: see [`crate::sim::budget`].
///
/// # Panics
///
/// If [`Line::faults`] has something to say.
pub fn run(line: &Line, production: &mut dyn Production, seed: u64, trial: u64) -> PipelineOutcome {
    run_observed(line, production, seed, trial, &mut Silent)
}

/// As [`run`], telling an observer; it changes nothing.
///
/// # Panics
///
/// As [`run`].
pub fn run_observed<O: Observer<PipelineEvent>>(
    line: &Line,
    production: &mut dyn Production,
    seed: u64,
    trial: u64,
    observer: &mut O,
) -> PipelineOutcome {
    let alone = vec![Member { line, production, seed }];
    let outcome = run_together_observed(alone, Sharing::NOTHING, trial, observer).pop();
    outcome.expect("invariant: one outcome a member")
}

/// Runs trial `trial` of pipelines that share a fleet; one outcome each, in their order.
///
/// # Panics
///
/// If [`Line::faults`] has something to say, or if one is longer than another.
pub fn run_together(members: Vec<Member>, sharing: Sharing, trial: u64) -> Vec<PipelineOutcome> {
    run_together_observed(members, sharing, trial, &mut Silent)
}

/// As [`run_together`], telling an observer what happens in the first pipeline; it changes nothing.
///
/// # Panics
///
/// As [`run_together`].
pub fn run_together_observed<O: Observer<PipelineEvent>>(
    members: Vec<Member>,
    sharing: Sharing,
    trial: u64,
    observer: &mut O,
) -> Vec<PipelineOutcome> {
    let mut lengths = members.iter().map(|member| member.line.length_ms);
    let length_ms = lengths.next();
    assert!(lengths.all(|other_ms| Some(other_ms) == length_ms), "pipelines on one fleet are equally long");
    let models: Vec<_> = members.iter().map(|member| models(member.line)).collect();
    let mut ear = |at_ms, event| observer.observe(at_ms, event);
    let mut ear = O::ENABLED.then_some(&mut ear as &mut dyn FnMut(u64, PipelineEvent));
    let each = members.into_iter().zip(&models);
    let mut trials: Vec<PipelineTrial> = each
        .map(|(member, models)| {
            PipelineTrial::new(member.line, member.production, models, (member.seed, trial), ear.take())
        })
        .collect();
    let exclusive = sharing.exclusive && trials.len() > 1;
    let mut holdings = Holdings { sharing, held: vec![vec![Some(0); sharing.regions].into(); trials.len()] };
    while let Some(acting) = next(&trials) {
        let Some(now_ms) = trials[acting].step() else { break };
        let seen = trials[acting].take_seen();
        if sharing.alarms && !seen.is_empty() {
            let others = trials.iter_mut().enumerate().filter(|(other, _)| *other != acting);
            others.for_each(|(_, other)| other.hear_alarm(&seen, now_ms));
        }
        if exclusive {
            holdings.settle(&mut trials, now_ms);
        }
    }
    trials.into_iter().map(PipelineTrial::finish).collect()
}

/// The pipeline in which something happens next.
fn next(trials: &[PipelineTrial]) -> Option<usize> {
    let all = trials.iter().enumerate();
    let times = all.filter_map(|(index, trial)| trial.next().map(|(at_ms, class)| (at_ms, class, index)));
    times.min().map(|(.., index)| index)
}

/// Who holds what.
struct Holdings {
    sharing: Sharing,
    /// Until when, by pipeline and region, none for ever; 0 if not.
    held: Vec<IdVec<RegionId, Option<u64>>>,
}

impl Holdings {
    /// Tells every pipeline what the others hold, until nobody has anything new to say. A rollout that begins on this
    /// occasion holds its first wave at once, so the first pipeline in order wins.
    fn settle(&mut self, trials: &mut [PipelineTrial], now_ms: u64) {
        let mut news = false;
        for (index, trial) in trials.iter_mut().enumerate() {
            news |= self.listen(trial, index, now_ms);
        }
        let mut rounds = 0;
        while std::mem::take(&mut news) {
            rounds += 1;
            assert!(rounds < MOST_ROUNDS, "pipelines do not agree who holds which region at {now_ms} ms");
            for (index, trial) in trials.iter_mut().enumerate() {
                if trial.hear_held(self.held_by_others(index)) {
                    news |= self.listen(trial, index, now_ms);
                }
            }
        }
    }

    /// Whether a pipeline holds something else than before.
    fn listen(&mut self, trial: &mut PipelineTrial, index: usize, now_ms: u64) -> bool {
        let Some(held) = trial.holds(self.sharing.regions, now_ms) else { return false };
        let is_news = held != self.held[index];
        self.held[index] = held;
        is_news
    }

    fn held_by_others(&self, index: usize) -> IdVec<RegionId, Option<u64>> {
        let others = || self.held.iter().enumerate().filter(move |(other, _)| *other != index);
        let by_region = |region: RegionId| last_of(others().map(move |(_, held)| held[region]));
        (0..self.sharing.regions).map(RegionId::new).map(by_region).collect()
    }
}
