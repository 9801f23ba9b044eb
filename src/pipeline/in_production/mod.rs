//! Production as the pipeline sees it: it owns the queue before the first wave, the rollouts in flight, what other
//! pipelines hold and the error budget.
//!
//! A rollout's schedule follows from the one ahead: one a wave, in order, none overtaking. When one is stopped, those
//! behind it are asked for again with what then holds. Waves that have begun keep their constraints, so their past does
//! not change. What other pipelines hold is a constraint like any other. What follows from a stop for the line before
//! production is not decided here.

mod budget;
mod entrance;
mod neighbours;
mod rollout;

use super::context::Upcoming;
use super::event::PipelineEvent;
use super::gauge::Stays;
use super::ground::Ground;
use super::ledger::{Closing, Moved, RolloutKind, UpTo};
use super::priority::Priority;
use super::production::{Carried, Production, RolloutRequest, WaveOpenings, last_of};
use crate::ids::{ChangeId, IdVec, RegionId, RevisionId, StageId, WaveId};
use crate::outcome::pipeline::{Part, StageOutcome};
use crate::plan::pipeline::{Calendar, EntryPolicy};
use crate::rollout::launch::OutsideStop;
use budget::BudgetState;
use entrance::Entrance;
use neighbours::Neighbours;
use rollout::{RolloutInFlight, RolloutProgress};

/// What becomes of a revision that has passed the last stage.
#[must_use]
pub(super) enum EntryArrival {
    /// A newer one was there before: it has nothing to add.
    Overtaken,
    /// There are no waves: it is delivered.
    Delivered,
    /// It waits, and takes the place of these, which waited; with `restart` also of the newest rollout under way.
    Waits { superseded: Vec<RevisionId>, restart: bool },
}

/// A rollout that was stopped now.
#[must_use]
pub(super) struct StoppedRollout {
    pub(super) revision: RevisionId,
    /// The newest revision ahead of it that goes on: it has passed where this one was.
    pub(super) ahead: Option<RevisionId>,
    /// It had been delivered before.
    pub(super) completed: bool,
    /// Its targets are free again.
    pub(super) settled_ms: u64,
}

/// What an alarm in production means.
#[must_use]
pub(super) struct RaisedAlarm {
    pub(super) stopped: StoppedRollout,
    /// The change whose defect was seen, if one was.
    pub(super) culprit: Option<ChangeId>,
    /// The first host had it.
    pub(super) began_ms: u64,
}

/// Why rollouts are stopped together.
#[derive(Debug, Clone, Copy)]
pub(super) enum Suspicion {
    /// An alarm saw the defect of this change: whatever brings it goes back, even where it was delivered.
    Seen(ChangeId),
    /// Production found something, and this change is blamed: no rollout under way that has it goes on.
    Blamed(ChangeId),
    /// A stage found something, and this change is withdrawn: no rollout under way that brings its defect goes on. What a
    /// stage thinks of a change that has none is no reason to take production back.
    Withdrawn(ChangeId),
}

/// Production, at work.
pub(super) struct ProductionState<'a> {
    production: &'a mut dyn Production,
    entrance: Entrance,
    rollouts: Vec<RolloutInFlight<'a>>,
    /// Timetables announced so far.
    timetables: u32,
    neighbours: Neighbours,
    waves: Vec<Stays>,
    /// By wave, the time in which somebody would sit by, as far as it counts.
    watched_ms: Vec<u64>,
    /// By wave, the last wave that a revision passes before another one may begin it.
    held_through: Vec<usize>,
    budget: Option<BudgetState>,
}

impl<'a> ProductionState<'a> {
    /// Production with nothing in it.
    ///
    /// # Panics
    ///
    /// If the plan does not fit it.
    pub(super) fn new(g: &Ground<'a>, production: &'a mut dyn Production) -> Self {
        let waves = production.waves();
        let faults = g.c.plan.faults(waves);
        assert!(faults.is_empty(), "{}", faults.join("; "));
        let regions: Vec<&[RegionId]> =
            (0..production.waves()).map(|wave| production.regions(wave)).collect();
        let held_through = g.c.plan.rollouts.held_through(&regions);
        Self {
            production,
            held_through,
            entrance: Entrance::new(&g.c),
            rollouts: Vec::new(),
            timetables: 0,
            neighbours: Neighbours::default(),
            waves: vec![Stays::new(g.c.counted); waves],
            watched_ms: vec![0; waves],
            budget: g.c.plan.error_budget.map(|budget| BudgetState::new(budget, g.c.counted)),
        }
    }

    /// A revision has passed the last stage.
    pub(super) fn arrive(&mut self, g: &mut Ground, revision: RevisionId) -> EntryArrival {
        if !self.entrance.is_newest(revision) {
            return EntryArrival::Overtaken;
        }
        if self.waves.is_empty() {
            return EntryArrival::Delivered;
        }
        g.moved(Moved::to(revision, Part::Queue));
        g.c.tell(PipelineEvent::Waits { revision, stage: before_production(g) });
        let entry = g.priority(revision).entry(g.c.plan);
        let mut superseded = Vec::new();
        if entry != EntryPolicy::Queued {
            superseded.extend(std::iter::from_fn(|| self.entrance.leave(g.now())));
        }
        self.entrance.come(g.now(), revision);
        EntryArrival::Waits { superseded, restart: entry == EntryPolicy::Restart }
    }

    /// The newest rollout under way gives its place to a newer revision; says which.
    pub(super) fn overtake(&mut self, g: &mut Ground) -> Option<RevisionId> {
        let index = self.rollouts.iter().rposition(RolloutInFlight::is_under_way)?;
        g.ledger.rollout_overtaken(&g.c, self.rollouts[index].kind);
        let stop = OutsideStop { at_ms: g.now(), roll_back: false };
        Some(self.stop(g, index, Some(stop), false).revision)
    }

    /// When a wave's target is free of the rollouts ahead, the first so many, and of other pipelines; none is never.
    fn free(&self, wave: usize, ahead: usize) -> Option<u64> {
        let through = self.held_through[wave];
        let left = self.rollouts[..ahead].iter().map(|rollout| rollout.leaves(through));
        let others = self.neighbours.leave(self.production.regions(wave));
        last_of(left.chain([others]))
    }

    /// When waves' targets are free for a rollout behind all others.
    fn all_free(&self) -> Vec<Option<u64>> {
        (0..self.waves.len()).map(|wave| self.free(wave, self.rollouts.len())).collect()
    }

    /// When a revision may enter for all that the error budget says, now or later.
    fn thaws(&self, g: &Ground, revision: RevisionId) -> u64 {
        match &self.budget {
            Some(budget) if !g.ledger.is_exempt(revision) => budget.thaws(g.now()),
            Some(_) | None => g.now(),
        }
    }

    /// Who enters next: the first in the queue, or the first that may, if that one may not.
    fn next_to_enter(&self, g: &Ground) -> Option<RevisionId> {
        let may = |revision: &RevisionId| self.thaws(g, *revision) <= g.now();
        self.entrance.waiting().find(may).or_else(|| self.entrance.waiting().next())
    }

    /// The time of a look at the queue has come.
    pub(super) fn wakes(&mut self) {
        self.entrance.wakes();
    }

    /// Lets the next revision out of the queue, if it may begin, and the first wave is free and open; with those that it
    /// passes.
    pub(super) fn let_in(&mut self, g: &mut Ground) -> Option<(RevisionId, Vec<RevisionId>)> {
        let revision = self.next_to_enter(g)?;
        let free = self.free(0, self.rollouts.len());
        let thaws = self.thaws(g, revision);
        let window = window(g, g.priority(revision), 0);
        let (open, waits_for) = match window {
            _ if free.is_none_or(|free| free > g.now()) => (free, Part::Queue),
            _ if thaws > g.now() => (Some(thaws), Part::Blocked),
            Some(calendar) => (calendar.next_open(g.now()), Part::Window),
            None => (Some(g.now()), Part::Window),
        };
        if open == Some(g.now()) {
            return Some((revision, self.entrance.leave_with(g.now(), revision)));
        }
        g.moved(Moved::to(revision, waits_for));
        if waits_for == Part::Window {
            g.c.tell(PipelineEvent::WaitsForWindow { revision, stage: before_production(g) });
        }
        if let Some(open) = open {
            self.entrance.wake_at(&mut g.c, open);
        }
        None
    }

    /// A revision that was let in begins its rollout with these defects; it began again `attempt` times.
    pub(super) fn roll_out(
        &mut self,
        g: &mut Ground<'a>,
        revision: RevisionId,
        attempt: u32,
        defects: Vec<Carried>,
    ) {
        g.ledger.rollout_begins(&mut g.c, revision);
        g.moved(Moved::to(revision, Part::Deploy));
        let priority = g.priority(revision);
        let windows = (0..self.waves.len()).map(|wave| window(g, priority, wave)).collect();
        let regions = g.c.plan.region_windows.iter().filter(|_| !priority.ignores_windows(g.c.plan));
        let regions =
            regions.map(|windows| windows.iter().map(|index| &g.c.plan.calendars[*index]).collect());
        let regions = regions.collect();
        let bakes = g.c.plan.bake_window.filter(|_| !priority.ignores_windows(g.c.plan));
        let bakes = bakes.map(|index| &g.c.plan.calendars[index]);
        let bakes_until_ms = vec![0; self.waves.len()];
        let openings = WaveOpenings { free_ms: self.all_free(), windows, regions, bakes, bakes_until_ms };
        let (key, start_ms, harmful) = (g.c.history.key(revision), g.now(), !defects.is_empty());
        let kind = RolloutKind { start_ms, harmful, emergency: priority == Priority::Emergency };
        let bakes = priority.bakes(g.c.plan);
        let request =
            RolloutRequest { key, attempt, bakes, defects, start_ms, openings, stop: None, back_from_ms: 0 };
        let schedule = self.production.roll_out(&request);
        self.rollouts.push(RolloutInFlight::new(revision, kind, request, schedule));
        self.announce(g, self.rollouts.len() - 1);
    }

    /// Schedules the events of a timetable and makes the earlier ones of that rollout void.
    fn announce(&mut self, g: &mut Ground, index: usize) {
        self.timetables += 1;
        self.neighbours.moved = true;
        let timetable = self.timetables;
        let rollout = &mut self.rollouts[index];
        rollout.timetable = timetable;
        if rollout.progress == RolloutProgress::Stopped {
            return g.c.schedule(rollout.schedule.settled_ms(), Upcoming::Settled { timetable });
        }
        let landing_ms = rollout.landing_ms().filter(|_| rollout.is_under_way());
        g.c.schedule(landing_ms, Upcoming::Done { timetable });
        let next = rollout.schedule.waves.get(rollout.begun);
        g.c.schedule(next.map(|next| next.start_ms), Upcoming::Wave { timetable });
        g.c.schedule(rollout.schedule.stopped.map(|stop| stop.at_ms), Upcoming::Stop { timetable });
    }

    /// The rollout whose timetable holds.
    fn find(&self, timetable: u32) -> Option<usize> {
        self.rollouts.iter().position(|rollout| rollout.timetable == timetable)
    }

    /// A wave of a rollout begins.
    pub(super) fn wave_begins(&mut self, g: &mut Ground, timetable: u32) {
        let Some(index) = self.find(timetable) else { return };
        let rollout = &mut self.rollouts[index];
        rollout.begun += 1;
        let next = rollout.schedule.waves.get(rollout.begun);
        g.c.schedule(next.map(|next| next.start_ms), Upcoming::Wave { timetable });
        self.neighbours.moved = true;
    }

    /// The revision that passes its last wave now, if a timetable holds. It is still under way.
    pub(super) fn landing(&self, timetable: u32) -> Option<RevisionId> {
        self.find(timetable).map(|index| self.rollouts[index].revision)
    }

    /// A rollout has passed its last wave, and is forgotten unless an alarm is still to come.
    pub(super) fn landed(&mut self, g: &mut Ground, timetable: u32) {
        let index = self.find(timetable).expect("it was landing");
        self.rollouts[index].progress = RolloutProgress::Completed;
        self.neighbours.moved = true;
        if self.rollouts[index].schedule.stopped.is_none() {
            self.remove(g, index);
        }
    }

    /// A stopped rollout is back; says whether it was.
    pub(super) fn settled(&mut self, g: &mut Ground, timetable: u32) -> bool {
        let Some(index) = self.find(timetable) else { return false };
        self.neighbours.moved = true;
        g.c.tell(PipelineEvent::TakenBack { revision: self.rollouts[index].revision });
        self.remove(g, index);
        true
    }

    fn remove(&mut self, g: &mut Ground, index: usize) {
        let rollout = self.rollouts.remove(index);
        self.count(g, &rollout);
    }

    /// Counts how long a rollout held each wave's target, until now at most, and what it did to customers.
    fn count(&mut self, g: &mut Ground, rollout: &RolloutInFlight) {
        let harm = &rollout.schedule.harm;
        g.ledger.rollout_over(&g.c, rollout.kind, harm);
        if let Some(budget) = &mut self.budget {
            budget.spend(harm.impaired_host_ms, g.now());
        }
        for (wave, run) in rollout.schedule.waves.iter().enumerate() {
            let left_ms = rollout.passes(wave).map_or(g.now(), |left_ms| left_ms.min(g.now()));
            self.waves[wave].whole(run.start_ms, left_ms.max(run.start_ms));
            let hours = watch_hours(g, rollout.kind, wave);
            self.watched_ms[wave] += g.c.counted.clip_to(hours, run.start_ms, run.baked_ms.min(g.now()));
            if run.start_ms < g.now() {
                let (revision, wave, deployed_ms) = (rollout.revision, WaveId::new(wave), run.deployed_ms);
                let end_ms = run.end_ms.unwrap_or(g.now());
                g.c.tell_of(run.start_ms, PipelineEvent::Wave { revision, wave, deployed_ms, end_ms });
            }
        }
    }

    /// An alarm stops a rollout.
    pub(super) fn alarm(&mut self, g: &mut Ground, timetable: u32) -> Option<RaisedAlarm> {
        let index = self.find(timetable)?;
        let culprit = self.rollouts[index].why().culprit();
        let brought = self.rollouts.iter().filter_map(|rollout| {
            let mut defects = rollout.request.defects.iter().zip(&rollout.schedule.brought_ms);
            defects.find(|(defect, _)| Some(defect.change) == culprit).and_then(|(_, brought)| *brought)
        });
        let began_ms = brought.min().unwrap_or(g.now());
        let stopped = self.stop(g, index, None, false);
        if let Some(culprit) = culprit {
            self.neighbours.seen = self.reached(culprit);
        }
        Some(RaisedAlarm { stopped, culprit, began_ms })
    }

    /// Regions that have hosts with the defect of `culprit`.
    fn reached(&self, culprit: ChangeId) -> Vec<RegionId> {
        let carry = self.rollouts.iter().filter(|rollout| rollout.request.carries(culprit));
        let waves = carry.flat_map(|rollout| 0..rollout.begun);
        let mut regions: Vec<RegionId> =
            waves.flat_map(|wave| self.production.regions(wave)).copied().collect();
        regions.sort_unstable();
        regions.dedup();
        regions
    }

    /// An alarm fires in `regions` for the defect of another pipeline. Whatever deploys or bakes there sees it too and
    /// is taken back: one such rollout, if there is one left.
    pub(super) fn stop_collateral(&mut self, g: &mut Ground, regions: &[RegionId]) -> Option<StoppedRollout> {
        let index = self.rollouts.iter().position(|rollout| {
            let waves = rollout.schedule.waves.iter().take(rollout.begun).enumerate();
            let mut at_work = waves.filter(|(_, run)| run.end_ms.is_none_or(|end_ms| end_ms >= g.now()));
            let is_hit = |wave| self.production.regions(wave).iter().any(|region| regions.contains(region));
            rollout.is_under_way() && at_work.any(|(wave, _)| is_hit(wave))
        })?;
        let stop = OutsideStop { at_ms: g.now(), roll_back: true };
        Some(self.stop(g, index, Some(stop), true))
    }

    /// Stops and takes back one of the rollouts that are under suspicion, if there is one left.
    pub(super) fn stop_suspect(&mut self, g: &mut Ground, suspicion: Suspicion) -> Option<StoppedRollout> {
        let is_suspect = |rollout: &RolloutInFlight| match suspicion {
            Suspicion::Seen(culprit) => {
                rollout.progress != RolloutProgress::Stopped && rollout.request.carries(culprit)
            }
            Suspicion::Blamed(change) => rollout.is_under_way() && g.c.history.has(rollout.revision, change),
            Suspicion::Withdrawn(change) => rollout.is_under_way() && rollout.request.carries(change),
        };
        let index = self.rollouts.iter().position(is_suspect)?;
        let stop = OutsideStop { at_ms: g.now(), roll_back: true };
        Some(self.stop(g, index, Some(stop), false))
    }

    /// A rollout ends now: by its own alarm, or by a stop from outside.
    fn stop(
        &mut self,
        g: &mut Ground,
        index: usize,
        stop: Option<OutsideStop>,
        collateral: bool,
    ) -> StoppedRollout {
        self.book(g);
        let rollout = &mut self.rollouts[index];
        let completed = rollout.progress == RolloutProgress::Completed;
        rollout.stop(self.production, stop);
        let (revision, why, kind) = (rollout.revision, rollout.why(), rollout.kind);
        let component = rollout.stopped_by();
        let settled_ms = rollout.schedule.settled_ms().expect("what is stopped has a stop");
        let taken_back = stop.is_none_or(|stop| stop.roll_back);
        if taken_back {
            g.ledger.rollout_taken_back(&g.c, kind, collateral);
        }
        g.c.tell(PipelineEvent::Stopped { revision, why, component, taken_back });
        self.announce(g, index);
        let ahead = self.rollouts[..index].iter().rfind(|ahead| ahead.is_under_way());
        let ahead = ahead.map(|ahead| ahead.revision);
        StoppedRollout { revision, ahead, completed, settled_ms }
    }

    /// Asks again for the rollouts whose way ahead has changed.
    pub(super) fn follow(&mut self, g: &mut Ground) {
        self.book(g);
        for index in 0..self.rollouts.len() {
            if !self.rollouts[index].is_under_way() {
                continue;
            }
            let free_ms = self.free_now(g, index);
            let rollout = &mut self.rollouts[index];
            if free_ms != rollout.request.openings.free_ms {
                rollout.ask_again(self.production, free_ms, g.now());
                self.announce(g, index);
            }
        }
    }

    /// When waves' targets are free for a rollout under way. Rollouts ahead that have gone are forgotten; that it did
    /// not begin until now is not.
    fn free_now(&self, g: &Ground, index: usize) -> Vec<Option<u64>> {
        let rollout = &self.rollouts[index];
        let free = rollout.request.openings.free_ms.iter().enumerate().map(|(wave, before)| {
            if wave < rollout.begun {
                return *before;
            }
            let waited_ms = before.map_or(g.now(), |before| before.min(g.now()));
            self.free(wave, index).map(|free| free.max(waited_ms))
        });
        free.collect()
    }

    /// Books the time of the rollouts under way to their revisions.
    pub(super) fn book(&mut self, g: &mut Ground) -> UpTo {
        let under_way = self.rollouts.iter_mut().filter(|rollout| rollout.is_under_way());
        let now_ms = g.now();
        g.ledger.book(&g.c, under_way.map(|rollout| (rollout.revision, rollout.unbooked(now_ms))))
    }

    /// A revision leaves the queue, if it waits there.
    pub(super) fn withdraw(&mut self, g: &Ground, revision: RevisionId) {
        self.entrance.withdraw(g.now(), revision);
    }

    /// Whether a revision is on its way through the waves.
    pub(super) fn is_under_way(&self, revision: RevisionId) -> bool {
        self.rollouts.iter().any(|rollout| rollout.revision == revision && rollout.is_under_way())
    }

    /// Whether what this pipeline holds may have changed since this was asked last.
    pub(super) fn has_moved(&mut self) -> bool {
        std::mem::take(&mut self.neighbours.moved)
    }

    /// Until when this pipeline holds each region, none for ever; 0 if no longer than now.
    pub(super) fn held(&self, g: &Ground, regions: usize) -> IdVec<RegionId, Option<u64>> {
        let mut held: IdVec<RegionId, Option<u64>> = vec![Some(0); regions].into();
        for rollout in &self.rollouts {
            for wave in 0..rollout.begun {
                let until = rollout.holds_until(wave).map(|until| if until > g.now() { until } else { 0 });
                for region in self.production.regions(wave) {
                    held[*region] = last_of([held[*region], until].into_iter());
                }
            }
        }
        held
    }

    /// Other pipelines hold regions until these instants; says whether that is news.
    pub(super) fn hears(&mut self, free_ms: IdVec<RegionId, Option<u64>>) -> bool {
        free_ms != std::mem::replace(&mut self.neighbours.free_ms, free_ms.clone())
    }

    /// The regions in which an alarm saw a defect since this was asked last.
    pub(super) fn take_seen(&mut self) -> Vec<RegionId> {
        std::mem::take(&mut self.neighbours.seen)
    }

    /// Counts what is still in flight at the end: what happened before and in each wave, and how long the error budget
    /// was spent.
    pub(super) fn close(mut self, g: &mut Ground, stages: Vec<StageOutcome>) -> Closing {
        for rollout in std::mem::take(&mut self.rollouts) {
            self.count(g, &rollout);
        }
        let waves = self.waves.into_iter().zip(self.watched_ms).map(|(stays, watched_ms)| StageOutcome {
            person_ms: g.c.plan.watchers * watched_ms as f64,
            ..stays.outcome_of_wholes()
        });
        Closing {
            stages,
            entry: self.entrance.close(),
            waves: waves.collect(),
            budget_spent_ms: self.budget.map_or(0, |budget| budget.frozen_ms()),
        }
    }
}

/// The wait before the first wave, as events name it.
fn before_production(g: &Ground) -> StageId {
    StageId::new(g.c.plan.stages.len())
}

/// The window that a wave of a revision waits for.
fn window<'a>(g: &Ground<'a>, priority: Priority, wave: usize) -> Option<&'a Calendar> {
    let index = g.c.plan.wave_windows[wave].filter(|_| !priority.ignores_windows(g.c.plan));
    index.map(|index| &g.c.plan.calendars[index])
}

/// The hours of those who sit by a wave of such a rollout; none if they stay all the time, as for an emergency that waits for no
/// window.
fn watch_hours<'a>(g: &Ground<'a>, kind: RolloutKind, wave: usize) -> Option<&'a Calendar> {
    let ignores_hours = kind.emergency && Priority::Emergency.ignores_windows(g.c.plan);
    let hours = g.c.plan.watch_hours.get(wave).copied().flatten().filter(|_| !ignores_hours);
    hours.map(|index| &g.c.plan.calendars[index])
}
