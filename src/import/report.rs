//! What an import kept, changed and lost, for people and for programs.

use super::provenance::place;
use super::{Fate, Imported, Loss};
use crate::outlet::line;
use serde_json::{Value, json};

/// Losses of one kind that a text tells at most; a format for programs has them all.
const MOST_TOLD: usize = 30;

impl Imported {
    /// Places of the files that lines of the scenario are from.
    #[must_use]
    pub fn kept(&self) -> usize {
        let strategies = self.draft.strategies.iter().map(|strategy| strategy.table.places());
        let alarms = self.draft.alarms.iter().map(|alarm| alarm.table.places());
        let regions = self.draft.regions.iter().map(|region| region.table.places());
        strategies.chain(alarms).chain(regions).sum::<usize>() + self.draft.change.places()
    }

    /// The report for people: a line for each loss, the same words of several places told once.
    #[must_use]
    pub fn report(&self) -> String {
        let tools: Vec<String> =
            self.recognised_once().into_iter().map(|(file, tool)| format!("{file} ({tool})")).collect();
        let counts = format!(
            "{} and {}",
            counted(self.strategies().count(), "strategy", "strategies"),
            counted(self.alarms().count(), "alarm", "alarms"),
        );
        let mut out = format!("imported {}: {counts}\n", line(&tools.join(", ")));
        let kept = counted(self.kept(), "place of the files is", "places of the files are");
        out.push_str(&format!("kept: {kept} in the scenario, each with its line\n"));
        for fate in Fate::ALL {
            self.tell(fate, &mut out);
        }
        out
    }

    fn tell(&self, fate: Fate, out: &mut String) {
        let told: Vec<(String, &str)> = self.told(fate);
        if told.is_empty() {
            return;
        }
        out.push_str(&format!("{}:\n", fate.name()));
        for (what, why) in told.iter().take(MOST_TOLD) {
            out.push_str(&format!("  {what}\n      {}\n", line(why)));
        }
        if told.len() > MOST_TOLD {
            let more = told.len() - MOST_TOLD;
            out.push_str(&format!("  and {more} more: --format json lists them all\n"));
        }
    }

    /// What was lost in this way, with places; those of one reason that follow each other together.
    fn told(&self, fate: Fate) -> Vec<(String, &str)> {
        let mut told: Vec<(String, &str)> = Vec::new();
        for loss in self.losses.iter().filter(|loss| loss.fate == fate) {
            let at = loss.span.map_or_else(String::new, |span| format!("{} ", place(&self.sources, span)));
            let what = format!("{at}{}", line(&loss.what));
            match told.iter_mut().find(|(_, why)| *why == loss.why) {
                Some((list, _)) => {
                    list.push_str("\n  ");
                    list.push_str(&what);
                }
                None => told.push((what, loss.why.as_str())),
            }
        }
        told
    }

    /// The report for programs, with the scenario's text where there is one.
    #[must_use]
    pub fn to_json(&self, scenario: Option<&str>) -> Value {
        let loss = |loss: &Loss| {
            let at = loss.span.map(|span| self.sources.position(span.file, span.start));
            json!({
                "fate": loss.fate.key(),
                "file": loss.span.map(|span| self.sources.name(span.file)),
                "line": at.map(|at| at.line),
                "what": loss.what,
                "why": loss.why,
            })
        };
        let files: Vec<Value> = self
            .recognised_once()
            .into_iter()
            .map(|(file, tool)| json!({ "file": file, "tool": tool }))
            .collect();
        json!({
            "schema_version": 1,
            "recognised": files,
            "strategies": self.strategies().collect::<Vec<_>>(),
            "alarms": self.alarms().collect::<Vec<_>>(),
            "kept": self.kept(),
            "losses": self.losses.iter().map(loss).collect::<Vec<_>>(),
            "problems": crate::diagnostic::to_json(&self.problems, &self.sources),
            "scenario": scenario,
        })
    }
}

fn counted(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}
