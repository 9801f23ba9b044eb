//! A document as Markdown for services that limit its length: entries have budgets, and what does not fit is counted.
//!
//! Names are the users' own: nothing in them is read as Markdown, a mention or a reference.

use super::block::{Block, Document, Item, TimedLine};
use super::entries::Entries;
use super::inline::{RichText, Tone, elide};
use super::table::{Align, DataTable};
use crate::outlet;

/// Characters of an item, a cell or a title before escaping, which takes up to eight bytes a character.
const LINE: usize = 300;
/// As [`LINE`], of a paragraph.
const PARAGRAPH: usize = 800;

/// The document as Markdown.
#[must_use]
pub fn render(document: &Document) -> String {
    blocks(&document.blocks)
}

/// Parts with a blank line between them; words for scripts have none after them.
fn blocks(blocks: &[Block]) -> String {
    let mut out = String::new();
    for block in blocks.iter().filter(|block| !block.is_empty() || matches!(block, Block::Hidden(_))) {
        if !out.is_empty() && !out.ends_with("-->\n") {
            out.push('\n');
        }
        out.push_str(&self::block(block));
    }
    out
}

fn block(block: &Block) -> String {
    match block {
        Block::Hidden(words) => format!("<!-- {} -->\n", outlet::line(words)),
        Block::Title(text) => format!("### {}\n", escape(text, LINE)),
        Block::Section(title, inside) => {
            format!("**{}**\n\n{}", capitalised(&escape_words(&title.plain(), LINE)), blocks(inside))
        }
        Block::Paragraph(text) | Block::Note(text) => format!("{}\n", escape(text, PARAGRAPH)),
        Block::List(items) => capped(items, items.shown.iter().map(item), |rest| format!("- {rest}\n")),
        Block::Table(table) => self::table(table),
        Block::Commands(commands) => {
            let lines = commands.shown.iter();
            let lines = lines.map(|c| format!("# {}\n{}\n", outlet::line(&c.title), c.lines.join("\n")));
            fenced("sh", &capped(commands, lines, |rest| format!("# {rest}\n")))
        }
        Block::Story(lines) => {
            let line = |TimedLine { when, words, .. }: &TimedLine| {
                format!("- {}: {}\n", escape_words(when, LINE), escape_words(words, LINE))
            };
            capped(lines, lines.shown.iter().map(line), |rest| format!("- {rest}\n"))
        }
        Block::Lines(lines) => fenced("", &(lines.join("\n") + "\n")),
        Block::Details(inside) => details(inside),
    }
}

fn item(item: &Item) -> String {
    let mark = item.mark.as_ref().map_or(String::new(), |mark| mark.words() + ": ");
    let under = blocks(&item.under);
    let under: String = under.lines().map(|line| format!("  {line}\n")).collect();
    format!("- {mark}{}\n{under}", escape(&item.text, LINE))
}

fn table(table: &DataTable) -> String {
    let titles: Vec<String> = table.columns.iter().map(|(title, _)| title.join(" ")).collect();
    let sides = table.columns.iter().map(|(_, align)| match align {
        Align::Left => "---|",
        Align::Right => "--:|",
    });
    let row = |row: &Vec<RichText>| {
        let cells: Vec<String> = row.iter().map(|cell| escape(&cell.replace("\n", " "), LINE)).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let rest = |rest: String| format!("| {rest} |{}\n", " |".repeat(titles.len() - 1));
    let rows = capped(&table.rows, table.rows.shown.iter().map(row), rest);
    format!(
        "| {} |\n|{}\n{rows}",
        titles.iter().map(|title| outlet::markdown(title)).collect::<Vec<_>>().join(" | "),
        sides.collect::<String>()
    )
}

/// Folded away under the titles of its sections.
fn details(inside: &[Block]) -> String {
    let title = |block: &Block| match block {
        Block::Section(title, _) if !block.is_empty() => Some(escape(title, LINE)),
        _ => None,
    };
    let titles: Vec<String> = inside.iter().filter_map(title).collect();
    format!("<details><summary>{}</summary>\n\n{}\n</details>\n", titles.join(", "), blocks(inside))
}

/// The entries that fit into their bytes, and a last one if some do not or were left out before.
fn capped<T>(
    entries: &Entries<T>,
    lines: impl Iterator<Item = String>,
    last: impl Fn(String) -> String,
) -> String {
    let mut out = String::new();
    let mut left = entries.shown.len();
    for line in lines {
        if out.len() + line.len() > entries.most_bytes {
            break;
        }
        out.push_str(&line);
        left -= 1;
    }
    let rest = match left + entries.hidden {
        0 => String::new(),
        hidden => (entries.rest)(hidden),
    };
    if rest.is_empty() { out } else { out + &last(rest) }
}

/// Code in a fence that no line of it can close.
fn fenced(language: &str, code: &str) -> String {
    let code = outlet::shown(code);
    let longest = code.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat((longest + 1).max(3));
    format!("{fence}{language}\n{code}{fence}\n")
}

/// The words of a text, bad news in bold: it is what a reader must not miss.
fn escape(text: &RichText, most: usize) -> String {
    let run = |(tone, words): (Tone, &str)| match tone {
        Tone::Bad => format!("**{}**", escape_words(words, most)),
        Tone::Plain | Tone::Strong | Tone::Good | Tone::Doubtful => escape_words(words, most),
    };
    text.runs().map(run).collect::<String>().trim().to_owned()
}

/// At most so many characters of `words`, as words.
fn escape_words(words: &str, most: usize) -> String {
    outlet::markdown(&elide(words, most))
}

fn capitalised(title: &str) -> String {
    let mut letters = title.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_have_budgets_and_what_is_left_out_is_counted() {
        let items = || ["a", "b", "c"].into_iter().map(Item::from).collect::<Vec<Item>>();
        let mut few = Entries::within(items(), 1_000);
        few.truncate(2);
        assert_eq!(block(&Block::List(few)), "- a\n- b\n- and 1 more\n");
        assert_eq!(block(&Block::List(Entries::within(items(), 5))), "- a\n- and 2 more\n");
    }

    #[test]
    fn bad_news_is_bold_and_what_belongs_to_an_item_stands_in_it() {
        let text = RichText::toned(Tone::Bad, "worse").then(Tone::Plain, " in a_b, *not* @you");
        let item = Item::from(text).over(Block::Lines(vec!["```".to_owned()]));
        let expected = "- **worse** in a_b, \\*not\\* @&#8203;you\n  ````\n  ```\n  ````\n";
        assert_eq!(block(&Block::list([item])), expected);
    }
}
