//! Aligned text tables for terminals, down to narrow ones. Cells may have a second line. Width is counted in characters; colour comes after layout.

use super::text;

/// Side of a column that its cells stick to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Names.
    Left,
    /// Numbers.
    Right,
}

/// A table: header lines, then rows of equal length.
#[derive(Debug)]
pub struct Table {
    columns: Vec<(Vec<String>, Align)>,
    rows: Vec<Vec<String>>,
}

/// Blanks between columns.
const GAP: usize = 2;

impl Table {
    /// A table whose first column holds names.
    pub fn new(first: &str) -> Self {
        Self { columns: vec![(lines(first), Align::Left)], rows: Vec::new() }
    }

    /// Adds a column; a newline in the title starts a second header line.
    #[must_use]
    pub fn column(mut self, title: &str, align: Align) -> Self {
        self.columns.push((lines(title), align));
        self
    }

    /// Adds a row with one cell per column.
    pub fn row(&mut self, cells: Vec<String>) {
        assert_eq!(cells.len(), self.columns.len(), "a row needs one cell per column");
        self.rows.push(cells);
    }

    /// The table in at most `width` columns, `indent` blanks before each line: with two-line cells on
    /// one line; or as they are; or with names on lines of their own; or in several tables; or as a
    /// list for each row.
    /// Nothing is ever cut off.
    pub fn fit(&self, width: usize, indent: usize) -> String {
        let flat = self.map_cells(|cell| cell.replace('\n', " "));
        if indent + flat.width() <= width {
            return flat.render(indent);
        }
        if indent + self.width() <= width {
            return self.render(indent);
        }
        let stacked = self.map_names(|_| String::new());
        if indent + stacked.width() <= width {
            return stacked.render_under(width, indent, &self.rows);
        }
        match self.blocks(width.saturating_sub(indent)) {
            Some(blocks) => blocks.iter().map(|block| block.render(indent)).collect(),
            None => self.list(width, indent),
        }
    }

    /// The columns dealt to tables of at most `width`, each with the names; none if a column is too wide.
    fn blocks(&self, width: usize) -> Option<Vec<Self>> {
        let widths = self.widths();
        let mut blocks: Vec<(usize, Vec<usize>)> = Vec::new();
        for (index, column) in widths.iter().enumerate().skip(1) {
            let titled = self.titled(index, true).iter().map(|line| chars(line)).max().unwrap_or(0);
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
        let block = |indices: &Vec<usize>| Self {
            columns: indices
                .iter()
                .enumerate()
                .map(|(place, &index)| (self.titled(index, place == 1), self.columns[index].1))
                .collect(),
            rows: self
                .rows
                .iter()
                .map(|row| indices.iter().map(|&index| row[index].clone()).collect())
                .collect(),
        };
        Some(blocks.iter().map(|(_, indices)| block(indices)).collect())
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

    fn map_cells(&self, change: impl Fn(&String) -> String) -> Self {
        let rows = self.rows.iter().map(|row| row.iter().map(&change).collect()).collect();
        Self { columns: self.columns.clone(), rows }
    }

    fn map_names(&self, change: impl Fn(&String) -> String) -> Self {
        let mut table = Self { columns: self.columns.clone(), rows: self.rows.clone() };
        table.columns[0].0 = vec![String::new()];
        for row in &mut table.rows {
            row[0] = change(&row[0]);
        }
        table
    }

    /// Columns that the table takes.
    fn width(&self) -> usize {
        self.widths().iter().sum::<usize>() + GAP * (self.columns.len() - 1)
    }

    /// The table as lines, header first; `indent` blanks before each.
    pub fn render(&self, indent: usize) -> String {
        let widths = self.widths();
        let mut out = self.header(indent, &widths);
        for row in &self.rows {
            self.push_row(&mut out, indent, &widths, row);
        }
        out
    }

    /// As [`Self::render`], each row under its name.
    fn render_under(&self, width: usize, indent: usize, named: &[Vec<String>]) -> String {
        let blanks = " ".repeat(indent);
        let widths = self.widths();
        let mut out = self.header(indent, &widths);
        for (row, named) in self.rows.iter().zip(named) {
            out.push_str(&text::wrap(&named[0], width, &blanks, &blanks));
            self.push_row(&mut out, indent, &widths, row);
        }
        out
    }

    /// Every row as its name and a paragraph of titles and cells.
    fn list(&self, width: usize, indent: usize) -> String {
        let titles: Vec<String> = (0..self.columns.len()).map(|i| self.titled(i, true).join(" ")).collect();
        let inner = " ".repeat(indent + 2);
        let mut out = String::new();
        for row in &self.rows {
            let blanks = " ".repeat(indent);
            out.push_str(&text::wrap(&row[0], width, &blanks, &blanks));
            let cells: Vec<String> = titles
                .iter()
                .zip(row)
                .skip(1)
                .map(|(title, cell)| format!("{title} {}", cell.replace('\n', " ")).trim().to_owned())
                .collect();
            out.push_str(&text::wrap(&cells.join("; "), width, &inner, &inner));
        }
        out
    }

    fn header(&self, indent: usize, widths: &[usize]) -> String {
        let height = self.columns.iter().map(|(title, _)| title.len()).max().unwrap_or(0);
        let mut out = String::new();
        for line in 0..height {
            // Short titles sit on the last header line, next to their numbers.
            let cell = |title: &Vec<String>| {
                (line + title.len()).checked_sub(height).map_or("", |index| title[index].as_str()).to_owned()
            };
            let cells: Vec<String> = self.columns.iter().map(|(title, _)| cell(title)).collect();
            self.push_line(&mut out, indent, widths, &cells);
        }
        out
    }

    /// A row of as many lines as its tallest cell.
    fn push_row(&self, out: &mut String, indent: usize, widths: &[usize], row: &[String]) {
        let height = row.iter().map(|cell| cell.split('\n').count()).max().unwrap_or(1);
        for line in 0..height {
            let cells: Vec<String> =
                row.iter().map(|cell| cell.split('\n').nth(line).unwrap_or("").to_owned()).collect();
            self.push_line(out, indent, widths, &cells);
        }
    }

    fn push_line(&self, out: &mut String, indent: usize, widths: &[usize], cells: &[String]) {
        let mut line = " ".repeat(indent);
        for (index, ((cell, width), (_, align))) in cells.iter().zip(widths).zip(&self.columns).enumerate() {
            if index > 0 {
                line.push_str(&" ".repeat(GAP));
            }
            let pad = " ".repeat(width - chars(cell));
            match align {
                Align::Left => line.push_str(&format!("{cell}{pad}")),
                Align::Right => line.push_str(&format!("{pad}{cell}")),
            }
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }

    fn widths(&self) -> Vec<usize> {
        self.columns
            .iter()
            .enumerate()
            .map(|(index, (title, _))| {
                let cells = self.rows.iter().flat_map(|row| row[index].split('\n').map(chars));
                title.iter().map(|line| chars(line)).chain(cells).max().unwrap_or(0)
            })
            .collect()
    }
}

fn chars(text: &str) -> usize {
    text.chars().count()
}

fn lines(title: &str) -> Vec<String> {
    title.split('\n').map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_and_lines_do_not_trail() {
        let mut table = Table::new("name").column("time to\n100 %", Align::Right).column("note", Align::Left);
        table.row(vec!["a".into(), "1h".into(), "fast".into()]);
        table.row(vec!["déjà".into(), "4d 3h".into(), String::new()]);
        let text = table.fit(100, 2);
        insta::assert_snapshot!(text.replace('\n', "|\n"), @r"
              time to|
        name    100 %  note|
        a          1h  fast|
        déjà    4d 3h|
        ");
        assert_eq!(table.width(), 4 + 2 + 7 + 2 + 4);
    }

    #[test]
    fn narrow_tables_fold_then_stack_then_list_and_cut_nothing() {
        let mut table = Table::new("name").column("harm\nmean", Align::Right).column("\np99", Align::Right);
        table.row(vec!["a-long-name".into(), "5\n[4, 6]".into(), "90\n[80, ?]".into()]);
        table.row(vec!["b".into(), "7".into(), "-".into()]);
        let all: Vec<String> =
            [40, 28, 20, 14].iter().map(|&width| format!("{width}\n{}", table.fit(width, 0))).collect();
        insta::assert_snapshot!(all.join("\n"));
    }
}
