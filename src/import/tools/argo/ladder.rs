//! The steps of a rollout as a ladder: how many replicas and requests the new version has, and what is waited for there. It
//! reads no document.

use super::metric::MetricGate;
use crate::import::draft::{DraftTable, DraftValue, Row, duration, inline, text};
use crate::import::provenance::Provenance;

/// What the new version has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Level {
    /// Replicas.
    pub canary: u64,
    /// As a scenario writes them.
    pub hosts: String,
    /// Share of the requests as a scenario writes it, where they are routed apart from replicas.
    pub traffic: Option<String>,
}

impl Level {
    fn is_all(&self, replicas: u64) -> bool {
        self.canary >= replicas && self.traffic.as_deref().is_none_or(|share| share == "100%")
    }
}

/// A step.
#[derive(Debug)]
struct Rung {
    level: Level,
    /// The number of the tool's last step that is in it.
    step: usize,
    /// From its beginning to the end of the waits that are known, without people.
    waits_ms: u64,
    bakes: bool,
    gates: Vec<DraftValue>,
    waits_for_people: bool,
    from: Provenance,
}

/// Steps as they come.
#[derive(Debug)]
pub(super) struct Ladder {
    replicas: u64,
    /// The number of the tool's step from which on an analysis looks on in the background.
    watched_from: usize,
    /// Whether that begins in the middle of a step here, all of which is then watched.
    pub is_watched_early: bool,
    rungs: Vec<Rung>,
}

impl Ladder {
    /// A ladder for so many replicas, watched from the tool's step `watched_from` on.
    pub fn new(replicas: u64, watched_from: usize) -> Self {
        Self { replicas, watched_from, is_watched_early: false, rungs: Vec::new() }
    }

    /// The level of the last step.
    pub fn level(&self) -> Option<&Level> {
        self.rungs.last().map(|rung| &rung.level)
    }

    /// Whether all replicas have the new version, and all requests are sent to it.
    pub fn is_at_the_top(&self) -> bool {
        self.level().is_some_and(|level| level.is_all(self.replicas))
    }

    /// The next level, by the tool's step of that number. The same level again is none.
    pub fn climb(&mut self, level: Level, step: usize, from: Provenance) {
        match self.rungs.last_mut() {
            Some(rung) if rung.level == level => rung.from = rung.from.clone().and(&from),
            _ => self.rungs.push(Rung {
                level,
                step,
                waits_ms: 0,
                bakes: false,
                gates: Vec::new(),
                waits_for_people: false,
                from,
            }),
        }
    }

    /// Waits so long. False if there is no step yet at which to wait.
    pub fn wait(&mut self, ms: u64, step: usize, from: &Provenance) -> bool {
        self.at_last(step, from, |rung| {
            rung.waits_ms = rung.waits_ms.saturating_add(ms);
            rung.bakes = true;
        })
    }

    /// Waits for checks, which begin when the waits so far are over.
    pub fn check(&mut self, checks: &[MetricGate], step: usize, from: &Provenance) -> bool {
        self.at_last(step, from, |rung| {
            rung.gates.extend(checks.iter().map(|gate| gate.later(rung.waits_ms)));
            let longest = checks.iter().map(|gate| gate.length_ms).max().unwrap_or(0);
            rung.waits_ms = rung.waits_ms.saturating_add(longest);
        })
    }

    /// Waits for somebody, or for something that nobody here knows.
    pub fn await_gate(&mut self, gate: DraftValue, step: usize, from: &Provenance) -> bool {
        self.at_last(step, from, |rung| {
            rung.gates.push(gate);
            rung.waits_for_people = true;
        })
    }

    /// Whether something is waited for at the last step besides somebody.
    pub fn waits_already(&self) -> bool {
        self.rungs.last().is_some_and(|rung| rung.waits_ms > 0 || rung.waits_for_people)
    }

    /// Whether somebody is waited for at the last step.
    pub fn waits_for_people(&self) -> bool {
        self.rungs.last().is_some_and(|rung| rung.waits_for_people)
    }

    fn at_last(&mut self, step: usize, from: &Provenance, change: impl FnOnce(&mut Rung)) -> bool {
        let Some(rung) = self.rungs.last_mut() else { return false };
        change(rung);
        self.is_watched_early |= rung.step < self.watched_from && self.watched_from <= step;
        rung.step = rung.step.max(step);
        rung.from = rung.from.clone().and(from);
        true
    }

    /// The waves: one, or two where the first steps are not watched.
    pub fn waves(&self) -> Vec<DraftTable> {
        let unwatched = self.rungs.iter().take_while(|rung| rung.step < self.watched_from).count();
        let (before, after) = self.rungs.split_at(unwatched);
        let mut waves = Vec::new();
        for (rungs, is_watched) in [(before, false), (after, true)] {
            if rungs.is_empty() {
                continue;
            }
            let mut wave = DraftTable::default();
            wave.set("regions", text("all"), Provenance::Plain);
            if !is_watched {
                let from = Provenance::implied("the analysis in the background has not begun");
                wave.set("alarms", DraftValue::Plain("[]".to_owned()), from);
            }
            let rows = rungs.iter().map(|rung| rung.row()).collect();
            wave.set("steps", DraftValue::Rows(rows), Provenance::Plain);
            waves.push(wave);
        }
        waves
    }
}

impl Rung {
    fn row(&self) -> Row {
        let mut entries = Vec::new();
        let quoted = |value: &str| {
            if value.bytes().all(|b| b.is_ascii_digit()) {
                DraftValue::Plain(value.to_owned())
            } else {
                text(value)
            }
        };
        entries.push(("hosts", quoted(&self.level.hosts)));
        if let Some(traffic) = &self.level.traffic {
            entries.push(("traffic", text(traffic)));
        }
        if self.bakes && self.waits_ms > 0 {
            entries.push(("bake", duration(self.waits_ms)));
        }
        if !self.gates.is_empty() {
            let gates: Vec<String> = self.gates.iter().map(DraftValue::to_string).collect();
            entries.push(("gates", DraftValue::Plain(format!("[{}]", gates.join(", ")))));
        }
        let from = if self.waits_for_people {
            self.from.clone().open("how long that takes")
        } else {
            self.from.clone()
        };
        Row { value: inline(entries).to_string(), from }
    }
}
