//! The scenario as it takes shape: strategies, alarms and regions as tables whose every line knows where it is from. It
//! knows no tool, and writes no text but that of single values.
//!
//! An importer says what its files say and leaves the rest out. What a scenario needs besides is put in by `compose`.

mod script;
mod table;
mod value;

pub(super) use script::ScenarioScript;
pub(super) use table::{DraftTable, DraftValue, Row};
pub(super) use value::{duration, inline, joined, list, percent, share, text, texts, whole};

use super::provenance::{Provenance, cut};
use crate::outlet::is_hidden;
use std::collections::{BTreeMap, BTreeSet};

/// The longest name of a scenario.
const MOST_NAME: usize = 100;

/// Letters of a description: names in it are as long as their authors like.
const MOST_DESCRIPTION: usize = 300;

/// What is wrong with hosts that an alarm is a sign of. A defect of that kind stands in the scenario for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ailment {
    /// Requests fail.
    Errors,
    /// Requests are slow.
    Slow,
    /// Instances are not there, restart, or are not ready.
    Down,
    /// Something is used up: memory, processors, disks, connections.
    Strain,
}

/// An alarm.
#[derive(Debug, Clone)]
pub(super) struct DraftAlarm {
    /// Its name, no other's.
    pub name: String,
    /// Its keys but for the name.
    pub table: DraftTable,
    /// What it is a sign of.
    pub ailment: Ailment,
    /// Whether it calls people, and not the tool.
    pub calls_people: bool,
    /// Where it is written.
    pub from: Provenance,
}

/// A strategy.
#[derive(Debug, Clone)]
pub(super) struct DraftStrategy {
    /// Its name, no other's.
    pub name: String,
    /// One sentence for reports.
    pub description: String,
    /// Its keys but for name, description and alarms, and its waves as children `wave`.
    pub table: DraftTable,
    /// The alarms at which the tool itself stops; those that only its gates check are not among them.
    pub alarms: Vec<String>,
    /// Where it is written.
    pub from: Provenance,
}

/// A region of the fleet.
#[derive(Debug, Clone)]
pub(super) struct DraftRegion {
    /// Its name. Of two of one name the first stays.
    pub name: String,
    /// Its keys but for the name.
    pub table: DraftTable,
}

/// What the files say, as parts of a scenario.
#[derive(Debug, Clone, Default)]
pub(super) struct Draft {
    /// The strategies, in the order of the files.
    pub strategies: Vec<DraftStrategy>,
    /// The alarms, likewise.
    pub alarms: Vec<DraftAlarm>,
    /// The regions, likewise.
    pub regions: Vec<DraftRegion>,
    /// Names of alarms to which a strategy that no file says does not listen: parts of others, and those that call nobody.
    pub unheard: Vec<String>,
    /// Keys of `[change]`.
    pub change: DraftTable,
    names: TakenNames,
}

/// The names that are given: to strategies and alarms, with those of the scenario that is added to, and to regions.
#[derive(Debug, Clone, Default)]
struct TakenNames {
    taken: BTreeSet<String>,
    /// The last number that was put behind a name.
    numbers: BTreeMap<String, usize>,
    regions: BTreeSet<String>,
}

impl Draft {
    /// A draft in which `occupied` are no names for new parts.
    pub fn beside(occupied: Vec<String>) -> Self {
        let taken = occupied.into_iter().collect();
        Self { names: TakenNames { taken, ..TakenNames::default() }, ..Self::default() }
    }

    /// Adds an alarm, and returns its name: the wanted one, or one like it if that is another's.
    pub fn alarm(&mut self, alarm: DraftAlarm) -> String {
        let name = self.free(&alarm.name);
        self.alarms.push(DraftAlarm { name: name.clone(), ..alarm });
        name
    }

    /// Adds a strategy, and returns its name: the wanted one, or one like it if that is another's.
    pub fn strategy(&mut self, strategy: DraftStrategy) -> String {
        let name = self.free(&strategy.name);
        let description = cut(&strategy.description, MOST_DESCRIPTION);
        self.strategies.push(DraftStrategy { name: name.clone(), description, ..strategy });
        name
    }

    /// Adds a region unless there is one of that name; returns whether it is new.
    pub fn region(&mut self, region: DraftRegion) -> bool {
        let name = sound_name(&region.name);
        let is_new = self.names.regions.insert(name.clone());
        if is_new {
            self.regions.push(DraftRegion { name, ..region });
        }
        is_new
    }

    fn free(&mut self, wanted: &str) -> String {
        let wanted = sound_name(wanted);
        let TakenNames { taken, numbers, .. } = &mut self.names;
        if taken.insert(wanted.clone()) {
            return wanted;
        }
        let last = numbers.entry(wanted.clone()).or_insert(1);
        loop {
            *last += 1;
            let name = format!("{wanted}-{last}");
            if taken.insert(name.clone()) {
                return name;
            }
        }
    }
}

impl DraftStrategy {
    /// A strategy without keys.
    pub fn new(name: impl Into<String>, description: impl Into<String>, from: Provenance) -> Self {
        Self {
            name: name.into(),
            description: description.into(),
            table: DraftTable::default(),
            alarms: Vec::new(),
            from,
        }
    }
}

/// A name that a scenario can have, as near to `name` as may be.
pub(super) fn sound_name(name: &str) -> String {
    let letter = |c: char| if c == '/' || c.is_whitespace() { '-' } else { c };
    let sound: String =
        name.trim().chars().filter(|c| !is_hidden(*c)).map(letter).take(MOST_NAME - 5).collect();
    if sound.is_empty() { "unnamed".to_owned() } else { sound }
}
