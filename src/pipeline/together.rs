//! Several pipelines on one fleet: who holds which region, and whose alarm stops whom.
//!
//! Each pipeline runs as it would alone. What it needs of the others is a list of instants, by region, before which it
//! may not begin there; what they need of it is which regions its waves hold and where an alarm saw a defect. At one
//! instant things happen by class and then by pipeline, in the order in which the pipelines are written. It knows no
//! stage, no revision and no repair.

use super::World;
use super::production::Production;
use super::rehearsal;
use super::trace::Observer;
use crate::outcome::pipeline::PipelineOutcome;
use crate::plan::pipeline::Pipeline;
use crate::random::Streams;

/// A pipeline among those that share a fleet.
pub struct Member<'a> {
    /// The pipeline.
    pub pipeline: &'a Pipeline,
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

/// What a pipeline knows of the others, and what it has to tell them.
#[derive(Debug, Default)]
pub(super) struct Neighbours {
    /// Until when others hold each region; empty if they do not matter.
    free_ms: Vec<u64>,
    /// What it holds may have changed.
    pub(super) moved: bool,
    /// Regions with hosts that have a defect which an alarm saw just now.
    pub(super) seen: Vec<usize>,
}

impl Neighbours {
    /// When the last of `regions` is free of other pipelines.
    pub(super) fn leave(&self, regions: &[usize]) -> u64 {
        regions.iter().filter_map(|region| self.free_ms.get(*region)).copied().max().unwrap_or(0)
    }
}

/// Runs trial `trial` of pipelines that share a fleet; one outcome each, in their order.
///
/// # Panics
///
/// If the faults of a pipeline are not empty, or their horizons differ in length.
pub fn run_together(members: Vec<Member<'_>>, sharing: Sharing, trial: u64) -> Vec<PipelineOutcome> {
    run_together_observed(members, sharing, trial, None)
}

/// As [`run_together`], telling an observer what happens in the first pipeline; it changes nothing.
///
/// # Panics
///
/// As [`run_together`].
pub fn run_together_observed<'a>(
    members: Vec<Member<'a>>,
    sharing: Sharing,
    trial: u64,
    observer: Option<&'a mut dyn Observer>,
) -> Vec<PipelineOutcome> {
    let models: Vec<_> = members.iter().map(|member| rehearsal::models(member.pipeline)).collect();
    let mut lines: Vec<World> = Vec::with_capacity(members.len());
    for (Member { pipeline, production, seed }, models) in members.into_iter().zip(&models) {
        let mut line = World::new(pipeline, production, Streams::new(seed, trial));
        line.stands = rehearsal::stands(pipeline, models, trial);
        lines.push(line);
    }
    if let Some(first) = lines.first_mut() {
        first.observer = observer.map(|observer| observer as &mut dyn Observer);
    }
    assert!(lines.windows(2).all(|pair| pair[0].plan.length_ms == pair[1].plan.length_ms), "one horizon");
    let exclusive = sharing.exclusive && lines.len() > 1;
    let mut board = Board { sharing, held: vec![vec![0; sharing.regions]; lines.len()] };
    while let Some(line) = next(&lines) {
        let Some(at) = lines[line].step() else { break };
        let seen = std::mem::take(&mut lines[line].neighbours.seen);
        if sharing.alarms && !seen.is_empty() {
            let others = lines.iter_mut().enumerate().filter(|(other, _)| *other != line);
            others.for_each(|(_, other)| other.suffer_collateral(&seen, at));
        }
        if exclusive {
            board.settle(&mut lines, at);
        }
    }
    lines.into_iter().map(World::finish).collect()
}

/// The pipeline in which something happens next.
fn next(lines: &[World]) -> Option<usize> {
    let all = lines.iter().enumerate();
    let times = all.filter_map(|(index, line)| line.next().map(|(at, class)| (at, class, index)));
    times.min().map(|(.., index)| index)
}

/// Who holds what.
struct Board {
    sharing: Sharing,
    /// Until when, by pipeline and region; 0 if not.
    held: Vec<Vec<u64>>,
}

impl Board {
    /// Tells every pipeline what the others hold, until nobody has anything new to say. A rollout that begins on this
    /// occasion holds its first wave at once, so the first pipeline in order wins.
    fn settle(&mut self, lines: &mut [World], at: u64) {
        let mut news = false;
        for (line, world) in lines.iter_mut().enumerate() {
            news |= self.listen(world, line, at);
        }
        while std::mem::take(&mut news) {
            for (line, world) in lines.iter_mut().enumerate() {
                let free_ms = self.held_by_others(line);
                if world.neighbours.free_ms != free_ms {
                    world.neighbours.free_ms = free_ms;
                    world.follow(at);
                    world.launch(at);
                    news |= self.listen(world, line, at);
                }
            }
        }
    }

    /// Whether a pipeline holds something else than before.
    fn listen(&mut self, world: &mut World, line: usize, at: u64) -> bool {
        if !std::mem::take(&mut world.neighbours.moved) {
            return false;
        }
        let held = world.held(self.sharing.regions, at);
        held != std::mem::replace(&mut self.held[line], held.clone())
    }

    fn held_by_others(&self, line: usize) -> Vec<u64> {
        let others = self.held.iter().enumerate().filter(|(other, _)| *other != line);
        others.fold(vec![0; self.sharing.regions], |mut most, (_, held)| {
            most.iter_mut().zip(held).for_each(|(most, held)| *most = (*most).max(*held));
            most
        })
    }
}
