//! What happens in a rollout in words and in the plan's names, one event or the outcome at a time.

use crate::ids::{AlarmId, DefectId, RegionId, ZoneId};
use crate::outcome::{Ending, Notice, Outcome};
use crate::plan::{GateKind, Plan, Remedy, Scope, Sign};
use crate::report::{customers, text};
use crate::rollout::{DarkPlace, RolloutEvent};

/// Says events of one strategy's rollout in the plan's names.
#[derive(Debug, Clone, Copy)]
pub(super) struct PlanNames<'p> {
    pub plan: &'p Plan,
    /// Index of the strategy.
    pub strategy: usize,
}

impl PlanNames<'_> {
    pub fn zone(&self, zone: u32) -> String {
        self.plan.fleet.zone_name(ZoneId::new(zone as usize))
    }

    pub fn region_of(&self, zone: u32) -> RegionId {
        self.plan.fleet.zones[ZoneId::new(zone as usize)].region
    }

    pub fn region(&self, region: RegionId) -> &str {
        &self.plan.fleet.regions[region].name
    }

    pub fn wave(&self, wave: u32) -> &str {
        &self.plan.strategies[self.strategy].waves[wave as usize].name
    }

    pub fn alarm(&self, alarm: u32) -> &str {
        &self.plan.alarms[AlarmId::new(alarm as usize)].name
    }

    /// What a rollout reacts to, in words.
    fn notice(&self, notice: Notice) -> String {
        match notice {
            Notice::Alarm(alarm) => self.alarm(alarm.number()).to_owned(),
            Notice::FailedHosts => "more failed hosts than allowed".to_owned(),
            Notice::Deadline => "a deadline that passed".to_owned(),
            Notice::Gate { wave, gate } => {
                let (wave, gate) = (wave.number(), gate.number());
                format!("{} behind wave {} that did not pass", self.gate(wave, gate), self.wave(wave))
            }
        }
    }

    fn gate_kind(&self, wave: u32, gate: u32) -> &GateKind {
        &self.plan.strategies[self.strategy].waves[wave as usize].gates[gate as usize].kind
    }

    /// What a gate behind a wave waits for.
    fn gate(&self, wave: u32, gate: u32) -> String {
        match self.gate_kind(wave, gate) {
            GateKind::Approval(_) => "the approval".to_owned(),
            GateKind::Test(_) => "the test".to_owned(),
            GateKind::Checks(checks) => {
                let alarms = checks.alarms().map(|alarm| self.alarm(alarm.number()).to_owned());
                format!("checks of {}", text::list(&alarms.collect::<Vec<String>>(), 8))
            }
            GateKind::Opening(_) => "opening hours".to_owned(),
            GateKind::Requests(requests) => text::counted(*requests, "request"),
            GateKind::Risk(_) => "the risk gate".to_owned(),
        }
    }

    fn gate_holds(&self, wave: u32, gate: u32) -> String {
        let what = self.gate(wave, gate);
        let holds = match self.gate_kind(wave, gate) {
            GateKind::Approval(_) => "approved".to_owned(),
            GateKind::Test(_) | GateKind::Checks(_) => format!("{what} passed"),
            GateKind::Opening(_) => "open".to_owned(),
            GateKind::Requests(_) => format!("{what} were served"),
            GateKind::Risk(_) => format!("{what} holds"),
        };
        format!("{holds} behind wave {}", self.wave(wave))
    }

    fn check(&self, wave: u32, gate: u32, (verdict, so_far): (&str, u32)) -> String {
        let what = self.gate(wave, gate);
        format!("{what} behind wave {}: one {verdict}, {so_far} so far", self.wave(wave))
    }

    /// What a gate that weighs risk saw in all, and how far it lets the rollout go by that.
    fn weighed(&self, wave: u32, gate: u32, (requests, failures): (u64, u64), next: Option<u32>) -> String {
        let GateKind::Risk(risk) = self.gate_kind(wave, gate) else { return self.gate(wave, gate) };
        let what = match risk.sign {
            Sign::Failure => "failed",
            Sign::Slowness => "were slow",
        };
        let (requests, failures) = (text::counted(requests, "request"), text::count(failures));
        let share = |next: u32| text::percent(risk.shares[(next - wave - 1) as usize]);
        let so = match next {
            Some(next) => {
                format!("lets the new version have {} of the traffic, wave {}", share(next), self.wave(next))
            }
            None => format!("does not let it have {} yet", share(wave + 1)),
        };
        format!("of {requests} to the new version so far {failures} {what}: the risk gate {so}")
    }

    pub fn defect(&self, defect: u32) -> &str {
        &self.plan.change.defects[DefectId::new(defect as usize)].name
    }

    /// What an alarm instance looks at, in words.
    pub fn entity(&self, alarm: u32, entity: u32) -> String {
        match self.plan.alarms[AlarmId::new(alarm as usize)].scope {
            Scope::OneBox => format!("one-box of {}", self.zone(entity)),
            Scope::Zone => self.zone(entity),
            Scope::Region => self.region(RegionId::new(entity as usize)).to_owned(),
            Scope::Service => "the service".to_owned(),
        }
    }

    /// An alarm instance: `zone-errors at us-east-1/a`.
    pub fn instance(&self, (alarm, entity): (u32, u32)) -> String {
        format!("{} at {}", self.alarm(alarm), self.entity(alarm, entity))
    }

    /// A breach of an alarm instance, with requests and failed ones where they are known.
    pub fn breach(&self, watch: (u32, u32), counts: Option<(u64, u64)>) -> String {
        let counts = counts.map_or(String::new(), |counts| format!(": {}", counts_words(counts)));
        format!("breach of {}{counts}", self.instance(watch))
    }

    fn place(&self, place: DarkPlace) -> String {
        match place {
            DarkPlace::Zone(zone) => self.zone(zone.number()),
            DarkPlace::Region(region) => self.region(region).to_owned(),
        }
    }

    /// What hosts of a zone did.
    fn did(&self, hosts: u32, zone: u32, what: &str) -> String {
        format!("{} of {} {what}", text::counted(u64::from(hosts), "host"), self.zone(zone))
    }

    fn started(&self, defect: Option<u32>, start_utc_ms: u64) -> String {
        let is_cured =
            |defect: u32| self.plan.change.defects[DefectId::new(defect as usize)].is_cured_by_the_change();
        let change = match defect {
            None => "good".to_owned(),
            Some(defect) if is_cured(defect) => format!("good, and cures {}", self.defect(defect)),
            Some(defect) => format!("bad: {}", self.defect(defect)),
        };
        format!("rollout starts at {} UTC; the change is {change}", text::time_of_day(start_utc_ms))
    }

    fn switched(&self, zone: u32, share_ppm: u32) -> String {
        let share = text::percent(f64::from(share_ppm) / 1e6);
        format!("the new version gets {share} of the traffic of {}", self.zone(zone))
    }

    fn triggered(&self, region: u32) -> String {
        format!("TRIGGER: what wakes the fault reaches {}", self.region(RegionId::new(region as usize)))
    }

    fn withdrawn(&self, region: u32) -> String {
        format!("what wakes the fault is withdrawn from {}", self.region(RegionId::new(region as usize)))
    }

    fn noticed(&self, notice: Notice, zone: Option<u32>) -> String {
        let place = zone.map_or(String::new(), |zone| format!(" in {}", self.zone(zone)));
        format!("NOTICE: {}{place}", self.notice(notice))
    }

    fn fires_already(&self, wave: u32, stops: bool) -> String {
        let what = if stops { "stops the rollout" } else { "is not listened to" };
        format!("an alarm fires already as wave {} is to start, and {what}", self.wave(wave))
    }

    fn goes_back(&self, notice: Notice, hosts: u64) -> String {
        let hosts = text::counted(hosts, "host");
        format!("ROLLBACK: {} stops the rollout, {hosts} go back", self.notice(notice))
    }

    fn impaired(&self, zone: u32, hosts: u32) -> String {
        match hosts {
            0 => format!("healed: every host of {}", self.zone(zone)),
            _ => format!("IMPAIRED: {} of {}", text::counted(u64::from(hosts), "host"), self.zone(zone)),
        }
    }

    /// One event in a clause.
    pub fn event(&self, event: &RolloutEvent) -> String {
        let hosts = |n: u32| text::counted(u64::from(n), "host");
        let at = |zone: u32| self.zone(zone);
        let batch = |one_box: bool| if one_box { "one-box" } else { "batch" };
        match *event {
            RolloutEvent::RolloutStarted { defect, start_utc_ms } => self.started(defect, start_utc_ms),
            RolloutEvent::WaveStarted { wave } => format!("wave {} starts", self.wave(wave)),
            RolloutEvent::ZoneStarted { zone, .. } => format!("{} starts", at(zone)),
            RolloutEvent::BatchStarted { zone, hosts: n, one_box } => {
                format!("{} of {} starts: {}", batch(one_box), at(zone), hosts(n))
            }
            RolloutEvent::BatchDone { zone, hosts_done: n, one_box } => {
                format!("{} of {} done: {} on the new version", batch(one_box), at(zone), hosts(n))
            }
            RolloutEvent::HostsFailed { zone, hosts: n } => self.did(n, zone, "failed to take the change"),
            RolloutEvent::PastWaves { zone, hosts: n } => self.did(n, zone, "took the change past the waves"),
            RolloutEvent::TrafficSwitched { zone, share_ppm } => self.switched(zone, share_ppm),
            RolloutEvent::ZoneBakeStarted { zone, one_box: true } => format!("one-box of {} bakes", at(zone)),
            RolloutEvent::ZoneBakeStarted { zone, one_box: false } => format!("{} bakes", at(zone)),
            RolloutEvent::ZoneDone { zone } => format!("{} done", at(zone)),
            RolloutEvent::WaveBakeStarted { wave } => format!("wave {} bakes", self.wave(wave)),
            RolloutEvent::GateHolds { wave, gate } => self.gate_holds(wave, gate),
            RolloutEvent::CheckFailed { wave, gate, failures: n } => self.check(wave, gate, ("failed", n)),
            RolloutEvent::CheckInconclusive { wave, gate, inconclusive: n } => {
                self.check(wave, gate, ("was inconclusive", n))
            }
            RolloutEvent::RiskWeighed { wave, gate, requests, failures, next } => {
                self.weighed(wave, gate, (requests, failures), next)
            }
            RolloutEvent::WaveDone { wave } => format!("wave {} done", self.wave(wave)),
            RolloutEvent::HostImpaired { zone, host } => format!("IMPAIRED: host {host} of {}", at(zone)),
            RolloutEvent::HostHealed { zone, host } => format!("healed: host {host} of {}", at(zone)),
            RolloutEvent::ZoneImpaired { zone, hosts: n } => self.impaired(zone, n),
            RolloutEvent::ZoneRollbackStarted { zone, hosts: n } => {
                format!("{} goes back: {}", at(zone), hosts(n))
            }
            RolloutEvent::ZoneRollbackDone { zone } => format!("{} is back on the old version", at(zone)),
            RolloutEvent::RolloutEnded { ending } => format!("rollout ends: {}", ending_words(ending)),
            RolloutEvent::WentDark { place } => {
                format!("{} goes dark, the change has no part in it", self.place(place))
            }
            RolloutEvent::Triggered { region } => self.triggered(region),
            RolloutEvent::Breach { alarm, entity, requests, errors } => {
                self.breach((alarm, entity), requests.zip(errors)) + &few(requests, errors)
            }
            RolloutEvent::AlarmFired { alarm, entity } => {
                format!("ALARM: {}", self.instance((alarm, entity)))
            }
            RolloutEvent::Noticed { notice, zone } => self.noticed(notice, zone),
            RolloutEvent::AlarmIgnored { alarm, entity } => {
                format!("verdict of {} lost or overridden", self.instance((alarm, entity)))
            }
            RolloutEvent::WaveBlocked { wave } => {
                format!("wave {} waits: an alarm fires for another reason", self.wave(wave))
            }
            RolloutEvent::FiresAlready { wave, stops } => self.fires_already(wave, stops),
            RolloutEvent::RemedyStarted { remedy } => format!("operators act: {}", remedy_words(remedy)),
            RolloutEvent::RollbackBroken => "the way back is broken: no host goes back by itself".to_owned(),
            RolloutEvent::HostsStay { zone, hosts: n } => self.did(n, zone, "failed to go back"),
            RolloutEvent::Withdrawn { region } => self.withdrawn(region),
            RolloutEvent::RemedyFailed { remedy } => remedy_failed(remedy),
            RolloutEvent::ReactionPreempted { notice } => {
                format!("people were faster than the rollout's own reaction to {}", self.notice(notice))
            }
            RolloutEvent::Halted { notice } => {
                format!("STOP because of {}: all stays as it is", self.notice(notice))
            }
            RolloutEvent::RollbackDecided { notice, hosts } => self.goes_back(notice, hosts),
        }
    }
}

/// How few requests came, if that is all that an alarm counts.
fn few(requests: Option<u64>, errors: Option<u64>) -> String {
    let few = requests.filter(|_| errors.is_none());
    few.map_or(String::new(), |few| format!(": {} only", text::counted(few, "request")))
}

/// Of so many requests so many that failed, as an alarm counts them.
pub(super) fn counts_words((requests, errors): (u64, u64)) -> String {
    format!("{} failed of {}", text::count(errors), text::counted(requests, "request"))
}

/// What the rollout came to, in one line.
pub(super) fn outcome(outcome: &Outcome) -> String {
    let duration = |ms: u64| text::duration(ms as f64);
    let mut parts = vec![ending_words(outcome.ending).to_owned()];
    if let Some(at) = outcome.to_100_ms {
        parts.push(format!("every host updated after {}", duration(at)));
    }
    if let Some(onset) = outcome.onset_ms {
        let since = |at: Option<u64>| at.and_then(|at| at.checked_sub(onset)).map(duration);
        let alarm =
            since(outcome.alarm_ms).map_or("no alarm after it".to_owned(), |d| format!("alarm {d} later"));
        let healed =
            since(outcome.mitigated_ms).map_or("not healed".to_owned(), |d| format!("all healed {d} later"));
        parts.push(format!("first host impaired after {}, {alarm}, {healed}", duration(onset)));
    }
    if outcome.failed_requests > 0.0 {
        let refused = match outcome.turned_away_requests {
            0.0 => String::new(),
            refused => format!(", {} of them refused for want of capacity", text::compact(refused)),
        };
        parts.push(format!("{} requests failed{refused}", text::compact(outcome.failed_requests)));
    } else if outcome.turned_away_requests > 0.0 {
        let refused = text::compact(outcome.turned_away_requests);
        parts.push(format!("{refused} requests refused for want of capacity"));
    }
    if outcome.damaged_items > 0.0 {
        parts.push(format!("{} damaged items", text::compact(outcome.damaged_items)));
    }
    if outcome.impaired_host_ms > 0 {
        parts.push(format!(
            "{} impaired host-minutes, at most {} in {} and {} at once",
            text::host_minutes(outcome.impaired_host_ms as f64),
            text::counted(outcome.peak_impaired_hosts, "host"),
            text::counted(u64::from(outcome.peak_impaired_zones), "zone"),
            text::counted(u64::from(outcome.peak_impaired_regions), "region"),
        ));
    }
    parts.extend(outcome.customers.map(customers::of_outcome));
    if let Some(at) = outcome.first_violation_ms {
        parts.push(format!("ISOLATION VIOLATED after {}", duration(at)));
    }
    if outcome.left_exposed_hosts > 0 {
        parts.push(format!("{} left on the new version", text::counted(outcome.left_exposed_hosts, "host")));
    }
    format!("outcome: {}", parts.join("; "))
}

fn remedy_failed(remedy: Remedy) -> String {
    format!("somebody is still ill ({}): operators try something else", remedy_words(remedy))
}

fn remedy_words(remedy: Remedy) -> &'static str {
    match remedy {
        Remedy::Rollback => "back to the old version",
        Remedy::KillSwitch => "the faulty part is switched off",
        Remedy::FixForward => "forward to a fixed version",
        Remedy::Withdraw => "what wakes the fault is withdrawn",
        Remedy::Repair => "work on every impaired host",
        Remedy::Halt => "everything stays as it is",
    }
}

fn ending_words(ending: Ending) -> &'static str {
    match ending {
        Ending::Completed => "completed",
        Ending::Escaped => "ESCAPED, the defect is on every host and no alarm stopped it",
        Ending::Caught => "caught, the bad change was stopped",
        Ending::Recalled => "RECALLED, the bad change had reached every host",
        Ending::Grounded => "grounded, what was left could never start",
        Ending::FalseRollback => "FALSE ROLLBACK, a good change was rolled back",
    }
}
