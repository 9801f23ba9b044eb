//! Production made of productions: components that deploy in order, wave by wave, and go back in reverse.
//!
//! In each wave the first component goes, bakes, and makes way for the next; the wave is over when the last one
//! has baked. A component's rollout is a pure function of what it is asked under, so the timetable is found by
//! asking again whenever one more wave is known. Nothing here knows stages, or what a component is.

use super::production::{Ask, Production, Rollout, Stop, WaveRun, Why};
use super::rollouts::Rollouts;
use crate::outcome::pipeline::Harm;
use crate::plan::Horizon;
use crate::random::mix;
use crate::rollout::Model;
use std::collections::BTreeSet;

/// Tells the keys of components behind the first from those of revisions.
const COMPONENT: u64 = u64::from_le_bytes(*b"componen");

/// Components that deploy in order.
#[derive(Debug, Clone)]
pub struct Combined<P> {
    components: Vec<P>,
    /// Which component has it, by class of defect.
    owners: Vec<usize>,
    /// Where any of them deploys to, by wave.
    regions: Vec<Vec<usize>>,
}

/// One component's part of a rollout.
struct Part<'a> {
    ask: Ask<'a>,
    /// Waves of which it is known when they may begin.
    known: usize,
    rollout: Rollout,
}

impl Part<'_> {
    /// When a wave is over, bake and all, if nothing stops it before.
    fn wave_over(&self, wave: usize) -> Option<u64> {
        let end = self.rollout.waves.get(wave)?.end_ms;
        self.rollout.stopped.is_none_or(|(at, _)| at > end).then_some(end)
    }

    /// When an alarm of its own stops it.
    fn own_stop(&self) -> Option<(u64, Why)> {
        self.rollout.stopped.filter(|(_, why)| *why != Why::Outside)
    }
}

impl<'m> Combined<Rollouts<'m>> {
    /// The production of a pipeline in trial `trial`, with `strategy` (an index) as the one under study. The
    /// horizon's first instant is `epoch_ms` after a UTC midnight.
    #[must_use]
    pub fn of(
        model: &'m Model<'m>,
        horizon: &'m Horizon,
        strategy: usize,
        trial: u64,
        epoch_ms: u64,
    ) -> Self {
        let studied = &model.plan.strategies[strategy];
        let strategies = horizon.deployed_by(studied).into_iter();
        let components = strategies.map(|strategy| Rollouts::by(model, strategy, trial, epoch_ms)).collect();
        let classes = 0..horizon.pipeline.source.defects.len();
        Self::new(components, classes.map(|class| horizon.owner(class)).collect())
    }

    /// The same production in another trial: what its engines have looked up stays.
    pub fn turn_to(&mut self, trial: u64) {
        self.components.iter_mut().for_each(|component| component.turn_to(trial));
    }
}

impl<P: Production> Combined<P> {
    /// Production of `components`, in order; `owners` says by class of defect which of them it is in.
    ///
    /// # Panics
    ///
    /// Without components, or if these differ in how many waves they have.
    #[must_use]
    pub fn new(components: Vec<P>, owners: Vec<usize>) -> Self {
        let waves = components.first().map(Production::waves).expect("at least one component");
        assert!(
            components.iter().all(|component| component.waves() == waves),
            "components share their waves"
        );
        let regions = (0..waves).map(|wave| {
            let all = components.iter().flat_map(|component| component.regions(wave));
            all.copied().collect::<BTreeSet<usize>>().into_iter().collect()
        });
        Self { regions: regions.collect(), components, owners }
    }

    /// What a component is asked that may begin at `start_ms`. The first one has the luck of the revision, so
    /// that components behind it change nothing of it.
    fn ask<'a>(&self, whole: &Ask<'a>, component: usize, start_ms: u64) -> Ask<'a> {
        let mut ask = whole.clone();
        if component > 0 {
            ask.key = mix(&[COMPONENT, whole.key, component as u64]);
        }
        ask.defects.retain(|defect| self.owners[defect.class] == component);
        ask.start_ms = start_ms;
        ask.gates.free_ms = vec![u64::MAX; self.waves()];
        ask.stop = None;
        ask
    }

    /// The components on their way forward, as far as they get by themselves. One that never begins has no part.
    fn set_out<'a>(&mut self, whole: &Ask<'a>) -> Vec<Part<'a>> {
        let mut parts: Vec<Part<'a>> = Vec::with_capacity(self.components.len());
        let mut ready = whole.start_ms;
        for wave in 0..self.waves() {
            ready = ready.max(whole.gates.free_ms[wave]);
            for component in 0..self.components.len() {
                if wave == 0 {
                    let Some(start) = whole.gates.opens(wave, ready) else { return parts };
                    let ask = self.ask(whole, component, start);
                    parts.push(Part { ask, known: 0, rollout: Rollout::NOTHING });
                }
                let part = &mut parts[component];
                part.ask.gates.free_ms[wave] = ready;
                part.known = wave + 1;
                part.rollout = self.components[component].roll_out(&part.ask);
                let Some(over) = part.wave_over(wave) else { return parts };
                ready = over;
            }
        }
        parts
    }

    /// What stops them all, if anything does: somebody outside, or the first alarm of any component. Those that
    /// wait for others listen as well, so each is asked again with the stop, and an alarm before it is the stop then.
    fn stop(&mut self, whole: &Ask, parts: &mut [Part]) -> Option<(u64, Why)> {
        let mut stop = whole.stop.map(|stop| (stop.at_ms, Why::Outside));
        let roll_back = |why| why != Why::Outside || whole.stop.is_some_and(|stop| stop.roll_back);
        let mut settled = false;
        loop {
            let first = parts.iter().filter_map(Part::own_stop).min_by_key(|(at, _)| *at);
            match (first, stop) {
                (Some(own), known) if known.is_none_or(|(at, _)| own.0 < at) => stop = first,
                _ if settled => return stop,
                _ => {}
            }
            let (at_ms, why) = stop?;
            for (part, component) in parts.iter_mut().zip(&mut self.components) {
                let by_itself = why != Why::Outside && part.own_stop().is_some_and(|(own, _)| own == at_ms);
                if !by_itself {
                    part.ask.gates.free_ms[part.known..].fill(at_ms);
                    part.ask.stop = Some(Stop { at_ms, roll_back: roll_back(why) });
                    part.rollout = component.roll_out(&part.ask);
                }
            }
            settled = true;
        }
    }

    /// Takes them back in reverse: each begins when the one behind it is back.
    fn take_back(&mut self, whole: &Ask, at_ms: u64, parts: &mut [Part]) {
        let mut turn_ms = whole.back_from_ms;
        for (part, component) in parts.iter_mut().zip(&mut self.components).rev() {
            if turn_ms > at_ms {
                part.ask.back_from_ms = turn_ms;
                part.rollout = component.roll_out(&part.ask);
            }
            turn_ms = part.rollout.settled_ms;
        }
    }

    /// The waves of all of them together.
    fn waves_of(&self, parts: &[Part], stopped: Option<u64>) -> Vec<WaveRun> {
        let wave = |wave: usize| {
            let runs: Vec<WaveRun> =
                parts.iter().map_while(|part| part.rollout.waves.get(wave).copied()).collect();
            let (first, last) = (runs.first()?, runs.last()?);
            let all_begun = runs.len() == self.components.len();
            let end_ms = if all_begun { last.end_ms } else { stopped.unwrap_or(u64::MAX) };
            let deployed: u64 = runs.iter().map(|run| run.deployed_ms - run.start_ms).sum();
            let worked: u64 = runs.iter().map(|run| run.end_ms - run.start_ms - run.closed_ms).sum();
            Some(WaveRun {
                start_ms: first.start_ms,
                deployed_ms: first.start_ms + deployed,
                closed_ms: end_ms - first.start_ms - worked,
                end_ms,
            })
        };
        (0..self.waves()).map_while(wave).collect()
    }
}

impl<P: Production> Production for Combined<P> {
    fn waves(&self) -> usize {
        self.components[0].waves()
    }

    fn regions(&self, wave: usize) -> &[usize] {
        &self.regions[wave]
    }

    fn roll_out(&mut self, ask: &Ask) -> Rollout {
        // One alone has nobody to wait for: one question instead of one a wave.
        if let [only] = self.components.as_mut_slice() {
            return only.roll_out(ask);
        }
        let mut parts = self.set_out(ask);
        let mut stopped = self.stop(ask, &mut parts);
        let taken_back = stopped.is_some_and(|(_, why)| why != Why::Outside || ask.takes_back());
        if let (Some((at_ms, _)), true) = (stopped, taken_back) {
            self.take_back(ask, at_ms, &mut parts);
        }
        let waves = self.waves_of(&parts, stopped.map(|(at, _)| at));
        // Nobody takes the place of what is complete.
        let complete = waves.len() == self.waves();
        let over = waves.last().filter(|_| complete).map(|wave| wave.end_ms);
        if let (Some((at_ms, _)), Some(over)) = (stopped, over)
            && !taken_back
            && over < at_ms
        {
            stopped = None;
        }
        let settled_ms = match stopped {
            None => u64::MAX,
            Some((at_ms, _)) if !taken_back => at_ms,
            Some((at_ms, _)) => parts.first().map_or(at_ms, |part| part.rollout.settled_ms),
        };
        let mut harm = Harm::default();
        parts.iter().for_each(|part| harm.add_all(&part.rollout.harm));
        let began = |component: usize| parts.get(component).map_or(u64::MAX, |part| part.ask.start_ms);
        let brought_ms = ask.defects.iter().map(|defect| began(self.owners[defect.class])).collect();
        Rollout { waves, stopped, settled_ms, brought_ms, harm }
    }
}
