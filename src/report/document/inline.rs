//! Words with emphasis: what they mean beyond themselves, not how a format shows that.

use crate::outlet::shown;
use unicode_width::UnicodeWidthStr;

/// What emphasised words mean. No tone says anything that the words do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Nothing beyond the words.
    Plain,
    /// A title.
    Strong,
    /// Something holds or got better.
    Good,
    /// Something is broken or got worse.
    Bad,
    /// Something is open or deserves a look.
    Doubtful,
}

/// Words in runs of one tone each. In a cell a newline begins a second line; elsewhere there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RichText {
    runs: Vec<(Tone, String)>,
}

impl RichText {
    /// Words of one tone. Letters that cannot be seen are shown, so that every format measures what it prints.
    pub fn toned(tone: Tone, words: impl Into<String>) -> Self {
        Self { runs: Vec::new() }.then(tone, words)
    }

    /// More words behind these.
    pub fn then(mut self, tone: Tone, words: impl Into<String>) -> Self {
        self.runs.push((tone, shown(&words.into()).into_owned()));
        self
    }

    /// The words and what they mean.
    pub fn runs(&self) -> impl Iterator<Item = (Tone, &str)> {
        self.runs.iter().map(|(tone, words)| (*tone, words.as_str()))
    }

    /// The words alone.
    pub fn plain(&self) -> String {
        self.runs().map(|(_, words)| words).collect()
    }

    /// Whether there is not a word.
    pub fn is_empty(&self) -> bool {
        self.runs.iter().all(|(_, words)| words.is_empty())
    }

    /// Columns that one line of it takes on a terminal.
    pub fn width(&self) -> usize {
        self.runs().map(|(_, words)| words.width()).sum()
    }

    /// Its pieces between `separator`s, each with its tones; one at least.
    pub fn split(&self, separator: char) -> Vec<Self> {
        let mut pieces = vec![Self { runs: Vec::new() }];
        for (tone, words) in self.runs() {
            for (index, part) in words.split(separator).enumerate() {
                if index > 0 {
                    pieces.push(Self { runs: Vec::new() });
                }
                let last = pieces.len() - 1;
                pieces[last].runs.push((tone, part.to_owned()));
            }
        }
        pieces
    }

    /// The same with every `from` in the words replaced.
    pub fn replace(&self, from: &str, to: &str) -> Self {
        Self { runs: self.runs().map(|(tone, words)| (tone, words.replace(from, to))).collect() }
    }
}

impl From<&str> for RichText {
    fn from(words: &str) -> Self {
        Self::toned(Tone::Plain, words)
    }
}

impl From<String> for RichText {
    fn from(words: String) -> Self {
        Self::toned(Tone::Plain, words)
    }
}

/// How a judgement looks at a glance: `✓ pass`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerdictMark {
    /// One column.
    pub sign: &'static str,
    /// A word of four letters, or none.
    pub word: &'static str,
    /// What both mean.
    pub tone: Tone,
}

impl VerdictMark {
    /// A sign without a word.
    pub const fn sign(sign: &'static str) -> Self {
        Self { sign, word: "", tone: Tone::Plain }
    }

    /// Sign and word.
    pub fn words(&self) -> String {
        if self.word.is_empty() { self.sign.to_owned() } else { format!("{} {}", self.sign, self.word) }
    }
}

/// `words` cut to `most` characters, with an ellipsis where something is missing.
#[must_use]
pub fn elide(words: &str, most: usize) -> String {
    if words.chars().count() <= most {
        return words.to_owned();
    }
    let kept: String = words.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}
