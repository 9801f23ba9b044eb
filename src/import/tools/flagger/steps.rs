//! The steps of a Canary: how long each lasts, and what has to hold to go on.

use super::hooks::CanaryHooks;
use super::metrics::CanaryChecks;
use super::way::{CanaryKind, CanaryWay};
use super::{CanaryTicks, MINUTE};
use crate::import::cursor::Cursor;
use crate::import::draft::{DraftTable, DraftValue, Row, duration, inline, list, percent, text, whole};
use crate::import::provenance::Provenance;
use crate::import::tools::gates;

/// Users of a hundred who match the rules of an A/B test, until that is given.
const SOME_MATCH: u64 = 10;

/// The steps of a canary as they are made.
struct CanaryAscent<'w> {
    way: &'w CanaryWay,
    ticks: &'w CanaryTicks,
    hooks: &'w CanaryHooks,
    checks: Option<&'w CanaryChecks>,
    rows: Vec<Row>,
}

impl CanaryAscent<'_> {
    fn step(&mut self, share: u64, bake_ms: u64, gates: &[DraftValue], from: Provenance) {
        self.rows.push(row(self.way.word, share, bake_ms, gates, from));
    }

    /// One check a tick, on requests of customers or of load tests; none where nothing is looked at.
    fn check(&self, is_own: bool, passes: u64, after_ms: u64) -> Option<DraftValue> {
        let names = self.checks.map(|checks| if is_own { &checks.own } else { &checks.of_customers });
        names.filter(|names| !names.is_empty()).map(|names| gate(names, self.ticks, passes, after_ms))
    }

    /// So many checks, or as much time where nothing is looked at.
    fn iterations(
        &mut self,
        share: u64,
        number: u64,
        is_own: bool,
        mut gates: Vec<DraftValue>,
        from: Provenance,
    ) {
        let analysis = self.check(is_own, number, 0);
        let time_ms = self.ticks.interval_ms.saturating_mul(number);
        let bake_ms = if analysis.is_none() { time_ms } else { 0 };
        gates.extend(analysis);
        self.step(share, bake_ms, &gates, from);
    }

    fn weights(&mut self, weights: &[(u64, Provenance)]) {
        let ms = self.ticks.interval_ms;
        let mut gates = [self.hooks.before.as_slice(), &self.hooks.each].concat();
        let from = waited(&gates, Provenance::implied("the first tick only starts its pods"));
        if self.way.is_mirrored {
            gates.extend(self.check(true, 1, ms));
        }
        self.step(0, if self.way.is_mirrored { 2 * ms } else { ms }, &gates, from);
        for (index, (weight, from)) in weights.iter().enumerate() {
            let mut gates =
                if index + 1 == weights.len() { &self.hooks.end } else { &self.hooks.each }.clone();
            let from = waited(&gates, from.clone());
            gates.extend(self.check(false, 1, 0));
            self.step(*weight, ms, &gates, from);
        }
        if weights.last().is_some_and(|(weight, _)| *weight < 100) {
            self.step(100, 0, &[], promoted());
        }
    }

    fn blue_green(&mut self, number: u64, from: &Provenance, is_routed: bool) {
        let gates = [self.hooks.before.as_slice(), &self.hooks.end].concat();
        let from = waited(&gates, from.clone());
        self.iterations(0, number, true, gates, from);
        if is_routed {
            let last: Vec<DraftValue> = self.check(false, 1, 0).into_iter().collect();
            self.step(100, self.ticks.interval_ms, &last, promoted());
        } else {
            self.step(100, 0, &[], promoted());
        }
    }

    fn matching(&mut self, number: u64) {
        let gates = self.hooks.before.clone();
        let from = waited(&gates, Provenance::implied("the first tick only starts its pods"));
        self.step(0, self.ticks.interval_ms, &gates, from);
        let matching = Provenance::hand("which share of users matches");
        self.iterations(SOME_MATCH, number, false, self.hooks.end.clone(), matching);
        self.step(100, 0, &[], promoted());
    }
}

fn promoted() -> Provenance {
    Provenance::implied("promoted: everybody has the new version")
}

/// Where a step is from, unless somebody has to say how long its gates take.
fn waited(gates: &[DraftValue], from: Provenance) -> Provenance {
    let has = |word: &str| gates.iter().any(|gate| gate.to_string().contains(word));
    match (has("approval"), has("test")) {
        (false, false) => from,
        (true, false) => Provenance::hand("how long people take to approve"),
        (false, true) => Provenance::hand("what the test finds"),
        (true, true) => Provenance::hand("how long people take to approve, and what the test finds"),
    }
}

fn row(word: &str, share: u64, bake_ms: u64, gates: &[DraftValue], from: Provenance) -> Row {
    let mut entries = vec![(word, percent(&share.to_string()))];
    if bake_ms > 0 {
        entries.push(("bake", duration(bake_ms)));
    }
    if !gates.is_empty() {
        entries.push(("gates", list(gates)));
    }
    Row { value: inline(entries).to_string(), from }
}

/// The wave of a canary.
pub(super) fn wave(
    way: &CanaryWay,
    ticks: &CanaryTicks,
    threshold: Provenance,
    hooks: &CanaryHooks,
    checks: Option<&CanaryChecks>,
) -> DraftTable {
    let mut ascent = CanaryAscent { way, ticks, hooks, checks, rows: Vec::new() };
    match &way.kind {
        CanaryKind::Weights(weights) => ascent.weights(weights),
        CanaryKind::BlueGreen { checks, from, is_routed } => ascent.blue_green(*checks, from, *is_routed),
        CanaryKind::Matching(checks) => ascent.matching(*checks),
    }
    let mut wave = gates::everywhere();
    let from = if checks.is_some() { threshold } else { Provenance::Plain };
    wave.set("steps", DraftValue::Rows(ascent.rows), from);
    wave
}

/// The wave of a canary that nobody looks at.
pub(super) fn unchecked(place: &Cursor<'_>) -> DraftTable {
    let why = "how long until Flagger promotes: the interval at which it looks, a minute or as it is told";
    place.desk().by_hand("bake", why);
    let first = Provenance::implied("the first tick only starts its pods");
    let rows = vec![
        row("traffic", 0, MINUTE, &[], first),
        row("traffic", 100, 0, &[], Provenance::implied("promoted without analysis")),
    ];
    let mut wave = gates::everywhere();
    let is_said = place.path().ends_with("skipAnalysis");
    let from = if is_said { place.provenance() } else { Provenance::Plain };
    wave.set("steps", DraftValue::Rows(rows), from);
    wave
}

/// The checks of a step: one a tick, of all alarms together; too many that fail, in all steps, end the rollout.
fn gate(names: &[String], ticks: &CanaryTicks, passes: u64, after_ms: u64) -> DraftValue {
    let asked = match names {
        [name] => ("alarm", text(name)),
        names => {
            let key = |name: &String| {
                let is_bare = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
                if is_bare { name.clone() } else { text(name).to_string() }
            };
            let points: Vec<String> = names.iter().map(key).collect();
            ("points", inline(points.iter().map(|name| (name.as_str(), whole(1)))))
        }
    };
    let mut entries = vec![
        asked,
        ("passes", whole(passes)),
        ("failures", whole(ticks.threshold)),
        ("over", text("rollout")),
    ];
    if after_ms > 0 {
        entries.push(("after", duration(after_ms)));
    }
    inline([("checks", inline(entries))])
}
