//! Production made of productions: components that deploy in order, wave by wave, and go back in reverse.
//!
//! In each wave the first component goes, bakes, and makes way for the next; the wave is over when the last one
//! has baked, and until then the alarms of those before it go on watching. A component's rollout is a pure function of
//! what it is asked under, so the schedule is found by asking again whenever one more wave is known. Nothing here knows
//! stages, or what a component is.

use super::event::StopReason;
use super::keys;
use super::production::{Production, RolloutRequest, Schedule, ScheduledStop, WaveRun, last_of};
use super::rollouts::Rollouts;
use crate::ids::{DefectId, IdVec, RegionId};
use crate::outcome::pipeline::Harm;
use crate::plan::Pipeline;
use crate::random::mix;
use crate::rollout::Model;
use crate::rollout::launch::OutsideStop;
use std::collections::BTreeSet;

/// Components that deploy in order.
#[derive(Debug, Clone)]
pub struct Combined<P> {
    components: Vec<P>,
    /// Which component has it, by class of defect.
    owners: IdVec<DefectId, usize>,
    /// Where any of them deploys to, by wave.
    regions: Vec<Vec<RegionId>>,
}

/// The rollout of one component within that of all.
struct ComponentRollout<'a> {
    request: RolloutRequest<'a>,
    /// Waves of which it is known when they may begin.
    known: usize,
    /// When its turn was over in each wave that is: its own bake, though it goes on watching.
    turns_ms: Vec<u64>,
    schedule: Schedule,
}

impl ComponentRollout<'_> {
    /// When a wave is over, bake and all, if nothing stops it before.
    fn wave_over(&self, wave: usize) -> Option<u64> {
        let end_ms = self.schedule.waves.get(wave)?.end_ms?;
        self.schedule.stopped.is_none_or(|stop| stop.at_ms > end_ms).then_some(end_ms)
    }

    /// A wave of it; of its bake only its own turn counts.
    fn wave(&self, wave: usize) -> Option<WaveRun> {
        let run = *self.schedule.waves.get(wave)?;
        let turn_ms = self.turns_ms.get(wave).copied();
        let own_ms = |at_ms: u64| turn_ms.map_or(at_ms, |turn_ms| at_ms.min(turn_ms));
        let (baked_ms, approved_ms) = (own_ms(run.baked_ms), own_ms(run.approved_ms));
        Some(WaveRun { deployed_ms: own_ms(run.deployed_ms), baked_ms, approved_ms, ..run })
    }

    /// When an alarm of its own stops it.
    fn own_stop(&self) -> Option<(u64, StopReason)> {
        let own = self.schedule.stopped.filter(|stop| stop.why != StopReason::Outside);
        own.map(|stop| (stop.at_ms, stop.why))
    }
}

impl<'m> Combined<Rollouts<'m>> {
    /// The production of `pipeline` in trial `trial`, with `strategy` (an index) as the one under study. The
    /// pipeline starts `epoch_ms` after a UTC midnight.
    #[must_use]
    pub fn of(
        model: &'m Model<'m>,
        pipeline: &'m Pipeline,
        strategy: usize,
        trial: u64,
        epoch_ms: u64,
    ) -> Self {
        let studied = &model.plan.strategies[strategy];
        let strategies = pipeline.deployed_by(studied).into_iter();
        let components = strategies.map(|strategy| Rollouts::by(model, strategy, trial, epoch_ms)).collect();
        let classes = pipeline.line.source.defects.ids();
        Self::new(components, classes.map(|class| pipeline.owner(class)).collect())
    }

    /// The same, with at most so many events in all rollouts of each component in a trial.
    #[must_use]
    pub fn with_event_limit(self, limit: u64) -> Self {
        let limited = self.components.into_iter().map(|component| component.with_event_limit(limit));
        Self { components: limited.collect(), ..self }
    }

    /// Events of all rollouts in this trial so far, of the component that has most.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.components.iter().map(Rollouts::events).max().unwrap_or(0)
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
    pub fn new(components: Vec<P>, owners: IdVec<DefectId, usize>) -> Self {
        let waves = components.first().map(Production::waves).expect("at least one component");
        assert!(
            components.iter().all(|component| component.waves() == waves),
            "components share their waves"
        );
        let regions = (0..waves).map(|wave| {
            let all = components.iter().flat_map(|component| component.regions(wave));
            all.copied().collect::<BTreeSet<RegionId>>().into_iter().collect()
        });
        Self { regions: regions.collect(), components, owners }
    }

    /// What a component is asked that may begin at `start_ms`. The first one has the draws of the revision, so
    /// that components behind it change nothing of it.
    fn request<'a>(&self, whole: &RolloutRequest<'a>, component: usize, start_ms: u64) -> RolloutRequest<'a> {
        let mut request = whole.clone();
        if component > 0 {
            request.key = mix(&[keys::COMPONENT, whole.key, component as u64]);
        }
        request.defects.retain(|defect| self.owners[defect.class] == component);
        request.start_ms = start_ms;
        request.openings.free_ms = vec![None; self.waves()];
        request.stop = None;
        request
    }

    /// The components on their way forward, as far as they get by themselves. One that never begins has no part.
    fn set_out<'a>(&mut self, whole: &RolloutRequest<'a>) -> Vec<ComponentRollout<'a>> {
        let mut parts: Vec<ComponentRollout<'a>> = Vec::with_capacity(self.components.len());
        let mut ready_ms = Some(whole.start_ms);
        for wave in 0..self.waves() {
            ready_ms = last_of([ready_ms, whole.openings.free_ms[wave]].into_iter());
            for component in 0..self.components.len() {
                if wave == 0 {
                    let start_ms = ready_ms.and_then(|ready_ms| whole.openings.opens(wave, ready_ms));
                    let Some(start_ms) = start_ms else { return parts };
                    let request = self.request(whole, component, start_ms);
                    parts.push(ComponentRollout {
                        request,
                        known: 0,
                        turns_ms: Vec::new(),
                        schedule: Schedule::NOTHING,
                    });
                }
                let part = &mut parts[component];
                part.request.openings.free_ms[wave] = ready_ms;
                part.known = wave + 1;
                part.schedule = self.components[component].roll_out(&part.request);
                ready_ms = part.wave_over(wave);
                let Some(over_ms) = ready_ms else { return parts };
                part.turns_ms.push(over_ms);
            }
            if self.watch_on(&mut parts, wave, ready_ms) {
                return parts;
            }
        }
        parts
    }

    /// Lets the alarms of all components but the last watch a wave until it is over; says whether one fires meanwhile.
    fn watch_on(&mut self, parts: &mut [ComponentRollout], wave: usize, over_ms: Option<u64>) -> bool {
        let Some(over_ms) = over_ms else { return false };
        let (_, before) = parts.split_last_mut().expect("invariant: every component has begun the wave");
        for (part, component) in before.iter_mut().zip(&mut self.components) {
            part.request.openings.bakes_until_ms[wave] = over_ms;
            part.schedule = component.roll_out(&part.request);
        }
        parts.iter().any(|part| part.own_stop().is_some_and(|(at_ms, _)| at_ms <= over_ms))
    }

    /// What stops them all, if anything does: somebody outside, or the first alarm of any component. Those that
    /// wait for others listen as well, so each is asked again with the stop, and an alarm before it is the stop then.
    fn stop(&mut self, whole: &RolloutRequest, parts: &mut [ComponentRollout]) -> Option<(u64, StopReason)> {
        let mut stop = whole.stop.map(|stop| (stop.at_ms, StopReason::Outside));
        let mut settled = false;
        loop {
            let first = parts.iter().filter_map(ComponentRollout::own_stop).min_by_key(|(at_ms, _)| *at_ms);
            // Every further round has an earlier stop, so the rounds come to an end.
            match (first, stop) {
                (Some(own), known) if known.is_none_or(|(at_ms, _)| own.0 < at_ms) => stop = first,
                _ if settled => return stop,
                _ => {}
            }
            let (at_ms, why) = stop?;
            // Waves that are over; one that began after these is watched by those whose turn in it is over.
            let turns = parts.iter().map(|part| part.turns_ms.len());
            let over = turns.min().filter(|_| parts.len() == self.components.len()).unwrap_or(0);
            for (part, component) in parts.iter_mut().zip(&mut self.components) {
                let own = part.own_stop().is_some_and(|(own_ms, _)| own_ms == at_ms);
                if why == StopReason::Outside || !own {
                    part.request.openings.free_ms[part.known..].fill(Some(at_ms));
                    if part.turns_ms.len() > over {
                        part.request.openings.bakes_until_ms[over] = at_ms;
                    }
                    part.request.stop = Some(OutsideStop { at_ms, roll_back: goes_back(whole, why) });
                    part.schedule = component.roll_out(&part.request);
                }
            }
            settled = true;
        }
    }

    /// Takes them back in reverse: each begins when the one behind it is back.
    fn take_back(&mut self, whole: &RolloutRequest, at_ms: u64, parts: &mut [ComponentRollout]) {
        let mut turn_ms = whole.back_from_ms;
        for (part, component) in parts.iter_mut().zip(&mut self.components).rev() {
            if turn_ms > at_ms {
                part.request.back_from_ms = turn_ms;
                part.schedule = component.roll_out(&part.request);
            }
            turn_ms = part.schedule.settled_ms().expect("a component that is taken back is stopped");
        }
    }

    /// A wave of all of them together; none if it does not begin.
    fn wave(&self, parts: &[ComponentRollout], wave: usize, stop_ms: Option<u64>) -> Option<WaveRun> {
        let runs: Vec<WaveRun> = parts.iter().map_while(|part| part.wave(wave)).collect();
        let (first, last) = (runs.first()?, runs.last()?);
        let all_begun = runs.len() == self.components.len();
        let deployed: u64 = runs.iter().map(|run| run.deployed_ms - run.start_ms).sum();
        let worked: u64 = runs.iter().map(|run| run.baked_ms - run.start_ms).sum();
        let gated: u64 = runs.iter().map(|run| run.approved_ms - run.baked_ms).sum();
        Some(WaveRun {
            start_ms: first.start_ms,
            deployed_ms: first.start_ms + deployed,
            baked_ms: first.start_ms + worked,
            approved_ms: first.start_ms + worked + gated,
            end_ms: if all_begun { last.end_ms } else { stop_ms },
        })
    }
}

/// Whether a stop takes hosts back: any but that of a newer revision.
fn goes_back(whole: &RolloutRequest, why: StopReason) -> bool {
    why != StopReason::Outside || whole.stop.is_some_and(|stop| stop.roll_back)
}

impl<P: Production> Production for Combined<P> {
    fn waves(&self) -> usize {
        self.components[0].waves()
    }

    fn regions(&self, wave: usize) -> &[RegionId] {
        &self.regions[wave]
    }

    fn roll_out(&mut self, request: &RolloutRequest) -> Schedule {
        // One alone has nobody to wait for: one question instead of one a wave.
        if let [only] = self.components.as_mut_slice() {
            return only.roll_out(request);
        }
        let mut parts = self.set_out(request);
        let stop = self.stop(request, &mut parts);
        let taken_back = stop.filter(|(_, why)| goes_back(request, *why));
        if let Some((at_ms, _)) = taken_back {
            self.take_back(request, at_ms, &mut parts);
        }
        let stop_ms = stop.map(|(at_ms, _)| at_ms);
        let waves: Vec<WaveRun> =
            (0..self.waves()).map_while(|wave| self.wave(&parts, wave, stop_ms)).collect();
        let complete = waves.len() == self.waves();
        let over_ms = waves.last().filter(|_| complete).and_then(|wave| wave.end_ms);
        // Nobody takes the place of what is complete.
        let comes = |at_ms: u64| taken_back.is_some() || over_ms.is_none_or(|over_ms| over_ms >= at_ms);
        let first_back_ms = parts.first().and_then(|part| part.schedule.settled_ms());
        let whose = |stop| parts.iter().position(|part| part.own_stop() == Some(stop)).unwrap_or(0);
        let stopped = stop.filter(|(at_ms, _)| comes(*at_ms)).map(|(at_ms, why)| ScheduledStop {
            at_ms,
            why,
            component: whose((at_ms, why)),
            settled_ms: taken_back.and(first_back_ms).unwrap_or(at_ms),
        });
        let mut harm = Harm::NONE;
        parts.iter().for_each(|part| harm.add_all(&part.schedule.harm));
        let began_ms = |component: usize| parts.get(component).map(|part| part.request.start_ms);
        let brought = request.defects.iter().map(|defect| began_ms(self.owners[defect.class]));
        Schedule { waves, stopped, brought_ms: brought.collect(), harm }
    }
}
