//! One trial of a rollout, told: its records folded once, shown as text, lines or a chart.

use super::history::RolloutHistory;
use super::names::{PlanNames, outcome as outcome_words};
use super::traced::Traced;
use super::{events, perfetto, story};
use crate::ids::RegionId;
use crate::outcome::Outcome;
use crate::outlet;
use crate::plan::Plan;
use crate::report::Story;
use crate::report::csv::ending_name;
use crate::report::document::{Block, Document};
use crate::report::json::event_lines;
use crate::rollout::{RolloutEvent, RolloutRecord};
use serde_json::{Value, json};

/// Longer replays are told as a story of waves and the incident.
const MOST_LINES: usize = 70;

/// One trial of one strategy, its records in order of time, and what they make.
#[derive(Debug)]
pub struct RolloutStory<'r> {
    names: PlanNames<'r>,
    trial: u64,
    outcome: &'r Outcome,
    records: &'r [RolloutRecord],
    history: RolloutHistory<'r>,
}

impl<'r> RolloutStory<'r> {
    /// What the records of a trial of a strategy (an index) tell.
    #[must_use]
    pub fn new(
        plan: &'r Plan,
        strategy: usize,
        trial: u64,
        outcome: &'r Outcome,
        records: &'r [RolloutRecord],
    ) -> Self {
        let history = RolloutHistory::new(plan, outcome, records);
        Self { names: PlanNames { plan, strategy }, trial, outcome, records, history }
    }

    /// The name that an index in a field stands for; none for a number.
    fn named(&self, event: &RolloutEvent, key: &str, index: usize) -> Option<String> {
        let (names, index) = (&self.names, u32::try_from(index).ok()?);
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
    fn outcome_json(&self) -> Value {
        let (names, outcome) = (&self.names, self.outcome);
        let mut value = json!(outcome);
        value["ending"] = Value::from(ending_name(outcome.ending));
        value["defect"] = json!(outcome.defect.map(|defect| names.defect(defect.number())));
        value["alarm"] = json!(outcome.notice.map(|notice| names.plan.name_of(notice)));
        value["event"] = "outcome".into();
        value["at_ms"] = outcome.end_ms.into();
        value
    }
}

impl Story for RolloutStory<'_> {
    /// A short rollout is told event by event; a long one by waves, regions and the moments of its incident.
    fn document(&self, _width: usize) -> Document {
        let (names, history) = (&self.names, &self.history);
        let mut lines = events::lines(names, self.records, history);
        if lines.len() > MOST_LINES {
            lines = story::lines(names, self.outcome, self.records, history);
        }
        let start = events::start_utc_ms(self.records);
        let mut report = Document::default();
        report.push(Block::Story(lines.into_iter().map(|line| line.timed(start)).collect()));
        report.push(Block::Note(outcome_words(self.outcome).into()));
        report
    }

    /// The outcome is the last line.
    fn json_lines(&self) -> Vec<u8> {
        let mut lines = event_lines(self.records, |event, key, index| self.named(event, key, index));
        lines.extend_from_slice(outlet::json(format!("{}\n", self.outcome_json())).as_bytes());
        lines
    }

    fn perfetto(&self) -> Vec<u8> {
        perfetto::bytes(Traced {
            names: self.names,
            trial: self.trial,
            outcome: self.outcome,
            records: self.records,
            history: &self.history,
        })
    }

    #[cfg(feature = "charts")]
    fn chart(&self) -> crate::report::chart::Picture {
        use crate::report::chart::timeline;
        let PlanNames { plan, strategy } = self.names;
        let played = timeline::PlayedTrial::new(plan, strategy, self.trial, self.outcome, self.records);
        timeline::picture(&played)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::document::Terminal;
    use crate::report::sample;

    fn read(lines: &[u8]) -> Vec<Value> {
        let lines = lines.split(|b| *b == b'\n').filter(|line| !line.is_empty());
        lines.map(|line| serde_json::from_slice(line).unwrap()).collect()
    }

    #[test]
    fn rollout_reads_as_a_story() {
        let plan = sample::plan();
        let (outcome, records) = sample::rollout(&plan);
        let story = RolloutStory::new(&plan, 4, 0, &outcome, &records).document(120);
        insta::with_settings!({snapshot_path => "../snapshots"}, {
            insta::assert_snapshot!(Terminal::plain(120).render(&story));
        });
    }

    #[test]
    fn json_lines_carry_names_and_integer_times() {
        let plan = sample::plan();
        let (outcome, records) = sample::rollout(&plan);
        let lines = read(&RolloutStory::new(&plan, 4, 0, &outcome, &records).json_lines());
        assert_eq!(lines.len(), records.len() + 1);
        assert_eq!(lines[0]["defect"], "memory-leak");
        assert_eq!(lines[1], json!({"at_ms": 0, "event": "wave-started", "wave": "first"}));
        let fired = lines.iter().find(|line| line["event"] == "alarm-fired").unwrap();
        assert_eq!(fired["alarm"], "zone-errors");
        assert_eq!(fired["entity"], "ap-northeast-1/c");
        assert!(lines.iter().all(|line| line["at_ms"].is_u64()));
    }

    #[test]
    fn the_outcome_names_what_it_refers_to() {
        let (plan, outcome) = (sample::plan(), sample::escaped());
        let value = &read(&RolloutStory::new(&plan, 0, 0, &outcome, &[]).json_lines())[0];
        assert_eq!(value["defect"], "memory-leak");
        assert_eq!(value["alarm"], Value::Null);
        assert_eq!(value["ending"], "escaped");
    }
}
