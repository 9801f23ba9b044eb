//! What a report is before it has a format: a document of sections, paragraphs, lists, tables and commands.
//!
//! A report is built once as a [`Document`]; a terminal, Markdown and a page each show it in their own way. Documents know
//! no simulation: what they say was put into words by whoever built them.

mod block;
mod entries;
pub mod html;
mod inline;
mod layout;
mod markdown;
mod table;
mod terminal;

pub use block::{Block, Document, Item, ShellCommand, TimedLine};
pub use entries::Entries;
pub use inline::{RichText, Tone, VerdictMark, elide};
pub use markdown::render as markdown;
pub use table::{Align, DataTable};
pub use terminal::Terminal;
