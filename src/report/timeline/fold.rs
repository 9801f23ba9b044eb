//! The one fold over a rollout's records. What is made of each event is decided here and nowhere else; no word is said.

use super::history::{
    Affected, BreachSeen, EventRun, ImpairedTogether, Moment, PlaceHistory, PlacePhase, RolloutHistory,
    Stretch, Visit, WaveHistory,
};
use super::kinds::place_and_kind;
use crate::ids::{RegionId, ZoneId};
use crate::outcome::Outcome;
use crate::plan::Plan;
use crate::rollout::{RolloutEvent, RolloutRecord};

impl<'r> RolloutHistory<'r> {
    /// The history that `records`, in order of time, and the outcome tell.
    pub fn new(plan: &Plan, outcome: &Outcome, records: &'r [RolloutRecord]) -> Self {
        let end_ms = records.iter().map(|r| r.at_ms).chain([outcome.end_ms, 1]).max().unwrap_or(1);
        let mut fold = RolloutFold {
            history: RolloutHistory { end_ms, ..RolloutHistory::default() },
            zones: vec![ZoneFold::default(); plan.fleet.zones.len()],
            ..RolloutFold::default()
        };
        records.iter().enumerate().for_each(|(index, record)| fold.take(index, record));
        fold.finish(plan)
    }
}

/// The history so far, and what is still going on.
#[derive(Default)]
struct RolloutFold<'r> {
    history: RolloutHistory<'r>,
    zones: Vec<ZoneFold>,
    /// Zones in the order in which they were reached.
    reached: Vec<usize>,
    impaired_hosts: u64,
    /// Whether there was any harm yet: the first is told by itself.
    has_harm: bool,
    /// Since the last moment of the incident.
    hurt: Affected,
    healed: Affected,
    breaches: Vec<BreachSeen>,
}

impl<'r> RolloutFold<'r> {
    fn take(&mut self, index: usize, record: &'r RolloutRecord) {
        self.run(index, &record.event);
        let at = record.at_ms;
        match record.event {
            RolloutEvent::RolloutStarted { .. }
            | RolloutEvent::PastWaves { .. }
            | RolloutEvent::HostsFailed { .. }
            | RolloutEvent::TrafficSwitched { .. } => {}
            RolloutEvent::RolloutEnded { .. } => self.pause(),
            RolloutEvent::WaveStarted { wave } => self.wave(at, wave),
            RolloutEvent::WaveBakeStarted { .. } => self.bake(record, |wave| wave.bake_ms = at),
            RolloutEvent::WaveDone { .. } => self.bake(record, |wave| wave.to_ms = at),
            RolloutEvent::ZoneStarted { zone, .. } => {
                self.enter(at, zone, Some(PlacePhase::Deploying));
                if let Some(wave) = self.history.waves.last_mut() {
                    wave.visits.push(Visit { zone, from_ms: at, ..Visit::default() });
                }
            }
            RolloutEvent::BatchStarted { zone, one_box, .. } => self.batch(at, zone, one_box),
            RolloutEvent::BatchDone { zone, hosts_done: n, .. } => self.visit(zone, |visit| visit.hosts = n),
            RolloutEvent::ZoneBakeStarted { zone, .. } => self.enter(at, zone, Some(PlacePhase::Baking)),
            RolloutEvent::ZoneDone { zone } => self.zone_done(at, zone),
            RolloutEvent::HostImpaired { zone, .. } => self.impair(record, zone),
            RolloutEvent::HostHealed { zone, .. } => self.heal(at, zone),
            RolloutEvent::ZoneImpaired { zone, hosts } => self.impair_zone(at, zone, hosts),
            RolloutEvent::Triggered { .. } => self.trigger(record),
            RolloutEvent::Breach { alarm, entity, requests, errors } => {
                let counts = requests.zip(errors);
                self.breaches.push(BreachSeen { at_ms: at, watch: (alarm, entity), counts });
            }
            RolloutEvent::WaveBlocked { .. }
            | RolloutEvent::GateHolds { .. }
            | RolloutEvent::CheckFailed { .. }
            | RolloutEvent::CheckInconclusive { .. }
            | RolloutEvent::RiskWeighed { .. }
            | RolloutEvent::FiresAlready { .. }
            | RolloutEvent::HostsStay { .. }
            | RolloutEvent::Withdrawn { .. }
            | RolloutEvent::WentDark { .. } => self.single(record),
            RolloutEvent::AlarmFired { alarm, entity } => self.decide(record, Some((alarm, entity))),
            RolloutEvent::AlarmIgnored { .. }
            | RolloutEvent::Noticed { .. }
            | RolloutEvent::RemedyFailed { .. }
            | RolloutEvent::RollbackBroken
            | RolloutEvent::ReactionPreempted { .. } => self.decide(record, None),
            RolloutEvent::RemedyStarted { remedy } => {
                self.history.remedy.get_or_insert((at, remedy));
                self.decide(record, None);
            }
            RolloutEvent::Halted { .. } => {
                self.history.halted_ms.get_or_insert(at);
                self.decide(record, None);
            }
            RolloutEvent::RollbackDecided { .. } => {
                self.history.decided_ms.get_or_insert(at);
                self.decide(record, None);
                self.stop(at);
            }
            RolloutEvent::ZoneRollbackStarted { zone, hosts } => {
                self.enter(at, zone, Some(PlacePhase::RollingBack));
                self.history.rollback_hosts += u64::from(hosts);
                self.history.rollbacks.push(record);
            }
            RolloutEvent::ZoneRollbackDone { zone } => {
                self.enter(at, zone, None);
                self.history.rolled_back.push((record, zone));
            }
        }
    }

    fn run(&mut self, index: usize, event: &RolloutEvent) {
        let kind = place_and_kind(event).1.map(|routine| routine.kind);
        match self.history.runs.last_mut() {
            Some(last) if kind.is_some() && last.kind == kind => last.records.end = index + 1,
            _ => self.history.runs.push(EventRun { kind, records: index..index + 1 }),
        }
    }

    fn zone_done(&mut self, at: u64, zone: u32) {
        self.enter(at, zone, Some(PlacePhase::Updated));
        self.visit(zone, |visit| visit.done_ms = Some(at));
    }

    fn batch(&mut self, from_ms: u64, zone: u32, one_box: bool) {
        self.enter(from_ms, zone, Some(PlacePhase::Deploying));
        self.visit(zone, |visit| {
            visit.one_box |= one_box;
            visit.batches += u32::from(!one_box);
        });
    }

    fn wave(&mut self, from_ms: u64, wave: u32) {
        self.pause();
        let end_ms = self.history.end_ms;
        let (visits, bakes) = (Vec::new(), Vec::new());
        self.history.waves.push(WaveHistory { wave, from_ms, bake_ms: end_ms, to_ms: end_ms, visits, bakes });
    }

    fn bake(&mut self, record: &'r RolloutRecord, change: impl FnOnce(&mut WaveHistory)) {
        self.pause();
        if let Some(wave) = self.history.waves.last_mut() {
            change(wave);
            wave.bakes.push(record);
        }
    }

    fn visit(&mut self, zone: u32, change: impl FnOnce(&mut Visit)) {
        let visits = self.history.waves.last_mut().map(|wave| &mut wave.visits);
        let visit = visits.and_then(|visits| visits.iter_mut().rev().find(|visit| visit.zone == zone));
        if let Some(visit) = visit {
            change(visit);
        }
    }

    fn enter(&mut self, at: u64, zone: u32, phase: Option<PlacePhase>) {
        let zone = zone as usize;
        self.zones[zone].enter(at, phase);
        if !self.reached.contains(&zone) {
            self.reached.push(zone);
        }
    }

    fn impair(&mut self, record: &'r RolloutRecord, zone: u32) {
        self.set_impaired(record.at_ms, zone, |hosts| hosts + 1);
        if self.has_harm {
            self.hurt.add(record.at_ms, zone);
        } else {
            self.has_harm = true;
            self.end_breaches(None);
            self.single(record);
        }
    }

    fn heal(&mut self, at: u64, zone: u32) {
        self.set_impaired(at, zone, |hosts| hosts.saturating_sub(1));
        self.healed.add(at, zone);
        // A rollback may heal hosts faster than others become impaired: only the last time counts.
        if self.impaired_hosts == 0 {
            self.history.all_healed_ms = Some(at);
        }
    }

    /// Other hosts of a zone are impaired: the one count of them that there is.
    fn set_impaired(&mut self, at: u64, zone: u32, count: impl FnOnce(u32) -> u32) {
        let place = &mut self.zones[zone as usize];
        let before = place.hosts;
        place.set_impaired(at, count(before));
        self.impaired_hosts = self.impaired_hosts + u64::from(place.hosts) - u64::from(before);
    }

    fn impair_zone(&mut self, at_ms: u64, zone: u32, hosts: u32) {
        self.set_impaired(at_ms, zone, |_| hosts);
        let hosts = self.impaired_hosts;
        let zones = self.zones.iter().filter(|zone| zone.hosts > 0).count();
        self.history.together.pop_if(|last| last.at_ms == at_ms);
        self.history.together.push(ImpairedTogether { at_ms, hosts, zones });
    }

    fn trigger(&mut self, record: &'r RolloutRecord) {
        match self.history.triggers.last_mut().filter(|last| last[0].at_ms == record.at_ms) {
            Some(together) => together.push(record),
            None => self.history.triggers.push(vec![record]),
        }
    }

    /// The pipeline stops: what is in flight stays as it is unless its own rollback begins.
    fn stop(&mut self, at: u64) {
        self.zones.iter_mut().for_each(|zone| zone.stop(at));
        let end_ms = self.history.end_ms;
        if let Some(running) = self.history.waves.last_mut().filter(|wave| wave.to_ms == end_ms) {
            running.to_ms = at;
        }
    }

    fn single(&mut self, record: &'r RolloutRecord) {
        self.history.incident.push(Moment::Single(record));
    }

    /// Something is decided: what led to it comes first.
    fn decide(&mut self, record: &'r RolloutRecord, fired: Option<(u32, u32)>) {
        self.end_harm();
        self.end_breaches(fired);
        self.single(record);
    }

    /// The deployment goes on: what came before is told before it.
    fn pause(&mut self) {
        self.end_breaches(None);
        self.end_harm();
    }

    fn end_harm(&mut self) {
        if self.hurt.hosts > 0 {
            self.history.incident.push(Moment::Impaired(std::mem::take(&mut self.hurt)));
        }
    }

    fn end_breaches(&mut self, fired: Option<(u32, u32)>) {
        if !self.breaches.is_empty() {
            let all = std::mem::take(&mut self.breaches);
            self.history.incident.push(Moment::Breaches { all, fired });
        }
    }

    fn finish(mut self, plan: &Plan) -> RolloutHistory<'r> {
        self.end_harm();
        self.history.all_healed_ms = self.history.all_healed_ms.filter(|_| self.impaired_hosts == 0);
        if self.healed.hosts > 0 {
            self.history.incident.push(Moment::Healed(std::mem::take(&mut self.healed)));
        }
        self.end_breaches(None);
        self.history.waves.iter_mut().for_each(|wave| wave.bake_ms = wave.bake_ms.min(wave.to_ms));
        let region = |zone: usize| plan.fleet.zones[ZoneId::new(zone)].region;
        let mut regions: Vec<RegionId> = Vec::new();
        for zone in &self.reached {
            if !regions.contains(&region(*zone)) {
                regions.push(region(*zone));
            }
        }
        self.reached.sort_by_key(|zone| (regions.iter().position(|r| *r == region(*zone)), *zone));
        let end_ms = self.history.end_ms;
        for zone in self.reached {
            let (phases, impaired) = std::mem::take(&mut self.zones[zone]).close(end_ms);
            let name = plan.fleet.zone_name(ZoneId::new(zone));
            self.history.zones.push(PlaceHistory { region: region(zone), name, phases, impaired });
        }
        self.history
    }
}

impl Affected {
    fn add(&mut self, at: u64, zone: u32) {
        if self.hosts == 0 {
            self.from_ms = at;
        }
        self.hosts += 1;
        self.to_ms = at;
        self.zones.insert(zone);
    }
}

/// A zone's history so far.
#[derive(Debug, Clone, Default)]
struct ZoneFold {
    phases: Vec<Stretch<PlacePhase>>,
    now: Option<(u64, PlacePhase)>,
    impaired: Vec<Stretch<u32>>,
    hosts: u32,
    most: u32,
    since: u64,
}

impl ZoneFold {
    fn enter(&mut self, at: u64, phase: Option<PlacePhase>) {
        if let Some((from_ms, what)) = self.now {
            if Some(what) == phase {
                return;
            }
            if at > from_ms {
                self.phases.push(Stretch { from_ms, to_ms: at, what });
            }
        }
        self.now = phase.map(|phase| (at, phase));
    }

    fn stop(&mut self, at: u64) {
        if self.now.is_some() {
            self.enter(at, Some(PlacePhase::Updated));
        }
    }

    fn set_impaired(&mut self, at: u64, hosts: u32) {
        if self.hosts == 0 {
            (self.since, self.most) = (at, 0);
        }
        let ends = self.hosts > 0 && hosts == 0;
        self.hosts = hosts;
        self.most = self.most.max(hosts);
        if ends {
            self.impaired.push(Stretch { from_ms: self.since, to_ms: at, what: self.most });
        }
    }

    fn close(mut self, end: u64) -> (Vec<Stretch<PlacePhase>>, Vec<Stretch<u32>>) {
        self.enter(end, None);
        if self.hosts > 0 {
            self.impaired.push(Stretch { from_ms: self.since, to_ms: end.max(self.since), what: self.most });
        }
        (self.phases, self.impaired)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::AlarmId;
    use crate::outcome::Notice;
    use crate::report::sample;

    #[test]
    fn places_follow_the_events() {
        let (plan, zone) = (sample::plan(), 3);
        let at = |at_ms, event| RolloutRecord { at_ms, event };
        let records = [
            at(10, RolloutEvent::ZoneStarted { wave: 0, zone }),
            at(10, RolloutEvent::BatchStarted { zone, hosts: 1, one_box: true }),
            at(20, RolloutEvent::ZoneBakeStarted { zone, one_box: true }),
            at(30, RolloutEvent::HostImpaired { zone, host: 0 }),
            at(40, RolloutEvent::RollbackDecided { notice: Notice::Alarm(AlarmId::new(0)), hosts: 1 }),
            at(45, RolloutEvent::ZoneRollbackStarted { zone, hosts: 1 }),
            at(50, RolloutEvent::HostHealed { zone, host: 0 }),
            at(50, RolloutEvent::ZoneRollbackDone { zone }),
        ];
        let outcome = Outcome { end_ms: 60, ..Outcome::default() };
        let RolloutHistory { zones, all_healed_ms, .. } = RolloutHistory::new(&plan, &outcome, &records);
        assert_eq!((zones.len(), all_healed_ms), (1, Some(50)));
        assert_eq!(zones[0].name, "us-west-2/a");
        let phases = [
            (10, 20, PlacePhase::Deploying),
            (20, 40, PlacePhase::Baking),
            (40, 45, PlacePhase::Updated),
            (45, 50, PlacePhase::RollingBack),
        ];
        assert_eq!(zones[0].phases, phases.map(|(from_ms, to_ms, what)| Stretch { from_ms, to_ms, what }));
        assert_eq!(zones[0].impaired, [Stretch { from_ms: 30, to_ms: 50, what: 1 }]);
    }
}
