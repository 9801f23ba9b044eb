//! One rollout told event by event, for people and as JSON lines.
//!
//! Runs of routine events (batches, impaired and healed hosts, breaches) are folded into one line
//! with counts; a rollout that is still long is told by `story`. JSON lines keep everything.

use super::csv::ending_name;
use super::{story, text};
use crate::outcome::{Ending, Outcome};
use crate::plan::{Plan, Remedy, Scope};
use crate::rollout::{RolloutEvent as Event, RolloutRecord as Record};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Longer replays are told as a story.
const MOST_LINES: usize = 70;
/// Shorter runs of routine events are told one by one.
const FOLD_FROM: usize = 4;

/// Routine events that fold with their neighbours of the same kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Routine {
    Batch,
    Impaired,
    Healed,
    Breach,
    ZoneRollback,
}

/// The rollout of strategy `strategy` as indented lines with a time column, and the outcome. A short one
/// is told event by event; a long one by waves, regions and the moments of its incident.
#[must_use]
pub fn text(plan: &Plan, strategy: usize, outcome: &Outcome, records: &[Record]) -> String {
    let teller = Teller { plan, strategy };
    let every_event = folded(&teller, records);
    let lines =
        if every_event.len() <= MOST_LINES { every_event } else { story::lines(&teller, outcome, records) };
    let widest = lines.iter().map(|line| text::clock_ms(line.0).len()).max().unwrap_or(0);
    let mut out = String::new();
    for (at_ms, depth, words) in lines {
        out.push_str(&format!("{:>widest$}  {}{words}\n", text::clock_ms(at_ms), "  ".repeat(depth)));
    }
    out.push('\n');
    out.push_str(&teller.ending(outcome));
    out
}

/// Every event, with runs of routine ones folded.
fn folded(teller: &Teller, records: &[Record]) -> Vec<story::Line> {
    let mut lines = Vec::new();
    for run in records.chunk_by(|a, b| routine(&a.event).is_some() && routine(&a.event) == routine(&b.event))
    {
        match routine(&run[0].event) {
            Some(kind) if run.len() >= FOLD_FROM => {
                lines.push((run[0].at_ms, depth(&run[0].event), teller.fold(kind, run)));
            }
            _ => lines.extend(run.iter().map(|r| (r.at_ms, depth(&r.event), teller.tell(&r.event)))),
        }
    }
    lines
}

fn routine(event: &Event) -> Option<Routine> {
    match event {
        Event::BatchStarted { one_box: false, .. } | Event::BatchDone { one_box: false, .. } => {
            Some(Routine::Batch)
        }
        Event::HostImpaired { .. } => Some(Routine::Impaired),
        Event::HostHealed { .. } => Some(Routine::Healed),
        Event::Breach { .. } => Some(Routine::Breach),
        Event::ZoneRollbackStarted { .. } | Event::ZoneRollbackDone { .. } => Some(Routine::ZoneRollback),
        _ => None,
    }
}

/// Indentation: the rollout and what stops it at the margin, then waves, zones, batches.
fn depth(event: &Event) -> usize {
    match event {
        Event::RolloutStarted { .. }
        | Event::RolloutEnded { .. }
        | Event::AlarmFired { .. }
        | Event::AlarmIgnored { .. }
        | Event::Halted { .. }
        | Event::RemedyStarted { .. }
        | Event::RollbackDecided { .. } => 0,
        Event::WaveStarted { .. }
        | Event::WaveBlocked { .. }
        | Event::Triggered { .. }
        | Event::WaveBakeStarted { .. }
        | Event::WaveDone { .. } => 1,
        Event::ZoneStarted { .. }
        | Event::ZoneDone { .. }
        | Event::Breach { .. }
        | Event::ZoneSuffers { .. }
        | Event::PastWaves { .. }
        | Event::WentDark { .. }
        | Event::ZoneRollbackStarted { .. }
        | Event::ZoneRollbackDone { .. } => 2,
        Event::BatchStarted { .. }
        | Event::BatchDone { .. }
        | Event::ZoneBakeStarted { .. }
        | Event::HostImpaired { .. }
        | Event::HostHealed { .. } => 3,
    }
}

/// Says events in the plan's names.
pub(super) struct Teller<'p> {
    plan: &'p Plan,
    strategy: usize,
}

impl Teller<'_> {
    pub(super) fn zone(&self, zone: u32) -> String {
        self.plan.fleet.zone_name(zone as usize)
    }

    pub(super) fn region_of(&self, zone: u32) -> usize {
        self.plan.fleet.zones[zone as usize].region
    }

    pub(super) fn region(&self, region: usize) -> &str {
        &self.plan.fleet.regions[region].name
    }

    pub(super) fn wave(&self, wave: u32) -> &str {
        &self.plan.strategies[self.strategy].waves[wave as usize].name
    }

    pub(super) fn alarm(&self, alarm: u32) -> &str {
        &self.plan.alarms[alarm as usize].name
    }

    fn defect(&self, defect: u32) -> &str {
        &self.plan.change.defects[defect as usize].name
    }

    /// What an alarm instance looks at, in words.
    pub(super) fn entity(&self, alarm: u32, entity: u32) -> String {
        match self.plan.alarms[alarm as usize].scope {
            Scope::OneBox => format!("one-box of {}", self.zone(entity)),
            Scope::Zone => self.zone(entity),
            Scope::Region => self.plan.fleet.regions[entity as usize].name.clone(),
            Scope::Service => "the service".to_owned(),
        }
    }

    pub(super) fn tell(&self, event: &Event) -> String {
        let hosts = |n: &u32| text::counted(u64::from(*n), "host");
        match event {
            Event::RolloutStarted { defect: Some(defect) } => {
                format!("rollout starts; the change is bad: {}", self.defect(*defect))
            }
            Event::RolloutStarted { defect: None } => "rollout starts; the change is good".to_owned(),
            Event::WaveStarted { wave } => format!("wave {} starts", self.wave(*wave)),
            Event::ZoneStarted { zone, .. } => format!("{} starts", self.zone(*zone)),
            Event::BatchStarted { zone, hosts: n, one_box } => {
                format!("{} of {} starts: {}", batch_name(*one_box), self.zone(*zone), hosts(n))
            }
            Event::BatchDone { zone, hosts_done, one_box } => {
                let name = batch_name(*one_box);
                format!("{name} of {} done: {} on the new version", self.zone(*zone), hosts(hosts_done))
            }
            Event::ZoneBakeStarted { zone, one_box: true } => {
                format!("one-box of {} bakes", self.zone(*zone))
            }
            Event::ZoneBakeStarted { zone, .. } => format!("{} bakes", self.zone(*zone)),
            Event::ZoneDone { zone } => format!("{} done", self.zone(*zone)),
            Event::WaveBakeStarted { wave } => format!("wave {} bakes", self.wave(*wave)),
            Event::WaveDone { wave } => format!("wave {} done", self.wave(*wave)),
            Event::HostImpaired { zone, host } => format!("IMPAIRED: host {host} of {}", self.zone(*zone)),
            Event::HostHealed { zone, host } => format!("healed: host {host} of {}", self.zone(*zone)),
            Event::Breach { alarm, entity, requests, errors } => {
                let counts = match (requests, errors) {
                    (Some(requests), Some(errors)) => {
                        format!(
                            ": {} failed of {}",
                            text::count(*errors),
                            text::counted(*requests, "request")
                        )
                    }
                    _ => String::new(),
                };
                format!("breach of {} at {}{counts}", self.alarm(*alarm), self.entity(*alarm, *entity))
            }
            Event::AlarmFired { alarm, entity } => {
                format!("ALARM: {} at {}", self.alarm(*alarm), self.entity(*alarm, *entity))
            }
            Event::RollbackDecided { alarm, hosts } => {
                let hosts = text::counted(*hosts, "host");
                format!("ROLLBACK: {} stops the rollout, {hosts} go back", self.alarm(*alarm))
            }
            Event::ZoneRollbackStarted { zone, hosts: n } => {
                format!("{} goes back: {}", self.zone(*zone), hosts(n))
            }
            Event::ZoneRollbackDone { zone } => format!("{} is back on the old version", self.zone(*zone)),
            Event::RolloutEnded { ending } => format!("rollout ends: {}", ending_words(*ending)),
            _ => self.tell_mechanism(event),
        }
    }

    /// Events of mechanisms that most rollouts do not have.
    fn tell_mechanism(&self, event: &Event) -> String {
        let hosts = |n: &u32| text::counted(u64::from(*n), "host");
        match event {
            Event::ZoneSuffers { zone, hosts: 0 } => format!("{} no longer suffers", self.zone(*zone)),
            Event::ZoneSuffers { zone, hosts: n } => {
                format!("IMPAIRED: {} of {} suffer", hosts(n), self.zone(*zone))
            }
            Event::PastWaves { zone, hosts: n } => {
                format!("{} of {} took the change past the waves", hosts(n), self.zone(*zone))
            }
            Event::WentDark { place, whole_region: true } => {
                format!("{} goes dark, the change has no part in it", self.region(*place as usize))
            }
            Event::WentDark { place, .. } => {
                format!("{} goes dark, the change has no part in it", self.zone(*place))
            }
            Event::Triggered { region } => {
                format!("TRIGGER: what wakes the fault reaches {}", self.region(*region as usize))
            }
            Event::AlarmIgnored { alarm, entity } => format!(
                "verdict of {} at {} lost or overridden",
                self.alarm(*alarm),
                self.entity(*alarm, *entity)
            ),
            Event::WaveBlocked { wave } => {
                format!("wave {} waits: an alarm fires for another reason", self.wave(*wave))
            }
            Event::Halted { alarm } => {
                format!("STOP because of {}: everything stays as it is", self.alarm(*alarm))
            }
            Event::RemedyStarted { remedy } => format!("operators act: {}", remedy_words(*remedy)),
            other => unreachable!("invariant: {other:?} is told above"),
        }
    }

    /// A run of routine events in one line: how many, where, until when.
    fn fold(&self, kind: Routine, run: &[Record]) -> String {
        let mut places = BTreeSet::new();
        let (mut started, mut done) = (0, 0);
        for record in run {
            match &record.event {
                Event::BatchStarted { zone, .. } | Event::ZoneRollbackStarted { zone, .. } => {
                    started += 1;
                    places.insert(self.zone(*zone));
                }
                Event::BatchDone { zone, .. } | Event::ZoneRollbackDone { zone } => {
                    done += 1;
                    places.insert(self.zone(*zone));
                }
                Event::HostImpaired { zone, .. } | Event::HostHealed { zone, .. } => {
                    places.insert(self.zone(*zone));
                }
                Event::Breach { alarm, entity, .. } => {
                    places.insert(format!("{} at {}", self.alarm(*alarm), self.entity(*alarm, *entity)));
                }
                _ => {}
            }
        }
        let names: Vec<&str> = places.iter().map(String::as_str).collect();
        let (names, until) = (text::list(&names, 3), text::clock_ms(run[run.len() - 1].at_ms));
        let hosts = text::counted(run.len() as u64, "host");
        let what = match kind {
            Routine::Batch => format!("batches of {names}: {started} started, {done} done"),
            Routine::Impaired => format!("IMPAIRED: {hosts} of {names}"),
            Routine::Healed => format!("healed: {hosts} of {names}"),
            Routine::Breach => format!("{} breaches of {names}", text::count(run.len() as u64)),
            Routine::ZoneRollback => format!("zones going back: {started} started, {done} done, {names}"),
        };
        format!("{what}, until {until}")
    }

    fn ending(&self, outcome: &Outcome) -> String {
        let mut parts = vec![ending_words(outcome.ending).to_owned()];
        if let Some(at) = outcome.to_100_ms {
            parts.push(format!("every host updated after {}", text::duration(at as f64)));
        }
        if let Some(onset) = outcome.onset_ms {
            let since =
                |at: Option<u64>| at.and_then(|at| at.checked_sub(onset)).map(|ms| text::duration(ms as f64));
            let alarm = since(outcome.alarm_ms)
                .map_or("no alarm after it".to_owned(), |d| format!("alarm {d} later"));
            let healed = since(outcome.mitigated_ms)
                .map_or("not healed".to_owned(), |d| format!("all healed {d} later"));
            parts.push(format!(
                "first host impaired after {}, {alarm}, {healed}",
                text::duration(onset as f64)
            ));
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
        if let Some(at) = outcome.first_violation_ms {
            parts.push(format!("ISOLATION VIOLATED after {}", text::duration(at as f64)));
        }
        if outcome.left_exposed_hosts > 0 {
            parts.push(format!(
                "{} left on the new version",
                text::counted(outcome.left_exposed_hosts, "host")
            ));
        }
        format!("outcome: {}\n", parts.join("; "))
    }
}

fn remedy_words(remedy: Remedy) -> &'static str {
    match remedy {
        Remedy::Rollback => "back to the old version",
        Remedy::KillSwitch => "the faulty part is switched off",
        Remedy::FixForward => "forward to a fixed version",
        Remedy::Repair => "work on every suffering host",
    }
}

fn batch_name(one_box: bool) -> &'static str {
    if one_box { "one-box" } else { "batch" }
}

fn ending_words(ending: Ending) -> &'static str {
    match ending {
        Ending::Completed => "completed",
        Ending::Escaped => "ESCAPED, the defect is on every host and no alarm stopped it",
        Ending::Caught => "caught, the bad change was stopped",
        Ending::Recalled => "RECALLED, the bad change had reached every host",
        Ending::FalseRollback => "FALSE ROLLBACK, a good change was rolled back",
    }
}

/// One JSON object per event and line: `at_ms`, `event`, and names instead of indices.
#[must_use]
pub fn json_lines(plan: &Plan, strategy: usize, records: &[Record]) -> Vec<u8> {
    let teller = Teller { plan, strategy };
    let mut out = Vec::new();
    for record in records {
        let mut line = json!(record);
        if let Some(fields) = line.as_object_mut() {
            let names: Vec<(String, Value)> = fields
                .iter()
                .map(|(key, value)| (key.clone(), named(&teller, &record.event, key, value)))
                .collect();
            fields.extend(names);
        }
        out.extend_from_slice(line.to_string().as_bytes());
        out.push(b'\n');
    }
    out
}

/// The value of a field with an index replaced by the name it stands for.
fn named(teller: &Teller, event: &Event, key: &str, value: &Value) -> Value {
    let Some(index) = value.as_u64().map(|index| index as u32) else { return value.clone() };
    match (key, event) {
        ("zone", _) => Value::from(teller.zone(index)),
        ("wave", _) => Value::from(teller.wave(index)),
        ("alarm", _) => Value::from(teller.alarm(index)),
        ("defect", _) => Value::from(teller.defect(index)),
        ("region", _) => Value::from(teller.region(index as usize)),
        (
            "entity",
            Event::Breach { alarm, .. } | Event::AlarmFired { alarm, .. } | Event::AlarmIgnored { alarm, .. },
        ) => Value::from(teller.entity(*alarm, index)),
        _ => value.clone(),
    }
}

/// The outcome as one JSON object, with names.
#[must_use]
pub fn outcome_json(plan: &Plan, outcome: &Outcome) -> Value {
    let mut value = json!(outcome);
    value["ending"] = Value::from(ending_name(outcome.ending));
    value["defect"] = json!(outcome.defect.map(|index| plan.change.defects[index as usize].name.as_str()));
    value["alarm"] = json!(outcome.alarm.map(|index| plan.alarms[index as usize].name.as_str()));
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn rollout_reads_as_a_story() {
        let plan = sample::plan();
        let (outcome, records) = sample::rollout(&plan);
        insta::assert_snapshot!(text(&plan, 4, &outcome, &records));
    }

    #[test]
    fn json_lines_carry_names_and_integer_times() {
        let plan = sample::plan();
        let (_, records) = sample::rollout(&plan);
        let bytes = json_lines(&plan, 4, &records);
        let lines: Vec<Value> = bytes
            .split(|b| *b == b'\n')
            .filter(|l| !l.is_empty())
            .map(|l| serde_json::from_slice(l).unwrap())
            .collect();
        assert_eq!(lines.len(), records.len());
        assert_eq!(lines[0]["defect"], "memory-leak");
        assert_eq!(lines[1], json!({"at_ms": 0, "event": "wave-started", "wave": "first"}));
        let fired = lines.iter().find(|line| line["event"] == "alarm-fired").unwrap();
        assert_eq!(fired["alarm"], "zone-errors");
        assert_eq!(fired["entity"], "ap-northeast-1/c");
        assert!(lines.iter().all(|line| line["at_ms"].is_u64()));
    }

    #[test]
    fn outcome_json_names_what_it_refers_to() {
        let value = outcome_json(&sample::plan(), &sample::escaped());
        assert_eq!(value["defect"], "memory-leak");
        assert_eq!(value["alarm"], Value::Null);
        assert_eq!(value["ending"], "escaped");
    }
}
