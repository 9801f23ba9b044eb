//! A place in a foreign document: reads what is there, marks it as taken, and says what is wrong with it. It knows no tool.
//!
//! A value that has to be known and cannot be (`!Sub`, `{{ .Values.x }}`, `${var.n}`) is an error with its place and what to
//! give; nobody guesses.

use super::desk::{Desk, below};
use super::loss::{Fate, Loss};
use super::provenance::{Provenance, shortened};
use super::tree::{Entry, Marked, MarkedValue};
use super::unknown::unknown;
use crate::diagnostic::Span;
use crate::scenario::rules;

/// A value of a document with its path, and the desk that keeps book.
#[derive(Clone)]
pub(super) struct Cursor<'d> {
    desk: &'d Desk<'d>,
    tree: &'d Marked,
    /// From the document's root, for people: `spec.strategy.canary`.
    path: String,
    /// From the key, where it is the value of one.
    span: Span,
    /// The entry whose value it is. One that is a scalar is taken once its text is asked for.
    entry: Option<&'d Entry>,
}

/// A number of things, or a share of them in percent as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Amount {
    /// So many.
    Count(u64),
    /// A share such as `25` of `25%`: a decimal number.
    Percent(String),
}

impl<'d> Cursor<'d> {
    /// The root of a document.
    pub fn root(desk: &'d Desk<'d>, tree: &'d Marked) -> Self {
        Self { desk, tree, path: String::new(), span: tree.span, entry: None }
    }

    /// The desk.
    pub fn desk(&self) -> &'d Desk<'d> {
        self.desk
    }

    /// What is written, for questions that this file does not know.
    pub fn tree(&self) -> &'d Marked {
        self.tree
    }

    /// From the key to the end of the value.
    pub fn span(&self) -> Span {
        self.span
    }

    /// The first line, for what is said of all of it.
    pub fn head(&self) -> Span {
        let text =
            self.desk.sources.text(self.span.file).get(self.span.start..self.span.end).unwrap_or_default();
        let first = text.lines().next().unwrap_or_default().trim_end().len();
        Span { end: self.span.start + first, ..self.span }
    }

    /// The path from the document's root.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The tag, such as `Ref` of `!Ref`; of a block of HCL its label.
    pub fn tag(&self) -> Option<&'d str> {
        self.tree.tag.as_deref()
    }

    /// The value of `key`; none if it is not there or nothing. A collection is taken with that, and a scalar once it is read.
    pub fn get(&self, key: &str) -> Option<Self> {
        let entry = self.tree.entries().iter().find(|entry| entry.key == key)?;
        if entry.value.text().is_none() || entry.value.is_nothing() {
            self.desk.take(entry);
        }
        (!entry.value.is_nothing()).then(|| self.child(entry))
    }

    /// The value at the end of a chain of keys, which are all taken.
    pub fn at(&self, keys: &[&str]) -> Option<Self> {
        keys.iter().try_fold(self.clone(), |cursor, key| cursor.get(key))
    }

    /// Whether a key is written, even with nothing in it; it is not taken.
    pub fn has(&self, key: &str) -> bool {
        self.tree.get(key).is_some()
    }

    /// The text of a key without taking it: for deciding what a document is.
    pub fn peek(&self, keys: &[&str]) -> Option<&'d str> {
        keys.iter().try_fold(self.tree, |tree, key| tree.get(key)).and_then(Marked::text)
    }

    /// The documents of all files at whose end of `keys` one of `words` stands: `others(&["kind"], &["AnalysisTemplate"])`.
    /// They are not taken.
    pub fn others(&self, keys: &[&str], words: &[&str]) -> Vec<Self> {
        let roots = self.desk.papers.iter().map(|paper| Self::root(self.desk, &paper.tree));
        roots.filter(|root| root.peek(keys).is_some_and(|word| words.contains(&word))).collect()
    }

    /// All entries of a mapping, each with its key, taken as with [`Cursor::get`].
    pub fn entries(&self) -> Vec<(&'d str, Self)> {
        let entries = self.tree.entries().iter();
        entries
            .map(|entry| {
                if entry.value.text().is_none() {
                    self.desk.take(entry);
                }
                (entry.key.as_str(), self.child(entry))
            })
            .collect()
    }

    /// The items of a list; a single value is a list of one, and what is nothing has none.
    pub fn items(&self) -> Vec<Self> {
        match &self.tree.value {
            MarkedValue::List(items) => {
                let item = |(index, tree): (usize, &'d Marked)| Self {
                    desk: self.desk,
                    tree,
                    path: format!("{}[{index}]", self.path),
                    span: tree.span,
                    entry: None,
                };
                items.iter().enumerate().map(item).collect()
            }
            _ if self.tree.is_nothing() => Vec::new(),
            MarkedValue::Scalar { .. } | MarkedValue::Map(_) => vec![self.clone()],
        }
    }

    /// The items of the list under `key`; none if it is not there.
    pub fn list(&self, key: &str) -> Vec<Self> {
        self.get(key).map_or_else(Vec::new, |list| list.items())
    }

    fn child(&self, entry: &'d Entry) -> Self {
        let path = below(&self.path, &entry.key);
        Self { desk: self.desk, tree: &entry.value, path, span: entry.span(), entry: Some(entry) }
    }
}

/// Values. Each is none where it cannot be read, which was then reported.
impl<'d> Cursor<'d> {
    /// The text, which has to be known: an expression is replaced by what the user gives for it, or reported.
    pub fn text(&self) -> Option<&'d str> {
        self.take();
        if let Some(name) = unknown(self.tree, &self.path) {
            return self.desk.given(&name).or_else(|| {
                self.unknowable(&name);
                None
            });
        }
        let text = self.tree.text();
        if text.is_none() {
            self.wrong("a text", "");
        }
        text
    }

    /// A whole number, also in quotes.
    pub fn whole(&self) -> Option<u64> {
        self.read("a whole number", |text| text.trim().parse().ok())
    }

    /// A decimal number, also in quotes.
    pub fn number(&self) -> Option<f64> {
        self.read("a number", |text| text.trim().parse().ok().filter(|number: &f64| number.is_finite()))
    }

    /// `true` or `false`, also in quotes and with a capital.
    pub fn truth(&self) -> Option<bool> {
        self.read("true or false", |text| match text.trim().to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" => Some(true),
            "false" | "no" | "off" => Some(false),
            _ => None,
        })
    }

    /// A count, or a share such as `25%`.
    pub fn amount(&self) -> Option<Amount> {
        self.read("a count or a share such as 25%", |text| {
            let text = text.trim();
            match text.strip_suffix('%') {
                Some(percent) => decimal(percent.trim()).map(Amount::Percent),
                None => text.parse().ok().map(Amount::Count),
            }
        })
    }

    /// A duration in milliseconds: `10m`, `1h30m`, `1.5h`, `500ms`, `3 days`; a bare number is in `bare_ms` each.
    pub fn duration_ms(&self, bare_ms: u64) -> Option<u64> {
        self.read("a duration such as 10m", |text| super::time::read(text, bare_ms))
    }

    /// What `read` makes of the text; reported as not `what` if that is nothing.
    pub fn read<T>(&self, what: &str, read: impl Fn(&str) -> Option<T>) -> Option<T> {
        let text = self.text()?;
        let value = read(text);
        if value.is_none() {
            self.wrong(what, text);
        }
        value
    }

    /// Marks it as taken, as what is read as it is written, expressions and all.
    pub fn take(&self) {
        if let Some(entry) = self.entry {
            self.desk.take(entry);
        }
    }

    fn wrong(&self, what: &str, text: &str) {
        let found = match &self.tree.value {
            MarkedValue::Scalar { .. } => format!("`{}` is not {what}", shortened(text)),
            MarkedValue::List(_) => format!("a list is not {what}"),
            MarkedValue::Map(_) => format!("a mapping is not {what}"),
        };
        self.error(found);
    }

    /// Reports that the value depends on what only the tool knows.
    pub fn unknowable(&self, name: &str) {
        let problem = rules::UNKNOWABLE
            .at(self.tree.span, format!("what `{}` says is known only when it is deployed", self.path))
            .help(format!("say what it is: --set {}=VALUE", crate::outlet::shell_word(name)));
        self.desk.report(problem);
    }

    /// Reports a value that cannot be used, with what is wrong.
    pub fn error(&self, message: impl Into<String>) {
        self.desk.report(rules::FOREIGN_VALUE.at(self.tree.span, message));
    }
}

/// What becomes of it.
impl Cursor<'_> {
    /// Where it is from, for the comment of a line of the scenario.
    pub fn provenance(&self) -> Provenance {
        Provenance::Written(vec![self.span])
    }

    /// It is in the scenario as something close to it. Everything in it is taken.
    pub fn approximated(&self, how: impl Into<String>) {
        self.lose(Fate::Approximated, how);
    }

    /// It is not in the scenario; `why`, and what that does to the answer. Everything in it is taken.
    pub fn dropped(&self, why: impl Into<String>) {
        self.lose(Fate::Dropped, why);
    }

    /// There is nothing like it in the model. Everything in it is taken.
    pub fn refused(&self, why: impl Into<String>) {
        self.lose(Fate::Refused, why);
    }

    /// Entries of this mapping that say nothing about rollouts: what is in them is taken, and nothing is lost.
    pub fn beside_the_point(&self, keys: &[&str]) {
        for entry in self.tree.entries().iter().filter(|entry| keys.contains(&entry.key.as_str())) {
            self.desk.take(entry);
            self.desk.take_all(&entry.value);
        }
    }

    /// Entries of this mapping that are not in the scenario, if they are written.
    pub fn drop_keys(&self, keys: &[&str], why: &str) {
        for cursor in keys.iter().filter_map(|key| self.get(key)) {
            cursor.dropped(why);
        }
    }

    /// As it is written, short and on one line.
    pub fn said(&self) -> String {
        let text =
            self.desk.sources.text(self.span.file).get(self.span.start..self.span.end).unwrap_or_default();
        shortened(text)
    }

    fn lose(&self, fate: Fate, why: impl Into<String>) {
        self.take();
        self.desk.take_all(self.tree);
        let what = match (&self.tree.value, self.path.is_empty()) {
            (_, true) => self.said(),
            (MarkedValue::Scalar { text, .. }, false) => format!("{}: {}", self.path, shortened(text)),
            (_, false) => self.path.clone(),
        };
        self.desk.lose(Loss { fate, span: Some(self.span), what, why: why.into() });
    }
}

/// A decimal number as it is written, if it is one.
fn decimal(text: &str) -> Option<String> {
    let digits = text.chars().all(|c| c.is_ascii_digit() || c == '.');
    (digits && text.parse::<f64>().is_ok()).then(|| text.to_owned())
}
