//! Reads the spanned document tree into written tables, collecting every problem in one pass.
//!
//! It knows TOML's types and nothing of what a scenario means. A value that was reported becomes
//! [`Field::Broken`], so that later phases neither miss it nor report it again.

use super::problems::Problems;
use super::rules;
use super::suggest;
use crate::diagnostic::{Diagnostic, FileId, Rule, Span};
use std::fmt::Display;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A value as written, with its place.
#[derive(Debug, Clone)]
pub struct Written<T> {
    /// The value.
    pub value: T,
    /// Where it was written: the value itself, or the header of a table.
    pub span: Span,
}

/// A key of a table: left out, unusable (and reported), or given.
#[derive(Debug, Clone, Default)]
pub enum Field<T> {
    /// Not written.
    #[default]
    Absent,
    /// Written and already reported as wrong, or required and already reported as missing.
    Broken,
    /// Written.
    Given(Written<T>),
}

impl<T> Field<T> {
    /// The value with its place, if it was given and makes sense.
    pub fn get(&self) -> Option<&Written<T>> {
        match self {
            Self::Given(written) => Some(written),
            Self::Absent | Self::Broken => None,
        }
    }

    /// The value alone.
    pub fn value(&self) -> Option<&T> {
        self.get().map(|written| &written.value)
    }

    /// The place alone.
    pub fn span(&self) -> Option<Span> {
        self.get().map(|written| written.span)
    }

    /// Whether it was given and where, without the value.
    pub fn presence(&self) -> Field<()> {
        match self {
            Self::Absent => Field::Absent,
            Self::Broken => Field::Broken,
            Self::Given(written) => Field::Given(Written { value: (), span: written.span }),
        }
    }

    /// Whether the key was not written at all.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// Whether the key was reported already.
    pub fn is_broken(&self) -> bool {
        matches!(self, Self::Broken)
    }
}

impl<T> Field<Vec<T>> {
    /// The elements of a list; none where it was left out or reported.
    pub fn list(&self) -> &[T] {
        self.value().map_or(&[], Vec::as_slice)
    }
}

impl<T: Clone> Field<T> {
    /// Takes over `parent` where nothing was written here.
    pub fn inherit(&mut self, parent: &Self) {
        if self.is_absent() {
            *self = parent.clone();
        }
    }
}

/// A value of the document tree and its place.
#[derive(Debug, Clone, Copy)]
pub struct Node<'a> {
    /// The value.
    pub value: &'a DeValue<'a>,
    /// Its place.
    pub span: Span,
}

/// A type that can be read from a value; reports and returns none where it cannot.
pub trait Read: Sized {
    /// Reads the value.
    fn read(node: Node<'_>, reader: &mut Reader<'_>) -> Option<Self>;
}

/// The state of reading one file.
pub struct Reader<'p> {
    file: FileId,
    /// Keys from the root to the value being read.
    path: Vec<String>,
    /// Whether the value being read is an element of an array.
    in_array: bool,
    problems: &'p mut Problems,
}

impl<'p> Reader<'p> {
    /// A reader of `file` that reports to `problems`.
    pub fn new(file: FileId, problems: &'p mut Problems) -> Self {
        Self { file, path: Vec::new(), in_array: false, problems }
    }

    /// Reads the whole document.
    pub fn document<T: Read>(&mut self, table: Spanned<DeTable<'_>>) -> Option<T> {
        let span = self.span(&(0..0));
        let value = DeValue::Table(table.into_inner());
        T::read(Node { value: &value, span }, self)
    }

    /// A place in the file being read.
    pub fn span(&self, range: &std::ops::Range<usize>) -> Span {
        Span { file: self.file, start: range.start, end: range.end }
    }

    /// The key being read.
    pub fn key(&self) -> &str {
        self.path.last().map_or("scenario", String::as_str)
    }

    /// The keys from the root to the value being read, joined by dots.
    pub fn path(&self) -> String {
        self.path.join(".")
    }

    /// Reports a problem.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.problems.report(diagnostic);
    }

    /// Reports a value of the wrong type; `wanted` has its article, `help` shows how to write it.
    pub fn wrong_type<T>(&mut self, node: Node<'_>, wanted: &str, help: impl Into<String>) -> Option<T> {
        let found = type_name(node.value);
        let message = format!("`{}` must be {wanted}, not {found}", self.key());
        self.report(
            Diagnostic::new(&rules::WRONG_TYPE, message).at(node.span, format!("this is {found}")).help(help),
        );
        None
    }

    /// Reports a value of the right type that cannot be used; `why` goes on after the key. It returns none, so that whoever
    /// reads the value can, too.
    pub fn refuse<T>(
        &mut self,
        node: Node<'_>,
        rule: &'static Rule,
        why: impl Display,
        help: impl Into<String>,
    ) -> Option<T> {
        let message = format!("`{}` {why}", self.key());
        self.report(rule.at(node.span, message).help(help));
        None
    }

    /// The text of a string; reports anything else as no `wanted`, which has its article.
    pub fn text<'a>(&mut self, node: Node<'a>, wanted: &str, help: impl Into<String>) -> Option<&'a str> {
        match node.value {
            DeValue::String(text) => Some(text),
            _ => self.wrong_type(node, wanted, help),
        }
    }

    /// Opens a table, or reports that there is none.
    pub fn table<'a>(&mut self, node: Node<'a>) -> Option<Table<'a>> {
        let in_array = std::mem::take(&mut self.in_array);
        let DeValue::Table(table) = node.value else {
            let path = self.path();
            let help = match node.value {
                _ if in_array => format!("write {{ … }} in its place, or a `[[{path}]]` section"),
                DeValue::Array(_) => format!("write `[{path}]` once, with single brackets"),
                _ => format!("write `{} = {{ … }}` or a `[{path}]` section", self.key()),
            };
            return self.wrong_type(node, "a table", help);
        };
        let entries = table.iter().map(|(key, value)| TableEntry {
            key: key.get_ref(),
            key_span: self.span(&key.span()),
            node: Node { value: value.get_ref(), span: self.span(&value.span()) },
            known: false,
        });
        Some(Table { entries: entries.collect(), missing: Vec::new(), span: node.span })
    }

    /// Reads each element of an array; none when one of them is wrong.
    pub fn array<T: Read>(&mut self, node: Node<'_>, help: &str) -> Option<Vec<Written<T>>> {
        let DeValue::Array(array) = node.value else {
            return self.wrong_type(node, "an array", help);
        };
        // Every element is read before giving up on the whole, so that all problems are reported.
        let elements: Vec<Option<Written<T>>> = array
            .iter()
            .map(|element| {
                let node = Node { value: element.get_ref(), span: self.span(&element.span()) };
                self.in_array = true;
                T::read(node, self).map(|value| Written { value, span: node.span })
            })
            .collect();
        self.in_array = false;
        elements.into_iter().collect()
    }
}

struct TableEntry<'a> {
    key: &'a str,
    key_span: Span,
    node: Node<'a>,
    known: bool,
}

/// A table whose keys are taken one by one; what is left at the end is unknown.
pub struct Table<'a> {
    entries: Vec<TableEntry<'a>>,
    /// Keys that are needed and were not there.
    missing: Vec<String>,
    span: Span,
}

impl Table<'_> {
    /// Reads key `key`.
    pub fn take<T: Read>(&mut self, key: &str, required: bool, reader: &mut Reader<'_>) -> Field<T> {
        let Some(entry) = self.entries.iter_mut().find(|entry| entry.key == key) else {
            if !required {
                return Field::Absent;
            }
            self.missing.push(key.to_owned());
            return Field::Broken;
        };
        entry.known = true;
        let node = entry.node;
        reader.path.push(key.to_owned());
        let value = T::read(node, reader);
        reader.path.pop();
        value.map_or(Field::Broken, |value| Field::Given(Written { value, span: node.span }))
    }

    /// Reports the keys that nobody took, and those that are needed and not there under another spelling; `keys` are the
    /// valid ones.
    pub fn finish(self, keys: &[String], reader: &mut Reader<'_>) {
        let unknown = || self.entries.iter().filter(|entry| !entry.known);
        let is_misspelt = |key: &str| {
            unknown().any(|entry| suggest::closest(entry.key, keys.iter().map(String::as_str)) == Some(key))
        };
        for key in self.missing.iter().filter(|key| !is_misspelt(key)) {
            let what =
                if reader.path.is_empty() { "scenario".into() } else { format!("`{}`", reader.path()) };
            let message = format!("{what} has no `{key}`");
            let label = format!("add `{key} = …` here");
            reader.report(Diagnostic::new(&rules::MISSING_KEY, message).at(self.span, label));
        }
        for entry in unknown() {
            let place = if reader.path.is_empty() {
                "at the top of a scenario".to_owned()
            } else {
                format!("in `{}`", reader.path())
            };
            let message = format!("unknown key `{}` {place}", entry.key);
            let help = suggest::help(entry.key, keys.iter().map(String::as_str), "keys here");
            reader.report(rules::UNKNOWN_KEY.at(entry.key_span, message).help(help));
        }
    }
}

/// A TOML type with its article.
fn type_name(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a decimal number",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}
