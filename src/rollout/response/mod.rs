//! From an alarm to a remedy: what the rollout does by itself, and what people do.
//!
//! An alarm is acted on, lost or overridden. The rollout then stops or not, and goes back or not. People come,
//! find out, get ready, are let in, and act. Nothing here moves a host: decisions are handed to whoever carries them
//! out, and whether the rollout stopped or is complete is asked of the deployments.

mod operators;

use super::alarms::Firing;
use super::context::Context;
use super::deployment::{Completed, Deployments, RollbackCause, RolledBack};
use super::event::{GoBackBy, ResponseEvent};
use super::fault::{Fault, Promise};
use super::launch::OutsideStop;
use super::model::breach::poisson_quantile;
use super::place::WatchedScope;
use super::trace::RolloutEvent;
use crate::ids::{RegionId, WatchId, ZoneId};
use crate::outcome::{Ending, Notice};
use crate::plan::{Attempt, OnAlarm, Remedy};
use crate::random::{Distribution, Purpose};

/// What followed the alarms so far.
#[derive(Debug, Default)]
pub struct IncidentResponse {
    /// The first notice that was acted on, and when it came.
    acted_on: Option<(u64, Heard)>,
    /// Alarms that fired and were lost or overridden.
    ignored: u32,
    /// Remedies that people have begun.
    tried: usize,
    /// When the first remedy began.
    mitigation_ms: Option<u64>,
    /// End of the last remedy, as far as it is known.
    settled_ms: u64,
    /// Decisions that have not been carried out yet.
    pending: u32,
    /// When the latest decision was made, or dropped: what is observed reaches so far at least.
    decided_ms: u64,
    /// One of them is the rollout's own, to the alarm that it acts on.
    reacting: bool,
    /// Some host on the new version was outside of a rollback's scope.
    leaves_hosts: bool,
    /// Hosts went or go back.
    rolled_back: bool,
    /// Other deployments rolled back together with this one.
    collateral: u64,
    /// Another change was taken back first.
    wrong_change: bool,
    /// It was stopped from outside.
    stopped_outside: bool,
}

/// A notice that is acted on.
#[derive(Debug, Clone, Copy)]
struct Heard {
    /// What it is.
    notice: Notice,
    /// What it is reported as: the alarm that a part belongs to.
    reported: Notice,
    /// What it is about.
    scope: WatchedScope,
}

/// What the rollout does about the notice that it acts on; it stops in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reaction {
    /// Hosts go back.
    GoBack,
    /// What triggers a dormant fault is withdrawn.
    Withdraw,
    /// Everything stays as it is.
    Stay {
        /// What is wrong.
        notice: Notice,
    },
}

/// What people do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum OperatorAction {
    /// Hosts go back.
    GoBack,
    /// Hosts that went back in vain get an older version still.
    GoBackAgain,
    /// Hosts get a version without the fault.
    FixForward,
    /// The fault is switched off.
    TurnSwitch {
        /// How long that takes to reach a zone.
        spread: Distribution,
    },
    /// What triggers a dormant fault is withdrawn.
    Withdraw,
    /// Hosts are worked on where they are.
    Repair,
    /// Everything stays as it is.
    Halt,
}

/// What the response adds to the outcome. Instants are milliseconds since the rollout's start.
#[derive(Debug)]
pub struct ResponseSummary {
    /// The first notice came that was acted on.
    pub alarm_ms: Option<u64>,
    /// What it was reported as.
    pub notice: Option<Notice>,
    /// The first remedy began.
    pub mitigation_ms: Option<u64>,
    /// Alarms that were lost or overridden.
    pub ignored_alarms: u32,
    /// Other deployments that were rolled back together with this one.
    pub collateral_rollbacks: u64,
    /// Another change was taken back first.
    pub wrong_change: bool,
}

/// The two draws that a verdict needs.
const LOST: u64 = 0;
const OVERRIDDEN: u64 = 1;

impl IncidentResponse {
    /// Schedules a stop from outside, if one will come.
    pub fn expect_outside_stop(&self, ctx: &mut Context) {
        if let Some(stop) = outside_stop(ctx) {
            ctx.schedule(stop.at_ms, ResponseEvent::OutsideStop);
        }
    }

    /// Whether the rollout still listens to alarms: until the first that is acted on, while it lasts and remains suspect.
    #[inline]
    pub fn listens(&self, ctx: &Context, deployments: &Deployments) -> bool {
        let suspect = |completed_ms: u64| {
            let suspect_for_ms = ctx.strategy.response.suspect_for_ms;
            suspect_for_ms > 0 && ctx.now_ms() <= completed_ms + suspect_for_ms
        };
        self.acted_on.is_none()
            && deployments.stopped_ms().is_none()
            && deployments.completed_ms().is_none_or(suspect)
    }

    /// An alarm fires: it is acted on, or lost or overridden, and then the instance is returned that is not asked again.
    #[must_use = "who is ignored is not asked again"]
    pub fn hear(&mut self, ctx: &mut Context, deployments: &Deployments, firing: Firing) -> Option<WatchId> {
        if !self.listens(ctx, deployments) {
            return None;
        }
        let now_ms = ctx.now_ms();
        let (alarm, entity) = (firing.alarm.number(), firing.scope.number());
        ctx.tell(now_ms, || RolloutEvent::AlarmFired { alarm, entity });
        if is_ignored(ctx, &firing) {
            self.ignored += 1;
            ctx.tell(now_ms, || RolloutEvent::AlarmIgnored { alarm, entity });
            return Some(firing.watch);
        }
        let [notice, reported] = [firing.alarm, firing.reported].map(Notice::Alarm);
        self.act_on(ctx, Heard { notice, reported, scope: firing.scope });
        None
    }

    /// The rollout itself finds something wrong: nobody loses or overrides that.
    pub fn notice(
        &mut self,
        ctx: &mut Context,
        deployments: &Deployments,
        notice: Notice,
        scope: WatchedScope,
    ) {
        if !self.listens(ctx, deployments) {
            return;
        }
        let zone = scope.zone().map(ZoneId::number);
        ctx.tell(ctx.now_ms(), || RolloutEvent::Noticed { notice, zone });
        self.act_on(ctx, Heard { notice, reported: notice, scope });
    }

    /// The rollout reacts in its time, and people are called.
    fn act_on(&mut self, ctx: &mut Context, heard: Heard) {
        let now_ms = ctx.now_ms();
        self.acted_on = Some((now_ms, heard));
        self.decided_ms = now_ms;
        let on_alarm = ctx.strategy.response.on_alarm;
        if on_alarm != OnAlarm::Page {
            self.reacting = true;
            self.pending += 1;
            ctx.schedule(now_ms + ctx.strategy.rollback.reaction_delay_ms, ResponseEvent::Reacts);
        }
        if on_alarm != OnAlarm::Freeze {
            self.call_operators(ctx);
        }
    }

    /// An alarm fires already when a wave is to start: whether the rollout stops and goes back for it, at once.
    #[must_use = "somebody is to carry it out"]
    pub fn fires_already(&mut self, ctx: &mut Context, deployments: &Deployments) -> bool {
        let named = ctx.plan.fleet.background.ambient_alarm;
        let Some(alarm) = named.or(ctx.strategy.alarms.first().copied()) else { return false };
        let stops = deployments.stopped_ms().is_none();
        if stops && self.acted_on.is_none() {
            let now_ms = ctx.now_ms();
            // It is over no place of the rollout's.
            ctx.tell(now_ms, || RolloutEvent::AlarmFired { alarm: alarm.number(), entity: 0 });
            let notice = Notice::Alarm(alarm);
            self.acted_on = Some((now_ms, Heard { notice, reported: notice, scope: WatchedScope::Service }));
            self.decided_ms = now_ms;
        }
        stops
    }

    /// A decision is carried out now, or dropped.
    fn settle(&mut self, ctx: &Context) {
        self.pending -= 1;
        self.decided_ms = self.decided_ms.max(ctx.now_ms());
    }

    /// People are paged.
    fn call_operators(&mut self, ctx: &mut Context) {
        let Some(people) = &ctx.strategy.operators else { return };
        let (time_ms, wrong) = operators::time_to_act(ctx, people);
        self.wrong_change |= wrong;
        self.pending += 1;
        ctx.schedule(ctx.now_ms() + time_ms, ResponseEvent::OperatorsReady);
    }

    /// The rollout is complete: unless it remains suspect, nobody reacts any more to an alarm that fired just before.
    pub fn completed(&mut self, ctx: &Context, _completed: Completed) {
        if ctx.strategy.response.suspect_for_ms == 0 && std::mem::take(&mut self.reacting) {
            self.settle(ctx);
        }
    }

    /// The rollout reacts to the alarm that it acts on, unless that is forgotten by now or people were faster.
    #[must_use = "somebody is to carry it out"]
    pub fn react(&mut self, ctx: &mut Context, deployments: &Deployments) -> Option<Reaction> {
        if !std::mem::take(&mut self.reacting) {
            return None;
        }
        self.settle(ctx);
        let (_, Heard { notice, .. }) = self.acted_on?;
        if deployments.stopped_ms().is_some() {
            ctx.tell(ctx.now_ms(), || RolloutEvent::ReactionPreempted { notice });
            return None;
        }
        Some(match ctx.strategy.response.on_alarm {
            OnAlarm::Rollback => Reaction::GoBack,
            OnAlarm::Withdraw => {
                self.begin_mitigation(ctx);
                Reaction::Withdraw
            }
            OnAlarm::Halt | OnAlarm::Freeze | OnAlarm::Page => Reaction::Stay { notice },
        })
    }

    /// People want to act: perhaps there is nothing left to do, perhaps they are locked out.
    pub fn operators_ready(&mut self, ctx: &mut Context, deployments: &Deployments, fault: &Fault) {
        let now_ms = ctx.now_ms();
        let is_first = self.tried == 0;
        let has_acted = is_first && ctx.strategy.response.on_alarm.is_a_remedy();
        if has_acted && deployments.stopped_ms().is_some() && self.settled_ms > now_ms {
            // What the rollout does may do; they look again when it is over.
            ctx.schedule(self.settled_ms, ResponseEvent::OperatorsReady);
            return;
        }
        let is_anyone_ill = fault.anyone_impaired(ctx);
        if (has_acted || !is_first) && !is_anyone_ill {
            self.settle(ctx);
            return;
        }
        let delay_ms = if is_anyone_ill { operators::locked_out_ms(ctx, self.tried) } else { 0 };
        ctx.schedule(now_ms + delay_ms, ResponseEvent::OperatorsAct);
    }

    /// People act, and a remedy begins; whoever carries it out has stopped the rollout.
    #[must_use = "somebody is to carry it out"]
    pub fn operators_act(&mut self, ctx: &mut Context) -> Option<OperatorAction> {
        let Attempt { remedy, spread, .. } = *self.attempt(ctx, self.tried)?;
        self.tried += 1;
        self.settle(ctx);
        self.begin_mitigation(ctx);
        ctx.tell(ctx.now_ms(), || RolloutEvent::RemedyStarted { remedy });
        Some(match remedy {
            Remedy::Rollback if self.rolled_back => OperatorAction::GoBackAgain,
            Remedy::Rollback => OperatorAction::GoBack,
            Remedy::FixForward => OperatorAction::FixForward,
            Remedy::KillSwitch => OperatorAction::TurnSwitch { spread },
            Remedy::Withdraw => OperatorAction::Withdraw,
            Remedy::Repair => OperatorAction::Repair,
            Remedy::Halt => OperatorAction::Halt,
        })
    }

    /// Number `number` of the remedies that people try.
    fn attempt<'p>(&self, ctx: &Context<'p>, number: usize) -> Option<&'p Attempt> {
        ctx.strategy.operators.as_ref()?.attempts().nth(number)
    }

    /// What people do is under way: if there is something else that they could try, they will see whether it helps.
    pub fn operators_acted(&mut self, ctx: &mut Context) {
        let next = self.attempt(ctx, self.tried);
        let Some(attempt) = self.attempt(ctx, self.tried - 1).filter(|_| next.is_some()) else { return };
        self.pending += 1;
        let done_ms = self.settled_ms.max(ctx.now_ms());
        let judged_ms = attempt.within_ms.map_or(done_ms, |within_ms| ctx.now_ms() + within_ms);
        ctx.schedule(judged_ms, ResponseEvent::RemedyJudged);
    }

    /// People see whether somebody is still ill, and make the next remedy ready if so.
    pub fn remedy_judged(&mut self, ctx: &mut Context, fault: &Fault) {
        let now_ms = ctx.now_ms();
        let (tried, next) = (self.attempt(ctx, self.tried - 1), self.attempt(ctx, self.tried));
        let (Some(tried), Some(next)) = (tried, next) else { return };
        if tried.within_ms.is_none() && self.settled_ms > now_ms {
            ctx.schedule(self.settled_ms, ResponseEvent::RemedyJudged);
        } else if fault.anyone_impaired(ctx) {
            let remedy = tried.remedy;
            ctx.tell(now_ms, || RolloutEvent::RemedyFailed { remedy });
            let ready_ms = now_ms + operators::time_to_next(ctx, next, self.tried);
            ctx.schedule(ready_ms, ResponseEvent::OperatorsReady);
        } else {
            self.settle(ctx);
        }
    }

    /// Somebody else stops the rollout. One that is complete can be taken back, but not be overtaken.
    #[must_use = "somebody is to carry it out"]
    pub fn outside_stop(&mut self, ctx: &Context, deployments: &Deployments) -> Option<OutsideStop> {
        let stop = outside_stop(ctx)?;
        let overtaken_late = deployments.completed_ms().is_some() && !stop.roll_back;
        if deployments.stopped_ms().is_some() || overtaken_late {
            return None;
        }
        self.stopped_outside = true;
        Some(stop)
    }

    /// Hosts are to go back: whether it is this rollout's turn now. Otherwise that is scheduled.
    #[must_use = "now is the time"]
    pub fn may_go_back(&mut self, ctx: &mut Context, by: GoBackBy) -> bool {
        let turn_ms = ctx.launch.map_or(0, |launch| launch.back_from_ms);
        if turn_ms > ctx.now_ms() {
            self.pending += 1;
            self.promised(Promise::until(turn_ms));
            ctx.schedule(turn_ms, ResponseEvent::TurnToGoBack { by });
            return false;
        }
        self.begin_rollback(ctx);
        true
    }

    /// It is this rollout's turn: whether hosts go back now that did not before.
    #[must_use = "now is the time"]
    pub fn turn_to_go_back(&mut self, ctx: &Context) -> bool {
        self.settle(ctx);
        if self.rolled_back {
            return false;
        }
        self.begin_rollback(ctx);
        true
    }

    fn begin_rollback(&mut self, ctx: &Context) {
        self.begin_mitigation(ctx);
        self.rolled_back = true;
    }

    fn begin_mitigation(&mut self, ctx: &Context) {
        self.mitigation_ms.get_or_insert(ctx.now_ms());
        self.promised(Promise::until(ctx.now_ms()));
    }

    /// Whether the rollout's own rollback does not work this time. People's does.
    pub fn is_rollback_broken(&self, ctx: &Context) -> bool {
        let broken = ctx.strategy.rollback.broken;
        broken > 0.0 && ctx.streams.stream(Purpose::WayBackFails, 0).uniform() < broken
    }

    /// The notice that a rollback answers; none if none was acted on.
    pub fn cause(&self) -> Option<RollbackCause> {
        self.acted_on.map(|(_, Heard { notice, scope, .. })| RollbackCause { notice, scope })
    }

    /// Hosts go back. All deployments of the team that are in flight in a region that goes back go back as well.
    pub fn went_back(&mut self, ctx: &Context, deployments: &Deployments, rolled_back: RolledBack) {
        let RolledBack { until_ms, leaves_hosts } = rolled_back;
        self.promised(Promise::until(until_ms));
        self.leaves_hosts |= leaves_hosts;
        let mean = ctx.strategy.response.other_deployments;
        if mean == 0.0 {
            return;
        }
        for region in (0..ctx.plan.fleet.regions.len()).map(RegionId::new) {
            if ctx.zones_of(region).any(|zone| !deployments.batches_back(zone).is_empty()) {
                let entity = ctx.region(region).entity;
                let uniform = ctx.streams.stream(Purpose::Collateral, entity).uniform();
                self.collateral += poisson_quantile(mean, uniform);
            }
        }
    }

    /// Something is over only later.
    #[inline]
    pub fn promised(&mut self, promise: Promise) {
        self.settled_ms = self.settled_ms.max(promise.until_ms());
    }

    /// Whether a remedy is under way.
    #[inline]
    pub fn mitigates(&self) -> bool {
        self.mitigation_ms.is_some()
    }

    /// Whether the rollout was stopped from outside before anything else did.
    pub fn stopped_outside(&self) -> bool {
        self.stopped_outside
    }

    /// When the rollout was complete or the last remedy done; none while either is to come.
    #[inline]
    pub fn ended_ms(&self, ctx: &Context, deployments: &Deployments, fault: &Fault) -> Option<u64> {
        if self.pending > 0 {
            return None;
        }
        let settled_ms = self.settled_ms.max(fault.relapsing_until_ms());
        let stopped_ms = deployments.stopped_ms().map(|stop_ms| stop_ms.max(settled_ms));
        let ended_ms = stopped_ms.or(deployments.completed_ms()).or(deployments.grounded_ms())?;
        // Somebody else will take the rollout back, complete or not; one that waits for ever is also overtaken.
        let is_complete = deployments.completed_ms().is_some();
        let will_stop = |stop: OutsideStop| stop.roll_back || !is_complete;
        let is_awaited = stopped_ms.is_none() && outside_stop(ctx).is_some_and(will_stop);
        (!is_awaited).then_some(ended_ms)
    }

    /// When observation ends; none while the rollout or a remedy is under way.
    #[inline]
    pub fn observation_end_ms(&self, ctx: &Context, deployments: &Deployments, fault: &Fault) -> Option<u64> {
        let end_ms = self.ended_ms(ctx, deployments, fault)?;
        let suspect_ms = match deployments.completed_ms() {
            Some(completed_ms) if self.acted_on.is_none() => {
                completed_ms + ctx.strategy.response.suspect_for_ms
            }
            Some(_) | None => end_ms,
        };
        let stopped = deployments.stopped_ms().is_some();
        let bad_hosts_remain = match ctx.defect {
            None => false,
            // Whoever does not take the cure, or goes back, is sick.
            Some(defect) if defect.is_cured_by_the_change() => stopped || deployments.leaves_behind(),
            Some(_) => !stopped || self.leaves_hosts || fault.is_unhealed(),
        };
        let after_ms = if bad_hosts_remain { ctx.plan.study.observe_after_ms } else { 0 };
        Some((end_ms + after_ms).max(suspect_ms).max(self.decided_ms))
    }

    /// What the response adds to the outcome.
    pub fn summary(&self) -> ResponseSummary {
        ResponseSummary {
            alarm_ms: self.acted_on.map(|(at_ms, _)| at_ms),
            notice: self.acted_on.map(|(_, heard)| heard.reported),
            mitigation_ms: self.mitigation_ms,
            ignored_alarms: self.ignored,
            collateral_rollbacks: self.collateral,
            wrong_change: self.wrong_change,
        }
    }

    /// When everything was as before, once nobody was impaired from `mitigated_ms` on and so many bad items were left.
    pub fn restored_ms(&self, ctx: &Context, mitigated_ms: u64, damaged_items: f64) -> u64 {
        operators::restored_ms(ctx, self.mitigates(), mitigated_ms, damaged_items)
    }
}

/// How the rollout ended.
pub fn ending(ctx: &Context, deployments: &Deployments) -> Ending {
    match (deployments.stopped_ms(), ctx.is_bad()) {
        (None, _) if deployments.grounded_ms().is_some() => Ending::Grounded,
        (None, false) => Ending::Completed,
        (None, true) => Ending::Escaped,
        (Some(_), true) if deployments.completed_ms().is_some() => Ending::Recalled,
        (Some(_), true) => Ending::Caught,
        (Some(_), false) => Ending::FalseRollback,
    }
}

#[inline]
fn outside_stop(ctx: &Context) -> Option<OutsideStop> {
    ctx.launch.and_then(|launch| launch.stop)
}

/// Whether the verdict of what fires is lost or overridden.
fn is_ignored(ctx: &Context, firing: &Firing) -> bool {
    let response = &ctx.strategy.response;
    if response.lost_verdicts == 0.0 && response.overrides == 0.0 {
        return false;
    }
    let mut draws = ctx.streams.stream(Purpose::Verdict, firing.stream_entity);
    let may_be_lost = response.losing.as_ref().is_none_or(|list| list.contains(&firing.alarm));
    may_be_lost && draws.uniform_at(LOST) < response.lost_verdicts
        || draws.uniform_at(OVERRIDDEN) < response.overrides
}
