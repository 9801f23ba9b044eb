//! One pipeline over weeks: changes merge, revisions pass stages and waves, rejections are repaired.
//!
//! `engine` is one rollout; this is everything before and between rollouts, of one pipeline or of several
//! that share a fleet. It asks production through
//! [`Production`] and never looks inside. Time is integer milliseconds, events have a total order, draws
//! are keyed by change and stage: a horizon is a function of pipeline, seed and trial. Cost is
//! proportional to events; an idle weekend has none. It does no IO and estimates nothing.

mod agenda;
mod budget;
mod combined;
mod flight;
mod gauge;
mod lane;
mod line;
mod merges;
mod production;
mod rehearsal;
mod repair;
mod revision;
mod riders;
mod rollouts;
mod together;
pub mod trace;
mod two_phase;

pub use combined::Combined;
pub use production::{Ask, Carried, Gates, Production, Rollout, Stop, Timed, TimedWave, WaveRun, Why};
pub use revision::Kind;
pub use rollouts::Rollouts;
pub use together::{Member, Sharing, run_together, run_together_observed};

use crate::outcome::pipeline::{ChangeOutcome, Part, PipelineOutcome};
use crate::plan::pipeline::Pipeline;
use crate::random::Streams;
use agenda::{Agenda, Event};
use budget::Budget;
use flight::Flight;
use gauge::{Gauge, Span, Stays};
use lane::Lane;
use line::StageState;
use merges::Instants;
use rehearsal::Stand;
use repair::Rejection;
use revision::{Change, Place, Revision};
use riders::Fleet;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use together::Neighbours;
use trace::Observer;
use two_phase::Pair;

/// Index of draws about defects in streams whose low indices belong to revisions.
const DEFECT_INDEX: u64 = 1 << 40;

/// Runs trial `trial` of a pipeline under `seed`.
///
/// # Panics
///
/// If [`Pipeline::faults`] has something to say.
pub fn run(pipeline: &Pipeline, production: &mut dyn Production, seed: u64, trial: u64) -> PipelineOutcome {
    run_observed(pipeline, production, seed, trial, None)
}

/// As [`run`], telling an observer; it changes nothing.
///
/// # Panics
///
/// As [`run`].
pub fn run_observed<'a>(
    pipeline: &'a Pipeline,
    production: &'a mut dyn Production,
    seed: u64,
    trial: u64,
    observer: Option<&'a mut dyn Observer>,
) -> PipelineOutcome {
    let alone = vec![Member { pipeline, production, seed }];
    let outcome = run_together_observed(alone, Sharing::NOTHING, trial, observer).pop();
    outcome.expect("invariant: one outcome a member")
}

/// The state of one pipeline in one horizon.
struct World<'a> {
    plan: &'a Pipeline,
    production: &'a mut dyn Production,
    observer: Option<&'a mut dyn Observer>,
    streams: Streams,
    span: Span,
    agenda: Agenda,
    instants: Instants<'a>,
    /// Own changes so far: the next one's key.
    merged: u64,
    changes: Vec<Change>,
    /// Two-phase changes.
    pairs: Vec<Pair>,
    /// The newest revision that every host has.
    everywhere: Option<usize>,
    /// Own changes that were not delivered.
    open: BTreeSet<usize>,
    /// Changes with a defect.
    harmful: Vec<usize>,
    /// Own, undelivered changes that ride with no revision.
    stranded: Vec<usize>,
    revisions: BTreeMap<usize, Revision>,
    stages: Vec<StageState>,
    /// The fleets that stages have of their own.
    stands: Vec<Option<Stand<'a>>>,
    entry: VecDeque<usize>,
    entry_stays: Stays,
    entry_wake: Option<u64>,
    /// Newest revision that has come to production.
    entry_newest: Option<usize>,
    flights: Vec<Flight<'a>>,
    /// Timetables so far.
    announced: u32,
    neighbours: Neighbours,
    wave_stays: Vec<Stays>,
    rejections: Vec<Rejection>,
    /// Rejections whose revert is not merged.
    pending: usize,
    undelivered: Gauge,
    budget: Option<Budget>,
    fleet: Fleet,
    outcome: PipelineOutcome,
}

impl<'a> World<'a> {
    fn new(plan: &'a Pipeline, production: &'a mut dyn Production, streams: Streams) -> Self {
        let faults = plan.faults(production.waves());
        assert!(faults.is_empty(), "{}", faults.join("; "));
        let span = Span { from: plan.warm_up_ms, to: plan.length_ms };
        let waves = production.waves();
        let mut world = Self {
            plan,
            production,
            observer: None,
            span,
            agenda: Agenda::default(),
            instants: Instants::new(&plan.source, &streams),
            streams,
            merged: 0,
            changes: Vec::new(),
            pairs: Vec::new(),
            everywhere: None,
            open: BTreeSet::new(),
            harmful: Vec::new(),
            stranded: Vec::new(),
            revisions: BTreeMap::new(),
            stages: plan.stages.iter().map(|_| StageState::new(span)).collect(),
            stands: Vec::new(),
            entry: VecDeque::new(),
            entry_stays: Stays::new(span),
            entry_wake: None,
            entry_newest: None,
            flights: Vec::new(),
            announced: 0,
            neighbours: Neighbours::default(),
            wave_stays: vec![Stays::new(span); waves],
            rejections: Vec::new(),
            pending: 0,
            undelivered: Gauge::new(span),
            budget: plan.error_budget.map(|budget| Budget::new(budget, span)),
            fleet: Fleet::new(span),
            outcome: PipelineOutcome { from_ms: span.from, to_ms: span.to, ..PipelineOutcome::default() },
        };
        world.plan_merge();
        world
    }

    /// Time and class of what happens next; none at the horizon's end.
    fn next(&self) -> Option<(u64, u8)> {
        self.agenda.look_before(self.plan.length_ms)
    }

    /// The next thing happens; returns when. None at the horizon's end.
    fn step(&mut self) -> Option<u64> {
        let (at, event) = self.agenda.next_before(self.plan.length_ms)?;
        self.outcome.events += 1;
        self.happens(at, event);
        Some(at)
    }

    fn happens(&mut self, at: u64, event: Event) {
        match event {
            Event::Merge => self.merge_next(at),
            Event::Activate { pair } => self.activate(pair, at),
            Event::Repair { rejection } => self.repair(rejection, at),
            Event::Again { change } => self.merge_again(change, at),
            Event::Wake { stage } => self.wake(stage, at),
            Event::WakeEntry => {
                self.entry_wake = None;
                self.launch(at);
            }
            Event::End { revision, generation } if self.is_due(revision, generation) => {
                self.end_of_run(revision, at);
            }
            Event::Rerun { revision, generation } if self.is_due(revision, generation) => {
                self.run_again(revision, at);
            }
            Event::Rejoin { revision, generation } if self.is_due(revision, generation) => {
                self.arrive(revision, 0, at);
            }
            Event::Stop { revision, generation } => self.alarm(revision, generation, at),
            Event::Done { revision, generation } => self.landed(revision, generation, at),
            Event::Settled { revision, generation } => self.settled(revision, generation, at),
            Event::Wave { revision, generation } => self.wave_begins(revision, generation),
            Event::End { .. } | Event::Rerun { .. } | Event::Rejoin { .. } => {}
        }
    }

    fn is_due(&self, revision: usize, generation: u32) -> bool {
        self.revisions.get(&revision).is_some_and(|found| found.generation == generation)
    }

    fn revision(&mut self, number: usize) -> &mut Revision {
        self.revisions.get_mut(&number).expect("only revisions on their way are moved")
    }

    /// Plans an event of a revision and makes its earlier ones void.
    fn plan_for(&mut self, number: usize, at: u64, event: fn(usize, u32) -> Event) {
        let revision = self.revision(number);
        revision.generation += 1;
        let event = event(number, revision.generation);
        self.agenda.plan(at, event);
    }

    fn plan_merge(&mut self) {
        if let Some(at) = self.instants.next_before(self.plan.length_ms) {
            self.agenda.plan(at, Event::Merge);
        }
    }

    /// The source's next change is merged.
    fn merge_next(&mut self, at: u64) {
        let key = self.merged;
        self.merged += 1;
        let number = self.merge_change(Kind::Own, key, at);
        self.perhaps_prepare(number, at);
        self.make_revision(Lane::Ordinary, at);
        self.plan_merge();
    }

    /// A change in its own right is merged; returns its number.
    fn merge_change(&mut self, kind: Kind, key: u64, at: u64) -> usize {
        let drawn = merges::draw(self.plan, &self.streams, key);
        let number = self.changes.len();
        let mut change = Change::new(kind, key, at);
        change.defect = drawn.defect;
        change.urgent = drawn.urgent;
        change.account.add(Part::Review, drawn.review_ms);
        if drawn.defect.is_some() {
            self.harmful.push(number);
        }
        self.note(at, trace::Event::Merged { change: number, kind: Kind::Own, defect: change.defect });
        self.changes.push(change);
        self.open.insert(number);
        self.undelivered.up(at);
        self.stranded.push(number);
        number
    }

    /// A revision of everything that is merged sets out, unless the line waits for a revert.
    fn make_revision(&mut self, lane: Lane, at: u64) {
        if self.pending > 0 {
            return;
        }
        let number = self.changes.len() - 1;
        let newest = &self.changes[number];
        let mut revision = Revision::new(newest.key, lane, at);
        revision.exempt = newest.kind == Kind::Revert;
        self.revisions.insert(number, revision);
        self.note(at, trace::Event::SetOut { revision: number, urgent: lane == Lane::FastTrack });
        self.board(number, at);
        self.arrive(number, 0, at);
    }

    /// Closes all accounts at the horizon's end.
    fn finish(mut self) -> PipelineOutcome {
        let end = self.span.to;
        self.book_flights(end);
        for number in std::mem::take(&mut self.open) {
            self.alight(number, end);
            let change = &self.changes[number];
            self.outcome.line_stays_ms += self.span.clip(change.merged_ms, end);
        }
        self.undelivered.advance(end);
        self.outcome.line_area_ms = self.undelivered.area();
        self.count_remaining();
        for flight in std::mem::take(&mut self.flights) {
            self.count_waves(&flight, end);
        }
        self.outcome.two_phase = self.count_two_phase();
        self.fleet.close(end);
        self.outcome.age_area = self.fleet.area;
        self.outcome.oldest_age_ms = self.fleet.oldest;
        self.outcome.budget_spent_ms = self.budget.map_or(0, |budget| budget.frozen_ms);
        self.outcome.stages = self.stages.into_iter().map(|stage| stage.stays.outcome()).collect();
        self.outcome.entry = self.entry_stays.outcome();
        self.outcome.waves = self.wave_stays.into_iter().map(Stays::outcome_of_wholes).collect();
        let own = self.changes.iter().filter(|change| change.kind.is_own());
        let counted = own.filter(|change| self.span.has(change.merged_ms));
        self.outcome.changes = counted
            .map(|change| ChangeOutcome {
                key: change.key,
                merged_ms: change.merged_ms,
                entered_ms: change.entered_ms,
                delivered_ms: change.delivered_ms,
                defect: change.defect.map(|class| class as u32),
                reverts: change.out.len() as u32,
                urgent: change.urgent,
                parts: change.account,
            })
            .collect();
        self.outcome
    }

    /// Books the stays of the revisions that are still somewhere.
    fn count_remaining(&mut self) {
        for revision in self.revisions.values() {
            match revision.place {
                Place::Waiting(stage) | Place::Running(stage) | Place::Held(stage) => {
                    self.stages[stage].stays.remains(revision.came_ms);
                }
                Place::Entry => self.entry_stays.remains(revision.came_ms),
                Place::Production | Place::Away => {}
            }
        }
    }
}
