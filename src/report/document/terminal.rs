//! A document on a terminal: indented, wrapped to its width, coloured after layout because an escape has no width.

use super::block::{Block, Document, Item, TimedLine};
use super::entries::Entries;
use super::inline::{RichText, Tone};
use crate::outlet;
use unicode_width::UnicodeWidthStr;

/// Blanks by which a part is set off from what it belongs to.
const STEP: usize = 2;
/// A blank at which no line breaks.
const STICKY: char = '\u{a0}';
/// Narrower terminals get lines of the first width; of wider ones tables take what they need, and sentences the second:
/// long lines do not read.
const READABLE: (usize, usize) = (60, 120);

/// What a terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terminal {
    /// Columns.
    pub width: usize,
    /// Whether to use ANSI colours.
    pub color: bool,
}

impl Terminal {
    /// A plain one of so many columns.
    #[must_use]
    pub const fn plain(width: usize) -> Self {
        Self { width, color: false }
    }

    /// The same with a width at which tables read well.
    #[must_use]
    pub fn readable(self) -> Self {
        Self { width: self.width.max(READABLE.0), ..self }
    }

    /// The document as lines, the first of which is not blank.
    #[must_use]
    pub fn render(&self, document: &Document) -> String {
        let mut out = String::new();
        self.blocks(&mut out, &document.blocks, 0);
        outlet::terminal(out.trim_start_matches('\n'), self.color)
    }

    /// One line as it is, with its colours; nothing is wrapped or cut.
    #[must_use]
    pub fn line(&self, text: &RichText) -> String {
        outlet::terminal(&self.paint(text), self.color)
    }

    fn blocks(&self, out: &mut String, blocks: &[Block], indent: usize) {
        for block in blocks.iter().filter(|block| !block.is_empty()) {
            self.block(out, block, indent);
        }
    }

    fn block(&self, out: &mut String, block: &Block, indent: usize) {
        let pad = " ".repeat(indent);
        match block {
            Block::Hidden(_) => {}
            Block::Title(text) => out.push_str(&format!("{}\n", self.paint(text))),
            Block::Section(title, blocks) => {
                out.push_str(&format!("\n{}\n", self.paint(title)));
                self.blocks(out, blocks, indent + STEP);
            }
            Block::Paragraph(text) => out.push_str(&self.wrapped(text, &pad, &pad)),
            Block::Note(text) => {
                out.push('\n');
                self.item(out, &Item { mark: None, text: text.clone(), under: Vec::new() }, indent);
            }
            Block::List(items) => {
                items.shown.iter().for_each(|item| self.item(out, item, indent));
                self.rest(out, items, indent);
            }
            Block::Table(table) => {
                out.push_str(&table.fit(self, indent));
                self.rest(out, &table.rows, indent);
            }
            Block::Commands(commands) => {
                for command in &commands.shown {
                    self.item(out, &Item::from(command.title.as_str()), indent);
                    command.lines.iter().for_each(|line| out.push_str(&format!("{pad}  {line}\n")));
                }
                self.rest(out, commands, indent);
            }
            Block::Story(lines) => {
                let widest = lines.shown.iter().map(|line| line.when.width()).max().unwrap_or(0);
                for TimedLine { when, depth, words } in &lines.shown {
                    let first = format!("{pad}{when:>widest$}  {}", " ".repeat(STEP * depth));
                    let rest = " ".repeat(first.width() + STEP);
                    out.push_str(&self.wrapped(&words.as_str().into(), &first, &rest));
                }
                self.rest(out, lines, indent);
            }
            Block::Lines(lines) => lines.iter().for_each(|line| out.push_str(&format!("{pad}{line}\n"))),
            Block::Details(blocks) => self.blocks(out, blocks, indent),
        }
    }

    /// An item whose later lines stand under its text.
    fn item(&self, out: &mut String, item: &Item, indent: usize) {
        let pad = " ".repeat(indent);
        let (first, hang) = match &item.mark {
            None => (pad.clone(), indent + STEP),
            Some(mark) => {
                let words = mark.words();
                let gap = if mark.word.is_empty() { " " } else { "  " };
                let hang = indent + words.width() + gap.len();
                (format!("{pad}{}{gap}", self.paint(&RichText::toned(mark.tone, words))), hang)
            }
        };
        let column = item.mark.as_ref().map_or(indent, |_| hang);
        out.push_str(&first);
        out.push_str(&self.flow(&item.text, column, &" ".repeat(hang)));
        self.blocks(out, &item.under, indent + STEP);
    }

    fn rest<T>(&self, out: &mut String, entries: &Entries<T>, indent: usize) {
        if entries.hidden > 0 {
            self.item(out, &Item::from((entries.rest)(entries.hidden)), indent);
        }
    }

    /// Breaks `text` at blanks; `first` and `rest` begin its lines.
    pub(super) fn wrapped(&self, text: &RichText, first: &str, rest: &str) -> String {
        first.replace(STICKY, " ") + &self.flow(text, first.width(), rest)
    }

    /// The text from `column` on, broken at blanks; `rest` begins each line but the first.
    fn flow(&self, text: &RichText, mut column: usize, rest: &str) -> String {
        let mut out = String::new();
        let mut is_fresh = true;
        let most = self.width.min(READABLE.1);
        // A percent sign stays with its number.
        for word in text.replace(" %", &format!("{STICKY}%")).split(' ') {
            let width = word.width();
            if !is_fresh && column + 1 + width > most {
                out.push_str(&format!("\n{rest}"));
                (column, is_fresh) = (rest.width(), true);
            }
            if !is_fresh {
                out.push(' ');
                column += 1;
            }
            out.push_str(&self.paint(&word));
            column += width;
            is_fresh = false;
        }
        out.push('\n');
        out.replace(STICKY, " ")
    }

    /// The words with their colours, if there are any.
    pub(super) fn paint(&self, text: &RichText) -> String {
        if !self.color {
            return text.plain();
        }
        let paint = |(tone, words): (Tone, &str)| match code(tone) {
            Some(code) if !words.is_empty() => format!("\u{1b}[{code}m{words}\u{1b}[0m"),
            _ => words.to_owned(),
        };
        text.runs().map(paint).collect()
    }
}

/// The ANSI code of a tone.
fn code(tone: Tone) -> Option<u8> {
    match tone {
        Tone::Plain => None,
        Tone::Strong => Some(1),
        Tone::Bad => Some(31),
        Tone::Good => Some(32),
        Tone::Doubtful => Some(33),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::document::{VerdictMark, markdown};

    #[test]
    fn parts_stand_under_what_they_belong_to_and_empty_ones_are_left_out() {
        let mut report = Document::default();
        report.push(Block::list(["one two three four five"]));
        report.section("Empty", vec![Block::list(Vec::<Item>::new())]);
        let mark = VerdictMark { sign: "✗", word: "fail", tone: Tone::Bad };
        let item = Item::marked(mark, "alpha beta gamma").over(Block::Lines(vec!["$ x".to_owned()]));
        report.section("Marks", vec![Block::list([item])]);
        let lines = "one two three four\n  five\n\nMarks\n  ✗ fail  alpha beta\n          gamma\n    $ x\n";
        assert_eq!(Terminal::plain(20).render(&report), lines);
        let colored = Terminal { width: 20, color: true }.render(&report);
        assert!(colored.contains("  \u{1b}[31m✗ fail\u{1b}[0m  alpha beta\n"), "{colored}");
    }

    #[test]
    fn what_happened_has_a_column_of_times_and_hangs_behind_it() {
        let line =
            |when: &str, depth, words: &str| TimedLine { when: when.into(), depth, words: words.into() };
        let mut lines: Entries<TimedLine> =
            [line("9:00", 0, "it starts"), line("10:30", 1, "one two three"), line("11:00", 0, "it ends")]
                .into_iter()
                .collect();
        lines.truncate(2);
        let mut report = Document::default();
        report.push(Block::Story(lines));
        let expected = " 9:00  it starts\n10:30    one two\n           three\nand 1 more\n";
        assert_eq!(Terminal::plain(17).render(&report), expected);
        assert!(markdown(&report).starts_with("- 9:00: it starts\n- 10:30: one"));
    }

    #[test]
    fn lines_break_by_the_columns_that_letters_take() {
        let wrapped = Terminal::plain(7).wrapped(&"東京 東京 5 %".into(), "", "  ");
        assert_eq!(wrapped, "東京\n  東京\n  5 %\n");
    }
}
