//! The steps of a rollout as an ascent: how many replicas and requests the new version has, and what is waited for there. It
//! reads no document.

use super::metric::MetricGate;
use crate::import::draft::{DraftTable, DraftValue, Row, duration, inline, text};
use crate::import::provenance::Provenance;

/// What the new version has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Height {
    /// Replicas.
    pub canary: u64,
    /// As a scenario writes them.
    pub hosts: String,
    /// Share of the requests as a scenario writes it, where they are routed apart from replicas.
    pub traffic: Option<String>,
}

impl Height {
    fn is_all(&self, replicas: u64) -> bool {
        self.canary >= replicas && self.traffic.as_deref().is_none_or(|share| share == "100%")
    }
}

/// A step.
#[derive(Debug)]
struct Landing {
    height: Height,
    /// The number of the tool's last step that is in it.
    step: usize,
    /// From its beginning to the end of the waits that are known, without people.
    waits_ms: u64,
    /// From its beginning to the end of the last pause.
    bake_ms: u64,
    gates: Vec<DraftValue>,
    waits_for_people: bool,
    from: Provenance,
}

/// Steps as they come.
#[derive(Debug)]
pub(super) struct Ascent {
    replicas: u64,
    /// The number of the tool's step from which on an analysis looks on in the background.
    watched_from: usize,
    /// Whether that begins in the middle of a step here, all of which is then watched.
    pub is_watched_early: bool,
    landings: Vec<Landing>,
}

impl Ascent {
    /// A ascent for so many replicas, watched from the tool's step `watched_from` on.
    pub fn new(replicas: u64, watched_from: usize) -> Self {
        Self { replicas, watched_from, is_watched_early: false, landings: Vec::new() }
    }

    /// The height of the last step.
    pub fn height(&self) -> Option<&Height> {
        self.landings.last().map(|landing| &landing.height)
    }

    /// Whether all replicas have the new version, and all requests are sent to it.
    pub fn is_at_the_top(&self) -> bool {
        self.height().is_some_and(|height| height.is_all(self.replicas))
    }

    /// The next height, by the tool's step of that number. The same height again is none.
    pub fn climb(&mut self, height: Height, step: usize, from: Provenance) {
        match self.landings.last_mut() {
            Some(landing) if landing.height == height => landing.from = landing.from.clone().and(&from),
            _ => self.landings.push(Landing {
                height,
                step,
                waits_ms: 0,
                bake_ms: 0,
                gates: Vec::new(),
                waits_for_people: false,
                from,
            }),
        }
    }

    /// Waits so long. False if there is no step yet at which to wait.
    pub fn wait(&mut self, ms: u64, step: usize, from: &Provenance) -> bool {
        self.at_last(step, from, |landing| {
            landing.waits_ms = landing.waits_ms.saturating_add(ms);
            landing.bake_ms = landing.waits_ms;
        })
    }

    /// Waits for checks, which begin when the waits so far are over.
    pub fn check(&mut self, checks: &[MetricGate], step: usize, from: &Provenance) -> bool {
        self.at_last(step, from, |landing| {
            landing.gates.extend(checks.iter().map(|gate| gate.later(landing.waits_ms)));
            let longest = checks.iter().map(|gate| gate.length_ms).max().unwrap_or(0);
            landing.waits_ms = landing.waits_ms.saturating_add(longest);
        })
    }

    /// Waits for somebody, or for something that nobody here knows.
    pub fn await_gate(&mut self, gate: DraftValue, step: usize, from: &Provenance) -> bool {
        self.at_last(step, from, |landing| {
            landing.gates.push(gate);
            landing.waits_for_people = true;
        })
    }

    /// Whether something is waited for at the last step besides somebody.
    pub fn waits_already(&self) -> bool {
        self.landings.last().is_some_and(|landing| landing.waits_ms > 0 || landing.waits_for_people)
    }

    /// Whether somebody is waited for at the last step.
    pub fn waits_for_people(&self) -> bool {
        self.landings.last().is_some_and(|landing| landing.waits_for_people)
    }

    fn at_last(&mut self, step: usize, from: &Provenance, change: impl FnOnce(&mut Landing)) -> bool {
        let Some(landing) = self.landings.last_mut() else { return false };
        change(landing);
        self.is_watched_early |= landing.step < self.watched_from && self.watched_from <= step;
        landing.step = landing.step.max(step);
        landing.from = landing.from.clone().and(from);
        true
    }

    /// The waves: one, or two where the first steps are not watched.
    pub fn waves(&self) -> Vec<DraftTable> {
        let unwatched = self.landings.iter().take_while(|landing| landing.step < self.watched_from).count();
        let (before, after) = self.landings.split_at(unwatched);
        let mut waves = Vec::new();
        for (landings, is_watched) in [(before, false), (after, true)] {
            if landings.is_empty() {
                continue;
            }
            let mut wave = DraftTable::default();
            wave.set("regions", text("all"), Provenance::Plain);
            if !is_watched {
                let from = Provenance::implied("the analysis in the background has not begun");
                wave.set("alarms", DraftValue::Plain("[]".to_owned()), from);
            }
            let rows = landings.iter().map(|landing| landing.row()).collect();
            wave.set("steps", DraftValue::Rows(rows), Provenance::Plain);
            waves.push(wave);
        }
        waves
    }
}

impl Landing {
    fn row(&self) -> Row {
        let mut entries = Vec::new();
        let quoted = |value: &str| {
            if value.bytes().all(|b| b.is_ascii_digit()) {
                DraftValue::Plain(value.to_owned())
            } else {
                text(value)
            }
        };
        entries.push(("hosts", quoted(&self.height.hosts)));
        if let Some(traffic) = &self.height.traffic {
            entries.push(("traffic", text(traffic)));
        }
        if self.bake_ms > 0 {
            entries.push(("bake", duration(self.bake_ms)));
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
