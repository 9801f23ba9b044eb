//! A document as HTML, for pages: the same words as on a terminal and in Markdown, as elements that mean what they are.

use super::block::{Block, Document, Item, TimedLine};
use super::entries::Entries;
use super::inline::{RichText, Tone};
use super::table::{Align, DataTable, TableColumn};
use crate::report::html::{Element, Html, commands, el, scrolling};

/// Elements of headings by level.
const HEADINGS: [&str; 4] = ["h1", "h2", "h3", "h4"];

/// The document as a part of a page whose sections have headings of `level`, 1 to 4.
#[must_use]
pub fn render(document: &Document, level: usize) -> Html {
    blocks(&document.blocks, level, "")
}

/// Parts of a document, below a heading with these words.
#[must_use]
pub fn blocks(blocks: &[Block], level: usize, title: &str) -> Html {
    blocks.iter().filter(|block| !block.is_empty()).map(|one| block(one, level, title)).collect()
}

fn block(block: &Block, level: usize, title: &str) -> Html {
    match block {
        Block::Hidden(_) => Html::default(),
        Block::Title(text) => heading(text, level),
        Block::Section(title, inside) => {
            let part = el("div").class("part").with(heading(title, level));
            part.with(blocks(inside, level + 1, &title.plain())).into()
        }
        Block::Paragraph(text) => el("p").with(rich(text)).into(),
        Block::Note(text) => el("p").class("note").with(rich(text)).into(),
        Block::List(items) => list(items, level),
        Block::Table(table) => scrolling(title, self::table(table, title)),
        Block::Commands(all) => {
            let one = |command: &super::ShellCommand| {
                Html::from(el("p").text(&command.title)).then(commands(&command.lines))
            };
            let shown: Html = all.shown.iter().map(one).collect();
            shown.then(rest(all, "p"))
        }
        Block::Story(lines) => {
            let lines = el("ol").class("story").all(lines.shown.iter().map(told)).with(rest(lines, "li"));
            lines.into()
        }
        Block::Lines(lines) => el("pre").text(&lines.join("\n")).into(),
        Block::Details(inside) => details(inside, level),
    }
}

fn heading(text: &RichText, level: usize) -> Html {
    let name = HEADINGS[level.clamp(1, HEADINGS.len()) - 1];
    el(name).with(rich(text)).into()
}

/// Folded away under the titles of its sections.
fn details(inside: &[Block], level: usize) -> Html {
    let title = |block: &Block| match block {
        Block::Section(title, _) if !block.is_empty() => Some(title.plain()),
        _ => None,
    };
    let titles: Vec<String> = inside.iter().filter_map(title).collect();
    let summary = el("summary").text(&titles.join(", "));
    el("details").with(summary).with(blocks(inside, level, "")).into()
}

fn list(items: &Entries<Item>, level: usize) -> Html {
    let is_judged = items.shown.iter().any(|item| item.mark.is_some_and(|mark| mark.tone != Tone::Plain));
    let item = |item: &Item| {
        let (class, mark) = match &item.mark {
            None => ("", Html::default()),
            Some(mark) => (judged(mark.tone), el("span").class("mark").text(&mark.words()).into()),
        };
        let gap = if mark.is_empty() { "" } else { " " };
        let words = el("li").class(class).with(mark).text(gap).with(rich(&item.text));
        words.with(blocks(&item.under, level + 1, &item.text.plain()))
    };
    let class = if is_judged { "limits" } else { "" };
    el("ul").class(class).all(items.shown.iter().map(item)).with(rest(items, "li")).into()
}

/// What a judgement looks like.
fn judged(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "held",
        Tone::Bad => "broken",
        Tone::Doubtful => "undecided",
        Tone::Plain | Tone::Strong => "",
    }
}

/// What is said of entries that are not shown.
fn rest<T>(entries: &Entries<T>, name: &'static str) -> Html {
    match entries.hidden {
        0 => Html::default(),
        hidden => el(name).text(&(entries.rest)(hidden)).into(),
    }
}

fn told(line: &TimedLine) -> Element {
    let depth = ["", "within", "within-2", "within-3"][line.depth.min(3)];
    el("li").class(depth).with(el("span").class("when").text(&line.when)).text(" ").text(&line.words)
}

/// Words with what they mean beyond themselves.
#[must_use]
pub fn rich(text: &RichText) -> Html {
    let run = |(tone, words): (Tone, &str)| match tone {
        Tone::Plain | Tone::Strong => Html::lines(words),
        Tone::Good => el("span").class("best").with(Html::lines(words)).into(),
        Tone::Bad => el("span").class("worst").with(Html::lines(words)).into(),
        Tone::Doubtful => el("span").class("open").with(Html::lines(words)).into(),
    };
    text.runs().map(run).collect()
}

/// The table with its caption; none if that is empty.
#[must_use]
pub fn table(table: &DataTable, caption: &str) -> Html {
    let head = el("thead").all(header(&table.columns));
    let row = |row: &Vec<RichText>| {
        let cells = row.iter().zip(&table.columns).enumerate();
        let cell = |(index, (cell, (_, align))): (usize, (&RichText, &TableColumn))| match index {
            0 => el("th").attr("scope", "row").with(rich(cell)),
            _ => el("td").class(side(*align)).with(rich(cell)),
        };
        el("tr").all(cells.map(cell))
    };
    let mut body = el("tbody").all(table.rows.shown.iter().map(row));
    if table.rows.hidden > 0 {
        let columns = table.columns.len().to_string();
        let words = (table.rows.rest)(table.rows.hidden);
        body = body.with(el("tr").with(el("td").attr("colspan", &columns).text(&words)));
    }
    let caption = if caption.is_empty() { Html::default() } else { el("caption").text(caption).into() };
    el("table").with(caption).with(head).with(body).into()
}

fn side(align: Align) -> &'static str {
    match align {
        Align::Left => "words",
        Align::Right => "number",
    }
}

/// One line of titles, or two where columns have a title in common.
fn header(columns: &[TableColumn]) -> Vec<Element> {
    let continues = |title: &[String]| title.len() > 1 && title[0].is_empty();
    let span =
        |index: usize| 1 + columns[index + 1..].iter().take_while(|(title, _)| continues(title)).count();
    let is_grouped = (0..columns.len()).any(|index| columns[index].0.len() > 1 && span(index) > 1);
    let (mut first, mut second) = (el("tr"), el("tr"));
    let mut inside = 0;
    for (index, (title, align)) in columns.iter().enumerate() {
        let th = |scope: &str| el("th").attr("scope", scope).class(side(*align));
        if inside > 0 {
            second = second.with(th("col").text(&title[1..].join(" ")));
            inside -= 1;
        } else if title.len() > 1 && span(index) > 1 {
            inside = span(index) - 1;
            first = first.with(
                el("th").attr("scope", "colgroup").attr("colspan", &span(index).to_string()).text(&title[0]),
            );
            second = second.with(th("col").text(&title[1..].join(" ")));
        } else {
            let words = Html::lines(title.join("\n").trim_start());
            let alone = if is_grouped { th("col").attr("rowspan", "2") } else { th("col") };
            first = first.with(alone.with(words));
        }
    }
    if is_grouped { vec![first, second] } else { vec![first] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::document::VerdictMark;

    #[test]
    fn a_table_groups_its_columns_and_names_its_rows() {
        let mut numbers =
            DataTable::new("strategy").numbers(["to 100 %\np50", "harm\nmean", "\np99", "of\nall"]);
        numbers.row([
            RichText::from("a<b"),
            "1h\n[1h, 2h]".into(),
            RichText::toned(Tone::Good, "3 *"),
            "4".into(),
            "-".into(),
        ]);
        let html = table(&numbers, "All").to_string();
        assert_eq!(
            html.replace('\n', ""),
            "<table><caption>All</caption><thead><tr><th scope=\"col\" class=\"words\" rowspan=\"2\">strategy</th>\
             <th scope=\"col\" class=\"number\" rowspan=\"2\">to 100 %<br>p50</th>\
             <th scope=\"colgroup\" colspan=\"2\">harm</th>\
             <th scope=\"col\" class=\"number\" rowspan=\"2\">of<br>all</th></tr>\
             <tr><th scope=\"col\" class=\"number\">mean</th><th scope=\"col\" class=\"number\">p99</th></tr></thead>\
             <tbody><tr><th scope=\"row\">a&lt;b</th><td class=\"number\">1h<br>[1h, 2h]</td>\
             <td class=\"number\"><span class=\"best\">3 *</span></td><td class=\"number\">4</td><td class=\"number\">-</td></tr>\
             </tbody></table>"
        );
    }

    #[test]
    fn judgements_have_a_class_and_their_words() {
        let mark = |tone| VerdictMark { sign: "✗", word: "fail", tone };
        let items =
            Block::list([Item::marked(mark(Tone::Bad), "a > b").over(Block::Lines(vec!["x".into()]))]);
        let html = blocks(&[Block::section("Thresholds", vec![items])], 3, "").to_string();
        assert_eq!(
            html.replace('\n', ""),
            "<div class=\"part\"><h3>Thresholds</h3><ul class=\"limits\"><li class=\"broken\">\
             <span class=\"mark\">✗ fail</span> a &gt; b<pre>x</pre></li></ul></div>"
        );
    }

    #[test]
    fn nothing_is_shown_of_what_is_empty() {
        let empty = Block::section("Precision", vec![Block::list(Vec::<Item>::new())]);
        assert!(blocks(&[empty, Block::Hidden("x".into())], 2, "").is_empty());
    }
}
