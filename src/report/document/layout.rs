//! A table on a terminal, down to narrow ones. Nothing is ever cut off: what does not fit is folded, stacked, dealt
//! to several tables or listed.

use super::entries::Entries;
use super::inline::RichText;
use super::table::{Align, DataTable, TableColumn};
use super::terminal::Terminal;
use unicode_width::UnicodeWidthStr;

/// Blanks between columns.
const GAP: usize = 2;

impl DataTable {
    /// The table with `indent` blanks before each line: with two-line cells on one line; or as they are; or with
    /// names on lines of their own; or in several tables; or as a list for each row.
    pub(super) fn fit(&self, terminal: &Terminal, indent: usize) -> String {
        let room = terminal.width.saturating_sub(indent);
        let flat = self.map(|cell| cell.replace("\n", " "));
        if indent + flat.width() <= terminal.width {
            return flat.lines(terminal, indent);
        }
        let most = self.ranks.iter().copied().max().unwrap_or(0);
        for rank in (1..=most).rev() {
            let fewer = flat.up_to(rank - 1, &self.ranks);
            if indent + fewer.width() <= terminal.width {
                return fewer.lines(terminal, indent);
            }
        }
        if indent + self.width() <= terminal.width {
            return self.lines(terminal, indent);
        }
        let stacked = self.without_names();
        if indent + stacked.width() <= terminal.width {
            return stacked.lines_under(terminal, indent, &self.rows.shown);
        }
        match self.blocks(room) {
            Some(blocks) => blocks.iter().map(|block| block.lines(terminal, indent)).collect(),
            None => self.list(terminal, indent),
        }
    }

    /// The plain table, as wide as it is; `indent` blanks before each line.
    pub fn render(&self, indent: usize) -> String {
        self.lines(&Terminal::plain(usize::MAX), indent)
    }

    fn with(&self, columns: Vec<TableColumn>, rows: Vec<Vec<RichText>>) -> Self {
        Self { ranks: vec![0; columns.len()], columns, rows: Entries { shown: rows, ..self.rows } }
    }

    /// The columns of at most `rank`.
    fn up_to(&self, rank: usize, ranks: &[usize]) -> Self {
        let kept: Vec<usize> = (0..self.columns.len()).filter(|&index| ranks[index] <= rank).collect();
        let columns = kept.iter().map(|&index| self.columns[index].clone()).collect();
        let row = |row: &Vec<RichText>| kept.iter().map(|&index| row[index].clone()).collect();
        self.with(columns, self.rows.shown.iter().map(row).collect())
    }

    /// First and last column of every group of several.
    fn groups(&self) -> Vec<(usize, usize)> {
        let begins = |index: &usize| {
            let title = &self.columns[*index].0;
            title.len() > 1 && !title[0].is_empty()
        };
        let continues = |index: &usize| {
            let title = &self.columns[*index].0;
            title.len() > 1 && title[0].is_empty()
        };
        let last = |first: usize| (first + 1..self.columns.len()).take_while(continues).last();
        (1..self.columns.len()).filter(begins).filter_map(|first| Some((first, last(first)?))).collect()
    }

    fn map(&self, change: impl Fn(&RichText) -> RichText) -> Self {
        let rows = self.rows.shown.iter().map(|row| row.iter().map(&change).collect()).collect();
        self.with(self.columns.clone(), rows)
    }

    fn without_names(&self) -> Self {
        let mut table = self.map(RichText::clone);
        table.columns[0].0 = vec![String::new()];
        table.rows.shown.iter_mut().for_each(|row| row[0] = RichText::from(""));
        table
    }

    /// The columns dealt to tables of at most `width`, each with the names; none if a column is too wide.
    fn blocks(&self, width: usize) -> Option<Vec<Self>> {
        let widths = self.widths();
        let mut blocks: Vec<(usize, Vec<usize>)> = Vec::new();
        for (index, column) in widths.iter().enumerate().skip(1) {
            let titled = self.titled(index, true).iter().map(|line| line.width()).max().unwrap_or(0);
            let alone = widths[0] + GAP + titled.max(*column);
            if alone > width {
                return None;
            }
            match blocks.last_mut() {
                Some((used, indices)) if *used + GAP + column <= width => {
                    *used += GAP + column;
                    indices.push(index);
                }
                _ => blocks.push((alone, vec![0, index])),
            }
        }
        let block = |(_, indices): &(usize, Vec<usize>)| {
            let titled =
                |(place, &index): (usize, &usize)| (self.titled(index, place == 1), self.columns[index].1);
            let rows = self.rows.shown.iter();
            self.with(
                indices.iter().enumerate().map(titled).collect(),
                rows.map(|row| indices.iter().map(|&index| row[index].clone()).collect()).collect(),
            )
        };
        Some(blocks.iter().map(block).collect())
    }

    /// The header lines of a column; `first` in its table it repeats the group that it continues.
    fn titled(&self, index: usize, first: bool) -> Vec<String> {
        let mut title = self.columns[index].0.clone();
        if first && title[0].is_empty() {
            let group = self.columns[..index].iter().rev().find(|(title, _)| !title[0].is_empty());
            title[0] = group.map_or(String::new(), |(title, _)| title[0].clone());
        }
        title
    }

    /// Columns that the table takes.
    fn width(&self) -> usize {
        self.widths().iter().sum::<usize>() + GAP * (self.columns.len() - 1)
    }

    fn widths(&self) -> Vec<usize> {
        let groups = self.groups();
        let width = |(index, (title, _)): (usize, &TableColumn)| {
            let cells = self.rows.shown.iter().flat_map(|row| row[index].split('\n'));
            // The title of a group is over all its columns.
            let own = if groups.iter().any(|(first, _)| *first == index) { &title[1..] } else { &title[..] };
            own.iter().map(|line| line.width()).chain(cells.map(|line| line.width())).max().unwrap_or(0)
        };
        let mut widths: Vec<usize> = self.columns.iter().enumerate().map(width).collect();
        for (first, last) in groups {
            let title = self.columns[first].0[0].width();
            widths[last] += title.saturating_sub(span(&widths, (first, last)));
        }
        widths
    }

    /// The table as lines, header first.
    fn lines(&self, terminal: &Terminal, indent: usize) -> String {
        let grid = Grid::new(self, terminal, indent);
        grid.header() + &self.rows.shown.iter().map(|row| grid.row(row)).collect::<String>()
    }

    /// As [`Self::lines`], each row under its name.
    fn lines_under(&self, terminal: &Terminal, indent: usize, named: &[Vec<RichText>]) -> String {
        let blanks = " ".repeat(indent);
        let grid = Grid::new(self, terminal, indent);
        let row = |(row, named): (&Vec<RichText>, &Vec<RichText>)| {
            terminal.wrapped(&named[0], &blanks, &blanks) + &grid.row(row)
        };
        grid.header() + &self.rows.shown.iter().zip(named).map(row).collect::<String>()
    }

    /// Every row as its name and a paragraph of titles and cells.
    fn list(&self, terminal: &Terminal, indent: usize) -> String {
        let titles: Vec<String> = (0..self.columns.len()).map(|i| self.titled(i, true).join(" ")).collect();
        let (blanks, inner) = (" ".repeat(indent), " ".repeat(indent + 2));
        let mut out = String::new();
        for row in &self.rows.shown {
            out.push_str(&terminal.wrapped(&row[0], &blanks, &blanks));
            let cells = titles.iter().zip(row).skip(1);
            let cells = cells.map(|(title, cell)| {
                format!("{title} {}", cell.plain().replace('\n', " ")).trim().to_owned()
            });
            let all = cells.collect::<Vec<String>>().join("; ");
            out.push_str(&terminal.wrapped(&all.into(), &inner, &inner));
        }
        out
    }
}

/// Columns that a group takes.
fn span(widths: &[usize], (first, last): (usize, usize)) -> usize {
    widths[first..=last].iter().sum::<usize>() + GAP * (last - first)
}

/// Where the columns of a table are on a terminal.
struct Grid<'t> {
    columns: &'t [TableColumn],
    groups: Vec<(usize, usize)>,
    widths: Vec<usize>,
    terminal: &'t Terminal,
    indent: usize,
}

impl<'t> Grid<'t> {
    fn new(table: &'t DataTable, terminal: &'t Terminal, indent: usize) -> Self {
        Self { columns: &table.columns, groups: table.groups(), widths: table.widths(), terminal, indent }
    }

    fn header(&self) -> String {
        let height = self.columns.iter().map(|(title, _)| title.len()).max().unwrap_or(0);
        // Short titles sit on the last header line, next to their numbers.
        let cell = |line: usize, (title, _): &TableColumn| {
            let index = (line + title.len()).checked_sub(height);
            RichText::from(index.map_or("", |index| title[index].as_str()))
        };
        let line = |line| {
            let cells: Vec<RichText> = self.columns.iter().map(|column| cell(line, column)).collect();
            self.title_line(&cells, line + 1 == height)
        };
        (0..height).map(line).collect()
    }

    /// A line of the header. A title over a group of columns is ruled across them, which tells groups apart.
    fn title_line(&self, cells: &[RichText], is_last: bool) -> String {
        let group = |index: usize| {
            let found = self.groups.iter().find(|(first, last)| (*first..=*last).contains(&index));
            found.copied().filter(|_| !is_last)
        };
        let mut line = " ".repeat(self.indent);
        for (index, (cell, (_, align))) in cells.iter().zip(self.columns).enumerate() {
            let gap = " ".repeat(if index > 0 { GAP } else { 0 });
            match (group(index), align) {
                (Some((first, _)), _) if first < index => {}
                (Some(group), _) => {
                    let rule = span(&self.widths, group) - cell.width();
                    let dashes = |n: usize| "─".repeat(n);
                    let ruled = match rule {
                        0 => cell.plain(),
                        1 => format!("{} ", cell.plain()),
                        _ => format!("{} {}", cell.plain(), dashes(rule - 1)),
                    };
                    line.push_str(&format!("{gap}{ruled}"));
                }
                (None, Align::Left) => {
                    let pad = " ".repeat(self.widths[index] - cell.width());
                    line.push_str(&format!("{gap}{}{pad}", self.terminal.paint(cell)));
                }
                (None, Align::Right) => {
                    let pad = " ".repeat(self.widths[index] - cell.width());
                    line.push_str(&format!("{gap}{pad}{}", self.terminal.paint(cell)));
                }
            }
        }
        format!("{}\n", line.trim_end())
    }

    /// A row of as many lines as its tallest cell.
    fn row(&self, row: &[RichText]) -> String {
        let cells: Vec<Vec<RichText>> = row.iter().map(|cell| cell.split('\n')).collect();
        let height = cells.iter().map(Vec::len).max().unwrap_or(1);
        let cell = |lines: &Vec<RichText>, line| lines.get(line).cloned().unwrap_or_else(|| "".into());
        (0..height).map(|line| self.line(cells.iter().map(|lines| cell(lines, line)))).collect()
    }

    fn line(&self, cells: impl Iterator<Item = RichText>) -> String {
        let mut line = " ".repeat(self.indent);
        for (index, ((cell, width), (_, align))) in cells.zip(&self.widths).zip(self.columns).enumerate() {
            let gap = " ".repeat(if index > 0 { GAP } else { 0 });
            let (cell, pad) = (self.terminal.paint(&cell), " ".repeat(width - cell.width()));
            match align {
                Align::Left => line.push_str(&format!("{gap}{cell}{pad}")),
                Align::Right => line.push_str(&format!("{gap}{pad}{cell}")),
            }
        }
        format!("{}\n", line.trim_end())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_and_lines_do_not_trail() {
        let mut table =
            DataTable::new("name").column("time to\n100 %", Align::Right).column("note", Align::Left);
        table.row(["a", "1h", "fast"]);
        table.row(["déjà", "4d 3h", ""]);
        let text = table.fit(&Terminal::plain(100), 2);
        insta::assert_snapshot!(text.replace('\n', "|\n"), @r"
              time to|
        name    100 %  note|
        a          1h  fast|
        déjà    4d 3h|
        ");
        assert_eq!(table.width(), 4 + 2 + 7 + 2 + 4);
    }

    #[test]
    fn wide_and_combining_letters_take_the_columns_that_they_show() {
        let mut table = DataTable::new("name").column("n", Align::Right);
        ["東京", "e\u{301}a", "🚢"].iter().for_each(|name| table.row([*name, "1"]));
        assert_eq!(table.render(0), "name  n\n東京  1\ne\u{301}a    1\n🚢    1\n");
    }

    #[test]
    fn narrow_tables_fold_then_stack_then_list_and_cut_nothing() {
        let mut table =
            DataTable::new("name").column("harm\nmean", Align::Right).column("\np99", Align::Right);
        table.row(["a-long-name", "5\n[4, 6]", "90\n[80, ?]"]);
        table.row(["b", "7", "-"]);
        let all: Vec<String> = [40, 28, 20, 14]
            .iter()
            .map(|&width| format!("{width}\n{}", table.fit(&Terminal::plain(width), 0)))
            .collect();
        insta::with_settings!({snapshot_path => "../snapshots"}, {
            insta::assert_snapshot!(all.join("\n"));
        });
    }
}
