//! The values of a scenario that somebody may want to turn: bakes, sizes of batches and waves, thresholds of alarms, how
//! often changes are bad and when it shows. Each with a path for [`super::setting`], and with ends and a step around what
//! is written. It reads texts and judges nothing: whether a turned scenario is valid is said when it is read.

mod numbers;
mod parts;

use super::Loaded;
use super::setting::place;
use super::value::Duration;
pub use numbers::KnobKind;
use numbers::{
    ABOVE_NOTHING, DURATION_STEPS, FAR, FROM_NOTHING, KnobEnds, SHARE_STEPS, SHARE_UNITS, far, number, steps,
};
use parts::{ScenarioPart, entries, parts, strategies_in_use, table, word};
use serde::Serialize;
use std::collections::BTreeSet;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// More knobs than this help nobody; those of the strategies come first.
const MOST_KNOBS: usize = 400;
/// With more regions their hosts are no knobs.
const FEW_REGIONS: usize = 8;
/// Orders of regions.
const ORDERS: [&str; 3] = ["\"listed\"", "\"low-traffic-first\"", "\"high-traffic-first\""];

/// A value that can be turned.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Knob {
    /// The path of its setting.
    pub path: String,
    /// What it is, within its group.
    pub label: String,
    /// The strategy, alarm, defect or other part that it belongs to.
    pub group: String,
    /// What kind of number it is.
    pub kind: KnobKind,
    /// What is written, in TOML.
    pub value: String,
    /// The least number, in milliseconds, as a share of 1, or as it is.
    pub low: f64,
    /// The largest number. `low` and `high` are whole numbers of steps from `now`.
    pub high: f64,
    /// From one number to the next.
    pub step: f64,
    /// The number that is written.
    pub now: f64,
    /// What a number of a choice stands for, in TOML; empty for other kinds.
    pub options: Vec<String>,
    /// The file in which it is written.
    pub file: String,
}

impl Knob {
    /// The TOML that stands for a number of this knob, as it is set.
    #[must_use]
    pub fn toml(&self, number: f64) -> String {
        match self.kind {
            KnobKind::Duration => format!("\"{}\"", Duration { ms: number.max(0.0).round() as u64 }),
            KnobKind::Share => {
                let digits = format!("{:.8}", number * 100.0);
                format!("\"{}%\"", digits.trim_end_matches('0').trim_end_matches('.'))
            }
            KnobKind::Count => format!("{}", number.max(0.0).round() as u64),
            KnobKind::Number => format!("{number}"),
            KnobKind::Choice => self.options.get(number as usize).cloned().unwrap_or_default(),
        }
    }
}

/// The knobs of a scenario: those of its strategies, then those of alarms, the change, its defects and the fleet. Empty
/// where a text is no TOML.
#[must_use]
pub fn knobs(loaded: &Loaded) -> Vec<Knob> {
    let texts: Vec<(&str, &str)> = loaded.problems.sources().texts().collect();
    let files = parts(&texts);
    let strategies = strategies_in_use(loaded.plan.as_ref(), &files);
    let regions = loaded.plan.as_ref().map_or(0, |plan| plan.fleet.regions.len());
    let mut found: Vec<(usize, Knob)> = Vec::new();
    for part in &files {
        let mut finder =
            KnobFinder { part, files: &files, strategies: &strategies, regions, found: Vec::new() };
        finder.scenario();
        found.extend(finder.found);
    }
    found.sort_by_key(|(rank, _)| *rank);
    let mut paths = BTreeSet::new();
    // Of a value that is written twice the file that includes the other has the last word, and comes first.
    found.retain(|(_, knob)| paths.insert(knob.path.clone()));
    found.into_iter().map(|(_, knob)| knob).take(MOST_KNOBS).collect()
}

/// A place in the scenario on the way to a value.
#[derive(Clone)]
struct KnobPlace {
    /// The path by names, and the one by numbers, for entries whose names lead elsewhere.
    named: String,
    numbered: String,
    group: String,
    /// What the label begins with.
    about: String,
    rank: usize,
}

impl KnobPlace {
    fn root(key: &str, group: &str, rank: usize) -> Self {
        let path = key.to_owned();
        Self { named: path.clone(), numbered: path, group: group.to_owned(), about: String::new(), rank }
    }

    fn key(&self, key: &str) -> Self {
        let of = |path: &str| format!("{path}.{key}");
        Self { named: of(&self.named), numbered: of(&self.numbered), ..self.clone() }
    }

    /// Entry number `index` of a list.
    fn entry(&self, name: Option<&str>, index: usize) -> Self {
        let number = index + 1;
        let numbered = format!("{}.{number}", self.numbered);
        let named = name.map_or(format!("{}.{number}", self.named), |name| format!("{}.{name}", self.named));
        Self { named, numbered, ..self.clone() }
    }

    fn of(&self, about: &str) -> Self {
        Self { about: format!("{}{about}: ", self.about), ..self.clone() }
    }

    fn within(&self, group: String) -> Self {
        Self { group, ..self.clone() }
    }
}

/// Finds the knobs of one file.
struct KnobFinder<'t> {
    part: &'t ScenarioPart<'t>,
    files: &'t [ScenarioPart<'t>],
    strategies: &'t BTreeSet<String>,
    /// Regions of the fleet; 0 where that is not known.
    regions: usize,
    found: Vec<(usize, Knob)>,
}

impl<'t> KnobFinder<'t> {
    fn scenario(&mut self) {
        self.list(&KnobPlace::root("strategy", "", 0), |finder, at, strategy| {
            let name = word(strategy, "name").unwrap_or_default();
            if finder.strategies.contains(name) {
                finder.strategy(&at.within(format!("strategy {name}")), strategy);
            }
        });
        self.list(&KnobPlace::root("alarm", "", 1), |finder, at, alarm| {
            let name = word(alarm, "name").unwrap_or_default();
            finder.alarm(&at.within(format!("alarm {name}")), alarm);
        });
        let root = &self.part.table;
        if let Some(change) = root.get("change").and_then(|value| value.get_ref().as_table()) {
            self.change(&KnobPlace::root("change", "change", 2), change);
        }
        self.list(&KnobPlace::root("defect", "", 3), |finder, at, defect| {
            let name = word(defect, "name").unwrap_or_default();
            finder.defect(&at.within(format!("defect {name}")), defect);
        });
        self.fleet();
    }

    /// Each table of the list at a key of the file.
    fn list(&mut self, at: &KnobPlace, mut each: impl FnMut(&mut Self, &KnobPlace, &'t DeTable<'t>)) {
        let part = self.part;
        for (index, entry) in entries(&part.table, &at.named).enumerate() {
            each(self, &at.entry(word(entry, "name"), index), entry);
        }
    }

    fn strategy(&mut self, at: &KnobPlace, strategy: &'t DeTable<'t>) {
        self.procedure(at, strategy);
        if let Some(rollback) = table(strategy, "rollback") {
            let at = at.key("rollback").of("rollback");
            self.value(&at, rollback, "reaction-delay", FROM_NOTHING);
            self.hosts(&at, rollback, "batch");
        }
        self.value(at, strategy, "deploy-time", ABOVE_NOTHING);
        self.value(at, strategy, "rollback-time", ABOVE_NOTHING);
        let waves: Vec<&DeTable<'_>> = entries(strategy, "wave").collect();
        for (index, wave) in waves.iter().enumerate() {
            let name =
                word(wave, "name").map_or(format!("wave {}", index + 1), |name| format!("wave {name}"));
            let at = at.key("wave").entry(word(wave, "name"), index).of(&name);
            self.wave(&at, wave);
            self.regions(&at, wave, &waves);
        }
        for key in ["hosts", "zones", "traffic", "users"] {
            self.ladder(&at.key("wave"), &waves, key, "wave");
        }
        for (index, patch) in entries(strategy, "patch").enumerate() {
            let name = word(patch, "wave").unwrap_or_default();
            self.wave(&at.key("patch").entry(None, index).of(&format!("wave {name}")), patch);
        }
    }

    /// What strategies, waves and patches share.
    fn procedure(&mut self, at: &KnobPlace, keys: &'t DeTable<'t>) {
        if let Some(one_box) = table(keys, "one-box") {
            let at = at.key("one-box").of("one-box");
            self.value(&at, one_box, "bake", FROM_NOTHING);
            self.hosts(&at, one_box, "hosts");
        }
        self.hosts(at, keys, "batch");
        for key in ["batch-bake", "first-zone-bake", "zone-bake"] {
            self.value(at, keys, key, FROM_NOTHING);
        }
        self.hosts(at, keys, "zones-at-once");
        self.hosts(at, keys, "regions-at-once");
    }

    fn wave(&mut self, at: &KnobPlace, wave: &'t DeTable<'t>) {
        self.value(at, wave, "bake", FROM_NOTHING);
        self.procedure(at, wave);
        let steps: Vec<&DeTable<'_>> = entries(wave, "steps").collect();
        for (index, step) in steps.iter().enumerate() {
            let at = at.key("steps").entry(None, index).of(&format!("step {}", index + 1));
            self.value(&at, step, "bake", FROM_NOTHING);
        }
        for key in ["hosts", "zones", "traffic", "users"] {
            self.ladder(&at.key("steps"), &steps, key, "step");
        }
    }

    /// How many regions a wave takes, and in which order.
    fn regions(&mut self, at: &KnobPlace, wave: &'t DeTable<'t>, waves: &[&'t DeTable<'t>]) {
        let Some(regions) = table(wave, "regions") else { return };
        let at = at.key("regions").of("regions");
        self.choice(&at, regions, "order", &ORDERS);
        let count = |wave: &DeTable<'_>| Some(number(table(wave, "regions")?, "count")?.1);
        let all: f64 = waves.iter().filter_map(|wave| count(wave)).sum();
        if let Some(now) = count(wave) {
            // One is left for each wave that takes the rest; of those with a label nobody knows how many there are.
            let others = (waves.len() - 1) as f64;
            let room = (self.regions as f64 - all - others).max(0.0);
            let is_free = regions.get("label").is_none() && waves.iter().all(|wave| is_counted(wave));
            let high = if is_free { (now + room).min(now * FAR) } else { now };
            self.ranged(&at, regions, "count", KnobEnds { low: 1.0, high });
        }
    }

    /// A share or count that grows from one entry to the next: each has room up to its neighbours.
    fn ladder(&mut self, at: &KnobPlace, rungs: &[&'t DeTable<'t>], key: &str, what: &str) {
        let written: Vec<(usize, KnobKind, f64)> = rungs
            .iter()
            .enumerate()
            .filter_map(|(index, rung)| number(rung, key).map(|(kind, now)| (index, kind, now)))
            .collect();
        let Some((_, kind, _)) = written.first().copied() else { return };
        if written.iter().any(|(_, other, _)| *other != kind) {
            return;
        }
        for (place, (index, _, now)) in written.iter().enumerate() {
            let before = place.checked_sub(1).map(|before| written[before].2);
            let after = written.get(place + 1).map(|after| after.2);
            let whole = if kind == KnobKind::Share { 1.0 } else { now * FAR };
            // What is all of it, and what does not grow, stays as it is.
            if before.is_some_and(|before| before >= *now) || after.is_some_and(|after| after <= *now) {
                continue;
            }
            if kind == KnobKind::Share && *now >= 1.0 || *now <= 0.0 {
                continue;
            }
            let name = word(rungs[*index], "name");
            let shown = name.map_or(format!("{what} {}", index + 1), |name| format!("{what} {name}"));
            let at = at.entry(name, *index).of(&shown);
            let (low, high) = (before.unwrap_or(0.0), after.unwrap_or(whole));
            let past = |from: f64, to: f64| from + (to - from) / 2.0;
            self.ranged(&at, rungs[*index], key, KnobEnds { low: past(low, *now), high: past(*now, high) });
        }
    }

    fn alarm(&mut self, at: &KnobPlace, alarm: &'t DeTable<'t>) {
        self.value(at, alarm, "period", ABOVE_NOTHING);
        self.value(at, alarm, "publish-delay", FROM_NOTHING);
        self.value(at, alarm, "detection-delay", FROM_NOTHING);
        self.value(at, alarm, "breach-probability", ABOVE_NOTHING);
        for (key, _) in alarm {
            let key = key.get_ref();
            let Some(signal) = table(alarm, key) else { continue };
            let at = at.key(key).of(key);
            for key in ["above", "at-least", "drop", "factor"] {
                self.value(&at, signal, key, ABOVE_NOTHING);
            }
            self.value(&at, signal, "min-requests", ABOVE_NOTHING);
            self.value(&at, signal, "for", FROM_NOTHING);
        }
    }

    fn change(&mut self, at: &KnobPlace, change: &'t DeTable<'t>) {
        self.ranged(at, change, "bad-probability", KnobEnds { low: f64::MIN_POSITIVE, high: 1.0 });
        self.value(at, change, "deploy-time", ABOVE_NOTHING);
        self.value(at, change, "rollback-time", ABOVE_NOTHING);
        self.value(at, change, "downtime", FROM_NOTHING);
    }

    fn defect(&mut self, at: &KnobPlace, defect: &'t DeTable<'t>) {
        self.value(at, defect, "onset", ABOVE_NOTHING);
        self.ranged(at, defect, "error-ratio", KnobEnds { low: f64::MIN_POSITIVE, high: 1.0 });
        self.value(at, defect, "weight", ABOVE_NOTHING);
    }

    fn fleet(&mut self) {
        let part = self.part;
        let Some(fleet) = table(&part.table, "fleet") else { return };
        let at = KnobPlace::root("fleet", "fleet", 4);
        self.value(&at, fleet, "background-error-ratio", ABOVE_NOTHING);
        if self.regions > FEW_REGIONS {
            return;
        }
        for (index, region) in entries(fleet, "region").enumerate() {
            let name = word(region, "name");
            let at = at.key("region").entry(name, index).of(&format!("region {}", name.unwrap_or_default()));
            let now = number(region, "hosts-per-zone").map_or(0.0, |(_, now)| now);
            let ends = KnobEnds { low: (now / 2.0).ceil().max(1.0), high: now * 2.0 };
            self.ranged(&at, region, "hosts-per-zone", ends);
            self.value(&at, region, "requests-per-second", ABOVE_NOTHING);
        }
    }

    /// Hosts, or others that are counted or a share of all; at least one.
    fn hosts(&mut self, at: &KnobPlace, keys: &'t DeTable<'t>, key: &str) {
        let Some((kind, now)) = number(keys, key) else { return };
        let high = if kind == KnobKind::Share { 1.0 } else { (now * FAR).max(8.0) };
        let low = if kind == KnobKind::Share { f64::MIN_POSITIVE } else { 1.0 };
        self.ranged(at, keys, key, KnobEnds { low, high });
    }

    /// A number around what is written; for a distribution that which says where it lies.
    fn value(&mut self, at: &KnobPlace, keys: &'t DeTable<'t>, key: &str, ends: KnobEnds) {
        let Some(written) = keys.get(key) else { return };
        if let Some(family) = written.get_ref().as_table() {
            for (family_key, parameter) in
                [("lognormal", "median"), ("exponential", "mean"), ("weibull", "scale")]
            {
                if let Some(family) = table(family, family_key) {
                    let at = KnobPlace {
                        about: format!("{}{}, ", at.about, words(key)),
                        ..at.key(key).key(family_key)
                    };
                    self.ranged(&at, family, parameter, far(ABOVE_NOTHING, number(family, parameter)));
                }
            }
            let at = KnobPlace { about: format!("{}{}, ", at.about, words(key)), ..at.key(key) };
            self.ranged(&at, family, "fixed", far(ends, number(family, "fixed")));
            return;
        }
        self.ranged(at, keys, key, far(ends, number(keys, key)));
    }

    /// A word of a few.
    fn choice(&mut self, at: &KnobPlace, keys: &'t DeTable<'t>, key: &str, options: &[&str]) {
        let Some(written) = keys.get(key) else { return };
        let value = &self.part.text[written.span()];
        let Some(now) = options.iter().position(|option| *option == value) else { return };
        let (options, high) = (options.iter().map(|&option| option.to_owned()).collect(), options.len() - 1);
        let (low, high, step, now) = (0.0, high as f64, 1.0, now as f64);
        let kind = KnobKind::Choice;
        self.push(at, key, written.span(), KnobNumbers { kind, low, high, step, now, options });
    }

    /// A number between these ends, moved inwards to whole steps.
    fn ranged(&mut self, at: &KnobPlace, keys: &'t DeTable<'t>, key: &str, ends: KnobEnds) {
        let (Some(written), Some((kind, now))) = (keys.get(key), number(keys, key)) else { return };
        let (low, high, step) = match kind {
            KnobKind::Duration => steps(&DURATION_STEPS, ends, now),
            KnobKind::Share => {
                let scaled = KnobEnds { low: ends.low * SHARE_UNITS, high: ends.high.min(1.0) * SHARE_UNITS };
                let (low, high, step) = steps(&SHARE_STEPS, scaled, (now * SHARE_UNITS).round());
                (low / SHARE_UNITS, high / SHARE_UNITS, step / SHARE_UNITS)
            }
            KnobKind::Count => {
                let least = if ends.low > 0.0 { ends.low.ceil() } else { 0.0 };
                (least.min(now), ends.high.floor().max(now), 1.0)
            }
            KnobKind::Number => {
                let step = (now / 10.0).max(f64::MIN_POSITIVE);
                (if ends.low > 0.0 { step } else { 0.0 }, now + 30.0 * step, step)
            }
            KnobKind::Choice => return,
        };
        if low < high {
            let options = Vec::new();
            self.push(at, key, written.span(), KnobNumbers { kind, low, high, step, now, options });
        }
    }

    /// Keeps a knob if a setting of its path reaches it, and nothing else.
    fn push(&mut self, at: &KnobPlace, key: &str, range: Range<usize>, found: KnobNumbers) {
        let ScenarioPart { name, text, table } = self.part;
        let at_key = at.key(key);
        let is_it = |path: &&String| {
            place(text, table, path) == Some(range.clone())
                && (**path == at_key.named || !self.is_elsewhere(path))
        };
        let Some(path) = [&at_key.named, &at_key.numbered].into_iter().find(is_it).cloned() else { return };
        let KnobNumbers { kind, low, high, step, now, options } = found;
        let knob = Knob {
            path,
            label: format!("{}{}", at.about, words(key)),
            group: at.group.clone(),
            kind,
            value: text[range].to_owned(),
            low,
            high,
            step,
            now,
            options,
            file: (*name).to_owned(),
        };
        self.found.push((at.rank, knob));
    }

    /// Whether another file has something at a path.
    fn is_elsewhere(&self, path: &str) -> bool {
        let others = self.files.iter().filter(|part| part.name != self.part.name);
        others.into_iter().any(|part| place(part.text, &part.table, path).is_some())
    }
}

/// A knob without its place.
struct KnobNumbers {
    kind: KnobKind,
    low: f64,
    high: f64,
    step: f64,
    now: f64,
    options: Vec<String>,
}

/// Whether a wave takes the rest, or so many regions without a label.
fn is_counted(wave: &DeTable<'_>) -> bool {
    match wave.get("regions").map(Spanned::get_ref) {
        Some(DeValue::String(all)) => all == "rest",
        Some(DeValue::Table(select)) => select.get("label").is_none() && select.get("count").is_some(),
        Some(_) | None => false,
    }
}

/// A key as words.
fn words(key: &str) -> String {
    key.replace('-', " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::load_str;

    const TEXT: &str = r#"
[[fleet.region]]
name = "r"
zones = 2
hosts-per-zone = [30, 40]
requests-per-second = 900
[change]
bad-probability = "20%"
deploy-time = { lognormal = { median = "4m", sigma = 0.3 } }
[[defect]]
name = "late"
onset = { exponential = { mean = "40m" } }
[[alarm]]
name = "zone.errors"
scope = "zone"
error-ratio = { above = "1.5%", min-requests = 100 }
period = "1m"
[[strategy]]
name = "ladder"
one-box = { hosts = 1, bake = "30m" }
batch = "34%"
wave = [
  { regions = "all", hosts = "5%", bake = "0s" },
  { regions = "all", hosts = "25%", bake = "1h" },
  { regions = "all" },
]
[[strategy]]
name = "template"
template = true
zone-bake = "1h"
wave = [{ regions = "all" }]
"#;

    fn knob(path: &str) -> Knob {
        let all = knobs(&load_str("k.toml", TEXT));
        let paths: Vec<&str> = all.iter().map(|knob| knob.path.as_str()).collect();
        all.iter().find(|knob| knob.path == path).unwrap_or_else(|| panic!("{path}: {paths:?}")).clone()
    }

    #[test]
    fn knobs_have_paths_words_and_room() {
        let bake = knob("strategy.ladder.one-box.bake");
        assert_eq!((bake.label.as_str(), bake.group.as_str()), ("one-box: bake", "strategy ladder"));
        assert_eq!((bake.kind, bake.now, bake.value.as_str()), (KnobKind::Duration, 1_800_000.0, "\"30m\""));
        assert_eq!((bake.low, bake.high, bake.file.as_str()), (0.0, 7_200_000.0, "k.toml"));
        let above = knob("alarm.zone.errors.error-ratio.above");
        assert_eq!((above.kind, above.now, above.toml(0.02)), (KnobKind::Share, 0.015, "\"2%\"".to_owned()));
        assert!(above.low > 0.0 && above.high <= 0.06);
        assert_eq!(knob("change.deploy-time.lognormal.median").label, "deploy time, median");
        assert_eq!(knob("defect.late.onset.exponential.mean").kind, KnobKind::Duration);
        assert_eq!(knob("change.bad-probability").high, 1.0);
        // A rung of a ladder stays between its neighbours.
        let first = knob("strategy.ladder.wave.1.hosts");
        assert!(first.low > 0.0 && first.high < 0.25, "{first:?}");
        assert_eq!(knob("strategy.ladder.wave.1.bake").high, 7_200_000.0);
        let batch = knob("strategy.ladder.batch");
        assert!(batch.low > 0.0 && batch.high == 1.0, "{batch:?}");
        let all = knobs(&load_str("k.toml", TEXT));
        assert!(all.iter().all(|knob| !knob.path.contains("template")), "nobody uses it");
    }

    #[test]
    fn numbers_are_whole_steps_apart_and_come_back_as_they_went() {
        for knob in knobs(&load_str("k.toml", TEXT)) {
            for end in [knob.low, knob.high] {
                let steps = (end - knob.now) / knob.step;
                assert!((steps - steps.round()).abs() < 1e-6, "{knob:?}");
            }
            assert!(knob.low <= knob.now && knob.now <= knob.high && knob.low < knob.high, "{knob:?}");
            let text = format!("x = {}", knob.toml(knob.now));
            let table = DeTable::parse(&text).unwrap();
            assert_eq!(number(table.get_ref(), "x").unwrap(), (knob.kind, knob.now), "{knob:?}");
        }
    }

    #[test]
    fn names_that_lead_elsewhere_go_by_number() {
        let text = "[[alarm]]\nname = \"a\"\nperiod = \"1m\"\n[[alarm]]\nname = \"a\"\nperiod = \"2m\"\n";
        let all = knobs(&load_str("k.toml", text));
        let paths: Vec<(&str, f64)> = all.iter().map(|knob| (knob.path.as_str(), knob.now)).collect();
        assert_eq!(paths, [("alarm.a.period", 60_000.0), ("alarm.2.period", 120_000.0)]);
        assert!(knobs(&load_str("k.toml", "[broken")).is_empty());
    }
}
