//! One rollout as a film of its fleet: how many hosts of each zone have the new version, and how many of them are impaired, at any
//! instant. The one fold that the terminal, the live page and the trace of Perfetto play; it draws nothing and says little.
//!
//! A zone that goes back keeps its hosts on the new version until its rollback is done: records do not tell single hosts.

use super::text;
use super::timeline::history::{RolloutHistory, WaveHistory};
use crate::ids::{IdVec, ZoneId};
use crate::outcome::{Notice, Outcome};
use crate::outlet;
use crate::plan::{Plan, Remedy};
use crate::rollout::{RolloutEvent, RolloutRecord};
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

/// One trial of a strategy, to be played. Names in it are for show: letters that nobody sees are written out.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct FleetFilm {
    /// When nothing is looked at any more, in milliseconds since the rollout's start; at least 1. Where hosts stay impaired that is
    /// the end of the observation, after the end of the rollout.
    pub end_ms: u64,
    /// When the rollout starts, in milliseconds since a midnight UTC; none if its records do not say so. In data in words.
    #[serde(rename = "start", serialize_with = "start_words")]
    pub start_utc_ms: Option<u64>,
    /// Every zone of the fleet, region by region, as the plan lists them.
    pub zones: Vec<FilmZone>,
    /// How zones change, in order of time. At most one change of a zone at an instant, and none that changes nothing.
    pub changes: Vec<ZoneChange>,
    /// Waves that began.
    pub waves: Vec<FilmWave>,
    /// What a watcher must not miss, in order of time.
    pub moments: Vec<FilmMoment>,
}

/// One zone of the fleet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FilmZone {
    /// The region's name.
    pub region: String,
    /// The zone's name within it.
    pub name: String,
    /// Its hosts, at least 1.
    pub hosts: u32,
}

/// A zone from an instant on. In data four numbers: when, which zone, hosts on the new version, impaired hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ZoneChange {
    /// Milliseconds since the rollout's start.
    pub at_ms: u64,
    /// Index of the zone.
    pub zone: usize,
    /// How its hosts are.
    pub now: FilmState,
}

/// How the hosts of a zone are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FilmState {
    /// Hosts that have the new version.
    pub updated: u32,
    /// Hosts that hurt customers.
    pub impaired: u32,
    /// Share of the zone's requests that the new version is sent, in millionths.
    pub traffic_ppm: u32,
}

/// One wave. Instants are milliseconds since the rollout's start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FilmWave {
    /// Its name.
    pub name: String,
    /// It began.
    pub from_ms: u64,
    /// Its last deployment was done and its bake began; its end if that never came.
    pub bake_ms: u64,
    /// It ended, or the rollout did.
    pub to_ms: u64,
}

/// Something that a watcher must not miss.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FilmMoment {
    /// Milliseconds since the rollout's start.
    pub at_ms: u64,
    /// What it is.
    pub kind: MomentKind,
    /// The same in words, with names of the plan.
    pub words: String,
}

/// What a moment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MomentKind {
    /// The first host is impaired.
    Onset,
    /// What the rollout reacts to: an alarm fires, or the rollout itself notices something.
    Alarm,
    /// The rollout stops and hosts go back.
    Rollback,
    /// It stops and leaves everything as it is.
    Stop,
    /// The last impaired host is healed.
    Mitigated,
    /// Every host has the new version.
    Complete,
    /// Something else: what wakes a fault arrives, people act, the last host is back.
    Other,
}

impl Serialize for ZoneChange {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.at_ms, self.zone, self.now.updated, self.now.impaired).serialize(serializer)
    }
}

/// `09:14 UTC`, or nothing.
fn start_words<S: Serializer>(start_utc_ms: &Option<u64>, serializer: S) -> Result<S::Ok, S::Error> {
    start_utc_ms.map(|ms| format!("{} UTC", text::time_of_day(ms))).serialize(serializer)
}

impl FleetFilm {
    /// The film that the records of a trial of a strategy (an index), in order of time, and its outcome make.
    ///
    /// # Panics
    /// If there is no such strategy.
    #[must_use]
    pub fn new(plan: &Plan, strategy: usize, outcome: &Outcome, records: &[RolloutRecord]) -> Self {
        let history = RolloutHistory::new(plan, outcome, records);
        let mut fold = FilmFold::new(plan, records);
        records.iter().for_each(|record| fold.take(record));
        let waves = &plan.strategies[strategy].waves;
        let wave = |wave: &WaveHistory| FilmWave {
            name: outlet::shown(&waves[wave.wave as usize].name).into_owned(),
            from_ms: wave.from_ms,
            bake_ms: wave.bake_ms,
            to_ms: wave.to_ms,
        };
        let mut film = Self {
            end_ms: history.end_ms,
            start_utc_ms: fold.start_utc_ms,
            zones: zones(plan),
            changes: fold.changes(),
            waves: history.waves.iter().map(wave).collect(),
            moments: moments(plan, outcome, &history),
        };
        film.look_on(outcome.impaired_host_ms);
        film
    }

    /// Hosts that stay impaired are looked at until so much harm in host-milliseconds has come together as the outcome counts.
    fn look_on(&mut self, impaired_host_ms: u64) {
        let last_ms = self.changes.last().map_or(0, |change| change.at_ms);
        let (seen, hosts) = self.harm_until(last_ms);
        if let Some(more_ms) = impaired_host_ms.saturating_sub(seen).checked_div(hosts) {
            self.end_ms = self.end_ms.max(last_ms + more_ms);
        }
    }

    /// Impaired host-milliseconds until `at_ms`, and hosts that are impaired then.
    #[must_use]
    pub fn harm_until(&self, at_ms: u64) -> (u64, u64) {
        let mut of_zone = vec![0; self.zones.len()];
        let (mut harm, mut hosts, mut since_ms) = (0, 0, 0);
        for change in self.changes.iter().take_while(|change| change.at_ms <= at_ms) {
            harm += hosts * (change.at_ms - since_ms);
            since_ms = change.at_ms;
            hosts = hosts + u64::from(change.now.impaired) - of_zone[change.zone];
            of_zone[change.zone] = u64::from(change.now.impaired);
        }
        (harm + hosts * (at_ms - since_ms), hosts)
    }

    /// The same with at most `most` changes, at least one for every zone that changes: of those of a zone that are close to each
    /// other the last is left.
    #[must_use]
    pub fn thinned(mut self, most: usize) -> Self {
        let mut step_ms = 1;
        while self.changes.len() > most && step_ms <= self.end_ms {
            step_ms *= 2;
            let mut kept: BTreeMap<(u64, usize), ZoneChange> = BTreeMap::new();
            for change in &self.changes {
                kept.insert((change.at_ms / step_ms, change.zone), *change);
            }
            self.changes = kept.into_values().collect();
            self.changes.sort_by_key(|change| (change.at_ms, change.zone));
        }
        self
    }

    /// How every zone is at `at_ms`: what happens at that very instant has happened.
    #[must_use]
    pub fn state_at(&self, at_ms: u64) -> Vec<FilmState> {
        let mut now = vec![FilmState::default(); self.zones.len()];
        let passed = self.changes.partition_point(|change| change.at_ms <= at_ms);
        for change in &self.changes[..passed] {
            now[change.zone] = change.now;
        }
        now
    }
}

fn zones(plan: &Plan) -> Vec<FilmZone> {
    let zone = |zone: &crate::plan::Zone| FilmZone {
        region: outlet::shown(&plan.fleet.regions[zone.region].name).into_owned(),
        name: outlet::shown(&zone.name).into_owned(),
        hosts: zone.hosts,
    };
    plan.fleet.zones.iter().map(zone).collect()
}

/// Hosts of a zone so far.
#[derive(Debug, Clone, Copy, Default)]
struct FilmHosts {
    /// Hosts that waves brought to the new version.
    by_waves: u32,
    /// Hosts that took it by themselves.
    past_waves: u32,
    impaired: u32,
    /// Hosts that will not go back.
    stay: u32,
    /// What requests were last switched to, where they are switched.
    switched_ppm: Option<u32>,
}

/// The film so far.
struct FilmFold {
    start_utc_ms: Option<u64>,
    hosts: Vec<u32>,
    zones: IdVec<ZoneId, FilmHosts>,
    /// By instant and zone: the last word about a zone at an instant counts.
    changes: BTreeMap<(u64, usize), FilmState>,
}

impl FilmFold {
    fn new(plan: &Plan, records: &[RolloutRecord]) -> Self {
        let mut zones: IdVec<ZoneId, FilmHosts> =
            plan.fleet.zones.iter().map(|_| FilmHosts::default()).collect();
        // Where requests are switched, hosts get none of them before.
        for record in records {
            if let RolloutEvent::TrafficSwitched { zone, .. } = record.event {
                zones[ZoneId::new(zone as usize)].switched_ppm = Some(0);
            }
        }
        let hosts = plan.fleet.zones.iter().map(|zone| zone.hosts).collect();
        Self { start_utc_ms: None, hosts, zones, changes: BTreeMap::new() }
    }

    fn take(&mut self, record: &RolloutRecord) {
        let at = record.at_ms;
        match record.event {
            RolloutEvent::RolloutStarted { start_utc_ms, .. } => self.start_utc_ms = Some(start_utc_ms),
            RolloutEvent::BatchDone { zone, hosts_done, .. } => {
                self.change(at, zone, |zone| zone.by_waves = hosts_done);
            }
            RolloutEvent::PastWaves { zone, hosts } => self.change(at, zone, |zone| zone.past_waves = hosts),
            RolloutEvent::TrafficSwitched { zone, share_ppm } => {
                self.change(at, zone, |zone| zone.switched_ppm = Some(share_ppm));
            }
            RolloutEvent::HostImpaired { zone, .. } => self.change(at, zone, |zone| zone.impaired += 1),
            RolloutEvent::HostHealed { zone, .. } => {
                self.change(at, zone, |zone| zone.impaired = zone.impaired.saturating_sub(1));
            }
            RolloutEvent::ZoneImpaired { zone, hosts } => self.change(at, zone, |zone| zone.impaired = hosts),
            // A stop in mid-batch leaves hosts of the batch on the new version: those that go back are all that have it.
            RolloutEvent::ZoneRollbackStarted { zone, hosts } => {
                self.change(at, zone, |zone| zone.by_waves = hosts.saturating_sub(zone.past_waves));
            }
            RolloutEvent::HostsStay { zone, hosts } => self.change(at, zone, |zone| zone.stay = hosts),
            RolloutEvent::ZoneRollbackDone { zone } => {
                self.change(at, zone, |zone| (zone.by_waves, zone.past_waves) = (zone.stay, 0));
            }
            RolloutEvent::WaveStarted { .. }
            | RolloutEvent::ZoneStarted { .. }
            | RolloutEvent::BatchStarted { .. }
            | RolloutEvent::HostsFailed { .. }
            | RolloutEvent::ZoneBakeStarted { .. }
            | RolloutEvent::ZoneDone { .. }
            | RolloutEvent::WaveBakeStarted { .. }
            | RolloutEvent::GateHolds { .. }
            | RolloutEvent::CheckFailed { .. }
            | RolloutEvent::CheckInconclusive { .. }
            | RolloutEvent::RiskWeighed { .. }
            | RolloutEvent::WaveDone { .. }
            | RolloutEvent::WentDark { .. }
            | RolloutEvent::Triggered { .. }
            | RolloutEvent::Withdrawn { .. }
            | RolloutEvent::Breach { .. }
            | RolloutEvent::AlarmFired { .. }
            | RolloutEvent::Noticed { .. }
            | RolloutEvent::AlarmIgnored { .. }
            | RolloutEvent::WaveBlocked { .. }
            | RolloutEvent::FiresAlready { .. }
            | RolloutEvent::RemedyStarted { .. }
            | RolloutEvent::RemedyFailed { .. }
            | RolloutEvent::ReactionPreempted { .. }
            | RolloutEvent::Halted { .. }
            | RolloutEvent::RollbackDecided { .. }
            | RolloutEvent::RollbackBroken
            | RolloutEvent::RolloutEnded { .. } => {}
        }
    }

    fn change(&mut self, at_ms: u64, zone: u32, change: impl FnOnce(&mut FilmHosts)) {
        let index = zone as usize;
        let (state, hosts) = (&mut self.zones[ZoneId::new(index)], self.hosts[index]);
        change(state);
        let updated = (state.by_waves + state.past_waves).min(hosts);
        let by_hosts = (u64::from(updated) * 1_000_000 / u64::from(hosts.max(1))) as u32;
        let traffic_ppm = state.switched_ppm.unwrap_or(by_hosts);
        self.changes
            .insert((at_ms, index), FilmState { updated, impaired: state.impaired.min(hosts), traffic_ppm });
    }

    /// In order of time, without those that change nothing.
    fn changes(self) -> Vec<ZoneChange> {
        let mut last = vec![FilmState::default(); self.hosts.len()];
        let of_all = self
            .changes
            .into_iter()
            .filter(|((_, zone), now)| std::mem::replace(&mut last[*zone], *now) != *now);
        of_all.map(|((at_ms, zone), now)| ZoneChange { at_ms, zone, now }).collect()
    }
}

/// What must not be missed, in order of time; of one instant in the order of its causes.
fn moments(plan: &Plan, outcome: &Outcome, history: &RolloutHistory) -> Vec<FilmMoment> {
    let notice = outcome.notice.map_or("an alarm".to_owned(), |notice| plan.name_of(notice));
    let fires = match outcome.notice.and_then(Notice::kind) {
        None => format!("alarm {notice} fires"),
        Some(kind) => format!("noticed: {kind}"),
    };
    let back = format!("rollback of {}", text::counted(history.rollback_hosts, "host"));
    let last_back = history.rolled_back.last().map(|(record, _)| record.at_ms);
    let remedy = history.remedy.map_or("", |(_, remedy)| acts(remedy));
    let triggered = history.triggers.first().map(|together| together[0].at_ms);
    let all = [
        (triggered, MomentKind::Other, "what wakes the fault arrives"),
        (outcome.onset_ms, MomentKind::Onset, "first host impaired"),
        (outcome.alarm_ms, MomentKind::Alarm, fires.as_str()),
        (history.halted_ms, MomentKind::Stop, "the rollout stops, all stays as it is"),
        (history.decided_ms, MomentKind::Rollback, back.as_str()),
        (history.remedy.map(|(at_ms, _)| at_ms), MomentKind::Other, remedy),
        (last_back, MomentKind::Other, "all of them are back on the old version"),
        (outcome.mitigated_ms, MomentKind::Mitigated, "the last impaired host is healed"),
        (outcome.to_100_ms, MomentKind::Complete, "every host has the new version"),
    ];
    let mut moments: Vec<FilmMoment> = all
        .into_iter()
        .filter_map(|(at, kind, words)| {
            Some(FilmMoment { at_ms: at?, kind, words: outlet::shown(words).into_owned() })
        })
        .collect();
    moments.sort_by_key(|moment| moment.at_ms);
    moments
}

/// What people do.
pub(super) fn acts(remedy: Remedy) -> &'static str {
    match remedy {
        Remedy::Rollback => "people roll back",
        Remedy::KillSwitch => "people switch it off",
        Remedy::FixForward => "people fix forward",
        Remedy::Withdraw => "people withdraw it",
        Remedy::Repair => "people begin to repair",
        Remedy::Halt => "people stop it",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::AlarmId;
    use crate::report::sample;

    fn film(events: &[(u64, RolloutEvent)]) -> FleetFilm {
        let plan = sample::plan();
        let records: Vec<RolloutRecord> =
            events.iter().map(|(at_ms, event)| RolloutRecord { at_ms: *at_ms, event: *event }).collect();
        let outcome = Outcome { end_ms: 100, onset_ms: Some(30), ..Outcome::default() };
        FleetFilm::new(&plan, 4, &outcome, &records)
    }

    #[test]
    fn zones_change_as_records_say_and_hosts_that_do_not_go_back_stay() {
        let zone = 3;
        let done = |hosts_done| RolloutEvent::BatchDone { zone, hosts_done, one_box: false };
        let film = film(&[
            (0, RolloutEvent::RolloutStarted { defect: None, start_utc_ms: 7 }),
            (0, RolloutEvent::WaveStarted { wave: 0 }),
            (10, done(1)),
            (20, done(11)),
            (30, RolloutEvent::HostImpaired { zone, host: 0 }),
            (30, RolloutEvent::HostImpaired { zone, host: 1 }),
            (40, RolloutEvent::RollbackDecided { notice: Notice::Alarm(AlarmId::new(0)), hosts: 14 }),
            (40, RolloutEvent::ZoneRollbackStarted { zone, hosts: 14 }),
            (50, RolloutEvent::HostHealed { zone, host: 1 }),
            (60, RolloutEvent::HostsStay { zone, hosts: 2 }),
            (60, RolloutEvent::ZoneRollbackDone { zone }),
            (70, RolloutEvent::HostHealed { zone, host: 0 }),
        ]);
        let told = |change: &ZoneChange| (change.at_ms, change.now.updated, change.now.impaired);
        let changes: Vec<_> = film.changes.iter().map(told).collect();
        let expected =
            [(10, 1, 0), (20, 11, 0), (30, 11, 2), (40, 14, 2), (50, 14, 1), (60, 2, 1), (70, 2, 0)];
        assert_eq!(changes, expected);
        assert_eq!(film.start_utc_ms, Some(7));
        let at = |at_ms: u64| film.state_at(at_ms)[3];
        assert_eq!((at(9), at(10).updated, at(29).updated), (FilmState::default(), 1, 11));
        assert_eq!(at(u64::MAX), FilmState { updated: 2, impaired: 0, traffic_ppm: 50_000 });
        assert!(
            film.state_at(u64::MAX).iter().enumerate().all(|(i, z)| i == 3 || *z == FilmState::default())
        );
        let kinds: Vec<_> = film.moments.iter().map(|moment| (moment.at_ms, moment.kind)).collect();
        assert_eq!(kinds, [(30, MomentKind::Onset), (40, MomentKind::Rollback), (60, MomentKind::Other)]);
        assert_eq!(film.moments[1].words, "rollback of 14 hosts");
    }

    #[test]
    fn where_requests_are_switched_hosts_get_none_before() {
        let zone = 0;
        let film = film(&[
            (10, RolloutEvent::BatchDone { zone, hosts_done: 40, one_box: false }),
            (20, RolloutEvent::TrafficSwitched { zone, share_ppm: 250_000 }),
            (10, RolloutEvent::BatchDone { zone: 1, hosts_done: 20, one_box: false }),
        ]);
        let share = |at_ms: u64, zone: usize| film.state_at(at_ms)[zone].traffic_ppm;
        assert_eq!([share(15, 0), share(20, 0), share(15, 1)], [0, 250_000, 500_000]);
    }

    #[test]
    fn hosts_that_stay_impaired_are_looked_at_until_all_harm_is_counted() {
        let plan = sample::plan();
        let impaired = |host| RolloutEvent::HostImpaired { zone: 0, host };
        let records =
            [(10, impaired(0)), (30, impaired(1))].map(|(at_ms, event)| RolloutRecord { at_ms, event });
        let outcome = Outcome { end_ms: 50, impaired_host_ms: 20 + 2 * 170, ..Outcome::default() };
        let film = FleetFilm::new(&plan, 4, &outcome, &records);
        assert_eq!((film.end_ms, film.harm_until(film.end_ms)), (200, (360, 2)));
        assert_eq!(film.harm_until(20), (10, 1));
        let data = serde_json::to_value(film.thinned(1)).unwrap();
        assert_eq!(data["changes"], serde_json::json!([[30, 0, 0, 2]]), "the last word of the zone");
        assert_eq!((&data["start"], &data["end_ms"]), (&serde_json::Value::Null, &serde_json::json!(200)));
    }

    #[test]
    fn a_film_of_nothing_has_an_end_and_all_zones() {
        let film = film(&[]);
        assert_eq!((film.end_ms, film.zones.len(), film.changes.len()), (100, 24, 0));
        assert_eq!((film.zones[3].region.as_str(), film.zones[3].name.as_str()), ("us-west-2", "a"));
    }
}
