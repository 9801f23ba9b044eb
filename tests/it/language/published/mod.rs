//! What rollout tools publish of their own arithmetic, in their unit tests and manuals, said in the scenario language: a file
//! a tool, and a row of `tests/data/published` a scenario. What comes out of the simulator is held against the row.
//! `docs/coming-from.md` has the spelling of each tool, `docs/validation.md` the rows that cannot be said.

pub(crate) mod ansible;
pub(crate) mod argo_analysis;
pub(crate) mod argo_canary;
pub(crate) mod aws;
mod bottlerocket;
pub mod burn_rate;
mod flagger;
mod kubefleet;
mod kubernetes;
mod nomad;
pub(crate) mod ocm;
mod ocm_values;
mod rancher;

use crate::support;
use serde_json::Value;
use wavetank::outcome::Outcome;
use wavetank::plan::Plan;
use wavetank::rollout::{Engine, Model, RolloutEvent, RolloutRecord};
use wavetank::scenario;
use wavetank::sim::{Recorder, Silent};

pub(crate) const SECOND: u64 = 1_000;
pub(crate) const MINUTE: u64 = 60 * SECOND;

/// The rows of a table of a tool.
pub(crate) fn rows(tool: &str, table: &str) -> Vec<Value> {
    let path = support::project(&format!("tests/data/published/{tool}.json"));
    let all: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    all[table].as_array().unwrap_or_else(|| panic!("{tool} has no table {table}")).clone()
}

/// A number of a row.
pub(crate) fn number(row: &Value, key: &str) -> u32 {
    row[key].as_u64().unwrap_or_else(|| panic!("{row} has no number {key}")) as u32
}

/// Numbers of a row.
pub(crate) fn numbers(row: &Value) -> Vec<u32> {
    row.as_array().unwrap().iter().map(|number| number.as_u64().unwrap() as u32).collect()
}

/// A count, a text or a list of them as TOML writes it.
pub(crate) fn toml(value: &Value) -> String {
    value.to_string()
}

/// A region of one zone.
pub(crate) fn region(hosts: u32) -> String {
    format!("[[fleet.region]]\nname = \"r\"\nhosts-per-zone = {hosts}\n")
}

/// The plan of a text, which begins with its regions.
pub(crate) fn plan(text: &str) -> Plan {
    support::plan_of(&format!("[study]\ntrials = 10\n{text}"))
}

/// What `check` says of a text that it refuses.
pub(crate) fn refusal(text: &str) -> String {
    let loaded = scenario::load_str("test.toml", &format!("[study]\ntrials = 10\n{text}"));
    assert!(loaded.plan.is_none(), "accepted: {text}");
    loaded.problems.to_string()
}

/// What happens in a trial of the first strategy, and what comes of it.
pub(crate) fn trial(plan: &Plan, trial: u64) -> (Vec<RolloutRecord>, Outcome) {
    let model = Model::new(plan);
    let mut recorder = Recorder::default();
    let outcome = Engine::new(&model).run(0, trial, &mut recorder);
    assert_eq!(outcome, Engine::exhaustive(&model).run(0, trial, &mut Silent));
    (recorder.into_records(), outcome)
}

pub(crate) fn told(plan: &Plan) -> Vec<RolloutRecord> {
    trial(plan, 0).0
}

/// When batches start, and of how many hosts, in order. One that was laid out for the very instant of a stop does not.
pub(crate) fn started(records: &[RolloutRecord]) -> Vec<(u64, u32)> {
    let stop_ms = stopped_ms(records).unwrap_or(u64::MAX);
    let of = |record: &RolloutRecord| match record.event {
        RolloutEvent::BatchStarted { hosts, .. } if record.at_ms < stop_ms => Some((record.at_ms, hosts)),
        _ => None,
    };
    records.iter().filter_map(of).collect()
}

/// When the rollout was stopped for good.
pub(crate) fn stopped_ms(records: &[RolloutRecord]) -> Option<u64> {
    let stop = |record: &&RolloutRecord| matches!(record.event, RolloutEvent::Halted { .. });
    records.iter().find(stop).map(|record| record.at_ms)
}

/// Hosts of the batches, in order.
pub(crate) fn batches(records: &[RolloutRecord]) -> Vec<u32> {
    started(records).into_iter().map(|(_, hosts)| hosts).collect()
}

/// When zones start, in order; with a zone in each region these are the regions.
pub(crate) fn zones_started(records: &[RolloutRecord]) -> Vec<(u64, u32)> {
    let of = |record: &RolloutRecord| match record.event {
        RolloutEvent::ZoneStarted { zone, .. } => Some((record.at_ms, zone)),
        _ => None,
    };
    records.iter().filter_map(of).collect()
}

/// When requests are switched, and how many of 100 the new version is sent then.
pub(crate) fn weights(records: &[RolloutRecord]) -> Vec<(u64, f64)> {
    let of = |record: &RolloutRecord| match record.event {
        RolloutEvent::TrafficSwitched { share_ppm, .. } => {
            Some((record.at_ms, f64::from(share_ppm) / 10_000.0))
        }
        _ => None,
    };
    records.iter().filter_map(of).collect()
}

/// When the zone has how many hosts on the new version.
pub(crate) fn hosts_done(records: &[RolloutRecord]) -> Vec<(u64, u32)> {
    let of = |record: &RolloutRecord| match record.event {
        RolloutEvent::BatchDone { hosts_done, .. } => Some((record.at_ms, hosts_done)),
        _ => None,
    };
    records.iter().filter_map(of).collect()
}

/// Hosts of the zone on the new version at an instant, what comes at it included.
pub(crate) fn done_at(records: &[RolloutRecord], at_ms: u64) -> u32 {
    hosts_done(records).iter().rev().find(|(done_ms, _)| *done_ms <= at_ms).map_or(0, |(_, hosts)| *hosts)
}

/// When a wave begins.
pub(crate) fn wave_starts(records: &[RolloutRecord], number: u32) -> Option<u64> {
    let of = |record: &RolloutRecord| match record.event {
        RolloutEvent::WaveStarted { wave } if wave == number => Some(record.at_ms),
        _ => None,
    };
    records.iter().find_map(of)
}
