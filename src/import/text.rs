//! The text of the scenario: alone, or added to one that is there. It decides nothing that a scenario says.

use super::compose;
use super::draft::{DraftTable, ScenarioScript, text};
use super::provenance::Provenance;
use super::{Fate, Imported};
use crate::outlet::line;

/// Reasons of losses that the scenario's comments name of each fate, and places of each.
const MOST_LOSSES: usize = 60;

impl Imported {
    /// The scenario, with a comment for each line that says where it is from; `command` is how it was made.
    #[must_use]
    pub fn scenario(&self, command: &str) -> String {
        self.script(command).text().to_owned()
    }

    /// The same with the places that its lines are from.
    pub(super) fn script(&self, command: &str) -> ScenarioScript {
        let mut out = self.head(command);
        let mut section = |title: &str, tables: Vec<(String, DraftTable)>| {
            if tables.is_empty() {
                return;
            }
            out.push(&format!("\n# --- {title} {}\n", "-".repeat(90_usize.saturating_sub(title.len()))));
            for (header, table) in tables {
                out.push("\n");
                table.write(&mut out, &format!("[[{header}]]"), &header, &self.sources);
            }
        };
        section("Where it runs", self.regions());
        section("What may be wrong with a change", self.defects());
        section("Who notices", self.alarm_tables());
        section("How it is rolled out", self.strategy_tables(|_| true));
        out
    }

    /// The strategies and alarms alone, for a scenario that has the rest.
    pub(super) fn addition(&self, command: &str) -> String {
        let mut out = ScenarioScript::default();
        out.push(&format!("\n# Added by `{}`.\n", line(command)));
        self.write_losses(&mut out);
        for (header, table) in
            self.alarm_tables().into_iter().chain(self.strategy_tables(|places| places > 0))
        {
            out.push("\n");
            table.write(&mut out, &format!("[[{header}]]"), &header, &self.sources);
        }
        out.text().to_owned()
    }

    /// What is not as in the files, for whoever reads the scenario without its report.
    fn write_losses(&self, out: &mut ScenarioScript) {
        for fate in Fate::ALL.into_iter().filter(|fate| *fate != Fate::ByHand) {
            let reasons = self.lost(fate);
            for (what, why) in reasons.iter().take(MOST_LOSSES) {
                out.push(&format!("# {}: {}\n", fate.name(), line(why)));
                for what in what.iter().take(MOST_LOSSES) {
                    out.push(&format!("#     {}\n", line(what)));
                }
                if what.len() > MOST_LOSSES {
                    out.push(&format!("#     and {} more\n", what.len() - MOST_LOSSES));
                }
            }
            if reasons.len() > MOST_LOSSES {
                out.push(&format!("# {}: and {} more\n", fate.name(), reasons.len() - MOST_LOSSES));
            }
        }
    }

    /// The first lines, up to the tables that a scenario has once.
    fn head(&self, command: &str) -> ScenarioScript {
        let mut out = ScenarioScript::default();
        out.push(&format!(
            "# Made by `{}`\n# from {}.\n\
             # Each line says where it is from. Those marked <-- are in no file: put in what is true for you.\n",
            line(command),
            line(&self.origin())
        ));
        self.write_losses(&mut out);
        let mut once = |header: &str, table: &DraftTable| {
            out.push("\n");
            table.write(&mut out, header, "", &self.sources);
        };
        once("[study]", &compose::study(&self.draft));
        let mut fleet = DraftTable::default();
        let usual = Provenance::hand("requests that fail without any change");
        fleet.set("background-error-ratio", text("0.05%"), usual);
        once("[fleet]", &fleet);
        once("[change]", &self.draft.change);
        out
    }

    fn regions(&self) -> Vec<(String, DraftTable)> {
        let named = |(name, table): (&String, &DraftTable)| {
            ("fleet.region".to_owned(), with_name(name, table, &Provenance::Plain))
        };
        self.draft.regions.iter().map(|region| named((&region.name, &region.table))).collect()
    }

    fn defects(&self) -> Vec<(String, DraftTable)> {
        self.defects.iter().map(|table| ("defect".to_owned(), table.clone())).collect()
    }

    fn alarm_tables(&self) -> Vec<(String, DraftTable)> {
        let alarms = self.draft.alarms.iter();
        alarms.map(|alarm| ("alarm".to_owned(), with_name(&alarm.name, &alarm.table, &alarm.from))).collect()
    }

    fn strategy_tables(&self, wanted: impl Fn(usize) -> bool) -> Vec<(String, DraftTable)> {
        let strategies = self.draft.strategies.iter().filter(|strategy| wanted(strategy.from.places()));
        strategies
            .map(|strategy| {
                let mut table = strategy.table.clone();
                if !strategy.description.is_empty() {
                    table.put_first("description", text(&strategy.description), Provenance::Plain);
                }
                ("strategy".to_owned(), with_name(&strategy.name, &table, &Provenance::Plain))
            })
            .collect()
    }
}

fn with_name(name: &str, table: &DraftTable, from: &Provenance) -> DraftTable {
    let mut named = table.clone();
    named.put_first("name", text(name), from.clone());
    named
}
