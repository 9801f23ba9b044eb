//! A foreign file as a tree that keeps places: what YAML, JSON, TOML and HCL have in common. It knows no tool, and reads no
//! file.
//!
//! A scalar is kept as it was written; what it is (a number, a truth, a time) is asked where it is used. Every entry of a
//! mapping has a number of its own, also where an alias repeats it, so that somebody can keep book of what was read.

mod hcl;
mod limits;
mod toml;
mod yaml;

pub use limits::MAX_BYTES;
pub(super) use limits::{MAX_DOCUMENTS, MAX_TOTAL_BYTES};

use crate::diagnostic::{Diagnostic, FileId, Span};

/// A language in which tools say their policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    /// YAML, a stream of documents.
    Yaml,
    /// JSON.
    Json,
    /// TOML.
    Toml,
    /// HashiCorp's language.
    Hcl,
}

/// A value with its place.
#[derive(Debug, Clone)]
pub(super) struct Marked {
    /// Where it is written.
    pub span: Span,
    /// What is written there.
    pub value: MarkedValue,
    /// A tag such as `!Ref`, without the mark.
    pub tag: Option<String>,
}

/// What is written.
#[derive(Debug, Clone)]
pub(super) enum MarkedValue {
    /// Anything that is no collection. `plain`: without quotes, so that it may be nothing, a number or a truth.
    Scalar {
        /// Its text.
        text: String,
        /// Whether it was written without quotes.
        plain: bool,
    },
    /// A sequence.
    List(Vec<Marked>),
    /// A mapping, in the order in which it was written.
    Map(Vec<Entry>),
}

/// An entry of a mapping.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// Its number among all entries that were read.
    pub number: usize,
    /// The key.
    pub key: String,
    /// Where the key is written.
    pub key_span: Span,
    /// Its value.
    pub value: Marked,
}

impl Entry {
    /// From the key to the end of the value.
    pub fn span(&self) -> Span {
        Span { end: self.value.span.end.max(self.key_span.end), ..self.key_span }
    }
}

impl Marked {
    /// The entries of a mapping; none of anything else.
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            MarkedValue::Map(entries) => entries,
            MarkedValue::Scalar { .. } | MarkedValue::List(_) => &[],
        }
    }

    /// The items of a sequence; none of anything else.
    pub fn items(&self) -> &[Self] {
        match &self.value {
            MarkedValue::List(items) => items,
            MarkedValue::Scalar { .. } | MarkedValue::Map(_) => &[],
        }
    }

    /// The value of a key of a mapping.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    /// The items of a list; none of anything else.
    pub fn list_items(&self) -> &[Self] {
        match &self.value {
            MarkedValue::List(items) => items,
            MarkedValue::Scalar { .. } | MarkedValue::Map(_) => &[],
        }
    }

    /// The text of a scalar.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            MarkedValue::Scalar { text, .. } => Some(text),
            MarkedValue::List(_) | MarkedValue::Map(_) => None,
        }
    }

    /// How many values it is, with itself.
    fn size(&self) -> usize {
        1 + match &self.value {
            MarkedValue::Scalar { .. } => 0,
            MarkedValue::List(items) => items.iter().map(Self::size).sum(),
            MarkedValue::Map(entries) => entries.iter().map(|entry| entry.value.size()).sum(),
        }
    }

    /// How many collections are inside each other, with itself.
    fn depth(&self) -> usize {
        match &self.value {
            MarkedValue::Scalar { .. } => 0,
            MarkedValue::List(items) => 1 + items.iter().map(Self::depth).max().unwrap_or(0),
            MarkedValue::Map(entries) => {
                1 + entries.iter().map(|entry| entry.value.depth()).max().unwrap_or(0)
            }
        }
    }

    /// Whether nothing is written: a key without a value, `null` or `~`.
    pub fn is_nothing(&self) -> bool {
        matches!(&self.value, MarkedValue::Scalar { text, plain: true } if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }
}

/// The documents that a document stands for: what is in a `List` of Kubernetes, or itself.
pub(super) fn documents_of(tree: Marked) -> Vec<Marked> {
    let is_list = tree.get("kind").and_then(Marked::text) == Some("List") && tree.get("apiVersion").is_some();
    let MarkedValue::Map(entries) = tree.value else { return vec![tree] };
    if !is_list {
        return vec![Marked { value: MarkedValue::Map(entries), ..tree }];
    }
    let items = entries.into_iter().find(|entry| entry.key == "items").map(|entry| entry.value.value);
    if let Some(MarkedValue::List(items)) = items { items } else { Vec::new() }
}

/// Gives out numbers of entries, each once, and counts values: all files together may have so many.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    entries: usize,
    values: usize,
}

impl Numbers {
    /// The next number.
    fn next(&mut self) -> usize {
        self.entries += 1;
        self.entries - 1
    }

    /// How many were given out.
    pub fn count(&self) -> usize {
        self.entries
    }

    /// Counts values that begin at `span`.
    ///
    /// # Errors
    /// Where there are too many.
    fn spend(&mut self, values: usize, span: Span) -> Result<(), Diagnostic> {
        self.values = self.values.saturating_add(values);
        if self.values > limits::MAX_VALUES { Err(limits::too_much(span)) } else { Ok(()) }
    }
}

/// The documents of a file: several of a YAML stream, one of any other.
///
/// # Errors
/// Where the text is not of that language, is nested too deeply or says too much.
pub(super) fn parse(
    text: &str,
    language: Language,
    file: FileId,
    numbers: &mut Numbers,
) -> Result<Vec<Marked>, Diagnostic> {
    let whole = match language {
        // Every JSON text is a YAML text.
        Language::Yaml => return yaml::parse(text, file, numbers, "YAML"),
        Language::Json => return yaml::parse(text, file, numbers, "JSON"),
        Language::Toml => toml::parse(text, file, numbers)?,
        Language::Hcl => hcl::parse(text, file, numbers)?,
    };
    numbers.spend(whole.size(), whole.span)?;
    Ok(vec![whole])
}
