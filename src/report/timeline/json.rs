//! One rollout as JSON lines: every event, with names instead of indices.

use super::names::PlanNames;
use crate::ids::RegionId;
use crate::outcome::Outcome;
use crate::plan::Plan;
use crate::report::csv::ending_name;
use crate::rollout::{RolloutEvent, RolloutRecord};
use serde_json::{Value, json};

/// One JSON object per event and line: `at_ms`, `event`, and names instead of indices.
#[must_use]
pub fn json_lines(plan: &Plan, strategy: usize, records: &[RolloutRecord]) -> Vec<u8> {
    let names = PlanNames { plan, strategy };
    let mut out = Vec::new();
    for record in records {
        let mut line = json!(record);
        for (key, value) in line.as_object_mut().into_iter().flatten() {
            if let Some(name) = value.as_u64().and_then(|index| named(&names, &record.event, key, index)) {
                *value = Value::from(name);
            }
        }
        out.extend_from_slice(format!("{line}\n").as_bytes());
    }
    out
}

/// The name that an index in a field stands for; none for a number.
fn named(names: &PlanNames, event: &RolloutEvent, key: &str, index: u64) -> Option<String> {
    let index = u32::try_from(index).ok()?;
    Some(match (key, event) {
        ("zone", _) => names.zone(index),
        ("wave", _) => names.wave(index).to_owned(),
        ("alarm", _) => names.alarm(index).to_owned(),
        ("defect", _) => names.defect(index).to_owned(),
        ("region", _) => names.region(RegionId::new(index as usize)).to_owned(),
        (
            "entity",
            RolloutEvent::Breach { alarm, .. }
            | RolloutEvent::AlarmFired { alarm, .. }
            | RolloutEvent::AlarmIgnored { alarm, .. },
        ) => names.entity(*alarm, index),
        _ => return None,
    })
}

/// The outcome as one JSON object, with names.
#[must_use]
pub fn outcome_json(plan: &Plan, outcome: &Outcome) -> Value {
    let mut value = json!(outcome);
    value["ending"] = Value::from(ending_name(outcome.ending));
    value["defect"] = json!(outcome.defect.map(|index| plan.change.defects[index].name.as_str()));
    value["alarm"] = json!(outcome.alarm.map(|index| plan.alarms[index].name.as_str()));
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

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
