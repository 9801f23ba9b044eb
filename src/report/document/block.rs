//! The parts of a document. They say what is what; how much of it fits and how it looks is for a format to decide.

use super::entries::Entries;
use super::inline::{RichText, Tone, VerdictMark};
use super::table::DataTable;

/// A report before it has a format.
#[derive(Debug, Default)]
pub struct Document {
    /// Its parts, in the order of reading.
    pub blocks: Vec<Block>,
}

/// A part of a document.
#[derive(Debug)]
pub enum Block {
    /// Words for scripts, which no reader sees.
    Hidden(String),
    /// The document's title.
    Title(RichText),
    /// A part with a title of its own; without anything in it, it is not shown.
    Section(RichText, Vec<Block>),
    /// Sentences.
    Paragraph(RichText),
    /// A remark that stands apart.
    Note(RichText),
    /// Items, each with what belongs to it.
    List(Entries<Item>),
    /// Numbers by name.
    Table(DataTable),
    /// Shell commands to copy.
    Commands(Entries<ShellCommand>),
    /// What happened, in order of time.
    Story(Entries<TimedLine>),
    /// Lines that are laid out already.
    Lines(Vec<String>),
    /// What only some readers want; its sections name it.
    Details(Vec<Block>),
}

/// One entry of a list.
#[derive(Debug)]
pub struct Item {
    /// How it looks at a glance.
    pub mark: Option<VerdictMark>,
    /// What it says.
    pub text: RichText,
    /// What belongs to it.
    pub under: Vec<Block>,
}

/// One thing that happened: when, how deep within what happens around it, and what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimedLine {
    /// When, as people read it.
    pub when: String,
    /// How many levels it stands under the whole.
    pub depth: usize,
    /// What happened.
    pub words: String,
}

/// Commands that belong together.
#[derive(Debug)]
pub struct ShellCommand {
    /// What they show.
    pub title: String,
    /// The commands, one a line.
    pub lines: Vec<String>,
}

impl Document {
    /// Adds a part.
    pub fn push(&mut self, block: Block) {
        self.blocks.push(block);
    }

    /// Adds a section.
    pub fn section(&mut self, title: impl Into<String>, blocks: Vec<Block>) {
        self.blocks.push(Block::section(title, blocks));
    }
}

impl Block {
    /// A part with a plain title.
    pub fn section(title: impl Into<String>, blocks: Vec<Self>) -> Self {
        Self::Section(RichText::toned(Tone::Strong, title), blocks)
    }

    /// A list of plain sentences.
    pub fn list<T: Into<Item>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }

    /// Whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Hidden(_) => true,
            Self::Title(text) | Self::Paragraph(text) | Self::Note(text) => text.is_empty(),
            Self::Section(_, blocks) | Self::Details(blocks) => blocks.iter().all(Self::is_empty),
            Self::List(items) => items.is_empty(),
            Self::Table(table) => table.is_empty(),
            Self::Commands(commands) => commands.is_empty(),
            Self::Story(lines) => lines.is_empty(),
            Self::Lines(lines) => lines.is_empty(),
        }
    }
}

impl Item {
    /// A sentence behind a mark.
    pub fn marked(mark: VerdictMark, text: impl Into<RichText>) -> Self {
        Self { mark: Some(mark), text: text.into(), under: Vec::new() }
    }

    /// The same with something that belongs to it.
    pub fn over(self, block: Block) -> Self {
        Self { under: vec![block], ..self }
    }
}

impl<T: Into<RichText>> From<T> for Item {
    fn from(text: T) -> Self {
        Self { mark: None, text: text.into(), under: Vec::new() }
    }
}
