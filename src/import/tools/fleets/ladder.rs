//! Waves in the order in which they run, with the waits and gates between them. It reads no document.

use crate::import::desk::Desk;
use crate::import::draft::{DraftTable, DraftValue, Row, duration, inline, text};
use crate::import::provenance::Provenance;
use crate::import::time::MINUTE;
use crate::import::tools::gates;

/// How long a test takes, where nobody says it.
const TEST_MS: u64 = 10 * MINUTE;

/// The waves of a strategy so far.
#[derive(Debug, Default)]
pub(super) struct Ladder {
    rungs: Vec<Rung>,
}

/// A wave, and what has to be over before the next one.
#[derive(Debug)]
struct Rung {
    table: DraftTable,
    bake_ms: u64,
    bake_from: Provenance,
    gates: Vec<Row>,
}

impl Ladder {
    /// Adds a wave.
    pub fn push(&mut self, table: DraftTable) {
        self.rungs.push(Rung { table, bake_ms: 0, bake_from: Provenance::Plain, gates: Vec::new() });
    }

    /// Whether there is no wave yet.
    pub fn is_empty(&self) -> bool {
        self.rungs.is_empty()
    }

    /// The last wave, for keys that are known later.
    pub fn last(&mut self) -> Option<&mut DraftTable> {
        self.rungs.last_mut().map(|rung| &mut rung.table)
    }

    /// Waits after the last wave, beside its gates; waits add up. Whether there is a wave to wait after.
    pub fn wait(&mut self, ms: u64, from: &Provenance) -> bool {
        let Some(rung) = self.rungs.last_mut() else { return false };
        rung.bake_ms = rung.bake_ms.saturating_add(ms);
        rung.bake_from = match std::mem::replace(&mut rung.bake_from, Provenance::Plain) {
            Provenance::Plain => from.clone(),
            before => before.and(from),
        };
        true
    }

    /// Something that has to hold after the last wave. Whether there is one.
    pub fn gate(&mut self, gate: Row) -> bool {
        let Some(rung) = self.rungs.last_mut() else { return false };
        rung.gates.push(gate);
        true
    }

    /// Puts the waves into a strategy.
    pub fn write(self, strategy: &mut DraftTable) {
        for rung in self.rungs {
            let mut table = rung.table;
            if rung.bake_ms > 0 {
                table.set("bake", duration(rung.bake_ms), rung.bake_from);
            }
            if !rung.gates.is_empty() {
                table.set("gates", DraftValue::Rows(rung.gates), Provenance::Plain);
            }
            strategy.add("wave", table);
        }
    }
}

/// Somebody approves; `what` says of whom that is asked.
pub(super) fn approval(what: &str) -> Row {
    let from = Provenance::hand(&format!("{what}: how long until somebody says yes"));
    Row { value: gates::approval().to_string(), from }
}

/// A test runs; `what` says which.
pub(super) fn test(what: &str) -> Row {
    let test = inline([("takes", duration(TEST_MS)), ("catches", text("50%"))]);
    let from = Provenance::hand(&format!("{what}: how long it takes, and how often it sees a bad change"));
    Row { value: inline([("test", test)]).to_string(), from }
}

/// The response of a tool that stops at a failure and takes nothing back: people do.
pub(super) fn stops(table: &mut DraftTable, tool: &str, desk: &Desk<'_>) {
    let from = Provenance::implied(&format!("{tool} stops, and nothing goes back by itself"));
    table.set("response", inline([("on-alarm", text("halt"))]), from);
    let people = inline([("engage", duration(10 * MINUTE)), ("diagnose", duration(20 * MINUTE))]);
    table.set("operators", people, Provenance::hand("how fast somebody is there, and takes the change back"));
    desk.by_hand(
        "operators",
        "how long people take from a stop to taking the change back: the tool leaves it to them",
    );
}

/// No cluster may fail.
pub(super) fn no_failures(table: &mut DraftTable, tool: &str) {
    let from = Provenance::implied(&format!("{tool} stops at the first that fails"));
    let failures = inline([("allowed", DraftValue::Plain("0".to_owned())), ("per", text("rollout"))]);
    table.set("failures", failures, from);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Sources;
    use crate::import::draft::ScenarioScript;

    #[test]
    fn waits_add_up_and_need_a_wave() {
        let mut ladder = Ladder::default();
        assert!(!ladder.wait(MINUTE, &Provenance::Plain) && !ladder.gate(approval("x")));
        ladder.push(DraftTable::default());
        assert!(ladder.wait(MINUTE, &Provenance::Plain) && ladder.wait(MINUTE, &Provenance::Plain));
        assert!(ladder.gate(approval("x")) && ladder.gate(test("y")));
        let (mut table, mut out) = (DraftTable::default(), ScenarioScript::default());
        ladder.write(&mut table);
        table.write(&mut out, "[[strategy]]", "strategy", &Sources::default());
        let out = out.text();
        assert!(out.contains("bake = \"2m\""), "{out}");
        assert!(out.contains("{ approval = { takes = \"1h\" } }, # <-- x"), "{out}");
        assert!(out.contains("{ test = { takes = \"10m\", catches = \"50%\" } }, # <-- y"), "{out}");
    }
}
