//! Where a line of the scenario comes from, and the comment that says so. It reads no document.

use crate::diagnostic::{Sources, Span};
use crate::outlet::line;
use std::path::Path;

/// Letters of a foreign line that a comment or a report repeats.
const MOST_LETTERS: usize = 60;

/// Letters that are looked at for that: blanks between them are left out.
const MOST_READ: usize = 2_000;

/// Places that a comment names.
const MOST_PLACES: usize = 6;

/// Where a line of the scenario comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Provenance {
    /// From these places of the files.
    Written(Vec<Span>),
    /// The files leave it out, and the tool takes this for it: `Argo's default`.
    Implied(String),
    /// No file says it; what to put there.
    Hand(String),
    /// From these places, which leave open what to put there.
    Open(Vec<Span>, String),
    /// Nothing to say.
    Plain,
}

impl Provenance {
    /// What a tool takes where nothing is written.
    pub fn implied(why: &str) -> Self {
        Self::Implied(why.to_owned())
    }

    /// What the user has to give.
    pub fn hand(what: &str) -> Self {
        Self::Hand(what.to_owned())
    }

    /// From there, which leaves open `what`.
    pub fn open(self, what: &str) -> Self {
        match self {
            Self::Written(spans) | Self::Open(spans, _) => Self::Open(spans, what.to_owned()),
            Self::Implied(_) | Self::Hand(_) | Self::Plain => Self::hand(what),
        }
    }

    /// From here and from there.
    #[must_use]
    pub fn and(self, other: &Self) -> Self {
        match (self, other) {
            (Self::Written(mut spans), Self::Written(more)) => {
                spans.extend(more.iter().filter(|span| !spans.contains(span)).copied().collect::<Vec<_>>());
                Self::Written(spans)
            }
            (Self::Plain | Self::Implied(_), other @ (Self::Written(_) | Self::Open(..))) => other.clone(),
            (own, _) => own,
        }
    }

    /// The first place of the files that it is from.
    pub fn first(&self) -> Option<Span> {
        match self {
            Self::Written(spans) | Self::Open(spans, _) => spans.first().copied(),
            Self::Implied(_) | Self::Hand(_) | Self::Plain => None,
        }
    }

    /// Places of the files that it is from.
    pub fn places(&self) -> usize {
        match self {
            Self::Written(spans) | Self::Open(spans, _) => spans.len(),
            Self::Implied(_) | Self::Hand(_) | Self::Plain => 0,
        }
    }

    /// The comment behind the line, with its `#`; empty if there is nothing to say.
    pub fn comment(&self, sources: &Sources) -> String {
        let text = match self {
            Self::Plain => return String::new(),
            Self::Implied(why) => why.clone(),
            Self::Hand(what) => format!("<-- {what}"),
            Self::Written(spans) => places(spans, sources),
            Self::Open(spans, what) => format!("<-- {what}: {}", places(spans, sources)),
        };
        format!(" # {}", line(&text))
    }
}

/// Places with what is written there.
fn places(spans: &[Span], sources: &Sources) -> String {
    let mut before = None;
    let places = spans.iter().take(MOST_PLACES).map(|span| {
        let file = (before != Some(span.file)).then(|| short_name(sources, *span));
        before = Some(span.file);
        let number = sources.position(span.file, span.start).line;
        let text = sources.text(span.file).get(span.start..span.end).unwrap_or_default();
        format!("{}:{number} {}", file.unwrap_or_default(), shortened(text))
    });
    let more = spans.len().saturating_sub(MOST_PLACES);
    let more = (more > 0).then(|| format!("and {more} more"));
    places.chain(more).collect::<Vec<_>>().join(", ")
}

/// A place as reports name it: `rollout.yaml:31`.
pub(super) fn place(sources: &Sources, span: Span) -> String {
    format!("{}:{}", short_name(sources, span), sources.position(span.file, span.start).line)
}

/// The name of the file without its folders.
fn short_name(sources: &Sources, span: Span) -> String {
    let name = sources.name(span.file);
    let file = Path::new(name).file_name().map_or_else(|| name.into(), |file| file.to_string_lossy());
    line(&file)
}

/// A text on one line, cut where it is long.
pub(super) fn shortened(text: &str) -> String {
    cut(text, MOST_LETTERS)
}

/// A text on one line of so many letters at most.
pub(super) fn cut(text: &str, most: usize) -> String {
    let trimmed = text.trim();
    let read: String = trimmed.chars().take(MOST_READ).collect();
    let text = line(&read).split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().count() <= most && read.len() == trimmed.len() {
        return text;
    }
    format!("{}...", text.chars().take(most).collect::<String>().trim_end())
}
