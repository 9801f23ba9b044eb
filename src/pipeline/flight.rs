//! Revisions in production: one a wave, in order, none overtaking; stops, and what they drag along.
//!
//! A rollout's timetable follows from the one ahead. When one is stopped, those behind that carry what
//! was blamed stop with it and the others are asked for again with what then holds. Waves that have begun
//! keep their constraints, so their past does not change. What other pipelines hold is a constraint like any other.

use super::World;
use super::agenda::Event;
use super::lane::Lane;
use super::production::{Ask, Carried, Gates, Rollout, Stop, Why};
use super::revision::Place;
use super::trace;
use crate::outcome::pipeline::{Incident, Part, Parts};
use crate::plan::Pipeline;
use crate::plan::pipeline::{AfterRejection, Calendar, Entry};

/// A revision in production.
#[derive(Debug)]
pub(super) struct Flight<'a> {
    pub(super) number: usize,
    /// An emergency rode with it when it began.
    emergency: bool,
    generation: u32,
    ask: Ask<'a>,
    rollout: Rollout,
    /// Waves that have begun: they keep their constraints, whatever comes.
    begun: usize,
    /// Where its time went, as far as its revision knows.
    booked: Parts,
    /// It was stopped, and is being taken back.
    stopped: bool,
    /// It went past its last wave; kept only while an alarm is still to come.
    landed: bool,
}

impl Flight<'_> {
    fn start(&self) -> u64 {
        self.ask.start_ms
    }

    /// The end of the last wave, if it gets there.
    fn landing(&self) -> Option<u64> {
        let last = self.rollout.waves.last()?.end_ms;
        let complete = self.rollout.waves.len() == self.ask.gates.free_ms.len();
        (complete && self.rollout.stopped.is_none_or(|(at, _)| at > last)).then_some(last)
    }

    /// Until when a wave that has begun is no place for another pipeline: to the end of its bake, or until
    /// it is taken back.
    fn holds(&self, wave: usize) -> u64 {
        match (self.stopped, self.landed) {
            (true, _) => self.rollout.settled_ms,
            (false, true) => 0,
            (false, false) => self.rollout.waves[wave].end_ms,
        }
    }

    /// When a wave's target is free of it.
    fn leaves(&self, wave: usize) -> u64 {
        if self.stopped {
            return self.rollout.settled_ms;
        }
        match self.rollout.waves.get(wave + 1) {
            Some(next) => next.start_ms,
            None => self.landing().unwrap_or(self.rollout.settled_ms),
        }
    }
}

impl<'a> World<'a> {
    /// A revision has passed the last stage.
    pub(super) fn arrive_at_production(&mut self, number: usize, at: u64) {
        if self.entry_newest.is_some_and(|newest| newest > number) {
            return self.give_up(number, at);
        }
        self.entry_newest = Some(number);
        if self.wave_stays.is_empty() {
            self.deliver(number, at);
            self.revisions.remove(&number);
            return;
        }
        let revision = self.revision(number);
        revision.place = Place::Entry;
        revision.came_ms = at;
        revision.turn_to(Part::Queue, at);
        self.note(at, trace::Event::Waits { revision: number, stage: self.stages.len() });
        let entry = self.entry_of(number);
        if entry != Entry::Queued {
            for waiting in std::mem::take(&mut self.entry) {
                let came = self.revisions[&waiting].came_ms;
                self.entry_stays.leave(came, at);
                self.give_up(waiting, at);
            }
        }
        self.entry.push_back(number);
        self.entry_stays.come(at);
        if entry == Entry::Restart {
            self.overtake(at);
        }
        self.launch(at);
    }

    /// The newest rollout under way gives its place to a newer revision.
    fn overtake(&mut self, at: u64) {
        let Some(index) = self.flights.iter().rposition(|flight| !flight.stopped && !flight.landed) else {
            return;
        };
        self.outcome.overtaken += u64::from(self.span.has(self.flights[index].start()));
        self.halt(index, Some(Stop { at_ms: at, roll_back: false }), at);
        let number = self.flights[index].number;
        self.give_up(number, at);
        self.follow(at);
    }

    /// When a wave's target is free of the rollouts ahead, the first so many, and of other pipelines.
    fn free(&self, wave: usize, ahead: usize) -> u64 {
        let left = self.flights[..ahead].iter().map(|flight| flight.leaves(wave)).max().unwrap_or(0);
        left.max(self.neighbours.leave(self.production.regions(wave)))
    }

    /// Until when this pipeline holds each region, if longer than `at`.
    pub(super) fn held(&self, regions: usize, at: u64) -> Vec<u64> {
        let mut held = vec![0; regions];
        for flight in &self.flights {
            for wave in 0..flight.begun {
                let until = flight.holds(wave);
                for region in self.production.regions(wave).iter().filter(|_| until > at) {
                    held[*region] = until.max(held[*region]);
                }
            }
        }
        held
    }

    /// Begins the next rollout if it may, and the first wave is free and open.
    pub(super) fn launch(&mut self, at: u64) {
        while let Some(number) = self.next_to_enter(at) {
            let free = self.free(0, self.flights.len());
            let thaws = self.thaws(number, at);
            let window = self.window(number, 0);
            let (open, waits_for) = match window {
                _ if free > at => (Some(free), Part::Queue),
                _ if thaws > at => (Some(thaws), Part::Blocked),
                Some(calendar) => (calendar.next_open(at), Part::Window),
                None => (Some(at), Part::Window),
            };
            if open == Some(at) {
                self.leave_entry(number, at);
                self.roll_out(number, at);
                continue;
            }
            match waits_for {
                Part::Window => self.wait_for_window(number, self.stages.len(), at),
                other => self.revision(number).turn_to(other, at),
            }
            if let Some(open) = open
                && self.entry_wake.is_none_or(|wake| wake > open)
            {
                self.entry_wake = Some(open);
                self.agenda.plan(open, Event::WakeEntry);
            }
            return;
        }
    }

    /// The window that a wave of a revision waits for.
    fn window(&self, number: usize, wave: usize) -> Option<&'a Calendar> {
        let plan: &'a Pipeline = self.plan;
        let index = plan.wave_windows[wave].filter(|_| !self.ignores_windows(self.revisions[&number].lane));
        index.map(|index| &plan.calendars[index])
    }

    /// A revision goes from the queue into production; those that it passes ride with it.
    fn leave_entry(&mut self, number: usize, at: u64) {
        while let Some(first) = self.entry.pop_front() {
            let came = self.revisions[&first].came_ms;
            self.entry_stays.leave(came, at);
            if first == number {
                return;
            }
            self.give_up(first, at);
        }
    }

    fn roll_out(&mut self, number: usize, at: u64) {
        self.enter_production(number, at);
        let revision = self.revision(number);
        revision.place = Place::Production;
        revision.turn_to(Part::Deploy, at);
        let (key, lane, attempt) = (revision.key, revision.lane, revision.attempt);
        let waves = self.wave_stays.len();
        let free_ms = (0..waves).map(|wave| self.free(wave, self.flights.len())).collect();
        let plan: &'a Pipeline = self.plan;
        let windows = (0..waves).map(|wave| self.window(number, wave)).collect();
        let regions = plan.region_windows.iter().filter(|_| !self.ignores_windows(lane));
        let regions = regions.map(|index| &plan.calendars[*index]).collect();
        let gates = Gates { free_ms, windows, regions };
        let bakes = self.bakes(lane);
        let defects = self.defects(number).map(|change| {
            let brought = &self.changes[change];
            Carried { change, key: brought.key, class: brought.defect.unwrap_or_default() }
        });
        let mut defects: Vec<Carried> = defects.collect();
        defects.append(&mut self.unprepared(number));
        let ask = Ask { key, attempt, bakes, defects, start_ms: at, gates, stop: None, back_from_ms: 0 };
        let rollout = self.production.roll_out(&ask);
        self.flights.push(Flight {
            number,
            emergency: lane == Lane::Emergency,
            generation: 0,
            ask,
            rollout,
            begun: 1,
            booked: Parts::default(),
            stopped: false,
            landed: false,
        });
        self.announce(self.flights.len() - 1);
    }

    /// Plans the events of a timetable and makes the earlier ones of that rollout void.
    fn announce(&mut self, index: usize) {
        self.announced += 1;
        self.neighbours.moved = true;
        let flight = &mut self.flights[index];
        flight.generation = self.announced;
        let (revision, generation) = (flight.number, flight.generation);
        if flight.stopped {
            return self.agenda.plan(flight.rollout.settled_ms, Event::Settled { revision, generation });
        }
        if let Some(landing) = flight.landing().filter(|_| !flight.landed) {
            self.agenda.plan(landing, Event::Done { revision, generation });
        }
        if let Some(next) = flight.rollout.waves.get(flight.begun) {
            self.agenda.plan(next.start_ms, Event::Wave { revision, generation });
        }
        if let Some((stop, _)) = flight.rollout.stopped {
            self.agenda.plan(stop, Event::Stop { revision, generation });
        }
    }

    fn flight(&self, number: usize, generation: u32) -> Option<usize> {
        self.flights.iter().position(|flight| flight.number == number && flight.generation == generation)
    }

    /// A wave of a rollout begins.
    pub(super) fn wave_begins(&mut self, number: usize, generation: u32) {
        let Some(index) = self.flight(number, generation) else { return };
        let flight = &mut self.flights[index];
        flight.begun += 1;
        if let Some(next) = flight.rollout.waves.get(flight.begun) {
            self.agenda.plan(next.start_ms, Event::Wave { revision: number, generation });
        }
        self.neighbours.moved = true;
    }

    /// A rollout has passed its last wave.
    pub(super) fn landed(&mut self, number: usize, generation: u32, at: u64) {
        let Some(index) = self.flight(number, generation) else { return };
        self.deliver(number, at);
        self.revisions.remove(&number);
        self.flights[index].landed = true;
        self.neighbours.moved = true;
        if self.flights[index].rollout.stopped.is_none() {
            let flight = self.flights.remove(index);
            self.count_waves(&flight, at);
        }
        self.launch(at);
    }

    /// An alarm stops a rollout.
    pub(super) fn alarm(&mut self, number: usize, generation: u32, at: u64) {
        let Some(index) = self.flight(number, generation) else { return };
        let why = self.flights[index].rollout.stopped.map(|(_, why)| why);
        let culprit = match why {
            Some(Why::Defect(change)) => Some(change),
            _ => None,
        };
        let brought = self.flights.iter().filter_map(|flight| {
            let carried = flight.ask.defects.iter().position(|defect| Some(defect.change) == culprit)?;
            Some(flight.rollout.brought_ms[carried])
        });
        let began_ms = brought.min().unwrap_or(at);
        let landed = self.flights[index].landed;
        self.halt(index, None, at);
        if let Some(culprit) = culprit {
            self.neighbours.seen = self.reached(culprit);
        }
        let mut settled = self.flights[index].rollout.settled_ms;
        if let Some(culprit) = culprit {
            let carries =
                |_: &Self, flight: &Flight| flight.ask.defects.iter().any(|defect| defect.change == culprit);
            settled = settled.max(self.stop_rollouts(carries, Some(number), at));
            if self.span.has(at) {
                self.outcome.incidents.push(Incident { began_ms, detected_ms: at, restored_ms: settled });
            }
        }
        // A recall of what was delivered leaves nothing to reject; the revert is asked for all the same.
        if landed {
            let key = self.changes[number].key;
            self.revisions.insert(number, super::Revision::new(key, Lane::Ordinary, at));
            if !matches!(self.plan.after_rejection, AfterRejection::Revert(_)) {
                self.revisions.remove(&number);
                return self.launch(at);
            }
        }
        self.reject_rollout(number, culprit, at, settled);
    }

    /// What follows for the line from a rollout that was stopped.
    fn reject_rollout(&mut self, number: usize, culprit: Option<usize>, at: u64, settled: u64) {
        let revision = self.revision(number);
        revision.place = Place::Away;
        revision.turn_to(Part::Blocked, at);
        self.reject(number, culprit, at, settled);
        self.follow(at);
        self.launch(at);
    }

    /// Regions that have hosts with the defect of `culprit`.
    fn reached(&self, culprit: usize) -> Vec<usize> {
        let carry = |flight: &&Flight| flight.ask.defects.iter().any(|defect| defect.change == culprit);
        let waves = self.flights.iter().filter(carry).flat_map(|flight| 0..flight.begun);
        let mut regions: Vec<usize> = waves.flat_map(|wave| self.production.regions(wave)).copied().collect();
        regions.sort_unstable();
        regions.dedup();
        regions
    }

    /// An alarm fires in `regions` for the defect of another pipeline. Whatever deploys or bakes there sees it
    /// too, is taken back, and its own changes are blamed.
    pub(super) fn suffer_collateral(&mut self, regions: &[usize], at: u64) {
        while let Some(index) = self.flights.iter().position(|flight| {
            let waves = flight.rollout.waves.iter().take(flight.begun).enumerate();
            let mut under_way = waves.filter(|(_, run)| run.end_ms >= at).map(|(wave, _)| wave);
            let is_hit = |wave| self.production.regions(wave).iter().any(|region| regions.contains(region));
            !flight.stopped && !flight.landed && under_way.any(is_hit)
        }) {
            self.halt(index, Some(Stop { at_ms: at, roll_back: true }), at);
            let flight = &self.flights[index];
            self.outcome.collateral_rollbacks += u64::from(self.span.has(flight.start()));
            self.reject_rollout(flight.number, None, at, flight.rollout.settled_ms);
        }
    }

    /// Stops the rollouts that `carries` names and takes them back; `except` is the one whose alarm saw the
    /// defect, none on a mere suspicion. Returns when the last one is back.
    pub(super) fn stop_rollouts(
        &mut self,
        carries: impl Fn(&Self, &Flight) -> bool,
        except: Option<usize>,
        at: u64,
    ) -> u64 {
        let mut settled = 0;
        for index in 0..self.flights.len() {
            let number = self.flights[index].number;
            let flight = &self.flights[index];
            let landed = flight.landed;
            // One that has landed is taken back for a defect that was seen, not on a suspicion.
            let spared = landed && except.is_none();
            if flight.stopped || spared || Some(number) == except || !carries(self, flight) {
                continue;
            }
            self.halt(index, Some(Stop { at_ms: at, roll_back: true }), at);
            settled = settled.max(self.flights[index].rollout.settled_ms);
            if !landed {
                self.give_up(number, at);
            }
        }
        self.follow(at);
        settled
    }

    /// A rollout ends now: by its own alarm, or by a stop from outside.
    fn halt(&mut self, index: usize, stop: Option<Stop>, at: u64) {
        self.book_flights(at);
        if stop.is_some() {
            self.flights[index].ask.stop = stop;
            self.flights[index].rollout = self.production.roll_out(&self.flights[index].ask);
        }
        let flight = &mut self.flights[index];
        flight.stopped = true;
        // Of a wave that begins and is stopped at the same instant nobody was told.
        flight.begun = flight.rollout.waves.len();
        let (revision, why) = (flight.number, flight.rollout.stopped.map_or(Why::Outside, |(_, why)| why));
        let (harmful, emergency) = (!flight.ask.defects.is_empty(), flight.emergency);
        let begun = self.span.has(flight.start());
        let rolled_back = stop.is_none_or(|stop| stop.roll_back);
        if begun && rolled_back {
            self.outcome.needed_rollbacks += u64::from(harmful);
            self.outcome.needless_rollbacks += u64::from(!harmful);
            self.outcome.emergencies.rollbacks += u64::from(emergency);
        }
        self.note(at, trace::Event::Stopped { revision, why, taken_back: rolled_back });
        self.announce(index);
    }

    /// Asks again for the rollouts whose way ahead has changed.
    pub(super) fn follow(&mut self, at: u64) {
        self.book_flights(at);
        for index in 0..self.flights.len() {
            let flight = &self.flights[index];
            if flight.stopped || flight.landed {
                continue;
            }
            let free_ms: Vec<u64> = (0..flight.ask.gates.free_ms.len())
                .map(|wave| {
                    let before = flight.ask.gates.free_ms[wave];
                    // Rollouts that have gone are forgotten; that it did not begin until now is not.
                    if wave < flight.begun { before } else { self.free(wave, index).max(before.min(at)) }
                })
                .collect();
            if free_ms == flight.ask.gates.free_ms {
                continue;
            }
            self.flights[index].ask.gates.free_ms = free_ms;
            let flight = &mut self.flights[index];
            flight.rollout = self.production.roll_out(&flight.ask);
            // What it has waited for so far is booked as it seemed then.
            flight.booked = flight.rollout.parts(&flight.ask, at);
            self.announce(index);
        }
    }

    /// A stopped rollout is taken back.
    pub(super) fn settled(&mut self, number: usize, generation: u32, at: u64) {
        let Some(index) = self.flight(number, generation) else { return };
        let flight = self.flights.remove(index);
        self.neighbours.moved = true;
        self.note(at, trace::Event::TakenBack { revision: number });
        self.count_waves(&flight, at);
        self.launch(at);
    }

    /// Books the time of the rollouts under way to their revisions, before anything gets on or off them.
    pub(super) fn book_flights(&mut self, at: u64) {
        for flight in &mut self.flights {
            if flight.stopped || flight.landed {
                continue;
            }
            let parts = flight.rollout.parts(&flight.ask, at);
            let mut spent = Parts::default();
            spent.add_since(&parts, &flight.booked);
            flight.booked = parts;
            let revision = self.revisions.get_mut(&flight.number).expect("it is in production");
            revision.book(&spent, at);
        }
    }

    /// Counts how long a rollout held each wave's target, until `at` at most, and what it did to customers.
    pub(super) fn count_waves(&mut self, flight: &Flight, at: u64) {
        if self.span.has(flight.start()) && at < self.span.to {
            self.outcome.harm.add_all(&flight.rollout.harm);
            if flight.emergency {
                self.outcome.emergencies.impaired_host_ms += flight.rollout.harm.impaired_host_ms;
            }
        }
        self.spend(flight.rollout.harm.impaired_host_ms, at);
        for (wave, run) in flight.rollout.waves.iter().enumerate() {
            let passed = flight.rollout.waves.get(wave + 1).map(|next| next.start_ms);
            let left = passed.or(flight.landing()).unwrap_or(flight.rollout.settled_ms).min(at);
            self.wave_stays[wave].whole(run.start_ms, left.max(run.start_ms));
            self.note_wave(flight.number, wave, run, at);
        }
    }
}
