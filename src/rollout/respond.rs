//! From an alarm to a remedy: what the pipeline does by itself, and what people do.
//!
//! An alarm is heard, lost or overridden. The pipeline then stops or not, and rolls back or not. People come,
//! find out, get ready, are let in, and act. How hosts go back is in `rollback`, what heals them in `cure`.

use super::queue::{Class, Happening};
use super::trace::{Event, Observer};
use super::trial::Trial;
use super::watch::Watch;
use crate::outcome::Ending;
use crate::plan::fleet::hour_of_day;
use crate::plan::{OnAlarm, Operators, Remedy};
use crate::random::{Purpose, Stream};

/// What followed the alarms so far.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Response {
    /// When the first alarm that was acted on fired, and which watch.
    pub(super) alarm: Option<(u64, u32)>,
    /// Alarms that fired and were lost or overridden.
    pub(super) ignored: u32,
    /// When the pipeline stopped.
    pub(super) stop_ms: Option<u64>,
    /// When the last wave ended.
    pub(super) completed_ms: Option<u64>,
    /// When the first remedy began.
    pub(super) mitigation_ms: Option<u64>,
    /// End of the last remedy, as far as it is known.
    pub(super) settled_ms: u64,
    /// Something is decided that has not happened yet.
    pub(super) pending: u32,
    /// One of them is the pipeline's own, to the alarm that it heard.
    pub(super) reacting: bool,
    /// Hosts on the new version outside of every remedy's scope.
    pub(super) left_exposed: u64,
    /// Some host is ill that no remedy so far heals.
    pub(super) unhealed: bool,
    /// Hosts went or go back.
    pub(super) rolled_back: bool,
    /// The version that hosts go back to is the bad one.
    pub(super) poisoned: bool,
    /// Other deployments rolled back together with this one.
    pub(super) collateral: u32,
    /// Another change was taken back first.
    pub(super) wrong_change: bool,
    /// A wave can never start: the rollout is over as it is.
    pub(super) grounded_ms: Option<u64>,
    /// Time that waves waited for an alarm with another cause.
    pub(super) blocked_ms: u64,
}

/// Steps of the people's work, one draw each.
#[derive(Clone, Copy)]
enum Step {
    Engage,
    Diagnose,
    WrongChange,
    WrongChangeCosts,
    Prepare,
    LockedOut,
    Restore,
}

/// The two kinds of luck that a verdict needs.
const LOST: u64 = 0;
const OVERRIDDEN: u64 = 1;

impl<O: Observer> Trial<'_, O> {
    /// An alarm fires: it is heard, or lost or overridden.
    pub(super) fn fire(&mut self, watch: u32) {
        if !self.listening() || self.buffers.watches[watch as usize].muted {
            return;
        }
        let now_ms = self.now_ms;
        let Watch { alarm, entity, .. } = self.buffers.watches[watch as usize];
        self.observe(now_ms, || Event::AlarmFired { alarm, entity });
        if self.is_ignored(watch) {
            self.buffers.watches[watch as usize].muted = true;
            self.response.ignored += 1;
            self.observe(now_ms, || Event::AlarmIgnored { alarm, entity });
            return;
        }
        self.response.alarm = Some((now_ms, watch));
        if self.strategy.response.on_alarm != OnAlarm::Page {
            self.response.reacting = true;
            self.response.pending += 1;
            let at_ms = now_ms + self.strategy.rollback.reaction_delay_ms;
            self.buffers.queue.push(at_ms, Class::Act, Happening::Stop);
        }
        if self.strategy.response.on_alarm != OnAlarm::Freeze {
            self.call_operators();
        }
    }

    /// The rollout is complete: unless it remains suspect, nobody reacts any more to an alarm that fired just before.
    pub(super) fn forget_alarm(&mut self) {
        if self.strategy.response.suspect_for_ms == 0 && std::mem::take(&mut self.response.reacting) {
            self.response.pending -= 1;
        }
    }

    fn is_ignored(&self, watch: u32) -> bool {
        let response = &self.strategy.response;
        if response.lost_verdicts == 0.0 && response.overrides == 0.0 {
            return false;
        }
        let Watch { alarm, stream_entity, .. } = self.buffers.watches[watch as usize];
        let mut luck = self.streams.stream(Purpose::Verdict, stream_entity);
        let may_be_lost = response.losing.as_ref().is_none_or(|list| list.contains(&(alarm as usize)));
        may_be_lost && luck.uniform_at(LOST) < response.lost_verdicts
            || luck.uniform_at(OVERRIDDEN) < response.overrides
    }

    fn human(&self) -> Stream {
        self.streams.stream(Purpose::Operators, 0)
    }

    /// People are paged; says when they will be ready to act.
    fn call_operators(&mut self) {
        let Some(people) = &self.strategy.operators else { return };
        let at_ms = self.now_ms + self.time_to_act(people);
        self.response.pending += 1;
        self.buffers.queue.push(at_ms, Class::Act, Happening::OperatorsReady);
    }

    fn time_to_act(&mut self, people: &Operators) -> u64 {
        let mut luck = self.human();
        let hour = hour_of_day(self.start_utc_ms + self.now_ms);
        let engage = if people.hours[hour] { people.engage } else { people.engage_off_hours };
        let mut draw = |step: Step| luck.uniform_at(step as u64);
        let wrong = draw(Step::WrongChange) < people.wrong_change;
        self.response.wrong_change |= wrong;
        let mut time_ms = engage.by_cdf(draw(Step::Engage));
        time_ms += people.diagnose.by_cdf(draw(Step::Diagnose));
        if wrong {
            time_ms += people.wrong_change_costs.by_cdf(draw(Step::WrongChangeCosts));
        }
        time_ms + people.prepare.by_cdf(draw(Step::Prepare))
    }

    /// People want to act: perhaps there is nothing left to do, perhaps they are locked out.
    pub(super) fn operators_ready(&mut self) {
        let now_ms = self.now_ms;
        let going_back = self.strategy.response.on_alarm == OnAlarm::Rollback;
        if going_back && self.response.stop_ms.is_some() && self.response.settled_ms > now_ms {
            // The rollback may do; they look again when it is over.
            let at_ms = self.response.settled_ms;
            self.buffers.queue.push(at_ms, Class::Act, Happening::OperatorsReady);
            return;
        }
        if going_back && !self.anyone_ill() {
            self.response.pending -= 1;
            return;
        }
        let locked = self.defect().filter(|_| self.anyone_ill()).and_then(|defect| defect.locks_out);
        let delay_ms = locked.map_or(0, |time| time.by_cdf(self.human().uniform_at(Step::LockedOut as u64)));
        self.buffers.queue.push(now_ms + delay_ms, Class::Act, Happening::Remedy);
    }

    /// Whether some host suffers, or would if conditions held.
    fn anyone_ill(&self) -> bool {
        self.defect.is_some() && (self.response.unhealed || self.buffers.tally.in_fleet() > 0)
    }

    /// People act.
    pub(super) fn remedy(&mut self) {
        let now_ms = self.now_ms;
        let Some(people) = &self.strategy.operators else { return };
        self.response.pending -= 1;
        self.halt();
        self.begin_mitigation();
        self.response.unhealed = false;
        let remedy = people.remedy;
        self.observe(now_ms, || Event::RemedyStarted { remedy });
        match remedy {
            Remedy::Rollback if self.response.rolled_back => {
                self.treat_in_batches(self.strategy.rollback_time(&self.plan.change), true);
            }
            Remedy::Rollback => self.go_back(true),
            Remedy::FixForward => self.treat_in_batches(self.strategy.deploy_time(&self.plan.change), false),
            Remedy::KillSwitch => {
                for zone in 0..self.plan.fleet.zones.len() {
                    let entity = self.plan.fleet.zones[zone].entity;
                    let u = self.streams.stream(Purpose::Spread, entity).uniform();
                    let at_ms = now_ms + people.spread.by_cdf(u);
                    self.response.settled_ms = self.response.settled_ms.max(at_ms);
                    self.buffers.queue.push(at_ms, Class::Act, Happening::Relief { zone: zone as u32 });
                }
            }
            Remedy::Repair => {
                (0..self.plan.fleet.zones.len()).for_each(|zone| self.relief(zone));
            }
        }
    }

    /// Nothing new starts from now on.
    pub(super) fn halt(&mut self) {
        let now_ms = self.now_ms;
        if self.response.stop_ms.is_none() {
            self.response.stop_ms = Some(now_ms);
            self.response.settled_ms = self.response.settled_ms.max(now_ms);
            self.observer.retract_after(now_ms);
            self.settle_hosts();
        }
    }

    pub(super) fn begin_mitigation(&mut self) {
        self.response.mitigation_ms.get_or_insert(self.now_ms);
        self.response.settled_ms = self.response.settled_ms.max(self.now_ms);
        self.buffers.tally.mitigating = true;
    }

    /// Whether the pipeline still listens: until the first alarm that is heard, while the rollout lasts and
    /// remains suspect.
    pub(super) fn listening(&self) -> bool {
        let suspect = |completed_ms: u64| {
            let suspect_for_ms = self.strategy.response.suspect_for_ms;
            suspect_for_ms > 0 && self.now_ms <= completed_ms + suspect_for_ms
        };
        let Response { alarm, stop_ms, completed_ms, .. } = self.response;
        alarm.is_none() && stop_ms.is_none() && completed_ms.is_none_or(suspect)
    }

    /// When observation ends; none while the rollout or a remedy is under way.
    pub(super) fn observation_end(&self) -> Option<u64> {
        let end_ms = self.ended_ms()?;
        let suspect_ms = match self.response.completed_ms {
            Some(completed_ms) if self.response.alarm.is_none() => {
                completed_ms + self.strategy.response.suspect_for_ms
            }
            _ => end_ms,
        };
        let Response { stop_ms, left_exposed, unhealed, .. } = self.response;
        let bad_hosts_remain = self.defect.is_some() && (stop_ms.is_none() || left_exposed > 0 || unhealed);
        let after_ms = if bad_hosts_remain { self.plan.study.observe_after_ms } else { 0 };
        Some((end_ms + after_ms).max(suspect_ms))
    }

    /// When the rollout was complete or the last remedy done.
    pub(super) fn ended_ms(&self) -> Option<u64> {
        if self.response.pending > 0 {
            return None;
        }
        let stopped_ms = self.response.stop_ms.map(|_| self.response.settled_ms);
        let ended_ms = stopped_ms.or(self.response.completed_ms).or(self.response.grounded_ms);
        ended_ms.filter(|_| !self.will_be_taken_back())
    }

    pub(super) fn ending(&self) -> Ending {
        let Response { stop_ms, completed_ms, .. } = self.response;
        match (stop_ms, self.defect.is_some()) {
            (None, false) => Ending::Completed,
            (None, true) => Ending::Escaped,
            (Some(_), true) if completed_ms.is_some() => Ending::Recalled,
            (Some(_), true) => Ending::Caught,
            (Some(_), false) => Ending::FalseRollback,
        }
    }

    /// When everything was as before, once nobody suffered from `mitigated_ms` on.
    pub(super) fn restored_ms(&self, mitigated_ms: u64, damaged_items: f64) -> u64 {
        let people = self.strategy.operators.as_ref().filter(|_| self.response.mitigation_ms.is_some());
        let restore_ms =
            people.map_or(0, |people| people.restore.by_cdf(self.human().uniform_at(Step::Restore as u64)));
        let rate = self.defect().and_then(|defect| defect.cure.items_per_hour);
        let repair_ms = rate.map_or(0.0, |rate| damaged_items / rate * crate::plan::HOUR_MS as f64);
        mitigated_ms + restore_ms.max(libm::ceil(repair_ms) as u64)
    }
}
