//! The events of a trial of a pipeline as JSON lines, with names for indices.

use super::stations::Stations;
use crate::ids::DefectId;
use crate::pipeline::PipelineEvent;
use crate::sim::Record;
use serde_json::Value;

/// One object a line, in order of time.
#[must_use]
pub fn lines<'r>(stations: Stations, records: impl Iterator<Item = &'r Record<PipelineEvent>>) -> Vec<u8> {
    let mut out = Vec::new();
    for record in records {
        let mut value = serde_json::to_value(record).expect("invariant: an event is plain data");
        let index = |value: &Value| value.as_u64().map(|index| index as usize);
        if let Some(place) = value.get("stage").and_then(index) {
            value["stage"] = stations.name(place).into();
        }
        if let Some(wave) = value.get("wave").and_then(index) {
            value["wave"] = stations.strategy.waves[wave].name.as_str().into();
        }
        if let Some(class) = value.get("defect").and_then(index) {
            value["defect"] =
                stations.pipeline.line.source.defects[DefectId::new(class)].name.as_str().into();
        }
        out.extend_from_slice(format!("{value}\n").as_bytes());
    }
    out
}
