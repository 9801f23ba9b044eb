//! A table of the scenario whose lines know where they are from, and its text.

use super::script::ScenarioScript;
use crate::diagnostic::Sources;
use crate::import::provenance::Provenance;
use std::fmt;

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::import) enum DraftValue {
    /// As TOML writes it, on one line.
    Plain(String),
    /// A list with a line for each item.
    Rows(Vec<Row>),
}

/// An item of a list that has a line of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::import) struct Row {
    /// The item.
    pub value: String,
    /// Where it is from.
    pub from: Provenance,
}

impl fmt::Display for DraftValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(text) => f.write_str(text),
            Self::Rows(rows) => {
                let items: Vec<&str> = rows.iter().map(|row| row.value.as_str()).collect();
                write!(f, "[{}]", items.join(", "))
            }
        }
    }
}

/// Keys with their values, and the tables of lists below it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::import) struct DraftTable {
    lines: Vec<(String, DraftValue, Provenance)>,
    children: Vec<(String, DraftTable)>,
}

impl DraftTable {
    /// Adds a line, in place of one that has the key.
    pub fn set(&mut self, key: &str, value: DraftValue, from: Provenance) {
        let line = (key.to_owned(), value, from);
        match self.lines.iter_mut().find(|(known, ..)| known == key) {
            Some(known) => *known = line,
            None => self.lines.push(line),
        }
    }

    /// Adds a line before all others.
    pub fn put_first(&mut self, key: &str, value: DraftValue, from: Provenance) {
        self.lines.insert(0, (key.to_owned(), value, from));
    }

    /// Says where the lines of these keys are from, as far as nothing is said.
    pub fn credit(&mut self, keys: &[&str], from: &Provenance) {
        for (key, _, known) in &mut self.lines {
            if keys.contains(&key.as_str()) && *known == Provenance::Plain {
                *known = from.clone();
            }
        }
    }

    /// Adds a table to the list `name`.
    pub fn add(&mut self, name: &str, table: Self) {
        self.children.push((name.to_owned(), table));
    }

    /// Whether a key or a list is there.
    pub fn has(&self, key: &str) -> bool {
        self.lines.iter().any(|(known, ..)| known == key) || self.children.iter().any(|(name, _)| name == key)
    }

    /// The value of a key.
    pub fn value(&self, key: &str) -> Option<&DraftValue> {
        self.lines.iter().find(|(known, ..)| known == key).map(|(_, value, _)| value)
    }

    /// Takes a key away; returns its value.
    pub fn remove(&mut self, key: &str) -> Option<DraftValue> {
        let index = self.lines.iter().position(|(known, ..)| known == key)?;
        Some(self.lines.remove(index).1)
    }

    /// The tables of a list.
    pub fn list_mut(&mut self, name: &str) -> impl Iterator<Item = &mut Self> {
        self.children.iter_mut().filter(move |(known, _)| known == name).map(|(_, child)| child)
    }

    /// Whether some value, here or below, has `words` in it.
    pub fn mentions(&self, words: &str) -> bool {
        self.lines.iter().any(|(key, value, _)| key.contains(words) || value.to_string().contains(words))
            || self.children.iter().any(|(_, child)| child.mentions(words))
    }

    /// Places of the files that its lines are from.
    pub fn places(&self) -> usize {
        let of_rows = |rows: &[Row]| rows.iter().map(|row| row.from.places()).sum::<usize>();
        let of_line = |(_, value, from): &(String, DraftValue, Provenance)| match value {
            DraftValue::Plain(_) => from.places(),
            DraftValue::Rows(rows) => from.places() + of_rows(rows),
        };
        self.lines.iter().map(of_line).sum::<usize>()
            + self.children.iter().map(|(_, child)| child.places()).sum::<usize>()
    }

    /// Writes it under `header`, such as `[[strategy]]`, whose name `path` begins those of its lists.
    pub fn write(&self, out: &mut ScenarioScript, header: &str, path: &str, sources: &Sources) {
        out.push(&format!("{header}\n"));
        for (key, value, from) in &self.lines {
            match value {
                DraftValue::Plain(text) => out.line(&format!("{key} = {text}"), from, sources),
                DraftValue::Rows(rows) => {
                    out.line(&format!("{key} = ["), from, sources);
                    for row in rows {
                        out.line(&format!("    {},", row.value), &row.from, sources);
                    }
                    out.push("]\n");
                }
            }
        }
        for (name, child) in &self.children {
            let path = format!("{path}.{name}");
            out.push("\n");
            child.write(out, &format!("[[{path}]]"), &path, sources);
        }
    }
}
